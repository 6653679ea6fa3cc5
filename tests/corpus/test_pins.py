"""Pins of real images: what their programs do with LEDC and RMT, seen from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import PinEdge, StopKind
from twincore.images import open_image
from twincore.keywords.values import Duration, Frequency, Gpio, Level, Percent
from twincore.model import TICKS_PER_SECOND

HERE = Path(__file__).parent
CORPUS = Path(os.environ.get("TWINCORE_SHARED", HERE.parents[2] / "shared")) / "corpus"
MS = 1_000_000

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}; set TWINCORE_SHARED")


@pytest.fixture
def boot() -> Iterator[Callable[..., EmbeddedEngine]]:
    made: list[EmbeddedEngine] = []

    def start(name: str, board: str | Path = "generic") -> EmbeddedEngine:
        engine = EmbeddedEngine(board)
        made.append(engine)
        engine.load(open_image(CORPUS / name / "flash.bin"))
        return engine

    yield start
    for engine in made:
        engine.close()


def test_ledc_gives_the_frequency_and_the_duties_of_the_program(boot: Callable[..., EmbeddedEngine]) -> None:
    """molnar-bts7960: 5 kHz at 8 bits, the duty rises by 10 of 256 every 500 ms, on one half of a bridge at a time."""
    engine = boot("molnar-bts7960")
    stop = engine.run_until([PinEdge(3, 1)], 3000 * MS)
    assert stop.kind is StopKind.CONDITION
    begin = stop.time_ns
    engine.run_for(1700 * MS)
    edges = engine.pin_edges(3, begin)
    rises, falls = edges[::2], edges[1::2]
    assert {after.time_ns - before.time_ns for before, after in pairwise(rises)} == {200_000}
    widths = [fall.time_ns - rise.time_ns for rise, fall in zip(rises, falls, strict=False)]
    steps = [width for width, before in zip(widths, [0, *widths], strict=False) if abs(width - before) > 1]
    assert steps == [pytest.approx(200_000 * duty / 256, abs=1) for duty in (10, 20, 30, 40)]
    assert [engine.pin_level(gpio) for gpio in (2, 4, 5)] == [1, 1, 0]
    assert list(engine.pin_edges(5)) == []


def test_keywords_measure_it() -> None:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(CORPUS / "molnar-bts7960" / "flash.bin")])
    library.run_keyword("Pin Should Become", [Gpio(3), Level.high, Duration(3000 * MS)])
    library.run_keyword("Pin Frequency Should Be", [Gpio(3), Frequency.of("5 kHz"), Duration(10 * MS)])
    wave = library.run_keyword("Pin Duty Should Be", [Gpio(3), Percent.of("3.9 %"), Duration(10 * MS)])
    assert wave.rises == 50
    library.run_keyword("Stop Firmware", [])


def test_an_observed_pwm_gives_the_same_run(boot: Callable[..., EmbeddedEngine]) -> None:
    digests = []
    for is_observed in (False, True):
        engine = boot("molnar-bts7960")
        if is_observed:
            engine.run_until([PinEdge(3, 1)], 2000 * MS)
            for _ in range(20):
                engine.run_until([PinEdge(3)], MS)
            assert len(engine.pin_edges(3)) >= 20
        engine.machine.run_until(6 * TICKS_PER_SECOND // 5)
        digests.append(engine.digest())
    assert digests[0] == digests[1]


def test_rmt_gives_an_led_its_colours(boot: Callable[..., EmbeddedEngine]) -> None:
    """hopejar-blink: cleared twice at the start, then on in dim white and off again, a second each."""
    engine = boot("hopejar-blink", HERE / "ws2812.toml")
    engine.run_for(3700 * MS)
    strip: Any = engine.machine.devices["LED"]
    times = [ticks * 1000 / TICKS_PER_SECOND for ticks in strip.history[::2]]
    assert strip.history[1::2] == [0x000000, 0x000000, 0x101010, 0x000000, 0x101010]
    assert [round(after - before) for before, after in pairwise(times[2:])] == [1000, 1000]
    log = engine.serial_output("UART0")
    said = [engine.serial_time_ns("UART0", match) for match in _places(log.text, "Turning the LED")]
    late = [time - moment / 1e6 for time, moment in zip(times[1:], said, strict=False)]
    assert late == [pytest.approx(0, abs=10)] * 4


def _places(text: str, what: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(what, at)]


def test_a_bit_of_the_led_has_the_length_of_its_data_sheet(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot("hopejar-blink")
    engine.run_for(1600 * MS)
    edges = engine.pin_edges(38, 1000 * MS)
    highs = [fall.time_ns - rise.time_ns for rise, fall in zip(edges[::2], edges[1::2], strict=True)]
    bits = "".join("1" if high > 600 else "0" for high in highs)
    assert bits == "00010000" * 3
    assert set(highs) == {300, 900}
    assert {after.time_ns - before.time_ns for before, after in pairwise(edges[::2])} == {1200}
