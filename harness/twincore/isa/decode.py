"""From instruction words to definitions: the length of a word, and the instruction and operands it encodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from twincore.isa.definitions import INSTRUCTIONS
from twincore.isa.spec import MASK32, Instruction


def length(first: int) -> int:
    """Return the bytes of an instruction that starts with the byte `first`, known or not.

    The low four bits tell: 8..13 are the Code Density Option's 16-bit forms, 14 and 15 the 32-bit forms of PIE.
    """
    op0 = first & 15
    return 3 if op0 < 8 else 2 if op0 < 14 else 4


@dataclass(slots=True)
class Node:
    """A step of the decision tree: bits that all instructions below fix, and what follows for each value of them."""

    mask: int
    children: dict[int, Node | Instruction] = field(default_factory=dict)


def build(instructions: Iterable[Instruction], used: int = 0) -> Node | Instruction:
    """Return the decision tree of instructions of one length; ValueError names instructions that overlap."""
    members = list(instructions)
    common = MASK32 & ~used
    for instruction in members:
        common &= instruction.mask
    if not common:
        if len(members) == 1:
            return members[0]
        raise ValueError(f"overlapping encodings: {', '.join(i.name for i in members)}")
    groups: dict[int, list[Instruction]] = {}
    for instruction in members:
        groups.setdefault(instruction.match & common, []).append(instruction)
    return Node(common, {value: build(group, used | common) for value, group in groups.items()})


@cache
def trees() -> dict[int, Node | Instruction]:
    """Return the decision tree of each length in bytes."""
    by_length: dict[int, list[Instruction]] = {}
    for instruction in INSTRUCTIONS.values():
        by_length.setdefault(instruction.length, []).append(instruction)
    return {size: build(members) for size, members in by_length.items()}


def find(word: int) -> Instruction | None:
    """Return the instruction that `word` (little-endian, more bytes do not matter) encodes, or None."""
    node = trees().get(length(word))
    while isinstance(node, Node):
        node = node.children.get(word & node.mask)
    return node


def decode(word: int, pc: int) -> tuple[Instruction, dict[str, int]] | None:
    """Return the instruction and its operands by letter, or None where there is no such instruction.

    A register is its number, an immediate its value in 32 bits, and a pc-relative operand the address it names.
    """
    instruction = find(word)
    if instruction is None:
        return None
    operands = {}
    for letter, operand in instruction.operands.items():
        value = operand.raw(word)
        if operand.immediate is not None:
            value = operand.immediate.decode(value, pc)
            if operand.immediate.relative:
                value += pc
        operands[letter] = value & MASK32
    return instruction, operands
