/* ESP-IDF's host driver of flash for SPI1, the controller that the caches leave alone (spi_flash_hal_, memspi_host_). */
#include "esp_flash.h"

#define HOST_REG(host, offset) REG((host)->registers + (offset))
#define HOST_CMD(host) HOST_REG(host, 0x00)
#define HOST_ADDR(host) HOST_REG(host, 0x04)
#define HOST_CTRL(host) HOST_REG(host, 0x08)
#define HOST_CTRL2(host) HOST_REG(host, 0x10)
#define HOST_CLOCK(host) HOST_REG(host, 0x14)
#define HOST_USER(host) HOST_REG(host, 0x18)
#define HOST_USER1(host) HOST_REG(host, 0x1C)
#define HOST_USER2(host) HOST_REG(host, 0x20)
#define HOST_MOSI_DLEN(host) HOST_REG(host, 0x24)
#define HOST_MISO_DLEN(host) HOST_REG(host, 0x28)
#define HOST_MISC(host) HOST_REG(host, 0x34)
#define HOST_FSM(host) HOST_REG(host, 0x54)
#define HOST_W(host, n) HOST_REG(host, 0x58 + 4 * (n))

#define CMD_FLASH_WREN BIT(30)
#define CMD_FLASH_WRDI BIT(29)
#define CMD_FLASH_PP BIT(25)
#define CMD_FLASH_SE BIT(24)
#define CMD_FLASH_BE BIT(23)
#define CMD_FLASH_CE BIT(22)
#define FSM_STATE 7u
#define ADDRESS_BITS_S 26
#define DUMMY_CYCLES 0x3Fu
#define SLICE_ALIGN 16u

static void set_field(volatile uint32_t *word, uint32_t mask, uint32_t value) { *word = (*word & ~mask) | value; }
static void set_flag(volatile uint32_t *word, uint32_t flag, bool on) { set_field(word, flag, on ? flag : 0); }

static void set_address_bits(struct flash_host *host, uint32_t bits)
{
    set_flag(&HOST_USER(host), USER_ADDR, bits != 0);
    set_field(&HOST_USER1(host), 0x3Fu << ADDRESS_BITS_S, (bits - 1) << ADDRESS_BITS_S);
}

static void set_dummy(struct flash_host *host, uint32_t cycles)
{
    set_flag(&HOST_USER(host), USER_DUMMY, cycles != 0);
    set_field(&HOST_USER1(host), DUMMY_CYCLES, (cycles - 1) & DUMMY_CYCLES);
}

static void set_lengths(struct flash_host *host, uint32_t out, uint32_t in)
{
    set_flag(&HOST_USER(host), USER_MOSI, out != 0);
    HOST_MOSI_DLEN(host) = out ? out * 8 - 1 : 0;
    set_flag(&HOST_USER(host), USER_MISO, in != 0);
    HOST_MISO_DLEN(host) = in ? in * 8 - 1 : 0;
}

static void put_data(struct flash_host *host, const uint8_t *from, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 4) {
        uint32_t word = 0;
        memcpy(&word, from + at, length - at < 4 ? length - at : 4);
        HOST_W(host, at / 4) = word;
    }
}

static void take_data(struct flash_host *host, uint8_t *to, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 4) {
        uint32_t word = HOST_W(host, at / 4);
        memcpy(to + at, &word, length - at < 4 ? length - at : 4);
    }
}

static void command_and_wait(struct flash_host *host, uint32_t bits)
{
    HOST_CMD(host) = bits;
    host->driver->poll_done(host);
}

void API(spi_flash_hal_poll_cmd_done)(struct flash_host *host)
{
    while (HOST_CMD(host) != 0) {
    }
}

uint32_t API(spi_flash_hal_host_idle)(struct flash_host *host) { return (HOST_FSM(host) & FSM_STATE) == 0; }

int API(spi_flash_hal_device_config)(struct flash_host *host)
{
    HOST_USER(host) = 0;
    HOST_CTRL(host) = 0;
    set_flag(&HOST_MISC(host), MISC_CS0_DIS, host->chip_select != 0);
    set_flag(&HOST_MISC(host), MISC_CS1_DIS, host->chip_select != 1);
    HOST_CLOCK(host) = host->clock;
    set_flag(&HOST_USER(host), USER_CS_HOLD, host->cs_hold != 0);
    if (host->cs_hold)
        set_field(&HOST_CTRL2(host), 0x1Fu << 5, (host->cs_hold - 1u) << 5);
    return ESP_OK;
}

static uint32_t read_mode_bits(uint32_t mode)
{
    switch (mode) {
    case IO_QIO: return CTRL_FASTRD_MODE | CTRL_FREAD_QIO;
    case IO_QOUT: return CTRL_FASTRD_MODE | CTRL_FREAD_QUAD;
    case IO_DIO: return CTRL_FASTRD_MODE | CTRL_FREAD_DIO;
    case IO_DOUT: return CTRL_FASTRD_MODE | CTRL_FREAD_DUAL;
    case IO_FASTRD: return CTRL_FASTRD_MODE;
    case IO_OPI_STR:
    case IO_OPI_DTR: return CTRL_OCTAL;
    default: return 0;
    }
}

int API(spi_flash_hal_configure_host_io_mode)(struct flash_host *host, uint32_t command, uint32_t address_bits,
                                              int dummy_cycles, uint32_t mode)
{
    uint32_t ctrl = HOST_CTRL(host) & ~(CTRL_READ_MODES | CTRL_FDUMMY_OUT);
    /* while no line is meant to be driven it rests high */
    ctrl |= read_mode_bits(IO_MODE(mode)) | CTRL_D_POL | CTRL_Q_POL;
    HOST_CTRL(host) = ctrl | (mode & IO_MODE_BITS_FOLLOW ? CTRL_FDUMMY_OUT : 0);
    HOST_USER(host) |= USER_COMMAND;
    HOST_USER2(host) = (command >= 0x100 ? 15u : 7u) << 28 | command;
    set_address_bits(host, address_bits);
    set_dummy(host, (uint32_t)dummy_cycles + host->extra_dummy);
    set_lengths(host, 0, 0);
    return ESP_OK;
}

int API(spi_flash_hal_common_command)(struct flash_host *host, struct flash_transaction *t)
{
    uint32_t mode = t->flags & TRANSACTION_OWN_MODE ? t->mode : host->base_mode;
    host->driver->set_io_mode(host, t->command, t->address_bits, t->dummy_cycles, mode);
    HOST_ADDR(host) = t->address;
    if (t->in_length == 0)
        set_dummy(host, t->dummy_cycles); /* the rest is for answers that come late */
    set_lengths(host, t->out_length, t->in_length);
    put_data(host, t->out, t->out_length);
    command_and_wait(host, CMD_USR | (t->flags & TRANSACTION_CHANGES_FLASH ? CMD_PE : 0));
    take_data(host, t->in, t->in_length);
    return ESP_OK;
}

/* After configure_host_io_mode. */
int API(spi_flash_hal_read)(struct flash_host *host, void *to, uint32_t address, uint32_t length)
{
    HOST_ADDR(host) = address;
    set_lengths(host, 0, length);
    command_and_wait(host, CMD_USR);
    take_data(host, to, length);
    return ESP_OK;
}

/* Commands that the controller knows by itself. */
static void known_command(struct flash_host *host, uint32_t bits, uint32_t address)
{
    HOST_CTRL(host) = 0;
    set_address_bits(host, 24);
    HOST_ADDR(host) = address;
    command_and_wait(host, bits);
}

void API(spi_flash_hal_erase_chip)(struct flash_host *host)
{
    HOST_CTRL(host) = 0;
    command_and_wait(host, CMD_FLASH_CE);
}
void API(spi_flash_hal_erase_sector)(struct flash_host *host, uint32_t address)
{
    known_command(host, CMD_FLASH_SE, address & 0xFFFFFF);
}
void API(spi_flash_hal_erase_block)(struct flash_host *host, uint32_t address)
{
    known_command(host, CMD_FLASH_BE, address & 0xFFFFFF);
}
void API(spi_flash_hal_program_page)(struct flash_host *host, const void *from, uint32_t address, uint32_t length)
{
    put_data(host, from, length);
    set_dummy(host, 0);
    known_command(host, CMD_FLASH_PP, (address & 0xFFFFFF) | length << 24);
}
int API(spi_flash_hal_set_write_protect)(struct flash_host *host, bool protect)
{
    HOST_CTRL(host) = 0;
    command_and_wait(host, protect ? CMD_FLASH_WRDI : CMD_FLASH_WREN);
    return ESP_OK;
}

/* The same by commands that any host can send. */
static int send(struct flash_host *host, uint32_t command)
{
    struct flash_transaction t = {.command = (uint16_t)command};
    return host->driver->command(host, &t);
}
static void send_at(struct flash_host *host, uint32_t command, uint32_t address, const void *out, uint32_t out_length)
{
    struct flash_transaction t = {.command = (uint16_t)command,
                                  .address_bits = 24,
                                  .address = address,
                                  .out = out,
                                  .out_length = (uint8_t)out_length};
    host->driver->command(host, &t);
}

void API(memspi_host_erase_chip)(struct flash_host *host) { send(host, ERASE_CHIP); }
void API(memspi_host_erase_sector)(struct flash_host *host, uint32_t address)
{
    send_at(host, ERASE_SECTOR, address, NULL, 0);
}
void API(memspi_host_erase_block)(struct flash_host *host, uint32_t address)
{
    send_at(host, ERASE_BLOCK, address, NULL, 0);
}
void API(memspi_host_program_page)(struct flash_host *host, const void *from, uint32_t address, uint32_t length)
{
    send_at(host, PROGRAM, address, from, length);
}
int API(memspi_host_set_write_protect)(struct flash_host *host, bool protect)
{
    return send(host, protect ? WRDI : WREN);
}

int API(memspi_host_read)(struct flash_host *host, void *to, uint32_t address, uint32_t length)
{
    struct flash_transaction t = {
        .command = READ, .address_bits = 24, .address = address, .in = to, .in_length = (uint8_t)length};
    return host->driver->command(host, &t);
}

int API(memspi_host_read_id_hs)(struct flash_host *host, uint32_t *id)
{
    uint8_t raw[3] = {0};
    struct flash_transaction t = {.command = RDID, .in = raw, .in_length = sizeof raw};
    host->driver->command(host, &t);
    uint32_t found = (uint32_t)raw[0] << 16 | (uint32_t)raw[1] << 8 | raw[2];
    if (found == 0 || found == 0xFFFFFF)
        return ESP_ERR_FLASH_NO_RESPONSE;
    *id = found;
    return ESP_OK;
}

int API(memspi_host_read_status_hs)(struct flash_host *host, uint8_t *status)
{
    uint32_t raw = 0;
    struct flash_transaction t = {.command = RDSR, .in = (uint8_t *)&raw, .in_length = 1};
    int error = host->driver->command(host, &t);
    if (error == ESP_OK)
        *status = (uint8_t)raw;
    return error;
}

/* What the caches hold of a place is old after a write to it. */
int API(memspi_host_flush_cache)(struct flash_host *host, uint32_t address, uint32_t length)
{
    (void)host;
    spi_flash_check_and_flush_cache(address, length);
    return ESP_OK;
}

/* Whole lines of 16 bytes around what is wanted, within a page: what flash encryption needs too. */
static int slice(uint32_t address, uint32_t length, uint32_t *aligned, uint32_t page)
{
    *aligned = address & ~(SLICE_ALIGN - 1);
    uint32_t size = ((address + length + SLICE_ALIGN - 1) & ~(SLICE_ALIGN - 1)) - *aligned;
    uint32_t left = page - *aligned % page;
    size = size < left ? size : left;
    return (int)(size < SPI_BUFFER_BYTES ? size : SPI_BUFFER_BYTES);
}

int API(memspi_host_read_data_slicer)(struct flash_host *host, uint32_t address, uint32_t length, uint32_t *aligned,
                                      uint32_t page)
{
    (void)host;
    return slice(address, length, aligned, page);
}

int API(memspi_host_write_data_slicer)(struct flash_host *host, uint32_t address, uint32_t length, uint32_t *aligned,
                                       uint32_t page)
{
    (void)host;
    return slice(address, length, aligned, page);
}
