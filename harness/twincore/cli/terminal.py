"""The user's keyboard, key by key, for `twincore run --interactive`."""

from __future__ import annotations

import os
import select
import signal
import sys
from types import TracebackType

from twincore.errors import UsageError

LEAVE = b"\x1d"
"""Ctrl-], as in telnet."""


class Keyboard:
    """Takes each key as it is typed, Ctrl-C included; a context manager that restores the terminal, whatever happens.

    Enter is a carriage return, as a serial terminal sends it. Output is left alone: a newline still begins a line.
    """

    def __init__(self) -> None:
        try:
            import termios
        except ImportError:
            raise UsageError(
                "--interactive", "expected a POSIX terminal, this system has none", next_step="use --input FILE"
            ) from None
        if not sys.stdin.isatty():
            raise UsageError(
                "--interactive",
                "expected a terminal as standard input, got a file or pipe",
                next_step="use --input FILE to send its content to the firmware",
            )
        self._termios = termios
        self._descriptor = sys.stdin.fileno()
        self.has_left = False
        self._signal = 0

    def __enter__(self) -> Keyboard:
        """Switch the terminal over."""
        termios = self._termios
        for name in ("SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), self._take)
        self._saved = termios.tcgetattr(self._descriptor)
        mode = termios.tcgetattr(self._descriptor)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.ISTRIP | termios.BRKINT)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Restore the terminal as it was."""
        self._termios.tcsetattr(self._descriptor, self._termios.TCSADRAIN, self._saved)

    def _take(self, number: int, frame: object) -> None:
        self._signal = number

    def read(self, seconds: float) -> bytes:
        """Return what was typed, waiting for at most `seconds`; `has_left` says that the user wants to go.

        Ends the process when it was told to by a signal: not before, as native code must have come back.
        """
        if self._signal:
            raise SystemExit(128 + self._signal)
        if self.has_left or not select.select([self._descriptor], [], [], max(seconds, 0))[0]:
            return b""
        keys = os.read(self._descriptor, 4096)
        before, leave, _ = keys.partition(LEAVE)
        self.has_left = bool(leave) or not keys
        return before
