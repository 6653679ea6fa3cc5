"""MMU: the table that maps 512 pages of 64 KiB of flash and PSRAM into the cores' address space.

Source: ESP32-S3 Technical Reference Manual, "System and Memory", External Memory; the table is at 0x600C5000, entry n
serves byte n * 64 KiB of both the instruction window (0x42000000) and the data window (0x3C000000).

Leaves out: access faults (an invalid page is simply not there), the table's memory power-down.
"""

from __future__ import annotations

from collections.abc import Callable

from twincore.model import Context, Field, Peripheral, Register

ENTRIES = 512
INVALID = 0x4000
PSRAM = 0x8000


class MMU(Peripheral):
    """A table of entries; `listen` tells the machine which page to map anew."""

    size = ENTRIES * 4

    class ENTRY(Register, offset=0, count=ENTRIES, reset=INVALID):
        PAGE = Field(13, 0, doc="number of the 64 KiB page")
        INVALID = Field(14)
        PSRAM = Field(15, doc="1: a page of PSRAM, 0: of flash")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._listeners: list[Callable[[int, int], None]] = []

    def listen(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(n, entry)` called when entry n changes, and for every entry at a reset."""
        self._listeners.append(listener)

    def write_ENTRY(self, n: int, value: int) -> None:
        if self.words[n] != self.previous:
            self._tell(n)
            self.context.end_slice()

    def after_reset(self) -> None:
        for n in range(ENTRIES):
            self._tell(n)

    def _tell(self, n: int) -> None:
        for listener in self._listeners:
            listener(n, self.words[n])
