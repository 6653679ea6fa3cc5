"""Calls of the ROM's C library, to be made with the open ROM and with the chip's own."""

from __future__ import annotations

import struct

from rom_machine import Buffer, Call, Within, call, text

CASES: dict[str, list[Call]] = {}


def case(name: str, *calls: Call) -> None:
    assert name not in CASES
    CASES[name] = list(calls)


BYTES = bytes(range(1, 120))
CLASSES = """isalnum isalpha isascii isblank iscntrl isdigit islower isgraph isprint ispunct isspace isupper"""
CHARACTERS = [-1, 0, 7, 9, 10, 13, 31, 32, 47, 48, 57, 58, 64, 65, 90, 91, 95, 97, 122, 123, 126, 127]

for name in (*CLASSES.split(), "toupper", "tolower"):
    case(name, *(call(name, c) for c in CHARACTERS))
case("toascii", *(call("toascii", c) for c in (0, 0x41, 0x80, 0xFF, 0x1C1)))

# Every alignment of both sides, and lengths on both sides of a word and of an unrolled loop.
for length in (0, 1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 70):
    for to in range(4):
        for source in range(4):
            if length > 17 and (to, source) not in ((0, 0), (1, 1), (0, 2), (3, 1)):
                continue
            a, b = Buffer(bytes(100)), Buffer(BYTES)
            where = (Within(a, to), Within(b, source), length)
            case(f"memcpy-{length}-{to}-{source}", call("memcpy", *where, result="pointer"))
            c = Buffer(BYTES)
            case(
                f"memmove-{length}-{to}-{source}",
                call("memmove", Within(c, to + 8), Within(c, source + 6), length, result="pointer"),
            )
        case(f"memset-{length}-{to}", call("memset", Within(Buffer(BYTES), to), 0x1A5, length, result="pointer"))
        case(f"bzero-{length}-{to}", call("bzero", Within(Buffer(BYTES), to), length, result=0))

case("memmove-down", call("memmove", Within(m := Buffer(BYTES), 3), Within(m, 9), 60, result="pointer"))
case("xthal_memcpy", call("xthal_memcpy", Buffer(bytes(64)), Within(Buffer(BYTES), 1), 37, result="pointer"))
case("xthal_bcopy", call("xthal_bcopy", Within(Buffer(BYTES), 1), Buffer(bytes(64)), 37, result=0))
case("__gcc_bcmp", *(call("__gcc_bcmp", Buffer(b"abcd"), Buffer(b"abce"), n) for n in (0, 3, 4)))
case(
    "memccpy",
    *(
        call("memccpy", Buffer(bytes(16)), Buffer(b"abcdefghijklmnop"), c, n, result="pointer")
        for c, n in ((ord("e"), 16), (ord("e"), 4), (ord("e") + 256, 16), (1, 16), (ord("a"), 0))
    ),
)

WORDS = ["", "a", "b", "ab", "abc", "abd", "abcd", "ABC", "abcdefgh", "abcdefgi", "\x7f", "\x80", "\xff", "a\xff"]
for x in WORDS:
    for y in WORDS:
        case(
            f"compare-{x.encode('latin-1').hex()}-{y.encode('latin-1').hex()}",
            *(call(name, text(x), text(y)) for name in ("strcmp", "strcasecmp", "strcoll")),
            *(
                call(name, text(x, 12), text(y, 12), n)
                for name in ("strncmp", "strncasecmp", "memcmp")
                for n in (0, 1, 2, 3, 9)
                if name != "memcmp" or n <= min(len(x), len(y)) + 1
            ),
        )

LINE = "the quick brown fox, the lazy dog"
for name in ("strchr", "strrchr"):
    case(
        name, *(call(name, text(LINE), c, result="pointer") for c in (ord("t"), ord("g"), ord(","), ord("!"), 0, 0x174))
    )
for name in ("memchr", "memrchr"):
    case(
        name,
        *(
            call(name, Within(text(LINE), at), c, n, result="pointer")
            for at in range(4)
            for c in (ord("o"), ord("!"), 0x16F)
            for n in (0, 1, 12, 28)
        ),
    )
for name in ("strstr", "strcasestr"):
    case(
        name,
        *(
            call(name, text(LINE), text(part), result="pointer")
            for part in ("", "the", "THE", "lazy", "dog", "dogs", "ox,", LINE, LINE + "!")
        ),
    )
    case(
        f"{name}-in-nothing",
        call(name, text(""), text(""), result="pointer"),
        call(name, text(""), text("a"), result="pointer"),
    )
    case(f"{name}-again-and-again", call(name, text("aaabaaaab" * 3), text("aaaab"), result="pointer"))
    case(f"{name}-long", call(name, text("ab" * 60 + "abcab" * 9), text("ab" * 20 + "abcab"), result="pointer"))
for name in ("strspn", "strcspn"):
    case(name, *(call(name, text(LINE), text(these)) for these in ("", "the", "th equick", "xyz", ",", LINE)))
for name in ("strlen",):
    case(name, *(call(name, Within(text(LINE), at)) for at in range(8)), call(name, text("")))
case("strnlen", *(call("strnlen", text(LINE), n) for n in (0, 1, 10, 33, 34, 100)))
for name in ("strcpy", "strcat"):
    for part in ("", "a", "abc", "abcd", "abcdefghij"):
        for at in range(4):
            case(
                f"{name}-{len(part)}-{at}",
                call(name, Within(text("0123456789", 40), at), Within(text("...." + part), 4), result="pointer"),
            )
for name in ("strncpy", "strncat"):
    for n in (0, 1, 3, 4, 5, 12, 20):
        case(
            f"{name}-{n}",
            call(name, text("0123", 40), text("abcdefghij"), n, result="pointer"),
            call(name, text("0123", 40), text("ab"), n, result="pointer"),
        )
for name in ("strlcpy", "strlcat"):
    for n in (0, 1, 3, 4, 5, 12, 20):
        case(
            f"{name}-{n}",
            call(name, text("0123", 40), text("abcdefghij"), n),
            call(name, text("0123", 40), text(""), n),
        )
for name in ("strlwr", "strupr"):
    case(name, call(name, text("The Quick, 123 Fox [@`{"), result="pointer"))
sep, rest = text("a,b;;c"), Buffer(bytes(4))
case(
    "strtok_r",
    call("strtok_r", sep, text(",;"), rest, result="pointer"),
    *(call("strtok_r", 0, text(",;"), rest, result="pointer") for _ in range(4)),
)
case("strtok_r-nothing", call("strtok_r", text(",,,"), text(","), Buffer(bytes(4)), result="pointer"))

NUMBERS = [
    "0",
    "1",
    "-1",
    "+7",
    "12345",
    "-12345",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "99999999999",
    "-2147483648",
    "-2147483649",
    "-99999999999",
    "077",
    "08",
    "0x1F",
    "0X1f",
    "0xg",
    "0x",
    "zz",
    "12abc",
]
NUMBERS += ["  \t\n42", "", " ", "-", "+-3", "1 2"]
for name in ("strtol", "strtoul"):
    for base in (0, 2, 8, 10, 16, 36):
        case(
            f"{name}-{base}",
            *(call(name, number, end, base) for n in NUMBERS for number, end in ((text(n), Buffer(bytes(4))),)),
        )
        case(f"{name}-{base}-no-end", *(call(name, text(n), 0, base) for n in NUMBERS))
for name in ("atoi", "atol"):
    case(name, *(call(name, text(n)) for n in NUMBERS))
for name in ("itoa", "utoa"):
    case(
        name,
        *(
            call(name, value, Buffer(bytes(40)), base, result="pointer")
            for value in (0, 1, 10, 255, -1, -255, 0x7FFFFFFF, 0x80000000)
            for base in (2, 8, 10, 16, 36)
        ),
    )
    case(f"{name}-wrong-base", *(call(name, 5, Buffer(b"old"), base) for base in (0, 1, 37)))
case("rand", call("srand", 42, result=0), *(call("rand") for _ in range(5)))
case("srand-0", call("srand", 0, result=0), *(call("rand") for _ in range(5)))
for name in ("strdup",):
    case(name, call(name, text("some text"), result=32), call(name, text("")), call("strndup", text("some text"), 4))
case("_isatty_r", call("_isatty_r", 0x1234, 1))
for name in ("abs", "labs"):
    case(name, *(call(name, n) for n in (0, 1, -1, 0x7FFFFFFF, 0x80000000)))
for name in ("div", "ldiv"):
    case(name, *(call(name, a, b, result=64) for a, b in ((7, 2), (-7, 2), (7, -2), (-7, -2), (0, 5))))
case(
    "rand_r",
    *(
        call("rand_r", seed)
        for seed in (Buffer(struct.pack("<I", 1)), Buffer(struct.pack("<I", 0)), Buffer(struct.pack("<I", 0xDEADBEEF)))
        for _ in range(4)
    ),
)
