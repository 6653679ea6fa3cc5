"""SYSTIMER: two 52-bit counters at 16 MHz and three comparators.

Source: ESP32-S3 Technical Reference Manual, "System Timer". The counters count XTAL / 2.5 whatever the CPU runs at. A
comparator fires when the counter reaches its target, at once when the target has passed already; in period mode it
fires every TARGETn_PERIOD counts from its loading on.

Leaves out: clock gate; that a snapshot takes a few cycles (it is valid at once).
"""

from __future__ import annotations

from collections.abc import Mapping

from twincore.model import (
    RO,
    TICKS_PER_SECOND,
    W1C,
    WT,
    Context,
    CounterSnapshot,
    Field,
    Peripheral,
    Register,
    Registers,
    Signal,
    Value,
    state,
)

COUNT_TICKS = TICKS_PER_SECOND // 16_000_000
COUNT = (1 << 52) - 1

WORK_BITS = 7 << 22
"""TARGET0_WORK_EN to TARGET2_WORK_EN in CONF."""
STALL_BITS = ((28, 27), (26, 25))
"""By unit: the bits of CONF that let core 0 and core 1 stop it while they are stalled."""


class SYSTIMER(Peripheral):
    """Interrupts: target0, target1, target2. Signals into it: core0_stall, core1_stall (1: stalled)."""

    size = 0x1000

    class CONF(Register, offset=0x00, reset=0x46000000):
        SYSTIMER_CLK_FO = Field(0)
        TARGET2_WORK_EN = Field(22)
        TARGET1_WORK_EN = Field(23)
        TARGET0_WORK_EN = Field(24)
        TIMER_UNIT1_CORE1_STALL_EN = Field(25)
        TIMER_UNIT1_CORE0_STALL_EN = Field(26)
        TIMER_UNIT0_CORE1_STALL_EN = Field(27)
        TIMER_UNIT0_CORE0_STALL_EN = Field(28)
        TIMER_UNIT1_WORK_EN = Field(29)
        TIMER_UNIT0_WORK_EN = Field(30)
        CLK_EN = Field(31)

    class UNIT_OP(Register, offset=0x04, count=2, names="UNIT{}_OP"):
        TIMER_UNIT_VALUE_VALID = Field(29, access=RO, doc="the snapshot is ready to read")
        TIMER_UNIT_UPDATE = Field(30, access=WT, doc="write 1: take a snapshot")

    class UNIT_LOAD_HI(Register, offset=0x0C, count=2, stride=8, names="UNIT{}_LOAD_HI"):
        TIMER_UNIT_LOAD_HI = Field(19, 0)

    class UNIT_LOAD_LO(Register, offset=0x10, count=2, stride=8, names="UNIT{}_LOAD_LO"):
        TIMER_UNIT_LOAD_LO = Field(31, 0)

    class TARGET_HI(Register, offset=0x1C, count=3, stride=8, names="TARGET{}_HI"):
        TIMER_TARGET_HI = Field(19, 0)

    class TARGET_LO(Register, offset=0x20, count=3, stride=8, names="TARGET{}_LO"):
        TIMER_TARGET_LO = Field(31, 0)

    class TARGET_CONF(Register, offset=0x34, count=3, names="TARGET{}_CONF"):
        TARGET_PERIOD = Field(25, 0)
        TARGET_PERIOD_MODE = Field(30)
        TARGET_TIMER_UNIT_SEL = Field(31)

    class UNIT_VALUE_HI(Register, offset=0x40, count=2, stride=8, names="UNIT{}_VALUE_HI"):
        TIMER_UNIT_VALUE_HI = Field(19, 0, access=RO)

    class UNIT_VALUE_LO(Register, offset=0x44, count=2, stride=8, names="UNIT{}_VALUE_LO"):
        TIMER_UNIT_VALUE_LO = Field(31, 0, access=RO)

    class COMP_LOAD(Register, offset=0x50, count=3, names="COMP{}_LOAD"):
        TIMER_COMP_LOAD = Field(0, access=WT)

    class UNIT_LOAD(Register, offset=0x5C, count=2, names="UNIT{}_LOAD"):
        TIMER_UNIT_LOAD = Field(0, access=WT)

    class INT_ENA(Register, offset=0x64):
        TARGET0_INT_ENA = Field(0)
        TARGET1_INT_ENA = Field(1)
        TARGET2_INT_ENA = Field(2)

    class INT_RAW(Register, offset=0x68, access=W1C):
        TARGET0_INT_RAW = Field(0)
        TARGET1_INT_RAW = Field(1)
        TARGET2_INT_RAW = Field(2)

    class INT_CLR(Register, offset=0x6C, access=WT):
        TARGET0_INT_CLR = Field(0)
        TARGET1_INT_CLR = Field(1)
        TARGET2_INT_CLR = Field(2)

    class INT_ST(Register, offset=0x70, access=RO):
        TARGET0_INT_ST = Field(0)
        TARGET1_INT_ST = Field(1)
        TARGET2_INT_ST = Field(2)

    class REAL_TARGET_LO(Register, offset=0x74, count=3, stride=8, names="REAL_TARGET{}_LO"):
        TARGET_LO_RO = Field(31, 0, access=RO)

    class REAL_TARGET_HI(Register, offset=0x78, count=3, stride=8, names="REAL_TARGET{}_HI"):
        TARGET_HI_RO = Field(19, 0, access=RO)

    others = Registers("0xfc DATE 0x2012251 DATE[31:0]")

    value: list[int] = state([0, 0])
    """Each unit's count at `since`."""
    since: list[int] = state([0, 0])
    """In counts of 16 MHz from power-on."""
    running: list[int] = state([0, 0])
    target: list[int] = state([0, 0, 0])
    armed: list[int] = state([0, 0, 0])
    """1 from loading on; in target mode until the alarm."""
    loaded: list[int] = state([0, 0, 0])
    """1 from the first loading on."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupts = [self.signal(f"target{n}") for n in range(3)]
        self.stalls = [self.signal("core0_stall"), self.signal("core1_stall")]
        for stall in self.stalls:
            stall.listen(lambda _: self._configure())
        self._asleep: Signal | None = None

    def connect(self) -> None:
        rtc = self.context.block("RTC_CNTL")
        if rtc is not None:
            self._asleep = rtc.signals["asleep"]
            self._asleep.listen(lambda _: self._configure())

    def after_reset(self) -> None:
        self.since = [self._grid()] * 2
        self._configure()
        self._update_interrupts()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for unit in range(2):
            self._serve_snapshot(unit)

    def _grid(self) -> int:
        return self.context.now_ticks() // COUNT_TICKS

    def _count(self, unit: int) -> int:
        count = self.value[unit]
        if self.running[unit]:
            elapsed = self.context.now_ticks() // COUNT_TICKS - self.since[unit]
            if elapsed > 0:
                count = count + elapsed & COUNT
        return count

    def _configure(self) -> None:
        """Take over CONF, the cores' stalls and sleep from now on."""
        conf = self.get(self.CONF)
        for unit, bits in enumerate(STALL_BITS):
            self.value[unit] = self._count(unit)
            self.since[unit] = max(self.since[unit], self._grid())
            stalled = any(conf >> bit & 1 and stall.level for bit, stall in zip(bits, self.stalls, strict=True))
            stalled = stalled or (self._asleep is not None and self._asleep.level == 1)
            self.running[unit] = int(bool(conf >> 30 - unit & 1) and not stalled)
            self._serve_snapshot(unit)
        for n in range(3):
            self._schedule(n)

    def _serve_snapshot(self, unit: int) -> None:
        """Tell how to do what write_UNIT_OP does: firmware that waits does it a million times a second."""
        value = self.UNIT_VALUE_HI.index + 2 * unit
        self.context.serve_snapshot(
            CounterSnapshot(
                word=self.UNIT_OP.index + unit,
                low=value + 1,
                high=value,
                trigger=1 << self.UNIT_OP.TIMER_UNIT_UPDATE.lo,
                done=1 << self.UNIT_OP.TIMER_UNIT_VALUE_VALID.lo,
                bits=52,
                value=self.value[unit],
                since=self.since[unit],
                period_ticks=COUNT_TICKS if self.running[unit] else 0,
            )
        )

    def _schedule(self, n: int) -> None:
        unit = self.get(self.TARGET_CONF.TARGET_TIMER_UNIT_SEL, n)
        enabled = self.get(self.CONF) >> 24 - n & 1
        if not (enabled and self.armed[n] and self.running[unit]):
            self.context.cancel("alarm", n)
            return
        distance = (self.target[n] - self.value[unit]) & COUNT
        if distance > COUNT // 2:
            distance = 0
        self.context.schedule((self.since[unit] + distance) * COUNT_TICKS, "alarm", n)

    def _load(self, n: int) -> None:
        conf = self.TARGET_CONF
        if self.get(conf.TARGET_PERIOD_MODE, n):
            self._set_target(n, self._count(self.get(conf.TARGET_TIMER_UNIT_SEL, n)) + self.get(conf.TARGET_PERIOD, n))
        else:
            self._set_target(n, self.get(self.TARGET_HI, n) << 32 | self.get(self.TARGET_LO, n))
        self.armed[n] = self.loaded[n] = 1
        self._schedule(n)

    def _set_target(self, n: int, target: int) -> None:
        self.target[n] = target & COUNT
        self.put(self.REAL_TARGET_LO, target, n)
        self.put(self.REAL_TARGET_HI.TARGET_HI_RO, target >> 32, n)

    def on_alarm(self, n: int) -> None:
        conf = self.TARGET_CONF
        if self.get(conf.TARGET_PERIOD_MODE, n):
            self._set_target(n, self.target[n] + max(self.get(conf.TARGET_PERIOD, n), 1))
            self._schedule(n)
        else:
            self.armed[n] = 0
        self.put(self.INT_RAW, self.get(self.INT_RAW) | 1 << n)
        self._update_interrupts()

    def write_CONF(self, value: int) -> None:
        changed = self.previous ^ self.get(self.CONF)
        if changed & ~WORK_BITS:
            self._configure()
            return
        for n in range(3):  # firmware turns its alarm off and on whenever it moves it
            if changed >> 24 - n & 1:
                self._schedule(n)

    def write_UNIT_OP(self, n: int, value: int) -> None:
        if self.UNIT_OP.TIMER_UNIT_UPDATE.of(value):
            count = self._count(n)
            self.put(self.UNIT_VALUE_HI, count >> 32, n)
            self.put(self.UNIT_VALUE_LO, count, n)
            self.put(self.UNIT_OP.TIMER_UNIT_VALUE_VALID, 1, n)

    def write_UNIT_LOAD(self, n: int, value: int) -> None:
        if value & 1:
            self.value[n] = self.get(self.UNIT_LOAD_HI, n) << 32 | self.get(self.UNIT_LOAD_LO, n)
            self.since[n] = self._grid()
            self._configure()

    def write_COMP_LOAD(self, n: int, value: int) -> None:
        if value & 1:
            self._load(n)

    def write_TARGET_CONF(self, n: int, value: int) -> None:
        mode = self.TARGET_CONF.TARGET_PERIOD_MODE
        if self.loaded[n] and mode.of(value) and not mode.of(self.previous):
            self._load(n)
        self._schedule(n)

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        for n, signal in enumerate(self.interrupts):
            signal.set(active >> n & 1)

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()
