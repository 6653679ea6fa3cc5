"""Tells code from literals and padding: follows every way that execution can take through an image.

It begins at the image's entry, at functions whose names are known, at the exception vectors, at everything that looks
like the first instruction of a function, and where words of data or literals point. From there on it follows the next
instruction, jumps, branches and calls. What an l32r loads is a literal. Bytes that nothing leads to are no code; code
that is only reached by an address computed at run time counts as none too.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from twincore.isa.decode import decode, length

_RETURNS = {"ret", "ret.n", "retw", "retw.n", "rfe", "rfi", "rfde", "rfdd", "rfdo", "rfwo", "rfwu"}
_ENDS = {"j", "jx", "ill", "ill.n"} | _RETURNS
"""No instruction follows these."""
_VECTORS = (0, 0x40, 0x80, 0xC0, 0x100, 0x140, 0x180, 0x1C0, 0x200, 0x240, 0x280, 0x2C0, 0x300, 0x340, 0x380, 0x3C0)
"""Offsets of the LX7's vectors from VECBASE: windows, interrupts of levels 2 to 7, kernel, user, double exception; the
last of these is at 0x3C0 in ESP-IDF, at 0x380 in esp-hal."""
_VECTOR_TABLE = 0x400
"""Bytes of the table, and what its address is a multiple of."""
_WINDOW_OVERFLOW_4 = bytes.fromhex("00c549")
"""s32e a0, a5, -16: the first instruction of every table of vectors that serves register windows."""
_ENTRY = 0x36
"""The first byte of `entry`."""
_MAX_FRAME_UNITS = 0xFF


@dataclass(frozen=True)
class Piece:
    """Bytes at a guest address."""

    address: int
    content: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + len(self.content)


class CodeMap:
    """Where the instructions of `code` are; `data` is searched for pointers, `entries` are where execution begins."""

    def __init__(self, code: Sequence[Piece], data: Sequence[Piece], entries: Iterable[int]) -> None:
        self._code = sorted(code, key=lambda piece: piece.address)
        self._starts = [piece.address for piece in self._code]
        self._sizes: dict[int, int] = {}
        """Bytes of each instruction that was reached, by its address."""
        self._literals: set[int] = set()
        roots = {*entries, *self._functions(), *self._vectors(), *self._pointers(data)}
        while True:  # a literal may have been taken for code before the l32r that loads it was found
            known = len(self._literals)
            self._sizes.clear()
            self._follow([*roots, *self._pointers(self._literal_words())])
            if len(self._literals) == known:
                break

    def spans(self, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
        """Divide addresses into (start, stop, whether they are code), in order and without gaps."""
        at = start
        while at < stop:
            is_code = at in self._sizes
            end = at
            while end < stop and (end in self._sizes) == is_code:
                end += self._sizes.get(end, 1)
            yield at, min(end, stop), is_code
            at = end

    def _follow(self, waiting: list[int]) -> None:
        """Mark everything that execution can reach."""
        while waiting:
            address = waiting.pop()
            while address not in self._sizes:
                piece = self._piece(address)
                if piece is None:
                    break
                at = address - piece.address
                size = length(piece.content[at])
                if not self._literals.isdisjoint((address & ~3, address + size - 1 & ~3)):
                    break
                word = piece.content[at : at + size]
                decoded = decode(int.from_bytes(word, "little"), address) if len(word) == size else None
                if decoded is None:
                    break
                self._sizes[address] = size
                instruction, operands = decoded
                for letter, operand in instruction.operands.items():
                    if operand.immediate is not None and operand.immediate.relative:
                        if instruction.name == "l32r":
                            self._literals.add(operands[letter])
                        else:
                            waiting.append(operands[letter])
                if instruction.name in _ENDS:
                    break
                address += size

    def _piece(self, address: int) -> Piece | None:
        index = bisect.bisect_right(self._starts, address) - 1
        return self._code[index] if index >= 0 and address < self._code[index].end else None

    def _functions(self) -> Iterator[int]:
        """Yield what looks like the first instruction of a function: `entry a1, ...`, aligned, with a usual frame."""
        for piece in self._code:
            first = -piece.address % 4
            for at in range(first, len(piece.content) - 2, 4):
                low, middle, high = piece.content[at : at + 3]
                if low == _ENTRY and middle & 15 == 1 and 2 <= (middle >> 4 | high << 4) <= _MAX_FRAME_UNITS:
                    yield piece.address + at

    def _vectors(self) -> Iterator[int]:
        """Yield the vectors of all tables."""
        for piece in self._code:
            for at in range(-piece.address % _VECTOR_TABLE, len(piece.content), _VECTOR_TABLE):
                if piece.content.startswith(_WINDOW_OVERFLOW_4, at):
                    table = piece.content[at : at + _VECTOR_TABLE]
                    yield from (piece.address + at + offset for offset in _VECTORS if any(table[offset : offset + 3]))

    def _pointers(self, data: Iterable[Piece]) -> Iterator[int]:
        """Yield words of data that are the address of something that may be an instruction."""
        for piece in data:
            first = -piece.address % 4
            usable = (len(piece.content) - first) // 4 * 4
            for (value,) in struct.iter_unpack("<I", piece.content[first : first + usable]):
                if self._piece(value) is not None:
                    yield value

    def _literal_words(self) -> Iterator[Piece]:
        for address in self._literals:
            piece = self._piece(address)
            if piece is not None:
                yield Piece(address, piece.content[address - piece.address :][:4])
