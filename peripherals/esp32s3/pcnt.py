"""PCNT: four counters of edges, up or down by the level of a second signal.

Source: ESP32-S3 Technical Reference Manual, "Pulse Count Controller (PCNT)". A unit follows what its pins do, and
counts when somebody looks. While its interrupt is enabled it works out which edge brings the next one, so that a PWM is
counted with an event an interrupt, not one an edge.

Where the manual is silent: a counter goes back to 0 at its limits whether or not their events are enabled, which is a
zero event too, and so is a step of both channels across 0 (ESP-IDF's tests of its driver, driver/pulse_cnt.h); STATUS
has the events of the last edge that had one.

Leaves out: the two clocks that an edge takes through the synchroniser.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from esp32s3.gpio import GPIO
from twincore.model import NEVER, RO, Context, Field, Line, Peripheral, Register, Registers, Value, state
from twincore.waveform import Course, edges_of, level_of, next_edge_of

UNITS = 4
FIRST_SIGNAL = 33
"""Input signal of unit 0 in the GPIO matrix: pulses of channels 0 and 1, then their controls; four for each unit."""
LINES = 4

INCREASE, DECREASE = 1, 2
"""Modes of an edge."""
KEEP, INVERT = 0, 1
"""Modes of a control level; the others inhibit."""

ZERO, H_LIM, L_LIM, THRES0, THRES1 = 1 << 6, 1 << 5, 1 << 4, 1 << 3, 1 << 2
"""Bits of STATUS."""
FROM_ABOVE, FROM_BELOW, UP_ACROSS, DOWN_ACROSS = range(4)
"""ZERO_MODE."""

NONE = -1
NOT_PENDING = [NONE] * LINES
LOOK_AHEAD = (32, 256, 4096)
"""So many edges are worked out at first, if that is not enough, and at most."""


@dataclass
class Filter:
    """Passes on a level once it has lasted for `shortest` ticks; another one lasts since `pending`, NONE for none."""

    level: int
    pending: int
    shortest: int

    def hear(self, edges: Iterator[tuple[int, int]], until: int) -> Iterator[tuple[int, int]]:
        """Yield (moment, level) of what comes out up to `until`."""
        for moment, level in edges:
            if self.pending != NONE and self.pending + self.shortest <= moment:
                yield self._accept()
            self.pending = moment if level != self.level else NONE
            if self.pending != NONE and not self.shortest:
                yield self._accept()
        if self.pending != NONE and self.pending + self.shortest <= until:
            yield self._accept()

    def _accept(self) -> tuple[int, int]:
        moment, self.level, self.pending = self.pending + self.shortest, 1 - self.level, NONE
        return moment, self.level


class Rules(NamedTuple):
    """What the registers say of a unit: `steps` has the change for (channel, edge, level of the control)."""

    steps: tuple[tuple[tuple[int, ...], ...], ...]
    high: int
    low: int
    marks: tuple[tuple[int, int], ...]
    """(value, bit of STATUS) of the thresholds that are enabled."""
    enabled: int
    """Bits of STATUS of the limits and of zero, where enabled."""


@dataclass
class Counter:
    """What a unit does with edges."""

    count: int
    controls: list[int]
    rules: Rules
    zero_mode: int = 0
    moment: int = -1
    """When the last step was; steps at one time are one."""
    before: int = 0
    """The count before that."""

    def hear(self, moment: int, line: int, level: int) -> int:
        """Follow an edge of one of the four lines; return the events that it brings, as bits of STATUS."""
        if line >= 2:
            self.controls[line - 2] = level
            return 0
        rules = self.rules
        step = rules.steps[line][level][self.controls[line]]
        if not step:
            return 0
        if moment != self.moment:
            self.moment, self.before = moment, self.count
        before, after = self.before, self.count + step
        events = sum(bit for value, bit in rules.marks if value == after)
        if after == rules.high or after == rules.low:
            events |= rules.enabled & ((H_LIM if after == rules.high else 0) | (L_LIM if after == rules.low else 0))
            before, after = after, 0
        if after == 0:
            self.zero_mode = FROM_ABOVE if before > 0 else FROM_BELOW
            events |= rules.enabled & ZERO
        elif before * after < 0:
            self.zero_mode = DOWN_ACROSS if before > 0 else UP_ACROSS
            events |= rules.enabled & ZERO
        self.count = (after + 0x8000 & 0xFFFF) - 0x8000
        return events


class PCNT(Peripheral):
    """Interrupt: interrupt."""

    class CONF0(Register, offset=0x000, count=UNITS, stride=0xC, names="U{}_CONF0", reset=0x3C10):
        FILTER_THRES = Field(9, 0, doc="shorter pulses are ignored, in APB clocks")
        FILTER_EN = Field(10)
        THR_ZERO_EN = Field(11)
        THR_H_LIM_EN = Field(12)
        THR_L_LIM_EN = Field(13)
        THR_THRES0_EN = Field(14)
        THR_THRES1_EN = Field(15)
        CH0_NEG_MODE = Field(17, 16)
        CH0_POS_MODE = Field(19, 18, doc="1: a rising edge increases, 2: it decreases")
        CH0_HCTRL_MODE = Field(21, 20, doc="while the control is high: 1: the other way round, 2 and 3: not at all")
        CH0_LCTRL_MODE = Field(23, 22)
        CH1_NEG_MODE = Field(25, 24)
        CH1_POS_MODE = Field(27, 26)
        CH1_HCTRL_MODE = Field(29, 28)
        CH1_LCTRL_MODE = Field(31, 30)

    class CONF1(Register, offset=0x004, count=UNITS, stride=0xC, names="U{}_CONF1"):
        CNT_THRES0 = Field(15, 0)
        CNT_THRES1 = Field(31, 16)

    class CONF2(Register, offset=0x008, count=UNITS, stride=0xC, names="U{}_CONF2"):
        CNT_H_LIM = Field(15, 0)
        CNT_L_LIM = Field(31, 16)

    class CNT(Register, offset=0x030, count=UNITS, names="U{}_CNT"):
        CNT = Field(15, 0, access=RO)

    class STATUS(Register, offset=0x050, count=UNITS, names="U{}_STATUS"):
        ZERO_MODE = Field(1, 0, access=RO, doc="0: from above to 0, 1: from below, 2: up across 0, 3: down")
        THRES1 = Field(2, access=RO)
        THRES0 = Field(3, access=RO)
        L_LIM = Field(4, access=RO)
        H_LIM = Field(5, access=RO)
        ZERO = Field(6, access=RO)

    class CTRL(Register, offset=0x060, reset=0x1):
        CNT_RST_U0 = Field(0, doc="1: the counter stays at 0")
        CNT_PAUSE_U0 = Field(1)
        CNT_RST_U1 = Field(2)
        CNT_PAUSE_U1 = Field(3)
        CNT_RST_U2 = Field(4)
        CNT_PAUSE_U2 = Field(5)
        CNT_RST_U3 = Field(6)
        CNT_PAUSE_U3 = Field(7)
        CLK_EN = Field(16)

    others = Registers("""
        0x040 INT_RAW 0x0 CNT_THR_EVENT_U0[0]:W1C CNT_THR_EVENT_U1[1]:W1C CNT_THR_EVENT_U2[2]:W1C
          + CNT_THR_EVENT_U3[3]:W1C
        0x044 INT_ST 0x0 CNT_THR_EVENT_U0[0]:RO CNT_THR_EVENT_U1[1]:RO CNT_THR_EVENT_U2[2]:RO CNT_THR_EVENT_U3[3]:RO
        0x048 INT_ENA 0x0 CNT_THR_EVENT_U0[0] CNT_THR_EVENT_U1[1] CNT_THR_EVENT_U2[2] CNT_THR_EVENT_U3[3]
        0x04c INT_CLR 0x0 CNT_THR_EVENT_U0[0]:WT CNT_THR_EVENT_U1[1]:WT CNT_THR_EVENT_U2[2]:WT
          + CNT_THR_EVENT_U3[3]:WT
        0x0fc DATE 0x19072601 DATE[31:0]
    """)
    INT_RAW, INT_ST, INT_ENA = others.registers["INT_RAW"], others.registers["INT_ST"], others.registers["INT_ENA"]

    derived = frozenset({"_rules"})

    counts: list[int] = state([0] * UNITS)
    stepped: list[int] = state([-1] * UNITS)
    """When a unit's last step was."""
    befores: list[int] = state([0] * UNITS)
    """Its count before that."""
    seen: list[int] = state([0] * UNITS)
    """Up to when each unit has counted."""
    levels: list[int] = state([0] * UNITS * LINES)
    """Levels of all lines, after the filter."""
    pending: list[int] = state([NONE] * UNITS * LINES)
    """Since when each line has another level that the filter has not passed on, NONE for none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self._inputs: list[Line] = []
        self._courses: list[Course] = [0] * (UNITS * LINES)
        """What each line does since the unit was last brought up to date."""
        self._rules = [self._rules_of(unit) for unit in range(UNITS)]
        """What the registers of each unit say."""

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if isinstance(gpio, GPIO):
            for n in range(UNITS * LINES):
                line = gpio.input(FIRST_SIGNAL + n)
                line.follow(partial(self._input_changed, n))
                self._inputs.append(line)

    def after_reset(self) -> None:
        now = self.context.now_ticks()
        self._rules = [self._rules_of(unit) for unit in range(UNITS)]
        self.seen = [now] * UNITS
        self.levels[:] = [level_of(course, now) for course in self._courses]
        for unit in range(UNITS):
            self.context.cancel("count", unit)
        self._update_interrupt()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._rules = [self._rules_of(unit) for unit in range(UNITS)]
        for n, line in enumerate(self._inputs):
            self._courses[n] = line.course

    # Counting

    def _filters(self, lines: range) -> list[Filter]:
        """Return the filters of lines of one unit."""
        fields, unit, shortest = self.CONF0, lines.start // LINES, 0
        if self.get(fields.FILTER_EN, unit):
            shortest = self.get(fields.FILTER_THRES, unit) * self.context.clock("apb").period_ticks
        return [Filter(self.levels[n], self.pending[n], shortest) for n in lines]

    def _counter(self, unit: int) -> Counter:
        controls = self.levels[unit * LINES + 2 : (unit + 1) * LINES]
        mode, last = self.get(self.STATUS.ZERO_MODE, unit), (self.stepped[unit], self.befores[unit])
        return Counter(self.counts[unit], controls, self._rules[unit], mode, *last)

    def _rules_of(self, unit: int) -> Rules:
        fields, conf = self.CONF0, self.get(self.CONF0, unit)
        bits = {fields.THR_ZERO_EN: ZERO, fields.THR_H_LIM_EN: H_LIM, fields.THR_L_LIM_EN: L_LIM}
        marks: dict[tuple[Field, int], Field] = {
            (fields.THR_THRES0_EN, THRES0): self.CONF1.CNT_THRES0,
            (fields.THR_THRES1_EN, THRES1): self.CONF1.CNT_THRES1,
        }
        modes = [
            (fields.CH0_NEG_MODE, fields.CH0_POS_MODE, fields.CH0_LCTRL_MODE, fields.CH0_HCTRL_MODE),
            (fields.CH1_NEG_MODE, fields.CH1_POS_MODE, fields.CH1_LCTRL_MODE, fields.CH1_HCTRL_MODE),
        ]
        return Rules(
            tuple(
                tuple(tuple(_step(edge.of(conf), control.of(conf)) for control in each[2:]) for edge in each[:2])
                for each in modes
            ),
            _signed(self.get(self.CONF2.CNT_H_LIM, unit)),
            _signed(self.get(self.CONF2.CNT_L_LIM, unit)),
            tuple((_signed(self.get(value, unit)), bit) for (enable, bit), value in marks.items() if enable.of(conf)),
            sum(bit for enable, bit in bits.items() if enable.of(conf)),
        )

    def _keep(self, lines: range, filters: list[Filter]) -> None:
        for n, line in zip(lines, filters, strict=True):
            self.levels[n], self.pending[n] = line.level, line.pending

    def _edges(self, unit: int, filters: list[Filter], until: int) -> Iterator[tuple[int, int, int]]:
        """Return (moment, line, level) of the edges that a unit sees up to `until`, in their order."""
        streams = []
        for n, line in enumerate(filters):
            edges = edges_of(self._courses[unit * LINES + n], self.seen[unit], until)
            streams.append([(moment, n, level) for moment, level in line.hear(edges, until)])
        return heapq.merge(*streams)

    def _settle(self, unit: int) -> None:
        """Count what came up to now."""
        now = self.context.now_ticks()
        if now <= self.seen[unit]:
            return
        if not self._is_quiet(unit):
            lines = range(unit * LINES, (unit + 1) * LINES)
            filters = self._filters(lines)
            self._follow(unit, self._edges(unit, filters, now))
            self._keep(lines, filters)
        self.seen[unit] = now

    def _is_quiet(self, unit: int) -> bool:
        """Tell whether no edge comes to a unit by itself: no line has a waveform, and no filter holds a level back."""
        first = unit * LINES
        is_steady = all([isinstance(course, int) for course in self._courses[first : first + LINES]])
        return is_steady and self.pending[first : first + LINES] == NOT_PENDING

    def _follow(self, unit: int, edges: Iterator[tuple[int, int, int]]) -> None:
        counter, last = self._counter(unit), 0
        is_still = self._is_still(unit)
        for moment, line, level in edges:
            if line >= 2 or not is_still:
                last = counter.hear(moment, line, level) or last
        self.counts[unit], self.stepped[unit], self.befores[unit] = counter.count, counter.moment, counter.before
        if last:
            self.put(self.STATUS, last | counter.zero_mode, unit)
            self.put(self.INT_RAW, self.get(self.INT_RAW) | 1 << unit)
            self._update_interrupt()

    def _is_still(self, unit: int) -> bool:
        """Tell whether a unit is paused or held at 0."""
        return self.get(self.CTRL) >> 2 * unit & 3 != 0

    # When to interrupt

    def _schedule(self, unit: int) -> None:
        """Schedule the next interrupt of a unit while it is enabled and not raised."""
        bit = 1 << unit
        is_needed = self.get(self.INT_ENA) & bit and not self.get(self.INT_RAW) & bit and not self._is_still(unit)
        self.context.schedule(self._next_event(unit) if is_needed else NEVER, "count", unit)

    def _next_event(self, unit: int) -> int:
        """Return when the next event of a unit comes, or when to look for it again."""
        until = NEVER
        if self._is_quiet(unit):
            return until
        for edges in LOOK_AHEAD:
            until = self._horizon(unit, edges)
            counter = self._counter(unit)
            filters = self._filters(range(unit * LINES, (unit + 1) * LINES))
            for moment, line, level in self._edges(unit, filters, min(until, NEVER - 1)):
                if counter.hear(moment, line, level):
                    return moment
            if until == NEVER:
                break
        return until

    def _horizon(self, unit: int, edges: int) -> int:
        """Return up to when no line of a unit has more than so many edges, NEVER when all have fewer."""
        first, until = unit * LINES, NEVER
        for course in self._courses[first : first + LINES]:
            moment = self.seen[unit]
            for _ in range(edges):
                moment = next_edge_of(course, moment)
                if moment >= until:
                    break
            until = min(until, moment)
        return until

    def on_count(self, unit: int) -> None:
        self._settle(unit)
        self._schedule(unit)

    def _input_changed(self, n: int, course: Course) -> None:
        unit, line = divmod(n, LINES)
        self._settle(unit)
        now = self.context.now_ticks()
        level, raw = level_of(course, now), self.levels[n] ^ (self.pending[n] != NONE)
        if level != raw:
            own = range(n, n + 1)
            filters = self._filters(own)
            heard = [(moment, line, passed) for moment, passed in filters[0].hear(iter([(now, level)]), now)]
            if heard:
                self._follow(unit, iter(heard))
            self._keep(own, filters)
        self._courses[n] = course
        self._schedule(unit)

    # Registers

    def _reconfigure(self, unit: int, register: type[Register], n: int) -> None:
        """Count what came under the old configuration before a register's new value counts."""
        written = self.get(register, n)
        self.put(register, self.previous, n)
        self._settle(unit)
        self.put(register, written, n)
        self._rules[unit] = self._rules_of(unit)
        self._schedule(unit)

    def write_CONF0(self, n: int, value: int) -> None:
        self._reconfigure(n, self.CONF0, n)

    def write_CONF1(self, n: int, value: int) -> None:
        self._reconfigure(n, self.CONF1, n)

    def write_CONF2(self, n: int, value: int) -> None:
        self._reconfigure(n, self.CONF2, n)

    def write_CTRL(self, value: int) -> None:
        previous = self.previous
        for unit in range(UNITS):
            self.previous = previous
            self._reconfigure(unit, self.CTRL, 0)
            if value >> 2 * unit & 1:
                self.counts[unit] = 0
            self._schedule(unit)

    def read_CNT(self, n: int) -> int:
        self._settle(n)
        return self.counts[n] & 0xFFFF

    def read_STATUS(self, n: int) -> int:
        self._settle(n)
        return self.get(self.STATUS, n)

    # Interrupts

    def _update_interrupt(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def _follow_interrupts(self) -> None:
        self._update_interrupt()
        for unit in range(UNITS):
            self._schedule(unit)

    def read_INT_RAW(self) -> int:
        for unit in range(UNITS):
            self._settle(unit)
        return self.get(self.INT_RAW)

    def write_INT_RAW(self, value: int) -> None:
        self.write_INT_CLR(value)

    def write_INT_ENA(self, value: int) -> None:
        for unit in range(UNITS):
            self._settle(unit)
        self._follow_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        for unit in range(UNITS):
            self._settle(unit)
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._follow_interrupts()


def _step(edge: int, control: int) -> int:
    """Return by how much an edge changes the counter, by its mode and that of the control's level."""
    step = {INCREASE: 1, DECREASE: -1}.get(edge, 0)
    return {KEEP: step, INVERT: -step}.get(control, 0)


def _signed(value: int) -> int:
    return (value ^ 0x8000) - 0x8000
