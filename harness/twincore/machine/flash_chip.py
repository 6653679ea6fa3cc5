"""A serial NOR flash chip: what the bytes of one SPI transaction do to it and what it answers.

The content is the machine's flash memory itself, so that cores see through the cache what was written here. Commands,
status registers and typical times follow GigaDevice's GD25Q64C/GD25Q128C data sheets; the parameter table follows
JEDEC JESD216. Time is virtual: the chip is busy for as long as a real one, and says so in its status register.

Leaves out: block protection and the other lock bits (kept, without effect), security registers, QPI and octal modes;
erased and programmed bytes are seen at the start of the operation, not at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from twincore.model import TICKS_PER_SECOND

PAGE = 256
SECTOR = 0x1000
_MS = TICKS_PER_SECOND // 1000
_US = TICKS_PER_SECOND // 1_000_000

PROGRAM_TICKS = 500 * _US
ERASE_TICKS = {0x1000: 50 * _MS, 0x8000: 150 * _MS, 0x10000: 200 * _MS}
CHIP_ERASE_TICKS_PER_MB = 3_000 * _MS
STATUS_TICKS = 5 * _MS

WIP, WEL = 1, 2
"""Bits of status register 1: a write is in progress; writing is enabled."""
QE, SUS = 2, 0x80
"""Bits of status register 2: quad lines enabled; an erase or program operation is suspended."""

_READS = {0x03: 3, 0x0B: 3, 0x3B: 3, 0xBB: 3, 0x6B: 3, 0xEB: 3}
_READS |= {0x13: 4, 0x0C: 4, 0x3C: 4, 0xBC: 4, 0x6C: 4, 0xEC: 4}
_QUAD = frozenset({0x6B, 0xEB, 0x6C, 0xEC, 0x32, 0x34})
_PROGRAMS = {0x02: 3, 0x32: 3, 0x12: 4, 0x34: 4}
_ERASES = {0x20: (0x1000, 3), 0x52: (0x8000, 3), 0xD8: (0x10000, 3)}
_ERASES |= {0x21: (0x1000, 4), 0x5C: (0x8000, 4), 0xDC: (0x10000, 4)}
_FIXED = {0x13, 0x0C, 0x3C, 0xBC, 0x6C, 0xEC, 0x12, 0x34, 0x21, 0x5C, 0xDC}
"""Commands whose address has four bytes in any mode."""
_WHILE_BUSY = frozenset({0x05, 0x35, 0x15, 0x75, 0xB0})
"""What a busy chip listens to."""

NOTHING = 0xFF
"""What the data line reads when no chip drives it."""


class Chip(Protocol):
    """A memory chip behind an SPI controller."""

    def power_on(self) -> None:
        """Start anew, without power until now."""

    def address_bytes(self, command: int) -> int:
        """Return how many bytes of address the chip takes after `command`."""

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        """Carry out one transaction and return `length` bytes."""

    def state(self) -> list[int]:
        """Return the chip's state without its content."""

    def restore(self, saved: list[int]) -> None:
        """Take on a state."""


@runtime_checkable
class ChipBus(Protocol):
    """A peripheral that chips of the board can be put behind."""

    def attach(self, chip_select: int, chip: Chip) -> None:
        """Put `chip` behind a chip select."""


class NorFlash:
    """One chip behind a controller: `transfer` is one transaction, chip select low to high.

    content: the chip's bytes. jedec_id: manufacturer, type and capacity, 24 bits. now_ticks: the time. wrote(offset,
    size) is called after bytes have changed.
    """

    def __init__(
        self,
        content: memoryview,
        jedec_id: int,
        now_ticks: Callable[[], int],
        wrote: Callable[[int, int], None],
    ) -> None:
        self.content = content
        self.jedec_id = jedec_id
        self._now_ticks = now_ticks
        self._wrote = wrote
        self._sfdp = sfdp(len(content))
        self.power_on()

    def power_on(self) -> None:
        """Forget everything but the content and the non-volatile status bits."""
        self.status = [0, 0, 0]
        self.is_writable = False
        self.is_volatile = False
        self.busy_until = 0
        self.suspended_ticks = 0
        self.is_asleep = False
        self.has_long_addresses = False
        self.reset_is_enabled = False

    def state(self) -> list[int]:
        """Return everything but the content."""
        flags = (self.is_writable, self.is_volatile, self.is_asleep, self.has_long_addresses, self.reset_is_enabled)
        return [*self.status, self.busy_until, self.suspended_ticks, *map(int, flags)]

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.status = saved[:3]
        self.busy_until, self.suspended_ticks = saved[3:5]
        flags = map(bool, saved[5:])
        self.is_writable, self.is_volatile, self.is_asleep, self.has_long_addresses, self.reset_is_enabled = flags

    @property
    def is_busy(self) -> bool:
        """Tell whether an erase, program or status operation is under way."""
        return self._now_ticks() < self.busy_until

    def address_bytes(self, command: int) -> int:
        """Return how many bytes of address the chip takes after `command`."""
        return 4 if self.has_long_addresses or command in _FIXED else 3

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        """Carry out a transaction: command byte, address (0 when none was sent), `data` in; answer `length` bytes."""
        if self.is_asleep and command != 0xAB:
            return bytes((NOTHING,)) * length
        if self.is_busy and command not in _WHILE_BUSY:
            return bytes((NOTHING,)) * length
        if command != 0x99:
            self.reset_is_enabled = False
        if command in _READS:
            return self._read(command, address, length)
        if command in _PROGRAMS:
            self._program(command, address, data)
        elif command in _ERASES:
            size = _ERASES[command][0]
            self._erase(address & -size, size, ERASE_TICKS[size])
        elif command in (0x60, 0xC7):
            self._erase(0, len(self.content), CHIP_ERASE_TICKS_PER_MB * (len(self.content) >> 20))
        elif command in (0x01, 0x31, 0x11):
            self._write_status(command, data)
        else:
            answer = self._identify(command, address, length)
            if answer is not None:
                return answer
            self._control(command, data)
        return bytes((NOTHING,)) * length

    def _read(self, command: int, address: int, length: int) -> bytes:
        if command in _QUAD and not self.status[1] & QE:
            return bytes((NOTHING,)) * length
        size = len(self.content)
        address %= size
        first = bytes(self.content[address : address + length])
        return first if len(first) == length else (first + bytes(self.content[: length - len(first)]))

    def _take_write_enable(self) -> bool:
        """Tell whether a write may begin; it takes the permission with it."""
        enabled = self.is_writable and not self.suspended_ticks
        self.is_writable = False
        return enabled

    def _program(self, command: int, address: int, data: bytes) -> None:
        if command in _QUAD and not self.status[1] & QE:
            return
        if not data or not self._take_write_enable():
            return
        page = address % len(self.content) & -PAGE
        for at, byte in enumerate(data, start=address):
            self.content[page + at % PAGE] &= byte
        self._wrote(page, PAGE)
        self.busy_until = self._now_ticks() + PROGRAM_TICKS

    def _erase(self, address: int, size: int, ticks: int) -> None:
        if not self._take_write_enable():
            return
        address %= len(self.content)
        self.content[address : address + size] = b"\xff" * size
        self._wrote(address, size)
        self.busy_until = self._now_ticks() + ticks

    def _write_status(self, command: int, data: bytes) -> None:
        if not (self.is_writable or self.is_volatile) or not data:
            return
        first = {0x01: 0, 0x31: 1, 0x11: 2}[command]
        for n, byte in enumerate(data[: 2 if first == 0 else 1], start=first):
            self.status[n] = byte & ~(WIP | WEL if n == 0 else SUS if n == 1 else 0)
        if not self.is_volatile:
            self.busy_until = self._now_ticks() + STATUS_TICKS
        self.is_writable = self.is_volatile = False

    def _identify(self, command: int, address: int, length: int) -> bytes | None:
        """Return the answer of a command that only reads, None for the others."""
        if command == 0x05:
            answer = bytes((self.status[0] | WIP * self.is_busy | WEL * self.is_writable,))
        elif command == 0x35:
            answer = bytes((self.status[1] | (SUS if self.suspended_ticks else 0),))
        elif command == 0x15:
            answer = bytes((self.status[2],))
        elif command == 0x9F:
            answer = self.jedec_id.to_bytes(3, "big")
        elif command == 0x90:
            answer = bytes((self.jedec_id >> 16, (self.jedec_id & 0xFF) - 1))
        elif command == 0xAB:
            self.is_asleep = False
            answer = bytes(((self.jedec_id & 0xFF) - 1,))
        elif command == 0x5A:
            at = address & 0xFFFFFF
            return (self._sfdp[at : at + length] + bytes((NOTHING,)) * length)[:length]
        elif command == 0x4B:
            answer = b"twincore NOR"[: max(length, 1)].ljust(16, b"\0")
        else:
            return None
        return (answer * (length // len(answer) + 1))[:length]

    def _control(self, command: int, data: bytes) -> None:
        if command == 0x06:
            self.is_writable = True
        elif command == 0x04:
            self.is_writable = False
        elif command == 0x50:
            self.is_volatile = True
        elif command in (0x75, 0xB0):
            if self.is_busy and not self.suspended_ticks:
                self.suspended_ticks = self.busy_until - self._now_ticks()
                self.busy_until = 0
        elif command in (0x7A, 0x30):
            if self.suspended_ticks:
                self.busy_until = self._now_ticks() + self.suspended_ticks
                self.suspended_ticks = 0
        elif command == 0xB9:
            self.is_asleep = True
        elif command in (0xB7, 0xE9):
            self.has_long_addresses = command == 0xB7
        elif command == 0x66:
            self.reset_is_enabled = True
        elif command == 0x99 and self.reset_is_enabled:
            kept = self.status
            self.power_on()
            self.status = kept


def sfdp(size: int) -> bytes:
    """Return the parameter table (JESD216, basic flash parameters) of a chip of `size` bytes."""
    header = b"SFDP" + bytes((0x00, 0x01, 0x00, 0xFF)) + bytes((0x00, 0x00, 0x01, 9, 0x30, 0x00, 0x00, 0xFF))
    words = (
        0xFFF1_20E5,  # 4 KiB erase by 20h, 3-byte addresses, dual and quad reads
        size * 8 - 1,
        0x6B08_EB44,  # 1-4-4 by EBh, 1-1-4 by 6Bh
        0xBB04_3B08,  # 1-1-2 by 3Bh, 1-2-2 by BBh
        0xFFFF_FFEE,
        0xFF00_FFFF,
        0xFF00_FFFF,
        0x520F_200C,  # erase types: 4 KiB by 20h, 32 KiB by 52h
        0xFF00_D810,  # 64 KiB by D8h
    )
    return header.ljust(0x30, b"\xff") + b"".join(word.to_bytes(4, "little") for word in words)
