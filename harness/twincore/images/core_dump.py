"""Core dumps as panic handlers leave them: ESP-IDF's on a serial port or in a partition of flash, Rust's on a port.

Of ESP-IDF's comes out the raw dump, which esp-coredump reads (`--core-format raw`). Source: ESP-IDF, core dump
internals. Rust's, with which probe-rs' tests were made, is an ELF core file for a debugger, in hexadecimal between
@COREDUMP and @ENDCOREDUMP.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
import zlib

from twincore.errors import ImageError

SUBTYPE = 0x03
"""Of a data partition that holds core dumps."""
_BETWEEN = re.compile(
    rb"=+ CORE DUMP START =+\r?\n(?P<lines>.*?)=+ CORE DUMP END =+|@COREDUMP\r?\n(?P<digits>.*?)@ENDCOREDUMP", re.DOTALL
)
_ELF_CORE = re.compile(rb"\x7fELF\x01\x01\x01.{9}\x04\x00\x5e\x00", re.DOTALL)
"""A 32-bit little-endian ELF file of the kind "core", for Xtensa."""
_ELF_HEADER = struct.Struct("<28xI10xHH6x")
"""Where the table of segments is, the size of an entry, how many there are."""
_SEGMENT_SIZE = 32
_SMALLEST = 24
_ERASED = 0xFFFF_FFFF


def printed_dumps(output: bytes, *, who: str) -> list[bytes]:
    """Read all whole core dumps that a serial port has sent; ImageError for one that is damaged.

    Each line between the marks is base64 by itself, with padding of its own.
    """
    dumps = []
    for found in _BETWEEN.finditer(output):
        if found["lines"] is None:
            dumps.append(_core_file(found["digits"], who=who))
            continue
        try:
            content = b"".join(base64.b64decode(line, validate=True) for line in found["lines"].split())
        except (binascii.Error, ValueError) as error:
            raise ImageError(
                who,
                f"expected base64 between the marks of the core dump, got a line that is not: {error}",
                next_step="does another task print at the same time?",
            ) from error
        dumps.append(_checked(content, who=who))
    return dumps


def stored_dump(partition: bytes, *, who: str) -> bytes | None:
    """Read the core dump that a partition holds, None where there is none; ImageError for a damaged one."""
    if len(partition) < _SMALLEST:
        return None
    size = struct.unpack_from("<I", partition)[0]
    if size == _ERASED:
        return None
    return _checked(partition[:size], who=who)


def _core_file(digits: bytes, *, who: str) -> bytes:
    """Return an ELF core file whose segments lie in it; it has no checksum."""
    try:
        content = binascii.unhexlify(b"".join(digits.split()))
    except binascii.Error as error:
        raise ImageError(
            who,
            f"expected hexadecimal digits between @COREDUMP and @ENDCOREDUMP, got others: {error}",
            next_step="does the other core print at the same time?",
        ) from error
    if _ELF_CORE.match(content) is None or len(content) < _ELF_HEADER.size:
        raise ImageError(who, f"expected an ELF core file behind @COREDUMP, got {content[:20].hex() or 'nothing'}")
    table, size, count = _ELF_HEADER.unpack_from(content)
    for at in range(table, table + size * count, size or 1):
        if size != _SEGMENT_SIZE or at + size > len(content):
            raise ImageError(who, f"expected a table of segments in the core dump, got its end at {len(content):#x}")
        offset, length = struct.unpack_from("<4xI8xI", content, at)
        if offset + length > len(content):
            raise ImageError(who, f"expected {offset + length} bytes of core dump, got {len(content)}")
    return content


def _checked(content: bytes, *, who: str) -> bytes:
    """Return a dump whose length and checksum are right: CRC-32, or in newer versions SHA-256."""
    size = struct.unpack_from("<I", content)[0] if len(content) >= _SMALLEST else 0
    if size != len(content):
        raise ImageError(
            who, f"expected a core dump that begins with its length, got {len(content)} bytes that say {size}"
        )
    crc = zlib.crc32(content[:-4]).to_bytes(4, "little")
    if content[-4:] != crc and content[-32:] != hashlib.sha256(content[:-32]).digest():
        raise ImageError(who, "expected a core dump that ends with its checksum (CRC-32 or SHA-256), got another end")
    return content
