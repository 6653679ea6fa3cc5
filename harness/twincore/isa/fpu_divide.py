"""The instructions that division and square roots are made of.

Compilers divide by a fixed sequence (libgcc's __divsf3 for this FPU): a seed from a table (div0.s), Newton steps with
maddn.s on operands brought into [1, 4) (nexp01.s), an exponent adjustment computed on the side (mkdadj.s), which
addexp.s and addexpm.s put into the two operands of the last step, divn.s. Square roots go the same way (sqrt0.s,
mksadj.s); recip0.s and rsqrt0.s are seeds for short sequences without that care.

The ISA Reference Manual does not describe them. Their bits were measured on an ESP32-S3 (GitHub,
PhotomancerArt/lightplayer, lp-xt/lp-xt-emu/tests/fixtures/fp/captures: tables.txt, helpers2.txt). The definitions state
what those files show; what they do not show:

| what | chosen here |
|---|---|
| flags of recip0.s, rsqrt0.s | Z for a zero, V for a signalling NaN and, rsqrt0.s, a negative number |
| flags of div0.s, sqrt0.s | none (measured only in sequences, which raise no more than the others explain) |
| rounding modes 1..3 in divn.s, maddn.s | divn.s obeys, maddn.s does not: sequences are then right in all modes |
| divn.s with a NaN in fs | no flags (measured: so, but U and I with an exponent field of 0 in fr, as no sequence has) |
| divn.s, sums beyond 10 bits of exponent | wrap before the sum is normalized (measured for fs = 0) |

An adjustment A is an exponent of 10 bits, kept as two parts of 5 bits, each times 8 plus 127: A mod 32 in the exponent
field, where addexp.s looks, and A div 32 in fraction bits 21..14, where addexpm.s looks. So a number's own small
exponent -3..4 and its part of A stand side by side in one exponent field, and divn.s takes them apart again. A of
384..391 says that the result is not a number to compute: +0, -0, +infinity, -infinity, NaN, NaN, +0, -0.
"""

from __future__ import annotations

from twincore.isa.fpu_round import (
    DEFAULT_NAN,
    DIVIDE_BY_ZERO,
    EXPONENT,
    FRACTION,
    HIDDEN,
    INFINITY,
    INVALID,
    QUIET,
    SIGN,
    Number,
    exponent_and_significand,
    flag,
    is_infinite,
    is_nan,
    is_signalling,
    is_zero,
    normalized,
    product,
    round_number,
    sign_of,
    total,
)
from twincore.isa.fpu_seeds import INVERSE_ROOT, RECIPROCAL, look_up
from twincore.isa.ir import Value, select
from twincore.isa.spec import Cpu, Symbol, insn, sign_extend

_ZERO, _INFINITE, _NAN = 0, 2, 4  # special results; + 1 for a negative one
_SPECIAL = 384


@insn("1111 1010 rrrr ssss 0011 0000", "const.s f{r}, {s}", coprocessor=0)
def const_s(cpu: Cpu, r: Symbol, s: Value) -> None:
    """FR[r] <- 0.0, 1.0, 2.0 or 0.5 for s mod 4 = 0, 1, 2, 3 (measured for all sixteen)."""
    cpu.f[r] = select(s.bit(1), select(s.bit(0), 0x3F000000, 0x40000000), select(s.bit(0), 0x3F800000, 0))


# --- seeds --------------------------------------------------------------------------------------------------------


def _inverse_root(bits: Value, exponent: Value, fraction: Value) -> Value:
    """Return the table's fraction for a number; infinities and NaNs are looked up as they stand, zeros as even."""
    odd = (exponent & 1) & (is_zero(bits) ^ 1).zext(32)
    return look_up(INVERSE_ROOT, (odd << 6) | (fraction >> 17)) << 16


@insn("1111 1010 rrrr ssss 0111 0000", "div0.s f{r}, f{s}", coprocessor=0)
def div0_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- estimate of 1/m, where m in [1, 4) is FR[s] less an even power of two; zero, infinity and NaN as 1.f."""
    bits = cpu.f[s]
    exponent, fraction = normalized(bits)
    seed = look_up(RECIPROCAL, fraction >> 16) << 16
    cpu.f[r] = (bits & SIGN) | (((exponent & 1) + 125) << 23) | seed


@insn("1111 1010 rrrr ssss 1001 0000", "sqrt0.s f{r}, f{s}", coprocessor=0)
def sqrt0_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- estimate of 1/sqrt(m), where m in [1, 4) is FR[s] less an even power of two, with FR[s]'s sign."""
    bits = cpu.f[s]
    exponent, fraction = normalized(bits)
    cpu.f[r] = (bits & SIGN) | (126 << 23) | _inverse_root(bits, exponent, fraction)


@insn("1111 1010 rrrr ssss 1000 0000", "recip0.s f{r}, f{s}", coprocessor=0)
def recip0_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- estimate of 1/FR[s]; a subnormal result loses its last bits, a NaN's fraction is the table's."""
    bits = cpu.f[s]
    exponent, fraction = normalized(bits)
    significand = (look_up(RECIPROCAL, fraction >> 16) << 16) | HIDDEN
    exponent = 253 - exponent  # -2..276
    small = exponent.slt(1)
    number = select(small, significand >> ((1 - exponent) & 3), ((exponent << 23) | (significand & FRACTION)) & ~SIGN)
    number = select(exponent.sgt(254), INFINITY, number)
    number = select(is_infinite(bits), 0, select(is_nan(bits), (significand >> 1) | EXPONENT, number))
    cpu.f[r] = (bits & SIGN) | number
    cpu.fsr = cpu.fsr | flag(is_zero(bits), DIVIDE_BY_ZERO) | flag(is_signalling(bits), INVALID)


@insn("1111 1010 rrrr ssss 1010 0000", "rsqrt0.s f{r}, f{s}", coprocessor=0)
def rsqrt0_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- estimate of 1/sqrt(FR[s]); a NaN with the table's fraction for NaN and negative numbers."""
    bits = cpu.f[s]
    exponent, fraction = normalized(bits)
    seed = _inverse_root(bits, exponent, fraction)
    zero, nan = is_zero(bits), is_nan(bits)
    negative = sign_of(bits) & (zero ^ 1) & (nan ^ 1)
    number = (((380 - exponent) >> 1) << 23) | seed
    number = select(is_infinite(bits), 0, select(zero, INFINITY, number))
    cpu.f[r] = (bits & SIGN) | select(negative | nan, seed | EXPONENT | QUIET, number)
    cpu.fsr = cpu.fsr | flag(zero, DIVIDE_BY_ZERO) | flag(negative | is_signalling(bits), INVALID)


@insn("1111 1010 rrrr ssss 1011 0000", "nexp01.s f{r}, f{s}", coprocessor=0)
def nexp01_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- -FR[s] less an even power of two, in [1, 4); zero and infinity as 1.0, a NaN only changes its sign."""
    bits = cpu.f[s]
    exponent, fraction = normalized(bits)
    sign = (bits & SIGN) ^ SIGN
    number = sign | ((128 - (exponent & 1)) << 23) | fraction
    number = select(is_zero(bits) | is_infinite(bits), sign | 0x3F800000, number)
    cpu.f[r] = select(is_nan(bits), bits ^ SIGN, number)


# --- adjustments --------------------------------------------------------------------------------------------------


def _adjustment(exponent: Value) -> Value:
    """Return the 10-bit exponent in its two fields."""
    low = ((exponent & 31) << 3) + 127
    high = (exponent.sra(5) << 3) + 127
    return ((low & 0xFF) << 23) | ((high & 0xFF) << 14)


@insn("1111 1010 rrrr ssss 1100 0000", "mksadj.s f{r}, f{s}", coprocessor=0)
def mksadj_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- adjustment for sqrt(FR[s]): half its exponent, rounded down; V for negative and signalling ones."""
    bits = cpu.f[s]
    exponent, _ = normalized(bits)
    zero, nan = is_zero(bits), is_nan(bits)
    negative = sign_of(bits) & (zero ^ 1) & (nan ^ 1)
    adjustment = (exponent - 127).sra(1)
    adjustment = select(is_infinite(bits), _SPECIAL + _INFINITE, adjustment)
    adjustment = select(negative | nan, _SPECIAL + _NAN, adjustment)
    adjustment = select(zero, sign_of(bits).zext(32) + (_SPECIAL + _ZERO), adjustment)
    cpu.f[r] = _adjustment(adjustment)
    cpu.fsr = cpu.fsr | flag(negative | is_signalling(bits), INVALID)


@insn("1111 1010 rrrr ssss 1101 0000", "mkdadj.s f{r}, f{s}", coprocessor=0)
def mkdadj_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- adjustment for FR[s] / FR[r]: the difference of their even exponents.

    Z for a finite number over zero; V for 0/0, infinity over infinity and signalling NaNs.
    """
    a, b = cpu.f[s], cpu.f[r]
    (a_exponent, _), (b_exponent, _) = normalized(a), normalized(b)
    nan = is_nan(a) | is_nan(b)
    undefined = (is_zero(a) & is_zero(b)) | (is_infinite(a) & is_infinite(b))
    sign = sign_of(a ^ b).zext(32)
    adjustment = ((a_exponent - 127) & ~1) - ((b_exponent - 127) & ~1)
    adjustment = select(is_infinite(a) | is_zero(b), sign + (_SPECIAL + _INFINITE), adjustment)
    adjustment = select(is_zero(a) | is_infinite(b), sign + (_SPECIAL + _ZERO), adjustment)
    adjustment = select(nan | undefined, sign + (_SPECIAL + _NAN), adjustment)
    cpu.f[r] = _adjustment(adjustment)
    by_zero = is_zero(b) & ((nan | is_zero(a) | is_infinite(a)) ^ 1)
    invalid = is_signalling(a) | is_signalling(b) | (undefined & (nan ^ 1))
    cpu.fsr = cpu.fsr | flag(by_zero, DIVIDE_BY_ZERO) | flag(invalid, INVALID)


def _with_exponent(bits: Value, exponent: Value) -> Value:
    return (bits & ~EXPONENT) | ((exponent & 0xFF) << 23)


@insn("1111 1010 rrrr ssss 1110 0000", "addexp.s f{r}, f{s}", coprocessor=0)
def addexp_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """Add FR[s]'s exponent to FR[r]'s, modulo 256, and multiply the signs: no value is special."""
    bits, change = cpu.f[r], cpu.f[s]
    exponent = bits.field(30, 23) + change.field(30, 23) - 127
    cpu.f[r] = _with_exponent(bits, exponent) ^ (change & SIGN)


@insn("1111 1010 rrrr ssss 1111 0000", "addexpm.s f{r}, f{s}", coprocessor=0)
def addexpm_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """Add the exponent in FR[s]'s fraction bits 21..14 to FR[r]'s, modulo 256, the sign in bit 22."""
    bits, change = cpu.f[r], cpu.f[s]
    exponent = bits.field(30, 23) + change.field(21, 14) - 127
    cpu.f[r] = _with_exponent(bits, exponent) ^ (change.field(22, 22) << 31)


# --- the last step ------------------------------------------------------------------------------------------------


def _apart(bits: Value) -> tuple[Value, Value]:
    """Return the parts 0..31 and -3..4 of an exponent field, of 8 * part + small."""
    excess = bits.field(30, 23) - 124
    return excess.field(7, 3), (excess & 7) - 3


@insn("0111 1010 rrrr ssss tttt 0000", "divn.s f{r}, f{s}, f{t}", coprocessor=0)
def divn_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- (FR[r] + FR[s] * FR[t]) * 2^A, rounded once in FCR's mode; A lies in FR[r]'s and FR[t]'s exponents.

    FR[r] and FR[t] always have their hidden bit; FR[s] is an ordinary number (an infinity counts as 2^128), and a NaN
    in it is the result. A sum of exactly 0 gives 2^(A - 50) (measured; no sequence does it).
    """
    a, b, c = cpu.f[s], cpu.f[t], cpu.f[r]
    (c_part, c_small), (b_part, b_small) = _apart(c), _apart(b)
    adjustment = sign_extend((c_part << 5) | b_part, 10)
    a_exponent, a_significand = exponent_and_significand(a)
    multiplied = product(sign_of(a ^ b), a_exponent + b_small + 127, a_significand, (b & FRACTION) | HIDDEN)
    added = Number(sign_of(c), c_small + 127, ((c & FRACTION) | HIDDEN).zext(64) << 38)
    number = total(added, multiplied)
    nothing = number.magnitude == 0
    sign = number.sign & (nothing ^ 1)
    magnitude = select(nothing, cpu.const(1 << 61, 64), number.magnitude)
    exponent = sign_extend(select(nothing, 127 - 50, number.exponent) + adjustment, 10)
    rounded = round_number(Number(sign, exponent, magnitude), cpu.fcr & 3)
    nan = is_nan(a)
    special = (adjustment & ~7) == _SPECIAL
    code = adjustment & 7
    kind = code & 6
    known = ((code & 1) << 31) | select(kind == _INFINITE, INFINITY, 0)
    known = select(kind == _NAN, DEFAULT_NAN, known)
    cpu.f[r] = select(nan, a | QUIET, select(special, known, rounded.bits))
    cpu.fsr = cpu.fsr | select(nan | special, 0, rounded.flags())
