"""What serial ports have sent, as lines with times: for matches, for messages, for the log of a test."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twincore.engines.protocol import Capability, Engine
from twincore.keywords.values import format_moment


@dataclass(frozen=True)
class SerialLine:
    """A line that a port has sent, without its end; `time_ns` is when it was over, `is_whole` whether it ended."""

    port: str
    text: str
    time_ns: int
    is_whole: bool


class SerialRecord:
    """The output of one engine's ports, and how far it was read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.positions: dict[str, int] = {}
        """Where the next search in a port's output begins, by port."""
        self._shown: dict[str, tuple[int, int]] = {}
        self._whole: dict[str, tuple[int, list[SerialLine]]] = {}
        """The whole lines from the beginning on, and where they end, by port: lines that are over do not change."""

    def begin_anew(self) -> None:
        """Forget how far was read: the ports have lost what they sent."""
        self.positions.clear()
        self._shown.clear()
        self._whole.clear()

    def lines(self, port: str, start: int, end: int | None = None) -> list[SerialLine]:
        """Split a port's output from byte `start` into lines, with times."""
        if start or end is not None:
            return self._split(port, start, end)
        known, whole = self._whole.get(port, (0, []))
        whole_end = self._engine.serial_output(port).data.rfind(b"\n") + 1
        if whole_end > known:
            whole += self._split(port, known, whole_end)
            self._whole[port] = whole_end, whole
        return [*whole, *self._split(port, whole_end, None)]

    def _split(self, port: str, start: int, end: int | None) -> list[SerialLine]:
        engine = self._engine
        data = engine.serial_output(port).data
        end = len(data) if end is None else end
        lines = []
        while start < end:
            newline = data.find(b"\n", start, end)
            stop = newline + 1 if newline >= 0 else end
            text = printable(bytes(data[start:stop]))
            lines.append(SerialLine(port, text, engine.serial_time_ns(port, stop - 1), newline >= 0))
            start = stop
        return lines

    def take_new(self) -> list[SerialLine]:
        """Return what the ports have sent since the last time.

        A line that had not ended then is taken again, as far as it came.
        """
        taken: list[SerialLine] = []
        if Capability.SERIAL_OUTPUT not in self._engine.capabilities:
            return taken
        for port in self._engine.serial_ports():
            data = self._engine.serial_output(port).data
            begun, seen = self._shown.get(port, (0, 0))
            if len(data) > seen:
                taken += self.lines(port, begun)
                self._shown[port] = data.rfind(b"\n") + 1, len(data)
        return taken

    def tail(self, port: str) -> str:
        """Quote the last line that a port has sent, for a message."""
        lines = self.lines(port, 0)
        last = next((line for line in reversed(lines) if line.text.strip()), None)
        if last is None:
            return f"{port} has sent nothing yet"
        return f"the last line was '{shorten(last.text)}' at {format_moment(last.time_ns)}"


def printable(raw: bytes) -> str:
    """Write a line's bytes as text: without the line's end, control characters and broken UTF-8 escaped."""
    text = raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


_COLOUR = re.compile(r"\\x1b\[[\d;]*m")
"""A terminal's colour, as `printable` writes it."""


def shorten(text: str, limit: int = 120) -> str:
    """Cut a text for a message, and take colours away."""
    text = _COLOUR.sub("", text)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
