"""From instruction words to text, as GNU objdump writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from twincore.isa.decode import decode, length
from twincore.isa.spec import Operand, RegisterFile

Names = Callable[[int], str | None]
"""Returns what a symbol table calls an address (name, name+0x10), or None."""

#: operands that are a group of booleans: how many
_GROUPS = {"any4": 4, "all4": 4, "any8": 8, "all8": 8}


@dataclass(frozen=True, slots=True)
class Line:
    """One disassembled instruction, or bytes that are none."""

    address: int
    content: bytes
    text: str

    def __str__(self) -> str:
        return f"{self.address:8x}:\t{self.content[::-1].hex():8}\t{self.text}"


def disassemble(word: int, pc: int, names: Names | None = None) -> str:
    """Return the text of the instruction in `word` (little-endian) at `pc`; `.byte ...` where there is none.

    Mnemonic and operands are a tab apart. `names` adds the symbol of an address in angle brackets.
    """
    decoded = decode(word, pc)
    if decoded is None:
        size = length(word)
        return ".byte\t" + ", ".join(
            f"0x{byte:02x}" for byte in (word & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        )
    instruction, operands = decoded
    mnemonic, _, rest = instruction.text.partition(" ")
    for letter, operand in instruction.operands.items():
        text = _operand(mnemonic, operand, operands[letter], names)
        prefix = operand.file.value if operand.file else ""
        rest = rest.replace(f"{prefix}{{{letter}}}", text)
    return f"{mnemonic}\t{rest}" if rest else mnemonic


def _operand(mnemonic: str, operand: Operand, value: int, names: Names | None) -> str:
    if operand.file is not None:
        size = _GROUPS.get(mnemonic) if operand.file is RegisterFile.BR and operand.letter == "s" else None
        if size:
            first = value & (16 - size)
            return ":".join(f"b{first + k}" for k in range(size))
        return f"{operand.file.value}{value}"
    assert operand.immediate is not None
    if operand.immediate.relative:
        name = names(value) if names else None
        return f"{value:x} <{name}>" if name else f"{value:x}"
    return operand.immediate.text(value)


def lines(content: bytes | memoryview, address: int, names: Names | None = None) -> Iterator[Line]:
    """Return the lines of code that lies at `address`; a last incomplete instruction is written as bytes."""
    at = 0
    while at < len(content):
        size = length(content[at])
        piece = bytes(content[at : at + size])
        if len(piece) < size:
            yield Line(address + at, piece, ".byte\t" + ", ".join(f"0x{byte:02x}" for byte in piece))
            return
        yield Line(address + at, piece, disassemble(int.from_bytes(piece, "little"), address + at, names))
        at += size
