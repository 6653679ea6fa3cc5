"""PIE: encodings against another assembler, and results worked out by hand from the manual, on every executor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twincore.isa.asm import assemble
from twincore.isa.decode import find
from twincore.isa.disasm import disassemble
from twincore.isa.spec import INSTRUCTIONS

if TYPE_CHECKING:
    from conftest import Bench

DRAM = 0x3FC90000
DATA = bytes(range(0x10, 0x50))
"""What lies at DRAM in the tests of memory."""

GOLDEN = [
    line.split("\t")
    for line in Path(__file__).with_name("golden_pie.tsv").read_text().splitlines()
    if not line.startswith("#")
]


def vector(bits: int, *values: int) -> int:
    """Return the register whose lanes, lowest first, hold the values."""
    assert len(values) * bits == 128
    return sum((value & ((1 << bits) - 1)) << bits * k for k, value in enumerate(values))


def lanes(value: int, bits: int) -> list[int]:
    """Return the lanes of a register as signed numbers, lowest first."""
    parts = [value >> position & ((1 << bits) - 1) for position in range(0, 128, bits)]
    return [part - (1 << bits) if part >> (bits - 1) else part for part in parts]


def accumulators(bench: Bench, bits: int) -> list[int]:
    """Return the lanes of QACC_L and QACC_H as unsigned numbers."""
    result = []
    for half in ("l", "h"):
        whole = sum(bench[f"qacc_{half}_{k}"] << 32 * k for k in range(5))
        result += [whole >> position & ((1 << bits) - 1) for position in range(0, 160, bits)]
    return result


def put_accumulators(bench: Bench, bits: int, values: list[int]) -> None:
    """Set the lanes of QACC."""
    for half, part in (("l", values[: len(values) // 2]), ("h", values[len(values) // 2 :])):
        whole = sum((value & ((1 << bits) - 1)) << bits * k for k, value in enumerate(part))
        for k in range(5):
            bench[f"qacc_{half}_{k}"] = whole >> 32 * k & 0xFFFFFFFF


def accx(bench: Bench) -> int:
    """Return ACCX as an unsigned number."""
    return bench["accx_1"] << 32 | bench["accx_0"]


def at(offset: int, size: int = 16) -> int:
    """Return bytes of DATA as a number."""
    return int.from_bytes(DATA[offset : offset + size], "little")


def stored(bench: Bench, offset: int, size: int = 16) -> int:
    """Return what lies in DRAM as a number."""
    return int.from_bytes(bench.dram.read(offset, size), "little")


def run(bench: Bench, text: str, **registers: int) -> None:
    """Run with all coprocessors on; DATA lies at DRAM."""
    bench.write(DRAM, DATA)
    assert bench.run(text, cpenable=0xFF, **registers) == "end"


# --- encodings and coprocessors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "text"), GOLDEN, ids=[text.split()[0] for _, text in GOLDEN])
def test_bytes(content: str, text: str) -> None:
    assert assemble(text, 0).hex() == content
    word = int.from_bytes(bytes.fromhex(content), "little")
    found = find(word)
    assert found is not None
    mnemonic, _, operands = disassemble(word, 0).partition("\t")
    assert f"{mnemonic} {operands}".strip() == _as_printed(text)


def _as_printed(text: str) -> str:
    """Return a text with numbers from 256 on in hexadecimal, as objdump prints them."""
    mnemonic, _, rest = text.partition(" ")
    words = rest.split(", ") if rest else []
    for k, word in enumerate(words):
        if word.lstrip("-").isdigit() and not -256 < int(word) < 256:
            words[k] = hex(int(word) & 0xFFFFFFFF)
    return f"{mnemonic} {', '.join(words)}".strip()


def test_all_are_there() -> None:
    members = [i for i in INSTRUCTIONS.values() if i.rare]
    assert len(members) == 220 + 2 * 19
    assert {i.length for i in members} == {3, 4}
    known = {text.split()[0] for _, text in GOLDEN}
    assert {i.name for i in members if not i.name.startswith(("rur.", "wur."))} <= known


@pytest.mark.parametrize(
    ("text", "cpenable", "cause"),
    [
        ("ee.vadds.s16 q0, q0, q0", 0xF7, 35),
        ("ee.vadds.s16.ld.incp q0, a0, q0, q0, q0", 0xF7, 35),
        ("ee.vst.128.ip q0, a0, 0", 0xF7, 35),
        ("ee.zero.qacc", 0xF7, 35),
        ("rur.sar_byte a2", 0xF7, 35),
        ("wur.accx_1 a2", 0xF7, 35),
        ("ee.ldf.64.ip f0, f1, a0, 0", 0xFE, 32),
        ("ee.stf.128.xp f0, f1, f2, f3, a0, a0", 0xFE, 32),
    ],
)
def test_coprocessor_off(bench: Bench, text: str, cpenable: int, cause: int) -> None:
    assert bench.run(f"nop.n\n{text}", cpenable=cpenable) == "kernel"
    assert (bench["exccause"], bench["epc1"]) == (cause, 0x40371002)


def test_gpio_needs_no_coprocessor(bench: Bench) -> None:
    text = """
        ee.set_bit_gpio_out 0xf0
        ee.clr_bit_gpio_out 0x81
        movi    a2, 0x13a
        movi    a3, 0x00f
        ee.wr_mask_gpio_out a2, a3
        rur.gpio_out a4
        ee.get_gpio_in a5
        wur.gpio_out a2
    """
    assert bench.run(text, cpenable=0) == "end"
    assert (bench["a4"], bench["a5"], bench["gpio_out"]) == (0x7A, 0x5A, 0x3A)
    told = [call[2] if call[0] == "gpio_out" else call[0] for call in bench.host.calls if "gpio" in str(call[0])]
    assert told == [0xF0, 0x70, 0x7A, "gpio_in", 0x3A]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("accx_0", 0xFFFFFFFF),
        ("accx_1", 0xFF),
        ("qacc_h_4", 0xFFFFFFFF),
        ("qacc_l_0", 0xFFFFFFFF),
        ("sar_byte", 0xF),
        ("fft_bit_width", 0xF),
        ("ua_state_3", 0xFFFFFFFF),
    ],
)
def test_user_register(bench: Bench, name: str, kept: int) -> None:
    run(bench, f"wur.{name} a2\nrur.{name} a3", a2=0xFFFFFFFF)
    assert (bench["a3"], bench[name]) == (kept, kept)


# --- memory -------------------------------------------------------------------------------------------------------

OLD = vector(32, 0xA0, 0xA1, 0xA2, 0xA3)


@pytest.mark.parametrize(
    ("text", "q1", "step"),
    [
        ("ee.vld.128.ip q1, a4, -32", at(16), -32),
        ("ee.vld.128.xp q1, a4, a5", at(16), 5),
        ("ee.vld.l.64.ip q1, a4, 1016", at(24, 8) | 0xA2 << 64 | 0xA3 << 96, 1016),
        ("ee.vld.l.64.xp q1, a4, a5", at(24, 8) | 0xA2 << 64 | 0xA3 << 96, 5),
        ("ee.vld.h.64.ip q1, a4, -8", 0xA0 | 0xA1 << 32 | at(24, 8) << 64, -8),
        ("ee.vld.h.64.xp q1, a4, a5", 0xA0 | 0xA1 << 32 | at(24, 8) << 64, 5),
        ("ld.qr q1, a4, 16", at(32), 0),
        ("ld.qr q1, a4, -16", at(0), 0),
        ("ee.vldbc.8 q1, a4", vector(8, *[DATA[27]] * 16), 0),
        ("ee.vldbc.8.ip q1, a4, 127", vector(8, *[DATA[27]] * 16), 127),
        ("ee.vldbc.8.xp q1, a4, a5", vector(8, *[DATA[27]] * 16), 5),
        ("ee.vldbc.16 q1, a4", vector(16, *[at(26, 2)] * 8), 0),
        ("ee.vldbc.16.ip q1, a4, 254", vector(16, *[at(26, 2)] * 8), 254),
        ("ee.vldbc.16.xp q1, a4, a5", vector(16, *[at(26, 2)] * 8), 5),
        ("ee.vldbc.32 q1, a4", vector(32, *[at(24, 4)] * 4), 0),
        ("ee.vldbc.32.ip q1, a4, -512", vector(32, *[at(24, 4)] * 4), -512),
        ("ee.vldbc.32.xp q1, a4, a5", vector(32, *[at(24, 4)] * 4), 5),
    ],
)
def test_load(bench: Bench, text: str, q1: int, step: int) -> None:
    run(bench, text, q1=OLD, a4=DRAM + 27, a5=5)
    assert (bench["q1"], bench["a4"]) == (q1, DRAM + 27 + step)


@pytest.mark.parametrize(
    ("text", "offset", "content", "step"),
    [
        ("ee.vst.128.ip q1, a4, 2032", 16, OLD, 2032),
        ("ee.vst.128.xp q1, a4, a5", 16, OLD, 5),
        ("ee.vst.l.64.ip q1, a4, 8", 24, 0xA0 | 0xA1 << 32, 8),
        ("ee.vst.l.64.xp q1, a4, a5", 24, 0xA0 | 0xA1 << 32, 5),
        ("ee.vst.h.64.ip q1, a4, 8", 24, 0xA2 | 0xA3 << 32, 8),
        ("ee.vst.h.64.xp q1, a4, a5", 24, 0xA2 | 0xA3 << 32, 5),
        ("st.qr q1, a4, -16", 0, OLD, 0),
    ],
)
def test_store(bench: Bench, text: str, offset: int, content: int, step: int) -> None:
    run(bench, text, q1=OLD, a4=DRAM + 27, a5=5)
    size = 8 if ".64" in text else 16
    assert (stored(bench, offset, size), bench["a4"]) == (content, DRAM + 27 + step)
    assert stored(bench, 0, 64).to_bytes(64, "little")[offset + size :] == DATA[offset + size :]
    assert stored(bench, 0, 64).to_bytes(64, "little")[:offset] == DATA[:offset]


@pytest.mark.parametrize(("step", "text"), [(16, "ip q0, a4, 16"), (5, "xp q0, a4, a5")])
def test_unaligned_data(bench: Bench, step: int, text: str) -> None:
    run(bench, f"ee.ld.128.usar.{text}\nld.qr q1, a6, 32\nee.src.q q2, q0, q1", a4=DRAM + 27, a5=5, a6=DRAM)
    assert (bench["sar_byte"], bench["q0"], bench["a4"]) == (11, at(16), DRAM + 27 + step)
    assert bench["q2"] == at(27)


def test_load_halves_twice(bench: Bench) -> None:
    run(bench, "ee.vldhbc.16.incp q1, q2, a4", a4=DRAM + 18)
    assert bench["q1"] == vector(16, *(at(16 + 2 * (k // 2), 2) for k in range(8)))
    assert bench["q2"] == vector(16, *(at(24 + 2 * (k // 2), 2) for k in range(8)))
    assert bench["a4"] == DRAM + 34


def test_indexed_word(bench: Bench) -> None:
    index = vector(16, 0, 1, 2, 3, 4, 5, 6, 0xFFFF)
    run(bench, "ee.ldxq.32 q1, q3, a4, 2, 5\nee.stxq.32 q1, q3, a4, 1, 6", q1=OLD, q3=index, a4=DRAM + 3)
    assert bench["q1"] == vector(32, 0xA0, 0xA1, at(20, 4), 0xA3)
    assert stored(bench, 24, 4) == 0xA1
    run(bench, "ee.ldxq.32 q1, q3, a4, 0, 7", q3=index, a4=DRAM + 8 - 4 * 0xFFFF)
    assert bench["q1"] & 0xFFFFFFFF == at(8, 4)


def test_index_of_zero_is_the_word_at_the_address(bench: Bench) -> None:
    # measured: github.com/espressif/qemu, issue 162
    index = vector(16, 0, 1, 2, 3, 4, 5, 6, 7)
    run(bench, "ee.ldxq.32 q1, q3, a4, 3, 0\nee.stxq.32 q1, q3, a5, 3, 0", q1=OLD, q3=index, a4=DRAM + 8, a5=DRAM)
    assert bench["q1"] == vector(32, 0xA0, 0xA1, 0xA2, at(8, 4))
    assert stored(bench, 0, 4) == at(8, 4)


def test_float_registers(bench: Bench) -> None:
    text = """
        ee.ldf.128.ip f3, f2, f1, f0, a4, -16
        ee.ldf.128.xp f7, f6, f5, f4, a6, a5
        ee.ldf.64.ip f9, f8, a7, 8
        ee.ldf.64.xp f11, f10, a8, a5
        ee.stf.128.ip f0, f1, f2, f3, a9, 16
        ee.stf.128.xp f4, f5, f6, f7, a10, a5
        ee.stf.64.ip f0, f1, a11, -8
        ee.stf.64.xp f2, f3, a12, a5
    """
    places = {"a4": 23, "a6": 32, "a7": 13, "a8": 8, "a9": 0x40, "a10": 0x5F, "a11": 0x67, "a12": 0x68}
    run(bench, text, a5=5, **{name: DRAM + offset for name, offset in places.items()})
    assert [bench[f"f{k}"] for k in range(4)] == [at(16 + 4 * k, 4) for k in range(4)]
    assert [bench[f"f{k}"] for k in range(4, 8)] == [at(32 + 4 * k, 4) for k in range(4)]
    assert [bench[f"f{k}"] for k in (8, 9, 10, 11)] == [at(8, 4), at(12, 4)] * 2
    assert stored(bench, 0x40) == vector(32, *(at(28 - 4 * k, 4) for k in range(4)))
    assert stored(bench, 0x50) == vector(32, *(at(44 - 4 * k, 4) for k in range(4)))
    assert stored(bench, 0x60) == vector(32, at(20, 4), at(16, 4), at(28, 4), at(24, 4))
    steps = {"a4": -16, "a6": 5, "a7": 8, "a8": 5, "a9": 16, "a10": 5, "a11": -8, "a12": 5}
    assert {name: bench[name] - DRAM - places[name] for name in places} == steps


def test_accumulators_and_memory(bench: Bench) -> None:
    text = """
        ee.ld.accx.ip a4, 8
        ee.st.accx.ip a6, -8
        ee.ld.qacc_h.l.128.ip a7, 16
        ee.ld.qacc_h.h.32.ip a7, 4
        ee.ld.qacc_l.l.128.ip a8, 16
        ee.ld.qacc_l.h.32.ip a8, -4
        ee.st.qacc_h.l.128.ip a9, 16
        ee.st.qacc_h.h.32.ip a9, 16
        ee.st.qacc_l.l.128.ip a9, 16
        ee.st.qacc_l.h.32.ip a9, 16
        ee.ld.ua_state.ip a10, 16
        ee.st.ua_state.ip a11, -16
    """
    places = {"a4": 15, "a6": 0x47, "a7": 0, "a8": 32, "a9": 0x50, "a10": 7, "a11": 0x9F}
    run(bench, text, **{name: DRAM + offset for name, offset in places.items()})
    assert (accx(bench), stored(bench, 0x40, 8)) == (at(8, 5), at(8, 5))
    assert [bench[f"qacc_h_{k}"] for k in range(5)] == [at(4 * k, 4) for k in range(5)]
    assert [bench[f"qacc_l_{k}"] for k in range(5)] == [at(32 + 4 * k, 4) for k in range(5)]
    assert stored(bench, 0x50, 20) == at(0, 20)
    assert stored(bench, 0x70, 20) == at(32, 20)
    assert stored(bench, 0x90) == at(0)
    assert [bench[name] - DRAM for name in places] == [23, 0x3F, 20, 44, 0x90, 23, 0x8F]


@pytest.mark.parametrize("text", ["ee.ldqa.{}.128.ip a4, 16", "ee.ldqa.{}.128.xp a4, a5", "ee.mov.{}.qacc q1"])
@pytest.mark.parametrize(
    ("kind", "wide"), [("s8", 0xFFFF0), ("u8", 0xF0), ("s16", 0xFFFFFFF1F0), ("u16", 0xF1F0)], ids=lambda p: str(p)
)
def test_widening_into_qacc(bench: Bench, kind: str, wide: int, text: str) -> None:
    content = bytes(range(0xF0, 0x100))
    bench.write(DRAM + 0x100, content)
    run(bench, text.format(kind), a4=DRAM + 0x10F, a5=16, q1=int.from_bytes(content, "little"))
    bits = 20 if kind[1:] == "8" else 40
    step = 1 if bits == 20 else 0x202
    assert accumulators(bench, bits) == [wide + step * k for k in range(160 // bits * 2)]
    assert bench["a4"] == DRAM + 0x10F + (0 if "mov" in text else 16)


@pytest.mark.parametrize(
    "text",
    [
        "ee.vld.128.ip q1, a4, 16",
        "ee.ld.128.usar.ip q1, a4, 16",
        "ee.vst.128.ip q1, a4, 16",
        "ee.vadds.s8.ld.incp q1, a4, q2, q1, q1",
        "ee.vadds.s8.st.incp q1, a4, q2, q1, q1",
        "ee.vmulas.s8.accx.ld.ip.qup q1, a4, 16, q1, q1, q2, q1",
        "ee.fft.ams.s16.st.incp q1, q2, a5, a4, q1, q1, q1, 0",
    ],
)
def test_access_that_faults_leaves_everything(bench: Bench, text: str) -> None:
    bench.executor.cores[0].set("dtlb", 15, 0)
    assert bench.run(text, cpenable=0xFF, q1=OLD, q2=7, a4=0, a5=9) == "kernel"
    assert bench["exccause"] == (29 if ".st." in text or "vst" in text else 28)
    assert [bench[name] for name in ("q1", "q2", "a4", "a5", "accx_0", "sar_byte")] == [OLD, 7, 0, 9, 0, 0]


# --- moves --------------------------------------------------------------------------------------------------------


def test_moves(bench: Bench) -> None:
    text = """
        mv.qr   q3, q1
        ee.movi.32.a q1, a2, 3
        ee.movi.32.q q1, a3, 2
        ee.zero.q q2
        ee.zero.accx
        ee.zero.qacc
    """
    ones = {f"qacc_{half}_{k}": 1 for half in "lh" for k in range(5)}
    run(bench, text, q1=OLD, q2=OLD, a3=0xB2, accx_0=1, accx_1=1, **ones)
    assert (bench["q3"], bench["a2"], bench["q2"], accx(bench)) == (OLD, 0xA3, 0, 0)
    assert bench["q1"] == vector(32, 0xA0, 0xA1, 0xB2, 0xA3)
    assert accumulators(bench, 40) == [0] * 8


@pytest.mark.parametrize(
    ("bits", "first", "second"),
    [
        (8, [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23], [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29]),
        (16, [0, 8, 1, 9, 2, 10, 3, 11], [4, 12, 5, 13, 6, 14, 7, 15]),
        (32, [0, 4, 1, 5], [2, 6, 3, 7]),
    ],
)
def test_zip(bench: Bench, bits: int, first: list[int], second: list[int]) -> None:
    count = 128 // bits
    low, high = vector(bits, *range(count)), vector(bits, *range(count, 2 * count))
    run(bench, f"ee.vzip.{bits} q1, q2", q1=low, q2=high)
    assert lanes(bench["q1"], bits) == first
    assert lanes(bench["q2"], bits)[: len(second)] == second
    run(bench, f"ee.vunzip.{bits} q1, q2", q1=bench["q1"], q2=bench["q2"])
    assert (bench["q1"], bench["q2"]) == (low, high)
    run(bench, f"ee.vunzip.{bits} q1, q2", q1=low, q2=high)
    assert lanes(bench["q1"], bits) == list(range(0, 2 * count, 2))
    assert lanes(bench["q2"], bits) == list(range(1, 2 * count, 2))


# --- arithmetic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bits", "x", "y", "result"),
    [
        ("vadds", 8, [-1, -128, 120, 1, 127, -128] + [0] * 10, [-127, -1, 20, 2, 1, 127] + [5] * 10,
         [-128, -128, 127, 3, 127, -1] + [5] * 10),
        ("vadds", 16, [0x7FFF, -0x8000, -1, 300, 0, 0, 0, 9], [1, -1, 1, -500, 0, 0, 0, 9],
         [0x7FFF, -0x8000, 0, -200, 0, 0, 0, 18]),
        ("vadds", 32, [0x7FFFFFFF, -0x80000000, 1 << 30, -5], [1, -1, 1 << 30, 3],
         [0x7FFFFFFF, -0x80000000, 0x7FFFFFFF, -2]),
        ("vsubs", 8, [-128, 127, 0, 5] + [1] * 12, [1, -1, -128, 7] + [1] * 12, [-128, 127, 127, -2] + [0] * 12),
        ("vsubs", 16, [-0x8000, 0x7FFF, 0, 1, 2, 3, 4, 5], [1, -1, -0x8000, 1, 1, 1, 1, 9],
         [-0x8000, 0x7FFF, 0x7FFF, 0, 1, 2, 3, -4]),
        ("vsubs", 32, [-0x80000000, 0x7FFFFFFF, 0, 7], [1, -1, -0x80000000, 9],
         [-0x80000000, 0x7FFFFFFF, 0x7FFFFFFF, -2]),
        ("vmax", 8, [-1, 1, -128, 5] * 4, [1, -1, 127, 5] * 4, [1, 1, 127, 5] * 4),
        ("vmax", 16, [-1, 1, -0x8000, 5] * 2, [1, -1, 0x7FFF, 5] * 2, [1, 1, 0x7FFF, 5] * 2),
        ("vmax", 32, [-1, 1, -0x80000000, 5], [1, -1, 0x7FFFFFFF, 5], [1, 1, 0x7FFFFFFF, 5]),
        ("vmin", 8, [-1, 1, -128, 5] * 4, [1, -1, 127, 5] * 4, [-1, -1, -128, 5] * 4),
        ("vmin", 16, [-1, 1, -0x8000, 5] * 2, [1, -1, 0x7FFF, 5] * 2, [-1, -1, -0x8000, 5] * 2),
        ("vmin", 32, [-1, 1, -0x80000000, 5], [1, -1, 0x7FFFFFFF, 5], [-1, -1, -0x80000000, 5]),
        ("vcmp.eq", 8, [1, 2, -1, 0] * 4, [1, -2, -1, 1] * 4, [-1, 0, -1, 0] * 4),
        ("vcmp.eq", 16, [1, 2, -1, 0] * 2, [1, -2, -1, 1] * 2, [-1, 0, -1, 0] * 2),
        ("vcmp.eq", 32, [1, 2, -1, 0], [1, -2, -1, 1], [-1, 0, -1, 0]),
        ("vcmp.gt", 8, [1, 2, -1, 0] * 4, [1, -2, 0, -1] * 4, [0, -1, 0, -1] * 4),
        ("vcmp.gt", 16, [1, 2, -1, 0] * 2, [1, -2, 0, -1] * 2, [0, -1, 0, -1] * 2),
        ("vcmp.gt", 32, [1, 2, -1, 0], [1, -2, 0, -1], [0, -1, 0, -1]),
        ("vcmp.lt", 8, [1, 2, -1, 0] * 4, [1, -2, 0, -1] * 4, [0, 0, -1, 0] * 4),
        ("vcmp.lt", 16, [1, 2, -1, 0] * 2, [1, -2, 0, -1] * 2, [0, 0, -1, 0] * 2),
        ("vcmp.lt", 32, [1, 2, -1, 0], [1, -2, 0, -1], [0, 0, -1, 0]),
    ],
)  # fmt: skip
def test_lanewise(bench: Bench, name: str, bits: int, x: list[int], y: list[int], result: list[int]) -> None:
    first, second = vector(bits, *x), vector(bits, *y)
    run(bench, f"ee.{name}.s{bits} q3, q1, q2", q1=first, q2=second)
    assert lanes(bench["q3"], bits) == result
    run(bench, f"ee.{name}.s{bits} q1, q1, q2", q1=first, q2=second)
    assert lanes(bench["q1"], bits) == result
    if "cmp" not in name:
        run(bench, f"ee.{name}.s{bits}.ld.incp q1, a4, q3, q1, q2", q1=first, q2=second, a4=DRAM + 31)
        assert (lanes(bench["q3"], bits), bench["q1"], bench["a4"]) == (result, at(16), DRAM + 47)
        run(bench, f"ee.{name}.s{bits}.st.incp q1, a4, q1, q1, q2", q1=first, q2=second, a4=DRAM + 31)
        assert (lanes(bench["q1"], bits), stored(bench, 16), bench["a4"]) == (result, first, DRAM + 47)


@pytest.mark.parametrize(
    ("kind", "sar", "x", "y", "result"),
    [
        ("s8", 0, [3, -3, 16, 127], [5, 5, 16, 127], [15, -15, 0, 1]),
        ("s8", 4, [3, -3, 16, 127], [5, 5, 16, -128], [0, -1, 16, 8]),
        ("s8", 15, [-1, 1, -128, 0], [1, 1, -128, 0], [-1, 0, 0, 0]),
        ("s8", 32, [-1, 1, -128, 100], [1, 1, -128, 100], [0, 0, 0, 0]),
        ("u8", 0, [3, 253, 16, 255], [5, 5, 16, 255], [15, -15, 0, 1]),
        ("u8", 8, [3, 253, 16, 255], [5, 5, 16, 255], [0, 4, 1, -2]),
        ("s16", 0, [300, -300, 2, 0x7FFF], [300, 300, -3, 0x7FFF], [24464, -24464, -6, 1]),
        ("s16", 15, [0x4000, -0x4000, 2, -0x8000], [0x4000, 0x4000, -3, -0x8000], [0x2000, -0x2000, -1, -0x8000]),
        ("u16", 16, [0xFFFF, 0x8000, 2, 0], [0xFFFF, 2, 3, 0], [-2, 1, 0, 0]),
        ("u16", 63, [0xFFFF, 0x8000, 2, 0], [0xFFFF, 2, 3, 0], [0, 0, 0, 0]),
    ],
)
def test_product(bench: Bench, kind: str, sar: int, x: list[int], y: list[int], result: list[int]) -> None:
    bits = int(kind[1:])
    times = 128 // bits // 4
    first, second = vector(bits, *x * times), vector(bits, *y * times)
    run(bench, f"ee.vmul.{kind} q3, q1, q2", q1=first, q2=second, sar=sar)
    assert lanes(bench["q3"], bits) == result * times
    run(bench, f"ee.vmul.{kind}.ld.incp q2, a4, q3, q1, q2", q1=first, q2=second, sar=sar, a4=DRAM)
    assert (lanes(bench["q3"], bits), bench["q2"], bench["a4"]) == (result * times, at(0), DRAM + 16)
    run(bench, f"ee.vmul.{kind}.st.incp q2, a4, q2, q1, q2", q1=first, q2=second, sar=sar, a4=DRAM)
    assert (lanes(bench["q2"], bits), stored(bench, 0)) == (result * times, second)


X, Y = vector(16, 2, 3, 4, 5, 6, 7, 8, 9), vector(16, 7, 11, 13, 17, 19, 23, 29, 31)


@pytest.mark.parametrize("target", ["q0", "q2"])
@pytest.mark.parametrize(
    ("n", "result"),
    [
        (0, [-19, 43, -33, 133, None, None, None, None]),
        (1, [None, None, None, None, -47, 271, -47, 509]),
        (2, [47, 1, 137, 3, None, None, None, None]),
        (3, [None, None, None, None, 275, 5, 511, -13]),
    ],
)
def test_complex_product(bench: Bench, n: int, result: list[int | None], target: str) -> None:
    before = {"q0": X, "q1": Y, "q2": OLD}
    expected = [old if new is None else new for old, new in zip(lanes(before[target], 16), result, strict=True)]
    run(bench, f"ee.cmul.s16 {target}, q0, q1, {n}", sar=0, **before)
    assert lanes(bench[target], 16) == expected
    run(bench, f"ee.cmul.s16.ld.incp q1, a4, {target}, q0, q1, {n}", sar=0, a4=DRAM + 16, **before)
    assert (lanes(bench[target], 16), bench["q1"], bench["a4"]) == (expected, at(16), DRAM + 32)
    run(bench, f"ee.cmul.s16.st.incp q0, a4, {target}, q0, q1, {n}", sar=0, a4=DRAM + 16, **before)
    assert (lanes(bench[target], 16), stored(bench, 16), bench["a4"]) == (expected, X, DRAM + 32)


def test_complex_product_is_shifted(bench: Bench) -> None:
    x, y = vector(16, *[-0x8000] * 8), vector(16, *[-0x8000] * 8)
    run(bench, "ee.cmul.s16 q2, q0, q1, 0\nee.cmul.s16 q2, q0, q1, 3", q0=x, q1=y, sar=16)
    assert lanes(bench["q2"], 16) == [0, -0x8000, 0, -0x8000, -0x8000, 0, -0x8000, 0]


@pytest.mark.parametrize(
    ("kind", "amount", "x", "result"),
    [("s8", 2, [4, -8, 0, -128], [4, -6, 0, -96]), ("s16", 2, [4, -8, 0, -0x8000], [4, -6, 0, -0x6000])],
)
def test_relu(bench: Bench, kind: str, amount: int, x: list[int], result: list[int]) -> None:
    bits = int(kind[1:])
    times = 128 // bits // 4
    first = vector(bits, *x * times)
    run(bench, f"ee.vrelu.{kind} q1, a2, a3", q1=first, a2=0x12300003, a3=0x40 | amount)
    assert lanes(bench["q1"], bits) == result * times
    run(bench, f"ee.vprelu.{kind} q3, q1, q2, a3", q1=first, q2=vector(bits, *[3] * 4 * times), a3=0x40 | amount)
    assert lanes(bench["q3"], bits) == result * times


def test_logic(bench: Bench) -> None:
    text = "ee.andq q4, q1, q2\nee.orq q5, q1, q2\nee.xorq q6, q1, q2\nee.notq q7, q1"
    x, y = 0xFF00FF00_12345678_00000000_FFFFFFFF, 0x0FF00FF0_FFFF0000_FFFFFFFF_80000001
    run(bench, text, q1=x, q2=y)
    assert (bench["q4"], bench["q5"], bench["q6"]) == (x & y, x | y, x ^ y)
    assert bench["q7"] == x ^ ((1 << 128) - 1)


# --- shifts -------------------------------------------------------------------------------------------------------

WORDS = vector(32, 0x12345678, 0xFFFFFFFF, 0x80000000, 1)


@pytest.mark.parametrize(
    ("name", "sar", "result"),
    [
        ("vsr", 0, [0x12345678, 0xFFFFFFFF, 0x80000000, 1]),
        ("vsr", 4, [0x01234567, 0xFFFFFFFF, 0xF8000000, 0]),
        ("vsr", 31, [0, 0xFFFFFFFF, 0xFFFFFFFF, 0]),
        ("vsr", 32, [0, 0, 0, 0]),
        ("vsl", 0, [0x12345678, 0xFFFFFFFF, 0x80000000, 1]),
        ("vsl", 4, [0x23456780, 0xFFFFFFF0, 0, 16]),
        ("vsl", 31, [0, 0x80000000, 0, 0x80000000]),
        ("vsl", 32, [0x7FFFFFFF, 0x80000000, 0x80000000, 0x7FFFFFFF]),
    ],
)
def test_shift_of_words(bench: Bench, name: str, sar: int, result: list[int]) -> None:
    run(bench, f"ee.{name}.32 q1, q1", q1=WORDS, sar=sar)
    assert bench["q1"] == vector(32, *result)


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 15])
def test_shift_of_two_registers(bench: Bench, count: int) -> None:
    whole = at(0, 32)
    mask = (1 << 128) - 1
    before = {"q1": whole & mask, "q2": whole >> 128}
    for name, result in (("slc", whole << 8 * (count + 1)), ("src", whole >> 8 * (count + 1))):
        run(bench, f"ee.{name}i.2q q2, q1, {count}", **before)
        assert (bench["q1"], bench["q2"]) == (result & mask, result >> 128 & mask)
        run(bench, f"ee.{name}xxp.2q q2, q1, a4, a5", a4=0x30 | count, a5=0x100, **before)
        assert (bench["q1"], bench["q2"], bench["a4"]) == (result & mask, result >> 128 & mask, 0x130 | count)


@pytest.mark.parametrize("byte", [0, 1, 7, 8, 9, 15])
def test_shift_by_sar_byte(bench: Bench, byte: int) -> None:
    state = {"q1": at(0), "q2": at(16), "sar_byte": byte}
    run(bench, "ee.src.q q3, q1, q2", **state)
    assert (bench["q3"], bench["q1"]) == (at(byte), at(0))
    run(bench, "ee.src.q.qup q3, q1, q2", **state)
    assert (bench["q3"], bench["q1"], bench["q2"]) == (at(byte), at(16), at(16))
    run(bench, "ee.src.q.ld.ip q2, a4, -16, q1, q2", a4=DRAM + 35, **state)
    assert (bench["q1"], bench["q2"], bench["a4"]) == (at(byte), at(32), DRAM + 19)
    run(bench, "ee.src.q.ld.xp q2, a4, a5, q1, q2", a4=DRAM + 35, a5=3, **state)
    assert (bench["q1"], bench["q2"], bench["a4"]) == (at(byte), at(32), DRAM + 38)
    run(bench, "ee.srcq.128.st.incp q1, q2, a4", a4=DRAM + 35, **state)
    assert (stored(bench, 32), bench["q1"], bench["a4"]) == (at(byte), at(0), DRAM + 51)


# --- accumulators -------------------------------------------------------------------------------------------------

ACCX = {
    "s8": (vector(8, *[-3, 5] * 8), vector(8, *[7, 2] * 8), 8 * (-21 + 10)),
    "u8": (vector(8, *[253, 5] * 8), vector(8, *[7, 2] * 8), 8 * (253 * 7 + 10)),
    "s16": (vector(16, *[-0x8000, 5] * 4), vector(16, *[-0x8000, 2] * 4), 4 * (0x40000000 + 10)),
    "u16": (vector(16, *[0xFFFF, 5] * 4), vector(16, *[0xFFFF, 2] * 4), 4 * (0xFFFF * 0xFFFF + 10)),
}


@pytest.mark.parametrize("kind", ACCX)
@pytest.mark.parametrize(
    ("form", "step"),
    [
        ("", 0),
        (".ld.ip q1, a4, -512,", -512),
        (".ld.xp q1, a4, a5,", 5),
        (".ld.ip.qup q1, a4, 496,", 496),
        (".ld.xp.qup q1, a4, a5,", 5),
    ],
)
def test_sum_in_accx(bench: Bench, kind: str, form: str, step: int) -> None:
    x, y, total = ACCX[kind]
    parts = ", q6, q7" if "qup" in form else ""
    state = {"q1": x, "q2": y, "q6": at(0), "q7": at(16), "sar_byte": 5, "a4": DRAM + 35, "a5": 5}
    run(bench, f"ee.vmulas.{kind}.accx{form} q1, q2{parts}", accx_0=1000, accx_1=0, **state)
    assert accx(bench) == (1000 + total) & 0xFFFFFFFFFF
    assert (bench["q1"], bench["a4"]) == (at(32) if form else x, DRAM + 35 + step)
    assert bench["q6"] == (at(5) if parts else at(0))


@pytest.mark.parametrize(
    ("kind", "before", "x", "y", "after"),
    [
        ("s16", 0x7FFFFFFFFF, 1, 1, 0x7FFFFFFFFF),
        ("s16", 0x8000000000, -1, 1, 0x8000000000),
        ("s16", 0xFFFFFFFFFF, 1, 1, 7),
        ("s8", 0x7FFFFFFFF0, 1, 1, 0x7FFFFFFFFF),
        ("s8", 0x8000000001, 1, -1, 0x8000000000),
        ("u16", 0xFFFFFFFFFF, 1, 1, 0xFFFFFFFFFF),
        ("u16", 0x8000000000, 1, 1, 0x8000000008),
        ("u8", 0xFFFFFFFFF0, 1, 1, 0xFFFFFFFFFF),
    ],
)
def test_accx_saturates(bench: Bench, kind: str, before: int, x: int, y: int, after: int) -> None:
    bits = int(kind[1:])
    first, second = (vector(bits, *[value] * (128 // bits)) for value in (x, y))
    state = {"accx_0": before & 0xFFFFFFFF, "accx_1": before >> 32}
    run(bench, f"ee.vmulas.{kind}.accx q1, q2", q1=first, q2=second, **state)
    assert accx(bench) == after


QACC = {
    "s8": ([-3, 5] * 8, [7, 2] * 8, [-21, 10] * 8),
    "u8": ([253, 5] * 8, [7, 2] * 8, [1771, 10] * 8),
    "s16": ([-0x8000, 5] * 4, [-0x8000, 2] * 4, [0x40000000, 10] * 4),
    "u16": ([0xFFFF, 5] * 4, [0xFFFF, 2] * 4, [0xFFFE0001, 10] * 4),
}


@pytest.mark.parametrize("kind", QACC)
@pytest.mark.parametrize(
    ("form", "step"),
    [
        ("", 0),
        (".ld.ip q1, a4, -512,", -512),
        (".ld.xp q1, a4, a5,", 5),
        (".ld.ip.qup q1, a4, 496,", 496),
        (".ld.xp.qup q1, a4, a5,", 5),
        (".ldbc.incp q1, a4,", None),
        (".ldbc.incp.qup q1, a4,", None),
    ],
)
def test_sums_in_qacc(bench: Bench, kind: str, form: str, step: int | None) -> None:
    bits = int(kind[1:])
    x, y, products = QACC[kind]
    wide = 20 if bits == 8 else 40
    before = [7 * k + 100 for k in range(len(x))]
    put_accumulators(bench, wide, before)
    parts = ", q6, q7" if "qup" in form else ""
    state = {"q6": at(0), "q7": at(16), "sar_byte": 5, "a4": DRAM + 35, "a5": 5}
    run(bench, f"ee.vmulas.{kind}.qacc{form} q1, q2{parts}", q1=vector(bits, *x), q2=vector(bits, *y), **state)
    mask = (1 << wide) - 1
    assert accumulators(bench, wide) == [(a + b) & mask for a, b in zip(before, products, strict=True)]
    loaded = at(32) if step is not None else vector(bits, *[at(35 if bits == 8 else 34, bits // 8)] * len(x))
    assert bench["q1"] == (loaded if form else vector(bits, *x))
    assert bench["a4"] == DRAM + 35 + (bits // 8 if step is None else step)
    assert bench["q6"] == (at(5) if parts else at(0))


@pytest.mark.parametrize(
    ("kind", "before", "x", "y", "after"),
    [
        ("u8", 0xFFFF5, 255, 255, 0xFFFFF),
        ("u8", 0x80000, 1, 1, 0x80001),
        ("s8", 0x7FFF0, 127, 127, 0x7FFFF),
        ("s8", 0x80010, -128, 127, 0x80000),
        ("s8", 0xFFFFF, 1, 1, 0),
        ("u16", 0xFFFFFFFFF0, 0xFFFF, 1, 0xFFFFFFFFFF),
        ("s16", 0x7FFFFFFFF0, 0x7FFF, 1, 0x7FFFFFFFFF),
        ("s16", 0x8000000010, -0x8000, 1, 0x8000000000),
        ("s16", 0xFFFFFFFFFF, 1, 1, 0),
    ],
)
def test_qacc_saturates(bench: Bench, kind: str, before: int, x: int, y: int, after: int) -> None:
    bits = int(kind[1:])
    count = 128 // bits
    wide = 20 if bits == 8 else 40
    put_accumulators(bench, wide, [before] * count)
    run(bench, f"ee.vmulas.{kind}.qacc q1, q2", q1=vector(bits, *[x] * count), q2=vector(bits, *[y] * count))
    assert accumulators(bench, wide) == [after] * count


def test_seventeen_unsigned_products_saturate(bench: Bench) -> None:
    ones = (1 << 128) - 1
    run(bench, "ee.zero.qacc\n" + "ee.vmulas.u8.qacc q1, q2\n" * 17, q1=ones, q2=ones)
    assert [bench[f"qacc_l_{k}"] for k in range(5)] == [0xFFFFFFFF] * 5


@pytest.mark.parametrize(("kind", "n"), [("s8", 0), ("s8", 5), ("s8", 15), ("s16", 0), ("s16", 3), ("s16", 7)])
@pytest.mark.parametrize("form", ["", ".ld.incp q2, a4,"])
def test_one_lane_times_all(bench: Bench, kind: str, n: int, form: str) -> None:
    bits = int(kind[1:])
    count = 128 // bits
    x, y = [k - 4 for k in range(count)], [-10 * k - 1 for k in range(count)]
    wide = 20 if bits == 8 else 40
    put_accumulators(bench, wide, [1000] * count)
    state = {"q1": vector(bits, *x), "q2": vector(bits, *y), "a4": DRAM + 17}
    run(bench, f"ee.vsmulas.{kind}.qacc{form} q1, q2, {n}", **state)
    factor = lanes(vector(bits, *y), bits)[n]
    assert accumulators(bench, wide) == [(1000 + value * factor) & ((1 << wide) - 1) for value in x]
    assert (bench["q2"], bench["a4"]) == ((at(16), DRAM + 33) if form else (vector(bits, *y), DRAM + 17))


def test_results_of_20_bits(bench: Bench) -> None:
    values = [0, 1, -1, 300, -300, 4095, -4096, 511, -513, 0x7FFFF, -0x80000, 508, -512, 16, -16, 15]
    put_accumulators(bench, 20, values)
    run(bench, "ee.srcmb.s8.qacc q1, a2, 0", a2=0xFFFFFFE2)
    shifted = [0, 0, -1, 75, -75, 1023, -1024, 127, -129, 0x1FFFF, -0x20000, 127, -128, 4, -4, 3]
    assert accumulators(bench, 20) == [value & 0xFFFFF for value in shifted]
    assert lanes(bench["q1"], 8) == [0, 0, -1, 75, -75, 127, -128, 127, -128, 127, -128, 127, -128, 4, -4, 3]


def test_results_of_40_bits(bench: Bench) -> None:
    values = [0, -1, 0x7FFFFFFFFF, -0x8000000000, 0x7FFF << 8, -0x8000 << 8, 0x8000 << 8, 0x123456]
    put_accumulators(bench, 40, values)
    run(bench, "ee.srcmb.s16.qacc q1, a2, 0", a2=0xC8)
    shifted = [0, -1, 0x7FFFFFFF, -0x80000000, 0x7FFF, -0x8000, 0x8000, 0x1234]
    assert accumulators(bench, 40) == [value & 0xFFFFFFFFFF for value in shifted]
    assert lanes(bench["q1"], 16) == [0, -1, 0x7FFF, -0x8000, 0x7FFF, -0x8000, 0x7FFF, 0x1234]


@pytest.mark.parametrize(
    ("before", "amount", "after", "result"),
    [
        (0x123456789A, 8, 0x12345678, 0x12345678),
        (0x123456789A, 4, 0x123456789, 0x7FFFFFFF),
        (0x8000000000, 0x47, 0xFF00000000, 0x80000000),
        (0xFFFFFFFFFE, 1, 0xFFFFFFFFFF, 0xFFFFFFFF),
        (0x8000000000, 63, 0xFFFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_result_of_accx(bench: Bench, before: int, amount: int, after: int, result: int) -> None:
    run(bench, "ee.srs.accx a3, a2, 0", a2=amount, accx_0=before & 0xFFFFFFFF, accx_1=before >> 32)
    assert (accx(bench), bench["a3"]) == (after, result)


# --- Fourier transforms -------------------------------------------------------------------------------------------


def test_butterfly(bench: Bench) -> None:
    x, y = vector(16, *range(1, 9)), vector(16, *range(10, 90, 10))
    run(bench, "ee.fft.r2bf.s16 q3, q4, q1, q2, 0", q1=x, q2=y)
    assert lanes(bench["q3"], 16) == [6, 8, 10, 12, -4, -4, -4, -4]
    assert lanes(bench["q4"], 16) == [60, 80, 100, 120, -40, -40, -40, -40]
    run(bench, "ee.fft.r2bf.s16 q2, q1, q1, q2, 1", q1=x, q2=y)
    assert lanes(bench["q2"], 16) == [4, 6, 12, 14, -2, -2, -2, -2]
    assert lanes(bench["q1"], 16) == [40, 60, 120, 140, -20, -20, -20, -20]
    run(bench, "ee.fft.r2bf.s16.st.incp q1, q1, q2, a4, 2", q1=x, q2=y, a4=DRAM + 20)
    assert lanes(bench["q1"], 16) == [-9, -18, -27, -36, -45, -54, -63, -72]
    assert lanes(stored(bench, 16), 16) == [2, 5, 8, 11, 13, 16, 19, 22]
    assert bench["a4"] == DRAM + 36


def complex_words(*numbers: tuple[int, int]) -> int:
    return vector(16, *(part for number in numbers for part in number))


@pytest.mark.parametrize(("n", "product"), [(0, (23, 14)), (1, (7, 26))])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_product_with_twiddle_factor(bench: Bench, n: int, product: tuple[int, int], place: int) -> None:
    x, y, old = complex_words(*[(3, 4)] * 4), complex_words(*[(5, 2)] * 4), [(-1, -1)] * 4
    text = f"ee.fft.cmul.s16.ld.xp q4, a4, a5, q3, q1, q2, {2 * place + n}"
    run(bench, text, q1=x, q2=y, q3=complex_words(*old), a4=DRAM + 18, a5=100, sar=0)
    old[place] = product
    assert (bench["q3"], bench["q4"], bench["a4"]) == (complex_words(*old), at(16), DRAM + 118)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0, [(91, 92), (93, 94), (95, 96)]),
        (1, [(1, -1), (3, 2), (95, 96)]),
        (2, [(1, -1), (95, 96), (3, 2)]),
    ],
)
@pytest.mark.parametrize(("n", "product"), [(6, (23, 14)), (7, (7, 26))])
def test_store_with_product(
    bench: Bench, n: int, product: tuple[int, int], p: int, words: list[tuple[int, int]]
) -> None:
    x, y = complex_words((3, -2), (7, 5), (0, 0), (3, 4)), complex_words(*[(5, 2)] * 4)
    v = complex_words((91, 92), (93, 94), (95, 96), (97, 98))
    text = f"ee.fft.cmul.s16.st.xp q1, q2, q3, a4, a5, {n}, {p}, 1"
    run(bench, text, q1=x, q2=y, q3=v, a4=DRAM + 18, a5=100, sar=0)
    assert stored(bench, 16) == complex_words(*words, product)
    assert bench["a4"] == DRAM + 118


AMS = {0: ((2, 48), (24, 42)), 1: ((52, -22), (-26, -28))}
"""For x = 10 + 4i, y = 3 + i, m = 2 + 5i: what goes into qz and qz1."""


@pytest.mark.parametrize("n", AMS)
@pytest.mark.parametrize(("name", "place"), [("incp.uaup", 0), ("incp", 1), ("r32.decp", 2)])
def test_butterfly_with_load(bench: Bench, name: str, place: int, n: int) -> None:
    numbers = {}
    for register, number in (("q1", (10, 4)), ("q2", (3, 1)), ("q3", (2, 5)), ("q4", (0, 0)), ("q5", (0, 0))):
        words = [(-7, -7)] * 4
        words[place] = number
        numbers[register] = complex_words(*words)
    state = {f"ua_state_{k}": at(4 * k, 4) for k in range(4)}
    text = f"ee.fft.ams.s16.ld.{name} q6, a4, q4, q5, q1, q2, q3, {n}"
    run(bench, text, a4=DRAM + 19, sar=0, sar_byte=3, **numbers, **state)
    for register, number in zip(("q4", "q5"), AMS[n], strict=True):
        words = [(-7, -7)] * 4
        words[place] = number
        assert bench[register] == complex_words(*words)
    if name == "incp.uaup":
        assert bench["q6"] == at(3)
        assert [bench[f"ua_state_{k}"] for k in range(4)] == [at(16 + 4 * k, 4) for k in range(4)]
    elif name == "incp":
        assert bench["q6"] == at(16)
    else:
        assert bench["q6"] == vector(32, *(at(28 - 4 * k, 4) for k in range(4)))
    assert bench["a4"] == DRAM + (3 if name == "r32.decp" else 35)


@pytest.mark.parametrize("n", AMS)
def test_butterfly_with_store(bench: Bench, n: int) -> None:
    x, y, m = (complex_words(*[(0, 0)] * 3, number) for number in ((10, 4), (3, 1), (2, 5)))
    v = complex_words((-2, 4), (6, 8), (10, 12), (14, 16))
    text = f"ee.fft.ams.s16.st.incp q4, q5, a5, a4, q1, q2, q3, {n}"
    run(bench, text, q1=x, q2=y, q3=m, q4=v, q5=0, a4=DRAM + 19, a5=0xFFFC0014, sar=0)
    total, difference = AMS[n]
    assert bench["q5"] == complex_words((0, 0), (0, 0), (0, 0), difference)
    assert bench["a5"] == (total[0] & 0xFFFF) | (total[1] & 0xFFFF) << 16
    kept = [(20, -4), (-2, 4), (6, 8), (10, 12)]
    if n == 0:
        kept = [(real >> 1, imaginary >> 1) for real, imaginary in kept]
    assert (stored(bench, 16), bench["a4"]) == (complex_words(*kept), DRAM + 35)


def test_butterfly_is_shifted(bench: Bench) -> None:
    numbers = {"q1": 0x7FFF7FFF, "q2": 0x7FFF8000, "q3": 0x7FFF7FFF, "sar": 17}
    run(bench, "ee.fft.ams.s16.ld.incp.uaup q6, a4, q4, q5, q1, q2, q3, 1", a4=DRAM, q4=0, q5=0, **numbers)
    # x - y = 0xffff, x + y = 0xfffe: their products with 0x7fff, >> 17: sum 0x7ffe, difference -1
    assert lanes(bench["q4"], 16)[:2] == [0x7FFD, -1]
    assert lanes(bench["q5"], 16)[:2] == [-0x7FFF, -1]


@pytest.mark.parametrize("shift", [0, 1])
def test_store_backwards(bench: Bench, shift: int) -> None:
    values = [-8, 7, 6, 5, 4, 3, 2, -1]
    run(bench, f"ee.fft.vst.r32.decp q1, a4, {shift}", q1=vector(16, *values), a4=DRAM + 31)
    swapped = [values[k] >> shift for k in (6, 7, 4, 5, 2, 3, 0, 1)]
    assert (lanes(stored(bench, 16), 16), bench["a4"]) == (swapped, DRAM + 15)


@pytest.mark.parametrize(
    ("mode", "start", "result"),
    [
        (0, 0, [0, 4, 2, 6, 4, 5, 0, 0]),
        (1, 8, [8, 9, 10, 13, 12, 13, 14, 15]),
        (1, 0, [0, 8, 4, 12, 4, 10, 6, 14]),
        (7, 0, [0, 512, 256, 768, 128, 640, 384, 896]),
        (7, 0x400, [0, 512, 256, 768, 128, 640, 384, 896]),
    ],
)
def test_bit_reversal(bench: Bench, mode: int, start: int, result: list[int]) -> None:
    run(bench, "ee.bitrev q1, a4", a4=start, fft_bit_width=mode)
    assert (lanes(bench["q1"], 16), bench["a4"]) == (result, start + 8)


# --- a program ----------------------------------------------------------------------------------------------------


def test_dot_product_of_unaligned_data(bench: Bench) -> None:
    text = """
        ee.zero.accx
        ee.ld.128.usar.ip q0, a2, 16
        ee.vld.128.ip q2, a3, 16
        ee.vld.128.ip q1, a2, 16
        movi    a6, 3
        loop    a6, done
        ee.src.q.qup q4, q0, q1
        ee.vmulas.s16.accx.ld.ip q1, a2, 16, q4, q2
        ee.vld.128.ip q2, a3, 16
    done:
        movi    a5, 0
        ee.srs.accx a4, a5, 0
    """
    first, second = [3 * k - 40 for k in range(48)], [17 - 5 * k for k in range(48)]
    bench.write(DRAM + 0x106, b"".join(v.to_bytes(2, "little", signed=True) for v in first))
    bench.write(DRAM + 0x200, b"".join(v.to_bytes(2, "little", signed=True) for v in second))
    run(bench, text, a2=DRAM + 0x106, a3=DRAM + 0x200)
    assert bench["a4"] == sum(a * b for a, b in zip(first[:24], second[:24], strict=True)) & 0xFFFFFFFF
