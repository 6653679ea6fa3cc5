"""Debug exceptions: break instructions, instruction and data breaks, instruction counting, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

CODE, DRAM = 0x40371000, 0x3FC90000


def taken(bench: Bench) -> tuple[int, int, int, int]:
    return bench["debugcause"], bench["epc6"], bench["eps6"], bench["ps"]


@pytest.mark.parametrize(("text", "cause"), [("break 1, 15", 8), ("break.n 3", 16)])
def test_break(bench: Bench, text: str, cause: int) -> None:
    assert bench.run(f"nop\n{text}", ps=0x40025) == "level6"
    assert taken(bench) == (cause, CODE + 3, 0x40025, 0x40036)


@pytest.mark.parametrize("text", ["break 1, 15", "break.n 3"])
@pytest.mark.parametrize("level", [6, 7, 15])
def test_break_does_nothing_at_the_debug_level(bench: Bench, text: str, level: int) -> None:
    assert bench.run(text, ps=level) == "end"


@pytest.mark.parametrize("which", [0, 1])
def test_instruction_break(bench: Bench, which: int) -> None:
    program = f"wsr.ibreaka{which} a3\nwsr.ibreakenable a4\nisync\naddi a2, a2, 1\naddi a2, a2, 1"
    assert bench.run(program, a3=CODE + 12, a4=1 << which) == "level6"
    assert taken(bench) == (2, CODE + 12, 0, 0x16)
    assert bench["a2"] == 1


@pytest.mark.parametrize(("enable", "ps"), [(2, 0), (0, 0), (1, 6)])
def test_instruction_break_that_is_off(bench: Bench, enable: int, ps: int) -> None:
    program = "wsr.ibreaka0 a3\nwsr.ibreakenable a4\nisync\naddi a2, a2, 1\naddi a2, a2, 1"
    assert bench.run(program, a3=CODE + 12, a4=enable, ps=ps) == "end"


def test_instruction_break_is_left_by_switching_it_off(bench: Bench) -> None:
    handler = "movi a5, 0\nwsr.ibreakenable a5\naddi a6, a6, 1\nrfi 6"
    program = "wsr.ibreaka0 a3\nwsr.ibreakenable a4\nisync\naddi a2, a2, 1\naddi a2, a2, 1"
    assert bench.run(program, handlers={"level6": handler}, a3=CODE + 12, a4=1) == "end"
    assert (bench["a2"], bench["a6"]) == (2, 1)


#: DBREAKC's high bits, instruction, hit
DATA = [
    (0x40000000, "l32i a2, a3, 8", True),
    (0x40000000, "s32i a2, a3, 8", False),
    (0x80000000, "s32i a2, a3, 8", True),
    (0x80000000, "l32i a2, a3, 8", False),
    (0xC0000000, "l8ui a2, a3, 11", True),
    (0xC0000000, "l8ui a2, a3, 12", False),
    (0xC0000000, "l16ui a2, a3, 10", True),
    (0xC0000000, "s8i a2, a3, 7", False),
    (0xC0000000, "l32i a2, a3, 4", False),
    (0x40000000, "s32c1i a2, a3, 8", True),
    (0x00000000, "l32i a2, a3, 8", False),
]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(("control", "text", "hit"), DATA)
def test_data_break(bench: Bench, control: int, text: str, hit: bool, which: int) -> None:
    program = f"wsr.dbreaka{which} a4\nwsr.dbreakc{which} a5\ndsync\n{text}"
    result = bench.run(program, a2=0x55, a3=DRAM, a4=DRAM + 8, a5=control | 0x3C)
    assert result == ("level6" if hit else "end")
    if hit:
        assert taken(bench) == (4 | which << 8, CODE + 9, 0, 0x16)
        assert (bench["a2"], bench.word(DRAM + 8)) == (0x55, 0)


def test_data_break_on_a_range(bench: Bench) -> None:
    program = "wsr.dbreaka0 a4\nwsr.dbreakc0 a5\nl32i a2, a3, 60\nl32i a2, a3, 0"
    assert bench.run(program, a3=DRAM + 0x40, a4=DRAM, a5=0x40000000) == "end"
    bench.fresh()
    assert bench.run(program, a3=DRAM + 0x3C, a4=DRAM, a5=0x40000000) == "level6"
    assert bench["epc6"] == CODE + 9


def test_data_break_at_the_debug_level_is_off(bench: Bench) -> None:
    program = "wsr.dbreaka0 a4\nwsr.dbreakc0 a5\nl32i a2, a3, 0"
    assert bench.run(program, a3=DRAM, a4=DRAM, a5=0x4000003F, ps=6) == "end"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_counting_stops_before_an_instruction(bench: Bench, count: int) -> None:
    """ICOUNT -n - 1 lets n instructions through after the one that set the level."""
    program = "wsr.icount a3\nwsr.icountlevel a4\n" + "addi a2, a2, 1\n" * 9
    assert bench.run(program, a3=-count - 1 & 0xFFFFFFFF, a4=1) == "level6"
    assert bench["a2"] == count
    assert taken(bench) == (1, CODE + 6 + 3 * count, 0, 0x16)
    assert bench["icount"] == 0xFFFFFFFF


def test_counting_goes_on_below_its_level_only(bench: Bench) -> None:
    program = "wsr.icount a3\nwsr.icountlevel a4\nnop\nnop\nrsr.icount a2"
    assert bench.run(program, a3=100, a4=3, ps=3) == "end"
    assert bench["icount"] == 100
    bench.fresh()
    assert bench.run(program, a3=100, a4=3, ps=2) == "end"
    assert bench["icount"] == 103


@pytest.mark.parametrize("text", ["rfdo", "rfdd", "lddr32.p a2", "sddr32.p a2"])
def test_what_only_a_debugger_may_do(bench: Bench, text: str) -> None:
    assert bench.run(text) == "kernel"
    assert bench["exccause"] == 0
