"""What IEEE 754 says, in fractions: correctly rounded results with flags, written apart from the definitions.

NaNs follow the LX7's rule as the tables in test_fpu.py state it.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

V, Z, O, U, I = 0x800, 0x400, 0x200, 0x100, 0x080  # noqa: E741
NEAREST, TO_ZERO, UP, DOWN = range(4)
DEFAULT = 0x7FC00000
INF = 0x7F800000
Result = tuple[int, int]


def is_nan(bits: int) -> bool:
    return bits & 0x7FFFFFFF > INF


def is_inf(bits: int) -> bool:
    return bits & 0x7FFFFFFF == INF


def is_zero(bits: int) -> bool:
    return bits & 0x7FFFFFFF == 0


def signals(*operands: int) -> int:
    return V if any(is_nan(bits) and not bits & 0x400000 for bits in operands) else 0


def exact(bits: int) -> Fraction:
    exponent, fraction = bits >> 23 & 0xFF, bits & 0x7FFFFF
    magnitude = (
        Fraction(fraction, 1 << 149) if not exponent else Fraction(2**23 + fraction) * Fraction(2) ** (exponent - 150)
    )
    return -magnitude if bits >> 31 else magnitude


def rounded_integer(value: Fraction, mode: int, negative: bool) -> tuple[int, bool]:
    """Round a magnitude to an integer; say whether something was lost."""
    whole = value.numerator // value.denominator
    rest = value - whole
    if mode == NEAREST:
        up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    else:
        up = rest > 0 and mode == (DOWN if negative else UP)
    return whole + up, rest != 0


def rounded(value: Fraction, mode: int, zero_sign: int = 0) -> Result:
    if value == 0:
        return zero_sign << 31, 0
    negative, magnitude = value < 0, abs(value)
    lead = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** lead > magnitude:
        lead -= 1
    unlimited, _ = rounded_integer(magnitude / Fraction(2) ** (lead - 23), mode, negative)
    tiny = unlimited * Fraction(2) ** (lead - 23) < Fraction(2) ** -126
    last = max(lead - 23, -149)
    significand, inexact = rounded_integer(magnitude / Fraction(2) ** last, mode, negative)
    sign = 0x80000000 if negative else 0
    if significand * Fraction(2) ** last >= 2**128:
        return sign | (INF if mode in (NEAREST, DOWN if negative else UP) else INF - 1), O | I
    if significand == 1 << 24:
        significand, last = 1 << 23, last + 1
    bits = significand if significand < 1 << 23 else (last + 150 << 23) + significand - (1 << 23)
    return sign | bits, (I if inexact else 0) | (U if inexact and tiny else 0)


def _sum(first: Fraction, second: Fraction, signs: tuple[int, int], mode: int) -> Result:
    return rounded(first + second, mode, signs[0] if signs[0] == signs[1] else int(mode == DOWN))


def add(a: int, b: int, mode: int, minus: int = 0) -> Result:
    if is_nan(b) or is_nan(a):
        return (b if is_nan(b) else a) | 0x400000, signals(a, b)
    b ^= minus
    if is_inf(a) and is_inf(b) and a != b:
        return DEFAULT, V
    if is_inf(a) or is_inf(b):
        return (a if is_inf(a) else b), 0
    return _sum(exact(a), exact(b), (a >> 31, b >> 31), mode)


def multiply(a: int, b: int, mode: int) -> Result:
    if is_nan(b) or is_nan(a):
        return (b if is_nan(b) else a) | 0x400000, signals(a, b)
    sign = (a ^ b) >> 31
    if is_inf(a) or is_inf(b):
        return (DEFAULT, V) if is_zero(a) or is_zero(b) else (sign << 31 | INF, 0)
    return rounded(exact(a) * exact(b), mode, sign)


def multiply_add(c: int, a: int, b: int, mode: int, minus: int = 0) -> Result:
    undefined = (is_zero(a) and is_inf(b)) or (is_inf(a) and is_zero(b))
    for operand in (c, b, a):
        if is_nan(operand):
            return operand | 0x400000, signals(a, b, c) | (V if undefined else 0)
    if undefined:
        return DEFAULT, V
    sign = (a ^ b ^ minus) >> 31
    if is_inf(a) or is_inf(b):
        infinity = sign << 31 | INF
        return (DEFAULT, V) if is_inf(c) and c != infinity else (infinity, 0)
    if is_inf(c):
        return c, 0
    product = exact(a) * exact(b)
    return _sum(exact(c), -product if minus else product, (c >> 31, sign), mode)


def divide(a: int, b: int, mode: int) -> Result:
    """The quotient; not for NaNs."""
    sign = (a ^ b) >> 31
    if (is_zero(a) and is_zero(b)) or (is_inf(a) and is_inf(b)):
        return DEFAULT, V
    if is_inf(a) or is_zero(b):
        return sign << 31 | INF, 0 if is_inf(a) else Z
    if is_inf(b):
        return sign << 31, 0
    return rounded(exact(a) / exact(b), mode, sign)


def root(a: int, mode: int) -> Result:
    """The square root; not for NaNs."""
    if is_zero(a):
        return a, 0
    if a >> 31:
        return DEFAULT, V
    if is_inf(a):
        return a, 0
    square = exact(a) * 4**200
    digits = isqrt(int(square))
    value = Fraction(digits) if digits * digits == square else Fraction(2 * digits + 1, 2)  # anything between
    return rounded(value / 2**200, mode)


def to_integer(a: int, scale: int, how: str) -> Result:
    mode = {"round": NEAREST, "trunc": TO_ZERO, "utrunc": TO_ZERO, "floor": DOWN, "ceil": UP}[how]
    unsigned = how == "utrunc"
    if is_nan(a):
        return 0xFFFFFFFF if unsigned else 0x7FFFFFFF, V
    top = 0xFFFFFFFF if unsigned else 0x7FFFFFFF
    if is_inf(a):
        return 0x80000000 if a >> 31 else top, V
    negative = a >> 31 == 1
    magnitude, inexact = rounded_integer(abs(exact(a)) * 2**scale, mode, negative)
    integer = -magnitude if negative else magnitude
    if integer > top:
        return top, V
    if integer < -(1 << 31):
        return 0x80000000, V
    if unsigned and integer < 0:
        return integer & 0xFFFFFFFF, V
    return integer & 0xFFFFFFFF, I if inexact else 0


def from_integer(value: int, scale: int, mode: int) -> Result:
    return rounded(Fraction(value, 1 << scale), mode)


def compare(name: str, a: int, b: int) -> Result:
    nan = is_nan(a) or is_nan(b)
    flags = V if nan and name in ("olt", "ole") else signals(a, b)
    if nan:
        return int(name[0] == "u"), flags
    first, second = (exact(x) if not is_inf(x) else Fraction(2) ** 200 * (-1 if x >> 31 else 1) for x in (a, b))
    return int({"un": False, "eq": first == second, "lt": first < second, "le": first <= second}[name[-2:]]), flags
