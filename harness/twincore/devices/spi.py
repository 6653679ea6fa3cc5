"""Devices on an SPI bus."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

from twincore.devices.base import Device, DeviceContext
from twincore.errors import UsageError
from twincore.model import TICKS_PER_SECOND, state


class SpiDevice(Device):
    """A device on an SPI bus. With a pin "cs" wired it is selected while that pin is low, else always."""

    def __init__(self, context: DeviceContext) -> None:
        super().__init__(context)
        self._select = context.pin("cs") if context.has_pin("cs") else None
        if self._select is not None:
            self._select.listen(self._select_changed)

    @property
    def is_selected(self) -> bool:
        """Whether the device listens to the bus."""
        return self._select is None or self._select.level == 0

    def _select_changed(self, level: int) -> None:
        if level:
            self.deselected()
        else:
            self.selected()

    def selected(self) -> None:
        """Follow the falling edge of CS: a transaction begins."""

    def deselected(self) -> None:
        """Follow the rising edge of CS: the transaction is over."""

    def exchange(self, value: int, bits: int) -> int:
        """Take `bits` bits (1 to 8, most significant first) from the controller and return as many at the same clocks.

        What follows one another without dummy cycles comes in bytes, wherever its phases begin and end; only the last
        ones may be fewer than 8 bits. Phases that run on several lines come as the bits they carry.
        """
        return (1 << bits) - 1

    def exchange_bytes(self, content: bytes) -> bytes:
        """Exchange whole bytes; a device that takes many at once, such as a display, overrides it to be fast."""
        return bytes(self.exchange(byte, 8) & 0xFF for byte in content)

    def dummy(self, cycles: int) -> None:
        """Follow clock cycles of a dummy phase; to a device that knows of none they are bits that nobody looks at."""
        whole, rest = divmod(cycles, 8)
        self.exchange_bytes(b"\xff" * whole)
        if rest:
            self.exchange((1 << rest) - 1, rest)


@dataclass(frozen=True)
class SpiTransfer:
    """A transfer of an `SpiController` that is over: `bits` bits went each way; those of a last byte are its highest.

    Where the chip did not take part, all that was received is ones.
    """

    content: bytes
    received: bytes
    bits: int


class SpiSlave(Protocol):
    """What a controller may ask of the chip."""

    def follow(self, content: bytes, bits: int) -> bytes:
        """Exchange bits while CS is asserted; all ones come from a chip that does not take part."""


HEADER = struct.Struct("<II")
"""Of a transfer in the queue: how many bits and bytes."""

MOST_BITS = 1 << 18
"""What the chip counts in one transfer."""


def _cut(content: bytes, bits: int) -> bytes:
    """Return the first bits of some bytes."""
    whole, rest = divmod(bits, 8)
    return content[:whole] + (bytes([content[whole] & 0xFF << 8 - rest & 0xFF]) if rest else b"")


class SpiController(Device):
    """Another controller, which talks to the chip when that is a slave. It drives CS by its pin "cs".

    bit_rate: in bits a second. CS is low, or high when it `selects_high`, for half a bit before the first bit and after
    the last one. Bits go over one line in each direction.
    """

    queue: bytes = state(b"")
    """Transfers to come, the one being carried out first: a `HEADER` and the content of each."""
    received: bytes = state(b"")

    def __init__(self, context: DeviceContext, *, bit_rate: int = 1_000_000, selects_high: bool = False) -> None:
        super().__init__(context)
        if bit_rate <= 0:
            raise UsageError(f"device {context.name}", f"expected a bit rate above 0, got {bit_rate}")
        self.select = context.pin("cs")
        self.selects_high = selects_high
        self.half_bit_ticks = TICKS_PER_SECOND // (2 * bit_rate)
        self.slave: SpiSlave | None = None

    def power_on(self) -> None:
        """Follow the board's power: CS is not asserted."""
        self.select.drive(int(not self.selects_high))
        super().power_on()

    def transfer(self, content: bytes, bits: int | None = None) -> None:
        """Exchange `content`, or its first `bits` bits, with the chip, after the transfers that were asked for before.

        CS goes away for a bit between two of them.
        """
        bits = len(content) * 8 if bits is None else bits
        most = min(len(content) * 8, MOST_BITS)
        if not 1 <= bits <= most:
            raise UsageError(f"device {self.context.name}", f"expected 1 to {most} bits to transfer, got {bits}")
        content = _cut(content, bits)
        self.queue += HEADER.pack(bits, len(content)) + content
        if len(self.queue) == HEADER.size + len(content):
            self._begin()

    def on_transfer(self, transfer: SpiTransfer) -> None:
        """Follow the end of a transfer of this controller."""

    def _first(self) -> tuple[int, bytes]:
        """Return bits and content of the transfer that is being carried out."""
        bits, size = HEADER.unpack_from(self.queue)
        return bits, self.queue[HEADER.size : HEADER.size + size]

    def _begin(self) -> None:
        bits, _ = self._first()
        self.select.drive(int(self.selects_high))
        self._schedule(2 * bits + 1, "exchanged")

    def _schedule(self, half_bits: int, name: str) -> None:
        self.context.schedule(self.context.now_ticks() + half_bits * self.half_bit_ticks, name)

    def on_exchanged(self) -> None:
        """All bits are over: exchange them."""
        bits, content = self._first()
        assert self.slave is not None
        self.received = _cut(self.slave.follow(content, bits), bits)
        self._schedule(1, "deselected")

    def on_deselected(self) -> None:
        """Let go of CS; the next transfer begins a bit later."""
        self.select.drive(int(not self.selects_high))
        self._schedule(2, "next")

    def on_next(self) -> None:
        """Tell of the transfer, and begin the one after it."""
        bits, content = self._first()
        received, self.received = self.received, b""
        self.queue = self.queue[HEADER.size + len(content) :]
        if self.queue:
            self._begin()
        self.on_transfer(SpiTransfer(content, received, bits))
