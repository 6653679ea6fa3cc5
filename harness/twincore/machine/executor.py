"""The contract between the machine (Python) and whatever executes its cores: native code or the reference in Python.

The machine owns memories, peripherals, events and resets; an executor owns the cores' architectural state and virtual
time. The machine calls `Executor`; the executor calls back into `Host`.

Scheduling, the same on every executor, so that digests agree and a run does not depend on where it was paused:

1. Each core has a time in ticks. If the earliest of them has reached the next event, `Host.event` is called.
2. Otherwise the core that is behind runs a slice; core 0 when they are equal. Core 0's slice ends at the next multiple
   of quantum_cycles * ticks_per_cycle after its time, core 1's at core 0's time; both at the next event if that is
   earlier. `run(until)` never cuts a slice: it returns once every core's time is at least `until`, up to a quantum
   later.
3. A slice of limit L runs ceil((L - time) / ticks_per_cycle) cycles. It ends early, after the instruction that is
   executing, by `end_slice`, by `set_next_event` to a time before L, and by `set_ticks_per_cycle`.
4. `request_stop` leaves a slice open: the next `run` or `step` goes on with the same core and limit.
5. An instruction costs one cycle, also one that takes an exception; taking an interrupt costs none. A timer's interrupt
   is pending when CCOUNT, incremented, equals CCOMPARE; interrupts are looked at before each instruction.
6. A core that is held passes its slices without executing and with CCOUNT standing; one that waits (WAITI) passes them
   with CCOUNT counting, up to its own next timer interrupt. When all cores are idle, time jumps to the first of: the
   next event, a core's timer interrupt, and the first slice boundary not before `until`.
7. `set_lines`, `set_running` and `reset_core` of the core that is executing take effect after its instruction. Called
   by one core for another that is behind, they take effect when that one's time reaches the end of the instruction
   (now + 1 cycle), so that core 0 acts on core 1 exactly; otherwise, and in `Host.event`, at once. A core's
   reset at once discards what was still to take effect on it; one that waited keeps what comes after it.
   `set_shut` is such a call as well.
8. An access within a gate (`Gate`) that nothing answers goes to `Host.unanswered`: nothing is mapped there, the gate is
   shut for the core, or it is a store to what is not writable. By the answer the core waits: nothing of the instruction
   has happened, time passes with CCOUNT counting, no interrupt is taken, until `set_shut` or a reset of that core.
   Or it goes on with what a shut cache gives: a load reads the bytes of UNANSWERED_WORD, a store is dropped; a fetch
   lets the core take an interrupt that is due at that instruction, and is an illegal instruction where none is.
9. The first fetch from a line (LINE_SIZE bytes) of code behind a gate with `fill_ticks`, by whichever core, takes that
   time in whole cycles: before the instruction, with CCOUNT counting and no interrupt taken. The lines of an
   instruction's first and last byte count. `forget_lines` and `map` make lines new again.
10. A core is lost when a fetch, load or store at its double exception vector raises an exception that leaves all
   registers as they were: it takes that exception each cycle, until it takes an interrupt or is reset, or something
   else changes. `Host` hears of the access twice, and again after `map`, `protect`, `set_shut`, a change of region
   attributes and `tell_again`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from twincore.machine.memory import Memory


class Access(enum.IntEnum):
    """What a core was doing with an address."""

    LOAD = 0
    STORE = 1
    FETCH = 2


class BusKind(enum.IntEnum):
    """Which of a core's buses an address range is seen through.

    DATA takes every size and alignment; INSTRUCTION takes whole aligned words only (LoadStoreError otherwise) and is
    where code is fetched from; BOTH takes every size and alignment and code (RTC memories). (ESP32-S3 Technical
    Reference Manual, System and Memory.)
    """

    DATA = 0
    INSTRUCTION = 1
    BOTH = 2


@dataclass(frozen=True)
class Protection:
    """What a core may do with the addresses from `first` to before `end` (both multiples of 4)."""

    first: int
    end: int
    allowed: frozenset[Access]


@dataclass(frozen=True)
class Observed:
    """Addresses from `first` to before `end` of which loads, stores or both are told to `Host.observed`."""

    first: int
    end: int
    accesses: frozenset[Access]


OnRefused = Callable[[int, int, int, Access], None]
"""Hears of a refused access: core, address, size in bytes, kind."""

UNANSWERED_WORD = 0xBAD0_0BAD
"""What the bus gives where the cache does not answer (register dumps of the chip's panics show it)."""


LINE_SIZE = 32
"""Bytes of code that a cache fetches at once."""


@dataclass(frozen=True)
class Gate:
    """Guest addresses behind a cache, which can be shut for a core: `size` bytes from `base`."""

    base: int
    size: int
    bus: BusKind
    fill_ticks: int = 0
    """How long the first fetch from a line of code takes (rule 9); of one gate at most."""


class Host(Protocol):
    """What a machine answers its executor. Every method may schedule events, move interrupt lines or end the slice."""

    def io_read(self, core: int, address: int, size: int) -> int:
        """Return what a load of `size` bytes (1, 2, 4; aligned) in the I/O window reads, side effects included."""

    def io_write(self, core: int, address: int, size: int, value: int) -> None:
        """Carry out a store of `size` bytes (1, 2, 4; aligned) in the I/O window."""

    def unmapped(self, core: int, address: int, size: int, access: Access) -> bool:
        """Note an access to an address of an allowed region that nothing is mapped at; return whether the bus answers.

        Where it does, a load reads 0 and a store is dropped; else the core takes an exception, as it always does at a
        fetch.
        """

    def refused(self, core: int, address: int, size: int, access: Access) -> None:
        """Note an access that `Executor.protect` refuses: a load then reads 0, a store is dropped, a fetch raises."""

    def observed(self, core: int, address: int, size: int, access: Access, value: int) -> None:
        """Note a load or store that `Executor.observe` asks for, after it was carried out; `value` is what it moved."""

    def unanswered(self, core: int, address: int, size: int, access: Access) -> bool:
        """Note an access within a gate that nothing answers; return whether the core waits (rule 8)."""

    def event(self) -> None:
        """Carry out all events due: every core's time has reached `next_event_ticks`."""

    def simcall(self, core: int) -> None:
        """Carry out a simcall (a2 = function, a3.. = arguments); only called when semihosting is on."""

    def breakpoint(self, core: int, address: int) -> None:
        """Note that `core` is about to execute the instruction at `address`, a breakpoint set by `add_breakpoint`.

        The executor then goes on unless `request_stop` was called.
        """

    def rer(self, core: int, address: int) -> int:
        """Return what RER reads from the external register `address`."""

    def wer(self, core: int, address: int, value: int) -> None:
        """Write `value` to the external register `address` (WER)."""

    def gpio_out(self, core: int, levels: int) -> None:
        """Note that `core` gave its own eight GPIO outputs their levels, a bit each (GPIO_OUT)."""

    def gpio_in(self, core: int) -> int:
        """Return the levels of the core's own eight GPIO inputs, a bit each (EE.GET_GPIO_IN)."""


class Served(enum.IntEnum):
    """How an access of a word in the I/O window is served."""

    PLAINLY = 0
    """Without Python."""
    BY_PYTHON = 1
    """By `Host.io_read` or `Host.io_write`."""
    COUNTED = 2
    """Without Python, and counted: nobody models the word, and that has been reported."""


class CounterSnapshot(NamedTuple):
    """A register whose stores copy a running count to other words, for executors to do without Python.

    A store of the whole word `word` with a bit of `trigger` set puts the low 32 bits of the count into the word `low`
    and the others into the word `high`, and sets the bits `done` of `word` itself. The count has `bits` bits; it is
    `value` at tick since * period_ticks and before, and one more every period_ticks; 0: it stands. Words are counted
    from the start of whatever holds them: the I/O window for an executor, the block for a peripheral.
    """

    word: int
    low: int
    high: int
    trigger: int
    done: int
    bits: int
    value: int
    since: int
    period_ticks: int


class IoWindow(Protocol):
    """The peripherals' words, shared with native code; index = (address - base) // 4.

    `python_read` and `python_write` say who serves a word's loads and stores: `Served`, or in `python_write` a number
    of the executor's own for stores that it does like Python (`Executor.serve_snapshot`). Where Python does not, a load
    returns `words[i]`, a store replaces the bits of `write_mask[i]` (sub-word accesses work on the bytes of the word).
    """

    base: int
    size: int
    words: memoryview  # format "I"
    write_mask: memoryview  # format "I"
    python_read: memoryview  # format "B"
    python_write: memoryview  # format "B"
    counts: memoryview  # format "Q": accesses of each word that were served as Served.COUNTED


class CoreState(Protocol):
    """One core's architectural state by name: pc, a0..a15 (of the window), ar0..ar63, ps, sar, epc1, f0, ccount..."""

    def read(self, name: str) -> int:
        """Return the unsigned value of the register `name`; UsageError names the nearest one when there is none."""

    def write(self, name: str, value: int) -> None:
        """Set the register `name` to `value` (unsigned, cut to the register's width)."""

    def names(self) -> Sequence[str]:
        """Return all register names in a fixed order."""

    def state_bytes(self) -> bytes:
        """Return the whole state in a canonical form that equals on every executor (for digests and comparisons)."""

    @property
    def pc(self) -> int:
        """Return the program counter, which each access of a register is noted with: quicker than by name."""

    @property
    def waiting(self) -> int:
        """Return 1 between WAITI and the interrupt that ends it, else 0."""

    @property
    def lost(self) -> bool:
        """Return whether the double exception vector raised an exception itself."""


class Executor(Protocol):
    """Runs the cores of one machine deterministically in virtual time (ticks of the base clock)."""

    quantum_cycles: int

    @property
    def cores(self) -> Sequence[CoreState]:
        """Return the cores' states."""

    @property
    def io(self) -> IoWindow:
        """Return the peripherals' words."""

    def run(self, until_ticks: int) -> None:
        """Run until every core's time is at least `until_ticks`, or `request_stop` was called by the host."""

    def step(self, core: int) -> None:
        """Execute exactly one instruction of `core`; the other core and the events then follow its time."""

    def request_stop(self) -> None:
        """Make `run` return after the instruction that is executing."""

    def end_slice(self) -> None:
        """End the running core's slice after this instruction, because of an effect on the other core."""

    def now_ticks(self) -> int:
        """Return the executing core's own time inside a call-back, else the time of the core that is behind."""

    def set_next_event(self, ticks: int) -> None:
        """Have `Host.event` called when every core's time reached `ticks` (2**63 - 1: never)."""

    def set_ticks_per_cycle(self, ticks: int) -> None:
        """Change the CPU clock of all cores; takes effect with the next slice."""

    def set_lines(self, core: int, levels: int) -> None:
        """Set the levels of the core's 32 external interrupt inputs (bit n = INTERRUPT bit n)."""

    def set_running(self, core: int, running: bool) -> None:
        """Hold or let run a core (clock gate, run stall, reset held); its state stays, its CCOUNT stops while held."""

    def set_shut(self, core: int, gates: int) -> None:
        """Shut the gates whose bits are set in `gates` for a core and open the others; one that waits tries again."""

    def forget_lines(self, address: int, size: int) -> None:
        """Have the next fetch from each line in a range take its time again: the cache has lost it."""

    def tell_again(self) -> None:
        """Have `Host` hear again of what a lost core repeats (rule 10): a record of it was cleared."""

    def fills(self) -> bytes:
        """Return which lines of code are filled, and what is left of a filling that cores wait for (for digests)."""

    def power_on(self) -> None:
        """Begin at time 0 as when the executor was built: all registers, counts, lines of code, and nothing to come.

        Mappings, protection, observers, breakpoints and the CPU clock stay. Not during a run.
        """

    def reset_core(self, core: int) -> None:
        """Put the core's state to its reset values: pc at the reset vector, VECBASE and so on."""

    def map(self, address: int, size: int, memory: Memory | None, offset: int, *, bus: BusKind, writable: bool) -> None:
        """Show `size` bytes of `memory` from `offset` at guest `address` of all cores; None takes a mapping away.

        address, size and offset are multiples of 4096. Decoded code of the range is forgotten.
        """

    def protect(self, core: int, ranges: Sequence[Protection]) -> None:
        """Have `core` use these ranges, which do not overlap, only as they allow; all others as before this call.

        An access that is refused reaches `Host.refused`. Fetches go by whole pages of 4096 bytes: a page that may be
        executed in part may be executed.
        """

    def observe(self, core: int, ranges: Sequence[Observed]) -> None:
        """Have `Host.observed` told of the core's accesses that touch a byte of these ranges, and of no others.

        Observing changes nothing of the run. An access that an exception or a protection keeps from happening is none.
        """

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Allow to carry out stores to `snapshot.word` without `Host.io_write`, which would do the same.

        It holds until the next call for that word.
        """

    def host_wrote(self, memory: Memory, offset: int, size: int) -> None:
        """Forget decoded code of bytes that the host (loader, debugger, DMA) changed behind the cores' backs."""

    def add_breakpoint(self, address: int) -> None:
        """Call `Host.breakpoint` whenever a core is about to execute `address`."""

    def remove_breakpoint(self, address: int) -> None:
        """Take the breakpoint at `address` away."""

    def instructions(self, core: int) -> int:
        """Return how many instructions the core has executed since power-on."""

    def close(self) -> None:
        """Give back memory and native code; the executor is unusable afterwards."""


@dataclass(frozen=True)
class CoreOptions:
    """What tells one core of the chip from another."""

    prid: int
    """Value of the special register PRID."""
    reset_vector: int
    """Guest address of the first instruction after a reset."""


@dataclass(frozen=True)
class ExecutorOptions:
    """What an executor has to know when it is built; everything else comes through its methods."""

    cores: tuple[CoreOptions, ...]
    io_base: int
    io_size: int
    """Bytes of the I/O window; memory mapped inside it (RTC fast memory) goes first."""
    quantum_cycles: int
    semihosting: bool
    gates: tuple[Gate, ...] = ()


class ExecutorFactory(Protocol):
    """Builds an executor with all cores held (`set_running`) and nothing mapped; `host` answers its call-backs."""

    def __call__(self, host: Host, options: ExecutorOptions) -> Executor:
        """Return a new executor."""
