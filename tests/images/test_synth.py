"""Application images from ELF files, with esptool as an independent reader and writer."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from twincore.errors import ImageError
from twincore.images.app import parse_app
from twincore.images.elf import ElfFile
from twincore.images.memory import Memory
from twincore.images.synth import app_from_elf


def esptool(*arguments: str | Path) -> str:
    pytest.importorskip("esptool", reason="esptool is not installed")
    command = [sys.executable, "-m", "esptool", "--chip", "esp32s3", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def memory_of(image) -> dict[int, int]:
    """Maps each address to its byte, padding left out."""
    return {
        segment.address + i: byte
        for segment in image.segments
        if segment.memory is not Memory.PADDING
        for i, byte in enumerate(segment.data)
    }


def test_an_elf_becomes_an_image(firmware_elf):
    image = parse_app(app_from_elf(ElfFile(firmware_elf, who="app.elf")), who="app.elf")
    assert [(s.memory, s.address, s.size) for s in image.segments] == [
        (Memory.DROM, 0x3C01_0020, 0x140),
        (Memory.DRAM, 0x3FC8_8300, 8),
        (Memory.IRAM, 0x4037_4000, 16),
        (Memory.PADDING, 0, 0xFE88),
        (Memory.IROM, 0x4200_0020, 60),
    ]
    assert image.segments[4].offset % 0x1_0000 == 0x20
    assert image.segments[2].data == b"\x36\x41\0\0" + b"\x1d\xf0" * 6


def test_the_descriptor_gets_the_hash_of_the_elf(firmware_elf):
    image = parse_app(app_from_elf(ElfFile(firmware_elf, who="app.elf")), who="app.elf")
    assert image.descriptor.elf_sha256 == hashlib.sha256(firmware_elf).digest()


def test_an_entry_outside_is_an_error(make):
    data = make.elf([make.Sec(".text", 0x4037_8000, bytes(16))], entry=0x4037_8010)
    with pytest.raises(ImageError, match="the entry address 0x40378010 lies in nothing that is loaded"):
        app_from_elf(ElfFile(data, who="app.elf"))


def test_a_rom_is_no_firmware(make):
    data = make.elf([make.Sec(".text", 0x4000_0400, bytes(16))], entry=0x4000_0400)
    with pytest.raises(ImageError, match="this is a ROM, not firmware; give it as the ROM"):
        app_from_elf(ElfFile(data, who="rom.elf"))


def test_many_sections_are_gathered(make):
    sections = [make.Sec(f".text{i}", 0x4037_4000 + 0x40 * i, b"\1\2\3") for i in range(40)]
    image = parse_app(app_from_elf(ElfFile(make.elf(sections), who="app.elf")), who="app.elf")
    assert [(s.address, s.size) for s in image.segments] == [(0x4037_4000, 0x40 * 39 + 4)]


def test_too_many_places_are_an_error(make):
    sections = [make.Sec(f".text{i}", 0x4200_0000 + 0x10_0000 * i, b"\1\2\3\4") for i in range(17)]
    with pytest.raises(ImageError, match="an image has at most 16"):
        app_from_elf(ElfFile(make.elf(sections, entry=0x4200_0000), who="app.elf"))


def test_neighbours_that_begin_inside_a_word_keep_their_bytes(make):
    sections = [make.Sec(".a", 0x4037_4001, b"abcd"), make.Sec(".b", 0x4037_4006, b"efg")]
    image = parse_app(app_from_elf(ElfFile(make.elf(sections, entry=0x4037_4001), who="app.elf")), who="app.elf")
    assert [(s.address, s.data) for s in image.segments] == [(0x4037_4000, b"\0abcd\0efg\0\0\0")]


def test_esptool_accepts_our_image(firmware_elf, tmp_path):
    file = tmp_path / "app.bin"
    file.write_bytes(app_from_elf(ElfFile(firmware_elf, who="app.elf")))
    shown = esptool("image-info", file)
    assert "(valid)" in shown
    assert "Project name: demo" in shown


def test_esptool_makes_the_same_memory_of_real_firmware(corpus_elf, tmp_path):
    ours = app_from_elf(ElfFile(corpus_elf.read_bytes(), who=corpus_elf.name))
    (tmp_path / "ours.bin").write_bytes(ours)
    esptool("elf2image", "--flash-size", "4MB", "--output", tmp_path / "theirs.bin", corpus_elf)
    theirs = parse_app((tmp_path / "theirs.bin").read_bytes(), who="theirs.bin")
    mine = parse_app(ours, who="ours.bin")
    assert mine.entry == theirs.entry
    assert mine.descriptor == theirs.descriptor
    a, b = memory_of(mine), memory_of(theirs)
    assert all(b.get(address, 0) == byte for address, byte in a.items())
    assert a.keys() >= b.keys()
    shown = esptool("image-info", tmp_path / "ours.bin")
    assert shown.count("(valid)") == 2
