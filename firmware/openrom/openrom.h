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

/* For variables that nobody needs once an operating system runs: ESP-IDF's heap takes that memory then. */
#define BEFORE_RTOS __attribute__((section(".bss.before_rtos")))

#define read_sr(name)                                                                                                  \
    ({                                                                                                                 \
        uint32_t value_;                                                                                               \
        __asm__ volatile("rsr." #name " %0" : "=a"(value_));                                                           \
        value_;                                                                                                        \
    })
#define write_sr(name, value) __asm__ volatile("wsr." #name " %0\n rsync" ::"a"(value) : "memory")
#define core_number() (read_sr(prid) >> PRID_CORE_BIT & 1)

/* A word out of bytes at any address, without a call. */
static inline uint32_t load_word(const void *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, sizeof word);
    return word;
}

/* Public variables, at the mask ROM's addresses (openrom.ld). */
extern volatile uint8_t g_uart_print, g_usb_print;

extern const float *dsps_fft2r_w_table_fc32_1024;

extern uint8_t _rom_data_end[];
/* gen_fft_table.py */
extern const float openrom_fft_table[];

/* How a host asks for something else than the image at flash offset 0: see README.md, "Host boot". */
struct host_boot {
    uint32_t magic;
    uint32_t flash_offset;
};
#define HOST_BOOT_MAGIC 0x544F4F42u /* "BOOT" */
extern const volatile struct host_boot openrom_host_boot;

typedef void entry_point(void);

/* boot/boot.c */
void openrom_stop(void) __attribute__((noreturn));
/* boot/image.c: load or map the image; returns its entry point, or says why not and stops */
entry_point *openrom_load_image(uint32_t flash_offset, bool application);
/* system/clock.c */
void openrom_clock_init(void);
void openrom_clock_pll_80mhz(void);
/* system/cache.c */
void openrom_cache_init(void);
/* system/uart.c */
void openrom_uart_init(void);
/* flash/spiflash.c */
void openrom_flash_init(void);
void openrom_flash_take_size(void); /* as the flash's identification says it */
/* flash/esp_flash.c */
void openrom_esp_flash_init(void);
/* flash/controllers.c: as the header of an image says */
void openrom_flash_configure(int mode, uint8_t divider, uint8_t wp_pin, const uint8_t *drive);
/* boot/watchdog.c */
void openrom_watchdog_feed(void);
void openrom_watchdog_hand_over(void);
void openrom_watchdog_off(void);
/* crypto/sha.c: ESP-IDF's SHA_CTX (rom/sha.h) */
struct sha_context {
    bool start;       /* there is a state to continue from */
    bool in_hardware; /* and the accelerator holds it */
    uint32_t type;
    uint32_t state[16]; /* as in the accelerator: bytes of the digest in their order */
    uint8_t buffer[128];
    uint32_t bits[4]; /* low word first */
};
#define SHA2_256_TYPE 2

/* The interface functions that the ROM itself calls, through their slots. */
int ets_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ets_install_putc1(void (*putc)(char));
void ets_install_uart_printf(void);
void ets_delay_us(uint32_t us);
void ets_update_cpu_frequency(uint32_t mhz);
void ets_write_char_uart(char c);
uint32_t rtc_get_reset_reason(int core);
entry_point *esp_rom_get_rtc_wake_addr(void);
void assist_debug_clock_enable(void);
void assist_debug_record_enable(void);
uint32_t ets_efuse_get_uart_print_control(void);
bool ets_efuse_usb_print_is_disabled(void);
int uart_tx_one_char(uint8_t c);
void uart_div_modify(uint8_t uart, uint32_t divider_16ths);
void uart_tx_wait_idle(uint8_t uart);
void usb_uart_device_tx_flush(void);
void ets_sha_enable(void);
int ets_sha_init(struct sha_context *context, uint32_t type);
void ets_sha_update(struct sha_context *context, const uint8_t *data, uint32_t length, bool keep);
int ets_sha_finish(struct sha_context *context, uint8_t *digest);
void ROM_Boot_Cache_Init(void);
void spi_flash_check_and_flush_cache(uint32_t address, uint32_t length);
uint32_t Cache_Get_IROM_MMU_End(void);
void Cache_Mask_All(void);
uint32_t rom_Cache_Suspend_DCache(void);
void Cache_Resume_DCache(uint32_t autoload);
uint32_t rom_Cache_Suspend_ICache(void);
void Cache_Resume_ICache(uint32_t autoload);
int Cache_Invalidate_Addr(uint32_t address, uint32_t size);
void Cache_Invalidate_DCache_All(void);
void Cache_Enable_ICache(uint32_t autoload);
void Cache_MMU_Init(void);
void Cache_Enable_DCache(uint32_t autoload);
uint32_t crc32_le(uint32_t crc, const uint8_t *data, uint32_t length);
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

#endif
