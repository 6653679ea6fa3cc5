/* ESP-IDF's driver of flash chips that keep to common practice (spi_flash_chip_generic_, spi_flash_common_), and of
   GigaDevice's. Every step goes through the functions of the chip's driver and host, which may be others. */
#include "esp_flash.h"

#define NO_TIMEOUT UINT32_MAX
#define POLL_INTERVAL_US 20
#define HOST_INTERVAL_US 1
#define REGISTER_STATUS 1
#define PART_MAX 64
#define QE_IN_SR2 BIT(1)
#define QE_IN_BOTH BIT(9)
#define WRSR2 0x31
#define RESET_ENABLE 0x66
#define RESET 0x99
#define YIELD_WANTED BIT(0)
#define MANUFACTURER_GD 0xC8

typedef int write_status_function(struct flash *, uint32_t status);
typedef int read_status_function(struct flash *, uint32_t *status);

static int min(int a, int b) { return a < b ? a : b; }

/* A command that the chip did not take leaves it ready for the next. */
static bool ready(int error) { return error == ESP_OK || error == ESP_ERR_NOT_SUPPORTED; }

int API(spi_flash_chip_generic_probe)(struct flash *flash, uint32_t id)
{
    (void)flash, (void)id;
    return ESP_OK;
}

static int command(struct flash *flash, uint32_t code)
{
    struct flash_transaction t = {.command = (uint16_t)code};
    return flash->host->driver->command(flash->host, &t);
}

static int wait_idle(struct flash *flash) { return flash->driver->wait_idle(flash, flash->driver->timeouts->idle_us); }

int API(spi_flash_chip_generic_reset)(struct flash *flash)
{
    int error = command(flash, RESET_ENABLE);
    if (error == ESP_OK)
        error = command(flash, RESET);
    return error == ESP_OK ? wait_idle(flash) : error;
}

/* The last byte of the identification is the size's logarithm. */
int API(spi_flash_chip_generic_detect_size)(struct flash *flash, uint32_t *size)
{
    uint32_t product = flash->id & 0xFFFF;
    *size = 0;
    if (product == 0 || product == 0xFFFF)
        return ESP_ERR_FLASH_UNSUPPORTED_CHIP;
    *size = 1u << (flash->id & 0xFF);
    return ESP_OK;
}

/* Write enable, the erasure itself, and the time that the chip takes for it. */
static int begin_erase(struct flash *flash)
{
    int error = flash->driver->set_write_protect(flash, false);
    return error == ESP_OK ? wait_idle(flash) : error;
}
static int end_change(struct flash *flash, uint32_t timeout_us)
{
    flash->busy = 1;
    int error = flash->driver->wait_idle(flash, timeout_us);
    if (error == ESP_ERR_NOT_SUPPORTED)
        error = flash->driver->set_write_protect(flash, true);
    return error;
}

int API(spi_flash_chip_generic_erase_chip)(struct flash *flash)
{
    int error = begin_erase(flash);
    if (!ready(error))
        return error;
    flash->host->driver->erase_chip(flash->host);
    return end_change(flash, flash->driver->timeouts->erase_chip_us);
}
int API(spi_flash_chip_generic_erase_sector)(struct flash *flash, uint32_t address)
{
    int error = begin_erase(flash);
    if (!ready(error))
        return error;
    flash->host->driver->erase_sector(flash->host, address);
    return end_change(flash, flash->driver->timeouts->erase_sector_us);
}
int API(spi_flash_chip_generic_erase_block)(struct flash *flash, uint32_t address)
{
    int error = begin_erase(flash);
    if (!ready(error))
        return error;
    flash->host->driver->erase_block(flash->host, address);
    return end_change(flash, flash->driver->timeouts->erase_block_us);
}
int API(spi_flash_chip_generic_page_program)(struct flash *flash, const void *from, uint32_t address, uint32_t length)
{
    int error = wait_idle(flash);
    if (!ready(error))
        return error;
    flash->host->driver->program_page(flash->host, from, address, length);
    return end_change(flash, flash->driver->timeouts->program_page_us);
}

/* The host says how much goes at once, and from where: a little more on either side than was asked, maybe. */
int API(spi_flash_chip_generic_read)(struct flash *flash, void *to, uint32_t address, uint32_t length)
{
    uint8_t part[PART_MAX];
    int error = flash->driver->set_host_io_mode(flash, 0);
    for (uint8_t *next = to; error == ESP_OK && length > 0;) {
        uint32_t from;
        int size = flash->host->driver->slice_read(flash->host, address, length, &from, flash->driver->page_size);
        error = flash->host->driver->read(flash->host, part, from, (uint32_t)size);
        uint32_t before = address - from, taken = (uint32_t)min(size - (int)before, (int)length);
        memcpy(next, part + before, taken);
        next += taken;
        address += taken;
        length -= taken;
    }
    return error;
}

int API(spi_flash_chip_generic_write)(struct flash *flash, const void *data, uint32_t address, uint32_t length)
{
    uint8_t part[PART_MAX];
    for (const uint8_t *next = data; length > 0;) {
        uint32_t to;
        int size = flash->host->driver->slice_write(flash->host, address, length, &to, flash->driver->page_size);
        uint32_t before = address - to, taken = (uint32_t)min(size - (int)before, (int)length);
        memset(part, 0xFF, sizeof part);
        memcpy(part + before, next, taken);
        int error = flash->driver->set_write_protect(flash, false);
        if (error == ESP_OK)
            error = flash->driver->program_page(flash, part, to, (uint32_t)size);
        if (error != ESP_OK)
            return error;
        next += taken;
        address += taken;
        length -= taken;
    }
    return ESP_OK;
}

int API(spi_flash_chip_generic_set_write_protect)(struct flash *flash, bool protect)
{
    bool is_protected;
    if (ready(wait_idle(flash)))
        flash->host->driver->set_write_protect(flash->host, protect);
    int error = flash->driver->get_write_protect(flash, &is_protected);
    return error == ESP_OK && is_protected != protect ? ESP_ERR_NOT_FOUND : error;
}

int API(spi_flash_chip_generic_read_reg)(struct flash *flash, int which, uint32_t *value)
{
    (void)which;
    return flash->host->driver->read_status(flash->host, (uint8_t *)value);
}

int API(spi_flash_chip_generic_get_write_protect)(struct flash *flash, bool *is_protected)
{
    uint32_t status = 0;
    int error = flash->driver->read_register(flash, REGISTER_STATUS, &status);
    if (error == ESP_OK)
        *is_protected = !(status & SR1_WEL);
    return error;
}

int API(spi_flash_chip_generic_yield)(struct flash *flash, uint32_t busy)
{
    const struct flash_system *system = flash->system;
    uint32_t request = 0, status;
    if (!system->check_yield)
        return ESP_OK;
    int error = system->check_yield(flash->system_data, busy != 0, &request);
    if (error == ESP_ERR_TIMEOUT) /* nobody waits */
        return ESP_OK;
    return error == ESP_OK && request & YIELD_WANTED ? system->yield(flash->system_data, &status) : error;
}

/* Returns what is left of the time; one look is taken in any case. */
int API(spi_flash_generic_wait_host_idle)(struct flash *flash, uint32_t *timeout_us)
{
    while (!flash->host->driver->status(flash->host) && *timeout_us > 0) {
        flash->system->delay_us(flash->system_data, HOST_INTERVAL_US);
        *timeout_us -= HOST_INTERVAL_US;
    }
    return *timeout_us > 0 ? ESP_OK : ESP_ERR_TIMEOUT;
}

int API(spi_flash_chip_generic_wait_idle)(struct flash *flash, uint32_t timeout_us)
{
    bool for_ever = timeout_us == NO_TIMEOUT;
    uint32_t left = for_ever ? 1 : timeout_us + 1;
    while (left > 0) {
        uint32_t status = 0;
        if (API(spi_flash_generic_wait_host_idle)(flash, &left) != ESP_OK)
            break;
        int error = flash->driver->read_register(flash, REGISTER_STATUS, &status);
        if (error != ESP_OK)
            return error;
        if (!(status & SR1_WIP)) {
            bool refused = flash->busy && status & SR1_WEL; /* a change that was made takes the permission with it */
            flash->busy = 0;
            return refused ? ESP_ERR_NOT_SUPPORTED : ESP_OK;
        }
        uint32_t pause = left < POLL_INTERVAL_US ? left : POLL_INTERVAL_US;
        flash->system->delay_us(flash->system_data, for_ever ? POLL_INTERVAL_US : pause);
        left -= for_ever ? 0 : pause;
    }
    return ESP_ERR_TIMEOUT;
}

int API(spi_flash_chip_generic_config_host_io_mode)(struct flash *flash, uint32_t flags)
{
    static const struct {
        uint8_t command, dummy_cycles;
        bool bits_follow;
    } reads[] = {{0x03, 0, 0}, {0x0B, 8, 0}, {0x3B, 8, 0}, {0xBB, 4, 1}, {0x6B, 8, 0}, {0xEB, 6, 1}};
    uint32_t mode = IO_MODE(flash->read_mode);
    (void)flags;
    if (mode >= sizeof reads / sizeof reads[0])
        return ESP_ERR_FLASH_NOT_INITIALISED;
    return flash->host->driver->set_io_mode(flash->host, reads[mode].command, 24, reads[mode].dummy_cycles,
                                            flash->read_mode | (reads[mode].bits_follow ? IO_MODE_BITS_FOLLOW : 0));
}

/* Status registers, for the bit that turns WP and HD into data lines. */
static int read_status(struct flash *flash, uint32_t code, uint32_t *status)
{
    uint32_t value = 0;
    struct flash_transaction t = {.command = (uint16_t)code, .in = (uint8_t *)&value, .in_length = 1};
    int error = flash->host->driver->command(flash->host, &t);
    *status = value;
    return error;
}
static int write_status(struct flash *flash, uint32_t code, uint32_t bytes, uint32_t status)
{
    struct flash_transaction t = {
        .command = (uint16_t)code, .out = (const uint8_t *)&status, .out_length = (uint8_t)bytes};
    return flash->host->driver->command(flash->host, &t);
}

int API(spi_flash_common_read_status_8b_rdsr)(struct flash *flash, uint32_t *status)
{
    return read_status(flash, RDSR, status);
}
int API(spi_flash_common_read_status_8b_rdsr2)(struct flash *flash, uint32_t *status)
{
    return read_status(flash, RDSR2, status);
}
int API(spi_flash_common_read_status_16b_rdsr_rdsr2)(struct flash *flash, uint32_t *status)
{
    uint32_t low, high;
    int error = read_status(flash, RDSR2, &high);
    if (error == ESP_OK)
        error = read_status(flash, RDSR, &low);
    if (error == ESP_OK)
        *status = high << 8 | low;
    return error;
}
int API(spi_flash_common_write_status_8b_wrsr)(struct flash *flash, uint32_t status)
{
    return write_status(flash, WRSR, 1, status);
}
int API(spi_flash_common_write_status_8b_wrsr2)(struct flash *flash, uint32_t status)
{
    return write_status(flash, WRSR2, 1, status);
}
int API(spi_flash_common_write_status_16b_wrsr)(struct flash *flash, uint32_t status)
{
    return write_status(flash, WRSR, 2, status);
}

/* Only ever set: chips are known whose quad bit must not be cleared. */
int API(spi_flash_common_set_io_mode)(struct flash *flash, write_status_function *write, read_status_function *read,
                                      uint32_t quad_bit)
{
    uint32_t mode = IO_MODE(flash->read_mode), before, after;
    if (mode != IO_QOUT && mode != IO_QIO)
        return ESP_OK;
    int error = read(flash, &before);
    if (error != ESP_OK || before & quad_bit)
        return error;
    flash->driver->set_write_protect(flash, false);
    error = write(flash, before | quad_bit);
    if (error == ESP_OK)
        error = wait_idle(flash);
    if (error != ESP_OK)
        flash->driver->set_write_protect(flash, true);
    if (!ready(error))
        return error;
    error = read(flash, &after);
    return error == ESP_OK && after != (before | quad_bit) ? ESP_ERR_FLASH_NO_RESPONSE : error;
}

int API(spi_flash_chip_generic_set_io_mode)(struct flash *flash)
{
    return API(spi_flash_common_set_io_mode)(flash, API(spi_flash_common_write_status_16b_wrsr),
                                             API(spi_flash_common_read_status_16b_rdsr_rdsr2), QE_IN_BOTH);
}

int API(spi_flash_chip_generic_get_io_mode)(struct flash *flash, uint32_t *mode)
{
    uint32_t status;
    int error = API(spi_flash_common_read_status_8b_rdsr2)(flash, &status);
    if (error == ESP_OK)
        *mode = status & QE_IN_SR2 ? IO_QOUT : 0;
    return error;
}

int API(spi_flash_chip_gd_probe)(struct flash *flash, uint32_t id)
{
    (void)flash;
    uint32_t product = id >> 8 & 0xFF;
    return id >> 16 == MANUFACTURER_GD && (product == 0x40 || product == 0x60) ? ESP_OK : ESP_ERR_NOT_FOUND;
}

/* Small ones and those of 1.8 V have no command of their own for the second register. */
int API(spi_flash_chip_gd_set_io_mode)(struct flash *flash)
{
    if ((flash->id >> 8 & 0xFF) == 0x60 || (flash->id & 0xFF) <= 0x15)
        return API(spi_flash_chip_generic_set_io_mode)(flash);
    return API(spi_flash_common_set_io_mode)(flash, API(spi_flash_common_write_status_8b_wrsr2),
                                             API(spi_flash_common_read_status_8b_rdsr2), QE_IN_SR2);
}
int API(spi_flash_chip_gd_get_io_mode)(struct flash *flash, uint32_t *mode)
{
    return API(spi_flash_chip_generic_get_io_mode)(flash, mode);
}
