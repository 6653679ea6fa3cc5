"""EXTMEM: caches that are off, shut for a core or frozen, and the errors that ESP-IDF's panic handler reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.extmem import EXTMEM
from twincore.machine.executor import Access

CODE, DATA = 0x4200_0000, 0x3C00_0000


@pytest.fixture
def extmem(bench: Callable[..., Any]) -> Any:
    """Return the block with both caches on, open for both cores, and all interrupts enabled."""
    extmem = bench(EXTMEM)
    for cache in ("ICACHE", "DCACHE"):
        extmem.write(f"{cache}_CTRL", 1)
        extmem.write(f"{cache}_CTRL1", 0)
    for name in ("CACHE_ILG_INT_ENA", "CORE0_ACS_CACHE_INT_ENA", "CORE1_ACS_CACHE_INT_ENA"):
        extmem.write(name, 0x3F)
    return extmem


def heard(extmem: Any) -> list[tuple[int, bool, bool]]:
    calls: list[tuple[int, bool, bool]] = []
    extmem.block.listen(lambda *call: calls.append(call))
    return calls


def access(extmem: Any, core: int, kind: Access, *, code: bool = False, entry: int | None = None) -> bool:
    address = (CODE if code else DATA) + 0x123
    waits: bool = extmem.block.unanswered(core, address, kind, instruction_bus=code, entry=entry, writable=False)
    return waits


def test_both_caches_are_off_and_shut_at_reset(bench: Callable[..., Any]) -> None:
    extmem = bench(EXTMEM)
    calls = heard(extmem)
    extmem.block.reset("system", 3)
    assert calls == [(0, True, True), (1, True, True)]


@pytest.mark.parametrize(
    ("register", "value", "told"),
    [
        ("ICACHE_CTRL", 0, [(0, True, False), (1, True, False)]),
        ("DCACHE_CTRL", 0, [(0, False, True), (1, False, True)]),
        ("ICACHE_CTRL1", 1, [(0, True, False)]),
        ("ICACHE_CTRL1", 2, [(1, True, False)]),
        ("DCACHE_CTRL1", 1, [(0, False, True)]),
        ("DCACHE_CTRL1", 2, [(1, False, True)]),
        ("ICACHE_FREEZE", 1, [(0, True, False), (1, True, False)]),
        ("DCACHE_FREEZE", 3, [(0, False, True), (1, False, True)]),
        ("ICACHE_CTRL", 0xB, []),
    ],
)
def test_what_shuts_a_cache_is_told(extmem: Any, register: str, value: int, told: list[Any]) -> None:
    calls, before = heard(extmem), extmem.context.slices_ended
    extmem.write(register, value)
    assert (calls, extmem.context.slices_ended - before) == (told, int(bool(told)))


def test_what_is_shut_already_is_not_told_again(extmem: Any) -> None:
    extmem.write("ICACHE_CTRL1", 3)
    calls = heard(extmem)
    extmem.write("ICACHE_CTRL", 0)
    extmem.write("ICACHE_FREEZE", 1)
    assert calls == []


@pytest.mark.parametrize("core", [0, 1])
@pytest.mark.parametrize(("code", "bit"), [(True, 0), (False, 3)])
@pytest.mark.parametrize("how", ["disabled", "shut"])
def test_access_through_a_cache_that_is_off(extmem: Any, core: int, code: bool, bit: int, how: str) -> None:
    cache = "ICACHE" if code else "DCACHE"
    if how == "disabled":
        extmem.write(f"{cache}_CTRL", 0)
    else:
        extmem.write(f"{cache}_CTRL1", 1 << core)
    assert not access(extmem, core, Access.LOAD, code=code)
    assert extmem.read(f"CORE{core}_ACS_CACHE_INT_ST") == 1 << bit
    assert extmem.read(f"CORE{1 - core}_ACS_CACHE_INT_ST") == extmem.read("CACHE_ILG_INT_ST") == 0
    assert (extmem.level(f"core{core}_acs"), extmem.level(f"core{1 - core}_acs")) == (1, 0)
    extmem.write(f"CORE{core}_ACS_CACHE_INT_CLR", 1 << bit)
    assert (extmem.read(f"CORE{core}_ACS_CACHE_INT_ST"), extmem.level(f"core{core}_acs")) == (0, 0)


def test_an_access_from_before_the_cache_was_opened_waits(extmem: Any) -> None:
    """The other core, ahead in time, has opened it already; the machine tells this one when its time has come."""
    assert access(extmem, 1, Access.LOAD)
    assert extmem.block.unanswered(1, DATA, Access.STORE, instruction_bus=False, entry=None, writable=True)


@pytest.mark.parametrize("code", [True, False])
def test_access_to_an_unmapped_page(extmem: Any, code: bool) -> None:
    assert not access(extmem, 0, Access.LOAD, code=code, entry=0x4007)
    assert extmem.read("CACHE_ILG_INT_ST") == 1 << 5
    assert extmem.read("CACHE_MMU_FAULT_VADDR") == (CODE if code else DATA) + 0x123
    assert extmem.read("CACHE_MMU_FAULT_CONTENT") == 1 << 16 | 0x4007
    assert extmem.level("cache_ia") == 1
    extmem.write("CACHE_ILG_INT_CLR", 1 << 5)
    assert (extmem.read("CACHE_ILG_INT_ST"), extmem.level("cache_ia")) == (0, 0)


def test_store_to_flash(extmem: Any) -> None:
    access(extmem, 1, Access.STORE)
    assert (extmem.read("CACHE_ILG_INT_ST"), extmem.level("cache_ia")) == (1 << 4, 1)


def test_store_through_the_instruction_bus(extmem: Any) -> None:
    access(extmem, 1, Access.STORE, code=True)
    assert (extmem.read("CORE1_ACS_CACHE_INT_ST"), extmem.level("core1_acs")) == (1 << 1, 1)


@pytest.mark.parametrize(("mode", "waits"), [(0, True), (1, False)])
@pytest.mark.parametrize("cache", ["ICACHE", "DCACHE"])
def test_a_frozen_cache_makes_the_core_wait_or_lies(extmem: Any, cache: str, mode: int, waits: bool) -> None:
    extmem.write(f"{cache}_FREEZE", mode << 1 | 1)
    assert access(extmem, 0, Access.LOAD, code=cache == "ICACHE") is waits
    assert extmem.read("CORE0_ACS_CACHE_INT_ST") == extmem.read("CACHE_ILG_INT_ST") == 0


def test_errors_wait_until_their_interrupt_is_enabled(extmem: Any) -> None:
    extmem.write("CACHE_ILG_INT_ENA", 0)
    access(extmem, 0, Access.LOAD, entry=0x4000)
    assert (extmem.read("CACHE_ILG_INT_ST"), extmem.level("cache_ia")) == (0, 0)
    extmem.write("CACHE_ILG_INT_ENA", 1 << 5)
    assert (extmem.read("CACHE_ILG_INT_ST"), extmem.level("cache_ia")) == (1 << 5, 1)


@pytest.mark.parametrize(
    ("control", "start", "status", "shift", "signal"),
    [
        ("ICACHE_SYNC_CTRL", 1, "CACHE_SYNC_INT_CTRL", 0, "icache_sync"),
        ("DCACHE_SYNC_CTRL", 2, "CACHE_SYNC_INT_CTRL", 3, "dcache_sync"),
        ("ICACHE_PRELOAD_CTRL", 1, "CACHE_PRELOAD_INT_CTRL", 0, "icache_preload"),
        ("DCACHE_PRELOAD_CTRL", 1, "CACHE_PRELOAD_INT_CTRL", 3, "dcache_preload"),
    ],
)
def test_the_end_of_an_operation_interrupts(
    extmem: Any, control: str, start: int, status: str, shift: int, signal: str
) -> None:
    extmem.write(status, 0b010_010)
    extmem.write(control, start)
    assert (extmem.read(status), extmem.level(signal)) == (0b010_010 | 1 << shift, 1)
    extmem.write(status, 0b110_110)
    assert (extmem.read(status), extmem.level(signal)) == (0b010_010, 0)


def test_restoring_tells_which_caches_are_shut(extmem: Any, bench: Callable[..., Any]) -> None:
    extmem.write("ICACHE_CTRL1", 2)
    other = bench(EXTMEM)
    calls = heard(other)
    other.load(extmem.save())
    assert calls == [(0, False, False), (1, True, False)]
