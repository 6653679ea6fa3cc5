"""A failed expectation."""

from __future__ import annotations

from twincore.errors import ExpectationError


class UnmetError(ExpectationError):
    """The firmware did not do what a keyword expected: what that was, what came instead."""

    def __init__(self, who: str, expected: str, got: str, *, when: str, next_step: str = "") -> None:
        self.expected = expected
        self.got = got
        super().__init__(who, f"expected {expected}, got {got}", when=when, next_step=next_step)
