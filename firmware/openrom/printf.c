/* ets_printf: the ROM's small printf, through up to two installable outputs. */
#include "openrom.h"

typedef void output(char c);
static output *putc1, *putc2;

void API(ets_install_putc1)(output *function) { putc1 = function; }
void API(ets_install_putc2)(output *function) { putc2 = function; }
void API(ets_install_uart_printf)(void) { ets_install_putc1(ets_write_char_uart); }
uint8_t API(ets_get_printf_channel)(void) { return 0; }

static void put(char c)
{
    if (putc1)
        putc1(c);
    if (putc2)
        putc2(c);
}

static void put_padding(char c, int count)
{
    while (count-- > 0)
        put(c);
}

struct field {
    bool left, zero, plus, alternate;
    int width, precision; /* precision -1: not given */
};

static int put_text(const struct field *field, const char *prefix, const char *text, int length)
{
    int prefix_length = 0;
    while (prefix[prefix_length])
        prefix_length++;
    int padding = field->width - prefix_length - length;
    if (padding < 0)
        padding = 0;
    if (!field->left && !field->zero)
        put_padding(' ', padding);
    for (int i = 0; i < prefix_length; i++)
        put(prefix[i]);
    if (!field->left && field->zero)
        put_padding('0', padding);
    for (int i = 0; i < length; i++)
        put(text[i]);
    if (field->left)
        put_padding(' ', padding);
    return prefix_length + length + padding;
}

static int put_number(struct field *field, const char *prefix, uint64_t value, uint32_t base, bool upper)
{
    char digits[64];
    int at = sizeof digits;
    const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
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
    while ((int)sizeof digits - at < field->precision && at > 0)
        digits[--at] = '0';
    if (field->precision >= 0)
        field->zero = false;
    return put_text(field, prefix, digits + at, (int)sizeof digits - at);
}

static int ets_vprintf(const char *format, va_list arguments)
{
    int count = 0;
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            count++;
            continue;
        }
        struct field field = {.precision = -1};
        for (format++;; format++) {
            if (*format == '-')
                field.left = true;
            else if (*format == '0')
                field.zero = true;
            else if (*format == '+')
                field.plus = true;
            else if (*format == '#')
                field.alternate = true;
            else
                break;
        }
        if (*format == '*') {
            field.width = va_arg(arguments, int);
            format++;
        }
        while (*format >= '0' && *format <= '9')
            field.width = field.width * 10 + (*format++ - '0');
        if (*format == '.') {
            field.precision = 0;
            format++;
            if (*format == '*') {
                field.precision = va_arg(arguments, int);
                format++;
            }
            while (*format >= '0' && *format <= '9')
                field.precision = field.precision * 10 + (*format++ - '0');
        }
        int longs = 0;
        while (*format == 'l' || *format == 'h' || *format == 'z')
            longs += *format++ == 'l';
        char conversion = *format;
        switch (conversion) {
        case 'd':
        case 'i': {
            int64_t value = longs >= 2 ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
            count += put_number(&field, value < 0 ? "-" : field.plus ? "+" : "", magnitude, 10, false);
            break;
        }
        case 'u':
        case 'o':
        case 'x':
        case 'X': {
            uint64_t value = longs >= 2 ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned);
            uint32_t base = conversion == 'u' ? 10 : conversion == 'o' ? 8 : 16;
            const char *prefix = field.alternate && base == 16 && value ? (conversion == 'X' ? "0X" : "0x") : "";
            count += put_number(&field, prefix, value, base, conversion == 'X');
            break;
        }
        case 'p': count += put_number(&field, "0x", (uint32_t)va_arg(arguments, void *), 16, false); break;
        case 'c': {
            char c = (char)va_arg(arguments, int);
            field.zero = false;
            count += put_text(&field, "", &c, 1);
            break;
        }
        case 's': {
            const char *text = va_arg(arguments, const char *);
            if (text == NULL)
                text = "<null>";
            int length = 0;
            while (text[length] && (field.precision < 0 || length < field.precision))
                length++;
            field.zero = false;
            count += put_text(&field, "", text, length);
            break;
        }
        case '\0': return count;
        case '%':
            put('%');
            count++;
            break;
        default: /* shown as written: better than guessing how many words to take */
            put('%');
            put(conversion);
            count += 2;
        }
    }
    return count;
}

int API(ets_printf)(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int count = ets_vprintf(format, arguments);
    va_end(arguments);
    return count;
}

/* Without the application's streams. */
int API(printf)(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = ets_vprintf(format, arguments);
    va_end(arguments);
    return length;
}
