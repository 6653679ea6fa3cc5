"""Ranges of addresses whose loads and stores the host wants to hear of."""

from __future__ import annotations

from collections.abc import Sequence

from twincore.machine.executor import Access, Observed, Protection
from twincore.machine.memory import PAGE_SIZE


class ObservedPages:
    """The observed ranges of one core."""

    def __init__(self, ranges: Sequence[Observed] = ()) -> None:
        self._ranges = tuple(ranges)
        self._by_page: dict[int, list[Observed]] = {}
        for entry in ranges:
            for number in range(entry.first // PAGE_SIZE, (entry.end - 1) // PAGE_SIZE + 1):
                self._by_page.setdefault(number, []).append(entry)

    def hears(self, address: int, size: int, access: Access) -> bool:
        """Tell whether the host wants to hear of an access."""
        last = address + size - 1
        return any(
            entry.first <= last and address < entry.end and access in entry.accesses
            for number in {address // PAGE_SIZE, last // PAGE_SIZE}
            for entry in self._by_page.get(number, ())
        )

    def as_protections(self) -> list[Protection]:
        """Return the ranges as ones that refuse what is to be heard of: native code leaves both to Python."""
        return [Protection(entry.first, entry.end, frozenset(Access) - entry.accesses) for entry in self._ranges]
