"""Calls of the ROM's flash driver from before ESP-IDF's flash component, with a guard that notes each start and end."""

from __future__ import annotations

import hashlib
from typing import Any

from rom_machine import Buffer, Call, Guest, Within, call, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}
FRESH: set[str] = set()

AT, SECTOR, BLOCK, CHIP = 0x100000, 0x1000, 0x10000, 0x200000
DATA = hashlib.shake_128(b"spi_flash").digest(700)
LEGACY_FUNCTIONS = 0x3FCEFFE8
NOTE, NOTHING = Guest("log"), Guest("none")
TWO_ARGUMENTS = Guest("sys15")


def guard(start: Guest = NOTE, end: Guest = NOTE) -> Call:
    return call("spi_flash_guard_set", words(start, end, NOTHING, NOTHING, NOTHING, NOTHING), result=0)


def erase(at: int = AT, size: int = SECTOR) -> Call:
    return call("spi_flash_erase_range", at, size)


def write(data: bytes, at: int = AT, shift: int = 0) -> Call:
    return call("spi_flash_write", at, Within(Buffer(bytes(shift) + data), shift), len(data))


def read(size: int, at: int = AT, shift: int = 0) -> Call:
    return call("spi_flash_read", at, Within(Buffer(bytes(shift + size)), shift), size)


def case(name: str, *calls: Call, fresh: bool = False, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = {"log_arguments": 0, **extra}
    if fresh:
        FRESH.add(name)


case("guard_get", guard(), call("spi_flash_guard_get", result="pointer"), call("spi_flash_get_chip_size"))
case("unlock", guard(), *[call("spi_flash_unlock")] * 2, fresh=True)
# Erasing takes most of the time: all pieces of one alignment share a sector.
for shift, of_buffer in ((0, 0), (1, 0), (0, 1), (3, 3)):
    places = [(size, AT + 0x100 * n + shift) for n, size in enumerate((1, 3, 4, 5, 15, 16, 32, 33, 64, 200))]
    writes = [write(DATA[:size], at, of_buffer) for size, at in places]
    reads = [read(size, at, of_buffer) for size, at in places]
    case(f"aligned-{shift}-{of_buffer}", guard(), erase(), *writes, *reads, read(0xB00))
MARKS = (AT - SECTOR, AT, AT + SECTOR, AT + BLOCK - SECTOR, AT + BLOCK)
for at, size in ((AT, BLOCK + SECTOR), (AT, 0)):
    marks = [write(b"mark", mark) for mark in MARKS]
    case(f"erase-{at:#x}-{size:#x}", guard(), *marks, erase(at, size), *[read(4, mark) for mark in MARKS])
case("erase_sector", guard(), write(b"mark"), call("spi_flash_erase_sector", AT // SECTOR), read(4))
case("starts", guard(NOTE, NOTHING), erase(), write(DATA), read(100))
case("ends", guard(NOTHING, NOTE), erase(), write(DATA), read(100))
case("no-guard", call("spi_flash_guard_set", 0, result=0), erase(), write(DATA), read(100))
for at, size in ((AT + 1, SECTOR), (AT, SECTOR + 1), (CHIP, SECTOR), (CHIP - SECTOR, 2 * SECTOR)):
    case(f"erase-wrong-{at:#x}-{size:#x}", guard(), erase(at, size))
for at, size in ((CHIP, 4), (CHIP - 4, 8), (AT, 0)):
    case(f"wrong-{at:#x}-{size}", guard(), write(DATA[:size], at), read(size, at))
for answer in (0, 1):
    safe = call("spi_flash_safe_write_address_func_set", TWO_ARGUMENTS, result=0)
    there = [erase(), write(DATA[:4]), write(b""), read(4), erase(AT + 1), call("spi_flash_erase_sector", 0x100)]
    case(f"safe-{answer}", guard(NOTHING, NOTHING), safe, *there, log_result=answer, fresh=True)
replaced = {LEGACY_FUNCTIONS: words(0, 0, 0, *[NOTE] * 10)}
for size in (0x2000, 0x2004, 0x4000, 0x4004, 0x4006):
    case(f"long-{size:#x}", guard(), write(bytes(size)), read(size), poke=replaced)
case("long-erase", guard(), erase(AT, BLOCK), erase(AT, BLOCK + SECTOR), poke=replaced)
for result in (0, 1, 2):
    for name, one in (("erase", erase()), ("write", write(DATA[:64])), ("read", read(64))):
        case(f"result-{result}-{name}", guard(), one, poke=replaced, log_result=result, fresh=True)
    case(f"result-{result}-blocks", guard(), erase(AT, BLOCK + SECTOR), poke=replaced, log_result=result, fresh=True)
to_cache = [call("spi_flash_read", AT, 0x3C000000, size) for size in (32, 256)]
case("behind-the-cache", guard(), erase(), write(DATA), *to_cache)
case("from-the-cache", guard(), erase(), call("spi_flash_write", AT, 0x42000000, 64))
