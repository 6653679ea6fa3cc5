"""Registers of the chip by the names of its manual."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.errors import UsageError


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine()
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("GPIO.OUT_W1TS", 0x6000_4008),
        ("gpio.out_w1ts", 0x6000_4008),
        ("SYSTEM.CPU_INTR_FROM_CPU_1", 0x600C_0034),
        ("GPIO.FUNC4_OUT_SEL_CFG", 0x6000_4564),
        ("RTC_I2C.CTRL", 0x6000_8C04),
    ],
)
def test_a_register_is_found_by_its_name(engine: EmbeddedEngine, name: str, address: int) -> None:
    assert engine.chip_registers.find(name).address == address
    assert engine.chip_registers.describe(address) == name.upper()


def test_a_name_that_is_none_brings_close_ones(engine: EmbeddedEngine) -> None:
    with pytest.raises(UsageError, match=r"GPIO\.OUT_W1TS"):
        engine.chip_registers.find("GPIO.OUT_WITS")
