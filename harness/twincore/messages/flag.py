"""A flag that one core sets and another clears: a doorbell, or one of the chip's FROM_CPU interrupts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twincore.errors import UsageError
from twincore.messages.base import MemoryArea, MessageContext, MessageProtocol

if TYPE_CHECKING:
    from twincore.engines.protocol import MemoryAccess


class Flag(MessageProtocol):
    """Follows a word that says "something is to do" where it is not 0; whoever clears it has seen that.

    Setting it when it is set asks for nothing more: that is counted as merged, and no fault. areas: the flag.
    mask: which of its bits count.
    """

    def __init__(self, context: MessageContext, mask: int = 0xFFFF_FFFF) -> None:
        super().__init__(context)
        if len(self.areas) != 1:
            raise UsageError("flag", f"expected one place, the flag, got {len(self.areas)}")
        self.mask = mask
        self._is_set = False
        self._is_followed = False
        """Whether it was set before our eyes."""
        self._count = 0

    @property
    def watched_for_reads(self) -> Sequence[MemoryArea]:
        """Gives nothing: who looks at the flag changes nothing."""
        return ()

    def start(self) -> None:
        """Take in whether the flag is set; who set it is not known, and noise of power-on looks the same."""
        self._is_set = bool(self.number(self.areas[0]) & self.mask)
        self._is_followed = False

    def on_write(self, access: MemoryAccess) -> None:
        """Follow the flag."""
        was_set, self._is_set = self._is_set, bool(self.number(self.areas[0]) & self.mask)
        if self._is_set and was_set:
            self.merged()
        elif self._is_set:
            self._count += 1
            self.sent(self._count)
            self._is_followed = True
        elif was_set and self._is_followed:
            self.received(self._count)
