"""A mailbox for one message: its words, and a flag that its writer sets and its reader clears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twincore.errors import UsageError
from twincore.messages.base import MemoryArea, MessageContext, MessageProtocol
from twincore.messages.contents import Contents
from twincore.messages.record import FaultKind

if TYPE_CHECKING:
    from twincore.engines.protocol import MemoryAccess


class Mailbox(MessageProtocol):
    """Follows a mailbox: the writer fills the message and sets the flag, the reader reads it and clears the flag.

    areas: the message, and the flag; with one area alone, its last word is the flag. sequence: where in the message
    lies a word that grows by one from message to message; -1: there is none.
    """

    def __init__(self, context: MessageContext, sequence: int = -1) -> None:
        super().__init__(context)
        whole, *others = self.areas
        if len(others) > 1 or (not others and whole.size <= 4):
            raise UsageError(
                whole.name, "expected the message and its flag, or one area of a message with a word behind it"
            )
        flag = others[0] if others else MemoryArea(whole.name, whole.address + whole.size - 4, 4)
        self.message = whole if others else MemoryArea(whole.name, whole.address, whole.size - 4)
        self.flag = flag
        self.sequence = sequence
        if sequence >= 0 and sequence + 4 > self.message.size:
            raise UsageError(
                whole.name,
                f"expected a sequence word within the message's {self.message.size} bytes, got one at {sequence}",
            )
        self._is_set = False
        self._is_fresh = True
        """Whether nothing was sent yet: what the flag holds may be noise of power-on, and clearing it set-up."""
        self._count = 0
        self._contents: Contents | None = None
        self._last_sequence: int | None = None

    @property
    def watched_for_writes(self) -> Sequence[MemoryArea]:
        """Gives the flag."""
        return [self.flag]

    @property
    def watched_for_reads(self) -> Sequence[MemoryArea]:
        """Gives the message."""
        return [self.message]

    def start(self) -> None:
        """Take in whether a message waits."""
        self._is_fresh = True
        self._is_set = bool(self.number(self.flag))
        self._contents = None
        self._last_sequence = None
        if self._is_set:
            self._count += 1
            self.found(self._count, self._hold())

    def _hold(self) -> bytes:
        payload = self.read(self.message.address, self.message.size)
        self._contents = Contents(self.message.address, payload)
        return payload

    def on_write(self, access: MemoryAccess) -> None:
        """Follow the flag."""
        was_set, self._is_set = self._is_set, bool(self.number(self.flag))
        if self._is_set:
            self._send(was_set)
        elif was_set:
            self._take(access)
        elif not self._is_fresh:
            self.fault(FaultKind.TWICE, f"message {self._count} was taken twice: its flag was clear already")

    def on_read(self, access: MemoryAccess) -> None:
        """Note a load of the message that waits."""
        if self._contents is not None:
            self._contents.was_loaded(access)

    def _send(self, was_set: bool) -> None:
        self._is_fresh = False
        self._count += 1
        if was_set:
            self.lost(
                self._count - 1, f"message {self._count} overwrote message {self._count - 1}, which was not taken"
            )
        payload = self._hold()
        self.sent(self._count, payload)
        if self.sequence >= 0:
            word = int.from_bytes(payload[self.sequence : self.sequence + 4], "little")
            if self._last_sequence is not None and word != self._last_sequence + 1 & 0xFFFF_FFFF:
                words = f"message {self._count}: its sequence word went from {self._last_sequence} to {word}"
                self.fault(FaultKind.LOST, words)
            self._last_sequence = word

    def _take(self, access: MemoryAccess) -> None:
        contents, self._contents = self._contents, None
        assert contents is not None, "a flag that is set has a message"
        is_read = contents.is_read_by(access.core)
        if self._is_fresh and not is_read:
            self.forget(self._count)
            return
        if not is_read:
            self.lost(self._count, f"message {self._count} was taken and never read")
            return
        difference = contents.difference(access.core)
        if difference:
            self.torn(self._count, f"message {self._count} is torn: {difference}")
        self.received(self._count)
