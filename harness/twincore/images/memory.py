"""The ESP32-S3 memory map as images see it: which memory an address lies in and which addresses are the same byte.

Source: ESP32-S3 Technical Reference Manual, chapter "System and Memory".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

PAGE = 0x1_0000
"""Bytes of one page of the flash MMU."""

MMU_ENTRIES = 512

LOWEST_LOADED = 0x1000_0000
"""ESP-IDF's bootloader skips segments for lower addresses: 0 is padding, 0x20 the header that MCUboot reads."""


class Memory(StrEnum):
    """The memories that a segment of an image can be meant for."""

    IRAM = "IRAM"
    DRAM = "DRAM"
    IROM = "IROM (flash)"
    DROM = "DROM (flash)"
    RTC_FAST = "RTC fast"
    RTC_SLOW = "RTC slow"
    MASK_ROM = "mask ROM"
    PADDING = "padding"
    NONE = "no memory"

    @property
    def is_flash(self) -> bool:
        """Tells whether the bytes stay in flash and are mapped by the MMU instead of copied."""
        return self in (Memory.IROM, Memory.DROM)

    @property
    def is_ram(self) -> bool:
        """Tells whether a loader copies the bytes to this memory."""
        return self in (Memory.IRAM, Memory.DRAM, Memory.RTC_FAST, Memory.RTC_SLOW)

    @property
    def is_executable(self) -> bool:
        """Tells whether a core can fetch instructions here."""
        return self in (Memory.IRAM, Memory.IROM, Memory.RTC_FAST, Memory.RTC_SLOW, Memory.MASK_ROM)


@dataclass(frozen=True, slots=True)
class Region:
    """A range of addresses [start, end) that belongs to one memory."""

    memory: Memory
    start: int
    end: int

    def holds(self, address: int, size: int) -> bool:
        """Tells whether all of `size` bytes from `address` lie here."""
        return self.start <= address and address + size <= self.end


REGIONS = (
    Region(Memory.DROM, 0x3C00_0000, 0x3E00_0000),
    Region(Memory.DRAM, 0x3FC8_8000, 0x3FD0_0000),
    Region(Memory.MASK_ROM, 0x3FF0_0000, 0x3FF2_0000),
    Region(Memory.MASK_ROM, 0x4000_0000, 0x4006_0000),
    Region(Memory.IRAM, 0x4037_0000, 0x403E_0000),
    Region(Memory.IROM, 0x4200_0000, 0x4400_0000),
    Region(Memory.RTC_SLOW, 0x5000_0000, 0x5000_2000),
    Region(Memory.RTC_FAST, 0x600F_E000, 0x6010_0000),
)

_SRAM1_AS_IRAM = Region(Memory.IRAM, 0x4037_8000, 0x403E_0000)
_SRAM1_ALIAS = 0x4037_8000 - 0x3FC8_8000
_ROM_AS_DATA = Region(Memory.MASK_ROM, 0x3FF0_0000, 0x3FF2_0000)
_ROM_ALIAS = 0x4004_0000 - 0x3FF0_0000


def region_of(address: int) -> Region | None:
    """Finds the region that holds the byte at `address`, or None."""
    for region in REGIONS:
        if region.start <= address < region.end:
            return region
    return None


def classify(address: int, size: int = 1) -> Memory:
    """Names the memory that holds all of `size` bytes from `address`; what loaders skip counts as padding."""
    if address < LOWEST_LOADED:
        return Memory.PADDING
    region = region_of(address)
    return region.memory if region is not None and region.holds(address, size) else Memory.NONE


def canonical(address: int) -> int:
    """Maps every address of a byte that has two of them (SRAM1, the end of the mask ROM) to one."""
    if _SRAM1_AS_IRAM.start <= address < _SRAM1_AS_IRAM.end:
        return address - _SRAM1_ALIAS
    if _ROM_AS_DATA.start <= address < _ROM_AS_DATA.end:
        return address + _ROM_ALIAS
    return address


def canonical_ranges(address: int, size: int) -> list[tuple[int, int]]:
    """Splits [address, address + size) into ranges (start, end) of canonical addresses."""
    cuts = sorted(
        {address, address + size}
        | {edge for edge in (_SRAM1_AS_IRAM.start, _ROM_AS_DATA.end) if address < edge < address + size}
    )
    return [(canonical(start), canonical(start) + end - start) for start, end in pairwise(cuts)]


def mmu_entry(address: int) -> int:
    """Computes the index of the flash MMU entry that maps `address`; IROM and DROM share all 512 entries."""
    return (address % (MMU_ENTRIES * PAGE)) // PAGE
