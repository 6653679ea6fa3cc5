"""DMA: lists of descriptors from memory to memory, and to and from peripherals; errors, interrupts, time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OWNER, EOF = 1 << 31, 1 << 30
START_OUT, START_IN, RESTART_OUT, RESTART_IN, STOP_OUT, STOP_IN = 1 << 21, 1 << 22, 1 << 22, 1 << 23, 1 << 20, 1 << 21
IN_DONE, IN_SUC_EOF, IN_DSCR_ERR, IN_DSCR_EMPTY = 1 << 0, 1 << 1, 1 << 3, 1 << 4
OUT_DONE, OUT_EOF, OUT_DSCR_ERR, OUT_TOTAL_EOF = 1 << 0, 1 << 1, 1 << 2, 1 << 3
PARKED_IN, PARKED_OUT = 1 << 24, 1 << 23
MEM_TRANS_EN, CHECK_OWNER, AUTO_WRBACK, LOOP_TEST = 1 << 4, 1 << 12, 1 << 2, 1 << 1
LISTS, SOURCE, TARGET = 0x3FC9_0000, 0x3FCA_0000, 0x3FCC_0000
RMT = 9


class Controller:
    """The chip's DMA, with lists of descriptors and buffers in its memory."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        self.block = chip.block("DMA")
        self.free = LISTS

    def write_memory(self, address: int, content: bytes) -> None:
        self.chip.machine.dma_write(address, content)

    def read_memory(self, address: int, length: int) -> bytes:
        return bytes(self.chip.machine.dma_read(address, length))

    def word(self, address: int) -> int:
        return int.from_bytes(self.read_memory(address, 4), "little")

    def put(self, *words: int) -> int:
        """Store words and return where."""
        address, self.free = self.free, self.free + 4 * len(words)
        self.write_memory(address, b"".join(word.to_bytes(4, "little") for word in words))
        return address

    def chain(self, flags: list[int], buffers: list[int], *, then: int = 0) -> list[int]:
        """Store a list of descriptors and return their addresses."""
        first = self.free
        places = [first + 12 * n for n in range(len(flags))]
        for n, (word, buffer) in enumerate(zip(flags, buffers, strict=True)):
            self.put(word, buffer, places[n + 1] if n + 1 < len(places) else then)
        return places

    def outgoing(self, pieces: list[bytes], at: int = SOURCE, **options: int) -> list[int]:
        """Store `pieces` and a list that sends them, EOF with the last."""
        buffers = []
        for piece in pieces:
            buffers.append(at)
            self.write_memory(at, piece)
            at += len(piece) + 3
        flags = [OWNER | len(piece) << 12 | len(piece) for piece in pieces]
        return self.chain([*flags[:-1], flags[-1] | EOF], buffers, **options)

    def incoming(self, sizes: list[int], at: int = TARGET) -> list[int]:
        """Store a list that takes in as many bytes."""
        buffers = [at + 0x1000 * n for n in range(len(sizes))]
        return self.chain([OWNER | size for size in sizes], buffers)

    def received(self, places: list[int]) -> list[bytes]:
        """Return what the descriptors that were given back have received."""
        used = [place for place in places if not self.word(place) & OWNER]
        return [self.read_memory(self.word(place + 4), self.word(place) >> 12 & 0xFFF) for place in used]

    def start_out(self, address: int, n: int = 0) -> None:
        self.chip.write(f"DMA.OUT_LINK_CH{n}", address & 0xF_FFFF | START_OUT)

    def start_in(self, address: int, n: int = 0) -> None:
        self.chip.write(f"DMA.IN_LINK_CH{n}", address & 0xF_FFFF | START_IN)

    def copy(self, out: list[int], into: list[int], n: int = 0) -> None:
        self.chip.write(f"DMA.IN_CONF0_CH{n}", MEM_TRANS_EN)
        self.start_in(into[0], n)
        self.start_out(out[0], n)

    def raw(self, direction: str, n: int = 0) -> int:
        value: int = self.chip.read(f"DMA.{direction}_INT_RAW_CH{n}")
        self.chip.write(f"DMA.{direction}_INT_CLR_CH{n}", value)
        return value


@pytest.fixture
def dma(chip: Callable[..., Any]) -> Controller:
    return Controller(chip())


# Memory to memory


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.binary(max_size=200), min_size=1, max_size=8), sizes=st.lists(st.integers(1, 150), min_size=1)
)
def test_a_copy_moves_what_has_room_in_order(dma: Controller, pieces: list[bytes], sizes: list[int]) -> None:
    dma.free = LISTS
    for direction in ("IN", "OUT"):
        dma.chip.write(f"DMA.{direction}_CONF0_CH0", 1)
        dma.chip.write(f"DMA.{direction}_CONF0_CH0", 0)
        dma.raw(direction)
    into = dma.incoming(sizes)
    dma.copy(dma.outgoing(pieces), into)
    dma.chip.run(us=200)
    content = b"".join(pieces)
    received = dma.received(into)
    if len(content) < sum(sizes) or (len(content) == sum(sizes) and pieces[-1]):
        assert b"".join(received) == content
        assert dma.word(into[len(received) - 1]) & EOF
        assert dma.raw("IN") == IN_DONE | IN_SUC_EOF
        assert dma.raw("OUT") == OUT_DONE | OUT_EOF | OUT_TOTAL_EOF
    else:
        assert received == [content[sum(sizes[:n]) :][:size] for n, size in enumerate(sizes)]
        assert dma.raw("IN") == IN_DONE | IN_DSCR_EMPTY
    assert all(len(piece) == size for piece, size in zip(received[:-1], sizes, strict=False))


def test_a_copy_takes_two_bus_cycles_a_word(dma: Controller) -> None:
    into = dma.incoming([400])
    dma.copy(dma.outgoing([bytes(range(200)) * 2]), into)
    dma.chip.run(us=10)  # 12 cycles and 2 for each of 100 words take 10.6 us at 20 MHz
    assert dma.raw("IN") == 0
    dma.chip.run(us=1)
    assert dma.raw("IN") == IN_DONE | IN_SUC_EOF


def test_channels_copy_beside_each_other(dma: Controller) -> None:
    lists = [dma.incoming([64], TARGET + 0x100 * n) for n in range(5)]
    for n, into in enumerate(lists):
        dma.copy(dma.outgoing([bytes([n]) * 64], SOURCE + 0x100 * n), into, n)
    dma.chip.run(us=20)
    assert [dma.received(into) for into in lists] == [[bytes([n]) * 64] for n in range(5)]


def test_stop_and_reset_end_a_copy(dma: Controller) -> None:
    for stop in (("OUT_LINK", STOP_OUT), ("IN_LINK", STOP_IN), ("OUT_CONF0", 1), ("IN_CONF0", MEM_TRANS_EN | 1)):
        into = dma.incoming([64])
        dma.copy(dma.outgoing([b"x" * 64]), into)
        dma.chip.write(f"DMA.{stop[0]}_CH0", stop[1])
        dma.chip.run(us=20)
        assert dma.received(into) == []
        dma.chip.write("DMA.OUT_CONF0_CH0", 0)
        dma.chip.write("DMA.IN_CONF0_CH0", MEM_TRANS_EN)


def test_external_memory_through_the_mmu(dma: Controller) -> None:
    dma.chip.machine.io_write(0, 0x600C_5000 + 4 * 5, 4, 0x8000 | 3)
    into = dma.chain([OWNER | 64], [0x3C05_0000])
    dma.copy(dma.outgoing([b"external" * 8]), into)
    dma.chip.run(us=20)
    assert dma.read_memory(0x3C05_0000, 64) == b"external" * 8
    dma.copy(dma.chain([OWNER | EOF | 16 << 12 | 16], [0x3C05_0008]), dma.incoming([16]))
    dma.chip.run(us=20)
    assert dma.read_memory(TARGET, 16) == b"external" * 2


# A peripheral's side


def to_rmt(dma: Controller) -> None:
    dma.chip.write("DMA.OUT_PERI_SEL_CH2", RMT)
    dma.chip.write("DMA.IN_PERI_SEL_CH3", RMT)


def test_take_goes_from_descriptor_to_descriptor(dma: Controller) -> None:
    to_rmt(dma)
    places = dma.outgoing([b"abc", b"defg", b"hi"])
    dma.start_out(places[0], 2)
    assert not dma.chip.read("DMA.OUT_LINK_CH2") & PARKED_OUT
    assert dma.block.left(RMT, is_out=True) == 3
    assert dma.block.take(RMT, 2) == b"ab"
    assert dma.block.left(RMT, is_out=True) == 1
    assert dma.raw("OUT", 2) == 0
    assert dma.block.take(RMT, 3) == b"cde"
    assert dma.raw("OUT", 2) == OUT_DONE
    assert [dma.chip.read(f"DMA.OUT_DSCR{which}_CH2") for which in ("", "_BF0")] == [places[1], places[0]]
    assert dma.chip.read("DMA.OUT_STATE_CH2") == places[1] & 0x3_FFFF
    assert dma.block.take(RMT, 100) == b"fghi"
    assert dma.raw("OUT", 2) == OUT_DONE | OUT_EOF | OUT_TOTAL_EOF
    assert dma.chip.read("DMA.OUT_EOF_DES_ADDR_CH2") == places[2]
    assert dma.chip.read("DMA.OUT_EOF_BFR_DES_ADDR_CH2") == places[1]
    assert dma.chip.read("DMA.OUT_LINK_CH2") & PARKED_OUT
    assert dma.block.left(RMT, is_out=True) == 0
    assert dma.block.take(RMT, 1) == b""


def test_give_fills_descriptors_and_closes_the_last_of_a_frame(dma: Controller) -> None:
    to_rmt(dma)
    places = dma.incoming([4, 4, 4])
    dma.start_in(places[0], 3)
    assert dma.block.give(RMT, b"abcdef") == 6
    assert dma.raw("IN", 3) == IN_DONE
    assert dma.received(places) == [b"abcd"]
    assert dma.block.give(RMT, b"g", eof=True) == 1
    assert dma.raw("IN", 3) == IN_DONE | IN_SUC_EOF
    assert dma.chip.read("DMA.IN_SUC_EOF_DES_ADDR_CH3") == places[1]
    assert [dma.word(place) for place in places] == [4 << 12 | 4, EOF | 3 << 12 | 4, OWNER | 4]
    assert dma.block.give(RMT, b"next frame") == 4
    assert dma.raw("IN", 3) == IN_DONE | IN_DSCR_EMPTY
    assert dma.received(places) == [b"abcd", b"efg", b"next"]


def test_a_ring_goes_round_and_eof_does_not_end_it(dma: Controller) -> None:
    to_rmt(dma)
    places = dma.outgoing([b"abc", b"de"], then=LISTS)
    dma.start_out(places[0], 2)
    assert dma.block.take(RMT, 12) == b"abcdeabcdeab"
    assert dma.raw("OUT", 2) == OUT_DONE | OUT_EOF


def test_a_ring_without_bytes_gives_none(dma: Controller) -> None:
    to_rmt(dma)
    dma.start_out(dma.chain([OWNER], [SOURCE], then=LISTS)[0], 2)
    assert dma.block.take(RMT, 4) == b""


def test_restart_goes_on_with_what_was_appended(dma: Controller) -> None:
    to_rmt(dma)
    first = dma.outgoing([b"abc"])[0]
    dma.start_out(first, 2)
    assert dma.block.take(RMT, 9) == b"abc"
    second = dma.outgoing([b"def"], SOURCE + 64)[0]
    dma.write_memory(first + 8, second.to_bytes(4, "little"))
    assert dma.block.take(RMT, 9) == b""
    dma.chip.write("DMA.OUT_LINK_CH2", RESTART_OUT)
    assert dma.block.take(RMT, 2) == b"de"
    third = dma.outgoing([b"ghi"], SOURCE + 128)[0]
    dma.write_memory(second + 8, third.to_bytes(4, "little"))
    dma.chip.write("DMA.OUT_LINK_CH2", RESTART_OUT)
    assert dma.block.take(RMT, 9) == b"fghi"


def test_restart_of_a_channel_that_never_ran_does_nothing(dma: Controller) -> None:
    to_rmt(dma)
    dma.chip.write("DMA.IN_LINK_CH3", RESTART_IN)
    dma.chip.write("DMA.OUT_LINK_CH2", RESTART_OUT)
    assert dma.block.give(RMT, b"x") == 0
    assert dma.block.take(RMT, 1) == b""
    assert (dma.raw("IN", 3), dma.raw("OUT", 2)) == (0, 0)


def test_listeners_hear_of_starts_for_their_peripheral(dma: Controller) -> None:
    heard: list[str] = []
    dma.block.listen(RMT, lambda is_out: heard.append("out" if is_out else "in"))
    dma.block.listen(RMT - 1, lambda is_out: heard.append("wrong"))
    to_rmt(dma)
    dma.start_out(dma.outgoing([b"abc"])[0], 2)
    dma.start_in(dma.incoming([4])[0], 3)
    dma.chip.write("DMA.OUT_LINK_CH2", RESTART_OUT)
    dma.start_out(dma.outgoing([b"abc"])[0], 1)
    assert heard == ["out", "in", "out"]


def test_a_channel_for_memory_serves_no_peripheral(dma: Controller) -> None:
    to_rmt(dma)
    dma.chip.write("DMA.IN_CONF0_CH2", MEM_TRANS_EN)
    dma.start_out(dma.outgoing([b"abc"])[0], 2)
    assert dma.block.take(RMT, 3) == b""


def test_auto_write_back_and_loop_test(dma: Controller) -> None:
    to_rmt(dma)
    for conf, owners in ((0, OWNER), (AUTO_WRBACK, 0), (AUTO_WRBACK | LOOP_TEST, OWNER)):
        dma.chip.write("DMA.OUT_CONF0_CH2", conf)
        place = dma.outgoing([b"abc"])[0]
        dma.start_out(place, 2)
        assert dma.block.take(RMT, 3) == b"abc"
        assert dma.word(place) == owners | EOF | 3 << 12 | 3
    dma.chip.write("DMA.IN_CONF0_CH3", LOOP_TEST)
    place = dma.incoming([4])[0]
    dma.start_in(place, 3)
    dma.block.give(RMT, b"abcd")
    assert dma.word(place) == OWNER | 4 << 12 | 4


# Errors

BAD_OUT = [
    ("the CPU's", CHECK_OWNER, 4 << 12 | 4, SOURCE, 0),
    ("a buffer in ROM", 0, OWNER | 4 << 12 | 4, 0x3FF0_0000, 0),
    ("a buffer in RTC memory", 0, OWNER | 4 << 12 | 4, 0x600F_E000, 0),
    ("a buffer in instruction RAM", 0, OWNER | 4 << 12 | 4, 0x4037_8000, 0),
    ("a buffer that is not mapped", 0, OWNER | 4 << 12 | 4, 0x3C00_0000, 0),
    ("a buffer beyond the end", 0, OWNER | 8 << 12 | 8, 0x3FCF_FFFC, 0),
    ("a next address in ROM", 0, OWNER | 4 << 12 | 4, SOURCE, 0x3FF0_0000),
    ("a next address that is not aligned", 0, OWNER | 4 << 12 | 4, SOURCE, LISTS + 2),
    ("a next address beyond the end", 0, OWNER | 4 << 12 | 4, SOURCE, 0x3FCF_FFFC),
]


@pytest.mark.parametrize(("what", "conf", "flags", "buffer", "then"), BAD_OUT, ids=[row[0] for row in BAD_OUT])
def test_an_out_descriptor_that_cannot_be_used(
    dma: Controller, what: str, conf: int, flags: int, buffer: int, then: int
) -> None:
    to_rmt(dma)
    dma.chip.write("DMA.OUT_CONF1_CH2", conf)
    dma.write_memory(SOURCE, b"good")
    dma.start_out(dma.chain([flags], [buffer], then=then)[0], 2)
    assert dma.block.take(RMT, 8) == (b"good" if then else b"")
    assert dma.raw("OUT", 2) == OUT_DSCR_ERR | (OUT_DONE if then else 0)
    assert dma.chip.read("DMA.OUT_LINK_CH2") & PARKED_OUT
    dma.chip.write("DMA.OUT_LINK_CH2", RESTART_OUT)
    assert dma.block.take(RMT, 8) == b""


BAD_IN = [
    ("the CPU's", CHECK_OWNER, 4, TARGET),
    ("no room", 0, OWNER, TARGET),
    ("a buffer in ROM", 0, OWNER | 4, 0x3FF0_0000),
    ("a buffer in flash", 0, OWNER | 4, 0x3C00_0000),
]


@pytest.mark.parametrize(("what", "conf", "flags", "buffer"), BAD_IN, ids=[row[0] for row in BAD_IN])
def test_an_in_descriptor_that_cannot_be_used(dma: Controller, what: str, conf: int, flags: int, buffer: int) -> None:
    dma.chip.machine.io_write(0, 0x600C_5000, 4, 0)
    to_rmt(dma)
    dma.chip.write("DMA.IN_CONF1_CH3", conf)
    place = dma.chain([flags], [buffer])[0]
    dma.start_in(place, 3)
    assert dma.block.give(RMT, b"abcd", eof=True) == 0
    assert dma.raw("IN", 3) == IN_DSCR_ERR
    assert dma.chip.read("DMA.IN_LINK_CH3") & PARKED_IN
    assert dma.word(place) == flags


def test_a_ring_whose_descriptors_are_given_one_by_one(dma: Controller) -> None:
    """ESP-IDF 4.4 starts a ring of descriptors that are all the CPU's, and restarts for each that it hands over."""
    dma.chip.write("DMA.IN_CONF0_CH0", MEM_TRANS_EN)
    dma.chip.write("DMA.IN_CONF1_CH0", CHECK_OWNER)
    dma.chip.write("DMA.OUT_CONF1_CH0", CHECK_OWNER)
    dma.chip.write("DMA.OUT_CONF0_CH0", AUTO_WRBACK)
    out = dma.chain([0, 0, 0], [0, 0, 0], then=LISTS)
    into = dma.chain([0, 0, 0], [0, 0, 0], then=LISTS + 36)
    dma.start_in(into[0])
    dma.start_out(out[0])
    for n in range(7):
        assert (dma.raw("IN"), dma.raw("OUT")) == ((IN_DSCR_ERR, OUT_DSCR_ERR) if n == 0 else (0, 0))
        content = bytes([n]) * (20 + n)
        dma.write_memory(SOURCE, content)
        size = len(content)
        for place, words in ((into[n % 3], (OWNER | size, TARGET)), (out[n % 3], (OWNER | EOF | size << 12, SOURCE))):
            dma.write_memory(place, b"".join(word.to_bytes(4, "little") for word in words))
        dma.chip.write("DMA.IN_LINK_CH0", RESTART_IN)
        dma.chip.write("DMA.OUT_LINK_CH0", RESTART_OUT)
        dma.chip.run(us=20)
        assert dma.read_memory(TARGET, size) == content
        assert dma.chip.read("DMA.IN_SUC_EOF_DES_ADDR_CH0") == into[n % 3]
        assert dma.raw("IN") == IN_DONE | IN_SUC_EOF | IN_DSCR_ERR
        assert dma.raw("OUT") == OUT_DONE | OUT_EOF | OUT_DSCR_ERR


def test_owner_is_ignored_unless_it_is_to_be_checked(dma: Controller) -> None:
    to_rmt(dma)
    dma.write_memory(SOURCE, b"good")
    dma.start_out(dma.chain([4 << 12 | 4], [SOURCE])[0], 2)
    assert dma.block.take(RMT, 4) == b"good"
    assert dma.raw("OUT", 2) == OUT_DONE


def test_a_start_under_reset_does_nothing(dma: Controller) -> None:
    to_rmt(dma)
    dma.chip.write("DMA.OUT_CONF0_CH2", 1)
    dma.start_out(dma.outgoing([b"abc"])[0], 2)
    assert dma.block.take(RMT, 3) == b""


# Interrupts


def test_each_direction_has_its_interrupt(dma: Controller) -> None:
    to_rmt(dma)
    dma.chip.write("DMA.OUT_INT_ENA_CH2", OUT_EOF)
    dma.start_out(dma.outgoing([b"abc", b"def"])[0], 2)
    dma.block.take(RMT, 3)
    assert dma.chip.level("DMA.out_ch2") == 0
    dma.block.take(RMT, 3)
    assert dma.chip.level("DMA.out_ch2") == 1
    assert dma.chip.read("DMA.OUT_INT_ST_CH2") == OUT_EOF
    assert dma.chip.level("DMA.in_ch2") == 0
    dma.chip.write("DMA.OUT_INT_CLR_CH2", OUT_EOF)
    assert dma.chip.level("DMA.out_ch2") == 0
    assert dma.chip.read("DMA.OUT_INT_RAW_CH2") == OUT_DONE | OUT_TOTAL_EOF
    dma.chip.write("DMA.OUT_INT_ENA_CH2", OUT_DONE)
    assert dma.chip.level("DMA.out_ch2") == 1
    dma.chip.write("DMA.OUT_INT_RAW_CH2", OUT_DONE)
    assert dma.chip.level("DMA.out_ch2") == 0


def test_an_interrupt_reaches_the_matrix_by_its_source(dma: Controller) -> None:
    dma.chip.write("INTERRUPT_CORE0.DMA_IN_CH3_INT_MAP", 9)
    dma.chip.write("DMA.IN_INT_ENA_CH3", IN_SUC_EOF)
    to_rmt(dma)
    dma.start_in(dma.incoming([4])[0], 3)
    dma.block.give(RMT, b"x", eof=True)
    assert dma.chip.block("INTERRUPT_CORE0").signals["lines"].level == 1 << 9


def test_the_reset_bit_of_the_block_stops_all(dma: Controller) -> None:
    into = dma.incoming([64])
    dma.copy(dma.outgoing([b"x" * 64]), into)
    dma.chip.write("SYSTEM.PERIP_RST_EN1", 1 << 6)
    dma.chip.run(us=20)
    assert dma.received(into) == []
    assert dma.chip.read("DMA.IN_PERI_SEL_CH0") == 0x3F


def test_fifos_by_hand_are_reported(dma: Controller) -> None:
    dma.chip.write("DMA.IN_POP_CH0", 1 << 12)
    dma.chip.write("DMA.OUT_PUSH_CH4", 1 << 9)
    assert set(dma.chip.machine.unmodelled.counts()) == {
        "DMA.IN_POP_CH0.INFIFO_POP",
        "DMA.OUT_PUSH_CH4.OUTFIFO_PUSH",
    }
