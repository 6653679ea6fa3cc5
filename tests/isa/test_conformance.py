"""Whole programs in which windows, loops, exceptions and interrupts meet, on every executor.

The work is a recursion that spills windows, runs a zero-overhead loop and counts with S32C1I at each depth; whatever
interrupts it, and whenever, its result must be the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_windowed import HANDLERS, STACK, WOE

if TYPE_CHECKING:
    from conftest import Bench

CODE, DRAM, IRAM = 0x40371000, 0x3FC90000, 0x40370000
DEPTH = 12

WORK = f"""
    .literal count, {DRAM:#x}
start:
    movi    a6, {DEPTH}
    call4   work
    j       end
.align 4
work:
    entry   a1, 64
    beqz    a2, zero
    movi    a5, 0
    loop    a2, summed
    addi    a5, a5, 1
    nop.n
summed:
    l32r    a4, count
again:
    l32i    a6, a4, 0
    wsr.scompare1 a6
    add     a7, a6, a5
    s32c1i  a7, a4, 0
    bne     a7, a6, again
    addi    a10, a2, -1
    mov.n   a3, a2
    call8   work
    add     a2, a3, a10
    retw
zero:
    movi    a2, 0
    retw
end: nop
"""
SUM = DEPTH * (DEPTH + 1) // 2

#: a handler of one shot: it takes its timer's request back and counts itself in MISC0
ONE_SHOT = """
    wsr.excsave{level} a2
    rsr.ccompare{timer} a2
    wsr.ccompare{timer} a2
    rsr.misc0 a2
    addi    a2, a2, 1
    wsr.misc0 a2
    rsr.excsave{level} a2
    {back}
"""
#: a handler that sets its timer again
PERIODIC = """
    wsr.excsave{level} a2
    rsr.ccompare{timer} a2
    addi    a2, a2, {period}
    wsr.ccompare{timer} a2
    rsr.misc{timer} a2
    addi    a2, a2, 1
    wsr.misc{timer} a2
    rsr.excsave{level} a2
    {back}
"""
TIMERS = {0: ("kernel", 1, "rfe", 6), 1: ("level3", 3, "rfi 3", 15), 2: ("level5", 5, "rfi 5", 16)}


def run_work(bench: Bench, handlers: dict[str, str], **registers: int) -> None:
    bench.write(STACK - 12, (STACK + 256).to_bytes(4, "little"))
    result = bench.run(WORK, handlers={**HANDLERS, **handlers}, cycles=50_000, ps=WOE, a1=STACK, **registers)
    assert result == "end", (result, bench["exccause"], hex(bench["epc1"]), hex(bench["depc"]))
    assert (bench["a6"], bench.word(DRAM)) == (SUM, SUM)
    assert (bench["a1"], bench["ps"] & 0x1F, bench["lcount"]) == (STACK, 0, 0)


def test_undisturbed(bench: Bench) -> None:
    run_work(bench, {})


@pytest.mark.parametrize("timer", TIMERS)
def test_one_interrupt_at_any_time(bench: Bench, timer: int) -> None:
    vector, level, back, number = TIMERS[timer]
    handler = ONE_SHOT.format(level=level, timer=timer, back=back)
    run_work(bench, {})
    for when in range(3, bench["ccount"], 7):
        bench.fresh()
        run_work(bench, {vector: handler}, intenable=1 << number, **{f"ccompare{timer}": when})
        assert bench["misc0"] == 1


@pytest.mark.parametrize("period", [14, 17, 23, 40, 97])
def test_level_5_all_the_time(bench: Bench, period: int) -> None:
    """EXCM does not mask level 5, so that window handlers are interrupted too."""
    handler = PERIODIC.format(level=5, timer=2, period=period, back="rfi 5")
    run_work(bench, {"level5": handler}, intenable=1 << 16, ccompare2=5)
    assert bench["misc2"] > 5


@pytest.mark.parametrize("seed", range(6))
def test_three_levels_nested(bench: Bench, seed: int) -> None:
    periods = {0: 61 + seed, 1: 47 + 3 * seed, 2: 29 + 5 * seed}
    handlers = {}
    for timer, period in periods.items():
        vector, level, back, _ = TIMERS[timer]
        handlers[vector] = PERIODIC.format(level=level, timer=timer, period=period, back=back)
    run_work(bench, handlers, intenable=1 << 6 | 1 << 15 | 1 << 16, ccompare0=9, ccompare1=8, ccompare2=7)
    assert all(bench[f"misc{timer}"] > 3 for timer in periods)


@pytest.mark.parametrize("quantum", [1, 16, 240])
def test_both_cores_at_work(bench: Bench, quantum: int) -> None:
    """Each core recurses on its own stack; both add to one counter."""
    bench.executor.quantum_cycles = quantum
    behind = bench.load(WORK)
    for name, text in {**HANDLERS, "level5": PERIODIC.format(level=5, timer=2, period=37, back="rfi 5")}.items():
        bench.vector(name, text)
    end = bench.load("stay: j stay", bench.symbols["end"])
    assert end == behind
    for index, core in enumerate(bench.executor.cores):
        stack = STACK + 0x2000 * index
        bench.write(stack - 12, (stack + 256).to_bytes(4, "little"))
        for name, value in {"vecbase": IRAM, "ps": WOE, "a1": stack, "pc": bench.symbols["start"]}.items():
            core.write(name, value)
        core.write("intenable", 1 << 16)
        core.write("ccompare2", 20 + index)
        bench.executor.set_running(index, True)
    bench.executor.run(bench.executor.now_ticks() + 4 * 6000)
    assert [core.read("a6") for core in bench.executor.cores] == [SUM, SUM]
    assert bench.word(DRAM) == 2 * SUM


# --- exceptions in handlers ---------------------------------------------------------------------------------------


def test_spill_to_a_bad_stack_is_a_double_exception(bench: Bench) -> None:
    """A store that faults in an overflow handler: DEPC tells where, EPC1 still where the overflow was."""
    core = bench.executor.cores[0]
    core.set("dtlb", 15, 0)
    core.write("ar9", 0x20)  # a5 of frame 1: the stack pointer that its handler goes by
    result = bench.run("nop\nmov.n a4, a3", handlers={"of4": HANDLERS["of4"]}, ps=WOE, windowstart=1 | 1 << 1 | 1 << 2)
    assert result == "double"
    assert (bench["exccause"], bench["excvaddr"], bench["depc"]) == (29, 0x10, IRAM)
    assert (bench["epc1"], bench["windowbase"]) == (CODE + 3, 1)


def test_level_1_waits_for_the_end_of_a_handler(bench: Bench) -> None:
    """Requested while EXCM is set, it comes right after RFE, at the address that RFE goes to."""
    handlers = {"user": "movi a2, 128\nwsr.intset a2\nrsr.epc1 a3\naddi a3, a3, 3\nwsr.epc1 a3\nnop\nrfe"}
    bench.load("nop", IRAM + 0x340)
    for name, text in handlers.items():
        bench.vector(name, text)
    bench.load("syscall\nnop\nnop")
    bench.stop_at(IRAM + 0x340, CODE + 6)
    for name, value in {"pc": CODE, "ps": 0x20, "intenable": 128}.items():
        bench[name] = value
    bench.go()  # the system call
    assert bench["exccause"] == 1
    bench.go()  # the interrupt, by the same vector
    assert (bench["exccause"], bench["epc1"], bench["ps"]) == (4, CODE + 3, 0x30)


def test_exception_of_a_level_handler_goes_by_the_double_vector(bench: Bench) -> None:
    """A level's handler runs with EXCM set."""
    assert bench.run("wsr.intset a2\nnop", handlers={"level3": "ill"}, a2=1 << 29, intenable=1 << 29) == "double"
    assert (bench["depc"], bench["epc3"], bench["ps"]) == (IRAM + 0x1C0, CODE + 3, 0x13)


def test_underflow_waits_for_no_interrupt_but_level_4_and_up(bench: Bench) -> None:
    """Between RETW and RFWU only levels above EXCM_LEVEL come."""
    for number, seen in ((7, False), (19, False), (29, False), (24, True), (31, True)):
        bench.fresh()
        bench["windowbase"] = 2
        core = bench.executor.cores[0]
        bench.vector("uf4", "nop\nnop\nrfwu")
        bench.stop_at(IRAM + 0x40)
        bench.load("retw")
        for name, value in {
            "pc": CODE,
            "ps": WOE,
            "windowstart": 1 << 2,
            "a0": 1 << 30 | CODE + 0x10 & 0x3FFFFFFF,
        }.items():
            bench[name] = value
        bench["intenable"] = 0xFFFFFFFF
        bench.go()
        core.set("interrupt", 1 << number)
        level = {7: 1, 19: 2, 29: 3, 24: 4, 31: 5}[number]
        vector = IRAM + (0x300 if level == 1 else {2: 0x180, 3: 0x1C0, 4: 0x200, 5: 0x240}[level])
        bench.stop_at(vector)
        bench.go()
        expected = IRAM + 0x40 if seen else CODE
        assert bench["epc1" if level == 1 else f"epc{level}"] == expected
