"""Application images made from ELF files, so that every firmware boots the same way.

Flash-mapped parts lie in the image at offsets that agree with their addresses modulo the 64 KiB page of the flash MMU;
padding segments (load address 0) make up the difference. Parts for RAM follow the read-only data, as loaders copy them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence

from twincore.errors import ImageError
from twincore.images.app import (
    CHECKSUM_SEED,
    DESCRIPTOR_MAGIC,
    DESCRIPTOR_SIZE,
    ESP32S3_CHIP_ID,
    FLASH_SIZES,
    HEADER_SIZE,
    MAGIC,
    MAX_SEGMENTS,
    xor_bytes,
)
from twincore.images.elf import ElfFile, ElfPiece
from twincore.images.memory import PAGE, Memory, classify
from twincore.images.partitions import (
    DEFAULT_OFFSET,
    FACTORY,
    TYPE_APP,
    TYPE_DATA,
    Partition,
    build_table,
)

APP_OFFSET = 0x1_0000
"""Flash offset where an application without a flash image is placed."""

MIN_FLASH_SIZE = 4 << 20
MIN_APP_PARTITION = 1 << 20
_RAM_GAPS = (16, 256, 0x1000, PAGE)
_ELF_SHA256 = slice(144, 176)
"""Where the application descriptor keeps the SHA-256 of the ELF file."""


def app_from_elf(elf: ElfFile) -> bytes:
    """Makes an application image from an ELF file.

    Raises ImageError when parts belong to no memory that a loader fills, or the entry lies in none of them.
    """
    pieces = elf.pieces
    for piece in pieces:
        if piece.memory is Memory.MASK_ROM:
            raise ImageError(
                elf.who,
                f"{piece.name} ({piece.address:#010x}) lies in the mask ROM: this is a ROM, not firmware",
                next_step="give it as the ROM, and firmware as the image",
            )
    if not any(piece.address <= elf.entry < piece.address + len(piece.data) for piece in pieces):
        raise ImageError(
            elf.who,
            f"the entry address {elf.entry:#010x} lies in nothing that is loaded",
            next_step="name the entry point in the linker script (ENTRY)",
        )
    for gap in _RAM_GAPS:
        segments = _lay_out(_stamped(merge_pieces(pieces, gap), elf))
        if len(segments) <= MAX_SEGMENTS:
            return write_app(segments, elf.entry)
    raise ImageError(
        elf.who,
        f"the firmware needs {len(segments)} segments, an image has at most {MAX_SEGMENTS}",
        next_step="gather the sections in the linker script",
    )


def merge_pieces(pieces: Iterable[ElfPiece], ram_gap: int) -> list[tuple[int, bytes]]:
    """Joins neighbours of one memory, zeros between them, and rounds both ends to whole words."""
    merged: list[tuple[int, bytearray]] = []
    for piece in pieces:
        start = piece.address & ~3
        gap = PAGE if piece.memory.is_flash else ram_gap
        if merged:
            last, content = merged[-1]
            end = last + len(content)
            if classify(last) is piece.memory and piece.address - end <= gap:
                # The last one was rounded up to a word, so that the end may lie behind the start by up to 3 zeros.
                del content[piece.address - last :]
                content.extend(bytes(piece.address - last - len(content)) + piece.data)
                content.extend(bytes(-len(content) % 4))
                continue
        content = bytearray(piece.address - start) + piece.data
        content.extend(bytes(-len(content) % 4))
        merged.append((start, content))
    return [(start, bytes(content)) for start, content in merged]


def _stamped(segments: list[tuple[int, bytes]], elf: ElfFile) -> list[tuple[int, bytes]]:
    """Writes the ELF file's SHA-256 into an application descriptor that leaves it open, as ESP-IDF's build does."""
    result = []
    for address, data in segments:
        is_descriptor = len(data) >= DESCRIPTOR_SIZE and data[:4] == struct.pack("<I", DESCRIPTOR_MAGIC)
        if classify(address) is Memory.DROM and is_descriptor and data[_ELF_SHA256] == bytes(32):
            digest = hashlib.sha256(elf.data).digest()
            data = data[: _ELF_SHA256.start] + digest + data[_ELF_SHA256.stop :]
        result.append((address, data))
    return result


def _lay_out(segments: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Orders segments (read-only data, RAM, code in flash) and puts padding before flash-mapped ones."""
    order = {Memory.DROM: 0, Memory.IROM: 2}
    ordered = sorted(segments, key=lambda s: (order.get(classify(s[0]), 1), s[0]))
    position = HEADER_SIZE
    placed: list[tuple[int, bytes]] = []
    for address, data in ordered:
        if classify(address).is_flash:
            padding = (address - position - 8) % PAGE
            if 0 < padding < 8:
                padding += PAGE
            if padding:
                placed.append((0, bytes(padding - 8)))
                position += padding
        placed.append((address, data))
        position += 8 + len(data)
    return placed


def write_app(
    segments: Sequence[tuple[int, bytes]], entry: int, *, chip_id: int = ESP32S3_CHIP_ID, hashed: bool = True
) -> bytes:
    """Writes an image with these segments (address, data) in this order, with checksum and, if `hashed`, SHA-256.

    The flash parameters say DIO, 80 MHz and a chip that holds the image behind the first 64 KiB.
    """
    size = APP_OFFSET + sum(8 + len(data) for _, data in segments) + 0x100
    code = next(code for code, limit in FLASH_SIZES.items() if limit >= max(size, MIN_FLASH_SIZE))
    header = struct.pack(
        "<BBBBIB3xHBHH4xB", MAGIC, len(segments), 2, code << 4 | 0xF, entry, 0xEE, chip_id, 0, 0, 0xFFFF, hashed
    )
    body = b"".join((header, *(struct.pack("<II", address, len(data)) + data for address, data in segments)))
    checksum = CHECKSUM_SEED
    for _, data in segments:
        checksum ^= xor_bytes(data)
    body += bytes(15 - len(body) % 16) + bytes((checksum,))
    return body + hashlib.sha256(body).digest() if hashed else body


def flash_with_app(app: bytes) -> bytes:
    """Lays an application out in flash as ESP-IDF's default does: no bootloader, table at 0x8000, app at 0x10000."""
    partition = max(MIN_APP_PARTITION, -(-len(app) // PAGE) * PAGE)
    table = build_table(
        (
            Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x6000),
            Partition("phy_init", TYPE_DATA, 0x01, 0xF000, 0x1000),
            Partition("factory", TYPE_APP, FACTORY, APP_OFFSET, partition),
        )
    )
    return (b"\xff" * DEFAULT_OFFSET + table).ljust(APP_OFFSET, b"\xff") + app
