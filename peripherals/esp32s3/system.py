"""SYSTEM: clocks of CPU and APB, the second core's clock, stall and reset, interrupts between cores, block resets.

Source: ESP32-S3 Technical Reference Manual, "System Registers", "Reset and Clock", "Interrupt Matrix".

Leaves out: peripheral clock gates (a block works with its clock off), a block held in reset (it is reset at the
write, then answers), memory power-down, the RTC memory CRC, the voltage monitors (their counts stay 0), the 320 MHz
PLL's missing 240 MHz.
"""

from __future__ import annotations

from collections.abc import Mapping

from twincore.model import RO, TICKS_PER_SECOND, Context, Field, Peripheral, Register, Registers

PLL_CPU_TICKS = (TICKS_PER_SECOND // 80_000_000, TICKS_PER_SECOND // 160_000_000, TICKS_PER_SECOND // 240_000_000)
"""Period of the CPU clock from the PLL, by CPUPERIOD_SEL."""
PLL_APB_TICKS = TICKS_PER_SECOND // 80_000_000
PLL_CRYPTO_TICKS = TICKS_PER_SECOND // 160_000_000
XTAL_MHZ = 40
"""What the hardware measures the crystal at; the chip's ROM counts its delays by it."""


class SYSTEM(Peripheral):
    """Signals: core1_runstall, core1_clkgate, core1_reset; interrupts from_cpu_0 to from_cpu_3.

    `resets` names the peripheral behind a bit of PERIP_RST_EN0/1: {"UART_RST": "UART0"}.
    """

    size = 0x1000

    class CORE_1_CONTROL_0(Register, offset=0x000, reset=0x4):
        CONTROL_CORE_1_RUNSTALL = Field(0)
        CONTROL_CORE_1_CLKGATE_EN = Field(1)
        CONTROL_CORE_1_RESETING = Field(2, doc="held in reset while 1")

    class CPU_PER_CONF(Register, offset=0x010, reset=0xC):
        CPUPERIOD_SEL = Field(1, 0, doc="CPU clock from the PLL: 0 is 80 MHz, 1 is 160 MHz, 2 is 240 MHz")
        PLL_FREQ_SEL = Field(2, doc="0: the PLL runs at 320 MHz, 1: at 480 MHz")
        CPU_WAIT_MODE_FORCE_ON = Field(3)
        CPU_WAITI_DELAY_NUM = Field(7, 4)

    class CPU_INTR_FROM_CPU(Register, offset=0x030, count=4, names="CPU_INTR_FROM_CPU_{}"):
        CPU_INTR_FROM_CPU = Field(0)

    class SYSCLK_CONF(Register, offset=0x060, reset=0x1):
        PRE_DIV_CNT = Field(9, 0, doc="XTAL and RC_FAST are divided by this + 1")
        SOC_CLK_SEL = Field(11, 10, doc="CPU clock source: 0 is XTAL, 1 is PLL, 2 is RC_FAST")
        CLK_XTAL_FREQ = Field(18, 12, access=RO)
        CLK_DIV_EN = Field(19, access=RO)

    others = Registers("""
        0x004 CORE_1_CONTROL_1 0x0 CONTROL_CORE_1_MESSAGE[31:0]
        0x008 CPU_PERI_CLK_EN 0x0 CLK_EN_ASSIST_DEBUG[6] CLK_EN_DEDICATED_GPIO[7]
        0x00c CPU_PERI_RST_EN 0xc0 RST_EN_ASSIST_DEBUG[6] RST_EN_DEDICATED_GPIO[7]
        0x014 MEM_PD_MASK 0x1 LSLP_MEM_PD_MASK[0]
        0x018 PERIP_CLK_EN0 0xf9c1e06f TIMERS_CLK_EN[0] SPI01_CLK_EN[1] UART_CLK_EN[2] WDG_CLK_EN[3] I2S0_CLK_EN[4]
          + UART1_CLK_EN[5] SPI2_CLK_EN[6] I2C_EXT0_CLK_EN[7] UHCI0_CLK_EN[8] RMT_CLK_EN[9] PCNT_CLK_EN[10]
          + LEDC_CLK_EN[11] UHCI1_CLK_EN[12] TIMERGROUP_CLK_EN[13] EFUSE_CLK_EN[14] TIMERGROUP1_CLK_EN[15]
          + SPI3_CLK_EN[16] PWM0_CLK_EN[17] I2C_EXT1_CLK_EN[18] TWAI_CLK_EN[19] PWM1_CLK_EN[20] I2S1_CLK_EN[21]
          + SPI2_DMA_CLK_EN[22] USB_CLK_EN[23] UART_MEM_CLK_EN[24] PWM2_CLK_EN[25] PWM3_CLK_EN[26] SPI3_DMA_CLK_EN[27]
          + APB_SARADC_CLK_EN[28] SYSTIMER_CLK_EN[29] ADC2_ARB_CLK_EN[30] SPI4_CLK_EN[31]
        0x01c PERIP_CLK_EN1 0x600 PERI_BACKUP_CLK_EN[0] CRYPTO_AES_CLK_EN[1] CRYPTO_SHA_CLK_EN[2] CRYPTO_RSA_CLK_EN[3]
          + CRYPTO_DS_CLK_EN[4] CRYPTO_HMAC_CLK_EN[5] DMA_CLK_EN[6] SDIO_HOST_CLK_EN[7] LCD_CAM_CLK_EN[8]
          + UART2_CLK_EN[9] USB_DEVICE_CLK_EN[10]
        0x020 PERIP_RST_EN0 0x0 TIMERS_RST[0] SPI01_RST[1] UART_RST[2] WDG_RST[3] I2S0_RST[4] UART1_RST[5] SPI2_RST[6]
          + I2C_EXT0_RST[7] UHCI0_RST[8] RMT_RST[9] PCNT_RST[10] LEDC_RST[11] UHCI1_RST[12] TIMERGROUP_RST[13]
          + EFUSE_RST[14] TIMERGROUP1_RST[15] SPI3_RST[16] PWM0_RST[17] I2C_EXT1_RST[18] TWAI_RST[19] PWM1_RST[20]
          + I2S1_RST[21] SPI2_DMA_RST[22] USB_RST[23] UART_MEM_RST[24] PWM2_RST[25] PWM3_RST[26] SPI3_DMA_RST[27]
          + APB_SARADC_RST[28] SYSTIMER_RST[29] ADC2_ARB_RST[30] SPI4_RST[31]
        0x024 PERIP_RST_EN1 0x1fe PERI_BACKUP_RST[0] CRYPTO_AES_RST[1] CRYPTO_SHA_RST[2] CRYPTO_RSA_RST[3]
          + CRYPTO_DS_RST[4] CRYPTO_HMAC_RST[5] DMA_RST[6] SDIO_HOST_RST[7] LCD_CAM_RST[8] UART2_RST[9]
          + USB_DEVICE_RST[10]
        0x028 BT_LPCK_DIV_INT 0xff BT_LPCK_DIV_NUM[11:0]
        0x02c BT_LPCK_DIV_FRAC 0x2001001 BT_LPCK_DIV_B[11:0] BT_LPCK_DIV_A[23:12] LPCLK_SEL_RTC_SLOW[24]
          + LPCLK_SEL_8M[25] LPCLK_SEL_XTAL[26] LPCLK_SEL_XTAL32K[27] LPCLK_RTC_EN[28]
        0x040 RSA_PD_CTRL 0x1 RSA_MEM_PD[0] RSA_MEM_FORCE_PU[1] RSA_MEM_FORCE_PD[2]
        0x044 EDMA_CTRL 0x1 EDMA_CLK_ON[0] EDMA_RESET[1]
        0x048 CACHE_CONTROL 0x5 ICACHE_CLK_ON[0] ICACHE_RESET[1] DCACHE_CLK_ON[2] DCACHE_RESET[3]
        0x04c EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL 0x0 ENABLE_SPI_MANUAL_ENCRYPT[0] ENABLE_DOWNLOAD_DB_ENCRYPT[1]
          + ENABLE_DOWNLOAD_G0CB_DECRYPT[2] ENABLE_DOWNLOAD_MANUAL_ENCRYPT[3]
        0x050 RTC_FASTMEM_CONFIG 0x7ff00000 RTC_MEM_CRC_START[8] RTC_MEM_CRC_ADDR[19:9] RTC_MEM_CRC_LEN[30:20]
          + RTC_MEM_CRC_FINISH[31]:RO
        0x054 RTC_FASTMEM_CRC 0x0 RTC_MEM_CRC_RES[31:0]:RO
        0x058 REDUNDANT_ECO_CTRL 0x0 REDUNDANT_ECO_DRIVE[0] REDUNDANT_ECO_RESULT[1]:RO
        0x05c CLOCK_GATE 0x1 CLK_EN[0]
        0x064 MEM_PVT 0x3 MEM_PATH_LEN[3:0] MEM_ERR_CNT_CLR[4]:WT MONITOR_EN[5] MEM_TIMING_ERR_CNT[21:6]:RO
          + MEM_VT_SEL[23:22]
        0x068 COMB_PVT_LVT_CONF 0x3 COMB_PATH_LEN_LVT[4:0] COMB_ERR_CNT_CLR_LVT[5]:WT COMB_PVT_MONITOR_EN_LVT[6]
        0x06c COMB_PVT_NVT_CONF 0x3 COMB_PATH_LEN_NVT[4:0] COMB_ERR_CNT_CLR_NVT[5]:WT COMB_PVT_MONITOR_EN_NVT[6]
        0x070 COMB_PVT_HVT_CONF 0x3 COMB_PATH_LEN_HVT[4:0] COMB_ERR_CNT_CLR_HVT[5]:WT COMB_PVT_MONITOR_EN_HVT[6]
        0x074 COMB_PVT_ERR_LVT_SITE0 0x0 COMB_TIMING_ERR_CNT_LVT_SITE0[15:0]:RO
        0x078 COMB_PVT_ERR_NVT_SITE0 0x0 COMB_TIMING_ERR_CNT_NVT_SITE0[15:0]:RO
        0x07c COMB_PVT_ERR_HVT_SITE0 0x0 COMB_TIMING_ERR_CNT_HVT_SITE0[15:0]:RO
        0x080 COMB_PVT_ERR_LVT_SITE1 0x0 COMB_TIMING_ERR_CNT_LVT_SITE1[15:0]:RO
        0x084 COMB_PVT_ERR_NVT_SITE1 0x0 COMB_TIMING_ERR_CNT_NVT_SITE1[15:0]:RO
        0x088 COMB_PVT_ERR_HVT_SITE1 0x0 COMB_TIMING_ERR_CNT_HVT_SITE1[15:0]:RO
        0x08c COMB_PVT_ERR_LVT_SITE2 0x0 COMB_TIMING_ERR_CNT_LVT_SITE2[15:0]:RO
        0x090 COMB_PVT_ERR_NVT_SITE2 0x0 COMB_TIMING_ERR_CNT_NVT_SITE2[15:0]:RO
        0x094 COMB_PVT_ERR_HVT_SITE2 0x0 COMB_TIMING_ERR_CNT_HVT_SITE2[15:0]:RO
        0x098 COMB_PVT_ERR_LVT_SITE3 0x0 COMB_TIMING_ERR_CNT_LVT_SITE3[15:0]:RO
        0x09c COMB_PVT_ERR_NVT_SITE3 0x0 COMB_TIMING_ERR_CNT_NVT_SITE3[15:0]:RO
        0x0a0 COMB_PVT_ERR_HVT_SITE3 0x0 COMB_TIMING_ERR_CNT_HVT_SITE3[15:0]:RO
        0xffc DATE 0x2101220 DATE[27:0]
    """)

    def __init__(self, context: Context, *, resets: Mapping[str, str] | None = None) -> None:
        super().__init__(context)
        self.resets = dict(resets or {})
        self.core1_runstall = self.signal("core1_runstall")
        self.core1_clkgate = self.signal("core1_clkgate")
        self.core1_reset = self.signal("core1_reset")
        self.from_cpu = [self.signal(f"from_cpu_{n}") for n in range(4)]

    def after_reset(self) -> None:
        self.put(self.SYSCLK_CONF.CLK_XTAL_FREQ, XTAL_MHZ)
        self._drive_core1()
        self._set_clocks()
        for signal in self.from_cpu:
            signal.set(0)

    def write_CORE_1_CONTROL_0(self, value: int) -> None:
        self._drive_core1()
        self.context.end_slice()

    def _drive_core1(self) -> None:
        """Pass the three control bits on; stall and clock come first, so that a release takes effect at once."""
        control = self.CORE_1_CONTROL_0
        self.core1_runstall.set(self.get(control.CONTROL_CORE_1_RUNSTALL))
        self.core1_clkgate.set(self.get(control.CONTROL_CORE_1_CLKGATE_EN))
        self.core1_reset.set(self.get(control.CONTROL_CORE_1_RESETING))

    def write_CPU_INTR_FROM_CPU(self, n: int, value: int) -> None:
        self.from_cpu[n].set(value & 1)
        self.context.end_slice()

    def write_PERIP_RST_EN0(self, value: int) -> None:
        self._reset_blocks(self.registers["PERIP_RST_EN0"], value)

    def write_PERIP_RST_EN1(self, value: int) -> None:
        self._reset_blocks(self.registers["PERIP_RST_EN1"], value)

    def _reset_blocks(self, register: type[Register], value: int) -> None:
        for field in register.fields:
            if field.of(value) and field.name in self.resets:
                self.context.reset_block(self.resets[field.name])

    def write_CPU_PER_CONF(self, value: int) -> None:
        self._set_clocks()

    def write_SYSCLK_CONF(self, value: int) -> None:
        self._set_clocks()

    def _set_clocks(self) -> None:
        source = self.get(self.SYSCLK_CONF.SOC_CLK_SEL)
        if source == 1:
            cpu, apb = PLL_CPU_TICKS[min(self.get(self.CPU_PER_CONF.CPUPERIOD_SEL), 2)], PLL_APB_TICKS
            crypto = PLL_CRYPTO_TICKS
        else:
            crypto = self.context.clock("xtal" if source == 0 else "rc_fast").period_ticks
            cpu = apb = crypto * (self.get(self.SYSCLK_CONF.PRE_DIV_CNT) + 1)
        self.context.clock("cpu").set_period(cpu)
        self.context.clock("apb").set_period(apb)
        self.context.clock("crypto").set_period(crypto)
