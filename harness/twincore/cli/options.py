"""The options of `twincore run`, declared once: for typer, which shows help and errors, and for a parser without it.

typer takes longer to start than the machine. A plain, correct command line is read here; everything else (help, a wrong
option, a missing value) is left to typer, which says what is wrong.
"""

from __future__ import annotations

import enum
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from twincore.errors import UsageError

if TYPE_CHECKING:
    from twincore.images.fill import Assignment

Values = Mapping[str, str | bool | list[str] | None]
"""What the command line says, by the options' names; times and numbers are still text."""


class Kind(enum.Enum):
    """What follows an option."""

    FLAG = "nothing"
    TEXT = "a word"
    LIST = "a word, as often as wanted"


@dataclass(frozen=True)
class Option:
    """One option: its default is None, or what it is taken for when it is not given."""

    flag: str
    metavar: str
    help: str
    default: str | None = None
    kind: Kind = Kind.TEXT

    @property
    def name(self) -> str:
        """Its key in `Values`, a name in Python."""
        name = self.flag.removeprefix("--").replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name


RUN_OPTIONS = (
    Option("--for", "TIME", "Stop after this simulated time."),
    Option("--until", "REGEX", "Stop when a serial port's output matches; ^ and $ match at lines."),
    Option("--fail", "REGEX", "Stop with status 1 when a serial port's output matches."),
    Option("--timeout", "TIME", "How long --until may take in simulated time.  [default: 5s]"),
    Option("--board", "BOARD", "generic, devkitc-1, devkitc-1-n16r8, ... or a platform file (.toml).", "generic"),
    Option("--flash-size", "SIZE", "Flash of another size than the board's: 1MB to 32MB."),
    Option("--psram", "SIZE|none", "PSRAM of another size: 2MB to 32MB, if need be with -quad or -octal."),
    Option("--efuse", "FILE", "Fuses of the chip: a file of espefuse.py --virt or espefuse.py dump."),
    Option("--flash-encrypted", "", "The image is encrypted already, by the key in the fuses.", kind=Kind.FLAG),
    Option("--mac", "ADDRESS", "The chip's base MAC address, such as 7c:df:a1:00:00:01."),
    Option("--straps", "flash|download|N", "What the pins say at reset; N: GPIO_STRAP as a number."),
    Option("--peripheral", "CLASS@ADDRESS[,irq=N]", "Add a block of your own: ./sensor.py:Sensor@...", kind=Kind.LIST),
    Option("--partition", "NAME=FILE", "Put a file into a partition (also 0x...=FILE).", kind=Kind.LIST),
    Option("--save-partition", "NAME=FILE", "Write a partition to a file at the end.", kind=Kind.LIST),
    Option("--save-flash", "FILE", "Write the whole flash to a file at the end; the image's file stays as it is."),
    Option("--save-efuse", "FILE", "Write the fuses, burnt ones as well, to a file at the end."),
    Option("--save-core-dump", "FILE", "Write the last core dump, printed or in its partition, for esp-coredump."),
    Option("--rom", "open|auto|PATH", "twincore's open ROM; the chip's, where ESP-IDF is installed; a file.", "open"),
    Option("--uart", "PORT", "The one serial port to show, search and feed.  [default: those that speak]"),
    Option("--elf", "PATH[@core1]", "Add the names of an ELF file; may be given several times.", kind=Kind.LIST),
    Option("--input", "FILE", "Send a file to the console, at the firmware's baud rate."),
    Option("--input-after", "REGEX", "Send --input once the output matches, not from the start."),
    Option("--interactive", "", "Join terminal and console, in real time; Ctrl-] leaves.", kind=Kind.FLAG),
    Option("--digest", "", "Print a digest of the whole run as last line: digest sha256:...", kind=Kind.FLAG),
    Option("--seed", "N", "Of memory at power-on and of random numbers.", "0"),
    Option("--sram", "pattern|zero", "What memories hold at power-on.", "pattern"),
    Option("--quantum", "N", "CPU cycles that the cores take in turn.", "64"),
    Option("--semihosting", "", "Let firmware end the run and write text by simcall.", kind=Kind.FLAG),
    Option("--unmodelled", "report|error", "Report accesses to what is not modelled, or stop at them.", "report"),
    Option("--panic-loop", "N", "Give up after N equal panics or watchdog resets; 0: never.", "5"),
    Option("--host-timeout", "TIME", "Give up after this time of your clock, with status 3."),
)


@dataclass(frozen=True)
class RunOptions:
    """The command line of `twincore run`; times in nanoseconds, all simulated but `host_timeout_ns`."""

    image: str
    for_ns: int | None = None
    until: str | None = None
    fail: str | None = None
    timeout_ns: int | None = None
    board: str = "generic"
    flash_size: str | None = None
    psram: str | None = None
    efuse: Path | None = None
    is_encrypted: bool = False
    mac: str | None = None
    straps: str | None = None
    peripherals: tuple[str, ...] = ()
    partitions: tuple[Assignment, ...] = ()
    save_partitions: tuple[Assignment, ...] = ()
    save_flash: Path | None = None
    save_efuse: Path | None = None
    save_core_dump: Path | None = None
    rom: str = "open"
    uart: str | None = None
    elfs: tuple[str, ...] = ()
    input: Path | None = None
    input_after: str | None = None
    is_interactive: bool = False
    wants_digest: bool = False
    seed: int = 0
    sram: Literal["pattern", "zero"] = "pattern"
    quantum_cycles: int = 64
    semihosting: bool = False
    unmodelled: Literal["report", "error"] = "report"
    panic_loop: int = 5
    host_timeout_ns: int | None = None

    @classmethod
    def of(cls, image: str, values: Values) -> RunOptions:
        """Read times, numbers and choices; UsageError names the option, what it expects and what it got."""
        texts = {option.name: values.get(option.name) for option in RUN_OPTIONS if option.kind is Kind.TEXT}
        text = cast("dict[str, str | None]", texts)
        return cls(
            image=image,
            for_ns=parse_time("--for", text["for_"]),
            until=text["until"],
            fail=text["fail"],
            timeout_ns=parse_time("--timeout", text["timeout"]),
            board=text["board"] or "",
            flash_size=text["flash_size"],
            psram=text["psram"],
            efuse=_path(text["efuse"]),
            is_encrypted=bool(values.get("flash_encrypted")),
            mac=text["mac"],
            straps=text["straps"],
            peripherals=_list("--peripheral", values),
            partitions=_assignments("--partition", values),
            save_partitions=_assignments("--save-partition", values),
            save_flash=_path(text["save_flash"]),
            save_efuse=_path(text["save_efuse"]),
            save_core_dump=_path(text["save_core_dump"]),
            rom=text["rom"] or "",
            uart=text["uart"],
            elfs=_list("--elf", values),
            input=_path(text["input"]),
            input_after=text["input_after"],
            is_interactive=bool(values.get("interactive")),
            wants_digest=bool(values.get("digest")),
            seed=_number("--seed", text["seed"]),
            sram="zero" if _choice("--sram", text["sram"], "pattern", "zero") == "zero" else "pattern",
            quantum_cycles=_number("--quantum", text["quantum"], least=1),
            semihosting=bool(values.get("semihosting")),
            unmodelled="error"
            if _choice("--unmodelled", text["unmodelled"], "report", "error") == "error"
            else "report",
            panic_loop=_number("--panic-loop", text["panic_loop"], least=0),
            host_timeout_ns=parse_time("--host-timeout", text["host_timeout"]),
        )


def parse_plain(options: Sequence[Option], words: Sequence[str]) -> tuple[str, Values] | None:
    """Read one argument and options; None when the words are anything but that."""
    by_flag = {option.flag: option for option in options}
    values: dict[str, str | bool | list[str] | None] = {option.name: option.default for option in options}
    arguments: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            arguments.append(word)
            continue
        flag, equals, value = word.partition("=")
        option = by_flag.get(flag)
        if option is None:
            return None
        if option.kind is Kind.FLAG:
            if equals:
                return None
            values[option.name] = True
            continue
        if not equals:
            if not rest or rest[0].startswith("-"):
                return None
            value = rest.pop(0)
        if option.kind is Kind.LIST:
            found = values[option.name]
            values[option.name] = [*(found if isinstance(found, list) else []), value]
        else:
            values[option.name] = value
    return (arguments[0], values) if len(arguments) == 1 else None


def option_of(name: str) -> str:
    """Return what the command line calls an option that Python calls `name`."""
    return f"--{name.rstrip('_').replace('_', '-')}"


def parse_time(option: str, text: str | None) -> int | None:
    """Return a time in nanoseconds, None without one; UsageError names the option."""
    if text is None:
        return None
    simple = re.fullmatch(r"(\d+)(ns|us|ms|s)", text)
    if simple is not None:
        return int(simple[1]) * {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}[simple[2]]
    from twincore.keywords.values import Duration

    try:
        return Duration.of(text).ns
    except ValueError:
        raise UsageError(
            option,
            f"expected a time with a unit (ns, us, ms, s, min, h), got {text!r}",
            next_step="write 2s, 500ms, 20us or '1 s 200 ms'",
        ) from None


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _list(option: str, values: Values) -> tuple[str, ...]:
    name = option.removeprefix("--").replace("-", "_")
    return tuple(cast("list[str] | None", values.get(name)) or ())


def _assignments(option: str, values: Values) -> tuple[Assignment, ...]:
    texts = _list(option, values)
    if not texts:
        return ()
    from twincore.images.fill import Assignment

    return tuple(Assignment.of(text, who=option) for text in texts)


def _number(option: str, text: str | None, *, least: int | None = None) -> int:
    try:
        number = int(text or "", 0)
    except ValueError:
        raise UsageError(option, f"expected a whole number, got {text!r}") from None
    if least is not None and number < least:
        raise UsageError(option, f"expected {least} or more, got {number}")
    return number


def _choice(option: str, text: str | None, *choices: str) -> str:
    if text not in choices:
        raise UsageError(option, f"expected {' or '.join(choices)}, got {text!r}")
    return text
