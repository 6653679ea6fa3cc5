"""I2S at pins: clocks as waveforms, and frames between two layouts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esp32s3.i2s_wires import Frames, Layout, frames_of, relay, square, word_select
from twincore.waveform import Choice, Course, Fractional, Periodic, Train, edges_of, inverted, level_of


def test_a_clock_is_high_first() -> None:
    assert [*edges_of(square(100, 10, 1), 99, 120)] == [(100, 1), (105, 0), (110, 1), (115, 0), (120, 1)]
    assert [*edges_of(square(0, 20, 3), 0, 14)] == [(4, 0), (7, 1), (10, 0), (14, 1)]  # 10/3, 20/3, 30/3, 40/3


@pytest.mark.parametrize(
    ("bits", "width", "level", "edges"),
    [
        (32, 16, 0, [(64, 1), (128, 0), (192, 1)]),
        (32, 16, 1, [(64, 0), (128, 1), (192, 0)]),
        (32, 1, 1, [(4, 0), (128, 1), (132, 0)]),
        (16, 15, 0, [(120, 1), (128, 0)]),
    ],
)
def test_ws_has_its_level_for_its_width(bits: int, width: int, level: int, edges: list[tuple[int, int]]) -> None:
    assert [*edges_of(word_select(Frames(0, 128, 1), bits, width, level), 0, 200)] == edges


def test_ws_as_wide_as_the_frame_stands_still() -> None:
    assert word_select(Frames(0, 128, 1), 16, 16, 1) == 1


frames = st.builds(Frames, st.integers(0, 10**6), st.integers(1000, 10**6), st.integers(1, 700))


@given(frames, st.integers(2, 512), st.integers(0, 1), st.data())
def test_who_gets_ws_knows_the_frames(sent: Frames, bits: int, level: int, data: st.DataObject) -> None:
    ws = word_select(sent, bits, data.draw(st.integers(1, bits - 1)), level)
    heard = frames_of(ws, level)
    assert heard is not None
    assert (heard.start, heard.period * sent.parts) == (sent.start, sent.period * heard.parts)
    opposite = frames_of(inverted(ws), 1 - level)
    assert opposite == heard


def test_frames_begin_where_ws_goes_to_their_level() -> None:
    ws = word_select(Frames(0, 128, 1), 32, 16, 0)
    assert frames_of(ws, 1) == Frames(64, 128 * 32, 32)
    pwm = Periodic(7, 100, 1, (30,))
    assert frames_of(pwm, 1) == Frames(7, 100, 1)
    assert frames_of(pwm, 0) == Frames(37, 100, 1)


@pytest.mark.parametrize(
    "course",
    [
        0,
        1,
        Train(0, (5, 9)),
        Periodic(0, 100, 0, ()),
        Periodic(0, 100, 0, (10, 20)),
        Fractional(0, 3, Periodic(0, 100, 0, (10, 20, 30))),
        Choice(Periodic(0, 100, 0, (50,)), 0, Periodic(0, 10, 0, (5,))),
    ],
)
def test_what_is_no_ws_tells_of_no_frames(course: Course) -> None:
    assert frames_of(course, 0) is None


STEREO = Layout(2, 16, 16)


@pytest.mark.parametrize(
    ("sent", "sender", "receiver", "heard"),
    [
        ("3412 7856", STEREO, STEREO, "3412 7856"),
        ("3412 7856", Layout(2, 32, 16), Layout(2, 32, 16), "3412 7856"),
        ("3412 7856", Layout(2, 32, 16), Layout(2, 32, 24), "003412 007856"),
        ("3412 7856", Layout(2, 32, 16), Layout(2, 32, 32), "00003412 00007856"),
        ("78563412 f0debc9a", Layout(2, 32, 32), Layout(2, 32, 16), "3412 bc9a"),
        ("3412 7856 bc9a f0de", Layout(4, 16, 16), STEREO, "3412 7856"),
        ("3412 7856", STEREO, Layout(4, 16, 16), "3412 7856 0000 0000"),
        ("3412 7856", STEREO, Layout(1, 32, 32), "78563412"),
        ("12 34", Layout(2, 8, 8), Layout(1, 16, 16), "3412"),
        ("3412 7856 3412 7856", STEREO, Layout(2, 16, 8), "12 56 12 56"),
        ("341200 785600", Layout(2, 16, 24), STEREO, "1200 5600"),  # a slot shorter than the sample cuts it
    ],
)
def test_bits_are_received_where_they_are_sent(sent: str, sender: Layout, receiver: Layout, heard: str) -> None:
    assert relay(bytes.fromhex(sent), sender, receiver) == bytes.fromhex(heard)


layouts = st.builds(Layout, st.integers(1, 6), st.integers(1, 32), st.integers(1, 32))


def as_text(frame: bytes, layout: Layout) -> str:
    """The bits of a frame in their order, written down."""
    size = layout.sample_bytes
    slots = []
    for slot in range(layout.slots):
        sample = int.from_bytes(frame[slot * size : (slot + 1) * size], "little")
        slots.append(f"{sample:032b}"[-layout.bits :][: layout.slot_bits].ljust(layout.slot_bits, "0"))
    return "".join(slots)


def from_text(wire: str, layout: Layout) -> bytes:
    wire = wire.ljust(layout.slots * layout.slot_bits, "0")
    samples = []
    for slot in range(layout.slots):
        bits = wire[slot * layout.slot_bits : (slot + 1) * layout.slot_bits][: layout.bits].ljust(layout.bits, "0")
        samples.append(int(bits, 2).to_bytes(layout.sample_bytes, "little"))
    return b"".join(samples)


@given(layouts, layouts, st.data())
def test_any_two_layouts(sender: Layout, receiver: Layout, data: st.DataObject) -> None:
    size = sender.frame_bytes
    content = data.draw(st.binary(min_size=size, max_size=size))
    if sender != receiver:
        assert relay(content, sender, receiver) == from_text(as_text(content, sender), receiver)


def test_level_of_a_clock_before_its_start() -> None:
    assert [level_of(square(100, 10, 1), ticks) for ticks in (90, 94, 95, 99)] == [1, 1, 0, 0]
