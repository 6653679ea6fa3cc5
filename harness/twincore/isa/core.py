"""Core instructions: arithmetic, moves and logic on address registers. (ISA Reference Manual, Core Architecture.)"""

from __future__ import annotations

from twincore.isa.ir import Value
from twincore.isa.spec import Cpu, Relative, Signed, Symbol, insn


@insn("1001 0000 rrrr ssss tttt 0000", "addx2 a{r}, a{s}, a{t}")
def addx2(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """AR[r] <- (AR[s] << 1) + AR[t]."""
    cpu.ar[r] = (cpu.ar[s] << 1) + cpu.ar[t]


@insn("iiii iiii 1100 ssss tttt 0010", "addi a{t}, a{s}, {i}", i=Signed(8))
def addi(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- AR[s] + i."""
    cpu.ar[t] = cpu.ar[s] + i


@insn("iiii iiii 0001 ssss tttt 0111", "beq a{s}, a{t}, {i}", i=Relative(8))
def beq(cpu: Cpu, s: Symbol, t: Symbol, i: Symbol) -> None:
    """If AR[s] = AR[t], jump."""
    with cpu.when(cpu.ar[s] == cpu.ar[t]):
        cpu.jump(i)
