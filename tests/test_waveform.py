"""Waveforms: levels and edges agree, and what is built of others is what it says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twincore.waveform import (
    NEVER,
    Choice,
    Course,
    Fractional,
    Periodic,
    Then,
    Train,
    choose,
    edges_of,
    inverted,
    level_of,
)

trains = st.builds(
    lambda first, times: Train(first, tuple(sorted(times))), st.integers(0, 1), st.sets(st.integers(0, 300), max_size=8)
)


@st.composite
def periodics(draw: st.DrawFn) -> Periodic:
    period = draw(st.integers(2, 60))
    offsets = draw(st.sets(st.integers(1, period - 1), max_size=5))
    return Periodic(draw(st.integers(0, 100)), period, draw(st.integers(0, 1)), tuple(sorted(offsets)))


thens = st.builds(Then, st.integers(0, 200), trains, periodics())
fractionals = st.builds(Fractional, st.integers(0, 100), st.integers(1, 9), periodics())
waveforms = st.one_of(trains, periodics(), thens, fractionals)
courses = st.one_of(st.integers(0, 1), waveforms)


def table(course: Course, until: int = 300) -> list[int]:
    """The level at every tick, by asking for each."""
    return [level_of(course, ticks) for ticks in range(until + 1)]


@given(waveforms)
def test_edges_are_where_the_level_changes(course: Course) -> None:
    levels = table(course)
    changes = [(at + 1, after) for at, (before, after) in enumerate(pairwise(levels)) if before != after]
    assert list(edges_of(course, 0, 300)) == changes


@given(waveforms, st.integers(1, 300))
def test_nothing_changes_between_the_last_edge_and_now(course: Course, now: int) -> None:
    assert isinstance(course, Train | Periodic | Then | Fractional)
    last = course.last_edge(now)
    assert last < now
    since = [course.level_at(ticks) for ticks in range(max(last, -50), now)]
    assert len(set(since)) == 1
    if isinstance(course, Train | Periodic) and last > -50:
        assert course.level_at(last - 1) != course.level_at(last)


@given(waveforms, courses, courses)
def test_a_choice_is_the_chosen_course_at_every_tick(select: Course, low: Course, high: Course) -> None:
    chosen = choose(select, low, high)
    assert table(chosen) == [level_of(high if level_of(select, ticks) else low, ticks) for ticks in range(301)]
    levels = table(chosen)
    changes = [(at + 1, after) for at, (before, after) in enumerate(pairwise(levels)) if before != after]
    assert list(edges_of(chosen, 0, 300)) == changes


@given(courses)
def test_inverted_twice_is_the_same_at_every_tick(course: Course) -> None:
    assert table(inverted(course)) == [1 - level for level in table(course)]
    assert table(inverted(inverted(course))) == table(course)


@given(periodics(), st.integers(0, 10**15))
def test_a_period_later_everything_is_the_same(wave: Periodic, ticks: int) -> None:
    assert wave.level_at(ticks) == wave.level_at(ticks + wave.period)
    if wave.offsets:
        assert wave.next_edge(ticks + wave.period) == wave.next_edge(ticks) + wave.period


@pytest.mark.parametrize("course", [0, 1, Train(1, ()), Periodic(5, 10, 1, ())])
def test_a_level_has_no_edges(course: Course) -> None:
    assert list(edges_of(course, 0, 10**12)) == []


def test_a_train_ends() -> None:
    train = Train(0, (10, 25))
    assert list(edges_of(train, 0, 10**12)) == [(10, 1), (25, 0)]
    assert train.next_edge(25) == NEVER


@pytest.mark.parametrize(
    ("select", "low", "high", "result"),
    [
        (0, 0, Train(0, (3,)), 0),
        (1, 0, Train(0, (3,)), Train(0, (3,))),
        (Train(0, (3,)), 0, 1, Train(0, (3,))),
        (Train(0, (3,)), 1, 1, 1),
        (Train(0, (3,)), 1, 0, Choice(Train(0, (3,)), 1, 0)),
    ],
)
def test_a_choice_is_no_more_than_needed(select: Course, low: Course, high: Course, result: Course) -> None:
    assert choose(select, low, high) == result


def test_a_fraction_of_a_tick_is_not_lost() -> None:
    wave = Fractional(10, 3, Periodic(0, 10, 1, (5,)))  # 10/3 ticks
    rises = [at for at, level in edges_of(wave, 9, 44) if level]
    assert rises == [10, 14, 17, 20, 24, 27, 30, 34, 37, 40, 44]
    assert wave.next_edge(10 + 10 * 10**12) == 10 + 10 * 10**12 + 2
    assert Fractional(0, 3, Periodic(0, 10, 1, ())).next_edge(5) == NEVER
