"""Nodes on a TWAI (CAN 2.0) bus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twincore.devices.base import Device, DeviceContext
from twincore.errors import UsageError
from twincore.model import state

BUFFER_SIZE = 13
"""Bytes of a frame at its longest: a byte of information, four of the identifier, eight of data."""

OFF = 256
"""Errors at which a node leaves the bus."""


@dataclass(frozen=True)
class TwaiFrame:
    """A frame. identifier: 11 bits, 29 when `is_extended`. data: up to 8 bytes, none when `is_remote`.

    length: the data length code; that of `data` unless a remote frame asks for more, or the sender gave more than 8.
    """

    identifier: int
    data: bytes = b""
    is_extended: bool = False
    is_remote: bool = False
    length: int = 0

    def __post_init__(self) -> None:
        bits = 29 if self.is_extended else 11
        if not 0 <= self.identifier < 1 << bits:
            raise UsageError("TWAI frame", f"expected an identifier of {bits} bits, got {self.identifier:#x}")
        if len(self.data) > (0 if self.is_remote else 8):
            most = "no data in a remote frame" if self.is_remote else "at most 8 bytes of data"
            raise UsageError("TWAI frame", f"expected {most}, got {len(self.data)}")
        if not 0 <= self.length <= 15:
            raise UsageError("TWAI frame", f"expected a data length code from 0 to 15, got {self.length}")
        object.__setattr__(self, "length", max(self.length, len(self.data)))

    def packed(self) -> bytes:
        """Return the frame as a controller's buffer holds it: information, identifier from its first bit on, data."""
        information = self.is_extended << 7 | self.is_remote << 6 | self.length
        size, shift = (4, 3) if self.is_extended else (2, 5)
        return bytes((information,)) + (self.identifier << shift).to_bytes(size, "big") + self.data

    @staticmethod
    def unpacked(content: bytes) -> TwaiFrame:
        """Return the frame in a controller's buffer; bytes behind it are ignored."""
        information = content[0]
        is_extended, is_remote, length = bool(information & 0x80), bool(information & 0x40), information & 15
        size, shift = (4, 3) if is_extended else (2, 5)
        identifier = int.from_bytes(content[1 : 1 + size], "big") >> shift
        data = b"" if is_remote else bytes(content[1 + size : 1 + size + min(length, 8)])
        return TwaiFrame(identifier, data, is_extended, is_remote, length)


class TwaiBus(Protocol):
    """What a node may ask of its bus."""

    def request(self) -> None:
        """Have the bus look for frames to send."""


class TwaiNode(Device):
    """Another node on the chip's TWAI bus.

    bit_rate: in bits a second; a node at another rate than the chip's destroys what it does not understand. 0: always
    at the chip's rate.
    """

    queue: bytes = state(b"")
    """Frames to send, `BUFFER_SIZE` bytes each."""
    errors: int = state(0)
    """The node's transmit error counter."""

    def __init__(self, context: DeviceContext, *, bit_rate: int = 0) -> None:
        super().__init__(context)
        self.bit_rate = bit_rate
        self.bus: TwaiBus | None = None

    def send(self, frame: TwaiFrame) -> None:
        """Send a frame when the bus is free and nobody has one that goes first; it is repeated until it succeeds."""
        self.queue += frame.packed().ljust(BUFFER_SIZE, b"\0")
        if self.bus is not None:
            self.bus.request()

    def on_frame(self, frame: TwaiFrame) -> None:
        """Follow a frame of another node, at its end."""

    def on_sent(self, frame: TwaiFrame) -> None:
        """Follow the end of a frame of this node that was acknowledged."""

    def acknowledges(self, frame: TwaiFrame) -> bool:
        """Return whether this node acknowledges another one's frame; one that only listens does not."""
        return True

    def disturbs(self, frame: TwaiFrame) -> bool:
        """Return whether this node destroys another one's frame with an error flag, to try what the chip does."""
        return False
