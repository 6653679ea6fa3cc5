"""`twincore corpus`: boots the images of a manifest in parallel; shows how far each got and what stands in the way."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from twincore.cli.options import option_of
from twincore.cli.status import FAILED, OK, say
from twincore.cli.tables import show_table
from twincore.corpus.boot import GOOD, Outcome, Result
from twincore.corpus.figures import blocks, different_digests
from twincore.corpus.manifest import Choices, Job, plan
from twincore.corpus.pool import Event, cpu_count, run_all
from twincore.errors import UsageError
from twincore.images.files import is_folder
from twincore.images.find_rom import choose_rom
from twincore.machine.board_options import load_board

if TYPE_CHECKING:
    from rich.progress import TaskID

_COLUMNS = ("image", "", "lines", "simulated", "host", "instr.", "resets", "first unmodelled")
_NUMBERS = (2, 3, 4, 5, 6)
_MEANINGS: dict[Result, str] = {
    "reached": "came to their lines",
    "limited": "came to their known limit",
    "ran": "have no lines to come to",
    "skipped": "were skipped",
    "missing": "lack lines",
    "failed": "failed",
}
_BLOCK_COLUMNS = ("block", "blocks", "used by", "registers", "accesses", "images")
_BLOCK_NUMBERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class CorpusOptions:
    """The command line of `twincore corpus`."""

    corpus: Path
    names: tuple[str, ...] = ()
    limits: Path | None = None
    choices: Choices = field(default_factory=Choices)
    jobs: int | None = None
    shows_text: bool = False
    json: Path | None = None
    checks_digests: bool = False


def show_corpus(options: CorpusOptions) -> int:
    """Boot what was asked for, show the tables and return the exit status."""
    if options.json is not None and not is_folder(options.json.absolute().parent):
        raise UsageError("--json", f"expected a file in a folder that is there, got {options.json}")
    _check(options.choices)
    jobs = plan(options.corpus, options.names, limits_file=options.limits, choices=options.choices)
    runs = jobs * 2 if options.checks_digests else jobs
    outcomes = _run(runs, options.jobs or cpu_count())
    first, second = outcomes[: len(jobs)], outcomes[len(jobs) :]
    different = different_digests(first, second) if second else []
    if options.shows_text:
        _show_text(first)
    show_table("", _COLUMNS, [_row(outcome) for outcome in first], numbers=_NUMBERS, rigid=7)
    _show_rest(first)
    _show_blocks(first)
    if second:
        said = ", ".join(different)
        print(f"\nDigests of two runs differ: {said}" if different else "\nTwo runs of each image had equal digests.")
    print(f"\n{_summary(first)}")
    if options.json is not None:
        _write_json(options.json, first, second, different)
    is_good = all(outcome.result in GOOD for outcome in outcomes)
    return OK if is_good and not different else FAILED


def _check(choices: Choices) -> None:
    """Raise UsageError or PlatformError for what would fail with every image."""
    choose_rom(choices.rom, who="--rom")
    load_board(choices.board or "generic", flash_size=choices.flash_size, psram=choices.psram, called=option_of)


def _run(jobs: Sequence[Job], processes: int) -> list[Outcome]:
    """Run the jobs with a progress bar on a terminal, a line for each that is done elsewhere."""
    outcomes: dict[int, Outcome] = {}
    shown = _bars(jobs) if sys.stderr.isatty() else contextlib.nullcontext(_lines(jobs))
    with shown as show, contextlib.closing(run_all(jobs, processes)) as events:
        for event in events:
            show(event)
            if event.report is not None and event.report.outcome is not None:
                outcomes[event.index] = event.report.outcome
    return [outcomes[index] for index in range(len(jobs))]


def _lines(jobs: Sequence[Job]) -> Callable[[Event], None]:
    done = 0

    def show(event: Event) -> None:
        nonlocal done
        if event.report is not None and event.report.outcome is not None:
            done += 1
            outcome = event.report.outcome
            lines = f"{len(outcome.reached)} of {len(outcome.reached) + len(outcome.missing)} lines"
            say(f"{done}/{len(jobs)} {outcome.result:7} {outcome.name}: {lines}, {outcome.why}")

    return show


@contextlib.contextmanager
def _bars(jobs: Sequence[Job]) -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        whole = progress.add_task("all images", total=len(jobs), said="")
        tasks: dict[int, TaskID] = {}

        def show(event: Event) -> None:
            job, report = jobs[event.index], event.report
            if report is None:
                tasks[event.index] = progress.add_task(job.name, total=job.for_ns, said="")
            elif report.outcome is not None:
                progress.remove_task(tasks.pop(event.index))
                progress.advance(whole)
                done = int(progress.tasks[0].completed)
                progress.update(whole, said=f"{done} of {len(jobs)}")
            else:
                said = f"{report.time_ns / 1e9:.2f} s, {report.reached} of {len(job.expect)} lines"
                progress.update(tasks[event.index], completed=report.time_ns, said=said)

        yield show


def _row(outcome: Outcome) -> tuple[str, ...]:
    count = len(outcome.reached) + len(outcome.missing)
    first = outcome.unmodelled[0].name if outcome.unmodelled else ""
    return (
        outcome.name,
        outcome.result if outcome.result in GOOD else outcome.result.upper(),
        f"{len(outcome.reached)}/{count}",
        f"{outcome.time_ns / 1e9:.3f} s",
        f"{outcome.host_s:.2f} s",
        f"{outcome.instructions / 1e6:.0f} M",
        str(len(outcome.resets)),
        first,
    )


def _summary(outcomes: Sequence[Outcome]) -> str:
    """Count the results in words."""
    counts = Counter(outcome.result for outcome in outcomes)
    parts = [f"{_MEANINGS[result]}: {counts[result]}" for result in _MEANINGS if counts[result]]
    return f"{len(outcomes)} image{'' if len(outcomes) == 1 else 's'}: {'; '.join(parts)}"


def _show_rest(outcomes: Sequence[Outcome]) -> None:
    """Tell more of images that did not come to their lines, and the limits that are known."""
    for outcome in outcomes:
        if outcome.result in ("missing", "failed", "skipped"):
            print(f"\n{outcome.name}: {outcome.why}")
        if outcome.result == "missing" or (outcome.cores and outcome.result == "failed"):
            for line in outcome.missing:
                print(f"  not printed: {line}")
            print(f"  last line: {outcome.last_line[:200] or 'none'}")
            for core in outcome.cores:
                print(f"  {core}")
        for line in outcome.unexpected:
            print(f"\n{outcome.name}: came though the limits say that it does not: {line}")
    limits = [(outcome.name, outcome.limit) for outcome in outcomes if outcome.limit]
    if limits:
        print()
        show_table("Known limits", (), limits)


def _show_blocks(outcomes: Sequence[Outcome]) -> None:
    found = blocks(outcomes)
    if not found:
        return
    rows = [
        (
            block.name,
            str(len(block.blocked)),
            str(len(block.images)),
            str(len(block.registers)),
            str(block.accesses),
            ", ".join(block.images),
        )
        for block in found
    ]
    print()
    show_table(
        "What is not modelled, by the images that it blocks", _BLOCK_COLUMNS, rows, numbers=_BLOCK_NUMBERS, rigid=5
    )


def _show_text(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        for port, text in outcome.output.items():
            print(f"=== {outcome.name}, {port}")
            print(text.replace("\r\n", "\n").rstrip("\n"))
        for diagnostic in outcome.diagnostics:
            print(f"=== {outcome.name} {diagnostic}")
    print()


def _write_json(path: Path, first: Sequence[Outcome], second: Sequence[Outcome], different: Sequence[str]) -> None:
    """Write everything, beside the file and then in its place, so that nobody ever reads half of it."""
    record = {
        "images": first,
        "second_runs": second,
        "different_digests": different,
        "blocks": [vars(block) for block in blocks(first)],
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
