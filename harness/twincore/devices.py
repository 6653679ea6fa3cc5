"""What the author of a device needs: something outside the chip, wired to its pins, a bus or a serial port.

A device is one class. A board file puts it on the board:

    [[device]]
    name = "THERMOMETER"
    class = "thermometer.py:Thermometer"
    bus = "I2C0"
    pins = { alert = 4 }

Its state is what `state()` declares, the levels it drives, and its scheduled events, as with a peripheral
(`twincore.model`): no host time, no randomness but `context.seed`.
"""

from __future__ import annotations

from typing import Protocol

from twincore.errors import UsageError
from twincore.model import RESET_DOMAINS, Pin, SerialPort, Stateful


class DeviceContext(Protocol):
    """What the machine gives to one device: its name, its wires, time and events."""

    name: str
    """What the board file calls it."""
    seed: int
    """64 bits derived from the run's seed and the device's name."""

    def now_ticks(self) -> int:
        """Return the simulated time in ticks of `twincore.model.TICKS_PER_SECOND`."""

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        """Have `on_<name>(*args)` of this device called at `at_ticks`; a pending one of that kind moves."""

    def cancel(self, name: str, *args: int) -> None:
        """Forget the pending event of that name and arguments, if there is one."""

    def has_pin(self, name: str) -> bool:
        """Tell whether the board file wires the device's pin `name`."""

    def pin(self, name: str) -> Pin:
        """Return the chip's pin that the device's pin `name` is wired to; PlatformError when the board wires none.

        `pin.drive(level)` drives it from the device, `pin.listen` hears what the chip does.
        """

    def serial_port(self) -> SerialPort:
        """Return the chip's serial port that the device is wired to: `listen` hears the chip, `send` talks to it."""


class Device(Stateful):
    """Something on the board. A subclass takes its wires from `context` when it is made."""

    def __init__(self, context: DeviceContext) -> None:
        super().__init__()
        self.context = context
        self._set_declared(RESET_DOMAINS["power_on"], "power_on")

    def power_on(self) -> None:
        """Follow the board's power: declared state goes back to its defaults. The chip's own resets do not reach it."""
        self._set_declared(RESET_DOMAINS["power_on"], "power_on")
        self.after_power_on()

    def after_power_on(self) -> None:
        """Drive the pins and schedule what happens by itself."""


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

        Phases that run on several lines, and those without a line of their own, come as the bits they carry.
        """
        return (1 << bits) - 1

    def exchange_bytes(self, content: bytes) -> bytes:
        """Exchange whole bytes; a device that takes many at once, such as a display, overrides it to be fast."""
        return bytes(self.exchange(byte, 8) for byte in content)
