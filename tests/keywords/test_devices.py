"""The keywords for devices of the board and for peripherals of users' own."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

from twincore.devices import Device

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"


class Oven(Device):
    """Has methods with and without types."""

    def __init__(self) -> None:
        super().__init__(types.SimpleNamespace(name="OVEN"))
        self.celsius = 20.0
        self.notes: list[Any] = []

    def heat_to(self, celsius: float, *, slowly: bool = False) -> str:
        self.celsius = celsius
        return "slowly" if slowly else "at once"

    def note(self, what, times: int = 1):  # type: ignore[no-untyped-def]
        self.notes += [what] * times


def test_a_method_gets_arguments_of_its_types(engine: Any, call: Any) -> None:
    oven = engine.devices["OVEN"] = Oven()
    assert call("Call Device", "OVEN", "heat_to", "180.5", slowly="yes") == "slowly"
    assert oven.celsius == 180.5
    call("Call Device", "OVEN", "note", "12", "2")
    assert oven.notes == ["12", "12"]


def test_mistakes_are_named(engine: Any, failure: Any) -> None:
    engine.devices["OVEN"] = Oven()
    assert failure("Call Device", "OVEN", "cool") == (
        "device OVEN: expected a method of Oven (heat_to, note), got 'cool'"
    )
    assert failure("Call Device", "OVEN", "_private").endswith("got '_private'")
    assert failure("Call Device", "OVEN", "heat_to") == (
        "device OVEN: expected the arguments of heat_to: missing a required argument: 'celsius'"
    )
    assert failure("Call Device", "OVEN", "heat_to", "hot") == (
        "device OVEN: expected the arguments of heat_to: "
        "Argument 'celsius' got value 'hot' that cannot be converted to float."
    )


def test_a_method_of_a_peripheral(engine: Any, call: Any, failure: Any) -> None:
    oven = engine.peripherals["OVEN"] = Oven()
    assert call("Call Peripheral", "OVEN", "heat_to", "180.5") == "at once"
    assert oven.celsius == 180.5
    assert failure("Call Peripheral", "OVEN", "heat") == (
        "peripheral OVEN: expected a method of Oven (heat_to, note), got 'heat'\n  next step: did you mean 'heat_to'?"
    )


def test_peripherals_are_added_to_the_next_boot(library: Any, call: Any, failure: Any, engine: Any) -> None:
    assert failure("Add Peripheral", "sensor.py:Sensor@0x600D0000") == (
        "Add Peripheral: expected no firmware yet, got a chip that runs already\n"
        "  next step: use it before 'Boot Firmware', or after 'Stop Firmware'"
    )
    call("Stop Firmware")
    assert "expected an address, got 'there'" in failure("Add Peripheral", "sensor.py:Sensor@there")
    call("Add Peripheral", "sensor.py:Sensor@0x600D0000", irq="98", size="16")
    seen: list[Any] = []
    library.session.factory = lambda options: seen.append(options) or engine
    call("Boot Firmware", str(FIRMWARE / "amp.bin"))
    assert seen[0].peripherals == ("sensor.py:Sensor@0x600D0000,irq=98,size=16",)
