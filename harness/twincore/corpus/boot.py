"""Boots one image of a corpus and tells how far it got."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec

from twincore.corpus.manifest import Job
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import Stop, StopKind
from twincore.errors import TwincoreError
from twincore.images import Image, open_image
from twincore.images.find_rom import choose_rom, open_rom
from twincore.machine.board_options import load_board

HOST_TIME_OVER = "host time is over"
CHUNK_NS = 20_000_000
"""Between two pieces of this simulated time the output is looked at."""

Result = Literal["reached", "limited", "ran", "missing", "skipped", "failed"]
"""All lines came; all but those that the limits except; none is expected; some did not come; the image was not started;
it could not be, or an error ended the run."""
GOOD: tuple[Result, ...] = ("reached", "limited", "ran", "skipped")


class Unmodelled(msgspec.Struct, frozen=True, kw_only=True):
    """Accesses to a register that is not modelled: its block, how many, the first one's simulated time."""

    name: str
    block: str
    count: int
    time_ns: int | None


class Outcome(msgspec.Struct, kw_only=True):
    """How far one image got."""

    name: str
    result: Result = "failed"
    why: str = ""
    """Why the run came to its end, or was none."""
    limit: str | None = None
    """What is known to stand in the way of more."""
    reached: list[str] = []
    missing: list[str] = []
    unexpected: list[str] = []
    """Lines that came though the limits say that they do not."""
    rom: str = ""
    time_ns: int = 0
    host_s: float = 0.0
    instructions: int = 0
    resets: list[str] = []
    unmodelled: list[Unmodelled] = []
    diagnostics: list[str] = []
    cores: list[str] = []
    """What each core did at the end, and where."""
    output: dict[str, str] = {}
    """What each serial port sent."""
    digest: str = ""

    @property
    def last_line(self) -> str:
        """The last line that the firmware printed on any port."""
        lines = [line.strip() for text in self.output.values() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


Progress = Callable[[int, int], None]
"""Called with the simulated time in nanoseconds and the number of lines that have come."""


def boot(job: Job, progress: Progress = lambda time_ns, reached: None) -> Outcome:
    """Boot one image until all its lines have come or a limit is met; what goes wrong is told in the outcome."""
    outcome = Outcome(name=job.name, limit=job.limit, missing=list(job.expect))
    begin = time.perf_counter()
    try:
        _check_sum(job, outcome)
        image = open_image(job.image)
        if not outcome.why and _has_rom(job, image, outcome):
            if job.of_open_rom and outcome.rom != str(open_rom()):
                job = msgspec.structs.replace(job, expect=[*job.without, *job.expect], without=[], limit=None)
                outcome.limit, outcome.missing = None, list(job.expect)
            board = load_board(job.board, flash_size=job.flash_size, psram=job.psram)
            with closing(EmbeddedEngine(board)) as engine:
                _Run(engine, job, outcome, progress, begin).run(image)
    except TwincoreError as error:
        outcome.result, outcome.why = "failed", str(error)
    outcome.host_s = time.perf_counter() - begin
    return outcome


def _check_sum(job: Job, outcome: Outcome) -> None:
    if job.sha256 is None or not Path(job.image).is_file():
        return
    found = hashlib.sha256(Path(job.image).read_bytes()).hexdigest()
    if found != job.sha256.lower():
        outcome.why = f"{job.image}: expected the SHA-256 that the manifest gives, {job.sha256}, got {found}"


def _has_rom(job: Job, image: Image, outcome: Outcome) -> bool:
    """Choose the ROM; tell in the outcome when the image cannot run with the one that is wanted."""
    rom = choose_rom(job.rom, needs_open=image.needs_second_stage)
    outcome.rom = str(rom)
    if image.needs_second_stage and rom != open_rom():
        outcome.result, outcome.why = "skipped", "needs the open ROM: it has no bootloader"
    return outcome.result != "skipped"


class _Run:
    """One run of one image."""

    def __init__(self, engine: EmbeddedEngine, job: Job, outcome: Outcome, progress: Progress, begin: float) -> None:
        self._engine = engine
        self._job = job
        self._outcome = outcome
        self._progress = progress
        self._begin = begin
        self._patterns = {line: re.compile(line) for line in (*job.expect, *job.without)}
        self._found: set[str] = set()
        self._keys = [(re.compile(keys.after), keys.text.encode(), keys.port) for keys in job.keys]
        self._typed_at: dict[str, int] = {}
        """How much a port had sent when keys were last typed on it."""
        self._sent: dict[str, bytearray] = {port: bytearray() for port in engine.serial_ports()}
        self._has_news = False
        engine.listen_serial(self._note)

    def _note(self, port: str, content: bytes) -> None:
        self._sent[port] += content
        self._has_news = True

    def run(self, image: Image) -> None:
        """Boot and run to the end; fill in the outcome."""
        engine, outcome = self._engine, self._outcome
        try:
            engine.load(image, rom=outcome.rom)
            for *_, wanted in self._keys:
                if wanted is not None:
                    engine.serial_output(wanted)  # raises where the board has no such port
            while not outcome.why:
                stop = engine.run_until((), CHUNK_NS)
                engine.serial_output(next(iter(self._sent)))  # lets all ports pass on what they have sent
                has_typed = self._has_news and self._look()
                self._progress(engine.time_ns, len(self._found.intersection(self._job.expect)))
                outcome.why = self._end(stop, has_typed=has_typed)
            outcome.result = self._result()
        finally:
            self._tell()

    def _look(self) -> bool:
        """Look at what came for lines and for what keys wait for; return whether keys were typed."""
        self._has_news = has_typed = False
        texts = {port: content.decode("utf-8", "replace") for port, content in self._sent.items() if content}
        for line, pattern in self._patterns.items():
            if line not in self._found and any(pattern.search(text) for text in texts.values()):
                self._found.add(line)
        if self._keys:
            after, keys, wanted = self._keys[0]
            for port, text in texts.items():
                if wanted in (None, port) and after.search(text, self._typed_at.get(port, 0)):
                    self._typed_at[port] = len(text)
                    self._engine.serial_send(port, keys)
                    del self._keys[0]
                    has_typed = True
                    break
        self._outcome.output = texts
        self._outcome.reached = [line for line in self._job.expect if line in self._found]
        self._outcome.missing = [line for line in self._job.expect if line not in self._found]
        self._outcome.unexpected = [line for line in self._job.without if line in self._found]
        return has_typed

    def _end(self, stop: Stop, *, has_typed: bool) -> str:
        """Say why the run is over; nothing when it goes on."""
        job = self._job
        if job.expect and not self._outcome.missing and not job.is_whole:
            return "all lines came"
        if stop.kind is StopKind.DEAD and not has_typed:  # keys wake it: only they could
            return "the firmware is dead"
        if self._engine.time_ns >= job.for_ns:
            return "simulated time is over"
        if (time.perf_counter() - self._begin) * 1e9 >= job.host_timeout_ns:
            return HOST_TIME_OVER
        return ""

    def _result(self) -> Result:
        job, outcome = self._job, self._outcome
        if outcome.missing:
            return "missing"
        if len(outcome.unexpected) < len(job.without):
            return "limited"
        return "reached" if outcome.reached else "ran"

    def _tell(self) -> None:
        """Fill in what the engine knows at the end."""
        engine, outcome = self._engine, self._outcome
        outcome.time_ns = engine.time_ns
        outcome.instructions = sum(map(engine.instructions, range(engine.core_count)))
        outcome.resets = [reset.reason_name for reset in engine.resets()[1:]]
        outcome.diagnostics = list(engine.diagnostics(with_unmodelled=False))
        outcome.unmodelled = [
            Unmodelled(name=use.name, block=use.block, count=use.count, time_ns=use.time_ns)
            for use in engine.unmodelled()
        ]
        for core in range(engine.core_count):
            pc = engine.read_register(core, "pc")
            place = engine.symbols.at(pc, core)
            name = "" if place is None else f" ({place})"
            outcome.cores.append(f"core {core} {engine.core_state(core)}, pc {pc:#010x}{name}")
        outcome.digest = engine.digest()
