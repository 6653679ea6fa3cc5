"""Keeps the cores' page tables in step with what is mapped, allowed, watched and known to hold code.

A page-table entry of a core is a host address minus the guest address, so that neighbouring pages of one memory share
it. An entry of 0 sends the access from its handler to native.memory, which asks the table `page`, and Python
(isa.address_space) where that does not do; there everything is decided again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from twincore.isa.address_space import AddressSpace, Page
from twincore.isa.observation import ObservedPages
from twincore.isa.protection import ProtectedPages
from twincore.isa.tlb import REGION_BITS
from twincore.machine.executor import Access, BusKind, Observed, Protection
from twincore.machine.memory import PAGE_SIZE, Memory
from twincore.native import layout
from twincore.native.core import NativeCore

#: regions in which code may be decoded
_EXEC_REGIONS = range(layout.EXEC_BASE >> REGION_BITS, (layout.EXEC_BASE + layout.EXEC_SPAN - 1 >> REGION_BITS) + 1)

#: a page of a memory: (identity of the memory, offset)
Place = tuple[int, int]


def place_of(page: Page) -> Place:
    """Return which page of which memory is mapped."""
    return id(page.memory), page.offset


def _runs(numbers: Sequence[int]) -> Iterator[range]:
    """Yield the ranges that sorted numbers make up."""
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield range(run[0], run[-1] + 1)


class PageTables:
    """The page tables of all cores over one address space."""

    def __init__(self, space: AddressSpace, cores: Sequence[NativeCore]) -> None:
        self._space, self._cores = space, cores
        self._aliases: dict[Place, set[int]] = {}
        self._code: dict[Place, int] = {}
        #: what native code leaves to Python: accesses that are refused, and those that the host wants to hear of
        self._closer = [ProtectedPages() for _ in cores]

    def map(self, address: int, size: int, memory: Memory | None, offset: int, bus: BusKind, writable: bool) -> None:
        """Map a range for all cores and forget what was decoded there."""
        pages = range(address // PAGE_SIZE, (address + size) // PAGE_SIZE)
        for number in pages:
            old = self._space.pages.get(number)
            if old is not None:
                self._aliases[place_of(old)].discard(number)
        self._space.map(address, size, memory, offset, bus, writable)
        if memory is not None:
            for number in pages:
                self._aliases.setdefault(place_of(self._space.pages[number]), set()).add(number)
        for core in self._cores:
            core.find()
            self._fill(core, pages)
            if address + size > layout.EXEC_BASE and address < layout.EXEC_BASE + layout.EXEC_SPAN:
                core.forget(address, size)

    def note_code(self, address: int) -> None:
        """Note that code was decoded from a page: stores to any alias of it must forget that code."""
        number = address // PAGE_SIZE
        place = place_of(self._space.pages[number])
        self._code[place] = number
        for alias in self._aliases[place]:
            for core in self._cores:
                self._fill(core, range(alias, alias + 1))

    def forget_code(self, memory: Memory, offset: int, size: int) -> None:
        """Forget what was decoded from bytes that changed otherwise than by a core's own store."""
        starts = range(offset - offset % PAGE_SIZE, offset + size, PAGE_SIZE)
        if len(starts) > len(self._code):  # all of a memory, such as flash that is loaded
            changed = [start for known, start in self._code if known == id(memory) and start in starts]
        else:
            changed = list(starts)
        for start in changed:
            number = self._code.get((id(memory), start))
            if number is None:
                continue
            first, end = max(offset, start) - start, min(offset + size - start, PAGE_SIZE)
            for core in self._cores:
                core.forget(number * PAGE_SIZE + first, end - first)

    def configure(self, index: int) -> None:
        """Follow a core's region attributes and data breaks."""
        self._cores[index].find()
        core, before = self._cores[index], self._space.permissions[index]
        self.watch(index)
        self._space.configure(index)
        changed = before.differences(self._space.permissions[index])
        if not changed:
            return
        pages = sorted(number for number in self._space.pages if number * PAGE_SIZE >> REGION_BITS in changed)
        for _, behind_one_gate in itertools.groupby(pages, lambda number: self._space.gate_bit(number * PAGE_SIZE)):
            for run in _runs(list(behind_one_gate)):
                self._fill(core, run)
        if not changed.isdisjoint(_EXEC_REGIONS):
            core.forget(layout.EXEC_BASE, layout.EXEC_SPAN)

    def watch(self, index: int) -> None:
        """Follow a core's data breaks."""
        self._cores[index].find()
        before = self._space.watched[index]
        self._space.watch(index)
        for number in (before ^ self._space.watched[index]) & self._space.pages.keys():
            self._fill(self._cores[index], range(number, number + 1))

    def protect(self, index: int, ranges: Sequence[Protection]) -> None:
        """Follow a core's protected ranges; code of pages whose right to be executed changes is forgotten."""
        self._space.protect(index, ranges)
        self._cores[index].find()
        self._look_closer(index)

    def observe(self, index: int, ranges: Sequence[Observed]) -> None:
        """Follow the ranges that the host wants to hear of; so it does of registers, which are no mapped pages."""
        self._space.observed[index] = ObservedPages(ranges)
        self._look_closer(index)

    def _look_closer(self, index: int) -> None:
        observed = self._space.observed[index].as_protections()
        before, after = self._closer[index], ProtectedPages([*self._space.protected[index].ranges, *observed])
        self._closer[index] = after
        core = self._cores[index]
        for name, access in zip(layout.REFUSED, (Access.LOAD, Access.STORE), strict=True):
            entries = {*after.refusing(access), *(entry for entry in observed if access not in entry.allowed)}
            core.set_refused(name, sorted(entries, key=lambda entry: entry.first))
        for number in sorted(before.pages | after.pages):
            old, new = before.rights(number), after.rights(number)
            if old != new:
                self._fill(core, range(number, number + 1))
            address = number * PAGE_SIZE
            if old.fetch != new.fetch and layout.EXEC_BASE <= address < layout.EXEC_BASE + layout.EXEC_SPAN:
                core.forget(address, PAGE_SIZE)

    def show(self, index: int, shut: int) -> None:
        """Let a core see what is not behind the gates that are shut, a bit each."""
        self._cores[index].find()
        core, space = self._cores[index], self._space
        if not core.has_tables(shut):
            pages = space.pages.keys() | self._closer[index].pages
            core.add_tables(shut, _runs(sorted(n for n in pages if not shut & space.gate_bit(n * PAGE_SIZE))))
        core.use(shut, is_code_shut=bool(shut & space.code_gates))

    def is_open(self, index: int, address: int) -> bool:
        """Tell whether a core may load and store in the region of an address."""
        allow = self._space.permissions[index].allow
        return allow(address, Access.LOAD) and allow(address, Access.STORE)

    def _fill(self, core: NativeCore, pages: range) -> None:
        """Write the entries of pages of a core, all in one gate or none, run by run of pages that share them."""
        gate = self._space.gate_bit(pages.start * PAGE_SIZE)
        for entries, run in itertools.groupby(pages, lambda number: self._entries(core.index, number)):
            first, *rest = run
            for table, entry in zip(layout.TABLES, entries, strict=True):
                core.fill(table, first, 1 + len(rest), entry, gate)

    def _entries(self, core: int, number: int) -> tuple[int, ...]:
        """Return a page's entries in the order of layout.TABLES."""
        page = self._space.pages.get(number)
        rights = self._closer[core].rights(number)
        parts = 0 if rights.load and rights.store else layout.PAGE_PARTS
        if page is None:
            return tuple(parts if table == "page" else 0 for table in layout.TABLES)
        address = number * PAGE_SIZE
        entry = (page.memory.host_address + page.offset - address) & 0xFFFFFFFFFFFFFFFF
        allow, code = self._space.permissions[core].allow, self._code.get(place_of(page))
        read = (rights.load or rights.load_in_part) and allow(address, Access.LOAD)
        write = (rights.store or rights.store_in_part) and page.writable and allow(address, Access.STORE)
        any_size = page.bus is not BusKind.INSTRUCTION
        fetch = rights.fetch and page.bus is not BusKind.DATA and allow(address, Access.FETCH)
        flags = read * layout.PAGE_READ_WORD | write * layout.PAGE_WRITE_WORD
        if any_size:
            flags |= read * layout.PAGE_READ_ANY | write * layout.PAGE_WRITE_ANY
        flags |= parts | (layout.PAGE_CODE if code is not None else 0)
        direct = number not in self._space.watched[core]
        read = read and rights.load and direct
        write = (
            write and rights.store and read and code is None
        )  # S32C1I, which reads too, asks the table of stores only
        return (
            entry if read else 0,
            entry if write else 0,
            entry if read and any_size else 0,
            entry if write and any_size else 0,
            entry if fetch else 0,
            entry | flags,
            code * PAGE_SIZE if code is not None else 0,
        )
