"""What counts as code and what as literals, without any names."""

from __future__ import annotations

import pytest

from twincore.cli.code_map import CodeMap, Piece
from twincore.cli.disasm import _elf_program
from twincore.images import open_elf
from twincore.isa.asm import assemble

BASE = 0x4200_0000


def spans(
    text: str, *, entries: tuple[int, ...] = (BASE,), data: bytes = b"", at: int = BASE
) -> list[tuple[int, bool]]:
    """Return the lengths of the parts of assembled text, and whether each is code."""
    code = Piece(at, assemble(text, at))
    found = CodeMap([code], [Piece(0x3C00_0000, data)], entries).spans(code.address, code.end)
    return [(stop - start, is_code) for start, stop, is_code in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("movi a2, 1\nret.n\n", [(5, True)], id="to the return"),
        pytest.param("ret\n.byte 1, 2\n.byte 3\n", [(3, True), (3, False)], id="nothing leads behind a return"),
        pytest.param("j next\n.word 5\n.byte 1\nnext: ret.n\n", [(3, True), (5, False), (2, True)], id="jump"),
        pytest.param("beqz a2, next\nret\n.byte 9\nnext: ret.n\n", [(6, True), (1, False), (2, True)], id="branch"),
        pytest.param("loop a2, done\nnop\ndone: ret.n\n", [(8, True)], id="loop"),
        pytest.param(
            ".align 4\ncall0 next\nret\n.space 2\nnext: ret.n\n", [(6, True), (2, False), (2, True)], id="call"
        ),
        pytest.param("callx8 a2\nret.n\n", [(5, True)], id="a call through a register comes back"),
        pytest.param("jx a2\n.space 5\n", [(3, True), (5, False)], id="a jump through a register does not"),
    ],
)
def test_execution_is_followed(text: str, expected: list[tuple[int, bool]]) -> None:
    assert spans(text) == expected


def test_a_literal_is_data_even_where_code_seems_to_lead_into_it() -> None:
    text = "call0 other\n.align 4\n.literal five, 0x136\n.align 4\nother: l32r a2, five\nret.n\n"
    assert spans(text) == [(3, True), (5, False), (5, True)]


def test_a_function_is_found_by_its_entry() -> None:
    text = "ret\n.align 4\nentry a1, 32\nretw.n\n"
    assert spans(text) == [(3, True), (1, False), (5, True)]
    assert spans("ret\n.align 4\nentry a2, 32\nretw.n\n") == [(3, True), (6, False)]


def test_words_of_data_lead_to_code() -> None:
    text = "jx a2\ncase: ret.n\n"
    assert spans(text) == [(3, True), (2, False)]
    assert spans(text, data=(BASE + 3).to_bytes(4, "little")) == [(5, True)]
    assert spans(text, data=b"xx" + (BASE + 3).to_bytes(4, "little")) == [(3, True), (2, False)]


def test_literals_lead_to_code() -> None:
    text = f"j start\n.align 4\n.literal where, {BASE + 16:#x}\nstart: l32r a2, where\njx a2\n.align 4\nret.n\n"
    assert spans(text) == [(3, True), (5, False), (6, True), (2, False), (2, True)]


def test_vectors_are_found_by_their_first_instruction() -> None:
    rest = "rfwo\n.org {kernel:#x}\nj handler\n.space 5\nhandler: rfe\n.space 0x100\n"
    table = rest.format(kernel=BASE + 0x300)
    assert spans("s32e a0, a5, -16\n" + table, entries=()) == [
        (6, True),
        (0x300 - 6, False),
        (3, True),
        (5, False),
        (3, True),
        (0x100, False),
    ]
    assert spans("nop\n" + table, entries=()) == [(0x40B, False)]


def test_names_are_not_needed(amp_elf) -> None:
    elf = open_elf(str(amp_elf))
    program = _elf_program(elf)
    without = program.code_map()
    named = program.code_map(*(symbol.address for symbol in elf.symbols.functions()))
    for code in program.code:
        assert list(without.spans(code.address, code.end)) == list(named.spans(code.address, code.end))
    for symbol in elf.symbols.functions():
        if any(code.address <= symbol.address < code.end for code in program.code):
            missing = sum(stop - at for at, stop, is_code in without.spans(symbol.address, symbol.end) if not is_code)
            assert missing <= 16, symbol  # padding inside of it
