"""The README's two commands: there are exactly two, .ci/run finds them, and they are what a newcomer needs."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def readme_commands(root: Path) -> Callable[[str], list[str]]:
    """The function by which .ci/run finds the commands."""
    function: Callable[[str], list[str]] = runpy.run_path(str(root / ".ci" / "readme_commands.py"))["readme_commands"]
    return function


def test_two_commands(root: Path, readme_commands: Callable[[str], list[str]]) -> None:
    assert readme_commands((root / "README.md").read_text(encoding="utf-8")) == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/robot robot/",
        ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest -n auto",
    ]


def test_commands_are_taken_from_blocks_marked_sh(readme_commands: Callable[[str], list[str]]) -> None:
    text = "```\nno\n```\n\n```sh\none \\\n  more\n```\ntext\n```sh\ntwo\n```\n```sh\nthree\n```\n"
    assert readme_commands(text) == ["one    more", "two"]


def test_ci_runs_the_readme_and_every_check(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    for part in (".ci/readme_commands.py", "ruff check", "ruff format --check", "mypy", "SHA256SUMS", ".ci/summary.py"):
        assert part in script
    assert (root / ".ci" / "run").stat().st_mode & 0o111


def _blocks(root: Path, language: str) -> list[str]:
    text = (root / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _told(text: str) -> list[str]:
    """Return the lines without addresses, sizes and times, which a rebuilt firmware may change."""
    return [re.sub(r"0x[0-9a-f]+|\d+\.\d+ s", "_", line) for line in text.splitlines()]


def test_run_prints_what_the_readme_shows(root: Path) -> None:
    (block,) = (block for block in _blocks(root, "console") if block.startswith("$ twincore run"))
    command, _, shown = block.partition("\n")
    words = [sys.executable, "-m", "twincore", *shlex.split(command)[2:]]
    run = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    assert _told(run.stdout) + _told(run.stderr) == _told(shown)


def test_the_python_of_the_readme_runs(root: Path) -> None:
    (program,) = _blocks(root, "python")
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    heartbeat, state = run.stdout.split()
    assert int(heartbeat) > 10
    assert state in ("running", "waiting")


def test_the_suite_of_the_readme_passes(root: Path, tmp_path: Path) -> None:
    (suite,) = _blocks(root, "robotframework")
    (tmp_path / "mine.robot").write_text(suite)
    command = [sys.executable, "-m", "robot", "--outputdir", str(tmp_path), str(tmp_path / "mine.robot")]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 tests, 3 passed, 0 failed" in run.stdout


def test_the_firmware_with_a_delay_fails_as_shown(root: Path, tmp_path: Path) -> None:
    (block,) = (block for block in _blocks(root, "console") if block.startswith("$ robot"))
    command, _, shown = block.partition("\n")
    words = [sys.executable, "-m", "robot", "--outputdir", str(tmp_path), *shlex.split(command)[2:]]
    run = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    for line in shown.splitlines():
        part = line.strip().removesuffix("...").strip()
        part = re.sub(r"\(.*", "", part) if part.startswith("got:") else part
        assert part in run.stdout


def test_the_readme_names_cases_that_exist(root: Path, tmp_path: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"\n\n```\n(Robot.*?)\n```\n", text, re.DOTALL)
    command = [sys.executable, "-m", "robot", "--dryrun", "--outputdir", str(tmp_path), "robot/"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    *cases, total = block.splitlines()
    missing = [line for line in cases if line.strip(" .=-") and line not in run.stdout]
    assert not missing
    assert total.partition(",")[0] in run.stdout
