"""Devices on an SPI bus."""

from __future__ import annotations

from twincore.devices.base import Device, DeviceContext


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
