"""Commands that repeat what has failed: the test, and the firmware's run without any test."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twincore.keywords.options import Options


@dataclass(frozen=True)
class Repeatable:
    """What was booted, as the suite gave it, and how often power was taken away since."""

    image: str
    elfs: tuple[str, ...]
    partitions: tuple[str, ...]
    power_cycles: int = 0
    is_encrypted: bool = False


_SAME = ("board", "seed", "quantum", "rom", "flash_size", "psram", "efuse", "mac", "straps")
"""Options that the library and the command line call the same, but for the dash."""


def run_command(run: Repeatable, options: Options, time_ns: int) -> str:
    """Write the command that runs the same firmware the same way up to a time."""
    words = ["twincore", "run", run.image]
    words += [word for elf in run.elfs for word in ("--elf", elf)]
    words += [word for assignment in run.partitions for word in ("--partition", assignment)]
    defaults = type(options)()
    for name in (*_SAME, "sram", "unmodelled"):
        value = getattr(options, name)
        if value != getattr(defaults, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(value, "name", value))]
    words += [word for peripheral in options.peripherals for word in ("--peripheral", peripheral)]
    words += ["--flash-encrypted"] if run.is_encrypted else []
    return shlex.join([*words, "--for", f"{time_ns}ns"])


def robot_command(test_name: str, arguments: Sequence[str] | None = None) -> str:
    """Write the command that repeats a test: that of this process with the test's full name in it.

    arguments: of the process, its own by default. Returns "" where this process is not robot.
    """
    given = list(sys.argv if arguments is None else arguments)
    if not test_name or not given or Path(given[0]).stem not in ("robot", "run", "__main__"):
        return ""
    return shlex.join(["robot", "--test", test_name, *given[1:]])
