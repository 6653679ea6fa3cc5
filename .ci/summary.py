"""Print how many tests ran, and why others were skipped, from Robot Framework's output.xml and pytest's JUnit file.

The last line counts both together. Exits 1 where a result is missing or no test ran.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Results:
    """What became of the tests of one runner."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped.total()} skipped"


def read(path: Path) -> Results:
    """Return the results in one file, Robot Framework's or JUnit's by its root element."""
    root = ET.parse(path).getroot()
    return _read_robot(root) if root.tag == "robot" else _read_junit(root)


def _read_robot(root: ET.Element) -> Results:
    results = Results()
    for test in root.iter("test"):
        status = test.find("status")
        assert status is not None
        outcome = status.get("status")
        if outcome == "PASS":
            results.passed += 1
        elif outcome == "SKIP":
            results.skipped[_reason(status.text or "")] += 1
        else:
            results.failed += 1
    return results


def _read_junit(root: ET.Element) -> Results:
    results = Results()
    for case in root.iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            results.failed += 1
        elif skipped is not None:
            results.skipped[_reason(skipped.get("message", ""))] += 1
        else:
            results.passed += 1
    return results


def _reason(text: str) -> str:
    """Return the first line of a reason, the folders of paths left out, so that equal reasons count as one."""
    text = text.removeprefix("Skipped in parent suite setup:")
    first = (text.strip() or "no reason given").splitlines()[0]
    return re.sub(r"(?<![\w.])/\S*/(?=\S)", "", first)


def main(paths: list[str]) -> int:
    """Print the summary of the files; return the exit status."""
    status = 0
    total = Results()
    for path in map(Path, paths):
        if not path.is_file():
            print(f"{path.stem}: no results")
            status = 1
            continue
        results = read(path)
        print(f"{'robot' if path.stem == 'output' else path.stem}: {results}")
        for reason, count in results.skipped.most_common():
            print(f"  {count} skipped: {reason}")
        if results.passed + results.failed == 0:
            status = 1
        total.passed += results.passed
        total.failed += results.failed
        total.skipped += results.skipped
    print(total)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
