"""The sensor by itself, and on the board; no firmware is needed."""

from pathlib import Path

from sensor import Sensor

from twincore.testing import Bench, Chip

BOARD = Path(__file__).parents[1] / "board.toml"


def test_it_measures_at_its_interval() -> None:
    sensor = Bench(Sensor)
    sensor.write("CONTROL.INTERVAL_US", 50)
    sensor.run(us=49)
    assert sensor.read("TEMPERATURE") == 0
    sensor.run(us=1)
    assert sensor.read("TEMPERATURE.CELSIUS") == 20


def test_the_interrupt_stays_until_software_clears_it() -> None:
    sensor = Bench(Sensor)
    sensor.block.warm_to(61)
    sensor.run(us=1000)
    assert sensor.level("interrupt") == 1
    sensor.write("INT_RAW.TOO_WARM", 1)
    assert sensor.level("interrupt") == 0


def test_the_interrupt_reaches_core_1() -> None:
    chip = Chip(BOARD)
    chip.write("INTERRUPT_CORE1.DMA_EXTMEM_REJECT_INT_MAP", 9)  # source 98 is free for us
    chip.write("Sensor.LIMIT", 10)
    chip.run(us=1000)
    assert chip.lines(core=1) == 1 << 9
