"""Code behind a cache: the first fetch from a line takes its time (machine/executor.py, rule 9), on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.isa.code_lines import CodeLines
from twincore.machine.executor import LINE_SIZE, BusKind, Gate

if TYPE_CHECKING:
    from conftest import Bench

FLASH_CODE, IRAM = 0x42000000, 0x40370000
FILL = 10
TICKS = 4
LINE_INTERRUPT = 24
LEVEL4 = IRAM + 0x200


def cycles(bench: Bench, text: str, at: int = FLASH_CODE) -> int:
    """Run a program in flash without jumps and return by how much CCOUNT grew."""
    bench.load(text, at)
    bench["pc"] = at
    before = bench["ccount"]
    for _ in text.split():
        bench.executor.step(bench.core)
    return bench["ccount"] - before


NOPS = "nop\n" * 10  # 30 bytes


def test_a_line_is_paid_for_once(cached_bench: Bench) -> None:
    assert cycles(cached_bench, NOPS) == FILL + 10
    assert cycles(cached_bench, NOPS) == 10


def test_time_passes_and_nothing_is_executed_meanwhile(cached_bench: Bench) -> None:
    bench = cached_bench
    bench.load("movi a2, 7", FLASH_CODE)
    bench["pc"] = FLASH_CODE
    before, now = bench.executor.instructions(0), bench.executor.now_ticks()
    bench.executor.quantum_cycles = 1
    bench.executor.run(now + 6 * TICKS)
    assert (bench["pc"], bench["a2"], bench["ccount"]) == (FLASH_CODE, 0, 6)
    assert bench.executor.instructions(0) == before
    bench.executor.run(now + 11 * TICKS)
    assert (bench["a2"], bench["ccount"]) == (7, 11)


@pytest.mark.parametrize(("offset", "fills"), [(28, 1), (29, 1), (30, 2), (31, 2), (32, 1)])
def test_an_instruction_over_the_edge_of_a_line_needs_both(cached_bench: Bench, offset: int, fills: int) -> None:
    assert cycles(cached_bench, "nop", FLASH_CODE + offset) == fills * FILL + 1


def test_a_short_instruction_does_not_reach_the_next_line(cached_bench: Bench) -> None:
    assert cycles(cached_bench, "nop.n", FLASH_CODE + 30) == FILL + 1


def test_code_elsewhere_costs_nothing(cached_bench: Bench) -> None:
    assert cycles(cached_bench, NOPS, IRAM + 0x1000) == 10


def test_a_lost_line_is_paid_for_again(cached_bench: Bench) -> None:
    bench = cached_bench
    cycles(bench, NOPS * 4)
    bench.executor.forget_lines(FLASH_CODE + 40, 1)
    assert cycles(bench, NOPS * 4) == FILL + 40
    bench.executor.forget_lines(0, 1 << 32)
    assert cycles(bench, NOPS * 4) == 4 * FILL + 40


def test_both_cores_share_the_lines(cached_bench: Bench) -> None:
    bench = cached_bench
    cycles(bench, NOPS)
    bench.core = 1
    bench.executor.set_running(0, False)
    bench.executor.set_running(1, True)
    assert cycles(bench, NOPS) == 10


def test_an_interrupt_waits_for_the_line(cached_bench: Bench) -> None:
    bench = cached_bench
    bench.load("nop\nnop", FLASH_CODE)
    bench.stop_at(LEVEL4)
    bench["intenable"] = 1 << LINE_INTERRUPT
    bench["pc"] = FLASH_CODE
    now = bench.executor.now_ticks()

    def ring() -> None:
        bench.executor.set_lines(0, 1 << LINE_INTERRUPT)

    bench.host.on_event = ring
    bench.executor.set_next_event(now + 3 * TICKS)
    bench.go()
    assert bench["epc4"] == FLASH_CODE
    assert bench["ccount"] == FILL


def test_a_timer_fires_in_time(cached_bench: Bench) -> None:
    bench = cached_bench
    bench.load("nop\nnop", FLASH_CODE)
    bench["ccompare0"] = 4
    bench["pc"] = FLASH_CODE
    bench.executor.quantum_cycles = 1
    now = bench.executor.now_ticks()
    seen = []
    for k in range(1, 7):
        bench.executor.run(now + k * TICKS)
        seen.append(bench["interrupt"] >> 6 & 1)
    assert seen == [0, 0, 0, 1, 1, 1]


def test_a_reset_ends_the_waiting(cached_bench: Bench) -> None:
    bench = cached_bench
    bench["pc"] = FLASH_CODE
    bench.executor.quantum_cycles = 1
    bench.executor.run(bench.executor.now_ticks() + 3 * TICKS)
    left = bench.executor.fills()[-16:-8]
    assert int.from_bytes(left, "little") == FILL - 3
    bench.executor.reset_core(0)
    assert bench.executor.fills()[-16:-8] == bytes(8)


def test_another_page_is_another_line(cached_bench: Bench) -> None:
    bench = cached_bench
    cycles(bench, NOPS)
    bench.executor.map(FLASH_CODE, 0x1000, bench.flash, 0, bus=BusKind.INSTRUCTION, writable=False)
    assert cycles(bench, NOPS) == FILL + 10


@pytest.mark.parametrize(
    ("address", "size", "lost"),
    [
        (0x42000000, 1, {0}),
        (0x4200001F, 2, {0, 1}),
        (0x42000040, 0, set()),
        (0x41FFFFF0, 0x20, {0}),
        (0x42000100, 0x200, set(range(8, 24))),
        (0x420000E0, 0x3000, set(range(7, 64))),
        (0, 1 << 32, set(range(64))),
        (0x42000800, 0x100, set()),
    ],
)
def test_which_lines_a_range_touches(address: int, size: int, lost: set[int]) -> None:
    lines = CodeLines([Gate(0x42000000, 64 * LINE_SIZE, BusKind.INSTRUCTION, 1)])
    for number in range(64):
        assert lines.fill(0x42000000 + number * LINE_SIZE)
    touched = lines.forget(address, size)
    assert {number for number in range(64) if lines.fill(0x42000000 + number * LINE_SIZE + 31)} == lost
    assert {(at - 0x42000000) // LINE_SIZE for at in touched} == lost
