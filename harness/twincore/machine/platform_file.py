"""Platform files: the TOML that describes a chip or a board, checked strictly and read into plain data.

A board file `extends` a chip (or another board) by name or path. Tables of the extending file replace tables of the
same name, arrays ([[memory]], [[peripheral]], [[device]], [[pin]], [[wire]]) add to them. A peripheral may also be one
line of text: peripheral = ["sensor.py:Sensor@0x600D0000,irq=98"] (`peripheral_line`). Every mistake is a
`PlatformError` that names the file, the key, what was expected and what was got.
"""

from __future__ import annotations

import functools
import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from twincore.devices import Device
from twincore.errors import PlatformError
from twincore.images.files import is_file
from twincore.machine.class_paths import load_class
from twincore.machine.executor import BusKind
from twincore.machine.memory import PAGE_SIZE
from twincore.machine.peripheral_line import read_line
from twincore.machine.psram_chip import MEGABYTES, VENDORS
from twincore.machine.register_names import RegisterNames
from twincore.model import TICKS_PER_SECOND, Peripheral
from twincore.schema import convert, did_you_mean

BUSES = {"data": BusKind.DATA, "instruction": BusKind.INSTRUCTION, "both": BusKind.BOTH}
"""How a platform file spells the buses."""

_Address = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
_Size = Annotated[int, msgspec.Meta(gt=0, le=1 << 32)]
_Storage = Annotated[int, msgspec.Meta(gt=0, le=1 << 28)]
"""Bytes that the host really has to have; more than any chip has, and less than makes a computer stand still."""
_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
_ClassPath = Annotated[str, msgspec.Meta(pattern=r"^([^:]+:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9_.-]*)$")]
_Gpio = Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a platform file: unknown keys are mistakes."""


class Chip(_Table, frozen=True, kw_only=True):
    """[chip]: what the chip is called and where its peripherals live."""

    name: _Name
    title: str
    io_base: _Address
    io_size: Annotated[int, msgspec.Meta(gt=0, le=1 << 24)]
    io_reach: _Size | None = None
    """How far from io_base on the bus answers where nothing is: loads read 0, stores are dropped. Default: io_size."""
    registers: str | None = None
    """A list of registers of blocks that are not modelled, beside this file (see `register_names`)."""


class Core(_Table, frozen=True, kw_only=True):
    """[[core]]: one core, in the order of their numbers; signals are written "PERIPHERAL.signal"."""

    name: _Name
    prid: _Address
    reset_vector: _Address
    matrix: str | None = None
    """The peripheral that is its interrupt matrix."""
    stall: list[str] = []
    """Signals that hold the core while they are 1."""
    clock: list[str] = []
    """Signals that hold the core while they are 0."""
    reset: list[str] = []
    """Signals that reset the core when they become 1 and hold it while they are 1."""
    stalled: list[str] = []
    """Signals that the machine sets to 1 while one of `stall` holds the core."""


class ClockEntry(_Table, frozen=True, kw_only=True):
    """One entry of [clocks]: a source with a frequency, or a clock that runs from another one."""

    frequency_hz: Annotated[int, msgspec.Meta(gt=0)] | None = None
    runs_from: str | None = None
    divider: Annotated[int, msgspec.Meta(gt=0)] = 1


class Window(_Table, frozen=True, kw_only=True):
    """Where a memory is seen: `size` bytes (default: to its end) from `offset` at guest address `base`."""

    base: _Address
    bus: Literal["data", "instruction", "both"]
    writable: bool = True
    offset: _Address = 0
    size: _Size | None = None


class MemoryEntry(_Table, frozen=True, kw_only=True):
    """[[memory]]: an array of bytes with its windows and what it holds at power-on."""

    name: _Name
    size: _Storage
    power_on: Literal["pattern", "zero", "kept"]
    deep_sleep: Literal["lost", "kept"] = "lost"
    """Whether it has power in deep sleep."""
    windows: Annotated[list[Window], msgspec.Meta(min_length=1)]


class MmuWindow(_Table, frozen=True, kw_only=True):
    """Where the pages of external memory are seen: entries * page_size bytes from `base`."""

    base: _Address
    bus: Literal["data", "instruction", "both"]


class Mmu(_Table, frozen=True, kw_only=True):
    """[mmu]: which pages of flash and PSRAM are seen where; `invalid`, `psram` and `page` are masks of an entry.

    table: the peripheral that holds the entries and tells of their changes (`listen`).
    cache: the peripheral that shuts the caches behind the windows; without it they are always open, and an address that
    nothing is mapped at is an exception.
    decryption: the peripheral that decrypts flash for the caches where the fuses say so.
    """

    table: str
    cache: str | None = None
    decryption: str | None = None
    line_fill_ns: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    """How long the instruction cache takes to fetch a line of 32 bytes that it does not hold yet."""
    entries: Annotated[int, msgspec.Meta(gt=0, le=65536)]
    page_size: _Size
    invalid: _Address
    psram: _Address
    page: _Address
    windows: Annotated[list[MmuWindow], msgspec.Meta(min_length=1)]


class PeripheralEntry(_Table, frozen=True, kw_only=True):
    """[[peripheral]]: one hardware block: its class, where it is, which interrupt sources its lines are."""

    name: _Name
    class_: _ClassPath = msgspec.field(name="class")
    base: _Address
    size: _Size | None = None
    interrupts: dict[str, Annotated[int, msgspec.Meta(ge=0, le=255)]] = {}
    options: dict[str, Any] = {}

    def bytes_of(self, kind: type[Peripheral]) -> int:
        """Return the bytes the block takes: what the file says, else what its class says, else 4096."""
        return self.size if self.size is not None else int(getattr(kind, "size", 0x1000))


class Board(_Table, frozen=True, kw_only=True):
    """[board]: what the board is called; `aliases`: other names for it, where the file comes with twincore."""

    name: _Name
    title: str
    aliases: list[_Name] = []


class Flash(_Table, frozen=True, kw_only=True):
    """[flash]: the board's SPI flash; `jedec_id` is manufacturer, type and capacity as RDID gives them.

    lines: 8 for an octal chip; other chips have four, of which firmware uses as many as it likes.
    """

    size: _Storage
    jedec_id: Annotated[int, msgspec.Meta(ge=0, lt=1 << 24)]
    lines: Literal[4, 8] = 4


class Psram(_Table, frozen=True, kw_only=True):
    """[psram]: the board's SPI RAM; `lines`: how many data lines it has, which decides what it says of itself.

    "any" is no real part: it is what firmware takes it for. A size of 0 takes away the RAM of the board that this one
    extends.
    """

    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 28)]
    lines: Literal[4, 8, "any"] = 8
    vendor: Literal["ap", "unilc", "issi"] = "ap"
    """Who the RAM says made it: "ap" or "unilc" with eight lines, "ap" or "issi" with four."""


class Efuse(_Table, frozen=True, kw_only=True):
    """[efuse]: what the chip's fuses hold when it is new.

    mac: the base MAC address. revision: the chip's, "major.minor". file: all blocks, as `twincore.images.efuses` reads
    them, relative to this file; what else stands here counts before it. fields: values of fields by the names that the
    EFUSE registers give them.
    """

    mac: Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$")] | None = None
    revision: Annotated[str, msgspec.Meta(pattern=r"^[0-3]\.([0-9]|1[0-5])$")] | None = None
    file: str | None = None
    fields: dict[str, int] = {}


class Straps(_Table, frozen=True, kw_only=True):
    """[straps]: GPIO_STRAP as latched at reset (bit 3: GPIO0 high, boot from flash)."""

    value: Annotated[int, msgspec.Meta(ge=0, lt=1 << 16)]


class Pin(_Table, frozen=True, kw_only=True):
    """[[pin]]: a pin with a name of its own; `level` is what the board drives it to when nobody else does."""

    gpio: _Gpio
    name: str
    level: Literal[0, 1] | None = None


class Wire(_Table, frozen=True, kw_only=True):
    """[[wire]]: pin `to` sees the level that the chip drives on pin `source`."""

    source: _Gpio
    to: _Gpio


class DeviceEntry(_Table, frozen=True, kw_only=True):
    """[[device]]: something on the board: its class, and what it is wired to."""

    name: _Name
    class_: _ClassPath = msgspec.field(name="class")
    bus: str | None = None
    """The peripheral whose bus it is on: I2C0, SPI2, ..."""
    pins: dict[str, _Gpio] = {}
    """GPIO numbers by the device's own pin names."""
    serial: str | None = None
    """The serial port it is wired to: UART1, ..."""
    options: dict[str, Any] = {}


class _File(_Table, frozen=True, kw_only=True):
    """One platform file by itself, before it is joined with what it extends."""

    extends: str | None = None
    chip: Chip | None = None
    core: list[Core] = []
    clocks: dict[str, ClockEntry] | None = None
    memory: list[MemoryEntry] = []
    mmu: Mmu | None = None
    peripheral: list[PeripheralEntry] = []
    device: list[DeviceEntry] = []
    board: Board | None = None
    flash: Flash | None = None
    psram: Psram | None = None
    efuse: Efuse | None = None
    straps: Straps | None = None
    pin: list[Pin] = []
    wire: list[Wire] = []


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """A whole platform: the chip with the board around it, checked."""

    files: tuple[Path, ...]
    """The files it came from, the board's first."""
    origins: Mapping[tuple[str, str], str]
    """The file that each core, peripheral, device and pin came from, by kind and name."""
    chip: Chip
    register_names: RegisterNames
    """The names of registers of blocks that are not modelled."""
    board: Board
    cores: tuple[Core, ...]
    clocks: Mapping[str, ClockEntry]
    memories: tuple[MemoryEntry, ...]
    mmu: Mmu | None
    peripherals: tuple[PeripheralEntry, ...]
    classes: Mapping[str, type[Peripheral]]
    """The class of each peripheral by the peripheral's name."""
    devices: tuple[DeviceEntry, ...]
    device_classes: Mapping[str, type[Device]]
    """The class of each device by the device's name."""
    flash: Flash | None
    psram: Psram | None
    efuse: Efuse
    """`file` is a whole path."""
    straps: Straps
    pins: tuple[Pin, ...]
    wires: tuple[Wire, ...]


def platform_folder() -> Path:
    """Return the folder of the platform files that come with twincore: in a checkout or in the installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "platforms", package.parents[1] / "platforms"):
        if folder.is_dir():
            return folder
    raise PlatformError(
        "platform files",
        f"expected a folder platforms in {package} or beside {package.parent}, found neither",
        next_step="install twincore again",
    )


def platform_names() -> dict[str, Path]:
    """Return the platform files that come with twincore by name and alias, sorted."""
    names = {}
    for path in platform_folder().glob("*.toml"):
        board = tomllib.loads(path.read_text(encoding="utf-8")).get("board", {})
        names.update(dict.fromkeys((path.stem, *board.get("aliases", ())), path))
    return dict(sorted(names.items()))


def load_platform(
    board: str | Path, *, who: str = "board", peripherals: Sequence[str] = (), lines_from: str = "peripheral"
) -> Platform:
    """Read the platform file of a board: the name of one that comes with twincore, or a path that ends in .toml.

    peripherals: lines (`peripheral_line`) of more peripherals; their files are relative to the working directory.
    who, lines_from: what a PlatformError calls the places where `board` and `peripherals` were given.
    """
    added = [_added(line, f"{lines_from} {line}") for line in peripherals]
    return _join(_Joined(_load_chain(_find(board, who, Path.cwd())), added))


def _added(line: str, who: str) -> tuple[str, _File]:
    """Return who is to blame for a peripheral that the user adds to a board, and a file of its own for it."""
    table = read_line(line, who=who, folder=Path.cwd())
    return who, convert({"peripheral": [table]}, _File, who=who, error=PlatformError)


def _find(name: str | Path, who: str, relative_to: Path, key: str = "") -> Path:
    text = str(name)
    if text.endswith(".toml") or "/" in text:
        path = relative_to / text
        if not is_file(path):
            raise PlatformError(who, f"{key}expected a platform file, got {text!r}, which is no file")
        return path
    path = platform_folder() / f"{text}.toml"
    if is_file(path):
        return path
    names = platform_names()
    if text not in names:
        raise PlatformError(
            who,
            f"{key}expected one of {', '.join(names)}, or the path of a .toml file; got {text!r}",
            next_step=did_you_mean(text, list(names)),
        )
    return names[text]


def _load_chain(path: Path) -> list[tuple[Path, _File]]:
    """Return the file and what it extends, the extending one first."""
    chain: list[tuple[Path, _File]] = []
    while True:
        if any(path == other for other, _ in chain):
            raise PlatformError(str(path), f"extends: expected no circle, got {path.name} again")
        file = _load_file(path)
        chain.append((path, file))
        if file.extends is None:
            return chain
        path = _find(file.extends, str(path), path.parent, "extends: ")


def _load_file(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"bytes that are no UTF-8 at {error.start}"
        raise PlatformError(str(path), f"expected a readable text file, got: {reason}") from error
    return _read_file(path, text)


@functools.lru_cache(maxsize=8)
def _read_file(path: Path, text: str) -> _File:
    """Read the text of a platform file, once for all the machines of a process."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlatformError(str(path), f"expected TOML, got: {error}") from error
    lines = raw.get("peripheral")
    if isinstance(lines, list):
        raw["peripheral"] = [
            read_line(line, who=str(path), where=f"peripheral[{n}]") if isinstance(line, str) else line
            for n, line in enumerate(lines)
        ]
    return convert(raw, _File, who=str(path), error=PlatformError)


class _Joined:
    """What a chain of files says together, each item with the file it came from.

    added: what the user adds to the files, with who says so.
    """

    def __init__(self, files: list[tuple[Path, _File]], added: Sequence[tuple[str, _File]] = ()) -> None:
        self.files = files
        self.added = added
        self.board_file = str(files[0][0])

    def table(self, key: str) -> tuple[str, Any]:
        """Return the first file's table `key` and the file; None when no file has it."""
        for path, file in self.files:
            if (value := getattr(file, key)) is not None:
                return str(path), value
        return self.board_file, None

    def needed(self, key: str) -> tuple[str, Any]:
        """Return the table `key`; PlatformError when no file has it."""
        who, value = self.table(key)
        if value is None:
            names = " nor ".join(path.name for path, _ in self.files)
            raise PlatformError(
                who,
                f"{key}: expected a table [{key}], got none in {names}",
                next_step="" if len(self.files) > 1 else 'add extends = "esp32s3"',
            )
        return who, value

    def items(self, key: str) -> Iterator[tuple[str, str, Any]]:
        """Yield (file, "key[n]", item) of an array, the extended file's first."""
        for path, file in reversed(self.files):
            for index, item in enumerate(getattr(file, key)):
                yield str(path), f"{key}[{index}]", item
        for who, file in self.added:
            for item in getattr(file, key):
                yield who, key, item


def _join(joined: _Joined) -> Platform:
    chip_file, chip = joined.needed("chip")
    board: Board = joined.needed("board")[1]
    cores = tuple(core for _, _, core in joined.items("core"))
    if not cores:
        raise PlatformError(joined.board_file, "core: expected at least one [[core]], got none")
    for key in ("core", "memory", "peripheral", "device"):
        _check_names(joined, key)
    _check_chip(joined)
    clocks_file, clocks = joined.needed("clocks")
    _check_clocks(clocks_file, clocks)
    regions = _check_memories(joined)
    mmu: Mmu | None = joined.table("mmu")[1]
    _check_mmu(joined, regions)
    _check_windows(regions)
    _check_reset_vectors(joined)
    classes = _check_peripherals(joined, chip, regions)
    _check_interrupts(joined)
    device_classes = _check_devices(joined, classes)
    psram: Psram | None = joined.table("psram")[1]
    _check_psram(joined)
    _check_board(joined)
    return Platform(
        files=tuple(path for path, _ in joined.files),
        origins={
            (kind, item.name): who
            for kind in ("core", "peripheral", "device", "pin")
            for who, _, item in joined.items(kind)
        },
        chip=chip,
        register_names=_register_names(chip_file, chip),
        board=board,
        cores=cores,
        clocks=clocks,
        memories=tuple(item for _, _, item in joined.items("memory")),
        mmu=mmu,
        peripherals=tuple(item for _, _, item in joined.items("peripheral")),
        classes=classes,
        devices=tuple(item for _, _, item in joined.items("device")),
        device_classes=device_classes,
        flash=joined.table("flash")[1],
        psram=psram if psram is not None and psram.size else None,
        efuse=_efuse(joined),
        straps=joined.table("straps")[1] or Straps(value=0x08),
        pins=tuple(item for _, _, item in joined.items("pin")),
        wires=tuple(item for _, _, item in joined.items("wire")),
    )


def _efuse(joined: _Joined) -> Efuse:
    who, table = joined.table("efuse")
    efuse: Efuse = table or Efuse()
    return efuse if efuse.file is None else msgspec.structs.replace(efuse, file=str(Path(who).parent / efuse.file))


def _check_names(joined: _Joined, key: str) -> None:
    seen: set[str] = set()
    for who, where, item in joined.items(key):
        if item.name in seen:
            raise PlatformError(who, f"{where}.name: expected a name of its own, got {item.name!r} a second time")
        seen.add(item.name)


def _register_names(who: str, chip: Chip) -> RegisterNames:
    return RegisterNames.read(Path(who).parent / chip.registers) if chip.registers else RegisterNames()


def _check_chip(joined: _Joined) -> None:
    who, chip = joined.needed("chip")
    reach = chip.io_size if chip.io_reach is None else chip.io_reach
    for key, value in (("io_base", chip.io_base), ("io_size", chip.io_size), ("io_reach", reach)):
        if value % PAGE_SIZE:
            raise PlatformError(who, f"chip.{key}: expected a multiple of {PAGE_SIZE:#x}, got {value:#x}")
    if not chip.io_size <= reach <= (1 << 32) - chip.io_base:
        raise PlatformError(
            who,
            f"chip.io_reach: expected at least io_size ({chip.io_size:#x}) and an end below 2**32, "
            f"got {chip.io_base:#x} + {reach:#x}",
        )
    if chip.registers is not None and not is_file(Path(who).parent / chip.registers):
        raise PlatformError(
            who, f"chip.registers: expected a file beside this one, got {chip.registers!r}, which is none"
        )


def _check_clocks(who: str, clocks: Mapping[str, ClockEntry]) -> None:
    for name, clock in clocks.items():
        if (clock.frequency_hz is None) == (clock.runs_from is None):
            got = "neither" if clock.frequency_hz is None else "both"
            raise PlatformError(who, f"clocks.{name}: expected either frequency_hz or runs_from, got {got}")
        if clock.frequency_hz is not None and TICKS_PER_SECOND % clock.frequency_hz:
            raise PlatformError(
                who,
                f"clocks.{name}.frequency_hz: expected a divisor of the base clock, {TICKS_PER_SECOND} Hz, "
                f"got {clock.frequency_hz}",
            )
        seen = [name]
        while clock.runs_from is not None:
            if clock.runs_from not in clocks:
                known = ", ".join(clocks)
                raise PlatformError(
                    who, f"clocks.{seen[-1]}.runs_from: expected one of {known}; got {clock.runs_from!r}"
                )
            if clock.runs_from in seen:
                circle = " -> ".join([*seen, clock.runs_from])
                raise PlatformError(who, f"clocks.{name}.runs_from: expected no circle, got {circle}")
            seen.append(clock.runs_from)
            clock = clocks[clock.runs_from]
    if "cpu" not in clocks:
        raise PlatformError(who, f"clocks.cpu: expected this key, got only {', '.join(clocks) or 'none'}")


class _Region(NamedTuple):
    """A range of guest addresses and who claims it."""

    base: int
    size: int
    who: str
    where: str
    label: str


def _check_memories(joined: _Joined) -> list[_Region]:
    regions: list[_Region] = []
    for who, where, memory in joined.items("memory"):
        if memory.size % PAGE_SIZE:
            raise PlatformError(
                who,
                f"{where}.size: expected a multiple of {PAGE_SIZE:#x} for memory {memory.name}, got {memory.size:#x}",
            )
        for index, window in enumerate(memory.windows):
            place = f"{where}.windows[{index}]"
            size = memory.size - window.offset if window.size is None else window.size
            for key, value in (("base", window.base), ("offset", window.offset), ("size", size)):
                if value % PAGE_SIZE:
                    raise PlatformError(
                        who,
                        f"{place}.{key}: expected a multiple of {PAGE_SIZE:#x} for memory {memory.name}, "
                        f"got {value:#x}",
                    )
            if size <= 0 or window.offset + size > memory.size:
                raise PlatformError(
                    who,
                    f"{place}: expected a part of memory {memory.name} ({memory.size:#x} bytes), "
                    f"got offset {window.offset:#x} and size {size:#x}",
                )
            regions.append(_Region(window.base, size, who, f"{place}.base", f"memory {memory.name}"))
    return regions


def _check_reset_vectors(joined: _Joined) -> None:
    """Refuse a core that could not fetch its first instruction; external memory is not mapped yet at a reset."""
    windows = [
        (window.base, memory.size - window.offset if window.size is None else window.size)
        for _, _, memory in joined.items("memory")
        for window in memory.windows
        if BUSES[window.bus] is not BusKind.DATA
    ]
    for who, where, core in joined.items("core"):
        if not any(base <= core.reset_vector < base + size for base, size in windows):
            known = ", ".join(f"{base:#x} to {base + size - 1:#x}" for base, size in windows) or "none"
            raise PlatformError(
                who,
                f"{where}.reset_vector: expected an address of a memory's instruction bus ({known}), "
                f"got {core.reset_vector:#x}",
            )


def _check_mmu(joined: _Joined, regions: list[_Region]) -> None:
    who, mmu = joined.table("mmu")
    if mmu is None:
        return
    if mmu.page_size % PAGE_SIZE:
        raise PlatformError(who, f"mmu.page_size: expected a multiple of {PAGE_SIZE:#x}, got {mmu.page_size:#x}")
    for index, window in enumerate(mmu.windows):
        if window.base % mmu.page_size:
            raise PlatformError(
                who, f"mmu.windows[{index}].base: expected a multiple of {mmu.page_size:#x}, got {window.base:#x}"
            )
        regions.append(
            _Region(window.base, mmu.entries * mmu.page_size, who, f"mmu.windows[{index}].base", f"MMU window {index}")
        )
    for key in ("flash", "psram"):
        where, table = joined.table(key)
        if table is not None and table.size % mmu.page_size:
            raise PlatformError(
                where, f"{key}.size: expected a multiple of the MMU's page, {mmu.page_size:#x}, got {table.size:#x}"
            )


def _check_psram(joined: _Joined) -> None:
    who, table = joined.table("psram")
    psram: Psram | None = table
    if psram is None or not psram.size:
        return
    if psram.lines == "any" and psram.size not in [megabytes << 20 for megabytes in MEGABYTES["any"]]:
        expected = " or ".join(f"{megabytes << 20:#x}" for megabytes in MEGABYTES["any"])
        raise PlatformError(who, f'psram.size: expected {expected} with lines = "any", got {psram.size:#x}')
    if psram.vendor not in VENDORS[psram.lines]:
        expected = ", ".join(VENDORS[psram.lines])
        raise PlatformError(who, f"psram.vendor: expected one of {expected} with these lines, got {psram.vendor!r}")


def _check_windows(regions: Sequence[_Region]) -> None:
    for region in regions:
        if region.base + region.size > 1 << 32:
            raise PlatformError(
                region.who,
                f"{region.where}: expected {region.label} to end below 2**32, got {region.base:#x} + {region.size:#x}",
            )
    _check_overlaps(regions)


def _check_overlaps(regions: Sequence[_Region]) -> None:
    ordered = sorted(regions, key=lambda region: region.base)
    for below, above in itertools.pairwise(ordered):
        if below.base + below.size > above.base:
            raise PlatformError(
                above.who,
                f"{above.where}: expected an address of its own for {above.label}, got {above.base:#x}, "
                f"which {below.label} has ({below.base:#x} to {below.base + below.size - 1:#x})",
            )


def _check_peripherals(joined: _Joined, chip: Chip, regions: Sequence[_Region]) -> dict[str, type[Peripheral]]:
    classes: dict[str, type[Peripheral]] = {}
    blocks: list[_Region] = []
    for who, where, entry in joined.items("peripheral"):
        kind = load_class(
            entry.class_, Peripheral, who=who, where=f"{where}.class", name=entry.name, folder=Path(who).parent
        )
        classes[entry.name] = kind
        size = entry.bytes_of(kind)
        for key, value in (("base", entry.base), ("size", size)):
            if value % 4:
                raise PlatformError(who, f"{where}.{key}: expected a multiple of 4 for {entry.name}, got {value:#x}")
        if not chip.io_base <= entry.base <= entry.base + size <= chip.io_base + chip.io_size:
            raise PlatformError(
                who,
                f"{where}.base: expected {entry.name} ({size:#x} bytes) within the I/O window {chip.io_base:#x} to "
                f"{chip.io_base + chip.io_size - 1:#x}, got {entry.base:#x}",
            )
        blocks.append(_Region(entry.base, size, who, f"{where}.base", entry.name))
    _check_overlaps([*regions, *blocks])
    return classes


def _check_interrupts(joined: _Joined) -> None:
    """Refuse two signals on one interrupt source: the matrix would show the level of the one that changed last."""
    drivers: dict[int, str] = {}
    for who, where, entry in joined.items("peripheral"):
        for signal, source in entry.interrupts.items():
            if source in drivers:
                raise PlatformError(
                    who,
                    f"{where}.interrupts.{signal}: expected an interrupt source of its own for {entry.name}.{signal}, "
                    f"got {source}, which {drivers[source]} drives",
                )
            drivers[source] = f"{entry.name}.{signal}"


def _check_devices(joined: _Joined, peripherals: Mapping[str, type[Peripheral]]) -> dict[str, type[Device]]:
    classes: dict[str, type[Device]] = {}
    for who, where, entry in joined.items("device"):
        if entry.name in peripherals:
            raise PlatformError(who, f"{where}.name: expected a name that no peripheral has, got {entry.name!r}")
        if entry.bus is not None and entry.bus not in peripherals:
            raise PlatformError(
                who,
                f"{where}.bus: expected a peripheral of the chip for {entry.name}, got {entry.bus!r}",
                next_step=did_you_mean(entry.bus, list(peripherals)),
            )
        classes[entry.name] = load_class(
            entry.class_, Device, who=who, where=f"{where}.class", name=entry.name, folder=Path(who).parent
        )
    return classes


def _check_board(joined: _Joined) -> None:
    inputs: dict[int, str] = {}
    for who, where, wire in joined.items("wire"):
        if wire.source == wire.to:
            raise PlatformError(who, f"{where}.to: expected another pin than source, got {wire.to}")
        if wire.to in inputs:
            raise PlatformError(
                who, f"{where}.to: expected one driver a pin, got GPIO{wire.to}, which {inputs[wire.to]} drives already"
            )
        inputs[wire.to] = where
    names: set[str] = set()
    for who, where, pin in joined.items("pin"):
        if pin.name in names:
            raise PlatformError(who, f"{where}.name: expected a name of its own, got {pin.name!r} a second time")
        names.add(pin.name)
