/* Secure boot, version 2: RSA-3072 signatures with PSS (RFC 8017), and the digests of trusted keys in eFuses.

   Source of the signature block: ESP-IDF, rom/secure_boot.h and "Secure Boot v2". */
#include "crypto/crypto.h"

#define KEY_BYTES 384
#define DIGEST_BYTES 32
#define MASKED_BYTES (KEY_BYTES - DIGEST_BYTES - 1)
#define SALT_BYTES 32
#define TRAILER 0xBC
#define BLOCK_MAGIC 0xE7
#define BLOCK_VERSION 2
#define BLOCKS 3
#define DIGESTS 3

enum status { SUCCESS = 0x3A5A5AA5, FAILED = 0x7533885E };

struct public_key {
    uint8_t n[KEY_BYTES]; /* least significant byte first, as all numbers here */
    uint32_t e;
    uint8_t rinv[KEY_BYTES];
    uint32_t m_dash;
};
struct signature_block {
    uint8_t magic, version, reserved[2];
    uint8_t image_digest[DIGEST_BYTES];
    struct public_key key;
    uint8_t signature[KEY_BYTES];
    uint32_t crc;
    uint8_t padding[16];
};
_Static_assert(sizeof(struct signature_block) == 1216, "as in flash");
struct signature {
    struct signature_block block[BLOCKS];
};
struct trusted_keys {
    const uint8_t *digest[DIGESTS]; /* NULL: none */
    bool allow_revoke;
};

static void sha256(uint8_t digest[DIGEST_BYTES], const void *first, uint32_t first_length, const void *second,
                   uint32_t second_length)
{
    struct sha_context sha;
    ets_sha_enable();
    ets_sha_init(&sha, SHA2_256_TYPE);
    ets_sha_update(&sha, first, first_length, false);
    ets_sha_update(&sha, second, second_length, false);
    ets_sha_finish(&sha, digest);
    ets_sha_disable();
}

/* MGF1 of RFC 8017, appendix B.2.1. */
void API(ets_mgf1_sha256)(const uint8_t *seed, size_t seed_length, size_t length, uint8_t *mask)
{
    for (uint32_t counter = 0; length > 0; counter++) {
        uint8_t digest[DIGEST_BYTES];
        uint32_t counted = __builtin_bswap32(counter);
        size_t part = length < sizeof digest ? length : sizeof digest;
        sha256(digest, seed, seed_length, &counted, sizeof counted);
        memcpy(mask, digest, part);
        mask += part;
        length -= part;
    }
}

/* EMSA-PSS-VERIFY of RFC 8017, section 9.1.2, for an encoded message of 3071 bits. */
bool API(ets_emsa_pss_verify)(const uint8_t *encoded, const uint8_t *message_hash)
{
    uint8_t data[MASKED_BYTES], hash[DIGEST_BYTES];
    const uint8_t zeros[8] = {0}, *expected = encoded + MASKED_BYTES, *salt = data + MASKED_BYTES - SALT_BYTES;
    struct sha_context sha;
    if (encoded[KEY_BYTES - 1] != TRAILER || encoded[0] & 0x80)
        return false;
    API(ets_mgf1_sha256)(expected, DIGEST_BYTES, sizeof data, data);
    for (int n = 0; n < MASKED_BYTES; n++)
        data[n] ^= encoded[n];
    data[0] &= 0x7F;
    for (int n = 0; n < MASKED_BYTES - SALT_BYTES; n++)
        if (data[n] != (n == MASKED_BYTES - SALT_BYTES - 1))
            return false;
    ets_sha_enable();
    ets_sha_init(&sha, SHA2_256_TYPE);
    ets_sha_update(&sha, zeros, sizeof zeros, false);
    ets_sha_update(&sha, message_hash, DIGEST_BYTES, false);
    ets_sha_update(&sha, salt, SALT_BYTES, false);
    ets_sha_finish(&sha, hash);
    ets_sha_disable();
    return memcmp(hash, expected, sizeof hash) == 0;
}

/* The digest is also copied, where the signature is right. */
bool API(ets_rsa_pss_verify)(const struct public_key *key, const uint8_t *signature, const uint8_t *digest,
                             uint8_t *verified_digest)
{
    static uint32_t base[KEY_BYTES / 4] BEFORE_RTOS, exponent[KEY_BYTES / 4] BEFORE_RTOS;
    static uint32_t modulus[KEY_BYTES / 4] BEFORE_RTOS, rinv[KEY_BYTES / 4] BEFORE_RTOS;
    static uint8_t encoded[KEY_BYTES] BEFORE_RTOS;
    memset(exponent, 0, sizeof exponent);
    memcpy(base, signature, sizeof base);
    memcpy(&exponent[0], &key->e, sizeof key->e);
    memcpy(modulus, key->n, sizeof modulus);
    memcpy(rinv, key->rinv, sizeof rinv);
    ets_bigint_enable();
    ets_bigint_modexp(base, exponent, modulus, key->m_dash, rinv, false, KEY_BYTES / 4);
    ets_bigint_wait_finish();
    ets_bigint_getz(base, KEY_BYTES / 4);
    ets_bigint_disable();
    for (int n = 0; n < KEY_BYTES; n++)
        encoded[n] = ((const uint8_t *)base)[KEY_BYTES - 1 - n];
    if (!API(ets_emsa_pss_verify)(encoded, digest))
        return false;
    if (verified_digest)
        memcpy(verified_digest, digest, DIGEST_BYTES);
    return true;
}

static bool trusted(const struct public_key *key, const struct trusted_keys *keys)
{
    uint8_t digest[DIGEST_BYTES];
    sha256(digest, key, sizeof *key, NULL, 0);
    for (int n = 0; n < DIGESTS; n++)
        if (keys->digest[n] && memcmp(digest, keys->digest[n], sizeof digest) == 0)
            return true;
    return false;
}

static bool well_formed(const struct signature_block *block)
{
    return block->magic == BLOCK_MAGIC && block->version == BLOCK_VERSION &&
           crc32_le(0, (const uint8_t *)block, offsetof(struct signature_block, crc)) == block->crc;
}

enum status API(ets_secure_boot_verify_signature)(const struct signature *signature, const uint8_t *image_digest,
                                                  const struct trusted_keys *keys, uint8_t *verified_digest)
{
    for (int n = 0; n < BLOCKS; n++) {
        const struct signature_block *block = &signature->block[n];
        if (well_formed(block) && memcmp(block->image_digest, image_digest, DIGEST_BYTES) == 0 &&
            trusted(&block->key, keys) &&
            API(ets_rsa_pss_verify)(&block->key, block->signature, image_digest, verified_digest))
            return SUCCESS;
    }
    return FAILED;
}

/* 0 when there is at least one key that is not revoked. */
int API(ets_secure_boot_read_key_digests)(struct trusted_keys *keys)
{
    bool any = false;
    keys->allow_revoke = ets_efuse_secure_boot_aggressive_revoke_enabled();
    for (uint32_t n = 0; n < DIGESTS; n++) {
        keys->digest[n] = NULL;
        uint32_t block, revoked = REG(0x60007034) >> (21 + n) & 1; /* EFUSE_RD_REPEAT_DATA1 */
        if (revoked || !ets_efuse_find_purpose(KEY_PURPOSE_SECURE_BOOT_DIGEST0 + n, &block))
            continue;
        keys->digest[n] = (const uint8_t *)ets_efuse_get_read_register_address(block);
        any = true;
    }
    return any ? 0 : 1;
}

void API(ets_secure_boot_revoke_public_key_digest)(int index)
{
    for (uint32_t n = 0; n < 11; n++)
        REG(0x60007000 + 4 * n) = 0;
    if (index < 0 || index >= DIGESTS)
        return;
    REG(0x60007008) |= BIT(21 + index); /* EFUSE_PGM_DATA2 */
    ets_efuse_program(0);
}
