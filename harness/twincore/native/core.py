"""One core in native memory: its state by name, its page tables, instruction records and marks on addresses."""

from __future__ import annotations

import ctypes
import mmap
from array import array
from collections.abc import Callable, Iterable, Sequence

from twincore.isa import config, state
from twincore.isa.registers import RegisterNames
from twincore.machine.executor import Protection
from twincore.machine.memory import PAGE_SIZE
from twincore.native import layout

#: where fields of the layout are, as indices
_WORD = {name: offset // 4 for name, offset in layout.CORE.items()}
_PC = _WORD["pc"]
_LONG = {name: offset // 8 for name, offset in layout.CORE.items()}
_MAP_NORESERVE = 0x4000  # Linux; in the mmap module from Python 3.13
#: registers that page tables and marked records follow
CONFIGURATION = frozenset(("itlb", "dtlb", "ibreakenable", "ibreaka", "dbreaka", "dbreakc"))


class Reservation:
    """Address space of the host that costs memory only where it is touched."""

    def __init__(self, size: int) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
        self.map = mmap.mmap(-1, size, flags=flags)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))

    def forget(self, offset: int, size: int) -> None:
        """Set a range to zero, giving whole pages back to the host."""
        start, end = -(-offset // PAGE_SIZE) * PAGE_SIZE, (offset + size) // PAGE_SIZE * PAGE_SIZE
        if end <= start:
            ctypes.memset(self.address + offset, 0, size)
            return
        ctypes.memset(self.address + offset, 0, start - offset)
        ctypes.memset(self.address + end, 0, offset + size - end)
        self.map.madvise(mmap.MADV_DONTNEED, start, end - start)


class NativeCore(RegisterNames):
    """One core: its state in native memory, its page tables and instruction records."""

    def __init__(self, index: int, reconfigure: Callable[[], None]) -> None:
        self.index = index
        self.reconfigure = reconfigure
        #: the breakpoint that the core stands on and goes on from
        self.passed: int | None = None
        self._buffer = mmap.mmap(-1, max(layout.CORE_SIZE, mmap.PAGESIZE))
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))
        self._words = memoryview(self._buffer).cast("I")
        self.longs = memoryview(self._buffer).cast("q")
        """All of the layout as 64-bit fields."""
        self.planes = [Reservation(layout.PLANE_SIZE) for _ in range(2)]
        #: page tables by the gates that are shut: those of a shut gate have no entries
        self._tables = {0: Reservation(layout.PAGE_TABLES_SIZE)}
        self._entries = {0: memoryview(self._tables[0].map).cast("Q")}
        self._loop_ends = Reservation(layout.EXEC_SPAN // 8 + PAGE_SIZE)
        self.hooks = Reservation(layout.EXEC_SPAN // 8 + PAGE_SIZE)
        self._use_planes(self.planes * 2)
        self.set_long("pages", self._tables[0].address)
        self.set_long("loop_ends", self._loop_ends.address)
        self.set_long("hooks", self.hooks.address)
        self.set_long("window", self.address)
        self.set_word("index", index)

    # --- raw state ---------------------------------------------------------------------------------------------------

    def word(self, name: str, index: int = 0) -> int:
        """Return a 32-bit field of the layout."""
        return self._words[_WORD[name] + index]

    def set_word(self, name: str, value: int, index: int = 0) -> None:
        """Set a 32-bit field of the layout."""
        self._words[_WORD[name] + index] = value & 0xFFFFFFFF

    def set_refused(self, name: str, ranges: Sequence[Protection]) -> None:
        """Set a list of ranges that refuse accesses, one of layout.REFUSED; more than there is room for count as all.

        Only pages that a range lies in are held against the list.
        """
        ends = [address for entry in ranges for address in (entry.first, entry.end)]
        if len(ranges) > layout.REFUSED_COUNT:
            ends = [0, 0xFFFF_FFFF]
        for k, address in enumerate([*ends, 0, 0]):
            self.set_word(name, address, k)

    def long(self, name: str) -> int:
        """Return a 64-bit field of the layout."""
        return self.longs[_LONG[name]]

    def set_long(self, name: str, value: int) -> None:
        """Set a 64-bit field of the layout."""
        self.longs[_LONG[name]] = value

    @property
    def pc(self) -> int:
        """Return the program counter."""
        return self._words[_PC]

    @property
    def window(self) -> int:
        """Return WINDOWBASE."""
        return (self.long("window") - self.address) // 16

    def _register_slot(self, physical: int) -> int:
        """Return where a register of the 64 is kept: the first twelve are mirrored while the window wraps."""
        last = self.window * 4 + 15
        return physical + config.AR_COUNT if physical + config.AR_COUNT <= last else physical

    def get(self, name: str, index: int = 0) -> int:
        """Return one register of isa.state by name and index (ar: physical number)."""
        if name == "ar":
            return self._words[self._register_slot(index)]
        if name == "windowbase":
            return self.window
        if name == "ccount":
            spent = self.long("budget") - self.long("budget_left")
            return (self.word("ccount") + spent) & 0xFFFFFFFF if self.long("budget") else self.word("ccount")
        return self.word(name, index)

    def set(self, name: str, value: int, index: int = 0) -> None:
        """Set one register of isa.state by name and index (ar: physical number)."""
        if name == "ar":
            self._words[self._register_slot(index)] = value & 0xFFFFFFFF
        elif name == "windowbase":
            registers = [self.get("ar", k) for k in range(config.AR_COUNT)]
            self.set_long("window", self.address + 16 * (value % config.WINDOWS))
            for k, content in enumerate(registers):
                self._words[k] = content
            for k in range(layout.MIRROR):
                self._words[config.AR_COUNT + k] = registers[k]
        else:
            if name == "pc":
                self.passed = None
            self.set_word(name, value, index)
            if name in CONFIGURATION:
                self.reconfigure()
            elif name == "lend":
                self._mark(self._loop_ends, value)
                if 4 <= value - layout.EXEC_BASE < layout.EXEC_SPAN:
                    self.forget(value - 1, 1)  # whatever instruction ends there is decoded anew

    @property
    def waiting(self) -> bool:
        """Return whether the core is between WAITI and an interrupt."""
        return bool(self.word("waiting"))

    def state_bytes(self) -> bytes:
        """Return all of isa.state, 32-bit little-endian words in order."""
        words = array("I")
        for register in state.REGISTERS:
            words.extend(self.get(register.name, k) for k in range(register.count))
        return words.tobytes()

    # --- tables ------------------------------------------------------------------------------------------------------

    def release(self) -> None:
        """Give the host's memory back; the core is unusable afterwards."""
        for reservation in (*self.planes, *self._tables.values(), self._loop_ends, self.hooks):
            reservation.map.madvise(mmap.MADV_DONTNEED)

    def fill(self, table: str, page: int, count: int, entry: int, gate: int) -> None:
        """Set `count` entries of a page table from `page` on to the same value; `gate`: the bit of theirs, or 0."""
        start = layout.PAGE_TABLE[table] // 8 + page
        for shut, entries in self._entries.items():
            shown = 0 if shut & gate else entry
            if count == 1:
                entries[start] = shown
            else:
                entries[start : start + count] = memoryview(array("Q", [shown]) * count)

    def has_tables(self, shut: int) -> bool:
        """Tell whether there are page tables for these shut gates."""
        return shut in self._tables

    def add_tables(self, shut: int, runs: Iterable[range]) -> None:
        """Make page tables for shut gates; runs: the pages that have entries in them."""
        self._tables[shut] = Reservation(layout.PAGE_TABLES_SIZE)
        entries = self._entries[shut] = memoryview(self._tables[shut].map).cast("Q")
        for run in runs:
            for at in layout.PAGE_TABLE.values():
                first, last = at // 8 + run.start, at // 8 + run.stop
                entries[first:last] = self._entries[0][first:last]

    def use(self, shut: int, *, is_code_shut: bool) -> None:
        """Go on with the page tables for these shut gates; is_code_shut: with the planes of shut gates, too.

        Code behind a shut gate is never decoded, so that those planes have no record of it.
        """
        if is_code_shut and len(self.planes) == 2:
            self.planes += [Reservation(layout.PLANE_SIZE) for _ in range(2)]
        self.set_long("pages", self._tables[shut].address)
        planes = self.planes if len(self.planes) == 4 else self.planes * 2
        self._use_planes(planes[2:] + planes[:2] if is_code_shut else planes)

    def _use_planes(self, planes: Sequence[Reservation]) -> None:
        for name, plane in zip(layout.PLANES, planes, strict=True):
            self.set_long(name, plane.address + (layout.EXEC_MARGIN - layout.EXEC_BASE) * 16)

    def find(self) -> None:
        """Have a lost core, if this is one, do again what raises its exception: that may be another now."""
        self.set_word("lost", layout.NOT_LOST)

    def forget(self, address: int, size: int) -> None:
        """Drop what was decoded in a range of executable addresses."""
        self.find()
        start = address - layout.EXEC_BASE + layout.EXEC_MARGIN - 3
        for plane in self.planes:
            plane.forget(start * 16, (size + 3) * 16)

    def hook(self, address: int, *, on: bool) -> None:
        """Set or take away the mark of a breakpoint, and decode the place anew."""
        self._mark(self.hooks, address, on=on)
        if 0 <= address - layout.EXEC_BASE < layout.EXEC_SPAN:
            self.forget(address, 1)

    def _mark(self, bitmap: Reservation, address: int, *, on: bool = True) -> None:
        offset = address - layout.EXEC_BASE
        if 0 <= offset < layout.EXEC_SPAN:
            bits, mask = bitmap.map, 1 << (offset & 7)
            bits[offset >> 3] = bits[offset >> 3] | mask if on else bits[offset >> 3] & ~mask
