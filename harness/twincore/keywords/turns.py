"""What loop keywords take as arguments: what counts as a turn of a loop, and how long one may last."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from fractions import Fraction

from twincore.keywords.values import Duration, Gpio, Percent, Place


class Trigger(enum.Enum):
    """What happens at an `Occasion`."""

    EXECUTE = "executes"
    WRITE = "writes"
    EDGE = "changes"
    RISE = "rises"
    FALL = "falls"


_EDGES = {"": Trigger.EDGE, "rising": Trigger.RISE, "falling": Trigger.FALL}


@dataclass(frozen=True)
class Occasion:
    """Something that happens again and again, such as the beginning of a loop's turn.

    Write a symbol or address of code (``amp_control_loop``) for a core that comes there; ``GPIO4``, ``GPIO4 rising``
    or ``GPIO4 falling`` for an edge of a pin; ``write GPIO.OUT_W1TS``, ``write amp_heartbeat`` or
    ``write 0x60004008`` for a store to a register or a word of memory. Code and stores may name the core that counts:
    ``amp_control_loop on core 1``.
    """

    trigger: Trigger
    place: Place | None = None
    pin: Gpio | None = None
    core: int | None = None

    def __str__(self) -> str:
        """Write the occasion as it may be given."""
        if self.pin is not None:
            edge = next(word for word, trigger in _EDGES.items() if trigger is self.trigger)
            return f"{self.pin} {edge}".rstrip()
        on = "" if self.core is None else f" on core {self.core}"
        return f"write {self.place}{on}" if self.trigger is Trigger.WRITE else f"{self.place}{on}"

    @property
    def things(self) -> str:
        """Gives what several of them are called."""
        if self.pin is not None:
            return "edges"
        return "writes" if self.trigger is Trigger.WRITE else "hits"

    @classmethod
    def of(cls, value: str | int) -> Occasion:
        """Read an occasion. Raises ValueError."""
        text = str(value).strip()
        if match := re.fullmatch(r"(GPIO\s*\d+)\s*(rising|falling)?", text, re.IGNORECASE):
            return cls(_EDGES[(match[2] or "").lower()], pin=Gpio.of(match[1]))
        if re.match(r"GPIO\s*\d+\s", text, re.IGNORECASE):
            raise ValueError(f"'{text}' is no edge: write 'GPIO4', 'GPIO4 rising' or 'GPIO4 falling'.")
        core = None
        if match := re.fullmatch(r"(.*\S)\s+on\s+core\s+(\d+)", text, re.IGNORECASE):
            text, core = match[1], int(match[2])
        if match := re.fullmatch(r"write(?:\s+to)?(?:\s+(\S.*))?", text, re.IGNORECASE):
            if not match[1]:
                raise ValueError("expected a register, symbol or address behind 'write', such as GPIO.OUT_W1TS.")
            return cls(Trigger.WRITE, place=Place.of(match[1]), core=core)
        return cls(Trigger.EXECUTE, place=Place.of(text), core=core)


@dataclass(frozen=True)
class Limits:
    """How long something may last: ``1 ms +- 2 us``, ``1 ms +- 0.5 %``, or ``below 20 us``.

    ``\N{PLUS-MINUS SIGN}`` may be written for ``+-``; ``1 ms + 5 us - 2 us`` has a limit of its own on each side.
    """

    nominal_ns: int
    above_ns: int
    below_ns: int

    @property
    def shortest_ns(self) -> int:
        """Gives the shortest time that is allowed."""
        return self.nominal_ns - self.below_ns

    @property
    def longest_ns(self) -> int:
        """Gives the longest time that is allowed."""
        return self.nominal_ns + self.above_ns

    @property
    def is_bound(self) -> bool:
        """Tells whether only times that are too long are beyond the limits."""
        return not self.above_ns and self.below_ns == self.nominal_ns

    def excess_ns(self, time_ns: int) -> int:
        """Return how far a time is beyond the limits; not above 0 when it is within."""
        return max(time_ns - self.longest_ns, -self.longest_ns if self.is_bound else self.shortest_ns - time_ns)

    def allows(self, time_ns: int) -> bool:
        """Tell whether a time is within the limits."""
        return self.shortest_ns <= time_ns <= self.longest_ns

    def __str__(self) -> str:
        """Write the limits as they may be given."""
        nominal = Duration(self.nominal_ns)
        if self.is_bound:
            return f"below {nominal}"
        if self.above_ns == self.below_ns:
            return f"{nominal} \N{PLUS-MINUS SIGN} {Duration(self.above_ns)}"
        return f"{nominal} + {Duration(self.above_ns)} - {Duration(self.below_ns)}"

    @classmethod
    def of(cls, value: str) -> Limits:
        """Read limits. Raises ValueError."""
        text = value.strip()
        if match := re.fullmatch(r"(?:below|<=?|at most)\s*(.+)", text, re.IGNORECASE):
            most = Duration.of(match[1]).ns
            return cls(most, 0, most)
        nominal, above, below = _parts(text)
        time = Duration.of(nominal).ns
        if not time:
            raise ValueError("a time of 0 has no limits.")
        limits = cls(time, _deviation(above, time), _deviation(below, time))
        if limits.shortest_ns < 0:
            raise ValueError(f"'{value}' allows times below zero: the deviation is larger than {Duration(time)}.")
        return limits


def _parts(text: str) -> tuple[str, str, str]:
    if match := re.fullmatch(r"([^+\-\N{PLUS-MINUS SIGN}]+)(?:\+/?-|\N{PLUS-MINUS SIGN})([^+\-]+)", text):
        return match[1], match[2], match[2]
    if match := re.fullmatch(r"([^+\-]+)\+([^+\-]+)-([^+\-]+)", text):
        return match[1], match[2], match[3]
    raise ValueError("expected limits such as '1 ms +- 2 us', '1 ms +- 0.5 %', '1 ms + 5 us - 2 us' or 'below 20 us'.")


def _deviation(text: str, nominal_ns: int) -> int:
    if "%" in text:
        return int(Fraction(nominal_ns) * Percent.of(text).value / 100)
    return Duration.of(text).ns
