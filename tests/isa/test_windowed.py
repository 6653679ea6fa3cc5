"""Register windows: calls, spills and fills, moved stacks, on every executor; handlers as the ISA manual gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

CODE, DRAM, IRAM = 0x40371000, 0x3FC90000, 0x40370000
STACK = DRAM + 0x8000
WOE = 0x40000

#: the six handlers, each at its vector (ISA Reference Manual, Windowed Procedure-Call Protocol)
HANDLERS = {
    "of4": "s32e a0, a5, -16\ns32e a1, a5, -12\ns32e a2, a5, -8\ns32e a3, a5, -4\nrfwo",
    "uf4": "l32e a0, a5, -16\nl32e a1, a5, -12\nl32e a2, a5, -8\nl32e a3, a5, -4\nrfwu",
    "of8": """
        s32e a0, a9, -16
        l32e a0, a1, -12
        s32e a1, a9, -12
        s32e a2, a9, -8
        s32e a3, a9, -4
        s32e a4, a0, -32
        s32e a5, a0, -28
        s32e a6, a0, -24
        s32e a7, a0, -20
        rfwo
    """,
    "uf8": """
        l32e a0, a9, -16
        l32e a1, a9, -12
        l32e a2, a9, -8
        l32e a7, a1, -12
        l32e a3, a9, -4
        l32e a4, a7, -32
        l32e a5, a7, -28
        l32e a6, a7, -24
        l32e a7, a7, -20
        rfwu
    """,
    "of12": """
        s32e a0, a13, -16
        l32e a0, a1, -12
        s32e a1, a13, -12
        s32e a2, a13, -8
        s32e a3, a13, -4
        s32e a4, a0, -48
        s32e a5, a0, -44
        s32e a6, a0, -40
        s32e a7, a0, -36
        s32e a8, a0, -32
        s32e a9, a0, -28
        s32e a10, a0, -24
        s32e a11, a0, -20
        rfwo
    """,
    "uf12": """
        l32e a0, a13, -16
        l32e a1, a13, -12
        l32e a2, a13, -8
        l32e a11, a1, -12
        l32e a3, a13, -4
        l32e a4, a11, -48
        l32e a5, a11, -44
        l32e a6, a11, -40
        l32e a7, a11, -36
        l32e a8, a11, -32
        l32e a9, a11, -28
        l32e a10, a11, -24
        l32e a11, a11, -20
        rfwu
    """,
}


@pytest.mark.parametrize(("name", "quarter"), [("call4", 1), ("call8", 2), ("call12", 3)])
def test_call_leaves_the_return_address_and_the_increment(bench: Bench, name: str, quarter: int) -> None:
    assert bench.run(f"{name} end\nnop\n.align 4\nend: nop") == "end"
    assert bench[f"a{4 * quarter}"] == quarter << 30 | (CODE + 3) & 0x3FFFFFFF
    assert bench["ps"] >> 16 & 3 == quarter


@pytest.mark.parametrize(("name", "quarter"), [("callx4", 1), ("callx8", 2), ("callx12", 3)])
def test_indirect_call_takes_the_old_register(bench: Bench, name: str, quarter: int) -> None:
    target = f"a{4 * quarter}"
    assert bench.run(f"{name} {target}\nnop\nend: nop", **{target: CODE + 6}) == "end"
    assert bench[target] == quarter << 30 | (CODE + 3) & 0x3FFFFFFF


@pytest.mark.parametrize("callinc", [0, 1, 2, 3])
def test_entry_rotates_and_makes_a_frame(bench: Bench, callinc: int) -> None:
    bench["windowbase"] = 5
    assert bench.run("entry a1, 32", a1=0x1000, ps=WOE | callinc << 16, windowstart=1 << 5) == "end"
    assert (bench["windowbase"], bench["windowstart"]) == (5 + callinc, 1 << 5 | 1 << 5 + callinc)
    assert bench["a1"] == 0x1000 - 32
    assert bench["ps"] == WOE | callinc << 16


def test_entry_wraps_round_the_registers(bench: Bench) -> None:
    bench["windowbase"] = 14
    assert bench.run("entry a1, 32760", a1=0x10000, ps=WOE | 3 << 16, windowstart=1 << 14) == "end"
    assert (bench["windowbase"], bench["windowstart"], bench["a1"]) == (1, 1 << 14 | 1 << 1, 0x10000 - 32760)
    assert bench["ar5"] == 0x10000 - 32760


@pytest.mark.parametrize(
    ("text", "ps"), [("entry a4, 32", WOE | 0x10000), ("entry a1, 32", 0x10000), ("entry a1, 32", WOE | 0x10010)]
)
def test_entry_that_the_manual_leaves_undefined_is_illegal(bench: Bench, text: str, ps: int) -> None:
    bench.run(text, ps=ps)
    assert bench["exccause"] == 0
    assert bench["windowbase"] == 0


@pytest.mark.parametrize("quarter", [1, 2, 3])
@pytest.mark.parametrize("text", ["retw", "retw.n"])
def test_return_to_a_frame_in_the_registers(bench: Bench, text: str, quarter: int) -> None:
    start = 1 << 6 | 1 << 6 - quarter
    bench["windowbase"] = 6
    program = f"{text}\nnop\nback: movi a7, 1\nend: nop"
    a0 = quarter << 30 | (CODE + (3 if text == "retw" else 2) + 3) & 0x3FFFFFFF
    assert bench.run(program, ps=WOE, windowstart=start, a0=a0) == "end"
    assert (bench["windowbase"], bench["windowstart"], bench["a7"]) == (6 - quarter, 1 << 6 - quarter, 1)


@pytest.mark.parametrize(("quarter", "vector"), [(1, "uf4"), (2, "uf8"), (3, "uf12")])
def test_return_to_a_spilled_frame_underflows(bench: Bench, quarter: int, vector: str) -> None:
    bench["windowbase"] = 2
    assert bench.run("retw", ps=WOE | 0x20, windowstart=1 << 2, a0=quarter << 30 | 0x1234) == vector
    assert bench["windowbase"] == (2 - quarter) % 16
    assert bench["windowstart"] == 1 << 2
    assert bench["epc1"] == CODE
    assert bench["ps"] == WOE | 0x30 | 2 << 8


@pytest.mark.parametrize(
    ("a0", "start", "ps"),
    [
        (0x1234, 1 << 6 | 1 << 5, WOE),  # names no frame
        (1 << 30, 1 << 6 | 1 << 4, WOE),  # the frame before is two quarters away
        (2 << 30, 1 << 6 | 1 << 5, WOE),  # the frame before is one quarter away
        (1 << 30, 1 << 6 | 1 << 5, 0),
        (1 << 30, 1 << 6 | 1 << 5, WOE | 0x10),
    ],
)
def test_return_that_the_manual_leaves_undefined_is_illegal(bench: Bench, a0: int, start: int, ps: int) -> None:
    bench["windowbase"] = 6
    bench.run("retw", a0=a0, windowstart=start, ps=ps)
    assert (bench["exccause"], bench["windowbase"], bench["windowstart"]) == (0, 6, start)


@pytest.mark.parametrize(
    ("ahead", "vector", "reached"),
    [
        ((1, 2), "of4", 1),
        ((1, 3), "of8", 1),
        ((1, 4), "of12", 1),
        ((2, 3), "of4", 2),
        ((2, 4), "of8", 2),
        ((3, 6), "of12", 3),
    ],
)
def test_register_of_a_frame_ahead_overflows(bench: Bench, ahead: tuple[int, ...], vector: str, reached: int) -> None:
    base = 14  # so that the frames lie on both sides of the wrap
    bench["windowbase"] = base
    start = 1 << base | sum(1 << (base + k) % 16 for k in ahead)
    assert bench.run("mov.n a12, a2", ps=WOE, windowstart=start) == vector
    assert bench["windowbase"] == (base + reached) % 16
    assert bench["ps"] == WOE | 0x10 | base << 8
    assert (bench["epc1"], bench["windowstart"]) == (CODE, start)


@pytest.mark.parametrize(
    ("text", "quarter"),
    [
        ("mov.n a3, a2", 0),
        ("mov.n a4, a2", 1),
        ("mov.n a2, a8", 2),
        ("add a2, a3, a12", 3),
        ("callx4 a2", 1),
        ("call8 end", 2),
        ("call12 end", 3),
        ("s32i a15, a2, 0", 3),
        ("beqz a9, end", 2),
        ("movi a11, 1", 2),
        ("rsr.sar a4", 1),
    ],
)
def test_which_quarter_an_instruction_reaches(bench: Bench, text: str, quarter: int) -> None:
    """Frames at distance 1, 2 or 3 trouble exactly the instructions that reach that far."""
    for distance in (1, 2, 3):
        bench.fresh()
        padding = "nop.n\nnop.n\nnop.n" if ".n" in text else "nop\nnop.n"
        start = 1 | 1 << distance | 1 << distance + 1
        result = bench.run(f"{text}\n{padding}\nend: nop", ps=WOE, windowstart=start, a2=CODE + 8)
        assert result == ("of4" if quarter >= distance else "end"), distance


@pytest.mark.parametrize("ps", [0, WOE | 0x10])
def test_no_overflow_without_woe_or_in_exceptions(bench: Bench, ps: int) -> None:
    assert bench.run("mov.n a15, a2", ps=ps, windowstart=0xFFFF, a2=5) == "end"
    assert bench["a15"] == 5


@pytest.mark.parametrize("callinc", [1, 2, 3])
def test_entry_overflows_by_callinc(bench: Bench, callinc: int) -> None:
    bench["windowbase"] = 3
    start = 1 << 3 | 1 << 3 + callinc | 1 << 4 + callinc
    assert bench.run("entry a1, 32", ps=WOE | callinc << 16, windowstart=start, a1=0x1000) == "of4"
    assert (bench["windowbase"], bench["epc1"], bench["a1"]) == (3 + callinc, CODE, 0)


def test_movsp_with_the_caller_in_the_registers(bench: Bench) -> None:
    for distance in (1, 2, 3):
        bench.fresh()
        bench["windowbase"] = 1
        start = 1 << 1 | 1 << (1 - distance) % 16
        assert bench.run("movsp a1, a5", ps=WOE, windowstart=start, a5=0x77) == "end"
        assert bench["a1"] == 0x77


def test_movsp_with_the_caller_spilled_raises_alloca(bench: Bench) -> None:
    bench["windowbase"] = 1
    assert bench.run("movsp a1, a5", ps=WOE, windowstart=1 << 1 | 1 << 13, a5=0x77) == "kernel"
    assert (bench["exccause"], bench["a1"]) == (5, 0)


@pytest.mark.parametrize(("amount", "base"), [(1, 1), (7, 7), (-1, 15), (-8, 8), (0, 0)])
def test_rotw(bench: Bench, amount: int, base: int) -> None:
    bench[f"ar{4 * base + 3}"] = 0x99
    assert bench.run(f"rotw {amount}\nmov.n a2, a3") == "end"
    assert (bench["windowbase"], bench["a2"]) == (base, 0x99)


def test_frame_loads_and_stores(bench: Bench) -> None:
    assert bench.run("s32e a2, a3, -64\ns32e a4, a3, -4\nl32e a5, a3, -64", a2=1, a3=DRAM + 64, a4=2) == "end"
    assert (bench.word(DRAM), bench.word(DRAM + 60), bench["a5"]) == (1, 2, 1)


def test_return_from_an_overflow_handler(bench: Bench) -> None:
    bench["windowbase"] = 9
    ps = WOE | 0x10 | 3 << 8
    assert bench.run("rfwo\nnop\nend: nop", ps=ps, windowstart=1 << 9 | 1 << 3, epc1=CODE + 6) == "end"
    assert (bench["windowbase"], bench["windowstart"], bench["ps"]) == (3, 1 << 3, WOE | 3 << 8)


def test_return_from_an_underflow_handler(bench: Bench) -> None:
    bench["windowbase"] = 2
    ps = WOE | 0x10 | 3 << 8
    assert bench.run("rfwu\nnop\nend: nop", ps=ps, windowstart=1 << 3, epc1=CODE + 6) == "end"
    assert (bench["windowbase"], bench["windowstart"], bench["ps"]) == (3, 1 << 3 | 1 << 2, WOE | 3 << 8)


RECURSION = """
start:
    movi    a2, {depth}
    mov     a{argument}, a2
    {call}  sum
    j       end
.align 4
sum:
    entry   a1, {frame}
    beqz    a2, zero
    addi    a{argument}, a2, -1
    mov     a3, a2
    {call}  sum
    add     a2, a3, a{argument}
    retw
zero:
    movi    a2, 0
    retw
end: nop
"""


@pytest.mark.parametrize(("call", "quarter", "frame"), [("call4", 1, 16), ("call8", 2, 32), ("call12", 3, 48)])
@pytest.mark.parametrize("depth", [3, 5, 30])
def test_recursion_spills_and_fills(bench: Bench, call: str, quarter: int, frame: int, depth: int) -> None:
    argument = 4 * quarter + 2
    # a base save area below the first stack pointer, as the protocol asks for
    text = RECURSION.format(depth=depth, call=call, argument=argument, frame=frame + 32).replace("mov ", "mov.n ")
    bench.write(STACK - 12, (STACK + 256).to_bytes(4, "little"))
    result = bench.run(text, handlers=HANDLERS, cycles=100_000, ps=WOE, a0=0, a1=STACK)
    assert result == "end"
    assert bench[f"a{argument}"] == depth * (depth + 1) // 2
    assert (bench["a1"], bench["ps"] & 0x10) == (STACK, 0)


def test_mixed_calls_spill_and_fill(bench: Bench) -> None:
    """Frames of all three sizes on top of each other, deep enough to wrap twice."""
    text = """
    start:
        movi    a6, 40
        call4   f4
        mov.n   a2, a6
        j       end
    .align 4
    f4:
        entry   a1, 80
        beqz    a2, zero
        addi    a10, a2, -1
        mov.n   a3, a2
        call8   f8
        add     a2, a3, a10
        retw
    .align 4
    f8:
        entry   a1, 80
        beqz    a2, zero
        addi    a14, a2, -1
        mov.n   a7, a2
        call12  f12
        add     a2, a7, a14
        retw
    .align 4
    f12:
        entry   a1, 80
        beqz    a2, zero
        addi    a6, a2, -1
        mov.n   a3, a2
        call4   f4
        add     a2, a3, a6
        retw
    zero:
        movi    a2, 0
        retw
    end: nop
    """
    bench.write(STACK - 12, (STACK + 256).to_bytes(4, "little"))
    assert bench.run(text, handlers=HANDLERS, cycles=100_000, ps=WOE, a0=0, a1=STACK) == "end"
    assert bench["a2"] == 40 * 41 // 2
