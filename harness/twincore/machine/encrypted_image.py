"""Flash images that are encrypted already: as read out of a chip, or as espsecure writes them.

The image is read with the key in the chip's fuses and kept in the clear; loading it makes the same bytes of it again.
Leaves out: applications for MCUboot, whose places no partition table tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twincore.errors import ImageError, UsageError
from twincore.images import Image
from twincore.images.app import MAGIC
from twincore.images.files import read_file
from twincore.images.flash import TABLE_OFFSETS, parse_flash
from twincore.images.load import Kind, read_image
from twincore.images.partitions import SECTOR, find_table, parse_table
from twincore.isa.reference_executor import ReferenceExecutor
from twincore.machine.encrypted_flash import UNIT, Cipher, encrypted_ranges, is_encrypted
from twincore.machine.machine import Machine
from twincore.machine.platform_file import Platform

_HEAD = max(TABLE_OFFSETS) + SECTOR
"""What lies in front of the first application: the bootloader and the table."""


def open_encrypted(path: str | Path, platform: Platform, *, elfs: Sequence[str] = ()) -> Image:
    """Open a flash image that is encrypted by the key in the platform's fuses; `elfs` as in `open_image`.

    Raises UsageError where the fuses encrypt no flash, ImageError where the file is no image by their key.
    """
    who = str(path)
    content = read_file(Path(path))
    image = read_image(decrypted(content, cipher_of(platform), who=who), path=Path(path), kind=Kind.FLASH)
    for spec in elfs:
        image = image.with_elf(spec)
    return image


def cipher_of(platform: Platform) -> Cipher:
    """Return how a platform's fuses encrypt its flash; UsageError where they do not."""
    machine = Machine(platform, ReferenceExecutor)
    try:
        cipher = machine.flash_cipher()
    finally:
        machine.executor.close()
    if cipher is None:
        raise UsageError(
            platform.board.name,
            "expected fuses that encrypt flash (SPI_BOOT_CRYPT_CNT with an odd number of bits), these do not",
            next_step="give the chip's fuses with --efuse FILE, or the image in the clear",
        )
    return cipher


def decrypted(content: bytes, cipher: Cipher, *, who: str) -> bytes:
    """Return an encrypted image's bytes with all in the clear that a chip encrypts; ImageError where it is none."""
    content = content.ljust(len(content) + UNIT - 1 & -UNIT, b"\xff")
    whole = bytearray(content)

    def decrypt(first: int, end: int) -> None:
        written = len(content[first:end].rstrip(b"\xff")) + UNIT - 1 & -UNIT
        whole[first : first + written] = cipher.decrypt(first, content[first : first + written])

    decrypt(0, _HEAD)
    if whole[:1] != bytes((MAGIC,)):
        if content[:1] == bytes((MAGIC,)):
            problem, step = (
                "an image in the clear",
                "give it as it is: it is encrypted as it is loaded, if the fuses say so",
            )
        else:
            problem, step = f"0x{whole[:1].hex()}", "is it encrypted, and are the fuses those of its chip?"
        raise ImageError(
            who,
            f"expected an image that begins with {MAGIC:#04x} when the fuses' key decrypts it, got {problem}",
            next_step=step,
        )
    at = find_table(bytes(whole[:_HEAD]), TABLE_OFFSETS)
    if at is not None:
        for partition in parse_table(bytes(whole), at, who=who).partitions:
            if is_encrypted(partition) and partition.end > _HEAD:
                decrypt(max(partition.offset, _HEAD), partition.end)
    image = parse_flash(bytes(whole), who=who)
    clear = bytearray(content)
    for first, end in encrypted_ranges(image):
        clear[first:end] = whole[first:end]
    return bytes(clear)
