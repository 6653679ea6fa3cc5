"""RTC_CNTL: stalls, resets and reasons, RTC timer, watchdogs, clocks, retention words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.rtc_cntl import RTC_CNTL

WDT_KEY, SWD_KEY = 0x50D83AA1, 0x8F1D312A
OPTIONS = 0x1C00A000


@pytest.fixture
def rtc(bench: Callable[..., Any]) -> Any:
    """A block whose watchdogs that run from reset are off."""
    rtc = bench(RTC_CNTL)
    rtc.write("WDTCONFIG0", 0)
    rtc.write("SWD_CONF", 1 << 31)
    return rtc


@pytest.mark.parametrize(
    ("options", "stall", "core0", "core1"),
    [
        (0b00_00, 0, 0, 0),
        (0b00_10, 0x21 << 20, 0, 1),
        (0b10_00, 0x21 << 26, 1, 0),
        (0b10_10, 0x21 << 26 | 0x21 << 20, 1, 1),
        (0b00_10, 0x20 << 20, 0, 0),
        (0b00_01, 0x21 << 20, 0, 0),
    ],
)
def test_stall_takes_both_fields(rtc: Any, options: int, stall: int, core0: int, core1: int) -> None:
    rtc.write("OPTIONS0", OPTIONS | options)
    rtc.write("SW_CPU_STALL", stall)
    assert (rtc.level("core0_stall"), rtc.level("core1_stall")) == (core0, core1)


def test_stall_ends_the_slice(rtc: Any) -> None:
    rtc.write("OPTIONS0", OPTIONS | 2)
    before = rtc.context.slices_ended
    rtc.write("SW_CPU_STALL", 0x21 << 20)
    assert rtc.context.slices_ended == before + 1


@pytest.mark.parametrize(("bit", "domain", "reason"), [(31, "system", 3), (5, "core0", 12), (4, "core1", 12)])
def test_software_resets(rtc: Any, bit: int, domain: str, reason: int) -> None:
    rtc.write("OPTIONS0", OPTIONS | 1 << bit)
    assert (rtc.context.resets, rtc.read("OPTIONS0")) == ([(domain, reason)], OPTIONS)


@pytest.mark.parametrize(
    ("domain", "reason", "causes"),
    [
        ("power_on", 1, (1, 1)),
        ("system", 3, (3, 3)),
        ("rtc", 16, (16, 16)),
        ("core0", 12, (12, 1)),
        ("core1", 13, (1, 13)),
    ],
)
def test_reset_reasons(rtc: Any, domain: str, reason: int, causes: tuple[int, int]) -> None:
    rtc.block.reset(domain, reason)
    state = rtc.read("RESET_STATE")
    assert (state & 63, state >> 6 & 63) == causes


def test_reset_vectors_are_the_roms(rtc: Any) -> None:
    assert rtc.read("RESET_STATE") >> 12 & 3 == 3


@pytest.mark.parametrize(("domain", "kept"), [("core0", True), ("system", True), ("rtc", False), ("power_on", False)])
def test_retention_words(rtc: Any, domain: str, kept: bool) -> None:
    names = [f"STORE{n}" for n in range(8)]
    for name in names:
        rtc.write(name, 0x1234)
    rtc.block.reset(domain, 1)
    assert [rtc.read(name) for name in names] == [0x1234 if kept else 0] * 8


# RTC timer


def rtc_time(rtc: Any) -> int:
    rtc.write("TIME_UPDATE", 1 << 31)
    return int(rtc.read("TIME_HIGH0")) << 32 | int(rtc.read("TIME_LOW0"))


def test_rtc_timer_counts_the_slow_clock(rtc: Any) -> None:
    rtc.run(us=1_000_000)
    assert rtc_time(rtc) == 136_000


def test_rtc_time_stays_until_it_is_updated(rtc: Any) -> None:
    rtc_time(rtc)
    rtc.run(us=1000)
    assert rtc.read("TIME_LOW0") == 0


def test_rtc_timer_follows_the_choice_of_clock(rtc: Any) -> None:
    rtc.run(us=1_000_000)
    rtc.write("CLK_CONF", rtc.read("CLK_CONF") | 1 << 30)
    rtc.run(us=1_000_000)
    assert rtc_time(rtc) == 136_000 + 32_768


@pytest.mark.parametrize("domain", ["core0", "system", "rtc"])
def test_rtc_timer_goes_on_over_resets(rtc: Any, domain: str) -> None:
    rtc.run(us=500_000)
    rtc.block.reset(domain, 1)
    rtc.write("SWD_CONF", 1 << 31)
    rtc.write("WDTCONFIG0", 0)
    rtc.run(us=500_000)
    assert rtc_time(rtc) == 136_000


def test_main_timer_alarm(rtc: Any) -> None:
    rtc.write("SLP_TIMER0", 136)
    rtc.write("SLP_TIMER1", 1 << 16)
    rtc.write("INT_ENA_RTC", 1 << 10)
    rtc.run(us=999)
    assert rtc.level("interrupt") == 0
    rtc.run(us=1)
    assert (rtc.level("interrupt"), rtc.read("INT_ST_RTC")) == (1, 1 << 10)
    rtc.write("INT_CLR_RTC", 1 << 10)
    assert rtc.level("interrupt") == 0


def test_interrupt_enable_by_set_and_clear(rtc: Any) -> None:
    rtc.write("INT_ENA_RTC_W1TS", 0b1100)
    rtc.write("INT_ENA_RTC_W1TC", 0b0100)
    assert rtc.read("INT_ENA_RTC") == 0b1000


# Clocks


@pytest.mark.parametrize(("select", "hz"), [(0, 136_000), (1, 32_768), (2, 17_500_000 / 256)])
def test_slow_clock(rtc: Any, select: int, hz: float) -> None:
    rtc.write("CLK_CONF", select << 30)
    assert rtc.context.clocks["rtc_slow"].period_ticks == round(913_920_000_000 / hz)


@pytest.mark.parametrize(("select", "hz"), [(0, 20_000_000), (1, 17_500_000)])
def test_fast_clock(rtc: Any, select: int, hz: int) -> None:
    rtc.write("CLK_CONF", select << 29)
    assert rtc.context.clocks["rtc_fast"].period_ticks == 913_920_000_000 // hz


# Watchdogs: actions in bits 30:28, 27:25, 24:22, 21:19; stage 0 counts double


def start_watchdog(rtc: Any, *actions: int, hold: int = 136) -> None:
    for stage in range(4):
        rtc.write(f"WDTCONFIG{stage + 1}", hold)
    stages = sum(action << 28 - 3 * stage for stage, action in enumerate(actions))
    rtc.write("WDTCONFIG0", 1 << 31 | stages | 0b11 << 10)


@pytest.mark.parametrize(
    ("action", "resets"),
    [(1, []), (2, [("core1", 13), ("core0", 13)]), (3, [("system", 9)]), (4, [("rtc", 16)])],
)
def test_watchdog_actions(rtc: Any, action: int, resets: list[tuple[str, int]]) -> None:
    start_watchdog(rtc, action)
    rtc.run(us=1999)
    assert rtc.context.resets == []
    rtc.run(us=1)
    assert (rtc.context.resets, rtc.read("INT_RAW_RTC")) == (resets, 8 if action == 1 else 0)


def test_watchdog_stages_follow_each_other(rtc: Any) -> None:
    start_watchdog(rtc, 1, 1, 1, 4)
    rtc.run(us=4999)
    assert rtc.context.resets == []
    rtc.run(us=1)
    assert rtc.context.resets == [("rtc", 16)]


def test_feeding_the_watchdog(rtc: Any) -> None:
    start_watchdog(rtc, 4)
    for _ in range(5):
        rtc.run(us=1900)
        rtc.write("WDTFEED", 1 << 31)
    assert rtc.context.resets == []


def test_protected_watchdog(rtc: Any) -> None:
    start_watchdog(rtc, 4)
    rtc.write("WDTWPROTECT", 0)
    rtc.write("WDTCONFIG0", 0)
    assert rtc.read("WDTCONFIG0") >> 31
    rtc.write("WDTWPROTECT", WDT_KEY)
    rtc.write("WDTCONFIG0", 0)
    assert rtc.read("WDTCONFIG0") == 0


def test_watchdog_guards_the_boot(bench: Callable[..., Any]) -> None:
    rtc = bench(RTC_CNTL)
    rtc.write("SWD_CONF", 1 << 31)
    rtc.run(us=2_950_000)
    assert rtc.context.resets == [("rtc", 16)]


def test_super_watchdog_resets_after_a_second(bench: Callable[..., Any]) -> None:
    rtc = bench(RTC_CNTL)
    rtc.run(us=999_999)
    assert rtc.context.resets == []
    rtc.run(us=1)
    assert (rtc.context.resets, rtc.read("SWD_CONF") & 1) == ([("rtc", 18)], 1)


@pytest.mark.parametrize("bit", [31, 30], ids=["auto feed", "disable"])
def test_super_watchdog_can_be_kept_quiet(bench: Callable[..., Any], bit: int) -> None:
    rtc = bench(RTC_CNTL)
    rtc.write("SWD_CONF", rtc.read("SWD_CONF") | 1 << bit)
    rtc.run(us=2_000_000)
    assert rtc.context.resets == []


def test_super_watchdog_is_fed(bench: Callable[..., Any]) -> None:
    rtc = bench(RTC_CNTL)
    rtc.run(us=900_000)
    rtc.write("SWD_CONF", rtc.read("SWD_CONF") | 1 << 29)
    rtc.run(us=900_000)
    assert rtc.context.resets == []


def test_protected_super_watchdog(bench: Callable[..., Any]) -> None:
    rtc = bench(RTC_CNTL)
    rtc.write("SWD_WPROTECT", 0)
    rtc.write("SWD_CONF", 1 << 31)
    rtc.write("SWD_WPROTECT", SWD_KEY)
    assert rtc.read("SWD_CONF") >> 31 == 0


def test_super_watchdog_flag_outlives_the_reset(bench: Callable[..., Any]) -> None:
    rtc = bench(RTC_CNTL)
    rtc.run(us=1_000_000)
    rtc.block.reset("rtc", 18)
    assert rtc.read("SWD_CONF") & 1
    rtc.write("SWD_CONF", 1 << 28)
    assert rtc.read("SWD_CONF") & 1 == 0


def test_only_deep_sleep_takes_power_away(rtc: Any) -> None:
    for pd_en, count in ((0, 0), (1 << 31, 1)):
        rtc.write("DIG_PWC", pd_en)
        rtc.write("STATE0", 1 << 31)
        assert (rtc.level("asleep"), rtc.level("cpu_clock"), rtc.context.power_downs) == (1, 0, count)
        rtc.block.reset("rtc", 1)
        assert (rtc.level("asleep"), rtc.level("cpu_clock")) == (0, 1)


# Brown-out

BROWN_OUT_INT = 1 << 9


@pytest.mark.parametrize(
    ("config", "interrupt", "resets"),
    [
        (0, 0, []),
        (1 << 30 | 136 << 4 | 272 << 16, BROWN_OUT_INT, []),
        (1 << 30 | 136 << 4 | 272 << 16 | 1 << 26, BROWN_OUT_INT, [("system", 15)]),
        (1 << 30 | 136 << 4 | 272 << 16 | 3 << 26, BROWN_OUT_INT, [("rtc", 15)]),
    ],
)
def test_a_low_supply(rtc: Any, config: int, interrupt: int, resets: list[tuple[str, int]]) -> None:
    rtc.write("BROWN_OUT", config)
    rtc.block.supply_low.set(1)
    assert rtc.read("BROWN_OUT") >> 31 == (interrupt != 0)
    rtc.run(us=999)
    assert rtc.read("INT_RAW_RTC") & BROWN_OUT_INT == 0
    rtc.run(us=2)
    assert rtc.read("INT_RAW_RTC") & BROWN_OUT_INT == interrupt
    assert rtc.context.resets == []
    rtc.run(us=1000)
    assert rtc.context.resets == resets


def test_a_supply_that_recovers_in_time(rtc: Any) -> None:
    rtc.write("BROWN_OUT", 1 << 30 | 1 << 26 | 136 << 4 | 272 << 16)
    rtc.block.supply_low.set(1)
    rtc.run(us=900)
    rtc.block.supply_low.set(0)
    rtc.run(us=5000)
    assert (rtc.read("INT_RAW_RTC") & BROWN_OUT_INT, rtc.read("BROWN_OUT") >> 31, rtc.context.resets) == (0, 0, [])


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        ("ULP_CP_TIMER", 1 << 31, "RTC_CNTL.ULP_CP_TIMER: the ULP coprocessors"),
        ("ULP_CP_CTRL", 3 << 30, "RTC_CNTL.ULP_CP_CTRL: the ULP coprocessors"),
        ("TOUCH_CTRL2", 1 << 13, "RTC_CNTL.TOUCH_CTRL2: the touch sensors"),
    ],
)
def test_what_is_not_there_is_told_when_it_is_started(rtc: Any, register: str, value: int, what: str) -> None:
    reset = rtc.read(register)
    rtc.write(register, reset)
    assert rtc.context.unknown == []
    rtc.write(register, reset | value)
    assert rtc.context.unknown == [what]
