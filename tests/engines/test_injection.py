"""What is done to a run at an exact moment, on real firmware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import (
    DelayInterrupt,
    DelayRelease,
    DrivePin,
    FlipBits,
    Injection,
    RaiseInterrupt,
    SendBytes,
    StallCore,
    StoreMemory,
)
from twincore.errors import UsageError
from twincore.images import open_image

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
MS, US = 1_000_000, 1_000
BEGIN = 30 * MS


@pytest.fixture(scope="module")
def machine() -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine()
    engine.load(open_image(FIRMWARE / "amp.bin", elfs=[str(FIRMWARE / "amp.elf")]))
    yield engine
    engine.close()


def run(engine: EmbeddedEngine, *injections: tuple[int, Injection], until: int = 36 * MS, at: str = "") -> list[int]:
    """Run from power-on and return when a core came to `at`, all times since power-on."""
    engine.power_on()
    begin = engine.time_ns
    address = engine.symbols.find(at).address if at else None
    if address is not None:
        engine.record_hits(address)
    for moment, what in injections:
        engine.inject(begin + moment, what)
    engine.run_for(until)
    if address is None:
        return []
    times = [hit.time_ns - begin for hit in engine.hits(address)]
    engine.forget_hits(address)
    return times


def word(engine: EmbeddedEngine, name: str) -> int:
    return int.from_bytes(engine.read_memory(engine.symbols.find(name).address, 4), "little")


def test_a_core_that_stands_still_misses_its_deadlines(machine: EmbeddedEngine) -> None:
    before = run(machine, at="amp_control_loop")
    after = run(machine, (BEGIN, StallCore(1, 3 * MS)), at="amp_control_loop")
    assert [t for t in after if t < BEGIN] == [t for t in before if t < BEGIN]
    assert not [t for t in after if BEGIN <= t < BEGIN + 3 * MS]
    assert len([t for t in before if BEGIN <= t < BEGIN + 3 * MS]) == 3


def test_a_release_is_late_by_the_very_time(machine: EmbeddedEngine) -> None:
    [before] = run(machine, at="amp_core1_start")
    [after] = run(machine, (0, DelayRelease(1, 5 * MS)), at="amp_core1_start")
    assert abs(after - before - 5 * MS) <= 10


def test_a_bit_flips_at_its_moment(machine: EmbeddedEngine) -> None:
    address = machine.symbols.find("amp_torn_messages").address
    flip = (BEGIN, FlipBits(address + 1, 0x10))
    run(machine, flip, until=BEGIN - US)
    assert word(machine, "amp_torn_messages") == 0
    run(machine, flip, until=BEGIN + US)
    assert word(machine, "amp_torn_messages") == 0x1000
    run(machine, flip, flip)
    assert word(machine, "amp_torn_messages") == 0


def test_memory_changes(machine: EmbeddedEngine) -> None:
    address = machine.symbols.find("amp_torn_messages").address
    run(machine, (BEGIN, StoreMemory(address, b"\x01\x02\x03\x04")))
    assert word(machine, "amp_torn_messages") == 0x0403_0201


def test_the_next_interrupt_alone_is_late(machine: EmbeddedEngine) -> None:
    before = run(machine, at="amp_core0_interrupt")
    after = run(machine, (BEGIN, DelayInterrupt("SYSTIMER.target0", 30 * US)), at="amp_core0_interrupt")
    late = [b - a for a, b in zip(before, after, strict=False) if abs(b - a) > US]
    assert len(late) == 1
    assert abs(late[0] - 30 * US) < US


def test_an_interrupt_comes_that_nobody_raised(machine: EmbeddedEngine) -> None:
    before = run(machine, at="amp_core0_interrupt")
    after = run(machine, (BEGIN + 300 * US, RaiseInterrupt("systimer.TARGET0", 100)), at="amp_core0_interrupt")
    new = [t for t in after if min(abs(t - known) for known in before) > 20 * US]
    assert 0 < new[0] - BEGIN - 300 * US < US


def test_bytes_and_levels_arrive(machine: EmbeddedEngine) -> None:
    run(machine, (BEGIN, SendBytes("UART0", b"ping\n")), until=40 * MS)
    assert re.search(rb"\bpong\r\n", machine.serial_output("UART0").data)
    start = machine.time_ns
    machine.inject(start + MS, DrivePin(9, 1))
    machine.inject(start + 2 * MS, DrivePin(9, None))
    machine.run_for(3 * MS)
    edges = machine.pin_edges(9, start)
    assert [(edge.time_ns - start, edge.level) for edge in edges] == [(MS, 1), (2 * MS, 0)]


def test_a_run_with_injections_is_repeatable_however_it_is_cut() -> None:
    digests = []
    for pieces in (1, 7):
        engine = EmbeddedEngine(seed=3)
        engine.load(open_image(FIRMWARE / "amp.bin", elfs=[str(FIRMWARE / "amp.elf")]))
        engine.inject(30 * MS + 77, StallCore(1, MS))
        engine.inject(35 * MS, DelayInterrupt("SYSTIMER.target0", 12_345))
        for piece in range(1, pieces + 1):
            engine.run_for(piece * 42 * MS // pieces - engine.time_ns)
        engine.run_for(max(42 * MS - engine.time_ns, 0))
        digests.append(engine.digest())
        engine.close()
    assert digests[0] == digests[1]


def test_power_on_forgets_what_is_to_come(machine: EmbeddedEngine) -> None:
    before = run(machine, at="amp_core1_start")
    machine.inject(machine.time_ns, DelayRelease(1, 5 * MS))
    assert run(machine, at="amp_core1_start") == before


@pytest.mark.parametrize("name", ["SYSTEM.from_cpu_1", "from_cpu_1", "FROM_CPU1", " System.From_CPU_1 "])
def test_an_interrupt_source_is_named_as_people_write_it(machine: EmbeddedEngine, name: str) -> None:
    assert machine._source(name) == machine._source("SYSTEM.from_cpu_1")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (StallCore(2, 5), "core: expected 0 to 1, got 2"),
        (RaiseInterrupt("SYSTIMER", 5), "did you mean SYSTIMER.target0 or SYSTIMER.target1"),
        (DelayInterrupt("nobody", 5), "expected a peripheral's interrupt such as SYSTIMER.target0, got 'nobody'"),
        (RaiseInterrupt("zzz", 5), "name a block: UART0, "),
        (RaiseInterrupt("FROM_CPU9", 5), "did you mean SYSTEM.from_cpu_3 or SYSTEM.from_cpu_2"),
        (SendBytes("UART9", b""), "serial port: expected one of"),
        (DrivePin(99, 0), "expected a GPIO of the chip"),
        (FlipBits(0, 1), "expected an address with memory"),
    ],
)
def test_what_the_chip_does_not_have_is_refused(machine: EmbeddedEngine, what: Injection, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        machine.inject(machine.time_ns, what)


def test_a_moment_that_is_over_is_refused(machine: EmbeddedEngine) -> None:
    machine.run_for(MS)
    with pytest.raises(UsageError, match="which is over"):
        machine.inject(machine.time_ns - 1, StallCore(0, 5))
