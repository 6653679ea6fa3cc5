"""Keywords that see every access: recording, waiting, guarding; with a script, and with the amp firmware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Access, Duration, Place, Region

MS = 1_000_000
COUNTER, MAILBOX = 0x3FC9_0000, 0x3FC9_0010
LOOP, CORE0 = 0x4037_9004, 0x4037_8008
PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"


def test_accesses_are_recorded_with_who_what_where_when(engine: Any, call: Any) -> None:
    engine.accesses(1 * MS, 1, LOOP, COUNTER, 7)
    engine.accesses(2 * MS, 0, CORE0, COUNTER + 2, 8, size=1)
    engine.accesses(2 * MS, 0, CORE0, COUNTER, 7, is_write=False)
    engine.accesses(3 * MS, 1, LOOP, COUNTER + 4, 9)
    call("Watch Memory", Region.of("counter"), Access.any)
    call("Run For", Duration(5 * MS))
    found = call("Memory Accesses", Region.of("counter"))
    assert [(a.who, a.kind, a.address, a.size, a.value, a.function, a.time.ns // MS) for a in found] == [
        ("core 1", "write", COUNTER, 4, 7, "loop", 1),
        ("core 0", "write", COUNTER + 2, 1, 8, "core0_main", 2),
        ("core 0", "read", COUNTER, 4, 7, "core0_main", 2),
    ]
    assert [a.value for a in call("Memory Accesses", Region.of("counter"), core=1)] == [7]
    assert [a.value for a in call("Memory Accesses", Region.of("counter"), access=Access.read)] == [7]
    call("Stop Watching", Region.of("counter"))
    assert engine.watchers == []


def test_what_is_not_watched_has_no_accesses(failure: Any) -> None:
    assert failure("Memory Accesses", Region.of("counter")) == (
        "counter: expected a region that is watched, this one is not\n"
        "  next step: use 'Watch Memory    counter' before the firmware runs"
    )


def test_waits_for_an_access(engine: Any, call: Any, failure: Any) -> None:
    for at, core, value in ((1, 1, 5), (2, 0, 5), (3, 0, 6)):
        engine.accesses(at * MS, core, CORE0, COUNTER, value)
    assert call("Wait For Access", Region.of("counter"), core=0, value=6, within=Duration(9 * MS)).time.ns == 3 * MS
    assert "expected:  a store of 0x9 by core 1 within 1 ms\n  got:       none\n" in failure(
        "Wait For Access", Region.of("counter"), core=1, value=9, within=Duration(MS)
    )


def test_a_second_writer_is_named(engine: Any, call: Any, failure: Any) -> None:
    engine.accesses(1 * MS, 1, LOOP, COUNTER, 7)
    engine.accesses(4 * MS, 0, CORE0, COUNTER, 8)
    assert call("Only Core ${core} Should Write", 1, Region.of("counter"), during=Duration(2 * MS)) == 1
    assert failure("Only Core ${core} Should Write", 1, Region.of("counter"), during=Duration(9 * MS)) == (
        "counter did not do what was expected.\n"
        "  expected:  to be written by core 1 alone\n"
        "  got:       core 0 wrote 0x00000008 to counter (0x3fc90000) in core0_main+0x8 (0x40378008) at 0.004000000 s\n"
        "  when:      0.004000000 s, core 0 running at core0_main (0x40378000); core 1 held"
    )


def test_a_guard_fails_whatever_keyword_runs(engine: Any, call: Any, failure: Any) -> None:
    engine.accesses(1 * MS, 1, LOOP, MAILBOX, 7)
    engine.accesses(4 * MS, 0, CORE0, MAILBOX + 4, 8)
    engine.prints(9 * MS, "done\n")
    call("Guard Region", Region.of("mailbox for 16 bytes"), against=0)
    message = failure("Serial Should Print", "done", within=Duration(20 * MS))
    assert message == (
        "guarded region mailbox for 16 bytes did not do what was expected.\n"
        "  expected:  core 0 not to write it\n"
        "  got:       core 0 wrote 0x00000008 to 0x3fc90014 in core0_main+0x8 (0x40378008) at 0.004000000 s\n"
        "  when:      0.004000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: see both cores' state in the log"
    )
    assert engine.time_ns == 4 * MS
    call("Remove Guards")
    call("Serial Should Print", "done", within=Duration(20 * MS))
    assert engine.watchers == []


def test_a_guard_lets_the_functions_that_may(engine: Any, call: Any, failure: Any) -> None:
    engine.accesses(1 * MS, 0, CORE0, COUNTER, 7)
    engine.accesses(4 * MS, 1, LOOP, COUNTER, 8)
    call("Guard Region", Region.of("counter"), allow="core0_main")
    call("Run For", Duration(2 * MS))
    assert "expected:  nobody to write it except core0_main\n" in failure("Run For", Duration(5 * MS))
    assert "no symbol has the name 'core0_mian'" in failure("Guard Region", Region.of("counter"), allow="core0_mian")


def test_a_region_needs_a_size(engine: Any, failure: Any) -> None:
    assert "expected its start below its end" in failure("Watch Memory", Region.of("mailbox..counter"))
    assert "expected a symbol whose size the ELF file gives, or a range; got 0x3fc95000" in failure(
        "Watch Memory", Region.of("0x3FC95000")
    )


def test_a_core_without_regions_is_refused(failure: Any) -> None:
    assert "expected at least one region that the core may write" in failure("Keep Core ${core} Within", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a..b", Region(Place("a", 0), Place("b", 0))),
        ("a+4 .. 0x3FC90000", Region(Place("a", 4), Place("", 0x3FC9_0000))),
        ("0x3FC90000 for 64 bytes", Region(Place("", 0x3FC9_0000), size=64)),
        ("a for 0x10 bytes", Region(Place("a", 0), size=16)),
        ("a", Region(Place("a", 0))),
    ],
)
def test_regions_are_read(text: str, expected: Region) -> None:
    assert Region.of(text) == expected
    assert Region.of(str(expected)) == expected


@pytest.mark.parametrize("text", ["a for 0 bytes", "a..", "..b", "a b", "", "a for x bytes"])
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Region.of(text)


# With real firmware


@pytest.fixture
def amp() -> Iterator[Callable[..., Any]]:
    """The amp firmware with core 1 alive; runs keywords."""
    library = TwinCore()
    library.session.boot(str(PREBUILT / "amp.bin"), [])

    def run(name: str, *args: Any, **named: Any) -> Any:
        return library.run_keyword(name, list(args), named)

    run("Serial Should Print", "core 1 alive", within=Duration(200 * MS))
    yield run
    library.close()


REGION = Region.of("amp_core1_region_start..amp_core1_region_end")
SHARED = [
    Region.of(name)
    for name in (
        *("amp_mailbox_to_core1", "amp_mailbox_to_core0", "amp_heartbeat", "amp_loop_last_cycles"),
        *("amp_loop_min_cycles", "amp_loop_max_cycles", "amp_loop_overruns", "amp_doorbells_to_core1"),
        "amp_torn_messages",
    )
]


def test_core_1_keeps_to_its_region_and_what_it_shares(amp: Any) -> None:
    amp("Keep Core ${core} Within", 1, REGION, *SHARED)
    amp("Guard Region", REGION, against=0)
    amp("Only Core ${core} Should Write", 1, Region.of("amp_heartbeat"), during=Duration(50 * MS))


def test_core_1_outside_of_its_region_is_caught_at_the_store(amp: Any) -> None:
    amp("Keep Core ${core} Within", 1, REGION, *SHARED[:1], *SHARED[2:])
    with pytest.raises(KeywordError) as caught:
        amp("Run For", Duration(300 * MS))
    lines = str(caught.value).splitlines()
    assert lines[1].startswith("  expected:  writes only within amp_core1_region_start..amp_core1_region_end, amp_mail")
    assert lines[2].startswith("  got:       core 1 wrote 0x")
    assert " to amp_mailbox_to_core0+0x" in lines[2]


def test_core_1_starts_within_its_region(amp: Any) -> None:
    """The ROM uses a stack of its own before it comes to core 1's entry."""
    amp("Keep Core ${core} Within", 1, REGION, *SHARED)
    amp("Power Cycle")
    amp("Serial Should Print", "core 1 alive", within=Duration(200 * MS))


def test_each_beat_of_the_heart_is_written_by_the_loop(amp: Any) -> None:
    amp("Watch Memory", Region.of("amp_heartbeat"), core=1)
    amp("Run For", Duration(10 * MS))
    found = amp("Memory Accesses", Region.of("amp_heartbeat"))
    assert [a.value - found[0].value for a in found] == list(range(10))
    assert {a.function for a in found} == {"amp_control_loop"}
    steps = {later.time.ns - earlier.time.ns for earlier, later in pairwise(found)}
    assert all(abs(step - MS) < 2000 for step in steps)


def test_a_power_cycle_begins_records_anew(amp: Any) -> None:
    amp("Watch Memory", Region.of("amp_heartbeat"))
    amp("Watch Stack", Place.of("amp_core1_stack_bottom"), Place.of("amp_core1_stack_top"), core=1)
    amp("Run For", Duration(10 * MS))
    before = amp("Memory Accesses", Region.of("amp_heartbeat"))
    depth = amp("Stack Should Keep Free", Place.of("amp_core1_stack_bottom"), Place.of("amp_core1_stack_top"), 1)
    amp("Power Cycle")
    assert amp("Memory Accesses", Region.of("amp_heartbeat")) == []
    size = amp("Address Of", Place.of("amp_core1_stack_top")) - amp("Address Of", Place.of("amp_core1_stack_bottom"))
    bounds = Place.of("amp_core1_stack_bottom"), Place.of("amp_core1_stack_top")
    assert amp("Stack Should Keep Free", *bounds, 1) == size > depth
    amp("Run For", Duration(100 * MS))
    after = amp("Memory Accesses", Region.of("amp_heartbeat"))
    assert len(after) > len(before)
    assert amp("Stack Should Keep Free", *bounds, 1) < size
