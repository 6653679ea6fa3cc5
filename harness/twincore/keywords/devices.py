"""Keywords for hardware that users write in Python: devices of the board, peripherals of the chip."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping, Sequence
from inspect import isroutine
from typing import Any

from robot.running import TypeInfo

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.machine.peripheral_line import read_line
from twincore.schema import did_you_mean


class Devices(Keywords, topic="devices"):
    """The board's devices, and peripherals that a suite adds."""

    @keyword("Add Peripheral")
    def add_peripheral(self, peripheral: str, **settings: str) -> None:
        """Puts a block of your own on the bus of the chip that `Boot Firmware` makes next.

        ``peripheral`` is a Python class at an address, ``file.py:Class@ADDRESS``; a file is relative to where Robot
        Framework was started, so ``${CURDIR}/`` in front of it names one beside the suite. ``irq`` is the interrupt
        source that its signal called interrupt drives (``irq.NAME``: that its signal NAME drives), ``name`` what it is
        called instead of its class. Other settings are arguments of the class.

        Example:
        | `Add Peripheral`    ${CURDIR}/sensor.py:Sensor@0x600D0000    irq=98
        | `Boot Firmware`    build/
        """
        if self.session.is_booted:
            raise UsageError(
                "Add Peripheral",
                "expected no firmware yet, got a chip that runs already",
                next_step="use it before 'Boot Firmware', or after 'Stop Firmware'",
            )
        line = ",".join([peripheral, *(f"{name}={value}" for name, value in settings.items())])
        read_line(line, who=f"Add Peripheral {line}")
        self.session.peripherals.append(line)

    @keyword("Call Peripheral")
    def call_peripheral(self, peripheral: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Calls a method of a peripheral of the chip, and returns what it returns. No time passes.

        This is how a test plays the world around a block of your own: the temperature at a sensor, light on a camera.
        Arguments are converted to the types that the method states.

        Example:
        | `Call Peripheral`    Sensor    warm_to    23.5
        """
        self.session.need(Capability.DEVICES)
        return _call("peripheral", peripheral, self.engine.peripheral(peripheral), method, arguments, named)

    @keyword("Call Device")
    def call_device(self, device: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Calls a method of a device of the board, and returns what it returns. No time passes.

        A board file gives devices their names ([[device]]); their methods are those of their Python class. Arguments
        are converted to the types that the method states.

        Example:
        | `Call Device`    THERMOMETER    warm_to    23.5
        | ${pressed} =    `Call Device`    BUTTON    count
        """
        self.session.need(Capability.DEVICES)
        return _call("device", device, self.engine.device(device), method, arguments, named)


def _call(kind: str, name: str, found: object, method: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Call a public method with arguments that Robot Framework gives as text; UsageError for what does not fit."""
    function = getattr(type(found), method, None)
    if method.startswith("_") or not callable(function):
        own = [public for public, value in vars(type(found)).items() if not public.startswith("_") and isroutine(value)]
        raise UsageError(
            f"{kind} {name}",
            f"expected a method of {type(found).__name__} ({', '.join(own)}), got {method!r}",
            next_step=did_you_mean(method, own),
        )
    hints = typing.get_type_hints(function)
    bound = getattr(found, method)
    try:
        given = inspect.signature(bound).bind(*arguments, **named)
        for argument, value in given.arguments.items():
            if argument in hints and isinstance(value, str):
                given.arguments[argument] = TypeInfo.from_type_hint(hints[argument]).convert(value, argument)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{kind} {name}", f"expected the arguments of {method}: {error}") from error
    return bound(*given.args, **given.kwargs)
