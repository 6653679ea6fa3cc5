"""Boots the images of a corpus in processes of their own, several at a time; one that crashes harms no other."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import msgspec

from twincore.corpus.boot import Outcome
from twincore.corpus.manifest import Job
from twincore.corpus.worker import Report


@dataclass(frozen=True)
class Event:
    """A job has begun (no report), has come so far, or is done (a report with an outcome); `index` is the job's."""

    index: int
    report: Report | None


def cpu_count() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(jobs: Sequence[Job], processes: int) -> Generator[Event, None, None]:
    """Run all jobs, so many at a time, and yield what happens; leaving the iterator ends the processes."""
    waiting = iter(enumerate(jobs))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    running: dict[int, _Process] = {}
    try:
        while True:
            while len(running) < processes and (following := next(waiting, None)) is not None:
                index, job = following
                running[index] = _Process(index, job, events)
                yield Event(index, None)
            if not running:
                return
            event = events.get()
            if event.report is not None and event.report.outcome is not None:
                running.pop(event.index).close()
            yield event
    finally:
        for process in running.values():
            process.close()


class _Process:
    """One worker, and the thread that reads what it reports."""

    def __init__(self, index: int, job: Job, events: queue.SimpleQueue[Event]) -> None:
        self._index, self._job, self._events = index, job, events
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twincore.corpus.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the worker if it still runs."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._errors.close()

    def _read(self) -> None:
        """Pass on all reports; make an outcome of a worker that ends without one."""
        process, decode = self._process, msgspec.json.Decoder(Report).decode
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(msgspec.json.encode(self._job))
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has died; its status tells below
        with process.stdout:
            for line in process.stdout:
                report = decode(line)
                self._events.put(Event(self._index, report))
                if report.outcome is not None:
                    return
        self._events.put(Event(self._index, Report(outcome=self._lost(process.wait()))))

    def _lost(self, status: int) -> Outcome:
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        why = f"its process {how}" + (f": {words[-1]}" if words else "")
        return Outcome(name=self._job.name, result="failed", why=why, missing=list(self._job.expect))
