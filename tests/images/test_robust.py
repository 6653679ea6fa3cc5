"""Damaged files: nothing but ImageError ever comes out, and never much memory goes in."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twincore.errors import ImageError
from twincore.images.elf import ElfFile
from twincore.images.info import describe, text_of
from twincore.images.load import read_image
from twincore.images.partitions import Partition, build_table
from twincore.images.rom import rom_from_elf
from twincore.images.synth import write_app

ANY_KIND = st.sampled_from([None, "flash", "app", "elf"])
EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)
WORDS = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x10])), max_size=4)
COMMON = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def damage(data: bytes, cut: float, edits, words) -> bytes:
    """Cuts a file, changes bytes anywhere and 32-bit words at its beginning."""
    damaged = bytearray(data[: round(len(data) * cut)])
    for place, value in edits:
        if damaged:
            damaged[int(place * len(damaged))] = value
    for place, value in words:
        if place + 4 <= len(damaged):
            damaged[place : place + 4] = value.to_bytes(4, "little")
    return bytes(damaged)


def image_error(action) -> ImageError | None:
    """Runs `action`; only ImageError may come out of it, with words of a sane length."""
    try:
        action()
    except ImageError as error:
        return error
    return None


def use(data: bytes, kind: str | None = None) -> None:
    """Does with a file all that a user may do."""

    def all_of_it() -> None:
        image = read_image(data, path=Path("image.bin"), kind=kind)
        text_of(describe(image))
        for elf in image.elfs:
            elf.lines.at(elf.entry)

    error = image_error(all_of_it)
    assert error is None or (error.who and len(str(error)) < 1000)


def use_elf(data: bytes) -> None:
    """Reads every table of an ELF file, also when it would not boot."""
    for read in (
        lambda: ElfFile(data, who="app.elf").sections,
        lambda: ElfFile(data, who="app.elf").segments,
        lambda: ElfFile(data, who="app.elf").pieces,
        lambda: ElfFile(data, who="app.elf").symbols.describe(0x4037_4000),
        lambda: ElfFile(data, who="app.elf").lines.at(0x4037_4000),
        lambda: rom_from_elf(ElfFile(data, who="app.elf")),
    ):
        error = image_error(read)
        assert error is None or error.who == "app.elf"


@COMMON
@given(data=st.binary(max_size=400), kind=ANY_KIND)
def test_any_bytes(data, kind):
    use(data, kind)


@COMMON
@given(start=st.sampled_from([b"\xe9", b"\x7fELF\1\1\1" + bytes(9) + b"\2\0\x5e\0"]), data=st.binary(max_size=400))
def test_any_bytes_behind_a_right_beginning(start, data):
    use(start + data)


@COMMON
@given(cut=st.floats(0, 1), edits=EDITS, words=WORDS, kind=ANY_KIND)
def test_a_damaged_flash_image(make, cut, edits, words, kind):
    use(damage(make.flash(), cut, edits, words), kind)


@COMMON
@given(cut=st.floats(0.1, 1), at=st.integers(0, 0xC00 - 4), value=st.integers(0, 0xFFFF_FFFF))
def test_a_damaged_partition_table(make, cut, at, value):
    data = bytearray(make.flash())
    data[0x8000 + at : 0x8004 + at] = value.to_bytes(4, "little")
    use(bytes(data[: round(len(data) * cut)]))


@COMMON
@given(cut=st.floats(0, 1), edits=EDITS, words=WORDS, kind=ANY_KIND)
def test_a_damaged_application(make, cut, edits, words, kind):
    use(damage(make.app(), cut, edits, words), kind)


@COMMON
@given(cut=st.floats(0, 1), edits=EDITS, words=WORDS)
def test_a_damaged_elf_file(firmware_elf, cut, edits, words):
    data = damage(firmware_elf, cut, edits, words)
    use(data)
    use_elf(data)


ADDRESS = st.one_of(
    st.sampled_from([0, 4, 0x3C00_0020, 0x3FC8_8000, 0x3FCF_FFFC, 0x3FF1_FFFC, 0x4000_0000, 0x4005_FFFC]),
    st.sampled_from([0x4037_4000, 0x4037_7FFC, 0x403D_FFFC, 0x4200_0020, 0x43FF_FFF0, 0x5000_0000, 0x600F_FFF8]),
    st.integers(0, 0xFFFF_FFFF),
)
PIECES = st.lists(st.tuples(ADDRESS, st.binary(max_size=40)), min_size=1, max_size=18)
WORD = st.one_of(st.integers(0, 0x40).map(lambda page: page * 0x1000), st.integers(0, 0xFFFF_FFFF))


@COMMON
@given(pieces=PIECES, entry=ADDRESS, kind=ANY_KIND)
def test_any_segments_with_right_checksums(pieces, entry, kind):
    use(write_app(pieces, entry), kind)


@COMMON
@given(
    rows=st.lists(st.tuples(st.text(max_size=8), st.integers(0, 255), st.integers(0, 255), WORD, WORD), max_size=8),
    otadata=st.binary(max_size=64),
)
def test_any_partition_table_with_a_right_md5(make, rows, otadata):
    table = build_table([Partition(name[:4], *rest) for name, *rest in rows])
    use(make.lay((0, make.bootloader()), (0x8000, table), (0xD000, otadata), (0x1_0000, make.app())))


@COMMON
@given(pieces=PIECES, loads=PIECES, entry=ADDRESS, sections=st.booleans())
def test_any_parts_of_an_elf_file(make, pieces, loads, entry, sections):
    parts = [make.Sec(f".s{i}", address, data, flags=2 * sections) for i, (address, data) in enumerate(pieces)]
    symbols = [make.Sym(f"s{address}", address, len(data)) for address, data in pieces]
    data = make.elf(parts, symbols, [make.Load(address, address, data) for address, data in loads], entry)
    use(data)
    use_elf(data)


@settings(COMMON, max_examples=10)
@given(cut=st.floats(0, 1), edits=EDITS, words=WORDS)
def test_damaged_real_flash_images(corpus_flash, cut, edits, words):
    use(damage(corpus_flash.read_bytes(), cut, edits, words))


@settings(COMMON, max_examples=15)
@given(cut=st.sampled_from([1.0, 1.0, 0.999, 0.5]), edits=EDITS, words=WORDS, tail=EDITS)
def test_damaged_real_elf_files(corpus_elf, cut, edits, words, tail):
    data = corpus_elf.read_bytes()
    # Section headers lie at the end of the file, symbols before them: most damage shall hit these.
    data = data[:-0x2000] + damage(data[-0x2000:], 1, tail, [])
    data = damage(data, cut, edits, words)
    use(data)
    use_elf(data)


@pytest.mark.parametrize("at", range(0, 52, 4))
@pytest.mark.parametrize("value", [0xFFFF_FFFF, 0x7FFF_FFF0, 0x0000_FFFF, 0x34])
def test_huge_numbers_in_an_elf_header_take_no_memory(firmware_elf, at, value):
    data = firmware_elf[:at] + value.to_bytes(4, "little") + firmware_elf[at + 4 :]
    data += bytes(0x4000)
    tracemalloc.start()
    use(data)
    use_elf(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("at", range(0, 400, 4))
def test_huge_numbers_in_section_headers_take_no_memory(firmware_elf, at):
    start = int.from_bytes(firmware_elf[32:36], "little") + 40 + at
    tracemalloc.start()
    for value in (0xFFFF_FFFF, 0x0100_0000, 8):
        use(firmware_elf[:start] + value.to_bytes(4, "little") + firmware_elf[start + 4 :])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
