"""Runs the definitions in pure Python: each traced block becomes the source of one Python function.

The functions say plainly what a definition means; `source` returns the text. They work on a core that has every
register of isa.state as an attribute (arrays as lists) and the methods of `Environment` for what a definition cannot do
by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from twincore.isa import config, ir, state
from twincore.isa.address_space import Trap
from twincore.isa.spec import Instruction, Routine

_ARRAYS = frozenset(r.name for r in state.REGISTERS if r.count > 1)


class Environment(Protocol):
    """What a function of a definition calls on its core, besides reading and writing registers."""

    def load(self, address: int, size: int, aligned: bool) -> int:
        """Return `size` bytes (1, 2, 4) at `address`, or raise Trap."""

    def store(self, address: int, size: int, value: int, aligned: bool) -> None:
        """Store `size` bytes at `address`, or raise Trap."""

    def exchange(self, address: int, expected: int, new: int) -> int:
        """Carry out S32C1I on an aligned word and return its old value, or raise Trap."""

    def host(self, what: str, *arguments: int) -> int:
        """Answer Cpu.host."""

    def call(self, routine: str, *arguments: int) -> None:
        """Carry out the routine of that name (Cpu.call)."""


def signed(value: int, bits: int) -> int:
    """Return an unsigned number of `bits` bits as the signed one of the same pattern."""
    return value - (1 << bits) if value >> (bits - 1) else value


def left(value: int, amount: int, bits: int) -> int:
    """Shift left; ValueError where the definition did not guard the amount."""
    if amount >= bits:
        raise ValueError(f"a definition shifts {bits} bits by {amount}")
    return (value << amount) & ((1 << bits) - 1)


def right(value: int, amount: int, bits: int) -> int:
    """Shift right, zeros coming in; ValueError where the definition did not guard the amount."""
    if amount >= bits:
        raise ValueError(f"a definition shifts {bits} bits by {amount}")
    return value >> amount


def right_signed(value: int, amount: int, bits: int) -> int:
    """Shift right, the sign coming in; ValueError where the definition did not guard the amount."""
    if amount >= bits:
        raise ValueError(f"a definition shifts {bits} bits by {amount}")
    return (signed(value, bits) >> amount) & ((1 << bits) - 1)


def divide(value: int, divisor: int, bits: int) -> int:
    """Divide signed numbers towards zero."""
    dividend, by = signed(value, bits), signed(divisor, bits)
    quotient = abs(dividend) // abs(by)
    return (quotient if (dividend < 0) == (by < 0) else -quotient) & ((1 << bits) - 1)


def remainder(value: int, divisor: int, bits: int) -> int:
    """Return the remainder of a signed division, of the dividend's sign."""
    dividend, by = signed(value, bits), signed(divisor, bits)
    rest = abs(dividend) % abs(by)
    return (-rest if dividend < 0 else rest) & ((1 << bits) - 1)


_GLOBALS = {
    "Trap": Trap,
    "signed": signed,
    "left": left,
    "right": right,
    "right_signed": right_signed,
    "divide": divide,
    "remainder": remainder,
}
_PLAIN = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^", "udiv": "//", "urem": "%"}
_HELPERS = {"shl": "left", "lshr": "right", "ashr": "right_signed", "sdiv": "divide", "srem": "remainder"}
_COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Printer:
    """Prints one block as Python statements."""

    def __init__(self, *, routine: bool) -> None:
        self.routine = routine
        self.names: dict[int, str] = {}

    def value(self, value: object) -> str:
        """Return the Python expression of a traced value."""
        assert isinstance(value, ir.Value)
        if value.op.name == "const":
            number = value.op.args[0]
            assert isinstance(number, int)
            return str(number) if number < 10 else hex(number)
        return self.names[id(value.op)]

    def statements(self, block: ir.Block, indent: str) -> Iterator[str]:
        """Return the lines of a block."""
        for op in block.ops:
            if op.name == "when":
                assert op.body is not None
                yield f"{indent}if {self.value(op.args[0])}:"
                yield from list(self.statements(op.body, indent + "    ")) or [f"{indent}    pass"]
            elif op.bits:
                expression = self.expression(op)
                self.names[id(op)] = f"v{len(self.names)}"
                yield f"{indent}{self.names[id(op)]} = {expression}"
            else:
                for line in self.effect(op):
                    yield indent + line

    def register(self, name: str, index: object) -> str:
        """Return the Python expression of a register, to read it or to assign to it."""
        where = str(index) if isinstance(index, int | str) else self.value(index)
        if name == "ar":
            return f"core.ar[(core.windowbase * 4 + {where}) % {config.AR_COUNT}]"
        if name in _ARRAYS:
            return f"core.{name}[{where}]"
        return f"core.{name}"

    def expression(self, op: ir.Op) -> str:
        """Return the Python expression of an operation with a result."""
        args, name, bits = op.args, op.name, op.bits
        if name in _PLAIN:
            text = f"{self.value(args[0])} {_PLAIN[name]} {self.value(args[1])}"
            return f"({text}) & {hex((1 << bits) - 1)}" if name in ("add", "sub", "mul") else text
        if name in _HELPERS:
            return f"{_HELPERS[name]}({self.value(args[0])}, {self.value(args[1])}, {bits})"
        if name in ir.COMPARE:
            return self.comparison(op)
        if name == "select":
            return f"{self.value(args[1])} if {self.value(args[0])} else {self.value(args[2])}"
        if name in ("zext", "trunc", "sext", "ctlz"):
            return self.conversion(op)
        if name in ("operand", "address"):
            return str(args[0])
        if name == "argument":
            return f"argument{args[0]}"
        if name == "get":
            return self.register(str(args[0]), args[1])
        if name == "load":
            assert isinstance(args[1], int)
            return f"core.load({self.value(args[0])}, {args[1] // 8}, {args[2]})"
        if name == "exchange":
            return f"core.exchange({', '.join(self.value(a) for a in args)})"
        if name == "host":
            return self.call(op)
        raise ValueError(f"no such operation: {name}")

    def comparison(self, op: ir.Op) -> str:
        """Return the Python expression of a comparison: 0 or 1."""
        first, second = op.args
        assert isinstance(first, ir.Value)
        a, b = self.value(first), self.value(second)
        if op.name[0] == "s":
            a, b = f"signed({a}, {first.bits})", f"signed({b}, {first.bits})"
        return f"int({a} {_COMPARE[op.name[-2:]]} {b})"

    def conversion(self, op: ir.Op) -> str:
        """Return the Python expression of a change of width or of counting leading zeros."""
        value = op.args[0]
        assert isinstance(value, ir.Value)
        text = self.value(value)
        if op.name == "zext":
            return text
        if op.name == "sext":
            return f"signed({text}, {value.bits}) & {hex((1 << op.bits) - 1)}"
        if op.name == "trunc":
            return f"{text} & {hex((1 << op.bits) - 1)}"
        return f"{op.bits} - {text}.bit_length()"

    def call(self, op: ir.Op) -> str:
        """Return the Python expression that asks the host."""
        return f"core.host({', '.join([repr(op.args[0]), *(self.value(a) for a in op.args[1:])])})"

    def effect(self, op: ir.Op) -> Iterator[str]:
        """Return the lines of an operation without a result."""
        args, name = op.args, op.name
        if name == "set":
            yield f"{self.register(str(args[0]), args[1])} = {self.value(args[2])}"
        elif name == "store":
            assert isinstance(args[1], int)
            yield f"core.store({self.value(args[0])}, {args[1] // 8}, {self.value(args[2])}, {args[3]})"
        elif name == "rotate":
            yield f"core.windowbase = (core.windowbase + {self.value(args[0])}) % {config.WINDOWS}"
        elif name == "host":
            yield self.call(op)
        elif name == "call":
            yield f"core.call({', '.join([repr(args[0]), *(self.value(a) for a in args[1:])])})"
        elif name == "raise":
            vaddr = "core.excvaddr" if args[1] is None else self.value(args[1])
            yield f"raise Trap({self.value(args[0])}, {vaddr})"
        elif name == "jump_to":
            yield f"return {args[0]}"
        elif name in ("jump", "resume"):
            if self.routine:
                yield f"core.pc = {self.value(args[0])}"
                yield "return True"
            else:
                yield f"return {self.value(args[0])}"
        elif name == "recheck":
            return  # the reference looks at everything before every instruction
        else:
            raise ValueError(f"no such operation: {name}")


def source(definition: Instruction | Routine) -> str:
    """Return the Python source of a definition's function.

    An instruction's takes the core and the operands by their letters, pc-relative ones as addresses, and returns where
    to go on, or None for the next instruction. A routine's takes the core and its arguments and returns whether it set
    pc.
    """
    routine = isinstance(definition, Routine)
    if isinstance(definition, Routine):
        parameters = [f"argument{k}" for k in range(definition.arguments)]
        last = "    return False"
    else:
        parameters = list(definition.operands)
        last = "    return None"
    printer = Printer(routine=routine)
    name = definition.name.replace(".", "_")
    lines = [f"def op_{name}({', '.join(['core', *parameters])}):", *printer.statements(definition.block, "    "), last]
    return "\n".join(lines) + "\n"


def compile_definition(definition: Instruction | Routine) -> Callable[..., Any]:
    """Return the Python function of a definition (see `source`)."""
    scope: dict[str, Any] = dict(_GLOBALS)
    exec(compile(source(definition), f"<definition of {definition.name}>", "exec"), scope)
    function: Callable[..., Any] = scope[f"op_{definition.name.replace('.', '_')}"]
    return function


__all__ = ["Environment", "Trap", "compile_definition", "signed", "source"]
