/* miniz' compressor (rom/miniz.h: tdefl_): DEFLATE (RFC 1951), in a zlib stream (RFC 1950) if asked for.

   The caller gives the memory; nobody but these functions looks into it. Matches are found by chains of equal hashes of
   three bytes, and put off by one byte when the next is longer. Symbols gather to a block, which is coded in the
   shortest of the three ways. The bytes differ from miniz': any inflate gives the same text. */
#include "openrom.h"

#define PROBES_MAX 0xFFFu
#define WRITE_ZLIB_HEADER 0x01000u
#define COMPUTE_ADLER32 0x02000u
#define GREEDY_PARSING 0x04000u
#define RLE_MATCHES 0x10000u
#define FILTER_MATCHES 0x20000u
#define FORCE_STATIC 0x40000u
#define FORCE_RAW 0x80000u

/* tdefl_status, tdefl_flush */
enum { BAD_PARAM = -2, PUT_FAILED = -1, OKAY = 0, DONE = 1 };
enum { NO_FLUSH = 0, SYNC_FLUSH = 2, FULL_FLUSH = 3, FINISH = 4 };

#define DICTIONARY 32768u
#define MATCH_MIN 3u
#define MATCH_MAX 258u
#define DISTANCE_MAX (DICTIONARY - MATCH_MAX - 4)
#define HASH_BITS 12
#define BLOCK_SYMBOLS 4800u
#define BLOCK_SOURCE 31000u /* what a stored block needs is still in the dictionary */
#define PENDING_SIZE (BLOCK_SOURCE + 64)
#define LITERALS 288u
#define DISTANCES 30u
#define LENGTH_CODES 19u
#define END_OF_BLOCK 256u
#define CODE_BITS_MAX 15u
#define LENGTH_CODE_BITS_MAX 7u
#define TDEFL_COMPRESSOR_SIZE 167744 /* sizeof(tdefl_compressor) with 32-bit pointers */

struct code {
    uint16_t word[LITERALS]; /* first bit lowest */
    uint8_t bits[LITERALS];
};

/* While code lengths are found. */
struct tree {
    uint16_t order[LITERALS], parent[2 * LITERALS];
    uint32_t weight[2 * LITERALS];
};

struct compressor {
    int (*put)(const void *, int, void *);
    void *user;
    uint32_t flags, adler;
    int status;
    bool header_written, match_available, finishing, flushed;
    uint32_t position, lookahead; /* of the next byte; how many are there */
    uint32_t oldest;              /* nothing before it is referred to */
    uint32_t match_length, match_distance;
    uint32_t block_start, symbol_count;
    uint32_t bit_count, bit_buffer;
    uint32_t pending, pending_taken;
    uint32_t head[1 << HASH_BITS]; /* position + 1 */
    uint16_t previous[DICTIONARY]; /* how far back the next of the chain is; 0: none */
    uint8_t dictionary[DICTIONARY + MATCH_MAX]; /* a ring, whose beginning follows its end once more */
    uint16_t distance[BLOCK_SYMBOLS];           /* 0: a literal */
    uint8_t value[BLOCK_SYMBOLS];               /* that, or the length less MATCH_MIN */
    uint8_t output[PENDING_SIZE];
    struct code literals, distances;
    uint16_t literal_count[LITERALS], distance_count[DISTANCES];
    struct tree tree;
};
_Static_assert(sizeof(void *) != 4 || sizeof(struct compressor) <= TDEFL_COMPRESSOR_SIZE, "callers give that much");

unsigned long API(mz_adler32)(unsigned long adler, const uint8_t *data, size_t length);

static uint32_t log2_floor(uint32_t value) { return 31 - (uint32_t)__builtin_clz(value); }

/* A length or a distance, less the least one: which code says it, with how many bits after it. */
struct coded {
    uint32_t code, extra_bits;
};
static struct coded code_of_length(uint32_t length_less_3)
{
    if (length_less_3 < 8)
        return (struct coded){length_less_3, 0};
    if (length_less_3 == MATCH_MAX - MATCH_MIN)
        return (struct coded){28, 0};
    uint32_t n = log2_floor(length_less_3);
    return (struct coded){4 * (n - 1) + (length_less_3 >> (n - 2) & 3), n - 2};
}
static struct coded code_of_distance(uint32_t distance_less_1)
{
    if (distance_less_1 < 4)
        return (struct coded){distance_less_1, 0};
    uint32_t n = log2_floor(distance_less_1);
    return (struct coded){2 * n + (distance_less_1 >> (n - 1) & 1), n - 1};
}

static void put_bits(struct compressor *c, uint32_t bits, uint32_t count)
{
    c->bit_buffer |= bits << c->bit_count;
    c->bit_count += count;
    for (; c->bit_count >= 8; c->bit_count -= 8) {
        c->output[c->pending++] = (uint8_t)c->bit_buffer;
        c->bit_buffer >>= 8;
    }
}
static void fill_byte(struct compressor *c)
{
    if (c->bit_count)
        put_bits(c, 0, 8 - c->bit_count);
}

/* Code lengths by how often the symbols come: a tree of the two least again and again, cut at the longest code that may
   be. There are two codes at least, as a decoder may want. */
static void set_lengths(struct tree *tree, const uint16_t *count, uint32_t symbols, uint32_t longest,
                        uint8_t *bits)
{
    uint16_t *order = tree->order, *parent = tree->parent;
    uint32_t *weight = tree->weight, used = 0, of_length[32] = {0};
    memset(bits, 0, symbols);
    for (uint32_t symbol = 0; symbol < symbols; symbol++) {
        if (count[symbol] == 0)
            continue;
        uint32_t at = used++;
        for (; at > 0 && count[order[at - 1]] > count[symbol]; at--)
            order[at] = order[at - 1];
        order[at] = (uint16_t)symbol;
    }
    if (used < 2) {
        uint32_t only = used ? order[0] : 0;
        bits[only] = bits[only ? 0 : 1] = 1;
        return;
    }
    for (uint32_t i = 0; i < used; i++)
        weight[i] = count[order[i]];
    for (uint32_t node = used, leaf = 0, inner = used; node < 2 * used - 1; node++) {
        weight[node] = 0;
        for (int child = 0; child < 2; child++) {
            uint32_t least = leaf < used && (inner >= node || weight[leaf] <= weight[inner]) ? leaf++ : inner++;
            weight[node] += weight[least];
            parent[least] = (uint16_t)node;
        }
    }
    uint16_t *depth = parent; /* from the root on, a parent's is known before its children's */
    depth[2 * used - 2] = 0;
    for (uint32_t node = 2 * used - 2; node-- > 0;) {
        depth[node] = (uint16_t)(depth[parent[node]] + 1);
        if (node < used)
            of_length[depth[node] < longest ? depth[node] : longest]++;
    }
    /* Cutting made too many short codes: lengthen some, until all fit. */
    uint32_t taken = 0;
    for (uint32_t length = 1; length <= longest; length++)
        taken += of_length[length] << (longest - length);
    for (; taken > 1u << longest; taken--) {
        uint32_t length = longest - 1;
        while (of_length[length] == 0)
            length--;
        of_length[length]--;
        of_length[length + 1] += 2;
        of_length[longest]--;
    }
    for (uint32_t length = longest, i = 0; length > 0; length--)
        for (uint32_t n = of_length[length]; n > 0; n--)
            bits[order[i++]] = (uint8_t)length;
}

static void set_words(struct code *code, uint32_t symbols)
{
    uint32_t of_length[CODE_BITS_MAX + 1] = {0}, next[CODE_BITS_MAX + 1] = {0};
    for (uint32_t symbol = 0; symbol < symbols; symbol++)
        of_length[code->bits[symbol]]++;
    for (uint32_t length = 2; length <= CODE_BITS_MAX; length++)
        next[length] = (next[length - 1] + of_length[length - 1]) << 1;
    for (uint32_t symbol = 0; symbol < symbols; symbol++) {
        uint32_t length = code->bits[symbol], word = 0;
        if (length == 0)
            continue;
        uint32_t value = next[length]++;
        for (uint32_t bit = 0; bit < length; bit++)
            word |= (value >> bit & 1) << (length - 1 - bit);
        code->word[symbol] = (uint16_t)word;
    }
}

static void set_static_codes(struct compressor *c)
{
    for (uint32_t symbol = 0; symbol < LITERALS; symbol++)
        c->literals.bits[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    memset(c->distances.bits, 5, DISTANCES);
    set_words(&c->literals, LITERALS);
    set_words(&c->distances, DISTANCES);
}

static void count_symbols(struct compressor *c)
{
    memset(c->literal_count, 0, sizeof c->literal_count);
    memset(c->distance_count, 0, sizeof c->distance_count);
    c->literal_count[END_OF_BLOCK] = 1;
    for (uint32_t i = 0; i < c->symbol_count; i++) {
        if (c->distance[i] == 0) {
            c->literal_count[c->value[i]]++;
            continue;
        }
        c->literal_count[257 + code_of_length(c->value[i]).code]++;
        c->distance_count[code_of_distance(c->distance[i] - 1u).code]++;
    }
}

/* How many bits the symbols of the block take with the codes as they are. */
static uint32_t coded_bits(const struct compressor *c)
{
    uint32_t sum = 0;
    for (uint32_t symbol = 0; symbol < LITERALS; symbol++) {
        uint32_t extra = symbol < 265 || symbol >= 285 ? 0 : (symbol - 261) / 4;
        sum += c->literal_count[symbol] * (c->literals.bits[symbol] + extra);
    }
    for (uint32_t symbol = 0; symbol < DISTANCES; symbol++)
        sum += c->distance_count[symbol] * (c->distances.bits[symbol] + (symbol < 4 ? 0 : symbol / 2 - 1));
    return sum;
}

/* The code lengths of a dynamic block, themselves coded; runs of the same are one symbol. */
struct lengths {
    uint32_t literals, distances, codes, count, bits;
    uint8_t symbol[LITERALS + DISTANCES], extra[LITERALS + DISTANCES];
    struct code code;
};
static const uint8_t length_code_order[LENGTH_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};
static uint32_t extra_bits_of_run(uint32_t symbol) { return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0; }

static void code_lengths(struct compressor *c, struct lengths *l)
{
    uint8_t all[LITERALS + DISTANCES];
    uint16_t count[LENGTH_CODES] = {0};
    for (l->literals = 286; l->literals > 257 && c->literals.bits[l->literals - 1] == 0;)
        l->literals--;
    for (l->distances = DISTANCES; l->distances > 1 && c->distances.bits[l->distances - 1] == 0;)
        l->distances--;
    memcpy(all, c->literals.bits, l->literals);
    memcpy(all + l->literals, c->distances.bits, l->distances);
    uint32_t end = l->literals + l->distances;
    l->count = 0;
    for (uint32_t at = 0; at < end;) {
        uint32_t run = 1, symbol = all[at], extra = 0;
        while (at + run < end && all[at + run] == all[at])
            run++;
        if (all[at] == 0 && run >= 3) {
            run = run < 138 ? run : 138;
            symbol = run < 11 ? 17 : 18;
            extra = run - (run < 11 ? 3 : 11);
        } else if (at > 0 && all[at] == all[at - 1] && run >= 3) {
            run = run < 6 ? run : 6;
            symbol = 16;
            extra = run - 3;
        } else {
            run = 1;
        }
        l->symbol[l->count] = (uint8_t)symbol;
        l->extra[l->count++] = (uint8_t)extra;
        count[symbol]++;
        at += run;
    }
    set_lengths(&c->tree, count, LENGTH_CODES, LENGTH_CODE_BITS_MAX, l->code.bits);
    set_words(&l->code, LENGTH_CODES);
    for (l->codes = LENGTH_CODES; l->codes > 4 && l->code.bits[length_code_order[l->codes - 1]] == 0;)
        l->codes--;
    l->bits = 14 + 3 * l->codes;
    for (uint32_t symbol = 0; symbol < LENGTH_CODES; symbol++)
        l->bits += count[symbol] * (l->code.bits[symbol] + extra_bits_of_run(symbol));
}

static void put_lengths(struct compressor *c, const struct lengths *l)
{
    put_bits(c, l->literals - 257, 5);
    put_bits(c, l->distances - 1, 5);
    put_bits(c, l->codes - 4, 4);
    for (uint32_t i = 0; i < l->codes; i++)
        put_bits(c, l->code.bits[length_code_order[i]], 3);
    for (uint32_t i = 0; i < l->count; i++) {
        uint32_t symbol = l->symbol[i];
        put_bits(c, l->code.word[symbol], l->code.bits[symbol]);
        put_bits(c, l->extra[i], extra_bits_of_run(symbol));
    }
}

static void put_symbols(struct compressor *c)
{
    for (uint32_t i = 0; i < c->symbol_count; i++) {
        if (c->distance[i] == 0) {
            put_bits(c, c->literals.word[c->value[i]], c->literals.bits[c->value[i]]);
            continue;
        }
        struct coded length = code_of_length(c->value[i]), distance = code_of_distance(c->distance[i] - 1u);
        put_bits(c, c->literals.word[257 + length.code], c->literals.bits[257 + length.code]);
        put_bits(c, c->value[i] & ((1u << length.extra_bits) - 1), length.extra_bits);
        put_bits(c, c->distances.word[distance.code], c->distances.bits[distance.code]);
        put_bits(c, (c->distance[i] - 1u) & ((1u << distance.extra_bits) - 1), distance.extra_bits);
    }
    put_bits(c, c->literals.word[END_OF_BLOCK], c->literals.bits[END_OF_BLOCK]);
}

/* How much of the text the block's symbols stand for: a byte that waits for a longer match belongs to the next. */
static uint32_t block_length(const struct compressor *c)
{
    return c->position - (c->match_available ? 1 : 0) - c->block_start;
}

static void put_stored(struct compressor *c, uint32_t length)
{
    fill_byte(c);
    put_bits(c, length, 16);
    put_bits(c, length ^ 0xFFFF, 16);
    for (uint32_t i = 0; i < length; i++)
        c->output[c->pending++] = c->dictionary[(c->block_start + i) % DICTIONARY];
}

static void put_block(struct compressor *c, bool last)
{
    struct lengths lengths;
    uint32_t source = block_length(c), stored = 8 * source + 5 * 8;
    bool is_static = c->flags & FORCE_STATIC;
    count_symbols(c);
    set_static_codes(c);
    uint32_t bits = coded_bits(c);
    if (!is_static) {
        uint32_t by_static = bits;
        set_lengths(&c->tree, c->literal_count, LITERALS - 2, CODE_BITS_MAX, c->literals.bits);
        c->literals.bits[286] = c->literals.bits[287] = 0;
        set_lengths(&c->tree, c->distance_count, DISTANCES, CODE_BITS_MAX, c->distances.bits);
        set_words(&c->literals, LITERALS);
        set_words(&c->distances, DISTANCES);
        code_lengths(c, &lengths);
        bits = coded_bits(c) + lengths.bits;
        if (by_static <= bits) {
            is_static = true;
            bits = by_static;
            set_static_codes(c);
        }
    }
    bool is_stored = c->flags & FORCE_RAW || (!(c->flags & FORCE_STATIC) && stored < bits);
    put_bits(c, last, 1);
    put_bits(c, is_stored ? 0 : is_static ? 1 : 2, 2);
    if (is_stored) {
        put_stored(c, source);
    } else {
        if (!is_static)
            put_lengths(c, &lengths);
        put_symbols(c);
    }
    c->block_start += source;
    c->symbol_count = 0;
}

static void put_header(struct compressor *c)
{
    if (!c->header_written && c->flags & WRITE_ZLIB_HEADER) {
        put_bits(c, 0x78, 8); /* a dictionary of 32 KB */
        put_bits(c, 0x01, 8);
    }
    c->header_written = true;
}

static void end_stream(struct compressor *c)
{
    fill_byte(c);
    for (int shift = 24; c->flags & WRITE_ZLIB_HEADER && shift >= 0; shift -= 8)
        put_bits(c, c->adler >> shift & 0xFF, 8);
}

static uint32_t hash(const uint8_t *at)
{
    return ((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]) * 0x9E3779B1u >> (32 - HASH_BITS);
}

/* Put the next byte's place into its chain; returns how far back the last place of the same hash is, 0 for none. */
static uint32_t enter(struct compressor *c)
{
    uint32_t *head = &c->head[hash(&c->dictionary[c->position % DICTIONARY])];
    uint32_t back = *head ? c->position - (*head - 1) : 0;
    if (back > DISTANCE_MAX)
        back = 0;
    c->previous[c->position % DICTIONARY] = (uint16_t)back;
    *head = c->position + 1;
    return back;
}

static uint32_t equal_bytes(const struct compressor *c, uint32_t back, uint32_t limit)
{
    const uint8_t *here = &c->dictionary[c->position % DICTIONARY];
    const uint8_t *there = &c->dictionary[(c->position - back) % DICTIONARY];
    uint32_t length = 0;
    while (length < limit && here[length] == there[length])
        length++;
    return length;
}

static void find_match(const struct compressor *c, uint32_t back, uint32_t *length, uint32_t *distance)
{
    uint32_t limit = c->lookahead < MATCH_MAX ? c->lookahead : MATCH_MAX;
    uint32_t best = MATCH_MIN - 1;
    *length = *distance = 0;
    if (c->flags & RLE_MATCHES)
        back = c->position > c->oldest;
    for (uint32_t probes = c->flags & PROBES_MAX, total = back; probes > 0 && back != 0; probes--) {
        uint32_t equal = equal_bytes(c, total, limit);
        if (equal > best) {
            best = *length = equal;
            *distance = total;
            if (equal == limit)
                break;
        }
        if (c->flags & RLE_MATCHES)
            break;
        back = c->previous[(c->position - total) % DICTIONARY];
        total += back;
        if (total > DISTANCE_MAX)
            break;
    }
    if (*length <= 5 && c->flags & FILTER_MATCHES)
        *length = 0;
    if (*length == MATCH_MIN && *distance >= 8192) /* longer than three literals */
        *length = 0;
}

static void record(struct compressor *c, uint32_t distance, uint32_t value)
{
    c->distance[c->symbol_count] = (uint16_t)distance;
    c->value[c->symbol_count++] = (uint8_t)value;
}

/* Go over a byte, with its place known to later matches. */
static uint32_t step(struct compressor *c)
{
    uint32_t back = c->lookahead >= MATCH_MIN ? enter(c) : 0;
    c->position++;
    c->lookahead--;
    return back;
}

static void skip(struct compressor *c, uint32_t count)
{
    while (count-- > 0)
        step(c);
}

/* One decision: a literal or a match goes out, or the match found here waits for what the next byte brings. */
static void parse_one(struct compressor *c)
{
    uint32_t length = 0, distance = 0, back = c->lookahead >= MATCH_MIN ? enter(c) : 0;
    if (c->flags & PROBES_MAX && c->lookahead >= MATCH_MIN)
        find_match(c, back, &length, &distance);
    uint8_t here = c->dictionary[c->position % DICTIONARY];
    if (c->match_available && c->match_length >= length) { /* the one that waited is as good */
        record(c, c->match_distance, c->match_length - MATCH_MIN);
        uint32_t left = c->match_length - 2; /* of it, after this byte */
        c->match_available = false;
        c->position++;
        c->lookahead--;
        skip(c, left);
        return;
    }
    if (c->match_available)
        record(c, 0, c->dictionary[(c->position - 1) % DICTIONARY]);
    c->match_available = false;
    if (length && c->flags & GREEDY_PARSING) {
        record(c, distance, length - MATCH_MIN);
        c->position++;
        c->lookahead--;
        skip(c, length - 1);
        return;
    }
    if (length) {
        c->match_available = true;
        c->match_length = length;
        c->match_distance = distance;
    } else {
        record(c, 0, here);
    }
    c->position++;
    c->lookahead--;
}

static bool block_full(const struct compressor *c)
{
    return c->symbol_count >= BLOCK_SYMBOLS - 2 || block_length(c) >= BLOCK_SOURCE - 2 * MATCH_MAX;
}

struct input {
    const uint8_t *next;
    size_t left;
};
static void take_input(struct compressor *c, struct input *in)
{
    uint32_t room = MATCH_MAX - c->lookahead, count = in->left < room ? (uint32_t)in->left : room;
    if (c->flags & (WRITE_ZLIB_HEADER | COMPUTE_ADLER32))
        c->adler = (uint32_t)API(mz_adler32)(c->adler, in->next, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (c->position + c->lookahead + i) % DICTIONARY;
        c->dictionary[at] = in->next[i];
        if (at < MATCH_MAX)
            c->dictionary[DICTIONARY + at] = in->next[i];
    }
    c->lookahead += count;
    in->next += count;
    in->left -= count;
}

/* Hand over what is coded; false when not all of it was taken. */
static bool deliver(struct compressor *c, uint8_t **out, size_t *room)
{
    uint32_t left = c->pending - c->pending_taken;
    if (left && c->put) {
        if (!c->put(c->output, (int)c->pending, c->user)) {
            c->status = PUT_FAILED;
            return false;
        }
        c->pending_taken = c->pending;
    } else if (left) {
        uint32_t part = left < *room ? left : (uint32_t)*room;
        memcpy(*out, c->output + c->pending_taken, part);
        *out += part;
        *room -= part;
        c->pending_taken += part;
    }
    if (c->pending_taken < c->pending)
        return false;
    c->pending = c->pending_taken = 0;
    return true;
}

static void flush(struct compressor *c, int how)
{
    put_header(c);
    if (c->symbol_count > 0 || how == FINISH)
        put_block(c, how == FINISH);
    if (how == FINISH) {
        end_stream(c);
        c->finishing = true;
        return;
    }
    put_bits(c, 0, 3); /* an empty stored block ends with a whole byte */
    put_stored(c, 0);
    if (how == FULL_FLUSH) {
        memset(c->head, 0, sizeof c->head);
        c->oldest = c->position;
    }
}

static int compress(struct compressor *c, struct input *in, uint8_t *out, size_t *room, int how)
{
    while (c->status == OKAY && deliver(c, &out, room)) {
        if (c->finishing) {
            c->status = DONE;
            break;
        }
        take_input(c, in);
        bool ending = in->left == 0 && how != NO_FLUSH;
        if (c->lookahead < MATCH_MAX && !ending)
            break; /* what comes next decides over what is there */
        if (c->lookahead > 0) {
            c->flushed = false;
            parse_one(c);
            if (block_full(c)) {
                put_header(c);
                put_block(c, false);
            }
        } else if (how != FINISH && c->flushed) {
            break;
        } else {
            flush(c, how);
            c->flushed = true;
        }
    }
    return c->status;
}

int API(tdefl_init)(struct compressor *c, int (*put)(const void *, int, void *), void *user, int flags)
{
    memset(c, 0, offsetof(struct compressor, previous));
    c->put = put;
    c->user = user;
    c->flags = (uint32_t)flags;
    c->adler = 1;
    return OKAY;
}

/* Output goes either to the function of tdefl_init or to `out`; both sizes come back as what was taken and given. */
int API(tdefl_compress)(struct compressor *c, const void *data, size_t *data_size, void *out, size_t *out_size, int how)
{
    struct input in = {data, data_size ? *data_size : 0};
    size_t given = out_size ? *out_size : 0, room = given;
    bool to_memory = out_size != NULL;
    if (data_size)
        *data_size = 0;
    if (out_size)
        *out_size = 0;
    if ((c->put != NULL) == to_memory || c->status != OKAY || (c->finishing && how != FINISH) ||
        (in.left && data == NULL) || (given && out == NULL))
        return c->status = BAD_PARAM;
    int status = compress(c, &in, out, &room, how);
    if (data_size)
        *data_size = (size_t)(in.next - (const uint8_t *)data);
    if (out_size)
        *out_size = given - room;
    return status;
}

int API(tdefl_compress_buffer)(struct compressor *c, const void *data, size_t size, int how)
{
    return API(tdefl_compress)(c, data, &size, NULL, NULL, how);
}
int API(tdefl_get_prev_return_status)(struct compressor *c) { return c->status; }
uint32_t API(tdefl_get_adler32)(struct compressor *c) { return c->adler; }

/* The ROM has no heap (MINIZ_NO_MALLOC): what would need one fails. */
int API(tdefl_compress_mem_to_output)(const void *data, size_t size, int (*put)(const void *, int, void *), void *user,
                                      int flags)
{
    (void)data, (void)size, (void)put, (void)user, (void)flags;
    return 0;
}
size_t API(tdefl_compress_mem_to_mem)(void *out, size_t room, const void *data, size_t size, int flags)
{
    (void)out, (void)room, (void)data, (void)size, (void)flags;
    return 0;
}
void *API(tdefl_compress_mem_to_heap)(const void *data, size_t size, size_t *out_size, int flags)
{
    (void)data, (void)size, (void)flags;
    *out_size = 0;
    return NULL;
}
void *API(tdefl_write_image_to_png_file_in_memory)(const void *image, int width, int height, int channels, size_t *size)
{
    (void)image, (void)width, (void)height, (void)channels;
    *size = 0;
    return NULL;
}
void *API(tdefl_write_image_to_png_file_in_memory_ex)(const void *image, int width, int height, int channels,
                                                      size_t *size, uint32_t level, int flip)
{
    (void)level, (void)flip;
    return API(tdefl_write_image_to_png_file_in_memory)(image, width, height, channels, size);
}
void *API(tinfl_decompress_mem_to_heap)(const void *data, size_t size, size_t *out_size, int flags)
{
    (void)data, (void)size, (void)flags;
    *out_size = 0;
    return NULL;
}
int API(tinfl_decompress_mem_to_callback)(const void *data, size_t *size, int (*put)(const void *, int, void *),
                                          void *user, int flags)
{
    (void)data, (void)size, (void)put, (void)user, (void)flags;
    return -1;
}
void API(mz_free)(void *memory) { (void)memory; }
