"""What tells flash chips of different makers apart: identification, registers, protection, typical times.

Sources: data sheets of GigaDevice GD25Q64C, Winbond W25Q64JV, Macronix MX25L6433F and MX25UM25645G, ISSI IS25LP064A,
XMC XM25QH64C. Times are the typical ones, rounded; a chip erase is given by megabyte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twincore.model import TICKS_PER_SECOND

US = TICKS_PER_SECOND // 1_000_000
MS = 1000 * US


@dataclass(frozen=True)
class Times:
    """How long a part takes, in ticks."""

    program: int
    erase: Mapping[int, int]
    """By the bytes that one command erases."""
    chip_erase: int
    """For each megabyte."""
    write_status: int
    suspend: int = 20 * US
    wake: int = 30 * US
    """From release of deep power-down, or a reset, to the next command."""


@dataclass(frozen=True)
class Part:
    """A family of chips. Registers are status registers by their place in the chip's list.

    reads: which register a command reads; writes: which registers a command writes, byte by byte. quad: (register, bit)
    of QE. protection: "blocks" (BP0 to BP2, top or bottom, sectors, complement) or "powers" (BP0 to BP3).
    top_bottom: (register, bit) that is 1 where the lower end is protected.
    """

    maker: str
    times: Times
    reads: Mapping[int, int] = field(default_factory=lambda: {0x05: 0, 0x35: 1, 0x15: 2})
    writes: Mapping[int, tuple[int, ...]] = field(default_factory=lambda: {0x01: (0, 1), 0x31: (1,), 0x11: (2,)})
    quad: tuple[int, int] = (1, 1)
    suspended: tuple[int, int] | None = (1, 7)
    """(register, bit) that shows that an operation is suspended."""
    protection: str = "blocks"
    top_bottom: tuple[int, int] = (0, 5)

    def capacity_code(self, size: int) -> int:
        """Return the third byte of the identification of a chip of `size` bytes."""
        return size.bit_length() - 1


def _times(program_us: int, erase_ms: tuple[int, int, int], chip_ms: int, status_ms: int) -> Times:
    erase = dict(zip((0x1000, 0x8000, 0x10000), (time * MS for time in erase_ms), strict=True))
    return Times(program_us * US, erase, chip_ms * MS, status_ms * MS)


GIGADEVICE = Part("GigaDevice", _times(500, (50, 150, 200), 3000, 5))
WINBOND = Part("Winbond", _times(400, (45, 120, 150), 2500, 10))
XMC = Part("XMC", _times(500, (40, 120, 150), 3000, 10))
ISSI = Part(
    "ISSI",
    _times(200, (70, 100, 150), 2000, 2),
    reads={0x05: 0, 0x48: 1},
    writes={0x01: (0,), 0x42: (1,)},
    quad=(0, 6),
    suspended=(1, 2),
    protection="powers",
    top_bottom=(1, 1),
)
MACRONIX = Part(
    "Macronix",
    _times(330, (30, 140, 250), 2500, 10),
    reads={0x05: 0, 0x15: 1, 0x2B: 2},
    writes={0x01: (0, 1)},
    quad=(0, 6),
    suspended=(2, 3),
    protection="powers",
    top_bottom=(1, 3),
)
PARTS = {0xC8: GIGADEVICE, 0xEF: WINBOND, 0x20: XMC, 0x9D: ISSI, 0xC2: MACRONIX}
"""By the first byte of the identification; others behave as GigaDevice's."""


def part_of(jedec_id: int) -> Part:
    """Return how a chip with this identification (24 bits) behaves."""
    return PARTS.get(jedec_id >> 16, GIGADEVICE)
