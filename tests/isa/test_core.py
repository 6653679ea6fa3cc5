"""Core instructions: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

DRAM = 0x3FC90000

#: instruction, a3, a4, expected a2
COMPUTE = [
    ("add a2, a3, a4", 1, 2, 3),
    ("add a2, a3, a4", 0xFFFFFFFF, 2, 1),
    ("addx2 a2, a3, a4", 0x80000001, 5, 7),
    ("addx4 a2, a3, a4", 3, 5, 17),
    ("addx8 a2, a3, a4", 3, 0xFFFFFFFF, 23),
    ("sub a2, a3, a4", 1, 2, 0xFFFFFFFF),
    ("subx2 a2, a3, a4", 3, 1, 5),
    ("subx4 a2, a3, a4", 3, 13, 0xFFFFFFFF),
    ("subx8 a2, a3, a4", 0x20000001, 1, 7),
    ("addi a2, a3, -128", 0, 0, 0xFFFFFF80),
    ("addi a2, a3, 127", 0xFFFFFFFF, 0, 126),
    ("addmi a2, a3, -32768", 0x8000, 0, 0),
    ("addmi a2, a3, 32512", 1, 0, 0x7F01),
    ("neg a2, a3", 1, 0, 0xFFFFFFFF),
    ("neg a2, a3", 0x80000000, 0, 0x80000000),
    ("abs a2, a3", 0xFFFFFFFF, 0, 1),
    ("abs a2, a3", 7, 0, 7),
    ("abs a2, a3", 0x80000000, 0, 0x80000000),
    ("and a2, a3, a4", 0xF0F0F0F0, 0xFF00FF00, 0xF000F000),
    ("or a2, a3, a4", 0xF0F0F0F0, 0xFF00FF00, 0xFFF0FFF0),
    ("xor a2, a3, a4", 0xF0F0F0F0, 0xFF00FF00, 0x0FF00FF0),
    ("movi a2, -2048", 0, 0, 0xFFFFF800),
    ("movi a2, 2047", 0, 0, 2047),
    ("moveqz a2, a3, a4", 9, 0, 9),
    ("moveqz a2, a3, a4", 9, 1, 0xAAAAAAAA),
    ("movnez a2, a3, a4", 9, 1, 9),
    ("movnez a2, a3, a4", 9, 0, 0xAAAAAAAA),
    ("movltz a2, a3, a4", 9, 0x80000000, 9),
    ("movltz a2, a3, a4", 9, 0, 0xAAAAAAAA),
    ("movgez a2, a3, a4", 9, 0, 9),
    ("movgez a2, a3, a4", 9, 0xFFFFFFFF, 0xAAAAAAAA),
    ("slli a2, a3, 1", 0x80000001, 0, 2),
    ("slli a2, a3, 31", 3, 0, 0x80000000),
    ("srai a2, a3, 0", 0x80000000, 0, 0x80000000),
    ("srai a2, a3, 31", 0x80000000, 0, 0xFFFFFFFF),
    ("srai a2, a3, 16", 0x7FFF0000, 0, 0x7FFF),
    ("srli a2, a3, 15", 0x80000000, 0, 0x10000),
    ("srli a2, a3, 0", 0x80000000, 0, 0x80000000),
    ("extui a2, a3, 0, 1", 0xFFFFFFFF, 0, 1),
    ("extui a2, a3, 16, 16", 0xABCD1234, 0, 0xABCD),
    ("extui a2, a3, 31, 16", 0x80000000, 0, 1),
    ("extui a2, a3, 4, 8", 0x12345678, 0, 0x67),
]


@pytest.mark.parametrize(("text", "a3", "a4", "a2"), COMPUTE)
def test_compute(bench: Bench, text: str, a3: int, a4: int, a2: int) -> None:
    assert bench.run(text, a2=0xAAAAAAAA, a3=a3, a4=a4) == "end"
    assert hex(bench["a2"]) == hex(a2)


#: instruction, SAR, a3, a4, expected a2
SHIFT = [
    ("sll a2, a3", 32, 0x12345678, 0, 0x12345678),
    ("sll a2, a3", 28, 0x12345678, 0, 0x23456780),
    ("sll a2, a3", 0, 0x12345678, 0, 0),
    ("sll a2, a3", 1, 0x00000001, 0, 0x80000000),
    ("srl a2, a3", 0, 0x80000000, 0, 0x80000000),
    ("srl a2, a3", 31, 0x80000000, 0, 1),
    ("srl a2, a3", 32, 0x80000000, 0, 0),
    ("sra a2, a3", 4, 0x80000000, 0, 0xF8000000),
    ("sra a2, a3", 31, 0x80000000, 0, 0xFFFFFFFF),
    ("sra a2, a3", 32, 0x80000000, 0, 0xFFFFFFFF),
    ("sra a2, a3", 32, 0x7FFFFFFF, 0, 0),
    ("src a2, a3, a4", 0, 0x11112222, 0x33334444, 0x33334444),
    ("src a2, a3, a4", 8, 0x11112222, 0x33334444, 0x22333344),
    ("src a2, a3, a4", 32, 0x11112222, 0x33334444, 0x11112222),
]


@pytest.mark.parametrize(("text", "sar", "a3", "a4", "a2"), SHIFT)
def test_shift_by_sar(bench: Bench, text: str, sar: int, a3: int, a4: int, a2: int) -> None:
    assert bench.run(text, sar=sar, a3=a3, a4=a4) == "end"
    assert hex(bench["a2"]) == hex(a2)


@pytest.mark.parametrize(
    ("text", "a3", "sar"),
    [
        ("ssr a3", 0x25, 5),
        ("ssr a3", 31, 31),
        ("ssl a3", 0, 32),
        ("ssl a3", 31, 1),
        ("ssl a3", 0x24, 28),
        ("ssa8l a3", 7, 24),
        ("ssa8l a3", 4, 0),
        ("ssa8b a3", 1, 24),
        ("ssa8b a3", 0, 32),
        ("ssai 0", 0, 0),
        ("ssai 17", 0, 17),
        ("ssai 31", 0, 31),
    ],
)
def test_set_shift_amount(bench: Bench, text: str, a3: int, sar: int) -> None:
    assert bench.run(text, a3=a3, sar=63) == "end"
    assert bench["sar"] == sar


#: branch, a3, a4, taken
BRANCH = [
    ("bnone a3, a4, {}", 0xF0, 0x0F, True),
    ("bnone a3, a4, {}", 0xF0, 0x1F, False),
    ("bany a3, a4, {}", 0xF0, 0x10, True),
    ("bany a3, a4, {}", 0xF0, 0x0F, False),
    ("ball a3, a4, {}", 0xF1, 0xF0, True),
    ("ball a3, a4, {}", 0x71, 0xF0, False),
    ("bnall a3, a4, {}", 0x71, 0xF0, True),
    ("bnall a3, a4, {}", 0xF1, 0xF0, False),
    ("beq a3, a4, {}", 5, 5, True),
    ("beq a3, a4, {}", 5, 6, False),
    ("bne a3, a4, {}", 5, 6, True),
    ("bne a3, a4, {}", 5, 5, False),
    ("blt a3, a4, {}", 0xFFFFFFFF, 0, True),
    ("blt a3, a4, {}", 0, 0xFFFFFFFF, False),
    ("blt a3, a4, {}", 4, 4, False),
    ("bltu a3, a4, {}", 0, 0xFFFFFFFF, True),
    ("bltu a3, a4, {}", 0xFFFFFFFF, 0, False),
    ("bge a3, a4, {}", 0, 0xFFFFFFFF, True),
    ("bge a3, a4, {}", 4, 4, True),
    ("bge a3, a4, {}", 0x80000000, 0, False),
    ("bgeu a3, a4, {}", 0xFFFFFFFF, 0, True),
    ("bgeu a3, a4, {}", 0, 1, False),
    ("bbc a3, a4, {}", 0xFFFFFFFB, 34, True),
    ("bbc a3, a4, {}", 0x4, 2, False),
    ("bbs a3, a4, {}", 0x80000000, 31, True),
    ("bbs a3, a4, {}", 0x80000000, 30, False),
    ("bbci a3, 31, {}", 0x7FFFFFFF, 0, True),
    ("bbci a3, 0, {}", 1, 0, False),
    ("bbsi a3, 16, {}", 0x10000, 0, True),
    ("bbsi a3, 15, {}", 0x10000, 0, False),
    ("beqz a3, {}", 0, 0, True),
    ("beqz a3, {}", 1, 0, False),
    ("bnez a3, {}", 1, 0, True),
    ("bnez a3, {}", 0, 0, False),
    ("bltz a3, {}", 0x80000000, 0, True),
    ("bltz a3, {}", 0, 0, False),
    ("bgez a3, {}", 0, 0, True),
    ("bgez a3, {}", 0xFFFFFFFF, 0, False),
    ("blti a3, 256, {}", 255, 0, True),
    ("blti a3, -1, {}", 0xFFFFFFFF, 0, False),
    ("bgei a3, -1, {}", 0xFFFFFFFF, 0, True),
    ("bgei a3, 1, {}", 0x80000000, 0, False),
    ("bltui a3, 32768, {}", 32767, 0, True),
    ("bltui a3, 65536, {}", 65536, 0, False),
    ("bgeui a3, 65536, {}", 0xFFFFFFFF, 0, True),
    ("bgeui a3, 32768, {}", 32767, 0, False),
    *((f"beqi a3, {c}, {{}}", c, 0, True) for c in (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)),
    ("beqi a3, 1, {}", 2, 0, False),
    ("bnei a3, 256, {}", 0, 0, True),
    ("bnei a3, 256, {}", 256, 0, False),
]


@pytest.mark.parametrize(("text", "a3", "a4", "taken"), BRANCH)
def test_branch(bench: Bench, text: str, a3: int, a4: int, taken: bool) -> None:
    program = f"back: j out\nstart: {text.format('back')}\nmovi a2, 1\nj end\nout: movi a2, 2\nend: nop"
    assert bench.run(program, a3=a3, a4=a4) == "end"
    assert bench["a2"] == (2 if taken else 1)


def test_jumps_and_calls(bench: Bench) -> None:
    bench.run("start: j over\nnop\nover: call0 f\nend: nop\n.align 4\nf: mov.n a5, a0\nret")
    assert bench["a5"] == bench["a0"] == bench.symbols["end"]


def test_callx0_through_a0_jumps_to_its_old_value(bench: Bench) -> None:
    bench.load("f: movi a2, 7\nret", 0x40371100)
    assert bench.run("callx0 a0", a0=0x40371100) == "end"
    assert (bench["a2"], bench["a0"]) == (7, 0x40371003)


def test_jx(bench: Bench) -> None:
    assert bench.run("jx a3\nmovi a2, 1\nend: nop", a3=0x40371006) == "end"
    assert bench["a2"] == 0


@pytest.mark.parametrize("pc", range(0x40371000, 0x40371004))
def test_call0_target_is_aligned_from_any_address(bench: Bench, pc: int) -> None:
    bench.load(".align 4\nf: nop", 0x40371100)
    bench.load("call0 f", pc)
    bench.stop_at(0x40371100)
    bench["pc"] = pc
    bench.go()
    assert bench["a0"] == pc + 3


#: instruction, bytes at DRAM, expected a2
LOAD = [
    ("l8ui a2, a3, 0", "f1", 0xF1),
    ("l8ui a2, a3, 255", "00" * 255 + "80", 0x80),
    ("l16ui a2, a3, 0", "34f2", 0xF234),
    ("l16ui a2, a3, 510", "00" * 510 + "3412", 0x1234),
    ("l16si a2, a3, 0", "34f2", 0xFFFFF234),
    ("l16si a2, a3, 2", "00003472", 0x7234),
    ("l32i a2, a3, 0", "78563412", 0x12345678),
    ("l32i a2, a3, 1020", "00" * 1020 + "efbeadde", 0xDEADBEEF),
    ("l16ui a2, a3, 4", "0000000001ff", 0xFF01),
]


@pytest.mark.parametrize(("text", "content", "a2"), LOAD)
def test_load(bench: Bench, text: str, content: str, a2: int) -> None:
    bench.write(DRAM, bytes.fromhex(content))
    assert bench.run(text, a3=DRAM) == "end"
    assert hex(bench["a2"]) == hex(a2)


@pytest.mark.parametrize("offset", [1, 2, 3, 0xFFD, 0xFFE, 0xFFF])
@pytest.mark.parametrize(("text", "size"), [("l32i a2, a3, 0", 4), ("l16ui a2, a3, 0", 2)])
def test_unaligned_load_on_the_data_bus_works(bench: Bench, text: str, size: int, offset: int) -> None:
    bench.write(DRAM + offset, bytes(range(0x81, 0x85)))
    assert bench.run(text, a3=DRAM + offset) == "end"
    assert bench["a2"] == int.from_bytes(bytes(range(0x81, 0x81 + size)), "little")


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 0xFFD, 0xFFE, 0xFFF])
@pytest.mark.parametrize(("text", "size"), [("s32i a2, a3, 0", 4), ("s16i a2, a3, 0", 2), ("s8i a2, a3, 0", 1)])
def test_store_of_any_alignment_on_the_data_bus(bench: Bench, text: str, size: int, offset: int) -> None:
    bench.write(DRAM, b"\xee" * 0x1010)
    assert bench.run(text, a2=0x44332211, a3=DRAM + offset) == "end"
    expected = bytes.fromhex("11223344")[:size]
    assert bench.dram.read(offset, size + 1) == expected + b"\xee"


def test_s32nb_stores(bench: Bench) -> None:
    assert bench.run("s32nb a2, a3, 60", a2=0x44332211, a3=DRAM) == "end"
    assert bench.word(DRAM + 60) == 0x44332211


@pytest.mark.parametrize("shift", range(4))
def test_l32r_reaches_back_from_any_address(bench: Bench, shift: int) -> None:
    program = f".literal value, 0xcafe1234\n.space {shift}\nstart: l32r a2, value"
    assert bench.run(program) == "end"
    assert bench["a2"] == 0xCAFE1234


@pytest.mark.parametrize(
    "text", ["isync", "rsync", "esync", "dsync", "excw", "memw", "extw", "nop", "nop.n", "iitlb a2", "idtlb a2"]
)
def test_does_nothing_that_shows(bench: Bench, text: str) -> None:
    before = bench.executor.cores[0].state_bytes()
    assert bench.run(text) == "end"
    names = ("pc", "ccount")
    kept = {name: bench[name] for name in names}
    bench["pc"], bench["ccount"] = 0x40000400, 0
    assert bench.executor.cores[0].state_bytes() == before, kept


@pytest.mark.parametrize(("text", "cause"), [("ill", 0), ("ill.n", 0), ("syscall", 1), ("simcall", 0), (".word 0", 0)])
def test_trap(bench: Bench, text: str, cause: int) -> None:
    assert bench.run(text) == "kernel"
    assert (bench["exccause"], bench["epc1"], bench["ps"]) == (cause, 0x40371000, 0x10)


def test_simcall_reaches_the_host_where_semihosting_is_on(semihosting_bench: Bench) -> None:
    assert semihosting_bench.run("simcall") == "end"
    assert semihosting_bench.host.calls == [("simcall", 0)]
    assert semihosting_bench["a2"] == 0x51


@pytest.mark.parametrize("text", [".word 0xfffffffe", ".word 0xffffffff", ".byte 0x04, 0, 0xff", ".byte 0x5d, 0xf0"])
def test_unknown_instruction_is_illegal(bench: Bench, text: str) -> None:
    assert bench.run(text) == "kernel"
    assert bench["exccause"] == 0
