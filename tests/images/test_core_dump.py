"""Core dumps that are printed and stored."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

import pytest

from twincore.errors import ImageError
from twincore.images.core_dump import printed_dumps, stored_dump


def dump(size: int = 200, *, digest: str = "crc") -> bytes:
    """Make a dump of `size` bytes with its length and its checksum."""
    if digest == "crc":
        body = struct.pack("<I", size) + bytes(range(100, 100 + size - 8))[: size - 8].ljust(size - 8, b"x")
        return body + zlib.crc32(body).to_bytes(4, "little")
    body = struct.pack("<I", size) + b"y" * (size - 36)
    return body + hashlib.sha256(body).digest()


def printed(content: bytes, pieces: int = 48) -> bytes:
    """Print a dump as ESP-IDF does: pieces that are base64 by themselves."""
    lines = [base64.b64encode(content[at : at + pieces]) for at in range(0, len(content), pieces)]
    body = b"\r\n".join(lines)
    return (
        b"================= CORE DUMP START =================\r\n"
        + body
        + (b"\r\n================= CORE DUMP END =================\r\n")
    )


@pytest.mark.parametrize("digest", ["crc", "sha"])
@pytest.mark.parametrize("pieces", [48, 20, 1])
def test_a_printed_dump_is_read(digest: str, pieces: int) -> None:
    content = dump(digest=digest, size=120)
    assert printed_dumps(b"I (5) boot\r\n" + printed(content, pieces) + b"Rebooting\r\n", who="UART0") == [content]


def test_several_are_read_and_one_that_has_not_ended_is_left_out() -> None:
    first, second = dump(100), dump(140)
    assert printed_dumps(printed(first) + printed(second) + printed(first)[:-60], who="UART0") == [first, second]


def test_a_stored_dump_ends_where_it_says() -> None:
    assert stored_dump(dump(100) + b"\xff" * 4000, who="partition") == dump(100)
    assert stored_dump(b"\xff" * 4096, who="partition") is None
    assert stored_dump(b"", who="partition") is None


def core_file(*, segments: int = 1, length: int = 16) -> bytes:
    """Make an ELF core file for Xtensa whose segments follow their table."""
    header = (
        b"\x7fELF\1\1\1" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 4, 94, 1, 0, 52, 0, 0, 52, 32, segments, 0, 0, 0)
    )
    table = struct.pack("<8I", 1, 52 + 32 * segments, 0x3FC8_8000, 0, length, length, 6, 4) * segments
    return header + table + bytes(16)


def in_digits(content: bytes) -> bytes:
    """Print a core file as Rust's panic handler does."""
    return b"@COREDUMP\r\n" + content.hex().encode() + b"\r\n@ENDCOREDUMP\r\n"


def test_a_dump_in_digits_is_read() -> None:
    assert printed_dumps(b"panicked at x\r\n" + in_digits(core_file()), who="UART0") == [core_file()]
    assert printed_dumps(in_digits(core_file())[:-8], who="UART0") == []


def test_dumps_of_both_kinds_come_in_their_order() -> None:
    output = in_digits(core_file()) + printed(dump(100)) + in_digits(core_file(segments=2))
    assert printed_dumps(output, who="UART0") == [core_file(), dump(100), core_file(segments=2)]


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (in_digits(core_file()).replace(b"00", b"0g", 1), "expected hexadecimal digits"),
        (in_digits(b""), "expected an ELF core file behind @COREDUMP, got nothing"),
        (in_digits(b"\x7fELF\1\1\1" + bytes(60)), "expected an ELF core file behind @COREDUMP, got 7f454c46"),
        (in_digits(core_file(segments=1)[:60]), "expected a table of segments in the core dump"),
        (in_digits(core_file(length=17)), "expected 101 bytes of core dump, got 100"),
        (printed(dump(100)).replace(b"\r\n", b"\r\nI (5) words of a task\r\n", 1), "a line that is not"),
        (printed(dump(100)[:-1]), "99 bytes that say 100"),
        (printed(dump(100)[:-1] + b"!"), "ends with its checksum"),
        (printed(b"abc"), "3 bytes that say 0"),
    ],
)
def test_a_damaged_dump_is_refused(output: bytes, problem: str) -> None:
    with pytest.raises(ImageError, match=problem):
        printed_dumps(output, who="UART0")
