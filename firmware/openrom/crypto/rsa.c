/* Arithmetic with large numbers by the RSA accelerator: little-endian words, lengths in words. A function starts a
   calculation; its result is there after ets_bigint_wait_finish(). */
#include "crypto/crypto.h"

#define RSA_M_MEM(n) REG(0x6003C000 + 4 * (n))
#define RSA_Z_MEM(n) REG(0x6003C200 + 4 * (n))
#define RSA_Y_MEM(n) REG(0x6003C400 + 4 * (n))
#define RSA_X_MEM(n) REG(0x6003C600 + 4 * (n))
#define RSA_M_PRIME REG(0x6003C800)
#define RSA_MODE REG(0x6003C804)
#define RSA_CLEAN REG(0x6003C808)
#define RSA_MODEXP_START REG(0x6003C80C)
#define RSA_MODMULT_START REG(0x6003C810)
#define RSA_MULT_START REG(0x6003C814)
#define RSA_IDLE REG(0x6003C818)
#define RSA_CLEAR_INTERRUPT REG(0x6003C81C)
#define RSA_CONSTANT_TIME REG(0x6003C820)
#define SYSTEM_RSA_PD_CTRL REG(0x600C0040)
#define SYSTEM_RSA_MEM_PD BIT(0)
#define WORDS_MAX 128u

void API(ets_bigint_enable)(void)
{
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_RSA;
    SYSTEM_PERIP_RST_EN1 &= ~SYSTEM_CRYPTO_RSA;
    SYSTEM_RSA_PD_CTRL &= ~SYSTEM_RSA_MEM_PD;
    while (RSA_CLEAN == 0) {
    }
}
void API(ets_bigint_disable)(void)
{
    SYSTEM_RSA_PD_CTRL |= SYSTEM_RSA_MEM_PD;
    SYSTEM_PERIP_RST_EN1 |= SYSTEM_CRYPTO_RSA;
    SYSTEM_PERIP_CLK_EN1 &= ~SYSTEM_CRYPTO_RSA;
}

void API(ets_bigint_wait_finish)(void)
{
    while (RSA_IDLE == 0) {
    }
    RSA_CLEAR_INTERRUPT = 1;
}

static void write_operands(const uint32_t *x, const uint32_t *y, const uint32_t *m, const uint32_t *rb, uint32_t words)
{
    for (uint32_t n = 0; n < words; n++) {
        RSA_X_MEM(n) = x[n];
        RSA_Y_MEM(n) = y[n];
        RSA_M_MEM(n) = m[n];
        RSA_Z_MEM(n) = rb[n];
    }
}

/* All return 0, or 1 for more words than there is room for. The product has twice the length. */
int API(ets_bigint_multiply)(const uint32_t *x, const uint32_t *y, uint32_t words)
{
    if (words > WORDS_MAX / 2)
        return 1;
    for (uint32_t n = 0; n < words; n++) {
        RSA_X_MEM(n) = x[n];
        RSA_Z_MEM(words + n) = y[n];
    }
    RSA_M_PRIME = 0;
    RSA_MODE = words * 2 - 1;
    RSA_MULT_START = 1;
    return 0;
}

int API(ets_bigint_modmult)(const uint32_t *x, const uint32_t *y, const uint32_t *m, uint32_t m_dash,
                            const uint32_t *rb, uint32_t words)
{
    if (words > WORDS_MAX)
        return 1;
    write_operands(x, y, m, rb, words);
    RSA_CONSTANT_TIME = 1;
    RSA_M_PRIME = m_dash;
    RSA_MODE = words - 1;
    RSA_MODMULT_START = 1;
    return 0;
}

int API(ets_bigint_modexp)(const uint32_t *x, const uint32_t *y, const uint32_t *m, uint32_t m_dash,
                           const uint32_t *rb, bool constant_time, uint32_t words)
{
    if (words > WORDS_MAX)
        return 1;
    write_operands(x, y, m, rb, words);
    RSA_CONSTANT_TIME = constant_time;
    RSA_M_PRIME = m_dash;
    RSA_MODE = words - 1;
    RSA_MODEXP_START = 1;
    return 0;
}

int API(ets_bigint_getz)(uint32_t *z, uint32_t words)
{
    if (words > WORDS_MAX)
        return 1;
    for (uint32_t n = 0; n < words; n++)
        z[n] = RSA_Z_MEM(n);
    return 0;
}
