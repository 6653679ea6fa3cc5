"""Keywords for firmware's last words: where a crash came from, and its core dump as a file."""

from __future__ import annotations

from pathlib import Path

from robot.api import logger

from twincore.engines.crashes import CoreDump, last_core_dump
from twincore.engines.protocol import Capability
from twincore.errors import ImageError, UsageError
from twincore.images.backtrace import Frame
from twincore.images.output import check_writable, write_file
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import AT_ONCE, SECOND, Duration

_WHO = "Save Core Dump"
_POLL_NS = 50_000_000
_AFTER_NS = 20_000_000
"""How long a backtrace may take on the port after its first word."""


class Crashes(Keywords, topic="crashes"):
    """Backtraces and core dumps."""

    @keyword("Crash Should Come From")
    def crash_should_come_from(self, function: str, within: Duration = SECOND, port: str | None = None) -> list[Frame]:
        """Runs until the firmware prints a backtrace or register dump in which ``function`` has a frame.

        The search begins at power-on. Returns the frames that were printed together with it; each has ``function``
        (with the offset), ``address`` and ``line`` (with ``file`` and ``line``). The log resolves every backtrace below
        its line, whether or not this keyword is used.

        Example:
        | `Send Serial Line`    crash0
        | `Crash Should Come From`    do_crash    within=100 ms
        """
        self.session.need(Capability.SERIAL_OUTPUT)
        port = port or self.session.options.console
        end = self.engine.time_ns + within.ns
        while True:
            frames = self._frames(port)
            found = [frame for frame in frames if frame.function.partition("+")[0] == function]
            now = self.engine.time_ns
            if found or now >= end:
                break
            self.session.run_for(min(_AFTER_NS, end - now))
        if not found:
            names = ", ".join(frame.function or f"{frame.address:#010x}" for frame in frames[:8])
            self.session.unmet(
                port,
                f"a backtrace through {function} within {within}",
                f"frames in {names}" if frames else f"no backtrace; {self.session.serial.tail(port)}",
                "see the serial output in the log" if frames else "does the firmware print one when it crashes?",
            )
        logger.info("\n".join(str(frame) for frame in frames))
        return frames

    @keyword("Save Core Dump")
    def save_core_dump(self, file: str, within: Duration = AT_ONCE) -> str:
        """Saves the firmware's last core dump to a file; returns where it was found.

        It is the one printed between CORE DUMP START and CORE DUMP END, on whichever serial port, else the one in the
        coredump partition: ESP-IDF's, for ``esp-coredump``, its length and checksum verified. The one that Rust
        firmware prints between @COREDUMP and @ENDCOREDUMP is an ELF core file for a debugger. ``within`` is how long
        to run until there is a whole one.

        Example:
        | ${where} =    `Save Core Dump`    ${OUTPUT DIR}/core.bin    within=5 s
        | # esp-coredump info_corefile --core core.bin --core-format raw build/app.elf
        """
        path = Path(file)
        check_writable(path, who=_WHO)
        end = self.engine.time_ns + within.ns
        while (dump := self._core_dump(is_last=self.engine.time_ns >= end)) is None and self.engine.time_ns < end:
            self.session.run_for(min(_POLL_NS, end - self.engine.time_ns))
        if dump is None:
            raise UsageError(
                _WHO,
                f"expected a core dump within {within}, none was printed whole and no partition holds one",
                when=self.session.moment(),
                next_step="give it longer with within=: a dump takes seconds at 115200 baud",
            )
        write_file(path, dump.content, who=_WHO)
        logger.info(f"{len(dump.content)} bytes from {dump.found} are in {path}.")
        return dump.found

    def _core_dump(self, *, is_last: bool) -> CoreDump | None:
        """Look for a core dump; one that is damaged is still being written, until the last look."""
        try:
            return last_core_dump(self.engine, self.session.image)
        except ImageError:
            if is_last:
                raise
            return None

    def _frames(self, port: str) -> list[Frame]:
        """Return the frames of everything that a port has printed."""
        reader = self.session.names.backtraces()
        lines = self.session.serial.lines(port, 0)
        return [frame for line in lines if line.is_whole for frame in reader.read(line.text) if frame.function]
