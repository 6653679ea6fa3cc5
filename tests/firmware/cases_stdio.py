"""Calls of the ROM's stdio functions, on streams that lie in the guest's memory as newlib's `struct __sFILE`."""

from __future__ import annotations

import struct
from typing import Any

from rom_machine import REENT, Buffer, Call, Guest, Within, call, text, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}

LINE, UNBUFFERED, READING, WRITING, BOTH, AT_END, OWN, IN_MEMORY = 1, 2, 4, 8, 0x10, 0x20, 0x80, 0x200
GLUE = 0xD8  # the list of streams in struct _reent


def stream(
    flags: int,
    buffer: Buffer | int = 0,
    size: int = 0,
    used: int = 0,
    *,
    room: int = 0,
    file: int = 1,
    flags2: int = 0,
    line: int = 0,
    pushed: Any = 0,
    write: str = "write_r",
    unread: int = 0,
) -> Buffer:
    """Return a stream, whose functions are the guest's."""
    at = Within(buffer, used) if isinstance(buffer, Buffer) else 0
    functions = (Guest("sys23"), Guest(write), Guest("sys22"), Guest("sys19"))
    return words(
        at,
        unread,
        room,
        flags | (file & 0xFFFF) << 16,
        buffer,
        size,
        line,
        REENT,
        0xC00C1E,
        *functions,
        pushed,
        *[0] * 8,
        0x10CC,
        0,
        0,
        flags2,
    )


def case(name: str, *calls: Call, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = extra


def content(size: int = 16) -> Buffer:
    return Buffer(bytes(range(0x30, 0x30 + size)))


for name, flags in (
    ("full", WRITING),
    ("line", WRITING | LINE),
    ("none", WRITING | UNBUFFERED),
    ("reading", READING),
    ("closed", 0),
    ("memory", WRITING | IN_MEMORY),
):
    case(f"_fflush_r-{name}", call("_fflush_r", REENT, stream(flags, content(), 16, 5, room=11)))
    case(f"fflush-{name}", call("fflush", stream(flags, content(), 16, 5, room=11)))
    case(f"_fflush_r-not-locked-{name}", call("_fflush_r", REENT, stream(flags, content(), 16, 5, room=11, flags2=1)))
case("_fflush_r-empty", call("_fflush_r", REENT, stream(WRITING, content(), 16, 0, room=16)))
case(
    "_fflush_r-failing",
    call("_fflush_r", REENT, stream(WRITING, content(), 16, 7, room=9, write="sys24")),
    log_result=-1,
)
case(
    "_fflush_r-in-parts",
    call("_fflush_r", REENT, stream(WRITING, content(), 16, 7, room=9, write="sys24")),
    log_result=3,
)

for log_result in (0, 40, -1):
    for pushed in (0, content()):
        key = f"{log_result}-{bool(pushed)}"
        case(
            f"_fflush_r-read-ahead-{key}",
            call("_fflush_r", REENT, stream(READING, content(), 16, 5, unread=7, pushed=pushed)),
            log_result=log_result,
        )
        case(
            f"_fflush_r-known-offset-{key}",
            call("_fflush_r", REENT, stream(READING | 0x1000, content(), 16, 5, unread=7, pushed=pushed)),
            log_result=log_result,
        )

walked = words(*[0] * (GLUE // 4), 0, 1, stream(WRITING, content(), 16, 3, file=3), *[0] * 4)
case("_fwalk", call("_fwalk", walked, Guest("log")), log_arguments=1)
case("_fwalk_reent", call("_fwalk_reent", walked, Guest("log")), log_arguments=2, log_result=5)
not_walked = words(*[0] * (GLUE // 4), 0, 1, stream(WRITING, content(), 16, 3, file=-1), *[0] * 4)
case("_fwalk-no-file", call("_fwalk", not_walked, Guest("log")), log_arguments=1)

for flags in (
    WRITING,
    WRITING | LINE,
    WRITING | UNBUFFERED,
    WRITING | OWN,
    BOTH,
    BOTH | READING,
    BOTH | READING | AT_END,
    READING,
    0,
    WRITING | IN_MEMORY,
):
    for file, log_result, status in (
        (1, 0, (0o100644, 0)),
        (1, 0, (0o100644, 512)),
        (1, 0, (0o020644, 1024)),
        (1, -1, (0, 0)),
        (-1, 0, (0, 0)),
    ):
        if file:
            key = f"{flags:#x}-{file}-{log_result}-{status[0]:o}-{status[1]}"
            one = stream(flags, file=file)
            case(
                f"__swhatbuf_r-{key}",
                call("__swhatbuf_r", REENT, one, size := words(0x55), tty := words(0x66)),
                log_result=log_result,
                status=status,
            )
            case(
                f"__smakebuf_r-{key}",
                call("__smakebuf_r", REENT, stream(flags, file=file), result=0),
                log_result=log_result,
                status=status,
            )
            case(
                f"__swsetup_r-{key}",
                call("__swsetup_r", REENT, stream(flags, file=file)),
                log_result=log_result,
                status=status,
            )
    case(f"__swsetup_r-buffer-{flags:#x}", call("__swsetup_r", REENT, stream(flags, content(), 16, 4)))
    case(
        f"__swsetup_r-pushed-{flags:#x}",
        call("__swsetup_r", REENT, stream(flags, content(), 16, 4, pushed=content(), unread=4)),
    )
    case(
        f"__swbuf_r-{flags:#x}",
        *(call("__swbuf_r", REENT, ord(c), s) for s in (stream(flags, content(4), 4, 2),) for c in "ab\ncde"),
    )

for flags in (WRITING, WRITING | LINE, WRITING | UNBUFFERED):
    pieces = words(words(text("hello "), 6, text("\nworld"), 6, text("!!"), 2), 3, 14)
    case(
        f"__sprint_r-{flags}",
        call("__sprint_r", REENT, stream(flags, content(8), 8, 0, room=8, line=-8 if flags & LINE else 0), pieces),
    )
    case(f"__sprint_r-nothing-{flags}", call("__sprint_r", REENT, stream(flags, content(8), 8), words(0, 2, 0)))

FORMATS: list[tuple[Any, ...]] = [
    ("plain",),
    ("",),
    ("%%",),
    ("%d", 5),
    ("%i|%d", -5, 0),
    ("%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42),
    ("%.3d|%8.3d|%-8.3d|%08.3d", 7, 7, 7, 7),
    ("%.0d|%.0x|%.0o|%#.0o", 0, 0, 0, 0),
    ("%u|%10u", 0xFFFFFFFF, 12),
    ("%x|%X|%#x|%#X|%#x", 0xBEEF, 0xBEEF, 0xBEEF, 0xBEEF, 0),
    ("%08x|%#08x|%#10x|%-#10x|", 0xAB, 0xAB, 0xAB, 0xAB),
    ("%o|%#o|%#.4o|%#.5o", 0o755, 0o755, 0o755, 0o755),
    ("%p|%p|%12p", 0x3FC90000, 0, 0x1234),
    ("%c%c|%3c|%-3c|", 65, 66, 67, 68),
    ("%s|%5s|%-5s|%.2s|%5.2s|", "abc", "abc", "abc", "abc", "abc"),
    ("%*d|%-*d|%*d", 6, 1, 6, 2, -6, 3),
    ("%.*s|%.*d", 2, "xyz", 4, 5),
    ("%.*s|", -1, "xyz"),
    ("%hd|%hu|%hx", 0x12345, 0x12345, 0x1FFFF),
    ("%hhd|%hhu", 0x1FF, 0x1FF),
    ("%ld|%lu|%lx", -1, 7, 0xFF),
    ("%+.2d|%+5d|%+s", 3, -3, "t"),
    ("% x|%+u|% c", 5, 5, 65),
    ("%05s|%05c|", "ab", 65),
    ("%y|%5y|", 1, 2),
    ("%-05d|%0-5d|", 3, 4),
    ("%5%|%-5%|",),
    ("% +d", 1),
    ("%+ d", 1),
    ("%.d|%.x", 0, 0),
    ("%zu|%td|%jd", 1, 2, 3),
    ("%d\n%d\n", 1, 2),
    ("%-+8d|", 9),
]


def arguments(items: tuple[Any, ...]) -> list[Any]:
    return [text(item) if isinstance(item, str) else item for item in items]


for number, (format_, *items) in enumerate(FORMATS):
    for flags, size in ((WRITING, 64), (WRITING | LINE, 12), (WRITING | UNBUFFERED, 1)):
        key = f"{number}-{flags}"
        where = stream(
            flags, content(size), size, 0, room=size if flags == WRITING else 0, line=-size if flags & LINE else 0
        )
        case(f"fprintf-{key}", call("fprintf", where, text(format_), *arguments(tuple(items))))
where = stream(WRITING, content(64), 64, 0, room=64)
for name in ("fprintf", "fiprintf"):
    case(name, call(name, where, text("%d %s"), 5, text("abc")))
for name in ("_fprintf_r", "_fiprintf_r"):
    case(name, call(name, REENT, where, text("%d %s"), 5, text("abc")))
case("fprintf-cannot", call("fprintf", stream(READING, content(64), 64), text("%d"), 5))
case(
    "fprintf-n",
    call("fprintf", where, text("abc%n%d%n"), a := words(0x55555555), 12, b := words(0x66666666)),
    call("fprintf", where, text("%hn"), c := words(0x77777777)),
)
case(
    "fprintf-float",
    call("fprintf", stream(WRITING, content(64), 64, room=64), text("<%f|%8.3g>"), 1.5, 2.5),
    log_result=3,
)

for flags, width, size, code, least in (
    (0, 8, 3, "d", -1),
    (4, 8, 3, "d", -1),
    (2, 8, 3, "d", 5),
    (0x20, 8, 3, "x", -1),
    (0x24, 9, 3, "X", 4),
    (0, 2, 3, "d", -1),
):
    for sign in (0, ord("-")):
        before = (
            struct.pack("<6i", flags, least, least, width, size, 7)
            + code.encode()
            + b" 0"
            + bytes(40)
            + bytes([sign, 0, 0])
        )
        case(
            f"_printf_common-{flags}-{sign}-{width}",
            call("_printf_common", REENT, Buffer(before, 96), words(0), stream(WRITING), Guest("log")),
            log_arguments=4,
        )
