/* Clocks and resets of the cryptographic engines (SYSTEM_PERIP_CLK_EN1, SYSTEM_PERIP_RST_EN1), and what they offer each
   other. */
#ifndef CRYPTO_H
#define CRYPTO_H

#include "openrom.h"

#define SYSTEM_PERIP_CLK_EN1 REG(0x600C001C)
#define SYSTEM_PERIP_RST_EN1 REG(0x600C0024)
#define SYSTEM_CRYPTO_AES BIT(1)
#define SYSTEM_CRYPTO_SHA BIT(2)
#define SYSTEM_CRYPTO_RSA BIT(3)
#define SYSTEM_CRYPTO_DS BIT(4)
#define SYSTEM_CRYPTO_HMAC BIT(5)

#define KEY_BLOCK_FIRST 4 /* eFuse block of key 0 */
#define KEY_BLOCK_LAST 10

enum key_purpose {
    KEY_PURPOSE_USER = 0,
    KEY_PURPOSE_HMAC_DOWN_ALL = 5,
    KEY_PURPOSE_HMAC_DOWN_JTAG = 6,
    KEY_PURPOSE_HMAC_DOWN_DS = 7,
    KEY_PURPOSE_HMAC_UP = 8,
    KEY_PURPOSE_SECURE_BOOT_DIGEST0 = 9,
    KEY_PURPOSE_COUNT = 12,
};

enum { AES_ENCRYPT, AES_DECRYPT };
enum { AES_128, AES_256 = 2 };

void ets_aes_enable(void);
void ets_aes_disable(void);
int ets_aes_setkey(int direction, const void *key, int bits);
void ets_aes_block(const void *input, void *output);
void ets_bigint_enable(void);
void ets_bigint_disable(void);
void ets_bigint_wait_finish(void);
int ets_bigint_modexp(const uint32_t *x, const uint32_t *y, const uint32_t *m, uint32_t m_dash, const uint32_t *rb,
                      bool constant_time, uint32_t words);
int ets_bigint_getz(uint32_t *z, uint32_t words);
void ets_sha_disable(void);
bool ets_efuse_secure_boot_aggressive_revoke_enabled(void);
int ets_efuse_read(void);
int ets_efuse_program(uint32_t block);
uint32_t ets_efuse_get_read_register_address(uint32_t block);
bool ets_efuse_find_purpose(uint32_t purpose, uint32_t *block);

#endif
