/* The description of the ROM's own memory that ESP-IDF's heap start-up reads through ets_rom_layout_p. */
#include "openrom.h"

struct range {
    uint32_t start, end;
};

/* ESP-IDF's ets_rom_layout_t (rom/rom_layout.h). Bounds and sizes are the chip's, so that heaps are as large as there.
   Bluetooth's ranges are given back to the heap by applications without Bluetooth; there is nothing of this ROM's. */
struct rom_layout {
    uint32_t dram0_stack_shared_mem_start; /* above it: ROM stacks and data; the stacks are free once the ROM is left */
    uint32_t dram0_rtos_reserved_start;    /* above it: ROM data that stays */
    struct range stack, stack_app;
    struct range btdm_data, btdm_bss, btdm_data_in_rom, btdm_interface_data, btdm_interface_bss;
    struct range phy, coexist, net80211, pp;
    struct range coexist_interface_data, coexist_interface_bss, net80211_interface_data, net80211_interface_bss;
    struct range pp_interface_data, pp_interface_bss, usb, uart;
};

static const struct rom_layout layout = {
    .dram0_stack_shared_mem_start = 0x3FCE9704,
    .dram0_rtos_reserved_start = 0x3FCEEE34,
    .stack = {0x3FCE9710, 0x3FCEB710},
    .stack_app = {0x3FCEB710, 0x3FCED710},
    .btdm_data = {0x3FCEF174, 0x3FCEF180},
    .btdm_bss = {0x3FCEF180, 0x3FCEF1A4},
    .btdm_data_in_rom = {0x40057350, 0x40057350},
    .btdm_interface_data = {0x3FCEF958, 0x3FCEFA14},
    .btdm_interface_bss = {0x3FCEFA14, 0x3FCEFFAC},
};

__attribute__((section(".rom_layout_p"), used)) const struct rom_layout *const ets_rom_layout_p = &layout;
