"""Keywords for what firmware prints and answers: requests with their answers."""

from __future__ import annotations

import re
from html import escape

from robot.api import logger

from twincore.engines.protocol import Capability
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.serial import compile_pattern
from twincore.keywords.serial_record import shorten
from twincore.keywords.values import Duration, format_moment, format_ns


class Answers(Keywords, topic="messages"):
    """Nothing unanswered, nothing late."""

    @keyword("Every Line Should Be Answered")
    def every_line_should_be_answered(
        self, line: str, answer: str, limit: Duration, during: Duration, at_least: int = 1, port: str | None = None
    ) -> None:
        r"""Runs for a time and checks that each line is followed by its answer, in order and within a time.

        ``line`` and ``answer`` are regular expressions; a group in both says which answer belongs to which line
        (without groups, the first answer after it). The time runs from the end of the line to that of its answer.
        A line whose limit is not over at the end is left out. The log has all times.

        Example:
        | `Every Line Should Be Answered`    sent ping (\\d+)    got pong (\\d+)    limit=10 ms    during=500 ms
        """
        self.session.need(Capability.SERIAL_OUTPUT)
        port = port or self.session.options.console
        asks, answers = compile_pattern(line), compile_pattern(answer)
        start = len(self.engine.serial_output(port).data)
        self.session.run_for(during.ns)
        open_asks: list[tuple[str, str, int]] = []
        rows: list[tuple[str, int, int]] = []
        for entry in self.session.serial.lines(port, start):
            if not entry.is_whole:
                continue
            if (found := asks.search(entry.text)) is not None:
                open_asks.append((_key(found), entry.text, entry.time_ns))
            elif (found := answers.search(entry.text)) is not None:
                self._settle(_key(found), entry.text, entry.time_ns, open_asks, rows, limit)
        end = self.engine.time_ns
        for _, text, moment in open_asks:
            if end - moment > limit.ns:
                self.session.unmet(
                    port,
                    f"an answer '{answer}' to '{text}' within {limit}",
                    f"none up to {format_moment(end)}, {format_ns(end - moment)} later",
                    "compare with the serial output in the log",
                )
        if len(rows) < at_least:
            self.session.unmet(
                port,
                f"at least {at_least} times '{line}' with its answer during {during}",
                f"{len(rows)}; {self.session.serial.tail(port)}",
                "does the firmware send at all? Give it longer with during=",
            )
        trips = [answered - asked for _, asked, answered in rows]
        head = ["line", "at", "answered after"]
        cells = [[escape(text), format_moment(at), format_ns(done - at)] for text, at, done in rows]
        mean = format_ns(round(sum(trips) / len(trips)))
        summary = (
            f"{len(trips)} answers: shortest {format_ns(min(trips))}, mean {mean}, longest {format_ns(max(trips))}"
        )
        logger.info(f"{summary}, limit {limit}{report.table([head, *cells], numbers=[1, 2])}", html=True)

    def _settle(
        self,
        key: str,
        text: str,
        moment: int,
        open_asks: list[tuple[str, str, int]],
        rows: list[tuple[str, int, int]],
        limit: Duration,
    ) -> None:
        if not open_asks:
            return  # the answer to a line from before
        asked_key, asked, at = open_asks.pop(0)
        if key and asked_key and key != asked_key:
            self.session.unmet(
                "messages",
                f"the answer to '{shorten(asked)}' ({format_moment(at)}) next",
                f"'{shorten(text)}' at {format_moment(moment)}",
                "a message was lost, or answered out of order",
            )
        if moment - at > limit.ns:
            self.session.unmet(
                "messages",
                f"the answer to '{shorten(asked)}' ({format_moment(at)}) within {limit}",
                f"'{shorten(text)}' {format_ns(moment - at)} later",
                "what keeps the other core?",
            )
        rows.append((asked, at, moment))


def _key(match: re.Match[str]) -> str:
    groups = match.groups()
    return groups[0] or "" if groups else ""
