"""Synchronization: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

DRAM, IRAM_DATA, IRAM = 0x3FC90000, 0x3FC80000, 0x40370000


def test_compare_and_store_that_finds_what_it_expects(bench: Bench) -> None:
    bench.write(DRAM + 1020, b"\x05\0\0\0")
    assert bench.run("s32c1i a2, a3, 1020", a2=9, a3=DRAM, scompare1=5) == "end"
    assert (bench["a2"], bench.word(DRAM + 1020)) == (5, 9)


def test_compare_and_store_that_finds_something_else(bench: Bench) -> None:
    bench.write(DRAM, b"\x06\0\0\0")
    assert bench.run("s32c1i a2, a3, 0", a2=9, a3=DRAM, scompare1=5) == "end"
    assert (bench["a2"], bench.word(DRAM)) == (6, 6)


def test_acquire_and_release(bench: Bench) -> None:
    assert bench.run("s32ri a2, a3, 8\nl32ai a4, a3, 8", a2=0x12345678, a3=DRAM) == "end"
    assert bench["a4"] == bench.word(DRAM + 8) == 0x12345678


@pytest.mark.parametrize("offset", [1, 2, 3])
@pytest.mark.parametrize("text", ["l32ai a2, a3, 4", "s32ri a2, a3, 4", "s32c1i a2, a3, 4"])
def test_unaligned_raises(bench: Bench, text: str, offset: int) -> None:
    assert bench.run(text, a2=1, a3=DRAM + offset) == "kernel"
    assert (bench["exccause"], bench["excvaddr"], bench["epc1"]) == (9, DRAM + offset + 4, 0x40371000)
    assert (bench["a2"], bench.word(DRAM + 4)) == (1, 0)


def test_contention_of_two_cores_loses_no_count(bench: Bench) -> None:
    bench.executor.quantum_cycles = 3
    bench.load("""
    again:
        l32i    a4, a3, 0
        wsr.scompare1 a4
        addi    a5, a4, 1
        s32c1i  a5, a3, 0
        bne     a5, a4, again
        addi    a2, a2, -1
        bnez    a2, again
    done: j done
    """)
    for core in bench.executor.cores:
        core.write("a3", DRAM)
        core.write("a2", 50)
        core.write("pc", 0x40371000)
    bench.executor.set_running(1, True)
    bench.executor.run(bench.executor.now_ticks() + 4 * 3000)
    assert [core.read("pc") for core in bench.executor.cores] == [bench.symbols["done"]] * 2
    assert bench.word(DRAM) == 100
