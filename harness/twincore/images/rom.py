"""The mask ROM: 384 KiB at 0x40000000, from a raw file, from Espressif's ROM ELF or from an open ROM's ELF.

The last 128 KiB are also seen as data at 0x3ff00000. Espressif's ROM ELF keeps initial values of the ROM's variables in
sections that are not to be loaded: the ROM's start code copies them from where its table _rom_store_table says.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from pathlib import Path

from twincore.errors import ImageError
from twincore.images.elf import MAGIC, ElfFile
from twincore.images.files import read_file
from twincore.images.memory import Memory, canonical, classify
from twincore.images.symbols import Symbols

ROM_BASE = 0x4000_0000
ROM_SIZE = 0x6_0000
ROM_DATA_BASE = 0x3FF0_0000
ROM_DATA_SIZE = 0x2_0000

_ROW = struct.Struct("<IIII")


@dataclass(frozen=True, slots=True)
class RomImage:
    """The ROM's 384 KiB; `elf` is the file that they came from, None for a raw file."""

    path: Path
    data: bytes
    elf: ElfFile | None

    @property
    def data_view(self) -> bytes:
        """Gives the 128 KiB that are seen at 0x3ff00000."""
        return self.data[-ROM_DATA_SIZE:]

    @property
    def symbols(self) -> Symbols:
        """Gives the ROM's symbols, none for a raw file."""
        return self.elf.symbols if self.elf else Symbols()


def load_rom(path: str | Path) -> RomImage:
    """Reads a ROM from a raw file of 384 KiB or from an ELF file. Raises ImageError when it is neither."""
    path = Path(path)
    return _rom(path, read_file(path))


@functools.lru_cache(maxsize=2)
def _rom(path: Path, data: bytes) -> RomImage:
    """Reads a ROM once for all the machines of a process."""
    who = str(path)
    if data[:4] == MAGIC:
        elf = ElfFile(data, who=who)
        return RomImage(path, rom_from_elf(elf), elf)
    if len(data) != ROM_SIZE:
        raise ImageError(
            who,
            f"a ROM is an ELF file or has {ROM_SIZE} bytes, this file has {len(data)}",
            next_step="give esp32s3_rev0_rom.elf of Espressif's esp-rom-elfs, or leave it out for the open ROM",
        )
    return RomImage(path, data, None)


def rom_from_elf(elf: ElfFile) -> bytes:
    """Places the bytes of a ROM's ELF file by load address; bytes that it does not describe are 0."""
    rom = bytearray(ROM_SIZE)
    placed = 0
    for segment in elf.segments:
        if segment.file_size and classify(segment.physical) is Memory.MASK_ROM:
            if segment.offset + segment.file_size > len(elf.data):
                raise ImageError(elf.who, f"the segment for {segment.physical:#010x} ends behind the end of the file")
            _place(rom, segment.physical, elf.data[segment.offset : segment.offset + segment.file_size], elf.who)
            placed += segment.file_size
            if placed > 4 * ROM_SIZE:
                raise ImageError(elf.who, f"the segments have more than {4 * ROM_SIZE} bytes, a ROM has {ROM_SIZE}")
    if not placed:
        raise ImageError(
            elf.who,
            f"the ELF file has no bytes for the ROM at {ROM_BASE:#010x}",
            next_step="give a ROM's ELF file; firmware is an image, not a ROM",
        )
    _place_stored(rom, elf)
    return bytes(rom)


def _place_stored(rom: bytearray, elf: ElfFile) -> None:
    """Adds the sections that the ROM's start code copies to RAM, and read-only data that is not marked for loading."""
    sources = _stored_sections(rom, elf)
    for section in elf.sections:
        if section.is_loaded or not section.has_bytes or not section.address:
            continue
        if classify(section.address, section.size) is Memory.MASK_ROM:
            _place(rom, section.address, elf.section_bytes(section), elf.who)
        elif (section.address, section.size) in sources:
            _place(rom, sources[section.address, section.size], elf.section_bytes(section), elf.who)


def _stored_sections(rom: bytearray, elf: ElfFile) -> dict[tuple[int, int], int]:
    """Maps (address, size) of variables to the ROM address of their initial values."""
    table, end = elf.symbols.get("_rom_store_table"), elf.symbols.get("_bss_table_start")
    if table is None or end is None or not ROM_BASE <= table.address <= end.address <= ROM_BASE + ROM_SIZE:
        return {}
    sources = {}
    for at in range(table.address - ROM_BASE, end.address - ROM_BASE - _ROW.size + 1, _ROW.size):
        start, stop, source, _ = _ROW.unpack_from(rom, at)
        if start < stop:
            sources[start, stop - start] = source
    start_of, end_of, pointer = (
        elf.symbols.get(name) for name in ("_data_start_btdm", "_data_end_btdm", "_data_start_btdm_rom")
    )
    if start_of and end_of and pointer and ROM_BASE <= pointer.address <= ROM_BASE + ROM_SIZE - 4:
        source = int.from_bytes(rom[pointer.address - ROM_BASE :][:4], "little")
        sources[start_of.address, end_of.address - start_of.address] = source
    return sources


def _place(rom: bytearray, address: int, data: bytes, who: str) -> None:
    at = canonical(address) - ROM_BASE
    if at < 0 or at + len(data) > ROM_SIZE:
        raise ImageError(who, f"{len(data)} bytes at {address:#010x} do not fit into the ROM")
    rom[at : at + len(data)] = data
