"""Special and user registers: what is read back of what was written, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.isa import config
from twincore.isa.special import REGISTERS

if TYPE_CHECKING:
    from conftest import Bench

ONES = 0xFFFFFFFF

#: register, written, read back
KEPT = [
    ("lbeg", ONES, ONES),
    ("lend", ONES, ONES),
    ("lcount", ONES, ONES),
    ("sar", ONES, 0x3F),
    ("br", ONES, 0xFFFF),
    ("litbase", ONES, 0),
    ("scompare1", ONES, ONES),
    ("acclo", ONES, ONES),
    ("acchi", 0x7F, 0x7F),
    ("acchi", 0x80, 0xFFFFFF80),
    ("acchi", 0x1234, 0x34),
    *((f"m{k}", 0x12345678, 0x12345678) for k in range(4)),
    ("windowstart", 0xABCD1234, 0x1234),
    ("eraccess", ONES, 0xFFFF),
    ("memctl", ONES, 1),
    ("atomctl", ONES, 0x3F),
    ("ddr", ONES, ONES),
    ("ibreakenable", 0xFFFFFFFC, 0),
    ("ibreaka0", 0x40000000, 0x40000000),
    ("ibreaka1", ONES, ONES),
    ("dbreaka0", ONES, ONES),
    ("dbreaka1", 0x3FC90000, 0x3FC90000),
    ("dbreakc0", 0x3FFFFFFF, 0x3F),
    ("dbreakc1", 0x3FFFFFFF, 0x3F),
    *((f"epc{k}", 0x40370000 + k, 0x40370000 + k) for k in range(1, 8)),
    *((f"eps{k}", ONES, 0x70F3F) for k in range(2, 8)),
    *((f"excsave{k}", 0xFFFFFF00 + k, 0xFFFFFF00 + k) for k in range(1, 8)),
    ("depc", ONES, ONES),
    ("cpenable", ONES, 0xFF),
    ("intenable", 0, 0),
    ("vecbase", 0x403703FF, 0x40370000),
    ("exccause", ONES, 0x3F),
    ("debugcause", ONES, 0xF3F),
    ("icountlevel", 0xFFFFFFF0, 0),
    ("icount", 5, 5),
    ("excvaddr", ONES, ONES),
    *((f"ccompare{k}", 0x80000000 + k, 0x80000000 + k) for k in range(3)),
    *((f"misc{k}", 0x600D0000 + k, 0x600D0000 + k) for k in range(4)),
]


@pytest.mark.parametrize(("name", "written", "kept"), KEPT)
def test_what_wsr_keeps_rsr_reads(bench: Bench, name: str, written: int, kept: int) -> None:
    assert bench.run(f"wsr.{name} a2\nrsync\nrsr.{name} a3", a2=written) == "end"
    assert hex(bench["a3"]) == hex(kept)


@pytest.mark.parametrize(("name", "written", "kept"), KEPT)
def test_xsr_exchanges(bench: Bench, name: str, written: int, kept: int) -> None:
    assert bench.run(f"rsr.{name} a4\nxsr.{name} a2\nrsr.{name} a3", a2=written) == "end"
    assert (hex(bench["a2"]), hex(bench["a3"])) == (hex(bench["a4"]), hex(kept))


def test_table_covers_what_is_tested_here_and_elsewhere() -> None:
    elsewhere = {
        "windowbase",
        "ps",
        "ccount",
        "prid",
        "configid0",
        "configid1",
        "interrupt",
        "intset",
        "intclear",
        "mmid",
    }
    assert {register.name for register in REGISTERS} == elsewhere | {name for name, _, _ in KEPT}


def test_numbers_are_those_of_the_manual() -> None:
    known = {
        "lbeg": 0,
        "sar": 3,
        "windowbase": 72,
        "epc1": 177,
        "eps2": 194,
        "excsave7": 215,
        "ps": 230,
        "excvaddr": 238,
    }
    numbers = {register.name: register.number for register in REGISTERS}
    assert {name: numbers[name] for name in known} == known


def test_identity(bench: Bench) -> None:
    assert bench.run("rsr.prid a2\nrsr.configid0 a3\nrsr.configid1 a4\nwsr.configid0 a2\nwsr.mmid a2") == "end"
    assert (bench["a2"], bench["a3"], bench["a4"]) == (0xCDCD, config.CONFIGID0, config.CONFIGID1)


def test_ps_is_composed_of_its_fields(bench: Bench) -> None:
    assert bench.run("wsr.ps a2\nrsync\nrsr.ps a3\nwsr.ps a4\nrsr.ps a5", a2=ONES, a4=0x50F20) == "end"
    assert (bench["a3"], bench["a5"]) == (0x70F3F, 0x50F20)


def test_rsil_returns_the_old_ps(bench: Bench) -> None:
    assert bench.run("rsil a2, 5\nrsil a3, 0", ps=0x50023) == "end"
    assert (bench["a2"], bench["a3"], bench["ps"]) == (0x50023, 0x50025, 0x50020)


def test_windowbase_moves_the_window(bench: Bench) -> None:
    bench["ar22"] = 0x77
    assert bench.run("wsr.windowbase a3\nrsync\nrsr.windowbase a4", a3=0xFFFFFFF5) == "end"
    assert (bench["windowbase"], bench["a2"], bench["a4"]) == (5, 0x77, 5)


def test_xsr_windowbase_leaves_the_old_base_in_the_old_window(bench: Bench) -> None:
    bench["windowbase"] = 2
    assert bench.run("xsr.windowbase a3", a3=7) == "end"
    assert (bench["windowbase"], bench["ar11"]) == (7, 2)


def test_ccount_counts_instructions(bench: Bench) -> None:
    assert bench.run("rsr.ccount a2\nnop\nnop\nrsr.ccount a3", ccount=100) == "end"
    assert (bench["a2"], bench["a3"], bench["ccount"]) == (100, 103, 104)


def test_ccount_can_be_written(bench: Bench) -> None:
    assert bench.run("wsr.ccount a2\nrsr.ccount a3\nxsr.ccount a2\nrsr.ccount a4", a2=1000) == "end"
    assert (bench["a3"], bench["a2"], bench["a4"]) == (1001, 1002, 1001)


@pytest.mark.parametrize("name", ["threadptr"])
def test_user_register(bench: Bench, name: str) -> None:
    assert bench.run(f"wur.{name} a2\nrur.{name} a3", a2=0xDEADBEEF) == "end"
    assert bench["a3"] == 0xDEADBEEF


@pytest.mark.parametrize("name", ["fcr", "fsr"])
def test_user_register_of_the_fpu(bench: Bench, name: str) -> None:
    assert bench.run(f"wur.{name} a2\nrur.{name} a3", a2=ONES, cpenable=1) == "end"
    assert bench["a3"] == ONES


@pytest.mark.parametrize("text", ["rur.fcr a2", "wur.fcr a2", "rur.fsr a2", "wur.fsr a2"])
def test_user_register_of_the_fpu_while_it_is_off(bench: Bench, text: str) -> None:
    assert bench.run(text, cpenable=0xFE, a2=1) == "kernel"
    assert (bench["exccause"], bench["fcr"], bench["fsr"]) == (32, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        ".byte 0x20, 0x06, 0x03",  # rsr of number 6
        ".byte 0x20, 0xff, 0x13",  # wsr of number 255
        ".byte 0x20, 0xeb, 0x13",  # wsr.prid
        ".byte 0x20, 0xe2, 0x61",  # xsr.interrupt
        ".byte 0x20, 0xe3, 0x03",  # rsr.intclear
        ".byte 0x20, 0x59, 0x03",  # rsr.mmid
    ],
)
def test_register_that_is_not_there_is_illegal(bench: Bench, text: str) -> None:
    assert bench.run(text) == "kernel"
    assert bench["exccause"] == 0
