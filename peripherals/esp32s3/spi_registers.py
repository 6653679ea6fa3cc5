"""Registers, buffer, DMA and interrupts of an SPI block, for the controller and for the slave that it can be."""

from __future__ import annotations

from typing import ClassVar

from esp32s3 import gdma
from esp32s3.gpio import GPIO
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

INFIFO_FULL_ERR, OUTFIFO_EMPTY_ERR, TRANS_DONE, SEG_TRANS_DONE, SEG_MAGIC_ERR = (
    1 << 0,
    1 << 1,
    1 << 12,
    1 << 13,
    1 << 14,
)
"""Bits of the interrupt registers."""

BUFFER_SIZE = 64


class SpiRegisters(Peripheral):
    """What a controller and a slave share."""

    size = 0x1000
    buffer_size = BUFFER_SIZE
    select_signals: ClassVar[tuple[int, ...]] = ()
    """Output signals of the GPIO matrix that carry CS0 and on; the first one is also the input of a slave's CS."""
    clock_signal: ClassVar[int] = 0
    """The matrix' signal CLK."""
    data_signals: ClassVar[tuple[int, int]] = (0, 0)
    """The matrix' signals D (from a controller) and Q (to it)."""
    dma_number: ClassVar[int] = 0
    """PERI_SEL of DMA."""

    class CMD(Register, offset=0x000):
        CONF_BITLEN = Field(17, 0)
        UPDATE = Field(23, access=WT)
        USR = Field(24, doc="write 1: begin a transfer; 0 when it is over, write 0: end it")

    class CTRL(Register, offset=0x008, reset=0x3C0000):
        DUMMY_OUT = Field(3)
        FADDR_DUAL = Field(5)
        FADDR_QUAD = Field(6)
        FADDR_OCT = Field(7)
        FCMD_DUAL = Field(8)
        FCMD_QUAD = Field(9)
        FCMD_OCT = Field(10)
        FREAD_DUAL = Field(14)
        FREAD_QUAD = Field(15)
        FREAD_OCT = Field(16)
        Q_POL = Field(18)
        D_POL = Field(19)
        HOLD_POL = Field(20)
        WP_POL = Field(21)
        RD_BIT_ORDER = Field(24, 23)
        WR_BIT_ORDER = Field(26, 25)

    class CLOCK(Register, offset=0x00C, reset=0x80003043):
        CLKCNT_L = Field(5, 0)
        CLKCNT_H = Field(11, 6)
        CLKCNT_N = Field(17, 12)
        CLKDIV_PRE = Field(21, 18)
        CLK_EQU_SYSCLK = Field(31)

    class USER(Register, offset=0x010, reset=0x800000C0):
        DOUTDIN = Field(0)
        QPI_MODE = Field(3)
        OPI_MODE = Field(4)
        TSCK_I_EDGE = Field(5)
        CS_HOLD = Field(6)
        CS_SETUP = Field(7)
        RSCK_I_EDGE = Field(8)
        CK_OUT_EDGE = Field(9)
        FWRITE_DUAL = Field(12)
        FWRITE_QUAD = Field(13)
        FWRITE_OCT = Field(14)
        USR_CONF_NXT = Field(15)
        SIO = Field(17)
        USR_MISO_HIGHPART = Field(24)
        USR_MOSI_HIGHPART = Field(25)
        USR_DUMMY_IDLE = Field(26)
        USR_MOSI = Field(27)
        USR_MISO = Field(28)
        USR_DUMMY = Field(29)
        USR_ADDR = Field(30)
        USR_COMMAND = Field(31)

    class USER1(Register, offset=0x014, reset=0xB8410007):
        USR_DUMMY_CYCLELEN = Field(7, 0)
        MST_WFULL_ERR_END_EN = Field(16)
        CS_SETUP_TIME = Field(21, 17)
        CS_HOLD_TIME = Field(26, 22)
        USR_ADDR_BITLEN = Field(31, 27)

    class USER2(Register, offset=0x018, reset=0x78000000):
        USR_COMMAND_VALUE = Field(15, 0)
        MST_REMPTY_ERR_END_EN = Field(27)
        USR_COMMAND_BITLEN = Field(31, 28)

    class MS_DLEN(Register, offset=0x01C):
        MS_DATA_BITLEN = Field(17, 0)

    class MISC(Register, offset=0x020, reset=0x3E):
        CS0_DIS = Field(0)
        CS1_DIS = Field(1)
        CS2_DIS = Field(2)
        CS3_DIS = Field(3)
        CS4_DIS = Field(4)
        CS5_DIS = Field(5)
        CK_DIS = Field(6)
        MASTER_CS_POL = Field(12, 7)
        CLK_DATA_DTR_EN = Field(16)
        DATA_DTR_EN = Field(17)
        ADDR_DTR_EN = Field(18)
        CMD_DTR_EN = Field(19)
        SLAVE_CS_POL = Field(23)
        DQS_IDLE_EDGE = Field(24)
        CK_IDLE_EDGE = Field(29)
        CS_KEEP_ACTIVE = Field(30)
        QUAD_DIN_PIN_SWAP = Field(31)

    class DMA_CONF(Register, offset=0x030, reset=0x3):
        DMA_OUTFIFO_EMPTY = Field(0, access=RO)
        DMA_INFIFO_FULL = Field(1, access=RO)
        DMA_SLV_SEG_TRANS_EN = Field(18)
        SLV_RX_SEG_TRANS_CLR_EN = Field(19)
        SLV_TX_SEG_TRANS_CLR_EN = Field(20)
        RX_EOF_EN = Field(21)
        DMA_RX_ENA = Field(27)
        DMA_TX_ENA = Field(28)
        RX_AFIFO_RST = Field(29, access=WT)
        BUF_AFIFO_RST = Field(30, access=WT)
        DMA_AFIFO_RST = Field(31, access=WT)

    class SLAVE(Register, offset=0x0E0, reset=0x2800000):
        CLK_MODE = Field(1, 0)
        CLK_MODE_13 = Field(2)
        RSCK_DATA_OUT = Field(3)
        SLV_RDDMA_BITLEN_EN = Field(8)
        SLV_WRDMA_BITLEN_EN = Field(9)
        SLV_RDBUF_BITLEN_EN = Field(10)
        SLV_WRBUF_BITLEN_EN = Field(11)
        DMA_SEG_MAGIC_VALUE = Field(25, 22)
        MODE = Field(26)
        SOFT_RESET = Field(27, access=WT)
        USR_CONF = Field(28)

    class SLAVE1(Register, offset=0x0E4):
        SLV_DATA_BITLEN = Field(17, 0, doc="how many bits the last transfer had")
        SLV_LAST_COMMAND = Field(25, 18)
        SLV_LAST_ADDR = Field(31, 26)

    class CLK_GATE(Register, offset=0x0E8):
        CLK_EN = Field(0)
        MST_CLK_ACTIVE = Field(1)
        MST_CLK_SEL = Field(2)

    class W(Register, offset=0x098, count=16):
        BUF = Field(31, 0)

    others = Registers("""
        0x004 ADDR 0x0 USR_ADDR_VALUE[31:0]
        0x024 DIN_MODE 0x0 DIN0_MODE[1:0] DIN1_MODE[3:2] DIN2_MODE[5:4] DIN3_MODE[7:6] DIN4_MODE[9:8] DIN5_MODE[11:10]
          + DIN6_MODE[13:12] DIN7_MODE[15:14] TIMING_HCLK_ACTIVE[16]
        0x028 DIN_NUM 0x0 DIN0_NUM[1:0] DIN1_NUM[3:2] DIN2_NUM[5:4] DIN3_NUM[7:6] DIN4_NUM[9:8] DIN5_NUM[11:10]
          + DIN6_NUM[13:12] DIN7_NUM[15:14]
        0x02c DOUT_MODE 0x0 DOUT0_MODE[0] DOUT1_MODE[1] DOUT2_MODE[2] DOUT3_MODE[3] DOUT4_MODE[4] DOUT5_MODE[5]
          + DOUT6_MODE[6] DOUT7_MODE[7] D_DQS_MODE[8]
        0x034 DMA_INT_ENA 0x0 DMA_INFIFO_FULL_ERR_INT_ENA[0] DMA_OUTFIFO_EMPTY_ERR_INT_ENA[1] SLV_EX_QPI_INT_ENA[2]
          + SLV_EN_QPI_INT_ENA[3] SLV_CMD7_INT_ENA[4] SLV_CMD8_INT_ENA[5] SLV_CMD9_INT_ENA[6] SLV_CMDA_INT_ENA[7]
          + SLV_RD_DMA_DONE_INT_ENA[8] SLV_WR_DMA_DONE_INT_ENA[9] SLV_RD_BUF_DONE_INT_ENA[10]
          + SLV_WR_BUF_DONE_INT_ENA[11] TRANS_DONE_INT_ENA[12] DMA_SEG_TRANS_DONE_INT_ENA[13] SEG_MAGIC_ERR_INT_ENA[14]
          + SLV_BUF_ADDR_ERR_INT_ENA[15] SLV_CMD_ERR_INT_ENA[16] MST_RX_AFIFO_WFULL_ERR_INT_ENA[17]
          + MST_TX_AFIFO_REMPTY_ERR_INT_ENA[18] APP2_INT_ENA[19] APP1_INT_ENA[20]
        0x038 DMA_INT_CLR 0x0 DMA_INFIFO_FULL_ERR_INT_CLR[0]:WT DMA_OUTFIFO_EMPTY_ERR_INT_CLR[1]:WT
          + SLV_EX_QPI_INT_CLR[2]:WT SLV_EN_QPI_INT_CLR[3]:WT SLV_CMD7_INT_CLR[4]:WT SLV_CMD8_INT_CLR[5]:WT
          + SLV_CMD9_INT_CLR[6]:WT SLV_CMDA_INT_CLR[7]:WT SLV_RD_DMA_DONE_INT_CLR[8]:WT SLV_WR_DMA_DONE_INT_CLR[9]:WT
          + SLV_RD_BUF_DONE_INT_CLR[10]:WT SLV_WR_BUF_DONE_INT_CLR[11]:WT TRANS_DONE_INT_CLR[12]:WT
          + DMA_SEG_TRANS_DONE_INT_CLR[13]:WT SEG_MAGIC_ERR_INT_CLR[14]:WT SLV_BUF_ADDR_ERR_INT_CLR[15]:WT
          + SLV_CMD_ERR_INT_CLR[16]:WT MST_RX_AFIFO_WFULL_ERR_INT_CLR[17]:WT MST_TX_AFIFO_REMPTY_ERR_INT_CLR[18]:WT
          + APP2_INT_CLR[19]:WT APP1_INT_CLR[20]:WT
        0x03c DMA_INT_RAW 0x0 DMA_INFIFO_FULL_ERR_INT_RAW[0]:W1C DMA_OUTFIFO_EMPTY_ERR_INT_RAW[1]:W1C
          + SLV_EX_QPI_INT_RAW[2]:W1C SLV_EN_QPI_INT_RAW[3]:W1C SLV_CMD7_INT_RAW[4]:W1C SLV_CMD8_INT_RAW[5]:W1C
          + SLV_CMD9_INT_RAW[6]:W1C SLV_CMDA_INT_RAW[7]:W1C SLV_RD_DMA_DONE_INT_RAW[8]:W1C
          + SLV_WR_DMA_DONE_INT_RAW[9]:W1C SLV_RD_BUF_DONE_INT_RAW[10]:W1C SLV_WR_BUF_DONE_INT_RAW[11]:W1C
          + TRANS_DONE_INT_RAW[12]:W1C DMA_SEG_TRANS_DONE_INT_RAW[13]:W1C SEG_MAGIC_ERR_INT_RAW[14]:W1C
          + SLV_BUF_ADDR_ERR_INT_RAW[15]:W1C SLV_CMD_ERR_INT_RAW[16]:W1C MST_RX_AFIFO_WFULL_ERR_INT_RAW[17]:W1C
          + MST_TX_AFIFO_REMPTY_ERR_INT_RAW[18]:W1C APP2_INT_RAW[19]:W1C APP1_INT_RAW[20]:W1C
        0x040 DMA_INT_ST 0x0 DMA_INFIFO_FULL_ERR_INT_ST[0]:RO DMA_OUTFIFO_EMPTY_ERR_INT_ST[1]:RO
          + SLV_EX_QPI_INT_ST[2]:RO SLV_EN_QPI_INT_ST[3]:RO SLV_CMD7_INT_ST[4]:RO SLV_CMD8_INT_ST[5]:RO
          + SLV_CMD9_INT_ST[6]:RO SLV_CMDA_INT_ST[7]:RO SLV_RD_DMA_DONE_INT_ST[8]:RO SLV_WR_DMA_DONE_INT_ST[9]:RO
          + SLV_RD_BUF_DONE_INT_ST[10]:RO SLV_WR_BUF_DONE_INT_ST[11]:RO TRANS_DONE_INT_ST[12]:RO
          + DMA_SEG_TRANS_DONE_INT_ST[13]:RO SEG_MAGIC_ERR_INT_ST[14]:RO SLV_BUF_ADDR_ERR_INT_ST[15]:RO
          + SLV_CMD_ERR_INT_ST[16]:RO MST_RX_AFIFO_WFULL_ERR_INT_ST[17]:RO MST_TX_AFIFO_REMPTY_ERR_INT_ST[18]:RO
          + APP2_INT_ST[19]:RO APP1_INT_ST[20]:RO
        0x044 DMA_INT_SET 0x0 DMA_INFIFO_FULL_ERR_INT_SET[0]:WT DMA_OUTFIFO_EMPTY_ERR_INT_SET[1]:WT
          + SLV_EX_QPI_INT_SET[2]:WT SLV_EN_QPI_INT_SET[3]:WT SLV_CMD7_INT_SET[4]:WT SLV_CMD8_INT_SET[5]:WT
          + SLV_CMD9_INT_SET[6]:WT SLV_CMDA_INT_SET[7]:WT SLV_RD_DMA_DONE_INT_SET[8]:WT SLV_WR_DMA_DONE_INT_SET[9]:WT
          + SLV_RD_BUF_DONE_INT_SET[10]:WT SLV_WR_BUF_DONE_INT_SET[11]:WT TRANS_DONE_INT_SET[12]:WT
          + DMA_SEG_TRANS_DONE_INT_SET[13]:WT SEG_MAGIC_ERR_INT_SET[14]:WT SLV_BUF_ADDR_ERR_INT_SET[15]:WT
          + SLV_CMD_ERR_INT_SET[16]:WT MST_RX_AFIFO_WFULL_ERR_INT_SET[17]:WT MST_TX_AFIFO_REMPTY_ERR_INT_SET[18]:WT
          + APP2_INT_SET[19]:WT APP1_INT_SET[20]:WT
        0x0f0 DATE 0x2101190 DATE[27:0]
    """)
    ADDR = others.registers["ADDR"]
    DMA_INT_RAW = others.registers["DMA_INT_RAW"]
    DMA_INT_ENA = others.registers["DMA_INT_ENA"]
    DMA_INT_ST = others.registers["DMA_INT_ST"]
    DMA_INT_SET = others.registers["DMA_INT_SET"]

    is_segment_open: int = state(0)
    """Whether a controller has written by DMA without an end yet, to the chip as a slave."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.gpio: GPIO | None = None
        self._dma: gdma.DMA | None = None

    def connect(self) -> None:
        gpio, dma = self.context.block("GPIO"), self.context.block("DMA")
        if isinstance(gpio, GPIO):
            self.gpio = gpio
        if isinstance(dma, gdma.DMA):
            self._dma = dma
            dma.listen(self.dma_number, self._dma_started)

    def is_selected(self) -> bool:
        """Tell whether CS of a slave is asserted."""
        level = 0 if self.gpio is None else self.gpio.input_level(self.select_signals[0])
        return level == self.get(self.MISC.SLAVE_CS_POL)

    # Data

    def ordered(self, content: bytes, order: Field) -> bytes:
        """Return bytes of memory as they are on the wire, or the other way round."""
        return content.translate(REVERSED) if self.get(order) & 1 else content

    def fetch(self, length: int) -> bytes:
        """Return `length` bytes to send, from the buffer or by DMA."""
        if self.get(self.DMA_CONF.DMA_TX_ENA):
            return self.take_all(length)
        return self.buffer(32 * self.get(self.USER.USR_MOSI_HIGHPART), length)

    def take_all(self, length: int) -> bytes:
        """Return `length` bytes that DMA brings, zeros where there are no more."""
        content = self.take(length)
        if len(content) < length:
            self.raise_flags(OUTFIFO_EMPTY_ERR)
        return content.ljust(length, b"\0")

    def _dma_started(self, is_out: bool) -> None:
        if is_out:
            self.put(self.DMA_CONF.DMA_OUTFIFO_EMPTY, 0)
        else:
            self.put(self.DMA_CONF.DMA_INFIFO_FULL, 0)

    def buffer(self, start: int, length: int) -> bytes:
        """Return `length` bytes of W0 to W15 from byte `start` on; the buffer is a ring."""
        first = self.W.index
        content = self.words[first : first + 16].tobytes()
        content = content[start:] + content[:start]
        return (content * (length // BUFFER_SIZE + 1))[:length]

    def store(self, content: bytes, *, eof: bool) -> None:
        """Keep what came in, by DMA or in W0 to W15."""
        if self.get(self.DMA_CONF.DMA_RX_ENA):
            self.give(content, eof=eof)
        else:
            self.put_buffer(32 * self.get(self.USER.USR_MISO_HIGHPART), content)

    def give(self, content: bytes, *, eof: bool) -> None:
        """Keep what came in by DMA."""
        stored = 0 if self._dma is None else self._dma.give(self.dma_number, content, eof=eof)
        if stored < len(content):
            self.raise_flags(INFIFO_FULL_ERR)

    def put_buffer(self, start: int, content: bytes) -> None:
        """Put bytes into W0 to W15 from byte `start` on."""
        first = self.W.index
        buffer = bytearray(self.words[first : first + 16].tobytes())
        for n, byte in enumerate(content):
            buffer[(start + n) % BUFFER_SIZE] = byte
        self.words[first : first + 16] = memoryview(buffer).cast("I")

    def take(self, length: int) -> bytes:
        return b"" if self._dma is None else self._dma.take(self.dma_number, length)

    # Interrupts

    def raise_flags(self, flags: int) -> None:
        """Set bits of DMA_INT_RAW."""
        self.put(self.DMA_INT_RAW, self.get(self.DMA_INT_RAW) | flags)
        self.update_interrupt()

    def update_interrupt(self) -> None:
        active = self.get(self.DMA_INT_RAW) & self.get(self.DMA_INT_ENA)
        self.put(self.DMA_INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_DMA_INT_RAW(self, value: int) -> None:
        self.update_interrupt()

    def write_DMA_INT_ENA(self, value: int) -> None:
        self.update_interrupt()

    def write_DMA_INT_CLR(self, value: int) -> None:
        self.put(self.DMA_INT_RAW, self.get(self.DMA_INT_RAW) & ~value)
        self.update_interrupt()

    def write_DMA_INT_SET(self, value: int) -> None:
        self.raise_flags(value & self.DMA_INT_SET.bits(WT))
