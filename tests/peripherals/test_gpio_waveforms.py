"""GPIO with waveforms on its pins: what costs an event an edge, and what is worked out when somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.gpio import GPIO
from twincore.model import Line
from twincore.waveform import Periodic

ANY, LEVEL_HIGH = 3 << 7, 5 << 7
INT, OPEN_DRAIN = 1 << 13, 1 << 2
SIGNAL = 73
WAVE = Periodic(0, 100, 1, (30,))
"""High for the first 30 of every 100 ticks."""


@pytest.fixture
def gpio(bench: Callable[..., Any]) -> Any:
    made = bench(GPIO)
    made.line = Line("wave", made.context.now_ticks)
    made.block.attach_output(SIGNAL, made.line)
    made.write("FUNC4_OUT_SEL_CFG", SIGNAL)
    made.write("FUNC40_OUT_SEL_CFG", SIGNAL)
    made.line.set(WAVE)
    return made


def test_an_unwatched_waveform_needs_no_event(gpio: Any) -> None:
    assert gpio.context.events == {}


@pytest.mark.parametrize(("register", "bit"), [("IN", 1 << 4), ("IN1", 1 << 8)])
def test_in_shows_the_level_at_the_time_of_the_load(gpio: Any, register: str, bit: int) -> None:
    seen = []
    for ticks in (0, 29, 1, 70):
        gpio.run(ticks=ticks)
        seen.append(gpio.read(register))
    assert seen == [bit, bit, 0, bit]


def test_in_is_read_natively_again_when_the_waveform_ends(gpio: Any) -> None:
    asked = [gpio.context.read_on_demand[gpio.offsets["IN"] // 4]]
    gpio.line.set(1)
    asked.append(gpio.context.read_on_demand[gpio.offsets["IN"] // 4])
    assert (asked, gpio.read("IN")) == ([True, False], 1 << 4)


def test_a_waveform_leaves_nothing_in_the_state_that_depends_on_the_time(gpio: Any) -> None:
    before = gpio.block.state()
    gpio.run(ticks=50)
    gpio.read("IN")
    assert gpio.block.state() == before


def test_an_interrupt_makes_its_edges_events(gpio: Any) -> None:
    gpio.write("PIN4", ANY | INT)
    edges = []
    for _ in range(3):
        gpio.run(ticks=gpio.context.events["edge", (4,)] - gpio.context.now)
        edges.append((gpio.context.now, gpio.level("interrupt"), gpio.read("IN") >> 4 & 1))
        gpio.write("STATUS_W1TC", 1 << 4)
    assert edges == [(30, 1, 0), (100, 1, 1), (130, 1, 0)]
    gpio.write("PIN4", 0)
    assert gpio.context.events == {}


def test_a_level_interrupt_follows_the_waveform(gpio: Any) -> None:
    gpio.run(ticks=50)
    gpio.write("PIN4", LEVEL_HIGH | INT)
    levels = []
    for ticks in (49, 1):
        gpio.run(ticks=ticks)
        levels.append(gpio.level("interrupt"))
    assert levels == [0, 1]


def test_a_listener_on_the_pin_hears_every_edge(gpio: Any) -> None:
    heard: list[tuple[int, int]] = []

    def listener(level: int) -> None:
        heard.append((gpio.context.now, level))

    gpio.block.pins[4].listen(listener)
    gpio.run(ticks=210)
    gpio.block.pins[4].unlisten(listener)
    gpio.run(ticks=200)
    assert heard == [(30, 0), (100, 1), (130, 0), (200, 1)]
    assert gpio.context.events == {}


def test_an_input_signal_that_is_followed_needs_no_event(gpio: Any) -> None:
    courses: list[Any] = []
    line = gpio.block.input(12)
    line.follow(courses.append)
    gpio.write("FUNC12_IN_SEL_CFG", 4 | 1 << 7)
    assert (courses, gpio.context.events) == ([WAVE], {})
    gpio.write("FUNC12_IN_SEL_CFG", 4 | 1 << 7 | 1 << 6)
    gpio.run(ticks=10)
    assert line.level == 0


def test_an_input_signal_that_is_listened_to_has_events(gpio: Any) -> None:
    heard: list[tuple[int, int]] = []
    gpio.block.input(12).listen(lambda level: heard.append((gpio.context.now, level)))
    gpio.write("FUNC12_IN_SEL_CFG", 4 | 1 << 7)
    gpio.run(ticks=130)
    gpio.write("FUNC12_IN_SEL_CFG", 0x3C | 1 << 7)
    gpio.run(ticks=200)
    assert heard == [(0, 1), (30, 0), (100, 1), (130, 0)]


def test_open_drain_and_inversion_work_on_waveforms(gpio: Any) -> None:
    gpio.write("FUNC4_OUT_SEL_CFG", SIGNAL | 1 << 9)
    gpio.write("PIN4", OPEN_DRAIN)
    pin = gpio.block.pins[4]
    released = []
    for ticks in (10, 40):
        gpio.run(ticks=ticks)
        released.append(pin.level)
    pin.drive(1)
    assert (released, pin.level) == ([0, 0], 1)


def test_a_signal_that_nobody_drives_lets_go_of_the_pin(gpio: Any) -> None:
    gpio.block.pins[5].drive(1)
    gpio.write("FUNC5_OUT_SEL_CFG", 99)
    assert gpio.block.pins[5].level == 1


def test_a_peripheral_can_let_go_of_its_pin(gpio: Any) -> None:
    out, enable = (Line(name, gpio.context.now_ticks) for name in ("out", "enable"))
    gpio.block.attach_output(90, out, enable)
    gpio.write("FUNC6_OUT_SEL_CFG", 90)
    pin = gpio.block.pins[6]
    pin.drive(1)
    assert pin.level == 1
    enable.set(1)
    assert pin.level == 0
    gpio.write("FUNC6_OUT_SEL_CFG", 90 | 1 << 10)
    assert pin.level == 1


def test_restored_in_the_middle_of_a_waveform(gpio: Any, bench: Callable[..., Any]) -> None:
    gpio.write("PIN4", ANY | INT)
    gpio.run(ticks=10)
    saved = gpio.save()
    other = bench(GPIO)
    line = Line("wave", other.context.now_ticks)
    other.block.attach_output(SIGNAL, line)
    other.load(saved)
    line.set(WAVE)
    assert other.save() == saved
    for each in (gpio, other):
        each.run(ticks=25)
    assert (other.save(), other.level("interrupt")) == (gpio.save(), 1)
