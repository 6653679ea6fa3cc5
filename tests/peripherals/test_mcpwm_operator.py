"""MCPWM's arithmetic against a timer, generators and delays that are turned tick by tick."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esp32s3.mcpwm_operator import (
    DOWN,
    NONE,
    UP,
    UP_DOWN,
    Chopped,
    Cycle,
    Operator,
    Signals,
    position_of,
    since_of,
    value_of,
)
from twincore.waveform import Periodic, Then, Train, edges_of, level_of

ACTIONS = {"zero": 0, "period": 2, "a": 4, "b": 6}
NAMES = ("a", "b", "red", "fed")


class ByHand:
    """An operator that is turned: what the manual says, in the plainest words."""

    def __init__(self, operator: Operator, mode: int, period: int, value: int, falling: int) -> None:
        self.operator, self.mode, self.period = operator, mode, period
        self.value, self.falling = value, falling
        self.levels = {name: 0 for name in NAMES}
        self.levels["fed"] = 0
        self.high_for = self.low_for = 0
        self.generators = [0, 0]

    def act(self) -> None:
        """Carry out what happens at the present value."""
        falling = self.falling
        if self.mode == UP_DOWN:
            falling = int(falling or self.value == self.period) if self.value else 0
        stamp_a, stamp_b = self.operator.stamps
        order = [("period", self.period), ("a", stamp_a), ("b", stamp_b), ("zero", 0)]
        if self.mode == UP or (self.mode == UP_DOWN and not falling):
            order.reverse()
            order = [order[0], order[2], order[1], order[3]]
        if self.mode == UP_DOWN:
            order = [each for each in order if each[0] != ("zero" if falling else "period")]
        for generator, word in enumerate(self.operator.actions):
            chosen = 0
            for name, value in order:  # the more important the later
                action = word >> ACTIONS[name] + (12 if falling else 0) & 3
                if value == self.value and action:
                    chosen = action
            now = self.generators[generator]
            self.generators[generator] = (now, 0, 1, 1 - now)[chosen]

    def settle(self) -> None:
        """Have the delays see the present levels for another tick."""
        forced = self.operator.forced
        a, b = (self.generators[n] if forced[n] is None else forced[n] for n in range(2))
        source = (a, b)[self.operator.sources[0]]
        self.high_for = self.high_for + 1 if source else 0
        red = int(self.high_for > self.operator.delays[0])
        source = red if self.operator.in_series else (a, b)[self.operator.sources[1]]
        self.low_for = 0 if source else self.low_for + 1
        fed = int(source or (self.levels["fed"] and self.low_for <= self.operator.delays[1]))
        self.levels = {"a": self.generators[0], "b": self.generators[1], "red": red, "fed": fed}

    def step(self) -> None:
        """Move on to the next value."""
        if self.mode == UP:
            self.value = 0 if self.value >= self.period else self.value + 1
        elif self.mode == DOWN:
            self.value = self.period if self.value == 0 else self.value - 1
        elif self.value == 0:
            self.value, self.falling = min(1, self.period), 0
        elif self.value >= self.period or self.falling:
            self.value, self.falling = self.value - 1, 1
        else:
            self.value += 1


@st.composite
def operators(draw: st.DrawFn) -> tuple[Operator, int, int, int, int]:
    mode, period = draw(st.sampled_from([UP, DOWN, UP_DOWN])), draw(st.integers(1, 9))
    value = draw(st.integers(0, period))
    falling = draw(st.integers(0, 1)) if mode == UP_DOWN else int(mode == DOWN)
    start = position_of(mode, period, value, falling)
    value, falling = value_of(mode, period, start)
    words = st.integers(0, 0xFFFFFF).map(lambda word: word & 0x0FF0FF)
    operator = Operator(
        Cycle(0, 1, mode, period, start),
        (draw(st.integers(0, 11)), draw(st.integers(0, 11))),
        (draw(words), draw(words)),
        (draw(st.sampled_from([None, None, 0, 1])), draw(st.sampled_from([None, None, 0, 1]))),
        (draw(st.integers(1, 14)), draw(st.integers(1, 14))),
        (draw(st.integers(0, 1)), draw(st.integers(0, 1))),
        draw(st.booleans()),
    )
    return operator, mode, period, value, falling


@settings(max_examples=400, deadline=None)
@given(operators())
def test_signals_are_those_turned_by_hand(case: tuple[Operator, int, int, int, int]) -> None:
    operator, mode, period, value, falling = case
    hand = ByHand(operator, mode, period, value, falling)
    expected: dict[str, list[int]] = {name: [] for name in NAMES}
    for _ in range(300):
        hand.act()
        hand.settle()
        for name in NAMES:
            expected[name].append(hand.levels[name])
        hand.step()
    courses = operator.unroll(Signals(), 0, fresh=True)
    for name, course in zip(NAMES, courses, strict=True):
        assert (name, [level_of(course, ticks) for ticks in range(300)]) == (name, expected[name])


@settings(max_examples=200, deadline=None)
@given(operators(), st.integers(1, 60))
def test_the_counter_is_that_turned_by_hand(case: tuple[Operator, int, int, int, int], ticks: int) -> None:
    operator, mode, period, value, falling = case
    assert operator.cycle is not None
    hand = ByHand(operator, mode, period, value, falling)
    for _ in range(ticks):
        hand.step()
    assert operator.cycle.value_at(ticks)[0] == hand.value


@pytest.mark.parametrize("mode", [UP, DOWN, UP_DOWN])
@pytest.mark.parametrize("period", [1, 2, 7])
def test_positions_and_values_agree(mode: int, period: int) -> None:
    cycle = Cycle(0, 1, mode, period, 0)
    for position in range(cycle.length):
        assert position_of(mode, period, *value_of(mode, period, position)) == position


def test_a_timer_that_stands_leaves_only_its_delays() -> None:
    operator = Operator(None, delays=(10, 20))
    courses = operator.unroll(Signals(a=1, fed=1), 100, fresh=False)
    assert courses == (1, 0, Train(0, (110,)), 1)


def test_a_wave_that_toggles_has_twice_the_period() -> None:
    operator = Operator(Cycle(0, 1, UP, 9, 0), (3, 20), (3 << ACTIONS["a"], 0))
    wave = operator.unroll(Signals(), 0, fresh=True).a
    assert isinstance(wave, Then)
    assert wave.after.period == 20
    assert [ticks for ticks in range(60) if wave.level_at(ticks) != wave.level_at(ticks - 1)] == [3, 13, 23, 33, 43, 53]


@pytest.mark.parametrize(
    ("course", "ticks", "since"),
    [(1, 50, None), (Train(0, (10, 20)), 15, 10), (Train(0, (10, 20)), 25, 20), (Train(0, (10,)), 5, None),
     (Then(30, Train(0, (10,)), Periodic(30, 20, 1, (5,))), 32, 10),
     (Then(30, Train(0, (10,)), Periodic(30, 20, 1, (5,))), 45, 35)],
)  # fmt: skip
def test_since_when_a_level_lasts(course: Any, ticks: int, since: int | None) -> None:
    got = since_of(course, ticks)
    assert got == since if since is not None else got < 0


def test_the_carrier_begins_with_its_first_pulse() -> None:
    wave = Chopped(Train(0, (100, 200)), 8, 3, 24)
    levels = [wave.level_at(ticks) for ticks in range(99, 205)]
    rest = [int((ticks - 124) % 8 >= 5) for ticks in range(124, 200)]
    assert levels == [0] + [1] * 24 + rest + [0] * 5
    edges = [at for at, _ in edges_of(wave, 0, 300)]
    assert [at for at in range(99, 300) if wave.level_at(at) != wave.level_at(at - 1)] == edges


def test_signals_go_on_from_where_they_were() -> None:
    """What is worked out from the middle is what was worked out from the beginning."""
    operator = Operator(Cycle(0, 1, UP, 9, 0), (4, 20), (2 | 1 << ACTIONS["a"], 0), delays=(2, 3))
    whole = operator.unroll(Signals(), 0, fresh=True)
    for cut in range(25, 45):
        levels = Signals(*(level_of(course, cut) for course in whole))
        if levels.a and not levels.red:
            levels.red_due = since_of(whole.a, cut) + 2
        if not levels.a and levels.fed:
            levels.fed_due = since_of(whole.a, cut) + 3
        again = operator.unroll(levels, cut, fresh=False)
        for one, other in zip(whole, again, strict=True):
            assert [level_of(one, at) for at in range(cut, 90)] == [level_of(other, at) for at in range(cut, 90)]
    assert NONE < 0
