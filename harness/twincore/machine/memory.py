"""Memories of the emulated chip: page-aligned host memory that native code and Python share."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import mmap
import os

from twincore.errors import UsageError

PAGE_SIZE = 4096
"""Sizes and offsets of memories and of the mappings of them are multiples of this (bytes)."""

_PATTERN_BYTES = 1 << 20
"""Length of the power-on pattern; a larger memory repeats it."""


_HUGE_PAGE = 2 << 20
"""From this size on the host is asked for large pages: the first store to each page costs it time."""


@functools.lru_cache(maxsize=4)
def _filled_file(size: int, byte: int) -> int:
    """Return a file in the host's memory that is full of a byte: machines share the pages that they never change."""
    file = os.memfd_create("twincore")
    os.ftruncate(file, size)
    block = bytes((byte,)) * min(size, _PATTERN_BYTES)
    for at in range(0, size, len(block)):
        os.pwrite(file, block[: size - at], at)
    return file


@functools.lru_cache(maxsize=8)
def _pattern(seed: int, name: str, length: int) -> bytes:
    return hashlib.shake_128(f"twincore power-on {seed} {name}".encode()).digest(length)


class Memory:
    """Holds `size` bytes of one memory of the chip, all `content` at first, at one host address for life.

    Guest addresses are no business of a memory: the machine maps it, possibly more than once (aliases).
    """

    __slots__ = ("_content", "_map", "data", "host_address", "name", "size")

    name: str
    size: int
    data: memoryview
    """The content as bytes (format "B"), writable."""
    host_address: int
    """Where the content starts in this process, for native code; page-aligned."""

    def __init__(self, name: str, size: int, content: int = 0) -> None:
        if size <= 0 or size % PAGE_SIZE:
            raise UsageError(
                f"memory {name}", f"expected a size that is a positive multiple of {PAGE_SIZE} bytes, got {size}"
            )
        self.name = name
        self.size = size
        self._content = content
        if content:
            self._map = mmap.mmap(_filled_file(size, content), size, flags=mmap.MAP_PRIVATE)
        else:
            self._map = mmap.mmap(-1, size)
        if size >= _HUGE_PAGE and not content:
            with contextlib.suppress(OSError):  # a host without large pages only takes longer to fill the memory
                self._map.madvise(mmap.MADV_HUGEPAGE)
        self.data = memoryview(self._map)
        self.host_address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))

    def __repr__(self) -> str:
        return f"Memory({self.name!r}, {self.size:#x})"

    def fill(self, byte: int, start: int = 0) -> None:
        """Set every byte from offset `start` on to `byte` (erased flash: 0xFF)."""
        if start == 0 and byte == self._content != 0:
            self._map.madvise(mmap.MADV_DONTNEED)  # private pages go, those of the file are seen again
            return
        block = bytes((byte,)) * min(self.size, _PATTERN_BYTES)
        for at in range(start, self.size, len(block)):
            end = min(at + len(block), self.size)
            self.data[at:end] = block[: end - at]

    def fill_pattern(self, seed: int) -> None:
        """Fill the memory with the pattern it holds at power-on: SHAKE-128 of the seed and the memory's name.

        The same seed gives the same bytes on every host and Python. A memory above 1 MiB repeats its first MiB.
        """
        length = min(self.size, _PATTERN_BYTES)
        block = _pattern(seed, self.name, length)
        for start in range(0, self.size, length):
            end = min(start + length, self.size)
            self.data[start:end] = block[: end - start]

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset`; UsageError when they do not lie inside."""
        self._check(offset, size)
        return bytes(self.data[offset : offset + size])

    def write(self, offset: int, content: bytes | bytearray | memoryview) -> None:
        """Set the bytes from `offset` to `content`; UsageError when they do not lie inside.

        Decoded code is not forgotten: callers tell the executor through `Executor.host_wrote`.
        """
        self._check(offset, len(content))
        self.data[offset : offset + len(content)] = content

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            raise UsageError(
                f"memory {self.name}",
                f"expected bytes within its {self.size:#x}, got {size:#x} bytes at offset {offset:#x}",
            )
