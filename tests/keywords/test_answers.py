"""Keywords for printed requests and their answers."""

from __future__ import annotations

from typing import Any

from twincore.keywords.values import Duration

MS = 1_000_000
WHEN = "core 0 running at core0_main (0x40378000); core 1 held"


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
