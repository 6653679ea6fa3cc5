"""Code Density Option: the 16-bit forms. (ISA Reference Manual, Code Density Option.)"""

from __future__ import annotations

from typing import Any

from twincore.isa.ir import Value, select
from twincore.isa.spec import MASK32, Cause, Cpu, Forward, Immediate, Symbol, Table, Unsigned, insn


class ShortConstant(Immediate):
    """The constant of movi.n: seven bits that mean -32..95."""

    def __init__(self) -> None:
        super().__init__(7)

    def decode(self, raw: Any, pc: Any) -> Any:
        if isinstance(raw, Value):
            return select(raw.ugt(95), raw - 128, raw)
        return (raw - 128) & MASK32 if raw > 95 else raw

    def encode(self, value: int, pc: int) -> int:
        signed = value - (1 << 32) if value >> 31 == 1 else value
        if not -32 <= signed <= 95:
            raise ValueError(f"{signed} is not in -32..95")
        return signed & 0x7F


@insn("rrrr ssss tttt 1010", "add.n a{r}, a{s}, a{t}")
def add_n(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- AR[s] + AR[t]."""
    cpu.ar[r] = cpu.ar[s] + cpu.ar[t]


@insn("rrrr ssss iiii 1011", "addi.n a{r}, a{s}, {i}", i=Table((-1, *range(1, 16))))
def addi_n(cpu: Cpu, r: Symbol, s: Symbol, i: Value) -> None:
    """AR[r] <- AR[s] + i."""
    cpu.ar[r] = cpu.ar[s] + i


@insn("0000 ssss tttt 1101", "mov.n a{t}, a{s}")
def mov_n(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- AR[s]."""
    cpu.ar[t] = cpu.ar[s]


@insn("iiii ssss 0III 1100", "movi.n a{s}, {i}", i=ShortConstant())
def movi_n(cpu: Cpu, s: Symbol, i: Value) -> None:
    """AR[s] <- i."""
    cpu.ar[s] = i


@insn("iiii ssss 10II 1100", "beqz.n a{s}, {i}", i=Forward(6))
def beqz_n(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] = 0, jump."""
    with cpu.when(cpu.ar[s] == 0):
        cpu.jump(i)


@insn("iiii ssss 11II 1100", "bnez.n a{s}, {i}", i=Forward(6))
def bnez_n(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If AR[s] is not 0, jump."""
    with cpu.when(cpu.ar[s] != 0):
        cpu.jump(i)


@insn("iiii ssss tttt 1000", "l32i.n a{t}, a{s}, {i}", i=Unsigned(4, shift=2))
def l32i_n(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the word at AR[s] + i."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 32)


@insn("iiii ssss tttt 1001", "s32i.n a{t}, a{s}, {i}", i=Unsigned(4, shift=2))
def s32i_n(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] at AR[s] + i."""
    cpu.store(cpu.ar[s] + i, 32, cpu.ar[t])


@insn("1111 .... 0000 1101", "ret.n")
def ret_n(cpu: Cpu) -> None:
    """Jump to the address in AR[0]."""
    cpu.jump(cpu.ar[0])


@insn("1111 0000 0011 1101", "nop.n")
def nop_n(cpu: Cpu) -> None:
    """Do nothing."""


@insn("1111 0000 0110 1101", "ill.n")
def ill_n(cpu: Cpu) -> None:
    """Raise IllegalInstruction."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
