"""Runs the cores with native code: memory layout, page tables, call-backs, and the cores' state as Python sees it."""

from __future__ import annotations

import ctypes
import mmap
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twincore.errors import UsageError
from twincore.isa import config, state
from twincore.isa.access import Permissions, breakpoint_cause, data_break, data_break_pages
from twincore.isa.registers import RegisterNames
from twincore.isa.spec import Cause
from twincore.machine.executor import Access, BusKind, ExecutorOptions, Host
from twincore.machine.memory import PAGE_SIZE, Memory
from twincore.native import layout
from twincore.native.code_cache import NativeCode

_MAP_NORESERVE = 0x4000  # Linux; in the mmap module from Python 3.13
NEVER = (1 << 63) - 1

_LOAD = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_STORE = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_FETCH_FAULT = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_CODE_PAGE = ctypes.CFUNCTYPE(None, ctypes.c_uint32)
_HOOK = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_HOST = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_EVENT = ctypes.CFUNCTYPE(None)

_FAULT = 1 << 32
#: registers that page tables and marked records follow
_CONFIGURATION = frozenset(("itlb", "dtlb", "ibreakenable", "ibreaka", "dbreaka", "dbreakc"))
_STEP_LIMIT_TICKS = 913_920_000_000  # one second


class _Reservation:
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


class NativeIoWindow:
    """The peripherals' words as native code sees them (see machine.executor.IoWindow)."""

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size
        self._words, self._masks = bytearray(size), bytearray(size)
        count = size // 4
        self.words = memoryview(self._words).cast("I")
        self.write_mask = memoryview(self._masks).cast("I")
        # nothing is declared yet: every access goes to Python, where it is noted
        self._read_flags, self._write_flags = bytearray(b"\1" * count), bytearray(b"\1" * count)
        self.python_read = memoryview(self._read_flags)
        self.python_write = memoryview(self._write_flags)

    def addresses(self) -> dict[str, int]:
        """Return the host addresses of the four arrays, by the machine layout's names."""
        arrays = {
            "io_words": self._words,
            "io_mask": self._masks,
            "io_python_read": self._read_flags,
            "io_python_write": self._write_flags,
        }
        return {name: ctypes.addressof(ctypes.c_char.from_buffer(data)) for name, data in arrays.items()}


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
        self._longs = memoryview(self._buffer).cast("q")
        self.planes = [_Reservation(layout.PLANE_SIZE) for _ in range(2)]
        self.tables = _Reservation(layout.PAGE_TABLES_SIZE)
        self.entries = memoryview(self.tables.map).cast("Q")
        self._loop_ends = _Reservation(layout.EXEC_SPAN // 8 + PAGE_SIZE)
        self.hooks = _Reservation(layout.EXEC_SPAN // 8 + PAGE_SIZE)
        for k, plane in enumerate(self.planes):
            self.set_long(f"plane{k}", plane.address + (layout.EXEC_MARGIN - layout.EXEC_BASE) * 16)
        self.set_long("pages", self.tables.address)
        self.set_long("loop_ends", self._loop_ends.address)
        self.set_long("hooks", self.hooks.address)
        self.set_long("window", self.address)
        self.set_word("index", index)

    # --- raw state ---------------------------------------------------------------------------------------------------

    def word(self, name: str, index: int = 0) -> int:
        """Return a 32-bit field of the layout."""
        return self._words[layout.CORE[name] // 4 + index]

    def set_word(self, name: str, value: int, index: int = 0) -> None:
        """Set a 32-bit field of the layout."""
        self._words[layout.CORE[name] // 4 + index] = value & 0xFFFFFFFF

    def long(self, name: str) -> int:
        """Return a 64-bit field of the layout."""
        return self._longs[layout.CORE[name] // 8]

    def set_long(self, name: str, value: int) -> None:
        """Set a 64-bit field of the layout."""
        self._longs[layout.CORE[name] // 8] = value

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
            if name in _CONFIGURATION:
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

    def fill(self, table: str, page: int, count: int, entry: int) -> None:
        """Set `count` entries of a page table from `page` on to the same value."""
        start = layout.PAGE_TABLE[table] // 8 + page
        if count == 1:
            self.entries[start] = entry
        else:
            self.entries[start : start + count] = memoryview(array("Q", [entry]) * count)

    def entry(self, table: str, page: int) -> int:
        """Return one entry of a page table."""
        return self.entries[layout.PAGE_TABLE[table] // 8 + page]

    def forget(self, address: int, size: int) -> None:
        """Drop what was decoded in a range of executable addresses."""
        start = address - layout.EXEC_BASE + layout.EXEC_MARGIN - 3
        for plane in self.planes:
            plane.forget(start * 16, (size + 3) * 16)

    def hook(self, address: int, *, on: bool) -> None:
        """Set or take away the mark of a breakpoint, and decode the place anew."""
        self._mark(self.hooks, address, on=on)
        if 0 <= address - layout.EXEC_BASE < layout.EXEC_SPAN:
            self.forget(address, 1)

    def _mark(self, bitmap: _Reservation, address: int, *, on: bool = True) -> None:
        offset = address - layout.EXEC_BASE
        if 0 <= offset < layout.EXEC_SPAN:
            bits, mask = bitmap.map, 1 << (offset & 7)
            bits[offset >> 3] = bits[offset >> 3] | mask if on else bits[offset >> 3] & ~mask


class NativeExecutor:
    """Executor in native code (see machine.executor.Executor); one LLVM module serves all instances of a process."""

    _code: NativeCode | None = None

    def __init__(self, host: Host, options: ExecutorOptions) -> None:
        if len(options.cores) != 2:
            raise UsageError("native executor", f"expected two cores, got {len(options.cores)}")
        if NativeExecutor._code is None:
            NativeExecutor._code = NativeCode()
        self._host, self._options = host, options
        self._error: BaseException | None = None
        self._in_call = False
        self._executing: int | None = None
        self._deferred: list[list[tuple[int, Callable[[int, int], None], int]]] = [[], []]
        self._buffer = mmap.mmap(-1, mmap.PAGESIZE)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))
        self._longs = memoryview(self._buffer).cast("q")
        self._words = memoryview(self._buffer).cast("I")
        self.io = NativeIoWindow(options.io_base, options.io_size)
        self._cores = [NativeCore(k, partial(self._configuration_changed, k)) for k in range(2)]
        self.cores: Sequence[NativeCore] = self._cores
        self._permissions = [Permissions(), Permissions()]
        self._pages: dict[int, tuple[Memory, int, BusKind, bool]] = {}
        self._places: dict[tuple[int, int], set[int]] = {}
        self._code_places: dict[tuple[int, int], int] = {}
        self._watched: list[frozenset[int]] = [frozenset(), frozenset()]
        self._breakpoints: set[int] = set()
        self._guest_breaks: list[frozenset[int]] = [frozenset(), frozenset()]
        for name, value in self.io.addresses().items():
            self._set_long(name, value)
        self._set_word("io_base", options.io_base)
        self._set_word("io_size", options.io_size)
        self._set_long("next_event", NEVER)
        self._set_long("ticks_per_cycle", 1)
        self._set_long("next_ticks_per_cycle", 1)
        self._set_long("open_core", -1)
        self.quantum_cycles = options.quantum_cycles
        for k, core in enumerate(self._cores):
            self._set_long(f"core{k}", core.address)
            core.set_long("machine", self._address)
            self._reset(k, 0)
        self._callbacks: list[Any] = []
        self._register("call_load", _LOAD(self._guarded_access(self._load, _FAULT)))
        self._register("call_store", _STORE(self._guarded_access(self._store, 1)))
        self._register("call_fetch_fault", _FETCH_FAULT(self._guarded(self._fetch_fault, 0)))
        self._register("call_code_page", _CODE_PAGE(self._guarded(self._code_page, None)))
        self._register("call_hook", _HOOK(self._guarded(self._hook, 1)))
        self._register("call_host", _HOST(self._guarded(self._host_call, 0)))
        self._register("call_event", _EVENT(self._guarded(host.event, None)))
        self._run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(NativeExecutor._code.run_address)

    # --- machine words -----------------------------------------------------------------------------------------------

    def _long(self, name: str) -> int:
        return self._longs[layout.MACHINE[name] // 8]

    def _set_long(self, name: str, value: int) -> None:
        self._longs[layout.MACHINE[name] // 8] = value

    def _word(self, name: str) -> int:
        return self._words[layout.MACHINE[name] // 4]

    def _set_word(self, name: str, value: int) -> None:
        self._words[layout.MACHINE[name] // 4] = value

    @property
    def quantum_cycles(self) -> int:
        """Return how far core 0 runs ahead of core 1, in cycles."""
        return self._long("quantum")

    @quantum_cycles.setter
    def quantum_cycles(self, cycles: int) -> None:
        if cycles < 1:
            raise UsageError("quantum", f"expected at least 1 cycle, got {cycles}")
        self._set_long("quantum", cycles)

    # --- call-backs --------------------------------------------------------------------------------------------------

    def _register(self, name: str, callback: Any) -> None:
        self._callbacks.append(callback)
        self._set_long(name, ctypes.cast(callback, ctypes.c_void_p).value or 0)

    def _guarded(self, function: Callable[..., Any], failed: Any) -> Callable[..., Any]:
        """Carry an exception past native code: it stops the run and is raised again by `run`."""

        def call(*arguments: int) -> Any:
            outer, self._in_call = self._in_call, True
            try:
                return function(*arguments)
            except BaseException as error:
                if self._error is None:
                    self._error = error
                self.request_stop()
                return failed
            finally:
                self._in_call = outer

        return call

    def _guarded_access(self, function: Callable[..., Any], failed: Any) -> Callable[..., Any]:
        """Do the same for what a core does in the middle of an instruction."""
        guarded = self._guarded(function, failed)

        def call(core: int, *arguments: int) -> Any:
            self._executing = core
            try:
                return guarded(core, *arguments)
            finally:
                self._executing = None

        return call

    def _on_core(self, core: int, action: Callable[[int, int], None], argument: int) -> None:
        """Act on a core: at once, or when the core's time reaches the end of the instruction that does it."""
        actor = self._executing
        if actor is not None and actor != core:
            at = self.now_ticks() + self._long("ticks_per_cycle")
            if self._cores[core].long("time") < at:
                self._deferred[core].append((at, action, argument))
                self._cores[core].set_long("deferred", self._deferred[core][0][0])
                return
        action(core, argument)

    def _carry_out_deferred(self, core: int) -> None:
        waiting, now = self._deferred[core], self._cores[core].long("time")
        while waiting and waiting[0][0] <= now:
            _, action, argument = waiting.pop(0)
            action(core, argument)
            waiting = self._deferred[core]
        self._cores[core].set_long("deferred", waiting[0][0] if waiting else NEVER)

    def _fault(self, core: int, cause: int, address: int) -> None:
        self._cores[core].set_word("fault_cause", cause)
        self._cores[core].set_word("fault_vaddr", address)

    def _check(self, core: int, address: int, size: int, flags: int, access: Access) -> bool:
        """Look whether an access that native code did not do itself is allowed; leave the fault where not."""
        state_of = self._cores[core]
        hit = data_break(state_of, address, size, access)
        if hit is not None:
            self._fault(core, layout.DEBUG_FAULT | hit, address)
            return False
        if not self._permissions[core].allow(address, access):
            cause = Cause.LOAD_PROHIBITED if access is Access.LOAD else Cause.STORE_PROHIBITED
            self._fault(core, cause, address)
            return False
        if address & (size - 1):
            in_io = (
                address - self.io.base < self.io.size and address >= self.io.base and address >> 12 not in self._pages
            )
            if flags >> 8 or in_io:
                self._fault(core, Cause.LOAD_STORE_ALIGNMENT, address)
                return False
        return True

    def _place(self, core: int, address: int, size: int, access: Access) -> tuple[Memory, int] | None:
        """Return where a byte of mapped memory lies; leave the fault and return None where there is none."""
        page = self._pages.get(address >> 12)
        if page is None:
            self._host.unmapped(core, address, size, access)
            self._fault(core, Cause.LOAD_STORE_PIF_ADDR_ERROR, address)
            return None
        memory, offset, bus, writable = page
        if bus is BusKind.INSTRUCTION and (size != 4 or address & 3):
            self._fault(core, Cause.LOAD_STORE_ERROR, address)
            return None
        if access is Access.STORE and not writable:
            self._fault(core, Cause.LOAD_STORE_ERROR, address)
            return None
        return memory, offset + (address & 0xFFF)

    def _load(self, core: int, address: int, flags: int) -> int:
        size = flags & 0xFF
        if not self._check(core, address, size, flags, Access.LOAD):
            return _FAULT
        if self.io.base <= address < self.io.base + self.io.size and address >> 12 not in self._pages:
            return self._io_load(core, address, size)
        if address & 0xFFF <= 0x1000 - size:
            place = self._place(core, address, size, Access.LOAD)
            if place is None:
                return _FAULT
            memory, offset = place
            return int.from_bytes(memory.data[offset : offset + size], "little")
        total = 0
        for k in range(size):
            # the two pages may be anything; whichever byte is refused takes the exception
            place = self._place(core, (address + k) & 0xFFFFFFFF, 1, Access.LOAD)
            if place is None:
                return _FAULT
            total |= place[0].data[place[1]] << 8 * k
        return total

    def _io_load(self, core: int, address: int, size: int) -> int:
        index = (address - self.io.base) >> 2
        if self.io.python_read[index]:
            return self._host.io_read(core, address, size)
        return self.io.words[index] >> 8 * (address & 3) & ((1 << 8 * size) - 1)

    def _store(self, core: int, address: int, value: int, flags: int) -> int:
        size = flags & 0xFF
        if not self._check(core, address, size, flags, Access.STORE):
            return 1
        value &= (1 << 8 * size) - 1
        if self.io.base <= address < self.io.base + self.io.size and address >> 12 not in self._pages:
            self._io_store(core, address, size, value)
            return 0
        pieces = [(0, size)] if address & 0xFFF <= 0x1000 - size else [(k, 1) for k in range(size)]
        places = []
        for offset, length in pieces:
            place = self._place(core, (address + offset) & 0xFFFFFFFF, length, Access.STORE)
            if place is None:
                return 1
            places.append((place, offset, length))
        content = value.to_bytes(size, "little")
        for (memory, offset), start, length in places:
            memory.data[offset : offset + length] = content[start : start + length]
            self.host_wrote(memory, offset, length)
        return 0

    def _io_store(self, core: int, address: int, size: int, value: int) -> None:
        index = (address - self.io.base) >> 2
        if self.io.python_write[index]:
            self._host.io_write(core, address, size, value)
            return
        shift = 8 * (address & 3)
        mask = self.io.write_mask[index] & ((1 << 8 * size) - 1) << shift
        self.io.words[index] = self.io.words[index] & ~mask | value << shift & mask

    def _fetch_fault(self, core: int, address: int) -> int:
        if not self._permissions[core].allow(address, Access.FETCH):
            return Cause.INST_FETCH_PROHIBITED
        self._host.unmapped(core, address, 1, Access.FETCH)
        return Cause.INSTR_PIF_ADDR_ERROR

    def _code_page(self, address: int) -> None:
        """Note that code was decoded from a page: stores to any alias of it must forget that code."""
        page = address >> 12
        memory, offset, _, _ = self._pages[page]
        place = (id(memory), offset)
        self._code_places[place] = page
        for alias in self._places[place]:
            self._refresh(alias)

    def _hook(self, core: int, pc: int) -> int:
        """Decide about the breakpoints at pc; 1 to leave before the instruction."""
        state_of = self._cores[core]
        if pc in self._guest_breaks[core]:
            cause = breakpoint_cause(state_of)
            if cause is not None:
                # taken by the handler's caller: it costs a cycle like every exception
                self._fault(core, layout.DEBUG_FAULT | cause, pc)
                return 2
        if pc not in self._breakpoints or self._cores[core].passed == pc:
            self._cores[core].passed = None
            return 0
        self._host.breakpoint(core, pc)
        if self._word("stop"):
            self._cores[core].passed = pc
            return 1
        return 0

    def _host_call(self, core: int, what: int, first: int, second: int) -> int:
        if what == 0 or what == 7:  # wait, loop_end: nothing to do here
            return 0
        if what == 1:
            if self._options.semihosting:
                self._host.simcall(core)
            return int(self._options.semihosting)
        if what == 2:
            return self._host.rer(core, first)
        if what == 3:
            self._host.wer(core, first, second)
            return 0
        if what == 8:
            self._cores[core].set_word("reset_asked", 0)
            self._reset(core, 0)
            return 0
        if what == 9:
            self._carry_out_deferred(core)
            return 0
        self._configuration_changed(core)
        return 0

    def _configuration_changed(self, core: int) -> None:
        """Read the region attributes and break registers of a core again."""
        state_of = self._cores[core]
        permissions = Permissions.of(state_of)
        watched = data_break_pages(state_of)
        if permissions != self._permissions[core] or watched != self._watched[core]:
            changed = self._watched[core] ^ watched
            everything = permissions != self._permissions[core]
            self._permissions[core], self._watched[core] = permissions, watched
            for page in list(self._pages) if everything else changed & self._pages.keys():
                self._refresh(page, only=core)
            if everything:
                state_of.forget(layout.EXEC_BASE, layout.EXEC_SPAN)
        state_of.set_word("io_open", self._io_open(core))
        enabled = state_of.get("ibreakenable")
        breaks = frozenset(state_of.get("ibreaka", k) for k in range(2) if enabled >> k & 1)
        for address in breaks ^ self._guest_breaks[core]:
            state_of.hook(address, on=address in breaks or address in self._breakpoints)
        self._guest_breaks[core] = breaks
        state_of.set_word("attention", 1)

    def _io_open(self, core: int) -> int:
        pages = range(self.io.base >> 12, (self.io.base + self.io.size) >> 12)
        allowed = all(self._permissions[core].allow(self.io.base, a) for a in (Access.LOAD, Access.STORE))
        return int(allowed and not any(page in pages for page in self._watched[core]))

    # --- Executor ----------------------------------------------------------------------------------------------------

    def run(self, until_ticks: int) -> None:
        """Run until every core's time is at least `until_ticks`, or a stop was requested."""
        self._set_long("until", until_ticks)
        self._set_word("stop", 0)
        self._run(self._address)
        self._raise_error()

    def step(self, core: int) -> None:
        """Execute one instruction of `core`, while the machine runs by its rules; UsageError where it has none."""
        state_of, before = self._cores[core], self.instructions(core)
        state_of.set_word("single", 1)
        try:
            self.run(self.now_ticks() + _STEP_LIMIT_TICKS)
        finally:
            state_of.set_word("single", 0)
        if self.instructions(core) == before and not self._word("stop"):
            raise UsageError(
                f"core {core}", "expected a core that executes, but it is held or waits and nothing woke it for 1 s"
            )

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def request_stop(self) -> None:
        """Make `run` return after the instruction that is executing."""
        self._set_word("stop", 1)
        for core in self._cores:
            core.set_word("attention", 1)

    def end_slice(self) -> None:
        """End the running core's slice after this instruction."""
        self._set_word("slice_end", 1)
        for core in self._cores:
            core.set_word("attention", 1)

    def now_ticks(self) -> int:
        """Return the executing core's time inside a call-back, else the time of the core that is behind."""
        if self._in_call:
            core = self._cores[self._word("current")]
            cycles = core.long("consumed") + core.long("budget") - core.long("budget_left")
            now: int = core.long("time") + cycles * self._long("ticks_per_cycle")
            return now
        return min(core.long("time") for core in self._cores)

    def set_next_event(self, ticks: int) -> None:
        """Have `Host.event` called when every core's time reached `ticks`."""
        self._set_long("next_event", ticks)
        if self._in_call and ticks < self._cores[self._word("current")].long("limit"):
            self.end_slice()

    def set_ticks_per_cycle(self, ticks: int) -> None:
        """Change the CPU clock of all cores from the next slice on."""
        if ticks < 1:
            raise UsageError("CPU clock", f"expected at least 1 tick a cycle, got {ticks}")
        if ticks != self._long("next_ticks_per_cycle"):
            self._set_long("next_ticks_per_cycle", ticks)
            self.end_slice()

    def set_lines(self, core: int, levels: int) -> None:
        """Set the levels of a core's external interrupt inputs; edges of edge-triggered ones are latched."""
        self._on_core(core, self._set_lines, levels)

    def _set_lines(self, core: int, levels: int) -> None:
        state_of = self._cores[core]
        old = state_of.word("lines")
        levels &= config.EXTERNAL_INTERRUPTS
        edge = config.EDGE_INTERRUPTS | 1 << config.NMI_INTERRUPT
        state_of.set_word("interrupt", state_of.word("interrupt") | levels & ~old & edge)
        state_of.set_word("lines", levels)
        state_of.set_word("attention", 1)

    def set_running(self, core: int, running: bool) -> None:
        """Hold or let run a core."""
        self._on_core(core, self._set_running, int(running))

    def _set_running(self, core: int, running: int) -> None:
        self._cores[core].set_word("running", running)
        self._cores[core].set_word("attention", 1)

    def reset_core(self, core: int) -> None:
        """Put a core's state to its reset values; at once, or after the instruction that the core is executing."""
        if self._executing == core:
            self._cores[core].set_word("reset_asked", 1)
            self._cores[core].set_word("attention", 1)
        else:
            self._on_core(core, self._reset, 0)

    def _reset(self, core: int, _: int) -> None:
        state_of, options = self._cores[core], self._options.cores[core]
        self._deferred[core] = []
        self._cores[core].passed = None
        state_of.set_long("deferred", NEVER)
        lines = state_of.word("lines")
        for register in state.REGISTERS:
            for k in range(register.count):
                if register.name == "ar":
                    continue  # undefined after reset: they keep what they hold
                if register.name in _CONFIGURATION:
                    state_of.set_word(register.name, register.reset, k)
                else:
                    state_of.set(register.name, register.reset, k)
        state_of.set_word("pc", options.reset_vector)
        state_of.set_word("prid", options.prid)
        state_of.set_word("lines", lines)
        state_of.set_word("interrupt", 0)
        self._configuration_changed(core)

    def map(self, address: int, size: int, memory: Memory | None, offset: int, *, bus: BusKind, writable: bool) -> None:
        """Show `size` bytes of `memory` from `offset` at guest `address` of all cores; None takes a mapping away."""
        first, count = address >> 12, size >> 12
        for k in range(count):
            page = first + k
            old = self._pages.pop(page, None)
            if old is not None:
                self._places[id(old[0]), old[1]].discard(page)
            if memory is not None:
                at = offset + k * PAGE_SIZE
                self._pages[page] = (memory, at, bus, writable)
                self._places.setdefault((id(memory), at), set()).add(page)
        for core in self._cores:
            self._fill(core, first, count)
            if address + size > layout.EXEC_BASE and address < layout.EXEC_BASE + layout.EXEC_SPAN:
                core.forget(address, size)

    def _refresh(self, page: int, *, only: int | None = None) -> None:
        for core in self._cores:
            if only is None or core.index == only:
                self._fill(core, page, 1)

    def _fill(self, core: NativeCore, first: int, count: int) -> None:
        """Write the page-table entries of pages that were mapped together (or not at all)."""
        page = first
        while page < first + count:
            run = 1
            mapping = self._pages.get(page)
            plain = page not in self._watched[core.index]
            code = mapping is not None and (id(mapping[0]), mapping[1]) in self._code_places
            if plain and not code:
                # pages of one region, memory and kind share one entry: host minus guest is constant
                while page + run < first + count and (page + run) >> 17 == page >> 17:
                    following = self._pages.get(page + run)
                    if (following is None) != (mapping is None) or page + run in self._watched[core.index]:
                        break
                    if following is not None and mapping is not None:
                        same = following[0] is mapping[0] and following[1] == mapping[1] + run * PAGE_SIZE
                        if not same or following[2:] != mapping[2:]:
                            break
                        if (id(following[0]), following[1]) in self._code_places:
                            break
                    run += 1
            for table, entry in self._entries(core.index, page, mapping, plain, code).items():
                core.fill(table, page, run, entry)
            page += run

    def _entries(
        self, core: int, page: int, mapping: tuple[Memory, int, BusKind, bool] | None, plain: bool, code: bool
    ) -> dict[str, int]:
        entries = dict.fromkeys(layout.TABLES, 0)
        if mapping is None:
            return entries
        memory, offset, bus, writable = mapping
        address = page << 12
        entry = (memory.host_address + offset - address) & 0xFFFFFFFFFFFFFFFF
        allow = self._permissions[core].allow
        if allow(address, Access.FETCH) and bus is not BusKind.DATA:
            entries["fetch"] = entry
        if code:
            entries["code_alias"] = self._code_places[id(memory), offset] << 12
        if not plain:
            return entries
        any_size = bus is not BusKind.INSTRUCTION
        if allow(address, Access.LOAD):
            entries["read_word"] = entry
            entries["read_any"] = entry if any_size else 0
        if writable and allow(address, Access.STORE):
            if code:
                entries["write_code"] = entry
            else:
                entries["write_word"] = entry
                entries["write_any"] = entry if any_size else 0
        return entries

    def host_wrote(self, memory: Memory, offset: int, size: int) -> None:
        """Forget decoded code of bytes that changed behind the cores' backs."""
        first, last = offset // PAGE_SIZE * PAGE_SIZE, (offset + size - 1) // PAGE_SIZE * PAGE_SIZE
        for place in range(first, last + 1, PAGE_SIZE):
            page = self._code_places.get((id(memory), place))
            if page is None:
                continue
            start = max(offset, place) - place
            end = min(offset + size, place + PAGE_SIZE) - place
            for core in self._cores:
                core.forget((page << 12) + start, end - start)

    def add_breakpoint(self, address: int) -> None:
        """Call `Host.breakpoint` whenever a core is about to execute `address`."""
        self._breakpoints.add(address)
        for core in self._cores:
            core.hook(address, on=True)

    def remove_breakpoint(self, address: int) -> None:
        """Take the breakpoint at `address` away."""
        self._breakpoints.discard(address)
        for core in self._cores:
            core.hook(address, on=address in self._guest_breaks[core.index])

    def instructions(self, core: int) -> int:
        """Return how many instructions the core has executed since the machine was built."""
        return self._cores[core].long("instructions")

    def close(self) -> None:
        """Drop the references to memories; the host's pages go with the objects."""
        self._pages.clear()
        self._places.clear()
        self._code_places.clear()
