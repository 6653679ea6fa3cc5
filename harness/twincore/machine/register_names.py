"""Names of registers that no peripheral models, for messages: read from a chip's list when one is needed."""

from __future__ import annotations

import bisect
from pathlib import Path
from typing import NamedTuple

from twincore.errors import PlatformError

_PAGE = 0x1000
"""A block ends before the next multiple of so many bytes, or before the next block."""


class _Block(NamedTuple):
    """A block's base, its name, what it is in words, and its registers by offset."""

    base: int
    name: str
    title: str
    registers: dict[int, str]


class RegisterNames:
    """Looks names up by address; the file is read at the first look-up.

    A line "BLOCK base" begins a block, with what it is in words behind it ("BLOCK base = OTHER": with the registers of
    another one, and its words); the lines below it are "offset NAME", or "offset NAME{} count distance" for an array.
    Lines that begin with "#" are remarks.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._blocks: list[_Block] | None = None if path else []

    def name_of(self, address: int) -> str:
        """Return "BLOCK.REGISTER", "BLOCK+0x<offset>" within a known block, or the address of the word."""
        address &= ~3
        block = self._find(address)
        if block is None:
            return f"{address:#010x}"
        offset = address - block.base
        name = block.registers.get(offset)
        return f"{block.name}.{name}" if name else f"{block.name}+{offset:#x}"

    def title_of(self, address: int) -> str:
        """Return what the block at an address is, in words, "" when the list does not say."""
        block = self._find(address)
        return block.title if block else ""

    def _find(self, address: int) -> _Block | None:
        if self._blocks is None:
            assert self._path is not None
            self._blocks = _read(self._path)
        index = bisect.bisect_right(self._blocks, address, key=lambda block: block.base) - 1
        if index < 0 or address // _PAGE != self._blocks[index].base // _PAGE:
            return None
        return self._blocks[index]


def _read(path: Path) -> list[_Block]:
    blocks: dict[str, _Block] = {}
    registers: dict[int, str] = {}
    same: list[tuple[str, int, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match line.split():
            case [] | ["#", *_]:
                pass
            case [name, base, "=", other]:
                same.append((name, int(base, 16), other))
            case [name, base, *title] if not line.startswith(" "):
                registers = {}
                blocks[name] = _Block(int(base, 16), name, " ".join(title), registers)
            case [offset, name]:
                registers[int(offset, 16)] = name
            case [offset, name, count, distance]:
                for n in range(int(count)):
                    registers[int(offset, 16) + n * int(distance)] = name.format(n)
            case _:
                raise PlatformError(str(path), f"line {number}: expected a block or a register, got {line!r}")
    for name, base_address, other in same:
        if other not in blocks:
            raise PlatformError(str(path), f"{name}: expected a block of this file, got {other!r}")
        blocks[name] = blocks[other]._replace(base=base_address, name=name)
    return sorted(blocks.values(), key=lambda block: block.base)
