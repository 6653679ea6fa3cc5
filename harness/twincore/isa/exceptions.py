"""Exceptions and interrupts: how they are taken, and the instructions that return from them or wait for them.

Source: ISA Reference Manual, Exception, Relocatable Vector, Interrupt, High-Priority Interrupt, Windowed Register and
Debug Options. Everything here goes for PS.RING = 0: the ESP32-S3 has no rings.
"""

from __future__ import annotations

from twincore.isa import config
from twincore.isa.ir import Value, select
from twincore.isa.spec import Cause, Cpu, Symbol, insn, routine

PS_MASK = 0x70F3F
"""The bits of PS that the ESP32-S3 has: WOE, CALLINC, OWB, UM, EXCM, INTLEVEL."""


def read_ps(cpu: Cpu) -> Value:
    """Return PS composed of its fields."""
    value: Value = (
        cpu.ps_intlevel
        | (cpu.ps_excm << 4)
        | (cpu.ps_um << 5)
        | (cpu.ps_owb << 8)
        | (cpu.ps_callinc << 16)
        | (cpu.ps_woe << 18)
    )
    return value


def write_ps(cpu: Cpu, value: Value) -> None:
    """Set the fields of PS from `value`."""
    cpu.ps_intlevel = value & 15
    cpu.ps_excm = value.field(4, 4)
    cpu.ps_um = value.field(5, 5)
    cpu.ps_owb = value.field(11, 8)
    cpu.ps_callinc = value.field(17, 16)
    cpu.ps_woe = value.field(18, 18)


def cintlevel(cpu: Cpu) -> Value:
    """Return the current interrupt level: PS.INTLEVEL, at least EXCM_LEVEL while PS.EXCM is set."""
    level: Value = cpu.ps_intlevel
    return select((cpu.ps_excm != 0) & level.ult(config.EXCM_LEVEL), config.EXCM_LEVEL, level)


def pending(cpu: Cpu) -> Value:
    """Return the requests that RSR.INTERRUPT shows: the latched ones and the levels of the level-triggered inputs."""
    value: Value = cpu.interrupt | (cpu.lines & config.LEVEL_LINES)
    return value


# --- taking -------------------------------------------------------------------------------------------------------


@routine
def raise_exception(cpu: Cpu, cause: Value, vaddr: Value) -> None:
    """Take the general exception `cause` at pc with EXCVADDR `vaddr` (its old value where the exception has none)."""
    pc, excm = cpu.pc, cpu.ps_excm != 0
    vector = select(excm, config.VECTOR_DOUBLE, select(cpu.ps_um != 0, config.VECTOR_USER, config.VECTOR_KERNEL))
    depc, epc1 = select(excm, pc, cpu.depc), select(excm, cpu.epc[1], pc)
    target = cpu.vecbase + vector
    cpu.depc = depc
    cpu.epc[1] = epc1
    cpu.exccause = cause
    cpu.excvaddr = vaddr
    cpu.ps_excm = 1
    cpu.vector(target)


@routine
def window_overflow(cpu: Cpu, quarter: Value) -> None:
    """Take the overflow exception of the nearest frame within the next `quarter` (1..3) quarters of the window.

    WINDOWBASE moves to that frame; which of the three vectors is taken depends on its size, which the distance of the
    next bit of WINDOWSTART tells. Falls through when none of the quarters is another frame's.
    """
    base, pc = cpu.windowbase, cpu.pc
    ahead = cpu.windowstart >> (base + 1)
    distance = select(ahead.bit(0), 1, select(ahead.bit(1), 2, 3))
    reached = ahead & ((cpu.const(1) << quarter) - 1)
    following = ahead >> distance
    vector = select(
        following.bit(0), config.VECTOR_OF4, select(following.bit(1), config.VECTOR_OF8, cpu.const(config.VECTOR_OF12))
    )
    target = cpu.vecbase + vector
    with cpu.when(reached != 0):
        cpu.rotate(distance)
        cpu.ps_owb = base
        cpu.ps_excm = 1
        cpu.epc[1] = pc
        cpu.vector(target)


@routine
def debug_exception(cpu: Cpu, cause: Value) -> None:
    """Take a debug exception at pc; the caller has checked that CINTLEVEL is below the debug level."""
    _take_level(cpu, config.DEBUG_LEVEL, cause)


@routine
def interrupts(cpu: Cpu) -> None:
    """Take the pending interrupt of the highest level that is enabled and above CINTLEVEL; fall through if there is
    none.

    NMI asks neither CINTLEVEL nor INTENABLE, and taking it clears its request. (High-Priority Interrupt Option.)
    """
    requests = pending(cpu)
    enabled = requests & cpu.intenable
    level = cintlevel(cpu)
    nmi = 1 << config.NMI_INTERRUPT
    with cpu.when((requests & nmi) != 0):
        cpu.interrupt = cpu.interrupt & ~nmi
        cpu.waiting = 0
        _take_level(cpu, config.NMI_LEVEL, None)
    for number in sorted(config.LEVEL_MASKS, reverse=True):
        if number == config.NMI_LEVEL:
            continue
        with cpu.when(((enabled & config.LEVEL_MASKS[number]) != 0) & level.ult(number)):
            cpu.waiting = 0
            if number == 1:
                raise_exception(cpu, cpu.const(Cause.LEVEL1_INTERRUPT), cpu.excvaddr)
            else:
                _take_level(cpu, number, None)


def _take_level(cpu: Cpu, level: int, debug_cause: Value | None) -> None:
    old = read_ps(cpu)
    target = cpu.vecbase + config.LEVEL_VECTORS[level]
    if debug_cause is not None:
        cpu.debugcause = debug_cause
    cpu.epc[level] = cpu.pc
    cpu.eps[level] = old
    cpu.ps_intlevel = level
    cpu.ps_excm = 1
    cpu.vector(target)


# --- returning ----------------------------------------------------------------------------------------------------


@insn("0000 0000 0011 0000 0000 0000", "rfe", privileged=True)
def rfe(cpu: Cpu) -> None:
    """PS.EXCM <- 0; go on at EPC1."""
    cpu.ps_excm = 0
    cpu.vector(cpu.epc[1])


@insn("0000 0000 0011 0010 0000 0000", "rfde", privileged=True)
def rfde(cpu: Cpu) -> None:
    """Go on at DEPC; PS.EXCM stays set."""
    cpu.vector(cpu.depc)


@insn("0000 0000 0011 iiii 0001 0000", "rfi {i}", privileged=True)
def rfi(cpu: Cpu, i: Value) -> None:
    """PS <- EPS[i], go on at EPC[i]; IllegalInstruction for levels that have no such registers."""
    with cpu.when(i.ult(2) | i.ugt(config.NMI_LEVEL)):
        cpu.raise_(Cause.ILLEGAL_INSTRUCTION)
    level = i & 7
    target = cpu.epc[level]
    write_ps(cpu, cpu.eps[level])
    cpu.vector(target)


@insn("0000 0000 0110 iiii tttt 0000", "rsil a{t}, {i}", privileged=True)
def rsil(cpu: Cpu, t: Symbol, i: Value) -> None:
    """AR[t] <- PS; PS.INTLEVEL <- i."""
    cpu.ar[t] = read_ps(cpu)
    cpu.ps_intlevel = i
    cpu.recheck()


@insn("0000 0000 0111 iiii 0000 0000", "waiti {i}", privileged=True)
def waiti(cpu: Cpu, i: Value) -> None:
    """PS.INTLEVEL <- i; wait until an interrupt is taken, which returns to the next instruction.

    The register `waiting` is the only sign of waiting; `interrupts` clears it.
    """
    cpu.ps_intlevel = i
    cpu.waiting = 1
    cpu.recheck()
