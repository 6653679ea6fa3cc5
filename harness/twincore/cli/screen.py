"""What `twincore run` shows: the firmware's bytes unchanged on standard output, a progress line on a terminal."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator

_REDRAW_SECONDS = 0.2
_WINDOW_SECONDS = 1.0
_ERASE = "\r\x1b[K"


class Screen:
    """Writes output at once and, when `has_progress`, a line that tells the simulated time and the speed.

    The line is on standard error and only there while the cursor is at the start of a line.
    """

    def __init__(self, *, has_progress: bool) -> None:
        self._has_progress = has_progress and sys.stderr.isatty()
        self._shares_terminal = self._has_progress and sys.stdout.isatty()
        self._at_line_start = True
        self._is_drawn = False
        self._drawn_at = self._window_at = time.monotonic()
        self._window_ns = 0
        self._window_instructions = 0
        self._speed = ""
        self._is_dirty = False

    def write(self, content: bytes) -> None:
        """Write what the firmware sent."""
        if not content:
            return
        if self._shares_terminal:
            self.erase()
        binary = getattr(sys.stdout, "buffer", None)
        if isinstance(binary, io.IOBase):
            binary.write(content)
        else:
            sys.stdout.write(content.decode("utf-8", "replace"))
        self._is_dirty = True
        self._at_line_start = content.endswith(b"\n")

    def flush(self) -> None:
        """Let what was written be seen."""
        if self._is_dirty:
            sys.stdout.flush()
            self._is_dirty = False

    def is_due(self) -> bool:
        """Tell whether it is time to draw the progress line anew."""
        return self._has_progress and time.monotonic() - self._drawn_at >= _REDRAW_SECONDS

    def progress(self, time_ns: int, instructions: int) -> None:
        """Draw the progress line."""
        now = self._drawn_at = time.monotonic()
        if now - self._window_at >= _WINDOW_SECONDS:
            seconds = now - self._window_at
            times_real = (time_ns - self._window_ns) / 1e9 / seconds
            mips = (instructions - self._window_instructions) / 1e6 / seconds
            self._speed = f", {times_real:.2f} times real time, {mips:.0f} MIPS"
            self._window_at, self._window_ns, self._window_instructions = now, time_ns, instructions
        if self._at_line_start or not self._shares_terminal:
            sys.stderr.write(f"{_ERASE}{time_ns / 1e9:.3f} s simulated{self._speed}")
            sys.stderr.flush()
            self._is_drawn = True

    def erase(self) -> None:
        """Take the progress line away."""
        if self._is_drawn:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._is_drawn = False

    def make_room(self) -> None:
        """Take the progress line away and leave a line that the firmware left open, for a message on standard error."""
        self.erase()
        if self._shares_terminal and not self._at_line_start:
            sys.stderr.write("\n")
            self._at_line_start = True

    def finish_line(self) -> None:
        """Begin a new line on standard output when the firmware left one open."""
        if not self._at_line_start:
            self.write(b"\n")
            self.flush()

    @contextlib.contextmanager
    def drawn(self) -> Iterator[Screen]:
        """Take the progress line away at the end, whatever happens."""
        try:
            yield self
        finally:
            self.erase()
            with contextlib.suppress(OSError):  # nobody reads any more: the caller sees to that
                self.flush()
