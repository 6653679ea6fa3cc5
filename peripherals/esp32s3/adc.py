"""What the two analog-to-digital converters measure: the voltage of a pin, as a number of 12 bits.

Source: ESP32-S3 Technical Reference Manual, "On-Chip Sensors and Analog Signal Processing"; ESP-IDF, soc/adc_channel.h,
the table of attenuations in its guide to the ADC, and the curves by which its calibration (esp_adc, curve fitting)
takes the average chip's results back to voltages. SENS and APB_SARADC control the same converters.

A converter here is that average chip's: its curve, without noise and offset. Firmware that calibrates reads the voltage
of the pin, firmware that does not is off by as much as on the chip. The chip's fuses say so (`calibration`).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import pairwise

from twincore.model import Peripheral, Pin

REFERENCE_MV = 850
"""The voltage that a factory measures to calibrate a chip."""
REFERENCE = (3664, 2785, 1989, 1123)
"""What both converters make of it, by attenuation (0, 2.5, 6 and 12 dB): full scales of 950, 1250, 1750 and 3100 mV."""
CURVES = (
    (
        ((-27856531419538344, 16), (-50871540569528, 16), (9798249589, 15)),
        ((-29831022915028695, 16), (-49393185868806, 16), (101379430548, 16)),
        ((-23285545746296417, 16), (-147640181047414, 16), (208385525314, 16)),
        ((-644403418269478, 15), (-644334888647536, 16), (1297891447611, 16), (-70769718, 15), (13515, 15)),
    ),
    (
        ((-25668651654328927, 16), (1353548869615, 16), (36615265189, 16)),
        ((-23690184690298404, 16), (-66319894226185, 16), (118964995959, 16)),
        ((-9452499397020617, 16), (-200996773954387, 16), (259011467956, 16)),
        ((12247719764336924, 16), (-755717904943462, 16), (1478791187119, 16), (-79672528, 15), (15038, 15)),
    ),
)
"""How far a straight line is off at x mV, by converter and attenuation: the sum of number * 10**-digits * x**i."""
HIGHEST = 4095
CHANNELS = 10
FIRST_GPIO = (1, 11)
"""The pin of channel 0 of ADC1 and of ADC2; the others follow it."""
_NV = 1_000_000
"""Nanovolts in a millivolt."""


@cache
def _steps(converter: int, attenuation: int) -> list[int]:
    """Return the voltages, in nanovolts, from which on a converter gives 1, 2, 3 and so on."""
    middles = []
    for result in range(HIGHEST + 1):
        straight = result * REFERENCE_MV * _NV // REFERENCE[attenuation]
        error = sum(
            number * straight**power * _NV // (10**digits * _NV**power)
            for power, (number, digits) in enumerate(CURVES[converter][attenuation])
        )
        middles.append(straight - error)
    return [(below + above) // 2 for below, above in pairwise(middles)]


def convert(converter: int, voltage_mv: int, attenuation: int) -> int:
    """Return what converter 0 or 1 makes of a voltage, 0 to `HIGHEST`; `attenuation` is its code, 0 to 3."""
    if voltage_mv <= 0:
        return 0
    return bisect_right(_steps(converter, attenuation), voltage_mv * _NV)


def pin_of(gpio: Peripheral | None, converter: int, channel: int) -> Pin | None:
    """Return the pin of a channel of converter 0 or 1; None for an inner channel, or where there are no pins."""
    if gpio is None or channel >= CHANNELS:
        return None
    pin = gpio.signals.get(f"pin{FIRST_GPIO[converter] + channel}")
    return pin if isinstance(pin, Pin) else None


def measure(gpio: Peripheral | None, converter: int, channel: int, attenuation: int) -> int:
    """Return the result of a conversion now; an inner channel gives 0."""
    pin = pin_of(gpio, converter, channel)
    return 0 if pin is None else convert(converter, pin.voltage_mv, attenuation)
