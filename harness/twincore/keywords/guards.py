"""What is followed in memory for as long as firmware runs: what must not happen to it, how deep a stack gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twincore.engines.protocol import AccessKind, Area, Engine, MemoryAccess, MemoryAccessed


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


@dataclass
class Depth:
    """The deepest store of a stack: only stores that are deeper still are looked at, so that each costs little."""

    engine: Engine
    bottom: int
    top: int
    core: int | None
    deepest: MemoryAccess | None = None

    def __post_init__(self) -> None:
        self.mark = self.top
        self._watch()

    @property
    def free(self) -> int:
        """Gives the bytes from the bottom on that were never written."""
        return self.mark - self.bottom

    def _watch(self) -> None:
        self._area = Area(self.bottom, self.mark - self.bottom, AccessKind.WRITE, self.core)
        self.engine.watch_memory(self._area, self._note)

    def _note(self, access: MemoryAccess) -> None:
        if access.address >= self.mark:
            return
        self.engine.unwatch_memory(self._area, self._note)
        self.mark, self.deepest = max(access.address, self.bottom), access
        if self.mark > self.bottom:
            self._watch()

    def forget(self) -> None:
        """Stop looking."""
        if self.mark > self.bottom:
            self.engine.unwatch_memory(self._area, self._note)

    def begin_anew(self) -> None:
        """Forget how deep the stack was: nothing is on it yet."""
        self.forget()
        self.mark, self.deepest = self.top, None
        self._watch()
