"""The open ROM on the embedded engine: boot, its refusals, crashes, and the functions of its interface."""

from __future__ import annotations

import importlib.util
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from rom_machine import published_addresses

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, ResetHappens, SerialText, StopKind
from twincore.images import open_image
from twincore.images.synth import write_app
from twincore.isa.asm import assemble_program
from twincore.machine.platform_file import load_platform

MS = 1_000_000
CODE, DATA = 0x40378000, 0x3FC90000
GPIO_STRAP = 0x60004038


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pack(firmware) -> Callable[..., bytes]:
    return load_module(firmware / "toolchain/pack_image.py").pack


@pytest.fixture(scope="module")
def amp(firmware) -> bytes:
    return (firmware / "prebuilt/amp.bin").read_bytes()


class Board:
    """An engine whose flash holds whatever a test wants, valid or not."""

    def __init__(self, firmware: Path, platform: str = "generic") -> None:
        self.engine = EmbeddedEngine(load_platform(platform))
        self.engine.load(open_image(firmware / "prebuilt/amp.bin"))

    def boot(self, flash: bytes) -> None:
        memory = self.engine.machine.memories["flash"]
        memory.fill(b"\xff")
        memory.write(0, flash)
        self.engine.machine.executor.host_wrote(memory, 0, memory.size)
        self.engine.power_on()

    def text(self, pattern: str | None = None, timeout: int = 200 * MS) -> str:
        """Run until `pattern` came, by default for all of the time; return all output so far."""
        if pattern is None:
            self.engine.run_for(timeout)
        else:
            self.engine.run_until([SerialText("UART0", re.compile(pattern.encode()))], timeout)
        return self.engine.serial_output("UART0").text


@pytest.fixture(scope="module")
def board(firmware) -> Iterator[Board]:
    board = Board(firmware)
    yield board
    board.engine.close()


class TestBoot:
    def test_banner(self, board, amp):
        board.boot(amp)
        assert re.fullmatch(
            "ESP-ROM:esp32s3-20210327\r\n"
            "Build:open ROM\r\n"
            r"rst:0x1 \(POWERON\),boot:0x8 \(SPI_FAST_FLASH_BOOT\)" "\r\n"
            r"SPIWP:0x[0-9a-f]+" "\r\n"
            "mode:DIO, clock div:1\r\n"
            r"(load:0x[0-9a-f]{8},len:0x[0-9a-f]+" "\r\n){2}"
            r"entry 0x40378[0-9a-f]{3}" "\r\n",
            board.text("entry 0x.*\r\n"),
        )  # fmt: skip

    def test_reset_is_told_from_power_on(self, board, amp):
        board.boot(amp)
        board.text("core 1 alive")
        board.engine.serial_send("UART0", b"reset\n")
        assert "rst:0x3 (RTC_SW_SYS_RST)" in board.text("rst:0x3.*\r\n")

    def test_flash_mapping_is_gone_afterwards(self, board, amp):
        board.boot(amp)
        board.text("amp: core 0 up")
        table = struct.unpack("<512I", board.engine.read_memory(0x600C5000, 2048))
        assert {entry & 0x4000 for entry in table} == {0x4000}

    @pytest.mark.parametrize(
        ("damage", "line"),
        [
            ({0: 0x00}, r"invalid header: 0x[0-9a-f]{6}00"),
            ({2: 0x0B}, r"invalid header: 0x[0-9a-f]{2}0b[0-9a-f]{4}"),
            ({3: 0x33}, r"invalid header: 0x33[0-9a-f]{6}"),
            ({1: 17}, r"Invalid image block count: 17 \(max 16\)"),
            ({12: 5}, r"Invalid chip id. Expected 9 read 5. Bootloader for wrong chip\?"),
            ({100: None}, r"Checksum failure. Calculated 0x[0-9a-f]{2} stored 0x[0-9a-f]{2}"),
            ({27: 0x50}, r"segment 0x50c90000,len:0x[0-9a-f]+ does not fit the RAM that can be loaded"),
            ({25: 0xE0, 26: 0xCE}, r"region 0x3fcee000-0x3fcee[0-9a-f]{3} overlaps 0x3fceb[0-9a-f]{3}-\S+, can't load"),
            ({24: 2}, r"load:0x3fc90002,len:0x[0-9a-f]+\r\nInvalid image block, can't boot."),
            ({31: 0x7F}, r"load:0x3fc90000,len:0x7f[0-9a-f]{6}\r\nInvalid image block, can't boot."),
        ],
    )
    def test_refuses(self, board, amp, damage, line):
        image = bytearray(amp)
        for at, value in damage.items():
            image[at] = image[at] ^ 1 if value is None else value
        board.boot(bytes(image))
        output = board.text()
        assert re.search(line, output), output
        assert "entry" not in output

    def test_a_wrong_hash_is_told_and_booted_anyway(self, board, amp):
        image = bytearray(amp)
        image[-1] ^= 1
        board.boot(bytes(image))
        output = board.text("amp: core 0 up.*\r\n")
        told = r"SHA-256 comparison failed:\r\nCalculated: [0-9a-f]{64}\r\nExpected: [0-9a-f]{64}\r\n"
        assert re.search(told + r"Attempting to boot anyway\.\.\.\r\n.*entry", output, re.S), output

    def test_erased_flash_is_told_again_and_again_until_a_watchdog_resets(self, board):
        board.boot(b"")
        assert board.text().count("invalid header: 0xffffffff\r\n") > 10
        assert board.engine.run_until([ResetHappens()], 5000 * MS).kind is StopKind.CONDITION
        assert "WDT" in board.engine.resets()[-1].reason_name

    def test_an_image_without_a_hash_is_booted(self, board, amp):
        image = bytearray(amp[:-32])
        image[23] = 0
        board.boot(bytes(image))
        assert "amp: core 0 up" in board.text("amp: core 0 up.*\r\n")

    @pytest.mark.parametrize(
        ("strap", "lines"),
        [
            (0x00, "boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n"),
            (0x06, "boot:0x6 (SPI_DOWNLOAD_BOOT)\r\nwait spi download\r\n"),
            (0x07, "boot:0x7 (UART0_BOOT)\r\nwait uart0 download\r\n"),
            (0x04, "boot:0x4 (SPI_FLASH_BOOT)\r\nSPIWP:"),
            (0x18, "boot:0x18 (SPI_FAST_FLASH_BOOT)\r\nSPIWP:"),
        ],
    )
    def test_straps(self, board, amp, strap, lines):
        board.boot(amp)
        board.engine.write_memory(GPIO_STRAP, struct.pack("<I", strap))
        assert lines in board.text(timeout=50 * MS)

    def test_both_consoles_show_the_boot(self, board, amp):
        board.boot(amp)
        text = board.text("entry 0x.*\r\n")
        assert board.engine.serial_output("USB_DEVICE").text.startswith(text)

    def test_application_by_host_boot(self, firmware):
        engine = EmbeddedEngine()
        engine.load(open_image(firmware / "prebuilt/amp.elf"))
        engine.run_until([SerialText("UART0", re.compile(b"core 1 alive"))], 500 * MS)
        assert "amp: core 1 alive" in engine.serial_output("UART0").text
        engine.close()

    def test_what_no_loader_loads_is_skipped(self, tmp_path):
        """Zephyr's applications begin with the header that MCUboot reads, "for 0x20"."""
        code = assemble_program("start: j start", CODE)
        app = tmp_path / "app.bin"
        app.write_bytes(write_app([(0x20, bytes(28)), (0x3C00_0044, bytes(16)), (CODE, code.content + b"\0")], CODE))
        engine = EmbeddedEngine()
        engine.load(open_image(app, kind="app"))
        assert engine.run_until([AddressReached(CODE, 0)], 200 * MS).kind is StopKind.CONDITION
        assert "0x00000020" not in engine.serial_output("UART0").text
        engine.close()


def program(pack: Callable[..., bytes], text: str) -> tuple[bytes, dict[str, int]]:
    """Return an image of a program for core 0, and its labels."""
    assembled = assemble_program(text, CODE)
    content = assembled.content + bytes(-len(assembled.content) % 4)
    return pack(assembled.symbols["start"], [(CODE, content)]), dict(assembled.symbols)


def test_segment_over_the_end_of_the_instruction_cache_s_memory(board, pack):
    """Applications begin their code at 0x40374000, half of it in memory that has no data address."""
    content = struct.pack("<6144I", *range(6144))
    code = assemble_program("start: j start", CODE + 0x4000)
    board.boot(pack(code.address, [(CODE - 0x4000, content), (code.address, code.content + b"\0")]))
    assert board.engine.run_until([AddressReached(code.address, 0)], 200 * MS).kind is StopKind.CONDITION
    assert board.engine.read_memory(CODE - 0x4000, len(content)) == content


class TestCrashes:
    def test_exception(self, board, pack):
        image, labels = program(
            pack,
            ".literal address, 0x30000000\n"
            "start: entry a1, 32\n movi a10, 1\n call8 inner\n"
            ".align 4\ninner: entry a1, 48\n movi a9, 0x123\n l32r a2, address\nhere: s32i a2, a2, 8\n",
        )
        board.boot(image)
        text = board.text("Backtrace:.*\r\n")
        assert "Guru Meditation Error: Core 0 panic'ed (LoadStorePIFAddrError)" in text
        assert f"PC      : {labels['here']:#010x}  PS      : 0x0006" in text
        assert "A9      : 0x00000123" in text
        assert "EXCCAUSE: 0x0000000f\r\nEXCVADDR: 0x30000008" in text
        callers = [int(pc, 16) for pc in re.findall(r"(0x4\w+):0x3fce", text.split("Backtrace:")[1])]
        assert callers[0] == labels["here"]
        assert labels["start"] < callers[1] < labels["inner"]

    def test_null_pointers_are_noticed(self, board, pack):
        image, _ = program(pack, "start: entry a1, 32\n movi a2, 0\n l32i a2, a2, 4\n")
        board.boot(image)
        text = board.text("Backtrace:.*\r\n")
        assert "panic'ed (LoadProhibited)" in text
        assert "EXCVADDR: 0x00000004" in text

    @pytest.mark.parametrize(
        ("name", "told"),
        [("usb_dc_attach", "is not written yet"), ("phy_get_romfuncs", "drives the radio, which is not modelled")],
    )
    def test_unwritten_function(self, board, pack, addresses, name, told):
        image, labels = program(
            pack,
            f".literal address, {addresses[name]:#x}\nstart:\n entry a1, 32\n l32r a8, address\n"
            " callx8 a8\nback:\n j back",
        )
        board.boot(image)
        place = f"(slot {addresses[name]:#010x}, called from {labels['back']:#010x} on core 0)"
        assert f"openrom: {name} {told} {place}" in board.text("openrom: .*\r\n")
        stop = board.engine.run_until([], 20_000_000_000)
        assert stop.kind is StopKind.DEAD  # no watchdog and no other core has a word after that
        assert board.text("openrom: .*\r\n").endswith(f"{place}\r\n")

    def test_an_unwritten_function_ends_both_cores(self, board, pack, addresses):
        # core 1 counts, a timer interrupt is due, the flash-boot watchdogs run
        image, _ = program(
            pack,
            f"""
            .literal address, {addresses["usb_dc_attach"]:#x}
            .literal entry_register, 0x600C0004
            .literal control_register, 0x600C0000
            .literal count, {DATA:#x}
            .literal other_at, other
            .literal lines, 0x8000
            start:  entry   a1, 32
                    l32r    a2, entry_register
                    l32r    a3, other_at
                    s32i    a3, a2, 0
                    l32r    a2, control_register
                    movi    a3, 2
                    s32i    a3, a2, 0
                    l32r    a4, count
                    movi    a5, 50
            wait:   l32i    a6, a4, 0
                    blt     a6, a5, wait
                    rsr.ccount a2
                    addmi   a2, a2, 0x2000
                    wsr.ccompare1 a2
                    l32r    a2, lines
                    wsr.intenable a2
                    l32r    a8, address
                    callx8  a8
            other:  l32r    a4, count
                    movi    a5, 0
            again:  addi    a5, a5, 1
                    s32i    a5, a4, 0
                    j       again
            """,
        )
        board.boot(image)
        board.engine.write_memory(DATA, bytes(4))
        board.text("openrom: usb_dc_attach is not written yet .*\r\n")
        count, resets = board.engine.read_memory(DATA, 4), len(board.engine.resets())
        assert int.from_bytes(count, "little") >= 50
        assert board.text(timeout=20_000 * MS).count("openrom:") == 1
        assert board.engine.read_memory(DATA, 4) == count
        assert len(board.engine.resets()) == resets

    def test_unexpected_interrupt(self, board, pack):
        # line 29 is a software interrupt of level 3
        image, _ = program(
            pack,
            ".literal lines, 0x20000000\nstart:\n l32r a2, lines\n wsr.intenable a2\n wsr.intset a2\nend:\n j end",
        )
        board.boot(image)
        assert "core 0 got an interrupt of level 3" in board.text("openrom: .*\r\n")


class TestHandlers:
    """Exceptions and interrupts of level 1 reach the application's handlers through the ROM's vectors."""

    def test_interrupt(self, board, pack, addresses):
        # line 7 is a software interrupt; everything that the handler must not disturb is compared afterwards
        image, labels = program(
            pack,
            f"""
            .literal attach, {addresses["ets_isr_attach"]:#x}
            .literal unmask, {addresses["ets_isr_unmask"]:#x}
            .literal clear, {addresses["xthal_set_intclear"]:#x}
            .literal count, {DATA:#x}
            .literal handler_at, handler
            start:  entry   a1, 64
                    movi    a10, 7
                    call8   here
            .align 4
            here:   entry   a1, 32
                    movi    a10, 7
                    l32r    a11, handler_at
                    movi    a12, 0x55
                    l32r    a8, attach
                    callx8  a8
                    movi    a10, 0x80
                    l32r    a8, unmask
                    callx8  a8
                    movi    a2, 2
                    movi    a7, 0x77
                    movi    a11, 0x111
                    movi    a15, 0x155
                    movi    a3, 0x80
                    movi    a4, 20
                    movi    a5, 0
                    wsr.sar a7
                    loop    a4, again
                    addi    a5, a5, 1
                    wsr.intset a3
                    nop
            again:  rsr.sar a6
            done:   j       done
            .align 4
            handler: entry  a1, 32
                    l32r    a8, count
                    l32i    a9, a8, 0
                    add     a9, a9, a2
                    s32i    a9, a8, 0
                    movi    a10, 0x80
                    l32r    a8, clear
                    callx8  a8
                    movi    a11, 0
                    movi    a15, 0
                    ssl     a11
                    retw
            """,
        )
        board.boot(image)
        assert board.engine.run_until([AddressReached(labels["done"], 0)], 200 * MS).kind is StopKind.CONDITION
        registers = [board.engine.read_register(0, f"a{n}") for n in (2, 5, 6, 7, 11, 15)]
        assert registers == [2, 20, 0x77 & 63, 0x77, 0x111, 0x155]
        assert struct.unpack("<I", board.engine.read_memory(DATA, 4))[0] != 0

    def test_exception_goes_on_where_the_handler_says(self, board, pack, addresses):
        image, labels = program(
            pack,
            f"""
            .literal set_handler, {addresses["_xtos_set_exception_handler"]:#x}
            .literal handler_at, handler
            start:  entry   a1, 32
                    movi    a10, 0
                    l32r    a11, handler_at
                    l32r    a8, set_handler
                    callx8  a8
                    movi    a5, 5
                    movi    a13, 13
            wrong:  .byte   0, 0, 0
                    addi    a5, a5, 1
            done:   j       done
            .align 4
            handler: entry  a1, 32
                    l32i    a3, a2, 0
                    addi    a3, a3, 3
                    s32i    a3, a2, 0
                    movi    a13, 0
                    retw
            """,
        )
        board.boot(image)
        assert board.engine.run_until([AddressReached(labels["done"], 0)], 200 * MS).kind is StopKind.CONDITION
        assert [board.engine.read_register(0, f"a{n}") for n in (5, 13)] == [6, 13]


CALLER = f"""
    .literal table, {DATA:#x}
    start:  entry   a1, 32
    again:  l32r    a2, table
            l32i    a8, a2, 0
            l32i    a10, a2, 4
            l32i    a11, a2, 8
            l32i    a12, a2, 12
            l32i    a13, a2, 16
            l32i    a14, a2, 20
            l32i    a15, a2, 24
            callx8  a8
            s32i    a10, a2, 28
            s32i    a11, a2, 32
    done:   j       done
"""


@pytest.fixture(scope="module")
def addresses() -> dict[str, int]:
    return published_addresses()


@pytest.fixture(scope="module")
def call(board, pack, addresses) -> Callable[..., int]:
    """Call a ROM function by its published name with 32-bit arguments; returns 64 bits, of which one may want 32."""
    names = addresses
    image, labels = program(pack, CALLER)
    image = pack(
        labels["start"], [(CODE, image[32 : 32 + 128]), (DATA, struct.pack("<7I", names["ets_get_apb_freq"], *[0] * 6))]
    )
    done = AddressReached(labels["done"], 0)
    board.boot(image)
    assert board.engine.run_until([done], 200 * MS).kind is StopKind.CONDITION

    def call(name: str, *arguments: int) -> int:
        words = [argument & 0xFFFFFFFF for argument in arguments]
        board.engine.write_memory(DATA, struct.pack("<7I", names[name], *words, *[0] * (6 - len(words))))
        board.engine.write_register(0, "pc", labels["again"])
        assert board.engine.run_until([done], 200 * MS).kind is StopKind.CONDITION
        return struct.unpack("<Q", board.engine.read_memory(DATA + 28, 8))[0]

    return call


def double(value: float) -> tuple[int, int]:
    return struct.unpack("<II", struct.pack("<d", value))


def single(value: float) -> int:
    return struct.unpack("<I", struct.pack("<f", value))[0]


def as_double(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def pair(value: int) -> tuple[int, int]:
    return value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF


class TestFunctions:
    @pytest.mark.parametrize(
        ("name", "a", "b", "result"),
        [
            ("__adddf3", 1.5, 2.25, 3.75),
            ("__subdf3", 1e300, -1e300, 2e300),
            ("__muldf3", 1 / 3, 3e-5, 1 / 3 * 3e-5),
            ("__divdf3", 1.0, 3.0, 1 / 3),
            ("__divdf3", -7.5, 1e-310, float("-inf")),
        ],
    )
    def test_double_arithmetic(self, call, name, a, b, result):
        assert as_double(call(name, *double(a), *double(b))) == result

    @pytest.mark.parametrize(
        ("name", "a", "b", "result"),
        [
            ("__muldi3", 0x123456789AB, 0x10001, 0x123456789AB * 0x10001 % 2**64),
            ("__divdi3", -(10**15), 12345, -(10**15 // 12345)),
            ("__moddi3", -(10**15), 12345, -(10**15 % 12345)),
            ("__udivdi3", 2**64 - 1, 10**10, (2**64 - 1) // 10**10),
            ("__umoddi3", 2**64 - 1, 10**10, (2**64 - 1) % 10**10),
        ],
    )
    def test_64_bit_arithmetic(self, call, name, a, b, result):
        assert call(name, *pair(a), *pair(b)) == result % 2**64

    @pytest.mark.parametrize(
        ("name", "arguments", "result"),
        [
            ("__fixdfsi", double(-1234.9), -1234),
            ("__fixunsdfsi", double(4e9), 4_000_000_000),
            ("__ltdf2", (*double(1.0), *double(2.0)), -1),
            ("__eqdf2", (*double(2.0), *double(2.0)), 0),
            ("__truncdfsf2", double(0.1), single(0.1)),
            ("__bswapsi2", (0x12345678,), 0x78563412),
            ("__clzsi2", (1,), 31),
            ("__popcountsi2", (0xF0F0F0F1,), 17),
            ("ets_get_cpu_frequency", (), 40),
            ("ets_get_apb_freq", (), 40_000_000),
            ("ets_get_xtal_freq", (), 40_000_000),
            ("rtc_get_reset_reason", (0,), 1),
            ("toupper", (ord("q"),), ord("Q")),
            ("uart_rx_one_char", (DATA + 64,), 1),
        ],
    )
    def test_32_bit_results(self, call, name, arguments, result):
        assert call(name, *arguments) & 0xFFFFFFFF == result & 0xFFFFFFFF

    def test_conversions_to_double(self, call):
        assert as_double(call("__floatsidf", -17)) == -17.0
        assert as_double(call("__floatunsidf", 2**32 - 1)) == 2**32 - 1
        assert as_double(call("__extendsfdf2", single(0.5))) == 0.5

    def test_delay(self, board, call):
        call("ets_update_cpu_frequency", 20)  # half the crystal's, which the CPU runs at before a bootloader
        before = board.engine.time_ns
        call("ets_delay_us", 1000)
        assert 995_000 <= board.engine.time_ns - before < 1_010_000
        call("ets_update_cpu_frequency", 40)

    def test_intr_matrix_set(self, board, call):
        call("intr_matrix_set", 1, 79, 23)
        assert board.engine.read_memory(0x600C2800 + 4 * 79, 4) == struct.pack("<I", 23)

    def test_core_1_boot_address(self, board, call):
        call("ets_set_appcpu_boot_addr", 0x40378123)
        assert board.engine.read_memory(0x600C0004, 4) == struct.pack("<I", 0x40378123)

    def test_mmu(self, board, call):
        assert call("Cache_Dbus_MMU_Set", 0, 0x3C030000, 0x120000, 64, 2, 0) & 0xFFFFFFFF == 0
        assert struct.unpack("<3I", board.engine.read_memory(0x600C5000 + 4 * 3, 12)) == (0x12, 0x13, 0x4000)
        assert call("Cache_Dbus_MMU_Set", 0, 0x3C030001, 0x120000, 64, 2, 0) & 0xFFFFFFFF == 2

    def test_flash_is_read_across_pages(self, board, call):
        memory = board.engine.machine.memories["flash"]
        memory.write(0x1FFF8, bytes(range(16)))
        assert call("esp_rom_spiflash_read", 0x1FFF8, DATA + 64, 16) & 0xFFFFFFFF == 0
        assert board.engine.read_memory(DATA + 64, 16) == bytes(range(16))

    def test_analog_registers_keep_their_fields(self, call):
        call("rom_i2c_writeReg", 0x66, 1, 2, 0xFF)
        call("rom_i2c_writeReg_Mask", 0x66, 1, 2, 5, 3, 0b010)
        assert call("rom_i2c_readReg", 0x66, 1, 2) & 0xFF == 0b11010111
        assert call("rom_i2c_readReg_Mask", 0x66, 1, 2, 6, 3) & 0xFF == 0b1010

    def test_systimer(self, board, call):
        call("systimer_hal_enable_counter", DATA + 64, 1)
        call("ets_update_cpu_frequency", 20)
        first = call("systimer_hal_get_time", DATA + 64, 1)
        call("ets_delay_us", 500)
        assert 500 <= call("systimer_hal_get_time", DATA + 64, 1) - first < 520
        call("ets_update_cpu_frequency", 40)

    def test_watchdog_layer(self, board, call):
        context = DATA + 64
        call("wdt_hal_init", context, 2, 40000, 0)
        call("wdt_hal_write_protect_disable", context)
        call("wdt_hal_config_stage", context, 0, 1234, 3)
        call("wdt_hal_enable", context)
        assert call("wdt_hal_is_enabled", context) & 0xFF == 1
        config, prescale, hold = struct.unpack("<3I", board.engine.read_memory(0x60020048, 12))
        assert (config >> 29 & 3, prescale >> 16, hold) == (3, 40000, 1234)
        call("wdt_hal_deinit", context)
        assert struct.unpack("<I", board.engine.read_memory(0x60020048, 4))[0] >> 29 == 0

    def test_time_of_a_frame_on_the_air(self, board, call):
        # 1500 bytes at 54 Mbit/s: an answer at 24 Mbit/s, a gap, a preamble, 56 symbols
        frame, control = DATA + 64, DATA + 128
        board.engine.write_memory(frame, struct.pack("<20xHH20xI", 0, 1500, control))
        board.engine.write_memory(control, struct.pack("<12xB23x", 12))
        call("ppCalFrameTimes", frame)
        answer, rate, total = struct.unpack("<HBxH", board.engine.read_memory(control + 10, 6))
        assert (answer, rate, total) == (44, 12, 44 + 16 + 20 + 4 * 56)

    def test_wifi_libraries_find_the_rates(self, board, call):
        rates, four, zeros = struct.unpack("<3I", board.engine.read_memory(0x3FF1EE50, 12))
        assert struct.unpack("<IHB", board.engine.read_memory(rates + 8 * 11, 7)) == (2**18 // 6, 60, 11)
        assert board.engine.read_memory(four, 4) == bytes(4)
        assert board.engine.read_memory(zeros, 204) == bytes(204)

    def test_printf_ends_lines_as_the_chip_does(self, board, call):
        board.engine.write_memory(DATA + 64, b"%d %s\n\0ok\0")
        assert call("ets_printf", DATA + 64, -3, DATA + 71) & 0xFFFFFFFF == 6
        call("uart_tx_wait_idle", 0)
        assert bytes(board.engine.serial_output("UART0").data).endswith(b"\r\n-3 ok\r\n")
