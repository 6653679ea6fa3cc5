"""Decoder, disassembler and assembler: against GNU's bytes and text, and against each other."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import pytest

from twincore.isa.asm import AssemblyError, assemble, assemble_program
from twincore.isa.decode import build, decode, find, length
from twincore.isa.definitions import INSTRUCTIONS
from twincore.isa.disasm import disassemble, lines

GOLDEN = [
    (int(row[0], 16), bytes.fromhex(row[1]), row[2])
    for row in (line.split("\t") for line in Path(__file__).with_name("golden_gnu.tsv").read_text().splitlines())
    if len(row) == 3
]


def as_input(text: str) -> str:
    """Return objdump's text as the assembler takes it: addresses get their 0x."""
    return re.sub(r"(?<=[\s,])([0-9a-f]{8})$", r"0x\1", text)


def test_text_is_what_objdump_prints() -> None:
    for address, content, text in GOLDEN:
        mine = disassemble(int.from_bytes(content, "little"), address)
        assert mine.replace("\t", " ") == text, (hex(address), content.hex())


def test_bytes_are_what_objdump_read() -> None:
    for address, content, text in GOLDEN:
        assert assemble(as_input(text), address) == content, text


def test_nearly_every_instruction_is_in_the_golden_table() -> None:
    named = {text.split()[0] for _, _, text in GOLDEN}
    missing = {name for name, i in INSTRUCTIONS.items() if ".pie" not in i.module} - named
    assert missing == {"simcall", "rfdo", "rfdd", "rsr.litbase", "wsr.litbase", "xsr.litbase"}


def test_round_trip_of_every_instruction() -> None:
    rng = random.Random(5)
    for instruction in INSTRUCTIONS.values():
        for _ in range(20):
            word = instruction.match
            for operand in instruction.operands.values():
                raw = rng.getrandbits(len(operand.positions))
                if instruction.name in ("any4", "all4", "any8", "all8") and operand.letter == "s":
                    raw &= 8  # a group has one canonical name
                word |= operand.place(raw)
            pc = 0x40370000 + rng.randrange(0x1000)
            assert find(word) is instruction
            text = disassemble(word, pc)
            assert assemble(as_input(text), pc) == word.to_bytes(instruction.length, "little"), text


def test_no_two_definitions_overlap() -> None:
    for size in (2, 3, 4):
        members = [i for i in INSTRUCTIONS.values() if i.length == size]
        for a, b in itertools.combinations(members, 2):
            assert (a.match ^ b.match) & a.mask & b.mask, f"{a.name} and {b.name}"


def test_overlapping_definitions_are_named() -> None:
    with pytest.raises(ValueError, match="overlapping encodings: add, add"):
        build([INSTRUCTIONS["add"], INSTRUCTIONS["add"]])


def test_each_definition_fits_its_length() -> None:
    for instruction in INSTRUCTIONS.values():
        assert instruction.match < 1 << 8 * instruction.length
        assert instruction.match & ~instruction.mask == 0
        assert length(instruction.match) == instruction.length


@pytest.mark.parametrize(
    ("op0", "size"), [*((k, 3) for k in range(8)), *((k, 2) for k in range(8, 14)), (14, 4), (15, 4)]
)
def test_length_by_the_low_four_bits(op0: int, size: int) -> None:
    for high in range(0, 256, 16):
        assert length(high | op0) == size


@pytest.mark.parametrize(
    ("word", "pc", "name", "operands"),
    [
        (0xFFC222, 0, "addi", {"i": 0xFFFFFFFF, "s": 2, "t": 2}),
        (0x9022A0, 0, "addx2", {"r": 2, "s": 2, "t": 0xA}),
        (0xFFFE31, 0x40370001, "l32r", {"i": 0x4036FFFC, "t": 3}),
        (0x000005, 0x40370003, "call0", {"i": 0x40370004}),
        (0xFFFFC6, 0x40370000, "j", {"i": 0x40370003}),
        (0xF76C, 0, "movi.n", {"i": 0x6F - 128 & 0xFFFFFFFF, "s": 7}),
    ],
)
def test_decode(word: int, pc: int, name: str, operands: dict[str, int]) -> None:
    assert decode(word, pc) == (INSTRUCTIONS[name], operands)


@pytest.mark.parametrize("word", [0xFFFFFFFE, 0xFFFFFFFF, 0xFF0004, 0xF05D, 0x030620])
def test_words_that_are_no_instruction(word: int) -> None:
    assert decode(word, 0) is None
    assert disassemble(word, 0).startswith(".byte\t0x")


def test_lines_with_symbols_and_a_cut_end() -> None:
    code = assemble("call8 target\nnop.n\n.byte 0x36", 0x40370000, {"target": 0x40370010})
    text = [str(line) for line in lines(code, 0x40370000, {0x40370010: "target"}.get)]
    assert text == [
        "40370000:\t0000e5  \tcall8\t40370010 <target>",
        "40370003:\tf03d    \tnop.n",
        "40370005:\t36      \t.byte\t0x36",
    ]


# --- assembler ----------------------------------------------------------------------------------------------------


def test_directives_and_labels() -> None:
    program = assemble_program(
        """
            .equ    four, 4
        first:  .word   second, four + 1, -1    # three words
            .half   0x1234 ; and a half
            .byte   1, 2
            .align  8
        second:
            .ascii  "a\\nb"
            .space  four - 3
            .literal third, second - first
            .org    0x1030
        """,
        0x1000,
    )
    assert program.symbols["second"] == 0x1010
    assert program.symbols["third"] == 0x1014
    assert program.content == bytes.fromhex("10100000 05000000 ffffffff 3412 0102 610a6200 10000000") + bytes(0x18)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("add a1, a2", "line 1 (add a1, a2): expected 'add a{r}, a{s}, a{t}', got 2 operands"),
        ("frob a1", "line 1 (frob a1): there is no instruction frob"),
        ("\nadd a1, a2, a16", "line 2 (add a1, a2, a16): there is no register a16 here"),
        ("add a1, a2, f3", "line 1 (add a1, a2, f3): expected a register a0, a1..., got 'f3'"),
        ("addi a1, a2, 128", "line 1 (addi a1, a2, 128): 128: 128 is not in -128..127 in steps of 1"),
        ("l32i a1, a2, 2", "line 1 (l32i a1, a2, 2): 2: 2 is not in 0..1020 in steps of 4"),
        ("beqi a1, 9, 0", "line 1 (beqi a1, 9, 0): 9: 9 is not among the 16 values of this operand"),
        ("j nowhere", "line 1 (j nowhere): there is no label 'nowhere'"),
        ("x: nop\nx: nop", "line 2 (x: nop): x is defined twice"),
        (".frob 1", "line 1 (.frob 1): there is no directive .frob"),
        ("movi a1, 4 5", "line 1 (movi a1, 4 5): expected a number, a label or a sum of them, got '4 5'"),
        ("nop\n.org 0", "line 2 (.org 0): the address 0x1003 is already beyond"),
    ],
)
def test_errors_name_the_line(text: str, problem: str) -> None:
    with pytest.raises(AssemblyError) as error:
        assemble(text, 0x1000)
    assert str(error.value) == problem
