"""The Dockerfile and its lock file: what has to be in them. No Docker engine is needed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = (Path(__file__).parents[2] / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


@pytest.fixture(scope="module")
def locked() -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each package in the lock file."""
    text = (Path(__file__).parents[2] / "requirements.lock").read_text().replace("\\\n", " ")
    result = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, version = re.match(r"([\w.-]+)==([\w.]+)", line).groups()  # type: ignore[union-attr]
            result[canonicalize_name(name)] = (version, line.count("--hash=sha256:"))
    return result


def test_base_image_is_an_argument(steps: list[tuple[str, str]]) -> None:
    assert steps[:2] == [("ARG", "BASE=debian:trixie-slim"), ("FROM", "${BASE}")]


def test_default_command_runs_the_suites_as_a_user(steps: list[tuple[str, str]]) -> None:
    words = [word for word, _ in steps]
    assert json.loads(steps[words.index("CMD")][1]) == ["robot", "robot/"]
    assert words.index("USER") < words.index("CMD")
    assert dict(steps)["USER"] not in ("root", "0")


def test_results_go_to_a_volume(steps: list[tuple[str, str]]) -> None:
    assert ("VOLUME", "/results") in steps
    assert 'ROBOT_OPTIONS="--outputdir /results"' in next(rest for word, rest in steps if word == "ENV")


def test_every_package_comes_with_a_hash(steps: list[tuple[str, str]], locked: dict[str, tuple[str, int]]) -> None:
    installs = [rest for word, rest in steps if word == "RUN" and "pip install" in rest]
    assert all("--require-hashes -r requirements.lock" in rest or "--no-index --no-deps" in rest for rest in installs)
    assert locked
    assert all(hashes for _, hashes in locked.values())


def test_lock_file_has_what_the_project_asks_for(root: Path, locked: dict[str, tuple[str, int]]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    wanted = map(Requirement, project["project"]["dependencies"] + project["build-system"]["requires"])
    assert [
        str(want) for want in wanted if not want.specifier.contains(locked.get(canonicalize_name(want.name), ("0",))[0])
    ] == []
