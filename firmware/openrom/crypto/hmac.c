/* HMAC-SHA-256 by its engine, with keys out of eFuses: results for firmware, and for other engines ("downstream"). */
#include "crypto/crypto.h"

#define HMAC_REG(offset) REG(0x6003E000 + (offset))
#define SET_START HMAC_REG(0x40)
#define SET_PARA_PURPOSE HMAC_REG(0x44)
#define SET_PARA_KEY HMAC_REG(0x48)
#define SET_PARA_FINISH HMAC_REG(0x4C)
#define SET_MESSAGE_ONE HMAC_REG(0x50)
#define SET_MESSAGE_ING HMAC_REG(0x54)
#define SET_MESSAGE_END HMAC_REG(0x58)
#define SET_RESULT_FINISH HMAC_REG(0x5C)
#define SET_INVALIDATE_JTAG HMAC_REG(0x60)
#define SET_INVALIDATE_DS HMAC_REG(0x64)
#define QUERY_ERROR HMAC_REG(0x68)
#define QUERY_BUSY HMAC_REG(0x6C)
#define WR_MESSAGE_MEM(n) HMAC_REG(0x80 + 4 * (n))
#define RD_RESULT_MEM(n) HMAC_REG(0xC0 + 4 * (n))
#define SET_MESSAGE_PAD HMAC_REG(0xF0)
#define ONE_BLOCK HMAC_REG(0xF4)
#define SOFT_JTAG_CTRL HMAC_REG(0xF8)
#define WR_JTAG HMAC_REG(0xFC)
#define BLOCK 64u
#define LENGTH_AT 56u /* where the length in bits stands in the last block */

enum { OK, FAILED };

void API(ets_hmac_enable)(void)
{
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_HMAC;
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_SHA;
    SYSTEM_PERIP_RST_EN1 &= ~(SYSTEM_CRYPTO_SHA | SYSTEM_CRYPTO_HMAC);
}
void API(ets_hmac_disable)(void) { SYSTEM_PERIP_CLK_EN1 &= ~SYSTEM_CRYPTO_HMAC; }

static void wait(void)
{
    while (QUERY_BUSY != 0) {
    }
}

static int configure(uint32_t key_block, uint32_t purpose)
{
    if (key_block < KEY_BLOCK_FIRST || key_block > KEY_BLOCK_LAST)
        return FAILED;
    wait();
    SET_START = 1;
    wait();
    SET_PARA_PURPOSE = purpose;
    SET_PARA_KEY = key_block - KEY_BLOCK_FIRST;
    SET_PARA_FINISH = 1;
    wait();
    if (QUERY_ERROR != 0)
        return FAILED;
    wait();
    return OK;
}

static void write_block(const uint8_t *block)
{
    for (uint32_t n = 0; n < BLOCK / 4; n++)
        WR_MESSAGE_MEM(n) = load_word(block + 4 * n);
    SET_MESSAGE_ONE = 1;
    wait();
}

/* The padding is FIPS 180-4's, for the message behind the block that the engine makes of the key. */
int API(ets_hmac_calculate_message)(uint32_t key_block, const uint8_t *message, size_t length, uint8_t *hmac)
{
    uint8_t last[BLOCK] = {0};
    size_t rest = length % BLOCK;
    uint32_t bits = __builtin_bswap32((uint32_t)(length + BLOCK) * 8);
    if (configure(key_block, KEY_PURPOSE_HMAC_UP) != OK)
        return FAILED;
    for (size_t at = 0; at + BLOCK <= length; at += BLOCK) {
        if (at > 0) {
            SET_MESSAGE_ING = 1;
            wait();
        }
        write_block(message + at);
    }
    if (rest == 0 && length > 0) {
        SET_MESSAGE_END = 1;
    } else {
        memcpy(last, message + length - rest, rest);
        last[rest] = 0x80;
        if (rest >= LENGTH_AT) {
            SET_MESSAGE_ING = 1;
            wait();
            write_block(last);
            memset(last, 0, sizeof last);
        }
        memcpy(last + BLOCK - sizeof bits, &bits, sizeof bits);
        if (length >= LENGTH_AT) {
            SET_MESSAGE_PAD = 1;
            write_block(last);
        } else {
            write_block(last);
            ONE_BLOCK = 1;
        }
    }
    wait();
    for (uint32_t n = 0; n < 8; n++) {
        uint32_t word = RD_RESULT_MEM(n);
        memcpy(hmac + 4 * n, &word, sizeof word);
    }
    SET_RESULT_FINISH = 2;
    return OK;
}

int API(ets_hmac_calculate_downstream)(uint32_t key_block, uint32_t purpose)
{
    if (purpose != KEY_PURPOSE_HMAC_DOWN_JTAG && purpose != KEY_PURPOSE_HMAC_DOWN_DS)
        return FAILED;
    return configure(key_block, purpose);
}

int API(ets_hmac_invalidate_downstream)(uint32_t purpose)
{
    wait();
    if (purpose == KEY_PURPOSE_HMAC_DOWN_JTAG)
        SET_INVALIDATE_JTAG = 1;
    else if (purpose == KEY_PURPOSE_HMAC_DOWN_DS)
        SET_INVALIDATE_DS = 1;
    else
        return FAILED;
    return OK;
}

/* The key opens JTAG where it is what the engine makes of the eFuse's. */
int API(ets_jtag_enable_temporarily)(const uint8_t *key, uint32_t key_block)
{
    API(ets_hmac_enable)();
    int result = API(ets_hmac_calculate_downstream)(key_block, KEY_PURPOSE_HMAC_DOWN_JTAG);
    if (result != OK)
        return result;
    SOFT_JTAG_CTRL |= 1;
    for (int n = 7; n >= 0; n--)
        WR_JTAG = __builtin_bswap32(load_word(key + 4 * n));
    return OK;
}
