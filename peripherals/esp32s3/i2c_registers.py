"""Registers, FIFOs, interrupts and time base of an I2C block."""

from __future__ import annotations

from twincore.model import RO, WO, WT, Context, Field, Peripheral, Register, Registers, state

FIFO_SIZE, COMMANDS = 32, 8

RXFIFO_WM, TXFIFO_WM, RXFIFO_OVF, END_DETECT, BYTE_TRANS_DONE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4
MST_TXFIFO_UDF, TRANS_COMPLETE, TIME_OUT, TRANS_START, NACK = 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10
TXFIFO_OVF, RXFIFO_UDF, SCL_ST_TO, SCL_MAIN_ST_TO, DET_START = 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15
SLAVE_STRETCH, GENERAL_CALL = 1 << 16, 1 << 17
"""Bits of the interrupt registers."""

NOTHING = -1
"""In place of a cause."""


def _reversed(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)


class I2cRegisters(Peripheral):
    """What the controller and the target of one block share."""

    consuming = frozenset({"DATA"})

    size = 0x1000

    class CTR(Register, offset=0x004, reset=0x20B):
        SDA_FORCE_OUT = Field(0)
        SCL_FORCE_OUT = Field(1)
        SAMPLE_SCL_LEVEL = Field(2)
        RX_FULL_ACK_LEVEL = Field(3)
        MS_MODE = Field(4, doc="1: controller, 0: target")
        TRANS_START = Field(5, access=WT, doc="write 1: carry out the commands from the first one on")
        TX_LSB_FIRST = Field(6)
        RX_LSB_FIRST = Field(7)
        CLK_EN = Field(8)
        ARBITRATION_EN = Field(9)
        FSM_RST = Field(10, access=WT, doc="write 1: let go of the bus")
        CONF_UPGATE = Field(11, access=WT)
        SLV_TX_AUTO_START_EN = Field(12)
        ADDR_10BIT_RW_CHECK_EN = Field(13)
        ADDR_BROADCASTING_EN = Field(14)

    class SR(Register, offset=0x008, reset=0xC000, access=RO):
        RESP_REC = Field(0, doc="1: the last byte written was acknowledged")
        SLAVE_RW = Field(1)
        ARB_LOST = Field(3)
        BUS_BUSY = Field(4, doc="from START to STOP or END")
        SLAVE_ADDRESSED = Field(5)
        RXFIFO_CNT = Field(13, 8)
        STRETCH_CAUSE = Field(15, 14)
        TXFIFO_CNT = Field(23, 18)
        SCL_MAIN_STATE_LAST = Field(26, 24)
        SCL_STATE_LAST = Field(30, 28)

    class TO(Register, offset=0x00C, reset=0x10):
        TIME_OUT_VALUE = Field(4, 0, doc="2 to the power of this: cycles that SCL may stay low")
        TIME_OUT_EN = Field(5)

    class SLAVE_ADDR(Register, offset=0x010):
        SLAVE_ADDR = Field(14, 0)
        ADDR_10BIT_EN = Field(31)

    class FIFO_ST(Register, offset=0x014, access=RO):
        RXFIFO_RADDR = Field(4, 0)
        RXFIFO_WADDR = Field(9, 5)
        TXFIFO_RADDR = Field(14, 10)
        TXFIFO_WADDR = Field(19, 15)
        SLAVE_RW_POINT = Field(29, 22)

    class FIFO_CONF(Register, offset=0x018, reset=0x408B):
        RXFIFO_WM_THRHD = Field(4, 0)
        TXFIFO_WM_THRHD = Field(9, 5)
        NONFIFO_EN = Field(10, doc="software reads and writes the FIFOs' RAM, not DATA")
        FIFO_ADDR_CFG_EN = Field(11)
        RX_FIFO_RST = Field(12)
        TX_FIFO_RST = Field(13)
        FIFO_PRT_EN = Field(14, doc="the interrupts of the FIFOs are on")

    class DATA(Register, offset=0x01C):
        FIFO_RDATA = Field(
            7, 0, access=WO, doc="a read takes from the receive FIFO, a write gives to the transmit FIFO"
        )

    class SCL_HIGH_PERIOD(Register, offset=0x038):
        SCL_HIGH_PERIOD = Field(8, 0)
        SCL_WAIT_HIGH_PERIOD = Field(15, 9)

    class CLK_CONF(Register, offset=0x054, reset=0x200000):
        SCLK_DIV_NUM = Field(7, 0, doc="the clock is divided by this + 1 + A / B")
        SCLK_DIV_A = Field(13, 8)
        SCLK_DIV_B = Field(19, 14)
        SCLK_SEL = Field(20, doc="0 is XTAL, 1 is RC_FAST")
        SCLK_ACTIVE = Field(21)

    class COMD(Register, offset=0x058, count=COMMANDS):
        BYTE_NUM = Field(7, 0)
        ACK_CHECK_EN = Field(8)
        ACK_EXP = Field(9, doc="level that ACK_CHECK_EN expects")
        ACK_VALUE = Field(10, doc="level that answers a byte that is read")
        OP_CODE = Field(13, 11)
        COMMAND_DONE = Field(31)

    class SCL_ST_TIME_OUT(Register, offset=0x078, reset=0x10):
        SCL_ST_TO_I2C = Field(4, 0)

    class SCL_MAIN_ST_TIME_OUT(Register, offset=0x07C, reset=0x10):
        SCL_MAIN_ST_TO_I2C = Field(4, 0)

    class SCL_SP_CONF(Register, offset=0x080):
        SCL_RST_SLV_EN = Field(0, doc="with CONF_UPGATE: send pulses on SCL; 0 when that is done")
        SCL_RST_SLV_NUM = Field(5, 1)
        SCL_PD_EN = Field(6)
        SDA_PD_EN = Field(7)

    class SCL_STRETCH_CONF(Register, offset=0x084):
        STRETCH_PROTECT_NUM = Field(9, 0)
        SLAVE_SCL_STRETCH_EN = Field(10, doc="a target holds SCL low until software is ready")
        SLAVE_SCL_STRETCH_CLR = Field(11, access=WT, doc="write 1: let SCL go")
        SLAVE_BYTE_ACK_CTL_EN = Field(12)
        SLAVE_BYTE_ACK_LVL = Field(13)

    class TXFIFO(
        Register,
        offset=0x100,
        access=RO,
        count=FIFO_SIZE,
        names=["TXFIFO_START_ADDR", *(f"TXFIFO_MEM{n}" for n in range(1, FIFO_SIZE))],
    ):
        pass

    class RXFIFO(
        Register,
        offset=0x180,
        access=RO,
        count=FIFO_SIZE,
        names=["RXFIFO_START_ADDR", *(f"RXFIFO_MEM{n}" for n in range(1, FIFO_SIZE))],
    ):
        pass

    others = Registers("""
        0x000 SCL_LOW_PERIOD 0x0 SCL_LOW_PERIOD[8:0]
        0x020 INT_RAW 0x2 RXFIFO_WM_INT_RAW[0]:W1C TXFIFO_WM_INT_RAW[1]:W1C RXFIFO_OVF_INT_RAW[2]:W1C
          + END_DETECT_INT_RAW[3]:W1C BYTE_TRANS_DONE_INT_RAW[4]:W1C ARBITRATION_LOST_INT_RAW[5]:W1C
          + MST_TXFIFO_UDF_INT_RAW[6]:W1C TRANS_COMPLETE_INT_RAW[7]:W1C TIME_OUT_INT_RAW[8]:W1C
          + TRANS_START_INT_RAW[9]:W1C NACK_INT_RAW[10]:W1C TXFIFO_OVF_INT_RAW[11]:W1C RXFIFO_UDF_INT_RAW[12]:W1C
          + SCL_ST_TO_INT_RAW[13]:W1C SCL_MAIN_ST_TO_INT_RAW[14]:W1C DET_START_INT_RAW[15]:W1C
          + SLAVE_STRETCH_INT_RAW[16]:W1C GENERAL_CALL_INT_RAW[17]:W1C
        0x024 INT_CLR 0x0 RXFIFO_WM_INT_CLR[0]:WT TXFIFO_WM_INT_CLR[1]:WT RXFIFO_OVF_INT_CLR[2]:WT
          + END_DETECT_INT_CLR[3]:WT BYTE_TRANS_DONE_INT_CLR[4]:WT ARBITRATION_LOST_INT_CLR[5]:WT
          + MST_TXFIFO_UDF_INT_CLR[6]:WT TRANS_COMPLETE_INT_CLR[7]:WT TIME_OUT_INT_CLR[8]:WT
          + TRANS_START_INT_CLR[9]:WT NACK_INT_CLR[10]:WT TXFIFO_OVF_INT_CLR[11]:WT RXFIFO_UDF_INT_CLR[12]:WT
          + SCL_ST_TO_INT_CLR[13]:WT SCL_MAIN_ST_TO_INT_CLR[14]:WT DET_START_INT_CLR[15]:WT
          + SLAVE_STRETCH_INT_CLR[16]:WT GENERAL_CALL_INT_CLR[17]:WT
        0x028 INT_ENA 0x0 RXFIFO_WM_INT_ENA[0] TXFIFO_WM_INT_ENA[1] RXFIFO_OVF_INT_ENA[2] END_DETECT_INT_ENA[3]
          + BYTE_TRANS_DONE_INT_ENA[4] ARBITRATION_LOST_INT_ENA[5] MST_TXFIFO_UDF_INT_ENA[6] TRANS_COMPLETE_INT_ENA[7]
          + TIME_OUT_INT_ENA[8] TRANS_START_INT_ENA[9] NACK_INT_ENA[10] TXFIFO_OVF_INT_ENA[11] RXFIFO_UDF_INT_ENA[12]
          + SCL_ST_TO_INT_ENA[13] SCL_MAIN_ST_TO_INT_ENA[14] DET_START_INT_ENA[15] SLAVE_STRETCH_INT_ENA[16]
          + GENERAL_CALL_INT_ENA[17]
        0x02c INT_STATUS 0x0 RXFIFO_WM_INT_ST[0]:RO TXFIFO_WM_INT_ST[1]:RO RXFIFO_OVF_INT_ST[2]:RO
          + END_DETECT_INT_ST[3]:RO BYTE_TRANS_DONE_INT_ST[4]:RO ARBITRATION_LOST_INT_ST[5]:RO
          + MST_TXFIFO_UDF_INT_ST[6]:RO TRANS_COMPLETE_INT_ST[7]:RO TIME_OUT_INT_ST[8]:RO TRANS_START_INT_ST[9]:RO
          + NACK_INT_ST[10]:RO TXFIFO_OVF_INT_ST[11]:RO RXFIFO_UDF_INT_ST[12]:RO SCL_ST_TO_INT_ST[13]:RO
          + SCL_MAIN_ST_TO_INT_ST[14]:RO DET_START_INT_ST[15]:RO SLAVE_STRETCH_INT_ST[16]:RO GENERAL_CALL_INT_ST[17]:RO
        0x030 SDA_HOLD 0x0 TIME[8:0]
        0x034 SDA_SAMPLE 0x0 TIME[8:0]
        0x040 SCL_START_HOLD 0x8 TIME[8:0]
        0x044 SCL_RSTART_SETUP 0x8 TIME[8:0]
        0x048 SCL_STOP_HOLD 0x8 TIME[8:0]
        0x04c SCL_STOP_SETUP 0x8 TIME[8:0]
        0x050 FILTER_CFG 0x300 SCL_FILTER_THRES[3:0] SDA_FILTER_THRES[7:4] SCL_FILTER_EN[8] SDA_FILTER_EN[9]
        0x0f8 DATE 0x20070201 DATE[31:0]
    """)
    INT_RAW = others.registers["INT_RAW"]
    INT_ENA = others.registers["INT_ENA"]
    INT_STATUS = others.registers["INT_STATUS"]

    stretch: int = state(NOTHING)
    """Why the target holds SCL low: a value of STRETCH_CAUSE."""
    let_go: int = state(NOTHING)
    """For which cause software has let SCL go before the byte that is next; the causes before it are settled, too."""
    bytes_seen: int = state(0)
    """How many bytes came or went since the target was addressed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    # Time

    def ticks(self, cycles: int) -> int:
        """Return how long cycles of the module's clock take."""
        clk = self.CLK_CONF
        period = self.context.clock("rc_fast" if self.get(clk.SCLK_SEL) else "xtal").period_ticks
        numerator, denominator = self.get(clk.SCLK_DIV_A), self.get(clk.SCLK_DIV_B)
        if denominator == 0:
            numerator, denominator = 0, 1
        return cycles * period * ((self.get(clk.SCLK_DIV_NUM) + 1) * denominator + numerator) // denominator

    def time_of(self, register: str) -> int:
        """Return how many cycles a register that holds one less stands for."""
        return self.get(self.registers[register]) + 1

    def bit_cycles(self) -> int:
        """Return how many cycles a bit takes."""
        high = self.SCL_HIGH_PERIOD
        return self.time_of("SCL_LOW_PERIOD") + self.get(high.SCL_HIGH_PERIOD) + self.get(high.SCL_WAIT_HIGH_PERIOD)

    # FIFOs

    def has_fifos(self) -> bool:
        """Tell whether software uses the FIFOs, not their RAM."""
        return not self.get(self.FIFO_CONF.NONFIFO_EN)

    def take_tx(self) -> int:
        """Take the next byte to send; from an empty FIFO it is what its RAM holds there."""
        pointer, count = self.FIFO_ST.TXFIFO_RADDR, self.SR.TXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        self.put(pointer, at + 1)
        if waiting:
            self.put(count, waiting - 1)
        byte = self.get(self.TXFIFO, at)
        return _reversed(byte) if self.get(self.CTR.TX_LSB_FIRST) else byte

    def give_rx(self, byte: int) -> None:
        """Put down a byte that came; a full FIFO loses it."""
        pointer, count = self.FIFO_ST.RXFIFO_WADDR, self.SR.RXFIFO_CNT
        if self.has_fifos():
            waiting = self.get(count)
            if waiting == FIFO_SIZE:
                self.raise_fifo(RXFIFO_OVF)
                return
            self.put(count, waiting + 1)
        at = self.get(pointer)
        self.put(pointer, at + 1)
        self.put(self.RXFIFO, _reversed(byte) if self.get(self.CTR.RX_LSB_FIRST) else byte, at)

    def read_DATA(self) -> int:
        pointer, count = self.FIFO_ST.RXFIFO_RADDR, self.SR.RXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        if waiting:
            self.put(pointer, at + 1)
            self.put(count, waiting - 1)
            self.update_interrupts()
        else:
            self.raise_fifo(RXFIFO_UDF)
        return self.get(self.RXFIFO, at)

    def write_DATA(self, value: int) -> None:
        pointer, count = self.FIFO_ST.TXFIFO_WADDR, self.SR.TXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        if waiting == FIFO_SIZE:
            self.raise_fifo(TXFIFO_OVF)
            return
        self.put(self.TXFIFO, value & 0xFF, at)
        self.put(pointer, at + 1)
        self.put(count, waiting + 1)
        self.update_interrupts()

    def write_TXFIFO(self, n: int, value: int) -> None:
        if not self.has_fifos():
            self.put(self.TXFIFO, value & 0xFF, n)

    def write_FIFO_CONF(self, value: int) -> None:
        status, counts = self.FIFO_ST, self.SR
        if self.FIFO_CONF.RX_FIFO_RST.of(value):
            for field in (status.RXFIFO_RADDR, status.RXFIFO_WADDR, counts.RXFIFO_CNT):
                self.put(field, 0)
        if self.FIFO_CONF.TX_FIFO_RST.of(value):
            for field in (status.TXFIFO_RADDR, status.TXFIFO_WADDR, counts.TXFIFO_CNT):
                self.put(field, 0)
        self.update_interrupts()

    # Interrupts

    def raise_flags(self, flags: int) -> None:
        """Set bits of INT_RAW."""
        self.put(self.INT_RAW, self.get(self.INT_RAW) | flags)
        self.update_interrupts()

    def raise_fifo(self, flag: int) -> None:
        """Set a bit of INT_RAW that is about a FIFO."""
        if self.get(self.FIFO_CONF.FIFO_PRT_EN):
            self.raise_flags(flag)

    def update_interrupts(self) -> None:
        """Set the raw bits that follow the FIFOs' counts, and bring status and signal in line."""
        conf, raw = self.FIFO_CONF, self.get(self.INT_RAW)
        if self.get(conf.FIFO_PRT_EN):
            if self.get(self.SR.TXFIFO_CNT) < self.get(conf.TXFIFO_WM_THRHD):
                raw |= TXFIFO_WM
            if self.get(self.SR.RXFIFO_CNT) > self.get(conf.RXFIFO_WM_THRHD):
                raw |= RXFIFO_WM
        self.put(self.INT_RAW, raw)
        active = raw & self.get(self.INT_ENA)
        self.put(self.INT_STATUS, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self.update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self.update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self.update_interrupts()
