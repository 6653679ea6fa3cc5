"""MAC16: cases written by hand from the ISA Reference Manual, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

DRAM = 0x3FC90000
#: halves of the factors: 3 and -2, 5 and -7
FIRST, SECOND = 0xFFFE0003, 0xFFF90005
PRODUCTS = {"ll": 15, "hl": -10, "lh": -21, "hh": 14}
UNSIGNED = {"ll": 15, "hl": 0xFFFE * 5, "lh": 3 * 0xFFF9, "hh": 0xFFFE * 0xFFF9}
OPERANDS = {"aa": "a2, a3", "ad": "a2, m3", "da": "m1, a3", "dd": "m1, m3"}


def accumulator(bench: Bench) -> int:
    return bench.executor.cores[0].get("acchi") << 32 | bench["acclo"]


def prepare(bench: Bench, acc: int = 0) -> None:
    bench["m0"], bench["m1"], bench["m2"], bench["m3"] = 0x11, FIRST, 0x22, SECOND
    bench["a2"], bench["a3"] = FIRST, SECOND
    bench["acclo"], bench["acchi"] = acc & 0xFFFFFFFF, acc >> 32 & 0xFF


@pytest.mark.parametrize("halves", PRODUCTS)
@pytest.mark.parametrize("factors", OPERANDS)
@pytest.mark.parametrize(
    ("name", "acc", "sign", "base"), [("mul", 99, 1, 0), ("mula", 100, 1, 100), ("muls", 100, -1, 100)]
)
def test_product(bench: Bench, name: str, acc: int, sign: int, base: int, factors: str, halves: str) -> None:
    prepare(bench, acc)
    assert bench.run(f"{name}.{factors}.{halves} {OPERANDS[factors]}") == "end"
    assert accumulator(bench) == (base + sign * PRODUCTS[halves]) & 0xFFFFFFFFFF


@pytest.mark.parametrize("halves", UNSIGNED)
def test_unsigned_product(bench: Bench, halves: str) -> None:
    prepare(bench, 5)
    assert bench.run(f"umul.aa.{halves} a2, a3") == "end"
    assert accumulator(bench) == UNSIGNED[halves]


def test_accumulator_wraps_at_40_bits(bench: Bench) -> None:
    prepare(bench, 0xFFFFFFFFFF)
    assert bench.run("mula.aa.ll a2, a3") == "end"
    assert accumulator(bench) == 14


@pytest.mark.parametrize("halves", PRODUCTS)
@pytest.mark.parametrize("factors", ["da", "dd"])
@pytest.mark.parametrize(("suffix", "step"), [("ldinc", 4), ("lddec", -4)])
def test_product_with_load(bench: Bench, factors: str, halves: str, suffix: str, step: int) -> None:
    prepare(bench, 1)
    bench.write(DRAM, bytes.fromhex("00000001 00000002 00000003"))
    second = "a3" if factors == "da" else "m3"
    assert bench.run(f"mula.{factors}.{halves}.{suffix} m1, a4, m1, {second}", a4=DRAM + 4) == "end"
    assert accumulator(bench) == 1 + PRODUCTS[halves] & 0xFFFFFFFFFF
    assert bench["a4"] == DRAM + 4 + step
    assert bench["m1"] == (0x03000000 if step > 0 else 0x01000000)


def test_second_factor_is_read_before_it_becomes_the_address(bench: Bench) -> None:
    prepare(bench, 0)
    bench["m1"] = 2
    assert bench.run("mula.da.ll.ldinc m0, a3, m1, a3", a3=DRAM + 0x44) == "end"
    assert accumulator(bench) == 2 * 0x44
    assert bench["a3"] == DRAM + 0x48


@pytest.mark.parametrize(("name", "step"), [("ldinc", 4), ("lddec", -4)])
def test_load_alone(bench: Bench, name: str, step: int) -> None:
    bench.write(DRAM + 8 + step, bytes.fromhex("efbeadde"))
    assert bench.run(f"{name} m2, a4", a4=DRAM + 8) == "end"
    assert (bench["m2"], bench["a4"]) == (0xDEADBEEF, DRAM + 8 + step)


def test_load_that_faults_leaves_everything(bench: Bench) -> None:
    prepare(bench, 7)
    bench.executor.cores[0].set("dtlb", 15, 0)
    assert bench.run("mula.da.ll.ldinc m0, a4, m1, a3", a4=0) == "kernel"
    assert (accumulator(bench), bench["a4"], bench["m0"]) == (7, 0, 0x11)
