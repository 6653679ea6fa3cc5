"""SHA: against the host's own hash functions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.sha import SHA, unpadded

NAMES = ("sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256")
WORDS = (5, 7, 8, 12, 16, 7, 8)
MESSAGES = (b"", b"abc", b"x" * 55, b"x" * 56, b"x" * 64, b"x" * 111, b"x" * 112, bytes(range(256)) * 3)


def blocks(message: bytes, block: int) -> list[bytes]:
    padded = message + b"\x80"
    padded += bytes(-(len(padded) + block // 8) % block) + (len(message) * 8).to_bytes(block // 8, "big")
    return [padded[at : at + block] for at in range(0, len(padded), block)]


def feed(sha: Any, block: bytes, trigger: str) -> None:
    for n in range(0, len(block), 4):
        sha.write(0x80 + n, int.from_bytes(block[n : n + 4], "little"))
    sha.write(trigger, 1)
    assert sha.read("BUSY") == 0


def result(sha: Any, words: int) -> bytes:
    return b"".join(sha.read(0x40 + 4 * n).to_bytes(4, "little") for n in range(words))


def expected(mode: int, message: bytes) -> bytes:
    try:
        return hashlib.new(NAMES[mode], message).digest()
    except ValueError:
        pytest.skip(f"this Python has no {NAMES[mode]}")


@pytest.mark.parametrize("message", MESSAGES, ids=len)
@pytest.mark.parametrize("mode", range(7))
def test_whole_messages(bench: Callable[..., Any], mode: int, message: bytes) -> None:
    sha = bench(SHA)
    sha.write("MODE", mode)
    for number, block in enumerate(blocks(message, 64 if mode < 3 else 128)):
        feed(sha, block, "CONTINUE" if number else "START")
    assert result(sha, WORDS[mode]) == expected(mode, message)


@pytest.mark.parametrize("mode", [0, 2, 4])
def test_two_messages_by_turns(bench: Callable[..., Any], mode: int) -> None:
    sha = bench(SHA)
    sha.write("MODE", mode)
    first, second = (blocks(message, 64 if mode < 3 else 128) for message in (b"a" * 300, b"b" * 300))
    states = [b"", b""]
    for number, pair in enumerate(zip(first, second, strict=True)):
        for which, block in enumerate(pair):
            for n in range(0, len(states[which]), 4):
                sha.write(0x40 + n, int.from_bytes(states[which][n : n + 4], "little"))
            feed(sha, block, "CONTINUE" if number else "START")
            states[which] = result(sha, 16 if mode == 4 else 8)
    digests = [state[: WORDS[mode] * 4] for state in states]
    assert digests == [expected(mode, b"a" * 300), expected(mode, b"b" * 300)]


def test_state_keeps_what_was_fed(bench: Callable[..., Any]) -> None:
    sha, other = bench(SHA), bench(SHA)
    first, second = blocks(b"a" * 64, 64)
    sha.write("MODE", 2)
    feed(sha, first, "START")
    other.load(sha.save())
    feed(other, second, "CONTINUE")
    assert result(other, 8) == hashlib.sha256(b"a" * 64).digest()


def test_padding_is_recognised_exactly() -> None:
    padded = b"".join(blocks(b"abc", 64))
    assert unpadded(padded, 64) == b"abc"
    assert unpadded(padded[:-1] + b"\x19", 64) is None
    assert unpadded(b"abc\x81" + padded[4:], 64) is None
    assert unpadded(padded[:9] + b"\x01" + padded[10:], 64) is None


def test_blocks_by_dma_are_reported(bench: Callable[..., Any]) -> None:
    sha = bench(SHA)
    sha.write("DMA_START", 1)
    assert sha.context.unknown == ["SHA.DMA_START"]
