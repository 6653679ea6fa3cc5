/* Delivery B: core 1's program lies in the flash partition "core1". It is mapped, checked and started; a new one comes
   over the console and takes its place while this image stays as it is. The program prepares its own memory. */
#include "core0.h"

#define SECTOR_SIZE 0x1000u
#define PROGRAM_MAX 0x4000u
#define WAIT_FOR_CACHE 0 /* mode of a frozen cache: whoever needs it waits */

extern uint8_t amp_shared_start[], amp_shared_end[]; /* shared.ld */
static const struct amp_program *const program = (const struct amp_program *)AMP_PROGRAM_DATA;
static uint32_t received[PROGRAM_MAX / sizeof(uint32_t)];

/* No entry of the table points at flash for two purposes: core 0 itself has nothing there. Both buses see the page. */
static void map_program(uint32_t offset)
{
    MMU_TABLE((AMP_PROGRAM_TEXT - IROM_BASE) / MMU_PAGE_SIZE) = offset / MMU_PAGE_SIZE;
    Cache_Enable_ICache(0);
    Cache_Enable_DCache(0);
    EXTMEM_ICACHE_CTRL1 &= ~(EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS);
    EXTMEM_DCACHE_CTRL1 &= ~(EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS);
    Cache_Invalidate_ICache_All();
    Cache_Invalidate_DCache_All();
}

static bool is_whole(const struct amp_program *p, uint32_t limit)
{
    return p->magic == AMP_PROGRAM_MAGIC && p->size >= sizeof *p && p->size <= limit &&
           p->crc == crc32_le(0, p + 1, p->size - sizeof *p);
}

/* Core 1 must be held. */
bool core1_release(void)
{
    struct partition partition;
    if (!find_partition("core1", &partition))
        return false;
    map_program(partition.offset);
    if (!is_whole(program, partition.size)) {
        ets_printf("amp: no program in partition core1\n");
        return false;
    }
    ets_printf("amp: core 1 program version %d, %d bytes\n", program->version, program->size);
    memset(amp_shared_start, 0, (uintptr_t)amp_shared_end - (uintptr_t)amp_shared_start);
    core1_run(program->entry);
    return true;
}

/* Everything that this core needs is in RAM. What core 1 has in flash it cannot fetch meanwhile: the chip's cache and
   its writer share one bus. */
static void write_flash(uint32_t offset, const void *from, uint32_t length)
{
    rom_Cache_Freeze_ICache_Enable(WAIT_FOR_CACHE);
    rom_Cache_Freeze_DCache_Enable(WAIT_FOR_CACHE);
    esp_rom_spiflash_unlock();
    for (uint32_t at = 0; at < length; at += SECTOR_SIZE)
        esp_rom_spiflash_erase_sector((offset + at) / SECTOR_SIZE);
    esp_rom_spiflash_write(offset, from, (int32_t)length);
    Cache_Freeze_DCache_Disable();
    Cache_Freeze_ICache_Disable();
}

static void receive(uint8_t *to, uint32_t length)
{
    for (uint32_t at = 0; at < length;)
        if (uart_rx_one_char(to + at) == 0)
            at++;
}

/* Core 1 goes on with what it has until the new program has come whole. */
static void replace_program(uint32_t size)
{
    struct partition partition;
    if (size > sizeof received || size % sizeof(uint32_t)) {
        ets_printf("amp: a program has at most %d bytes, and whole words\n", sizeof received);
        return;
    }
    if (!find_partition("core1", &partition))
        return;
    ets_printf("amp: send %d bytes\n", size);
    receive((uint8_t *)received, size);
    if (!is_whole((const struct amp_program *)received, size)) {
        ets_printf("amp: program refused\n");
        return;
    }
    core1_hold();
    write_flash(partition.offset, received, size);
    ets_printf("amp: program written\n");
    start_core1();
}

static void write_storage(void)
{
    struct partition partition;
    if (!find_partition("storage", &partition))
        return;
    write_flash(partition.offset, "core 0 was here", 16);
    ets_printf("amp: storage written\n");
}

bool delivery_command(const char *command)
{
    if (strncmp(command, "load ", 5) == 0)
        replace_program(strtoul(command + 5, NULL, 10));
    else if (strcmp(command, "store") == 0)
        write_storage();
    else
        return false;
    return true;
}
