/* The ROM's old flash driver, as far as bootloaders use it. It reads through the flash MMU instead of the SPI
   controller, so that no SPI flash needs to be modelled for it; erasing and writing, which do, are not written yet. */
#include "openrom.h"

int Cache_Invalidate_Addr(uint32_t address, uint32_t size);

#define LAST_ENTRY (MMU_ENTRIES - 1)

/* ESP-IDF's esp_rom_spiflash_legacy_data_t: applications look at it through the public pointer. */
struct spiflash_data {
    uint32_t device_id, chip_size, block_size, sector_size, page_size, status_mask;
    uint8_t dummy_length_plus[3];
    uint8_t signal_matrix;
};
extern struct spiflash_data *rom_spiflash_legacy_data;
static struct spiflash_data data;

int API(esp_rom_spiflash_config_param)(uint32_t device_id, uint32_t chip_size, uint32_t block_size,
                                       uint32_t sector_size, uint32_t page_size, uint32_t status_mask)
{
    data = (struct spiflash_data){device_id, chip_size, block_size, sector_size, page_size, status_mask, {0}, 0};
    return 0;
}

void openrom_spiflash_init(void)
{
    rom_spiflash_legacy_data = &data;
    API(esp_rom_spiflash_config_param)(0, 0x1000000, 0x10000, 0x1000, 0x100, 0xFFFF);
}

/* Each page is seen through the MMU table's last entry for a moment. Lengths are whole words. */
int API(esp_rom_spiflash_read)(uint32_t offset, uint32_t *to, int32_t length)
{
    uint32_t kept = MMU_TABLE(LAST_ENTRY);
    while (length > 0) {
        uint32_t part = MMU_PAGE_SIZE - offset % MMU_PAGE_SIZE;
        if (part > (uint32_t)length)
            part = (uint32_t)length;
        MMU_TABLE(LAST_ENTRY) = offset / MMU_PAGE_SIZE;
        const uint8_t *page = (const uint8_t *)(DROM_BASE + LAST_ENTRY * MMU_PAGE_SIZE);
        Cache_Invalidate_Addr((uint32_t)page, MMU_PAGE_SIZE);
        memcpy(to, page + offset % MMU_PAGE_SIZE, part);
        to += part / 4;
        offset += part;
        length -= (int32_t)part;
    }
    MMU_TABLE(LAST_ENTRY) = kept;
    return 0;
}

/* The flash needs no waiting, no pins and no mode. */
int API(esp_rom_spiflash_wait_idle)(void *chip)
{
    (void)chip;
    return 0;
}
void API(esp_rom_spiflash_select_qio_pins)(uint8_t wp_pin, uint32_t config) { (void)wp_pin, (void)config; }
int API(esp_rom_spiflash_config_readmode)(int mode)
{
    (void)mode;
    return 0;
}
