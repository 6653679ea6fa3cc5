"""The analog-to-digital converters: voltages on pins, measured one by one and on and on into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from esp32s3.adc import CURVES, REFERENCE, convert
from esp32s3.calibration import FIELDS, VALUES
from esp32s3.efuse import EFUSE, block_words
from twincore.engines.embedded import EmbeddedEngine

SENS, ADC, DMA = 0x6000_8800, 0x6004_0000, 0x6003_F000
START, DONE = 1 << 17, 1 << 16
BUFFER, LINK = 0x3FC9_0000, 0x3FC9_8000


class Chip:
    def __init__(self, engine: EmbeddedEngine) -> None:
        self.engine = engine
        engine.power_on()

    def write(self, address: int, value: int) -> None:
        self.engine.machine.io_write(0, address, 4, value)

    def read(self, address: int) -> int:
        return self.engine.machine.io_read(0, address, 4)

    def apply(self, gpio: int, voltage_mv: int) -> None:
        self.engine.machine.wiring.pins[gpio].apply_voltage(voltage_mv)


@pytest.fixture
def chip() -> Iterator[Chip]:
    with closing(EmbeddedEngine("generic")) as engine:
        yield Chip(engine)


@pytest.mark.parametrize("converter", [0, 1])
@pytest.mark.parametrize("attenuation", range(4))
def test_the_scale(converter: int, attenuation: int) -> None:
    results = [convert(converter, voltage_mv, attenuation) for voltage_mv in range(-20, 3301)]
    assert (results[0], results[20], results[-1]) == (0, 0, 4095)
    assert results == sorted(results)
    assert convert(converter, 850, attenuation) == pytest.approx(REFERENCE[attenuation], abs=9)


def calibrated(efuse: EFUSE, converter: int, attenuation: int) -> Callable[[int], float]:
    """Return what ESP-IDF's curve fitting makes of a result: by the fuses' words of 850 mV, then by the curve."""

    def field(name: str) -> int:
        block, bit, width = FIELDS[name]
        words = [efuse.fuses()[word] for word in block_words(block)]
        return sum(word << 32 * n for n, word in enumerate(words)) >> bit & (1 << width) - 1

    assert (field("BLK_VERSION_MAJOR"), field("BLK_VERSION_MINOR"), field("TEMP_CALIB")) == (1, 3, 0)
    one = [field(f"ADC1_CAL_VOL_ATTEN{n}") for n in range(4)]
    one[3] += 900
    one[2] += one[3] + 800
    one[1] += one[2] + 700
    one[0] += one[1] + 800
    two = [value - field(f"ADC2_CAL_VOL_ATTEN{n}") + (40, 10, 20, 15)[n] for n, value in enumerate(one)]
    slope = (1 << 16) * 850 // (one, two)[converter][attenuation]

    def voltage(result: int) -> float:
        straight = result * slope // (1 << 16)
        error = 0
        for power, (number, digits) in enumerate(CURVES[converter][attenuation]):
            error += (abs(number) * straight**power // 10**digits) * (1 if number > 0 else -1)
        return straight - error if straight else 0

    return voltage


@pytest.mark.parametrize("converter", [0, 1])
@pytest.mark.parametrize(("attenuation", "highest"), [(0, 940), (1, 1230), (2, 1690), (3, 2880)])
def test_calibrated_firmware_reads_the_voltage(chip: Chip, converter: int, attenuation: int, highest: int) -> None:
    efuse = chip.engine.machine.peripherals["EFUSE"]
    assert isinstance(efuse, EFUSE)
    voltage = calibrated(efuse, converter, attenuation)
    for voltage_mv in range(10, highest, 10):
        assert voltage(convert(converter, voltage_mv, attenuation)) == pytest.approx(voltage_mv, abs=4)


@pytest.mark.parametrize(
    ("control", "attenuation_register", "channel", "gpio"),
    [(0x0C, 0x14, 0, 1), (0x0C, 0x14, 9, 10), (0x30, 0x38, 0, 11), (0x30, 0x38, 3, 14)],
)
def test_a_channel_measures_its_pin(
    chip: Chip, control: int, attenuation_register: int, channel: int, gpio: int
) -> None:
    converter = int(control == 0x30)
    chip.apply(gpio, 1000)
    chip.write(SENS + attenuation_register, 2 << 2 * channel)
    chip.write(SENS + control, 1 << 19 + channel)
    chip.write(SENS + control, 1 << 19 + channel | START)
    assert chip.read(SENS + control) & (DONE | 0xFFFF) == DONE | convert(converter, 1000, 2)


def test_the_fuses_words_fit_their_fields() -> None:
    assert VALUES.keys() == FIELDS.keys()
    assert all(0 <= VALUES[name] < 1 << width for name, (_, _, width) in FIELDS.items())


def test_a_level_is_a_voltage_and_the_chips_own_output_wins(chip: Chip) -> None:
    def measured() -> int:
        chip.write(SENS + 0x0C, 1 << 19 + 3)
        chip.write(SENS + 0x0C, 1 << 19 + 3 | START)
        return chip.read(SENS + 0x0C) & 0xFFF

    chip.engine.drive_pin(4, 1)
    assert measured() == 4095
    chip.engine.drive_pin(4, 0)
    assert measured() == 0
    chip.apply(4, 700)
    assert measured() == convert(0, 700, 3)
    chip.write(0x6000_4020, 1 << 4)
    assert measured() == 0


def test_a_voltage_is_a_level_from_half_of_the_supply_on(chip: Chip) -> None:
    levels = []
    for voltage_mv in (0, 1600, 1700, 3300):
        chip.apply(5, voltage_mv)
        levels.append(chip.engine.pin_level(5))
    assert levels == [0, 0, 1, 1]


def test_samples_go_on_and_on_into_memory(chip: Chip) -> None:
    """Two channels of ADC1 at 10 kHz, as ESP-IDF's continuous mode sets them up: frames of 8 words by DMA."""
    chip.apply(3, 500)
    chip.apply(6, 2500)
    words = b"".join(
        (1 << 31 | 32).to_bytes(4, "little")
        + (BUFFER + 32 * n).to_bytes(4, "little")
        + (0 if n == 3 else LINK + 12 * (n + 1)).to_bytes(4, "little")
        for n in range(4)
    )
    chip.engine.write_memory(LINK, words)
    chip.write(DMA + 0x48, 8)
    chip.write(DMA + 0x20, 1 << 22 | LINK & 0xFFFFF)
    chip.write(ADC + 0x18, (2 << 2 | 3) << 18 | (5 << 2 | 3) << 12)
    chip.write(ADC + 0x00, 1 << 15)
    chip.write(ADC + 0x70, 1 << 20 | 2 << 21 | 15)
    chip.write(ADC + 0x6C, 1 << 31 | 8)
    interval = 20_000_000 // (16 * 2 * 10_000)
    chip.write(ADC + 0x5C, 1 << 31)
    chip.write(ADC + 0x04, 1 << 24 | 1 << 11 | interval << 12)
    period_ns = interval * 2 * 16 * 50
    chip.engine.run_for(period_ns * 17 + 100)
    content = chip.engine.read_memory(BUFFER, 4 * 17)
    samples = [int.from_bytes(content[n : n + 4], "little") for n in range(0, len(content), 4)]
    expected = [2 << 13 | convert(0, 500, 3), 5 << 13 | convert(0, 2500, 3)]
    assert samples[:16] == expected * 8
    assert chip.engine.machine.peripherals["APB_SARADC"].signals["interrupt"].level == 1
    links = chip.engine.read_memory(LINK, 48)
    owners = [int.from_bytes(links[n : n + 4], "little") >> 30 for n in range(0, 48, 12)]
    assert owners == [0b01, 0b01, 0b10, 0b10]  # two frames are closed: given back, with EOF


def test_the_timer_stops(chip: Chip) -> None:
    chip.write(ADC + 0x04, 1 << 24 | 1 << 11 | 100 << 12)
    chip.write(ADC + 0x04, 0)
    chip.engine.run_for(10_000_000)
    assert chip.read(ADC + 0x60) == 0


def test_conversions_that_nobody_notices_need_no_event(chip: Chip) -> None:
    """As bootloaders leave the timer on: the results are there when they are looked at."""
    chip.apply(3, 500)
    chip.apply(6, 2500)
    chip.write(ADC + 0x18, (2 << 2 | 3) << 18 | (5 << 2 | 3) << 12)
    chip.write(ADC + 0x00, 1 << 15)
    chip.write(ADC + 0x70, 1 << 20 | 2 << 21 | 15)
    chip.write(ADC + 0x04, 1 << 24 | 1 << 11 | 100 << 12)
    events = [event for event in chip.engine.machine.events.pending() if event.owner == "APB_SARADC"]
    assert events == []
    period_ns = 100 * 2 * 16 * 50
    assert chip.read(ADC + 0x60) == 0
    chip.engine.run_for(period_ns * 1_001 + 100)
    assert chip.read(ADC + 0x40) == 2 << 13 | convert(0, 500, 3)
    assert chip.read(ADC + 0x60) == 1 << 31
    chip.engine.run_for(period_ns)
    assert chip.read(ADC + 0x40) == 5 << 13 | convert(0, 2500, 3)
    chip.write(ADC + 0x68, 1 << 31)
    chip.write(ADC + 0x5C, 1 << 31)
    assert chip.read(ADC + 0x64) == 0
    chip.engine.run_for(period_ns)
    assert chip.read(ADC + 0x64) == 1 << 31


def test_a_limit_ends_the_conversions(chip: Chip) -> None:
    chip.write(ADC + 0x18, (2 << 2 | 3) << 18 | (5 << 2 | 3) << 12)
    chip.write(ADC + 0x00, 1 << 15)
    chip.apply(3, 500)
    chip.write(ADC + 0x04, 1 << 24 | 1 << 11 | 100 << 12 | 5 << 1 | 1)
    chip.engine.run_for(50_000_000)
    assert chip.read(ADC + 0x40) == 2 << 13 | convert(0, 500, 3)
    chip.write(ADC + 0x68, 1 << 31)
    chip.engine.run_for(50_000_000)
    assert chip.read(ADC + 0x60) == 0


def test_thresholds(chip: Chip) -> None:
    """Channel 2 has threshold 0, channel 5 threshold 1: between 1000 and 3000."""
    above, below = (1 << 29, 1 << 28), (1 << 27, 1 << 26)
    chip.write(ADC + 0x18, (2 << 2 | 3) << 18 | (5 << 2 | 3) << 12)
    chip.write(ADC + 0x00, 1 << 15)
    for n, channel in enumerate((2, 5)):
        chip.write(ADC + 0x44 + 4 * n, channel | 3000 << 5 | 1000 << 18)
    chip.write(ADC + 0x58, 1 << 31 | 1 << 30)
    chip.write(ADC + 0x5C, sum(above) | sum(below))
    chip.write(ADC + 0x70, 1 << 20 | 2 << 21 | 15)

    def seen(first_mv: int, second_mv: int) -> int:
        chip.apply(3, first_mv)
        chip.apply(6, second_mv)
        chip.write(ADC + 0x04, 1 << 24 | 1 << 11 | 100 << 12)
        chip.engine.run_for(400_000)  # 160 us a conversion
        chip.write(ADC + 0x04, 0)
        flags = chip.read(ADC + 0x64)
        chip.write(ADC + 0x68, 0xFFFFFFFF)
        return flags

    assert seen(1500, 1500) == 0
    assert seen(3000, 1500) == above[0]
    assert seen(1500, 100) == below[1]
    assert seen(100, 3000) == below[0] | above[1]
    chip.write(ADC + 0x58, 1 << 30)
    assert seen(100, 3000) == above[1]
    chip.write(ADC + 0x58, 0)
    assert seen(100, 3000) == 0


def test_a_pin_pulled_both_ways_has_half_of_the_supply(chip: Chip) -> None:
    chip.write(0x6000_9004 + 4 * 4, 1 << 8 | 1 << 7)
    chip.write(SENS + 0x0C, 1 << 19 + 3)
    chip.write(SENS + 0x0C, 1 << 19 + 3 | START)
    assert chip.read(SENS + 0x0C) & 0xFFF == convert(0, 1650, 3)
    assert chip.engine.pin_level(4) == 0
