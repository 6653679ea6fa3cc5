"""What a test does to the machine at an exact moment: faults and stimuli, carried out as events like any other.

Everything is plain data in the queue of events and in declared state, so that it counts for the digest and a run with
injections is as repeatable as one without. Power-on forgets all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twincore.model import RESET_DOMAINS, Stateful, state

if TYPE_CHECKING:
    from twincore.machine.machine import Machine

OWNER = "injection"
"""Owns its events, beside peripherals and devices; a board file's names have a letter or digit of the chip's own."""
RELEASED = -1
"""The level of a pin that is let go of."""


class Injector(Stateful):
    """Holds cores, changes interrupts on their way to the matrices, and carries out what was planned."""

    held: list[int] = state([0, 0])
    """How many injections hold each core."""
    natural: list[int] = state([0, 0])
    """Whether each core would run without injections."""
    delays: list[int] = state([0, 0])
    """By how many ticks the next release of each core is to be late."""
    levels: list[int] = state([0] * 128)
    """What the blocks say of each interrupt source."""
    forced: list[int] = state([])
    """Interrupt sources that are 1 whatever their block says."""
    late: list[int] = state([])
    """Source and delay in ticks, by turns: the next rise of the source is to be late."""
    withheld: list[int] = state([])
    """Sources whose rise is on its way."""
    count: int = state(0)
    """Injections so far; an event's first argument, so that two alike are two."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self.power_on()

    def power_on(self) -> None:
        """Forget everything."""
        self._set_declared(RESET_DOMAINS["power_on"], "power_on")

    def plan(self, at_ticks: int, name: str, *args: int) -> None:
        """Have `on_<name>` carried out at `at_ticks`, at once where that is over."""
        self.count += 1
        self._machine.schedule(max(at_ticks, self._machine.time_ticks), OWNER, name, (self.count, *args))

    # Between the blocks and the cores.

    def lets_run(self, core: int, is_released: bool) -> bool:
        """Tell whether a core runs that the chip has released or holds."""
        if is_released and not self.natural[core] and self.delays[core]:
            at_ticks = self._machine.context_now() + self.delays[core]
            self.delays[core] = 0
            self.held[core] += 1
            self.count += 1
            self._machine.schedule(at_ticks, OWNER, "let_go", (self.count, core))
        self.natural[core] = int(is_released)
        return is_released and not self.held[core]

    def level_of(self, source: int, level: int) -> int:
        """Return the level that the matrices see of a source that a block gives a level."""
        rises = level and not self.levels[source]
        self.levels[source] = level
        if source in self.forced:
            return 1
        if rises and source in self.late[::2]:
            place = 2 * self.late[::2].index(source)
            delay = self.late[place + 1]
            del self.late[place : place + 2]
            self.withheld = [*self.withheld, source]
            self.count += 1
            self._machine.schedule(self._machine.context_now() + delay, OWNER, "arrive", (self.count, source))
        return int(level and source not in self.withheld)

    # What was planned.

    def on_send(self, _: int, port: int, *content: int) -> None:
        """Send bytes to a serial port, by its place in the list of ports."""
        list(self._machine.wiring.serial_ports.values())[port].send(bytes(content))

    def on_drive(self, _: int, gpio: int, level: int) -> None:
        """Drive a pin, or let go of it."""
        self._machine.wiring.pins[gpio].drive(None if level == RELEASED else level)

    def on_store(self, _: int, address: int, *content: int) -> None:
        """Change bytes of memory."""
        self._machine.memory_map.poke(address, bytes(content))

    def on_flip(self, _: int, address: int, mask: int) -> None:
        """Invert bits of a byte of memory."""
        self._machine.memory_map.poke(address, bytes([self._machine.memory_map.peek(address, 1)[0] ^ mask]))

    def on_hold(self, _: int, core: int) -> None:
        """Hold a core until one more `let_go`."""
        self.held[core] += 1
        self._machine.wiring.update_core(core)

    def on_let_go(self, _: int, core: int) -> None:
        """End one hold of a core."""
        self.held[core] -= 1
        self._machine.wiring.update_core(core)

    def on_delay_release(self, _: int, core: int, ticks: int) -> None:
        """Have the next release of a core be late."""
        self.delays[core] = ticks

    def on_raise(self, _: int, source: int) -> None:
        """Have an interrupt source be 1."""
        self.forced = [*self.forced, source]
        self._machine.wiring.update_source(source)

    def on_lower(self, _: int, source: int) -> None:
        """Have an interrupt source be what its block says again."""
        self.forced = [other for other in self.forced if other != source]
        self._machine.wiring.update_source(source)

    def on_delay_interrupt(self, _: int, source: int, ticks: int) -> None:
        """Have the next rise of an interrupt source be late."""
        self.late = [*self.late, source, ticks]

    def on_arrive(self, _: int, source: int) -> None:
        """Let a late interrupt through."""
        self.withheld = [other for other in self.withheld if other != source]
        self._machine.wiring.update_source(source)
