"""Keywords that measure how regularly something happens: a function that a core enters, a pin that toggles."""

from __future__ import annotations

from collections.abc import Sequence

from robot.api import logger

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.periods import Figures
from twincore.keywords.turns import Limits
from twincore.keywords.values import DEFAULT_TOLERANCE, Core, Duration, Gpio, Place, format_moment, format_ns, unit_of


class Timing(Keywords, topic="timing"):
    """Periods and jitter."""

    @keyword("Symbol Should Be Hit Periodically")
    def symbol_should_be_hit_periodically(
        self, symbol: Place, period: Duration, jitter: Duration, during: Duration, core: Core | None = None
    ) -> Figures:
        """Runs for a time and checks that a core comes to a place once every ``period``.

        No single period may be further off than ``jitter``, nor may hits be missing at the beginning or the end of
        the time. ``core`` counts the hits of one core only. Returns the figures (see `Symbol Period`); the log has
        them as a table, with a picture.

        Example:
        | `Symbol Should Be Hit Periodically`    amp_control_loop    period=1 ms    jitter=2 us    during=500 ms
        """
        spot = self.session.names.find(symbol, core)
        who = f"{spot.label} on core {core}" if core is not None else spot.label
        begin = self.engine.time_ns
        times = self._hit_times(symbol, during, core)
        return self._check(who, "hits", times, begin, period, jitter, during)

    @keyword("Pin Should Toggle Every")
    def pin_should_toggle_every(self, pin: Gpio, period: Duration, jitter: Duration, during: Duration) -> Figures:
        """Runs for a time and checks that a pin changes once every ``period``, whether up or down.

        A square wave of 500 Hz toggles every millisecond. Limits and figures as in
        `Symbol Should Be Hit Periodically`.

        Example:
        | `Pin Should Toggle Every`    GPIO4    1 ms    jitter=2 us    during=500 ms
        """
        begin = self.engine.time_ns
        times = self._edge_times(pin, during)
        return self._check(str(pin), "edges", times, begin, period, jitter, during)

    @keyword("Symbol Period")
    def symbol_period(self, symbol: Place, during: Duration, core: Core | None = None) -> Figures:
        """Runs for a time and returns how regularly a core comes to a place, without judging it.

        The figures are ``count``, ``shortest``, ``mean``, ``median``, ``longest``, ``spread``, ``deviation`` and
        ``percentile(99)``; times have ``ns``.

        Example:
        | ${figures} =    `Symbol Period`    amp_control_loop    during=100 ms
        | Should Be True    ${figures.longest.ns} < 1_002_000
        """
        spot = self.session.names.find(symbol, core)
        return self._figures(spot.label, "hits", self._hit_times(symbol, during, core), during)

    @keyword("Pin Period")
    def pin_period(self, pin: Gpio, during: Duration) -> Figures:
        """Runs for a time and returns how regularly a pin changes, without judging it. Figures as in `Symbol Period`.

        Example:
        | ${figures} =    `Pin Period`    4    during=100 ms
        """
        return self._figures(str(pin), "edges", self._edge_times(pin, during), during)

    @keyword("Record Hits")
    def record_hits(self, symbol: Place) -> None:
        """Records from now on each time that a core comes to a place, without stopping there.

        Example:
        | `Record Hits`    amp_control_loop
        | `Run For`    100 ms
        | ${figures} =    `Recorded Period`    amp_control_loop
        """
        self.session.need(Capability.BREAKPOINTS)
        spot = self.session.names.find(symbol)
        self.engine.record_hits(spot.address)
        self.session.recorded.add(spot.address)

    @keyword("Recorded Period")
    def recorded_period(self, symbol: Place, core: Core | None = None) -> Figures:
        """Returns the figures of all hits since `Record Hits` or the last power-on, whichever was later.

        Example:
        | ${figures} =    `Recorded Period`    amp_control_loop
        """
        self.session.need(Capability.BREAKPOINTS)
        spot = self.session.names.find(symbol, core)
        if spot.address not in self.session.recorded:
            raise UsageError(
                spot.label, "expected a place whose hits are recorded", next_step="use 'Record Hits' before"
            )
        hits = self.engine.hits(spot.address)
        times = [hit.time_ns for hit in hits if core in (None, hit.core)]
        return self._figures(spot.label, "hits", times, None)

    @keyword("Cycles Should Last")
    def cycles_should_last(
        self, cycles: int, time: Duration, cpu_mhz: float, tolerance: Duration = DEFAULT_TOLERANCE
    ) -> None:
        """Checks that a number of CPU cycles, at so many MHz, is a time: that the firmware measured what twincore saw.

        Example:
        | ${own} =    `Read Word`    amp_loop_max_cycles
        | `Cycles Should Last`    ${own}    ${figures.longest}    cpu_mhz=240    tolerance=100 ns
        """
        measured = round(cycles * 1000 / cpu_mhz)
        if abs(measured - time.ns) > tolerance.ns:
            self.session.unmet(
                "the firmware's own measurement",
                f"{time}, to within {tolerance}",
                f"{cycles} cycles at {cpu_mhz:g} MHz, which are {format_ns(measured)}",
                "does the CPU run at this clock, and are both of the same span of time?",
            )
        logger.info(f"{cycles} cycles are {format_ns(measured)}; seen from outside: {time}.")

    def _hit_times(self, symbol: Place, during: Duration, core: int | None) -> list[int]:
        self.session.need(Capability.BREAKPOINTS)
        engine = self.engine
        spot = self.session.names.find(symbol, core)
        known = len(engine.hits(spot.address))
        engine.record_hits(spot.address)
        self.session.run_for(during.ns)
        hits = list(engine.hits(spot.address)[known:])
        if spot.address not in self.session.recorded:
            engine.forget_hits(spot.address)
        if core is None and len({hit.core for hit in hits}) > 1:
            self.session.unmet(spot.label, "one core to come here", "both", "say which one counts, for example core=1")
        return [hit.time_ns for hit in hits if core in (None, hit.core)]

    def _edge_times(self, pin: Gpio, during: Duration) -> list[int]:
        self.session.need(Capability.PINS)
        begin = self.engine.time_ns
        self.session.run_for(during.ns)
        return [edge.time_ns for edge in self.engine.pin_edges(pin.number, begin + 1)]

    def _figures(self, who: str, what: str, times: Sequence[int], during: Duration | None) -> Figures:
        figures = Figures.of(times)
        if figures is None:
            span = "since recording began" if during is None else f"during {during}"
            self.session.unmet(who, f"at least 2 {what} {span}", str(len(times)))
        logger.info(report.period_block(who, figures), html=True)
        return figures

    def _check(
        self,
        who: str,
        what: str,
        times: Sequence[int],
        begin: int,
        period: Duration,
        jitter: Duration,
        during: Duration,
    ) -> Figures:
        end = begin + during.ns
        if not period.ns or end - begin < 2 * (period.ns + jitter.ns):
            raise UsageError(who, f"expected to look during at least two periods, got {during} for periods of {period}")
        expected = f"{what} every {period} \N{PLUS-MINUS SIGN} {jitter} during {during}"
        figures = Figures.of(times)
        if figures is None:
            self.session.unmet(who, expected, "one" if times else f"no {what}", "is the code reached at all?")
        limits = Limits(period.ns, jitter.ns, jitter.ns)
        logger.info(report.period_block(who, figures, limits), html=True)
        limit = limits.longest_ns
        gaps = [(begin, times[0], "first"), (times[-1], end, "last")]
        for since, until, which in gaps:
            if until - since > limit:
                self.session.unmet(
                    who,
                    expected,
                    f"none from {format_moment(since)} to {format_moment(until)}: {len(times)} {what}, "
                    f"the {which} at {format_moment(times[0] if which == 'first' else times[-1])}",
                    "see in the log what the core is doing",
                )
        over = figures.count_beyond(limits)
        if over:
            worst = figures.worst_off(limits)
            unit = unit_of(period.ns)
            how_far = f"{format_ns(abs(worst.deviation_ns))} too {'long' if worst.deviation_ns > 0 else 'short'}"
            length = format_ns(period.ns + worst.deviation_ns, unit)
            self.session.unmet(
                who,
                expected,
                f"{over} of {figures.count} periods off, the worst by {how_far} ({length}, ended at "
                f"{format_moment(worst.end_ns)}); {figures.text(unit)}",
                "the picture in the log shows which periods are off: what delays them?",
            )
        return figures
