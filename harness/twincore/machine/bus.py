"""The I/O window: which block answers for which address, looked up by slots of 256 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SLOT_BITS = 8
"""A slot of the look-up table has 2**8 bytes."""


class Block(Protocol):
    """Answers for a piece of the I/O window; offsets count from its beginning."""

    def read(self, offset: int, size: int) -> int:
        """Return what a load reads, with its side effects."""

    def write(self, offset: int, size: int, value: int) -> None:
        """Carry out a store, with its side effects."""

    def look(self, offset: int) -> int:
        """Return the word that a load would read, without its side effects."""


class Slot:
    """Who answers for a piece of the I/O window: its methods take the offset from the guest address `base`."""

    __slots__ = ("base", "look", "read", "write")

    def __init__(self, block: Block, base: int) -> None:
        self.read = block.read
        self.write = block.write
        self.look = block.look
        self.base = base


class IoBus:
    """Finds the block behind an address of the I/O window; `nobody` answers where there is none.

    The look-up of an access, kept this short for its speed: `bus.slots[address - bus.base >> SLOT_BITS]`.
    """

    def __init__(self, base: int, size: int, nobody: Block) -> None:
        self.base = base
        self.slots = [Slot(nobody, base)] * (size >> SLOT_BITS)

    def add(self, base: int, size: int, block: Block) -> None:
        """Have `block` answer for `size` bytes at guest address `base`."""
        slot = Slot(block, base)
        start, end = base - self.base, base - self.base + size
        for index in range(start >> SLOT_BITS, (end - 1 >> SLOT_BITS) + 1):
            low, high = index << SLOT_BITS, index + 1 << SLOT_BITS
            if start <= low and high <= end:
                self.slots[index] = slot
            else:
                share = _Share(self.base + max(low, start), self.base + min(high, end), slot)
                self.slots[index] = _shared(self.slots[index], share)


@dataclass(frozen=True)
class _Share:
    """A part of a slot, from guest address `start` to before `end`, and whose it is."""

    start: int
    end: int
    slot: Slot


class _Parts:
    """A piece of the I/O window that several blocks have a part of; offsets are guest addresses."""

    def __init__(self, rest: Slot, shares: tuple[_Share, ...]) -> None:
        self.rest = rest
        self.shares = shares

    def _find(self, address: int) -> Slot:
        for share in self.shares:
            if share.start <= address < share.end:
                return share.slot
        return self.rest

    def read(self, offset: int, size: int) -> int:
        """Have the block read that the address belongs to."""
        slot = self._find(offset)
        return slot.read(offset - slot.base, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Have the block store that the address belongs to."""
        slot = self._find(offset)
        slot.write(offset - slot.base, size, value)

    def look(self, offset: int) -> int:
        """Look at the block that the address belongs to."""
        slot = self._find(offset)
        return slot.look(offset - slot.base)


class _SharedSlot(Slot):
    """A slot with several blocks."""

    __slots__ = ("parts",)

    def __init__(self, parts: _Parts) -> None:
        super().__init__(parts, 0)
        self.parts = parts


def _shared(slot: Slot, share: _Share) -> _SharedSlot:
    if isinstance(slot, _SharedSlot):
        return _SharedSlot(_Parts(slot.parts.rest, (*slot.parts.shares, share)))
    return _SharedSlot(_Parts(slot, (share,)))
