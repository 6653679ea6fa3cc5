"""What every protocol builds on: the memory that it watches, the access that it is told of, what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twincore.messages.record import FaultKind, Record

if TYPE_CHECKING:
    from twincore.engines.protocol import MemoryAccess


@dataclass(frozen=True)
class MemoryArea:
    """`size` bytes from `address` on, and the name by which the test knows them."""

    name: str
    address: int
    size: int

    def holds(self, access: MemoryAccess) -> bool:
        """Tell whether an access touches it."""
        return access.address < self.address + self.size and self.address < access.address + access.size


@dataclass
class MessageContext:
    """What a protocol is made with: the areas that the test named, memory as it is, and where messages are noted."""

    areas: tuple[MemoryArea, ...]
    read: Callable[[int, int], bytes]
    """From address and size to bytes. No time passes, nothing is changed."""
    record: Record = field(default_factory=Record)
    access: MemoryAccess | None = None
    """The access that the protocol is being told of."""


class MessageProtocol:
    """How messages pass through memory; subclass it for a protocol of one's own.

    Options of the subclass are keyword arguments of its `__init__` behind `context`; Robot Framework gives them as
    text, which is converted to the types that they state. Override `on_write` and `on_read`; call `sent`, `received`,
    `lost` and `torn` from there. All state is your own: one object follows one channel.
    """

    def __init__(self, context: MessageContext) -> None:
        self.context = context
        self.areas = context.areas
        """What the test named, in its order."""

    @property
    def watched_for_writes(self) -> Sequence[MemoryArea]:
        """Gives the memory whose stores the protocol is told of: `areas`, unless it knows better."""
        return self.areas

    @property
    def watched_for_reads(self) -> Sequence[MemoryArea]:
        """Gives the memory whose loads the protocol is told of; a flag that a core polls is better left out."""
        return self.areas

    def start(self) -> None:
        """Take in what memory holds: called when following begins, and again after a power cycle or a reset."""

    def on_write(self, access: MemoryAccess) -> None:
        """Do what follows from a store: `access` has core, pc, time_ns, address, size and value; memory has it."""

    def on_read(self, access: MemoryAccess) -> None:
        """Do what follows from a load."""

    # What a protocol looks at.

    def area_of(self, access: MemoryAccess) -> MemoryArea | None:
        """Return the first of `areas` that an access touches."""
        return next((area for area in self.areas if area.holds(access)), None)

    def read(self, address: int, size: int) -> bytes:
        """Return what memory holds now."""
        return self.context.read(address, size)

    def number(self, area: MemoryArea) -> int:
        """Return what an area holds now, as a little-endian number."""
        return int.from_bytes(self.read(area.address, area.size), "little")

    # What a protocol says. The core and the time are those of the access that it is being told of.

    def found(self, id: int, payload: bytes = b"") -> None:
        """Say from `start` that a message waits already."""
        self.context.record.found(id, payload)

    def sent(self, id: int, payload: bytes = b"") -> None:
        """Say that a message is sent: its reader may take it from now on."""
        self.context.record.sent(id, payload, *self._now)

    def received(self, id: int) -> None:
        """Say that a message is received. It is a fault where it was not sent, or others wait that were before it."""
        self.context.record.received(id, *self._now)

    def forget(self, id: int) -> None:
        """Say that what looked like a message that waits is none."""
        self.context.record.forget(id)

    def lost(self, id: int, why: str) -> None:
        """Say that a message will never be received, and why; the id stands in the words if it should be there."""
        self.context.record.lost(id, why, *self._now)

    def torn(self, id: int, why: str) -> None:
        """Say that the reader has not got the words that were sent."""
        self.context.record.torn(id, why, *self._now)

    def fault(self, kind: FaultKind, why: str) -> None:
        """Say that something else went wrong."""
        self.context.record.fault(kind, why, *self._now)

    def merged(self) -> None:
        """Say that something was asked for that was already under way: counted, and no fault."""
        self.context.record.merged()

    @property
    def _now(self) -> tuple[int | None, int]:
        access = self.context.access
        assert access is not None, "sent, received, lost, torn and fault are said from on_write or on_read"
        return access.core, access.time_ns
