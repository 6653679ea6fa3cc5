"""Keywords for variables by name and type, with the file of all types loaded by the ROM, and with the amp firmware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Duration, Expected, Place, Region

MS = 1_000_000
PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
Call = Callable[..., Any]


def library_with(file: str) -> Iterator[TwinCore]:
    library = TwinCore()
    library.session.boot(str(PREBUILT / file), [])
    yield library
    library.close()


def runner(library: TwinCore) -> Call:
    return lambda name, *args, **named: library.run_keyword(name, list(args), named)


@pytest.fixture(scope="module")
def typed_library() -> Iterator[TwinCore]:
    """The file with a variable of every kind, loaded."""
    for library in library_with("typed.elf"):
        library.run_keyword("Core ${core} Should Reach", [0, Place.of("typed_start"), Duration(200 * MS)], {})
        yield library


@pytest.fixture
def typed(typed_library: TwinCore) -> Call:
    return runner(typed_library)


@pytest.fixture
def amp() -> Iterator[Call]:
    for library in library_with("amp.bin"):
        call = runner(library)
        call("Serial Should Print", "core 1 alive", within=Duration(200 * MS))
        yield call


def test_values_are_read_as_the_source_says(typed: Call) -> None:
    assert typed("Read Value", Place.of("typed_mailbox.slots[2].sequence")) == 0xCAFE
    assert typed("Read Value", Place.of("typed_points")) == [{"x": 1, "y": -2}, {"x": 3, "y": 4}]
    assert typed("Read Value", Place.of("typed_list->next->value")) == 30
    assert typed("Read Value", Place.of("typed_rust_slots[1].mode")) == "Run"
    assert typed("Read Value", Place.of("typed_points+2"), type="i16") == -2
    assert typed("Read Value", Place.of("typed_points+4")) == 0x0004_0003


def test_values_are_written(typed: Call) -> None:
    for path, value, expected in (
        ("typed_mailbox.slots[1].kind", "PHASE_RUN", "PHASE_RUN"),
        ("typed_mailbox.slots[1].bits.mode", "SMALL_B", "SMALL_B"),
        ("typed_mailbox.slots[1].bits.middle", -7, -7),
        ("typed_text", "core 0", "core 0"),
        ("typed_float", "0.5", 0.5),
        ("typed_grid[0][2]", "-0x7", -7),
        ("typed_rust_counter", "1_000", 1000),
    ):
        typed("Write Value", Place.of(path), value)
        assert typed("Read Value", Place.of(path)) == expected


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("typed_phase", "PHASE_RUN", "PHASE_IDLE"),
        ("typed_phase", "4", "5"),
        ("typed_phase", "> PHASE_STOP", "< 0"),
        ("typed_long", "0x0123_4567_89AB_CDEF", "0"),
        ("typed_signed", "-5", "5"),
        ("typed_signed", "0xFB", "0xFA"),
        ("typed_signed", ">= -5", "> -5"),
        ("typed_signed", "!= 4", "!= -5"),
        ("typed_flag", "True", "False"),
        ("typed_double", "<= -0.25", "0.25"),
        ("typed_name[0]", "0x68", "h"),
    ],
)
def test_values_are_compared(typed: Call, path: str, right: str, wrong: str) -> None:
    typed("Value Should Be", Place.of(path), Expected.of(right))
    with pytest.raises(KeywordError):
        typed("Value Should Be", Place.of(path), Expected.of(wrong))


def test_messages_name_path_type_and_both_values(typed: Call) -> None:
    with pytest.raises(KeywordError) as caught:
        typed("Value Should Be", Place.of("typed_mailbox.slots[2].kind"), Expected.of("PHASE_RUN"))
    assert str(caught.value).splitlines()[:3] == [
        "typed_mailbox.slots[2].kind (phase at 0x3fc90098) did not do what was expected.",
        "  expected:  PHASE_RUN",
        "  got:       'PHASE_STOP'",
    ]
    with pytest.raises(KeywordError) as caught:
        typed("Read Value", Place.of("typed_mailbox.slot"))
    assert str(caught.value) == "typed_mailbox.slot: struct has no member 'slot'\n  next step: close names: slots"


def test_a_part_is_a_place_and_a_region(typed: Call) -> None:
    base = typed("Address Of", Place.of("typed_mailbox"))
    assert typed("Address Of", Place.of("typed_mailbox.slots[1].kind")) == base + 28
    typed("Watch Memory", Region.of("typed_mailbox.slots[1]"))
    assert typed("Memory Accesses", Region.of("typed_mailbox.slots[1]")) == []
    typed("Stop Watching", Region.of("typed_mailbox.slots[1]"))


def test_waits_to_the_store(amp: Call) -> None:
    """Polling would come 10 us late at most; the loop's own writes are 1 ms apart."""
    begin = amp("Read Value", Place.of("amp_heartbeat"))
    assert amp("Value Should Become", Place.of("amp_heartbeat"), Expected.of(f">= {begin + 3}"), Duration(9 * MS)) == (
        begin + 3
    )
    found = amp("Wait For Access", Region.of("amp_heartbeat"), within=Duration(2 * MS))
    assert found.value == begin + 4
    with pytest.raises(KeywordError, match="expected:  0 within 3 ms\n  got:       "):
        amp("Value Should Become", Place.of("amp_heartbeat"), Expected.of("0"), Duration(3 * MS))


def test_a_value_that_comes_and_goes_is_seen(amp: Call) -> None:
    """Message words change within a microsecond; the one that is looked for is there for an instant."""
    mailbox = Place.of("amp_mailbox_to_core1")
    before = amp("Read Value", mailbox, type="u32")
    amp("Value Should Become", mailbox, Expected.of(f"{before + 1}"), Duration(300 * MS), type="u32")
    amp("Value Should Stay", Place.of("amp_loop_overruns"), Duration(20 * MS))
    with pytest.raises(KeywordError) as caught:
        amp("Value Should Stay", Place.of("amp_heartbeat"), Duration(20 * MS))
    assert ": core 1 wrote 0x" in str(caught.value)
    assert " in amp_control_loop" in str(caught.value)
