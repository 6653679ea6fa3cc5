"""The clock tree at power-on and after changes."""

from __future__ import annotations

import pytest

from twincore.errors import PlatformError
from twincore.machine.clocks import Clocks
from twincore.machine.platform_file import load_platform
from twincore.model import TICKS_PER_SECOND


@pytest.fixture
def clocks() -> Clocks:
    return Clocks(load_platform("generic").clocks)


@pytest.mark.parametrize(
    ("name", "frequency_hz"),
    [("xtal", 40e6), ("cpu", 20e6), ("apb", 20e6), ("rtc_slow", 136e3), ("rc_fast", 17.5e6), ("xtal32k", 32768)],
)
def test_power_on(clocks: Clocks, name: str, frequency_hz: float) -> None:
    assert clocks.frequency_hz(name) == frequency_hz


def test_every_clock_has_whole_ticks(clocks: Clocks) -> None:
    assert all(TICKS_PER_SECOND % period == 0 for period in clocks.state().values())


def test_listeners_hear_of_a_change_and_of_power_on(clocks: Clocks) -> None:
    heard: list[int] = []
    cpu = clocks["cpu"]
    cpu.listen(lambda: heard.append(cpu.period_ticks))
    cpu.set_period(3808)
    clocks.power_on()
    assert heard == [3808, 45696]


def test_stopped_clock_has_no_frequency(clocks: Clocks) -> None:
    clocks["apb"].set_period(0)
    assert clocks.frequency_hz("apb") == 0.0


def test_state_goes_back_and_forth(clocks: Clocks) -> None:
    saved = clocks.state()
    clocks["cpu"].set_period(1)
    clocks.restore(saved)
    assert clocks.state() == saved


def test_unknown_clock(clocks: Clocks) -> None:
    with pytest.raises(PlatformError) as error:
        clocks.get("ahb", "UART0")
    assert str(error.value) == (
        "UART0: clock: expected one of xtal, pll, rc_fast, rc_slow, xtal32k, cpu, apb, rtc_slow, rtc_fast, crypto; "
        "got 'ahb'"
    )
