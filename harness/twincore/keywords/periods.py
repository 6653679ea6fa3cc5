"""Figures of something that should happen periodically."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from twincore.keywords.turns import Limits
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
    ``${figures.median}``, ``${figures.longest}``, ``${figures.spread}`` (longest less shortest) and
    ``${figures.deviation}`` (the standard one); ``${figures.percentile(99)}`` is any percentile. All but the count are
    times, their ``ns`` whole nanoseconds.
    """

    periods_ns: tuple[int, ...]
    """The periods in their order, at least one."""
    ends_ns: tuple[int, ...]
    """When each of them ended."""

    @classmethod
    def of(cls, times_ns: Sequence[int]) -> Figures | None:
        """Make figures of moments; None when there is not even one period."""
        if len(times_ns) < 2:
            return None
        return cls(tuple(after - before for before, after in pairwise(times_ns)), tuple(times_ns[1:]))

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
        return Duration(round(sum(self.periods_ns) / self.count))

    @property
    def spread(self) -> Duration:
        """Gives how much longer the longest is than the shortest."""
        return Duration(self.longest.ns - self.shortest.ns)

    @cached_property
    def _sorted(self) -> tuple[int, ...]:
        return tuple(sorted(self.periods_ns))

    def percentile(self, percent: float) -> Duration:
        """Gives the shortest period that `percent` of all periods do not exceed (the nearest rank)."""
        rank = max(math.ceil(len(self._sorted) * percent / 100), 1)
        return Duration(self._sorted[min(rank, len(self._sorted)) - 1])

    @property
    def median(self) -> Duration:
        """Gives the period that half of all periods do not exceed."""
        return self.percentile(50)

    @property
    def deviation(self) -> Duration:
        """Gives the standard deviation of the periods, to the nanosecond."""
        total = sum(self.periods_ns)
        squares = sum(period * period for period in self.periods_ns)
        return Duration(math.isqrt((self.count * squares - total * total) // self.count**2))

    def missed(self, nominal_ns: int) -> int:
        """Count the turns that did not come: a period of about three nominal ones has two in it that are missing."""
        return sum(max((2 * period + nominal_ns) // (2 * nominal_ns) - 1, 0) for period in self.periods_ns)

    def worst_off(self, limits: Limits) -> Off:
        """Find the period that is furthest beyond the limits, or nearest to one; the first of equal ones."""
        at = max(range(self.count), key=lambda index: limits.excess_ns(self.periods_ns[index]))
        return Off(self.periods_ns[at] - limits.nominal_ns, self.ends_ns[at])

    def count_beyond(self, limits: Limits) -> int:
        """Count the periods that the limits do not allow."""
        return sum(not limits.allows(period) for period in self.periods_ns)

    def text(self, unit: str | None = None) -> str:
        """Write shortest, mean and longest, all in one unit: the mean's unless told otherwise."""
        unit = unit or unit_of(self.mean.ns)
        values = format_alike([self.shortest.ns, self.mean.ns, self.longest.ns], unit)
        return f"shortest {values[0]}, mean {values[1]}, longest {values[2]}"

    def __str__(self) -> str:
        """Write the figures in a line."""
        return f"{self.count} periods, {self.text()}"
