/* Character classes and numbers of the C library. */
#include "newlib.h"

/* Classes of a character as bits, by newlib's ctype.h: the functions return them as they are. */
enum { UPPER = 0x01, LOWER = 0x02, DIGIT = 0x04, SPACE = 0x08, PUNCTUATION = 0x10, CONTROL = 0x20, HEX = 0x40, BLANK = 0x80 };

static uint32_t classes(int c)
{
    if (c < 0 || c > 0x7F)
        return 0;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c >= 'A' && c <= 'Z')
        return UPPER | (c <= 'F' ? HEX : 0);
    if (c >= 'a' && c <= 'z')
        return LOWER | (c <= 'f' ? HEX : 0);
    if (c == ' ')
        return SPACE | BLANK;
    if (c >= '\t' && c <= '\r')
        return SPACE | CONTROL;
    return c < ' ' || c == 0x7F ? CONTROL : PUNCTUATION;
}

int API(isdigit)(int c) { return classes(c) & DIGIT; }
int API(islower)(int c) { return (classes(c) & LOWER) != 0; }
int API(isupper)(int c) { return classes(c) & UPPER; }
int API(isalpha)(int c) { return classes(c) & (UPPER | LOWER); }
int API(isalnum)(int c) { return classes(c) & (UPPER | LOWER | DIGIT); }
int API(isspace)(int c) { return classes(c) & SPACE; }
int API(isblank)(int c) { return c == ' ' || c == '\t'; }
int API(isprint)(int c) { return classes(c) & (UPPER | LOWER | DIGIT | PUNCTUATION | BLANK); }
int API(isgraph)(int c) { return classes(c) & (UPPER | LOWER | DIGIT | PUNCTUATION); }
int API(ispunct)(int c) { return classes(c) & PUNCTUATION; }
int API(iscntrl)(int c) { return classes(c) & CONTROL; }
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

static void set_error(int number)
{
    if (syscall_table_ptr)
        syscall_table_ptr->getreent()->error_number = number;
}

struct number {
    uint32_t magnitude; /* at most `limit`, or its successor for "too large" */
    bool negative, too_large;
};

static struct number parse(const char *text, char **end, int base, uint32_t limit_positive, uint32_t limit_negative)
{
    struct number number = {0};
    const char *p = text, *digits;
    if (base < 0 || base == 1 || base > 36) {
        set_error(EINVAL);
        return number;
    }
    while (API(isspace)(*p))
        p++;
    number.negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if ((base == 0 || base == 16) && p[0] == '0' && API(tolower)(p[1]) == 'x') {
        p += 2;
        base = 16;
    } else if (base == 0) {
        base = *p == '0' ? 8 : 10;
    }
    uint32_t limit = number.negative ? limit_negative : limit_positive;
    digits = p;
    for (int digit; (digit = digit_value(*p)) < base; p++) {
        uint64_t next = (uint64_t)number.magnitude * (uint32_t)base + (uint32_t)digit;
        number.too_large |= next > limit;
        number.magnitude = number.too_large ? limit : (uint32_t)next;
    }
    if (number.too_large)
        set_error(ERANGE);
    if (end)
        *end = (char *)(p > digits ? p : text);
    return number;
}

long API(strtol)(const char *text, char **end, int base)
{
    struct number number = parse(text, end, base, 0x7FFFFFFF, 0x80000000);
    return (long)(int32_t)(number.negative ? -number.magnitude : number.magnitude);
}

/* A negative number is the positive one's complement, unless it is too large. */
unsigned long API(strtoul)(const char *text, char **end, int base)
{
    struct number number = parse(text, end, base, UINT32_MAX, UINT32_MAX);
    return number.negative && !number.too_large ? -number.magnitude : number.magnitude;
}

int API(atoi)(const char *text) { return (int)API(strtol)(text, NULL, 10); }
long API(atol)(const char *text) { return API(strtol)(text, NULL, 10); }

/* NULL and an empty text for a base that is none. */
char *API(utoa)(unsigned value, char *text, int base)
{
    char digits[32];
    int count = 0, at = 0;
    if (base < 2 || base > 36) {
        *text = 0;
        return NULL;
    }
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
        return API(utoa)(-(unsigned)value, text + 1, base) - 1;
    }
    return API(utoa)((unsigned)value, text, base);
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

/* Park and Miller's generator in Schrage's form; its state is never 0, and may be negative at first. */
int API(rand_r)(unsigned *seed)
{
    int32_t state = *seed ? (int32_t)*seed : 0x12345987;
    state = 16807 * (state % 127773) - 2836 * (state / 127773);
    if (state < 0)
        state += 0x7FFFFFFF;
    *seed = (unsigned)state;
    return state & 0x7FFFFFFF;
}

/* Knuth's linear congruence; each task has its state in its reentrancy structure. */
static struct random_state *random_state(void)
{
    struct reent *reent = syscall_table_ptr->getreent();
    if (reent->random == NULL) {
        reent->random = syscall_table_ptr->malloc(reent, sizeof *reent->random);
        *reent->random = (struct random_state){
            .seed = {0x330E, 0xABCD, 0x1234}, .multiplier = {0xE66D, 0xDEEC, 0x0005}, .summand = 0x000B, .next = 1};
    }
    return reent->random;
}
void API(srand)(unsigned seed) { random_state()->next = seed; }
int API(rand)(void)
{
    struct random_state *state = random_state();
    state->next = state->next * UINT64_C(6364136223846793005) + 1;
    return (int)(state->next >> 32 & 0x7FFFFFFF);
}
