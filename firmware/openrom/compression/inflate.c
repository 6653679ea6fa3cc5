/* miniz' inflate (RFC 1951, with RFC 1950's frame if asked for): resumes wherever input or room for output ran out.
   Codes are decoded bit by bit: small before fast. */
#include "openrom.h"

enum { PARSE_ZLIB_HEADER = 1, HAS_MORE_INPUT = 2, NON_WRAPPING_OUTPUT = 4, COMPUTE_ADLER32 = 8 };
enum { BAD_PARAM = -3, ADLER32_MISMATCH = -2, FAILED = -1, DONE = 0, NEEDS_MORE_INPUT = 1, HAS_MORE_OUTPUT = 2 };
enum { GO_ON = 3 };

enum state {
    BEGIN, /* what the caller's tinfl_init writes */
    ZLIB_HEADER, BLOCK, STORED_LENGTH, STORED_BYTES, TABLE_SIZES, CODE_LENGTHS, LENGTHS, REPEAT, SYMBOL, LITERAL,
    LENGTH_BITS, DISTANCE, DISTANCE_BITS, COPY, ADLER32, ENDED, BROKEN,
};

enum { LITERALS = 288, DISTANCES = 32, MAX_BITS = 15, END_OF_BLOCK = 256, BASE = 65521 };

struct code {
    uint16_t count[MAX_BITS + 1]; /* codes of each length */
    uint16_t symbol[LITERALS];    /* in the order of their codes */
};

/* In the place of the caller's tinfl_decompressor: state and check_adler32 are where its macros look. */
struct inflate {
    uint32_t state;
    uint32_t bits, bit_count; /* read, but not used yet */
    uint32_t is_final, length, distance, stored_adler32;
    uint32_t check_adler32;
    uint32_t literals, distances, code_lengths, filled, symbol;
    struct code literal_code, distance_code;
    uint8_t lengths[LITERALS + DISTANCES];
};

_Static_assert(offsetof(struct inflate, check_adler32) == 28, "tinfl_get_adler32");
_Static_assert(sizeof(struct inflate) <= 10992, "sizeof(tinfl_decompressor)");

struct run {
    struct inflate *s;
    const uint8_t *in, *in_end;
    uint8_t *out_start, *out, *out_end;
    uint32_t out_mask, flags;
};

/* Make that many bits readable. Without more input to come the stream goes on with zeros, as in miniz. */
static bool have(struct run *r, uint32_t count)
{
    struct inflate *s = r->s;
    for (; s->bit_count < count; s->bit_count += 8) {
        if (r->in < r->in_end)
            s->bits |= (uint32_t)*r->in++ << s->bit_count;
        else if (r->flags & HAS_MORE_INPUT)
            return false;
    }
    return true;
}

static uint32_t take(struct run *r, uint32_t count)
{
    uint32_t value = r->s->bits & ((1u << count) - 1);
    r->s->bits >>= count;
    r->s->bit_count -= count;
    return value;
}

/* Assign codes by their lengths; false unless they fill the code space or are at most one. */
static bool make_code(struct code *code, const uint8_t *lengths, uint32_t symbols)
{
    uint16_t next[MAX_BITS + 2] = {0};
    uint32_t used = 0, space = 0;
    for (int n = 0; n <= MAX_BITS; n++)
        code->count[n] = 0;
    for (uint32_t symbol = 0; symbol < symbols; symbol++)
        code->count[lengths[symbol]]++;
    code->count[0] = 0;
    for (int n = 1; n <= MAX_BITS; n++) {
        used += code->count[n];
        space += (uint32_t)code->count[n] << (MAX_BITS - n);
        next[n + 1] = next[n] + code->count[n];
    }
    for (uint32_t symbol = 0; symbol < symbols; symbol++)
        if (lengths[symbol])
            code->symbol[next[lengths[symbol]]++] = symbol;
    return space == 1u << MAX_BITS || used <= 1;
}

/* The next symbol; -1 when input is missing, -2 when no code fits. */
static int32_t decode(struct run *r, const struct code *code)
{
    uint32_t value = 0, first = 0, index = 0;
    for (uint32_t length = 1; length <= MAX_BITS; length++) {
        if (!have(r, length))
            return -1;
        value = value << 1 | (r->s->bits >> (length - 1) & 1);
        uint32_t count = code->count[length];
        if (value - first < count) {
            take(r, length);
            return code->symbol[index + value - first];
        }
        index += count;
        first = (first + count) << 1;
    }
    return -2;
}

static bool fixed_codes(struct inflate *s)
{
    for (uint32_t n = 0; n < LITERALS; n++)
        s->lengths[n] = n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8;
    memset(s->lengths + LITERALS, 5, DISTANCES);
    return make_code(&s->literal_code, s->lengths, LITERALS) &&
           make_code(&s->distance_code, s->lengths + LITERALS, DISTANCES);
}

static bool zlib_header_is_good(const struct run *r, uint32_t header)
{
    uint32_t method = header & 0xFF, window = 1u << (8 + (method >> 4));
    bool is_good = (method * 256 + (header >> 8)) % 31 == 0 && !(header >> 8 & 0x20) && (method & 15) == 8;
    if (!(r->flags & NON_WRAPPING_OUTPUT))
        is_good = is_good && window <= 32768 && r->out_mask + 1 >= window;
    return is_good;
}

/* Extra bits and base of a length (symbol 257 on) or a distance: each group of 4, or of 2, has a bit more. */
static uint32_t extra_bits(uint32_t n, uint32_t group) { return n < 2 * group ? 0 : n / group - 1; }
static uint32_t base_of(uint32_t n, uint32_t group)
{
    return n < 2 * group ? n : (group + n % group) << extra_bits(n, group);
}

/* One step: GO_ON, or the status with which the call ends. */
static int step(struct run *r)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    struct inflate *s = r->s;
    int32_t symbol;
    uint32_t count;
    switch (s->state) {
    case BEGIN:
        s->bits = s->bit_count = s->is_final = 0;
        s->check_adler32 = 1;
        s->state = r->flags & PARSE_ZLIB_HEADER ? ZLIB_HEADER : BLOCK;
        return GO_ON;
    case ZLIB_HEADER:
        if (!have(r, 16))
            return NEEDS_MORE_INPUT;
        s->state = zlib_header_is_good(r, take(r, 16)) ? BLOCK : BROKEN;
        return GO_ON;
    case BLOCK:
        if (!have(r, 3))
            return NEEDS_MORE_INPUT;
        s->is_final = take(r, 1);
        switch (take(r, 2)) {
        case 0:
            take(r, s->bit_count & 7);
            s->state = STORED_LENGTH;
            return GO_ON;
        case 1:
            s->state = fixed_codes(s) ? SYMBOL : BROKEN;
            return GO_ON;
        case 2:
            s->state = TABLE_SIZES;
            return GO_ON;
        }
        s->state = BROKEN;
        return GO_ON;
    case STORED_LENGTH:
        if (!have(r, 16))
            return NEEDS_MORE_INPUT;
        s->length = take(r, 16);
        s->state = STORED_BYTES;
        s->filled = 0;
        return GO_ON;
    case STORED_BYTES:
        if (!s->filled) {
            if (!have(r, 16))
                return NEEDS_MORE_INPUT;
            s->filled = 1;
            if (take(r, 16) != (s->length ^ 0xFFFF))
                s->state = BROKEN;
            return GO_ON;
        }
        for (; s->length; s->length--) {
            if (r->out == r->out_end)
                return HAS_MORE_OUTPUT;
            if (r->in == r->in_end) {
                if (r->flags & HAS_MORE_INPUT)
                    return NEEDS_MORE_INPUT;
                s->state = BROKEN;
                return GO_ON;
            }
            *r->out++ = *r->in++;
        }
        s->state = s->is_final ? ADLER32 : BLOCK;
        s->filled = 0;
        return GO_ON;
    case TABLE_SIZES:
        if (!have(r, 14))
            return NEEDS_MORE_INPUT;
        s->literals = 257 + take(r, 5);
        s->distances = 1 + take(r, 5);
        s->code_lengths = 4 + take(r, 4);
        memset(s->lengths, 0, sizeof order);
        s->filled = 0;
        s->state = CODE_LENGTHS;
        return GO_ON;
    case CODE_LENGTHS:
        for (; s->filled < s->code_lengths; s->filled++) {
            if (!have(r, 3))
                return NEEDS_MORE_INPUT;
            s->lengths[order[s->filled]] = take(r, 3);
        }
        s->filled = 0;
        s->state = make_code(&s->literal_code, s->lengths, sizeof order) ? LENGTHS : BROKEN;
        return GO_ON;
    case LENGTHS:
        while (s->filled < s->literals + s->distances) {
            symbol = decode(r, &s->literal_code);
            if (symbol == -1)
                return NEEDS_MORE_INPUT;
            s->symbol = symbol;
            if (symbol < 0 || (symbol == 16 && s->filled == 0)) {
                s->state = BROKEN;
                return GO_ON;
            }
            if (symbol > MAX_BITS) {
                s->state = REPEAT;
                return GO_ON;
            }
            s->lengths[s->filled++] = symbol;
        }
        if (s->filled != s->literals + s->distances ||
            !make_code(&s->distance_code, s->lengths + s->literals, s->distances) ||
            !make_code(&s->literal_code, s->lengths, s->literals))
            s->state = BROKEN;
        else
            s->state = SYMBOL;
        return GO_ON;
    case REPEAT:
        count = s->symbol == 16 ? 2 : s->symbol == 17 ? 3 : 7;
        if (!have(r, count))
            return NEEDS_MORE_INPUT;
        count = take(r, count) + (s->symbol == 18 ? 11 : 3);
        s->state = count > s->literals + s->distances - s->filled ? BROKEN : LENGTHS;
        if (s->state == LENGTHS) {
            memset(s->lengths + s->filled, s->symbol == 16 ? s->lengths[s->filled - 1] : 0, count);
            s->filled += count;
        }
        return GO_ON;
    case SYMBOL:
        symbol = decode(r, &s->literal_code);
        if (symbol == -1)
            return NEEDS_MORE_INPUT;
        s->symbol = symbol;
        s->state = LITERAL;
        if (symbol < 0 || symbol > 285) {
            s->state = BROKEN;
        } else if (symbol > END_OF_BLOCK) {
            s->symbol -= END_OF_BLOCK + 1;
            s->state = LENGTH_BITS;
        } else if (symbol == END_OF_BLOCK) {
            s->state = s->is_final ? ADLER32 : BLOCK;
            s->filled = 0;
        }
        return GO_ON;
    case LITERAL:
        if (r->out == r->out_end)
            return HAS_MORE_OUTPUT;
        *r->out++ = s->symbol;
        s->state = SYMBOL;
        return GO_ON;
    case LENGTH_BITS:
        count = s->symbol == 28 ? 0 : extra_bits(s->symbol, 4);
        if (!have(r, count))
            return NEEDS_MORE_INPUT;
        s->length = s->symbol == 28 ? 258 : 3 + base_of(s->symbol, 4) + take(r, count);
        s->state = DISTANCE;
        return GO_ON;
    case DISTANCE:
        symbol = decode(r, &s->distance_code);
        if (symbol == -1)
            return NEEDS_MORE_INPUT;
        s->symbol = symbol;
        s->state = symbol < 0 || symbol > 29 ? BROKEN : DISTANCE_BITS;
        return GO_ON;
    case DISTANCE_BITS:
        count = extra_bits(s->symbol, 2);
        if (!have(r, count))
            return NEEDS_MORE_INPUT;
        s->distance = 1 + base_of(s->symbol, 2) + take(r, count);
        s->state = (r->flags & NON_WRAPPING_OUTPUT) && s->distance > (uint32_t)(r->out - r->out_start) ? BROKEN : COPY;
        return GO_ON;
    case COPY:
        for (; s->length; s->length--) {
            if (r->out == r->out_end)
                return HAS_MORE_OUTPUT;
            *r->out = r->out_start[((uint32_t)(r->out - r->out_start) - s->distance) & r->out_mask];
            r->out++;
        }
        s->state = SYMBOL;
        return GO_ON;
    case ADLER32:
        if (r->flags & PARSE_ZLIB_HEADER) {
            take(r, s->bit_count & 7);
            for (; s->filled < 4; s->filled++) {
                if (!have(r, 8))
                    return NEEDS_MORE_INPUT;
                s->stored_adler32 = s->stored_adler32 << 8 | take(r, 8);
            }
        }
        s->state = ENDED;
        return GO_ON;
    case ENDED:
        return DONE;
    }
    s->state = BROKEN;
    return FAILED;
}

static uint32_t adler32(uint32_t adler, const uint8_t *data, const uint8_t *end)
{
    uint32_t low = adler & 0xFFFF, high = adler >> 16;
    for (; data < end; data++) {
        low = (low + *data) % BASE;
        high = (high + low) % BASE;
    }
    return high << 16 | low;
}

int API(tinfl_decompress)(struct inflate *s, const uint8_t *in, uint32_t *in_size, uint8_t *out_start, uint8_t *out,
                          uint32_t *out_size, uint32_t flags)
{
    bool wraps = !(flags & NON_WRAPPING_OUTPUT);
    uint32_t mask = wraps ? (uint32_t)(out - out_start) + *out_size - 1 : UINT32_MAX;
    if (((mask + 1) & mask) != 0 || out < out_start) {
        *in_size = *out_size = 0;
        return BAD_PARAM;
    }
    struct run r = {s, in, in + *in_size, out_start, out, out + *out_size, mask, flags};
    int status;
    do
        status = step(&r);
    while (status == GO_ON);
    *in_size = r.in - in;
    *out_size = r.out - out;
    if ((flags & (PARSE_ZLIB_HEADER | COMPUTE_ADLER32)) && status >= 0) {
        s->check_adler32 = adler32(s->check_adler32, out, r.out);
        if (status == DONE && (flags & PARSE_ZLIB_HEADER) && s->check_adler32 != s->stored_adler32)
            return ADLER32_MISMATCH;
    }
    return status;
}

/* Returns how many bytes came out, -1 unless that was all. */
uint32_t API(tinfl_decompress_mem_to_mem)(uint8_t *out, uint32_t out_size, const uint8_t *in, uint32_t in_size,
                                          uint32_t flags)
{
    struct inflate s;
    s.state = BEGIN;
    flags = (flags & ~(uint32_t)HAS_MORE_INPUT) | NON_WRAPPING_OUTPUT;
    int status = API(tinfl_decompress)(&s, in, &in_size, out, out, &out_size, flags);
    return status == DONE ? out_size : UINT32_MAX;
}
