"""SENS: conversions that firmware starts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from esp32s3.sens import SENS
from twincore.engines.embedded import EmbeddedEngine

DONE, START = 1 << 16, 1 << 17


def test_a_conversion_is_done_once_it_is_started(bench: Callable[..., Any]) -> None:
    sens = bench(SENS)
    for register in ("SAR_MEAS1_CTRL2", "SAR_MEAS2_CTRL2"):
        sens.write(register, 0)
        assert sens.read(register) & DONE == 0
        sens.write(register, START)
        assert sens.read(register) == START | DONE


# Temperature, through the bus, with the analog block beside it

SENS_BASE, ANA = 0x6000_8800, 0x6000_E000
POWER_UP, DUMP_OUT, READY = 1 << 22, 1 << 24, 1 << 8


@pytest.mark.parametrize("celsius", [-35, -9.5, 0, 25, 27.3, 75, 110])
@pytest.mark.parametrize(("dac", "offset", "low", "high"), [(15, 0, -10, 80), (7, -1, 20, 100), (10, 2, -40, 20)])
def test_temperature(celsius: float, dac: int, offset: int, low: int, high: int) -> None:
    if not low <= celsius <= high:
        celsius = (low + high) / 2
    with closing(EmbeddedEngine("generic", executor="reference")) as engine:
        engine.power_on()
        machine = engine.machine
        sens = machine.peripherals["SENS"]
        assert isinstance(sens, SENS)
        sens.temperature_mdeg = round(celsius * 1000)
        machine.io_write(0, ANA, 4, 0x69 | 6 << 8 | dac << 16 | 1 << 24)
        machine.io_write(0, SENS_BASE + 0x50, 4, POWER_UP)
        assert machine.io_read(0, SENS_BASE + 0x50, 4) & READY == 0
        machine.io_write(0, SENS_BASE + 0x50, 4, POWER_UP | DUMP_OUT)
        value = machine.io_read(0, SENS_BASE + 0x50, 4)
    assert value & READY
    # the conversion of the manual
    assert 0.4386 * (value & 0xFF) - 27.88 * offset - 20.52 == pytest.approx(celsius, abs=0.25)


def test_a_sensor_without_power_is_never_ready(bench: Callable[..., Any]) -> None:
    sens = bench(SENS)
    sens.write("SAR_TSENS_CTRL", DUMP_OUT)
    assert sens.read("SAR_TSENS_CTRL") & READY == 0
