"""Keywords that measure what a pin does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from twincore.engines.protocol import Edge
from twincore.keywords.values import Duration, Frequency, Gpio, Percent
from twincore.keywords.wave import wave_of

MS, US = 1_000_000, 1_000
PIN = Gpio(4)
TEN_MS = {"during": Duration(10 * MS)}


def pwm(engine: Any, period: int, high: int, *, begin: int = 0, end: int = 10 * MS) -> None:
    for moment in range(begin, end, period):
        engine.edge(moment + 1, 4, 1)
        engine.edge(moment + 1 + high, 4, 0)


@pytest.mark.parametrize(
    ("text", "hz", "written"),
    [
        ("5 kHz", 5000, "5 kHz"),
        ("50Hz", 50, "50 Hz"),
        ("1.5 MHz", 1_500_000, "1.5 MHz"),
        ("38461.5 hz", 38461.5, "38.4615 kHz"),
    ],
)
def test_a_frequency_is_read_and_written(text: str, hz: float, written: str) -> None:
    assert (Frequency.of(text).hz, str(Frequency.of(text))) == (hz, written)


@pytest.mark.parametrize(("text", "value"), [("50 %", 50), ("0.1%", Fraction(1, 10))])
def test_a_percentage_is_read_and_written(text: str, value: Any) -> None:
    assert Percent.of(text) == Percent(value)
    assert Percent.of(str(Percent.of(text))) == Percent(value)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Frequency, "5", "expected a frequency with its unit such as '5 kHz', '50 Hz' or '1.5 MHz'."),
        (Frequency, "5 ms", "expected a frequency with its unit such as '5 kHz', '50 Hz' or '1.5 MHz'."),
        (Frequency, "0 Hz", "a frequency of 0 Hz has no periods; use 'Pin Should Stay'."),
        (Percent, "50", "expected a percentage with its sign such as '50 %' or '0.1 %'."),
    ],
)
def test_what_is_neither_is_refused(kind: Any, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        kind.of(text)
    assert str(caught.value) == message


def test_frequency_and_duty_are_those_of_whole_periods() -> None:
    wave = wave_of([Edge(10, 0), Edge(30, 1), Edge(40, 0), Edge(70, 1), Edge(90, 0), Edge(110, 1)], 1, 0, 120)
    assert wave.frequency == Frequency(Fraction(2 * 10**9, 80))
    assert wave.duty == Percent(Fraction(100 * 30, 80))
    assert (wave.count, wave.rises, wave.high) == (6, 3, Duration(10 + 10 + 20 + 10))


@pytest.mark.parametrize(("level", "text"), [(0, "no edges, low all the time"), (1, "no edges, high all the time")])
def test_a_level_has_no_frequency(level: int, text: str) -> None:
    wave = wave_of([], level, 5, 105)
    assert (wave.frequency, wave.duty, str(wave)) == (None, Percent(Fraction(100 * level)), text)


def test_an_edge_alone_gives_a_duty_of_the_whole_time() -> None:
    wave = wave_of([Edge(25, 1)], 0, 0, 100)
    assert (wave.frequency, wave.duty, str(wave)) == (None, Percent(Fraction(75)), "75 % high, 1 edge")


def test_the_right_frequency_passes(engine: Any, call: Any) -> None:
    pwm(engine, 200 * US, 50 * US)
    wave = call("Pin Frequency Should Be", PIN, Frequency(Fraction(5000)), **TEN_MS)
    assert (str(wave), wave.rises) == ("5 kHz, 25 % high, 100 edges", 50)


def test_a_wrong_frequency_fails(engine: Any, failure: Any) -> None:
    pwm(engine, 210 * US, 50 * US)
    assert failure("Pin Frequency Should Be", PIN, Frequency(Fraction(5000)), **TEN_MS) == (
        "GPIO4 did not do what was expected.\n"
        "  expected:  5 kHz ± 0.1 % during 10 ms\n"
        "  got:       4.7619 kHz, which is 4.7619 % off\n"
        "  when:      0.010000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: is the clock what the firmware assumes?"
    )


def test_a_tolerance_is_a_part_of_the_frequency(engine: Any, call: Any) -> None:
    pwm(engine, 210 * US, 50 * US)
    call("Pin Frequency Should Be", PIN, Frequency(Fraction(5000)), tolerance=Percent(Fraction(5)), **TEN_MS)


@pytest.mark.parametrize(
    ("begin", "end", "missing"),
    [
        (2 * MS, 10 * MS, "no rising edge from 0.000000000 s to 0.002000001 s"),
        (0, 6 * MS, "no rising edge from 0.005800001 s to 0.010000000 s"),
    ],
)
def test_a_signal_that_is_not_there_all_the_time_fails(
    engine: Any, failure: Any, begin: int, end: int, missing: str
) -> None:
    pwm(engine, 200 * US, 50 * US, begin=begin, end=end)
    assert missing in failure("Pin Frequency Should Be", PIN, Frequency(Fraction(5000)), **TEN_MS)


def test_no_signal_fails(failure: Any) -> None:
    message = failure("Pin Frequency Should Be", PIN, Frequency(Fraction(5000)), **TEN_MS)
    assert "got:       no edges, low all the time" in message
    assert "it has not changed since power-on: has the firmware enabled the output?" in message


def test_a_time_too_short_for_the_frequency_is_refused(failure: Any) -> None:
    message = failure("Pin Frequency Should Be", PIN, Frequency(Fraction(100)), **TEN_MS)
    assert "expected to look during at least two periods, got 10 ms for periods of 10 ms" in message


def test_duty(engine: Any, call: Any, failure: Any) -> None:
    pwm(engine, 200 * US, 50 * US, end=30 * MS)
    call("Pin Duty Should Be", PIN, Percent(Fraction(25)), **TEN_MS)
    call("Pin Duty Should Be", PIN, Percent(Fraction(28)), tolerance=Percent(Fraction(3)), **TEN_MS)
    message = failure("Pin Duty Should Be", PIN, Percent(Fraction(28)), **TEN_MS)
    assert "expected:  high for 28 % ± 0.5 % during 10 ms\n  got:       5 kHz, 25 % high, 100 edges" in message


def test_wave(engine: Any, call: Any) -> None:
    pwm(engine, 1 * MS, 100 * US)
    wave = call("Pin Wave", PIN, **TEN_MS)
    assert (wave.count, wave.rises, float(wave.frequency.hz), float(wave.duty.value)) == (20, 10, 1000.0, 10.0)
