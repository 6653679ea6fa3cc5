"""EFUSE: the words that were burnt into the chip: MAC address, revision, security settings.

Source: ESP32-S3 Technical Reference Manual, "eFuse Controller".

Burning works: bits of PGM_DATA join the block's, unless WR_DIS forbids it, and show after the next read command or
reset; RD_DIS hides keys from software. What was burnt lasts until a chip as delivered comes with the next firmware.

Leaves out: what security features do, other than the encryption of flash (`xts_aes`), the check words (a block may be
burnt again), timing (commands are over at once).

ESP-IDF reads five words from RD_REPEAT_ERR0 on to check block 0; the fifth is a reserved one before RD_REPEAT_ERR4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from esp32s3.calibration import calibration
from twincore.errors import UsageError
from twincore.model import RO, Context, Field, Peripheral, Register, Registers, state

WAFER_VERSION_MINOR_LO, WAFER_VERSION_MINOR_HI, WAFER_VERSION_MAJOR = 18, 23, 24
"""Bits of the revision: the first in RD_MAC_SPI_SYS_3, the others in RD_MAC_SPI_SYS_5 (ESP-IDF's eFuse table)."""

DEFAULT_MAC, DEFAULT_REVISION = "02:00:00:00:00:01", "0.2"
"""Of a chip of which nothing else is said."""

FIRST, WORDS = 0x2C // 4, 84
"""Where the blocks' words to read begin, and how many they are."""
PROGRAM, READ = 0x5A5A, 0x5AA5
"""OP_CODE of the two commands."""
READ_DONE, PROGRAM_DONE = 1, 2
"""Bits of the interrupt registers."""


WRITE_DISABLE: Mapping[int, Mapping[int, int]] = {
    0: {1: 0x7F},
    1: {1: 1 << 7},
    2: {1: 0x0018_FF00, 3: 0x03C0_0000},
    3: {1: 0xE000_0000, 2: 0x0003_FFFF},
    4: {2: 0x001C_0000},
    5: {2: 1 << 21},
    6: {2: 1 << 22},
    7: {2: 1 << 23},
    8: {2: 0xF << 24},
    9: {2: 0xF << 28},
    10: {3: 0xF},
    11: {3: 0xF << 4},
    12: {3: 0xF << 8},
    13: {3: 0xF << 12},
    15: {3: 1 << 20},
    16: {3: 1 << 21},
    17: {3: 0x0C00_0000, 4: 1 << 30},
    18: {3: 0xF << 28, 4: 0x3FFF_FFFF},
    19: {4: 1 << 31, 5: 3},
    30: {1: 0x1FE0_0000},
    31: {1: 7 << 16},
}
"""Bits of WR_DIS that protect fields of block 0: masks by the block's words. (espefuse.py's table.)"""
FIRST_BLOCK_BIT = 20
"""Bit of WR_DIS that protects block 1; the other blocks' follow."""
KEY_BLOCKS = range(4, 11)
"""The blocks that RD_DIS hides, from its bit 0 on."""


def block_words(block: int) -> range:
    """Return which of the words to read a block has, counted from `FIRST`."""
    if block < 2:
        return range(6 * block, 6 * block + 6)
    return range(12 + 8 * (block - 2), 12 + 8 * (block - 1))


class EFUSE(Peripheral):
    """A chip as delivered: `deliver` says what its fuses hold."""

    size = 0x800

    class RD_MAC_SPI_SYS_0(Register, offset=0x44):
        MAC_0 = Field(31, 0, access=RO)

    class RD_MAC_SPI_SYS_1(Register, offset=0x48):
        MAC_1 = Field(15, 0, access=RO)
        SPI_PAD_CONF_0 = Field(31, 16, access=RO)

    class RD_MAC_SPI_SYS_3(Register, offset=0x50):
        SPI_PAD_CONF_2 = Field(17, 0, access=RO)
        SYS_DATA_PART0_0 = Field(31, 18, access=RO)

    class RD_MAC_SPI_SYS_5(Register, offset=0x58):
        SYS_DATA_PART0_2 = Field(31, 0, access=RO)

    class CMD(Register, offset=0x1D4):
        READ_CMD = Field(0)
        PGM_CMD = Field(1)
        BLK_NUM = Field(5, 2)

    others = Registers("""
        0x000 PGM_DATA0 0x0 PGM_DATA_0[31:0]
        0x004 PGM_DATA1 0x0 PGM_DATA_1[31:0]
        0x008 PGM_DATA2 0x0 PGM_DATA_2[31:0]
        0x00c PGM_DATA3 0x0 PGM_DATA_3[31:0]
        0x010 PGM_DATA4 0x0 PGM_DATA_4[31:0]
        0x014 PGM_DATA5 0x0 PGM_DATA_5[31:0]
        0x018 PGM_DATA6 0x0 PGM_DATA_6[31:0]
        0x01c PGM_DATA7 0x0 PGM_DATA_7[31:0]
        0x020 PGM_CHECK_VALUE0 0x0 PGM_RS_DATA_0[31:0]
        0x024 PGM_CHECK_VALUE1 0x0 PGM_RS_DATA_1[31:0]
        0x028 PGM_CHECK_VALUE2 0x0 PGM_RS_DATA_2[31:0]
        0x02c RD_WR_DIS 0x0 WR_DIS[31:0]:RO
        0x030 RD_REPEAT_DATA0 0x0 RD_DIS[6:0]:RO DIS_RTC_RAM_BOOT[7]:RO DIS_ICACHE[8]:RO DIS_DCACHE[9]:RO
          + DIS_DOWNLOAD_ICACHE[10]:RO DIS_DOWNLOAD_DCACHE[11]:RO DIS_FORCE_DOWNLOAD[12]:RO DIS_USB[13]:RO
          + DIS_CAN[14]:RO DIS_APP_CPU[15]:RO SOFT_DIS_JTAG[18:16]:RO DIS_PAD_JTAG[19]:RO
          + DIS_DOWNLOAD_MANUAL_ENCRYPT[20]:RO USB_DREFH[22:21]:RO USB_DREFL[24:23]:RO USB_EXCHG_PINS[25]:RO
          + EXT_PHY_ENABLE[26]:RO BTLC_GPIO_ENABLE[28:27]:RO VDD_SPI_MODECURLIM[29]:RO VDD_SPI_DREFH[31:30]:RO
        0x034 RD_REPEAT_DATA1 0x0 VDD_SPI_DREFM[1:0]:RO VDD_SPI_DREFL[3:2]:RO VDD_SPI_XPD[4]:RO VDD_SPI_TIEH[5]:RO
          + VDD_SPI_FORCE[6]:RO VDD_SPI_EN_INIT[7]:RO VDD_SPI_ENCURLIM[8]:RO VDD_SPI_DCURLIM[11:9]:RO
          + VDD_SPI_INIT[13:12]:RO VDD_SPI_DCAP[15:14]:RO WDT_DELAY_SEL[17:16]:RO SPI_BOOT_CRYPT_CNT[20:18]:RO
          + SECURE_BOOT_KEY_REVOKE0[21]:RO SECURE_BOOT_KEY_REVOKE1[22]:RO SECURE_BOOT_KEY_REVOKE2[23]:RO
          + KEY_PURPOSE_0[27:24]:RO KEY_PURPOSE_1[31:28]:RO
        0x038 RD_REPEAT_DATA2 0x0 KEY_PURPOSE_2[3:0]:RO KEY_PURPOSE_3[7:4]:RO KEY_PURPOSE_4[11:8]:RO
          + KEY_PURPOSE_5[15:12]:RO RPT4_RESERVED0[19:16]:RO SECURE_BOOT_EN[20]:RO
          + SECURE_BOOT_AGGRESSIVE_REVOKE[21]:RO DIS_USB_JTAG[22]:RO DIS_USB_DEVICE[23]:RO STRAP_JTAG_SEL[24]:RO
          + USB_PHY_SEL[25]:RO POWER_GLITCH_DSENSE[27:26]:RO FLASH_TPUW[31:28]:RO
        0x03c RD_REPEAT_DATA3 0x0 DIS_DOWNLOAD_MODE[0]:RO DIS_LEGACY_SPI_BOOT[1]:RO UART_PRINT_CHANNEL[2]:RO
          + FLASH_ECC_MODE[3]:RO DIS_USB_DOWNLOAD_MODE[4]:RO ENABLE_SECURITY_DOWNLOAD[5]:RO UART_PRINT_CONTROL[7:6]:RO
          + PIN_POWER_SELECTION[8]:RO FLASH_TYPE[9]:RO FLASH_PAGE_SIZE[11:10]:RO FLASH_ECC_EN[12]:RO
          + FORCE_SEND_RESUME[13]:RO SECURE_VERSION[29:14]:RO POWERGLITCH_EN[30]:RO RPT4_RESERVED1[31]:RO
        0x040 RD_REPEAT_DATA4 0x0 RPT4_RESERVED2[23:0]:RO
        0x04c RD_MAC_SPI_SYS_2 0x0 SPI_PAD_CONF_1[31:0]:RO
        0x054 RD_MAC_SPI_SYS_4 0x0 SYS_DATA_PART0_1[31:0]:RO
        0x05c RD_SYS_PART1_DATA0 0x0 SYS_DATA_PART1_0[31:0]:RO
        0x060 RD_SYS_PART1_DATA1 0x0 SYS_DATA_PART1_1[31:0]:RO
        0x064 RD_SYS_PART1_DATA2 0x0 SYS_DATA_PART1_2[31:0]:RO
        0x068 RD_SYS_PART1_DATA3 0x0 SYS_DATA_PART1_3[31:0]:RO
        0x06c RD_SYS_PART1_DATA4 0x0 SYS_DATA_PART1_4[31:0]:RO
        0x070 RD_SYS_PART1_DATA5 0x0 SYS_DATA_PART1_5[31:0]:RO
        0x074 RD_SYS_PART1_DATA6 0x0 SYS_DATA_PART1_6[31:0]:RO
        0x078 RD_SYS_PART1_DATA7 0x0 SYS_DATA_PART1_7[31:0]:RO
        0x07c RD_USR_DATA0 0x0 USR_DATA0[31:0]:RO
        0x080 RD_USR_DATA1 0x0 USR_DATA1[31:0]:RO
        0x084 RD_USR_DATA2 0x0 USR_DATA2[31:0]:RO
        0x088 RD_USR_DATA3 0x0 USR_DATA3[31:0]:RO
        0x08c RD_USR_DATA4 0x0 USR_DATA4[31:0]:RO
        0x090 RD_USR_DATA5 0x0 USR_DATA5[31:0]:RO
        0x094 RD_USR_DATA6 0x0 USR_DATA6[31:0]:RO
        0x098 RD_USR_DATA7 0x0 USR_DATA7[31:0]:RO
        0x09c RD_KEY0_DATA0 0x0 KEY0_DATA0[31:0]:RO
        0x0a0 RD_KEY0_DATA1 0x0 KEY0_DATA1[31:0]:RO
        0x0a4 RD_KEY0_DATA2 0x0 KEY0_DATA2[31:0]:RO
        0x0a8 RD_KEY0_DATA3 0x0 KEY0_DATA3[31:0]:RO
        0x0ac RD_KEY0_DATA4 0x0 KEY0_DATA4[31:0]:RO
        0x0b0 RD_KEY0_DATA5 0x0 KEY0_DATA5[31:0]:RO
        0x0b4 RD_KEY0_DATA6 0x0 KEY0_DATA6[31:0]:RO
        0x0b8 RD_KEY0_DATA7 0x0 KEY0_DATA7[31:0]:RO
        0x0bc RD_KEY1_DATA0 0x0 KEY1_DATA0[31:0]:RO
        0x0c0 RD_KEY1_DATA1 0x0 KEY1_DATA1[31:0]:RO
        0x0c4 RD_KEY1_DATA2 0x0 KEY1_DATA2[31:0]:RO
        0x0c8 RD_KEY1_DATA3 0x0 KEY1_DATA3[31:0]:RO
        0x0cc RD_KEY1_DATA4 0x0 KEY1_DATA4[31:0]:RO
        0x0d0 RD_KEY1_DATA5 0x0 KEY1_DATA5[31:0]:RO
        0x0d4 RD_KEY1_DATA6 0x0 KEY1_DATA6[31:0]:RO
        0x0d8 RD_KEY1_DATA7 0x0 KEY1_DATA7[31:0]:RO
        0x0dc RD_KEY2_DATA0 0x0 KEY2_DATA0[31:0]:RO
        0x0e0 RD_KEY2_DATA1 0x0 KEY2_DATA1[31:0]:RO
        0x0e4 RD_KEY2_DATA2 0x0 KEY2_DATA2[31:0]:RO
        0x0e8 RD_KEY2_DATA3 0x0 KEY2_DATA3[31:0]:RO
        0x0ec RD_KEY2_DATA4 0x0 KEY2_DATA4[31:0]:RO
        0x0f0 RD_KEY2_DATA5 0x0 KEY2_DATA5[31:0]:RO
        0x0f4 RD_KEY2_DATA6 0x0 KEY2_DATA6[31:0]:RO
        0x0f8 RD_KEY2_DATA7 0x0 KEY2_DATA7[31:0]:RO
        0x0fc RD_KEY3_DATA0 0x0 KEY3_DATA0[31:0]:RO
        0x100 RD_KEY3_DATA1 0x0 KEY3_DATA1[31:0]:RO
        0x104 RD_KEY3_DATA2 0x0 KEY3_DATA2[31:0]:RO
        0x108 RD_KEY3_DATA3 0x0 KEY3_DATA3[31:0]:RO
        0x10c RD_KEY3_DATA4 0x0 KEY3_DATA4[31:0]:RO
        0x110 RD_KEY3_DATA5 0x0 KEY3_DATA5[31:0]:RO
        0x114 RD_KEY3_DATA6 0x0 KEY3_DATA6[31:0]:RO
        0x118 RD_KEY3_DATA7 0x0 KEY3_DATA7[31:0]:RO
        0x11c RD_KEY4_DATA0 0x0 KEY4_DATA0[31:0]:RO
        0x120 RD_KEY4_DATA1 0x0 KEY4_DATA1[31:0]:RO
        0x124 RD_KEY4_DATA2 0x0 KEY4_DATA2[31:0]:RO
        0x128 RD_KEY4_DATA3 0x0 KEY4_DATA3[31:0]:RO
        0x12c RD_KEY4_DATA4 0x0 KEY4_DATA4[31:0]:RO
        0x130 RD_KEY4_DATA5 0x0 KEY4_DATA5[31:0]:RO
        0x134 RD_KEY4_DATA6 0x0 KEY4_DATA6[31:0]:RO
        0x138 RD_KEY4_DATA7 0x0 KEY4_DATA7[31:0]:RO
        0x13c RD_KEY5_DATA0 0x0 KEY5_DATA0[31:0]:RO
        0x140 RD_KEY5_DATA1 0x0 KEY5_DATA1[31:0]:RO
        0x144 RD_KEY5_DATA2 0x0 KEY5_DATA2[31:0]:RO
        0x148 RD_KEY5_DATA3 0x0 KEY5_DATA3[31:0]:RO
        0x14c RD_KEY5_DATA4 0x0 KEY5_DATA4[31:0]:RO
        0x150 RD_KEY5_DATA5 0x0 KEY5_DATA5[31:0]:RO
        0x154 RD_KEY5_DATA6 0x0 KEY5_DATA6[31:0]:RO
        0x158 RD_KEY5_DATA7 0x0 KEY5_DATA7[31:0]:RO
        0x15c RD_SYS_PART2_DATA0 0x0 SYS_DATA_PART2_0[31:0]:RO
        0x160 RD_SYS_PART2_DATA1 0x0 SYS_DATA_PART2_1[31:0]:RO
        0x164 RD_SYS_PART2_DATA2 0x0 SYS_DATA_PART2_2[31:0]:RO
        0x168 RD_SYS_PART2_DATA3 0x0 SYS_DATA_PART2_3[31:0]:RO
        0x16c RD_SYS_PART2_DATA4 0x0 SYS_DATA_PART2_4[31:0]:RO
        0x170 RD_SYS_PART2_DATA5 0x0 SYS_DATA_PART2_5[31:0]:RO
        0x174 RD_SYS_PART2_DATA6 0x0 SYS_DATA_PART2_6[31:0]:RO
        0x178 RD_SYS_PART2_DATA7 0x0 SYS_DATA_PART2_7[31:0]:RO
        0x17c RD_REPEAT_ERR0 0x0 RD_DIS_ERR[6:0]:RO DIS_RTC_RAM_BOOT_ERR[7]:RO DIS_ICACHE_ERR[8]:RO
          + DIS_DCACHE_ERR[9]:RO DIS_DOWNLOAD_ICACHE_ERR[10]:RO DIS_DOWNLOAD_DCACHE_ERR[11]:RO
          + DIS_FORCE_DOWNLOAD_ERR[12]:RO DIS_USB_ERR[13]:RO DIS_CAN_ERR[14]:RO DIS_APP_CPU_ERR[15]:RO
          + SOFT_DIS_JTAG_ERR[18:16]:RO DIS_PAD_JTAG_ERR[19]:RO DIS_DOWNLOAD_MANUAL_ENCRYPT_ERR[20]:RO
          + USB_DREFH_ERR[22:21]:RO USB_DREFL_ERR[24:23]:RO USB_EXCHG_PINS_ERR[25]:RO EXT_PHY_ENABLE_ERR[26]:RO
          + BTLC_GPIO_ENABLE_ERR[28:27]:RO VDD_SPI_MODECURLIM_ERR[29]:RO VDD_SPI_DREFH_ERR[31:30]:RO
        0x180 RD_REPEAT_ERR1 0x0 VDD_SPI_DREFM_ERR[1:0]:RO VDD_SPI_DREFL_ERR[3:2]:RO VDD_SPI_XPD_ERR[4]:RO
          + VDD_SPI_TIEH_ERR[5]:RO VDD_SPI_FORCE_ERR[6]:RO VDD_SPI_EN_INIT_ERR[7]:RO VDD_SPI_ENCURLIM_ERR[8]:RO
          + VDD_SPI_DCURLIM_ERR[11:9]:RO VDD_SPI_INIT_ERR[13:12]:RO VDD_SPI_DCAP_ERR[15:14]:RO
          + WDT_DELAY_SEL_ERR[17:16]:RO SPI_BOOT_CRYPT_CNT_ERR[20:18]:RO SECURE_BOOT_KEY_REVOKE0_ERR[21]:RO
          + SECURE_BOOT_KEY_REVOKE1_ERR[22]:RO SECURE_BOOT_KEY_REVOKE2_ERR[23]:RO KEY_PURPOSE_0_ERR[27:24]:RO
          + KEY_PURPOSE_1_ERR[31:28]:RO
        0x184 RD_REPEAT_ERR2 0x0 KEY_PURPOSE_2_ERR[3:0]:RO KEY_PURPOSE_3_ERR[7:4]:RO KEY_PURPOSE_4_ERR[11:8]:RO
          + KEY_PURPOSE_5_ERR[15:12]:RO RPT4_RESERVED0_ERR[19:16]:RO SECURE_BOOT_EN_ERR[20]:RO
          + SECURE_BOOT_AGGRESSIVE_REVOKE_ERR[21]:RO DIS_USB_JTAG_ERR[22]:RO DIS_USB_DEVICE_ERR[23]:RO
          + STRAP_JTAG_SEL_ERR[24]:RO USB_PHY_SEL_ERR[25]:RO POWER_GLITCH_DSENSE_ERR[27:26]:RO
          + FLASH_TPUW_ERR[31:28]:RO
        0x188 RD_REPEAT_ERR3 0x0 DIS_DOWNLOAD_MODE_ERR[0]:RO DIS_LEGACY_SPI_BOOT_ERR[1]:RO
          + UART_PRINT_CHANNEL_ERR[2]:RO FLASH_ECC_MODE_ERR[3]:RO DIS_USB_DOWNLOAD_MODE_ERR[4]:RO
          + ENABLE_SECURITY_DOWNLOAD_ERR[5]:RO UART_PRINT_CONTROL_ERR[7:6]:RO PIN_POWER_SELECTION_ERR[8]:RO
          + FLASH_TYPE_ERR[9]:RO FLASH_PAGE_SIZE_ERR[11:10]:RO FLASH_ECC_EN_ERR[12]:RO FORCE_SEND_RESUME_ERR[13]:RO
          + SECURE_VERSION_ERR[29:14]:RO POWERGLITCH_EN_ERR[30]:RO RPT4_RESERVED1_ERR[31]:RO
        0x18c RD_REPEAT_ERR_RESERVED 0x0 RESERVED[31:0]:RO
        0x190 RD_REPEAT_ERR4 0x0 RPT4_RESERVED2_ERR[23:0]:RO
        0x1c0 RD_RS_ERR0 0x0 MAC_SPI_8M_ERR_NUM[2:0]:RO MAC_SPI_8M_FAIL[3]:RO SYS_PART1_NUM[6:4]:RO
          + SYS_PART1_FAIL[7]:RO USR_DATA_ERR_NUM[10:8]:RO USR_DATA_FAIL[11]:RO KEY0_ERR_NUM[14:12]:RO
          + KEY0_FAIL[15]:RO KEY1_ERR_NUM[18:16]:RO KEY1_FAIL[19]:RO KEY2_ERR_NUM[22:20]:RO KEY2_FAIL[23]:RO
          + KEY3_ERR_NUM[26:24]:RO KEY3_FAIL[27]:RO KEY4_ERR_NUM[30:28]:RO KEY4_FAIL[31]:RO
        0x1c4 RD_RS_ERR1 0x0 KEY5_ERR_NUM[2:0]:RO KEY5_FAIL[3]:RO SYS_PART2_ERR_NUM[6:4]:RO SYS_PART2_FAIL[7]:RO
        0x1c8 CLK 0x2 EFUSE_MEM_FORCE_PD[0] MEM_CLK_FORCE_ON[1] EFUSE_MEM_FORCE_PU[2] EN[16]
        0x1cc CONF 0x0 OP_CODE[15:0]
        0x1d0 STATUS 0x0 STATE[3:0]:RO OTP_LOAD_SW[4]:RO OTP_VDDQ_C_SYNC2[5]:RO OTP_STROBE_SW[6]:RO OTP_CSB_SW[7]:RO
          + OTP_PGENB_SW[8]:RO OTP_VDDQ_IS_SW[9]:RO REPEAT_ERR_CNT[17:10]:RO
        0x1d8 INT_RAW 0x0 READ_DONE_INT_RAW[0] PGM_DONE_INT_RAW[1]
        0x1dc INT_ST 0x0 READ_DONE_INT_ST[0]:RO PGM_DONE_INT_ST[1]:RO
        0x1e0 INT_ENA 0x0 READ_DONE_INT_ENA[0] PGM_DONE_INT_ENA[1]
        0x1e4 INT_CLR 0x0 READ_DONE_INT_CLR[0]:WT PGM_DONE_INT_CLR[1]:WT
        0x1e8 DAC_CONF 0x1fe1c DAC_CLK_DIV[7:0] DAC_CLK_PAD_SEL[8] DAC_NUM[16:9] OE_CLR[17]
        0x1ec RD_TIM_CONF 0x12000000 READ_INIT_NUM[31:24]
        0x1f4 WR_TIM_CONF1 0x288000 PWR_ON_NUM[23:8]
        0x1f8 WR_TIM_CONF2 0x190 PWR_OFF_NUM[15:0]
        0x1fc DATE 0x2101290 DATE[27:0]
    """)

    burnt: list[int] = state([0] * WORDS, domain="power_on")
    """All fuses, word by word from RD_WR_DIS on."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._delivered = [0] * WORDS
        self._interrupt = self.signal("interrupt")
        self._fields = {
            field.name: (register.index - FIRST, field)
            for register in self.registers.values()
            if FIRST <= register.index < FIRST + WORDS
            for field in register.fields
        }

    def deliver(
        self, words: Sequence[int], *, mac: str | None, revision: str | None, fields: Mapping[str, int]
    ) -> None:
        """Say what the fuses of a new chip hold, and be one.

        words: all blocks; where they have no MAC address, revision or version of block 2, the defaults. mac: the base
        MAC address, revision: "major.minor"; both count before the words. fields: values of fields by their names.

        Raises UsageError for a field that does not exist, or a value that it cannot hold.
        """
        fuses = list(words)
        if mac is not None or not (fuses[6] or fuses[7] & 0xFFFF):
            address = int.from_bytes(bytes.fromhex((mac or DEFAULT_MAC).replace(":", "")))
            fuses[6], fuses[7] = address & 0xFFFF_FFFF, fuses[7] & 0xFFFF_0000 | address >> 32
        low, high = 7 << WAFER_VERSION_MINOR_LO, 1 << WAFER_VERSION_MINOR_HI | 3 << WAFER_VERSION_MAJOR
        if revision is not None or not (fuses[9] & low or fuses[11] & high):
            major, minor = (int(part) for part in (revision or DEFAULT_REVISION).split("."))
            fuses[9] = fuses[9] & ~low | (minor & 7) << WAFER_VERSION_MINOR_LO
            fuses[11] = fuses[11] & ~high | (minor >> 3) << WAFER_VERSION_MINOR_HI | major << WAFER_VERSION_MAJOR
        if not fuses[block_words(2)[4]] & 3:  # BLK_VERSION_MAJOR
            for block in (1, 2):
                for n, word in enumerate(block_words(block)):
                    fuses[word] |= calibration(block) >> 32 * n & 0xFFFF_FFFF
        for name, value in fields.items():
            if name not in self._fields:
                raise UsageError("efuse", f"expected a field of {self.context.name}, got {name!r}")
            word, field = self._fields[name]
            if not 0 <= value <= field.of(0xFFFF_FFFF):
                raise UsageError("efuse", f"expected 0 to {field.of(0xFFFF_FFFF):#x} for {name}, got {value:#x}")
            fuses[word] = field.into(fuses[word], value)
        self._delivered = fuses
        self.as_delivered()

    def as_delivered(self) -> None:
        """Be a new chip: nothing is burnt that was not when it came."""
        self.burnt = list(self._delivered)
        self._show()

    def fuses(self) -> list[int]:
        """Return all fuses, word by word from RD_WR_DIS on."""
        return list(self.burnt)

    def reset(self, domain: str, reason: int = 0) -> None:
        """Reset the registers; fuses last."""
        burnt = getattr(self, "burnt", self._delivered)
        super().reset(domain, reason)
        self.burnt = burnt
        self._show()

    def flash_is_encrypted(self) -> bool:
        """Tell whether the caches decrypt what they read from flash: the word shows an odd number of bits for it."""
        return self.get(self._fields["SPI_BOOT_CRYPT_CNT"][1]).bit_count() % 2 == 1

    # What the crypto blocks ask.

    def key(self, n: int) -> bytes:
        """Return the 32 bytes of key block `n` (0 to 5), also where software may not read it."""
        words = block_words(4 + n)
        return b"".join(self.burnt[word].to_bytes(4, "little") for word in words)

    def key_purpose(self, n: int) -> int:
        """Return what key block `n` is for: KEY_PURPOSE_<n>."""
        one, two = self.registers["RD_REPEAT_DATA1"], self.registers["RD_REPEAT_DATA2"]
        return (self.get(one) | self.get(two) << 32) >> 24 + 4 * n & 15

    def _show(self) -> None:
        """Bring the words to read in line with the fuses."""
        hidden = {
            word for bit, block in enumerate(KEY_BLOCKS) if self.burnt[1] >> bit & 1 for word in block_words(block)
        }
        for word, bits in enumerate(self.burnt):
            self.words[FIRST + word] = 0 if word in hidden else bits

    def _may_burn(self, word: int) -> int:
        """Return the bits of a word that WR_DIS does not protect."""
        forbidden, allowed = self.burnt[0], 0xFFFF_FFFF
        for bit, masks in WRITE_DISABLE.items():
            if forbidden >> bit & 1:
                allowed &= ~masks.get(word, 0)
        for block in range(1, 11):
            if word in block_words(block) and forbidden >> FIRST_BLOCK_BIT + block - 1 & 1:
                return 0
        return allowed

    def write_CMD(self, value: int) -> None:
        command = self.CMD
        self.put(command, 0)
        code = self.get(self.registers["CONF"])
        if command.PGM_CMD.of(value) and code == PROGRAM and command.BLK_NUM.of(value) <= 10:
            burnt = list(self.burnt)
            for n, word in enumerate(block_words(command.BLK_NUM.of(value))):
                burnt[word] |= self.words[n] & self._may_burn(word)  # PGM_DATA0 on: the block's first words
            self.burnt = burnt
            self._raise(PROGRAM_DONE)
        if command.READ_CMD.of(value) and code == READ:
            self._show()
            self._raise(READ_DONE)

    def _raise(self, bit: int) -> None:
        raw = self.registers["INT_RAW"]
        self.put(raw, self.get(raw) | bit)
        self._show_interrupts()

    def _show_interrupts(self) -> None:
        status = self.get(self.registers["INT_RAW"]) & self.get(self.registers["INT_ENA"])
        self.put(self.registers["INT_ST"], status)
        self._interrupt.set(int(status != 0))

    def after_reset(self) -> None:
        self._interrupt.set(0)

    def write_INT_RAW(self, value: int) -> None:
        self._show_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._show_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        raw = self.registers["INT_RAW"]
        self.put(raw, self.get(raw) & ~value)
        self._show_interrupts()
