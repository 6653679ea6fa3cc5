/* What app_main.c, console.c and the two deliveries of core 1's code need of each other. */
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include "amp.h"

/* app_main.c */
void start_core1(void);
void send_to_core1(enum amp_kind kind, uint32_t value);

/* console.c */
void console_start(void);
/* Obey the commands that have come; does not wait. */
void console_poll(void);
/* Wait for so many bytes, which are no commands. */
void console_receive(void *to, uint32_t length);

/* static_core1.c or partition_core1.c */
/* Prepare memory and let core 1 run, which must be held; false where there is nothing to run. */
bool core1_prepare_and_run(void);
/* Obey a console command that only this delivery has; false if it is none. */
bool delivery_command(const char *command);

/* amp/core0/core1.c */
void core1_hold(void);
void core1_run(uint32_t boot_address);

/* registers.c, where no header of ESP-IDF meets those of amp: core 1's doorbell. */
void core1_ring(void);
/* Route the doorbell of core 1 to its interrupt line. */
void core1_connect_doorbell(void);
/* Map a page of flash where core 1's program wants to be; false where that place is taken already. */
bool core1_map_program(uint32_t flash_offset);

#endif
