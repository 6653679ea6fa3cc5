"""Give readers many inputs, by hand: `python tests/fuzz/long_run.py [--inputs N] [--seed N] [--first N] [TARGET]...`.

Prints a row for each target, also when Ctrl-C ends it: different inputs, seconds of processor time, the slowest input,
how much memory the process grew by. An input that takes more than 10 s, or 1 GB, is a failure; it is shown with its
number, and `--first NUMBER --inputs 1` gives it again.

Inputs are made from random bytes by `fuzz_one_input`: a third of the time that Hypothesis' search for new ones takes,
and no memory of all that has been.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parent))
from targets import TARGETS, Target

LONGEST_SECONDS = 10
MOST_MEMORY_KB = 1 << 20
_ENTROPY = 2048
"""Bytes that an input is made from; one that needs more is given up."""


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"an input took more than {LONGEST_SECONDS} s")


def run(name: str, target: Target, numbers: range, start: int) -> None:
    """Give one target the inputs of these numbers; raises what an input made it raise."""
    slowest, seen = 0.0, set()
    case: Any = None

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(target.inputs)
    def use(given_case: Any) -> None:
        nonlocal slowest, case
        case = given_case
        begin, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        signal.setitimer(signal.ITIMER_PROF, LONGEST_SECONDS)
        try:
            target.use(case)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - begin)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        assert grown < MOST_MEMORY_KB, f"an input took {grown >> 10} MB"

    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with contextlib.suppress(KeyboardInterrupt):  # what has been done so far counts
        for number in numbers:
            try:
                seen.add(use.hypothesis.fuzz_one_input(random.Random(f"{name} {start} {number}").randbytes(_ENTROPY)))
            except Exception:
                print(f"{name}: input {number} with seed {start} failed: {case!r:.2000}", flush=True)
                raise
    seconds = time.process_time() - begin
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"| {name} | {len(seen - {None})} | {seconds:.0f} s | {slowest * 1000:.0f} ms | {grown:.0f} MB |", flush=True)


def main() -> None:
    """Read the command line and run the targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    options = parser.parse_args()
    os.nice(10)
    signal.signal(signal.SIGPROF, _too_long)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in options.targets:
            run(name, TARGETS[name], range(options.first, options.first + options.inputs), options.seed)


if __name__ == "__main__":
    main()
