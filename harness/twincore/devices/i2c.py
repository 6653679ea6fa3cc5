"""Devices on an I2C bus."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twincore.devices.base import Device, DeviceContext
from twincore.devices.i2c_addressing import Addressing, I2cTarget
from twincore.errors import UsageError
from twincore.model import NEVER, TICKS_PER_SECOND, state


class I2cDevice(Device):
    """A target on an I2C bus, with an address of 7 bits, or of 10 when `ten_bit` says so."""

    def __init__(self, context: DeviceContext, address: int, *, ten_bit: bool = False) -> None:
        super().__init__(context)
        _check_address(context.name, address, ten_bit)
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


def _check_address(who: str, address: int, ten_bit: bool) -> None:
    highest = 0x3FF if ten_bit else 0x7F
    if not 0 <= address <= highest:
        raise UsageError(f"device {who}", f"expected an address from 0 to {highest:#x}, got {address:#x}")


@dataclass(frozen=True)
class I2cTransfer:
    """A transfer of an `I2cController` that is over.

    received: what was read. is_acknowledged: False when the address or a byte of `content` was refused; the transfer
    ended there.
    """

    address: int
    content: bytes
    received: bytes
    is_acknowledged: bool


class I2cBus(Protocol):
    """What a controller may ask of its bus."""

    def targets(self) -> Sequence[I2cTarget]:
        """Return everybody on the bus, always in the same order."""

    def is_free(self) -> bool:
        """Tell whether a controller may begin."""

    def follow_start(self) -> None:
        """Show everybody a START."""

    def follow_stop(self) -> None:
        """Show everybody a STOP, which leaves the bus to who waits for it."""


START, STOP, READ, READ_LAST = -1, -2, -3, -4
"""Steps of a transfer besides bytes to write."""

WAITING = -1
"""In place of a step's number: no transfer is being carried out."""

HEADER = struct.Struct("<HBHH")
"""Of a transfer in the queue: address, whether that has ten bits, how many bytes to write and to read."""

MOST_BYTES = 0xFFFF


class I2cController(Addressing, I2cDevice):
    """Another controller on the bus, to talk to the chip when that is a target, or to other devices.

    bit_rate: in bits a second; a START and a STOP take one bit, a byte nine. address: its own, for one that is a target
    as well.
    """

    queue: bytes = state(b"")
    """Transfers to come, the one being carried out first: a `HEADER` and the content of each."""
    step: int = state(WAITING)
    received: bytes = state(b"")
    is_refused: int = state(0)
    """The address or a byte was not acknowledged."""
    is_held: int = state(0)
    """Somebody holds SCL low for an unknown time."""

    def __init__(
        self, context: DeviceContext, address: int | None = None, *, ten_bit: bool = False, bit_rate: int = 100_000
    ) -> None:
        super().__init__(context, address or 0, ten_bit=ten_bit)
        if bit_rate <= 0:
            raise UsageError(f"device {context.name}", f"expected a bit rate above 0, got {bit_rate}")
        self.is_target = address is not None
        self.bit_ticks = TICKS_PER_SECOND // bit_rate
        self.bus: I2cBus | None = None

    def power_on(self) -> None:
        """Follow the board's power: what waited is forgotten, even where the chip's reset has just let it go on."""
        self.context.cancel("step")
        super().power_on()

    def transfer(self, address: int, content: bytes = b"", count: int = 0, *, ten_bit: bool = False) -> None:
        """Write `content`, then read `count` bytes after a repeated START, once the bus is free.

        Without content it only reads; without both it only asks whether anybody is there.
        """
        _check_address(self.context.name, address, ten_bit)
        for what, size in (("bytes to write", len(content)), ("bytes to read", count)):
            if not 0 <= size <= MOST_BYTES:
                raise UsageError(
                    f"device {self.context.name}", f"expected at most {MOST_BYTES} {what} in a transfer, got {size}"
                )
        self.queue += HEADER.pack(address, ten_bit, len(content), count) + content
        self.go_on()

    def on_transfer(self, transfer: I2cTransfer) -> None:
        """Follow the end of a transfer of this controller."""

    def answers(self, address: int) -> bool:
        """Return whether `address` is this device's."""
        return self.is_target and super().answers(address)

    def reachable(self) -> Sequence[I2cTarget]:
        """Return everybody else on the bus."""
        assert self.bus is not None
        return [target for target in self.bus.targets() if target is not self]

    def is_active(self) -> bool:
        """Tell whether this controller has the bus."""
        return self.step != WAITING

    def go_on(self) -> None:
        """Begin or continue what had to wait: for the bus to be free, or for SCL to be let go."""
        if self.step == WAITING:
            if not self.queue or self.bus is None or not self.bus.is_free():
                return
            self.step = 0
        elif not self.is_held:
            return
        self._schedule()

    def _transfer(self) -> tuple[int, bool, bytes, int]:
        """Return address, whether that has ten bits, content and count of the transfer that is being carried out."""
        address, ten_bit, size, count = HEADER.unpack_from(self.queue)
        return address, bool(ten_bit), self.queue[HEADER.size : HEADER.size + size], count

    def _steps(self) -> list[int]:
        address, ten_bit, content, count = self._transfer()
        first, low = (0xF0 | address >> 7 & 6, [address & 0xFF]) if ten_bit else (address << 1, [])
        steps = [START, first, *low, *content] if content or ten_bit or not count else []
        if count:
            steps += [START, first | 1] + [READ] * (count - 1) + [READ_LAST]
        return [*steps, STOP]

    def _schedule(self) -> None:
        """Schedule the end of the step; who holds SCL low before a byte delays it."""
        is_byte = self._steps()[self.step] not in (START, STOP)
        hold = self.clock_hold() if is_byte else 0
        self.is_held = int(hold >= NEVER)
        self.context.schedule(self.context.now_ticks() + hold + self.bit_ticks * (9 if is_byte else 1), "step")

    def on_step(self) -> None:
        """A START, a byte or a STOP is over."""
        assert self.bus is not None
        steps = self._steps()
        step = steps[self.step]
        self.step += 1
        if step == STOP:
            self._end()
            return
        if step == START:
            self.send_start()
            self.bus.follow_start()
        elif step in (READ, READ_LAST):
            self.received += bytes((self.receive_byte(is_last=step == READ_LAST),))
        elif not self.send_byte(step):
            self.is_refused = 1
            self.step = len(steps) - 1
        self._schedule()

    def _end(self) -> None:
        assert self.bus is not None
        address, _, content, _ = self._transfer()
        over = I2cTransfer(address, content, self.received, not self.is_refused)
        self.queue = self.queue[HEADER.size + len(content) :]
        self.send_stop()
        self.step, self.received, self.is_refused = WAITING, b"", 0
        self.bus.follow_stop()
        self.on_transfer(over)
