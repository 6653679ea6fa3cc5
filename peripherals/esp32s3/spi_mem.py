"""SPI0 and SPI1: the controllers of flash and PSRAM, one for the caches, one for software.

Source: ESP32-S3 Technical Reference Manual, "SPI Controller"; ESP-IDF, spi_mem_reg.h and the drivers that use SPI1.

SPI1 passes one transaction to the chip that its chip select enables: the board's flash at CS0, its PSRAM at CS1. It
takes the time of its bits at the programmed clock; the bit of CMD that started it stays 1 until then, and for as long
as the flash is busy where FLASH_WAITI_CTRL asks for that. What XTS_AES has released goes to the flash in place of the
buffer's content and ADDR, with whatever has an address and data.

Leaves out: SPI0's settings (the caches read whatever the chips' modes are), setup and hold times of the chip select,
suspending of its own accord for the caches (FLASH_PES_EN), the checks that write protection by APB_CTRL makes, the
delays of DIN_MODE and DIN_NUM: data are right at every sample point, so that ESP-IDF's tuning for PSRAM on both edges
at 80 MHz finds no limits, warns "tuning fail" and takes its default.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

from esp32s3.xts_aes import XTS_AES
from twincore.machine.spi_chip import Chip, Transaction
from twincore.model import Context, Field, Peripheral, Register, Registers, Value, state

PER_END, PES_END, TOTAL_TRANS_END = 1, 2, 4
"""Bits of the interrupt registers."""
CORE_CLOCKS = ((1, 1), (2, 3), (1, 2), (1, 3))
"""By CORE_CLK_SEL: the period of the controllers' clock as a part of APB's, at 80 MHz: 80, 120, 160, 240 MHz."""


class SPI0(Peripheral):
    """The controller behind the caches: registers only."""

    size = 0x400

    others = Registers("""
        0x008 CTRL 0x2c2000 FDUMMY_OUT[3] FDOUT_OCT[4] FDIN_OCT[5] FADDR_OCT[6] FCMD_DUAL[7] FCMD_QUAD[8] FCMD_OCT[9]
          + FASTRD_MODE[13] FREAD_DUAL[14] Q_POL[18] D_POL[19] FREAD_QUAD[20] WP[21] FREAD_DIO[23] FREAD_QIO[24]
        0x00c CTRL1 0x0 CLK_MODE[1:0] RXFIFO_RST[30]
        0x010 CTRL2 0x2c21 CS_SETUP_TIME[4:0] CS_HOLD_TIME[9:5] ECC_CS_HOLD_TIME[12:10] ECC_SKIP_PAGE_CORNER[13]
          + ECC_16TO18_BYTE_EN[14] CS_HOLD_DELAY[30:25] SYNC_RESET[31]
        0x014 CLOCK 0x30103 CLKCNT_L[7:0] CLKCNT_H[15:8] CLKCNT_N[23:16] CLK_EQU_SYSCLK[31]
        0x018 USER 0x0 CS_HOLD[6] CS_SETUP[7] CK_OUT_EDGE[9] USR_DUMMY_IDLE[26] USR_DUMMY[29]
        0x01c USER1 0x5c000007 USR_DUMMY_CYCLELEN[5:0] USR_ADDR_BITLEN[31:26]
        0x020 USER2 0x70000000 USR_COMMAND_VALUE[15:0] USR_COMMAND_BITLEN[31:28]
        0x024 MOSI_DLEN 0x0 USR_MOSI_DBITLEN[9:0]
        0x028 MISO_DLEN 0x0 USR_MISO_DBITLEN[9:0]
        0x02c RD_STATUS 0x0 WB_MODE[23:16]
        0x030 EXT_ADDR 0x0 EXT_ADDR[31:0]
        0x034 MISC 0x0 FSUB_PIN[7] SSUB_PIN[8] CK_IDLE_EDGE[9] CS_KEEP_ACTIVE[10]
        0x03c CACHE_FCTRL 0x0 CACHE_REQ_EN[0] CACHE_USR_CMD_4BYTE[1] CACHE_FLASH_USR_CMD[2] FDIN_DUAL[3] FDOUT_DUAL[4]
          + FADDR_DUAL[5] FDIN_QUAD[6] FDOUT_QUAD[7] FADDR_QUAD[8]
        0x040 CACHE_SCTRL 0x55c070 CACHE_USR_SCMD_4BYTE[0] USR_SRAM_DIO[1] USR_SRAM_QIO[2] USR_WR_SRAM_DUMMY[3]
          + USR_RD_SRAM_DUMMY[4] CACHE_SRAM_USR_RCMD[5] SRAM_RDUMMY_CYCLELEN[11:6] SRAM_ADDR_BITLEN[19:14]
          + CACHE_SRAM_USR_WCMD[20] SRAM_OCT[21] SRAM_WDUMMY_CYCLELEN[27:22]
        0x044 SRAM_CMD 0x0 SCLK_MODE[1:0] SWB_MODE[9:2] SDIN_DUAL[10] SDOUT_DUAL[11] SADDR_DUAL[12] SCMD_DUAL[13]
          + SDIN_QUAD[14] SDOUT_QUAD[15] SADDR_QUAD[16] SCMD_QUAD[17] SDIN_OCT[18] SDOUT_OCT[19] SADDR_OCT[20]
          + SCMD_OCT[21] SDUMMY_OUT[22]
        0x048 SRAM_DRD_CMD 0x0 CACHE_SRAM_USR_RD_CMD_VALUE[15:0] CACHE_SRAM_USR_RD_CMD_BITLEN[31:28]
        0x04c SRAM_DWR_CMD 0x0 CACHE_SRAM_USR_WR_CMD_VALUE[15:0] CACHE_SRAM_USR_WR_CMD_BITLEN[31:28]
        0x050 SRAM_CLK 0x30103 SCLKCNT_L[7:0] SCLKCNT_H[15:8] SCLKCNT_N[23:16] SCLK_EQU_SYSCLK[31]
        0x054 FSM 0x0 ST[2:0]:RO
        0x0a8 TIMING_CALI 0x0 TIMING_CLK_ENA[0] TIMING_CALI[1] EXTRA_DUMMY_CYCLELEN[4:2]
        0x0ac DIN_MODE 0x0 DIN0_MODE[2:0] DIN1_MODE[5:3] DIN2_MODE[8:6] DIN3_MODE[11:9] DIN4_MODE[14:12]
          + DIN5_MODE[17:15] DIN6_MODE[20:18] DIN7_MODE[23:21] DINS_MODE[26:24]
        0x0b0 DIN_NUM 0x0 DIN0_NUM[1:0] DIN1_NUM[3:2] DIN2_NUM[5:4] DIN3_NUM[7:6] DIN4_NUM[9:8] DIN5_NUM[11:10]
          + DIN6_NUM[13:12] DIN7_NUM[15:14] DINS_NUM[17:16]
        0x0b4 DOUT_MODE 0x0 DOUT0_MODE[0] DOUT1_MODE[1] DOUT2_MODE[2] DOUT3_MODE[3] DOUT4_MODE[4] DOUT5_MODE[5]
          + DOUT6_MODE[6] DOUT7_MODE[7] DOUTS_MODE[8]
        0x0bc SPI_SMEM_TIMING_CALI 0x0 SPI_SMEM_TIMING_CLK_ENA[0] SPI_SMEM_TIMING_CALI[1]
          + SPI_SMEM_EXTRA_DUMMY_CYCLELEN[4:2]
        0x0c0 SPI_SMEM_DIN_MODE 0x0 SPI_SMEM_DIN0_MODE[2:0] SPI_SMEM_DIN1_MODE[5:3] SPI_SMEM_DIN2_MODE[8:6]
          + SPI_SMEM_DIN3_MODE[11:9] SPI_SMEM_DIN4_MODE[14:12] SPI_SMEM_DIN5_MODE[17:15] SPI_SMEM_DIN6_MODE[20:18]
          + SPI_SMEM_DIN7_MODE[23:21] SPI_SMEM_DINS_MODE[26:24]
        0x0c4 SPI_SMEM_DIN_NUM 0x0 SPI_SMEM_DIN0_NUM[1:0] SPI_SMEM_DIN1_NUM[3:2] SPI_SMEM_DIN2_NUM[5:4]
          + SPI_SMEM_DIN3_NUM[7:6] SPI_SMEM_DIN4_NUM[9:8] SPI_SMEM_DIN5_NUM[11:10] SPI_SMEM_DIN6_NUM[13:12]
          + SPI_SMEM_DIN7_NUM[15:14] SPI_SMEM_DINS_NUM[17:16]
        0x0c8 SPI_SMEM_DOUT_MODE 0x0 SPI_SMEM_DOUT0_MODE[0] SPI_SMEM_DOUT1_MODE[1] SPI_SMEM_DOUT2_MODE[2]
          + SPI_SMEM_DOUT3_MODE[3] SPI_SMEM_DOUT4_MODE[4] SPI_SMEM_DOUT5_MODE[5] SPI_SMEM_DOUT6_MODE[6]
          + SPI_SMEM_DOUT7_MODE[7] SPI_SMEM_DOUTS_MODE[8]
        0x0cc ECC_CTRL 0xa ECC_ERR_INT_NUM[7:0] SPI_FMEM_ECC_ERR_INT_EN[8]
        0x0d0 ECC_ERR_ADDR 0x0 ECC_ERR_ADDR[31:0]:RO
        0x0d4 ECC_ERR_BIT 0x0 ECC_DATA_ERR_BIT[12:6]:RO ECC_CHK_ERR_BIT[15:13]:RO ECC_BYTE_ERR[16]:RO
          + ECC_ERR_CNT[24:17]:RO
        0x0dc SPI_SMEM_AC 0xb084 SPI_SMEM_CS_SETUP[0] SPI_SMEM_CS_HOLD[1] SPI_SMEM_CS_SETUP_TIME[6:2]
          + SPI_SMEM_CS_HOLD_TIME[11:7] SPI_SMEM_ECC_CS_HOLD_TIME[14:12] SPI_SMEM_ECC_SKIP_PAGE_CORNER[15]
          + SPI_SMEM_ECC_16TO18_BYTE_EN[16] SPI_SMEM_ECC_ERR_INT_EN[24] SPI_SMEM_CS_HOLD_DELAY[30:25]
        0x0e0 DDR 0x3020 SPI_FMEM_DDR_EN[0] SPI_FMEM_VAR_DUMMY[1] SPI_FMEM_DDR_RDAT_SWP[2] SPI_FMEM_DDR_WDAT_SWP[3]
          + SPI_FMEM_DDR_CMD_DIS[4] SPI_FMEM_OUTMINBYTELEN[11:5] SPI_FMEM_TX_DDR_MSK_EN[12] SPI_FMEM_RX_DDR_MSK_EN[13]
          + SPI_FMEM_USR_DDR_DQS_THD[20:14] SPI_FMEM_DDR_DQS_LOOP[21] SPI_FMEM_DDR_DQS_LOOP_MODE[22]
          + SPI_FMEM_CLK_DIFF_EN[24] SPI_FMEM_HYPERBUS_MODE[25] SPI_FMEM_DQS_CA_IN[26] SPI_FMEM_HYPERBUS_DUMMY_2X[27]
          + SPI_FMEM_CLK_DIFF_INV[28] SPI_FMEM_OCTA_RAM_ADDR[29] SPI_FMEM_HYPERBUS_CA[30]
        0x0e4 SPI_SMEM_DDR 0x3020 EN[0] SPI_SMEM_VAR_DUMMY[1] RDAT_SWP[2] WDAT_SWP[3] CMD_DIS[4]
          + SPI_SMEM_OUTMINBYTELEN[11:5] SPI_SMEM_TX_DDR_MSK_EN[12] SPI_SMEM_RX_DDR_MSK_EN[13]
          + SPI_SMEM_USR_DDR_DQS_THD[20:14] DQS_LOOP[21] DQS_LOOP_MODE[22] SPI_SMEM_CLK_DIFF_EN[24]
          + SPI_SMEM_HYPERBUS_MODE[25] SPI_SMEM_DQS_CA_IN[26] SPI_SMEM_HYPERBUS_DUMMY_2X[27] SPI_SMEM_CLK_DIFF_INV[28]
          + SPI_SMEM_OCTA_RAM_ADDR[29] SPI_SMEM_HYPERBUS_CA[30]
        0x0e8 CLOCK_GATE 0x1 CLK_EN[0]
        0x0ec CORE_CLK_SEL 0x0 CORE_CLK_SEL[1:0]
        0x0f0 INT_ENA 0x0 TOTAL_TRANS_END_INT_ENA[2] ECC_ERR_INT_ENA[4]
        0x0f4 INT_CLR 0x0 TOTAL_TRANS_END_INT_CLR[2]:WT ECC_ERR_INT_CLR[4]:WT
        0x0f8 INT_RAW 0x0 TOTAL_TRANS_END_INT_RAW[2] ECC_ERR_INT_RAW[4]
        0x0fc INT_ST 0x0 TOTAL_TRANS_END_INT_ST[2]:RO ECC_ERR_INT_ST[4]:RO
        0x3fc DATE 0x2101040 SPI_SMEM_SPICLK_FUN_DRV[1:0] SPI_FMEM_SPICLK_FUN_DRV[3:2] SPI_SPICLK_PAD_DRV_CTL_EN[4]
          + DATE[27:5]
    """)


class SPI1(Peripheral):
    """The controller for software; `attach(chip_select, chip)` puts a chip behind it."""

    size = 0x400

    class CMD(Register, offset=0x0):
        FLASH_PE = Field(17)
        USR = Field(18)
        FLASH_HPM = Field(19)
        FLASH_RES = Field(20)
        FLASH_DP = Field(21)
        FLASH_CE = Field(22)
        FLASH_BE = Field(23)
        FLASH_SE = Field(24)
        FLASH_PP = Field(25)
        FLASH_WRSR = Field(26)
        FLASH_RDSR = Field(27)
        FLASH_RDID = Field(28)
        FLASH_WRDI = Field(29)
        FLASH_WREN = Field(30)
        FLASH_READ = Field(31)

    class FLASH_SUS_CMD(Register, offset=0x9C):
        FLASH_PER = Field(0, doc="resume; clears itself")
        FLASH_PES = Field(1, doc="suspend; clears itself")
        FLASH_PER_WAIT_EN = Field(2)
        FLASH_PES_WAIT_EN = Field(3)
        PES_PER_EN = Field(4)
        PESR_IDLE_EN = Field(5)

    others = Registers("""
        0x004 ADDR 0x0 USR_ADDR_VALUE[31:0]
        0x008 CTRL 0x2ca000 FDUMMY_OUT[3] FDOUT_OCT[4] FDIN_OCT[5] FADDR_OCT[6] FCMD_DUAL[7] FCMD_QUAD[8] FCMD_OCT[9]
          + FCS_CRC_EN[10] TX_CRC_EN[11] FASTRD_MODE[13] FREAD_DUAL[14] RESANDRES[15] Q_POL[18] D_POL[19]
          + FREAD_QUAD[20] WP[21] WRSR_2B[22] FREAD_DIO[23] FREAD_QIO[24]
        0x00c CTRL1 0xffc CLK_MODE[1:0] CS_HOLD_DLY_RES[11:2]
        0x010 CTRL2 0x0 SYNC_RESET[31]
        0x014 CLOCK 0x30103 CLKCNT_L[7:0] CLKCNT_H[15:8] CLKCNT_N[23:16] CLK_EQU_SYSCLK[31]
        0x018 USER 0x80000000 CK_OUT_EDGE[9] FWRITE_DUAL[12] FWRITE_QUAD[13] FWRITE_DIO[14] FWRITE_QIO[15]
          + USR_MISO_HIGHPART[24] USR_MOSI_HIGHPART[25] USR_DUMMY_IDLE[26] USR_MOSI[27] USR_MISO[28] USR_DUMMY[29]
          + USR_ADDR[30] USR_COMMAND[31]
        0x01c USER1 0x5c000007 USR_DUMMY_CYCLELEN[5:0] USR_ADDR_BITLEN[31:26]
        0x020 USER2 0x70000000 USR_COMMAND_VALUE[15:0] USR_COMMAND_BITLEN[31:28]
        0x024 MOSI_DLEN 0x0 USR_MOSI_DBITLEN[9:0]
        0x028 MISO_DLEN 0x0 USR_MISO_DBITLEN[9:0]
        0x02c RD_STATUS 0x0 STATUS[15:0] WB_MODE[23:16]
        0x030 EXT_ADDR 0x0 EXT_ADDR[31:0]
        0x034 MISC 0x2 CS0_DIS[0] CS1_DIS[1] CK_IDLE_EDGE[9] CS_KEEP_ACTIVE[10] AUTO_PER[11]
        0x038 TX_CRC 0xffffffff DATA[31:0]:RO
        0x03c CACHE_FCTRL 0x0 CACHE_USR_CMD_4BYTE[1] FDIN_DUAL[3] FDOUT_DUAL[4] FADDR_DUAL[5] FDIN_QUAD[6]
          + FDOUT_QUAD[7] FADDR_QUAD[8]
        0x054 FSM 0x0 ST[2:0]:RO
        0x058 W0 0x0 BUF0[31:0]
        0x05c W1 0x0 BUF1[31:0]
        0x060 W2 0x0 BUF2[31:0]
        0x064 W3 0x0 BUF3[31:0]
        0x068 W4 0x0 BUF4[31:0]
        0x06c W5 0x0 BUF5[31:0]
        0x070 W6 0x0 BUF6[31:0]
        0x074 W7 0x0 BUF7[31:0]
        0x078 W8 0x0 BUF8[31:0]
        0x07c W9 0x0 BUF9[31:0]
        0x080 W10 0x0 BUF10[31:0]
        0x084 W11 0x0 BUF11[31:0]
        0x088 W12 0x0 BUF12[31:0]
        0x08c W13 0x0 BUF13[31:0]
        0x090 W14 0x0 BUF14[31:0]
        0x094 W15 0x0 BUF15[31:0]
        0x098 FLASH_WAITI_CTRL 0x14 WAITI_EN[0] WAITI_DUMMY[1] WAITI_CMD[9:2] WAITI_DUMMY_CYCLELEN[15:10]
        0x0a0 FLASH_SUS_CTRL 0xeaf4 FLASH_PES_EN[0] FLASH_PER_COMMAND[8:1] FLASH_PES_COMMAND[16:9]
        0x0a4 SUS_STATUS 0x0 FLASH_SUS[0] FLASH_HPM_DLY_256[2] FLASH_RES_DLY_256[3] FLASH_DP_DLY_256[4]
          + FLASH_PER_DLY_256[5] FLASH_PES_DLY_256[6]
        0x0a8 TIMING_CALI 0x0 TIMING_CALI[1] EXTRA_DUMMY_CYCLELEN[4:2]
        0x0e0 DDR 0x20 SPI_FMEM_DDR_EN[0] SPI_FMEM_VAR_DUMMY[1] SPI_FMEM_DDR_RDAT_SWP[2] SPI_FMEM_DDR_WDAT_SWP[3]
          + SPI_FMEM_DDR_CMD_DIS[4] SPI_FMEM_OUTMINBYTELEN[11:5] SPI_FMEM_USR_DDR_DQS_THD[20:14]
          + SPI_FMEM_DDR_DQS_LOOP[21] SPI_FMEM_DDR_DQS_LOOP_MODE[22] SPI_FMEM_CLK_DIFF_EN[24]
          + SPI_FMEM_HYPERBUS_MODE[25] SPI_FMEM_DQS_CA_IN[26] SPI_FMEM_HYPERBUS_DUMMY_2X[27] SPI_FMEM_CLK_DIFF_INV[28]
          + SPI_FMEM_OCTA_RAM_ADDR[29] SPI_FMEM_HYPERBUS_CA[30]
        0x0e8 CLOCK_GATE 0x1 CLK_EN[0]
        0x0f0 INT_ENA 0x0 PER_END_INT_ENA[0] PES_END_INT_ENA[1] TOTAL_TRANS_END_INT_ENA[2] BROWN_OUT_INT_ENA[3]
        0x0f4 INT_CLR 0x0 PER_END_INT_CLR[0]:WT PES_END_INT_CLR[1]:WT TOTAL_TRANS_END_INT_CLR[2]:WT
          + BROWN_OUT_INT_CLR[3]:WT
        0x0f8 INT_RAW 0x0 PER_END_INT_RAW[0] PES_END_INT_RAW[1] TOTAL_TRANS_END_INT_RAW[2] BROWN_OUT_INT_RAW[3]
        0x0fc INT_ST 0x0 PER_END_INT_ST[0]:RO PES_END_INT_ST[1]:RO TOTAL_TRANS_END_INT_ST[2]:RO BROWN_OUT_INT_ST[3]:RO
        0x3fc DATE 0x2101040 DATE[27:0]
    """)

    running: int = state(0)
    """CMD of the transaction that is under way, 0 where there is none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chips: dict[int, Chip] = {}
        self._fields = {field.name: field for register in self.registers.values() for field in register.fields}
        self._interrupt = self.signal("interrupt")
        self._apb = context.clock("apb")
        self._xts_aes: XTS_AES | None = None

    def connect(self) -> None:
        xts_aes = self.context.block("XTS_AES")
        self._xts_aes = xts_aes if isinstance(xts_aes, XTS_AES) else None

    def attach(self, chip_select: int, chip: Chip) -> None:
        """Put `chip` behind chip select 0 (flash) or 1 (PSRAM)."""
        self._chips[chip_select] = chip

    def reset(self, domain: str, reason: int = 0) -> None:
        super().reset(domain, reason)
        if domain == "power_on":
            for chip in self._chips.values():
                chip.power_on()

    def after_reset(self) -> None:
        for event in ("sent", "idle", "suspended", "resumed"):
            self.context.cancel(event)
        self._interrupt.set(0)

    def state(self) -> dict[str, Value]:
        return super().state() | {f"chip {select}": chip.state() for select, chip in self._chips.items()}

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for select, chip in self._chips.items():
            kept = saved[f"chip {select}"]
            assert isinstance(kept, list)
            chip.restore(kept)

    def _field(self, name: str) -> int:
        index, lo, mask = _PLACES[name]
        return self.words[index] >> lo & mask

    def _chip(self) -> Chip | None:
        """Return the chip that is selected, None where none is."""
        for select, name in ((0, "CS0_DIS"), (1, "CS1_DIS")):
            if not self._field(name):
                return self._chips.get(select)
        return None

    # A transaction from its start to its end.

    def write_CMD(self, value: int) -> None:
        if self.running:
            self.put(self.CMD, self.running)
        elif value:
            self.running = value
            self.put(self._fields["ST"], 1)
            transaction, _ = self._transaction()
            self._after(0 if transaction is None else transaction.clocks, "sent")

    def _after(self, clocks: int, event: str) -> None:
        """Have an event come after so many periods of the SPI clock."""
        spi0 = self.context.block("SPI0")
        select = 0 if spi0 is None else spi0.get(spi0.registers["CORE_CLK_SEL"])
        part, whole = CORE_CLOCKS[select & 3]
        divider = 1 if self._field("CLK_EQU_SYSCLK") else self._field("CLKCNT_N") + 1
        ticks = clocks * divider * self._apb.period_ticks * part // whole
        self.context.schedule(self.context.now_ticks() + ticks, event)

    def on_sent(self) -> None:
        """Pass the transaction to the chip; its bits have gone over the wires."""
        transaction, field = self._transaction()
        chip = self._chip()
        if transaction is not None:
            answer = transaction.nothing() if chip is None else chip.transfer(self._as_sent(transaction))
            answer = _swapped(answer) if transaction.is_ddr and self._field("SPI_FMEM_DDR_RDAT_SWP") else answer
            if field == "FLASH_RDSR":
                self.put(self._fields["STATUS"], answer[0])
            elif transaction.read_length:
                self._fill(answer, high=self._field("USR_MISO_HIGHPART") if field == "USR" else 0)
        self._wait_or_finish()

    def on_idle(self) -> None:
        self._wait_or_finish()

    def _wait_or_finish(self) -> None:
        """Say that the command is over, or wait for the chip where that is asked for."""
        chip = self._chip()
        if chip is not None and self._field("WAITI_EN"):
            if chip.busy_until > self.context.now_ticks():
                self.context.schedule(chip.busy_until, "idle")
                return
            if self._field("FLASH_SUS"):
                return
        self.running = 0
        self.put(self.CMD, 0)
        self.put(self._fields["ST"], 0)
        self._raise(TOTAL_TRANS_END)

    # Suspending and resuming.

    def write_FLASH_SUS_CMD(self, value: int) -> None:
        for trigger, event in ((self.FLASH_SUS_CMD.FLASH_PER, "resumed"), (self.FLASH_SUS_CMD.FLASH_PES, "suspended")):
            if trigger.of(value):
                self._after(8, event)

    def on_suspended(self) -> None:
        self._send("FLASH_PES_COMMAND", self.FLASH_SUS_CMD.FLASH_PES, suspended=1)
        self._raise(PES_END)

    def on_resumed(self) -> None:
        self._send("FLASH_PER_COMMAND", self.FLASH_SUS_CMD.FLASH_PER, suspended=0)
        self._raise(PER_END)
        if self.running:
            self._wait_or_finish()

    def _send(self, command: str, trigger: Field, *, suspended: int) -> None:
        chip = self._chip()
        if chip is not None:
            chip.transfer(Transaction(self._field(command)))
        self.put(self._fields["FLASH_SUS"], suspended)
        self.put(trigger, 0)

    # Interrupts.

    def _raise(self, bit: int) -> None:
        raw = self.registers["INT_RAW"]
        self.put(raw, self.get(raw) | bit)
        self._show_interrupts()

    def _show_interrupts(self) -> None:
        status = self.get(self.registers["INT_RAW"]) & self.get(self.registers["INT_ENA"])
        self.put(self.registers["INT_ST"], status)
        self._interrupt.set(int(status != 0))

    def write_INT_ENA(self, value: int) -> None:
        self._show_interrupts()

    def write_INT_RAW(self, value: int) -> None:
        self._show_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        raw = self.registers["INT_RAW"]
        self.put(raw, self.get(raw) & ~value)
        self._show_interrupts()

    # What the registers describe.

    def _transaction(self) -> tuple[Transaction | None, str]:
        """Return the transaction that is under way, and the field of CMD that asked for it."""
        if self.CMD.USR.of(self.running):
            return self._encrypted(self._user()), "USR"
        for bit, field in _COMMAND_BITS:
            if self.running & bit:
                return _FIXED.get(field) or self._encrypted(self._shortcut(field, _SHORTCUTS[field])), field
        return None, ""

    def _encrypted(self, transaction: Transaction) -> Transaction:
        """Return the transaction with what XTS_AES has released, if it has."""
        released = None if self._xts_aes is None else self._xts_aes.released()
        if released is None or not transaction.data or not transaction.address_bits:
            return transaction
        address, data = released
        return replace(transaction, address=address & (1 << transaction.address_bits) - 1, data=data)

    def _user(self) -> Transaction:
        """Return what USER, USER1, USER2, CTRL and the lengths describe."""
        transaction = _described(self.words[:SETTINGS].tobytes() + self.words[DDR : DDR + 1].tobytes())
        if not self._field("USR_MOSI"):
            return transaction
        length = self._field("USR_MOSI_DBITLEN") // 8 + 1
        return replace(transaction, data=self._buffer(length, high=self._field("USR_MOSI_HIGHPART")))

    def _shortcut(self, field: str, code: int) -> Transaction:
        """Return what one of the commands that have a bit of their own stands for."""
        place = self._field("USR_ADDR_VALUE")
        is_addressed = field in ("FLASH_PP", "FLASH_SE", "FLASH_BE", "FLASH_READ")
        data, length, lines, dummy = b"", 0, (1, 1), 0
        if field == "FLASH_PP":
            data = self._buffer(place >> 24 or 256, high=0)
        elif field == "FLASH_READ":
            length = self._field("USR_MISO_DBITLEN") // 8 + 1
            lines = _lines(self._field, is_write=False)
            if self._field("FASTRD_MODE"):
                code, dummy = _FAST_READS[lines]
        elif field == "FLASH_WRSR":
            data = self._field("STATUS").to_bytes(2, "little")[: 2 if self._field("WRSR_2B") else 1]
        return Transaction(
            command=code,
            address=place & 0xFF_FFFF if is_addressed else 0,
            address_bits=24 if is_addressed else 0,
            address_lines=lines[0],
            dummy_clocks=dummy,
            data=data,
            read_length=length,
            data_lines=lines[1],
        )

    def _as_sent(self, transaction: Transaction) -> Transaction:
        """Return the transaction with its bytes in the order of the chip."""
        if transaction.is_ddr and transaction.data and self._field("SPI_FMEM_DDR_WDAT_SWP"):
            return replace(transaction, data=_swapped(transaction.data))
        return transaction

    def _buffer(self, length: int, *, high: int) -> bytes:
        """Return `length` bytes of W0 to W15, or of W8 on; the buffer is a ring."""
        first = self.registers["W0"].index
        content = self.words[first : first + 16].tobytes()
        content = content[32:] + content[:32] if high else content
        return (content * (length // 64 + 1))[:length]

    def _fill(self, answer: bytes, *, high: int) -> None:
        """Put the bytes that came into W0 on, or W8 on; bytes behind them stay."""
        first = self.registers["W0"].index + (8 if high else 0)
        answer = answer[: 32 if high else 64]
        count = -(-len(answer) // 4)
        last = self.words[first + count - 1].to_bytes(4, "little")
        padded = answer + last[len(answer) - 4 * (count - 1) :]
        self.words[first : first + count] = memoryview(padded).cast("I")


def _swapped(data: bytes) -> bytes:
    """Return bytes with those of each pair in the other order; a last one alone stays."""
    return bytes(data[at ^ 1] if at ^ 1 < len(data) else data[at] for at in range(len(data)))


_PLACES = {
    field.name: (field.index, field.lo, field.mask) for register in SPI1.registers.values() for field in register.fields
}
"""Where SPI1's fields are: word, lowest bit, and the mask of their width."""
SETTINGS = SPI1.registers["W0"].index
"""What a transaction is like stands in so many words, in front of the buffer, and in DDR."""
DDR = SPI1.registers["DDR"].index


@functools.lru_cache(maxsize=256)
def _described(settings: bytes) -> Transaction:
    """Return the transaction without its data that the words of `SETTINGS` and DDR describe.

    Firmware often asks for the same again and again, while it waits for the flash.
    """
    words = memoryview(settings).cast("I")

    def field(name: str) -> int:
        index, lo, mask = _PLACES[name]
        return words[SETTINGS if index == DDR else index] >> lo & mask

    bits = field("USR_ADDR_BITLEN") + 1 if field("USR_ADDR") else 0
    is_ddr = bool(field("SPI_FMEM_DDR_EN"))
    dummy = field("USR_DUMMY_CYCLELEN") + 1 if field("USR_DUMMY") else 0
    address_lines, data_lines = _lines(field, is_write=bool(field("USR_MOSI")))
    return Transaction(
        command=field("USR_COMMAND_VALUE") if field("USR_COMMAND") else 0,
        command_bits=field("USR_COMMAND_BITLEN") + 1 if field("USR_COMMAND") else 0,
        command_lines=8 if field("FCMD_OCT") else 4 if field("FCMD_QUAD") else 1 + field("FCMD_DUAL"),
        address=field("USR_ADDR_VALUE") & (1 << bits) - 1,
        address_bits=bits,
        address_lines=address_lines,
        dummy_clocks=dummy // 2 if is_ddr else dummy,
        read_length=field("USR_MISO_DBITLEN") // 8 + 1 if field("USR_MISO") else 0,
        data_lines=data_lines,
        is_ddr=is_ddr,
    )


def _lines(field: Callable[[str], int], *, is_write: bool) -> tuple[int, int]:
    """Return how many wires carry the address and the data."""
    if is_write:
        names = ("FWRITE_QIO", "FWRITE_DIO", "FWRITE_QUAD", "FWRITE_DUAL")
        address, data = "FADDR_OCT", "FDOUT_OCT"
    else:
        names = ("FREAD_QIO", "FREAD_DIO", "FREAD_QUAD", "FREAD_DUAL")
        address, data = "FADDR_OCT", "FDIN_OCT"
    if field(address) or field(data):
        return 8 if field(address) else 1, 8 if field(data) else 1
    if is_write or field("FASTRD_MODE"):
        for name, lines in zip(names, ((4, 4), (2, 2), (1, 4), (1, 2)), strict=True):
            if field(name):
                return lines
    return 1, 1


_SHORTCUTS = {
    "FLASH_HPM": 0xA3,
    "FLASH_RES": 0xAB,
    "FLASH_DP": 0xB9,
    "FLASH_CE": 0xC7,
    "FLASH_BE": 0xD8,
    "FLASH_SE": 0x20,
    "FLASH_PP": 0x02,
    "FLASH_WRSR": 0x01,
    "FLASH_RDSR": 0x05,
    "FLASH_RDID": 0x9F,
    "FLASH_WRDI": 0x04,
    "FLASH_WREN": 0x06,
    "FLASH_READ": 0x03,
}
"""Bits of CMD that stand for a command, and its code."""
_COMMAND_BITS = tuple((getattr(SPI1.CMD, field).bits, field) for field in _SHORTCUTS)
_FIXED = {
    field: Transaction(_SHORTCUTS[field], read_length=length)
    for field, length in {
        **{"FLASH_HPM": 0, "FLASH_RES": 1, "FLASH_DP": 0, "FLASH_CE": 0},
        **{"FLASH_RDSR": 1, "FLASH_RDID": 3, "FLASH_WRDI": 0, "FLASH_WREN": 0},
    }.items()
}
"""Those whose transaction no register changes, and how many bytes they read."""
_FAST_READS = {
    (1, 1): (0x0B, 8),
    (1, 2): (0x3B, 8),
    (2, 2): (0xBB, 4),
    (1, 4): (0x6B, 8),
    (4, 4): (0xEB, 6),
    (8, 8): (0, 0),
}
"""Code and dummy clocks of FLASH_READ with FASTRD_MODE, by the wires of address and data."""
