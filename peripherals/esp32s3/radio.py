"""The radio's registers that firmware waits for: front end, base band, Wi-Fi's and Bluetooth's link layers.

Source: ESP-IDF's register headers of the esp32s3 (soc/fe_reg.h, soc/nrx_reg.h, soc/bb_reg.h) for the power switches,
which every application writes at its start. For the rest there is no public description: each RO field is a bit that
the mask ROM or the radio's libraries poll, and reads as if the work were done. Such registers are named after what
their software does with them; those of Bluetooth after its link layer's maker, RivieraWaves.

So firmware starts Wi-Fi and Bluetooth, and hears nobody. Every other register of these blocks only keeps what is
written, and is reported as the radio's.

Leaves out: the radio. Nothing is sent or received, calibrations measure nothing, no interrupt comes.
"""

from __future__ import annotations

from twincore.model import RO, TICKS_PER_SECOND, WT, Field, Peripheral, Register, Registers


class FE2(Peripheral):
    """The second part of the radio front end."""

    size = 0x100
    others = Registers("0x0f0 TX_INTERP_CTRL 0x0 TX_INTERP_CTRL[31:0]")


class FE(Peripheral):
    """The radio front end."""

    size = 0x1000
    others = Registers("""
        0x090 GEN_CTRL 0x0 GEN_CTRL[31:0]
        0x174 IQ_EST 0x10000 LOW[15:0] DONE[16]:RO HIGH[31:17]
    """)


class NRX(Peripheral):
    """The receiver."""

    size = 0x100
    others = Registers("0x0d4 NRXPD_CTRL 0x0 NRXPD_CTRL[31:0]")


class BB(Peripheral):
    """The base band."""

    size = 0x100
    others = Registers("""
        0x054 BBPD_CTRL 0x0 DC_EST_FORCE_PD[0] DC_EST_FORCE_PU[1] FFT_FORCE_PD[2] FFT_FORCE_PU[3]
    """)


class WIFI_MAC(Peripheral):
    """Wi-Fi's link layer."""

    size = 0x1000
    others = Registers("0xd14 RESET_STATE 0x1 DONE[0]:RO HIGH[31:1]")


class BLE(Peripheral):
    """Bluetooth's link layer: its clock runs."""

    size = 0x1000

    class CNTL(Register, offset=0x000):
        LOW = Field(28, 0)
        REG_SOFT_RST = Field(29, access=WT)
        MASTER_TGSOFT_RST = Field(30, access=WT)
        MASTER_SOFT_RST = Field(31, access=WT)

    class VERSION(Register, offset=0x004, reset=0x0900_1B00, access=RO):
        pass

    class SLOTCLK(Register, offset=0x01C):
        SCLK = Field(27, 0, access=RO, doc="time in half slots of 312.5 us")
        SAMP = Field(31, access=WT, doc="write 1: take the time; 0 when that is done")

    class FINETIMECNT(Register, offset=0x020, access=RO):
        FINECNT = Field(9, 0, doc="half microseconds that are left of the half slot")

    def write_SLOTCLK(self, value: int) -> None:
        if self.SLOTCLK.SAMP.of(value):
            half_slots, passed = divmod(self.context.now_ticks() * 2_000_000 // TICKS_PER_SECOND, 625)
            self.put(self.SLOTCLK.SCLK, half_slots)
            self.put(self.FINETIMECNT.FINECNT, 624 - passed)
