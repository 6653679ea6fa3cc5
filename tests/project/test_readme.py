"""The README's two commands: there are exactly two, .ci/run finds them, and they are what a newcomer needs."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_two_commands(root: Path) -> None:
    readme_commands = runpy.run_path(str(root / ".ci" / "readme_commands.py"))["readme_commands"]
    assert readme_commands((root / "README.md").read_text(encoding="utf-8")) == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/robot robot/",
        ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest -n auto",
    ]


def test_commands_are_taken_from_blocks_marked_sh(root: Path) -> None:
    readme_commands = runpy.run_path(str(root / ".ci" / "readme_commands.py"))["readme_commands"]
    text = "```\nno\n```\n\n```sh\none \\\n  more\n```\ntext\n```sh\ntwo\n```\n```sh\nthree\n```\n"
    assert readme_commands(text) == ["one    more", "two"]


def test_ci_runs_the_readme_and_every_check(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    for part in (".ci/readme_commands.py", "ruff check", "mypy", "SHA256SUMS", ".ci/summary.py"):
        assert part in script
    assert (root / ".ci" / "run").stat().st_mode & 0o111
