"""Keywords for the chip's watchdogs: whether one is on, how often it is fed, whether it bites.

Source: ESP32-S3 Technical Reference Manual, "Watchdog Timers". Leaves out the stages that interrupt before the reset.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from itertools import pairwise

from robot.api import logger

from twincore.engines.protocol import AccessKind, Area, Capability, Engine, MemoryAccess, ResetHappens
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import TENTH, Duration, format_moment, format_ns


class Watchdog(enum.Enum):
    """A watchdog of the chip: of timer group 0 or 1 (ESP-IDF's task and interrupt watchdog), of RTC, the super one."""

    TIMG0 = "TIMG0"
    TIMG1 = "TIMG1"
    RTC = "RTC"
    SUPER = "SUPER"


@dataclass(frozen=True)
class _Registers:
    """Where a watchdog is switched on, fed and locked, by the manual's names of registers and fields."""

    on: tuple[str, ...]
    """Fields any of which switches it on."""
    off: tuple[str, ...]
    """Fields any of which switches it off, or feeds it without the firmware."""
    feed: str
    """A store that sets this field feeds; where it is the whole register, any store does."""
    lock: str
    key: int
    reasons: tuple[str, ...]


_KEY = 0x50D8_3AA1
_SWD_KEY = 0x8F1D_312A
_WATCHDOGS = {
    Watchdog.TIMG0: _Registers(
        ("TIMG0.WDTCONFIG0.WDT_EN", "TIMG0.WDTCONFIG0.WDT_FLASHBOOT_MOD_EN"),
        (),
        "TIMG0.WDTFEED",
        "TIMG0.WDTWPROTECT",
        _KEY,
        ("TG0WDT_SYS", "TG0WDT_CPU"),
    ),
    Watchdog.TIMG1: _Registers(
        ("TIMG1.WDTCONFIG0.WDT_EN",),
        (),
        "TIMG1.WDTFEED",
        "TIMG1.WDTWPROTECT",
        _KEY,
        ("TG1WDT_SYS", "TG1WDT_CPU"),
    ),
    Watchdog.RTC: _Registers(
        ("RTC_CNTL.WDTCONFIG0.WDT_EN", "RTC_CNTL.WDTCONFIG0.WDT_FLASHBOOT_MOD_EN"),
        (),
        "RTC_CNTL.WDTFEED.WDT_FEED",
        "RTC_CNTL.WDTWPROTECT",
        _KEY,
        ("RTCWDT_SYS", "RTCWDT_CPU", "RTCWDT_RTC"),
    ),
    Watchdog.SUPER: _Registers(
        (),
        ("RTC_CNTL.SWD_CONF.SWD_DISABLE", "RTC_CNTL.SWD_CONF.SWD_AUTO_FEED_EN"),
        "RTC_CNTL.SWD_CONF.SWD_FEED",
        "RTC_CNTL.SWD_WPROTECT",
        _SWD_KEY,
        ("SUPER_WDT",),
    ),
}


class Watchdogs(Keywords, topic="watchdogs"):
    """On, fed, biting."""

    @keyword("Watchdog Should Be On")
    def watchdog_should_be_on(self, watchdog: Watchdog) -> None:
        """Checks that a watchdog runs: ``TIMG0``, ``TIMG1``, ``RTC`` or ``SUPER``.

        The super watchdog counts as on where the firmware has to feed it: it is neither disabled nor feeds itself.

        Example:
        | `Watchdog Should Be On`    TIMG0
        """
        if not self._is_on(watchdog):
            self.session.unmet(_called(watchdog), "it is on", "it is off", "who should have switched it on?")

    @keyword("Watchdog Should Be Off")
    def watchdog_should_be_off(self, watchdog: Watchdog) -> None:
        """Checks that a watchdog does not run, or, the super watchdog, that it needs no firmware to feed it.

        Example:
        | `Watchdog Should Be Off`    RTC
        """
        if self._is_on(watchdog):
            self.session.unmet(_called(watchdog), "it is off", "it is on", "who should have switched it off?")

    @keyword("Watchdog Should Be Fed")
    def watchdog_should_be_fed(self, watchdog: Watchdog, every: Duration, during: Duration) -> int:
        """Runs for a time and fails where a watchdog is not fed for longer than ``every``; returns how often it was.

        A store that the watchdog's lock refuses feeds nothing. The time before the first feed counts, and that after
        the last.

        Example:
        | `Watchdog Should Be Fed`    TIMG0    every=1 s    during=10 s
        """
        if not 0 < every.ns <= during.ns:
            raise UsageError(_called(watchdog), f"expected a time up to {during} to be fed in, got {every}")
        self.watchdog_should_be_on(watchdog)
        self.session.need(Capability.WATCHPOINTS)
        begin = self.engine.time_ns
        meals = _Meals(self.engine, _WATCHDOGS[watchdog])
        try:
            self.session.run_for(during.ns)
        finally:
            meals.close()
        times = [begin, *meals.times_ns, self.engine.time_ns]
        gaps = [(after - before, after) for before, after in pairwise(times)]
        longest, end = max(gaps)
        if longest > every.ns:
            self.session.unmet(
                _called(watchdog),
                f"it is fed every {every} during {during}",
                f"{len(meals.times_ns)} feeds, none for {format_ns(longest)} up to {format_moment(end)}",
                "what keeps the code that feeds it? 'Log State' shows where both cores are",
            )
        count = len(meals.times_ns)
        logger.info(f"{_called(watchdog)} was fed {count} times, at the latest after {format_ns(longest)}.")
        return count

    @keyword("Watchdog Should Bite")
    def watchdog_should_bite(self, watchdog: Watchdog, within: Duration = TENTH) -> str:
        """Runs until a watchdog resets the chip or a core; returns the reset's reason. Fails at any other reset.

        With a fault before it (`Inject Stall Of Core ${core}`) it shows that the watchdog saves a firmware that hangs.

        Example:
        | `Inject Stall Of Core 0`    lasting=20 s
        | `Watchdog Should Bite`    TIMG0    within=10 s
        """
        self.session.need(Capability.RESET_REASONS)
        expected = f"it resets the chip within {within}"
        if self.session.wait([ResetHappens()], within.ns) is None:
            is_on = "on" if self._is_on(watchdog) else "off"
            self.session.unmet(_called(watchdog), expected, f"no reset, and it is {is_on}", "is it fed all the same?")
        last = self.engine.resets()[-1]
        if last.reason_name not in _WATCHDOGS[watchdog].reasons:
            got = f"a reset by {last.reason_name} at {format_moment(last.time_ns)}"
            self.session.unmet(_called(watchdog), expected, got, "see in the log what the firmware did before it")
        logger.info(f"{_called(watchdog)} has reset the chip at {format_moment(last.time_ns)}: {last.reason_name}.")
        return last.reason_name

    def _is_on(self, watchdog: Watchdog) -> bool:
        self.session.need(Capability.MEMORY)
        registers = _WATCHDOGS[watchdog]
        if any(_read(self.engine, name) for name in registers.off):
            return False
        return not registers.on or any(_read(self.engine, name) for name in registers.on)


class _Meals:
    """Notes when a watchdog is fed, until `close`."""

    def __init__(self, engine: Engine, registers: _Registers) -> None:
        self._engine, self._registers = engine, registers
        self.times_ns: list[int] = []
        feed = self._feed = engine.chip_registers.find(registers.feed)
        self._area = Area(feed.address, 4, AccessKind.WRITE)
        engine.watch_memory(self._area, self._heard)

    def _heard(self, access: MemoryAccess) -> None:
        feed = self._feed
        is_meal = feed.bits == 32 or access.value >> feed.bit & (1 << feed.bits) - 1
        if is_meal and _read(self._engine, self._registers.lock) == self._registers.key:
            self.times_ns.append(access.time_ns)

    def close(self) -> None:
        """Stop listening."""
        self._engine.unwatch_memory(self._area, self._heard)


def _read(engine: Engine, name: str) -> int:
    """Return a register or field of the chip as it is now."""
    register = engine.chip_registers.find(name)
    word = int.from_bytes(engine.read_memory(register.address, 4), "little")
    return word >> register.bit & (1 << register.bits) - 1


def _called(watchdog: Watchdog) -> str:
    return "the super watchdog" if watchdog is Watchdog.SUPER else f"the watchdog of {watchdog.value}"
