"""MCPWM's capture: the moments of edges on three inputs, by a 32-bit counter of the APB clock.

A channel follows its input and looks for captures when somebody asks; only an enabled interrupt makes the next one an
event. Prescaled, every so many-th rising edge and every so many-th falling one is captured.
"""

from __future__ import annotations

from functools import partial

from esp32s3.gpio import GPIO
from esp32s3.mcpwm_registers import CAPTURE, CAPTURES, McpwmRegisters
from twincore.model import NEVER, Context, Line, Register, state
from twincore.waveform import Course, edges_of, level_of, next_edge_of

LOOK_AHEAD = 4096
"""So many edges are worked out at once."""


class Capture(McpwmRegisters):
    """The part of MCPWM that captures."""

    cap_base: int = state(0)
    cap_anchor: int = state(0)
    """The counter at a moment, in ticks, from which it counts while it is enabled."""
    cap_clock: int = state(0)
    """The period of the clock that it counts so far."""
    cap_seen: list[int] = state([0] * CAPTURES)
    """Up to when each channel has looked."""
    cap_levels: list[int] = state([0] * CAPTURES)
    cap_counts: list[int] = state([0] * 2 * CAPTURES)
    """Falling and rising edges of each channel since a capture by one of them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cap_lines: list[Line] = []
        self._cap_courses: list[Course] = [0] * CAPTURES
        """What each input does since `cap_seen`."""
        context.clock("apb").listen(self._cap_clock_changed)

    def _connect_captures(self, gpio: GPIO, first_signal: int) -> None:
        for n in range(CAPTURES):
            line = gpio.input(first_signal + n)
            line.follow(partial(self._cap_input_changed, n))
            self._cap_lines.append(line)

    def _reset_captures(self) -> None:
        now = self.context.now_ticks()
        self.cap_anchor, self.cap_clock = now, self.context.clock("apb").period_ticks
        for n in range(CAPTURES):
            self.cap_seen[n], self.cap_levels[n] = now, level_of(self._cap_courses[n], now)
            self.context.cancel("capture", n)

    def _restore_captures(self) -> None:
        for n, line in enumerate(self._cap_lines):
            self._cap_courses[n] = line.course

    # The counter

    def _cap_count(self, ticks: int) -> int:
        passed = (ticks - self.cap_anchor) // self.cap_clock if self.get(self.CAP_TIMER_CFG.CAP_TIMER_EN) else 0
        return self.cap_base + passed & 0xFFFF_FFFF

    def _cap_load(self, count: int) -> None:
        self.cap_base, self.cap_anchor = count, self.context.now_ticks()

    def _cap_clock_changed(self) -> None:
        for n in range(CAPTURES):
            self._settle_capture(n)
        self._cap_load(self._cap_count(self.context.now_ticks()))
        self.cap_clock = self.context.clock("apb").period_ticks

    def _cap_sync(self) -> None:
        """Follow a sync of the counter."""
        for n in range(CAPTURES):
            self._settle_capture(n)
        self._cap_load(self.get(self.CAP_TIMER_PHASE))

    def write_CAP_TIMER_CFG(self, value: int) -> None:
        fields, written = self.CAP_TIMER_CFG, self.get(self.CAP_TIMER_CFG)
        self.put(fields, self.previous)
        for n in range(CAPTURES):
            self._settle_capture(n)
        self._cap_load(self._cap_count(self.context.now_ticks()))
        self.put(fields, written)
        if fields.CAP_SYNC_SW.of(value) and fields.CAP_SYNCI_EN.of(value):
            self._cap_sync()
        self._sync_sources_changed()

    def _sync_sources_changed(self) -> None:
        """Follow a change of what is synchronised by what."""
        raise NotImplementedError

    # Channels

    def _take_edge(self, n: int, ticks: int, level: int, *, counts: list[int]) -> bool:
        """Follow an edge of a channel's input; return whether it is captured."""
        conf = self.get(self.CAP_CH_CFG, n)
        fields, rises = self.CAP_CH_CFG, level ^ self.CAP_CH_CFG.IN_INVERT.of(conf)
        if not fields.EN.of(conf) or not fields.MODE.of(conf) >> rises & 1:
            return False
        place = 2 * n + rises
        counts[place] = (counts[place] + 1) % (fields.PRESCALE.of(conf) + 1)
        return counts[place] == 0

    def _capture(self, n: int, ticks: int, *, falls: int) -> None:
        self.put(self.CAP_CH, self._cap_count(ticks), n)
        bit = 1 << n
        self.put(self.CAP_STATUS, self.get(self.CAP_STATUS) & ~bit | falls << n)
        self._raise(1 << CAPTURE + n)

    def _hear(self, n: int, ticks: int, level: int) -> None:
        self.cap_levels[n] = level
        if self._take_edge(n, ticks, level, counts=self.cap_counts):
            self._capture(n, ticks, falls=1 - (level ^ self.get(self.CAP_CH_CFG.IN_INVERT, n)))

    def _settle_capture(self, n: int) -> None:
        """Capture what came up to now."""
        now = self.context.now_ticks()
        if now > self.cap_seen[n]:
            for moment, level in edges_of(self._cap_courses[n], self.cap_seen[n], now):
                self._hear(n, moment, level)
            self.cap_seen[n] = now

    def _cap_input_changed(self, n: int, course: Course) -> None:
        self._settle_capture(n)
        now = self.context.now_ticks()
        level = level_of(course, now)
        if level != self.cap_levels[n]:
            self._hear(n, now, level)
        self._cap_courses[n] = course
        self._schedule_capture(n)

    def _schedule_capture(self, n: int) -> None:
        """Make the next capture an event while its interrupt is enabled and not raised."""
        self.context.schedule(self._next_capture(n) if self._is_wanted(CAPTURE + n) else NEVER, "capture", n)

    def _next_capture(self, n: int) -> int:
        moment, counts, course = self.cap_seen[n], list(self.cap_counts), self._cap_courses[n]
        level = self.cap_levels[n]
        for _ in range(LOOK_AHEAD):
            moment = next_edge_of(course, moment)
            if moment == NEVER or not self.get(self.CAP_CH_CFG.EN, n):
                return NEVER
            before, level = level, level_of(course, moment)
            if level != before and self._take_edge(n, moment, level, counts=counts):
                return moment
        return moment

    def on_capture(self, n: int) -> None:
        self._settle_capture(n)
        self._schedule_capture(n)

    def write_CAP_CH_CFG(self, n: int, value: int) -> None:
        fields: type[Register] = self.CAP_CH_CFG
        written = self.get(fields, n)
        self.put(fields, self.previous, n)
        self._settle_capture(n)
        self.put(fields, written, n)
        if self.CAP_CH_CFG.SW.of(value):
            self._capture(n, self.context.now_ticks(), falls=0)
        self._schedule_capture(n)

    def read_CAP_CH(self, n: int) -> int:
        self._settle_capture(n)
        return self.get(self.CAP_CH, n)

    def read_CAP_STATUS(self) -> int:
        for n in range(CAPTURES):
            self._settle_capture(n)
        return self.get(self.CAP_STATUS)
