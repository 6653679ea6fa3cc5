"""An octal NOR flash chip: one wire at power-on, eight wires with single or double data rate when it is told to.

Source: Macronix MX25UM25645G data sheet. On eight wires a command has two bytes, the second one inverted, and addresses
have four. With double data rate the two bytes of a pair come in the other order, and registers come twice.

Leaves out: what `flash_chip` leaves out, dummy clocks as CR2 sets them, the data strobe, CR2's lasting copy, ECC.
"""

from __future__ import annotations

from dataclasses import replace

from twincore.machine.flash_chip import Command, NorFlash
from twincore.machine.sfdp import sfdp
from twincore.machine.spi_chip import Transaction

SPI, STR, DTR = 0, 1, 2
"""Modes, bits 1:0 of configuration register 2 at address 0."""
READS = {STR: 0xEC, DTR: 0xEE}
"""The read command of each octal mode."""


class OctalFlash(NorFlash):
    """`NorFlash` with eight wires instead of two and four."""

    def _parameters(self) -> bytes:
        return sfdp(self.part, self.jedec_id, len(self.content), is_octal=True)

    def power_on(self) -> None:
        """Forget everything but the content and the lasting status bits: one wire again."""
        super().power_on()
        self.mode = SPI

    def state(self) -> list[int]:
        """Return everything but the content."""
        return [*super().state(), self.mode]

    def restore(self, saved: list[int]) -> None:
        """Take on what `state` returned."""
        super().restore(saved[:-1])
        self.mode = saved[-1]

    def _command(self, transaction: Transaction) -> Command | None:
        if self.mode == SPI:
            command = super()._command(transaction)
            is_multiple = command is not None and (command.address_lines > 1 or command.data_lines > 1)
            return None if is_multiple else command
        code = transaction.command & 0xFF
        if transaction.command_bits != 16 or transaction.command != code | (code ^ 0xFF) << 8:
            return None
        if transaction.command_lines != 8 or transaction.is_ddr != (self.mode == DTR):
            return None
        if code == READS[self.mode]:
            return Command("read", 4, 8, 8) if self._listens_to(0x13) else None
        command = self._listens_to(code)
        if command is None or command.address_lines > 1 or command.data_lines > 1 or command.action == "read":
            return None
        # commands that read a register take an address of four bytes on eight wires
        length = 4 if command.address or command.action.startswith("read") or code in (0x71, 0x72) else 0
        return replace(command, address=length, address_lines=8, data_lines=8)

    def _listens_to(self, code: int) -> Command | None:
        if code in (0x71, 0x72):
            is_free = not self.is_busy and self._now_ticks() >= self.deaf_until and not self.is_asleep
            return Command("read_mode" if code == 0x71 else "write_mode", 4) if is_free else None
        return super()._listens_to(code)

    def transfer(self, transaction: Transaction) -> bytes:
        """Carry out a transaction; with double data rate the bytes of a pair are swapped, registers repeated."""
        if self.mode != DTR:
            return super().transfer(transaction)
        if transaction.command & 0xFF == READS[DTR]:
            return _swapped(super().transfer(transaction))
        if transaction.data and transaction.command & 0xFF == 0x12:
            transaction = replace(transaction, data=_swapped(transaction.data))
        length = transaction.read_length
        answer = super().transfer(replace(transaction, read_length=(length + 1) // 2))
        return bytes(byte for byte in answer for _ in range(2))[:length]

    def _read_mode(self, command: Command, address: int, transaction: Transaction) -> bytes:
        return bytes((self.mode if address == 0 else 0,))

    def _write_mode(self, command: Command, address: int, transaction: Transaction) -> None:
        if self.is_writable and transaction.data:
            self.is_writable = False
            if address == 0 and transaction.data[0] & 3 != 3:
                self.mode = transaction.data[0] & 3


def _swapped(data: bytes) -> bytes:
    """Return bytes with those of each pair in the other order."""
    even = data if len(data) % 2 == 0 else data + b"\xff"
    return bytes(even[at ^ 1] for at in range(len(even)))[: len(data)]
