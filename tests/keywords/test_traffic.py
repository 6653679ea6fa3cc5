"""Messages are followed from their sender to their reader, on a scripted engine and on real firmware."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.turns import Limits
from twincore.keywords.values import Duration, Place

MS, US = 1_000_000, 1_000
BOX = 0x3FC9_0010
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
RING: dict[str, Any] = {"slots": 2, "slot_size": 4, "during": Duration(20 * MS), "base": 1}


def store(engine: Any, time_ns: int, core: int, address: int, value: int) -> None:
    engine.accesses(time_ns, core, 0x4037_8000, address, value)
    engine.word(time_ns, address, value)


def send(engine: Any, time_ns: int, number: int, content: int) -> None:
    """Core 0 fills the slot, then counts."""
    store(engine, time_ns - US, 0, BOX + 8 + (number - 1) % 2 * 4, content)
    engine.word(time_ns, BOX, number)
    engine.accesses(time_ns, 0, 0x4037_8000, BOX, number)


def take(engine: Any, time_ns: int, number: int, content: int) -> None:
    """Core 1 reads the slot, then counts."""
    engine.accesses(time_ns - US, 1, 0x4037_9000, BOX + 8 + (number - 1) % 2 * 4, content, is_write=False)
    store(engine, time_ns, 1, BOX + 4, number)


def arrive(call: Any, **named: Any) -> Any:
    return call("Every Message Should Arrive", Place.of("mailbox"), **{**RING, **named})


def test_messages_that_arrive_have_their_latencies(engine: Any, call: Any) -> None:
    for number in (1, 2, 3):
        send(engine, number * MS, number, 100 + number)
        take(engine, number * MS + number * 10 * US, number, 100 + number)
    assert arrive(call, at_least=3).periods_ns == (10_000, 20_000, 30_000)
    assert engine.watchers == []


def test_a_torn_message_is_told_by_its_byte(engine: Any, failure: Any) -> None:
    send(engine, MS, 1, 0x55)
    take(engine, 2 * MS, 1, 0x99)
    assert "got:       message 1 is torn: byte 0 was 0x55 when sent, 0x99 read (core 1 at 0.001999000 s)" in arrive(
        failure
    )


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([("send", 1), ("send", 2), ("send", 3)], "message 3 overwrote one that was not taken: more than 2 wait"),
        ([("send", 1), ("send", 3)], "the count of messages sent went from 1 to 3"),
        ([("send", 1), ("send", 2), ("take", 2)], "the count of messages taken went from 0 to 2"),
        ([("send", 1), ("take", 1), ("take", 1)], "the count of messages taken went from 1 to 1"),
        ([("take", 1)], "message 1 was taken before it was sent"),
    ],
)
def test_what_is_lost_or_out_of_order_is_told(
    engine: Any, failure: Any, steps: list[tuple[str, int]], words: str
) -> None:
    for at, (what, number) in enumerate(steps, start=1):
        (send if what == "send" else take)(engine, at * MS, number, 7)
    assert f"got:       {words}" in arrive(failure)


def test_messages_that_wait_too_long_fail(engine: Any, failure: Any) -> None:
    send(engine, MS, 1, 5)
    take(engine, 3 * MS, 1, 5)
    message = arrive(failure, limit=Limits.of("below 1 ms"))
    assert "got:       1 of 1 later, the worst after 2 ms at 0.003000000 s" in message


def test_silence_fails(failure: Any) -> None:
    assert "got:       0, and 0 that wait" in arrive(failure)


@pytest.fixture(scope="module")
def firmware() -> Iterator[TwinCore]:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Run For", [Duration(60 * MS)], {})
    yield library
    library.close()


@pytest.mark.parametrize("mailbox", ["amp_mailbox_to_core1", "amp_mailbox_to_core0"])
def test_messages_of_real_firmware_arrive(firmware: TwinCore, mailbox: str) -> None:
    named = {"slots": 8, "slot_size": 16, "during": Duration(350 * MS), "at_least": 2, "limit": Limits.of("below 2 ms")}
    figures = firmware.run_keyword("Every Message Should Arrive", [Place.of(mailbox)], named)
    assert 0 < figures.longest.ns < 2 * MS
