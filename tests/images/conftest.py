"""Firmware for the tests of images: written here byte by byte, and real one where the corpus is."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from twincore.images.partitions import Partition, build_table
from twincore.images.synth import write_app

SHARED = Path(os.environ.get("TWINCORE_SHARED", Path(__file__).parents[3] / "shared"))

BOOTLOADER_ENTRY = 0x403C_9700
APP_ENTRY = 0x4037_4000


class Sec(NamedTuple):
    """A section for `build_elf`: `flags` 2 is ALLOC, `type` 1 PROGBITS, 8 NOBITS."""

    name: str
    address: int
    data: bytes = b""
    type: int = 1
    flags: int = 2
    size: int | None = None
    link: int = 0


class Sym(NamedTuple):
    """A symbol for `build_elf`: `kind` 0 label, 1 variable, 2 function, 4 file; `section` 1 means defined."""

    name: str
    address: int
    size: int = 0
    kind: int = 2
    is_global: bool = True
    section: int = 1


class Load(NamedTuple):
    """A PT_LOAD for `build_elf` with bytes of its own."""

    virtual: int
    physical: int
    data: bytes


def build_elf(
    sections: Sequence[Sec] = (),
    symbols: Sequence[Sym] = (),
    loads: Sequence[Load] = (),
    entry: int = APP_ENTRY,
    machine: int = 94,
    kind: int = 2,
) -> bytes:
    """Writes a 32-bit little-endian ELF file."""
    content = bytearray(52)
    names = bytearray(b"\0")
    rows = [(0,) * 10]
    todo = list(sections)
    if symbols:
        strings, table = bytearray(b"\0"), bytearray(16)
        for s in symbols:
            table += struct.pack("<IIIBBH", len(strings), s.address, s.size, s.is_global << 4 | s.kind, 0, s.section)
            strings += s.name.encode() + b"\0"
        todo += [
            Sec(".symtab", 0, bytes(table), 2, 0, None, len(todo) + 2),
            Sec(".strtab", 0, bytes(strings), 3, 0),
        ]
    if todo:
        todo.append(Sec(".shstrtab", 0, b"", 3, 0))
    for s in todo:
        name_at = len(names)
        names += s.name.encode() + b"\0"
        data = bytes(names) if s.name == ".shstrtab" else s.data
        size = len(data) if s.size is None else s.size
        rows.append((name_at, s.type, s.flags, s.address, len(content), size, s.link, 0, 4, 16 if s.type == 2 else 0))
        content += data
    heads = []
    for load in loads:
        heads.append((1, len(content), load.virtual, load.physical, len(load.data), len(load.data), 5, 4))
        content += load.data
    program_at = len(content) if heads else 0
    content += b"".join(struct.pack("<8I", *h) for h in heads)
    sections_at = len(content) if todo else 0
    if todo:
        content += b"".join(struct.pack("<10I", *r) for r in rows)
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    counts = (52, 32, len(heads), 40, len(rows) if todo else 0, len(rows) - 1 if todo else 0)
    struct.pack_into(
        "<16sHHIIIIIHHHHHH", content, 0, ident, kind, machine, 1, entry, program_at, sections_at, 0, *counts
    )
    return bytes(content)


def descriptor(**changes: bytes) -> bytes:
    """Writes the 256 bytes of an application descriptor."""
    fields = {
        "version": b"1.2",
        "project": b"demo",
        "time": b"12:00:00",
        "date": b"Jan 1 2026",
        "idf": b"v5.5",
        "sha": b"",
    }
    f = fields | changes
    head = struct.pack("<II8x", 0xABCD5432, 7)
    body = struct.pack("<32s32s16s16s32s32s", f["version"], f["project"], f["time"], f["date"], f["idf"], f["sha"])
    return (head + body).ljust(256, b"\0")


def build_app(fill: bytes = b"\x11\x22\x33\x44") -> bytes:
    """Writes an application: read-only data with a descriptor, RAM, padding, code in flash."""
    data = descriptor() + fill * 16
    ram = fill * 8
    padding = (0x20 - (24 + 8 + len(data) + 8 + len(ram) + 8) - 8) % 0x10000
    segments = [(0x3C01_0020, data), (APP_ENTRY, ram), (0, bytes(padding)), (0x4200_0020, fill * 64)]
    return write_app(segments, APP_ENTRY)


def build_bootloader() -> bytes:
    """Writes a RAM-only image such as a bootloader."""
    return write_app([(0x3FCE_3818, bytes(range(64))), (BOOTLOADER_ENTRY, b"\x06\0\0\0" * 32)], BOOTLOADER_ENTRY)


PARTITIONS = (
    Partition("nvs", 1, 2, 0x9000, 0x4000),
    Partition("otadata", 1, 0, 0xD000, 0x2000),
    Partition("factory", 0, 0, 0x1_0000, 0x2_0000),
    Partition("slot0", 0, 0x10, 0x3_0000, 0x2_0000),
    Partition("slot1", 0, 0x11, 0x5_0000, 0x2_0000),
)


def lay(*parts: tuple[int, bytes]) -> bytes:
    """Lays parts out at their flash offsets, erased bytes between them."""
    content = bytearray()
    for offset, data in sorted(parts):
        content += b"\xff" * (offset - len(content)) + data
    return bytes(content)


def build_flash(*more: tuple[int, bytes], app: bytes | None = None) -> bytes:
    """Writes a flash image: bootloader, the table of PARTITIONS, an application in factory."""
    parts = [(0, build_bootloader()), (0x8000, build_table(PARTITIONS)), (0x1_0000, app or build_app())]
    return lay(*parts, *more)


class Make(NamedTuple):
    """The writers above, for tests."""

    elf: Callable[..., bytes] = build_elf
    app: Callable[..., bytes] = build_app
    bootloader: Callable[[], bytes] = build_bootloader
    flash: Callable[..., bytes] = build_flash
    descriptor: Callable[..., bytes] = descriptor
    lay: Callable[..., bytes] = lay
    Sec: type[Sec] = Sec
    Sym: type[Sym] = Sym
    Load: type[Load] = Load
    partitions: tuple[Partition, ...] = PARTITIONS


@pytest.fixture(scope="session")
def make() -> Make:
    """Gives the writers of firmware."""
    return Make()


@pytest.fixture(scope="session")
def firmware_elf() -> bytes:
    """Gives an ELF file with code and data in flash and RAM."""
    return build_elf(
        [
            Sec(".flash.appdesc", 0x3C01_0020, descriptor()),
            Sec(".flash.rodata", 0x3C01_0120, b"read-only data!!" * 4),
            Sec(".dram0.dummy", 0x3FC8_8000, b"", 8, 2, 0x300),
            Sec(".dram0.data", 0x3FC8_8300, b"\1\2\3\4\5"),
            Sec(".dram0.bss", 0x3FC8_8308, b"", 8, 2, 0x100),
            Sec(".iram0.vectors", 0x4037_4000, b"\x36\x41\0"),
            Sec(".iram0.text", 0x4037_4004, b"\x1d\xf0" * 6),
            Sec(".flash.text", 0x4200_0020, b"\x36\x41\0\x1d\xf0\0" * 10),
            Sec(".comment", 0, b"none of the chip's business", 1, 0),
        ],
        [
            Sym("main.c", 0, kind=4, is_global=False),
            Sym("state", 0x3FC8_8300, 4, 1, False),
            Sym("helper", 0x4200_0040, 8, 2, False),
            Sym("other.c", 0, kind=4, is_global=False),
            Sym("state", 0x3FC8_8304, 1, 1, False),
            Sym("app_main", 0x4200_0020, 0x20),
            Sym("_vectors", 0x4037_4000, 0, 0),
            Sym("call_start", 0x4037_4004, 0xC),
            Sym("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", 0x4200_0048, 4),
            Sym("ets_printf", 0x4000_05D0, 0, 0, True, 0xFFF1),
            Sym("_heap_size", 0x1234, 0, 0, True, 0xFFF1),
            Sym("missing", 0, 0, 0, True, 0),
        ],
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives `corpus_flash` and `corpus_elf` every real file, or one skipped case without the corpus."""
    for fixture, pattern in (("corpus_flash", "*/flash.bin"), ("corpus_elf", "*/app.elf")):
        if fixture in metafunc.fixturenames:
            files = sorted((SHARED / "corpus").glob(pattern))
            missing = pytest.mark.skip(reason="the corpus of real firmware is not here")
            cases = [pytest.param(f, id=f.parent.name) for f in files] or [pytest.param(None, marks=missing)]
            metafunc.parametrize(fixture, cases)


@pytest.fixture(scope="session")
def mask_rom() -> Path:
    """Gives the folder with the chip's mask ROM, or skips."""
    folder = SHARED / "rom"
    if not (folder / "esp32s3_rev0_rom.elf").is_file():
        pytest.skip("the mask ROM is not here")
    return folder
