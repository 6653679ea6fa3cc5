/* Character classes and numbers of the C library. */
#include "openrom.h"

int API(isdigit)(int c) { return c >= '0' && c <= '9'; }
int API(islower)(int c) { return c >= 'a' && c <= 'z'; }
int API(isupper)(int c) { return c >= 'A' && c <= 'Z'; }
int API(isalpha)(int c) { return API(islower)(c) || API(isupper)(c); }
int API(isalnum)(int c) { return API(isalpha)(c) || API(isdigit)(c); }
int API(isspace)(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
int API(isblank)(int c) { return c == ' ' || c == '\t'; }
int API(isprint)(int c) { return c >= ' ' && c <= '~'; }
int API(isgraph)(int c) { return c > ' ' && c <= '~'; }
int API(ispunct)(int c) { return API(isgraph)(c) && !API(isalnum)(c); }
int API(iscntrl)(int c) { return (c >= 0 && c < ' ') || c == 0x7F; }
int API(isascii)(int c) { return c >= 0 && c < 0x80; }
int API(toascii)(int c) { return c & 0x7F; }
int API(tolower)(int c) { return API(isupper)(c) ? c + ('a' - 'A') : c; }
int API(toupper)(int c) { return API(islower)(c) ? c - ('a' - 'A') : c; }

int API(abs)(int value) { return value < 0 ? -value : value; }
long API(labs)(long value) { return value < 0 ? -value : value; }

struct quotient {
    int quotient, remainder;
};
struct quotient API(div)(int a, int b) { return (struct quotient){a / b, a % b}; }
struct quotient API(ldiv)(int a, int b) { return (struct quotient){a / b, a % b}; }

static int digit_value(int c)
{
    if (API(isdigit)(c))
        return c - '0';
    return API(isalpha)(c) ? API(tolower)(c) - 'a' + 10 : 36;
}

/* The magnitude, saturated at the largest value that the caller can take. */
static uint32_t parse(const char *text, char **end, int base, uint32_t limit, bool *negative)
{
    const char *p = text;
    while (API(isspace)(*p))
        p++;
    *negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if ((base == 0 || base == 16) && p[0] == '0' && API(tolower)(p[1]) == 'x' && digit_value(p[2]) < 16) {
        p += 2;
        base = 16;
    } else if (base == 0) {
        base = *p == '0' ? 8 : 10;
    }
    uint32_t value = 0;
    bool any = false;
    for (int digit; (digit = digit_value(*p)) < base; p++) {
        uint64_t next = (uint64_t)value * (uint32_t)base + (uint32_t)digit;
        value = next > limit ? limit : (uint32_t)next;
        any = true;
    }
    if (end)
        *end = (char *)(any ? p : text);
    return value;
}

long API(strtol)(const char *text, char **end, int base)
{
    bool negative;
    uint32_t value = parse(text, end, base, 0x80000000u, &negative);
    if (negative)
        return (long)(int32_t)-value;
    return value > 0x7FFFFFFF ? 0x7FFFFFFF : (long)value;
}

unsigned long API(strtoul)(const char *text, char **end, int base)
{
    bool negative;
    uint32_t value = parse(text, end, base, UINT32_MAX, &negative);
    return negative ? -value : value;
}

int API(atoi)(const char *text) { return (int)API(strtol)(text, NULL, 10); }
long API(atol)(const char *text) { return API(strtol)(text, NULL, 10); }

char *API(utoa)(unsigned value, char *text, int base)
{
    char digits[32];
    int count = 0, at = 0;
    do {
        unsigned digit = value % (unsigned)base;
        digits[count++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= (unsigned)base;
    } while (value != 0);
    while (count > 0)
        text[at++] = digits[--count];
    text[at] = 0;
    return text;
}

char *API(itoa)(int value, char *text, int base)
{
    if (base == 10 && value < 0) {
        *text = '-';
        API(utoa)(-(unsigned)value, text + 1, base);
    } else {
        API(utoa)((unsigned)value, text, base);
    }
    return text;
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    while (size--) {
        uint8_t kept = *a;
        *a++ = *b;
        *b++ = kept;
    }
}

/* Heap sort: no recursion and no bad case, whatever the caller sorts on whatever stack. */
void API(qsort)(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    uint8_t *items = base;
    size_t start = count / 2, end = count;
    while (end > 1) {
        if (start > 0)
            start--;
        else
            swap(items, items + --end * size, size);
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && compare(items + child * size, items + (child + 1) * size) < 0)
                child++;
            if (compare(items + root * size, items + child * size) >= 0)
                break;
            swap(items + root * size, items + child * size, size);
        }
    }
}

/* Linear congruences (Knuth's MMIX); one state for both cores and all tasks. */
static uint64_t random_state = 0;

int API(rand_r)(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (int)(*seed >> 1);
}
void API(srand)(unsigned seed) { random_state = seed; }
int API(rand)(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)(random_state >> 33);
}
