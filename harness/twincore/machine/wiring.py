"""The wires between peripherals, cores and the board: interrupt lines, core control, pins, serial ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

from twincore.devices import Device
from twincore.errors import PlatformError
from twincore.machine.context import BoardContext
from twincore.machine.user_code import construct
from twincore.model import Peripheral, Pin, SerialPort, Signal

if TYPE_CHECKING:
    from twincore.machine.machine import Machine


@runtime_checkable
class InterruptSink(Protocol):
    """The interrupt matrix of one core: takes sources, and has a signal `lines` whose level is the core's lines."""

    source_count: int

    def set_source(self, source: int, level: int) -> None:
        """Give the interrupt source `source` its level."""


@runtime_checkable
class Strapped(Protocol):
    """A peripheral that shows what the strapping pins were at reset."""

    def set_straps(self, levels: int) -> None:
        """Take the levels, a bit each, that the next reset finds."""


@runtime_checkable
class CorePins(Protocol):
    """The peripheral with the cores' own GPIO lines, which their instructions drive and see past the bus."""

    def set_core_outputs(self, core: int, levels: int) -> None:
        """Give the eight outputs of a core their levels, a bit each."""

    def core_inputs(self, core: int) -> int:
        """Return the levels of the eight inputs of a core, a bit each."""


@runtime_checkable
class Fuses(Protocol):
    """A peripheral with bits that are burnt once."""

    def deliver(
        self, words: Sequence[int], *, mac: str | None, revision: str | None, fields: Mapping[str, int]
    ) -> None:
        """Say what the fuses of a new chip hold, and be one; `mac` and `revision` count before what the words have."""

    def as_delivered(self) -> None:
        """Be a new chip again."""

    def fuses(self) -> list[int]:
        """Return all fuses as words."""


@runtime_checkable
class Bus(Protocol):
    """A peripheral with a bus outside the chip that devices sit on."""

    device_classes: tuple[type[Device], ...]
    """What it talks to."""

    def add_device(self, device: Any) -> None:
        """Put a device, which is one of the `device_classes`, on the bus."""


@runtime_checkable
class Transmitter(Protocol):
    """A peripheral that sends bytes, each of whose ends is an event, and can be asked for those of this moment."""

    def settle(self) -> None:
        """Pass on every byte whose time is over; firmware sees no difference."""


_Role = TypeVar("_Role")


def playing(role: type[_Role], peripherals: Mapping[str, Peripheral]) -> Iterator[_Role]:
    """Yield the peripherals whose class has the methods of a role, one of the protocols above or alike."""
    for peripheral in peripherals.values():
        if issubclass(type(peripheral), role):  # remembered by class; isinstance would look at all methods again
            yield cast(_Role, peripheral)


class Wiring:
    """All wires of one machine; made once, before power-on."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.serial_ports: dict[str, SerialPort] = {}
        """Serial ports by the peripheral's name; a peripheral with several: name.port."""
        self.pins: dict[int, Pin] = {}
        """Pins by GPIO number."""
        self.transmitters: list[Transmitter] = []
        """Peripherals that are to be asked for what they have sent."""
        self.sources: dict[str, int] = {}
        """Numbers of the interrupt sources by peripheral and signal: SYSTIMER.target0."""
        self.core_pins: CorePins | None = None
        self._matrices: list[InterruptSink] = []
        self._interrupts: list[tuple[Signal, int]] = []
        self._holds: list[list[tuple[Signal, int, str]]] = []
        self._collect()
        self._connect_cores()
        self._connect_interrupts()
        self._connect_board()

    def is_running(self, core: int) -> bool:
        """Tell whether nothing holds `core`: its clock runs, it is neither stalled nor in reset."""
        return not self.held_by(core)

    def held_by(self, core: int) -> tuple[str, ...]:
        """Tell what holds `core`: "stall" (also from outside), "clock", "reset"."""
        kinds = [kind for signal, level, kind in self._holds[core] if signal.level == level]
        is_stalled = self._machine.injector.held[core]
        return tuple(dict.fromkeys(["stall", *kinds] if is_stalled else kinds))

    def _is_released(self, core: int) -> bool:
        """Tell whether the chip itself has `core` run."""
        return all(signal.level != level for signal, level, _ in self._holds[core])

    def power_on(self) -> None:
        """Put the world's side to what it is when power comes: the board's levels on the pins, and the straps."""
        for peripheral in playing(Strapped, self._machine.peripherals):
            peripheral.set_straps(self._machine.platform.straps.value)
        for pin in self.pins.values():
            pin.drive(None)
        for entry in self._machine.platform.pins:
            if entry.level is not None:
                self.pins[entry.gpio].set_board_level(entry.level)
        for wire in self._machine.platform.wires:
            self.pins[wire.to].drive(self.pins[wire.source].course)

    def after_reset(self) -> None:
        """Bring everything in line with the levels of all signals."""
        for signal, source in self._interrupts:
            self._set_source(source, signal.level)
        for core, entry in enumerate(self._machine.platform.cores):
            self.update_core(core)
            if entry.matrix is not None:
                lines = self._machine.peripherals[entry.matrix].signals["lines"]
                self._machine.executor.set_lines(core, lines.level)

    def attach_devices(self) -> None:
        """Make the board's devices and put them on their buses."""
        machine = self._machine
        for entry in machine.platform.devices:
            file, where = machine.platform.origins["device", entry.name], f"device {entry.name}"
            kind = machine.platform.device_classes[entry.name]
            context = BoardContext(machine, entry)
            device = construct(kind, context, entry.options, who=file, where=where, path=entry.class_)
            machine.devices[entry.name] = device
            if entry.bus is None:
                continue
            bus = machine.peripherals[entry.bus]
            if not isinstance(bus, Bus):
                raise PlatformError(file, f"{where}.bus: expected a peripheral with a bus, got {entry.bus}")
            if not isinstance(device, bus.device_classes):
                expected = " or ".join(known.__name__ for known in bus.device_classes)
                raise PlatformError(
                    file, f"{where}.class: expected a subclass of {expected} on {entry.bus}, got {kind.__name__}"
                )
            bus.add_device(device)

    def settle(self) -> None:
        """Have all that was sent up to now passed on."""
        for transmitter in self.transmitters:
            transmitter.settle()

    def _collect(self) -> None:
        peripherals = self._machine.peripherals
        self.core_pins = next(playing(CorePins, peripherals), None)
        self.transmitters = list(playing(Transmitter, peripherals))
        for name, peripheral in peripherals.items():
            for port_name, port in peripheral.serial_ports.items():
                alone = len(peripheral.serial_ports) == 1
                self.serial_ports[name if alone else f"{name}.{port_name}"] = port
            for signal_name, signal in peripheral.signals.items():
                if isinstance(signal, Pin) and (digits := re.search(r"(\d+)$", signal_name)):
                    self.pins[int(digits[1])] = signal

    def _connect_cores(self) -> None:
        machine = self._machine
        for core, entry in enumerate(machine.platform.cores):
            file = machine.platform.origins["core", entry.name]
            stalls = [self._signal(name, file, f"core[{core}].stall") for name in entry.stall]
            shown = [self._signal(name, file, f"core[{core}].stalled") for name in entry.stalled]
            for stall in stalls:
                stall.listen(partial(self._show_stall, stalls, shown))
            holds = [(signal, 1, "stall") for signal in stalls]
            holds += [(self._signal(name, file, f"core[{core}].clock"), 0, "clock") for name in entry.clock]
            resets = [self._signal(name, file, f"core[{core}].reset") for name in entry.reset]
            holds += [(signal, 1, "reset") for signal in resets]
            self._holds.append(holds)
            for signal, _, _ in holds:  # before the reset: it discards what is still to come for the core
                signal.listen(partial(self._hold_changed, core))
            for signal in resets:
                signal.listen(partial(self._reset_changed, core))
            if entry.matrix is not None:
                matrix = machine.peripherals.get(entry.matrix)
                if not isinstance(matrix, InterruptSink) or "lines" not in matrix.signals:
                    raise PlatformError(
                        file,
                        f"core[{core}].matrix: expected the name of an interrupt matrix, got {entry.matrix!r}",
                    )
                self._matrices.append(matrix)
                matrix.signals["lines"].listen(partial(machine.executor.set_lines, core))

    @staticmethod
    def _show_stall(stalls: list[Signal], shown: list[Signal], _: int) -> None:
        for signal in shown:
            signal.set(int(any(stall.level for stall in stalls)))

    def _hold_changed(self, core: int, _: int) -> None:
        self.update_core(core)

    def _reset_changed(self, core: int, level: int) -> None:
        if level:
            self._machine.executor.reset_core(core)
            self._machine.tell_of_core(core, was_reset=True)

    def update_core(self, core: int) -> None:
        """Have a core run or not, as signals and injections say."""
        runs = self._machine.injector.lets_run(core, self._is_released(core))
        self._machine.executor.set_running(core, runs)
        self._machine.tell_of_core(core, was_reset=False)

    def update_source(self, source: int) -> None:
        """Give the matrices the level of an interrupt source anew, as its block and injections say."""
        levels = [signal.level for signal, number in self._interrupts if number == source]
        self._set_source(source, max(levels, default=0))

    def _set_source(self, source: int, level: int) -> None:
        level = self._machine.injector.level_of(source, level)
        for matrix in self._matrices:
            matrix.set_source(source, level)

    def _connect_interrupts(self) -> None:
        for entry in self._machine.platform.peripherals:
            file = self._machine.platform.origins["peripheral", entry.name]
            key = f"peripheral {entry.name}.interrupts"
            for name, source in entry.interrupts.items():
                signal = self._signal(f"{entry.name}.{name}", file, key)
                self._interrupts.append((signal, source))
                for matrix in self._matrices:
                    if source >= matrix.source_count:
                        raise PlatformError(
                            file, f"{key}: expected a source from 0 to {matrix.source_count - 1}, got {source}"
                        )
                signal.listen(partial(self._set_source, source))
                self.sources[f"{entry.name}.{name}"] = source

    def _connect_board(self) -> None:
        platform = self._machine.platform
        for wire in platform.wires:
            target = self._pin(wire.to, str(platform.files[0]), "wire.to")
            self._pin(wire.source, str(platform.files[0]), "wire.source").follow(target.drive)
        for entry in platform.pins:
            self._pin(entry.gpio, platform.origins["pin", entry.name], f"pin {entry.name}")

    def _pin(self, gpio: int, file: str, key: str) -> Pin:
        if gpio not in self.pins:
            known = f"0 to {max(self.pins)}" if self.pins else "none, as no peripheral has pins"
            raise PlatformError(file, f"{key}: expected a GPIO of the chip ({known}), got {gpio}")
        return self.pins[gpio]

    def _signal(self, path: str, file: str, key: str) -> Signal:
        name, _, signal_name = path.partition(".")
        peripheral = self._machine.peripherals.get(name)
        if peripheral is None:
            known = ", ".join(self._machine.peripherals) or "none"
            raise PlatformError(file, f"{key}: expected a signal of one of {known}; got {path!r}")
        if signal_name not in peripheral.signals:
            known = ", ".join(peripheral.signals) or "none"
            raise PlatformError(file, f"{key}: expected a signal of {name} ({known}), got {signal_name!r}")
        return peripheral.signals[signal_name]
