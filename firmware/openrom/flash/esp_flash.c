/* ESP-IDF's flash interface (esp_flash_): arguments checked, the system told, the work left to the chip's driver. */
#include "esp_flash.h"

#define READ_MAX 0x4000 /* at once: then others may have the bus */
#define WRITE_MAX 0x2000
#define DRAM_FIRST 0x3FC80000u
#define DRAM_LAST 0x3FD00000u

bool API(esp_flash_chip_driver_initialized)(const struct flash *flash) { return flash->driver != NULL; }

static int start(struct flash *flash)
{
    const struct flash_system *system = flash->system;
    int error = system && system->start ? system->start(flash->system_data, 0) : ESP_OK;
    if (error == ESP_OK)
        flash->host->driver->configure(flash->host);
    return error;
}

static int end(struct flash *flash, int error)
{
    const struct flash_system *system = flash->system;
    int own = system && system->end ? system->end(flash->system_data) : ESP_OK;
    return error == ESP_OK ? own : error;
}

static int check(struct flash **flash)
{
    if (*flash == NULL)
        *flash = esp_flash_default_chip;
    return *flash && (*flash)->driver ? ESP_OK : ESP_ERR_FLASH_NOT_INITIALISED;
}

/* The caches have to forget what was changed before anybody reads through them. */
static int end_and_flush(struct flash *flash, int error, bool started, uint32_t address, uint32_t length)
{
    if (!started) {
        int own = esp_flash_api_funcs->start(flash);
        if (own != ESP_OK)
            return error == ESP_OK ? own : error;
    }
    if (flash->host->driver->flush_cache) {
        int own = flash->host->driver->flush_cache(flash->host, address, length);
        if (error == ESP_OK)
            error = own;
    }
    return esp_flash_api_funcs->end(flash, error);
}

static const struct flash_steps steps = {start, end, check, end_and_flush};
void openrom_esp_flash_init(void) { esp_flash_api_funcs = &steps; }

/* One call of the driver, between start and end. */
#define BETWEEN_STEPS(flash, call)                                                                                     \
    ({                                                                                                                 \
        int error_ = esp_flash_api_funcs->start(flash);                                                                \
        error_ == ESP_OK ? esp_flash_api_funcs->end(flash, call) : error_;                                             \
    })

/* Returns from the function unless the chip is known and its driver has the operation. */
#define NEED(flash, operation)                                                                                         \
    do {                                                                                                               \
        int error_ = esp_flash_api_funcs->check(&(flash));                                                             \
        if (error_ != ESP_OK)                                                                                          \
            return error_;                                                                                             \
        if ((flash)->driver->operation == NULL)                                                                        \
            return ESP_ERR_FLASH_UNSUPPORTED_CHIP;                                                                     \
    } while (0)

static bool within(const struct flash *flash, uint32_t address, uint32_t length)
{
    return address <= flash->size && length <= flash->size - address;
}

static int may_change(struct flash *flash, uint32_t address, uint32_t length)
{
    const struct flash_system *system = flash->system;
    if (!system || !system->check_region || system->check_region(flash->system_data, address, length) == ESP_OK)
        return ESP_OK;
    return ESP_ERR_INVALID_ARG;
}

/* Before a driver is known as well: by this one it is found. */
int API(esp_flash_read_id)(struct flash *flash, uint32_t *id)
{
    int error = esp_flash_api_funcs->check(&flash);
    if (error != ESP_OK && (error != ESP_ERR_FLASH_NOT_INITIALISED || flash == NULL))
        return error;
    if (id == NULL)
        return ESP_ERR_INVALID_ARG;
    return BETWEEN_STEPS(flash, flash->host->driver->read_id(flash->host, id));
}
int API(esp_flash_read_chip_id)(struct flash *flash, uint32_t *id) { return API(esp_flash_read_id)(flash, id); }

int API(esp_flash_get_size)(struct flash *flash, uint32_t *size)
{
    NEED(flash, detect_size);
    if (size == NULL)
        return ESP_ERR_INVALID_ARG;
    if (flash->size != 0) {
        *size = flash->size;
        return ESP_OK;
    }
    uint32_t found = 0;
    int error = BETWEEN_STEPS(flash, flash->driver->detect_size(flash, &found));
    if (error == ESP_OK)
        flash->size = *size = found;
    return error;
}

int API(rom_esp_flash_erase_region)(struct flash *flash, uint32_t address, uint32_t length)
{
    NEED(flash, erase_sector);
    NEED(flash, erase_block);
    int error = may_change(flash, address, length);
    if (error != ESP_OK)
        return error;
    const struct flash_driver *driver = flash->driver;
    uint32_t sector = driver->sector_size, block = driver->block_size;
    if (sector == 0 || block % sector != 0)
        return ESP_ERR_FLASH_NOT_INITIALISED;
    if (!within(flash, address, length) || (address | length) % sector != 0)
        return ESP_ERR_INVALID_ARG;
    if (driver->get_protected && driver->region_count > 0) {
        uint64_t which = 0;
        error = BETWEEN_STEPS(flash, driver->get_protected(flash, &which));
        for (uint32_t i = 0; error == ESP_OK && i < driver->region_count; i++) {
            const struct flash_region *region = &driver->regions[i];
            if (which >> i & 1 && address < region->offset + region->size && region->offset < address + length)
                error = ESP_ERR_FLASH_PROTECTED;
        }
        if (error != ESP_OK)
            return error;
    }
    bool started = false;
    for (uint32_t at = address, left = length; left > 0;) {
        if (driver->yield && (error = driver->yield(flash, 0)) != ESP_OK)
            return error;
        error = esp_flash_api_funcs->start(flash);
        if (error != ESP_OK)
            break;
        started = true;
        bool whole = block > 0 && left >= block && at % block == 0;
        error = whole ? driver->erase_block(flash, at) : driver->erase_sector(flash, at);
        at += whole ? block : sector;
        left -= whole ? block : sector;
        if (error != ESP_OK || left == 0)
            break;
        started = false;
        error = esp_flash_api_funcs->end(flash, ESP_OK);
        if (error != ESP_OK)
            break;
    }
    return esp_flash_api_funcs->end_and_flush(flash, error, started, address, length);
}

int API(esp_flash_erase_chip)(struct flash *flash)
{
    uint32_t size;
    int error = API(esp_flash_get_size)(flash, &size);
    return error == ESP_OK ? API(rom_esp_flash_erase_region)(flash, 0, size) : error;
}

int API(esp_flash_get_chip_write_protect)(struct flash *flash, bool *is_protected)
{
    NEED(flash, get_write_protect);
    if (is_protected == NULL)
        return ESP_ERR_INVALID_ARG;
    return BETWEEN_STEPS(flash, flash->driver->get_write_protect(flash, is_protected));
}

int API(esp_flash_set_chip_write_protect)(struct flash *flash, bool protect)
{
    NEED(flash, set_write_protect);
    return BETWEEN_STEPS(flash, flash->driver->set_write_protect(flash, protect));
}

int API(esp_flash_get_protectable_regions)(struct flash *flash, const struct flash_region **regions, uint32_t *count)
{
    if (count)
        *count = 0;
    NEED(flash, get_protected);
    if (regions == NULL || count == NULL)
        return ESP_ERR_INVALID_ARG;
    *count = flash->driver->region_count;
    *regions = flash->driver->regions;
    return ESP_OK;
}

static int find_region(const struct flash *flash, const struct flash_region *wanted, uint32_t *index)
{
    if (wanted == NULL)
        return ESP_ERR_INVALID_ARG;
    for (uint32_t i = 0; i < flash->driver->region_count; i++) {
        const struct flash_region *region = &flash->driver->regions[i];
        if (region->offset == wanted->offset && region->size == wanted->size) {
            *index = i;
            return ESP_OK;
        }
    }
    return ESP_ERR_NOT_FOUND;
}

int API(esp_flash_get_protected_region)(struct flash *flash, const struct flash_region *region, bool *is_protected)
{
    NEED(flash, get_protected);
    if (is_protected == NULL)
        return ESP_ERR_INVALID_ARG;
    uint32_t index = 0;
    uint64_t which = 0;
    int error = find_region(flash, region, &index);
    if (error == ESP_OK)
        error = BETWEEN_STEPS(flash, flash->driver->get_protected(flash, &which));
    if (error == ESP_OK)
        *is_protected = which >> index & 1;
    return error;
}

static int change_protection(struct flash *flash, uint32_t index, bool protect)
{
    uint64_t which = 0;
    int error = flash->driver->get_protected(flash, &which);
    if (error != ESP_OK)
        return error;
    which = protect ? which | 1ull << index : which & ~(1ull << index);
    return flash->driver->set_protected(flash, which);
}

int API(esp_flash_set_protected_region)(struct flash *flash, const struct flash_region *region, bool protect)
{
    NEED(flash, set_protected);
    uint32_t index = 0;
    int error = find_region(flash, region, &index);
    return error == ESP_OK ? BETWEEN_STEPS(flash, change_protection(flash, index, protect)) : error;
}

static bool in_dram(const void *at) { return (uint32_t)at >= DRAM_FIRST && (uint32_t)at < DRAM_LAST; }

int API(esp_flash_read)(struct flash *flash, void *to, uint32_t address, uint32_t length)
{
    NEED(flash, read);
    if (to == NULL || !within(flash, address, length))
        return ESP_ERR_INVALID_ARG;
    if (length == 0)
        return ESP_OK;
    const struct flash_system *system = flash->system;
    uint32_t part_max = length < READ_MAX ? length : READ_MAX;
    uint8_t *between = NULL; /* while the caches are off PSRAM is out of reach */
    if (!in_dram(to) && !flash->host->driver->can_read_to(flash->host, to)) {
        if (system && system->get_buffer)
            between = system->get_buffer(flash->system_data, part_max, &part_max);
        if (between == NULL)
            return ESP_ERR_NO_MEM;
    }
    int error = ESP_OK;
    for (uint8_t *next = to; error == ESP_OK && length > 0;) {
        uint32_t part = length < part_max ? length : part_max;
        error = BETWEEN_STEPS(flash, flash->driver->read(flash, between ? between : next, address, part));
        if (error == ESP_OK && between)
            memcpy(next, between, part);
        next += part;
        address += part;
        length -= part;
    }
    if (between && system->release_buffer)
        system->release_buffer(flash->system_data, between);
    return error;
}

int API(rom_esp_flash_write)(struct flash *flash, const void *data, uint32_t address, uint32_t length)
{
    NEED(flash, write);
    int error = may_change(flash, address, length);
    if (error != ESP_OK)
        return error;
    if (data == NULL || !within(flash, address, length))
        return ESP_ERR_INVALID_ARG;
    if (length == 0)
        return ESP_OK;
    bool direct = in_dram(data) || flash->host->driver->can_write_from(flash->host, data), started = false;
    uint32_t between[32]; /* as above */
    const uint8_t *next = data;
    for (uint32_t at = address, left = length; left > 0;) {
        uint32_t part_max = direct ? WRITE_MAX : sizeof between, part = left < part_max ? left : part_max;
        if (!direct)
            memcpy(between, next, part);
        if (flash->driver->yield && (error = flash->driver->yield(flash, 0)) != ESP_OK)
            return error;
        error = esp_flash_api_funcs->start(flash);
        if (error != ESP_OK)
            break;
        started = true;
        error = flash->driver->write(flash, direct ? (const void *)next : between, at, part);
        next += part;
        at += part;
        left -= part;
        if (error != ESP_OK || left == 0)
            break;
        started = false;
        error = esp_flash_api_funcs->end(flash, ESP_OK);
        if (error != ESP_OK)
            break;
    }
    return esp_flash_api_funcs->end_and_flush(flash, error, started, address, length);
}

int API(esp_flash_get_io_mode)(struct flash *flash, bool *is_quad)
{
    uint32_t mode = 0;
    NEED(flash, get_io_mode);
    int error = BETWEEN_STEPS(flash, flash->driver->get_io_mode(flash, &mode));
    if (error == ESP_OK)
        *is_quad = mode == IO_QOUT;
    return error;
}

int API(esp_flash_set_io_mode)(struct flash *flash, bool quad)
{
    NEED(flash, set_io_mode);
    flash->read_mode = quad ? IO_QOUT : IO_SLOWRD;
    return BETWEEN_STEPS(flash, flash->driver->set_io_mode(flash));
}
