"""What the machine gives to one peripheral (its place, words, time, events, clocks, resets) or to one device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from twincore.errors import PlatformError
from twincore.machine.executor import CounterSnapshot, OnRefused, Protection
from twincore.model import Clock, Peripheral, Pin, SerialPort

if TYPE_CHECKING:
    from twincore.machine.machine import Machine
    from twincore.machine.platform_file import DeviceEntry


class PeripheralContext:
    """`twincore.model.Context` for one peripheral of a machine."""

    __slots__ = (
        "_machine",
        "base",
        "name",
        "now_ticks",
        "read_memory",
        "seed",
        "size",
        "words",
        "write_memory",
    )

    def __init__(self, machine: Machine, name: str, base: int, size: int, words: memoryview) -> None:
        self._machine = machine
        self.name = name
        self.base = base
        self.size = size
        self.words = words
        self.seed = machine.block_seed(name)
        self.now_ticks = machine.context_now
        self.read_memory = partial(machine.dma_read, master=name)
        self.write_memory = partial(machine.dma_write, master=name)

    def unmodelled(self, what: str, offset: int | None = None) -> None:
        """Count and log an access to something that is not modelled; `offset`: of a word that is no more than that."""
        self._machine.unmodelled.note(what, None if offset is None else self.base + offset)

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Allow stores to a word of the block to be carried out without `write_<REGISTER>`, which would do the same."""
        first = (self.base - self._machine.executor.io.base) // 4
        self._machine.executor.serve_snapshot(
            snapshot._replace(word=first + snapshot.word, low=first + snapshot.low, high=first + snapshot.high)
        )

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

    def tell_again(self) -> None:
        """Hear again of a refused or unanswered access that a core repeats for ever: the record of it was cleared."""
        self._machine.executor.tell_again()

    def request_reset(self, domain: str, reason: int) -> None:
        """Have `domain` reset after this access or event."""
        self._machine.request_reset(domain, reason)

    def reset_block(self, name: str) -> None:
        """Reset the peripheral `name` alone, as its reset bit does; nothing when the platform has none of that name."""
        self._machine.reset_block(name)

    def protect(self, core: int, ranges: Sequence[Protection], on_refused: OnRefused) -> None:
        """Have `core` use ranges of addresses only as they allow; `on_refused(core, address, size, access)` hears."""
        self._machine.protect(self.name, core, ranges, on_refused)

    def power_down(self) -> None:
        """Take power from the digital system after this access or event."""
        self._machine.power_down()

    def core_pc(self, core: int) -> int:
        """Return the program counter of a core."""
        return self._machine.executor.cores[core].pc

    def read_by_python(self, index: int, wanted: bool) -> None:
        """Have loads of the block's word `index` ask the peripheral from now on, or be served from `words`."""
        io = self._machine.executor.io
        io.python_read[(self.base - io.base) // 4 + index] = wanted

    def written_by_python(self, index: int, wanted: bytes) -> None:
        """Have stores to the block's words from `index` on ask the peripheral (1) or only change `words` (0)."""
        io = self._machine.executor.io
        first = (self.base - io.base) // 4 + index
        io.python_write[first : first + len(wanted)] = wanted

    def block(self, name: str) -> Peripheral | None:
        """Return the peripheral `name`, None when the platform has none of that name."""
        return self._machine.peripherals.get(name)


class BoardContext:
    """`twincore.devices.DeviceContext` for one device of a board."""

    __slots__ = ("_entry", "_machine", "name", "now_ticks", "seed")

    def __init__(self, machine: Machine, entry: DeviceEntry) -> None:
        self._machine = machine
        self._entry = entry
        self.name = entry.name
        self.seed = machine.block_seed(entry.name)
        self.now_ticks = machine.context_now

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        """Have `on_<name>(*args)` of this device called at `at_ticks`; a pending one of that kind moves."""
        self._machine.schedule(at_ticks, self.name, name, args)

    def cancel(self, name: str, *args: int) -> None:
        """Forget the pending event of that name and arguments, if there is one."""
        self._machine.cancel(self.name, name, args)

    def has_pin(self, name: str) -> bool:
        """Tell whether the board file wires the device's pin `name`."""
        return name in self._entry.pins

    def pin(self, name: str) -> Pin:
        """Return the chip's pin that the device's pin `name` is wired to."""
        gpio = self._entry.pins.get(name)
        if gpio is None:
            raise self._error("pins", f"expected the GPIO that its pin {name!r} is wired to, got none of that name")
        pins = self._machine.wiring.pins
        if gpio not in pins:
            raise self._error(f"pins.{name}", f"expected a GPIO of the chip, got {gpio}")
        return pins[gpio]

    def serial_port(self) -> SerialPort:
        """Return the chip's serial port that the device is wired to."""
        name = self._entry.serial
        ports = self._machine.wiring.serial_ports
        if name is None or name not in ports:
            got = "none" if name is None else repr(name)
            raise self._error("serial", f"expected one of the serial ports {', '.join(ports)}; got {got}")
        return ports[name]

    def _error(self, key: str, what: str) -> PlatformError:
        return PlatformError(self._machine.platform.origins["device", self.name], f"device {self.name}.{key}: {what}")
