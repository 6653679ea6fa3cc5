"""The chip's memories and where the cores' addresses find them: for debuggers, DMA and those who watch addresses."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Iterator
from typing import Literal, NoReturn

from twincore.errors import UsageError
from twincore.machine.executor import Executor
from twincore.machine.memory import Memory, power_on_pattern
from twincore.machine.mmu import MmuMapper
from twincore.machine.platform_file import BUSES, Platform
from twincore.model import NoMemoryError


class MemoryMap:
    """The memories of one machine.

    seed, sram: what those hold that had no power. moment: gives the machine's time in words, for errors. look: gives
    the word of the register at an address.
    """

    def __init__(
        self,
        platform: Platform,
        executor: Executor,
        seed: int,
        sram: Literal["pattern", "zero"],
        moment: Callable[[], str],
        look: Callable[[int], int],
    ) -> None:
        self._platform = platform
        self._executor = executor
        self._seed = seed
        self._zeroed = {entry.name for entry in platform.memories if sram == "zero" or entry.power_on == "zero"}
        if sram == "zero":
            self._zeroed.add("psram")
        self._moment = moment
        self._look = look
        self.memories = {entry.name: Memory(entry.name, entry.size) for entry in platform.memories}
        """All memories by name, those of the board ("flash", "psram") as well."""
        if platform.flash is not None:
            self.memories["flash"] = Memory("flash", platform.flash.size, b"\xff")
        if platform.psram is not None:
            self.memories["psram"] = Memory("psram", platform.psram.size, self._unpowered("psram", platform.psram.size))
        self._kept = {entry.name for entry in platform.memories if entry.power_on == "kept"} | {"flash"}
        self._windows = self._map_windows()
        self.mmu: MmuMapper | None = None
        """What maps flash and PSRAM; None until it is there, and on a chip without one."""

    def _map_windows(self) -> list[tuple[int, int, Memory, int]]:
        """Map every window; return (base, size, memory, offset) in the order of addresses."""
        windows = []
        for entry in self._platform.memories:
            memory = self.memories[entry.name]
            for window in entry.windows:
                size = entry.size - window.offset if window.size is None else window.size
                bus = BUSES[window.bus]
                self._executor.map(window.base, size, memory, window.offset, bus=bus, writable=window.writable)
                windows.append((window.base, size, memory, window.offset))
        return sorted(windows, key=lambda window: window[0])

    # Power.

    def power_on(self) -> None:
        """Give all memories but flash and ROM, which hold what was loaded, the content that they have at power-on."""
        self._lose(self.memories)

    def deep_sleep(self) -> None:
        """Have the memories that deep sleep takes power from lose their content."""
        self._lose({entry.name for entry in self._platform.memories if entry.deep_sleep == "lost"} | {"psram"})

    def _lose(self, names: Collection[str]) -> None:
        for name, memory in self.memories.items():
            if name in names and name not in self._kept:
                memory.fill(self._unpowered(name, memory.size))
                self._executor.host_wrote(memory, 0, memory.size)

    def _unpowered(self, name: str, size: int) -> bytes:
        """Return what a memory holds that had no power, to be repeated."""
        return b"\0" if name in self._zeroed else power_on_pattern(self._seed, name, size)

    # Addresses.

    def locate(self, address: int) -> tuple[Memory, int, int] | None:
        """Return (memory, offset, bytes left) behind a guest address, None when no memory is there."""
        index = bisect.bisect_right(self._windows, address, key=lambda window: window[0]) - 1
        if index >= 0:
            base, size, memory, offset = self._windows[index]
            if address < base + size:
                return memory, offset + address - base, base + size - address
        return self.mmu.find(address) if self.mmu else None

    def views(self, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield (first, end, shift) of guest addresses and all others that show the same bytes (Observers)."""
        yield first, end, 0
        address = first
        while address < end and (place := self.locate(address)) is not None:
            memory, offset, left = place
            size = min(left, end - address)
            static = any(shown is memory for _, _, shown, _ in self._windows)
            for base, length, shown, start in self._windows if static or not self.mmu else self.mmu.windows():
                low, high = max(offset, start), min(offset + size, start + length)
                alias, here = base + low - start, address + low - offset
                if shown is memory and low < high and alias != here:
                    yield alias, alias + high - low, here - alias
            address += size

    # Debug access, without side effects.

    def peek(self, address: int, size: int) -> bytes:
        """Return `size` bytes at guest `address`, without effects on registers. UsageError where nothing is."""
        content = bytearray()
        for view, at, length, memory in self._pieces(address, size):
            if memory is None:
                first = address + len(content) & 3
                content += self._look(address + len(content) & ~3).to_bytes(4, "little")[first : first + length]
            else:
                content += view[at : at + length]
        return bytes(content)

    def poke(self, address: int, content: bytes) -> None:
        """Set bytes at guest `address`, read-only memory and registers included (no side effects of registers)."""
        done = 0
        for view, at, length, memory in list(self._pieces(address, len(content))):
            view[at : at + length] = content[done : done + length]
            done += length
            if memory is not None:
                self._executor.host_wrote(memory, at, length)

    def peek_word(self, address: int) -> int:
        """Return the 32-bit word at guest `address` (any alignment)."""
        return int.from_bytes(self.peek(address, 4), "little")

    def _pieces(self, address: int, size: int) -> Iterator[tuple[memoryview, int, int, Memory | None]]:
        io = self._executor.io
        end = io.base + io.size
        if io.base <= address < end < address + size and self.locate(end) is None:
            self._refuse_unmapped(end)  # before 256 Ki registers are looked at
        while size > 0:
            place = self.locate(address)
            if place is not None:
                memory, at, left = place
                view, known = memory.data, memory
            elif io.base <= address < io.base + io.size:
                at, left = address - io.base, 4 - address % 4
                view, known = io.words.cast("B"), None
            else:
                self._refuse_unmapped(address)
            length = min(size, left)
            yield view, at, length, known
            address += length
            size -= length

    def _refuse_unmapped(self, address: int) -> NoReturn:
        raise UsageError(
            f"memory at {address:#010x}",
            "expected an address with memory or a register, got one where nothing is mapped",
            when=self._moment(),
            next_step="check the address; external memory is there after firmware has mapped it",
        )

    # DMA.

    def dma_read(self, address: int, length: int) -> bytes:
        """Return what DMA reads at guest addresses; NoMemoryError where no memory is."""
        pieces = self._memory_pieces(address, length)
        return b"".join(bytes(memory.data[at : at + size]) for memory, at, size in pieces)

    def dma_write(self, address: int, content: bytes) -> None:
        """Store bytes by DMA; NoMemoryError, and nothing stored, where no memory is or only one that is kept."""
        pieces = list(self._memory_pieces(address, len(content)))
        for memory, _, _ in pieces:
            if memory.name in self._kept:
                raise NoMemoryError(address)
        done = 0
        for memory, at, size in pieces:
            memory.data[at : at + size] = content[done : done + size]
            done += size
            self._executor.host_wrote(memory, at, size)

    def _memory_pieces(self, address: int, length: int) -> Iterator[tuple[Memory, int, int]]:
        while length > 0:
            place = self.locate(address)
            if place is None:
                raise NoMemoryError(address)
            memory, at, left = place
            size = min(length, left)
            yield memory, at, size
            address += size
            length -= size
