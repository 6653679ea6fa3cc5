"""PIE: loads, stores, and moves between registers. (ESP32-S3 TRM, 1.6.1 to 1.6.3 and 1.8.)

Every address is aligned to the access by dropping its low bits. Instructions named .ip add an immediate to the address
register afterwards, .xp another register, .incp and .decp the size of the access.
"""

from __future__ import annotations

from collections.abc import Callable

from twincore.isa.ir import Value
from twincore.isa.pie import (
    Words,
    broadcast,
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
    store,
    vector,
    word,
    write,
    write_accx,
    write_qacc,
)
from twincore.isa.spec import Cpu, Immediate, Signed, Symbol, Unsigned

# --- one vector register and memory -------------------------------------------------------------------------------


def _vector_access(name: str, ip: str, xp: str, kind: Immediate, access: Callable[[Cpu, Symbol, Value], None]) -> None:
    """Register the .ip and the .xp form; u is the vector register."""
    doc = access.__doc__ or ""

    @vector(ip, f"ee.{name}.ip q{{u}}, a{{s}}, {{i}}", f"{doc} AR[s] <- AR[s] + i.", i=kind)
    def by_immediate(cpu: Cpu, u: Symbol, s: Symbol, i: Value) -> None:
        address = cpu.ar[s]
        access(cpu, u, address)
        cpu.ar[s] = address + i

    @vector(xp, f"ee.{name}.xp q{{u}}, a{{s}}, a{{d}}", f"{doc} AR[s] <- AR[s] + AR[d].")
    def by_register(cpu: Cpu, u: Symbol, s: Symbol, d: Symbol) -> None:
        address, distance = cpu.ar[s], cpu.ar[d]
        access(cpu, u, address)
        cpu.ar[s] = address + distance


def _load_all(cpu: Cpu, u: Symbol, address: Value) -> None:
    """QR[u] <- 16 bytes at AR[s]."""
    write(cpu, u, load(cpu, address))


def _load_low(cpu: Cpu, u: Symbol, address: Value) -> None:
    """QR[u][63:0] <- 8 bytes at AR[s]."""
    for k, value in enumerate(load(cpu, address, 2)):
        set_word(cpu, u, k, value)


def _load_high(cpu: Cpu, u: Symbol, address: Value) -> None:
    """QR[u][127:64] <- 8 bytes at AR[s]."""
    for k, value in enumerate(load(cpu, address, 2)):
        set_word(cpu, u, 2 + k, value)


def _load_unaligned(cpu: Cpu, u: Symbol, address: Value) -> None:
    """QR[u] <- 16 bytes at AR[s]; SAR_BYTE <- the low four bits of AR[s]."""
    write(cpu, u, load(cpu, address))
    cpu.sar_byte = address & 15


def _store_all(cpu: Cpu, u: Symbol, address: Value) -> None:
    """16 bytes at AR[s] <- QR[u]."""
    store(cpu, address, read(cpu, u))


def _store_low(cpu: Cpu, u: Symbol, address: Value) -> None:
    """8 bytes at AR[s] <- QR[u][63:0]."""
    store(cpu, address, read(cpu, u)[:2])


def _store_high(cpu: Cpu, u: Symbol, address: Value) -> None:
    """8 bytes at AR[s] <- QR[u][127:64]."""
    store(cpu, address, read(cpu, u)[2:])


for _name, _ip, _xp, _shift, _access in (
    ("vld.128", "1iuu 0011 uiii iiii ssss 0100", "10uu 1101 u010 dddd ssss 0100", 4, _load_all),
    ("vld.h.64", "1iuu 1000 uiii iiii ssss 0100", "10uu 1101 u110 dddd ssss 0100", 3, _load_high),
    ("vld.l.64", "1iuu 1001 uiii iiii ssss 0100", "10uu 1101 u011 dddd ssss 0100", 3, _load_low),
    ("ld.128.usar", "1iuu 0001 uiii iiii ssss 0100", "10uu 1101 u000 dddd ssss 0100", 4, _load_unaligned),
    ("vst.128", "1iuu 1010 uiii iiii ssss 0100", "10uu 1101 u111 dddd ssss 0100", 4, _store_all),
    ("vst.h.64", "1iuu 1011 uiii iiii ssss 0100", "11uu 1101 u000 dddd ssss 0100", 3, _store_high),
    ("vst.l.64", "1iuu 0100 uiii iiii ssss 0100", "11uu 1101 u100 dddd ssss 0100", 3, _store_low),
):
    _vector_access(_name, _ip, _xp, Signed(8, shift=_shift), _access)


def _broadcast(bits: int, ip: str, xp: str, alone: str, kind: Immediate) -> None:
    doc = f"Each lane of {bits} bits of QR[u] <- the {bits} bits at AR[s]."

    def access(cpu: Cpu, u: Symbol, address: Value) -> None:
        write(cpu, u, broadcast(cpu, address, bits))

    @vector(alone, f"ee.vldbc.{bits} q{{u}}, a{{s}}", doc)
    def at_register(cpu: Cpu, u: Symbol, s: Symbol) -> None:
        access(cpu, u, cpu.ar[s])

    access.__doc__ = doc
    _vector_access(f"vldbc.{bits}", ip, xp, kind, access)


_broadcast(
    *(8, "11uu 0101 uiii iiii ssss 0100", "10uu 1101 u101 dddd ssss 0100", "11uu 1101 u011 1011 ssss 0100"),
    Unsigned(7),
)
_broadcast(
    *(16, "10uu 0101 uiii iiii ssss 0100", "10uu 1101 u100 dddd ssss 0100", "11uu 1101 u111 0011 ssss 0100"),
    Unsigned(7, shift=1),
)
_broadcast(
    *(32, "1iuu 0010 uiii iiii ssss 0100", "10uu 1101 u001 dddd ssss 0100", "11uu 1101 u111 0111 ssss 0100"),
    Signed(8, shift=2),
)


@vector(
    "11uu 1100 uwww 0010 ssss 0100",
    "ee.vldhbc.16.incp q{u}, q{w}, a{s}",
    "QR[u] <- each of the lower four halves at AR[s] twice, QR[w] <- the upper four; AR[s] <- AR[s] + 16.",
)
def _vldhbc(cpu: Cpu, u: Symbol, w: Symbol, s: Symbol) -> None:
    address = cpu.ar[s]
    words = load(cpu, address)
    for register, pair in ((u, words[:2]), (w, words[2:])):
        doubled = [halves(half, half) for whole in pair for half in (low(whole), high(whole))]
        write(cpu, register, doubled)
    cpu.ar[s] = address + 16


def _indexed(cpu: Cpu, q: Symbol, s: Symbol, m: Value) -> Value:
    """Return AR[s] + 4 times the half m of QR[q], aligned."""
    index = (word(cpu, q, m >> 1) >> ((m & 1) << 4)) & 0xFFFF
    address: Value = (cpu.ar[s] + (index << 2)) & 0xFFFFFFFC
    return address


@vector("1110 000n m111 nuuu qqMM 1101 ssss 111Q", "ee.ldxq.32 q{u}, q{q}, a{s}, {n}, {m}")
def ldxq_32(cpu: Cpu, u: Symbol, q: Symbol, s: Symbol, n: Value, m: Value) -> None:
    """Word n of QR[u] <- the word at AR[s] + 4 * (half m of QR[q])."""
    set_word(cpu, u, n, cpu.load(_indexed(cpu, q, s, m), 32))


@vector("1110 011n mvvv n000 qqMM 0000 ssss 111Q", "ee.stxq.32 q{v}, q{q}, a{s}, {n}, {m}")
def stxq_32(cpu: Cpu, v: Symbol, q: Symbol, s: Symbol, n: Value, m: Value) -> None:
    """The word at AR[s] + 4 * (half m of QR[q]) <- word n of QR[v]."""
    cpu.store(_indexed(cpu, q, s, m), 32, word(cpu, v, n))


@vector("11uu 1101 u010 iiii ssss 0100", "ld.qr q{u}, a{s}, {i}", i=Signed(4, shift=4))
def ld_qr(cpu: Cpu, u: Symbol, s: Symbol, i: Value) -> None:
    """QR[u] <- 16 bytes at AR[s] + i."""
    write(cpu, u, load(cpu, cpu.ar[s] + i))


@vector("11uu 1101 u110 iiii ssss 0100", "st.qr q{u}, a{s}, {i}", i=Signed(4, shift=4))
def st_qr(cpu: Cpu, u: Symbol, s: Symbol, i: Value) -> None:
    """16 bytes at AR[s] + i <- QR[u]."""
    store(cpu, cpu.ar[s] + i, read(cpu, u))


# --- float registers ----------------------------------------------------------------------------------------------


@vector(
    "1000 0hhh eeee hggg ffff iiii ssss 111g",
    "ee.ldf.128.ip f{h}, f{g}, f{f}, f{e}, a{s}, {i}",
    coprocessor=0,
    i=Signed(4, shift=4),
)
def ldf_128_ip(cpu: Cpu, h: Symbol, g: Symbol, f: Symbol, e: Symbol, s: Symbol, i: Value) -> None:
    """FR[e], FR[f], FR[g], FR[h] <- four words at AR[s]; AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    cpu.f[e], cpu.f[f], cpu.f[g], cpu.f[h] = load(cpu, address)
    cpu.ar[s] = address + i


@vector("1000 1hhh eeee hggg ffff dddd ssss 111g", "ee.ldf.128.xp f{h}, f{g}, f{f}, f{e}, a{s}, a{d}", coprocessor=0)
def ldf_128_xp(cpu: Cpu, h: Symbol, g: Symbol, f: Symbol, e: Symbol, s: Symbol, d: Symbol) -> None:
    """FR[e], FR[f], FR[g], FR[h] <- four words at AR[s]; AR[s] <- AR[s] + AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    cpu.f[e], cpu.f[f], cpu.f[g], cpu.f[h] = load(cpu, address)
    cpu.ar[s] = address + distance


@vector(
    "1110 00II eeee IIII ffff 010i ssss 111I", "ee.ldf.64.ip f{f}, f{e}, a{s}, {i}", coprocessor=0, i=Signed(8, shift=3)
)
def ldf_64_ip(cpu: Cpu, f: Symbol, e: Symbol, s: Symbol, i: Value) -> None:
    """FR[e], FR[f] <- two words at AR[s]; AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    cpu.f[e], cpu.f[f] = load(cpu, address, 2)
    cpu.ar[s] = address + i


@vector("eeee 0110 ffff dddd ssss 0000", "ee.ldf.64.xp f{f}, f{e}, a{s}, a{d}", coprocessor=0)
def ldf_64_xp(cpu: Cpu, f: Symbol, e: Symbol, s: Symbol, d: Symbol) -> None:
    """FR[e], FR[f] <- two words at AR[s]; AR[s] <- AR[s] + AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    cpu.f[e], cpu.f[f] = load(cpu, address, 2)
    cpu.ar[s] = address + distance


@vector(
    "1001 0hhh eeee hggg ffff iiii ssss 111g",
    "ee.stf.128.ip f{h}, f{g}, f{f}, f{e}, a{s}, {i}",
    coprocessor=0,
    i=Signed(4, shift=4),
)
def stf_128_ip(cpu: Cpu, h: Symbol, g: Symbol, f: Symbol, e: Symbol, s: Symbol, i: Value) -> None:
    """Four words at AR[s] <- FR[e], FR[f], FR[g], FR[h]; AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    store(cpu, address, [cpu.f[e], cpu.f[f], cpu.f[g], cpu.f[h]])
    cpu.ar[s] = address + i


@vector("1001 1hhh eeee hggg ffff dddd ssss 111g", "ee.stf.128.xp f{h}, f{g}, f{f}, f{e}, a{s}, a{d}", coprocessor=0)
def stf_128_xp(cpu: Cpu, h: Symbol, g: Symbol, f: Symbol, e: Symbol, s: Symbol, d: Symbol) -> None:
    """Four words at AR[s] <- FR[e], FR[f], FR[g], FR[h]; AR[s] <- AR[s] + AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    store(cpu, address, [cpu.f[e], cpu.f[f], cpu.f[g], cpu.f[h]])
    cpu.ar[s] = address + distance


@vector(
    "1110 00II eeee IIII ffff 011i ssss 111I", "ee.stf.64.ip f{f}, f{e}, a{s}, {i}", coprocessor=0, i=Signed(8, shift=3)
)
def stf_64_ip(cpu: Cpu, f: Symbol, e: Symbol, s: Symbol, i: Value) -> None:
    """Two words at AR[s] <- FR[e], FR[f]; AR[s] <- AR[s] + i."""
    address = cpu.ar[s]
    store(cpu, address, [cpu.f[e], cpu.f[f]])
    cpu.ar[s] = address + i


@vector("eeee 0111 ffff dddd ssss 0000", "ee.stf.64.xp f{f}, f{e}, a{s}, a{d}", coprocessor=0)
def stf_64_xp(cpu: Cpu, f: Symbol, e: Symbol, s: Symbol, d: Symbol) -> None:
    """Two words at AR[s] <- FR[e], FR[f]; AR[s] <- AR[s] + AR[d]."""
    address, distance = cpu.ar[s], cpu.ar[d]
    store(cpu, address, [cpu.f[e], cpu.f[f]])
    cpu.ar[s] = address + distance


# --- special registers --------------------------------------------------------------------------------------------


def _special(name: str, doc: str, bits: str, shift: int, access: Callable[[Cpu, Value], None]) -> None:
    @vector(bits, f"ee.{name}.ip a{{s}}, {{i}}", f"{doc} AR[s] <- AR[s] + i.", i=Signed(8, shift=shift))
    def definition(cpu: Cpu, s: Symbol, i: Value) -> None:
        address = cpu.ar[s]
        access(cpu, address)
        cpu.ar[s] = address + i


def _load_state(name: str, first: int, count: int) -> Callable[[Cpu, Value], None]:
    def access(cpu: Cpu, address: Value) -> None:
        for k, value in enumerate(load(cpu, address, count)):
            getattr(cpu, name)[first + k] = value

    return access


def _store_state(name: str, first: int, count: int) -> Callable[[Cpu, Value], None]:
    def access(cpu: Cpu, address: Value) -> None:
        store(cpu, address, [getattr(cpu, name)[first + k] for k in range(count)])

    return access


def _load_accx(cpu: Cpu, address: Value) -> None:
    lower, upper = load(cpu, address, 2)
    write_accx(cpu, lower.zext(64) | (upper.zext(64) << 32))


def _store_accx(cpu: Cpu, address: Value) -> None:
    store(cpu, address, [cpu.accx[0], cpu.accx[1] & 0xFF])


_special("ld.accx", "ACCX <- the low 40 of 64 bits at AR[s].", "0i00 1110 0iii iiii ssss 0100", 3, _load_accx)
_special("st.accx", "64 bits at AR[s] <- ACCX.", "0i00 0010 0iii iiii ssss 0100", 3, _store_accx)
for _name, _state, _first, _count, _load_bits, _store_bits in (
    ("qacc_h.h.32", "qacc_h", 4, 1, "0i01 1110", "0i01 0010"),
    ("qacc_h.l.128", "qacc_h", 0, 4, "0i00 0110", "0i00 1101"),
    ("qacc_l.h.32", "qacc_l", 4, 1, "0i01 0110", "0i01 1101"),
    ("qacc_l.l.128", "qacc_l", 0, 4, "0i00 0000", "0i00 1100"),
    ("ua_state", "ua_state", 0, 4, "0i01 0000", "0i01 1100"),
):
    _range = f"{_state.upper()}[{32 * (_first + _count) - 1}:{32 * _first}]"
    _bits = "0iii iiii ssss 0100"
    _shift = 2 if _count == 1 else 4
    _special(
        f"ld.{_name}",
        f"{_range} <- {4 * _count} bytes at AR[s].",
        f"{_load_bits} {_bits}",
        _shift,
        _load_state(_state, _first, _count),
    )
    _special(
        f"st.{_name}",
        f"{4 * _count} bytes at AR[s] <- {_range}.",
        f"{_store_bits} {_bits}",
        _shift,
        _store_state(_state, _first, _count),
    )


def _widen(cpu: Cpu, words: Words, bits: int, *, signed: bool) -> None:
    """Set the accumulators in QACC to the lanes of a vector."""
    values = lanes(words, bits, signed=signed)
    if bits == 16:
        values = [value.sext(64) if signed else value.zext(64) for value in values]
    write_qacc(cpu, values, 20 if bits == 8 else 40)


def _to_qacc(kind: str, ip: str, xp: str, move: str) -> None:
    bits, signed = int(kind[1:]), kind[0] == "s"
    lane = f"each lane of {bits} bits, {'sign' if signed else 'zero'}-extended"

    doc = f"QACC <- {lane}, of 16 bytes at AR[s];"

    @vector(ip, f"ee.ldqa.{kind}.128.ip a{{s}}, {{i}}", f"{doc} AR[s] <- AR[s] + i.", i=Signed(8, shift=4))
    def by_immediate(cpu: Cpu, s: Symbol, i: Value) -> None:
        address = cpu.ar[s]
        _widen(cpu, load(cpu, address), bits, signed=signed)
        cpu.ar[s] = address + i

    @vector(xp, f"ee.ldqa.{kind}.128.xp a{{s}}, a{{d}}", f"{doc} AR[s] <- AR[s] + AR[d].")
    def by_register(cpu: Cpu, s: Symbol, d: Symbol) -> None:
        address, distance = cpu.ar[s], cpu.ar[d]
        _widen(cpu, load(cpu, address), bits, signed=signed)
        cpu.ar[s] = address + distance

    @vector(move, f"ee.mov.{kind}.qacc q{{q}}", f"QACC <- {lane}, of QR[q].")
    def from_register(cpu: Cpu, q: Symbol) -> None:
        _widen(cpu, read(cpu, q), bits, signed=signed)


_to_qacc("s8", "0i01 0001 0iii iiii ssss 0100", "0111 0001 0100 dddd ssss 0100", "11qq 1101 q111 1111 0011 0100")
_to_qacc("s16", "0i00 0001 0iii iiii ssss 0100", "0111 1110 0100 dddd ssss 0100", "11qq 1101 q111 1111 0010 0100")
_to_qacc("u8", "0i01 0101 0iii iiii ssss 0100", "0111 0000 0100 dddd ssss 0100", "11qq 1101 q111 1111 0111 0100")
_to_qacc("u16", "0i00 0101 0iii iiii ssss 0100", "0111 1010 0100 dddd ssss 0100", "11qq 1101 q111 1111 0110 0100")


# --- moves --------------------------------------------------------------------------------------------------------


@vector("10uu 1111 u000 qq00 00q0 0100", "mv.qr q{u}, q{q}")
def mv_qr(cpu: Cpu, u: Symbol, q: Symbol) -> None:
    """QR[u] <- QR[q]."""
    write(cpu, u, read(cpu, q))


@vector("11qq 1101 q111 nn01 uuuu 0100", "ee.movi.32.a q{q}, a{u}, {n}")
def movi_32_a(cpu: Cpu, q: Symbol, u: Symbol, n: Value) -> None:
    """AR[u] <- word n of QR[q]."""
    cpu.ar[u] = word(cpu, q, n)


@vector("11uu 1101 u011 nn10 ssss 0100", "ee.movi.32.q q{u}, a{s}, {n}")
def movi_32_q(cpu: Cpu, u: Symbol, s: Symbol, n: Value) -> None:
    """Word n of QR[u] <- AR[s]."""
    set_word(cpu, u, n, cpu.ar[s])


@vector("11aa 1101 a111 1111 1010 0100", "ee.zero.q q{a}")
def zero_q(cpu: Cpu, a: Symbol) -> None:
    """QR[a] <- 0."""
    write(cpu, a, [cpu.const(0)] * 4)


@vector("0010 0101 0000 1000 0000 0100", "ee.zero.accx")
def zero_accx(cpu: Cpu) -> None:
    """ACCX <- 0."""
    cpu.accx[0] = cpu.accx[1] = 0


@vector("0010 0101 0000 1000 0100 0100", "ee.zero.qacc")
def zero_qacc(cpu: Cpu) -> None:
    """QACC_L, QACC_H <- 0."""
    for k in range(5):
        cpu.qacc_l[k] = cpu.qacc_h[k] = 0


def _zip(bits: int, zipped: str, unzipped: str) -> None:
    def interleave(cpu: Cpu, f: Value, g: Value) -> None:
        first, second = (lanes(read(cpu, q), bits, signed=False) for q in (f, g))
        mixed = [lane for pair in zip(first, second, strict=True) for lane in pair]
        write(cpu, f, pack(mixed[: len(first)], bits))
        write(cpu, g, pack(mixed[len(first) :], bits))

    def separate(cpu: Cpu, f: Value, g: Value) -> None:
        mixed = [lane for q in (f, g) for lane in lanes(read(cpu, q), bits, signed=False)]
        write(cpu, f, pack(mixed[0::2], bits))
        write(cpu, g, pack(mixed[1::2], bits))

    for name, letters, common, doc in (
        (
            "vzip",
            zipped,
            kernel(f"vzip.{bits}", interleave),
            "QR[g], QR[f] <- the lanes of both in turn, QR[f]'s first",
        ),
        ("vunzip", unzipped, kernel(f"vunzip.{bits}", separate), "QR[f] <- the even lanes of both, QR[g] <- the odd"),
    ):
        _call_two(f"11gg 1100 gfff 0011 {letters} 0100", f"ee.{name}.{bits} q{{f}}, q{{g}}", doc, common)


def _call_two(bits: str, text: str, doc: str, common: Callable[..., None]) -> None:
    @vector(bits, text, f"{doc}.")
    def definition(cpu: Cpu, f: Symbol, g: Symbol) -> None:
        cpu.call(common, number(cpu, f), number(cpu, g))


for _lane, _zipped, _unzipped in ((8, "1101", "1010"), (16, "1011", "1000"), (32, "1100", "1001")):
    _zip(_lane, _zipped, _unzipped)
