"""Names of registers that no peripheral models."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.errors import PlatformError
from twincore.machine.platform_file import load_platform
from twincore.machine.register_names import RegisterNames


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0x60019000, "LEDC.CH0_CONF0"),
        (0x60024000, "SPI2.CMD"),
        (0x60025003, "SPI3.CMD"),
        (0x6000C000, "UHCI1.CONF0"),
        (0x60004F04, "GPIO_SD.SIGMADELTA1"),
        (0x60019FF0, "LEDC+0xff0"),
        (0x60050004, "0x60050004"),
        (0x60000000, "0x60000000"),
    ],
)
def test_names_of_the_chip(address: int, name: str) -> None:
    assert RegisterNames(load_platform("generic").register_list).name_of(address) == name


def test_no_list() -> None:
    assert RegisterNames(None).name_of(0x60019002) == "0x60019000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A 0x10\n  0x0 B C\n", "line 2: expected a block or a register, got '  0x0 B C'"),
        ("A 0x10 = B\n", "A: expected a block of this file, got 'B'"),
    ],
)
def test_broken_list(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(PlatformError) as error:
        RegisterNames(path).name_of(0x10)
    assert str(error.value) == f"{path}: {message}"
