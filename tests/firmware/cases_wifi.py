"""Calls of the ROM's Wi-Fi functions that come before the radio: the task's queue, frame buffers, rates, air times.

The functions of the operating system and of the Wi-Fi libraries that they call are the guest's `log`: so the calls
are compared, in their order and with their arguments.
"""

from __future__ import annotations

from typing import Any

from rom_machine import Buffer, Call, Guest, call, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}

NET80211_FUNCS, PER_CONNECTION = 0x3FCEF858, 0x3FCEF860
TIMER_FUNC, NET80211_TX_FUNC, CONFIG_FUNC = 0x3FCEF8B8, 0x3FCEF8BC, 0x3FCEF8C0
TRC_CTL, BASIC_OFDM, LONG_RANGE, B_SCHEDULE, NO_LONG_RANGE = 0x3FCEF8EC, 0x3FCEF8F0, 0x3FCEF8F4, 0x3FCEF8FC, 0x3FCEF900
QUEUE, MENUCONFIG, DELETE_SEM, CREATE_SEM, TASK, WIFI_QUEUE = (0x3FCEF904 + 4 * n for n in range(6))
GLOBAL_LOCK, INTERRUPT_LOCK, KINDS, SIGNALS, COUNTS = 0x3FCEF91C, 0x3FCEF920, 0x3FCEF92C, 0x3FCEF930, 0x3FCEF934
OSI, PP_WDEV, TX_RX = 0x3FCEF940, 0x3FCEF944, 0x3FCEF954
LOGGED = (Guest("log"),)


def case(name: str, *calls: Call, poke: dict[int, Any] | None = None, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    table = Buffer(words=LOGGED * 200, watched=False)
    always = {OSI: table, PP_WDEV: table, NET80211_FUNCS: table, GLOBAL_LOCK: 0x111, INTERRUPT_LOCK: 0x222}
    EXTRA[name] = {"poke": always | {QUEUE: 0x333} | (poke or {}), **extra}


for waiting in (0, 1):
    for result in (0, 1, 200):
        # of the queue's functions the first argument counts: the others are the event's place, and a time
        case(
            f"pp_post, {waiting} waiting, all answer {result}",
            *(call("pp_post", signal, 0xABCD) for signal in range(33)),
            poke={
                # a queue's function says whether a task woke; the log does not, so nothing is told of that
                OSI: Buffer(words=LOGGED * 12 + (Guest("none"),) + LOGGED * 187, watched=False),
                SIGNALS: Buffer(bytes([waiting]) * 40),
                TX_RX: Buffer(bytes(0x3C0)),
            },
            log_result=result,
            log_arguments=1,
        )
case(
    "pp_post of a received frame when there are many",
    call("pp_post", 13, 1),
    poke={SIGNALS: Buffer(bytes(40)), TX_RX: Buffer(bytes(0x3B4) + b"\x31\0\0\0")},
    log_result=1,
    log_arguments=1,
)


for signal in range(36):
    # the task ends when END (15) has come
    case(
        f"ppTask gets {signal}",
        call("ppTask", 0, result=0),
        poke={
            OSI: Buffer(words=LOGGED * 29 + (Guest("event"), Guest("none")) + LOGGED * 169, watched=False),
            SIGNALS: Buffer(bytes([3]) * 48),
            TIMER_FUNC: Guest("log"),
            CONFIG_FUNC: Guest("log"),
            NET80211_TX_FUNC: Guest("none"),
            DELETE_SEM: 0x444,
            CREATE_SEM: 0x555,
            TASK: 0x666,
            WIFI_QUEUE: 0x777,
        },
        look=((TASK, 8),),
        log_arguments=1,
        events=((signal, 0xABCD), (15, 0)),
    )


def kinds(free: Buffer | int, used: int, most: int) -> Buffer:
    """Return descriptions of eleven kinds of buffers, 20 bytes each."""
    items = [(free, 0x40 + kind, kind, 24 + kind, 0) for kind in range(11)]
    return words(*(word for item in items for word in (*item[:3], item[3] | used << 16, most)))


FREE = 0x3FCA8000
for kind in (*range(12), 200):
    for option in (0, 1):
        control = Buffer(bytes(36))
        data = Buffer(bytes(range(64)))
        part = words(0xABC00123, 0x55)
        free = words(0, part, part, 1, data, 0, 0, 0, 0, 0, 0x99, control, size=96)
        menu = Buffer(bytes(8) + bytes([option]) + bytes(100))
        surroundings: dict[int, Any] = {
            KINDS: kinds(free, 1, 8),
            COUNTS: Buffer(bytes(12 * 12)),
            MENUCONFIG: menu,
        }
        for answer in (0, 1, 2):
            if kind <= 10 or answer < 2:
                case(
                    f"esf_buf_alloc of kind {kind}, option {option}, all answer {answer}",
                    call("esf_buf_alloc", Buffer(b"data of a frame!"), kind, 16, result="pointer"),
                    poke=surroundings,
                    log_result=answer,
                    log_arguments=1,
                )
            if kind <= 10 or answer < 2:
                used = words(0, part, part, 1, data, 0, kind << 16, 0, 0, 0, 0x99, control, size=96)
                case(
                    f"esf_buf_recycle of kind {kind}, option {option}, all answer {answer}",
                    call("esf_buf_recycle", used, result=0),
                    poke=surroundings,
                    log_result=answer,
                    log_arguments=1,
                )
case("esf_buf_recycle of nothing", call("esf_buf_recycle", 0, result=0))
case(
    "esf_buf_alloc, none free",
    call("esf_buf_alloc", 0, 5, 16),
    poke={KINDS: kinds(0, 0, 0), COUNTS: Buffer(bytes(144))},
)
for kind in range(12):
    for used, most, memory, length, content in (
        (0, 0, FREE, 100, True),
        (1, 2, FREE, 100, False),
        (2, 2, FREE, 100, True),
        (1, 2, 0, 100, True),
        (0, 2, 0, 100, True),
        (0, 0, 0, 100, True),
        (0, 0, FREE, 0xFFC, False),
        (0, 0, FREE, 0x1002, False),
    ):
        case(
            f"esf_buf_alloc_dynamic of kind {kind}, {used} of {most} used, at {memory:#x}, {length} bytes, {content}",
            call(
                "esf_buf_alloc_dynamic",
                words(0, 0x4000, kind, 24 | used << 16, most),
                length,
                Buffer(bytes(range(200))) if content else 0,
            ),
            poke={COUNTS: Buffer(bytes(144))},
            log_result=memory,
            log_arguments=1,
            watch=((FREE, 0x1200),),
        )
for option in (0, 1, 2, 3, 0xFF):
    case(
        f"config_is_cache_tx_buf_enabled {option}",
        call("config_is_cache_tx_buf_enabled"),
        poke={MENUCONFIG: Buffer(bytes(64) + bytes([option, 0, 0, 0]))},
    )


def frame(rate: int, length: int, flags: int) -> Buffer:
    control = words(flags, 0, 0x5555 << 16, rate, 0, 0)
    return Buffer(bytes(20) + (length & 0xFFFF).to_bytes(2, "little") + b"\x18\0" + bytes(20), words=(control,))


for length, flags in ((0, 0), (14, 2), (1500, 0x400), (2047, 8), (2400, 1 << 19), (65535, 0), (70000, 0)):
    case(
        f"ppCalFrameTimes of {length} bytes, flags {flags:#x}",
        *(call("ppCalFrameTimes", frame(rate, length, flags), result=0) for rate in (*range(32), 41, 42)),
        log_result=77,
        log_arguments=1,
    )

for connected in (0, 0xFFFFFFFF, 0x12):
    case(
        f"rc_get_trc_by_index, connected {connected:#x}",
        *(call("rc_get_trc_by_index", interface, index) for interface in (0, 1, 256) for index in (0, 1, 4, 16, 0x105)),
        poke={TRC_CTL: words(0, 0, 0, 0, 0, connected)} | {PER_CONNECTION + 4 * n: 0x1000 + n for n in range(19)},
    )

SCHEDULES = [Buffer(bytes(range(start, start + 64))) for start in (0x10, 0x60, 0xA0)]
for fixed in (0, 1, 2, 3, 0x80, 0x81):
    for other in (0, 1):
        own = Buffer(bytes(range(0xC0, 0xD0)))
        state = Buffer(
            bytes([1, 2, 3, 4, 5, 6, 7, 8, 0x21, 0x22, 0, fixed]) + bytes(84),
            words=(own, SCHEDULES[0], SCHEDULES[2], *[0] * 5, *[0x01010101 if other else 0x00010000] * 4),
        )
        case(
            f"rcGetSched, fixed {fixed:#x}, other {other}",
            *(
                call("rcGetSched", state, words(flags, 0, 0, 0, bits, 0, 0, own), result=0)
                for flags in (0, 2, 8, 10, 1 << 25, 0x800, 0x200000)
                for bits in (0, 1 << 16, 1 << 17, 1 << 19)
            ),
            poke={
                BASIC_OFDM: SCHEDULES[0],
                LONG_RANGE: SCHEDULES[1],
                B_SCHEDULE: SCHEDULES[2],
                NO_LONG_RANGE: Buffer(bytes([other])),
            },
            log_result=other,
            log_arguments=1,
        )
case("rcGetSched of nothing", call("rcGetSched", 0, words(0, 0, 0, 0), result=0))
