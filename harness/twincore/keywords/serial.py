"""Keywords for serial ports: what the firmware prints, and what is sent to it."""

from __future__ import annotations

import re

from robot.api import logger

from twincore.engines.protocol import Capability, SerialText
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.serial_record import SerialLine, shorten
from twincore.keywords.values import SECOND, Duration, format_moment

_NEWLINE = re.compile(rb"\n")


class Serial(Keywords, topic="serial"):
    """Lines out, lines in."""

    @keyword("Serial Should Print")
    def serial_should_print(self, pattern: str, within: Duration = SECOND, port: str | None = None) -> str | list[str]:
        r"""Runs until the firmware prints a line in which the regular expression ``pattern`` is found.

        The search begins at the reading position and moves it behind the line that was found; a line that is there
        already needs no time. Only whole lines count, so that ``(\d+)`` finds a whole number.

        Returns what the pattern's group holds, a list where it has several, the whole line where it has none.

        Example:
        | `Serial Should Print`    core 1 alive    within=100 ms
        | ${beats} =    `Serial Should Print`    heartbeat (\\d+)
        """
        port = port or self.session.options.console
        regex = compile_pattern(pattern)
        start = self._position(port)
        line, match = self._await_line(regex, within, port)
        if line is None or match is None:
            seen = self.session.serial.lines(port, start)
            count = f"{len(seen)} other lines" if len(seen) != 1 else "another line"
            got = f"{count}; {self.session.serial.tail(port)}" if seen else f"nothing; {self.session.serial.tail(port)}"
            self.session.unmet(
                port,
                f"a line with '{pattern}' within {within}",
                got,
                "compare with the serial output in the log; give it longer with within=",
            )
        logger.info(f"'{line.text}' at {format_moment(line.time_ns)}")
        groups = [group or "" for group in match.groups()]
        if not groups:
            return line.text
        return groups[0] if len(groups) == 1 else groups

    @keyword("Serial Should Print Text")
    def serial_should_print_text(self, text: str, within: Duration = SECOND, port: str | None = None) -> None:
        """Runs until the firmware has printed exactly ``text``, in the middle of a line or over several.

        For a prompt, behind which no line ends. The search begins at the reading position and moves it.

        Example:
        | `Serial Should Print Text`    login:${SPACE}
        """
        port = port or self.session.options.console
        self.session.need(Capability.SERIAL_OUTPUT)
        pattern = re.compile(re.escape(text.encode()))
        stop = self.session.wait([SerialText(port, pattern, self._position(port))], within.ns)
        if stop is None or stop.match is None:
            self.session.unmet(
                port,
                f"the text '{shorten(text)}' within {within}",
                f"none of it; {self.session.serial.tail(port)}",
                "compare with the serial output in the log; lines of the firmware may end in \\r\\n",
            )
        self.session.serial.positions[port] = stop.match.end()

    @keyword("Serial Should Not Print")
    def serial_should_not_print(self, pattern: str, during: Duration, port: str | None = None) -> None:
        """Runs for a time and fails at the first line in which ``pattern`` (a regular expression) is found.

        Lines from the reading position on count, also those that are there already. The position stays.

        Example:
        | `Serial Should Not Print`    panic|torn message    during=1 s
        """
        port = port or self.session.options.console
        regex = compile_pattern(pattern)
        before = self._position(port)
        end = self.engine.time_ns + during.ns
        line, _ = self._await_line(regex, during, port)
        self.session.serial.positions[port] = before
        if line is not None:
            self.session.unmet(
                port,
                f"no line with '{pattern}' during {during}",
                f"'{shorten(line.text)}' at {format_moment(line.time_ns)}",
            )
        self.session.run_for(max(end - self.engine.time_ns, 0))

    @keyword("Serial Should Have Printed")
    def serial_should_have_printed(self, pattern: str, port: str | None = None) -> list[str]:
        """Checks, without running, that ``pattern`` is in a line printed since power-on; returns all such lines.

        Does not look at the reading position and does not move it.

        Example:
        | `Serial Should Have Printed`    core 0 up
        """
        port = port or self.session.options.console
        self.session.need(Capability.SERIAL_OUTPUT)
        regex = compile_pattern(pattern)
        lines = self.session.serial.lines(port, 0)
        found = [line.text for line in lines if regex.search(line.text)]
        if not found:
            self.session.unmet(
                port,
                f"a line with '{pattern}' since power-on",
                f"{len(lines)} lines without; {self.session.serial.tail(port)}",
            )
        return found

    @keyword("Serial Should Not Have Printed")
    def serial_should_not_have_printed(self, pattern: str, port: str | None = None) -> None:
        """Checks, without running, that ``pattern`` is in no line printed since power-on.

        Example:
        | `Serial Should Not Have Printed`    Guru Meditation|panic
        """
        port = port or self.session.options.console
        self.session.need(Capability.SERIAL_OUTPUT)
        regex = compile_pattern(pattern)
        line = next((line for line in self.session.serial.lines(port, 0) if regex.search(line.text)), None)
        if line is not None:
            self.session.unmet(
                port,
                f"no line with '{pattern}' since power-on",
                f"'{shorten(line.text)}' at {format_moment(line.time_ns)}",
            )

    @keyword("Send Serial Line")
    def send_serial_line(self, line: str, end: str = "\\n", port: str | None = None) -> None:
        r"""Sends text and a line's end to the firmware, at the rate that the firmware has set.

        What was printed before cannot be the answer: the reading position moves behind it. ``end`` may be ``\\n``,
        ``\\r``, ``\\r\\n`` or empty.

        Example:
        | `Send Serial Line`    ping
        | `Serial Should Print`    pong    within=50 ms
        """
        port = port or self.session.options.console
        ends = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}
        self._send((line + ends.get(end, end)).encode(), port)

    @keyword("Send Serial Bytes")
    def send_serial_bytes(self, content: bytes, port: str | None = None) -> None:
        r"""Sends bytes to the firmware, at the rate that the firmware has set; the reading position moves.

        Text counts as one byte a character, up to ``\\xff``.

        Example:
        | `Send Serial Bytes`    \\x02\\xffping\\x03    port=UART1
        """
        port = port or self.session.options.console
        self._send(content, port)

    @keyword("Serial Output")
    def serial_output(self, port: str | None = None) -> str:
        r"""Returns all that a port has sent since power-on as text; bytes that are no UTF-8 stand as ``\\xNN``.

        Example:
        | ${text} =    `Serial Output`
        | Should Contain    ${text}    entry 0x
        """
        port = port or self.session.options.console
        self.session.need(Capability.SERIAL_OUTPUT)
        return self.engine.serial_output(port).data.decode("utf-8", "backslashreplace")

    @keyword("Skip Serial Output")
    def skip_serial_output(self, port: str | None = None) -> None:
        """Moves the reading position behind all that has been printed.

        Example:
        | `Skip Serial Output`
        | `Serial Should Print`    heartbeat    # a new one
        """
        port = port or self.session.options.console
        self.session.need(Capability.SERIAL_OUTPUT)
        self.session.serial.positions[port] = len(self.engine.serial_output(port).data)

    def _send(self, content: bytes, port: str) -> None:
        self.session.need(Capability.SERIAL_INPUT)
        self.skip_serial_output(port)
        self.engine.serial_send(port, content)

    def _position(self, port: str) -> int:
        self.session.need(Capability.SERIAL_OUTPUT)
        return self.session.serial.positions.get(port, 0)

    def _await_line(
        self, regex: re.Pattern[str], within: Duration, port: str
    ) -> tuple[SerialLine, re.Match[str]] | tuple[None, None]:
        """Run until a whole line from the reading position on matches; the position moves behind the lines seen."""
        start = self._position(port)
        deadline = self.engine.time_ns + within.ns
        while True:
            left = max(deadline - self.engine.time_ns, 0)
            stop = self.session.wait([SerialText(port, _NEWLINE, start)], left)
            if stop is None or stop.match is None:
                return None, None
            end = stop.match.end()
            line = self.session.serial.lines(port, start, end)[0]
            self.session.serial.positions[port] = start = end
            match = regex.search(line.text)
            if match is not None:
                return line, match


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Read a regular expression. Raises UsageError."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            "pattern",
            f"expected a regular expression, got '{pattern}' ({error})",
            next_step="write \\\\ before a character that has a meaning of its own, such as ( or [",
        ) from error
