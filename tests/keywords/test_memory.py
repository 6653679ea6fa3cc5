"""Keywords for memory, counters and registers."""

from __future__ import annotations

from typing import Any

from twincore.keywords.values import Duration, Place

MS = 1_000_000
COUNTER = 0x3FC9_0000


def test_words_are_read_and_written_by_name(engine: Any, call: Any) -> None:
    call("Write Word", Place("counter", 4), -1)
    assert engine.words == {COUNTER + 4: 0xFFFF_FFFF}
    assert call("Read Word", Place("counter", 4)) == 0xFFFF_FFFF
    assert call("Address Of", Place("counter", 4)) == COUNTER + 4


def test_a_wrong_word_is_shown_in_both_bases(engine: Any, call: Any, failure: Any) -> None:
    engine.words[COUNTER] = 0x12
    call("Memory Word Should Be", Place.of("counter"), 2, mask=0xF)
    assert failure("Memory Word Should Be", Place.of("counter"), 0x13, mask=0xF) == (
        "counter (0x3fc90000) did not do what was expected.\n"
        "  expected:  19 (0x13) in the bits 0xf\n"
        "  got:       18 (0x12)\n"
        "  when:      0.000000000 s, core 0 running at core0_main (0x40378000); core 1 held"
    )


def test_an_unknown_name_brings_close_ones(failure: Any) -> None:
    assert failure("Read Word", Place.of("conter")) == (
        "symbols: no symbol has the name 'conter'\n  next step: close names: counter"
    )


def test_without_names_a_name_is_refused(engine: Any, failure: Any) -> None:
    engine.symbols = type(engine.symbols)()
    assert failure("Read Word", Place.of("counter")) == (
        "counter: expected the address of this name, but no ELF file with names was given\n"
        "  next step: give one to 'Boot Firmware    my.bin    my.elf', or write the address as a number"
    )


def test_a_counter_grows_by_one_a_period(engine: Any, call: Any, failure: Any) -> None:
    for beat in range(1, 13):
        engine.word(beat * MS, COUNTER, beat)
    assert call("Counter Should Grow", Place.of("counter"), during=Duration(10 * MS), period=Duration(MS)) == 10
    assert failure("Counter Should Grow", Place.of("counter"), during=Duration(10 * MS), period=Duration(MS)) == (
        "counter (0x3fc90000) did not do what was expected.\n"
        "  expected:  growth by 9 to 11 during 10 ms\n"
        "  got:       2 (from 10 to 12)\n"
        "  when:      0.020000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: see in the log what the core that counts is doing"
    )


def test_a_counter_may_wrap(engine: Any, call: Any) -> None:
    engine.words[COUNTER] = 0xFFFF_FFFF
    engine.word(MS, COUNTER, 2)
    assert call("Counter Should Grow", Place.of("counter"), during=Duration(2 * MS), at_least=3, at_most=3) == 3


def test_a_counter_that_stands_still_fails(failure: Any) -> None:
    assert "expected:  growth by at least 1 during 1 ms\n  got:       0 (from 0 to 0)" in failure(
        "Counter Should Grow", Place.of("counter"), during=Duration(MS)
    )


def test_a_word_becomes_a_value_in_time(engine: Any, call: Any, failure: Any) -> None:
    engine.word(3 * MS, COUNTER, 7)
    call("Memory Word Should Become", Place.of("counter"), 7, within=Duration(10 * MS))
    assert engine.time_ns == 3 * MS
    assert "expected:  8 within 1 ms\n  got:       7 at the end" in failure(
        "Memory Word Should Become", Place.of("counter"), 8, within=Duration(MS)
    )


def test_a_word_that_changes_is_caught(engine: Any, call: Any, failure: Any) -> None:
    engine.word(3 * MS, COUNTER, 7)
    call("Memory Word Should Stay", Place.of("counter"), during=Duration(2 * MS))
    assert "expected:  no change from 0 during 2 ms\n  got:       7\n" in failure(
        "Memory Word Should Stay", Place.of("counter"), during=Duration(2 * MS)
    )


def test_registers_are_read_written_and_checked(engine: Any, call: Any, failure: Any) -> None:
    call("Write Register", 1, "a2", 5)
    assert call("Read Register", 1, "a2") == 5
    call("Register Should Be", 1, "a2", 5)
    assert "register a2 of core 1 did not do what was expected.\n  expected:  6\n  got:       5\n" in failure(
        "Register Should Be", 1, "a2", 6
    )
