/* The flash MMU, and the cache controls as far as they are plain switches.

   Nothing here waits for a "done" bit: the ROM is for an emulator, whose caches hold nothing, and must not hang where
   one is not modelled. Writing the same registers as the chip's ROM keeps a run's register trace comparable. */
#include "openrom.h"

void API(Cache_MMU_Init)(void)
{
    for (uint32_t entry = 0; entry < MMU_ENTRIES; entry++)
        MMU_TABLE(entry) = MMU_INVALID;
}

/* 0 done, 1 not aligned, 2 wrong page size, 3 outside the window. */
static int map(uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count, uint32_t fixed)
{
    if (vaddr % MMU_PAGE_SIZE || paddr % MMU_PAGE_SIZE)
        return 1;
    if (page_kib != MMU_PAGE_SIZE / 1024)
        return 2;
    uint32_t first = vaddr % FLASH_WINDOW_SIZE / MMU_PAGE_SIZE;
    if (count > MMU_ENTRIES - first)
        return 3;
    for (uint32_t i = 0; i < count; i++)
        MMU_TABLE(first + i) = ext_ram | (paddr / MMU_PAGE_SIZE + (fixed ? 0 : i));
    return 0;
}

int API(Cache_Ibus_MMU_Set)(uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count,
                            uint32_t fixed)
{
    return map(ext_ram, vaddr, paddr, page_kib, count, fixed);
}

int API(Cache_Dbus_MMU_Set)(uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count,
                            uint32_t fixed)
{
    return map(ext_ram, vaddr, paddr, page_kib, count, fixed);
}

void API(Cache_Enable_DCache)(uint32_t autoload)
{
    (void)autoload;
    EXTMEM_DCACHE_CTRL |= EXTMEM_CACHE_ENABLE;
    EXTMEM_DCACHE_CTRL1 &= ~(EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS);
}

void API(Cache_Enable_ICache)(uint32_t autoload)
{
    (void)autoload;
    EXTMEM_ICACHE_CTRL |= EXTMEM_CACHE_ENABLE;
    EXTMEM_ICACHE_CTRL1 &= ~(EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS);
}

#define ICACHE_8_WAYS BIT(1)
#define ICACHE_32_KIB BIT(2)
#define ICACHE_LINE_SHIFT 3
#define DCACHE_64_KIB BIT(2)
#define DCACHE_LINE_SHIFT 3

/* Line sizes are coded 16 << n: one bit for instructions, two for data. */
static uint32_t line_code(uint32_t bytes) { return bytes == 64 ? 2 : bytes == 32 ? 1 : 0; }

void API(rom_config_instruction_cache_mode)(uint32_t bytes, uint8_t ways, uint8_t line)
{
    uint32_t control = EXTMEM_ICACHE_CTRL & ~(ICACHE_8_WAYS | ICACHE_32_KIB | 1u << ICACHE_LINE_SHIFT);
    EXTMEM_ICACHE_CTRL = control | (ways == 8 ? ICACHE_8_WAYS : 0) | (bytes == 0x8000 ? ICACHE_32_KIB : 0) |
                         line_code(line) << ICACHE_LINE_SHIFT;
}

void API(rom_config_data_cache_mode)(uint32_t bytes, uint8_t ways, uint8_t line)
{
    (void)ways; /* always 8 */
    uint32_t control = EXTMEM_DCACHE_CTRL & ~(DCACHE_64_KIB | 3u << DCACHE_LINE_SHIFT);
    EXTMEM_DCACHE_CTRL = control | (bytes == 0x10000 ? DCACHE_64_KIB : 0) | line_code(line) << DCACHE_LINE_SHIFT;
}

uint32_t API(Cache_Get_ICache_Line_Size)(void) { return 16u << (EXTMEM_ICACHE_CTRL >> ICACHE_LINE_SHIFT & 1); }
uint32_t API(Cache_Get_DCache_Line_Size)(void) { return 16u << (EXTMEM_DCACHE_CTRL >> DCACHE_LINE_SHIFT & 3); }

/* How much of the MMU table applications reserve for instructions and for data, in bytes of table. */
static uint32_t irom_mmu_size, drom_mmu_size;

void API(Cache_Set_IDROM_MMU_Size)(uint32_t irom, uint32_t drom)
{
    irom_mmu_size = irom;
    drom_mmu_size = drom;
}

uint32_t API(Cache_Get_IROM_MMU_End)(void) { return irom_mmu_size; }
uint32_t API(Cache_Get_DROM_MMU_End)(void) { return irom_mmu_size + drom_mmu_size; }

/* Code and constants can move from flash to PSRAM: applications ask how many pages of flash a bus shows, have them
   copied, and note by how many pages what they see now is away from where it lies in flash. */
enum { IBUS, DBUS };
#define LAST_ENTRY (MMU_ENTRIES - 1)

static int irom_moved_by, drom_moved_by;

void API(Cache_Set_IDROM_MMU_Info)(uint32_t irom_pages, uint32_t drom_pages, uint32_t drom_start, uint32_t drom_end,
                                   int irom_offset, int drom_offset)
{
    (void)irom_pages, (void)drom_pages, (void)drom_start, (void)drom_end;
    irom_moved_by = irom_offset;
    drom_moved_by = drom_offset;
}
int API(flash2spiram_instruction_offset)(void) { return irom_moved_by; }
int API(flash2spiram_rodata_offset)(void) { return drom_moved_by; }

static bool shows_flash(uint32_t entry) { return (MMU_TABLE(entry) & (MMU_INVALID | MMU_PSRAM)) == 0; }
static uint32_t first_entry(uint32_t bus) { return bus == IBUS ? 0 : irom_mmu_size / 4; }
static uint32_t end_entry(uint32_t bus) { return (bus == IBUS ? irom_mmu_size : irom_mmu_size + drom_mmu_size) / 4; }

/* Page 0 of flash may be shown several times and is counted once, over all calls. */
uint32_t API(rom_Cache_Count_Flash_Pages)(uint32_t bus, uint32_t *page0_count)
{
    uint32_t pages = 0;
    for (uint32_t entry = first_entry(bus); entry < end_entry(bus); entry++) {
        if (!shows_flash(entry))
            continue;
        if ((MMU_TABLE(entry) & 0x3FFF) == 0 && (*page0_count)++ != 0)
            continue;
        pages++;
    }
    return pages;
}

/* page0: the page of PSRAM that holds flash page 0, out of range while none does. */
uint32_t API(Cache_Flash_To_SPIRAM_Copy)(uint32_t bus, uint32_t bus_start, uint32_t next_page, uint32_t *page0)
{
    (void)bus_start;
    uint32_t kept = MMU_TABLE(LAST_ENTRY), kept_too = MMU_TABLE(LAST_ENTRY - 1);
    for (uint32_t entry = first_entry(bus); entry < end_entry(bus); entry++) {
        if (!shows_flash(entry))
            continue;
        uint32_t page = MMU_TABLE(entry) & 0x3FFF;
        if (page == 0 && *page0 < 0x3FFF) {
            MMU_TABLE(entry) = MMU_PSRAM | *page0;
            continue;
        }
        if (page == 0)
            *page0 = next_page;
        MMU_TABLE(LAST_ENTRY - 1) = page;
        MMU_TABLE(LAST_ENTRY) = MMU_PSRAM | next_page;
        memcpy((void *)(DROM_BASE + LAST_ENTRY * MMU_PAGE_SIZE),
               (const void *)(DROM_BASE + (LAST_ENTRY - 1) * MMU_PAGE_SIZE), MMU_PAGE_SIZE);
        MMU_TABLE(entry) = MMU_PSRAM | next_page++;
    }
    MMU_TABLE(LAST_ENTRY) = kept;
    MMU_TABLE(LAST_ENTRY - 1) = kept_too;
    return next_page;
}

void API(ROM_Boot_Cache_Init)(void)
{
    API(Cache_MMU_Init)();
    API(rom_config_instruction_cache_mode)(0x4000, 8, 32);
    API(rom_config_data_cache_mode)(0x8000, 8, 32);
}

uint32_t API(Cache_Suspend_DCache_Autoload)(void) { return 0; }
void API(Cache_Resume_DCache_Autoload)(uint32_t autoload) { (void)autoload; }

/* Disable and suspend return the autoload setting that enable and resume take back; autoload is never on. */
uint32_t API(Cache_Disable_DCache)(void)
{
    EXTMEM_DCACHE_CTRL &= ~EXTMEM_CACHE_ENABLE;
    return 0;
}

uint32_t API(Cache_Disable_ICache)(void)
{
    EXTMEM_ICACHE_CTRL &= ~EXTMEM_CACHE_ENABLE;
    return 0;
}

uint32_t API(rom_Cache_Suspend_DCache)(void) { return API(Cache_Disable_DCache)(); }
uint32_t API(rom_Cache_Suspend_ICache)(void) { return API(Cache_Disable_ICache)(); }
void API(Cache_Resume_DCache)(uint32_t autoload) { API(Cache_Enable_DCache)(autoload); }
void API(Cache_Resume_ICache)(uint32_t autoload) { API(Cache_Enable_ICache)(autoload); }

void API(rom_Cache_Freeze_DCache_Enable)(uint32_t mode) { EXTMEM_DCACHE_FREEZE = 1 | mode << 1; }
void API(rom_Cache_Freeze_ICache_Enable)(uint32_t mode) { EXTMEM_ICACHE_FREEZE = 1 | mode << 1; }
void API(Cache_Freeze_DCache_Disable)(void) { EXTMEM_DCACHE_FREEZE = 0; }
void API(Cache_Freeze_ICache_Disable)(void) { EXTMEM_ICACHE_FREEZE = 0; }

int API(Cache_Invalidate_Addr)(uint32_t address, uint32_t size)
{
    if (address - DROM_BASE < FLASH_WINDOW_SIZE) {
        EXTMEM_DCACHE_SYNC_ADDR = address;
        EXTMEM_DCACHE_SYNC_SIZE = size;
        EXTMEM_DCACHE_SYNC_CTRL |= BIT(0);
    } else {
        EXTMEM_ICACHE_SYNC_ADDR = address;
        EXTMEM_ICACHE_SYNC_SIZE = size;
        EXTMEM_ICACHE_SYNC_CTRL |= BIT(0);
    }
    return 0;
}

void API(Cache_Invalidate_DCache_All)(void) { API(Cache_Invalidate_Addr)(DROM_BASE, FLASH_WINDOW_SIZE); }
void API(Cache_Invalidate_ICache_All)(void) { API(Cache_Invalidate_Addr)(IROM_BASE, FLASH_WINDOW_SIZE); }

int API(rom_Cache_WriteBack_Addr)(uint32_t address, uint32_t size)
{
    EXTMEM_DCACHE_SYNC_ADDR = address;
    EXTMEM_DCACHE_SYNC_SIZE = size;
    EXTMEM_DCACHE_SYNC_CTRL |= BIT(1);
    return 0;
}

/* Nothing is kept in a cache, so that cleaning, locking, loading ahead and occupying have nothing to do either. */
int API(Cache_Clean_Addr)(uint32_t address, uint32_t size)
{
    (void)address, (void)size;
    return 0;
}
int API(Cache_Lock_Addr)(uint32_t address, uint32_t size) { return API(Cache_Clean_Addr)(address, size); }
int API(Cache_Unlock_Addr)(uint32_t address, uint32_t size) { return API(Cache_Clean_Addr)(address, size); }
int API(Cache_Occupy_Addr)(uint32_t address, uint32_t size) { return API(Cache_Clean_Addr)(address, size); }
void API(Cache_Clean_All)(void) {}
void API(Cache_WriteBack_All)(void) { API(rom_Cache_WriteBack_Addr)(DROM_BASE, FLASH_WINDOW_SIZE); }

uint32_t API(Cache_Suspend_ICache_Autoload)(void) { return 0; }
void API(Cache_Resume_ICache_Autoload)(uint32_t autoload) { (void)autoload; }
void API(Cache_Enable_ICache_Autoload)(void) {}
void API(Cache_Disable_ICache_Autoload)(void) {}
void API(Cache_Enable_DCache_Autoload)(void) {}
void API(Cache_Disable_DCache_Autoload)(void) {}
void API(Cache_Config_ICache_Autoload)(const void *config) { (void)config; }
void API(Cache_Config_DCache_Autoload)(const void *config) { (void)config; }

uint32_t API(Cache_Start_ICache_Preload)(uint32_t address, uint32_t size, uint32_t order)
{
    (void)address, (void)size, (void)order;
    return 0;
}
uint32_t API(Cache_ICache_Preload_Done)(void) { return 1; }
void API(Cache_End_ICache_Preload)(uint32_t autoload) { (void)autoload; }
uint32_t API(Cache_Start_DCache_Preload)(uint32_t address, uint32_t size, uint32_t order)
{
    return API(Cache_Start_ICache_Preload)(address, size, order);
}
uint32_t API(Cache_DCache_Preload_Done)(void) { return 1; }
void API(Cache_End_DCache_Preload)(uint32_t autoload) { (void)autoload; }

void API(Cache_Owner_Init)(void) { REG(0x600C4148) = 0; /* CACHE_MMU_OWNER */ }
void API(Cache_Mask_All)(void)
{
    EXTMEM_ICACHE_CTRL1 |= EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS;
    EXTMEM_DCACHE_CTRL1 |= EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS;
}
void API(Cache_UnMask_Dram0)(uint32_t buses) { EXTMEM_DCACHE_CTRL1 &= ~buses; }
