"""A small assembler for tests: text to bytes, by the definitions.

    from twincore.isa.asm import assemble

    code = assemble('''
        movi    a2, 3
        loop    a2, done
        addi    a3, a3, 1
    done:
        ret
    ''', 0x40370000)

A line holds a label (name:), an instruction or a directive, and a comment after # or ;. Operands are registers,
numbers, labels and sums of them (buffer + 4, -table). Directives: .word, .half and .byte with values, .space with a
size, .align and .org, .ascii with a string, .equ with a name and a value, .literal with a name and a value (a word at
the next multiple of 4, which must lie before the l32r that loads it). No instruction is relaxed or replaced by a
shorter one; mnemonics are the definitions'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twincore.errors import TwincoreError
from twincore.isa.definitions import INSTRUCTIONS
from twincore.isa.spec import MASK32, Instruction, Operand, RegisterFile

_LABEL = re.compile(r"\s*([A-Za-z_.$][\w.$]*):")
_TERM = re.compile(r"\s*([+-]?)\s*(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+|[A-Za-z_.$][\w.$]*)")
_HOLE = re.compile(r"[afbmq]?\{(\w)\}")
#: registers with names of their own
_ALIASES = {"sp": 1}


class AssemblyError(TwincoreError):
    """A line of assembly text is wrong; the message names it."""


@dataclass(frozen=True)
class Assembled:
    """What the assembler made: bytes at an address, and where the labels are."""

    address: int
    content: bytes
    symbols: Mapping[str, int]


@dataclass
class _Item:
    """Something of known size in the output, made into bytes when all labels are known."""

    line: int
    address: int
    size: int
    encode: Callable[[], bytes]


@dataclass
class _Assembler:
    address: int
    symbols: dict[str, int] = field(default_factory=dict)
    items: list[_Item] = field(default_factory=list)
    at: int = 0
    line: int = 0
    text: str = ""

    def error(self, problem: str) -> AssemblyError:
        return AssemblyError(f"line {self.line} ({self.text.strip()})", problem)

    def value(self, expression: str) -> int:
        """Return the value of a sum of numbers and names."""
        position, total = 0, 0
        while position < len(expression.rstrip()):
            match = _TERM.match(expression, position)
            if match is None or (position and not match[1]):
                raise self.error(f"expected a number, a label or a sum of them, got {expression.strip()!r}")
            token = match[2]
            if token[0].isdigit():
                term = int(token, 0)
            elif token in self.symbols:
                term = self.symbols[token]
            else:
                raise self.error(f"there is no label {token!r}")
            total += -term if match[1] == "-" else term
            position = match.end()
        if not position:
            raise self.error("an operand is empty")
        return total & MASK32

    def emit(self, size: int, encode: Callable[[], bytes]) -> None:
        self.items.append(_Item(self.line, self.at, size, encode))
        self.at += size

    def define(self, name: str, value: int) -> None:
        if name in self.symbols:
            raise self.error(f"{name} is defined twice")
        self.symbols[name] = value & MASK32

    # --- lines -------------------------------------------------------------------------------------------------------

    def source(self, number: int, text: str) -> None:
        self.line, self.text = number, text
        rest = re.split(r"[#;]", text, maxsplit=1)[0] if '"' not in text else text
        while match := _LABEL.match(rest):
            self.define(match[1], self.at)
            rest = rest[match.end() :]
        words = rest.split(None, 1)
        if not words:
            return
        operands = [part.strip() for part in words[1].split(",")] if len(words) > 1 else []
        if words[0].startswith("."):
            self.directive(words[0], operands, words[1] if len(words) > 1 else "")
        else:
            self.instruction(words[0], operands)

    def directive(self, name: str, operands: list[str], rest: str) -> None:
        sizes = {".word": 4, ".half": 2, ".byte": 1}
        if name in sizes:
            for operand in operands:
                self.data(sizes[name], operand)
        elif name == ".space":
            self.fill(self.value(operands[0]))
        elif name == ".align":
            self.fill(-self.at % self.value(operands[0]))
        elif name == ".org":
            self.fill(self.value(operands[0]) - self.at)
        elif name == ".ascii":
            content = rest.strip()[1:-1].encode().decode("unicode_escape").encode("latin-1")
            self.emit(len(content), lambda: content)
        elif name == ".literal":
            self.fill(-self.at % 4)
            self.define(operands[0], self.at)
            self.data(4, operands[1])
        elif name == ".equ":
            self.define(operands[0], self.value(operands[1]))
        else:
            raise self.error(f"there is no directive {name}")

    def fill(self, size: int) -> None:
        if size < 0:
            raise self.error(f"the address {self.at:#x} is already beyond")
        self.emit(size, lambda: bytes(size))

    def data(self, size: int, expression: str) -> None:
        mask = (1 << 8 * size) - 1
        self.emit(size, self.later(lambda: (self.value(expression) & mask).to_bytes(size, "little")))

    def later(self, encode: Callable[[], bytes]) -> Callable[[], bytes]:
        """Keep the line for error messages until all labels are known."""
        line, text = self.line, self.text

        def call() -> bytes:
            self.line, self.text = line, text
            return encode()

        return call

    # --- instructions ------------------------------------------------------------------------------------------------

    def instruction(self, name: str, operands: list[str]) -> None:
        instruction = INSTRUCTIONS.get(name)
        if instruction is None:
            raise self.error(f"there is no instruction {name}")
        letters = _HOLE.findall(instruction.text)
        if len(letters) != len(operands):
            raise self.error(f"expected {instruction.text!r}, got {len(operands)} operands")
        pc = self.at
        self.emit(instruction.length, self.later(lambda: self.encode(instruction, letters, operands, pc)))

    def encode(self, instruction: Instruction, letters: list[str], operands: list[str], pc: int) -> bytes:
        word = instruction.match
        for letter, text in zip(letters, operands, strict=True):
            operand = instruction.operands[letter]
            word |= operand.place(self.raw(operand, text, pc))
        return word.to_bytes(instruction.length, "little")

    def raw(self, operand: Operand, text: str, pc: int) -> int:
        """Return the field for an operand's text."""
        immediate = operand.immediate
        prefix = operand.file.value if operand.file else immediate.prefix if immediate else ""
        if operand.file is RegisterFile.AR and text in _ALIASES:
            return _ALIASES[text]
        if operand.file is RegisterFile.BR:
            text = text.split(":")[0]
        if prefix:
            if not re.fullmatch(rf"{prefix}\d+", text):
                raise self.error(f"expected a register {prefix}0, {prefix}1..., got {text!r}")
            number = int(text[1:])
            if immediate is None:
                if number >> len(operand.positions):
                    raise self.error(f"there is no register {text} here")
                return number
        else:
            number = self.value(text)
        assert immediate is not None
        if immediate.relative:
            number = (number - pc) & MASK32
        try:
            return immediate.encode(number, pc)
        except ValueError as problem:
            raise self.error(f"{text}: {problem}") from None


def assemble_program(text: str, address: int, symbols: Mapping[str, int] | None = None) -> Assembled:
    """Return the bytes of `text` placed at `address`, and its labels; AssemblyError says which line is wrong.

    `symbols` are names known beforehand.
    """
    assembler = _Assembler(address, dict(symbols or {}), at=address)
    for number, line in enumerate(text.splitlines(), 1):
        assembler.source(number, line)
    content = b""
    for item in assembler.items:
        piece = item.encode()
        assert len(piece) == item.size
        content += piece
    return Assembled(address, content, assembler.symbols)


def assemble(text: str, address: int, symbols: Mapping[str, int] | None = None) -> bytes:
    """Return the bytes of `text` placed at `address`; AssemblyError says which line is wrong."""
    return assemble_program(text, address, symbols).content


__all__ = ["Assembled", "AssemblyError", "assemble", "assemble_program"]
