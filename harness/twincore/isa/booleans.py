"""Boolean Option: sixteen one-bit registers b0..b15, kept as the bits of BR. (ISA Reference Manual, Boolean Option.)"""

from __future__ import annotations

from collections.abc import Callable

from twincore.isa.ir import Value, select
from twincore.isa.spec import Cpu, Relative, Symbol, insn


def read(cpu: Cpu, b: Symbol) -> Value:
    """Return the boolean register `b` as 0 or 1."""
    value: Value = (cpu.br >> cpu.index(b)) & 1
    return value


def write(cpu: Cpu, b: Symbol, value: Value) -> None:
    """Set the boolean register `b` to `value` (0 or 1)."""
    position = cpu.index(b)
    cpu.br = (cpu.br & ~(cpu.const(1) << position)) | (value << position)


def _logic(bits: str, name: str, operation: Callable[[Value, Value], Value], doc: str) -> None:
    def definition(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
        write(cpu, r, operation(read(cpu, s), read(cpu, t)))

    definition.__doc__ = doc
    insn(f"{bits} 0010 rrrr ssss tttt 0000", f"{name} b{{r}}, b{{s}}, b{{t}}")(definition)


_logic("0000", "andb", lambda s, t: s & t, "BR[r] <- BR[s] and BR[t].")
_logic("0001", "andbc", lambda s, t: s & (t ^ 1), "BR[r] <- BR[s] and not BR[t].")
_logic("0010", "orb", lambda s, t: s | t, "BR[r] <- BR[s] or BR[t].")
_logic("0011", "orbc", lambda s, t: s | (t ^ 1), "BR[r] <- BR[s] or not BR[t].")
_logic("0100", "xorb", lambda s, t: s ^ t, "BR[r] <- BR[s] xor BR[t].")


def group(cpu: Cpu, s: Symbol, size: int) -> Value:
    """Return the `size` booleans from the first one of the group that holds `s` on."""
    first = cpu.index(s) & (16 - size)
    value: Value = (cpu.br >> first) & ((1 << size) - 1)
    return value


@insn("0000 0000 1000 ssss tttt 0000", "any4 b{t}, b{s}")
def any4(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """BR[t] <- 1 if any of the four booleans from s on is set."""
    write(cpu, t, (group(cpu, s, 4) != 0).zext(32))


@insn("0000 0000 1001 ssss tttt 0000", "all4 b{t}, b{s}")
def all4(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """BR[t] <- 1 if all of the four booleans from s on are set."""
    write(cpu, t, (group(cpu, s, 4) == 0xF).zext(32))


@insn("0000 0000 1010 ssss tttt 0000", "any8 b{t}, b{s}")
def any8(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """BR[t] <- 1 if any of the eight booleans from s on is set."""
    write(cpu, t, (group(cpu, s, 8) != 0).zext(32))


@insn("0000 0000 1011 ssss tttt 0000", "all8 b{t}, b{s}")
def all8(cpu: Cpu, t: Symbol, s: Symbol) -> None:
    """BR[t] <- 1 if all of the eight booleans from s on are set."""
    write(cpu, t, (group(cpu, s, 8) == 0xFF).zext(32))


@insn("iiii iiii 0000 ssss 0111 0110", "bf b{s}, {i}", i=Relative(8))
def bf(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If BR[s] is clear, jump."""
    with cpu.when(read(cpu, s) == 0):
        cpu.jump(i)


@insn("iiii iiii 0001 ssss 0111 0110", "bt b{s}, {i}", i=Relative(8))
def bt(cpu: Cpu, s: Symbol, i: Symbol) -> None:
    """If BR[s] is set, jump."""
    with cpu.when(read(cpu, s) != 0):
        cpu.jump(i)


@insn("1100 0011 rrrr ssss tttt 0000", "movf a{r}, a{s}, b{t}")
def movf(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If BR[t] is clear, AR[r] <- AR[s]."""
    cpu.ar[r] = select(read(cpu, t) == 0, cpu.ar[s], cpu.ar[r])


@insn("1101 0011 rrrr ssss tttt 0000", "movt a{r}, a{s}, b{t}")
def movt(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """If BR[t] is set, AR[r] <- AR[s]."""
    cpu.ar[r] = select(read(cpu, t) != 0, cpu.ar[s], cpu.ar[r])
