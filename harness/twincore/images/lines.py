"""Source lines from DWARF: which file and line an address was compiled from."""

from __future__ import annotations

import io
import posixpath
import struct
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from twincore.errors import ImageError

if TYPE_CHECKING:
    from twincore.images.scopes import Scopes


class SourceLine(NamedTuple):
    """A line of source code; `file` as the compiler wrote it."""

    file: str
    line: int

    def __str__(self) -> str:
        """Writes file:line."""
        return f"{self.file}:{self.line}"


class SourceFrame(NamedTuple):
    """A function that an address belongs to, and the line in it; `line` is None where no table knows it."""

    function: str
    line: SourceLine | None


class Lines:
    """The line tables of an ELF file, decoded one compilation unit at a time.

    Look-ups raise ImageError when the debug information is damaged; a file without any knows no lines.
    """

    def __init__(self, data: bytes, scopes: Scopes, *, who: str) -> None:
        self._data = data
        self._scopes = scopes
        self._who = who
        self._units: dict[int, tuple[list[int], list[tuple[int, SourceLine]]]] = {}
        self._files: dict[int, dict[int, str]] = {}
        """By unit: what the numbers of its files mean."""

    def at(self, address: int) -> SourceLine | None:
        """Finds the line that holds `address`, None when no line table does."""
        try:
            return self._at(address)
        except Exception as error:  # pyelftools fails on damaged DWARF in many ways
            raise ImageError(
                self._who,
                f"the debug information is damaged ({type(error).__name__})",
                next_step="build the ELF file again",
            ) from error

    def frames(self, address: int) -> list[SourceFrame]:
        """Lists the functions that hold `address`, inlined ones first, each with its line; empty without a line.

        That is what addr2line -i prints: an outer function's line is the one on which it calls the inner one.
        """
        line = self.at(address)
        unit = self._unit_of(address) if line is not None else None
        if unit is None:
            return []
        frames = []
        for scope in self._scopes.at(address, unit):
            frames.append(SourceFrame(scope.name, line))
            file = self._files.get(unit, {}).get(scope.call_file or 0)
            line = SourceLine(file or "?", scope.call_line) if scope.call_line else None
        return frames or [SourceFrame("", line)]

    def _at(self, address: int) -> SourceLine | None:
        offset = self._unit_of(address)
        if offset is None:
            return None
        if offset not in self._units:
            self._units[offset] = self._decode(offset)
        starts, rows = self._units[offset]
        index = bisect_right(starts, address) - 1
        if index < 0:
            return None
        end, line = rows[index]
        return line if address < end else None

    @cached_property
    def _dwarf(self) -> Any:
        from elftools.elf.elffile import ELFFile

        elf = ELFFile(io.BytesIO(self._data))
        return elf.get_dwarf_info(follow_links=False) if elf.has_dwarf_info() else None

    @cached_property
    def _ranges(self) -> list[tuple[int, int, int]]:
        """Lists (start, end, unit offset) of all code, from .debug_aranges or else from the units themselves."""
        if self._dwarf is None:
            return []
        section = self._dwarf.debug_aranges_sec
        if section is not None:
            entries = _aranges(section.stream.getvalue())
        else:
            entries = [r for unit in self._dwarf.iter_CUs() for r in self._unit_ranges(unit)]
        return sorted(entries)

    def _unit_ranges(self, unit: Any) -> list[tuple[int, int, int]]:
        starts, rows = self._rows(unit)
        self._units[unit.cu_offset] = (starts, rows)
        return [(start, end, unit.cu_offset) for start, (end, _) in zip(starts, rows, strict=True)]

    def _unit_of(self, address: int) -> int | None:
        index = bisect_right(self._ranges, (address, 1 << 33, 0)) - 1
        if index < 0:
            return None
        start, end, offset = self._ranges[index]
        return offset if start <= address < end else None

    def _decode(self, offset: int) -> tuple[list[int], list[tuple[int, SourceLine]]]:
        return self._rows(self._dwarf.get_CU_at(offset))

    def _rows(self, unit: Any) -> tuple[list[int], list[tuple[int, SourceLine]]]:
        program = self._dwarf.line_program_for_CU(unit)
        if program is None:
            return [], []
        names = self._files[unit.cu_offset] = _file_names(program, unit)
        rows: list[tuple[int, int, SourceLine]] = []
        previous = None
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            if previous is not None and state.address > previous.address:
                line = SourceLine(names.get(previous.file, "?"), previous.line)
                rows.append((previous.address, state.address, line))
            previous = None if state.end_sequence else state
        rows.sort(key=lambda row: row[:2])
        return [row[0] for row in rows], [(row[1], row[2]) for row in rows]


def _aranges(data: bytes) -> list[tuple[int, int, int]]:
    """Lists (start, end, unit offset) of .debug_aranges, little-endian 32-bit.

    Linkers leave pairs of zeros where they dropped a function, so that only its length ends a set (pyelftools stops at
    the first pair of zeros). Source: DWARF 5, section 6.1.2.
    """
    entries = []
    at = 0
    while at + 12 <= len(data):
        length, _, unit = struct.unpack_from("<IHI", data, at)
        end = min(at + 4 + length, len(data))
        for start, size in struct.iter_unpack("<II", data[at + 16 : end - (end - at) % 8]):
            if size:
                entries.append((start, start + size, unit))
        at = max(end, at + 12)
    return entries


def _file_names(program: Any, unit: Any) -> dict[int, str]:
    """Maps file numbers of a line program to paths; DWARF 5 counts from 0, earlier versions from 1.

    What is relative begins at the directory that was compiled in.
    """
    header = program.header
    new = header["version"] >= 5
    top = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
    root = _text(top.value) if top else ""
    directories = [_text(d) for d in header["include_directory"]]
    if not new:
        directories.insert(0, root)
    names = {}
    for number, file in enumerate(header["file_entry"], 0 if new else 1):
        directory = directories[file.dir_index] if file.dir_index < len(directories) else ""
        names[number] = posixpath.normpath(posixpath.join(root, directory, _text(file.name)))
    return names


def _text(raw: Any) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
