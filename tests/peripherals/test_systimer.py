"""SYSTIMER: counters, snapshots, loading, alarms once and periodically, stalls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.systimer import SYSTIMER

UNIT0, UNIT1 = 1 << 30, 1 << 29
WORK = (1 << 24, 1 << 23, 1 << 22)
PERIOD_MODE, ON_UNIT1 = 1 << 30, 1 << 31


@pytest.fixture
def timer(bench: Callable[..., Any]) -> Any:
    return bench(SYSTIMER)


def count(timer: Any, unit: int = 0) -> int:
    timer.write(f"UNIT{unit}_OP", 1 << 30)
    assert timer.read(f"UNIT{unit}_OP") == 1 << 29
    high, low = timer.read(f"UNIT{unit}_VALUE_HI"), timer.read(f"UNIT{unit}_VALUE_LO")
    return int(high) << 32 | int(low)


def arm(timer: Any, n: int, target: int) -> None:
    timer.write(f"TARGET{n}_HI", target >> 32)
    timer.write(f"TARGET{n}_LO", target & 0xFFFF_FFFF)
    timer.write(f"COMP{n}_LOAD", 1)
    timer.write("CONF", timer.read("CONF") | WORK[n])
    timer.write("INT_ENA", timer.read("INT_ENA") | 1 << n)


def test_unit_0_counts_16_mhz_from_power_on(timer: Any) -> None:
    timer.run(us=1000)
    assert count(timer) == 16_000


def test_unit_1_stands_until_it_is_enabled(timer: Any) -> None:
    timer.run(us=5)
    assert count(timer, 1) == 0
    timer.write("CONF", UNIT0 | UNIT1)
    timer.run(us=5)
    assert count(timer, 1) == 80


def test_a_snapshot_stays_until_the_next(timer: Any) -> None:
    timer.run(us=1)
    count(timer)
    timer.run(us=1)
    assert timer.read("UNIT0_VALUE_LO") == 16


def test_snapshots_are_read_natively(timer: Any) -> None:
    assert not any(timer.block.word_access()[timer.offsets[name] // 4].python_read for name in timer.offsets)


def test_loading_a_counter(timer: Any) -> None:
    timer.write("UNIT0_LOAD_HI", 0x1)
    timer.write("UNIT0_LOAD_LO", 0xFFFF_FFFF)
    timer.write("UNIT0_LOAD", 1)
    timer.run(us=1)
    assert count(timer) == 0x1_FFFF_FFFF + 16


def test_the_count_has_52_bits(timer: Any) -> None:
    timer.write("UNIT0_LOAD_HI", 0xF_FFFF)
    timer.write("UNIT0_LOAD_LO", 0xFFFF_FFFF)
    timer.write("UNIT0_LOAD", 1)
    timer.run(us=1)
    assert count(timer) == 15


@pytest.mark.parametrize("n", range(3))
def test_alarm_comes_at_its_count_and_once(timer: Any, n: int, us: Any) -> None:
    arm(timer, n, 160)
    timer.run(ticks=us.ticks(10) - 1)
    assert timer.level(f"target{n}") == 0
    timer.run(ticks=1)
    assert (timer.level(f"target{n}"), timer.read("INT_ST")) == (1, 1 << n)
    timer.write("INT_CLR", 1 << n)
    timer.run(us=100)
    assert timer.level(f"target{n}") == 0


def test_alarm_in_the_past_comes_at_once(timer: Any) -> None:
    timer.run(us=10)
    arm(timer, 0, 16)
    timer.run(ticks=0)
    assert timer.level("target0") == 1


def test_an_alarm_is_moved_while_it_is_off(timer: Any) -> None:
    for n in range(3):
        arm(timer, n, 160 * (n + 1))
    timer.run(us=5)
    timer.write("CONF", timer.read("CONF") & ~WORK[1])
    timer.write("TARGET1_LO", 400)
    timer.write("COMP1_LOAD", 1)
    timer.run(us=16)
    assert timer.read("INT_RAW") == 1
    timer.write("CONF", timer.read("CONF") | WORK[1])
    timer.run(us=5)
    assert timer.read("INT_RAW") == 0b011
    timer.run(us=5)
    assert timer.read("INT_RAW") == 0b111


def test_an_alarm_that_is_off_when_its_time_comes_is_late(timer: Any) -> None:
    arm(timer, 0, 160)
    timer.write("CONF", timer.read("CONF") & ~WORK[0])
    timer.run(us=15)
    assert timer.read("INT_RAW") == 0
    timer.write("CONF", timer.read("CONF") | WORK[0])
    timer.run(us=1)
    assert timer.read("INT_RAW") == 1


def test_period_mode(timer: Any) -> None:
    timer.write("TARGET0_CONF", PERIOD_MODE | 1600)
    timer.write("COMP0_LOAD", 1)
    timer.write("CONF", timer.read("CONF") | WORK[0])
    timer.write("INT_ENA", 1)
    for _ in range(3):
        timer.run(us=99)
        assert timer.level("target0") == 0
        timer.run(us=1)
        assert timer.level("target0") == 1
        timer.write("INT_CLR", 1)


def test_period_mode_does_not_drift_when_served_late(timer: Any) -> None:
    timer.write("TARGET0_CONF", PERIOD_MODE | 1600)
    timer.write("COMP0_LOAD", 1)
    timer.write("CONF", timer.read("CONF") | WORK[0])
    timer.run(us=250)
    assert timer.read("REAL_TARGET0_LO") == 4800


def test_choosing_period_mode_after_loading_starts_the_period(timer: Any) -> None:
    timer.write("TARGET1_CONF", 160)
    timer.write("COMP1_LOAD", 1)
    timer.write("CONF", timer.read("CONF") | WORK[1])
    timer.write("TARGET1_CONF", PERIOD_MODE | 160)
    timer.write("INT_RAW", 7)
    timer.run(us=10)
    assert timer.read("INT_RAW") == 2


def test_choosing_period_mode_after_the_target_has_passed_starts_the_period(timer: Any) -> None:
    timer.run(us=100)
    timer.write("CONF", timer.read("CONF") | WORK[1])
    timer.write("TARGET1_CONF", 1600)
    timer.write("COMP1_LOAD", 1)  # target 0, which is past
    timer.run(us=1)
    timer.write("TARGET1_CONF", PERIOD_MODE | 1600)
    timer.write("INT_CLR", 2)
    timer.write("INT_ENA", 2)
    timer.run(us=99)
    assert timer.level("target1") == 0
    timer.run(us=1)
    assert timer.level("target1") == 1


def test_comparator_follows_the_chosen_unit(timer: Any) -> None:
    timer.write("TARGET0_CONF", ON_UNIT1)
    arm(timer, 0, 16)
    timer.run(us=100)
    assert timer.read("INT_RAW") == 0
    timer.write("CONF", timer.read("CONF") | UNIT1)
    timer.run(us=1)
    assert timer.read("INT_RAW") == 1


def test_disabled_interrupt_shows_in_raw_only(timer: Any) -> None:
    arm(timer, 0, 16)
    timer.write("INT_ENA", 0)
    timer.run(us=1)
    assert (timer.read("INT_RAW"), timer.read("INT_ST"), timer.level("target0")) == (1, 0, 0)


def test_unit_stands_while_a_core_that_may_stop_it_is_stalled(timer: Any) -> None:
    timer.write("CONF", UNIT0 | UNIT1 | 1 << 26)
    timer.run(us=1)
    timer.block.signals["core0_stall"].set(1)
    timer.run(us=10)
    timer.block.signals["core0_stall"].set(0)
    timer.run(us=1)
    assert (count(timer, 0), count(timer, 1)) == (192, 32)


def test_block_reset_starts_from_zero(timer: Any) -> None:
    timer.run(us=10)
    arm(timer, 0, 10_000)
    timer.block.reset("block")
    timer.run(us=1000)
    assert (count(timer), timer.read("INT_RAW")) == (16_000, 0)
