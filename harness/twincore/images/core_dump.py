"""Core dumps as ESP-IDF's panic handler leaves them: on a serial port as base64, or in a partition of flash.

What comes out is the raw dump, which esp-coredump reads (`--core-format raw`). Source: ESP-IDF, core dump internals.
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
_BETWEEN = re.compile(rb"=+ CORE DUMP START =+\r?\n(?P<lines>.*?)=+ CORE DUMP END =+", re.DOTALL)
_SMALLEST = 24
_ERASED = 0xFFFF_FFFF


def printed_dumps(output: bytes, *, who: str) -> list[bytes]:
    """Read all whole core dumps that a serial port has sent; ImageError for one that is damaged.

    Each line between the marks is base64 by itself, with padding of its own.
    """
    dumps = []
    for found in _BETWEEN.finditer(output):
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
