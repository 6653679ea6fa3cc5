/* What the parts of core 0 share, and the ROM functions that it calls (addresses: rom.ld, made from openrom/api.csv).
 */
#ifndef AMP_CORE0_H
#define AMP_CORE0_H

#include <stdbool.h>
#include <stddef.h>
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

/* An entry of ESP-IDF's partition table. */
struct partition {
    uint16_t magic;
    uint8_t type, subtype;
    uint32_t offset, size;
    char name[16];
    uint32_t flags;
};

/* partition.c */
bool find_partition(const char *name, struct partition *found);

/* fault.c: what amp_faults does more than the good firmware, so that its mistakes can show. */
#ifdef AMP_FAULTS
void read_fault(void);
void set_busy(bool is_busy);
uint32_t send_burst(uint32_t first);
void take_position(void);
#else
static inline void read_fault(void) {}
static inline void set_busy(bool is_busy) { (void)is_busy; }
static inline uint32_t send_burst(uint32_t first) { return (void)first, 0; }
static inline void take_position(void) {}
#endif

/* main.c */
void start_core1(void);

/* core1.c */
void core1_hold(void);
void core1_run(uint32_t boot_address);

/* static_core1.c where core 1's code is part of this image, program.c where it lies in a partition of its own:
   prepares what core 1 needs and lets it run; false where there is nothing to run. */
bool core1_release(void);
/* Obeys a console command that only this delivery has; false if it is none. */
bool delivery_command(const char *command);

/* ROM */
int ets_printf(const char *format, ...);
void ets_delay_us(uint32_t us);
void ets_set_appcpu_boot_addr(uint32_t address);
void ets_update_cpu_frequency(uint32_t mhz);
void intr_matrix_set(int core, uint32_t source, uint32_t line);
void software_reset(void) __attribute__((noreturn));
void software_reset_cpu(int core);
void Cache_Enable_DCache(uint32_t autoload);
void Cache_Enable_ICache(uint32_t autoload);
void Cache_Freeze_DCache_Disable(void);
void Cache_Freeze_ICache_Disable(void);
void Cache_Invalidate_DCache_All(void);
void Cache_Invalidate_ICache_All(void);
uint32_t crc32_le(uint32_t crc, const void *data, uint32_t length);
int esp_rom_spiflash_erase_sector(uint32_t number);
int esp_rom_spiflash_read(uint32_t offset, void *to, int32_t length);
int esp_rom_spiflash_unlock(void);
int esp_rom_spiflash_write(uint32_t offset, const void *from, int32_t length);
void rom_Cache_Freeze_DCache_Enable(uint32_t mode);
void rom_Cache_Freeze_ICache_Enable(uint32_t mode);
unsigned long strtoul(const char *text, char **end, int base);
__SIZE_TYPE__ strlen(const char *text);
int strncmp(const char *a, const char *b, __SIZE_TYPE__ length);
int uart_rx_one_char(uint8_t *c);
void uart_tx_wait_idle(uint8_t uart);
void *memset(void *to, int value, __SIZE_TYPE__ length);
int strcmp(const char *a, const char *b);

#endif
