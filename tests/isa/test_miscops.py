"""Miscellaneous operations: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("text", "a3", "a4", "a2"),
    [
        ("nsa a2, a3", 0, 0, 31),
        ("nsa a2, a3", ONES, 0, 31),
        ("nsa a2, a3", 1, 0, 30),
        ("nsa a2, a3", 0x80000000, 0, 0),
        ("nsa a2, a3", 0x40000000, 0, 0),
        ("nsa a2, a3", 0xFFFF0000, 0, 15),
        ("nsau a2, a3", 0, 0, 32),
        ("nsau a2, a3", 1, 0, 31),
        ("nsau a2, a3", 0x80000000, 0, 0),
        ("nsau a2, a3", 0x00010000, 0, 15),
        ("sext a2, a3, 7", 0x180, 0, 0xFFFFFF80),
        ("sext a2, a3, 7", 0xFFFFFF7F, 0, 0x7F),
        ("sext a2, a3, 15", 0x8000, 0, 0xFFFF8000),
        ("sext a2, a3, 22", 0x00400000, 0, 0xFFC00000),
        ("clamps a2, a3, 7", 128, 0, 127),
        ("clamps a2, a3, 7", 127, 0, 127),
        ("clamps a2, a3, 7", -129 & ONES, 0, 0xFFFFFF80),
        ("clamps a2, a3, 7", -128 & ONES, 0, 0xFFFFFF80),
        ("clamps a2, a3, 22", 0x7FFFFFFF, 0, 0x3FFFFF),
        ("clamps a2, a3, 22", 0x80000000, 0, 0xFFC00000),
        ("min a2, a3, a4", 1, ONES, ONES),
        ("min a2, a3, a4", 0x80000000, 0, 0x80000000),
        ("max a2, a3, a4", 1, ONES, 1),
        ("max a2, a3, a4", 0x80000000, 0, 0),
        ("minu a2, a3, a4", 1, ONES, 1),
        ("maxu a2, a3, a4", 1, ONES, ONES),
        ("salt a2, a3, a4", ONES, 0, 1),
        ("salt a2, a3, a4", 0, ONES, 0),
        ("salt a2, a3, a4", 5, 5, 0),
        ("saltu a2, a3, a4", ONES, 0, 0),
        ("saltu a2, a3, a4", 0, ONES, 1),
    ],
)
def test_result(bench: Bench, text: str, a3: int, a4: int, a2: int) -> None:
    assert bench.run(text, a3=a3, a4=a4) == "end"
    assert hex(bench["a2"]) == hex(a2)
