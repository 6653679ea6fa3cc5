"""PCNT: edges counted up and down, limits, thresholds, filter, interrupts; a PWM without an event an edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esp32s3.pcnt import NONE, Filter
from twincore.model import TICKS_PER_SECOND
from twincore.waveform import Periodic

US = TICKS_PER_SECOND // 1_000_000
NEG, POS, HIGH, LOW = 16, 18, 20, 22
"""Where the modes of channel 0 stand in CONF0; those of channel 1 eight bits higher."""
UP, DOWN = 1, 2
ZERO_EN, HIGH_EN, LOW_EN, THRES0_EN, THRES1_EN, FILTER_EN = (1 << bit for bit in (11, 12, 13, 14, 15, 10))
ZERO, H_LIM, L_LIM, THRES0, THRES1 = (1 << bit for bit in (6, 5, 4, 3, 2))
PULSE, CONTROL = 4, 5


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    made = chip()
    for pin in (PULSE, CONTROL, 6, 7):
        made.write(f"IO_MUX.GPIO{pin}", 1 << 12 | 1 << 9)
    made.write("GPIO.FUNC33_IN_SEL_CFG", 1 << 7 | PULSE)
    made.write("GPIO.FUNC35_IN_SEL_CFG", 1 << 7 | CONTROL)
    made.write("PCNT.CTRL", 0)
    limits(made, 32767, -32768)
    return made


def limits(s3: Any, high: int, low: int) -> None:
    s3.write("PCNT.U0_CONF2", high & 0xFFFF | (low & 0xFFFF) << 16)


def thresholds(s3: Any, first: int, second: int) -> None:
    s3.write("PCNT.U0_CONF1", first & 0xFFFF | (second & 0xFFFF) << 16)


def count(s3: Any, unit: int = 0) -> int:
    value = s3.read(f"PCNT.U{unit}_CNT")
    return int((value ^ 0x8000) - 0x8000)


def pulses(s3: Any, number: int, pin: int = PULSE) -> None:
    for _ in range(number):
        for level in (1, 0):
            s3.pin(pin).drive(level)
            s3.run(ticks=US)


@pytest.mark.parametrize(
    ("positive", "negative", "result"), [(UP, 0, 5), (0, UP, 5), (UP, UP, 10), (DOWN, 0, -5), (UP, DOWN, 0), (3, 3, 0)]
)
def test_edges(s3: Any, positive: int, negative: int, result: int) -> None:
    s3.write("PCNT.U0_CONF0", positive << POS | negative << NEG)
    pulses(s3, 5)
    assert count(s3) == result


@pytest.mark.parametrize(("mode", "result"), [(0, 5), (1, -5), (2, 0), (3, 0)], ids=["keep", "invert", "hold", "3"])
@pytest.mark.parametrize("level", [0, 1])
def test_control(s3: Any, level: int, mode: int, result: int) -> None:
    s3.write("PCNT.U0_CONF0", UP << POS | mode << (HIGH if level else LOW))
    s3.pin(CONTROL).drive(level)
    pulses(s3, 5)
    assert count(s3) == result


def test_a_rotary_encoder(s3: Any) -> None:
    """Both channels of a unit count the edges of one signal by the level of the other, as ESP-IDF's example does."""
    s3.write("GPIO.FUNC34_IN_SEL_CFG", 1 << 7 | CONTROL)
    s3.write("GPIO.FUNC36_IN_SEL_CFG", 1 << 7 | PULSE)
    s3.write("PCNT.U0_CONF0", DOWN << POS | UP << NEG | 1 << LOW | (UP << POS | DOWN << NEG | 1 << LOW) << 8)
    turn = [(PULSE, 1), (CONTROL, 1), (PULSE, 0), (CONTROL, 0)]
    counts = []
    for direction in (turn * 3, [(pin, level) for pin, level in reversed([(p, 1 - v) for p, v in turn])] * 2):
        for pin, level in direction:
            s3.pin(pin).drive(level)
            s3.run(ticks=US)
        counts.append(count(s3))
    assert [abs(value) for value in counts] == [12, 4]


def test_units_count_apart(s3: Any) -> None:
    s3.write("GPIO.FUNC45_IN_SEL_CFG", 1 << 7 | 6)
    s3.write("PCNT.U0_CONF0", UP << POS)
    s3.write("PCNT.U3_CONF0", DOWN << POS)
    pulses(s3, 3)
    pulses(s3, 4, pin=6)
    assert (count(s3), count(s3, 3)) == (3, -4)


def test_pause_and_reset(s3: Any) -> None:
    s3.write("PCNT.U0_CONF0", UP << POS)
    counts = []
    for control in (0, 2, 0, 1, 0):
        s3.write("PCNT.CTRL", control)
        pulses(s3, 3)
        counts.append(count(s3))
    assert counts == [3, 3, 6, 0, 3]


@pytest.mark.parametrize("edge", [UP, DOWN])
def test_a_limit_starts_anew(s3: Any, edge: int) -> None:
    limits(s3, 4, -4)
    s3.write("PCNT.INT_ENA", 1)
    s3.write("PCNT.U0_CONF0", edge << POS | HIGH_EN | LOW_EN | ZERO_EN)
    levels = []
    for number in (3, 1, 2):
        pulses(s3, number)
        levels.append((s3.level("PCNT.interrupt"), abs(count(s3))))
    assert levels == [(0, 3), (1, 0), (1, 2)]
    # going back to 0 is an event of its own, from above or from below
    assert s3.read("PCNT.U0_STATUS") == (H_LIM | ZERO | 0 if edge == UP else L_LIM | ZERO | 1)
    s3.write("PCNT.INT_CLR", 1)
    assert (s3.level("PCNT.interrupt"), s3.read("PCNT.INT_RAW"), s3.read("PCNT.INT_ST")) == (0, 0, 0)


def test_thresholds_and_zero(s3: Any) -> None:
    thresholds(s3, 2, -3)
    s3.write("PCNT.INT_ENA", 1)
    s3.write("PCNT.U0_CONF0", UP << POS | 1 << HIGH | THRES0_EN | THRES1_EN | ZERO_EN)
    seen = []
    for level, number in ((0, 3), (1, 6), (0, 3)):
        s3.pin(CONTROL).drive(level)
        for _ in range(number):
            pulses(s3, 1)
            if s3.level("PCNT.interrupt"):
                seen.append((count(s3), s3.read("PCNT.U0_STATUS")))
                s3.write("PCNT.INT_CLR", 1)
    assert seen == [(2, THRES0), (2, THRES0), (0, ZERO), (-3, THRES1), (0, ZERO | 1)]


@pytest.mark.parametrize(("start", "edge", "mode"), [(1, DOWN, 3), (-1, UP, 2)])
def test_two_channels_step_across_zero_at_once(s3: Any, start: int, edge: int, mode: int) -> None:
    s3.write("GPIO.FUNC34_IN_SEL_CFG", 1 << 7 | PULSE)
    s3.write("PCNT.U0_CONF0", (UP if start > 0 else DOWN) << POS | ZERO_EN)
    pulses(s3, 1)
    s3.write("PCNT.INT_ENA", 1)
    s3.write("PCNT.U0_CONF0", edge << POS | edge << POS + 8 | ZERO_EN)
    pulses(s3, 1)
    assert (count(s3), s3.level("PCNT.interrupt"), s3.read("PCNT.U0_STATUS")) == (-start, 1, ZERO | mode)


def test_nothing_interrupts_unless_enabled(s3: Any) -> None:
    thresholds(s3, 2, 3)
    s3.write("PCNT.U0_CONF0", UP << POS | THRES0_EN)
    pulses(s3, 5)
    assert (s3.level("PCNT.interrupt"), s3.read("PCNT.INT_RAW")) == (0, 1)
    s3.write("PCNT.INT_ENA", 1)
    assert (s3.level("PCNT.interrupt"), s3.read("PCNT.U0_STATUS")) == (1, THRES0)


def test_the_filter_ignores_short_pulses(s3: Any) -> None:
    clock = s3.machine.clocks["apb"].period_ticks
    s3.write("PCNT.U0_CONF0", UP << POS | FILTER_EN | 100)
    for clocks in (90, 110, 50, 200):
        s3.pin(PULSE).drive(1)
        s3.run(ticks=clocks * clock)
        s3.pin(PULSE).drive(0)
        s3.run(ticks=300 * clock)
    assert count(s3) == 2


# A PWM


@pytest.fixture
def pwm(s3: Any) -> Any:
    """100 kHz on the pin."""
    s3.pin(PULSE).drive(Periodic(0, 10 * US, 1, (4 * US,)))
    return s3


def own_events(s3: Any) -> list[str]:
    return [event.name for event in s3.machine.events.pending() if event.owner in ("PCNT", "GPIO")]


def test_a_pwm_is_counted_without_events(pwm: Any) -> None:
    pwm.write("PCNT.U0_CONF0", UP << POS)
    pwm.run(us=1000)
    assert (count(pwm), own_events(pwm)) == (pytest.approx(100, abs=1), [])


def test_a_pwm_interrupts_with_one_event(pwm: Any) -> None:
    thresholds(pwm, 1500, 0)
    pwm.write("PCNT.INT_ENA", 1)
    pwm.write("PCNT.U0_CONF0", UP << POS | UP << NEG | THRES0_EN)
    assert own_events(pwm) == ["count"]
    while not pwm.level("PCNT.interrupt"):
        pwm.run(us=10)
    assert pwm.machine.time_ns / 1000 == pytest.approx(7500, abs=20)
    assert count(pwm) == pytest.approx(1500, abs=2)


def test_the_wait_for_a_far_threshold_is_cut(pwm: Any) -> None:
    thresholds(pwm, 10000, 0)
    pwm.write("PCNT.INT_ENA", 1)
    pwm.write("PCNT.U0_CONF0", UP << POS | THRES0_EN)
    for _ in range(101):
        assert pwm.level("PCNT.interrupt") == 0
        assert own_events(pwm) == ["count"]
        if pwm.machine.time_ns >= 99_000_000:
            break
        pwm.run(us=1000)
    pwm.run(us=2000)
    assert pwm.level("PCNT.interrupt") == 1


def test_a_pwm_under_the_filter_is_not_there(pwm: Any) -> None:
    pwm.write("PCNT.INT_ENA", 1)
    thresholds(pwm, 1, 0)
    pwm.write("PCNT.U0_CONF0", UP << POS | FILTER_EN | 100 | THRES0_EN)
    pwm.run(us=5000)
    assert (count(pwm), pwm.level("PCNT.interrupt")) == (0, 0)


def test_ledc_is_counted_through_its_own_pin(s3: Any) -> None:
    s3.write("LEDC.CONF", 3)
    s3.write(f"GPIO.FUNC{PULSE}_OUT_SEL_CFG", 73)
    s3.write("LEDC.TIMER0_CONF", 8 | 256 << 4 | 1 << 25)
    s3.write("LEDC.TIMER0_CONF", 8 | 256 << 4)
    s3.write("LEDC.CH0_DUTY", 64 << 4)
    s3.write("LEDC.CH0_CONF1", 1 << 31 | 1 << 30)
    s3.write("LEDC.CH0_CONF0", 1 << 2 | 1 << 4)
    s3.write("PCNT.U0_CONF0", UP << POS)
    s3.run(us=1000)
    assert count(s3) == pytest.approx(1000 / 6.4, abs=2)


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=40), st.integers(0, 8), st.lists(st.integers(0, 400), max_size=4)
)
def test_the_filter_is_the_same_however_it_is_cut(gaps: list[int], shortest: int, cuts: list[int]) -> None:
    edges = [(sum(gaps[: n + 1]), (n + 1) % 2) for n in range(len(gaps))]
    end = 1000
    whole = list(Filter(0, NONE, shortest).hear(iter(edges), end))
    line, pieces, begin = Filter(0, NONE, shortest), [], 0
    for cut in [*sorted(cuts), end]:
        pieces += list(line.hear((edge for edge in edges if begin < edge[0] <= cut), cut))
        begin = max(begin, cut)
    assert pieces == whole
    assert [level for _, level in whole] == [(n + 1) % 2 for n in range(len(whole))]
