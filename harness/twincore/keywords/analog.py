"""Keywords for what is analog: voltages on pins."""

from __future__ import annotations

from twincore.engines.protocol import Capability
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import Gpio, Voltage


class Analog(Keywords, topic="analog"):
    """Voltages from outside."""

    @keyword("Apply Voltage")
    def apply_voltage(self, pin: Gpio, voltage: Voltage) -> None:
        """Applies a voltage to a pin from outside, which the chip's converters measure.

        As a level the pin is high from half of the supply on. `Let Go Of Pin` takes the voltage away.

        Example:
        | `Apply Voltage`    GPIO4    1.2 V
        """
        self.session.need(Capability.PINS)
        self.engine.apply_voltage(pin.number, voltage.mv)
