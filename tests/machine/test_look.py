"""Looking at registers from outside: the words that a load would read, without what a load does."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.images import open_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
MS = 1_000_000


def run(name: str, steps: int, *, look: bool) -> tuple[str, int]:
    """Run firmware in steps, looking at every register of the chip after each or at none; return digest and looks."""
    engine = EmbeddedEngine()
    engine.load(open_image(str(PREBUILT / name)))
    looks = 0
    for _ in range(steps):
        engine.run_for(7 * MS)
        if look:
            for entry in engine.machine.platform.peripherals:
                block = engine.machine.peripherals[entry.name]
                for offset in block.register_offsets().values():
                    engine.read_memory(entry.base + offset, 4)
                    looks += 1
    digest = engine.digest()
    engine.close()
    return digest, looks


@pytest.mark.parametrize("name", ["amp.bin", "drivers.bin"])
def test_looking_changes_nothing(name: str) -> None:
    quiet, _ = run(name, 12, look=False)
    looked, looks = run(name, 12, look=True)
    assert looks > 10_000
    assert looked == quiet


def test_a_look_sees_what_a_load_would_and_takes_nothing() -> None:
    engine = EmbeddedEngine()
    machine = engine.machine
    engine.drive_pin(5, 1)
    pad = engine.chip_registers.find("IO_MUX.GPIO5").address
    machine.store(pad, machine.load(pad) | 1 << 9)  # FUN_IE
    level = engine.chip_registers.find("GPIO.IN").address
    assert engine.read_memory(level, 4)[0] >> 5 & 1 == machine.load(level) >> 5 & 1 == 1
    assert engine.read_memory(level + 1, 2) == machine.load(level).to_bytes(4, "little")[1:3]
    data = engine.chip_registers.find("RNG.DATA").address
    before = engine.digest()
    assert engine.read_memory(data, 4) == engine.read_memory(data, 4)
    assert engine.digest() == before
    assert machine.load(data) != machine.load(data)
    engine.close()
