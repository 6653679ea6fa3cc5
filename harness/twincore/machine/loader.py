"""Puts firmware and a ROM into a machine: flash, ROM memory and, where needed, the open ROM's mailbox for the host.

A flash image boots from reset through ROM and its own bootloader. An application without a bootloader lies in flash
behind an erased sector 0; the open ROM's own second stage starts it when its mailbox, the first two words of the ROM's
data window (symbol openrom_host_boot), says so: a magic number and the application's offset in flash.

Where the chip's fuses encrypt its flash, the image comes in the clear and is encrypted on its way into the flash.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from twincore.errors import ImageError, UsageError
from twincore.images import Image, RomImage, load_rom
from twincore.images.find_rom import choose_rom
from twincore.machine.encrypted_flash import encrypted
from twincore.machine.machine import Machine

HOST_BOOT_MAGIC = 0x544F_4F42
HOST_BOOT_SYMBOL = "openrom_host_boot"


def load_image(machine: Machine, image: Image, *, rom: str | Path = "open") -> RomImage:
    """Put `image` into the machine's flash and a ROM into its ROM memory; the caller gives power afterwards.

    rom: open, auto or a path (see `choose_rom`).

    Raises ImageError when the image does not fit the board's flash, UsageError when the image is an application without
    bootloader and the ROM is not the open one.
    """
    flash = machine.memories.get("flash")
    if flash is None:
        raise UsageError(
            machine.platform.board.name, "expected a board with flash, this one has none", next_step="choose another"
        )
    machine.as_delivered()
    rom_image = load_rom(choose_rom(rom, needs_open=image.needs_second_stage))
    content = _rom_content(image, rom_image)
    memory = machine.memories.get("rom")
    if memory is None or memory.size < len(content):
        size = memory.size if memory else 0
        raise ImageError(str(rom_image.path), f"expected a ROM of at most {size:#x} bytes, got {len(content):#x}")
    memory.fill(b"\0")
    memory.write(0, content)
    machine.executor.host_wrote(memory, 0, memory.size)
    firmware = image.flash.data
    if len(firmware) > flash.size:
        firmware = image.flash.padded(flash.size)
    cipher = machine.flash_cipher()
    if cipher is not None:
        firmware = encrypted(replace(image.flash, data=firmware), cipher)
    machine.load_flash(firmware)
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
            next_step="choose the open ROM, or give a flash image with a bootloader",
        )
    at = len(rom.data) - len(rom.data_view) + mailbox.address - 0x3FF0_0000
    return rom.data[:at] + struct.pack("<II", HOST_BOOT_MAGIC, image.app_offset) + rom.data[at + 8 :]
