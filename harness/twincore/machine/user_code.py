"""Python code that users write, peripherals, devices, protocols: making its objects, telling of its exceptions."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from twincore.errors import PeripheralError, PlatformError, TwincoreError

_Kind = TypeVar("_Kind")

_PACKAGE = Path(__file__).resolve().parents[1]
_CALLERS = tuple(
    str(_PACKAGE / part) for part in ("machine", "native", "isa", "engines", "messages", "model.py", "lines.py")
)
"""Code that calls what users write: its frames say nothing about what failed."""


def construct(
    kind: Callable[..., _Kind], context: Any, options: Mapping[str, Any], *, who: str, where: str, path: str
) -> _Kind:
    """Make a peripheral, a device or a protocol; who, where, path: the file, table and class that an error names.

    Raises PlatformError where the class does not take the options, PeripheralError where its code raises.
    """
    try:
        return kind(context, **deepcopy(options))  # what one machine's block changes is not another one's
    except TypeError as error:
        try:
            inspect.signature(kind).bind(context, **options)
        except TypeError:
            raise PlatformError(
                who, f"{where}.options: expected arguments of {path}, got {dict(options)}: {error}"
            ) from error
        raise in_words(error, f"making {where} ({path})") from error
    except Exception as error:
        if not is_foreign(error):
            raise
        raise in_words(error, f"making {where} ({path})") from error


def is_foreign(error: BaseException) -> bool:
    """Tell whether an exception is a bug of a peripheral's code, and not something that says all in its own words.

    An OSError from twincore's own code is none: a listener wrote output that nobody takes.
    """
    if not isinstance(error, Exception) or isinstance(error, TwincoreError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return not (isinstance(error, OSError) and frames and frames[-1].filename.startswith(str(_PACKAGE)))


def in_words(error: BaseException, doing: str, when: str = "") -> PeripheralError:
    """Return what the user is told when the Python code of a peripheral or listener raises while `doing` something."""
    told = traceback.TracebackException.from_exception(error)
    frames = list(told.stack)
    own = next((n for n, frame in enumerate(frames) if not frame.filename.startswith(_CALLERS)), len(frames) - 1)
    told.stack = traceback.StackSummary.from_list(frames[own:])
    place = next((frame for frame in reversed(frames) if not frame.filename.startswith(str(_PACKAGE))), frames[-1])
    failure = PeripheralError(
        doing,
        f"expected Python code that carries it out, got {type(error).__name__}: {error}",
        when=when,
        next_step=f"see {place.filename}, line {place.lineno}, in {place.name}",
        trace="".join(told.format()),
    )
    failure.__cause__ = error
    return failure
