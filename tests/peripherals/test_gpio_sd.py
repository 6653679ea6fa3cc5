"""GPIO_SD: the density of pulses on a pin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twincore.waveform import Periodic, edges_of

CLOCK_ON = 1 << 30
PIN = 4


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    made = chip()
    made.write(f"GPIO.FUNC{PIN}_OUT_SEL_CFG", 93)
    made.write("GPIO_SD.SIGMADELTA_MISC", CLOCK_ON)
    return made


def high_ticks(course: Any, begin: int, end: int) -> int:
    edges = [(begin, course.level_at(begin)), *edges_of(course, begin, end), (end, 0)]
    return sum((after - before) * level for (before, level), (after, _) in pairwise(edges))


@pytest.mark.parametrize("density", [-127, -100, -1, 0, 1, 64, 127])
@pytest.mark.parametrize("prescale", [0, 7, 255])
def test_density(s3: Any, density: int, prescale: int) -> None:
    s3.write("GPIO_SD.SIGMADELTA0", density & 0xFF | prescale << 8)
    tick = s3.machine.clocks["apb"].period_ticks * (prescale + 1)
    course = s3.pin(PIN).course
    assert isinstance(course, Periodic)
    assert high_ticks(course, course.start, course.start + 256 * tick) == (density + 128) * tick


def test_pulses_are_spread_evenly(s3: Any) -> None:
    s3.write("GPIO_SD.SIGMADELTA0", 192 & 0xFF)  # -64: one tick in four
    s3.run(us=2)
    tick = s3.machine.clocks["apb"].period_ticks * 1e6 / 913_920_000_000
    gaps = [after[0] - before[0] for before, after in pairwise(s3.edges_us(PIN))]
    assert gaps[:4] == [pytest.approx(ticks * tick, abs=0.002) for ticks in (1, 3, 1, 3)]


def test_the_lowest_density_is_low(s3: Any) -> None:
    s3.write("GPIO_SD.SIGMADELTA0", 0x80)
    assert s3.pin(PIN).course == 0


def test_nothing_runs_without_its_clock(s3: Any) -> None:
    s3.write("GPIO_SD.SIGMADELTA_MISC", 0)
    s3.write("GPIO_SD.SIGMADELTA0", 0)
    assert s3.pin(PIN).course == 0


def test_the_last_channel(s3: Any) -> None:
    s3.write("GPIO.FUNC5_OUT_SEL_CFG", 100)
    s3.write("GPIO_SD.SIGMADELTA7", 0)
    assert isinstance(s3.pin(5).course, Periodic)
