"""Addresses in a firmware's last words, as functions and source lines: backtraces, register dumps, aborts.

Knows what ESP-IDF ("Backtrace: pc:sp ...", "Guru Meditation Error", the register dump), the ROM ("Saved PC"), esp-hal
(one address a line below "Backtrace:", or below the registers behind "Exception occurred"), Zephyr, NuttX
("backtrace| 3: address address ...") and the firmware that comes with twincore print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from twincore.errors import ImageError
from twincore.images.lines import SourceLine
from twincore.images.load import Image
from twincore.images.memory import Memory, classify
from twincore.images.symbols import Symbols

_COLOUR = re.compile(r"\x1b\[[\d;]*m|\\x1b\[[\d;]*m")
_BACKTRACE = re.compile(
    r"Backtrace:?(?P<frames>(?:\s*\|?<?-?\s*0x[0-9a-fA-F]{8}(?::\s*0x[0-9a-fA-F]{8})?)*)(?P<rest>.*)"
)
_OF_TASK = re.compile(r"\bbacktrace\|\s*\d+:(?P<frames>(?:\s+0x[0-9a-fA-F]{8})+)")
"""NuttX's, with the task's number."""
_EXCEPTION = re.compile(r"\bException occurr?ed\b")
_WORDS_BELOW = 40
"""So many lines of registers may come between an exception of esp-hal's and its first address."""
_FRAME = re.compile(r"0x([0-9a-fA-F]{8})(?::\s*0x[0-9a-fA-F]{8})?")
_ALONE = re.compile(r"\s*0x([0-9a-fA-F]{8})(?::\s*0x[0-9a-fA-F]{8})?\s*")
_PLACES = (
    ("PC", re.compile(r"\b(?:Saved )?PC\s*[:=]?\s*0x([0-9a-fA-F]{8})", re.IGNORECASE)),
    ("EPC1", re.compile(r"\bEPC1\s*:\s*0x([0-9a-fA-F]{8})")),
    ("A0", re.compile(r"\bA0\s*[:=]?\s*0x([0-9a-fA-F]{8})", re.IGNORECASE)),
)
_WINDOW_BITS = 0xC000_0000
_CODE = 0x4000_0000
_NEAR = 0x400
"""So far behind a label without a size an address counts as its function's: not all of the ROM's have names."""


class Frame(NamedTuple):
    """An address of code in the firmware's words: what it was called there, its function, its source line.

    `function` is empty where no symbol is near, `line` None where no debug information knows the address. Functions
    that were inlined at the address come first, as frames of the same address; the frames of those that they were
    inlined into have no name.
    """

    name: str
    address: int
    function: str
    line: SourceLine | None

    def __str__(self) -> str:
        """Write the frame as a line: name, address, function and source."""
        found = self.function or "?"
        begin = f"{self.name:>4} {self.address:#010x} " if self.name else f"{'':16}inlined into "
        return f"{begin}{found}{f'  {self.line}' if self.line else ''}"


class Backtraces:
    """Reads one serial port's lines in their order and resolves the addresses in them."""

    def __init__(self, symbols: Symbols, image: Image | None) -> None:
        self._symbols = symbols
        self._image = image
        self._count: int | None = None
        """How many frames have come below "Backtrace:", None when none is expected."""
        self._words_left = 0
        """So many lines may be none before the first frame."""

    def read(self, text: str) -> list[Frame]:
        """Return the frames in a line; none for a line that is not of a crash."""
        text = _COLOUR.sub("", text)
        if _EXCEPTION.search(text) is not None:
            self._count, self._words_left = 0, _WORDS_BELOW
            return []
        found = _OF_TASK.search(text) or _BACKTRACE.search(text)
        if found is not None:
            self._count, self._words_left = 0, 0
            return list(self._below(int(number, 16) for number in _FRAME.findall(found["frames"])))
        if self._count is not None:
            alone = _ALONE.fullmatch(text)
            if alone is not None:
                self._words_left = 0
                return list(self._below(iter([int(alone[1], 16)])))
            if text.strip():
                self._words_left -= 1
                if self._words_left < 0:
                    self._count = None
        return [
            frame
            for name, pattern in _PLACES
            for number in pattern.findall(text)
            if (address := _return_address(int(number, 16)) if name == "A0" else int(number, 16)) is not None
            and classify(address).is_executable
            for frame in self._frames(name, address)
        ]

    def _below(self, addresses: Iterator[int]) -> Iterator[Frame]:
        for address in addresses:
            assert self._count is not None
            yield from self._frames(f"#{self._count}", address)
            self._count += 1

    def _frames(self, name: str, address: int) -> Iterator[Frame]:
        place = self._symbols.at(address)
        found = []
        if self._image is not None:
            try:
                found = self._image.source_frames(address)
            except ImageError:
                found = []  # damaged debug information is no reason to hide the function
        is_near = place is not None and (place.symbol.size or place.offset < _NEAR)
        function = str(place) if is_near else "a function of the ROM" if classify(address) is Memory.MASK_ROM else ""
        for inlined in found[:-1]:
            yield Frame(name, address, inlined.function, inlined.line)
            name = ""
        yield Frame(name, address, function, found[-1].line if found else None)


def _return_address(value: int) -> int | None:
    """Return the call that a0 returns to: the upper two bits hold the window's increment, not the address."""
    if value < _CODE:
        return None
    return (value & ~_WINDOW_BITS | _CODE) - 3
