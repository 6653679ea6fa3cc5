"""A serial NOR flash chip: what one SPI transaction does to it and what it answers.

The content is the machine's flash memory itself, so that cores see through the cache what was written here. Commands
follow the data sheets that `flash_parts` names, the parameter table JEDEC JESD216. Time is virtual: the chip is busy
for as long as a real one, says so in its status register and ignores what a busy chip ignores.

Leaves out: security registers and individual block locks, the WP and HOLD pins, QPI and continuous read modes, the
number of dummy clocks (any will do, as a controller adds some for the delay of the wires). A command for one wire is
understood on any number. Bytes are erased and programmed when an operation begins, not when it ends. The cache reads
on while the chip is busy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twincore.machine.flash_parts import Part, part_of
from twincore.machine.sfdp import sfdp
from twincore.machine.spi_chip import NOTHING, Transaction

PAGE = 256
WIP, WEL = 1, 2
"""Bits of status register 1: a write is in progress; writing is enabled."""
UNIQUE_ID = b"twincore NOR".ljust(16, b"\0")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: which method carries it out, how many bytes of address it takes and the wires it uses.

    address: 0, 3, 4, or MODE: 3 or 4 by the chip's mode. size: what it erases.
    """

    action: str
    address: int = 0
    address_lines: int = 1
    data_lines: int = 1
    size: int = 0
    while_busy: bool = False
    while_suspended: bool = True


MODE = -1
COMMANDS = {
    0x03: Command("read", MODE),
    0x0B: Command("read", MODE),
    0x3B: Command("read", MODE, data_lines=2),
    0xBB: Command("read", MODE, 2, 2),
    0x6B: Command("read", MODE, data_lines=4),
    0xEB: Command("read", MODE, 4, 4),
    0x13: Command("read", 4),
    0x0C: Command("read", 4),
    0x3C: Command("read", 4, data_lines=2),
    0xBC: Command("read", 4, 2, 2),
    0x6C: Command("read", 4, data_lines=4),
    0xEC: Command("read", 4, 4, 4),
    0x02: Command("program", MODE),
    0x12: Command("program", 4),
    0x32: Command("program", MODE, data_lines=4),
    0x34: Command("program", 4, data_lines=4),
    0x20: Command("erase", MODE, size=0x1000, while_suspended=False),
    0x52: Command("erase", MODE, size=0x8000, while_suspended=False),
    0xD8: Command("erase", MODE, size=0x1_0000, while_suspended=False),
    0x21: Command("erase", 4, size=0x1000, while_suspended=False),
    0x5C: Command("erase", 4, size=0x8000, while_suspended=False),
    0xDC: Command("erase", 4, size=0x1_0000, while_suspended=False),
    0x60: Command("erase_chip", while_suspended=False),
    0xC7: Command("erase_chip", while_suspended=False),
    0x06: Command("enable_write"),
    0x04: Command("disable_write"),
    0x50: Command("enable_volatile_write"),
    0x9F: Command("read_id"),
    0x90: Command("read_maker", 3),
    0x4B: Command("read_unique_id"),
    0x5A: Command("read_sfdp", 3),
    0x75: Command("suspend", while_busy=True),
    0xB0: Command("suspend", while_busy=True),
    0x7A: Command("resume"),
    0x30: Command("resume"),
    0xB9: Command("sleep", while_suspended=False),
    0xAB: Command("wake"),
    0xB7: Command("use_long_addresses"),
    0xE9: Command("use_short_addresses"),
    0xC5: Command("write_extended_address"),
    0xC8: Command("read_extended_address"),
    0x66: Command("enable_reset", while_busy=True),
    0x99: Command("reset", while_busy=True),
}
"""The commands that all parts share; those of status registers come from the part."""


class NorFlash:
    """One chip behind a controller: `transfer` is one transaction, chip select low to high.

    content: the chip's bytes. jedec_id: maker, type and capacity, 24 bits. now_ticks: the time. wrote(offset, size) is
    called after bytes have changed.
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
        self.part: Part = part_of(jedec_id)
        self._now_ticks = now_ticks
        self._wrote = wrote
        self._sfdp = self._parameters()
        self.commands = dict(COMMANDS)
        self.commands |= {code: Command("read_status", while_busy=True) for code in self.part.reads}
        self.commands |= {code: Command("write_status", while_suspended=False) for code in self.part.writes}
        self.as_delivered()

    def _parameters(self) -> bytes:
        return sfdp(self.part, self.jedec_id, len(self.content))

    def as_delivered(self) -> None:
        """Forget everything but the content, lasting status bits as well."""
        self.lasting_status = [0, 0, 0]
        self.power_on()

    def power_on(self) -> None:
        """Forget everything but the content and the lasting status bits."""
        self.status = list(self.lasting_status)
        self.is_writable = False
        self.is_volatile = False
        self.busy_until = 0
        self.deaf_until = 0
        self.suspended_ticks = 0
        self.is_asleep = False
        self.has_long_addresses = False
        self.extended_address = 0
        self.reset_is_enabled = False

    def state(self) -> list[int]:
        """Return everything but the content."""
        flags = (self.is_writable, self.is_volatile, self.is_asleep, self.has_long_addresses, self.reset_is_enabled)
        numbers = (self.busy_until, self.deaf_until, self.suspended_ticks, self.extended_address)
        return [*self.status, *self.lasting_status, *numbers, *map(int, flags)]

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        self.status, self.lasting_status = saved[:3], saved[3:6]
        self.busy_until, self.deaf_until, self.suspended_ticks, self.extended_address = saved[6:10]
        flags = map(bool, saved[10:15])
        self.is_writable, self.is_volatile, self.is_asleep, self.has_long_addresses, self.reset_is_enabled = flags

    @property
    def is_busy(self) -> bool:
        """Tell whether an erase, program or status operation is under way."""
        return self._now_ticks() < self.busy_until

    @property
    def is_quad_enabled(self) -> bool:
        """Tell whether QE is set: data may come and go on four wires."""
        register, bit = self.part.quad
        return bool(self.status[register] >> bit & 1)

    # One transaction.

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out a transaction; what the chip does not understand, or not now, it ignores."""
        command = self._command(transaction)
        if command is None:
            return transaction.nothing()
        if transaction.command & 0xFF != 0x99:
            self.reset_is_enabled = False
        length = self._address_length(command)
        if not self._is_on_right_lines(command, transaction):
            return transaction.nothing()
        addressed = transaction.addressed(length)
        if addressed is None:
            return transaction.nothing()
        address = addressed.address | (self.extended_address << 24 if length == 3 else 0)
        answer: bytes | None = getattr(self, f"_{command.action}")(command, address, addressed)
        if answer is None:
            return transaction.nothing()
        times = transaction.read_length // max(len(answer), 1) + 1
        return (answer * times)[: transaction.read_length]

    def _command(self, transaction: Transaction) -> Command | None:
        """Return the command that the chip listens to now, None when it does not."""
        if transaction.command_bits != 8 or transaction.command_lines != 1 or transaction.is_ddr:
            return None
        return self._listens_to(transaction.command & 0xFF)

    def _listens_to(self, code: int) -> Command | None:
        command = self.commands.get(code)
        if command is None or self._now_ticks() < self.deaf_until or (self.is_asleep and command.action != "wake"):
            return None
        if self.is_busy and not command.while_busy:
            return None
        if self.suspended_ticks and not command.while_suspended:
            return None
        return command

    def _address_length(self, command: Command) -> int:
        return command.address if command.address != MODE else 4 if self.has_long_addresses else 3

    def _is_on_right_lines(self, command: Command, transaction: Transaction) -> bool:
        lines = (command.address_lines, command.data_lines)
        if lines == (1, 1):
            return True
        if 4 in lines and not self.is_quad_enabled:
            return False
        has_data = transaction.data or transaction.read_length
        return transaction.address_lines == lines[0] and (not has_data or transaction.data_lines == lines[1])

    # Reading.

    def _read(self, command: Command, address: int, transaction: Transaction) -> bytes:
        size, length = len(self.content), transaction.read_length
        address %= size
        first = bytes(self.content[address : address + length])
        return first if len(first) == length else first + bytes(self.content[: length - len(first)])

    def _read_id(self, command: Command, address: int, transaction: Transaction) -> bytes:
        return self.jedec_id.to_bytes(3, "big")

    def _read_maker(self, command: Command, address: int, transaction: Transaction) -> bytes:
        pair = bytes((self.jedec_id >> 16, (self.jedec_id & 0xFF) - 1))
        return pair[::-1] if address & 1 else pair

    def _read_unique_id(self, command: Command, address: int, transaction: Transaction) -> bytes:
        return UNIQUE_ID

    def _read_sfdp(self, command: Command, address: int, transaction: Transaction) -> bytes:
        at = address & 0xFF_FFFF
        return self._sfdp[at : at + transaction.read_length] + transaction.nothing()

    def _read_status(self, command: Command, address: int, transaction: Transaction) -> bytes:
        return bytes((self.shown_status(self.part.reads[transaction.command & 0xFF]),))

    def shown_status(self, register: int) -> int:
        """Return what a status register reads now."""
        value = self.status[register]
        if register == 0:
            value |= WIP * self.is_busy | WEL * self.is_writable
        if self.part.suspended is not None and self.part.suspended[0] == register and self.suspended_ticks:
            value |= 1 << self.part.suspended[1]
        return value

    def _read_extended_address(self, command: Command, address: int, transaction: Transaction) -> bytes:
        return bytes((self.extended_address,))

    # Writing.

    def _enable_write(self, command: Command, address: int, transaction: Transaction) -> None:
        self.is_writable = True

    def _disable_write(self, command: Command, address: int, transaction: Transaction) -> None:
        self.is_writable = False

    def _enable_volatile_write(self, command: Command, address: int, transaction: Transaction) -> None:
        self.is_volatile = True

    def protected(self) -> tuple[int, int]:
        """Return (first, end) of the bytes that BP bits protect from erasing and programming."""
        register, bit = self.part.top_bottom
        is_bottom = bool(self.status[register] >> bit & 1)
        chip = len(self.content)
        if self.part.protection == "powers":
            code = self.status[0] >> 2 & 15
            size = min(0x8000 << code, chip) if code else 0
        else:
            code = self.status[0] >> 2 & 7
            if self.status[0] >> 6 & 1:  # sectors
                size = 0x1000 << min(code - 1, 3) if code else 0
            else:
                size = max(chip >> 6, 0x1_0000) << code - 1 if code else 0
            size = chip if code == 7 else min(size, chip)
            if self.status[1] >> 6 & 1:  # CMP
                is_bottom, size = not is_bottom, chip - size
        return (0, size) if is_bottom else (chip - size, chip)

    def _may_change(self, address: int, size: int) -> bool:
        """Tell whether a write may begin; it takes the permission with it."""
        enabled, self.is_writable = self.is_writable, False
        first, end = self.protected()
        return enabled and not (address < end and first < address + size)

    def _program(self, command: Command, address: int, transaction: Transaction) -> None:
        page = address % len(self.content) & -PAGE
        if not transaction.data or not self._may_change(page, PAGE):
            return
        # more bytes than a page has: the last ones count
        for at, byte in enumerate(transaction.data[-PAGE:], start=address + max(len(transaction.data) - PAGE, 0)):
            self.content[page + at % PAGE] &= byte
        self._wrote(page, PAGE)
        self.busy_until = self._now_ticks() + self.part.times.program

    def _erase(self, command: Command, address: int, transaction: Transaction) -> None:
        self._erase_range(
            address % len(self.content) & -command.size, command.size, self.part.times.erase[command.size]
        )

    def _erase_chip(self, command: Command, address: int, transaction: Transaction) -> None:
        size = len(self.content)
        self._erase_range(0, size, self.part.times.chip_erase * (size >> 20))

    def _erase_range(self, address: int, size: int, ticks: int) -> None:
        if self._may_change(address, size):
            self.content[address : address + size] = bytes((NOTHING,)) * size
            self._wrote(address, size)
            self.busy_until = self._now_ticks() + ticks

    def _write_status(self, command: Command, address: int, transaction: Transaction) -> None:
        if not (self.is_writable or self.is_volatile) or not transaction.data:
            return
        self.set_status(self.part.writes[transaction.command & 0xFF], transaction.data)

    def set_status(self, registers: tuple[int, ...], data: bytes) -> None:
        """Write status registers, byte by byte, for good or until power goes."""
        for register, byte in zip(registers, data, strict=False):
            if self.part.suspended is not None and self.part.suspended[0] == register:
                byte &= ~(1 << self.part.suspended[1])
            self.status[register] = byte & ~(WIP | WEL if register == 0 else 0)
        if not self.is_volatile:
            self.lasting_status = list(self.status)
            self.busy_until = self._now_ticks() + self.part.times.write_status
        self.is_writable = self.is_volatile = False

    # Modes.

    def _suspend(self, command: Command, address: int, transaction: Transaction) -> None:
        now, until = self._now_ticks(), self.busy_until
        if until > now + self.part.times.suspend and not self.suspended_ticks:
            self.suspended_ticks = until - now
            self.busy_until = now + self.part.times.suspend

    def _resume(self, command: Command, address: int, transaction: Transaction) -> None:
        if self.suspended_ticks:
            self.busy_until = self._now_ticks() + self.suspended_ticks
            self.suspended_ticks = 0

    def _sleep(self, command: Command, address: int, transaction: Transaction) -> None:
        self.is_asleep = True

    def _wake(self, command: Command, address: int, transaction: Transaction) -> bytes:
        if self.is_asleep:
            self.is_asleep = False
            self.deaf_until = self._now_ticks() + self.part.times.wake
        return bytes(((self.jedec_id & 0xFF) - 1,))

    def _use_long_addresses(self, command: Command, address: int, transaction: Transaction) -> None:
        self.has_long_addresses = len(self.content) > 1 << 24

    def _use_short_addresses(self, command: Command, address: int, transaction: Transaction) -> None:
        self.has_long_addresses = False

    def _write_extended_address(self, command: Command, address: int, transaction: Transaction) -> None:
        if self.is_writable and transaction.data:
            self.extended_address = transaction.data[0]
        self.is_writable = False

    def _enable_reset(self, command: Command, address: int, transaction: Transaction) -> None:
        self.reset_is_enabled = True

    def _reset(self, command: Command, address: int, transaction: Transaction) -> None:
        if self.reset_is_enabled:
            self.power_on()
            self.deaf_until = self._now_ticks() + self.part.times.wake
