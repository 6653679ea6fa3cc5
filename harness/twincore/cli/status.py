"""Exit statuses, and what turns a failure into one: a clear line instead of a traceback."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec

from twincore.errors import GuestError, PeripheralError, TwincoreError

OK = 0
FAILED = 1
"""What was expected did not come, or the firmware is at its end."""
BAD_INPUT = 2
HOST_TIMEOUT = 3
INTERRUPTED = 130
BROKEN_PIPE = 128 + 13
"""Nobody reads the output any more: what a shell reports for SIGPIPE."""

P = ParamSpec("P")


def say(text: str) -> None:
    """Write a line for the user to standard error."""
    print(f"twincore: {text}", file=sys.stderr, flush=True)


def command(function: Callable[P, int]) -> Callable[P, NoReturn]:
    """Make a function that returns an exit status a command that ends with it, errors in words included."""

    import typer

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> NoReturn:
        raise typer.Exit(guarded(function, *args, **kwargs))

    return wrapper


def guarded(function: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
    """Call `function` and return its exit status, or the one that its error has."""
    try:
        status = function(*args, **kwargs)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except OSError as error:
        if not _is_stdout_sound():
            _forget_stdout()
        say(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except GuestError as error:
        say(str(error))
        return FAILED
    except PeripheralError as error:
        print(error.trace, end="", file=sys.stderr)
        say(str(error))
        return BAD_INPUT
    except TwincoreError as error:
        say(str(error))
        return BAD_INPUT


def _is_stdout_sound() -> bool:
    """Tell whether standard output takes what is still to be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return False
    return True


def _forget_stdout() -> None:
    """Let Python's own flush at exit write to nowhere, so that it does not complain."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass  # standard output is no file here (a test's)
