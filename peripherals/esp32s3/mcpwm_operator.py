"""MCPWM's arithmetic: how a timer counts, and what an operator makes of it, as waveforms.

An operator's signals repeat with its timer's cycle, sooner or later. They are worked out cycle by cycle until they do,
and then are a train of edges and a periodic waveform after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from twincore.waveform import NEVER, Periodic, Then, Train

FROZEN, UP, DOWN, UP_DOWN = range(4)
"""TIMER_MOD."""

NO_CHANGE, TO_LOW, TO_HIGH, TOGGLE = range(4)
"""Actions of a generator."""

TEZ, TEP, TEA, TEB = range(4)
"""A timer's events: it is zero, at its period, at time stamp A, at B."""
UP_ACTIONS = {TEZ: 0, TEP: 2, TEA: 4, TEB: 6}
DOWN_ACTIONS = {TEZ: 12, TEP: 14, TEA: 16, TEB: 18}
"""Where the action of each event stands in GENx_A and GENx_B, while the timer counts up and down."""

NONE = -1
"""In place of a moment."""
MOST_CYCLES = 64
"""After so many cycles the signals are taken to repeat."""

Exact = int | Train | Then
"""The courses that an operator's signals have."""


class Cycle(NamedTuple):
    """How a timer counts: at `anchor` it was at position `start` of its cycle, and moves on every `tick`.

    A cycle counts up from 0 to `period`, or down from there to 0, or up and down again; position 0 is its beginning.
    """

    anchor: int
    tick: int
    mode: int
    period: int
    start: int

    @property
    def length(self) -> int:
        """How many positions the cycle has."""
        return 2 * self.period if self.mode == UP_DOWN and self.period else self.period + 1

    def position_at(self, ticks: int) -> int:
        """Return the position at a moment."""
        return ((ticks - self.anchor) // self.tick + self.start) % self.length

    def begin_of(self, ticks: int) -> int:
        """Return when the cycle of a moment began."""
        count = (ticks - self.anchor) // self.tick
        return self.anchor + (count - (count + self.start) % self.length) * self.tick

    def value_at(self, ticks: int) -> tuple[int, int]:
        """Return (counter, direction: 1 is down) at a moment."""
        return value_of(self.mode, self.period, self.position_at(ticks))

    def next_time(self, positions: Iterator[int] | tuple[int, ...], after: int) -> int:
        """Return when the first of some positions is reached later than `after`, NEVER without any."""
        begin, length = self.begin_of(after), self.length * self.tick
        times = [begin + position * self.tick for position in positions]
        return min((time if time > after else time + length for time in times), default=NEVER)


def value_of(mode: int, period: int, position: int) -> tuple[int, int]:
    """Return (counter, direction) at a position of the cycle."""
    if mode == DOWN:
        return period - position, 1
    if mode == UP_DOWN and position >= period:
        return 2 * period - position, 1
    return position, 0


def position_of(mode: int, period: int, value: int, direction: int) -> int:
    """Return the position of the cycle at which the counter has a value and, up and down, counts in a direction."""
    value = min(value, period)
    if mode == DOWN:
        return period - value
    if mode == UP_DOWN and (value == period or (direction and value)):
        return (2 * period - value) % max(2 * period, 1)
    return value


def events_of(mode: int, period: int, stamps: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Return (position, event, direction) of all events of a cycle, at one position the more important the later."""
    marks = list(zip((TEA, TEB), stamps, strict=True))
    if mode == DOWN:
        inner = [(period - value, event, 1) for event, value in marks if value <= period]
        return [(0, TEP, 1), *inner, (period, TEZ, 1)]
    if mode == UP_DOWN and period:
        rising = [(value, event, 0) for event, value in marks if value < period]
        falling = [(2 * period - value, event, 1) for event, value in marks if 0 < value <= period]
        return [(0, TEZ, 0), *rising, (period, TEP, 1), *falling]
    return [(0, TEZ, 0), *((value, event, 0) for event, value in marks if value <= period), (period, TEP, 0)]


@dataclass
class Signals:
    """The levels of an operator's signals, and when its delays will be over (NONE: nothing is delayed).

    a and b: the generators. red and fed: what leaves the rising and the falling edge delay.
    """

    a: int = 0
    b: int = 0
    red: int = 0
    fed: int = 0
    red_due: int = NONE
    fed_due: int = NONE


class Courses(NamedTuple):
    """What an operator's signals do."""

    a: Exact
    b: Exact
    red: Exact
    fed: Exact


@dataclass
class Operator:
    """What an operator is set up to do. cycle: of its timer, None while it stands.

    actions: GENx_A and GENx_B. forced: levels that software forces on the generators, None for no force. delays:
    ticks of (red, fed); sources: the generator (0: A, 1: B) that each delays; in_series: fed delays what red gives.
    """

    cycle: Cycle | None
    stamps: tuple[int, int] = (0, 0)
    actions: tuple[int, int] = (0, 0)
    forced: tuple[int | None, int | None] = (None, None)
    delays: tuple[int, int] = (0, 0)
    sources: tuple[int, int] = (0, 0)
    in_series: bool = False
    _edges: dict[str, list[int]] = field(default_factory=dict)

    def unroll(self, signals: Signals, begin: int, *, fresh: bool) -> Courses:
        """Return what the signals do from `begin` on; fresh: the events of that very moment are still to come."""
        first = (signals.a, signals.b, signals.red, signals.fed)
        self._edges = {"a": [], "b": [], "red": [], "fed": []}
        now = Signals(**vars(signals))
        self._pass_on(now, begin)
        if self.cycle is None:
            self._let_pass(now, NEVER)
            return self._courses(first, None)
        start, length = self.cycle.begin_of(begin), self.cycle.length * self.cycle.tick
        events = self._events(self.cycle)
        since = begin - 1 if fresh else begin
        seen: dict[tuple[int, ...], int] = {}
        for number in range(MOST_CYCLES):
            if number:
                self._let_pass(now, start - 1)
                key = (now.a, now.b, now.red, now.fed, _relative(now.red_due, start), _relative(now.fed_due, start))
                if key in seen or number == MOST_CYCLES - 1:
                    return self._courses(first, (seen.get(key, start - length), start))
                seen[key] = start
            for position, actions in events.items():
                moment = start + position * self.cycle.tick
                if moment > since:
                    self._let_pass(now, moment - 1)
                    self._act(now, moment, actions)
            start += length
        raise AssertionError("the last cycle returns")

    def _events(self, cycle: Cycle) -> dict[int, list[int]]:
        """Return the actions on both generators at each position of a cycle that has one, in their order."""
        chosen: dict[int, list[int]] = {}
        for position, event, direction in events_of(cycle.mode, cycle.period, self.stamps):
            for generator, word in enumerate(self.actions):
                action = word >> (DOWN_ACTIONS if direction else UP_ACTIONS)[event] & 3
                if action:
                    chosen.setdefault(position, [NO_CHANGE, NO_CHANGE])[generator] = action
        return dict(sorted(chosen.items()))

    def _act(self, now: Signals, moment: int, actions: list[int]) -> None:
        self._set(now, "a", acted(now.a, actions[0]), moment)
        self._set(now, "b", acted(now.b, actions[1]), moment)
        self._pass_on(now, moment)
        self._let_pass(now, moment)

    def _set(self, now: Signals, name: str, level: int, moment: int) -> None:
        if getattr(now, name) == level:
            return
        setattr(now, name, level)
        edges = self._edges[name]
        if edges and edges[-1] == moment:
            edges.pop()
        else:
            edges.append(moment)

    def generators(self, now: Signals) -> tuple[int, int]:
        """Return the levels of the generators, forced ones included."""
        a, b = self.forced
        return now.a if a is None else a, now.b if b is None else b

    def _pass_on(self, now: Signals, moment: int) -> None:
        """Have the delays follow what they delay."""
        levels = self.generators(now)
        if not levels[self.sources[0]]:
            now.red_due = NONE
            self._set(now, "red", 0, moment)
        elif not now.red and now.red_due == NONE:
            now.red_due = moment + self.delays[0]
        if now.red if self.in_series else levels[self.sources[1]]:
            now.fed_due = NONE
            self._set(now, "fed", 1, moment)
        elif now.fed and now.fed_due == NONE:
            now.fed_due = moment + self.delays[1]

    def _let_pass(self, now: Signals, until: int) -> None:
        """Carry out the delays that are over up to `until`."""
        while True:
            dues = [due for due in (now.red_due, now.fed_due) if due != NONE and due <= until]
            if not dues:
                return
            moment = min(dues)
            if now.red_due == moment:
                now.red_due = NONE
                self._set(now, "red", 1, moment)
                self._pass_on(now, moment)
            elif now.fed_due == moment:
                now.fed_due = NONE
                self._set(now, "fed", 0, moment)

    def _courses(self, first: tuple[int, ...], repeats: tuple[int, int] | None) -> Courses:
        """Make courses of the edges: those of the time from `repeats[0]` to `repeats[1]` come again and again."""
        courses: list[Exact] = []
        for level, edges in zip(first, self._edges.values(), strict=True):
            if not edges:
                courses.append(level)
            elif repeats is None:
                courses.append(Train(level, tuple(edges)))
            else:
                begin, end = repeats
                train = Train(level, tuple(edge for edge in edges if edge < begin))
                offsets = tuple(edge - begin for edge in edges if begin < edge < end)
                level_then = Train(level, tuple(edges)).level_at(begin)
                courses.append(Then(begin, train, Periodic(begin, end - begin, level_then, offsets)))
        return Courses(*courses)


def acted(level: int, action: int) -> int:
    """Return the level after an action."""
    return (level, 0, 1, 1 - level)[action]


def flipped(course: Exact) -> Exact:
    """Return the opposite of a course."""
    if isinstance(course, int):
        return 1 - course
    if isinstance(course, Train):
        return Train(1 - course.first, course.times)
    before, after = course.before, course.after
    return Then(course.switch, Train(1 - before.first, before.times), after._replace(first=1 - after.first))


def since_of(course: Exact, ticks: int) -> int:
    """Return since when a course has had the level of a moment, -NEVER for always."""
    if isinstance(course, int):
        return -NEVER
    level, since = course.level_at(ticks), ticks + 1
    while since > -NEVER and course.level_at(since - 1) == level:
        since = course.last_edge(since)
    return since


class Chopped(NamedTuple):
    """A carrier in place of a high level: a first pulse of `first` ticks, then every `period` a pulse of `high` ticks.

    Each period after the first pulse begins with its gap.
    """

    signal: Train | Then
    period: int
    high: int
    first: int

    def level_at(self, ticks: int) -> int:
        """Return the level at a moment."""
        return self._place(ticks)[0]

    def next_edge(self, ticks: int) -> int:
        """Return the next edge of the signal or of its carrier."""
        return min(self._place(ticks)[1], self.signal.next_edge(ticks))

    def _place(self, ticks: int) -> tuple[int, int]:
        """Return (level, the carrier's next edge) at a moment."""
        if not self.signal.level_at(ticks):
            return 0, NEVER
        rise = since_of(self.signal, ticks)
        if ticks - rise < self.first:
            return 1, rise + self.first
        since = ticks - rise - self.first
        begin, offset, gap = ticks - since % self.period, since % self.period, self.period - self.high
        if not self.high:
            return 0, NEVER
        return int(offset >= gap), begin + (gap if offset < gap else self.period)


def _relative(due: int, start: int) -> int:
    return NONE if due == NONE else due - start
