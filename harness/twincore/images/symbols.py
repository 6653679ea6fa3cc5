"""Names and addresses of firmware: look-up by name and by address, over several ELF files and both cores."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from twincore.errors import UsageError
from twincore.images.memory import Memory, classify
from twincore.images.rust_names import rust_path

MAX_LABEL_DISTANCE = 0x1_0000
"""Bytes behind a label without a size that still count as its code."""


class Symbol(NamedTuple):
    """A named address: `size` in bytes (0 when the ELF gives none), `kind` function, variable or label.

    `file` is the source file of a local symbol, `source` the ELF file, `core` the core whose program it is or None.
    """

    name: str
    address: int
    size: int
    kind: str
    is_local: bool
    file: str
    source: str
    core: int | None

    @property
    def end(self) -> int:
        """Gives the address behind the last byte."""
        return self.address + self.size

    def __str__(self) -> str:
        """Writes name, address and where it comes from."""
        place = self.file or self.source
        core = "" if self.core is None else f" of core {self.core}"
        return f"{self.name} at {self.address:#010x} ({place}{core})"


class Place(NamedTuple):
    """An address as a symbol and an offset in bytes."""

    symbol: Symbol
    offset: int

    def __str__(self) -> str:
        """Writes name+0xoffset."""
        return f"{self.symbol.name}+{self.offset:#x}" if self.offset else self.symbol.name


class Symbols:
    """The symbols of one or several ELF files; those of a fallback count only where the first ones know nothing."""

    def __init__(self, symbols: Iterable[Symbol] = (), fallback: Symbols | None = None) -> None:
        self._symbols = sorted(symbols, key=lambda s: (s.address, s.name))
        self._fallback = fallback

    def __len__(self) -> int:
        """Counts the symbols with those of the fallback."""
        return len(self._symbols) + (len(self._fallback) if self._fallback else 0)

    def __iter__(self) -> Iterator[Symbol]:
        """Gives the symbols sorted by address, then those of the fallback."""
        yield from self._symbols
        if self._fallback:
            yield from self._fallback

    def __contains__(self, name: object) -> bool:
        """Tells whether a symbol has this very name."""
        return isinstance(name, str) and bool(self.all(name))

    def merged(self, *others: Symbols) -> Symbols:
        """Joins symbols of equal rank."""
        symbols = list(self._symbols)
        fallback = self._fallback
        for other in others:
            symbols += other._symbols
            if other._fallback:
                fallback = fallback.merged(other._fallback) if fallback else other._fallback
        return Symbols(symbols, fallback)

    def with_fallback(self, other: Symbols) -> Symbols:
        """Adds symbols that count only where these know nothing (a bootloader's, the ROM's)."""
        return Symbols(self._symbols, self._fallback.with_fallback(other) if self._fallback else other)

    def all(self, name: str, core: int | None = None) -> list[Symbol]:
        """Lists the symbols that `name` (or FILE:NAME) can mean, best rank only: global ones before local ones.

        A Rust path (`my_app::motor::SPEED`, or its end from a module on) means the symbol that it was made to.
        """
        known = self._by_rust_path if "::" in name else self._by_name
        found = [s for s in known.get(name, ()) if core is None or s.core in (core, None)]
        if not found and ":" in name:
            file, _, rest = name.rpartition(":")
            found = [s for s in self._by_name.get(rest, ()) if _names_file(s, file)]
            found = [s for s in found if core is None or s.core in (core, None)]
        if core is not None:
            found = [s for s in found if s.core == core] or found
        found = [s for s in found if not s.is_local] or found
        if not found and self._fallback:
            return self._fallback.all(name, core)
        return found

    def find(self, name: str, core: int | None = None) -> Symbol:
        """Finds the one symbol with this very name; FILE:NAME chooses between local ones, `core` between programs.

        Raises UsageError when there is none (it names close ones) or when several addresses have the name.
        """
        found = self.all(name, core)
        if not found:
            names = self._by_rust_path if "::" in name else self.names()
            close = difflib.get_close_matches(name, names, 3)
            raise UsageError(
                "symbols",
                f"no symbol has the name '{name}'",
                next_step=f"close names: {', '.join(close)}" if close else "give an ELF file with symbols",
            )
        if len({s.address for s in found}) > 1:
            raise UsageError(
                "symbols",
                f"'{name}' means {len(found)} things: {'; '.join(str(s) for s in found[:4])}",
                next_step="write FILE:NAME, or say which core",
            )
        return max(found, key=lambda s: (s.size, s.kind != "label"))

    def get(self, name: str, core: int | None = None) -> Symbol | None:
        """Finds the one symbol with this name, None when there is none; raises UsageError when there are several."""
        return self.find(name, core) if self.all(name, core) else None

    def names(self) -> list[str]:
        """Lists all names, sorted."""
        return sorted(set(self._by_name) | set(self._fallback.names() if self._fallback else ()))

    def functions(self) -> list[Symbol]:
        """Lists the functions, sorted by address."""
        return [s for s in self if s.kind == "function"]

    def variables(self) -> list[Symbol]:
        """Lists the variables with a size, sorted by address."""
        return [s for s in self if s.kind == "variable" and s.size]

    def at(self, address: int, core: int | None = None) -> Place | None:
        """Finds the function or variable that holds `address`, else the nearest label before it; None when far off.

        A label (linker scripts give some for the ROM) gives way to a fallback's symbol that holds the address or is
        nearer.
        """
        place = self._index(core, classify(address).is_executable).at(address)
        is_sure = place is not None and (place.symbol.size or not place.offset)
        other = None if is_sure or self._fallback is None else self._fallback.at(address, core)
        if other is not None and (place is None or other.symbol.size or other.offset < place.offset):
            return other
        return place

    def describe(self, address: int, core: int | None = None) -> str:
        """Writes an address as name+0xoffset, or as a number when no symbol is near."""
        place = self.at(address, core)
        return str(place) if place else f"{address:#010x}"

    @cached_property
    def _by_name(self) -> dict[str, list[Symbol]]:
        by_name: dict[str, list[Symbol]] = {}
        for symbol in self._symbols:
            by_name.setdefault(symbol.name, []).append(symbol)
        return by_name

    @cached_property
    def _by_rust_path(self) -> dict[str, list[Symbol]]:
        """Lists Rust symbols by their path and by each end of it that has a module."""
        by_path: dict[str, list[Symbol]] = {}
        for symbol in self._symbols:
            parts = (rust_path(symbol.name) or "").split("::")
            for first in range(len(parts) - 1):
                by_path.setdefault("::".join(parts[first:]), []).append(symbol)
        return by_path

    @cached_property
    def _indexes(self) -> dict[tuple[int | None, bool], _Index]:
        return {}

    def _index(self, core: int | None, code: bool) -> _Index:
        index = self._indexes.get((core, code))
        if index is None:
            mine = [s for s in self._symbols if core is None or s.core in (core, None)]
            index = _Index([s for s in mine if _is_code(s) == code and _is_place(s)])
            self._indexes[core, code] = index
        return index


class _Index:
    """Symbols by address: sized ones by the range they cover, the others by their start."""

    def __init__(self, symbols: list[Symbol]) -> None:
        self._sized = [s for s in symbols if s.size]
        self._sized_starts = [s.address for s in self._sized]
        self._labels = [s for s in symbols if not s.size]
        self._label_starts = [s.address for s in self._labels]

    def at(self, address: int) -> Place | None:
        after = bisect_right(self._sized_starts, address)
        before = self._sized[max(after - 8, 0) : after]
        covering = [s for s in before if address < s.end]
        if covering:
            start = covering[-1].address
            best = min(
                (s for s in covering if s.address == start), key=lambda s: (s.is_local, s.kind == "label", s.size)
            )
            return Place(best, address - start)
        at = bisect_right(self._label_starts, address) - 1
        if at < 0:
            return None
        label = self._labels[at]
        last_end = before[-1].end if before else 0
        if label.address < last_end or address - label.address >= MAX_LABEL_DISTANCE:
            return None
        same = (s for s in self._labels[max(at - 8, 0) : at + 1] if s.address == label.address)
        return Place(min(same, key=lambda s: (s.kind == "label", s.is_local)), address - label.address)


def _is_code(symbol: Symbol) -> bool:
    return symbol.kind == "function" or (symbol.kind == "label" and classify(symbol.address).is_executable)


def _is_place(symbol: Symbol) -> bool:
    """Tells whether the symbol's value is an address at all: linkers also write sizes and flags as symbols."""
    return classify(symbol.address) not in (Memory.NONE, Memory.PADDING)


def _names_file(symbol: Symbol, file: str) -> bool:
    return bool(symbol.file) and (symbol.file == file or symbol.file.rpartition("/")[2] == file)
