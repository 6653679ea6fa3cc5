"""Signals, lines and pins: who is told what, and who wins."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.lines import Line, Pin
from twincore.waveform import Course, Periodic, Train


class Time:
    """A clock to turn by hand."""

    ticks = 0

    def now(self) -> int:
        return self.ticks


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.mark.parametrize(
    ("chip", "world", "board", "pull", "level"),
    [
        (None, None, None, None, 0),
        (None, None, None, 1, 1),
        (None, None, 0, 1, 0),
        (None, 1, 0, 0, 1),
        (0, 1, 1, 1, 0),
        (1, 0, 0, 0, 1),
    ],
)
def test_who_wins_a_pin(
    time: Time, chip: int | None, world: int | None, board: int | None, pull: int | None, level: int
) -> None:
    pin = Pin("GPIO0", time.now)
    pin.set_pull(pull)
    pin.set_board_level(board)
    pin.drive(world)
    pin.drive_from_chip(chip)
    assert pin.level == level


def test_a_pin_that_the_world_lets_go_of_has_the_boards_level_again(time: Time) -> None:
    pin = Pin("GPIO0", time.now)
    pin.set_board_level(1)
    pin.drive(0)
    pin.drive(None)
    assert pin.level == 1


@pytest.mark.parametrize(("world", "levels"), [(None, [0, 1]), (0, [0, 0]), (1, [0, 1])])
def test_an_open_drain_drives_zeros_only(time: Time, world: int | None, levels: list[int]) -> None:
    pin = Pin("GPIO0", time.now)
    pin.set_pull(1)
    pin.drive(world)
    seen = []
    for level in (0, 1):
        pin.drive_from_chip(level, is_open_drain=True)
        seen.append(pin.level)
    assert seen == levels


def test_two_open_drains_with_waveforms_are_a_wired_and(time: Time) -> None:
    pin = Pin("SDA", time.now)
    pin.drive_from_chip(Periodic(0, 20, 0, (10,)), is_open_drain=True)
    pin.drive(Periodic(0, 40, 0, (20,)))
    levels = []
    for time.ticks in (5, 15, 25, 35):
        levels.append(pin.level)
    assert levels == [0, 0, 0, 1]


def test_a_level_follows_the_waveform_without_anybody_doing_anything(time: Time) -> None:
    line = Line("line", time.now)
    line.set(Train(0, (10, 20)))
    levels = []
    for time.ticks in (9, 10, 19, 20):
        levels.append(line.level)
    assert levels == [0, 1, 1, 0]


def test_followers_hear_of_courses_and_listeners_of_levels(time: Time) -> None:
    line = Line("line", time.now)
    courses: list[Course] = []
    levels: list[int] = []
    line.follow(courses.append)
    line.listen(levels.append)
    wave = Train(0, (10,))
    line.set(1)
    line.set(wave)
    line.set(wave)
    time.ticks = 12
    line.tell()
    line.tell()
    line.set(0)
    assert courses == [1, wave, 0]
    assert levels == [1, 0, 1, 0]


def test_the_owner_hears_whether_anybody_listens(time: Time) -> None:
    line = Line("line", time.now)
    heard: list[bool] = []
    line.on_heard = lambda: heard.append(line.is_heard)
    listeners: list[Any] = [lambda level: None, lambda level: None]
    for listener in listeners:
        line.listen(listener)
    for listener in [*listeners, listeners[0]]:
        line.unlisten(listener)
    assert heard == [True, False]


def test_who_comes_to_listen_late_hears_the_next_edge(time: Time) -> None:
    line = Line("line", time.now)
    line.set(Train(0, (10, 20)))
    time.ticks = 15
    levels: list[int] = []
    line.listen(levels.append)
    line.tell()
    time.ticks = 20
    line.tell()
    assert levels == [0]


def test_a_pin_is_restored_without_telling_anybody(time: Time) -> None:
    pin = Pin("GPIO0", time.now)
    pin.set_pull(1)
    pin.drive_from_chip(0, is_open_drain=True)
    saved = pin.saved()
    other = Pin("GPIO0", time.now)
    heard: list[Course] = []
    other.listen(heard.append)
    other.follow(heard.append)
    other.restore(saved)
    assert (heard, other.saved(), other.level) == ([], saved, 0)
    other.drive_from_chip(1, is_open_drain=True)
    assert other.level == 1
