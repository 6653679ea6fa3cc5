"""Benches for blocks (`twincore.testing`), and what tests of the ESP32-S3's own blocks need besides."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore.model import TICKS_PER_SECOND
from twincore.testing import Bench, Chip

US = TICKS_PER_SECOND // 1_000_000


class FuseChip(Chip):
    """A chip whose fuses can be burnt as firmware does it."""

    def burn(self, block: int, content: bytes) -> None:
        """Burn bytes into a block of EFUSE, and have them shown."""
        for n in range(8):
            self.write(f"EFUSE.PGM_DATA{n}", int.from_bytes(content[4 * n : 4 * n + 4], "little"))
        self.write("EFUSE.CONF", 0x5A5A)
        self.write("EFUSE.CMD", 2 | block << 2)
        self.write("EFUSE.CONF", 0x5AA5)
        self.write("EFUSE.CMD", 1)

    def burn_key(self, n: int, purpose: int, key: bytes) -> None:
        """Burn key block `n` (0 to 5), and what it is for."""
        self.burn(4 + n, key)
        self.burn(0, (purpose << 64 + 24 + 4 * n).to_bytes(24, "little"))


@pytest.fixture
def chip() -> Iterator[Callable[..., Chip]]:
    """Make a chip with standing cores: chip() or chip("board.toml")."""
    made: list[Chip] = []

    def make(board: str | Path = "generic") -> Chip:
        made.append(FuseChip(board))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def bench() -> Callable[..., Any]:
    """Make a bench: bench(UART, name="UART0", option=...)."""
    return Bench


@pytest.fixture
def us() -> types.SimpleNamespace:
    """Ticks: us.ticks(3) is 3 microseconds."""
    return types.SimpleNamespace(ticks=lambda count: count * US)
