"""Memory behind a cache that can be shut for a core (rule 8 of machine/executor.py), on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.isa.spec import Cause
from twincore.machine.executor import Access, BusKind
from twincore.machine.memory import Memory

if TYPE_CHECKING:
    from conftest import Bench

IRAM, CODE, DRAM, IO = 0x40370000, 0x40371000, 0x3FC90000, 0x60000000
FLASH_CODE, FLASH_DATA, UNMAPPED = 0x42000000, 0x3D000000, 0x3D010000
CODE_GATE, DATA_GATE = 1, 2
TICKS = 4
LINE = 24
"""An interrupt input of level 4."""
LEVEL4 = IRAM + 0x200


def shut_by_store(bench: Bench) -> None:
    """Have a store to I/O word n shut the gates whose bits are stored, for core n."""
    bench.host.on_io_write = lambda core, address, value: bench.executor.set_shut(address - IO >> 2, value)


def unanswered(bench: Bench) -> list[tuple[object, ...]]:
    return [call[1:] for call in bench.host.calls if call[0] == "unanswered"]


@pytest.mark.parametrize(
    ("load", "address", "value"),
    [
        ("l32i a2, a3, 0", FLASH_DATA, 0xBAD00BAD),
        ("l16ui a2, a3, 0", FLASH_DATA + 2, 0xBAD0),
        ("l8ui a2, a3, 0", FLASH_DATA + 1, 0x0B),
        ("l32i a2, a3, 0", FLASH_DATA + 2, 0x0BADBAD0),
        ("l32i a2, a3, 0", FLASH_CODE + 4, 0xBAD00BAD),
        ("l32i a2, a3, 0", UNMAPPED, 0xBAD00BAD),
    ],
)
def test_an_unanswered_load_reads_what_the_bus_gives(bench: Bench, load: str, address: int, value: int) -> None:
    bench.executor.set_shut(0, CODE_GATE | DATA_GATE)
    assert bench.run(load, a3=address) == "end"
    assert bench["a2"] == value
    assert {call[:2] + call[3:] for call in unanswered(bench)} <= {(0, address + k, Access.LOAD) for k in range(4)}


def test_an_unanswered_load_is_told_to_the_host(bench: Bench) -> None:
    bench.executor.set_shut(0, DATA_GATE)
    bench.run("l32i a2, a3, 8", a3=FLASH_DATA)
    assert unanswered(bench) == [(0, FLASH_DATA + 8, 4, Access.LOAD)]


def test_memory_behind_an_open_gate_is_memory(bench: Bench) -> None:
    bench.write(FLASH_DATA + 8, b"abcd")
    bench.executor.set_shut(0, CODE_GATE)
    bench.run("l32i a2, a3, 8", a3=FLASH_DATA)
    assert bench["a2"] == int.from_bytes(b"abcd", "little")
    bench.executor.set_shut(0, DATA_GATE)
    bench.executor.set_shut(0, 0)
    bench.run("l32i a2, a3, 8", a3=FLASH_DATA)
    assert bench["a2"] == int.from_bytes(b"abcd", "little")
    assert unanswered(bench) == []


def test_a_gate_is_shut_for_one_core_only(bench: Bench) -> None:
    bench.write(FLASH_DATA, b"abcd")
    bench.executor.set_shut(1, DATA_GATE)
    bench.run("l32i a2, a3, 0", a3=FLASH_DATA)
    assert bench["a2"] == int.from_bytes(b"abcd", "little")


@pytest.mark.parametrize("shut", [0, DATA_GATE])
def test_an_unanswered_store_is_dropped(bench: Bench, shut: int) -> None:
    bench.write(FLASH_DATA, b"abcd")
    bench.executor.set_shut(0, shut)
    assert bench.run("s32i a2, a3, 0", a2=7, a3=FLASH_DATA) == "end"
    assert unanswered(bench) == [(0, FLASH_DATA, 4, Access.STORE)]
    assert bench.flash.read(0, 4) == b"abcd"


def test_the_instruction_bus_still_takes_whole_words_only(bench: Bench) -> None:
    bench.executor.set_shut(0, CODE_GATE)
    assert bench.run("l8ui a2, a3, 0", a3=FLASH_CODE) == "kernel"
    assert bench["exccause"] == Cause.LOAD_STORE_ERROR
    assert unanswered(bench) == []


def test_an_unanswered_fetch_is_no_instruction(bench: Bench) -> None:
    bench.load("nop\nnop", FLASH_CODE)
    bench["excvaddr"] = 0x1234
    shut_by_store(bench)
    assert bench.run("s32i a2, a4, 0\njx a3", a2=CODE_GATE, a3=FLASH_CODE, a4=IO) == "kernel"
    assert (bench["exccause"], bench["epc1"], bench["excvaddr"]) == (Cause.ILLEGAL_INSTRUCTION, FLASH_CODE, 0x1234)
    assert unanswered(bench) == [(0, FLASH_CODE, 1, Access.FETCH)]


def test_an_interrupt_that_comes_instead_is_taken_at_the_instruction(bench: Bench) -> None:
    def answer(core: int) -> bool:
        bench.executor.set_lines(core, 1 << LINE)
        return False

    bench.load("nop\nnop", FLASH_CODE)
    bench.host.on_unanswered = answer
    shut_by_store(bench)
    registers = {"a2": CODE_GATE, "a3": FLASH_CODE, "a4": IO, "intenable": 1 << LINE}
    assert bench.run("s32i a2, a4, 0\njx a3", **registers) == "level4"
    assert bench["epc4"] == FLASH_CODE


def test_code_that_ran_is_gone_after_the_gate_is_shut(bench: Bench) -> None:
    """A core that shuts its own gate stumbles over its next instruction, decoded or not; opened, it goes on."""
    bench.load("loop:\ns32i a2, a4, 0\naddi a5, a5, 1\nj loop", FLASH_CODE)
    bench.load("movi a2, 0\ns32i a2, a4, 0\nrfe", IRAM + 0x300)
    stores = []

    def write(core: int, address: int, value: int) -> None:
        stores.append(value)
        if len(stores) == 3:
            value = CODE_GATE
        bench.executor.set_shut(core, value)

    bench.host.on_io_write = write
    bench["pc"], bench["a4"] = FLASH_CODE, IO
    bench.executor.run(bench.executor.now_ticks() + 30 * TICKS)
    assert unanswered(bench) == [(0, FLASH_CODE + 3, 1, Access.FETCH)]
    assert bench["epc1"] == FLASH_CODE + 3
    assert bench["a5"] > 5


@pytest.mark.parametrize("where", ["fetch", "load", "store"])
def test_a_core_waits_for_the_gate(bench: Bench, where: str) -> None:
    """CCOUNT counts, nothing is executed, no interrupt is taken, and the access then happens as if nothing had been."""
    texts = {
        "fetch": ("jx a3", FLASH_CODE),
        "load": ("l32i a2, a3, 0\nspin: j spin", FLASH_DATA),
        "store": ("s32i a2, a3, 0\nspin: j spin", UNMAPPED),
    }
    text, address = texts[where]
    bench.load("flash: j flash", FLASH_CODE)
    bench.write(FLASH_DATA + 0x100, b"abcd")
    bench.vector("level4", "level4: j level4")
    bench.load(text)
    bench.host.on_unanswered = lambda core: True
    bench.executor.set_shut(0, CODE_GATE | DATA_GATE)
    bench["pc"], bench["a3"], bench["intenable"] = CODE, address, 1 << LINE
    before = bench.executor.instructions(0)
    start = bench.executor.now_ticks()
    bench.executor.run(start + 10 * TICKS)
    bench.executor.set_lines(0, 1 << LINE)
    bench.executor.run(start + 100 * TICKS)
    waited_at = FLASH_CODE if where == "fetch" else CODE
    assert bench["pc"] == waited_at
    assert bench.executor.instructions(0) - before == (1 if where == "fetch" else 0)
    assert bench["ccount"] >= 100
    assert len(unanswered(bench)) == 1
    bench.executor.set_shut(0, 0)
    bench.host.on_unanswered = lambda core: False
    now = bench.executor.now_ticks()
    bench.executor.run(now + 10 * TICKS)
    assert (bench["epc4"], bench["pc"]) == (waited_at, LEVEL4)


def test_a_timer_goes_on_while_a_core_waits(bench: Bench) -> None:
    bench.load("l32i a2, a3, 0\nspin: j spin")
    bench.vector("level3", "level3: j level3")
    bench.host.on_unanswered = lambda core: True
    bench.executor.set_shut(0, DATA_GATE)
    bench["pc"], bench["a3"], bench["intenable"], bench["ccompare1"] = CODE, FLASH_DATA, 1 << 15, 20
    start = bench.executor.now_ticks()
    bench.executor.run(start + 50 * TICKS)
    assert bench["pc"] == CODE
    bench.executor.set_shut(0, 0)
    bench.executor.run(start + 100 * TICKS)
    assert bench["epc3"] == CODE


def test_one_core_shuts_the_gate_of_the_other_to_the_instruction(bench: Bench) -> None:
    """Core 1 executes flash up to the cycle in which core 0's store is over, and goes on when it is let."""
    bench.load("loop:\naddi a2, a2, 1\nj loop", FLASH_CODE)
    bench.load("nop\n" * 10 + "s32i a2, a4, 4\n" + "nop\n" * 20 + "s32i a5, a4, 4\nspin: j spin")
    bench.host.on_unanswered = lambda core: True
    shut_by_store(bench)
    for k, core in enumerate(bench.executor.cores):
        core.write("pc", FLASH_CODE if k else CODE)
        core.write("a4", IO)
        bench.executor.set_running(k, True)
    bench["a2"] = CODE_GATE
    start, before = bench.executor.now_ticks(), bench.executor.instructions(1)
    bench.executor.run(start + 64 * TICKS)
    ran = bench.executor.instructions(1) - before
    ended = (bench.executor.now_ticks() - start) // TICKS
    assert unanswered(bench) == [(1, FLASH_CODE + 3 * (11 % 2), 1, Access.FETCH)]
    assert ran == ended - 21


def test_mapping_goes_on_behind_a_shut_gate(bench: Bench) -> None:
    other = Memory("other", 0x1000)
    other.write(0, b"efgh")
    bench.executor.set_shut(0, DATA_GATE)
    bench.executor.map(UNMAPPED, 0x1000, other, 0, bus=BusKind.DATA, writable=True)
    bench.run("l32i a2, a3, 0", a3=UNMAPPED)
    assert bench["a2"] == 0xBAD00BAD
    bench.executor.set_shut(0, 0)
    bench.run("l32i a2, a3, 0", a3=UNMAPPED)
    assert bench["a2"] == int.from_bytes(b"efgh", "little")
    bench.executor.map(UNMAPPED, 0x1000, None, 0, bus=BusKind.DATA, writable=False)
    bench.run("l32i a2, a3, 0", a3=UNMAPPED)
    assert bench["a2"] == 0xBAD00BAD


def test_code_in_ram_that_changes_is_decoded_anew_while_a_gate_is_shut(bench: Bench) -> None:
    """Both sets of decoded records, that of open gates and that of shut ones, follow a store."""
    shut_by_store(bench)
    text = """
        call:   s32i a2, a4, 0
                movi a6, {}
                movi a7, 0
                s32i a7, a4, 0
                ret
    """
    bench.load("nop\nret", FLASH_CODE)
    results = []
    for value in (1, 2):
        bench.symbols.clear()
        bench.load(text.format(value), CODE + 0x100)
        bench.run("call0 call\nend: nop", a2=CODE_GATE, a4=IO)
        results.append(bench["a6"])
    del bench.symbols["end"]
    bench.run("call0 call\nend: nop", a2=0, a4=IO)
    assert [*results, bench["a6"]] == [1, 2, 2]


def test_a_reset_ends_the_waiting(bench: Bench) -> None:
    bench.load("l32i a2, a3, 0")
    bench.host.on_unanswered = lambda core: True
    bench.executor.set_shut(0, DATA_GATE)
    bench["pc"], bench["a3"] = CODE, FLASH_DATA
    bench.executor.run(bench.executor.now_ticks() + 10 * TICKS)
    bench.executor.reset_core(0)
    bench["pc"] = CODE
    before = bench.executor.instructions(0)
    bench["a3"] = DRAM
    bench.executor.run(bench.executor.now_ticks() + TICKS)
    assert bench.executor.instructions(0) > before
