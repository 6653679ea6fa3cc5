"""Multiprocessor Synchronization and Conditional Store Options. (ISA Reference Manual, those chapters.)

ATOMCTL is kept but decides nothing: the ESP32-S3's data memories are local to the cores, for which S32C1I is always
carried out by the memory itself.
"""

from __future__ import annotations

from twincore.isa.ir import Value
from twincore.isa.spec import Cpu, Symbol, Unsigned, insn


@insn("iiii iiii 1011 ssss tttt 0010", "l32ai a{t}, a{s}, {i}", i=Unsigned(8, shift=2))
def l32ai(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the aligned word at AR[s] + i, before all later loads and stores."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 32, aligned=True)


@insn("iiii iiii 1111 ssss tttt 0010", "s32ri a{t}, a{s}, {i}", i=Unsigned(8, shift=2))
def s32ri(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] in the aligned word at AR[s] + i, after all earlier loads and stores."""
    cpu.store(cpu.ar[s] + i, 32, cpu.ar[t], aligned=True)


@insn("iiii iiii 1110 ssss tttt 0010", "s32c1i a{t}, a{s}, {i}", i=Unsigned(8, shift=2))
def s32c1i(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] in the aligned word at AR[s] + i if that equals SCOMPARE1; AR[t] <- the word's old value."""
    cpu.ar[t] = cpu.exchange(cpu.ar[s] + i, cpu.scompare1, cpu.ar[t])
