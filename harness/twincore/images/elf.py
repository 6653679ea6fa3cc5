"""ELF files for the Xtensa cores of the ESP32-S3: what they load, where they start, what things are called.

The tables are read straight from the bytes, so that a damaged file can only give an ImageError and reading costs
milliseconds; pyelftools serves where its worth is, for DWARF (`lines`).
Source: System V ABI, chapters 4 and 5 (object files).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from twincore.errors import ImageError
from twincore.images.memory import LOWEST_LOADED, Memory, canonical_ranges, classify, region_of
from twincore.images.symbols import Symbol, Symbols

if TYPE_CHECKING:
    from twincore.images.dwarf import Dwarf
    from twincore.images.lines import Lines
    from twincore.images.types import Types

MAGIC = b"\x7fELF"
EM_XTENSA = 94
_MACHINES = {
    2: "SPARC",
    3: "Intel 80386",
    8: "MIPS",
    20: "PowerPC",
    21: "64-bit PowerPC",
    40: "Arm",
    42: "SuperH",
    62: "x86-64",
    83: "AVR",
    93: "Xtensa (old number)",
    94: "Xtensa",
    105: "MSP430",
    183: "AArch64",
    243: "RISC-V",
    247: "BPF",
    258: "LoongArch",
}
_TYPES = {0: "no type", 1: "relocatable object", 2: "executable", 3: "shared object", 4: "core dump"}
_ET_EXEC = 2
_PT_LOAD = 1
_SHT_SYMTAB, _SHT_NOBITS = 2, 8
_SHF_ALLOC, _SHF_COMPRESSED = 2, 0x800
_SHN_UNDEF = 0
_KINDS = {0: "label", 1: "variable", 2: "function"}
_STT_FILE = 4

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SECTION = struct.Struct("<10I")
_SEGMENT = struct.Struct("<8I")
_SYMBOL = struct.Struct("<IIIBBH")


@dataclass(frozen=True, slots=True)
class ElfSection:
    """A section header; `offset` and `size` in bytes of the file (a NOBITS section has no bytes there)."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int

    @property
    def is_loaded(self) -> bool:
        """Tells whether the section has bytes that must be in memory before the program starts."""
        return bool(self.flags & _SHF_ALLOC) and self.type not in (0, _SHT_NOBITS) and self.size > 0

    @property
    def has_bytes(self) -> bool:
        """Tells whether the file holds the section's bytes."""
        return self.type not in (0, _SHT_NOBITS) and self.size > 0


@dataclass(frozen=True, slots=True)
class ElfSegment:
    """A PT_LOAD program header; sizes and offset in bytes."""

    virtual: int
    physical: int
    offset: int
    file_size: int
    memory_size: int
    flags: int


@dataclass(frozen=True, slots=True)
class ElfPiece:
    """Bytes that the program needs at `address` before it starts; `name` is the section's."""

    name: str
    address: int
    data: bytes

    @property
    def memory(self) -> Memory:
        """Names the memory that the bytes are for."""
        return classify(self.address, len(self.data))


class ElfFile:
    """An executable for the ESP32-S3. Symbols and source lines are read when first asked for.

    `who` is the file's name in errors, `core` the core whose program this is, None when both may run it. Raises
    ImageError when the file is no 32-bit little-endian Xtensa executable or its tables are damaged.
    """

    def __init__(self, data: bytes, *, who: str, core: int | None = None) -> None:
        self.data = data
        self.who = who
        self.core = core
        self._read_header()

    def _read_header(self) -> None:
        who, data = self.who, self.data
        if data[:4] != MAGIC:
            raise ImageError(who, f"an ELF file begins with 7f454c46, this one with {data[:4].hex()}")
        if len(data) < 20:
            raise ImageError(who, f"an ELF header has {_HEADER.size} bytes, the file has {len(data)}", next_step=_CUT)
        if data[5] not in (1, 2):
            raise ImageError(who, f"the ELF byte order should be 1 or 2, it is {data[5]}", next_step=_DAMAGED)
        machine = int.from_bytes(data[18:20], "little" if data[5] == 1 else "big")
        bits = {1: "32-bit", 2: "64-bit"}.get(data[4], f"class {data[4]}")
        order = "little-endian" if data[5] == 1 else "big-endian"
        if machine != EM_XTENSA or data[4] != 1 or data[5] != 1:
            name = _MACHINES.get(machine, "an unknown machine")
            raise ImageError(
                who,
                f"the ELF file is for {name} ({bits}, {order}, machine {machine}), "
                f"expected Xtensa (32-bit, little-endian, machine {EM_XTENSA})",
                next_step="give the ELF file that was built for the ESP32-S3",
            )
        if len(data) < _HEADER.size:
            raise ImageError(who, f"an ELF header has {_HEADER.size} bytes, the file has {len(data)}", next_step=_CUT)
        fields = _HEADER.unpack_from(data)
        kind, self.entry = fields[1], fields[4]
        self._program_at, self._sections_at = fields[5], fields[6]
        self._program_size, self._program_count = fields[9], fields[10]
        self._section_size, self._section_count, self._names_index = fields[11], fields[12], fields[13]
        if kind != _ET_EXEC:
            raise ImageError(
                who,
                f"the ELF file is a {_TYPES.get(kind, f'file of type {kind}')}, expected an executable",
                next_step="link it first, or give the linked ELF file",
            )

    def _table(self, what: str, at: int, size: int, count: int, layout: struct.Struct) -> list[tuple[int, ...]]:
        if not at or not count:
            return []
        if size != layout.size:
            raise ImageError(
                self.who, f"{what} headers should have {layout.size} bytes, they have {size}", next_step=_DAMAGED
            )
        if at + size * count > len(self.data):
            raise ImageError(
                self.who,
                f"the {what} headers end at {at + size * count:#x}, the file at {len(self.data):#x}",
                next_step=_CUT,
            )
        return list(layout.iter_unpack(self.data[at : at + size * count]))

    @cached_property
    def sections(self) -> tuple[ElfSection, ...]:
        """Lists the sections; empty when the file was stripped of them."""
        rows = self._table("section", self._sections_at, self._section_size, self._section_count, _SECTION)
        names = b""
        if 0 < self._names_index < len(rows):
            names = self._slice(rows[self._names_index][4], rows[self._names_index][5], "the table of section names")
        return tuple(ElfSection(_string(names, row[0]), row[1], row[2], row[3], row[4], row[5], row[6]) for row in rows)

    @cached_property
    def segments(self) -> tuple[ElfSegment, ...]:
        """Lists the PT_LOAD program headers."""
        rows = self._table("program", self._program_at, self._program_size, self._program_count, _SEGMENT)
        return tuple(ElfSegment(r[2], r[3], r[1], r[4], r[5], r[6]) for r in rows if r[0] == _PT_LOAD)

    def _slice(self, offset: int, size: int, what: str) -> bytes:
        if offset + size > len(self.data):
            raise ImageError(
                self.who, f"{what} ends at offset {offset + size:#x}, the file at {len(self.data):#x}", next_step=_CUT
            )
        return self.data[offset : offset + size]

    def section_bytes(self, section: ElfSection) -> bytes:
        """Gives a section's bytes; raises ImageError when the file ends before them."""
        if section.flags & _SHF_COMPRESSED:
            raise ImageError(self.who, f"section {section.name} is compressed and cannot be loaded")
        return self._slice(section.offset, section.size, f"section {section.name}") if section.has_bytes else b""

    @cached_property
    def pieces(self) -> tuple[ElfPiece, ...]:
        """Lists what must be in memory before the program starts, sorted by address, checked for overlaps.

        Sections count, at their run-time addresses: the program headers of ESP-IDF also span gaps that only keep the
        view of the same SRAM on the other bus free. A file without sections is taken by its program headers. What lies
        below LOWEST_LOADED beside other parts is no loader's business (Zephyr puts MCUboot's header at 0).
        """
        if any(section.is_loaded for section in self.sections):
            spans = [(s.name, s.address, s.offset, s.size) for s in self.sections if s.is_loaded]
            if any(s.flags & _SHF_COMPRESSED for s in self.sections if s.is_loaded):
                raise ImageError(
                    self.who, "a section to be loaded is compressed", next_step="decompress it with objcopy"
                )
        else:
            spans = [
                (f"segment {index}", s.virtual, s.offset, s.file_size)
                for index, s in enumerate(self.segments)
                if s.file_size
            ]
        total = sum(size for _, _, _, size in spans)
        if total > len(self.data):
            raise ImageError(
                self.who, f"the parts to load have {total} bytes, the file has {len(self.data)}", next_step=_CUT
            )
        if not spans:
            raise ImageError(self.who, "nothing in the ELF file is to be loaded", next_step="give the linked ELF file")
        loaded = [span for span in spans if span[1] >= LOWEST_LOADED]
        spans = loaded or spans
        self._check_spans(spans)
        pieces = [ElfPiece(name, address, self._slice(offset, size, name)) for name, address, offset, size in spans]
        return tuple(sorted(pieces, key=lambda piece: piece.address))

    def _check_spans(self, spans: list[tuple[str, int, int, int]]) -> None:
        ranges = []
        for name, address, _, size in spans:
            if classify(address, size) in (Memory.NONE, Memory.PADDING):
                region = region_of(address)
                ends = f"; {region.memory} ends at {region.end:#010x}" if region else ""
                raise ImageError(
                    self.who,
                    f"{name} ({address:#010x}, {size} bytes) lies outside the memories of the ESP32-S3{ends}",
                    next_step="was the ELF file linked for another chip?",
                )
            ranges += [(start, end, name, address) for start, end in canonical_ranges(address, size)]
        ranges.sort()
        for before, after in pairwise(ranges):
            if after[0] < before[1]:
                raise ImageError(
                    self.who,
                    f"{before[2]} (from {before[3]:#010x}) and {after[2]} (from {after[3]:#010x}) "
                    f"overlap by {min(before[1], after[1]) - after[0]} bytes",
                    next_step="correct the linker script (IRAM from 0x40378000 is the SRAM of DRAM from 0x3fc88000)",
                )

    @cached_property
    def symbols(self) -> Symbols:
        """Reads the symbol table; empty when the file was stripped."""
        symbols: list[Symbol] = []
        for section in self.sections:
            if section.type != _SHT_SYMTAB:
                continue
            if section.link >= len(self.sections):
                raise ImageError(self.who, f"symbol table {section.name} has no table of names", next_step=_DAMAGED)
            table = self.section_bytes(section)
            names = self.section_bytes(self.sections[section.link])
            symbols += self._symbols(table[: len(table) // _SYMBOL.size * _SYMBOL.size], names)
            if len(symbols) > len(self.data) // _SYMBOL.size:
                raise ImageError(self.who, "the symbol tables overlap", next_step=_DAMAGED)
        return Symbols(symbols)

    def _symbols(self, table: bytes, names: bytes) -> list[Symbol]:
        who, core, file = self.who, self.core, ""
        found = []
        texts: dict[int, str] = {}
        spent = 0
        for name_at, value, size, info, _, section in _SYMBOL.iter_unpack(table):
            kind = _KINDS.get(info & 15)
            if (kind is None or section == _SHN_UNDEF) and info & 15 != _STT_FILE:
                continue
            name = texts.get(name_at)
            if name is None:
                name = texts[name_at] = _string(names, name_at)
                spent += len(name)
                if spent > 4 * len(names) + 1024:
                    raise ImageError(who, "the names of the symbols overlap", next_step=_DAMAGED)
            if kind is None:
                file = name
            elif name and not name.startswith(".L"):
                local = info >> 4 == 0
                found.append(Symbol(name, value, size, kind, local, file if local else "", who, core))
        return found

    @cached_property
    def types(self) -> Types:
        """Opens the DWARF descriptions of variables (read when first asked for one)."""
        from twincore.images.types import Types

        return Types(self._dwarf)

    @cached_property
    def lines(self) -> Lines:
        """Opens the DWARF line tables (needs pyelftools; read when first asked for an address)."""
        from twincore.images.lines import Lines
        from twincore.images.scopes import Scopes

        scopes = Scopes(self._dwarf, self._named(".debug_ranges"), self._named(".debug_rnglists"))
        return Lines(self.data, scopes, who=self.who)

    @cached_property
    def _dwarf(self) -> Dwarf:
        from twincore.images.dwarf import Dwarf

        names = (".debug_info", ".debug_abbrev", ".debug_str", ".debug_line_str")
        info, abbreviations, strings, line_strings = map(self._named, names)
        return Dwarf(info, abbreviations, strings, line_strings, who=self.who)

    def _named(self, name: str) -> bytes:
        """Returns the bytes of a section by its name, none where there is no such section."""
        section = next((section for section in self.sections if section.name == name), None)
        return b"" if section is None else self.section_bytes(section)


_CUT = "the file is cut short: build or copy it again"
_DAMAGED = "the file is damaged: build or copy it again"


def _string(table: bytes, at: int) -> str:
    end = table.find(b"\0", at)
    return table[at : end if end >= 0 else len(table)].decode("utf-8", "replace")
