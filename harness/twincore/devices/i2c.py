"""Devices on an I2C bus."""

from __future__ import annotations

from twincore.devices.base import Device, DeviceContext
from twincore.errors import UsageError


class I2cDevice(Device):
    """A target on an I2C bus, with an address of 7 bits, or of 10 when `ten_bit` says so."""

    def __init__(self, context: DeviceContext, address: int, *, ten_bit: bool = False) -> None:
        super().__init__(context)
        highest = 0x3FF if ten_bit else 0x7F
        if not 0 <= address <= highest:
            raise UsageError(f"device {context.name}", f"expected an address from 0 to {highest:#x}, got {address:#x}")
        self.address = address
        self.ten_bit = ten_bit

    def answers(self, address: int) -> bool:
        """Return whether `address` is this device's; one that has several, such as an EEPROM, overrides it."""
        return address == self.address

    def start(self, *, is_read: bool) -> bool:
        """Follow a START, or a repeated one, with this device's address; return whether it acknowledges."""
        return True

    def write(self, byte: int) -> bool:
        """Take a byte from the controller; return whether it acknowledges."""
        return True

    def read(self, *, is_last: bool) -> int:
        """Return a byte for the controller, which acknowledges it unless it is the last."""
        return 0xFF

    def hold_ticks(self) -> int:
        """Return how long this device holds SCL low before the next byte; with `NEVER` it hangs the bus."""
        return 0

    def stop(self) -> None:
        """Follow a STOP, or a START for another device, after a START that this device acknowledged."""
