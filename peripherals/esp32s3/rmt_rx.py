"""RMT's four receivers: pulses from a pin into memory or DMA.

A receiver follows what its pin does. It works out the edges ahead up to the one that brings a threshold, the end of the
memory or silence, and has an event then, not one for each edge. Firmware that looks earlier finds what came so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from esp32s3.gdma import RMT as DMA_RMT
from esp32s3.rmt_registers import (
    BLOCK_WORDS,
    FIRST_SIGNAL,
    MEMORY_WORDS,
    RECEIVERS,
    RX_DMA_FAIL,
    RX_END,
    RX_ERR,
    RX_THR,
    SENDERS,
    Pace,
    RmtRegisters,
)
from twincore.model import NEVER, Context, Line, Register, Value, state
from twincore.waveform import Course, edges_of, level_of, next_edge_of

DMA_CHANNEL = 3
"""The receiver that can use DMA, channel 7."""

RECEIVING = 1
"""What STATE reads while a channel receives (the chip steps through several states)."""

LOOK_AHEAD = 4 * MEMORY_WORDS
"""So many edges are worked out at once."""

NONE = -1
"""In place of a moment or a value that is not there."""


@dataclass
class Ear:
    """A receiver's filter and counter: turns the edges of its input into pulses and the silence after them.

    level: after the filter. since: when it began, NONE before the first edge. pending: when the other level began that
    has not lasted for its `shortest` yet, NONE for none. silence: how long a level lasts at most, all in ticks.
    """

    level: int
    since: int
    pending: int
    shortest: tuple[int, int]
    silence: int

    def hear(self, edges: Iterable[int], until: int) -> Iterator[tuple[int, int, int]]:
        """Yield (moment, level, ticks that it lasted) of pulses up to `until`; NONE in place of ticks is silence."""
        for moment in edges:
            yield from self._wait(moment)
            self.pending = moment if self.pending == NONE else NONE
            yield from self._wait(moment)
        yield from self._wait(until)

    def _wait(self, until: int) -> Iterator[tuple[int, int, int]]:
        """Let time pass without an edge."""
        while True:
            silent = self.since + self.silence if self.since != NONE else NEVER
            if self.pending != NONE and self.pending < silent:
                if self.pending + self.shortest[1 - self.level] > until:
                    return
                if self.since != NONE:
                    yield self.pending, self.level, self.pending - self.since
                self.level, self.since, self.pending = 1 - self.level, self.pending, NONE
            elif silent <= until:
                self.since = NONE
                yield silent, self.level, NONE
            else:
                return


class Receiver(RmtRegisters):
    """The part of RMT that receives."""

    consuming = frozenset({"CH_DATA"})

    rx_active: list[int] = state([0] * RECEIVERS)
    rx_seen: list[int] = state([0] * RECEIVERS)
    """Up to when edges were taken in."""
    rx_levels: list[int] = state([0] * RECEIVERS)
    rx_since: list[int] = state([NONE] * RECEIVERS)
    rx_pending: list[int] = state([NONE] * RECEIVERS)
    """Level, since and pending of each channel's `Ear`."""
    rx_halves: list[int] = state([NONE] * RECEIVERS)
    """The first pulse of an entry whose second one is still to come, NONE for none."""
    rx_offsets: list[int] = state([0] * RECEIVERS)
    """Offset in the channel's memory of the next entry."""
    rx_counts: list[int] = state([0] * RECEIVERS)
    """Entries since the last threshold event."""
    rx_apb: list[int] = state([0] * RECEIVERS)
    """Offset in the channel's memory where CHnDATA reads."""
    rx_sclk: list[int] = state([0, 1])
    """The pace of rmt_sclk so far."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._inputs: list[Line] = []
        self._courses: list[Course] = [0] * RECEIVERS
        """What each input does since `rx_seen`."""

    def connect(self) -> None:
        super().connect()
        if self.gpio is not None:
            for n in range(RECEIVERS):
                line = self.gpio.input(FIRST_SIGNAL + n)
                line.follow(partial(self._input_changed, n))
                self._inputs.append(line)

    def rx_reset(self) -> None:
        """Be idle, after the registers went back to their defaults."""
        self.rx_sclk = list(self._sclk())
        for n in range(RECEIVERS):
            self.context.cancel("rx", n)
            self._watch_memory(n)

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._courses = [line.course for line in self._inputs] or self._courses
        for n in range(RECEIVERS):
            self._watch_memory(n)

    # What comes in

    def _rx_pace(self, n: int) -> Pace:
        divider = self.get(self.RX_CONF0.DIV_CNT, n) or 256
        return Pace(self.rx_sclk[0] * divider, self.rx_sclk[1])

    def _ear(self, n: int) -> Ear:
        conf, filtered, pace = self.RX_CONF0, self.RX_CONF1, self._rx_pace(n)
        sclk = Pace(*self.rx_sclk)
        shortest = [0, 0]
        if self.get(filtered.RX_FILTER_EN, n):
            shortest = [sclk.time_of(self.get(filtered.RX_FILTER_THRES, n))] * 2
        if self.get(conf.CARRIER_EN, n):  # the gaps of a carrier are no pulses
            limits, on = self.RX_CARRIER_RM, self.get(conf.CARRIER_OUT_LV, n)
            gap = self.get(limits.CARRIER_LOW_THRES if on else limits.CARRIER_HIGH_THRES, n)
            shortest[1 - on] = max(shortest[1 - on], pace.time_of(gap + 1))
        silence = max(pace.time_of(self.get(conf.IDLE_THRES, n)), 1)
        return Ear(self.rx_levels[n], self.rx_since[n], self.rx_pending[n], (shortest[0], shortest[1]), silence)

    def _settle_rx(self, n: int) -> None:
        """Take in what came up to now."""
        now = self.context.now_ticks()
        if self.rx_active[n] and now > self.rx_seen[n]:
            self._hear(n, [moment for moment, _ in edges_of(self._courses[n], self.rx_seen[n], now)], now)

    def _hear(self, n: int, edges: list[int], until: int) -> None:
        ear, pace = self._ear(n), self._rx_pace(n)
        if not pace.ticks:
            return
        for _, level, ticks in ear.hear(edges, until):
            if ticks == NONE:
                self._silence(n, level)
            else:
                self._pulse(n, level, pace.nearest(ticks))
        self.rx_levels[n], self.rx_since[n], self.rx_pending[n], self.rx_seen[n] = (
            ear.level,
            ear.since,
            ear.pending,
            until,
        )

    def _pulse(self, n: int, level: int, duration: int) -> None:
        half = level << 15 | min(max(duration, 1), 0x7FFF)
        if self.rx_halves[n] == NONE:
            self.rx_halves[n] = half
        else:
            self._store(n, self.rx_halves[n] | half << 16)
            self.rx_halves[n] = NONE

    def _silence(self, n: int, level: int) -> None:
        """End the reception: the entry with the end marker is the last."""
        first, self.rx_halves[n] = self.rx_halves[n], NONE
        self._store(n, level << 15 if first == NONE else first | level << 31, is_last=True)
        self._raise(1 << RX_END + n)

    def _store(self, n: int, word: int, *, is_last: bool = False) -> None:
        if self._rx_has_dma(n):
            stored = 0 if self.dma is None else self.dma.give(DMA_RMT, word.to_bytes(4, "little"), eof=is_last)
            if stored < 4:
                self._raise(RX_DMA_FAIL | 1 << RX_ERR + n)
            return
        size, wraps = self._rx_size(n), self.get(self.RX_CONF1.MEM_RX_WRAP_EN, n)
        if self.rx_offsets[n] >= size:
            if not wraps:
                self.put(self.RX_STATUS.MEM_FULL, 1, n)
                self._raise(1 << RX_ERR + n)
                return
            self.rx_offsets[n] = 0
        self.words[self._rx_place(n, self.rx_offsets[n])] = word
        self.rx_offsets[n] += 1
        if wraps and self.rx_offsets[n] == size:
            self.rx_offsets[n] = 0  # at once: ESP-IDF's driver finds the last entry by it
        self.rx_counts[n] += 1
        if self.rx_counts[n] == self.get(self.RX_LIM.RX_LIM, n):
            self.rx_counts[n] = 0
            self._raise(1 << RX_THR + n)

    def _rx_has_dma(self, n: int) -> bool:
        return n == DMA_CHANNEL and self.get(self.RX_CONF0.DMA_ACCESS_EN, n) == 1

    def _rx_size(self, n: int) -> int:
        return max(self.get(self.RX_CONF0.MEM_SIZE, n), 1) * BLOCK_WORDS

    def _rx_place(self, n: int, offset: int) -> int:
        """Return the index in `words` of an entry of a channel's memory."""
        return self.MEM.index + ((SENDERS + n) * BLOCK_WORDS + offset) % MEMORY_WORDS

    # When to look

    def _schedule_rx(self, n: int) -> None:
        """Schedule the next entry that interrupts, or the silence."""
        self.context.schedule(self._next_event(n), "rx", n)

    def _next_event(self, n: int) -> int:
        if not self.rx_active[n] or not self.rx_sclk[0]:
            return NEVER
        room = NEVER if self._rx_has_dma(n) else self._rx_size(n) - self.rx_offsets[n]
        wanted = max(self.get(self.RX_LIM.RX_LIM, n) - self.rx_counts[n], 1)
        if not self.get(self.RX_CONF1.MEM_RX_WRAP_EN, n):
            wanted = min(wanted, max(room, 0) + 1)
        pulses = 2 * wanted - (self.rx_halves[n] != NONE)
        ear, course, seen = self._ear(n), self._courses[n], self.rx_seen[n]
        for _ in range(LOOK_AHEAD):
            edge = next_edge_of(course, seen)
            is_last = edge == NEVER
            is_edge = not is_last and level_of(course, edge) != level_of(course, seen)
            for moment, _, ticks in ear.hear([edge] if is_edge else [], edge - is_last):
                pulses -= 1
                if ticks == NONE or not pulses:
                    due = moment if ticks == NONE else moment + max(ear.shortest) if is_last else edge
                    return max(due, self.rx_seen[n] + 1)
            if is_last:
                return NEVER
            seen = edge
        return seen

    def on_rx(self, n: int) -> None:
        self._settle_rx(n)
        self._schedule_rx(n)

    def _input_changed(self, n: int, course: Course) -> None:
        now = self.context.now_ticks()
        self._settle_rx(n)
        if self.rx_active[n]:
            raw = self.rx_levels[n] ^ (self.rx_pending[n] != NONE)
            if raw != level_of(course, now):
                self._hear(n, [now], now)
        self._courses[n] = course
        self._schedule_rx(n)

    # Registers

    def _reconfigure(self, n: int, register: type[Register], previous: int) -> None:
        """Take in what came under the old configuration before a register's new value counts."""
        written = self.get(register, n)
        self.put(register, previous, n)
        self._settle_rx(n)
        self.put(register, written, n)
        self._schedule_rx(n)

    def write_RX_CONF0(self, n: int, value: int) -> None:
        self._watch_memory(n, wanted=False)
        self._reconfigure(n, self.RX_CONF0, self.previous)
        self._watch_memory(n)

    def write_RX_CONF1(self, n: int, value: int) -> None:
        fields = self.RX_CONF1
        self._reconfigure(n, fields, self.previous)
        if fields.MEM_WR_RST.of(value):
            self.rx_offsets[n] = 0
            self.put(self.RX_STATUS.MEM_FULL, 0, n)
        if fields.APB_MEM_RST.of(value):
            self.rx_apb[n] = 0
        if fields.RX_EN.of(value) != self.rx_active[n]:
            self.rx_active[n] = fields.RX_EN.of(value)
            now = self.context.now_ticks()
            self.rx_levels[n], self.rx_seen[n], self.rx_counts[n] = level_of(self._courses[n], now), now, 0
            self.rx_since[n] = self.rx_pending[n] = self.rx_halves[n] = NONE
            self._watch_memory(n)
        self._schedule_rx(n)

    def write_RX_LIM(self, n: int, value: int) -> None:
        self._reconfigure(n, self.RX_LIM, self.previous)

    def write_RX_CARRIER_RM(self, n: int, value: int) -> None:
        self._reconfigure(n, self.RX_CARRIER_RM, self.previous)

    def _rx_clock_changed(self) -> None:
        for n in range(RECEIVERS):
            self._settle_rx(n)
        self.rx_sclk = list(self._sclk())
        for n in range(RECEIVERS):
            self._schedule_rx(n)

    def read_RX_STATUS(self, n: int) -> int:
        self._settle_rx(n)
        fields, base = self.RX_STATUS, (SENDERS + n) * BLOCK_WORDS
        self.put(fields.MEM_WADDR_EX, base + self.rx_offsets[n], n)
        self.put(fields.APB_MEM_RADDR, base + self.rx_apb[n], n)
        self.put(fields.STATE, RECEIVING if self.rx_since[n] != NONE else 0, n)
        return self.get(fields, n)

    # Memory

    def _watch_memory(self, n: int, *, wanted: bool = True) -> None:
        """Have loads of a channel's memory see what came up to now, while it receives."""
        for offset in range(self._rx_size(n)):
            index = self._rx_place(n, offset) - self.MEM.index
            self.answer_reads(self.MEM, wanted and self.rx_active[n] == 1, index)

    def read_MEM(self, n: int) -> int:
        for receiver in range(RECEIVERS):
            self._settle_rx(receiver)
        return self.get(self.MEM, n)

    def read_CH_DATA(self, n: int) -> int:
        if n < SENDERS or self.get(self.SYS_CONF.APB_FIFO_MASK):
            return self.get(self.CH_DATA, n)
        receiver = n - SENDERS
        self._settle_rx(receiver)
        word = self.words[self._rx_place(receiver, self.rx_apb[receiver] % self._rx_size(receiver))]
        self.rx_apb[receiver] += 1
        return word
