/* The memory and string functions of the C library. */
#include "openrom.h"

/* Whole words wherever it can be: instruction RAM takes no other width, and images are loaded through here. About as
   fast as the chip's: firmware with races of its own depends on it. */
#define UNALIGNED(at) ((uintptr_t)(at) & 3)
#define HAS_ZERO_BYTE(word) (((word) - 0x01010101u) & ~(word) & 0x80808080u)

/* Whole words to an aligned place; what they are read from need not be. Returns how many bytes were copied. */
static size_t copy_words(uint32_t *out, const uint8_t *from, size_t length)
{
    size_t words = length / 4, skew = UNALIGNED(from) * 8;
    const uint32_t *in = (const uint32_t *)(from - skew / 8);
    if (skew == 0) {
        for (; words >= 4; words -= 4, in += 4, out += 4) {
            uint32_t a = in[0], b = in[1], c = in[2], d = in[3];
            out[0] = a, out[1] = b, out[2] = c, out[3] = d;
        }
        while (words--)
            *out++ = *in++;
        return length & ~(size_t)3;
    }
    for (uint32_t low = words ? *in++ : 0; words--;) {
        uint32_t high = *in++;
        *out++ = low >> skew | high << (32 - skew);
        low = high;
    }
    return length & ~(size_t)3;
}

void *API(memcpy)(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    for (; length > 0 && UNALIGNED(out); length--)
        *out++ = *in++;
    size_t copied = copy_words((uint32_t *)out, in, length);
    for (size_t at = copied; at < length; at++)
        out[at] = in[at];
    return to;
}

void *API(memmove)(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out <= in || out >= in + length)
        return API(memcpy)(to, from, length);
    while (length--)
        out[length] = in[length];
    return to;
}

void *API(memset)(void *to, int value, size_t length)
{
    uint8_t *out = to;
    for (; length > 0 && UNALIGNED(out); length--)
        *out++ = (uint8_t)value;
    uint32_t word = (uint8_t)value * 0x01010101u, *words = (uint32_t *)out;
    for (; length >= 16; length -= 16, words += 4)
        words[0] = words[1] = words[2] = words[3] = word;
    for (; length >= 4; length -= 4)
        *words++ = word;
    for (out = (uint8_t *)words; length > 0; length--)
        *out++ = (uint8_t)value;
    return to;
}

void API(bzero)(void *to, size_t length) { API(memset)(to, 0, length); }

int API(memcmp)(const void *a, const void *b, size_t length)
{
    const uint8_t *x = a, *y = b;
    if (!UNALIGNED(x) && !UNALIGNED(y))
        for (; length >= 4 && *(const uint32_t *)x == *(const uint32_t *)y; length -= 4)
            x += 4, y += 4;
    for (; length > 0; length--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *API(memchr)(const void *in, int value, size_t length)
{
    for (const uint8_t *p = in; length > 0; length--, p++)
        if (*p == (uint8_t)value)
            return (void *)p;
    return NULL;
}

size_t API(strnlen)(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

size_t API(strlen)(const char *text)
{
    const char *at = text;
    for (; UNALIGNED(at); at++)
        if (*at == 0)
            return (size_t)(at - text);
    while (!HAS_ZERO_BYTE(*(const uint32_t *)at))
        at += 4;
    while (*at)
        at++;
    return (size_t)(at - text);
}

int API(strncmp)(const char *a, const char *b, size_t limit)
{
    for (; limit > 0; limit--, a++, b++)
        if (*a != *b || *a == 0)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

int API(strcmp)(const char *a, const char *b)
{
    if (!UNALIGNED(a) && !UNALIGNED(b))
        for (; *(const uint32_t *)a == *(const uint32_t *)b && !HAS_ZERO_BYTE(*(const uint32_t *)a); a += 4)
            b += 4;
    return API(strncmp)(a, b, SIZE_MAX);
}

char *API(strncpy)(char *to, const char *from, size_t limit)
{
    size_t length = API(strnlen)(from, limit);
    API(memcpy)(to, from, length);
    API(memset)(to + length, 0, limit - length);
    return to;
}

char *API(strcpy)(char *to, const char *from) { return API(memcpy)(to, from, API(strlen)(from) + 1); }

size_t API(strlcpy)(char *to, const char *from, size_t size)
{
    size_t length = API(strlen)(from);
    if (size > 0) {
        size_t part = length < size ? length : size - 1;
        API(memcpy)(to, from, part);
        to[part] = 0;
    }
    return length;
}

char *API(strcat)(char *to, const char *from)
{
    API(strcpy)(to + API(strlen)(to), from);
    return to;
}

char *API(strchr)(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)text;
        if (*text == 0)
            return NULL;
    }
}

char *API(strrchr)(const char *text, int c)
{
    const char *last = NULL;
    do {
        if (*text == (char)c)
            last = text;
    } while (*text++);
    return (char *)last;
}

char *API(strstr)(const char *text, const char *part)
{
    size_t length = API(strlen)(part);
    for (; *text || length == 0; text++) {
        if (API(strncmp)(text, part, length) == 0)
            return (char *)text;
        if (*text == 0)
            break;
    }
    return NULL;
}

static int lower(int c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }
static int upper(int c) { return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c; }

int API(strncasecmp)(const char *a, const char *b, size_t limit)
{
    for (; limit > 0; limit--, a++, b++) {
        int difference = lower((uint8_t)*a) - lower((uint8_t)*b);
        if (difference != 0 || *a == 0)
            return difference;
    }
    return 0;
}
int API(strcasecmp)(const char *a, const char *b) { return API(strncasecmp)(a, b, SIZE_MAX); }
int API(strcoll)(const char *a, const char *b) { return API(strcmp)(a, b); }

char *API(strcasestr)(const char *text, const char *part)
{
    size_t length = API(strlen)(part);
    for (;; text++) {
        if (API(strncasecmp)(text, part, length) == 0)
            return (char *)text;
        if (*text == 0)
            return NULL;
    }
}

char *API(strlwr)(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)lower((uint8_t)*p);
    return text;
}
char *API(strupr)(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)upper((uint8_t)*p);
    return text;
}

static bool is_one_of(char c, const char *set)
{
    while (*set && *set != c)
        set++;
    return *set != 0;
}

size_t API(strspn)(const char *text, const char *set)
{
    size_t length = 0;
    while (text[length] && is_one_of(text[length], set))
        length++;
    return length;
}
size_t API(strcspn)(const char *text, const char *set)
{
    size_t length = 0;
    while (text[length] && !is_one_of(text[length], set))
        length++;
    return length;
}

char *API(strsep)(char **text, const char *set)
{
    char *start = *text;
    if (!start)
        return NULL;
    char *end = start + API(strcspn)(start, set);
    *text = *end ? end + 1 : NULL;
    *end = 0;
    return start;
}

char *API(strtok_r)(char *text, const char *set, char **rest)
{
    char *start = text ? text : *rest;
    if (!start)
        return NULL;
    start += API(strspn)(start, set);
    if (*start == 0) {
        *rest = NULL;
        return NULL;
    }
    *rest = start;
    return API(strsep)(rest, set);
}

char *API(strncat)(char *to, const char *from, size_t limit)
{
    char *end = to + API(strlen)(to);
    while (limit-- > 0 && *from)
        *end++ = *from++;
    *end = 0;
    return to;
}

size_t API(strlcat)(char *to, const char *from, size_t size)
{
    size_t used = 0, length = API(strlen)(from);
    while (used < size && to[used])
        used++;
    for (size_t at = used; at + 1 < size && *from; at++) {
        to[at] = *from++;
        to[at + 1] = 0;
    }
    return used + length;
}

void *API(memccpy)(void *to, const void *from, int last, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    while (length-- > 0) {
        *out++ = *in;
        if (*in++ == (uint8_t)last)
            return out;
    }
    return NULL;
}

void *API(memrchr)(const void *memory, int value, size_t length)
{
    const uint8_t *bytes = memory;
    while (length-- > 0) {
        if (bytes[length] == (uint8_t)value)
            return (void *)(bytes + length);
    }
    return NULL;
}

void *API(xthal_memcpy)(void *to, const void *from, size_t length) { return API(memcpy)(to, from, length); }
void *API(xthal_bcopy)(const void *from, void *to, size_t length) { return API(memmove)(to, from, length); }
void API(__clear_cache)(void *start, void *end) { (void)start, (void)end; }
int API(__gcc_bcmp)(const void *a, const void *b, size_t length) { return API(memcmp)(a, b, length); }
