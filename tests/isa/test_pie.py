"""PIE instructions: of the right length, named, and refused by coprocessor or as illegal, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.isa import pie
from twincore.isa.decode import find
from twincore.isa.disasm import disassemble
from twincore.isa.spec import INSTRUCTIONS

if TYPE_CHECKING:
    from conftest import Bench


@pytest.mark.parametrize(
    ("content", "name", "coprocessor"),
    [
        ("64008e", "ee.vadds.s16", 3),
        ("044072", "ee.wr_mask_gpio_out", None),
        ("040865", "ee.get_gpio_in", None),
        ("000006", "ee.ldf.64.xp", 0),
        ("0e000080", "ee.ldf.128.ip", 0),
        ("0000e3", "rur.accx_0", 3),
        ("200df3", "wur.sar_byte", None),
    ],
)
def test_name(content: str, name: str, coprocessor: int | None) -> None:
    word = int.from_bytes(bytes.fromhex(content), "little")
    found = find(word)
    assert found is not None
    assert (found.name, found.coprocessor, disassemble(word, 0)) == (name, coprocessor, name)


@pytest.mark.parametrize("name", ["ee.vadds.s16", "ee.vadds.s16.ld.incp", "ee.zero.qacc", "rur.accx_1", "st.qr"])
@pytest.mark.parametrize(("cpenable", "cause"), [(0xF7, 35), (0x08, 0)])
def test_vector_unit_off_and_on(bench: Bench, name: str, cpenable: int, cause: int) -> None:
    assert bench.run(f"nop.n\n{name}", cpenable=cpenable) == "kernel"
    assert (bench["exccause"], bench["epc1"]) == (cause, 0x40371002)


@pytest.mark.parametrize("name", ["ee.set_bit_gpio_out", "ee.clr_bit_gpio_out", "wur.gpio_out"])
def test_gpio_needs_no_coprocessor(bench: Bench, name: str) -> None:
    assert bench.run(name) == "kernel"
    assert bench["exccause"] == 0


def test_all_are_there() -> None:
    members = [i for i in INSTRUCTIONS.values() if i.module == pie.__name__]
    assert len(members) == 220 + 2 * 19
    assert {i.length for i in members} == {3, 4}
