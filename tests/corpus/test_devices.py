"""Real firmware with its board's devices: ESP-IDF's drivers of I2C, SPI and I2S talk to Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.images import open_image

HERE = Path(__file__).parent
CORPUS = Path(os.environ.get("TWINCORE_SHARED", HERE.parents[2] / "shared")) / "corpus"
MS = 1_000_000

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}; set TWINCORE_SHARED")


@pytest.fixture
def boot() -> Iterator[Callable[..., EmbeddedEngine]]:
    made: list[EmbeddedEngine] = []

    def start(name: str, board: str) -> EmbeddedEngine:
        engine = EmbeddedEngine(HERE / board)
        made.append(engine)
        engine.load(open_image(CORPUS / name / "flash.bin"))
        return engine

    yield start
    for engine in made:
        engine.close()


def test_a_clock_on_i2c_and_a_transceiver_on_spi_are_found(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot("andruwa-tinygs", "tinygs.toml")
    engine.run_for(1600 * MS)
    text = engine.serial_output("UART0").text
    assert text.count("main: ID: 0x12") == text.count("time 12:34:56") == 2
    assert "error" not in text.partition("app_main")[2]


def test_sound_runs_at_the_rate_of_the_codec(boot: Callable[..., EmbeddedEngine]) -> None:
    """22,050 frames a second; those of a DMA buffer may be on their way."""
    engine = boot("espbox3-factory", "esp_box3.toml")
    engine.run_for(1000 * MS)
    text = "".join(engine.serial_output(port).text for port in engine.serial_ports())
    assert "GT911: TouchPad_ID:0x39,0x31,0x31" in text
    assert "ESP-BOX initialization done" in text
    sound: Any = engine.device("SOUND")
    played, heard = sound.frames_played, sound.frames_heard
    assert played > 0
    engine.run_for(1000 * MS)
    assert sound.frames_played - played == pytest.approx(22_050, abs=240)
    assert sound.frames_heard - heard == pytest.approx(22_050, abs=240)
    assert sound.rate_hz_of_chip == 22_050
