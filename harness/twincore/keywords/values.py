"""What keywords take as arguments beside numbers and text: times, places, pins, frequencies; how times are written."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
}
_UNIT_NAMES = {
    **{unit: unit for unit in _UNITS_NS},
    "\N{MICRO SIGN}s": "us",
    "\N{GREEK SMALL LETTER MU}s": "us",
    "nanosecond": "ns",
    "microsecond": "us",
    "millisecond": "ms",
    "second": "s",
    "sec": "s",
    "minute": "min",
    "hour": "h",
}
_HZ = {"hz": 1, "khz": 10**3, "mhz": 10**6, "ghz": 10**9}
_NUMBER = r"\d[\d_]*(?:\.\d+)?|\.\d+"
_PART = re.compile(rf"({_NUMBER})\s*([^\W\d_]+)\s*")
_CYCLES = re.compile(rf"({_NUMBER})\s*cycles?\s+at\s+({_NUMBER})\s*([kmg]?hz)", re.IGNORECASE)
_EXAMPLES = "'100 ms', '2.5 us', '1 s 200 ms' or '480 cycles at 240 MHz'"


def unit_of(time_ns: int) -> str:
    """Choose the unit that suits a time: ns, us, ms or s."""
    return next((unit for unit in ("s", "ms", "us") if abs(time_ns) >= _UNITS_NS[unit]), "ns")


def format_ns(time_ns: int, unit: str | None = None) -> str:
    """Write a time exactly, in a unit or in the one that suits it: 1003000 is "1.003 ms"."""
    sign, size = ("-" if time_ns < 0 else ""), abs(time_ns)
    unit = unit or unit_of(time_ns)
    whole, rest = divmod(size, _UNITS_NS[unit])
    digits = len(str(_UNITS_NS[unit])) - 1
    decimals = f"{rest:0{digits}d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{'.' if decimals else ''}{decimals} {unit}"


def format_alike(times_ns: Sequence[int], unit: str) -> list[str]:
    """Write times exactly in one unit, all with as many decimals as the longest needs."""
    numbers = [format_ns(time_ns, unit).partition(" ")[0] for time_ns in times_ns]
    places = max(len(number.partition(".")[2]) for number in numbers)
    digits = [number.partition(".") for number in numbers]
    return [f"{whole}{'.' if places else ''}{rest:0<{places}} {unit}" for whole, _, rest in digits]


def format_moment(time_ns: int) -> str:
    """Write a moment of the run in seconds, to the nanosecond."""
    whole, rest = divmod(time_ns, 10**9)
    return f"{whole}.{rest:09d} s"


@dataclass(frozen=True, order=True)
class Duration:
    """A simulated time: a number with a unit, from nanoseconds to hours.

    Write ``100 ms``, ``2.5 us``, ``250 ns``, ``2 s``, ``1 min``, a sum such as ``1 s 200 ms``, or clock cycles
    as ``480 cycles at 240 MHz``. A number alone is an error, so that nobody has to guess the unit. The
    resolution is one nanosecond.
    """

    ns: int

    def __str__(self) -> str:
        """Write the time with its unit."""
        return format_ns(self.ns)

    @classmethod
    def of(cls, value: str) -> Duration:
        """Read a time. Raises ValueError."""
        text = value.strip()
        total = _cycles_ns(text)
        if total is None:
            total = _sum_ns(text)
        if 0 < total < 1:
            raise ValueError(f"'{value}' is less than a nanosecond, the smallest time there is.")
        return cls(round(total))


AT_ONCE = Duration(0)
DEFAULT_TOLERANCE = Duration(100)
POLL = Duration(10_000)
TENTH = Duration(100_000_000)
SECOND = Duration(1_000_000_000)


def _cycles_ns(text: str) -> Fraction | None:
    match = _CYCLES.fullmatch(text)
    if match is None:
        if re.fullmatch(rf"({_NUMBER})\s*cycles?", text):
            raise ValueError(f"'{text}' needs a clock: write '{text} at 240 MHz'.")
        return None
    frequency = _number(match[2]) * _HZ[match[3].lower()]
    if not frequency:
        raise ValueError("a clock of 0 Hz has no cycles.")
    return _number(match[1]) * 10**9 / frequency


def _sum_ns(text: str) -> Fraction:
    total, at = Fraction(0), 0
    while match := _PART.match(text, at):
        word = match[2]
        unit = _UNIT_NAMES.get(word) or _UNIT_NAMES.get(word.lower().removesuffix("s")) or _UNIT_NAMES.get(word.lower())
        if unit is None:
            hint = ": 'min' is a minute, 'ms' a millisecond" if word.lower() == "m" else ""
            raise ValueError(f"'{word}' is no unit of time{hint}. Write {_EXAMPLES}.")
        total += _number(match[1]) * _UNITS_NS[unit]
        at = match.end()
    if text.startswith("-"):
        raise ValueError(f"a time is never negative. Write {_EXAMPLES}.")
    if at == 0 or at != len(text):
        raise ValueError(f"expected a time with a unit, such as {_EXAMPLES}.")
    return total


def _number(text: str) -> Fraction:
    return Fraction(text.replace("_", ""))


@dataclass(frozen=True)
class Place:
    """An address of the firmware: a number, or a symbol with an offset, or a part of a variable.

    Write ``0x3FC90004``, ``amp_heartbeat``, ``amp_heartbeat+4`` (bytes), or ``mailbox.c:slots`` for a local name that
    several files have. Where the ELF file has debug information, ``mailbox.slots[2].sequence`` and
    ``list->next->value`` are places, too. Names come from the ELF files that `Boot Firmware` was given, then from the
    ROM. Registers of the chip and their fields are called as in its manual: ``GPIO.OUT``,
    ``SYSTEM.CORE_1_CONTROL_0.CONTROL_CORE_1_RESETING``; whoever looks at one causes none of its side effects.
    """

    name: str
    """The symbol, empty for a plain number."""
    offset: int

    def __str__(self) -> str:
        """Write the place as it may be given."""
        if not self.name:
            return f"{self.offset:#010x}"
        return f"{self.name}{self.offset:+#x}" if self.offset else self.name

    @classmethod
    def of(cls, value: str | int) -> Place:
        """Read a place. Raises ValueError."""
        if isinstance(value, int):
            return cls("", _address(value))
        text = value.strip()
        if _is_number(text):
            return cls("", _address(_integer(text)))
        match = re.fullmatch(r"(.*?[^\s+-])\s*(?:([+-])\s*(0[xX][0-9a-fA-F_]+|\d[\d_]*))?", text)
        if match is None or re.match(r"[\d+-]|\s", match[1]) or re.search(r"\s", match[1]):
            raise ValueError("expected an address such as 0x3FC90000, a symbol, or symbol+offset.")
        offset = _integer(match[3]) if match[3] else 0
        return cls(match[1], -offset if match[2] == "-" else offset)


@dataclass(frozen=True)
class Region:
    """A range of addresses: from a place to another, so many bytes from a place on, or all of a symbol.

    Write ``region_start..region_end`` (the end is the first address behind it), ``0x3FC90000 for 64 bytes``, or
    ``amp_mailbox_to_core1``, which has the size that the ELF file gives. A range may also be read of a part of a
    variable: ``amp_mailbox_to_core1.slots[2]``.
    """

    start: Place
    end: Place | None = None
    size: int | None = None

    def __str__(self) -> str:
        """Write the range as it may be given."""
        if self.end is not None:
            return f"{self.start}..{self.end}"
        return str(self.start) if self.size is None else f"{self.start} for {self.size} bytes"

    @classmethod
    def of(cls, value: str) -> Region:
        """Read a range. Raises ValueError."""
        start, dots, end = value.partition("..")
        if dots:
            return cls(Place.of(start), Place.of(end))
        match = re.fullmatch(r"(.+?)\s+for\s+(0[xX][0-9a-fA-F_]+|\d[\d_]*)\s+bytes?", value.strip())
        if match is None:
            return cls(Place.of(value))
        if not _integer(match[2]):
            raise ValueError("expected a range of at least one byte, got 0 bytes.")
        return cls(Place.of(match[1]), size=_integer(match[2]))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"0[xX][0-9a-fA-F_]+|\d[\d_]*", text) is not None


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 16 if text[:2].lower() == "0x" else 10)


def _address(value: int) -> int:
    if not 0 <= value < 1 << 32:
        raise ValueError(f"{value:#x} is no address: it has more than 32 bits.")
    return value


class Core(int):
    """A core of the chip by its number, ``0`` or ``1``, or by the vendor's name: ``PRO_CPU``, ``APP_CPU``."""

    @classmethod
    def of(cls, value: str | int) -> Core:
        """Read a core. Raises ValueError."""
        text = str(value).strip()
        match = re.fullmatch(r"(?:core\s*)?(\d+)|(PRO|APP)(?:_CPU)?", text, re.IGNORECASE)
        if match is None:
            raise ValueError(f"expected a core, 0 or 1.{_MEANT_REGISTER if '.' in text else ''}")
        return cls(match[1] or ("PRO", "APP").index(match[2].upper()))


_MEANT_REGISTER = (
    " The chip's registers are taken by keywords that take an address, such as 'Value Should Be    GPIO.OUT    0'."
)


@dataclass(frozen=True)
class Gpio:
    """A pin of the chip by its GPIO number: ``4`` or ``GPIO4``."""

    number: int

    def __str__(self) -> str:
        """Write the pin's name."""
        return f"GPIO{self.number}"

    @classmethod
    def of(cls, value: str | int) -> Gpio:
        """Read a pin. Raises ValueError."""
        match = re.fullmatch(r"(?:GPIO)?\s*(\d+)", str(value).strip(), re.IGNORECASE)
        if match is None:
            raise ValueError("expected a GPIO such as 4 or GPIO4.")
        return cls(int(match[1]))


@dataclass(frozen=True)
class Voltage:
    """A voltage: a number with a unit, ``1.2 V`` or ``700 mV``, to the millivolt."""

    mv: int

    def __str__(self) -> str:
        """Write the voltage with its unit."""
        return f"{self.mv} mV"

    @classmethod
    def of(cls, value: str) -> Voltage:
        """Read a voltage. Raises ValueError."""
        match = re.fullmatch(rf"(-?)({_NUMBER})\s*(m?)V", value.strip(), re.IGNORECASE)
        if match is None:
            raise ValueError("expected a voltage with its unit such as '1.2 V' or '700 mV'.")
        millivolts = _number(match[2]) * (1 if match[3] else 1000) * (-1 if match[1] else 1)
        if millivolts.denominator != 1:
            raise ValueError(f"'{value}' is finer than a millivolt, the smallest step there is.")
        if not -300 <= millivolts <= 3600:
            raise ValueError(f"'{value}' would damage a pin: it stands -0.3 V to 3.6 V.")
        return cls(int(millivolts))


@dataclass(frozen=True, order=True)
class Frequency:
    """A frequency: a number with a unit, ``5 kHz``, ``50 Hz`` or ``1.5 MHz``."""

    hz: Fraction

    def __str__(self) -> str:
        """Write the frequency to six digits, with the unit that suits it."""
        unit, factor = next(
            ((unit, factor) for unit, factor in (("MHz", 10**6), ("kHz", 10**3)) if self.hz >= factor), ("Hz", 1)
        )
        return f"{float(self.hz / factor):.6g} {unit}"

    @classmethod
    def of(cls, value: str) -> Frequency:
        """Read a frequency. Raises ValueError."""
        match = re.fullmatch(rf"({_NUMBER})\s*([kmg]?hz)", value.strip(), re.IGNORECASE)
        if match is None:
            raise ValueError("expected a frequency with its unit such as '5 kHz', '50 Hz' or '1.5 MHz'.")
        hz = _number(match[1]) * _HZ[match[2].lower()]
        if not hz:
            raise ValueError("a frequency of 0 Hz has no periods; use 'Pin Should Stay'.")
        return cls(hz)


@dataclass(frozen=True, order=True)
class Percent:
    """A part of a whole: a number with its sign, ``50 %`` or ``0.1%``."""

    value: Fraction

    def __str__(self) -> str:
        """Write the percentage to four digits behind the point at most."""
        return f"{float(self.value):.4f}".rstrip("0").rstrip(".") + " %"

    @classmethod
    def of(cls, value: str) -> Percent:
        """Read a percentage. Raises ValueError."""
        match = re.fullmatch(rf"({_NUMBER})\s*%", value.strip())
        if match is None:
            raise ValueError("expected a percentage with its sign such as '50 %' or '0.1 %'.")
        return cls(_number(match[1]))


TENTH_PERCENT = Percent(Fraction(1, 10))
HALF_PERCENT = Percent(Fraction(1, 2))


class Access(enum.Enum):
    """Which accesses of memory count: ``read`` loads, ``write`` stores, ``any`` both."""

    read = "read"
    write = "write"
    any = "any"


ValueType = Literal["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64"]
"""What memory holds where no debug information says it."""


@dataclass(frozen=True)
class Expected:
    """A value, or how one compares with it: ``4``, ``0x10``, ``PHASE_RUN``, ``>= 10``, ``!= 0``."""

    text: object
    relation: str = "=="

    def __str__(self) -> str:
        """Write the value with what it is compared by."""
        return f"{self.text}" if self.relation == "==" else f"{self.relation} {self.text}"

    @classmethod
    def of(cls, value: object) -> Expected:
        """Read an expected value."""
        if not isinstance(value, str):
            return cls(value)
        match = re.fullmatch(r"\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*", value, re.DOTALL)
        return cls(match[2], match[1]) if match else cls(value)


class Hold(enum.Enum):
    """What holds a core: ``reset`` its reset bit, ``clock`` that its clock is off, ``stall`` a stall bit."""

    reset = "reset"
    clock = "clock"
    stall = "stall"


class Level(enum.IntEnum):
    """The level of a pin."""

    low = 0
    high = 1


class EngineName(enum.Enum):
    """What runs the firmware: ``embedded`` is the deterministic machine that comes with twincore."""

    embedded = "embedded"


class PowerOnContent(enum.Enum):
    """What SRAM and RTC memory hold when power comes: noise made from the seed, as on the chip, or zeros."""

    pattern = "pattern"
    zero = "zero"


class Unmodelled(enum.Enum):
    """What an access to a register that twincore does not model is: counted and reported, or an error."""

    report = "report"
    error = "error"


class ResetPart(enum.Enum):
    """How far a reset reaches: ``system`` the digital system, ``rtc`` also what stays on in deep sleep."""

    system = "system"
    rtc = "rtc"
