"""What all topics of keywords build on: a keyword's mark, the base class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, get_type_hints

from robot.api.deco import keyword as _robot_keyword

from twincore.engines.protocol import Engine
from twincore.keywords.session import Session

_Function = TypeVar("_Function", bound=Callable[..., Any])


def keyword(name: str) -> Callable[[_Function], _Function]:
    """Mark a method as the keyword `name`; ${core} in the name is an argument."""

    def mark(function: _Function) -> _Function:
        return cast(_Function, _robot_keyword(name=name)(function))

    return mark


class Keywords:
    """A topic of keywords around one session; the topic is each one's tag."""

    def __init_subclass__(cls, *, topic: str) -> None:
        """Tag the topic's keywords."""
        for function in vars(cls).values():
            if hasattr(function, "robot_name"):
                function.robot_tags = [topic]
                # Robot Framework reads the annotations anew for each suite; evaluated, they need no reading.
                function.robot_types = get_type_hints(function)

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def engine(self) -> Engine:
        """Gives the engine with firmware in it; UsageError before `Boot Firmware`."""
        return self.session.engine
