"""What the cores see at each address, access by access: protection, break registers, buses, memories and registers.

The reference executor does every access here. Native code does the plain ones itself and comes here for all others, so
that faults and side effects are decided in one place. Source: ISA Reference Manual, Region Protection and Debug
Options; ESP32-S3 Technical Reference Manual, System and Memory, for the two buses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twincore.isa.access import CoreRegisters, Permissions, data_break, data_break_pages, is_interrupt_due
from twincore.isa.code_lines import CodeLines
from twincore.isa.observation import ObservedPages
from twincore.isa.protection import ProtectedPages
from twincore.isa.spec import MASK32, Cause
from twincore.machine.executor import UNANSWERED_WORD, Access, BusKind, Gate, Host, IoWindow, Protection, Served
from twincore.machine.memory import PAGE_SIZE, Memory

_WITHOUT_PYTHON = (Served.PLAINLY, Served.COUNTED)

_ZEROS = Memory("zeros", PAGE_SIZE)
"""What is read where nothing is mapped and the bus answers all the same; never stored to."""


class Trap(Exception):  # noqa: N818 - not an error of the program
    """An instruction does not complete: a general exception, or a debug exception of a data break."""

    def __init__(self, cause: int, vaddr: int, *, debug: bool = False) -> None:
        super().__init__(cause, vaddr, debug)
        self.cause, self.vaddr, self.debug = cause, vaddr, debug


class Again(Exception):  # noqa: N818 - not an error of the program
    """An instruction does not begin: its core waits for a gate to open or a line to be filled, or is interrupted."""

    def __init__(self, *, waits: bool, fills: bool = False) -> None:
        super().__init__(waits, fills)
        self.waits, self.fills = waits, fills


@dataclass(frozen=True, slots=True)
class Page:
    """What is mapped at a page of the guest's addresses."""

    memory: Memory
    offset: int
    bus: BusKind
    writable: bool


class AddressSpace:
    """The pages that are mapped and the I/O window, as each core may use them.

    Accesses raise Trap where the core takes an exception instead, and Again where it tries once more later.
    """

    def __init__(self, host: Host, io: IoWindow, cores: Sequence[CoreRegisters], gates: Sequence[Gate] = ()) -> None:
        self._host, self._io, self._cores = host, io, cores
        self.pages: dict[int, Page] = {}
        self.permissions = [Permissions() for _ in cores]
        self.protected = [ProtectedPages() for _ in cores]
        self.observed = [ObservedPages() for _ in cores]
        #: pages in which a core's data breaks lie
        self.watched: list[frozenset[int]] = [frozenset() for _ in cores]
        self._gates = gates
        self.lines = CodeLines(gates)
        #: which gates are shut for a core, a bit each
        self.shut = [0] * len(cores)
        #: which cores are lost, and the host knows (machine.executor, rule 10)
        self._lost = [False] * len(cores)
        #: the gates that code is fetched through, a bit each
        self.code_gates = sum(1 << k for k, gate in enumerate(gates) if gate.bus is not BusKind.DATA)

    def configure(self, core: int) -> None:
        """Read the region attributes and data breaks of a core again."""
        self.permissions[core] = Permissions.of(self._cores[core])
        self._lost[core] = False
        self.watch(core)

    def watch(self, core: int) -> None:
        """Read the data breaks of a core again."""
        self.watched[core] = data_break_pages(self._cores[core])

    def map(self, address: int, size: int, memory: Memory | None, offset: int, bus: BusKind, writable: bool) -> None:
        """Map `size` bytes of a memory, or nothing, at a guest address; all are multiples of the page size."""
        for start in range(0, size, PAGE_SIZE):
            page = (address + start) // PAGE_SIZE
            if memory is None:
                self.pages.pop(page, None)
            else:
                self.pages[page] = Page(memory, offset + start, bus, writable)
        self.lines.forget(address, size)
        self.tell_again()

    def protect(self, core: int, ranges: Sequence[Protection]) -> None:
        """Have a core use ranges of addresses only as they allow."""
        self.protected[core] = ProtectedPages(ranges)
        self._lost[core] = False

    def shut_gates(self, core: int, gates: int) -> None:
        """Shut the gates whose bits are set in `gates` for a core and open the others."""
        self.shut[core] = gates
        self._lost[core] = False

    def tell_again(self) -> None:
        """Have the host hear again of what a lost core repeats."""
        self._lost = [False] * len(self._lost)

    def load(self, core: int, address: int, size: int, aligned: bool) -> int:
        """Return `size` bytes (1, 2, 4) at an address; `aligned` ones must be aligned on every bus."""
        self._check(core, address, size, aligned, Access.LOAD)
        if not self.protected[core].allow(address, size, Access.LOAD):
            self._host.refused(core, address, size, Access.LOAD)
            return 0
        value = self._io_load(core, address, size) if self._is_io(address) else self._load(core, address, size)
        if self.observed[core].hears(address, size, Access.LOAD):
            self._host.observed(core, address, size, Access.LOAD, value)
        return value

    def _load(self, core: int, address: int, size: int) -> int:
        total = 0
        for k, part in self._parts(address, size):
            at = (address + k) & MASK32
            place = self._place(core, at, part, Access.LOAD)
            if place is None:
                value = UNANSWERED_WORD >> 8 * (at & 3) | UNANSWERED_WORD << 32 - 8 * (at & 3)
            else:
                memory, offset = place
                value = int.from_bytes(memory.data[offset : offset + part], "little")
            total |= (value & (1 << 8 * part) - 1) << 8 * k
        return total

    def store(self, core: int, address: int, size: int, value: int, aligned: bool) -> list[tuple[Memory, int, int]]:
        """Store the low `size` bytes of `value`; return what of which memories changed: (memory, offset, size)."""
        self._check(core, address, size, aligned, Access.STORE)
        if not self.protected[core].allow(address, size, Access.STORE):
            self._host.refused(core, address, size, Access.STORE)
            return []
        content = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        if self._is_io(address):
            self._io_store(core, address, size, int.from_bytes(content, "little"))
            changed: list[tuple[Memory, int, int]] = []
        else:
            changed = self._store(core, address, content)
            if not changed:
                return []
        if self.observed[core].hears(address, size, Access.STORE):
            self._host.observed(core, address, size, Access.STORE, int.from_bytes(content, "little"))
        return changed

    def _store(self, core: int, address: int, content: bytes) -> list[tuple[Memory, int, int]]:
        parts = self._parts(address, len(content))
        places = [self._place(core, (address + k) & MASK32, part, Access.STORE) for k, part in parts]
        changed = []
        for place, (k, part) in zip(places, parts, strict=True):
            if place is not None:
                memory, offset = place
                memory.data[offset : offset + part] = content[k : k + part]
                changed.append((memory, offset, part))
        return changed

    def fetch(self, core: int, address: int) -> int:
        """Return the byte at an address that is executed."""
        page = self.pages.get(address // PAGE_SIZE)
        allowed = self.permissions[core].allow(address, Access.FETCH)
        if page is None or page.bus is BusKind.DATA or not allowed or not self._may_fetch(core, address):
            raise self.fetch_trap(core, address)
        if self.shut[core] & self.gate_bit(address):
            raise self.fetch_trap(core, address)
        return page.memory.data[page.offset + address % PAGE_SIZE]

    def fetch_trap(self, core: int, address: int) -> Trap:
        """Return why an address cannot be fetched from, and note it where nothing is there; or raise Again."""
        if not self.permissions[core].allow(address, Access.FETCH):
            return Trap(Cause.INST_FETCH_PROHIBITED, address)
        if not self._may_fetch(core, address):
            trap = Trap(Cause.INST_FETCH_PROHIBITED, address)
            if not self._is_told(core, trap):
                self._host.refused(core, address, 4, Access.FETCH)
            return trap
        gate = self._gate(address)
        if gate is None or self._gates[gate].bus is BusKind.DATA:
            trap = Trap(Cause.INSTR_PIF_ADDR_ERROR, address)
            if not self._is_told(core, trap):
                self._host.unmapped(core, address, 1, Access.FETCH)
            return trap
        trap = Trap(Cause.ILLEGAL_INSTRUCTION, self._cores[core].get("excvaddr"))
        if not self._is_told(core, trap):
            self._note_unanswered(core, address, 1, Access.FETCH)
            if is_interrupt_due(self._cores[core]):
                raise Again(waits=False)
        return trap

    def _is_told(self, core: int, trap: Trap) -> bool:
        """Tell whether a core is lost, and the host has heard of the access that it repeats."""
        registers = self._cores[core]
        same = (registers.get("exccause"), registers.get("excvaddr")) == (trap.cause, trap.vaddr)
        repeats = same and registers.lost
        is_told = repeats and self._lost[core]
        self._lost[core] = repeats
        return is_told

    def gate_bit(self, address: int) -> int:
        """Return the bit of the gate that an address lies behind, 0 where there is none."""
        gate = self._gate(address)
        return 0 if gate is None else 1 << gate

    def _gate(self, address: int) -> int | None:
        for number, gate in enumerate(self._gates):
            if 0 <= address - gate.base < gate.size:
                return number
        return None

    def _note_unanswered(self, core: int, address: int, size: int, access: Access) -> None:
        if self._host.unanswered(core, address, size, access):
            raise Again(waits=True)

    def _may_fetch(self, core: int, address: int) -> bool:
        return self.protected[core].allow(address, 1, Access.FETCH)

    @staticmethod
    def _parts(address: int, size: int) -> Sequence[tuple[int, int]]:
        """Return (first byte, bytes) of what an access is made of: single bytes where it crosses pages."""
        if address % PAGE_SIZE + size <= PAGE_SIZE:
            return ((0, size),)
        return tuple((k, 1) for k in range(size))

    def _check(self, core: int, address: int, size: int, aligned: bool, access: Access) -> None:
        watched = self.watched[core]
        if address // PAGE_SIZE in watched or (address + size - 1) // PAGE_SIZE in watched:
            hit = data_break(self._cores[core], address, size, access)
            if hit is not None:
                raise Trap(hit, address, debug=True)
        if not self.permissions[core].allow(address, access):
            raise Trap(Cause.LOAD_PROHIBITED if access is Access.LOAD else Cause.STORE_PROHIBITED, address)
        if address % size and (aligned or self._is_io(address)):
            raise Trap(Cause.LOAD_STORE_ALIGNMENT, address)

    def _place(self, core: int, address: int, size: int, access: Access) -> tuple[Memory, int] | None:
        """Return where the bytes are, None where nothing answers and the core goes on."""
        page, gate = self.pages.get(address // PAGE_SIZE), self._gate(address)
        if page is None and gate is None:
            trap = Trap(Cause.LOAD_STORE_PIF_ADDR_ERROR, address)
            if self._is_told(core, trap) or not self._host.unmapped(core, address, size, access):
                raise trap
            return (_ZEROS, 0) if access is Access.LOAD else None
        bus = page.bus if page else self._gates[gate or 0].bus
        if bus is BusKind.INSTRUCTION and not (size == 4 and address % 4 == 0):
            raise Trap(Cause.LOAD_STORE_ERROR, address)
        is_read_only = access is Access.STORE and page is not None and not page.writable
        if gate is not None and (page is None or is_read_only or self.shut[core] >> gate & 1):
            self._note_unanswered(core, address, size, access)
            return None
        if is_read_only:
            raise Trap(Cause.LOAD_STORE_ERROR, address)
        assert page is not None
        return page.memory, page.offset + address % PAGE_SIZE

    def _is_io(self, address: int) -> bool:
        inside = self._io.base <= address < self._io.base + self._io.size
        return inside and address // PAGE_SIZE not in self.pages

    def _io_load(self, core: int, address: int, size: int) -> int:
        index, shift = (address - self._io.base) // 4, 8 * (address & 3)
        how = self._io.python_read[index]
        if how not in _WITHOUT_PYTHON:
            return self._host.io_read(core, address, size)
        self._io.counts[index] += how == Served.COUNTED
        return self._io.words[index] >> shift & ((1 << 8 * size) - 1)

    def _io_store(self, core: int, address: int, size: int, value: int) -> None:
        index, shift = (address - self._io.base) // 4, 8 * (address & 3)
        how = self._io.python_write[index]
        if how not in _WITHOUT_PYTHON:
            self._host.io_write(core, address, size, value)
            return
        self._io.counts[index] += how == Served.COUNTED
        mask = self._io.write_mask[index] & ((1 << 8 * size) - 1) << shift
        self._io.words[index] = self._io.words[index] & ~mask | value << shift & mask
