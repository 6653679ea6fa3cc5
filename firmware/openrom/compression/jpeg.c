/* TJpgDec's interface (rom/tjpgd.h, 2012): baseline JPEG (ITU-T T.81) of three components to RGB888, a unit (MCU) at a
   time.

   All memory comes from the caller's pool, at most 2.9 KB. The inverse DCT is the matrix' product in fixed point, first
   columns, then rows. Smaller scales are means of 2, 4 or 8 pixels a side. */
#include "openrom.h"

/* JRESULT */
enum { OK, INTERRUPTED, INPUT_ENDED, NO_MEMORY, SEGMENT_TOO_LONG, BAD_PARAMETER, BAD_FORMAT, UNSUPPORTED, NOT_BASELINE };
enum { COMPONENTS = 3, BLOCK = 64, INPUT_SIZE = 512, DC = 0, AC = 1, SCALE_MAX = 3 };
enum { SOF0 = 0xC0, DHT = 0xC4, RST0 = 0xD0, SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, DQT = 0xDB, DRI = 0xDD };

struct rectangle {
    uint16_t left, right, top, bottom;
};

struct decoder { /* JDEC */
    uint32_t bytes_left;
    uint8_t *next, *input;
    uint8_t bit; /* mask of the last bit that was read */
    uint8_t scale, blocks_x, blocks_y, table_of[COMPONENTS];
    int16_t dc[COMPONENTS];
    uint16_t restart_interval;
    uint32_t width, height;
    uint8_t *huffman_counts[2][2]; /* by table and class: how many codes of 1 to 16 bits */
    uint16_t *unused[2][2];
    uint8_t *huffman_values[2][2];
    int32_t *quantisation[4];
    void *work;     /* a block's coefficients, then the unit's pixels */
    uint8_t *units; /* the unit's blocks: all of Y, Cb, Cr */
    void *pool;
    uint32_t pool_left;
    uint32_t (*read)(struct decoder *, uint8_t *, uint32_t);
    void *device;
};
typedef uint32_t output_function(struct decoder *, void *, struct rectangle *);

static const uint8_t zigzag[BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

static void *take_memory(struct decoder *d, uint32_t size)
{
    size = (size + 3) & ~3u;
    if (size > d->pool_left)
        return NULL;
    void *memory = d->pool;
    d->pool = (uint8_t *)d->pool + size;
    d->pool_left -= size;
    return memory;
}

static uint32_t big_endian(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

/* Tables. */

static int read_quantisation(struct decoder *d, const uint8_t *segment, uint32_t length)
{
    for (; length > 0; segment += 1 + BLOCK, length -= 1 + BLOCK) {
        if (length < 1 + BLOCK || segment[0] & 0xF0)
            return BAD_FORMAT;
        int32_t *table = take_memory(d, BLOCK * sizeof *table);
        if (table == NULL)
            return NO_MEMORY;
        d->quantisation[segment[0] & 3] = table;
        for (uint32_t i = 0; i < BLOCK; i++)
            table[zigzag[i]] = segment[1 + i];
    }
    return OK;
}

static int read_huffman(struct decoder *d, const uint8_t *segment, uint32_t length)
{
    while (length > 0) {
        if (length < 17 || segment[0] & 0xEE)
            return BAD_FORMAT;
        uint32_t class = segment[0] >> 4, table = segment[0] & 1, values = 0;
        for (uint32_t i = 1; i <= 16; i++)
            values += segment[i];
        if (length < 17 + values)
            return BAD_FORMAT;
        uint8_t *memory = take_memory(d, 16 + values);
        if (memory == NULL)
            return NO_MEMORY;
        memcpy(memory, segment + 1, 16 + values);
        d->huffman_counts[table][class] = memory;
        d->huffman_values[table][class] = memory + 16;
        segment += 17 + values;
        length -= 17 + values;
    }
    return OK;
}

static int read_frame(struct decoder *d, const uint8_t *segment, uint32_t length)
{
    if (length < 6 + 3 * COMPONENTS || segment[5] != COMPONENTS)
        return NOT_BASELINE;
    d->height = big_endian(segment + 1);
    d->width = big_endian(segment + 3);
    for (uint32_t i = 0; i < COMPONENTS; i++) {
        const uint8_t *component = segment + 6 + 3 * i;
        if (i == 0 ? component[1] != 0x11 && component[1] != 0x21 && component[1] != 0x22 : component[1] != 0x11)
            return NOT_BASELINE;
        if (component[2] > 3)
            return NOT_BASELINE;
        d->table_of[i] = component[2];
    }
    d->blocks_x = segment[7] >> 4;
    d->blocks_y = segment[7] & 15;
    return OK;
}

static int begin_scan(struct decoder *d, const uint8_t *segment, uint32_t length)
{
    if (d->width == 0 || d->height == 0 || length < 1 + 2 * COMPONENTS)
        return BAD_FORMAT;
    if (segment[0] != COMPONENTS)
        return NOT_BASELINE;
    for (uint32_t i = 0; i < COMPONENTS; i++) {
        uint32_t tables = segment[2 + 2 * i], table = i > 0;
        if (tables != 0x00 && tables != 0x11)
            return NOT_BASELINE;
        if (!d->huffman_counts[table][DC] || !d->huffman_counts[table][AC] || !d->quantisation[d->table_of[i]])
            return BAD_FORMAT;
    }
    uint32_t luma = (uint32_t)d->blocks_x * d->blocks_y * BLOCK, pixels = luma * 3;
    d->work = take_memory(d, pixels > BLOCK * 4 ? pixels : BLOCK * 4);
    d->units = take_memory(d, luma + 2 * BLOCK);
    return d->work && d->units ? OK : NO_MEMORY;
}

static bool is_other_frame(uint32_t marker) { return marker > SOF0 && marker <= 0xCF && marker != 0xC8 && marker != 0xCC; }

int API(jd_prepare)(struct decoder *d, uint32_t (*read)(struct decoder *, uint8_t *, uint32_t), void *pool,
                    uint32_t pool_size, void *device)
{
    if (pool == NULL)
        return BAD_PARAMETER;
    uint32_t skew = -(uintptr_t)pool & 3;
    memset(d, 0, sizeof *d);
    d->pool = (uint8_t *)pool + skew;
    d->pool_left = pool_size > skew ? pool_size - skew : 0;
    d->read = read;
    d->device = device;
    uint8_t *segment = d->input = take_memory(d, INPUT_SIZE);
    if (segment == NULL)
        return NO_MEMORY;
    if (read(d, segment, 2) != 2)
        return INPUT_ENDED;
    if (big_endian(segment) != (0xFF00 | SOI))
        return BAD_FORMAT;
    for (;;) {
        if (read(d, segment, 4) != 4)
            return INPUT_ENDED;
        uint32_t marker = segment[1], length = big_endian(segment + 2);
        if (segment[0] != 0xFF || length <= 2)
            return BAD_FORMAT;
        length -= 2;
        bool wanted = marker == SOF0 || marker == DHT || marker == SOS || marker == DQT || marker == DRI;
        if (marker == EOI || (is_other_frame(marker) && marker != DHT))
            return NOT_BASELINE;
        if (wanted && length > INPUT_SIZE)
            return SEGMENT_TOO_LONG;
        if (read(d, wanted ? segment : NULL, length) != length)
            return INPUT_ENDED;
        int error = OK;
        switch (marker) {
        case SOF0: error = read_frame(d, segment, length); break;
        case DRI: d->restart_interval = (uint16_t)big_endian(segment); break;
        case DHT: error = read_huffman(d, segment, length); break;
        case DQT: error = read_quantisation(d, segment, length); break;
        case SOS: return begin_scan(d, segment, length);
        }
        if (error != OK)
            return error;
    }
}

/* Bits. What goes wrong is a number below zero. */

static int next_byte(struct decoder *d)
{
    if (d->bytes_left == 0) {
        d->next = d->input;
        d->bytes_left = d->read(d, d->input, INPUT_SIZE);
        if (d->bytes_left == 0)
            return -INPUT_ENDED;
    }
    d->bytes_left--;
    return *d->next++;
}

struct bits {
    struct decoder *d;
    uint8_t current; /* the byte whose bits are read; what `d->bit` is the mask of */
};

static int next_bit(struct bits *bits)
{
    struct decoder *d = bits->d;
    if (d->bit <= 1) {
        int byte = next_byte(d);
        if (byte < 0)
            return byte;
        if (byte == 0xFF) {
            int stuffed = next_byte(d);
            if (stuffed != 0)
                return stuffed < 0 ? stuffed : -BAD_FORMAT;
        }
        bits->current = (uint8_t)byte;
        d->bit = 0x80;
    } else {
        d->bit >>= 1;
    }
    return (bits->current & d->bit) != 0;
}

/* A difference or a coefficient: below half of its range it stands for a negative one (T.81 F.2.2.1). */
static int signed_bits(struct bits *bits, uint32_t count, int32_t *value)
{
    int32_t raw = 0;
    for (uint32_t i = 0; i < count; i++) {
        int bit = next_bit(bits);
        if (bit < 0)
            return bit;
        raw = raw << 1 | bit;
    }
    *value = count && raw < 1 << (count - 1) ? raw - (1 << count) + 1 : raw;
    return OK;
}

static int next_symbol(struct bits *bits, uint32_t table, uint32_t class)
{
    const uint8_t *counts = bits->d->huffman_counts[table][class], *values = bits->d->huffman_values[table][class];
    int32_t code = 0;
    for (uint32_t length = 0; length < 16; length++) {
        int bit = next_bit(bits);
        if (bit < 0)
            return bit;
        code = code << 1 | bit;
        if (code < counts[length])
            return values[code];
        code -= counts[length];
        values += counts[length];
    }
    return -BAD_FORMAT;
}

/* The DCT (T.81 A.3.3): cos((2 n + 1) k pi / 16) / 2 with 12 bits of fraction, for k = 0 by the square root of 2 less.
   Even frequencies are the same on either side of the middle, odd ones have the other sign. */
#define FRACTION 12
#define BETWEEN 3 /* bits of fraction between columns and rows */
#define BETWEEN_MAX (1 << 17)

static void inverse_8(const int32_t *in, uint32_t stride, int32_t *sum)
{
    static const int16_t weight[4][8] = {
        {1448, 2009, 1892, 1703, 1448, 1138, 784, 400},
        {1448, 1703, 784, -400, -1448, -2009, -1892, -1138},
        {1448, 1138, -784, -2009, -1448, 400, 1892, 1703},
        {1448, 400, -1892, -1138, 1448, 1703, -784, -2009},
    };
    for (uint32_t n = 0; n < 4; n++) {
        int32_t even = 0, odd = 0;
        for (uint32_t k = 0; k < 8; k += 2) {
            even += in[k * stride] * weight[n][k];
            odd += in[(k + 1) * stride] * weight[n][k + 1];
        }
        sum[n] = even + odd;
        sum[7 - n] = even - odd;
    }
}

static int32_t within(int32_t value, int32_t low, int32_t high) { return value < low ? low : value > high ? high : value; }

static void inverse_dct(int32_t *block, uint8_t *pixels)
{
    int32_t sum[8];
    for (uint32_t column = 0; column < 8; column++) {
        inverse_8(block + column, 8, sum);
        for (uint32_t row = 0; row < 8; row++)
            block[8 * row + column] = within((sum[row] + (1 << (FRACTION - BETWEEN - 1))) >> (FRACTION - BETWEEN),
                                             -BETWEEN_MAX, BETWEEN_MAX);
    }
    for (uint32_t row = 0; row < 8; row++) {
        inverse_8(block + 8 * row, 1, sum);
        for (uint32_t column = 0; column < 8; column++) {
            int32_t value = (sum[column] + (1 << (FRACTION + BETWEEN - 1))) >> (FRACTION + BETWEEN);
            pixels[8 * row + column] = (uint8_t)within(value + 128, 0, 255);
        }
    }
}

static int read_block(struct bits *bits, uint32_t component, uint8_t *pixels)
{
    struct decoder *d = bits->d;
    int32_t *block = d->work, value = 0;
    const int32_t *quantisation = d->quantisation[d->table_of[component]];
    uint32_t table = component > 0;
    memset(block, 0, BLOCK * sizeof *block);
    int size = next_symbol(bits, table, DC);
    if (size < 0 || size > 15)
        return size < 0 ? size : -BAD_FORMAT;
    int error = signed_bits(bits, (uint32_t)size, &value);
    if (error < 0)
        return error;
    d->dc[component] = (int16_t)(d->dc[component] + value);
    block[0] = within(d->dc[component] * quantisation[0], -32768, 32767);
    for (uint32_t at = 1; at < BLOCK; at++) {
        int symbol = next_symbol(bits, table, AC);
        if (symbol < 0)
            return symbol;
        if (symbol == 0)
            break;
        at += (uint32_t)symbol >> 4;
        if (at >= BLOCK)
            return -BAD_FORMAT;
        error = signed_bits(bits, (uint32_t)symbol & 15, &value);
        if (error < 0)
            return error;
        block[zigzag[at]] = within(value * quantisation[zigzag[at]], -32768, 32767);
    }
    inverse_dct(block, pixels);
    return OK;
}

static int read_unit(struct bits *bits)
{
    struct decoder *d = bits->d;
    uint32_t luma = (uint32_t)d->blocks_x * d->blocks_y;
    for (uint32_t i = 0; i < luma + 2; i++) {
        int error = read_block(bits, i < luma ? 0 : i - luma + 1, d->units + i * BLOCK);
        if (error < 0)
            return error;
    }
    return OK;
}

static uint8_t component_at(const uint8_t *blocks, uint32_t blocks_x, uint32_t x, uint32_t y)
{
    return blocks[(y / 8 * blocks_x + x / 8) * BLOCK + y % 8 * 8 + x % 8];
}

/* JFIF's colours, with 16 bits of fraction. */
static void add_rgb(const struct decoder *d, uint32_t x, uint32_t y, uint32_t *rgb)
{
    const uint8_t *cb_block = d->units + (uint32_t)d->blocks_x * d->blocks_y * BLOCK;
    uint32_t chroma = y / d->blocks_y * 8 + x / d->blocks_x;
    int32_t luma = component_at(d->units, d->blocks_x, x, y) * 65536 + 32768;
    int32_t cb = cb_block[chroma] - 128, cr = cb_block[BLOCK + chroma] - 128;
    rgb[0] += (uint32_t)within((luma + 91881 * cr) >> 16, 0, 255);
    rgb[1] += (uint32_t)within((luma - 22554 * cb - 46802 * cr) >> 16, 0, 255);
    rgb[2] += (uint32_t)within((luma + 116130 * cb) >> 16, 0, 255);
}

static int put_unit(struct decoder *d, output_function *output, uint32_t left, uint32_t top)
{
    uint32_t width = d->blocks_x * 8u, height = d->blocks_y * 8u, side = 1u << d->scale;
    width = (left + width <= d->width ? width : d->width - left) >> d->scale;
    height = (top + height <= d->height ? height : d->height - top) >> d->scale;
    if (width == 0 || height == 0)
        return OK;
    uint8_t *pixel = d->work;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t rgb[3] = {0};
            for (uint32_t i = 0; i < side * side; i++)
                add_rgb(d, x * side + i % side, y * side + i / side, rgb);
            for (uint32_t i = 0; i < 3; i++)
                *pixel++ = (uint8_t)(rgb[i] >> 2 * d->scale);
        }
    left >>= d->scale;
    top >>= d->scale;
    struct rectangle where = {(uint16_t)left, (uint16_t)(left + width - 1), (uint16_t)top,
                              (uint16_t)(top + height - 1)};
    return output(d, d->work, &where) ? OK : -INTERRUPTED;
}

/* The marker has to be there, and to be the next of eight. */
static int restart(struct decoder *d, uint32_t number)
{
    int first = next_byte(d), second = first < 0 ? first : next_byte(d);
    if (second < 0)
        return second;
    if (first != 0xFF || second != (int)(RST0 | (number & 7)))
        return -BAD_FORMAT;
    d->bit = 0;
    memset(d->dc, 0, sizeof d->dc);
    return OK;
}

int API(jd_decomp)(struct decoder *d, output_function *output, uint8_t scale)
{
    if (scale > SCALE_MAX)
        return BAD_PARAMETER;
    d->scale = scale;
    struct bits bits = {d, 0};
    uint32_t units = 0, restarts = 0;
    d->bit = 0;
    d->bytes_left = 0;
    memset(d->dc, 0, sizeof d->dc);
    for (uint32_t top = 0; top < d->height; top += d->blocks_y * 8u)
        for (uint32_t left = 0; left < d->width; left += d->blocks_x * 8u) {
            int error = OK;
            if (d->restart_interval && units++ == d->restart_interval) {
                error = restart(d, restarts++);
                units = 1;
            }
            if (error == OK)
                error = read_unit(&bits);
            if (error == OK)
                error = put_unit(d, output, left, top);
            if (error < 0)
                return -error;
        }
    return OK;
}
