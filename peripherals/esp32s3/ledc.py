"""LEDC: four timers and eight channels of pulse-width modulation, which fade by themselves.

Source: ESP32-S3 Technical Reference Manual, "LED PWM Controller (LEDC)". A channel's output is a waveform: it needs no
event an edge, also while it fades. What PARA_UP announces takes effect when the timer overflows, or at once in a timer
that does not count.

A pulse begins when the counter reaches HPOINT and lasts DUTY ticks, into the next period if need be. The manual says
that it ends when the counter reaches HPOINT + DUTY; both are the same within a period, and ESP-IDF's guide speaks of a
duty counter. Of 16 periods as many as DUTY's fraction says are a tick longer, spread evenly: which ones is our choice.

Leaves out: TICK_SEL (REF_TICK) and duties of 2**14 at 14 bits, which overflow on the chip (both counted as unmodelled),
the clock gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from esp32s3.gpio import GPIO
from twincore.model import NEVER, RO, WT, Context, Field, Peripheral, Register, Registers, Value, state
from twincore.waveform import Course

CHANNELS = 8
TIMERS = 4
FIRST_SIGNAL = 73
"""Output signal of channel 0 in the GPIO matrix."""
CLOCKS = ("", "apb", "rc_fast", "xtal")
"""Clocks by APB_CLK_SEL."""
MAX_BITS = 14

DUTY_CHNG_END_SHIFT, OVF_CNT_SHIFT = 4, 12
"""Where the channels' bits begin in the interrupt registers; those of the timers begin at 0."""


class Counter(NamedTuple):
    """A timer that counts: its ticks since its reset as a function of time.

    From `anchor` on, at which it had counted `base`, it counts one for every `divider` / 256 periods of its clock, each
    `clock` ticks of time; the fraction is spread evenly. It overflows every 2**bits.
    """

    anchor: int
    clock: int
    divider: int
    base: int
    bits: int

    def count_at(self, ticks: int) -> int:
        """Return what has been counted since the reset."""
        return self.base + ((ticks - self.anchor) // self.clock * 256) // self.divider

    def time_of(self, count: int) -> int:
        """Return when `count` is reached."""
        return self.anchor + -((self.base - count) * self.divider // 256) * self.clock

    def next_overflow(self, ticks: int, periods: int = 1) -> int:
        """Return when the counter has overflowed `periods` times after `ticks`."""
        return self.time_of((self.count_at(ticks) >> self.bits) + periods << self.bits)


class Pulses(NamedTuple):
    """What a channel makes of a counter: a duty in sixteenths of a tick that changes by `step` every `cycle` periods.

    start: number of the period in which the duty took effect. steps: how often it changes.
    """

    counter: Counter
    hpoint: int
    start: int
    duty: int
    step: int
    cycle: int
    steps: int

    def duty_of(self, period: int) -> int:
        """Return the duty of a period, in sixteenths."""
        done = max(period - self.start, 0) // max(self.cycle, 1)
        return self.duty + self.step * min(done, self.steps) & 0x7FFFF

    def width_of(self, period: int) -> int:
        """Return how many ticks the pulse of a period lasts."""
        duty, number = self.duty_of(period), period - self.start
        fraction = duty & 15
        return (duty >> 4) + ((number + 1) * fraction >> 4) - (number * fraction >> 4)

    def _place(self, ticks: int) -> tuple[int, int]:
        """Return (period, ticks since its pulse began)."""
        count = self.counter.count_at(ticks) - self.hpoint
        period = count >> self.counter.bits
        return period, count - (period << self.counter.bits)

    def level_at(self, ticks: int) -> int:
        """Return the level at a moment."""
        period, offset = self._place(ticks)
        return int(offset < self.width_of(period))

    def next_edge(self, ticks: int) -> int:
        """Return the end of the pulse, or the beginning of the next."""
        period, offset = self._place(ticks)
        width = self.width_of(period)
        length = 1 << self.counter.bits
        within = width if offset < width < length else length
        return self.counter.time_of((period << self.counter.bits) + within + self.hpoint)


class LEDC(Peripheral):
    """Interrupt: interrupt. Lines: out0 to out7."""

    class CH_CONF0(Register, offset=0x000, count=CHANNELS, stride=0x14, names="CH{}_CONF0"):
        TIMER_SEL = Field(1, 0)
        SIG_OUT_EN = Field(2)
        IDLE_LV = Field(3, doc="the level while SIG_OUT_EN is 0")
        PARA_UP = Field(4, access=WT)
        OVF_NUM = Field(14, 5, doc="overflows of the timer to an interrupt, less 1")
        OVF_CNT_EN = Field(15)
        OVF_CNT_RESET = Field(16, access=WT)
        OVF_CNT_RESET_ST = Field(17, access=RO)

    class CH_HPOINT(Register, offset=0x004, count=CHANNELS, stride=0x14, names="CH{}_HPOINT"):
        HPOINT = Field(13, 0)

    class CH_DUTY(Register, offset=0x008, count=CHANNELS, stride=0x14, names="CH{}_DUTY"):
        DUTY = Field(18, 0, doc="in sixteenths of a tick")

    class CH_CONF1(Register, offset=0x00C, count=CHANNELS, stride=0x14, names="CH{}_CONF1", reset=0x4000_0000):
        DUTY_SCALE = Field(9, 0, doc="ticks by which the duty changes")
        DUTY_CYCLE = Field(19, 10, doc="periods to a change")
        DUTY_NUM = Field(29, 20, doc="how many changes")
        DUTY_INC = Field(30, doc="1: up")
        DUTY_START = Field(31, doc="write 1: DUTY and the fields of this register take effect; 0 after the last change")

    class CH_DUTY_R(Register, offset=0x010, count=CHANNELS, stride=0x14, names="CH{}_DUTY_R"):
        DUTY_R = Field(18, 0, access=RO)

    class TIMER_CONF(Register, offset=0x0A0, count=TIMERS, stride=8, names="TIMER{}_CONF", reset=0x80_0000):
        DUTY_RES = Field(3, 0, doc="the counter's bits")
        CLK_DIV = Field(21, 4, doc="in 256ths")
        PAUSE = Field(22)
        RST = Field(23)
        TICK_SEL = Field(24)
        PARA_UP = Field(25, access=WT)

    class TIMER_VALUE(Register, offset=0x0A4, count=TIMERS, stride=8, names="TIMER{}_VALUE"):
        CNT = Field(13, 0, access=RO)

    class CONF(Register, offset=0x0D0):
        APB_CLK_SEL = Field(1, 0)
        CLK_EN = Field(31)

    others = Registers("""
        0x0c0 INT_RAW 0x0 TIMER0_OVF_INT_RAW[0]:W1C TIMER1_OVF_INT_RAW[1]:W1C TIMER2_OVF_INT_RAW[2]:W1C
          + TIMER3_OVF_INT_RAW[3]:W1C DUTY_CHNG_END_CH0_INT_RAW[4]:W1C DUTY_CHNG_END_CH1_INT_RAW[5]:W1C
          + DUTY_CHNG_END_CH2_INT_RAW[6]:W1C DUTY_CHNG_END_CH3_INT_RAW[7]:W1C DUTY_CHNG_END_CH4_INT_RAW[8]:W1C
          + DUTY_CHNG_END_CH5_INT_RAW[9]:W1C DUTY_CHNG_END_CH6_INT_RAW[10]:W1C DUTY_CHNG_END_CH7_INT_RAW[11]:W1C
          + OVF_CNT_CH0_INT_RAW[12]:W1C OVF_CNT_CH1_INT_RAW[13]:W1C OVF_CNT_CH2_INT_RAW[14]:W1C
          + OVF_CNT_CH3_INT_RAW[15]:W1C OVF_CNT_CH4_INT_RAW[16]:W1C OVF_CNT_CH5_INT_RAW[17]:W1C
          + OVF_CNT_CH6_INT_RAW[18]:W1C OVF_CNT_CH7_INT_RAW[19]:W1C
        0x0c4 INT_ST 0x0 TIMER0_OVF_INT_ST[0]:RO TIMER1_OVF_INT_ST[1]:RO TIMER2_OVF_INT_ST[2]:RO
          + TIMER3_OVF_INT_ST[3]:RO DUTY_CHNG_END_CH0_INT_ST[4]:RO DUTY_CHNG_END_CH1_INT_ST[5]:RO
          + DUTY_CHNG_END_CH2_INT_ST[6]:RO DUTY_CHNG_END_CH3_INT_ST[7]:RO DUTY_CHNG_END_CH4_INT_ST[8]:RO
          + DUTY_CHNG_END_CH5_INT_ST[9]:RO DUTY_CHNG_END_CH6_INT_ST[10]:RO DUTY_CHNG_END_CH7_INT_ST[11]:RO
          + OVF_CNT_CH0_INT_ST[12]:RO OVF_CNT_CH1_INT_ST[13]:RO OVF_CNT_CH2_INT_ST[14]:RO OVF_CNT_CH3_INT_ST[15]:RO
          + OVF_CNT_CH4_INT_ST[16]:RO OVF_CNT_CH5_INT_ST[17]:RO OVF_CNT_CH6_INT_ST[18]:RO OVF_CNT_CH7_INT_ST[19]:RO
        0x0c8 INT_ENA 0x0 TIMER0_OVF_INT_ENA[0] TIMER1_OVF_INT_ENA[1] TIMER2_OVF_INT_ENA[2] TIMER3_OVF_INT_ENA[3]
          + DUTY_CHNG_END_CH0_INT_ENA[4] DUTY_CHNG_END_CH1_INT_ENA[5] DUTY_CHNG_END_CH2_INT_ENA[6]
          + DUTY_CHNG_END_CH3_INT_ENA[7] DUTY_CHNG_END_CH4_INT_ENA[8] DUTY_CHNG_END_CH5_INT_ENA[9]
          + DUTY_CHNG_END_CH6_INT_ENA[10] DUTY_CHNG_END_CH7_INT_ENA[11] OVF_CNT_CH0_INT_ENA[12] OVF_CNT_CH1_INT_ENA[13]
          + OVF_CNT_CH2_INT_ENA[14] OVF_CNT_CH3_INT_ENA[15] OVF_CNT_CH4_INT_ENA[16] OVF_CNT_CH5_INT_ENA[17]
          + OVF_CNT_CH6_INT_ENA[18] OVF_CNT_CH7_INT_ENA[19]
        0x0cc INT_CLR 0x0 TIMER0_OVF_INT_CLR[0]:WT TIMER1_OVF_INT_CLR[1]:WT TIMER2_OVF_INT_CLR[2]:WT
          + TIMER3_OVF_INT_CLR[3]:WT DUTY_CHNG_END_CH0_INT_CLR[4]:WT DUTY_CHNG_END_CH1_INT_CLR[5]:WT
          + DUTY_CHNG_END_CH2_INT_CLR[6]:WT DUTY_CHNG_END_CH3_INT_CLR[7]:WT DUTY_CHNG_END_CH4_INT_CLR[8]:WT
          + DUTY_CHNG_END_CH5_INT_CLR[9]:WT DUTY_CHNG_END_CH6_INT_CLR[10]:WT DUTY_CHNG_END_CH7_INT_CLR[11]:WT
          + OVF_CNT_CH0_INT_CLR[12]:WT OVF_CNT_CH1_INT_CLR[13]:WT OVF_CNT_CH2_INT_CLR[14]:WT OVF_CNT_CH3_INT_CLR[15]:WT
          + OVF_CNT_CH4_INT_CLR[16]:WT OVF_CNT_CH5_INT_CLR[17]:WT OVF_CNT_CH6_INT_CLR[18]:WT OVF_CNT_CH7_INT_CLR[19]:WT
        0x0fc DATE 0x19040200 DATE[31:0]
    """)
    INT_RAW, INT_ST = others.registers["INT_RAW"], others.registers["INT_ST"]
    INT_ENA = others.registers["INT_ENA"]

    anchors: list[int] = state([0] * TIMERS)
    """When each timer had counted what `bases` says, if it counts."""
    bases: list[int] = state([0] * TIMERS)
    """What each timer had counted then, or has counted if it stands."""
    timer_confs: list[int] = state([0] * TIMERS)
    """TIMERx_CONF as it took effect: resolution and divider."""
    timer_updates: int = state(0)
    """Timers whose PARA_UP waits for the overflow, a bit each."""
    clock_ticks: int = state(0)
    """The period of the clock that counts so far, 0 for none."""
    overflows_since: list[int] = state([0] * TIMERS)
    """An overflow later than this sets the timer's raw interrupt."""
    channel_confs: list[int] = state([0] * CHANNELS)
    """CHn_CONF0 as it took effect."""
    hpoints: list[int] = state([0] * CHANNELS)
    duties: list[int] = state([0] * CHANNELS)
    fades: list[int] = state([0] * CHANNELS)
    """CHn_CONF1 as it took effect."""
    starts: list[int] = state([0] * CHANNELS)
    """The timer's period in which duty and fade took effect."""
    channel_updates: int = state(0)
    """Channels whose PARA_UP waits for the overflow, a bit each."""
    new_starts: int = state(0)
    """Channels whose DUTY_START was written and has not taken effect, a bit each."""
    overflow_starts: list[int] = state([0] * CHANNELS)
    """The timer's period from which on overflows are counted."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.outputs = [self.line(f"out{n}") for n in range(CHANNELS)]
        for name in CLOCKS[1:]:
            context.clock(name).listen(self._clock_changed)

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if isinstance(gpio, GPIO):
            for n, line in enumerate(self.outputs):
                gpio.attach_output(FIRST_SIGNAL + n, line)

    def after_reset(self) -> None:
        for timer in range(TIMERS):
            for event in ("timer_update", "overflow"):
                self.context.cancel(event, timer)
        for channel in range(CHANNELS):
            for event in ("channel_update", "fade_end", "overflow_count"):
                self.context.cancel(event, channel)
        self.clock_ticks = self._clock_period()
        self._show_all()
        self._update_interrupts()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._show_all()

    # Timers

    def _clock_period(self) -> int:
        name = CLOCKS[self.get(self.CONF.APB_CLK_SEL)]
        return self.context.clock(name).period_ticks if name else 0

    def _counter(self, timer: int) -> Counter | None:
        """Return how a timer counts, None while it stands."""
        fields, conf = self.TIMER_CONF, self.timer_confs[timer]
        divider, now = fields.CLK_DIV.of(conf), self.get(fields, timer)
        if not self.clock_ticks or divider < 256 or fields.RST.of(now) or fields.PAUSE.of(now):
            return None
        return Counter(self.anchors[timer], self.clock_ticks, divider, self.bases[timer], self._bits(timer))

    def _bits(self, timer: int) -> int:
        return min(self.TIMER_CONF.DUTY_RES.of(self.timer_confs[timer]), MAX_BITS)

    def _count(self, timer: int) -> int:
        """Return what a timer has counted since its reset."""
        counter = self._counter(timer)
        return self.bases[timer] if counter is None else counter.count_at(self.context.now_ticks())

    def _period(self, timer: int) -> int:
        """Return the number of a timer's period."""
        return self._count(timer) >> self._bits(timer)

    def _hold(self, timer: int) -> None:
        """Bring a timer up to now, before something that it counts by changes."""
        self._settle_overflow(timer)
        self.bases[timer] = self._count(timer)
        self.anchors[timer] = self.context.now_ticks()

    def _restart(self, timer: int) -> None:
        """Have a held timer count from 0; what counts its periods goes on."""
        period = self._period(timer)
        for channel in range(CHANNELS):
            if self._timer_of(channel) == timer:
                self.starts[channel] -= period
                self.overflow_starts[channel] -= period
        self.bases[timer] = 0

    def _take_timer(self, timer: int) -> None:
        """Have what TIMERx_CONF says about resolution and divider take effect in a timer held at its overflow."""
        self._restart(timer)
        self.timer_confs[timer] = self.get(self.TIMER_CONF, timer)
        self.timer_updates &= ~(1 << timer)

    def write_TIMER_CONF(self, n: int, value: int) -> None:
        fields = self.TIMER_CONF
        if fields.TICK_SEL.of(value):
            self.context.unmodelled(f"{self.context.name}.TIMER{n}_CONF.TICK_SEL")
        if fields.PARA_UP.of(value):
            self.timer_updates |= 1 << n
        is_reset, is_waiting = fields.RST.of(value), self.timer_updates >> n & 1
        is_switched = (self.previous ^ value) & (fields.RST.bits | fields.PAUSE.bits)
        if is_reset or is_switched or self._counter(n) is None:
            written = self.get(fields, n)
            self.put(fields, self.previous, n)
            self._hold(n)
            self.put(fields, written, n)
        if is_waiting and (is_reset or self._counter(n) is None):
            self._take_timer(n)
        elif is_reset:
            self._restart(n)
        self._timer_changed(n)

    def on_timer_update(self, timer: int) -> None:
        """Have a timer's new resolution and divider take effect, at its overflow."""
        self._hold(timer)
        self._take_timer(timer)
        for channel in range(CHANNELS):
            if self.channel_updates >> channel & 1 and self.get(self.CH_CONF0.TIMER_SEL, channel) == timer:
                self.context.cancel("channel_update", channel)
                self.on_channel_update(channel)
        self._timer_changed(timer)

    def read_TIMER_VALUE(self, n: int) -> int:
        return self._count(n) & (1 << self._bits(n)) - 1

    def write_CONF(self, value: int) -> None:
        self._clock_changed()

    def _clock_changed(self) -> None:
        period = self._clock_period()
        if period == self.clock_ticks:
            return
        for timer in range(TIMERS):
            self._hold(timer)
        self.clock_ticks = period
        for timer in range(TIMERS):
            self._timer_changed(timer)

    def _timer_changed(self, timer: int) -> None:
        """Bring what depends on a timer in line with how it counts now."""
        counter, now = self._counter(timer), self.context.now_ticks()
        overflow = NEVER if counter is None else counter.next_overflow(now)
        self.context.schedule(overflow if self.timer_updates >> timer & 1 else NEVER, "timer_update", timer)
        for channel in range(CHANNELS):
            if self.channel_updates >> channel & 1 and self.get(self.CH_CONF0.TIMER_SEL, channel) == timer:
                self.context.schedule(overflow, "channel_update", channel)
            if self._timer_of(channel) == timer:
                self._show(channel)
                self._schedule_channel(channel, counter)
        self._schedule_overflow(timer)

    # Channels

    def _timer_of(self, channel: int) -> int:
        return self.CH_CONF0.TIMER_SEL.of(self.channel_confs[channel])

    def _pulses(self, channel: int, counter: Counter) -> Pulses:
        fields, fade = self.CH_CONF1, self.fades[channel]
        step = fields.DUTY_SCALE.of(fade) * (16 if fields.DUTY_INC.of(fade) else -16)
        return Pulses(
            counter,
            self.hpoints[channel],
            self.starts[channel],
            self.duties[channel],
            step,
            fields.DUTY_CYCLE.of(fade),
            fields.DUTY_NUM.of(fade),
        )

    def _still(self, timer: int) -> Counter:
        """Return a counter for a timer that stands, to ask about now only."""
        return Counter(self.context.now_ticks(), 1, 256, self.bases[timer], self._bits(timer))

    def _course(self, channel: int) -> Course:
        """Return what a channel does from now on."""
        if not self.CH_CONF0.SIG_OUT_EN.of(self.channel_confs[channel]):
            return self.get(self.CH_CONF0.IDLE_LV, channel)
        timer = self._timer_of(channel)
        counter = self._counter(timer)
        if counter is None:
            return self._pulses(channel, self._still(timer)).level_at(self.context.now_ticks())
        pulses = self._pulses(channel, counter)
        is_fading = pulses.step and pulses.steps
        if not is_fading and not pulses.duty:
            return 0
        if not is_fading and pulses.duty >> 4 >= 1 << counter.bits:
            return 1
        return pulses

    def _show(self, channel: int) -> None:
        self.outputs[channel].set(self._course(channel))

    def _show_all(self) -> None:
        for channel in range(CHANNELS):
            self._show(channel)

    def _duty(self, channel: int) -> int:
        timer = self._timer_of(channel)
        return self._pulses(channel, self._still(timer)).duty_of(self._period(timer))

    def write_CH_CONF0(self, n: int, value: int) -> None:
        fields = self.CH_CONF0
        if fields.OVF_CNT_RESET.of(value):
            self.overflow_starts[n] = self._period(self._timer_of(n))
            self._schedule_channel(n, self._counter(self._timer_of(n)))
        if fields.PARA_UP.of(value):
            self.channel_updates |= 1 << n
        if self.channel_updates >> n & 1:
            counter = self._counter(fields.TIMER_SEL.of(value))
            overflow = NEVER if counter is None else counter.next_overflow(self.context.now_ticks())
            self.context.schedule(overflow, "channel_update", n)
        self._show(n)

    def write_CH_CONF1(self, n: int, value: int) -> None:
        if self.CH_CONF1.DUTY_START.of(value):
            self.new_starts |= 1 << n

    def on_channel_update(self, channel: int) -> None:
        """Have what a channel's registers say take effect, at its timer's overflow."""
        self.channel_updates &= ~(1 << channel)
        fields, before = self.CH_CONF0, self.channel_confs[channel]
        duty, start = self._duty(channel), self.get(self.CH_CONF1.DUTY_START, channel)
        conf = self.channel_confs[channel] = self.get(fields, channel)
        timer = self._timer_of(channel)
        period = self._period(timer)
        if fields.OVF_CNT_EN.of(conf) and not fields.OVF_CNT_EN.of(before):
            self.overflow_starts[channel] = period
        self.hpoints[channel] = self.get(self.CH_HPOINT, channel)
        if start:
            self.new_starts &= ~(1 << channel)
            self.duties[channel], self.fades[channel] = (
                self.get(self.CH_DUTY, channel),
                self.get(self.CH_CONF1, channel),
            )
            self.starts[channel] = period
        elif fields.TIMER_SEL.of(before) != timer:
            self.duties[channel], self.fades[channel], self.starts[channel] = duty, 0, period
        if self.duties[channel] >> 4 >= 1 << MAX_BITS:
            self.context.unmodelled(f"{self.context.name}.CH{channel}_DUTY of 2**{MAX_BITS}")
        self._show(channel)
        self._schedule_channel(channel, self._counter(timer))

    def _schedule_channel(self, channel: int, counter: Counter | None) -> None:
        """Schedule the end of a channel's fade and of its count of overflows."""
        fields, fade, conf = self.CH_CONF1, self.fades[channel], self.channel_confs[channel]
        end = counted = NEVER
        if counter is not None and fields.DUTY_START.of(fade):
            periods = max(fields.DUTY_NUM.of(fade) * fields.DUTY_CYCLE.of(fade), 1)
            end = counter.time_of(self.starts[channel] + periods << counter.bits)
        if counter is not None and self.CH_CONF0.OVF_CNT_EN.of(conf):
            periods = self.get(self.CH_CONF0.OVF_NUM, channel) + 1
            counted = counter.time_of(self.overflow_starts[channel] + periods << counter.bits)
        self.context.schedule(end, "fade_end", channel)
        self.context.schedule(counted, "overflow_count", channel)

    def on_fade_end(self, channel: int) -> None:
        """Follow the last change of a channel's duty."""
        self.duties[channel] = self._duty(channel)
        self.fades[channel] = 0
        self.put(self.CH_CONF1.DUTY_START, self.new_starts >> channel & 1, channel)
        self._show(channel)
        self._raise(1 << DUTY_CHNG_END_SHIFT + channel)

    def on_overflow_count(self, channel: int) -> None:
        """Follow the overflow that a channel counted to."""
        timer = self._timer_of(channel)
        self.overflow_starts[channel] = self._period(timer)
        self._schedule_channel(channel, self._counter(timer))
        self._raise(1 << OVF_CNT_SHIFT + channel)

    def read_CH_DUTY_R(self, n: int) -> int:
        return self._duty(n)

    # Interrupts

    def _settle_overflow(self, timer: int) -> None:
        """Set a timer's raw interrupt if it has overflowed since it was cleared."""
        counter, now = self._counter(timer), self.context.now_ticks()
        since = max(self.overflows_since[timer], self.anchors[timer])
        if counter is not None and counter.next_overflow(since) <= now:
            self._raise(1 << timer)
        self.overflows_since[timer] = max(since, now)

    def _schedule_overflow(self, timer: int) -> None:
        """Make a timer's overflow an event while its interrupt is enabled and not raised."""
        counter, bit = self._counter(timer), 1 << timer
        is_needed = counter is not None and self.get(self.INT_ENA) & bit and not self.get(self.INT_RAW) & bit
        due = counter.next_overflow(self.overflows_since[timer]) if counter is not None and is_needed else NEVER
        self.context.schedule(due, "overflow", timer)

    def on_overflow(self, timer: int) -> None:
        self._settle_overflow(timer)

    def _raise(self, bits: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | bits)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def read_INT_RAW(self) -> int:
        for timer in range(TIMERS):
            self._settle_overflow(timer)
        return self.get(self.INT_RAW)

    def write_INT_RAW(self, value: int) -> None:
        self.write_INT_CLR(value)

    def write_INT_CLR(self, value: int) -> None:
        for timer in range(TIMERS):
            self._settle_overflow(timer)
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._follow_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        for timer in range(TIMERS):
            self._settle_overflow(timer)
        self._follow_interrupts()

    def _follow_interrupts(self) -> None:
        for timer in range(TIMERS):
            self._schedule_overflow(timer)
        self._update_interrupts()
