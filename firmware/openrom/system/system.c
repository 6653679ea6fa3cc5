/* Small things: saving registers, sums, the record of where the core was. */
#include "openrom.h"

/* Registers and memory, a word at a time. On the chip this is the work of a DMA (PERI_BACKUP), for which a system's two
   cores need a lock. */
static void (*backup_lock)(void), (*backup_unlock)(void);
void API(ets_apb_backup_init_lock_func)(void (*lock)(void), void (*unlock)(void))
{
    backup_lock = lock;
    backup_unlock = unlock;
}
void API(ets_backup_dma_copy)(uint32_t registers, uint32_t *memory, uint32_t words, bool to_memory)
{
    backup_lock();
    for (uint32_t n = 0; n < words; n++) {
        if (to_memory)
            memory[n] = REG(registers + 4 * n);
        else
            REG(registers + 4 * n) = memory[n];
    }
    backup_unlock();
}

/* How many parts of a size cover a length. */
uint32_t API(multofup)(uint32_t length, uint32_t part) { return (length + part - 1) / part; }

/* Where the stack is at the moment. */
void *API(ets_get_stack_info)(void) { return __builtin_frame_address(0); }

/* What core 0 last executed is kept for after a reset. */
#define ASSIST_DEBUG_CORE_0_RCD_PDEBUGENABLE REG(0x600CE048)
#define ASSIST_DEBUG_CORE_0_RCD_RECORDING REG(0x600CE04C)
#define SYSTEM_CPU_PERI_CLK_EN REG(0x600C0008)
#define SYSTEM_CPU_PERI_RST_EN REG(0x600C000C)
#define SYSTEM_ASSIST_DEBUG BIT(6)
void API(assist_debug_clock_enable)(void)
{
    SYSTEM_CPU_PERI_CLK_EN |= SYSTEM_ASSIST_DEBUG;
    SYSTEM_CPU_PERI_RST_EN &= ~SYSTEM_ASSIST_DEBUG;
}
void API(assist_debug_record_enable)(void)
{
    ASSIST_DEBUG_CORE_0_RCD_PDEBUGENABLE = 1;
    ASSIST_DEBUG_CORE_0_RCD_RECORDING = 1;
}
