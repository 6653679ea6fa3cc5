"""What is fuzzed: every reader of what users write or give, each with its inputs and what it does with one.

A target's `use` raises nothing for any input: `TwincoreError` is the answer to a bad one, everything else is a bug.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import strategies as st
from robot.api import SkipExecution
from robot.libraries.BuiltIn import RobotNotRunningError
from robot.running import TypeInfo

from twincore import TwinCore
from twincore.cli.new import write_project
from twincore.cli.options import RUN_OPTIONS, Kind, RunOptions, parse_plain
from twincore.corpus.manifest import read_limits, read_manifest
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AccessKind, AddressReached, Area, MemoryAccess, MemoryMeets
from twincore.errors import TwincoreError
from twincore.images.backtrace import Backtraces
from twincore.images.build_dir import read_build
from twincore.images.core_dump import printed_dumps, stored_dump
from twincore.images.efuses import read_efuses
from twincore.images.elf import ElfFile
from twincore.images.fill import Assignment, find_partition
from twincore.images.info import describe, text_of
from twincore.images.load import read_image
from twincore.images.output import check_writable
from twincore.images.partitions import Partition, boot_order, build_table, parse_table
from twincore.images.rom import rom_from_elf
from twincore.images.synth import write_app
from twincore.images.variables import find_variable
from twincore.keywords.values import Duration
from twincore.machine.board_options import load_board
from twincore.machine.encrypted_flash import encrypted
from twincore.machine.encrypted_image import decrypted
from twincore.machine.peripheral_line import read_line
from twincore.machine.platform_file import load_platform
from twincore.machine.register_names import RegisterNames

ROOT = Path(__file__).resolve().parents[2]
PREBUILT = ROOT / "firmware" / "prebuilt"
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Target:
    """One reader: inputs, and what a user would do with one."""

    inputs: st.SearchStrategy[Any]
    use: Callable[[Any], None]


@cache
def _module(path: Path) -> ModuleType:
    """Import a file of tests (tests are no packages)."""
    spec = importlib.util.spec_from_file_location(f"twincore_fuzz_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _folder() -> Path:
    """A folder for readers that take a path."""
    keep = tempfile.TemporaryDirectory(prefix="twincore-fuzz-")
    _kept.append(keep)
    return Path(keep.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _file(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Let errors in words pass; their words have a sane length."""
    try:
        yield
    except TwincoreError as error:
        assert error.who  # noqa: PT017 - what is looked at, is any error that comes
        assert len(str(error)) < 20_000, f"{len(str(error))} characters: {error!s:.300}..."  # noqa: PT017


# Damage to bytes.

_EDGES = st.sampled_from([0, 1, 2, 4, 0x10, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
_VALUES = st.one_of(_EDGES, st.integers(0, 0xFFFF_FFFF))


@dataclass(frozen=True)
class Damage:
    """Changes of a file: what is cut off, and values of some bytes' size put somewhere."""

    kept: float
    edits: list[tuple[float, int, int]]

    def to(self, data: bytes, within: Sequence[tuple[int, int]] = ()) -> bytes:
        """Damage a file, only between `within` (start, end) when these are given."""
        damaged = bytearray(data)
        areas = within or [(0, len(data))]
        for number, (place, size, value) in enumerate(self.edits):
            start, end = areas[number % len(areas)]
            at = start + int(place * (end - start))
            damaged[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        return bytes(damaged[: round(len(damaged) * self.kept)])


_DAMAGE = st.builds(
    Damage,
    st.one_of(st.just(1.0), st.just(1.0), st.floats(0, 1)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from([1, 2, 4]), _VALUES), max_size=8),
)
_KINDS = st.sampled_from([None, "flash", "app", "elf"])


# Images.


def _use_image(data: bytes, kind: str | None = None) -> None:
    with _answered():
        image = read_image(data, path=Path("image.bin"), kind=kind)
        text_of(describe(image))


_STARTS = st.sampled_from([b"", b"\xe9", b"\xe9\x03\x02\x20", b"\x7fELF\1\1\1" + bytes(9) + b"\2\0\x5e\0"])
_ADDRESS = st.one_of(
    st.sampled_from([0, 0x3C00_0020, 0x3FC8_8000, 0x3FCF_FFFC, 0x4000_0000, 0x4037_4000, 0x403D_FFFC, 0x4200_0020]),
    st.integers(0, 0xFFFF_FFFF),
)
_PIECES = st.lists(st.tuples(_ADDRESS, st.binary(max_size=24)), min_size=1, max_size=18)


def _bytes(case: tuple[bytes, bytes, str | None]) -> None:
    start, rest, kind = case
    _use_image(start + rest, kind)


@cache
def _synth() -> Any:
    return _module(ROOT / "tests" / "images" / "conftest.py")


@cache
def _flash() -> bytes:
    made: bytes = _synth().build_flash()
    return made


def _flash_image(case: tuple[Damage, str | None]) -> None:
    damage, kind = case
    # headers, table, segment headers: damage elsewhere only breaks a checksum
    _use_image(damage.to(_flash(), [(0, 0x60), (0x8000, 0x8100), (0x1_0000, 0x1_0040), (0, len(_flash()))]), kind)


def _app_image(case: tuple[Damage, str | None]) -> None:
    damage, kind = case
    app = (PREBUILT / "amp.bin").read_bytes()
    _use_image(damage.to(app, [(0, 0x40), (0, len(app))]), kind)


def _segments(case: tuple[list[tuple[int, bytes]], int, str | None]) -> None:
    pieces, entry, kind = case
    _use_image(write_app(pieces, entry), kind)


class _Inverted:
    """A cipher that takes no time."""

    def encrypt(self, address: int, content: bytes) -> bytes:
        return bytes(content).translate(_COMPLEMENTS)

    decrypt = encrypt


_COMPLEMENTS = bytes(0xFF - byte for byte in range(256))


def _encrypted_flash(case: tuple[Damage, bool]) -> None:
    damage, is_clear = case
    content = damage.to(_flash(), [(0, 0x60), (0x8000, 0x8100), (0x1_0000, 0x1_0040), (0, len(_flash()))])
    with _answered():
        content = content if is_clear else content.translate(_COMPLEMENTS)
        clear = decrypted(content, _Inverted(), who="flash.bin")
        image = read_image(clear, path=Path("flash.bin"), kind="flash")
        assert encrypted(image.flash, _Inverted())[: len(content)] == content


# Partition tables.

_WORD = st.one_of(st.integers(0, 0x40).map(lambda page: page * 0x1000), st.integers(0, 0xFFFF_FFFF))
_ROW = st.tuples(st.text(max_size=4), st.integers(0, 255), st.integers(0, 255), _WORD, _WORD)


def _use_table(table: bytes, otadata: bytes, flash_size: int | None) -> None:
    data = bytearray(b"\xff" * 0xF000)
    data[0x8000 : 0x8000 + len(table)] = table[:0x1000]
    data[0xD000 : 0xD000 + len(otadata)] = otadata
    with _answered():
        found = parse_table(bytes(data), 0x8000, who="flash.bin", flash_size=flash_size)
        boot_order(found, bytes(data))
        for name in ("nvs", "0x9000", "x"):
            with _answered():
                find_partition(found, name, who="--partition")


def _damaged_table(case: tuple[Damage, bytes]) -> None:
    damage, otadata = case
    _use_table(damage.to(build_table(_synth().PARTITIONS), [(0, 0xC0)]), otadata, 4 << 20)


def _built_table(case: tuple[list[tuple[Any, ...]], bytes, int | None]) -> None:
    rows, otadata, flash_size = case
    _use_table(build_table([Partition(*row) for row in rows]), otadata, flash_size)


# ELF files and debug information.


def _use_elf(data: bytes) -> None:
    for read in (
        lambda elf: elf.sections,
        lambda elf: elf.segments,
        lambda elf: elf.pieces,
        lambda elf: [elf.symbols.at(symbol.address) for symbol in list(elf.symbols)[:20]],
        lambda elf: elf.symbols.describe(0x4037_8000),
        rom_from_elf,
    ):
        with _answered():
            read(ElfFile(data, who="app.elf"))
    _use_image(data)


def _elf_headers(damage: Damage) -> None:
    elf = (PREBUILT / "amp.elf").read_bytes()
    sections = int.from_bytes(elf[32:36], "little")
    _use_elf(damage.to(elf, [(0, 52), (52, 52 + 32 * 6), (sections, len(elf)), (0, len(elf))]))


@cache
def _debug_elf() -> tuple[bytes, list[tuple[int, int]]]:
    """An ELF file with debug information, and where that lies."""
    data = (HERE / "debug.elf").read_bytes()
    sections = ElfFile(data, who="debug.elf").sections
    return data, [(s.offset, s.offset + s.size) for s in sections if s.name.startswith(".debug")]


def _use_lines(data: bytes) -> None:
    with _answered():
        elf = ElfFile(data, who="debug.elf")
        for address in (0x4037_8000, 0x4037_8040):
            elf.lines.at(address)
            elf.lines.frames(address)
        elf.lines.at(0)


def _use_types(data: bytes) -> None:
    with _answered():
        elf = ElfFile(data, who="debug.elf")
        for path in ("mailbox[1][2].payload[0].bytes[3]", "mailbox[0][0].next->state", "counter", "text", "factor"):
            _use_variable(elf, path)


def _use_variable(elf: ElfFile, path: str) -> None:
    with _answered():
        found = find_variable(path, elf.symbols, [elf], lambda address, size: bytes(size))
        if found.type.size < 1 << 16:
            found.type.decode(bytes(found.type.size))


def _variable_path(parts: list[str]) -> None:
    _use_variable(ElfFile(_debug_elf()[0], who="debug.elf"), "".join(parts))


# What crashing firmware prints.


def _last_words(case: tuple[list[str], bytes]) -> None:
    lines, stored = case
    output = "\n".join(lines)
    with _answered():
        printed_dumps(output.encode("utf-8", "surrogatepass"), who="UART0")
    with _answered():
        stored_dump(stored, who="coredump")
    traces = Backtraces(ElfFile(_debug_elf()[0], who="debug.elf").symbols, None)
    for line in lines:
        with _answered():
            for frame in traces.read(line):
                str(frame)


def _debug_damage(case: Damage | tuple[int, bytes, int]) -> bytes:
    """The file with damaged sections, or with other bytes somewhere in one."""
    data, areas = _debug_elf()
    if isinstance(case, Damage):
        return case.to(data, areas)
    number, content, at = case
    start, end = areas[number % len(areas)]
    place = min(start + at, end)
    content = content[: end - place]
    return data[:place] + content + data[place + len(content) :]


_DEBUG = st.one_of(_DAMAGE, st.tuples(st.integers(0, 7), st.binary(max_size=64), st.integers(0, 800)))


_CORE_FILE = (b"\x7fELF\1\1\1" + bytes(9) + b"\4\0\x5e\0" + bytes(8) + b"\x34\0\0\0" + bytes(10)).hex() + "20000100"


# Addresses: of memory, of code, of nothing.


def _guest_address(case: tuple[int, int, bytes]) -> None:
    address, size, content = case
    library, _ = _library()
    session = library.session
    if not session.is_booted:
        session.boot(str(PREBUILT / "amp.bin"), [])
    engine = session.engine
    for look in (
        lambda: engine.read_memory(address, size),
        lambda: engine.symbols.describe(address),
        lambda: engine.chip_registers.describe(address),
        lambda: session.names.where(address, 0),
        lambda: engine.run_until([AddressReached(address)], 1000),
        lambda: engine.run_until([MemoryMeets(address, min(size, 64), bool)], 1000),
        lambda: engine.write_memory(address, content),
    ):
        with _answered():
            look()
    area = Area(address, size, AccessKind.ANY, None)
    with _answered():
        engine.watch_memory(area, _ignore)
        engine.run_for(1000)
        engine.unwatch_memory(area, _ignore)


def _ignore(access: MemoryAccess) -> None:
    """Listen to an access without doing anything."""


# New projects.


def _new_project(name: str) -> None:
    with _answered():
        folder = _folder() / "project" / name
        shutil.rmtree(_folder() / "project", ignore_errors=True)
        if folder.absolute().is_relative_to(_folder()) and ".." not in folder.parts:
            write_project(folder)


# Platform and board files.

_CHIP = """
[chip]
name = "toy"
title = "Toy"
io_base = 0x60000000
io_size = 0x100000
io_reach = 0x100000
[[core]]
name = "core0"
prid = 1
reset_vector = 0x40378000
matrix = "MATRIX"
clock = ["UART0.interrupt"]
[clocks]
xtal = { frequency_hz = 40_000_000 }
cpu = { runs_from = "xtal", divider = 2 }
apb = { runs_from = "cpu" }
rc_fast = { frequency_hz = 17_500_000 }
[[memory]]
name = "sram"
size = 0x4000
power_on = "pattern"
deep_sleep = "lost"
windows = [{ base = 0x40378000, bus = "instruction" }, { base = 0x3FC88000, bus = "data", offset = 0, size = 0x1000 }]
[mmu]
table = "MMU"
entries = 512
page_size = 0x10000
invalid = 0x4000
psram = 0x8000
page = 0x3fff
windows = [{ base = 0x42000000, bus = "instruction" }]
[[peripheral]]
name = "MMU"
class = "esp32s3.mmu:MMU"
base = 0x600C5000
size = 0x800
[[peripheral]]
name = "MATRIX"
class = "esp32s3.intmatrix:INTERRUPT_CORE0"
base = 0x600C2000
[[peripheral]]
name = "UART0"
class = "esp32s3.uart:UART"
base = 0x60000000
interrupts = { interrupt = 27 }
options = { }
[[peripheral]]
name = "GPIO"
class = "esp32s3.gpio:GPIO"
base = 0x60004000
[[device]]
name = "D"
class = "twincore.devices:Device"
serial = "UART0"
pins = { a = 4 }
options = { }
[board]
name = "board"
title = "Board"
aliases = ["b"]
[flash]
size = 0x400000
jedec_id = 0xC84016
lines = 4
[psram]
size = 0x200000
lines = 8
vendor = "ap"
[efuse]
mac = "7c:df:a1:00:00:01"
revision = "0.2"
fields = { FLASH_TYPE = 1 }
[straps]
value = 8
[[pin]]
gpio = 4
name = "led"
level = 1
[[wire]]
source = 4
to = 5
"""
_BOARD = """
extends = "generic"
peripheral = ["esp32s3.uart:UART@0x600D0000,irq=98,name=MORE"]
[[device]]
name = "D"
class = "twincore.devices:WavFile"
bus = "I2S0"
pins = { a = 4 }
options = { play = "x.wav" }
[board]
name = "board"
title = "Board"
aliases = ["b"]
[flash]
size = 0x400000
jedec_id = 0xC84016
[psram]
size = 0x200000
lines = 4
vendor = "ap"
[efuse]
revision = "0.2"
[[pin]]
gpio = 4
name = "led"
"""
_LINES = _CHIP.strip().splitlines()
_BOARD_LINES = _BOARD.strip().splitlines()
_TOML_VALUE = st.one_of(
    st.sampled_from(
        [
            *("0", "1", "-1", "4", "0x1000", "0x60000000", "0xFFFFFFFF", "0x100000000", "99999999999999999999", "nan"),
            *(
                "1.5",
                "inf",
                "true",
                "[]",
                "[[]]",
                "[1, 'a', {}]",
                "{}",
                "{ a = { b = [1] } }",
                "2026-11-22",
                "07:32:00",
            ),
            *('""', '"UART0"', '"a.py:B"', '"esp32s3.uart:UART"', '"nope:Nope"', '"json:JSONDecoder"', '"generic"'),
            *('["json:JSONDecoder@0x60000000"]', '["a.py:B@0x60000000,irq=5", 7]', '"../x"', '"x.toml"', "'\\u0000'"),
        ]
    ),
    st.integers(-(1 << 33), 1 << 33).map(str),
    st.text(max_size=8).map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
)
_TOML_EDIT = st.tuples(
    st.integers(0, len(_LINES) - 1),
    st.sampled_from(["value", "value", "value", "drop", "double", "key", "insert", "text"]),
    _TOML_VALUE,
    st.sampled_from(_LINES),
)
_TOML = st.tuples(st.lists(_TOML_EDIT, max_size=4), st.booleans())


def _edited(lines: list[str], edits: list[tuple[int, str, str, str]]) -> str:
    lines = list(lines)
    for at, what, value, other in edits:
        at %= len(lines)
        key, equals, _ = lines[at].partition(" = ")
        if what == "value" and equals:
            lines[at] = f"{key} = {value}"
        elif what == "key" and equals:
            lines[at] = lines[at].replace(key, other.partition(" = ")[0], 1)
        elif what == "drop" and len(lines) > 1:
            del lines[at]
        elif what == "double":
            lines.insert(at, lines[at])
        elif what == "insert":
            lines.insert(at, other)
        elif what == "text":
            lines[at] = value
    return "\n".join(lines) + "\n"


def _platform_file(case: tuple[list[tuple[int, str, str, str]], bool]) -> None:
    edits, stands_alone = case
    lines = _LINES if stands_alone else _BOARD_LINES
    path = _file("board.toml", _edited(lines, edits).encode("utf-8", "surrogatepass"))
    with _answered():
        platform = load_platform(path)
        if len(platform.peripherals) < 10:
            EmbeddedEngine(platform, executor="reference").close()


def _platform_bytes(content: bytes) -> None:
    with _answered():
        load_platform(_file("bytes.toml", content))


def _register_list(text: str) -> None:
    with _answered():
        names = RegisterNames.read(_file("names.txt", text.encode("utf-8", "surrogatepass")))
        for address in (0, 0x6000_0000, 0x6000_1004, 0xFFFF_FFFF):
            names.name_of(address)
            names.title_of(address)


_REGISTER_WORD = st.one_of(
    st.sampled_from(["UART0", "0x60000000", "=", "0x4", " ", "  ", "9999", "\n", "A{}", "0x"]), st.text(max_size=4)
)


# Text that users type.

_TEXT = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                "0",
                "-1",
                "1e999",
                "nan",
                "0x",
                "0x3FC90000",
                "0x1_0000_0000",
                "9" * 400,
                "²",
                "٣",
                "\0",
                "None",
            ),
            *(
                "100 ms",
                "5us",
                "1 s 200 ms",
                "480 cycles at 240 MHz",
                "5 cycles at 0 Hz",
                "1.5",
                ".5 ns",
                "1" * 400 + " s",
            ),
            *(
                "GPIO4",
                "gpio 999999",
                "4",
                "amp_heartbeat",
                "amp_heartbeat+4",
                "amp_heartbeat-0x",
                "main.c:x",
                "+",
                "a b",
            ),
            *(
                "5 kHz",
                "0 Hz",
                "50 %",
                "1000%",
                "-5 V",
                "1.2 V",
                "UART0",
                "USB_DEVICE",
                "(",
                "[a-",
                "*",
                "\\",
                "${x}",
                "%s",
            ),
            *(
                "4MB",
                "2MB-octal",
                "none",
                "download",
                "7c:df:a1:00:00:01",
                "nvs=x.bin",
                "=",
                "0x9000=",
                "a=b=c",
                "x.toml",
            ),
            *(
                "generic",
                "a.py:B@0",
                "json:JSONDecoder@0x60000000",
                "@",
                ":@",
                "a@b,c=d",
                "high",
                "low",
                "True",
                "pc",
                "a1",
            ),
        ]
    ),
    st.text(max_size=12),
)


def _line(text: str) -> None:
    with _answered():
        read_line(text, who="--peripheral")
    with _answered():
        load_board("generic", peripherals=[text])


def _board_options(case: dict[str, str]) -> None:
    with _answered():
        load_board(case.pop("board", "generic"), **case)  # type: ignore[arg-type]


_COMMAND = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([option.flag for option in RUN_OPTIONS]), _TEXT),
        st.sampled_from([option.flag for option in RUN_OPTIONS if option.kind is Kind.FLAG]).map(lambda flag: (flag,)),
        st.tuples(_TEXT),
    ),
    max_size=5,
).map(lambda groups: [word for group in groups for word in group])


def _command_line(words: list[str]) -> None:
    with _answered():
        plain = parse_plain(RUN_OPTIONS, words)
        if plain is not None:
            RunOptions.of(*plain)
    for word in words[:1]:
        with _answered():
            Assignment.of(word, who="--partition")
        with _answered():
            check_writable(Path(word), who="--save-flash")


@cache
def _library() -> tuple[TwinCore, list[str]]:
    library = TwinCore()
    library.session.boot(str(PREBUILT / "amp.bin"), [])
    library.session.run_for(30_000_000)
    skipped = {"Stop Firmware", "Power Cycle"}
    return library, sorted(set(library.get_keyword_names()) - skipped)


def _converted(text: str, argument: str, types: dict[str, Any]) -> Any:
    """Make of an argument what Robot Framework does."""
    if argument not in types:
        return text
    converters = TwinCore.ROBOT_LIBRARY_CONVERTERS
    return TypeInfo.from_type_hint(types[argument]).convert(text, argument, custom_converters=converters)


LONGEST_NS = 20_000
"""No keyword of a fuzzer runs longer than this at a time."""


def _short(left: list[str], types: dict[str, Any]) -> dict[str, Any]:
    """Give the times that an input leaves out: what keywords take of themselves is seconds."""
    return {name: Duration(LONGEST_NS) for name in left if types.get(name) is Duration}


def _keyword(case: tuple[int, list[str]]) -> None:
    number, texts = case
    library, names = _library()
    if not library.session.is_booted:
        library.session.boot(str(PREBUILT / "amp.bin"), [])
    name = names[number % len(names)]
    types = library.get_keyword_types(name) or {}
    wanted = [argument for argument in library.get_keyword_arguments(name)]
    arguments: list[Any] = []
    plain = [argument for argument in wanted if isinstance(argument, str) and not argument.startswith("*")]
    plain += [argument[0] for argument in wanted if isinstance(argument, tuple)]
    try:
        for argument, text in zip(plain, texts, strict=False):
            value = _converted(text, argument, types)
            if isinstance(value, Duration):
                value = Duration(value.ns % LONGEST_NS)
            arguments.append(value)
    except ValueError:
        return  # Robot Framework reports it
    try:
        library.run_keyword(name, arguments, _short(plain[len(arguments) :], types))
    except (AssertionError, SkipExecution, RobotNotRunningError):
        return
    except TypeError as error:
        if "argument" not in str(error):  # Robot Framework counts arguments before it calls
            raise


# Other files.


def _efuse_file(content: bytes) -> None:
    with _answered():
        read_efuses(_file("fuses.bin", content))


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "images",
                    "name",
                    "boot",
                    "expect",
                    "flash_files",
                    "app",
                    "file",
                    "offset",
                    "0x0",
                    "flash_settings",
                    "x",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


def _json_files(value: Any) -> None:
    import json

    text = json.dumps(value).encode()
    _file("manifest.json", text)
    with _answered():
        read_manifest(_folder())
    build = _folder() / "build"
    build.mkdir(exist_ok=True)
    for name in ("flasher_args.json", "project_description.json"):
        (build / name).write_bytes(text)
    with _answered():
        read_build(build)


def _limits(text: str) -> None:
    with _answered():
        read_limits(_file("limits.toml", text.encode("utf-8", "surrogatepass")))


_BOARD_OPTIONS = st.fixed_dictionaries(
    {}, optional={name: _TEXT for name in ("board", "flash_size", "psram", "mac", "straps", "efuse")}
)
_LIMIT_LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["[a]", "[a.b]", 'rom = "open"', "for = 1", 'for = "1 s"', "lines = []", 'lines = ["("]', "x = 1"]
        ),
        st.text(max_size=6),
    ),
    max_size=6,
).map("\n".join)

TARGETS: dict[str, Target] = {
    "image, any bytes": Target(st.tuples(_STARTS, st.binary(max_size=300), _KINDS), _bytes),
    "image, flash": Target(st.tuples(_DAMAGE, _KINDS), _flash_image),
    "image, encrypted": Target(st.tuples(_DAMAGE, st.booleans()), _encrypted_flash),
    "image, application": Target(st.tuples(_DAMAGE, _KINDS), _app_image),
    "image, segments": Target(st.tuples(_PIECES, _ADDRESS, _KINDS), _segments),
    "partition table, damaged": Target(st.tuples(_DAMAGE, st.binary(max_size=64)), _damaged_table),
    "partition table, any": Target(
        st.tuples(
            st.lists(_ROW, max_size=8), st.binary(max_size=64), st.sampled_from([None, 1 << 20, 4 << 20, 16 << 20])
        ),
        _built_table,
    ),
    "ELF, headers and tables": Target(_DAMAGE, _elf_headers),
    "DWARF, lines": Target(_DEBUG.map(_debug_damage), _use_lines),
    "DWARF, types": Target(_DEBUG.map(_debug_damage), _use_types),
    "variable paths": Target(
        st.lists(
            st.one_of(
                st.sampled_from(["mailbox", "counter", "text", "[1]", "[0x2]", "[99999999999]", ".payload", ".bytes"]),
                st.sampled_from([".next", "->", "->next", "->state", ".number", ".kind", "[", "]", ".", "[-1]", "*"]),
                st.text(max_size=3),
            ),
            max_size=7,
        ),
        _variable_path,
    ),
    "crash text and core dumps": Target(
        st.tuples(
            st.lists(
                st.one_of(
                    st.sampled_from(
                        [
                            *("================= CORE DUMP START =================", "AAAA", "QUJD=", "EAAAAA=="),
                            *("================= CORE DUMP END =================", "Backtrace: 0x40378000:0x3fc90000"),
                            *(
                                "Backtrace: 0xzz:0x 0x4037800000:0x1 |<-CORRUPTED",
                                "PC      : 0x40378004  PS : 0x00060030",
                            ),
                            *("@COREDUMP", "@ENDCOREDUMP", _CORE_FILE[:60], _CORE_FILE, "Exception occurred 'X'"),
                            *("backtrace| 3: 0x40378000 0x40378010", "backtrace| 3: 0x", "Exception occured ''"),
                            *(
                                "0x40378010:0x3fc90020",
                                "A0      : 0x80378010  A1      : 0x3fc9",
                                "\x1b[0;31mBacktrace:\x1b[0m",
                            ),
                        ]
                    ),
                    st.text(max_size=20),
                ),
                max_size=6,
            ),
            st.one_of(st.binary(max_size=60), st.integers(0, 80).map(lambda n: n.to_bytes(4, "little") + bytes(60))),
        ),
        _last_words,
    ),
    "guest addresses": Target(
        st.tuples(
            st.one_of(_ADDRESS, st.integers(-(1 << 33), 1 << 33)),
            st.one_of(st.sampled_from([0, 1, 4, 64, 4096]), st.integers(-4, 1 << 33)),
            st.binary(max_size=8),
        ),
        _guest_address,
    ),
    "new project": Target(st.one_of(_TEXT, st.text(max_size=300)), _new_project),
    "platform file": Target(_TOML, _platform_file),
    "platform file, any bytes": Target(st.binary(max_size=100), _platform_bytes),
    "register list": Target(st.lists(_REGISTER_WORD, max_size=14).map(" ".join), _register_list),
    "peripheral line": Target(_TEXT, _line),
    "board options": Target(_BOARD_OPTIONS, _board_options),
    "command line": Target(_COMMAND, _command_line),
    "keyword arguments": Target(st.tuples(st.integers(0, 200), st.lists(_TEXT, max_size=4)), _keyword),
    "eFuse file": Target(st.binary(max_size=600), _efuse_file),
    "JSON files": Target(_JSON, _json_files),
    "corpus limits": Target(_LIMIT_LINES, _limits),
}
