/* What the parts of the open ROM share. */
#ifndef OPENROM_H
#define OPENROM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "esp32s3.h"

/* A function of the ROM's interface. Its slot at the mask ROM's address carries the bare name and jumps to this symbol,
   so a bare name used inside the ROM also works, through the slot. gen_slots.py finds the written ones by this prefix.
 */
#define API(name) openrom_##name

#define read_sr(name)                                                                                                  \
    ({                                                                                                                 \
        uint32_t value_;                                                                                               \
        __asm__ volatile("rsr." #name " %0" : "=a"(value_));                                                           \
        value_;                                                                                                        \
    })
#define write_sr(name, value) __asm__ volatile("wsr." #name " %0\n rsync" ::"a"(value) : "memory")
#define core_number() (read_sr(prid) >> PRID_CORE_BIT & 1)

/* Public variables, at the mask ROM's addresses (openrom.ld). */
extern volatile uint8_t g_uart_print, g_usb_print;

extern uint8_t _rom_ram_start[], _rom_data_start[], _stack_core0_top[], _stack_core1_top[];

/* How a host asks for something else than the image at flash offset 0: see README.md, "Host boot". */
struct host_boot {
    uint32_t magic;
    uint32_t flash_offset;
};
#define HOST_BOOT_MAGIC 0x544F4F42u /* "BOOT" */
extern const volatile struct host_boot openrom_host_boot;

typedef void entry_point(void);

/* boot.c */
void openrom_stop(void) __attribute__((noreturn));
/* image.c: load or map the image; returns its entry point, or NULL after printing why not */
entry_point *openrom_load_image(uint32_t flash_offset, bool application);
/* clock.c */
void openrom_clock_init(void);
void openrom_clock_pll_80mhz(void);
/* uart.c */
void openrom_uart_init(void);
/* spiflash.c */
void openrom_spiflash_init(void);
/* watchdog.c */
void openrom_watchdog_feed(void);
void openrom_watchdog_hand_over(void);
/* sha256.c */
struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};
void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const uint8_t *data, size_t length);
void sha256_final(struct sha256 *sha, uint8_t digest[32]);

/* The interface functions that the ROM itself calls, through their slots. */
int ets_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ets_install_putc1(void (*putc)(char));
void ets_install_uart_printf(void);
void ets_delay_us(uint32_t us);
void ets_update_cpu_frequency(uint32_t mhz);
void ets_write_char_uart(char c);
uint32_t rtc_get_reset_reason(int core);
int uart_tx_one_char(uint8_t c);
void uart_div_modify(uint8_t uart, uint32_t divider_16ths);
void uart_tx_wait_idle(uint8_t uart);
int esp_rom_spiflash_config_readmode(int mode);
void Cache_MMU_Init(void);
void Cache_Enable_DCache(uint32_t autoload);
void Cache_Enable_ICache(uint32_t autoload);
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

#endif
