#!/usr/bin/env python3
"""Generate the table of esp-dsp's FFT that the ROM holds for 1024 points.

    gen_fft_table.py OUTPUT.c

cos and sin of 2 pi i / 1024 for i from 0 to 511 with their indices' nine bits reversed, in single precision and rounded
to six places, as esp-dsp's `dsps_gen_w_r2_fc32` and `dsps_bit_rev_fc32` make it at run time for other sizes.
"""

from __future__ import annotations

import math
import struct
import sys
from pathlib import Path

POINTS = 1024
INDEX_BITS = 9


def single(value: float) -> float:
    """Return the nearest number of single precision."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def reversed_bits(index: int) -> int:
    return int(f"{index:0{INDEX_BITS}b}"[::-1], 2)


def twiddle_factors() -> list[str]:
    """Return cos, sin, cos, ... in decimal."""
    step = single(2 * math.pi / POINTS)
    angles = [single(reversed_bits(index) * step) for index in range(POINTS // 2)]
    return [f"{single(function(angle)):.6f}f" for angle in angles for function in (math.cos, math.sin)]


def main() -> None:
    lines = ["#include <stdalign.h>", f"alignas(16) const float openrom_fft_table[{POINTS}] = {{"]
    lines += [f"    {value}," for value in twiddle_factors()]
    Path(sys.argv[1]).write_text("\n".join([*lines, "};", ""]))


if __name__ == "__main__":
    main()
