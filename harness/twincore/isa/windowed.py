"""Windowed Register Option: calls that rotate the window, and what spills and fills it.

WINDOWSTART is kept doubled (isa/state.py), so that the frames around the current one are read with one shift. (ISA
Reference Manual, Windowed Register Option.)
"""

from __future__ import annotations

from typing import Any

from twincore.isa import config
from twincore.isa.exceptions import window_overflow
from twincore.isa.ir import Value, select
from twincore.isa.spec import MASK32, Cause, Cpu, Immediate, Relative, Signed, Symbol, Unsigned, insn

BOTH = 0x00010001
"""One bit of WINDOWSTART, doubled."""


class FrameOffset(Immediate):
    """The offset of l32e and s32e: raw * 4 - 64."""

    def __init__(self) -> None:
        super().__init__(4)

    def decode(self, raw: Any, pc: Any) -> Any:
        value = (raw << 2) - 64
        return value if isinstance(value, Value) else value & MASK32


def double(windowstart: Value) -> Value:
    """Return the kept form of a WINDOWSTART as the guest writes it."""
    low = windowstart & 0xFFFF
    return low | (low << 16)


def frame(base: Value) -> Value:
    """Return the doubled WINDOWSTART bit of the frame at `base` (0..15)."""
    return base.trace.value(BOTH) << (base & (config.WINDOWS - 1))


def frames_before(cpu: Cpu) -> Value:
    """Return the WINDOWSTART bits before the current frame: bit 2 is WINDOWBASE - 1's, bit 0 WINDOWBASE - 3's."""
    value: Value = (cpu.windowstart >> (cpu.windowbase + (config.WINDOWS - 3))) & 7
    return value


def return_address(cpu: Cpu, quarters: int) -> Value:
    """Return what a windowed call leaves in its return-address register: the window increment in bits 31..30."""
    value: Value = (cpu.next_pc & 0x3FFFFFFF) | (quarters << 30)
    return value


# --- calls --------------------------------------------------------------------------------------------------------


@insn("iiii iiii iiii iiii ii01 0101", "call4 {i}", uses=1, i=Relative(18, shift=2))
def call4(cpu: Cpu, i: Symbol) -> None:
    """PS.CALLINC <- 1, AR[4] <- return address; jump."""
    cpu.ps_callinc = 1
    cpu.ar[4] = return_address(cpu, 1)
    cpu.jump(i)


@insn("iiii iiii iiii iiii ii10 0101", "call8 {i}", uses=2, i=Relative(18, shift=2))
def call8(cpu: Cpu, i: Symbol) -> None:
    """PS.CALLINC <- 2, AR[8] <- return address; jump."""
    cpu.ps_callinc = 2
    cpu.ar[8] = return_address(cpu, 2)
    cpu.jump(i)


@insn("iiii iiii iiii iiii ii11 0101", "call12 {i}", uses=3, i=Relative(18, shift=2))
def call12(cpu: Cpu, i: Symbol) -> None:
    """PS.CALLINC <- 3, AR[12] <- return address; jump."""
    cpu.ps_callinc = 3
    cpu.ar[12] = return_address(cpu, 3)
    cpu.jump(i)


@insn("0000 0000 0000 ssss 1101 0000", "callx4 a{s}", uses=1)
def callx4(cpu: Cpu, s: Symbol) -> None:
    """PS.CALLINC <- 1, AR[4] <- return address; jump to the old AR[s]."""
    target = cpu.ar[s]
    cpu.ps_callinc = 1
    cpu.ar[4] = return_address(cpu, 1)
    cpu.jump(target)


@insn("0000 0000 0000 ssss 1110 0000", "callx8 a{s}", uses=2)
def callx8(cpu: Cpu, s: Symbol) -> None:
    """PS.CALLINC <- 2, AR[8] <- return address; jump to the old AR[s]."""
    target = cpu.ar[s]
    cpu.ps_callinc = 2
    cpu.ar[8] = return_address(cpu, 2)
    cpu.jump(target)


@insn("0000 0000 0000 ssss 1111 0000", "callx12 a{s}", uses=3)
def callx12(cpu: Cpu, s: Symbol) -> None:
    """PS.CALLINC <- 3, AR[12] <- return address; jump to the old AR[s]."""
    target = cpu.ar[s]
    cpu.ps_callinc = 3
    cpu.ar[12] = return_address(cpu, 3)
    cpu.jump(target)


@insn("iiii iiii iiii ssss 0011 0110", "entry a{s}, {i}", i=Unsigned(12, shift=3))
def entry(cpu: Cpu, s: Symbol, i: Value) -> None:
    """Rotate by PS.CALLINC; the new frame's AR[s] (s < 4) <- the caller's AR[s] - i.

    IllegalInstruction with s > 3, PS.WOE clear or PS.EXCM set, which the manual leaves undefined.
    """
    with cpu.when(cpu.index(s).ugt(3) | (cpu.ps_woe == 0) | (cpu.ps_excm != 0)):
        cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
    callinc = cpu.ps_callinc
    window_overflow(cpu, callinc)
    stack = cpu.ar[s] - i
    started = cpu.windowstart | frame(cpu.windowbase + callinc)
    cpu.rotate(callinc)
    cpu.windowstart = started
    cpu.ar[s] = stack


def return_windowed(cpu: Cpu) -> None:
    """Return to the frame that AR[0] names, or take the underflow exception that fills it first.

    IllegalInstruction when AR[0] names no frame or another one than WINDOWSTART has, or with PS.WOE clear or PS.EXCM
    set, all of which the manual leaves undefined.
    """
    back = cpu.ar[0]
    target = (cpu.pc & 0xC0000000) | (back & 0x3FFFFFFF)
    quarters = back >> 30
    base, start = cpu.windowbase, cpu.windowstart
    before = frames_before(cpu)
    found = select(before.bit(2), 1, select(before.bit(1), 2, select(before.bit(0), 3, cpu.const(0))))
    bad = (quarters == 0) | ((found != 0) & (found != quarters)) | (cpu.ps_woe == 0) | (cpu.ps_excm != 0)
    with cpu.when(bad):
        cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
    with cpu.when(found == 0):
        vector = select(
            quarters == 1, config.VECTOR_UF4, select(quarters == 2, config.VECTOR_UF8, cpu.const(config.VECTOR_UF12))
        )
        handler, pc = cpu.vecbase + vector, cpu.pc
        cpu.rotate(-quarters)
        cpu.ps_owb = base
        cpu.ps_excm = 1
        cpu.epc[1] = pc
        cpu.vector(handler)
    cpu.windowstart = start & ~frame(base)
    cpu.rotate(-quarters)
    cpu.jump(target)


@insn("0000 0000 0000 .... 1001 0000", "retw")
def retw(cpu: Cpu) -> None:
    """Return from a windowed call."""
    return_windowed(cpu)


@insn("1111 .... 0001 1101", "retw.n")
def retw_n(cpu: Cpu) -> None:
    """Return from a windowed call."""
    return_windowed(cpu)


# --- moving and spilling frames -----------------------------------------------------------------------------------


@insn("0000 0000 0001 ssss tttt 0000", "movsp a{t}, a{s}")
def movsp(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """AR[t] <- AR[s]; raise Alloca when the caller's frame is not in the registers: its save area must move too."""
    with cpu.when(frames_before(cpu) == 0):
        cpu.raise_(Cause.ALLOCA)
    cpu.ar[t] = cpu.ar[s]


@insn("0100 0000 1000 0000 iiii 0000", "rotw {i}", privileged=True, i=Signed(4))
def rotw(cpu: Cpu, i: Value) -> None:
    """WINDOWBASE <- WINDOWBASE + i."""
    cpu.rotate(i)
    cpu.recheck()


@insn("0000 1001 iiii ssss tttt 0000", "l32e a{t}, a{s}, {i}", privileged=True, i=FrameOffset())
def l32e(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """AR[t] <- the word at AR[s] + i."""
    cpu.ar[t] = cpu.load(cpu.ar[s] + i, 32)


@insn("0100 1001 iiii ssss tttt 0000", "s32e a{t}, a{s}, {i}", privileged=True, i=FrameOffset())
def s32e(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Store AR[t] at AR[s] + i."""
    cpu.store(cpu.ar[s] + i, 32, cpu.ar[t])


@insn("0000 0000 0011 0100 0000 0000", "rfwo", privileged=True)
def rfwo(cpu: Cpu) -> None:
    """Return from an overflow handler: the frame is no longer in the registers; WINDOWBASE <- PS.OWB."""
    start = cpu.windowstart & ~frame(cpu.windowbase)
    target = cpu.epc[1]
    cpu.rotate(cpu.ps_owb - cpu.windowbase)
    cpu.windowstart = start
    cpu.ps_excm = 0
    cpu.vector(target)


@insn("0000 0000 0011 0101 0000 0000", "rfwu", privileged=True)
def rfwu(cpu: Cpu) -> None:
    """Return from an underflow handler: the frame is in the registers again; WINDOWBASE <- PS.OWB."""
    start = cpu.windowstart | frame(cpu.windowbase)
    target = cpu.epc[1]
    cpu.rotate(cpu.ps_owb - cpu.windowbase)
    cpu.windowstart = start
    cpu.ps_excm = 0
    cpu.vector(target)
