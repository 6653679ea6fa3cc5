/* Digital signatures: RSA with a key that firmware cannot read, and the encrypted parameters that its engine takes.

   Source of the parameters' layout: ESP32-S3 Technical Reference Manual, "Digital Signature". */
#include "crypto/crypto.h"

#define DS_REG(offset) REG(0x6003D000 + (offset))
#define C_MEM(n) DS_REG(4 * (n))
#define IV(n) DS_REG(0x630 + 4 * (n))
#define X_MEM(n) DS_REG(0x800 + 4 * (n))
#define Z_MEM(n) DS_REG(0xA00 + 4 * (n))
#define SET_START DS_REG(0xE00)
#define SET_ME DS_REG(0xE04)
#define SET_FINISH DS_REG(0xE08)
#define QUERY_BUSY DS_REG(0xE0C)
#define QUERY_KEY_WRONG DS_REG(0xE10)
#define QUERY_CHECK DS_REG(0xE14)
#define CHECK_DIGEST BIT(0)
#define CHECK_PADDING BIT(1)

#define IV_WORDS 4
#define C_BYTES 1584
#define NUMBER_BYTES 512

enum result { OK, INVALID_PARAMETER, INVALID_KEY, INVALID_PADDING, INVALID_DIGEST };
enum { KEY_HMAC, KEY_AES };

/* ESP-IDF's ets_ds_data_t and ets_ds_p_data_t (rom/digital_signature.h) */
struct ds_data {
    uint32_t last_word; /* words of the key, less one */
    uint32_t iv[IV_WORDS];
    uint32_t c[C_BYTES / 4];
};
struct ds_parameters {
    uint8_t y[NUMBER_BYTES], m[NUMBER_BYTES], rb[NUMBER_BYTES];
    uint32_t m_prime, length;
};

void API(ets_ds_enable)(void)
{
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_CRYPTO_DS;
    SYSTEM_PERIP_RST_EN1 &= ~(SYSTEM_CRYPTO_AES | SYSTEM_CRYPTO_SHA | SYSTEM_CRYPTO_RSA | SYSTEM_CRYPTO_DS);
}
void API(ets_ds_disable)(void)
{
    SYSTEM_PERIP_RST_EN1 |= SYSTEM_CRYPTO_AES | SYSTEM_CRYPTO_SHA | SYSTEM_CRYPTO_RSA | SYSTEM_CRYPTO_DS;
    SYSTEM_PERIP_CLK_EN1 &= ~SYSTEM_CRYPTO_DS;
}

bool API(ets_ds_is_busy)(void) { return QUERY_BUSY & 1; }

static void wait(void)
{
    while (API(ets_ds_is_busy)()) {
    }
}

static bool valid(const struct ds_data *data)
{
    return data != NULL && (data->last_word + 1) % 32 == 0 && data->last_word < NUMBER_BYTES / 4;
}

enum result API(ets_ds_start_sign)(const uint32_t *message, const struct ds_data *data)
{
    if (message == NULL || !valid(data))
        return INVALID_PARAMETER;
    SET_START = 1;
    wait();
    if (QUERY_KEY_WRONG != 0)
        return INVALID_KEY;
    for (uint32_t n = 0; n < IV_WORDS; n++)
        IV(n) = data->iv[n];
    for (uint32_t n = 0; n <= data->last_word; n++)
        X_MEM(n) = message[n];
    for (uint32_t n = 0; n < C_BYTES / 4; n++)
        C_MEM(n) = data->c[n];
    SET_ME = 1;
    return OK;
}

enum result API(ets_ds_finish_sign)(uint32_t *signature, const struct ds_data *data)
{
    if (signature == NULL || !valid(data))
        return INVALID_PARAMETER;
    wait();
    uint32_t check = QUERY_CHECK;
    enum result result = check & CHECK_DIGEST ? INVALID_DIGEST : check & CHECK_PADDING ? INVALID_PADDING : OK;
    if (result != INVALID_DIGEST) {
        for (uint32_t n = 0; n <= data->last_word; n++)
            signature[n] = Z_MEM(n);
    }
    SET_FINISH = 1;
    wait();
    return result;
}

static void hash(uint8_t digest[32], const void *const pieces[], const uint32_t *lengths, int count)
{
    struct sha_context sha;
    ets_sha_enable();
    ets_sha_init(&sha, SHA2_256_TYPE);
    for (int n = 0; n < count; n++)
        ets_sha_update(&sha, pieces[n], lengths[n], false);
    ets_sha_finish(&sha, digest);
    ets_sha_disable();
}

/* What the engine's key is made of an eFuse key: its HMAC of 32 bytes of ones. */
static void derive_key(uint8_t derived[32], const uint8_t *key)
{
    uint8_t padded[64], ones[32], inner[32];
    memset(ones, 0xFF, sizeof ones);
    for (int n = 0; n < 64; n++)
        padded[n] = (uint8_t)((n < 32 ? key[n] : 0) ^ 0x36);
    hash(inner, (const void *const[]){padded, ones}, (const uint32_t[]){64, 32}, 2);
    for (int n = 0; n < 64; n++)
        padded[n] ^= 0x36 ^ 0x5C;
    hash(derived, (const void *const[]){padded, inner}, (const uint32_t[]){64, 32}, 2);
}

/* C is Y, M, Rb, their digest with M', L and IV, then M', L and eight bytes of padding, by AES-256 in CBC mode. */
enum result API(ets_ds_encrypt_params)(struct ds_data *data, const uint8_t *iv, const struct ds_parameters *parameters,
                                       const uint8_t *key, int key_kind)
{
    uint8_t derived[32], *c = (uint8_t *)data->c, *next = c;
    if (data == NULL || iv == NULL || parameters == NULL || key == NULL)
        return INVALID_PARAMETER;
    data->last_word = parameters->length;
    memcpy(data->iv, iv, sizeof data->iv);
    memcpy(next, parameters->y, 3 * NUMBER_BYTES);
    next += 3 * NUMBER_BYTES;
    hash(next, (const void *const[]){parameters, iv}, (const uint32_t[]){sizeof *parameters, sizeof data->iv}, 2);
    next += 32;
    memcpy(next, &parameters->m_prime, 8);
    memset(next + 8, 8, 8);
    if (key_kind == KEY_HMAC) {
        derive_key(derived, key);
        key = derived;
    }
    ets_aes_enable();
    ets_aes_setkey(AES_ENCRYPT, key, AES_256);
    for (uint32_t at = 0; at < C_BYTES; at += 16) {
        const uint8_t *before = at ? c + at - 16 : iv;
        for (int n = 0; n < 16; n++)
            c[at + (uint32_t)n] ^= before[n];
        ets_aes_block(c + at, c + at);
    }
    ets_aes_disable();
    return OK;
}
