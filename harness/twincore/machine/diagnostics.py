"""What the user should know about the firmware or about what twincore lacks: each with its moment, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from twincore.machine.clocks import to_ns

DiagnosticKind = Literal["unmodelled", "unmapped", "reset", "mmu", "limit"]

MAX_DIAGNOSTICS = 1000
"""At most so many diagnostics are kept, and so many kinds of accesses counted by their own names."""


class Place(NamedTuple):
    """When something happens, and where in the firmware: None where an event or the host acts."""

    time_ticks: int
    core: int | None
    pc: int | None


@dataclass(frozen=True)
class Diagnostic:
    """Something the user should know about the firmware or about what twincore lacks."""

    kind: DiagnosticKind
    text: str
    time_ns: int
    core: int | None
    pc: int | None

    def __str__(self) -> str:
        where = "" if self.core is None else f" core {self.core}"
        where += "" if self.pc is None else f" pc {self.pc:#010x}"
        return f"[{self.time_ns / 1e9:.9f} s{where}] {self.kind}: {self.text}"


class Diagnostics:
    """The diagnostics of one machine. place: tells where the machine is."""

    def __init__(self, place: Callable[[], Place]) -> None:
        self._place = place
        self.kept: list[Diagnostic] = []
        self.on_diagnostic: Callable[[Diagnostic], None] | None = None
        """Called with each, also with those that are too many to be kept."""

    def tell(self, kind: DiagnosticKind, text: str) -> None:
        """Keep a diagnostic of this moment and pass it on."""
        diagnostic = self.make(kind, text)
        if len(self.kept) < MAX_DIAGNOSTICS:
            self.kept.append(diagnostic)
        if self.on_diagnostic is not None:
            self.on_diagnostic(diagnostic)

    def make(self, kind: DiagnosticKind, text: str) -> Diagnostic:
        """Return a diagnostic of this moment without telling anybody."""
        place = self._place()
        return Diagnostic(kind, text, to_ns(place.time_ticks), place.core, place.pc)

    def moment(self) -> str:
        """Return the simulated time with core and pc of the access that is being carried out, in words."""
        place = self._place()
        text = f"{to_ns(place.time_ticks) / 1e9:.9f} s"
        if place.core is not None:
            text += f", core {place.core}, pc {place.pc:#010x}"
        return text
