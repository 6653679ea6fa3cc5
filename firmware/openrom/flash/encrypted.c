/* Writing flash that is encrypted: XTS_AES takes a line in the clear, SPI1 programs what it makes of it. */
#include "crypto/crypto.h"

#define SYSTEM_EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL REG(0x600C004C)
#define SYSTEM_ENABLE_SPI_MANUAL_ENCRYPT BIT(0)
#define SYSTEM_ENABLE_DOWNLOAD_MANUAL_ENCRYPT BIT(3)
#define XTS_AES_PLAIN(n) REG(0x600CC000 + 4 * (n))
#define XTS_AES_LINESIZE REG(0x600CC040)
#define XTS_AES_DESTINATION REG(0x600CC044)
#define XTS_AES_PHYSICAL_ADDRESS REG(0x600CC048)
#define XTS_AES_TRIGGER REG(0x600CC04C)
#define XTS_AES_RELEASE REG(0x600CC050)
#define XTS_AES_DESTROY REG(0x600CC054)
#define XTS_AES_STATE REG(0x600CC058)

#define FLASH 0
#define LINE_MIN 16u
#define LINE_MAX 64u
#define OK 0
#define ERROR 1

enum { IDLE, BUSY, COMPLETE, RELEASED };

int API(esp_rom_spiflash_unlock)(void);
int API(esp_rom_spiflash_write)(uint32_t address, const uint32_t *from, int32_t length);

void API(esp_rom_spiflash_write_encrypted_enable)(void)
{
    SYSTEM_EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL |=
        SYSTEM_ENABLE_SPI_MANUAL_ENCRYPT | SYSTEM_ENABLE_DOWNLOAD_MANUAL_ENCRYPT;
    ets_aes_enable();
}

void API(esp_rom_spiflash_write_encrypted_disable)(void)
{
    SYSTEM_EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL &= ~SYSTEM_ENABLE_SPI_MANUAL_ENCRYPT;
}

/* The longest line that begins at an address: 16, 32 or 64 bytes. */
static uint32_t line_at(uint32_t address, uint32_t length)
{
    uint32_t line = LINE_MAX;
    while (line > LINE_MIN && (address % line || length < line))
        line /= 2;
    return line;
}

static int write_line(uint32_t address, const uint32_t *from, uint32_t line)
{
    XTS_AES_LINESIZE = line / 32;
    for (uint32_t n = 0; n < line / 4; n++)
        XTS_AES_PLAIN(address % LINE_MAX / 4 + n) = from[n];
    XTS_AES_PHYSICAL_ADDRESS = address;
    XTS_AES_TRIGGER = 1;
    while (XTS_AES_STATE != COMPLETE) {
    }
    XTS_AES_RELEASE = 1;
    while (XTS_AES_STATE != RELEASED) {
    }
    int result = API(esp_rom_spiflash_write)(address, from, (int32_t)line);
    XTS_AES_DESTROY = 1;
    return result;
}

/* Only flash (0) is written here; PSRAM is encrypted by its cache. */
int API(esp_rom_spiflash_write_encrypted_dest)(uint32_t destination, uint32_t address, const uint32_t *from,
                                               uint32_t length)
{
    if ((address | length) % LINE_MIN || destination != FLASH)
        return ERROR;
    API(esp_rom_spiflash_write_encrypted_enable)();
    XTS_AES_DESTINATION = FLASH;
    int result = API(esp_rom_spiflash_unlock)();
    while (length > 0 && result == OK) {
        uint32_t line = line_at(address, length);
        result = write_line(address, from, line);
        address += line;
        from += line / 4;
        length -= line;
    }
    API(esp_rom_spiflash_write_encrypted_disable)();
    return result;
}

int API(esp_rom_spiflash_write_encrypted)(uint32_t address, const uint32_t *from, uint32_t length)
{
    return API(esp_rom_spiflash_write_encrypted_dest)(FLASH, address, from, length);
}
