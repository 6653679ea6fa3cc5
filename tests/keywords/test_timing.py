"""Keywords that measure periods, and their figures."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.keywords.periods import Figures
from twincore.keywords.values import Duration, Gpio, Place

MS, US = 1_000_000, 1_000
LOOP = 0x4037_9000
EVERY_MS = {"period": Duration(MS), "jitter": Duration(2 * US), "during": Duration(10 * MS)}


def _loop(engine: Any, *late_ns: int, core: int = 1) -> None:
    for index, late in enumerate(late_ns):
        engine.hit((index + 1) * MS + late, core, LOOP)


def test_a_regular_loop_passes_and_its_figures_come_back(engine: Any, call: Any) -> None:
    _loop(engine, 0, 0, 2 * US, 0, 0, 0, -US, 0, 0, 0)
    figures = call("Symbol Should Be Hit Periodically", Place.of("loop"), core=1, **EVERY_MS)
    assert str(figures) == "9 periods, shortest 0.998 ms, mean 1.000 ms, longest 1.002 ms"
    assert figures.spread == Duration(4 * US)
    assert engine.recorded == {}


def test_a_period_that_is_off_fails_with_the_worst(engine: Any, failure: Any) -> None:
    _loop(engine, 0, 0, 3 * US, 0, 0, 0, 0, 0, 0, 0)
    assert failure("Symbol Should Be Hit Periodically", Place.of("loop"), core=1, **EVERY_MS) == (
        "loop on core 1 did not do what was expected.\n"
        "  expected:  hits every 1 ms ± 2 us during 10 ms\n"
        "  got:       2 of 9 periods off, the worst by 3 us too long (1.003 ms, ended at 0.003003000 s); "
        "shortest 0.997 ms, mean 1.000 ms, longest 1.003 ms\n"
        "  when:      0.010000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: the picture in the log shows which periods are off: what delays them?"
    )


def test_a_loop_that_stops_fails(engine: Any, failure: Any) -> None:
    _loop(engine, 0, 0, 0, 0)
    assert failure("Symbol Should Be Hit Periodically", Place.of("loop"), **EVERY_MS) == (
        "loop did not do what was expected.\n"
        "  expected:  hits every 1 ms ± 2 us during 10 ms\n"
        "  got:       none from 0.004000000 s to 0.010000000 s: 4 hits, the last at 0.004000000 s\n"
        "  when:      0.010000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: see in the log what the core is doing"
    )


def test_a_loop_that_begins_late_fails(engine: Any, failure: Any) -> None:
    for index in range(5, 11):
        engine.hit(index * MS, 1, LOOP)
    assert "none from 0.000000000 s to 0.005000000 s: 6 hits, the first at 0.005000000 s" in failure(
        "Symbol Should Be Hit Periodically", Place.of("loop"), **EVERY_MS
    )


def test_a_loop_that_is_never_entered_fails(failure: Any) -> None:
    message = failure("Symbol Should Be Hit Periodically", Place.of("loop"), **EVERY_MS)
    assert "got:       no hits\n" in message
    assert message.endswith("next step: is the code reached at all?")


def test_a_run_that_ends_early_fails(engine: Any, failure: Any) -> None:
    _loop(engine, *[0] * 10)
    engine.exit_at = 5 * MS
    assert "none from 0.004000000 s to 0.010000000 s" in failure(
        "Symbol Should Be Hit Periodically", Place.of("loop"), **EVERY_MS
    )


def test_two_cores_at_one_place_must_be_told_apart(engine: Any, call: Any, failure: Any) -> None:
    _loop(engine, *[0] * 20)
    for index in range(40):
        engine.hit(index * MS // 2, 0, LOOP)
    assert "expected:  one core to come here\n  got:       both\n" in failure(
        "Symbol Should Be Hit Periodically", Place.of("loop"), **EVERY_MS
    )
    call("Symbol Should Be Hit Periodically", Place.of("loop"), core=1, **EVERY_MS)


def test_one_must_look_for_at_least_two_periods(failure: Any) -> None:
    assert failure("Pin Should Toggle Every", Gpio(4), Duration(MS), Duration(US), Duration(MS)) == (
        "GPIO4: expected to look during at least two periods, got 1 ms for periods of 1 ms"
    )


def test_a_pin_toggles_periodically(engine: Any, call: Any, failure: Any) -> None:
    for index in range(1, 21):
        engine.edge(index * MS + (5 * US if index == 15 else 0), 4, index % 2)
    call("Pin Should Toggle Every", Gpio(4), Duration(MS), Duration(2 * US), Duration(10 * MS))
    assert failure("Pin Should Toggle Every", Gpio(4), Duration(MS), Duration(2 * US), Duration(10 * MS)) == (
        "GPIO4 did not do what was expected.\n"
        "  expected:  edges every 1 ms ± 2 us during 10 ms\n"
        "  got:       2 of 9 periods off, the worst by 5 us too long (1.005 ms, ended at 0.015005000 s); "
        "shortest 0.995 ms, mean 1.000 ms, longest 1.005 ms\n"
        "  when:      0.020000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: the picture in the log shows which periods are off: what delays them?"
    )


def test_periods_can_be_recorded_over_other_keywords(engine: Any, call: Any, failure: Any) -> None:
    _loop(engine, *[0] * 9)
    assert failure("Recorded Period", Place.of("loop")) == (
        "loop: expected a place whose hits are recorded\n  next step: use 'Record Hits' before"
    )
    call("Record Hits", Place.of("loop"))
    call("Run For", Duration(5 * MS))
    call("Symbol Period", Place.of("loop"), Duration(4 * MS))
    assert call("Recorded Period", Place.of("loop")).count == 8
    assert "expected:  at least 2 hits since recording began\n  got:       0\n" in failure(
        "Recorded Period", Place.of("loop"), core=0
    )


def test_a_pin_period_is_measured(engine: Any, call: Any) -> None:
    for index in range(1, 5):
        engine.edge(index * MS, 4, index % 2)
    assert call("Pin Period", Gpio(4), Duration(5 * MS)).mean == Duration(MS)


def test_cycles_are_compared_with_a_time(call: Any, failure: Any) -> None:
    call("Cycles Should Last", 240_024, Duration(1_000_000), cpu_mhz=240)
    assert failure("Cycles Should Last", 240_025, Duration(1_000_000), cpu_mhz=240.0) == (
        "the firmware's own measurement did not do what was expected.\n"
        "  expected:  1 ms, to within 100 ns\n"
        "  got:       240025 cycles at 240 MHz, which are 1.000104 ms\n"
        "  when:      0.000000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: does the CPU run at this clock, and are both of the same span of time?"
    )


@pytest.mark.parametrize(("times", "count"), [((), None), ((5,), None), ((5, 7), 1)])
def test_figures_need_a_period(times: tuple[int, ...], count: int | None) -> None:
    figures = Figures.of(times)
    assert (figures.count if figures else None) == count
