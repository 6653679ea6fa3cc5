"""SHA: against the host's own hash functions, block by block and by DMA; its time."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.sha import SHA
from esp32s3.sha_functions import KINDS, advanced, compress1, compress2, unpacked, unpadded
from twincore.model import TICKS_PER_SECOND

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
    assert sha.read("BUSY") == 1
    sha.run(us=4)
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


@pytest.mark.parametrize("mode", range(len(KINDS)))
def test_native_code_and_python_agree(mode: int) -> None:
    kind, source = KINDS[mode], random.Random(mode)
    content = source.randbytes(9 * kind.block)
    state = source.randbytes(len(kind.initial))
    words = unpacked(state, kind.word)
    for at in range(0, len(content), kind.block):
        block = unpacked(content[at : at + kind.block], kind.word)
        words = compress1(words, block) if len(words) == 5 else compress2(words, block, kind.word)
    whole = advanced(kind, state, content)
    assert unpacked(whole, kind.word) == words
    assert advanced(kind, advanced(kind, state, content[: kind.block]), content[kind.block :]) == whole
    assert advanced(kind, state, b"") == state


def test_padding_is_recognised_exactly() -> None:
    padded = b"".join(blocks(b"abc", 64))
    assert unpadded(padded, 64) == b"abc"
    assert unpadded(padded[:-1] + b"\x19", 64) is None
    assert unpadded(b"abc\x81" + padded[4:], 64) is None
    assert unpadded(padded[:9] + b"\x01" + padded[10:], 64) is None


@pytest.mark.parametrize(("mode", "rounds"), [(0, 80), (2, 64), (4, 80)])
def test_a_block_takes_a_cycle_a_round(bench: Callable[..., Any], mode: int, rounds: int) -> None:
    sha = bench(SHA)
    sha.write("MODE", mode)
    sha.write("START", 1)
    assert list(sha.context.events.values()) == [rounds * TICKS_PER_SECOND // 40_000_000]
    sha.write("IRQ_ENA", 1)
    sha.run(us=10)
    assert sha.level("interrupt") == 0


def initial_value(bench: Callable[..., Any], digits: bytes) -> Any:
    """Return an engine that has made the initial value of SHA-512/t."""
    sha = bench(SHA)
    sha.write("MODE", 7)
    sha.write("T_STRING", int.from_bytes((digits + b"\x80").ljust(4, b"\0"), "big"))
    sha.write("T_LENGTH", 64 + 8 * len(digits))
    sha.write("START", 1)
    sha.run(us=4)
    return sha


@pytest.mark.parametrize("t", [224, 256])
def test_512_t_with_a_t_of_ones_own(bench: Callable[..., Any], t: int) -> None:
    sha = initial_value(bench, b"%d" % t)
    for block in blocks(b"abc" * 100, 128):
        feed(sha, block, "CONTINUE")
    assert result(sha, t // 32) == expected(5 if t == 224 else 6, b"abc" * 100)


def test_512_t_with_a_name_of_one_digit(bench: Callable[..., Any]) -> None:
    """The initial value of SHA-512/8 is a hash with another initial value (FIPS 180-4, 5.3.6)."""
    other = bench(SHA)
    other.write("MODE", 4)
    for n, word in enumerate(SHA_512_INITIAL):
        content = (word ^ 0xA5A5_A5A5_A5A5_A5A5).to_bytes(8, "big")
        other.write(0x40 + 8 * n, int.from_bytes(content[:4], "little"))
        other.write(0x44 + 8 * n, int.from_bytes(content[4:], "little"))
    feed(other, blocks(b"SHA-512/8", 128)[0], "CONTINUE")
    assert result(initial_value(bench, b"8"), 16) == result(other, 16)


SHA_512_INITIAL = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)
"""FIPS 180-4, 5.3.5."""


# By DMA

LISTS, SOURCE = 0x3FC9_0000, 0x3FCA_0000
SHA_PERIPHERAL = 7
OWNER, EOF = 1 << 31, 1 << 30


def send(chip: Any, content: bytes) -> None:
    """Have OUT channel 4 bring content to SHA, in two descriptors."""
    chip.machine.dma_write(SOURCE, content)
    middle = len(content) // 2
    for at, start, size, following in (
        (LISTS, SOURCE, middle, LISTS + 12),
        (LISTS + 12, SOURCE + middle, len(content) - middle, 0),
    ):
        words = (OWNER | (0 if following else EOF) | size << 12 | size, start, following)
        chip.machine.dma_write(at, b"".join(word.to_bytes(4, "little") for word in words))
    chip.write("DMA.OUT_PERI_SEL_CH4", SHA_PERIPHERAL)
    chip.write("DMA.OUT_LINK_CH4", LISTS & 0xF_FFFF | 1 << 21)


def digest(chip: Any, words: int) -> bytes:
    return b"".join(chip.read(f"SHA.H_MEM[{n}]").to_bytes(4, "little") for n in range(words))


def hash_by_dma(chip: Any, content: bytes, size: int, trigger: str) -> None:
    send(chip, content)
    chip.write("SHA.DMA_BLOCK_NUM", len(content) // size)
    chip.write(f"SHA.{trigger}", 1)
    assert chip.read("SHA.BUSY") == 1
    chip.run(us=500)
    assert chip.read("SHA.BUSY") == 0


@pytest.mark.parametrize("mode", range(7))
def test_blocks_by_dma(chip: Callable[..., Any], mode: int) -> None:
    machine = chip()
    machine.write("SHA.MODE", mode)
    size = 64 if mode < 3 else 128
    content = b"".join(blocks(b"twincore" * 300, size))
    cut = len(content) // size // 2 * size
    hash_by_dma(machine, content[:cut], size, "DMA_START")
    hash_by_dma(machine, content[cut:], size, "DMA_CONTINUE")
    assert digest(machine, WORDS[mode]) == expected(mode, b"twincore" * 300)


def test_blocks_by_dma_go_on_from_a_state(chip: Callable[..., Any]) -> None:
    machine = chip()
    machine.write("SHA.MODE", 2)
    first, second = blocks(b"x" * 64, 64)
    hash_by_dma(machine, first, 64, "DMA_START")
    state = [machine.read(f"SHA.H_MEM[{n}]") for n in range(8)]
    hash_by_dma(machine, second, 64, "DMA_START")
    for n, word in enumerate(state):
        machine.write(f"SHA.H_MEM[{n}]", word)
    hash_by_dma(machine, second, 64, "DMA_CONTINUE")
    assert digest(machine, 8) == hashlib.sha256(b"x" * 64).digest()


def test_the_interrupt_and_the_time_of_dma(chip: Callable[..., Any]) -> None:
    machine = chip()
    machine.write("SHA.MODE", 2)
    machine.write("SHA.IRQ_ENA", 1)
    content = b"".join(blocks(b"x" * 1000, 64))
    send(machine, content)
    machine.write("SHA.DMA_BLOCK_NUM", len(content) // 64)
    machine.write("SHA.DMA_START", 1)
    machine.run(us=31)  # 16 blocks of 64 rounds and 16 words take 32 us at 40 MHz
    assert machine.level("SHA.interrupt") == 0
    machine.run(us=2)
    assert machine.level("SHA.interrupt") == 1
    machine.write("SHA.CLEAR_IRQ", 1)
    assert machine.level("SHA.interrupt") == 0


def test_blocks_that_dma_does_not_bring_are_waited_for(chip: Callable[..., Any]) -> None:
    machine = chip()
    machine.write("SHA.MODE", 2)
    content = b"".join(blocks(b"x" * 100, 64))
    machine.write("SHA.DMA_BLOCK_NUM", 2)
    machine.write("SHA.DMA_START", 1)
    machine.run(us=500)
    assert machine.read("SHA.BUSY") == 1
    send(machine, content[:50])
    assert machine.read("SHA.BUSY") == 1
    send(machine, content[50:])
    assert machine.read("SHA.BUSY") == 0
    assert digest(machine, 8) == hashlib.sha256(b"x" * 100).digest()


def test_the_reset_bit_ends_all(chip: Callable[..., Any]) -> None:
    machine = chip()
    machine.write("SHA.DMA_BLOCK_NUM", 2)
    machine.write("SHA.DMA_START", 1)
    machine.write("SYSTEM.PERIP_RST_EN1", 1 << 2)
    assert machine.read("SHA.BUSY") == 0
    send(machine, bytes(128))
    machine.run(us=500)
    assert machine.read("DMA.OUT_INT_RAW_CH4") == 0
