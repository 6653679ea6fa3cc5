"""The drivers' motor: PWM with dead time, an encoder that is counted and captured, a fault that trips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import SerialText, StopKind
from twincore.images import open_image

HERE = Path(__file__).resolve().parent
MS = 1_000_000
HIGH_SIDE, LOW_SIDE = 6, 7
PERIOD_NS, ON_NS, DEAD_TIME_NS = 50_000, 12_500, 200


@pytest.fixture
def engine() -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(HERE / "motor.toml")
    made.load(open_image(HERE.parents[1] / "firmware" / "prebuilt" / "drivers.bin"))
    yield made
    made.close()


def wait(engine: EmbeddedEngine, pattern: str, within_ms: int) -> str:
    stop = engine.run_until([SerialText("UART0", re.compile(pattern.encode()))], within_ms * MS)
    text = engine.serial_output("UART0").text
    assert stop.kind is StopKind.CONDITION, text
    found = re.findall(pattern, text)
    return str(found[-1])


def test_a_bridge_with_dead_times(engine: EmbeddedEngine) -> None:
    wait(engine, "drivers: motor at", 300)
    begin = engine.run_for(10 * MS).time_ns - 10 * MS
    high, low = ([(edge.time_ns, edge.level) for edge in engine.pin_edges(pin, begin)] for pin in (HIGH_SIDE, LOW_SIDE))
    rises = [at for at, level in high if level]
    assert {after - before for before, after in pairwise(rises)} == {PERIOD_NS}
    widths = {after - before for (before, level), (after, _) in pairwise(high) if level}
    assert widths == {ON_NS - DEAD_TIME_NS}
    for at, level in high[1:-1]:
        assert (at - DEAD_TIME_NS if level else at + DEAD_TIME_NS, 1 - level) in low
    motor: Any = engine.device("MOTOR")
    assert motor.shorts == 0


def test_speed_and_place(engine: EmbeddedEngine) -> None:
    hz = int(wait(engine, r"drivers: motor at (\d+) Hz", 300))
    assert hz == round(1000 * (ON_NS - DEAD_TIME_NS) / PERIOD_NS)
    engine.run_for(400 * MS)
    motor: Any = engine.device("MOTOR")
    motor.block()
    before = motor.steps
    told = int(wait(engine, r"drivers: motor off at step (-?\d+)\r?\n", 10))
    assert before <= told <= motor.steps
    assert told > 300
    assert [engine.pin_level(pin) for pin in (HIGH_SIDE, LOW_SIDE)] == [0, 0]


def test_a_tripped_motor_stands_until_it_is_free(engine: EmbeddedEngine) -> None:
    wait(engine, "drivers: motor at", 300)
    motor: Any = engine.device("MOTOR")
    motor.block()
    tripped = engine.run_for(1).time_ns
    assert not list(engine.pin_edges(HIGH_SIDE, tripped))
    wait(engine, "drivers: motor stands", 300)
    assert not list(engine.pin_edges(HIGH_SIDE, tripped))
    assert not list(engine.pin_edges(LOW_SIDE, tripped))
    motor.free()
    wait(engine, "drivers: motor on", 10)
    wait(engine, "drivers: motor at", 100)
    assert motor.shorts == 0
