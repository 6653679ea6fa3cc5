"""Signals, lines and pins: levels that wires carry.

A `Signal` has a level. A `Line` has a course (`twincore.waveform`): a level, or a waveform that gives one at any time.
A `Pin` is a line that chip, world, board and pull fight over.

Two ways to hear of a line: followers are told its course whenever a new one is given, and work out the edges
themselves; listeners are told the level at every edge, for which the line's owner needs an event an edge. Listeners and
followers are wiring, made when the machine is built; they are no state.
"""

from __future__ import annotations

from collections.abc import Callable

from twincore.waveform import Course, choose

SUPPLY_MV = 3300
BOTH_WAYS = 2
"""A pull up and down at once: half of the supply, and as a level 0, as ESP-IDF's GPIO tests expect of the chip."""
"""The voltage of a pin that is high."""

NOT_DRIVEN, WAVEFORM = -1, 2
"""How a saved state writes None and a waveform, which its owner gives again."""


class Signal:
    """A level that listeners hear about when it changes: an interrupt output, a core's control line."""

    __slots__ = ("_level", "_listeners", "name")

    def __init__(self, name: str = "", level: int = 0) -> None:
        self.name = name
        self._level = level
        self._listeners: list[Callable[[int], None]] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, level={self.level})"

    @property
    def level(self) -> int:
        """The level now, 0 or 1; signals between cores and the interrupt matrix have more."""
        return self._level

    def set(self, level: int) -> None:
        """Give the signal `level`; listeners are called, in the order they came, if that is a change."""
        if level != self._level:
            self._level = level
            for listener in self._listeners:
                listener(level)

    def pulse(self) -> None:
        """Raise and lower the signal."""
        self.set(1)
        self.set(0)

    def listen(self, listener: Callable[[int], None]) -> None:
        """Have `listener(level)` called at every change from now on."""
        self._listeners.append(listener)

    def saved(self) -> int | list[int]:
        """Return the state."""
        return self._level

    def restore(self, saved: int | list[int]) -> None:
        """Take on a state that `saved` returned, without calling a listener."""
        assert isinstance(saved, int)
        self._level = saved


class Line(Signal):
    """A signal that may be a waveform. `now_ticks` tells the time.

    Whoever gives a line waveforms sees to its listeners: `is_heard` says whether there are any, `on_heard` is called
    when the first comes and the last goes, and `tell` is to be called at every edge then.
    """

    __slots__ = ("_followers", "_now_ticks", "course", "on_heard")

    def __init__(self, name: str, now_ticks: Callable[[], int]) -> None:
        super().__init__(name)
        self._now_ticks = now_ticks
        self.course: Course = 0
        """What the line does until another course is given."""
        self._followers: list[Callable[[Course], None]] = []
        self.on_heard: Callable[[], None] | None = None

    @property
    def level(self) -> int:
        """The level now, 0 or 1."""
        course = self.course
        return course if isinstance(course, int) else course.level_at(self._now_ticks())

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens to every edge."""
        return bool(self._listeners)

    def set(self, course: Course) -> None:
        """Give the line a course from now on; followers are told, then listeners if the level changes by it."""
        if course != self.course:
            self.course = course
            for follower in self._followers:
                follower(course)
            if self._listeners:
                self.tell()

    def tell(self) -> None:
        """Tell the listeners the level if they do not know it."""
        level = self.level
        if level != self._level:
            self._level = level
            for listener in self._listeners:
                listener(level)

    def listen(self, listener: Callable[[int], None]) -> None:
        """Have `listener(level)` called at every edge from now on: each edge of a waveform becomes an event."""
        self._listeners.append(listener)
        self._heard(1)

    def unlisten(self, listener: Callable[[int], None]) -> None:
        """Take back one `listen`, if there was one."""
        if listener in self._listeners:
            self._listeners.remove(listener)
            self._heard(0)

    def _heard(self, count: int) -> None:
        if len(self._listeners) == count:
            self._level = self.level
            if self.on_heard is not None:
                self.on_heard()

    def follow(self, follower: Callable[[Course], None]) -> None:
        """Have `follower(course)` called whenever the line is given another course."""
        self._followers.append(follower)

    def saved(self) -> int | list[int]:
        """Return the state: what listeners know, and the course."""
        return [self._level, _code(self.course)]

    def restore(self, saved: int | list[int]) -> None:
        """Take on a state that `saved` returned, without calling anybody; a waveform is its owner's to give again."""
        assert isinstance(saved, list)
        self._level = saved[0]
        if saved[1] != WAVEFORM:
            self.course = saved[1]


class Pin(Line):
    """A pad of the chip: what the chip drives, else the world, else the board, else the pad's pull, else 0.

    output: the chip's course, None while it does not drive; `is_open_drain`: it drives zeros only. external: the
    world's course, which a test, a device or a wire drives. external_mv: the voltage that the world applies instead of
    a level. board: the level that the board itself gives, as by a resistor. pull: of the pad, maybe `BOTH_WAYS`. Each
    is None for not driving.
    """

    __slots__ = ("board", "external", "external_mv", "is_open_drain", "output", "pull")

    def __init__(self, name: str, now_ticks: Callable[[], int]) -> None:
        super().__init__(name, now_ticks)
        self.output: Course | None = None
        self.is_open_drain = False
        self.external: Course | None = None
        self.external_mv: int | None = None
        self.board: int | None = None
        self.pull: int | None = None

    def drive(self, course: Course | None) -> None:
        """Drive the pin from outside the chip; None lets go of it."""
        self.external, self.external_mv = course, None
        self._resolve()

    def apply_voltage(self, voltage_mv: int) -> None:
        """Apply a voltage from outside; as a level it is 1 from half of the supply on."""
        self.external, self.external_mv = int(voltage_mv >= SUPPLY_MV // 2), voltage_mv
        self._resolve()

    @property
    def voltage_mv(self) -> int:
        """The pin's voltage now in millivolts: what the world applies, if the chip does not drive, else its level's."""
        if self.external_mv is not None and self.output is None:
            return self.external_mv
        if self.pull == BOTH_WAYS and self.output is None and self.external is None and self.board is None:
            return SUPPLY_MV // 2
        return SUPPLY_MV * self.level

    def drive_from_chip(self, course: Course | None, *, is_open_drain: bool = False) -> None:
        """Drive the pin from inside the chip; None lets go of it."""
        self.output, self.is_open_drain = course, is_open_drain
        if course is None or is_open_drain:
            self._resolve()
        else:  # the usual case at once: firmware may toggle a pin a million times a second
            self.set(course)

    def set_board_level(self, level: int | None) -> None:
        """Have the board give the pin a level while nobody drives it."""
        self.board = level
        self._resolve()

    def set_pull(self, level: int | None) -> None:
        """Pull the pin up (1), down (0), `BOTH_WAYS`, or not at all (None)."""
        self.pull = level
        self._resolve()

    def _resolve(self) -> None:
        rest = self.external
        if rest is None:
            rest = self.board
        if rest is None:
            rest = int(self.pull == 1)
        if self.output is None:
            self.set(rest)
        elif self.is_open_drain:
            self.set(choose(self.output, 0, rest))
        else:
            self.set(self.output)

    def saved(self) -> int | list[int]:
        """Return the state: what listeners know, and who drives what."""
        drivers = (self.output, self.external, self.board, self.pull)
        voltage = NOT_DRIVEN if self.external_mv is None else self.external_mv
        return [self._level, _code(self.course), int(self.is_open_drain), *map(_code, drivers), voltage]

    def restore(self, saved: int | list[int]) -> None:
        """Take on a state that `saved` returned, without calling anybody."""
        super().restore(saved)
        assert isinstance(saved, list)
        self.is_open_drain = bool(saved[2])
        output, external, self.board, self.pull = (None if code == NOT_DRIVEN else code for code in saved[3:7])
        self.external_mv = None if saved[7] == NOT_DRIVEN else saved[7]
        self.output = self.output if output == WAVEFORM else output
        self.external = self.external if external == WAVEFORM else external


def pull_of(up: int, down: int) -> int | None:
    """Return the pull of a pad by its two enables."""
    return BOTH_WAYS if up and down else 1 if up else 0 if down else None


def _code(course: Course | None) -> int:
    return NOT_DRIVEN if course is None else course if isinstance(course, int) else WAVEFORM
