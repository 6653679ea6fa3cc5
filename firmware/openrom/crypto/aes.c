/* AES (FIPS 197) by the accelerator, one block at a time. */
#include "crypto/crypto.h"

#define AES_KEY(n) REG(0x6003A000 + 4 * (n))
#define AES_TEXT_IN(n) REG(0x6003A020 + 4 * (n))
#define AES_TEXT_OUT(n) REG(0x6003A030 + 4 * (n))
#define AES_MODE REG(0x6003A040)
#define AES_MODE_DECRYPT 4u
#define AES_TRIGGER REG(0x6003A048)
#define AES_STATE REG(0x6003A04C)

void API(ets_aes_enable)(void)
{
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_AES;
    SYSTEM_PERIP_RST_EN1 &= ~SYSTEM_CRYPTO_AES;
}
void API(ets_aes_disable)(void)
{
    SYSTEM_PERIP_RST_EN1 |= SYSTEM_CRYPTO_AES;
    SYSTEM_PERIP_CLK_EN1 &= ~SYSTEM_CRYPTO_AES;
}

/* 0 done, 1 for another length of key. */
int API(ets_aes_setkey)(int direction, const void *key, int bits)
{
    if (bits != AES_128 && bits != AES_256)
        return 1;
    uint32_t words[8], count = bits == AES_128 ? 4 : 8;
    memcpy(words, key, 4 * count);
    AES_MODE = (uint32_t)bits | (direction == AES_DECRYPT ? AES_MODE_DECRYPT : 0);
    for (uint32_t n = 0; n < count; n++)
        AES_KEY(n) = words[n];
    return 0;
}
int API(ets_aes_setkey_enc)(const void *key, int bits) { return API(ets_aes_setkey)(AES_ENCRYPT, key, bits); }
int API(ets_aes_setkey_dec)(const void *key, int bits) { return API(ets_aes_setkey)(AES_DECRYPT, key, bits); }

void API(ets_aes_block)(const void *input, void *output)
{
    uint32_t block[4];
    memcpy(block, input, sizeof block);
    for (uint32_t n = 0; n < 4; n++)
        AES_TEXT_IN(n) = block[n];
    AES_TRIGGER = 1;
    while (AES_STATE != 0) {
    }
    for (uint32_t n = 0; n < 4; n++)
        block[n] = AES_TEXT_OUT(n);
    memcpy(output, block, sizeof block);
}
