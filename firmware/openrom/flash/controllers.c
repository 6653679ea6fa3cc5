/* How the flash controllers and their pads are set up: read mode, clock, timing of chip select, pins. */
#include "spi_mem.h"

#define CS_SETUP_TIME(n) ((n) << 0)
#define CS_HOLD_TIME(n) ((n) << 5)
#define CS_TIMES (CS_SETUP_TIME(31) | CS_HOLD_TIME(31)) /* in CTRL2 */
#define SMEM_CS_SETUP BIT(0)
#define SMEM_CS_HOLD BIT(1)
#define SMEM_CS_SETUP_TIME(n) ((n) << 2)
#define SMEM_CS_HOLD_TIME(n) ((n) << 7)
#define SMEM_CS_TIMES (SMEM_CS_SETUP_TIME(31) | SMEM_CS_HOLD_TIME(31))
#define CACHE_REQ_EN BIT(0)
#define CACHE_USR_CMD_4BYTE BIT(1)
#define CACHE_FLASH_USR_CMD BIT(2)
#define DUMMY_OUTPUT (CTRL_FDUMMY_OUT | CTRL_D_POL | CTRL_Q_POL)
#define DUMMY_CYCLES 0x3Fu /* in USER1 */

#define IO_MUX_MCU_SEL (7u << 12)
#define IO_MUX_FUN_WPU BIT(8)
#define IO_MUX_FUN_DRV (3u << 10)
/* Pads of flash in the chip's package or on the board, and the other five of the octal bus. */
enum { PAD_CS0 = 29, PAD_HD = 27, PAD_WP = 28, PAD_CLK = 30, PAD_Q = 31, PAD_D = 32, PAD_D4 = 33, PAD_DQS = 37 };
#define OCTAL_FUNCTION 4
#define WP_PIN_DISABLED 0xEE /* the second stage sees to quad lines */
#define PAD_DRIVE_GIVEN BIT(3)

/* A cycle of the flash is `divider` cycles of the 80 MHz clock. */
int API(esp_rom_spiflash_config_clk)(uint8_t divider, uint8_t spi)
{
    CLOCK(spi) = divider <= 1 ? BIT(31) : (uint32_t)(divider - 1) << 16 | (uint32_t)(divider / 2 - 1) << 8 | (divider - 1u);
    return OK;
}

static uint32_t read_mode_bits(int mode)
{
    switch (mode) {
    case QIO:
        return CTRL_FASTRD_MODE | CTRL_FREAD_QIO;
    case QOUT:
        return CTRL_FASTRD_MODE | CTRL_FREAD_QUAD;
    case DIO:
        return CTRL_FASTRD_MODE | CTRL_FREAD_DIO;
    case DOUT:
        return CTRL_FASTRD_MODE | CTRL_FREAD_DUAL;
    case FASTRD:
        return CTRL_FASTRD_MODE;
    case OPI_STR:
    case OPI_DTR:
        return CTRL_FASTRD_MODE | CTRL_OCTAL;
    case OOUT:
        return CTRL_FASTRD_MODE | CTRL_FDIN_OCT | CTRL_FDOUT_OCT;
    case OIO_STR:
    case OIO_DTR:
        return CTRL_FASTRD_MODE | CTRL_FADDR_OCT | CTRL_FDIN_OCT | CTRL_FDOUT_OCT;
    case QPI:
        return CTRL_FASTRD_MODE | CTRL_FCMD_QUAD | CTRL_FREAD_QIO;
    default:
        return 0;
    }
}

static void set_read_mode(int spi, int mode) { CTRL(spi) = (CTRL(spi) & ~CTRL_READ_MODES) | read_mode_bits(mode); }

static uint32_t write_mode_bits(int mode)
{
    switch (mode) {
    case QIO:
    case QPI:
        return USER_FWRITE_QIO;
    case QOUT:
        return USER_FWRITE_QUAD;
    case DIO:
        return USER_FWRITE_DIO;
    case DOUT:
        return USER_FWRITE_DUAL;
    default:
        return 0;
    }
}

void API(esp_rom_spi_set_op_mode)(int spi, int mode)
{
    set_read_mode(spi, mode);
    USER(spi) = (USER(spi) & ~USER_WRITE_MODES) | write_mode_bits(mode);
    if (mode == OPI_DTR)
        DDR(spi) = (DDR(spi) & ~DDR_CMD_DIS) | DDR_EN;
    else if (mode == OIO_DTR)
        DDR(spi) |= DDR_CMD_DIS | DDR_EN;
    else
        DDR(spi) = 0;
}

/* What the caches send for a read: esp_rom_opiflash_spi0rd_t. */
struct cache_read {
    uint8_t address_bits, dummy_cycles;
    uint16_t command;
    uint8_t command_bits, variable_dummy;
};

void API(esp_rom_spiflash_cache_mode_config)(int mode, const struct cache_read *read)
{
    set_read_mode(0, mode);
    USER(0) |= USER_DUMMY;
    CACHE_FCTRL(0) = (CACHE_FCTRL(0) & ~CACHE_USR_CMD_4BYTE) | (read->address_bits == 32 ? CACHE_USR_CMD_4BYTE : 0);
    USER1(0) = (read->address_bits - 1u) << 26 | ((read->dummy_cycles - 1u) & DUMMY_CYCLES);
    USER2(0) = (read->command_bits - 1u) << 28 | read->command;
}

/* For both controllers. Four lines need the flash's own consent. */
int API(esp_rom_spiflash_config_readmode)(int mode)
{
    static const uint8_t commands[] = {0xEB, 0x6B, 0xBB, 0x3B, 0x0B, 0x03}, dummies[] = {6, 8, 4, 8, 8};
    int which = mode >= QIO && mode <= SLOWRD ? mode : FASTRD;
    if (mode == QIO || mode == QOUT)
        openrom_flash_enable_quad();
    set_read_mode(1, which);
    set_read_mode(0, which);
    USER2(0) = 7u << 28 | commands[which];
    if (which == SLOWRD) {
        USER(0) &= ~USER_DUMMY;
    } else {
        USER(0) |= USER_DUMMY;
        USER1(0) = 23u << 26 | (dummies[which] - 1u);
    }
    return OK;
}

/* Where the flash takes mode bits between address and data, the lines are driven while they pass. */
void API(spi_common_set_dummy_output)(int mode)
{
    if (mode != DIO && mode != QIO)
        return;
    CTRL(0) |= DUMMY_OUTPUT;
    CTRL(1) |= DUMMY_OUTPUT;
}

void API(spi_common_set_flash_cs_timing)(void)
{
    USER(0) |= USER_CS_HOLD | USER_CS_SETUP;
    CTRL2(0) = (CTRL2(0) & ~CS_TIMES) | CS_SETUP_TIME(1) | CS_HOLD_TIME(2);
}

void API(esp_rom_spi_set_address_bit_len)(int spi, int bits)
{
    USER(spi) |= USER_ADDR;
    USER1(spi) = (USER1(spi) & 0x03FFFFFF) | (uint32_t)(bits - 1) << 26;
    CACHE_FCTRL(spi) = (CACHE_FCTRL(spi) & ~CACHE_USR_CMD_4BYTE) | (bits == 32 ? CACHE_USR_CMD_4BYTE : 0);
}

static void pad_function(int pad, uint32_t function)
{
    IO_MUX_GPIO(pad) = (IO_MUX_GPIO(pad) & ~IO_MUX_MCU_SEL) | function << 12;
}

/* With the pads of the package (`pins` 0) their function is chosen; flash elsewhere is not supported here. */
void API(esp_rom_spiflash_select_qio_pins)(uint8_t wp_pin, uint32_t pins)
{
    (void)wp_pin;
    if (pins != 0)
        return;
    pad_function(PAD_HD, 0);
    pad_function(PAD_WP, 0);
}

void API(esp_rom_opiflash_pin_config)(void)
{
    API(esp_rom_spiflash_select_qio_pins)(PAD_WP, 0);
    for (int pad = PAD_D4; pad <= PAD_DQS; pad++) {
        pad_function(pad, OCTAL_FUNCTION);
        IO_MUX_GPIO(pad) |= IO_MUX_FUN_WPU;
    }
}

/* The mode that every flash knows: one line, slow reads, a quarter of 80 MHz. */
void API(spi_flash_attach)(uint32_t pins, bool legacy)
{
    (void)pins, (void)legacy;
    for (int spi = 0; spi <= 1; spi++) {
        CTRL(spi) &= ~DUMMY_OUTPUT;
        set_read_mode(spi, SLOWRD);
        API(esp_rom_spiflash_config_clk)(4, (uint8_t)spi);
    }
    USER(0) &= ~USER_DUMMY;
    USER2(0) = 7u << 28 | READ;
}

/* Two values a byte, low half first: clock, Q, D, chip select, HD, WP. */
static void set_drive(const uint8_t *drive)
{
    static const uint8_t pads[] = {PAD_CLK, PAD_Q, PAD_D, PAD_CS0, PAD_HD, PAD_WP};
    for (uint32_t i = 0; i < sizeof pads; i++) {
        uint32_t value = drive[i / 2] >> i % 2 * 4;
        if (value & PAD_DRIVE_GIVEN)
            IO_MUX_GPIO(pads[i]) = (IO_MUX_GPIO(pads[i]) & ~IO_MUX_FUN_DRV) | (value << 10 & IO_MUX_FUN_DRV);
    }
}

void openrom_flash_configure(int mode, uint8_t divider, uint8_t wp_pin, const uint8_t *drive)
{
    API(spi_flash_attach)(0, false);
    DDR(0) = DDR(1) = 0;
    USER1(0) = 23u << 26 | 7;
    MISO_DLEN(1) = 0;
    MOSI_DLEN(0) = MISO_DLEN(0) = 0xFF;
    CACHE_FCTRL(0) = CACHE_REQ_EN | CACHE_FLASH_USR_CMD;
    SMEM_AC(0) = (SMEM_AC(0) & ~SMEM_CS_TIMES) | SMEM_CS_SETUP | SMEM_CS_HOLD | SMEM_CS_SETUP_TIME(1) |
                 SMEM_CS_HOLD_TIME(2);
    API(esp_rom_spiflash_config_readmode)(mode);
    /* nothing of the last transaction stays */
    USER(1) = USER_COMMAND;
    USER1(1) = 23u << 26 | 7;
    USER2(1) = 7u << 28;
    API(spi_common_set_dummy_output)(mode);
    API(spi_common_set_flash_cs_timing)();
    API(esp_rom_spiflash_config_clk)(divider, 0);
    API(esp_rom_spiflash_config_clk)(divider, 1);
    set_drive(drive);
    if (wp_pin == WP_PIN_DISABLED) {
        pad_function(PAD_HD, 1);
        pad_function(PAD_WP, 1);
    }
}
