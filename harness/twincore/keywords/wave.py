"""What a pin did during a time: its edges, and the frequency and duty that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from twincore.engines.protocol import Edge
from twincore.keywords.values import Duration, Frequency, Percent


@dataclass(frozen=True)
class Wave:
    """The edges of a pin from `begin_ns` to `end_ns`; `level` is what it had at the beginning.

    In a suite the attributes are ``${wave.count}`` (edges), ``${wave.rises}`` (rising ones), ``${wave.frequency}``,
    ``${wave.duty}`` and ``${wave.high}`` (the time that it was high).
    """

    begin_ns: int
    end_ns: int
    level: int
    edges: tuple[Edge, ...]

    @property
    def count(self) -> int:
        """Counts the edges."""
        return len(self.edges)

    @cached_property
    def rises_ns(self) -> tuple[int, ...]:
        """Lists the moments of the rising edges."""
        return tuple(edge.time_ns for edge in self.edges if edge.level)

    @property
    def rises(self) -> int:
        """Counts the rising edges."""
        return len(self.rises_ns)

    @property
    def frequency(self) -> Frequency | None:
        """Gives the mean frequency over all whole periods, None without one: rising edges after the first in a time."""
        if self.rises < 2:
            return None
        return Frequency(Fraction((self.rises - 1) * 10**9, self.rises_ns[-1] - self.rises_ns[0]))

    @property
    def high(self) -> Duration:
        """Gives the time that the pin was high."""
        return Duration(self._high_ns(self.begin_ns, self.end_ns))

    @property
    def duty(self) -> Percent:
        """Gives the part of the time that the pin was high: of all whole periods, without one of the whole time."""
        begin, end = (self.rises_ns[0], self.rises_ns[-1]) if self.rises > 1 else (self.begin_ns, self.end_ns)
        return Percent(Fraction(100 * self._high_ns(begin, end), max(end - begin, 1)))

    def _high_ns(self, begin: int, end: int) -> int:
        total, level, since = 0, self.level, self.begin_ns
        for edge in (*self.edges, Edge(self.end_ns, 1 - self.level)):
            if level:
                total += max(min(edge.time_ns, end) - max(since, begin), 0)
            level, since = edge.level, edge.time_ns
        return total

    def __str__(self) -> str:
        """Write the figures in a line."""
        if not self.edges:
            return f"no edges, {'high' if self.level else 'low'} all the time"
        frequency = f"{self.frequency}, " if self.frequency is not None else ""
        return f"{frequency}{self.duty} high, {self.count} edge{'s' if self.count > 1 else ''}"


def wave_of(edges: Sequence[Edge], level: int, begin_ns: int, end_ns: int) -> Wave:
    """Make a wave of the edges after `begin_ns`, at which the pin had `level`, up to `end_ns`."""
    return Wave(begin_ns, end_ns, level, tuple(edge for edge in edges if begin_ns < edge.time_ns <= end_ns))
