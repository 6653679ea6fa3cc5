"""RTC_CNTL: resets and their reasons, the cores' stalls, the RTC timer, the RTC's watchdogs, slow clocks, retention
words.

Source: ESP32-S3 Technical Reference Manual, "Low-Power Management", "Reset and Clock", "Watchdog Timers".

Sleep is in `rtc_sleep`, the pads that it holds in `rtc_hold`.

Leaves out: power domains and isolation, voltages (the brown-out detector has no level: the supply is low or it is
not), what brown-out does to flash and radio, the ULP coprocessors, touch, SDIO power, the 32 kHz crystal's own
watchdog, the super watchdog's reminder interrupt, the divider of SLOW_CLK_CONF, the reset flags, halting on reset,
the second set of time registers.
"""

from __future__ import annotations

from esp32s3.rtc_hold import PadHold
from esp32s3.rtc_sleep import AWAKE, DEEP, Sleep
from esp32s3.watchdog import Watchdog
from twincore.model import RO, TICKS_PER_SECOND, WT, Context, Field, Register, Registers, state

STALLED = 0x86
"""Value of the two stall fields of a core together, C1 << 2 | C0, that stalls it."""

REASON_SW_SYSTEM, REASON_SW_CPU, REASON_BROWN_OUT, REASON_SUPER_WDT = 0x03, 0x0C, 0x0F, 0x12
INTERRUPT, RESET_CPU, RESET_SYSTEM, RESET_RTC = 1, 2, 3, 4
"""Actions of a watchdog stage."""

WDT_INT, BROWN_OUT_INT, MAIN_TIMER_INT = 1 << 3, 1 << 9, 1 << 10
"""Bits of the interrupt registers."""

TOUCH_SLP_TIMER_EN, TOUCH_START_EN = 1 << 13, 1 << 15
"""Bits of TOUCH_CTRL2 that begin to measure."""

UNSET, PENDING, PASSED = 0, 1, 2
"""The main timer's alarm."""

COUNT = (1 << 48) - 1
SWD_TICKS = TICKS_PER_SECOND
"""Time-out of the super watchdog; the manual says just under a second."""


class RTC_CNTL(Sleep, PadHold, Watchdog):
    """Interrupt: interrupt. Signals: those of Sleep and PadHold; core0_stall, core1_stall: 1 while both fields say so.

    The world sets the signal supply_low: 1 while the supply is below the brown-out detector's level.
    """

    size = 0x400
    reset_domain = "rtc"

    class OPTIONS0(Register, offset=0x000, reset=0x1C00A000):
        SW_STALL_APPCPU_C0 = Field(1, 0)
        SW_STALL_PROCPU_C0 = Field(3, 2)
        SW_APPCPU_RST = Field(4, access=WT)
        SW_PROCPU_RST = Field(5, access=WT)
        BB_I2C_FORCE_PD = Field(6)
        BB_I2C_FORCE_PU = Field(7)
        BBPLL_I2C_FORCE_PD = Field(8)
        BBPLL_I2C_FORCE_PU = Field(9)
        BBPLL_FORCE_PD = Field(10)
        BBPLL_FORCE_PU = Field(11)
        XTL_FORCE_PD = Field(12)
        XTL_FORCE_PU = Field(13)
        XTL_EN_WAIT = Field(17, 14)
        XTL_FORCE_ISO = Field(23)
        PLL_FORCE_ISO = Field(24)
        ANALOG_FORCE_ISO = Field(25)
        XTL_FORCE_NOISO = Field(26)
        PLL_FORCE_NOISO = Field(27)
        ANALOG_FORCE_NOISO = Field(28)
        DG_WRAP_FORCE_RST = Field(29)
        DG_WRAP_FORCE_NORST = Field(30)
        SW_SYS_RST = Field(31, access=WT)

    class SLP_TIMER0(Register, offset=0x004):
        SLP_VAL_LO = Field(31, 0)

    class SLP_TIMER1(Register, offset=0x008):
        SLP_VAL_HI = Field(15, 0)
        MAIN_TIMER_ALARM_EN = Field(16, access=WT, doc="write 1: raise the main timer's interrupt at SLP_VAL")

    class TIME_UPDATE(Register, offset=0x00C):
        TIMER_SYS_STALL = Field(27)
        TIMER_XTL_OFF = Field(28)
        TIMER_SYS_RST = Field(29)
        TIME_UPDATE = Field(31, access=WT, doc="write 1: latch the RTC timer")

    class TIME_LOW0(Register, offset=0x010):
        TIMER_VALUE0_LOW = Field(31, 0, access=RO)

    class TIME_HIGH0(Register, offset=0x014):
        TIMER_VALUE0_HIGH = Field(15, 0, access=RO)

    class RESET_STATE(Register, offset=0x038, reset=0x3000, domain="power_on"):
        RESET_CAUSE_PROCPU = Field(5, 0, access=RO)
        RESET_CAUSE_APPCPU = Field(11, 6, access=RO)
        APPCPU_STAT_VECTOR_SEL = Field(12)
        PROCPU_STAT_VECTOR_SEL = Field(13)
        RESET_FLAG_PROCPU = Field(14, access=RO)
        RESET_FLAG_APPCPU = Field(15, access=RO)
        RESET_FLAG_PROCPU_CLR = Field(16, access=WT)
        RESET_FLAG_APPCPU_CLR = Field(17, access=WT)
        APPCPU_OCD_HALT_ON_RESET = Field(18)
        PROCPU_OCD_HALT_ON_RESET = Field(19)
        RESET_FLAG_JTAG_PROCPU = Field(20, access=RO)
        RESET_FLAG_JTAG_APPCPU = Field(21, access=RO)
        RESET_FLAG_JTAG_PROCPU_CLR = Field(22, access=WT)
        RESET_FLAG_JTAG_APPCPU_CLR = Field(23, access=WT)
        APP_DRESET_MASK = Field(24)
        PRO_DRESET_MASK = Field(25)

    class CLK_CONF(Register, offset=0x074, reset=0x1158321C):
        EFUSE_CLK_FORCE_GATING = Field(1)
        EFUSE_CLK_FORCE_NOGATING = Field(2)
        CK8M_DIV_SEL_VLD = Field(3)
        CK8M_DIV = Field(5, 4)
        ENB_CK8M = Field(6)
        ENB_CK8M_DIV = Field(7)
        DIG_XTAL32K_EN = Field(8)
        DIG_CLK8M_D256_EN = Field(9)
        DIG_CLK8M_EN = Field(10)
        CK8M_DIV_SEL = Field(14, 12)
        XTAL_FORCE_NOGATING = Field(15)
        CK8M_FORCE_NOGATING = Field(16)
        CK8M_DFREQ = Field(24, 17)
        CK8M_FORCE_PD = Field(25)
        CK8M_FORCE_PU = Field(26)
        XTAL_GLOBAL_FORCE_GATING = Field(27)
        XTAL_GLOBAL_FORCE_NOGATING = Field(28)
        FAST_CLK_RTC_SEL = Field(29, doc="0 is XTAL / 2, 1 is RC_FAST")
        ANA_CLK_RTC_SEL = Field(31, 30, doc="0 is RC_SLOW, 1 is XTAL32K, 2 is RC_FAST / 256")

    class WDTCONFIG0(Register, offset=0x098, reset=0x13214, locked_by="WDTWPROTECT"):
        WDT_CHIP_RESET_WIDTH = Field(7, 0)
        WDT_CHIP_RESET_EN = Field(8)
        WDT_PAUSE_IN_SLP = Field(9)
        WDT_APPCPU_RESET_EN = Field(10)
        WDT_PROCPU_RESET_EN = Field(11)
        WDT_FLASHBOOT_MOD_EN = Field(12)
        WDT_SYS_RESET_LENGTH = Field(15, 13)
        WDT_CPU_RESET_LENGTH = Field(18, 16)
        WDT_STG3 = Field(21, 19)
        WDT_STG2 = Field(24, 22)
        WDT_STG1 = Field(27, 25)
        WDT_STG0 = Field(30, 28)
        WDT_EN = Field(31)

    class WDTCONFIG1(Register, offset=0x09C, reset=0x30D40, locked_by="WDTWPROTECT"):
        WDT_STG0_HOLD = Field(31, 0)

    class WDTCONFIG2(Register, offset=0x0A0, reset=0x13880, locked_by="WDTWPROTECT"):
        WDT_STG1_HOLD = Field(31, 0)

    class WDTCONFIG3(Register, offset=0x0A4, reset=0xFFF, locked_by="WDTWPROTECT"):
        WDT_STG2_HOLD = Field(31, 0)

    class WDTCONFIG4(Register, offset=0x0A8, reset=0xFFF, locked_by="WDTWPROTECT"):
        WDT_STG3_HOLD = Field(31, 0)

    class WDTFEED(Register, offset=0x0AC, locked_by="WDTWPROTECT"):
        WDT_FEED = Field(31, access=WT)

    class WDTWPROTECT(Register, offset=0x0B0, reset=0x50D83AA1):
        WDT_WKEY = Field(31, 0, doc="any other value than the reset value protects the watchdog's registers")

    class SWD_CONF(Register, offset=0x0B4, reset=0x4B00000, locked_by="SWD_WPROTECT"):
        SWD_RESET_FLAG = Field(0, access=RO)
        SWD_FEED_INT = Field(1, access=RO)
        SWD_BYPASS_RST = Field(17)
        SWD_SIGNAL_WIDTH = Field(27, 18)
        SWD_RST_FLAG_CLR = Field(28, access=WT)
        SWD_FEED = Field(29, access=WT)
        SWD_DISABLE = Field(30)
        SWD_AUTO_FEED_EN = Field(31)

    class SWD_WPROTECT(Register, offset=0x0B8, reset=0x8F1D312A):
        SWD_WKEY = Field(31, 0, doc="any other value than the reset value protects SWD_CONF")

    class SW_CPU_STALL(Register, offset=0x0BC):
        SW_STALL_APPCPU_C1 = Field(25, 20)
        SW_STALL_PROCPU_C1 = Field(31, 26)

    class BROWN_OUT(Register, offset=0x0E8, reset=0x43FF0010):
        BROWN_OUT_INT_WAIT = Field(13, 4)
        BROWN_OUT_CLOSE_FLASH_ENA = Field(14)
        BROWN_OUT_PD_RF_ENA = Field(15)
        BROWN_OUT_RST_WAIT = Field(25, 16, doc="cycles of RTC_SLOW_CLK before the reset")
        BROWN_OUT_RST_ENA = Field(26)
        BROWN_OUT_RST_SEL = Field(27, doc="1: the RTC is reset too")
        BROWN_OUT_ANA_RST_EN = Field(28)
        BROWN_OUT_CNT_CLR = Field(29, access=WT)
        BROWN_OUT_ENA = Field(30)
        DET = Field(31, access=RO, doc="the supply is low")

    others = Registers("""
        0x01c TIMER1 0x28140403 CPU_STALL_EN[0] CPU_STALL_WAIT[5:1] CK8M_WAIT[13:6] XTL_BUF_WAIT[23:14]
          + PLL_BUF_WAIT[31:24]
        0x020 TIMER2 0x1080000 ULPCP_TOUCH_START_WAIT[23:15] MIN_TIME_CK8M_OFF[31:24]
        0x024 TIMER3 0x14160a08 WIFI_WAIT_TIMER[8:0] WIFI_POWERUP_TIMER[15:9] BT_WAIT_TIMER[24:16]
          + BT_POWERUP_TIMER[31:25]
        0x028 TIMER4 0x10200a08 WAIT_TIMER[8:0] POWERUP_TIMER[15:9] DG_WRAP_WAIT_TIMER[24:16]
          + DG_WRAP_POWERUP_TIMER[31:25]
        0x030 TIMER6 0x10200a08 CPU_TOP_WAIT_TIMER[8:0] CPU_TOP_POWERUP_TIMER[15:9] DG_PERI_WAIT_TIMER[24:16]
          + DG_PERI_POWERUP_TIMER[31:25]
        0x034 ANA_CONF 0x440000 I2C_RESET_POR_FORCE_PD[18] I2C_RESET_POR_FORCE_PU[19] GLITCH_RST_EN[20] SAR_I2C_PU[22]
          + ANALOG_TOP_ISO_SLEEP[23] ANALOG_TOP_ISO_MONITOR[24] BBPLL_CAL_SLP_START[25] PVTMON_PU[26] TXRF_I2C_PU[27]
          + RFRX_PBUS_PU[28] CKGEN_I2C_PU[30] PLL_I2C_PU[31]
        0x040 INT_ENA_RTC 0x0 SLP_WAKEUP_INT_ENA[0] SLP_REJECT_INT_ENA[1] SDIO_IDLE_INT_ENA[2] WDT_INT_ENA[3]
          + TOUCH_SCAN_DONE_INT_ENA[4] ULP_CP_INT_ENA[5] TOUCH_DONE_INT_ENA[6] TOUCH_ACTIVE_INT_ENA[7]
          + TOUCH_INACTIVE_INT_ENA[8] BROWN_OUT_INT_ENA[9] MAIN_TIMER_INT_ENA[10] SARADC1_INT_ENA[11]
          + TSENS_INT_ENA[12] COCPU_INT_ENA[13] SARADC2_INT_ENA[14] SWD_INT_ENA[15] XTAL32K_DEAD_INT_ENA[16]
          + COCPU_TRAP_INT_ENA[17] TOUCH_TIMEOUT_INT_ENA[18] GLITCH_DET_INT_ENA[19]
          + TOUCH_APPROACH_LOOP_DONE_INT_ENA[20]
        0x044 INT_RAW_RTC 0x0 SLP_WAKEUP_INT_RAW[0]:RO SLP_REJECT_INT_RAW[1]:RO SDIO_IDLE_INT_RAW[2]:RO
          + WDT_INT_RAW[3]:RO TOUCH_SCAN_DONE_INT_RAW[4]:RO ULP_CP_INT_RAW[5]:RO TOUCH_DONE_INT_RAW[6]:RO
          + TOUCH_ACTIVE_INT_RAW[7]:RO TOUCH_INACTIVE_INT_RAW[8]:RO BROWN_OUT_INT_RAW[9]:RO MAIN_TIMER_INT_RAW[10]:RO
          + SARADC1_INT_RAW[11]:RO TSENS_INT_RAW[12]:RO COCPU_INT_RAW[13]:RO SARADC2_INT_RAW[14]:RO SWD_INT_RAW[15]:RO
          + XTAL32K_DEAD_INT_RAW[16]:RO COCPU_TRAP_INT_RAW[17]:RO TOUCH_TIMEOUT_INT_RAW[18]:RO
          + GLITCH_DET_INT_RAW[19]:RO TOUCH_APPROACH_LOOP_DONE_INT_RAW[20]
        0x048 INT_ST_RTC 0x0 SLP_WAKEUP_INT_ST[0]:RO SLP_REJECT_INT_ST[1]:RO SDIO_IDLE_INT_ST[2]:RO WDT_INT_ST[3]:RO
          + TOUCH_SCAN_DONE_INT_ST[4]:RO ULP_CP_INT_ST[5]:RO TOUCH_DONE_INT_ST[6]:RO TOUCH_ACTIVE_INT_ST[7]:RO
          + TOUCH_INACTIVE_INT_ST[8]:RO BROWN_OUT_INT_ST[9]:RO MAIN_TIMER_INT_ST[10]:RO SARADC1_INT_ST[11]:RO
          + TSENS_INT_ST[12]:RO COCPU_INT_ST[13]:RO SARADC2_INT_ST[14]:RO SWD_INT_ST[15]:RO XTAL32K_DEAD_INT_ST[16]:RO
          + COCPU_TRAP_INT_ST[17]:RO TOUCH_TIMEOUT_INT_ST[18]:RO GLITCH_DET_INT_ST[19]:RO
          + TOUCH_APPROACH_LOOP_DONE_INT_ST[20]:RO
        0x04c INT_CLR_RTC 0x0 SLP_WAKEUP_INT_CLR[0]:WT SLP_REJECT_INT_CLR[1]:WT SDIO_IDLE_INT_CLR[2]:WT
          + WDT_INT_CLR[3]:WT TOUCH_SCAN_DONE_INT_CLR[4]:WT ULP_CP_INT_CLR[5]:WT TOUCH_DONE_INT_CLR[6]:WT
          + TOUCH_ACTIVE_INT_CLR[7]:WT TOUCH_INACTIVE_INT_CLR[8]:WT BROWN_OUT_INT_CLR[9]:WT MAIN_TIMER_INT_CLR[10]:WT
          + SARADC1_INT_CLR[11]:WT TSENS_INT_CLR[12]:WT COCPU_INT_CLR[13]:WT SARADC2_INT_CLR[14]:WT SWD_INT_CLR[15]:WT
          + XTAL32K_DEAD_INT_CLR[16]:WT COCPU_TRAP_INT_CLR[17]:WT TOUCH_TIMEOUT_INT_CLR[18]:WT
          + GLITCH_DET_INT_CLR[19]:WT TOUCH_APPROACH_LOOP_DONE_INT_CLR[20]:WT
        0x050 STORE0 0x0 SCRATCH0[31:0]
        0x054 STORE1 0x0 SCRATCH1[31:0]
        0x058 STORE2 0x0 SCRATCH2[31:0]
        0x05c STORE3 0x0 SCRATCH3[31:0]
        0x060 EXT_XTL_CONF 0x66c80 XTAL32K_WDT_EN[0] XTAL32K_WDT_CLK_FO[1] XTAL32K_WDT_RESET[2] XTAL32K_EXT_CLK_FO[3]
          + XTAL32K_AUTO_BACKUP[4] XTAL32K_AUTO_RESTART[5] XTAL32K_AUTO_RETURN[6] XTAL32K_XPD_FORCE[7]
          + ENCKINIT_XTAL_32K[8] DBUF_XTAL_32K[9] DGM_XTAL_32K[12:10] DRES_XTAL_32K[15:13] XPD_XTAL_32K[16]
          + DAC_XTAL_32K[19:17] WDT_STATE[22:20]:RO XTAL32K_GPIO_SEL[23] XTL_EXT_CTR_LV[30] XTL_EXT_CTR_EN[31]
        0x06c CPU_PERIOD_CONF 0x0 CPUSEL_CONF[29] CPUPERIOD_SEL[31:30]
        0x070 SDIO_ACT_CONF 0x0 SDIO_ACT_DNUM[31:22]
        0x078 SLOW_CLK_CONF 0x400000 ANA_CLK_DIV_VLD[22] ANA_CLK_DIV[30:23] SLOW_CLK_NEXT_EDGE[31]
        0x07c SDIO_CONF 0xab0be0a SDIO_TIMER_TARGET[7:0] SDIO_DTHDRV[10:9] SDIO_DCAP[12:11] SDIO_INITI[14:13]
          + SDIO_EN_INITI[15] SDIO_DCURLIM[18:16] SDIO_MODECURLIM[19] SDIO_ENCURLIM[20] SDIO_REG_PD_EN[21]
          + SDIO_FORCE[22] SDIO_TIEH[23] REG1P8_READY[24]:RO DREFL_SDIO[26:25] DREFM_SDIO[28:27] DREFH_SDIO[30:29]
          + XPD_SDIO[31]
        0x080 BIAS_CONF 0x10800 BIAS_BUF_IDLE[10] BIAS_BUF_WAKE[11] BIAS_BUF_DEEP_SLP[12] BIAS_BUF_MONITOR[13]
          + PD_CUR_DEEP_SLP[14] PD_CUR_MONITOR[15] BIAS_SLEEP_DEEP_SLP[16] BIAS_SLEEP_MONITOR[17]
          + DBG_ATTEN_DEEP_SLP[21:18] DBG_ATTEN_MONITOR[25:22] DBG_ATTEN_WAKEUP[29:26]
        0x084 RTC 0xa0000000 DIG_REG_CAL_EN[7] SCK_DCAP[21:14] DBOOST_FORCE_PD[28] DBOOST_FORCE_PU[29]
          + REGULATOR_FORCE_PD[30] REGULATOR_FORCE_PU[31]
        0x08c REGULATOR_DRV_CTRL 0x0 REGULATOR_DRV_B_MONITOR[5:0] REGULATOR_DRV_B_SLP[11:6] DG_VDD_DRV_B_SLP[19:12]
          + DG_VDD_DRV_B_MONITOR[27:20]
        0x090 DIG_PWC 0x545010 LSLP_MEM_FORCE_PD[3] LSLP_MEM_FORCE_PU[4] BT_FORCE_PD[11] BT_FORCE_PU[12]
          + DG_PERI_FORCE_PD[13] DG_PERI_FORCE_PU[14] WIFI_FORCE_PD[17] WIFI_FORCE_PU[18] DG_WRAP_FORCE_PD[19]
          + DG_WRAP_FORCE_PU[20] CPU_TOP_FORCE_PD[21] CPU_TOP_FORCE_PU[22] BT_PD_EN[27] DG_PERI_PD_EN[28]
          + CPU_TOP_PD_EN[29] WIFI_PD_EN[30] DG_WRAP_PD_EN[31]
        0x0c0 STORE4 0x0 SCRATCH4[31:0]
        0x0c4 STORE5 0x0 SCRATCH5[31:0]
        0x0c8 STORE6 0x0 SCRATCH6[31:0]
        0x0cc STORE7 0x0 SCRATCH7[31:0]
        0x0d0 LOW_POWER_ST 0x0 XPD_ROM0[0]:RO XPD_DIG_DCDC[2]:RO PERI_ISO[3]:RO XPD_RTC_PERI[4]:RO WIFI_ISO[5]:RO
          + XPD_WIFI[6]:RO DIG_ISO[7]:RO XPD_DIG[8]:RO TOUCH_STATE_START[9]:RO TOUCH_STATE_SWITCH[10]:RO
          + TOUCH_STATE_SLP[11]:RO TOUCH_STATE_DONE[12]:RO COCPU_STATE_START[13]:RO COCPU_STATE_SWITCH[14]:RO
          + COCPU_STATE_SLP[15]:RO COCPU_STATE_DONE[16]:RO MAIN_STATE_XTAL_ISO[17]:RO MAIN_STATE_PLL_ON[18]:RO
          + RDY_FOR_WAKEUP[19]:RO MAIN_STATE_WAIT_END[20]:RO IN_WAKEUP_STATE[21]:RO IN_LOW_POWER_STATE[22]:RO
          + MAIN_STATE_IN_WAIT_8M[23]:RO MAIN_STATE_IN_WAIT_PLL[24]:RO MAIN_STATE_IN_WAIT_XTL[25]:RO
          + MAIN_STATE_IN_SLP[26]:RO MAIN_STATE_IN_IDLE[27]:RO MAIN_STATE[31:28]:RO
        0x0d4 DIAG0 0x0 LOW_POWER_DIAG1[31:0]:RO
        0x0ec TIME_LOW1 0x0 TIMER_VALUE1_LOW[31:0]:RO
        0x0f0 TIME_HIGH1 0x0 TIMER_VALUE1_HIGH[15:0]:RO
        0x0f4 XTAL32K_CLK_FACTOR 0x0 XTAL32K_CLK_FACTOR[31:0]
        0x0f8 XTAL32K_CONF 0xff00000 XTAL32K_RETURN_WAIT[3:0] XTAL32K_RESTART_WAIT[19:4] XTAL32K_WDT_TIMEOUT[27:20]
          + XTAL32K_STABLE_THRES[31:28]
        0x0fc ULP_CP_TIMER 0x0 ULP_CP_PC_INIT[10:0] ULP_CP_GPIO_WAKEUP_ENA[29] ULP_CP_GPIO_WAKEUP_CLR[30]:WT
          + ULP_CP_SLP_TIMER_EN[31]
        0x100 ULP_CP_CTRL 0x100200 ULP_CP_MEM_ADDR_INIT[10:0] ULP_CP_MEM_ADDR_SIZE[21:11] ULP_CP_MEM_OFFST_CLR[22]:WT
          + ULP_CP_CLK_FO[28] ULP_CP_RESET[29] ULP_CP_FORCE_START_TOP[30] ULP_CP_START_TOP[31]
        0x104 COCPU_CTRL 0x8a0810 COCPU_CLK_FO[0] COCPU_START_2_RESET_DIS[6:1] COCPU_START_2_INTR_EN[12:7]
          + COCPU_SHUT[13] COCPU_SHUT_2_CLK_DIS[21:14] COCPU_SHUT_RESET_EN[22] COCPU_SEL[23] COCPU_DONE_FORCE[24]
          + COCPU_DONE[25] COCPU_SW_INT_TRIGGER[26]:WT COCPU_CLKGATE_EN[27]
        0x108 TOUCH_CTRL1 0x10000100 TOUCH_SLEEP_CYCLES[15:0] TOUCH_MEAS_NUM[31:16]
        0x10c TOUCH_CTRL2 0x840cc TOUCH_DRANGE[3:2] TOUCH_DREFL[5:4] TOUCH_DREFH[7:6] TOUCH_XPD_BIAS[8]
          + TOUCH_REFC[11:9] TOUCH_DBIAS[12] TOUCH_SLP_TIMER_EN[13] TOUCH_START_FSM_EN[14] TOUCH_START_EN[15]
          + TOUCH_START_FORCE[16] TOUCH_XPD_WAIT[24:17] TOUCH_SLP_CYC_DIV[26:25] TOUCH_TIMER_FORCE_DONE[28:27]
          + TOUCH_RESET[29] TOUCH_CLK_FO[30] TOUCH_CLKGATE_EN[31]
        0x110 TOUCH_SCAN_CTRL 0xf0000102 TOUCH_DENOISE_RES[1:0] TOUCH_DENOISE_EN[2] TOUCH_INACTIVE_CONNECTION[8]
          + TOUCH_SHIELD_PAD_EN[9] TOUCH_SCAN_PAD_MAP[24:10] TOUCH_BUFDRV[27:25] TOUCH_OUT_RING[31:28]
        0x114 TOUCH_SLP_THRES 0x78000000 TOUCH_SLP_TH[21:0] TOUCH_SLP_APPROACH_EN[26] TOUCH_SLP_PAD[31:27]
        0x118 TOUCH_APPROACH 0x50000000 TOUCH_SLP_CHANNEL_CLR[23]:WT TOUCH_APPROACH_MEAS_TIME[31:24]
        0x11c TOUCH_FILTER_CTRL 0x96aa8800 TOUCH_BYPASS_NEG_NOISE_THRES[7] TOUCH_BYPASS_NOISE_THRES[8]
          + TOUCH_SMOOTH_LVL[10:9] TOUCH_JITTER_STEP[14:11] TOUCH_NEG_NOISE_LIMIT[18:15] TOUCH_NEG_NOISE_THRES[20:19]
          + TOUCH_NOISE_THRES[22:21] TOUCH_HYSTERESIS[24:23] TOUCH_DEBOUNCE[27:25] TOUCH_FILTER_MODE[30:28]
          + TOUCH_FILTER_EN[31]
        0x120 USB_CONF 0x0 USB_VREFH[1:0] USB_VREFL[3:2] USB_VREF_OVERRIDE[4] USB_PAD_PULL_OVERRIDE[5]
          + USB_DP_PULLUP[6] USB_DP_PULLDOWN[7] USB_DM_PULLUP[8] USB_DM_PULLDOWN[9] USB_PULLUP_VALUE[10]
          + USB_PAD_ENABLE_OVERRIDE[11] USB_PAD_ENABLE[12] USB_TXM[13] USB_TXP[14] USB_TX_EN[15]
          + USB_TX_EN_OVERRIDE[16] USB_RESET_DISABLE[17] IO_MUX_RESET_DISABLE[18] SW_USB_PHY_SEL[19]
          + SW_HW_USB_PHY_SEL[20]
        0x124 TOUCH_TIMEOUT_CTRL 0x7fffff TOUCH_TIMEOUT_NUM[21:0] TOUCH_TIMEOUT_EN[22]
        0x12c OPTION1 0x0 FORCE_DOWNLOAD_BOOT[0]
        0x134 ULP_CP_TIMER_1 0xc800 ULP_CP_TIMER_SLP_CYCLE[31:8]
        0x138 INT_ENA_RTC_W1TS 0x0 SLP_WAKEUP_INT_ENA_W1TS[0]:WT SLP_REJECT_INT_ENA_W1TS[1]:WT
          + SDIO_IDLE_INT_ENA_W1TS[2]:WT WDT_INT_ENA_W1TS[3]:WT TOUCH_SCAN_DONE_INT_ENA_W1TS[4]:WT
          + ULP_CP_INT_ENA_W1TS[5]:WT TOUCH_DONE_INT_ENA_W1TS[6]:WT TOUCH_ACTIVE_INT_ENA_W1TS[7]:WT
          + TOUCH_INACTIVE_INT_ENA_W1TS[8]:WT BROWN_OUT_INT_ENA_W1TS[9]:WT MAIN_TIMER_INT_ENA_W1TS[10]:WT
          + SARADC1_INT_ENA_W1TS[11]:WT TSENS_INT_ENA_W1TS[12]:WT COCPU_INT_ENA_W1TS[13]:WT
          + SARADC2_INT_ENA_W1TS[14]:WT SWD_INT_ENA_W1TS[15]:WT XTAL32K_DEAD_INT_ENA_W1TS[16]:WT
          + COCPU_TRAP_INT_ENA_W1TS[17]:WT TOUCH_TIMEOUT_INT_ENA_W1TS[18]:WT GLITCH_DET_INT_ENA_W1TS[19]:WT
          + TOUCH_APPROACH_LOOP_DONE_INT_ENA_W1TS[20]:WT
        0x13c INT_ENA_RTC_W1TC 0x0 SLP_WAKEUP_INT_ENA_W1TC[0]:WT SLP_REJECT_INT_ENA_W1TC[1]:WT
          + SDIO_IDLE_INT_ENA_W1TC[2]:WT WDT_INT_ENA_W1TC[3]:WT TOUCH_SCAN_DONE_INT_ENA_W1TC[4]:WT
          + ULP_CP_INT_ENA_W1TC[5]:WT TOUCH_DONE_INT_ENA_W1TC[6]:WT TOUCH_ACTIVE_INT_ENA_W1TC[7]:WT
          + TOUCH_INACTIVE_INT_ENA_W1TC[8]:WT BROWN_OUT_INT_ENA_W1TC[9]:WT MAIN_TIMER_INT_ENA_W1TC[10]:WT
          + SARADC1_INT_ENA_W1TC[11]:WT TSENS_INT_ENA_W1TC[12]:WT COCPU_INT_ENA_W1TC[13]:WT
          + SARADC2_INT_ENA_W1TC[14]:WT SWD_INT_ENA_W1TC[15]:WT XTAL32K_DEAD_INT_ENA_W1TC[16]:WT
          + COCPU_TRAP_INT_ENA_W1TC[17]:WT TOUCH_TIMEOUT_INT_ENA_W1TC[18]:WT GLITCH_DET_INT_ENA_W1TC[19]:WT
          + TOUCH_APPROACH_LOOP_DONE_INT_ENA_W1TC[20]:WT
        0x140 RETENTION_CTRL 0x28340000 RETENTION_TAG_MODE[13:10] RETENTION_TARGET[15:14] RETENTION_CLK_SEL[16]
          + RETENTION_DONE_WAIT[19:17] RETENTION_CLKOFF_WAIT[23:20] RETENTION_EN[24] RETENTION_WAIT[31:25]
        0x144 PG_CTRL 0x0 POWER_GLITCH_DSENSE[27:26] POWER_GLITCH_FORCE_PD[28] POWER_GLITCH_FORCE_PU[29]
          + POWER_GLITCH_EFUSE_SEL[30] POWER_GLITCH_EN[31]
        0x148 FIB_SEL 0x7 FIB_SEL[2:0]
        0x14c TOUCH_DAC 0x0 TOUCH_PAD9_DAC[4:2] TOUCH_PAD8_DAC[7:5] TOUCH_PAD7_DAC[10:8] TOUCH_PAD6_DAC[13:11]
          + TOUCH_PAD5_DAC[16:14] TOUCH_PAD4_DAC[19:17] TOUCH_PAD3_DAC[22:20] TOUCH_PAD2_DAC[25:23]
          + TOUCH_PAD1_DAC[28:26] TOUCH_PAD0_DAC[31:29]
        0x150 TOUCH_DAC1 0x0 TOUCH_PAD14_DAC[19:17] TOUCH_PAD13_DAC[22:20] TOUCH_PAD12_DAC[25:23]
          + TOUCH_PAD11_DAC[28:26] TOUCH_PAD10_DAC[31:29]
        0x154 COCPU_DISABLE 0x0 DISABLE_RTC_CPU[31]
        0x1fc DATE 0x2101271 DATE[27:0]
    """)

    alarm: int = state(UNSET)
    """UNSET, PENDING or PASSED: what became of MAIN_TIMER_ALARM_EN."""
    value: int = state(0, domain="power_on")
    """The RTC timer's count at `since`; it goes on over every reset but power-on."""
    since: int = state(0, domain="power_on")
    period: int = state(0, domain="power_on")
    swd_flag: int = state(0, domain="power_on")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.supply_low = self.signal("supply_low")
        self.supply_low.listen(self._supply_changed)
        self.stalls = [self.signal("core0_stall"), self.signal("core1_stall")]
        context.clock("rtc_slow").listen(self._slow_clock_changed)
        self.period = context.clock("rtc_slow").period_ticks
        self.asleep.listen(self._asleep_changed)
        self.names = {name: register.index for name, register in self.registers.items()}

    def reset(self, domain: str, reason: int = 0) -> None:
        super().reset(domain, reason)
        if domain == "system":
            self.sleep_reset()
        if domain in ("power_on", "rtc", "system", "core0"):
            self.put(self.RESET_STATE.RESET_CAUSE_PROCPU, reason)
        if domain in ("power_on", "rtc", "system", "core1"):
            self.put(self.RESET_STATE.RESET_CAUSE_APPCPU, reason)

    def after_reset(self) -> None:
        for event in ("wdt", "alarm", "brown_out", "brown_out_reset"):
            self.context.cancel(event)
        self._supply_changed(self.supply_low.level)
        self.sleep_reset()
        self.update_held_pads()
        if not self.period:
            self.period = self.context.clock("rtc_slow").period_ticks
            self.since = self.context.now_ticks()
        self.put(self.SWD_CONF.SWD_RESET_FLAG, self.swd_flag)
        self._set_clocks()
        self._set_stalls()
        self._swd_feed()
        self.wdt_changed()
        self._update_interrupts()

    def _asleep_changed(self, _: int) -> None:
        self.wdt_changed()
        if self.sleep_mode == DEEP:
            self.hold_in_deep_sleep()

    # Resets and stalls

    def write_OPTIONS0(self, value: int) -> None:
        options = self.OPTIONS0
        self._set_stalls()
        if options.SW_SYS_RST.of(value):
            self.context.request_reset("system", REASON_SW_SYSTEM)
        if options.SW_APPCPU_RST.of(value):
            self.context.request_reset("core1", REASON_SW_CPU)
        if options.SW_PROCPU_RST.of(value):
            self.context.request_reset("core0", REASON_SW_CPU)

    def write_SW_CPU_STALL(self, value: int) -> None:
        self._set_stalls()

    def _set_stalls(self) -> None:
        low, high = self.OPTIONS0, self.SW_CPU_STALL
        halves = (
            (high.SW_STALL_PROCPU_C1, low.SW_STALL_PROCPU_C0),
            (high.SW_STALL_APPCPU_C1, low.SW_STALL_APPCPU_C0),
        )
        for signal, (c1, c0) in zip(self.stalls, halves, strict=True):
            stalled = int(self.get(c1) << 2 | self.get(c0) == STALLED)
            if stalled != signal.level:
                signal.set(stalled)
                self.context.end_slice()

    # Clocks and the RTC timer

    def write_CLK_CONF(self, value: int) -> None:
        self._set_clocks()

    def _set_clocks(self) -> None:
        period = {name: self.context.clock(name).period_ticks for name in ("rc_slow", "xtal32k", "rc_fast", "xtal")}
        slow = (period["rc_slow"], period["xtal32k"], period["rc_fast"] * 256, period["rc_slow"])
        self.context.clock("rtc_slow").set_period(slow[self.get(self.CLK_CONF.ANA_CLK_RTC_SEL)])
        fast = (period["xtal"] * 2, period["rc_fast"])
        self.context.clock("rtc_fast").set_period(fast[self.get(self.CLK_CONF.FAST_CLK_RTC_SEL)])

    def _slow_clock_changed(self) -> None:
        self._settle()
        self.period, self.since = self.context.clock("rtc_slow").period_ticks, self.context.now_ticks()
        if self.wdt_running:
            self.context.schedule(self.context.now_ticks(), "wdt")

    def _settle(self) -> None:
        """Bring the RTC timer up to now, as near to it as whole counts go."""
        counts = max(0, self.context.now_ticks() - self.since) // self.period
        self.value = (self.value + counts) & COUNT
        self.since += counts * self.period

    def write_TIME_UPDATE(self, value: int) -> None:
        if self.TIME_UPDATE.TIME_UPDATE.of(value):
            self._settle()
            self.put(self.TIME_LOW0, self.value)
            self.put(self.TIME_HIGH0, self.value >> 32)

    def write_SLP_TIMER1(self, value: int) -> None:
        if self.SLP_TIMER1.MAIN_TIMER_ALARM_EN.of(value):
            self._settle()
            alarm = self.get(self.SLP_TIMER1.SLP_VAL_HI) << 32 | self.get(self.SLP_TIMER0)
            distance = (alarm - self.value) & COUNT
            distance = 0 if distance > COUNT // 2 else distance
            self.alarm = PENDING
            self.context.schedule(self.since + distance * self.period, "alarm")

    def alarm_is_due(self) -> bool:
        return self.alarm == PASSED

    def on_alarm(self) -> None:
        self.alarm = PASSED
        self.raise_interrupts(MAIN_TIMER_INT)
        if self.sleep_mode != AWAKE:
            self.context.schedule(max(self.context.now_ticks(), self.sleep_until), "wake")

    # Brown-out

    def write_BROWN_OUT(self, value: int) -> None:
        self._supply_changed(self.supply_low.level)

    def _supply_changed(self, is_low: int) -> None:
        """Follow the supply: count the waits anew when it falls, or when the detector is turned on meanwhile."""
        fields = self.BROWN_OUT
        detected = int(is_low and self.get(fields.BROWN_OUT_ENA))
        if detected == self.get(fields.DET):
            return
        self.put(fields.DET, detected)
        for event, wait in (("brown_out", fields.BROWN_OUT_INT_WAIT), ("brown_out_reset", fields.BROWN_OUT_RST_WAIT)):
            if detected:
                cycles = self.get(wait)
                self.context.schedule(self.context.now_ticks() + cycles * self.period, event)
            else:
                self.context.cancel(event)

    def on_brown_out(self) -> None:
        self.raise_interrupts(BROWN_OUT_INT)

    def on_brown_out_reset(self) -> None:
        fields = self.BROWN_OUT
        if self.get(fields.BROWN_OUT_RST_ENA):
            domain = "rtc" if self.get(fields.BROWN_OUT_RST_SEL) else "system"
            self.context.request_reset(domain, REASON_BROWN_OUT)

    # Parts that are not there

    def write_ULP_CP_TIMER(self, value: int) -> None:
        if value >> 31:  # ULP_CP_SLP_TIMER_EN starts either coprocessor
            self.context.unmodelled("RTC_CNTL.ULP_CP_TIMER: the ULP coprocessors")

    def write_ULP_CP_CTRL(self, value: int) -> None:
        if value >> 31:  # ULP_CP_START_TOP
            self.context.unmodelled("RTC_CNTL.ULP_CP_CTRL: the ULP coprocessors")

    def write_TOUCH_CTRL2(self, value: int) -> None:
        if value & (TOUCH_SLP_TIMER_EN | TOUCH_START_EN):
            self.context.unmodelled("RTC_CNTL.TOUCH_CTRL2: the touch sensors")

    # RTC watchdog

    def wdt_enabled(self) -> bool:
        config = self.WDTCONFIG0
        paused = self.asleep.level and self.get(config.WDT_PAUSE_IN_SLP)
        return not paused and bool(self.get(config.WDT_EN) or self.get(config.WDT_FLASHBOOT_MOD_EN))

    def wdt_stage_ticks(self, stage: int) -> int:
        """Return a stage's time; stage 0 counts double while the eFuse WDT_DELAY_SEL is 0."""
        hold = int(self.words[self.WDTCONFIG1.index + stage]) * (2 if stage == 0 else 1)
        return hold * self.context.clock("rtc_slow").period_ticks

    def wdt_expired(self, stage: int) -> None:
        config = self.WDTCONFIG0
        action = self.get((config.WDT_STG0, config.WDT_STG1, config.WDT_STG2, config.WDT_STG3)[stage])
        if not self.get(config.WDT_EN):
            action = RESET_RTC if stage == 0 else 0
        if action == INTERRUPT:
            self.raise_interrupts(WDT_INT)
        elif action == RESET_CPU:
            if self.get(config.WDT_APPCPU_RESET_EN):
                self.context.request_reset("core1", 0x0D)
            if self.get(config.WDT_PROCPU_RESET_EN):
                self.context.request_reset("core0", 0x0D)
        elif action == RESET_SYSTEM:
            self.context.request_reset("system", 0x09)
        elif action == RESET_RTC:
            self.context.request_reset("rtc", 0x10)

    def write_WDTCONFIG0(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG1(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG2(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG3(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTCONFIG4(self, value: int) -> None:
        self.wdt_changed()

    def write_WDTFEED(self, value: int) -> None:
        if self.WDTFEED.WDT_FEED.of(value):
            self.wdt_feed()

    # Super watchdog

    def _swd_feed(self) -> None:
        conf = self.SWD_CONF
        if self.get(conf.SWD_DISABLE) or self.get(conf.SWD_AUTO_FEED_EN):
            self.context.cancel("super_wdt")
        else:
            self.context.schedule(self.context.now_ticks() + SWD_TICKS, "super_wdt")

    def on_super_wdt(self) -> None:
        self.swd_flag = 1
        self.put(self.SWD_CONF.SWD_RESET_FLAG, 1)
        if not self.get(self.SWD_CONF.SWD_BYPASS_RST):
            self.context.request_reset("rtc", REASON_SUPER_WDT)

    def write_SWD_CONF(self, value: int) -> None:
        conf = self.SWD_CONF
        if conf.SWD_RST_FLAG_CLR.of(value):
            self.swd_flag = 0
            self.put(conf.SWD_RESET_FLAG, 0)
        stopping = conf.SWD_DISABLE.bits | conf.SWD_AUTO_FEED_EN.bits
        if conf.SWD_FEED.of(value) or (value ^ self.previous) & stopping:
            self._swd_feed()

    # Interrupts

    def _interrupts(self, name: str) -> int:
        return int(self.words[self.names[name]])

    def raise_interrupts(self, bits: int) -> None:
        self.words[self.names["INT_RAW_RTC"]] |= bits
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self._interrupts("INT_RAW_RTC") & self._interrupts("INT_ENA_RTC")
        self.words[self.names["INT_ST_RTC"]] = active
        self.interrupt.set(int(active != 0))

    def write_INT_ENA_RTC(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR_RTC(self, value: int) -> None:
        self.words[self.names["INT_RAW_RTC"]] &= ~value
        self._update_interrupts()

    def write_INT_ENA_RTC_W1TS(self, value: int) -> None:
        register = self.registers["INT_ENA_RTC"]
        self.put(register, self.get(register) | value & register.rw)
        self._update_interrupts()

    def write_INT_ENA_RTC_W1TC(self, value: int) -> None:
        register = self.registers["INT_ENA_RTC"]
        self.put(register, self.get(register) & ~value)
        self._update_interrupts()
