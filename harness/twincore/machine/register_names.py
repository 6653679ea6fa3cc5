"""Names of registers that no peripheral models, for messages: read from a chip's list."""

from __future__ import annotations

import bisect
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from twincore.errors import PlatformError

_PAGE = 0x1000
"""A block ends before the next multiple of so many bytes, or before the next block."""


_BLOCK = re.compile(r"(?P<name>\w+) (?P<base>0x[0-9a-fA-F]{1,8})(?: = (?P<same>\w+)| (?P<title>[^=].*))?")
_REGISTER = re.compile(r"\s+(?P<offset>0x[0-9a-fA-F]{1,8}) (?P<name>\S+)(?: (?P<count>\d{1,4}) (?P<distance>\d{1,4}))?")


class _Block(NamedTuple):
    """A block's base, its name, what it is in words, and its registers by offset."""

    base: int
    name: str
    title: str
    registers: dict[int, str]


@dataclass(frozen=True)
class RegisterNames:
    """Looks names up by address."""

    blocks: tuple[_Block, ...] = ()
    """In the order of their bases."""

    @classmethod
    def read(cls, path: Path) -> RegisterNames:
        """Read a list; PlatformError when it is none.

        A line "BLOCK base" begins a block, with what it is in words behind it ("BLOCK base = OTHER": with the registers
        of another one, and its words); the lines below it are "offset NAME", or "offset NAME{} count distance" for an
        array. Lines that begin with "#" are remarks.
        """
        return cls(_read(path))

    def name_of(self, address: int) -> str:
        """Return "BLOCK.REGISTER", "BLOCK+0x<offset>" within a known block, or the address of the word."""
        address &= ~3
        block = self._find(address)
        if block is None:
            return f"{address:#010x}"
        return self.register_at(address) or f"{block.name}+{address - block.base:#x}"

    def register_at(self, address: int) -> str:
        """Return "BLOCK.REGISTER" where the list has a register, else ""."""
        block = self._find(address & ~3)
        name = block.registers.get((address & ~3) - block.base) if block else None
        return f"{block.name}.{name}" if block and name else ""

    def names(self) -> dict[str, int]:
        """Return the addresses of all registers in the list by "BLOCK.REGISTER"."""
        return {
            f"{block.name}.{name}": block.base + offset
            for block in self.blocks
            for offset, name in block.registers.items()
        }

    def title_of(self, address: int) -> str:
        """Return what the block at an address is, in words, "" when the list does not say."""
        block = self._find(address)
        return block.title if block else ""

    def _find(self, address: int) -> _Block | None:
        index = bisect.bisect_right(self.blocks, address, key=lambda block: block.base) - 1
        if index < 0 or address // _PAGE != self.blocks[index].base // _PAGE:
            return None
        return self.blocks[index]


def _read(path: Path) -> tuple[_Block, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlatformError(str(path), f"expected a list of registers as text, got: {error}") from error
    return _blocks(path, text)


@functools.lru_cache(maxsize=4)
def _blocks(path: Path, text: str) -> tuple[_Block, ...]:
    """Read the text of a list, once for all the machines of a process."""
    blocks: dict[str, _Block] = {}
    registers: dict[int, str] | None = None
    same: list[tuple[str, int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if block := _BLOCK.fullmatch(line.rstrip()):
            if block["same"]:
                same.append((block["name"], int(block["base"], 16), block["same"]))
                continue
            registers = {}
            blocks[block["name"]] = _Block(int(block["base"], 16), block["name"], block["title"] or "", registers)
        elif (register := _REGISTER.fullmatch(line.rstrip())) and registers is not None:
            for n in range(int(register["count"] or 1)):
                offset = int(register["offset"], 16) + n * int(register["distance"] or 0)
                registers[offset] = register["name"].replace("{}", str(n))
        else:
            raise PlatformError(str(path), f"line {number}: expected a block or a register of one, got {line!r:.100}")
    for name, base_address, other in same:
        if other not in blocks:
            raise PlatformError(str(path), f"{name}: expected a block of this file, got {other!r}")
        blocks[name] = blocks[other]._replace(base=base_address, name=name)
    return tuple(sorted(blocks.values(), key=lambda block: block.base))
