"""One firmware on one engine, as the keywords of a suite share it: options, names, reading positions, records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from robot.api import SkipExecution, logger

from twincore.engines.protocol import (
    DEFAULT_POLL_NS,
    AccessKind,
    Area,
    Capability,
    Condition,
    Engine,
    MemoryAccess,
    MemoryAccessed,
    MemoryMeets,
    Stop,
    StopKind,
)
from twincore.errors import ImageError, UsageError
from twincore.images import Assignment, Image, Kind, fill_partitions, open_image
from twincore.images.backtrace import Backtraces
from twincore.images.files import is_file
from twincore.images.find_rom import choose_rom
from twincore.images.variables import PLAIN, Variable, find_variable
from twincore.keywords.base import UnmetError
from twincore.keywords.repeat import Repeatable
from twincore.keywords.values import (
    EngineName,
    Place,
    PowerOnContent,
    Region,
    Unmodelled,
    format_moment,
)

if TYPE_CHECKING:
    from twincore.images import Segment
    from twincore.images.lines import SourceLine
    from twincore.keywords.stacks import Depth
    from twincore.machine.platform_file import Platform

_Choice = TypeVar("_Choice", EngineName, PowerOnContent, Unmodelled)


_SHOWN_BYTES = 16
"""Longer values, which DMA moves, are shown by their size."""

_KEPT_ACCESSES = 256
"""So many last accesses of registers are kept for each core, for the log of a failure."""


@dataclass(frozen=True)
class Options:
    """What the library was imported with."""

    engine: EngineName = EngineName.embedded
    board: str = "generic"
    seed: int = 0
    quantum: int = 64
    rom: str = "open"
    sram: PowerOnContent = PowerOnContent.pattern
    unmodelled: Unmodelled = Unmodelled.report
    console: str = "UART0"
    flash_size: str = ""
    psram: str = ""
    efuse: str = ""
    mac: str = ""
    straps: str = ""
    peripherals: tuple[str, ...] = ()
    """Lines of peripherals that a suite adds to the board (`twincore.machine.peripheral_line`)."""

    @classmethod
    def of(cls, **given: object) -> Options:
        """Read options as a suite gives them, as text or as values. Raises UsageError."""
        given = vars(cls()) | given
        read: dict[str, Any] = dict(given)
        read["engine"] = _choice("engine", EngineName, given["engine"])
        read["sram"] = _choice("sram", PowerOnContent, given["sram"])
        read["unmodelled"] = _choice("unmodelled", Unmodelled, given["unmodelled"])
        for name in ("seed", "quantum"):
            read[name] = _whole(name, given[name])
        return cls(**read)


def _called(name: str) -> str:
    """Return what an error calls an option."""
    return f"option {name} of the library"


def _choice(name: str, kind: type[_Choice], value: object) -> _Choice:
    for member in kind:
        if value is member or str(value).strip().lower() == member.name:
            return member
    names = [member.name for member in kind]
    raise UsageError(
        _called(name),
        f"expected {' or '.join(names)}, got {str(value)!r}",
        next_step=f"write {name}={names[0]} where the library is imported",
    )


def _whole(name: str, value: object) -> int:
    try:
        return value if isinstance(value, int) else int(str(value).replace(" ", ""), 0)
    except ValueError as error:
        raise UsageError(
            _called(name),
            f"expected a whole number, got {str(value)!r}",
            next_step=f"write {name}=7 where the library is imported",
        ) from error


def board_of(options: Options) -> Platform:
    """Read the board that the options name."""
    from twincore.machine.board_options import load_board

    return load_board(
        options.board,
        flash_size=options.flash_size or None,
        psram=options.psram or None,
        efuse=options.efuse or None,
        mac=options.mac or None,
        straps=options.straps or None,
        peripherals=options.peripherals,
        called=_called,
    )


def make_engine(options: Options) -> Engine:
    """Build the engine that the options name."""
    from twincore.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(
        board_of(options),
        seed=options.seed,
        sram=options.sram.value,
        quantum_cycles=options.quantum,
        unmodelled=options.unmodelled.value,
    )


@dataclass(frozen=True)
class Spot:
    """A place that has been found: its address, and how people know it."""

    address: int
    label: str

    def __str__(self) -> str:
        """Write the name with the address, or the address alone."""
        number = f"{self.address:#010x}"
        return self.label if self.label == number else f"{self.label} ({number})"


@dataclass
class Guard:
    """What must not happen to memory, for as long as the firmware runs: accesses of `areas` that are not `is_allowed`.

    `label` says what is guarded, `expected` what must not happen to it.
    """

    label: str
    expected: str
    areas: Sequence[Area]
    is_allowed: Callable[[MemoryAccess], bool]
    violation: MemoryAccess | None = None
    """The first access since the last look that should not have been."""

    def note(self, access: MemoryAccess) -> None:
        """Keep an access that is not allowed."""
        if self.violation is None and not self.is_allowed(access):
            self.violation = access

    @property
    def conditions(self) -> list[MemoryAccessed]:
        """Gives what a run must stop at."""
        return [MemoryAccessed(area, lambda _: self.violation is not None) for area in self.areas]


@dataclass(frozen=True)
class SerialLine:
    """A line that a port has sent, without its end; `time_ns` is when it was over, `is_whole` whether it ended."""

    port: str
    text: str
    time_ns: int
    is_whole: bool


@dataclass
class Session:
    """Holds the engine between `boot` and `close`."""

    given: Mapping[str, object] = field(default_factory=dict)
    """The options as the suite gave them; `boot` reads them."""
    factory: Callable[[Options], Engine] = make_engine

    def __post_init__(self) -> None:
        self._engine: Engine | None = None
        self.image: Image | None = None
        self.rom: Path | None = None
        """The file of the ROM that runs."""
        self.options = Options()
        self.peripherals: list[str] = []
        """Lines of the peripherals that the next `boot` adds to the board."""
        self.read_positions: dict[str, int] = {}
        """Where the next search in a port's output begins, by port."""
        self._shown: dict[str, tuple[int, int]] = {}
        self._lines: list[SerialLine] = []
        self._end = ""
        self.guards: list[Guard] = []
        """What every run is held against."""
        self.watched: dict[Area, list[MemoryAccess]] = {}
        """Accesses of watched regions, and by whom they are noted."""
        self.watchers: dict[Area, Callable[[MemoryAccess], None]] = {}
        self.stacks: dict[tuple[int, int], Depth] = {}
        """Stacks that are followed, by bottom and top."""
        self._variables: dict[tuple[str, int | None], Variable] = {}
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
        rom = choose_rom(options.rom, needs_open=image.needs_second_stage, who=_called("rom"))
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
        self._engine, self.image, self.rom = engine, image, rom
        self.read_positions.clear()
        self.recorded.clear()
        self.guards.clear()
        self.watched.clear()
        self.watchers.clear()
        self.stacks.clear()
        self._variables.clear()
        self._shown.clear()
        self._end = ""

    def power_cycle(self) -> None:
        """Take power away and give it again."""
        engine = self.engine
        self.collect_output()
        engine.power_on()
        self.run = None if self.run is None else replace(self.run, power_cycles=self.run.power_cycles + 1)
        self.read_positions.clear()
        self._shown.clear()

    def close(self) -> None:
        """End the run and give everything back; does nothing where nothing runs."""
        if self._engine is not None:
            self.collect_output()
            engine, self._engine, self.image = self._engine, None, None
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
                self.unmet(guard.label, guard.expected, self.access_text(access), "see both cores' state in the log")
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

    # Names.

    def find(self, place: Place, core: int | None = None) -> Spot:
        """Find the address that a place means."""
        if not place.name:
            return Spot(place.offset, self.label(place.offset, core))
        engine = self.engine
        if not len(engine.symbols):
            raise UsageError(
                str(place),
                "expected the address of this name, but no ELF file with names was given",
                next_step="give one to 'Boot Firmware    my.bin    my.elf', or write the address as a number",
            )
        address = self.variable(place, core).address if re.search(r"\.|\[|->", place.name) else None
        if address is None:
            address = engine.symbols.find(place.name, core).address + place.offset
        return Spot(address & 0xFFFF_FFFF, str(place))

    def variable(self, place: Place, core: int | None = None) -> Variable:
        """Find what a place means, with its type: a word for an address or behind an offset."""
        if not place.name:
            return Variable(str(place), place.offset, PLAIN["u32"])
        elfs = self.image.elfs if self.image else ()
        if not len(self.engine.symbols):
            return Variable(str(place), self.find(place, core).address, PLAIN["u32"])  # says that there are no names
        found = self._variables.get((place.name, core))
        if found is None:
            was_read = False

            def read(address: int, size: int) -> bytes:
                nonlocal was_read
                was_read = True
                return self.engine.read_memory(address, size)

            found = find_variable(place.name, self.engine.symbols, elfs, read, core)
            if not was_read:  # no pointer on the way: it stays where it is
                self._variables[place.name, core] = found
        if not place.offset:
            return found
        return Variable(str(place), found.address + place.offset & 0xFFFF_FFFF, PLAIN["u32"])

    def find_region(self, region: Region) -> tuple[int, int]:
        """Find the address and the size of a range. Raises UsageError where it is empty or a symbol has no size."""
        spot = self.find(region.start)
        if region.end is not None:
            end = self.find(region.end)
            if end.address <= spot.address:
                raise UsageError("region", f"expected its start below its end, got {spot} and {end}")
            return spot.address, end.address - spot.address
        size = region.size
        if size is None and region.start.name:
            whole = replace(region.start, offset=0)
            symbol = self.engine.symbols.get(whole.name)
            size = symbol.size if symbol else self.variable(whole).type.size
            size = max(size - region.start.offset, 0)
        if not size:
            raise UsageError(
                "region",
                f"expected a symbol whose size the ELF file gives, or a range; got {spot}",
                next_step=f"write '{region.start} for 4 bytes', or '{region.start}..END'",
            )
        return spot.address, size

    def area(self, region: Region, kind: AccessKind, core: int | None = None) -> Area:
        """Return a range as something to watch."""
        self.need(Capability.WATCHPOINTS)
        address, size = self.find_region(region)
        return Area(address, size, kind, core)

    def where(self, pc: int, core: int | None = None) -> str:
        """Say where an instruction is: its function, its source line where one is known, its address."""
        line = self.source_line(pc, core)
        name = self.label(pc, core)
        number = f"{pc:#010x}"
        found = [] if name == number else [name]
        return f"{', '.join([*found, str(line)] if line else found) or number}{f' ({number})' if found or line else ''}"

    def source_line(self, pc: int, core: int | None = None) -> SourceLine | None:
        """Find the source line of an instruction; None where no debug information knows it."""
        try:
            return self.image.source_line(pc, core) if self.image else None
        except ImageError:
            return None  # damaged debug information is no reason to hide what was found

    def access_text(self, access: MemoryAccess) -> str:
        """Say who did what to which address, where and when."""
        who = access.master or f"core {access.core}"
        place = Spot(access.address, self.label(access.address))
        digits = 2 + 2 * access.size
        value = f"{access.value:#0{digits}x}" if access.size <= _SHOWN_BYTES else f"{access.size} bytes"
        did = f"wrote {value} to {place}" if access.is_write else f"read {value} from {place}"
        at = "" if access.pc is None else f" in {self.where(access.pc, access.core)}"
        return f"{who} {did}{at} at {format_moment(access.time_ns)}"

    def rename_core(self, core: int, elf: str) -> None:
        """Take the names of a core's program from another ELF file: it has been replaced while it ran."""
        engine = self.engine
        assert self.image is not None, "an engine that is booted has an image"
        others = [known for known in self.image.elfs if known.core != core]
        image = replace(self.image, elfs=tuple(others), fallback_from=None).with_elf(f"{elf}@core{core}")
        engine.use_names(image.symbols)
        self.image = image
        self._variables.clear()

    def backtraces(self) -> Backtraces:
        """Make a reader of one port's lines that resolves the addresses of crashes."""
        return Backtraces(self.engine.symbols, self.image)

    def label(self, address: int, core: int | None = None) -> str:
        """Write an address as symbol and offset, or as a number where no symbol is near."""
        return self.engine.symbols.describe(address, core)

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
        return f"core {core} {state} at {Spot(pc, self.label(pc, core))}"

    def unmet(self, who: str, expected: str, got: str, next_step: str = "") -> NoReturn:
        """Fail: `who` should have done what is `expected`, and did what is in `got`."""
        raise UnmetError(who, expected, got, when=self.moment(), next_step=next_step)

    def serial_tail(self, port: str) -> str:
        """Quote the last line that a port has sent, for a message."""
        lines = self.serial_lines(port, 0)
        last = next((line for line in reversed(lines) if line.text.strip()), None)
        if last is None:
            return f"{port} has sent nothing yet"
        return f"the last line was '{shorten(last.text)}' at {format_moment(last.time_ns)}"

    # Serial output, as lines.

    def serial_lines(self, port: str, start: int, end: int | None = None) -> list[SerialLine]:
        """Split a port's output from byte `start` into lines, with times."""
        engine = self.engine
        data = bytes(engine.serial_output(port).data)
        end = len(data) if end is None else end
        lines = []
        while start < end:
            newline = data.find(b"\n", start, end)
            stop = newline + 1 if newline >= 0 else end
            text = printable(data[start:stop])
            lines.append(SerialLine(port, text, engine.serial_time_ns(port, stop - 1), newline >= 0))
            start = stop
        return lines

    def collect_output(self) -> None:
        """Take what the ports have sent since the last time into the test's record.

        A line that had not ended then is taken again, as far as it came.
        """
        if self._engine is None or Capability.SERIAL_OUTPUT not in self._engine.capabilities:
            return
        for port in self._engine.serial_ports():
            size = len(self._engine.serial_output(port).data)
            begun, seen = self._shown.get(port, (0, 0))
            if size > seen:
                self._lines += self.serial_lines(port, begun)
                begun = self._engine.serial_output(port).data.rfind(b"\n") + 1
                self._shown[port] = begun, size

    def take_lines(self) -> list[SerialLine]:
        """Return the record of serial output since the last call, and begin a new one."""
        self.collect_output()
        lines, self._lines = self._lines, []
        return lines


def printable(raw: bytes) -> str:
    """Write a line's bytes as text: without the line's end, control characters and broken UTF-8 escaped."""
    text = raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


_COLOUR = re.compile(r"\\x1b\[[\d;]*m")
"""A terminal's colour, as `printable` writes it."""


def shorten(text: str, limit: int = 120) -> str:
    """Cut a text for a message, and take colours away."""
    text = _COLOUR.sub("", text)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def foreign_elfs(image: Image) -> list[str]:
    """Say of each ELF file whose code is not that of the image where they differ: its names would mislead."""
    found = []
    for elf in image.elfs:
        for piece in elf.pieces:
            if not piece.memory.is_executable:
                continue
            at = _difference(piece.address, piece.data, image.segments)
            if at is not None:
                found.append(f"{elf.who} is not of the same build as {image.path}: their code differs at {at:#010x}")
                break
    return found


def _difference(address: int, data: bytes, segments: Sequence[Segment]) -> int | None:
    """Find the first address at which `data` and a segment differ."""
    for segment in segments:
        start = max(address, segment.address)
        end = min(address + len(data), segment.address + segment.size)
        if start >= end:
            continue
        ours = data[start - address : end - address]
        theirs = segment.data[start - segment.address : end - segment.address]
        if ours != theirs:
            return start + next(at for at, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    return None


def _elf_beside(path: Path) -> list[str]:
    """Find my.elf beside my.bin."""
    if not path.suffix:
        return []
    elf = path.with_suffix(".elf")
    if path.suffix != ".elf" and is_file(elf):
        logger.info(f"Names come from {elf.name}, which lies beside {path.name}.")
        return [str(elf)]
    return []
