"""What the machine gives to one peripheral: its place on the bus, its words, time, events, clocks and resets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twincore.model import Clock

if TYPE_CHECKING:
    from twincore.machine.machine import Machine


class PeripheralContext:
    """`twincore.model.Context` for one peripheral of a machine."""

    __slots__ = ("_machine", "base", "name", "now_ticks", "seed", "size", "unmodelled", "words")

    def __init__(self, machine: Machine, name: str, base: int, size: int, words: memoryview) -> None:
        self._machine = machine
        self.name = name
        self.base = base
        self.size = size
        self.words = words
        self.seed = machine.block_seed(name)
        self.now_ticks = machine.context_now
        self.unmodelled = machine.note_unmodelled

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        """Have `on_<name>(*args)` of this peripheral called at `at_ticks`; a pending one of that kind moves."""
        self._machine.schedule(at_ticks, self.name, name, args)

    def cancel(self, name: str, *args: int) -> None:
        """Forget the pending event of that name and arguments, if there is one."""
        self._machine.cancel(self.name, name, args)

    def clock(self, name: str) -> Clock:
        """Return the chip's clock `name`; PlatformError when the platform has none of that name."""
        return self._machine.clocks.get(name, self.name)

    def end_slice(self) -> None:
        """Note an effect on the other core: the accessing core's slice ends after this instruction."""
        self._machine.end_slice()

    def request_reset(self, domain: str, reason: int) -> None:
        """Have `domain` reset after this access or event."""
        self._machine.request_reset(domain, reason)

    def reset_block(self, name: str) -> None:
        """Reset the peripheral `name` alone, as its reset bit does; nothing when the platform has none of that name."""
        self._machine.reset_block(name)
