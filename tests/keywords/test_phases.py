"""Keywords for how the cores interleave, on the firmware that makes mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twincore import TwinCore
from twincore.engines.protocol import MemoryAccess
from twincore.keywords.library import KeywordError
from twincore.keywords.phases import _Observer
from twincore.keywords.values import Duration, Place, Region

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
LOW, HIGH = 0x3FC9_0100, 0x3FC9_0104
MS = 1_000_000


@pytest.fixture
def library() -> Iterator[TwinCore]:
    """The firmware without any of its mistakes, core 1 at its start."""
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(PREBUILT / "amp_faults.bin"), str(PREBUILT / "amp_faults.elf")])
    library.run_keyword("Core 1 Should Start At Its Boot Address", [])
    yield library
    library.close()


def store(address: int, core: int = 1) -> MemoryAccess:
    return MemoryAccess(0, core, 0x4037_8000, address, 4, 0, is_write=True)


def load(address: int, core: int = 0) -> MemoryAccess:
    return MemoryAccess(0, core, 0x4037_8000, address, 4, 0, is_write=False)


@pytest.mark.parametrize(
    ("accesses", "torn"),
    [
        ([load(LOW), load(HIGH)], None),
        ([store(LOW), store(HIGH), load(LOW), load(HIGH)], None),
        ([store(LOW), load(LOW), load(HIGH), store(HIGH)], (HIGH, LOW)),
        ([store(LOW), store(HIGH), load(LOW), store(LOW), store(HIGH), load(HIGH)], (LOW, HIGH)),
        ([store(LOW), store(HIGH), store(LOW), load(HIGH), store(HIGH), load(LOW)], (HIGH, LOW)),
        ([store(LOW), load(LOW), load(HIGH), store(HIGH), load(LOW), load(HIGH)], None),
        ([store(HIGH), store(LOW), load(LOW, 1), store(HIGH), load(LOW), load(HIGH)], None),
    ],
    ids=["nothing stored", "whole", "between two stores", "loads around", "old and new", "read again", "begun late"],
)
def test_words_of_different_messages_are_told(accesses, torn):
    observer = _Observer(LOW)
    for access in accesses:
        observer.note(access)
    assert observer.torn() == torn


def test_a_message_with_a_sequence_word_is_whole(library):
    arguments = [Region.of("amp_position for 8 bytes"), Place.of("amp_use_position"), Duration(20 * MS)]
    assert library.run_keyword("Message Should Never Be Torn", arguments) in (18, 19, 20)


def test_a_message_that_nobody_uses_is_no_success(library):
    with pytest.raises(KeywordError, match=r"(?s)used at .* at least once during 1 ms.*never"):
        library.run_keyword(
            "Message Should Never Be Torn", [Region.of("amp_position"), Place.of("amp_deep"), Duration(MS)]
        )


def test_one_word_cannot_be_torn(library):
    with pytest.raises(KeywordError, match="at least two words, got 4 bytes"):
        library.run_keyword(
            "Message Should Never Be Torn",
            [Region.of("amp_position for 4 bytes"), Place.of("amp_use_position"), Duration(MS)],
        )


def test_a_core_late_by_the_time_between_comes_together_with_the_other(library):
    writer, reader = Place.of("amp_publish_position"), Place.of("take_position")
    apart = library.run_keyword("Time Between", [writer, reader])
    assert 0 < apart.ns <= MS
    library.session.reboot()
    library.run_keyword("Core 1 Should Start At Its Boot Address", [])
    library.run_keyword("Inject Stall Of Core ${core}", [1, apart])
    library.run_keyword("Core ${core} Should Reach", [1, writer])
    begin = library.session.engine.time_ns
    library.run_keyword("Core ${core} Should Reach", [0, reader])
    assert (library.session.engine.time_ns - begin + MS // 2) % MS - MS // 2 == pytest.approx(0, abs=1_500)


def test_a_sweep_without_end_is_an_error(library):
    with pytest.raises(KeywordError, match="at most 10,000 phases"):
        library.run_keyword("Sweep Core 1 Phase", [Duration(MS), Duration(MS), "Log"])
