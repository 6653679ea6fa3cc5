"""Cores that run from flash while a cache is shut, frozen or maps nothing: guest code on both cores, both executors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from twincore.engines.embedded import EXECUTORS, executor_factory
from twincore.isa.asm import assemble
from twincore.isa.spec import Cause
from twincore.machine.machine import Machine
from twincore.machine.platform_file import load_platform
from twincore.model import TICKS_PER_SECOND

CYCLE = TICKS_PER_SECOND // 20_000_000  # after a reset: half of the crystal's frequency
ROM, FLASH, SRAM = 0x4000_0400, 0x4200_0000, 0x3FC9_0000
LINE = 25
"""The interrupt input of level 4 that ESP-IDF gives to cache errors."""
REGISTERS = {
    "CORE_1_CONTROL_0": 0x600C_0000,
    "DCACHE_CTRL": 0x600C_4000,
    "DCACHE_CTRL1": 0x600C_4004,
    "ICACHE_CTRL": 0x600C_4060,
    "ICACHE_CTRL1": 0x600C_4064,
    "CACHE_ILG_INT_ENA": 0x600C_40DC,
    "CACHE_ILG_INT_ST": 0x600C_40E4,
    "CORE0_ACS_CACHE_INT_ENA": 0x600C_40E8,
    "CORE0_ACS_CACHE_INT_ST": 0x600C_40F0,
    "CORE1_ACS_CACHE_INT_ENA": 0x600C_40F4,
    "CORE1_ACS_CACHE_INT_CLR": 0x600C_40F8,
    "CORE1_ACS_CACHE_INT_ST": 0x600C_40FC,
    "CACHE_MMU_FAULT_CONTENT": 0x600C_4120,
    "CACHE_MMU_FAULT_VADDR": 0x600C_4124,
    "DCACHE_FREEZE": 0x600C_4150,
    "ICACHE_FREEZE": 0x600C_4154,
    "MMU_0": 0x600C_5000,
    "CORE0_MAP_CACHE_IA": 0x600C_2000 + 56 * 4,
    "CORE0_MAP_CORE0_ACS": 0x600C_2000 + 94 * 4,
    "CORE1_MAP_CORE1_ACS": 0x600C_2800 + 95 * 4,
}
"""Registers by name; a program loads one's address with `l32r aN, NAME_at`."""

VECTOR = f"""
        .literal sram, {SRAM:#x}
        .literal one, 1
level4:
        l32r    a5, sram
        rsr.prid a6
        extui   a6, a6, 1, 1        # 0xABAB: core 1
        addx4   a5, a6, a5
        l32r    a7, one
        s32i    a7, a5, 0
        rsr.epc4 a7
        s32i    a7, a5, 8
end:
        j       end
"""

Build = Callable[..., Machine]


@pytest.fixture(params=list(EXECUTORS))
def build(request: pytest.FixtureRequest) -> Iterator[Build]:
    """Build a machine whose core 0 runs a program from ROM and core 1 one from flash, with caches on and page 0 mapped.

    Both take cache errors on level 4, where they store 1 to SRAM + 4 * core, and EPC4 to SRAM + 8 + 4 * core.
    """
    machines: list[Machine] = []

    def make(core0: str, core1: str = "", *, quantum_cycles: int = 1) -> Machine:
        platform = load_platform("generic")
        machine = Machine(platform, executor_factory(request.param), sram="zero", quantum_cycles=quantum_cycles)
        literals = "\n".join(f".literal {name}_at, {name}" for name in REGISTERS)
        text = f"""
        j       start
        {literals}
        .literal prid1, 0xABAB
        .literal flash, {FLASH:#x}
        .literal sram, {SRAM:#x}
        .literal line, {1 << LINE:#x}
start:
        movi    a2, 0
        wsr.ps  a2
        l32r    a2, line
        wsr.intenable a2
        rsync
        movi    a12, 0
        movi    a13, 1
        movi    a14, 2
        movi    a15, 3
        movi    a2, {LINE}
        rsr.prid a3
        l32r    a4, prid1
        bne     a3, a4, core0
        l32r    a3, CORE1_MAP_CORE1_ACS_at
        s32i    a2, a3, 0
        l32r    a3, CORE1_ACS_CACHE_INT_ENA_at
        movi    a4, 0x1f
        s32i    a4, a3, 0
        l32r    a3, flash
        l32r    a10, sram
        jx      a3
core0:
        l32r    a3, CORE0_MAP_CACHE_IA_at
        s32i    a2, a3, 0
        l32r    a3, CORE0_MAP_CORE0_ACS_at
        s32i    a2, a3, 0
        movi    a2, 0x3f
        l32r    a3, CACHE_ILG_INT_ENA_at
        s32i    a2, a3, 0
        l32r    a3, CORE0_ACS_CACHE_INT_ENA_at
        s32i    a2, a3, 0
        l32r    a3, MMU_0_at
        s32i    a12, a3, 0          # entry 0: page 0 of flash
        l32r    a3, ICACHE_CTRL_at
        s32i    a13, a3, 0
        l32r    a3, DCACHE_CTRL_at
        s32i    a13, a3, 0
        l32r    a3, ICACHE_CTRL1_at
        s32i    a12, a3, 0
        l32r    a3, DCACHE_CTRL1_at
        s32i    a12, a3, 0
        l32r    a10, sram
        l32r    a11, CORE_1_CONTROL_0_at
        {core0}
end0:
        j       end0
        """
        machine.memories["rom"].write(ROM - 0x4000_0000, assemble(text, ROM, REGISTERS))
        machine.memories["rom"].write(0x1F8, assemble(VECTOR, 0x4000_01F8))
        machine.memories["rom"].write(0x300, assemble("end: j end", 0x4000_0300))
        machines.append(machine)
        machine.memories["flash"].write(0, assemble(core1, FLASH, REGISTERS))
        machine.power_on()
        return machine

    yield make
    for machine in machines:
        machine.close()


RELEASE_CORE1 = """
        movi    a2, 6
        s32i    a2, a11, 0
        movi    a2, 2
        s32i    a2, a11, 0
        movi    a2, 60
wait:
        addi    a2, a2, -1
        bnez    a2, wait
"""
COUNT = """
count:
        addi    a9, a9, 1
        s32i    a9, a10, 0x20
        j       count
"""


def cycles(machine: Machine, count: int) -> None:
    machine.run_until((machine.time_ticks // CYCLE + count) * CYCLE)


def word(machine: Machine, offset: int) -> int:
    return machine.memory_map.peek_word(SRAM + offset)


def test_core1_runs_from_flash(build: Build) -> None:
    machine = build(RELEASE_CORE1, COUNT)
    cycles(machine, 1000)
    assert word(machine, 0x20) > 100
    assert (word(machine, 0), word(machine, 4)) == (0, 0)


@pytest.mark.parametrize(
    ("shut", "bits"),
    [
        ("l32r a3, ICACHE_CTRL_at\ns32i a12, a3, 0", 1),
        ("l32r a3, ICACHE_CTRL1_at\ns32i a14, a3, 0", 1),
    ],
)
def test_suspending_the_cache_strikes_the_core_that_runs_from_flash(build: Build, shut: str, bits: int) -> None:
    """Core 1 takes the interrupt at the instruction that it could not fetch; core 0, in ROM, goes on."""
    machine = build(RELEASE_CORE1 + shut + "\ns32i a13, a10, 0x30", COUNT)
    cycles(machine, 1000)
    assert (word(machine, 0), word(machine, 4), word(machine, 0x30)) == (0, 1, 1)
    assert word(machine, 12) in (FLASH, FLASH + 3, FLASH + 6)
    assert machine.memory_map.peek_word(REGISTERS["CORE1_ACS_CACHE_INT_ST"]) == bits
    assert machine.memory_map.peek_word(REGISTERS["CORE0_ACS_CACHE_INT_ST"]) == 0
    assert machine.executor.cores[1].read("epc1") == 0
    assert any(
        d.kind == "mmu" and d.core == 1 and "fetch" in d.text and "shut" in d.text for d in machine.diagnostics.kept
    )


@pytest.mark.parametrize("shut", ["ICACHE_CTRL1_at\ns32i a13, a3, 0", "DCACHE_CTRL_at\ns32i a12, a3, 0"])
def test_shutting_another_bus_does_not(build: Build, shut: str) -> None:
    machine = build(RELEASE_CORE1 + f"l32r a3, {shut}", COUNT)
    cycles(machine, 500)
    before = word(machine, 0x20)
    cycles(machine, 500)
    assert word(machine, 0x20) > before > 0
    assert word(machine, 4) == 0


def test_an_interrupt_that_is_masked_leaves_an_illegal_instruction(build: Build) -> None:
    """ESP-IDF's critical sections leave level 4 open; code that does not meets what a shut cache gives as code."""
    machine = build(RELEASE_CORE1 + "l32r a3, ICACHE_CTRL_at\ns32i a12, a3, 0", "rsil a2, 5\n" + COUNT)
    cycles(machine, 3000)
    core = machine.executor.cores[1]
    assert word(machine, 4) == 0
    assert core.read("exccause") == Cause.ILLEGAL_INSTRUCTION
    assert core.read("epc1") in (FLASH + 3, FLASH + 6, FLASH + 9)


def test_a_core_whose_vectors_are_behind_a_shut_cache_goes_on_to_raise_the_error(build: Build) -> None:
    """It is lost, but whoever clears the error finds it again."""
    clear = """
        l32r    a3, ICACHE_CTRL_at
        s32i    a12, a3, 0
        movi    a2, 100
lost:
        addi    a2, a2, -1
        bnez    a2, lost
        l32r    a3, CORE1_ACS_CACHE_INT_CLR_at
        l32i    a4, a3, 4
        s32i    a4, a10, 0x30
        s32i    a4, a3, 0
        l32i    a4, a3, 4
        s32i    a4, a10, 0x34
    """
    machine = build(RELEASE_CORE1 + clear, "wsr.vecbase a3\nrsil a2, 5\n" + COUNT)
    cycles(machine, 1000)
    assert machine.executor.cores[1].lost
    assert (word(machine, 0x30), word(machine, 0x34)) == (1, 1)


def test_a_frozen_cache_stops_the_core_until_it_thaws(build: Build) -> None:
    freeze = """
        l32r    a3, ICACHE_FREEZE_at
        s32i    a13, a3, 0
        l32i    a4, a10, 0x20
        movi    a2, 100
frozen:
        addi    a2, a2, -1
        bnez    a2, frozen
        l32i    a5, a10, 0x20
        sub     a5, a5, a4
        s32i    a5, a10, 0x30
        s32i    a12, a3, 0
    """
    machine = build(RELEASE_CORE1 + freeze, COUNT)
    cycles(machine, 1200)
    before = word(machine, 0x20)
    cycles(machine, 300)
    assert word(machine, 0x30) <= 1
    assert word(machine, 0x20) == before + 100
    assert (word(machine, 0), word(machine, 4)) == (0, 0)


def test_a_load_through_a_data_cache_that_is_off(build: Build) -> None:
    text = """
        l32r    a3, DCACHE_CTRL_at
        s32i    a12, a3, 0
        movi    a4, 0x3c
        slli    a4, a4, 24
        l32i    a5, a4, 8
        s32i    a5, a10, 0x30
    """
    machine = build(text, COUNT)
    cycles(machine, 300)
    assert (word(machine, 0), word(machine, 0x30)) == (1, 0)
    assert machine.executor.cores[0].read("a5") in (SRAM, 0xBAD0_0BAD)
    assert machine.memory_map.peek_word(REGISTERS["CORE0_ACS_CACHE_INT_ST"]) == 1 << 3


def test_a_load_from_a_page_that_the_mmu_does_not_map(build: Build) -> None:
    """The registers say what ESP-IDF prints: the address, and an entry that is invalid."""
    text = """
        movi    a4, 0x3c
        slli    a4, a4, 24
        movi    a5, 1
        slli    a5, a5, 16
        add     a4, a4, a5
        l32i    a5, a4, 4
    """
    machine = build(text)
    cycles(machine, 300)
    assert word(machine, 0) == 1
    assert machine.memory_map.peek_word(REGISTERS["CACHE_ILG_INT_ST"]) == 1 << 5
    assert machine.memory_map.peek_word(REGISTERS["CACHE_MMU_FAULT_VADDR"]) == 0x3C01_0004
    assert machine.memory_map.peek_word(REGISTERS["CACHE_MMU_FAULT_CONTENT"]) == 0x1_4000
    assert machine.memory_map.peek_word(REGISTERS["CORE0_ACS_CACHE_INT_ST"]) == 0


def test_a_store_to_flash_is_dropped_and_told(build: Build) -> None:
    machine = build("movi a4, 0x3c\nslli a4, a4, 24\ns32i a13, a4, 0", COUNT)
    before = machine.memories["flash"].read(0, 4)
    cycles(machine, 300)
    assert word(machine, 0) == 1
    assert machine.memory_map.peek_word(REGISTERS["CACHE_ILG_INT_ST"]) == 1 << 4
    assert machine.memories["flash"].read(0, 4) == before
