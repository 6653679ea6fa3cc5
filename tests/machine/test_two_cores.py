"""Both cores of the ESP32-S3 under the registers that hold, stall, release and reset them, on every executor.

The programs lie at the reset vector: each core reads PRID and goes its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from twincore.engines.embedded import EXECUTORS, executor_factory
from twincore.isa.asm import assemble
from twincore.machine.machine import Machine
from twincore.machine.platform_file import load_platform
from twincore.model import TICKS_PER_SECOND

CYCLE = TICKS_PER_SECOND // 20_000_000  # after a reset: half of the crystal's frequency
DATA = 0x3FC9_0000
NAMES = {
    "CORE_1_CONTROL_0": 0x600C_0000,
    "CORE_1_CONTROL_1": 0x600C_0004,
    "FROM_CPU_0": 0x600C_0030,
    "OPTIONS0": 0x6000_8000,
    "SW_CPU_STALL": 0x6000_80BC,
    "MAP_FROM_CPU_0_CORE1": 0x600C_2800 + 79 * 4,
    "DATA": DATA,
}

Build = Callable[..., Machine]


@pytest.fixture(params=list(EXECUTORS))
def build(request: pytest.FixtureRequest) -> Iterator[Build]:
    """Build a machine under power whose core 0 runs one program and core 1 another."""
    machines: list[Machine] = []
    platform = load_platform("generic")

    def make(core0: str, core1: str, *, quantum_cycles: int = 64, vectors: str = "") -> Machine:
        machine = Machine(platform, executor_factory(request.param), sram="zero", quantum_cycles=quantum_cycles)
        text = f"""
        j       start
        .literal prid1, 0xABAB
        .literal data, DATA
        .literal control, CORE_1_CONTROL_0
        .literal options, OPTIONS0
        .literal stall, SW_CPU_STALL
        .literal from_cpu, FROM_CPU_0
        .literal map, MAP_FROM_CPU_0_CORE1
        .literal stall_c1, 0x02100000
        .literal stall_c0, 0x1C00A002
        .literal go_c0, 0x1C00A000
        .literal reset_core0, 0x1C00A020
        .literal reset_core1, 0x1C00A010
        .literal reset_system, 0x9C00A000
start:
        l32r    a2, data
        l32r    a3, control
        l32r    a4, options
        l32r    a5, stall
        l32r    a6, from_cpu
        l32r    a7, map
        rsr.prid a8
        l32r    a9, prid1
        bne     a8, a9, core0
        j       core1
core0:
        {core0}
end0:
        j       end0
core1:
        {core1}
end1:
        j       end1
        """
        machine.memories["rom"].write(0x400, assemble(text, 0x4000_0400, NAMES))
        if vectors:
            machine.memories["rom"].write(0x340, assemble(vectors, 0x4000_0340, NAMES))
        machine.power_on()
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        machine.close()


RELEASE = """
        movi    a10, 6
        s32i    a10, a3, 0
        movi    a10, 2
        s32i    a10, a3, 0
"""
COUNT = """
count1:
        l32i    a10, a2, 4
        addi    a10, a10, 1
        s32i    a10, a2, 4
        j       count1
"""


def cycles(machine: Machine, count: int) -> None:
    machine.run_until((machine.time_ticks // CYCLE + count) * CYCLE)


def word(machine: Machine, offset: int) -> int:
    return machine.memory_map.peek_word(DATA + offset)


def test_core_1_is_held_at_power_on(build: Build) -> None:
    machine = build("", COUNT)
    cycles(machine, 500)
    assert (word(machine, 4), machine.executor.instructions(1)) == (0, 0)


def test_core_1_starts_at_the_reset_vector_when_released(build: Build) -> None:
    machine = build(RELEASE, COUNT)
    cycles(machine, 500)
    assert word(machine, 4) > 50


@pytest.mark.parametrize("control", [0, 1, 3, 4, 5, 6, 7])
def test_core_1_stays_held(build: Build, control: int) -> None:
    machine = build(f"movi a10, {control}\n s32i a10, a3, 0", COUNT)
    cycles(machine, 500)
    assert word(machine, 4) == 0


@pytest.mark.parametrize("quantum", [1, 16, 64, 1000])
def test_release_is_exact_at_every_quantum(build: Build, quantum: int) -> None:
    """Core 1 has executed the same number of instructions when core 0 has executed a given number."""
    machine = build(RELEASE + "nop\n" * 20 + "l32i a11, a2, 4\n s32i a11, a2, 8\n", COUNT, quantum_cycles=quantum)
    cycles(machine, 2000)
    # 20 nops, less the ten instructions of core 1's start, in rounds of four: two stores
    assert abs(word(machine, 8) - 3) <= (1 if quantum == 1 else 3)


def test_stall_by_runstall_goes_on_where_it_was(build: Build) -> None:
    stall = "movi a10, 3\n s32i a10, a3, 0\n" + "nop\n" * 200 + "movi a10, 2\n s32i a10, a3, 0\n"
    machine = build(RELEASE + "nop\n" * 100 + stall, COUNT)
    cycles(machine, 250)
    stopped = word(machine, 4)
    cycles(machine, 64)
    assert word(machine, 4) == stopped > 0
    cycles(machine, 500)
    assert word(machine, 4) > stopped + 20
    assert machine.executor.instructions(1) < 700


@pytest.mark.parametrize(
    ("low", "high", "stalled"),
    [("stall_c0", "stall_c1", True), ("go_c0", "stall_c1", False), ("stall_c0", "data", False)],
)
def test_stall_needs_0x86_over_both_fields(build: Build, low: str, high: str, stalled: bool) -> None:
    stall = f"l32r a10, {low}\n s32i a10, a4, 0\n l32r a10, {high}\n s32i a10, a5, 0\n"
    machine = build(stall + RELEASE, COUNT)
    cycles(machine, 500)
    assert (word(machine, 4) == 0) is stalled


@pytest.mark.parametrize("pause", [0, 100])
def test_core_1_released_again_starts_at_the_reset_vector(build: Build, pause: int) -> None:
    once = "l32i a10, a2, 4\n addi a10, a10, 1\n s32i a10, a2, 4\n"
    again = "movi a10, 6\n s32i a10, a3, 0\n" + "nop\n" * pause + "movi a10, 2\n s32i a10, a3, 0\n"
    machine = build(RELEASE + "nop\n" * 100 + again, once)
    cycles(machine, 80)
    assert word(machine, 4) == 1
    cycles(machine, 500)
    assert word(machine, 4) == 2


def test_core_1_writes_memory_while_core_0_is_reset_over_and_over(build: Build) -> None:
    once = """
        l32i    a10, a2, 0
        addi    a10, a10, 1
        s32i    a10, a2, 0
        bnei    a10, 1, again
    """
    machine = build(once + RELEASE + "again:\n l32r a10, reset_core0\n s32i a10, a4, 0\n", COUNT)
    cycles(machine, 500)
    resets, count = word(machine, 0), word(machine, 4)
    cycles(machine, 500)
    assert word(machine, 0) > resets > 3
    assert word(machine, 4) >= count + 110
    assert {reset[1:] for reset in machine.resets[1:]} == {("core0", 0x0C)}


def test_core_0_resets_core_1_alone(build: Build) -> None:
    once = "l32i a10, a2, 4\n addi a10, a10, 1\n s32i a10, a2, 4\n"
    machine = build(RELEASE + "nop\n" * 50 + "l32r a10, reset_core1\n s32i a10, a4, 0\n", once)
    cycles(machine, 500)
    assert word(machine, 4) == 2
    assert machine.memory_map.peek_word(0x6000_8038) & 0xFFF == 0x0C << 6 | 0x01


def test_system_reset_holds_core_1_and_keeps_memory(build: Build) -> None:
    once = """
        l32i    a10, a2, 0
        addi    a10, a10, 1
        s32i    a10, a2, 0
        beqi    a10, 1, first
        j       end0
first:
    """
    machine = build(once + RELEASE + "nop\n" * 50 + "l32r a10, reset_system\n s32i a10, a4, 0\n", COUNT)
    cycles(machine, 200)
    count = word(machine, 4)
    assert (word(machine, 0), machine.resets[-1].reason) == (2, 0x03)
    assert count > 0
    cycles(machine, 300)
    assert word(machine, 4) == count
    assert machine.memory_map.peek_word(0x6000_8038) & 0xFFF == 0x03 << 6 | 0x03


@pytest.mark.parametrize("quantum", [1, 16, 64])
def test_interrupt_from_core_0_is_exact(build: Build, quantum: int) -> None:
    """Core 1 counts in a register; the handler stores the count: the same at every quantum."""
    machine = build(
        "movi a10, 0\n s32i a10, a7, 0\n" + RELEASE + "nop\n" * 100 + "movi a10, 1\n s32i a10, a6, 0\n",
        """
        movi    a10, 1
        wsr.intenable a10
        movi    a10, 0x20
        wsr.ps  a10
        rsync
        movi    a11, 0
count1: addi    a11, a11, 1
        j       count1
        """,
        quantum_cycles=quantum,
        vectors="s32i a11, a2, 4\nhere: j here",
    )
    cycles(machine, 1000)
    assert word(machine, 4) == 43


def test_diagnostic_knows_the_instruction(build: Build) -> None:
    machine = build("movi a10, 0x50\n slli a10, a10, 12\n movi a11, 0x60\n slli a11, a11, 24\n add a10, a10, a11\n"
                    "here: l32i a10, a10, 4\n", COUNT)  # fmt: skip
    cycles(machine, 100)
    assert machine.diagnostics.kept[0].text == "0x60050004"
    assert (machine.diagnostics.kept[0].core, machine.diagnostics.kept[0].time_ns) == (0, 15 * 50)
    pc = machine.diagnostics.kept[0].pc
    assert pc is not None
    assert machine.memory_map.peek(pc, 3) == bytes.fromhex("a22a01")
