/* The last words of either core. */
#include "core0.h"

static const char *cause_name(uint32_t cause)
{
    switch (cause) {
    case 0: return "IllegalInstruction";
    case 2: return "InstructionFetchError";
    case 3: return "LoadStoreError";
    case 6: return "IntegerDivideByZero";
    case 9: return "LoadStoreAlignment";
    case 20: return "InstFetchProhibited";
    case 28: return "LoadProhibited";
    case 29: return "StoreProhibited";
    case 32: return "Coprocessor0Disabled";
    default: return "exception";
    }
}

/* Stop the other core first, so that the report stays in one piece. */
static void stall_other_core(uint32_t core)
{
    if (core == 0) {
        RTC_CNTL_SW_CPU_STALL |= 0x21u << 20;
        RTC_CNTL_OPTIONS0 |= 0x2u;
    } else {
        RTC_CNTL_SW_CPU_STALL |= 0x21u << 26;
        RTC_CNTL_OPTIONS0 |= 0x2u << 2;
    }
}

#if defined(AMP_PROGRAM) || defined(AMP_CORE1_ALONE)
/* Core 0's program is another: it goes on. Stalled for good it would stay so after any reset but that of the RTC. */
static void free_core0(void)
{
    RTC_CNTL_SW_CPU_STALL &= ~RTC_CNTL_SW_STALL_PROCPU_C1;
    RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_SW_STALL_PROCPU_C0;
}
#else
static void free_core0(void) {}
#endif

static __attribute__((noreturn)) void stop(void)
{
    uart_tx_wait_idle(0);
    free_core0();
    for (;;)
        __asm__ volatile("waiti 15");
}

/* From the vectors of either core. */
__attribute__((noreturn)) void amp_panic(uint32_t kind, uint32_t stack)
{
    uint32_t core = read_sr(prid) >> PRID_CORE_BIT & 1;
    stall_other_core(core);
    if (kind < AMP_PANIC_EXCEPTION) {
        ets_printf("\namp: panic on core %d: unexpected interrupt of level %d\n", core, kind);
    } else {
        uint32_t cause = read_sr(exccause), pc = kind == AMP_PANIC_DOUBLE ? read_sr(depc) : read_sr(epc1);
        ets_printf("\namp: panic on core %d: %s (%d) at pc 0x%08x, address 0x%08x, a0 0x%08x, sp 0x%08x%s\n", core,
                   cause_name(cause), cause, pc, read_sr(excvaddr), read_sr(excsave1), stack,
                   kind == AMP_PANIC_DOUBLE ? " (double exception)" : "");
    }
    stop();
}

/* From Rust's panic handler on core 1. The file name is not terminated. */
__attribute__((noreturn)) void amp_rust_panic(const char *file, uint32_t length, uint32_t line)
{
    stall_other_core(1);
    ets_printf("\namp: panic on core 1: Rust panic at ");
    for (uint32_t n = 0; n < length; n++)
        ets_printf("%c", file[n]); /* the chip's ets_printf knows no precision */
    ets_printf(":%d\n", line);
    stop();
}

#ifndef AMP_CORE1_ALONE /* beside ESP-IDF, which has its own */
/* Where libgcc and Rust's core library end when nothing else is left. */
__attribute__((noreturn)) void abort(void) { amp_rust_panic("abort", 5, 0); }
#endif
