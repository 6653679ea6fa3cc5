"""A peripheral in one line of text, as the command line, a board file and a keyword take it.

    ./sensor.py:Sensor@0x600D0000,irq=98,name=SENSOR,size=0x100,limit=40

is the class `Sensor` of a file at a guest address; `irq` is the interrupt source that its signal "interrupt" drives,
`irq.NAME` that of its signal NAME; what is no key of a [[peripheral]] is an argument of the class.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twincore.errors import PlatformError

FORM = "CLASS@ADDRESS[,irq=SOURCE][,name=NAME][,KEY=VALUE]..."
"""What a line looks like; CLASS is file.py:Class, module:Class or the name of an entry point."""

_LINE = re.compile(
    r"(?P<path>[^:@]*(?:\.py)?:[A-Za-z_]\w*|.*\.py:[A-Za-z_]\w*|[A-Za-z][\w.-]*)@(?P<rest>.*)", re.DOTALL
)


def read_line(line: str, *, who: str, where: str = "peripheral", folder: Path | None = None) -> dict[str, Any]:
    """Return the table [[peripheral]] that a line stands for; raises PlatformError in the name of `who` and `where`.

    folder: what the class's file is relative to; None leaves it as it is.
    """
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise PlatformError(
            who,
            f"{where}: expected {FORM}, got {line!r:.200}",
            next_step="write for example ./sensor.py:Sensor@0x600D0000,irq=98",
        )
    path, (address, *settings) = match["path"], match["rest"].split(",")
    if folder is not None and ".py:" in path:
        path = str(folder / path)
    table: dict[str, Any] = {
        "name": re.split("[:.]", path)[-1],
        "class": path,
        "base": _number(address, "@", who, where),
    }
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not key:
            raise PlatformError(who, f"{where}: expected KEY=VALUE after a comma, got {setting!r:.200}")
        if key == "irq" or key.startswith("irq."):
            signal = key.removeprefix("irq").removeprefix(".") or "interrupt"
            table.setdefault("interrupts", {})[signal] = _number(value, key, who, where)
        elif key == "name":
            table["name"] = value
        elif key == "size":
            table["size"] = _number(value, key, who, where)
        else:
            table.setdefault("options", {})[key] = _value(value)
    return table


def _number(text: str, key: str, who: str, where: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        what = "an address" if key == "@" else f"a whole number for {key}"
        raise PlatformError(who, f"{where}: expected {what}, got {text!r:.200}") from None


def _value(text: str) -> int | float | bool | str:
    """Return an argument as a board file has it: a number, true or false, else text."""
    if text in ("true", "false"):
        return text == "true"
    for read in (lambda: int(text, 0), lambda: float(text)):
        try:
            return read()
        except ValueError:
            continue
    return text
