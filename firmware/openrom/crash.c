/* What the ROM says before it stops: crashes of code that runs on its vectors, and calls of functions not written yet.
 */
#include "openrom.h"
#include "crash.h"

#define SLOT_BASE 0x4000057Cu
#define SLOT_SIZE 12
#define SLOT_RETURN_OFFSET 8 /* where an unwritten slot's call8 returns to: see gen_slots.py */

static const char *cause_name(uint32_t cause)
{
    switch (cause) {
    case 0: return "IllegalInstruction";
    case 1: return "Syscall";
    case 2: return "InstructionFetchError";
    case 3: return "LoadStoreError";
    case 4: return "Level1Interrupt";
    case 6: return "IntegerDivideByZero";
    case 8: return "Privileged";
    case 9: return "LoadStoreAlignment";
    case 12: return "InstrPIFDataError";
    case 13: return "LoadStorePIFDataError";
    case 14: return "InstrPIFAddrError";
    case 15: return "LoadStorePIFAddrError";
    case 16: return "InstTLBMiss";
    case 17: return "InstTLBMultiHit";
    case 18: return "InstFetchPrivilege";
    case 20: return "InstFetchProhibited";
    case 24: return "LoadStoreTLBMiss";
    case 25: return "LoadStoreTLBMultiHit";
    case 26: return "LoadStorePrivilege";
    case 28: return "LoadProhibited";
    case 29: return "StoreProhibited";
    case 32: return "Coprocessor0Disabled";
    case 33: return "Coprocessor1Disabled";
    case 34: return "Coprocessor2Disabled";
    case 35: return "Coprocessor3Disabled";
    default: return "Unknown";
    }
}

__attribute__((noreturn)) void openrom_crash(uint32_t kind, uint32_t stack)
{
    uint32_t cause = read_sr(exccause), core = core_number();
    /* core 1 may crash before core 0 came to print anything */
    ets_install_uart_printf();
    g_uart_print = 1;
    if (kind <= 7) {
        uint32_t at[] = {read_sr(epc2), read_sr(epc3), read_sr(epc4), read_sr(epc5), read_sr(epc6), read_sr(epc7)};
        ets_printf("\nopenrom: core %d got an interrupt of level %d at pc=0x%08x, which nothing handles\n", core, kind,
                   at[kind - 2]);
    } else {
        uint32_t epc1 = read_sr(epc1), depc = read_sr(depc);
        ets_printf("\nFatal exception (%d): %s%s on core %d, pc=0x%08x\n", cause, cause_name(cause),
                   kind == CRASH_DOUBLE_EXCEPTION ? " (double)" : "", core,
                   kind == CRASH_DOUBLE_EXCEPTION ? depc : epc1);
        ets_printf("epc1=0x%08x, epc2=0x%08x, epc3=0x%08x, excvaddr=0x%08x, depc=0x%08x, a0=0x%08x, a1=0x%08x\n", epc1,
                   read_sr(epc2), read_sr(epc3), read_sr(excvaddr), depc, read_sr(excsave1), stack);
    }
    openrom_stop();
}

/* Slot names, packed by gen_slots.py: for each slot the count of characters shared with the last named slot, then the
   rest and a NUL. Written slots are "0 shared, nothing more". */
extern const uint8_t openrom_slot_names[];

/* Called by an unwritten slot. The caller's return address has the window increment in its top bits; code lies at
 * 0x4....... */
__attribute__((noreturn)) void openrom_unwritten(uint32_t caller)
{
    uint32_t slot = (((uint32_t)__builtin_return_address(0) & 0x3FFFFFFF) | 0x40000000) - SLOT_RETURN_OFFSET;
    char name[80] = "";
    const uint8_t *packed = openrom_slot_names;
    for (uint32_t index = (slot - SLOT_BASE) / SLOT_SIZE + 1; index > 0; index--) {
        uint8_t *end = (uint8_t *)name + *packed++;
        if (*packed == 0 && end == (uint8_t *)name) {
            packed++;
            continue;
        }
        while ((*end++ = *packed++) != 0) {
        }
    }
    ets_install_uart_printf();
    g_uart_print = 1;
    ets_printf("\nopenrom: %s is not written yet (slot 0x%08x, called from 0x%08x on core %d)\n", name, slot,
               (caller & 0x3FFFFFFF) | 0x40000000, core_number());
    openrom_stop();
}

/* libgcc's arithmetic traps end here. */
__attribute__((noreturn)) void API(abort)(void)
{
    ets_printf("\nopenrom: abort() on core %d\n", core_number());
    openrom_stop();
}
