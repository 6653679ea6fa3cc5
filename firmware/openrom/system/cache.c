/* The two caches: their size and mode, switching them on and off, and operations on what they hold.

   An operation is started by a bit of its control register and waited for; a system's callbacks (rom_cache_op_cb) may
   surround those by address. Source: ESP32-S3 Technical Reference Manual, "System and Memory"; ESP-IDF, rom/cache.h. */
#include "openrom.h"

#define CACHE_REG(offset) REG(0x600C4000 + (offset))
#define CTRL 0x00
#define CTRL1 0x04
#define PRELOCK_CTRL 0x0C
#define PRELOCK_SCT0_ADDR 0x10
#define PRELOCK_SCT1_ADDR 0x14
#define PRELOCK_SCT_SIZE 0x18
#define LOCK_CTRL 0x1C
#define SYNC_CTRL 0x28
#define OCCUPY_CTRL 0x34
#define DCACHE_PRELOAD_CTRL 0x40
#define DCACHE_AUTOLOAD_CTRL 0x4C
#define ICACHE 0x60 /* where the instruction cache's registers begin */
#define ICACHE_PRELOAD_CTRL 0x94
#define ICACHE_AUTOLOAD_CTRL 0xA0
#define CACHE_ILG_INT_CLR CACHE_REG(0xE0)
#define CACHE_WRAP_AROUND_CTRL CACHE_REG(0x128)
#define CACHE_STATE CACHE_REG(0x130)
#define CACHE_MMU_OWNER CACHE_REG(0x148)
#define FREEZE_DCACHE 0x150
#define FREEZE_ICACHE 0x154
#define SYSTEM_CACHE_CONTROL REG(0x600C0048)
#define SYSTEM_ICACHE_RESET BIT(1)
#define SYSTEM_DCACHE_RESET BIT(3)
#define SENSITIVE_CACHE_DATAARRAY_CONNECT_1 REG(0x600C1004)
#define SENSITIVE_INTERNAL_SRAM_USAGE_1 REG(0x600C1014)

#define ENABLE BIT(0)
#define SHUT_BUSES (EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS)

struct cache {
    uint16_t base, sync, lock, preload, autoload, freeze;
    uint8_t size_bit, ways_bit, line_shift, line_mask;
    uint8_t state_shift;
    uint32_t window;
};
static const struct cache icache = {
    .base = ICACHE,
    .sync = ICACHE + SYNC_CTRL,
    .lock = ICACHE + LOCK_CTRL,
    .preload = ICACHE_PRELOAD_CTRL,
    .autoload = ICACHE_AUTOLOAD_CTRL,
    .freeze = FREEZE_ICACHE,
    .size_bit = 2,
    .ways_bit = 1,
    .line_shift = 3,
    .line_mask = 1,
    .state_shift = 0,
    .window = IROM_BASE,
};
static const struct cache dcache = {
    .base = 0,
    .sync = SYNC_CTRL,
    .lock = LOCK_CTRL,
    .preload = DCACHE_PRELOAD_CTRL,
    .autoload = DCACHE_AUTOLOAD_CTRL,
    .freeze = FREEZE_DCACHE,
    .size_bit = 2,
    .line_shift = 3,
    .line_mask = 3,
    .state_shift = 12,
    .window = DROM_BASE,
};

static uint32_t line_size(const struct cache *cache)
{
    return 16u << (CACHE_REG(cache->base + CTRL) >> cache->line_shift & cache->line_mask);
}
uint32_t API(Cache_Get_ICache_Line_Size)(void) { return line_size(&icache); }
uint32_t API(Cache_Get_DCache_Line_Size)(void) { return line_size(&dcache); }

static bool through(const struct cache *cache, uint32_t address)
{
    return address >= cache->window && address < cache->window + FLASH_WINDOW_SIZE;
}
uint32_t API(Cache_Address_Through_ICache)(uint32_t address) { return through(&icache, address); }
uint32_t API(Cache_Address_Through_DCache)(uint32_t address) { return through(&dcache, address); }

/* Size, ways and line size of the caches, and the memory that they take. */

enum { HALF_SIZE, FULL_SIZE };
enum { FOUR_WAYS, EIGHT_WAYS };
enum { LINE_16, LINE_32, LINE_64 };

/* ESP-IDF's struct cache_mode */
struct cache_mode {
    uint32_t size;
    uint16_t line;
    uint8_t ways, is_icache;
};

void API(Cache_Get_Mode)(struct cache_mode *mode)
{
    const struct cache *cache = mode->is_icache ? &icache : &dcache;
    uint32_t control = CACHE_REG(cache->base + CTRL);
    mode->size = (mode->is_icache ? 0x4000u : 0x8000u) << (control >> cache->size_bit & 1);
    mode->line = (uint16_t)line_size(cache);
    mode->ways = mode->is_icache && control >> cache->ways_bit & 1 ? 8 : 4;
}

static void set_line(const struct cache *cache, uint32_t line)
{
    uint32_t mask = (uint32_t)cache->line_mask << cache->line_shift;
    /* the instruction cache knows two sizes, and takes the larger one for any other */
    uint32_t code = cache->line_mask == 1 ? line != LINE_16 : line;
    CACHE_REG(cache->base + CTRL) = (CACHE_REG(cache->base + CTRL) & ~mask) | (code << cache->line_shift & mask);
}
static void set_bit(const struct cache *cache, int bit, bool on)
{
    CACHE_REG(cache->base + CTRL) = (CACHE_REG(cache->base + CTRL) & ~BIT(bit)) | (on ? BIT(bit) : 0);
}
void API(Cache_Set_ICache_Mode)(uint32_t size, uint32_t ways, uint32_t line)
{
    set_bit(&icache, icache.size_bit, size);
    set_bit(&icache, icache.ways_bit, ways);
    set_line(&icache, line);
}
void API(Cache_Set_DCache_Mode)(uint32_t size, uint32_t ways, uint32_t line)
{
    (void)ways;
    set_bit(&dcache, dcache.size_bit, size);
    set_line(&dcache, line);
}

/* Which banks of memory a cache takes for its lower and its upper half: instruction banks have 16 KiB, data banks 32. */
static void occupy_memory(uint32_t low, uint32_t high, uint32_t connect_shift, uint32_t usage_shift)
{
    uint32_t connected = (low | high << 2) & 0xF, used = (low | high) & 3;
    SENSITIVE_CACHE_DATAARRAY_CONNECT_1 =
        (SENSITIVE_CACHE_DATAARRAY_CONNECT_1 & ~(0xFu << connect_shift)) | connected << connect_shift;
    SENSITIVE_INTERNAL_SRAM_USAGE_1 =
        (SENSITIVE_INTERNAL_SRAM_USAGE_1 & ~(3u << usage_shift)) | (~used & 3) << usage_shift;
}
#define BANK0 BIT(0)
#define BANK1 BIT(1)
void API(Cache_Occupy_ICache_MEMORY)(uint32_t low, uint32_t high) { occupy_memory(low, high, 0, 0); }
void API(Cache_Occupy_DCache_MEMORY)(uint32_t low, uint32_t high) { occupy_memory(low, high, 4, 2); }

/* Operations. The control register of each kind has a bit that starts it and one that tells that it is over; address and
   number of lines stand in the two registers behind it. */

static void operate(uint32_t control, uint32_t address, uint32_t lines, uint32_t start, uint32_t done)
{
    CACHE_REG(control + 4) = address;
    CACHE_REG(control + 8) = lines;
    CACHE_REG(control) |= start;
    while (!(CACHE_REG(control) & done)) {
    }
}

#define ICACHE_SYNC_DONE BIT(1)
#define DCACHE_SYNC_DONE BIT(3)
#define SYNC_INVALIDATE BIT(0)
#define SYNC_WRITE_BACK BIT(1)
#define SYNC_CLEAN BIT(2)
#define LOCK BIT(0)
#define UNLOCK BIT(1)
#define LOCK_DONE BIT(2)
#define OCCUPY BIT(0)
#define OCCUPY_DONE BIT(1)

void API(Cache_Invalidate_ICache_Items)(uint32_t address, uint32_t lines)
{
    operate(icache.sync, address, lines, SYNC_INVALIDATE, ICACHE_SYNC_DONE);
}
void API(Cache_Invalidate_DCache_Items)(uint32_t address, uint32_t lines)
{
    operate(dcache.sync, address, lines, SYNC_INVALIDATE, DCACHE_SYNC_DONE);
}
void API(Cache_Clean_Items)(uint32_t address, uint32_t lines)
{
    operate(dcache.sync, address, lines, SYNC_CLEAN, DCACHE_SYNC_DONE);
}
void API(Cache_WriteBack_Items)(uint32_t address, uint32_t lines)
{
    operate(dcache.sync, address, lines, SYNC_WRITE_BACK, DCACHE_SYNC_DONE);
}
void API(Cache_Lock_ICache_Items)(uint32_t address, uint32_t lines)
{
    operate(icache.lock, address, lines, LOCK, LOCK_DONE);
}
void API(Cache_Unlock_ICache_Items)(uint32_t address, uint32_t lines)
{
    operate(icache.lock, address, lines, UNLOCK, LOCK_DONE);
}
void API(Cache_Lock_DCache_Items)(uint32_t address, uint32_t lines)
{
    operate(dcache.lock, address, lines, LOCK, LOCK_DONE);
}
void API(Cache_Unlock_DCache_Items)(uint32_t address, uint32_t lines)
{
    operate(dcache.lock, address, lines, UNLOCK, LOCK_DONE);
}
void API(Cache_Occupy_Items)(uint32_t address, uint32_t lines)
{
    operate(OCCUPY_CTRL, address, lines, OCCUPY, OCCUPY_DONE);
}

void API(Cache_Invalidate_ICache_All)(void) { API(Cache_Invalidate_ICache_Items)(0, 0); }
void API(Cache_Invalidate_DCache_All)(void) { API(Cache_Invalidate_DCache_Items)(0, 0); }
void API(Cache_Clean_All)(void) { API(Cache_Clean_Items)(0, 0); }
void API(Cache_WriteBack_All)(void) { API(Cache_WriteBack_Items)(0, 0); }

/* What a system wants to do around operations by address. */
struct callbacks {
    void (*start)(void), (*end)(void);
};
extern struct callbacks rom_cache_op_cb;

typedef void operation(uint32_t address, uint32_t lines);
#define SYNC_LINES_MAX 0x3FFFFFu
#define LOCK_LINES_MAX 0x8000u

/* All lines that a range touches. 0 done, 1 for a range that the cache does not show. */
int API(Cache_Op_Addr)(uint32_t is_icache, uint32_t address, uint32_t size, uint32_t line, uint32_t lines_max,
                       operation *in_icache, operation *in_dcache)
{
    uint32_t start = address & ~(line - 1), lines = (address + size - start + line - 1) / line;
    if (rom_cache_op_cb.start)
        rom_cache_op_cb.start();
    while (lines > 0) {
        uint32_t part = lines < lines_max ? lines : lines_max;
        (is_icache ? in_icache : in_dcache)(start, part);
        start += part * line;
        lines -= part;
    }
    if (rom_cache_op_cb.end)
        rom_cache_op_cb.end();
    return 0;
}

static int by_address(uint32_t address, uint32_t size, uint32_t lines_max, operation *in_icache, operation *in_dcache)
{
    bool is_icache = in_icache && through(&icache, address);
    const struct cache *cache = is_icache ? &icache : &dcache;
    if (size == 0 || !through(cache, address) || size > cache->window + FLASH_WINDOW_SIZE - address)
        return 1;
    return API(Cache_Op_Addr)(is_icache, address, size, line_size(cache), lines_max, in_icache, in_dcache);
}
int API(Cache_Invalidate_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, SYNC_LINES_MAX, API(Cache_Invalidate_ICache_Items),
                      API(Cache_Invalidate_DCache_Items));
}
int API(Cache_Clean_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, SYNC_LINES_MAX, NULL, API(Cache_Clean_Items));
}
int API(rom_Cache_WriteBack_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, SYNC_LINES_MAX, NULL, API(Cache_WriteBack_Items));
}
int API(Cache_Lock_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, LOCK_LINES_MAX, API(Cache_Lock_ICache_Items), API(Cache_Lock_DCache_Items));
}
int API(Cache_Unlock_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, LOCK_LINES_MAX, API(Cache_Unlock_ICache_Items), API(Cache_Unlock_DCache_Items));
}
int API(Cache_Occupy_Addr)(uint32_t address, uint32_t size)
{
    return by_address(address, size, LOCK_LINES_MAX, NULL, API(Cache_Occupy_Items));
}

/* Loading ahead, by itself (autoload) and when asked (preload). */

#define AUTOLOAD_REGION(n) BIT(n)
#define AUTOLOAD_ENABLE BIT(2)
#define AUTOLOAD_DONE BIT(3)
#define AUTOLOAD_ORDER BIT(4)
#define AUTOLOAD_TRIGGER_SHIFT 5
#define AUTOLOAD_SIZE_SHIFT 7
#define AUTOLOAD_BUFFER_CLEAR BIT(9)

/* Returns whether it was on, as resume wants it. */
static uint32_t suspend_autoload(const struct cache *cache)
{
    uint32_t was_on = CACHE_REG(cache->autoload) & AUTOLOAD_ENABLE;
    CACHE_REG(cache->autoload) &= ~AUTOLOAD_ENABLE;
    while (!(CACHE_REG(cache->autoload) & AUTOLOAD_DONE)) {
    }
    if (was_on) {
        CACHE_REG(cache->autoload) |= AUTOLOAD_BUFFER_CLEAR;
        CACHE_REG(cache->autoload) &= ~AUTOLOAD_BUFFER_CLEAR;
    }
    return was_on;
}
static void resume_autoload(const struct cache *cache, uint32_t was_on)
{
    if (was_on)
        CACHE_REG(cache->autoload) |= was_on;
}
static void disable_autoload(const struct cache *cache)
{
    CACHE_REG(cache->autoload) &= ~AUTOLOAD_ENABLE;
    while (!(CACHE_REG(cache->autoload) & AUTOLOAD_DONE)) {
    }
    CACHE_REG(cache->autoload) |= AUTOLOAD_BUFFER_CLEAR;
    CACHE_REG(cache->autoload) &= ~AUTOLOAD_BUFFER_CLEAR;
}
uint32_t API(Cache_Suspend_ICache_Autoload)(void) { return suspend_autoload(&icache); }
uint32_t API(Cache_Suspend_DCache_Autoload)(void) { return suspend_autoload(&dcache); }
void API(Cache_Resume_ICache_Autoload)(uint32_t was_on) { resume_autoload(&icache, was_on); }
void API(Cache_Resume_DCache_Autoload)(uint32_t was_on) { resume_autoload(&dcache, was_on); }
void API(Cache_Enable_ICache_Autoload)(void) { CACHE_REG(icache.autoload) |= AUTOLOAD_ENABLE; }
void API(Cache_Enable_DCache_Autoload)(void) { CACHE_REG(dcache.autoload) |= AUTOLOAD_ENABLE; }
void API(Cache_Disable_ICache_Autoload)(void) { disable_autoload(&icache); }
void API(Cache_Disable_DCache_Autoload)(void) { disable_autoload(&dcache); }

/* ESP-IDF's struct autoload_config and struct autoload_region_config */
struct autoload {
    uint8_t enable, order, trigger, size;
};
struct autoload_region {
    uint8_t region, enable;
    uint32_t address, size;
};

static void configure_autoload(const struct cache *cache, const struct autoload *autoload)
{
    static const struct {
        uint8_t shift;
        uint8_t bits;
    } fields[] = {{4, 1}, {AUTOLOAD_TRIGGER_SHIFT, 2}, {AUTOLOAD_SIZE_SHIFT, 2}};
    const uint8_t values[] = {autoload->order, autoload->trigger, autoload->size};
    disable_autoload(cache);
    for (int n = 0; n < 3; n++) {
        uint32_t mask = (BIT(fields[n].bits) - 1) << fields[n].shift;
        CACHE_REG(cache->autoload) =
            (CACHE_REG(cache->autoload) & ~mask) | ((uint32_t)values[n] << fields[n].shift & mask);
    }
}
/* Both regions have an address and a size behind the control register. */
static int configure_region(const struct cache *cache, const struct autoload_region *region)
{
    if (!through(cache, region->address))
        return 1;
    uint32_t at = cache->autoload + 4 + 8u * region->region;
    CACHE_REG(at) = region->address;
    CACHE_REG(at + 4) = region->size;
    CACHE_REG(cache->autoload) = (CACHE_REG(cache->autoload) & ~AUTOLOAD_REGION(region->region)) |
                                 (region->enable ? AUTOLOAD_REGION(region->region) : 0);
    return 0;
}
void API(Cache_Config_ICache_Autoload)(const struct autoload *autoload) { configure_autoload(&icache, autoload); }
void API(Cache_Config_DCache_Autoload)(const struct autoload *autoload) { configure_autoload(&dcache, autoload); }
int API(Cache_Config_ICache_Region_Autoload)(const struct autoload_region *region)
{
    return configure_region(&icache, region);
}
int API(Cache_Config_DCache_Region_Autoload)(const struct autoload_region *region)
{
    return configure_region(&dcache, region);
}

#define PRELOAD_ENABLE BIT(0)
#define PRELOAD_DONE BIT(1)
#define PRELOAD_ORDER BIT(2)

/* Returns whether autoload was on, as the end wants it. */
static uint32_t start_preload(const struct cache *cache, uint32_t address, uint32_t size, uint32_t order)
{
    uint32_t was_on = suspend_autoload(cache);
    CACHE_REG(cache->preload + 4) = address;
    CACHE_REG(cache->preload) = (CACHE_REG(cache->preload) & ~PRELOAD_ORDER) | (order ? PRELOAD_ORDER : 0);
    CACHE_REG(cache->preload + 8) = size / line_size(cache);
    CACHE_REG(cache->preload) |= PRELOAD_ENABLE;
    return was_on;
}
uint32_t API(Cache_Start_ICache_Preload)(uint32_t address, uint32_t size, uint32_t order)
{
    return start_preload(&icache, address, size, order);
}
uint32_t API(Cache_Start_DCache_Preload)(uint32_t address, uint32_t size, uint32_t order)
{
    return start_preload(&dcache, address, size, order);
}
uint32_t API(Cache_ICache_Preload_Done)(void) { return CACHE_REG(icache.preload) & PRELOAD_DONE; }
uint32_t API(Cache_DCache_Preload_Done)(void) { return CACHE_REG(dcache.preload) & PRELOAD_DONE; }
void API(Cache_End_ICache_Preload)(uint32_t was_on) { resume_autoload(&icache, was_on); }
void API(Cache_End_DCache_Preload)(uint32_t was_on) { resume_autoload(&dcache, was_on); }

/* Two ranges whose lines are locked as they come in: ESP-IDF's struct lock_config. */
struct lock {
    uint32_t address;
    uint16_t size, group;
};
static void enable_prelock(const struct cache *cache, const struct lock *lock)
{
    uint32_t size_shift = lock->group ? 0 : 16;
    CACHE_REG(cache->base + (lock->group ? PRELOCK_SCT1_ADDR : PRELOCK_SCT0_ADDR)) = lock->address;
    CACHE_REG(cache->base + PRELOCK_SCT_SIZE) =
        (CACHE_REG(cache->base + PRELOCK_SCT_SIZE) & ~(0xFFFFu << size_shift)) | (uint32_t)lock->size << size_shift;
    CACHE_REG(cache->base + PRELOCK_CTRL) |= BIT(lock->group);
}
void API(Cache_Enable_ICache_PreLock)(const struct lock *lock) { enable_prelock(&icache, lock); }
void API(Cache_Enable_DCache_PreLock)(const struct lock *lock) { enable_prelock(&dcache, lock); }
/* The first range, whichever is meant: so does the chip's ROM. */
void API(Cache_Disable_ICache_PreLock)(void) { CACHE_REG(icache.base + PRELOCK_CTRL) &= ~BIT(0); }
void API(Cache_Disable_DCache_PreLock)(void) { CACHE_REG(dcache.base + PRELOCK_CTRL) &= ~BIT(0); }

/* Switching a cache on and off, stopping it for a while (suspend), and stopping it with its content (freeze). */

#define FREEZE_ENABLE BIT(0)
#define FREEZE_MODE BIT(1)
#define FREEZE_DONE BIT(2)

static void wait_for_preload(const struct cache *cache)
{
    while (!(CACHE_REG(cache->preload) & PRELOAD_DONE)) {
    }
}

static void freeze(const struct cache *cache, uint32_t mode)
{
    CACHE_REG(cache->freeze) = mode ? FREEZE_MODE : 0;
    CACHE_REG(cache->freeze) |= FREEZE_ENABLE;
    while (!(CACHE_REG(cache->freeze) & FREEZE_DONE)) {
    }
}
static void unfreeze(const struct cache *cache)
{
    CACHE_REG(cache->freeze) &= ~FREEZE_ENABLE;
    while (CACHE_REG(cache->freeze) & FREEZE_ENABLE) {
    }
}
void API(rom_Cache_Freeze_ICache_Enable)(uint32_t mode) { freeze(&icache, mode); }
void API(rom_Cache_Freeze_DCache_Enable)(uint32_t mode) { freeze(&dcache, mode); }
void API(Cache_Freeze_ICache_Disable)(void) { unfreeze(&icache); }
void API(Cache_Freeze_DCache_Disable)(void) { unfreeze(&dcache); }

static void enable(const struct cache *cache, uint32_t autoload)
{
    CACHE_REG(cache->base + CTRL) |= ENABLE;
    resume_autoload(cache, autoload);
}
/* Both return whether autoload was on. */
static uint32_t disable(const struct cache *cache, operation *invalidate)
{
    CACHE_REG(cache->base + CTRL) &= ~ENABLE;
    uint32_t was_on = suspend_autoload(cache);
    wait_for_preload(cache);
    invalidate(0, 0);
    while ((CACHE_STATE >> cache->state_shift & 0xFFF) != 1) {
    }
    return was_on;
}
static uint32_t suspend(const struct cache *cache)
{
    CACHE_REG(cache->base + CTRL1) |= SHUT_BUSES;
    CACHE_REG(cache->base + CTRL) &= ~ENABLE;
    uint32_t was_on = suspend_autoload(cache);
    wait_for_preload(cache);
    freeze(cache, 0);
    unfreeze(cache);
    return was_on;
}
static void resume(const struct cache *cache, uint32_t autoload)
{
    CACHE_REG(cache->base + CTRL) |= ENABLE;
    CACHE_REG(cache->base + CTRL1) &= ~SHUT_BUSES;
    resume_autoload(cache, autoload);
}
uint32_t API(Cache_Disable_ICache)(void) { return disable(&icache, API(Cache_Invalidate_ICache_Items)); }
uint32_t API(Cache_Disable_DCache)(void) { return disable(&dcache, API(Cache_Invalidate_DCache_Items)); }
void API(Cache_Enable_ICache)(uint32_t autoload) { enable(&icache, autoload); }
void API(Cache_Enable_DCache)(uint32_t autoload) { enable(&dcache, autoload); }
uint32_t API(rom_Cache_Suspend_ICache)(void) { return suspend(&icache); }
uint32_t API(rom_Cache_Suspend_DCache)(void) { return suspend(&dcache); }
void API(Cache_Resume_ICache)(uint32_t autoload) { resume(&icache, autoload); }
void API(Cache_Resume_DCache)(uint32_t autoload) { resume(&dcache, autoload); }

void API(Cache_Mask_All)(void)
{
    CACHE_REG(icache.base + CTRL1) |= SHUT_BUSES;
    CACHE_REG(dcache.base + CTRL1) |= SHUT_BUSES;
}
void API(Cache_UnMask_Dram0)(void) { CACHE_REG(dcache.base + CTRL1) &= ~EXTMEM_SHUT_CORE0_BUS; }

/* How the caches are when the ROM has booted, and as bootloaders want them. */

void API(Cache_Owner_Init)(void) { CACHE_MMU_OWNER = 0xFFFFFF; }

void API(Cache_Set_Default_Mode)(void)
{
    CACHE_ILG_INT_CLR = 0xFFFFFFFF;
    CACHE_WRAP_AROUND_CTRL &= ~BIT(0);
    CACHE_WRAP_AROUND_CTRL &= ~BIT(1);
    API(Cache_Occupy_DCache_MEMORY)(BANK1, 0);
    API(Cache_Set_DCache_Mode)(HALF_SIZE, FOUR_WAYS, LINE_16);
    API(Cache_Invalidate_DCache_All)();
}
void API(Cache_Enable_Default_ICache_Mode)(void)
{
    API(Cache_Occupy_ICache_MEMORY)(BANK0, 0);
    API(Cache_Set_ICache_Mode)(HALF_SIZE, FOUR_WAYS, LINE_16);
    API(Cache_Invalidate_ICache_All)();
    API(Cache_Enable_ICache)(0);
}
void API(ROM_Boot_Cache_Init)(void)
{
    SYSTEM_CACHE_CONTROL &= ~(SYSTEM_ICACHE_RESET | SYSTEM_DCACHE_RESET);
    SYSTEM_CACHE_CONTROL |= SYSTEM_DCACHE_RESET;
    SYSTEM_CACHE_CONTROL &= ~SYSTEM_DCACHE_RESET;
    API(Cache_Owner_Init)();
    Cache_MMU_Init();
    API(Cache_Set_Default_Mode)();
    API(Cache_UnMask_Dram0)();
    API(Cache_Enable_DCache)(0);
}

static uint32_t line_code(uint32_t bytes) { return bytes == 16 ? LINE_16 : bytes == 32 ? LINE_32 : LINE_64; }

void API(rom_config_instruction_cache_mode)(uint32_t bytes, uint8_t ways, uint8_t line)
{
    API(Cache_Occupy_ICache_MEMORY)(BANK0, bytes == 0x4000 ? 0 : BANK1);
    API(Cache_Set_ICache_Mode)(bytes == 0x4000 ? HALF_SIZE : FULL_SIZE, ways == 4 ? FOUR_WAYS : EIGHT_WAYS,
                               line_code(line));
    API(Cache_Invalidate_ICache_All)();
    API(Cache_Enable_ICache)(0);
}
void API(rom_config_data_cache_mode)(uint32_t bytes, uint8_t ways, uint8_t line)
{
    API(Cache_Occupy_DCache_MEMORY)(BANK1, bytes == 0x8000 ? 0 : BANK0);
    API(Cache_Set_DCache_Mode)(bytes == 0x8000 ? HALF_SIZE : FULL_SIZE, ways == 4 ? FOUR_WAYS : EIGHT_WAYS,
                               line_code(line));
    API(Cache_Invalidate_DCache_All)();
}

/* What ESP-IDF's patches of some of these functions are made of: its struct cache_internal_stub_table. */
static const struct {
    uint32_t (*line_size[2])(void), (*addresses[2])(uint32_t);
    operation *invalidate[2], *clean, *write_back, *lock[2], *unlock[2], *occupy;
    uint32_t (*suspend_icache_autoload)(void);
    void (*resume_icache_autoload)(uint32_t);
    uint32_t (*suspend_dcache_autoload)(void);
    void (*resume_dcache_autoload)(uint32_t);
    void (*freeze_icache)(uint32_t), (*unfreeze_icache)(void), (*freeze_dcache)(uint32_t), (*unfreeze_dcache)(void);
    int (*op_addr)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, operation *, operation *);
} internal_table = {
    {API(Cache_Get_ICache_Line_Size), API(Cache_Get_DCache_Line_Size)},
    {API(Cache_Address_Through_ICache), API(Cache_Address_Through_DCache)},
    {API(Cache_Invalidate_ICache_Items), API(Cache_Invalidate_DCache_Items)},
    API(Cache_Clean_Items),
    API(Cache_WriteBack_Items),
    {API(Cache_Lock_ICache_Items), API(Cache_Lock_DCache_Items)},
    {API(Cache_Unlock_ICache_Items), API(Cache_Unlock_DCache_Items)},
    API(Cache_Occupy_Items),
    API(Cache_Suspend_ICache_Autoload),
    API(Cache_Resume_ICache_Autoload),
    API(Cache_Suspend_DCache_Autoload),
    API(Cache_Resume_DCache_Autoload),
    API(rom_Cache_Freeze_ICache_Enable),
    API(Cache_Freeze_ICache_Disable),
    API(rom_Cache_Freeze_DCache_Enable),
    API(Cache_Freeze_DCache_Disable),
    API(Cache_Op_Addr),
};
extern const void *rom_cache_internal_table_ptr;

void openrom_cache_init(void) { rom_cache_internal_table_ptr = &internal_table; }
