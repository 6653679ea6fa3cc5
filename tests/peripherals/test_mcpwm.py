"""MCPWM on the chip: timers, outputs, updates from shadow registers, delays, faults, syncs, capture, interrupts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from twincore.model import TICKS_PER_SECOND
from twincore.waveform import Periodic

US = TICKS_PER_SECOND // 1_000_000
UP, DOWN, UP_DOWN = 1 << 3, 2 << 3, 3 << 3
STOP_AT_ZERO, STOP_AT_PERIOD, RUN, RUN_TO_ZERO, RUN_TO_PERIOD = range(5)
LOW, HIGH, TOGGLE = 1, 2, 3
UTEZ, UTEP, UTEA, UTEB, UT0, UT1, DTEZ, DTEP, DTEA, DTEB, DT0, DT1 = range(0, 24, 2)
AT_ZERO, AT_PERIOD, AT_SYNC = 1, 2, 4
BYPASS_A, BYPASS_B = 1 << 15, 1 << 16
TEZ0, TEP0, STOP0, FAULT0, FAULT0_CLR, TEA0, TEB0, CBC0, OST0, CAP0 = (
    1 << bit for bit in (3, 6, 0, 9, 12, 15, 18, 21, 24, 27)
)
A, B = 4, 5
"""Pins of outputs A and B of operator 0."""
INPUT = 6
"""A pin for faults, syncs and captures."""


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    """PT_clk is 1 MHz, the timer's period 100 us."""
    made = chip()
    for pin, signal in ((A, 160), (B, 161), (7, 162)):
        made.write(f"GPIO.FUNC{pin}_OUT_SEL_CFG", signal)
    made.write(f"IO_MUX.GPIO{INPUT}", 1 << 12 | 1 << 9)
    made.write("MCPWM0.CLK_CFG", 15)
    made.write("MCPWM0.TIMER0_CFG0", 99 << 8 | 9)
    return made


def run(s3: Any, mode: int = UP, command: int = RUN, timer: int = 0) -> None:
    s3.write(f"MCPWM0.TIMER{timer}_CFG1", mode | command)


def pulse(s3: Any, high_us: int) -> None:
    """Output A is high from zero to stamp A."""
    s3.write("MCPWM0.CMPR0_VALUE0", high_us)
    s3.write("MCPWM0.GEN0_A", HIGH << UTEZ | LOW << UTEA)


def gaps(s3: Any, gpio: int = A) -> list[float]:
    edges = s3.edges_us(gpio)
    return [round(after[0] - before[0], 2) for before, after in pairwise(edges)]


def rounded(s3: Any, gpio: int = A) -> list[tuple[float, int]]:
    return [(round(at, 2), level) for at, level in s3.edges_us(gpio)]


def events(s3: Any) -> list[str]:
    return sorted(event.name for event in s3.machine.events.pending() if event.owner in ("MCPWM0", "GPIO"))


# Timers and outputs


def test_a_pwm(s3: Any) -> None:
    pulse(s3, 30)
    run(s3)
    s3.run(us=250)
    assert rounded(s3) == [(0, 1), (30, 0), (100, 1), (130, 0), (200, 1), (230, 0)]
    assert events(s3) == []


def test_counting_down(s3: Any) -> None:
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.write("MCPWM0.GEN0_A", HIGH << DTEA | LOW << DTEZ)
    run(s3, DOWN)
    s3.run(us=230)
    assert rounded(s3) == [(70, 1), (100, 0), (170, 1), (200, 0)]


def test_counting_up_and_down_is_symmetric(s3: Any) -> None:
    s3.write("MCPWM0.TIMER0_CFG0", 50 << 8 | 9)
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.write("MCPWM0.GEN0_A", HIGH << UTEA | LOW << DTEA)
    run(s3, UP_DOWN)
    s3.run(us=190)
    assert rounded(s3) == [(30, 1), (70, 0), (130, 1), (170, 0)]


@pytest.mark.parametrize(("stamp", "edges"), [(0, []), (100, [(0, 1)])], ids=["0 %", "100 %"])
def test_never_and_always(s3: Any, stamp: int, edges: list[Any]) -> None:
    pulse(s3, stamp)
    run(s3)
    s3.run(us=350)
    assert rounded(s3) == edges


def test_both_outputs_and_stamps(s3: Any) -> None:
    s3.write("MCPWM0.CMPR0_VALUE0", 20)
    s3.write("MCPWM0.CMPR0_VALUE1", 60)
    s3.write("MCPWM0.GEN0_A", HIGH << UTEA | LOW << UTEB)
    s3.write("MCPWM0.GEN0_B", TOGGLE << UTEP)
    run(s3)
    s3.run(us=210)
    assert rounded(s3) == [(20, 1), (60, 0), (120, 1), (160, 0)]
    assert rounded(s3, B) == [(99, 1), (199, 0)]


def test_the_counter_is_seen_as_its_next_value(s3: Any) -> None:
    run(s3)
    s3.run(us=130)
    assert s3.read("MCPWM0.TIMER0_STATUS") == pytest.approx(31, abs=1)
    run(s3, 0)
    frozen = s3.read("MCPWM0.TIMER0_STATUS")
    s3.run(us=50)
    assert s3.read("MCPWM0.TIMER0_STATUS") == frozen == pytest.approx(30, abs=1)


@pytest.mark.parametrize(
    ("command", "stop_us", "following"), [(STOP_AT_ZERO, 200, 1), (STOP_AT_PERIOD, 199, 0)], ids=["zero", "period"]
)
def test_stop(s3: Any, command: int, stop_us: int, following: int) -> None:
    s3.write("MCPWM0.INT_ENA", STOP0)
    pulse(s3, 30)
    run(s3)
    s3.run(us=150)
    run(s3, UP, command)
    s3.run(us=stop_us - 151)
    assert s3.level("MCPWM0.interrupt") == 0
    s3.run(us=2)
    assert (s3.level("MCPWM0.interrupt"), s3.read("MCPWM0.TIMER0_STATUS")) == (1, following)
    s3.run(us=500)
    assert len(s3.edges_us(A)) == (5 if command == STOP_AT_ZERO else 4)


def test_one_round(s3: Any) -> None:
    pulse(s3, 30)
    run(s3, UP, RUN_TO_ZERO)
    s3.run(us=500)
    assert rounded(s3) == [(0, 1), (30, 0), (100, 1)]
    assert s3.read("MCPWM0.INT_RAW") & STOP0


def test_an_operator_of_another_timer(s3: Any) -> None:
    s3.write("MCPWM0.TIMER2_CFG0", 49 << 8 | 9)
    s3.write("MCPWM0.OPERATOR_TIMERSEL", 2)
    pulse(s3, 10)
    run(s3)
    run(s3, timer=2)
    s3.run(us=120)
    assert gaps(s3) == [10, 40, 10, 40, 10]


def test_the_second_unit_has_its_own_signals(s3: Any) -> None:
    s3.write("GPIO.FUNC8_OUT_SEL_CFG", 166)
    s3.write("MCPWM1.CLK_CFG", 15)
    s3.write("MCPWM1.TIMER0_CFG0", 99 << 8 | 9)
    s3.write("MCPWM1.CMPR0_VALUE0", 25)
    s3.write("MCPWM1.GEN0_A", HIGH << UTEZ | LOW << UTEA)
    s3.write("MCPWM1.TIMER0_CFG1", UP | RUN)
    s3.run(us=150)
    assert (gaps(s3, 8), s3.edges_us(A)) == ([25, 75, 25], [])


# Shadow registers


def test_a_stamp_changes_at_once(s3: Any) -> None:
    pulse(s3, 50)
    run(s3)
    s3.run(us=120)
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.run(us=100)
    assert rounded(s3) == [(0, 1), (50, 0), (100, 1), (130, 0), (200, 1)]


@pytest.mark.parametrize(("method", "falls"), [(AT_ZERO, [50, 150, 230]), (AT_PERIOD, [50, 150, 230])])
def test_a_stamp_changes_at_an_event(s3: Any, method: int, falls: list[int]) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.CMPR0_CFG", method)
    run(s3)
    s3.run(us=120)
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    assert (s3.read("MCPWM0.CMPR0_CFG") >> 8 & 1, events(s3)) == (1, ["update"])
    s3.run(us=120)
    assert [at for at, level in rounded(s3) if not level] == falls
    assert (s3.read("MCPWM0.CMPR0_CFG") >> 8 & 1, events(s3)) == (0, [])


def test_a_new_stamp_of_0_counts_in_the_same_zero(s3: Any) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.CMPR0_CFG", AT_ZERO)
    run(s3)
    s3.run(us=70)
    s3.write("MCPWM0.CMPR0_VALUE0", 0)
    s3.run(us=300)
    assert rounded(s3) == [(0, 1), (50, 0)]


def test_an_update_can_be_switched_off(s3: Any) -> None:
    pulse(s3, 50)
    run(s3)
    s3.write("MCPWM0.UPDATE_CFG", 0x51)
    s3.run(us=10)
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.run(us=150)
    s3.write("MCPWM0.UPDATE_CFG", 0x59)  # a change of OP0_FORCE_UP
    s3.run(us=100)
    assert [at for at, level in rounded(s3) if not level] == [50, 150, 230]


@pytest.mark.parametrize(("method", "rises"), [(0, [0, 100, 150, 200]), (1, [0, 100, 200, 250])])
def test_a_period_changes(s3: Any, method: int, rises: list[int]) -> None:
    pulse(s3, 10)
    s3.write("MCPWM0.TIMER0_CFG0", method << 24 | 99 << 8 | 9)
    run(s3)
    s3.run(us=120)
    s3.write("MCPWM0.TIMER0_CFG0", method << 24 | 49 << 8 | 9)
    s3.run(us=135)
    assert [at for at, level in rounded(s3) if level][:4] == rises


def test_what_waits_for_zero_is_taken_in_by_the_start(s3: Any) -> None:
    s3.write("MCPWM0.TIMER0_CFG0", 1 << 24 | 49 << 8 | 9)
    s3.write("MCPWM0.CMPR0_CFG", AT_ZERO)
    pulse(s3, 20)
    run(s3)
    s3.run(us=80)
    assert rounded(s3) == [(0, 1), (20, 0), (50, 1), (70, 0)]


# Forces


def test_a_continuous_force(s3: Any) -> None:
    pulse(s3, 30)
    run(s3)
    s3.run(us=10)
    s3.write("MCPWM0.GEN0_FORCE", 1 << 6)
    levels = [s3.pin(A).level]
    s3.run(us=250)
    s3.write("MCPWM0.GEN0_FORCE", 2 << 6)
    levels.append(s3.pin(A).level)
    s3.write("MCPWM0.GEN0_FORCE", 0)
    s3.run(us=150)
    assert levels == [0, 1]
    assert rounded(s3)[-3:] == [(300, 1), (330, 0), (400, 1)]


def test_a_force_that_waits(s3: Any) -> None:
    pulse(s3, 30)
    run(s3)
    s3.write("MCPWM0.GEN0_FORCE", 1 << 2 | 2 << 6)  # high, from stamp A on
    s3.run(us=150)
    assert rounded(s3) == [(0, 1)]


def test_a_force_once(s3: Any) -> None:
    pulse(s3, 30)
    run(s3)
    s3.run(us=50)
    s3.write("MCPWM0.GEN0_FORCE", 0x20 | 1 << 10 | HIGH << 11)
    s3.run(us=100)
    assert rounded(s3) == [(0, 1), (30, 0), (pytest.approx(50, abs=0.1), 1), (130, 0)]


# Dead time, carrier


def test_complementary_outputs_with_dead_time(s3: Any) -> None:
    """Active high complementary: A is delayed where it rises, B is the inverse, delayed where A falls."""
    pulse(s3, 50)
    s3.write("MCPWM0.DB0_RED_CFG", 5 * 10 - 1)
    s3.write("MCPWM0.DB0_FED_CFG", 8 * 10 - 1)
    s3.write("MCPWM0.DB0_CFG", 1 << 14)
    run(s3)
    s3.run(us=240)
    assert rounded(s3) == [(5, 1), (50, 0), (105, 1), (150, 0), (205, 1)]
    assert [edge for edge in rounded(s3, B) if edge[0] > 10] == [(58, 1), (100, 0), (158, 1), (200, 0)]


def test_delays_by_the_timers_clock(s3: Any) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.DB0_RED_CFG", 4)
    s3.write("MCPWM0.DB0_CFG", 1 << 17 | BYPASS_B)
    run(s3)
    s3.run(us=120)
    assert rounded(s3) == [(5, 1), (50, 0), (105, 1)]


def test_a_pulse_shorter_than_its_delay_is_gone(s3: Any) -> None:
    pulse(s3, 5)
    s3.write("MCPWM0.DB0_RED_CFG", 60)
    s3.write("MCPWM0.DB0_CFG", BYPASS_B)
    run(s3)
    s3.run(us=250)
    assert s3.edges_us(A) == []


def test_swapped_outputs(s3: Any) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.DB0_CFG", BYPASS_A | BYPASS_B | 1 << 10 | 1 << 9)
    run(s3)
    s3.run(us=60)
    assert (rounded(s3), rounded(s3, B)) == ([], [(0, 1), (50, 0)])


def test_an_update_within_the_dead_time_keeps_it(s3: Any) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.DB0_RED_CFG", 100 - 1)
    s3.write("MCPWM0.DB0_CFG", BYPASS_B)
    run(s3)
    s3.run(us=104)
    s3.write("MCPWM0.CMPR0_VALUE0", 40)
    s3.run(us=60)
    assert rounded(s3) == [(10, 1), (50, 0), (110, 1), (140, 0)]


def test_the_carrier(s3: Any) -> None:
    pulse(s3, 10)
    s3.write("MCPWM0.CHOPPER0_CFG", 1 | 4 << 5)  # 8 PWM clocks a period, half of them high, a first pulse of 0.8 us
    run(s3)
    s3.run(us=20)
    edges = rounded(s3)
    assert edges[:4] == [(0, 1), (0.8, 0), (1.2, 1), (1.6, 0)]
    assert edges[-2:] == [(9.2, 1), (9.6, 0)]


def test_the_carrier_of_a_level_that_stays_high(s3: Any) -> None:
    pulse(s3, 10)
    s3.write("MCPWM0.GEN0_A", 2)  # high at zero, and nothing else
    s3.write("MCPWM0.CHOPPER0_CFG", 1 | 4 << 5)
    run(s3)
    s3.run(us=450)
    edges = [at for at, level in rounded(s3) if level]
    assert edges[:2] == [0, 1.2]
    assert edges[1:] == [pytest.approx(1.2 + 0.8 * n) for n in range(len(edges) - 1)]
    assert edges[-1] > 449
    s3.write("MCPWM0.GEN0_FORCE", 1 << 6)  # low for good
    s3.run(us=50)
    assert rounded(s3)[-1][0] < 451
    s3.write("MCPWM0.GEN0_FORCE", 2 << 6)  # high for good: it begins anew
    s3.run(us=5)
    again = [edge for edge in rounded(s3) if edge[0] > 460]
    assert [at - again[0][0] for at, _ in again[:4]] == [0, *(pytest.approx(us, abs=0.02) for us in (0.8, 1.2, 1.6))]


# Faults


def fault(s3: Any) -> None:
    """F0 is a high level at the pin."""
    s3.write("GPIO.FUNC163_IN_SEL_CFG", 1 << 7 | INPUT)
    s3.write("MCPWM0.FAULT_DETECT", 1 | 1 << 3)


def test_a_fault_and_its_end_interrupt(s3: Any) -> None:
    fault(s3)
    s3.write("MCPWM0.INT_ENA", FAULT0 | FAULT0_CLR)
    seen = []
    for level in (1, 0):
        s3.pin(INPUT).drive(level)
        seen.append((s3.read("MCPWM0.INT_ST"), s3.read("MCPWM0.FAULT_DETECT") >> 6 & 1))
        s3.write("MCPWM0.INT_CLR", 0x3FFF_FFFF)
    assert seen == [(FAULT0, 1), (FAULT0_CLR, 0)]


def test_a_one_shot_trip_lasts_until_it_is_cleared(s3: Any) -> None:
    fault(s3)
    pulse(s3, 50)
    s3.write("MCPWM0.TZ0_CFG0", 1 << 7 | LOW << 14 | HIGH << 22)
    run(s3)
    s3.run(us=20)
    s3.pin(INPUT).drive(1)
    levels = [(s3.pin(A).level, s3.pin(B).level, s3.read("MCPWM0.TZ0_STATUS"))]
    s3.pin(INPUT).drive(0)
    s3.run(us=200)
    levels.append((s3.pin(A).level, s3.pin(B).level, s3.read("MCPWM0.TZ0_STATUS")))
    s3.write("MCPWM0.TZ0_CFG1", 1)
    levels.append((s3.pin(A).level, s3.pin(B).level, s3.read("MCPWM0.TZ0_STATUS")))
    assert levels == [(0, 1, 2), (0, 1, 0), (1, 0, 0)]  # STATUS tells of the fault, not of the trip
    assert s3.read("MCPWM0.INT_RAW") & OST0


def test_a_trip_for_the_cycle_ends_at_zero_once_the_fault_is_over(s3: Any) -> None:
    fault(s3)
    pulse(s3, 50)
    s3.write("MCPWM0.TZ0_CFG0", 1 << 3 | LOW << 10)
    s3.write("MCPWM0.TZ0_CFG1", 1 << 1)
    run(s3)
    s3.run(us=20)
    s3.pin(INPUT).drive(1)
    s3.run(us=130)
    s3.pin(INPUT).drive(0)
    s3.run(us=110)
    assert rounded(s3) == [(0, 1), (pytest.approx(20, abs=0.1), 0), (200, 1), (250, 0)]
    assert (s3.read("MCPWM0.TZ0_STATUS"), bool(s3.read("MCPWM0.INT_RAW") & CBC0)) == (0, True)


def test_software_trips(s3: Any) -> None:
    pulse(s3, 50)
    run(s3)
    s3.run(us=10)
    s3.write("MCPWM0.TZ0_CFG0", 1 << 4 | TOGGLE << 14)
    s3.write("MCPWM0.TZ0_CFG1", 1 << 4)
    assert (s3.pin(A).level, s3.read("MCPWM0.TZ0_STATUS")) == (0, 0)


def test_a_fault_acts_on_a_generator(s3: Any) -> None:
    fault(s3)
    s3.write("MCPWM0.GEN0_CFG0", 4 << 7)
    s3.write("MCPWM0.GEN0_A", HIGH << UT0 | LOW << UTEZ)
    run(s3)
    s3.run(us=30)
    s3.pin(INPUT).drive(1)
    s3.run(us=100)
    assert rounded(s3) == [(pytest.approx(30, abs=0.1), 1), (100, 0)]


def test_a_fault_by_a_waveform_comes_at_its_time(s3: Any) -> None:
    fault(s3)
    s3.write("MCPWM0.INT_ENA", FAULT0)
    s3.pin(INPUT).drive(Periodic(0, 1000 * US, 0, (42 * US,)))
    s3.run(us=41)
    before = s3.level("MCPWM0.interrupt")
    s3.run(us=2)
    assert (before, s3.level("MCPWM0.interrupt")) == (0, 1)


# Syncs


def test_a_software_sync_loads_the_phase(s3: Any) -> None:
    pulse(s3, 50)
    run(s3)
    s3.write("MCPWM0.TIMER0_SYNC", 1 | 80 << 4)
    s3.run(us=20)
    s3.write("MCPWM0.TIMER0_SYNC", 1 | 1 << 1 | 80 << 4)
    s3.run(us=80)
    assert rounded(s3) == [(0, 1), (pytest.approx(90, abs=0.1), 0)]


def test_timers_in_phase_by_sync_out(s3: Any) -> None:
    """Timer 1 is set to 25 whenever timer 0 is at zero: its output comes a quarter earlier."""
    s3.write("MCPWM0.TIMER1_CFG0", 99 << 8 | 9)
    s3.write("MCPWM0.TIMER0_SYNC", 1 << 2)
    s3.write("MCPWM0.TIMER1_SYNC", 1 | 25 << 4)
    s3.write("MCPWM0.TIMER_SYNCI_CFG", 1 << 3)
    s3.write("MCPWM0.OPERATOR_TIMERSEL", 1 << 2)
    s3.write("MCPWM0.GEN1_A", HIGH << UTEZ | LOW << UTEA)
    s3.write("MCPWM0.CMPR1_VALUE0", 10)
    run(s3)
    run(s3, timer=1)
    s3.run(us=390)
    assert [at for at, level in rounded(s3, 7) if level and at > 110] == [175, 275, 375]
    assert events(s3) == ["sync_out"]


def test_a_stop_lets_the_sync_out_of_its_moment_go(s3: Any) -> None:
    """Timer 0 stops at its period, which sets timer 1, that stands, to 50."""
    s3.write("MCPWM0.TIMER1_CFG0", 99 << 8 | 9)
    s3.write("MCPWM0.TIMER1_CFG1", UP)
    s3.write("MCPWM0.TIMER0_SYNC", 2 << 2)
    s3.write("MCPWM0.TIMER1_SYNC", 1 | 50 << 4)
    s3.write("MCPWM0.TIMER_SYNCI_CFG", 1 << 3)
    run(s3, UP, RUN_TO_PERIOD)
    s3.run(us=300)
    assert (s3.read("MCPWM0.TIMER0_STATUS"), s3.read("MCPWM0.TIMER1_STATUS")) == (0, 51)


def test_a_timer_that_starts_at_zero_synchronises_itself(s3: Any) -> None:
    """Its output rises by the sync at once, not after a period."""
    s3.write("MCPWM0.TIMER0_SYNC", 1 | 1 << 2)
    s3.write("MCPWM0.TIMER_SYNCI_CFG", 1)
    s3.write("MCPWM0.GEN0_CFG0", 3 << 4)
    s3.write("MCPWM0.GEN0_A", HIGH << 8)
    run(s3)
    s3.run(us=1)
    assert s3.pin(A).level == 1


def test_a_sync_from_a_pin(s3: Any) -> None:
    s3.write("GPIO.FUNC160_IN_SEL_CFG", 1 << 7 | INPUT)
    s3.write("MCPWM0.TIMER0_SYNC", 1)
    s3.write("MCPWM0.TIMER_SYNCI_CFG", 4)
    pulse(s3, 50)
    run(s3)
    s3.run(us=70)
    s3.pin(INPUT).drive(1)
    s3.run(us=100)
    assert rounded(s3) == [(0, 1), (50, 0), (pytest.approx(170, abs=0.2), 1)]


def test_a_stamp_changes_at_sync(s3: Any) -> None:
    pulse(s3, 50)
    s3.write("MCPWM0.CMPR0_CFG", AT_SYNC)
    run(s3)
    s3.write("MCPWM0.TIMER0_SYNC", 1)
    s3.write("MCPWM0.CMPR0_VALUE0", 20)
    s3.run(us=110)
    s3.write("MCPWM0.TIMER0_SYNC", 1 | 2)
    s3.run(us=30)
    assert [at for at, level in rounded(s3) if not level] == [50, pytest.approx(130, abs=0.2)]


# Capture


def test_capture_of_both_edges(s3: Any) -> None:
    clock_us = s3.machine.clocks["apb"].period_ticks / US
    s3.write("GPIO.FUNC166_IN_SEL_CFG", 1 << 7 | INPUT)
    s3.write("MCPWM0.CAP_TIMER_CFG", 1)
    s3.write("MCPWM0.CAP_CH0_CFG", 1 | 3 << 1)
    s3.write("MCPWM0.INT_ENA", CAP0)
    s3.pin(INPUT).drive(Periodic(0, 100 * US, 1, (30 * US,)))
    seen = []
    for _ in range(4):
        while not s3.level("MCPWM0.interrupt"):
            s3.run(us=1)
        seen.append((s3.read("MCPWM0.CAP_CH0"), s3.read("MCPWM0.CAP_STATUS") & 1))
        s3.write("MCPWM0.INT_CLR", CAP0)
    assert [falls for _, falls in seen] == [0, 1, 0, 1]
    assert [round((after - before) * clock_us) for (before, _), (after, _) in pairwise(seen)] == [30, 70, 30]


def test_capture_without_interrupt_has_the_last_edge(s3: Any) -> None:
    clock_us = s3.machine.clocks["apb"].period_ticks / US
    s3.write("GPIO.FUNC166_IN_SEL_CFG", 1 << 7 | INPUT)
    s3.write("MCPWM0.CAP_TIMER_CFG", 1)
    s3.write("MCPWM0.CAP_CH0_CFG", 1 | 2 << 1)
    s3.pin(INPUT).drive(Periodic(0, 100 * US, 1, (30 * US,)))
    s3.run(us=570)
    assert (round(s3.read("MCPWM0.CAP_CH0") * clock_us), s3.read("MCPWM0.INT_RAW") & CAP0) == (500, CAP0)
    assert events(s3) == []


def test_a_prescaled_capture(s3: Any) -> None:
    clock_us = s3.machine.clocks["apb"].period_ticks / US
    s3.write("GPIO.FUNC166_IN_SEL_CFG", 1 << 7 | INPUT)
    s3.write("MCPWM0.CAP_TIMER_CFG", 1)
    s3.write("MCPWM0.CAP_CH0_CFG", 1 | 2 << 1 | 3 << 3)
    s3.pin(INPUT).drive(Periodic(0, 10 * US, 0, (5 * US,)))
    s3.run(us=95)
    assert round(s3.read("MCPWM0.CAP_CH0") * clock_us) == 75


def test_software_capture_and_sync_of_the_counter(s3: Any) -> None:
    s3.write("MCPWM0.CAP_TIMER_PHASE", 0x1234_0000)
    s3.write("MCPWM0.CAP_TIMER_CFG", 3)
    s3.write("MCPWM0.CAP_TIMER_CFG", 3 | 1 << 5)
    s3.write("MCPWM0.CAP_CH1_CFG", 1 | 1 << 12)
    assert s3.read("MCPWM0.CAP_CH1") == 0x1234_0000
    assert s3.read("MCPWM0.INT_RAW") == CAP0 << 1


# Interrupts


@pytest.mark.parametrize(("bit", "at_us"), [(TEZ0, 100), (TEP0, 99), (TEA0, 30), (TEB0, 70)])
def test_timer_events_interrupt(s3: Any, bit: int, at_us: int) -> None:
    s3.write("MCPWM0.CMPR0_VALUE0", 30)
    s3.write("MCPWM0.CMPR0_VALUE1", 70)
    run(s3)
    s3.run(us=1)
    s3.write("MCPWM0.INT_CLR", 0x3FFF_FFFF)
    s3.write("MCPWM0.INT_ENA", bit)
    levels = []
    for duration in (at_us - 2, 2, 97, 3):
        s3.run(us=duration)
        levels.append(s3.level("MCPWM0.interrupt"))
        s3.write("MCPWM0.INT_CLR", bit)
    assert levels == [0, 1, 0, 1]


def test_events_are_seen_without_interrupts(s3: Any) -> None:
    run(s3)
    assert s3.read("MCPWM0.INT_RAW") & TEZ0
    s3.write("MCPWM0.INT_CLR", 0x3FFF_FFFF)
    s3.run(us=95)
    raw = [s3.read("MCPWM0.INT_RAW") & (TEZ0 | TEP0)]
    s3.run(us=10)
    raw.append(s3.read("MCPWM0.INT_RAW") & (TEZ0 | TEP0))
    assert raw == [0, TEZ0 | TEP0]
    assert events(s3) == []


def test_a_reset_stops_everything(s3: Any) -> None:
    pulse(s3, 50)
    run(s3)
    s3.run(us=20)
    s3.block("MCPWM0").reset("block")
    s3.run(us=200)
    assert (s3.pin(A).level, s3.read("MCPWM0.TIMER0_STATUS"), events(s3)) == (0, 0, [])
