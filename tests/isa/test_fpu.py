"""Floating-point instructions: encodings, NaNs, table cases by hand, and properties against exact arithmetic."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twincore.isa.definitions  # noqa: F401
from twincore.isa.reference import Trap, compile_definition
from twincore.isa.spec import INSTRUCTIONS, Cause, Flow

if TYPE_CHECKING:
    from conftest import Bench


def beside(name: str) -> ModuleType:
    """Import a module of this folder."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Lanes = beside("lanes").Lanes
oracle = beside("fpu_oracle")
V, Z, O, U, I = oracle.V, oracle.Z, oracle.O, oracle.U, oracle.I  # noqa: E741
MODES = (oracle.NEAREST, oracle.TO_ZERO, oracle.UP, oracle.DOWN)
FLOATS = ("add.s", "sub.s", "mul.s", "madd.s", "msub.s")
INF, NEGATIVE_INF, QNAN, SNAN = 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001


def number(value: float) -> int:
    """Return the bits of a number that single precision has exactly."""
    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    return bits


class Core:
    """Registers and a little memory, for the functions of the reference."""

    def __init__(self, **registers: int) -> None:
        self.f, self.ar = [0] * 16, [0] * 64
        self.windowbase = self.fcr = self.fsr = self.br = self.excvaddr = 0
        self.cpenable = 1
        self.memory: dict[int, int] = {}
        for name, value in registers.items():
            if name[1:].isdigit():
                {"f": self.f, "a": self.ar}[name[0]][int(name[1:])] = value
            else:
                setattr(self, name, value)

    def load(self, address: int, size: int, aligned: bool) -> int:
        """Load a word."""
        assert (size, aligned) == (4, False)
        return self.memory[address]

    def store(self, address: int, size: int, value: int, aligned: bool) -> None:
        """Store a word."""
        assert (size, aligned) == (4, False)
        self.memory[address] = value


FUNCTIONS: dict[str, Callable[..., Any]] = {}


def execute(core: Core, text: str) -> Core:
    """Execute one instruction by the reference."""
    name, _, rest = text.partition(" ")
    instruction = INSTRUCTIONS[name]
    if name not in FUNCTIONS:
        FUNCTIONS[name] = compile_definition(instruction)
    forms = instruction.text.partition(" ")[2].split(",")
    operands = {
        form[form.index("{") + 1]: int(value.strip().lstrip("afb"))
        for form, value in zip(forms, rest.split(","), strict=True)
    }
    assert FUNCTIONS[name](core, **operands) is None
    return core


def run(text: str, **registers: int) -> Core:
    """Execute one instruction on given f0.., a0.., fcr, fsr, br; return the core."""
    return execute(Core(**registers), text)


# --- encodings ----------------------------------------------------------------------------------------------------

ENCODINGS = """
    fa2310 abs.s f2, f3         fa23c0 mksadj.s f2, f3      8a2350 round.s a2, f3, 5
    0a2340 add.s f2, f3, f4     fa2300 mov.s f2, f3         fa23a0 rsqrt0.s f2, f3
    fa23e0 addexp.s f2, f3      8b2340 moveqz.s f2, f3, a4  fa2390 sqrt0.s f2, f3
    fa23f0 addexpm.s f2, f3     cb2340 movf.s f2, f3, b4    ff4323 ssi f2, a3, 1020
    ba2350 ceil.s a2, f3, 5     bb2340 movgez.s f2, f3, a4  02c323 ssip f2, a3, 8
    fa3530 const.s f3, 5        ab2340 movltz.s f2, f3, a4  482340 ssx f2, a3, a4
    fa2370 div0.s f2, f3        9b2340 movnez.s f2, f3, a4  582340 ssxp f2, a3, a4
    7a2340 divn.s f2, f3, f4    db2340 movt.s f2, f3, b4    1a2340 sub.s f2, f3, f4
    ca2350 float.s f2, a3, 5    5a2340 msub.s f2, f3, f4    9a2350 trunc.s a2, f3, 5
    aa2350 floor.s a2, f3, 5    2a2340 mul.s f2, f3, f4     3b2340 ueq.s b2, f3, f4
    020323 lsi f2, a3, 8        fa2360 neg.s f2, f3         da2350 ufloat.s f2, a3, 5
    028323 lsip f2, a3, 8       fa23b0 nexp01.s f2, f3      7b2340 ule.s b2, f3, f4
    082340 lsx f2, a3, a4       2b2340 oeq.s b2, f3, f4     5b2340 ult.s b2, f3, f4
    182340 lsxp f2, a3, a4      6b2340 ole.s b2, f3, f4     1b2340 un.s b2, f3, f4
    4a2340 madd.s f2, f3, f4    4b2340 olt.s b2, f3, f4     ea2350 utrunc.s a2, f3, 5
    6a2340 maddn.s f2, f3, f4   fa2380 recip0.s f2, f3      fa2350 wfr f2, a3
    fa23d0 mkdadj.s f2, f3      fa2340 rfr a2, f3
"""
TEXTS = [
    (int(cell.split()[0], 16), " ".join(cell.split()[1:]))
    for line in ENCODINGS.strip().splitlines()
    for cell in line.strip().split("  ")
    if cell.strip()
]


@pytest.mark.parametrize(("word", "text"), TEXTS)
def test_the_assembler_gives_this_word(word: int, text: str) -> None:
    """The words come from GNU as with Espressif's table for the ESP32-S3."""
    name, _, rest = text.partition(" ")
    instruction = INSTRUCTIONS[name]
    built = instruction.match
    for form, given_operand in zip(instruction.text.partition(" ")[2].split(","), rest.split(","), strict=True):
        operand = instruction.operands[form[form.index("{") + 1]]
        value = int(given_operand.strip().lstrip("afb"))
        built |= operand.place(operand.immediate.encode(value, 0) if operand.immediate else value)
    assert f"{built:06x}" == f"{word:06x}"
    assert [n for n, i in INSTRUCTIONS.items() if i.length == 3 and word & i.mask == i.match] == [name]


def test_all_fifty_are_there_and_need_coprocessor_0() -> None:
    """Nothing of the option is left out or works without CPENABLE."""
    here = {n for n, i in INSTRUCTIONS.items() if i.module.startswith("twincore.isa.fpu")}
    assert here == {text.split()[0] for _, text in TEXTS}
    assert len(here) == 50
    assert all(INSTRUCTIONS[n].coprocessor == 0 and INSTRUCTIONS[n].flow is Flow.NEXT for n in here)


@pytest.mark.parametrize(("word", "text"), TEXTS)
def test_a_disabled_coprocessor_changes_nothing(word: int, text: str) -> None:
    """Only the exception happens, whatever the instruction is."""
    core = Core(cpenable=0xFE, f1=SNAN, f2=SNAN, f3=SNAN, f4=SNAN, a3=0x1000)
    before = vars(core) | {"f": list(core.f), "ar": list(core.ar)}
    with pytest.raises(Trap) as trap:
        execute(core, text)
    assert trap.value.cause == Cause.COPROCESSOR0_DISABLED
    assert vars(core) == before


TRANSFERS = [
    # text, address used, address register after
    ("lsi f1, a2, 8", 0x1008, 0x1000),
    ("lsip f1, a2, 8", 0x1000, 0x1008),
    ("lsx f1, a2, a3", 0x0FFC, 0x1000),
    ("lsxp f1, a2, a3", 0x1000, 0x0FFC),
    ("ssi f1, a2, 1020", 0x13FC, 0x1000),
    ("ssip f1, a2, 1020", 0x1000, 0x13FC),
    ("ssx f1, a2, a3", 0x0FFC, 0x1000),
    ("ssxp f1, a2, a3", 0x1000, 0x0FFC),
]


@pytest.mark.parametrize(("text", "address", "after"), TRANSFERS)
def test_loads_and_stores(text: str, address: int, after: int) -> None:
    """A word goes through as it is; the forms that end in p use the address before they update it."""
    core = Core(f1=SNAN, a2=0x1000, a3=0xFFFFFFFC)
    if text[0] == "l":
        core.f[1], core.memory[address] = 0, SNAN
    execute(core, text)
    assert (core.f[1], core.memory, core.ar[2], core.fsr) == (SNAN, {address: SNAN}, after, 0)


def test_a_load_that_faults_updates_nothing() -> None:
    """The address register and the float register keep their values."""
    core = Core(f1=7, a2=0x1000)
    with pytest.raises(KeyError):
        execute(core, "lsip f1, a2, 8")
    assert (core.f[1], core.ar[2]) == (7, 0x1000)


# --- NaNs: the bits and the flags, as the definitions promise -------------------------------------------------------

A, B, C = 0x7FC11111, 0xFFC22222, 0x7FC33333  # quiet, told apart by payload and sign
SA, SB, SC = 0x7F811111, 0xFF822222, 0x7F833333  # the same, signalling
ONE, ZERO, MINUS_ZERO = 0x3F800000, 0, 0x80000000
NANS = [
    # instruction, fr, fs, ft, result, flags
    ("add.s", 0, A, ONE, A, 0),
    ("add.s", 0, ONE, B, B, 0),
    ("add.s", 0, A, B, B, 0),
    ("add.s", 0, B, A, A, 0),
    ("add.s", 0, SA, B, B, V),
    ("add.s", 0, A, SB, B, V),
    ("add.s", 0, SA, ONE, A, V),
    ("add.s", 0, A, INF, A, 0),
    ("add.s", 0, INF, NEGATIVE_INF, QNAN, V),
    ("add.s", 0, NEGATIVE_INF, NEGATIVE_INF, NEGATIVE_INF, 0),
    ("sub.s", 0, ONE, B, B, 0),  # the NaN's sign is not inverted
    ("sub.s", 0, INF, INF, QNAN, V),
    ("sub.s", 0, INF, NEGATIVE_INF, INF, 0),
    ("sub.s", 0, ONE, INF, NEGATIVE_INF, 0),
    ("mul.s", 0, A, B, B, 0),
    ("mul.s", 0, A, MINUS_ZERO, A, 0),
    ("mul.s", 0, ZERO, NEGATIVE_INF, QNAN, V),
    ("mul.s", 0, INF, MINUS_ZERO, QNAN, V),
    ("mul.s", 0, INF, 0xBF800000, NEGATIVE_INF, 0),
    ("madd.s", C, A, B, C, 0),
    ("madd.s", C, SA, B, C, V),
    ("madd.s", SC, A, B, C, V),
    ("madd.s", ONE, A, B, B, 0),
    ("madd.s", ONE, A, ONE, A, 0),
    ("madd.s", INF, A, ONE, A, 0),
    ("madd.s", C, ZERO, INF, C, V),
    ("madd.s", ONE, ZERO, INF, QNAN, V),
    ("madd.s", NEGATIVE_INF, ONE, INF, QNAN, V),
    ("madd.s", NEGATIVE_INF, A, INF, A, 0),
    ("madd.s", INF, ONE, INF, INF, 0),
    ("madd.s", NEGATIVE_INF, ONE, ONE, NEGATIVE_INF, 0),
    ("msub.s", C, A, B, C, 0),
    ("msub.s", ONE, A, B, B, 0),
    ("msub.s", INF, ONE, INF, QNAN, V),
    ("msub.s", ONE, ONE, INF, NEGATIVE_INF, 0),
    ("maddn.s", C, SA, B, C, 0),
    ("maddn.s", ONE, SA, B, B, 0),
    ("maddn.s", ONE, ZERO, INF, QNAN, 0),
    ("abs.s", 0, SB, 0, 0x7F822222, 0),
    ("neg.s", 0, SA, 0, 0xFF811111, 0),
    ("mov.s", 0, SA, 0, SA, 0),
    ("nexp01.s", 0, SA, 0, 0xFF811111, 0),
    ("nexp01.s", 0, B, 0, 0x7FC22222, 0),
    ("recip0.s", 0, A, 0, 0x7FD48000, 0),
    ("recip0.s", 0, B, 0, 0xFFD40000, 0),
    ("rsqrt0.s", 0, 0xBF800000, 0, 0xFFFF0000, V),
    ("rsqrt0.s", 0, NEGATIVE_INF, 0, 0xFFFF0000, V),
    ("rsqrt0.s", 0, MINUS_ZERO, 0, NEGATIVE_INF, Z),
    ("recip0.s", 0, MINUS_ZERO, 0, NEGATIVE_INF, Z),
    ("recip0.s", 0, NEGATIVE_INF, 0, MINUS_ZERO, 0),
    ("divn.s", ONE, SA, ONE, A, 0),
]


@pytest.mark.parametrize(("name", "fr", "fs", "ft", "result", "flags"), NANS)
def test_nan_bits(name: str, fr: int, fs: int, ft: int, result: int, flags: int) -> None:
    """In every rounding mode; flags already set stay."""
    three = "{t}" in INSTRUCTIONS[name].text
    for fcr in MODES:
        core = run(f"{name} f0, f1" + ", f2" * three, fcr=fcr, fsr=I, f0=fr, f1=fs, f2=ft)
        assert (f"{core.f[0]:08x}", f"{core.fsr:03x}") == (f"{result:08x}", f"{flags | I:03x}")


# --- table cases, by hand from IEEE 754 and the ISA manual -----------------------------------------------------------

TINY, SMALLEST_NORMAL, MAX = 0x00000001, 0x00800000, 0x7F7FFFFF
NEXT = 0x3F800001  # 1 + 2^-23
ARITHMETIC = [
    # instruction, fr, fs, ft, [(result, flags) in mode nearest, to zero, up, down]
    ("add.s", 0, number(1), number(2), [(number(3), 0)] * 4),
    ("add.s", 0, ONE, number(-1), [(0, 0), (0, 0), (0, 0), (MINUS_ZERO, 0)]),
    ("add.s", 0, 0, MINUS_ZERO, [(0, 0), (0, 0), (0, 0), (MINUS_ZERO, 0)]),
    ("add.s", 0, MINUS_ZERO, MINUS_ZERO, [(MINUS_ZERO, 0)] * 4),
    ("add.s", 0, ONE, 0x33800000, [(ONE, I), (ONE, I), (NEXT, I), (ONE, I)]),  # 1 + 2^-24: a tie, to even
    ("add.s", 0, NEXT, 0x33800000, [(0x3F800002, I), (NEXT, I), (0x3F800002, I), (NEXT, I)]),  # a tie, to even
    ("add.s", 0, ONE, TINY, [(ONE, I), (ONE, I), (NEXT, I), (ONE, I)]),
    ("add.s", 0, ONE, 0x80000001, [(ONE, I), (0x3F7FFFFF, I), (ONE, I), (0x3F7FFFFF, I)]),
    ("add.s", 0, MAX, MAX, [(INF, O | I), (MAX, O | I), (INF, O | I), (MAX, O | I)]),
    ("add.s", 0, 0x807FFFFF, SMALLEST_NORMAL, [(TINY, 0)] * 4),  # subnormal and exact: no underflow
    ("sub.s", 0, number(1), number(3), [(number(-2), 0)] * 4),
    ("mul.s", 0, number(3), number(-5), [(number(-15), 0)] * 4),
    ("mul.s", 0, TINY, number(0.5), [(0, U | I), (0, U | I), (TINY, U | I), (0, U | I)]),  # a tie, to even
    (
        "mul.s",
        0,
        TINY,
        number(-0.5),
        [(MINUS_ZERO, U | I), (MINUS_ZERO, U | I), (MINUS_ZERO, U | I), (0x80000001, U | I)],
    ),
    ("mul.s", 0, 0x00000003, number(0.5), [(2, U | I), (1, U | I), (2, U | I), (1, U | I)]),
    (
        "mul.s",
        0,
        MAX,
        number(-2),
        [(NEGATIVE_INF, O | I), (0xFF7FFFFF, O | I), (0xFF7FFFFF, O | I), (NEGATIVE_INF, O | I)],
    ),
    # 2^-126 (1 - 2^-25): rounds to a normal number also with 24 bits to nearest and up: not tiny
    (
        "madd.s",
        SMALLEST_NORMAL,
        TINY,
        0xBE800000,
        [(SMALLEST_NORMAL, I), (0x007FFFFF, U | I), (SMALLEST_NORMAL, I), (0x007FFFFF, U | I)],
    ),
    # 2^-126 (1 - 2^-24) has 24 bits: rounds to a normal number only for want of bits below: tiny
    (
        "madd.s",
        SMALLEST_NORMAL,
        TINY,
        0xBF000000,
        [(SMALLEST_NORMAL, U | I), (0x007FFFFF, U | I), (SMALLEST_NORMAL, U | I), (0x007FFFFF, U | I)],
    ),
    ("madd.s", number(-1), NEXT, NEXT, [(0x34800000, I), (0x34800000, I), (0x34800001, I), (0x34800000, I)]),
    ("madd.s", number(10), number(2), number(3), [(number(16), 0)] * 4),
    ("madd.s", TINY, ZERO, MAX, [(TINY, 0)] * 4),
    ("madd.s", MINUS_ZERO, ZERO, MAX, [(0, 0), (0, 0), (0, 0), (MINUS_ZERO, 0)]),
    ("msub.s", number(10), number(2), number(3), [(number(4), 0)] * 4),
    ("msub.s", number(6), number(2), number(3), [(0, 0), (0, 0), (0, 0), (MINUS_ZERO, 0)]),
    ("maddn.s", ONE, 0x33800000, ONE, [(ONE, 0)] * 4),  # to nearest in every mode, no flags
]


@pytest.mark.parametrize(("name", "fr", "fs", "ft", "results"), ARITHMETIC)
def test_arithmetic(name: str, fr: int, fs: int, ft: int, results: list[tuple[int, int]]) -> None:
    """Results and flags in the four modes; the enables in FCR change nothing."""
    got = [run(f"{name} f0, f1, f2", fcr=mode | 0x7C, f0=fr, f1=fs, f2=ft) for mode in MODES]
    assert [(hex(g.f[0]), hex(g.fsr)) for g in got] == [(hex(bits), hex(flags)) for bits, flags in results]


MOVES = [
    # text, registers, then the register that counts and its value
    ("mov.s f0, f1", {"f1": 5}, ("f", 0), 5),
    ("abs.s f0, f1", {"f1": 0x80000005}, ("f", 0), 5),
    ("neg.s f0, f1", {"f1": 5}, ("f", 0), 0x80000005),
    ("rfr a2, f1", {"f1": SNAN}, ("ar", 2), SNAN),
    ("wfr f0, a2", {"a2": SNAN}, ("f", 0), SNAN),
    ("moveqz.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0}, ("f", 0), 5),
    ("moveqz.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 1}, ("f", 0), 7),
    ("movnez.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0x100}, ("f", 0), 5),
    ("movnez.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0}, ("f", 0), 7),
    ("movltz.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0x80000000}, ("f", 0), 5),
    ("movltz.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0}, ("f", 0), 7),
    ("movgez.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0}, ("f", 0), 5),
    ("movgez.s f0, f1, a2", {"f0": 7, "f1": 5, "a2": 0xFFFFFFFF}, ("f", 0), 7),
    ("movt.s f0, f1, b3", {"f0": 7, "f1": 5}, ("f", 0), 5),
    ("movt.s f0, f1, b2", {"f0": 7, "f1": 5}, ("f", 0), 7),
    ("movf.s f0, f1, b2", {"f0": 7, "f1": 5}, ("f", 0), 5),
    ("movf.s f0, f1, b3", {"f0": 7, "f1": 5}, ("f", 0), 7),
    *[(f"const.s f0, {k}", {}, ("f", 0), number((0.0, 1.0, 2.0, 0.5)[k % 4])) for k in range(16)],
]


@pytest.mark.parametrize(("text", "registers", "where", "value"), MOVES)
def test_moves(text: str, registers: dict[str, int], where: tuple[str, int], value: int) -> None:
    """Patterns are copied as they are; b3 is set, and no flag is raised."""
    core = run(text, br=8, **registers)
    assert getattr(core, where[0])[where[1]] == value
    assert core.fsr == 0


COMPARISONS = [
    # fs, ft, un oeq ueq olt ult ole ule
    (number(1), number(2), "0001111"),
    (number(2), number(1), "0000000"),
    (number(-2), number(1), "0001111"),
    (number(-1), number(-2), "0000000"),
    (number(-2), number(-1), "0001111"),
    (0, MINUS_ZERO, "0110011"),
    (MINUS_ZERO, TINY, "0001111"),
    (0x80000001, 0, "0001111"),
    (INF, INF, "0110011"),
    (NEGATIVE_INF, INF, "0001111"),
    (MAX, INF, "0001111"),
    (QNAN, number(1), "1010101"),
    (number(1), SNAN, "1010101"),
]
NAMES = ("un", "oeq", "ueq", "olt", "ult", "ole", "ule")


@pytest.mark.parametrize(("fs", "ft", "results"), COMPARISONS)
def test_comparisons(fs: int, ft: int, results: str) -> None:
    """b5 gets the result, the other booleans stay; V for a signalling NaN, in olt.s and ole.s for any."""
    for name, result in zip(NAMES, results, strict=True):
        core = run(f"{name}.s b5, f1, f2", br=0xFFDF, f1=fs, f2=ft)
        nan, signalling = QNAN in (fs, ft), SNAN in (fs, ft)
        flags = V if signalling or (nan and name in ("olt", "ole")) else 0
        assert (name, core.br, core.fsr) == (name, 0xFFDF | int(result) << 5, flags)


TO_INTEGER = [
    # value, scale, [(round, flags), (trunc...), (floor...), (ceil...), (utrunc...)]
    (number(0.5), 0, [(0, I), (0, I), (0, I), (1, I), (0, I)]),
    (number(1.5), 0, [(2, I), (1, I), (1, I), (2, I), (1, I)]),
    (number(2.5), 0, [(2, I), (2, I), (2, I), (3, I), (2, I)]),
    (number(-0.5), 0, [(0, I), (0, I), (-1, I), (0, I), (0, I)]),
    (number(-1.5), 0, [(-2, I), (-1, I), (-2, I), (-1, I), (-1, V)]),
    (number(-3), 0, [(-3, 0), (-3, 0), (-3, 0), (-3, 0), (-3, V)]),
    (number(0.75), 2, [(3, 0), (3, 0), (3, 0), (3, 0), (3, 0)]),
    (number(1), 15, [(0x8000, 0)] * 5),
    (TINY, 15, [(0, I), (0, I), (0, I), (1, I), (0, I)]),
    (MINUS_ZERO, 0, [(0, 0)] * 5),
    (number(2147483520), 0, [(0x7FFFFF80, 0)] * 5),
    (number(2**31), 0, [(0x7FFFFFFF, V)] * 4 + [(0x80000000, 0)]),
    (number(-(2**31)), 0, [(0x80000000, 0)] * 4 + [(0x80000000, V)]),
    (number(-(2**32)), 0, [(0x80000000, V)] * 5),
    (number(2**32), 0, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
    (number(2**30), 15, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
    (MAX, 15, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
    (INF, 0, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
    (NEGATIVE_INF, 0, [(0x80000000, V)] * 5),
    (QNAN, 0, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
    (0xFFC00000, 3, [(0x7FFFFFFF, V)] * 4 + [(0xFFFFFFFF, V)]),
]


@pytest.mark.parametrize(("bits", "scale", "results"), TO_INTEGER)
def test_to_integer(bits: int, scale: int, results: list[tuple[int, int]]) -> None:
    """The instruction's own rounding counts, not FCR's."""
    for fcr in MODES:
        for name, (integer, flags) in zip(("round", "trunc", "floor", "ceil", "utrunc"), results, strict=True):
            core = run(f"{name}.s a2, f1, {scale}", fcr=fcr, f1=bits)
            assert (name, hex(core.ar[2]), hex(core.fsr)) == (name, hex(integer & 0xFFFFFFFF), hex(flags))


FROM_INTEGER = [
    ("float.s", 0, 0, [(0, 0)] * 4),
    ("float.s", 1, 15, [(number(2**-15), 0)] * 4),
    ("float.s", 0xFFFFFFFF, 0, [(number(-1), 0)] * 4),
    ("float.s", 0x80000000, 0, [(number(-(2.0**31)), 0)] * 4),
    ("float.s", 0x01000001, 0, [(0x4B800000, I), (0x4B800000, I), (0x4B800001, I), (0x4B800000, I)]),
    ("float.s", 0xFEFFFFFD, 1, [(0xCB000002, I), (0xCB000001, I), (0xCB000001, I), (0xCB000002, I)]),
    ("float.s", 0x7FFFFFFF, 0, [(0x4F000000, I), (0x4EFFFFFF, I), (0x4F000000, I), (0x4EFFFFFF, I)]),
    ("ufloat.s", 0xFFFFFFFF, 0, [(0x4F800000, I), (0x4F7FFFFF, I), (0x4F800000, I), (0x4F7FFFFF, I)]),
    ("ufloat.s", 0x80000000, 4, [(number(2**27), 0)] * 4),
]


@pytest.mark.parametrize(("name", "integer", "scale", "results"), FROM_INTEGER)
def test_from_integer(name: str, integer: int, scale: int, results: list[tuple[int, int]]) -> None:
    """FCR's rounding counts."""
    got = [run(f"{name} f0, a2, {scale}", fcr=mode, a2=integer) for mode in MODES]
    assert [(hex(g.f[0]), hex(g.fsr)) for g in got] == [(hex(bits), hex(flags)) for bits, flags in results]


STEPS = [
    # instruction, fr, fs, ft, result, flags: read off an ESP32-S3 (sources in isa/fpu_divide.py)
    ("recip0.s", 0, 0x3F800000, 0, 0x3F7F0000, 0),
    ("recip0.s", 0, 0x3FFFFFFF, 0, 0x3F010000, 0),
    ("recip0.s", 0, 0xBFC00000, 0, 0xBF2A0000, 0),
    ("recip0.s", 0, 0x7E800000, 0, 0x007F8000, 0),  # subnormal result
    ("recip0.s", 0, 0x00200000, 0, 0x7F7F0000, 0),  # 2^-128
    ("recip0.s", 0, 0x001FFFFF, 0, 0x7F800000, 0),
    ("rsqrt0.s", 0, 0x3F800000, 0, 0x3F7F0000, 0),
    ("rsqrt0.s", 0, 0x401A0000, 0, 0x3F250000, 0),
    ("sqrt0.s", 0, 0x40000000, 0, 0x3F340000, 0),
    ("sqrt0.s", 0, 0x7F800000, 0, 0x3F7F0000, 0),
    ("sqrt0.s", 0, 0x80000000, 0, 0xBF340000, 0),
    ("sqrt0.s", 0, 0x00002000, 0, 0x3F7F0000, 0),  # subnormals are normalized first
    ("sqrt0.s", 0, 0x00200000 - 1, 0, 0x3F000000, 0),
    ("div0.s", 0, 0x40000000, 0, 0x3EFF0000, 0),
    ("div0.s", 0, 0x7FC00000, 0, 0x3F2A0000, 0),
    ("nexp01.s", 0, 0x00000000, 0, 0xBF800000, 0),
    ("nexp01.s", 0, 0xFF800000, 0, 0x3F800000, 0),
    ("nexp01.s", 0, 0x3F000000, 0, 0xC0000000, 0),
    ("nexp01.s", 0, 0x40490FDB, 0, 0xC0490FDB, 0),
    ("nexp01.s", 0, 0x007FFFFF, 0, 0xC07FFFFE, 0),
    ("mksadj.s", 0, 0x00000000, 0, 0x3FB7C000, 0),
    ("mksadj.s", 0, 0x80000000, 0, 0x43B7C000, 0),
    ("mksadj.s", 0, 0xBF800000, 0, 0x4FB7C000, V),
    ("mksadj.s", 0, 0x00000001, 0, 0x1399C000, 0),
    ("mksadj.s", 0, 0x7F800000, 0, 0x47B7C000, 0),
    ("mksadj.s", 0, 0x7FC00000, 0, 0x4FB7C000, 0),
    ("mksadj.s", 0, 0x7F800001, 0, 0x4FB7C000, V),
    ("mkdadj.s", 0x00000000, 0x00000000, 0, 0x4FB7C000, V),
    ("mkdadj.s", 0x00000000, 0xBF800000, 0, 0x4BB7C000, Z),
    ("mkdadj.s", 0x00000000, 0x7F800000, 0, 0x47B7C000, 0),
    ("mkdadj.s", 0x3F800000, 0x3F000000, 0, 0x379DC000, 0),
    ("mkdadj.s", 0x3F800000, 0x00000001, 0, 0x6795C000, 0),
    ("mkdadj.s", 0xBF000000, 0x7F7FFFFF, 0, 0x3FA7C000, 0),
    ("mkdadj.s", 0x12345678, 0x3F800000, 0, 0x2FA3C000, 0),
    ("addexp.s", 0x12345678, 0x1F800000, 0, 0x72345678, 0),
    ("addexp.s", 0x40400000, 0x80000000, 0, 0x80C00000, 0),
    ("addexpm.s", 0x12345678, 0x40490FDB, 0, 0xE4B45678, 0),
    ("divn.s", ONE, 0xBF801000, 0x3F800800, 0xBA400800, 0),
    ("divn.s", ONE, ONE, 0x3EAAAAAB, 0x3FAAAAAB, I),
    ("divn.s", ONE, ONE, 0x00800000, 0x48A00000, 0),  # A = 16 out of the exponent field 1
    ("divn.s", 0xBF800000, ONE, ONE, 0x26800000, 0),
    ("divn.s", 219 << 23, 0, 124 << 23, INF, O | I),  # A = 352
    ("divn.s", 219 << 23, 0, 116 << 23, 0, U | I),  # the exponent wraps at 10 bits
    ("divn.s", 220 << 23, 0, 124 << 23, 0, 0),  # A = 384
    ("divn.s", 220 << 23, 0, 132 << 23, MINUS_ZERO, 0),
    ("divn.s", 220 << 23, 0, 140 << 23, INF, 0),
    ("divn.s", 220 << 23, 0, 148 << 23, NEGATIVE_INF, 0),
    ("divn.s", 220 << 23, 0, 156 << 23, QNAN, 0),
    ("divn.s", 220 << 23, 0, 164 << 23, QNAN, 0),
    ("divn.s", 220 << 23, 0, 172 << 23, 0, 0),
    ("divn.s", 220 << 23, 0, 180 << 23, MINUS_ZERO, 0),
    ("divn.s", 220 << 23, 0, 188 << 23, 0, U | I),  # A = 392
]


@pytest.mark.parametrize(("name", "fr", "fs", "ft", "result", "flags"), STEPS)
def test_steps_of_division_and_square_root(name: str, fr: int, fs: int, ft: int, result: int, flags: int) -> None:
    """What the chip itself answered."""
    three = "{t}" in INSTRUCTIONS[name].text
    core = run(f"{name} f0, f1" + ", f2" * three, f0=fr, f1=fs, f2=ft)
    assert (f"{core.f[0]:08x}", f"{core.fsr:03x}") == (f"{result:08x}", f"{flags:03x}")


# --- properties against exact arithmetic ------------------------------------------------------------------------------

exponents = st.one_of(
    st.integers(0, 255), st.sampled_from([0, 1, 2, 23, 24, 25, 103, 126, 127, 128, 151, 253, 254, 255])
)
fractions = st.one_of(
    st.integers(0, 0x7FFFFF),
    st.sampled_from([0, 1, 2, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF]),
    st.integers(0, 22).map(lambda n: 1 << n),
    st.integers(0, 22).map(lambda n: 0x7FFFFF & -(1 << n)),
)
patterns = st.builds(lambda s, e, f: s << 31 | e << 23 | f, st.integers(0, 1), exponents, fractions)
modes = st.sampled_from(MODES)


@st.composite
def triples(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Several operands (fr, fs, ft), some of them near to each other."""
    result = []
    for _ in range(draw(st.integers(1, 40))):
        a, b, c = draw(patterns), draw(patterns), draw(patterns)
        match draw(st.integers(0, 4)):
            case 0:
                b = (a ^ draw(st.sampled_from([0, 0x80000000]))) + draw(st.integers(-3, 3)) & 0xFFFFFFFF
            case 1 if not any(x & INF == INF for x in (a, b)):
                product = oracle.multiply(a, b, 0)[0]
                c = (product ^ draw(st.sampled_from([0, 0x80000000]))) + draw(st.integers(-3, 3)) & 0xFFFFFFFF
            case 2:
                b = (a & 0x7F800000) + (draw(st.integers(-30, 30)) << 23) + (b & 0x807FFFFF) & 0xFFFFFFFF
        result.append((c, a, b))
    return result


def check(text: str, fcr: int, operands: list[tuple[int, int, int]], expected: list[tuple[int, int]]) -> None:
    """Run all operands at once, and one by one in the reference, and compare f0 and FSR."""
    lanes = Lanes(len(operands), fcr)
    for register, values in enumerate(zip(*operands, strict=True)):
        lanes.f[register] = lanes.spread(np.array(values, np.uint64))
    lanes.run(text)
    for operand, bits, flags, result in zip(operands, lanes.f[0], lanes.fsr, expected, strict=True):
        assert ([hex(x) for x in operand], hex(bits), hex(flags)) == ([hex(x) for x in operand], *map(hex, result))
        core = run(text, fcr=fcr, f0=operand[0], f1=operand[1], f2=operand[2])
        assert (core.f[0], core.fsr) == result


@settings(max_examples=80, deadline=None)
@given(triples(), modes)
def test_arithmetic_is_correctly_rounded(operands: list[tuple[int, int, int]], mode: int) -> None:
    """add.s to msub.s equal exact arithmetic, rounded once, with its flags."""
    check("add.s f0, f1, f2", mode, operands, [oracle.add(a, b, mode) for _, a, b in operands])
    check("sub.s f0, f1, f2", mode, operands, [oracle.add(a, b, mode, 0x80000000) for _, a, b in operands])
    check("mul.s f0, f1, f2", mode, operands, [oracle.multiply(a, b, mode) for _, a, b in operands])
    check("madd.s f0, f1, f2", mode, operands, [oracle.multiply_add(c, a, b, mode) for c, a, b in operands])
    check("msub.s f0, f1, f2", mode, operands, [oracle.multiply_add(c, a, b, mode, 0x80000000) for c, a, b in operands])
    silent = [(oracle.multiply_add(c, a, b, oracle.NEAREST)[0], 0) for c, a, b in operands]
    check("maddn.s f0, f1, f2", mode, operands, silent)


@settings(max_examples=60, deadline=None)
@given(triples())
def test_comparisons_are_exact(operands: list[tuple[int, int, int]]) -> None:
    """All seven relations."""
    for name in NAMES:
        lanes = Lanes(len(operands))
        lanes.f[1] = lanes.spread(np.array([a for _, a, _ in operands], np.uint64))
        lanes.f[2] = lanes.spread(np.array([b for _, _, b in operands], np.uint64))
        lanes.run(f"{name}.s b0, f1, f2")
        assert list(zip(lanes.br.tolist(), lanes.fsr.tolist(), strict=True)) == [
            oracle.compare(name, a, b) for _, a, b in operands
        ]


#: numbers that become integers of any size
near_integers = st.builds(
    lambda s, e, f: s << 31 | e << 23 | f, st.integers(0, 1), st.one_of(st.integers(100, 162), exponents), fractions
)


@settings(max_examples=60, deadline=None)
@given(st.lists(near_integers, min_size=1, max_size=50), st.integers(0, 15), modes)
def test_conversions_to_integers_are_exact(bits: list[int], scale: int, mode: int) -> None:
    """round.s, trunc.s, floor.s, ceil.s, utrunc.s at every scale."""
    for how in ("round", "trunc", "floor", "ceil", "utrunc"):
        lanes = Lanes(len(bits), mode)
        lanes.f[1] = lanes.spread(np.array(bits, np.uint64))
        lanes.run(f"{how}.s a2, f1, {scale}")
        got = list(zip(lanes.ar[2].tolist(), lanes.fsr.tolist(), strict=True))
        assert got == [oracle.to_integer(x, scale, how) for x in bits]


integers = st.one_of(
    st.integers(0, 0xFFFFFFFF),
    st.builds(lambda n, d: (1 << n) + d & 0xFFFFFFFF, st.integers(0, 32), st.integers(-3, 3)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(integers, min_size=1, max_size=50), st.integers(0, 15), modes)
def test_conversions_from_integers_are_correctly_rounded(values: list[int], scale: int, mode: int) -> None:
    """float.s and ufloat.s at every scale."""
    for name in ("float", "ufloat"):
        lanes = Lanes(len(values), mode)
        lanes.ar[2] = lanes.spread(np.array(values, np.uint64))
        lanes.run(f"{name}.s f0, a2, {scale}")
        got = list(zip(lanes.f[0].tolist(), lanes.fsr.tolist(), strict=True))
        signed = [x - (x >> 31 << 32) if name == "float" else x for x in values]
        assert got == [oracle.from_integer(x, scale, mode) for x in signed]


@settings(max_examples=40, deadline=None)
@given(triples(), modes)
def test_steps_are_the_same_in_the_reference(operands: list[tuple[int, int, int]], mode: int) -> None:
    """For every pattern: so what whole sequences prove in numpy holds for the reference, too."""
    for name in {step[0] for step in STEPS}:
        three = "{t}" in INSTRUCTIONS[name].text
        lanes = Lanes(len(operands), mode)
        for register, values in enumerate(zip(*operands, strict=True)):
            lanes.f[register] = lanes.spread(np.array(values, np.uint64))
        lanes.run(f"{name} f0, f1" + ", f2" * three)
        for operand, bits, flags in zip(operands, lanes.f[0], lanes.fsr, strict=True):
            core = run(f"{name} f0, f1" + ", f2" * three, fcr=mode, f0=operand[0], f1=operand[1], f2=operand[2])
            assert (name, hex(core.f[0]), hex(core.fsr)) == (name, hex(bits), hex(flags))


# --- on every executor ------------------------------------------------------------------------------------------------

LOOP = """
        wur.fcr a5
again:  movi    a4, 0
        wur.fsr a4
        lsi     f0, a2, 0
        lsi     f1, a2, 4
        lsi     f2, a2, 8
        l32i    a6, a2, 0
        l32i    a7, a2, 4
        {text}
        ssi     f0, a2, 0
        s32i    a6, a2, 4
        rur.fsr a4
        s32i    a4, a2, 8
        addi    a2, a2, 12
        bltu    a2, a3, again
"""
DRAM, COUNT = 0x3FC90000, 150
EXTREMES = [ZERO, SMALLEST_NORMAL, ONE, NEXT, MAX, INF, QNAN, SNAN]
ALL = [
    *(f"{name} f0, f1, f2" for name in (*FLOATS, "maddn.s", "divn.s")),
    *(f"{name} f0, f1" for name in ("div0.s", "recip0.s", "sqrt0.s", "rsqrt0.s", "nexp01.s", "mksadj.s", "mkdadj.s")),
    *(f"{name} f0, f1" for name in ("addexp.s", "addexpm.s", "mov.s", "abs.s", "neg.s")),
    *(f"{name} f0, f1, a7" for name in ("moveqz.s", "movnez.s", "movltz.s", "movgez.s")),
    *(f"{name} f0, f1, b7" for name in ("movf.s", "movt.s")),
    *(f"{name} a6, f1, 3" for name in ("round.s", "trunc.s", "floor.s", "ceil.s", "utrunc.s")),
    *(f"{name} f0, a7, 3" for name in ("float.s", "ufloat.s")),
    *(f"{name}.s b0, f1, f2" for name in NAMES),
]


@pytest.mark.parametrize("text", ALL)
def test_executors_agree_with_numpy(bench: Bench, text: str) -> None:
    """Programs over 150 operands, in all four modes, leave the same results and flags."""
    random = np.random.default_rng(len(text))
    for mode in MODES:
        bits = random.integers(0, 1 << 32, (3, COUNT), dtype=np.uint64)
        ends = random.choice(np.array(EXTREMES, np.uint64), (3, COUNT))
        near = bits & 0x81FFFFFF | 0x3F000000
        choice = random.integers(0, 3, (3, COUNT))
        operands = np.select([choice == 0, choice == 1], [bits, near], ends ^ (bits & 0x80000000)).astype(np.uint32)
        lanes = Lanes(COUNT, mode)
        lanes.f[:3], lanes.ar[6], lanes.ar[7] = operands, operands[0], operands[1]
        lanes.br = lanes.spread(0x80)
        lanes.run(text)
        boolean = text.partition(" ")[2].startswith("b0")
        if boolean:
            lanes.f[0] = lanes.spread(lanes.br & 1)
        bench.fresh()
        bench.write(DRAM, operands.T.astype("<u4").tobytes())
        program = text + ("\n wfr f0, a4\n bf b0, unset\n movi a4, 1\n wfr f0, a4\nunset:" if boolean else "")
        ending = bench.run(
            LOOP.format(text=program), cycles=50 * COUNT, a2=DRAM, a3=DRAM + 12 * COUNT, a5=mode, br=0x80, cpenable=1
        )
        assert ending == "end"
        got = np.array([[bench.word(DRAM + 12 * n + 4 * k) for k in range(3)] for n in range(COUNT)], np.uint32).T
        expected = np.stack([lanes.f[0], lanes.ar[6], lanes.fsr])
        wrong = np.flatnonzero((got != expected).any(axis=0))
        assert not len(wrong), [
            ([hex(x) for x in operands[:, n]], [hex(x) for x in got[:, n]], [hex(x) for x in expected[:, n]])
            for n in wrong[:3]
        ]


def test_a_disabled_coprocessor_raises_on_every_executor(bench: Bench) -> None:
    """EXCCAUSE 32, at the instruction."""
    assert bench.run("add.s f0, f1, f2", cpenable=0xFE) == "kernel"
    assert (bench["exccause"], bench["epc1"]) == (32, 0x40371000)


@pytest.mark.parametrize(("text", "address", "after"), TRANSFERS)
def test_loads_and_stores_on_every_executor(bench: Bench, text: str, address: int, after: int) -> None:
    """The same cases as above, moved to RAM."""
    base = DRAM + 0x100
    where, word = base + address - 0x1000, SNAN.to_bytes(4, "little")
    if text[0] == "l":
        bench.write(where, word)
        bench.run(f"{text}\n rfr a4, f1", a2=base, a3=0xFFFFFFFC, cpenable=1)
    else:
        bench.run(f"wfr f1, a4\n {text}", a2=base, a3=0xFFFFFFFC, a4=SNAN, cpenable=1)
    assert (bench["a4"], bench.word(where), bench["a2"]) == (SNAN, SNAN, base + after - 0x1000)


def test_a_load_that_faults_updates_nothing_on_every_executor(bench: Bench) -> None:
    """lsip from where nothing is (LoadStorePIFAddrError): a2 and f1 stay as before."""
    assert bench.run("wfr f1, a4\n lsip f1, a2, 8", a2=0, a4=7, cpenable=1) == "kernel"
    assert (bench["exccause"], bench["a2"], bench["f1"]) == (15, 0, 7)
