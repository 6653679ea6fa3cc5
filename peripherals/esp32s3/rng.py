"""RNG: the random number word.

Source: ESP32-S3 Technical Reference Manual, "Random Number Generator". Every read gives 32 new bits, as on the chip;
here they come from the run's seed, so that a run can be repeated.

Leaves out: the noise sources' effect on quality (always good), and that the chip gives the same number to reads that
follow each other within a few clock cycles.
"""

from __future__ import annotations

from twincore.model import RO, Context, Peripheral, Register, splitmix64, state


class RNG(Peripheral):
    """One word; its sequence goes on over every reset but power-on."""

    consuming = frozenset({"DATA"})

    size = 0x114
    reset_domain = "power_on"

    class DATA(Register, offset=0x110, access=RO):
        pass

    reads: int = state(0)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.start = splitmix64(context.seed)

    def read_DATA(self) -> int:
        self.reads += 1
        return splitmix64((self.start + self.reads) & 0xFFFF_FFFF_FFFF_FFFF) >> 32
