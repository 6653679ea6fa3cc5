"""Records when something happens while time runs: a core at an address, an edge of a pin, a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from twincore.engines.protocol import AccessKind, Area, Capability, Engine, MemoryAccess
from twincore.errors import UsageError
from twincore.keywords.session import Session
from twincore.keywords.turns import Occasion, Trigger


class Recorder(Protocol):
    """What has happened since recording began."""

    def times_ns(self) -> Sequence[int]:
        """Return the moments in their order."""


class _Hits:
    def __init__(self, engine: Engine, address: int, core: int | None, known: int) -> None:
        self._engine, self._address, self._core, self._known = engine, address, core, known

    def times_ns(self) -> Sequence[int]:
        """Return when a core, or the one that counts, came to the address."""
        hits = self._engine.hits(self._address)[self._known :]
        return [hit.time_ns for hit in hits if self._core in (None, hit.core)]

    def cores(self) -> set[int]:
        """Return which cores came."""
        return {hit.core for hit in self._engine.hits(self._address)[self._known :]}


class _Edges:
    def __init__(self, engine: Engine, occasion: Occasion) -> None:
        assert occasion.pin is not None
        self._engine, self._gpio, self._since = engine, occasion.pin.number, engine.time_ns + 1
        self._level = {Trigger.RISE: 1, Trigger.FALL: 0}.get(occasion.trigger)

    def times_ns(self) -> Sequence[int]:
        """Return when the edges came."""
        edges = self._engine.pin_edges(self._gpio, self._since)
        return [edge.time_ns for edge in edges if self._level in (None, edge.level)]


class _Writes:
    def __init__(self) -> None:
        self._times: list[int] = []

    def heard(self, access: MemoryAccess) -> None:
        """Note a store."""
        self._times.append(access.time_ns)

    def times_ns(self) -> Sequence[int]:
        """Return when the stores came."""
        return self._times


@contextmanager
def recording(session: Session, occasion: Occasion) -> Iterator[Recorder]:
    """Record an occasion as long as the context lasts.

    Raises UnmetError at the end where both cores came to an address and nobody
    said which one counts.
    """
    engine = session.engine
    if occasion.pin is not None:
        session.need(Capability.PINS)
        yield _Edges(engine, occasion)
        return
    assert occasion.place is not None
    core = occasion.core
    if core is not None and not 0 <= core < engine.core_count:
        raise UsageError(str(occasion), f"expected a core from 0 to {engine.core_count - 1}, got {core}")
    if occasion.trigger is Trigger.WRITE:
        session.need(Capability.WATCHPOINTS)
        writes = _Writes()
        area = Area(session.names.find(occasion.place, core).address, 4, AccessKind.WRITE, core)
        engine.watch_memory(area, writes.heard)
        try:
            yield writes
        finally:
            engine.unwatch_memory(area, writes.heard)
        return
    session.need(Capability.BREAKPOINTS)
    spot = session.names.find(occasion.place, core)
    known = len(engine.hits(spot.address))
    engine.record_hits(spot.address)
    hits = _Hits(engine, spot.address, core, known)
    try:
        yield hits
        if core is None and len(hits.cores()) > 1:
            session.unmet(
                spot.label, "one core to come here", "both", f"write '{occasion} on core 1' where that one counts"
            )
    finally:
        if spot.address not in session.recorded:
            engine.forget_hits(spot.address)
