"""Pins as a user of the engine sees them while a waveform drives them: nothing is observed away, nothing disturbed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import PinEdge, StopKind
from twincore.model import TICKS_PER_SECOND
from twincore.waveform import Periodic

US = TICKS_PER_SECOND // 1_000_000
WAVE = Periodic(0, 200 * US, 1, (50 * US,))
"""5 kHz, high for a quarter of the time."""


def make() -> EmbeddedEngine:
    """Return an engine at 10 us whose cores stand."""
    engine = EmbeddedEngine(executor="reference", quantum_cycles=1)
    engine.power_on()
    engine.machine.peripherals["RTC_CNTL"].signals["core0_stall"].set(1)
    engine.run_for(10_000)
    return engine


@pytest.fixture
def engine() -> Iterator[EmbeddedEngine]:
    made = make()
    made.machine.wiring.pins[4].drive(WAVE)
    yield made
    made.close()


def us(engine: EmbeddedEngine, since_us: int = 0) -> list[tuple[float, int]]:
    return [(edge.time_ns / 1000, edge.level) for edge in engine.pin_edges(4, since_us * 1000)]


def test_edges_up_to_now(engine: EmbeddedEngine) -> None:
    engine.run_for(440_000)
    assert us(engine) == [(10, 1), (50, 0), (200, 1), (250, 0), (400, 1), (450, 0)]


def test_edges_since_a_moment(engine: EmbeddedEngine) -> None:
    engine.run_for(440_000)
    assert us(engine, 250) == [(250, 0), (400, 1), (450, 0)]
    assert us(engine, 251) == [(400, 1), (450, 0)]


def test_level_at_any_time(engine: EmbeddedEngine) -> None:
    levels = []
    for duration_us in (39, 1, 149, 1):
        engine.run_for(duration_us * 1000)
        levels.append(engine.pin_level(4))
    assert levels == [1, 0, 0, 1]


@pytest.mark.parametrize(("level", "time_us"), [(None, 50), (0, 50), (1, 200)])
def test_waits_for_an_edge_of_a_waveform(engine: EmbeddedEngine, level: int | None, time_us: int) -> None:
    stop = engine.run_until([PinEdge(4, level)], 10**9)
    assert (stop.kind, stop.time_ns, stop.condition) == (StopKind.CONDITION, time_us * 1000, 0)


def test_each_wait_finds_the_next_edge(engine: EmbeddedEngine) -> None:
    stops = [engine.run_until([PinEdge(4, 1)], 10**9).time_ns for _ in range(4)]
    assert stops == [200_000, 400_000, 600_000, 800_000]


def test_a_wait_ends_in_time_before_the_edge(engine: EmbeddedEngine) -> None:
    stop = engine.run_until([PinEdge(4)], 30_000)
    assert stop.kind is StopKind.TIME


def test_a_dead_chip_still_makes_its_waveform(engine: EmbeddedEngine) -> None:
    engine.machine.events.drop(engine.machine.peripherals)  # no watchdog comes to the rescue
    engine.run_until([], 20_000_000)
    assert engine.run_until([PinEdge(4)], 10**9).kind is StopKind.CONDITION
    engine.machine.wiring.pins[4].drive(0)
    assert engine.run_until([PinEdge(4)], 10**9).kind is StopKind.DEAD


def test_power_on_begins_anew(engine: EmbeddedEngine) -> None:
    engine.run_for(300_000)
    engine.power_on()
    assert list(engine.pin_edges(4)) == []


def test_observing_changes_nothing() -> None:
    digests = []
    for is_observed in (False, True):
        engine = make()
        engine.machine.wiring.pins[4].drive(WAVE)
        for _ in range(20):
            if is_observed:
                engine.run_until([PinEdge(4, 1)], 37_000)
                assert engine.pin_level(4) in (0, 1)
                assert len(engine.pin_edges(4)) > 0
        engine.machine.run_until(1000 * US)
        digests.append(engine.digest())
        engine.close()
    assert digests[0] == digests[1]
