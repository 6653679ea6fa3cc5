"""Puts firmware and a ROM into a machine: flash, ROM memory and, where needed, the open ROM's mailbox for the host.

A flash image boots from reset through ROM and its own bootloader. An application without a bootloader lies in flash
behind an erased sector 0; the open ROM's own second stage starts it when its mailbox, the first two words of the ROM's
data window (symbol openrom_host_boot), says so: a magic number and the application's offset in flash.
"""

from __future__ import annotations

import struct
from pathlib import Path

from twincore.errors import ImageError, UsageError
from twincore.images import Image, RomImage, load_rom
from twincore.machine.machine import Machine

HOST_BOOT_MAGIC = 0x544F_4F42
HOST_BOOT_SYMBOL = "openrom_host_boot"
_ROM_NAME = "openrom.elf"


def open_rom_path() -> Path:
    """Return the path of the open ROM: in a checkout firmware/prebuilt, in an installed package twincore/firmware."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "firmware", package.parents[1] / "firmware" / "prebuilt"):
        if (folder / _ROM_NAME).is_file():
            return folder / _ROM_NAME
    raise UsageError(
        "open ROM",
        f"expected {_ROM_NAME} in {package / 'firmware'} or in the checkout's firmware/prebuilt, found neither",
        next_step="install twincore again, or give a ROM by its path",
    )


def find_rom(rom: str | Path) -> RomImage:
    """Read a ROM: "open" and "auto" mean the open ROM that comes with twincore, anything else is a file's path."""
    return load_rom(open_rom_path() if str(rom) in ("auto", "open") else Path(rom))


def load_image(machine: Machine, image: Image, *, rom: str | Path = "auto") -> RomImage:
    """Put `image` into the machine's flash and a ROM into its ROM memory; the caller gives power afterwards.

    Raises ImageError when the image does not fit the board's flash, UsageError when the image is an application without
    bootloader and the ROM is not the open one.
    """
    flash = machine.memories.get("flash")
    if flash is None:
        raise UsageError(
            machine.platform.board.name, "expected a board with flash, this one has none", next_step="choose another"
        )
    rom_image = find_rom(rom)
    content = _rom_content(image, rom_image)
    memory = machine.memories.get("rom")
    if memory is None or memory.size < len(content):
        size = memory.size if memory else 0
        raise ImageError(str(rom), f"expected a ROM of at most {size:#x} bytes, got {len(content):#x}")
    memory.fill(0)
    memory.write(0, content)
    machine.executor.host_wrote(memory, 0, memory.size)
    firmware = image.flash.data
    if len(firmware) > flash.size:
        firmware = image.flash.padded(flash.size)
    flash.write(0, firmware)
    flash.fill(0xFF, len(firmware))
    machine.executor.host_wrote(flash, 0, flash.size)
    return rom_image


def _rom_content(image: Image, rom: RomImage) -> bytes:
    """Return the ROM's bytes, with the mailbox filled in when the image needs the open ROM's second stage."""
    if not image.needs_second_stage:
        return rom.data
    mailbox = rom.symbols.get(HOST_BOOT_SYMBOL)
    if mailbox is None:
        raise UsageError(
            str(rom.path),
            f"expected the open ROM for {image.path}, which has no bootloader at offset 0, got another ROM",
            next_step="run without --rom, or give a flash image with a bootloader",
        )
    at = len(rom.data) - len(rom.data_view) + mailbox.address - 0x3FF0_0000
    return rom.data[:at] + struct.pack("<II", HOST_BOOT_MAGIC, image.app_offset) + rom.data[at + 8 :]
