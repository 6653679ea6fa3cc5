"""Region Protection Option: one attribute for fetches and one for data for each of eight regions of 512 MB.

Addresses are not translated. Source: ISA Reference Manual, Region Protection Option; which attribute allows what on the
ESP32-S3 is the table of its core-matmap.h (XCHAL_FCA_LIST, XCHAL_LCA_LIST, XCHAL_SCA_LIST).
"""

from __future__ import annotations

from twincore.isa.ir import Value
from twincore.isa.spec import Cpu, Symbol, insn

REGION_BITS = 29

FETCH_ATTRIBUTES = frozenset({1, 2, 3, 4, 5, 6})
"""Attributes of the ITLB that let a core fetch."""
DATA_ATTRIBUTES = frozenset({0, 1, 2, 4, 5, 6})
"""Attributes of the DTLB that let a core load and store; none allows one without the other."""

REGION_MASK = 0xE0000000


def may_fetch(attribute: int) -> bool:
    """Tell whether instructions may be fetched from a region of this attribute."""
    return attribute in FETCH_ATTRIBUTES


def may_access(attribute: int) -> bool:
    """Tell whether loads and stores may go to a region of this attribute."""
    return attribute in DATA_ATTRIBUTES


def region(address: Value) -> Value:
    """Return the number of the region of `address`."""
    return address >> REGION_BITS


@insn("0101 0000 0110 ssss tttt 0000", "witlb a{t}, a{s}", privileged=True)
def witlb(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """Set the attribute for fetches of the region of AR[s] to the low four bits of AR[t]."""
    cpu.itlb[region(cpu.ar[s])] = cpu.ar[t] & 15
    cpu.host("tlb")


@insn("0101 0000 1110 ssss tttt 0000", "wdtlb a{t}, a{s}", privileged=True)
def wdtlb(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """Set the attribute for data of the region of AR[s] to the low four bits of AR[t]."""
    cpu.dtlb[region(cpu.ar[s])] = cpu.ar[t] & 15
    cpu.host("tlb")


@insn("0101 0000 0011 ssss tttt 0000", "ritlb0 a{t}, a{s}", privileged=True)
def ritlb0(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- the virtual page number of the region of AR[s]."""
    cpu.ar[t] = cpu.ar[s] & REGION_MASK


@insn("0101 0000 1011 ssss tttt 0000", "rdtlb0 a{t}, a{s}", privileged=True)
def rdtlb0(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- the virtual page number of the region of AR[s]."""
    cpu.ar[t] = cpu.ar[s] & REGION_MASK


@insn("0101 0000 0111 ssss tttt 0000", "ritlb1 a{t}, a{s}", privileged=True)
def ritlb1(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- the physical page number and the attribute for fetches of the region of AR[s]."""
    address = cpu.ar[s]
    cpu.ar[t] = (address & REGION_MASK) | cpu.itlb[region(address)]


@insn("0101 0000 1111 ssss tttt 0000", "rdtlb1 a{t}, a{s}", privileged=True)
def rdtlb1(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- the physical page number and the attribute for data of the region of AR[s]."""
    address = cpu.ar[s]
    cpu.ar[t] = (address & REGION_MASK) | cpu.dtlb[region(address)]


@insn("0101 0000 0101 ssss tttt 0000", "pitlb a{t}, a{s}", privileged=True)
def pitlb(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- which entry a fetch from AR[s] would hit: its region, and 1 for a hit."""
    cpu.ar[t] = (cpu.ar[s] & REGION_MASK) | 1


@insn("0101 0000 1101 ssss tttt 0000", "pdtlb a{t}, a{s}", privileged=True)
def pdtlb(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- which entry an access to AR[s] would hit: its region, and 1 for a hit."""
    cpu.ar[t] = (cpu.ar[s] & REGION_MASK) | 1


@insn("0101 0000 0100 ssss 0000 0000", "iitlb a{s}", privileged=True)
def iitlb(cpu: Cpu, s: Symbol) -> None:
    """Do nothing: entries of this option are always valid."""


@insn("0101 0000 1100 ssss 0000 0000", "idtlb a{s}", privileged=True)
def idtlb(cpu: Cpu, s: Symbol) -> None:
    """Do nothing: entries of this option are always valid."""
