"""Random programs and floating-point rows against QEMU for as long as one likes.

    python tests/oracle/long_run.py [--minutes 10] [--start 1000000]

Seeds count up from --start (the tests' own begin at 0), so that another start gives other programs. Every program that
differs is printed with its code, and `--only KIND SEED` runs it again alone. Exits 1 when anything differed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import batch as batches
import compare
from programs import WRITERS

BATCH, ROWS = 1000, 250


def main() -> int:
    """Run batches in turn until the time is over; print counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--start", type=int, default=1_000_000)
    parser.add_argument("--only", nargs=2, metavar=("KIND", "SEED"))
    options = parser.parse_args()
    if batches.qemu_path() is None:
        print(compare.SKIP_REASON)
        return 2
    if options.only:
        _, wrong = compare.programs(options.only[0], [int(options.only[1])])
        print("\n".join(wrong) or "no difference")
        return 1 if wrong else 0
    end = time.monotonic() + 60 * options.minutes
    counts: Counter[str] = Counter()
    seed, different = options.start, 0
    while time.monotonic() < end:
        for kind in WRITERS:
            count, wrong = compare.programs(kind, range(seed, seed + BATCH))
            counts[kind] += count
            different += len(wrong)
            print("\n".join(wrong), end="\n" if wrong else "", flush=True)
        count, explained, wrong = compare.float_rows(ROWS, seed)
        counts["floating-point rows"] += count
        counts["of them explained differences"] += explained
        different += len(wrong)
        print("\n".join(wrong[:20]), end="\n" if wrong else "", flush=True)
        seed += BATCH
    for what, count in counts.items():
        print(f"{count:10,}  {what}")
    print(f"{different:10,}  differences that nothing explains; seeds {options.start} to {seed - 1}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
