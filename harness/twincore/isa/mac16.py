"""MAC16 Option: 16 x 16 bits into a 40-bit accumulator. (ISA Reference Manual, MAC16 Option.)

The factors are halves of address registers (a) or of m0..m3 (d): m0 or m1 as the first, m2 or m3 as the second one. The
letters after the last dot say which half of each is taken. All instructions are made from the tables at the end.
"""

from __future__ import annotations

from typing import Any

from twincore.isa.ir import Value
from twincore.isa.spec import Cpu, Immediate, Symbol, insn

ACC_MASK = (1 << 40) - 1
HALVES = ("ll", "hl", "lh", "hh")
"""By the low two bits of op1: which half of the first and of the second factor."""


class SecondM(Immediate):
    """The one bit that chooses m2 or m3 as the second factor."""

    prefix = "m"

    def __init__(self) -> None:
        super().__init__(1)

    def decode(self, raw: Any, pc: Any) -> Any:
        return raw + 2


def half(word: Value, high: bool, signed: bool = True) -> Value:
    """Return the high or low half of `word` in 64 bits."""
    part = (word >> 16 if high else word).trunc(16)
    return part.sext(64) if signed else part.zext(64)


def accumulator(cpu: Cpu) -> Value:
    """Return the accumulator in 64 bits, its high bits clear."""
    value: Value = (cpu.acchi.zext(64) << 32) | cpu.acclo.zext(64)
    return value


def set_accumulator(cpu: Cpu, value: Value) -> None:
    """Set the accumulator to the low 40 bits of `value`."""
    cpu.acclo = value.trunc(32)
    cpu.acchi = (value >> 32).trunc(32) & 0xFF


def accumulate(cpu: Cpu, operation: str, first: Value, second: Value, halves: str) -> None:
    """Put, add or subtract the product of the named halves."""
    signed = operation != "umul"
    product = half(first, halves[0] == "h", signed) * half(second, halves[1] == "h", signed)
    if operation == "mula":
        product = accumulator(cpu) + product
    elif operation == "muls":
        product = accumulator(cpu) - product
    set_accumulator(cpu, product)


def _multiply(operation: str, op1: int, op2: int, factors: str) -> None:
    for number, halves in enumerate(HALVES):
        _multiply_halves(operation, f"{op2:04b} {op1 | number:04b}", factors, halves)


def _multiply_halves(operation: str, prefix: str, factors: str, halves: str) -> None:
    name = f"{operation}.{factors}.{halves}"
    sign = {"umul": "<-", "mul": "<-", "mula": "<- ACC +", "muls": "<- ACC -"}[operation]
    kind = "unsigned " if operation == "umul" else ""
    doc = f"ACC {sign} the {kind}product of the {halves[0]} and {halves[1]} halves."

    def aa(cpu: Cpu, s: Symbol, t: Symbol) -> None:
        accumulate(cpu, operation, cpu.ar[s], cpu.ar[t], halves)

    def ad(cpu: Cpu, s: Symbol, y: Value) -> None:
        accumulate(cpu, operation, cpu.ar[s], cpu.m[y], halves)

    def da(cpu: Cpu, x: Symbol, t: Symbol) -> None:
        accumulate(cpu, operation, cpu.m[x], cpu.ar[t], halves)

    def dd(cpu: Cpu, x: Symbol, y: Value) -> None:
        accumulate(cpu, operation, cpu.m[x], cpu.m[y], halves)

    for function in (aa, ad, da, dd):
        function.__doc__ = doc
    if factors == "aa":
        insn(f"{prefix} 0000 ssss tttt 0100", f"{name} a{{s}}, a{{t}}")(aa)
    elif factors == "ad":
        insn(f"{prefix} 0000 ssss 0y00 0100", f"{name} a{{s}}, {{y}}", y=SecondM())(ad)
    elif factors == "da":
        insn(f"{prefix} 0x00 0000 tttt 0100", f"{name} m{{x}}, a{{t}}")(da)
    else:
        insn(f"{prefix} 0x00 0000 0y00 0100", f"{name} m{{x}}, {{y}}", y=SecondM())(dd)


def _multiply_load(op2: int, factors: str, halves: str, number: int, step: int) -> None:
    suffix = "ldinc" if step > 0 else "lddec"
    name = f"mula.{factors}.{halves}.{suffix}"
    doc = (
        f"ACC <- ACC + the product of the {halves[0]} and {halves[1]} halves; "
        f"MR[w] <- the word at AR[s] {'+' if step > 0 else '-'} 4, which AR[s] becomes."
    )

    def da(cpu: Cpu, w: Symbol, s: Symbol, x: Symbol, t: Symbol) -> None:
        address = cpu.ar[s] + step
        first, second = cpu.m[x], cpu.ar[t]
        loaded = cpu.load(address, 32)
        accumulate(cpu, "mula", first, second, halves)
        cpu.ar[s] = address
        cpu.m[w] = loaded

    def dd(cpu: Cpu, w: Symbol, s: Symbol, x: Symbol, y: Value) -> None:
        address = cpu.ar[s] + step
        first, second = cpu.m[x], cpu.m[y]
        loaded = cpu.load(address, 32)
        accumulate(cpu, "mula", first, second, halves)
        cpu.ar[s] = address
        cpu.m[w] = loaded

    da.__doc__ = dd.__doc__ = doc
    prefix = f"{op2:04b} {8 | number:04b} 0xww ssss"
    if factors == "da":
        insn(f"{prefix} tttt 0100", f"{name} m{{w}}, a{{s}}, m{{x}}, a{{t}}")(da)
    else:
        insn(f"{prefix} 0y00 0100", f"{name} m{{w}}, a{{s}}, m{{x}}, {{y}}", y=SecondM())(dd)


def _load(op2: int, name: str, step: int) -> None:
    def load(cpu: Cpu, w: Symbol, s: Symbol) -> None:
        address = cpu.ar[s] + step
        loaded = cpu.load(address, 32)
        cpu.ar[s] = address
        cpu.m[w] = loaded

    load.__doc__ = f"MR[w] <- the word at AR[s] {'+' if step > 0 else '-'} 4, which AR[s] becomes."
    insn(f"{op2:04b} 0000 00ww ssss 0000 0100", f"{name} m{{w}}, a{{s}}")(load)


_OP2 = {"dd": 2, "ad": 3, "da": 6, "aa": 7}
for _factors, _op2 in _OP2.items():
    for _operation, _op1 in (("mul", 4), ("mula", 8), ("muls", 12)):
        _multiply(_operation, _op1, _op2, _factors)
_multiply("umul", 0, 7, "aa")
for _number, _halves in enumerate(HALVES):
    _multiply_load(0, "dd", _halves, _number, 4)
    _multiply_load(1, "dd", _halves, _number, -4)
    _multiply_load(4, "da", _halves, _number, 4)
    _multiply_load(5, "da", _halves, _number, -4)
_load(8, "ldinc", 4)
_load(9, "lddec", -4)
