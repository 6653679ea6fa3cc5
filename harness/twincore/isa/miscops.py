"""Miscellaneous Operations: normalization, sign extension, clamping, minimum and maximum, and set-if-less.

Source: ISA Reference Manual, Miscellaneous Operations Option; SALT and SALTU came with LX6.
"""

from __future__ import annotations

from twincore.isa.ir import Value, select
from twincore.isa.spec import Cpu, Symbol, Unsigned, insn


@insn("0100 0000 1110 ssss tttt 0000", "nsa a{t}, a{s}")
def nsa(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- how far AR[s] can be shifted left with its sign kept: 31 for 0 and -1."""
    value = cpu.ar[s]
    cpu.ar[t] = (value ^ value.sra(31)).clz() - 1


@insn("0100 0000 1111 ssss tttt 0000", "nsau a{t}, a{s}")
def nsau(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- number of leading zeros of AR[s]: 32 for 0."""
    cpu.ar[t] = cpu.ar[s].clz()


@insn("0010 0011 rrrr ssss iiii 0000", "sext a{r}, a{s}, {i}", i=Unsigned(4, add=7))
def sext(cpu: Cpu, r: Symbol, s: Symbol, i: Value) -> None:
    """AR[r] <- AR[s] with bit i as its sign."""
    cpu.ar[r] = (cpu.ar[s] << (31 - i)).sra(31 - i)


@insn("0011 0011 rrrr ssss iiii 0000", "clamps a{r}, a{s}, {i}", i=Unsigned(4, add=7))
def clamps(cpu: Cpu, r: Symbol, s: Symbol, i: Value) -> None:
    """AR[r] <- AR[s] limited to the range of i + 1 bits, signed."""
    value = cpu.ar[s]
    high = (cpu.const(1) << i) - 1
    low = ~high
    cpu.ar[r] = select(value.sgt(high), high, select(value.slt(low), low, value))


@insn("0100 0011 rrrr ssss tttt 0000", "min a{r}, a{s}, a{t}")
def min_(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- the smaller of AR[s] and AR[t], signed."""
    first, second = cpu.ar[s], cpu.ar[t]
    cpu.ar[r] = select(first.slt(second), first, second)


@insn("0101 0011 rrrr ssss tttt 0000", "max a{r}, a{s}, a{t}")
def max_(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- the larger of AR[s] and AR[t], signed."""
    first, second = cpu.ar[s], cpu.ar[t]
    cpu.ar[r] = select(first.sgt(second), first, second)


@insn("0110 0011 rrrr ssss tttt 0000", "minu a{r}, a{s}, a{t}")
def minu(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- the smaller of AR[s] and AR[t], unsigned."""
    first, second = cpu.ar[s], cpu.ar[t]
    cpu.ar[r] = select(first.ult(second), first, second)


@insn("0111 0011 rrrr ssss tttt 0000", "maxu a{r}, a{s}, a{t}")
def maxu(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- the larger of AR[s] and AR[t], unsigned."""
    first, second = cpu.ar[s], cpu.ar[t]
    cpu.ar[r] = select(first.ugt(second), first, second)


@insn("0111 0010 rrrr ssss tttt 0000", "salt a{r}, a{s}, a{t}")
def salt(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- 1 if AR[s] < AR[t], signed, else 0."""
    cpu.ar[r] = cpu.ar[s].slt(cpu.ar[t]).zext(32)


@insn("0110 0010 rrrr ssss tttt 0000", "saltu a{r}, a{s}, a{t}")
def saltu(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- 1 if AR[s] < AR[t], unsigned, else 0."""
    cpu.ar[r] = cpu.ar[s].ult(cpu.ar[t]).zext(32)
