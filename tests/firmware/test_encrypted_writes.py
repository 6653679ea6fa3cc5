"""Both ROMs write flash that is encrypted: what they were given lies there as XTS_AES and the chip's key make it."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rom_machine import FIRMWARE, Buffer, RomMachine

from esp32s3.xts import Xts
from twincore.images.find_rom import open_rom

KEY = random.Random(1).randbytes(32)
XTS_AES_128_KEY = 4
EFUSE, CONF, CMD = 0x6000_7000, 0x1CC, 0x1D4
WRITE = "esp_rom_spiflash_write_encrypted"


def burn(rom: RomMachine, block: int, content: bytes) -> None:
    for n in range(8):
        rom.word(EFUSE + 4 * n, int.from_bytes(content[4 * n : 4 * n + 4], "little"))
    for code, command in ((0x5A5A, 2 | block << 2), (0x5AA5, 1)):
        rom.word(EFUSE + CONF, code)
        rom.word(EFUSE + CMD, command)


@pytest.fixture(scope="module", params=["open", "mask"])
def rom(request: pytest.FixtureRequest, mask_rom: Callable[[], Path]) -> Iterator[RomMachine]:
    """A chip with a key; flash is not encrypted yet, as when a bootloader begins to do it."""
    path = FIRMWARE / "toolchain/pack_image.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    machine = RomMachine(str(open_rom() if request.param == "open" else mask_rom()), module.pack)
    burn(machine, 4, KEY[::-1])
    burn(machine, 0, (XTS_AES_128_KEY << 64 + 24).to_bytes(24, "little"))
    yield machine
    machine.close()


@pytest.mark.parametrize(
    ("address", "length"),
    [(0x3_0000, 16), (0x3_0020, 32), (0x3_0080, 64), (0x3_0200, 256), (0x3_0410, 112), (0x3_0600, 0)],
)
def test_a_write(rom: RomMachine, address: int, length: int) -> None:
    content = random.Random(address).randbytes(length)
    result = rom.call(rom.addresses[WRITE], address, rom.place(Buffer(content, size=16, align=4)), length)
    flash = rom.engine.machine.memories["flash"]
    assert result[0] == 0
    assert flash.read(address, length) == Xts(KEY).encrypt(address, content)
    assert flash.read(address + length, 16) == b"\xff" * 16
    assert flash.read(address - 16, 16) == b"\xff" * 16


@pytest.mark.parametrize(("address", "length"), [(0x3_1008, 16), (0x3_1000, 24)])
def test_parts_of_blocks_are_refused(rom: RomMachine, address: int, length: int) -> None:
    result = rom.call(rom.addresses[WRITE], address, rom.place(Buffer(bytes(32), align=4)), length)
    assert result[0] == 1
    assert rom.engine.machine.memories["flash"].read(0x3_1000, 64) == b"\xff" * 64
