"""LEDC: the exact waveform of every setting, fades, counters, interrupts, and what a tester measures of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esp32s3.ledc import Counter, Pulses
from twincore.waveform import edges_of

PARA_UP, SIG_OUT_EN, IDLE_HIGH = 1 << 4, 1 << 2, 1 << 3
TIMER_PARA_UP, TIMER_RST, TIMER_PAUSE = 1 << 25, 1 << 23, 1 << 22
DUTY_START, DUTY_UP = 1 << 31, 1 << 30
ONCE = DUTY_START | DUTY_UP | 1 << 20 | 1 << 10
"""One change, by nothing, after one period: how ESP-IDF gives a plain duty."""
OVF, DUTY_END, OVF_CNT = 1, 1 << 4, 1 << 12
XTAL = 3
"""40 MHz: 25 ns."""


# The waveform, against a counter that is turned tick by tick


def by_hand(pulses: Pulses, clocks: int) -> list[int]:
    """Return the level in each period of the clock, by counting as the divider and the comparator do."""
    counter, levels = pulses.counter, []
    sum256 = count = period = left = 0
    for _ in range(clocks):
        if count == pulses.hpoint:
            steps = min(period // pulses.cycle, pulses.steps)
            duty = pulses.duty + pulses.step * steps
            longer = (period + 1) * (duty % 16) // 16 - period * (duty % 16) // 16
            left = duty // 16 + longer
        levels.append(int(left > 0))
        sum256 += 256
        if sum256 >= counter.divider:
            sum256 -= counter.divider
            count, left = count + 1, left - 1
            if count == 1 << counter.bits:
                count, period = 0, period + 1
    return levels


@st.composite
def settings_of_a_channel(draw: st.DrawFn) -> Pulses:
    bits = draw(st.integers(1, 5))
    cycle, steps = draw(st.integers(1, 3)), draw(st.integers(0, 4))
    step = draw(st.integers(-3, 3)) * 16
    lowest, highest = max(0, -step * steps), (1 << bits + 4) + 32 - max(0, step * steps)
    return Pulses(
        Counter(0, 1, draw(st.integers(256, 1500)), 0, bits),
        draw(st.integers(0, (1 << bits) - 1)),
        0,
        draw(st.integers(lowest, max(lowest, highest))),
        step,
        cycle,
        steps,
    )


@settings(max_examples=200, deadline=None)
@given(settings_of_a_channel())
def test_the_waveform_is_that_of_a_counter_turned_by_hand(pulses: Pulses) -> None:
    expected = by_hand(pulses, 2000)
    first = pulses.counter.time_of(pulses.hpoint)
    got = [pulses.level_at(ticks) for ticks in range(2000)]
    assert got[first:] == expected[first:]
    edges = [(n, expected[n]) for n in range(first + 1, 2000) if expected[n] != expected[n - 1]]
    assert [edge for edge in edges_of(pulses, 0, 1999) if edge[0] > first] == edges


@given(st.integers(256, 0x3FFFF), st.integers(0, 10**6), st.integers(0, 10**9))
def test_a_counter_and_its_times_agree(divider: int, base: int, count: int) -> None:
    counter = Counter(1000, 3808, divider, base, 10)
    moment = counter.time_of(base + count)
    assert counter.count_at(moment) == base + count
    assert counter.count_at(moment - 1) < base + count


# The block on the chip


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    made = chip()
    made.write("LEDC.CONF", XTAL)
    made.write("GPIO.FUNC4_OUT_SEL_CFG", 73)
    return made


def timer(s3: Any, *, bits: int, divider: int, n: int = 0) -> None:
    """Set a timer up as ESP-IDF does: divider and resolution, PARA_UP, reset."""
    conf = bits | divider << 4
    s3.write(f"LEDC.TIMER{n}_CONF", conf | TIMER_PARA_UP)
    s3.write(f"LEDC.TIMER{n}_CONF", conf | TIMER_RST)
    s3.write(f"LEDC.TIMER{n}_CONF", conf)


def channel(s3: Any, duty: int, *, conf1: int = ONCE, hpoint: int = 0, n: int = 0, select: int = 0) -> None:
    s3.write(f"LEDC.CH{n}_HPOINT", hpoint)
    s3.write(f"LEDC.CH{n}_DUTY", duty)
    s3.write(f"LEDC.CH{n}_CONF1", conf1)
    s3.write(f"LEDC.CH{n}_CONF0", select | SIG_OUT_EN | PARA_UP)


def gaps_us(s3: Any, gpio: int = 4) -> list[float]:
    edges = s3.edges_us(gpio)
    return [round(after[0] - before[0], 3) for before, after in pairwise(edges)]


def test_5_khz_at_a_quarter(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 256 << 4)
    s3.run(us=1100)
    assert s3.edges_us(4)[0] == (200.0, 1)
    assert gaps_us(s3) == [50.0, 150.0] * 4 + [50.0]


def test_an_unwatched_channel_needs_no_event(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 256 << 4)
    s3.run(us=500)
    assert [event for event in s3.machine.events.pending() if event.owner in ("LEDC", "GPIO")] == []


@pytest.mark.parametrize(("duty", "edges"), [(0, []), (1024 << 4, [(200.0, 1)])], ids=["0 %", "100 %"])
def test_never_and_always(s3: Any, duty: int, edges: list[Any]) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, duty)
    s3.run(us=1100)
    assert s3.edges_us(4) == edges


def test_phase(s3: Any) -> None:
    s3.write("GPIO.FUNC5_OUT_SEL_CFG", 74)
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    channel(s3, 512 << 4, hpoint=512, n=1)
    s3.run(us=650)
    assert s3.edges_us(4) == [(200.0, 1), (300.0, 0), (400.0, 1), (500.0, 0), (600.0, 1)]
    assert [edge for edge in s3.edges_us(5) if edge[0] >= 300] == [(300.0, 1), (400.0, 0), (500.0, 1), (600.0, 0)]


def test_fraction_of_the_duty(s3: Any) -> None:
    timer(s3, bits=4, divider=256)
    channel(s3, 2 << 4 | 4)
    s3.run(us=20)
    edges = s3.engine.pin_edges(4)
    widths = [fall.time_ns - rise.time_ns for rise, fall in zip(edges[::2], edges[1::2], strict=False)]
    assert sorted(widths[:16]) == [50] * 12 + [75] * 4


@pytest.mark.parametrize(("select", "clock"), [(1, "apb"), (2, "rc_fast"), (3, "xtal")])
def test_clock_sources(s3: Any, select: int, clock: str) -> None:
    s3.write("LEDC.CONF", select)
    timer(s3, bits=8, divider=256)
    channel(s3, 128 << 4)
    start = s3.machine.time_ticks
    s3.run(us=100)
    period = s3.machine.clocks[clock].period_ticks * 256
    pin = s3.pin(4).course
    assert pin.next_edge(start + period) - period == pin.next_edge(start + 2 * period) - 2 * period
    assert len(list(edges_of(pin, start, start + 10 * period))) == 20


def test_a_clock_that_changes_takes_the_waveform_along(s3: Any) -> None:
    s3.write("LEDC.CONF", 1)
    timer(s3, bits=8, divider=256)
    channel(s3, 128 << 4)
    s3.run(us=100)
    s3.machine.clocks["apb"].set_period(s3.machine.clocks["apb"].period_ticks // 2)
    s3.run(us=100)
    assert gaps_us(s3)[0] == 6.4
    assert gaps_us(s3)[-1] == 3.2


def test_a_channel_changes_at_the_overflow(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=250)
    channel(s3, 256 << 4)
    s3.run(us=300)
    assert s3.edges_us(4) == [(200.0, 1), (300.0, 0), (400.0, 1), (450.0, 0)]


def test_nothing_changes_without_para_up(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=250)
    s3.write("LEDC.CH0_DUTY", 0)
    s3.write("LEDC.TIMER0_CONF", 8 | 2000 << 4)
    s3.run(us=300)
    assert s3.edges_us(4) == [(200.0, 1), (300.0, 0), (400.0, 1), (500.0, 0)]


def test_a_timer_changes_at_the_overflow(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=250)
    s3.write("LEDC.TIMER0_CONF", 10 | 1000 << 4 | TIMER_PARA_UP)
    s3.run(us=350)
    assert s3.edges_us(4) == [(200.0, 1), (300.0, 0), (400.0, 1), (450.0, 0), (500.0, 1), (550.0, 0), (600.0, 1)]


def test_timer_and_channel_change_at_the_same_overflow(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=250)
    channel(s3, 128 << 4)
    s3.write("LEDC.TIMER0_CONF", 8 | 8000 << 4 | TIMER_PARA_UP)
    s3.run(us=360)
    assert s3.edges_us(4)[2:] == [(400.0, 1), (500.0, 0), (600.0, 1)]


def test_stopping_leaves_the_idle_level_at_the_overflow(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=350)
    s3.write("LEDC.CH0_CONF0", IDLE_HIGH | PARA_UP)
    s3.run(us=500)
    assert s3.edges_us(4) == [(200.0, 1), (300.0, 0), (400.0, 1)]


def test_the_idle_level_holds_before_the_first_overflow(s3: Any) -> None:
    s3.write("LEDC.CH0_CONF0", IDLE_HIGH)
    assert s3.pin(4).level == 1


def test_pause_freezes_counter_and_level(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=220)
    s3.write("LEDC.TIMER0_CONF", 10 | 2000 << 4 | TIMER_PAUSE)
    counts = [s3.read("LEDC.TIMER0_VALUE")]
    s3.run(us=1000)
    counts.append(s3.read("LEDC.TIMER0_VALUE"))
    s3.write("LEDC.TIMER0_CONF", 10 | 2000 << 4)
    s3.run(us=100)
    assert counts[0] == counts[1] == pytest.approx(102, abs=20)
    assert [level for _, level in s3.edges_us(4)] == [1, 0]
    assert gaps_us(s3) == [pytest.approx(1100, abs=5)]


def test_reset_begins_a_period(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=350)
    now_us = s3.machine.time_ns / 1000
    s3.write("LEDC.TIMER0_CONF", 10 | 2000 << 4 | TIMER_RST)
    assert s3.read("LEDC.TIMER0_VALUE") == 0
    s3.write("LEDC.TIMER0_CONF", 10 | 2000 << 4)
    s3.run(us=120)
    assert s3.edges_us(4)[2:] == [(now_us, 1), (pytest.approx(now_us + 100, abs=0.001), 0)]


def test_a_timer_that_never_ran_leaves_its_channel_waiting(s3: Any) -> None:
    channel(s3, 512 << 4, select=1)
    s3.run(us=500)
    assert s3.edges_us(4) == []
    timer(s3, bits=10, divider=2000, n=1)
    s3.run(us=250)
    assert [level for _, level in s3.edges_us(4)] == [1]


# Fades


def test_a_fade_is_exact_in_every_period_and_ends_with_its_interrupt(s3: Any) -> None:
    s3.write("LEDC.INT_ENA", DUTY_END)
    timer(s3, bits=10, divider=2000)
    channel(s3, 100 << 4, conf1=DUTY_START | DUTY_UP | 3 << 20 | 2 << 10 | 50)
    s3.run(us=1390)
    assert (s3.level("LEDC.interrupt"), s3.read("LEDC.CH0_DUTY_R") >> 4, s3.read("LEDC.CH0_CONF1") >> 31) == (0, 200, 1)
    s3.run(us=20)
    assert (s3.level("LEDC.interrupt"), s3.read("LEDC.CH0_DUTY_R") >> 4, s3.read("LEDC.CH0_CONF1") >> 31) == (1, 250, 0)
    assert (s3.read("LEDC.INT_RAW") & ~OVF, s3.read("LEDC.INT_ST")) == (DUTY_END, DUTY_END)
    s3.write("LEDC.INT_CLR", DUTY_END)
    s3.run(us=500)
    tick = 200 / 1024
    highs = gaps_us(s3)[::2]
    assert highs == [pytest.approx(ticks * tick, abs=0.026) for ticks in (100, 100, 150, 150, 200, 200, 250, 250, 250)]
    assert s3.level("LEDC.interrupt") == 0


def test_a_fade_down(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 300 << 4, conf1=DUTY_START | 4 << 20 | 1 << 10 | 75)
    duties = []
    s3.run(us=10)
    for _ in range(6):
        s3.run(us=200)
        duties.append(s3.read("LEDC.CH0_DUTY_R") >> 4)
    assert duties == [300, 225, 150, 75, 0, 0]
    assert s3.pin(4).course == 0


def test_a_plain_duty_ends_its_change_after_a_period(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=390)
    before = s3.read("LEDC.INT_RAW") & DUTY_END
    s3.run(us=20)
    assert (before, s3.read("LEDC.INT_RAW") & DUTY_END) == (0, DUTY_END)


# Overflows


def test_the_overflow_is_seen_without_an_event(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    s3.run(us=190)
    raw = [s3.read("LEDC.INT_RAW")]
    s3.run(us=20)
    raw.append(s3.read("LEDC.INT_RAW"))
    s3.write("LEDC.INT_CLR", OVF)
    raw.append(s3.read("LEDC.INT_RAW"))
    s3.run(us=200)
    raw.append(s3.read("LEDC.INT_RAW"))
    assert raw == [0, OVF, 0, OVF]
    assert [event for event in s3.machine.events.pending() if event.owner == "LEDC"] == []


def test_the_overflow_interrupts_when_it_is_enabled(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    s3.write("LEDC.INT_ENA", OVF)
    levels = []
    for duration in (190, 20, 170):
        s3.run(us=duration)
        levels.append(s3.level("LEDC.interrupt"))
        s3.write("LEDC.INT_CLR", OVF)
    s3.run(us=30)
    levels.append(s3.level("LEDC.interrupt"))
    assert levels == [0, 1, 0, 1]


def test_enabling_an_interrupt_that_is_due_raises_it(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    s3.run(us=300)
    s3.write("LEDC.INT_ENA", OVF)
    assert s3.level("LEDC.interrupt") == 1


def test_counting_overflows(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    s3.write("LEDC.INT_ENA", OVF_CNT)
    s3.write("LEDC.CH0_CONF0", SIG_OUT_EN | PARA_UP | 2 << 5 | 1 << 15)
    levels = []
    for duration in (790, 20, 580, 20):
        s3.run(us=duration)
        levels.append(s3.level("LEDC.interrupt"))
        s3.write("LEDC.INT_CLR", OVF_CNT)
    assert levels == [0, 1, 0, 1]


def test_the_count_of_overflows_can_be_reset(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    s3.write("LEDC.CH0_CONF0", SIG_OUT_EN | PARA_UP | 2 << 5 | 1 << 15)
    s3.run(us=610)
    s3.write("LEDC.CH0_CONF0", SIG_OUT_EN | 2 << 5 | 1 << 15 | 1 << 16)
    s3.run(us=200)
    raw = [s3.read("LEDC.INT_RAW") & OVF_CNT]
    s3.run(us=400)
    raw.append(s3.read("LEDC.INT_RAW") & OVF_CNT)
    assert raw == [0, OVF_CNT]


# The rest


def test_what_is_missing_says_so(s3: Any) -> None:
    s3.write("LEDC.TIMER2_CONF", 1 << 24)
    timer(s3, bits=14, divider=256)
    channel(s3, 1 << 18)
    s3.run(us=1000)
    assert [use.name for use in s3.engine.unmodelled()] == ["LEDC.TIMER2_CONF.TICK_SEL", "LEDC.CH0_DUTY of 2**14"]


def test_a_reset_stops_everything(s3: Any) -> None:
    timer(s3, bits=10, divider=2000)
    channel(s3, 512 << 4)
    s3.run(us=250)
    s3.block("LEDC").reset("block")
    s3.run(us=300)
    assert (s3.pin(4).level, s3.read("LEDC.TIMER0_VALUE"), s3.edges_us(4)[-1][1]) == (0, 0, 0)
    assert [event for event in s3.machine.events.pending() if event.owner == "LEDC"] == []
