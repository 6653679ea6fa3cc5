"""Gives the suites the firmware they test unless told otherwise: amp, with all its names.

`--variable IMAGE:my.bin` switches all of it off: then only what the user gives counts, in a variable file or singly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from robot.libraries.BuiltIn import BuiltIn

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"


def get_variables() -> dict[str, Any]:
    """Returns the variables; Robot Framework keeps those that the command line has given."""
    if BuiltIn().get_variable_value("${IMAGE}"):
        return {"ELF": ""}
    names = yaml.safe_load((FIRMWARE / "amp" / "suite.yaml").read_text(encoding="utf-8"))
    image = FIRMWARE / "prebuilt" / "amp.bin"
    return {"IMAGE": str(image), "ELF": str(image.with_suffix(".elf")), **names}
