"""Names of registers that no peripheral models, for messages: read from a chip's list when one is needed."""

from __future__ import annotations

import bisect
from pathlib import Path

from twincore.errors import PlatformError

_MAX_BLOCK = 0x1000
"""A block's registers lie within so many bytes of its base."""


class RegisterNames:
    """Looks names up by address; the file is read at the first look-up.

    A line "BLOCK base" begins a block ("BLOCK base = OTHER": with the registers of another one); the lines below it are
    "offset NAME", or "offset NAME{} count distance" for an array. Lines that begin with "#" are remarks.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._blocks: list[tuple[int, str, dict[int, str]]] | None = None if path else []

    def name_of(self, address: int) -> str:
        """Return "BLOCK.REGISTER", "BLOCK+0x<offset>" within a known block, or the address of the word."""
        address &= ~3
        if self._blocks is None:
            assert self._path is not None
            self._blocks = _read(self._path)
        index = bisect.bisect_right(self._blocks, address, key=lambda block: block[0]) - 1
        if index >= 0:
            base, block, registers = self._blocks[index]
            offset = address - base
            if offset in registers:
                return f"{block}.{registers[offset]}"
            if offset < _MAX_BLOCK:
                return f"{block}+{offset:#x}"
        return f"{address:#010x}"


def _read(path: Path) -> list[tuple[int, str, dict[int, str]]]:
    blocks: dict[str, tuple[int, dict[int, str]]] = {}
    registers: dict[int, str] = {}
    same: list[tuple[str, int, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match line.split():
            case [] | ["#", *_]:
                pass
            case [block, base] if not line.startswith(" "):
                registers = {}
                blocks[block] = int(base, 16), registers
            case [block, base, "=", other]:
                same.append((block, int(base, 16), other))
            case [offset, name]:
                registers[int(offset, 16)] = name
            case [offset, name, count, distance]:
                for n in range(int(count)):
                    registers[int(offset, 16) + n * int(distance)] = name.format(n)
            case _:
                raise PlatformError(str(path), f"line {number}: expected a block or a register, got {line!r}")
    for block, base_address, other in same:
        if other not in blocks:
            raise PlatformError(str(path), f"{block}: expected a block of this file, got {other!r}")
        blocks[block] = base_address, blocks[other][1]
    return sorted((where, name, named) for name, (where, named) in blocks.items())
