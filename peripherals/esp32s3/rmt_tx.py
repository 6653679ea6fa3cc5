"""RMT's four transmitters: pulses from memory or DMA, as a waveform with an event for each part of the memory.

A part ends with the end marker, at the threshold, at the end of the memory, or where DMA has to bring more. Its pulses
are worked out when it begins. Only stores to the words that they come from are looked at: what firmware writes ahead of
the transmitter is taken in, and the usual refill of the other half of the memory costs nothing.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Mapping
from typing import NamedTuple

from esp32s3.gdma import RMT as DMA_RMT
from esp32s3.rmt_registers import (
    BLOCK_WORDS,
    FIRST_SIGNAL,
    MEMORY_WORDS,
    SENDERS,
    TX_DMA_FAIL,
    TX_END,
    TX_ERR,
    TX_LOOP,
    TX_THR,
    RmtRegisters,
)
from twincore.model import NEVER, Context, Value, state
from twincore.waveform import Course, Periodic, Train, choose

DMA_CHANNEL = 3
DMA_WORDS = BLOCK_WORDS // 2
"""How many entries DMA brings at a time."""

SENDING = 1
"""What STATE reads while a channel sends (the chip steps through several states)."""


class Ending(enum.Enum):
    """Why a part of a transmission ends."""

    MARKER = enum.auto()
    """The end marker; in continuous mode after the last round."""
    THRESHOLD = enum.auto()
    """As many entries as TX_LIM says."""
    MORE = enum.auto()
    """Nothing: what comes next is not there yet."""


class Part(NamedTuple):
    """What a channel sends up to its next event."""

    course: Course
    end: int
    """When it is over, NEVER for an endless loop."""
    ending: Ending
    entries: int
    """How many it has, the one with the end marker not counted."""
    offsets: range
    """Where in the channel's memory it stands, but for its first entry, which was read before. It goes on at stop."""
    level: int
    """The end marker's level."""


class Transmitter(RmtRegisters):
    """Lines: out0 to out3."""

    derived = frozenset({"_parts", "_followed"})

    tx_active: list[int] = state([0] * SENDERS)
    tx_starts: list[int] = state([0] * SENDERS)
    """When the entry that is being sent began."""
    tx_words: list[int] = state([0] * SENDERS)
    """That entry."""
    tx_offsets: list[int] = state([0] * SENDERS)
    """Offset in the channel's memory of the entry after it."""
    tx_counts: list[int] = state([0] * SENDERS)
    """Entries sent since the last threshold event."""
    tx_rounds: list[int] = state([0] * SENDERS)
    """Rounds done in continuous mode."""
    tx_ticks: list[int] = state([0] * SENDERS)
    tx_parts: list[int] = state([1] * SENDERS)
    """The channel's pace so far."""
    tx_left: int = state(0)
    """Entries that DMA has brought and that are not read yet."""
    tx_filled: int = state(0)
    """Where DMA puts the next one."""
    tx_waiting: int = state(0)
    """Channels that were started and wait for others (TX_SIM), a bit each."""
    tx_apb: list[int] = state([0] * SENDERS)
    """Offset in the channel's memory where CHnDATA writes."""
    tx_idle: list[int] = state([0] * SENDERS)
    """The level of the last end marker."""
    tx_begins: list[int] = state([0] * SENDERS)
    """When the transmission began, from where its carrier counts."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.outputs = [self.line(f"out{n}") for n in range(SENDERS)]
        self._parts: list[Part | None] = [None] * SENDERS
        """What each channel that is active sends."""
        self._followed = bytes(MEMORY_WORDS)
        """Which words of the memory the parts come from."""

    def connect(self) -> None:
        super().connect()
        if self.gpio is not None:
            for n, line in enumerate(self.outputs):
                self.gpio.attach_output(FIRST_SIGNAL + n, line)

    def tx_reset(self) -> None:
        """Be idle, after the registers went back to their defaults."""
        for channel in range(SENDERS):
            self.context.cancel("tx", channel)
            self._show_tx(channel)

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for channel in range(SENDERS):
            self._show_tx(channel)

    # What is sent

    def _place(self, channel: int, offset: int) -> int:
        """Return the index in `words` of an entry of a channel's memory."""
        return self.MEM.index + (channel * BLOCK_WORDS + offset) % MEMORY_WORDS

    def _content(self, channel: int, offsets: range) -> bytes:
        """Return entries of a channel's memory."""
        first = self._place(channel, offsets.start)
        last, end = first + len(offsets), self.MEM.index + MEMORY_WORDS
        content = self.words[first:last].tobytes()
        return content if last <= end else content[: 4 * (end - first)] + self._content(0, range(last - end))

    def _size(self, channel: int) -> int:
        """Return how many entries a channel's memory has."""
        return max(self.get(self.TX_CONF0.MEM_SIZE, channel), 1) * BLOCK_WORDS

    def _has_dma(self, channel: int) -> bool:
        return channel == DMA_CHANNEL and self.get(self.TX_CONF0.DMA_ACCESS_EN, channel) == 1

    def _part(self, channel: int) -> Part:
        """Work out what a channel sends from the present entry on."""
        start, ticks, parts = self.tx_starts[channel], self.tx_ticks[channel], self.tx_parts[channel]
        present, offset = self.tx_words[channel], self.tx_offsets[channel]
        first = level = present >> 15 & 1
        if not ticks:
            return Part(first, NEVER, Ending.MORE, 0, range(offset, offset), 0)
        loops, has_dma = self.get(self.TX_CONF0.TX_CONTI_MODE, channel), self._has_dma(channel)
        ahead = self._size(channel) - offset
        if has_dma:
            ahead = min(ahead, self.tx_left)
        entries, ending = 1 + ahead, Ending.MORE
        limit = self.get(self.TX_LIM.TX_LIM, channel) - self.tx_counts[channel]
        if not loops and 1 <= limit <= entries:
            entries, ending = limit, Ending.THRESHOLD
        offsets = range(offset, offset + entries - 1)
        content = present.to_bytes(4, "little") + self._content(channel, offsets)
        times: list[int] = []
        total = 0
        for n, half in enumerate(struct.unpack(f"<{2 * entries}H", content)):
            if half >> 15 != level and half & 0x7FFF:
                times.append(total * ticks // parts)
                level ^= 1
            total += half & 0x7FFF
            if not half & 0x7FFF:
                entries, ending, level = n // 2, Ending.MARKER, half >> 15
                offsets = range(offset, offset + entries)
                break
        duration = total * ticks // parts
        is_round = offset == 1 and present == self.words[self._place(channel, 0)]
        if loops and ending is Ending.MARKER and is_round and not has_dma and duration:
            rounds = self.get(self.TX_LIM.TX_LOOP_NUM, channel) - self.tx_rounds[channel]
            is_endless = not self.get(self.TX_LIM.TX_LOOP_CNT_EN, channel)
            end = NEVER if is_endless else start + max(rounds, 1) * duration
            return Part(Periodic(start, duration, first, tuple(times)), end, ending, entries, range(entries + 1), level)
        train = Train(first, tuple([start + time for time in times]))
        return Part(train, start + duration, ending, entries, offsets, level)

    def _with_carrier(self, channel: int, course: Course) -> Course:
        """Return a course with the carrier on it."""
        conf, duty, sclk = self.TX_CONF0, self.CARRIER_DUTY, self._sclk()
        if not self.get(conf.CARRIER_EN, channel) or not sclk.ticks:
            return course
        high = self.get(duty.CARRIER_HIGH, channel) or 1 << 16
        low = self.get(duty.CARRIER_LOW, channel) or 1 << 16
        carrier = Periodic(self.tx_begins[channel], sclk.time_of(high + low), 1, (sclk.time_of(high),))
        if self.get(conf.CARRIER_OUT_LV, channel):
            return choose(course, 0, carrier)
        return choose(course, carrier, 1)

    def _show_tx(self, channel: int) -> None:
        """Give the output what the channel sends, and schedule the end of it."""
        conf = self.TX_CONF0
        part = self._parts[channel] = self._part(channel) if self.tx_active[channel] else None
        self._follow_memory()
        if part is not None:
            self.outputs[channel].set(self._with_carrier(channel, part.course))
            self.context.schedule(part.end, "tx", channel)
            return
        fixed = self.get(conf.IDLE_OUT_EN, channel)
        level: Course = self.get(conf.IDLE_OUT_LV, channel) if fixed else self.tx_idle[channel]
        if not self.get(conf.CARRIER_EFF_EN, channel):
            level = self._with_carrier(channel, level)
        self.outputs[channel].set(level)
        self.context.cancel("tx", channel)

    def _follow_memory(self) -> None:
        """Have stores to the words that the parts come from, and to no others, reach Python."""
        followed = bytearray(MEMORY_WORDS)
        for channel, part in enumerate(self._parts):
            if part is not None:
                first = (channel * BLOCK_WORDS + part.offsets.start) % MEMORY_WORDS
                ones = b"\1" * len(part.offsets)
                followed[first : first + len(ones)] = ones
                if len(followed) > MEMORY_WORDS:
                    followed[: len(followed) - MEMORY_WORDS] = followed[MEMORY_WORDS:]
                    del followed[MEMORY_WORDS:]
        if followed != self._followed:
            self._followed = bytes(followed)
            self.follow_stores(self.MEM, self._followed)

    # From entry to entry

    def _fetch(self, channel: int) -> bool:
        """Read the next entry; return whether there was one, else the channel has stopped with an error."""
        offset, size, has_dma = self.tx_offsets[channel], self._size(channel), self._has_dma(channel)
        if has_dma and not self.tx_left:
            content = b"" if self.dma is None else self.dma.take(DMA_RMT, 4 * DMA_WORDS)
            self.tx_left = len(content) // 4
            for n in range(self.tx_left):
                word = int.from_bytes(content[4 * n : 4 * n + 4], "little")
                self.words[self._place(channel, (offset + n) % size)] = word
            if not self.tx_left and self.get(self.TX_CONF0.TX_CONTI_MODE, channel):
                self.tx_left = size - offset % size  # a loop goes on with what the memory holds
            if not self.tx_left:
                self._stop(channel)
                self._raise(TX_DMA_FAIL | 1 << TX_ERR + channel)
                return False
        if offset >= size and not has_dma and not self.get(self.TX_CONF0.MEM_TX_WRAP_EN, channel):
            self._stop(channel)
            self.put(self.TX_STATUS.MEM_EMPTY, 1, channel)
            self._raise(1 << TX_ERR + channel)
            return False
        self.tx_words[channel] = self.words[self._place(channel, offset % size)]
        self.tx_offsets[channel] = offset % size + 1
        if has_dma:
            self.tx_left -= 1
        return True

    def _sent(self, channel: int, part: Part) -> tuple[int, int, int]:
        """Return what of its part a channel has sent: whole rounds, whole entries after them, and when those ended."""
        now, start = self.context.now_ticks(), self.tx_starts[channel]
        ticks, parts = self.tx_ticks[channel], self.tx_parts[channel]
        rounds = 0
        if isinstance(part.course, Periodic):
            rounds = max(now - start, 0) // part.course.period
            start += rounds * part.course.period
        entries = total = 0
        end, word = start, self.tx_words[channel]
        while entries < part.entries - (part.ending is not Ending.MARKER):
            total += (word & 0x7FFF) + (word >> 16 & 0x7FFF)
            if start + total * ticks // parts > now:
                break
            end = start + total * ticks // parts
            word = self.words[self._place(channel, self.tx_offsets[channel] + entries)]
            entries += 1
        return rounds, entries, end

    def _settle_tx(self, channel: int) -> None:
        """Bring a channel up to the entry that it sends now; what it sends is to be worked out again after that."""
        part = self._parts[channel]
        if part is None:
            return
        rounds, entries, self.tx_starts[channel] = self._sent(channel, part)
        self.tx_rounds[channel] += rounds
        if entries:
            self.tx_offsets[channel] += entries
            self.tx_counts[channel] += entries
            self.tx_words[channel] = self.words[self._place(channel, self.tx_offsets[channel] - 1)]
            if self._has_dma(channel):
                self.tx_left = max(self.tx_left - entries, 0)

    def on_tx(self, channel: int) -> None:
        """Carry out the end of what a channel sends: it goes on, begins anew, or is done."""
        part = self._parts[channel]
        assert part is not None
        self.tx_starts[channel], self.tx_offsets[channel] = part.end, part.offsets.stop
        if self._has_dma(channel):
            self.tx_left -= min(part.entries - (part.ending is not Ending.MARKER), self.tx_left)
        if part.ending is Ending.MARKER:
            self.tx_idle[channel] = part.level
            if not self._begin_anew(channel, part):
                return
        elif part.ending is Ending.THRESHOLD:
            self.tx_counts[channel] = 0
            self._raise(1 << TX_THR + channel)
        else:
            self.tx_counts[channel] += part.entries
        if self._fetch(channel):
            self._show_tx(channel)

    def _begin_anew(self, channel: int, part: Part) -> bool:
        """Follow the end marker; return whether the channel sends the same once more."""
        limits = self.TX_LIM
        if not self.get(self.TX_CONF0.TX_CONTI_MODE, channel):
            self._stop(channel)
            self._raise(1 << TX_END + channel)
            return False
        if part.entries == 0:
            self.context.unmodelled(f"{self.context.name}: channel {channel} repeats an end marker")
            self._stop(channel)
            return False
        self.tx_offsets[channel] = 0
        if not self.get(limits.TX_LOOP_CNT_EN, channel):
            return True
        wanted = self.get(limits.TX_LOOP_NUM, channel)
        self.tx_rounds[channel] = wanted if isinstance(part.course, Periodic) else self.tx_rounds[channel] + 1
        if self.tx_rounds[channel] < wanted:
            return True
        self.tx_rounds[channel] = 0
        is_over = self.get(limits.LOOP_STOP_EN, channel) == 1
        if is_over:
            self._stop(channel)
        self._raise(1 << TX_LOOP + channel)
        return not is_over

    def _start(self, channel: int) -> None:
        """Begin to send from where the channel reads its memory."""
        pace = self._pace(self.get(self.TX_CONF0.DIV_CNT, channel))
        self.tx_ticks[channel], self.tx_parts[channel] = pace
        self.tx_active[channel], self.tx_counts[channel] = 1, 0
        self.tx_starts[channel] = self.tx_begins[channel] = self.context.now_ticks()
        if self._has_dma(channel):
            self.tx_offsets[channel] = self.tx_left = 0
        self.put(self.TX_STATUS.MEM_EMPTY, 0, channel)
        if self._fetch(channel):
            self._show_tx(channel)

    def _stop(self, channel: int) -> None:
        self.tx_active[channel] = 0
        self._show_tx(channel)

    # Registers

    def write_TX_CONF0(self, n: int, value: int) -> None:
        fields = self.TX_CONF0
        self._settle_tx(n)
        if fields.MEM_RD_RST.of(value):
            self.tx_offsets[n] = 0
        if fields.APB_MEM_RST.of(value):
            self.tx_apb[n] = 0
        if fields.TX_STOP.of(value) and fields.CONF_UPDATE.of(value):
            self.put(fields.TX_STOP, 0, n)
            self.tx_active[n] = 0
        if self.tx_active[n]:
            self.tx_ticks[n], self.tx_parts[n] = self._pace(self.get(fields.DIV_CNT, n))
        self._show_tx(n)
        if fields.TX_START.of(value) and not self.tx_active[n]:
            self._start_together(n)

    def _start_together(self, channel: int) -> None:
        """Start a channel, or all that TX_SIM names once the last of them was started."""
        together = self.get(self.TX_SIM) & 0xF if self.get(self.TX_SIM) >> 4 & 1 else 0
        if not together >> channel & 1:
            self._start(channel)
            return
        self.tx_waiting |= 1 << channel
        if self.tx_waiting & together == together:
            self.tx_waiting = 0
            for each in range(SENDERS):
                if together >> each & 1:
                    self._start(each)

    def write_TX_LIM(self, n: int, value: int) -> None:
        self._settle_tx(n)
        if self.TX_LIM.LOOP_COUNT_RESET.of(value):
            self.tx_rounds[n] = 0
        self._show_tx(n)

    def write_CARRIER_DUTY(self, n: int, value: int) -> None:
        self._show_tx(n)

    def write_MEM(self, n: int, value: int) -> None:
        self._memory_changed(n, self.previous)

    def _memory_changed(self, n: int, before: int) -> None:
        """Take in what was written to word `n` of the memory, if that belongs to what a channel sends."""
        index = self.MEM.index + n
        for channel, part in enumerate(self._parts):
            offset = (n - channel * BLOCK_WORDS) % MEMORY_WORDS
            if part is not None and (offset in part.offsets or offset + MEMORY_WORDS in part.offsets):
                now, self.words[index] = self.words[index], before
                self._settle_tx(channel)
                self.words[index] = now
                self._show_tx(channel)

    def write_CH_DATA(self, n: int, value: int) -> None:
        if self.get(self.SYS_CONF.APB_FIFO_MASK):
            return
        if n < SENDERS:
            index = self._place(n, self.tx_apb[n] % self._size(n))
            before, self.words[index] = self.words[index], value
            self.tx_apb[n] += 1
            self._memory_changed(index - self.MEM.index, before)

    def read_TX_STATUS(self, n: int) -> int:
        part = self._parts[n]
        sent = 0 if part is None else self._sent(n, part)[1]
        fields, base = self.TX_STATUS, n * BLOCK_WORDS
        self.put(fields.MEM_RADDR_EX, base + self.tx_offsets[n] + sent, n)
        self.put(fields.APB_MEM_WADDR, base + self.tx_apb[n], n)
        self.put(fields.STATE, SENDING if self.tx_active[n] else 0, n)
        return self.get(fields, n)

    def _tx_clock_changed(self) -> None:
        for channel in range(SENDERS):
            pace = self._pace(self.get(self.TX_CONF0.DIV_CNT, channel))
            if self.tx_active[channel] and pace != (self.tx_ticks[channel], self.tx_parts[channel]):
                self._settle_tx(channel)
                self.tx_ticks[channel], self.tx_parts[channel] = pace
            self._show_tx(channel)
