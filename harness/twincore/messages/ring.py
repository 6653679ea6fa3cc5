"""A ring of messages with one writer and one reader, each of which stores to an index of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twincore.errors import UsageError
from twincore.messages.base import MemoryArea, MessageContext, MessageProtocol
from twincore.messages.contents import Contents
from twincore.messages.record import FaultKind

if TYPE_CHECKING:
    from twincore.engines.protocol import MemoryAccess

_INDEX_SIZES = (1, 2, 4)
_MAX_SLOTS = 1 << 16
_MAX_BYTES = 1 << 25


class Ring(MessageProtocol):
    """Follows a ring: the writer fills a slot and then counts on, the reader reads it and then counts on.

    areas: the ring, and, where the test names them, the reader's index and the first slot. Otherwise the writer's
    index is at `head` bytes in the ring, the reader's at `tail`, the slots at `data`.

    slots, size: how many there are, of how many bytes each; without a size contents are not looked at.
    first_index: the slot of message 1, counted from 0. wraps_at: at which value an index begins with 0 again, `slots`
    for an index that points at a slot (one slot is then always empty); 0: it counts on through all its bits.
    sequence: where in a message lies a word that grows by one from message to message; -1: there is none.
    """

    def __init__(
        self,
        context: MessageContext,
        slots: int,
        size: int = 0,
        first_index: int = 0,
        wraps_at: int = 0,
        head: int = 0,
        tail: int = -1,
        data: int = -1,
        index_size: int = 4,
        sequence: int = -1,
    ) -> None:
        super().__init__(context)
        self._check(slots, size, wraps_at, index_size, sequence)
        ring, *others = context.areas
        tail_at = others[0].address if others else ring.address + (head + index_size if tail < 0 else tail)
        self.head = MemoryArea(ring.name, ring.address + head, index_size)
        self.tail = MemoryArea(f"{ring.name} (taken)", tail_at, index_size)
        behind = max(self.head.address, self.tail.address) + index_size
        first = others[1].address if others[1:] else behind if data < 0 else ring.address + data
        self.data = MemoryArea(f"{ring.name} (slots)", first, slots * size)
        self.slots, self.size, self.first_index, self.sequence = slots, size, first_index, sequence
        self.modulus = wraps_at or 1 << 8 * index_size
        self.capacity = min(slots, self.modulus - 1)
        self._head: int | None = None
        """The writer's index as it was last stored; None where it held no sensible value."""
        self._tail: int | None = None
        self._sent = self._taken = 0
        """The numbers of the last messages sent and taken."""
        self._contents: dict[int, Contents] = {}
        self._unwritten: set[int] = set()
        """Slots to which nobody has stored since what they hold was sent."""
        self._is_fresh = True
        """Whether the writer has sent nothing yet: it may have filled the slot before following began."""
        self._last_sequence: int | None = None

    def _check(self, slots: int, size: int, wraps_at: int, index_size: int, sequence: int) -> None:
        if not 1 <= len(self.areas) <= 3:
            raise UsageError(
                "ring", f"expected the ring, the reader's index and the slots at most, got {len(self.areas)} places"
            )
        if slots < 1 or size < 0 or wraps_at < 0 or wraps_at == 1:
            raise UsageError(
                str(self.areas[0].name),
                f"expected at least one slot and sizes from 0 on, got slots={slots}, size={size}, wraps_at={wraps_at}",
            )
        if index_size not in _INDEX_SIZES:
            raise UsageError(str(self.areas[0].name), f"expected index_size 1, 2 or 4, got {index_size}")
        if slots > _MAX_SLOTS or slots * size > _MAX_BYTES:
            raise UsageError(
                str(self.areas[0].name),
                f"expected {_MAX_SLOTS} slots and {_MAX_BYTES >> 20} MiB at most, got {slots} slots of {size} bytes",
            )
        wraps = wraps_at or (1 << 8 * index_size if index_size < 4 else slots)
        if wraps % slots:
            raise UsageError(
                str(self.areas[0].name),
                f"expected an index that wraps at a multiple of its {slots} slots, got one that wraps at {wraps}",
            )
        if sequence >= 0 and sequence + 4 > size:
            raise UsageError(
                str(self.areas[0].name),
                f"expected a sequence word within the message's {size} bytes, got one at {sequence}",
            )

    @property
    def watched_for_writes(self) -> Sequence[MemoryArea]:
        """Gives both indexes and all slots."""
        return [self.head, self.tail, *self.watched_for_reads]

    @property
    def watched_for_reads(self) -> Sequence[MemoryArea]:
        """Gives all slots, where their size is known."""
        return [self.data] if self.size else []

    def start(self) -> None:
        """Take in the indexes. Ones that cannot be, as before the firmware has set them, are learnt from stores."""
        self._head = self._tail = None
        self._contents.clear()
        self._unwritten = set(range(self.slots))
        self._is_fresh = True
        self._last_sequence = None
        head, tail = self.number(self.head), self.number(self.tail)
        if (head - tail) % self.modulus <= self.capacity and max(head, tail) < self.modulus:
            self._head, self._tail = head, tail
            self._sent, self._taken = head, tail
            if head < tail:
                self._sent += self.modulus  # the writer's index has wrapped, the reader's not yet
            for message in range(self._taken + 1, self._sent + 1):
                self._hold(message)
                self.found(message, self._contents[message].sent)

    def slot_of(self, message: int) -> int:
        """Return the address of a message's slot."""
        return self.data.address + self._slot(message) * self.size

    def _slot(self, message: int) -> int:
        return (message - 1 + self.first_index) % self.slots

    def _hold(self, message: int) -> None:
        """Keep what a message's slot holds."""
        address = self.slot_of(message)
        self._contents[message] = Contents(address, self.read(address, self.size) if self.size else b"")

    def on_write(self, access: MemoryAccess) -> None:
        """Follow a store to an index, or to slots."""
        if self.head.holds(access):
            self._head_moves(self.number(self.head))
        if self.tail.holds(access):
            self._tail_moves(self.number(self.tail), access)
        if self.size and self.data.holds(access):
            first = (access.address - self.data.address) // self.size
            last = (access.address + access.size - 1 - self.data.address) // self.size
            self._unwritten.difference_update(range(first, last + 1))

    def on_read(self, access: MemoryAccess) -> None:
        """Note a load of messages that wait. Loads of indexes say nothing."""
        for contents in self._contents.values():
            if contents.address < access.address + access.size and access.address < contents.address + self.size:
                contents.was_loaded(access)

    def _head_moves(self, head: int) -> None:
        before, self._head = self._head, head
        if before is None or head >= self.modulus:
            self.start()
            return
        steps = (head - before) % self.modulus
        if head == 0 and steps > self.capacity:  # no writer counts so: the ring is set up
            self._set_up()
            return
        if steps == 0 or steps > self.capacity:
            kind = FaultKind.TWICE if steps == 0 else FaultKind.LOST
            if before or head:
                self.fault(kind, f"the count of messages sent went from {before} to {head}")
            if steps:
                self.start()
            return
        for _ in range(steps):
            self._send(f"the count of messages sent went from {before} to {head}")
        self._is_fresh = False

    def _send(self, how: str) -> None:
        self._sent += 1
        number, slot = self._sent, self._slot(self._sent)
        if len(self._contents) >= self.capacity:
            oldest = next(iter(self._contents))
            more = f"message {number} overwrote one that was not taken: more than {self.capacity} wait"
            self.lost(oldest, more)
            del self._contents[oldest]
        self._hold(number)
        payload = self._contents[number].sent
        self.sent(number, payload)
        if self.size and slot in self._unwritten and not (self._is_fresh and number == self._head):
            self.fault(FaultKind.LOST, f"message {number} was never written: {how}")
        self._unwritten.add(slot)
        if self.sequence >= 0:
            word = int.from_bytes(payload[self.sequence : self.sequence + 4], "little")
            if self._last_sequence is not None and word != self._last_sequence + 1 & 0xFFFF_FFFF:
                words = f"message {number}: its sequence word went from {self._last_sequence} to {word}"
                self.fault(FaultKind.LOST, words)
            self._last_sequence = word

    def _tail_moves(self, tail: int, access: MemoryAccess) -> None:
        before, self._tail = self._tail, tail
        if before is None or tail >= self.modulus:
            self.start()
            return
        steps = (tail - before) % self.modulus
        how = f"the count of messages taken went from {before} to {tail}"
        if tail == 0 and steps > self.capacity:
            self._set_up()
            return
        if steps == 0 or steps > self.capacity:
            if before or tail:
                self.fault(FaultKind.TWICE if steps == 0 else FaultKind.ORDER, how)
            if steps:
                self.start()
            return
        for _ in range(steps):
            self._take(access, how)

    def _take(self, access: MemoryAccess, how: str) -> None:
        self._taken += 1
        number = self._taken
        contents = self._contents.pop(number, None)
        if contents is None:
            if number > self._sent:
                self.fault(FaultKind.ORDER, f"message {number} was taken before it was sent")
            return  # it was lost, and that is told
        if self.size and not contents.is_read_by(access.core):
            self.lost(number, f"message {number} was taken and never read: {how}")
            return
        difference = contents.difference(access.core)
        if difference:
            self.torn(number, f"message {number} is torn: {difference}")
        self.received(number)

    def _set_up(self) -> None:
        """Begin again with indexes of 0, as firmware does when it starts; what waits then is lost."""
        for number in list(self._contents):
            self.lost(number, f"message {number} was not taken when the ring was set up anew")
        self.start()
