"""Which lines of code behind a cache have been fetched: the first fetch of one waits for its filling.

Rule 9 of machine/executor.py. One bit a line, shared by the cores as the instruction cache is. The reference asks at
every fetch, native code when it decodes: what is decoded lies in lines that were filled.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from twincore.machine.executor import LINE_SIZE, BusKind, Gate


class CodeLines:
    """The lines behind the gate for code whose filling takes time; without such a gate there are none."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        gate = next((gate for gate in gates if gate.bus is not BusKind.DATA and gate.fill_ticks), None)
        self.base, self.size = (gate.base, gate.size) if gate else (0, 0)
        self.fill_ticks = gate.fill_ticks if gate else 0
        self._bits = bytearray(-(-self.size // (8 * LINE_SIZE)))

    @property
    def host_address(self) -> int:
        """Return where native code finds the bits, 0 where there are none."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self._bits)) if self._bits else 0

    def fill(self, address: int) -> bool:
        """Have the line of an address filled; return whether it was not yet."""
        number = (address - self.base) // LINE_SIZE
        if not 0 <= address - self.base < self.size or self._bits[number // 8] >> number % 8 & 1:
            return False
        self._bits[number // 8] |= 1 << number % 8
        return True

    def forget(self, address: int, size: int) -> range:
        """Forget the lines that a range touches; return the addresses of all these lines."""
        first = max(address - self.base, 0) // LINE_SIZE
        end = -(-min(address + size - self.base, self.size) // LINE_SIZE)
        if end <= first:
            return range(0)
        while first < end:
            whole = (end - first) // 8 if first % 8 == 0 else 0
            if whole:
                self._bits[first // 8 : first // 8 + whole] = bytes(whole)
                first += 8 * whole
            else:
                self._bits[first // 8] &= ~(1 << first % 8)
                first += 1
        start = max(address - self.base, 0) // LINE_SIZE * LINE_SIZE
        return range(self.base + start, self.base + end * LINE_SIZE)

    def content(self) -> bytes:
        """Return the bits, for digests."""
        return bytes(self._bits)
