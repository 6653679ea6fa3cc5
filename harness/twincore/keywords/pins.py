"""Keywords for pins: levels, and driving them from outside."""

from __future__ import annotations

from twincore.engines.protocol import Capability, PinEdge
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import Duration, Gpio, Level, format_moment


class Pins(Keywords, topic="pins"):
    """Levels in and out."""

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

    def _last_edge(self, pin: Gpio) -> str:
        edges = self.engine.pin_edges(pin.number)
        if not edges:
            return "it has not changed since power-on: has the firmware enabled the output?"
        return f"its last change was at {format_moment(edges[-1].time_ns)}"
