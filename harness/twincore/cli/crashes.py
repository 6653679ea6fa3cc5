"""What `twincore run` adds to a firmware's last words: the functions and source lines of the addresses in them."""

from __future__ import annotations

import io
from collections.abc import Callable

from twincore.images import Image
from twincore.images.backtrace import Backtraces, Frame
from twincore.images.symbols import Symbols

MAX_FRAMES = 200
"""So many are shown in a run; firmware that panics again and again has been seen by then."""
_LONGEST_LINE = 4096


class CrashLines:
    """Reads what the ports send, line by line, and calls `show` with a text for each frame.

    shows: whether a port is on the screen; what others send is not explained.
    """

    def __init__(
        self, symbols: Symbols, image: Image, shows: Callable[[str], bool], show: Callable[[str], None]
    ) -> None:
        self._symbols = symbols
        self._image = image
        self._shows = shows
        self._show = show
        self._lines: dict[str, bytearray] = {}
        self._readers: dict[str, Backtraces] = {}
        self._left = MAX_FRAMES
        self._asked_for_names = False

    def sent(self, port: str, content: bytes) -> None:
        """Take what a port has sent."""
        if not self._left or not self._shows(port):
            return
        line = self._lines.setdefault(port, bytearray())
        for piece in io.BytesIO(content):
            line += piece
            if piece.endswith(b"\n") or len(line) > _LONGEST_LINE:
                self._read(port, line.decode("utf-8", "replace"))
                line.clear()

    def _read(self, port: str, text: str) -> None:
        reader = self._readers.get(port)
        if reader is None:
            reader = self._readers[port] = Backtraces(self._symbols, self._image)
        frames = reader.read(text.rstrip("\r\n"))
        for frame in frames:
            if not self._left:
                return
            if frame.function:
                self._left -= 1
                self._show(f"  {frame}")
                if not self._left:
                    self._show("  later backtraces are not resolved")
        self._ask_for_names(frames)

    def _ask_for_names(self, frames: list[Frame]) -> None:
        """Tell once that names are missing."""
        if len(frames) > 1 and not self._image.elfs and not self._asked_for_names:
            self._asked_for_names = True
            self._show("  with the ELF file of this build (--elf) its functions and lines would stand here")
