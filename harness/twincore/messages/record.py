"""What became of each message: sent, received, lost, torn, twice, out of order; and how long each waited."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

KEPT_MESSAGES = 1000
"""So many last messages are kept one by one; counts, latencies and faults are of all."""


class FaultKind(enum.Enum):
    """What can go wrong with a message."""

    LOST = "lost"
    TORN = "torn"
    TWICE = "received twice"
    ORDER = "out of order"


@dataclass(frozen=True)
class Fault:
    """Something that went wrong: in words, with the core whose access showed it (None: DMA) and the moment."""

    kind: FaultKind
    words: str
    core: int | None
    time_ns: int


@dataclass
class Message:
    """One message. `sent_ns` is None where it waited already when following began; cores are None where DMA did it."""

    id: int
    sent_ns: int | None
    sender: int | None
    payload: bytes
    received_ns: int | None = None
    receiver: int | None = None
    fault: FaultKind | None = None
    order: int = 0
    """Its place among all messages in the order in which they were sent."""

    @property
    def latency_ns(self) -> int | None:
        """Gives how long it waited; None where that is not known."""
        if self.sent_ns is None or self.received_ns is None:
            return None
        return max(self.received_ns - self.sent_ns, 0)  # within a quantum a core may be ahead of the other one


@dataclass
class Record:
    """The messages of one channel, from when following began."""

    sent_count: int = 0
    received_count: int = 0
    merged_count: int = 0
    """How often a flag was set that was set already."""
    most_waiting: int = 0
    waiting: dict[int, Message] = field(default_factory=dict)
    """What is sent and not received, by id, the oldest first."""
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    """The last messages in the order in which they were sent."""
    latencies_ns: list[int] = field(default_factory=list)
    ends_ns: list[int] = field(default_factory=list)
    """When each message of `latencies_ns` was received."""
    faults: list[Fault] = field(default_factory=list)
    sent_by: dict[int | None, int] = field(default_factory=dict)
    """How many messages each core sent; None is DMA."""
    received_by: dict[int | None, int] = field(default_factory=dict)
    _entered: int = 0

    def found(self, id: int, payload: bytes) -> None:
        """Note a message that waits already when following begins."""
        self._enter(Message(id, None, None, payload))

    def sent(self, id: int, payload: bytes, core: int | None, time_ns: int) -> None:
        """Note a message that is sent; one of the same id that waits is lost."""
        if id in self.waiting:
            self.lost(id, f"message {id} was sent again before it was received", core, time_ns)
        self.sent_count += 1
        self.sent_by[core] = self.sent_by.get(core, 0) + 1
        self._enter(Message(id, time_ns, core, payload))

    def received(self, id: int, core: int | None, time_ns: int) -> None:
        """Note a message that is received, whole; `torn` says of one that it is not."""
        message = self.waiting.pop(id, None)
        if message is None:
            before = next((known for known in reversed(self.messages) if known.id == id), None)
            if before is None:
                self.fault(FaultKind.ORDER, f"message {id} was received before it was sent", core, time_ns)
            elif before.received_ns is not None:
                self.fault(FaultKind.TWICE, f"message {id} was received twice", core, time_ns)
            return  # one that is told as lost is not told again
        older = next(iter(self.waiting), None)
        if older is not None and self.waiting[older].order < message.order:
            self.fault(FaultKind.ORDER, f"message {id} was received before message {older}", core, time_ns)
            message.fault = FaultKind.ORDER
        message.received_ns, message.receiver = time_ns, core
        self.received_count += 1
        self.received_by[core] = self.received_by.get(core, 0) + 1
        if message.latency_ns is not None:
            self.latencies_ns.append(message.latency_ns)
            self.ends_ns.append(time_ns)

    def forget(self, id: int) -> None:
        """Take back that a message waits."""
        message = self.waiting.pop(id, None)
        if message is not None:
            self.messages.remove(message)

    def lost(self, id: int, words: str, core: int | None, time_ns: int) -> None:
        """Note that a message will never be received."""
        message = self.waiting.pop(id, None)
        if message is not None:
            message.fault = FaultKind.LOST
        self.fault(FaultKind.LOST, words, core, time_ns)

    def torn(self, id: int, words: str, core: int | None, time_ns: int) -> None:
        """Note that a reader has got words that are not all of one message, which waits or has just been received."""
        message = self.waiting.get(id) or next((known for known in reversed(self.messages) if known.id == id), None)
        if message is not None:
            message.fault = FaultKind.TORN
        self.fault(FaultKind.TORN, words, core, time_ns)

    def fault(self, kind: FaultKind, words: str, core: int | None, time_ns: int) -> None:
        """Note something else that went wrong."""
        self.faults.append(Fault(kind, words, core, time_ns))

    def merged(self) -> None:
        """Note that something was asked for that was already under way."""
        self.merged_count += 1

    def _enter(self, message: Message) -> None:
        self._entered += 1
        message.order = self._entered
        self.waiting[message.id] = message
        self.messages.append(message)
        self.most_waiting = max(self.most_waiting, len(self.waiting))
