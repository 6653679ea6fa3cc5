"""IO_MUX: each pin's function, pulls, drive strength and input enable.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix". Registers keep what is written.

Leaves out: any effect; GPIO drives and reads every pin whatever MCU_SEL, FUN_IE, FUN_WPU and FUN_WPD say.
"""

from __future__ import annotations

from twincore.model import Field, Peripheral, Register, Registers


class IO_MUX(Peripheral):
    """One register a pin."""

    size = 0x100

    class GPIO(Register, offset=0x004, count=49, reset=0xB00):
        MCU_OE = Field(0)
        SLP_SEL = Field(1)
        MCU_WPD = Field(2)
        MCU_WPU = Field(3)
        MCU_IE = Field(4)
        FUN_WPD = Field(7)
        FUN_WPU = Field(8)
        FUN_IE = Field(9)
        FUN_DRV = Field(11, 10)
        MCU_SEL = Field(14, 12)
        FILTER_EN = Field(15)

    others = Registers("""
        0x000 PIN_CTRL 0x7ff CLK_OUT1[3:0] CLK_OUT2[7:4] CLK_OUT3[11:8]
        0x0fc DATE 0x1907160 REG_DATE[27:0]
    """)
