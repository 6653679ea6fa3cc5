"""Ctrl-C during native code: put off until the cores have come back, so that nothing is left half done.

Python would raise KeyboardInterrupt at the first bytecode of a call-back from native code, where nobody can catch it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class InterruptGuard:
    """Takes SIGINT while a run is under way: calls `stop` at once, and the handler that was there when told to."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._active = False
        self._caught = False
        self._previous: Callable[[int, FrameType | None], object] | None = None

    @contextmanager
    def active(self) -> Iterator[None]:
        """Take SIGINT within the block; nothing changes inside of another such block or outside the main thread."""
        previous = signal.getsignal(signal.SIGINT) if not self._active else None
        if not callable(previous) or threading.current_thread() is not threading.main_thread():
            yield
            return
        self._active, self._previous = True, previous
        signal.signal(signal.SIGINT, self._catch)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)
            self._active = False
        self.deliver()

    def deliver(self) -> None:
        """Do what the user's handler does with a SIGINT that was caught (usually: raise KeyboardInterrupt)."""
        if self._caught:
            self._caught = False
            assert self._previous is not None
            self._previous(signal.SIGINT, None)

    def _catch(self, signum: int, frame: FrameType | None) -> None:
        self._caught = True
        self._stop()
