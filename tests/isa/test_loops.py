"""Zero-overhead loops, left in every way, on every executor. (ISA Reference Manual, Loop Option.)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

CODE = 0x40371000


@pytest.mark.parametrize(
    ("name", "count", "times"),
    [
        ("loop", 1, 1),
        ("loop", 5, 5),
        ("loopnez", 3, 3),
        ("loopnez", 0, 0),
        ("loopgtz", 4, 4),
        ("loopgtz", 0, 0),
        ("loopgtz", -1, 0),
    ],
)
def test_body_runs_that_often(bench: Bench, name: str, count: int, times: int) -> None:
    assert bench.run(f"{name} a3, over\naddi a2, a2, 1\nnop.n\nover: nop", a3=count) == "end"
    assert bench["a2"] == times
    assert bench["lbeg"] == CODE + 3
    assert bench["lend"] == CODE + 8
    if times:
        assert bench["lcount"] == 0
    else:
        assert bench["lcount"] == (count - 1) & 0xFFFFFFFF


def test_body_of_one_instruction(bench: Bench) -> None:
    assert bench.run("loop a3, over\naddi a2, a2, 1\nover: nop", a3=100) == "end"
    assert bench["a2"] == 100


def test_loop_of_zero_counts_2_to_the_32(bench: Bench) -> None:
    bench.stop_at(CODE + 3)
    bench.load("loop a3, over\naddi a2, a2, 1\nover: nop")
    bench["pc"] = CODE
    bench.go()
    assert bench["lcount"] == 0xFFFFFFFF


def test_left_by_branch_keeps_the_count(bench: Bench) -> None:
    program = "loop a3, over\naddi a2, a2, 1\nbeqi a2, 4, out\nnop.n\nover: nop\nout: nop"
    assert bench.run(program, a3=10) == "end"
    assert (bench["a2"], bench["lcount"]) == (4, 6)


def test_a_branch_to_the_end_is_no_loop_end(bench: Bench) -> None:
    """A taken branch to LEND goes on there; the same address reached in sequence goes back."""
    program = "loop a3, over\naddi a2, a2, 1\nbeqi a2, 3, over\nnop.n\nover: addi a4, a4, 1"
    assert bench.run(program, a3=10) == "end"
    assert (bench["a2"], bench["a4"], bench["lcount"]) == (3, 1, 7)


def test_a_branch_that_is_not_taken_ends_the_body(bench: Bench) -> None:
    assert bench.run("loop a3, over\naddi a2, a2, 1\nbeqz a2, over\nover: nop", a3=5) == "end"
    assert bench["a2"] == 5


def test_nothing_loops_while_excm_is_set(bench: Bench) -> None:
    assert bench.run("loop a3, over\naddi a2, a2, 1\nover: nop", a3=5, ps=0x10) == "end"
    assert (bench["a2"], bench["lcount"]) == (1, 4)


def test_count_written_in_the_body(bench: Bench) -> None:
    program = "loop a3, over\naddi a2, a2, 1\nmovi.n a4, 0\nwsr.lcount a4\nnop.n\nover: nop"
    assert bench.run(program, a3=9) == "end"
    assert bench["a2"] == 1


def test_loop_made_by_writing_its_registers(bench: Bench) -> None:
    program = """
    start:
        wsr.lbeg    a3
        wsr.lend    a4
        movi        a5, 3
        wsr.lcount  a5
    begin:
        addi        a2, a2, 1
    over:
        nop
    """
    assert bench.run(program, a3=CODE + 12, a4=CODE + 15) == "end"
    assert (bench["a2"], bench["lcount"]) == (4, 0)


def test_end_moved_away_no_longer_loops(bench: Bench) -> None:
    program = """
        loop        a3, over
        addi        a2, a2, 1
        wsr.lend    a4
        nop.n
    over:
        nop
    """
    assert bench.run(program, a3=5, a4=0x40370000) == "end"
    assert (bench["a2"], bench["lcount"]) == (1, 4)


def test_nested_loop_restores_the_outer_one_by_hand(bench: Bench) -> None:
    """The registers hold one loop; an inner one saves and restores them."""
    program = """
    start:
        movi    a3, 3
    outer:
        movi    a4, 4
        loop    a4, inner
        addi    a2, a2, 1
    inner:
        addi    a3, a3, -1
        bnez    a3, outer
    """
    assert bench.run(program) == "end"
    assert bench["a2"] == 12


def test_left_by_an_exception_and_taken_up_again(bench: Bench) -> None:
    handler = "rsr.epc1 a8\naddi a8, a8, 2\nwsr.epc1 a8\naddi a9, a9, 1\nrfe"
    program = "loop a3, over\naddi a2, a2, 1\nill.n\nover: nop"
    # the handler skips ill.n by hand, so the end of the body is reached by rfe, which is no loop end
    assert bench.run(program, handlers={"kernel": handler}, a3=3) == "end"
    assert (bench["a2"], bench["a9"], bench["lcount"]) == (1, 1, 2)


def test_exception_in_the_body_repeats_the_instruction(bench: Bench) -> None:
    """A handler that returns to the instruction itself leaves the loop as it was."""
    handler = "movi.n a8, 1\nwsr.cpenable a8\naddi a9, a9, 1\nrfe"
    program = "loop a3, over\naddi a2, a2, 1\nrur.fcr a5\nover: nop"
    assert bench.run(program, handlers={"kernel": handler}, a3=3, cpenable=0) == "end"
    assert (bench["a2"], bench["a9"], bench["exccause"]) == (3, 1, 32)


@pytest.mark.parametrize("delay", range(1, 12))
def test_left_by_an_interrupt_at_every_place(bench: Bench, delay: int) -> None:
    """Whatever instruction a timer interrupts, also the one before the loop end, the loop runs as often."""
    handler = "wsr.excsave1 a8\nrsr.ccompare0 a8\nwsr.ccompare0 a8\naddi a9, a9, 1\nrsr.excsave1 a8\nrfe"
    program = """
    start:
        rsr.ccount  a5
        addi        a5, a5, 8
        add         a5, a5, a6
        wsr.ccompare0 a5
        movi        a5, 64
        wsr.intenable a5
        loop        a3, over
        addi        a2, a2, 1
        addi.n      a4, a4, 2
        nop
    over:
        nop
    """
    assert bench.run(program, handlers={"kernel": handler}, a3=4, a6=delay) == "end"
    assert (bench["a2"], bench["a4"], bench["a9"], bench["lcount"]) == (4, 8, 1, 0)


@pytest.mark.parametrize("delay", range(1, 10))
def test_interrupt_at_the_taken_branch_to_the_end(bench: Bench, delay: int) -> None:
    """The interrupt comes between the branch to LEND and LEND: returning there must not go back to LBEG."""
    handler = "rsr.ccompare0 a8\nwsr.ccompare0 a8\naddi a9, a9, 1\nrsr.epc1 a10\nrfe"
    program = """
    start:
        rsr.ccount  a5
        addi        a5, a5, 8
        add         a5, a5, a6
        wsr.ccompare0 a5
        movi        a5, 64
        wsr.intenable a5
        loop        a3, over
        addi        a2, a2, 1
        beqi        a2, 2, over
        nop
    over:
        addi        a4, a4, 1
        nop
        nop
        nop
        nop
        nop
        nop
    """
    assert bench.run(program, handlers={"kernel": handler}, a3=4, a6=delay) == "end"
    assert (bench["a2"], bench["a4"], bench["a9"], bench["lcount"]) == (2, 1, 1, 2)
