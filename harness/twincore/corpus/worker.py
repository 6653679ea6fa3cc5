"""One process for one job: reads it from standard input, boots it, writes progress and outcome to standard output.

What else is printed in this process, by a user's device for example, goes to standard error.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import msgspec

from twincore.corpus.boot import Outcome, boot
from twincore.corpus.manifest import Job

PROGRESS_SECONDS = 0.2


class Report(msgspec.Struct):
    """One line of a worker: how far it is, or at last the outcome."""

    time_ns: int = 0
    reached: int = 0
    outcome: Outcome | None = None


def main() -> None:
    """Carry out the job on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this process
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    encode = msgspec.json.Encoder().encode
    next_report = time.monotonic()

    def progress(time_ns: int, reached: int) -> None:
        nonlocal next_report
        if time.monotonic() >= next_report:
            next_report = time.monotonic() + PROGRESS_SECONDS
            reports.write(encode(Report(time_ns, reached)) + b"\n")

    reports.write(encode(Report(outcome=boot(job, progress))) + b"\n")


if __name__ == "__main__":
    main()
