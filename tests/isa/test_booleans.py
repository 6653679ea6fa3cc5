"""Booleans: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench


@pytest.mark.parametrize(
    ("name", "truth"),
    [  # results for (s, t) = 00, 01, 10, 11
        ("andb", "0001"),
        ("andbc", "0010"),
        ("orb", "0111"),
        ("orbc", "1011"),
        ("xorb", "0110"),
    ],
)
def test_logic(bench: Bench, name: str, truth: str) -> None:
    for k, result in enumerate(truth):
        for before in (0, 1):
            br = (k >> 1) << 5 | (k & 1) << 9 | before << 15 | 1
            assert bench.run(f"{name} b15, b5, b9", br=br) == "end"
            assert bench["br"] == br & 0x7FFF | int(result) << 15
            bench.fresh()


@pytest.mark.parametrize(
    ("text", "br", "expected"),
    [
        ("any4 b0, b4", 0x0080, 1),
        ("any4 b0, b4", 0x0F0F, 0),
        ("all4 b0, b12", 0xF000, 1),
        ("all4 b0, b12", 0xE000, 0),
        ("any8 b0, b8", 0x8000, 1),
        ("any8 b0, b8", 0x00FE, 0),
        ("all8 b0, b8", 0xFF00, 1),
        ("all8 b0, b8", 0xFE00, 0),
    ],
)
def test_groups(bench: Bench, text: str, br: int, expected: int) -> None:
    assert bench.run(text, br=br) == "end"
    assert bench["br"] == br & ~1 | expected


@pytest.mark.parametrize(
    ("name", "br", "taken"), [("bt", 8, True), ("bt", 0xFFF7, False), ("bf", 0xFFF7, True), ("bf", 8, False)]
)
def test_branch(bench: Bench, name: str, br: int, taken: bool) -> None:
    assert bench.run(f"start: {name} b3, out\nmovi a2, 1\nj end\nout: movi a2, 2\nend: nop", br=br) == "end"
    assert bench["a2"] == (2 if taken else 1)


@pytest.mark.parametrize(
    ("name", "br", "moved"), [("movt", 8, True), ("movt", 0, False), ("movf", 0, True), ("movf", 8, False)]
)
def test_conditional_move(bench: Bench, name: str, br: int, moved: bool) -> None:
    assert bench.run(f"{name} a2, a3, b3", br=br, a2=1, a3=2) == "end"
    assert bench["a2"] == (2 if moved else 1)
