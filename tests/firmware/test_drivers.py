"""Drivers without an operating system talk to devices on I2C, SPI, TWAI, I2S, by polling and by interrupt lines."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twincore.devices import TwaiFrame
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import SerialText, StopKind
from twincore.images import open_image

PREBUILT = Path(__file__).resolve().parents[2] / "firmware" / "prebuilt"
DEVICES = """
from twincore.devices import I2cController, I2cDevice, SpiController, TwaiNode
from twincore.model import state


class Thermometer(I2cDevice):
    temperature: int = state(20 * 256)
    place: int = state(0)

    def start(self, *, is_read):
        self.place = 0
        return True

    def read(self, *, is_last):
        self.place += 1
        return self.temperature >> (8 if self.place % 2 else 0) & 0xFF


class Node(TwaiNode):
    def __init__(self, context, **options):
        super().__init__(context, **options)
        self.heard = []

    def on_frame(self, frame):
        self.heard.append(frame)


class Controller(I2cController):
    def __init__(self, context, **options):
        super().__init__(context, **options)
        self.over = []

    def on_transfer(self, transfer):
        self.over.append(transfer)


class Host(SpiController):
    def __init__(self, context, **options):
        super().__init__(context, **options)
        self.over = []

    def on_transfer(self, transfer):
        self.over.append(transfer)
"""
BOARD = """
extends = "generic"
[[device]]
name = "THERMOMETER"
class = "devices.py:Thermometer"
bus = "I2C0"
options = { address = 0x48 }
[[device]]
name = "NODE"
class = "devices.py:Node"
bus = "TWAI0"
options = { bit_rate = 500_000 }
[[device]]
name = "CONTROLLER"
class = "devices.py:Controller"
bus = "I2C1"
[[device]]
name = "HOST"
class = "devices.py:Host"
bus = "SPI3"
pins = { cs = 10 }
"""


@pytest.fixture
def boot(tmp_path: Path) -> Callable[..., EmbeddedEngine]:
    (tmp_path / "devices.py").write_text(DEVICES)

    def make(board: str, **options: Any) -> EmbeddedEngine:
        path = tmp_path / "board.toml"
        path.write_text(board)
        engine = EmbeddedEngine(path, **options)
        engine.load(open_image(PREBUILT / "drivers.bin"))
        return engine

    return make


def wait(engine: EmbeddedEngine, text: str, ms: int = 300) -> None:
    pattern = re.compile(re.escape(text).encode())
    stop = engine.run_until([SerialText("UART0", pattern)], ms * 1_000_000)
    assert stop.kind is StopKind.CONDITION, engine.serial_output("UART0").text


def test_registers_are_read_over_i2c(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot(BOARD)
    wait(engine, "drivers: 20.00 C")
    engine.machine.devices["THERMOMETER"].temperature = -7 * 256 - 64
    wait(engine, "drivers: -7.25 C")
    engine.machine.devices["THERMOMETER"].address = 0x49
    wait(engine, "drivers: no thermometer")


def test_the_firmware_is_a_target_on_i2c(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot(BOARD)
    wait(engine, "drivers: up")
    engine.run_for(10_000_000)
    controller: Any = engine.device("CONTROLLER")
    controller.transfer(0x28, b"\x03\x05\x06")
    wait(engine, "drivers: register 4 is 6")
    controller.transfer(0x28, b"\x02", 3)
    engine.run_for(20_000_000)
    assert controller.over[-1].received == b"\x00\x05\x06"
    assert controller.over[-1].is_acknowledged


def test_the_firmware_is_a_slave_on_spi(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot(BOARD)
    wait(engine, "drivers: up")
    engine.run_for(10_000_000)
    host: Any = engine.device("HOST")
    host.transfer(b"\x01\x02\xff")
    wait(engine, "drivers: controller sent 3 bytes: 01 02 ff")
    engine.run_for(10_000_000)
    host.transfer(b"\x10\x20\x30")
    wait(engine, "drivers: controller sent 3 bytes: 10 20 30")
    assert host.over[-1].received == b"\x02\x03\x00"


def test_frames_go_both_ways_over_twai(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot(BOARD)
    wait(engine, "drivers: frame sent")
    node: Any = engine.device("NODE")
    node.send(TwaiFrame(0x123, b"\x01\xab"))
    wait(engine, "drivers: frame 123: 01 ab")
    engine.run_for(250_000_000)
    assert node.heard[:3] == [TwaiFrame(0x100, bytes((n,))) for n in range(3)]


def test_sound_files(boot: Callable[..., EmbeddedEngine], tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "in.wav"), "wb") as file:
        file.setparams((2, 2, 25_000, 0, "NONE", ""))
        file.writeframes(b"".join((n * 4).to_bytes(2, "little") * 2 for n in range(250)))
    options = f'{{ record = "{tmp_path}/in.wav", play = "{tmp_path}/out.wav" }}'
    engine = boot(
        f'extends = "generic"\n[[device]]\nname = "SOUND"\nclass = "twincore.devices:WavFile"\nbus = "I2S0"\n'
        f"options = {options}\n"
    )
    wait(engine, f"drivers: loudest sample {249 * 4}")
    with wave.open(str(tmp_path / "out.wav"), "rb") as file:
        assert file.getparams()[:4] == (2, 2, 25_000, 250)
        expected = b"".join(
            (n * 100).to_bytes(2, "little") + (-n * 100).to_bytes(2, "little", signed=True) for n in range(250)
        )
        assert file.readframes(250) == expected


def test_an_empty_board_is_told_as_such(boot: Callable[..., EmbeddedEngine]) -> None:
    engine = boot('extends = "generic"\n', unmodelled="error")
    engine.run_for(250_000_000)
    text = engine.serial_output("UART0").text
    for line in ("no thermometer", "nobody on the bus", "silence", "no modem"):
        assert text.count(f"drivers: {line}") == 1, text


def test_two_runs_with_devices_have_equal_digests(boot: Callable[..., EmbeddedEngine]) -> None:
    digests = []
    for _ in range(2):
        engine = boot(BOARD)
        wait(engine, "drivers: frame sent")
        engine.device("NODE").send(TwaiFrame(0x123))  # type: ignore[attr-defined]
        engine.run_for(50_000_000)
        digests.append(engine.digest())
    assert digests[0] == digests[1]
