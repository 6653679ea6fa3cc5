"""Keywords for what the cores tell each other: mailboxes in shared memory, and printed requests with their answers."""

from __future__ import annotations

import re
from html import escape

from robot.api import logger

from twincore.engines.protocol import Capability, MemoryMeets
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.names import Spot
from twincore.keywords.serial import compile_pattern
from twincore.keywords.serial_record import shorten
from twincore.keywords.values import POLL, Duration, Place, format_moment, format_ns

_WORD = 0xFFFF_FFFF


class Messages(Keywords, topic="messages"):
    """Nothing lost, nothing late, nothing torn."""

    @keyword("Mailbox Should Never Overflow")
    def mailbox_should_never_overflow(
        self,
        mailbox: Place,
        slots: int,
        during: Duration,
        taken: Place | None = None,
        poll: Duration = POLL,
    ) -> int:
        """Runs for a time and checks that never more than ``slots`` messages are sent and not taken; returns the most.

        A mailbox is two 32-bit counters: messages sent at ``mailbox``, messages taken in the word behind it or at
        ``taken``. They are looked at together every ``poll``.

        Example:
        | `Mailbox Should Never Overflow`    amp_mailbox_to_core1    slots=8    during=500 ms
        """
        sent, took = self._counters(mailbox, taken)
        begin = self._word(sent)
        most = 0

        def overflows(content: bytes) -> bool:
            nonlocal most
            waiting = int.from_bytes(content, "little") - self._word(took) & _WORD
            most = max(most, waiting)
            return waiting > slots

        if self.session.watch([MemoryMeets(sent.address, 4, overflows, poll.ns)], during.ns) is not None:
            self.session.unmet(
                str(sent),
                f"at most {slots} messages waiting, during {during}",
                f"{most} ({self._word(sent)} sent, {self._word(took)} taken)",
                "a writer that does not wait for room overwrites messages; does the reader still run?",
            )
        passed = self._word(sent) - begin & _WORD
        logger.info(f"{passed} messages passed {sent} during {during}, at most {most} of {slots} slots were in use.")
        return most

    @keyword("Messages Should Pass")
    def messages_should_pass(
        self, mailbox: Place, during: Duration, at_least: int = 1, taken: Place | None = None
    ) -> int:
        """Runs for a time and checks that messages are sent through a mailbox and taken; returns how many were taken.

        Counters as in `Mailbox Should Never Overflow`.

        Example:
        | `Messages Should Pass`    amp_mailbox_to_core0    during=500 ms    at_least=4
        """
        sent, took = self._counters(mailbox, taken)
        before_sent, before_taken = self._word(sent), self._word(took)
        self.session.run_for(during.ns)
        new_sent, new_taken = (
            self._word(sent) - before_sent & _WORD,
            self._word(took) - before_taken & _WORD,
        )
        if new_taken < at_least:
            self.session.unmet(
                str(sent),
                f"at least {at_least} messages sent and taken during {during}",
                f"{new_sent} sent, {new_taken} taken",
                "the reader does not take them" if new_sent > new_taken else "the writer does not send",
            )
        logger.info(f"{new_sent} messages were sent, {new_taken} taken during {during}.")
        return new_taken

    @keyword("Mailbox Should Become Empty")
    def mailbox_should_become_empty(self, mailbox: Place, within: Duration, taken: Place | None = None) -> None:
        """Runs until every message sent has been taken: none is lost on the way.

        Counters as in `Mailbox Should Never Overflow`.

        Example:
        | `Mailbox Should Become Empty`    amp_mailbox_to_core1    within=10 ms
        """
        sent, took = self._counters(mailbox, taken)

        def is_empty(content: bytes) -> bool:
            return int.from_bytes(content, "little") == self._word(took)

        if self.session.wait([MemoryMeets(sent.address, 4, is_empty)], within.ns) is None:
            self.session.unmet(
                str(sent),
                f"all messages taken within {within}",
                f"{self._word(sent)} sent, {self._word(took)} taken",
                "does the reader run, and is it told of new messages?",
            )

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

    def _counters(self, mailbox: Place, taken: Place | None) -> tuple[Spot, Spot]:
        self.session.need(Capability.MEMORY)
        sent = self.session.names.find(mailbox)
        took = self.session.names.find(taken or Place(mailbox.name, mailbox.offset + 4))
        return sent, took

    def _word(self, spot: Spot) -> int:
        return int.from_bytes(self.engine.read_memory(spot.address, 4), "little")


def _key(match: re.Match[str]) -> str:
    groups = match.groups()
    return groups[0] or "" if groups else ""
