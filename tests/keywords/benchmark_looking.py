"""What keywords cost that only look: prints the CPU time of each, best of five rounds. Run it with `python`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from twincore import TwinCore
from twincore.keywords.values import Duration, Expected, Gpio, Level, Place

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
ROUND = 400
GOAL_US = 200

Case = tuple[str, list[object]]

TYPED: tuple[Case, ...] = (
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
AMP: tuple[Case, ...] = (
    ("Simulated Time", []),
    ("Pin Should Be", [Gpio.of("GPIO9"), Level.low]),
    ("Pin Level", [Gpio.of("GPIO4")]),
    ("Serial Output", []),
    ("Serial Should Have Printed", ["core 1 alive"]),
    ("Serial Should Not Have Printed", ["Guru Meditation|abort"]),
    ("Reset Reason Should Be", ["POWERON"]),
    ("No Unmodelled Register Should Have Been Used", []),
    ("Unmodelled Registers", []),
    ("Read Memory", [Place.of("amp_mailbox_to_core1"), 64]),
    ("Register Should Be", [1, "ps", 0x20, 0x20]),
    ("Core ${core} Should Be Released", [1]),
    ("Core ${core} Life", [1]),
    ("Read Word", [Place.of("GPIO.ENABLE")]),
    ("Read Value", [Place.of("amp_heartbeat")]),
)
"""Of amp after a second, with its 20 lines of output and 1000 edges of a pin."""

MESSAGES: tuple[Case, ...] = (
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
        begin = time.process_time()
        for _ in range(ROUND):
            call()
        rounds.append((time.process_time() - begin) / ROUND * 1e6)
    return min(rounds)


def print_costs(library: TwinCore, cases: tuple[Case, ...]) -> None:
    """Print a line for each case."""
    for name, arguments in cases:
        cost = cost_us(lambda name=name, arguments=arguments: library.run_keyword(name, arguments, {}))  # type: ignore[misc]
        words = "    ".join(str(argument) for argument in arguments)
        print(f"{cost:8.1f} us{'' if cost < GOAL_US else '  above the goal'}  {name}    {words}")


def main() -> None:
    """Print the tables."""
    library = TwinCore()
    library.session.boot(str(FIRMWARE / "typed.elf"), [])
    library.run_keyword("Core ${core} Should Reach", [0, Place.of("typed_start"), Duration(200_000_000)], {})
    print_costs(library, TYPED)
    library.session.boot(str(FIRMWARE / "amp.bin"), [])
    options = {"slots": "8", "size": "16", "first_index": "1"}
    library.run_keyword("Follow Messages", ["ring", "amp_mailbox_to_core1"], options)
    library.run_keyword("Run For", [Duration(1_000_000_000)], {})
    print_costs(library, AMP)
    print_costs(library, MESSAGES)


if __name__ == "__main__":
    main()
