"""What a pin did since power-on: every level and waveform that it was given, from which its edges are worked out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator

from twincore.waveform import Course, edges_of, level_of

MAX_EDGES = 1_000_000
"""At most so many changes are kept for one pin, and worked out of one waveform; later ones are dropped."""


class PinLog:
    """The courses of one pin in the order they came. `on_limit` is called when changes are dropped."""

    def __init__(self, course: Course, on_limit: Callable[[], None]) -> None:
        self._on_limit = on_limit
        self._ticks: list[int] = []
        """When the course of the same place in `_courses` began."""
        self._courses: list[Course] = []
        self._before: Course = course
        """What came before the first of them."""

    def clear(self, course: Course) -> None:
        """Forget everything; the pin has `course` now."""
        self._ticks.clear()
        self._courses.clear()
        self._before = course

    def note(self, ticks: int, course: Course) -> None:
        """Keep that the pin was given a course.

        The cores take turns, so that one may come up to a quantum before the last; it counts as of the same moment.
        """
        count = len(self._ticks)
        if count < MAX_EDGES:
            if count and ticks < self._ticks[-1]:
                ticks = self._ticks[-1]
            self._ticks.append(ticks)
            self._courses.append(course)
            if count == MAX_EDGES - 1:
                self._on_limit()

    @property
    def last_ticks(self) -> int:
        """When the pin was last given a course, -1 when it was not."""
        return self._ticks[-1] if self._ticks else -1

    def edges(self, after: int, until: int) -> Iterator[tuple[int, int]]:
        """Yield (moment, new level) of the edges later than `after` and not later than `until`, all in ticks."""
        first = bisect_right(self._ticks, after)
        course = self._courses[first - 1] if first else self._before
        level, begin = level_of(course, after), after
        left = MAX_EDGES
        for index in range(first, len(self._ticks) + 1):
            is_last = index == len(self._ticks)
            end = until if is_last else min(self._ticks[index] - 1, until)
            for moment, new in edges_of(course, begin, end):
                if not left:
                    self._on_limit()
                    return
                left -= 1
                level = new
                yield moment, new
            if is_last or self._ticks[index] > until:
                return
            begin, course = self._ticks[index], self._courses[index]
            if level_of(course, begin) != level:
                level ^= 1
                yield begin, level
