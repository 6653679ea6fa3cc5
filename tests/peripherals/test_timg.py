"""TIMG: timers, watchdog, measurement of slow clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.timg import TIMG

EN, INCREASE, AUTORELOAD, ALARM_EN, USE_XTAL = 1 << 31, 1 << 30, 1 << 29, 1 << 10, 1 << 9
KEY = 0x50D83AA1
APB_TICKS = 22848
"""The bench's APB runs at 40 MHz."""


def divided(by: int) -> int:
    return by << 13


@pytest.fixture
def timg(bench: Callable[..., Any]) -> Any:
    """Group 1: its watchdog sleeps at reset."""
    return bench(TIMG, group=1)


def count(timg: Any, n: int = 0) -> int:
    timg.write(f"T{n}UPDATE", 0)
    return int(timg.read(f"T{n}HI")) << 32 | int(timg.read(f"T{n}LO"))


def set_alarm(timg: Any, n: int, at: int) -> None:
    timg.write(f"T{n}ALARMHI", at >> 32)
    timg.write(f"T{n}ALARMLO", at & 0xFFFF_FFFF)


@pytest.mark.parametrize("n", [0, 1])
def test_counts_up(timg: Any, n: int) -> None:
    timg.write(f"T{n}CONFIG", EN | INCREASE | divided(40))
    timg.run(us=123)
    assert count(timg, n) == 123


def test_counts_down_and_wraps_at_54_bits(timg: Any) -> None:
    timg.write("T0CONFIG", EN | divided(40))
    timg.run(us=1)
    assert count(timg) == (1 << 54) - 1


@pytest.mark.parametrize(("divider", "divides_by"), [(0, 65536), (1, 2), (2, 2), (3, 3), (65535, 65535)])
def test_divider(timg: Any, divider: int, divides_by: int) -> None:
    timg.write("T0CONFIG", EN | INCREASE | divided(divider))
    timg.run(ticks=10 * divides_by * APB_TICKS)
    assert count(timg) == 10


def test_xtal_goes_on_when_apb_changes(timg: Any) -> None:
    timg.write("T0CONFIG", EN | INCREASE | USE_XTAL | divided(40))
    timg.write("T1CONFIG", EN | INCREASE | divided(40))
    timg.run(us=10)
    timg.context.clocks["apb"].set_period(APB_TICKS // 2)
    timg.run(us=10)
    assert (count(timg, 0), count(timg, 1)) == (20, 30)


def test_a_stopped_timer_keeps_its_count(timg: Any) -> None:
    timg.write("T0CONFIG", EN | INCREASE | divided(40))
    timg.run(us=10)
    timg.write("T0CONFIG", INCREASE | divided(40))
    timg.run(us=10)
    assert count(timg) == 10


def test_loading(timg: Any) -> None:
    timg.write("T0LOADHI", 2)
    timg.write("T0LOADLO", 5)
    timg.write("T0LOAD", 1)
    assert count(timg) == 2 << 32 | 5


def test_alarm_comes_at_its_count_and_disables_itself(timg: Any, us: Any) -> None:
    set_alarm(timg, 0, 100)
    timg.write("INT_ENA_TIMERS", 1)
    timg.write("T0CONFIG", EN | INCREASE | ALARM_EN | divided(40))
    timg.run(ticks=us.ticks(100) - 1)
    assert timg.level("t0") == 0
    timg.run(ticks=1)
    assert (timg.level("t0"), timg.read("INT_ST_TIMERS"), timg.read("T0CONFIG") & ALARM_EN) == (1, 1, 0)


def test_alarm_reloads(timg: Any) -> None:
    timg.write("T1LOADLO", 7)
    set_alarm(timg, 1, 100)
    timg.write("T1CONFIG", EN | INCREASE | ALARM_EN | AUTORELOAD | divided(40))
    timg.run(us=110)
    assert (timg.read("INT_RAW_TIMERS"), count(timg, 1)) == (2, 17)


def test_alarm_in_the_past_comes_at_once(timg: Any) -> None:
    timg.write("T0CONFIG", EN | INCREASE | divided(40))
    timg.run(us=50)
    set_alarm(timg, 0, 20)
    timg.write("T0CONFIG", EN | INCREASE | ALARM_EN | divided(40))
    timg.run(ticks=0)
    assert timg.read("INT_RAW_TIMERS") == 1


def test_downward_alarm(timg: Any) -> None:
    timg.write("T0LOADLO", 100)
    timg.write("T0LOAD", 1)
    set_alarm(timg, 0, 40)
    timg.write("T0CONFIG", EN | ALARM_EN | divided(40))
    timg.run(us=59)
    assert timg.read("INT_RAW_TIMERS") == 0
    timg.run(us=1)
    assert timg.read("INT_RAW_TIMERS") == 1


# Watchdog: stage 0 in bits 30:29, stage 1 in 28:27; prescaler 40 makes a count a microsecond

WDT_EN = 1 << 31
BOTH_CORES = 0b11 << 12


def start_watchdog(timg: Any, *actions: int, hold: int = 1000) -> None:
    timg.write("WDTCONFIG1", 40 << 16)
    for stage in range(4):
        timg.write(f"WDTCONFIG{stage + 2}", hold)
    stages = sum(action << 29 - 2 * stage for stage, action in enumerate(actions))
    timg.write("WDTCONFIG0", WDT_EN | stages | BOTH_CORES)


def test_watchdog_interrupts_then_resets_the_system(timg: Any) -> None:
    timg.write("INT_ENA_TIMERS", 4)
    start_watchdog(timg, 1, 3)
    timg.run(us=999)
    assert timg.level("wdt") == 0
    timg.run(us=1)
    assert (timg.level("wdt"), timg.context.resets) == (1, [])
    timg.run(us=1000)
    assert timg.context.resets == [("system", 0x08)]


@pytest.mark.parametrize(("group", "reason"), [(0, 0x0B), (1, 0x11)])
def test_watchdog_resets_the_cores_that_are_chosen(bench: Callable[..., Any], group: int, reason: int) -> None:
    timg = bench(TIMG, group=group)
    start_watchdog(timg, 2)
    timg.run(us=1000)
    assert timg.context.resets == [("core1", reason), ("core0", reason)]


def test_feeding_holds_the_watchdog_off(timg: Any) -> None:
    start_watchdog(timg, 3)
    for _ in range(10):
        timg.run(us=900)
        timg.write("WDTFEED", 1)
    assert timg.context.resets == []
    timg.run(us=1000)
    assert timg.context.resets == [("system", 0x08)]


def test_feeding_goes_back_to_stage_0(timg: Any) -> None:
    start_watchdog(timg, 1, 3)
    timg.run(us=1500)
    timg.write("WDTFEED", 1)
    timg.run(us=1500)
    assert timg.context.resets == []


def test_a_protected_watchdog_ignores_writes(timg: Any) -> None:
    start_watchdog(timg, 3)
    timg.write("WDTWPROTECT", 0)
    timg.write("WDTCONFIG0", 0)
    timg.run(us=500)
    timg.write("WDTFEED", 1)
    timg.run(us=500)
    assert timg.context.resets == [("system", 0x08)]


def test_an_unprotected_watchdog_can_be_stopped(timg: Any) -> None:
    start_watchdog(timg, 3)
    timg.write("WDTWPROTECT", 0)
    timg.write("WDTWPROTECT", KEY)
    timg.write("WDTCONFIG0", 0)
    timg.run(us=5000)
    assert timg.context.resets == []


def test_a_shorter_hold_counts_at_once(timg: Any) -> None:
    start_watchdog(timg, 3)
    timg.run(us=100)
    timg.write("WDTCONFIG2", 200)
    timg.run(us=100)
    assert timg.context.resets == [("system", 0x08)]


def test_group_0_guards_the_boot(bench: Callable[..., Any]) -> None:
    timg = bench(TIMG, group=0)
    timg.run(us=649_999)
    assert timg.context.resets == []
    timg.run(us=1)
    assert timg.context.resets == [("system", 0x07)]


def test_group_1_does_not_guard_the_boot(timg: Any) -> None:
    timg.run(us=10_000_000)
    assert timg.context.resets == []


# Measurement

START = 1 << 31
READY = 1 << 15


def calibrate(timg: Any, clock: int, cycles: int) -> None:
    timg.write("RTCCALICFG", clock << 13 | cycles << 16)
    timg.write("RTCCALICFG", clock << 13 | cycles << 16 | START)


@pytest.mark.parametrize(("clock", "hz"), [(0, 136_000), (1, 17_500_000 / 256), (2, 32_768)])
def test_measurement_counts_xtal_cycles(timg: Any, clock: int, hz: float) -> None:
    calibrate(timg, clock, 1000)
    timg.run(us=int(1000 / hz * 1e6) + 1)
    assert timg.read("RTCCALICFG") & READY
    assert timg.read("RTCCALICFG1") >> 7 == int(1000 * 40_000_000 / hz)


def test_measurement_takes_its_time(timg: Any) -> None:
    calibrate(timg, 0, 136)
    timg.run(us=999)
    assert not timg.read("RTCCALICFG") & READY
    timg.run(us=1)
    assert timg.read("RTCCALICFG") & READY


def test_measurement_times_out(timg: Any) -> None:
    timg.write("RTCCALICFG2", 100 << 7)
    calibrate(timg, 0, 1000)
    timg.run(us=3)
    assert timg.read("RTCCALICFG2") & 1
    assert not timg.read("RTCCALICFG") & READY


def test_the_measurement_that_runs_from_reset_is_over_when_its_limit_is_cut(timg: Any) -> None:
    timg.write("RTCCALICFG2", 1 << 7)
    timg.run(us=1)
    assert timg.read("RTCCALICFG") & READY or timg.read("RTCCALICFG2") & 1
