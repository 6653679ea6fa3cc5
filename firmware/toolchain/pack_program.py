#!/usr/bin/env python3
"""Pack a program for core 1, and make a flash image of core 0's image, a partition table and such a program.

    pack_program.py program PROGRAM.raw PROGRAM.bin
    pack_program.py flash CORE0.bin PARTITIONS.csv FLASH.bin NAME=FILE ...

The program's header is struct amp_program (amp/amp.h). The table is ESP-IDF's: an entry of 32 bytes for each line.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from pathlib import Path

PROGRAM_MAGIC = 0x31504D41
HEADER_SIZE = 32
TABLE_OFFSET, TABLE_SIZE = 0x8000, 0xC00
ENTRY_MAGIC, MD5_MAGIC = 0x50AA, 0xEBEB


def pack_program(raw: bytes) -> bytes:
    """Return the program with its CRC; its header must give its size."""
    magic, _, size = struct.unpack_from("<3I", raw)
    if magic != PROGRAM_MAGIC or size != len(raw):
        raise SystemExit(f"expected a program of {len(raw)} bytes, its header says {size} (magic {magic:#x})")
    return raw[:16] + struct.pack("<I", zlib.crc32(raw[HEADER_SIZE:])) + raw[20:]


def read_partitions(text: str) -> list[tuple[str, int, int, int, int]]:
    """Return name, type, subtype, offset and size of each line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rows = [[field.strip() for field in line.split(",")] for line in lines]
    return [(name, *(int(number, 0) for number in numbers)) for name, *numbers in rows]


def pack_flash(image: bytes, partitions: list[tuple[str, int, int, int, int]], files: dict[str, bytes]) -> bytes:
    """Return a flash image from offset 0 to the end of the last file."""
    table = b"".join(
        struct.pack("<HBBII16sI", ENTRY_MAGIC, kind, subtype, offset, size, name.encode(), 0)
        for name, kind, subtype, offset, size in partitions
    )
    table += struct.pack("<H14s16s", MD5_MAGIC, b"\xff" * 14, hashlib.md5(table).digest())
    pieces = [(0, image), (TABLE_OFFSET, table.ljust(TABLE_SIZE, b"\xff"))]
    places = {name: (offset, size) for name, _, _, offset, size in partitions}
    for name, content in files.items():
        offset, size = places[name]
        if len(content) > size:
            raise SystemExit(f"{name} has {size} bytes, its file {len(content)}")
        pieces.append((offset, content))
    flash = bytearray(b"\xff" * max(offset + len(content) for offset, content in pieces))
    for offset, content in pieces:
        flash[offset : offset + len(content)] = content
    return bytes(flash)


def main() -> None:
    what, *arguments = sys.argv[1:]
    if what == "program":
        source, output = map(Path, arguments)
        output.write_bytes(pack_program(source.read_bytes()))
    else:
        image, table, output = map(Path, arguments[:3])
        files = {name: Path(file).read_bytes() for name, _, file in (item.partition("=") for item in arguments[3:])}
        output.write_bytes(pack_flash(image.read_bytes(), read_partitions(table.read_text()), files))


if __name__ == "__main__":
    main()
