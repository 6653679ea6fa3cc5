#!/usr/bin/env python3
"""Pack an ELF whose segments all lie in RAM into an ESP32-S3 image, to be put at flash offset 0.

    pack_image.py firmware.elf firmware.bin

The image: a 24-byte header, then each segment behind its load address and length, padding, one checksum byte at the end
of a 16-byte line, and the SHA-256 of all that.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from functools import reduce
from operator import xor
from pathlib import Path

IMAGE_MAGIC = 0xE9
CHIP_ID_ESP32S3 = 9
CHECKSUM_SEED = 0xEF
SPI_MODE_DIO = 2
SPI_80MHZ_8MB = 0x3F  # low half: 80 MHz; high half: 8 MB
PT_LOAD = 1


def load_segments(elf: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """Return the entry point and the (address, bytes) of each segment that has bytes, in order of address."""
    if elf[:6] != b"\x7fELF\x01\x01":
        raise SystemExit("not a 32-bit little-endian ELF file")
    entry, table = struct.unpack_from("<II", elf, 24)
    entry_size, count = struct.unpack_from("<HH", elf, 42)
    segments = []
    for index in range(count):
        kind, offset, address, _, file_size = struct.unpack_from("<5I", elf, table + index * entry_size)
        if kind == PT_LOAD and file_size:
            data = elf[offset : offset + file_size]
            segments.append((address, data + bytes(-len(data) % 4)))
    return entry, sorted(segments)


def pack(entry: int, segments: list[tuple[int, bytes]]) -> bytes:
    """Return the image with its checksum and hash."""
    header = struct.pack("<BBBBI", IMAGE_MAGIC, len(segments), SPI_MODE_DIO, SPI_80MHZ_8MB, entry)
    # no write-protect pin, default drive strengths, any chip revision, hash appended
    header += struct.pack("<B3xHBHH4xB", 0xEE, CHIP_ID_ESP32S3, 0, 0, 0xFFFF, 1)
    image = header + b"".join(struct.pack("<II", address, len(data)) + data for address, data in segments)
    image += bytes(15 - len(image) % 16)
    checksum = reduce(xor, b"".join(data for _, data in segments), CHECKSUM_SEED)
    image += bytes([checksum])
    return image + hashlib.sha256(image).digest()


def main() -> None:
    source, output = map(Path, sys.argv[1:])
    output.write_bytes(pack(*load_segments(source.read_bytes())))


if __name__ == "__main__":
    main()
