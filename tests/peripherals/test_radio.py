"""The radio's registers: what firmware polls reads as done, Bluetooth's clock runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.i2c_ana_mst import I2C_ANA_MST
from esp32s3.radio import BLE, FE, WIFI_MAC


@pytest.mark.parametrize(
    ("kind", "register", "bits"),
    [
        (FE, "IQ_EST", 1 << 16),
        (WIFI_MAC, "RESET_STATE", 1),
        (I2C_ANA_MST, "DC_CAL", 1 << 24),
        (I2C_ANA_MST, "POWER_DETECT", 7 << 24),
    ],
)
def test_what_is_polled_is_done_whatever_is_written(
    bench: Callable[..., Any], kind: Any, register: str, bits: int
) -> None:
    block = bench(kind)
    for value in (0, 0xFFFF_FFFF, 0x1234_5678):
        block.write(register, value)
        assert block.read(register) == value & ~bits | bits


def test_bluetooth_takes_the_time_when_it_is_asked(bench: Callable[..., Any]) -> None:
    ble = bench(BLE)
    ble.run(us=1000)
    assert ble.read("SLOTCLK") == 0
    ble.write("SLOTCLK", 1 << 31)
    assert (ble.read("SLOTCLK"), ble.read("FINETIMECNT")) == (3, 624 - 2 * (1000 - 3 * 312.5))
    ble.run(us=313)
    assert ble.read("SLOTCLK") == 3
    ble.write("SLOTCLK", 1 << 31)
    assert ble.read("SLOTCLK") == 4


def test_bluetooth_comes_out_of_its_reset_at_once(bench: Callable[..., Any]) -> None:
    ble = bench(BLE)
    ble.write("CNTL", 1 << 31 | 0x123)
    assert ble.read("CNTL") == 0x123
    assert ble.read("VERSION") == 0x0900_1B00
