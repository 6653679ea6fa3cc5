"""One run of the embedded engine and the conditions that it waits for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from twincore.engines.pin_log import PinLog
from twincore.engines.protocol import (
    DEFAULT_POLL_NS,
    MATCH_WINDOW,
    AddressReached,
    Area,
    Condition,
    CoreChange,
    CoreChanges,
    MemoryAccess,
    MemoryAccessed,
    MemoryMeets,
    PinEdge,
    ResetHappens,
    SerialLog,
    SerialText,
    Stop,
    StopKind,
)
from twincore.machine.clocks import to_ns, to_ticks
from twincore.machine.machine import Machine
from twincore.machine.resets import Reset
from twincore.model import NEVER
from twincore.waveform import Course, next_edge_of


class Arrival(NamedTuple):
    """A core that stands at an address after so many instructions: a run that stopped there does not stop again."""

    core: int
    address: int
    instructions: int


class Recorder(Protocol):
    """What a run needs of its engine: the machine, what was recorded, and ways to listen."""

    machine: Machine

    @property
    def serial_logs(self) -> Mapping[str, SerialLog]:
        """Return what each port has sent."""

    @property
    def pin_logs(self) -> Mapping[int, PinLog]:
        """Return what each pin was given."""

    def pin_changes(self, gpio: int, after_ticks: int) -> Iterator[tuple[int, int]]:
        """Yield (moment in ticks, new level) of every edge of a pin later than `after_ticks`, up to now."""

    def listen_address(self, address: int, listener: Callable[[int, int], None]) -> None:
        """Have `listener(core, address)` called whenever a core is about to execute `address`."""

    def unlisten_address(self, address: int, listener: Callable[[int, int], None]) -> None:
        """Take back one `listen_address`."""

    def watch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Have `listener` called after each access of an area."""

    def unwatch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Take back one `watch_memory`."""


class Run:
    """Learns of what happens and decides when to stop. stands_at: where the last run stopped."""

    def __init__(self, engine: Recorder, conditions: Sequence[Condition], stands_at: Arrival | None) -> None:
        self._engine = engine
        self.stands_at = stands_at
        self._conditions = conditions
        self._machine = engine.machine
        self.stop: Stop | None = None
        self._texts = [(i, c) for i, c in enumerate(conditions) if isinstance(c, SerialText)]
        self._memory = [(i, c) for i, c in enumerate(conditions) if isinstance(c, MemoryMeets)]
        self._edges = [(i, c) for i, c in enumerate(conditions) if isinstance(c, PinEdge)]
        logs, now = engine.pin_logs, self._machine.time_ticks
        self._edges_seen = {i: max(now, logs[c.gpio].last_ticks) for i, c in self._edges}
        self._resets_left = {i: c.count for i, c in enumerate(conditions) if isinstance(c, ResetHappens)}
        self._listeners: list[tuple[int, Callable[[int, int], None]]] = []
        self._watched: list[tuple[Area, Callable[[MemoryAccess], None]]] = []
        for index, condition in enumerate(conditions):
            if isinstance(condition, AddressReached):
                listener = partial(self._reached, index, condition)
                engine.listen_address(condition.address, listener)
                self._listeners.append((condition.address, listener))
            elif isinstance(condition, MemoryAccessed):
                heard = partial(self._accessed, index, condition)
                engine.watch_memory(condition.area, heard)
                self._watched.append((condition.area, heard))
            elif isinstance(condition, MemoryMeets) and condition.poll_ns is None:
                area = Area(condition.address, condition.size)
                look = partial(self._stored, index, condition)
                engine.watch_memory(area, look)
                self._watched.append((area, look))
        for index, text in self._texts:
            self._search(index, text, 0)

    def close(self) -> None:
        """Take back the listeners."""
        for address, listener in self._listeners:
            self._engine.unlisten_address(address, listener)
        for area, heard in self._watched:
            self._engine.unwatch_memory(area, heard)

    def look(self) -> None:
        """Look at what does not tell by itself: what transmitters have sent, waveforms on pins, memory."""
        if self._texts:
            self._machine.wiring.settle()
        for index, edge in self._edges:
            self._look_for_edge(index, edge)
        for index, condition in self._memory:
            if self.stop is None and condition.accept(self._machine.memory_map.peek(condition.address, condition.size)):
                self._finish(index, self._machine.time_ticks)

    def next_look_ticks(self, now: int) -> int:
        """Return when to look again: at the next poll, and at the next edge of a waveform.

        Serial ports tell by themselves, since the end of every byte is an event.
        """
        ticks = NEVER
        for _, condition in self._memory:
            poll_ns = condition.poll_ns
            if poll_ns is None:
                if self._machine.memory_map.locate(condition.address) is not None:
                    continue
                poll_ns = DEFAULT_POLL_NS
            poll = max(to_ticks(poll_ns), 1)
            ticks = min(ticks, (now // poll + 1) * poll)
        for _, edge in self._edges:
            ticks = min(ticks, max(next_edge_of(self._machine.wiring.pins[edge.gpio].course, now), now + 1))
        return ticks

    def expects_edges(self) -> bool:
        """Tell whether a pin that is waited for may change by itself."""
        now, pins = self._machine.time_ticks, self._machine.wiring.pins
        return any(next_edge_of(pins[edge.gpio].course, now) < NEVER for _, edge in self._edges)

    def sent(self, port: str, count: int) -> None:
        """Take note of `count` more bytes of a port's output."""
        for index, text in self._texts:
            if text.port == port and self.stop is None:
                self._search(index, text, count)

    def pin_changed(self, gpio: int, course: Course) -> None:
        """Take note of a pin's new course."""
        for index, edge in self._edges:
            if edge.gpio == gpio:
                self._look_for_edge(index, edge)
                if not isinstance(course, int):
                    self._machine.request_stop()  # to ask anew when its next edge comes

    def _look_for_edge(self, index: int, edge: PinEdge) -> None:
        for ticks, level in self._engine.pin_changes(edge.gpio, self._edges_seen[index]):
            self._edges_seen[index] = ticks
            if edge.level in (level, None):
                self._finish(index, ticks)
                return

    def core_changed(self, change: CoreChange) -> None:
        """Take note of what happened to a core."""
        for index, condition in enumerate(self._conditions):
            match condition:
                case CoreChanges(core, event) if core == change.core and event in (None, change.event):
                    self._finish(index, to_ticks(change.time_ns), core=core)

    def was_reset(self, reset: Reset) -> None:
        """Take note of a reset."""
        for index in self._resets_left:
            self._resets_left[index] -= 1
            if self._resets_left[index] == 0:
                self._finish(index, reset.time_ticks)

    def _reached(self, index: int, condition: AddressReached, core: int, address: int) -> None:
        if condition.core not in (None, core):
            return
        arrival = Arrival(core, address, self._machine.executor.instructions(core))
        if self.stands_at == arrival:
            return
        self.stands_at = arrival
        self._finish(index, self._machine.now_ticks(), core=core, address=address)

    def _stored(self, index: int, condition: MemoryMeets, access: MemoryAccess) -> None:
        if self.stop is None and condition.accept(self._machine.memory_map.peek(condition.address, condition.size)):
            self.stop = Stop(StopKind.CONDITION, access.time_ns, index, access.core, access=access)
            self._machine.request_stop()

    def _accessed(self, index: int, condition: MemoryAccessed, access: MemoryAccess) -> None:
        if self.stop is None and (condition.accept is None or condition.accept(access)):
            self.stop = Stop(StopKind.CONDITION, access.time_ns, index, access.core, access.address, access=access)
            self._machine.request_stop()

    def _search(self, index: int, text: SerialText, new: int) -> None:
        """Look for a match that ends in the last `new` bytes, or anywhere when `new` is 0."""
        log = self._engine.serial_logs[text.port]
        size = len(log.data)
        first_end = size - new + 1 if new else size
        begin = max(text.start, first_end - MATCH_WINDOW) if new else text.start
        match = text.pattern.search(log.data, begin, size)
        if match is None:
            return
        # Which byte completed it? The pattern may match with fewer bytes than came now; a copy outlives the log.
        content = bytes(log.data[: match.end()])
        low, high = max(match.start(), first_end if new else match.start()), match.end()
        for end in range(low, high + 1):
            found = text.pattern.search(content, begin, end)
            if found is not None:
                match, high = found, end
                break
        ticks = log.end_ticks(high - 1) if high else self._machine.time_ticks
        self._finish(index, ticks, match=match)

    def _finish(
        self,
        index: int,
        ticks: int,
        *,
        core: int | None = None,
        address: int | None = None,
        match: re.Match[bytes] | None = None,
    ) -> None:
        if self.stop is None:
            self.stop = Stop(StopKind.CONDITION, to_ns(ticks), index, core, address, match)
            self._machine.request_stop()
