"""INTERRUPT_CORE0 and INTERRUPT_CORE1: which of 99 interrupt sources raises which of a core's 32 interrupt lines.

Source: ESP32-S3 Technical Reference Manual, "Interrupt Matrix". A source is a number, 0 to 98, in the order of the
map registers; several sources on one line are ORed. Lines 6, 7, 11, 15, 16 and 29 are internal to the core (timers,
software, profiling): a source mapped to one of them is not connected; 16 is the reset value.

Leaves out: the clock gate (always on); the NMI's mask registers belong to another block.
"""

from __future__ import annotations

from twincore.model import RO, Context, Field, Peripheral, Register, Registers

INTERNAL_LINES = 1 << 6 | 1 << 7 | 1 << 11 | 1 << 15 | 1 << 16 | 1 << 29
"""Lines that no source reaches."""

SOURCES = 99

STATUS = 0x18C // 4
"""Word of the first status register: the sources' levels, whatever they are mapped to."""

_NAMES = """
    MAC_NMI_MAP PWR_INTR_MAP BB_INT_MAP BT_MAC_INT_MAP BT_BB_INT_MAP BT_BB_NMI_MAP RWBT_IRQ_MAP RWBLE_IRQ_MAP
    RWBT_NMI_MAP RWBLE_NMI_MAP I2C_MST_INT_MAP SLC0_INTR_MAP SLC1_INTR_MAP UHCI0_INTR_MAP UHCI1_INTR_MAP
    GPIO_INTERRUPT_PRO_MAP GPIO_INTERRUPT_PRO_NMI_MAP GPIO_INTERRUPT_APP_MAP GPIO_INTERRUPT_APP_NMI_MAP
    SPI_INTR_1_MAP SPI_INTR_2_MAP SPI_INTR_3_MAP SPI_INTR_4_MAP LCD_CAM_INT_MAP I2S0_INT_MAP I2S1_INT_MAP
    UART_INTR_MAP UART1_INTR_MAP UART2_INTR_MAP SDIO_HOST_INTERRUPT_MAP PWM0_INTR_MAP PWM1_INTR_MAP
    PWM2_INTR_MAP PWM3_INTR_MAP LEDC_INT_MAP EFUSE_INT_MAP CAN_INT_MAP USB_INTR_MAP RTC_CORE_INTR_MAP
    RMT_INTR_MAP PCNT_INTR_MAP I2C_EXT0_INTR_MAP I2C_EXT1_INTR_MAP SPI2_DMA_INT_MAP SPI3_DMA_INT_MAP
    SPI4_DMA_INT_MAP WDG_INT_MAP TIMER_INT1_MAP TIMER_INT2_MAP TG_T0_INT_MAP TG_T1_INT_MAP TG_WDT_INT_MAP
    TG1_T0_INT_MAP TG1_T1_INT_MAP TG1_WDT_INT_MAP CACHE_IA_INT_MAP SYSTIMER_TARGET0_INT_MAP
    SYSTIMER_TARGET1_INT_MAP SYSTIMER_TARGET2_INT_MAP SPI_MEM_REJECT_INTR_MAP DCACHE_PRELOAD_INT_MAP
    ICACHE_PRELOAD_INT_MAP DCACHE_SYNC_INT_MAP ICACHE_SYNC_INT_MAP APB_ADC_INT_MAP DMA_IN_CH0_INT_MAP
    DMA_IN_CH1_INT_MAP DMA_IN_CH2_INT_MAP DMA_IN_CH3_INT_MAP DMA_IN_CH4_INT_MAP DMA_OUT_CH0_INT_MAP
    DMA_OUT_CH1_INT_MAP DMA_OUT_CH2_INT_MAP DMA_OUT_CH3_INT_MAP DMA_OUT_CH4_INT_MAP RSA_INT_MAP AES_INT_MAP
    SHA_INT_MAP CPU_INTR_FROM_CPU_0_MAP CPU_INTR_FROM_CPU_1_MAP CPU_INTR_FROM_CPU_2_MAP
    CPU_INTR_FROM_CPU_3_MAP ASSIST_DEBUG_INTR_MAP DMA_APBPERI_PMS_MONITOR_VIOLATE_INTR_MAP
    CORE_0_IRAM0_PMS_MONITOR_VIOLATE_INTR_MAP CORE_0_DRAM0_PMS_MONITOR_VIOLATE_INTR_MAP
    CORE_0_PIF_PMS_MONITOR_VIOLATE_INTR_MAP CORE_0_PIF_PMS_MONITOR_VIOLATE_SIZE_INTR_MAP
    CORE_1_IRAM0_PMS_MONITOR_VIOLATE_INTR_MAP CORE_1_DRAM0_PMS_MONITOR_VIOLATE_INTR_MAP
    CORE_1_PIF_PMS_MONITOR_VIOLATE_INTR_MAP CORE_1_PIF_PMS_MONITOR_VIOLATE_SIZE_INTR_MAP
    BACKUP_PMS_VIOLATE_INTR_MAP CACHE_CORE0_ACS_INT_MAP CACHE_CORE1_ACS_INT_MAP USB_DEVICE_INT_MAP
    PERI_BACKUP_INT_MAP DMA_EXTMEM_REJECT_INT_MAP
"""
SHARED_NAMES = _NAMES.split()
"""The map registers of sources 1 to 98; that of source 0 is named after the core."""


class InterruptMatrix(Peripheral):
    """The matrix of one core. Signal: lines, whose level is the 32 lines as bits.

    The machine calls `set_source` when an interrupt output of a peripheral changes.
    """

    size = 0x800
    source_count = SOURCES

    others = Registers("0x19c CLOCK_GATE 0x1 REG_CLK_EN[0]")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lines = self.signal("lines")

    def set_source(self, source: int, level: int) -> None:
        """Give the interrupt source `source` its level, 0 or 1."""
        word, bit = STATUS + source // 32, 1 << source % 32
        self.words[word] = self.words[word] | bit if level else self.words[word] & ~bit
        if not INTERNAL_LINES >> (self.words[source] & 31) & 1:
            self._update()

    def after_reset(self) -> None:
        self._update()

    def write_MAP(self, n: int, value: int) -> None:
        self._update()

    def _update(self) -> None:
        lines = 0
        for word in range(4):
            active = self.words[STATUS + word]
            while active:
                lowest = active & -active
                lines |= 1 << (self.words[word * 32 + lowest.bit_length() - 1] & 31)
                active ^= lowest
        lines &= ~INTERNAL_LINES
        if lines != self.lines.level:
            self.lines.set(lines)
            self.context.end_slice()


class INTERRUPT_CORE0(InterruptMatrix):
    """Core 0's matrix."""

    class MAP(Register, offset=0, count=SOURCES, reset=16, names=["PRO_MAC_INTR_MAP", *SHARED_NAMES]):
        MAP = Field(4, 0, doc="the line that the source raises")

    class INTR_STATUS(Register, offset=STATUS * 4, count=4, names="PRO_INTR_STATUS_{}", access=RO, domain="power_on"):
        """The sources keep their levels over a reset of the matrix."""

    date = Registers("0x7fc DATE 0x2012300 INTERRUPT_REG_DATE[27:0]")


class INTERRUPT_CORE1(InterruptMatrix):
    """Core 1's matrix."""

    class MAP(Register, offset=0, count=SOURCES, reset=16, names=["APP_MAC_INTR_MAP", *SHARED_NAMES]):
        MAP = Field(4, 0, doc="the line that the source raises")

    class INTR_STATUS(Register, offset=STATUS * 4, count=4, names="APP_INTR_STATUS_{}", access=RO, domain="power_on"):
        """The sources keep their levels over a reset of the matrix."""

    date = Registers("0x7fc DATE 0x2012300 INTERRUPT_DATE[27:0]")
