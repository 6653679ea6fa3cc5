"""What a traced definition becomes: a list of small typed operations on integers.

A definition runs once, on symbols; each operation it performs is appended to a block. The reference evaluates that
list in Python and the native back end prints it as LLVM, so both mean the same by construction.

Values are unsigned integers of 1, 8, 16, 32 or 64 bits; a shift by the width or more must be guarded by the definition
(widen to 64 bits first), and so must a division by zero. There is no floating point: hosts differ in NaNs and LLVM
rounds to nearest only, so isa.fpu computes in integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Union

#: operations that compute a value from values only
BINARY = ("add", "sub", "mul", "and", "or", "xor", "shl", "lshr", "ashr", "udiv", "urem", "sdiv", "srem")
COMPARE = ("eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge")


@dataclass(slots=True, eq=False)
class Op:
    """One operation: its name, operands (values, integers or names), and the width of its result (0: none)."""

    name: str
    args: tuple[object, ...] = ()
    bits: int = 0
    body: Block | None = None  # of "when"


@dataclass(slots=True, eq=False)
class Block:
    """Operations in order; control leaves at the end, or earlier through "jump", "raise" and the like."""

    ops: list[Op] = field(default_factory=list)


Number = Union["Value", int]


@dataclass(slots=True, eq=False)
class Value:
    """The symbol that a definition computes with; every operator appends an operation to the trace."""

    trace: Trace
    op: Op

    @property
    def bits(self) -> int:
        """Return the width in bits."""
        return self.op.bits

    def __bool__(self) -> bool:
        raise TypeError("a guest value has no truth in Python: use select() or cpu.when()")

    def _binary(self, name: str, other: Number, *, swap: bool = False) -> Value:
        right = self.trace.value(other, self.bits)
        if right.bits != self.bits:
            raise TypeError(f"{name} of {self.bits} and {right.bits} bits")
        return self.trace.emit(name, (right, self) if swap else (self, right), self.bits)

    def _compare(self, name: str, other: Number) -> Value:
        right = self.trace.value(other, self.bits)
        if right.bits != self.bits:
            raise TypeError(f"{name} of {self.bits} and {right.bits} bits")
        return self.trace.emit(name, (self, right), 1)

    def __add__(self, other: Number) -> Value:
        return self._binary("add", other)

    def __radd__(self, other: int) -> Value:
        return self._binary("add", other, swap=True)

    def __sub__(self, other: Number) -> Value:
        return self._binary("sub", other)

    def __rsub__(self, other: int) -> Value:
        return self._binary("sub", other, swap=True)

    def __mul__(self, other: Number) -> Value:
        return self._binary("mul", other)

    def __and__(self, other: Number) -> Value:
        return self._binary("and", other)

    __rand__ = __and__

    def __or__(self, other: Number) -> Value:
        return self._binary("or", other)

    __ror__ = __or__

    def __xor__(self, other: Number) -> Value:
        return self._binary("xor", other)

    __rxor__ = __xor__

    def __lshift__(self, other: Number) -> Value:
        return self._binary("shl", other)

    def __rlshift__(self, other: int) -> Value:
        return self._binary("shl", other, swap=True)

    def __rshift__(self, other: Number) -> Value:
        """Shift right, zeros coming in."""
        return self._binary("lshr", other)

    def __invert__(self) -> Value:
        return self._binary("xor", -1)

    def __neg__(self) -> Value:
        return self._binary("sub", 0, swap=True)

    def __eq__(self, other: object) -> Value:  # type: ignore[override]
        return self._compare("eq", _number(other))

    def __ne__(self, other: object) -> Value:  # type: ignore[override]
        return self._compare("ne", _number(other))

    __hash__ = None  # type: ignore[assignment]

    def sra(self, other: Number) -> Value:
        """Shift right, the sign coming in."""
        return self._binary("ashr", other)

    def ult(self, other: Number) -> Value:
        """Compare unsigned: less than."""
        return self._compare("ult", other)

    def ugt(self, other: Number) -> Value:
        """Compare unsigned: greater than."""
        return self._compare("ugt", other)

    def uge(self, other: Number) -> Value:
        """Compare unsigned: greater than or equal."""
        return self._compare("uge", other)

    def slt(self, other: Number) -> Value:
        """Compare signed: less than."""
        return self._compare("slt", other)

    def sle(self, other: Number) -> Value:
        """Compare signed: less than or equal."""
        return self._compare("sle", other)

    def sgt(self, other: Number) -> Value:
        """Compare signed: greater than."""
        return self._compare("sgt", other)

    def sge(self, other: Number) -> Value:
        """Compare signed: greater than or equal."""
        return self._compare("sge", other)

    def udiv(self, other: Number) -> Value:
        """Divide unsigned; the divisor must not be 0."""
        return self._binary("udiv", other)

    def urem(self, other: Number) -> Value:
        """Return the unsigned remainder; the divisor must not be 0."""
        return self._binary("urem", other)

    def sdiv(self, other: Number) -> Value:
        """Divide signed, towards zero; neither a divisor of 0 nor the overflowing minimum by -1."""
        return self._binary("sdiv", other)

    def srem(self, other: Number) -> Value:
        """Return the signed remainder, of the dividend's sign; same limits as sdiv."""
        return self._binary("srem", other)

    def zext(self, bits: int) -> Value:
        """Widen with zeros."""
        return self if bits == self.bits else self.trace.emit("zext", (self,), bits)

    def sext(self, bits: int) -> Value:
        """Widen with the sign."""
        return self if bits == self.bits else self.trace.emit("sext", (self,), bits)

    def trunc(self, bits: int) -> Value:
        """Keep the low bits."""
        return self if bits == self.bits else self.trace.emit("trunc", (self,), bits)

    def clz(self) -> Value:
        """Count the leading zeros; the width for 0."""
        return self.trace.emit("ctlz", (self,), self.bits)

    def bit(self, number: int) -> Value:
        """Return bit `number` as one bit."""
        return (self >> number).trunc(1) if number else self.trunc(1)

    def field(self, high: int, low: int) -> Value:
        """Return bits high..low, shifted down, in the same width."""
        return (self >> low if low else self) & ((1 << (high - low + 1)) - 1)


def _number(other: object) -> Number:
    if isinstance(other, Value | int):
        return other
    raise TypeError(f"a guest value cannot be compared with {other!r}")


class Trace:
    """Collects the operations of one definition; `block` is where the next one goes."""

    def __init__(self) -> None:
        self.root = Block()
        self.block = self.root

    def emit(self, name: str, args: tuple[object, ...] = (), bits: int = 0) -> Value:
        """Append an operation and return its result."""
        op = Op(name, args, bits)
        self.block.ops.append(op)
        return Value(self, op)

    def value(self, number: Number, bits: int = 32) -> Value:
        """Return `number` as a value: itself, or an integer as a constant of `bits` bits."""
        if isinstance(number, Value):
            return number
        return Value(self, Op("const", (number & ((1 << bits) - 1),), bits))

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Make the operations traced inside happen only if `condition` (one bit) is set."""
        if condition.bits != 1:
            raise TypeError(f"a condition has 1 bit, not {condition.bits}")
        outer, inner = self.block, Block()
        outer.ops.append(Op("when", (condition,), 0, inner))
        self.block = inner
        try:
            yield
        finally:
            self.block = outer


def select(condition: Value, yes: Number, no: Number) -> Value:
    """Return `yes` where the one-bit condition is set, else `no`; both are computed."""
    trace = condition.trace
    bits = yes.bits if isinstance(yes, Value) else no.bits if isinstance(no, Value) else 32
    first, second = trace.value(yes, bits), trace.value(no, bits)
    if first.bits != second.bits or condition.bits != 1:
        raise TypeError(f"select of {condition.bits}, {first.bits} and {second.bits} bits")
    return trace.emit("select", (condition, first, second), bits)
