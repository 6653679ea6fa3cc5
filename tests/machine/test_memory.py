"""Memories: one host address for life, a power-on pattern that depends on seed and name only."""

from __future__ import annotations

import ctypes
import hashlib

import pytest

from twincore.errors import UsageError
from twincore.machine.memory import PAGE_SIZE, Memory, power_on_pattern


def test_is_zero_and_page_aligned() -> None:
    memory = Memory("sram1", 2 * PAGE_SIZE)
    assert bytes(memory.data) == bytes(2 * PAGE_SIZE)
    assert memory.host_address % PAGE_SIZE == 0


def test_native_code_and_python_see_the_same_bytes() -> None:
    memory = Memory("sram1", PAGE_SIZE)
    memory.data[16] = 0x5A
    assert ctypes.string_at(memory.host_address + 16, 1) == b"\x5a"


def test_pattern_is_the_same_on_every_host() -> None:
    expected = hashlib.shake_128(b"twincore power-on 7 sram2").digest(0x10000)
    assert power_on_pattern(7, "sram2", 0x10000) == expected
    memory = Memory("sram2", 0x10000)
    memory.fill(expected)
    assert bytes(memory.data) == expected


@pytest.mark.parametrize(("name", "seed"), [("sram2", 8), ("sram1", 7)])
def test_pattern_depends_on_seed_and_name(name: str, seed: int) -> None:
    assert power_on_pattern(7, "sram2", PAGE_SIZE) != power_on_pattern(seed, name, PAGE_SIZE)


@pytest.mark.parametrize("content", [b"\0", None])
def test_large_memory_repeats_its_first_mebibyte(content: bytes | None) -> None:
    size = (2 << 20) + PAGE_SIZE
    pattern = power_on_pattern(1, "psram", size)
    memory = Memory("psram", size, pattern if content is None else content)
    memory.data[5] ^= 1
    memory.fill(pattern)
    assert bytes(memory.data[: 1 << 20]) == pattern
    assert memory.data[: 1 << 20] == memory.data[1 << 20 : 2 << 20]
    assert memory.data[2 << 20 :] == memory.data[:PAGE_SIZE]


def test_fill() -> None:
    memory = Memory("flash", PAGE_SIZE)
    memory.fill(b"\xff")
    assert memory.read(0, PAGE_SIZE) == b"\xff" * PAGE_SIZE


def test_content_at_first_is_filled_in_again_and_no_other_memory_sees_what_one_stores() -> None:
    first, second = Memory("flash", 2 * PAGE_SIZE, b"\xff"), Memory("flash", 2 * PAGE_SIZE, b"\xff")
    first.write(PAGE_SIZE - 2, b"abcd")
    assert first.read(PAGE_SIZE - 3, 6) == b"\xffabcd\xff"
    assert bytes(second.data) == b"\xff" * 2 * PAGE_SIZE
    ctypes.memset(first.host_address + 5, 0, 1)
    first.fill(b"\xff")
    assert bytes(first.data) == b"\xff" * 2 * PAGE_SIZE


def test_content_at_first_can_be_filled_over() -> None:
    memory = Memory("flash", 2 * PAGE_SIZE, b"\xff")
    memory.fill(b"\0")
    assert bytes(memory.data) == bytes(2 * PAGE_SIZE)


@pytest.mark.parametrize("size", [0, -4096, 100, 4097])
def test_size_is_whole_pages(size: int) -> None:
    with pytest.raises(UsageError) as error:
        Memory("sram1", size)
    assert str(error.value) == (f"memory sram1: expected a size that is a positive multiple of 4096 bytes, got {size}")


@pytest.mark.parametrize(("offset", "size"), [(-1, 4), (PAGE_SIZE - 3, 4), (0, PAGE_SIZE + 1)])
def test_read_outside_is_an_error(offset: int, size: int) -> None:
    with pytest.raises(UsageError) as error:
        Memory("sram1", PAGE_SIZE).read(offset, size)
    assert str(error.value) == (
        f"memory sram1: expected bytes within its 0x1000, got {size:#x} bytes at offset {offset:#x}"
    )


def test_write_outside_is_an_error() -> None:
    with pytest.raises(UsageError, match="expected bytes within its 0x1000, got 0x2 bytes at offset 0xfff"):
        Memory("sram1", PAGE_SIZE).write(PAGE_SIZE - 1, b"ab")
