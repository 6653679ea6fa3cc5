/* What the parts of core 0 share, and the ROM functions that it calls (addresses: rom.ld, made from openrom/api.csv).
 */
#ifndef AMP_CORE0_H
#define AMP_CORE0_H

#include <stdbool.h>
#include "amp.h"
#include "esp32s3.h"

#define read_sr(name)                                                                                                  \
    ({                                                                                                                 \
        uint32_t value_;                                                                                               \
        __asm__ volatile("rsr." #name " %0" : "=a"(value_));                                                           \
        value_;                                                                                                        \
    })
#define write_sr(name, value) __asm__ volatile("wsr." #name " %0\n rsync" ::"a"(value) : "memory")

/* hardware.c */
void watchdogs_off(void);
void cpu_clock_240mhz(void);
void interrupts_on(void);

/* core1.c */
void core1_hold(void);
void core1_release(void);

/* ROM */
int ets_printf(const char *format, ...);
void ets_set_appcpu_boot_addr(uint32_t address);
void ets_update_cpu_frequency(uint32_t mhz);
void intr_matrix_set(int core, uint32_t source, uint32_t line);
void software_reset(void) __attribute__((noreturn));
void software_reset_cpu(int core);
int uart_rx_one_char(uint8_t *c);
void uart_tx_wait_idle(uint8_t uart);
void *memset(void *to, int value, __SIZE_TYPE__ length);
int strcmp(const char *a, const char *b);

#endif
