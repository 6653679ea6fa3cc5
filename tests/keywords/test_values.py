"""Times, places and pins as they are written in a suite."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twincore.keywords.values import Core, Duration, Gpio, Place, Voltage, format_alike, format_moment, format_ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("100 ns", 100),
        ("1 ms", 1_000_000),
        ("1ms", 1_000_000),
        ("2.5 us", 2_500),
        ("2 µs", 2_000),
        ("2 \N{GREEK SMALL LETTER MU}s", 2_000),
        (".5 s", 500_000_000),
        ("1_000 us", 1_000_000),
        ("1 s 200 ms", 1_200_000_000),
        ("1 min", 60_000_000_000),
        ("2 minutes 1 second", 121_000_000_000),
        ("1 h", 3_600_000_000_000),
        ("0 s", 0),
        ("240 cycles at 240 MHz", 1_000),
        ("1 cycle at 240 MHz", 4),
        ("3 cycles at 17.5 MHz", 171),
        ("32768 cycles at 32.768 kHz", 1_000_000_000),
    ],
)
def test_a_time_is_read(text: str, ns: int) -> None:
    assert Duration.of(text) == Duration(ns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "expected a time with a unit, such as '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'."),
        ("", "expected a time with a unit, such as '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'."),
        ("-1 ms", "a time is never negative. Write '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'."),
        ("1 ms 5", "expected a time with a unit, such as '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'."),
        (
            "1 m",
            "'m' is no unit of time: 'min' is a minute, 'ms' a millisecond. "
            "Write '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'.",
        ),
        (
            "1 jiffy",
            "'jiffy' is no unit of time. Write '100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'.",
        ),
        ("240 cycles", "'240 cycles' needs a clock: write '240 cycles at 240 MHz'."),
        ("240 cycles at 0 MHz", "a clock of 0 Hz has no cycles."),
        ("0.4 ns", "'0.4 ns' is less than a nanosecond, the smallest time there is."),
    ],
)
def test_what_is_no_time_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared as a whole
        Duration.of(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1 us"),
        (2_500, "2.5 us"),
        (1_003_000, "1.003 ms"),
        (999_999_999, "999.999999 ms"),
        (1_000_000_001, "1.000000001 s"),
        (-3_033, "-3.033 us"),
    ],
)
def test_a_time_is_written_exactly(ns: int, text: str) -> None:
    assert format_ns(ns) == text


@given(st.integers(0, 10**13))
def test_a_written_time_reads_as_the_same(ns: int) -> None:
    assert Duration.of(str(Duration(ns))) == Duration(ns)


def test_times_side_by_side_have_one_unit_and_equal_decimals() -> None:
    assert format_alike([996_967, 1_000_000, 1_003_000], "ms") == ["0.996967 ms", "1.000000 ms", "1.003000 ms"]
    assert format_alike([1_000_000, 2_000_000], "ms") == ["1 ms", "2 ms"]


def test_a_moment_is_in_seconds_to_the_nanosecond() -> None:
    assert format_moment(57_198_650) == "0.057198650 s"


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("0x3FC90004", Place("", 0x3FC9_0004)),
        ("1070137348", Place("", 0x3FC9_0004)),
        (0x3FC9_0004, Place("", 0x3FC9_0004)),
        ("0x3FC9_0004", Place("", 0x3FC9_0004)),
        ("amp_heartbeat", Place("amp_heartbeat", 0)),
        ("amp_heartbeat+4", Place("amp_heartbeat", 4)),
        ("amp_heartbeat + 0x10", Place("amp_heartbeat", 16)),
        ("stack_top-16", Place("stack_top", -16)),
        ("mailbox.c:slots", Place("mailbox.c:slots", 0)),
        ("_ZN4core3fmt17h0a$u20$E", Place("_ZN4core3fmt17h0a$u20$E", 0)),
    ],
)
def test_a_place_is_read(value: str | int, place: Place) -> None:
    assert Place.of(value) == place
    assert Place.of(str(place)) == place


@pytest.mark.parametrize("text", ["", "+4", "two words", "4 bytes", "name+", "0x"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected an address such as 0x3FC90000, a symbol, or symbol\+offset\.$"):
        Place.of(text)


def test_an_address_has_32_bits() -> None:
    with pytest.raises(ValueError, match=r"^0x100000000 is no address: it has more than 32 bits\.$"):
        Place.of("0x100000000")


@pytest.mark.parametrize("value", ["4", "GPIO4", "gpio 4", 4])
def test_a_pin_is_read(value: str | int) -> None:
    assert Gpio.of(value) == Gpio(4)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1), ("0", 0), (" core 1 ", 1), ("PRO_CPU", 0), ("app_cpu", 1), ("APP", 1), ("7", 7)],
)
def test_a_core_is_read(value: str | int, number: int) -> None:
    assert Core.of(value) == number


@pytest.mark.parametrize(
    ("value", "words"),
    [("one", "^expected a core, 0 or 1\\.$"), ("-1", "expected a core"), ("GPIO.OUT", "keywords that take an address")],
)
def test_what_is_no_core_is_refused(value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Core.of(value)


def test_what_is_no_pin_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected a GPIO such as 4 or GPIO4\.$"):
        Gpio.of("LED")


@pytest.mark.parametrize(
    ("text", "millivolts"),
    [("1.2 V", 1200), ("700 mV", 700), ("0V", 0), ("3.3 v", 3300), ("-0.1 V", -100), ("1_000 mV", 1000)],
)
def test_a_voltage_is_read(text: str, millivolts: int) -> None:
    assert Voltage.of(text) == Voltage(millivolts)
    assert Voltage.of(str(Voltage.of(text))) == Voltage(millivolts)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1200", "expected a voltage with its unit such as '1.2 V' or '700 mV'."),
        ("high", "expected a voltage with its unit such as '1.2 V' or '700 mV'."),
        ("1.2345 V", "'1.2345 V' is finer than a millivolt, the smallest step there is."),
        ("5 V", "'5 V' would damage a pin: it stands -0.3 V to 3.6 V."),
    ],
)
def test_what_is_no_voltage_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        Voltage.of(text)
