"""SPI0 and SPI1: the controllers of flash and PSRAM, one for the caches, one for software.

Source: ESP32-S3 Technical Reference Manual, "SPI Controller".

SPI1 passes one transaction to the chip that its chip select enables: the board's flash at CS0, its PSRAM at CS1.

Leaves out: the time of a transfer (a command of SPI1 is over at once), number of lines, clock and dummy cycles (any
setting works that a chip could understand), flash encryption, automatic waiting and suspending, interrupts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from twincore.model import Context, Field, Peripheral, Register, Registers, Value


class Chip(Protocol):
    """What SPI1 talks to: a memory chip of the board."""

    def power_on(self) -> None:
        """Start anew, without power until now."""

    def address_bytes(self, command: int) -> int:
        """Return how many bytes of address the chip takes after `command`."""

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        """Carry out one transaction and return `length` bytes."""

    def state(self) -> list[int]:
        """Return the chip's state without its content."""

    def restore(self, saved: list[int]) -> None:
        """Take on a state."""


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
    """The controller for software: commands are over at once. `attach(chip_select, chip)` puts a chip behind it."""

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

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chips: dict[int, Chip] = {}
        self._fields = {field.name: field for register in self.registers.values() for field in register.fields}

    def attach(self, chip_select: int, chip: Chip) -> None:
        """Put `chip` behind chip select 0 (flash) or 1 (PSRAM)."""
        self._chips[chip_select] = chip

    def reset(self, domain: str, reason: int = 0) -> None:
        super().reset(domain, reason)
        if domain == "power_on":
            for chip in self._chips.values():
                chip.power_on()

    def state(self) -> dict[str, Value]:
        return super().state() | {f"chip {select}": chip.state() for select, chip in self._chips.items()}

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for select, chip in self._chips.items():
            kept = saved[f"chip {select}"]
            assert isinstance(kept, list)
            chip.restore(kept)

    def _field(self, name: str) -> int:
        return self.get(self._fields[name])

    def _chip(self) -> Chip | None:
        """Return the chip that is selected, None where none is."""
        for select, name in ((0, "CS0_DIS"), (1, "CS1_DIS")):
            if not self._field(name):
                return self._chips.get(select)
        return None

    def write_CMD(self, value: int) -> None:
        self.put(self.CMD, 0)
        command = self.CMD
        if command.USR.of(value):
            self._user()
            return
        for field, code in _SHORTCUTS.items():
            if getattr(command, field).of(value):
                self._shortcut(field, code)

    def write_FLASH_SUS_CMD(self, value: int) -> None:
        field = self.FLASH_SUS_CMD
        for trigger, code, suspended in (
            (field.FLASH_PER, "FLASH_PER_COMMAND", 0),
            (field.FLASH_PES, "FLASH_PES_COMMAND", 1),
        ):
            if trigger.of(value):
                self._transfer(self._field(code), 0, b"", 0)
                self.put(self._fields["FLASH_SUS"], suspended)
                self.put(trigger, 0)

    def _user(self) -> None:
        """Carry out the transaction that USER, USER1, USER2 and the lengths describe."""
        code = address = length = 0
        data = b""
        if self._field("USR_COMMAND"):
            code = self._field("USR_COMMAND_VALUE") & 0xFF
        if self._field("USR_MOSI"):
            data = self._buffer(self._field("USR_MOSI_DBITLEN") // 8 + 1, high=self._field("USR_MOSI_HIGHPART"))
        chip = self._chip()
        if self._field("USR_ADDR"):
            bits = self._field("USR_ADDR_BITLEN") + 1
            address = self._field("USR_ADDR_VALUE") & (1 << bits) - 1
            if chip is not None:
                missing = chip.address_bytes(code) - bits // 8
                if missing > 0 and data:  # the address ends in the data: ESP-IDF sends an erase's last byte there
                    address = address << 8 * missing | int.from_bytes(data[:missing].ljust(missing, b"\0"), "big")
                    data = data[missing:]
                # bits behind the address tell a chip how to read on: they come with addresses on several lines
                address >>= max(bits - 8 * chip.address_bytes(code), 0)
        if self._field("USR_MISO"):
            length = self._field("USR_MISO_DBITLEN") // 8 + 1
        answer = self._transfer(code, address, data, length)
        if length:
            self._fill(answer, high=self._field("USR_MISO_HIGHPART"))

    def _shortcut(self, field: str, code: int) -> None:
        """Carry out one of the commands that have a bit of their own."""
        place = self._field("USR_ADDR_VALUE")
        address = place & 0xFF_FFFF if field in ("FLASH_PP", "FLASH_SE", "FLASH_BE", "FLASH_READ") else 0
        data, length = b"", 0
        if field == "FLASH_PP":
            data = self._buffer(place >> 24 or 256, high=0)
        elif field == "FLASH_READ":
            length = self._field("USR_MISO_DBITLEN") // 8 + 1
        elif field == "FLASH_WRSR":
            data = self._field("STATUS").to_bytes(2, "little")[: 2 if self._field("WRSR_2B") else 1]
        elif field in ("FLASH_RDSR", "FLASH_RES"):
            length = 1
        elif field == "FLASH_RDID":
            length = 3
        answer = self._transfer(code, address, data, length)
        if field == "FLASH_RDSR":
            self.put(self._fields["STATUS"], answer[0])
        elif length:
            self._fill(answer, high=0)

    def _transfer(self, code: int, address: int, data: bytes, length: int) -> bytes:
        chip = self._chip()
        return b"\xff" * length if chip is None else chip.transfer(code, address, data, length)

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


_SHORTCUTS = {
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
