"""PIE: products added up in ACCX and QACC, and getting them out. (ESP32-S3 TRM, 1.6.4 and 1.8.)

ACCX takes the sum of all lanes' products; QACC has an accumulator for each lane, of 20 bits for lanes of 8 bits and of
40 for lanes of 16. Sums saturate, as unsigned numbers where the lanes are. Each sum is compiled once, as a routine,
which the instruction alone and its forms with a load call. Forms named .qup also shift two registers of unaligned data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twincore.isa.ir import Value
from twincore.isa.pie import (
    Words,
    broadcast,
    clamp,
    kernel,
    lanes,
    load,
    number,
    pack,
    read,
    read_accx,
    read_qacc,
    vector,
    word,
    write,
    write_accx,
    write_qacc,
)
from twincore.isa.pie_lanes import SRC_Q
from twincore.isa.spec import Cpu, Signed, Symbol

#: by number in the encodings of products and sums
KINDS = ("s16", "s8", "u16", "u8")


def _add_products(cpu: Cpu, first: Sequence[Value], second: Sequence[Value], bits: int, *, signed: bool) -> None:
    """Add the products of lanes to QACC's lanes."""
    size = 20 if bits == 8 else 40
    sums = []
    for old, x, y in zip(read_qacc(cpu, size, signed=signed), first, second, strict=True):
        product = x * y
        if size == 40:
            product = product.sext(64) if signed else product.zext(64)
        sums.append(clamp(old + product, size, signed=signed))
    write_qacc(cpu, sums, size)


def _to_qacc(kind: str) -> Callable[..., None]:
    bits, signed = int(kind[1:]), kind[0] == "s"

    def definition(cpu: Cpu, x: Value, y: Value) -> None:
        first, second = (lanes(read(cpu, q), bits, signed=signed) for q in (x, y))
        _add_products(cpu, first, second, bits, signed=signed)

    return kernel(f"vmulas.{kind}.qacc", definition)


def _to_accx(kind: str) -> Callable[..., None]:
    bits, signed = int(kind[1:]), kind[0] == "s"

    def definition(cpu: Cpu, x: Value, y: Value) -> None:
        first, second = (lanes(read(cpu, q), bits, signed=signed) for q in (x, y))
        total = read_accx(cpu, signed=signed)
        for x_lane, y_lane in zip(first, second, strict=True):
            product = x_lane * y_lane
            total = total + (product.sext(64) if signed else product.zext(64))
        write_accx(cpu, clamp(total, 40, signed=signed))

    return kernel(f"vmulas.{kind}.accx", definition)


def _forms(kind: str, target: str, add: Callable[..., None]) -> None:
    """Register the forms with a load of 16 bytes, with and without shifting QR[f] and QR[g]."""
    which = KINDS.index(kind) << 1 | (target == "qacc")
    name = f"ee.vmulas.{kind}.{target}"
    doc = f"{target.upper()} <- {target.upper()} + QR[x] * QR[y], lanes of {kind}; QR[u] <- 16 bytes at AR[s];"
    shift = " QR[f] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g];"
    immediate, register = "AR[s] <- AR[s] + i.", "AR[s] <- AR[s] + AR[d]."

    @vector(
        f"1111 iiuu y000 u{which:03b} xxYY iiii ssss 111X",
        f"{name}.ld.ip q{{u}}, a{{s}}, {{i}}, q{{x}}, q{{y}}",
        f"{doc} {immediate}",
        i=Signed(6, shift=4),
    )
    def ip(cpu: Cpu, u: Symbol, s: Symbol, i: Value, x: Symbol, y: Symbol) -> None:
        address = cpu.ar[s]
        words = load(cpu, address)
        cpu.call(add, number(cpu, x), number(cpu, y))
        write(cpu, u, words)
        cpu.ar[s] = address + i

    @vector(
        f"1111 00uu y001 u{which:03b} xxYY dddd ssss 111X",
        f"{name}.ld.xp q{{u}}, a{{s}}, a{{d}}, q{{x}}, q{{y}}",
        f"{doc} {register}",
    )
    def xp(cpu: Cpu, u: Symbol, s: Symbol, d: Symbol, x: Symbol, y: Symbol) -> None:
        address, distance = cpu.ar[s], cpu.ar[d]
        words = load(cpu, address)
        cpu.call(add, number(cpu, x), number(cpu, y))
        write(cpu, u, words)
        cpu.ar[s] = address + distance

    @vector(
        f"0{which:03b} iiuu yfff uggg xxYY iiii ssss 111X",
        f"{name}.ld.ip.qup q{{u}}, a{{s}}, {{i}}, q{{x}}, q{{y}}, q{{f}}, q{{g}}",
        f"{doc}{shift} {immediate}",
        i=Signed(6, shift=4),
    )
    def ip_qup(cpu: Cpu, u: Symbol, s: Symbol, i: Value, x: Symbol, y: Symbol, f: Symbol, g: Symbol) -> None:
        address = cpu.ar[s]
        words = load(cpu, address)
        _add_and_shift(cpu, add, (x, y), (f, g), u, words)
        cpu.ar[s] = address + i

    @vector(
        f"{0b101100 + which:06b}uu yfff uggg xxYY dddd ssss 111X",
        f"{name}.ld.xp.qup q{{u}}, a{{s}}, a{{d}}, q{{x}}, q{{y}}, q{{f}}, q{{g}}",
        f"{doc}{shift} {register}",
    )
    def xp_qup(cpu: Cpu, u: Symbol, s: Symbol, d: Symbol, x: Symbol, y: Symbol, f: Symbol, g: Symbol) -> None:
        address, distance = cpu.ar[s], cpu.ar[d]
        words = load(cpu, address)
        _add_and_shift(cpu, add, (x, y), (f, g), u, words)
        cpu.ar[s] = address + distance


def _add_and_shift(
    cpu: Cpu,
    add: Callable[..., None],
    factors: tuple[Symbol, Symbol],
    parts: tuple[Symbol, Symbol],
    loaded: Symbol,
    words: Words,
) -> None:
    f, g = (number(cpu, part) for part in parts)
    cpu.call(add, *(number(cpu, factor) for factor in factors))
    cpu.call(SRC_Q, f, f, g)
    write(cpu, loaded, words)


def _alone(kind: str, target: str, add: Callable[..., None]) -> None:
    signed, wide, per_lane = kind[0] == "s", kind[1:] == "8", target == "qacc"

    @vector(
        f"000{int(signed)} 1010 0y{int(per_lane)}y yxxx 1{int(wide)}00 0100",
        f"ee.vmulas.{kind}.{target} q{{x}}, q{{y}}",
        f"{target.upper()} <- {target.upper()} + QR[x] * QR[y], lanes of {kind}.",
    )
    def definition(cpu: Cpu, x: Symbol, y: Symbol) -> None:
        cpu.call(add, number(cpu, x), number(cpu, y))


def _with_broadcast(kind: str, add: Callable[..., None]) -> None:
    """Register the forms that load one lane into all lanes."""
    bits, which = int(kind[1:]), KINDS.index(kind)
    doc = f"QACC <- QACC + QR[x] * QR[y], lanes of {kind}; each lane of QR[u] <- {bits} bits at AR[s];"
    shift = " QR[f] <- 16 bytes from byte SAR_BYTE on of QR[f] and QR[g];"
    following = f" AR[s] <- AR[s] + {bits // 8}."

    @vector(
        f"1{which:02b}u 0111 uyuy yxxx ssss 0100",
        f"ee.vmulas.{kind}.qacc.ldbc.incp q{{u}}, a{{s}}, q{{x}}, q{{y}}",
        doc + following,
    )
    def alone(cpu: Cpu, u: Symbol, s: Symbol, x: Symbol, y: Symbol) -> None:
        address = cpu.ar[s]
        words = broadcast(cpu, address, bits)
        cpu.call(add, number(cpu, x), number(cpu, y))
        write(cpu, u, words)
        cpu.ar[s] = address + bits // 8

    @vector(
        f"1110 00uu yfff uggg xxYY 10{which:02b} ssss 111X",
        f"ee.vmulas.{kind}.qacc.ldbc.incp.qup q{{u}}, a{{s}}, q{{x}}, q{{y}}, q{{f}}, q{{g}}",
        doc + shift + following,
    )
    def qup(cpu: Cpu, u: Symbol, s: Symbol, x: Symbol, y: Symbol, f: Symbol, g: Symbol) -> None:
        address = cpu.ar[s]
        words = broadcast(cpu, address, bits)
        _add_and_shift(cpu, add, (x, y), (f, g), u, words)
        cpu.ar[s] = address + bits // 8


for _kind in KINDS:
    _sum, _sums = _to_accx(_kind), _to_qacc(_kind)
    _alone(_kind, "accx", _sum)
    _alone(_kind, "qacc", _sums)
    _forms(_kind, "accx", _sum)
    _forms(_kind, "qacc", _sums)
    _with_broadcast(_kind, _sums)


# --- one lane times all -------------------------------------------------------------------------------------------


def _scaled(kind: str, alone_bits: str, load_bits: str) -> None:
    bits = int(kind[1:])
    count = 32 // bits  # lanes of a word

    doc = f"QACC <- QACC + QR[x] * lane n of QR[y], lanes of {kind}"
    name = f"ee.vsmulas.{kind}.qacc"

    def common(cpu: Cpu, x: Value, y: Value, n: Value) -> None:
        position = (n & (count - 1)) << (3 if bits == 8 else 4)
        factor = ((word(cpu, y, n >> (count // 2)) >> position) << (32 - bits)).sra(32 - bits)
        first = lanes(read(cpu, x), bits)
        _add_products(cpu, first, [factor] * len(first), bits, signed=True)

    add = kernel(f"vsmulas.{kind}.qacc", common)

    @vector(alone_bits, f"{name} q{{x}}, q{{y}}, {{n}}", f"{doc}.")
    def alone(cpu: Cpu, x: Symbol, y: Symbol, n: Value) -> None:
        cpu.call(add, number(cpu, x), number(cpu, y), n)

    @vector(
        load_bits,
        f"{name}.ld.incp q{{u}}, a{{s}}, q{{x}}, q{{y}}, {{n}}",
        f"{doc}; QR[u] <- 16 bytes at AR[s]; AR[s] <- AR[s] + 16.",
    )
    def with_load(cpu: Cpu, u: Symbol, s: Symbol, x: Symbol, y: Symbol, n: Value) -> None:
        address = cpu.ar[s]
        words = load(cpu, address)
        cpu.call(add, number(cpu, x), number(cpu, y), n)
        write(cpu, u, words)
        cpu.ar[s] = address + 16


_scaled("s8", "10nn 1110 ny0y yxxx 010n 0100", "1110 00uu y01n uNNN xxYY 1100 ssss 111X")
_scaled("s16", "10nn 1110 ny1y yxxx 1100 0100", "1110 00uu y111 unnn xxYY 1100 ssss 111X")


# --- results ------------------------------------------------------------------------------------------------------


def _srcmb(kind: str, bits: str) -> None:
    size = int(kind[1:])
    width = 20 if size == 8 else 40

    doc = f"Each lane of QACC <- itself >> AR[s], the sign coming in; QR[u] <- the lanes, saturated to {kind}."

    def common(cpu: Cpu, u: Value, amount: Value) -> None:
        by = amount & 31 if width == 20 else (amount & 63).zext(64)
        values = [value.sra(by) for value in read_qacc(cpu, width)]
        write_qacc(cpu, values, width)
        write(cpu, u, pack([clamp(value, size).trunc(32) for value in values], size))

    shift = kernel(f"srcmb.{kind}.qacc", common)

    @vector(bits, f"ee.srcmb.{kind}.qacc q{{u}}, a{{s}}, {{n}}", doc)
    def definition(cpu: Cpu, u: Symbol, s: Symbol, n: Value) -> None:
        cpu.call(shift, number(cpu, u), cpu.ar[s])


_srcmb("s8", "11uu 1101 u111 1n10 ssss 0100")
_srcmb("s16", "11uu 1101 u111 0n10 ssss 0100")


@vector("0111 1110 0n01 uuuu ssss 0100", "ee.srs.accx a{u}, a{s}, {n}")
def srs_accx(cpu: Cpu, u: Symbol, s: Symbol, n: Value) -> None:
    """ACCX <- ACCX >> AR[s][5:0], the sign coming in; AR[u] <- ACCX, saturated to 32 bits."""
    value = read_accx(cpu).sra((cpu.ar[s] & 63).zext(64))
    write_accx(cpu, value)
    cpu.ar[u] = clamp(value, 32).trunc(32)
