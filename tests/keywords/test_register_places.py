"""The chip's registers and their fields as places of keywords, on the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.turns import Limits, Occasion
from twincore.keywords.values import Duration, Expected, Place

AMP = Path(__file__).parents[2] / "firmware" / "prebuilt" / "amp.bin"
CONTROL = "SYSTEM.CORE_1_CONTROL_0"
RESETING = f"{CONTROL}.CONTROL_CORE_1_RESETING"
RUNSTALL = f"{CONTROL}.CONTROL_CORE_1_RUNSTALL"
SHORTLY = Duration(100_000_000)


@pytest.fixture
def call() -> Iterator[Callable[..., Any]]:
    """Calls a keyword of a library of its own, with amp at power-on."""
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(AMP)], {})
    yield lambda name, *arguments, **named: library.run_keyword(name, list(arguments), named)
    library.session.close()


def test_a_field_is_read_compared_and_waited_for(call: Callable[..., Any]) -> None:
    assert call("Read Value", Place.of(RESETING)) == 1
    call("Value Should Be", Place.of(RESETING), Expected.of("1"))
    assert call("Value Should Become", Place.of(RESETING), Expected.of("0"), SHORTLY) == 0
    assert call("Read Word", Place.of(CONTROL)) & 4 == 0
    assert call("Address Of", Place.of(RESETING)) == call("Address Of", Place.of(CONTROL)) == 0x600C_0000


def test_what_hardware_changes_is_waited_for(call: Callable[..., Any]) -> None:
    pin = Place.of("USB_DEVICE.FRAM_NUM.SOF_FRAME_INDEX")
    before = call("Value Should Become", pin, Expected.of("!= 0"), SHORTLY)
    call("Value Should Become", pin, Expected.of(f"!= {before}"), SHORTLY)


def test_a_field_is_written_and_flipped_alone(call: Callable[..., Any]) -> None:
    call("Write Value", Place.of(RUNSTALL), "1")
    assert call("Read Word", Place.of(CONTROL)) == 0b101
    call("Flip Bit", Place.of(RUNSTALL))
    call("Run For", Duration(1_000))
    assert call("Read Word", Place.of(CONTROL)) == 0b100


def test_stores_to_a_register_are_a_loops_turns(call: Callable[..., Any]) -> None:
    call("Core ${core} Should Start At", 1, Place.of("amp_core1_start"), SHORTLY)
    call("Run For", Duration(20_000_000))
    figures = call("Loop Should Keep", Occasion.of("write GPIO.OUT_W1TS"), Limits.of("2 ms +- 2 us"), turns=10)
    assert figures.count == 10


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{RESETING}S", rf"expected a field of {CONTROL}.*did you mean CONTROL_CORE_1_RESETING"),
        ("SYSTEM.CORE_1_CONTROL_O", r"expected the name of a register.*did you mean SYSTEM\.CORE_1_CONTROL_[01]"),
        ("LCD_CAM.LCD_USER.LCD_START", r"twincore knows no fields of it"),
    ],
)
def test_a_wrong_name_brings_close_ones(call: Callable[..., Any], name: str, words: str) -> None:
    with pytest.raises(KeywordError, match=f"(?s){words}"):
        call("Read Value", Place.of(name))


def test_a_field_is_no_word(call: Callable[..., Any]) -> None:
    with pytest.raises(KeywordError, match=r"(?s)expected a word of 32 bits, got a field.*'Read Value'"):
        call("Read Word", Place.of(RESETING))
    with pytest.raises(KeywordError, match="expected a bit from 0 to 0, got 1"):
        call("Flip Bit", Place.of(RESETING), 1)
