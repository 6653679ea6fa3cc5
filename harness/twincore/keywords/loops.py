"""Keywords that judge loops turn by turn: their period over so many turns, and how soon one thing follows another."""

from __future__ import annotations

from collections.abc import Sequence

from robot.api import logger

from twincore.errors import UsageError
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.periods import Figures
from twincore.keywords.recorder import Recorder, recording
from twincore.keywords.turns import Limits, Occasion
from twincore.keywords.values import SECOND, Duration, format_moment, format_ns, unit_of

_PIECE_NS = 10_000_000
"""How long to run before counting, where nobody knows the period yet."""


class Loops(Keywords, topic="loops"):
    """Turns counted, not time."""

    @keyword("Loop Should Keep")
    def loop_should_keep(self, turn: Occasion, period: Limits, turns: int = 100, missed: int = 0) -> Figures:
        """Runs for so many turns of a loop and checks that each keeps the period.

        ``turn`` is what happens once a turn: code that a core comes to (``amp_control_loop``), an edge of a pin
        (``GPIO4 rising``), or a store to a register or variable (``write GPIO.OUT_W1TS``). ``period`` is
        ``1 ms +- 2 us``, ``1 ms +- 0.5 %``, ``1 ms + 5 us - 2 us`` or ``below 1 ms``. A turn that does not come at
        all is a missed deadline (a gap of about three periods has two); ``missed`` says how many there may be.
        Where both cores come to the code, name the one that counts: ``amp_control_loop on core 1``.

        Time runs until the turns have come, at most until they should have, and a tenth more. The log has the figures
        and a picture of how often each length came. Returns the figures (see `Loop Figures`).

        Example:
        | `Loop Should Keep`    amp_control_loop    1 ms +- 2 us    turns=500
        | `Loop Should Keep`    GPIO4 rising    2 ms +- 0.1 %    turns=100
        | `Loop Should Keep`    write GPIO.OUT_W1TS    2 ms +- 2 us    turns=100
        """
        if turns < 1 or not period.nominal_ns:
            raise UsageError(str(turn), f"expected at least one turn of a period above 0, got {turns} of {period}")
        begin = self.engine.time_ns
        latest = begin + (turns + missed + 1) * period.longest_ns * 11 // 10
        with recording(self.session, turn) as recorder:
            times = self._collect(recorder, turns + 1, latest, period.nominal_ns)
        who = str(turn)
        expected = f"{turns} turns of {period}"
        figures = Figures.of(times)
        if figures is None:
            self.session.unmet(
                who,
                expected,
                f"{'one' if times else 'no'} {turn.things} from {format_moment(begin)} to "
                f"{format_moment(self.engine.time_ns)}",
                "is the code reached at all? 'Log State' shows where both cores are",
            )
        logger.info(report.period_block(who, figures, period), html=True)
        self._judge(who, expected, figures, period, missed)
        if figures.count < turns:
            self.session.unmet(
                who,
                expected,
                f"{figures.count} up to {format_moment(self.engine.time_ns)}, the last turn began at "
                f"{format_moment(times[-1])}",
                "the loop has stopped: the state in the log shows what its core is doing",
            )
        return figures

    @keyword("Loop Figures")
    def loop_figures(self, turn: Occasion, turns: int = 100, within: Duration = SECOND) -> Figures:
        """Runs for so many turns of a loop and returns what its period was like, without judging it.

        The figures are ``count``, ``shortest``, ``median``, ``mean``, ``longest``, ``spread``, ``deviation`` (the
        standard one) and ``percentile(99)``; times have ``ns``. Fails when there are fewer turns ``within`` the time.
        ``turn`` is as in `Loop Should Keep`.

        Example:
        | ${figures} =    `Loop Figures`    amp_control_loop    turns=200
        | Should Be True    ${figures.percentile(99).ns} < 1_002_000
        """
        if turns < 1:
            raise UsageError(str(turn), f"expected at least one turn, got {turns}")
        with recording(self.session, turn) as recorder:
            times = self._collect(recorder, turns + 1, self.engine.time_ns + within.ns, None)
        figures = Figures.of(times)
        if figures is None or figures.count < turns:
            got = f"{len(times)} {turn.things}"
            self.session.unmet(str(turn), f"{turns} turns within {within}", got, "give it longer with within=")
        logger.info(report.period_block(str(turn), figures), html=True)
        return figures

    @keyword("Response Should Come")
    def response_should_come(
        self,
        cause: Occasion,
        response: Occasion,
        limit: Limits,
        times: int = 10,
        within: Duration = SECOND,
    ) -> Figures:
        """Runs until something has happened so many times, and checks how soon each time something else follows it.

        That measures interrupt latency (from the store that raises an interrupt to its handler), execution time (from
        a function's begin to a pin's edge), the delay of a message. ``cause`` and ``response`` are as in
        `Loop Should Keep`, ``limit`` is ``below 20 us`` or ``100 us +- 5 us``.
        A cause that comes again before its response has missed it. Fails too when the cause does not come so often
        ``within`` the time. Returns the figures of the delays.

        Example:
        | `Response Should Come`    write SYSTEM.CPU_INTR_FROM_CPU_1 on core 0    amp_core1_interrupt    below 20 us
        """
        who, expected = f"{response} after {cause}", f"{limit}, {times} times"
        begin = self.engine.time_ns
        with recording(self.session, cause) as causes, recording(self.session, response) as responses:
            self._collect(causes, times, begin + within.ns, None)
            last = causes.times_ns()[:times]
            if last:
                self.session.run_for(max(last[-1] + limit.longest_ns - self.engine.time_ns, 0))
            began, came = list(causes.times_ns()), list(responses.times_ns())
        if len(last) < times:
            self.session.unmet(
                who, expected, f"{len(last)} {cause.things} of {cause} within {within}", "does it happen at all?"
            )
        delays: list[int] = []
        at = 0
        for index, moment in enumerate(began[:times]):
            while at < len(came) and came[at] < moment:
                at += 1
            again = began[index + 1] if index + 1 < len(began) else None
            if at == len(came) or (again is not None and came[at] >= again):
                until = format_moment(again if again is not None else self.engine.time_ns)
                self.session.unmet(
                    who,
                    expected,
                    f"no response to number {index + 1} at {format_moment(moment)} up to {until}",
                    "what keeps the core? See the state in the log",
                )
            delays.append(came[at] - moment)
        figures = Figures(tuple(delays), tuple(began[:times]))
        logger.info(report.period_block(who, figures, limit, what="responses"), html=True)
        self._judge(who, expected, figures, limit, None)
        return figures

    def _judge(self, who: str, expected: str, figures: Figures, limits: Limits, missed: int | None) -> None:
        """Fail where times are beyond the limits. missed: how many turns may be left out, None where none can be."""
        nominal = limits.nominal_ns
        absent = 0 if missed is None or limits.is_bound else figures.missed(nominal)
        beyond = figures.count_beyond(limits)
        if missed is not None and absent > missed:
            worst = figures.worst_off(limits)
            self.session.unmet(
                who,
                expected,
                f"{absent} missed deadline{'s' if absent > 1 else ''}: the longest gap is "
                f"{format_ns(nominal + worst.deviation_ns, unit_of(nominal))} and ended at "
                f"{format_moment(worst.end_ns)}",
                "what kept the core from its turn then?",
            )
        gaps = sum(2 * period >= 3 * nominal for period in figures.periods_ns) if missed else 0
        if beyond > gaps:
            worst = figures.worst_off(limits)
            unit = unit_of(nominal)
            too = "long" if worst.deviation_ns > 0 else "short"
            self.session.unmet(
                who,
                expected,
                f"{beyond} of {figures.count} beyond the limits, the worst too {too} by "
                f"{format_ns(abs(worst.deviation_ns))} ({format_ns(nominal + worst.deviation_ns, unit)}, ended at "
                f"{format_moment(worst.end_ns)}); {figures.text(unit)}",
                "the picture in the log shows which are off: what delays them?",
            )

    def _collect(self, recorder: Recorder, count: int, latest_ns: int, expected_ns: int | None) -> Sequence[int]:
        """Run until `count` happenings are recorded or the time is `latest_ns`; return the first `count`."""
        while len(times := recorder.times_ns()) < count:
            now = self.engine.time_ns
            if now >= latest_ns:
                break
            left = count - len(times)
            piece = _PIECE_NS if expected_ns is None else left * expected_ns
            if expected_ns is None and len(times) > 1:
                piece = max(left * (times[-1] - times[0]) // (len(times) - 1), 1000)
            self.session.run_for(min(max(piece, 1000), latest_ns - now))
            if self.engine.time_ns == now:
                break  # the firmware has ended the run
        return tuple(times[:count])
