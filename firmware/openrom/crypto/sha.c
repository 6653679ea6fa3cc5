/* Hashes (FIPS 180-4) by the SHA accelerator. Several may be going on in turns: their owner has the state read back and
   clears in_hardware before another one goes on. */
#include "crypto/crypto.h"

#define SHA_MODE REG(0x6003B000)
#define SHA_T_STRING REG(0x6003B004)
#define SHA_T_LENGTH REG(0x6003B008)
#define SHA_START REG(0x6003B010)
#define SHA_CONTINUE REG(0x6003B014)
#define SHA_BUSY REG(0x6003B018)
#define SHA_H_MEM(n) REG(0x6003B040 + 4 * (n))
#define SHA_M_MEM(n) REG(0x6003B080 + 4 * (n))

#define INVALID_ARGUMENT 0x102 /* ESP_ERR_INVALID_ARG */

enum { SHA1, SHA2_224, SHA2_256, SHA2_384, SHA2_512, SHA2_512_224, SHA2_512_256, SHA2_512_T, SHA_KINDS };

void API(ets_sha_enable)(void)
{
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_SHA;
    SYSTEM_PERIP_RST_EN1 &= ~(SYSTEM_CRYPTO_SHA | SYSTEM_CRYPTO_DS | SYSTEM_CRYPTO_HMAC);
}
void API(ets_sha_disable)(void)
{
    SYSTEM_PERIP_RST_EN1 |= SYSTEM_CRYPTO_SHA;
    SYSTEM_PERIP_CLK_EN1 &= ~SYSTEM_CRYPTO_SHA;
}

static uint32_t block_size(const struct sha_context *context) { return context->type <= SHA2_256 ? 64 : 128; }
static uint32_t state_words(const struct sha_context *context)
{
    return context->type == SHA1 ? 5 : context->type <= SHA2_256 ? 8 : 16;
}

int API(ets_sha_init)(struct sha_context *context, uint32_t type)
{
    if (type >= SHA_KINDS)
        return INVALID_ARGUMENT;
    memset(context, 0, sizeof *context);
    context->type = type;
    return 0;
}

static void wait(void)
{
    while (SHA_BUSY & 1) {
    }
}

/* For SHA-512/t the digest's length in bits, which the initial state depends on. */
int API(ets_sha_starts)(struct sha_context *context, uint16_t t)
{
    uint32_t digits = 0, length = 0;
    if (context->type != SHA2_512_T)
        return 0;
    if (t == 384)
        return INVALID_ARGUMENT;
    /* the number in decimal and the bit that ends it, from the top of a word; how many bits that is */
    if (t < 10) {
        digits = 1u << 23 | (uint32_t)(t + '0') << 24;
        length = 0x48;
    } else if (t < 100) {
        digits = 1u << 15 | (uint32_t)(t % 10 + '0') << 16 | (uint32_t)(t / 10 + '0') << 24;
        length = 0x50;
    } else {
        digits = 1u << 7 | (uint32_t)(t % 10 + '0') << 8 | (uint32_t)(t / 10 % 10 + '0') << 16 |
                 (uint32_t)(t / 100 + '0') << 24;
        length = 0x58;
    }
    SHA_T_STRING = digits;
    SHA_T_LENGTH = length;
    SHA_MODE = context->type;
    SHA_START = 1;
    wait();
    context->start = true;
    return 0;
}

/* The context's state from the accelerator. */
void API(ets_sha_get_state)(struct sha_context *context)
{
    wait();
    for (uint32_t n = 0; n < state_words(context); n++)
        context->state[n] = SHA_H_MEM(n);
}

void API(ets_sha_process)(struct sha_context *context, const uint8_t *block)
{
    wait();
    SHA_MODE = context->type;
    if (context->start && !context->in_hardware) {
        for (uint32_t n = 0; n < state_words(context); n++)
            SHA_H_MEM(n) = context->state[n];
    }
    for (uint32_t n = 0, words = block_size(context) / 4; n < words; n++)
        SHA_M_MEM(n) = load_word(block + 4 * n);
    if (context->start)
        SHA_CONTINUE = 1;
    else
        SHA_START = 1;
    context->start = true;
    context->in_hardware = true;
}

/* keep: read the state back after it. */
void API(ets_sha_update)(struct sha_context *context, const uint8_t *data, uint32_t length, bool keep)
{
    uint32_t size = block_size(context), used = context->bits[0] / 8 % size;
    uint32_t low = context->bits[0] + (length << 3);
    context->bits[1] += (length >> 29) + (low < context->bits[0]);
    context->bits[0] = low;
    bool any = false;
    if (used && used + length >= size) {
        memcpy(context->buffer + used, data, size - used);
        API(ets_sha_process)(context, context->buffer);
        data += size - used;
        length -= size - used;
        used = 0;
        any = true;
    }
    for (; length >= size; data += size, length -= size, any = true)
        API(ets_sha_process)(context, data);
    memcpy(context->buffer + used, data, length);
    if (any && keep)
        API(ets_sha_get_state)(context);
}

int API(ets_sha_finish)(struct sha_context *context, uint8_t *digest)
{
    static const uint8_t padding[128] = {0x80};
    static const uint8_t digest_words[] = {5, 7, 8, 12, 16, 16, 16, 16}; /* a truncated SHA-512 is not cut off */
    uint32_t size = block_size(context), used = context->bits[0] / 8 % size, length_size = size / 8;
    uint32_t bits[4] = {0, 0, __builtin_bswap32(context->bits[1]), __builtin_bswap32(context->bits[0])};
    uint32_t room = used < size - length_size ? size - length_size - used : 2 * size - length_size - used;
    API(ets_sha_update)(context, padding, room, false);
    API(ets_sha_update)(context, (const uint8_t *)bits + 16 - length_size, length_size, false);
    API(ets_sha_get_state)(context);
    memcpy(digest, context->state, 4 * digest_words[context->type]);
    return 0;
}

void API(ets_sha_clone)(struct sha_context *to, const struct sha_context *from) { memcpy(to, from, sizeof *to); }
