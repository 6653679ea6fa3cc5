/* ESP-IDF's flash driver before its flash component (its releases to 4, rom/spi_flash.h): bytes at any address by the
   functions of the table for words, each between start and end of a guard that an operating system hands over. While
   the guard is held, caches may be off: memory behind them is touched outside. */
#include "esp_flash.h"

#define SECTOR 0x1000u
#define BLOCK 0x10000u
#define READ_MAX 0x4000u /* how much under one guard */
#define WRITE_MAX 0x2000u
#define DRAM_LOW 0x3FC80000u
#define DRAM_HIGH 0x3FD00000u

struct guard { /* spi_flash_guard_funcs_t; the others are for callers */
    void (*start)(void);
    void (*end)(void);
};

static const struct guard *guard;
static bool (*is_safe_to_write)(uint32_t address, uint32_t length);
static bool is_unlocked;

bool API(spi_flash_check_and_flush_cache)(uint32_t offset, uint32_t length);

void API(spi_flash_guard_set)(const struct guard *functions) { guard = functions; }
const struct guard *API(spi_flash_guard_get)(void) { return guard; }

void API(spi_flash_safe_write_address_func_set)(bool (*function)(uint32_t address, uint32_t length))
{
    is_safe_to_write = function;
}

uint32_t API(spi_flash_get_chip_size)(void) { return rom_spiflash_legacy_data->chip.chip_size; }

static void guard_start(void)
{
    if (guard)
        guard->start();
}

static void guard_end(void)
{
    if (guard)
        guard->end();
}

static int error_of(int result)
{
    if (result == OK)
        return ESP_OK;
    return result == TIMEOUT ? ESP_ERR_FLASH_OP_TIMEOUT : ESP_ERR_FLASH_OP_FAIL;
}

static bool is_safe(uint32_t address, uint32_t length)
{
    return is_safe_to_write == NULL || is_safe_to_write(address, length);
}

static bool is_in_chip(uint32_t address, uint32_t length)
{
    uint32_t size = rom_spiflash_legacy_data->chip.chip_size;
    return length <= size && address <= size - length;
}

static bool is_in_dram(const void *at) { return (uintptr_t)at >= DRAM_LOW && (uintptr_t)at < DRAM_HIGH; }

/* Once; later calls find it done. */
int API(spi_flash_unlock)(void)
{
    if (is_unlocked)
        return ESP_OK;
    guard_start();
    int error = error_of(rom_spiflash_legacy_funcs->unlock());
    guard_end();
    is_unlocked = error == ESP_OK;
    return error;
}

static void forget_cached(uint32_t address, uint32_t length)
{
    guard_start();
    API(spi_flash_check_and_flush_cache)(address, length);
    guard_end();
}

/* By blocks where more than one is left, as the chip's does: a last whole one goes by sectors. */
int API(spi_flash_erase_range)(uint32_t address, uint32_t length)
{
    if (!is_safe(address, length) || address % SECTOR)
        return ESP_ERR_INVALID_ARG;
    if (length % SECTOR || !is_in_chip(address, length))
        return ESP_ERR_INVALID_SIZE;
    int error = API(spi_flash_unlock)();
    uint32_t end = address + length;
    for (uint32_t at = address; error == ESP_OK && at < end;) {
        bool whole = at % BLOCK == 0 && end - at > BLOCK;
        guard_start();
        error = error_of(whole ? rom_spiflash_legacy_funcs->erase_block(at / BLOCK)
                               : rom_spiflash_legacy_funcs->erase_sector(at / SECTOR));
        guard_end();
        at += whole ? BLOCK : SECTOR;
    }
    forget_cached(address, length);
    return error;
}

int API(spi_flash_erase_sector)(uint32_t sector) { return API(spi_flash_erase_range)(sector * SECTOR, SECTOR); }

static int write_words(uint32_t address, const uint32_t *from, uint32_t length)
{
    guard_start();
    int error = error_of(rom_spiflash_legacy_funcs->write(address, from, (int)length));
    guard_end();
    return error;
}

/* Bytes of one word; those around them stay: programming ones changes nothing. */
static int write_in_word(uint32_t address, const uint8_t *from, uint32_t length)
{
    uint32_t word = UINT32_MAX;
    memcpy((uint8_t *)&word + address % 4, from, length);
    return write_words(address & ~3u, &word, 4);
}

int API(spi_flash_write)(uint32_t address, const void *from, uint32_t length)
{
    if (!is_safe(address, length))
        return ESP_ERR_INVALID_ARG;
    if (!is_in_chip(address, length))
        return ESP_ERR_INVALID_SIZE;
    if (length == 0)
        return ESP_OK;
    const uint8_t *in = from;
    uint32_t at = address, left = length;
    int error = API(spi_flash_unlock)();
    while (error == ESP_OK && left > 0) {
        uint32_t part;
        if (at % 4 || left < 4) {
            part = 4 - at % 4 < left ? 4 - at % 4 : left;
            error = write_in_word(at, in, part);
        } else if (is_in_dram(in) && (uintptr_t)in % 4 == 0) {
            part = left < WRITE_MAX ? left & ~3u : WRITE_MAX;
            error = write_words(at, (const uint32_t *)in, part);
        } else {
            uint32_t words[8];
            part = left < sizeof words ? left & ~3u : sizeof words;
            memcpy(words, in, part);
            error = write_words(at, words, part);
        }
        at += part;
        in += part;
        left -= part;
    }
    forget_cached(address, length);
    return error;
}

int API(spi_flash_read)(uint32_t address, void *to, uint32_t length)
{
    if (length == 0)
        return ESP_OK;
    if (!is_in_chip(address, length))
        return ESP_ERR_INVALID_SIZE;
    uint8_t *out = to;
    uint32_t under_guard = 0;
    int error = ESP_OK;
    guard_start();
    while (error == ESP_OK && length > 0) {
        if (under_guard >= READ_MAX) {
            guard_end();
            guard_start();
            under_guard = 0;
        }
        uint32_t part, skip = address % 4;
        if (is_in_dram(out) && skip == 0 && (uintptr_t)out % 4 == 0 && length >= 4) {
            part = length & ~3u;
            if (part > READ_MAX - under_guard)
                part = READ_MAX - under_guard;
            error = error_of(rom_spiflash_legacy_funcs->read(address, out, (int)part));
        } else {
            uint32_t words[8];
            part = length < sizeof words - skip ? length : sizeof words - skip;
            error = error_of(rom_spiflash_legacy_funcs->read(address - skip, words, (int)((skip + part + 3) & ~3u)));
            bool behind_cache = !is_in_dram(out);
            if (behind_cache)
                guard_end();
            if (error == ESP_OK)
                memcpy(out, (uint8_t *)words + skip, part);
            if (behind_cache)
                guard_start();
        }
        address += part;
        out += part;
        length -= part;
        under_guard += part;
    }
    guard_end();
    return error;
}
