"""Firmware and ROM in a machine's memories; what does not fit is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twincore.errors import ImageError, UsageError
from twincore.images import load_rom, open_image
from twincore.images.find_rom import open_rom
from twincore.machine.loader import load_image
from twincore.machine.machine import Machine

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"


@pytest.fixture
def chip(make_machine: Any, toy: Path) -> Machine:
    """The toy machine with a ROM of the ESP32-S3's size."""
    text = toy.read_text().replace('size = 0x2000\npower_on = "kept"', 'size = 0x60000\npower_on = "kept"')
    toy.write_text(text.replace("offset = 0x1000", "offset = 0x40000"))
    machine: Machine = make_machine()
    return machine


def test_flash_image(chip: Machine) -> None:
    load_image(chip, open_image(PREBUILT / "amp.bin"))
    content = (PREBUILT / "amp.bin").read_bytes()
    flash = chip.memories["flash"]
    assert flash.read(0, len(content)) == content
    assert flash.read(flash.size - 16, 16) == b"\xff" * 16
    assert chip.memories["rom"].data == load_rom(open_rom()).data


def test_application_fills_the_open_roms_mailbox(chip: Machine) -> None:
    load_image(chip, open_image(PREBUILT / "amp.elf"))
    assert chip.memory_map.peek(0x3FF00000, 8) == b"BOOT\x00\x00\x01\x00"
    assert chip.memories["flash"].read(0x10000, 1) == b"\xe9"


def test_loading_again_forgets_the_mailbox(chip: Machine) -> None:
    load_image(chip, open_image(PREBUILT / "amp.elf"))
    load_image(chip, open_image(PREBUILT / "amp.bin"))
    assert chip.memory_map.peek(0x3FF00000, 8) == bytes(8)


def test_executor_hears_of_new_content(chip: Machine) -> None:
    executor: Any = chip.executor
    executor.wrote.clear()
    load_image(chip, open_image(PREBUILT / "amp.bin"))
    assert executor.wrote == [("rom", 0, 0x60000), ("flash", 0, 0x100000)]


def test_rom_of_a_wrong_size(chip: Machine, tmp_path: Path) -> None:
    (tmp_path / "rom.bin").write_bytes(bytes(100))
    with pytest.raises(ImageError) as error:
        load_image(chip, open_image(PREBUILT / "amp.bin"), rom=tmp_path / "rom.bin")
    assert "a ROM is an ELF file or has 393216 bytes, this file has 100" in str(error.value)


def test_chip_with_a_smaller_rom(machine: Machine) -> None:
    with pytest.raises(ImageError) as error:
        load_image(machine, open_image(PREBUILT / "amp.bin"))
    assert str(error.value) == f"{open_rom()}: expected a ROM of at most 0x2000 bytes, got 0x60000"


def test_board_without_flash(make_machine: Any, toy: Path) -> None:
    toy.write_text(toy.read_text().replace("[flash]\nsize = 0x100000\njedec_id = 0xC84014\n", ""))
    with pytest.raises(UsageError) as error:
        load_image(make_machine(), open_image(PREBUILT / "amp.bin"))
    assert str(error.value) == "toyboard: expected a board with flash, this one has none; choose another"


def test_image_larger_than_the_flash(make_machine: Any, toy: Path, tmp_path: Path) -> None:
    toy.write_text(
        toy.read_text()
        .replace("[flash]\nsize = 0x100000", "[flash]\nsize = 0x10000")
        .replace('size = 0x2000\npower_on = "kept"', 'size = 0x60000\npower_on = "kept"')
        .replace("offset = 0x1000", "offset = 0x40000")
    )
    with pytest.raises(ImageError, match="the flash has 65536; choose a board with a larger flash"):
        load_image(make_machine(), open_image(PREBUILT / "amp.elf"))
