"""Ranges of addresses that a core may not use in every way, as the chip's permission control sets them, page by page.

Loads and stores are judged exactly. Fetches are judged by pages of 4 KiB: a page of which a part may be executed may be
executed as a whole, because code is decoded from pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from twincore.machine.executor import Access, Protection
from twincore.machine.memory import PAGE_SIZE


class PageRights(NamedTuple):
    """What may be done in a whole page without looking closer, and what in a part of it."""

    load: bool = True
    store: bool = True
    fetch: bool = True
    load_in_part: bool = False
    store_in_part: bool = False


_EVERYTHING = PageRights()


class ProtectedPages:
    """The protected ranges of one core."""

    def __init__(self, ranges: Sequence[Protection] = ()) -> None:
        self.ranges = tuple(ranges)
        self._by_page: dict[int, list[Protection]] = {}
        for entry in ranges:
            for number in range(entry.first // PAGE_SIZE, (entry.end - 1) // PAGE_SIZE + 1):
                self._by_page.setdefault(number, []).append(entry)
        self._rights = {number: self._judge(number, entries) for number, entries in self._by_page.items()}

    @property
    def pages(self) -> set[int]:
        """Return the numbers of the pages that a range lies in."""
        return set(self._by_page)

    def rights(self, number: int) -> PageRights:
        """Return what may be done in the whole page `number`."""
        return self._rights.get(number, _EVERYTHING)

    def allow(self, address: int, size: int, access: Access) -> bool:
        """Tell whether a core may use every byte of an access."""
        if not self._by_page:
            return True
        last = address + size - 1
        pages = {address // PAGE_SIZE, last // PAGE_SIZE}
        if access is Access.FETCH:
            return all(self.rights(number).fetch for number in pages)
        return not any(
            entry.first <= last and address < entry.end and access not in entry.allowed
            for number in pages
            for entry in self._by_page.get(number, ())
        )

    def refusing(self, access: Access) -> list[Protection]:
        """Return the ranges that refuse loads or stores in pages of which a part allows them."""
        return [
            entry
            for entry in self.ranges
            if access not in entry.allowed
            and any(
                self.rights(number).load_in_part if access is Access.LOAD else self.rights(number).store_in_part
                for number in (entry.first // PAGE_SIZE, (entry.end - 1) // PAGE_SIZE)
            )
        ]

    @staticmethod
    def _judge(number: int, entries: Sequence[Protection]) -> PageRights:
        first, end = number * PAGE_SIZE, (number + 1) * PAGE_SIZE
        refused = {
            access: sum(
                min(entry.end, end) - max(entry.first, first) for entry in entries if access not in entry.allowed
            )
            for access in Access
        }
        return PageRights(
            load=not refused[Access.LOAD],
            store=not refused[Access.STORE],
            fetch=refused[Access.FETCH] < PAGE_SIZE,
            load_in_part=0 < refused[Access.LOAD] < PAGE_SIZE,
            store_in_part=0 < refused[Access.STORE] < PAGE_SIZE,
        )
