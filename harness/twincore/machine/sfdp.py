"""The parameter tables that a flash chip describes itself with.

Source: JEDEC JESD216B, header and basic flash parameters (words 1 to 16); JESD216D, words 17 to 20 of octal chips.
"""

from __future__ import annotations

from collections.abc import Sequence

from twincore.machine.flash_parts import MS, US, Part

BASIC_TABLE = 0x30
"""Where the basic parameters begin."""
_QUAD_REQUIREMENTS = {(0, 6): 2, (1, 1): 4}
"""How QE is set, by its place: bit 6 of register 1; bit 1 of register 2 by a write of both registers."""


def sfdp(part: Part, jedec_id: int, size: int, *, is_octal: bool = False) -> bytes:
    """Return the tables of a chip of `size` bytes: header, basic parameters, the maker's own table (erased)."""
    words = _basic(part, size) + ([0, 1 << 31 | 1 << 29, 0, 0] if is_octal else [])
    if is_octal:
        words[0] &= ~(1 << 16 | 7 << 20)  # no reads on two and four wires
    maker_table = BASIC_TABLE + 4 * len(words)
    header = b"SFDP" + bytes((8 if is_octal else 6, 1, 1, 0xFF))
    header += bytes((0x00, 8 if is_octal else 6, 1, len(words), BASIC_TABLE, 0, 0, 0xFF))
    header += bytes((jedec_id >> 16, 0, 1, 4, maker_table, 0, 0, 0xFF))
    return header.ljust(BASIC_TABLE, b"\xff") + b"".join(word.to_bytes(4, "little") for word in words) + b"\xff" * 16


def _basic(part: Part, size: int) -> list[int]:
    times, has_long_addresses = part.times, size > 1 << 24
    erase = [_count(times.erase[kind], (MS, 16 * MS, 128 * MS, 1000 * MS), 5) for kind in sorted(times.erase)]
    suspend = _count(times.suspend, (US // 8, US, 8 * US, 64 * US), 5)
    wake = _count(times.wake, (US // 8, US, 8 * US, 64 * US), 5)
    chip_erase = _count(times.chip_erase * (size >> 20), (16 * MS, 256 * MS, 4000 * MS, 64_000 * MS), 5)
    return [
        # erase 4 KiB by 20h; pages; 1-1-2, 1-2-2, 1-4-4 and 1-1-4 reads; addresses of three bytes, or of three or four
        0xFF80_20E5 | 1 << 16 | has_long_addresses << 17 | 7 << 20,
        size * 8 - 1,
        0x6B08_EB44,  # 1-4-4 by EBh, 1-1-4 by 6Bh
        0xBB04_3B08,  # 1-1-2 by 3Bh, 1-2-2 by BBh
        0xFFFF_FFEE,  # neither 2-2-2 nor 4-4-4
        0xFF00_FFFF,
        0xFF00_FFFF,
        0x520F_200C,  # erase types: 4 KiB by 20h, 32 KiB by 52h
        0xFF00_D810,  # 64 KiB by D8h
        1 | erase[0] << 4 | erase[1] << 11 | erase[2] << 18,
        1 | 8 << 4 | _count(times.program, (8 * US, 64 * US), 5) << 8 | chip_erase << 24,
        suspend << 13 | suspend << 24 | 1 << 8,
        0x7A75_7A75,  # 75h suspends, 7Ah resumes
        0xB9 << 23 | 0xAB << 15 | wake << 8 | 1 << 2,  # status is polled by 05h
        _QUAD_REQUIREMENTS.get(part.quad, 0) << 20,
        # B7h and E9h change the addresses' length; 66h and 99h reset
        (1 << 24 | 1 << 14 if has_long_addresses else 0) | 1 << 12,
    ]


def _count(time: int, units: Sequence[int], bits: int) -> int:
    """Return a time as the tables have it: a count less one, and above it the unit's number."""
    for number, unit in enumerate(units):
        count = -(-time // unit) - 1
        if count < 1 << bits:
            return number << bits | max(count, 0)
    return (len(units) << bits) - 1
