"""The clocks of the chip: sources and what runs from them at power-on; firmware moves them through its registers.

A clock is a `twincore.model.Clock`, known by its period in ticks of the base clock. Peripherals that hold the selectors
(SYSTEM, RTC_CNTL) set periods; those that count or shift listen to them.
"""

from __future__ import annotations

from collections.abc import Mapping

from twincore.errors import PlatformError
from twincore.machine.platform_file import ClockEntry
from twincore.model import TICKS_PER_SECOND, Clock


def to_ns(ticks: int) -> int:
    """Return whole nanoseconds that have passed at `ticks`."""
    return ticks * 1_000_000_000 // TICKS_PER_SECOND


def to_ticks(time_ns: int) -> int:
    """Return the first tick at which `time_ns` nanoseconds have passed."""
    return -(-time_ns * TICKS_PER_SECOND // 1_000_000_000)


class Clocks:
    """All clocks of a machine by name."""

    def __init__(self, entries: Mapping[str, ClockEntry]) -> None:
        self._entries = entries
        self._clocks = {name: Clock(name, self._power_on_period(name)) for name in entries}

    def __getitem__(self, name: str) -> Clock:
        return self._clocks[name]

    def get(self, name: str, asker: str) -> Clock:
        """Return the clock `name` that `asker` needs; PlatformError when the platform has none of that name."""
        try:
            return self._clocks[name]
        except KeyError:
            known = ", ".join(self._clocks)
            raise PlatformError(asker, f"clock: expected one of {known}; got {name!r}") from None

    def power_on(self) -> None:
        """Set every clock to what it is when power comes."""
        for name, clock in self._clocks.items():
            clock.set_period(self._power_on_period(name))

    def frequency_hz(self, name: str) -> float:
        """Return a clock's frequency, 0.0 when it stands."""
        period = self._clocks[name].period_ticks
        return TICKS_PER_SECOND / period if period else 0.0

    def state(self) -> dict[str, int]:
        """Return every clock's period in ticks."""
        return {name: clock.period_ticks for name, clock in self._clocks.items()}

    def restore(self, state: Mapping[str, int]) -> None:
        """Take on periods that `state` returned; listeners are not called."""
        for name, period in state.items():
            self._clocks[name].period_ticks = period

    def _power_on_period(self, name: str) -> int:
        entry = self._entries[name]
        if entry.runs_from is not None:
            return self._power_on_period(entry.runs_from) * entry.divider
        assert entry.frequency_hz is not None
        return TICKS_PER_SECOND * entry.divider // entry.frequency_hz
