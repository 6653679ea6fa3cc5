"""Memories of the emulated chip: page-aligned host memory that native code and Python share."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import mmap
import os
import weakref

from twincore.errors import UsageError

PAGE_SIZE = 4096
"""Sizes and offsets of memories and of the mappings of them are multiples of this (bytes)."""

_PATTERN_BYTES = 1 << 20
"""Length of the power-on pattern; a larger memory repeats it."""


@functools.lru_cache(maxsize=8)
def power_on_pattern(seed: int, name: str, size: int) -> bytes:
    """Return what a memory of `size` bytes holds when power comes: SHAKE-128 of the seed and the memory's name.

    The same seed gives the same bytes on every host and Python. A memory above 1 MiB repeats its first MiB.
    """
    return hashlib.shake_128(f"twincore power-on {seed} {name}".encode()).digest(min(size, _PATTERN_BYTES))


class _Background:
    """A file in the host's memory that repeats a content: machines share the pages of it that they never change."""

    def __init__(self, size: int, content: bytes) -> None:
        self.file = os.memfd_create("twincore")
        weakref.finalize(self, os.close, self.file)
        os.ftruncate(self.file, size)
        block = content * max(min(size, _PATTERN_BYTES) // len(content), 1)
        for at in range(0, size, len(block)):
            os.pwrite(self.file, block[: size - at], at)


_background = functools.lru_cache(maxsize=4)(_Background)


class Memory:
    """Holds `size` bytes of one memory of the chip, at first `content` again and again, at one host address for life.

    Guest addresses are no business of a memory: the machine maps it, possibly more than once (aliases).
    """

    __slots__ = ("_content", "_map", "data", "host_address", "name", "size")

    name: str
    size: int
    data: memoryview
    """The content as bytes (format "B"), writable."""
    host_address: int
    """Where the content starts in this process, for native code; page-aligned."""

    def __init__(self, name: str, size: int, content: bytes = b"\0") -> None:
        if size <= 0 or size % PAGE_SIZE:
            raise UsageError(
                f"memory {name}", f"expected a size that is a positive multiple of {PAGE_SIZE} bytes, got {size}"
            )
        self.name = name
        self.size = size
        self._content = content
        if content == b"\0":
            self._map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
        else:
            self._map = mmap.mmap(_background(size, content).file, size, flags=mmap.MAP_PRIVATE)
        self.data = memoryview(self._map)
        self.host_address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))

    def __repr__(self) -> str:
        return f"Memory({self.name!r}, {self.size:#x})"

    def fill(self, content: bytes) -> None:
        """Fill the memory with `content` again and again (erased flash: a byte of 0xFF)."""
        if content == self._content:
            self._map.madvise(mmap.MADV_DONTNEED)  # this machine's own pages go, the first content is seen again
            return
        block = content * max(min(self.size, _PATTERN_BYTES) // len(content), 1)
        for at in range(0, self.size, len(block)):
            end = min(at + len(block), self.size)
            self.data[at:end] = block[: end - at]

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
