"""Flash images: bootloader, table and applications together."""

import pytest

from twincore.errors import ImageError
from twincore.images.flash import parse_flash
from twincore.images.partitions import Partition, build_table


def error_of(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        parse_flash(data, who="flash.bin")
    return str(caught.value)


def test_a_flash_image_has_bootloader_table_and_application(make):
    flash = parse_flash(make.flash(), who="flash.bin")
    assert flash.first.entry == 0x403C_9700
    assert flash.table.offset == 0x8000
    assert flash.boot.partition.name == "factory"
    assert [slot.image is not None for slot in flash.slots] == [True, False, False]
    assert flash.warnings == ()


def test_a_ram_only_image_needs_no_table(make):
    flash = parse_flash(make.bootloader(), who="flash.bin")
    assert (flash.table, flash.boot, flash.warnings) == (None, None, ())


def test_data_behind_a_lone_image_is_pointed_out(make):
    flash = parse_flash(make.bootloader() + b"data", who="flash.bin")
    assert flash.warnings == ("no partition table was found behind the image at offset 0 (4 bytes follow it)",)


def test_the_whole_chip_is_erased_behind_the_image(make):
    data = make.flash()
    padded = parse_flash(data, who="flash.bin").padded()
    assert len(padded) == 4 << 20
    assert padded.startswith(data)
    assert padded.count(0xFF, len(data)) == len(padded) - len(data)


def test_content_beyond_the_chip_is_refused(make):
    with pytest.raises(ImageError, match="the flash has 4096"):
        parse_flash(make.flash(), who="flash.bin").padded(4096)


def test_erased_bytes_beyond_the_chip_do_not_matter(make):
    flash = parse_flash(make.bootloader() + b"\xff" * 0x2000, who="flash.bin")
    assert len(flash.padded(0x1000)) == 0x1000


def test_a_table_elsewhere_is_found(make):
    data = make.lay((0, make.bootloader()), (0xC000, build_table([Partition("app", 0, 0, 0x1_0000, 0x2_0000)])))
    flash = parse_flash(data, who="flash.bin")
    assert flash.table.offset == 0xC000
    assert flash.warnings == ("no application partition holds an image",)


def test_a_damaged_application_is_an_error(make):
    app = bytearray(make.app())
    app[0x40] ^= 1
    words = error_of(make.flash(app=bytes(app)))
    assert words.startswith(
        "flash.bin: the application in partition 'factory' at 0x10000: the image's checksum should be"
    )


def test_another_slot_boots_instead_of_a_damaged_one(make):
    flash = parse_flash(make.flash((0x3_0000, make.app()), app=b"\xe9" + bytes(100)), who="flash.bin")
    assert flash.boot.partition.name == "slot0"
    assert flash.warnings[0].startswith("partition 'factory': the image is for ESP32, expected ESP32-S3")


def test_an_application_may_not_leave_its_partition(make):
    table = build_table([Partition("factory", 0, 0, 0x1_0000, 0x1000)])
    words = error_of(make.lay((0, make.bootloader()), (0x8000, table), (0x1_0000, make.app())))
    assert "the application in partition 'factory'" in words


def test_an_application_alone_at_0_does_not_boot_from_reset(make):
    assert "which the chip's ROM does not map" in error_of(make.app())


@pytest.mark.parametrize("data", [b"\xff" * 0x9000, b"\xff"])
def test_an_erased_flash_says_how_to_merge(data):
    assert "merge-bin" in error_of(data)


def test_something_else_at_0_is_named(make):
    assert "begins with 0xe9 at offset 0, this one with 0x00" in error_of(b"\0" + make.flash()[1:])


def test_a_file_larger_than_the_declared_flash_is_pointed_out(make):
    data = make.flash() + b"\xff" * (4 << 20)
    assert "the flash that it declares has" in parse_flash(data, who="flash.bin").warnings[0]
