"""A bench for instructions: two cores, a few memories and vectors, on every executor there is."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore.isa import config
from twincore.isa.asm import assemble_program
from twincore.isa.reference_executor import ReferenceExecutor
from twincore.machine.executor import Access, BusKind, CoreOptions, Executor, ExecutorOptions, Gate
from twincore.machine.memory import Memory

sys.path.insert(0, str(Path(__file__).parent))  # tests here import their helpers

NEVER = (1 << 63) - 1
TICKS = 4
"""Ticks of a cycle on the bench."""

IRAM, IRAM_DATA, IRAM_SIZE = 0x40370000, 0x3FC80000, 0x10000
DRAM, DRAM_SIZE = 0x3FC90000, 0x10000
ROM, ROM_SIZE = 0x3C000000, 0x1000
RTC, RTC_SIZE = 0x600FE000, 0x2000
FLASH_CODE, FLASH_DATA, FLASH_SIZE = 0x42000000, 0x3D000000, 0x10000
GATE_SIZE = 2 * FLASH_SIZE
"""Memory behind two gates, 0 for code and 1 for data; nothing is mapped in their second halves."""
IO, IO_SIZE = 0x60000000, 0x100000
CODE = IRAM + 0x1000
"""Where programs start; the vectors are at IRAM."""

VECTORS = {
    "of4": config.VECTOR_OF4,
    "uf4": config.VECTOR_UF4,
    "of8": config.VECTOR_OF8,
    "uf8": config.VECTOR_UF8,
    "of12": config.VECTOR_OF12,
    "uf12": config.VECTOR_UF12,
    "kernel": config.VECTOR_KERNEL,
    "user": config.VECTOR_USER,
    "double": config.VECTOR_DOUBLE,
    **{f"level{level}": offset for level, offset in config.LEVEL_VECTORS.items()},
}


class BenchHost:
    """Answers the executor's call-backs and keeps what they were."""

    def __init__(self) -> None:
        self.executor: Any = None
        self.calls: list[tuple[Any, ...]] = []
        self.stops: set[int] = set()
        self.stopped_at: int | None = None
        self.on_event: Callable[[], None] = lambda: None
        self.on_io_write: Callable[[int, int, int], None] = lambda core, address, value: None
        self.answers: Callable[[int], bool] = lambda address: False
        self.on_unanswered: Callable[[int], bool] = lambda core: False
        self.io: dict[int, int] = {}

    def io_read(self, core: int, address: int, size: int) -> int:
        self.calls.append(("io_read", core, address, size))
        return self.io.get(address, 0)

    def io_write(self, core: int, address: int, size: int, value: int) -> None:
        self.calls.append(("io_write", core, address, size, value))
        self.on_io_write(core, address, value)

    def unmapped(self, core: int, address: int, size: int, access: Access) -> bool:
        self.calls.append(("unmapped", core, address, size, access))
        return self.answers(address)

    def unanswered(self, core: int, address: int, size: int, access: Access) -> bool:
        self.calls.append(("unanswered", core, address, size, access))
        return self.on_unanswered(core)

    def event(self) -> None:
        self.calls.append(("event", self.executor.now_ticks()))
        self.executor.set_next_event(NEVER)
        self.on_event()

    def simcall(self, core: int) -> None:
        self.calls.append(("simcall", core))
        self.executor.cores[core].write("a2", 0x51)

    def breakpoint(self, core: int, address: int) -> None:
        if address in self.stops:
            self.stopped_at = address
            self.executor.request_stop()

    def rer(self, core: int, address: int) -> int:
        self.calls.append(("rer", core, address))
        return address ^ 0xFFFFFFFF

    def wer(self, core: int, address: int, value: int) -> None:
        self.calls.append(("wer", core, address, value))

    def gpio_out(self, core: int, levels: int) -> None:
        self.calls.append(("gpio_out", core, levels))

    def gpio_in(self, core: int) -> int:
        self.calls.append(("gpio_in", core))
        return 0x5A + core


class Bench:
    """Loads assembly text into memory and runs it on core 0 (core 1 is held unless a test lets it run)."""

    def __init__(
        self, kind: str, factory: Callable[[Any, ExecutorOptions], Executor], *, semihosting: bool, fill_ticks: int = 0
    ) -> None:
        self.kind = kind
        self.host = BenchHost()
        options = ExecutorOptions(
            cores=tuple(CoreOptions(prid, config.RESET_VECTOR) for prid in config.PRID),
            io_base=IO,
            io_size=IO_SIZE,
            quantum_cycles=64,
            semihosting=semihosting,
            gates=(
                Gate(FLASH_CODE, GATE_SIZE, BusKind.INSTRUCTION, fill_ticks),
                Gate(FLASH_DATA, GATE_SIZE, BusKind.DATA),
            ),
        )
        self.executor: Any = factory(self.host, options)
        self.host.executor = self.executor
        self.executor.set_ticks_per_cycle(TICKS)
        self.iram, self.dram = Memory("iram", IRAM_SIZE), Memory("dram", DRAM_SIZE)
        self.rom, self.rtc = Memory("rom", ROM_SIZE), Memory("rtc", RTC_SIZE)
        mapping = self.executor.map
        mapping(IRAM, IRAM_SIZE, self.iram, 0, bus=BusKind.INSTRUCTION, writable=True)
        mapping(IRAM_DATA, IRAM_SIZE, self.iram, 0, bus=BusKind.DATA, writable=True)
        mapping(DRAM, DRAM_SIZE, self.dram, 0, bus=BusKind.DATA, writable=True)
        mapping(ROM, ROM_SIZE, self.rom, 0, bus=BusKind.DATA, writable=False)
        self.flash = Memory("flash", FLASH_SIZE)
        mapping(FLASH_CODE, FLASH_SIZE, self.flash, 0, bus=BusKind.INSTRUCTION, writable=False)
        mapping(FLASH_DATA, FLASH_SIZE, self.flash, 0, bus=BusKind.DATA, writable=False)
        mapping(RTC, RTC_SIZE, self.rtc, 0, bus=BusKind.BOTH, writable=True)
        self.symbols: dict[str, int] = {}
        self.core = 0

    def fresh(self) -> None:
        """Put the bench back to its start: cores reset, memories zero, no breakpoints, interrupts open, windows off."""
        for address in self.host.stops:
            self.executor.remove_breakpoint(address)
        self.executor.set_next_event(NEVER)
        for k in range(2):
            self.executor.set_running(k, False)
        self.executor.run(self.executor.now_ticks() + 1000 * TICKS)  # both cores' times are equal from here on
        host = self.host
        host.calls, host.stops, host.stopped_at, host.io = [], set(), None, {}
        host.on_event, host.on_io_write = (lambda: None), (lambda core, address, value: None)
        host.on_unanswered = lambda core: False
        self.executor.quantum_cycles = 64
        for memory in (self.iram, self.dram, self.rom, self.rtc, self.flash):
            memory.fill(b"\0")
            self.executor.host_wrote(memory, 0, memory.size)
        self.symbols, self.core = {}, 0
        for k, core in enumerate(self.executor.cores):
            self.executor.set_shut(k, 0)
            self.executor.set_lines(k, 0)
            self.executor.reset_core(k)
            self.executor.set_running(k, k == 0)
            for number in range(64):
                core.write(f"ar{number}", 0)
            core.write("ps", 0)
            core.write("vecbase", IRAM)
            for timer in range(3):
                core.write(f"ccompare{timer}", 0x80000000)
            core.write("ccount", 0)

    # --- state -------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> int:
        return self.executor.cores[self.core].read(name)

    def __setitem__(self, name: str, value: int) -> None:
        self.executor.cores[self.core].write(name, value)

    def word(self, address: int) -> int:
        """Return the word at an address of DRAM, IRAM (either bus), ROM or RTC memory."""
        memory, offset = self._memory(address)
        return int.from_bytes(memory.read(offset, 4), "little")

    def write(self, address: int, content: bytes) -> None:
        """Put bytes into memory."""
        memory, offset = self._memory(address)
        memory.write(offset, content)
        self.executor.host_wrote(memory, offset, len(content))

    def _memory(self, address: int) -> tuple[Memory, int]:
        for base, memory in (
            (IRAM, self.iram),
            (IRAM_DATA, self.iram),
            (DRAM, self.dram),
            (ROM, self.rom),
            (RTC, self.rtc),
            (FLASH_CODE, self.flash),
            (FLASH_DATA, self.flash),
        ):
            if base <= address < base + memory.size:
                return memory, address - base
        raise KeyError(hex(address))

    # --- running -----------------------------------------------------------------------------------------------------

    def stop_at(self, *addresses: int) -> None:
        """Stop runs before the instructions at these addresses."""
        for address in addresses:
            self.host.stops.add(address)
            self.executor.add_breakpoint(address)

    def load(self, text: str, address: int = CODE) -> int:
        """Assemble `text` to `address`; its labels are kept. Return the address behind it."""
        program = assemble_program(text, address, {"dram": DRAM, "io": IO, "iram_data": IRAM_DATA, **self.symbols})
        self.symbols.update(program.symbols)
        self.write(address, program.content)
        return address + len(program.content)

    def vector(self, name: str, text: str) -> None:
        """Place a handler at a vector of VECBASE; one without a handler stops the run."""
        self.load(text, IRAM + VECTORS[name])

    def go(self, cycles: int = 10_000) -> None:
        """Run until a stop; fail after that many cycles."""
        self.host.stopped_at = None
        start = max(0, self.executor.now_ticks())
        self.executor.run(start + cycles * TICKS)
        assert self.host.stopped_at is not None, f"no stop in {cycles} cycles, pc {self['pc']:#x}"

    def run(self, text: str, *, handlers: dict[str, str] | None = None, cycles: int = 10_000, **registers: int) -> str:
        """Run a program from CODE to its end or to a vector; return "end", or the name of the vector.

        `handlers` are texts for vectors; the others stop the run. Registers are set by name beforehand. A label `end`
        in the program is where it ends, else its last byte.
        """
        behind = self.load(text)
        end = self.symbols.get("end", behind)
        handlers = handlers or {}
        for name, handler in handlers.items():
            self.vector(name, handler)
        self.stop_at(end, *(IRAM + offset for name, offset in VECTORS.items() if name not in handlers))
        for name, value in registers.items():
            self[name] = value
        self["pc"] = self.symbols.get("start", CODE)
        self.go(cycles)
        place = self.host.stopped_at
        return "end" if place == end else next(n for n, offset in VECTORS.items() if IRAM + offset == place)


def _factories() -> dict[str, Callable[[Any, ExecutorOptions], Executor]]:
    factories: dict[str, Any] = {"reference": ReferenceExecutor}
    if importlib.util.find_spec("twincore.native.executor"):
        factories["native"] = lambda host, options: importlib.import_module("twincore.native.executor").NativeExecutor(
            host, options
        )
    return factories


FACTORIES = _factories()


@pytest.fixture(scope="session", params=sorted(FACTORIES))
def session_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(request.param, FACTORIES[request.param], semihosting=False)
    yield bench
    bench.executor.close()


@pytest.fixture
def bench(session_bench: Bench) -> Bench:
    """Return the bench of one executor, as new."""
    session_bench.fresh()
    return session_bench


@pytest.fixture(params=sorted(FACTORIES))
def semihosting_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Return a bench whose executor carries out simcalls."""
    bench = Bench(request.param, FACTORIES[request.param], semihosting=True)
    bench.fresh()
    yield bench
    bench.executor.close()


@pytest.fixture(params=sorted(FACTORIES))
def cached_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Return a bench with code behind a cache: the first fetch from a line takes 10 cycles."""
    bench = Bench(request.param, FACTORIES[request.param], semihosting=False, fill_ticks=10 * TICKS - 1)
    bench.fresh()
    yield bench
    bench.executor.close()
