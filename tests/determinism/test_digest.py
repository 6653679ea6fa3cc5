"""The same run gives the same digest: again, beside itself, on a loaded host, on another Python, in another process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "firmware" / "prebuilt" / "amp.bin"
#: `python` of an environment with twincore in it, of another version than the one that runs the tests
OTHER_PYTHON = os.environ.get("TWINCORE_OTHER_PYTHON")


def start(python: str = sys.executable, *options: str) -> subprocess.Popen[str]:
    """Start a run of 100 ms of simulated time that ends with its digest."""
    command = [python, "-m", "twincore", "run", str(IMAGE), "--for", "100ms", "--digest", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def digest(run: subprocess.Popen[str]) -> str:
    """Return the digest that a run printed as its last line."""
    output, errors = run.communicate()
    assert run.returncode == 0, errors
    last = output.splitlines()[-1]
    assert last.startswith("digest sha256:")
    return last


@pytest.fixture(scope="module")
def expected() -> str:
    return digest(start())


def test_ten_runs(expected: str) -> None:
    assert {digest(start()) for _ in range(9)} == {expected}


def test_two_at_once(expected: str) -> None:
    first, second = start(), start()
    assert [digest(first), digest(second)] == [expected, expected]


def test_on_a_loaded_host(expected: str) -> None:
    done = threading.Event()

    def burn() -> None:
        while not done.is_set():
            sum(range(1000))

    burners = [threading.Thread(target=burn) for _ in range(4)]
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    for burner in burners:
        burner.start()
    try:
        assert digest(start()) == expected
    finally:
        done.set()
        for burner in burners:
            burner.join()
        for other in others:
            other.kill()
            other.wait()


def test_on_another_python(expected: str) -> None:
    if OTHER_PYTHON is None:
        pytest.skip("TWINCORE_OTHER_PYTHON names no other Python with twincore installed")
    assert digest(start(OTHER_PYTHON)) == expected


def test_the_seed_and_the_quantum_are_part_of_it(expected: str) -> None:
    changed = {digest(start(sys.executable, *options)) for options in (("--seed", "1"), ("--quantum", "32"))}
    assert len(changed | {expected}) == 3
