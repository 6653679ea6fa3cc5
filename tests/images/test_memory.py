"""The memory map as images see it."""

import pytest

from twincore.images.memory import Memory, canonical_ranges, classify, mmu_entry


@pytest.mark.parametrize(
    ("address", "memory"),
    [
        (0, Memory.PADDING),
        (0x20, Memory.PADDING),
        (0x0FFF_FFFF, Memory.PADDING),
        (0x1000_0000, Memory.NONE),
        (0x3BFF_FFFF, Memory.NONE),
        (0x3C00_0000, Memory.DROM),
        (0x3DFF_FFFF, Memory.DROM),
        (0x3FC8_7FFF, Memory.NONE),
        (0x3FC8_8000, Memory.DRAM),
        (0x3FCF_FFFF, Memory.DRAM),
        (0x3FF0_0000, Memory.MASK_ROM),
        (0x4005_FFFF, Memory.MASK_ROM),
        (0x4006_0000, Memory.NONE),
        (0x4037_0000, Memory.IRAM),
        (0x403D_FFFF, Memory.IRAM),
        (0x4200_0000, Memory.IROM),
        (0x43FF_FFFF, Memory.IROM),
        (0x5000_0000, Memory.RTC_SLOW),
        (0x600F_E000, Memory.RTC_FAST),
        (0x6000_0000, Memory.NONE),
    ],
)
def test_an_address_lies_in_one_memory(address, memory):
    assert classify(address) is memory


def test_bytes_beyond_a_memory_are_in_none():
    assert classify(0x403D_FFF0, 0x11) is Memory.NONE


def test_sram1_has_two_addresses():
    assert canonical_ranges(0x4037_8000, 4) == [(0x3FC8_8000, 0x3FC8_8004)]


def test_a_range_that_enters_sram1_is_split():
    assert canonical_ranges(0x4037_7FF0, 0x20) == [(0x4037_7FF0, 0x4037_8000), (0x3FC8_8000, 0x3FC8_8010)]


def test_the_end_of_the_rom_has_two_addresses():
    assert canonical_ranges(0x3FF1_EE50, 4) == [(0x4005_EE50, 0x4005_EE54)]


def test_code_and_data_share_the_entries_of_the_mmu():
    assert mmu_entry(0x3C02_1234) == mmu_entry(0x4202_0000) == 2
