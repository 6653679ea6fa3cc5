"""Which functions an address belongs to: the one that it lies in, and those that were inlined there.

Source: DWARF 4 and 5, sections 2.17 and 3.3.8. Leaves out: ranges by an index into .debug_addr.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from twincore.images.dwarf import (
    AT_ABSTRACT_ORIGIN,
    AT_CALL_FILE,
    AT_CALL_LINE,
    AT_HIGH_PC,
    AT_LINKAGE_NAME,
    AT_LOW_PC,
    AT_RANGES,
    AT_RNGLISTS_BASE,
    AT_SPECIFICATION,
    INLINED_SUBROUTINE,
    SUBPROGRAM,
    Dwarf,
    Entry,
    Unit,
    read_uleb,
)
from twincore.images.rust_names import rust_path

_END, _OFFSET_PAIR, _BASE, _START_END, _START_LENGTH = 0, 4, 5, 6, 7
_MAX_RANGES = 4096
"""At most so many ranges of one function are read."""


class Scope(NamedTuple):
    """A function whose code an address is: its name, and for an inlined one where it was called (file number, line)."""

    name: str
    call_file: int | None
    call_line: int | None


class _Extent(NamedTuple):
    ranges: tuple[tuple[int, int], ...]
    entry: Entry


class Scopes:
    """The functions of an ELF file by address, read one compilation unit at a time; ImageError for damaged DWARF."""

    def __init__(self, dwarf: Dwarf, ranges: bytes, range_lists: bytes) -> None:
        self._dwarf, self._ranges, self._range_lists = dwarf, ranges, range_lists
        self._units: dict[int, list[_Extent]] = {}

    def at(self, address: int, unit_offset: int) -> list[Scope]:
        """Lists the functions that an address is in, the innermost first; the last one is no inlined one.

        unit_offset: of the unit whose code has the address.
        """
        if unit_offset not in self._units:
            self._units[unit_offset] = list(self._extents(unit_offset))
        found = [
            extent.entry
            for extent in self._units[unit_offset]
            if any(start <= address < end for start, end in extent.ranges)
        ]
        return [
            Scope(self._name(entry), entry.number(AT_CALL_FILE), entry.number(AT_CALL_LINE))
            for entry in reversed(found)  # an outer one comes before those in it
        ]

    def _extents(self, unit_offset: int) -> Iterator[_Extent]:
        unit = next((unit for unit in self._dwarf.units if unit.start == unit_offset), None)
        if unit is None:
            return
        top = self._dwarf.entry(unit.first)
        for entry in self._dwarf.entries(unit):
            if entry.tag in (SUBPROGRAM, INLINED_SUBROUTINE):
                ranges = tuple(self._ranges_of(entry, top, unit))
                if ranges:
                    yield _Extent(ranges, entry)

    def _ranges_of(self, entry: Entry, top: Entry, unit: Unit) -> Iterator[tuple[int, int]]:
        low, high, at = entry.number(AT_LOW_PC), entry.number(AT_HIGH_PC), entry.number(AT_RANGES)
        if at is not None:
            base = top.number(AT_LOW_PC) or 0
            yield from self._list(at, base, top) if unit.version >= 5 else self._pairs(at, base)
        elif low is not None and high is not None:
            yield low, high if high > low else low + high  # a size, which is below any address of code

    def _pairs(self, at: int, base: int) -> Iterator[tuple[int, int]]:
        """Reads .debug_ranges (DWARF 4, section 2.17.3)."""
        for _ in range(_MAX_RANGES):
            if at + 8 > len(self._ranges):
                raise self._dwarf.damaged(f"ranges at {at:#x}")
            start, end = struct.unpack_from("<II", self._ranges, at)
            at += 8
            if start == 0xFFFF_FFFF:
                base = end
            elif not start and not end:
                return
            elif start < end:
                yield base + start, base + end

    def _list(self, at: int, base: int, top: Entry) -> Iterator[tuple[int, int]]:
        """Reads .debug_rnglists (DWARF 5, section 2.17.3)."""
        data = self._range_lists
        first = top.number(AT_RNGLISTS_BASE)
        try:
            if first is not None:
                at = first + struct.unpack_from("<I", data, first + 4 * at)[0]
            for _ in range(_MAX_RANGES):
                kind, at = data[at], at + 1
                if kind == _OFFSET_PAIR:
                    start, at = read_uleb(data, at)
                    end, at = read_uleb(data, at)
                    yield base + start, base + end
                elif kind == _BASE:
                    base, at = struct.unpack_from("<I", data, at)[0], at + 4
                elif kind == _START_END:
                    start, end = struct.unpack_from("<II", data, at)
                    at += 8
                    yield start, end
                elif kind == _START_LENGTH:
                    start = struct.unpack_from("<I", data, at)[0]
                    length, at = read_uleb(data, at + 4)
                    yield start, start + length
                else:
                    return  # the end, or an index, which is left out
        except (IndexError, OverflowError, struct.error) as error:
            raise self._dwarf.damaged(f"ranges at {at:#x}") from error

    def _name(self, entry: Entry) -> str:
        """Finds a function's name: its own, or that of the one that it was made from."""
        for _ in range(4):
            linkage = entry.attributes.get(AT_LINKAGE_NAME)
            path = rust_path(linkage.decode("utf-8", "replace")) if isinstance(linkage, bytes) else None
            if path or entry.name:
                return path or entry.name
            origin = entry.number(AT_ABSTRACT_ORIGIN)
            origin = entry.number(AT_SPECIFICATION) if origin is None else origin
            if origin is None:
                break
            entry = self._dwarf.entry(origin)
        return "?"
