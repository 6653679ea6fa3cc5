"""Registers of a UART."""

from __future__ import annotations

from twincore.model import RO, W1C, WO, WT, Field, Peripheral, Register, Registers

RXFIFO_FULL, TXFIFO_EMPTY, FRM_ERR, RXFIFO_OVF, CTS_CHG = 1 << 0, 1 << 1, 1 << 3, 1 << 4, 1 << 6
BRK_DET, RXFIFO_TOUT, TX_BRK_DONE, TX_BRK_IDLE_DONE, TX_DONE = 1 << 7, 1 << 8, 1 << 12, 1 << 13, 1 << 14
AT_CMD_CHAR_DET = 1 << 18
"""Bits of the interrupt registers."""


class UartRegisters(Peripheral):
    """What firmware reads and writes."""

    consuming = frozenset({"FIFO"})

    size = 0x1000

    class FIFO(Register, offset=0x000):
        RXFIFO_RD_BYTE = Field(7, 0, access=WO, doc="a read takes from the receiver, a write gives to the transmitter")

    class INT_RAW(Register, offset=0x004, reset=0x2, access=W1C):
        RXFIFO_FULL_INT_RAW = Field(0)
        TXFIFO_EMPTY_INT_RAW = Field(1)
        PARITY_ERR_INT_RAW = Field(2)
        FRM_ERR_INT_RAW = Field(3)
        RXFIFO_OVF_INT_RAW = Field(4)
        DSR_CHG_INT_RAW = Field(5)
        CTS_CHG_INT_RAW = Field(6)
        BRK_DET_INT_RAW = Field(7)
        RXFIFO_TOUT_INT_RAW = Field(8)
        SW_XON_INT_RAW = Field(9)
        SW_XOFF_INT_RAW = Field(10)
        GLITCH_DET_INT_RAW = Field(11)
        TX_BRK_DONE_INT_RAW = Field(12)
        TX_BRK_IDLE_DONE_INT_RAW = Field(13)
        TX_DONE_INT_RAW = Field(14)
        RS485_PARITY_ERR_INT_RAW = Field(15)
        RS485_FRM_ERR_INT_RAW = Field(16)
        RS485_CLASH_INT_RAW = Field(17)
        AT_CMD_CHAR_DET_INT_RAW = Field(18)
        WAKEUP_INT_RAW = Field(19)

    class INT_ST(Register, offset=0x008, access=RO):
        RXFIFO_FULL_INT_ST = Field(0)
        TXFIFO_EMPTY_INT_ST = Field(1)
        PARITY_ERR_INT_ST = Field(2)
        FRM_ERR_INT_ST = Field(3)
        RXFIFO_OVF_INT_ST = Field(4)
        DSR_CHG_INT_ST = Field(5)
        CTS_CHG_INT_ST = Field(6)
        BRK_DET_INT_ST = Field(7)
        RXFIFO_TOUT_INT_ST = Field(8)
        SW_XON_INT_ST = Field(9)
        SW_XOFF_INT_ST = Field(10)
        GLITCH_DET_INT_ST = Field(11)
        TX_BRK_DONE_INT_ST = Field(12)
        TX_BRK_IDLE_DONE_INT_ST = Field(13)
        TX_DONE_INT_ST = Field(14)
        RS485_PARITY_ERR_INT_ST = Field(15)
        RS485_FRM_ERR_INT_ST = Field(16)
        RS485_CLASH_INT_ST = Field(17)
        AT_CMD_CHAR_DET_INT_ST = Field(18)
        WAKEUP_INT_ST = Field(19)

    class INT_ENA(Register, offset=0x00C):
        RXFIFO_FULL_INT_ENA = Field(0)
        TXFIFO_EMPTY_INT_ENA = Field(1)
        PARITY_ERR_INT_ENA = Field(2)
        FRM_ERR_INT_ENA = Field(3)
        RXFIFO_OVF_INT_ENA = Field(4)
        DSR_CHG_INT_ENA = Field(5)
        CTS_CHG_INT_ENA = Field(6)
        BRK_DET_INT_ENA = Field(7)
        RXFIFO_TOUT_INT_ENA = Field(8)
        SW_XON_INT_ENA = Field(9)
        SW_XOFF_INT_ENA = Field(10)
        GLITCH_DET_INT_ENA = Field(11)
        TX_BRK_DONE_INT_ENA = Field(12)
        TX_BRK_IDLE_DONE_INT_ENA = Field(13)
        TX_DONE_INT_ENA = Field(14)
        RS485_PARITY_ERR_INT_ENA = Field(15)
        RS485_FRM_ERR_INT_ENA = Field(16)
        RS485_CLASH_INT_ENA = Field(17)
        AT_CMD_CHAR_DET_INT_ENA = Field(18)
        WAKEUP_INT_ENA = Field(19)

    class INT_CLR(Register, offset=0x010, access=WT):
        RXFIFO_FULL_INT_CLR = Field(0)
        TXFIFO_EMPTY_INT_CLR = Field(1)
        PARITY_ERR_INT_CLR = Field(2)
        FRM_ERR_INT_CLR = Field(3)
        RXFIFO_OVF_INT_CLR = Field(4)
        DSR_CHG_INT_CLR = Field(5)
        CTS_CHG_INT_CLR = Field(6)
        BRK_DET_INT_CLR = Field(7)
        RXFIFO_TOUT_INT_CLR = Field(8)
        SW_XON_INT_CLR = Field(9)
        SW_XOFF_INT_CLR = Field(10)
        GLITCH_DET_INT_CLR = Field(11)
        TX_BRK_DONE_INT_CLR = Field(12)
        TX_BRK_IDLE_DONE_INT_CLR = Field(13)
        TX_DONE_INT_CLR = Field(14)
        RS485_PARITY_ERR_INT_CLR = Field(15)
        RS485_FRM_ERR_INT_CLR = Field(16)
        RS485_CLASH_INT_CLR = Field(17)
        AT_CMD_CHAR_DET_INT_CLR = Field(18)
        WAKEUP_INT_CLR = Field(19)

    class CLKDIV(Register, offset=0x014, reset=0x2B6):
        CLKDIV = Field(11, 0)
        FRAG = Field(23, 20, doc="sixteenths")

    class STATUS(Register, offset=0x01C, reset=0xE000C000, access=RO):
        RXFIFO_CNT = Field(9, 0)
        DSRN = Field(13)
        CTSN = Field(14)
        RXD = Field(15)
        TXFIFO_CNT = Field(25, 16)
        DTRN = Field(29)
        RTSN = Field(30)
        TXD = Field(31)

    class CONF0(Register, offset=0x020, reset=0x1000001C):
        PARITY = Field(0)
        PARITY_EN = Field(1)
        BIT_NUM = Field(3, 2, doc="data bits less 5")
        STOP_BIT_NUM = Field(5, 4, doc="1 is 1 bit, 2 is 1.5 bits, 3 is 2 bits")
        SW_RTS = Field(6)
        SW_DTR = Field(7)
        TXD_BRK = Field(8)
        IRDA_DPLX = Field(9)
        IRDA_TX_EN = Field(10)
        IRDA_WCTL = Field(11)
        IRDA_TX_INV = Field(12)
        IRDA_RX_INV = Field(13)
        LOOPBACK = Field(14)
        TX_FLOW_EN = Field(15)
        IRDA_EN = Field(16)
        RXFIFO_RST = Field(17)
        TXFIFO_RST = Field(18)
        RXD_INV = Field(19)
        CTS_INV = Field(20)
        DSR_INV = Field(21)
        TXD_INV = Field(22)
        RTS_INV = Field(23)
        DTR_INV = Field(24)
        CLK_EN = Field(25)
        ERR_WR_MASK = Field(26)
        AUTOBAUD_EN = Field(27)
        MEM_CLK_EN = Field(28)

    class CONF1(Register, offset=0x024, reset=0x18060):
        RXFIFO_FULL_THRHD = Field(9, 0)
        TXFIFO_EMPTY_THRHD = Field(19, 10)
        DIS_RX_DAT_OVF = Field(20)
        RX_TOUT_FLOW_DIS = Field(21)
        RX_FLOW_EN = Field(22)
        RX_TOUT_EN = Field(23)

    class TXBRK_CONF(Register, offset=0x044, reset=0xA):
        TX_BRK_NUM = Field(7, 0, doc="bits of a break")

    class IDLE_CONF(Register, offset=0x048, reset=0x40100):
        RX_IDLE_THRHD = Field(9, 0)
        TX_IDLE_NUM = Field(19, 10, doc="bits of silence after a break")

    class AT_CMD_PRECNT(Register, offset=0x050, reset=0x901):
        PRE_IDLE_NUM = Field(15, 0, doc="bits of silence before the first of the characters")

    class AT_CMD_POSTCNT(Register, offset=0x054, reset=0x901):
        POST_IDLE_NUM = Field(15, 0, doc="bits of silence after the last of them")

    class AT_CMD_GAPTOUT(Register, offset=0x058, reset=0xB):
        RX_GAP_TOUT = Field(15, 0, doc="bits of silence between two of them, at most")

    class AT_CMD_CHAR(Register, offset=0x05C, reset=0x32B):
        AT_CMD_CHAR = Field(7, 0)
        CHAR_NUM = Field(15, 8)

    class MEM_CONF(Register, offset=0x060, reset=0x140012):
        RX_SIZE = Field(3, 1)
        TX_SIZE = Field(6, 4)
        RX_FLOW_THRHD = Field(16, 7)
        RX_TOUT_THRHD = Field(26, 17, doc="in bit times")
        MEM_FORCE_PD = Field(27)
        MEM_FORCE_PU = Field(28)

    class FSM_STATUS(Register, offset=0x06C, access=RO):
        ST_URX_OUT = Field(3, 0)
        ST_UTX_OUT = Field(7, 4)

    class CLK_CONF(Register, offset=0x078, reset=0x3701000):
        SCLK_DIV_B = Field(5, 0)
        SCLK_DIV_A = Field(11, 6)
        SCLK_DIV_NUM = Field(19, 12, doc="the clock is divided by this + 1 + A / B")
        SCLK_SEL = Field(21, 20, doc="1 is APB, 2 is RC_FAST, 3 is XTAL")
        SCLK_EN = Field(22)
        RST_CORE = Field(23)
        TX_SCLK_EN = Field(24)
        RX_SCLK_EN = Field(25)
        TX_RST_CORE = Field(26)
        RX_RST_CORE = Field(27)

    class ID(Register, offset=0x080, reset=0x40000500):
        ID = Field(29, 0)
        HIGH_SPEED = Field(30)
        REG_UPDATE = Field(31, doc="write 1: take over the configuration; 0 when that is done")

    others = Registers("""
        0x018 RX_FILT 0x8 GLITCH_FILT[7:0] GLITCH_FILT_EN[8]
        0x028 LOWPULSE 0xfff MIN_CNT[11:0]:RO
        0x02c HIGHPULSE 0xfff MIN_CNT[11:0]:RO
        0x030 RXD_CNT 0x0 RXD_EDGE_CNT[9:0]:RO
        0x034 FLOW_CONF 0x0 SW_FLOW_CON_EN[0] XONOFF_DEL[1] FORCE_XON[2] FORCE_XOFF[3] SEND_XON[4] SEND_XOFF[5]
        0x038 SLEEP_CONF 0xf0 ACTIVE_THRESHOLD[9:0]
        0x03c SWFC_CONF0 0x4ce0 XOFF_THRESHOLD[9:0] XOFF_CHAR[17:10]
        0x040 SWFC_CONF1 0x4400 XON_THRESHOLD[9:0] XON_CHAR[17:10]
        0x04c RS485_CONF 0x0 RS485_EN[0] DL0_EN[1] DL1_EN[2] RS485TX_RX_EN[3] RS485RXBY_TX_EN[4] RS485_RX_DLY_NUM[5]
          + RS485_TX_DLY_NUM[9:6]
        0x064 MEM_TX_STATUS 0x0 APB_TX_WADDR[9:0]:RO TX_RADDR[20:11]:RO
        0x068 MEM_RX_STATUS 0x100200 APB_RX_RADDR[9:0]:RO RX_WADDR[20:11]:RO
        0x070 POSPULSE 0xfff POSEDGE_MIN_CNT[11:0]:RO
        0x074 NEGPULSE 0xfff NEGEDGE_MIN_CNT[11:0]:RO
        0x07c DATE 0x2008270 DATE[31:0]
    """)
