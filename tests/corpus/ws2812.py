"""A strip of WS2812 LEDs, as a device on a board: it turns the edges of its data pin into colours.

Source: Worldsemi, WS2812B data sheet: 24 bits an LED, green, red and blue, the most significant first; a bit is a high
pulse, long for a 1; when the line has been low for the reset time, the LEDs show what they got.

Leaves out: the second half of a bit (its length is not checked), the delay from LED to LED, the output of the last one.
"""

from __future__ import annotations

from twincore.devices import Device, DeviceContext
from twincore.model import TICKS_PER_SECOND, state

MICROSECOND = TICKS_PER_SECOND // 1_000_000
LONG = 550 * MICROSECOND // 1000
"""A high pulse that is longer than this is a 1 (0.4 us and 0.8 us by the data sheet)."""
RESET = 50 * MICROSECOND


class Ws2812(Device):
    """Pins: data. `shown` has the colour of each LED as 0xRRGGBB; `history` the times, in ticks, and colours so far."""

    high_since: int = state(-1)
    bits: int = state(0)
    count: int = state(0)
    shown: list[int] = state([])
    history: list[int] = state([])

    def __init__(self, context: DeviceContext, leds: int = 1) -> None:
        super().__init__(context)
        self.leds = leds
        context.pin("data").listen(self._changed)

    def after_power_on(self) -> None:
        self.shown = [0] * self.leds

    def _changed(self, level: int) -> None:
        now = self.context.now_ticks()
        if level:
            self.high_since = now
            self.context.cancel("reset")
            return
        if self.high_since < 0:
            return
        self.bits = self.bits << 1 | (now - self.high_since > LONG)
        self.count += 1
        self.context.schedule(now + RESET, "reset")

    def on_reset(self) -> None:
        """Show what has come in: the line was low for long enough."""
        words = [self.bits >> self.count - 24 * (n + 1) & 0xFFFFFF for n in range(min(self.count // 24, self.leds))]
        self.shown = [_rgb(word) for word in words] + self.shown[len(words) :]
        self.history += [self.context.now_ticks(), *self.shown]
        self.bits = self.count = 0


def _rgb(word: int) -> int:
    green, red, blue = word >> 16, word >> 8 & 0xFF, word & 0xFF
    return red << 16 | green << 8 | blue
