"""Semihosting: what a guest's `simcall` may ask of the user's side: end the run, write text. Off unless asked for.

Calls as in the Xtensa simulator's convention: a2 is the function, a3 to a5 its arguments, a2 and a3 its result and
error number. Only the functions below exist; the guest reaches no file and no other memory of the host.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from twincore.errors import UsageError

if TYPE_CHECKING:
    from twincore.machine.machine import Machine

SYS_EXIT = 1
SYS_WRITE = 4
ENOSYS = 88
EBADF = 9
EFAULT = 14
_MAX_WRITE = 1 << 16


class Semihosting:
    """Carries out the simcalls of a machine's cores; `listeners` get the text."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.listeners: list[Callable[[bytes], None]] = []
        self._written = hashlib.sha256()

    def power_on(self) -> None:
        """Forget what was written."""
        self._written = hashlib.sha256()

    def call(self, core: int) -> None:
        """Carry out the simcall that `core` executes."""
        registers = self._machine.executor.cores[core]
        function, first, second, third = (registers.read(f"a{n}") for n in range(2, 6))
        result, error = -1, ENOSYS
        if function == SYS_EXIT:
            from twincore.machine.machine import StopReason

            self._machine.exit_status = first & 0xFF
            self._machine.request_stop(StopReason.EXIT)
            return
        if function == SYS_WRITE:
            result, error = self._write(first, second, min(third, _MAX_WRITE))
        registers.write("a2", result & 0xFFFF_FFFF)
        registers.write("a3", error)

    def digest(self) -> bytes:
        """Return a hash of all that was written since power-on."""
        return self._written.digest()

    def _write(self, descriptor: int, address: int, size: int) -> tuple[int, int]:
        if descriptor not in (1, 2):
            return -1, EBADF
        try:
            text = self._machine.memory_map.peek(address, size)
        except UsageError:
            return -1, EFAULT
        self._written.update(text)
        for listener in self.listeners:
            listener(text)
        return len(text), 0
