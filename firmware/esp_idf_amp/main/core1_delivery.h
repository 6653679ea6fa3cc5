/* What app_main.c needs of core 1; how its code is delivered is static_core1.c's or partition_core1.c's matter. */
#ifndef CORE1_DELIVERY_H
#define CORE1_DELIVERY_H

#include <stdbool.h>
#include "amp.h"

/* amp/core0/core1.c */
void core1_hold(void);
void core1_run(uint32_t boot_address);

/* registers.c, where no header of ESP-IDF meets those of amp: core 1's doorbell. */
void core1_ring(void);
/* Route the doorbell of core 1 to its interrupt line. */
void core1_connect_doorbell(void);
/* Map a page of flash where core 1's program wants to be; false where that place is taken already. */
bool core1_map_program(uint32_t flash_offset);

/* Prepare memory and let core 1 run, which must be held; false where there is nothing to run. */
bool core1_prepare_and_run(void);

#endif
