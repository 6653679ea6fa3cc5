"""An engine that plays a script: what happens at which time is written down before, so that every answer is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from twincore.devices import Device
from twincore.engines.protocol import (
    AccessKind,
    AddressReached,
    Area,
    Capability,
    ChipRegister,
    Condition,
    CoreChange,
    CoreChanges,
    CoreEvent,
    Edge,
    Hit,
    Injection,
    MemoryAccess,
    MemoryAccessed,
    MemoryMeets,
    PinEdge,
    ResetHappens,
    ResetRecord,
    SerialLog,
    SerialText,
    Stop,
    StopKind,
    UnmodelledUse,
)
from twincore.errors import UsageError
from twincore.images import Image, Symbols
from twincore.images.symbols import Symbol
from twincore.model import Peripheral

MS = 1_000_000
BYTE_NS = 10_000
"""How long a byte takes on the serial port."""


def symbols(**addresses: int) -> Symbols:
    """Make symbols, functions of 32 bytes in IRAM and variables of 4 elsewhere."""
    return Symbols(
        Symbol(
            name,
            at,
            32 if at >= 0x4000_0000 else 4,
            "function" if at >= 0x4000_0000 else "variable",
            False,
            "",
            "",
            None,
        )
        for name, at in addresses.items()
    )


def touches(area: Area, access: MemoryAccess) -> bool:
    """Tell whether an access is one of an area's."""
    kind = AccessKind.WRITE if access.is_write else AccessKind.READ
    return (
        access.address < area.address + area.size
        and area.address < access.address + access.size
        and area.kind in (AccessKind.ANY, kind)
        and area.core in (None, access.core)
    )


class FakeChipRegisters:
    """A few registers of the chip."""

    KNOWN: ClassVar = {
        "GPIO.OUT_W1TS": ChipRegister("GPIO.OUT_W1TS", 0x6000_4008),
        "SYSTEM.CORE_1_CONTROL_0": ChipRegister("SYSTEM.CORE_1_CONTROL_0", 0x600C_0000),
        "SYSTEM.CORE_1_CONTROL_0.CONTROL_CORE_1_RESETING": ChipRegister("RESETING", 0x600C_0000, 2, 1),
        **{f"SYSTEM.CPU_INTR_FROM_CPU_{n}": ChipRegister("FROM_CPU", 0x600C_0030 + 4 * n) for n in range(4)},
    }

    def get(self, name: str) -> ChipRegister | None:
        return self.KNOWN.get(name)

    def find(self, name: str) -> ChipRegister:
        found = self.get(name.upper())
        if found is None:
            raise UsageError("register", f"expected a register, got {name!r}")
        return found

    def describe(self, address: int) -> str:
        return f"{address:#010x}"


@dataclass
class FakeEngine:
    """Implements the Engine protocol; happenings are (time_ns, what to do), given by `at` and the methods below."""

    symbols: Symbols = field(default_factory=Symbols)
    capabilities: frozenset[Capability] = frozenset(Capability)
    name: str = "fake"
    core_count: int = 2
    time_ns: int = 0
    dead_at: int | None = None
    exit_at: int | None = None

    def __post_init__(self) -> None:
        self.words: dict[int, int] = {}
        self.chip_registers = FakeChipRegisters()
        self.registers: dict[tuple[int, str], int] = {(0, "pc"): 0x4037_8000, (1, "pc"): 0x4037_9000}
        self.states = ["running", "held"]
        self.counts = [0, 0]
        self.log = SerialLog()
        self.byte_ends: list[int] = []
        self.edges: dict[int, list[Edge]] = {}
        self.happened_hits: list[Hit] = []
        self.recorded: dict[int, int] = {}
        self.reset_log = [ResetRecord(0, "power_on", 1, "POWERON")]
        self.sent: list[tuple[str, bytes]] = []
        self.driven: list[tuple[int, int | None]] = []
        self.voltages: list[tuple[int, int]] = []
        self.injected: list[tuple[int, Injection]] = []
        self.partitions: dict[str, bytes] = {}
        self.devices: dict[str, Device] = {}
        self.peripherals: dict[str, Peripheral] = {}
        self.uses: list[UnmodelledUse] = []
        self.notes: list[str] = []
        self.watchers: list[tuple[Area, Callable[[MemoryAccess], None]]] = []
        self.accessed: list[MemoryAccess] = []
        self.changes: list[CoreChange] = []
        self.holds: tuple[str, ...] = ("reset",)
        self.is_closed = False
        self._script: list[tuple[int, int, Callable[[], None]]] = []

    def use_names(self, symbols: Symbols) -> None:
        self.symbols = symbols

    def flash_content(self) -> bytes:
        return b"\xff" * 0x1000

    # The script.

    def at(self, time_ns: int, action: Callable[[], None]) -> None:
        """Do something at a time."""
        self._script.append((time_ns, len(self._script), action))

    def prints(self, time_ns: int, text: str | bytes) -> None:
        """Send text over UART0 whose last byte is over at a time."""
        content = text.encode() if isinstance(text, str) else text
        for index, byte in enumerate(content):
            end = time_ns - (len(content) - 1 - index) * BYTE_NS
            self.at(end, lambda byte=byte, end=end: self._byte(byte, end))

    def _byte(self, byte: int, end: int) -> None:
        self.log.data.append(byte)
        self.byte_ends.append(end)

    def word(self, time_ns: int, address: int, value: int) -> None:
        """Set a word at a time."""
        self.at(time_ns, lambda: self.words.__setitem__(address, value))

    def state(self, time_ns: int, core: int, state: str) -> None:
        """Have a core change its state."""
        self.at(time_ns, lambda: self._change(time_ns, core, state))

    def _change(self, time_ns: int, core: int, state: str, event: CoreEvent | None = None) -> None:
        self.states[core] = state
        event = event or (CoreEvent.HELD if state == "held" else CoreEvent.RELEASED)
        self.changes.append(CoreChange(time_ns, core, event, tuple(self.held_by(core)), 0, 0x4037_8008))

    def resets_core(self, time_ns: int, core: int) -> None:
        """Reset one core."""
        self.at(time_ns, lambda: self._change(time_ns, core, self.states[core], CoreEvent.RESET))

    def edge(self, time_ns: int, gpio: int, level: int) -> None:
        """Change a pin."""
        self.at(time_ns, lambda: self.edges.setdefault(gpio, []).append(Edge(time_ns, level)))

    def hit(self, time_ns: int, core: int, address: int) -> None:
        """Have a core come to an address."""
        self.at(time_ns, lambda: self._hit(time_ns, core, address))

    def _hit(self, time_ns: int, core: int, address: int) -> None:
        self.registers[core, "pc"] = address
        self.counts[core] += 1
        self.happened_hits.append(Hit(core, address, time_ns))

    def accesses(
        self, time_ns: int, core: int, pc: int, address: int, value: int, *, is_write: bool = True, size: int = 4
    ) -> None:
        """Have a core load or store a word."""
        self.at(time_ns, lambda: self._access(MemoryAccess(time_ns, core, pc, address, size, value, is_write)))

    def _access(self, access: MemoryAccess) -> None:
        if access.is_write:
            self.words[access.address] = access.value
        self.accessed.append(access)
        for area, listener in list(self.watchers):
            if touches(area, access):
                listener(access)

    def resets_at(self, time_ns: int, domain: str, reason: int, name: str) -> None:
        """Reset a part of the chip."""
        self.at(time_ns, lambda: self.reset_log.append(ResetRecord(time_ns, domain, reason, name)))

    # Runs.

    def run_for(self, duration_ns: int) -> Stop:
        return self._run([], self.time_ns + duration_ns, dies=False)

    def run_until(self, conditions: Sequence[Condition], timeout_ns: int | None) -> Stop:
        assert timeout_ns is not None
        return self._run(conditions, self.time_ns + timeout_ns, dies=True)

    def _run(self, conditions: Sequence[Condition], end: int, *, dies: bool) -> Stop:
        hits, resets, accesses = len(self.happened_hits), len(self.reset_log), len(self.accessed)
        changes = len(self.changes)
        edges = {gpio: len(of_pin) for gpio, of_pin in self.edges.items()}
        while True:
            for index, condition in enumerate(conditions):
                stop = self._met(index, condition, hits, resets, edges, accesses, changes)
                if stop is not None:
                    return stop
            due = min((entry for entry in self._script if entry[0] <= end), default=None, key=lambda entry: entry[:2])
            moment = end if due is None else due[0]
            if self.exit_at is not None and moment >= self.exit_at:
                self.time_ns = self.exit_at
                return Stop(StopKind.EXIT, self.time_ns, exit_status=3)
            if dies and self.dead_at is not None and moment >= self.dead_at:
                self.time_ns = max(self.time_ns, self.dead_at)
                return Stop(StopKind.DEAD, self.time_ns)
            self.time_ns = max(self.time_ns, moment)
            if due is None:
                return Stop(StopKind.TIME, self.time_ns)
            self._script.remove(due)
            due[2]()

    def _met(
        self,
        index: int,
        condition: Condition,
        hits: int,
        resets: int,
        edges: dict[int, int],
        accesses: int,
        changes: int,
    ) -> Stop | None:
        match: re.Match[bytes] | None = None
        if isinstance(condition, SerialText):
            match = condition.pattern.search(bytes(self.log.data), condition.start)
            is_met = match is not None
        elif isinstance(condition, AddressReached):
            for hit in self.happened_hits[hits:]:
                if hit.address == condition.address and condition.core in (None, hit.core):
                    return Stop(StopKind.CONDITION, self.time_ns, index, hit.core, hit.address)
            is_met = False
        elif isinstance(condition, CoreChanges):
            for change in self.changes[changes:]:
                if change.core == condition.core and condition.event in (None, change.event):
                    return Stop(StopKind.CONDITION, change.time_ns, index)
            is_met = False
        elif isinstance(condition, MemoryAccessed):
            for access in self.accessed[accesses:]:
                if touches(condition.area, access) and (condition.accept is None or condition.accept(access)):
                    return Stop(StopKind.CONDITION, self.time_ns, index, access=access)
            is_met = False
        elif isinstance(condition, MemoryMeets):
            is_met = condition.accept(self.read_memory(condition.address, condition.size))
        elif isinstance(condition, PinEdge):
            fresh = self.edges.get(condition.gpio, [])[edges.get(condition.gpio, 0) :]
            is_met = any(condition.level in (None, edge.level) for edge in fresh)
        else:
            assert isinstance(condition, ResetHappens)
            is_met = len(self.reset_log) - resets >= condition.count
        return Stop(StopKind.CONDITION, self.time_ns, index, match=match) if is_met else None

    # The rest, as plain as can be.

    def load(self, image: Image, *, rom: str = "open") -> None:
        self.image = image

    def power_on(self) -> None:
        self.log.data.clear()
        self.byte_ends.clear()
        self.reset_log = [ResetRecord(self.time_ns, "power_on", 1, "POWERON")]

    def reset(self, domain: str = "system") -> None:
        self.reset_log.append(ResetRecord(self.time_ns, domain, 3, "RTC_SW_SYS_RST"))

    def step(self, core: int) -> None:
        self.time_ns += 100
        for entry in sorted(self._script)[:]:
            if entry[0] <= self.time_ns:
                self._script.remove(entry)
                entry[2]()

    def read_memory(self, address: int, size: int) -> bytes:
        content = b""
        for at in range(address & ~3, address + size, 4):
            if at == 0:
                raise UsageError("memory at 0x00000000", "expected an address with memory")
            content += self.words.get(at, 0).to_bytes(4, "little")
        return content[address & 3 :][:size]

    def write_memory(self, address: int, content: bytes) -> None:
        for at in range(0, len(content), 4):
            self.words[address + at] = int.from_bytes(content[at : at + 4], "little")

    def partition_content(self, name: str) -> bytes:
        return self.partitions[name]

    def read_register(self, core: int, name: str) -> int:
        return self.registers[core, name]

    def write_register(self, core: int, name: str, value: int) -> None:
        self.registers[core, name] = value

    def register_names(self, core: int) -> Sequence[str]:
        return [name for of_core, name in self.registers if of_core == core]

    def core_state(self, core: int) -> str:
        return self.states[core]

    def held_by(self, core: int) -> Sequence[str]:
        return self.holds if self.states[core] == "held" else ()

    def core_changes(self, core: int) -> Sequence[CoreChange]:
        return [change for change in self.changes if change.core == core]

    def instructions(self, core: int) -> int:
        return self.counts[core]

    def record_hits(self, address: int) -> None:
        self.recorded.setdefault(address, len(self.happened_hits))

    def hits(self, address: int) -> Sequence[Hit]:
        if address not in self.recorded:
            return []
        return [hit for hit in self.happened_hits[self.recorded[address] :] if hit.address == address]

    def forget_hits(self, address: int) -> None:
        self.recorded.pop(address, None)

    def watch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        self.watchers.append((area, listener))

    def unwatch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        self.watchers.remove((area, listener))

    def keep_register_accesses(self, count: int) -> None:
        self.kept_accesses = count

    def register_accesses(self, core: int) -> Sequence[MemoryAccess]:
        return [access for access in self.accessed if access.core == core and access.address >= 0x6000_0000]

    def inject(self, at_ns: int, what: Injection) -> None:
        self.injected.append((at_ns, what))

    def interrupt_sources(self) -> Sequence[str]:
        return ["SYSTIMER.target0"]

    def pin_level(self, gpio: int) -> int:
        edges = self.edges.get(gpio)
        return edges[-1].level if edges else 0

    def drive_pin(self, gpio: int, level: int | None) -> None:
        self.driven.append((gpio, level))

    def apply_voltage(self, gpio: int, voltage_mv: int) -> None:
        self.voltages.append((gpio, voltage_mv))

    def peripheral(self, name: str) -> Peripheral:
        return self.peripherals[name]

    def device(self, name: str) -> Device:
        return self.devices[name]

    def pin_edges(self, gpio: int, since_ns: int = 0) -> Sequence[Edge]:
        return [edge for edge in self.edges.get(gpio, []) if edge.time_ns >= since_ns]

    def serial_ports(self) -> Sequence[str]:
        return ["UART0"]

    def serial_output(self, port: str) -> SerialLog:
        return self.log

    def serial_time_ns(self, port: str, index: int) -> int:
        return self.byte_ends[index]

    def serial_send(self, port: str, content: bytes) -> None:
        self.sent.append((port, content))

    def listen_serial(self, listener: Callable[[str, bytes], None]) -> None:
        raise NotImplementedError

    def resets(self) -> Sequence[ResetRecord]:
        return self.reset_log

    def diagnostics(self, *, with_unmodelled: bool = True) -> Sequence[str]:
        return self.notes

    def unmodelled(self) -> Sequence[UnmodelledUse]:
        return self.uses

    def digest(self) -> str:
        return "sha256:00"

    def close(self) -> None:
        self.is_closed = True
