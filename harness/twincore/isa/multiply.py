"""16-bit and 32-bit Integer Multiply and 32-bit Integer Divide Options. (ISA Reference Manual, those chapters.)"""

from __future__ import annotations

from twincore.isa.ir import Value
from twincore.isa.spec import Cause, Cpu, Symbol, insn


@insn("1100 0001 rrrr ssss tttt 0000", "mul16u a{r}, a{s}, a{t}")
def mul16u(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- product of the low halves of AR[s] and AR[t], unsigned."""
    cpu.ar[r] = (cpu.ar[s] & 0xFFFF) * (cpu.ar[t] & 0xFFFF)


@insn("1101 0001 rrrr ssss tttt 0000", "mul16s a{r}, a{s}, a{t}")
def mul16s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- product of the low halves of AR[s] and AR[t], signed."""
    cpu.ar[r] = cpu.ar[s].trunc(16).sext(32) * cpu.ar[t].trunc(16).sext(32)


@insn("1000 0010 rrrr ssss tttt 0000", "mull a{r}, a{s}, a{t}")
def mull(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- low word of the product of AR[s] and AR[t]."""
    cpu.ar[r] = cpu.ar[s] * cpu.ar[t]


@insn("1010 0010 rrrr ssss tttt 0000", "muluh a{r}, a{s}, a{t}")
def muluh(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- high word of the unsigned product of AR[s] and AR[t]."""
    cpu.ar[r] = ((cpu.ar[s].zext(64) * cpu.ar[t].zext(64)) >> 32).trunc(32)


@insn("1011 0010 rrrr ssss tttt 0000", "mulsh a{r}, a{s}, a{t}")
def mulsh(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- high word of the signed product of AR[s] and AR[t]."""
    cpu.ar[r] = ((cpu.ar[s].sext(64) * cpu.ar[t].sext(64)) >> 32).trunc(32)


def checked(cpu: Cpu, t: Symbol) -> Value:
    """Return the divisor AR[t]; raise IntegerDivideByZero for 0."""
    divisor: Value = cpu.ar[t]
    with cpu.when(divisor == 0):
        cpu.raise_(Cause.INTEGER_DIVIDE_BY_ZERO)
    return divisor


@insn("1100 0010 rrrr ssss tttt 0000", "quou a{r}, a{s}, a{t}")
def quou(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] / AR[t], unsigned."""
    divisor = checked(cpu, t)
    cpu.ar[r] = cpu.ar[s].udiv(divisor)


@insn("1101 0010 rrrr ssss tttt 0000", "quos a{r}, a{s}, a{t}")
def quos(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] / AR[t], signed, towards zero; the minimum by -1 is the minimum."""
    divisor = checked(cpu, t)
    cpu.ar[r] = cpu.ar[s].sext(64).sdiv(divisor.sext(64)).trunc(32)


@insn("1110 0010 rrrr ssss tttt 0000", "remu a{r}, a{s}, a{t}")
def remu(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- remainder of AR[s] / AR[t], unsigned."""
    divisor = checked(cpu, t)
    cpu.ar[r] = cpu.ar[s].urem(divisor)


@insn("1111 0010 rrrr ssss tttt 0000", "rems a{r}, a{s}, a{t}")
def rems(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- remainder of AR[s] / AR[t], of the sign of AR[s]; the minimum by -1 leaves 0."""
    divisor = checked(cpu, t)
    cpu.ar[r] = cpu.ar[s].sext(64).srem(divisor.sext(64)).trunc(32)
