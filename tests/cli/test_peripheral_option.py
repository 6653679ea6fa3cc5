"""`twincore run --peripheral`: a block of one's own answers; what its code raises is shown as its author needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.isa.asm import assemble

ASKS_THE_SENSOR = """
    .literal sensor, 0x600D0000
    .literal uart, 0x60000000
    l32r    a2, sensor
    movi    a3, 65
    s32i    a3, a2, 0       # LETTER = 65; the sensor answers with the next one
    l32i    a4, a2, 0
    l32r    a5, uart
    s32i    a4, a5, 0
end:
    j       end
"""
SENSOR = """
from twincore.model import Context, Field, Peripheral, Register

class Sensor(Peripheral):
    size = 0x10

    class LETTER(Register, offset=0x00):
        VALUE = Field(7, 0)

    def write_LETTER(self, value: int) -> None:
        if value == ord("B"):
            raise ValueError("no such letter")
        self.put(self.LETTER.VALUE, value + 1)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the sensor's file."""
    (tmp_path / "sensor.py").write_text(SENSOR)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _image(ram_image, text: str = ASKS_THE_SENSOR) -> Path:
    code = assemble("j begin\n.align 4\n" + text.replace("    l32r    a2", "begin:\n    l32r    a2"), 0x40378000)
    return ram_image(code)


def test_the_firmware_talks_to_it(twincore, ram_image, folder):
    result = twincore("run", _image(ram_image), "--peripheral", "./sensor.py:Sensor@0x600D0000", "--until", "B$")
    assert result.status == 0
    assert "Sensor" not in result.err


def test_a_block_that_raises_shows_its_own_traceback_and_the_access(twincore, ram_image, folder):
    image = _image(ram_image, ASKS_THE_SENSOR.replace("65", "66"))
    result = twincore("run", image, "--peripheral", "./sensor.py:Sensor@0x600D0000", "--for", "100ms")
    assert result.status == 2
    *trace, words = result.err.splitlines()
    assert trace == [
        "Traceback (most recent call last):",
        f'  File "{folder}/sensor.py", line 12, in write_LETTER',
        '    raise ValueError("no such letter")',
        "ValueError: no such letter",
    ]
    assert words.startswith(
        "twincore: store of 0x42 to Sensor.LETTER: expected Python code that carries it out, "
        "got ValueError: no such letter; at "
    )
    assert "core 0, pc 0x403780" in words


def test_a_mistake_names_the_option(twincore, amp, folder):
    result = twincore("run", amp, "--peripheral", "./sensor.py:Sensor@0x60000000")
    assert result.status == 2
    assert result.err == (
        "twincore: --peripheral ./sensor.py:Sensor@0x60000000: peripheral.base: "
        "expected an address of its own for Sensor, got 0x60000000, which UART0 has (0x60000000 to 0x60000fff)\n"
    )
