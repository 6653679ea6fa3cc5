"""What one controller does on an I2C bus: whom it has addressed, and the bytes to and from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twincore.model import Stateful, state

FREE, ADDRESS, ADDRESS_LOW, WRITING, READING = range(5)
"""What is expected next: nothing, an address, the second byte of a ten-bit one, bytes for or from the targets."""


class I2cTarget(Protocol):
    """Whoever may be addressed; what the methods mean is said at `I2cDevice`."""

    @property
    def address(self) -> int: ...
    @property
    def ten_bit(self) -> bool: ...
    def answers(self, address: int) -> bool: ...
    def start(self, *, is_read: bool) -> bool: ...
    def write(self, byte: int) -> bool: ...
    def read(self, *, is_last: bool) -> int: ...
    def hold_ticks(self) -> int: ...
    def stop(self) -> None: ...


class Addressing(Stateful):
    """A controller's view of its bus. Nobody at an address gives a NACK, nobody to read from gives 0xFF."""

    phase: int = state(FREE)
    high_bits: int = state(0)
    """The first two bits of a ten-bit address."""
    selected: list[int] = state([])
    """Who acknowledged the address, by place in `reachable`."""

    def reachable(self) -> Sequence[I2cTarget]:
        """Return everybody that this controller may address, always in the same order."""
        raise NotImplementedError

    def send_start(self) -> None:
        """Begin a transfer, or another one without a STOP."""
        self.phase = ADDRESS

    def send_byte(self, byte: int) -> bool:
        """Give a byte to whom it is for; return whether anybody acknowledges."""
        everybody = self.reachable()
        if self.phase == ADDRESS:
            return self._address(everybody, byte)
        if self.phase == ADDRESS_LOW:
            address = self.high_bits << 8 | byte
            answering = [n for n, target in enumerate(everybody) if target.ten_bit and target.answers(address)]
            return self._select(everybody, answering, WRITING)
        answers = [everybody[n].write(byte) for n in self.selected] if self.phase == WRITING else []
        return any(answers)

    def receive_byte(self, *, is_last: bool) -> int:
        """Return the byte that those who are addressed send together."""
        byte = 0xFF
        if self.phase == READING:
            everybody = self.reachable()
            for n in self.selected:
                byte &= everybody[n].read(is_last=is_last)
        return byte

    def send_stop(self) -> None:
        """End the transfer."""
        everybody = self.reachable()
        ending, self.selected, self.phase = self.selected, [], FREE
        for n in ending:
            everybody[n].stop()

    def clock_hold(self) -> int:
        """Return how long those who are addressed hold SCL low before the next byte."""
        everybody = self.reachable()
        return max((everybody[n].hold_ticks() for n in self.selected), default=0)

    def _address(self, everybody: Sequence[I2cTarget], byte: int) -> bool:
        phase = READING if byte & 1 else WRITING
        if byte >> 3 != 0b11110:
            answering = [n for n, target in enumerate(everybody) if not target.ten_bit and target.answers(byte >> 1)]
            return self._select(everybody, answering, phase)
        high_bits = byte >> 1 & 3
        alike = [n for n, target in enumerate(everybody) if target.ten_bit and target.address >> 8 == high_bits]
        if phase == READING:  # after a repeated START: those that the whole address has selected before
            return self._select(everybody, [n for n in self.selected if n in alike], READING)
        self.high_bits, self.phase = high_bits, ADDRESS_LOW
        return bool(alike)

    def _select(self, everybody: Sequence[I2cTarget], answering: list[int], phase: int) -> bool:
        """Begin a transfer with those whose address came; for the others the one before is over."""
        for n in self.selected:
            if n not in answering:
                everybody[n].stop()
        self.selected = [n for n in answering if everybody[n].start(is_read=phase == READING)]
        self.phase = phase
        return bool(self.selected)
