"""The library itself: puts the topics together, makes failures readable, writes serial output into the log."""

from __future__ import annotations

from typing import Any, ClassVar

from robot.api import SkipExecution, logger
from robotlibcore import DynamicCore

from twincore.errors import PeripheralError, TwincoreError
from twincore.keywords import report
from twincore.keywords.analog import Analog
from twincore.keywords.answers import Answers
from twincore.keywords.converters import CONVERTERS
from twincore.keywords.cores import Cores
from twincore.keywords.crashes import Crashes
from twincore.keywords.devices import Devices
from twincore.keywords.esp_idf import EspIdf
from twincore.keywords.injection import Injections
from twincore.keywords.loops import Loops
from twincore.keywords.memory import Memory
from twincore.keywords.messages import Messages
from twincore.keywords.phases import Phases
from twincore.keywords.pins import Pins
from twincore.keywords.programs import Programs
from twincore.keywords.running import Running
from twincore.keywords.serial import Serial
from twincore.keywords.session import Session
from twincore.keywords.stacks import Stacks
from twincore.keywords.timing import Timing
from twincore.keywords.unmet import UnmetError
from twincore.keywords.values import EngineName, PowerOnContent, Unmodelled
from twincore.keywords.variables import Variables
from twincore.keywords.watchdogs import Watchdogs
from twincore.keywords.watching import Watching


class KeywordError(AssertionError):
    """A TwincoreError as Robot Framework shows it: a line for each part of the message."""

    ROBOT_SUPPRESS_NAME = True


class TwinCore(DynamicCore):  # type: ignore[misc]  # robotlibcore comes without types
    """Boots real ESP32-S3 firmware on two deterministic LX7 cores and checks what it does. No board is needed.

    = A first suite =

    | ***** Settings *****
    | Library           twincore.TwinCore
    | Suite Setup       `Boot Firmware`    build/
    |
    | ***** Test Cases *****
    | Core 1 Comes To Life
    |     `Core 1 Should Start At`    app_core1_start    within=200 ms
    |     `Serial Should Print`    core 1 alive    within=100 ms
    |
    | The Control Loop Keeps Its Period
    |     `Symbol Should Be Hit Periodically`    control_loop    period=1 ms    jitter=2 us    during=500 ms

    = Time is simulated =

    Every time in a keyword is the firmware's own. It passes only in keywords that take a time (``during``,
    ``within``), and the same run gives the same times on every machine, however busy it is. A time has a unit:
    ``100 ms``, ``2.5 us``, ``250 ns``, ``1 s 200 ms``, ``480 cycles at 240 MHz``. ``within`` is a limit, the keyword
    comes back as soon as it has what it waits for; ``during`` always passes in full, unless the keyword fails.

    = Names and addresses =

    Where a keyword takes a place, write a symbol of the firmware (``amp_heartbeat``), a symbol with an offset in
    bytes (``amp_heartbeat+4``), or an address (``0x3FC90004``). `Boot Firmware` tells where names come from.

    = Reading serial output =

    Keywords mean the console (an option of the import, UART0 by default) unless they name a port.
    Each port has a reading position. `Serial Should Print` looks for lines from there on and moves it behind the line
    it found, so keywords that follow each other find lines in their order. What is sent to the firmware moves
    it behind all output so far: an old line is not an answer.

    = What the log holds =

    Each test's log ends with what the serial ports sent during the test, each line with its simulated time; what a
    suite's setup made them send is with the first test. Measured periods are tables with a picture. A failure says
    what was expected, what came instead, the simulated time and where both cores were; below it the log has both
    cores' state, the last serial lines, resets and diagnostics.

    = Engines =

    What an engine cannot do, it says: a test that needs it is skipped with the reason.
    """

    ROBOT_LIBRARY_SCOPE = "SUITE"
    ROBOT_LIBRARY_DOC_FORMAT = "ROBOT"
    ROBOT_LIBRARY_CONVERTERS: ClassVar = CONVERTERS
    ROBOT_LISTENER_API_VERSION = 3

    def __init__(
        self,
        engine: EngineName | str = EngineName.embedded,
        board: str = "generic",
        seed: int | str = 0,
        quantum: int | str = 64,
        rom: str = "open",
        sram: PowerOnContent | str = PowerOnContent.pattern,
        unmodelled: Unmodelled | str = Unmodelled.report,
        console: str = "UART0",
        flash_size: str = "",
        psram: str = "",
        efuse: str = "",
        mac: str = "",
        straps: str = "",
    ) -> None:
        """All options have defaults. With the same options, the same firmware runs the same way every time.

        - ``engine``: what runs the firmware.
        - ``board``: a board that comes with twincore (``generic``, ``devkitc-1``, ``devkitc-1-n16r8`` and so on), or
          the path of a platform file.
        - ``seed``: of random numbers and of what memories hold when power comes.
        - ``quantum``: CPU cycles that a core runs before the other one catches up. 1 is exact in both directions and
          slower.
        - ``rom``: ``open`` (the ROM that comes with twincore), ``auto`` (the chip's own where ESP-IDF is installed,
          else the open one) or the path of a ROM file.
        - ``sram``: what SRAM holds when power comes.
        - ``unmodelled``: what happens when firmware uses a register that twincore does not model.
        - ``console``: the serial port that keywords mean when they name none.
        - ``flash_size``, ``psram``: other sizes than the board's: ``4MB``; ``2MB``, ``8MB-octal``, ``none``.
        - ``efuse``: what the chip's fuses hold, a file of espefuse.py; ``mac``: the chip's base MAC address.
        - ``straps``: what the pins say at reset: ``flash``, ``download`` or GPIO_STRAP as a number.

        Example:
        | Library    twincore.TwinCore    board=devkitc-1    flash_size=16MB    seed=7    quantum=1
        """
        # Robot Framework itself crashes where an argument of an import has no such value: `Boot Firmware` reads them.
        self.session = Session(
            {
                "engine": engine,
                "board": board,
                "seed": seed,
                "quantum": quantum,
                "rom": rom,
                "sram": sram,
                "unmodelled": unmodelled,
                "console": console,
                "flash_size": flash_size,
                "psram": psram,
                "efuse": efuse,
                "mac": mac,
                "straps": straps,
            }
        )
        topics = (
            Running,
            Serial,
            Memory,
            Variables,
            Watching,
            Stacks,
            Cores,
            Pins,
            Analog,
            Devices,
            Timing,
            Loops,
            Messages,
            Answers,
            Programs,
            Phases,
            Injections,
            Crashes,
            Watchdogs,
            EspIdf,
        )
        super().__init__([topic(self.session) for topic in topics])

    def run_keyword(self, name: str, args: list[Any], kwargs: dict[str, Any] | None = None) -> Any:
        """Run a keyword; a failure gets a line for each of its parts, and the state of the machine in the log."""
        try:
            return super().run_keyword(name, args, kwargs)
        except TwincoreError as error:
            self._log_state()
            raise KeywordError(failure_text(error)) from error
        except (SkipExecution, AssertionError):
            raise
        except Exception:
            self._log_state()
            raise

    def start_test(self, data: Any, result: Any) -> None:
        """Begin a test's record (called by Robot Framework)."""
        self.session.state_is_logged = False
        self.session.test_name = data.full_name

    def end_test(self, data: Any, result: Any) -> None:
        """Write the serial output of a test into its log, the state too if it failed (called by Robot Framework)."""
        if result.failed and not self.session.state_is_logged:
            self._log_state()
        lines = self.session.take_lines()
        if lines:
            logger.info(report.serial_block(lines, "during this test", self.session), html=True)

    def close(self) -> None:
        """End the run when the suite is over (called by Robot Framework)."""
        self.session.close()

    def _log_state(self) -> None:
        if self.session.is_booted:
            self.session.state_is_logged = True
            logger.info(report.state_block(self.session), html=True)


def failure_text(error: TwincoreError) -> str:
    """Write an error with a line for each part."""
    if isinstance(error, UnmetError):
        lines = [
            f"{error.who} did not do what was expected.",
            f"  expected:  {error.expected}",
            f"  got:       {error.got}",
        ]
    else:
        lines = [f"{error.who}: {error.problem}"]
    if isinstance(error, PeripheralError):
        lines += error.trace.splitlines()
    if error.when:
        lines.append(f"  when:      {error.when}")
    if error.next_step:
        lines.append(f"  next step: {error.next_step}")
    return "\n".join(lines)
