"""Files that go into partitions before the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twincore.errors import ImageError, UsageError
from twincore.images import Assignment, Image, fill_partitions, open_image
from twincore.images.fill import find_partition


@pytest.fixture
def image(tmp_path: Path, make: Any) -> Image:
    path = tmp_path / "flash.bin"
    path.write_bytes(make.flash())
    return open_image(path)


def put(image: Image, *wanted: tuple[str, bytes]) -> Image:
    assignments = []
    for number, (name, content) in enumerate(wanted):
        file = image.path.parent / f"part{number}.bin"
        file.write_bytes(content)
        assignments.append(Assignment(name, file))
    return fill_partitions(image, assignments, who="--partition")


def words_of(image: Image, *wanted: tuple[str, bytes]) -> str:
    with pytest.raises((UsageError, ImageError)) as caught:
        put(image, *wanted)
    return str(caught.value)


@pytest.mark.parametrize("name", ["nvs", "0x9000", "36864"])
def test_a_file_fills_its_partition_and_nothing_else(image: Image, name: str) -> None:
    before = image.flash.data
    after = put(image, (name, b"settings")).flash.data
    assert after[0x9000:0xD000] == b"settings".ljust(0x4000, b"\xff")
    assert (after[:0x9000], after[0xD000:]) == (before[:0x9000], before[0xD000:])


def test_a_full_partition_and_an_erased_one(image: Image) -> None:
    after = put(image, ("nvs", b"\0" * 0x4000), ("otadata", b"\xff")).flash.data
    assert after[0x9000:0xF000] == b"\0" * 0x4000 + b"\xff" * 0x2000


def test_a_partition_behind_the_files_end(image: Image, make: Any) -> None:
    assert len(image.flash.data) < 0x5_0000
    after = put(image, ("slot1", make.app()))
    assert after.flash.data[0x5_0000:].startswith(make.app())
    assert [slot.image is not None for slot in after.flash.slots] == [True, False, True]


def test_the_application_may_be_another(image: Image, make: Any) -> None:
    other = make.app(fill=b"abcd")
    assert put(image, ("factory", other)).app.segments[1].data == b"abcd" * 8


def test_an_image_that_no_longer_boots(image: Image) -> None:
    assert "the application in partition 'factory' at 0x10000" in words_of(image, ("factory", b"\xe9nonsense"))


def test_without_files_it_is_the_same_image(image: Image) -> None:
    assert put(image) is image


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "nsv",
            "--partition: expected one of the partitions nvs (0x9000), otadata (0xd000), factory (0x10000), "
            "slot0 (0x30000), slot1 (0x50000); got 'nsv'; did you mean 'nvs'?",
        ),
        ("xyz", "slot1 (0x50000); got 'xyz'"),
        ("0x9100", "expected the offset of a partition's first byte, got 0x9100, which lies within 'nvs'"),
        ("0x8000", "expected the offset of one of the partitions nvs (0x9000), "),
        ("-1", "got -0x1"),
    ],
)
def test_an_unknown_partition(image: Image, name: str, message: str) -> None:
    assert message in words_of(image, (name, b"x"))


def test_a_file_larger_than_its_partition(image: Image) -> None:
    words = words_of(image, ("nvs", bytes(0x4001)))
    assert "part0.bin: expected at most 16384 bytes, which partition 'nvs' has, got 16385" in words


def test_a_partition_that_is_named_twice(image: Image) -> None:
    assert "expected one file for partition 'nvs', got " in words_of(image, ("nvs", b"x"), ("0x9000", b"y"))


def test_a_missing_file(image: Image, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"none\.bin"):
        fill_partitions(image, [Assignment("nvs", tmp_path / "none.bin")], who="--partition")


def test_an_image_without_a_table(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "ram.bin"
    path.write_bytes(make.bootloader())
    words = words_of(open_image(path), ("nvs", b"x"))
    assert words == "--partition: expected an image with a partition table to find 'nvs' in, this one has none"


def test_an_application_has_the_default_table(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "app.bin"
    path.write_bytes(make.app())
    opened = open_image(path)
    after = put(opened, ("nvs", b"settings"))
    partition = find_partition(after.flash.table, "nvs", who="nvs")
    assert after.flash.data[partition.offset :].startswith(b"settings\xff")
    assert after.needs_second_stage
    assert after.app_offset == opened.app_offset


@pytest.mark.parametrize(("text", "name", "file"), [("nvs=a.bin", "nvs", "a.bin"), ("0x9000=a=b", "0x9000", "a=b")])
def test_an_assignment(text: str, name: str, file: str) -> None:
    assert Assignment.of(text, who="--partition") == Assignment(name, Path(file))


@pytest.mark.parametrize("text", ["nvs", "=a", "nvs=", ""])
def test_a_wrong_assignment(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--partition: expected NAME=FILE, got "):
        Assignment.of(text, who="--partition")
