"""MCPWM: registers and interrupt, which its timers, operators and captures share."""

from __future__ import annotations

from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers

TIMERS = OPERATORS = CAPTURES = FAULTS = 3
STRIDE = 0x38
"""Bytes from the registers of one operator to those of the next."""

STOP, EMPTY, FULL, FAULT, FAULT_CLEAR, STAMP_A, STAMP_B, TRIP_CBC, TRIP_OST, CAPTURE = range(0, 30, 3)
"""Where the bits of the first timer, fault, operator or capture stand in the interrupt registers."""


class McpwmRegisters(Peripheral):
    """Everything but timers, operators and captures."""

    class CLK_CFG(Register, offset=0x000):
        CLK_PRESCALE = Field(7, 0, doc="PWM_clk is 160 MHz divided by this + 1")

    class TIMER_CFG0(Register, offset=0x004, count=TIMERS, stride=0x10, names="TIMER{}_CFG0", reset=0xFF00):
        TIMER_PRESCALE = Field(7, 0)
        TIMER_PERIOD = Field(23, 8)
        TIMER_PERIOD_UPMETHOD = Field(25, 24, doc="0: at once, bit 0: at zero, bit 1: at sync")

    class TIMER_CFG1(Register, offset=0x008, count=TIMERS, stride=0x10, names="TIMER{}_CFG1"):
        TIMER_START = Field(2, 0, doc="0: stop at zero, 1: at the period, 2: run, 3 and 4: run and then stop so")
        TIMER_MOD = Field(4, 3, doc="0: frozen, 1: up, 2: down, 3: up and down")

    class TIMER_SYNC(Register, offset=0x00C, count=TIMERS, stride=0x10, names="TIMER{}_SYNC"):
        TIMER_SYNCI_EN = Field(0)
        SW = Field(1, doc="a change is a sync")
        TIMER_SYNCO_SEL = Field(3, 2, doc="sync out: 0: the sync in, 1: zero, 2: the period")
        TIMER_PHASE = Field(19, 4)
        TIMER_PHASE_DIRECTION = Field(20)

    class TIMER_STATUS(Register, offset=0x010, count=TIMERS, stride=0x10, names="TIMER{}_STATUS"):
        TIMER_VALUE = Field(15, 0, access=RO, doc="the value that comes next while the timer runs")
        TIMER_DIRECTION = Field(16, access=RO)

    class TIMER_SYNCI_CFG(Register, offset=0x034):
        TIMER0_SYNCISEL = Field(2, 0, doc="1 to 3: sync out of a timer, 4 to 6: SYNC0 to SYNC2")
        TIMER1_SYNCISEL = Field(5, 3)
        TIMER2_SYNCISEL = Field(8, 6)
        EXTERNAL_SYNCI0_INVERT = Field(9)
        EXTERNAL_SYNCI1_INVERT = Field(10)
        EXTERNAL_SYNCI2_INVERT = Field(11)

    class OPERATOR_TIMERSEL(Register, offset=0x038):
        OPERATOR0_TIMERSEL = Field(1, 0)
        OPERATOR1_TIMERSEL = Field(3, 2)
        OPERATOR2_TIMERSEL = Field(5, 4)

    class CMPR_CFG(Register, offset=0x03C, count=OPERATORS, stride=STRIDE, names="CMPR{}_CFG"):
        A_UPMETHOD = Field(3, 0, doc="0: at once, bit 0: at zero, 1: at the period, 2: at sync, 3: never")
        B_UPMETHOD = Field(7, 4)
        A_SHDW_FULL = Field(8)
        B_SHDW_FULL = Field(9)

    class CMPR_A(Register, offset=0x040, count=OPERATORS, stride=STRIDE, names="CMPR{}_VALUE0"):
        A = Field(15, 0)

    class CMPR_B(Register, offset=0x044, count=OPERATORS, stride=STRIDE, names="CMPR{}_VALUE1"):
        B = Field(15, 0)

    class GEN_CFG0(Register, offset=0x048, count=OPERATORS, stride=STRIDE, names="GEN{}_CFG0"):
        CFG_UPMETHOD = Field(3, 0)
        T0_SEL = Field(6, 4, doc="0 to 2: a fault, 3: sync")
        T1_SEL = Field(9, 7)

    class GEN_FORCE(Register, offset=0x04C, count=OPERATORS, stride=STRIDE, names="GEN{}_FORCE", reset=0x20):
        CNTUFORCE_UPMETHOD = Field(5, 0, doc="bits: zero, period, stamp A, stamp B, sync, never")
        A_CNTUFORCE_MODE = Field(7, 6, doc="1: low, 2: high")
        B_CNTUFORCE_MODE = Field(9, 8)
        A_NCIFORCE = Field(10, doc="a change forces once")
        A_NCIFORCE_MODE = Field(12, 11)
        B_NCIFORCE = Field(13)
        B_NCIFORCE_MODE = Field(15, 14)

    class GEN_A(Register, offset=0x050, count=OPERATORS, stride=STRIDE, names="GEN{}_A"):
        UTEZ = Field(1, 0)
        UTEP = Field(3, 2)
        UTEA = Field(5, 4)
        UTEB = Field(7, 6)
        UT0 = Field(9, 8)
        UT1 = Field(11, 10)
        DTEZ = Field(13, 12)
        DTEP = Field(15, 14)
        DTEA = Field(17, 16)
        DTEB = Field(19, 18)
        DT0 = Field(21, 20)
        DT1 = Field(23, 22)

    class GEN_B(Register, offset=0x054, count=OPERATORS, stride=STRIDE, names="GEN{}_B"):
        UTEZ = Field(1, 0)
        UTEP = Field(3, 2)
        UTEA = Field(5, 4)
        UTEB = Field(7, 6)
        UT0 = Field(9, 8)
        UT1 = Field(11, 10)
        DTEZ = Field(13, 12)
        DTEP = Field(15, 14)
        DTEA = Field(17, 16)
        DTEB = Field(19, 18)
        DT0 = Field(21, 20)
        DT1 = Field(23, 22)

    class DB_CFG(Register, offset=0x058, count=OPERATORS, stride=STRIDE, names="DB{}_CFG", reset=0x1_8000):
        FED_UPMETHOD = Field(3, 0)
        RED_UPMETHOD = Field(7, 4)
        DEB_MODE = Field(8, doc="1: both delays on path B")
        A_OUTSWAP = Field(9, doc="output A is path B")
        B_OUTSWAP = Field(10)
        RED_INSEL = Field(11, doc="the generator whose rising edges are delayed")
        FED_INSEL = Field(12)
        RED_OUTINVERT = Field(13)
        FED_OUTINVERT = Field(14)
        A_OUTBYPASS = Field(15, doc="path A without a delay")
        B_OUTBYPASS = Field(16)
        CLK_SEL = Field(17, doc="0: PWM_clk, 1: the timer's clock")

    class DB_FED_CFG(Register, offset=0x05C, count=OPERATORS, stride=STRIDE, names="DB{}_FED_CFG"):
        FED = Field(15, 0, doc="clocks less 1")

    class DB_RED_CFG(Register, offset=0x060, count=OPERATORS, stride=STRIDE, names="DB{}_RED_CFG"):
        RED = Field(15, 0)

    class CHOPPER_CFG(Register, offset=0x064, count=OPERATORS, stride=STRIDE, names="CHOPPER{}_CFG"):
        EN = Field(0)
        PRESCALE = Field(4, 1, doc="an eighth of the carrier's period, in PWM_clk less 1")
        DUTY = Field(7, 5, doc="eighths")
        OSHTWTH = Field(11, 8, doc="periods of the carrier that the first pulse lasts, less 1")
        OUT_INVERT = Field(12)
        IN_INVERT = Field(13)

    class TZ_CFG0(Register, offset=0x068, count=OPERATORS, stride=STRIDE, names="TZ{}_CFG0"):
        SW_CBC = Field(0)
        F2_CBC = Field(1)
        F1_CBC = Field(2)
        F0_CBC = Field(3)
        SW_OST = Field(4)
        F2_OST = Field(5)
        F1_OST = Field(6)
        F0_OST = Field(7)
        A_CBC_D = Field(9, 8, doc="1: low, 2: high, 3: toggle")
        A_CBC_U = Field(11, 10)
        A_OST_D = Field(13, 12)
        A_OST_U = Field(15, 14)
        B_CBC_D = Field(17, 16)
        B_CBC_U = Field(19, 18)
        B_OST_D = Field(21, 20)
        B_OST_U = Field(23, 22)

    class TZ_CFG1(Register, offset=0x06C, count=OPERATORS, stride=STRIDE, names="TZ{}_CFG1"):
        CLR_OST = Field(0, doc="a rising edge ends the one-shot trip")
        CBCPULSE = Field(2, 1, doc="a trip for a cycle ends, bit 0: at zero, bit 1: at the period")
        FORCE_CBC = Field(3, doc="a change trips")
        FORCE_OST = Field(4)

    class TZ_STATUS(Register, offset=0x070, count=OPERATORS, stride=STRIDE, names="TZ{}_STATUS"):
        CBC_ON = Field(0, access=RO)
        OST_ON = Field(1, access=RO)

    class FAULT_DETECT(Register, offset=0x0E4):
        F0_EN = Field(0)
        F1_EN = Field(1)
        F2_EN = Field(2)
        F0_POLE = Field(3, doc="the level that is a fault")
        F1_POLE = Field(4)
        F2_POLE = Field(5)
        EVENT_F0 = Field(6, access=RO)
        EVENT_F1 = Field(7, access=RO)
        EVENT_F2 = Field(8, access=RO)

    class CAP_TIMER_CFG(Register, offset=0x0E8):
        CAP_TIMER_EN = Field(0)
        CAP_SYNCI_EN = Field(1)
        CAP_SYNCI_SEL = Field(4, 2)
        CAP_SYNC_SW = Field(5, access=WT)

    class CAP_TIMER_PHASE(Register, offset=0x0EC):
        CAP_PHASE = Field(31, 0)

    class CAP_CH_CFG(Register, offset=0x0F0, count=CAPTURES, names="CAP_CH{}_CFG"):
        EN = Field(0)
        MODE = Field(2, 1, doc="bit 0: falling edges, bit 1: rising ones")
        PRESCALE = Field(10, 3, doc="edges to a capture, less 1")
        IN_INVERT = Field(11)
        SW = Field(12, access=WT)

    class CAP_CH(Register, offset=0x0FC, count=CAPTURES, names="CAP_CH{}"):
        VALUE = Field(31, 0, access=RO)

    class CAP_STATUS(Register, offset=0x108):
        CAP0_EDGE = Field(0, access=RO, doc="1: the last one captured fell")
        CAP1_EDGE = Field(1, access=RO)
        CAP2_EDGE = Field(2, access=RO)

    class UPDATE_CFG(Register, offset=0x10C, reset=0x55):
        GLOBAL_UP_EN = Field(0)
        GLOBAL_FORCE_UP = Field(1, doc="a change updates everything")
        OP0_UP_EN = Field(2)
        OP0_FORCE_UP = Field(3)
        OP1_UP_EN = Field(4)
        OP1_FORCE_UP = Field(5)
        OP2_UP_EN = Field(6)
        OP2_FORCE_UP = Field(7)

    others = Registers("""
        0x110 INT_ENA 0x0 TIMER0_STOP_INT_ENA[0] TIMER1_STOP_INT_ENA[1] TIMER2_STOP_INT_ENA[2] TIMER0_TEZ_INT_ENA[3]
          + TIMER1_TEZ_INT_ENA[4] TIMER2_TEZ_INT_ENA[5] TIMER0_TEP_INT_ENA[6] TIMER1_TEP_INT_ENA[7]
          + TIMER2_TEP_INT_ENA[8] FAULT0_INT_ENA[9] FAULT1_INT_ENA[10] FAULT2_INT_ENA[11] FAULT0_CLR_INT_ENA[12]
          + FAULT1_CLR_INT_ENA[13] FAULT2_CLR_INT_ENA[14] CMPR0_TEA_INT_ENA[15] CMPR1_TEA_INT_ENA[16]
          + CMPR2_TEA_INT_ENA[17] CMPR0_TEB_INT_ENA[18] CMPR1_TEB_INT_ENA[19] CMPR2_TEB_INT_ENA[20] TZ0_CBC_INT_ENA[21]
          + TZ1_CBC_INT_ENA[22] TZ2_CBC_INT_ENA[23] TZ0_OST_INT_ENA[24] TZ1_OST_INT_ENA[25] TZ2_OST_INT_ENA[26]
          + CAP0_INT_ENA[27] CAP1_INT_ENA[28] CAP2_INT_ENA[29]
        0x114 INT_RAW 0x0 TIMER0_STOP_INT_RAW[0]:W1C TIMER1_STOP_INT_RAW[1]:W1C TIMER2_STOP_INT_RAW[2]:W1C
          + TIMER0_TEZ_INT_RAW[3]:W1C TIMER1_TEZ_INT_RAW[4]:W1C TIMER2_TEZ_INT_RAW[5]:W1C TIMER0_TEP_INT_RAW[6]:W1C
          + TIMER1_TEP_INT_RAW[7]:W1C TIMER2_TEP_INT_RAW[8]:W1C FAULT0_INT_RAW[9]:W1C FAULT1_INT_RAW[10]:W1C
          + FAULT2_INT_RAW[11]:W1C FAULT0_CLR_INT_RAW[12]:W1C FAULT1_CLR_INT_RAW[13]:W1C FAULT2_CLR_INT_RAW[14]:W1C
          + CMPR0_TEA_INT_RAW[15]:W1C CMPR1_TEA_INT_RAW[16]:W1C CMPR2_TEA_INT_RAW[17]:W1C CMPR0_TEB_INT_RAW[18]:W1C
          + CMPR1_TEB_INT_RAW[19]:W1C CMPR2_TEB_INT_RAW[20]:W1C TZ0_CBC_INT_RAW[21]:W1C TZ1_CBC_INT_RAW[22]:W1C
          + TZ2_CBC_INT_RAW[23]:W1C TZ0_OST_INT_RAW[24]:W1C TZ1_OST_INT_RAW[25]:W1C TZ2_OST_INT_RAW[26]:W1C
          + CAP0_INT_RAW[27]:W1C CAP1_INT_RAW[28]:W1C CAP2_INT_RAW[29]:W1C
        0x118 INT_ST 0x0 TIMER0_STOP_INT_ST[0]:RO TIMER1_STOP_INT_ST[1]:RO TIMER2_STOP_INT_ST[2]:RO
          + TIMER0_TEZ_INT_ST[3]:RO TIMER1_TEZ_INT_ST[4]:RO TIMER2_TEZ_INT_ST[5]:RO TIMER0_TEP_INT_ST[6]:RO
          + TIMER1_TEP_INT_ST[7]:RO TIMER2_TEP_INT_ST[8]:RO FAULT0_INT_ST[9]:RO FAULT1_INT_ST[10]:RO
          + FAULT2_INT_ST[11]:RO FAULT0_CLR_INT_ST[12]:RO FAULT1_CLR_INT_ST[13]:RO FAULT2_CLR_INT_ST[14]:RO
          + CMPR0_TEA_INT_ST[15]:RO CMPR1_TEA_INT_ST[16]:RO CMPR2_TEA_INT_ST[17]:RO CMPR0_TEB_INT_ST[18]:RO
          + CMPR1_TEB_INT_ST[19]:RO CMPR2_TEB_INT_ST[20]:RO TZ0_CBC_INT_ST[21]:RO TZ1_CBC_INT_ST[22]:RO
          + TZ2_CBC_INT_ST[23]:RO TZ0_OST_INT_ST[24]:RO TZ1_OST_INT_ST[25]:RO TZ2_OST_INT_ST[26]:RO CAP0_INT_ST[27]:RO
          + CAP1_INT_ST[28]:RO CAP2_INT_ST[29]:RO
        0x11c INT_CLR 0x0 TIMER0_STOP_INT_CLR[0]:WT TIMER1_STOP_INT_CLR[1]:WT TIMER2_STOP_INT_CLR[2]:WT
          + TIMER0_TEZ_INT_CLR[3]:WT TIMER1_TEZ_INT_CLR[4]:WT TIMER2_TEZ_INT_CLR[5]:WT TIMER0_TEP_INT_CLR[6]:WT
          + TIMER1_TEP_INT_CLR[7]:WT TIMER2_TEP_INT_CLR[8]:WT FAULT0_INT_CLR[9]:WT FAULT1_INT_CLR[10]:WT
          + FAULT2_INT_CLR[11]:WT FAULT0_CLR_INT_CLR[12]:WT FAULT1_CLR_INT_CLR[13]:WT FAULT2_CLR_INT_CLR[14]:WT
          + CMPR0_TEA_INT_CLR[15]:WT CMPR1_TEA_INT_CLR[16]:WT CMPR2_TEA_INT_CLR[17]:WT CMPR0_TEB_INT_CLR[18]:WT
          + CMPR1_TEB_INT_CLR[19]:WT CMPR2_TEB_INT_CLR[20]:WT TZ0_CBC_INT_CLR[21]:WT TZ1_CBC_INT_CLR[22]:WT
          + TZ2_CBC_INT_CLR[23]:WT TZ0_OST_INT_CLR[24]:WT TZ1_OST_INT_CLR[25]:WT TZ2_OST_INT_CLR[26]:WT
          + CAP0_INT_CLR[27]:WT CAP1_INT_CLR[28]:WT CAP2_INT_CLR[29]:WT
        0x120 CLK 0x0 EN[0]
        0x124 VERSION 0x1509110 DATE[27:0]
    """)
    INT_ENA, INT_RAW, INT_ST = others.registers["INT_ENA"], others.registers["INT_RAW"], others.registers["INT_ST"]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    def _raise(self, bits: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | bits)
        self._update_interrupt()

    def _update_interrupt(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def _is_wanted(self, bit: int) -> bool:
        """Tell whether an interrupt is enabled and not raised."""
        return self.get(self.INT_ENA) >> bit & 1 == 1 and not self.get(self.INT_RAW) >> bit & 1
