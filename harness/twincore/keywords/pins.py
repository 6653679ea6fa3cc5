"""Keywords for pins: levels, frequency and duty, and driving them from outside."""

from __future__ import annotations

from fractions import Fraction

from robot.api import logger

from twincore.engines.protocol import Capability, PinEdge
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import (
    HALF_PERCENT,
    TENTH_PERCENT,
    Duration,
    Frequency,
    Gpio,
    Level,
    Percent,
    format_moment,
    format_ns,
)
from twincore.keywords.wave import Wave, wave_of


class Pins(Keywords, topic="pins"):
    """Levels in and out, and what a pin does over a time."""

    @keyword("Pin Should Be")
    def pin_should_be(self, pin: Gpio, level: Level) -> None:
        """Checks a pin's level now.

        Example:
        | `Pin Should Be`    GPIO4    low
        """
        self.session.need(Capability.PINS)
        got = Level(self.engine.pin_level(pin.number))
        if got is not level:
            self.session.unmet(str(pin), level.name, got.name, self._last_edge(pin))

    @keyword("Pin Should Become")
    def pin_should_become(self, pin: Gpio, level: Level, within: Duration) -> Duration:
        """Runs until a pin has a level; returns the simulated time. A pin that has it already needs no time.

        Example:
        | `Pin Should Become`    4    high    within=2 ms
        """
        self.session.need(Capability.PINS)
        if self.engine.pin_level(pin.number) == level:
            return Duration(self.engine.time_ns)
        stop = self.session.wait([PinEdge(pin.number, level.value)], within.ns)
        if stop is None:
            self.session.unmet(str(pin), f"{level.name} within {within}", Level(1 - level).name, self._last_edge(pin))
        return Duration(stop.time_ns)

    @keyword("Pin Should Stay")
    def pin_should_stay(self, pin: Gpio, during: Duration) -> None:
        """Runs for a time and fails when a pin changes.

        Example:
        | `Pin Should Stay`    GPIO4    during=10 ms
        """
        self.session.need(Capability.PINS)
        level = Level(self.engine.pin_level(pin.number))
        stop = self.session.watch([PinEdge(pin.number)], during.ns)
        if stop is not None:
            self.session.unmet(
                str(pin),
                f"{level.name} during {during}",
                f"a change to {Level(1 - level).name} at {format_moment(stop.time_ns)}",
            )

    @keyword("Pin Frequency Should Be")
    def pin_frequency_should_be(
        self, pin: Gpio, frequency: Frequency, during: Duration, tolerance: Percent = TENTH_PERCENT
    ) -> Wave:
        """Runs for a time and checks the mean frequency of a pin, from its first to its last rising edge.

        The signal must be there all the time: no period may be missing at its beginning or its end. ``tolerance`` is a
        part of the frequency. Returns what the pin did, as `Pin Wave`. For each single period see
        `Pin Should Toggle Every`.

        Example:
        | `Pin Frequency Should Be`    GPIO4    5 kHz    during=10 ms
        | `Pin Frequency Should Be`    GPIO4    38 kHz    during=2 ms    tolerance=1 %
        """
        longest = 10**9 / frequency.hz * (1 + tolerance.value / 100)
        if during.ns < 2 * longest:
            raise UsageError(
                str(pin),
                f"expected to look during at least two periods, got {during} for periods of {_period(frequency)}",
            )
        wave = self._wave(pin, during)
        expected = f"{frequency} \N{PLUS-MINUS SIGN} {tolerance} during {during}"
        got = wave.frequency
        if got is None:
            self.session.unmet(str(pin), expected, str(wave), self._last_edge(pin))
        for since, until in ((wave.begin_ns, wave.rises_ns[0]), (wave.rises_ns[-1], wave.end_ns)):
            if until - since > longest + 1:
                missing = f"no rising edge from {format_moment(since)} to {format_moment(until)}"
                self.session.unmet(str(pin), expected, f"{missing}; {wave}", self._last_edge(pin))
        if abs(got.hz - frequency.hz) > frequency.hz * tolerance.value / 100:
            off = Percent(abs(got.hz / frequency.hz - 1) * 100)
            self.session.unmet(
                str(pin), expected, f"{got}, which is {off} off", "is the clock what the firmware assumes?"
            )
        return wave

    @keyword("Pin Duty Should Be")
    def pin_duty_should_be(self, pin: Gpio, duty: Percent, during: Duration, tolerance: Percent = HALF_PERCENT) -> Wave:
        """Runs for a time and checks which part of it a pin was high, over all whole periods of its signal.

        A pin that does not change has 0 % or 100 %. ``tolerance`` are percent of the whole: ``25 %`` with a tolerance
        of ``1 %`` is 24 % to 26 %. Returns what the pin did, as `Pin Wave`.

        Example:
        | `Pin Duty Should Be`    GPIO4    25 %    during=10 ms
        """
        wave = self._wave(pin, during)
        if abs(wave.duty.value - duty.value) > tolerance.value:
            expected = f"high for {duty} \N{PLUS-MINUS SIGN} {tolerance} during {during}"
            self.session.unmet(str(pin), expected, str(wave), self._last_edge(pin))
        return wave

    @keyword("Pin Wave")
    def pin_wave(self, pin: Gpio, during: Duration) -> Wave:
        """Runs for a time and returns what a pin did, without judging it.

        The result has ``count`` (edges), ``rises``, ``frequency`` (``hz``; None when there is no whole period),
        ``duty`` (``value`` in percent) and ``high`` (the time that it was high).

        Example:
        | ${wave} =    `Pin Wave`    GPIO4    during=10 ms
        | Should Be Equal As Integers    ${wave.rises}    50
        """
        return self._wave(pin, during)

    @keyword("Drive Pin")
    def drive_pin(self, pin: Gpio, level: Level) -> None:
        """Drives a pin from outside, as a button or another chip would.

        Example:
        | `Drive Pin`    GPIO0    low
        """
        self.session.need(Capability.PINS)
        self.engine.drive_pin(pin.number, level.value)

    @keyword("Let Go Of Pin")
    def let_go_of_pin(self, pin: Gpio) -> None:
        """Stops driving a pin from outside.

        Example:
        | `Let Go Of Pin`    GPIO0
        """
        self.session.need(Capability.PINS)
        self.engine.drive_pin(pin.number, None)

    @keyword("Pin Level")
    def pin_level(self, pin: Gpio) -> Level:
        """Returns a pin's level, ``low`` or ``high`` (as a number 0 or 1).

        Example:
        | ${level} =    `Pin Level`    4
        """
        self.session.need(Capability.PINS)
        return Level(self.engine.pin_level(pin.number))

    def _wave(self, pin: Gpio, during: Duration) -> Wave:
        self.session.need(Capability.PINS)
        begin, level = self.engine.time_ns, self.engine.pin_level(pin.number)
        self.session.run_for(during.ns)
        wave = wave_of(self.engine.pin_edges(pin.number, begin + 1), level, begin, begin + during.ns)
        logger.info(f"{pin}: {wave}, during {during}.")
        return wave

    def _last_edge(self, pin: Gpio) -> str:
        edges = self.engine.pin_edges(pin.number)
        if not edges:
            return "it has not changed since power-on: has the firmware enabled the output?"
        return f"its last change was at {format_moment(edges[-1].time_ns)}"


def _period(frequency: Frequency) -> str:
    return format_ns(round(Fraction(10**9) / frequency.hz))
