"""Floating-point instructions: loads and stores, moves, arithmetic, comparisons, conversions.

Sources: Xtensa ISA Reference Manual, Floating-Point Coprocessor Option and the instructions' own pages; IEEE 754-2019.
Where the manual is silent or wrong for this chip, measurements of an ESP32-S3 decide, published with their raw data on
GitHub: PhotomancerArt/lightplayer, docs/adr/2026-07-31-xtensa-fp-behavior-contract.md and, below
lp-xt/lp-xt-emu/tests/fixtures/fp, captures/.

| question | answer | source |
|---|---|---|
| NaN operands | the last NaN of fs, ft, but fr first in madd.s and msub.s; made quiet | measured; QEMU agrees |
| NaN of an invalid operation | 0x7FC00000 | measured |
| 0 * infinity + quiet NaN | that NaN, and V | measured |
| rounding mode of FCR | obeyed by add.s, sub.s, mul.s | measured |
| | and by madd.s, msub.s, float.s, ufloat.s | manual, FCR.RM; QEMU agrees |
| subnormals | operands and results, never flushed to 0 | measured |
| flags | raised, sticky, without traps (the manual says that FSR stays 0) | measured |
| underflow | tiny after rounding, and inexact | measured |
| olt.s, ole.s | V for any NaN; the other five only for a signalling one | measured |
| utrunc.s of a negative number | truncated as if signed, V unless that is 0 (the manual: 0x80000000) | measured |
| update of the address | lsip, lsxp, ssip, ssxp use it before; no lsiu, lsxu, ssiu, ssxu | Espressif's assembler |

FCR has enables V Z O U I in bits 6..2 and the rounding mode in 1..0, FSR flags V Z O U I in 11..7. The other bits keep
what is written: they are states of this core (Espressif's configuration for binutils: FPreserved20, 5, 20a, 7), and
Zephyr's test of FPU sharing writes and reads back all 32.
"""

from __future__ import annotations

from twincore.isa import booleans, fpu_divide
from twincore.isa.fpu_round import (
    DEFAULT_NAN,
    INEXACT,
    INFINITY,
    INVALID,
    NEAREST,
    QUIET,
    SIGN,
    Number,
    exponent_and_significand,
    flag,
    is_infinite,
    is_nan,
    is_signalling,
    is_special,
    is_zero,
    product,
    sign_of,
    total,
    unpack,
    write,
    zero_sign,
)
from twincore.isa.ir import Value, select
from twincore.isa.spec import Cpu, Symbol, Unsigned, insn

#: the modules of the option; importing this one registers the instructions of both
MODULES = (fpu_divide,)

# --- loads and stores ---------------------------------------------------------------------------------------------


@insn("iiii iiii 0000 ssss tttt 0011", "lsi f{t}, a{s}, {i}", coprocessor=0, i=Unsigned(8, shift=2))
def lsi(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """FR[t] <- word at AR[s] + i."""
    cpu.f[t] = cpu.load(cpu.ar[s] + i, 32)


@insn("iiii iiii 1000 ssss tttt 0011", "lsip f{t}, a{s}, {i}", coprocessor=0, i=Unsigned(8, shift=2))
def lsip(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """FR[t] <- word at AR[s]; then AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    cpu.f[t] = cpu.load(address, 32)
    cpu.ar[s] = address + i


@insn("0000 1000 rrrr ssss tttt 0000", "lsx f{r}, a{s}, a{t}", coprocessor=0)
def lsx(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- word at AR[s] + AR[t]."""
    cpu.f[r] = cpu.load(cpu.ar[s] + cpu.ar[t], 32)


@insn("0001 1000 rrrr ssss tttt 0000", "lsxp f{r}, a{s}, a{t}", coprocessor=0)
def lsxp(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- word at AR[s]; then AR[s] <- AR[s] + AR[t]."""
    address = cpu.ar[s]
    cpu.f[r] = cpu.load(address, 32)
    cpu.ar[s] = address + cpu.ar[t]


@insn("iiii iiii 0100 ssss tttt 0011", "ssi f{t}, a{s}, {i}", coprocessor=0, i=Unsigned(8, shift=2))
def ssi(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Word at AR[s] + i <- FR[t]."""
    cpu.store(cpu.ar[s] + i, 32, cpu.f[t])


@insn("iiii iiii 1100 ssss tttt 0011", "ssip f{t}, a{s}, {i}", coprocessor=0, i=Unsigned(8, shift=2))
def ssip(cpu: Cpu, t: Symbol, s: Symbol, i: Value) -> None:
    """Word at AR[s] <- FR[t]; then AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    cpu.store(address, 32, cpu.f[t])
    cpu.ar[s] = address + i


@insn("0100 1000 rrrr ssss tttt 0000", "ssx f{r}, a{s}, a{t}", coprocessor=0)
def ssx(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """Word at AR[s] + AR[t] <- FR[r]."""
    cpu.store(cpu.ar[s] + cpu.ar[t], 32, cpu.f[r])


@insn("0101 1000 rrrr ssss tttt 0000", "ssxp f{r}, a{s}, a{t}", coprocessor=0)
def ssxp(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """Word at AR[s] <- FR[r]; then AR[s] <- AR[s] + AR[t]."""
    address = cpu.ar[s]
    cpu.store(address, 32, cpu.f[r])
    cpu.ar[s] = address + cpu.ar[t]


# --- moves --------------------------------------------------------------------------------------------------------


@insn("1111 1010 rrrr ssss 0000 0000", "mov.s f{r}, f{s}", coprocessor=0)
def mov_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- FR[s]."""
    cpu.f[r] = cpu.f[s]


@insn("1111 1010 rrrr ssss 0001 0000", "abs.s f{r}, f{s}", coprocessor=0)
def abs_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- FR[s] with the sign cleared, NaN or not."""
    cpu.f[r] = cpu.f[s] & ~SIGN


@insn("1111 1010 rrrr ssss 0110 0000", "neg.s f{r}, f{s}", coprocessor=0)
def neg_s(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- FR[s] with the sign inverted, NaN or not."""
    cpu.f[r] = cpu.f[s] ^ SIGN


@insn("1111 1010 rrrr ssss 0100 0000", "rfr a{r}, f{s}", coprocessor=0)
def rfr(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """AR[r] <- FR[s]."""
    cpu.ar[r] = cpu.f[s]


@insn("1111 1010 rrrr ssss 0101 0000", "wfr f{r}, a{s}", coprocessor=0)
def wfr(cpu: Cpu, r: Symbol, s: Symbol) -> None:
    """FR[r] <- AR[s]."""
    cpu.f[r] = cpu.ar[s]


@insn("1000 1011 rrrr ssss tttt 0000", "moveqz.s f{r}, f{s}, a{t}", coprocessor=0)
def moveqz_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if AR[t] = 0."""
    cpu.f[r] = select(cpu.ar[t] == 0, cpu.f[s], cpu.f[r])


@insn("1001 1011 rrrr ssss tttt 0000", "movnez.s f{r}, f{s}, a{t}", coprocessor=0)
def movnez_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if AR[t] is not 0."""
    cpu.f[r] = select(cpu.ar[t] != 0, cpu.f[s], cpu.f[r])


@insn("1010 1011 rrrr ssss tttt 0000", "movltz.s f{r}, f{s}, a{t}", coprocessor=0)
def movltz_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if AR[t] is negative."""
    cpu.f[r] = select(cpu.ar[t].slt(0), cpu.f[s], cpu.f[r])


@insn("1011 1011 rrrr ssss tttt 0000", "movgez.s f{r}, f{s}, a{t}", coprocessor=0)
def movgez_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if AR[t] is not negative."""
    cpu.f[r] = select(cpu.ar[t].sge(0), cpu.f[s], cpu.f[r])


@insn("1100 1011 rrrr ssss tttt 0000", "movf.s f{r}, f{s}, b{t}", coprocessor=0)
def movf_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if BR[t] is clear."""
    cpu.f[r] = select(booleans.read(cpu, t) == 0, cpu.f[s], cpu.f[r])


@insn("1101 1011 rrrr ssss tttt 0000", "movt.s f{r}, f{s}, b{t}", coprocessor=0)
def movt_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] if BR[t] is set."""
    cpu.f[r] = select(booleans.read(cpu, t) != 0, cpu.f[s], cpu.f[r])


# --- arithmetic ---------------------------------------------------------------------------------------------------


def _raise(cpu: Cpu, flags: Value) -> None:
    cpu.fsr = cpu.fsr | flags


def _add(cpu: Cpu, r: Symbol, a: Value, b: Value, minus: int) -> None:
    """FR[r] <- a + b, where `minus` inverts b's sign unless b is a NaN."""
    signed = b ^ minus if minus else b
    special = is_special(a) | is_special(b)
    with cpu.when(special):
        a_nan, b_nan = is_nan(a), is_nan(b)
        opposite = is_infinite(a) & is_infinite(b) & ((a ^ signed) == SIGN)
        infinity = select(opposite, DEFAULT_NAN, select(is_infinite(a), a, signed))
        cpu.f[r] = select(b_nan, b | QUIET, select(a_nan, a | QUIET, infinity))
        _raise(cpu, flag(is_signalling(a) | is_signalling(b) | opposite, INVALID))
    with cpu.when(special ^ 1):
        mode = cpu.fcr & 3
        first, second = unpack(a), unpack(signed)
        number = total(first, second)
        sign = select(number.magnitude == 0, zero_sign(first.sign, second.sign, mode), number.sign)
        write(cpu, r, Number(sign, number.exponent, number.magnitude), mode)


@insn("0000 1010 rrrr ssss tttt 0000", "add.s f{r}, f{s}, f{t}", coprocessor=0)
def add_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] + FR[t]."""
    _add(cpu, r, cpu.f[s], cpu.f[t], 0)


@insn("0001 1010 rrrr ssss tttt 0000", "sub.s f{r}, f{s}, f{t}", coprocessor=0)
def sub_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] - FR[t]."""
    _add(cpu, r, cpu.f[s], cpu.f[t], SIGN)


@insn("0010 1010 rrrr ssss tttt 0000", "mul.s f{r}, f{s}, f{t}", coprocessor=0)
def mul_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[s] * FR[t]."""
    a, b = cpu.f[s], cpu.f[t]
    sign = sign_of(a ^ b)
    special = is_special(a) | is_special(b)
    with cpu.when(special):
        undefined = (is_zero(a) & is_infinite(b)) | (is_infinite(a) & is_zero(b))
        infinity = select(undefined, DEFAULT_NAN, (sign.zext(32) << 31) | INFINITY)
        cpu.f[r] = select(is_nan(b), b | QUIET, select(is_nan(a), a | QUIET, infinity))
        _raise(cpu, flag(is_signalling(a) | is_signalling(b) | undefined, INVALID))
    with cpu.when(special ^ 1):
        a_exponent, a_significand = exponent_and_significand(a)
        b_exponent, b_significand = exponent_and_significand(b)
        write(cpu, r, product(sign, a_exponent + b_exponent, a_significand, b_significand), cpu.fcr & 3)


def _multiply_add(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol, minus: int, *, silent: bool = False) -> None:
    """FR[r] <- FR[r] + FR[s] * FR[t], the product's sign inverted by `minus`; `silent`: to nearest, no flags."""
    c, a, b = cpu.f[r], cpu.f[s], cpu.f[t]
    sign = sign_of(a ^ b ^ minus if minus else a ^ b)
    special = is_special(a) | is_special(b) | is_special(c)
    with cpu.when(special):
        undefined = (is_zero(a) & is_infinite(b)) | (is_infinite(a) & is_zero(b))
        infinite = is_infinite(a) | is_infinite(b)
        infinity = (sign.zext(32) << 31) | INFINITY
        opposite = infinite & is_infinite(c) & (c != infinity)
        a_nan, b_nan, c_nan = is_nan(a), is_nan(b), is_nan(c)
        number_result = select(undefined | opposite, DEFAULT_NAN, select(infinite, infinity, c))
        propagated = select(c_nan, c, select(b_nan, b, a)) | QUIET
        any_nan = a_nan | b_nan | c_nan
        cpu.f[r] = select(any_nan, propagated, number_result)
        if not silent:
            signalling = is_signalling(a) | is_signalling(b) | is_signalling(c)
            _raise(cpu, flag(signalling | undefined | (opposite & (any_nan ^ 1)), INVALID))
    with cpu.when(special ^ 1):
        mode = None if silent else cpu.fcr & 3
        a_exponent, a_significand = exponent_and_significand(a)
        b_exponent, b_significand = exponent_and_significand(b)
        multiplied = product(sign, a_exponent + b_exponent, a_significand, b_significand)
        added = unpack(c)
        number = total(added, multiplied)
        down = cpu.const(NEAREST) if mode is None else mode
        zero = select(number.magnitude == 0, zero_sign(added.sign, sign, down), number.sign)
        write(cpu, r, Number(zero, number.exponent, number.magnitude), mode)


@insn("0100 1010 rrrr ssss tttt 0000", "madd.s f{r}, f{s}, f{t}", coprocessor=0)
def madd_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[r] + FR[s] * FR[t], rounded once."""
    _multiply_add(cpu, r, s, t, 0)


@insn("0101 1010 rrrr ssss tttt 0000", "msub.s f{r}, f{s}, f{t}", coprocessor=0)
def msub_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[r] - FR[s] * FR[t], rounded once."""
    _multiply_add(cpu, r, s, t, SIGN)


@insn("0110 1010 rrrr ssss tttt 0000", "maddn.s f{r}, f{s}, f{t}", coprocessor=0)
def maddn_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """FR[r] <- FR[r] + FR[s] * FR[t], rounded once to nearest, no flags.

    Measured to equal madd.s bit for bit and to raise nothing, in mode 0. That the other modes do not reach it is
    inferred: so the compilers' quotients and roots are correctly rounded in every mode.
    """
    _multiply_add(cpu, r, s, t, 0, silent=True)


# --- comparisons --------------------------------------------------------------------------------------------------


def _compare(
    cpu: Cpu, r: Symbol, s: Symbol, t: Symbol, *, less: bool, equal: bool, unordered: bool, signals: bool = False
) -> None:
    """BR[r] <- whether one of the chosen relations holds; `signals`: a quiet NaN is invalid, too."""
    a, b = cpu.f[s], cpu.f[t]
    nan = is_nan(a) | is_nan(b)
    result = nan if unordered else cpu.const(0, 1)
    equals = (a == b) | is_zero(a | b)
    if less:
        negative = sign_of(a | b)  # of negative numbers, the greater pattern is less
        result = result | (select(negative, b.slt(a) ^ (sign_of(a ^ b)), a.slt(b)) & (equals ^ 1))
    if equal:
        result = result | equals
    if not unordered:
        result = result & (nan ^ 1)
    booleans.write(cpu, r, result.zext(32))
    _raise(cpu, flag(nan if signals else is_signalling(a) | is_signalling(b), INVALID))


@insn("0001 1011 rrrr ssss tttt 0000", "un.s b{r}, f{s}, f{t}", coprocessor=0)
def un_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] or FR[t] is a NaN."""
    _compare(cpu, r, s, t, less=False, equal=False, unordered=True)


@insn("0010 1011 rrrr ssss tttt 0000", "oeq.s b{r}, f{s}, f{t}", coprocessor=0)
def oeq_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] = FR[t], neither a NaN."""
    _compare(cpu, r, s, t, less=False, equal=True, unordered=False)


@insn("0011 1011 rrrr ssss tttt 0000", "ueq.s b{r}, f{s}, f{t}", coprocessor=0)
def ueq_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] = FR[t] or one is a NaN."""
    _compare(cpu, r, s, t, less=False, equal=True, unordered=True)


@insn("0100 1011 rrrr ssss tttt 0000", "olt.s b{r}, f{s}, f{t}", coprocessor=0)
def olt_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] < FR[t], neither a NaN; any NaN is invalid."""
    _compare(cpu, r, s, t, less=True, equal=False, unordered=False, signals=True)


@insn("0101 1011 rrrr ssss tttt 0000", "ult.s b{r}, f{s}, f{t}", coprocessor=0)
def ult_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] < FR[t] or one is a NaN."""
    _compare(cpu, r, s, t, less=True, equal=False, unordered=True)


@insn("0110 1011 rrrr ssss tttt 0000", "ole.s b{r}, f{s}, f{t}", coprocessor=0)
def ole_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] <= FR[t], neither a NaN; any NaN is invalid."""
    _compare(cpu, r, s, t, less=True, equal=True, unordered=False, signals=True)


@insn("0111 1011 rrrr ssss tttt 0000", "ule.s b{r}, f{s}, f{t}", coprocessor=0)
def ule_s(cpu: Cpu, r: Symbol, s: Symbol, t: Symbol) -> None:
    """BR[r] <- FR[s] <= FR[t] or one is a NaN."""
    _compare(cpu, r, s, t, less=True, equal=True, unordered=True)


# --- conversions --------------------------------------------------------------------------------------------------


def _from_integer(cpu: Cpu, r: Symbol, sign: Value, magnitude: Value, scale: Value) -> None:
    """FR[r] <- integer * 2^-scale."""
    write(cpu, r, Number(sign, 188 - scale, magnitude.zext(64)), cpu.fcr & 3)


@insn("1100 1010 rrrr ssss tttt 0000", "float.s f{r}, a{s}, {t}", coprocessor=0)
def float_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """FR[r] <- AR[s], signed, * 2^-t, rounded in FCR's mode."""
    value = cpu.ar[s]
    _from_integer(cpu, r, sign_of(value), select(sign_of(value), -value, value), t)


@insn("1101 1010 rrrr ssss tttt 0000", "ufloat.s f{r}, a{s}, {t}", coprocessor=0)
def ufloat_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """FR[r] <- AR[s], unsigned, * 2^-t, rounded in FCR's mode."""
    _from_integer(cpu, r, cpu.const(0, 1), cpu.ar[s], t)


def _to_integer(bits: Value, scale: Value, how: str) -> tuple[Value, Value, Value]:
    """Round bits * 2^scale to an integer; return sign, magnitude (64 bits, 2^32 or more if too big), inexactness."""
    sign = sign_of(bits)
    exponent, significand = exponent_and_significand(bits)
    distance = 182 - exponent - scale  # to the right of 2^32 * significand
    distance = select(distance.slt(0), 0, select(distance.sgt(63), 63, distance)).zext(64)
    wide = significand.zext(64) << 32
    magnitude = wide >> distance
    rest = wide - (magnitude << distance)
    inexact = rest != 0
    if how == "round":
        unit = bits.trace.value(1, 64) << distance
        magnitude = magnitude + ((rest << 1).ugt(unit) | (((rest << 1) == unit) & magnitude.bit(0))).zext(64)
    elif how == "floor":
        magnitude = magnitude + (sign & inexact).zext(64)
    elif how == "ceil":
        magnitude = magnitude + ((sign ^ 1) & inexact).zext(64)
    return sign, magnitude, inexact


def _to_signed(cpu: Cpu, r: Symbol, s: Symbol, scale: Value, how: str) -> None:
    """AR[r] <- FR[s] * 2^scale as a signed integer; 0x7FFFFFFF for NaN, the nearest limit and V out of range."""
    bits = cpu.f[s]
    sign, magnitude, inexact = _to_integer(bits, scale, how)
    nan = is_nan(bits)
    invalid = nan | magnitude.ugt(0x7FFFFFFF + sign.zext(64))
    integer = magnitude.trunc(32)
    limit = 0x7FFFFFFF + (sign & (nan ^ 1)).zext(32)
    cpu.ar[r] = select(invalid, limit, select(sign, -integer, integer))
    _raise(cpu, select(invalid, INVALID, flag(inexact, INEXACT)))


@insn("1000 1010 rrrr ssss tttt 0000", "round.s a{r}, f{s}, {t}", coprocessor=0)
def round_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """AR[r] <- FR[s] * 2^t, rounded to nearest, ties to even."""
    _to_signed(cpu, r, s, t, "round")


@insn("1001 1010 rrrr ssss tttt 0000", "trunc.s a{r}, f{s}, {t}", coprocessor=0)
def trunc_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """AR[r] <- FR[s] * 2^t, rounded towards 0."""
    _to_signed(cpu, r, s, t, "trunc")


@insn("1010 1010 rrrr ssss tttt 0000", "floor.s a{r}, f{s}, {t}", coprocessor=0)
def floor_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """AR[r] <- FR[s] * 2^t, rounded down."""
    _to_signed(cpu, r, s, t, "floor")


@insn("1011 1010 rrrr ssss tttt 0000", "ceil.s a{r}, f{s}, {t}", coprocessor=0)
def ceil_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """AR[r] <- FR[s] * 2^t, rounded up."""
    _to_signed(cpu, r, s, t, "ceil")


@insn("1110 1010 rrrr ssss tttt 0000", "utrunc.s a{r}, f{s}, {t}", coprocessor=0)
def utrunc_s(cpu: Cpu, r: Symbol, s: Symbol, t: Value) -> None:
    """AR[r] <- FR[s] * 2^t, rounded towards 0, unsigned.

    0xFFFFFFFF and V for NaN or too much; a negative number gives what trunc.s gives, and V unless that is 0.
    """
    bits = cpu.f[s]
    sign, magnitude, inexact = _to_integer(bits, t, "trunc")
    nan = is_nan(bits)
    integer = magnitude.trunc(32)
    negative = select(magnitude.ugt(0x80000000), 0x80000000, -integer)
    positive = select(magnitude.ugt(0xFFFFFFFF), 0xFFFFFFFF, integer)
    cpu.ar[r] = select(nan, 0xFFFFFFFF, select(sign, negative, positive))
    invalid = nan | select(sign, magnitude != 0, magnitude.ugt(0xFFFFFFFF))
    _raise(cpu, select(invalid, INVALID, flag(inexact, INEXACT)))
