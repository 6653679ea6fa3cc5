"""Random programs on both cores, native against the reference: schedules, interrupts, loops, stores into code.

The programs make no sense; they jump into each other's middle, overwrite themselves, take every exception and interrupt
each other. Both executors must be in the same state after every piece of time.
"""

from __future__ import annotations

import random

import pytest
from pair import CODE, DATA, FLASH_CODE, FLASH_DATA, GATE_SIZE, IO, TICK, VECTORS, Pair

from twincore.isa.definitions import INSTRUCTIONS

AREA = 0x1000
_OFTEN = [
    *("addi", "add", "sub", "movi", "movi.n", "mov.n", "addi.n", "add.n", "l32r", "memw", "xsr.sar"),
    *("l32i", "s32i", "s8i", "l8ui", "l16si", "s16i", "l32i.n", "s32i.n", "s32c1i", "l32e", "s32e"),
    *("beqz", "bnez", "beqi", "bbci", "j", "jx", "call0", "callx0", "ret", "loop", "loopnez", "wsr.lcount"),
    *("call4", "call8", "call12", "callx8", "entry", "retw", "retw.n", "movsp", "rotw", "rfwo", "rfwu"),
    *("rsil", "waiti", "rfe", "rfi", "rsr.ccount"),
    *("wsr.intenable", "wsr.ps", "wsr.ccompare1", "wsr.intset"),
]
_NEVER = {"wsr.memctl", "wsr.vecbase", "xsr.vecbase"}  # vectors stay where there is code


def program(rng: random.Random, size: int) -> bytes:
    """Return `size` bytes of valid instructions, favouring those that real code is made of."""
    names = [name for name in sorted(INSTRUCTIONS) if name not in _NEVER]
    code = bytearray()
    while len(code) < size:
        name = rng.choice(_OFTEN) if rng.random() < 0.8 else rng.choice(names)
        instruction = INSTRUCTIONS[name]
        word = instruction.match | rng.getrandbits(32) & ~instruction.mask
        for operand in instruction.operands.values():
            # mostly near targets, or nothing would ever run for long
            if operand.immediate is not None and operand.immediate.relative and rng.random() < 0.8:
                word &= ~operand.place((1 << len(operand.positions)) - 1)
                word |= operand.place(rng.randrange(1, min(64, 1 << len(operand.positions))))
        code += (word & ((1 << 8 * instruction.length) - 1)).to_bytes(instruction.length, "little")
    return bytes(code[:size])


@pytest.mark.parametrize("seed", range(24))
def test_random_programs_agree(seed: int) -> None:
    rng = random.Random(seed)
    pair = Pair(quantum=rng.choice((1, 3, 16, 64, 1000)), semihosting=bool(seed & 1))
    pair.write(DATA, rng.randbytes(0x10000))
    pair.write(CODE, program(rng, AREA))
    pair.write(VECTORS, b"".join(program(rng, 0x3C) + bytes.fromhex("00300000") for _ in range(0x40)))
    for side in pair.sides:
        side.host.acts = True
    for core in range(2):
        values = [
            (
                f"ar{k}",
                rng.choice(
                    (
                        DATA + rng.randrange(0x10000),
                        IO + 0x1000 + rng.randrange(64),
                        rng.randrange(64),
                        CODE + rng.randrange(AREA),
                        FLASH_CODE + rng.randrange(AREA),
                        FLASH_DATA + rng.randrange(GATE_SIZE),
                        rng.getrandbits(32),
                    )
                ),
            )
            for k in range(64)
        ]
        pair.registers(
            core, [*values, ("ps", rng.choice((0x40000, 0x40020, 0x4000F))), ("intenable", rng.getrandbits(32))]
        )
        pair.registers(core, [("pc", CODE + rng.randrange(AREA)), ("cpenable", rng.choice((0, 0xFF)))])
        pair.both(lambda side, c=core: side.executor.set_running(c, True))  # type: ignore[misc]
    for piece in range(40):
        pair.run(rng.choice((1, 7, 64, 300, 1000)))
        if piece % 5 == 4:
            levels, core = rng.getrandbits(32), rng.randrange(2)
            pair.both(lambda side, c=core, v=levels: side.executor.set_lines(c, v))  # type: ignore[misc]
            pair.both(lambda side, c=core: side.executor.set_running(c, True))  # type: ignore[misc]
            pair.both(lambda side, c=core, v=levels: side.executor.set_shut(c, v & 3 & v >> 2))  # type: ignore[misc]
            if rng.random() < 0.5:
                start = rng.choice((CODE, FLASH_CODE)) + rng.randrange(AREA)
                pair.registers(core, [("pc", start)])
    assert sum(pair.native.executor.instructions(core) for core in range(2)) > 0


def test_a_tick_is_a_cycle() -> None:
    pair = Pair(quantum=1)
    pair.write(CODE, bytes.fromhex("f02000") * 100)
    pair.registers(0, [("pc", CODE)])
    pair.both(lambda side: side.executor.set_running(0, True))
    pair.run(10)
    assert pair.native.executor.now_ticks() == 10 * TICK
    assert pair.native.executor.instructions(0) == 10
