"""Both executors side by side on the same small machine, for tests that hold one against the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twincore.isa import state
from twincore.isa.reference_executor import ReferenceExecutor
from twincore.machine.executor import Access, BusKind, CoreOptions, Executor, ExecutorOptions, Gate, Served
from twincore.machine.memory import Memory
from twincore.native.executor import NativeExecutor

TICK = 3808
CODE, DATA, SIZE = 0x40378000, 0x3FC88000, 0x10000
FLASH_CODE, FLASH_DATA, GATE_SIZE = 0x42000000, 0x3C000000, 2 * SIZE
"""The same bytes again behind two gates, and as much where nothing is mapped."""
VECTORS, VECTORS_SIZE = 0x40000000, 0x1000
IO, IO_SIZE = 0x60000000, 0x2000
IO_PYTHON = 0x1000
"""Registers from this offset on are served by the host, those before natively."""


class Recorder:
    """A host that answers from a fixed rule and notes everything it is asked."""

    def __init__(self) -> None:
        self.log: list[tuple[object, ...]] = []
        self.acts = False
        self.holds_both_at: int | None = None
        """A store to this register holds both cores, as the entry into deep sleep does."""
        self.executor: Executor | None = None

    def io_read(self, core: int, address: int, size: int) -> int:
        self.log.append(("read", core, address, size))
        return (address * 0x9E3779B1 >> 7) & ((1 << 8 * size) - 1)

    def io_write(self, core: int, address: int, size: int, value: int) -> None:
        self.log.append(("write", core, address, size, value))
        executor = self.executor
        if executor is not None and address == self.holds_both_at:
            for held in range(2):
                executor.set_running(held, False)
            executor.end_slice()
        if not self.acts or executor is None:
            return
        # what peripherals do: interrupt lines, events, holding and resetting cores, clock changes
        target, action = value & 1, address >> 2 & 15
        self.log.append(("now", executor.now_ticks()))
        if action < 6:
            executor.set_lines(target, value)
        elif action == 6:
            executor.set_running(target, bool(value & 12))
            executor.end_slice()
        elif action == 7:
            executor.reset_core(target)
        elif action == 8:
            executor.set_next_event(executor.now_ticks() + (value & 0xFFFFF))
        elif action == 9:
            executor.set_ticks_per_cycle(1904 << (value & 3))
        elif action == 10:
            executor.end_slice()
        elif action < 14:
            executor.set_shut(target, value >> 1 & 3)
            executor.end_slice()
        else:
            executor.forget_lines(FLASH_CODE + (value & 0xFFFF), value >> 16)

    def unmapped(self, core: int, address: int, size: int, access: Access) -> bool:
        self.log.append(("unmapped", core, address, size, access))
        return False

    def refused(self, core: int, address: int, size: int, access: Access) -> None:
        self.log.append(("refused", core, address, size, access))

    def observed(self, core: int, address: int, size: int, access: Access, value: int) -> None:
        assert self.executor is not None
        pc = self.executor.cores[core].read("pc")
        self.log.append(("observed", core, address, size, access, value, pc, self.executor.now_ticks()))

    def unanswered(self, core: int, address: int, size: int, access: Access) -> bool:
        self.log.append(("unanswered", core, address, size, access))
        assert self.executor is not None
        if len(self.log) % 3 == 0:
            self.executor.set_lines(core, address * 0x9E3779B1 & 0xFFFFFFFF)
        return self.acts and bool(address & 0x20)

    def event(self) -> None:
        self.log.append(("event",))
        assert self.executor is not None
        self.executor.set_next_event((1 << 63) - 1)
        if self.acts:
            for core in range(2):
                self.executor.set_running(core, True)
                self.executor.set_shut(core, len(self.log) & 3)
                self.executor.set_lines(core, len(self.log) * 0x9E3779B1 & 0xFFFFFFFF)

    def simcall(self, core: int) -> None:
        self.log.append(("simcall", core))

    def breakpoint(self, core: int, address: int) -> None:
        self.log.append(("breakpoint", core, address))

    def rer(self, core: int, address: int) -> int:
        self.log.append(("rer", core, address))
        return address ^ 0x5A5A5A5A

    def wer(self, core: int, address: int, value: int) -> None:
        self.log.append(("wer", core, address, value))

    def gpio_out(self, core: int, levels: int) -> None:
        self.log.append(("gpio_out", core, levels))

    def gpio_in(self, core: int) -> int:
        self.log.append(("gpio_in", core))
        return 0x5A + core


class Side:
    """One executor with its memories and its host."""

    def __init__(self, factory: Callable[..., Executor], quantum: int, semihosting: bool) -> None:
        self.host = Recorder()
        options = ExecutorOptions(
            cores=(CoreOptions(0xCDCD, VECTORS + 0x400), CoreOptions(0xABAB, VECTORS + 0x400)),
            io_base=IO,
            io_size=IO_SIZE,
            quantum_cycles=quantum,
            semihosting=semihosting,
            gates=(
                Gate(FLASH_CODE, GATE_SIZE, BusKind.INSTRUCTION, fill_ticks=5 * TICK + 1),
                Gate(FLASH_DATA, GATE_SIZE, BusKind.DATA),
            ),
        )
        self.executor = factory(self.host, options)
        self.host.executor = self.executor
        self.ram, self.rom = Memory("ram", SIZE), Memory("rom", VECTORS_SIZE)
        self.executor.map(CODE, SIZE, self.ram, 0, bus=BusKind.INSTRUCTION, writable=True)
        self.executor.map(DATA, SIZE, self.ram, 0, bus=BusKind.DATA, writable=True)
        self.executor.map(FLASH_CODE, SIZE, self.ram, 0, bus=BusKind.INSTRUCTION, writable=False)
        self.executor.map(FLASH_DATA, SIZE, self.ram, 0, bus=BusKind.DATA, writable=True)
        self.executor.map(VECTORS, VECTORS_SIZE, self.rom, 0, bus=BusKind.INSTRUCTION, writable=False)
        self.executor.set_ticks_per_cycle(TICK)
        io = self.executor.io
        for k in range(IO_PYTHON // 4):
            io.python_read[k] = io.python_write[k] = Served.PLAINLY if k % 4 else Served.COUNTED
            io.write_mask[k] = (0x10001 * (k * 40503 & 0xFFFF)) & 0xFFFFFFFF

    def write(self, address: int, content: bytes) -> None:
        """Put bytes into memory by their data or code address."""
        places = ((DATA, self.ram), (VECTORS, self.rom), (CODE, self.ram))
        base, memory = next((b, m) for b, m in places if b <= address < b + m.size)
        memory.write(address - base, content)
        self.executor.host_wrote(memory, address - base, len(content))

    def snapshot(self) -> tuple[object, ...]:
        """Return everything that must be equal."""
        cores = tuple((c.state_bytes(), self.executor.instructions(k)) for k, c in enumerate(self.executor.cores))
        io = self.executor.io
        words = bytes(io.words), bytes(io.counts), self.executor.fills()
        return cores, bytes(self.ram.data), bytes(self.rom.data), words, tuple(self.host.log)


class Pair:
    """The native executor and the reference, always told the same."""

    def __init__(self, *, quantum: int = 64, semihosting: bool = False) -> None:
        self.native = Side(NativeExecutor, quantum, semihosting)
        self.reference = Side(ReferenceExecutor, quantum, semihosting)
        self.sides = (self.native, self.reference)
        self.until = 0

    def both(self, action: Callable[[Side], None]) -> None:
        """Do the same to both."""
        for side in self.sides:
            action(side)

    def write(self, address: int, content: bytes) -> None:
        """Put bytes into both memories."""
        self.both(lambda side: side.write(address, content))

    def registers(self, core: int, values: Iterable[tuple[str, int]]) -> None:
        """Set registers of a core on both."""
        pairs = list(values)

        def put(side: Side) -> None:
            for name, value in pairs:
                side.executor.cores[core].write(name, value)

        self.both(put)

    def run(self, cycles: int) -> None:
        """Let both run and compare everything afterwards."""
        self.until += cycles * TICK
        self.both(lambda side: side.executor.run(self.until))
        self.compare()

    def compare(self) -> None:
        """Fail, naming the first difference, unless both are in the same state."""
        native, reference = self.native.snapshot(), self.reference.snapshot()
        if native != reference:
            raise AssertionError("\n".join(self.differences()))

    def differences(self) -> list[str]:
        """Return what differs, for people."""
        lines = []
        for k, (a, b) in enumerate(zip(self.native.executor.cores, self.reference.executor.cores, strict=True)):
            lines += [
                f"core {k} {r.name}[{n}]: native {a.get(r.name, n):#x}, reference {b.get(r.name, n):#x}"
                for r in state.REGISTERS
                for n in range(r.count)
                if a.get(r.name, n) != b.get(r.name, n)
            ]
            counts = [side.executor.instructions(k) for side in self.sides]
            if counts[0] != counts[1]:
                lines.append(f"core {k} instructions: native {counts[0]}, reference {counts[1]}")
        for name in ("ram", "rom"):
            first, second = (bytes(getattr(side, name).data) for side in self.sides)
            at = next((n for n, (x, y) in enumerate(zip(first, second, strict=True)) if x != y), None)
            if at is not None:
                lines.append(f"{name} differs from offset {at:#x}")
        if self.native.host.log != self.reference.host.log:
            lines.append(f"host: native {self.native.host.log[-3:]}, reference {self.reference.host.log[-3:]}")
        return lines or ["I/O words or their counts differ"]
