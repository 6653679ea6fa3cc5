"""What decides whether a core may touch an address: region attributes and break registers, the same on every executor.

Source: ISA Reference Manual, Region Protection Option and Debug Option.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from twincore.isa import config
from twincore.isa.spec import DebugCause
from twincore.isa.tlb import REGION_BITS, may_access, may_fetch
from twincore.machine.executor import Access


class CoreRegisters(Protocol):
    """Reads a core's state by the names of isa.state."""

    def get(self, name: str, index: int = 0) -> int:
        """Return one register."""

    @property
    def lost(self) -> bool:
        """Return whether the double exception vector raised an exception itself."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the attributes of the eight 512 MB regions allow: a tuple of eight flags for fetches and for data."""

    fetch: tuple[bool, ...] = (True,) * 8
    data: tuple[bool, ...] = (True,) * 8

    @classmethod
    def of(cls, core: CoreRegisters) -> Permissions:
        """Return the permissions that a core's region attributes give."""
        return cls(
            tuple(may_fetch(core.get("itlb", k)) for k in range(8)),
            tuple(may_access(core.get("dtlb", k)) for k in range(8)),
        )

    def differences(self, other: Permissions) -> frozenset[int]:
        """Return the numbers of the regions that others allow something else in."""
        return frozenset(
            region
            for region in range(8)
            if (self.fetch[region], self.data[region]) != (other.fetch[region], other.data[region])
        )

    def allow(self, address: int, access: Access) -> bool:
        """Tell whether an access to `address` is allowed."""
        return (self.fetch if access is Access.FETCH else self.data)[address >> REGION_BITS & 7]


def current_level(core: CoreRegisters) -> int:
    """Return CINTLEVEL."""
    level = core.get("ps_intlevel")
    return max(level, config.EXCM_LEVEL) if core.get("ps_excm") else level


def is_interrupt_due(core: CoreRegisters) -> bool:
    """Tell whether the core takes an interrupt before its next instruction."""
    pending = core.get("interrupt") | core.get("lines") & config.LEVEL_LINES
    enabled, level = pending & core.get("intenable"), current_level(core)
    return bool(pending >> config.NMI_INTERRUPT & 1) or any(
        enabled & mask for number, mask in config.LEVEL_MASKS.items() if level < number < config.NMI_LEVEL
    )


def breakpoint_cause(core: CoreRegisters) -> int | None:
    """Return the bit of DEBUGCAUSE for an instruction break that is reached, or None where debugging is masked."""
    return int(DebugCause.IBREAK) if current_level(core) < config.DEBUG_LEVEL else None


def data_break(core: CoreRegisters, address: int, size: int, access: Access) -> int | None:
    """Return the DEBUGCAUSE of the data break that an access hits, or None."""
    if access is Access.FETCH or current_level(core) >= config.DEBUG_LEVEL:
        return None
    for k in range(2):
        control = core.get("dbreakc", k)
        if not control >> (31 if access is Access.STORE else 30) & 1:
            continue
        mask = 0xFFFFFFC0 | control & 0x3F
        start = core.get("dbreaka", k)
        if any((address + n) & mask == start & mask for n in range(size)):
            return int(DebugCause.DBREAK) | k << 8
    return None


def data_break_pages(core: CoreRegisters) -> frozenset[int]:
    """Return the 4 KiB pages that enabled data breaks lie in."""
    return frozenset(core.get("dbreaka", k) >> 12 for k in range(2) if core.get("dbreakc", k) >> 30)
