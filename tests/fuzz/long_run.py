"""Give readers many inputs, by hand: `python tests/fuzz/long_run.py [--inputs N] [--seed N] [TARGET]...`.

Prints a row for each target, also when Ctrl-C ends it: inputs, seconds of processor time, the slowest input, how much
memory the process grew by. An input that takes more than 10 s, or 1 GB, is a failure; it is made small and shown.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).resolve().parent))
from targets import TARGETS, Target

LONGEST_SECONDS = 10
MOST_MEMORY_KB = 1 << 20


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"an input took more than {LONGEST_SECONDS} s")


def run(name: str, target: Target, inputs: int, start: int) -> None:
    """Give one target so many inputs; raises what an input made it raise."""
    count, slowest = 0, 0.0

    @seed(start)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def use(case: Any) -> None:
        nonlocal count, slowest
        count += 1
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
        use()
    seconds = time.process_time() - begin
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"| {name} | {count} | {seconds:.0f} s | {slowest * 1000:.0f} ms | {grown:.0f} MB |", flush=True)


def main() -> None:
    """Read the command line and run the targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.nice(10)
    signal.signal(signal.SIGPROF, _too_long)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in options.targets:
            run(name, TARGETS[name], options.inputs, options.seed)


if __name__ == "__main__":
    main()
