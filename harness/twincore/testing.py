"""Benches for what users write in Python: a block, a whole chip whose cores stand, a protocol. None needs firmware.

    from sensor import Sensor
    from twincore.testing import Bench

    def test_the_interrupt_comes():
        sensor = Bench(Sensor)
        sensor.write("CONTROL.START", 1)
        sensor.run(us=100)
        assert sensor.level("interrupt") == 1

A `Bench` stands for the machine around one peripheral: bus, time, clocks, memory for DMA; what the block asks of the
chip is noted. A `Chip` is a machine: blocks with each other, pins, devices, interrupt lines up to the cores. A
`MessageBench` is two cores that pass messages as the test says, before a protocol that follows them.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twincore.devices import Device
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import MemoryAccess
from twincore.errors import UsageError
from twincore.machine.board_options import load_board
from twincore.machine.executor import OnRefused, Protection
from twincore.messages import MemoryArea, MessageContext, MessageProtocol, Record
from twincore.model import (
    NEVER,
    TICKS_PER_SECOND,
    Clock,
    CounterSnapshot,
    NoMemoryError,
    Peripheral,
    Pin,
)
from twincore.schema import did_you_mean

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
"""The clocks of a bench, as they are after a reset of the chip."""
_US = TICKS_PER_SECOND // 1_000_000
_BENCH_MEMORY = 0x3FC9_0000
_ALIGNMENT = 16


class BenchContext:
    """`twincore.model.Context` of one block on a bench: does what can be done alone, and notes the rest."""

    def __init__(self, name: str, size: int, seed: int) -> None:
        self.name = name
        self.seed = seed
        self.words = memoryview(bytearray(size)).cast("I")
        self.now = 0
        """The time in ticks."""
        self.events: dict[tuple[str, tuple[int, ...]], int] = {}
        """When each pending event is due, by name and arguments."""
        self.clocks = {clock: Clock(clock, TICKS_PER_SECOND // hz) for clock, hz in CLOCKS_HZ.items()}
        self.blocks: dict[str, Peripheral] = {}
        """What `block` returns, by name."""
        self.memory: dict[int, bytearray] = {}
        """Memory that DMA reaches, by its address."""
        self.slices_ended = 0
        self.resets: list[tuple[str, int]] = []
        self.blocks_reset: list[str] = []
        self.unknown: list[str] = []
        """What was reported as unmodelled."""
        self.power_downs = 0
        self.read_on_demand: dict[int, bool] = {}
        self.written_on_demand: dict[int, int] = {}
        self.protections: dict[int, list[Protection]] = {}
        self.on_refused: OnRefused | None = None

    def now_ticks(self) -> int:
        """Return the time."""
        return self.now

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        """Note an event; a pending one of that name and arguments moves."""
        at_ticks = operator.index(at_ticks)
        self.events.pop((name, args), None)
        if at_ticks < NEVER:
            self.events[name, args] = at_ticks

    def cancel(self, name: str, *args: int) -> None:
        """Forget an event."""
        self.events.pop((name, args), None)

    def clock(self, name: str) -> Clock:
        """Return a clock; a test may change its period."""
        return self.clocks[name]

    def end_slice(self) -> None:
        """Count it."""
        self.slices_ended += 1

    def tell_again(self) -> None:
        """Do nothing: no core runs on a bench."""

    def request_reset(self, domain: str, reason: int) -> None:
        """Note it."""
        self.resets.append((domain, reason))

    def reset_block(self, name: str) -> None:
        """Note it."""
        self.blocks_reset.append(name)

    def unmodelled(self, what: str, offset: int | None = None) -> None:
        """Note it."""
        self.unknown.append(what)

    def read_by_python(self, index: int, wanted: bool) -> None:
        """Have the bench's loads of a word ask the block, or not."""
        self.read_on_demand[index] = wanted

    def written_by_python(self, index: int, wanted: bytes) -> None:
        """Have the bench's stores to words ask the block, or not."""
        self.written_on_demand.update(enumerate(wanted, index))

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Leave it to the block."""

    def block(self, name: str) -> Peripheral | None:
        """Return another block that the test has put there."""
        return self.blocks.get(name)

    def core_pc(self, core: int) -> int:
        """Return a place in memory that tells the cores apart."""
        return 0x4037_8000 + core

    def protect(self, core: int, ranges: Sequence[Protection], on_refused: OnRefused) -> None:
        """Note it."""
        self.protections[core] = list(ranges)
        self.on_refused = on_refused

    def power_down(self) -> None:
        """Count it."""
        self.power_downs += 1

    def read_memory(self, address: int, length: int) -> bytes:
        """Return what DMA reads; NoMemoryError where the test has put no memory."""
        memory, at = self._find(address, length)
        return bytes(memory[at : at + length])

    def write_memory(self, address: int, content: bytes) -> None:
        """Store what DMA writes; NoMemoryError where the test has put no memory."""
        memory, at = self._find(address, len(content))
        memory[at : at + len(content)] = content

    def _find(self, address: int, length: int) -> tuple[bytearray, int]:
        for base, memory in self.memory.items():
            if base <= address and address + length <= base + len(memory):
                return memory, address - base
        raise NoMemoryError(address)


class Bench:
    """One block that was powered on, with loads and stores by the names of its registers.

    kind: the class. name: what the block is called, its class unless told. options: arguments of the class. What the
    block's code raises comes out of the access that led to it, or out of `run`.
    """

    def __init__(self, kind: type[Peripheral], name: str = "", seed: int = 1, **options: Any) -> None:
        self.context = BenchContext(name or kind.__name__, kind.size, seed)
        self.block: Any = kind(self.context, **options)
        self._registers = {item: register for item, register, _, _ in kind._items()}
        self.offsets = {item: index * 4 for item, _, _, index in kind._items()}
        """Offset in bytes of each register, by name."""
        self.access = self.block.word_access()
        self.block.reset("power_on", 1)

    @property
    def time_ns(self) -> int:
        """The time that has passed, in whole nanoseconds."""
        return self.context.now * 10**9 // TICKS_PER_SECOND

    def read(self, where: str | int, size: int = 4) -> int:
        """Load as the bus does: "REGISTER", "REGISTER.FIELD", or `size` bytes at an offset."""
        name, _, field = where.partition(".") if isinstance(where, str) else ("", "", "")
        offset = self._offset(name) if isinstance(where, str) else where
        if self.context.read_on_demand.get(offset // 4, self.access[offset // 4].python_read):
            value: int = self.block.read(offset, size)
        else:
            value = self.context.words[offset // 4] >> (offset & 3) * 8 & (1 << size * 8) - 1
        return self._field(name, field).of(value) if field else value

    def write(self, where: str | int, value: int, size: int = 4) -> None:
        """Store as the bus does: "REGISTER", `size` bytes at an offset, or "REGISTER.FIELD".

        For a field the register's R/W bits stay as they are and all others are written 0, as a careful driver does.
        """
        if isinstance(where, int):
            self._store(where, value, size)
            return
        name, _, field = where.partition(".")
        offset = self._offset(name)
        if field:
            kept = self.context.words[offset // 4] & self._registers[name].rw
            value = self._field(name, field).into(kept, value)
        self._store(offset, value, size)

    def _store(self, offset: int, value: int, size: int) -> None:
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
        until = self.context.now + ticks + us * _US
        while due := [(at, key) for key, at in self.context.events.items() if at <= until]:
            at, (name, args) = min(due)
            del self.context.events[name, args]
            self.context.now = max(self.context.now, at)
            getattr(self.block, f"on_{name}")(*args)
        self.context.now = until

    def level(self, signal: str) -> int:
        """Return the level of a signal: an interrupt line, a pin."""
        signals = self.block.signals
        if signal not in signals:
            raise self._unknown("signal", signal, list(signals))
        return int(signals[signal].level)

    def save(self) -> tuple[Any, ...]:
        """Return everything that a snapshot of a machine holds for this block."""
        clocks = {name: clock.period_ticks for name, clock in self.context.clocks.items()}
        return copy.deepcopy((self.block.state(), self.context.events, self.context.now, clocks))

    def load(self, saved: tuple[Any, ...]) -> None:
        """Go back to what `save` returned; a block that behaves otherwise afterwards has state that is not declared."""
        state, self.context.events, self.context.now, clocks = copy.deepcopy(saved)
        for name, period in clocks.items():
            self.context.clocks[name].period_ticks = period
        self.block.restore(state)

    def _offset(self, name: str) -> int:
        if name not in self.offsets:
            raise self._unknown("register", name, list(self.offsets))
        return self.offsets[name]

    def _field(self, register: str, name: str) -> Any:
        fields = {field.name: field for field in self._registers[register].fields}
        if name not in fields:
            raise self._unknown(f"field of {register}", name, list(fields))
        return fields[name]

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> UsageError:
        return UsageError(
            self.context.name,
            f"expected a {what} ({', '.join(known) or 'it has none'}), got {name!r}",
            next_step=did_you_mean(name, known),
        )


class Chip:
    """A whole machine whose cores stand: blocks together, on a board, by BLOCK.REGISTER.

    board: as everywhere, a name or a file. peripherals: lines of more of them, "sensor.py:Sensor@0x600D0000,irq=98".
    """

    def __init__(self, board: str | Path = "generic", peripherals: Sequence[str] = ()) -> None:
        platform = load_board(board, peripherals=peripherals)
        self.engine = EmbeddedEngine(platform, executor="reference", quantum_cycles=1)
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
        """The address of each register by BLOCK.REGISTER."""

    def block(self, name: str) -> Any:
        """Return a block of the chip."""
        return self.engine.peripheral(name)

    def device(self, name: str) -> Device:
        """Return a device of the board."""
        return self.engine.device(name)

    def pin(self, gpio: int) -> Pin:
        """Return a pin, to drive it and to see its level."""
        return self.machine.wiring.pins[gpio]

    def read(self, register: str) -> int:
        """Load as a core does."""
        return self.machine.load(self._address(register))

    def write(self, register: str, value: int) -> None:
        """Store as a core does."""
        self.machine.store(self._address(register), value)

    def run(self, *, ticks: int = 0, us: int = 0) -> None:
        """Let time pass."""
        self.machine.run_until(self.machine.time_ticks + ticks + us * _US)

    def level(self, signal: str) -> int:
        """Return the level of a signal by BLOCK.signal."""
        block, _, name = signal.partition(".")
        return self.engine.peripheral(block).signals[name].level

    def lines(self, core: int) -> int:
        """Return the 32 interrupt lines of a core, a bit each, as its interrupt matrix drives them."""
        matrix = self.machine.platform.cores[core].matrix
        return self.machine.peripherals[matrix].signals["lines"].level if matrix else 0

    def edges_us(self, gpio: int) -> list[tuple[float, int]]:
        """Return (time in microseconds, level) of all edges of a pin."""
        return [(edge.time_ns / 1000, edge.level) for edge in self.engine.pin_edges(gpio)]

    def close(self) -> None:
        """Give the machine back."""
        self.engine.close()

    def _address(self, register: str) -> int:
        if register not in self.addresses:
            raise UsageError(
                "chip",
                f"expected BLOCK.REGISTER, got {register!r}",
                next_step=did_you_mean(register, list(self.addresses)),
            )
        return self.addresses[register]


class MessageBench:
    """A protocol of messages on a bench: memory and two cores that do what the test says, without firmware.

    kind: the class. sizes: its areas by name, with their bytes, in the order in which `Follow Messages` would name
    them; memory begins as zeros. options: arguments of the class. What the protocol's code raises comes out of the
    access that led to it.

        bench = MessageBench(Slip, {"slip": 4, "text": 8})
        bench.write("text", 0x1234, core=0)
        bench.run(us=5)
        assert bench.record.sent_count == 1
    """

    def __init__(self, kind: type[MessageProtocol], sizes: Mapping[str, int], **options: Any) -> None:
        self._memory = bytearray(sum(-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes.values()))
        self.areas: dict[str, MemoryArea] = {}
        """The areas by name."""
        address = _BENCH_MEMORY
        for name, size in sizes.items():
            self.areas[name] = MemoryArea(name, address, size)
            address += -(-size // _ALIGNMENT) * _ALIGNMENT
        self.context = MessageContext(tuple(self.areas.values()), self._read)
        self.protocol: Any = kind(self.context, **options)
        self.time_ns = 0
        self.protocol.start()

    @property
    def record(self) -> Record:
        """Gives what became of the messages."""
        return self.context.record

    def run(self, *, us: int = 0, ns: int = 0) -> None:
        """Let time pass."""
        self.time_ns += us * 1000 + ns

    def write(self, area: str, value: int, *, core: int, offset: int = 0, size: int = 4) -> None:
        """Store a little-endian number as a core does."""
        address = self._place(area, offset, size)
        at = address - _BENCH_MEMORY
        self._memory[at : at + size] = value.to_bytes(size, "little")
        self._tell(MemoryAccess(self.time_ns, core, None, address, size, value, is_write=True))

    def read(self, area: str, *, core: int, offset: int = 0, size: int = 4) -> int:
        """Load a little-endian number as a core does."""
        address = self._place(area, offset, size)
        value = int.from_bytes(self._read(address, size), "little")
        self._tell(MemoryAccess(self.time_ns, core, None, address, size, value, is_write=False))
        return value

    def _tell(self, access: MemoryAccess) -> None:
        protocol = self.protocol
        watched = protocol.watched_for_writes if access.is_write else protocol.watched_for_reads
        if any(area.holds(access) for area in watched):
            self.context.access = access
            (protocol.on_write if access.is_write else protocol.on_read)(access)

    def _read(self, address: int, size: int) -> bytes:
        at = address - _BENCH_MEMORY
        if at < 0 or at + size > len(self._memory):
            raise UsageError(f"memory at {address:#010x}", "expected an address within the bench's areas")
        return bytes(self._memory[at : at + size])

    def _place(self, area: str, offset: int, size: int) -> int:
        if area not in self.areas:
            raise UsageError(
                "bench",
                f"expected an area ({', '.join(self.areas)}), got {area!r}",
                next_step=did_you_mean(area, list(self.areas)),
            )
        found = self.areas[area]
        if not 0 <= offset <= found.size - size:
            raise UsageError(area, f"expected {size} bytes within its {found.size}, got them at {offset}")
        return found.address + offset
