"""Debug Option: breakpoint instructions, and what only a debugger in on-chip-debug mode may execute.

Instruction counting and the break registers are the executors' work (isa/special.py has the registers). (ISA Reference
Manual, Debug Option.)
"""

from __future__ import annotations

from twincore.isa import config
from twincore.isa.exceptions import cintlevel, debug_exception
from twincore.isa.ir import Value
from twincore.isa.spec import Cause, Cpu, DebugCause, Symbol, insn


def breakpoint_(cpu: Cpu, cause: DebugCause) -> None:
    """Take a debug exception where CINTLEVEL is below the debug level; do nothing otherwise."""
    with cpu.when(cintlevel(cpu).ult(config.DEBUG_LEVEL)):
        debug_exception(cpu, cpu.const(cause))


@insn("0000 0000 0100 ssss tttt 0000", "break {s}, {t}")
def break_(cpu: Cpu, s: Value, t: Value) -> None:
    """Take a debug exception; s and t are for the debugger."""
    breakpoint_(cpu, DebugCause.BREAK)


@insn("1111 ssss 0010 1101", "break.n {s}")
def break_n(cpu: Cpu, s: Value) -> None:
    """Take a debug exception; s is for the debugger."""
    breakpoint_(cpu, DebugCause.BREAK_N)


@insn("1111 0001 1110 .... 0000 0000", "rfdo", privileged=True)
def rfdo(cpu: Cpu) -> None:
    """Raise IllegalInstruction: no on-chip debugger is modelled, outside of which this is illegal."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)


@insn("1111 0001 1110 .... 0001 0000", "rfdd", privileged=True)
def rfdd(cpu: Cpu) -> None:
    """Raise IllegalInstruction: no on-chip debugger is modelled, outside of which this is illegal."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)


@insn("0000 0000 0111 ssss 1110 0000", "lddr32.p a{s}", privileged=True)
def lddr32_p(cpu: Cpu, s: Symbol) -> None:
    """Raise IllegalInstruction: no on-chip debugger is modelled, outside of which this is illegal."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)


@insn("0000 0000 0111 ssss 1111 0000", "sddr32.p a{s}", privileged=True)
def sddr32_p(cpu: Cpu, s: Symbol) -> None:
    """Raise IllegalInstruction: no on-chip debugger is modelled, outside of which this is illegal."""
    cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
