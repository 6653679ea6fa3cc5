"""Gives the suites the firmware they test unless told otherwise: amp, with all its names.

`--variable IMAGE:my.bin` switches all of it off: then only what the user gives counts, in a variable file or singly.
OWN_IMAGE is the user's image, empty where none was given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from robot.libraries.BuiltIn import BuiltIn

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"


def get_variables() -> dict[str, Any]:
    """Returns the variables; Robot Framework keeps those that the command line has given."""
    image = BuiltIn().get_variable_value("${IMAGE}")
    if image:
        return {"ELF": "", "CORE1_ELF": "", "OWN_IMAGE": image}
    names = yaml.safe_load((FIRMWARE / "amp" / "suite.yaml").read_text(encoding="utf-8"))
    amp = FIRMWARE / "prebuilt" / "amp.bin"
    return {"IMAGE": str(amp), "ELF": str(amp.with_suffix(".elf")), "CORE1_ELF": "", "OWN_IMAGE": "", **names}
