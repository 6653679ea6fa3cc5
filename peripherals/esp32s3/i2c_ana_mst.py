"""I2C_ANA_MST: the master of the internal bus to the analog blocks, and their switches.

Source: ESP-IDF's register headers of the esp32s3 (soc/regi2c_defs.h, soc/i2c_ana_mst_reg.h of its relatives, the
regi2c_*.h of the blocks); the block is not in the Technical Reference Manual.

Each analog block (PLL, bias, ADC, radio) has up to 256 registers of 8 bits. They read back what was written; nothing
analog stands behind them, but calibrations that firmware waits for have succeeded. DC_CAL and POWER_DETECT are no names
of the vendor's: the radio's software polls them.

Leaves out: the time of a transfer (it is over at once), every analog effect, reset values of most analog registers (0).
"""

from __future__ import annotations

from twincore.model import RO, Field, Peripheral, Register, Registers, state

BBPLL, ULP = 0x66, 0x61
_RESET = {
    (BBPLL, 2): 0x6B,  # OC_DR1 and OC_DCHGP as the PLL's 480 MHz has them
    (ULP, 3): 0b1001,  # IR_O_DONE and BG_O_DONE: the bias calibrations are over
}
_BLOCKS, _NUMBERS = 16, 64


def _place(block: int, number: int) -> int:
    return block % _BLOCKS * _NUMBERS + number % _NUMBERS


_POWER_ON = [0] * (_BLOCKS * _NUMBERS)
for (_block, _number), _value in _RESET.items():
    _POWER_ON[_place(_block, _number)] = _value


class I2C_ANA_MST(Peripheral):
    """Two masters, of which each reaches some of the blocks; here both reach all."""

    size = 0x100
    reset_domain = "rtc"

    class I2C_CTRL(Register, offset=0x00, count=2, names="I2C{}_CTRL"):
        SLAVE = Field(7, 0, doc="address of the analog block")
        ADDRESS = Field(15, 8, doc="number of its register")
        DATA = Field(23, 16)
        WRITE = Field(24)
        BUSY = Field(25, access=RO)
        READ = Field(26)

    class ANA_CONF0(Register, offset=0x40):
        OTHERS_LOW = Field(1, 0)
        BBPLL_STOP_FORCE_HIGH = Field(2, doc="with FORCE_LOW clear: the calibration stands")
        BBPLL_STOP_FORCE_LOW = Field(3, doc="the calibration runs")
        OTHERS = Field(23, 4)
        BBPLL_CAL_DONE = Field(24, access=RO)
        OTHERS_HIGH = Field(31, 25)

    others = Registers("""
        0x044 ANA_CONF1 0x0 ANA_CONFIG[31:0]
        0x048 ANA_CONF2 0x0 ANA_CONFIG2[31:0]
        0x04c DC_CAL 0x1000000 LOW[23:0] DONE[24]:RO HIGH[31:25]
        0x050 POWER_DETECT 0x7000000 LOW[23:0] STATE[26:24]:RO HIGH[31:27]
    """)

    analog: list[int] = state(_POWER_ON)

    def read_analog(self, block: int, number: int) -> int:
        """Return a register of an analog block, for the blocks that it has an effect on."""
        return self.analog[_place(block, number)]

    def write_I2C_CTRL(self, n: int, value: int) -> None:
        fields = self.I2C_CTRL
        place = _place(fields.SLAVE.of(value), fields.ADDRESS.of(value))
        if fields.WRITE.of(value):
            self.analog[place] = fields.DATA.of(value)
        self.put(fields.DATA, self.analog[place], n)

    def write_ANA_CONF0(self, value: int) -> None:
        if self.ANA_CONF0.BBPLL_STOP_FORCE_LOW.of(value):
            self.put(self.ANA_CONF0.BBPLL_CAL_DONE, 1)
