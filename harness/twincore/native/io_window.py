"""The peripherals' words, shared between native code and Python."""

from __future__ import annotations

import ctypes


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
        # nothing is declared yet: every access goes to Python, where it is noted
        self._read_flags, self._write_flags = bytearray(b"\1" * count), bytearray(b"\1" * count)
        self.python_read = memoryview(self._read_flags)
        self.python_write = memoryview(self._write_flags)

    def addresses(self) -> dict[str, int]:
        """Return the host addresses of the arrays, by the machine layout's names."""
        arrays = {
            "io_words": self._words,
            "io_mask": self._masks,
            "io_python_read": self._read_flags,
            "io_python_write": self._write_flags,
            "io_counts": self._counts,
        }
        return {name: ctypes.addressof(ctypes.c_char.from_buffer(data)) for name, data in arrays.items()}
