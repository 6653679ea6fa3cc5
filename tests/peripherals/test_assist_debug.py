"""ASSIST_DEBUG: the record of the program counter, and what says that it is not modelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.assist_debug import ASSIST_DEBUG


@pytest.fixture
def block(bench: Callable[..., Any]) -> Any:
    return bench(ASSIST_DEBUG)


def record(block: Any, core: int) -> None:
    block.write(f"CORE_{core}_RCD_PDEBUGENABLE", 1)
    block.write(f"CORE_{core}_RCD_RECORDING", 1)


def counters(block: Any) -> list[int]:
    return [block.read(f"CORE_{core}_RCD_PDEBUGPC") for core in (0, 1)]


def test_the_record_follows_the_core_while_it_is_on(block: Any) -> None:
    record(block, 1)
    assert counters(block) == [0, 0x4037_8001]
    block.write("CORE_1_RCD_RECORDING", 0)
    assert counters(block) == [0, 0]


@pytest.mark.parametrize(
    ("domain", "kept"),
    [
        ("core0", [0x4037_8000, 0x4037_8001]),
        ("core1", [0x4037_8000, 0x4037_8001]),
        ("system", [0x4037_8000, 0x4037_8001]),
        ("rtc", [0, 0]),
        ("power_on", [0, 0]),
    ],
)
def test_a_reset_keeps_the_counter_unless_the_rtc_goes_along(block: Any, domain: str, kept: list[int]) -> None:
    record(block, 0)
    record(block, 1)
    block.block.reset(domain, 7)
    assert counters(block) == kept
    assert block.read("CORE_0_RCD_RECORDING") == (domain == "core1")


def test_a_second_reset_without_a_record_in_between_forgets_it_where_power_was_gone(block: Any) -> None:
    record(block, 0)
    block.block.reset("system", 7)
    assert counters(block)[0] == 0x4037_8000
    block.block.reset("rtc", 16)
    assert counters(block)[0] == 0


def test_a_monitor_that_is_turned_on_is_named_once(block: Any) -> None:
    block.write("CORE_0_MONTR_ENA", 1 << 8)
    block.write("CORE_0_MONTR_ENA", 1 << 8)
    assert block.context.unknown == ["ASSIST_DEBUG.CORE_0_MONTR_ENA CORE_0_SP_SPILL_MIN_ENA"]
