/* The few registers that ESP-IDF has no function for when FreeRTOS runs on core 0 alone. */
#include "app.h"
#include "esp32s3.h"

void core1_ring(void) { SYSTEM_CPU_INTR_FROM_CPU(1) = 1; }

void core1_connect_doorbell(void) { INTERRUPT_MAP(1, SOURCE_FROM_CPU(1)) = AMP_LINE_DOORBELL; }

bool core1_map_program(uint32_t flash_offset)
{
    uint32_t entry = (AMP_PROGRAM_TEXT - IROM_BASE) / MMU_PAGE_SIZE, page = flash_offset / MMU_PAGE_SIZE;
    if (!(MMU_TABLE(entry) & MMU_INVALID) && MMU_TABLE(entry) != page)
        return false; /* the application is too large: ESP-IDF has mapped it up to here */
    MMU_TABLE(entry) = page;
    EXTMEM_ICACHE_CTRL1 &= ~EXTMEM_SHUT_CORE1_BUS;
    EXTMEM_DCACHE_CTRL1 &= ~EXTMEM_SHUT_CORE1_BUS;
    return true;
}
