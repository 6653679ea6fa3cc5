"""Where names lead: symbols, parts of variables, registers of the chip; and what addresses are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twincore.engines.protocol import AccessKind, Area, ChipRegister, Engine, MemoryAccess
from twincore.errors import ImageError, UsageError
from twincore.images import Image
from twincore.images.backtrace import Backtraces
from twincore.images.types import Bits, Type
from twincore.images.variables import PLAIN, Variable, find_variable
from twincore.keywords.values import Place, Region, format_moment

if TYPE_CHECKING:
    from twincore.images.lines import SourceFrame, SourceLine

_LIKE_A_REGISTER = re.compile(r"[A-Z][A-Z0-9_]*\.[A-Z]")
"""How names of registers begin; members of variables are rarely written so."""

_WORD_BITS = 32

_SHOWN_BYTES = 16
"""Longer values, which DMA moves, are shown by their size."""


@dataclass(frozen=True)
class Spot:
    """A place that has been found: its address, and how people know it."""

    address: int
    label: str

    def __str__(self) -> str:
        """Write the name with the address, or the address alone."""
        number = f"{self.address:#010x}"
        return self.label if self.label == number else f"{self.label} ({number})"


class Names:
    """The names of one firmware on one engine."""

    def __init__(self, engine: Engine, image: Image) -> None:
        self._engine = engine
        self.image = image
        """The firmware; with other ELF files after `rename_core`."""
        self._variables: dict[tuple[str, int | None], Variable] = {}

    def find(self, place: Place, core: int | None = None) -> Spot:
        """Find the address that a place means."""
        if not place.name:
            return Spot(place.offset, self.label(place.offset, core))
        register = self.register(place.name)
        if register is not None:
            return Spot(register.address + place.offset, str(place))
        engine = self._engine
        if not len(engine.symbols):
            raise UsageError(
                str(place),
                "expected the address of this name, but no ELF file with names was given",
                next_step="give one to 'Boot Firmware    my.bin    my.elf', or write the address as a number",
            )
        address = self.variable(place, core).address if re.search(r"\.|\[|->", place.name) else None
        if address is None:
            address = engine.symbols.find(place.name, core).address + place.offset
        return Spot(address & 0xFFFF_FFFF, str(place))

    def variable(self, place: Place, core: int | None = None) -> Variable:
        """Find what a place means, with its type: a word for an address or behind an offset."""
        if not place.name:
            return Variable(str(place), place.offset, PLAIN["u32"])
        register = self.register(place.name)
        if register is not None and (register.bits == _WORD_BITS or not place.offset):
            return Variable(str(place), register.address + place.offset, _type_of(register))
        if not len(self._engine.symbols):
            return Variable(str(place), self.find(place, core).address, PLAIN["u32"])  # says that there are no names
        found = self._variables.get((place.name, core))
        if found is None:
            was_read = False

            def read(address: int, size: int) -> bytes:
                nonlocal was_read
                was_read = True
                return self._engine.read_memory(address, size)

            found = find_variable(place.name, self._engine.symbols, self.image.elfs, read, core)
            if not was_read:  # no pointer on the way: it stays where it is
                self._variables[place.name, core] = found
        if not place.offset:
            return found
        return Variable(str(place), found.address + place.offset & 0xFFFF_FFFF, PLAIN["u32"])

    def register(self, name: str) -> ChipRegister | None:
        """Return the register or field of the chip that a name means; None where it means something else.

        Raises UsageError, which names close registers, for a name like those of registers that nothing else has.
        """
        if not _LIKE_A_REGISTER.match(name):
            return None
        found = self._engine.chip_registers.get(name)
        if found is None and self._engine.symbols.get(name.partition(".")[0]) is None:
            found = self._engine.chip_registers.find(name)
        return found

    def word(self, place: Place, core: int | None = None) -> Spot:
        """Find the word that a place means; UsageError for a field of a register, which is less than one."""
        register = self.register(place.name)
        if register is not None and register.bits < _WORD_BITS:
            raise UsageError(
                str(place),
                "expected a word of 32 bits, got a field of a register",
                next_step="'Read Value', 'Value Should Be' and the like know fields",
            )
        return self.find(place, core)

    def find_region(self, region: Region) -> tuple[int, int]:
        """Find the address and the size of a range. Raises UsageError where it is empty or a symbol has no size."""
        spot = self.find(region.start)
        if region.end is not None:
            end = self.find(region.end)
            if end.address <= spot.address:
                raise UsageError("region", f"expected its start below its end, got {spot} and {end}")
            return spot.address, end.address - spot.address
        size = region.size
        if size is None and region.start.name:
            whole = replace(region.start, offset=0)
            symbol = None if self.register(whole.name) else self._engine.symbols.get(whole.name)
            size = symbol.size if symbol else self.variable(whole).type.size
            size = max(size - region.start.offset, 0)
        if not size:
            raise UsageError(
                "region",
                f"expected a symbol whose size the ELF file gives, or a range; got {spot}",
                next_step=f"write '{region.start} for 4 bytes', or '{region.start}..END'",
            )
        return spot.address, size

    def area(self, region: Region, kind: AccessKind, core: int | None = None) -> Area:
        """Return a range as something to watch."""
        address, size = self.find_region(region)
        return Area(address, size, kind, core)

    def where(self, pc: int, core: int | None = None) -> str:
        """Say where an instruction is: its function, its source line where one is known, its address."""
        line = self.source_line(pc, core)
        name = self.label(pc, core)
        number = f"{pc:#010x}"
        found = [] if name == number else [name]
        return f"{', '.join([*found, str(line)] if line else found) or number}{f' ({number})' if found or line else ''}"

    def source_line(self, pc: int, core: int | None = None) -> SourceLine | None:
        """Find the source line of an instruction, in the function whose symbol it has; None where none is known.

        Where another function was inlined, that is the line which calls it.
        """
        frames = self.source_frames(pc, core)
        return frames[-1].line if frames else None

    def source_frames(self, pc: int, core: int | None = None) -> list[SourceFrame]:
        """List the functions that an instruction belongs to, inlined ones first, each with its source line."""
        try:
            return self.image.source_frames(pc, core)
        except ImageError:
            return []  # damaged debug information is no reason to hide what was found

    def access_text(self, access: MemoryAccess) -> str:
        """Say who did what to which address, where and when."""
        who = access.master or f"core {access.core}"
        place = Spot(access.address, self.label(access.address))
        digits = 2 + 2 * access.size
        value = f"{access.value:#0{digits}x}" if access.size <= _SHOWN_BYTES else f"{access.size} bytes"
        did = f"wrote {value} to {place}" if access.is_write else f"read {value} from {place}"
        at = "" if access.pc is None else f" in {self.where(access.pc, access.core)}"
        return f"{who} {did}{at} at {format_moment(access.time_ns)}"

    def rename_core(self, core: int, elf: str) -> None:
        """Take the names of a core's program from another ELF file: it has been replaced while it ran."""
        engine = self._engine
        others = [known for known in self.image.elfs if known.core != core]
        image = replace(self.image, elfs=tuple(others), fallback_from=None).with_elf(f"{elf}@core{core}")
        engine.use_names(image.symbols)
        self.image = image
        self._variables.clear()

    def backtraces(self) -> Backtraces:
        """Make a reader of one port's lines that resolves the addresses of crashes."""
        return Backtraces(self._engine.symbols, self.image)

    def label(self, address: int, core: int | None = None) -> str:
        """Write an address as symbol and offset, or as a number where no symbol is near."""
        return self._engine.symbols.describe(address, core)


def _type_of(register: ChipRegister) -> Type:
    word = PLAIN["u32"]
    if register.bits == _WORD_BITS:
        return word
    last = register.bit + register.bits - 1
    bits = f"bit {last}" if register.bits == 1 else f"bits {last} to {register.bit}"
    return Bits(bits, word.size, word, register.bit, register.bits)
