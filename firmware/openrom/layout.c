/* The description of the ROM's own memory that ESP-IDF's heap start-up reads through ets_rom_layout_p. */
#include "openrom.h"

struct rom_layout {
    void *dram0_stack_shared_mem_start; /* above it: ROM stacks and data; the stacks are free once the ROM is left */
    void *dram0_rtos_reserved_start;    /* above it: ROM data that stays */
    void *stack_sentry, *stack;
    void *stack_sentry_app, *stack_app;
    void *other_parts[58]; /* bounds of Bluetooth, Wi-Fi and PHY data, all empty in this ROM */
};

static const struct rom_layout layout = {
    .dram0_stack_shared_mem_start = _rom_ram_start,
    .dram0_rtos_reserved_start = _rom_data_start,
    .stack_sentry = _rom_ram_start,
    .stack = _stack_core0_top,
    .stack_sentry_app = _stack_core0_top,
    .stack_app = _stack_core1_top,
};

__attribute__((section(".rom_layout_p"), used)) const struct rom_layout *const ets_rom_layout_p = &layout;
