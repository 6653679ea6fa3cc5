"""Keywords for serial ports."""

from __future__ import annotations

from typing import Any

import pytest

from twincore.keywords.serial_record import printable
from twincore.keywords.values import Duration

MS = 1_000_000


def test_a_line_is_awaited_and_its_group_returned(engine: Any, call: Any) -> None:
    engine.prints(5 * MS, "boot\r\namp: heartbeat 17\r\n")
    assert call("Serial Should Print", r"heartbeat (\d+)", within=Duration(10 * MS)) == "17"
    assert engine.time_ns == 5 * MS


def test_a_number_is_whole_only_when_its_line_has_ended(engine: Any, call: Any) -> None:
    engine.prints(5 * MS, "beat 1")
    engine.prints(6 * MS, "23\n")
    assert call("Serial Should Print", r"beat (\d+)", within=Duration(10 * MS)) == "123"


def test_several_groups_come_as_a_list_and_no_group_as_the_line(engine: Any, call: Any) -> None:
    engine.prints(1 * MS, "a 1 b 2\nplain line\n")
    assert call("Serial Should Print", r"a (\d) b (\d)") == ["1", "2"]
    assert call("Serial Should Print", "^plain line$") == "plain line"


def test_lines_are_found_in_their_order(engine: Any, call: Any, failure: Any) -> None:
    engine.prints(1 * MS, "one\ntwo\n")
    call("Serial Should Print", "two")
    assert failure("Serial Should Print", "one", within=Duration(2 * MS)) == (
        "UART0 did not do what was expected.\n"
        "  expected:  a line with 'one' within 2 ms\n"
        "  got:       nothing; the last line was 'two' at 0.001000000 s\n"
        "  when:      0.003000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: compare with the serial output in the log; give it longer with within="
    )


def test_a_missing_line_names_what_came_instead(engine: Any, failure: Any) -> None:
    engine.prints(1 * MS, "ESP-ROM\nother\n\n")
    assert failure("Serial Should Print", "ready", within=Duration(2 * MS)) == (
        "UART0 did not do what was expected.\n"
        "  expected:  a line with 'ready' within 2 ms\n"
        "  got:       3 other lines; the last line was 'other' at 0.000990000 s\n"
        "  when:      0.002000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: compare with the serial output in the log; give it longer with within="
    )


def test_a_dead_chip_ends_the_wait_and_is_named(engine: Any, failure: Any) -> None:
    engine.dead_at = 3 * MS
    assert failure("Serial Should Print", "ready", within=Duration(1000 * MS)) == (
        "UART0 did not do what was expected.\n"
        "  expected:  a line with 'ready' within 1 s\n"
        "  got:       nothing; UART0 has sent nothing yet\n"
        "  when:      0.003000000 s, core 0 running at core0_main (0x40378000); core 1 held; "
        "all cores wait or are held, and nothing is left that could wake one\n"
        "  next step: compare with the serial output in the log; give it longer with within="
    )


def test_an_end_by_the_firmware_is_named(engine: Any, failure: Any) -> None:
    engine.exit_at = 3 * MS
    message = failure("Serial Should Print", "ready", within=Duration(1000 * MS))
    assert "core 1 held; the firmware ended the run with status 3\n" in message


def test_text_is_awaited_without_the_end_of_its_line(engine: Any, call: Any, failure: Any) -> None:
    engine.prints(1 * MS, "login: ")
    call("Serial Should Print Text", "login: ", within=Duration(2 * MS))
    assert engine.time_ns == 1 * MS
    assert failure("Serial Should Print Text", "login: ", within=Duration(2 * MS)) == (
        "UART0 did not do what was expected.\n"
        "  expected:  the text 'login: ' within 2 ms\n"
        "  got:       none of it; the last line was 'login: ' at 0.001000000 s\n"
        "  when:      0.003000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: compare with the serial output in the log; lines of the firmware may end in \\r\\n"
    )


def test_a_forbidden_line_fails_at_once(engine: Any, failure: Any) -> None:
    engine.prints(4 * MS, "fine\npanic on core 1\n")
    assert failure("Serial Should Not Print", "panic", during=Duration(100 * MS)) == (
        "UART0 did not do what was expected.\n"
        "  expected:  no line with 'panic' during 100 ms\n"
        "  got:       'panic on core 1' at 0.004000000 s\n"
        "  when:      0.004000000 s, core 0 running at core0_main (0x40378000); core 1 held"
    )


def test_without_a_forbidden_line_the_time_passes_in_full_even_when_the_chip_is_dead(engine: Any, call: Any) -> None:
    engine.prints(4 * MS, "fine\n")
    engine.dead_at = 5 * MS
    call("Serial Should Not Print", "panic", during=Duration(100 * MS))
    assert engine.time_ns == 100 * MS
    assert call("Serial Should Print", "fine") == "fine"


def test_an_old_line_is_not_an_answer(engine: Any, call: Any) -> None:
    engine.prints(1 * MS, "pong 1\n")
    call("Run For", Duration(2 * MS))
    call("Send Serial Line", "ping")
    engine.prints(3 * MS, "pong 2\n")
    assert engine.sent == [("UART0", b"ping\n")]
    assert call("Serial Should Print", r"pong (\d)") == "2"


@pytest.mark.parametrize(
    ("end", "sent"), [("\\n", b"x\n"), ("\\r\\n", b"x\r\n"), ("\\r", b"x\r"), ("", b"x"), ("!", b"x!")]
)
def test_a_line_is_sent_with_its_end(engine: Any, call: Any, end: str, sent: bytes) -> None:
    call("Send Serial Line", "x", end=end)
    assert engine.sent == [("UART0", sent)]


def test_a_line_grows_until_it_is_over_and_is_looked_at_anew(engine: Any, call: Any) -> None:
    engine.prints(1 * MS, "a 1\na 2")
    engine.prints(3 * MS, "3\na 4\na")
    seen = []
    for _ in range(2):
        call("Run For", Duration(2 * MS))
        seen += [call("Serial Should Have Printed", "^a") for _ in range(2)]
    assert seen == [["a 1", "a 2"], ["a 1", "a 2"], ["a 1", "a 23", "a 4", "a"], ["a 1", "a 23", "a 4", "a"]]


def test_what_was_printed_can_be_looked_at_without_running(engine: Any, call: Any, failure: Any) -> None:
    engine.prints(1 * MS, "a 1\nb\na 2\n")
    call("Run For", Duration(2 * MS))
    assert call("Serial Should Have Printed", "^a") == ["a 1", "a 2"]
    call("Serial Should Not Have Printed", "c")
    assert failure("Serial Should Have Printed", "c") == (
        "UART0 did not do what was expected.\n"
        "  expected:  a line with 'c' since power-on\n"
        "  got:       3 lines without; the last line was 'a 2' at 0.001000000 s\n"
        "  when:      0.002000000 s, core 0 running at core0_main (0x40378000); core 1 held"
    )
    assert "got:       'b' at 0.000960000 s" in failure("Serial Should Not Have Printed", "b")


def test_a_broken_pattern_is_refused(failure: Any) -> None:
    assert failure("Serial Should Print", "a(") == (
        "pattern: expected a regular expression, got 'a(' (missing ), unterminated subpattern at position 1)\n"
        "  next step: write \\\\ before a character that has a meaning of its own, such as ( or ["
    )


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain\r\n", "plain"),
        (b"\x1b[31mred\x07\n", "\\x1b[31mred\\x07"),
        (b"\xff\xc3\xa9\n", "\\xffé"),
        (b"tab\tstays", "tab\tstays"),
        (b"a\rb\r\n", "a\\x0db"),
    ],
)
def test_a_line_is_readable_whatever_it_holds(raw: bytes, text: str) -> None:
    assert printable(raw) == text
