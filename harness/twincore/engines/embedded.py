"""The engine that is part of twincore: the machine in this process, its cores run by native code or the reference."""

from __future__ import annotations

import contextlib
import difflib
import gc
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, cast

from twincore.devices import Device
from twincore.engines.chip_registers import ChipRegisters
from twincore.engines.embedded_run import Arrival, Run
from twincore.engines.pin_log import MAX_EDGES, PinLog
from twincore.engines.protocol import (
    AccessKind,
    Area,
    Capability,
    Condition,
    CoreChange,
    CoreEvent,
    DelayInterrupt,
    DelayRelease,
    DrivePin,
    Edge,
    FlipBits,
    Hit,
    Injection,
    MemoryAccess,
    PinEdge,
    RaiseInterrupt,
    ResetRecord,
    SendBytes,
    SerialLog,
    SerialText,
    StallCore,
    Stop,
    StopKind,
    StoreMemory,
    UnmodelledUse,
)
from twincore.errors import UsageError
from twincore.images import Image, Symbols
from twincore.images.partitions import PartitionTable
from twincore.machine import observers
from twincore.machine.clocks import to_ns, to_ticks
from twincore.machine.executor import Access, ExecutorFactory
from twincore.machine.injection import RELEASED
from twincore.machine.loader import load_image
from twincore.machine.machine import DEFAULT_QUANTUM_CYCLES, Machine, StopReason
from twincore.machine.platform_file import Platform, load_platform
from twincore.machine.resets import Reset, reason_name
from twincore.model import Peripheral, Pin, SerialPort
from twincore.schema import did_you_mean
from twincore.waveform import Course

EXECUTORS = {
    "native": "twincore.native.executor:NativeExecutor",
    "reference": "twincore.isa.reference_executor:ReferenceExecutor",
}
"""What can run the cores, by the name of the option."""

MAX_CORE_CHANGES = 10_000
"""Of a core that is held and released again and again, later changes are not kept."""

MAX_WATCHED = 32 << 20
"""Bytes of the largest region that can be watched."""

_OPEN_END = 1 << 62
"""A time that no run reaches, in ticks (58 days)."""


def executor_factory(name: str) -> ExecutorFactory:
    """Return what builds the executor `name`; UsageError when there is none."""
    if name not in EXECUTORS:
        raise UsageError("executor", f"expected one of {', '.join(EXECUTORS)}; got {name!r}")
    module, _, attribute = EXECUTORS[name].partition(":")
    return cast(ExecutorFactory, getattr(importlib.import_module(module), attribute))


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Put off Python's search for cycles: among the many objects of a machine, all of which stay, it finds none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class EmbeddedEngine:
    """Implements `twincore.engines.protocol.Engine` on a `Machine`.

    board: the name of a board that comes with twincore, or the path of a platform file. The other options are the
    machine's. Everything is recorded from power-on: output, edges of pins, resets.
    """

    name = "embedded"
    capabilities = frozenset(Capability) - {Capability.SEMIHOSTING}

    def __init__(
        self,
        board: str | Path | Platform = "generic",
        *,
        executor: Literal["native", "reference"] | ExecutorFactory = "native",
        seed: int = 0,
        sram: Literal["pattern", "zero"] = "pattern",
        quantum_cycles: int = DEFAULT_QUANTUM_CYCLES,
        semihosting: bool = False,
        unmodelled: Literal["report", "error"] = "report",
    ) -> None:
        platform = board if isinstance(board, Platform) else load_platform(board)
        factory = executor_factory(executor) if isinstance(executor, str) else executor
        with _no_collection():
            self.machine = Machine(
                platform,
                factory,
                seed=seed,
                sram=sram,
                quantum_cycles=quantum_cycles,
                semihosting=semihosting,
                unmodelled=unmodelled,
            )
        self._chip_registers = ChipRegisters(self.machine)
        if semihosting:
            self.capabilities = self.capabilities | {Capability.SEMIHOSTING}
        self._symbols = Symbols()
        self._rom_symbols = Symbols()
        self._table: PartitionTable | None = None
        self.serial_logs: dict[str, SerialLog] = {}
        self.pin_logs: dict[int, PinLog] = {}
        self._hits: dict[int, list[Hit]] = {}
        self._watchers: dict[tuple[Area, Callable[[MemoryAccess], None]], list[observers.Listener]] = {}
        self._serial_listeners: list[Callable[[str, bytes], None]] = []
        self._run: Run | None = None
        self._stands_at: Arrival | None = None
        for port_name, port in self.machine.wiring.serial_ports.items():
            self.serial_logs[port_name] = SerialLog()
            port.listen(partial(self._sent, port_name, port))
        for gpio, pin in self.machine.wiring.pins.items():
            log = self.pin_logs[gpio] = PinLog(pin.course, partial(self._too_many_edges, gpio))
            pin.follow(partial(self._pin_changed, gpio, log))
        self._resets: list[ResetRecord] = []
        self.machine.reset_listeners.append(self._was_reset)
        self._core_changes: list[list[CoreChange]] = [[] for _ in platform.cores]
        self._held_by = [self.machine.wiring.held_by(core) for core in range(len(platform.cores))]
        self.machine.core_listeners.append(self._core_changed)

    # Firmware, power and resets.

    def load(self, image: Image, *, rom: str = "open") -> None:
        """Put firmware and ROM in place (rom: open, auto, or the path of a file) and give the chip power."""
        rom_image = load_image(self.machine, image, rom=rom)
        self._rom_symbols = rom_image.symbols
        self.use_names(image.symbols)
        self._table = image.flash.table
        self.power_on()

    def use_names(self, symbols: Symbols) -> None:
        """Take these names for the firmware's from now on; the ROM's stay the fallback."""
        self._symbols = symbols.with_fallback(self._rom_symbols)

    def flash_content(self) -> bytes:
        """Return what the whole flash chip holds now; UsageError where the board has none."""
        flash = self.machine.memories.get("flash")
        if flash is None:
            raise UsageError(self.machine.platform.board.name, "expected a board with flash, this one has none")
        return bytes(flash.data)

    def partition_content(self, name: str) -> bytes:
        """Return what a partition of the loaded image's table holds now; name: also its offset, "0x9000".

        Raises UsageError that lists the partitions there are.
        """
        from twincore.images.fill import find_partition

        partition = find_partition(self._table, name, who="partition")
        return self.flash_content()[partition.offset : partition.end]

    def efuse_content(self) -> bytes:
        """Return the eFuses, burnt ones as well, as a file for espefuse.py's virtual mode."""
        from twincore.images.efuses import efuse_file

        return efuse_file(self.machine.fuses())

    def power_on(self) -> None:
        """Take power away and give it again: memories hold their power-on content, time and output begin anew.

        Flash and burnt fuses keep what they hold. Where they have not changed, the run is that of the first power-on.
        """
        self.machine.resets.clear()
        self._resets.clear()
        self.machine.power_on()
        for log in self.serial_logs.values():
            log.data.clear()
            log.bursts.clear()
        for changes in self._core_changes:
            changes.clear()
        for gpio, pin in self.machine.wiring.pins.items():
            self.pin_logs[gpio].clear(pin.course)
        for hits in self._hits.values():
            hits.clear()
        self._stands_at = None

    def reset(self, domain: str = "system") -> None:
        """Reset a part of the chip: rtc (all but memories), system (digital system), core0, core1."""
        self.machine.reset(domain)

    @property
    def time_ns(self) -> int:
        """The simulated time: of the core that is behind."""
        return self.machine.time_ns

    @property
    def symbols(self) -> Symbols:
        """Names of the loaded firmware, its ROM's as a fallback."""
        return self._symbols

    @property
    def core_count(self) -> int:
        """How many cores there are."""
        return len(self.machine.executor.cores)

    # Runs.

    def run_for(self, duration_ns: int) -> Stop:
        """Run for a simulated time, also when the chip is dead; EXIT comes back early."""
        if duration_ns < 0:
            raise UsageError("run", f"expected a time of 0 or more, got {duration_ns} ns")
        return self._run_until((), self.machine.time_ticks + to_ticks(duration_ns), stop_when_dead=False)

    def run_until(self, conditions: Sequence[Condition], timeout_ns: int | None) -> Stop:
        """Run until one of `conditions` is met or the time is over; EXIT and DEAD come back early.

        Looking does not change the run: it is cut at the machine's own slices only, so that a moment is exact to the
        quantum, and to the instruction where a core itself brings it about (an address, a pin). The time in `Stop` is
        always exact.
        """
        if timeout_ns is not None and timeout_ns < 0:
            raise UsageError("run", f"expected a time of 0 or more, got {timeout_ns} ns")
        end = _OPEN_END if timeout_ns is None else self.machine.time_ticks + to_ticks(timeout_ns)
        return self._run_until(conditions, end, stop_when_dead=True)

    def _run_until(self, conditions: Sequence[Condition], end_ticks: int, *, stop_when_dead: bool) -> Stop:
        machine = self.machine
        for condition in conditions:
            if isinstance(condition, SerialText):
                self._port(condition.port)
            elif isinstance(condition, PinEdge):
                self._pin(condition.gpio)
        run = self._run = Run(self, conditions, self._stands_at)
        try:
            with machine.interrupts.active():
                return self._run_pieces(run, end_ticks, stop_when_dead=stop_when_dead)
        finally:
            self._run, self._stands_at = None, run.stands_at
            run.close()

    def _run_pieces(self, run: Run, end_ticks: int, *, stop_when_dead: bool) -> Stop:
        machine = self.machine
        while run.stop is None:
            run.look()
            if run.stop is not None:
                break
            now = machine.time_ticks
            if now >= end_ticks:
                return Stop(StopKind.TIME, to_ns(now))
            reason = machine.run_until(min(end_ticks, run.next_look_ticks(now)))
            if reason is StopReason.EXIT:
                return Stop(StopKind.EXIT, machine.time_ns, exit_status=machine.exit_status)
            if reason is StopReason.DEAD and stop_when_dead:
                run.look()
                if run.stop is None and not run.expects_edges():
                    return Stop(StopKind.DEAD, machine.time_ns)
        return run.stop

    def step(self, core: int) -> None:
        """Execute one instruction of `core`; the rest of the chip follows its time."""
        self._check_core(core)
        self.machine.step(core)

    # Memory and registers.

    def read_memory(self, address: int, size: int) -> bytes:
        """Return bytes at a guest address without side effects; UsageError where nothing is mapped."""
        return self.machine.memory_map.peek(address, size)

    def write_memory(self, address: int, content: bytes) -> None:
        """Set bytes at a guest address, read-only memory included, without side effects of registers."""
        self.machine.memory_map.poke(address, content)

    def read_register(self, core: int, name: str) -> int:
        """Return a core's register by its name: pc, a0 to a15, ps, ..."""
        self._check_core(core)
        return self.machine.executor.cores[core].read(name)

    def write_register(self, core: int, name: str, value: int) -> None:
        """Set a core's register."""
        self._check_core(core)
        self.machine.executor.cores[core].write(name, value)

    def register_names(self, core: int) -> Sequence[str]:
        """Return the names of all registers of a core."""
        self._check_core(core)
        return self.machine.executor.cores[core].names()

    @property
    def chip_registers(self) -> ChipRegisters:
        """The chip's registers by the names of its manual."""
        return self._chip_registers

    def core_state(self, core: int) -> str:
        """Return what a core does: "running", "waiting", "held" or "lost"."""
        self._check_core(core)
        if not self.machine.wiring.is_running(core):
            return "held"
        state = self.machine.executor.cores[core]
        if state.lost:
            return "lost"
        return "waiting" if state.waiting else "running"

    def held_by(self, core: int) -> Sequence[str]:
        """Return what holds a core now, of "reset", "clock" (it has none), "stall"; empty where nothing does."""
        self._check_core(core)
        return self.machine.wiring.held_by(core)

    def core_changes(self, core: int) -> Sequence[CoreChange]:
        """Return when a core was held, released and reset since the last power-on, in their order."""
        self._check_core(core)
        return tuple(self._core_changes[core])

    def _core_changed(self, core: int, was_reset: bool) -> None:
        before, held_by = self._held_by[core], self.machine.wiring.held_by(core)
        self._held_by[core] = held_by
        if was_reset:
            self._note_core(core, CoreEvent.RESET, held_by)
        elif held_by != before:
            self._note_core(core, CoreEvent.HELD if held_by else CoreEvent.RELEASED, held_by)

    def _note_core(self, core: int, event: CoreEvent, held_by: tuple[str, ...]) -> None:
        actor = self.machine.acting_core
        pc = None if actor is None else self.machine.executor.cores[actor].pc
        change = CoreChange(to_ns(self.machine.context_now()), core, event, held_by, actor, pc)
        if self._core_changes[core][-1:] == [change]:
            return  # the chip's reset reaches a core in more than one way
        if len(self._core_changes[core]) < MAX_CORE_CHANGES:
            self._core_changes[core].append(change)
        if self._run is not None:
            self._run.core_changed(change)

    def instructions(self, core: int) -> int:
        """Return how many instructions a core has executed."""
        self._check_core(core)
        return self.machine.executor.instructions(core)

    # Addresses that cores pass.

    def record_hits(self, address: int) -> None:
        """Record from now on each time a core is about to execute `address`, without stopping."""
        if address not in self._hits:
            self._hits[address] = []
            self.listen_address(address, self._record_hit)

    def hits(self, address: int) -> Sequence[Hit]:
        """Return what was recorded for `address`, in the order of execution."""
        return self._hits.get(address, [])

    def forget_hits(self, address: int) -> None:
        """Stop recording `address` and drop what was recorded."""
        if self._hits.pop(address, None) is not None:
            self.unlisten_address(address, self._record_hit)

    def listen_address(self, address: int, listener: Callable[[int, int], None]) -> None:
        """Have `listener(core, address)` called whenever a core is about to execute `address`."""
        listeners = self.machine.breakpoint_listeners.setdefault(address, [])
        listeners.append(listener)
        if len(listeners) == 1:
            self.machine.executor.add_breakpoint(address)

    def unlisten_address(self, address: int, listener: Callable[[int, int], None]) -> None:
        """Take back one `listen_address`."""
        listeners = self.machine.breakpoint_listeners[address]
        listeners.remove(listener)
        if not listeners:
            del self.machine.breakpoint_listeners[address]
            self.machine.executor.remove_breakpoint(address)

    def _record_hit(self, core: int, address: int) -> None:
        self._hits[address].append(Hit(core, address, to_ns(self.machine.now_ticks())))

    # Who reads and writes what.

    def watch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Have `listener` called after each access of an area, in the order of execution; the run is not changed."""
        if not (0 <= area.address < 1 << 32 and 0 < area.size <= (1 << 32) - area.address):
            raise UsageError(
                "watch", f"expected at least one byte below 2^32, got {area.size} bytes from {area.address:#x}"
            )
        if area.size > MAX_WATCHED:
            raise UsageError(
                "watch",
                f"expected at most {MAX_WATCHED >> 20} MiB, the window of flash and PSRAM, got {area.size:#x} bytes",
                next_step="watch the part that matters: each access of a watched region takes microseconds",
            )
        if area.core is not None:
            self._check_core(area.core)

        def heard(touch: observers.Touch) -> None:
            listener(_memory_access(touch))

        self._watchers.setdefault((area, listener), []).append(heard)
        self.machine.observers.add(_observed(area), heard)

    def unwatch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Take back one `watch_memory`."""
        watchers = self._watchers[area, listener]
        self.machine.observers.remove(_observed(area), watchers.pop())
        if not watchers:
            del self._watchers[area, listener]

    def keep_register_accesses(self, count: int) -> None:
        """Keep each core's last `count` accesses of the chip's registers from now on, for `register_accesses`.

        Plain registers, which native code reads and writes by itself, are left out: they cost nothing.
        """
        self.machine.keep_recent_accesses(count)

    def register_accesses(self, core: int) -> Sequence[MemoryAccess]:
        """Return a core's last accesses of registers, the oldest first: those with an effect on what they reach."""
        self._check_core(core)
        return [_memory_access(touch) for touch in self.machine.recent_accesses(core)]

    # Injection.

    def inject(self, at_ns: int, what: Injection) -> None:
        """Have something done to the chip when the simulated time is `at_ns`; power-on forgets what is to come.

        It is exact to the instruction on both cores from a quantum ahead on; a core that has run ahead sees it late.
        """
        if at_ns < self.time_ns:
            raise UsageError("injection", f"expected a time from {self.time_ns} ns on, got {at_ns} ns, which is over")
        at_ticks = to_ticks(at_ns)
        if isinstance(what, StallCore):
            self._check_core(what.core)
            self._plan(at_ticks, "hold", what.core)
            self._plan(at_ticks + to_ticks(what.duration_ns), "let_go", what.core)
        elif isinstance(what, RaiseInterrupt):
            source = self._source(what.source)
            self._plan(at_ticks, "raise", source)
            self._plan(at_ticks + to_ticks(what.duration_ns), "lower", source)
        else:
            self._plan(at_ticks, *self._planned(what))

    def _plan(self, at_ticks: int, name: str, *args: int) -> None:
        self.machine.injector.plan(at_ticks, name, *args)

    def _planned(
        self, what: SendBytes | DrivePin | StoreMemory | FlipBits | DelayRelease | DelayInterrupt
    ) -> tuple[str, *tuple[int, ...]]:
        """Return the name and the integers of the injector's event; UsageError for what the chip does not have."""
        match what:
            case SendBytes(port, content):
                self._port(port)
                return "send", list(self.machine.wiring.serial_ports).index(port), *content
            case DrivePin(gpio, level):
                self._pin(gpio)
                return "drive", gpio, RELEASED if level is None else level
            case StoreMemory(address, content):
                self.machine.memory_map.peek(address, len(content))
                return "store", address, *content
            case FlipBits(address, mask):
                self.machine.memory_map.peek(address, 1)
                return "flip", address, mask
            case DelayRelease(core, delay_ns):
                self._check_core(core)
                return "delay_release", core, to_ticks(delay_ns)
            case DelayInterrupt(source, delay_ns):
                return "delay_interrupt", self._source(source), to_ticks(delay_ns)

    def interrupt_sources(self) -> Sequence[str]:
        """Return the names of the chip's interrupt sources: SYSTIMER.target0, UART0.interrupt, ..."""
        return list(self.machine.wiring.sources)

    def _source(self, name: str) -> int:
        """Return the number of an interrupt source; a part of its name that no other has will do, in any case."""
        known = self.machine.wiring.sources
        wanted = _plain(name)
        found = [source for source in known if wanted in _spellings(source)]
        if len(found) == 1:
            return known[found[0]]
        names = {spelling: source for source in known for spelling in _spellings(source)}
        near = difflib.get_close_matches(wanted, names, 6, 0.5)
        close = found[:6] or list(dict.fromkeys(names[spelling] for spelling in near))[:3]
        raise UsageError(
            "interrupt source",
            f"expected a peripheral's interrupt such as SYSTIMER.target0, got {name!r}",
            next_step=f"did you mean {' or '.join(close)}?" if close else f"name a block: {', '.join(_blocks(known))}",
        )

    # Pins.

    def pin_level(self, gpio: int) -> int:
        """Return a pin's level, 0 or 1."""
        return self._pin(gpio).level

    def drive_pin(self, gpio: int, level: int | None) -> None:
        """Drive a pin from outside; None lets go of it."""
        if level not in (0, 1, None):
            raise UsageError(f"pin GPIO{gpio}", f"expected level 0, 1 or None, got {level!r}")
        self._pin(gpio).drive(level)

    def apply_voltage(self, gpio: int, voltage_mv: int) -> None:
        """Apply a voltage to a pin from outside; `drive_pin` takes it away."""
        self._pin(gpio).apply_voltage(voltage_mv)

    def peripheral(self, name: str) -> Peripheral:
        """Return a block of the chip by its name, to play the world around it; UsageError without one."""
        peripherals = self.machine.peripherals
        if name not in peripherals:
            raise UsageError(
                "peripheral",
                f"expected one of the chip's peripherals, got {name!r}",
                next_step=did_you_mean(name, list(peripherals))
                or "--peripheral, a board file or 'Add Peripheral' adds one of your own",
            )
        return peripherals[name]

    def device(self, name: str) -> Device:
        """Return a device of the board by its name, to ask it or to do something with it; UsageError without one."""
        devices = self.machine.devices
        if name not in devices:
            raise UsageError(
                "device",
                f"expected one of the board's devices ({', '.join(devices) or 'it has none'}), got {name!r}",
                next_step="a board file puts a device on the board with [[device]]",
            )
        return devices[name]

    def pin_edges(self, gpio: int, since_ns: int = 0) -> Sequence[Edge]:
        """Return all changes of a pin since power-on, or from `since_ns` on if that is later."""
        return [Edge(to_ns(ticks), level) for ticks, level in self.pin_changes(gpio, to_ticks(since_ns) - 1)]

    def pin_changes(self, gpio: int, after_ticks: int) -> Iterator[tuple[int, int]]:
        """Yield (moment in ticks, new level) of every edge of a pin later than `after_ticks`, up to now."""
        self._pin(gpio)
        log = self.pin_logs[gpio]
        return log.edges(after_ticks, max(self.machine.context_now(), log.last_ticks))

    def _pin(self, gpio: int) -> Pin:
        pins = self.machine.wiring.pins
        if gpio not in pins:
            raise UsageError("pin", f"expected a GPIO of the chip ({_ranges(pins)}), got {gpio}")
        return pins[gpio]

    def _pin_changed(self, gpio: int, log: PinLog, course: Course) -> None:
        log.note(self.machine.context_now(), course)
        if self._run is not None:
            self._run.pin_changed(gpio, course)

    def _too_many_edges(self, gpio: int) -> None:
        self.machine.diagnostics.tell("limit", f"GPIO{gpio} has changed {MAX_EDGES} times: later edges are not kept")

    # Serial ports.

    def serial_ports(self) -> Sequence[str]:
        """Return the names of the serial ports: UART0, UART1, ..."""
        return list(self.serial_logs)

    def serial_output(self, port: str) -> SerialLog:
        """Return what a port has sent since power-on, up to now."""
        self._port(port)
        self.machine.wiring.settle()
        return self.serial_logs[port]

    def serial_time_ns(self, port: str, index: int) -> int:
        """Return when the stop bit of byte `index` of a port's output was over."""
        log = self.serial_output(port)
        if not 0 <= index < len(log.data):
            raise UsageError(port, f"expected the index of a byte that was sent ({len(log.data)} were), got {index}")
        return to_ns(log.end_ticks(index))

    def serial_send(self, port: str, content: bytes) -> None:
        """Send bytes to a port, back to back from now on at the rate that the firmware has set."""
        self._port(port).send(content)

    def listen_serial(self, listener: Callable[[str, bytes], None]) -> None:
        """Have `listener(port, content)` called for all output, for example to show it as it comes."""
        self._serial_listeners.append(listener)

    def _port(self, name: str) -> SerialPort:
        ports = self.machine.wiring.serial_ports
        if name not in ports:
            close = difflib.get_close_matches(name.upper(), ports, 1)
            raise UsageError(
                "serial port",
                f"expected one of {', '.join(ports)}; got {name!r}",
                next_step=f"did you mean {close[0]!r}?" if close else "",
            )
        return ports[name]

    def _sent(self, name: str, port: SerialPort, time_ticks: int, content: bytes) -> None:
        log = self.serial_logs[name]
        log.data += content
        log.bursts.append((len(log.data), time_ticks, port.byte_ticks))
        for listener in self._serial_listeners:
            listener(name, content)
        if self._run is not None:
            self._run.sent(name, len(content))

    # What happened besides.

    def resets(self) -> Sequence[ResetRecord]:
        """Return all resets since the last power-on, that one included."""
        return tuple(self._resets)

    def diagnostics(self, *, with_unmodelled: bool = True) -> Sequence[str]:
        """Return what the user should know: first accesses to what is not modelled, resets, and so on.

        with_unmodelled: also those that `unmodelled` lists; a part that is not there at all (the radio) is always told.
        """
        listed = () if with_unmodelled else self.machine.unmodelled.counts()
        return [str(d) for d in self.machine.diagnostics.kept if d.kind != "unmodelled" or d.text not in listed]

    def unmodelled(self) -> Sequence[UnmodelledUse]:
        """Return what was accessed and is not modelled, in the order of the first accesses."""
        firsts = self.machine.unmodelled.firsts
        parts = self.machine.unmodelled.parts()
        uses = []
        for name, count in self.machine.unmodelled.counts().items():
            use = UnmodelledUse(name, count, parts.get(name, ""))
            if (first := firsts.get(name)) is not None:
                use = replace(use, time_ns=first.time_ns, core=first.core, pc=first.pc)
            uses.append(use)
        return uses

    def digest(self) -> str:
        """Return "sha256:<hex>" over the run's options, all output, all memory, all core and peripheral state."""
        return self.machine.digest()

    def close(self) -> None:
        """Give everything back; the engine is unusable afterwards."""
        self.machine.close()

    def _was_reset(self, reset: Reset) -> None:
        self._resets.append(ResetRecord(to_ns(reset.time_ticks), reset.domain, reset.reason, reason_name(reset.reason)))
        if self._run is not None:
            self._run.was_reset(reset)

    def _check_core(self, core: int) -> None:
        if not 0 <= core < self.core_count:
            raise UsageError("core", f"expected 0 to {self.core_count - 1}, got {core}")


_KINDS = {
    AccessKind.READ: frozenset({Access.LOAD}),
    AccessKind.WRITE: frozenset({Access.STORE}),
    AccessKind.ANY: frozenset({Access.LOAD, Access.STORE}),
}


def _memory_access(touch: observers.Touch) -> MemoryAccess:
    return MemoryAccess(
        to_ns(touch.time_ticks),
        touch.core,
        touch.pc,
        touch.address,
        touch.size,
        touch.value,
        touch.access is Access.STORE,
        touch.master,
    )


def _observed(area: Area) -> observers.Area:
    return observers.Area(area.address, area.address + area.size, _KINDS[area.kind], area.core)


def _ranges(numbers: object) -> str:
    """Write numbers as "0 to 21, 26 to 48"."""
    ordered = sorted(cast("dict[int, Pin]", numbers))
    parts: list[str] = []
    start = previous = None
    for number in [*ordered, None]:
        if previous is not None and number != previous + 1:
            parts.append(f"{start}" if start == previous else f"{start} to {previous}")
            start = number
        elif previous is None:
            start = number
        previous = number
    return ", ".join(parts) or "none"


def _plain(name: str) -> str:
    """Return a name without what people write in several ways: FROM_CPU0 for from_cpu_0."""
    return name.strip().lower().replace("_", "")


def _spellings(source: str) -> tuple[str, str, str]:
    """Return how an interrupt source may be called: as it is, by its block alone, by its signal alone."""
    block, _, signal = source.partition(".")
    return _plain(source), _plain(block), _plain(signal)


def _blocks(sources: Iterable[str]) -> list[str]:
    """Return the names of blocks, each once."""
    return list(dict.fromkeys(source.partition(".")[0] for source in sources))
