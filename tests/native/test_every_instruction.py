"""Each instruction, native against the reference, from random states: all registers, memory and host calls compared."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pair import CODE, DATA, IO, VECTORS, VECTORS_SIZE, Pair

from twincore.isa import state
from twincore.isa.definitions import INSTRUCTIONS

EXAMPLES = 20
_SMALL = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000)
_FLOATS = (0, 0x3F800000, 0x7F800000, 0x7FC00000, 0x7F800001, 0x00000001, 0x00800000, 0x7F7FFFFF, 0x34000000)


def value(rng: random.Random) -> int:
    """Return a number that instructions find interesting: addresses, boundaries, floats, noise."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(_SMALL)
    if kind == 1:
        return -rng.choice(_SMALL) & 0xFFFFFFFF
    if kind == 2:
        return DATA + 0x8000 + rng.randrange(0x4000)
    if kind == 3:
        return CODE + 0x8000 + rng.randrange(0x4000) & ~3
    if kind == 4:
        return rng.choice((IO, IO + 0x1000)) + rng.randrange(0x800)
    if kind == 5:
        return rng.choice(_FLOATS) | rng.randrange(2) << 31
    if kind == 6:
        return DATA + 0x8FFC + rng.randrange(8)
    return rng.getrandbits(32)


def scramble(pair: Pair, rng: random.Random) -> None:
    """Give core 0 a random state in which one instruction can run; core 1 stays held."""
    for register in state.REGISTERS:
        if register.name in ("pc", "prid", "waiting", "windowbase", "lines", "ccount", "atomctl"):
            continue
        for k in range(register.count):
            number = value(rng)
            if register.name == "windowstart":
                number = rng.getrandbits(16) * 0x10001
            elif register.name.startswith("ps_"):
                number = {
                    "ps_intlevel": rng.randrange(16),
                    "ps_owb": rng.randrange(16),
                    "ps_callinc": rng.randrange(4),
                }.get(register.name, rng.randrange(2))
            elif register.name in ("itlb", "dtlb"):
                number = rng.choice((2, 2, 2, 2, 2, 2, 0, 1, 4, 15)) if k != 2 or register.name == "dtlb" else 2
            elif register.name in ("interrupt", "intenable"):
                number = rng.choice((0, 0, 0, rng.getrandbits(32)))
            elif register.name in ("icountlevel", "ibreakenable", "dbreakc"):
                number = (
                    rng.choice((0, 0, 0, 0, 7, 3, 0xC0000030))
                    if register.name == "dbreakc" or rng.random() < 0.2
                    else 0
                )
                number &= {"icountlevel": 15, "ibreakenable": 3}.get(register.name, 0xC000003F)
            elif register.name == "vecbase":
                number = VECTORS
            elif register.name == "cpenable":
                number = rng.choice((0xFF, 0xFF, 0xFF, 0))
            elif register.name == "sar":
                number = rng.randrange(64)
            elif register.name in ("br", "exccause"):
                number = rng.getrandbits(32) & {"br": 0xFFFF, "exccause": 63}[register.name]
            elif register.name in ("acchi", "gpio_out") or (register.name, k) == ("accx", 1):
                number = rng.getrandbits(8)
            elif register.name in ("sar_byte", "fft_bit_width"):
                number = rng.getrandbits(4)
            elif register.name == "lcount":
                number = rng.choice((0, 1, 2, rng.getrandbits(32)))
            elif register.name in ("lbeg", "lend"):
                number = CODE + 0x100 + rng.randrange(32)
            pair.both(lambda side, r=register.name, n=number, k=k: side.executor.cores[0].set(r, n, k))  # type: ignore[misc]
    window = rng.randrange(16)
    pair.both(lambda side: side.executor.cores[0].set("windowbase", window))  # type: ignore[attr-defined]
    if rng.random() < 0.7:
        start = (pair.native.executor.cores[0].read("windowstart") | 1 << window) * 0x10001 & 0xFFFFFFFF
        pair.both(lambda side: side.executor.cores[0].set("windowstart", start))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def pair() -> Pair:
    made = Pair(quantum=1, semihosting=True)
    filler = random.Random(1)
    made.write(VECTORS, bytes.fromhex("f02000") * (VECTORS_SIZE // 3) + bytes(VECTORS_SIZE % 3))
    made.write(DATA, filler.randbytes(0x10000))
    made.both(lambda side: side.executor.set_running(0, True))
    return made


@pytest.mark.parametrize("name", sorted(INSTRUCTIONS))
@settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 1 << 32))
def test_native_equals_reference(pair: Pair, name: str, seed: int) -> None:
    rng = random.Random(seed)
    instruction = INSTRUCTIONS[name]
    word = instruction.match | rng.getrandbits(32) & ~instruction.mask & ((1 << 8 * instruction.length) - 1)
    pc = CODE + 0x100 + rng.randrange(16)
    pair.write(CODE + 0xF0, bytes.fromhex("f02000") * 24)
    pair.write(pc, word.to_bytes(4, "little")[: instruction.length])
    scramble(pair, rng)
    pair.registers(0, [("pc", pc)])
    pair.both(lambda side: side.executor.cores[0].set("waiting", 0))  # type: ignore[attr-defined]
    try:
        pair.run(rng.choice((1, 1, 2, 5)))
    except AssertionError as difference:
        raise AssertionError(f"{name} {word:#x} at {pc:#x}: {difference}") from None
