"""Pads that are held: RTC_CNTL freezes what drives and pulls a pad, over resets of everything else and deep sleep.

Source: ESP32-S3 Technical Reference Manual, "Low-Power Management" and "IO MUX and GPIO Matrix"; which bit holds which
pad by ESP-IDF's soc/gpio_periph.c and soc/rtc_io_periph.c.

PAD_HOLD holds GPIO0 to GPIO21 one by one, PWC all of them; DIG_PAD_HOLD holds the others, DIG_ISO all of those, at once
or from deep sleep on (DG_PAD_AUTOHOLD_EN). DG_PAD_FORCE_UNHOLD, 1 after a reset, lets go of them, whatever is set.

Where the manual is silent: the automatic hold lasts until CLR_DG_PAD_AUTOHOLD, or DG_PAD_AUTOHOLD_EN is taken back.

Leaves out: hold of a pad's input enable and drive strength.
"""

from __future__ import annotations

from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers

RTC_PADS = 22
FIRST_DIGITAL_BIT = 21
"""Bit n of DIG_PAD_HOLD is GPIO 21 + n."""
PADS = 49
ALL_RTC = (1 << RTC_PADS) - 1
ALL_DIGITAL = (1 << PADS) - 1 & ~ALL_RTC


class PadHold(Peripheral):
    """The part of RTC_CNTL that holds pads. Signal: held_pads, a bit a GPIO."""

    class PWC(Register, offset=0x088, reset=0x925):
        FASTMEM_FORCE_NOISO = Field(0)
        FASTMEM_FORCE_ISO = Field(1)
        SLOWMEM_FORCE_NOISO = Field(2)
        SLOWMEM_FORCE_ISO = Field(3)
        FORCE_ISO = Field(4)
        FORCE_NOISO = Field(5)
        FASTMEM_FOLW_CPU = Field(6)
        FASTMEM_FORCE_LPD = Field(7)
        FASTMEM_FORCE_LPU = Field(8)
        SLOWMEM_FOLW_CPU = Field(9)
        SLOWMEM_FORCE_LPD = Field(10)
        SLOWMEM_FORCE_LPU = Field(11)
        FORCE_PD = Field(18)
        FORCE_PU = Field(19)
        PD_EN = Field(20)
        PAD_FORCE_HOLD = Field(21, doc="holds GPIO0 to GPIO21")

    class DIG_ISO(Register, offset=0x094, reset=0xAA805080):
        FORCE_OFF = Field(7)
        FORCE_ON = Field(8)
        DG_PAD_AUTOHOLD = Field(9, access=RO)
        CLR_DG_PAD_AUTOHOLD = Field(10, access=WT)
        DG_PAD_AUTOHOLD_EN = Field(11)
        DG_PAD_FORCE_NOISO = Field(12)
        DG_PAD_FORCE_ISO = Field(13)
        DG_PAD_FORCE_UNHOLD = Field(14)
        DG_PAD_FORCE_HOLD = Field(15)
        BT_FORCE_ISO = Field(22)
        BT_FORCE_NOISO = Field(23)
        DG_PERI_FORCE_ISO = Field(24)
        DG_PERI_FORCE_NOISO = Field(25)
        CPU_TOP_FORCE_ISO = Field(26)
        CPU_TOP_FORCE_NOISO = Field(27)
        WIFI_FORCE_ISO = Field(28)
        WIFI_FORCE_NOISO = Field(29)
        DG_WRAP_FORCE_ISO = Field(30)
        DG_WRAP_FORCE_NOISO = Field(31)

    class DIG_PAD_HOLD(Register, offset=0x0DC):
        DIG_PAD_HOLD = Field(31, 0)

    hold = Registers("""
        0x0d8 PAD_HOLD 0x0 TOUCH_PAD0_HOLD[0] TOUCH_PAD1_HOLD[1] TOUCH_PAD2_HOLD[2] TOUCH_PAD3_HOLD[3]
          + TOUCH_PAD4_HOLD[4] TOUCH_PAD5_HOLD[5] TOUCH_PAD6_HOLD[6] TOUCH_PAD7_HOLD[7] TOUCH_PAD8_HOLD[8]
          + TOUCH_PAD9_HOLD[9] TOUCH_PAD10_HOLD[10] TOUCH_PAD11_HOLD[11] TOUCH_PAD12_HOLD[12] TOUCH_PAD13_HOLD[13]
          + TOUCH_PAD14_HOLD[14] X32P_HOLD[15] X32N_HOLD[16] PDAC1_HOLD[17] PDAC2_HOLD[18] PAD19_HOLD[19]
          + PAD20_HOLD[20] PAD21_HOLD[21]
    """)
    PAD_HOLD = hold.registers["PAD_HOLD"]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.held_pads = self.signal("held_pads")

    def hold_in_deep_sleep(self) -> None:
        """Deep sleep begins: hold what is to be held from then on."""
        if self.get(self.DIG_ISO.DG_PAD_AUTOHOLD_EN):
            self.put(self.DIG_ISO.DG_PAD_AUTOHOLD, 1)
            self.update_held_pads()

    def update_held_pads(self) -> None:
        """Tell which pads are held."""
        fields = self.DIG_ISO
        digital = (self.get(self.DIG_PAD_HOLD) << FIRST_DIGITAL_BIT) & ALL_DIGITAL
        if self.get(fields.DG_PAD_FORCE_HOLD) or self.get(fields.DG_PAD_AUTOHOLD):
            digital = ALL_DIGITAL
        if self.get(fields.DG_PAD_FORCE_UNHOLD):
            digital = 0
        rtc = ALL_RTC if self.get(self.PWC.PAD_FORCE_HOLD) else self.get(self.PAD_HOLD)
        self.held_pads.set(digital | rtc)

    def write_PWC(self, value: int) -> None:
        self.update_held_pads()

    def write_DIG_ISO(self, value: int) -> None:
        fields = self.DIG_ISO
        if fields.CLR_DG_PAD_AUTOHOLD.of(value) or not fields.DG_PAD_AUTOHOLD_EN.of(value):
            self.put(fields.DG_PAD_AUTOHOLD, 0)
        self.update_held_pads()

    def write_PAD_HOLD(self, value: int) -> None:
        self.update_held_pads()

    def write_DIG_PAD_HOLD(self, value: int) -> None:
        self.update_held_pads()
