/* The memory and string functions of the C library. */
#include "openrom.h"

/* Whole words when both sides are aligned: instruction RAM takes no other width, and images are loaded through here. */
void *API(memcpy)(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & 3) == 0) {
        for (; length >= 4; length -= 4, out += 4, in += 4)
            *(uint32_t *)out = *(const uint32_t *)in;
    }
    while (length--)
        *out++ = *in++;
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
    if (((uintptr_t)out & 3) == 0) {
        uint32_t word = (uint8_t)value * 0x01010101u;
        for (; length >= 4; length -= 4, out += 4)
            *(uint32_t *)out = word;
    }
    while (length--)
        *out++ = (uint8_t)value;
    return to;
}

void API(bzero)(void *to, size_t length) { API(memset)(to, 0, length); }

int API(memcmp)(const void *a, const void *b, size_t length)
{
    const uint8_t *x = a, *y = b;
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

size_t API(strlen)(const char *text) { return API(strnlen)(text, SIZE_MAX); }

int API(strncmp)(const char *a, const char *b, size_t limit)
{
    for (; limit > 0; limit--, a++, b++)
        if (*a != *b || *a == 0)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

int API(strcmp)(const char *a, const char *b) { return API(strncmp)(a, b, SIZE_MAX); }

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
