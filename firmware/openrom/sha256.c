/* SHA-256 (FIPS 180-4) in plain C: the ROM must not depend on the accelerator being modelled. */
#include "openrom.h"

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void process_block(struct sha256 *sha, const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) {
        uint32_t word;
        __builtin_memcpy(&word, block + 4 * i, 4);
        w[i] = __builtin_bswap32(word);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (int i = 0; i < 8; i++)
        s[i] = sha->state[i];
    /* Instead of moving all eight words each round, the words change their roles; after eight rounds they are back.
       Unrolled, they stay in registers: large images are hashed at 40 MHz. */
    for (int i = 0; i < 64; i += 8) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            uint32_t a = s[(8 - j) & 7], b = s[(9 - j) & 7], c = s[(10 - j) & 7];
            uint32_t e = s[(12 - j) & 7], f = s[(13 - j) & 7], g = s[(14 - j) & 7];
            uint32_t t1 = s[(15 - j) & 7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) +
                          round_constants[i + j] + w[i + j];
            s[(11 - j) & 7] += t1;
            s[(15 - j) & 7] = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
        }
    }
    for (int i = 0; i < 8; i++)
        sha->state[i] += s[i];
}

void sha256_init(struct sha256 *sha)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, start, sizeof start);
    sha->length = 0;
}

void sha256_update(struct sha256 *sha, const uint8_t *data, size_t length)
{
    while (length > 0) {
        size_t used = sha->length % 64, part = 64 - used;
        if (part > length)
            part = length;
        if (part == 64) {
            process_block(sha, data);
        } else {
            memcpy(sha->block + used, data, part);
            if (used + part == 64)
                process_block(sha, sha->block);
        }
        sha->length += part;
        data += part;
        length -= part;
    }
}

void sha256_final(struct sha256 *sha, uint8_t digest[32])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = sha->length * 8;
    sha256_update(sha, padding, 1 + (119 - sha->length % 64) % 64);
    uint8_t encoded[8];
    for (int i = 0; i < 8; i++)
        encoded[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_update(sha, encoded, 8);
    for (int i = 0; i < 32; i++)
        digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* The ROM's interface to the SHA accelerator, here for SHA-256 only and in software. Callers own the context, 216 bytes
 * of it. */
enum sha_type { SHA_TYPE_SHA256 = 2 };
struct sha_context {
    bool start;
    bool in_hardware;
    uint32_t type;
    struct sha256 sha;
};

void API(ets_sha_enable)(void) {}
void API(ets_sha_disable)(void) {}

/* 0 done, 1 for another algorithm. */
int API(ets_sha_init)(struct sha_context *context, uint32_t type)
{
    context->type = type;
    if (type != SHA_TYPE_SHA256)
        return 1;
    sha256_init(&context->sha);
    return 0;
}

void API(ets_sha_update)(struct sha_context *context, const uint8_t *data, uint32_t length, bool update_context)
{
    (void)update_context; /* whether to read the state back from the accelerator: it is always here */
    if (context->type == SHA_TYPE_SHA256)
        sha256_update(&context->sha, data, length);
}

int API(ets_sha_finish)(struct sha_context *context, uint8_t *digest)
{
    if (context->type != SHA_TYPE_SHA256)
        return 1;
    sha256_final(&context->sha, digest);
    return 0;
}
