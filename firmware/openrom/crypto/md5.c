/* MD5 (RFC 1321), which ESP-IDF takes from the ROM to check partition tables. */
#include "openrom.h"

struct md5 {
    uint32_t state[4];
    uint32_t bits[2];
    uint8_t block[64];
};

static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
/* floor(2^32 * |sin(i + 1)|) */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void process_block(struct md5 *md5, const uint8_t *block)
{
    uint32_t words[16], a = md5->state[0], b = md5->state[1], c = md5->state[2], d = md5->state[3];
    memcpy(words, block, sizeof words);
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t f, word;
        switch (i / 16) {
        case 0:
            f = (b & c) | (~b & d);
            word = i;
            break;
        case 1:
            f = (d & b) | (~d & c);
            word = 5 * i + 1;
            break;
        case 2:
            f = b ^ c ^ d;
            word = 3 * i + 5;
            break;
        default: f = c ^ (b | ~d); word = 7 * i;
        }
        uint32_t sum = a + f + sines[i] + words[word % 16], shift = shifts[i / 16][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << shift | sum >> (32 - shift);
    }
    md5->state[0] += a;
    md5->state[1] += b;
    md5->state[2] += c;
    md5->state[3] += d;
}

void API(MD5Init)(struct md5 *md5) { *md5 = (struct md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}}; }

void API(MD5Update)(struct md5 *md5, const uint8_t *data, uint32_t length)
{
    while (length > 0) {
        uint32_t used = md5->bits[0] / 8 % 64, part = 64 - used;
        if (part > length)
            part = length;
        memcpy(md5->block + used, data, part);
        if (used + part == 64)
            process_block(md5, md5->block);
        uint32_t low = md5->bits[0] + part * 8;
        md5->bits[1] += low < md5->bits[0];
        md5->bits[0] = low;
        data += part;
        length -= part;
    }
}

void API(MD5Final)(uint8_t digest[16], struct md5 *md5)
{
    static const uint8_t padding[64] = {0x80};
    uint32_t bits[2] = {md5->bits[0], md5->bits[1]};
    API(MD5Update)(md5, padding, 1 + (119 - bits[0] / 8 % 64) % 64);
    API(MD5Update)(md5, (const uint8_t *)bits, sizeof bits);
    memcpy(digest, md5->state, 16);
}

/* Messages in pieces, and HMAC (RFC 2104) over them. */
int API(md5_vector)(size_t count, const uint8_t *pieces[], const size_t *lengths, uint8_t digest[16])
{
    struct md5 md5;
    API(MD5Init)(&md5);
    for (size_t n = 0; n < count; n++)
        API(MD5Update)(&md5, pieces[n], lengths[n]);
    API(MD5Final)(digest, &md5);
    return 0;
}

int API(hmac_md5_vector)(const uint8_t *key, size_t key_length, size_t count, const uint8_t *pieces[],
                         const size_t *lengths, uint8_t digest[16])
{
    struct md5 md5;
    uint8_t padded[64] = {0};
    if (key_length > sizeof padded)
        API(md5_vector)(1, &key, &key_length, padded);
    else
        memcpy(padded, key, key_length);
    for (size_t n = 0; n < sizeof padded; n++)
        padded[n] ^= 0x36;
    API(MD5Init)(&md5);
    API(MD5Update)(&md5, padded, sizeof padded);
    for (size_t n = 0; n < count; n++)
        API(MD5Update)(&md5, pieces[n], lengths[n]);
    API(MD5Final)(digest, &md5);
    for (size_t n = 0; n < sizeof padded; n++)
        padded[n] ^= 0x36 ^ 0x5C;
    API(MD5Init)(&md5);
    API(MD5Update)(&md5, padded, sizeof padded);
    API(MD5Update)(&md5, digest, 16);
    API(MD5Final)(digest, &md5);
    return 0;
}

int API(hmac_md5)(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t digest[16])
{
    return API(hmac_md5_vector)(key, key_length, 1, &data, &length, digest);
}
