"""What the two analog-to-digital converters measure: the voltage of a pin, as a number of 12 bits.

Source: ESP32-S3 Technical Reference Manual, "On-Chip Sensors and Analog Signal Processing"; ESP-IDF, soc/adc_channel.h
and the table of attenuations in its guide to the ADC. SENS and APB_SARADC control the same converters.

A converter here is ideal: linear from 0 to the full scale of the attenuation, without noise and offset.
"""

from __future__ import annotations

from twincore.model import Peripheral, Pin

FULL_SCALE_MV = (950, 1250, 1750, 3100)
"""The voltage of the highest result, by attenuation: 0, 2.5, 6 and 12 dB."""
HIGHEST = 4095
CHANNELS = 10
FIRST_GPIO = (1, 11)
"""The pin of channel 0 of ADC1 and of ADC2; the others follow it."""


def convert(voltage_mv: int, attenuation: int) -> int:
    """Return what a converter makes of a voltage, 0 to `HIGHEST`; `attenuation` is its code, 0 to 3."""
    scale = FULL_SCALE_MV[attenuation]
    return min(max((voltage_mv * HIGHEST + scale // 2) // scale, 0), HIGHEST)


def pin_of(gpio: Peripheral | None, converter: int, channel: int) -> Pin | None:
    """Return the pin of a channel of converter 0 or 1; None for an inner channel, or where there are no pins."""
    if gpio is None or channel >= CHANNELS:
        return None
    pin = gpio.signals.get(f"pin{FIRST_GPIO[converter] + channel}")
    return pin if isinstance(pin, Pin) else None


def measure(gpio: Peripheral | None, converter: int, channel: int, attenuation: int) -> int:
    """Return the result of a conversion now; an inner channel gives 0."""
    pin = pin_of(gpio, converter, channel)
    return 0 if pin is None else convert(pin.voltage_mv, attenuation)
