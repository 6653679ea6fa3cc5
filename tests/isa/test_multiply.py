"""Multiplication and division: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

MIN = 0x80000000
ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("text", "a3", "a4", "a2"),
    [
        ("mul16u a2, a3, a4", 0xABCDFFFF, 0x1234FFFF, 0xFFFE0001),
        ("mul16s a2, a3, a4", 0xABCDFFFF, 0x12340002, 0xFFFFFFFE),
        ("mul16s a2, a3, a4", 0x8000, 0x8000, 0x40000000),
        ("mull a2, a3, a4", 0x10001, 0x10001, 0x20001),
        ("mull a2, a3, a4", ONES, ONES, 1),
        ("muluh a2, a3, a4", ONES, ONES, 0xFFFFFFFE),
        ("muluh a2, a3, a4", MIN, 2, 1),
        ("mulsh a2, a3, a4", ONES, ONES, 0),
        ("mulsh a2, a3, a4", MIN, 2, ONES),
        ("mulsh a2, a3, a4", MIN, MIN, 0x40000000),
        ("quou a2, a3, a4", 100, 7, 14),
        ("quou a2, a3, a4", ONES, 1, ONES),
        ("quou a2, a3, a4", 7, ONES, 0),
        ("remu a2, a3, a4", 100, 7, 2),
        ("remu a2, a3, a4", ONES, 16, 15),
        ("quos a2, a3, a4", 100, 7, 14),
        ("quos a2, a3, a4", -100 & ONES, 7, -14 & ONES),
        ("quos a2, a3, a4", 100, -7 & ONES, -14 & ONES),
        ("quos a2, a3, a4", -100 & ONES, -7 & ONES, 14),
        ("quos a2, a3, a4", MIN, ONES, MIN),
        ("rems a2, a3, a4", 100, -7 & ONES, 2),
        ("rems a2, a3, a4", -100 & ONES, 7, -2 & ONES),
        ("rems a2, a3, a4", MIN, ONES, 0),
        ("rems a2, a3, a4", MIN, 3, -2 & ONES),
    ],
)
def test_result(bench: Bench, text: str, a3: int, a4: int, a2: int) -> None:
    assert bench.run(text, a3=a3, a4=a4) == "end"
    assert hex(bench["a2"]) == hex(a2)


@pytest.mark.parametrize("name", ["quou", "quos", "remu", "rems"])
def test_division_by_zero_raises_and_writes_nothing(bench: Bench, name: str) -> None:
    assert bench.run(f"{name} a2, a3, a4", a2=0x55, a3=1, a4=0) == "kernel"
    assert (bench["exccause"], bench["epc1"], bench["a2"]) == (6, 0x40371000, 0x55)
