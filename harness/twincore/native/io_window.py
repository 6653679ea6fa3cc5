"""The peripherals' words, shared between native code and Python."""

from __future__ import annotations

import ctypes

from twincore.machine.executor import CounterSnapshot
from twincore.native import layout


class NativeIoWindow:
    """The peripherals' words as native code sees them (see machine.executor.IoWindow)."""

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size
        self._words, self._masks = bytearray(size), bytearray(size)
        count = size // 4
        self.words = memoryview(self._words).cast("I")
        self.write_mask = memoryview(self._masks).cast("I")
        self._counts = bytearray(2 * size)
        self.counts = memoryview(self._counts).cast("Q")
        self._snapshots = bytearray(8 * len(layout.SNAPSHOT_FIELDS) * (256 - layout.FIRST_SNAPSHOT))
        self._snapshot_rows = memoryview(self._snapshots).cast("q")
        self._snapshot_of: dict[int, int] = {}
        # nothing is declared yet: every access goes to Python, where it is noted
        self._read_flags, self._write_flags = bytearray(b"\1" * count), bytearray(b"\1" * count)
        self.python_read = memoryview(self._read_flags)
        self.python_write = memoryview(self._write_flags)

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Have native code copy a count when the word is stored to; Python goes on doing so if there are too many."""
        number = self._snapshot_of.setdefault(snapshot.word, len(self._snapshot_of))
        if layout.FIRST_SNAPSHOT + number > 255:
            return
        row = snapshot._asdict() | {"mask": (1 << snapshot.bits) - 1}
        for k, field in enumerate(layout.SNAPSHOT_FIELDS, start=number * len(layout.SNAPSHOT_FIELDS)):
            self._snapshot_rows[k] = row[field]
        self.python_write[snapshot.word] = layout.FIRST_SNAPSHOT + number

    def addresses(self) -> dict[str, int]:
        """Return the host addresses of the arrays, by the machine layout's names."""
        arrays = {
            "io_words": self._words,
            "io_mask": self._masks,
            "io_python_read": self._read_flags,
            "io_python_write": self._write_flags,
            "io_counts": self._counts,
            "io_snapshots": self._snapshots,
        }
        return {name: ctypes.addressof(ctypes.c_char.from_buffer(data)) for name, data in arrays.items()}
