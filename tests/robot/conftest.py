"""Runs the project's suites as a user does, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from robot.api import ExecutionResult, ResultVisitor
from robot.result import Result, TestCase

from twincore.images.elf import ElfFile

ROOT = Path(__file__).parents[2]
ENTRY = 0x36
"""First byte of the LX7's entry instruction, which has three."""
RETW_N = bytes.fromhex("1df0")


@dataclass(frozen=True)
class Outcome:
    """What a run of `robot` gave."""

    status: int
    console: str
    result: Result
    tests: dict[str, TestCase]

    def names(self, status: str) -> set[str]:
        """Return the names of the tests with a status."""
        return {name for name, test in self.tests.items() if test.status == status}

    def messages(self, test: str) -> list[str]:
        """List all messages in a test's log, in their order."""
        return [item.message for item in _walk(self.tests[test])]


Robot = Callable[..., Outcome]


class _Tests(ResultVisitor):  # type: ignore[misc]  # Robot Framework comes without types
    def __init__(self) -> None:
        self.found: dict[str, TestCase] = {}

    def visit_test(self, test: TestCase) -> None:
        self.found[test.name] = test


def _walk(item: Any) -> list[Any]:
    found: list[Any] = []
    for child in getattr(item, "body", ()):
        found += [child] if child.type == "MESSAGE" else _walk(child)
    return found


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes amp.elf with a function that returns at once, so that a suite must notice."""

    def make(function: str) -> Path:
        elf = ROOT / "firmware" / "prebuilt" / "amp.elf"
        content = bytearray(elf.read_bytes())
        parsed = ElfFile(bytes(content), who=str(elf))
        address = parsed.symbols.find(function).address
        section = next(s for s in parsed.sections if s.is_loaded and s.address <= address < s.address + s.size)
        at = section.offset + address - section.address
        assert content[at] == ENTRY, f"{function} begins with no entry instruction"
        content[at + 3 : at + 5] = RETW_N
        target = tmp_path_factory.mktemp("mutant") / f"amp_without_{function}.elf"
        target.write_bytes(content)
        return target

    return make


@pytest.fixture(scope="session")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    """Runs `robot OPTIONS robot/`; the suites are chosen by `suites`, the directory by `cwd`."""

    def run(*options: str, cwd: Path = ROOT, suites: tuple[Path, ...] = (ROOT / "robot",)) -> Outcome:
        output = tmp_path_factory.mktemp("robot")
        arguments = [sys.executable, "-m", "robot", "--outputdir", str(output), *options, *map(str, suites)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, env=environment)
        assert (output / "output.xml").is_file(), process.stderr
        result = ExecutionResult(str(output / "output.xml"))
        visitor = _Tests()
        result.visit(visitor)
        return Outcome(process.returncode, process.stdout + process.stderr, result, visitor.found)

    return run
