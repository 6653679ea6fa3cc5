"""Single-precision arithmetic in integers: taking numbers apart, adding them exactly, rounding once, raising flags.

No floating-point operation of the host takes part, so neither its rounding, nor its NaNs, nor a library that flushes
subnormals to zero can change a result. (IEEE 754-2019, chapters 4.3 rounding, 6 infinity and NaNs, 7 exceptions.)

A finite number on its way is (sign, exponent, magnitude): 64 bits of magnitude whose bit 61 weighs 2^(exponent - 127),
so the exponent is IEEE's biased one where bit 61 leads. A magnitude that lost bits to the right has its last bit set.
"""

from __future__ import annotations

from dataclasses import dataclass

from twincore.isa.ir import Value, select
from twincore.isa.spec import Cpu, Symbol

SIGN, EXPONENT, FRACTION, HIDDEN = 0x80000000, 0x7F800000, 0x007FFFFF, 0x00800000
INFINITY, LARGEST = 0x7F800000, 0x7F7FFFFF
#: the bit that makes a NaN quiet, and the NaN that an invalid operation makes
QUIET, DEFAULT_NAN = 0x00400000, 0x7FC00000

#: flags in FSR; FCR has enables for them in bits 6..2, on which nothing acts (ISA Reference Manual, FCR and FSR)
INVALID, DIVIDE_BY_ZERO, OVERFLOW, UNDERFLOW, INEXACT = 0x800, 0x400, 0x200, 0x100, 0x080
#: rounding modes in FCR[1:0]
NEAREST, TO_ZERO, UP, DOWN = range(4)

_LEAD = 61  # the bit of the magnitude that the exponent belongs to
_DROP = 39  # bits of a magnitude led by bit 62 that do not fit 24
_HALF, _REST = 1 << (_DROP - 1), (1 << _DROP) - 1


def is_nan(bits: Value) -> Value:
    """Tell whether the bits are a NaN."""
    return (bits & ~SIGN).ugt(INFINITY)


def is_signalling(bits: Value) -> Value:
    """Tell whether the bits are a signalling NaN."""
    return is_nan(bits) & ((bits & QUIET) == 0)


def is_infinite(bits: Value) -> Value:
    """Tell whether the bits are an infinity."""
    return (bits & ~SIGN) == INFINITY


def is_zero(bits: Value) -> Value:
    """Tell whether the bits are a zero."""
    return (bits & ~SIGN) == 0


def is_special(bits: Value) -> Value:
    """Tell whether the bits are an infinity or a NaN."""
    return (bits & EXPONENT) == EXPONENT


def sign_of(bits: Value) -> Value:
    """Return the sign as one bit."""
    return bits.bit(31)


def flag(condition: Value, mask: int) -> Value:
    """Return `mask` where the condition is set, else 0."""
    return select(condition, mask, 0)


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number: one bit of sign, exponent (32 bits, signed), magnitude (64 bits)."""

    sign: Value
    exponent: Value
    magnitude: Value


def exponent_and_significand(bits: Value) -> tuple[Value, Value]:
    """Return the biased exponent (1 for subnormals) and the 24-bit significand of a finite number, 32 bits each."""
    field = bits.field(30, 23)
    subnormal = field == 0
    return select(subnormal, 1, field), (bits & FRACTION) | select(subnormal, 0, HIDDEN)


def normalized(bits: Value) -> tuple[Value, Value]:
    """Return exponent and 23-bit fraction of a non-zero number, a subnormal's exponent going on below 1."""
    field, fraction = bits.field(30, 23), bits & FRACTION
    shift = fraction.clz() - 8
    subnormal = field == 0
    return select(subnormal, 1 - shift, field), select(subnormal, (fraction << shift) & FRACTION, fraction)


def unpack(bits: Value) -> Number:
    """Take a finite number apart."""
    exponent, significand = exponent_and_significand(bits)
    return Number(sign_of(bits), exponent, significand.zext(64) << (_LEAD - 23))


def product(sign: Value, exponents: Value, first: Value, second: Value) -> Number:
    """Multiply two 24-bit significands exactly; `exponents` is the sum of their biased exponents."""
    magnitude = (first.zext(64) * second.zext(64)) << (_LEAD - 47)
    shift = magnitude.clz() - (63 - _LEAD)
    # a zero gets the lowest exponent, so that a sum does not shift its other term away
    exponent = select(magnitude == 0, 0, exponents - 126 - shift.trunc(32))
    return Number(sign, exponent, magnitude << shift)


def total(a: Number, b: Number) -> Number:
    """Add exactly, but for a last bit that stands for all that lies below; the sign of a zero sum is not settled.

    Both magnitudes are led by bit 61, or have an exponent of 1 or 0, where lost bits lie far below a result's last one.
    """
    swap = a.exponent.slt(b.exponent)
    high, low = select(swap, b.magnitude, a.magnitude), select(swap, a.magnitude, b.magnitude)
    exponent = select(swap, b.exponent, a.exponent)
    distance = exponent - select(swap, a.exponent, b.exponent)
    low = shift_right(low, distance)
    negative = high.ult(low)  # only matters for a difference
    difference = select(negative, low - high, high - low)
    subtract = a.sign ^ b.sign
    sign = select(swap, b.sign, a.sign) ^ (subtract & negative)
    return Number(sign, exponent, select(subtract, difference, high + low))


def shift_right(magnitude: Value, distance: Value) -> Value:
    """Shift right by 32-bit `distance` >= 0; the last bit gathers what falls out."""
    count = select(distance.ugt(63), 63, distance).zext(64)
    shifted = magnitude >> count
    return shifted | ((shifted << count) != magnitude).zext(64)


def zero_sign(a: Value, b: Value, mode: Value) -> Value:
    """Return the sign of a zero sum of terms of these signs: theirs, or minus only when rounding down."""
    return select(a == b, a, mode == DOWN)


def _normalize(number: Number) -> Number:
    """Shift the magnitude (bit 63 is 0) left until bit 62 leads; a zero gets the exponent 0."""
    zeros = number.magnitude.clz()
    exponent = select(zeros == 64, 0, number.exponent + (63 - _LEAD) - zeros.trunc(32))
    return Number(number.sign, exponent, number.magnitude << (zeros - 1))


def _to_nearest(magnitude: Value) -> tuple[Value, Value]:
    """Return the magnitude rounded to 24 bits, ties to even, and what lay below the last of them."""
    rest = magnitude & _REST
    quotient = (magnitude + _HALF) >> _DROP
    return quotient ^ (quotient & (rest == _HALF).zext(64)), rest


@dataclass(frozen=True, slots=True)
class Rounded:
    """A result in 32 bits, and what its flags are made of."""

    bits: Value
    _exact: Value  # one bit: nothing was lost below the last place
    _overflow: Value
    _may_be_tiny: Value  # one bit: below the normal range before rounding
    _leaves: Value  # one bit: ... but not after rounding to 24 bits without a limit of the exponent

    def flags(self) -> Value:
        """Return the FSR flags overflow, underflow (tiny after rounding, and inexact) and inexact."""
        inexact = (self._exact ^ 1) | self._overflow
        tiny = self._may_be_tiny & (self._leaves ^ 1) & inexact
        return flag(inexact, INEXACT) | flag(tiny, UNDERFLOW) | flag(self._overflow, OVERFLOW)


def round_number(number: Number, mode: Value | None) -> Rounded:
    """Round to single precision once, in FCR's `mode` or (None) to nearest even; the magnitude's bit 63 is 0."""
    return _round(_normalize(number), mode)


def _round(number: Number, mode: Value | None) -> Rounded:
    sign, exponent, trace = number.sign, number.exponent, number.sign.trace

    def wide(constant: int) -> Value:
        return trace.value(constant, 64)

    small = exponent.slt(1)
    kept = shift_right(number.magnitude, select(small, 1 - exponent, 0))
    if mode is None:
        limit: Value | int = INFINITY
        increment = wide(_HALF)
        quotient, rest = _to_nearest(kept)
    else:
        nearest, outwards = mode == NEAREST, mode == (sign.zext(32) | UP)
        limit = select(nearest | outwards, INFINITY, LARGEST)
        increment = select(nearest, wide(_HALF), select(outwards, wide(_REST), wide(0)))
        rest = kept & _REST
        quotient = (kept + increment) >> _DROP
        quotient = quotient ^ (quotient & (nearest & (rest == _HALF)).zext(64))  # ties to even
    # a carry out of the fraction, or of a subnormal, lands in the exponent by itself
    packed = quotient + (select(small, 0, exponent - 1).zext(64) << 23)
    overflow = packed.uge(INFINITY)
    bits = select(overflow, limit, packed.trunc(32)) | (sign.zext(32) << 31)
    leaves = (exponent == 0) & (number.magnitude + increment).slt(0)
    return Rounded(bits, rest == 0, overflow, small, leaves)


def write(cpu: Cpu, r: Symbol, number: Number, mode: Value | None) -> None:
    """FR[r] <- the number rounded in FCR's `mode`, with flags (None: to nearest, without); the common case is short."""
    number = _normalize(number)
    common = (number.exponent - 1).ult(253)  # neither subnormal nor near to overflow
    if mode is not None:
        common = common & (mode == NEAREST)
    with cpu.when(common):
        quotient, rest = _to_nearest(number.magnitude)
        bits = quotient.trunc(32) + ((number.exponent - 1) << 23)
        cpu.f[r] = bits | (number.sign.zext(32) << 31)
        if mode is not None:
            cpu.fsr = cpu.fsr | flag(rest != 0, INEXACT)
    with cpu.when(common ^ 1):
        rounded = _round(number, mode)
        cpu.f[r] = rounded.bits
        if mode is not None:
            cpu.fsr = cpu.fsr | rounded.flags()
