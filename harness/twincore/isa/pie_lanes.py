"""PIE: arithmetic, comparison, logic and shifts on vector registers. (ESP32-S3 TRM, 1.6.4 to 1.6.7 and 1.8.)

An operation is compiled once, as a routine; the instruction alone and its forms with a 16-byte load (.ld.incp) or store
(.st.incp) call it. A store takes the register as it was before the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twincore.isa.ir import Value, select
from twincore.isa.pie import (
    clamp,
    halves,
    high,
    kernel,
    lanes,
    load,
    low,
    number,
    pack,
    read,
    set_word,
    shifted,
    store,
    unaligned,
    vector,
    wide_pair,
    window,
    word,
    write,
)
from twincore.isa.spec import Cpu, Signed, Symbol

Operation = Callable[[Cpu, Value, Value], Value]
"""Computes a lane of the result from two lanes, extended to 32 bits."""

# --- two vectors, lane by lane ------------------------------------------------------------------------------------


def _lanewise(kind: str, name: str, operation: Operation) -> Callable[..., None]:
    """Return the routine (a, x, y) that applies an operation to each lane."""
    bits, signed = int(kind[1:]), kind[0] == "s"

    def definition(cpu: Cpu, a: Value, x: Value, y: Value) -> None:
        first, second = (lanes(read(cpu, q), bits, signed=signed) for q in (x, y))
        write(cpu, a, pack([operation(cpu, p, q) for p, q in zip(first, second, strict=True)], bits))

    return kernel(f"{name}.{kind}", definition)


def _alone(name: str, doc: str, bits: str, common: Callable[..., None]) -> None:
    @vector(bits, f"ee.{name} q{{a}}, q{{x}}, q{{y}}", f"{doc}.")
    def definition(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol) -> None:
        cpu.call(common, number(cpu, a), number(cpu, x), number(cpu, y))


def _with_memory(name: str, doc: str, load_bits: str, store_bits: str, common: Callable[..., None]) -> None:
    loads, stores = "QR[u] <- 16 bytes at AR[s]", "16 bytes at AR[s] <- QR[v]"
    text = f"ee.{name}.{{}}.incp q{{{{{{}}}}}}, a{{{{s}}}}, q{{{{a}}}}, q{{{{x}}}}, q{{{{y}}}}"

    @vector(load_bits, text.format("ld", "u"), f"{doc}; {loads}; AR[s] <- AR[s] + 16.")
    def with_load(cpu: Cpu, u: Symbol, s: Symbol, a: Symbol, x: Symbol, y: Symbol) -> None:
        address = cpu.ar[s]
        words = load(cpu, address)
        cpu.call(common, number(cpu, a), number(cpu, x), number(cpu, y))
        write(cpu, u, words)
        cpu.ar[s] = address + 16

    @vector(store_bits, text.format("st", "v"), f"{doc}; {stores}; AR[s] <- AR[s] + 16.")
    def with_store(cpu: Cpu, v: Symbol, s: Symbol, a: Symbol, x: Symbol, y: Symbol) -> None:
        address = cpu.ar[s]
        store(cpu, address, read(cpu, v))
        cpu.call(common, number(cpu, a), number(cpu, x), number(cpu, y))
        cpu.ar[s] = address + 16


def _arithmetic(name: str, kind: str, bits: str, doc: str, operation: Operation) -> None:
    """Register an instruction and its forms with memory; `bits` are what tells them apart, see below."""
    alone, load_row, load_column, store_row, store_column = bits.split()
    common = _lanewise(kind, name, operation)
    lane = f"Each lane of {kind[1:]} bits of QR[a] <- {doc}"
    _alone(f"{name}.{kind}", lane, f"10aa 1110 ay{alone[0]}y yxxx {alone[1:]} 0100", common)
    _with_memory(
        f"{name}.{kind}",
        lane,
        f"1110 00uu y{load_row} uaaa xxYY {load_column} ssss 111X",
        f"1110 {store_row[:4]} yvvv {store_row[4]}aaa xxYY {store_column} ssss 111X",
        common,
    )


def _saturating(name: str) -> Operation:
    def operation(cpu: Cpu, x: Value, y: Value) -> Value:
        return x + y if name == "vadds" else x - y

    return operation


def _saturated(kind: str, name: str) -> Operation:
    bits, plain = int(kind[1:]), _saturating(name)

    def operation(cpu: Cpu, x: Value, y: Value) -> Value:
        if bits == 32:
            return clamp(plain(cpu, x.sext(64), y.sext(64)), 32).trunc(32)
        return clamp(plain(cpu, x, y), bits)

    return operation


def _greater(cpu: Cpu, x: Value, y: Value) -> Value:
    return select(x.sge(y), x, y)


def _smaller(cpu: Cpu, x: Value, y: Value) -> Value:
    return select(x.sle(y), x, y)


def _multiplied(kind: str) -> Operation:
    def operation(cpu: Cpu, x: Value, y: Value) -> Value:
        return shifted(x * y, cpu.sar, signed=kind[0] == "s")

    return operation


# the instruction alone: bit 13 and bits 7..4 of its word; with a load: two fields; with a store: two fields
for _name, _kind, _bits in (
    ("vadds", "s8", "01000 001 1100 01001 0010"),
    ("vadds", "s16", "00110 010 1101 01001 0000"),
    ("vadds", "s32", "00111 011 1101 01001 0001"),
    ("vsubs", "s8", "11111 110 1101 10001 0011"),
    ("vsubs", "s16", "11101 100 1101 10001 0001"),
    ("vsubs", "s32", "11110 101 1101 10001 0010"),
):
    _doc = f"QR[x] {'+' if _name == 'vadds' else '-'} QR[y], saturated"
    _arithmetic(_name, _kind, _bits, _doc, _saturated(_kind, _name))
for _kind, _bits in (
    ("s8", "10100 001 1111 01011 0000"),
    ("s16", "10010 001 1101 01001 0011"),
    ("s32", "10011 001 1110 01010 0000"),
):
    _arithmetic("vmax", _kind, _bits, "the greater of QR[x] and QR[y], signed", _greater)
for _kind, _bits in (
    ("s8", "10111 010 1111 01010 0010"),
    ("s16", "10101 010 1110 01010 0001"),
    ("s32", "10110 011 1110 01011 0001"),
):
    _arithmetic("vmin", _kind, _bits, "the smaller of QR[x] and QR[y], signed", _smaller)
for _kind, _bits in (
    ("s8", "11001 100 1100 01010 0011"),
    ("s16", "11000 011 1111 01011 0010"),
    ("u8", "11011 110 1100 10001 0000"),
    ("u16", "11010 101 1100 01011 0011"),
):
    _arithmetic("vmul", _kind, _bits, "the low bits of QR[x] * QR[y] >> SAR", _multiplied(_kind))


def _comparison(condition: str) -> Operation:
    def operation(cpu: Cpu, x: Value, y: Value) -> Value:
        holds = {"eq": x == y, "gt": x.sgt(y), "lt": x.slt(y)}[condition]
        return select(holds, 0xFFFFFFFF, cpu.const(0))

    return operation


for _condition, _kind, _bits in (
    ("eq", "s8", "01011"),
    ("eq", "s16", "01001"),
    ("eq", "s32", "01010"),
    ("gt", "s8", "01110"),
    ("gt", "s16", "01100"),
    ("gt", "s32", "01101"),
    ("lt", "s8", "10001"),
    ("lt", "s16", "01111"),
    ("lt", "s32", "10000"),
):
    _sign = {"eq": "=", "gt": ">", "lt": "<"}[_condition]
    _alone(
        f"vcmp.{_condition}.{_kind}",
        f"Each lane of {_kind[1:]} bits of QR[a] <- all ones where QR[x] {_sign} QR[y], signed, else 0",
        f"10aa 1110 ay{_bits[0]}y yxxx {_bits[1:]} 0100",
        _lanewise(_kind, f"vcmp.{_condition}", _comparison(_condition)),
    )


# --- complex products ---------------------------------------------------------------------------------------------


def complex_product(x: Value, y: Value, conjugate: Value, amount: Value) -> tuple[Value, Value]:
    """Return the real and the imaginary part of x * y >> amount, of x conjugated where the one bit says so.

    Words are complex numbers: the low half is the real part.
    """
    xr, xi, yr, yi = (part.sext(64) for part in (low(x), high(x), low(y), high(y)))
    turned = select(conjugate, -xi, xi)
    return shifted(xr * yr - turned * yi, amount), shifted(xr * yi + turned * yr, amount)


def _cmul(cpu: Cpu, a: Value, x: Value, y: Value, n: Value) -> None:
    """Multiply two complex numbers of the lower (n even) or upper half; n & 2: conjugate QR[x]."""
    first = (n & 1) << 1
    products = []
    for k in range(2):
        parts = complex_product(word(cpu, x, first + k), word(cpu, y, first + k), n.bit(1), cpu.sar)
        products.append(halves(*(part.trunc(32) for part in parts)))
    for k, product in enumerate(products):
        set_word(cpu, a, first + k, product)


_CMUL = kernel("cmul.s16", _cmul)


@vector("10aa 1110 ay0y yxxx 00nn 0100", "ee.cmul.s16 q{a}, q{x}, q{y}, {n}")
def cmul_s16(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
    """Two complex numbers of QR[a] <- QR[x] * QR[y] >> SAR: words 0, 1 (n even) or 2, 3; from n = 2 on QR[x]*."""
    cpu.call(_CMUL, number(cpu, a), number(cpu, x), number(cpu, y), n)


@vector("1110 00uu y000 uaaa xxYY 11nn ssss 111X", "ee.cmul.s16.ld.incp q{u}, a{s}, q{a}, q{x}, q{y}, {n}")
def cmul_s16_ld_incp(cpu: Cpu, u: Symbol, s: Symbol, a: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
    """ee.cmul.s16; QR[u] <- 16 bytes at AR[s]; AR[s] <- AR[s] + 16."""
    address = cpu.ar[s]
    words = load(cpu, address)
    cpu.call(_CMUL, number(cpu, a), number(cpu, x), number(cpu, y), n)
    write(cpu, u, words)
    cpu.ar[s] = address + 16


@vector("1110 0100 yvvv 0aaa xxYY 00nn ssss 111X", "ee.cmul.s16.st.incp q{v}, a{s}, q{a}, q{x}, q{y}, {n}")
def cmul_s16_st_incp(cpu: Cpu, v: Symbol, s: Symbol, a: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
    """ee.cmul.s16; 16 bytes at AR[s] <- QR[v]; AR[s] <- AR[s] + 16."""
    address = cpu.ar[s]
    store(cpu, address, read(cpu, v))
    cpu.call(_CMUL, number(cpu, a), number(cpu, x), number(cpu, y), n)
    cpu.ar[s] = address + 16


# --- activation functions -----------------------------------------------------------------------------------------


def _relu(kind: str) -> None:
    bits = int(kind[1:])
    mask = 31 if bits == 8 else 63

    lane = f"Each lane of {bits} bits of"

    def leaky(values: Sequence[Value], factors: Sequence[Value], amount: Value) -> list[Value]:
        pairs = zip(values, factors, strict=True)
        return pack([select(v.sgt(0), v, shifted(v * f, amount & mask)) for v, f in pairs], bits)

    def vrelu_common(cpu: Cpu, q: Value, factor: Value, amount: Value) -> None:
        values = lanes(read(cpu, q), bits)
        factor = (factor << (32 - bits)).sra(32 - bits)
        write(cpu, q, leaky(values, [factor] * len(values), amount))

    def vprelu_common(cpu: Cpu, a: Value, x: Value, y: Value, amount: Value) -> None:
        write(cpu, a, leaky(lanes(read(cpu, x), bits), lanes(read(cpu, y), bits), amount))

    relu, prelu = kernel(f"vrelu.{kind}", vrelu_common), kernel(f"vprelu.{kind}", vprelu_common)

    @vector(
        f"11qq 1101 q{'001' if bits == 16 else '101'} ssss tttt 0100",
        f"ee.vrelu.{kind} q{{q}}, a{{s}}, a{{t}}",
        f"{lane} QR[q] that is not above 0 <- the low bits of itself * AR[s] >> AR[t].",
    )
    def vrelu(cpu: Cpu, q: Symbol, s: Symbol, t: Symbol) -> None:
        cpu.call(relu, number(cpu, q), cpu.ar[s], cpu.ar[t])

    @vector(
        f"10aa 1100 ay{'0' if bits == 16 else '1'}y yxxx tttt 0100",
        f"ee.vprelu.{kind} q{{a}}, q{{x}}, q{{y}}, a{{t}}",
        f"{lane} QR[a] <- QR[x], where that is not above 0 the low bits of QR[x] * QR[y] >> AR[t].",
    )
    def vprelu(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol, t: Symbol) -> None:
        cpu.call(prelu, number(cpu, a), number(cpu, x), number(cpu, y), cpu.ar[t])


_relu("s8")
_relu("s16")


# --- logic --------------------------------------------------------------------------------------------------------


@vector("11aa 1101 a011 yy00 xxyx 0100", "ee.andq q{a}, q{x}, q{y}")
def andq(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol) -> None:
    """QR[a] <- QR[x] and QR[y]."""
    write(cpu, a, [p & q for p, q in zip(read(cpu, x), read(cpu, y), strict=True)])


@vector("11aa 1101 a111 yy00 xxyx 0100", "ee.orq q{a}, q{x}, q{y}")
def orq(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol) -> None:
    """QR[a] <- QR[x] or QR[y]."""
    write(cpu, a, [p | q for p, q in zip(read(cpu, x), read(cpu, y), strict=True)])


@vector("11aa 1101 a011 yy01 xxyx 0100", "ee.xorq q{a}, q{x}, q{y}")
def xorq(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol) -> None:
    """QR[a] <- QR[x] xor QR[y]."""
    write(cpu, a, [p ^ q for p, q in zip(read(cpu, x), read(cpu, y), strict=True)])


@vector("11aa 1101 a111 1111 xx0x 0100", "ee.notq q{a}, q{x}")
def notq(cpu: Cpu, a: Symbol, x: Symbol) -> None:
    """QR[a] <- not QR[x]."""
    write(cpu, a, [~p for p in read(cpu, x)])


# --- shifts -------------------------------------------------------------------------------------------------------


@vector("11qq 1101 q011 1111 0aaa 0100", "ee.vsl.32 q{a}, q{q}")
def vsl_32(cpu: Cpu, a: Symbol, q: Symbol) -> None:
    """Each word of QR[a] <- QR[q] << SAR; from 32 on the largest or smallest number, 0 for 0."""
    amount, few = cpu.sar & 31, cpu.sar.ult(32)

    def extreme(value: Value) -> Value:
        return select(value == 0, value, select(value.slt(0), 0x80000000, cpu.const(0x7FFFFFFF)))

    write(cpu, a, [select(few, value << amount, extreme(value)) for value in read(cpu, q)])


@vector("11qq 1101 q011 1111 1aaa 0100", "ee.vsr.32 q{a}, q{q}")
def vsr_32(cpu: Cpu, a: Symbol, q: Symbol) -> None:
    """Each word of QR[a] <- QR[q] >> SAR, the sign coming in; 0 from 32 on."""
    write(cpu, a, [shifted(value, cpu.sar) for value in read(cpu, q)])


def _both(cpu: Cpu, f: Value, g: Value) -> list[Value]:
    """Return two vector registers as four values of 64 bits, the first register's first."""
    words = [*read(cpu, f), *read(cpu, g)]
    return [wide_pair(words[k], words[k + 1]) for k in range(0, 8, 2)]


def _shift_left(cpu: Cpu, g: Value, f: Value, count: Value) -> None:
    zero = cpu.const(0, 64)
    first, second, third, fourth = _both(cpu, f, g)
    start = 15 - (count & 15)
    lower = window([zero, zero, first, second], start)
    upper = window([first, second, third, fourth], start)
    write(cpu, f, lower)
    write(cpu, g, upper)


def _shift_right(cpu: Cpu, g: Value, f: Value, count: Value) -> None:
    zero = cpu.const(0, 64)
    values = [*_both(cpu, f, g), zero, zero, zero]
    start = (count & 15) + 1
    lower, upper = window(values[:5], start), window(values[2:], start)
    write(cpu, f, lower)
    write(cpu, g, upper)


def _shift_both(name: str, common: Callable[..., None], immediate: str, register: str, sign: str) -> None:
    @vector(
        f"11gg 1100 gfff {immediate} iiii 0100",
        f"ee.{name}i.2q q{{g}}, q{{f}}, {{i}}",
        f"QR[g], QR[f] <- their 32 bytes {sign} i + 1 bytes, zeros coming in.",
    )
    def by_immediate(cpu: Cpu, g: Symbol, f: Symbol, i: Value) -> None:
        cpu.call(common, number(cpu, g), number(cpu, f), i)

    @vector(
        f"{register} gfff dddd ssss 0100",
        f"ee.{name}xxp.2q q{{g}}, q{{f}}, a{{s}}, a{{d}}",
        f"QR[g], QR[f] <- their 32 bytes {sign} AR[s][3:0] + 1 bytes, zeros coming in; AR[s] <- AR[s] + AR[d].",
    )
    def by_register(cpu: Cpu, g: Symbol, f: Symbol, s: Symbol, d: Symbol) -> None:
        count, distance = cpu.ar[s], cpu.ar[d]
        cpu.call(common, number(cpu, g), number(cpu, f), count)
        cpu.ar[s] = count + distance


_shift_both("slc", kernel("slc", _shift_left), "0110", "10gg 0110", "<<")
_shift_both("src", kernel("src", _shift_right), "1010", "11gg 0110", ">>")


def _src_q(cpu: Cpu, a: Value, f: Value, g: Value) -> None:
    """QR[a] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g]."""
    write(cpu, a, unaligned(cpu, read(cpu, f), read(cpu, g)))


SRC_Q = kernel("src.q", _src_q)


@vector("11gg 1100 gfff 0011 0aaa 0100", "ee.src.q q{a}, q{f}, q{g}")
def src_q(cpu: Cpu, a: Symbol, f: Symbol, g: Symbol) -> None:
    """QR[a] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g]."""
    cpu.call(SRC_Q, number(cpu, a), number(cpu, f), number(cpu, g))


@vector("11gg 1100 gfff 0111 0aaa 0100", "ee.src.q.qup q{a}, q{f}, q{g}")
def src_q_qup(cpu: Cpu, a: Symbol, f: Symbol, g: Symbol) -> None:
    """QR[a] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g]; QR[f] <- QR[g]."""
    second = read(cpu, g)
    cpu.call(SRC_Q, number(cpu, a), number(cpu, f), number(cpu, g))
    write(cpu, f, second)


@vector("1110 00II iggg Iuuu ffII 00ii ssss 111F", "ee.src.q.ld.ip q{u}, a{s}, {i}, q{f}, q{g}", i=Signed(8, shift=4))
def src_q_ld_ip(cpu: Cpu, u: Symbol, s: Symbol, i: Value, f: Symbol, g: Symbol) -> None:
    """QR[f] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g]; QR[u] <- 16 bytes at AR[s]; AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    words = load(cpu, address)
    cpu.call(SRC_Q, number(cpu, f), number(cpu, f), number(cpu, g))
    write(cpu, u, words)
    cpu.ar[s] = address + i


@vector("1110 1000 0ggg 0uuu ff00 dddd ssss 111F", "ee.src.q.ld.xp q{u}, a{s}, a{d}, q{f}, q{g}")
def src_q_ld_xp(cpu: Cpu, u: Symbol, s: Symbol, d: Symbol, f: Symbol, g: Symbol) -> None:
    """QR[f] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g]; QR[u] <- 16 bytes at AR[s]; AR[s] += AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    words = load(cpu, address)
    cpu.call(SRC_Q, number(cpu, f), number(cpu, f), number(cpu, g))
    write(cpu, u, words)
    cpu.ar[s] = address + distance


@vector("11gg 1100 gfff 1110 ssss 0100", "ee.srcq.128.st.incp q{f}, q{g}, a{s}")
def srcq_128_st_incp(cpu: Cpu, f: Symbol, g: Symbol, s: Symbol) -> None:
    """16 bytes at AR[s] <- those from byte SAR_BYTE on of QR[f] and QR[g]; AR[s] <- AR[s] + 16."""
    address = cpu.ar[s]
    store(cpu, address, unaligned(cpu, read(cpu, f), read(cpu, g)))
    cpu.ar[s] = address + 16
