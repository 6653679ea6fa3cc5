"""The exceptions a user of twincore meets: one tree, each saying who, expected, got, when and what to do next."""

from __future__ import annotations


class TwincoreError(Exception):
    """Report a failure in words for the user.

    `who` names the part or file that complains, `problem` says what was expected and what was got, `when` the simulated
    moment (time, core, pc) when there is one, `next_step` what the user can do about it.
    """

    def __init__(self, who: str, problem: str, *, when: str = "", next_step: str = "") -> None:
        self.who = who
        self.problem = problem
        self.when = when
        self.next_step = next_step
        parts = [f"{who}: {problem}"]
        if when:
            parts.append(f"at {when}")
        if next_step:
            parts.append(next_step)
        super().__init__("; ".join(parts))


class ImageError(TwincoreError):
    """A firmware file is not what it should be: cut, mutated, for another chip, unreadable."""


class PlatformError(TwincoreError):
    """A platform or board file is broken, or asks for something that no part provides."""


class PeripheralError(TwincoreError):
    """A peripheral's own Python code failed; its exception is the cause of this one.

    trace: the traceback of that exception, from the peripheral's own code on.
    """

    def __init__(self, who: str, problem: str, *, when: str = "", next_step: str = "", trace: str = "") -> None:
        self.trace = trace
        super().__init__(who, problem, when=when, next_step=next_step)


class UsageError(TwincoreError):
    """The caller asked for something that cannot be: a bad option, an unknown register, an impossible time."""


class GuestError(TwincoreError):
    """The firmware did something that ends the run, such as an access that the user has made an error."""


class UnmodelledError(GuestError):
    """The firmware touched something that twincore does not model, and the user asked for that to be an error."""


class ExpectationError(TwincoreError):
    """What a test expected of the firmware did not happen within the simulated time it gave."""
