"""Pads that RTC_CNTL holds, and pads that are set up otherwise during sleep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DIGITAL, RTC = 38, 5
PULL_UP, MATRIX = 1 << 8, 1 << 12
AUTOHOLD, CLR_AUTOHOLD, AUTOHOLD_EN, FORCE_UNHOLD, FORCE_HOLD = (1 << bit for bit in (9, 10, 11, 14, 15))
PAD_FORCE_HOLD, DG_WRAP_PD_EN, SLEEP_EN, TIMER = 1 << 21, 1 << 31, 1 << 31, 8
SLP_SEL, MCU_OE, MCU_WPU = 1 << 1, 1 << 0, 1 << 3
RTC_SLP_OE, RTC_SLP_SEL, RTC_MUX_SEL = 1 << 14, 1 << 16, 1 << 19


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    """Both pins are high, DIG_ISO is as firmware's start leaves it."""
    made = chip()
    made.write("RTC_CNTL.DIG_ISO", 0)
    made.write("RTC_CNTL.WDTCONFIG0", 0)
    for pin in (DIGITAL, RTC):
        made.write(f"IO_MUX.GPIO{pin}", MATRIX)
    made.write("GPIO.ENABLE_W1TS", 1 << RTC)
    made.write("GPIO.ENABLE1_W1TS", 1 << DIGITAL - 32)
    drive(made, 1)
    return made


def drive(s3: Any, level: int) -> None:
    way = "W1TS" if level else "W1TC"
    s3.write(f"GPIO.OUT_{way}", 1 << RTC)
    s3.write(f"GPIO.OUT1_{way}", 1 << DIGITAL - 32)


def levels(s3: Any) -> tuple[int, int]:
    return s3.pin(DIGITAL).level, s3.pin(RTC).level


def sleep(s3: Any, *, deep: bool) -> None:
    """For a millisecond from now on."""
    s3.write("RTC_CNTL.TIME_UPDATE", 1 << 31)
    s3.write("RTC_CNTL.SLP_TIMER0", s3.read("RTC_CNTL.TIME_LOW0") + 136)
    s3.write("RTC_CNTL.SLP_TIMER1", 1 << 16)
    s3.write("RTC_CNTL.WAKEUP_STATE", TIMER << 15)
    s3.write("RTC_CNTL.DIG_PWC", DG_WRAP_PD_EN if deep else 0)
    s3.write("RTC_CNTL.STATE0", SLEEP_EN)
    s3.run(us=100)


@pytest.mark.parametrize(
    ("register", "value", "held"),
    [
        ("PAD_HOLD", 1 << RTC, (0, 1)),
        ("PAD_HOLD", 1 << RTC + 1, (0, 0)),
        ("DIG_PAD_HOLD", 1 << DIGITAL - 21, (1, 0)),
        ("DIG_PAD_HOLD", 1 << RTC, (0, 0)),
        ("DIG_ISO", FORCE_HOLD, (1, 0)),
        ("DIG_ISO", FORCE_HOLD | FORCE_UNHOLD, (0, 0)),
        ("DIG_ISO", AUTOHOLD_EN, (0, 0)),
        ("PWC", PAD_FORCE_HOLD, (0, 1)),
    ],
)
def test_a_held_pad_stays_as_it_is(s3: Any, register: str, value: int, held: tuple[int, int]) -> None:
    s3.write(f"RTC_CNTL.{register}", value)
    drive(s3, 0)
    assert levels(s3) == held
    s3.write(f"RTC_CNTL.{register}", 0)
    assert levels(s3) == (0, 0)


def test_nothing_digital_is_held_before_firmware_allows_it(s3: Any) -> None:
    s3.write("RTC_CNTL.DIG_ISO", FORCE_UNHOLD)
    s3.write("RTC_CNTL.DIG_PAD_HOLD", 0xFFFF_FFFF)
    drive(s3, 0)
    assert levels(s3) == (0, 0)


def test_pull_and_owner_are_held_too(s3: Any) -> None:
    s3.write(f"IO_MUX.GPIO{DIGITAL}", MATRIX | PULL_UP)
    s3.write("GPIO.ENABLE1_W1TC", 1 << DIGITAL - 32)
    s3.write("RTC_CNTL.DIG_PAD_HOLD", 1 << DIGITAL - 21)
    s3.write(f"IO_MUX.GPIO{DIGITAL}", MATRIX)
    assert s3.pin(DIGITAL).level == 1
    s3.write(f"GPIO.FUNC{DIGITAL}_OUT_SEL_CFG", 161)
    assert s3.pin(DIGITAL).level == 1
    s3.pin(DIGITAL).drive(0)
    assert s3.pin(DIGITAL).level == 0


def test_a_waveform_stops_at_its_level(s3: Any) -> None:
    s3.write("MCPWM0.CLK_CFG", 15)
    s3.write("MCPWM0.TIMER0_CFG0", 99 << 8 | 9)
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.write("MCPWM0.GEN0_A", 2 | 1 << 4)
    s3.write("MCPWM0.TIMER0_CFG1", 1 << 3 | 2)
    s3.write(f"GPIO.FUNC{DIGITAL}_OUT_SEL_CFG", 160)
    for at_us, level in ((10, 1), (40, 0)):
        s3.run(us=at_us)
        s3.write("RTC_CNTL.DIG_PAD_HOLD", 1 << DIGITAL - 21)
        assert isinstance(s3.pin(DIGITAL).course, int)
        s3.run(us=100 - at_us)
        assert s3.pin(DIGITAL).level == level
        s3.write("RTC_CNTL.DIG_PAD_HOLD", 0)
        assert not isinstance(s3.pin(DIGITAL).course, int)


def test_a_reset_of_the_system_keeps_what_is_held(s3: Any) -> None:
    s3.write("RTC_CNTL.PAD_HOLD", 1 << RTC)
    s3.machine.reset("system", 0x03)
    assert levels(s3) == (0, 1)
    s3.write("RTC_CNTL.PAD_HOLD", 0)
    assert levels(s3) == (0, 0)


def test_deep_sleep_lets_go_of_pins_that_are_not_held(s3: Any) -> None:
    s3.write("RTC_CNTL.PAD_HOLD", 1 << RTC)
    sleep(s3, deep=True)
    assert levels(s3) == (0, 1)


def test_hold_from_deep_sleep_on(s3: Any) -> None:
    s3.write("RTC_CNTL.DIG_ISO", AUTOHOLD_EN)
    sleep(s3, deep=True)
    assert levels(s3) == (1, 0)
    s3.run(us=1000)
    assert s3.read("RTC_CNTL.DIG_ISO") == AUTOHOLD_EN | AUTOHOLD
    assert levels(s3) == (1, 0)
    s3.write("RTC_CNTL.DIG_ISO", AUTOHOLD_EN | CLR_AUTOHOLD)
    assert s3.read("RTC_CNTL.DIG_ISO") == AUTOHOLD_EN
    assert levels(s3) == (0, 0)


@pytest.mark.parametrize(
    ("value", "asleep"), [(SLP_SEL, 0), (SLP_SEL | MCU_WPU, 1), (SLP_SEL | MCU_OE, 1), (MCU_WPU, 1)]
)
def test_a_pin_in_light_sleep(s3: Any, value: int, asleep: int) -> None:
    s3.write(f"IO_MUX.GPIO{DIGITAL}", MATRIX | value)
    sleep(s3, deep=False)
    assert s3.pin(DIGITAL).level == asleep
    s3.run(us=1000)
    assert s3.pin(DIGITAL).level == 1


@pytest.mark.parametrize(("value", "asleep"), [(0, 1), (RTC_SLP_SEL, 0), (RTC_SLP_SEL | RTC_SLP_OE, 1)])
@pytest.mark.parametrize("deep", [False, True])
def test_an_rtc_pin_in_sleep(s3: Any, value: int, asleep: int, deep: bool) -> None:
    s3.write("RTC_IO.RTC_GPIO_OUT", 1 << 10 + RTC)
    s3.write("RTC_IO.RTC_GPIO_ENABLE", 1 << 10 + RTC)
    s3.write(f"RTC_IO.TOUCH_PAD{RTC}", RTC_MUX_SEL | value)
    sleep(s3, deep=deep)
    assert s3.pin(RTC).level == asleep
    s3.run(us=1000)
    assert s3.pin(RTC).level == 1
