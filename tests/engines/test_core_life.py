"""When core 1 is held, released and reset, by whose instruction: with the amp firmware, to the instruction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import CoreChanges, CoreEvent, MemoryMeets, StopKind
from twincore.images import Image, open_image
from twincore.machine.clocks import to_ticks

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
MS = 1_000_000
CONTROL_0, CLKGATE_EN = 0x600C_0000, 2


@pytest.fixture(scope="module")
def image() -> Image:
    return open_image(PREBUILT / "amp.bin", elfs=[str(PREBUILT / "amp.elf")])


@pytest.fixture
def engine(image: Image) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine()
    made.load(image)
    yield made
    made.close()


def test_core_1_is_released_by_the_instruction_that_clears_its_reset(engine: EmbeddedEngine) -> None:
    assert set(engine.held_by(1)) == {"clock", "reset"}
    stop = engine.run_until([CoreChanges(1, CoreEvent.RELEASED)], 100 * MS)
    assert (stop.kind, stop.core) == (StopKind.CONDITION, 1)
    assert engine.held_by(1) == ()
    assert engine.core_state(1) == "running"
    assert engine.instructions(1) == 0
    assert engine.read_memory(CONTROL_0, 1) == bytes([CLKGATE_EN])
    last = engine.core_changes(1)[-1]
    assert (last.event, last.time_ns, last.actor) == (CoreEvent.RELEASED, stop.time_ns, 0)
    assert engine.symbols.describe(last.pc or 0).startswith("core1_")
    assert [change.event for change in engine.core_changes(1)[:-1]] == [CoreEvent.HELD] * 3
    assert engine.core_changes(0) == ()


def test_a_restart_of_core_1_is_its_reset_and_a_reset_of_the_chip_is_both(engine: EmbeddedEngine) -> None:
    engine.run_for(150 * MS)
    begin = engine.time_ns
    engine.serial_send("UART0", b"restart1\n")
    engine.run_for(50 * MS)
    own = [change for change in engine.core_changes(1) if change.event is CoreEvent.RESET]
    assert [(change.actor, "reset" in change.held_by) for change in own] == [(0, True)]
    assert begin < own[0].time_ns < begin + 5 * MS
    engine.serial_send("UART0", b"reset\n")
    engine.run_for(50 * MS)
    resets = [[c.actor for c in engine.core_changes(core) if c.event is CoreEvent.RESET] for core in (0, 1)]
    assert resets == [[None], [0, None]]
    engine.power_on()
    assert engine.core_changes(1) == ()


def test_a_core_whose_vectors_are_overwritten_is_lost_until_a_reset(engine: EmbeddedEngine) -> None:
    engine.run_for(50 * MS)
    engine.write_memory(engine.read_register(1, "vecbase"), bytes(0x400))
    engine.write_register(1, "pc", 0)
    engine.run_for(2000 * MS)
    assert engine.core_state(1) == "lost"
    assert engine.core_state(0) in ("running", "waiting")
    engine.serial_send("UART0", b"reset\n")
    engine.run_for(200 * MS)
    assert engine.core_state(1) in ("running", "waiting")


def test_following_a_core_does_not_change_the_run(image: Image) -> None:
    digests = []
    for conditions in ([], [CoreChanges(1)], [MemoryMeets(0x3FC9_0000, 4, lambda _: False, None)]):
        engine = EmbeddedEngine()
        engine.load(image)
        while engine.time_ns < 30 * MS:
            engine.run_until(conditions, 30 * MS - engine.time_ns)
        engine.machine.run_until(to_ticks(31 * MS))
        digests.append((engine.time_ns, engine.digest()))
        engine.close()
    assert digests[0] == digests[1] == digests[2]
