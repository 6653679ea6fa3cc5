"""The queue of what peripherals and devices want to happen later: plain data in a fixed order, never closures."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from typing import NamedTuple

from twincore.model import NEVER


class Event(NamedTuple):
    """One thing to happen: `owner` gets `name` with `args` at `time_ticks`; `sequence` orders equal times.

    owner: the name of a peripheral or device.
    """

    time_ticks: int
    sequence: int
    owner: str
    name: str
    args: tuple[int, ...] = ()


class EventQueue:
    """Keeps events in the order of time, then of scheduling; the same calls give the same order everywhere.

    At most one event is pending for one owner, name and arguments: scheduling it again moves it.
    """

    def __init__(self) -> None:
        self._heap: list[Event] = []
        self._live: dict[tuple[str, str, tuple[int, ...]], Event] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._live)

    def schedule(self, time_ticks: int, owner: str, name: str, args: tuple[int, ...] = ()) -> None:
        """Add an event, or move the pending one of that owner, name and arguments; NEVER takes it away."""
        if time_ticks >= NEVER:
            self.cancel(owner, name, args)
            return
        self._sequence += 1
        event = Event(time_ticks, self._sequence, owner, name, args)
        self._live[owner, name, args] = event
        heapq.heappush(self._heap, event)

    def cancel(self, owner: str, name: str, args: tuple[int, ...] = ()) -> None:
        """Take an event away if it is pending."""
        self._live.pop((owner, name, args), None)

    def drop(self, owners: Collection[str]) -> None:
        """Take away all events of `owners`."""
        self._live = {key: event for key, event in self._live.items() if event.owner not in owners}

    def next_ticks(self) -> int:
        """Return the time of the first event, NEVER when there is none."""
        while self._heap:
            first = self._heap[0]
            if self._live.get(first[2:]) is first:
                return first.time_ticks
            heapq.heappop(self._heap)
        return NEVER

    def pop_due(self, now_ticks: int) -> Event | None:
        """Take the first event out when its time is `now_ticks` or earlier, else return None."""
        if self.next_ticks() > now_ticks:
            return None
        event = heapq.heappop(self._heap)
        del self._live[event[2:]]
        return event

    def pending(self) -> list[Event]:
        """Return all events in order."""
        return sorted(self._live.values())

    def state(self) -> tuple[int, list[Event]]:
        """Return all there is to know: the last sequence number and the events in order."""
        return self._sequence, self.pending()

    def restore(self, state: tuple[int, list[Event]]) -> None:
        """Go back to what `state` returned."""
        self._sequence, events = state
        self._live = {event[2:]: event for event in events}
        self._heap = list(events)
        heapq.heapify(self._heap)
