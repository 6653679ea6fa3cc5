"""Keywords that follow every message through a mailbox: each store to its counters, each load of its slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from robot.api import logger

from twincore.engines.protocol import AccessKind, Area, Capability, Engine, MemoryAccess
from twincore.errors import UsageError
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.periods import Figures
from twincore.keywords.turns import Limits
from twincore.keywords.values import Duration, Place, format_moment

_WORD = 0xFFFF_FFFF
_BELLS = tuple(f"SYSTEM.CPU_INTR_FROM_CPU_{number}" for number in range(4))


@dataclass(frozen=True)
class Ring:
    """Where a ring of messages lies: message n is in slot (n - `base`) % `count`, `size` bytes each."""

    sent: int
    taken: int
    slots: int
    count: int
    size: int
    base: int

    def slot_of(self, number: int) -> int:
        """Return the address of a message's slot."""
        return self.slots + (number - self.base) % self.count * self.size


@dataclass
class Follower:
    """Follows the messages of a ring; `faults` are what went wrong, in words, with the moment."""

    engine: Engine
    ring: Ring
    sent: int
    """The counter of messages sent, and below those taken, as they stood at the last store."""
    taken: int
    waiting: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """When each message was sent, and what its slot held, by its number."""
    latencies_ns: list[int] = field(default_factory=list)
    ends_ns: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _loaded: list[MemoryAccess] = field(default_factory=list)

    def was_sent(self, access: MemoryAccess) -> None:
        """Note a store to the counter of messages sent."""
        steps = access.value - self.sent & _WORD
        if steps != 1:
            self._fault(access, f"the count of messages sent went from {self.sent} to {access.value}")
        self.sent = access.value
        if self.sent - self.taken & _WORD > self.ring.count:
            self._fault(
                access, f"message {self.sent} overwrote one that was not taken: more than {self.ring.count} wait"
            )
        self.waiting[self.sent] = access.time_ns, self.engine.read_memory(self.ring.slot_of(self.sent), self.ring.size)

    def was_loaded(self, access: MemoryAccess) -> None:
        """Note a load from a slot."""
        self._loaded.append(access)

    def was_taken(self, access: MemoryAccess) -> None:
        """Note a store to the counter of messages taken."""
        if access.value - self.taken & _WORD != 1:
            self._fault(access, f"the count of messages taken went from {self.taken} to {access.value}")
        self.taken = access.value
        at, content = self.waiting.pop(self.taken, (None, b""))
        if at is None:
            if self.taken - self.sent - 1 & _WORD < self.ring.count:
                self._fault(access, f"message {self.taken} was taken before it was sent")
            return  # sent before the test looked
        self._compare(access, content)
        self.latencies_ns.append(max(access.time_ns - at, 0))
        self.ends_ns.append(access.time_ns)

    def _compare(self, access: MemoryAccess, content: bytes) -> None:
        """Compare what the reader has loaded of the slot with what it held when the message was sent."""
        first = self.ring.slot_of(self.taken)
        for load in self._loaded:
            at = load.address - first
            if load.core == access.core and at >= 0 and at + load.size <= len(content):
                expected = int.from_bytes(content[at : at + load.size], "little")
                if load.value != expected:
                    self._fault(
                        load,
                        f"message {self.taken} is torn: byte {at} was {expected:#x} when sent, {load.value:#x} read",
                    )
        self._loaded.clear()

    def _fault(self, access: MemoryAccess, words: str) -> None:
        self.faults.append(f"{words} (core {access.core} at {format_moment(access.time_ns)})")


class Traffic(Keywords, topic="messages"):
    """Sent is received: in order, whole, none lost, in time."""

    @keyword("Every Message Should Arrive")
    def every_message_should_arrive(
        self,
        mailbox: Place,
        slots: int,
        during: Duration,
        slot_size: int = 0,
        at_least: int = 1,
        limit: Limits | None = None,
        taken: Place | None = None,
        first_slot: Place | None = None,
        base: int = 0,
    ) -> Figures:
        """Runs for a time and follows every message: sent and taken in order, none lost, none torn, in time.

        A mailbox is a ring: a 32-bit count of messages sent at ``mailbox``, one of messages taken in the word behind it
        or at ``taken``, and ``slots`` slots of ``slot_size`` bytes behind both or at ``first_slot``. Message n lies in
        slot (n - ``base``) modulo ``slots``. Each store to a counter is seen, so that a message that is overwritten,
        skipped or taken twice is found, and each load of a slot: a reader that gets another word than the one that was
        there when the message was sent has a torn message. Without ``slot_size`` contents are not looked at.

        ``limit`` is how long a message may wait (``below 100 us``). Latencies are exact to the quantum, within which
        core 1 may see a store of core 0 at once; to the instruction with ``quantum=1``. The log has the latencies with
        percentiles and picture, and how often each FROM_CPU interrupt was raised. Returns the figures (see
        `Loop Figures`).

        Example:
        | `Every Message Should Arrive`    amp_mailbox_to_core1    slots=8    slot_size=16    during=500 ms
        """
        self.session.need(Capability.MEMORY, Capability.WATCHPOINTS)
        if slots < 1 or slot_size < 0 or at_least < 1:
            raise UsageError(
                str(mailbox), f"expected at least one slot and one message, got {slots} slots, at_least={at_least}"
            )
        ring = self._ring(mailbox, taken, first_slot, slots, slot_size, base)
        follower = Follower(self.engine, ring, self._word(ring.sent), self._word(ring.taken))
        bells = dict.fromkeys(_BELLS, 0)
        with self._watching(ring, follower, bells):
            self.session.run_for(during.ns)
        who, expected = str(mailbox), f"every message sent and taken in order and whole during {during}"
        if follower.faults:
            more = f"; and {len(follower.faults) - 1} more" if len(follower.faults) > 1 else ""
            self.session.unmet(who, expected, follower.faults[0] + more, "who writes where? Try 'Watch Memory'")
        if len(follower.latencies_ns) < at_least:
            waits = self._word(ring.sent) - self._word(ring.taken) & _WORD
            self.session.unmet(
                who,
                f"at least {at_least} messages sent and taken during {during}",
                f"{len(follower.latencies_ns)}, and {waits} that wait",
                "the reader does not take them" if waits else "the writer does not send",
            )
        figures = Figures(tuple(follower.latencies_ns), tuple(follower.ends_ns))
        rung = ", ".join(f"{name.partition('.')[2]} {count} times" for name, count in bells.items() if count) or "none"
        block = report.period_block(f"latency of {mailbox}", figures, limit, what="messages")
        logger.info(f"{block}FROM_CPU interrupts raised: {rung}", html=True)
        if limit is not None and figures.count_beyond(limit):
            worst = figures.worst_off(limit)
            self.session.unmet(
                who,
                f"messages taken {limit} after they were sent",
                f"{figures.count_beyond(limit)} of {figures.count} later, the worst after "
                f"{Duration(limit.nominal_ns + worst.deviation_ns)} at {format_moment(worst.end_ns)}; {figures.text()}",
                "what keeps the reader?",
            )
        return figures

    def _ring(
        self, mailbox: Place, taken: Place | None, first_slot: Place | None, slots: int, size: int, base: int
    ) -> Ring:
        sent = self.session.names.find(mailbox).address
        took = self.session.names.find(taken).address if taken is not None else sent + 4
        first = self.session.names.find(first_slot).address if first_slot is not None else max(sent, took) + 4
        return Ring(sent, took, first, slots, size, base)

    @contextmanager
    def _watching(self, ring: Ring, follower: Follower, bells: dict[str, int]) -> Iterator[None]:
        """Have the follower told of all accesses, and the bells counted, as long as the context lasts."""

        def rings(name: str) -> Callable[[MemoryAccess], None]:
            def heard(access: MemoryAccess) -> None:
                bells[name] += access.value & 1

            return heard

        watched: list[tuple[Area, Callable[[MemoryAccess], None]]] = [
            (Area(ring.sent, 4, AccessKind.WRITE), follower.was_sent),
            (Area(ring.taken, 4, AccessKind.WRITE), follower.was_taken),
        ]
        if ring.size:
            watched.append((Area(ring.slots, ring.count * ring.size, AccessKind.READ), follower.was_loaded))
        watched += [
            (Area(self.engine.chip_registers.find(name).address, 4, AccessKind.WRITE), rings(name)) for name in bells
        ]
        for area, listener in watched:
            self.engine.watch_memory(area, listener)
        try:
            yield
        finally:
            for area, listener in watched:
                self.engine.unwatch_memory(area, listener)

    def _word(self, address: int) -> int:
        return int.from_bytes(self.engine.read_memory(address, 4), "little")
