"""`twincore run`: boot firmware, show its console, wait for a pattern, end with a status that a script can use."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twincore.cli.console import Console
from twincore.cli.crashes import CrashLines
from twincore.cli.options import RunOptions, option_of
from twincore.cli.outputs import outputs_of, write_outputs
from twincore.cli.panics import PanicLoop, is_deaf
from twincore.cli.screen import Screen
from twincore.cli.status import FAILED, HOST_TIMEOUT, INTERRUPTED, OK, say
from twincore.cli.tables import plain_lines
from twincore.engines.protocol import (
    MATCH_WINDOW,
    Capability,
    Condition,
    Engine,
    ResetHappens,
    SerialText,
    Stop,
    StopKind,
)
from twincore.errors import ImageError, UsageError

if TYPE_CHECKING:
    from twincore.images import Image
    from twincore.machine.platform_file import Platform

CHUNK_NS = 10_000_000
"""The run is divided into pieces of this simulated time (10 ms); between them come keys, progress and diagnostics."""
DEFAULT_TIMEOUT_NS = 5_000_000_000
LONG_START_SECONDS = 2.0
MAX_UNMODELLED = 200
"""So many registers that are not modelled are listed at the end."""
MAX_DIAGNOSTICS = 50
"""So many diagnostics are shown while the firmware runs; the rest is counted at the end."""

_LACKS = re.compile(rb"^openrom: (\w+) (?:is not written yet|drives the radio)", re.M)
"""The open ROM's last line when firmware calls a function that it does not have."""


def _moment(time_ns: int) -> str:
    from twincore.keywords.values import format_moment

    return format_moment(time_ns)


def _duration(time_ns: int) -> str:
    from twincore.keywords.values import format_ns

    return format_ns(time_ns)


def run_image(options: RunOptions) -> int:
    """Boot `options.image` on the embedded engine and return the exit status."""
    patterns = _Patterns.of(options)
    keys = _input(options)
    from twincore.machine.board_options import load_board

    board = load_board(
        options.board,
        flash_size=options.flash_size,
        psram=options.psram,
        efuse=options.efuse,
        mac=options.mac,
        straps=options.straps,
        peripherals=options.peripherals,
        called=option_of,
    )
    image = _open(options, board)
    for warning in image.warnings:
        say(f"warning: {warning}")
    from twincore.images.find_rom import choose_rom

    rom = choose_rom(options.rom, needs_open=image.needs_second_stage, who="--rom")
    if options.rom == "auto":
        say(f"ROM: {rom}")
    from twincore.engines.embedded import EmbeddedEngine

    outputs = outputs_of(options, image)
    with _telling_of_a_long_start():
        engine = EmbeddedEngine(
            board,
            seed=options.seed,
            sram=options.sram,
            quantum_cycles=options.quantum_cycles,
            semihosting=options.semihosting,
            unmodelled=options.unmodelled,
        )
    with contextlib.closing(engine), Screen(has_progress=not options.is_interactive).drawn() as screen:
        console = Console(engine, options.uart, screen.write)
        engine.machine.semihosting.listeners.append(screen.write)
        engine.load(image, rom=str(rom))

        def show(text: str) -> None:
            screen.flush()
            screen.make_room()
            say(text)

        engine.listen_serial(CrashLines(engine.symbols, image, console.shows, show).sent)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        status = Runner(engine, image, console, options, patterns, keys, screen).run()
        write_outputs(outputs, engine)
        return status


def _open(options: RunOptions, board: Platform) -> Image:
    """Open the image and put files into its partitions."""
    from twincore.images import fill_partitions, open_image

    if options.is_encrypted:
        from twincore.machine.encrypted_image import open_encrypted

        image = open_encrypted(options.image, board, elfs=options.elfs)
    else:
        image = open_image(options.image, elfs=options.elfs)
    return fill_partitions(image, options.partitions, who="--partition") if options.partitions else image


@contextlib.contextmanager
def _telling_of_a_long_start() -> Iterator[None]:
    """Tell the user at a terminal why the first start on a computer takes so long."""
    if not sys.stderr.isatty():
        yield
        return
    words = "preparing the interpreter for this computer; only the first start takes some seconds"
    timer = threading.Timer(LONG_START_SECONDS, say, (words,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@dataclass(frozen=True)
class _Patterns:
    until: re.Pattern[bytes] | None
    fail: re.Pattern[bytes] | None
    input_after: re.Pattern[bytes] | None

    @classmethod
    def of(cls, options: RunOptions) -> _Patterns:
        if options.timeout_ns is not None and options.until is None:
            raise UsageError("--timeout", "expected --until with it", next_step="use --for TIME to stop after a time")
        if options.input_after is not None and options.input is None:
            raise UsageError("--input-after", "expected --input FILE with it")
        return cls(
            _pattern("--until", options.until),
            _pattern("--fail", options.fail),
            _pattern("--input-after", options.input_after),
        )


def _pattern(option: str, text: str | None) -> re.Pattern[bytes] | None:
    if text is None:
        return None
    try:
        return re.compile(os.fsencode(text), re.MULTILINE)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(
            option, f"expected a regular expression, got {text!r}: {error}", next_step=r"write \ before ( [ * + ?"
        ) from error


def _input(options: RunOptions) -> bytes:
    if options.input is None:
        return b""
    try:
        return options.input.read_bytes()
    except OSError as error:
        raise UsageError("--input", f"cannot read {options.input}: {error.strerror}") from error


class Runner:
    """One run of an engine that is loaded: what to wait for, what to show, how it ends."""

    def __init__(
        self,
        engine: Engine,
        image: Image,
        console: Console,
        options: RunOptions,
        patterns: _Patterns,
        keys: bytes,
        screen: Screen,
    ) -> None:
        self._engine = engine
        self._image = image
        self._console = console
        self._options = options
        self._patterns = patterns
        self._keys = keys
        self._screen = screen
        self._panics = PanicLoop(options.panic_loop)
        self._shown_diagnostics = 0
        self._next_diagnostics = 0.0
        self._interrupted = False
        self._searched: dict[str, int] = {}
        """Up to where each port's output has been searched, less the length of a match."""
        self._places = [0] * engine.core_count
        limits = [time_ns for time_ns in (options.for_ns, self._timeout_ns()) if time_ns is not None]
        self._start_ns = engine.time_ns
        self._end_ns = self._start_ns + min(limits) if limits else None
        engine.listen_serial(self._panics.sent)

    def _timeout_ns(self) -> int | None:
        options = self._options
        if options.until is None or (options.timeout_ns is None and options.for_ns is not None):
            return None
        return DEFAULT_TIMEOUT_NS if options.timeout_ns is None else options.timeout_ns

    def run(self) -> int:
        """Run to the end and return the exit status; the digest comes last."""
        if self._options.is_interactive:
            from twincore.cli.terminal import Keyboard

            with Keyboard() as keyboard:
                say("the terminal is the firmware's now; Ctrl-] leaves")
                status = self._run(lambda: self._type(keyboard.read, lambda: keyboard.has_left))
        else:
            with self._taking_interrupts():
                status = self._run(lambda: False)
        if self._options.wants_digest:
            self._screen.finish_line()
            self._screen.write(f"digest {self._engine.digest()}\n".encode())
            self._screen.flush()
        return status

    # The run, piece by piece.

    def _run(self, wants_to_leave: Callable[[], bool]) -> int:
        engine, begin = self._engine, time.monotonic()
        self._begin = begin
        if self._keys and self._patterns.input_after is None:
            self._send_input()
        next_ns = engine.time_ns
        while True:
            if engine.time_ns >= next_ns:
                next_ns += CHUNK_NS
            target = next_ns if self._end_ns is None else min(next_ns, self._end_ns)
            conditions = self._conditions()
            stop = engine.run_until(conditions, max(target - engine.time_ns, 0))
            is_over = self._end_ns is not None and engine.time_ns >= self._end_ns
            has_more_ports = self._console.settle(is_last=is_over)
            self._screen.flush()
            if is_over and has_more_ports:
                continue  # to look for the patterns there, too, before the time is over
            status = self._judge(stop, conditions)
            if status is not None:
                return status
            self._show_diagnostics(at_end=False)
            if stop.kind is not StopKind.CONDITION:
                self._places = [engine.read_register(core, "pc") for core in range(engine.core_count)]
            if self._interrupted:
                return self._end(INTERRUPTED, "interrupted")
            limit = self._options.host_timeout_ns
            if limit is not None and (time.monotonic() - begin) * 1e9 >= limit:
                return self._end(HOST_TIMEOUT, f"gave up: --host-timeout of {_duration(limit)} is over")
            if wants_to_leave():
                self._screen.finish_line()
                return self._end(OK, "left")
            if self._screen.is_due():
                self._screen.progress(engine.time_ns, sum(map(engine.instructions, range(engine.core_count))))

    def _conditions(self) -> list[Condition]:
        wanted = (self._patterns.until, self._patterns.fail, self._patterns.input_after if self._keys else None)
        patterns = [pattern for pattern in wanted if pattern is not None]
        conditions: list[Condition] = []
        for port in self._console.searched if patterns else ():
            start = self._searched.get(port, 0)
            self._searched[port] = max(len(self._engine.serial_output(port).data) - MATCH_WINDOW, 0)
            conditions += [SerialText(port, pattern, start) for pattern in patterns]
        if Capability.RESET_REASONS in self._engine.capabilities:
            conditions.append(ResetHappens())
        return conditions

    def _judge(self, stop: Stop, conditions: Sequence[Condition]) -> int | None:
        """Return the exit status when the run is over."""
        engine, options = self._engine, self._options
        if stop.kind is StopKind.EXIT:
            return self._guest_exit(stop.exit_status or 0)
        if stop.match is not None:
            status = self._matched(stop, conditions)
            if status is not None:
                return status
        if stop.kind is StopKind.CONDITION:
            self._panics.look(engine.resets())
            if self._panics.found is not None:
                return self._end(FAILED, f"{self._panics.found}; before the last reset:", places=self._places)
        if options.is_interactive:
            return None if self._end_ns is None or engine.time_ns < self._end_ns else self._time_over(is_dead=False)
        if self._end_ns is not None and engine.time_ns >= self._end_ns:
            return self._time_over(is_dead=is_deaf(engine))
        return self._dead() if stop.kind is StopKind.DEAD else None

    def _matched(self, stop: Stop, conditions: Sequence[Condition]) -> int | None:
        assert stop.match is not None
        assert stop.condition is not None
        condition = conditions[stop.condition]
        assert isinstance(condition, SerialText)
        pattern, text = condition.pattern, repr(stop.match[0].decode("utf-8", "replace"))
        came = f"{text} came" if condition.port == self._console.main else f"{text} came on {condition.port}"
        if self._patterns.until is not None and pattern == self._patterns.until:
            return self._end(OK, came, stop.time_ns, with_cores=False)
        if self._patterns.fail is not None and pattern == self._patterns.fail:
            return self._end(FAILED, f"--fail: {came}", stop.time_ns)
        self._console.input = condition.port
        self._send_input()
        return None

    def _guest_exit(self, guest: int) -> int:
        if self._options.until is not None:
            return self._end(FAILED, f"the firmware ended the run with status {guest}; {self._missing()}")
        status = OK if guest == 0 else FAILED
        return self._end(status, f"the firmware ended the run with status {guest}", with_cores=False)

    def _time_over(self, *, is_dead: bool) -> int:
        if self._options.until is not None and is_dead:
            return self._dead()
        if self._options.until is not None:
            spent = self._engine.time_ns - self._start_ns if self._end_ns is None else self._end_ns - self._start_ns
            return self._end(FAILED, f"{self._missing()} within {_duration(spent)} (simulated)")
        if is_dead:
            return self._dead()
        return self._end(OK, "the time is over", with_cores=False)

    def _dead(self) -> int:
        lacks = _LACKS.search(self._engine.serial_output(self._console.main).data)
        if lacks is not None:
            text = (
                f"the open ROM ended the run: it lacks {lacks[1].decode()}; the chip's own has it: "
                "--rom auto takes that of an ESP-IDF installation, --rom PATH any other"
            )
        else:
            text = "the firmware is dead: every core waits with its interrupts masked, is held or is lost"
        return self._end(FAILED, f"{text}; {self._missing()}" if self._options.until is not None else text)

    def _missing(self) -> str:
        return f"{self._options.until!r} did not come"

    def _end(
        self,
        status: int,
        text: str,
        time_ns: int | None = None,
        *,
        with_cores: bool = True,
        places: Sequence[int] | None = None,
    ) -> int:
        """Say how the run ended and when; and where the cores are, or were (places: their pcs)."""
        self._screen.flush()
        self._screen.make_room()
        self._show_diagnostics(at_end=True)
        self._show_unmodelled()
        say(f"[{_moment(self._engine.time_ns if time_ns is None else time_ns)}] {text}")
        if with_cores:
            for core in range(self._engine.core_count):
                say(f"  {self._core_text(core, None if places is None else places[core])}")
        return status

    def _show_unmodelled(self) -> None:
        """Show what was used and is not modelled, in the order of the first accesses."""
        uses = self._engine.unmodelled()
        if not uses:
            return
        rows = []
        for use in uses[:MAX_UNMODELLED]:
            moment = "" if use.time_ns is None else _moment(use.time_ns)
            core = "" if use.core is None else f"core {use.core}"
            place = "" if use.pc is None else f"pc {use.pc:#010x}{self._name(use.pc, use.core)}"
            rows.append((use.name, str(use.count), moment, core, place))
        say("used, though not modelled:")
        for line in plain_lines("", ("register", "accesses", "first access"), rows, numbers=(1,)):
            say(line)
        left = uses[MAX_UNMODELLED:]
        if left:
            say(f"  and {len(left)} more registers with {sum(use.count for use in left)} accesses")

    def _core_text(self, core: int, was_at: int | None) -> str:
        engine = self._engine
        pc = engine.read_register(core, "pc") if was_at is None else was_at
        state = engine.core_state(core) if was_at is None else ""
        why = "; its double exception vector raises an exception itself" if state == "lost" else ""
        return f"core {core}:{f' {state},' if state else ''} pc {pc:#010x}{self._name(pc, core)}{why}"

    def _name(self, pc: int, core: int | None) -> str:
        """Write in brackets the function of an instruction and its source line, as far as they are known."""
        try:
            frames = self._image.source_frames(pc, core)
        except ImageError:
            frames = []  # damaged debug information is no reason to hide the function
        known = (self._engine.symbols.at(pc, core), frames[-1].line if frames else None)
        words = ", ".join(str(word) for word in known if word is not None)
        return f" ({words})" if words else ""

    # Input, Ctrl-C and diagnostics.

    def _send_input(self) -> None:
        self._engine.serial_send(self._console.input, self._keys)
        self._keys = b""

    def _type(self, read: Callable[[float], bytes], has_left: Callable[[], bool]) -> bool:
        """Pass on what was typed; do not let simulated time run ahead of the user's."""
        ahead = (self._engine.time_ns - self._start_ns) / 1e9 - (time.monotonic() - self._begin)
        typed = read(ahead)
        if typed:
            self._engine.serial_send(self._console.input, typed)
        return has_left()

    @contextlib.contextmanager
    def _taking_interrupts(self) -> Iterator[None]:
        """Take Ctrl-C between two pieces of the run; a second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def take(number: int, frame: object) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True

        previous = signal.signal(signal.SIGINT, take)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)

    def _show_diagnostics(self, *, at_end: bool) -> None:
        """Show new diagnostics, ten times a second at most."""
        now = time.monotonic()
        if not at_end and now < self._next_diagnostics:
            return
        self._next_diagnostics = now + 0.1
        texts = self._engine.diagnostics(with_unmodelled=False)  # those come as a table at the end
        for text in texts[self._shown_diagnostics : MAX_DIAGNOSTICS]:
            self._screen.make_room()
            say(text)
        self._shown_diagnostics = len(texts)
        if at_end and len(texts) > MAX_DIAGNOSTICS:
            say(f"{len(texts) - MAX_DIAGNOSTICS} more diagnostics are not shown")
