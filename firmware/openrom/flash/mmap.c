/* ESP-IDF's mapping of flash into the address space (spi_flash_mmap.h). Code has the first entries of the MMU's table, as
   many as Cache_Set_IDROM_MMU_Size said, and data the rest of those that ESP-IDF uses. */
#include "esp_flash.h"

#define ENTRIES_USED 256
#define CODE_ENTRIES_MAX 128
#define PHYSICAL_PAGE 0x3FFFu
#define MAPPED_DATA 0
#define NOWHERE UINT32_MAX
#define EXTMEM_DCACHE_CTRL REG(0x600C4000)
#define EXTMEM_ICACHE_CTRL REG(0x600C4060)
#define CACHE_ENABLE BIT(0)
#define DCACHE_STATE_S 16 /* in the word of disable_cache */

struct mapping {
    struct mapping *next;
    uint32_t handle, first, count;
};

static void *(*allocate)(uint32_t size);
static void (*release)(void *);
static uint8_t *users; /* of an entry */
static uint32_t last_handle;
static struct mapping *mappings;

void API(spi_flash_mmap_os_func_set)(void *(*malloc_function)(uint32_t), void (*free_function)(void *))
{
    allocate = malloc_function;
    release = free_function;
}

struct entries {
    uint32_t first, end, window;
};
static struct entries entries_for(uint32_t memory)
{
    uint32_t code = Cache_Get_IROM_MMU_End() / 4;
    if (code > CODE_ENTRIES_MAX)
        code = CODE_ENTRIES_MAX;
    return memory == MAPPED_DATA ? (struct entries){code, ENTRIES_USED, DROM_BASE}
                                 : (struct entries){0, code, IROM_BASE};
}

/* What is mapped now has a user for ever. */
int API(spi_flash_mmap_page_num_init)(uint32_t pages)
{
    (void)pages; /* the smallest that is safe is taken */
    users = allocate(ENTRIES_USED);
    if (users == NULL)
        return ESP_ERR_NO_MEM;
    for (uint32_t entry = 0; entry < ENTRIES_USED; entry++)
        users[entry] = MMU_TABLE(entry) != MMU_INVALID;
    return ESP_OK;
}

static bool can_map(uint32_t entry, uint32_t page) { return users[entry] == 0 || MMU_TABLE(entry) == page; }

static uint32_t find_place(struct entries entries, const int *pages, uint32_t count)
{
    for (uint32_t first = entries.first; first + count <= entries.end; first++) {
        uint32_t fit = 0;
        while (fit < count && can_map(first + fit, (uint32_t)pages[fit]))
            fit++;
        if (fit == count)
            return first;
    }
    return NOWHERE;
}

int API(rom_spi_flash_mmap_pages)(const int *pages, uint32_t count, uint32_t memory, const void **address,
                                  uint32_t *handle)
{
    if (count == 0)
        return ESP_ERR_INVALID_ARG;
    for (uint32_t i = 0; i < count; i++)
        if (pages[i] < 0 || (uint32_t)pages[i] * MMU_PAGE_SIZE >= rom_spiflash_legacy_data->chip.chip_size)
            return ESP_ERR_INVALID_ARG;
    struct mapping *mapping = allocate(sizeof *mapping);
    if (mapping == NULL)
        return ESP_ERR_NO_MEM;
    struct entries entries = entries_for(memory);
    uint32_t first = find_place(entries, pages, count);
    if (first == NOWHERE) {
        release(mapping);
        *handle = 0;
        *address = NULL;
        return ESP_ERR_NO_MEM;
    }
    uint32_t base = entries.window + first * MMU_PAGE_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        if (users[first + i]++ == 0 && MMU_TABLE(first + i) != (uint32_t)pages[i]) {
            MMU_TABLE(first + i) = (uint32_t)pages[i];
            Cache_Invalidate_Addr(base + i * MMU_PAGE_SIZE, MMU_PAGE_SIZE);
        }
    }
    *mapping = (struct mapping){mappings, ++last_handle, first, count};
    mappings = mapping;
    *handle = mapping->handle;
    *address = (const void *)base;
    return ESP_OK;
}

int API(rom_spi_flash_mmap)(uint32_t offset, uint32_t size, uint32_t memory, const void **address, uint32_t *handle)
{
    uint32_t count = (size + MMU_PAGE_SIZE - 1) / MMU_PAGE_SIZE;
    if (offset % MMU_PAGE_SIZE != 0 || offset + size > rom_spiflash_legacy_data->chip.chip_size)
        return ESP_ERR_INVALID_ARG;
    int *pages = allocate(count * sizeof *pages);
    if (pages == NULL)
        return ESP_ERR_NO_MEM;
    for (uint32_t i = 0; i < count; i++)
        pages[i] = (int)(offset / MMU_PAGE_SIZE + i);
    int error = API(rom_spi_flash_mmap_pages)(pages, count, memory, address, handle);
    release(pages);
    return error;
}

void API(rom_spi_flash_munmap)(uint32_t handle)
{
    for (struct mapping **at = &mappings; *at; at = &(*at)->next) {
        struct mapping *mapping = *at;
        if (mapping->handle != handle)
            continue;
        for (uint32_t entry = mapping->first; entry < mapping->first + mapping->count; entry++)
            if (--users[entry] == 0)
                MMU_TABLE(entry) = MMU_INVALID;
        *at = mapping->next;
        release(mapping);
        return;
    }
}

uint32_t API(spi_flash_mmap_get_free_pages)(uint32_t memory)
{
    struct entries entries = entries_for(memory);
    uint32_t free = 0;
    for (uint32_t entry = entries.first; entry < entries.end; entry++)
        free += users[entry] == 0;
    return free;
}

uint32_t API(spi_flash_cache2phys)(const void *cached)
{
    uint32_t address = (uint32_t)cached;
    bool is_data = address >= DROM_BASE && address < DROM_BASE + FLASH_WINDOW_SIZE;
    uint32_t entry = (address - (is_data ? DROM_BASE : IROM_BASE)) / MMU_PAGE_SIZE;
    /* an instruction bus may look at data, too */
    if (entry >= (is_data ? entries_for(MAPPED_DATA).first : 0) && entry < ENTRIES_USED &&
        !(MMU_TABLE(entry) & MMU_INVALID))
        return (MMU_TABLE(entry) & PHYSICAL_PAGE) * MMU_PAGE_SIZE + address % MMU_PAGE_SIZE;
    return NOWHERE;
}

const void *API(spi_flash_phys2cache)(uint32_t offset, uint32_t memory)
{
    struct entries entries = entries_for(memory);
    for (uint32_t entry = entries.first; entry < entries.end; entry++)
        if (MMU_TABLE(entry) == offset / MMU_PAGE_SIZE)
            return (const void *)(entries.window + entry * MMU_PAGE_SIZE + offset % MMU_PAGE_SIZE);
    return NULL;
}

/* Whether anything of it was mapped. */
bool API(spi_flash_check_and_flush_cache)(uint32_t offset, uint32_t length)
{
    bool was_mapped = false;
    for (uint32_t entry = 0; length > 0 && entry < MMU_ENTRIES; entry++) {
        uint32_t page = MMU_TABLE(entry);
        if (page < offset / MMU_PAGE_SIZE || page > (offset + length - 1) / MMU_PAGE_SIZE)
            continue;
        Cache_Invalidate_Addr(DROM_BASE + entry * MMU_PAGE_SIZE, MMU_PAGE_SIZE);
        Cache_Invalidate_Addr(IROM_BASE + entry * MMU_PAGE_SIZE, MMU_PAGE_SIZE);
        was_mapped = true;
    }
    return was_mapped;
}

/* One word for both caches; they are the same for either core. */
void API(rom_spi_flash_disable_cache)(uint32_t core, uint32_t *saved)
{
    (void)core;
    uint32_t icache = rom_Cache_Suspend_ICache();
    *saved = icache | rom_Cache_Suspend_DCache() << DCACHE_STATE_S;
}

void API(rom_spi_flash_restore_cache)(uint32_t core, uint32_t saved)
{
    (void)core;
    Cache_Resume_DCache(saved >> DCACHE_STATE_S);
    Cache_Resume_ICache(saved & 0xFFFF);
}

bool API(spi_flash_cache_enabled)(void) { return EXTMEM_ICACHE_CTRL & EXTMEM_DCACHE_CTRL & CACHE_ENABLE; }
