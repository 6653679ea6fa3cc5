/* What the ROM says before it stops: crashes of code that runs on its vectors, and calls of functions not written yet.
 */
#include "openrom.h"
#include "boot/frame.h"
#include "boot/panic.h"

#define SLOT_BASE 0x4000057Cu
#define SLOT_SIZE 12
#define FIRST_RADIO_SLOT 0x40002A78u /* Bluetooth, Wi-Fi, coexistence and PHY are all behind the others */
#define SLOT_RETURN_OFFSET 8 /* where an unwritten slot's call8 returns to: see gen_slots.py */

void openrom_spill_windows(void);

static const char *cause_name(uint32_t cause)
{
    static const char *const names[] = {
        "IllegalInstruction", "Syscall", "InstructionFetchError", "LoadStoreError", "Level1Interrupt", "Alloca",
        "IntegerDivideByZero", "PCValue", "Privileged", "LoadStoreAlignment", NULL, NULL, "InstrPDAddrError",
        "LoadStorePIFDataError", "InstrPIFAddrError", "LoadStorePIFAddrError", "InstTLBMiss", "InstTLBMultiHit",
        "InstFetchPrivilege", NULL, "InstrFetchProhibited", NULL, NULL, NULL, "LoadStoreTLBMiss",
        "LoadStoreTLBMultihit", "LoadStorePrivilege", NULL, "LoadProhibited", "StoreProhibited", NULL, NULL, "Cp0Dis",
        "Cp1Dis", "Cp2Dis", "Cp3Dis", "Cp4Dis", "Cp5Dis", "Cp6Dis", "Cp7Dis",
    };
    return cause < sizeof names / sizeof *names && names[cause] ? names[cause] : "Unknown";
}

static void print_to_console(void)
{
    /* core 1 may crash before core 0 came to print anything */
    ets_install_uart_printf();
    g_uart_print = 1;
}

static bool on_a_stack(uint32_t sp) { return sp % 16 == 0 && sp >= DRAM_BASE && sp < DRAM_END; }

/* Return addresses have the caller's window size in their top bits; code lies at 0x4....... */
static uint32_t code_address(uint32_t return_address) { return (return_address & 0x3FFFFFFF) | 0x40000000; }

/* The callers, as they have been spilled below each stack pointer: return address, then stack pointer. */
static void print_backtrace(uint32_t pc, uint32_t sp, uint32_t return_address)
{
    ets_printf("\nBacktrace:");
    for (int depth = 0; depth < 100; depth++) {
        ets_printf(" 0x%08x:0x%08x", depth ? code_address(pc) - 3 : pc, sp);
        if (!on_a_stack(sp) || return_address == 0)
            break;
        pc = return_address;
        return_address = ((uint32_t *)sp)[-4];
        sp = ((uint32_t *)sp)[-3];
        if (!on_a_stack(sp))
            break;
    }
    ets_printf("\n\n");
}

__attribute__((noreturn)) void openrom_panic(const struct exception_frame *frame)
{
    openrom_spill_windows(); /* where the back-trace finds them */
    print_to_console();
    uint32_t registers[16] = {frame->a0, frame->a1, frame->a2, frame->a3, frame->a4, frame->a5};
    for (int n = 6; n < 16; n++)
        registers[n] = frame->a6_15[n - 6];
    ets_printf("Guru Meditation Error: Core %d panic'ed (%s)\n", core_number(), cause_name(frame->exccause));
    ets_printf("Core %d register dump:\nPC      : 0x%08x  PS      : 0x%08x  ", core_number(), frame->pc, frame->ps);
    for (int n = 0; n < 16; n++)
        ets_printf("A%-7d: 0x%08x%s", n, registers[n], n % 4 == 1 ? "\n" : "  ");
    ets_printf("SAR     : 0x%08x  EXCCAUSE: 0x%08x\n", frame->sar, frame->exccause);
    ets_printf("EXCVADDR: 0x%08x  LBEG    : 0x%08x  LEND    : 0x%08x  LCOUNT  : 0x%08x\n", frame->excvaddr,
               frame->lbeg, frame->lend, frame->lcount);
    print_backtrace(frame->pc, frame->a1, frame->a0);
    openrom_stop();
}

/* An interrupt of a level that the ROM does not handle, or an exception while an exception was handled. */
__attribute__((noreturn)) void openrom_crash(uint32_t kind, uint32_t stack)
{
    print_to_console();
    if (kind <= 7) {
        uint32_t at[] = {read_sr(epc2), read_sr(epc3), read_sr(epc4), read_sr(epc5), read_sr(epc6), read_sr(epc7)};
        ets_printf("\nopenrom: core %d got an interrupt of level %d at pc=0x%08x, which nothing handles\n",
                   core_number(), kind, at[kind - 2]);
    } else {
        uint32_t cause = read_sr(exccause);
        ets_printf("\nopenrom: core %d: %s (%d) while an exception was handled, pc=0x%08x, epc1=0x%08x, "
                   "excvaddr=0x%08x, a0=0x%08x, a1=0x%08x\n",
                   core_number(), cause_name(cause), cause, read_sr(depc), read_sr(epc1), read_sr(excvaddr),
                   read_sr(excsave1), stack);
    }
    openrom_stop();
}

/* The other core would run into the stopped one sooner or later: a watchdog of its own, a panic, a reset. */
static void stall_other_core(void)
{
    if (core_number() == 0) {
        RTC_CNTL_SW_CPU_STALL = (RTC_CNTL_SW_CPU_STALL & ~RTC_CNTL_SW_STALL_APPCPU_C1) | 0x21u << 20;
        RTC_CNTL_OPTIONS0 = (RTC_CNTL_OPTIONS0 & ~RTC_CNTL_SW_STALL_APPCPU_C0) | 2u;
    } else {
        RTC_CNTL_SW_CPU_STALL = (RTC_CNTL_SW_CPU_STALL & ~RTC_CNTL_SW_STALL_PROCPU_C1) | 0x21u << 26;
        RTC_CNTL_OPTIONS0 = (RTC_CNTL_OPTIONS0 & ~RTC_CNTL_SW_STALL_PROCPU_C0) | 2u << 2;
    }
}

/* Slot names, packed by gen_slots.py: for each slot the count of characters shared with the last named slot, then the
   rest and a NUL. Written slots are "0 shared, nothing more". */
extern const uint8_t openrom_slot_names[];

/* Called by an unwritten slot: the end of both cores, so that the last line tells why. */
__attribute__((noreturn)) void openrom_unwritten(uint32_t caller)
{
    uint32_t end_of_interrupts;
    __asm__ volatile("rsil %0, 15" : "=a"(end_of_interrupts)::"memory");
    stall_other_core();
    openrom_watchdog_off();
    uint32_t slot = code_address((uint32_t)__builtin_return_address(0)) - SLOT_RETURN_OFFSET;
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
    print_to_console();
    ets_printf("\nopenrom: %s %s (slot 0x%08x, called from 0x%08x on core %d)\n", name,
               slot >= FIRST_RADIO_SLOT ? "drives the radio, which is not modelled" : "is not written yet", slot,
               code_address(caller), core_number());
    usb_uart_device_tx_flush();
    for (;;) {
        __asm__ volatile("waiti 15");
    }
}

/* libgcc's arithmetic traps end here. */
__attribute__((noreturn)) void API(abort)(void)
{
    ets_printf("\nopenrom: abort() on core %d\n", core_number());
    openrom_stop();
}
