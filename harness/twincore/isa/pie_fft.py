"""PIE: instructions made for fast Fourier transforms. (ESP32-S3 TRM, 1.6.8 and 1.8.)

Words of a vector register are complex numbers of 16 bits each part, the real one in the low half. Sums wrap.
"""

from __future__ import annotations

from twincore.isa.ir import Value, select
from twincore.isa.pie import (
    Register,
    Words,
    halves,
    high,
    kernel,
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
    word,
    write,
)
from twincore.isa.pie_lanes import complex_product
from twincore.isa.spec import Cpu, Symbol


def _add(x: Value, y: Value) -> Value:
    """Return the sums of the halves."""
    return halves(low(x) + low(y), high(x) + high(y))


def _subtract(x: Value, y: Value) -> Value:
    """Return the differences of the halves."""
    return halves(low(x) - low(y), high(x) - high(y))


def _shift_halves(value: Value, amount: Value | int) -> Value:
    """Return both halves shifted right, the sign coming in."""
    return halves(low(value).sra(amount), high(value).sra(amount))


# --- radix-2 butterflies ------------------------------------------------------------------------------------------


def _r2bf(cpu: Cpu, a: Value, b: Value, x: Value, y: Value, n: Value) -> None:
    results = []
    for q in (x, y):
        words = read(cpu, q)
        neighbours = n == 1  # words 0, 2 against 1, 3; else words 0, 1 against 2, 3
        second = select(neighbours, words[2], words[1])
        third = select(neighbours, words[1], words[2])
        pairs = ((words[0], third), (second, words[3]))
        results.append([_add(p, q) for p, q in pairs] + [_subtract(p, q) for p, q in pairs])
    write(cpu, a, results[0])
    write(cpu, b, results[1])


_R2BF = kernel("fft.r2bf.s16", _r2bf)


@vector("11aa 1100 abbb yy0n xxyx 0100", "ee.fft.r2bf.s16 q{a}, q{b}, q{x}, q{y}, {n}")
def fft_r2bf_s16(cpu: Cpu, a: Symbol, b: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
    """QR[a] <- sums and differences of QR[x]'s lower and upper half (n = 1: of neighbouring words); QR[b]: of QR[y]."""
    cpu.call(_R2BF, number(cpu, a), number(cpu, b), number(cpu, x), number(cpu, y), n)


@vector("1110 1000 ryyy 1aaa xx0R 0100 ssss 111X", "ee.fft.r2bf.s16.st.incp q{a}, q{x}, q{y}, a{s}, {r}")
def fft_r2bf_s16_st_incp(cpu: Cpu, a: Symbol, x: Symbol, y: Symbol, s: Symbol, r: Value) -> None:
    """QR[a] <- QR[x] - QR[y]; 16 bytes at AR[s] <- (QR[x] + QR[y]) >> r, by halves; AR[s] <- AR[s] + 16."""
    address = cpu.ar[s]
    pairs = list(zip(read(cpu, x), read(cpu, y), strict=True))
    sums = [_shift_halves(_add(p, q), r) for p, q in pairs]
    store(cpu, address, sums)
    write(cpu, a, [_subtract(p, q) for p, q in pairs])
    cpu.ar[s] = address + 16


# --- complex products ---------------------------------------------------------------------------------------------


def _product(cpu: Cpu, x: Register, y: Register, n: Value) -> Value:
    """Return word n >> 1 of QR[x] times that of QR[y], of which n even takes the conjugate, >> SAR."""
    index = n >> 1
    parts = complex_product(word(cpu, y, index), word(cpu, x, index), n.bit(0) == 0, cpu.sar)
    return halves(*(part.trunc(32) for part in parts))


@vector("1101 11nn uyyy naaa xxUU dddd ssss 111X", "ee.fft.cmul.s16.ld.xp q{u}, a{s}, a{d}, q{a}, q{x}, q{y}, {n}")
def fft_cmul_s16_ld_xp(cpu: Cpu, u: Symbol, s: Symbol, d: Symbol, a: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
    """Word n >> 1 of QR[a] <- that of QR[x] * QR[y] (n even: QR[y]*) >> SAR; QR[u] <- 16 bytes at AR[s], += AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    words = load(cpu, address)
    set_word(cpu, a, n >> 1, _product(cpu, x, y, n))
    write(cpu, u, words)
    cpu.ar[s] = address + distance


def _store_words(cpu: Cpu, x: Symbol, v: Symbol, p: Value, r: Value) -> Words:
    """Return what ee.fft.cmul.s16.st.xp stores below the product: QR[v], or in the last stages words of QR[x]."""
    first, second, third = read(cpu, v)[:3]
    lower, upper = (_shift_halves(part, r) for part in read(cpu, x)[:2])
    last = p == 1
    return [
        select(p == 0, first, lower),
        select(p == 0, second, select(last, upper, third)),
        select(p == 0, third, select(last, third, upper)),
    ]


@vector(
    "1010 1rrp nyyy pvvv xxNN dddd ssss 111X",
    "ee.fft.cmul.s16.st.xp q{x}, q{y}, q{v}, a{s}, a{d}, {n}, {p}, {r}",
)
def fft_cmul_s16_st_xp(
    cpu: Cpu, x: Symbol, y: Symbol, v: Symbol, s: Symbol, d: Symbol, n: Value, p: Value, r: Value
) -> None:
    """16 bytes at AR[s] <- a product as above on top of QR[v] (p = 1, 2: and of QR[x] >> r); AR[s] += AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    store(cpu, address, [*_store_words(cpu, x, v, p, r), _product(cpu, x, y, n)])
    cpu.ar[s] = address + distance


# --- add, multiply, subtract --------------------------------------------------------------------------------------


def _ams(x: Value, y: Value, m: Value, n: Value, amount: Value) -> tuple[Value, Value]:
    """Return the words for qz and qz1 from those of qx, qy and qm; n = 1: m conjugated."""
    xr, xi, yr, yi = low(x), high(x), low(y), high(y)
    p, q = (xr - yr).sext(64), (xi + yi).sext(64)
    real, imaginary = low(m).sext(64), high(m).sext(64)
    turned = select(n == 1, imaginary, -imaginary)
    third = shifted(p * real + q * turned, amount).trunc(32)
    fourth = shifted(q * real - p * turned, amount).trunc(32)
    first, second = xr + yr, xi - yi
    return halves(first + third, second + fourth), halves(first - third, fourth - second)


def _ams_word(index: int) -> object:
    """Return the routine (z, w, x, y, m, n) that sets word `index` of QR[z] and QR[w]."""

    def definition(cpu: Cpu, z: Value, w: Value, x: Value, y: Value, m: Value, n: Value) -> None:
        upper, lower = _ams(word(cpu, x, index), word(cpu, y, index), word(cpu, m, index), n, cpu.sar)
        set_word(cpu, z, index, upper)
        set_word(cpu, w, index, lower)

    return kernel(f"fft.ams.s16.{index}", definition)


def _ams_load(name: str, op: str, index: int) -> None:
    common = _ams_word(index)

    loaded = {
        "incp": "16 bytes at AR[s]; AR[s] <- AR[s] + 16.",
        "incp.uaup": "16 bytes from byte SAR_BYTE on of UA_STATE and those at AR[s], the next UA_STATE; AR[s] += 16.",
        "r32.decp": "four words at AR[s], the last first; AR[s] <- AR[s] - 16.",
    }[name]

    @vector(
        f"1101 {op}nw zyyy wmmm xxZZ wuuu ssss 111X",
        f"ee.fft.ams.s16.ld.{name} q{{u}}, a{{s}}, q{{z}}, q{{w}}, q{{x}}, q{{y}}, q{{m}}, {{n}}",
        f"Words {index} of QR[z], QR[w] <- a butterfly of QR[x], QR[y] and the factor QR[m]; QR[u] <- {loaded}",
    )
    def definition(
        cpu: Cpu, u: Symbol, s: Symbol, z: Symbol, w: Symbol, x: Symbol, y: Symbol, m: Symbol, n: Value
    ) -> None:
        address = cpu.ar[s]
        words = load(cpu, address)
        cpu.call(common, *(number(cpu, q) for q in (z, w, x, y, m)), n)  # type: ignore[arg-type]
        if name == "incp.uaup":
            kept = [cpu.ua_state[k] for k in range(4)]
            write(cpu, u, unaligned(cpu, kept, words))
            for k, value in enumerate(words):
                cpu.ua_state[k] = value
        else:
            write(cpu, u, words if name == "incp" else words[::-1])
        cpu.ar[s] = address - 16 if name == "r32.decp" else address + 16


_ams_load("incp", "00", 1)
_ams_load("incp.uaup", "01", 0)
_ams_load("r32.decp", "10", 2)


@vector(
    "1010 0nww mvvv wxxx yyMM ssss tttt 111Y",
    "ee.fft.ams.s16.st.incp q{v}, q{w}, a{t}, a{s}, q{x}, q{y}, q{m}, {n}",
)
def fft_ams_s16_st_incp(
    cpu: Cpu, v: Symbol, w: Symbol, t: Symbol, s: Symbol, x: Symbol, y: Symbol, m: Symbol, n: Value
) -> None:
    """16 bytes at AR[s] <- AR[t], QR[v] (n = 0: halves >> 1); AR[t], word 3 of QR[w] <- a butterfly; AR[s] += 16."""
    address, kept = cpu.ar[s], cpu.ar[t]
    amount = n ^ 1
    upper, lower = _ams(word(cpu, x, 3), word(cpu, y, 3), word(cpu, m, 3), n, cpu.sar)
    store(cpu, address, [_shift_halves(value, amount) for value in (kept, *read(cpu, v)[:3])])
    set_word(cpu, w, 3, lower)
    cpu.ar[t] = upper
    cpu.ar[s] = address + 16


@vector("11vv 1101 v011 0r11 ssss 0100", "ee.fft.vst.r32.decp q{v}, a{s}, {r}")
def fft_vst_r32_decp(cpu: Cpu, v: Symbol, s: Symbol, r: Value) -> None:
    """Four words at AR[s] <- QR[v], its last word first, halves >> r; AR[s] <- AR[s] - 16."""
    address = cpu.ar[s]
    store(cpu, address, [_shift_halves(value, r) for value in read(cpu, v)[::-1]])
    cpu.ar[s] = address - 16


# --- order --------------------------------------------------------------------------------------------------------


def _reverse_halves(value: Value) -> Value:
    """Return each half with its bits in reverse order."""
    for distance, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        value = ((value >> distance) & mask) | ((value & mask) << distance)
    return value


def _bitrev(cpu: Cpu, a: Value, start: Value) -> None:
    mode = cpu.fft_bit_width & 7
    mask = (cpu.const(8) << mode) - 1
    results = []
    for k in range(0, 8, 2):
        pair = [(start + j if j else start) & mask for j in (k, k + 1)]
        reverse = _reverse_halves(pair[0] | (pair[1] << 16))
        turned = [(reverse & 0xFFFF) >> (13 - mode), (reverse >> 16) >> (13 - mode)]
        results += [select(p.uge(q), p, q) for p, q in zip(pair, turned, strict=True)]
    words = pack(results, 16)
    words[3] = select(mode == 0, 0, words[3])  # the manual: with three bits, six results
    write(cpu, a, words)


_BITREV = kernel("bitrev", _bitrev)


@vector("11aa 1101 a111 1011 ssss 0100", "ee.bitrev q{a}, a{s}")
def bitrev(cpu: Cpu, a: Symbol, s: Symbol) -> None:
    """Halves of QR[a] <- the greater of AR[s] + k and that with its FFT_BIT_WIDTH + 3 bits reversed; AR[s] += 8."""
    start = cpu.ar[s]
    cpu.call(_BITREV, number(cpu, a), start)
    cpu.ar[s] = start + 8
