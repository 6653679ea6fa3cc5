"""A core whose double exception vector raises an exception itself, native against the reference (executor, rule 10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pair import CODE, DATA, FLASH_CODE, IO, TICK, VECTORS, Pair, Side

from twincore.isa import config
from twincore.isa.asm import assemble
from twincore.machine.executor import Access, BusKind, Protection

WILD, NOWHERE = 0x20000000, 0x40400000
"""Where nothing is mapped: no code can be at WILD, some could be at NOWHERE."""
UNMAPPED_FLASH = FLASH_CODE + 0x10000
LOOP = "loop: j loop"
LOAD_FROM_NOWHERE = "l32i a3, a2, 0"


def lose(base: int, vector: str | bytes | None = None) -> Pair:
    """Run core 1 into an exception with VECBASE at `base`, where only the double exception vector may have code."""
    pair = Pair()
    pair.write(CODE, assemble(LOOP, CODE))
    if vector is not None:
        place = base + config.VECTOR_DOUBLE
        pair.write(place, assemble(vector, place) if isinstance(vector, str) else vector)
    pair.registers(0, [("pc", CODE)])
    pair.registers(1, [("pc", NOWHERE), ("vecbase", base), ("ps", 0), ("ar2", NOWHERE)])
    for core in range(2):
        pair.both(lambda side, c=core: side.executor.set_running(c, True))  # type: ignore[misc]
    pair.run(200)
    assert all(side.executor.cores[1].lost for side in pair.sides)
    return pair


KINDS = {
    "no place for code": (WILD, None),
    "nothing mapped": (NOWHERE, None),
    "data bus": (DATA + 0x1000, None),
    "unmapped flash": (UNMAPPED_FLASH, None),
    "no instruction": (CODE + 0x1000, bytes(3)),
    "load": (CODE + 0x1000, LOAD_FROM_NOWHERE),
    "store": (CODE + 0x1000, "s32i a3, a2, 0"),
    "load from a flash page": (FLASH_CODE + 0x1000, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_core_passes_cycles_and_counts_them_as_instructions(kind: str) -> None:
    base, vector = KINDS[kind]
    pair = lose(base, vector)
    before = pair.native.executor.instructions(1)
    pair.run(3000)
    assert pair.native.executor.instructions(1) >= before + 2900
    # the host has heard of the exceptions on the way, and of the last one's twice
    told = [entry for entry in pair.native.host.log if entry[1:2] == (1,)]
    assert len(told) <= 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_tenth_of_a_second_is_no_long_wait(kind: str) -> None:
    base, vector = KINDS[kind]
    native = lose(base, vector).native
    told = len(native.host.log)
    native.executor.run(24_000_000 * TICK)
    assert native.executor.instructions(1) > 23_900_000
    assert len(native.host.log) == told


def found(base: int, vector: str | bytes | None, act: Callable[[Pair], None]) -> Pair:
    """Lose core 1, do something, and return what it has come to: `back` counts in a5."""
    pair = lose(base, vector)
    act(pair)
    pair.run(500)
    return pair


def put(place: int, text: str) -> Callable[[Pair], None]:
    return lambda pair: pair.write(place, assemble(text, place))


BACK = "back: addi a5, a5, 1\nj back"


def map_code(side: Side) -> None:
    side.ram.write(config.VECTOR_DOUBLE, assemble(BACK, NOWHERE + config.VECTOR_DOUBLE))
    side.executor.map(NOWHERE, 0x1000, side.ram, 0, bus=BusKind.INSTRUCTION, writable=True)


def test_what_is_mapped_there_is_executed() -> None:
    pair = found(NOWHERE, None, lambda pair: pair.both(map_code))
    assert pair.native.executor.cores[1].read("ar5") > 100


def test_what_the_host_writes_there_is_executed() -> None:
    place = CODE + 0x1000 + config.VECTOR_DOUBLE
    for vector in (bytes(3), LOAD_FROM_NOWHERE):
        pair = found(CODE + 0x1000, vector, put(place, BACK))
        assert pair.native.executor.cores[1].read("ar5") > 100


def test_what_the_other_core_stores_there_is_executed() -> None:
    place = CODE + 0x1000 + config.VECTOR_DOUBLE
    jump = int.from_bytes(assemble(f"j {CODE + 0x200:#x}", place).ljust(4, b"\0"), "little")

    def store(pair: Pair) -> None:
        pair.write(CODE + 0x200, assemble(BACK, CODE + 0x200))
        pair.write(CODE + 0x100, assemble(f"s32i a4, a3, 0\n{LOOP}", CODE + 0x100))
        pair.registers(0, [("pc", CODE + 0x100), ("ar3", place - CODE + DATA), ("ar4", jump)])

    pair = found(CODE + 0x1000, bytes(3), store)
    assert pair.native.executor.cores[1].read("ar5") > 100


def test_a_register_that_a_debugger_changes_counts() -> None:
    pair = found(NOWHERE, None, lambda pair: pair.registers(1, [("pc", CODE)]))
    assert pair.native.executor.cores[1].read("pc") == CODE


def test_an_interrupt_of_a_high_level_is_taken() -> None:
    number = config.LEVEL_INTERRUPTS[4][0]

    def interrupt(pair: Pair) -> None:
        place = CODE + 0x1000 + config.LEVEL_VECTORS[4]
        pair.write(place, assemble(BACK, place))
        pair.registers(1, [("intenable", 1 << number)])
        pair.both(lambda side: side.executor.set_lines(1, 1 << number))

    pair = found(CODE + 0x1000, bytes(3), interrupt)
    assert pair.native.executor.cores[1].read("ar5") > 100


def test_a_reset_begins_anew() -> None:
    pair = found(NOWHERE, None, lambda pair: pair.both(lambda side: side.executor.reset_core(1)))
    assert pair.native.executor.cores[1].read("vecbase") == VECTORS


@pytest.mark.parametrize("kind", ["nothing mapped", "unmapped flash", "load"])
def test_the_host_hears_again_when_it_asks(kind: str) -> None:
    pair = lose(*KINDS[kind])
    for act in (
        lambda side: side.executor.tell_again(),
        lambda side: side.executor.set_shut(1, 0),
        lambda side: side.executor.protect(1, [Protection(DATA, DATA + 16, frozenset(Access))]),
        lambda side: side.executor.map(IO + 0x10000, 0x1000, None, 0, bus=BusKind.DATA, writable=False),
    ):
        told = len(pair.native.host.log)
        pair.both(act)
        pair.run(300)
        assert len(pair.native.host.log) == told + 1


def test_each_pass_of_a_breakpoint_is_told() -> None:
    base, vector = KINDS["load"]
    pair = lose(base, vector)
    pair.both(lambda side: side.executor.add_breakpoint(base + config.VECTOR_DOUBLE))
    pair.run(100)
    assert sum(entry[0] == "breakpoint" for entry in pair.native.host.log) >= 60


def test_single_steps_and_counted_instructions_are_single() -> None:
    pair = lose(*KINDS["nothing mapped"])
    before = pair.native.executor.instructions(1)
    pair.both(lambda side: side.executor.step(1))
    assert pair.native.executor.instructions(1) == before + 1
    pair.compare()
