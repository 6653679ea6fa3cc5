"""Runs the cores with native code: the scheduler's entry, call-backs, and what one core does to another."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twincore.errors import UsageError
from twincore.isa import config, state
from twincore.isa.access import breakpoint_cause
from twincore.isa.address_space import AddressSpace, Again, Trap
from twincore.isa.spec import HOST_CALLS
from twincore.isa.tlb import REGION_BITS
from twincore.machine.executor import BusKind, CounterSnapshot, ExecutorOptions, Host, Observed, Protection
from twincore.machine.memory import Memory
from twincore.model import NEVER, TICKS_PER_SECOND
from twincore.native import layout
from twincore.native.code_cache import NativeCode
from twincore.native.core import CONFIGURATION, NativeCore
from twincore.native.io_window import NativeIoWindow
from twincore.native.layout import HOOK_PASS, HOOK_RAISE, HOOK_STOP
from twincore.native.pages import PageTables

_LOAD = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_STORE = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_IO_LOAD = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_IO_STORE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_FETCH_FAULT = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_CODE_PAGE = ctypes.CFUNCTYPE(None, ctypes.c_uint32)
_HOOK = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_HOST = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
_EVENT = ctypes.CFUNCTYPE(None)

_FAULT = 1 << 32
#: where fields of the machine's layout are, as indices
_WORD = {name: offset // 4 for name, offset in layout.MACHINE.items()}
_LONG = {name: offset // 8 for name, offset in layout.MACHINE.items()}
_CURRENT, _TICKS_PER_CYCLE, _NEXT_EVENT = _WORD["current"], _LONG["ticks_per_cycle"], _LONG["next_event"]
_TIME, _LIMIT, _CONSUMED, _BUDGET, _BUDGET_LEFT = (
    layout.CORE[name] // 8 for name in ("time", "limit", "consumed", "budget", "budget_left")
)
_COUNTS = ("time", "limit", "consumed", "budget", "budget_left", "ccount_end", "instructions")
"""A core's fields that count from power-on."""
_STEP_LIMIT_TICKS = TICKS_PER_SECOND


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
        self._lines_asked = [0, 0]
        self._buffer = mmap.mmap(-1, mmap.PAGESIZE)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))
        self._longs = memoryview(self._buffer).cast("q")
        self._words = memoryview(self._buffer).cast("I")
        self.io = NativeIoWindow(options.io_base, options.io_size)
        self._cores = [NativeCore(k, partial(self._configure, k)) for k in range(2)]
        self.cores: Sequence[NativeCore] = self._cores
        self._space = AddressSpace(host, self.io, self._cores, options.gates)
        self._tables = PageTables(self._space, self._cores)
        self._breakpoints: set[int] = set()
        self._guest_breaks: list[frozenset[int]] = [frozenset(), frozenset()]
        for name, value in self.io.addresses().items():
            self._set_long(name, value)
        self._set_word("io_base", options.io_base)
        self._set_word("io_size", options.io_size)
        lines = self._space.lines
        self._set_long("lines", lines.host_address)
        self._set_long("fill_ticks", lines.fill_ticks)
        self._set_word("lines_base", lines.base)
        self._set_word("lines_size", lines.size)
        self._set_long("next_event", NEVER)
        self._set_long("ticks_per_cycle", 1)
        self._set_long("next_ticks_per_cycle", 1)
        self._set_long("open_core", -1)
        self.quantum_cycles = options.quantum_cycles
        for k, core in enumerate(self._cores):
            self._set_long(f"core{k}", core.address)
            core.set_long("machine", self._address)
            core.set_long("deferred", NEVER)
            self._reset(k, 0)
        self._callbacks: list[Any] = []
        self._register("call_load", _LOAD(self._guarded_access(self._load, _FAULT)))
        self._register("call_store", _STORE(self._guarded_access(self._store, 1)))
        # registers with side effects, in an I/O window that is open: straight to the host
        self._register("call_io_load", _IO_LOAD(self._io_load_call(host)))
        self._register("call_io_store", _IO_STORE(self._io_store_call(host)))
        self._register("call_fetch_fault", _FETCH_FAULT(self._guarded_access(self._fetch_fault, 0)))
        self._register("call_code_page", _CODE_PAGE(self._guarded(self._tables.note_code, None)))
        self._register("call_hook", _HOOK(self._guarded(self._hook, HOOK_STOP)))
        self._register("call_host", _HOST(self._guarded(self._answer, 0)))
        self._register("call_event", _EVENT(self._guarded(host.event, None)))
        self._run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(NativeExecutor._code.run_address)

    # --- machine words -----------------------------------------------------------------------------------------------

    def _long(self, name: str) -> int:
        return self._longs[_LONG[name]]

    def _set_long(self, name: str, value: int) -> None:
        self._longs[_LONG[name]] = value

    def _word(self, name: str) -> int:
        return self._words[_WORD[name]]

    def _set_word(self, name: str, value: int) -> None:
        self._words[_WORD[name]] = value

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

    def _failed(self, error: BaseException) -> None:
        """Carry an exception past native code: it stops the run and is raised again by `run`."""
        if self._error is None:
            self._error = error
        self.request_stop()

    def _guarded(self, function: Callable[..., Any], result: Any) -> Callable[..., Any]:
        """Return a call-back that gives `result` where the function raises."""

        def call(*arguments: int) -> Any:
            self._in_call = True
            try:
                return function(*arguments)
            except BaseException as error:
                self._failed(error)
                return result
            finally:
                self._in_call = False

        return call

    def _guarded_access(self, function: Callable[..., Any], result: Any) -> Callable[..., Any]:
        """Return the like for what a core does in the middle of an instruction."""

        def call(core: int, *arguments: int) -> Any:
            self._in_call, self._executing = True, core
            try:
                return function(core, *arguments)
            except BaseException as error:
                self._failed(error)
                return result
            finally:
                self._in_call, self._executing = False, None

        return call

    # the like for registers, which are accessed often: as few calls on the way as can be

    def _io_load_call(self, host: Host) -> Callable[[int, int, int], int]:
        read = host.io_read

        def call(core: int, address: int, size: int) -> int:
            self._in_call, self._executing = True, core
            try:
                return read(core, address, size)
            except BaseException as error:
                self._failed(error)
                return 0
            finally:
                self._in_call, self._executing = False, None

        return call

    def _io_store_call(self, host: Host) -> Callable[[int, int, int, int], None]:
        write = host.io_write

        def call(core: int, address: int, size: int, value: int) -> None:
            self._in_call, self._executing = True, core
            try:
                write(core, address, size, value)
            except BaseException as error:
                self._failed(error)
            finally:
                self._in_call, self._executing = False, None

        return call

    def _defer(self, core: int, action: Callable[[int, int], None], argument: int) -> bool:
        """Have an action on a core that is behind wait until its time reaches the end of the acting instruction."""
        actor = self._executing
        if actor is not None and actor != core:
            at = self.now_ticks() + self._long("ticks_per_cycle")
            if self._cores[core].long("time") < at:
                self._deferred[core].append((at, action, argument))
                self._cores[core].set_long("deferred", self._deferred[core][0][0])
                return True
        return False

    def _carry_out_deferred(self, core: int) -> None:
        waiting, now = self._deferred[core], self._cores[core].long("time")
        while waiting and waiting[0][0] <= now:
            _, action, argument = waiting.pop(0)
            action(core, argument)
            waiting = self._deferred[core]
        self._cores[core].set_long("deferred", waiting[0][0] if waiting else NEVER)

    def _trapped(self, core: int, trap: Trap) -> None:
        """Leave an exception for native code to take."""
        self._cores[core].set_word("fault_cause", trap.cause | (layout.DEBUG_FAULT if trap.debug else 0))
        self._cores[core].set_word("fault_vaddr", trap.vaddr)

    def _comes_again(self, core: int, again: Again) -> None:
        """Have native code go back to before the instruction."""
        self._cores[core].set_word("fault_cause", layout.AGAIN_FAULT)
        self._cores[core].set_word("stalled", int(again.waits))

    def _fetch_fault(self, core: int, address: int) -> int:
        """Leave for native code why there is no instruction to fetch, and return the exception's cause."""
        try:
            trap = self._space.fetch_trap(core, address)
        except Again as again:
            self._comes_again(core, again)
            return 0
        self._trapped(core, trap)
        return trap.cause

    def _load(self, core: int, address: int, flags: int) -> int:
        try:
            return self._space.load(core, address, flags & 0xFF, bool(flags >> 8))
        except Trap as trap:
            self._trapped(core, trap)
            return _FAULT
        except Again as again:
            self._comes_again(core, again)
            return _FAULT

    def _store(self, core: int, address: int, value: int, flags: int) -> int:
        try:
            for memory, offset, size in self._space.store(core, address, flags & 0xFF, value, bool(flags >> 8)):
                self._tables.forget_code(memory, offset, size)
        except Trap as trap:
            self._trapped(core, trap)
            return 1
        except Again as again:
            self._comes_again(core, again)
            return 1
        return 0

    def _hook(self, core: int, pc: int) -> int:
        """Decide about the breakpoints at pc: go on, leave before the instruction, or take a debug exception."""
        core_state = self._cores[core]
        if pc in self._guest_breaks[core]:
            cause = breakpoint_cause(core_state)
            if cause is not None:
                self._trapped(core, Trap(cause, pc, debug=True))
                return HOOK_RAISE
        if pc not in self._breakpoints or core_state.passed == pc:
            core_state.passed = None
            return HOOK_PASS
        self._host.breakpoint(core, pc)
        if self._word("stop"):
            core_state.passed = pc
            return HOOK_STOP
        return HOOK_PASS

    def _answer(self, core: int, what: int, first: int, second: int) -> int:
        """Answer a request by native code (HOST_CALLS)."""
        name = HOST_CALLS[what]
        if name == "simcall" and self._options.semihosting:
            self._host.simcall(core)
            return 1
        if name == "rer":
            return self._host.rer(core, first)
        if name == "gpio_in":
            return self._host.gpio_in(core) & 0xFF
        if name == "gpio_out":
            self._host.gpio_out(core, first)
            return 0
        if name == "wer":
            self._host.wer(core, first, second)
        elif name == "reset":
            self._cores[core].set_word("reset_asked", 0)
            self._reset(core, 0)
        elif name == "deferred":
            self._carry_out_deferred(core)
        elif name == "dbreak":
            self._tables.watch(core)
        elif name in ("tlb", "ibreak"):
            self._configure(core)
        return 0

    def _configure(self, core: int) -> None:
        """Follow the region attributes and break registers of a core."""
        core_state = self._cores[core]
        self._tables.configure(core)
        core_state.set_word("io_open", int(self._tables.is_open(core, self.io.base)))
        closed = (not self._tables.is_open(core, region << REGION_BITS) for region in range(8))
        core_state.set_word("closed_regions", sum(is_closed << region for region, is_closed in enumerate(closed)))
        enabled = core_state.get("ibreakenable")
        breaks = frozenset(core_state.get("ibreaka", k) for k in range(2) if enabled >> k & 1)
        for address in breaks ^ self._guest_breaks[core]:
            core_state.hook(address, on=address in breaks or address in self._breakpoints)
        self._guest_breaks[core] = breaks
        core_state.set_word("attention", 1)

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
        if not self._in_call:
            return min(core.longs[_TIME] for core in self._cores)
        # registers whose value hangs on time ask this for each access
        longs = self._cores[self._words[_CURRENT]].longs
        cycles: int = longs[_CONSUMED] + longs[_BUDGET] - longs[_BUDGET_LEFT]
        return longs[_TIME] + cycles * self._longs[_TICKS_PER_CYCLE]

    def set_next_event(self, ticks: int) -> None:
        """Have `Host.event` called when every core's time reached `ticks`."""
        self._longs[_NEXT_EVENT] = ticks
        if self._in_call and ticks < self._cores[self._words[_CURRENT]].longs[_LIMIT]:
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
        levels &= config.EXTERNAL_INTERRUPTS
        # what changes is passed on, not the levels: a change that waits must not undo a later one that did not wait
        change, self._lines_asked[core] = levels ^ self._lines_asked[core], levels
        if not self._defer(core, self._change_lines, change):
            self._change_lines(core, change)

    def _change_lines(self, core: int, change: int) -> None:
        state_of = self._cores[core]
        old = state_of.word("lines")
        levels = old ^ change
        state_of.set_word("interrupt", state_of.word("interrupt") | levels & ~old & config.EDGE_LINES)
        state_of.set_word("lines", levels)
        state_of.set_word("attention", 1)

    def set_running(self, core: int, running: bool) -> None:
        """Hold or let run a core."""
        if not self._defer(core, self._set_running, int(running)):
            self._set_running(core, int(running))

    def _set_running(self, core: int, running: int) -> None:
        self._cores[core].set_word("running", running)
        self._cores[core].set_word("attention", 1)

    def set_shut(self, core: int, gates: int) -> None:
        """Shut gates for a core and open the others; one that waits tries again."""
        if not self._defer(core, self._set_shut, gates):
            self._set_shut(core, gates)

    def _set_shut(self, core: int, gates: int) -> None:
        self._space.shut_gates(core, gates)
        self._tables.show(core, gates)
        self._cores[core].set_word("stalled", 0)
        self._cores[core].set_word("attention", 1)

    def forget_lines(self, address: int, size: int) -> None:
        """Have the next fetch from each line in a range take its time again, and be decoded again."""
        lost = self._space.lines.forget(address, size)
        for core in self._cores:
            if lost:
                core.forget(lost.start, len(lost))
                core.set_word("attention", 1)

    def tell_again(self) -> None:
        """Have the host hear again of what a lost core repeats."""
        self._space.tell_again()
        for core in self._cores:
            core.find()

    def fills(self) -> bytes:
        """Return which lines of code are filled, and what is left of a filling that cores wait for."""
        left = b"".join(core.long("filling").to_bytes(8, "little") for core in self._cores)
        return self._space.lines.content() + left

    def power_on(self) -> None:
        """Begin at time 0 as when the executor was built."""
        self.forget_lines(self._space.lines.base, self._space.lines.size)
        self._set_long("open_core", -1)
        self._set_long("next_event", NEVER)
        self._deferred = [[], []]
        self._lines_asked = [0, 0]
        for k, core in enumerate(self._cores):
            for name in _COUNTS:
                core.set_long(name, 0)
            core.set_long("deferred", NEVER)
            core.set_word("lines", 0)
            core.set_word("counting", 0)
            core.set("windowbase", 0)
            for number in range(config.AR_COUNT):
                core.set("ar", 0, number)
            self._reset(k, 0)

    def reset_core(self, core: int) -> None:
        """Put a core's state to its reset values; at once, or after the instruction that the core is executing."""
        if self._executing == core:
            self._cores[core].set_word("reset_asked", 1)
            self._cores[core].set_word("attention", 1)
        elif not self._defer(core, self._reset, 0):
            self._deferred[core] = []
            self._cores[core].set_long("deferred", NEVER)
            self._cores[core].set_word("lines", self._lines_asked[core])
            self._reset(core, 0)

    def _reset(self, core: int, _: int) -> None:
        state_of, options = self._cores[core], self._options.cores[core]
        self._cores[core].passed = None
        lines = state_of.word("lines")
        for register in state.REGISTERS:
            for k in range(register.count):
                if register.name == "ar":
                    continue  # undefined after reset: they keep what they hold
                if register.name in CONFIGURATION:
                    state_of.set_word(register.name, register.reset, k)
                else:
                    state_of.set(register.name, register.reset, k)
        state_of.set_word("pc", options.reset_vector)
        state_of.set_word("prid", options.prid)
        state_of.set_word("lines", lines)
        state_of.set_word("interrupt", 0)
        state_of.set_word("stalled", 0)
        state_of.set_long("filling", 0)
        self._configure(core)

    def map(self, address: int, size: int, memory: Memory | None, offset: int, *, bus: BusKind, writable: bool) -> None:
        """Show `size` bytes of `memory` from `offset` at guest `address` of all cores; None takes a mapping away."""
        self._tables.map(address, size, memory, offset, bus, writable)

    def protect(self, core: int, ranges: Sequence[Protection]) -> None:
        """Have a core use ranges of addresses only as they allow."""
        self._tables.protect(core, ranges)
        self._cores[core].set_word("attention", 1)

    def observe(self, core: int, ranges: Sequence[Observed]) -> None:
        """Have the host told of a core's accesses in ranges of addresses."""
        self._tables.observe(core, ranges)

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Carry out stores to a word as the snapshot says."""
        self.io.serve_snapshot(snapshot)

    def host_wrote(self, memory: Memory, offset: int, size: int) -> None:
        """Forget decoded code of bytes that changed behind the cores' backs."""
        self._tables.forget_code(memory, offset, size)

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
        """Return how many instructions the core has executed since power-on."""
        return self._cores[core].long("instructions")

    def close(self) -> None:
        """Give back memory; the executor is unusable afterwards."""
        self._space.pages.clear()
        for core in self._cores:
            core.release()
