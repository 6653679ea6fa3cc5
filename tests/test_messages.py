"""Ring, mailbox, flag and protocols of one's own on a bench: each message's fate, one fact a test."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.errors import UsageError
from twincore.messages import FaultKind, Flag, Mailbox, MessageProtocol, Ring
from twincore.testing import MessageBench

SLOTS, SIZE = 4, 8
WRITER, READER = 0, 1


class RingBench(MessageBench):
    """A ring of four messages: two counters, then the slots."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Ring, {"ring": 8 + SLOTS * SIZE}, **{"slots": SLOTS, "size": SIZE, **options})

    def fill(self, slot: int, content: int) -> None:
        self.write("ring", content, core=WRITER, offset=8 + slot * SIZE)
        self.write("ring", ~content & 0xFFFF_FFFF, core=WRITER, offset=12 + slot * SIZE)

    def load(self, slot: int, core: int = READER) -> None:
        for offset in (8, 12):
            self.read("ring", core=core, offset=offset + slot * SIZE)

    def head(self, value: int) -> None:
        self.write("ring", value, core=WRITER)

    def tail(self, value: int) -> None:
        self.write("ring", value, core=READER, offset=4)

    def send(self, number: int) -> None:
        self.fill((number - 1) % SLOTS, number)
        self.head(number)

    def take(self, number: int) -> None:
        self.load((number - 1) % SLOTS)
        self.tail(number)

    @property
    def words(self) -> list[tuple[FaultKind, str]]:
        return [(fault.kind, fault.words) for fault in self.record.faults]


def test_a_ring_has_every_message_with_sender_reader_and_latency() -> None:
    bench = RingBench()
    for number in range(1, 11):
        bench.send(number)
        bench.run(us=number)
        bench.take(number)
    record = bench.record
    assert (record.sent_count, record.received_count, record.waiting, record.faults) == (10, 10, {}, [])
    assert record.latencies_ns == [number * 1000 for number in range(1, 11)]
    assert record.ends_ns[-1] == bench.time_ns == 55_000
    assert (record.sent_by, record.received_by) == ({WRITER: 10}, {READER: 10})
    last = record.messages[-1]
    assert (last.id, last.payload.hex(), last.latency_ns) == (10, "0a000000f5ffffff", 10_000)


def test_several_messages_may_be_counted_at_once() -> None:
    bench = RingBench()
    for slot in range(3):
        bench.fill(slot, 7)
    bench.head(3)
    for slot in range(3):
        bench.load(slot)
    bench.tail(3)
    assert (bench.record.received_count, bench.words, bench.record.most_waiting) == (3, [], 3)


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        pytest.param(
            [("send", 1), ("send", 2), ("send", 3), ("send", 4), ("send", 5)],
            (FaultKind.LOST, "message 5 overwrote one that was not taken: more than 4 wait"),
            id="no room",
        ),
        pytest.param(
            [("send", 1), ("send", 3)],
            (FaultKind.LOST, "message 2 was never written: the count of messages sent went from 1 to 3"),
            id="skipped by the writer",
        ),
        pytest.param(
            [("send", 1), ("send", 2), ("take", 2)],
            (FaultKind.LOST, "message 1 was taken and never read: the count of messages taken went from 0 to 2"),
            id="skipped by the reader",
        ),
        pytest.param(
            [("send", 1), ("head", 0xFFFF_FF00)],
            (FaultKind.LOST, "the count of messages sent went from 1 to 4294967040"),
            id="writer's index damaged",
        ),
        pytest.param(
            [("send", 1), ("take", 1), ("take", 1)],
            (FaultKind.TWICE, "the count of messages taken went from 1 to 1"),
            id="taken twice",
        ),
        pytest.param(
            [("send", 1), ("head", 1)],
            (FaultKind.TWICE, "the count of messages sent went from 1 to 1"),
            id="sent twice",
        ),
        pytest.param([("take", 1)], (FaultKind.ORDER, "message 1 was taken before it was sent"), id="not sent yet"),
        pytest.param(
            [("send", 1), ("take", 1), ("send", 2), ("take", 2), ("tail", 1)],
            (FaultKind.ORDER, "the count of messages taken went from 2 to 1"),
            id="reader's index goes back",
        ),
    ],
)
def test_what_goes_wrong_in_a_ring_is_told(steps: list[tuple[str, int]], fault: tuple[FaultKind, str]) -> None:
    bench = RingBench()
    for step, number in steps:
        getattr(bench, step)(number)
    assert bench.words == [fault]


def test_a_reader_with_half_of_the_next_message_has_a_torn_one() -> None:
    bench = RingBench()
    bench.send(1)
    bench.read("ring", core=READER, offset=8)
    bench.write("ring", 0x55, core=WRITER, offset=12)  # the writer does not wait until it is taken
    bench.read("ring", core=READER, offset=12)
    bench.tail(1)
    assert bench.words == [(FaultKind.TORN, "message 1 is torn: byte 4 was 0xfffffffe when sent, 0x55 read")]
    assert bench.record.messages[-1].fault is FaultKind.TORN


def test_a_torn_message_that_is_read_again_is_whole() -> None:
    bench = RingBench()
    bench.send(1)
    bench.write("ring", 0x55, core=WRITER, offset=12)
    bench.load(0)
    bench.fill(0, 1)
    bench.take(1)
    assert bench.words == []


def test_loads_of_the_writer_are_not_the_readers() -> None:
    bench = RingBench()
    bench.send(1)
    bench.load(0, core=WRITER)
    bench.tail(1)
    assert bench.words[0][0] is FaultKind.LOST


def test_messages_that_wait_when_following_begins_are_not_unexpected() -> None:
    bench = RingBench()
    bench.head(3)
    bench.tail(1)
    bench.protocol.start()
    bench.context.record = type(bench.record)()
    bench.protocol.start()
    assert list(bench.record.waiting) == [2, 3]
    bench.take(2)
    assert (bench.record.received_count, bench.record.latencies_ns, bench.words) == (1, [], [])


def test_a_ring_that_is_set_up_later_is_followed_from_then_on() -> None:
    bench = RingBench()
    bench.head(0x1234_5678)  # noise of power-on
    bench.tail(0x9ABC_DEF0)
    bench.protocol.start()
    bench.context.record = type(bench.record)()
    bench.head(0)
    bench.tail(0)
    bench.send(1)
    bench.take(1)
    assert (bench.record.received_count, bench.words) == (1, [])


def test_messages_that_wait_when_a_ring_is_set_up_anew_are_lost() -> None:
    bench = RingBench()
    for number in (1, 2, 3, 4, 5):
        bench.send(number)
        bench.take(number)
    bench.send(6)
    bench.head(0)
    assert bench.words == [(FaultKind.LOST, "message 6 was not taken when the ring was set up anew")]
    bench.tail(0)
    bench.send(1)
    bench.take(1)
    assert (len(bench.words), bench.record.received_count) == (1, 6)


def test_indexes_that_point_at_slots_leave_one_empty() -> None:
    ring = MessageBench(Ring, {"all": 64}, slots=SLOTS, size=4, wraps_at=SLOTS, index_size=2, tail=2, data=4)
    for number in range(20):
        ring.write("all", number, core=WRITER, offset=4 + number % SLOTS * 4)
        ring.write("all", (number + 1) % SLOTS, core=WRITER, size=2)
        ring.read("all", core=READER, offset=4 + number % SLOTS * 4)
        ring.write("all", (number + 1) % SLOTS, core=READER, offset=2, size=2)
    assert (ring.record.received_count, ring.record.faults) == (20, [])
    for number in range(20, 24):
        ring.write("all", number, core=WRITER, offset=4 + number % SLOTS * 4)
        ring.write("all", (number + 1) % SLOTS, core=WRITER, size=2)
    assert [fault.words for fault in ring.record.faults] == [
        "message 24 overwrote one that was not taken: more than 3 wait"
    ]


def test_indexes_and_slots_may_lie_apart() -> None:
    bench = MessageBench(Ring, {"head": 4, "tail": 4, "data": 16}, slots=2, size=8)
    bench.write("data", 5, core=WRITER)
    bench.write("head", 1, core=WRITER)
    bench.read("data", core=READER)
    bench.write("tail", 1, core=READER)
    assert (bench.record.received_count, bench.record.faults) == (1, [])


def test_a_sequence_word_that_jumps_tells_of_a_lost_message() -> None:
    bench = RingBench(sequence=0)
    for number, content in ((1, 100), (2, 101), (3, 103)):
        bench.fill(number - 1, content)
        bench.head(number)
        bench.take(number)
    assert bench.words == [(FaultKind.LOST, "message 3: its sequence word went from 101 to 103")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"slots": 0}, "expected at least one slot"),
        ({"slots": 1 << 40, "size": 1}, "expected 65536 slots and 32 MiB at most"),
        (
            {"slots": 4, "wraps_at": 6},
            "expected an index that wraps at a multiple of its 4 slots, got one that wraps at 6",
        ),
        ({"slots": 6, "index_size": 1}, "multiple of its 6 slots, got one that wraps at 256"),
        ({"slots": 4, "index_size": 3}, "expected index_size 1, 2 or 4, got 3"),
        ({"slots": 4, "size": 8, "sequence": 6}, "expected a sequence word within the message's 8 bytes, got one at 6"),
    ],
)
def test_a_ring_that_cannot_be_is_refused(options: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        MessageBench(Ring, {"ring": 64}, **options)


def _mailbox(**options: Any) -> MessageBench:
    return MessageBench(Mailbox, {"message": 8, "flag": 4}, **options)


def _post(bench: MessageBench, content: int) -> None:
    bench.write("message", content, core=WRITER)
    bench.write("message", content, core=WRITER, offset=4)
    bench.write("flag", 1, core=WRITER)


def _fetch(bench: MessageBench) -> None:
    bench.read("message", core=READER)
    bench.read("message", core=READER, offset=4)
    bench.write("flag", 0, core=READER)


def test_a_mailbox_passes_one_message_after_the_other() -> None:
    bench = _mailbox(sequence=0)
    bench.write("flag", 0, core=WRITER)  # set up
    for number in range(5):
        _post(bench, number)
        bench.run(ns=250)
        _fetch(bench)
    assert (bench.record.received_count, bench.record.faults) == (5, [])
    assert bench.record.latencies_ns == [250] * 5


def test_noise_of_power_on_is_no_message() -> None:
    bench = _mailbox()
    bench.write("flag", 0xDEAD_BEEF, core=WRITER)
    bench.context.record = type(bench.record)()
    bench.protocol.start()
    bench.write("flag", 0, core=WRITER)  # set up
    _post(bench, 1)
    _fetch(bench)
    record = bench.record
    assert (record.sent_count, record.received_count, len(record.messages), record.faults) == (1, 1, 1, [])


def test_what_goes_wrong_with_a_mailbox_is_told() -> None:
    bench = _mailbox()
    _post(bench, 1)
    _post(bench, 2)  # before 1 is taken
    _fetch(bench)
    bench.write("flag", 0, core=READER)
    bench.write("flag", 1, core=WRITER)
    bench.read("message", core=READER)
    bench.write("message", 9, core=WRITER, offset=4)  # after the flag
    bench.read("message", core=READER, offset=4)
    bench.write("flag", 0, core=READER)
    bench.write("flag", 1, core=WRITER)
    bench.write("flag", 0, core=READER)
    assert [(fault.kind, fault.words, fault.core) for fault in bench.record.faults] == [
        (FaultKind.LOST, "message 2 overwrote message 1, which was not taken", WRITER),
        (FaultKind.TWICE, "message 2 was taken twice: its flag was clear already", READER),
        (FaultKind.TORN, "message 3 is torn: byte 4 was 0x2 when sent, 0x9 read", READER),
        (FaultKind.LOST, "message 4 was taken and never read", READER),
    ]


def test_a_flag_counts_who_sets_and_who_clears_it() -> None:
    bench = MessageBench(Flag, {"flag": 4})
    for value, core in ((0, 0), (1, 0), (1, 0), (0, 1), (0, 1), (1, 1)):
        bench.write("flag", value, core=core)
        bench.run(us=1)
    record = bench.record
    assert (record.sent_by, record.received_by, record.merged_count, record.faults) == ({0: 1, 1: 1}, {1: 1}, 1, [])
    assert record.latencies_ns == [2000]
    assert list(record.waiting) == [2]


def test_a_flag_that_was_set_before_is_none_of_ours() -> None:
    bench = MessageBench(Flag, {"flag": 4})
    bench.write("flag", 5, core=0)
    bench.context.record = type(bench.record)()
    bench.protocol.start()
    bench.write("flag", 0, core=1)
    assert (bench.record.received_count, bench.record.faults) == (0, [])


class Letters(MessageProtocol):
    """Letters with numbers: one word says which is sent, another which is received; they may overtake each other."""

    def on_write(self, access: Any) -> None:
        sent, received = self.areas
        if sent.holds(access):
            self.sent(access.value, self.read(sent.address, 4))
        elif received.holds(access):
            self.received(access.value)


def test_a_protocol_of_ones_own_is_checked_for_order_and_repetition() -> None:
    bench = MessageBench(Letters, {"sent": 4, "received": 4})
    for number in (7, 5, 9):
        bench.write("sent", number, core=WRITER)
    for number in (5, 5, 4, 7, 9):
        bench.write("received", number, core=READER)
    bench.write("sent", 1, core=WRITER)
    bench.write("sent", 1, core=WRITER)
    assert [(fault.kind, fault.words) for fault in bench.record.faults] == [
        (FaultKind.ORDER, "message 5 was received before message 7"),
        (FaultKind.TWICE, "message 5 was received twice"),
        (FaultKind.ORDER, "message 4 was received before it was sent"),
        (FaultKind.LOST, "message 1 was sent again before it was received"),
    ]
    assert (bench.record.sent_count, bench.record.received_count) == (5, 3)


def test_the_bench_says_what_it_does_not_have() -> None:
    bench = MessageBench(Letters, {"sent": 4, "received": 4})
    with pytest.raises(UsageError, match=r"expected an area \(sent, received\), got 'send'"):
        bench.write("send", 1, core=0)
    with pytest.raises(UsageError, match="expected 4 bytes within its 4, got them at 2"):
        bench.read("sent", core=0, offset=2)
