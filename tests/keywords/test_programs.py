"""Keywords for programs that are replaced, on the real firmware."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Place, Region

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
BSS_START = Place.of("amp_core1_bss_start")
BSS_END, MAIN = Place.of("amp_core1_bss_end"), Place.of("amp_core0_main")


@pytest.fixture
def library() -> Iterator[TwinCore]:
    """The library with core 1's program in a partition, of the first version."""
    library = TwinCore()
    elfs = (str(PREBUILT / "amp_partition.elf"), f"{PREBUILT / 'amp_core1.elf'}@core1")
    library.run_keyword("Boot Firmware", [str(PREBUILT / "amp_partition.bin"), *elfs])
    yield library
    library.close()


def test_names_of_a_core_are_replaced_and_those_of_the_other_stay(library):
    loop, main = (library.run_keyword("Address Of", [place]) for place in (BSS_END, MAIN))
    library.run_keyword("Take Names Of Core ${core} From", [1, str(PREBUILT / "amp_core1_v2.elf")])
    assert library.run_keyword("Address Of", [BSS_END]) == loop + 4
    assert library.run_keyword("Address Of", [MAIN]) == main
    library.run_keyword("Take Names Of Core ${core} From", [1, str(PREBUILT / "amp_core1.elf")])
    with pytest.raises(KeywordError, match="no symbol has the name 'amp_loop_mean_cycles'"):
        library.run_keyword("Address Of", [Place.of("amp_loop_mean_cycles")])


def test_an_elf_that_is_missing_says_so_and_changes_nothing(library):
    with pytest.raises(KeywordError, match=r"nothing\.elf"):
        library.run_keyword("Take Names Of Core ${core} From", [1, "nothing.elf"])
    assert library.run_keyword("Address Of", [Place.of("amp_core1_start")])


def test_flash_is_read_where_it_is_not_mapped(library):
    content = library.run_keyword("Read Flash", [0x10000, 4])
    assert content == b"AMP1"


@pytest.mark.parametrize(("offset", "size"), [(-4, 4), (0x2000000, 1), (0, -1)])
def test_flash_beyond_its_end_is_an_error(library, offset, size):
    with pytest.raises(KeywordError, match=r"flash: expected bytes between 0 and 0x\w+, got"):
        library.run_keyword("Read Flash", [offset, size])


def test_a_region_holds_only_one_value(library):
    bss = Region.of("amp_core1_bss_start..amp_core1_bss_end")
    address = library.run_keyword("Address Of", [BSS_START])
    library.run_keyword("Write Memory", [BSS_START, bytes(12)])
    library.run_keyword("Region Should Hold Only", [bss, 0])
    library.run_keyword("Write Memory", [Place.of("amp_core1_bss_start+5"), b"\x07\x00\x08"])
    with pytest.raises(KeywordError) as failure:
        library.run_keyword("Region Should Hold Only", [bss, 0])
    assert str(failure.value).startswith(
        "memory amp_core1_bss_start..amp_core1_bss_end did not do what was expected.\n"
        "  expected:  12 bytes of 0x00\n"
        "  got:       2 others, the first 0x07 at "
    )
    assert f"({address + 5:#010x})" in str(failure.value)
