"""Light sleep and deep sleep: how RTC_CNTL stops the chip and what wakes it.

Source: ESP32-S3 Technical Reference Manual, "Low-Power Management"; ESP-IDF's rtc_cntl registers and soc/rtc.h.

STATE0.SLEEP_EN stops both cores, after light sleep they go on where they were. With DIG_PWC.DG_WRAP_PD_EN the digital
system loses its power (deep sleep): its blocks and memories lose their content, and waking resets it.

Leaves out: the time that power and clocks take to go and to come back, retention of single domains, what stays on by
FORCE_PU, sleep of the RTC memories, waking by UART, Wi-Fi, Bluetooth, SDIO, touch, ULP, USB (an enabled one is counted
as unmodelled).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twincore.model import RO, WT, Context, Field, Peripheral, Pin, Register, Value, state

REASON_DEEP_SLEEP = 0x05

EXT0, EXT1, GPIO, TIMER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
"""Bits of WAKEUP_ENA and of the causes."""
OTHER_SOURCES = {
    4: "SDIO",
    5: "WIFI",
    6: "UART0",
    7: "UART1",
    8: "TOUCH",
    9: "ULP",
    10: "BT",
    11: "COCPU",
    12: "XTAL32K_DEAD",
    13: "COCPU_TRAP",
    14: "USB",
}
SLP_WAKEUP_INT, SLP_REJECT_INT = 1 << 0, 1 << 1
"""Bits of the interrupt registers."""

PIN_LOW, PIN_HIGH = 4, 5
"""INT_TYPE of a GPIO that wakes by its level."""
RTC_PINS = 22

AWAKE, LIGHT, DEEP = 0, 1, 2


class Sleep(Peripheral):
    """The part of RTC_CNTL that sleeps. Signals: cpu_clock (0 while the cores stand), asleep (1 during sleep)."""

    class STATE0(Register, offset=0x018):
        SW_CPU_INT = Field(0, access=WT)
        SLP_REJECT_CAUSE_CLR = Field(1, access=WT)
        APB2RTC_BRIDGE_SEL = Field(22)
        SDIO_ACTIVE_IND = Field(28, access=RO)
        SLP_WAKEUP = Field(29)
        SLP_REJECT = Field(30)
        SLEEP_EN = Field(31, doc="write 1: sleep; 0 when awake again")

    class TIMER5(Register, offset=0x02C, reset=0x8000):
        MIN_SLP_VAL = Field(15, 8, doc="the shortest sleep, in cycles of RTC_SLOW_CLK")

    class WAKEUP_STATE(Register, offset=0x03C, reset=0x60000):
        WAKEUP_ENA = Field(31, 15)

    class EXT_WAKEUP_CONF(Register, offset=0x064):
        GPIO_WAKEUP_FILTER = Field(29)
        EXT_WAKEUP0_LV = Field(30)
        EXT_WAKEUP1_LV = Field(31)

    class SLP_REJECT_CONF(Register, offset=0x068):
        SLEEP_REJECT_ENA = Field(29, 12)
        LIGHT_SLP_REJECT_EN = Field(30)
        DEEP_SLP_REJECT_EN = Field(31)

    class EXT_WAKEUP1(Register, offset=0x0E0):
        EXT_WAKEUP1_SEL = Field(21, 0, doc="RTC GPIOs that wake, a bit each")
        EXT_WAKEUP1_STATUS_CLR = Field(22, access=WT)

    class EXT_WAKEUP1_STATUS(Register, offset=0x0E4):
        EXT_WAKEUP1_STATUS = Field(21, 0, access=RO)

    class SLP_REJECT_CAUSE(Register, offset=0x128):
        REJECT_CAUSE = Field(17, 0, access=RO)

    class SLP_WAKEUP_CAUSE(Register, offset=0x130):
        WAKEUP_CAUSE = Field(16, 0, access=RO)

    sleep_mode: int = state(AWAKE)
    """AWAKE, LIGHT or DEEP."""
    sleep_until: int = state(0)
    """When MIN_SLP_VAL is over, in ticks: nothing wakes the chip before."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.cpu_clock, self.asleep = self.signal("cpu_clock"), self.signal("asleep")
        self._gpio: Any = None
        self._ext0_select: Field | None = None
        self._rtc_io: Peripheral | None = None

    def connect(self) -> None:
        self._gpio = self.context.block("GPIO")
        self._rtc_io = self.context.block("RTC_IO")
        if self._rtc_io is not None:
            self._ext0_select = self._rtc_io.registers["EXT_WAKEUP0"].fields[0]

    def sleep_reset(self) -> None:
        """Wake up without a cause, as a reset does."""
        self.sleep_mode = AWAKE
        self._listen()
        self.context.cancel("wake")
        self.asleep.set(0)
        self.cpu_clock.set(1)

    def alarm_is_due(self) -> bool:
        """Return whether the main timer's alarm is on and its time has come."""
        raise NotImplementedError

    def raise_interrupts(self, bits: int) -> None:
        """Set bits of the raw interrupts."""
        raise NotImplementedError

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._listen()

    def _pins(self) -> list[Pin]:
        return [] if self._gpio is None else self._gpio.pins

    def _listen(self) -> None:
        """Hear of every edge during sleep only: a pin that is heard costs an event an edge."""
        for pin in self._pins():
            pin.unlisten(self._pin_changed)
            if self.sleep_mode != AWAKE:
                pin.listen(self._pin_changed)

    def write_STATE0(self, value: int) -> None:
        fields = self.STATE0
        if fields.SLP_REJECT_CAUSE_CLR.of(value):
            self.put(self.SLP_REJECT_CAUSE, 0)
        if fields.SLEEP_EN.of(value) and self.sleep_mode == AWAKE:
            self._fall_asleep()

    def write_EXT_WAKEUP1(self, value: int) -> None:
        if self.EXT_WAKEUP1.EXT_WAKEUP1_STATUS_CLR.of(value):
            self.put(self.EXT_WAKEUP1_STATUS, 0)

    def _fall_asleep(self) -> None:
        enabled = self.get(self.WAKEUP_STATE.WAKEUP_ENA)
        for bit, name in OTHER_SOURCES.items():
            if enabled >> bit & 1:
                self.context.unmodelled(f"{self.context.name}.WAKEUP_STATE WAKEUP_ENA ({name} as a wake-up source)")
        is_deep = self.get(self.registers["DIG_PWC"]) >> 31 == 1
        reject = self.SLP_REJECT_CONF
        allowed = self.get(reject.DEEP_SLP_REJECT_EN if is_deep else reject.LIGHT_SLP_REJECT_EN)
        cause = self._causes(self.get(reject.SLEEP_REJECT_ENA)) if allowed else 0
        if cause:
            self.put(self.SLP_REJECT_CAUSE, cause)
            self.put(self.STATE0.SLEEP_EN, 0)
            self.raise_interrupts(SLP_REJECT_INT)
            return
        self.sleep_mode = DEEP if is_deep else LIGHT
        self._listen()
        shortest = self.get(self.TIMER5.MIN_SLP_VAL) * self.context.clock("rtc_slow").period_ticks
        self.sleep_until = self.context.now_ticks() + shortest
        self.asleep.set(1)
        self.cpu_clock.set(0)
        self.context.end_slice()
        if is_deep:
            self.context.power_down()
        self.context.schedule(self.sleep_until, "wake")

    def _causes(self, enabled: int) -> int:
        """Return which of the sources `enabled` ask for waking now."""
        causes = TIMER if enabled & TIMER and self.alarm_is_due() else 0
        if enabled & (EXT0 | EXT1 | GPIO) and self._gpio is not None:
            levels = sum(pin.level << n for n, pin in enumerate(self._pins()))
            if enabled & EXT0 and self._ext0(levels):
                causes |= EXT0
            if enabled & EXT1 and self._ext1(levels):
                causes |= EXT1
            if enabled & GPIO and self.sleep_mode != DEEP and self._by_level(levels):
                causes |= GPIO
        return causes

    def _ext0(self, levels: int) -> bool:
        if self._rtc_io is None or self._ext0_select is None:
            return False
        number = self._rtc_io.get(self._ext0_select)
        return (levels >> number & 1) == self.get(self.EXT_WAKEUP_CONF.EXT_WAKEUP0_LV)

    def _ext1(self, levels: int) -> int:
        """Return the selected RTC GPIOs that have the level that wakes."""
        if not self.get(self.EXT_WAKEUP_CONF.EXT_WAKEUP1_LV):
            levels = ~levels
        return levels & self.get(self.EXT_WAKEUP1.EXT_WAKEUP1_SEL)

    def _by_level(self, levels: int) -> bool:
        fields = self._gpio.PIN
        for n in range(len(self._pins())):
            if self._gpio.get(fields.WAKEUP_ENABLE, n):
                kind = self._gpio.get(fields.INT_TYPE, n)
                if kind == (PIN_HIGH if levels >> n & 1 else PIN_LOW):
                    return True
        return False

    def _pin_changed(self, _: int) -> None:
        if self.sleep_mode != AWAKE:
            self.context.schedule(max(self.context.now_ticks(), self.sleep_until), "wake")

    def on_wake(self) -> None:
        """Wake up if a source asks for it."""
        causes = self._causes(self.get(self.WAKEUP_STATE.WAKEUP_ENA)) if self.sleep_mode != AWAKE else 0
        if not causes or self.context.now_ticks() < self.sleep_until:
            return
        if causes & EXT1:
            levels = sum(pin.level << n for n, pin in enumerate(self._pins()))
            self.put(self.EXT_WAKEUP1_STATUS, self._ext1(levels))
        was_deep = self.sleep_mode == DEEP
        self.sleep_mode = AWAKE
        self._listen()
        self.put(self.STATE0.SLEEP_EN, 0)
        self.put(self.SLP_WAKEUP_CAUSE, causes)
        self.raise_interrupts(SLP_WAKEUP_INT)
        self.asleep.set(0)
        if was_deep:
            self.context.request_reset("system", REASON_DEEP_SLEEP)
        self.cpu_clock.set(1)
