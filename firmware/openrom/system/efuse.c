/* eFuses: what is burnt, and burning. Names and bits: ESP32-S3 Technical Reference Manual, "eFuse Controller". */
#include "crypto/crypto.h"

#define EFUSE(offset) REG(0x60007000 + (offset))
#define PGM_DATA(n) EFUSE(4 * (n))
#define PGM_CHECK_VALUE(n) EFUSE(0x20 + 4 * (n))
#define RD_WR_DIS EFUSE(0x2C)
#define WR_DIS_PURPOSE 8 /* the bit of key 0 */
#define WR_DIS_KEY 23
#define RD_REPEAT_DATA(n) EFUSE(0x30 + 4 * (n))
#define RD_MAC_SPI_SYS(n) EFUSE(0x44 + 4 * (n))
#define CONF EFUSE(0x1CC)
#define OP_PROGRAM 0x5A5A
#define OP_READ 0x5AA5
#define CMD EFUSE(0x1D4)
#define CMD_READ BIT(0)
#define CMD_PROGRAM BIT(1)
#define CMD_BLOCK_SHIFT 2
#define WR_TIM_CONF2 EFUSE(0x1F8)
#define PWR_OFF_NUM 0xFFFFu
#define PWR_OFF_CYCLES 0x40u

#define BLOCKS 10
#define KEY_BLOCK_END 10 /* keys 0 to 5 are in blocks 4 to 9 */
#define KEY_WORDS 8
#define DATA_BYTES 32
#define CHECK_BYTES 12
#define SPI_PADS_UNSET 0x3F

static uint32_t field(uint32_t word, int lo, int count) { return word >> lo & (BIT(count) - 1); }
static uint32_t repeated(int word, int lo, int count) { return field(RD_REPEAT_DATA(word), lo, count); }
static bool odd(uint32_t three_bits) { return (three_bits ^ three_bits >> 1 ^ three_bits >> 2) & 1; }

/* Where the flash chip is; 0 for the default pins. */
uint32_t API(ets_efuse_get_spiconfig)(void) { return RD_MAC_SPI_SYS(1) >> 16 | (RD_MAC_SPI_SYS(2) & 0x3FFF) << 16; }
uint32_t API(ets_efuse_get_wp_pad)(void)
{
    uint32_t pad = field(RD_MAC_SPI_SYS(2), 14, 6);
    return API(ets_efuse_get_spiconfig)() == 0 && pad == 0 ? SPI_PADS_UNSET : pad;
}
/* 6 bytes, first byte of the address first. */
void API(ets_efuse_get_mac)(uint8_t *mac)
{
    uint32_t low = RD_MAC_SPI_SYS(0), high = RD_MAC_SPI_SYS(1);
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)(i < 2 ? high >> (8 - 8 * i) : low >> (40 - 8 * i));
}

bool API(ets_efuse_usb_module_disabled)(void) { return repeated(0, 13, 1); }
bool API(ets_efuse_jtag_disabled)(void) { return odd(repeated(0, 16, 3)); }
/* Flash encryption is on when an odd number of the count's bits is burnt. */
bool API(ets_efuse_cache_encryption_enabled)(void) { return odd(repeated(1, 18, 3)); }
bool API(ets_efuse_secure_boot_enabled)(void) { return repeated(2, 20, 1); }
bool API(ets_efuse_secure_boot_aggressive_revoke_enabled)(void) { return repeated(2, 21, 1); }
bool API(ets_efuse_usb_device_disabled)(void) { return repeated(2, 23, 1); }
uint32_t API(ets_efuse_get_flash_delay_us)(void) { return repeated(2, 28, 4) * 1000; }
bool API(ets_efuse_download_modes_disabled)(void) { return repeated(3, 0, 1); }
bool API(ets_efuse_legacy_spi_boot_mode_disabled)(void)
{
    return repeated(3, 1, 1) || API(ets_efuse_secure_boot_enabled)() || API(ets_efuse_cache_encryption_enabled)();
}
bool API(ets_efuse_usb_print_is_disabled)(void) { return repeated(3, 2, 1); }
bool API(ets_efuse_ecc_16to17_mode)(void) { return repeated(3, 3, 1); }
bool API(ets_efuse_security_download_modes_enabled)(void) { return repeated(3, 5, 1); }
uint32_t API(ets_efuse_get_uart_print_control)(void) { return repeated(3, 6, 2); }
bool API(ets_efuse_flash_opi_5pads_power_sel_vddspi)(void) { return repeated(3, 8, 1); }
bool API(ets_efuse_flash_octal_mode)(void) { return repeated(3, 9, 1); }
uint32_t API(ets_efuse_ecc_flash_page_size)(void) { return repeated(3, 10, 2); }
bool API(ets_efuse_ecc_en)(void) { return repeated(3, 12, 1); }
bool API(ets_efuse_force_send_resume)(void) { return repeated(3, 13, 1); }
/* Answers of the chip's ROM that no eFuse changes. */
uint32_t API(ets_efuse_usb_serial_jtag_print_is_disabled)(void) { return 0; }
bool API(ets_efuse_usb_download_mode_disabled)(void) { return true; }

/* Any clock will do: the chip's ROM sets the same time for each. */
int API(ets_efuse_set_timing)(uint32_t clock_hz)
{
    (void)clock_hz;
    WR_TIM_CONF2 = (WR_TIM_CONF2 & ~PWR_OFF_NUM) | PWR_OFF_CYCLES;
    return 0;
}

static void carry_out(uint32_t operation, uint32_t command)
{
    API(ets_efuse_set_timing)(0);
    CONF = operation;
    CMD = command;
    while (CMD & (CMD_READ | CMD_PROGRAM)) {
    }
}

int API(ets_efuse_read)(void)
{
    carry_out(OP_READ, CMD_READ);
    return 0;
}

/* The words that would be burnt, and their check words. */
void API(ets_efuse_clear_program_registers)(void)
{
    for (uint32_t n = 0; n < KEY_WORDS; n++)
        PGM_DATA(n) = 0;
    for (uint32_t n = 0; n < CHECK_BYTES / 4; n++)
        PGM_CHECK_VALUE(n) = 0;
}

int API(ets_efuse_program)(uint32_t block)
{
    carry_out(OP_PROGRAM, CMD_PROGRAM | block << CMD_BLOCK_SHIFT);
    API(ets_efuse_clear_program_registers)();
    return API(ets_efuse_read)();
}

/* Reed-Solomon check bytes: 12 for 32 bytes, over GF(256) with the polynomial 0x11D and generator roots 2^0 to 2^11. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint32_t product = 0;
    for (int bit = 7; bit >= 0; bit--) {
        product = product << 1 ^ (product & 0x80 ? 0x11D : 0);
        if (b >> bit & 1)
            product ^= a;
    }
    return (uint8_t)product;
}

void API(ets_efuse_rs_calculate)(const uint8_t *data, uint8_t *check)
{
    uint8_t generator[CHECK_BYTES] = {0}, rest[CHECK_BYTES] = {0}, root = 1;
    /* (x + root0)(x + root1)...: coefficients below the highest, which is 1; highest first */
    for (int degree = 0; degree < CHECK_BYTES; degree++) {
        for (int n = degree; n >= 0; n--)
            generator[n] ^= multiply(n ? generator[n - 1] : 1, root);
        root = multiply(root, 2);
    }
    for (int at = 0; at < DATA_BYTES; at++) {
        uint8_t factor = data[at] ^ rest[0];
        for (int n = 0; n < CHECK_BYTES; n++)
            rest[n] = (n + 1 < CHECK_BYTES ? rest[n + 1] : 0) ^ multiply(generator[n], factor);
    }
    memcpy(check, rest, sizeof rest);
}

uint32_t API(ets_efuse_get_read_register_address)(uint32_t block)
{
    static const uint16_t first[BLOCKS] = {0x30, 0x44, 0x5C, 0x7C, 0x9C, 0xBC, 0xDC, 0xFC, 0x11C, 0x13C};
    return block < BLOCKS ? 0x60007000 + first[block] : 0;
}

/* Keys' purposes: four bits each, from bit 24 of RD_REPEAT_DATA1 on. */
uint32_t API(ets_efuse_get_key_purpose)(uint32_t block)
{
    if (block < KEY_BLOCK_FIRST || block >= KEY_BLOCK_END)
        return KEY_PURPOSE_COUNT;
    int bit = 24 + 4 * (int)(block - KEY_BLOCK_FIRST);
    return repeated(1 + bit / 32, bit % 32, 4);
}

bool API(ets_efuse_key_block_unused)(uint32_t block)
{
    if (block < KEY_BLOCK_FIRST || block >= KEY_BLOCK_END)
        return false;
    int key = (int)(block - KEY_BLOCK_FIRST);
    if (API(ets_efuse_get_key_purpose)(block) != KEY_PURPOSE_USER || repeated(0, key, 1) ||
        field(RD_WR_DIS, WR_DIS_PURPOSE + key, 1) || field(RD_WR_DIS, WR_DIS_KEY + key, 1))
        return false;
    for (uint32_t n = 0, address = API(ets_efuse_get_read_register_address)(block); n < KEY_WORDS; n++)
        if (REG(address + 4 * n) != 0)
            return false;
    return true;
}

uint32_t API(ets_efuse_find_unused_key_block)(void)
{
    for (uint32_t block = KEY_BLOCK_FIRST; block < KEY_BLOCK_END; block++)
        if (API(ets_efuse_key_block_unused)(block))
            return block;
    return KEY_BLOCK_END + 1;
}

uint32_t API(ets_efuse_count_unused_key_blocks)(void)
{
    uint32_t count = 0;
    for (uint32_t block = KEY_BLOCK_FIRST; block < KEY_BLOCK_END; block++)
        count += API(ets_efuse_key_block_unused)(block);
    return count;
}

bool API(ets_efuse_find_purpose)(uint32_t purpose, uint32_t *found)
{
    for (uint32_t block = KEY_BLOCK_FIRST; block <= KEY_BLOCK_END; block++) {
        if (API(ets_efuse_get_key_purpose)(block) != purpose)
            continue;
        if (found)
            *found = block;
        return true;
    }
    return false;
}

/* Key and purpose cannot be written again afterwards. 0 done; 1 for a block in use, or a key that does not fit. */
int API(ets_efuse_write_key)(uint32_t block, uint32_t purpose, const void *data, size_t length)
{
    uint8_t key[DATA_BYTES] = {0}, check[CHECK_BYTES];
    if (length > sizeof key || !API(ets_efuse_key_block_unused)(block))
        return 1;
    memcpy(key, data, length);
    API(ets_efuse_clear_program_registers)();
    uint32_t number = block - KEY_BLOCK_FIRST, bit = 24 + 4 * number;
    PGM_DATA(2 + bit / 32) |= purpose << bit % 32;
    API(ets_efuse_program)(0);
    API(ets_efuse_rs_calculate)(key, check);
    for (uint32_t n = 0; n < KEY_WORDS; n++)
        PGM_DATA(n) = load_word(key + 4 * n);
    for (uint32_t n = 0; n < CHECK_BYTES / 4; n++)
        PGM_CHECK_VALUE(n) = load_word(check + 4 * n);
    API(ets_efuse_program)(block);
    PGM_DATA(0) = BIT(WR_DIS_PURPOSE + number) | BIT(WR_DIS_KEY + number);
    API(ets_efuse_program)(0);
    return 0;
}
