/* ets_printf: the ROM's small printf, through up to two installable outputs.

   It knows less than C's, and what it does with the rest is part of the interface, as firmware's messages show it:
   flags are "-" and "0", in this order; a precision makes zeros of the blanks before a field, whatever it says; %u and
   %x take 64 bits with "ll" and show the lower half; anything unknown is shown as written and takes no argument. */
#include "openrom.h"

typedef void output(char c);
static output *putc1, *putc2;

void API(ets_install_putc1)(output *function) { putc1 = function; }
void API(ets_install_putc2)(output *function) { putc2 = function; }
void API(ets_install_uart_printf)(void) { ets_install_putc1(ets_write_char_uart); }

static void put(char c)
{
    if (putc1)
        putc1(c);
    if (putc2)
        putc2(c);
}

static int put_repeated(char c, int count)
{
    for (int n = 0; n < count; n++)
        put(c);
    return count > 0 ? count : 0;
}

static int put_text(const char *text, int length)
{
    for (int n = 0; n < length; n++)
        put(text[n]);
    return length;
}

struct field {
    bool left;
    char blank;
    int width;
};

static int put_field(const struct field *field, const char *text, int length)
{
    int padding = field->width - length;
    if (field->left)
        return put_text(text, length) + put_repeated(' ', padding);
    /* a sign comes before zeros */
    int sign = field->blank == '0' && length > 0 && *text == '-';
    int count = put_text(text, sign);
    count += put_repeated(field->blank, padding);
    return count + put_text(text + sign, length - sign);
}

static int put_number(const struct field *field, bool negative, uint64_t value, uint32_t base, const char *alphabet)
{
    char digits[24];
    int at = sizeof digits;
    do {
        /* 64-bit division is slow and rare: most numbers are short */
        if (value >> 32) {
            digits[--at] = alphabet[value % base];
            value /= base;
        } else {
            uint32_t low = (uint32_t)value;
            digits[--at] = alphabet[low % base];
            value = low / base;
        }
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    return put_field(field, digits + at, (int)sizeof digits - at);
}

static const char *parse_field(const char *format, struct field *field, int *longs)
{
    *field = (struct field){.blank = ' '};
    if (*format == '-') {
        field->left = true;
        format++;
    }
    if (*format == '0') {
        field->blank = '0';
        format++;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        field->width = field->width * 10 + (*format - '0');
    if (*format == '.') {
        field->blank = '0';
        do
            format++;
        while (*format >= '0' && *format <= '9');
    }
    for (*longs = 0; *format == 'l'; format++)
        ++*longs;
    return format;
}

/* What a system gives so that a message is not torn by the other core's. */
static void (*print_lock)(void), (*print_unlock)(void);
void API(ets_install_lock)(void (*lock)(void), void (*unlock)(void))
{
    print_lock = lock;
    print_unlock = unlock;
}

static int ets_vprintf(const char *format, va_list arguments)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    int count = 0, blanks = 0; /* behind an unknown conversion: 1 after a known one, and one more each time */
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            count++;
            continue;
        }
        struct field field;
        int longs;
        format = parse_field(format + 1, &field, &longs);
        switch (*format) {
        case 'd':
        case 'D': {
            int64_t value = longs >= 2 ? va_arg(arguments, int64_t) : va_arg(arguments, int32_t);
            count += put_number(&field, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, lower);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            uint32_t value = longs >= 2 ? (uint32_t)va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t);
            count += put_number(&field, false, value, *format == 'u' ? 10 : 16, *format == 'X' ? upper : lower);
            break;
        }
        case 'p':
            field.width = 8;
            field.blank = '0';
            put_text("0x", 2); /* not counted */
            count += put_number(&field, false, (uint32_t)(uintptr_t)va_arg(arguments, void *), 16, lower);
            break;
        case 'c':
            put((char)va_arg(arguments, int));
            count++;
            break;
        case 's':
        case 'S': {
            const char *text = va_arg(arguments, const char *);
            if (text == NULL)
                text = "<null>";
            int length = 0;
            while (text[length])
                length++;
            count += put_field(&field, text, length);
            break;
        }
        case '\0': return count;
        default:
            put('%');
            if (*format != '%') {
                put(*format);
                count += 2;
            }
            count += put_repeated(field.blank, field.width + blanks++);
            continue;
        }
        blanks = 1;
    }
    return count;
}

int API(ets_printf)(const char *format, ...)
{
    va_list arguments;
    if (!putc1 && !putc2)
        return 0;
    va_start(arguments, format);
    if (print_lock)
        print_lock();
    int count = ets_vprintf(format, arguments);
    if (print_unlock)
        print_unlock();
    va_end(arguments);
    return count;
}
