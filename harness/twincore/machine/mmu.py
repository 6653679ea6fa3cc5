"""The MMU of external memory: maps the pages of flash and PSRAM that its table names into the cores' address space.

Source: ESP32-S3 Technical Reference Manual, "System and Memory", External Memory; ESP-IDF, soc/mmu.h of the esp32s3
(bits of an entry). An address beyond a chip's last byte is the chip's address without the bits that it lacks. Leaves
out: cached copies (memory answers at once).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, runtime_checkable

from twincore.errors import PlatformError
from twincore.machine.encrypted_flash import Cipher, DecryptedFlash, Decryption
from twincore.machine.executor import Access, BusKind, Executor, Gate
from twincore.machine.memory import Memory
from twincore.machine.platform_file import BUSES, Mmu
from twincore.model import TICKS_PER_SECOND


@runtime_checkable
class Table(Protocol):
    """The peripheral that holds the entries."""

    def listen(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(n, entry)` called when entry n changes, and for every entry at a reset."""


@runtime_checkable
class Cache(Protocol):
    """The peripheral that opens and shuts the caches for the cores."""

    def listen(self, listener: Callable[[int, bool, bool], None]) -> None:
        """Have `listener(core, icache_is_shut, dcache_is_shut)` called whenever that changes for a core."""

    def listen_invalidation(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(address, size)` called whenever the instruction cache loses what it has of a range."""

    def unanswered(
        self, core: int, address: int, access: Access, *, instruction_bus: bool, entry: int | None, writable: bool
    ) -> bool:
        """Note an access of a core that nothing answers; return whether the core waits.

        entry: the table's word for the address where that maps nothing, else None. writable: a store would be right.
        """


def gates(mmu: Mmu | None) -> tuple[Gate, ...]:
    """Return the windows of an MMU whose cache can be shut, in their order."""
    if mmu is None or mmu.cache is None:
        return ()
    fill_ticks = mmu.line_fill_ns * TICKS_PER_SECOND // 1_000_000_000
    return tuple(
        Gate(window.base, mmu.entries * mmu.page_size, BUSES[window.bus], fill_ticks if window.bus != "data" else 0)
        for window in mmu.windows
    )


class MmuMapper:
    """Keeps an executor's mappings in step with the table's entries, and its gates with the caches."""

    def __init__(
        self,
        mmu: Mmu,
        executor: Executor,
        peripherals: Mapping[str, object],
        flash: Memory | None,
        psram: Memory | None,
        diagnose: Callable[[str], None],
        changed: Callable[[], None],
        who: str,
    ) -> None:
        self._mmu = mmu
        self._cache: Cache | None = None
        self._decryption: Decryption | None = None
        self._decrypted: DecryptedFlash | None = None
        self._values = [0] * mmu.entries
        self._gates = gates(mmu)
        self._told: set[str] = set()
        self._executor = executor
        self._flash = flash
        self._psram = psram
        self._diagnose = diagnose
        self._changed = changed
        self._mapped: dict[int, tuple[Memory, int, bool]] = {}
        known = ", ".join(peripherals) or "none"
        table = peripherals.get(mmu.table)
        if not isinstance(table, Table):
            raise PlatformError(
                who, f"mmu.table: expected the MMU's table among the peripherals ({known}), got {mmu.table!r}"
            )
        table.listen(self._change)
        if mmu.cache is not None:
            cache = peripherals.get(mmu.cache)
            if not isinstance(cache, Cache):
                raise PlatformError(
                    who, f"mmu.cache: expected the caches' control among the peripherals ({known}), got {mmu.cache!r}"
                )
            cache.listen(self._shut)
            cache.listen_invalidation(executor.forget_lines)
            self._cache = cache
        if mmu.decryption is not None and flash is not None:
            decryption = peripherals.get(mmu.decryption)
            if not isinstance(decryption, Decryption):
                raise PlatformError(
                    who,
                    f"mmu.decryption: expected what decrypts flash among the peripherals ({known}), "
                    f"got {mmu.decryption!r}",
                )
            self._decryption = decryption
            self._decrypted = DecryptedFlash(flash, mmu.page_size, decryption, executor.host_wrote)

    def unanswered(self, core: int, address: int, access: Access) -> bool:
        """Pass on an access within a gate that nothing answers; return whether the core waits."""
        assert self._cache is not None
        gate = next(gate for gate in self._gates if 0 <= address - gate.base < gate.size)
        entry = (address - gate.base) // self._mmu.page_size
        target = self._mapped.get(entry)
        unmapped = self._values[entry] if target is None else None
        is_instruction = gate.bus is BusKind.INSTRUCTION
        writable = target is not None and target[2] and not is_instruction
        waits = self._cache.unanswered(
            core, address, access, instruction_bus=is_instruction, entry=unmapped, writable=writable
        )
        if not waits:
            self._tell(core, address, access, unmapped)
        return waits

    def _tell(self, core: int, address: int, access: Access, unmapped: int | None) -> None:
        """Tell the user of the first access of a kind."""
        what = {Access.LOAD: "load", Access.STORE: "store", Access.FETCH: "fetch"}[access]
        if unmapped is not None:
            why = f"where the MMU maps nothing (entry {unmapped:#06x})"
        elif access is Access.STORE:
            why = "while its cache is shut, or to memory that is not writable"
        else:
            why = "while its cache is shut"
        if f"{core} {what} {why}" not in self._told:
            self._told.add(f"{core} {what} {why}")
            self._diagnose(f"{what} at {address:#010x} {why}")

    def _shut(self, core: int, icache: bool, dcache: bool) -> None:
        """Follow the caches."""
        shut = 0
        for number, gate in enumerate(self._gates):
            if icache if gate.bus is BusKind.INSTRUCTION else dcache:
                shut |= 1 << number
        self._executor.set_shut(core, shut)

    def _change(self, entry: int, value: int) -> None:
        """Follow a new value of the table's word `entry`."""
        self._values[entry] = value
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
        self._changed()

    def windows(self) -> Iterator[tuple[int, int, Memory, int]]:
        """Yield what is mapped: (guest address, size, memory, offset) of each page in each window."""
        size = self._mmu.page_size
        for entry, (memory, offset, _) in self._mapped.items():
            for window in self._mmu.windows:
                yield window.base + entry * size, size, memory, offset

    def flash_cipher(self) -> Cipher | None:
        """Return how the flash is encrypted, None where it is not."""
        return None if self._decryption is None else self._decryption.flash_cipher()

    def flash_wrote(self, offset: int, size: int) -> None:
        """Follow bytes of the flash that have changed."""
        if self._decrypted is not None:
            self._decrypted.wrote(offset, size)

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
        if memory is None:
            return None
        offset %= memory.size
        if self._decrypted is not None and not is_psram:
            memory = self._decrypted.page(offset)
        return memory, offset, is_psram
