"""16-bit instructions: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

DRAM = 0x3FC90000


@pytest.mark.parametrize(
    ("text", "a3", "a4", "a2"),
    [
        ("add.n a2, a3, a4", 0xFFFFFFFF, 2, 1),
        ("addi.n a2, a3, -1", 0, 0, 0xFFFFFFFF),
        ("addi.n a2, a3, 1", 0xFFFFFFFF, 0, 0),
        ("addi.n a2, a3, 15", 1, 0, 16),
        ("mov.n a2, a3", 0x12345678, 0, 0x12345678),
        ("movi.n a2, -32", 0, 0, 0xFFFFFFE0),
        ("movi.n a2, -1", 0, 0, 0xFFFFFFFF),
        ("movi.n a2, 0", 0, 0, 0),
        ("movi.n a2, 63", 0, 0, 63),
        ("movi.n a2, 64", 0, 0, 64),
        ("movi.n a2, 95", 0, 0, 95),
    ],
)
def test_compute(bench: Bench, text: str, a3: int, a4: int, a2: int) -> None:
    assert bench.run(text, a2=0xAAAAAAAA, a3=a3, a4=a4) == "end"
    assert hex(bench["a2"]) == hex(a2)


@pytest.mark.parametrize("offset", [0, 4, 60])
def test_load_and_store(bench: Bench, offset: int) -> None:
    program = f"s32i.n a2, a3, {offset}\nl32i.n a4, a3, {offset}"
    assert bench.run(program, a2=0xDEADBEEF, a3=DRAM) == "end"
    assert bench["a4"] == bench.word(DRAM + offset) == 0xDEADBEEF


@pytest.mark.parametrize(
    ("text", "a3", "taken"),
    [("beqz.n a3, {}", 0, True), ("beqz.n a3, {}", 1, False), ("bnez.n a3, {}", 2, True), ("bnez.n a3, {}", 0, False)],
)
@pytest.mark.parametrize("distance", [0, 2, 61])
def test_branch_reaches_forwards(bench: Bench, text: str, a3: int, taken: bool, distance: int) -> None:
    program = f"start: {text.format('far')}\nnop.n\n.space {distance}\nfar: movi a2, 1\nend: nop"
    bench.load(program)
    bench.stop_at(bench.symbols["far"], bench.symbols["start"] + 2)
    bench["a3"], bench["pc"] = a3, bench.symbols["start"]
    bench.go()
    assert (bench["pc"] == bench.symbols["far"]) is taken


def test_ret_n(bench: Bench) -> None:
    assert bench.run("start: call0 f\nj end\n.align 4\nf: movi.n a2, 5\nret.n\nend: nop") == "end"
    assert bench["a2"] == 5
