"""MCPWM: motor control PWM with three timers, three operators of two outputs each, fault inputs and capture.

Source: ESP32-S3 Technical Reference Manual, "Motor Control PWM (MCPWM)"; details by ESP-IDF's soc/mcpwm_struct.h.
Outputs are waveforms: a period costs an event only while something is to happen in it (an update from a shadow
register, an enabled interrupt, a sync). Faults and syncs act at once.

Where the manual is silent: a timer that starts has the events of its first value; one that is synchronised has not
those of its phase. The carrier's periods after the first pulse begin with the gap. A trip that "toggles" does so once.

Leaves out: the two clocks of synchronisers, fractions of a clock when a period changes at once, the register clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from esp32s3.gpio import GPIO
from esp32s3.mcpwm_capture import Capture
from esp32s3.mcpwm_operator import (
    FROZEN,
    NONE,
    TEA,
    TEB,
    TEP,
    TEZ,
    Chopped,
    Courses,
    Cycle,
    Exact,
    Operator,
    Signals,
    acted,
    events_of,
    flipped,
    position_of,
    since_of,
)
from esp32s3.mcpwm_registers import (
    CAPTURE,
    CAPTURES,
    EMPTY,
    FAULT,
    FAULT_CLEAR,
    FAULTS,
    FULL,
    OPERATORS,
    STAMP_A,
    STAMP_B,
    STOP,
    TIMERS,
    TRIP_CBC,
    TRIP_OST,
)
from twincore.model import NEVER, TICKS_PER_SECOND, Context, Field, Line, Value, state
from twincore.waveform import Course, Train, inverted, level_of, next_edge_of

SOURCE_TICKS = TICKS_PER_SECOND // 160_000_000
"""The period of the clock that PWM_clk is divided from."""

FIRST_OUTPUT = (160, 166)
FIRST_INPUT = (160, 169)
"""Signals of each unit in the GPIO matrix: outputs 0A to 2B; inputs SYNC0 to SYNC2, F0 to F2, CAP0 to CAP2."""
SYNCS = 3

AT_ZERO, AT_PERIOD, AT_SYNC, NOT_AT_ALL = 1, 2, 4, 8
"""Bits of an update method."""
METHODS = {TEZ: AT_ZERO, TEP: AT_PERIOD, TEA: 1 << 4, TEB: 1 << 5}
"""Bits of an update method by event; only the software force has the last two."""

LAZY = {EMPTY: TEZ, FULL: TEP, STAMP_A: TEA, STAMP_B: TEB}
"""Interrupts that are worked out when somebody looks, and the events that raise them."""


class _Made:
    """What each operator's signals do, worked out from the state."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Have everything worked out anew."""
        self.courses: list[Courses | None] = [None] * OPERATORS
        self.paths: list[Exact | None] = [None for _ in range(2 * OPERATORS)]
        """What each output's carrier got last."""


class MCPWM(Capture):
    """Interrupt: interrupt. Lines: out0a to out2b. unit: 0 or 1, for the signals of the GPIO matrix."""

    t_running: list[int] = state([0] * TIMERS)
    t_anchor: list[int] = state([0] * TIMERS)
    t_start: list[int] = state([0] * TIMERS)
    """The position of its cycle at which a timer was at its anchor."""
    t_value: list[int] = state([0] * TIMERS)
    t_direction: list[int] = state([0] * TIMERS)
    """Where a timer that does not count stands."""
    t_mode: list[int] = state([FROZEN] * TIMERS)
    t_prescale: list[int] = state([0] * TIMERS)
    t_period: list[int] = state([0xFF] * TIMERS)
    """The active registers of the timers."""
    t_stop: list[int] = state([NONE] * TIMERS)
    """The event at which a timer stops, NONE for none."""
    o_stamps: list[int] = state([0] * 2 * OPERATORS)
    o_actions: list[int] = state([0] * 2 * OPERATORS)
    o_delays: list[int] = state([0] * 2 * OPERATORS)
    o_force: list[int] = state([0] * 2 * OPERATORS)
    """The active registers of the operators, two each: A and B, or RED and FED."""
    o_since: list[int] = state([0] * OPERATORS)
    o_fresh: list[int] = state([0] * OPERATORS)
    """Since when an operator does what it does, and whether the events of that moment were still to come."""
    o_signals: list[int] = state([0, 0, 0, 0, NONE, NONE] * OPERATORS)
    """Each operator's `Signals` at that moment."""
    tripped: list[int] = state([0] * OPERATORS)
    """The kinds of trips that an operator is in (bit 0: for the cycle, bit 1: until cleared)."""
    trips: list[int] = state([NONE] * 4 * OPERATORS)
    """Levels that trips force: of operator, output, and kind (0: for the cycle, 1: one-shot); NONE: none."""
    rises: list[int] = state([0] * 2 * OPERATORS)
    """Since when each output that stays high is high, in front of the carrier."""
    inputs: int = state(0)
    """Levels of SYNC0 to SYNC2 and F0 to F2, a bit each."""
    raw_since: list[int] = state([0] * 4 * TIMERS)
    """An event later than this raises the interrupt, for each kind in `LAZY`."""
    pwm_tick: int = state(SOURCE_TICKS)
    """The period of PWM_clk so far."""

    def __init__(self, context: Context, *, unit: int = 0) -> None:
        super().__init__(context)
        self.unit = unit
        self.outputs = [self.line(f"out{n // 2}{'ab'[n % 2]}") for n in range(2 * OPERATORS)]
        self._lines: list[Line] = []
        self._input_courses: list[Course] = [0] * (SYNCS + FAULTS)
        self._made = _Made()

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if not isinstance(gpio, GPIO):
            return
        for n, line in enumerate(self.outputs):
            gpio.attach_output(FIRST_OUTPUT[self.unit] + n, line)
        for n in range(SYNCS + FAULTS):
            line = gpio.input(FIRST_INPUT[self.unit] + n)
            line.follow(partial(self._input_changed, n))
            self._lines.append(line)
        self._connect_captures(gpio, FIRST_INPUT[self.unit] + SYNCS + FAULTS)

    def after_reset(self) -> None:
        now = self.context.now_ticks()
        for n in range(TIMERS):
            for event in ("stop", "period", "sync_out", "update", "refresh"):
                self.context.cancel(event, n)
        for bit in range(CAPTURE):
            self.context.cancel("raw", bit)
        for n in range(SYNCS + FAULTS):
            self.context.cancel("input", n)
        self.inputs = sum(level_of(course, now) << n for n, course in enumerate(self._input_courses))
        self.o_since = [now] * OPERATORS
        self.raw_since = [now] * len(self.raw_since)
        self._reset_captures()
        self._work_out()
        self._update_interrupt()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._restore_captures()
        for n, line in enumerate(self._lines):
            self._input_courses[n] = line.course
        self._work_out()

    def _work_out(self) -> None:
        """Bring the outputs in line with the state."""
        self._made.forget()
        for op in range(OPERATORS):
            self._show(op)

    # Timers

    def _cycle(self, timer: int) -> Cycle | None:
        """Return how a timer counts, None while it does not."""
        if timer >= TIMERS or not self.t_running[timer] or self.t_mode[timer] == FROZEN:
            return None
        tick = self.pwm_tick * (self.t_prescale[timer] + 1)
        return Cycle(self.t_anchor[timer], tick, self.t_mode[timer], self.t_period[timer], self.t_start[timer])

    def _value(self, timer: int) -> tuple[int, int]:
        """Return (counter, direction) of a timer now."""
        cycle = self._cycle(timer)
        if cycle is None:
            return (self.t_value[timer], self.t_direction[timer]) if timer < TIMERS else (0, 0)
        return cycle.value_at(self.context.now_ticks())

    def _place(self, timer: int, value: int, direction: int, *, at: int | None = None) -> None:
        """Have a timer be at a value now, or at the moment `at`."""
        self.t_value[timer], self.t_direction[timer] = value, direction
        self.t_anchor[timer] = self.context.now_ticks() if at is None else at
        self.t_start[timer] = position_of(self.t_mode[timer], self.t_period[timer], value, direction)

    def _positions(self, timer: int, event: int, stamps: tuple[int, int] = (0, 0)) -> tuple[int, ...]:
        mode, period = self.t_mode[timer], self.t_period[timer]
        return tuple(position for position, each, _ in events_of(mode, period, stamps) if each == event)

    def _next(self, timer: int, event: int, after: int, stamps: tuple[int, int] = (0, 0)) -> int:
        """Return when an event of a timer comes later than `after`, NEVER while it stands."""
        cycle = self._cycle(timer)
        return NEVER if cycle is None else cycle.next_time(self._positions(timer, event, stamps), after)

    def _operators(self, timer: int) -> list[int]:
        return [op for op in range(OPERATORS) if self._timer_of(op) == timer]

    def _begin(self, timer: int, *, before: bool = False) -> None:
        """Bring what depends on a timer up to now; before: without the events of this very moment."""
        self._settle_raw()
        for op in self._operators(timer):
            if not before:
                self._update_now(op)
            self._advance(op, before=before)

    def _end(self, timer: int, *, fresh: bool = False) -> None:
        """Have everything follow a timer's new state; fresh: the events of this very moment are still to come."""
        now = self.context.now_ticks()
        for op in self._operators(timer):
            self._rebuild(op, fresh=fresh)
        if fresh:
            for index, since in enumerate(self.raw_since):
                self.raw_since[index] = now - 1 if self._raw_timer(index) == timer else since
        self._schedule_timer(timer, fresh=fresh)

    def _schedule_timer(self, timer: int, *, fresh: bool = False) -> None:
        now, stop, method = self.context.now_ticks(), self.t_stop[timer], self.TIMER_CFG0.TIMER_PERIOD_UPMETHOD
        self._schedule_sync_out(timer, now - fresh)  # before a stop at the same moment
        self.context.schedule(NEVER if stop == NONE else self._next(timer, stop, now), "stop", timer)
        is_due = self._has_new_period(timer) and self.get(method, timer) & AT_ZERO
        self.context.schedule(self._next(timer, TEZ, now) if is_due else NEVER, "period", timer)
        for op in self._operators(timer):
            self._schedule_operator(op)
        self._schedule_raw()

    def _schedule_sync_out(self, timer: int, after: int) -> None:
        out = {1: TEZ, 2: TEP}.get(self.get(self.TIMER_SYNC.TIMER_SYNCO_SEL, timer))
        is_used = out is not None and self._is_sync_source(timer + 1)
        due = self._next(timer, out, after) if out is not None and is_used else NEVER
        self.context.schedule(due, "sync_out", timer)

    def _updates_enabled(self, field: Field | None = None) -> bool:
        update = self.UPDATE_CFG
        return self.get(update.GLOBAL_UP_EN) == 1 and (field is None or self.get(field) == 1)

    def _has_new_period(self, timer: int) -> bool:
        return self.get(self.TIMER_CFG0.TIMER_PERIOD, timer) != self.t_period[timer] and self._updates_enabled()

    def _take_period(self, timer: int) -> None:
        """Have the period register take effect, at the value that the timer has."""
        value, direction = self._value(timer)
        cycle, now = self._cycle(timer), self.context.now_ticks()
        self.t_period[timer] = self.get(self.TIMER_CFG0.TIMER_PERIOD, timer)
        if cycle is not None:
            begin = now - (now - cycle.anchor) % cycle.tick
            self._place(timer, min(value, self.t_period[timer]), direction, at=begin)

    def write_TIMER_CFG0(self, n: int, value: int) -> None:
        if self._has_new_period(n) and not self.get(self.TIMER_CFG0.TIMER_PERIOD_UPMETHOD, n):
            self._begin(n)
            self._take_period(n)
            self._end(n)
        self._schedule_timer(n)

    def on_period(self, timer: int) -> None:
        """Have a new period take effect, at zero."""
        self._begin(timer, before=True)
        self._take_period(timer)
        for op in self._operators(timer):
            self._update(op, {TEZ})
        self._end(timer, fresh=True)

    def write_TIMER_CFG1(self, n: int, value: int) -> None:
        fields = self.TIMER_CFG1
        command, mode = fields.TIMER_START.of(value), fields.TIMER_MOD.of(value)
        is_start = command >= 2 and not self.t_running[n]
        self._begin(n)
        place = self._value(n)
        if is_start:
            self.t_running[n], self.t_prescale[n] = 1, self.get(self.TIMER_CFG0.TIMER_PRESCALE, n)
        if is_start or mode != self.t_mode[n]:
            self.t_mode[n] = mode
            self._place(n, *place)
        if is_start and place[0] == 0:
            if self._has_new_period(n) and self.get(self.TIMER_CFG0.TIMER_PERIOD_UPMETHOD, n) & AT_ZERO:
                self._take_period(n)
            for op in self._operators(n):
                self._update(op, {TEZ})
        self.t_stop[n] = (TEZ, TEP, NONE, TEZ, TEP, NONE, NONE, NONE)[command] if self.t_running[n] else NONE
        self._end(n, fresh=is_start)

    def on_stop(self, timer: int) -> None:
        """Stop a timer at the event that it was told."""
        self._begin(timer)
        place = self._value(timer)
        self.t_running[timer], self.t_stop[timer] = 0, NONE
        self._place(timer, *place)
        self._end(timer)
        self._raise(1 << STOP + timer)

    def write_CLK_CFG(self, value: int) -> None:
        places = []
        for timer in range(TIMERS):
            self._begin(timer)
            places.append(self._value(timer))
        self.pwm_tick = SOURCE_TICKS * (self.get(self.CLK_CFG.CLK_PRESCALE) + 1)
        for timer, place in enumerate(places):
            self._place(timer, *place)
            self._end(timer)

    def read_TIMER_STATUS(self, n: int) -> int:
        value, direction = self._value(n)
        if self.t_mode[n] == FROZEN:
            return value | direction << 16
        # the next value, also of a timer that has stopped: mcpwm_ll_timer_get_count_value() of ESP-IDF takes it back
        place = position_of(self.t_mode[n], self.t_period[n], value, direction)
        coming, _ = Cycle(0, 1, self.t_mode[n], self.t_period[n], place).value_at(1)
        return coming | direction << 16

    # Syncs

    def _selected_sync(self, timer: int) -> int:
        return self.get(self.TIMER_SYNCI_CFG) >> 3 * timer & 7

    def _is_sync_source(self, source: int) -> bool:
        """Tell whether a sync source (1 to 3: timers, 4 to 6: inputs) is used."""
        cap, enable = self.CAP_TIMER_CFG, self.TIMER_SYNC.TIMER_SYNCI_EN
        if self.get(cap.CAP_SYNCI_EN) and self.get(cap.CAP_SYNCI_SEL) == source:
            return True
        return any(self._selected_sync(timer) == source and self.get(enable, timer) for timer in range(TIMERS))

    def _sync_from(self, source: int, done: tuple[int, ...] = ()) -> None:
        """Carry out a sync of everything that a source synchronises; `done`: timers that had it already."""
        for timer in range(TIMERS):
            if self._selected_sync(timer) == source and timer not in done:
                self._sync(timer, done)
        cap = self.CAP_TIMER_CFG
        if self.get(cap.CAP_SYNCI_EN) and self.get(cap.CAP_SYNCI_SEL) == source:
            self._cap_sync()

    def _sync(self, timer: int, done: tuple[int, ...] = (), *, is_software: bool = False) -> None:
        """Carry out the sync in of a timer."""
        fields = self.TIMER_SYNC
        if self.get(fields.TIMER_SYNCI_EN, timer):
            self._begin(timer)
            if self.get(self.TIMER_CFG0.TIMER_PERIOD_UPMETHOD, timer) & AT_SYNC and self._has_new_period(timer):
                self._take_period(timer)
            phase, direction = self.get(fields.TIMER_PHASE, timer), self.get(fields.TIMER_PHASE_DIRECTION, timer)
            self._place(timer, min(phase, self.t_period[timer]), direction)
            for op in self._operators(timer):
                self._update(op, set(), at_sync=True)
                self._trigger(op, SYNCS)
            self._end(timer)
        if is_software or self.get(fields.TIMER_SYNCO_SEL, timer) == 0:
            self._sync_from(timer + 1, (*done, timer))

    def on_sync_out(self, timer: int) -> None:
        """Carry out a timer's sync out, at zero or at its period; its own sync in may be one that hears it."""
        self._sync_from(timer + 1)
        self._schedule_sync_out(timer, self.context.now_ticks())

    def write_TIMER_SYNC(self, n: int, value: int) -> None:
        self._sync_sources_changed()
        if (value ^ self.previous) & self.TIMER_SYNC.SW.bits:
            self._sync(n, is_software=True)

    def write_TIMER_SYNCI_CFG(self, value: int) -> None:
        self._sync_sources_changed()

    def _sync_sources_changed(self) -> None:
        for timer in range(TIMERS):
            self._schedule_timer(timer)
        for n in range(SYNCS + FAULTS):
            self._watch(n)

    # Inputs

    def _watch(self, n: int) -> None:
        """Make the edges of a sync or fault input events while it is used."""
        used = self._is_sync_source(4 + n) if n < SYNCS else self.get(self.FAULT_DETECT) >> n - SYNCS & 1
        edge = next_edge_of(self._input_courses[n], self.context.now_ticks()) if used else NEVER
        self.context.schedule(edge, "input", n)

    def _input_changed(self, n: int, course: Course) -> None:
        self._input_courses[n] = course
        self.on_input(n)

    def on_input(self, n: int) -> None:
        """Follow the level of a sync or fault input."""
        level = level_of(self._input_courses[n], self.context.now_ticks())
        if level != self.inputs >> n & 1:
            self.inputs ^= 1 << n
            inverted = self.get(self.TIMER_SYNCI_CFG) >> 9 + n & 1 if n < SYNCS else 0
            if n >= SYNCS:
                self._follow_fault(n - SYNCS)
            elif level ^ inverted:
                self._sync_from(4 + n)
        self._watch(n)

    # Faults

    def write_FAULT_DETECT(self, value: int) -> None:
        for fault in range(FAULTS):
            n, now = SYNCS + fault, self.context.now_ticks()
            self.inputs = self.inputs & ~(1 << n) | level_of(self._input_courses[n], now) << n
            self._follow_fault(fault)
            self._watch(n)

    def _follow_fault(self, fault: int) -> None:
        """Bring a fault in line with its input."""
        conf = self.get(self.FAULT_DETECT)
        is_on = conf >> fault & 1 and (self.inputs >> SYNCS + fault & 1) == conf >> 3 + fault & 1
        if bool(is_on) == bool(conf >> 6 + fault & 1):
            return
        self.put(self.FAULT_DETECT, conf ^ 1 << 6 + fault)
        if not is_on:
            self._raise(1 << FAULT_CLEAR + fault)
            return
        for op in range(OPERATORS):
            self._settle_raw()
            self._advance(op)
            self._trigger(op, fault)
            self._rebuild(op)
            trip = self.get(self.TZ_CFG0, op)
            if trip >> 3 - fault & 1:
                self._trip(op, 0)
            if trip >> 7 - fault & 1:
                self._trip(op, 1)
        self._raise(1 << FAULT + fault)

    def _trigger(self, op: int, source: int) -> None:
        """Have a fault or a sync (source 3) act on the generators of an operator that was brought up to now."""
        fields, (_, falling) = self.GEN_CFG0, self._value(self._timer_of(op))
        signals = self._signals(op)
        for number, select in enumerate((fields.T0_SEL, fields.T1_SEL)):
            if self.get(select, op) == source:
                shift = (20 if falling else 8) + 2 * number
                signals.a = acted(signals.a, self.o_actions[2 * op] >> shift & 3)
                signals.b = acted(signals.b, self.o_actions[2 * op + 1] >> shift & 3)
        self._keep(op, signals)

    def _trip(self, op: int, kind: int) -> None:
        """Trip an operator for the cycle (kind 0) or until software clears it (kind 1)."""
        fields, (_, falling) = self.TZ_CFG0, self._value(self._timer_of(op))
        actions = (
            ((fields.A_CBC_U, fields.A_CBC_D), (fields.A_OST_U, fields.A_OST_D)),
            ((fields.B_CBC_U, fields.B_CBC_D), (fields.B_OST_U, fields.B_OST_D)),
        )
        for output in range(2):
            action = self.get(actions[output][kind][falling], op)
            level = acted(self.outputs[2 * op + output].level, action) if action else NONE
            self.trips[4 * op + 2 * output + kind] = level
        self.tripped[op] |= 1 << kind
        self._show(op)
        self._schedule_operator(op)
        self._raise(1 << (TRIP_OST if kind else TRIP_CBC) + op)

    def _end_trip(self, op: int, kind: int) -> None:
        for output in range(2):
            self.trips[4 * op + 2 * output + kind] = NONE
        self.tripped[op] &= ~(1 << kind)
        self._show(op)
        self._schedule_operator(op)

    def on_refresh(self, op: int) -> None:
        """End a trip for the cycle unless its fault is still there."""
        if self.read_TZ_STATUS(op) & 1:
            self._schedule_operator(op)
        else:
            self._end_trip(op, 0)

    def read_TZ_STATUS(self, n: int) -> int:
        """Return of which kinds of trips a fault is there now: ESP-IDF clears a trip only where that is none."""
        faults, trip = self.get(self.FAULT_DETECT), self.get(self.TZ_CFG0, n)
        active = [fault for fault in range(FAULTS) if faults >> 6 + fault & 1]
        for_cycle, until_cleared = (any(trip >> first - fault & 1 for fault in active) for first in (3, 7))
        return for_cycle | until_cleared << 1

    def write_TZ_CFG1(self, n: int, value: int) -> None:
        fields, changed = self.TZ_CFG1, self.previous ^ value
        if fields.CLR_OST.of(value & changed):
            self._end_trip(n, 1)
        if fields.FORCE_CBC.of(changed) and self.get(self.TZ_CFG0.SW_CBC, n):
            self._trip(n, 0)
        if fields.FORCE_OST.of(changed) and self.get(self.TZ_CFG0.SW_OST, n):
            self._trip(n, 1)
        self._schedule_operator(n)

    # Operators

    def _timer_of(self, op: int) -> int:
        return self.get(self.OPERATOR_TIMERSEL) >> 2 * op & 3

    def _stamps(self, op: int) -> tuple[int, int]:
        return self.o_stamps[2 * op], self.o_stamps[2 * op + 1]

    def _operator(self, op: int) -> Operator:
        timer, fields = self._timer_of(op), self.DB_CFG
        tick = self.pwm_tick
        if self.get(fields.CLK_SEL, op) and timer < TIMERS:
            tick *= self.t_prescale[timer] + 1
        forced = [{1: 0, 2: 1}.get(self.o_force[2 * op + generator]) for generator in range(2)]
        return Operator(
            self._cycle(timer),
            self._stamps(op),
            (self.o_actions[2 * op], self.o_actions[2 * op + 1]),
            (forced[0], forced[1]),
            ((self.o_delays[2 * op] + 1) * tick, (self.o_delays[2 * op + 1] + 1) * tick),
            (self.get(fields.RED_INSEL, op), self.get(fields.FED_INSEL, op)),
            self.get(fields.DEB_MODE, op) == 1,
        )

    def _signals(self, op: int) -> Signals:
        return Signals(*self.o_signals[6 * op : 6 * op + 6])

    def _keep(self, op: int, signals: Signals) -> None:
        self.o_signals[6 * op : 6 * op + 6] = vars(signals).values()

    def _courses(self, op: int) -> Courses:
        """Return what an operator's signals do since `o_since`."""
        made = self._made.courses[op]
        if made is None:
            made = self._operator(op).unroll(self._signals(op), self.o_since[op], fresh=self.o_fresh[op] == 1)
            self._made.courses[op] = made
        return made

    def _advance(self, op: int, *, before: bool = False) -> None:
        """Bring an operator's signals up to now; before: without the events of this very moment."""
        since, at = self.o_since[op], self.context.now_ticks() - before
        if at < since:
            return
        operator, courses, signals = self._operator(op), self._courses(op), self._signals(op)
        now = Signals(*(level_of(course, at) for course in courses))
        sources: list[Exact] = [
            course if force is None else force for course, force in zip(courses[:2], operator.forced, strict=True)
        ]
        red_source = sources[operator.sources[0]]
        fed_source = courses.red if operator.in_series else sources[operator.sources[1]]
        if level_of(red_source, at) and not now.red:
            now.red_due = _due(red_source, at, since, signals.red_due, operator.delays[0])
        if not level_of(fed_source, at) and now.fed:
            now.fed_due = _due(fed_source, at, since, signals.fed_due, operator.delays[1])
        self._keep(op, now)
        self.o_since[op], self.o_fresh[op] = self.context.now_ticks(), int(before)
        self._made.courses[op] = None

    def _rebuild(self, op: int, *, fresh: bool = False) -> None:
        """Have an operator that was brought up to now do what its registers say."""
        self.o_fresh[op] = int(fresh)
        self._made.courses[op] = None
        self._show(op)

    def _show(self, op: int) -> None:
        """Give the outputs of an operator what comes out behind delays, carrier and trips."""
        fields, courses, operator = self.DB_CFG, self._courses(op), self._operator(op)
        a, b = (course if force is None else force for course, force in zip(courses[:2], operator.forced, strict=True))
        red = flipped(courses.red) if self.get(fields.RED_OUTINVERT, op) else courses.red
        fed = flipped(courses.fed) if self.get(fields.FED_OUTINVERT, op) else courses.fed
        path_a: Exact = a if self.get(fields.A_OUTBYPASS, op) else red
        path_b: Exact = b if self.get(fields.B_OUTBYPASS, op) else fed
        paths = (
            path_b if self.get(fields.A_OUTSWAP, op) else path_a,
            path_a if self.get(fields.B_OUTSWAP, op) else path_b,
        )
        for output, path in enumerate(paths):
            cycle, one_shot = self.trips[4 * op + 2 * output : 4 * op + 2 * output + 2]
            tripped = cycle if one_shot == NONE else one_shot
            line = 2 * op + output
            carried = self._with_rise(line, flipped(path) if self.get(self.CHOPPER_CFG.IN_INVERT, op) else path)
            self.outputs[line].set(self._chopped(op, path, carried) if tripped == NONE else tripped)

    def _with_rise(self, line: int, path: Exact) -> Exact:
        """Return a path of which the carrier can tell since when it is high, if it is."""
        before, self._made.paths[line] = self._made.paths[line], path
        if path != 1:
            return path
        if before is not None and before != 1:
            now = self.context.now_ticks()
            was_high = level_of(before, now - 1)
            self.rises[line] = since_of(before, now - 1) if was_high else now
        return Train(0, (self.rises[line],))

    def _chopped(self, op: int, path: Exact, carried: Exact) -> Course:
        """Return what the carrier makes of `carried`, or `path` where there is no carrier."""
        fields = self.CHOPPER_CFG
        if not self.get(fields.EN, op):
            return path
        eighth = self.pwm_tick * (self.get(fields.PRESCALE, op) + 1)
        first = 8 * eighth * (self.get(fields.OSHTWTH, op) + 1)
        course: Course = carried
        if not isinstance(carried, int):
            course = Chopped(carried, 8 * eighth, self.get(fields.DUTY, op) * eighth, first)
        return inverted(course) if self.get(fields.OUT_INVERT, op) else course

    # Shadow registers

    def _shadows(self, op: int) -> list[tuple[list[int], int, int, int]]:
        """Return (active registers, index, what the shadow has, update method) of what an operator updates."""
        cmpr, gen, db, force = self.CMPR_CFG, self.GEN_CFG0, self.DB_CFG, self.GEN_FORCE
        a, b = 2 * op, 2 * op + 1
        method = self.get(force.CNTUFORCE_UPMETHOD, op)
        # the force has more events: they come behind the four bits that the others have
        method = method & 3 | method >> 2 & 4 | method >> 2 & 8 | method << 2 & 0x30
        return [
            (self.o_stamps, a, self.get(self.CMPR_A.A, op), self.get(cmpr.A_UPMETHOD, op)),
            (self.o_stamps, b, self.get(self.CMPR_B.B, op), self.get(cmpr.B_UPMETHOD, op)),
            (self.o_actions, a, self.get(self.GEN_A, op), self.get(gen.CFG_UPMETHOD, op)),
            (self.o_actions, b, self.get(self.GEN_B, op), self.get(gen.CFG_UPMETHOD, op)),
            (self.o_delays, a, self.get(self.DB_RED_CFG.RED, op), self.get(db.RED_UPMETHOD, op)),
            (self.o_delays, b, self.get(self.DB_FED_CFG.FED, op), self.get(db.FED_UPMETHOD, op)),
            (self.o_force, a, self.get(force.A_CNTUFORCE_MODE, op), method),
            (self.o_force, b, self.get(force.B_CNTUFORCE_MODE, op), method),
        ]

    def _pending(self, op: int) -> list[tuple[list[int], int, int, int]]:
        """Return those shadows that differ from what is active and may update it."""
        update = self.UPDATE_CFG
        if not self._updates_enabled((update.OP0_UP_EN, update.OP1_UP_EN, update.OP2_UP_EN)[op]):
            return []
        return [each for each in self._shadows(op) if each[0][each[1]] != each[2] and not each[3] & NOT_AT_ALL]

    def _update(self, op: int, events: set[int], *, at_sync: bool = False) -> None:
        """Take in the shadows that update at some events, at sync, or (neither) at once."""
        happened = sum(METHODS[event] for event in events) | (AT_SYNC if at_sync else 0)
        for active, index, value, method in self._pending(op):
            if method & happened or (not happened and not method):
                active[index] = value

    def _written(self, op: int) -> None:
        """Follow a store to a shadow register of an operator."""
        if any(not method for *_, method in self._pending(op)):
            self._settle_raw()
            self._advance(op)
            self._update(op, set())
            self._rebuild(op)
            self._schedule_raw()
        self._schedule_operator(op)

    def _schedule_operator(self, op: int) -> None:
        """Schedule the next update of a shadow, and the end of a trip for the cycle."""
        now, timer, stamps = self.context.now_ticks(), self._timer_of(op), self._stamps(op)
        methods = 0
        for *_, method in self._pending(op):
            methods |= method
        times = [self._next(timer, event, now, stamps) for event, bit in METHODS.items() if methods & bit]
        self.context.schedule(min(times, default=NEVER), "update", op)
        refresh = self.get(self.TZ_CFG1.CBCPULSE, op) if self.tripped[op] & 1 else 0
        times = [self._next(timer, event, now) for event, bit in ((TEZ, AT_ZERO), (TEP, AT_PERIOD)) if refresh & bit]
        self.context.schedule(min(times, default=NEVER), "refresh", op)

    def on_update(self, op: int) -> None:
        """Update shadows at the events of this very moment."""
        self._settle_raw()
        self._update_now(op)
        self._schedule_operator(op)
        self._schedule_raw()

    def _update_now(self, op: int) -> None:
        """Update the shadows that the events of this very moment update, if there are any."""
        now, timer, stamps = self.context.now_ticks(), self._timer_of(op), self._stamps(op)
        events = {event for event in METHODS if self._next(timer, event, now - 1, stamps) == now}
        methods = sum(METHODS[event] for event in events)
        if any(method & methods for *_, method in self._pending(op)):
            self._advance(op, before=True)
            self._update(op, events)
            self._rebuild(op, fresh=True)

    def write_CMPR_CFG(self, n: int, value: int) -> None:
        self._written(n)

    def write_CMPR_A(self, n: int, value: int) -> None:
        self._written(n)

    def write_CMPR_B(self, n: int, value: int) -> None:
        self._written(n)

    def write_GEN_CFG0(self, n: int, value: int) -> None:
        self._written(n)

    def write_GEN_A(self, n: int, value: int) -> None:
        self._written(n)

    def write_GEN_B(self, n: int, value: int) -> None:
        self._written(n)

    def write_DB_RED_CFG(self, n: int, value: int) -> None:
        self._written(n)

    def write_DB_FED_CFG(self, n: int, value: int) -> None:
        self._written(n)

    def read_CMPR_CFG(self, n: int) -> int:
        fields = self.CMPR_CFG
        stamps = self._shadows(n)[:2]
        full = [int(active[index] != value) for active, index, value, _ in stamps]
        return fields.B_SHDW_FULL.into(fields.A_SHDW_FULL.into(self.get(fields, n), full[0]), full[1])

    def write_GEN_FORCE(self, n: int, value: int) -> None:
        fields, changed = self.GEN_FORCE, self.previous ^ value
        once = ((fields.A_NCIFORCE, fields.A_NCIFORCE_MODE), (fields.B_NCIFORCE, fields.B_NCIFORCE_MODE))
        actions = [mode.of(value) % 3 if trigger.of(changed) else 0 for trigger, mode in once]
        if any(actions):
            self._advance(n)
            signals = self._signals(n)
            signals.a, signals.b = acted(signals.a, actions[0]), acted(signals.b, actions[1])
            self._keep(n, signals)
            self._rebuild(n)
        self._written(n)

    def write_DB_CFG(self, n: int, value: int) -> None:
        written = self.get(self.DB_CFG, n)
        self.put(self.DB_CFG, self.previous, n)
        self._advance(n)
        self.put(self.DB_CFG, written, n)
        self._rebuild(n)
        self._written(n)

    def write_CHOPPER_CFG(self, n: int, value: int) -> None:
        self._show(n)

    def write_OPERATOR_TIMERSEL(self, value: int) -> None:
        written = self.get(self.OPERATOR_TIMERSEL)
        self.put(self.OPERATOR_TIMERSEL, self.previous)
        self._settle_raw()
        for op in range(OPERATORS):
            self._advance(op)
        self.put(self.OPERATOR_TIMERSEL, written)
        for op in range(OPERATORS):
            self._rebuild(op)
            self._schedule_operator(op)
        self._schedule_raw()

    def write_UPDATE_CFG(self, value: int) -> None:
        fields, changed = self.UPDATE_CFG, self.previous ^ value
        forced = (fields.OP0_FORCE_UP, fields.OP1_FORCE_UP, fields.OP2_FORCE_UP)
        for op in range(OPERATORS):
            if fields.GLOBAL_FORCE_UP.of(changed) or forced[op].of(changed):
                self._settle_raw()
                self._advance(op)
                for active, index, shadow, _ in self._shadows(op):
                    active[index] = shadow
                self._rebuild(op)
            self._written(op)
        for timer in range(TIMERS):
            is_new = self.get(self.TIMER_CFG0.TIMER_PERIOD, timer) != self.t_period[timer]
            if fields.GLOBAL_FORCE_UP.of(changed) and is_new:
                self._begin(timer)
                self._take_period(timer)
                self._end(timer)
            self._schedule_timer(timer)

    # Interrupts

    def _raw_timer(self, index: int) -> int:
        """Return the timer whose events raise the interrupt of an entry of `raw_since`."""
        kind, n = divmod(index, TIMERS)
        return n if kind < 2 else self._timer_of(n)

    def _next_raw(self, index: int, after: int) -> int:
        """Return when an interrupt of `LAZY` is raised later than `after`."""
        kind, n = divmod(index, TIMERS)
        stamps = (0, 0) if kind < 2 else self._stamps(n)
        return self._next(self._raw_timer(index), tuple(LAZY.values())[kind], after, stamps)

    def _raw_bit(self, index: int) -> int:
        kind, n = divmod(index, TIMERS)
        return tuple(LAZY)[kind] + n

    def _settle_raw(self) -> None:
        """Raise the interrupts whose events have come up to now."""
        now, raised = self.context.now_ticks(), 0
        counting = [timer for timer in range(TIMERS) if self._cycle(timer) is not None]
        if counting:  # firmware polls the register: no event is looked for where nothing counts
            raw = self.get(self.INT_RAW)
            for index, since in enumerate(self.raw_since):
                bit = self._raw_bit(index)
                is_open = self._raw_timer(index) in counting and not raw >> bit & 1
                if is_open and self._next_raw(index, since) <= now:
                    raised |= 1 << bit
        for index, since in enumerate(self.raw_since):
            if since < now:
                self.raw_since[index] = now
        if raised:
            self._raise(raised)

    def _schedule_raw(self) -> None:
        for index, since in enumerate(self.raw_since):
            bit = self._raw_bit(index)
            self.context.schedule(self._next_raw(index, since) if self._is_wanted(bit) else NEVER, "raw", bit)

    def on_raw(self, bit: int) -> None:
        self._settle_raw()
        self._schedule_raw()

    def _settle_all(self) -> None:
        self._settle_raw()
        for n in range(CAPTURES):
            self._settle_capture(n)

    def read_INT_RAW(self) -> int:
        self._settle_all()
        return self.get(self.INT_RAW)

    def write_INT_RAW(self, value: int) -> None:
        self.write_INT_CLR(value)

    def write_INT_CLR(self, value: int) -> None:
        self._settle_all()
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._follow_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._settle_all()
        self._follow_interrupts()

    def _follow_interrupts(self) -> None:
        self._update_interrupt()
        self._schedule_raw()
        for n in range(CAPTURES):
            self._schedule_capture(n)


def _due(source: Exact, at: int, since: int, before: int, delay: int) -> int:
    """Return when a delay will be over that runs at a moment; `before`: when it would have been, as of `since`."""
    began = since_of(source, at)
    if began > since:
        return began + delay
    return before if before != NONE else since + delay
