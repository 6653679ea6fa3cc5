"""Region protection: every attribute, as the ESP32-S3's core-matmap.h lists them, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

CODE, DRAM = 0x40371000, 0x3FC90000
#: attribute: (fetch, load and store)
RIGHTS = {
    0: (False, True),
    1: (True, True),
    2: (True, True),
    3: (True, False),
    4: (True, True),
    5: (True, True),
    6: (True, True),
    **{attribute: (False, False) for attribute in range(7, 16)},
}


@pytest.mark.parametrize("attribute", RIGHTS)
def test_data_rights(bench: Bench, attribute: int) -> None:
    for text, cause in (("l32i a2, a3, 0", 28), ("s32i a2, a3, 0", 29)):
        bench.fresh()
        result = bench.run(f"wdtlb a4, a3\n{text}", a3=DRAM, a4=attribute | 0x20000000)
        allowed = RIGHTS[attribute][1]
        assert result == ("end" if allowed else "kernel")
        if not allowed:
            assert (bench["exccause"], bench["excvaddr"]) == (cause, DRAM)


@pytest.mark.parametrize("attribute", RIGHTS)
def test_fetch_rights(bench: Bench, attribute: int) -> None:
    bench.load("movi a2, 1\nret", 0x600FE000)
    result = bench.run("witlb a4, a3\ncallx0 a3", a3=0x600FE000, a4=attribute)
    allowed = RIGHTS[attribute][0]
    assert result == ("end" if allowed else "kernel")
    if not allowed:
        assert (bench["exccause"], bench["excvaddr"]) == (20, 0x600FE000)


def test_a_region_can_be_opened_again(bench: Bench) -> None:
    handler = "movi a5, 2\nwdtlb a5, a3\nrfe"
    bench.write(DRAM, b"\x07\0\0\0")
    assert bench.run("wdtlb a4, a3\nl32i a2, a3, 0", handlers={"kernel": handler}, a3=DRAM, a4=15) == "end"
    assert bench["a2"] == 7


@pytest.mark.parametrize("region", range(8))
def test_reading_back(bench: Bench, region: int) -> None:
    address = region << 29 | 0x01234567
    program = "ritlb1 a2, a3\nrdtlb1 a4, a3\nritlb0 a5, a3\nrdtlb0 a6, a3\npitlb a7, a3\npdtlb a8, a3"
    core = bench.executor.cores[0]
    for k in range(8):
        core.set("itlb", 1 + (k & 1), k)
        core.set("dtlb", 4 + (k & 1), k)
    assert bench.run(program, a3=address) == "end"
    base = region << 29
    assert [bench[f"a{k}"] for k in (2, 4, 5, 6, 7, 8)] == [
        base | 1 + (region & 1),
        base | 4 + (region & 1),
        base,
        base,
        base | 1,
        base | 1,
    ]


def test_written_attribute_is_read_back(bench: Bench) -> None:
    assert bench.run("wdtlb a4, a3\nrdtlb1 a2, a3", a3=0xC0000010, a4=0xFFFFFFF3) == "end"
    assert bench["a2"] == 0xC0000003


def test_one_core_does_not_close_the_other_ones_region(bench: Bench) -> None:
    assert bench.run("wdtlb a4, a3", a3=DRAM, a4=15) == "end"
    assert [core.get("dtlb", 1) for core in bench.executor.cores] == [15, 2]
