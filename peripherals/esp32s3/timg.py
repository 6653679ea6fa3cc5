"""TIMG: a timer group with two 54-bit timers, a main watchdog and the measurement of the slow clocks.

Source: ESP32-S3 Technical Reference Manual, "Timer Group" and "Watchdog Timers". The timers count XTAL or APB divided
by DIVIDER; the watchdog counts APB divided by its prescaler; the measurement counts XTAL cycles in RTC_CALI_MAX
cycles of the clock chosen.

In sleep the timers and the watchdog stand, as their clocks do.

Leaves out: clock gate, lengths of the reset signals; when APB changes, or sleep ends, the watchdog's stage is measured
anew.
"""

from __future__ import annotations

from esp32s3.watchdog import Watchdog
from twincore.model import RO, W1C, WO, WT, Context, Field, Register, Registers, Signal, state

COUNT = (1 << 54) - 1
RISING = 1 << 30
"""INCREASE in TnCONFIG."""

INTERRUPT, RESET_CPU, RESET_SYSTEM = 1, 2, 3
"""Actions of a watchdog stage."""


class TIMG(Watchdog):
    """Interrupts: t0, t1, wdt. `group` is 0 or 1: group 0's watchdog guards the boot from flash."""

    size = 0x1000

    class TCONFIG(Register, offset=0x00, count=2, stride=0x24, names="T{}CONFIG", reset=0x60002000):
        USE_XTAL = Field(9)
        ALARM_EN = Field(10, doc="cleared by the alarm")
        DIVIDER = Field(28, 13, doc="0 divides by 65536, 1 by 2")
        AUTORELOAD = Field(29)
        INCREASE = Field(30)
        EN = Field(31)

    class TLO(Register, offset=0x04, count=2, stride=0x24, names="T{}LO"):
        LO = Field(31, 0, access=RO)

    class THI(Register, offset=0x08, count=2, stride=0x24, names="T{}HI"):
        HI = Field(21, 0, access=RO)

    class TUPDATE(Register, offset=0x0C, count=2, stride=0x24, names="T{}UPDATE"):
        UPDATE = Field(31, access=WT, doc="a write latches the count")

    class TALARMLO(Register, offset=0x10, count=2, stride=0x24, names="T{}ALARMLO"):
        ALARM_LO = Field(31, 0)

    class TALARMHI(Register, offset=0x14, count=2, stride=0x24, names="T{}ALARMHI"):
        ALARM_HI = Field(21, 0)

    class TLOADLO(Register, offset=0x18, count=2, stride=0x24, names="T{}LOADLO"):
        LOAD_LO = Field(31, 0)

    class TLOADHI(Register, offset=0x1C, count=2, stride=0x24, names="T{}LOADHI"):
        LOAD_HI = Field(21, 0)

    class TLOAD(Register, offset=0x20, count=2, stride=0x24, names="T{}LOAD"):
        LOAD = Field(31, 0, access=WT)

    class WDTCONFIG0(Register, offset=0x48, reset=0x4C000, locked_by="WDTWPROTECT"):
        WDT_APPCPU_RESET_EN = Field(12)
        WDT_PROCPU_RESET_EN = Field(13)
        WDT_FLASHBOOT_MOD_EN = Field(14)
        WDT_SYS_RESET_LENGTH = Field(17, 15)
        WDT_CPU_RESET_LENGTH = Field(20, 18)
        WDT_STG3 = Field(24, 23)
        WDT_STG2 = Field(26, 25)
        WDT_STG1 = Field(28, 27)
        WDT_STG0 = Field(30, 29)
        WDT_EN = Field(31)

    class WDTCONFIG1(Register, offset=0x4C, reset=0x10000, locked_by="WDTWPROTECT"):
        WDT_CLK_PRESCALE = Field(31, 16)

    class WDTCONFIG2(Register, offset=0x50, reset=0x18CBA80, locked_by="WDTWPROTECT"):
        WDT_STG0_HOLD = Field(31, 0)

    class WDTCONFIG3(Register, offset=0x54, reset=0x7FFFFFF, locked_by="WDTWPROTECT"):
        WDT_STG1_HOLD = Field(31, 0)

    class WDTCONFIG4(Register, offset=0x58, reset=0xFFFFF, locked_by="WDTWPROTECT"):
        WDT_STG2_HOLD = Field(31, 0)

    class WDTCONFIG5(Register, offset=0x5C, reset=0xFFFFF, locked_by="WDTWPROTECT"):
        WDT_STG3_HOLD = Field(31, 0)

    class WDTFEED(Register, offset=0x60, locked_by="WDTWPROTECT"):
        WDT_FEED = Field(31, 0, access=WO)

    class WDTWPROTECT(Register, offset=0x64, reset=0x50D83AA1):
        WDT_WKEY = Field(31, 0, doc="any other value than the reset value protects the watchdog's registers")

    class RTCCALICFG(Register, offset=0x68, reset=0x13000):
        RTC_CALI_START_CYCLING = Field(12, doc="measure again and again")
        RTC_CALI_CLK_SEL = Field(14, 13, doc="0 is RTC_SLOW, 1 is RC_FAST / 256, 2 is XTAL32K")
        RTC_CALI_RDY = Field(15, access=RO)
        RTC_CALI_MAX = Field(30, 16)
        RTC_CALI_START = Field(31)

    class RTCCALICFG1(Register, offset=0x6C):
        RTC_CALI_CYCLING_DATA_VLD = Field(0, access=RO)
        RTC_CALI_VALUE = Field(31, 7, access=RO)

    class INT_ENA_TIMERS(Register, offset=0x70):
        T0_INT_ENA = Field(0)
        T1_INT_ENA = Field(1)
        WDT_INT_ENA = Field(2)

    class INT_RAW_TIMERS(Register, offset=0x74, access=W1C):
        T0_INT_RAW = Field(0)
        T1_INT_RAW = Field(1)
        WDT_INT_RAW = Field(2)

    class INT_ST_TIMERS(Register, offset=0x78, access=RO):
        T0_INT_ST = Field(0)
        T1_INT_ST = Field(1)
        WDT_INT_ST = Field(2)

    class INT_CLR_TIMERS(Register, offset=0x7C, access=WT):
        T0_INT_CLR = Field(0)
        T1_INT_CLR = Field(1)
        WDT_INT_CLR = Field(2)

    class RTCCALICFG2(Register, offset=0x80, reset=0xFFFFFF98):
        RTC_CALI_TIMEOUT = Field(0, access=RO)
        RTC_CALI_TIMEOUT_RST_CNT = Field(6, 3)
        RTC_CALI_TIMEOUT_THRES = Field(31, 7, doc="XTAL cycles")

    others = Registers("""
        0x0f8 NTIMERS_DATE 0x2003071 NTIMERS_DATE[27:0]
        0x0fc REGCLK 0x0 CLK_EN[31]
    """)

    value: list[int] = state([0, 0])
    """Each timer's count at `since`."""
    since: list[int] = state([0, 0])
    period: list[int] = state([0, 0])
    """Ticks a count; 0 while the timer stands."""
    step: list[int] = state([1, 1])

    def __init__(self, context: Context, *, group: int = 0) -> None:
        super().__init__(context)
        self.group = group
        self.interrupts = [self.signal(name) for name in ("t0", "t1", "wdt")]
        context.clock("apb").listen(self._clock_changed)
        self._asleep: Signal | None = None

    def connect(self) -> None:
        rtc = self.context.block("RTC_CNTL")
        if rtc is not None:
            self._asleep = rtc.signals["asleep"]
            self._asleep.listen(self._sleep_changed)

    def _sleep_changed(self, _: int) -> None:
        for n in range(2):
            self._configure(n)
        self.wdt_changed()

    def _is_awake(self) -> bool:
        return self._asleep is None or self._asleep.level == 0

    def after_reset(self) -> None:
        for n in range(2):
            self.context.cancel("alarm", n)
        self.context.cancel("calibrated")
        self.context.cancel("wdt")
        self._update_interrupts()
        self.wdt_changed()
        self._calibrate()

    def _clock_changed(self) -> None:
        for n in range(2):
            self._configure(n)
        if self.wdt_running:
            self.context.schedule(self.context.now_ticks(), "wdt")

    # Timers

    def _settle(self, n: int) -> None:
        """Bring `value` up to now, or as near to it as whole counts go."""
        if self.period[n]:
            counts = max(0, self.context.now_ticks() - self.since[n]) // self.period[n]
            self.value[n] = (self.value[n] + counts * self.step[n]) & COUNT
            self.since[n] += counts * self.period[n]

    def _configure(self, n: int) -> None:
        """Take over the configuration of timer n from now on."""
        self._settle(n)
        config = self.TCONFIG
        was_running = self.period[n] != 0
        self.period[n] = 0
        if self.get(config.EN, n) and self._is_awake():
            divider = self.get(config.DIVIDER, n)
            clock = self.context.clock("xtal" if self.get(config.USE_XTAL, n) else "apb")
            self.period[n] = clock.period_ticks * (max(divider, 2) if divider else 65536)
            if not was_running:
                self.since[n] = self.context.now_ticks()
        self.step[n] = 1 if self.get(config.INCREASE, n) else -1
        self._schedule_alarm(n)

    def _schedule_alarm(self, n: int) -> None:
        """Schedule the alarm of timer n; one that the count has passed already comes at once."""
        if not (self.period[n] and self.get(self.TCONFIG.ALARM_EN, n)):
            self.context.cancel("alarm", n)
            return
        alarm = self.get(self.TALARMHI.ALARM_HI, n) << 32 | self.get(self.TALARMLO, n)
        distance = (alarm - self.value[n]) * self.step[n] & COUNT
        if distance > COUNT // 2:
            distance = 0
        self.context.schedule(self.since[n] + distance * self.period[n], "alarm", n)

    def on_alarm(self, n: int) -> None:
        self._settle(n)
        self.put(self.TCONFIG.ALARM_EN, 0, n)
        if self.get(self.TCONFIG.AUTORELOAD, n):
            self._reload(n)
        self._raise(n)

    def _reload(self, n: int) -> None:
        self.value[n] = self.get(self.TLOADHI.LOAD_HI, n) << 32 | self.get(self.TLOADLO, n)
        self.since[n] = self.context.now_ticks()

    def write_TCONFIG(self, n: int, value: int) -> None:
        self._configure(n)

    def write_TUPDATE(self, n: int, value: int) -> None:
        self._settle(n)
        self.put(self.TLO, self.value[n], n)
        self.put(self.THI, self.value[n] >> 32, n)

    def write_TLOAD(self, n: int, value: int) -> None:
        self._reload(n)
        self._schedule_alarm(n)

    def write_TALARMLO(self, n: int, value: int) -> None:
        self._configure(n)

    def write_TALARMHI(self, n: int, value: int) -> None:
        self._configure(n)

    # Watchdog

    def wdt_enabled(self) -> bool:
        return self._is_awake() and (bool(self.get(self.WDTCONFIG0.WDT_EN)) or self._guards_boot())

    def _guards_boot(self) -> bool:
        return self.group == 0 and bool(self.get(self.WDTCONFIG0.WDT_FLASHBOOT_MOD_EN))

    def wdt_stage_ticks(self, stage: int) -> int:
        prescale = max(self.get(self.WDTCONFIG1.WDT_CLK_PRESCALE), 1)
        hold = self.words[self.WDTCONFIG2.index + stage]
        return int(hold) * prescale * self.context.clock("apb").period_ticks

    def wdt_expired(self, stage: int) -> None:
        config = self.WDTCONFIG0
        action = self.get((config.WDT_STG0, config.WDT_STG1, config.WDT_STG2, config.WDT_STG3)[stage])
        if not self.get(config.WDT_EN):
            action = RESET_SYSTEM if stage == 0 else 0
        if action == INTERRUPT:
            self._raise(2)
        elif action == RESET_CPU:
            reason = (0x0B, 0x11)[self.group]
            if self.get(config.WDT_APPCPU_RESET_EN):
                self.context.request_reset("core1", reason)
            if self.get(config.WDT_PROCPU_RESET_EN):
                self.context.request_reset("core0", reason)
        elif action == RESET_SYSTEM:
            self.context.request_reset("system", (0x07, 0x08)[self.group])

    def write_WDTCONFIG0(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG1(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG2(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG3(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG4(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG5(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTFEED(self, value: int) -> None:
        self.wdt_feed()

    # Measurement of the slow clocks

    def _calibrate(self) -> None:
        """Start a measurement: it ends after RTC_CALI_MAX cycles, or by the time-out."""
        config = self.RTCCALICFG
        self.put(config.RTC_CALI_RDY, 0)
        self.put(self.RTCCALICFG2.RTC_CALI_TIMEOUT, 0)
        limit = self.get(self.RTCCALICFG2.RTC_CALI_TIMEOUT_THRES)
        cycles = min(self._xtal_cycles(), limit)
        self.context.schedule(self.context.now_ticks() + cycles * self.context.clock("xtal").period_ticks, "calibrated")

    def _xtal_cycles(self) -> int:
        select = self.get(self.RTCCALICFG.RTC_CALI_CLK_SEL)
        clock = self.context.clock(("rtc_slow", "rc_fast", "xtal32k", "rtc_slow")[select])
        ticks = clock.period_ticks * self.get(self.RTCCALICFG.RTC_CALI_MAX) * (256 if select == 1 else 1)
        return ticks // self.context.clock("xtal").period_ticks

    def on_calibrated(self) -> None:
        cycles = self._xtal_cycles()
        if cycles > self.get(self.RTCCALICFG2.RTC_CALI_TIMEOUT_THRES):
            self.put(self.RTCCALICFG2.RTC_CALI_TIMEOUT, 1)
            return
        self.put(self.RTCCALICFG1.RTC_CALI_VALUE, cycles)
        self.put(self.RTCCALICFG.RTC_CALI_RDY, 1)
        self.put(self.RTCCALICFG1.RTC_CALI_CYCLING_DATA_VLD, self.get(self.RTCCALICFG.RTC_CALI_START_CYCLING))

    def write_RTCCALICFG(self, value: int) -> None:
        start = self.RTCCALICFG.RTC_CALI_START
        if start.of(value) and not start.of(self.previous):
            self._calibrate()

    def write_RTCCALICFG2(self, value: int) -> None:
        if self.get(self.RTCCALICFG.RTC_CALI_START_CYCLING):
            self._calibrate()

    # Interrupts

    def _raise(self, n: int) -> None:
        self.put(self.INT_RAW_TIMERS, self.get(self.INT_RAW_TIMERS) | 1 << n)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW_TIMERS) & self.get(self.INT_ENA_TIMERS)
        self.put(self.INT_ST_TIMERS, active)
        for n, signal in enumerate(self.interrupts):
            signal.set(active >> n & 1)

    def write_INT_ENA_TIMERS(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_RAW_TIMERS(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR_TIMERS(self, value: int) -> None:
        self.put(self.INT_RAW_TIMERS, self.get(self.INT_RAW_TIMERS) & ~value)
        self._update_interrupts()
