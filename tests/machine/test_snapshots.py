"""SYSTIMER's count, copied by native code, is the one that Python copies: machines on both executors stay equal."""

from __future__ import annotations

import random

import pytest

from twincore.engines.embedded import EXECUTORS, executor_factory
from twincore.isa.asm import assemble
from twincore.machine.machine import Machine
from twincore.machine.platform_file import load_platform
from twincore.model import TICKS_PER_SECOND

SYSTIMER = 0x6002_3000
CONF, UNIT_OP, UNIT_LOAD = 0x00, 0x04, 0x5C
LOADS, VALUES = (0x0C, 0x10, 0x14, 0x18), (0x40, 0x44, 0x48, 0x4C)
UPDATE = 1 << 30
DATA = 0x3FC9_0000
STEPS = 100
CYCLE = TICKS_PER_SECOND // 20_000_000  # after a reset: half of the crystal's frequency


def program(rng: random.Random, steps: int) -> str:
    """Return instructions with SYSTIMER in a2, memory in a3, UPDATE in a4 and ways to configure it in a5 to a7."""
    lines = []
    for step in range(steps):
        unit = rng.randrange(2)
        kinds = [
            [f"s32i a4, a2, {UNIT_OP + 4 * unit}", f"l32i a8, a2, {UNIT_OP + 4 * unit}", f"s32i a8, a3, {step * 8}"],
            [f"l32i a8, a2, {rng.choice(VALUES)}", f"s32i a8, a3, {step * 8 + 4}"],
            [f"s32i a{rng.choice((5, 6, 7))}, a2, {CONF}"],
            [f"s32i a{rng.choice((4, 5, 6, 7))}, a2, {rng.choice(LOADS)}"],
            [f"movi a8, {rng.randrange(2)}", f"s32i a8, a2, {UNIT_LOAD + 4 * unit}"],
            [f"s32i a{rng.choice((5, 6, 7))}, a2, {UNIT_OP + 4 * unit}"],
            [f"movi a8, {rng.choice((0x40, 0x80, 0xFF))}", f"s8i a8, a2, {UNIT_OP + 4 * unit + rng.choice((0, 3))}"],
            ["nop"] * rng.randrange(40),
        ]
        lines += rng.choices(kinds, (8, 8, 2, 2, 1, 1, 1, 4))[0]
    return "\n".join(lines)


def digests(kind: str, text: str, quantum: int, times: list[int]) -> list[str]:
    machine = Machine(load_platform("generic"), executor_factory(kind), sram="zero", quantum_cycles=quantum)
    machine.memories["rom"].write(0x400, assemble(text, 0x4000_0400, {"SYSTIMER": SYSTIMER, "DATA": DATA}))
    machine.power_on()
    result = []
    for cycles in times:
        machine.run_for(cycles * CYCLE)
        result.append(machine.digest())
    seen = {machine.memory_map.peek_word(DATA + at) for at in range(0, 8 * STEPS, 4)}
    machine.close()
    assert len(seen) > 5, "the program saw no counts"
    return result


@pytest.mark.parametrize("seed", range(6))
def test_native_snapshots_equal_pythons(seed: int) -> None:
    rng = random.Random(seed)
    text = f"""
        j start
        .literal timer, SYSTIMER
        .literal data, DATA
        .literal update, {UPDATE:#x}
        .literal both, 0x66000000
        .literal first, 0x46000000
        .literal odd, {rng.getrandbits(32):#x}
start:
        l32r a2, timer
        l32r a3, data
        l32r a4, update
        l32r a5, both
        l32r a6, first
        l32r a7, odd
        {program(rng, STEPS)}
here:   j here
    """
    times, quantum = [rng.randrange(1, 1000) for _ in range(6)], rng.choice((1, 64))
    first, *others = (digests(kind, text, quantum, times) for kind in EXECUTORS)
    assert all(other == first for other in others)
