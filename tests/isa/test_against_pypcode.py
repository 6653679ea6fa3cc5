"""The decoder and disassembler against Ghidra's Xtensa: every short word, a sample of the others."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

pytest.importorskip("pypcode")

from full_decode_sweep import TABLE, UNEXPLAINED, sweep

from twincore.isa.definitions import INSTRUCTIONS


def explained() -> dict[tuple[str, str], str]:
    rows = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    return {(row[0], row[1]): row[4] for row in rows}


def check(words: Iterator[int]) -> None:
    table = explained()
    for (a, b, why), (_, example) in sweep(words).items():
        assert why != UNEXPLAINED, f"{example:06x}: {a} there, {b} here"
        assert table.get((a, b)) == why, f"{example:06x}: {a} there, {b} here is not in {TABLE.name}"


def test_the_committed_table_explains_everything() -> None:
    assert UNEXPLAINED not in explained().values()


def test_every_short_word() -> None:
    check(word for word in range(1 << 16) if word & 15 in range(8, 14))


def patterns() -> Iterator[int]:
    """Each encoding of 24 and 16 bits with every operand at its boundaries, and with random operands."""
    rng = random.Random(1)
    for instruction in INSTRUCTIONS.values():
        if instruction.length == 4:
            continue  # Ghidra has no 32-bit instructions
        operands = list(instruction.operands.values())
        for chosen in operands:
            size = len(chosen.positions)
            for raw in {0, 1, (1 << size) - 1, 1 << size - 1, (1 << size - 1) - 1}:
                word = instruction.match | chosen.place(raw)
                yield word
                for other in operands:
                    if other is not chosen:
                        word |= other.place(rng.getrandbits(len(other.positions)))
                yield word
        for _ in range(50):
            word = instruction.match
            for operand in operands:
                word |= operand.place(rng.getrandbits(len(operand.positions)))
            yield word


def test_every_pattern_with_boundary_and_random_operands() -> None:
    check(patterns())


@pytest.mark.parametrize("seed", range(10))
def test_random_words(seed: int) -> None:
    """A million of them, three quarters in the crowded opcodes (op0 = 0, 2, 3, 4)."""
    rng = random.Random(seed)
    opcodes = (*range(8), *(0,) * 16, 2, 2, 3, 3, 4, 4, 4, 4)
    check(rng.getrandbits(20) << 4 | rng.choice(opcodes) for _ in range(100_000))
