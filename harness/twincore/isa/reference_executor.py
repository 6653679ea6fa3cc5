"""Executes the cores in pure Python, by the definitions alone: slow, and what native code is held against.

Nothing is cached but decoded words, and everything is looked at before every instruction: interrupts, instruction
counting, breaks, windows. It follows the scheduling rules in machine/executor.py to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from twincore.errors import UsageError
from twincore.isa import config, state
from twincore.isa.access import breakpoint_cause, current_level
from twincore.isa.address_space import AddressSpace, Again, Trap
from twincore.isa.decode import find, length
from twincore.isa.definitions import ROUTINES
from twincore.isa.observation import ObservedPages
from twincore.isa.reference import compile_definition
from twincore.isa.registers import RegisterNames
from twincore.isa.spec import MASK32, Cause, DebugCause, Instruction
from twincore.machine.executor import (
    BusKind,
    CounterSnapshot,
    ExecutorFactory,
    ExecutorOptions,
    Host,
    Observed,
    Protection,
)
from twincore.machine.memory import Memory
from twincore.model import NEVER, TICKS_PER_SECOND

STEP_LIMIT_TICKS = TICKS_PER_SECOND
"""How long `step` waits for a core that does not execute."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction word ready to run: pc-relative operands still lack pc."""

    instruction: Instruction
    run: Callable[..., int | None]
    operands: tuple[int, ...]
    relative: tuple[bool, ...]
    quarter: int


@cache
def _function(instruction: Instruction) -> Callable[..., Any]:
    return compile_definition(instruction)


@cache
def _routine(name: str) -> Callable[..., bool]:
    return compile_definition(ROUTINES[name])


@cache
def _decoded(word: int, low: int) -> Decoded | None:
    """Decode a word at an address whose low two bits are `low`; distances depend on nothing else of it."""
    instruction = find(word)
    if instruction is None:
        return None
    operands, relative = [], []
    for operand in instruction.operands.values():
        value, immediate = operand.raw(word), operand.immediate
        operands.append(value if immediate is None else immediate.decode(value, low) & MASK32)
        relative.append(immediate is not None and immediate.relative)
    return Decoded(
        instruction, _function(instruction), tuple(operands), tuple(relative), instruction.window_quarter(word)
    )


class ReferenceIoWindow:
    """The peripherals' words (see machine.executor.IoWindow)."""

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size
        count = size // 4
        self.words = memoryview(bytearray(size)).cast("I")
        self.write_mask = memoryview(bytearray(size)).cast("I")
        self.counts = memoryview(bytearray(2 * size)).cast("Q")
        # nothing is declared yet: every access goes to the host, where it is noted
        self.python_read = memoryview(bytearray(b"\1" * count))
        self.python_write = memoryview(bytearray(b"\1" * count))


class ReferenceCore(RegisterNames):
    """One core: every register of isa.state as an attribute, and what definitions ask of their core."""

    # the registers that this module names; the others are there too
    ar: list[int]
    pc: int
    prid: int
    ps_woe: int
    ps_excm: int
    lend: int
    lbeg: int
    lcount: int
    ccount: int
    ccompare: list[int]
    interrupt: int
    intenable: int
    lines: int
    icount: int
    icountlevel: int
    ibreakenable: int
    ibreaka: list[int]
    excvaddr: int
    waiting: int

    def __init__(self, index: int, executor: ReferenceExecutor) -> None:
        self.index = index
        self.executor = executor
        self.time = 0
        self.limit = 0
        self.instructions = 0
        self.running = False
        #: an access waits for a gate to open
        self.stalled = False
        #: cycles that are left of the filling of a line of code
        self.filling = 0
        self.passed_breakpoint: int | None = None
        #: what another core did that takes effect later: (time in ticks, action)
        self.deferred: list[tuple[int, Callable[[], None]]] = []
        self.lines_asked = 0
        for register in state.REGISTERS:
            setattr(self, register.name, [0] * register.count if register.count > 1 else 0)

    def get(self, name: str, index: int = 0) -> int:
        """Return one register of isa.state (ar: by physical number)."""
        value = getattr(self, name)
        number: int = value[index] if isinstance(value, list) else value
        return number

    def set(self, name: str, value: int, index: int = 0) -> None:
        """Set one register of isa.state (ar: by physical number)."""
        value &= MASK32
        if name == "windowbase":
            value %= config.WINDOWS
        elif name == "pc":
            self.passed_breakpoint = None
        register = getattr(self, name)
        if isinstance(register, list):
            register[index] = value
        else:
            setattr(self, name, value)
        if name in ("itlb", "dtlb", "dbreaka", "dbreakc"):
            self.executor.space.configure(self.index)

    def state_bytes(self) -> bytes:
        """Return all of isa.state, 32-bit little-endian words in order."""
        words = [self.get(r.name, k) for r in state.REGISTERS for k in range(r.count)]
        return b"".join(word.to_bytes(4, "little") for word in words)

    def reset(self, reset_vector: int, prid: int) -> None:
        """Set the state after a reset; the address registers and the input lines keep what they are."""
        for register in state.REGISTERS:
            if register.name not in ("ar", "lines"):
                for k in range(register.count):
                    self.set(register.name, register.reset, k)
        self.pc, self.prid, self.stalled, self.filling = reset_vector, prid, False, 0

    # --- what definitions ask for (isa.reference.Environment) --------------------------------------------------------

    def load(self, address: int, size: int, aligned: bool) -> int:
        """Return `size` bytes, or raise Trap."""
        with self.executor.access_of(self):
            return self.executor.space.load(self.index, address, size, aligned)

    def store(self, address: int, size: int, value: int, aligned: bool) -> None:
        """Store `size` bytes, or raise Trap."""
        with self.executor.access_of(self):
            self.executor.space.store(self.index, address, size, value, aligned)

    def exchange(self, address: int, expected: int, new: int) -> int:
        """Carry out S32C1I; the word is stored only where it equals `expected`."""
        old = self.load(address, 4, True)
        if old == expected:
            self.store(address, 4, new, True)
        return old

    def host(self, what: str, *arguments: int) -> int:
        """Answer a definition's question."""
        return self.executor.answer(self, what, arguments)

    def call(self, routine: str, *arguments: int) -> None:
        """Carry out a routine that several definitions share."""
        _routine(routine)(self, *arguments)

    # --- counting ----------------------------------------------------------------------------------------------------

    def count_cycles(self, cycles: int) -> None:
        """Let CCOUNT go on; a timer's interrupt is requested where it then equals CCOMPARE."""
        self.ccount = (self.ccount + cycles) & MASK32
        for timer, number in enumerate(config.TIMER_INTERRUPTS):
            if self.ccompare[timer] == self.ccount:
                self.interrupt |= 1 << number

    def timer_distance(self) -> int:
        """Return after how many cycles CCOUNT next equals a CCOMPARE: 1 to 2**32."""
        return min(((compare - self.ccount - 1) & MASK32) + 1 for compare in self.ccompare)

    def is_idle(self) -> bool:
        """Tell whether the core certainly does nothing until a timer or another's doing."""
        wanted = (self.interrupt | self.lines) & (self.intenable | 1 << config.NMI_INTERRUPT)
        return not self.running or self.stalled or (bool(self.waiting) and not wanted)


class ReferenceExecutor:
    """Executor in pure Python (see machine.executor.Executor)."""

    def __init__(self, host: Host, options: ExecutorOptions) -> None:
        self._host, self._options = host, options
        self._io = ReferenceIoWindow(options.io_base, options.io_size)
        self._cores = [ReferenceCore(k, self) for k in range(len(options.cores))]
        self.space = AddressSpace(host, self._io, self._cores, options.gates)
        self._breakpoints: set[int] = set()
        self._next_event = NEVER
        self._ticks_per_cycle = self._slice_ticks_per_cycle = 1
        self._until = 0
        self._stop = self._slice_end = False
        self._current: ReferenceCore | None = None
        self._open: ReferenceCore | None = None
        self._stepping: ReferenceCore | None = None
        self._reset_asked: set[int] = set()
        self._executing: ReferenceCore | None = None
        if options.quantum_cycles < 1:
            raise UsageError("quantum", f"expected at least 1 cycle, got {options.quantum_cycles}")
        self.quantum_cycles = options.quantum_cycles
        for k in range(len(self._cores)):
            self._reset(k)

    @property
    def cores(self) -> Sequence[ReferenceCore]:
        """Return the cores."""
        return self._cores

    @property
    def io(self) -> ReferenceIoWindow:
        """Return the peripherals' words."""
        return self._io

    # --- scheduling --------------------------------------------------------------------------------------------------

    def run(self, until_ticks: int) -> None:
        """Run until every core's time is at least `until_ticks`, or a stop was requested."""
        self._until, self._stop = until_ticks, False
        self._schedule()

    def step(self, core: int) -> None:
        """Execute one instruction of `core`, as the machine runs by its rules; UsageError where the core has none."""
        target = self._stepping = self._cores[core]
        before = target.instructions
        try:
            self.run(self.now_ticks() + STEP_LIMIT_TICKS)
        finally:
            self._stepping = None
        if target.instructions == before and not self._stop:
            raise UsageError(
                f"core {core}", "expected a core that executes, but it is held or waits and nothing woke it for 1 s"
            )

    def _schedule(self) -> None:
        while not self._stop:
            core = self._open
            if core is None:
                self._slice_ticks_per_cycle = self._ticks_per_cycle
                now = min(core.time for core in self._cores)
                if now >= self._next_event:
                    self._host.event()
                    continue
                if now >= self._until:
                    return
                core = self._next_core()
                if core.deferred and core.deferred[0][0] <= core.time:
                    self._carry_out_deferred(core)
                    continue
            self._slice_end, self._open = False, None
            self._run_slice(core)

    def _next_core(self) -> ReferenceCore:
        """Choose the core that is behind (the first of equal ones) and set the limit of its slice."""
        core = min(self._cores, key=lambda core: core.time)
        self._set_limit(core)
        if core.deferred:
            core.limit = min(core.limit, core.deferred[0][0])
        return core

    def _set_limit(self, core: ReferenceCore) -> None:
        if core.index > 0:
            core.limit = min(self._cores[0].time, self._next_event)
            return
        quantum = self.quantum_cycles * self._ticks_per_cycle
        core.limit = min((core.time // quantum + 1) * quantum, self._next_event)
        if all(core.is_idle() for core in self._cores):
            limit = min(self._next_event, ((self._until - 1) // quantum + 1) * quantum)
            for other in self._cores:
                if other.running:
                    limit = min(limit, other.time + other.timer_distance() * self._ticks_per_cycle)
                if other.deferred:
                    limit = min(limit, other.deferred[0][0])
            # core 1 may have come to its deferred call already, which it makes when it is the one behind
            core.limit = limit if limit > core.time else core.limit

    @contextmanager
    def access_of(self, core: ReferenceCore) -> Iterator[None]:
        """Note which core is in the middle of an instruction while the host may be called."""
        self._executing = core
        try:
            yield
        finally:
            self._executing = None

    def _defer(self, core: ReferenceCore, action: Callable[[], None]) -> bool:
        """Have an action on a core that is behind wait until its time reaches the end of the acting instruction."""
        actor = self._executing
        if actor is None or actor is core:
            return False
        at = actor.time + self._slice_ticks_per_cycle
        if core.time >= at:
            return False
        core.deferred.append((at, action))
        return True

    def _on_core(self, core: ReferenceCore, action: Callable[[], None]) -> None:
        if not self._defer(core, action):
            action()

    def _carry_out_deferred(self, core: ReferenceCore) -> None:
        while core.deferred and core.deferred[0][0] <= core.time:
            core.deferred.pop(0)[1]()

    def _run_slice(self, core: ReferenceCore) -> None:
        self._current = core
        tick = self._slice_ticks_per_cycle
        try:
            while core.time < core.limit:
                if core.index in self._reset_asked:
                    self._reset(core.index)
                if self._stop or self._slice_end:
                    break
                left = -(-(core.limit - core.time) // tick)
                if not core.running:
                    core.time += left * tick
                    break
                core.time += self._advance(core, left) * tick
        finally:
            self._current = None
            if core.index in self._reset_asked:
                self._reset(core.index)
            if core.time < core.limit and not self._slice_end:
                self._open = core

    def _advance(self, core: ReferenceCore, cycles: int) -> int:
        """Execute one instruction of a core, or let it wait for up to that many cycles; return the cycles it took."""
        if not core.stalled and not core.filling:
            _routine("interrupts")(core)
        if core.waiting or core.stalled or core.filling:
            passed = min(cycles, core.timer_distance(), core.filling or cycles)
            core.filling = max(core.filling - passed, 0)
            core.count_cycles(passed)
            return passed
        if not self._execute(core):
            return 0
        core.count_cycles(1)
        core.instructions += 1
        if self._stepping is core:
            self._stop = True
        return 1

    # --- one instruction ---------------------------------------------------------------------------------------------

    def _execute(self, core: ReferenceCore) -> bool:
        """Execute the instruction at pc; False where a breakpoint or a gate stopped the core before it."""
        if current_level(core) < core.icountlevel:
            if core.icount == MASK32:
                _routine("debug_exception")(core, int(DebugCause.ICOUNT))
                return True
            counting = 1
        else:
            counting = 0
        pc, icount = core.pc, core.icount
        try:
            decoded = self._fetch(core, pc)
            if self._guest_break(core, pc):
                return True
            if pc in self._breakpoints and core.passed_breakpoint != pc:
                self._host.breakpoint(core.index, pc)
                if self._stop:
                    core.passed_breakpoint = pc
                    return False
            elif pc == core.passed_breakpoint:
                core.passed_breakpoint = None
            if decoded is None:
                raise Trap(Cause.ILLEGAL_INSTRUCTION, core.excvaddr)
            if (
                decoded.quarter
                and core.ps_woe
                and not core.ps_excm
                and _routine("window_overflow")(core, decoded.quarter)
            ):
                return True
            core.icount += counting
            operands = (
                (value + pc) & MASK32 if relative else value
                for value, relative in zip(decoded.operands, decoded.relative, strict=True)
            )
            target = decoded.run(core, *operands)
        except Trap as exception:
            core.pc = pc
            if exception.debug:
                _routine("debug_exception")(core, exception.cause)
            else:
                _routine("raise_exception")(core, int(exception.cause), exception.vaddr)
            return True
        except Again as again:
            core.pc, core.icount, core.stalled = pc, icount, again.waits
            if again.fills:
                core.filling = -(-self.space.lines.fill_ticks // self._slice_ticks_per_cycle)
            return False
        core.pc = self._sequence(core, (pc + decoded.instruction.length) & MASK32) if target is None else target
        return True

    def _sequence(self, core: ReferenceCore, following: int) -> int:
        """Return where a core goes on that did not jump: at the start of a loop that ends there, or right there."""
        if following == core.lend and core.lcount and not core.ps_excm:
            core.lcount -= 1
            return core.lbeg
        return following

    def _guest_break(self, core: ReferenceCore, pc: int) -> bool:
        enabled = (k for k in range(2) if core.ibreakenable >> k & 1)
        if not any(core.ibreaka[k] == pc for k in enabled):
            return False
        cause = breakpoint_cause(core)
        return cause is not None and _routine("debug_exception")(core, cause)

    def _fetch(self, core: ReferenceCore, pc: int) -> Decoded | None:
        with self.access_of(core):
            word = self.space.fetch(core.index, pc)
            self._fill_line(pc)
            count = length(word)
            for k in range(1, count):
                word |= self.space.fetch(core.index, (pc + k) & MASK32) << 8 * k
            self._fill_line(pc + count - 1)
        return _decoded(word, pc & 3)

    def _fill_line(self, address: int) -> None:
        if self.space.lines.fill(address):
            raise Again(waits=False, fills=True)

    def answer(self, core: ReferenceCore, what: str, arguments: tuple[int, ...]) -> int:
        """Carry out what a definition asks the host for."""
        if what == "simcall":
            if self._options.semihosting:
                self._host.simcall(core.index)
            return int(self._options.semihosting)
        if what == "gpio_out":
            self._host.gpio_out(core.index, *arguments)
            return 0
        if what == "gpio_in":
            return self._host.gpio_in(core.index) & 0xFF
        if what == "rer":
            return self._host.rer(core.index, arguments[0]) & MASK32
        if what == "wer":
            self._host.wer(core.index, *arguments)
        elif what in ("tlb", "dbreak"):
            self.space.configure(core.index)
        elif what not in ("ibreak", "loop_end"):
            raise ValueError(f"a definition asks for {what!r}")
        return 0

    # --- the rest of Executor ----------------------------------------------------------------------------------------

    def request_stop(self) -> None:
        """Make `run` return after the instruction that is executing."""
        self._stop = True

    def end_slice(self) -> None:
        """End the running core's slice after this instruction."""
        self._slice_end = True

    def now_ticks(self) -> int:
        """Return the executing core's time inside a call-back, else the time of the core that is behind."""
        if self._current is not None:
            return self._current.time
        return min(core.time for core in self._cores)

    def set_next_event(self, ticks: int) -> None:
        """Have `Host.event` called when every core's time reached `ticks`."""
        self._next_event = ticks
        if self._current is not None and ticks < self._current.limit:
            self._slice_end = True

    def set_ticks_per_cycle(self, ticks: int) -> None:
        """Change the CPU clock of all cores from the next slice on."""
        if ticks < 1:
            raise UsageError("CPU clock", f"expected at least 1 tick a cycle, got {ticks}")
        if ticks != self._ticks_per_cycle:
            self._ticks_per_cycle = ticks
            self._slice_end = True

    def set_lines(self, core: int, levels: int) -> None:
        """Set the levels of a core's external interrupt inputs; edges of edge-triggered ones are latched."""
        target = self._cores[core]
        levels &= config.EXTERNAL_INTERRUPTS
        # what changes is passed on, not the levels: a change that waits must not undo a later one that did not wait
        change, target.lines_asked = levels ^ target.lines_asked, levels
        self._on_core(target, lambda: self._change_lines(target, change))

    @staticmethod
    def _change_lines(core: ReferenceCore, change: int) -> None:
        core.interrupt |= change & ~core.lines & config.EDGE_LINES
        core.lines ^= change

    def set_running(self, core: int, running: bool) -> None:
        """Hold or let run a core."""
        self._on_core(self._cores[core], lambda: setattr(self._cores[core], "running", running))

    def set_shut(self, core: int, gates: int) -> None:
        """Shut gates for a core and open the others; one that waits tries again."""
        self._on_core(self._cores[core], lambda: self._set_shut(core, gates))

    def _set_shut(self, core: int, gates: int) -> None:
        self.space.shut_gates(core, gates)
        self._cores[core].stalled = False

    def forget_lines(self, address: int, size: int) -> None:
        """Have the next fetch from each line in a range take its time again."""
        self.space.lines.forget(address, size)

    def tell_again(self) -> None:
        """Have the host hear again of what a lost core repeats."""
        self.space.tell_again()

    def fills(self) -> bytes:
        """Return which lines of code are filled, and what is left of a filling that cores wait for."""
        return self.space.lines.content() + b"".join(core.filling.to_bytes(8, "little") for core in self._cores)

    def power_on(self) -> None:
        """Begin at time 0 as when the executor was built."""
        self.space.lines.forget(self.space.lines.base, self.space.lines.size)
        self._next_event, self._open = NEVER, None
        self._reset_asked.clear()
        for core in self._cores:
            core.time = core.limit = core.instructions = core.lines = core.lines_asked = 0
            core.deferred.clear()
            core.passed_breakpoint = None
            core.ar = [0] * config.AR_COUNT
            self._reset(core.index)

    def reset_core(self, core: int) -> None:
        """Reset a core at once, or after the instruction that it is executing."""
        if self._executing is self._cores[core]:
            self._reset_asked.add(core)
        else:
            target = self._cores[core]
            if not self._defer(target, lambda: self._reset(core)):
                target.deferred.clear()
                target.lines = target.lines_asked
                self._reset(core)

    def _reset(self, core: int) -> None:
        self._reset_asked.discard(core)
        options = self._options.cores[core]
        self._cores[core].reset(options.reset_vector, options.prid)

    def map(self, address: int, size: int, memory: Memory | None, offset: int, *, bus: BusKind, writable: bool) -> None:
        """Show `size` bytes of `memory` from `offset` at guest `address` of all cores; None takes a mapping away."""
        self.space.map(address, size, memory, offset, bus, writable)

    def protect(self, core: int, ranges: Sequence[Protection]) -> None:
        """Have a core use ranges of addresses only as they allow."""
        self.space.protect(core, ranges)

    def observe(self, core: int, ranges: Sequence[Observed]) -> None:
        """Have the host told of a core's accesses in ranges of addresses."""
        self.space.observed[core] = ObservedPages(ranges)

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Do nothing: the host is asked each time."""

    def host_wrote(self, memory: Memory, offset: int, size: int) -> None:
        """Do nothing: words are decoded anew each time they are executed."""

    def add_breakpoint(self, address: int) -> None:
        """Call `Host.breakpoint` whenever a core is about to execute `address`."""
        self._breakpoints.add(address)

    def remove_breakpoint(self, address: int) -> None:
        """Take the breakpoint at `address` away."""
        self._breakpoints.discard(address)

    def instructions(self, core: int) -> int:
        """Return how many instructions the core has executed since power-on."""
        return self._cores[core].instructions

    def close(self) -> None:
        """Drop the references to memories."""
        self.space.pages.clear()


if TYPE_CHECKING:
    _FACTORY: ExecutorFactory = ReferenceExecutor
