"""IO_MUX and RTC_IO on the chip: who has a pin, what pulls it, what the chip sees of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twincore.model import Line
from twincore.waveform import Periodic

PULL_DOWN, PULL_UP, INPUT = 1 << 7, 1 << 8, 1 << 9
MATRIX = 1 << 12
RTC_INPUT, RTC, RTC_UP, RTC_DOWN = 1 << 13, 1 << 19, 1 << 27, 1 << 28


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    return chip()


@pytest.mark.parametrize(
    ("gpio", "level", "seen"),
    [(0, 1, 1), (1, 0, 0), (4, 0, 0), (26, 1, 1), (43, 1, 1), (44, 1, 1), (45, 0, 0), (46, 0, 0)],
)
def test_pins_after_reset(s3: Any, gpio: int, level: int, seen: int) -> None:
    register, bit = ("IN1", gpio - 32) if gpio >= 32 else ("IN", gpio)
    assert (s3.pin(gpio).level, s3.read(f"GPIO.{register}") >> bit & 1) == (level, seen)


@pytest.mark.parametrize(
    ("value", "level"),
    [(0, 0), (PULL_UP, 1), (PULL_DOWN, 0), (PULL_UP | PULL_DOWN, 0)],
    ids=["no", "up", "down", "both"],
)
def test_pulls_reach_the_pin(s3: Any, value: int, level: int) -> None:
    s3.write("IO_MUX.GPIO5", MATRIX | value)
    assert s3.pin(5).level == level
    s3.pin(5).drive(1 - level)
    assert s3.pin(5).level == 1 - level


def test_the_chip_sees_nothing_without_input_enable(s3: Any) -> None:
    seen = []
    s3.pin(5).drive(1)
    for value in (0, INPUT, 0):
        s3.write("IO_MUX.GPIO5", MATRIX | value)
        seen.append(s3.read("GPIO.IN") >> 5 & 1)
    assert (seen, s3.pin(5).level) == ([0, 1, 0], 1)


def test_switching_the_input_on_is_an_edge(s3: Any) -> None:
    s3.pin(5).drive(1)
    s3.write("GPIO.PIN5", 1 << 7 | 1 << 13)
    s3.write("IO_MUX.GPIO5", MATRIX | INPUT)
    assert s3.level("GPIO.interrupt") == 1


@pytest.mark.parametrize(("gpio", "function", "signal"), [(12, 4, 101), (36, 2, 101), (43, 0, 12), (17, 2, 15)])
def test_a_direct_function_drives_the_pin(s3: Any, gpio: int, function: int, signal: int) -> None:
    line = Line("out", s3.machine.context_now)
    s3.block("GPIO").attach_output(signal, line)
    s3.write(f"IO_MUX.GPIO{gpio}", function << 12)
    levels = []
    for level in (1, 0):
        line.set(level)
        levels.append(s3.pin(gpio).level)
    s3.write(f"IO_MUX.GPIO{gpio}", MATRIX)
    line.set(1)
    assert (levels, s3.pin(gpio).level) == ([1, 0], 0)


def test_a_direct_function_has_its_input_unless_the_matrix_gives_it(s3: Any) -> None:
    line = s3.block("GPIO").input(102)
    s3.pin(13).drive(1)
    levels = [line.level]
    s3.write("IO_MUX.GPIO13", 4 << 12 | INPUT)
    levels.append(line.level)
    s3.write("GPIO.FUNC102_IN_SEL_CFG", 1 << 7 | 5)
    levels.append(line.level)
    assert levels == [0, 1, 0]


def test_an_unmodelled_function_is_said(s3: Any) -> None:
    s3.write("IO_MUX.GPIO39", 2 << 12)
    assert [use.name for use in s3.engine.unmodelled()] == ["IO_MUX.GPIO39 MCU_SEL 2 (CLK_OUT)"]


def test_an_input_that_is_switched_on_later_feeds_its_signal(s3: Any) -> None:
    line = s3.block("GPIO").input(33)
    s3.write("GPIO.FUNC33_IN_SEL_CFG", 1 << 7 | 5)
    s3.pin(5).drive(Periodic(0, 100, 1, (50,)))
    s3.write("IO_MUX.GPIO5", MATRIX | INPUT)
    assert line.course == s3.pin(5).course


# RTC_IO


@pytest.mark.parametrize(
    ("gpio", "pad"), [(3, "TOUCH_PAD3"), (15, "XTAL_32P_PAD"), (17, "PAD_DAC1"), (21, "RTC_PAD21")]
)
def test_rtc_io_takes_a_pad_over(s3: Any, gpio: int, pad: str) -> None:
    bit = 1 << 10 + gpio
    s3.write("GPIO.ENABLE", 1 << gpio)
    s3.write(f"RTC_IO.{pad}", RTC | RTC_INPUT)
    s3.write("RTC_IO.RTC_GPIO_ENABLE_W1TS", bit)
    levels = []
    for name in ("OUT_W1TS", "OUT_W1TC", "OUT_W1TS"):
        s3.write(f"RTC_IO.RTC_GPIO_{name}", bit)
        levels.append((s3.pin(gpio).level, s3.read("RTC_IO.RTC_GPIO_IN") == bit, s3.read("GPIO.IN") >> gpio & 1))
    assert levels == [(1, True, 0), (0, False, 0), (1, True, 0)]
    s3.write(f"RTC_IO.{pad}", 0)
    assert s3.pin(gpio).level == 0


@pytest.mark.parametrize(("value", "level"), [(0, 0), (RTC_UP, 1), (RTC_DOWN, 0)])
def test_rtc_io_pulls_its_pads(s3: Any, value: int, level: int) -> None:
    s3.write("IO_MUX.GPIO5", PULL_DOWN if level else PULL_UP)
    s3.write("RTC_IO.TOUCH_PAD5", RTC | value)
    assert s3.pin(5).level == level


def test_an_rtc_pad_without_input_enable_reads_0(s3: Any) -> None:
    s3.pin(5).drive(1)
    s3.write("RTC_IO.TOUCH_PAD5", RTC)
    assert s3.read("RTC_IO.RTC_GPIO_IN") == 0


def test_an_open_drain_of_rtc_io(s3: Any) -> None:
    s3.write("RTC_IO.TOUCH_PAD5", RTC | RTC_UP)
    s3.write("RTC_IO.PIN5", 1 << 2)
    s3.write("RTC_IO.RTC_GPIO_ENABLE", 1 << 15)
    levels = [s3.pin(5).level]
    s3.write("RTC_IO.RTC_GPIO_OUT", 1 << 15)
    levels.append(s3.pin(5).level)
    s3.pin(5).drive(0)
    levels.append(s3.pin(5).level)
    assert levels == [0, 1, 0]


def test_another_function_of_an_rtc_pad_is_said(s3: Any) -> None:
    s3.write("RTC_IO.TOUCH_PAD5", RTC | 1 << 17)
    assert [use.name for use in s3.engine.unmodelled()] == ["RTC_IO.TOUCH_PAD5 FUN_SEL 1"]


def test_status_of_rtc_pins_is_what_software_sets(s3: Any) -> None:
    s3.write("RTC_IO.RTC_GPIO_STATUS_W1TS", 3 << 10)
    s3.write("RTC_IO.RTC_GPIO_STATUS_W1TC", 1 << 10)
    assert s3.read("RTC_IO.RTC_GPIO_STATUS") == 2 << 10


def test_a_reset_moves_a_pin_once_at_most(s3: Any) -> None:
    s3.write("IO_MUX.GPIO38", MATRIX | PULL_UP)
    s3.write("GPIO.OUT_W1TS", 1 << 5)
    s3.write("GPIO.ENABLE_W1TS", 1 << 5 | 1)
    heard: list[tuple[int, int]] = []
    for gpio in range(49):
        s3.pin(gpio).listen(lambda level, gpio=gpio: heard.append((gpio, level)))
    s3.machine.reset("system")
    assert sorted(heard) == [(0, 1), (5, 0), (38, 0)]
