"""Keywords for what a board file puts beside the chip."""

from __future__ import annotations

import inspect
import typing
from typing import Any

from robot.running import TypeInfo

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword


class Devices(Keywords, topic="devices"):
    """The board's devices."""

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
        found = self.engine.device(device)
        function = getattr(type(found), method, None)
        if method.startswith("_") or not callable(function):
            own = [name for name in vars(type(found)) if not name.startswith("_") and callable(getattr(found, name))]
            raise UsageError(
                f"device {device}",
                f"expected a method of {type(found).__name__} ({', '.join(own)}), got {method!r}",
            )
        hints = typing.get_type_hints(function)
        bound = getattr(found, method)
        try:
            given = inspect.signature(bound).bind(*arguments, **named)
            for name, value in given.arguments.items():
                if name in hints and isinstance(value, str):
                    given.arguments[name] = TypeInfo.from_type_hint(hints[name]).convert(value, name)
        except (TypeError, ValueError) as error:
            raise UsageError(f"device {device}", f"expected the arguments of {method}: {error}") from error
        return bound(*given.args, **given.kwargs)
