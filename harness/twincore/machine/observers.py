"""Who listens to loads and stores of which addresses, whichever core or DMA makes them and by whichever alias.

Listening changes nothing of a run: executors then carry out these accesses in Python, to the same effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from twincore.machine.executor import Access, Observed


class Touch(NamedTuple):
    """An access that happened: `value` is what it moved; by a core at `pc`, or by the DMA of the block `master`.

    `address` is where it falls as the area that was asked for counts its addresses.
    """

    time_ticks: int
    core: int | None
    pc: int | None
    master: str
    address: int
    size: int
    access: Access
    value: int


@dataclass(frozen=True)
class Area:
    """Addresses from `first` to before `end`; which accesses of them by which cores count (None: all, and DMA)."""

    first: int
    end: int
    accesses: frozenset[Access]
    core: int | None = None


Listener = Callable[[Touch], None]


class _Seen(NamedTuple):
    """A range of guest addresses that shows a part of an area: address + shift is the area's."""

    first: int
    end: int
    shift: int


class Observers:
    """The listeners of one machine."""

    def __init__(
        self,
        core_count: int,
        observe: Callable[[int, Sequence[Observed]], None],
        views: Callable[[int, int], Iterable[tuple[int, int, int]]],
    ) -> None:
        """Observe: Executor.observe. views: from (first, end) to (first, end, shift) of it and of every alias."""
        self._observe = observe
        self._views = views
        self._listeners: list[tuple[Area, Listener]] = []
        self._seen: dict[Area, list[_Seen]] = {}
        self._asked: list[list[Observed]] = [[] for _ in range(core_count)]

    def __bool__(self) -> bool:
        """Tell whether anybody listens."""
        return bool(self._listeners)

    def add(self, area: Area, listener: Listener) -> None:
        """Have `listener` called after each access of the area."""
        self._listeners.append((area, listener))
        if area not in self._seen:
            self._seen[area] = self._views_of(area)
            self._ask()

    def remove(self, area: Area, listener: Listener) -> None:
        """Take back one `add`."""
        self._listeners.remove((area, listener))
        if not any(other == area for other, _ in self._listeners):
            del self._seen[area]
            self._ask()

    def refresh(self) -> None:
        """Follow a change of what is mapped where."""
        if self._listeners:
            self._seen = {area: self._views_of(area) for area in self._seen}
            self._ask()

    def tell(self, touch: Touch) -> None:
        """Tell the listeners of an access at the address that a core or DMA used."""
        for area, listener in list(self._listeners):
            if touch.access not in area.accesses or area.core not in (None, touch.core):
                continue
            for seen in self._seen.get(area, ()):
                if seen.first < touch.address + touch.size and touch.address < seen.end:
                    listener(touch._replace(address=touch.address + seen.shift))
                    break

    def _views_of(self, area: Area) -> list[_Seen]:
        return [_Seen(*view) for view in self._views(area.first, area.end)]

    def _ask(self) -> None:
        """Have the executor tell of what is listened to, where that has changed."""
        for core, asked in enumerate(self._asked):
            wanted: dict[frozenset[Access], list[tuple[int, int]]] = {}
            for area, views in self._seen.items():
                if area.core in (None, core):
                    wanted.setdefault(area.accesses, []).extend((seen.first, seen.end) for seen in views)
            ranges = [
                Observed(first, end, accesses) for accesses, spans in wanted.items() for first, end in _joined(spans)
            ]
            if ranges != asked:
                self._asked[core] = ranges
                self._observe(core, ranges)


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans in order, those that touch as one."""
    first = end = None
    for start, stop in sorted(spans):
        if first is None or end is None:
            first, end = start, stop
        elif start <= end:
            end = max(end, stop)
        else:
            yield first, end
            first, end = start, stop
    if first is not None and end is not None:
        yield first, end
