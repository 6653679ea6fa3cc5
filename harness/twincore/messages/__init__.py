"""What the author of a protocol needs: how two cores pass messages through memory, told to a test.

A protocol is one class. It says which memory is watched, is called after each access of it, and says what that means:

    class Slip(MessageProtocol):
        def on_write(self, access: MemoryAccess) -> None:
            if self.area_of(access) is self.areas[0]:
                self.sent(access.value, self.read(self.areas[1].address, 8))

Robot Framework takes it with `Follow Messages    ./slip.py:Slip    symbol...`, a test in Python with
`twincore.testing.MessageBench`. Ring, mailbox and flag come with twincore.
"""

from twincore.engines.protocol import MemoryAccess
from twincore.messages.base import MemoryArea, MessageContext, MessageProtocol
from twincore.messages.flag import Flag
from twincore.messages.mailbox import Mailbox
from twincore.messages.record import Fault, FaultKind, Message, Record
from twincore.messages.ring import Ring

BUILT_IN: dict[str, type[MessageProtocol]] = {"ring": Ring, "mailbox": Mailbox, "flag": Flag}
"""The protocols that have a name of their own."""

__all__ = [
    "BUILT_IN",
    "Fault",
    "FaultKind",
    "Flag",
    "Mailbox",
    "MemoryAccess",
    "MemoryArea",
    "Message",
    "MessageContext",
    "MessageProtocol",
    "Record",
    "Ring",
]
