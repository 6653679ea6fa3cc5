"""A stand-in for an executor: each core runs a Python generator, one step a cycle, by the contract's scheduling rules.

It proves the machine's side of `twincore.machine.executor` without any instruction set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from twincore.machine.executor import (
    Access,
    BusKind,
    CounterSnapshot,
    Executor,
    ExecutorOptions,
    Host,
    Observed,
    Served,
)
from twincore.machine.machine import Machine
from twincore.machine.memory import Memory
from twincore.machine.platform_file import load_platform
from twincore.model import NEVER

Program = Iterator[None]


class FakeIo:
    """The shared words of the I/O window."""

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size
        self.words = memoryview(bytearray(size)).cast("I")
        self.write_mask = memoryview(bytearray(size)).cast("I")
        self.python_read = memoryview(bytearray(size // 4))
        self.python_write = memoryview(bytearray(size // 4))
        self.counts = memoryview(bytearray(2 * size)).cast("Q")


class FakeCore:
    """One core: `start(program)` gives it what to do after its next reset."""

    def __init__(self, executor: FakeExecutor, index: int) -> None:
        self.executor, self.index = executor, index
        self.program: Callable[[FakeCore], Program] | None = None
        self.steps: Program | None = None
        self.registers = {"pc": 0x40000400, "ps": 0x1F, "intenable": 0, **{f"a{n}": 0 for n in range(16)}}
        self.waiting = False
        self.running = False
        self.lines = 0
        self.resets = 0
        self.time = 0
        self.executed = 0

    def start(self, program: Callable[[FakeCore], Program]) -> None:
        self.program, self.steps, self.waiting = program, program(self), False

    @property
    def pc(self) -> int:
        return self.registers["pc"]

    def read(self, name: str) -> int:
        return self.registers[name]

    def write(self, name: str, value: int) -> None:
        self.registers[name] = value & 0xFFFF_FFFF

    def names(self) -> list[str]:
        return list(self.registers)

    def state_bytes(self) -> bytes:
        return repr((sorted(self.registers.items()), self.lines, self.executed)).encode()

    def load(self, address: int, size: int = 4) -> int:
        found = self.executor.find(address)
        if found is not None:
            memory, at = found
            return int.from_bytes(memory.data[at : at + size], "little")
        io = self.executor.io
        if io.base <= address < io.base + io.size:
            index = address - io.base >> 2
            if io.python_read[index] == Served.BY_PYTHON:
                return self.executor.host.io_read(self.index, address, size)
            io.counts[index] += io.python_read[index] == Served.COUNTED
            return io.words[index] >> (address & 3) * 8 & (1 << size * 8) - 1
        self.executor.host.unmapped(self.index, address, size, Access.LOAD)
        return 0

    def store(self, address: int, value: int, size: int = 4) -> None:
        found = self.executor.find(address)
        if found is not None:
            memory, at = found
            memory.data[at : at + size] = value.to_bytes(size, "little")
            return
        io = self.executor.io
        if io.base <= address < io.base + io.size:
            index = address - io.base >> 2
            if io.python_write[index] == Served.BY_PYTHON:
                self.executor.host.io_write(self.index, address, size, value)
            else:
                io.counts[index] += io.python_write[index] == Served.COUNTED
                io.words[index] = io.words[index] & ~io.write_mask[index] | value & io.write_mask[index]
            return
        self.executor.host.unmapped(self.index, address, size, Access.STORE)


class FakeExecutor:
    """Runs generators by the rules of `twincore.machine.executor`."""

    def __init__(self, host: Host, options: ExecutorOptions) -> None:
        self.host, self.options = host, options
        self.quantum_cycles = options.quantum_cycles
        self.io = FakeIo(options.io_base, options.io_size)
        self.cores = [FakeCore(self, index) for index in range(len(options.cores))]
        self.maps: dict[int, tuple[Memory, int, BusKind, bool]] = {}
        self.wrote: list[tuple[str, int, int]] = []
        self.breakpoints: set[int] = set()
        self.period = 0
        self.next_event = NEVER
        self.current: int | None = None
        self.slice_end: int | None = None
        self.stopping = False
        self.slices_ended = 0
        self.lost_lines: list[tuple[int, int]] = []
        self.reset_asked = False
        self.closed = False

    def find(self, address: int) -> tuple[Memory, int] | None:
        found = self.maps.get(address >> 12)
        return None if found is None else (found[0], found[1] + address % 4096)

    def run(self, until_ticks: int) -> None:
        self.stopping = False
        while not self.stopping:
            earliest = min(core.time for core in self.cores)
            if self.slice_end is None and earliest >= self.next_event:
                self.host.event()
                continue
            if self.slice_end is None and earliest >= until_ticks:
                return
            self._slice(until_ticks)

    def _slice(self, until_ticks: int) -> None:
        if self.slice_end is None:
            core = min(self.cores, key=lambda core: (core.time, core.index))
            grid = self.quantum_cycles * self.period
            limit = (core.time // grid + 1) * grid if core.index == 0 else self.cores[0].time
            self.current, self.slice_end = core.index, min(max(limit, core.time + 1), self.next_event)
        assert self.current is not None
        core = self.cores[self.current]
        while self.slice_end is not None and core.time < self.slice_end:
            if not core.running or core.waiting or core.steps is None:
                core.time += -(-(self.slice_end - core.time) // self.period) * self.period
                break
            if core.registers["pc"] in self.breakpoints:
                self.host.breakpoint(core.index, core.registers["pc"])
            try:
                next(core.steps)
            except StopIteration:
                core.waiting = True
            core.executed += 1
            core.time += self.period
            if self.reset_asked:
                self.reset_asked = False
                self._reset(core.index)
            if self.stopping:
                return
        self.slice_end = self.current = None

    def step(self, core: int) -> None:
        steps = self.cores[core].steps
        if steps is not None:
            next(steps, None)
        self.cores[core].time += self.period

    def request_stop(self) -> None:
        self.stopping = True

    def end_slice(self) -> None:
        self.slices_ended += 1
        if self.current is not None:
            self.slice_end = self.cores[self.current].time + 1

    def tell_again(self) -> None:
        pass

    def now_ticks(self) -> int:
        if self.current is not None:
            return self.cores[self.current].time
        return min(core.time for core in self.cores)

    def set_next_event(self, ticks: int) -> None:
        self.next_event = ticks
        if self.slice_end is not None and ticks < self.slice_end:
            self.slice_end = ticks

    def set_ticks_per_cycle(self, ticks: int) -> None:
        self.period = ticks

    def set_lines(self, core: int, levels: int) -> None:
        self.cores[core].lines = levels

    def set_running(self, core: int, running: bool) -> None:
        self.cores[core].running = running

    def forget_lines(self, address: int, size: int) -> None:
        self.lost_lines.append((address, size))

    def fills(self) -> bytes:
        return b""

    def power_on(self) -> None:
        self.current = self.slice_end = None
        self.next_event, self.reset_asked = NEVER, False
        for core in self.cores:
            core.time = core.executed = 0

    def reset_core(self, core: int) -> None:
        if core == self.current:
            self.reset_asked = True
        else:
            self._reset(core)

    def _reset(self, core: int) -> None:
        state = self.cores[core]
        state.resets += 1
        state.waiting = False
        state.registers.update(pc=self.options.cores[core].reset_vector, ps=0x1F, intenable=0)
        state.steps = state.program(state) if state.program else None

    def map(self, address: int, size: int, memory: Memory | None, offset: int, *, bus: BusKind, writable: bool) -> None:
        assert address % 4096 == size % 4096 == offset % 4096 == 0
        for page in range(size >> 12):
            if memory is None:
                self.maps.pop((address >> 12) + page, None)
            else:
                self.maps[(address >> 12) + page] = (memory, offset + page * 4096, bus, writable)

    def observe(self, core: int, ranges: Sequence[Observed]) -> None:
        raise NotImplementedError

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Leave it to the peripheral."""

    def host_wrote(self, memory: Memory, offset: int, size: int) -> None:
        self.wrote.append((memory.name, offset, size))

    def add_breakpoint(self, address: int) -> None:
        self.breakpoints.add(address)

    def remove_breakpoint(self, address: int) -> None:
        self.breakpoints.discard(address)

    def instructions(self, core: int) -> int:
        return self.cores[core].executed

    def close(self) -> None:
        self.closed = True


def fake_executor(host: Host, options: ExecutorOptions) -> Executor:
    """Build a fake executor, as `ExecutorFactory` asks."""
    return cast(Executor, FakeExecutor(host, options))


BLOCKS = """
from twincore.model import Field, Peripheral, Pin, Register, SerialPort, state

class Control(Peripheral):
    size = 0x100
    class RUN(Register, offset=0, reset=0x4):
        STALL = Field(0)
        CLOCK = Field(1)
        RESET = Field(2)
    class SOURCE(Register, offset=4):
        LEVEL = Field(0)
    class RESTART(Register, offset=8):
        DOMAIN = Field(1, 0)
    class SPEED(Register, offset=12):
        PERIOD = Field(31, 0)
    def __init__(self, context):
        super().__init__(context)
        self.stall, self.clock, self.hold = self.signal("stall"), self.signal("clock"), self.signal("hold")
        self.source = self.signal("source")
    def after_reset(self):
        self.write_RUN(0)
        self.source.set(0)
        self.context.clock("cpu").set_period(22848)
    def write_RUN(self, value):
        self.stall.set(self.get(self.RUN.STALL))
        self.clock.set(self.get(self.RUN.CLOCK))
        self.hold.set(self.get(self.RUN.RESET))
        self.context.end_slice()
    def write_SOURCE(self, value):
        self.source.set(value & 1)
        self.context.end_slice()
    def write_RESTART(self, value):
        self.context.request_reset(["power_on", "rtc", "system", "core0"][value & 3], 3)
    def write_SPEED(self, value):
        self.context.clock("cpu").set_period(value)

class Timer(Peripheral):
    size = 0x80
    class AT(Register, offset=0):
        pass
    class COUNT(Register, offset=4):
        pass
    class NOW(Register, offset=8):
        pass
    fired: int = state(0)
    def __init__(self, context, *, port=True):
        super().__init__(context)
        self.serial_ports["out"] = SerialPort("out", self.receive)
        self.signals["GPIO4"], self.signals["GPIO5"] = Pin("GPIO4", context.now_ticks), Pin("GPIO5", context.now_ticks)
        self.received = b""
    def receive(self, data):
        self.received += data
    def after_reset(self):
        self.context.cancel("alarm", 0)
    def write_AT(self, value):
        self.context.schedule(self.context.now_ticks() + value, "alarm", 0)
    def write_COUNT(self, value):
        self.signals["GPIO4"].drive_from_chip(value & 1)
    def read_NOW(self):
        return self.context.now_ticks() & 0xFFFFFFFF
    def on_alarm(self, n):
        self.fired += 1
        self.at = self.context.now_ticks()
        self.serial_ports["out"].emit(self.at, b"tick")

class Matrix(Peripheral):
    size = 0x100
    source_count = 8
    class MAP(Register, offset=0):
        pass
    class SOURCES(Register, offset=4):
        pass
    def __init__(self, context):
        super().__init__(context)
        self.lines = self.signal("lines")
    def set_source(self, source, level):
        self.put(self.SOURCES, self.get(self.SOURCES) & ~(1 << source) | level << source)
        self.lines.set(1 << 5 if self.get(self.SOURCES) else 0)

class Table(Peripheral):
    size = 0x800
    class ENTRY(Register, offset=0, reset=0x4000, count=512):
        pass
    def __init__(self, context):
        super().__init__(context)
        self.listeners = []
    def listen(self, listener):
        self.listeners.append(listener)
    def write_ENTRY(self, n, value):
        for listener in self.listeners:
            listener(n, value)
    def after_reset(self):
        for n in range(512):
            self.write_ENTRY(n, 0x4000)
"""

PLATFORM = """
[chip]
name = "toy"
title = "Toy"
io_base = 0x60000000
io_size = 0x100000
io_reach = 0x1000000
[[core]]
name = "cpu0"
prid = 0xCDCD
reset_vector = 0x40000400
matrix = "MATRIX0"
[[core]]
name = "cpu1"
prid = 0xABAB
reset_vector = 0x40000400
matrix = "MATRIX1"
stall = ["CONTROL.stall"]
clock = ["CONTROL.clock"]
reset = ["CONTROL.hold"]
[clocks]
xtal = { frequency_hz = 40_000_000 }
cpu = { runs_from = "xtal" }
apb = { runs_from = "xtal", divider = 2 }
[[memory]]
name = "rom"
size = 0x2000
power_on = "kept"
windows = [
  { base = 0x40000000, bus = "instruction", writable = false },
  { base = 0x3FF00000, bus = "data", writable = false, offset = 0x1000 },
]
[[memory]]
name = "sram"
size = 0x4000
power_on = "pattern"
windows = [{ base = 0x40378000, bus = "instruction" }, { base = 0x3FC88000, bus = "data" }]
[[memory]]
name = "rtc_fast"
size = 0x2000
power_on = "pattern"
windows = [{ base = 0x600FE000, bus = "both" }]
[mmu]
table = "TABLE"
entries = 512
page_size = 0x10000
invalid = 0x4000
psram = 0x8000
page = 0x3FFF
windows = [{ base = 0x42000000, bus = "instruction" }, { base = 0x3C000000, bus = "data" }]
[[peripheral]]
name = "CONTROL"
class = "blocks.py:Control"
base = 0x60000000
interrupts = { source = 3 }
[[peripheral]]
name = "TIMER"
class = "blocks.py:Timer"
base = 0x60001F80
options = { port = true }
[[peripheral]]
name = "MATRIX0"
class = "blocks.py:Matrix"
base = 0x600C2000
[[peripheral]]
name = "MATRIX1"
class = "blocks.py:Matrix"
base = 0x600C2800
[[peripheral]]
name = "TABLE"
class = "blocks.py:Table"
base = 0x600C5000
[board]
name = "toyboard"
title = "Toy board"
[flash]
size = 0x100000
jedec_id = 0xC84014
[psram]
size = 0x20000
[[pin]]
gpio = 5
name = "button"
level = 1
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The path of a platform file with a small machine of its own."""
    (tmp_path / "blocks.py").write_text(BLOCKS)
    path = tmp_path / "toy.toml"
    path.write_text(PLATFORM)
    return path


@pytest.fixture
def machine(toy: Path) -> Machine:
    """The toy machine under power, with a fake executor."""
    result = Machine(load_platform(toy), fake_executor, seed=1, quantum_cycles=1)
    result.power_on()
    return result


@pytest.fixture
def fake(machine: Machine) -> FakeExecutor:
    """The executor of `machine`."""
    assert isinstance(machine.executor, FakeExecutor)
    return machine.executor


@pytest.fixture
def make_machine(toy: Path) -> Callable[..., Machine]:
    """Build a toy machine under power with options."""

    def make(**options: object) -> Machine:
        result = Machine(load_platform(toy), fake_executor, **options)  # type: ignore[arg-type]
        result.power_on()
        return result

    return make
