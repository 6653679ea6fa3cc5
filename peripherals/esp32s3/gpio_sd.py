"""GPIO_SD: eight sigma-delta modulators, which give a pin a density of pulses.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix", "Sigma Delta Modulated Output".

A channel is high in (SD_IN + 128) of 256 ticks of the APB clock divided by SD_PRESCALE + 1. The chip's modulator is of
the second order, and the manual does not say where it puts the pulses; here they are spread evenly.

Leaves out: that order; SPI_SWAP, the register clock gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from esp32s3.gpio import GPIO
from twincore.model import Context, Field, Peripheral, Register, Registers, Value, state
from twincore.waveform import Course, Periodic

CHANNELS = 8
FIRST_SIGNAL = 93
"""Output signal of channel 0 in the GPIO matrix."""
STEPS = 256


class GPIO_SD(Peripheral):
    """Lines: out0 to out7."""

    size = 0x2C

    class SIGMADELTA(Register, offset=0x000, count=CHANNELS, reset=0xFF00):
        SD_IN = Field(7, 0, doc="signed: -128 is always low")
        SD_PRESCALE = Field(15, 8)

    class SIGMADELTA_MISC(Register, offset=0x024):
        FUNCTION_CLK_EN = Field(30)
        SPI_SWAP = Field(31)

    others = Registers("""
        0x020 SIGMADELTA_CG 0x0 CLK_EN[31]
        0x028 SIGMADELTA_VERSION 0x1802260 GPIO_SD_DATE[27:0]
    """)

    starts: list[int] = state([0] * CHANNELS)
    """When each channel's pattern began."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.outputs = [self.line(f"out{n}") for n in range(CHANNELS)]
        context.clock("apb").listen(self._begin_all)

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if isinstance(gpio, GPIO):
            for n, line in enumerate(self.outputs):
                gpio.attach_output(FIRST_SIGNAL + n, line)

    def after_reset(self) -> None:
        self._begin_all()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for n in range(CHANNELS):
            self.outputs[n].set(self._course(n))

    def write_SIGMADELTA(self, n: int, value: int) -> None:
        self._begin(n)

    def write_SIGMADELTA_MISC(self, value: int) -> None:
        if (value ^ self.previous) & self.SIGMADELTA_MISC.FUNCTION_CLK_EN.bits:
            self._begin_all()

    def _begin_all(self) -> None:
        for n in range(CHANNELS):
            self._begin(n)

    def _begin(self, n: int) -> None:
        self.starts[n] = self.context.now_ticks()
        self.outputs[n].set(self._course(n))

    def _course(self, n: int) -> Course:
        tick = self.context.clock("apb").period_ticks * (self.get(self.SIGMADELTA.SD_PRESCALE, n) + 1)
        density = (self.get(self.SIGMADELTA.SD_IN, n) + STEPS // 2) % STEPS
        if not density or not tick or not self.get(self.SIGMADELTA_MISC.FUNCTION_CLK_EN):
            return 0
        length = STEPS // gcd(density, STEPS)
        levels = [(step + 1) * density // STEPS - step * density // STEPS for step in range(length)]
        offsets = tuple(step * tick for step in range(1, length) if levels[step] != levels[step - 1])
        return Periodic(self.starts[n], length * tick, levels[0], offsets)
