"""The scheduling rules of machine/executor.py, and what the host can ask of an executor, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.errors import UsageError

if TYPE_CHECKING:
    from conftest import Bench

CODE, DRAM, IRAM, IO = 0x40371000, 0x3FC90000, 0x40370000, 0x60000000
TICKS = 4
SPIN = "loop: addi a2, a2, 1\nj loop"


def both_at(bench: Bench, pc: int, **registers: int) -> None:
    """Let both cores run from pc."""
    for index, core in enumerate(bench.executor.cores):
        core.write("pc", pc)
        core.write("vecbase", IRAM)
        core.write("ps", 0)
        for name, value in registers.items():
            core.write(name, value)
        bench.executor.set_running(index, True)


def trace_writes(bench: Bench, start: int) -> list[tuple[int, int, int]]:
    """Return a list that io writes go to: (core, cycle since start, value)."""
    trace: list[tuple[int, int, int]] = []

    def write(core: int, address: int, value: int) -> None:
        trace.append((core, (bench.executor.now_ticks() - start) // TICKS, value))

    bench.host.on_io_write = write
    return trace


@pytest.mark.parametrize("quantum", [1, 4, 7, 64])
def test_cores_take_turns_by_the_quantum(bench: Bench, quantum: int) -> None:
    """Core 0 runs to the next multiple of the quantum, then core 1 up to core 0's time."""
    bench.executor.quantum_cycles = quantum
    bench.load("loop: s32i a2, a3, 0\naddi a2, a2, 1\nj loop")
    both_at(bench, CODE, a3=IO)
    start = bench.executor.now_ticks()
    trace = trace_writes(bench, start)
    bench.executor.run(start + 64 * TICKS)
    first = -(start // TICKS) % quantum or quantum
    limits = range(first, 1000, quantum)
    last = next(limit for limit in limits if limit >= 64)
    expected = []
    begin = 0
    for limit in limits:
        if limit > last:
            break
        for core in (0, 1):
            expected += [(core, cycle, cycle // 3) for cycle in range(begin, limit) if cycle % 3 == 0]
        begin = limit
    assert trace == expected


@pytest.mark.parametrize("quantum", [1, 7, 64, 1000])
@pytest.mark.parametrize("is_held", [False, True])
def test_core_that_waits_follows_slice_by_slice(bench: Bench, quantum: int, is_held: bool) -> None:
    """However an executor passes the time of a core that waits, whoever looks sees it where the last slice began."""
    bench.executor.quantum_cycles = quantum
    stop = bench.load("""
        s32i    a2, a3, 0
    loop:
        movi    a4, 23
    pause:
        addi    a4, a4, -1
        bnez    a4, pause
        s32i    a2, a3, 0
        j       loop
    """)
    bench.load("waiti 0", address=stop)
    both_at(bench, CODE, a3=IO)
    waiting = bench.executor.cores[1]
    waiting.write("pc", stop)
    waiting.write("ccompare0", 500)
    bench.executor.set_running(1, not is_held)
    start = bench.executor.now_ticks()
    seen: list[tuple[int, int, bool]] = []

    def look(core: int, *_: int) -> None:
        cycle = (bench.executor.now_ticks() - start) // TICKS
        seen.append((cycle, waiting.read("ccount"), bool(waiting.read("interrupt") & 1 << 6)))

    bench.host.on_io_write = look
    for until in (300, 301, 333, 1500):
        bench.executor.run(start + until * TICKS)
    assert len(seen) > 30
    first = start // TICKS
    followed = [max((first + cycle) // quantum * quantum - first, 0) for cycle, _, _ in seen]
    expected = [0 if is_held else cycles for cycles in followed]
    assert [count for _, count, _ in seen] == expected
    assert [is_over for _, _, is_over in seen] == [count >= 500 for count in expected]


def test_end_slice_lets_the_other_core_catch_up(bench: Bench) -> None:
    bench.load("loop: s32i a2, a3, 0\naddi a2, a2, 1\nj loop")
    both_at(bench, CODE, a3=IO)
    start = bench.executor.now_ticks()
    trace = trace_writes(bench, start)
    record = bench.host.on_io_write

    def write(core: int, address: int, value: int) -> None:
        record(core, address, value)
        bench.executor.end_slice()

    bench.host.on_io_write = write
    bench.executor.run(start + 12 * TICKS)
    assert trace[:8] == [(core, 3 * k, k) for k in range(4) for core in (0, 1)]


def test_event_comes_when_every_core_has_reached_it(bench: Bench) -> None:
    bench.load(SPIN)
    both_at(bench, CODE)
    start = bench.executor.now_ticks()
    bench.executor.set_next_event(start + 10 * TICKS)
    seen = []
    bench.host.on_event = lambda: seen.append([core.read("ccount") for core in bench.executor.cores])
    bench.executor.run(start + 20 * TICKS)
    assert seen == [[10, 10]]
    assert bench.host.calls[0] == ("event", start + 10 * TICKS)


def test_event_between_two_cycles(bench: Bench) -> None:
    """A slice runs whole cycles: the core stands behind the event by less than one of them."""
    bench.load(SPIN)
    both_at(bench, CODE)
    start = bench.executor.now_ticks()
    bench.executor.set_next_event(start + 10 * TICKS + 1)
    seen = []
    bench.host.on_event = lambda: seen.append([core.read("ccount") for core in bench.executor.cores])
    bench.executor.run(start + 20 * TICKS)
    assert seen == [[11, 11]]


def test_event_set_in_a_slice_ends_it(bench: Bench) -> None:
    bench.load("loop: s32i a2, a3, 0\naddi a2, a2, 1\nj loop")
    both_at(bench, CODE, a3=IO)
    start = bench.executor.now_ticks()
    bench.host.on_io_write = lambda core, address, value: (
        bench.executor.set_next_event(bench.executor.now_ticks() + 5 * TICKS) if value == 1 and core == 0 else None
    )
    seen = []
    bench.host.on_event = lambda: seen.append([core.read("ccount") for core in bench.executor.cores])
    bench.executor.run(start + 64 * TICKS)
    assert seen == [[8, 8]]


@pytest.mark.parametrize("pieces", [1, 3, 7, 50])
def test_pauses_change_nothing(bench: Bench, pieces: int) -> None:
    def result(count: int) -> list[bytes]:
        bench.fresh()
        bench.load("""
        loop:
            l32i    a4, a3, 0
            addi    a4, a4, 1
            s32i    a4, a3, 0
            addi    a2, a2, 1
            bbci    a2, 3, loop
            s32i    a2, a5, 0
            j       loop
        """)
        both_at(bench, CODE, a3=DRAM, a5=IO)
        start = bench.executor.now_ticks()
        bench.executor.set_next_event(start + 333 * TICKS)
        for k in range(1, count + 1):
            bench.executor.run(start + 1000 * TICKS * k // count)
        return [core.state_bytes() for core in bench.executor.cores] + [bench.dram.read(0, 4)]

    assert result(pieces) == result(1)


def test_held_core_stands_still_with_its_ccount(bench: Bench) -> None:
    bench.load(SPIN)
    both_at(bench, CODE)
    bench.executor.set_running(1, False)
    before = bench.executor.cores[1].state_bytes()
    bench.executor.run(bench.executor.now_ticks() + 100 * TICKS)
    assert bench.executor.cores[1].state_bytes() == before
    assert bench["ccount"] >= 100


def test_core_that_holds_itself_stops_after_its_instruction(bench: Bench) -> None:
    bench.load("s32i a2, a3, 0\naddi a2, a2, 1\naddi a2, a2, 1")
    bench["pc"], bench["a3"] = CODE, IO
    bench.host.on_io_write = lambda core, address, value: bench.executor.set_running(core, False)
    bench.executor.run(bench.executor.now_ticks() + 100 * TICKS)
    assert (bench["pc"], bench["a2"], bench["ccount"]) == (CODE + 3, 0, 1)


@pytest.mark.parametrize("quantum", [1, 5, 64])
def test_core_0_interrupts_core_1_at_its_very_time(bench: Bench, quantum: int) -> None:
    """Core 1, behind, takes the interrupt when its own time reaches the end of core 0's instruction."""
    bench.executor.quantum_cycles = quantum
    bench.vector("kernel", "rsr.ccount a5\nstay: j stay")
    bench.load("nop\nnop\nnop\ns32i a2, a3, 0\n" + SPIN)
    bench.load("begin:" + SPIN.replace("loop", "again"), CODE + 0x100)
    both_at(bench, CODE, a3=IO, intenable=1 << 4)
    bench.executor.cores[1].write("pc", CODE + 0x100)
    bench.host.on_io_write = lambda core, address, value: bench.executor.set_lines(1, 1 << 4)
    bench.executor.run(bench.executor.now_ticks() + 200 * TICKS)
    assert bench.executor.cores[1].read("a5") == 4


def test_core_1_released_by_core_0_starts_at_its_very_time(bench: Bench) -> None:
    bench.load("nop\nnop\ns32i a2, a3, 0\n" + SPIN)
    bench.load("rsr.ccount a5\nstay: j stay", CODE + 0x100)
    both_at(bench, CODE, a3=IO)
    bench.executor.set_running(1, False)
    core1 = bench.executor.cores[1]
    core1.write("pc", CODE + 0x100)
    bench.host.on_io_write = lambda core, address, value: bench.executor.set_running(1, True)
    start = bench.executor.now_ticks()
    bench.executor.run(start + 64 * TICKS)
    passed = bench.executor.cores[0].read("ccount")
    assert core1.read("a5") == 0
    assert core1.read("ccount") == passed - 3


def test_core_that_resets_itself(bench: Bench) -> None:
    bench.load("s32i a2, a3, 0\naddi a2, a2, 1")
    bench["pc"], bench["a3"], bench["sar"] = CODE, IO, 5
    bench.host.on_io_write = lambda core, address, value: bench.executor.reset_core(core)
    bench.executor.step(0)
    assert bench["pc"] == 0x40000400
    assert (bench["sar"], bench["vecbase"], bench["ps"], bench["a3"]) == (0, 0x40000000, 0x1F, IO)


def test_reset_keeps_the_input_lines_and_drops_latched_requests(bench: Bench) -> None:
    bench.executor.set_lines(0, 1 << 3 | 1 << 10)
    assert bench["interrupt"] == 1 << 3 | 1 << 10
    bench.executor.reset_core(0)
    assert bench["interrupt"] == 1 << 3


def test_clock_changes_with_the_next_slice(bench: Bench) -> None:
    bench.load("loop: s32i a2, a3, 0\naddi a2, a2, 1\nj loop")
    bench["pc"], bench["a3"] = CODE, IO
    start = bench.executor.now_ticks()
    times = []

    def write(core: int, address: int, value: int) -> None:
        times.append(bench.executor.now_ticks() - start)
        if value == 1:
            bench.executor.set_ticks_per_cycle(3 * TICKS)

    bench.host.on_io_write = write
    try:
        bench.executor.run(start + 64 * TICKS)
        assert times[:4] == [0, 3 * TICKS, 4 * TICKS + 2 * 3 * TICKS, 4 * TICKS + 5 * 3 * TICKS]
    finally:
        bench.executor.set_ticks_per_cycle(TICKS)


def test_stop_asked_for_by_the_host_comes_after_the_instruction(bench: Bench) -> None:
    bench.load("s32i a2, a3, 0\naddi a2, a2, 1\n" + SPIN)
    bench["pc"], bench["a3"] = CODE, IO
    bench.host.on_io_write = lambda core, address, value: bench.executor.request_stop()
    bench.executor.run(bench.executor.now_ticks() + 100 * TICKS)
    assert (bench["pc"], bench["a2"]) == (CODE + 3, 0)


def test_breakpoint_stops_before_and_lets_go_on(bench: Bench) -> None:
    bench.load("addi a2, a2, 1\nhere: addi a2, a2, 16\nj here")
    bench.stop_at(CODE + 3)
    bench["pc"] = CODE
    bench.go()
    assert (bench["pc"], bench["a2"]) == (CODE + 3, 1)
    bench.go()
    assert (bench["pc"], bench["a2"]) == (CODE + 3, 17)
    bench.executor.remove_breakpoint(CODE + 3)
    bench.host.stops.clear()
    bench.executor.run(bench.executor.now_ticks() + 10 * TICKS)
    assert bench["a2"] > 33


def test_step_executes_one_instruction(bench: Bench) -> None:
    bench.load("addi a2, a2, 1\nj over\nnop\nover: ill\n")
    bench["pc"] = CODE
    visited = []
    for _ in range(3):
        bench.executor.step(0)
        visited.append(bench["pc"])
    assert visited == [CODE + 3, CODE + 9, IRAM + 0x300]
    assert bench["ccount"] == 3


def test_steps_are_the_same_run(bench: Bench) -> None:
    bench.load(SPIN)
    both_at(bench, CODE)
    for _ in range(150):
        bench.executor.step(0)
    stepped = bench.executor.cores[1].read("ccount")
    bench.fresh()
    bench.load(SPIN)
    both_at(bench, CODE)
    while bench["ccount"] < 150:
        bench.executor.run(bench.executor.now_ticks() + TICKS)
    assert bench["ccount"] >= 150
    assert stepped in range(64, 151)


def test_step_of_a_held_core_is_refused(bench: Bench) -> None:
    bench.executor.set_running(0, False)
    with pytest.raises(UsageError, match="core 0: expected a core that executes"):
        bench.executor.step(0)


def test_instructions_are_counted(bench: Bench) -> None:
    before = bench.executor.instructions(0)
    assert bench.run("nop\nnop\nsyscall") == "kernel"
    assert bench.executor.instructions(0) - before == 3


# --- code that changes --------------------------------------------------------------------------------------------

PATCH = int.from_bytes(bytes.fromhex("22a007"), "little")  # movi a2, 7


@pytest.mark.parametrize("base", [IRAM, 0x3FC80000])
def test_code_written_by_the_core_itself(bench: Bench, base: int) -> None:
    """A store through either bus is what is executed next, also when the old code has been executed before."""
    program = """
    start:
        call0   f
        s32i    a4, a5, 0
        memw
        isync
        call0   f
        j       end
    .align 4
    f:  movi    a2, 1
        add     a3, a3, a2
        ret
    end: nop
    """
    bench.load(program)
    old = bench.word(bench.symbols["f"])
    offset = bench.symbols["f"] - IRAM
    bench.symbols.clear()
    assert bench.run(program, a4=old & 0xFF000000 | PATCH, a5=base + offset) == "end"
    assert (bench["a2"], bench["a3"]) == (7, 8)


def test_code_written_by_the_other_core(bench: Bench) -> None:
    bench.load("loop: movi a2, 1\nj loop")
    bench.load("movi a6, 50\nwait: addi a6, a6, -1\nbnez a6, wait\ns32i a4, a5, 0\nstay: j stay", CODE + 0x100)
    both_at(bench, CODE, a4=bench.word(CODE) & 0xFF000000 | PATCH, a5=CODE)
    bench.executor.cores[1].write("pc", CODE + 0x100)
    bench.executor.run(bench.executor.now_ticks() + 400 * TICKS)
    assert bench["a2"] == 7


def test_code_written_by_the_host(bench: Bench) -> None:
    bench.load("loop: movi a2, 1\nj loop")
    bench["pc"] = CODE
    bench.executor.run(bench.executor.now_ticks() + 100 * TICKS)
    assert bench["a2"] == 1
    bench.load("movi a2, 9", CODE)
    bench.executor.run(bench.executor.now_ticks() + 100 * TICKS)
    assert bench["a2"] == 9


def test_code_at_the_seam_of_two_pages(bench: Bench) -> None:
    at = IRAM + 0x2000 - 2
    bench.load("movi a2, 5\nnop", at)
    bench.stop_at(at + 3)
    bench["pc"] = at
    bench.go()
    assert bench["a2"] == 5
    bench.write(IRAM + 0x2000, b"\x06")  # the immediate's last byte lies on the second page
    bench["pc"] = at
    bench.go()
    assert bench["a2"] == 6


# --- registers by name --------------------------------------------------------------------------------------------


def test_every_name_can_be_read_and_written(bench: Bench) -> None:
    core = bench.executor.cores[0]
    for name in core.names():
        core.write(name, core.read(name))
    assert {"pc", "a0", "a15", "ar63", "ps", "sar", "epc1", "eps7", "f15", "ccount", "m3", "windowstart"} <= set(
        core.names()
    )


def test_registers_of_the_window(bench: Bench) -> None:
    core = bench.executor.cores[0]
    core.write("windowbase", 15)
    core.write("a0", 1)
    core.write("a5", 2)
    assert (core.read("ar60"), core.read("ar1")) == (1, 2)
    core.write("ar1", 3)
    assert core.read("a5") == 3


def test_unknown_register_names_the_nearest(bench: Bench) -> None:
    with pytest.raises(UsageError, match="got 'epc9'; did you mean epc"):
        bench.executor.cores[0].read("epc9")


def test_state_bytes_are_the_registers_in_order(bench: Bench) -> None:
    core = bench.executor.cores[0]
    core.write("ar0", 0x11223344)
    core.write("pc", 0x40370004)
    content = core.state_bytes()
    assert content[:4] == bytes.fromhex("44332211")
    assert content[256:260] == bytes.fromhex("04003740")
    assert len(content) % 4 == 0
