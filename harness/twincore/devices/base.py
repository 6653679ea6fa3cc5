"""A device of the board, and what the machine gives to it."""

from __future__ import annotations

from typing import Protocol

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
