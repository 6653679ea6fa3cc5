"""The chip as the open ROM hands it to the second-stage bootloader, against what the chip's own ROM leaves.

Every register that the blocks declare is compared, the registers of core 0 that a second stage relies on, and the
public variables of the ROM. What differs stands in a table with its reason.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from rom_machine import FIRMWARE, MS

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, StopKind
from twincore.images import open_image
from twincore.machine.platform_file import load_platform

SHARED = Path(__file__).parents[3] / "shared"
MASK_ROM = SHARED / "rom" / "esp32s3_rev0_rom.bin"
AMP = (FIRMWARE / "prebuilt/amp.bin").read_bytes()
ENTRY = int.from_bytes(AMP[4:8], "little")
RTC_CNTL_OPTIONS0 = 0x60008000

pytestmark = pytest.mark.skipif(not MASK_ROM.is_file(), reason=f"no mask ROM at {MASK_ROM}")

DIFFERENT_REGISTERS = {
    "UART0.STATUS": "how much of the banner is still on its way: the two ROMs take different times",
    "USB_DEVICE.EP1_CONF": "as UART0.STATUS",
    "ASSIST_DEBUG.CORE_0_RCD_PDEBUGPC": "where core 0 was when the reset came: not in the same turn of a loop",
    "SYSTIMER.REAL_TARGET0_LO": "as UART0.STATUS: amp's own alarm, in its own time",
    "SPI1.W0": "the flash's last answer",
    "SPI1.MOSI_DLEN": "the last command with data: the open ROM writes the quad bit by another one",
}
CORE_REGISTERS = ("vecbase", "intenable", "lcount", "cpenable", "icountlevel", "atomctl", "memctl", "debugcause")
PUBLIC_DATA = range(0x3FCEFFB8, 0x3FCF0000, 4)
FFT_TABLE = 0x3FCEFFF8
ROM_DATA = range(0x3FF00000, 0x3FF20000)
ROM_RAM = range(0x3FCD7000, 0x3FCF0000)
DIFFERENT_DATA = {
    0x3FCEFFC0: "ets_ecc_table_ptr: ECC of flash and SRAM is not written",
    0x3FCEFFE0: "spi_flash_chip_generic_config_data: nothing public says what it holds",
    0x3FCEFFF0: "rom_spi_usr_cmd_legacy_funcs: nothing public says what it holds",
    0x3FCEFFFC: "ets_ops_table_ptr: nothing public says what it holds",
}


def changed(**bytes_: int) -> bytes:
    """Return the amp image with bytes of its header changed, and its hash right."""
    image = bytearray(AMP)
    for at, value in bytes_.items():
        image[int(at[1:])] = value
    return bytes(image[:-32]) + hashlib.sha256(image[:-32]).digest()


IMAGES = {
    "as built": AMP,
    **{f"mode {mode}": changed(_2=mode) for mode in range(6)},
    **{f"frequency {f:#x}": changed(_3=AMP[3] & 0xF0 | f) for f in (0, 1, 2, 0xF)},
    **{f"WP pin {pin}": changed(_8=pin) for pin in (0, 28, 0xEE)},
    "drive of the pads": changed(_9=0x9A, _10=0x5F, _11=0xC8),
}
RESETS = {"system": 31, "core 0": 5}


class Booted:
    """A chip with one of the ROMs, taken to the entry point of what it loads."""

    def __init__(self, rom: str) -> None:
        self.engine = EmbeddedEngine(load_platform("generic"))
        self.engine.load(open_image(FIRMWARE / "prebuilt/amp.bin"), rom=rom)

    def boot(self, image: bytes) -> None:
        memory = self.engine.machine.memories["flash"]
        memory.fill(b"\xff")
        memory.write(0, image)
        self.engine.machine.executor.host_wrote(memory, 0, memory.size)
        self.engine.power_on()
        self.to_entry()

    def to_entry(self) -> None:
        stop = self.engine.run_until([AddressReached(ENTRY, 0)], 200 * MS)
        assert stop.kind is StopKind.CONDITION, self.engine.serial_output("UART0").text

    def reset(self, bit: int) -> None:
        machine = self.engine.machine
        self.engine.run_for(20 * MS)
        machine.io_write(0, RTC_CNTL_OPTIONS0, 4, 1 << bit)
        self.to_entry()

    def registers(self) -> dict[str, int]:
        found = {}
        for name, block in self.engine.machine.peripherals.items():
            for register, offset in type(block).register_offsets().items():
                found[f"{name}.{register}"] = block.words[offset // 4]
        return found

    def core_registers(self) -> dict[str, int]:
        return {name: self.engine.read_register(0, name) for name in CORE_REGISTERS}

    def public_data(self) -> dict[int, int | str]:
        """Return the public words of the ROM; an address of its own data is the same as any other."""
        found: dict[int, int | str] = {}
        for address in PUBLIC_DATA:
            word = struct.unpack("<I", self.engine.read_memory(address, 4))[0]
            found[address] = "data" if word in ROM_DATA else "variable" if word in ROM_RAM else word
        return found

    def flash_chip(self) -> bytes:
        """Return the old driver's description of the flash, which second stages change."""
        (at,) = struct.unpack("<I", self.engine.read_memory(0x3FCEFFE4, 4))
        return self.engine.read_memory(at, 24)


@pytest.fixture(scope="module")
def roms() -> Iterator[tuple[Booted, Booted]]:
    booted = Booted(str(MASK_ROM)), Booted("open")
    yield booted
    for one in booted:
        one.engine.close()


def differences(chip: dict[str, int], ours: dict[str, int]) -> dict[str, str]:
    return {
        name: f"the chip's {chip[name]:#x}, open {ours[name]:#x}"
        for name in chip
        if chip[name] != ours[name] and name not in DIFFERENT_REGISTERS
    }


@pytest.mark.parametrize("name", IMAGES)
def test_registers(roms: tuple[Booted, Booted], name: str) -> None:
    for rom in roms:
        rom.boot(IMAGES[name])
    chip, ours = roms
    assert differences(chip.registers(), ours.registers()) == {}
    assert ours.core_registers() == chip.core_registers()


@pytest.mark.parametrize("name", RESETS)
def test_registers_after_a_reset(roms: tuple[Booted, Booted], name: str) -> None:
    for rom in roms:
        rom.boot(AMP)
        rom.reset(RESETS[name])
    chip, ours = roms
    assert differences(chip.registers(), ours.registers()) == {}


def test_public_data(roms: tuple[Booted, Booted]) -> None:
    for rom in roms:
        rom.boot(AMP)
    chip, ours = (rom.public_data() for rom in roms)
    assert {at for at in chip if ours[at] != chip[at]} == set(DIFFERENT_DATA)
    assert roms[1].flash_chip() == roms[0].flash_chip()


def test_fft_table(roms: tuple[Booted, Booted]) -> None:
    """esp-dsp's FFT of up to 1024 points takes its factors from where the ROM points to."""
    tables = []
    for rom in roms:
        rom.boot(AMP)
        (at,) = struct.unpack("<I", rom.engine.read_memory(FFT_TABLE, 4))
        assert at % 16 == 0
        tables.append(rom.engine.read_memory(at, 4096))
    assert tables[1] == tables[0]
