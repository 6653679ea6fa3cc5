"""How Robot Framework makes the types of keywords' arguments of the text in a suite."""

from __future__ import annotations

import inspect
from typing import Any, Protocol, get_type_hints

from twincore.keywords.turns import Limits, Occasion
from twincore.keywords.values import Core, Duration, Expected, Frequency, Gpio, Percent, Place, Region, Voltage


class _Value(Protocol):
    """A type with a constructor that reads text."""

    @classmethod
    def of(cls, value: Any, /) -> Any:
        """Read a value. Raises ValueError."""


class Converter:
    """Reads one type, and has at hand what Robot Framework asks each converter before each keyword.

    It wants the converter's signature and types; worked out from the function, they take longer than most keywords.
    """

    def __init__(self, kind: type[_Value]) -> None:
        self._of = kind.of
        self.robot_types = {name: hint for name, hint in get_type_hints(kind.of).items() if name != "return"}
        self.__doc__ = kind.__doc__
        self.__signature__ = inspect.signature(kind.of)

    def __call__(self, value: object) -> object:
        """Read a value. Raises ValueError."""
        return self._of(value)


CONVERTERS = {
    kind: Converter(kind)
    for kind in (Duration, Place, Region, Expected, Core, Gpio, Voltage, Frequency, Percent, Occasion, Limits)
}
