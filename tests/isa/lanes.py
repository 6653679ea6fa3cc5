"""An evaluator of traced instructions over many operands at once, in numpy; written apart from the reference.

Every lane is a CPU of its own. It also checks that no shift of a lane that counts reaches the width of its operand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twincore.isa.ir import Block, Op, Value
from twincore.isa.spec import INSTRUCTIONS

TYPES = {1: np.uint8, 8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
SIGNED = {1: np.int8, 8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}
Array = Any


class Lanes:
    """Registers of all lanes: f, ar, br, fcr, fsr as arrays of 32 bits (single numbers are spread)."""

    def __init__(self, count: int, fcr: int = 0) -> None:
        self.count = count
        zeros = np.zeros(count, np.uint32)
        self.f = [zeros] * 16
        self.ar = [zeros] * 16
        self.br = self.fsr = zeros
        self.cpenable = self.spread(1)
        self.fcr = self.spread(fcr)
        self.faults = np.zeros(count, bool)

    def spread(self, number: Any) -> Array:
        """Return a number or array as 32-bit lanes."""
        return np.broadcast_to(np.asarray(number).astype(np.uint32), (self.count,))

    def run(self, text: str) -> None:
        """Execute one instruction, written as the assembler wants it."""
        name, _, rest = text.partition(" ")
        instruction = INSTRUCTIONS[name]
        template = instruction.text.partition(" ")[2]
        operands = {}
        for form, given in zip(template.split(","), rest.split(","), strict=True):
            letter = form[form.index("{") + 1]
            operands[letter] = int(given.strip().lstrip("afb"))
        self._block(instruction.block, operands, {}, np.ones(self.count, bool))

    def _block(self, block: Block, operands: dict[str, int], values: dict[int, Array], active: Array) -> Array:
        for op in block.ops:
            if op.name == "when":
                assert op.body is not None
                taken = active & self._value(op.args[0], values).astype(bool)
                active = active & ~self._block(op.body, operands, values, taken)
            elif op.name == "raise":
                self.faults = self.faults | active
                return active
            elif op.name == "set":
                self._set(op, operands, values, active)
            else:
                values[id(op)] = self._compute(op, operands, values, active)
        return np.zeros(self.count, bool)  # lanes that left

    def _value(self, argument: object, values: dict[int, Array]) -> Array:
        assert isinstance(argument, Value)
        if argument.op.name == "const":
            return np.asarray(argument.op.args[0], TYPES[argument.bits])
        return values[id(argument.op)]

    def _set(self, op: Op, operands: dict[str, int], values: dict[int, Array], active: Array) -> None:
        name, index, new = op.args
        new = self._value(new, values)
        assert isinstance(name, str)
        target = getattr(self, name)
        if isinstance(target, list):
            number = operands[index] if isinstance(index, str) else index
            assert isinstance(number, int)
            target[number] = np.where(active, new, target[number]).astype(np.uint32)
        else:
            setattr(self, name, np.where(active, new, target).astype(np.uint32))

    def _compute(self, op: Op, operands: dict[str, int], values: dict[int, Array], active: Array) -> Array:
        if op.name == "get":
            name, index = op.args
            target = getattr(self, str(name))
            return target[operands[index] if isinstance(index, str) else index] if isinstance(target, list) else target
        if op.name == "operand":
            return np.asarray(operands[str(op.args[0])], np.uint32)
        args = [self._value(argument, values) for argument in op.args]
        assert isinstance(op.args[0], Value)
        bits, kind = op.args[0].bits, TYPES[op.bits]
        if op.name in ("shl", "lshr", "ashr"):
            assert (args[1] < bits).all() or (np.broadcast_to(args[1], active.shape)[active] < bits).all(), op
            amount = args[1].astype(SIGNED[bits] if op.name == "ashr" else TYPES[bits])
            if op.name == "shl":
                return (args[0] << amount).astype(kind)
            return (args[0].astype(SIGNED[bits] if op.name == "ashr" else TYPES[bits]) >> amount).astype(kind)
        if op.name in ("slt", "sle", "sgt", "sge"):
            left, right = (a.astype(SIGNED[bits]) for a in args)
            return COMPARE[op.name[1:]](left, right).astype(np.uint8)
        if op.name in ("eq", "ne", "ult", "ule", "ugt", "uge"):
            return COMPARE[op.name[-2:]](*args).astype(np.uint8)
        if op.name == "select":
            return np.where(args[0].astype(bool), args[1], args[2]).astype(kind)
        if op.name == "ctlz":
            return _leading_zeros(args[0], bits)
        if op.name == "trunc":
            return args[0].astype(kind) & kind(1) if op.bits == 1 else args[0].astype(kind)
        if op.name == "zext":
            return args[0].astype(kind)
        result = BINARY[op.name](*args).astype(kind)
        return result & kind(1) if op.bits == 1 else result


def _leading_zeros(array: Array, bits: int) -> Array:
    count = np.full(array.shape, bits, np.uint64)
    rest, step = array.astype(np.uint64), bits // 2
    while step:
        high = rest >> np.uint64(step)
        moved = high != 0
        count = np.where(moved, count - np.uint64(step), count)
        rest = np.where(moved, high, rest)
        step //= 2
    return np.where(rest != 0, count - np.uint64(1), count).astype(TYPES[bits])


COMPARE = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater}
COMPARE["ge"] = np.greater_equal
BINARY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "and": np.bitwise_and, "or": np.bitwise_or}
BINARY["xor"] = np.bitwise_xor
