"""Keywords for messages between the cores: follow a channel, then ask what became of each message."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot.api import logger
from robot.running import TypeInfo

from twincore.engines.protocol import Capability, MemoryAccessed
from twincore.errors import UsageError
from twincore.keywords import message_log
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.periods import Figures
from twincore.keywords.turns import Limits
from twincore.keywords.values import AT_ONCE, Duration, Region, format_moment, format_ns
from twincore.machine.class_paths import load_class
from twincore.messages import BUILT_IN, FaultKind, MemoryArea, MessageProtocol, Record
from twincore.messages.follower import Follower
from twincore.schema import did_you_mean

_WORD = 4
_NEXT_STEPS = {
    FaultKind.LOST: "does the writer wait for room, and the reader take every message?",
    FaultKind.TORN: "does the writer store all words before it counts, and the reader read them before it counts?",
    FaultKind.TWICE: "who else stores there? Try 'Watch Memory'",
    FaultKind.ORDER: "who else stores there? Try 'Watch Memory'",
}


@dataclass(frozen=True)
class MessageCounts:
    """How many messages of a channel were sent, received and so on, since following began.

    ``merged`` is how often a flag was set that was set already. ``sent_by`` and ``received_by`` are the counts of each
    core, ``${counts.sent_by[0]}``; a message that DMA moved counts for None.
    """

    sent: int
    received: int
    waiting: int
    most_waiting: int
    lost: int
    torn: int
    twice: int
    out_of_order: int
    merged: int
    sent_by: dict[int | None, int]
    received_by: dict[int | None, int]

    @classmethod
    def of(cls, record: Record) -> MessageCounts:
        """Take the counts from a record."""
        kinds = [fault.kind for fault in record.faults]
        return cls(
            record.sent_count,
            record.received_count,
            len(record.waiting),
            record.most_waiting,
            kinds.count(FaultKind.LOST),
            kinds.count(FaultKind.TORN),
            kinds.count(FaultKind.TWICE),
            kinds.count(FaultKind.ORDER),
            record.merged_count,
            dict(record.sent_by),
            dict(record.received_by),
        )


class Messages(Keywords, topic="messages"):
    """Sent is received: in order, whole, once, none lost, in time."""

    # Which messages.

    @keyword("Follow Messages")
    def follow_messages(self, protocol: str, *places: str, name: str = "", **options: str) -> None:
        """Follows the messages of a channel from now on: who sends and receives each, when, and whether it is whole.

        Each store and load of the channel's memory is seen, by whichever core or DMA; the run stays the same. The other
        keywords on messages know the channel by ``name``, or by its first place where it has none. Following ends with
        `Stop Following Messages`, or when firmware is booted; `Power Cycle` begins a new record.

        ``protocol`` is how messages pass:

        - ``ring``: the writer fills a slot and counts on, the reader reads it and counts on. Places are the ring,
          then, if they are not in it, the reader's index and the first slot. ``slots`` is how many there are, ``size``
          how many bytes each has (without it contents are not looked at), ``first_index`` the slot of message 1,
          counted from 0. Offsets in the ring are ``head`` (of the writer's index, 0), ``tail`` (the reader's, behind
          it) and ``data`` (the slots, behind both). ``index_size`` is 1, 2 or 4 bytes; ``wraps_at=8`` says that an
          index goes from 7 to 0. ``sequence`` is where in a message lies a word that grows by one.
        - ``mailbox``: one message and a flag that the writer sets and the reader clears. Places are the message and the
          flag, or both together where the flag is the last word. ``sequence`` as above.
        - ``flag``: a word that one core sets and another clears; ``mask`` says which bits count. A register will do:
          ``SYSTEM.CPU_INTR_FROM_CPU_0`` counts the interrupts between the cores, from the store that raises one to the
          store that acknowledges it.
        - ``file.py:Class``, ``module:Class`` or an entry point of the group twincore.messages: a protocol of your own,
          a subclass of twincore.messages.MessageProtocol. Options are arguments of the class. A file is relative to
          where Robot Framework was started; ``${CURDIR}/`` in front of it names one beside the suite.

        A place is written as a region: ``amp_box`` (with the size of the symbol), ``0x3FC90000 for 8 bytes``, or a
        register.

        Example:
        | `Follow Messages`    ring       amp_mailbox_to_core1    slots=8    size=16    first_index=1
        | `Follow Messages`    mailbox    app_box.payload    app_box.is_full    name=commands
        | `Follow Messages`    flag       SYSTEM.CPU_INTR_FROM_CPU_0    name=doorbell
        | `Follow Messages`    ${CURDIR}/slip.py:Slip    slip_area    limit=4
        """
        self.session.need(Capability.MEMORY, Capability.WATCHPOINTS)
        name = name or (places[0] if places else "")
        if not places:
            raise UsageError("Follow Messages", "expected the memory of the channel, got no place")
        kind = self._protocol(protocol)
        areas = [self._area(place) for place in places]
        follower = Follower(
            self.engine,
            kind,
            areas,
            _converted(kind, options, protocol),
            name=name,
            path=protocol,
            describe=self.session.names.access_text,
        )
        if name in self.session.followers:
            self.stop_following_messages(name)
        self.session.followers[name] = follower

    @keyword("Stop Following Messages")
    def stop_following_messages(self, name: str) -> None:
        """Follows a channel no more, and forgets its record.

        Example:
        | `Stop Following Messages`    amp_mailbox_to_core1
        """
        self._follower(name).stop()
        del self.session.followers[name]

    @keyword("Forget Messages")
    def forget_messages(self, name: str) -> None:
        """Begins a new record of a channel, as if following began now.

        Example:
        | `Forget Messages`    amp_mailbox_to_core1
        """
        self._follower(name).forget()

    # What became of them.

    @keyword("Every Message Should Arrive")
    def every_message_should_arrive(
        self, name: str, during: Duration, at_least: int = 1, limit: Limits | None = None
    ) -> Figures:
        """Runs for a time and checks that each message is received: once, in order, whole, none lost, in time.

        What went wrong since following began counts too; the run stops at the store or load that shows it.
        ``limit`` is how long a message may wait (``below 100 us``). Latencies are exact to the quantum, within which
        core 1 may see a store of core 0 at once; to the instruction with ``quantum=1``. The log has the counts, the
        latencies with percentiles and picture, and the messages as a table. Returns the figures of the latencies (see
        `Loop Figures`).

        Example:
        | `Follow Messages`    ring    amp_mailbox_to_core1    slots=8    size=16    first_index=1
        | `Every Message Should Arrive`    amp_mailbox_to_core1    during=500 ms    limit=below 1 ms
        """
        follower = self._follower(name)
        if at_least < 1:
            raise UsageError(name, f"expected at least one message, got at_least={at_least}")
        record = follower.record
        begin, sent = len(record.latencies_ns), record.sent_count
        self._run(follower, during, tuple(FaultKind))
        self._check(follower, f"every message received once, in order and whole during {during}", tuple(FaultKind))
        latencies = record.latencies_ns[begin:]
        if len(latencies) < at_least:
            self._log(record, name)
            waiting = len(record.waiting)
            self.session.unmet(
                name,
                f"at least {at_least} messages sent and received during {during}",
                f"{record.sent_count - sent} sent, {len(latencies)} received, {waiting} waiting",
                "the reader does not take them" if waiting else "the writer does not send",
            )
        figures = Figures(tuple(latencies), tuple(record.ends_ns[begin:]))
        logger.info(message_log.block(name, record, figures, limit), html=True)
        if limit is not None:
            self._check_limit(name, record, figures, limit)
        return figures

    @keyword("Waiting Messages Should Be Received")
    def waiting_messages_should_be_received(self, name: str, within: Duration) -> None:
        """Runs until no message of a channel waits: every one that was sent has been received, none is lost on the way.

        Example:
        | `Waiting Messages Should Be Received`    amp_mailbox_to_core1    within=10 ms
        """
        follower = self._follower(name)
        record = follower.record
        conditions = [MemoryAccessed(area, lambda _: not record.waiting) for area in follower.areas]
        if record.waiting:
            self.session.wait(conditions, within.ns)
        self._check(follower, "every message received", (FaultKind.LOST,))
        if record.waiting:
            self._log(record, name)
            oldest = next(iter(record.waiting.values()))
            since = "" if oldest.sent_ns is None else f", sent at {format_moment(oldest.sent_ns)}"
            self.session.unmet(
                name,
                f"all messages received within {within}",
                f"{len(record.waiting)} waiting, the oldest message {oldest.id}{since}",
                "does the reader run, and is it told of new messages?",
            )

    @keyword("No Message Should Be Lost")
    def no_message_should_be_lost(self, name: str, during: Duration = AT_ONCE) -> None:
        """Checks that no message was lost since following began, overwritten or skipped, and none is for a time.

        Without ``during`` no time passes.

        Example:
        | `No Message Should Be Lost`    amp_mailbox_to_core1    during=100 ms
        """
        self._none(name, FaultKind.LOST, "no message lost", during)

    @keyword("No Message Should Be Torn")
    def no_message_should_be_torn(self, name: str, during: Duration = AT_ONCE) -> None:
        """Checks that no reader got other words than were sent since following began, and none does for a time.

        A message is torn when its reader's last load of a word, before it takes the message, differs from what lay
        there when the message was sent. Without ``during`` no time passes. For words without flag or counter there is
        `Message Should Never Be Torn`.

        Example:
        | `No Message Should Be Torn`    amp_mailbox_to_core1
        """
        self._none(name, FaultKind.TORN, "no message torn", during)

    @keyword("No Message Should Be Received Twice")
    def no_message_should_be_received_twice(self, name: str, during: Duration = AT_ONCE) -> None:
        """Checks that no message was received or sent again since following began, and none is for a time.

        Without ``during`` no time passes.

        Example:
        | `No Message Should Be Received Twice`    amp_mailbox_to_core1
        """
        self._none(name, FaultKind.TWICE, "no message received twice", during)

    @keyword("Messages Should Be In Order")
    def messages_should_be_in_order(self, name: str, during: Duration = AT_ONCE) -> None:
        """Checks that messages were received in the order in which they were sent, and are for a time.

        Without ``during`` no time passes.

        Example:
        | `Messages Should Be In Order`    amp_mailbox_to_core1
        """
        self._none(name, FaultKind.ORDER, "messages received in the order in which they were sent", during)

    @keyword("Message Counts")
    def message_counts(self, name: str) -> MessageCounts:
        """Returns how many messages of a channel were sent, received, lost and so on since following began.

        In a suite these are ``${counts.sent}``, ``${counts.received}``, ``${counts.waiting}``,
        ``${counts.most_waiting}``, ``${counts.lost}``, ``${counts.torn}``, ``${counts.twice}``,
        ``${counts.out_of_order}``, ``${counts.merged}`` (a flag was set that was set already), and for each core
        ``${counts.sent_by[0]}`` and ``${counts.received_by[1]}``. No time passes.

        Example:
        | ${counts} =    `Message Counts`    SYSTEM.CPU_INTR_FROM_CPU_0
        | Should Be True    ${counts.received_by[1]} >= 10
        """
        return MessageCounts.of(self._follower(name).record)

    @keyword("Message Latency")
    def message_latency(self, name: str) -> Figures:
        """Returns how long messages waited since following began, from sent to received. No time passes.

        ``${latency.percentile(90)}`` is any percentile; see `Loop Figures` for the rest.

        Example:
        | ${latency} =    `Message Latency`    amp_mailbox_to_core1
        | Should Be True    ${latency.percentile(99).ns} < 50_000
        """
        record = self._follower(name).record
        if not record.latencies_ns:
            self.session.unmet(
                name,
                "messages that were sent and received",
                f"none; {len(record.waiting)} wait",
                "run the firmware first, for example with 'Run For'",
            )
        return Figures(tuple(record.latencies_ns), tuple(record.ends_ns))

    @keyword("Log Messages")
    def log_messages(self, name: str) -> None:
        """Writes a channel's messages into the log: counts, latencies with percentiles, the last messages as a table.

        Example:
        | `Log Messages`    amp_mailbox_to_core1
        """
        self._log(self._follower(name).record, name)

    # Behind the keywords.

    def _protocol(self, path: str) -> type[MessageProtocol]:
        if path in BUILT_IN:
            return BUILT_IN[path]
        if ":" not in path and (hint := did_you_mean(path, list(BUILT_IN))):
            raise UsageError(
                "Follow Messages", f"expected {', '.join(BUILT_IN)} or file.py:Class, got {path!r}", next_step=hint
            )
        return load_class(
            path, MessageProtocol, who="Follow Messages", where="protocol", name="the channel", folder=Path()
        )

    def _area(self, place: str) -> MemoryArea:
        """Find the memory that a place means; a word for what has no size."""
        try:
            region = Region.of(place)
        except ValueError as error:
            raise UsageError(
                "Follow Messages", f"expected a symbol, a region or a register, got {place!r}: {error}"
            ) from error
        names, start = self.session.names, region.start
        is_bare = region.end is None and region.size is None
        if is_bare and (not start.name or self._has_no_size(start.name)):
            return MemoryArea(place, names.find(start).address, _WORD)
        return MemoryArea(place, *names.find_region(region))

    def _has_no_size(self, name: str) -> bool:
        symbol = self.engine.symbols.get(name)
        return symbol is not None and not symbol.size

    def _follower(self, name: str) -> Follower:
        followers = self.session.followers
        if name not in followers:
            _ = self.engine  # says so where nothing runs
            known = ", ".join(followers) or "none is followed"
            raise UsageError(
                name,
                f"expected a channel that is followed ({known}), this one is not",
                next_step=did_you_mean(name, list(followers)) or f"use 'Follow Messages    ring    {name}    slots=8'",
            )
        return followers[name]

    def _none(self, name: str, kind: FaultKind, expected: str, during: Duration) -> None:
        follower = self._follower(name)
        if during.ns:
            self._run(follower, during, (kind,))
            expected = f"{expected} during {during}"
        self._check(follower, expected, (kind,))

    def _run(self, follower: Follower, during: Duration, kinds: Iterable[FaultKind]) -> None:
        """Run for a time, unless something of `kinds` has gone wrong or goes wrong."""
        record, wanted = follower.record, frozenset(kinds)
        seen = 0

        def is_wrong(_: object = None) -> bool:
            nonlocal seen
            fresh = record.faults[seen:]
            seen = len(record.faults)
            return any(fault.kind in wanted for fault in fresh)

        if not is_wrong():
            self.session.watch([MemoryAccessed(area, is_wrong) for area in follower.watched], during.ns)

    def _check(self, follower: Follower, expected: str, kinds: Iterable[FaultKind]) -> None:
        """Fail with the first fault of `kinds`."""
        if not follower.record.faults:
            return
        wanted = frozenset(kinds)
        faults = [fault for fault in follower.record.faults if fault.kind in wanted]
        if not faults:
            return
        self._log(follower.record, follower.name)
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        first = faults[0]
        self.session.unmet(follower.name, expected, f"{message_log.fault_text(first)}{more}", _NEXT_STEPS[first.kind])

    def _check_limit(self, name: str, record: Record, figures: Figures, limit: Limits) -> None:
        expected = f"messages received {limit} after they were sent"
        if figures.count_beyond(limit):
            worst = figures.worst_off(limit)
            self.session.unmet(
                name,
                expected,
                f"{figures.count_beyond(limit)} of {figures.count} not so, the worst after "
                f"{Duration(limit.nominal_ns + worst.deviation_ns)} at {format_moment(worst.end_ns)}; {figures.text()}",
                "what keeps the reader?",
            )
        now = self.engine.time_ns
        for message in record.waiting.values():
            if message.sent_ns is not None and now - message.sent_ns > limit.longest_ns:
                self.session.unmet(
                    name,
                    expected,
                    f"message {message.id}, sent at {format_moment(message.sent_ns)}, still waits after "
                    f"{format_ns(now - message.sent_ns)}",
                    "what keeps the reader?",
                )

    def _log(self, record: Record, name: str) -> None:
        figures = Figures(tuple(record.latencies_ns), tuple(record.ends_ns)) if record.latencies_ns else None
        logger.info(message_log.block(name, record, figures), html=True)


def _converted(kind: type[MessageProtocol], options: Mapping[str, str], path: str) -> dict[str, Any]:
    """Make of options as text what the class's arguments state."""
    try:
        hints = typing.get_type_hints(kind.__init__)
        return {
            name: TypeInfo.from_type_hint(hints[name]).convert(value, name)
            if name in hints and isinstance(value, str)
            else value
            for name, value in options.items()
        }
    except (TypeError, ValueError, NameError) as error:
        raise UsageError(f"Follow Messages {path}", f"expected the options of {kind.__name__}: {error}") from error
