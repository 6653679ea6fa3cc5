"""Keywords that follow messages, on a scripted engine and on real firmware."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.turns import Limits
from twincore.keywords.values import Duration

MS, US = 1_000_000, 1_000
BOX, COUNTER = 0x3FC9_0010, 0x3FC9_0000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
WHEN = "core 0 running at core0_main (0x40378000); core 1 held"


def send(engine: Any, time_ns: int, number: int, content: int) -> None:
    """Core 0 fills the slot, then counts."""
    engine.accesses(time_ns - US, 0, 0x4037_8000, BOX + 8 + (number - 1) % 2 * 4, content)
    engine.accesses(time_ns, 0, 0x4037_8000, BOX, number)


def take(engine: Any, time_ns: int, number: int, content: int) -> None:
    """Core 1 reads the slot, then counts."""
    engine.accesses(time_ns - US, 1, 0x4037_9000, BOX + 8 + (number - 1) % 2 * 4, content, is_write=False)
    engine.accesses(time_ns, 1, 0x4037_9000, BOX + 4, number)


@pytest.fixture
def ring(engine: Any, call: Any) -> None:
    """A ring of two words that is followed."""
    call("Follow Messages", "ring", "mailbox", slots="2", size="4")


def arrive(call: Any, **named: Any) -> Any:
    return call("Every Message Should Arrive", "mailbox", **{"during": Duration(20 * MS), **named})


@pytest.mark.usefixtures("ring")
def test_messages_that_arrive_have_their_latencies(engine: Any, call: Any) -> None:
    for number in (1, 2, 3):
        send(engine, number * MS, number, 100 + number)
        take(engine, number * MS + number * 10 * US, number, 100 + number)
    assert arrive(call, at_least=3).periods_ns == (10_000, 20_000, 30_000)
    assert call("Message Latency", "mailbox").percentile(90).ns == 30_000
    counts = call("Message Counts", "mailbox")
    assert (counts.sent, counts.received, counts.waiting, counts.most_waiting) == (3, 3, 0, 1)
    assert (counts.sent_by, counts.received_by) == ({0: 3}, {1: 3})
    for name in ("No Message Should Be Lost", "No Message Should Be Torn", "No Message Should Be Received Twice"):
        call(name, "mailbox")
    call("Messages Should Be In Order", "mailbox", during=Duration(MS))
    call("Stop Following Messages", "mailbox")
    assert engine.watchers == []


@pytest.mark.usefixtures("ring")
def test_a_torn_message_stops_the_run_and_is_told_by_its_byte(engine: Any, failure: Any, call: Any) -> None:
    send(engine, MS, 1, 0x55)
    take(engine, 2 * MS, 1, 0x99)
    assert arrive(failure) == (
        "mailbox did not do what was expected.\n"
        "  expected:  every message received once, in order and whole during 20 ms\n"
        "  got:       message 1 is torn: byte 0 was 0x55 when sent, 0x99 read (core 1 at 0.002000000 s)\n"
        f"  when:      0.002000000 s, {WHEN}\n"
        "  next step: does the writer store all words before it counts, and the reader read them before it counts?"
    )
    assert "expected:  no message torn\n" in failure("No Message Should Be Torn", "mailbox")
    call("No Message Should Be Lost", "mailbox")
    call("Forget Messages", "mailbox")
    call("No Message Should Be Torn", "mailbox")


@pytest.mark.usefixtures("ring")
def test_a_message_without_room_is_lost(engine: Any, failure: Any) -> None:
    for number in (1, 2, 3):
        send(engine, number * MS, number, 7)
    assert (
        "  expected:  no message lost during 9 ms\n"
        "  got:       message 3 overwrote one that was not taken: more than 2 wait (core 0 at 0.003000000 s)\n"
    ) in failure("No Message Should Be Lost", "mailbox", during=Duration(9 * MS))
    assert engine.time_ns == 3 * MS


@pytest.mark.usefixtures("ring")
def test_messages_that_wait_too_long_fail(engine: Any, failure: Any) -> None:
    send(engine, MS, 1, 5)
    take(engine, 3 * MS, 1, 5)
    send(engine, 4 * MS, 2, 5)
    assert "got:       1 of 1 not so, the worst after 2 ms at 0.003000000 s" in arrive(
        failure, limit=Limits.of("below 1 ms")
    )


@pytest.mark.usefixtures("ring")
def test_a_message_that_is_never_taken_is_beyond_the_limit(engine: Any, failure: Any) -> None:
    send(engine, MS, 1, 5)
    take(engine, MS + 5 * US, 1, 5)
    send(engine, 4 * MS, 2, 5)
    assert "got:       message 2, sent at 0.004000000 s, still waits after 16 ms\n" in arrive(
        failure, limit=Limits.of("below 1 ms")
    )


@pytest.mark.usefixtures("ring")
def test_a_channel_that_is_followed_again_begins_anew(engine: Any, call: Any, failure: Any) -> None:
    send(engine, MS, 1, 5)
    call("Run For", Duration(2 * MS))
    watchers = len(engine.watchers)
    assert "got slots=0" in failure("Follow Messages", "ring", "mailbox", slots="0")
    assert (call("Message Counts", "mailbox").sent, len(engine.watchers)) == (1, watchers)
    call("Follow Messages", "ring", "mailbox", slots="2", size="4")
    counts = call("Message Counts", "mailbox")
    assert (counts.sent, counts.waiting, len(engine.watchers)) == (0, 1, watchers)


@pytest.mark.usefixtures("ring")
def test_silence_fails(engine: Any, failure: Any) -> None:
    assert "got:       0 sent, 0 received, 0 waiting\n" in arrive(failure)
    assert "next step: the writer does not send" in arrive(failure)
    send(engine, 50 * MS, 1, 5)
    assert "next step: the reader does not take them" in arrive(failure)
    assert "got:       none; 1 wait\n" in failure("Message Latency", "mailbox")


@pytest.mark.usefixtures("ring")
def test_waiting_messages_are_received(engine: Any, call: Any, failure: Any) -> None:
    call("Waiting Messages Should Be Received", "mailbox", within=Duration(MS))
    assert engine.time_ns == 0
    send(engine, MS, 1, 5)
    call("Run For", Duration(2 * MS))
    assert "got:       1 waiting, the oldest message 1, sent at 0.001000000 s\n" in failure(
        "Waiting Messages Should Be Received", "mailbox", within=Duration(MS)
    )
    take(engine, 5 * MS, 1, 5)
    call("Waiting Messages Should Be Received", "mailbox", within=Duration(9 * MS))
    assert engine.time_ns == 5 * MS


@pytest.mark.usefixtures("ring")
def test_what_waits_at_a_reset_is_forgotten(engine: Any, call: Any) -> None:
    send(engine, MS, 1, 5)
    take(engine, 2 * MS, 1, 5)
    send(engine, 3 * MS, 2, 5)
    engine.resets_at(4 * MS, "system", 3, "RTC_SW_SYS_RST")
    engine.accesses(5 * MS, 0, 0x4037_8000, BOX, 0)
    engine.accesses(5 * MS, 0, 0x4037_8000, BOX + 4, 0)
    send(engine, 6 * MS, 1, 5)
    take(engine, 7 * MS, 1, 5)
    assert arrive(call).count == 2
    assert call("Message Counts", "mailbox").sent == 3


def test_a_flag_may_be_a_register(engine: Any, call: Any, library: TwinCore) -> None:
    library.run_keyword("Follow Messages", ["flag", "SYSTEM.CPU_INTR_FROM_CPU_0"], {"name": "doorbell"})
    engine.accesses(1 * MS, 0, 0x4037_8000, 0x600C_0030, 1)
    engine.accesses(2 * MS, 1, 0x4037_9000, 0x600C_0030, 0)
    assert call("Every Message Should Arrive", "doorbell", during=Duration(5 * MS)).longest.ns == MS


def test_a_mailbox_may_be_one_region(engine: Any, call: Any) -> None:
    call("Follow Messages", "mailbox", "mailbox for 8 bytes")
    engine.accesses(1 * MS, 0, 0x4037_8000, BOX, 77)
    engine.accesses(2 * MS, 0, 0x4037_8000, BOX + 4, 1)
    engine.accesses(3 * MS, 1, 0x4037_8000, BOX, 77, is_write=False)
    engine.accesses(4 * MS, 1, 0x4037_8000, BOX + 4, 0)
    assert call("Every Message Should Arrive", "mailbox for 8 bytes", during=Duration(9 * MS)).longest.ns == 2 * MS


OWN = """
from twincore.messages import MessageProtocol

class Beats(MessageProtocol):
    def __init__(self, context, step: int = 1):
        super().__init__(context)
        self.step = step

    def on_write(self, access):
        if access.value % self.step:
            raise RuntimeError(f"{access.value} is no beat")
        self.sent(access.value)
        self.received(access.value)
"""


def test_a_protocol_of_ones_own_comes_from_a_file(engine: Any, call: Any, failure: Any, tmp_path: Path) -> None:
    (tmp_path / "beats.py").write_text(OWN)
    path = f"{tmp_path}/beats.py:Beats"
    call("Follow Messages", path, "counter", step="5")
    engine.accesses(1 * MS, 1, 0x4037_9000, COUNTER, 10)
    call("Every Message Should Arrive", "counter", during=Duration(2 * MS))
    assert "Beat" in failure("Follow Messages", f"{tmp_path}/beats.py:Beat", "counter")
    assert "expected the options of Beats: " in failure("Follow Messages", path, "counter", step="five")
    assert "got {'stop': '5'}" in failure("Follow Messages", path, "counter", stop="5")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rings", "mailbox"], "Follow Messages: expected ring, mailbox, flag or file.py:Class, got 'rings'"),
        (
            ["semaphores", "mailbox"],
            "expected file.py:Class, module:Class or an entry point of the group twincore.messages",
        ),
        (["ring"], "Follow Messages: expected the memory of the channel, got no place"),
        (["ring", "mailbox"], "protocol ring.options: expected arguments of ring, got {}"),
        (["flag", "mailbox", "counter"], "flag: expected one place, the flag, got 2"),
        (["flag", "+"], "Follow Messages: expected a symbol, a region or a register, got '+'"),
    ],
)
def test_what_cannot_be_followed_is_said(failure: Any, arguments: list[str], words: str) -> None:
    assert words in failure("Follow Messages", *arguments)


@pytest.mark.usefixtures("ring")
def test_a_channel_that_is_not_followed_is_said(failure: Any) -> None:
    message = failure("Message Counts", "mailbax")
    assert message.startswith("mailbax: expected a channel that is followed (mailbox), this one is not\n")
    assert "did you mean 'mailbox'" in message


@pytest.fixture(scope="module")
def firmware() -> Iterator[TwinCore]:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Run For", [Duration(60 * MS)], {})
    for number in (0, 1):
        library.run_keyword("Follow Messages", ["flag", f"SYSTEM.CPU_INTR_FROM_CPU_{number}"], {})
    for name in ("amp_mailbox_to_core1", "amp_mailbox_to_core0"):
        library.run_keyword("Follow Messages", ["ring", name], {"slots": "8", "size": "16", "first_index": "1"})
    library.run_keyword("Run For", [Duration(350 * MS)], {})
    yield library
    library.close()


@pytest.mark.parametrize(("name", "writer"), [("amp_mailbox_to_core1", 0), ("amp_mailbox_to_core0", 1)])
def test_messages_of_real_firmware_arrive(firmware: TwinCore, name: str, writer: int) -> None:
    counts = firmware.run_keyword("Message Counts", [name], {})
    assert counts.sent >= 2
    assert counts.sent_by == {writer: counts.sent}
    assert counts.received_by == {1 - writer: counts.received}
    assert 0 < firmware.run_keyword("Message Latency", [name], {}).longest.ns < 2 * MS
    firmware.run_keyword("No Message Should Be Lost", [name], {})
    firmware.run_keyword("No Message Should Be Torn", [name], {})


@pytest.mark.parametrize(("number", "writer"), [(0, 1), (1, 0)])
def test_interrupts_between_the_cores_are_counted_with_their_latency(
    firmware: TwinCore, number: int, writer: int
) -> None:
    name = f"SYSTEM.CPU_INTR_FROM_CPU_{number}"
    counts = firmware.run_keyword("Message Counts", [name], {})
    assert counts.sent >= 2
    assert (set(counts.sent_by), set(counts.received_by)) == ({writer}, {1 - writer})
    assert 0 < firmware.run_keyword("Message Latency", [name], {}).longest.ns < 100 * US


def test_an_error_in_ones_own_protocol_has_its_traceback_and_the_access(tmp_path: Path) -> None:
    (tmp_path / "beats.py").write_text(OWN)
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Follow Messages", [f"{tmp_path}/beats.py:Beats", "amp_heartbeat"], {"step": "3"})
    with pytest.raises(KeywordError) as caught:
        library.run_keyword("Run For", [Duration(100 * MS)], {})
    library.close()
    message = str(caught.value)
    assert message.startswith("messages of amp_heartbeat (")
    assert "wrote 0x00000001 to amp_heartbeat (0x" in message
    assert "RuntimeError: 1 is no beat" in message
    assert 'beats.py", line 11, in on_write' in message
    assert "keywords/" not in message
    assert "follower.py" not in message


def test_following_changes_no_run() -> None:
    digests = []
    for is_followed in (False, True):
        library = TwinCore()
        library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
        if is_followed:
            library.run_keyword(
                "Follow Messages", ["ring", "amp_mailbox_to_core1"], {"slots": "8", "size": "16", "first_index": "1"}
            )
        library.run_keyword("Run For", [Duration(200 * MS)], {})
        if is_followed:
            assert library.run_keyword("Message Counts", ["amp_mailbox_to_core1"], {}).sent >= 1
        digests.append(library.run_keyword("Run Digest", [], {}))
        library.close()
    assert digests[0] == digests[1]


def test_a_power_cycle_begins_a_new_record() -> None:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword(
        "Follow Messages", ["ring", "amp_mailbox_to_core1"], {"slots": "8", "size": "16", "first_index": "1"}
    )
    counts = []
    for _ in range(2):
        figures = library.run_keyword(
            "Every Message Should Arrive", ["amp_mailbox_to_core1"], {"during": Duration(300 * MS)}
        )
        counts.append(figures.count)
        library.run_keyword("Power Cycle", [], {})
    library.close()
    assert counts[0] == counts[1] > 0
