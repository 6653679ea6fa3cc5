"""What every test relies on, whoever starts pytest."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# how fast the host is decides nothing: no limit of time for an example, nor for making one
settings.register_profile("twincore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("twincore")


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> Iterator[None]:
    """Take SIGINT as at a terminal: a shell's background jobs ignore it, and their children would, too."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
