"""Devices of a board: their wires, events, power and place in the digest; and the mistakes in a board file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.errors import PlatformError, UsageError
from twincore.model import NoMemoryError

BLINKER = """
from twincore.devices import Device
from twincore.model import TICKS_PER_SECOND, state

class Blinker(Device):
    count: int = state(0)

    def __init__(self, context, period_us=100):
        super().__init__(context)
        self.period = period_us * TICKS_PER_SECOND // 1_000_000
        self.led = context.pin("led")

    def after_power_on(self):
        self.context.schedule(self.context.now_ticks() + self.period, "turn")

    def on_turn(self):
        self.count += 1
        self.led.drive(self.count & 1)
        self.context.schedule(self.context.now_ticks() + self.period, "turn")

class Echo(Device):
    def __init__(self, context):
        super().__init__(context)
        self.port = context.serial_port()
        self.port.listen(lambda time_ticks, data: self.port.send(data.upper()))
"""

BOARD = """
extends = "generic"
[[device]]
name = "BLINKER"
class = "blinker.py:Blinker"
pins = { led = 4 }
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], EmbeddedEngine]:
    (tmp_path / "blinker.py").write_text(BLINKER)

    def build(board: str) -> EmbeddedEngine:
        path = tmp_path / "board.toml"
        path.write_text(board)
        return EmbeddedEngine(path, executor="reference")

    return build


def test_a_device_drives_its_pin_at_its_times(make: Callable[[str], EmbeddedEngine]) -> None:
    engine = make(BOARD)
    engine.power_on()
    engine.run_for(350_000)
    assert [edge.level for edge in engine.pin_edges(4)] == [1, 0, 1]
    assert [edge.time_ns for edge in engine.pin_edges(4)] == [100_000, 200_000, 300_000]


def test_power_sets_a_device_back_and_a_reset_of_the_chip_does_not(make: Callable[[str], EmbeddedEngine]) -> None:
    engine = make(BOARD)
    engine.power_on()
    engine.run_for(150_000)
    device = engine.machine.devices["BLINKER"]
    engine.reset("system")
    assert device.state()["count"] == 1
    before = engine.digest()
    engine.power_on()
    assert device.state()["count"] == 0
    assert engine.digest() != before


def test_a_device_on_a_serial_port_hears_and_answers(make: Callable[[str], EmbeddedEngine]) -> None:
    wired = 'extends = "generic"\n[[device]]\nname = "ECHO"\nclass = "blinker.py:Echo"\nserial = "UART1"\n'
    engine = make(wired)
    engine.power_on()
    engine.machine.io_write(0, 0x6001_0000, 4, ord("a"))
    engine.run_for(1_000_000)
    assert engine.serial_output("UART1").text == "a"
    assert engine.machine.io_read(0, 0x6001_0000, 4) == ord("A")


def test_a_device_is_found_by_its_name(make: Callable[[str], EmbeddedEngine]) -> None:
    engine = make(BOARD)
    assert engine.device("BLINKER") is engine.machine.devices["BLINKER"]
    with pytest.raises(UsageError, match=r"device: expected one of the board's devices \(BLINKER\), got 'LAMP'"):
        engine.device("LAMP")


MISTAKES = [
    (
        "pins = { led = 4 }",
        "pins = { lamp = 4 }",
        "device BLINKER.pins: expected the GPIO that its pin 'led' is wired to",
    ),
    ("pins = { led = 4 }", "pins = { led = 99 }", "device BLINKER.pins.led: expected a GPIO of the chip, got 99"),
    (
        "pins = {",
        "options = { speed = 3 }\npins = {",
        "device BLINKER.options: expected arguments of blinker.py:Blinker",
    ),
    ("pins = {", 'bus = "SPI9"\npins = {', "device[0].bus: expected a peripheral of the chip for BLINKER, got 'SPI9'"),
    ("pins = {", 'bus = "UART0"\npins = {', "device BLINKER.bus: expected a peripheral with a bus, got UART0"),
    (":Blinker", ":Blinkr", "expected a class of module blinker.py for BLINKER, got 'Blinkr', which it lacks"),
    (":Blinker", ":state", "expected a subclass of twincore.devices.Device for BLINKER, got state"),
    ('name = "BLINKER"', 'name = "UART0"', "device[0].name: expected a name that no peripheral has, got 'UART0'"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_in_the_board_file_is_named(
    make: Callable[[str], EmbeddedEngine], old: str, new: str, message: str
) -> None:
    assert old in BOARD
    with pytest.raises(PlatformError) as caught:
        make(BOARD.replace(old, new, 1))
    assert message in str(caught.value)


def test_dma_reads_and_writes_memory_but_neither_rom_nor_what_is_not_there(
    make: Callable[[str], EmbeddedEngine],
) -> None:
    engine = make(BOARD)
    engine.power_on()
    machine = engine.machine
    machine.dma_write(0x3FC8_8010, b"twincore")
    assert machine.dma_read(0x3FC8_8010, 8) == b"twincore"
    assert engine.read_memory(0x4037_8010, 8) == b"twincore"
    for address in (0x3FF0_0000, 0x3FCF_FFFC, 0x2000_0000):
        before = None if address != 0x3FCF_FFFC else engine.read_memory(address, 4)
        with pytest.raises(NoMemoryError):
            machine.dma_write(address, bytes(8))
        assert before is None or engine.read_memory(address, 4) == before
    with pytest.raises(NoMemoryError) as caught:
        machine.dma_read(0x3C00_0000, 4)
    assert caught.value.address == 0x3C00_0000
