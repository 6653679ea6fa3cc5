"""Simple boot: an image at flash offset 0 that maps its own code, as Zephyr and NuttX build it.

Its header counts the segments for RAM only. The chip's ROM loads those and starts the program, which has the MMU map
its code and read-only data; there is neither a bootloader nor a partition table. The segments in flash follow the
checksum, each with a header like the others', padding between them; no checksum covers them.
Source: esptool documentation, "Elf2image Command", --ram-only-header.
"""

from __future__ import annotations

import re
import struct

from twincore.errors import ImageError
from twincore.images.app import MAX_SEGMENTS, AppImage, Segment
from twincore.images.elf import ElfFile, ElfSegment
from twincore.images.files import MAX_FILE_SIZE
from twincore.images.memory import PAGE, Memory, classify
from twincore.images.synth import merge_pieces, write_app

_HEADER = struct.Struct("<II")
_ZEPHYR = re.compile(rb"\*\*\* Booting Zephyr OS (?:build|version) ([!-~]{1,64})")


def mapped_segments(data: bytes, first: AppImage) -> tuple[Segment, ...]:
    """Lists the segments that follow the image at offset 0 and lie in flash as an MMU page can map them; often none."""
    segments: list[Segment] = []
    position = first.size
    while position + _HEADER.size <= len(data) and len(segments) < MAX_SEGMENTS:
        address, size = _HEADER.unpack_from(data, position)
        start = position + _HEADER.size
        memory = classify(address, size)
        if not size or start + size > len(data) or not (memory.is_flash or address == 0):
            break
        if memory.is_flash and (start - address) % PAGE:
            break
        segments.append(Segment(address, data[start : start + size], start))
        position = start + size
    return tuple(segment for segment in segments if segment.memory.is_flash)


def zephyr_version(data: bytes) -> str:
    """Finds the version in the line with which Zephyr starts, "" when there is none."""
    match = _ZEPHYR.search(data)
    return match[1].decode() if match else ""


def is_simple_boot(elf: ElfFile) -> bool:
    """Tells whether the linker gave the parts in flash their offsets there, as physical addresses.

    ESP-IDF's and esp-hal's linker scripts give them the addresses at which they are mapped; Zephyr's for ESP-IDF's
    bootloader count from the image's own start.
    """
    loads = _flash_loads(elf)
    return bool(loads) and all(
        PAGE <= s.physical < MAX_FILE_SIZE and (s.physical - s.virtual) % PAGE == 0 for s in loads
    )


def flash_from_elf(elf: ElfFile) -> bytes:
    """Makes the flash's content from an ELF file for which `is_simple_boot` is true.

    Raises ImageError when parts in flash would lie over each other or over the parts for RAM.
    """
    pieces = [piece for piece in elf.pieces if piece.memory.is_ram]
    content = bytearray(write_app(merge_pieces(pieces, ram_gap=16), elf.entry, hashed=False))
    for load in sorted(_flash_loads(elf), key=lambda load: load.physical):
        header_at = load.physical - _HEADER.size
        gap = header_at - len(content)
        if 0 < gap < _HEADER.size or gap < 0:
            raise ImageError(
                elf.who,
                f"{classify(load.virtual)} at {load.virtual:#010x} belongs at flash offset {load.physical:#x}, "
                f"the parts before it end at {len(content):#x}",
                next_step="correct the load addresses in the linker script",
            )
        if gap:
            content += _HEADER.pack(0, gap - _HEADER.size) + bytes(gap - _HEADER.size)
        data = elf.data[load.offset : load.offset + load.file_size]
        data += bytes(-len(data) % 4)
        content += _HEADER.pack(load.virtual, len(data)) + data
    return bytes(content)


def _flash_loads(elf: ElfFile) -> list[ElfSegment]:
    return [s for s in elf.segments if s.file_size and classify(s.virtual, s.file_size) in (Memory.IROM, Memory.DROM)]
