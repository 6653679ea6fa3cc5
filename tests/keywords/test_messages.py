"""Keywords for mailboxes and answers."""

from __future__ import annotations

from typing import Any

from twincore.keywords.values import Duration, Place

MS = 1_000_000
SENT, TAKEN = 0x3FC9_0010, 0x3FC9_0014
MAILBOX = Place.of("mailbox")
WHEN = "core 0 running at core0_main (0x40378000); core 1 held"


def test_a_mailbox_with_room_passes_and_tells_the_most(engine: Any, call: Any) -> None:
    engine.word(1 * MS, SENT, 3)
    engine.word(2 * MS, TAKEN, 3)
    assert call("Mailbox Should Never Overflow", MAILBOX, 4, during=Duration(5 * MS)) == 3


def test_an_overflow_is_caught_when_it_happens(engine: Any, failure: Any) -> None:
    engine.words.update({SENT: 2**32 - 2, TAKEN: 2**32 - 2})
    engine.word(1 * MS, SENT, 3)
    assert failure("Mailbox Should Never Overflow", MAILBOX, 4, during=Duration(5 * MS)) == (
        "mailbox (0x3fc90010) did not do what was expected.\n"
        "  expected:  at most 4 messages waiting, during 5 ms\n"
        "  got:       5 (3 sent, 4294967294 taken)\n"
        f"  when:      0.001000000 s, {WHEN}\n"
        "  next step: a writer that does not wait for room overwrites messages; does the reader still run?"
    )


def test_the_counter_of_taken_messages_may_lie_elsewhere(engine: Any, call: Any) -> None:
    engine.words.update({SENT: 5, TAKEN: 0, 0x3FC9_0000: 5})
    call("Mailbox Should Never Overflow", MAILBOX, 4, during=Duration(MS), taken=Place.of("counter"))


def test_messages_pass(engine: Any, call: Any, failure: Any) -> None:
    engine.word(1 * MS, SENT, 2)
    engine.word(2 * MS, TAKEN, 2)
    assert call("Messages Should Pass", MAILBOX, during=Duration(3 * MS), at_least=2) == 2
    engine.word(4 * MS, SENT, 5)
    assert failure("Messages Should Pass", MAILBOX, during=Duration(3 * MS), at_least=2) == (
        "mailbox (0x3fc90010) did not do what was expected.\n"
        "  expected:  at least 2 messages sent and taken during 3 ms\n"
        "  got:       3 sent, 0 taken\n"
        f"  when:      0.006000000 s, {WHEN}\n"
        "  next step: the reader does not take them"
    )


def test_a_mailbox_empties(engine: Any, call: Any, failure: Any) -> None:
    engine.words[SENT] = 2
    assert "expected:  all messages taken within 1 ms\n  got:       2 sent, 0 taken\n" in failure(
        "Mailbox Should Become Empty", MAILBOX, within=Duration(MS)
    )
    engine.word(2 * MS, TAKEN, 2)
    call("Mailbox Should Become Empty", MAILBOX, within=Duration(5 * MS))


def _answers(call: Any, **other: Any) -> None:
    call(
        "Every Line Should Be Answered",
        r"ping (\d+)",
        r"pong (\d+)",
        **{"limit": Duration(3 * MS), "during": Duration(20 * MS), **other},
    )


def test_every_line_is_answered(engine: Any, call: Any) -> None:
    engine.prints(1 * MS, "pong 0\n")  # to a line from before
    engine.prints(2 * MS, "ping 1\n")
    engine.prints(4 * MS, "other\npong 1\n")
    engine.prints(6 * MS, "ping 2\n")
    engine.prints(7 * MS, "ping 3\n")
    engine.prints(8 * MS, "pong 2\npong 3\n")
    engine.prints(19 * MS, "ping 4\n")  # its limit is not over
    _answers(call, at_least=3)


def test_a_late_answer_fails(engine: Any, failure: Any) -> None:
    engine.prints(2 * MS, "ping 1\n")
    engine.prints(6 * MS, "pong 1\n")
    assert (
        "  expected:  the answer to 'ping 1' (0.002000000 s) within 3 ms\n  got:       'pong 1' 4 ms later\n"
        in failure("Every Line Should Be Answered", "ping", "pong", limit=Duration(3 * MS), during=Duration(20 * MS))
    )


def test_a_lost_message_fails(engine: Any, failure: Any) -> None:
    engine.prints(2 * MS, "ping 1\nping 2\n")
    engine.prints(3 * MS, "pong 2\n")
    assert _fails(failure) == (
        "messages did not do what was expected.\n"
        "  expected:  the answer to 'ping 1' (0.001930000 s) next\n"
        "  got:       'pong 2' at 0.003000000 s\n"
        f"  when:      0.020000000 s, {WHEN}\n"
        "  next step: a message was lost, or answered out of order"
    )


def test_a_line_without_an_answer_fails(engine: Any, failure: Any) -> None:
    engine.prints(2 * MS, "ping 1\n")
    assert (
        "  expected:  an answer 'pong (\\d+)' to 'ping 1' within 3 ms\n"
        "  got:       none up to 0.020000000 s, 18 ms later\n"
    ) in _fails(failure)


def test_silence_fails(failure: Any) -> None:
    assert (
        "  expected:  at least 1 times 'ping (\\d+)' with its answer during 20 ms\n"
        "  got:       0; UART0 has sent nothing yet\n"
    ) in _fails(failure)


def _fails(failure: Any) -> str:
    return str(
        failure(
            "Every Line Should Be Answered",
            r"ping (\d+)",
            r"pong (\d+)",
            limit=Duration(3 * MS),
            during=Duration(20 * MS),
        )
    )
