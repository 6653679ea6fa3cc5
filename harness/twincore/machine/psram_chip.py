"""Serial PSRAM chips: what one SPI transaction does to them and what they answer.

The content is the machine's PSRAM memory itself. OctalPsram follows AP Memory's APS6408L (8 MB) and its relatives,
QuadPsram the APS6404L data sheet: identification, mode registers, reads and writes.

Leaves out: timing, wrapping bursts, refresh and sleep modes; the quad chip answers on any number of lines.
"""

from __future__ import annotations

from collections.abc import Callable

NOTHING = 0xFF
_DENSITIES = {4: 1, 8: 3, 16: 5, 32: 7}
"""Density code of mode register 2 by megabytes."""
_QUAD_DENSITIES = {2: 0, 4: 1, 8: 2}
"""Density code of the extended identification by megabytes."""
VENDOR_AP = 0x0D


class _Psram:
    """What both kinds share: content and its changes."""

    def __init__(self, content: memoryview, wrote: Callable[[int, int], None]) -> None:
        self.content = content
        self._wrote = wrote
        self.megabytes = len(content) >> 20
        self.power_on()

    def power_on(self) -> None:
        """Forget the modes."""
        raise NotImplementedError

    def _read(self, address: int, length: int) -> bytes:
        address %= len(self.content)
        part = bytes(self.content[address : address + length])
        return part + bytes(self.content[: length - len(part)])

    def _write(self, address: int, data: bytes) -> None:
        if data:
            address %= len(self.content)
            data = data[: len(self.content) - address]
            self.content[address : address + len(data)] = data
            self._wrote(address, len(data))


class OctalPsram(_Psram):
    """Eight data lines, both edges: commands of two equal bytes, of which the first is looked at."""

    def power_on(self) -> None:
        density = _DENSITIES.get(self.megabytes, 0)
        self.mode = [0x09, 0x80 | VENDOR_AP, 0x80 | 2 << 3 | density, 0x40, 0x40, 0, 0, 0, 0x05]

    def state(self) -> list[int]:
        """Return the mode registers."""
        return list(self.mode)

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.mode = list(saved)

    def address_bytes(self, command: int) -> int:
        """Return how many bytes of address the chip takes after `command`."""
        return 4

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        """Carry out one transaction and return `length` bytes."""
        if command in (0x00, 0x20):
            return self._read(address, length)
        if command in (0x80, 0xA0):
            self._write(address, data)
        elif command == 0x40:
            return bytes(self.mode[(address + n) % len(self.mode)] for n in range(length))
        elif command == 0xC0 and data and address in (0, 4, 8):
            self.mode[address] = data[0]
        elif command == 0xFF:
            self.power_on()
        return bytes((NOTHING,)) * length


class QuadPsram(_Psram):
    """Four data lines: commands of one byte, addresses of three."""

    def power_on(self) -> None:
        self.reset_is_enabled = False

    def state(self) -> list[int]:
        """Return what the chip remembers."""
        return [int(self.reset_is_enabled)]

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.reset_is_enabled = bool(saved[0])

    def address_bytes(self, command: int) -> int:
        """Return how many bytes of address the chip takes after `command`."""
        return 3

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        """Carry out one transaction and return `length` bytes."""
        if command in (0x03, 0x0B, 0xEB):
            return self._read(address, length)
        if command in (0x02, 0x38):
            self._write(address, data)
        elif command == 0x9F:
            identity = bytes((VENDOR_AP, 0x5D, _QUAD_DENSITIES.get(self.megabytes, 2) << 5 | 6, 0, 0, 0, 0, 0))
            return (identity * (length // 8 + 1))[:length]
        return bytes((NOTHING,)) * length
