/* The table behind both caches: pages of flash and PSRAM in the address space; moving code and constants to PSRAM. */
#include "openrom.h"

void API(Cache_MMU_Init)(void)
{
    for (uint32_t entry = 0; entry < MMU_ENTRIES; entry++)
        MMU_TABLE(entry) = MMU_INVALID;
}

enum { OK, NOT_ALIGNED = 2, WRONG_PAGE_SIZE, OUT_OF_RANGE };

static int map(uint32_t window, uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count,
               uint32_t fixed)
{
    if (vaddr % MMU_PAGE_SIZE || paddr % MMU_PAGE_SIZE)
        return NOT_ALIGNED;
    if (page_kib != MMU_PAGE_SIZE / 1024)
        return WRONG_PAGE_SIZE;
    for (uint32_t i = 0; i < count; i++, vaddr += MMU_PAGE_SIZE) {
        if (vaddr < window || vaddr >= window + FLASH_WINDOW_SIZE)
            return OUT_OF_RANGE;
        MMU_TABLE((vaddr - window) / MMU_PAGE_SIZE) = ext_ram | (paddr / MMU_PAGE_SIZE + (fixed ? 0 : i));
    }
    return OK;
}

int API(Cache_Ibus_MMU_Set)(uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count,
                            uint32_t fixed)
{
    return map(IROM_BASE, ext_ram, vaddr, paddr, page_kib, count, fixed);
}

int API(Cache_Dbus_MMU_Set)(uint32_t ext_ram, uint32_t vaddr, uint32_t paddr, uint32_t page_kib, uint32_t count,
                            uint32_t fixed)
{
    return map(DROM_BASE, ext_ram, vaddr, paddr, page_kib, count, fixed);
}

/* How much of the table applications reserve for instructions and for data, in bytes of table, and what it showed
   first then. */
#define PAGE_MASK 0x3FFFu
static uint32_t irom_mmu_size, drom_mmu_size;
static uint32_t first_page[2], page_count[2]; /* by bus */

void API(Cache_Set_IDROM_MMU_Size)(uint32_t irom, uint32_t drom)
{
    irom_mmu_size = irom;
    drom_mmu_size = drom;
    first_page[0] = MMU_TABLE(0);
    first_page[1] = MMU_TABLE(irom / 4);
}
uint32_t API(Cache_Get_IROM_MMU_End)(void) { return irom_mmu_size; }
uint32_t API(Cache_Get_DROM_MMU_End)(void) { return irom_mmu_size + drom_mmu_size; }

uint32_t API(flash_instr_rodata_start_page)(uint32_t bus) { return first_page[bus]; }
uint32_t API(flash_instr_rodata_end_page)(uint32_t bus) { return first_page[bus] + page_count[bus] - 1; }

/* Code and constants can move from flash to PSRAM: applications ask how many pages of flash a bus shows, have them
   copied, and note by how many pages what they see now is away from where it lies in flash. */
enum { IBUS, DBUS };
#define LAST_ENTRY (MMU_ENTRIES - 1)

static int irom_moved_by, drom_moved_by;

void API(Cache_Set_IDROM_MMU_Info)(uint32_t irom_pages, uint32_t drom_pages, uint32_t drom_start, uint32_t drom_end,
                                   int irom_offset, int drom_offset)
{
    (void)drom_start, (void)drom_end;
    page_count[IBUS] = irom_pages;
    page_count[DBUS] = drom_pages;
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
        if ((MMU_TABLE(entry) & PAGE_MASK) == 0 && (*page0_count)++ != 0)
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
        uint32_t page = MMU_TABLE(entry) & PAGE_MASK;
        if (page == 0 && *page0 < PAGE_MASK) {
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
