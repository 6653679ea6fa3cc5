"""A bench for one block: a small fake of the machine's context, and loads and stores by register name or offset."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.model import NEVER, TICKS_PER_SECOND, Clock, CounterSnapshot, NoMemoryError, Peripheral, Pin

CLOCKS_HZ = {
    "xtal": 40_000_000,
    "pll": 480_000_000,
    "rc_fast": 17_500_000,
    "rc_slow": 136_000,
    "xtal32k": 32_768,
    "cpu": 40_000_000,
    "apb": 40_000_000,
    "rtc_fast": 20_000_000,
    "rtc_slow": 136_000,
    "crypto": 40_000_000,
}
US = TICKS_PER_SECOND // 1_000_000


class FakeContext:
    """The machine as one block sees it."""

    def __init__(self, name: str, size: int, seed: int) -> None:
        self.name = name
        self.seed = seed
        self.words = memoryview(bytearray(size)).cast("I")
        self.now = 0
        self.events: dict[tuple[str, tuple[int, ...]], int] = {}
        self.clocks = {clock: Clock(clock, TICKS_PER_SECOND // hz) for clock, hz in CLOCKS_HZ.items()}
        self.slices_ended = 0
        self.resets: list[tuple[str, int]] = []
        self.blocks_reset: list[str] = []
        self.unknown: list[str] = []
        self.power_downs = 0
        self.blocks: dict[str, Peripheral] = {}
        self.read_on_demand: dict[int, bool] = {}
        self.written_on_demand: dict[int, int] = {}
        self.protections: dict[int, list[Any]] = {}

    def now_ticks(self) -> int:
        return self.now

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        self.events.pop((name, args), None)
        if at_ticks < NEVER:
            self.events[name, args] = at_ticks

    def cancel(self, name: str, *args: int) -> None:
        self.events.pop((name, args), None)

    def clock(self, name: str) -> Clock:
        return self.clocks[name]

    def end_slice(self) -> None:
        self.slices_ended += 1

    def request_reset(self, domain: str, reason: int) -> None:
        self.resets.append((domain, reason))

    def reset_block(self, name: str) -> None:
        self.blocks_reset.append(name)

    def unmodelled(self, what: str, offset: int | None = None) -> None:
        self.unknown.append(what)

    def read_by_python(self, index: int, wanted: bool) -> None:
        self.read_on_demand[index] = wanted

    def written_by_python(self, index: int, wanted: bytes) -> None:
        self.written_on_demand.update(enumerate(wanted, index))

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Leave it to the block."""

    def block(self, name: str) -> Peripheral | None:
        return self.blocks.get(name)

    def core_pc(self, core: int) -> int:
        return 0x4037_8000 + core

    def protect(self, core: int, ranges: Any, on_refused: Any) -> None:
        self.protections[core] = list(ranges)
        self.on_refused = on_refused

    def power_down(self) -> None:
        self.power_downs += 1

    def read_memory(self, address: int, length: int) -> bytes:
        raise NoMemoryError(address)  # a block by itself has none

    def write_memory(self, address: int, content: bytes) -> None:
        raise NoMemoryError(address)


class Bench:
    """One block that was powered on, with its fake machine."""

    def __init__(self, kind: type[Peripheral], name: str = "", seed: int = 1, **options: Any) -> None:
        self.context = FakeContext(name or kind.__name__, kind.size, seed)
        self.block: Any = kind(self.context, **options)
        self.offsets = {item: index * 4 for item, _, _, index in kind._items()}
        self.access = self.block.word_access()
        self.block.reset("power_on", 1)

    def _offset(self, where: str | int) -> int:
        return where if isinstance(where, int) else self.offsets[where]

    def read(self, where: str | int, size: int = 4) -> int:
        """Load as the bus does: from the words, or through Python where the block asks for it."""
        offset = self._offset(where)
        if self.context.read_on_demand.get(offset // 4, self.access[offset // 4].python_read):
            return self.block.read(offset, size)
        value = self.context.words[offset // 4] >> (offset & 3) * 8
        return value & (1 << size * 8) - 1

    def write(self, where: str | int, value: int, size: int = 4) -> None:
        """Store as the bus does."""
        offset = self._offset(where)
        access = self.access[offset // 4]
        if self.context.written_on_demand.get(offset // 4, access.python_write):
            self.block.write(offset, size, value)
            return
        shift = (offset & 3) * 8
        mask = ((1 << size * 8) - 1 << shift) & access.write_mask
        old = self.context.words[offset // 4]
        self.context.words[offset // 4] = old & ~mask | value << shift & mask

    def run(self, *, ticks: int = 0, us: int = 0) -> None:
        """Let time pass, carrying out events in the order of their times."""
        until = self.context.now + ticks + us * US
        while due := [(at, key) for key, at in self.context.events.items() if at <= until]:
            at, (name, args) = min(due)
            del self.context.events[name, args]
            self.context.now = max(self.context.now, at)
            getattr(self.block, f"on_{name}")(*args)
        self.context.now = until

    def level(self, signal: str) -> int:
        return self.block.signals[signal].level

    def save(self) -> tuple[Any, ...]:
        """Everything that a snapshot of a machine holds for this block."""
        clocks = {name: clock.period_ticks for name, clock in self.context.clocks.items()}
        return copy.deepcopy((self.block.state(), self.context.events, self.context.now, clocks))

    def load(self, saved: tuple[Any, ...]) -> None:
        state, self.context.events, self.context.now, clocks = copy.deepcopy(saved)
        for name, period in clocks.items():
            self.context.clocks[name].period_ticks = period
        self.block.restore(state)


class Chip:
    """A whole machine whose cores stand: several blocks at once, by the names of their registers."""

    def __init__(self, board: str | Path = "generic") -> None:
        self.engine = EmbeddedEngine(board, executor="reference", quantum_cycles=1)
        self.machine = self.engine.machine
        self.engine.power_on()
        for core in range(self.engine.core_count):
            self.machine.executor.set_running(core, False)
        bases = {entry.name: entry.base for entry in self.machine.platform.peripherals}
        self.addresses = {
            f"{name}.{item}": bases[name] + index * 4
            for name, block in self.machine.peripherals.items()
            for item, _, _, index in block._items()
        }

    def block(self, name: str) -> Any:
        return self.machine.peripherals[name]

    def pin(self, gpio: int) -> Pin:
        return self.machine.wiring.pins[gpio]

    def read(self, register: str) -> int:
        """Load as a core does: from the words, or through Python where the block asks for it."""
        address, io = self.addresses[register], self.machine.executor.io
        index = (address - io.base) // 4
        return self.machine.io_read(0, address, 4) if io.python_read[index] else io.words[index]

    def write(self, register: str, value: int) -> None:
        """Store as a core does."""
        address, io = self.addresses[register], self.machine.executor.io
        index = (address - io.base) // 4
        if io.python_write[index]:
            self.machine.io_write(0, address, 4, value)
            self.machine._enter(lambda _: None, 0)
        else:
            mask = io.write_mask[index]
            io.words[index] = io.words[index] & ~mask | value & mask

    def run(self, *, ticks: int = 0, us: int = 0) -> None:
        """Let time pass."""
        self.machine.run_until(self.machine.time_ticks + ticks + us * US)

    def level(self, signal: str) -> int:
        """Return the level of a signal by BLOCK.signal."""
        block, _, name = signal.partition(".")
        return self.machine.peripherals[block].signals[name].level

    def burn(self, block: int, content: bytes) -> None:
        """Burn bytes into a block of EFUSE, and have them shown."""
        for n in range(8):
            self.write(f"EFUSE.PGM_DATA{n}", int.from_bytes(content[4 * n : 4 * n + 4], "little"))
        self.write("EFUSE.CONF", 0x5A5A)
        self.write("EFUSE.CMD", 2 | block << 2)
        self.write("EFUSE.CONF", 0x5AA5)
        self.write("EFUSE.CMD", 1)

    def burn_key(self, n: int, purpose: int, key: bytes) -> None:
        """Burn key block `n` (0 to 5), and what it is for."""
        self.burn(4 + n, key)
        self.burn(0, (purpose << 64 + 24 + 4 * n).to_bytes(24, "little"))

    def edges_us(self, gpio: int) -> list[tuple[float, int]]:
        """Return (time in microseconds, level) of all edges of a pin."""
        return [(edge.time_ns / 1000, edge.level) for edge in self.engine.pin_edges(gpio)]


@pytest.fixture
def chip() -> Iterator[Callable[..., Chip]]:
    """Make a chip with standing cores: chip() or chip("board.toml")."""
    made: list[Chip] = []

    def make(board: str | Path = "generic") -> Chip:
        made.append(Chip(board))
        return made[-1]

    yield make
    for each in made:
        each.engine.close()


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Make a bench: bench(UART, name="UART0", option=...)."""
    return Bench


@pytest.fixture
def us() -> types.SimpleNamespace:
    """Ticks: us.ticks(3) is 3 microseconds."""
    return types.SimpleNamespace(ticks=lambda count: count * US)
