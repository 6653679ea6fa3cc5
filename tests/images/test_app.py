"""Application images: reading, verifying, and what is wrong with damaged ones."""

import hashlib

import pytest

from twincore.errors import ImageError
from twincore.images.app import CHIP_NAMES, parse_app, xor_bytes
from twincore.images.memory import Memory
from twincore.images.synth import write_app


def error_of(data: bytes, **options) -> str:
    with pytest.raises(ImageError) as caught:
        parse_app(data, who="app.bin", **options)
    return str(caught.value)


def changed(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes((value,)) + data[at + 1 :]


def test_an_image_gives_header_segments_and_descriptor(make):
    image = parse_app(make.app(), who="app.bin")
    assert [(s.address, s.memory, s.size) for s in image.segments] == [
        (0x3C01_0020, Memory.DROM, 320),
        (0x4037_4000, Memory.IRAM, 32),
        (0, Memory.PADDING, 0xFE88),
        (0x4200_0020, Memory.IROM, 256),
    ]
    assert (image.entry, image.header.chip, image.header.flash_size) == (0x4037_4000, "ESP32-S3", 4 << 20)
    assert image.descriptor is not None
    assert (image.descriptor.project, image.descriptor.version) == ("demo", "1.2")
    assert (image.descriptor.date, image.descriptor.time, image.descriptor.idf_version) == (
        "Jan 1 2026",
        "12:00:00",
        "v5.5",
    )
    assert image.size == len(make.app())


def test_golden_bytes_of_a_small_image():
    image = write_app([(0x4037_8000, b"\x01\x02\x04\x08")], 0x4037_8000)
    header = "e901022f00803740ee0000000900000000ffff0000000001"
    segment = "008037400400000001020408"
    assert image[:-32].hex() == header + segment + "00" * 11 + "e0"
    assert image[-32:] == hashlib.sha256(image[:-32]).digest()


def test_what_follows_an_image_is_not_part_of_it(make):
    assert parse_app(make.app() + b"signature", who="app.bin").size == len(make.app())


def test_an_image_can_lie_anywhere(make):
    assert parse_app(b"\xff" * 0x1_0000 + make.app(), who="flash.bin", offset=0x1_0000).entry == 0x4037_4000


@pytest.mark.parametrize("chip", [chip for chip in CHIP_NAMES if chip != 9])
def test_an_image_for_another_chip_names_it(chip):
    data = write_app([(0x4037_8000, bytes(4))], 0x4037_8000, chip_id=chip)
    assert error_of(data) == (
        f"app.bin: the image is for {CHIP_NAMES[chip]}, expected ESP32-S3 (chip id 9, got {chip}); "
        "build the firmware for esp32s3 (idf.py set-target esp32s3)"
    )


def test_a_changed_byte_breaks_the_checksum(make):
    assert error_of(changed(make.app(), 0x100, 0x55)).startswith("app.bin: the image's checksum should be 0x")


@pytest.mark.parametrize(("at", "value"), [(4, 0x10), (23, 0x11), (-1, 0)])
def test_a_change_that_the_checksum_misses_breaks_the_hash(make, at, value):
    app = make.app()
    assert "SHA-256 should be" in error_of(changed(app, at % len(app), value))


@pytest.mark.parametrize(("at", "value"), [(2, 0), (3, 0x4F)])
def test_rewritten_flash_parameters_are_accepted_on_demand(make, at, value):
    data = changed(make.bootloader(), at, value)
    assert "SHA-256" in error_of(data)
    assert "a tool rewrote the header" in parse_app(data, who="flash.bin", patched=True).notes[0]


@pytest.mark.parametrize(("at", "value"), [(2, 0x12), (3, 0x28), (3, 0xFF)])
def test_flash_parameters_that_no_tool_writes_are_damage(make, at, value):
    assert "SHA-256" in error_of(changed(make.bootloader(), at, value), patched=True)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "an image header has 24 bytes, 0 are here"),
        (23, "an image header has 24 bytes, 23 are here"),
        (30, "the image ends before the header of segment 0"),
        (100, "segment 0 (0x3c010020) has 320 bytes, the file has 68 left"),
        (-33, "the image ends before its checksum"),
        (-1, "the image ends before its SHA-256"),
    ],
)
def test_a_cut_image_says_where_it_ends(make, size, words):
    assert words in error_of(make.app()[:size])


@pytest.mark.parametrize("count", [0, 17, 255])
def test_the_number_of_segments_is_limited(make, count):
    assert f"the header says {count}" in error_of(changed(make.app(), 1, count))


@pytest.mark.parametrize(
    ("segments", "entry", "words"),
    [
        ([(0x6000_0000, bytes(4))], 0x4037_8000, "loads 4 bytes at 0x60000000, where the ESP32-S3 has no memory"),
        ([(0x4000_0000, bytes(4))], 0x4037_8000, "loads 4 bytes at 0x40000000, where the ESP32-S3 has no memory"),
        ([(0x403D_FFFC, bytes(8))], 0x4037_8000, "loads 8 bytes at 0x403dfffc"),
        ([(0x4037_8000, bytes(4))], 0x3FC8_8000, "the entry address 0x3fc88000 is no executable memory"),
        ([(0x4037_8000, bytes(6))], 0x4037_8000, "has 6 bytes, no whole words"),
        ([(0x4200_0000, bytes(4))], 0x4200_0000, "should lie at flash offset ...0000 to be mapped"),
    ],
)
def test_a_segment_must_fit_the_chip(segments, entry, words):
    assert words in error_of(write_app(segments, entry))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (0x4037_8004, "segments 0 (from 0x40378000) and 1 (from 0x40378004) overlap by 12 bytes"),
        (0x4037_8000, "segments 0 (from 0x40378000) and 1 (from 0x40378000) overlap by 16 bytes"),
        (0x3FC8_800C, "segments 0 (from 0x40378000) and 1 (from 0x3fc8800c) overlap by 4 bytes"),
        (0x3FC8_7FFC, "segment 1 loads 16 bytes at 0x3fc87ffc"),
    ],
)
def test_overlapping_segments_are_named(address, words):
    assert words in error_of(write_app([(0x4037_8000, bytes(16)), (address, bytes(16))], 0x4037_8000))


def test_segments_may_touch_and_paddings_do_not_overlap():
    app = write_app([(0x4037_8000, bytes(16)), (0, bytes(16)), (0x3FC8_8010, bytes(16)), (0, bytes(16))], 0x4037_8000)
    assert len(parse_app(app, who="app.bin").segments) == 4


def test_texts_of_the_descriptor_cannot_move_the_cursor(make):
    app = write_app([(0x3C00_0020, make.descriptor(project=b"\x1b[2Jx")), (0x4037_8000, bytes(4))], 0x4037_8000)
    assert parse_app(app, who="app.bin").descriptor.project == "?[2Jx"


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x01\x02\x04", bytes(range(256)) * 3 + b"\x99"])
def test_xor_is_that_of_a_loop(data):
    expected = 0
    for byte in data:
        expected ^= byte
    assert xor_bytes(data) == expected
