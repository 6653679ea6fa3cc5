"""The blocks around memory and identity: EXTMEM, MMU, RNG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.extmem import EXTMEM
from esp32s3.mmu import MMU
from esp32s3.rng import RNG


@pytest.mark.parametrize(
    ("register", "request_bit", "done_bit"),
    [
        ("DCACHE_LOCK_CTRL", 0, 2),
        ("DCACHE_SYNC_CTRL", 0, 3),
        ("DCACHE_SYNC_CTRL", 1, 3),
        ("DCACHE_SYNC_CTRL", 2, 3),
        ("DCACHE_OCCUPY_CTRL", 0, 1),
        ("DCACHE_PRELOAD_CTRL", 0, 1),
        ("ICACHE_LOCK_CTRL", 1, 2),
        ("ICACHE_SYNC_CTRL", 0, 1),
        ("ICACHE_PRELOAD_CTRL", 0, 1),
    ],
)
def test_cache_operations_are_over_at_once(
    bench: Callable[..., Any], register: str, request_bit: int, done_bit: int
) -> None:
    extmem = bench(EXTMEM)
    extmem.write(register, 1 << request_bit)
    value = extmem.read(register)
    assert (value >> request_bit & 1, value >> done_bit & 1) == (0, 1)


def test_both_caches_are_idle(bench: Callable[..., Any]) -> None:
    assert bench(EXTMEM).read("CACHE_STATE") == 0x1001


@pytest.mark.parametrize("register", ["DCACHE_FREEZE", "ICACHE_FREEZE"])
def test_freezing_a_cache(bench: Callable[..., Any], register: str) -> None:
    extmem = bench(EXTMEM)
    extmem.write(register, 1)
    assert extmem.read(register) >> 2 == 1
    extmem.write(register, 0)
    assert extmem.read(register) >> 2 == 0


@pytest.mark.parametrize("register", ["DCACHE_AUTOLOAD_CTRL", "ICACHE_AUTOLOAD_CTRL"])
def test_automatic_loading_is_always_done(bench: Callable[..., Any], register: str) -> None:
    extmem = bench(EXTMEM)
    extmem.write(register, 4)
    assert extmem.read(register) == 0b1100


def test_mmu_entries_are_invalid_after_power_on(bench: Callable[..., Any]) -> None:
    mmu = bench(MMU)
    assert {mmu.read(n * 4) for n in range(512)} == {0x4000}


def test_mmu_tells_of_changes(bench: Callable[..., Any]) -> None:
    mmu = bench(MMU)
    heard: list[tuple[int, int]] = []
    mmu.block.listen(lambda n, entry: heard.append((n, entry)))
    mmu.write(511 * 4, 0x8003)
    mmu.write(511 * 4, 0x8003)
    assert (heard, mmu.context.slices_ended) == ([(511, 0x8003)], 1)


def test_mmu_tells_of_everything_at_a_reset(bench: Callable[..., Any]) -> None:
    mmu = bench(MMU)
    mmu.write(0, 7)
    heard: list[tuple[int, int]] = []
    mmu.block.listen(lambda n, entry: heard.append((n, entry)))
    mmu.block.reset("system", 3)
    assert heard == [(n, 0x4000) for n in range(512)]


def test_random_words_repeat_with_the_seed(bench: Callable[..., Any]) -> None:
    first, same, other = (
        [block.read("DATA") for _ in range(8)] for block in (bench(RNG), bench(RNG), bench(RNG, seed=2))
    )
    assert first == same
    assert not set(first) & set(other)


def test_random_words_are_balanced(bench: Callable[..., Any]) -> None:
    rng = bench(RNG)
    ones = sum(rng.read("DATA").bit_count() for _ in range(4000))
    assert abs(ones - 64_000) < 1000


def test_random_sequence_goes_on_over_a_system_reset(bench: Callable[..., Any]) -> None:
    rng, reference = bench(RNG), bench(RNG)
    first = rng.read("DATA")
    rng.block.reset("system", 3)
    assert [first, rng.read("DATA")] == [reference.read("DATA"), reference.read("DATA")]
