"""SENS: conversions that firmware starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.sens import SENS

DONE, START = 1 << 16, 1 << 17


@pytest.mark.parametrize(("converter", "register"), [(0, "SAR_MEAS1_CTRL2"), (1, "SAR_MEAS2_CTRL2")])
def test_a_conversion_is_done_once_it_is_started(bench: Callable[..., Any], converter: int, register: str) -> None:
    sens = bench(SENS)
    sens.block.level[converter] = 1234
    sens.write(register, 0)
    assert sens.read(register) & DONE == 0
    sens.write(register, START)
    assert sens.read(register) == START | DONE | 1234
