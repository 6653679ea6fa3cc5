"""`twincore new`: the project runs as it is written, its suites are checked without an engine, in parallel too."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from robot.api import ExecutionResult

SUITES = 3
TESTS = 8
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as the command writes it."""
    folder = tmp_path_factory.mktemp("new") / "my-tests"
    run = subprocess.run([sys.executable, "-m", "twincore", "new", folder], capture_output=True, text=True, check=True)
    assert "  robot --outputdir results suites\n" in run.stdout
    return folder


def call(folder: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Carry out a command in the project's folder with the interpreter of the tests."""
    path = os.pathsep.join([environment.pop("first", ""), *sys.path]).strip(os.pathsep)
    run = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run


def test_the_suites_pass(project: Path, tmp_path: Path) -> None:
    run = call(project, sys.executable, "-m", "robot", "--outputdir", tmp_path, "suites")
    assert f"{TESTS} tests, {TESTS} passed, 0 failed" in run.stdout


def test_one_command_runs_all(project: Path, tmp_path: Path) -> None:
    """As CI and the container do, with options for Robot Framework."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)
    path = f"{programs}:/usr/bin:/bin"
    run = call(project, "./run-tests.sh", "--include", "sensor", RESULTS=str(tmp_path), PATH=path)
    assert "3 passed" in run.stdout
    assert "2 tests, 2 passed, 0 failed" in run.stdout
    assert (tmp_path / "log.html").is_file()


@pytest.mark.parametrize("words", [[], ["peripherals"]])
def test_its_tests_run_in_a_folder_of_another_project(project: Path, tmp_path: Path, words: list[str]) -> None:
    """Such as in a clone of this one, whose pytest imports tests in its own way."""
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n')
    shutil.copytree(project, tmp_path / "my-tests")
    run = call(tmp_path / "my-tests", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words)
    assert "3 passed" in run.stdout


@pytest.mark.parametrize("suites", ["project", "checkout"])
def test_a_dry_run_needs_no_engine(project: Path, tmp_path: Path, suites: str) -> None:
    for package in ("llvmlite", "elftools"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError('a dry run needs no engine')\n")
    folder = project if suites == "project" else ROOT
    where = "suites" if suites == "project" else "robot"
    call(folder, sys.executable, "-m", "robot", "--dryrun", "--outputdir", tmp_path, where, first=str(tmp_path))
    result = ExecutionResult(str(tmp_path / "output.xml"))
    names = [suite.name for suite in result.suite.suites]
    if suites == "project":
        assert names == ["01 Boot", "02 Loop", "03 Sensor"]
        assert result.statistics.total.passed == TESTS
        assert [tag.name for tag in result.statistics.tags] == ["boot", "sensor", "timing"]
    else:
        assert "01 Core1 Release" in names
        assert result.statistics.total.failed == 0


@pytest.mark.skipif(importlib.util.find_spec("pabot") is None, reason="pabot is not installed")
def test_two_processes_give_the_same_results(project: Path, tmp_path: Path) -> None:
    options = ("--outputdir", tmp_path, "--processes", "2", "--no-pabotlib")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # pabot starts robot by its name
    run = call(project, sys.executable, "-m", "pabot.pabot", *options, "suites", PATH=path)
    assert f"{TESTS} tests, {TESTS} passed, 0 failed" in run.stdout


def test_ci_and_container_run_the_same_command(project: Path) -> None:
    steps = yaml.safe_load((project / ".github" / "workflows" / "tests.yml").read_text())["jobs"]["tests"]["steps"]
    assert "./run-tests.sh" in [step.get("run") for step in steps]
    docker = (project / "Dockerfile").read_text()
    assert docker.splitlines()[-1] == 'CMD ["./run-tests.sh"]'
    assert "docker build -t my-tests ." in docker
    assert (project / "README.md").read_text().startswith("# my-tests\n")
    assert (project / "run-tests.sh").stat().st_mode & stat.S_IXUSR


def test_nothing_is_overwritten(twincore, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    result = twincore("new", tmp_path)
    assert result.status == 2
    assert result.err == (
        f"twincore: {tmp_path}: expected a folder that is empty or does not exist yet, got one with files\n"
    )
    result = twincore("new", tmp_path / "notes.txt" / "x")
    assert result.status == 2
    assert "expected a folder that can be written" in result.err
