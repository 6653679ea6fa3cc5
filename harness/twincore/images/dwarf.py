"""The part of DWARF that says what variables look like: units, abbreviations, entries; read where it is asked for.

Nothing is read ahead: a variable is found by the bytes of its address, and only its unit is gone through. Source: DWARF
4 and 5, chapters 2 and 7. Leaves out: 64-bit DWARF, split units, addresses by index (`DW_FORM_addrx`).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from twincore.errors import ImageError

# Tags and attributes (DWARF 5, section 7.5).
ARRAY, ENUMERATION, MEMBER, POINTER, STRUCTURE, UNION = 0x01, 0x04, 0x0D, 0x0F, 0x13, 0x17
CLASS, TYPEDEF, SUBRANGE, BASE, CONST, ENUMERATOR = 0x02, 0x16, 0x21, 0x24, 0x26, 0x28
VARIABLE, VOLATILE, ATOMIC, VARIANT_PART, VARIANT = 0x34, 0x35, 0x47, 0x33, 0x19
INLINED_SUBROUTINE, SUBPROGRAM = 0x1D, 0x2E
AT_LOCATION, AT_NAME, AT_BYTE_SIZE, AT_BIT_OFFSET, AT_BIT_SIZE = 0x02, 0x03, 0x0B, 0x0C, 0x0D
AT_LANGUAGE, AT_DISCR, AT_DISCR_VALUE, AT_CONST_VALUE, AT_UPPER_BOUND = 0x13, 0x15, 0x16, 0x1C, 0x2F
AT_ABSTRACT_ORIGIN, AT_COUNT, AT_MEMBER_LOCATION, AT_DECLARATION, AT_ENCODING = 0x31, 0x37, 0x38, 0x3C, 0x3E
AT_SPECIFICATION, AT_TYPE, AT_DATA_BIT_OFFSET = 0x47, 0x49, 0x6B
AT_LOW_PC, AT_HIGH_PC, AT_RANGES, AT_RNGLISTS_BASE = 0x11, 0x12, 0x55, 0x74
AT_CALL_FILE, AT_CALL_LINE, AT_LINKAGE_NAME = 0x58, 0x59, 0x6E
LANGUAGE_RUST = 0x1C

_ADDR, _BLOCK2, _BLOCK4, _DATA2, _DATA4, _DATA8, _STRING, _BLOCK, _BLOCK1, _DATA1 = 1, 3, 4, 5, 6, 7, 8, 9, 10, 11
_FLAG, _SDATA, _STRP, _UDATA, _REF_ADDR, _REF1, _REF2, _REF4, _REF8, _REF_UDATA = 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
_INDIRECT, _SEC_OFFSET, _EXPRLOC, _FLAG_PRESENT, _STRX, _ADDRX, _REF_SUP4, _STRP_SUP = range(0x16, 0x1E)
_DATA16, _LINE_STRP, _REF_SIG8, _IMPLICIT, _LOCLISTX, _RNGLISTX, _REF_SUP8 = range(0x1E, 0x25)
_STRX1, _STRX2, _STRX3, _STRX4, _ADDRX1, _ADDRX2, _ADDRX3, _ADDRX4 = range(0x25, 0x2D)

_FIXED = {_ADDR: 4, _DATA2: 2, _DATA4: 4, _DATA8: 8, _DATA1: 1, _FLAG: 1, _STRP: 4, _REF_ADDR: 4, _REF1: 1}
_FIXED |= {_REF2: 2, _REF4: 4, _REF8: 8, _SEC_OFFSET: 4, _FLAG_PRESENT: 0, _REF_SUP4: 4, _STRP_SUP: 4, _DATA16: 16}
_FIXED |= {_LINE_STRP: 4, _REF_SIG8: 8, _IMPLICIT: 0, _REF_SUP8: 8, _STRX1: 1, _STRX2: 2, _STRX3: 3, _STRX4: 4}
_FIXED |= {_ADDRX1: 1, _ADDRX2: 2, _ADDRX3: 3, _ADDRX4: 4}
_BLOCKS = {_BLOCK1: 1, _BLOCK2: 2, _BLOCK4: 4}
_LOCAL_REFERENCES = (_REF1, _REF2, _REF4, _REF8, _REF_UDATA)
_NUMBERS = (_UDATA, _STRX, _ADDRX, _LOCLISTX, _RNGLISTX, _REF_UDATA)

_OP_ADDR = 3
_UNIT_COMPILE, _UNIT_PARTIAL = 1, 3
_MAX_CANDIDATES = 64
"""At most so many places with the bytes of an address are looked at."""


class _Abbreviation(NamedTuple):
    """How entries of one kind are written; `size` where all of their attributes have a fixed one, else None."""

    tag: int
    has_children: bool
    attributes: tuple[tuple[int, int, int], ...]
    size: int | None


class Unit(NamedTuple):
    """A compilation unit: its entries lie from `first` to `end`."""

    start: int
    first: int
    end: int
    abbreviations: int
    version: int


class Entry(NamedTuple):
    """A debugging information entry: where it is, its tag and attributes, where what follows it begins."""

    unit: Unit
    offset: int
    tag: int
    has_children: bool
    attributes: dict[int, int | bytes]
    after: int

    def number(self, attribute: int) -> int | None:
        """Gives an attribute that is a number or a reference; None where it is not there or another form."""
        value = self.attributes.get(attribute)
        return value if isinstance(value, int) else None

    @property
    def name(self) -> str:
        """Gives the entry's name, empty where it has none."""
        value = self.attributes.get(AT_NAME, b"")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


class Dwarf:
    """The debug information of one ELF file; look-ups raise ImageError where it is damaged."""

    def __init__(self, info: bytes, abbreviations: bytes, strings: bytes, line_strings: bytes, *, who: str) -> None:
        self._info, self._abbreviation_bytes = info, abbreviations
        self._strings, self._line_strings = strings, line_strings
        self._who = who
        self._tables: dict[int, dict[int, _Abbreviation]] = {}

    def damaged(self, what: str) -> ImageError:
        """Returns the error for information that contradicts itself."""
        return ImageError(self._who, f"the debug information is damaged ({what})", next_step="build the ELF file again")

    @cached_property
    def units(self) -> list[Unit]:
        """Lists the compilation units by their headers."""
        units, at, info = [], 0, self._info
        while at + 12 <= len(info):
            length, version = struct.unpack_from("<IH", info, at)
            end = at + 4 + length
            if length < 7 or end > len(info):
                raise self.damaged(f"a unit at {at:#x} has {length} bytes")
            if version == 5:
                kind = info[at + 6]
                if kind in (_UNIT_COMPILE, _UNIT_PARTIAL):
                    units.append(Unit(at, at + 12, end, struct.unpack_from("<I", info, at + 8)[0], version))
            elif 2 <= version <= 4:
                units.append(Unit(at, at + 11, end, struct.unpack_from("<I", info, at + 6)[0], version))
            else:
                raise self.damaged(f"a unit has version {version}")
            at = end
        return units

    def variable(self, address: int) -> Entry | None:
        """Finds the variable that lies at an address; None where no entry says so."""
        wanted = bytes([5, _OP_ADDR]) + address.to_bytes(4, "little")
        at = self._info.find(wanted)
        for _ in range(_MAX_CANDIDATES):
            if at < 0:
                break
            entry = self._entry_around(at)
            if entry is not None and entry.tag == VARIABLE and entry.attributes.get(AT_LOCATION) == wanted[1:]:
                return entry
            at = self._info.find(wanted, at + 1)
        return None

    def entry(self, offset: int) -> Entry:
        """Reads the entry at an offset of the section."""
        unit = self._unit_of(offset)
        if unit is None:
            raise self.damaged(f"no unit has an entry at {offset:#x}")
        entry = self._read(unit, offset)
        if entry is None:
            raise self.damaged(f"there is no entry at {offset:#x}")
        return entry

    def children(self, entry: Entry) -> Iterator[Entry]:
        """Yields the entries directly below one."""
        at, depth = entry.after, 0
        while entry.has_children:
            child = self._read(entry.unit, at)
            if child is None:
                if depth == 0:
                    return
                depth, at = depth - 1, at + 1
                continue
            if depth == 0:
                yield child
            depth, at = depth + child.has_children, child.after

    def entries(self, unit: Unit) -> Iterator[Entry]:
        """Yields all entries of a unit in their order, an outer one before those in it."""
        at = unit.first
        while at < unit.end:
            entry = self._read(unit, at)
            if entry is not None:
                yield entry
            at = at + 1 if entry is None else entry.after

    def language(self, unit: Unit) -> int | None:
        """Gives the language of a unit's source."""
        top = self._read(unit, unit.first)
        return top.number(AT_LANGUAGE) if top else None

    def _unit_of(self, offset: int) -> Unit | None:
        index = bisect_right(self.units, offset, key=lambda unit: unit.start) - 1
        unit = self.units[index] if index >= 0 else None
        return unit if unit is not None and unit.first <= offset < unit.end else None

    def _entry_around(self, offset: int) -> Entry | None:
        """Finds the entry one of whose attributes is at an offset, by going through its unit."""
        unit = self._unit_of(offset)
        if unit is None:
            return None
        table, info, at = self._table(unit.abbreviations), self._info, unit.first
        try:
            while at <= offset:
                start = at
                code, at = (info[at], at + 1) if info[at] < 0x80 else self._uleb(at)
                if not code:
                    continue
                abbreviation = table[code]
                if abbreviation.size is not None:
                    at += abbreviation.size
                else:
                    for _, form, _ in abbreviation.attributes:
                        at = self._skip(form, at)
                if at > offset:
                    return self._read(unit, start)
        except (IndexError, KeyError, ValueError) as error:
            raise self.damaged(f"unit at {unit.start:#x}") from error
        return None

    def _read(self, unit: Unit, offset: int) -> Entry | None:
        """Reads an entry; None for the mark at the end of children."""
        try:
            if not unit.first <= offset < unit.end:
                raise self.damaged(f"an entry at {offset:#x} lies outside of its unit")
            code, at = self._uleb(offset)
            if not code:
                return None
            abbreviation = self._table(unit.abbreviations)[code]
            attributes: dict[int, int | bytes] = {}
            for attribute, form, implicit in abbreviation.attributes:
                value, at = self._value(unit, form, implicit, at)
                if value is not None:
                    attributes[attribute] = value
        except (IndexError, KeyError, ValueError) as error:
            raise self.damaged(f"entry at {offset:#x}") from error
        return Entry(unit, offset, abbreviation.tag, abbreviation.has_children, attributes, at)

    def _value(self, unit: Unit, form: int, implicit: int, at: int) -> tuple[int | bytes | None, int]:
        """Reads an attribute's value; None for a form that no use is made of."""
        info = self._info
        if form == _INDIRECT:
            form, at = self._uleb(at)
            if form == _INDIRECT:
                raise self.damaged(f"attribute at {at:#x}")
        end = self._skip(form, at)
        if end > unit.end:
            raise self.damaged(f"attribute at {at:#x}")
        if form == _IMPLICIT:
            return implicit, end
        if form == _FLAG_PRESENT:
            return 1, end
        if form == _STRING:
            return info[at : end - 1], end
        if form in (_STRP, _LINE_STRP):
            table = self._strings if form == _STRP else self._line_strings
            start = int.from_bytes(info[at:end], "little")
            return table[start : max(table.find(b"\0", start), start)], end
        if form == _SDATA:
            return self._sleb(info, at)[0], end
        if form in (_BLOCK, _EXPRLOC):
            return info[self._uleb(at)[1] : end], end
        if form in _BLOCKS:
            return info[at + _BLOCKS[form] : end], end
        if form in _NUMBERS:
            value = self._uleb(at)[0]
            return (unit.start + value if form == _REF_UDATA else value), end
        value = int.from_bytes(info[at:end], "little")
        return (unit.start + value if form in _LOCAL_REFERENCES else value), end

    def _skip(self, form: int, at: int) -> int:
        """Returns where an attribute ends."""
        size = _FIXED.get(form)
        if size is not None:
            return at + size
        if form == _STRING:
            return self._info.index(b"\0", at) + 1
        if form in (_BLOCK, _EXPRLOC):
            length, at = self._uleb(at)
            return at + length
        if form in _BLOCKS:
            size = _BLOCKS[form]
            return at + size + int.from_bytes(self._info[at : at + size], "little")
        if form in _NUMBERS or form == _SDATA:
            return self._uleb(at)[1]
        if form == _INDIRECT:
            form, at = self._uleb(at)
            if form != _INDIRECT:
                return self._skip(form, at)
        raise self.damaged(f"an attribute has the form {form:#x}")

    def _table(self, offset: int) -> dict[int, _Abbreviation]:
        table = self._tables.get(offset)
        if table is None:
            try:
                table = self._tables[offset] = self._read_table(offset)
            except IndexError as error:
                raise self.damaged(f"abbreviations at {offset:#x}") from error
        return table

    def _read_table(self, at: int) -> dict[int, _Abbreviation]:
        data = self._abbreviation_bytes
        table: dict[int, _Abbreviation] = {}
        while True:
            code, at = read_uleb(data, at)
            if not code:
                return table
            tag, at = read_uleb(data, at)
            has_children, at = bool(data[at]), at + 1
            attributes = []
            while True:
                attribute, at = read_uleb(data, at)
                form, at = read_uleb(data, at)
                implicit = 0
                if form == _IMPLICIT:
                    implicit, at = self._sleb(data, at)
                if not attribute and not form:
                    break
                attributes.append((attribute, form, implicit))
            sizes = [_FIXED.get(form) for _, form, _ in attributes]
            known = [size for size in sizes if size is not None]
            size = sum(known) if len(known) == len(sizes) else None
            table[code] = _Abbreviation(tag, has_children, tuple(attributes), size)

    def _uleb(self, at: int) -> tuple[int, int]:
        return read_uleb(self._info, at)

    def _sleb(self, data: bytes, at: int) -> tuple[int, int]:
        value, end = read_uleb(data, at)
        bits = 7 * (end - at)
        return (value - (1 << bits) if value >> (bits - 1) & 1 else value), end


def read_uleb(data: bytes, at: int) -> tuple[int, int]:
    """Reads a LEB128 number of at most 10 bytes; returns it and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IndexError("a number that does not end")
