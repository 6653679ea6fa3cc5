"""ELF files: what they load and what is wrong with those that cannot be loaded."""

import io

import pytest
from elftools.elf.elffile import ELFFile

from twincore.errors import ImageError
from twincore.images.elf import ElfFile


def pieces_of(data: bytes):
    return ElfFile(data, who="app.elf").pieces


def error_of(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        pieces_of(data)
    return str(caught.value)


def test_sections_with_bytes_are_loaded(firmware_elf):
    pieces = ElfFile(firmware_elf, who="app.elf").pieces
    assert [(p.name, p.address) for p in pieces] == [
        (".flash.appdesc", 0x3C01_0020),
        (".flash.rodata", 0x3C01_0120),
        (".dram0.data", 0x3FC8_8300),
        (".iram0.vectors", 0x4037_4000),
        (".iram0.text", 0x4037_4004),
        (".flash.text", 0x4200_0020),
    ]


def test_without_sections_the_program_headers_count(make):
    data = make.elf(loads=[make.Load(0x4037_4000, 0x4200_0000, b"abcd")])
    assert [(p.address, p.data) for p in ElfFile(data, who="app.elf").pieces] == [(0x4037_4000, b"abcd")]


@pytest.mark.parametrize(
    ("machine", "name"), [(3, "Intel 80386"), (40, "Arm"), (243, "RISC-V"), (999, "an unknown machine")]
)
def test_another_machine_is_named(make, machine, name):
    assert f"is for {name} (32-bit, little-endian, machine {machine}), expected Xtensa" in error_of(
        make.elf(machine=machine)
    )


def test_a_host_program_is_named(make):
    data = bytearray(make.elf(machine=62))
    data[4] = 2
    assert "is for x86-64 (64-bit, little-endian, machine 62)" in error_of(bytes(data))


def test_big_endian_is_named(make):
    data = bytearray(make.elf())
    data[5] = 2
    data[18:20] = b"\0\x5e"
    assert "is for Xtensa (32-bit, big-endian, machine 94)" in error_of(bytes(data))


def test_an_object_file_is_to_be_linked_first(make):
    assert "is a relocatable object, expected an executable; link it first" in error_of(make.elf(kind=1))


def test_overlapping_sections_are_named(make):
    data = make.elf([make.Sec(".a", 0x4037_4000, bytes(16)), make.Sec(".b", 0x4037_4008, bytes(16))])
    assert ".a (from 0x40374000) and .b (from 0x40374008) overlap by 8 bytes" in error_of(data)


def test_overlap_is_seen_through_the_two_views_of_sram(make):
    data = make.elf([make.Sec(".text", 0x4037_8000, bytes(16)), make.Sec(".data", 0x3FC8_800C, bytes(16))])
    assert ".text (from 0x40378000) and .data (from 0x3fc8800c) overlap by 4 bytes" in error_of(data)


def test_overlapping_segments_are_named(make):
    data = make.elf(loads=[make.Load(0x4037_4000, 0, bytes(8)), make.Load(0x4037_4004, 0, bytes(8))])
    assert "segment 0 (from 0x40374000) and segment 1 (from 0x40374004) overlap by 4 bytes" in error_of(data)


def test_addresses_of_another_chip_are_refused(make):
    data = make.elf([make.Sec(".flash.text", 0x400D_0020, bytes(16))])
    assert "lies outside the memories of the ESP32-S3; was the ELF file linked for another chip?" in error_of(data)


def test_a_section_beyond_its_memory_says_where_that_ends(make):
    data = make.elf([make.Sec(".text", 0x403D_FFF0, bytes(32))])
    assert "IRAM ends at 0x403e0000" in error_of(data)


def test_nothing_to_load_is_an_error(make):
    assert "nothing in the ELF file is to be loaded" in error_of(make.elf())


@pytest.mark.parametrize("size", [4, 19, 51, 200])
def test_a_cut_file_is_an_error(firmware_elf, size):
    error_of(firmware_elf[:size])


def test_tables_agree_with_pyelftools(corpus_elf):
    data = corpus_elf.read_bytes()
    ours, oracle = ElfFile(data, who="app.elf"), ELFFile(io.BytesIO(data))
    assert [(s.name, s.address, s.size) for s in ours.sections] == [
        (s.name, s["sh_addr"], s["sh_size"]) for s in oracle.iter_sections()
    ]
    assert [(s.virtual, s.physical, s.file_size) for s in ours.segments] == [
        (s["p_vaddr"], s["p_paddr"], s["p_filesz"]) for s in oracle.iter_segments("PT_LOAD")
    ]
    assert sorted((s.name, s.address, s.size) for s in ours.symbols.functions()) == sorted(
        (s.name, s["st_value"], s["st_size"])
        for s in oracle.get_section_by_name(".symtab").iter_symbols()
        if s["st_info"]["type"] == "STT_FUNC" and s["st_shndx"] != "SHN_UNDEF" and not s.name.startswith(".L")
    )


def test_lines_agree_with_the_line_programs(corpus_elf):
    elf = ElfFile(corpus_elf.read_bytes(), who="app.elf")
    main = elf.symbols.get("app_main") or elf.symbols.find("main")
    line = elf.lines.at(main.address)
    assert line is not None
    assert line.file.endswith((".c", ".rs"))
    assert str(line) == f"{line.file}:{line.line}"


def test_a_file_without_debug_information_knows_no_lines(firmware_elf):
    assert ElfFile(firmware_elf, who="app.elf").lines.at(0x4200_0020) is None
