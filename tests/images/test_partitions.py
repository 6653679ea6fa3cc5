"""Partition tables: names, validation, and which application boots."""

import struct
import zlib

import pytest

from twincore.errors import ImageError
from twincore.images.partitions import Partition, boot_order, build_table, find_table, parse_table


def error_of(partitions, **options) -> str:
    with pytest.raises(ImageError) as caught:
        parse_table(b"\xff" * 0x8000 + build_table(partitions), 0x8000, who="flash.bin", **options)
    return str(caught.value)


def otadata(*sequences: int, state: int = 0xFFFF_FFFF, crc: int | None = None) -> bytes:
    sectors = b""
    for sequence in sequences:
        good = zlib.crc32(sequence.to_bytes(4, "little"), 0xFFFF_FFFF)
        sectors += struct.pack("<I20sII", sequence, b"\xff" * 20, state, good if crc is None else crc).ljust(
            0x1000, b"\xff"
        )
    return sectors


def boots(make, ota: bytes) -> str:
    data = make.flash((0xD000, ota))
    return boot_order(parse_table(data, 0x8000, who="flash.bin"), data)[0].name


def test_a_written_table_reads_back(make):
    data = b"\xff" * 0x8000 + build_table(make.partitions)
    table = parse_table(data, 0x8000, who="flash.bin", flash_size=4 << 20)
    assert (table.partitions, table.md5, table.offset) == (make.partitions, True, 0x8000)


@pytest.mark.parametrize(
    ("type_", "subtype", "names"),
    [
        (0, 0x00, ("app", "factory")),
        (0, 0x1F, ("app", "ota_15")),
        (0, 0x20, ("app", "test")),
        (1, 0x02, ("data", "nvs")),
        (1, 0x82, ("data", "spiffs")),
        (1, 0x77, ("data", "0x77")),
        (2, 0x00, ("bootloader", "primary")),
        (3, 0x01, ("partition_table", "ota")),
        (0x40, 0x05, ("custom 0x40", "0x05")),
        (0x3F, 0x00, ("reserved 0x3f", "0x00")),
    ],
)
def test_types_have_names(type_, subtype, names):
    partition = Partition("x", type_, subtype, 0x9000, 0x1000)
    assert (partition.type_name, partition.subtype_name) == names


@pytest.mark.parametrize(
    ("partitions", "words"),
    [
        (
            [Partition("a", 1, 2, 0x9000, 0x2000), Partition("b", 1, 1, 0xA000, 0x1000)],
            "partitions 'a' (0x9000-0xb000) and 'b' (0xa000-0xb000) overlap",
        ),
        ([Partition("a", 1, 2, 0x9010, 0x1000)], "'a' (data) begins at 0x9010, expected a multiple of 0x1000"),
        ([Partition("a", 0, 0, 0x9000, 0x1000)], "'a' (app) begins at 0x9000, expected a multiple of 0x10000"),
        ([Partition("a", 1, 2, 0x9000, 0)], "'a' has no size"),
        (
            [Partition("a", 1, 2, 0x1F_F000, 0x2000)],
            "'a' ends at 0x201000, the flash that the image declares ends at 0x200000",
        ),
        (
            [Partition("a", 1, 2, 0x9000, 0x1000), Partition("a", 1, 2, 0xA000, 0x1000)],
            "two partitions have the name 'a'",
        ),
        ([Partition("a", 1, 2, 0x7000, 0x2000)], "overlaps the partition table at 0x8000"),
        ([], "has no entries"),
    ],
)
def test_a_wrong_table_names_its_entries(partitions, words):
    assert words in error_of(partitions, flash_size=2 << 20)


def test_a_changed_table_fails_its_md5(make):
    table = bytearray(build_table(make.partitions))
    table[12] ^= 1
    with pytest.raises(ImageError, match="should have the MD5"):
        parse_table(b"\xff" * 0x8000 + bytes(table), 0x8000, who="flash.bin")


def test_an_entry_must_have_its_magic(make):
    table = build_table(make.partitions)
    with pytest.raises(ImageError, match=r"entry 1 .* should begin with aa50, it begins with 4142"):
        parse_table(table[:32] + b"AB" + table[34:], 0, who="table.bin")


def test_a_table_without_md5_is_good(make):
    table = build_table(make.partitions)[: 32 * len(make.partitions)]
    assert not parse_table(b"\xff" * 0x8000 + table, 0x8000, who="flash.bin").md5


def test_a_table_is_found_at_other_offsets(make):
    data = b"\xff" * 0xC000 + build_table(make.partitions)
    assert find_table(data, [0x8000, 0x9000, 0xC000]) == 0xC000


@pytest.mark.parametrize(
    ("ota", "name"),
    [
        (b"", "factory"),
        (otadata(1), "slot0"),
        (otadata(2), "slot1"),
        (otadata(2, 3), "slot0"),
        (otadata(4, 3), "slot1"),
        (otadata(0xFFFF_FFFF), "factory"),
        (otadata(1, crc=0), "factory"),
        (otadata(1, state=3), "factory"),
        (otadata(1, state=4), "factory"),
        (otadata(1, state=2), "slot0"),
    ],
)
def test_otadata_selects_the_application(make, ota, name):
    assert boots(make, ota) == name


def test_the_bootloader_falls_back_downwards_then_upwards(make):
    data = make.flash((0xD000, otadata(1)))
    order = boot_order(parse_table(data, 0x8000, who="flash.bin"), data)
    assert [p.name for p in order] == ["slot0", "factory", "slot1"]


def test_the_first_slot_boots_without_factory():
    table = [Partition("app0", 0, 0x10, 0x1_0000, 0x1_0000), Partition("app1", 0, 0x11, 0x2_0000, 0x1_0000)]
    data = b"\xff" * 0x8000 + build_table(table)
    assert boot_order(parse_table(data, 0x8000, who="flash.bin"), data)[0].name == "app0"
