"""The open ROM against the chip's own: equal results of the same calls, equal words about the same images."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rom_machine import FIRMWARE, MS, Buffer, Guest, RomMachine, call, words

from twincore.engines.protocol import SerialText
from twincore.isa.asm import assemble_program

SHARED = Path(__file__).parents[3] / "shared"
MASK_ROM = SHARED / "rom" / "esp32s3_rev0_rom.bin"
HERE = Path(__file__).parent
TABLES = [importlib.import_module(path.stem) for path in sorted(HERE.glob("cases_*.py"))]
CODE = 0x40378000

pytestmark = pytest.mark.skipif(not MASK_ROM.is_file(), reason=f"no mask ROM at {MASK_ROM}")


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pack: Callable[..., bytes] = load_module(FIRMWARE / "toolchain/pack_image.py").pack


@pytest.fixture(scope="module")
def roms() -> Iterator[tuple[RomMachine, RomMachine]]:
    machines = RomMachine(str(MASK_ROM), pack), RomMachine("open", pack)
    yield machines
    for machine in machines:
        machine.close()


@pytest.mark.parametrize(
    ("table", "name"),
    [pytest.param(table, name, id=f"{table.__name__[6:]}:{name}") for table in TABLES for name in table.CASES],
)
def test_call(roms: tuple[RomMachine, RomMachine], table: Any, name: str) -> None:
    extra = getattr(table, "EXTRA", {}).get(name, {})
    if name in getattr(table, "FRESH", ()):
        for rom in roms:
            rom.restart()
    try:
        chip, ours = (rom.run_case(table.CASES[name], **extra) for rom in roms)
    except AssertionError:
        for rom in roms:
            rom.restart()
        raise
    assert ours == chip


AMP = (FIRMWARE / "prebuilt/amp.bin").read_bytes()


def changed(rehash: bool = False, **bytes_: int) -> bytes:
    """Return the amp image with bytes changed: _12=5 sets byte 12; rehash: with a right hash all the same."""
    image = bytearray(AMP)
    for at, value in bytes_.items():
        image[int(at[1:])] = value
    return bytes(image[:-32]) + hashlib.sha256(image[:-32]).digest() if rehash else bytes(image)


IMAGES = {
    "good": AMP,
    "erased": b"",
    "magic": changed(_0=0),
    **{f"mode-{mode}": changed(_2=mode) for mode in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255)},
    **{f"speed-{speed}": changed(_3=0x30 | speed) for speed in (0, 1, 2, 3, 5, 14)},
    "size": changed(_3=0xFF),
    "wp": changed(_8=0x12),
    **{f"segments-{count}": changed(_1=count) for count in (0, 1, 3, 16, 17, 255)},
    **{f"chip-{chip}": changed(_12=chip) for chip in (0, 5, 255)},
    "revision": changed(_14=3, _15=99),
    "checksum": changed(_100=AMP[100] ^ 1),
    "checksum with a right hash": changed(True, _100=AMP[100] ^ 1),
    "hash": AMP[:-1] + bytes([AMP[-1] ^ 1]),
    "no hash": changed(_23=0)[:-32],
    "entry": changed(_4=0, _5=0, _6=0, _7=0),
    "odd address": changed(_24=2),
    "odd instruction address": changed(_24=2, _25=0, _26=0x38, _27=0x40),
    "odd length": changed(_28=0x11),
    "no length": changed(_28=0, _29=0),
    "over the ROM's data": changed(_25=0xE0, _26=0xCE),
    "too long": changed(_31=0x7F),
    "RTC memory": changed(_24=0, _25=0xE0, _26=0x0F, _27=0x60),
}
BUILD = re.compile(r"^Build:.*$", re.M)
PLACES = re.compile(r"overlaps 0x\w+-0x\w+")


def lines(rom: RomMachine, image: bytes, time_ms: int = 200) -> list[str]:
    """Return what a ROM says about an image, until amp's core 0 is up; the same line again and again stands once."""
    rom.power_on(image)
    rom.engine.run_until([SerialText("UART0", re.compile(rb"amp: core 0 up"))], time_ms * MS)
    text = rom.engine.serial_output("UART0").text.replace("\r", "")
    rom.restart()
    said: list[str] = []
    for line in PLACES.sub("overlaps", BUILD.sub("Build:", text)).split("\n")[:-1]:
        if not said or said[-1] != line:
            said.append(line)
        if line.startswith("entry"):
            break
    return said


@pytest.mark.parametrize("name", IMAGES)
def test_boot(roms: tuple[RomMachine, RomMachine], name: str) -> None:
    chip, ours = (lines(rom, IMAGES[name], 60) for rom in roms)
    assert ours == chip


RTC_CNTL_OPTIONS0, RTC_CNTL_STORE4, EFUSE_PGM_DATA4 = 0x60008000, 0x600080C0, 0x60007010
TIMG0, TIMG1, WDT_WKEY = 0x6001F000, 0x60020000, 0x50D83AA1
RTC_WDTCONFIG0, RTC_WDTCONFIG1, RTC_WDTWPROTECT = 0x60008098, 0x6000809C, 0x600080B0


def software_reset(bit: int) -> Callable[[RomMachine], None]:
    def reset(rom: RomMachine) -> None:
        rom.word(RTC_CNTL_OPTIONS0, rom.word(RTC_CNTL_OPTIONS0) | 1 << bit)

    return reset


def group_watchdog(base: int) -> Callable[[RomMachine], None]:
    def start(rom: RomMachine) -> None:
        rom.word(base + 0x64, WDT_WKEY)
        rom.word(base + 0x50, 1000)
        rom.word(base + 0x48, 1 << 31 | 3 << 29 | 1 << 22)

    return start


def rtc_watchdog(stage: int) -> Callable[[RomMachine], None]:
    def start(rom: RomMachine) -> None:
        rom.word(RTC_WDTWPROTECT, WDT_WKEY)
        rom.word(RTC_WDTCONFIG1, 10000)
        rom.word(RTC_WDTCONFIG0, 1 << 31 | stage << 28)

    return start


def silenced(store4: int) -> Callable[[RomMachine], None]:
    def reset(rom: RomMachine) -> None:
        rom.word(RTC_CNTL_STORE4, store4)
        software_reset(31)(rom)

    return reset


def burnt(data4: int) -> Callable[[RomMachine], None]:
    def reset(rom: RomMachine) -> None:
        rom.word(EFUSE_PGM_DATA4, data4)
        rom.call(rom.addresses["ets_efuse_program"], 0)
        software_reset(31)(rom)

    return reset


RESETS: dict[str, Callable[[RomMachine], None]] = {
    "system": software_reset(31),
    "core 0": software_reset(5),
    "TG0WDT": group_watchdog(TIMG0),
    "TG1WDT": group_watchdog(TIMG1),
    "RTCWDT of the system": rtc_watchdog(3),
    "RTCWDT of the RTC": rtc_watchdog(4),
    "deep sleep": lambda rom: rom.engine.machine.request_reset("system", 5),
    "silenced by RTC_CNTL_STORE4": silenced(1),
    "not silenced by the crystal's frequency": silenced(40 * 0x10001),
    **{f"uart_print_control {control}": burnt(control << 6) for control in range(4)},
    "no print on USB": burnt(1 << 2),
}


@pytest.mark.parametrize("name", RESETS)
def test_words_after_a_reset(roms: tuple[RomMachine, RomMachine], name: str) -> None:
    said = []
    for rom in roms:
        rom.restart()
        rom.engine.run_for(30 * MS)
        before = {port: len(rom.engine.serial_output(port).data) for port in ("UART0", "USB_DEVICE")}
        resets = len(rom.engine.resets())
        RESETS[name](rom)
        while len(rom.engine.resets()) == resets:
            rom.engine.run_for(MS)
        rom.engine.run_until([SerialText("UART0", re.compile(rb"entry 0x.*\r\n"), before["UART0"])], 40 * MS)
        after = {port: rom.engine.serial_output(port).data[start:].decode() for port, start in before.items()}
        said.append(({port: BUILD.sub("Build:", text) for port, text in after.items()}, rom.engine.resets()[-1].reason))
        rom.restart()
    assert said[1] == said[0]


@pytest.mark.parametrize("usb_print", [0, 1])
@pytest.mark.parametrize("channel", [0, 4])
def test_where_a_character_goes(roms: tuple[RomMachine, RomMachine], channel: int, usb_print: int) -> None:
    """A line is handed over to USB at its end: a console without a driver of its own (ESP-IDF's without VFS)."""
    said = []
    for rom in roms:
        rom.restart()
        rom.engine.run_for(30 * MS)
        before = {port: len(rom.engine.serial_output(port).data) for port in ("UART0", "USB_DEVICE")}
        rom.engine.write_memory(0x3FCEFFB8, bytes((usb_print, 1)))  # g_usb_print, g_uart_print
        rom.call(rom.addresses["uart_tx_switch"], channel)
        for character in b"one\nrest":
            rom.call(rom.addresses["uart_tx_one_char"], character)
        rom.engine.run_for(MS)
        said.append({port: rom.engine.serial_output(port).data[start:] for port, start in before.items()})
        rom.restart()
    assert said[1] == said[0]
    assert (b"one\n" in said[0]["USB_DEVICE"]) == bool(usb_print)


@pytest.mark.parametrize("strap", [0x00, 0x03, 0x04, 0x06, 0x07, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x20, 0x28])
def test_words_of_the_straps(roms: tuple[RomMachine, RomMachine], strap: int) -> None:
    said = []
    for rom in roms:
        rom.engine.power_on()
        rom.engine.write_memory(0x60004038, struct.pack("<I", strap))
        rom.engine.run_for(30 * MS)
        said.append(rom.engine.serial_output("UART0").text.split("\r\n")[2:4])
        rom.restart()
    assert said[1] == said[0]


def test_a_wake_stub_runs_after_deep_sleep(roms: tuple[RomMachine, RomMachine]) -> None:
    stub = assemble_program(
        ".literal mark, 0x3fc90800\nstub: entry a1, 32\n l32r a2, mark\n movi a3, 0x5a\n s32i a3, a2, 0\n retw",
        0x600FE000,
    )
    for rom in roms:
        rom.restart()
        rom.engine.write_memory(stub.address, stub.content + bytes(-len(stub.content) % 4))
        rom.call(rom.addresses["esp_rom_set_rtc_wake_addr"], stub.symbols["stub"], 8)
        rom.engine.machine.request_reset("system", 5)
        rom.engine.run_for(30 * MS)
        assert rom.word(0x3FC90800) == 0x5A
        rom.restart()


CRASHES = {
    "IllegalInstruction": "start: entry a1, 32\n movi a2, 5\n movi a3, 6\n .byte 0, 0, 0\n",
    "LoadProhibited": "start: entry a1, 32\n movi a2, 0\n movi a3, 6\n l32i a3, a2, 8\n",
    "StoreProhibited": "start: entry a1, 32\n movi a2, 0\n movi a3, 6\n s32i a2, a2, 8\n",
    "LoadStoreError": ".literal x, 0x40378001\nstart: entry a1, 32\n l32r a2, x\n movi a3, 6\n s8i a2, a2, 0\n",
}
NUMBER = re.compile(r"0x[0-9a-f]{8}")
SAME = re.compile(r"(?:PC     |A2     |A3     |EXCCAUSE|EXCVADDR) *: \w+|Backtrace: 0x\w+")


@pytest.mark.parametrize("name", CRASHES)
def test_panic(roms: tuple[RomMachine, RomMachine], name: str) -> None:
    code = assemble_program(CRASHES[name], CODE)
    image = pack(code.symbols["start"], [(CODE, code.content + bytes(-len(code.content) % 4))])
    texts = []
    for rom in roms:
        rom.power_on(image)
        rom.engine.run_for(150 * MS)
        texts.append(rom.engine.serial_output("UART0").text.split("entry")[1])
        rom.restart()
    chip, ours = texts
    assert f"({name})" in ours
    shapes = [NUMBER.sub("N", text).split("Backtrace:")[0] for text in texts]
    assert shapes[1] == shapes[0]
    assert SAME.findall(ours) == SAME.findall(chip)


COMPRESSOR = 0x3FCB0000  # 164 KiB from here on are nobody's
TEXT = b"".join(b"line %d of a text that repeats itself\n" % (n % 77) for n in range(100))
WITH_ZLIB_HEADER, FINISH = 0x1000, 4


@pytest.mark.parametrize("flags", [0, 1, 128, 0x4080, 0x10080, 0x20080, 0x40080, 0x80080])
def test_deflate(roms: tuple[RomMachine, RomMachine], flags: int) -> None:
    """Other bytes than miniz', which give the same text; the same steps on the way there."""
    seen = []
    for rom in roms:
        out = [Buffer(bytes(8000)), Buffer(bytes(8000))]
        sizes, taken = [words(50), words(7950)], [words(len(TEXT)), words(0)]
        calls = [call("tdefl_init", COMPRESSOR, 0, 0, flags | WITH_ZLIB_HEADER)]
        calls += [
            call("tdefl_compress", COMPRESSOR, Buffer(TEXT), taken[0], out[0], sizes[0], FINISH),
            call("tdefl_compress", COMPRESSOR, 0, taken[1], out[1], sizes[1], FINISH),
            call("tdefl_get_adler32", COMPRESSOR),
            call("tdefl_get_prev_return_status", COMPRESSOR),
            call("tdefl_compress", COMPRESSOR, 0, words(0), out[1], words(10), FINISH),
            call("tdefl_compress_buffer", COMPRESSOR, Buffer(TEXT), 10, FINISH),
        ]
        results = rom.run_case(calls)
        first, last = (results.buffers[n][:8000] for n in (2, 5))
        packed = first[:50] + last[: int.from_bytes(results.buffers[6][:4], "little")]
        assert zlib.decompress(packed) == TEXT
        seen.append((results.results, results.buffers[1], results.buffers[3], results.buffers[4]))
    assert seen[1] == seen[0]


HEAPLESS = {
    "tdefl_compress_mem_to_mem": (Buffer(bytes(300)), 300, Buffer(TEXT), 200, 128),
    "tdefl_compress_mem_to_heap": (Buffer(TEXT), 200, words(7), 128),
    "tdefl_compress_mem_to_output": (Buffer(TEXT), 200, Guest("log"), 5, 128),
    "tdefl_write_image_to_png_file_in_memory": (Buffer(bytes(48)), 4, 4, 3, words(7)),
    "tinfl_decompress_mem_to_heap": (Buffer(TEXT), 200, words(7), 1),
    "tinfl_decompress_mem_to_callback": (Buffer(TEXT), words(200), Guest("log"), 5, 1),
    "mz_free": (0,),
}


@pytest.mark.parametrize("name", HEAPLESS)
def test_what_needs_a_heap_fails(roms: tuple[RomMachine, RomMachine], name: str) -> None:
    chip, ours = (rom.run_case([call(name, *HEAPLESS[name])]) for rom in roms)
    assert ours == chip
