"""The I/O window: which block answers for which address, looked up by slots of 256 bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SLOT_BITS = 8
"""A slot of the look-up table has 2**8 bytes."""

Reader = Callable[[int, int], int]
"""Takes offset and size, returns the value."""
Writer = Callable[[int, int, int], None]
"""Takes offset, size and value."""


class Slot:
    """Who answers for a piece of the I/O window: its methods take the offset from the guest address `base`."""

    __slots__ = ("base", "read", "write")

    def __init__(self, read: Reader, write: Writer, base: int) -> None:
        self.read = read
        self.write = write
        self.base = base


class IoBus:
    """Finds the block behind an address of the I/O window; `nobody` answers where there is none.

    The look-up of an access, kept this short for its speed: `bus.slots[address - bus.base >> SLOT_BITS]`.
    """

    def __init__(self, base: int, size: int, read_nobody: Reader, write_nobody: Writer) -> None:
        self.base = base
        self.slots = [Slot(read_nobody, write_nobody, base)] * (size >> SLOT_BITS)

    def add(self, base: int, size: int, read: Reader, write: Writer) -> None:
        """Have `read` and `write` answer for `size` bytes at guest address `base`."""
        slot = Slot(read, write, base)
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


class _SharedSlot(Slot):
    """A slot that several blocks have a part of."""

    __slots__ = ("rest", "shares")

    def __init__(self, rest: Slot, shares: tuple[_Share, ...]) -> None:
        super().__init__(self._read, self._write, 0)
        self.rest = rest
        self.shares = shares

    def _find(self, address: int) -> Slot:
        for share in self.shares:
            if share.start <= address < share.end:
                return share.slot
        return self.rest

    def _read(self, address: int, size: int) -> int:
        slot = self._find(address)
        return slot.read(address - slot.base, size)

    def _write(self, address: int, size: int, value: int) -> None:
        slot = self._find(address)
        slot.write(address - slot.base, size, value)


def _shared(slot: Slot, share: _Share) -> _SharedSlot:
    if isinstance(slot, _SharedSlot):
        return _SharedSlot(slot.rest, (*slot.shares, share))
    return _SharedSlot(slot, (share,))
