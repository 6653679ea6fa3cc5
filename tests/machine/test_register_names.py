"""Names of registers that no peripheral models."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
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
        (0x600C5800, "MMU+0x800"),
        (0x600C6804, "ITAG+0x804"),
        (0x60050004, "0x60050004"),
        (0x60000000, "0x60000000"),
    ],
)
def test_names_of_the_chip(address: int, name: str) -> None:
    assert load_platform("generic").register_names.name_of(address) == name


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (0x60041000, "the LCD and camera controller"),
        (0x60039000, "USB OTG"),
        (0x60080000, "USB OTG"),
        (0x6002BFF0, ""),
        (0x60050004, ""),
    ],
)
def test_what_a_block_is(address: int, title: str) -> None:
    assert load_platform("generic").register_names.title_of(address) == title


def test_no_list() -> None:
    assert RegisterNames().name_of(0x60019002) == "0x60019000"
    assert RegisterNames().title_of(0x60019002) == ""


def test_a_block_ends_before_the_next_page(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("A 0x1c00 the first letter\n  0x0 B\n")
    names = RegisterNames.read(path)
    assert [names.name_of(address) for address in (0x1C00, 0x1FFC, 0x2000)] == ["A.B", "A+0x3fc", "0x00002000"]


def test_a_part_that_is_not_there_is_named_once_and_its_registers_are_counted() -> None:
    engine = EmbeddedEngine("generic", executor="reference")
    engine.power_on()
    machine = engine.machine
    for address in (0x60041000, 0x60041004, 0x60041004, 0x60039000, 0x60080008):
        machine.io_write(0, address, 4, 1)
    assert [diagnostic.text for diagnostic in machine.diagnostics.kept] == [
        "the LCD and camera controller is not modelled: registers only keep what is written; first used: "
        "LCD_CAM.LCD_CLOCK",
        "USB OTG is not modelled: registers only keep what is written; first used: USB_WRAP.OTG_CONF",
    ]
    assert machine.unmodelled.counts() == {
        "LCD_CAM.LCD_CLOCK": 1,
        "LCD_CAM.CAM_CTRL": 2,
        "USB_WRAP.OTG_CONF": 1,
        "USB0.GAHBCFG": 1,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A 0x10\n  0x0 B C\n", "line 2: expected a block or a register of one, got '  0x0 B C'"),
        ("# list\n  0x0 B\n", "line 2: expected a block or a register of one, got '  0x0 B'"),
        ("A sixteen\n", "line 1: expected a block or a register of one, got 'A sixteen'"),
        ("A 0x10\n  -4 B\n", "line 2: expected a block or a register of one, got '  -4 B'"),
        ("A 0x10\n  0x0 B{} x 4\n", "line 2: expected a block or a register of one, got '  0x0 B{} x 4'"),
        ("A 0x10 = B\n", "A: expected a block of this file, got 'B'"),
    ],
)
def test_broken_list(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(PlatformError) as error:
        RegisterNames.read(path)
    assert str(error.value) == f"{path}: {message}"


def test_a_list_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"A 0x10\n\xff\xfe\n")
    with pytest.raises(PlatformError, match=r"list.txt: expected a list of registers as text, got: .*0xff"):
        RegisterNames.read(path)
