"""SENSITIVE: permissions as ESP-IDF's memory protection sets them, on a machine whose cores run into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from esp32s3.sensitive import SENSITIVE
from twincore.engines.embedded import EmbeddedEngine
from twincore.isa.asm import assemble
from twincore.machine.executor import Access

LOAD, STORE, FETCH = Access.LOAD, Access.STORE, Access.FETCH
LINE = "CORE_X_IRAM0_DRAM0_DMA_SPLIT_LINE_CONSTRAIN_{}"
IRAM_PMS, DRAM_PMS = "CORE_X_IRAM0_PMS_CONSTRAIN_2", "CORE_X_DRAM0_PMS_CONSTRAIN_1"


def line(address: int) -> int:
    """The value of a split line at an address of the instruction bus, as ESP-IDF writes it."""
    segment = (address - 0x4037_0000) >> 16
    return 2 << 2 * segment | sum(3 << 2 * k for k in range(segment + 1, 7)) | (address >> 8 & 0xFF) << 14


@pytest.fixture
def block(bench: Callable[..., Any]) -> Any:
    return bench(SENSITIVE)


def ranges(block: Any, core: int = 0) -> list[tuple[int, int, set[Access]]]:
    return [(entry.first, entry.end, set(entry.allowed)) for entry in block.context.protections.get(core, [])]


def test_everything_is_allowed_after_reset(block: Any) -> None:
    assert ranges(block) == []


def test_code_below_the_line_and_data_above_as_esp_idf_sets_them(block: Any) -> None:
    for n in (1, 2, 3):
        block.write(LINE.format(n), line(0x4038_4500))
    for n in (4, 5):
        block.write(LINE.format(n), line(0x4038_4500))
    block.write(IRAM_PMS, 0x1F_F000 | 0o0555)
    block.write(DRAM_PMS, 0xFFF_FF00 | 0b11_11_11_00)
    expected = [
        (0x4037_8000, 0x4038_4500, {LOAD, FETCH}),
        (0x4038_4500, 0x403E_0000, set()),
        (0x3FC8_8000, 0x3FC9_4500, set()),
    ]
    assert ranges(block, 0) == expected
    assert ranges(block, 1) == expected


@pytest.mark.parametrize(("domain", "are_gone"), [("core0", True), ("core1", False), ("system", True)])
def test_reset_of_cpu_0_allows_everything(block: Any, domain: str, are_gone: bool) -> None:
    block.write(LINE.format(1), line(0x4038_4500))
    block.write(IRAM_PMS, 0o555)
    block.write("CORE_X_IRAM0_PMS_CONSTRAIN_0", 1)
    block.block.reset(domain, 0xC)
    assert (ranges(block) == []) is are_gone
    assert block.read("CORE_X_IRAM0_PMS_CONSTRAIN_0") == (0 if are_gone else 1)


@pytest.mark.parametrize(
    "address", [0x4037_8000, 0x4037_FF00, 0x4038_0000, 0x4039_1200, 0x403A_0000, 0x403C_FF00, 0x403D_AB00]
)
def test_a_line_in_each_segment(block: Any, address: int) -> None:
    for n in (1, 2, 3):
        block.write(LINE.format(n), line(address))
    block.write(IRAM_PMS, 0x1F_F000 | 0o0777)
    assert ranges(block) == [(address, 0x403E_0000, set())]


def test_four_areas(block: Any) -> None:
    for n, address in ((2, 0x4038_1000), (3, 0x4038_2000), (1, 0x4038_3000)):
        block.write(LINE.format(n), line(address))
    block.write(IRAM_PMS, 0x1F_F000 | 0o4215)
    assert ranges(block) == [
        (0x4037_8000, 0x4038_1000, {LOAD, FETCH}),
        (0x4038_1000, 0x4038_2000, {LOAD}),
        (0x4038_2000, 0x4038_3000, {STORE}),
        (0x4038_3000, 0x403E_0000, {FETCH}),
    ]


def test_a_lock_keeps_lines_and_permissions(block: Any) -> None:
    block.write(LINE.format(1), line(0x4038_4500))
    block.write(IRAM_PMS, 0x1F_F000 | 0o0777)
    before = ranges(block)
    for name in (LINE.format(0), "CORE_X_IRAM0_PMS_CONSTRAIN_0", "CORE_X_DRAM0_PMS_CONSTRAIN_0"):
        block.write(name, 1)
    block.write(LINE.format(1), line(0x4039_0000))
    block.write(IRAM_PMS, 0x1F_FFFF)
    block.write(DRAM_PMS, 0)
    assert ranges(block) == before
    assert (block.read(IRAM_PMS), block.read(DRAM_PMS)) == (0x1F_F1FF, 0xFFF_FFFF)
    block.block.reset("system", 3)
    assert ranges(block) == []


# With cores

PMS = 0x600C_1000
CODE, TEXT, DATA = 0x4037_8000, 0x4038_0000, 0x4039_0000
DATA_SEEN = DATA - 0x6F_0000


class Chip:
    """Core 1 runs what a test gives it; code lies below the line at DATA, data above."""

    def __init__(self, executor: Any) -> None:
        self.engine = EmbeddedEngine("generic", executor=executor)
        self.engine.power_on()
        for offset in (0xC4, 0xC8, 0xCC, 0xD0, 0xD4):
            self.write(PMS + offset, line(DATA))
        self.write(PMS + 0xE0, 0x1F_F000 | 0o0555)
        self.write(PMS + 0x100, 0xFFF_FF00 | 0b11_11_11_00)
        self.write(0x600C_0000, 1 << 1)
        self.write(0x600C_0000, 0)

    def write(self, address: int, value: int) -> None:
        self.engine.machine.io_write(0, address, 4, value)

    def read(self, address: int) -> int:
        return self.engine.machine.io_read(0, address, 4)

    def run(self, text: str, at: int = CODE, **registers: int) -> None:
        self.engine.write_memory(at, assemble(text, at))
        self.write(0x600C_0000, 1 << 1)
        self.engine.write_register(1, "pc", at)
        for name, value in registers.items():
            self.engine.write_register(1, name, value)
        for _ in text.splitlines():
            self.engine.step(1)

    def level(self, name: str) -> int:
        return self.engine.machine.peripherals["SENSITIVE"].signals[name].level


@pytest.fixture(params=["native", "reference"])
def chip(request: pytest.FixtureRequest) -> Iterator[Chip]:
    chip = Chip(request.param)
    with closing(chip.engine):
        yield chip


def test_a_store_to_code_is_dropped_and_recorded(chip: Chip) -> None:
    chip.engine.write_memory(TEXT, bytes(4))
    chip.run("s32i a3, a2, 8\nnop", a2=TEXT - 8, a3=0x1234)
    assert chip.engine.read_memory(TEXT, 4) == bytes(4)
    assert chip.engine.read_register(1, "pc") == CODE + 6
    assert (chip.level("core1_iram0"), chip.level("core0_iram0"), chip.level("core1_dram0")) == (1, 0, 0)
    assert chip.read(PMS + 0xF8) == (TEXT - 0x4000_0000 >> 2) << 5 | 1 << 3 | 1 << 2 | 1 << 1 | 1
    chip.write(PMS + 0xF4, 3)
    assert (chip.read(PMS + 0xF8), chip.level("core1_iram0")) == (0, 0)


def test_a_load_of_code_over_the_data_bus_reads_0(chip: Chip) -> None:
    chip.engine.write_memory(TEXT, b"\xff" * 4)
    chip.run("l16ui a3, a2, 0", a2=TEXT - 0x6F_0000 + 2, a3=7)
    assert chip.engine.read_register(1, "a3") == 0
    assert chip.read(PMS + 0x11C) == (TEXT - 0x6F_0000 - 0x3C00_0000 >> 4) << 4 | 1 << 2 | 1
    assert chip.read(PMS + 0x120) == 0b1100 << 1


def test_data_is_free(chip: Chip) -> None:
    chip.run("s32i a3, a2, 0\nl32i a4, a2, 0", a2=DATA_SEEN, a3=0x1234)
    assert chip.engine.read_register(1, "a4") == 0x1234
    assert not any(chip.level(f"core{core}_{bus}") for core in (0, 1) for bus in ("iram0", "dram0"))


def test_data_is_not_executed(chip: Chip) -> None:
    chip.engine.write_memory(DATA, assemble("nop", DATA))
    chip.run("jx a2\nnop", a2=DATA, ps=0)
    assert chip.engine.read_register(1, "exccause") == 20
    assert chip.engine.read_register(1, "epc1") == DATA
    assert chip.read(PMS + 0xF8) == (DATA - 0x4000_0000 >> 2) << 5 | 1 << 3 | 1


def test_only_the_first_violation_is_kept(chip: Chip) -> None:
    chip.run("s32i a3, a2, 0\ns32i a3, a2, 4", a2=TEXT)
    assert chip.read(PMS + 0xF8) >> 5 == TEXT - 0x4000_0000 >> 2


def test_a_monitor_that_is_off_records_nothing_but_the_store_is_dropped(chip: Chip) -> None:
    chip.engine.write_memory(TEXT, bytes(4))
    chip.write(PMS + 0xF4, 0)
    chip.run("s32i a3, a2, 0", a2=TEXT, a3=1)
    assert (chip.read(PMS + 0xF8), chip.engine.read_memory(TEXT, 4)) == (0, bytes(4))


def test_rights_that_come_back_are_rights(chip: Chip) -> None:
    chip.run("s32i a3, a2, 0", a2=TEXT, a3=1)
    chip.write(PMS + 0xE0, 0x1F_FFFF)
    chip.engine.write_memory(DATA, assemble("nop", DATA))
    chip.run("s32i a3, a2, 0\njx a4\nnop", a2=TEXT, a3=0x77, a4=DATA)
    assert chip.engine.read_memory(TEXT, 4) == bytes((0x77, 0, 0, 0))
    assert chip.engine.read_register(1, "pc") == DATA + 3


def test_a_page_of_both_kinds_is_judged_by_the_word(chip: Chip) -> None:
    for offset in (0xC4, 0xC8, 0xCC, 0xD0, 0xD4):
        chip.write(PMS + offset, line(DATA + 0x100))
    chip.engine.write_memory(DATA, bytes(0x200))
    chip.run("s32i a3, a2, 0\ns32i a3, a2, 4", a2=DATA_SEEN + 0xFC, a3=0x55)
    assert chip.engine.read_memory(DATA + 0xFC, 8) == bytes((0, 0, 0, 0, 0x55, 0, 0, 0))
