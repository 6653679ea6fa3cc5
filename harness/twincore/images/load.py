"""Opening whatever a user calls an image, and turning it into the content of a flash chip plus symbols."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from twincore.errors import ImageError, UsageError
from twincore.images.app import MAGIC, AppImage, Segment, parse_app
from twincore.images.elf import MAGIC as ELF_MAGIC
from twincore.images.elf import ElfFile
from twincore.images.files import is_folder, read_file
from twincore.images.flash import TABLE_OFFSETS, FlashImage, parse_flash
from twincore.images.mcuboot import MAGIC as MCUBOOT_MAGIC
from twincore.images.memory import PAGE, Memory, canonical_ranges, mmu_entry
from twincore.images.partitions import DEFAULT_OFFSET, ENTRY_MAGIC, find_table
from twincore.images.simple_boot import flash_from_elf, is_simple_boot
from twincore.images.symbols import Symbols
from twincore.images.synth import app_from_elf, flash_with_app

if TYPE_CHECKING:
    from twincore.images.lines import SourceFrame, SourceLine


class Kind(StrEnum):
    """What a user's file is."""

    FLASH = "flash"
    APP = "app"
    ELF = "elf"
    BUILD = "build"
    ENCRYPTED = "encrypted"
    """A flash image as it lies in a chip that encrypts its flash (see `machine.encrypted_image`)."""


@dataclass(frozen=True)
class Image:
    """Firmware ready to boot: the flash content from offset 0, and names.

    A flash image or a build directory boots from reset through the ROM (`flash.first`), and so does an ELF file that is
    linked for simple boot. An application image and any other ELF file lie at 0x10000 behind a default partition table,
    offset 0 is erased: they need the open ROM's second stage.
    `elfs` come best first; those from `fallback_from` on count only where the others know no name.
    """

    path: Path
    kind: Kind
    flash: FlashImage
    elfs: tuple[ElfFile, ...] = ()
    fallback_from: int | None = None

    @property
    def needs_second_stage(self) -> bool:
        """Tells whether nothing lies at offset 0, so that the open ROM itself must load the application."""
        return self.flash.first is None

    @property
    def app(self) -> AppImage:
        """Gives the application that runs in the end: the one in a partition, else the image at offset 0."""
        if self.flash.boot is not None and self.flash.boot.image is not None:
            return self.flash.boot.image
        assert self.flash.first is not None, "parse_flash refuses a flash without any image"
        return self.flash.first

    @property
    def app_offset(self) -> int:
        """Gives the flash offset of `app`."""
        return self.flash.boot.partition.offset if self.flash.boot else 0

    @property
    def entry(self) -> int:
        """Gives the address where `app` begins to run."""
        return self.app.entry

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Lists all parts of the program, those that it maps itself too."""
        return self.app.segments + self.flash.mapped

    @property
    def ram_segments(self) -> tuple[Segment, ...]:
        """Lists the parts of `app` that a loader copies to RAM."""
        return tuple(segment for segment in self.app.segments if segment.memory.is_ram)

    @property
    def flash_segments(self) -> tuple[tuple[Segment, int], ...]:
        """Lists the parts of the program that the MMU maps, each with the flash offset of its data."""
        if self.flash.mapped:
            return tuple((s, s.offset) for s in self.flash.mapped)
        return tuple((s, self.app_offset + s.offset) for s in self.app.segments if s.memory.is_flash)

    @cached_property
    def symbols(self) -> Symbols:
        """Joins the symbols of all ELF files."""
        split = len(self.elfs) if self.fallback_from is None else self.fallback_from
        symbols = Symbols().merged(*(elf.symbols for elf in self.elfs[:split]))
        for elf in self.elfs[split:]:
            symbols = symbols.with_fallback(elf.symbols)
        return symbols

    def source_line(self, address: int, core: int | None = None) -> SourceLine | None:
        """Finds the source line of `address` in the first ELF file that knows it (needs pyelftools)."""
        for elf in self.elfs:
            line = elf.lines.at(address) if core is None or elf.core in (core, None) else None
            if line is not None:
                return line
        return None

    def source_frames(self, address: int, core: int | None = None) -> list[SourceFrame]:
        """Lists the functions that hold `address`, inlined ones first, each with its line; none where unknown."""
        for elf in self.elfs:
            frames = elf.lines.frames(address) if core is None or elf.core in (core, None) else []
            if frames:
                return frames
        return []

    @property
    def warnings(self) -> tuple[str, ...]:
        """Lists what the user should know although the image boots."""
        return self.flash.warnings + _mmu_warnings(self) + _rom_warnings(self.flash.first)

    def with_elf(self, spec: str) -> Image:
        """Adds the symbols of an ELF file given as PATH or PATH@core1. Raises ImageError and UsageError."""
        elf = open_elf(spec)
        split = len(self.elfs) if self.fallback_from is None else self.fallback_from
        return replace(
            self,
            elfs=(*self.elfs[:split], elf, *self.elfs[split:]),
            fallback_from=None if self.fallback_from is None else split + 1,
        )


def open_image(
    path: str | Path,
    *,
    kind: Kind | str | None = None,
    elfs: Sequence[str] = (),
    table_offsets: Sequence[int] = TABLE_OFFSETS,
) -> Image:
    """Opens a flash image, an application image, an ELF file or a build directory of ESP-IDF or Zephyr.

    `kind` overrides the guess ("flash", "app", "elf", "build"); `elfs` adds symbols (PATH or PATH@core1);
    `table_offsets` says where a partition table may lie. Raises ImageError when the file is none of these or is
    damaged.
    """
    path = Path(path)
    wanted = _kind(kind)
    if wanted is Kind.BUILD or (wanted is None and is_folder(path)):
        image = _open_build(path, table_offsets)
    else:
        image = read_image(read_file(path), path=path, kind=wanted, table_offsets=table_offsets)
    for spec in elfs:
        image = image.with_elf(spec)
    return image


def read_image(
    data: bytes, *, path: Path, kind: Kind | str | None = None, table_offsets: Sequence[int] = TABLE_OFFSETS
) -> Image:
    """Makes an image of a file's bytes; `path` names it. Arguments and errors as in `open_image`."""
    who = str(path)
    kind = _kind(kind) or guess_kind(data, who=who, table_offsets=table_offsets)
    if kind is Kind.BUILD:
        raise UsageError(who, "a build is a directory, not a file", next_step="choose flash, app or elf")
    if kind is Kind.ENCRYPTED:
        raise UsageError(who, "expected the fuses of its chip with an encrypted image", next_step="use open_encrypted")
    if kind is Kind.FLASH:
        return Image(path, kind, parse_flash(data, who=who, table_offsets=table_offsets))
    elfs: tuple[ElfFile, ...] = ()
    if kind is Kind.ELF:
        elfs = (ElfFile(data, who=who),)
        if is_simple_boot(elfs[0]):
            return Image(path, kind, parse_flash(flash_from_elf(elfs[0]), who=who, table_offsets=()), elfs)
        data = app_from_elf(elfs[0])
    parse_app(data, who=who)
    return Image(path, kind, parse_flash(flash_with_app(data), who=who, table_offsets=(DEFAULT_OFFSET,)), elfs)


def open_elf(spec: str) -> ElfFile:
    """Opens an ELF file given as PATH or PATH@core0, PATH@core1. Raises ImageError and UsageError."""
    path, core = split_core(spec)
    return ElfFile(read_file(Path(path)), who=path, core=core)


def split_core(spec: str) -> tuple[str, int | None]:
    """Splits PATH@coreN into path and core, None without a core. Raises UsageError for a core that is not there."""
    match = re.fullmatch(r"(.+)@core(\d+)", spec, re.DOTALL)
    if match is None:
        return spec, None
    if match[2] not in ("0", "1"):
        raise UsageError(spec, f"the ESP32-S3 has core0 and core1, not core{match[2]}", next_step="write PATH@core1")
    return match[1], int(match[2])


def guess_kind(data: bytes, *, who: str, table_offsets: Sequence[int] = TABLE_OFFSETS) -> Kind:
    """Tells what a file's bytes are. Raises ImageError for what twincore cannot boot.

    Flash images and application images begin alike. With segments in flash and no partition table behind it, the file
    is an application image: the chip's ROM maps no flash. With RAM segments only, the ROM itself can start it: a flash
    image.
    """
    if data[:4] == ELF_MAGIC:
        return Kind.ELF
    if data[:1] == bytes((MAGIC,)):
        first = parse_app(data, who=who, patched=True)
        behind = [offset for offset in table_offsets if offset >= first.size]
        return Kind.FLASH if first.ram_only or find_table(data, behind) is not None else Kind.APP
    if data[:4] == b"\xff\xff\xff\xff" or find_table(data, [DEFAULT_OFFSET]) is not None:
        return Kind.FLASH
    _reject(data, who)


def _kind(kind: Kind | str | None) -> Kind | None:
    try:
        return None if kind is None else Kind(kind)
    except ValueError as error:
        raise UsageError("image", f"there is no kind '{kind}'", next_step=f"choose {', '.join(Kind)}") from error


def _open_build(path: Path, table_offsets: Sequence[int]) -> Image:
    if not is_folder(path):
        raise ImageError(
            str(path),
            "expected a build directory, this is none",
            next_step="give the build/ directory of ESP-IDF or Zephyr",
        )
    from twincore.images.build_dir import read_build

    build = read_build(path)
    flash = parse_flash(build.flash, who=str(path), table_offsets=table_offsets)
    elfs = [ElfFile(read_file(file), who=str(file), core=core) for file, core in build.elfs]
    if build.bootloader_elf:
        elfs.append(ElfFile(read_file(build.bootloader_elf), who=str(build.bootloader_elf)))
    return Image(path, Kind.BUILD, flash, tuple(elfs), len(build.elfs))


_MERGE = (
    "esptool --chip esp32s3 merge-bin --output flash.bin 0x0 bootloader.bin 0x8000 partition-table.bin 0x10000 app.bin"
)
_MCUBOOT = "esptool --chip esp32s3 merge-bin --output flash.bin 0x0 mcuboot.bin 0x20000 zephyr.signed.bin"
_FORMATS = (
    (b"UF2\n", "a UF2 file", f"merge the project's .bin files instead: {_MERGE}"),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
    (b"PK\x03\x04", "a zip file", "unpack it first"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file", "unpack it first"),
    (b"!<arch>\n", "a static library", "link it first"),
    (MCUBOOT_MAGIC, "an application for MCUboot alone", f"merge it with MCUboot: {_MCUBOOT}"),
    (ENTRY_MAGIC, "a partition table alone", f"merge it with bootloader and application: {_MERGE}"),
)


def _reject(data: bytes, who: str) -> NoReturn:
    """Raises ImageError that names the format where it can, and the way to an image."""
    if re.match(rb"\s*:[0-9A-Fa-f]{10}", data):
        step = f"convert it: esptool --chip esp32s3 merge-bin --output flash.bin 0x0 {Path(who).name}"
        raise ImageError(who, "an Intel HEX file is no flash image", next_step=step)
    for magic, name, step in _FORMATS:
        if data.startswith(magic):
            raise ImageError(who, f"{name} is no image", next_step=step)
    raise ImageError(
        who,
        f"the format is unknown: the file begins with {data[:4].hex()}, expected e9 (an image) or 7f454c46 (ELF)",
        next_step="give a flash image, an application image, an ELF file or a build directory of ESP-IDF or Zephyr",
    )


def _mmu_warnings(image: Image) -> tuple[str, ...]:
    """Finds pages of code and data that would need different flash pages in one entry of the MMU."""
    pages: dict[int, tuple[int, Memory]] = {}
    warnings = {}
    for segment, offset in image.flash_segments:
        for at in range(0, segment.size + segment.address % PAGE, PAGE):
            entry, page = mmu_entry(segment.address + at), (offset + at) // PAGE
            held, memory = pages.setdefault(entry, (page, segment.memory))
            if held != page:
                warnings[entry] = f"{memory} and {segment.memory} need different flash pages in MMU entry {entry}"
    return tuple(warnings.values())


_ROM_MEMORY = (
    (0x3FCE_9704, 0x3FCE_B710, "the stack on which the ROM loads it"),
    (0x3FCE_D710, 0x3FCF_0000, "the ROM's variables"),
)
"""SRAM that the mask ROM uses while it loads the image at offset 0, by DRAM address."""


def _rom_warnings(first: AppImage | None) -> tuple[str, ...]:
    """Finds segments of the image at offset 0 that would overwrite what the ROM itself is using."""
    return tuple(
        f"the image at offset 0 loads {segment.size} bytes at {segment.address:#010x} over {what}"
        for segment in (first.segments if first else ())
        for start, end in canonical_ranges(segment.address, segment.size)
        for low, high, what in _ROM_MEMORY
        if start < high and low < end
    )
