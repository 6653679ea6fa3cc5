"""TWAI: frames on the wire in their time, arbitration, acknowledgement, errors up to bus-off, filters, overrun."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esp32s3.twai import TWAI
from esp32s3.twai_frame import accepts, crc15, data_start, frame_bits, wire_length
from twincore.devices import TwaiFrame, TwaiNode
from twincore.errors import UsageError

RX, TX, WARNING, OVERRUN, PASSIVE, LOST, BUS_ERROR = 1, 2, 4, 8, 32, 64, 128
RX_WAITS, OVERRUN_ST, TX_FREE, TX_DONE, ERROR_ST, BUS_OFF, MISSED = 1, 2, 4, 8, 64, 128, 256
REQUEST, ABORT, RELEASE, CLEAR_OVERRUN, SELF = 1, 2, 4, 8, 16
RESET, LISTEN_ONLY, SELF_TEST, ONE_FILTER = 1, 2, 4, 8
BIT_US = 2
"""At 500 kbit/s."""


class Node(TwaiNode):
    """Notes what it hears; says yes or no as a test wants."""

    def __init__(self, name: str = "NODE", **options: Any) -> None:
        super().__init__(types.SimpleNamespace(name=name), **options)
        self.heard: list[TwaiFrame] = []
        self.sent: list[TwaiFrame] = []
        self.says = True
        self.destroys = False

    def on_frame(self, frame: TwaiFrame) -> None:
        self.heard.append(frame)

    def on_sent(self, frame: TwaiFrame) -> None:
        self.sent.append(frame)

    def acknowledges(self, frame: TwaiFrame) -> bool:
        return self.says

    def disturbs(self, frame: TwaiFrame) -> bool:
        return self.destroys


def controller(bench: Callable[..., Any], mode: int = ONE_FILTER, *nodes: TwaiNode) -> Any:
    """A controller at 500 kbit/s (20 quanta of 4 periods of the 40 MHz APB) that lets everything in."""
    twai = bench(TWAI, name="TWAI0")
    for node in nodes:
        twai.block.add_device(node)
    twai.write("MODE", RESET | mode)
    twai.write("BUS_TIMING_0", 1)
    twai.write("BUS_TIMING_1", 14 | 3 << 4)
    for n in range(4):
        twai.write(f"DATA_{n + 4}", 0xFF)
    twai.read("INT_RAW")
    twai.write("MODE", mode)
    twai.run(us=11 * BIT_US)
    return twai


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def twai(bench: Callable[..., Any], node: Node) -> Any:
    return controller(bench, ONE_FILTER, node)


def send(twai: Any, frame: TwaiFrame, command: int = REQUEST) -> None:
    for n, byte in enumerate(frame.packed()):
        twai.write(f"DATA_{n}", byte)
    twai.write("CMD", command)


def receive(twai: Any) -> TwaiFrame:
    frame = TwaiFrame.unpacked(bytes(twai.read(f"DATA_{n}") for n in range(13)))
    twai.write("CMD", RELEASE)
    return frame


def bits_of(frame: TwaiFrame) -> int:
    """Bits on the wire up to the end of the frame."""
    return wire_length(frame_bits(frame)) + 10


FRAME = TwaiFrame(0x123, b"\x01\x02\x03")
LONG = TwaiFrame(0x1ABCDEF0, bytes(range(8)), is_extended=True)

frames = st.builds(
    lambda wide, data, extended: TwaiFrame(wide if extended else wide >> 18, data, extended),
    st.integers(0, (1 << 29) - 1),
    st.binary(max_size=8),
    st.booleans(),
)


# Frames


def test_the_checksum_is_that_of_the_catalogue() -> None:
    """CRC-15/CAN of "123456789" (reveng's catalogue of parametrised CRC algorithms)."""
    assert crc15([byte >> n & 1 for byte in b"123456789" for n in reversed(range(8))]) == 0x059E


def test_lengths_are_those_of_the_standard() -> None:
    """44 + 8 n bits and 64 + 8 n without stuffing, to the end of the frame."""
    assert len(frame_bits(FRAME)) + 10 == 44 + 24
    assert len(frame_bits(LONG)) + 10 == 64 + 64
    assert len(frame_bits(TwaiFrame(0x123, is_remote=True, length=8))) + 10 == 44


@given(frames)
def test_a_frame_survives_the_buffer_and_the_wire(frame: TwaiFrame) -> None:
    assert TwaiFrame.unpacked(frame.packed()) == frame
    bits = frame_bits(frame)
    assert crc15(bits) == 0
    length = int("".join(map(str, bits[data_start(frame) - 4 : data_start(frame)])), 2)
    assert length == len(frame.data)


@given(st.lists(st.integers(0, 1), max_size=130))
def test_no_six_equal_bits_are_on_the_wire(bits: list[int]) -> None:
    """The stuffed stream, made by the rule's other reading: cut after five equal bits, whoever sent them."""
    stream: list[int] = []
    for bit in bits:
        stream.append(bit)
        if len(stream) >= 5 and len(set(stream[-5:])) == 1:
            stream.append(1 - bit)
    assert all(len(list(run)) < 6 for _, run in itertools.groupby(stream))
    assert wire_length(bits) == len(stream)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"identifier": 0x800}, "expected an identifier of 11 bits, got 0x800"),
        ({"identifier": 1 << 29, "is_extended": True}, "expected an identifier of 29 bits"),
        ({"identifier": 1, "data": bytes(9)}, "expected at most 8 bytes of data, got 9"),
        ({"identifier": 1, "data": b"x", "is_remote": True}, "expected no data in a remote frame, got 1"),
        ({"identifier": 1, "length": 16}, "expected a data length code from 0 to 15, got 16"),
    ],
)
def test_a_frame_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TwaiFrame(**options)


@pytest.mark.parametrize(
    ("frame", "code", "mask", "single", "passes"),
    [
        (TwaiFrame(0x123), "24600000", "000FFFFF", True, True),
        (TwaiFrame(0x122), "24600000", "000FFFFF", True, False),
        (TwaiFrame(0x123, is_remote=True), "24600000", "000FFFFF", True, False),
        (TwaiFrame(0x123, b"\xaa\xbb"), "2460AABB", "000F0000", True, True),
        (TwaiFrame(0x123, b"\xaa\xbc"), "2460AABB", "000F0000", True, False),
        (TwaiFrame(0x123, b"\xaa"), "2460AABB", "000F0000", True, True),
        (TwaiFrame(0x1ABCDEF0, is_extended=True), "D5E6F780", "00000003", True, True),
        (TwaiFrame(0x1ABCDEF1, is_extended=True), "D5E6F780", "00000003", True, False),
        (TwaiFrame(0x123), "24602440", "000F000F", False, True),
        (TwaiFrame(0x122), "24602440", "000F000F", False, True),
        (TwaiFrame(0x121), "24602440", "000F000F", False, False),
        (TwaiFrame(0x123, b"\xa5"), "246AFFF5", "00000000", False, True),
        (TwaiFrame(0x123, b"\xa4"), "246AFFF5", "00000000", False, False),
        (TwaiFrame(0x1ABC_0000, is_extended=True), "0000D5E0", "00000000", False, True),
        (TwaiFrame(0x1ABC_FFFF, is_extended=True), "0000D5E0", "00000000", False, False),
    ],
)
def test_the_acceptance_filter(frame: TwaiFrame, code: str, mask: str, single: bool, passes: bool) -> None:
    assert accepts(frame, bytes.fromhex(code), bytes.fromhex(mask), is_single=single) == passes


# Sending


@pytest.mark.parametrize("frame", [FRAME, LONG, TwaiFrame(0x7FF, bytes(8)), TwaiFrame(5, is_remote=True, length=4)])
def test_a_frame_takes_its_bits(twai: Any, node: Node, frame: TwaiFrame) -> None:
    send(twai, frame)
    twai.run(us=bits_of(frame) * BIT_US - 1)
    assert (node.heard, twai.read("STATUS") & (TX_FREE | TX_DONE)) == ([], 0)
    twai.run(us=1)
    assert (node.heard, twai.read("STATUS") & (TX_FREE | TX_DONE)) == ([frame], TX_FREE | TX_DONE)
    assert twai.read("INT_RAW") == TX


def test_frames_have_three_bits_between_them(twai: Any, node: Node) -> None:
    send(twai, FRAME)
    twai.run(us=bits_of(FRAME) * BIT_US)
    send(twai, FRAME)
    twai.run(us=(3 + bits_of(FRAME)) * BIT_US - 1)
    assert len(node.heard) == 1
    twai.run(us=1)
    assert len(node.heard) == 2


def test_reading_the_interrupts_clears_them(twai: Any) -> None:
    twai.write("INT_ENA", TX)
    send(twai, FRAME)
    twai.run(us=1000)
    assert twai.level("interrupt") == 1
    assert (twai.read("INT_RAW"), twai.read("INT_RAW"), twai.level("interrupt")) == (TX, 0, 0)


def test_without_an_acknowledgement_the_frame_is_repeated(twai: Any, node: Node) -> None:
    node.says = False
    send(twai, FRAME)
    twai.run(us=(bits_of(FRAME) - 8) * BIT_US)
    assert (twai.read("TX_ERR_CNT"), twai.read("INT_RAW"), twai.read("ERR_CODE_CAP")) == (8, BUS_ERROR, 3 << 6 | 25)
    twai.run(us=100_000)
    assert twai.read("TX_ERR_CNT") == 128
    assert twai.read("STATUS") & (ERROR_ST | BUS_OFF | TX_FREE) == ERROR_ST
    assert twai.read("INT_RAW") & (WARNING | PASSIVE) == WARNING | PASSIVE
    node.says = True
    twai.run(us=1000)
    assert node.heard == [FRAME]
    assert twai.read("TX_ERR_CNT") == 127
    assert twai.read("INT_RAW") & PASSIVE


def test_nobody_on_the_bus_is_no_acknowledgement(bench: Callable[..., Any]) -> None:
    twai = controller(bench)
    send(twai, FRAME, REQUEST | ABORT)
    twai.run(us=10_000)
    assert twai.read("STATUS") & (TX_FREE | TX_DONE) == TX_FREE
    assert (twai.read("INT_RAW"), twai.read("TX_ERR_CNT")) == (TX | BUS_ERROR, 8)


def test_a_self_test_needs_nobody_and_receives_itself(bench: Callable[..., Any]) -> None:
    twai = controller(bench, ONE_FILTER | SELF_TEST)
    send(twai, LONG, SELF)
    twai.run(us=1000)
    assert twai.read("INT_RAW") == TX | RX
    assert receive(twai) == LONG


def test_an_abort_before_the_frame_begins(twai: Any, node: Node) -> None:
    node.send(TwaiFrame(0x7FF))
    twai.run(us=20)
    send(twai, FRAME)
    twai.write("CMD", ABORT)
    twai.run(us=1000)
    assert twai.read("STATUS") & (TX_FREE | TX_DONE) == TX_FREE
    assert node.heard == []


def test_reset_mode_ends_a_frame_at_once(twai: Any, node: Node) -> None:
    send(twai, FRAME)
    twai.run(us=20)
    twai.write("MODE", RESET | ONE_FILTER)
    twai.run(us=1000)
    assert (node.heard, twai.read("STATUS") & TX_FREE) == ([], TX_FREE)


# Arbitration


def test_the_lower_identifier_goes_first(twai: Any, node: Node) -> None:
    """The chip loses at bit ID.21, the eighth of the identifier, and sends behind the other frame."""
    node.send(TwaiFrame(0x7FF))
    twai.run(us=20)
    node.send(TwaiFrame(0x120, b"first"))
    send(twai, FRAME)
    twai.run(us=2000)
    assert node.sent == [TwaiFrame(0x7FF), TwaiFrame(0x120, b"first")]
    assert node.heard == [FRAME]
    assert twai.read("INT_RAW") & LOST
    assert twai.read("ARB_LOST_CAP") == 9
    assert [receive(twai).identifier for _ in range(2)] == [0x7FF, 0x120]


def test_arbitration_is_lost_in_its_bit(twai: Any, node: Node) -> None:
    node.send(TwaiFrame(0x7FF))
    twai.run(us=20)
    node.send(TwaiFrame(0x120, b"first"))
    send(twai, FRAME, REQUEST | ABORT)
    end = bits_of(TwaiFrame(0x7FF)) * BIT_US - 20 + 3 * BIT_US
    twai.run(us=end + 11 * BIT_US - 1)
    assert not twai.read("INT_RAW") & LOST
    twai.run(us=1)
    assert twai.read("INT_RAW") & (LOST | TX) == LOST | TX
    assert twai.read("STATUS") & (TX_FREE | TX_DONE) == TX_FREE


def test_a_standard_frame_goes_before_an_extended_one_with_its_beginning(twai: Any, node: Node) -> None:
    node.send(TwaiFrame(0x7FF))
    twai.run(us=20)
    node.send(TwaiFrame(0x123))
    send(twai, TwaiFrame(0x123 << 18, is_extended=True))
    twai.run(us=2000)
    assert [frame.is_extended for frame in node.sent + node.heard] == [False, False, True]
    assert twai.read("ARB_LOST_CAP") == 11


# Receiving


def test_a_node_sends_to_the_chip(twai: Any, node: Node) -> None:
    twai.write("INT_ENA", RX)
    node.send(LONG)
    twai.run(us=bits_of(LONG) * BIT_US - 1)
    assert twai.level("interrupt") == 0
    twai.run(us=1)
    assert (twai.level("interrupt"), twai.read("INT_RAW"), twai.read("RX_MESSAGE_CNT")) == (1, RX, 1)
    assert (receive(twai), node.sent) == (LONG, [LONG])
    assert (twai.read("INT_RAW"), twai.level("interrupt"), twai.read("STATUS") & RX_WAITS) == (0, 0, 0)


def test_the_fifo_overruns(twai: Any, node: Node) -> None:
    """Frames of eleven bytes: five fit into 64 bytes."""
    for n in range(7):
        node.send(TwaiFrame(n, bytes(8)))
    twai.run(us=5000)
    assert twai.read("STATUS") & (RX_WAITS | OVERRUN_ST) == RX_WAITS | OVERRUN_ST
    assert (twai.read("INT_RAW"), twai.read("RX_MESSAGE_CNT")) == (RX | OVERRUN, 7)
    assert [receive(twai).identifier for _ in range(5)] == [0, 1, 2, 3, 4]
    assert twai.read("STATUS") & MISSED
    twai.write("CMD", RELEASE)
    twai.write("CMD", RELEASE | CLEAR_OVERRUN)
    assert twai.read("STATUS") & (MISSED | RX_WAITS | OVERRUN_ST) == 0


def test_listening_acknowledges_nothing(bench: Callable[..., Any], node: Node) -> None:
    other = Node("OTHER")
    other.says = False
    twai = controller(bench, ONE_FILTER | LISTEN_ONLY, node, other)
    node.send(FRAME)
    twai.run(us=1000)
    assert (node.sent, twai.read("RX_MESSAGE_CNT"), twai.read("RX_ERR_CNT")) == ([], 0, 0)
    other.says = True
    twai.run(us=1000)
    assert (node.sent, receive(twai)) == ([FRAME], FRAME)
    send(twai, FRAME)
    twai.run(us=1000)
    assert node.heard == []


def test_nodes_talk_to_each_other(bench: Callable[..., Any], node: Node) -> None:
    other = Node("OTHER")
    twai = controller(bench, ONE_FILTER, node, other)
    other.send(FRAME)
    twai.run(us=1000)
    assert (node.heard, other.heard, other.sent) == ([FRAME], [], [FRAME])


# Errors


def test_a_destroyed_frame_is_a_bit_error(twai: Any, node: Node) -> None:
    node.destroys = True
    send(twai, FRAME)
    twai.run(us=80)
    assert (twai.read("TX_ERR_CNT"), twai.read("INT_RAW"), twai.read("ERR_CODE_CAP")) == (8, BUS_ERROR, 10)
    node.destroys = False
    twai.run(us=1000)
    assert (node.heard, twai.read("TX_ERR_CNT")) == ([FRAME], 7)


def test_too_many_errors_are_bus_off_and_software_recovers(twai: Any, node: Node) -> None:
    node.destroys = True
    send(twai, FRAME)
    twai.run(us=10_000)
    assert twai.read("MODE") == RESET | ONE_FILTER
    assert twai.read("STATUS") & (BUS_OFF | ERROR_ST | TX_FREE) == BUS_OFF | ERROR_ST | TX_FREE
    assert twai.read("TX_ERR_CNT") == 127
    node.destroys = False
    twai.read("INT_RAW")
    twai.write("MODE", ONE_FILTER)
    twai.run(us=32 * 11 * BIT_US)
    assert (twai.read("INT_RAW"), twai.read("STATUS") & (BUS_OFF | ERROR_ST)) == (WARNING, BUS_OFF)
    twai.run(us=(128 - 32) * 11 * BIT_US - 1)
    assert twai.read("STATUS") & BUS_OFF
    twai.run(us=1)
    assert (twai.read("INT_RAW"), twai.read("STATUS") & BUS_OFF, twai.read("TX_ERR_CNT")) == (WARNING, 0, 0)
    send(twai, FRAME)
    twai.run(us=1000)
    assert node.heard == [FRAME]


def test_another_bit_rate_destroys_everything(bench: Callable[..., Any]) -> None:
    strange = Node(bit_rate=250_000)
    twai = controller(bench, ONE_FILTER, strange)
    strange.send(FRAME)
    twai.run(us=100)
    assert (twai.read("RX_ERR_CNT"), twai.read("ERR_CODE_CAP")) == (1, 2 << 6 | 1 << 5 | 10)
    twai.run(us=100_000)
    assert (strange.errors, strange.sent) == (256, [])
    send(twai, FRAME)
    twai.run(us=100_000)
    assert strange.heard == []


def test_the_same_bit_rate_is_understood(bench: Callable[..., Any]) -> None:
    node = Node(bit_rate=500_000)
    twai = controller(bench, ONE_FILTER, node)
    send(twai, FRAME)
    twai.run(us=1000)
    assert node.heard == [FRAME]


def test_a_frame_goes_on_after_restoring(twai: Any, node: Node) -> None:
    send(twai, FRAME)
    twai.run(us=50)
    saved = twai.save()
    twai.run(us=1000)
    twai.load(saved)
    twai.run(us=1000)
    assert node.heard == [FRAME, FRAME]


# Registers


def test_what_is_locked_outside_reset_mode(twai: Any) -> None:
    for register in ("BUS_TIMING_0", "BUS_TIMING_1", "ERR_WARNING_LIMIT", "RX_ERR_CNT", "TX_ERR_CNT"):
        before = twai.read(register)
        twai.write(register, before ^ 0x11)
        assert twai.read(register) == before
    twai.write("MODE", SELF_TEST)
    assert twai.read("MODE") == ONE_FILTER


def test_the_filter_is_behind_the_buffer(twai: Any) -> None:
    twai.write("MODE", RESET)
    twai.write("DATA_0", 0x24)
    assert [twai.read(f"DATA_{n}") for n in (0, 4)] == [0x24, 0xFF]
    twai.write("MODE", 0)
    assert twai.read("DATA_0") == 0
    twai.write("MODE", RESET)
    assert twai.read("DATA_0") == 0x24
