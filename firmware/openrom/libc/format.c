/* Formatted output to streams, by C99 as far as newlib's "nano" printf goes: no %a, no wide characters, no groups.

   Floating point is the application's: it comes through the table of system calls, which stops the program with
   that function missing unless the application's own C library is the nano one too. The two share `struct conversion`
   and _printf_common(). */
#include "newlib.h"
#include "stdio.h"

#define EOF (-1)
#define NOT_GIVEN (-1)

enum {
    ALTERNATE = 0x001,
    LEFT = 0x002,
    ZEROS = 0x004,
    PLUS = 0x008,
    BLANK_SIGN = 0x010,
    HEX_PREFIX = 0x020,
    SHORT = 0x040,
    LONG = 0x080,
    LONG_DOUBLE = 0x100,
    CHAR = 0x200,
};

/* newlib's struct _prt_data_t (nano-vfprintf_local.h) */
struct conversion {
    int flags;
    int precision;
    int least_digits;
    int width;
    int size;  /* of the field without sign and prefix */
    int total; /* all that was printed so far */
    char code;
    char blank;
    char zero;
    char digits[40];
    char prefix[3]; /* sign, 0, x */
    double number;
    char exponent[7];
    int lead;
};
#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(struct conversion, prefix) == 67 && sizeof(struct conversion) == 96, "newlib's _prt_data_t");
#endif

static int pad(struct reent *reent, struct stream *stream, print_function *print, const char *with, int count)
{
    for (; count > 0; count--)
        if (print(reent, stream, with, 1) == EOF)
            return EOF;
    return 0;
}

/* What comes before the digits: blanks or zeros up to the width, sign and prefix. */
int API(_printf_common)(struct reent *reent, struct conversion *c, int *length, struct stream *stream,
                        print_function *print)
{
    *length = c->least_digits > c->size ? c->least_digits : c->size;
    if (c->prefix[0])
        (*length)++;
    if (c->flags & HEX_PREFIX)
        *length += 2;
    if (!(c->flags & (LEFT | ZEROS)) && pad(reent, stream, print, &c->blank, c->width - *length) == EOF)
        return EOF;
    int prefixed = c->prefix[0] != 0;
    if (c->flags & HEX_PREFIX) {
        char x = c->prefix[2];
        c->prefix[prefixed++] = '0';
        c->prefix[prefixed++] = x;
    }
    if (print(reent, stream, c->prefix, (size_t)prefixed) == EOF)
        return EOF;
    if ((c->flags & (LEFT | ZEROS)) == ZEROS && pad(reent, stream, print, &c->zero, c->width - *length) == EOF)
        return EOF;
    return pad(reent, stream, print, &c->zero, c->least_digits - c->size);
}

static uint32_t unsigned_argument(const struct conversion *c, va_list *arguments)
{
    uint32_t value = va_arg(*arguments, uint32_t);
    return c->flags & LONG ? value : c->flags & SHORT ? (uint16_t)value : c->flags & CHAR ? (uint8_t)value : value;
}

static int32_t signed_argument(const struct conversion *c, va_list *arguments)
{
    int32_t value = va_arg(*arguments, int32_t);
    return c->flags & LONG ? value : c->flags & SHORT ? (int16_t)value : c->flags & CHAR ? (int8_t)value : value;
}

/* One integer, character, text or %n; `arguments` are moved on. The conversion's size and total are set. */
int API(_printf_i)(struct reent *reent, struct conversion *c, struct stream *stream, print_function *print,
                   va_list *arguments)
{
    const char *alphabet = "0123456789abcdef";
    const char *text;
    char *end = c->digits + sizeof c->digits, *first = end;
    uint32_t value, base = 10;
    int length;

    switch (c->code) {
    case 'c':
        c->digits[0] = (char)va_arg(*arguments, int);
        c->size = 1;
        c->prefix[0] = 0;
        text = c->digits;
        goto print_text;
    case 'd':
    case 'i': {
        int32_t number = signed_argument(c, arguments);
        value = number < 0 ? -(uint32_t)number : (uint32_t)number;
        if (number < 0)
            c->prefix[0] = '-';
        break;
    }
    case 'u': value = unsigned_argument(c, arguments); goto no_sign;
    case 'o': value = unsigned_argument(c, arguments), base = 8; goto no_sign;
    case 'p':
        c->flags |= HEX_PREFIX;
        c->code = 'x';
        value = va_arg(*arguments, uint32_t), base = 16;
        goto hexadecimal;
    case 'X':
        alphabet = "0123456789ABCDEF";
        /* fall through */
    case 'x':
        value = unsigned_argument(c, arguments), base = 16;
        if (c->flags & ALTERNATE)
            c->flags |= HEX_PREFIX;
    hexadecimal:
        c->prefix[2] = c->code;
        if (value == 0)
            c->flags &= ~HEX_PREFIX;
    no_sign:
        c->prefix[0] = 0;
        break;
    case 'n': {
        void *to = va_arg(*arguments, void *);
        if (c->flags & LONG)
            *(long *)to = c->total;
        else if (c->flags & SHORT)
            *(short *)to = (short)c->total;
        else
            *(int *)to = c->total;
        c->size = 0;
        text = end;
        goto print_text;
    }
    case '\0': c->size = 0; text = end; goto print_text;
    case 's':
        text = va_arg(*arguments, const char *);
        c->size = 0;
        while ((c->precision < 0 || c->size < c->precision) && text[c->size])
            c->size++;
        c->prefix[0] = 0;
        goto print_text;
    default: /* not a conversion: the character itself */
        c->digits[0] = c->code;
        c->size = 1;
        c->prefix[0] = 0;
        text = c->digits;
        goto print_text;
    }

    c->least_digits = c->precision;
    if (c->least_digits >= 0)
        c->flags &= ~ZEROS;
    if (value != 0 || c->precision != 0) {
        do {
            *--first = alphabet[value % base];
            value /= base;
        } while (value != 0);
    }
    if (base == 8 && (c->flags & ALTERNATE) && c->precision <= end - first)
        *--first = '0';
    c->size = (int)(end - first);
    text = first;

print_text:
    if (API(_printf_common)(reent, c, &length, stream, print) == EOF ||
        print(reent, stream, text, (size_t)c->size) == EOF)
        return EOF;
    if ((c->flags & LEFT) && pad(reent, stream, print, &c->blank, c->width - length) == EOF)
        return EOF;
    return c->width > length ? c->width : length;
}

static const char *number_in_format(const char *format, int *number, va_list *arguments)
{
    if (*format == '*') {
        *number = va_arg(*arguments, int);
        return format + 1;
    }
    *number = 0;
    while (*format >= '0' && *format <= '9')
        *number = *number * 10 + (*format++ - '0');
    return format;
}

static const char *parse(const char *format, struct conversion *c, va_list *arguments)
{
    static const struct {
        char character;
        uint8_t flag;
    } flags[] = {{'#', ALTERNATE}, {'-', LEFT}, {'0', ZEROS}, {'+', PLUS}, {' ', BLANK_SIGN}};
    bool found;
    do {
        found = false;
        for (size_t n = 0; n < sizeof flags / sizeof *flags; n++)
            if (*format == flags[n].character) {
                c->flags |= flags[n].flag;
                found = true;
                format++;
            }
    } while (found);
    if (c->flags & BLANK_SIGN)
        c->prefix[0] = ' ';
    if (c->flags & PLUS)
        c->prefix[0] = '+';
    format = number_in_format(format, &c->width, arguments);
    if (c->width < 0) {
        c->width = -c->width;
        c->flags |= LEFT;
    }
    if (*format == '.') {
        format = number_in_format(format + 1, &c->precision, arguments);
        if (c->precision < 0)
            c->precision = NOT_GIVEN;
    }
    if (*format == 'h' || *format == 'l' || *format == 'L') {
        c->flags |= *format == 'h' ? SHORT : *format == 'l' ? LONG : LONG_DOUBLE;
        format++;
    }
    c->code = *format;
    return format + (*format != 0);
}

int API(_vfprintf_r)(struct reent *reent, struct stream *stream, const char *format, va_list given)
{
    struct conversion c = {.blank = ' ', .zero = '0'};
    va_list arguments;
    if (!stream_begin_print(reent, stream))
        return EOF;
    va_copy(arguments, given);
    for (;;) {
        const char *start = format;
        while (*format && *format != '%')
            format++;
        if (format > start && stream_print(reent, stream, start, (size_t)(format - start)) == EOF)
            goto failed;
        c.total += (int)(format - start);
        if (*format == 0)
            break;
        c.flags = 0;
        c.width = 0;
        c.least_digits = 0;
        c.precision = NOT_GIVEN;
        c.prefix[0] = 0;
        format = parse(format + 1, &c, &arguments);
        if (c.code == 0)
            break;
        int printed;
        if (c.code == 'e' || c.code == 'E' || c.code == 'f' || c.code == 'F' || c.code == 'g' || c.code == 'G')
            printed = syscall_table_ptr->printf_float(reent, &c, stream, stream_print, &arguments);
        else
            printed = API(_printf_i)(reent, &c, stream, stream_print, &arguments);
        if (printed == EOF)
            goto failed;
        c.total += printed;
    }
failed:
    va_end(arguments);
    stream_unlock(stream);
    return stream->flags & FAILED ? EOF : c.total;
}

int API(_vfiprintf_r)(struct reent *reent, struct stream *stream, const char *format, va_list arguments)
{
    return API(_vfprintf_r)(reent, stream, format, arguments);
}

int API(vfprintf)(struct stream *stream, const char *format, va_list arguments)
{
    return API(_vfprintf_r)(syscall_table_ptr->getreent(), stream, format, arguments);
}

int API(vfiprintf)(struct stream *stream, const char *format, va_list arguments)
{
    return API(vfprintf)(stream, format, arguments);
}

#define PRINT_TO(reent, stream)                                                                                        \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    int printed = API(_vfprintf_r)(reent, stream, format, arguments);                                                  \
    va_end(arguments);                                                                                                 \
    return printed

int API(_fprintf_r)(struct reent *reent, struct stream *stream, const char *format, ...) { PRINT_TO(reent, stream); }
int API(_fiprintf_r)(struct reent *reent, struct stream *stream, const char *format, ...) { PRINT_TO(reent, stream); }
int API(fprintf)(struct stream *stream, const char *format, ...)
{
    PRINT_TO(syscall_table_ptr->getreent(), stream);
}
int API(fiprintf)(struct stream *stream, const char *format, ...)
{
    PRINT_TO(syscall_table_ptr->getreent(), stream);
}

int API(printf)(const char *format, ...)
{
    struct reent *reent = syscall_table_ptr->getreent();
    PRINT_TO(reent, reent->output);
}
