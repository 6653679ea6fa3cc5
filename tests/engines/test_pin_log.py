"""The record of a pin: edges are those of every course while it lasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twincore.engines import pin_log
from twincore.engines.pin_log import PinLog
from twincore.waveform import Course, Periodic, Train, level_of

courses = st.one_of(
    st.integers(0, 1),
    st.builds(lambda start, period, high: Periodic(start, period + high, 1, (high,)), *[st.integers(1, 20)] * 3),
    st.builds(lambda times: Train(0, tuple(sorted(times))), st.sets(st.integers(0, 200), max_size=6)),
)


def nothing() -> None:
    raise AssertionError("the limit was reached")


@given(courses, st.lists(st.tuples(st.integers(1, 40), courses), max_size=8), st.integers(0, 200), st.integers(0, 200))
def test_edges_are_where_the_level_changes(
    first: Course, given_courses: list[tuple[int, Course]], after: int, until: int
) -> None:
    log = PinLog(first, nothing)
    levels, course, moment = [], first, 0
    for gap, following in given_courses:
        levels += [level_of(course, ticks) for ticks in range(moment, moment + gap)]
        moment, course = moment + gap, following
        log.note(moment, course)
    levels += [level_of(course, ticks) for ticks in range(moment, 400)]
    expected = [(ticks, levels[ticks]) for ticks in range(after + 1, until + 1) if levels[ticks] != levels[ticks - 1]]
    assert list(log.edges(after, until)) == expected


def test_a_course_of_the_core_that_is_behind_counts_as_of_the_last_moment() -> None:
    log = PinLog(0, nothing)
    log.note(100, 1)
    log.note(90, 0)
    log.note(110, 1)
    assert list(log.edges(0, 200)) == [(100, 1), (100, 0), (110, 1)]


def test_clear_forgets_everything() -> None:
    log = PinLog(0, nothing)
    log.note(10, 1)
    log.clear(1)
    assert (list(log.edges(0, 100)), log.last_ticks) == ([], -1)


@pytest.mark.parametrize("is_waveform", [False, True])
def test_what_is_over_the_limit_is_dropped_and_told(monkeypatch: pytest.MonkeyPatch, is_waveform: bool) -> None:
    monkeypatch.setattr(pin_log, "MAX_EDGES", 5)
    told: list[int] = []
    log = PinLog(0, lambda: told.append(1))
    if is_waveform:
        log.note(0, Periodic(0, 10, 0, (5,)))
    else:
        for ticks in range(10):
            log.note(5 + 5 * ticks, 1 - ticks % 2)
    assert list(log.edges(0, 1000)) == [(5, 1), (10, 0), (15, 1), (20, 0), (25, 1)]
    assert told == [1]
