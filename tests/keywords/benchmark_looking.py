"""What keywords cost that only look: prints the time of each, best of five rounds. Run it with `python`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from twincore import TwinCore
from twincore.keywords.values import Duration, Expected, Place

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
ROUND = 400
GOAL_US = 200

CASES: tuple[tuple[str, object], ...] = (
    ("Read Word", [Place.of("typed_signed")]),
    ("Read Value", [Place.of("typed_mailbox.slots[2].sequence")]),
    ("Read Value", [Place.of("typed_mailbox")]),
    ("Value Should Be", [Place.of("typed_mailbox.slots[2].kind"), Expected.of("PHASE_STOP")]),
    ("Value Should Be", [Place.of("typed_list->next->value"), Expected.of(">= 30")]),
    ("Address Of", [Place.of("typed_mailbox.slots[1]")]),
    ("Memory Word Should Be", [Place.of("typed_long"), 0x89AB_CDEF]),
    ("Read Register", [1, "a1"]),
    ("Core ${core} Should Be Held", [1]),
    ("Core ${core} State", [1]),
    ("Core ${core} Resets", [1]),
)

MESSAGES: tuple[tuple[str, object], ...] = (
    ("No Message Should Be Lost", ["amp_mailbox_to_core1"]),
    ("No Message Should Be Torn", ["amp_mailbox_to_core1"]),
    ("No Message Should Be Received Twice", ["amp_mailbox_to_core1"]),
    ("Messages Should Be In Order", ["amp_mailbox_to_core1"]),
    ("Message Counts", ["amp_mailbox_to_core1"]),
    ("Message Latency", ["amp_mailbox_to_core1"]),
    ("Waiting Messages Should Be Received", ["amp_mailbox_to_core1", Duration(0)]),
)
"""Keywords on a channel of amp, which has run for a second."""


def cost_us(call: Callable[[], object]) -> float:
    """Return the time of one call in microseconds."""
    rounds = []
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(ROUND):
            call()
        rounds.append((time.perf_counter() - begin) / ROUND * 1e6)
    return min(rounds)


def show(library: TwinCore, cases: tuple[tuple[str, object], ...]) -> None:
    """Print the costs of keywords."""
    for name, arguments in cases:
        cost = cost_us(lambda name=name, arguments=arguments: library.run_keyword(name, arguments, {}))  # type: ignore[misc]
        words = "    ".join(str(argument) for argument in arguments)  # type: ignore[attr-defined]
        print(f"{cost:8.1f} us{'' if cost < GOAL_US else '  above the goal'}  {name}    {words}")


def main() -> None:
    """Print the table."""
    library = TwinCore()
    library.session.boot(str(PREBUILT / "typed.elf"), [])
    library.run_keyword("Core ${core} Should Reach", [0, Place.of("typed_start"), Duration(200_000_000)], {})
    show(library, CASES)
    library.session.boot(str(PREBUILT / "amp.bin"), [])
    options = {"slots": "8", "size": "16", "first_index": "1"}
    library.run_keyword("Follow Messages", ["ring", "amp_mailbox_to_core1"], options)
    library.run_keyword("Run For", [Duration(1_000_000_000)], {})
    show(library, MESSAGES)


if __name__ == "__main__":
    main()
