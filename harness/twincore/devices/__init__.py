"""What the author of a device needs: something outside the chip, wired to its pins, a bus or a serial port.

A device is one class. A board file puts it on the board:

    [[device]]
    name = "THERMOMETER"
    class = "thermometer.py:Thermometer"
    bus = "I2C0"
    pins = { alert = 4 }

Its state is what `state()` declares, the levels it drives, and its scheduled events, as with a peripheral
(`twincore.model`): no host time, no randomness but `context.seed`.
"""

from twincore.devices.base import Device, DeviceContext
from twincore.devices.i2c import I2cController, I2cDevice, I2cTransfer
from twincore.devices.i2s import I2sDevice, I2sFormat, WavFile
from twincore.devices.spi import SpiController, SpiDevice, SpiTransfer
from twincore.devices.twai import TwaiFrame, TwaiNode

__all__ = [
    "Device",
    "DeviceContext",
    "I2cController",
    "I2cDevice",
    "I2cTransfer",
    "I2sDevice",
    "I2sFormat",
    "SpiController",
    "SpiDevice",
    "SpiTransfer",
    "TwaiFrame",
    "TwaiNode",
    "WavFile",
]
