"""RMT: exact pulses out, the same pulses in, memory, thresholds, loops, DMA."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esp32s3.rmt import RMT
from esp32s3.rmt_rx import NONE, Ear
from twincore.model import TICKS_PER_SECOND
from twincore.waveform import Periodic

TX_START, MEM_RD_RST, APB_MEM_RST, CONTI, WRAP = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4
IDLE_HIGH, IDLE_EN, TX_STOP, CONF_UPDATE, TX_DMA = 1 << 5, 1 << 6, 1 << 7, 1 << 24, 1 << 25
CARRIER, CARRIER_ON_HIGH, CARRIER_WHILE_SENDING = 1 << 21, 1 << 22, 1 << 20
DIV_40, ONE_BLOCK = 40 << 8, 1 << 16
TX = DIV_40 | ONE_BLOCK | CARRIER_WHILE_SENDING
"""A tick is a microsecond: 40 MHz divided by 40."""
TICK = TICKS_PER_SECOND // 1_000_000
XTAL = 3 << 24 | 1 << 26 | 1
"""SYS_CONF: rmt_sclk is the crystal's 40 MHz, memory is accessed directly."""
COUNT_LOOPS, STOP_LOOPS = 1 << 19, 1 << 21

RX_EN, MEM_WR_RST, RX_FILTER = 1 << 0, 1 << 1, 1 << 4
RX_DIV_40, RX_BLOCK = 40, 1 << 24

PIN = 4


def entry(first: tuple[int, int], second: tuple[int, int] = (0, 0)) -> int:
    """Two pulses, (level, ticks) each."""
    (level0, ticks0), (level1, ticks1) = first, second
    return level0 << 15 | ticks0 | (level1 << 15 | ticks1) << 16


def interrupt(kind: str, channel: int = 0) -> int:
    return 1 << {"end": 0, "err": 4, "thr": 8, "loop": 12, "rx_end": 16, "rx_err": 20, "rx_thr": 24}[kind] + channel


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    made = chip()
    made.write("RMT.SYS_CONF", XTAL)
    made.write(f"GPIO.FUNC{PIN}_OUT_SEL_CFG", 81)
    made.write(f"IO_MUX.GPIO{PIN}", 1 << 12 | 1 << 9)
    return made


def fill(s3: Any, *entries: int, channel: int = 0, offset: int = 0) -> None:
    for n, word in enumerate(entries):
        s3.write(f"RMT.MEM{channel * 48 + offset + n}", word)


def send(s3: Any, conf: int = TX, channel: int = 0) -> None:
    s3.write(f"RMT.CH{channel}_TX_CONF0", conf | MEM_RD_RST)
    s3.write(f"RMT.CH{channel}_TX_CONF0", conf | CONF_UPDATE | TX_START)


def gaps(s3: Any, gpio: int = PIN) -> list[float]:
    return [round(after[0] - before[0], 3) for before, after in pairwise(s3.edges_us(gpio))]


def raw(s3: Any) -> int:
    return int(s3.read("RMT.INT_RAW"))


# Transmitter


def test_pulses_are_exact(s3: Any) -> None:
    s3.run(us=10)
    start = s3.machine.time_ns / 1000
    fill(s3, entry((1, 3), (0, 7)), entry((1, 100), (0, 1)), entry((1, 2), (0, 0)))
    send(s3)
    s3.run(us=200)
    assert s3.edges_us(PIN)[0] == (pytest.approx(start, abs=0.001), 1)
    assert gaps(s3) == [3, 7, 100, 1, 2]


def test_pulses_of_one_level_join(s3: Any) -> None:
    fill(s3, entry((1, 3), (1, 4)), entry((1, 5), (0, 6)), entry((0, 7), (1, 8)), 0)
    send(s3)
    s3.run(us=100)
    assert gaps(s3) == [12, 13, 8]


def test_the_end_raises_its_interrupt_at_its_time(s3: Any) -> None:
    s3.write("RMT.INT_ENA", interrupt("end"))
    fill(s3, entry((1, 30), (0, 20)), 0)
    send(s3)
    levels = []
    for duration in (46, 5):
        s3.run(us=duration)
        levels.append(s3.level("RMT.interrupt"))
    assert levels == [0, 1]
    assert (s3.read("RMT.INT_ST"), raw(s3)) == (interrupt("end"), interrupt("end"))
    s3.write("RMT.INT_CLR", interrupt("end"))
    assert s3.level("RMT.interrupt") == 0


def test_an_unwatched_transmission_needs_one_event(s3: Any) -> None:
    fill(s3, *[entry((1, 3), (0, 7))] * 40, 0)
    send(s3)
    assert [event.owner for event in s3.machine.events.pending() if event.owner in ("RMT", "GPIO")] == ["RMT"]


@pytest.mark.parametrize(
    ("conf", "marker", "level"),
    [(0, 0, 0), (0, 1 << 31, 1), (IDLE_EN, 1 << 31, 0), (IDLE_EN | IDLE_HIGH, 0, 1)],
    ids=["marker low", "marker high", "fixed low", "fixed high"],
)
def test_idle_level(s3: Any, conf: int, marker: int, level: int) -> None:
    fill(s3, entry((1 - level, 5)) | marker)
    send(s3, TX | conf)
    s3.run(us=50)
    assert s3.pin(PIN).level == level


@pytest.mark.parametrize(("div", "ticks"), [(1, 0.025), (3, 0.075), (0, 6.4)])
def test_divider(s3: Any, div: int, ticks: float) -> None:
    fill(s3, entry((1, 10), (0, 10)), entry((1, 1)))
    send(s3, ONE_BLOCK | div << 8)
    s3.run(us=300)
    assert gaps(s3)[:2] == [pytest.approx(10 * ticks, abs=0.0011)] * 2


def test_fractional_divider_of_the_clock(s3: Any) -> None:
    s3.write("RMT.SYS_CONF", XTAL | 2 << 18 | 1 << 12 | 1 << 4)  # 40 MHz / 2.5
    fill(s3, entry((1, 16), (0, 16)), entry((1, 1)))
    send(s3, ONE_BLOCK | 1 << 8)
    s3.run(us=30)
    assert gaps(s3)[:2] == [1.0, 1.0]


def test_without_a_clock_nothing_moves(s3: Any) -> None:
    s3.write("RMT.SYS_CONF", XTAL & ~(1 << 26))
    fill(s3, entry((1, 10), (0, 10)), 0)
    send(s3)
    s3.run(us=100)
    assert (raw(s3), len(s3.edges_us(PIN))) == (0, 1)
    s3.write("RMT.SYS_CONF", XTAL)
    s3.run(us=100)
    assert raw(s3) == interrupt("end")


def test_memory_that_is_over_without_an_end_is_an_error(s3: Any) -> None:
    fill(s3, *[entry((1, 1), (0, 1))] * 48)
    send(s3)
    s3.run(us=90)
    before = raw(s3)
    s3.run(us=20)
    assert (before, raw(s3), s3.read("RMT.CH0_TX_STATUS") >> 25 & 1) == (0, interrupt("err"), 1)
    assert len(s3.edges_us(PIN)) == 96


def test_two_blocks(s3: Any) -> None:
    fill(s3, *[entry((1, 1), (0, 1))] * 60, 0)
    send(s3, DIV_40 | 2 << 16)
    s3.run(us=150)
    assert (raw(s3), len(s3.edges_us(PIN))) == (interrupt("end"), 120)


def test_ping_pong_with_a_threshold(s3: Any) -> None:
    """Half of the memory is filled again each time the other half has been sent."""
    s3.write("RMT.CH0_TX_LIM", 24)
    fill(s3, *[entry((1, 1), (0, 1))] * 48)
    send(s3, TX | WRAP)
    thresholds = []
    for number in range(1, 5):
        while not raw(s3) & interrupt("thr"):
            s3.run(ticks=1)
        thresholds.append(round(s3.machine.time_ns / 1000))
        s3.write("RMT.INT_CLR", interrupt("thr"))
        half = (number - 1) % 2 * 24
        if number < 4:
            fill(s3, *[entry((1, number + 1), (0, 1))] * 24, offset=half)
        else:
            fill(s3, 0, offset=half)
    s3.run(us=200)
    assert raw(s3) & interrupt("end")
    widths = gaps(s3)[::2]
    assert widths == [1] * 48 + [2] * 24 + [3] * 24 + [4] * 24
    assert thresholds == [48, 96, 168, pytest.approx(264, abs=4)]


def test_what_is_written_ahead_is_sent_and_what_is_behind_is_not(s3: Any) -> None:
    fill(s3, *[entry((1, 10), (0, 10))] * 5, 0)
    send(s3)
    s3.run(us=45)  # in the third entry
    fill(s3, *[entry((1, 3), (0, 3))] * 5)
    s3.run(us=100)
    assert gaps(s3) == [10, 10, 10, 10, 10, 10, 3, 3, 3]


def test_the_status_shows_where_it_reads(s3: Any) -> None:
    fill(s3, *[entry((1, 10), (0, 10))] * 5, 0, channel=1)
    send(s3, channel=1)
    s3.run(us=50)
    status = s3.read("RMT.CH1_TX_STATUS")
    assert (status & 0x3FF, status >> 22 & 7) == (48 + 3, 1)
    s3.run(us=100)
    assert s3.read("RMT.CH1_TX_STATUS") >> 22 & 7 == 0


def test_stop(s3: Any) -> None:
    fill(s3, *[entry((1, 10), (0, 10))] * 5, 0)
    send(s3)
    s3.run(us=22)
    s3.write("RMT.CH0_TX_CONF0", TX | TX_STOP)
    s3.write("RMT.CH0_TX_CONF0", TX | TX_STOP | CONF_UPDATE)
    s3.run(us=100)
    assert (len(s3.edges_us(PIN)), s3.pin(PIN).level, raw(s3)) == (4, 0, 0)
    assert s3.read("RMT.CH0_TX_CONF0") & TX_STOP == 0


def test_a_divider_changes_in_the_middle(s3: Any) -> None:
    fill(s3, *[entry((1, 10), (0, 10))] * 3, 0)
    send(s3)
    s3.run(us=25)
    s3.write("RMT.CH0_TX_CONF0", ONE_BLOCK | 80 << 8)
    s3.run(us=200)
    assert gaps(s3)[:2] == [10, 10]
    assert gaps(s3)[-1] == 20


def test_memory_through_the_fifo(s3: Any) -> None:
    s3.write("RMT.SYS_CONF", XTAL & ~1)
    s3.write("RMT.CH0_TX_CONF0", TX | APB_MEM_RST)
    for word in (entry((1, 3), (0, 7)), entry((1, 9))):
        s3.write("RMT.CH0DATA", word)
    assert s3.read("RMT.CH0_TX_STATUS") >> 11 & 0x3FF == 2
    send(s3)
    s3.run(us=50)
    assert gaps(s3) == [3, 7, 9]


def sent_by_the_book(
    memory: list[int], stores: list[tuple[int, int, int]], limit: int, wraps: bool, until: int
) -> tuple[list[int], list[int], list[int]]:
    """The level and the next word's place in each microsecond, and the thresholds: words are read one by one."""
    memory, stores = list(memory), list(stores)
    levels: list[int] = []
    places: list[int] = []
    thresholds: list[int] = []
    place = count = 0
    while True:
        while stores and stores[0][0] < len(levels):
            _, at, word = stores.pop(0)
            memory[at] = word
        if place == 48 and not wraps:
            levels.append(0)
            break
        word = memory[place % 48]
        place = place % 48 + 1
        for half in (word & 0xFFFF, word >> 16):
            levels += [half >> 15] * (half & 0x7FFF)
            places += [place] * (half & 0x7FFF)
            if not half & 0x7FFF:
                levels += [half >> 15] * until
                break
        else:
            count += 1
            if count == limit:
                count = 0
                thresholds.append(len(levels))
            if len(levels) < until:
                continue
        break
    levels += levels[-1:] * until
    return levels[:until], places[:until], [at for at in thresholds if at < until]


def any_pulses(chance: random.Random) -> int:
    first, second = ((chance.randrange(2), chance.randint(1, 9)) for _ in range(2))
    return entry(first, second)


@pytest.mark.parametrize("seed", range(40))
def test_stores_while_it_sends(bench: Callable[..., Any], seed: int) -> None:
    chance = random.Random(seed)
    memory = [any_pulses(chance) for _ in range(48)]
    times = sorted(chance.randrange(900) for _ in range(chance.randrange(40)))
    stores = [(time, chance.randrange(48), any_pulses(chance) if chance.random() < 0.9 else 0) for time in times]
    limit, wraps = chance.choice([5, 24, 30, 48, 200]), seed % 4 > 0
    rmt = bench(RMT)
    rmt.write("SYS_CONF", XTAL)
    for n, word in enumerate(memory):
        rmt.write(f"MEM{n}", word)
    rmt.write("CH0_TX_LIM", limit)
    rmt.write("CH0_TX_CONF0", TX | (WRAP if wraps else 0) | MEM_RD_RST | TX_START)
    until = 1000
    levels, places, thresholds = sent_by_the_book(memory, stores, limit, wraps, until)
    seen, thresholds_seen = [], []
    for at in range(until):
        rmt.run(ticks=TICK // 2)
        seen.append(rmt.block.outputs[0].level)
        if rmt.read("INT_RAW") & interrupt("thr"):
            rmt.write("INT_CLR", interrupt("thr"))
            thresholds_seen.append(at)
        while stores and stores[0][0] == at:
            if at < len(places):
                assert rmt.read("CH0_TX_STATUS") & 0x3FF == places[at]
            _, n, word = stores.pop(0)
            rmt.write(f"MEM{n}", word)
        rmt.run(ticks=TICK - TICK // 2)
    assert seen == levels
    assert thresholds_seen == thresholds


def test_only_stores_to_what_is_being_sent_need_python(bench: Callable[..., Any]) -> None:
    rmt = bench(RMT)
    rmt.write("SYS_CONF", XTAL)
    for n in range(48):
        rmt.write(f"MEM{n}", entry((1, 1), (0, 1)))
    rmt.write("CH0_TX_LIM", 24)
    followed = []
    for wait in (0, 47, 2, 48):
        rmt.run(us=wait)
        if not followed:
            rmt.write("CH0_TX_CONF0", TX | WRAP | MEM_RD_RST | TX_START)
        first = rmt.offsets["MEM0"] // 4
        followed.append([n for n in range(384) if rmt.context.written_on_demand.get(first + n)])
    first_half, second_half = list(range(24)), list(range(24, 48))
    assert followed == [first_half[1:], first_half[1:], second_half[1:], first_half[1:]]


# Loops


def test_an_endless_loop_needs_no_event(s3: Any) -> None:
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3, TX | CONTI)
    s3.run(us=95)
    assert gaps(s3) == [*[3, 7] * 9, 3]
    assert [event for event in s3.machine.events.pending() if event.owner in ("RMT", "GPIO")] == []


def test_a_loop_ends_with_its_round_when_it_is_switched_off(s3: Any) -> None:
    fill(s3, entry((1, 3), (0, 7)), entry((1, 1), (0, 1)), 0)
    send(s3, TX | CONTI)
    s3.run(us=30)
    s3.write("RMT.CH0_TX_CONF0", TX)
    s3.run(us=100)
    assert gaps(s3) == [3, 7, 1, 1, 3, 7, 1, 1, 3, 7, 1]
    assert raw(s3) == interrupt("end")


def test_counted_rounds_stop_by_themselves(s3: Any) -> None:
    s3.write("RMT.CH0_TX_LIM", 0x80 | 5 << 9 | COUNT_LOOPS | STOP_LOOPS)
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3, TX | CONTI)
    s3.run(us=46)
    before = raw(s3)
    s3.run(us=100)
    assert (before, raw(s3), len(s3.edges_us(PIN))) == (0, interrupt("loop"), 10)


def test_counted_rounds_go_on_without_stop(s3: Any) -> None:
    s3.write("RMT.CH0_TX_LIM", 0x80 | 5 << 9 | COUNT_LOOPS)
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3, TX | CONTI)
    seen = []
    for _ in range(3):
        s3.run(us=50)
        seen.append(raw(s3))
        s3.write("RMT.INT_CLR", interrupt("loop"))
    assert seen == [interrupt("loop")] * 3


def test_the_count_of_rounds_can_be_reset(s3: Any) -> None:
    s3.write("RMT.CH0_TX_LIM", 0x80 | 5 << 9 | COUNT_LOOPS | STOP_LOOPS)
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3, TX | CONTI)
    s3.run(us=35)
    s3.write("RMT.CH0_TX_LIM", 0x80 | 5 << 9 | COUNT_LOOPS | STOP_LOOPS | 1 << 20)
    s3.run(us=200)
    assert len(s3.edges_us(PIN)) == 2 * (3 + 5)


def test_a_loop_takes_in_new_pulses_in_the_next_round(s3: Any) -> None:
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3, TX | CONTI)
    s3.run(us=22)
    fill(s3, entry((1, 4), (0, 6)), 0)
    s3.run(us=20)
    assert gaps(s3)[:8] == [3, 7, 3, 7, 3, 7, 4, 6]


def test_an_empty_loop_stops_and_is_said(s3: Any) -> None:
    fill(s3, 0)
    send(s3, TX | CONTI)
    s3.run(us=10)
    assert [use.name for use in s3.engine.unmodelled()] == ["RMT: channel 0 repeats an end marker"]


# Carrier, several channels, DMA


def test_carrier_on_the_high_level(s3: Any) -> None:
    s3.write("RMT.CH0CARRIER_DUTY", 40 << 16 | 120)  # 1 us high, 3 us low
    fill(s3, entry((1, 10), (0, 10)), entry((1, 4)))
    send(s3, TX | CARRIER | CARRIER_ON_HIGH)
    s3.run(us=50)
    assert [(round(at, 2), level) for at, level in s3.edges_us(PIN)] == [
        (0, 1), (1, 0), (4, 1), (5, 0), (8, 1), (9, 0), (20, 1), (21, 0),
    ]  # fmt: skip


def test_carrier_on_the_low_level(s3: Any) -> None:
    s3.write("RMT.CH0CARRIER_DUTY", 80 << 16 | 80)
    fill(s3, entry((0, 8), (1, 5)), 1 << 15)
    send(s3, TX | CARRIER)
    s3.run(us=30)
    assert [(round(at, 2), level) for at, level in s3.edges_us(PIN)] == [(0, 1), (2, 0), (4, 1), (6, 0), (8, 1)]


def test_carrier_while_idle(s3: Any) -> None:
    s3.write("RMT.CH0CARRIER_DUTY", 40 << 16 | 40)
    s3.write("RMT.CH0_TX_CONF0", (TX & ~CARRIER_WHILE_SENDING) | CARRIER | CARRIER_ON_HIGH | IDLE_EN | IDLE_HIGH)
    s3.run(us=10)
    assert set(gaps(s3)) == {1.0}


def test_channels_that_start_together(s3: Any) -> None:
    s3.write("GPIO.FUNC5_OUT_SEL_CFG", 82)
    s3.write("RMT.TX_SIM", 1 << 4 | 3)
    for channel in (0, 1):
        fill(s3, entry((1, 5), (0, 5)), 0, channel=channel)
    send(s3)
    s3.run(us=20)
    assert s3.edges_us(PIN) == []
    send(s3, channel=1)
    s3.run(us=20)
    assert s3.edges_us(PIN) == s3.edges_us(5) != []


def descriptor(s3: Any, at: int, buffer: int, words: list[int], following: int = 0) -> None:
    size = len(words) * 4
    head = [1 << 31 | (0 if following else 1 << 30) | size << 12 | size, buffer, following]
    s3.machine.memory_map.poke(at, b"".join(word.to_bytes(4, "little") for word in head))
    s3.machine.memory_map.poke(buffer, b"".join(word.to_bytes(4, "little") for word in words))


def test_dma_brings_the_entries(s3: Any) -> None:
    widths = [1 + n % 7 for n in range(100)]
    words = [entry((1, width), (0, 1)) for width in widths]
    descriptor(s3, 0x3FC9_0000, 0x3FC9_1000, words[:60], 0x3FC9_0010)
    descriptor(s3, 0x3FC9_0010, 0x3FC9_2000, [*words[60:], 0])
    s3.write("DMA.OUT_PERI_SEL_CH0", 9)
    s3.write("DMA.OUT_LINK_CH0", 1 << 21 | 0x9_0000)
    s3.write("GPIO.FUNC5_OUT_SEL_CFG", 84)
    send(s3, TX | TX_DMA, channel=3)
    s3.run(us=sum(widths) + 150)
    assert gaps(s3, 5)[::2] == widths
    assert raw(s3) == interrupt("end", 3)


def test_dma_without_data_is_an_error(s3: Any) -> None:
    send(s3, TX | TX_DMA, channel=3)
    assert raw(s3) == interrupt("err", 3) | 1 << 28


def test_a_loop_over_dma_that_has_no_more_ends(s3: Any) -> None:
    """The first round takes all that DMA has, the others what the memory holds then, up to its end marker."""
    descriptor(s3, 0x3FC9_0000, 0x3FC9_1000, [*[entry((1, 2), (0, 3))] * 60, 0])
    s3.write("DMA.OUT_PERI_SEL_CH0", 9)
    s3.write("DMA.OUT_LINK_CH0", 1 << 21 | 0x9_0000)
    s3.write("RMT.CH3_TX_LIM", 1 << 19 | 3 << 9 | 1 << 21)
    send(s3, TX | TX_DMA | CONTI, channel=3)
    s3.run(us=2000)
    assert raw(s3) == interrupt("loop", 3)


# Receiver


def listen(s3: Any, *, idle: int = 50, filtered: int = 0, conf0: int = 0, limit: int = 0x80, conf1: int = 0) -> None:
    """Have channel 4 receive from the pin."""
    s3.write("GPIO.FUNC81_IN_SEL_CFG", 1 << 7 | PIN)
    s3.write("RMT.CH0_RX_LIM", limit)
    s3.write("RMT.CH4_RX_CONF0", RX_DIV_40 | idle << 8 | RX_BLOCK | conf0)
    s3.write("RMT.CH4_RX_CONF1", MEM_WR_RST | conf1)
    s3.write("RMT.CH4_RX_CONF1", RX_EN | 1 << 15 | (RX_FILTER if filtered else 0) | filtered << 5 | conf1)


def received(s3: Any, count: int, *, offset: int = 0) -> list[tuple[int, int]]:
    """The pulses in the memory of channel 4."""
    words = [s3.read(f"RMT.MEM{192 + offset + n}") for n in range(count)]
    return [(half >> 15, half & 0x7FFF) for word in words for half in (word & 0xFFFF, word >> 16)]


def test_what_is_sent_is_received(s3: Any) -> None:
    listen(s3)
    s3.write("RMT.INT_ENA", interrupt("rx_end"))
    fill(s3, entry((1, 3), (0, 7)), entry((1, 20), (0, 12)), entry((1, 2), (0, 0)))
    send(s3)
    s3.run(us=92)
    assert s3.level("RMT.interrupt") == 0
    s3.run(us=6)
    assert s3.level("RMT.interrupt") == 1
    assert received(s3, 3) == [(1, 3), (0, 7), (1, 20), (0, 12), (1, 2), (0, 0)]
    assert s3.read("RMT.CH0_RX_STATUS") & 0x3FF == 192 + 3


def test_reception_needs_one_event_whatever_comes(s3: Any) -> None:
    listen(s3)
    fill(s3, *[entry((1, 3), (0, 7))] * 40, 0)
    send(s3)
    assert sorted(event.name for event in s3.machine.events.pending() if event.owner in ("RMT", "GPIO")) == ["rx", "tx"]


def test_memory_shows_what_came_so_far(s3: Any) -> None:
    listen(s3)
    fill(s3, *[entry((1, 3), (0, 7))] * 10, 0)
    send(s3)
    s3.run(us=35)
    assert received(s3, 4) == [(1, 3), (0, 7)] * 3 + [(0, 0)] * 2
    assert s3.read("RMT.CH0_RX_STATUS") & 0x3FF == 192 + 3


def test_pulses_that_the_world_makes_by_hand(s3: Any) -> None:
    s3.write(f"GPIO.FUNC{PIN}_OUT_SEL_CFG", 256)
    s3.pin(PIN).drive(1)
    listen(s3)
    s3.run(us=100)
    for level, duration in ((0, 32), (1, 16), (0, 8)):
        s3.pin(PIN).drive(level)
        s3.run(us=duration)
    s3.pin(PIN).drive(1)
    s3.run(us=100)
    assert received(s3, 2) == [
        (level, pytest.approx(ticks, abs=1)) for level, ticks in ((0, 32), (1, 16), (0, 8), (1, 0))
    ]
    assert raw(s3) == interrupt("rx_end")


def test_short_pulses_are_filtered(s3: Any) -> None:
    listen(s3, filtered=100)  # 2.5 us
    fill(s3, entry((1, 10), (0, 2)), entry((1, 10), (0, 10)), entry((1, 1), (0, 10)), entry((1, 5)))
    send(s3)
    s3.run(us=150)
    assert received(s3, 2) == [(1, 22), (0, 21), (1, 5), (0, 0)]


def test_a_carrier_is_removed(s3: Any) -> None:
    s3.write("RMT.CH0CARRIER_DUTY", 40 << 16 | 80)
    s3.write("RMT.CH0_RX_CARRIER_RM", 4 << 16 | 4)
    listen(s3, conf0=1 << 28 | 1 << 29)
    fill(s3, entry((1, 10), (0, 20)), entry((1, 13)))
    send(s3, TX | CARRIER | CARRIER_ON_HIGH)
    s3.run(us=150)
    assert received(s3, 2) == [(1, 10), (0, 20), (1, 13), (0, 0)]


def test_the_threshold_of_the_receiver(s3: Any) -> None:
    s3.write("RMT.INT_ENA", interrupt("rx_thr"))
    listen(s3, limit=3)
    fill(s3, *[entry((1, 3), (0, 7))] * 8, 0)
    send(s3)
    levels = []
    for duration in (26, 8, 20, 10):
        s3.run(us=duration)
        levels.append(s3.level("RMT.interrupt"))
        s3.write("RMT.INT_CLR", interrupt("rx_thr"))
    assert levels == [0, 1, 0, 1]


@pytest.mark.parametrize("wraps", [False, True])
def test_more_than_fits(s3: Any, wraps: bool) -> None:
    s3.pin(5).drive(
        Periodic(0, s3.machine.clocks["xtal"].period_ticks * 400, 1, (s3.machine.clocks["xtal"].period_ticks * 120,))
    )
    s3.write("IO_MUX.GPIO5", 1 << 12 | 1 << 9)
    listen(s3, conf1=1 << 13 if wraps else 0)
    s3.write("GPIO.FUNC81_IN_SEL_CFG", 1 << 7 | 5)
    s3.run(us=600)
    full = s3.read("RMT.CH0_RX_STATUS") >> 26 & 1
    assert (full, bool(raw(s3) & interrupt("rx_err"))) == ((0, False) if wraps else (1, True))
    assert set(received(s3, 40)) == {(1, 3), (0, 7)}


@pytest.mark.parametrize(("pulses", "offset"), [(46, 47), (47, 0), (48, 1)])
def test_the_next_place_after_the_last_is_the_first(s3: Any, pulses: int, offset: int) -> None:
    """The entry with the end marker counts."""
    listen(s3, conf1=1 << 13, idle=40)
    s3.write("RMT.CH0_TX_CONF0", TX | 2 << 16)
    fill(s3, *[entry((1, 3), (0, 7))] * pulses, entry((1, 3)), 0)
    send(s3, TX & ~(0xF << 16) | 2 << 16)
    s3.run(us=700)
    assert raw(s3) & interrupt("rx_end")
    assert s3.read("RMT.CH0_RX_STATUS") & 0x1FF == 4 * 48 + offset


def test_a_disabled_receiver_hears_nothing(s3: Any) -> None:
    listen(s3)
    s3.write("RMT.CH4_RX_CONF1", 0)
    fill(s3, entry((1, 3), (0, 7)), 0)
    send(s3)
    s3.run(us=200)
    assert (raw(s3) & ~interrupt("end"), received(s3, 1)) == (0, [(0, 0), (0, 0)])


def test_reception_by_dma(s3: Any) -> None:
    descriptor(s3, 0x3FC9_0000, 0x3FC9_1000, [0] * 64)
    s3.machine.memory_map.poke(0x3FC9_0000, (1 << 31 | 256).to_bytes(4, "little"))
    s3.write("DMA.IN_PERI_SEL_CH0", 9)
    s3.write("DMA.IN_LINK_CH0", 1 << 22 | 0x9_0000)
    s3.write("GPIO.FUNC84_IN_SEL_CFG", 1 << 7 | PIN)
    s3.write("RMT.CH7_RX_CONF0", RX_DIV_40 | 50 << 8 | RX_BLOCK | 1 << 23)
    s3.write("RMT.CH7_RX_CONF1", RX_EN | 1 << 15)
    words = [entry((1, 1 + n % 5), (0, 1)) for n in range(45)]
    fill(s3, *words, entry((1, 2)))
    send(s3)
    s3.run(us=400)
    content = s3.machine.memory_map.peek(0x3FC9_1000, 46 * 4)
    assert [int.from_bytes(content[at : at + 4], "little") for at in range(0, 46 * 4, 4)] == [*words, entry((1, 2))]
    head = int.from_bytes(s3.machine.memory_map.peek(0x3FC9_0000, 4), "little")
    assert (head >> 31, head >> 30 & 1, head >> 12 & 0xFFF) == (0, 1, 46 * 4)


def test_memory_through_the_fifo_of_a_receiver(s3: Any) -> None:
    listen(s3)
    fill(s3, entry((1, 3), (0, 7)), entry((1, 9)))
    send(s3)
    s3.run(us=100)
    s3.write("RMT.SYS_CONF", XTAL & ~1)
    assert [s3.read("RMT.CH4DATA"), s3.read("RMT.CH4DATA")] == [entry((1, 3), (0, 7)), entry((1, 9))]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=30),
    st.integers(0, 8),
    st.integers(10, 40),
    st.lists(st.integers(0, 500), max_size=4),
)
def test_the_ear_hears_the_same_however_it_is_cut(
    gaps: list[int], shortest: int, silence: int, cuts: list[int]
) -> None:
    edges = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    end = 1000
    whole = list(Ear(0, NONE, NONE, (shortest, shortest), silence + shortest).hear(edges, end))
    ear, pieces, begin = Ear(0, NONE, NONE, (shortest, shortest), silence + shortest), [], 0
    for cut in [*sorted(cuts), end]:
        pieces += list(ear.hear([edge for edge in edges if begin < edge <= cut], cut))
        begin = max(begin, cut)
    assert pieces == whole
    assert all(ticks == NONE or ticks >= shortest for _, _, ticks in whole)


# Interrupts of the whole


def test_a_reset_stops_everything(s3: Any) -> None:
    listen(s3)
    fill(s3, *[entry((1, 10), (0, 10))] * 5, 0)
    send(s3)
    s3.run(us=45)
    s3.block("RMT").reset("block")
    s3.run(us=100)
    assert (s3.pin(PIN).level, raw(s3)) == (0, 0)
    assert [event for event in s3.machine.events.pending() if event.owner == "RMT"] == []
