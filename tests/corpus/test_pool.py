"""Jobs in processes of their own."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from twincore.corpus.manifest import Job
from twincore.corpus.pool import Event, cpu_count, run_all

AMP = Path(__file__).resolve().parents[2] / "firmware" / "prebuilt" / "amp.bin"
DEVICE = """
import os
from twincore.devices import Device

class DEVICE(Device):
    def power_on(self) -> None:
        print("a user's device speaks")
        {body}
"""


def job(name: str, **options: object) -> Job:
    return Job(**({"name": name, "image": str(AMP), "for_ns": 60_000_000} | options))  # type: ignore[arg-type]


def board_with_device(folder: Path, body: str) -> str:
    (folder / "device.py").write_text(DEVICE.format(body=body))
    path = folder / "mine.toml"
    path.write_text(
        'extends = "generic"\n[board]\nname = "mine"\ntitle = "Mine"\n'
        '[[device]]\nname = "D"\nclass = "device.py:DEVICE"\n'
    )
    return str(path)


def outcomes(events: list[Event]) -> dict[int, str]:
    return {e.index: e.report.outcome.result for e in events if e.report is not None and e.report.outcome is not None}


def test_every_job_begins_and_ends_once() -> None:
    jobs = [job("one", expect=["core 0 up"]), job("two", expect=["never"]), job("three", image="/nowhere")]
    events = list(run_all(jobs, 2))
    assert [event.index for event in events if event.report is None] == [0, 1, 2]
    assert outcomes(events) == {0: "reached", 1: "missing", 2: "failed"}
    assert sum(event.report is not None and event.report.outcome is not None for event in events) == 3


def test_no_more_processes_than_wanted_run_at_a_time() -> None:
    running = most = 0
    for event in run_all([job(str(n)) for n in range(4)], 2):
        running += event.report is None
        running -= event.report is not None and event.report.outcome is not None
        most = max(most, running)
    assert (running, most) == (0, 2)


def test_what_a_users_device_prints_disturbs_nothing(tmp_path: Path) -> None:
    assert outcomes(list(run_all([job("one", board=board_with_device(tmp_path, "pass"))], 1))) == {0: "ran"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("os._exit(3)", "its process ended with status 3"),
        ("os.abort()", "its process was ended by signal 6"),
    ],
)
def test_a_process_that_dies_fails_its_job_alone(tmp_path: Path, body: str, why: str) -> None:
    events = list(run_all([job("one", board=board_with_device(tmp_path, body), expect=["x"]), job("two")], 2))
    assert outcomes(events) == {0: "failed", 1: "ran"}
    (lost,) = [e.report.outcome for e in events if e.index == 0 and e.report is not None and e.report.outcome]
    assert lost.why.startswith(why)
    assert lost.missing == ["x"]


def test_leaving_ends_the_processes() -> None:
    with contextlib.closing(run_all([job("one", for_ns=10**15)], 1)) as events:
        next(events)
    assert list(events) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how many CPUs there are")
def test_cpu_count() -> None:
    assert cpu_count() >= 1
