/* The ROM's flash driver: one transaction of SPI1 at a time, chip select 0 unless told otherwise.

   The old driver (esp_rom_spiflash_) speaks to flash chips with one, two or four lines; the other (esp_rom_opiflash_)
   sends the commands that a table describes. Both end in transaction(). */
#include "spi_mem.h"

int API(esp_rom_spiflash_write_encrypted)(uint32_t address, const uint32_t *from, uint32_t length);
static struct spiflash_data data;
static struct spiflash_functions functions;

struct transaction {
    uint32_t command, command_bits, address, address_bits, dummy_bits;
    const void *out;
    uint32_t out_bits;
    void *in;
    uint32_t in_bits;
};

/* Buffers of callers need not be aligned, the controller's words are. */
static void fill_buffer(int spi, const uint8_t *from, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 4) {
        uint32_t word = 0;
        for (uint32_t i = 0; i < 4 && at + i < length; i++)
            word |= (uint32_t)from[at + i] << 8 * i;
        W(spi, at / 4) = word;
    }
}

static void take_buffer(int spi, uint8_t *to, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 4) {
        uint32_t word = W(spi, at / 4);
        if (((uintptr_t)to & 3) == 0 && at + 4 <= length) {
            *(uint32_t *)(to + at) = word;
            continue;
        }
        for (uint32_t i = 0; i < 4 && at + i < length; i++)
            to[at + i] = (uint8_t)(word >> 8 * i);
    }
}

static void configure(int spi, const struct transaction *t)
{
    uint32_t user = USER_COMMAND | (USER(spi) & USER_WRITE_MODES);
    USER2(spi) = t->command | (t->command_bits - 1) << 28;
    if (t->address_bits) {
        user |= USER_ADDR;
        ADDR(spi) = t->address;
    }
    USER1(spi) = (t->address_bits ? t->address_bits - 1 : 0) << 26 | (t->dummy_bits ? t->dummy_bits - 1 : 0);
    if (t->dummy_bits)
        user |= USER_DUMMY;
    if (t->out && t->out_bits) {
        user |= USER_MOSI;
        MOSI_DLEN(spi) = t->out_bits - 1;
        fill_buffer(spi, t->out, (t->out_bits + 7) / 8);
    }
    if (t->in_bits) {
        user |= USER_MISO;
        MISO_DLEN(spi) = t->in_bits - 1;
    }
    USER(spi) = user;
}

static void start(int spi, uint32_t bits)
{
    CMD(spi) = bits;
    while (CMD(spi) != 0) {
    }
}

/* Commands of the old driver go over one wire, whatever mode the flash is read in. */
static void transaction(const struct transaction *t, bool is_write)
{
    uint32_t ctrl = CTRL(1), ddr = DDR(1);
    CTRL(1) = ctrl & ~CTRL_READ_MODES;
    DDR(1) = ddr & ~DDR_EN;
    configure(1, t);
    start(1, CMD_USR | (is_write ? CMD_PE : 0));
    if (t->in)
        take_buffer(1, t->in, (t->in_bits + 7) / 8);
    CTRL(1) = ctrl;
    DDR(1) = ddr;
}

static void command(uint32_t code) { transaction(&(struct transaction){.command = code, .command_bits = 8}, false); }

static uint32_t read_register(uint32_t code)
{
    uint8_t value = 0;
    transaction(&(struct transaction){.command = code, .command_bits = 8, .in = &value, .in_bits = 8}, false);
    return value;
}

static void wait_idle(void)
{
    while (read_register(RDSR) & SR1_WIP)
        ets_delay_us(20);
}

static bool write_enable(void)
{
    wait_idle();
    for (int tries = 0; tries < 100; tries++) {
        command(WREN);
        if (read_register(RDSR) & SR1_WEL)
            return true;
    }
    return false;
}

static int erase(uint32_t code, uint32_t address)
{
    if (!write_enable())
        return ERROR;
    struct transaction t = {.command = code, .command_bits = 8, .address = address, .address_bits = 24};
    if (code == ERASE_CHIP)
        t.address_bits = 0;
    transaction(&t, true);
    wait_idle();
    return OK;
}

/* The old driver. */

int API(esp_rom_spiflash_wait_idle)(void *chip)
{
    (void)chip;
    wait_idle();
    return OK;
}

int API(SPI_write_enable)(void *chip)
{
    (void)chip;
    return write_enable() ? OK : ERROR;
}
int API(_SPI_write_enable)(void *chip) { return API(SPI_write_enable)(chip); }
void API(esp_rom_spiflash_write_disable)(void) { command(WRDI); }

int API(esp_rom_spiflash_read_user_cmd)(uint32_t *status, uint8_t code)
{
    *status = read_register(code);
    return OK;
}

int API(esp_rom_spiflash_read_status)(void *chip, uint32_t *status)
{
    (void)chip;
    wait_idle();
    *status = read_register(RDSR);
    return OK;
}

int API(esp_rom_spiflash_read_statushigh)(void *chip, uint32_t *status)
{
    (void)chip;
    wait_idle();
    *status = read_register(RDSR2) << 8;
    return OK;
}

/* Both status bytes at once. */
int API(esp_rom_spiflash_write_status)(void *chip, uint32_t status)
{
    (void)chip;
    if (!write_enable())
        return ERROR;
    transaction(&(struct transaction){.command = WRSR, .command_bits = 8, .out = &status, .out_bits = 16}, true);
    wait_idle();
    return OK;
}

void openrom_flash_enable_quad(void)
{
    wait_idle();
    uint32_t high = read_register(RDSR2);
    if (high & SR2_QE)
        return;
    CTRL(1) |= CTRL_WRSR_2B;
    API(esp_rom_spiflash_write_status)(NULL, read_register(RDSR) | (high | SR2_QE) << 8);
}

/* No protection; the quad lines stay as they are. */
int API(esp_rom_spiflash_unlock)(void)
{
    wait_idle();
    return API(esp_rom_spiflash_write_status)(NULL, read_register(RDSR2) << 8 & SR2_QE << 8);
}
int API(_esp_rom_spiflash_unlock)(void) { return API(esp_rom_spiflash_unlock)(); }

int API(esp_rom_spiflash_erase_chip)(void) { return erase(ERASE_CHIP, 0); }

int API(esp_rom_spiflash_erase_block)(uint32_t number)
{
    return number < data.chip.chip_size / data.chip.block_size ? erase(ERASE_BLOCK, number * data.chip.block_size)
                                                               : ERROR;
}
int API(_esp_rom_spiflash_erase_block)(uint32_t number) { return API(esp_rom_spiflash_erase_block)(number); }

int API(esp_rom_spiflash_erase_sector)(uint32_t number)
{
    return number < data.chip.chip_size / data.chip.sector_size ? erase(ERASE_SECTOR, number * data.chip.sector_size)
                                                                : ERROR;
}
int API(_esp_rom_spiflash_erase_sector)(uint32_t number) { return API(esp_rom_spiflash_erase_sector)(number); }

int API(SPIEraseArea)(uint32_t start_address, uint32_t length)
{
    if (start_address > data.chip.chip_size || length > data.chip.chip_size - start_address ||
        (start_address | length) % data.chip.sector_size)
        return ERROR;
    while (length > 0) {
        bool whole = start_address % data.chip.block_size == 0 && length >= data.chip.block_size;
        uint32_t step = whole ? data.chip.block_size : data.chip.sector_size;
        if (erase(whole ? ERASE_BLOCK : ERASE_SECTOR, start_address) != OK)
            return ERROR;
        start_address += step;
        length -= step;
    }
    return OK;
}
int API(_SPIEraseArea)(uint32_t start_address, uint32_t length) { return API(SPIEraseArea)(start_address, length); }

int API(esp_rom_spiflash_read)(uint32_t address, uint32_t *to, int32_t length)
{
    if (length < 0 || address > data.chip.chip_size || (uint32_t)length > data.chip.chip_size - address)
        return ERROR;
    wait_idle();
    uint8_t *out = (uint8_t *)to;
    while (length > 0) {
        uint32_t part = length < SPI_BUFFER_BYTES ? (uint32_t)length : SPI_BUFFER_BYTES;
        transaction(&(struct transaction){.command = FAST_READ,
                                          .command_bits = 8,
                                          .address = address,
                                          .address_bits = 24,
                                          .dummy_bits = 8,
                                          .in = out,
                                          .in_bits = part * 8},
                    false);
        out += part;
        address += part;
        length -= (int32_t)part;
    }
    return OK;
}
int API(_esp_rom_spiflash_read)(uint32_t address, uint32_t *to, int32_t length)
{
    return API(esp_rom_spiflash_read)(address, to, length);
}

int API(esp_rom_spiflash_write)(uint32_t address, const uint32_t *from, int32_t length)
{
    if (length < 0 || address > data.chip.chip_size || (uint32_t)length > data.chip.chip_size - address)
        return ERROR;
    const uint8_t *in = (const uint8_t *)from;
    while (length > 0) {
        uint32_t part = SPI_BUFFER_BYTES - address % SPI_BUFFER_BYTES; /* never over the end of a page */
        if (part > (uint32_t)length)
            part = (uint32_t)length;
        if (!write_enable())
            return ERROR;
        transaction(&(struct transaction){.command = PROGRAM,
                                          .command_bits = 8,
                                          .address = address,
                                          .address_bits = 24,
                                          .out = in,
                                          .out_bits = part * 8},
                    true);
        wait_idle();
        in += part;
        address += part;
        length -= (int32_t)part;
    }
    return OK;
}
int API(_esp_rom_spiflash_write)(uint32_t address, const uint32_t *from, int32_t length)
{
    return API(esp_rom_spiflash_write)(address, from, length);
}

int API(esp_rom_spiflash_config_param)(uint32_t device_id, uint32_t chip_size, uint32_t block_size,
                                       uint32_t sector_size, uint32_t page_size, uint32_t status_mask)
{
    data.chip = (struct chip){device_id, chip_size, block_size, sector_size, page_size, status_mask};
    return OK;
}

/* The identification as RDID gives it, first byte on top. */
void API(esp_rom_spi_flash_update_id)(void)
{
    uint8_t id[3];
    transaction(&(struct transaction){.command = RDID, .command_bits = 8, .in = id, .in_bits = 24}, false);
    data.chip.device_id = (uint32_t)id[0] << 16 | (uint32_t)id[1] << 8 | id[2];
}

/* No driver of the ROM lets the hardware wait by itself. */
void API(esp_rom_spiflash_auto_wait_idle)(uint8_t spi, uint8_t status, uint8_t on) { (void)spi, (void)status, (void)on; }

/* The driver by commands of a table. */

struct opi_command {
    uint8_t mode, command_bits;
    uint16_t command;
    uint32_t address;
    uint8_t address_bits, dummy_bits, data_bits, chip_select : 4, is_write : 4;
};
struct opi_commands {
    struct opi_command read_id, read_status, write_enable, erase_sector, erase_block, read, program;
};
extern const struct opi_commands *rom_opiflash_cmd_def;

/* esp_rom_spi_cmd_t */
struct spi_command {
    uint16_t command, command_bits;
    uint32_t *address;
    uint32_t address_bits;
    uint32_t *out;
    uint32_t out_bits;
    uint32_t *in;
    uint32_t in_bits, dummy_bits;
};

void API(esp_rom_spi_cmd_config)(int spi, struct spi_command *c)
{
    configure(spi, &(struct transaction){.command = c->command,
                                         .command_bits = c->command_bits,
                                         .address = c->address ? *c->address : 0,
                                         .address_bits = c->address_bits,
                                         .dummy_bits = c->dummy_bits,
                                         .out = c->out,
                                         .out_bits = c->out_bits,
                                         .in_bits = c->in_bits});
}

/* Only the chips of the mask hear it; afterwards chip select 0 is on again, for the flash. */
void API(esp_rom_spi_cmd_start)(int spi, uint8_t *in, uint16_t length, uint8_t chip_selects, bool is_write)
{
    uint32_t misc = MISC(spi);
    MISC(spi) = (misc | MISC_CS0_DIS | MISC_CS1_DIS) & ~(chip_selects & 3u);
    start(spi, CMD_USR | (is_write ? CMD_PE : 0));
    if (in)
        take_buffer(spi, in, length);
    MISC(spi) = misc;
}

void API(esp_rom_opiflash_exec_cmd)(int spi, int mode, uint32_t code, int command_bits, uint32_t address,
                                    int address_bits, int dummy_bits, uint8_t *out, int out_bits, uint8_t *in,
                                    int in_bits, uint32_t chip_selects, bool is_write)
{
    uint32_t ctrl = CTRL(spi), user = USER(spi), user1 = USER1(spi), user2 = USER2(spi), ddr = DDR(spi);
    API(esp_rom_spi_set_op_mode)(spi, mode);
    configure(spi, &(struct transaction){.command = code,
                                         .command_bits = (uint32_t)command_bits,
                                         .address = address,
                                         .address_bits = (uint32_t)address_bits,
                                         .dummy_bits = (uint32_t)dummy_bits,
                                         .out = out,
                                         .out_bits = (uint32_t)out_bits,
                                         .in_bits = (uint32_t)in_bits});
    API(esp_rom_spi_cmd_start)(spi, in, (uint16_t)((in_bits + 7) / 8), (uint8_t)chip_selects, is_write);
    CTRL(spi) = ctrl, USER(spi) = user, USER1(spi) = user1, USER2(spi) = user2, DDR(spi) = ddr;
}

void API(esp_rom_spi_set_dtr_swap_mode)(int spi, bool write_swap, bool read_swap)
{
    DDR(spi) = (DDR(spi) & ~(BIT(2) | BIT(3))) | (read_swap ? BIT(2) : 0) | (write_swap ? BIT(3) : 0);
}

void API(esp_rom_opiflash_legacy_driver_init)(const struct opi_commands *commands)
{
    rom_opiflash_cmd_def = commands;
}

static void opi(const struct opi_command *c, uint32_t address, const void *out, uint32_t out_bytes, void *in,
                uint32_t in_bytes)
{
    API(esp_rom_opiflash_exec_cmd)(1, c->mode, c->command, c->command_bits, address, c->address_bits, c->dummy_bits,
                                   (uint8_t *)out, (int)out_bytes * 8, in, (int)in_bytes * 8, BIT(0), c->is_write);
}

uint8_t API(esp_rom_opiflash_rdsr)(void)
{
    uint8_t status[2] = {0, 0};
    const struct opi_command *c = &rom_opiflash_cmd_def->read_status;
    opi(c, c->address, NULL, 0, status, c->data_bits > 8 ? 2 : 1);
    return status[0];
}

int API(esp_rom_opiflash_wait_idle)(void)
{
    while (API(esp_rom_opiflash_rdsr)() & SR1_WIP)
        ets_delay_us(20);
    return OK;
}

int API(esp_rom_opiflash_wren)(void *unused)
{
    (void)unused;
    API(esp_rom_opiflash_wait_idle)();
    const struct opi_command *c = &rom_opiflash_cmd_def->write_enable;
    opi(c, c->address, NULL, 0, NULL, 0);
    return API(esp_rom_opiflash_rdsr)() & SR1_WEL ? OK : ERROR;
}

int API(esp_rom_opiflash_read_id)(uint8_t *id)
{
    const struct opi_command *c = &rom_opiflash_cmd_def->read_id;
    opi(c, c->address, NULL, 0, id, 3);
    return OK;
}

static int opi_erase(const struct opi_command *c, uint32_t address)
{
    if (API(esp_rom_opiflash_wren)(NULL) != OK)
        return ERROR;
    opi(c, address, NULL, 0, NULL, 0);
    return API(esp_rom_opiflash_wait_idle)();
}

int API(esp_rom_opiflash_erase_sector)(uint32_t number)
{
    return opi_erase(&rom_opiflash_cmd_def->erase_sector, number * 0x1000);
}

int API(esp_rom_opiflash_erase_block_64k)(uint32_t number)
{
    return opi_erase(&rom_opiflash_cmd_def->erase_block, number * 0x10000);
}

int API(esp_rom_opiflash_erase_area)(uint32_t address, uint32_t length)
{
    if ((address | length) % 0x1000)
        return ERROR;
    while (length > 0) {
        bool whole = address % 0x10000 == 0 && length >= 0x10000;
        const struct opi_commands *all = rom_opiflash_cmd_def;
        if (opi_erase(whole ? &all->erase_block : &all->erase_sector, address) != OK)
            return ERROR;
        address += whole ? 0x10000 : 0x1000;
        length -= whole ? 0x10000 : 0x1000;
    }
    return OK;
}

int API(esp_rom_opiflash_read)(uint32_t address, void *to, int length)
{
    API(esp_rom_opiflash_wait_idle)();
    for (uint8_t *at = to; length > 0; at += SPI_BUFFER_BYTES, address += SPI_BUFFER_BYTES, length -= SPI_BUFFER_BYTES)
        opi(&rom_opiflash_cmd_def->read, address, NULL, 0, at, length < SPI_BUFFER_BYTES ? (uint32_t)length : SPI_BUFFER_BYTES);
    return OK;
}

int API(esp_rom_opiflash_write)(uint32_t address, const uint32_t *from, int length)
{
    const uint8_t *at = (const uint8_t *)from;
    while (length > 0) {
        uint32_t part = SPI_BUFFER_BYTES - address % SPI_BUFFER_BYTES;
        if (part > (uint32_t)length)
            part = (uint32_t)length;
        if (API(esp_rom_opiflash_wren)(NULL) != OK)
            return ERROR;
        opi(&rom_opiflash_cmd_def->program, address, at, part, NULL, 0);
        API(esp_rom_opiflash_wait_idle)();
        at += part;
        address += part;
        length -= (int)part;
    }
    return OK;
}

static int read_any(uint32_t address, void *to, int length) { return API(esp_rom_spiflash_read)(address, to, length); }
static int write_any(uint32_t address, const uint32_t *from, int length)
{
    return API(esp_rom_spiflash_write)(address, from, length);
}
static int write_encrypted(uint32_t address, const void *from, uint32_t length)
{
    return API(esp_rom_spiflash_write_encrypted)(address, from, length);
}
static int wait_for_idle(void) { return API(esp_rom_spiflash_wait_idle)(NULL); }

void openrom_flash_init(void)
{
    functions = (struct spiflash_functions){
        24,           24,       24,        24,
        SPI_BUFFER_BYTES, 32,       API(esp_rom_spiflash_unlock),
        API(esp_rom_spiflash_erase_sector), API(esp_rom_spiflash_erase_block), read_any, write_any, write_encrypted,
        NULL,         API(SPI_write_enable), wait_for_idle, API(SPIEraseArea),
    };
    rom_spiflash_legacy_data = &data;
    rom_spiflash_legacy_funcs = &functions;
    openrom_esp_flash_init();
    MISC(1) |= MISC_CS1_DIS;
    /* the second stage says how large the flash is */
    API(esp_rom_spiflash_config_param)(0, 0x200000, 0x10000, 0x1000, 0x100, 0xFFFF);
    command(RELEASE);
    wait_idle();
    API(esp_rom_spi_flash_update_id)();
}

void openrom_flash_take_size(void)
{
    uint32_t size_log2 = data.chip.device_id & 0xFF;
    if (size_log2 >= 0x14 && size_log2 <= 0x19)
        data.chip.chip_size = 1u << size_log2;
}
