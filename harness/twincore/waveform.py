"""Levels that change by themselves: worked out from a formula when somebody asks, instead of an event an edge.

A PWM at 40 kHz changes 80,000 times in a simulated second, mostly unseen. So what a line does from a moment on is a
course: a level, 0 or 1, or a `Waveform`, a pure function of time. A course holds until the next one is given.

Waveforms are values: immutable, equal when they say the same, and they depend on nothing but themselves. Times are
ticks of `twincore.model.TICKS_PER_SECOND`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple, Protocol

NEVER = 2**63 - 1
"""A moment that does not come."""


class Waveform(Protocol):
    """A level as a function of time."""

    def level_at(self, ticks: int) -> int:
        """Return the level, 0 or 1; at the moment of an edge the new one."""

    def next_edge(self, ticks: int) -> int:
        """Return the first moment after `ticks` at which the level may change, NEVER when there is none."""


Course = int | Waveform
"""What a line does from now on: a level, or a waveform."""


def level_of(course: Course, ticks: int) -> int:
    """Return the level of a course at a moment."""
    return course if isinstance(course, int) else course.level_at(ticks)


def next_edge_of(course: Course, ticks: int) -> int:
    """Return the first moment after `ticks` at which the level of a course may change, NEVER when there is none."""
    return NEVER if isinstance(course, int) else course.next_edge(ticks)


def edges_of(course: Course, after: int, until: int) -> Iterator[tuple[int, int]]:
    """Yield (moment, new level) of every edge later than `after` and not later than `until`."""
    if isinstance(course, int):
        return
    level = course.level_at(after)
    while (after := course.next_edge(after)) <= until:
        if course.level_at(after) != level:
            level ^= 1
            yield after, level


class Train(NamedTuple):
    """A finite row of edges: the level is `first`, and turns at each of the ascending `times`."""

    first: int
    times: tuple[int, ...]

    def level_at(self, ticks: int) -> int:
        """Return the level at a moment."""
        return self.first ^ bisect_right(self.times, ticks) & 1

    def next_edge(self, ticks: int) -> int:
        """Return the next of the times."""
        at = bisect_right(self.times, ticks)
        return self.times[at] if at < len(self.times) else NEVER

    def last_edge(self, ticks: int) -> int:
        """Return the last of the times before `ticks`, -NEVER when there is none."""
        at = bisect_left(self.times, ticks)
        return self.times[at - 1] if at else -NEVER


class Periodic(NamedTuple):
    """The same every `period` ticks from `start` on, and backwards from there.

    Each period begins with the level `first`, which turns at each of the ascending `offsets` (0 < offset < period).
    """

    start: int
    period: int
    first: int
    offsets: tuple[int, ...]

    def level_at(self, ticks: int) -> int:
        """Return the level at a moment."""
        return self.first ^ bisect_right(self.offsets, (ticks - self.start) % self.period) & 1

    def next_edge(self, ticks: int) -> int:
        """Return the next offset of this period or of the one after it; its beginning is an edge if they are odd."""
        if not self.offsets:
            return NEVER
        offset = (ticks - self.start) % self.period
        begin = ticks - offset
        at = bisect_right(self.offsets, offset)
        if at < len(self.offsets):
            return begin + self.offsets[at]
        return begin + self.period + (0 if len(self.offsets) & 1 else self.offsets[0])

    def last_edge(self, ticks: int) -> int:
        """Return the last edge before `ticks`, -NEVER when there is none."""
        if not self.offsets:
            return -NEVER
        offset = (ticks - self.start - 1) % self.period
        begin = ticks - 1 - offset
        at = bisect_right(self.offsets, offset)
        if at:
            return begin + self.offsets[at - 1]
        return begin - (0 if len(self.offsets) & 1 else self.period - self.offsets[-1])


class Fractional(NamedTuple):
    """`course`, whose times are counted from `start` in parts of a tick: a period that is no whole number of ticks.

    Each edge comes with the first tick that is not before it.
    """

    start: int
    parts: int
    course: Periodic

    def level_at(self, ticks: int) -> int:
        """Return the level at a moment."""
        return self.course.level_at((ticks - self.start) * self.parts)

    def next_edge(self, ticks: int) -> int:
        """Return the tick of the next edge."""
        edge = self.course.next_edge((ticks - self.start) * self.parts)
        return NEVER if edge == NEVER else self.start - (-edge // self.parts)

    def last_edge(self, ticks: int) -> int:
        """Return the tick of the last edge before `ticks`, -NEVER when there is none."""
        edge = self.course.last_edge((ticks - 1 - self.start) * self.parts + 1)
        return -NEVER if edge == -NEVER else self.start - (-edge // self.parts)


class Then(NamedTuple):
    """One course before the moment `switch`, another one from then on."""

    switch: int
    before: Train
    after: Periodic

    def level_at(self, ticks: int) -> int:
        """Return the level of the one whose time it is."""
        return self.before.level_at(ticks) if ticks < self.switch else self.after.level_at(ticks)

    def next_edge(self, ticks: int) -> int:
        """Return the next edge of the one whose time it is; the switch may be one as well."""
        if ticks >= self.switch:
            return self.after.next_edge(ticks)
        return min(self.before.next_edge(ticks), self.switch)

    def last_edge(self, ticks: int) -> int:
        """Return the last moment before `ticks` at which the level may have changed, -NEVER when there is none."""
        if ticks > self.switch:
            return max(self.after.last_edge(ticks), self.switch)
        return self.before.last_edge(ticks)


class Choice(NamedTuple):
    """One of two courses, by the level of a third: an inverter, a gate, an open drain."""

    select: Waveform
    low: Course
    high: Course

    def level_at(self, ticks: int) -> int:
        """Return the level of the course that `select` has chosen."""
        return level_of(self.high if self.select.level_at(ticks) else self.low, ticks)

    def next_edge(self, ticks: int) -> int:
        """Return when the choice or what is chosen may change."""
        chosen = self.high if self.select.level_at(ticks) else self.low
        return min(self.select.next_edge(ticks), next_edge_of(chosen, ticks))


def choose(select: Course, low: Course, high: Course) -> Course:
    """Return the course that is `low` while `select` is 0 and `high` while it is 1."""
    if isinstance(select, int):
        return high if select else low
    if low == high:
        return low
    if isinstance(low, int) and isinstance(high, int) and high:
        return select
    return Choice(select, low, high)


def inverted(course: Course) -> Course:
    """Return the opposite of a course."""
    return choose(course, 1, 0)
