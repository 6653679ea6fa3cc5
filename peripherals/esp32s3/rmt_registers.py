"""RMT: registers, memory, clock and interrupts, which transmitters and receivers share."""

from __future__ import annotations

from typing import NamedTuple

from esp32s3.gdma import DMA
from esp32s3.gpio import GPIO
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers

SENDERS = RECEIVERS = 4
BLOCK_WORDS = 48
"""Words of memory that a channel begins with; MEM_SIZE gives it those of the channels after it as well."""
MEMORY_WORDS = 8 * BLOCK_WORDS
FIRST_SIGNAL = 81
"""Output signal of channel 0, and input signal of channel 4, in the GPIO matrix."""

TX_END, TX_ERR, TX_THR, TX_LOOP, RX_END, RX_ERR, RX_THR = range(0, 28, 4)
"""Where the bits of channel 0 and channel 4 stand in the interrupt registers."""
TX_DMA_FAIL, RX_DMA_FAIL = 1 << 28, 1 << 29

CLOCKS = ("", "apb", "rc_fast", "xtal")
"""Clocks by SCLK_SEL."""


class Pace(NamedTuple):
    """How long a clock's periods take: `ticks` / `parts` each; no ticks: it stands."""

    ticks: int
    parts: int

    def time_of(self, count: int) -> int:
        """Return the ticks that `count` periods take."""
        return count * self.ticks // self.parts

    def nearest(self, ticks: int) -> int:
        """Return how many periods some ticks are, to the nearest."""
        return (2 * ticks * self.parts + self.ticks) // (2 * self.ticks)


class RmtRegisters(Peripheral):
    """Everything but what channels do."""

    class CH_DATA(Register, offset=0x000, count=8, names="CH{}DATA"):
        DATA = Field(31, 0)

    class TX_CONF0(Register, offset=0x020, count=SENDERS, names="CH{}_TX_CONF0", reset=0x71_0200):
        TX_START = Field(0, access=WT)
        MEM_RD_RST = Field(1, access=WT)
        APB_MEM_RST = Field(2, access=WT)
        TX_CONTI_MODE = Field(3, doc="an end marker begins anew")
        MEM_TX_WRAP_EN = Field(4)
        IDLE_OUT_LV = Field(5)
        IDLE_OUT_EN = Field(6, doc="0: the end marker's level stays")
        TX_STOP = Field(7)
        DIV_CNT = Field(15, 8, doc="0 is 256")
        MEM_SIZE = Field(19, 16)
        CARRIER_EFF_EN = Field(20, doc="0: the carrier also runs while idle")
        CARRIER_EN = Field(21)
        CARRIER_OUT_LV = Field(22, doc="the level that the carrier is put on")
        AFIFO_RST = Field(23, access=WT)
        CONF_UPDATE = Field(24, access=WT)
        DMA_ACCESS_EN = Field(25, doc="of channel 3")

    class RX_CONF0(
        Register,
        offset=0x030,
        count=RECEIVERS,
        stride=8,
        names=[f"CH{n}_RX_CONF0" for n in range(4, 8)],
        reset=0x317F_FF02,
    ):
        DIV_CNT = Field(7, 0)
        IDLE_THRES = Field(22, 8, doc="a level that lasts longer ends the reception")
        DMA_ACCESS_EN = Field(23, doc="of channel 7")
        MEM_SIZE = Field(27, 24)
        CARRIER_EN = Field(28, doc="remove a carrier")
        CARRIER_OUT_LV = Field(29)

    class RX_CONF1(
        Register, offset=0x034, count=RECEIVERS, stride=8, names=[f"CH{n}_RX_CONF1" for n in range(4, 8)], reset=0x1E8
    ):
        RX_EN = Field(0)
        MEM_WR_RST = Field(1, access=WT)
        APB_MEM_RST = Field(2, access=WT)
        MEM_OWNER = Field(3)
        RX_FILTER_EN = Field(4)
        RX_FILTER_THRES = Field(12, 5, doc="shorter pulses are ignored")
        MEM_RX_WRAP_EN = Field(13)
        AFIFO_RST = Field(14, access=WT)
        CONF_UPDATE = Field(15, access=WT)

    class TX_STATUS(Register, offset=0x050, count=SENDERS, names="CH{}_TX_STATUS"):
        MEM_RADDR_EX = Field(9, 0, access=RO, doc="the word that is read next, of all memory")
        APB_MEM_WADDR = Field(20, 11, access=RO)
        STATE = Field(24, 22, access=RO)
        MEM_EMPTY = Field(25, access=RO)
        APB_MEM_WR_ERR = Field(26, access=RO)

    class RX_STATUS(Register, offset=0x060, count=RECEIVERS, names="CH{}_RX_STATUS", reset=0x6_00C0):
        MEM_WADDR_EX = Field(9, 0, access=RO, doc="the word that is written next, of all memory")
        APB_MEM_RADDR = Field(20, 11, access=RO)
        STATE = Field(24, 22, access=RO)
        MEM_OWNER_ERR = Field(25, access=RO)
        MEM_FULL = Field(26, access=RO)
        APB_MEM_RD_ERR = Field(27, access=RO)

    class CARRIER_DUTY(Register, offset=0x080, count=SENDERS, names="CH{}CARRIER_DUTY", reset=0x40_0040):
        CARRIER_LOW = Field(15, 0, doc="in periods of rmt_sclk; 0 is 65536")
        CARRIER_HIGH = Field(31, 16)

    class RX_CARRIER_RM(Register, offset=0x090, count=RECEIVERS, names="CH{}_RX_CARRIER_RM"):
        CARRIER_LOW_THRES = Field(15, 0)
        CARRIER_HIGH_THRES = Field(31, 16)

    class TX_LIM(Register, offset=0x0A0, count=SENDERS, names="CH{}_TX_LIM", reset=0x80):
        TX_LIM = Field(8, 0, doc="entries to a threshold event")
        TX_LOOP_NUM = Field(18, 9)
        TX_LOOP_CNT_EN = Field(19)
        LOOP_COUNT_RESET = Field(20, access=WT)
        LOOP_STOP_EN = Field(21)

    class RX_LIM(Register, offset=0x0B0, count=RECEIVERS, names="CH{}_RX_LIM", reset=0x80):
        RX_LIM = Field(8, 0, doc="entries to a threshold event")

    class SYS_CONF(Register, offset=0x0C0, reset=0x500_0010):
        APB_FIFO_MASK = Field(0, doc="0: memory is written through CHnDATA")
        MEM_CLK_FORCE_ON = Field(1)
        MEM_FORCE_PD = Field(2)
        MEM_FORCE_PU = Field(3)
        SCLK_DIV_NUM = Field(11, 4, doc="rmt_sclk is the source divided by this + 1 + A / B")
        SCLK_DIV_A = Field(17, 12)
        SCLK_DIV_B = Field(23, 18)
        SCLK_SEL = Field(25, 24, doc="1 is APB, 2 is RC_FAST, 3 is XTAL")
        SCLK_ACTIVE = Field(26)
        CLK_EN = Field(31)

    class REF_CNT_RST(Register, offset=0x0C8, access=WT):
        CH0 = Field(0)
        CH1 = Field(1)
        CH2 = Field(2)
        CH3 = Field(3)
        CH4 = Field(4)
        CH5 = Field(5)
        CH6 = Field(6)
        CH7 = Field(7)

    class MEM(Register, offset=0x800, count=MEMORY_WORDS, read_on_demand=True, written_on_demand=True):
        """Two pulses a word: a level and 15 bits of duration each, the lower half first; 0 is the end marker."""

    others = Registers("""
        0x070 INT_RAW 0x0 CH0_TX_END[0]:W1C CH1_TX_END[1]:W1C CH2_TX_END[2]:W1C CH3_TX_END[3]:W1C CH0_TX_ERR[4]:W1C
          + CH1_TX_ERR[5]:W1C CH2_TX_ERR[6]:W1C CH3_TX_ERR[7]:W1C CH0_TX_THR_EVENT[8]:W1C CH1_TX_THR_EVENT[9]:W1C
          + CH2_TX_THR_EVENT[10]:W1C CH3_TX_THR_EVENT[11]:W1C CH0_TX_LOOP[12]:W1C CH1_TX_LOOP[13]:W1C
          + CH2_TX_LOOP[14]:W1C CH3_TX_LOOP[15]:W1C CH4_RX_END[16]:W1C CH5_RX_END[17]:W1C CH6_RX_END[18]:W1C
          + CH7_RX_END[19]:W1C CH4_RX_ERR[20]:W1C CH5_RX_ERR[21]:W1C CH6_RX_ERR[22]:W1C CH7_RX_ERR[23]:W1C
          + CH4_RX_THR_EVENT[24]:W1C CH5_RX_THR_EVENT[25]:W1C CH6_RX_THR_EVENT[26]:W1C CH7_RX_THR_EVENT[27]:W1C
          + TX_CH3_DMA_ACCESS_FAIL[28]:W1C RX_CH7_DMA_ACCESS_FAIL[29]:W1C
        0x074 INT_ST 0x0 CH0_TX_END[0]:RO CH1_TX_END[1]:RO CH2_TX_END[2]:RO CH3_TX_END[3]:RO CH0_TX_ERR[4]:RO
          + CH1_TX_ERR[5]:RO CH2_TX_ERR[6]:RO CH3_TX_ERR[7]:RO CH0_TX_THR_EVENT[8]:RO CH1_TX_THR_EVENT[9]:RO
          + CH2_TX_THR_EVENT[10]:RO CH3_TX_THR_EVENT[11]:RO CH0_TX_LOOP[12]:RO CH1_TX_LOOP[13]:RO CH2_TX_LOOP[14]:RO
          + CH3_TX_LOOP[15]:RO CH4_RX_END[16]:RO CH5_RX_END[17]:RO CH6_RX_END[18]:RO CH7_RX_END[19]:RO CH4_RX_ERR[20]:RO
          + CH5_RX_ERR[21]:RO CH6_RX_ERR[22]:RO CH7_RX_ERR[23]:RO CH4_RX_THR_EVENT[24]:RO CH5_RX_THR_EVENT[25]:RO
          + CH6_RX_THR_EVENT[26]:RO CH7_RX_THR_EVENT[27]:RO TX_CH3_DMA_ACCESS_FAIL[28]:RO RX_CH7_DMA_ACCESS_FAIL[29]:RO
        0x078 INT_ENA 0x0 CH0_TX_END[0] CH1_TX_END[1] CH2_TX_END[2] CH3_TX_END[3] CH0_TX_ERR[4] CH1_TX_ERR[5]
          + CH2_TX_ERR[6] CH3_TX_ERR[7] CH0_TX_THR_EVENT[8] CH1_TX_THR_EVENT[9] CH2_TX_THR_EVENT[10]
          + CH3_TX_THR_EVENT[11] CH0_TX_LOOP[12] CH1_TX_LOOP[13] CH2_TX_LOOP[14] CH3_TX_LOOP[15] CH4_RX_END[16]
          + CH5_RX_END[17] CH6_RX_END[18] CH7_RX_END[19] CH4_RX_ERR[20] CH5_RX_ERR[21] CH6_RX_ERR[22] CH7_RX_ERR[23]
          + CH4_RX_THR_EVENT[24] CH5_RX_THR_EVENT[25] CH6_RX_THR_EVENT[26] CH7_RX_THR_EVENT[27]
          + TX_CH3_DMA_ACCESS_FAIL[28] RX_CH7_DMA_ACCESS_FAIL[29]
        0x07c INT_CLR 0x0 CH0_TX_END[0]:WT CH1_TX_END[1]:WT CH2_TX_END[2]:WT CH3_TX_END[3]:WT CH0_TX_ERR[4]:WT
          + CH1_TX_ERR[5]:WT CH2_TX_ERR[6]:WT CH3_TX_ERR[7]:WT CH0_TX_THR_EVENT[8]:WT CH1_TX_THR_EVENT[9]:WT
          + CH2_TX_THR_EVENT[10]:WT CH3_TX_THR_EVENT[11]:WT CH0_TX_LOOP[12]:WT CH1_TX_LOOP[13]:WT CH2_TX_LOOP[14]:WT
          + CH3_TX_LOOP[15]:WT CH4_RX_END[16]:WT CH5_RX_END[17]:WT CH6_RX_END[18]:WT CH7_RX_END[19]:WT CH4_RX_ERR[20]:WT
          + CH5_RX_ERR[21]:WT CH6_RX_ERR[22]:WT CH7_RX_ERR[23]:WT CH4_RX_THR_EVENT[24]:WT CH5_RX_THR_EVENT[25]:WT
          + CH6_RX_THR_EVENT[26]:WT CH7_RX_THR_EVENT[27]:WT TX_CH3_DMA_ACCESS_FAIL[28]:WT RX_CH7_DMA_ACCESS_FAIL[29]:WT
        0x0c4 TX_SIM 0x0 CH0[0] CH1[1] CH2[2] CH3[3] EN[4]
        0x0cc DATE 0x2101181 DATE[27:0]
    """)
    INT_RAW, INT_ST = others.registers["INT_RAW"], others.registers["INT_ST"]
    INT_ENA, TX_SIM = others.registers["INT_ENA"], others.registers["TX_SIM"]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.gpio: GPIO | None = None
        self.dma: DMA | None = None
        for name in CLOCKS[1:]:
            context.clock(name).listen(self._clock_changed)

    def connect(self) -> None:
        gpio, dma = self.context.block("GPIO"), self.context.block("DMA")
        self.gpio = gpio if isinstance(gpio, GPIO) else None
        self.dma = dma if isinstance(dma, DMA) else None

    # Clock

    def _sclk(self) -> Pace:
        """Return the pace of rmt_sclk."""
        fields = self.SYS_CONF
        name = CLOCKS[self.get(fields.SCLK_SEL)]
        if not name or not self.get(fields.SCLK_ACTIVE):
            return Pace(0, 1)
        parts = self.get(fields.SCLK_DIV_B) or 1
        fraction = self.get(fields.SCLK_DIV_A) if self.get(fields.SCLK_DIV_B) else 0
        return Pace(
            self.context.clock(name).period_ticks * ((self.get(fields.SCLK_DIV_NUM) + 1) * parts + fraction), parts
        )

    def _pace(self, divider: int) -> Pace:
        """Return the pace of a channel by its DIV_CNT."""
        sclk = self._sclk()
        return Pace(sclk.ticks * (divider or 256), sclk.parts)

    def _clock_changed(self) -> None:
        """Follow a change of rmt_sclk."""
        raise NotImplementedError

    def write_SYS_CONF(self, value: int) -> None:
        self._clock_changed()

    # Interrupts

    def _raise(self, bits: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | bits)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()
