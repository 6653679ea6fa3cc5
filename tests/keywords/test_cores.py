"""Keywords for the cores."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.keywords.values import Duration, Hold, Place

MS = 1_000_000
CONTROL_0, CONTROL_1 = 0x600C_0000, 0x600C_0004
RESET_VECTOR = 0x4000_0400
START = 0x4037_A000


def test_a_running_core_is_not_held(engine: Any, failure: Any) -> None:
    assert failure("Core ${core} Should Be Held", 0) == (
        "core 0 did not do what was expected.\n"
        "  expected:  held\n"
        "  got:       core 0 running at core0_main (0x40378000)\n"
        "  when:      0.000000000 s, core 0 running at core0_main (0x40378000); core 1 held"
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({CONTROL_0: 0}, "its clock is off (SYSTEM_CONTROL_CORE_1_CLKGATE_EN is 0)"),
        ({CONTROL_0: 6}, "it is in reset (SYSTEM_CONTROL_CORE_1_RESETING is 1)"),
        ({CONTROL_0: 3}, "it is stalled (SYSTEM_CONTROL_CORE_1_RUNSTALL is 1)"),
        (
            {CONTROL_0: 2, 0x6000_8000: 2, 0x6000_80BC: 0x21 << 20},
            "it is stalled by RTC_CNTL (SW_STALL fields are 0x86)",
        ),
        ({CONTROL_0: 2}, "the registers do not say why"),
    ],
)
def test_what_holds_core_1_is_named(engine: Any, failure: Any, words: dict[int, int], reason: str) -> None:
    engine.words.update(words)
    assert failure("Core ${core} Should Be Released", 1, within=Duration(MS)) == (
        "core 1 did not do what was expected.\n"
        "  expected:  released within 1 ms\n"
        f"  got:       held: {reason}\n"
        "  when:      0.001000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: see in the log how far core 0 came"
    )


def test_a_core_is_released_in_time(engine: Any, call: Any) -> None:
    engine.state(2 * MS, 1, "running")
    call("Core ${core} Should Be Held", 1)
    assert call("Core ${core} Should Be Released", 1, within=Duration(5 * MS)) == Duration(2 * MS)
    assert call("Core ${core} State", 1) == "running"


def test_a_core_that_is_released_too_early_is_caught(engine: Any, failure: Any) -> None:
    engine.state(2 * MS, 1, "running")
    assert "expected:  held during 5 ms\n  got:       core 1 running at loop (0x40379000)\n" in failure(
        "Core ${core} Should Stay Held", 1, during=Duration(5 * MS)
    )


def test_a_held_core_must_not_execute(engine: Any, failure: Any) -> None:
    engine.hit(2 * MS, 1, START)
    assert "expected:  no instruction executed during 5 ms\n  got:       1\n" in failure(
        "Core ${core} Should Stay Held", 1, during=Duration(5 * MS)
    )


def test_a_core_becomes_held(engine: Any, call: Any, failure: Any) -> None:
    assert "expected:  held within 1 ms\n" in failure("Core ${core} Should Become Held", 0, within=Duration(MS))
    engine.state(3 * MS, 0, "held")
    call("Core ${core} Should Become Held", 0, within=Duration(5 * MS))


def test_core_1_starts_at_its_boot_address(engine: Any, call: Any) -> None:
    engine.words[CONTROL_1] = START
    engine.hit(2 * MS, 1, RESET_VECTOR)
    engine.hit(2 * MS + 700, 1, START)
    assert call("Core 1 Should Start At Its Boot Address", within=Duration(5 * MS)) == START


def test_the_boot_address_may_come_after_the_release(engine: Any, call: Any) -> None:
    engine.hit(2 * MS, 1, RESET_VECTOR)
    engine.word(2 * MS + 900, CONTROL_1, START)
    engine.hit(2 * MS + 1900, 1, START)
    assert call("Core 1 Should Start At Its Boot Address", within=Duration(5 * MS)) == START
    assert engine.time_ns == 2 * MS + 1900


def test_without_a_boot_address_core_1_goes_nowhere(engine: Any, failure: Any) -> None:
    engine.state(2 * MS, 1, "running")
    engine.hit(2 * MS, 1, RESET_VECTOR)
    assert failure("Core 1 Should Start At Its Boot Address", within=Duration(3 * MS)) == (
        "core 1 did not do what was expected.\n"
        "  expected:  a boot address in SYSTEM_CORE_1_CONTROL_1 within 3 ms\n"
        "  got:       0, although it left reset at 0.002000000 s\n"
        "  when:      0.003000000 s, core 0 running at core0_main (0x40378000); core 1 running at 0x40000400\n"
        "  next step: does the firmware call ets_set_appcpu_boot_addr?"
    )


def test_core_1_that_is_never_released_is_reported_with_what_holds_it(failure: Any) -> None:
    assert failure("Core 1 Should Start At Its Boot Address", within=Duration(3 * MS)) == (
        "core 1 did not do what was expected.\n"
        "  expected:  released within 3 ms, to start in the ROM\n"
        "  got:       held: its clock is off (SYSTEM_CONTROL_CORE_1_CLKGATE_EN is 0)\n"
        "  when:      0.003000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: see both cores' state in the log"
    )


def test_core_1_must_come_to_its_entry_by_its_boot_address(engine: Any, failure: Any) -> None:
    engine.words[CONTROL_1] = 0x4037_9000
    engine.state(MS, 1, "running")
    engine.hit(MS, 1, START)
    assert failure("Core ${core} Should Start At", 1, Place.of("core1_start")) == (
        "core 1 did not do what was expected.\n"
        "  expected:  the boot address core1_start (0x4037a000)\n"
        "  got:       loop (0x40379000) in SYSTEM_CORE_1_CONTROL_1\n"
        "  when:      0.001000000 s, core 0 running at core0_main (0x40378000); "
        "core 1 running at core1_start (0x4037a000)\n"
        "  next step: the core came here, but not by its boot address"
    )


def test_a_place_is_reached_or_not(engine: Any, call: Any, failure: Any) -> None:
    engine.hit(MS, 1, START)
    call("Core ${core} Should Not Reach", 0, Place.of("core1_start"), during=Duration(MS))
    engine.hit(2 * MS, 1, START)
    call("Core ${core} Should Reach", 1, Place.of("core1_start"), within=Duration(5 * MS))
    engine.hit(3 * MS, 1, START)
    assert "expected:  not to reach core1_start (0x4037a000) during 5 ms\n  got:       it did\n" in failure(
        "Core ${core} Should Not Reach", 1, Place.of("core1_start"), during=Duration(5 * MS)
    )


def test_a_core_executes(engine: Any, call: Any, failure: Any) -> None:
    engine.hit(MS, 0, START)
    assert call("Core ${core} Should Execute", 0, during=Duration(2 * MS)) == 1
    assert failure("Core ${core} Should Execute", 1, during=Duration(2 * MS), at_least=1000) == (
        "core 1 did not do what was expected.\n"
        "  expected:  at least 1,000 instructions during 2 ms\n"
        "  got:       0\n"
        "  when:      0.004000000 s, core 0 running at core1_start (0x4037a000); core 1 held\n"
        "  next step: is the core held, or does it wait for an interrupt that never comes?"
    )


def test_the_stack_pointer_stays_in_its_region(engine: Any, call: Any, failure: Any) -> None:
    region = Place.of(0x3FC9_0100), Place.of(0x3FC9_0200)
    engine.registers[1, "a1"] = 0x3FC9_0200
    call("Core ${core} Stack Should Lie Within", 1, *region)
    engine.registers[1, "a1"] = 0x3FC9_00F0
    assert "stack pointer of core 1 did not do what was expected.\n  expected:  between " in failure(
        "Core ${core} Stack Should Lie Within", 1, *region
    )


def test_what_holds_a_core_is_checked(engine: Any, call: Any, failure: Any) -> None:
    engine.words[CONTROL_0] = 6
    call("Core ${core} Should Be Held", 1, by=Hold.reset)
    assert "expected:  held by stall\n  got:       held by reset: it is in reset" in failure(
        "Core ${core} Should Be Held", 1, by=Hold.stall
    )


def test_resets_of_a_core_are_counted(engine: Any, call: Any, failure: Any) -> None:
    for at in (1, 4, 6):
        engine.resets_core(at * MS, 1)
    call("Core ${core} Should Not Be Reset", 0, during=Duration(0))
    assert call("Core ${core} Should Be Reset", 1, within=Duration(5 * MS), times=2) == Duration(4 * MS)
    assert call("Core ${core} Resets", 1) == [Duration(1 * MS), Duration(4 * MS)]
    assert (
        "expected:  no reset during 5 ms\n  got:       reset by core 0 in core0_main+0x8 (0x40378008) at 0.006"
        in failure("Core ${core} Should Not Be Reset", 1, during=Duration(5 * MS))
    )
    assert "expected:  2 resets within 5 ms\n  got:       none\n" in failure(
        "Core ${core} Should Be Reset", 1, within=Duration(5 * MS), times=2
    )
    assert [change.time_ns // MS for change in call("Core ${core} Life", 1)] == [1, 4, 6]
