/* ESP-IDF's flash component as it lies in memory (its headers hal/spi_flash_types.h, spi_flash_hal.h, esp_flash_types.h
   and spi_flash_chip_driver.h). Applications hold these structures, and replace functions in them. */
#ifndef ESP_FLASH_H
#define ESP_FLASH_H

#include "spi_mem.h"

/* esp_err_t */
enum {
    ESP_OK,
    ESP_ERR_NO_MEM = 0x101,
    ESP_ERR_INVALID_ARG = 0x102,
    ESP_ERR_INVALID_SIZE = 0x104,
    ESP_ERR_NOT_FOUND = 0x105,
    ESP_ERR_NOT_SUPPORTED = 0x106,
    ESP_ERR_TIMEOUT = 0x107,
    ESP_ERR_FLASH_NO_RESPONSE = 0x108,
    ESP_ERR_FLASH_OP_FAIL = 0x6001,
    ESP_ERR_FLASH_OP_TIMEOUT = 0x6002,
    ESP_ERR_FLASH_NOT_INITIALISED = 0x6003,
    ESP_ERR_FLASH_UNSUPPORTED_CHIP = 0x6005,
    ESP_ERR_FLASH_PROTECTED = 0x6006,
};

/* esp_flash_io_mode_t, with a flag */
enum { IO_SLOWRD, IO_FASTRD, IO_DOUT, IO_DIO, IO_QOUT, IO_QIO, IO_OPI_STR = 16, IO_OPI_DTR };
#define IO_MODE(value) ((value) & 0xFFFF)
#define IO_MODE_BITS_FOLLOW BIT(31) /* eight bits after the address, all ones: no continuous reading */

#define TRANSACTION_OWN_MODE BIT(1)
#define TRANSACTION_CHANGES_FLASH BIT(3)
struct flash_transaction { /* spi_flash_trans_t */
    uint8_t reserved, out_length, in_length, address_bits;
    uint32_t address;
    const uint8_t *out;
    uint8_t *in;
    uint32_t flags;
    uint16_t command;
    uint8_t dummy_cycles;
    uint32_t mode;
};

struct flash_host;
struct flash_host_driver { /* spi_flash_host_driver_t */
    int (*configure)(struct flash_host *);
    int (*command)(struct flash_host *, struct flash_transaction *);
    int (*read_id)(struct flash_host *, uint32_t *id);
    void (*erase_chip)(struct flash_host *);
    void (*erase_sector)(struct flash_host *, uint32_t address);
    void (*erase_block)(struct flash_host *, uint32_t address);
    int (*read_status)(struct flash_host *, uint8_t *status);
    int (*set_write_protect)(struct flash_host *, bool);
    void (*program_page)(struct flash_host *, const void *, uint32_t address, uint32_t length);
    bool (*can_write_from)(struct flash_host *, const void *);
    int (*slice_write)(struct flash_host *, uint32_t address, uint32_t length, uint32_t *aligned, uint32_t page);
    int (*read)(struct flash_host *, void *, uint32_t address, uint32_t length);
    bool (*can_read_to)(struct flash_host *, const void *);
    int (*slice_read)(struct flash_host *, uint32_t address, uint32_t length, uint32_t *aligned, uint32_t page);
    uint32_t (*status)(struct flash_host *);
    int (*set_io_mode)(struct flash_host *, uint32_t command, uint32_t address_bits, int dummy_cycles, uint32_t mode);
    void (*poll_done)(struct flash_host *);
    int (*flush_cache)(struct flash_host *, uint32_t address, uint32_t length);
};
struct flash_host { /* spi_flash_hal_context_t */
    const struct flash_host_driver *driver;
    uint32_t registers; /* of SPI1 */
    int chip_select;
    uint8_t extra_dummy, dummy_rin, cs_setup, cs_hold;
    uint32_t clock, base_mode;
};

struct flash_timeouts {
    uint32_t idle_us, erase_chip_us, erase_block_us, erase_sector_us, program_page_us;
};
struct flash_region {
    uint32_t offset, size;
};
struct flash;
struct flash_driver { /* spi_flash_chip_t */
    const char *name;
    const struct flash_timeouts *timeouts;
    int (*probe)(struct flash *, uint32_t id);
    int (*reset)(struct flash *);
    int (*detect_size)(struct flash *, uint32_t *size);
    int (*erase_chip)(struct flash *);
    int (*erase_sector)(struct flash *, uint32_t address);
    int (*erase_block)(struct flash *, uint32_t address);
    uint32_t sector_size, block_size;
    int (*get_write_protect)(struct flash *, bool *);
    int (*set_write_protect)(struct flash *, bool);
    uint8_t region_count;
    const struct flash_region *regions;
    int (*get_protected)(struct flash *, uint64_t *);
    int (*set_protected)(struct flash *, uint64_t);
    int (*read)(struct flash *, void *, uint32_t address, uint32_t length);
    int (*write)(struct flash *, const void *, uint32_t address, uint32_t length);
    int (*program_page)(struct flash *, const void *, uint32_t address, uint32_t length);
    uint32_t page_size;
    int (*write_encrypted)(struct flash *, const void *, uint32_t address, uint32_t length);
    int (*wait_idle)(struct flash *, uint32_t timeout_us);
    int (*set_io_mode)(struct flash *);
    int (*get_io_mode)(struct flash *, uint32_t *mode);
    int (*read_id)(struct flash *, uint32_t *id);
    int (*read_register)(struct flash *, int which, uint32_t *value);
    int (*yield)(struct flash *, uint32_t busy);
    int (*setup_suspend)(struct flash *);
    int (*read_unique_id)(struct flash *, uint64_t *);
    uint32_t (*capabilities)(struct flash *);
    int (*set_host_io_mode)(struct flash *, uint32_t flags);
};
struct flash_system { /* esp_flash_os_functions_t */
    int (*start)(void *, uint32_t flags);
    int (*end)(void *);
    int (*check_region)(void *, uint32_t start, uint32_t length);
    int (*delay_us)(void *, uint32_t us);
    void *(*get_buffer)(void *, uint32_t wanted, uint32_t *got);
    void (*release_buffer)(void *, void *);
    int (*check_yield)(void *, uint32_t status, uint32_t *request);
    int (*yield)(void *, uint32_t *status);
};
struct flash { /* esp_flash_t */
    struct flash_host *host;
    const struct flash_driver *driver;
    const struct flash_system *system;
    void *system_data;
    uint32_t read_mode, size, id;
    uint32_t busy : 1;
};

/* The steps that every function of esp_flash_ takes; an application may put its own in their place. */
struct flash_steps {
    int (*start)(struct flash *);
    int (*end)(struct flash *, int error);
    int (*check)(struct flash **);
    int (*end_and_flush)(struct flash *, int error, bool started, uint32_t address, uint32_t length);
};
extern const struct flash_steps *esp_flash_api_funcs;
extern struct flash *esp_flash_default_chip;

#endif
