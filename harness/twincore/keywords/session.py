"""One firmware on one engine, as the keywords of a suite share it: options, names, reading positions, records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from robot.api import SkipExecution, logger

from twincore.engines.protocol import (
    DEFAULT_POLL_NS,
    AccessKind,
    Area,
    Capability,
    Condition,
    Engine,
    MemoryAccess,
    MemoryMeets,
    Stop,
    StopKind,
)
from twincore.errors import UsageError
from twincore.images import Assignment, Image, Kind, fill_partitions, open_image
from twincore.images.files import is_file
from twincore.images.find_rom import choose_rom
from twincore.keywords.guards import Depth, Guard
from twincore.keywords.names import Names, Spot
from twincore.keywords.options import Options, board_of, called, make_engine
from twincore.keywords.repeat import Repeatable
from twincore.keywords.serial_record import SerialLine, SerialRecord
from twincore.keywords.unmet import UnmetError
from twincore.keywords.values import (
    Region,
    format_moment,
)

if TYPE_CHECKING:
    from twincore.messages.follower import Follower

_KEPT_ACCESSES = 256
"""So many last accesses of registers are kept for each core, for the log of a failure."""


@dataclass
class Session:
    """Holds the engine between `boot` and `close`."""

    given: Mapping[str, object] = field(default_factory=dict)
    """The options as the suite gave them; `boot` reads them."""
    factory: Callable[[Options], Engine] = make_engine

    def __post_init__(self) -> None:
        self._engine: Engine | None = None
        self._names: Names | None = None
        self._serial: SerialRecord | None = None
        self.rom: Path | None = None
        """The file of the ROM that runs."""
        self.options = Options()
        self.peripherals: list[str] = []
        """Lines of the peripherals that the next `boot` adds to the board."""
        self._lines: list[SerialLine] = []
        self._end = ""
        self.guards: list[Guard] = []
        """What every run is held against."""
        self.watched: dict[Area, list[MemoryAccess]] = {}
        """Accesses of watched regions, and by whom they are noted."""
        self.watchers: dict[Area, Callable[[MemoryAccess], None]] = {}
        self.stacks: dict[tuple[int, int], Depth] = {}
        """Stacks that are followed, by bottom and top."""
        self.followers: dict[str, Follower] = {}
        """Channels of messages that are followed, by name."""
        self.recorded: set[int] = set()
        """Addresses whose hits are recorded until the suite ends."""
        self.run: Repeatable | None = None
        """What was booted, as the suite gave it."""
        self.test_name = ""
        """The full name of the test that runs."""
        self.state_is_logged = False
        """Whether the running test's log holds the state at its failure already."""

    # The engine's life.

    @property
    def engine(self) -> Engine:
        """Gives the engine with firmware in it."""
        if self._engine is None:
            raise UsageError(
                "keyword",
                "expected firmware that runs, none has been booted",
                next_step="use 'Boot Firmware    my.bin' first, for example as the Suite Setup",
            )
        return self._engine

    @property
    def names(self) -> Names:
        """Gives the names of the firmware that runs."""
        assert self.engine, "firmware runs"
        assert self._names is not None, "what runs has names"
        return self._names

    @property
    def image(self) -> Image | None:
        """Gives the firmware that runs, with its ELF files; None where none does."""
        return self._names.image if self._names else None

    @property
    def serial(self) -> SerialRecord:
        """Gives the output of the ports of the engine that runs."""
        assert self.engine, "firmware runs"
        assert self._serial is not None, "what runs has a record"
        return self._serial

    @property
    def is_booted(self) -> bool:
        """Tells whether there is firmware to look at."""
        return self._engine is not None

    def boot(
        self, path: str, elfs: Sequence[str], kind: str | None = None, partitions: Mapping[str, str] | None = None
    ) -> Image:
        """Open an image, put files into partitions of it, and start it on a new machine."""
        options = Options.of(**self.given, peripherals=tuple(self.peripherals))
        chosen = [elf for elf in elfs if elf]
        names = chosen or _elf_beside(Path(path))
        if kind == Kind.ENCRYPTED:
            from twincore.machine.encrypted_image import open_encrypted

            image = open_encrypted(path, board_of(options), elfs=names)
        else:
            image = open_image(path, kind=kind, elfs=names)
        files = [Assignment(name, Path(file)) for name, file in (partitions or {}).items()]
        image = fill_partitions(image, files, who="Boot Firmware")
        rom = choose_rom(options.rom, needs_open=image.needs_second_stage, who=called("rom"))
        self._start(image, options, rom)
        filled = tuple(f"{name}={file}" for name, file in (partitions or {}).items())
        self.run = Repeatable(path, tuple(chosen), filled, is_encrypted=kind == Kind.ENCRYPTED)
        return image

    def reboot(self) -> None:
        """Start what was booted last on a new machine again: time, flash and everything else begin anew."""
        image, rom = self.image, self.rom
        assert image is not None, "what is booted has an image"
        assert rom is not None, "and a ROM"
        self._start(image, self.options, rom)

    def _start(self, image: Image, options: Options, rom: Path) -> None:
        """Give an image a new machine."""
        self.close()
        self.options = options
        engine = self.factory(self.options)
        try:
            engine.load(image, rom=str(rom))
        except BaseException:
            engine.close()
            raise
        engine.keep_register_accesses(_KEPT_ACCESSES)
        self._engine, self.rom = engine, rom
        self._names, self._serial = Names(engine, image), SerialRecord(engine)
        self.recorded.clear()
        self.guards.clear()
        self.watched.clear()
        self.watchers.clear()
        self.stacks.clear()
        self.followers.clear()
        self._end = ""

    def power_cycle(self) -> None:
        """Take power away and give it again."""
        engine = self.engine
        self.collect_output()
        engine.power_on()
        for follower in self.followers.values():
            follower.forget()
        for stack in self.stacks.values():
            stack.begin_anew()
        for accesses in self.watched.values():
            accesses.clear()
        self.run = None if self.run is None else replace(self.run, power_cycles=self.run.power_cycles + 1)
        self.serial.begin_anew()

    def close(self) -> None:
        """End the run and give everything back; does nothing where nothing runs."""
        if self._engine is not None:
            self.collect_output()
            engine, self._engine, self._names, self._serial = self._engine, None, None, None
            engine.close()

    def need(self, *capabilities: Capability) -> None:
        """Skip the test where the engine lacks one of `capabilities`."""
        engine = self.engine
        for capability in capabilities:
            if capability not in engine.capabilities:
                raise SkipExecution(f"The engine '{engine.name}' cannot {capability.value}.")

    def check_core(self, core: int) -> None:
        """Refuse a core that the chip does not have."""
        if not 0 <= core < self.engine.core_count:
            raise UsageError("core", f"expected 0 to {self.engine.core_count - 1}, got {core:#x}")

    # Running.

    def run_for(self, duration_ns: int) -> None:
        """Run for a time, less when the firmware ends the run before."""
        if not self.guards:
            self._note_end(self.engine.run_for(duration_ns))
            return
        end = self.engine.time_ns + duration_ns
        stop = self._run_until([], duration_ns)
        if stop.kind is StopKind.DEAD:  # no core can touch anything any more
            self._note_end(self.engine.run_for(max(end - self.engine.time_ns, 0)))

    def wait(self, conditions: Sequence[Condition], timeout_ns: int) -> Stop | None:
        """Run until a condition is met; None when none was in time, or when the run can bring nothing more."""
        stop = self._run_until(conditions, timeout_ns)
        return stop if stop.kind is StopKind.CONDITION else None

    def watch(self, conditions: Sequence[Condition], duration_ns: int) -> Stop | None:
        """Run for a time in full, unless a condition is met; None when none was."""
        end = self.engine.time_ns + duration_ns
        stop = self.wait(conditions, duration_ns)
        if stop is None and self.engine.time_ns < end:
            self.run_for(end - self.engine.time_ns)
        return stop

    def _run_until(self, conditions: Sequence[Condition], timeout_ns: int) -> Stop:
        """Run until a condition is met; fail at once where a guard is violated."""
        guarding = [condition for guard in self.guards for condition in guard.conditions]
        stop = self.engine.run_until([*conditions, *guarding], timeout_ns)
        self._note_end(stop)
        for guard in self.guards:
            access, guard.violation = guard.violation, None
            if access is not None:
                self.unmet(
                    guard.label, guard.expected, self.names.access_text(access), "see both cores' state in the log"
                )
        return stop

    def meets(self, address: int, size: int, accept: Callable[[bytes], bool]) -> MemoryMeets:
        """Return a condition on memory that is exact where the engine can watch it, and polled where it cannot."""
        exact = Capability.WATCHPOINTS in self.engine.capabilities
        return MemoryMeets(address, size, accept, None if exact else DEFAULT_POLL_NS)

    def guard(self, guard: Guard) -> None:
        """Hold every run from now on against a guard."""
        for area in guard.areas:
            self.engine.watch_memory(area, guard.note)
        self.guards.append(guard)

    def unguard(self, guard: Guard) -> None:
        """Take a guard away."""
        for area in guard.areas:
            self.engine.unwatch_memory(area, guard.note)
        self.guards.remove(guard)

    def _note_end(self, stop: Stop) -> None:
        if stop.kind is StopKind.EXIT:
            self._end = f"the firmware ended the run with status {stop.exit_status}"
            logger.warn(f"The firmware ended the run with status {stop.exit_status} at {format_moment(stop.time_ns)}.")
        else:
            self._end = f"{stop.kind.value}" if stop.kind is StopKind.DEAD else ""

    # Words for people.

    def moment(self) -> str:
        """Say the simulated time, where both cores are, and why nothing more can come if that is so."""
        engine = self.engine
        cores = "; ".join(self.core_text(core) for core in range(engine.core_count))
        return f"{format_moment(engine.time_ns)}, {cores}{'; ' if self._end else ''}{self._end}"

    def core_text(self, core: int) -> str:
        """Say what a core does and where."""
        engine = self.engine
        state = engine.core_state(core)
        if state == "held":
            return f"core {core} held"
        if Capability.REGISTERS not in engine.capabilities:
            return f"core {core} {state}"
        pc = engine.read_register(core, "pc")
        if state == "lost":
            state = "lost (its double exception vector raises an exception itself)"
        return f"core {core} {state} at {Spot(pc, self.names.label(pc, core))}"

    def unmet(self, who: str, expected: str, got: str, next_step: str = "") -> NoReturn:
        """Fail: `who` should have done what is `expected`, and did what is in `got`."""
        raise UnmetError(who, expected, got, when=self.moment(), next_step=next_step)

    # The record of a test.

    def collect_output(self) -> None:
        """Take what the ports have sent since the last time into the test's record."""
        if self._serial is not None:
            self._lines += self._serial.take_new()

    def take_lines(self) -> list[SerialLine]:
        """Return the record of serial output since the last call, and begin a new one."""
        self.collect_output()
        lines, self._lines = self._lines, []
        return lines

    def area(self, region: Region, kind: AccessKind, core: int | None = None) -> Area:
        """Return a range as something to watch."""
        self.need(Capability.WATCHPOINTS)
        return self.names.area(region, kind, core)


def _elf_beside(path: Path) -> list[str]:
    """Find my.elf beside my.bin."""
    if not path.suffix:
        return []
    elf = path.with_suffix(".elf")
    if path.suffix != ".elf" and is_file(elf):
        logger.info(f"Names come from {elf.name}, which lies beside {path.name}.")
        return [str(elf)]
    return []
