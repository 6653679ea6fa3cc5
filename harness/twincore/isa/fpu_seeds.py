"""The tables behind recip0.s, div0.s, rsqrt0.s and sqrt0.s, and looking things up in them.

No manual prints them. They were measured: an ESP32-S3 (revision 0.2) ran the four instructions over all 2^23 fractions
of 15 pairs of sign and exponent, and the results are published (GitHub, PhotomancerArt/lightplayer, file
lp-xt/lp-xt-emu/tests/fixtures/fp/captures/tables.txt; an ESP32 gave the same ones). An entry holds the leading seven
fraction bits of the estimate. All but two follow one rule, the function of the middle of the interval rounded to eight
bits; so the rule stands here, with the two.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from twincore.isa.ir import Value, select


def _root(square: Fraction) -> int:
    """Return the square root, rounded to an integer."""
    return (isqrt(4 * square.numerator // square.denominator) + 1) // 2


#: fraction of 2/x for x in [1, 2), by the top seven bits of its fraction; the last would be 0 by the rule
RECIPROCAL = [round(Fraction(1 << 16, 2 * (128 + k) + 1)) - 128 for k in range(127)] + [1]

#: fraction of 2/sqrt(x) by the top six bits of the fraction, for x in [2, 4), an even biased exponent (first 64), and
#: for x in [1, 2), an odd one; the rule gives 0x24 for entry 13 (164.4993 - 128)
INVERSE_ROOT = [_root(Fraction(1 << 22, 2 * (64 + k) + 1)) - 128 for k in range(64)] + [
    _root(Fraction(1 << 23, 2 * (64 + k) + 1)) - 128 for k in range(64)
]
INVERSE_ROOT[13] = 0x25


def look_up(table: list[int], index: Value) -> Value:
    """Return the entry (7 bits in 32) of a table of 128 for an index of 7 bits in 32: a tree of 64-bit constants."""
    rows = [
        index.trace.value(sum(entry << 8 * k for k, entry in enumerate(table[row : row + 8])), 64)
        for row in range(0, len(table), 8)
    ]
    bit = 3
    while len(rows) > 1:
        upper = index.bit(bit)
        rows = [select(upper, rows[k + 1], rows[k]) for k in range(0, len(rows), 2)]
        bit += 1
    return (rows[0] >> ((index & 7) << 3).zext(64)).trunc(32) & 0x7F
