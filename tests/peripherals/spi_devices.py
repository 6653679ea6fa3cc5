"""Devices for the tests of SPI: a small NOR flash on a chip select, and one that notes and answers what a test says."""

from __future__ import annotations

from twincore.devices import DeviceContext, SpiDevice
from twincore.model import state

READ, FAST_READ, PROGRAM, WRITE_ENABLE, ERASE, IDENTIFY, STATUS = 0x03, 0x0B, 0x02, 0x06, 0xC7, 0x9F, 0x05
SIZE = 0x1_0000


class SmallFlash(SpiDevice):
    """64 KiB of NOR flash: a command, three bytes of address where it takes one, data; it skips dummy cycles."""

    memory: bytes = state(b"\xff" * SIZE)
    head: bytes = state(b"")
    """Command and address."""
    writable: int = state(0)

    def selected(self) -> None:
        self.head = b""

    def deselected(self) -> None:
        command = self.head[0] if self.head else 0
        if command == WRITE_ENABLE:
            self.writable = 1
        elif command == ERASE and self.writable:
            self.memory, self.writable = b"\xff" * SIZE, 0
        elif command == PROGRAM:
            self.writable = 0

    def exchange(self, value: int, bits: int) -> int:
        if not self.head:
            self.head = bytes([value])
            return 0xFF
        command = self.head[0]
        if command in (READ, FAST_READ, PROGRAM) and len(self.head) < 4:
            self.head += bytes([value])
            return 0xFF
        if command == IDENTIFY:
            self.head += bytes([value])
            return b"\xef\x40\x10"[len(self.head) - 2]
        if command == STATUS:
            return self.writable << 1
        at = int.from_bytes(self.head[1:4], "big") % SIZE
        if command in (READ, FAST_READ, PROGRAM):
            self.head = self.head[:1] + (at + 1).to_bytes(3, "big")
        if command in (READ, FAST_READ):
            return self.memory[at]
        if command == PROGRAM and self.writable:
            self.memory = self.memory[:at] + bytes([self.memory[at] & value]) + self.memory[at + 1 :]
        return 0xFF

    def dummy(self, cycles: int) -> None:
        pass


class Recorder(SpiDevice):
    """Notes bits, selections and dummy cycles; answers with `answers`, a byte at a time, then with ones."""

    def __init__(self, context: DeviceContext) -> None:
        super().__init__(context)
        self.log: list[str] = []
        self.answers = b""

    def selected(self) -> None:
        self.log.append("[")

    def deselected(self) -> None:
        self.log.append("]")

    def exchange(self, value: int, bits: int) -> int:
        self.log.append(f"{value:0{bits}b}" if bits < 8 else f"{value:02x}")
        answer, self.answers = self.answers[:1] or b"\xff", self.answers[1:]
        return answer[0] >> 8 - bits


class WithDummy(Recorder):
    """One that knows of dummy cycles."""

    def dummy(self, cycles: int) -> None:
        self.log.append(f"dummy {cycles}")
