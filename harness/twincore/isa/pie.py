"""PIE, the ESP32-S3's vector instructions: registers, and what the definitions in pie_*.py have in common.

Sources: ESP32-S3 Technical Reference Manual, chapter Processor Instruction Extensions (PIE), for what each instruction
does; the tables of Espressif's GNU toolchain for the encodings (a few words in the manual lack a field); tie.h of
ESP-IDF for the coprocessors: 3 owns the vector registers and accumulators, 0 the float registers, the GPIO
instructions belong to none. Where the manual is silent or contradicts itself:

| question | answer | source |
|---|---|---|
| shift by SAR of 32: ee.vsr.32, ee.vmul.s8 | 0 | measured (github.com/espressif/qemu, issue 163) |
| ee.vsl.32 by 32 | the largest or smallest number, by the sign | measured (the same) |
| shifts by 33..63, other products | likewise | assumed; 0 stays 0 |
| destination = source | all sources are read first | measured for ee.cmul.s16 (issue 164); manual, 1.7 |
| two results in one register | the loaded one, then qs0, stays | unspecified; this model's order |
| saturation of negative numbers | at -2^(n-1) | manual; measured (issue 161) |
| index of ee.ldxq.32, ee.stxq.32 | as + 4 * index, the index unsigned | manual; measured for 0 (issue 162) |
| FFT_BIT_WIDTH | 0..7 mean 3..10 bits | manual, 1.5.1.2; the instruction's own page compares with 3..10 |
| sums of ee.fft.ams.* before they are multiplied | 17 bits | assumed; QEMU agrees |
| the last operand of ee.srcmb.* and ee.srs.accx | does nothing | the manual has 0 only |
| ld.qr, st.qr | align the address like the others | manual, 1.5.3 |
| a store of which a later word faults | the words before it are stored | this model |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twincore.isa.ir import Value, select
from twincore.isa.spec import MASK32, Cpu, Symbol, insn, routine
from twincore.isa.special import Read, Write, reader, state

COPROCESSOR = 3
Words = list[Value]
"""The four 32-bit words of a vector register, the lowest first."""
Register = Symbol | Value
"""A vector register: an operand, or its number."""


# --- vector registers ---------------------------------------------------------------------------------------------


def number(cpu: Cpu, q: Register) -> Value:
    """Return the number of a vector register."""
    return cpu.index(q) if isinstance(q, Symbol) else q


def read(cpu: Cpu, q: Register) -> Words:
    """Return the words of a vector register."""
    first = number(cpu, q) << 2
    return [cpu.q[first + k if k else first] for k in range(4)]


def write(cpu: Cpu, q: Register, words: Sequence[Value]) -> None:
    """Set a vector register."""
    first = number(cpu, q) << 2
    for k, word in enumerate(words):
        cpu.q[first + k if k else first] = word


def word(cpu: Cpu, q: Register, index: Value | int) -> Value:
    """Return the word `index` of a vector register."""
    value: Value = cpu.q[(number(cpu, q) << 2) + index]
    return value


def set_word(cpu: Cpu, q: Register, index: Value | int, value: Value) -> None:
    """Set the word `index` of a vector register."""
    cpu.q[(number(cpu, q) << 2) + index] = value


def low(value: Value) -> Value:
    """Return the low half of a word, sign-extended."""
    return (value << 16).sra(16)


def high(value: Value) -> Value:
    """Return the high half of a word, sign-extended."""
    return value.sra(16)


def halves(lower: Value, upper: Value) -> Value:
    """Return the word of two halves, of which the low 16 bits count."""
    return (lower & 0xFFFF) | (upper << 16)


def lanes(words: Sequence[Value], bits: int, *, signed: bool = True) -> list[Value]:
    """Return the lanes of 8, 16 or 32 bits, each extended to 32."""
    if bits == 32:
        return list(words)
    result = []
    for whole in words:
        for position in range(0, 32, bits):
            if signed:
                top = 32 - bits - position
                result.append((whole << top if top else whole).sra(32 - bits))
            else:
                moved = whole >> position if position else whole
                result.append(moved & ((1 << bits) - 1) if position + bits < 32 else moved)
    return result


def pack(values: Sequence[Value], bits: int) -> Words:
    """Return the words whose lanes are the low `bits` bits of the values."""
    count = 32 // bits
    words = []
    for first in range(0, len(values), count):
        total = values[first] if count == 1 else values[first] & ((1 << bits) - 1)
        for k in range(1, count):
            part = values[first + k] if k == count - 1 else values[first + k] & ((1 << bits) - 1)
            total = total | (part << bits * k)
        words.append(total)
    return words


def clamp(value: Value, bits: int, *, signed: bool = True) -> Value:
    """Return the nearest number of `bits` bits to a signed one."""
    if not signed:
        largest = (1 << bits) - 1
        return select(value.ugt(largest), largest, value)
    smallest, largest = -1 << (bits - 1), (1 << (bits - 1)) - 1
    return select(value.sgt(largest), largest, select(value.slt(smallest), smallest, value))


def wide_pair(lower: Value, upper: Value) -> Value:
    """Return two words as one of 64 bits."""
    return lower.zext(64) | (upper.zext(64) << 32)


def split(value: Value) -> Words:
    """Return the two words of 64 bits."""
    return [value.trunc(32), (value >> 32).trunc(32)]


def shifted(value: Value, amount: Value, *, signed: bool = True) -> Value:
    """Return a product of 32 or 64 bits shifted right by 0..63; 0 from 32 on (see the module's table)."""
    by = amount & 31 if value.bits == 32 else (amount & 31).zext(64)
    return select(amount.ult(32), value.sra(by) if signed else value >> by, 0)


def window(values: Sequence[Value], start: Value) -> Words:
    """Return four words from byte `start` on of 64-bit values; it starts before the last two of them."""
    block, bits = start >> 3, ((start & 7) << 3).zext(64)

    def pick(k: int) -> Value:
        choice = values[len(values) - 3 + k]
        for index in range(len(values) - 4, -1, -1):
            choice = select(block == index, values[index + k], choice)
        return choice

    first, second, third = pick(0), pick(1), pick(2)
    # << 1 << 63 - bits is a shift by 64 - bits that may be 64
    lower = (first >> bits) | ((second << 1) << (63 - bits))
    upper = (second >> bits) | ((third << 1) << (63 - bits))
    return [*split(lower), *split(upper)]


def unaligned(cpu: Cpu, first: Sequence[Value], second: Sequence[Value]) -> Words:
    """Return the four words from byte SAR_BYTE on of two vector registers' words."""
    values = [wide_pair(*first[:2]), wide_pair(*first[2:]), wide_pair(*second[:2]), wide_pair(*second[2:])]
    return window(values, cpu.sar_byte & 15)


# --- accumulators -------------------------------------------------------------------------------------------------


def read_accx(cpu: Cpu, *, signed: bool = True) -> Value:
    """Return ACCX in 64 bits."""
    value = wide_pair(cpu.accx[0], cpu.accx[1] & 0xFF)
    return (value << 24).sra(24) if signed else value


def write_accx(cpu: Cpu, value: Value) -> None:
    """Set ACCX to the low 40 bits of `value`."""
    cpu.accx[0], cpu.accx[1] = value.trunc(32), (value >> 32).trunc(32) & 0xFF


def read_qacc(cpu: Cpu, bits: int, *, signed: bool = True) -> list[Value]:
    """Return the lanes of QACC, lowest first: 16 of 20 bits in 32, or 8 of 40 bits in 64."""
    result = []
    for half in (cpu.qacc_l, cpu.qacc_h):
        words = [half[k] for k in range(5)]
        for position in range(0, 160, bits):
            first, offset = divmod(position, 32)
            if bits == 40:
                whole = wide_pair(words[first], words[first + 1])
                top = 24 - offset
                if signed:
                    result.append((whole << top if top else whole).sra(24))
                else:
                    result.append((whole >> offset if offset else whole) & ((1 << 40) - 1))
                continue
            lane = words[first] >> offset if offset else words[first]
            if offset > 12:
                lane = lane | (words[first + 1] << (32 - offset))
            result.append((lane << 12).sra(12) if signed else lane & 0xFFFFF)
    return result


def write_qacc(cpu: Cpu, values: Sequence[Value], bits: int) -> None:
    """Set the lanes of QACC to the low `bits` bits of the values."""
    count = 160 // bits
    for half, part in ((cpu.qacc_l, values[:count]), (cpu.qacc_h, values[count:])):
        words: list[Value | None] = [None] * 5
        for k, value in enumerate(part):
            first, offset = divmod(bits * k, 32)
            kept = value & ((1 << bits) - 1)
            pieces = [kept << offset if offset else kept]
            if offset + bits > 32:
                pieces.append(kept >> (32 - offset))
            for place, piece in enumerate(pieces, first):
                new, old = piece.trunc(32), words[place]
                words[place] = new if old is None else old | new
        for k, whole in enumerate(words):
            assert whole is not None
            half[k] = whole


# --- memory -------------------------------------------------------------------------------------------------------


def load(cpu: Cpu, address: Value, count: int = 4) -> Words:
    """Return `count` words (1, 2, 4) from the address, its low bits ignored."""
    base = address & (-4 * count & MASK32)
    return [cpu.load(base + 4 * k if k else base, 32) for k in range(count)]


def store(cpu: Cpu, address: Value, words: Sequence[Value]) -> None:
    """Store words at the address, its low bits ignored."""
    base = address & (-4 * len(words) & MASK32)
    for k, value in enumerate(words):
        cpu.store(base + 4 * k if k else base, 32, value)


def broadcast(cpu: Cpu, address: Value, bits: int) -> Words:
    """Load 8, 16 or 32 bits, the address's low bits ignored, and return four words full of them."""
    value = cpu.load(address & (-bits // 8 & MASK32) if bits > 8 else address, bits)
    for width in (8, 16):
        if bits <= width:
            value = value | (value << width)
    return [value] * 4


# --- definitions --------------------------------------------------------------------------------------------------


def vector(
    bits: str, text: str, doc: str | None = None, *, coprocessor: int | None = COPROCESSOR, **kinds: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function as an instruction of PIE; `doc` where its own words do not say what it does."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        function.__doc__ = doc or function.__doc__
        return insn(bits, text, coprocessor=coprocessor, rare=True, **kinds)(function)

    return register


def kernel(name: str, function: Callable[..., None]) -> Callable[..., None]:
    """Register what several instructions have in common as a routine; its arguments are numbers of registers."""
    function.__name__ = f"pie_{name.replace('.', '_')}"
    return routine(function)


# --- user registers and GPIO --------------------------------------------------------------------------------------


def _user(position: int, name: str, read: Read, write: Write, coprocessor: int | None = COPROCESSOR) -> None:
    bits = f"{position >> 4:04b} {position & 15:04b}"

    def rur(cpu: Cpu, r: Symbol) -> None:
        cpu.ar[r] = read(cpu)

    def wur(cpu: Cpu, t: Symbol) -> None:
        write(cpu, cpu.ar[t])

    read_text, write_text = f"rur.{name} a{{r}}", f"wur.{name} a{{t}}"
    upper = name.upper()
    vector(f"1110 0011 rrrr {bits} 0000", read_text, f"AR[r] <- {upper}.", coprocessor=coprocessor)(rur)
    vector(f"1111 0011 {bits} tttt 0000", write_text, f"{upper} <- AR[t].", coprocessor=coprocessor)(wur)


def _give_gpio_out(cpu: Cpu, levels: Value) -> None:
    """Set GPIO_OUT and tell the GPIO matrix."""
    cpu.gpio_out = levels & 0xFF
    cpu.host("gpio_out", cpu.gpio_out)


def _user_registers() -> None:
    arrays = (("accx", 2), ("qacc_h", 5), ("qacc_l", 5), ("gpio_out", 0), ("sar_byte", 0), ("fft_bit_width", 0))
    masks = {"accx_1": 0xFF, "gpio_out": 0xFF, "sar_byte": 15, "fft_bit_width": 15}
    position = 0
    for field, count in (*arrays, ("ua_state", 4)):
        for k in range(count or 1):
            name, index = (f"{field}_{k}", k) if count else (field, None)
            coprocessor = None if field == "gpio_out" else COPROCESSOR
            write = state(field, index, masks.get(name, MASK32))
            if field == "gpio_out":
                write = _give_gpio_out
            _user(position, name, reader(field, index), write, coprocessor)
            position += 1


_user_registers()


@vector("0111 0010 0100 xxxx ssss 0100", "ee.wr_mask_gpio_out a{s}, a{x}", coprocessor=None)
def wr_mask_gpio_out(cpu: Cpu, s: Symbol, x: Symbol) -> None:
    """GPIO_OUT <- AR[s] where AR[x] has ones, as before elsewhere; eight bits."""
    mask = cpu.ar[x] & 0xFF
    _give_gpio_out(cpu, (cpu.gpio_out & ~mask) | (cpu.ar[s] & mask))


@vector("0111 0101 0100 iiii iiii 0100", "ee.set_bit_gpio_out {i}", coprocessor=None)
def set_bit_gpio_out(cpu: Cpu, i: Value) -> None:
    """GPIO_OUT <- GPIO_OUT or i."""
    _give_gpio_out(cpu, cpu.gpio_out | i)


@vector("0111 0110 0100 iiii iiii 0100", "ee.clr_bit_gpio_out {i}", coprocessor=None)
def clr_bit_gpio_out(cpu: Cpu, i: Value) -> None:
    """GPIO_OUT <- GPIO_OUT and not i."""
    _give_gpio_out(cpu, cpu.gpio_out & ~i)


@vector("0110 0101 0000 1000 uuuu 0100", "ee.get_gpio_in a{u}", coprocessor=None)
def get_gpio_in(cpu: Cpu, u: Symbol) -> None:
    """AR[u] <- the levels of the core's own eight GPIO inputs."""
    cpu.ar[u] = cpu.host("gpio_in", result=True)
