"""Figures of something that should happen periodically."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from twincore.keywords.values import Duration, format_alike, unit_of


@dataclass(frozen=True)
class Off:
    """The period that is furthest off: by how much (positive: too long), and when it ended."""

    deviation_ns: int
    end_ns: int


@dataclass(frozen=True)
class Figures:
    """What a measured period was like.

    In a suite the attributes are ``${figures.count}``, ``${figures.shortest}``, ``${figures.mean}``,
    ``${figures.longest}`` and ``${figures.spread}`` (longest less shortest); all but the count are times, their
    ``ns`` whole nanoseconds.
    """

    times_ns: tuple[int, ...]
    """The moments at which it happened, at least two."""

    @classmethod
    def of(cls, times_ns: Sequence[int]) -> Figures | None:
        """Make figures of moments; None when there is not even one period."""
        return cls(tuple(times_ns)) if len(times_ns) > 1 else None

    @cached_property
    def periods_ns(self) -> tuple[int, ...]:
        """Lists the periods in their order."""
        return tuple(after - before for before, after in pairwise(self.times_ns))

    @property
    def count(self) -> int:
        """Counts the periods."""
        return len(self.periods_ns)

    @property
    def shortest(self) -> Duration:
        """Gives the shortest period."""
        return Duration(min(self.periods_ns))

    @property
    def longest(self) -> Duration:
        """Gives the longest period."""
        return Duration(max(self.periods_ns))

    @property
    def mean(self) -> Duration:
        """Gives the mean period, to the nanosecond."""
        return Duration(round((self.times_ns[-1] - self.times_ns[0]) / self.count))

    @property
    def spread(self) -> Duration:
        """Gives how much longer the longest is than the shortest."""
        return Duration(self.longest.ns - self.shortest.ns)

    def worst_off(self, nominal_ns: int) -> Off:
        """Find the period furthest from `nominal_ns`, the first of equal ones."""
        at = max(range(self.count), key=lambda index: abs(self.periods_ns[index] - nominal_ns))
        return Off(self.periods_ns[at] - nominal_ns, self.times_ns[at + 1])

    def count_off(self, nominal_ns: int, limit_ns: int) -> int:
        """Count the periods that are further than `limit_ns` from `nominal_ns`."""
        return sum(abs(period - nominal_ns) > limit_ns for period in self.periods_ns)

    def text(self, unit: str | None = None) -> str:
        """Write shortest, mean and longest, all in one unit: the mean's unless told otherwise."""
        unit = unit or unit_of(self.mean.ns)
        values = format_alike([self.shortest.ns, self.mean.ns, self.longest.ns], unit)
        return f"shortest {values[0]}, mean {values[1]}, longest {values[2]}"

    def __str__(self) -> str:
        """Write the figures in a line."""
        return f"{self.count} periods, {self.text()}"
