"""Loop Option: zero-overhead loops. (ISA Reference Manual, Loop Option.)

Going back from LEND to LBEG is part of sequencing, which executors do: when an instruction goes on (not: jumps) to LEND
with LCOUNT not 0 and PS.EXCM clear, LCOUNT counts down and the next instruction is the one at LBEG.
"""

from __future__ import annotations

from twincore.isa.spec import Cpu, Forward, Symbol, insn


def start(cpu: Cpu, s: Symbol, end: Symbol) -> None:
    """Set up a loop from the next instruction up to `end`, AR[s] times."""
    count = cpu.ar[s] - 1
    cpu.lcount = count
    cpu.lbeg = cpu.next_pc
    cpu.lend = cpu.address(end)
    cpu.host("loop_end")


@insn("iiii iiii 1000 ssss 0111 0110", "loop a{s}, {i}", i=Forward(8))
def loop(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """Repeat up to i AR[s] times; 2**32 times for 0."""
    start(cpu, s, i)


@insn("iiii iiii 1001 ssss 0111 0110", "loopnez a{s}, {i}", i=Forward(8))
def loopnez(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """Repeat up to i AR[s] times; jump to i for 0."""
    skip = cpu.ar[s] == 0
    start(cpu, s, i)
    with cpu.when(skip):
        cpu.jump(i)


@insn("iiii iiii 1010 ssss 0111 0110", "loopgtz a{s}, {i}", i=Forward(8))
def loopgtz(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """Repeat up to i AR[s] times; jump to i where AR[s] <= 0."""
    skip = cpu.ar[s].sle(0)
    start(cpu, s, i)
    with cpu.when(skip):
        cpu.jump(i)
