"""Keywords that judge loops turn by turn, on a scripted engine and on real firmware."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.histogram import picture
from twincore.keywords.library import KeywordError
from twincore.keywords.periods import Figures
from twincore.keywords.turns import Limits, Occasion
from twincore.keywords.values import Duration

MS, US = 1_000_000, 1_000
LOOP, MAIN = 0x4037_9000, 0x4037_8000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"


def _loop(engine: Any, *late_ns: int, period: int = MS, core: int = 1, address: int = LOOP) -> None:
    for index, late in enumerate(late_ns):
        engine.hit((index + 1) * period + late, core, address)


@pytest.mark.parametrize(
    ("text", "shortest", "longest", "written"),
    [
        ("1 ms +- 2 us", 998_000, 1_002_000, "1 ms ± 2 us"),
        ("1ms±2us", 998_000, 1_002_000, "1 ms ± 2 us"),
        ("1 ms +/- 250 ns", 999_750, 1_000_250, "1 ms ± 250 ns"),
        ("2 ms +- 0.1 %", 1_998_000, 2_002_000, "2 ms ± 2 us"),
        ("1 ms + 5 us - 2 us", 998_000, 1_005_000, "1 ms + 5 us - 2 us"),
        ("below 20 us", 0, 20_000, "below 20 us"),
        ("< 20 us", 0, 20_000, "below 20 us"),
        ("240 cycles at 240 MHz +- 1 us", 0, 2_000, "1 us ± 1 us"),
    ],
)
def test_limits_are_read(text: str, shortest: int, longest: int, written: str) -> None:
    limits = Limits.of(text)
    assert (limits.shortest_ns, limits.longest_ns, str(limits)) == (shortest, longest, written)


@pytest.mark.parametrize("text", ["", "1 ms", "1 ms +- 2", "1 ms +- 2 ms", "0 ms +- 1 ms", "below", "1 ms + 2 us"])
def test_limits_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Limits.of(text)


@pytest.mark.parametrize(
    ("text", "written", "things"),
    [
        ("amp_control_loop", "amp_control_loop", "hits"),
        ("0x40379000", "0x40379000", "hits"),
        ("gpio4", "GPIO4", "edges"),
        ("GPIO4 rising", "GPIO4 rising", "edges"),
        ("GPIO 4 Falling", "GPIO4 falling", "edges"),
        ("write GPIO.OUT_W1TS", "write GPIO.OUT_W1TS", "writes"),
        ("loop on core 1", "loop on core 1", "hits"),
        ("write to amp_heartbeat+4", "write amp_heartbeat+0x4", "writes"),
    ],
)
def test_occasions_are_read(text: str, written: str, things: str) -> None:
    occasion = Occasion.of(text)
    assert (str(occasion), occasion.things) == (written, things)


@pytest.mark.parametrize("text", ["", "GPIO4 sideways", "write", "two words"])
def test_occasions_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Occasion.of(text)


def _keep(call: Any, period: str = "1 ms +- 2 us", turns: int = 9, on: str = "", **named: Any) -> Any:
    return call("Loop Should Keep", Occasion.of(f"loop{on}"), Limits.of(period), turns=turns, **named)


def test_a_regular_loop_passes_and_no_more_turns_count_than_asked_for(engine: Any, call: Any) -> None:
    _loop(engine, 0, 0, 2 * US, 0, 0, 0, -US, 0, 0, 0, 50 * US)
    figures = _keep(call, on=" on core 1")
    assert str(figures) == "9 periods, shortest 0.998 ms, mean 1.000 ms, longest 1.002 ms"
    assert engine.recorded == {}


def test_a_turn_beyond_the_limits_fails_with_the_worst(engine: Any, failure: Any) -> None:
    _loop(engine, 0, 0, 3 * US, 0, 0, 0, 0, 0, 0, 0)
    assert _keep(failure, on=" on core 1") == (
        "loop on core 1 did not do what was expected.\n"
        "  expected:  9 turns of 1 ms ± 2 us\n"
        "  got:       2 of 9 beyond the limits, the worst too long by 3 us (1.003 ms, ended at 0.003003000 s); "
        "shortest 0.997 ms, mean 1.000 ms, longest 1.003 ms\n"
        "  when:      0.010000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: the picture in the log shows which are off: what delays them?"
    )


def test_missed_deadlines_are_counted(engine: Any, failure: Any) -> None:
    for at in (1, 2, 3, 6, 7, 9, 10, 11, 12, 13):
        engine.hit(at * MS, 1, LOOP)
    assert "got:       3 missed deadlines: the longest gap is 3 ms and ended at 0.006000000 s" in _keep(
        failure, turns=9, missed=2
    )


def test_missed_deadlines_may_be_allowed(engine: Any, call: Any) -> None:
    for at in (1, 2, 3, 6, 7, 9, 10, 11, 12, 13):
        engine.hit(at * MS, 1, LOOP)
    assert _keep(call, turns=9, missed=3).missed(MS) == 3


def test_a_loop_that_stops_fails(engine: Any, failure: Any) -> None:
    _loop(engine, 0, 0, 0, 0)
    message = _keep(failure)
    assert "got:       3 up to 0.011022000 s, the last turn began at 0.004000000 s" in message


def test_a_loop_that_is_never_entered_fails(failure: Any) -> None:
    assert "got:       no hits from 0.000000000 s to 0.011022000 s" in _keep(failure)


def test_two_cores_at_one_place_must_be_told_apart(engine: Any, failure: Any) -> None:
    _loop(engine, *[0] * 10)
    _loop(engine, *[0] * 10, core=0)
    assert "expected:  one core to come here\n  got:       both\n" in _keep(failure)


def test_a_bound_alone_has_no_missed_deadlines(engine: Any, call: Any, failure: Any) -> None:
    for at in (1, 4, 5, 8):
        engine.hit(at * 100 * US, 1, LOOP)
    assert _keep(call, "below 300 us", turns=3).longest == Duration(300 * US)
    for at in (11, 14, 15, 19):
        engine.hit(at * 100 * US, 1, LOOP)
    assert "the worst too long by 100 us (400 us" in _keep(failure, "below 300 us", turns=3)


def test_edges_are_chosen(engine: Any, call: Any) -> None:
    for index in range(1, 21):
        engine.edge(index * MS, 4, index % 2)
    rising = call("Loop Should Keep", Occasion.of("GPIO4 rising"), Limits.of("2 ms +- 1 us"), turns=4)
    both = call("Loop Should Keep", Occasion.of("GPIO4"), Limits.of("1 ms +- 1 us"), turns=4)
    assert (rising.mean, both.mean) == (Duration(2 * MS), Duration(MS))


def test_a_core_that_is_not_there_is_refused(failure: Any) -> None:
    assert _keep(failure, on=" on core 2") == "loop on core 2: expected a core from 0 to 1, got 2"


def test_figures_without_a_judgement(engine: Any, call: Any, failure: Any) -> None:
    _loop(engine, 0, 10 * US, 0, 0, 0)
    assert call("Loop Figures", Occasion.of("loop"), turns=4, within=Duration(9 * MS)).longest == Duration(1_010_000)
    assert "expected:  4 turns within 3 ms\n  got:       0 hits\n" in failure(
        "Loop Figures", Occasion.of("loop"), turns=4, within=Duration(3 * MS)
    )


def test_responses_are_measured_and_judged(engine: Any, call: Any, failure: Any) -> None:
    named = {"times": 3, "within": Duration(10 * MS)}
    cause, response = Occasion.of("core0_main"), Occasion.of("loop")
    _loop(engine, 0, 0, 0, 0, core=0, address=MAIN)
    _loop(engine, 10 * US, 15 * US, 12 * US)
    figures = call("Response Should Come", cause, response, Limits.of("below 20 us"), **named)
    assert figures.periods_ns == (10_000, 15_000, 12_000)
    begin = engine.time_ns // MS * MS
    for at, late in ((1, 5), (2, 25), (3, 5)):
        engine.hit(begin + at * MS, 0, MAIN)
        engine.hit(begin + at * MS + late * US, 1, LOOP)
    message = failure("Response Should Come", cause, response, Limits.of("below 20 us"), **named)
    assert "1 of 3 beyond the limits, the worst too long by 5 us (25 us, ended at" in message


def test_a_response_that_does_not_come_before_the_next_cause_is_missed(engine: Any, failure: Any) -> None:
    for at in (1, 2, 3):
        engine.hit(at * MS, 0, MAIN)
        if at != 2:
            engine.hit(at * MS + US, 1, LOOP)
    message = failure(
        "Response Should Come", Occasion.of("core0_main"), Occasion.of("loop"), Limits.of("below 20 us"), times=3
    )
    assert "got:       no response to number 2 at 0.002000000 s up to 0.003000000 s" in message


def test_a_cause_that_does_not_happen_fails(engine: Any, failure: Any) -> None:
    message = failure(
        "Response Should Come", Occasion.of("core0_main"), Occasion.of("loop"), Limits.of("below 20 us"), times=3
    )
    assert "got:       0 hits of core0_main within 1 s" in message


# Figures and picture.


def test_percentiles_are_of_the_nearest_rank() -> None:
    figures = Figures(tuple(range(100, 0, -1)), tuple(range(100)))
    assert [figures.percentile(p).ns for p in (0, 1, 50, 99, 99.5, 100)] == [1, 1, 50, 99, 100, 100]
    assert figures.median.ns == 50
    assert figures.deviation.ns == 28  # sqrt((100**2 - 1) / 12) = 28.87


def _bars(html: str) -> list[tuple[str, str]]:
    return re.findall(r'fill="(#\w+)"><title>(.*?)</title>', html)


def test_the_histogram_counts_every_time_once_and_marks_what_is_beyond_the_limits() -> None:
    times = [MS] * 90 + [MS + 5 * US] * 8 + [MS - 3 * US] * 2
    bars = _bars(picture(times, shortest_ns=MS - 2 * US, longest_ns=MS + 2 * US))
    assert bars == [
        ("#d32f2f", "2 periods: 0.997 ms"),
        ("#4f81bd", "90 periods: 1 ms"),
        ("#d32f2f", "8 periods: 1.005 ms"),
    ]


@pytest.mark.parametrize("times", [[0], [5], [MS] * 3, [1, 10**12], list(range(1000))])
def test_any_times_make_a_picture(times: list[int]) -> None:
    html = picture(times)
    counts = [int(title.split()[0].replace(",", "")) for _, title in _bars(html)]
    assert sum(counts) == len(times)
    assert all(0 <= float(y) <= 100 for y in re.findall(r'\by="([\d.-]+)"', html))
    assert all(float(height) > 0 for height in re.findall(r' height="([\d.-]+)"', html))


# Real firmware.


@pytest.fixture(scope="module", params=["amp", "amp_late"])
def firmware(request: pytest.FixtureRequest) -> Any:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / f"{request.param}.bin")], {})
    library.run_keyword("Run For", [Duration(60 * MS)], {})
    yield library, request.param == "amp_late"
    library.close()


@pytest.mark.parametrize(
    ("turn", "period"),
    [
        ("amp_control_loop", "1 ms +- 2 us"),
        ("GPIO4", "1 ms +- 2 us"),
        ("write amp_heartbeat", "1 ms +- 2 us"),
        ("write GPIO.OUT_W1TC", "2 ms +- 2 us"),
    ],
)
def test_real_firmware_keeps_its_loop_or_is_caught(firmware: Any, turn: str, period: str) -> None:
    library, is_late = firmware
    arguments = [Occasion.of(turn), Limits.of(period)]
    if is_late:
        with pytest.raises(KeywordError, match=r"\d+ of 50 beyond the limits, the worst too (long|short) by 3\.\d+ us"):
            library.run_keyword("Loop Should Keep", arguments, {"turns": 50})
    else:
        assert library.run_keyword("Loop Should Keep", arguments, {"turns": 50}).count == 50


def test_the_pin_of_real_firmware_follows_its_loop(firmware: Any) -> None:
    library, _ = firmware
    arguments = [Occasion.of("amp_control_loop"), Occasion.of("GPIO4"), Limits.of("below 1 us")]
    figures = library.run_keyword("Response Should Come", arguments, {"times": 20})
    assert 0 < figures.shortest.ns <= figures.longest.ns < 1000


def test_the_latency_of_an_interrupt_of_real_firmware_is_measured(firmware: Any) -> None:
    library, _ = firmware
    arguments = [
        Occasion.of("write SYSTEM.CPU_INTR_FROM_CPU_1 on core 0"),
        Occasion.of("amp_core1_interrupt"),
        Limits.of("below 5 us"),
    ]
    figures = library.run_keyword("Response Should Come", arguments, {"times": 3})
    assert figures.longest.ns < 5000
