"""The MMU of external memory: maps the pages of flash and PSRAM that its table names into the cores' address space.

Source: ESP32-S3 Technical Reference Manual, "System and Memory", External Memory; ESP-IDF, soc/mmu.h of the esp32s3
(bits of an entry). Leaves out: the caches (memory answers at once) and their being switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from twincore.machine.executor import Executor
from twincore.machine.memory import Memory
from twincore.machine.platform_file import BUSES, Mmu


@runtime_checkable
class Table(Protocol):
    """The peripheral that holds the entries."""

    def listen(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(n, entry)` called when entry n changes, and for every entry at a reset."""


class MmuMapper:
    """Keeps an executor's mappings in step with the table's entries."""

    def __init__(
        self,
        mmu: Mmu,
        executor: Executor,
        flash: Memory | None,
        psram: Memory | None,
        diagnose: Callable[[str], None],
    ) -> None:
        self._mmu = mmu
        self._executor = executor
        self._flash = flash
        self._psram = psram
        self._diagnose = diagnose
        self._mapped: dict[int, tuple[Memory, int, bool]] = {}

    def change(self, entry: int, value: int) -> None:
        """Follow a new value of the table's word `entry`."""
        target = self._target(entry, value)
        if target == self._mapped.get(entry):
            return
        if target is None:
            del self._mapped[entry]
        else:
            self._mapped[entry] = target
        size = self._mmu.page_size
        for window in self._mmu.windows:
            address = window.base + entry * size
            bus = BUSES[window.bus]
            if target is None:
                self._executor.map(address, size, None, 0, bus=bus, writable=False)
            else:
                memory, offset, writable = target
                self._executor.map(address, size, memory, offset, bus=bus, writable=writable and window.bus == "data")

    def find(self, address: int) -> tuple[Memory, int, int] | None:
        """Return (memory, offset, bytes left in the page) of a guest address, None when nothing is mapped there."""
        size = self._mmu.page_size
        for window in self._mmu.windows:
            entry, rest = divmod(address - window.base, size)
            if 0 <= entry < self._mmu.entries:
                target = self._mapped.get(entry)
                return (target[0], target[1] + rest, size - rest) if target else None
        return None

    def _target(self, entry: int, value: int) -> tuple[Memory, int, bool] | None:
        if value & self._mmu.invalid:
            return None
        is_psram = bool(value & self._mmu.psram)
        memory = self._psram if is_psram else self._flash
        offset = (value & self._mmu.page) * self._mmu.page_size
        if memory is None or offset + self._mmu.page_size > memory.size:
            kind = "PSRAM" if is_psram else "flash"
            has = f"{memory.size:#x} bytes" if memory else "none"
            self._diagnose(f"MMU entry {entry}: page at {offset:#x} of {kind}, the board has {has}")
            return None
        return memory, offset, is_psram
