"""Keywords for images made with ESP-IDF: do the schedulers start, is the application called, does everything stay well?

Each looks at FreeRTOS's and ESP-IDF's own names where an ELF file gives them. Without names it reads what ESP-IDF
prints on any serial port, in the words of versions 4.4 to 6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from robot.api import SkipExecution, logger

from twincore.engines.crash_words import CRASH_FUNCTIONS, CRASH_LINE
from twincore.engines.protocol import (
    AddressReached,
    Capability,
    Condition,
    MemoryMeets,
    ResetHappens,
    SerialText,
    Stop,
)
from twincore.images import Symbol
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.serial_record import shorten
from twincore.keywords.values import Core, Duration, format_moment

_START_LIMIT = Duration(3_000_000_000)
_SCHEDULER_STATES = "port_xSchedulerRunning"
"""FreeRTOS's own variable: a word for each core, 1 once its scheduler runs."""
_SCHEDULER_LINES = (
    re.compile(rb"Starting scheduler on (CPU0|PRO CPU)"),
    re.compile(rb"Starting scheduler on (CPU1|APP CPU)"),
)
_ONE_CORE_LINE = re.compile(rb"cpu_start: (Unicore app|Single core mode)")
_IDF_VERSION = re.compile(r"v\d|[0-9a-f]{7,40}(-dirty)?$|HEAD-HASH-NOTFOUND$")
"""A version; a commit where ESP-IDF was cloned without its tags; what it says of itself where git knows nothing."""
_APP_LINE = re.compile(rb"main_task: Calling app_main\(\)")
_WATCHDOG_LINE = re.compile(rb"task_wdt: Task watchdog got triggered")
_WATCHDOG_FUNCTION = "task_wdt_isr"
_IDLE_LOOK_NS = 1_000_000
_WORDS_NS = 20_000_000
"""How long the firmware goes on after something bad, to say what it was."""


class EspIdf(Keywords, topic="ESP-IDF"):
    """FreeRTOS on both cores."""

    @keyword("Skip Unless Made With ESP-IDF")
    def skip_unless_made_with_esp_idf(self) -> None:
        """Skips the test unless the image was made with ESP-IDF, as its application descriptor tells.

        Example:
        | [Setup]    `Skip Unless Made With ESP-IDF`
        """
        image = self.session.image
        descriptor = None if image is None else image.app.descriptor
        if descriptor is None or not _IDF_VERSION.match(descriptor.idf_version):
            raise SkipExecution("The image was not made with ESP-IDF: its application has no descriptor that says so.")
        logger.info(f"ESP-IDF {descriptor.idf_version}, project {descriptor.project or 'without a name'}.")

    @keyword("Scheduler Should Start On Core ${core}")
    def scheduler_should_start_on_core(self, core: Core, within: Duration = _START_LIMIT) -> Duration:
        """Runs until FreeRTOS's scheduler runs on a core; returns the simulated time.

        Looks at ``port_xSchedulerRunning`` where there is an ELF file. Else ESP-IDF's line on any serial port tells, or
        that the core idles: it waits for an interrupt, with none masked. The test is skipped for core 1 when the image
        was built for one core.

        Example:
        | `Scheduler Should Start On Core 1`    within=2 s
        """
        self.session.need(Capability.SERIAL_OUTPUT)
        self.session.check_core(core)
        states = self._symbol(_SCHEDULER_STATES)
        if core == 1 and states is not None and states.size == 4:
            raise SkipExecution("The image was built for one core: there is no scheduler on core 1.")
        conditions: list[Condition] = []
        if states is not None:
            conditions.append(MemoryMeets(states.address + 4 * core, 4, lambda word: word == b"\1\0\0\0"))
        else:
            conditions += self._lines(_SCHEDULER_LINES[core])
            conditions.append(MemoryMeets(0x4000_0000, 1, lambda _: self._idles(core), poll_ns=_IDLE_LOOK_NS))
            if core == 1:
                conditions += self._lines(_ONE_CORE_LINE)
        stop = self.session.wait(conditions, within.ns)
        if stop is None:
            self.session.unmet(
                f"core {core}",
                f"FreeRTOS's scheduler within {within}",
                f"{self.session.core_text(core)}; {self._tails()}",
                "see both cores' state in the log"
                if states is not None
                else "give the ELF file, whose names tell more than the lines",
            )
        if stop.match is not None and stop.match.re is _ONE_CORE_LINE:
            raise SkipExecution("The image was built for one core: there is no scheduler on core 1.")
        how = _SCHEDULER_STATES if states is not None else "its line" if stop.match is not None else "the idle task"
        logger.info(f"The scheduler of core {core} runs at {format_moment(stop.time_ns)}, as {how} tells.")
        return Duration(stop.time_ns)

    @keyword("App Main Should Be Called")
    def app_main_should_be_called(self, within: Duration = _START_LIMIT) -> Duration:
        """Runs until a core calls the application's ``app_main``; returns the simulated time.

        Without an ELF file ESP-IDF's line (from version 5 on) tells; the test is skipped where neither can.

        Example:
        | `App Main Should Be Called`    within=2 s
        """
        self.session.need(Capability.RESET_REASONS)
        known = len(self.engine.resets())
        symbol = self._symbol("app_main")
        conditions = [AddressReached(symbol.address)] if symbol is not None else self._lines(_APP_LINE)
        stop = self.session.wait(conditions, within.ns)
        if stop is None:
            resets = len(self.engine.resets()) - known
            if symbol is None and not resets:
                raise SkipExecution(
                    "No names are given and no line tells that app_main is called: give the ELF file of the image."
                )
            got = f"none, and {resets} resets; {self._tails()}" if resets else f"none; {self._tails()}"
            self.session.unmet("app_main", f"a call within {within}", got, "see the serial output in the log")
        who = "" if stop.core is None else f" by core {stop.core}"
        logger.info(f"app_main is called{who} at {format_moment(stop.time_ns)}.")
        return Duration(stop.time_ns)

    @keyword("Task Watchdog Should Stay Quiet")
    def task_watchdog_should_stay_quiet(self, during: Duration) -> None:
        """Runs for a time and fails when ESP-IDF's task watchdog complains of a task that does not let others run.

        Its time is 5 s unless the project says otherwise: look for longer than that.

        Example:
        | `Task Watchdog Should Stay Quiet`    during=6 s
        """
        self._watch("task watchdog", "quiet", _WATCHDOG_LINE, (_WATCHDOG_FUNCTION,), during)

    @keyword("Nothing Should Crash")
    def nothing_should_crash(self, during: Duration) -> None:
        """Runs for a time and fails at a panic, an abort, a stack overflow, a watchdog's or any other reset.

        A panic is known by the words of ESP-IDF and Arduino, Rust (esp-backtrace), Zephyr, NuttX, newlib, libstdc++,
        MicroPython's core, Lua's and Linux, and by the functions of ESP-IDF, Zephyr and Rust that lead there, where an
        ELF file names them. An error in a script is none: the prompt comes back. Where firmware has words of its own,
        say them: `Serial Should Not Print`.

        Example:
        | `Nothing Should Crash`    during=6 s
        """
        self._watch("firmware", "neither panic nor reset", CRASH_LINE, CRASH_FUNCTIONS, during)

    def _watch(
        self, who: str, expected: str, line: re.Pattern[bytes], functions: Sequence[str], during: Duration
    ) -> None:
        """Run for a time; fail at a line, at one of the functions and at a reset."""
        self.session.need(Capability.RESET_REASONS)
        known = len(self.engine.resets())
        symbols = {name: symbol for name in functions if (symbol := self._symbol(name)) is not None}
        conditions: list[Condition] = [*self._lines(line), ResetHappens()]
        conditions += [AddressReached(symbol.address) for symbol in symbols.values()]
        stop = self.session.watch(conditions, during.ns)
        if stop is not None:
            assert stop.condition is not None
            got = self._happened(stop, conditions[stop.condition], known)
            self.session.unmet(who, f"{expected} during {during}", got, "see the serial output in the log")

    def _happened(self, stop: Stop, condition: Condition, known_resets: int) -> str:
        """Say what ended a run."""
        if stop.core is not None and stop.address is not None:
            self.session.run_for(_WORDS_NS)
            return f"{self.session.names.label(stop.address, stop.core)} on core {stop.core}; {self._tails()}"
        if stop.match is not None and isinstance(condition, SerialText):
            self.session.run_for(_WORDS_NS)
            start = self.engine.serial_output(condition.port).data.rfind(b"\n", 0, stop.match.end()) + 1
            line = self.session.serial.lines(condition.port, start)[0]
            return f"'{shorten(line.text)}' at {format_moment(stop.time_ns)}"
        reset = self.engine.resets()[known_resets]
        return f"a reset, {reset.reason_name} ({reset.domain}), at {format_moment(reset.time_ns)}"

    def _lines(self, pattern: re.Pattern[bytes]) -> list[Condition]:
        """Wait for text on any serial port, from power-on."""
        return [SerialText(port, pattern) for port in self.engine.serial_ports()]

    def _symbol(self, name: str) -> Symbol | None:
        """Return the firmware's symbol, None where no ELF file has it."""
        image = self.session.image
        found = image.symbols.all(name) if image is not None else []
        return found[0] if found else None

    def _idles(self, core: int) -> bool:
        """Tell whether a core waits for an interrupt as FreeRTOS's idle task does: with some enabled, none masked."""
        engine = self.engine
        if engine.core_state(core) != "waiting" or not engine.read_register(core, "intenable"):
            return False
        return engine.read_register(core, "ps") & 0x1F == 0

    def _tails(self) -> str:
        """Quote the last line of each port that has sent anything."""
        ports = [port for port in self.engine.serial_ports() if self.engine.serial_output(port).data]
        return "; ".join(f"{port}: {self.session.serial.tail(port)}" for port in ports) or "nothing was printed"
