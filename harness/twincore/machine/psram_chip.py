"""Serial PSRAM chips: what one SPI transaction does to them and what they answer.

The content is the machine's PSRAM memory itself. OctalPsram follows AP Memory's APS6408L (8 MB) and its relatives,
QuadPsram the APS6404L: identification, mode registers, reads and writes. Sources: their data sheets; ESP-IDF,
components/esp_psram, for the identifications that software knows.

EitherPsram is no real part: it answers as both, so that a board without a name suits firmware for each of them.

Leaves out: timing, wrapping bursts, refresh and sleep modes, the number of dummy clocks (any will do).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from twincore.machine.spi_chip import Chip, Transaction

_DENSITIES = {4: 1, 8: 3, 16: 5, 32: 7}
"""Density code of mode register 2 by megabytes."""
_QUAD_DENSITIES = {2: 0, 4: 1, 8: 2}
"""Density code of the extended identification by megabytes."""
OCTAL_VENDORS: Mapping[str, int] = {"ap": 0x0D, "unilc": 0x1A}
"""Vendor in mode register 1."""
QUAD_VENDORS: Mapping[str, int] = {"ap": 0x0D, "issi": 0x9D}
"""First byte of the identification."""
MEGABYTES: Mapping[Literal[4, 8, "any"], tuple[int, ...]] = {4: (2, 4, 8), 8: (4, 8, 16, 32), "any": (4, 8)}
"""Sizes by the data lines, the smallest first."""
VENDORS: Mapping[Literal[4, 8, "any"], Mapping[str, int]] = {4: QUAD_VENDORS, 8: OCTAL_VENDORS, "any": {"ap": 0x0D}}
"""Whose chips there are, by the data lines."""
_KNOWN_GOOD_DIE = 0x5D


class _Psram:
    """What both kinds share: content and its changes."""

    busy_until = 0

    def __init__(self, content: memoryview, wrote: Callable[[int, int], None], vendor: int) -> None:
        self.content = content
        self._wrote = wrote
        self._vendor = vendor
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
        self.mode = [0x09, 0x80 | self._vendor, 0x80 | 2 << 3 | density, 0x60, 0x40, 0, 0, 0, 0x05]

    def state(self) -> list[int]:
        """Return the mode registers."""
        return list(self.mode)

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.mode = list(saved)

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out one transaction and return `read_length` bytes."""
        if transaction.command_bits != 16 or transaction.command_lines != 8 or not transaction.is_ddr:
            return transaction.nothing()
        command, length = transaction.command & 0xFF, transaction.read_length
        address, addressed = transaction.address, transaction.address_bits == 32 and transaction.address_lines == 8
        if command == 0xFF:
            self.power_on()
        elif not addressed:
            return transaction.nothing()
        elif command in (0x00, 0x20):
            return self._read(address, length)
        elif command in (0x80, 0xA0):
            self._write(address, transaction.data)
        elif command == 0x40:
            return bytes(self.mode[(address + n) % len(self.mode)] for n in range(length))
        elif command == 0xC0 and transaction.data and address in (0, 4, 8):
            self.mode[address] = transaction.data[0]
        return transaction.nothing()


class QuadPsram(_Psram):
    """One line at power-on, four after "Enter Quad Mode": commands of one byte, addresses of three."""

    def power_on(self) -> None:
        self.is_quad = False
        self.reset_is_enabled = False

    def state(self) -> list[int]:
        """Return what the chip remembers."""
        return [int(self.is_quad), int(self.reset_is_enabled)]

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.is_quad, self.reset_is_enabled = map(bool, saved)

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out one transaction and return `read_length` bytes."""
        command, length = transaction.command & 0xFF, transaction.read_length
        if transaction.command_bits != 8 or transaction.command_lines != (4 if self.is_quad else 1):
            return transaction.nothing()
        was_enabled, self.reset_is_enabled = self.reset_is_enabled, command == 0x66
        if command == 0x99 and was_enabled:
            self.power_on()
        elif command in (0x35, 0xF5):
            self.is_quad = command == 0x35
        addressed = transaction.addressed(3)
        if addressed is None:
            return transaction.nothing()
        address = addressed.address
        wires = (transaction.address_lines, transaction.data_lines)
        is_wide = self.is_quad or command in (0xEB, 0x38)
        if wires != ((4, 4) if is_wide else (1, 1)):
            return transaction.nothing()
        if command in (0x0B, 0xEB) or (command == 0x03 and not self.is_quad):
            return self._read(address, length)
        if command in (0x02, 0x38):
            self._write(address, addressed.data)
        elif command == 0x9F and not self.is_quad:
            density = _QUAD_DENSITIES.get(self.megabytes, 2)
            identity = bytes((self._vendor, _KNOWN_GOOD_DIE, density << 5 | 6, 0, 0, 0, 0, 0))
            return (identity * (length // 8 + 1))[:length]
        return transaction.nothing()


class EitherPsram:
    """Answers as an octal chip on eight lines, as a quad chip on fewer: to firmware it is the one that it looks for."""

    busy_until = 0

    def __init__(self, content: memoryview, wrote: Callable[[int, int], None]) -> None:
        self._octal = OctalPsram(content, wrote, VENDORS["any"]["ap"])
        self._quad = QuadPsram(content, wrote, VENDORS["any"]["ap"])

    def power_on(self) -> None:
        """Forget the modes."""
        self._octal.power_on()
        self._quad.power_on()

    def state(self) -> list[int]:
        """Return what the chip remembers, as a quad chip and then as an octal one."""
        return self._quad.state() + self._octal.state()

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        count = len(self._quad.state())
        self._quad.restore(saved[:count])
        self._octal.restore(saved[count:])

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out one transaction and return `read_length` bytes."""
        return (self._octal if transaction.command_lines == 8 else self._quad).transfer(transaction)


def psram_chip(
    lines: Literal[4, 8, "any"], vendor: str, content: memoryview, wrote: Callable[[int, int], None]
) -> Chip:
    """Return a board's PSRAM chip; wrote(offset, size) is called after bytes have changed.

    lines, vendor: as a platform file's [psram] has them, and has checked them (`VENDORS`).
    """
    if lines == "any":
        return EitherPsram(content, wrote)
    kind = OctalPsram if lines == 8 else QuadPsram
    return kind(content, wrote, VENDORS[lines][vendor])
