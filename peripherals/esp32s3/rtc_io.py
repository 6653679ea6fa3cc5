"""RTC_IO: the 22 pins that the RTC can use: GPIO0 to GPIO21.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix". A pad whose MUX_SEL is 1 belongs to RTC_IO: it
drives and pulls the pin, the digital side sees 0 of it. RTC_CNTL looks at the pins that wake the chip itself.

Leaves out: interrupts of RTC pins (RTC_GPIO_STATUS is what software sets), the functions other than GPIO (FUN_SEL),
touch, analogue functions, the input enable for sleep, drive strength (the register keeps it). RTC_CNTL holds the pads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from twincore.lines import pull_of
from twincore.model import RO, WT, Context, Field, Peripheral, Pin, Register, Registers

PINS = 22
_FIRST = 10
"""RTC_GPIO_OUT and the others have their pins from this bit on."""
_PAD_INDEX = 0x084 // 4
"""The word of the first pad; the fields that all pads have stand in `_Pad`."""


class _Pad(Register, offset=0x084):
    FUN_IE = Field(13, doc="input enable")
    SLP_OE = Field(14, doc="output enable during sleep, if SLP_SEL is 1")
    SLP_SEL = Field(16)
    FUN_SEL = Field(18, 17, doc="0: GPIO")
    MUX_SEL = Field(19, doc="1: the pad belongs to RTC_IO")
    RUE = Field(27, doc="pull-up")
    RDE = Field(28, doc="pull-down")


class RtcPad(NamedTuple):
    """What RTC_IO makes of a pad that belongs to it."""

    is_open_drain: bool
    pull: int | None
    output_enabled: int


class RTC_IO(Peripheral):
    """One register a pad, and output, enable and input of all."""

    size = 0x400
    reset_domain = "rtc"

    class RTC_GPIO_OUT(Register, offset=0x000):
        DATA = Field(31, 10)

    class RTC_GPIO_OUT_W1TS(Register, offset=0x004):
        RTC_GPIO_OUT_DATA_W1TS = Field(31, 10, access=WT)

    class RTC_GPIO_OUT_W1TC(Register, offset=0x008):
        RTC_GPIO_OUT_DATA_W1TC = Field(31, 10, access=WT)

    class RTC_GPIO_ENABLE(Register, offset=0x00C):
        RTC_GPIO_ENABLE = Field(31, 10)

    class RTC_GPIO_ENABLE_W1TS(Register, offset=0x010):
        RTC_GPIO_ENABLE_W1TS = Field(31, 10, access=WT)

    class ENABLE_W1TC(Register, offset=0x014):
        ENABLE_W1TC = Field(31, 10, access=WT)

    class RTC_GPIO_STATUS(Register, offset=0x018):
        INT = Field(31, 10)

    class RTC_GPIO_STATUS_W1TS(Register, offset=0x01C):
        RTC_GPIO_STATUS_INT_W1TS = Field(31, 10, access=WT)

    class RTC_GPIO_STATUS_W1TC(Register, offset=0x020):
        RTC_GPIO_STATUS_INT_W1TC = Field(31, 10, access=WT)

    class RTC_GPIO_IN(Register, offset=0x024):
        NEXT = Field(31, 10, access=RO)

    class PIN(Register, offset=0x28, count=22):
        PAD_DRIVER = Field(2)
        INT_TYPE = Field(9, 7)
        WAKEUP_ENABLE = Field(10)

    others = Registers("""
        0x080 RTC_DEBUG_SEL 0x0 RTC_DEBUG_SEL0[4:0] RTC_DEBUG_SEL1[9:5] RTC_DEBUG_SEL2[14:10] RTC_DEBUG_SEL3[19:15]
          + RTC_DEBUG_SEL4[24:20] RTC_DEBUG_12M_NO_GATING[25]
        0x084 TOUCH_PAD0 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x088 TOUCH_PAD1 0x48000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x08c TOUCH_PAD2 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x090 TOUCH_PAD3 0x48000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x094 TOUCH_PAD4 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x098 TOUCH_PAD5 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x09c TOUCH_PAD6 0x48000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0a0 TOUCH_PAD7 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0a4 TOUCH_PAD8 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0a8 TOUCH_PAD9 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0ac TOUCH_PAD10 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0b0 TOUCH_PAD11 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0b4 TOUCH_PAD12 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0b8 TOUCH_PAD13 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0bc TOUCH_PAD14 0x40000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] XPD[20]
          + TIE_OPT[21] START[22] RUE[27] RDE[28] DRV[30:29]
        0x0c0 XTAL_32P_PAD 0x40000000 X32P_FUN_IE[13] X32P_SLP_OE[14] X32P_SLP_IE[15] X32P_SLP_SEL[16]
          + X32P_FUN_SEL[18:17] X32P_MUX_SEL[19] X32P_RUE[27] X32P_RDE[28] X32P_DRV[30:29]
        0x0c4 XTAL_32N_PAD 0x40000000 X32N_FUN_IE[13] X32N_SLP_OE[14] X32N_SLP_IE[15] X32N_SLP_SEL[16]
          + X32N_FUN_SEL[18:17] X32N_MUX_SEL[19] X32N_RUE[27] X32N_RDE[28] X32N_DRV[30:29]
        0x0c8 PAD_DAC1 0x40000000 PDAC1_DAC[10:3] PDAC1_XPD_DAC[11] PDAC1_DAC_XPD_FORCE[12] PDAC1_FUN_IE[13]
          + PDAC1_SLP_OE[14] PDAC1_SLP_IE[15] PDAC1_SLP_SEL[16] PDAC1_FUN_SEL[18:17] PDAC1_MUX_SEL[19] PDAC1_RUE[27]
          + PDAC1_RDE[28] PDAC1_DRV[30:29]
        0x0cc PAD_DAC2 0x40000000 PDAC2_DAC[10:3] PDAC2_XPD_DAC[11] PDAC2_DAC_XPD_FORCE[12] PDAC2_FUN_IE[13]
          + PDAC2_SLP_OE[14] PDAC2_SLP_IE[15] PDAC2_SLP_SEL[16] PDAC2_FUN_SEL[18:17] PDAC2_MUX_SEL[19] PDAC2_RUE[27]
          + PDAC2_RDE[28] PDAC2_DRV[30:29]
        0x0d0 RTC_PAD19 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] RUE[27]
          + RDE[28] DRV[30:29]
        0x0d4 RTC_PAD20 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] RUE[27]
          + RDE[28] DRV[30:29]
        0x0d8 RTC_PAD21 0x50000000 FUN_IE[13] SLP_OE[14] SLP_IE[15] SLP_SEL[16] FUN_SEL[18:17] MUX_SEL[19] RUE[27]
          + RDE[28] DRV[30:29]
        0x0dc EXT_WAKEUP0 0x0 SEL[31:27]
        0x0e0 XTL_EXT_CTR 0x0 SEL[31:27]
        0x0e4 SAR_I2C_IO 0x0 SAR_DEBUG_BIT_SEL[27:23] SAR_I2C_SCL_SEL[29:28] SAR_I2C_SDA_SEL[31:30]
        0x0e8 TOUCH_CTRL 0x0 IO_TOUCH_BUFSEL[3:0] IO_TOUCH_BUFMODE[4]
        0x1fc DATE 0x2101180 DATE[27:0]
    """)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pins: Sequence[Pin] = ()
        self._on_change: Callable[[int], None] | None = None

    def attach(self, pins: Sequence[Pin], on_change: Callable[[int], None]) -> None:
        """Take the pins that RTC_GPIO_IN shows; have `on_change(n)` called when the registers of pin `n` change."""
        self._pins, self._on_change = pins, on_change

    def after_reset(self) -> None:
        for n in range(PINS):
            self._changed(n)

    def _changed(self, n: int) -> None:
        if self._on_change is not None:
            self._on_change(n)

    # What GPIO asks.

    def sleeps(self, n: int) -> bool:
        """Return whether pin `n` is set up otherwise during sleep."""
        return n < PINS and _Pad.SLP_SEL.of(self.words[_PAD_INDEX + n]) == 1

    def pad(self, n: int, *, is_asleep: bool = False) -> RtcPad | None:
        """Return what RTC_IO makes of pin `n`, None when it is not its own."""
        word = self.words[_PAD_INDEX + n] if n < PINS else 0
        if not _Pad.MUX_SEL.of(word):
            return None
        pull = pull_of(_Pad.RUE.of(word), _Pad.RDE.of(word))
        enabled = self.get(self.RTC_GPIO_ENABLE) >> _FIRST + n & 1
        if is_asleep and self.sleeps(n):
            enabled = _Pad.SLP_OE.of(word)
        return RtcPad(self.get(self.PIN.PAD_DRIVER, n) == 1, pull, enabled)

    def output(self, n: int) -> int:
        """Return the level that RTC_IO drives pin `n` to."""
        return self.get(self.RTC_GPIO_OUT) >> _FIRST + n & 1

    # Registers

    def _write_pad(self, n: int, value: int) -> None:
        if _Pad.MUX_SEL.of(value) and _Pad.FUN_SEL.of(value):
            self.context.unmodelled(f"{self.name_of(4 * (_PAD_INDEX + n))} FUN_SEL {_Pad.FUN_SEL.of(value)}")
        self._changed(n)

    def _write_bits(self, register: type[Register], value: int) -> None:
        """Give RTC_GPIO_OUT or RTC_GPIO_ENABLE a value, and drive the pins that change."""
        value &= register.rw
        changed = (self.get(register) ^ value) >> _FIRST
        self.put(register, value)
        self._drive(changed)

    def _drive(self, changed: int) -> None:
        for n in range(PINS):
            if changed >> n & 1:
                self._changed(n)

    def write_RTC_GPIO_OUT(self, value: int) -> None:
        self._drive((self.previous ^ value) >> _FIRST)

    def write_RTC_GPIO_OUT_W1TS(self, value: int) -> None:
        self._write_bits(self.RTC_GPIO_OUT, self.get(self.RTC_GPIO_OUT) | value)

    def write_RTC_GPIO_OUT_W1TC(self, value: int) -> None:
        self._write_bits(self.RTC_GPIO_OUT, self.get(self.RTC_GPIO_OUT) & ~value)

    def write_RTC_GPIO_ENABLE(self, value: int) -> None:
        self._drive((self.previous ^ value) >> _FIRST)

    def write_RTC_GPIO_ENABLE_W1TS(self, value: int) -> None:
        self._write_bits(self.RTC_GPIO_ENABLE, self.get(self.RTC_GPIO_ENABLE) | value)

    def write_ENABLE_W1TC(self, value: int) -> None:
        self._write_bits(self.RTC_GPIO_ENABLE, self.get(self.RTC_GPIO_ENABLE) & ~value)

    def write_RTC_GPIO_STATUS_W1TS(self, value: int) -> None:
        self.put(self.RTC_GPIO_STATUS, self.get(self.RTC_GPIO_STATUS) | value & self.RTC_GPIO_STATUS.rw)

    def write_RTC_GPIO_STATUS_W1TC(self, value: int) -> None:
        self.put(self.RTC_GPIO_STATUS, self.get(self.RTC_GPIO_STATUS) & ~value)

    def read_RTC_GPIO_IN(self) -> int:
        levels = 0
        for n, pin in enumerate(self._pins[:PINS]):
            if self.pad(n) is not None and _Pad.FUN_IE.of(self.words[_PAD_INDEX + n]):
                levels |= pin.level << n
        return levels << _FIRST

    def write_PIN(self, n: int, value: int) -> None:
        self._changed(n)


for _n in range(PINS):
    _name = next(name for name, _, _, index in RTC_IO._items() if index == _PAD_INDEX + _n)
    setattr(RTC_IO, f"write_{_name}", functools.partialmethod(RTC_IO._write_pad, _n))
