"""The keyword for the board's devices."""

from __future__ import annotations

import types
from typing import Any

from twincore.devices import Device


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
