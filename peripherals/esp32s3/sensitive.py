"""SENSITIVE: who may access what: permissions of cores and DMA, their monitors, use of SRAM by caches and trace.

Source: ESP32-S3 Technical Reference Manual, "Permission Control"; ESP-IDF's hal/memprot_ll.h and soc/memprot_defs.h.

What is enforced: the permissions of both cores for SRAM1, seen through the instruction bus (IRAM0: 4 areas between the
lines I_0, I_1 and I_D) and the data bus (DRAM0: 4 areas between I_D, D_0 and D_1), of world 0, with the monitors that
record a violation and interrupt. A refused load reads 0, a refused store is dropped; a refused fetch raises
InstFetchProhibited, since the manual does not say what the core executes then.

A reset of CPU 0 resets the block ("Reset and Clock"; ESP-IDF restarts by one after a panic, with all of it locked).

Leaves out: world 1, ROM, the caches' SRAM, RTC memories, peripherals, external memory and DMA: everything is allowed
there. The bits of a register without effect are declared together as BITS (writable) and STATUS (read-only).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twincore.machine.executor import Access, Protection
from twincore.model import RO, Context, Field, Peripheral, Register, Registers, Value

IRAM0, DRAM0 = (0x4037_8000, 0x403E_0000), (0x3FC8_8000, 0x3FCF_0000)
"""SRAM1 as the instruction bus and the data bus see it."""
LINE_IN_SEGMENT = 2
"""Category of the segment that a split line lies in; below and above are 0 and 3."""
SEGMENTS = (0x4037_0000, 0x4038_0000, 0x4039_0000, 0x403A_0000, 0x403B_0000, 0x403C_0000, 0x403D_0000)
"""Where each category's 64 KiB begin on the instruction bus; of the first only the upper half is SRAM1."""

I_D, I_0, I_1, D_0, D_1 = 1, 2, 3, 4, 5
"""Which of the registers SPLIT_LINE_CONSTRAIN_n holds a line."""
RIGHTS = (Access.LOAD, Access.STORE, Access.FETCH)
"""The bits of a permission: read, write, fetch."""


class SENSITIVE(Peripheral):
    """Interrupts: core0_iram0, core0_dram0, core1_iram0, core1_dram0, each while its monitor holds a violation."""

    size = 0x1000
    reset_domain = "core0"

    class SPLIT_LINE_LOCK(Register, offset=0x0C0, names=["CORE_X_IRAM0_DRAM0_DMA_SPLIT_LINE_CONSTRAIN_0"]):
        LOCK = Field(0)

    class SPLIT_LINE(
        Register,
        offset=0x0C4,
        count=5,
        names=[f"CORE_X_IRAM0_DRAM0_DMA_SPLIT_LINE_CONSTRAIN_{n}" for n in range(1, 6)],
    ):
        CATEGORIES = Field(13, 0, doc="2 bits a segment of 64 KiB: 2 where the line lies in it")
        SPLITADDR = Field(21, 14, doc="bits 15 to 8 of the line's address")

    class IRAM0_LOCK(Register, offset=0x0D8, names=["CORE_X_IRAM0_PMS_CONSTRAIN_0"]):
        LOCK = Field(0)

    class IRAM0_WORLD_1(Register, offset=0x0DC, reset=0x1FFFFF, names=["CORE_X_IRAM0_PMS_CONSTRAIN_1"]):
        PMS = Field(20, 0)

    class IRAM0_WORLD_0(Register, offset=0x0E0, reset=0x1FFFFF, names=["CORE_X_IRAM0_PMS_CONSTRAIN_2"]):
        SRAM = Field(11, 0, doc="3 bits an area: read, write, fetch")
        CACHEDATAARRAY = Field(17, 12)
        ROM = Field(20, 18)

    class DRAM0_LOCK(Register, offset=0x0FC, names=["CORE_X_DRAM0_PMS_CONSTRAIN_0"]):
        LOCK = Field(0)

    class DRAM0_PMS(Register, offset=0x100, reset=0xFFFFFFF, names=["CORE_X_DRAM0_PMS_CONSTRAIN_1"]):
        SRAM_WORLD_0 = Field(7, 0, doc="2 bits an area: read, write")
        CACHEDATAARRAY_WORLD_0 = Field(11, 8)
        WORLD_1 = Field(23, 12)
        ROM = Field(27, 24)

    class IRAM0_MONITOR_LOCK(Register, offset=0x0E4, count=2, stride=0xC, names="CORE_{}_IRAM0_PMS_MONITOR_0"):
        LOCK = Field(0)

    class IRAM0_MONITOR(Register, offset=0x0E8, count=2, stride=0xC, reset=3, names="CORE_{}_IRAM0_PMS_MONITOR_1"):
        VIOLATE_CLR = Field(0)
        VIOLATE_EN = Field(1)

    class IRAM0_STATUS(Register, offset=0x0EC, count=2, stride=0xC, names="CORE_{}_IRAM0_PMS_MONITOR_2", access=RO):
        VIOLATE_INTR = Field(0)
        VIOLATE_STATUS_WR = Field(1)
        VIOLATE_STATUS_LOADSTORE = Field(2)
        VIOLATE_STATUS_WORLD = Field(4, 3)
        VIOLATE_STATUS_ADDR = Field(28, 5, doc="in words from 0x40000000")

    class DRAM0_MONITOR_LOCK(Register, offset=0x104, count=2, stride=0x10, names="CORE_{}_DRAM0_PMS_MONITOR_0"):
        LOCK = Field(0)

    class DRAM0_MONITOR(Register, offset=0x108, count=2, stride=0x10, reset=3, names="CORE_{}_DRAM0_PMS_MONITOR_1"):
        VIOLATE_CLR = Field(0)
        VIOLATE_EN = Field(1)

    class DRAM0_STATUS(Register, offset=0x10C, count=2, stride=0x10, names="CORE_{}_DRAM0_PMS_MONITOR_2", access=RO):
        VIOLATE_INTR = Field(0)
        VIOLATE_STATUS_LOCK = Field(1)
        VIOLATE_STATUS_WORLD = Field(3, 2)
        VIOLATE_STATUS_ADDR = Field(25, 4, doc="in units of 16 bytes from 0x3C000000")

    class DRAM0_ACCESS(Register, offset=0x110, count=2, stride=0x10, names="CORE_{}_DRAM0_PMS_MONITOR_3", access=RO):
        VIOLATE_STATUS_WR = Field(0)
        VIOLATE_STATUS_BYTEEN = Field(16, 1)

    others = Registers("""
        0x000 CACHE_DATAARRAY_CONNECT_0 0x0 BITS[0]
        0x004 CACHE_DATAARRAY_CONNECT_1 0xff BITS[7:0]
        0x008 APB_PERIPHERAL_ACCESS_0 0x0 BITS[0]
        0x00c APB_PERIPHERAL_ACCESS_1 0x1 BITS[0]
        0x010 INTERNAL_SRAM_USAGE_0 0x0 BITS[0]
        0x014 INTERNAL_SRAM_USAGE_1 0x7ff BITS[10:0]
        0x018 INTERNAL_SRAM_USAGE_2 0x0 BITS[17:0]
        0x01c INTERNAL_SRAM_USAGE_3 0x0 BITS[3:0]
        0x020 INTERNAL_SRAM_USAGE_4 0x0 BITS[6:0]
        0x024 RETENTION_DISABLE 0x0 BITS[0]
        0x028 CACHE_TAG_ACCESS_0 0x0 BITS[0]
        0x02c CACHE_TAG_ACCESS_1 0xf BITS[3:0]
        0x030 CACHE_MMU_ACCESS_0 0x0 BITS[0]
        0x034 CACHE_MMU_ACCESS_1 0x3 BITS[1:0]
        0x038 DMA_APBPERI_SPI2_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x03c DMA_APBPERI_SPI2_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x040 DMA_APBPERI_SPI3_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x044 DMA_APBPERI_SPI3_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x048 DMA_APBPERI_UHCI0_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x04c DMA_APBPERI_UHCI0_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x050 DMA_APBPERI_I2S0_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x054 DMA_APBPERI_I2S0_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x058 DMA_APBPERI_I2S1_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x05c DMA_APBPERI_I2S1_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x060 DMA_APBPERI_MAC_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x064 DMA_APBPERI_MAC_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x068 DMA_APBPERI_BACKUP_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x06c DMA_APBPERI_BACKUP_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x070 DMA_APBPERI_AES_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x074 DMA_APBPERI_AES_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x078 DMA_APBPERI_SHA_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x07c DMA_APBPERI_SHA_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x080 DMA_APBPERI_ADC_DAC_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x084 DMA_APBPERI_ADC_DAC_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x088 DMA_APBPERI_RMT_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x08c DMA_APBPERI_RMT_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x090 DMA_APBPERI_LCD_CAM_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x094 DMA_APBPERI_LCD_CAM_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x098 DMA_APBPERI_USB_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x09c DMA_APBPERI_USB_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x0a0 DMA_APBPERI_LC_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x0a4 DMA_APBPERI_LC_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x0a8 DMA_APBPERI_SDIO_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x0ac DMA_APBPERI_SDIO_PMS_CONSTRAIN_1 0xfff BITS[11:0]
        0x0b0 DMA_APBPERI_PMS_MONITOR_0 0x0 BITS[0]
        0x0b4 DMA_APBPERI_PMS_MONITOR_1 0x3 BITS[1:0]
        0x0b8 DMA_APBPERI_PMS_MONITOR_2 0x0 STATUS[24:0]:RO
        0x0bc DMA_APBPERI_PMS_MONITOR_3 0x0 STATUS[16:0]:RO
        0x124 CORE_0_PIF_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x128 CORE_0_PIF_PMS_CONSTRAIN_1 0xff33cfff BITS0[11:0] BITS1[17:14] BITS2[21:20] BITS3[31:24]
        0x12c CORE_0_PIF_PMS_CONSTRAIN_2 0xffcffff3 BITS0[1:0] BITS1[19:4] BITS2[31:22]
        0x130 CORE_0_PIF_PMS_CONSTRAIN_3 0x3cc3ffff BITS0[17:0] BITS1[23:22] BITS2[29:26]
        0x134 CORE_0_PIF_PMS_CONSTRAIN_4 0xffffffff BITS[31:0]
        0x138 CORE_0_PIF_PMS_CONSTRAIN_5 0xff33cfff BITS0[11:0] BITS1[17:14] BITS2[21:20] BITS3[31:24]
        0x13c CORE_0_PIF_PMS_CONSTRAIN_6 0xffcffff3 BITS0[1:0] BITS1[19:4] BITS2[31:22]
        0x140 CORE_0_PIF_PMS_CONSTRAIN_7 0x3cc3ffff BITS0[17:0] BITS1[23:22] BITS2[29:26]
        0x144 CORE_0_PIF_PMS_CONSTRAIN_8 0xffffffff BITS[31:0]
        0x148 CORE_0_PIF_PMS_CONSTRAIN_9 0x3fffff BITS[21:0]
        0x14c CORE_0_PIF_PMS_CONSTRAIN_10 0xfff BITS[11:0]
        0x150 CORE_0_PIF_PMS_CONSTRAIN_11 0x3fffff BITS[21:0]
        0x154 CORE_0_PIF_PMS_CONSTRAIN_12 0xfff BITS[11:0]
        0x158 CORE_0_PIF_PMS_CONSTRAIN_13 0x3fffff BITS[21:0]
        0x15c CORE_0_PIF_PMS_CONSTRAIN_14 0xfff BITS[11:0]
        0x160 CORE_0_REGION_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x164 CORE_0_REGION_PMS_CONSTRAIN_1 0x3fffff BITS[21:0]
        0x168 CORE_0_REGION_PMS_CONSTRAIN_2 0x3fffff BITS[21:0]
        0x16c CORE_0_REGION_PMS_CONSTRAIN_3 0x0 BITS[29:0]
        0x170 CORE_0_REGION_PMS_CONSTRAIN_4 0x0 BITS[29:0]
        0x174 CORE_0_REGION_PMS_CONSTRAIN_5 0x0 BITS[29:0]
        0x178 CORE_0_REGION_PMS_CONSTRAIN_6 0x0 BITS[29:0]
        0x17c CORE_0_REGION_PMS_CONSTRAIN_7 0x0 BITS[29:0]
        0x180 CORE_0_REGION_PMS_CONSTRAIN_8 0x0 BITS[29:0]
        0x184 CORE_0_REGION_PMS_CONSTRAIN_9 0x0 BITS[29:0]
        0x188 CORE_0_REGION_PMS_CONSTRAIN_10 0x0 BITS[29:0]
        0x18c CORE_0_REGION_PMS_CONSTRAIN_11 0x0 BITS[29:0]
        0x190 CORE_0_REGION_PMS_CONSTRAIN_12 0x0 BITS[29:0]
        0x194 CORE_0_REGION_PMS_CONSTRAIN_13 0x0 BITS[29:0]
        0x198 CORE_0_REGION_PMS_CONSTRAIN_14 0x0 BITS[29:0]
        0x19c CORE_0_PIF_PMS_MONITOR_0 0x0 BITS[0]
        0x1a0 CORE_0_PIF_PMS_MONITOR_1 0x3 BITS[1:0]
        0x1a4 CORE_0_PIF_PMS_MONITOR_2 0x0 STATUS[7:0]:RO
        0x1a8 CORE_0_PIF_PMS_MONITOR_3 0x0 STATUS[31:0]:RO
        0x1ac CORE_0_PIF_PMS_MONITOR_4 0x3 BITS[1:0]
        0x1b0 CORE_0_PIF_PMS_MONITOR_5 0x0 STATUS[4:0]:RO
        0x1b4 CORE_0_PIF_PMS_MONITOR_6 0x0 STATUS[31:0]:RO
        0x1b8 CORE_0_VECBASE_OVERRIDE_LOCK 0x0 BITS[0]
        0x1bc CORE_0_VECBASE_OVERRIDE_0 0x1 BITS[0]
        0x1c0 CORE_0_VECBASE_OVERRIDE_1 0x0 BITS[23:0]
        0x1c4 CORE_0_VECBASE_OVERRIDE_2 0x0 BITS[21:0]
        0x1c8 CORE_0_TOOMANYEXCEPTIONS_M_OVERRIDE_0 0x0 BITS[0]
        0x1cc CORE_0_TOOMANYEXCEPTIONS_M_OVERRIDE_1 0x1 BITS[0]
        0x1d0 CORE_1_PIF_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x1d4 CORE_1_PIF_PMS_CONSTRAIN_1 0xff33cfff BITS0[11:0] BITS1[17:14] BITS2[21:20] BITS3[31:24]
        0x1d8 CORE_1_PIF_PMS_CONSTRAIN_2 0xffcffff3 BITS0[1:0] BITS1[19:4] BITS2[31:22]
        0x1dc CORE_1_PIF_PMS_CONSTRAIN_3 0x3cc3ffff BITS0[17:0] BITS1[23:22] BITS2[29:26]
        0x1e0 CORE_1_PIF_PMS_CONSTRAIN_4 0xffffffff BITS[31:0]
        0x1e4 CORE_1_PIF_PMS_CONSTRAIN_5 0xff33cfff BITS0[11:0] BITS1[17:14] BITS2[21:20] BITS3[31:24]
        0x1e8 CORE_1_PIF_PMS_CONSTRAIN_6 0xffcffff3 BITS0[1:0] BITS1[19:4] BITS2[31:22]
        0x1ec CORE_1_PIF_PMS_CONSTRAIN_7 0x3cc3ffff BITS0[17:0] BITS1[23:22] BITS2[29:26]
        0x1f0 CORE_1_PIF_PMS_CONSTRAIN_8 0xffffffff BITS[31:0]
        0x1f4 CORE_1_PIF_PMS_CONSTRAIN_9 0x3fffff BITS[21:0]
        0x1f8 CORE_1_PIF_PMS_CONSTRAIN_10 0xfff BITS[11:0]
        0x1fc CORE_1_PIF_PMS_CONSTRAIN_11 0x3fffff BITS[21:0]
        0x200 CORE_1_PIF_PMS_CONSTRAIN_12 0xfff BITS[11:0]
        0x204 CORE_1_PIF_PMS_CONSTRAIN_13 0x3fffff BITS[21:0]
        0x208 CORE_1_PIF_PMS_CONSTRAIN_14 0xfff BITS[11:0]
        0x20c CORE_1_REGION_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x210 CORE_1_REGION_PMS_CONSTRAIN_1 0x3fffff BITS[21:0]
        0x214 CORE_1_REGION_PMS_CONSTRAIN_2 0x3fffff BITS[21:0]
        0x218 CORE_1_REGION_PMS_CONSTRAIN_3 0x0 BITS[29:0]
        0x21c CORE_1_REGION_PMS_CONSTRAIN_4 0x0 BITS[29:0]
        0x220 CORE_1_REGION_PMS_CONSTRAIN_5 0x0 BITS[29:0]
        0x224 CORE_1_REGION_PMS_CONSTRAIN_6 0x0 BITS[29:0]
        0x228 CORE_1_REGION_PMS_CONSTRAIN_7 0x0 BITS[29:0]
        0x22c CORE_1_REGION_PMS_CONSTRAIN_8 0x0 BITS[29:0]
        0x230 CORE_1_REGION_PMS_CONSTRAIN_9 0x0 BITS[29:0]
        0x234 CORE_1_REGION_PMS_CONSTRAIN_10 0x0 BITS[29:0]
        0x238 CORE_1_REGION_PMS_CONSTRAIN_11 0x0 BITS[29:0]
        0x23c CORE_1_REGION_PMS_CONSTRAIN_12 0x0 BITS[29:0]
        0x240 CORE_1_REGION_PMS_CONSTRAIN_13 0x0 BITS[29:0]
        0x244 CORE_1_REGION_PMS_CONSTRAIN_14 0x0 BITS[29:0]
        0x248 CORE_1_PIF_PMS_MONITOR_0 0x0 BITS[0]
        0x24c CORE_1_PIF_PMS_MONITOR_1 0x3 BITS[1:0]
        0x250 CORE_1_PIF_PMS_MONITOR_2 0x0 STATUS[7:0]:RO
        0x254 CORE_1_PIF_PMS_MONITOR_3 0x0 STATUS[31:0]:RO
        0x258 CORE_1_PIF_PMS_MONITOR_4 0x3 BITS[1:0]
        0x25c CORE_1_PIF_PMS_MONITOR_5 0x0 STATUS[4:0]:RO
        0x260 CORE_1_PIF_PMS_MONITOR_6 0x0 STATUS[31:0]:RO
        0x264 CORE_1_VECBASE_OVERRIDE_LOCK 0x0 BITS[0]
        0x268 CORE_1_VECBASE_OVERRIDE_0 0x1 BITS[0]
        0x26c CORE_1_VECBASE_OVERRIDE_1 0x0 BITS[23:0]
        0x270 CORE_1_VECBASE_OVERRIDE_2 0x0 BITS[21:0]
        0x274 CORE_1_TOOMANYEXCEPTIONS_M_OVERRIDE_0 0x0 BITS[0]
        0x278 CORE_1_TOOMANYEXCEPTIONS_M_OVERRIDE_1 0x1 BITS[0]
        0x27c BACKUP_BUS_PMS_CONSTRAIN_0 0x0 BITS[0]
        0x280 BACKUP_BUS_PMS_CONSTRAIN_1 0xff33cfff BITS0[11:0] BITS1[17:14] BITS2[21:20] BITS3[31:24]
        0x284 BACKUP_BUS_PMS_CONSTRAIN_2 0xffcffff3 BITS0[1:0] BITS1[19:4] BITS2[31:22]
        0x288 BACKUP_BUS_PMS_CONSTRAIN_3 0x3cc3ffff BITS0[17:0] BITS1[23:22] BITS2[29:26]
        0x28c BACKUP_BUS_PMS_CONSTRAIN_4 0xffffffff BITS[31:0]
        0x290 BACKUP_BUS_PMS_CONSTRAIN_5 0x7ff BITS[10:0]
        0x294 BACKUP_BUS_PMS_CONSTRAIN_6 0x3f BITS[5:0]
        0x298 BACKUP_BUS_PMS_MONITOR_0 0x0 BITS[0]
        0x29c BACKUP_BUS_PMS_MONITOR_1 0x3 BITS[1:0]
        0x2a0 BACKUP_BUS_PMS_MONITOR_2 0x0 STATUS[6:0]:RO
        0x2a4 BACKUP_BUS_PMS_MONITOR_3 0x0 STATUS[31:0]:RO
        0x2a8 EDMA_BOUNDARY_LOCK 0x0 BITS[0]
        0x2ac EDMA_BOUNDARY_0 0x0 BITS[13:0]
        0x2b0 EDMA_BOUNDARY_1 0x2000 BITS[13:0]
        0x2b4 EDMA_BOUNDARY_2 0x2000 BITS[13:0]
        0x2b8 EDMA_PMS_SPI2_LOCK 0x0 BITS[0]
        0x2bc EDMA_PMS_SPI2 0xf BITS[3:0]
        0x2c0 EDMA_PMS_SPI3_LOCK 0x0 BITS[0]
        0x2c4 EDMA_PMS_SPI3 0xf BITS[3:0]
        0x2c8 EDMA_PMS_UHCI0_LOCK 0x0 BITS[0]
        0x2cc EDMA_PMS_UHCI0 0xf BITS[3:0]
        0x2d0 EDMA_PMS_I2S0_LOCK 0x0 BITS[0]
        0x2d4 EDMA_PMS_I2S0 0xf BITS[3:0]
        0x2d8 EDMA_PMS_I2S1_LOCK 0x0 BITS[0]
        0x2dc EDMA_PMS_I2S1 0xf BITS[3:0]
        0x2e0 EDMA_PMS_LCD_CAM_LOCK 0x0 BITS[0]
        0x2e4 EDMA_PMS_LCD_CAM 0xf BITS[3:0]
        0x2e8 EDMA_PMS_AES_LOCK 0x0 BITS[0]
        0x2ec EDMA_PMS_AES 0xf BITS[3:0]
        0x2f0 EDMA_PMS_SHA_LOCK 0x0 BITS[0]
        0x2f4 EDMA_PMS_SHA 0xf BITS[3:0]
        0x2f8 EDMA_PMS_ADC_DAC_LOCK 0x0 BITS[0]
        0x2fc EDMA_PMS_ADC_DAC 0xf BITS[3:0]
        0x300 EDMA_PMS_RMT_LOCK 0x0 BITS[0]
        0x304 EDMA_PMS_RMT 0xf BITS[3:0]
        0x308 CLOCK_GATE 0x1 BITS[0]
        0x30c RTC_PMS 0x0 BITS[0]
        0xffc DATE 0x2101280 BITS[27:0]
    """)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupts = {
            (core, bus): self.signal(f"core{core}_{bus}") for core in range(2) for bus in ("iram0", "dram0")
        }

    def after_reset(self) -> None:
        self._update_interrupts()
        self._protect()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._protect()

    # Permissions

    def _line(self, n: int) -> int | None:
        """Return the address of a split line on the instruction bus, None when it is not set."""
        value = self.get(self.SPLIT_LINE, n - 1)
        for k, segment in enumerate(SEGMENTS):
            if value >> 2 * k & 3 == LINE_IN_SEGMENT:
                return segment + (self.SPLIT_LINE.SPLITADDR.of(value) << 8)
        return None

    def _areas(self, window: tuple[int, int], lines: tuple[int, int, int], shift: int) -> list[tuple[int, int]]:
        """Return (first, end) of the four areas of a window; `shift` leads from the instruction bus to its own."""
        first, end = window
        points = [first]
        for n in lines:
            line = self._line(n)
            points.append(points[-1] if line is None else min(max(line - shift, points[-1]), end))
        return list(zip(points, [*points[1:], end], strict=True))

    def _protect(self) -> None:
        """Hand the permissions of world 0 to both cores."""
        ranges: list[Protection] = []
        iram, dram = self.get(self.IRAM0_WORLD_0), self.get(self.DRAM0_PMS)
        for n, (first, end) in enumerate(self._areas(IRAM0, (I_0, I_1, I_D), 0)):
            ranges += self._range(first, end, iram >> 3 * n & 7, 3)
        for n, (first, end) in enumerate(self._areas(DRAM0, (I_D, D_0, D_1), IRAM0[0] - DRAM0[0])):
            ranges += self._range(first, end, dram >> 2 * n & 3, 2)
        for core in range(2):
            self.context.protect(core, ranges, self._violated)
        self.context.end_slice()

    @staticmethod
    def _range(first: int, end: int, rights: int, count: int) -> list[Protection]:
        if end <= first or rights == (1 << count) - 1:
            return []
        return [Protection(first, end, frozenset(right for k, right in enumerate(RIGHTS[:count]) if rights >> k & 1))]

    def write_SPLIT_LINE(self, n: int, value: int) -> None:
        if self.get(self.SPLIT_LINE_LOCK.LOCK):
            self.put(self.SPLIT_LINE, self.previous, n)
        self._protect()

    def write_IRAM0_WORLD_0(self, value: int) -> None:
        if self.get(self.IRAM0_LOCK.LOCK):
            self.put(self.IRAM0_WORLD_0, self.previous)
        self._protect()

    def write_DRAM0_PMS(self, value: int) -> None:
        if self.get(self.DRAM0_LOCK.LOCK):
            self.put(self.DRAM0_PMS, self.previous)
        self._protect()

    # Monitors

    def _violated(self, core: int, address: int, size: int, access: Access) -> None:
        """Record the first violation of a core on a bus until it is cleared."""
        status: Any = self.IRAM0_STATUS
        if IRAM0[0] <= address < IRAM0[1]:
            if self.get(status.VIOLATE_INTR, core) or not self.get(self.IRAM0_MONITOR.VIOLATE_EN, core):
                return
            value = status.VIOLATE_INTR.bits | status.VIOLATE_STATUS_WORLD.into(0, 1)
            value = status.VIOLATE_STATUS_WR.into(value, access is Access.STORE)
            value = status.VIOLATE_STATUS_LOADSTORE.into(value, access is not Access.FETCH)
            self.put(status, status.VIOLATE_STATUS_ADDR.into(value, address - 0x4000_0000 >> 2), core)
        else:
            status = self.DRAM0_STATUS
            if self.get(status.VIOLATE_INTR, core) or not self.get(self.DRAM0_MONITOR.VIOLATE_EN, core):
                return
            value = status.VIOLATE_INTR.bits | status.VIOLATE_STATUS_WORLD.into(0, 1)
            self.put(status, status.VIOLATE_STATUS_ADDR.into(value, address - 0x3C00_0000 >> 4), core)
            detail = self.DRAM0_ACCESS
            lanes = ((1 << size) - 1) << address % 16
            self.put(detail.VIOLATE_STATUS_WR, access is Access.STORE, core)
            self.put(detail.VIOLATE_STATUS_BYTEEN, lanes, core)
        self._update_interrupts()

    def write_IRAM0_MONITOR(self, core: int, value: int) -> None:
        if self.IRAM0_MONITOR.VIOLATE_CLR.of(value):
            self.put(self.IRAM0_STATUS, 0, core)
        self._update_interrupts()
        self.context.tell_again()

    def write_DRAM0_MONITOR(self, core: int, value: int) -> None:
        if self.DRAM0_MONITOR.VIOLATE_CLR.of(value):
            self.put(self.DRAM0_STATUS, 0, core)
            self.put(self.DRAM0_ACCESS, 0, core)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        for core in range(2):
            self.interrupts[core, "iram0"].set(self.get(self.IRAM0_STATUS.VIOLATE_INTR, core))
            self.interrupts[core, "dram0"].set(self.get(self.DRAM0_STATUS.VIOLATE_INTR, core))
