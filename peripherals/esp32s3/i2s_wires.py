"""What an I2S controller's pins carry: its clocks as waveforms, and frames between a sender's slots and a receiver's.

Source: ESP32-S3 Technical Reference Manual, "I2S Controller", timing of the TDM formats; ESP-IDF's soc/gpio_sig_map.h
for the numbers in the GPIO matrix.
"""

from __future__ import annotations

from typing import NamedTuple

from twincore.waveform import Choice, Course, Fractional, Periodic


class SideSignals(NamedTuple):
    """A direction's numbers in the GPIO matrix; each is an output of the master's and an input of the slave's."""

    bck: int
    ws: int
    sd: int


class Signals(NamedTuple):
    """A controller's numbers in the GPIO matrix."""

    rx: SideSignals
    tx: SideSignals
    mclk: int


SIGNALS = {
    "I2S0": Signals(SideSignals(26, 27, 25), SideSignals(22, 24, 25), 23),
    "I2S1": Signals(SideSignals(31, 32, 30), SideSignals(28, 29, 30), 21),
}


class Layout(NamedTuple):
    """How a frame lies on the wire: `slots` slots of `slot_bits`, a sample of `bits` at each one's begin, MSB first."""

    slots: int
    slot_bits: int
    bits: int

    @property
    def sample_bytes(self) -> int:
        """Bytes that a sample takes in memory."""
        return -(-self.bits // 8)

    @property
    def frame_bytes(self) -> int:
        """Bytes that a frame takes in memory."""
        return self.slots * self.sample_bytes


class Frames(NamedTuple):
    """When a clock's frames begin: every `period / parts` ticks from `start` on, and backwards from there."""

    start: int
    period: int
    parts: int


def square(start: int, period: int, parts: int) -> Course:
    """Return a clock of `period / parts` ticks, high first."""
    return Fractional(start, 2 * parts, Periodic(0, 2 * period, 1, (period,)))


def word_select(frames: Frames, frame_bits: int, width: int, level: int) -> Course:
    """Return WS: `level` for the first `width` of `frame_bits` bits of each frame, then the other one."""
    if not 0 < width < frame_bits:
        return level
    period = Periodic(0, frames.period * frame_bits, level, (frames.period * width,))
    return Fractional(frames.start, frames.parts * frame_bits, period)


def frames_of(course: Course, level: int) -> Frames | None:
    """Return the frames that a WS tells of: each begins when it goes to `level`. None where it has no period."""
    if isinstance(course, Choice) and (course.low, course.high) == (1, 0):
        return frames_of(course.select, 1 - level)
    if isinstance(course, Periodic):
        course = Fractional(course.start, 1, course._replace(start=0))
    if not isinstance(course, Fractional) or len(course.course.offsets) != 1:
        return None
    periodic = course.course
    begin = periodic.start + (0 if periodic.first == level else periodic.offsets[0])
    if not begin:
        return Frames(course.start, periodic.period, course.parts)
    # From the tick of that edge on; less than a tick is lost once.
    return Frames(course.start - (-begin // course.parts), periodic.period, course.parts)


def relay(content: bytes, sender: Layout, receiver: Layout) -> bytes:
    """Return whole frames of samples as one with another layout receives them, bit for bit."""
    if sender == receiver:
        return content
    frame_bits = max(sender.slots * sender.slot_bits, receiver.slots * receiver.slot_bits)
    return b"".join(
        _store(_on_wire(content[at : at + sender.frame_bytes], sender, frame_bits), receiver, frame_bits)
        for at in range(0, len(content), sender.frame_bytes)
    )


def _on_wire(frame: bytes, layout: Layout, frame_bits: int) -> int:
    """Return a frame's bits as a number, the first one highest."""
    wire, size = 0, layout.sample_bytes
    sent = min(layout.bits, layout.slot_bits)
    for slot in range(layout.slots):
        sample = int.from_bytes(frame[slot * size : (slot + 1) * size], "little") & (1 << layout.bits) - 1
        wire |= sample >> layout.bits - sent << frame_bits - slot * layout.slot_bits - sent
    return wire


def _store(wire: int, layout: Layout, frame_bits: int) -> bytes:
    """Return a frame's samples as memory gets them."""
    samples = []
    kept = min(layout.bits, layout.slot_bits)
    for slot in range(layout.slots):
        sample = wire >> frame_bits - slot * layout.slot_bits - kept & (1 << kept) - 1
        samples.append((sample << layout.bits - kept).to_bytes(layout.sample_bytes, "little"))
    return b"".join(samples)
