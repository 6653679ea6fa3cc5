"""What a controller of SPI flash and PSRAM and the chips behind it tell each other: transactions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

NOTHING = 0xFF
"""What the data lines read when no chip drives them."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What happens on the wires between chip select low and high; a phase without bits is left out.

    command_lines, address_lines, data_lines: how many wires the controller uses for the phase. A command of 16 bits has
    its first byte in the low bits. is_ddr: both edges of the clock carry bits.
    """

    command: int = 0
    command_bits: int = 8
    command_lines: int = 1
    address: int = 0
    address_bits: int = 0
    address_lines: int = 1
    dummy_clocks: int = 0
    data: bytes = b""
    """What the controller sends."""
    read_length: int = 0
    """How many bytes the controller then takes."""
    data_lines: int = 1
    is_ddr: bool = False

    @property
    def clocks(self) -> int:
        """Return how many clock periods the transaction takes."""
        phases = (
            (self.command_bits, self.command_lines),
            (self.address_bits, self.address_lines),
            (8 * (len(self.data) + self.read_length), self.data_lines),
        )
        edges = sum(-(-bits // lines) for bits, lines in phases)
        return (edges + 1) // 2 + self.dummy_clocks if self.is_ddr else edges + self.dummy_clocks

    def addressed(self, length: int) -> Transaction | None:
        """Return what a chip makes of this that takes an address of `length` bytes; None when fewer were sent.

        To a chip all bits are one stream: an address may go on in the data (ESP-IDF 6 erases so), and what comes behind
        the address before the data tells it how to read on.
        """
        extra = self.address_bits - 8 * length
        if extra == 0:
            return self
        if extra > 0:
            return replace(self, address=self.address >> extra, address_bits=8 * length)
        missing = -extra // 8
        if extra % 8 or len(self.data) < missing:
            return None
        address = self.address << 8 * missing | int.from_bytes(self.data[:missing], "big")
        return replace(self, address=address, address_bits=8 * length, data=self.data[missing:])

    def nothing(self) -> bytes:
        """Return what is read when no chip answers."""
        return bytes((NOTHING,)) * self.read_length


class Chip(Protocol):
    """A memory chip behind an SPI controller."""

    @property
    def busy_until(self) -> int:
        """Return when (ticks) the operation under way is over; a moment that has passed where there is none."""

    def power_on(self) -> None:
        """Start anew, without power until now."""

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out one transaction and return `read_length` bytes."""

    def state(self) -> list[int]:
        """Return the chip's state without its content."""

    def restore(self, saved: list[int]) -> None:
        """Take on a state."""


@runtime_checkable
class ChipBus(Protocol):
    """A peripheral that chips of the board can be put behind."""

    def attach(self, chip_select: int, chip: Chip) -> None:
        """Put `chip` behind a chip select."""
