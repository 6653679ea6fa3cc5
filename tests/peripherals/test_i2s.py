"""I2S: frames by DMA at the exact rate of the dividers, in and out, in several formats; what stops it."""

from __future__ import annotations

import types
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from twincore.devices import I2sDevice, I2sFormat, WavFile
from twincore.errors import UsageError
from twincore.model import TICKS_PER_SECOND
from twincore.waveform import edges_of

MEMORY, BUFFERS = 0x3FC9_0000, 0x3FCA_0000
OWNER, EOF = 1 << 31, 1 << 30
RX_DONE, TX_DONE, RX_HUNG, TX_HUNG = 1, 2, 4, 8
OUT_EOF, IN_DONE, IN_SUC_EOF = 2, 1, 2
START, SLAVE, MONO, CHAN_EQUAL, BIG_ENDIAN, UPDATE = 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 7, 1 << 8
BYPASS, TDM, PDM = 1 << 12, 1 << 19, 1 << 20
LEFT, RIGHT, SKIP = 1, 2, 1 << 20
FRAME = TICKS_PER_SECOND // 48_000


class Codec(I2sDevice):
    """Notes what is played with its times, and lets a test say what is heard."""

    def __init__(self, **options: Any) -> None:
        super().__init__(types.SimpleNamespace(name="CODEC"), **options)
        self.played = b""
        self.pieces: list[tuple[int, int]] = []
        self.form: I2sFormat | None = None
        self.sound = b""
        self.now: Callable[[], int] = lambda: 0

    def play(self, content: bytes, form: I2sFormat) -> None:
        self.played += content
        self.pieces.append((self.now(), len(content)))
        self.form = form

    def record(self, frames: int, form: I2sFormat) -> bytes:
        self.form = form
        heard, self.sound = self.sound[: frames * form.frame_bytes], self.sound[frames * form.frame_bytes :]
        return heard


class Port:
    """A controller with a DMA channel, as ESP-IDF sets it up for 48 kHz, 16 bits, two slots, from the 160 MHz."""

    def __init__(self, chip: Any, codec: Codec, number: int = 0) -> None:
        self.chip, self.codec, self.number = chip, codec, number
        chip.block(f"I2S{number}").add_device(codec)
        codec.now = chip.machine.context_now
        chip.write(f"DMA.OUT_PERI_SEL_CH{number}", 3 + number)
        chip.write(f"DMA.IN_PERI_SEL_CH{number}", 3 + number)
        for side in ("TX", "RX"):
            self.set_rate(side, 2, 13, x=47, z=1, bck=8)
            chip.write(f"I2S{self.number}.{side}_TDM_CTRL", 1 << 16 | LEFT | RIGHT)

    def set_rate(self, side: str, source: int, whole: int, *, x: int = 0, y: int = 0, z: int = 0, bck: int) -> None:
        self.chip.write(f"I2S{self.number}.{side}_CLKM_CONF", whole | 1 << 26 | source << 27)
        self.chip.write(f"I2S{self.number}.{side}_CLKM_DIV_CONF", z | y << 9 | x << 18)
        self.set_bits(side, 16, bck=bck)

    def set_bits(self, side: str, bits: int, slot: int = 16, *, bck: int = 8) -> None:
        conf = (bck - 1) << 7 | (bits - 1) << 13 | (slot - 1) << 18 | (slot - 1) << 24
        self.chip.write(f"I2S{self.number}.{side}_CONF1", conf)

    def put(self, address: int, content: bytes) -> None:
        self.chip.machine.dma_write(address, content)

    def ring(self, at: int, buffers: list[int], flags: int, *, ends: bool = False) -> None:
        """Store a ring of descriptors, or a list."""
        for n, buffer in enumerate(buffers):
            following = at + 12 * ((n + 1) % len(buffers))
            if ends and n == len(buffers) - 1:
                following = 0
            self.put(at + 12 * n, b"".join(word.to_bytes(4, "little") for word in (flags, buffer, following)))

    def play(self, pieces: list[bytes], *, conf: int = 0, ends: bool = True) -> None:
        size = len(pieces[0])
        buffers = [BUFFERS + 0x1000 * n for n in range(len(pieces))]
        for buffer, piece in zip(buffers, pieces, strict=True):
            self.put(buffer, piece)
        self.ring(MEMORY, buffers, OWNER | EOF | size << 12 | size, ends=ends)
        self.chip.write(f"DMA.OUT_LINK_CH{self.number}", MEMORY & 0xFFFFF | 1 << 21)
        self.chip.write(f"I2S{self.number}.TX_CONF", START | BYPASS | TDM | UPDATE | conf)

    def hear(self, sizes: int, count: int, *, eof: int, conf: int = 0, ends: bool = False) -> list[int]:
        buffers = [BUFFERS + 0x8000 + 0x1000 * n for n in range(count)]
        self.ring(MEMORY + 0x800, buffers, OWNER | sizes, ends=ends)
        self.chip.write(f"I2S{self.number}.RXEOF_NUM", eof)
        self.chip.write(f"DMA.IN_LINK_CH{self.number}", MEMORY + 0x800 & 0xFFFFF | 1 << 22)
        self.chip.write(f"I2S{self.number}.RX_CONF", START | BYPASS | TDM | UPDATE | conf)
        return buffers

    def memory(self, address: int, size: int) -> bytes:
        return bytes(self.chip.machine.dma_read(address, size))


@pytest.fixture
def codec() -> Codec:
    return Codec()


@pytest.fixture
def port(chip: Callable[..., Any], codec: Codec) -> Port:
    return Port(chip(), codec)


def samples(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "little", signed=True) for value in values)


SOUND = samples(*range(-240, 240))


# Sending


def test_sound_goes_out(port: Port, codec: Codec) -> None:
    port.play([SOUND])
    assert port.chip.read("I2S0.TX_CONF") & UPDATE == 0
    port.chip.run(us=6000)
    assert codec.played == SOUND
    assert codec.form == I2sFormat(2, 2, 48_000)


def test_frames_are_exactly_at_their_rate(port: Port, codec: Codec) -> None:
    """A descriptor of 240 frames takes 5 ms, to the tick; the interrupt comes with its last frame."""
    start = port.chip.machine.time_ticks
    port.play([SOUND, SOUND], ends=False)
    port.chip.run(us=4990)
    assert (codec.played, port.chip.read("DMA.OUT_INT_RAW_CH0")) == (b"", 0)
    port.chip.run(us=10)
    assert port.chip.read("DMA.OUT_INT_RAW_CH0") & OUT_EOF
    port.chip.run(us=95_000)
    assert codec.pieces == [(start + 240 * FRAME * (n + 1), len(SOUND)) for n in range(20)]


@pytest.mark.parametrize(
    ("source", "whole", "parts", "bck", "rate"),
    [
        (0, 10, {}, 5, Fraction(40_000_000, 10 * 5 * 32)),
        (1, 10, {}, 5, Fraction(240_000_000, 10 * 5 * 32)),
        (2, 14, {"x": 4, "y": 49, "z": 16}, 8, Fraction(160_000_000) / (14 + Fraction(16, 129)) / 256),
        (2, 0, {}, 1, Fraction(160_000_000, 256 * 32)),
    ],
    ids=["XTAL", "PLL_240M", "fraction", "divider 0"],
)
def test_clock_dividers(
    port: Port, codec: Codec, source: int, whole: int, parts: dict[str, int], bck: int, rate: Fraction
) -> None:
    port.set_rate("TX", source, whole, bck=bck, **parts)
    start = port.chip.machine.time_ticks
    port.play([SOUND] * 4)
    port.chip.run(us=200_000)
    ends = [start + int(TICKS_PER_SECOND * 240 * (n + 1) / rate) for n in range(4)]
    assert [at for at, _ in codec.pieces] == ends
    assert codec.form is not None
    assert codec.form.rate_hz == round(rate)


def test_a_fraction_above_a_half_is_written_the_other_way_round(port: Port, codec: Codec) -> None:
    """b / a = 3 / 4: Z is a - b = 1, X is a / Z - 1 = 3, YN1 is 1."""
    port.set_rate("TX", 2, 10, x=3, z=1, bck=8)
    port.chip.write("I2S0.TX_CLKM_DIV_CONF", 1 | 3 << 18 | 1 << 27)
    start = port.chip.machine.time_ticks
    port.play([SOUND])
    port.chip.run(us=20_000)
    assert codec.pieces[0][0] - start == TICKS_PER_SECOND * 240 * 256 * 43 // 4 // 160_000_000


def test_the_end_of_the_list_is_told_and_goes_on_with_a_restart(port: Port, codec: Codec) -> None:
    port.play([SOUND])
    port.chip.run(us=6000)
    assert port.chip.read("I2S0.INT_RAW") == TX_DONE
    assert port.chip.read("I2S0.STATE") == 1
    port.chip.run(us=70_000)
    assert port.chip.read("I2S0.INT_RAW") == TX_DONE | TX_HUNG
    port.put(BUFFERS, SOUND[::-1])
    port.chip.write("DMA.OUT_LINK_CH0", MEMORY & 0xFFFFF | 1 << 21)
    assert port.chip.read("I2S0.STATE") == 0
    port.chip.run(us=6000)
    assert codec.played == SOUND + SOUND[::-1]
    first, second = (at for at, _ in codec.pieces)
    assert (second - first) % FRAME == 0


def test_a_stop_sends_what_is_over(port: Port, codec: Codec) -> None:
    port.play([SOUND])
    port.chip.run(ticks=100 * FRAME + FRAME // 2)
    port.chip.write("I2S0.TX_CONF", BYPASS | TDM)
    port.chip.run(us=10_000)
    assert codec.played == SOUND[:400]


def test_one_slot_may_be_sent_in_both(port: Port, codec: Codec) -> None:
    port.chip.write("I2S0.TX_TDM_CTRL", 1 << 16 | LEFT)
    port.play([samples(1, 2, 3, 4)], conf=MONO | CHAN_EQUAL)
    port.chip.run(us=1000)
    assert codec.played == samples(1, 1, 2, 2, 3, 3, 4, 4)


def test_a_slot_that_is_off_sends_the_constant(port: Port, codec: Codec) -> None:
    port.chip.write("I2S0.CONF_SIGLE_DATA", 0x1234)
    port.chip.write("I2S0.TX_TDM_CTRL", 1 << 16 | RIGHT)
    port.play([samples(1, 2, 3, 4)])
    port.chip.run(us=1000)
    assert codec.played == samples(0x1234, 1, 0x1234, 2, 0x1234, 3, 0x1234, 4)


def test_tdm_with_a_mask_that_skips(port: Port, codec: Codec) -> None:
    port.chip.write("I2S0.TX_TDM_CTRL", 3 << 16 | 0b0101 | SKIP)
    port.play([samples(1, 2, 3, 4, 5, 6, 7, 8)])
    port.chip.run(us=1000)
    assert codec.played == samples(1, 0, 3, 0, 5, 0, 7, 0)
    assert codec.form == I2sFormat(4, 2, 24_000)


@pytest.mark.parametrize(("bits", "slot", "size"), [(8, 8, 1), (24, 32, 3), (32, 32, 4)])
def test_widths_of_samples(port: Port, codec: Codec, bits: int, slot: int, size: int) -> None:
    port.set_bits("TX", bits, slot)
    port.play([bytes(range(48))])
    port.chip.run(us=3000)
    assert codec.played == bytes(range(48))
    assert codec.form == I2sFormat(2, size, 48_000 * 16 // slot)


def test_the_other_byte_order(port: Port, codec: Codec) -> None:
    port.play([samples(0x0102, 0x0304)], conf=BIG_ENDIAN)
    port.chip.run(us=1000)
    assert codec.played == samples(0x0201, 0x0403)


def test_the_outside_makes_the_clock(chip: Callable[..., Any]) -> None:
    codec = Codec(rate_hz=8000)
    port = Port(chip(), codec)
    start = port.chip.machine.time_ticks
    port.play([SOUND], conf=SLAVE)
    port.chip.run(us=40_000)
    assert codec.pieces == [(start + 240 * TICKS_PER_SECOND // 8000, len(SOUND))]


def test_without_a_clock_nothing_moves(port: Port, codec: Codec) -> None:
    port.play([SOUND], conf=SLAVE)
    port.chip.run(us=40_000)
    assert codec.played == b""


def test_a_new_rate_in_the_middle(port: Port, codec: Codec) -> None:
    port.play([SOUND])
    port.chip.run(ticks=100 * FRAME)
    port.chip.write("I2S0.TX_CONF1", port.chip.read("I2S0.TX_CONF1") | 8 << 7)
    port.chip.run(ticks=2 * 140 * FRAME - FRAME)
    assert len(codec.played) == 400
    port.chip.run(ticks=2 * FRAME)
    assert codec.played == SOUND


def test_pdm_gives_devices_the_samples(port: Port, codec: Codec) -> None:
    """64 bits of PDM, twice oversampled, a sample."""
    port.set_rate("TX", 2, 10, bck=10)
    port.chip.write("I2S0.TX_PCM2PDM_CONF", 0x4AA004 | 1 << 25)
    start = port.chip.machine.time_ticks
    port.play([samples(1, 2, 3, 4)], conf=PDM | MONO)
    port.chip.run(us=1000)
    assert (codec.played, codec.form) == (samples(1, 2, 3, 4), I2sFormat(1, 2, 12_500))
    assert codec.pieces[0][0] - start == TICKS_PER_SECOND * 4 * 128 * 100 // 160_000_000


# Receiving


def test_sound_comes_in(port: Port, codec: Codec) -> None:
    codec.sound = SOUND
    buffers = port.hear(len(SOUND) // 2, 2, eof=len(SOUND) // 2)
    port.chip.run(us=2490)
    assert port.chip.read("DMA.IN_INT_RAW_CH0") == 0
    port.chip.run(us=10)
    assert port.chip.read("DMA.IN_INT_RAW_CH0") == IN_DONE | IN_SUC_EOF
    assert port.chip.read("I2S0.INT_RAW") == RX_DONE
    port.chip.run(us=2500)
    assert b"".join(port.memory(buffer, len(SOUND) // 2) for buffer in buffers) == SOUND


def test_silence_where_no_device_says_anything(port: Port) -> None:
    port.put(BUFFERS + 0x8000, b"\xff" * 8)
    (buffer,) = port.hear(8, 1, eof=8)
    port.chip.run(us=100)
    assert port.memory(buffer, 8) == bytes(8)


def test_the_left_slot_alone(port: Port, codec: Codec) -> None:
    codec.sound = samples(1, -1, 2, -2, 3, -3, 4, -4)
    port.chip.write("I2S0.RX_TDM_CTRL", 1 << 16 | LEFT)
    (buffer,) = port.hear(8, 1, eof=8, conf=MONO | 1 << 9, ends=True)
    port.chip.run(us=100)
    assert port.memory(buffer, 8) == samples(1, 2, 3, 4)


@pytest.mark.parametrize(("first", "heard"), [(1 << 9, (1, 2)), (0, (-1, -2))])
def test_mono_takes_the_first_or_the_second_slot(port: Port, codec: Codec, first: int, heard: tuple[int, int]) -> None:
    codec.sound = samples(1, -1, 2, -2)
    (buffer,) = port.hear(4, 1, eof=4, conf=MONO | first, ends=True)
    port.chip.run(us=100)
    assert port.memory(buffer, 4) == samples(*heard)


def test_no_room_is_a_hung_receiver(port: Port) -> None:
    """After 16 times 88,000 cycles of the 20 MHz APB."""
    port.hear(8, 1, eof=64, ends=True)
    port.chip.run(us=70_000)
    assert port.chip.read("I2S0.INT_RAW") == 0
    port.chip.run(us=1000)
    assert port.chip.read("I2S0.INT_RAW") == RX_HUNG


def test_the_receiver_shares_the_transmitters_clocks(port: Port, codec: Codec) -> None:
    port.set_rate("RX", 0, 2, bck=2)
    port.chip.write("I2S0.TX_CONF", BYPASS | TDM | 1 << 27)
    port.hear(480, 1, eof=480, conf=SLAVE)
    port.chip.run(us=100)
    port.chip.write("I2S0.RX_CONF", BYPASS | TDM | SLAVE)
    assert codec.form == I2sFormat(2, 2, 48_000)


# At pins

BCK_PIN, WS_PIN, DATA_PIN, MCLK_PIN = 15, 16, 17, 18
INPUT = 1 << 12 | 1 << 9
"""In IO_MUX: the function of the matrix, with its input enabled."""
I2S0_TX, I2S0_RX = (22, 24, 25), (26, 27, 25)
I2S1_TX, I2S1_RX = (28, 29, 30), (31, 32, 30)
"""Numbers of BCK, WS and data in the GPIO matrix."""


@pytest.fixture
def two(chip: Callable[..., Any], codec: Codec) -> tuple[Port, Port]:
    """Both controllers; their pins have their inputs enabled."""
    made = chip()
    for pin in (BCK_PIN, WS_PIN, DATA_PIN, MCLK_PIN):
        made.write(f"IO_MUX.GPIO{pin}", INPUT)
    return Port(made, codec), Port(made, Codec(), 1)


def put_out(port: Port, pin: int, number: int) -> None:
    port.chip.write(f"GPIO.FUNC{pin}_OUT_SEL_CFG", number)


def take_in(port: Port, pin: int, number: int, *, inverted: bool = False) -> None:
    port.chip.write(f"GPIO.FUNC{number}_IN_SEL_CFG", 1 << 7 | inverted << 6 | pin)


def wire_up(port: Port, source: tuple[int, int, int], to: tuple[int, int, int], *, clocks: bool = True) -> None:
    """Put clocks and data of one direction on the pins, and have another one take them."""
    pins = (BCK_PIN, WS_PIN, DATA_PIN) if clocks else (DATA_PIN,)
    for pin, output, number in zip(pins, source[-len(pins) :], to[-len(pins) :], strict=True):
        put_out(port, pin, output)
        take_in(port, pin, number)


def rises(port: Port, pin: int, us: int) -> list[int]:
    """When the pin goes high in the next microseconds."""
    course, now = port.chip.block("GPIO").pins[pin].course, port.chip.machine.time_ticks
    return [at for at, level in edges_of(course, now, now + us * TICKS_PER_SECOND // 10**6) if level]


@pytest.mark.parametrize("side", ["TX", "RX"])
def test_a_master_puts_its_clocks_on_pins(two: tuple[Port, Port], side: str) -> None:
    port = two[0]
    bck, ws, _ = I2S0_TX if side == "TX" else I2S0_RX
    port.chip.write(f"I2S0.{side}_CONF1", port.chip.read(f"I2S0.{side}_CONF1") | 15)  # WS is as long as a slot
    put_out(port, BCK_PIN, bck)
    put_out(port, WS_PIN, ws)
    start = port.chip.machine.time_ticks
    if side == "TX":
        port.play([SOUND])
    else:
        port.hear(480, 1, eof=480)
    assert rises(port, WS_PIN, 100) == [start + FRAME // 2 + n * FRAME for n in range(5)]
    assert rises(port, BCK_PIN, 10)[:4] == [start + n * FRAME // 32 for n in range(1, 5)]
    port.chip.write(f"I2S0.{side}_CONF", BYPASS | TDM)
    assert rises(port, WS_PIN, 100) == rises(port, BCK_PIN, 100) == []


def test_a_rate_that_is_no_whole_number_of_ticks(two: tuple[Port, Port]) -> None:
    port = two[0]
    port.set_rate("TX", 2, 14, x=1, y=3, z=71, bck=8)
    port.chip.write("I2S0.TX_CONF1", port.chip.read("I2S0.TX_CONF1") | 15)
    put_out(port, WS_PIN, I2S0_TX[1])
    port.play([SOUND] * 3)
    times = rises(port, WS_PIN, 20_000)
    bclk = Fraction(160_000_000) / (14 + Fraction(71, 2 * 71 + 3)) / 8
    assert len(times) == int(bclk / 32 * Fraction(20, 1000) + Fraction(1, 2))
    exact = [times[0] + n * TICKS_PER_SECOND * 32 / bclk for n in range(len(times))]
    assert all(abs(at - moment) <= 1 for at, moment in zip(times, exact, strict=True))


@pytest.mark.parametrize(("chosen", "hz"), [(0, 12_288_000), (1, 20_000_000)])
def test_mclk_is_the_transmitters_or_the_receivers(two: tuple[Port, Port], chosen: int, hz: int) -> None:
    port = two[0]
    port.set_rate("RX", 0, 2, bck=4)
    put_out(port, MCLK_PIN, 23)
    assert rises(port, MCLK_PIN, 10) == []
    port.chip.write("I2S0.TX_CLKM_CONF", port.chip.read("I2S0.TX_CLKM_CONF") | 1 << 29)
    port.chip.write("I2S0.RX_CLKM_CONF", port.chip.read("I2S0.RX_CLKM_CONF") | chosen << 29)
    assert len(rises(port, MCLK_PIN, 1000)) in (hz // 1000, hz // 1000 - 1)


def test_what_is_sent_comes_back_over_a_pin(two: tuple[Port, Port]) -> None:
    port = two[0]
    wire_up(port, I2S0_TX, I2S0_RX, clocks=False)
    port.chip.write("I2S0.TX_CONF", BYPASS | TDM | 1 << 27)
    buffers = port.hear(480, 4, eof=480, conf=SLAVE)
    port.play([SOUND, SOUND[::-1]], conf=1 << 27)
    port.chip.run(ticks=480 * FRAME + 10)
    heard = b"".join(port.memory(buffer, 480) for buffer in buffers)
    assert heard == SOUND + SOUND[::-1]


def test_frames_keep_their_places_while_nothing_is_sent(two: tuple[Port, Port]) -> None:
    port = two[0]
    wire_up(port, I2S0_TX, I2S0_RX)
    port.codec.sound = b"\xff" * 10_000  # a device is not asked where the pin brings something
    buffers = port.hear(480, 4, eof=480, conf=SLAVE)
    port.play([SOUND[:400]])
    port.chip.run(ticks=199 * FRAME + FRAME // 2)
    port.chip.write("DMA.OUT_LINK_CH0", MEMORY & 0xFFFFF | 1 << 21)  # goes on with the next frame
    port.chip.run(ticks=281 * FRAME)
    heard = b"".join(port.memory(buffer, 480) for buffer in buffers)
    assert heard == SOUND[:400] + bytes(400) + SOUND[:400] + bytes(720)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("sends", ["master", "slave"])
def test_one_controller_clocks_the_other(two: tuple[Port, Port], sends: str, is_first: bool) -> None:
    master, slave = two
    if sends == "master":
        wire_up(master, I2S0_TX, I2S1_RX)
    else:
        put_out(master, WS_PIN, I2S0_RX[1])
        take_in(master, WS_PIN, I2S1_TX[1])
        wire_up(master, I2S1_TX, I2S0_RX, clocks=False)
    sender, receiver = (master, slave) if sends == "master" else (slave, master)
    buffers: list[int] = []
    for port in (master, slave) if is_first else (slave, master):
        master.chip.run(us=33)
        if port is sender:
            port.play([SOUND, SOUND[::-1]], conf=SLAVE if port is slave else 0)
        else:
            buffers = port.hear(480, 5, eof=480, conf=SLAVE if port is slave else 0)
    master.chip.run(ticks=606 * FRAME)
    heard = b"".join(receiver.memory(buffer, 480) for buffer in buffers)
    found = heard.index(SOUND[-40:] + SOUND[::-1])
    assert abs(found - (len(SOUND) - 40)) <= 2 * 4  # 33 us of silence, or of what was missed
    assert sender.codec.form == I2sFormat(2, 2, 48_000)
    assert heard[:found].strip(b"\0") in SOUND


def test_a_slave_stands_still_with_its_master(two: tuple[Port, Port]) -> None:
    master, slave = two
    wire_up(master, I2S0_TX, I2S1_TX)
    slave.play([SOUND], conf=SLAVE)
    master.chip.run(us=1000)
    assert slave.codec.played == b""
    master.chip.write("I2S0.TX_CONF", START | BYPASS | TDM | UPDATE)
    master.chip.run(ticks=100 * FRAME)
    master.chip.write("I2S0.TX_CONF", BYPASS | TDM)
    assert slave.codec.played == SOUND[:400]
    master.chip.run(us=10_000)
    master.chip.write("I2S0.TX_CONF", START | BYPASS | TDM | UPDATE)
    master.chip.run(ticks=140 * FRAME)
    assert slave.codec.played == SOUND


def test_an_inverted_ws_is_half_a_frame_late(two: tuple[Port, Port]) -> None:
    master, slave = two
    master.chip.write("I2S0.TX_CONF1", master.chip.read("I2S0.TX_CONF1") | 15)
    put_out(master, WS_PIN, I2S0_TX[1])
    take_in(master, WS_PIN, I2S1_TX[1], inverted=True)
    master.play([SOUND])
    start = master.chip.machine.time_ticks
    slave.play([SOUND[:40]], conf=SLAVE)
    master.chip.run(ticks=100 * FRAME)
    assert slave.codec.pieces == [(start + 10 * FRAME + FRAME // 2, 40)]


def test_the_slots_of_both_ends_may_differ(two: tuple[Port, Port]) -> None:
    master, slave = two
    master.set_bits("TX", 16, 32)
    slave.set_bits("RX", 24, 32)
    wire_up(master, I2S0_TX, I2S1_RX)
    (buffer,) = slave.hear(60, 1, eof=60, conf=SLAVE)
    master.play([SOUND[:40]])
    master.chip.run(ticks=20 * FRAME + 10)
    expected = b"".join(b"\0" + SOUND[at : at + 2] for at in range(0, 40, 2))
    assert slave.memory(buffer, 60) == expected


def test_bits_of_pdm_do_not_cross_a_pin(two: tuple[Port, Port]) -> None:
    port = two[0]
    wire_up(port, I2S0_TX, I2S0_RX, clocks=False)
    port.chip.write("I2S0.TX_PCM2PDM_CONF", 1 << 25 | 1 << 1)
    port.chip.write("I2S0.TX_CONF", BYPASS | TDM | 1 << 27)
    (buffer,) = port.hear(480, 1, eof=480, conf=SLAVE)
    port.put(buffer, b"\xff" * 8)
    port.play([SOUND], conf=PDM | 1 << 27)
    port.chip.run(us=100_000)
    assert port.memory(buffer, 480) == bytes(480)


# The rest


def test_the_interrupt_follows_its_enable_and_clear(port: Port) -> None:
    port.chip.write("I2S0.INT_ENA", TX_DONE)
    port.play([SOUND])
    port.chip.run(us=6000)
    assert (port.chip.level("I2S0.interrupt"), port.chip.read("I2S0.INT_ST")) == (1, TX_DONE)
    port.chip.write("I2S0.INT_CLR", TX_DONE)
    assert (port.chip.level("I2S0.interrupt"), port.chip.read("I2S0.INT_RAW")) == (0, 0)


def test_a_reset_ends_everything(port: Port, codec: Codec) -> None:
    port.play([SOUND])
    port.chip.run(us=1000)
    port.chip.machine.reset_block("I2S0")
    port.chip.run(us=10_000)
    assert codec.played == b""


@pytest.mark.parametrize(
    ("conf", "clock", "message"),
    [
        (BYPASS | PDM, 2, "I2S0.TX_CONF.TX_PDM_EN without a converter"),
        (TDM, 2, "I2S0.TX_CONF.TX_PCM_CONF"),
        (BYPASS | TDM, 3, "I2S0.TX_CLKM_CONF.TX_CLK_SEL 3: an external clock"),
    ],
)
def test_what_is_not_modelled_says_so(port: Port, conf: int, clock: int, message: str) -> None:
    port.set_rate("TX", clock, 4, bck=4)
    port.chip.write("I2S0.TX_CONF", START | conf)
    assert port.chip.machine.unmodelled.counts() == {message: 1}


# Sound files


@pytest.fixture
def sound_file(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(SOUND)
    return path


def wav(**options: Any) -> WavFile:
    device = WavFile(types.SimpleNamespace(name="SOUND"), **options)
    device.power_on()
    return device


def test_a_sound_file_is_heard(chip: Callable[..., Any], codec: Codec, sound_file: Path) -> None:
    port = Port(chip(), codec)
    port.chip.block("I2S0").devices[:] = [wav(record=str(sound_file))]
    (buffer,) = port.hear(len(SOUND), 1, eof=len(SOUND))
    port.chip.run(us=6000)
    assert port.memory(buffer, len(SOUND)) == SOUND


def test_what_is_played_is_a_sound_file(port: Port, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    port.chip.block("I2S0").add_device(wav(play=str(path)))
    port.play([SOUND] * 3)
    port.chip.run(us=20_000)
    with wave.open(str(path), "rb") as file:
        assert file.getparams()[:4] == (2, 2, 48_000, 3 * 240)
        assert file.readframes(720) == SOUND * 3


def test_mistakes_with_sound_files(tmp_path: Path, sound_file: Path) -> None:
    (tmp_path / "no.wav").write_text("no sound")
    with pytest.raises(UsageError, match=r"device SOUND: record: expected a WAV file, got '.*no.wav'"):
        wav(record=str(tmp_path / "no.wav"))
    with pytest.raises(UsageError, match="the file's 2 slots of 2 bytes, got 1 slots of 2 bytes"):
        wav(record=str(sound_file)).record(1, I2sFormat(1, 2, 48_000))
    with pytest.raises(UsageError, match=r"play: expected a file to write, got '.*missing/out.wav'"):
        wav(play=str(tmp_path / "missing" / "out.wav")).play(b"", I2sFormat(1, 2, 48_000))
