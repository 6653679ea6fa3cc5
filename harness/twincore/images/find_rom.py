"""Where ROMs are: the open one that comes with twincore, the chip's own in an ESP-IDF or PlatformIO installation.

ESP-IDF's installer puts ELF files of the chips' mask ROMs (its tool esp-rom-elfs) beside the compiler, for debuggers.
An active ESP-IDF environment names their folder in ESP_ROM_ELF_DIR; otherwise they are in
$IDF_TOOLS_PATH/tools/esp-rom-elfs/<version>, where IDF_TOOLS_PATH is ~/.espressif unless set (installations by
Espressif's installation manager leave `tools` out). Sources: ESP-IDF Programming Guide, "Downloadable IDF Tools";
PlatformIO's package tool-esp-rom-elfs.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from twincore.errors import UsageError

CHIP_ROM = "esp32s3_rev0_rom.elf"
OPEN_ROM = "openrom.elf"


def open_rom() -> Path:
    """Return the path of the open ROM: in a checkout firmware/prebuilt, in an installed package twincore/firmware."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "firmware", package.parents[1] / "firmware" / "prebuilt"):
        if (folder / OPEN_ROM).is_file():
            return folder / OPEN_ROM
    raise UsageError(
        "open ROM",
        f"expected {OPEN_ROM} in {package / 'firmware'} or in the checkout's firmware/prebuilt, found neither",
        next_step="install twincore again, or give a ROM by its path",
    )


def chip_rom() -> Path | None:
    """Return the path of the chip's own mask ROM in an installation on this computer, None where there is none."""
    return next((folder / CHIP_ROM for folder in _folders() if (folder / CHIP_ROM).is_file()), None)


def choose_rom(rom: str | Path, *, needs_open: bool = False, who: str = "rom") -> Path:
    """Return the file that `rom` means: "open", "auto" or a path.

    auto: the chip's own ROM where this computer has it, else the open ROM. needs_open: the image has no bootloader, so
    that only the open ROM can start it. Raises UsageError for an empty text, and for a path without a file.
    """
    if not str(rom):
        raise UsageError(who, "expected open, auto or the path of a ROM file, got an empty text")
    if str(rom) == "open":
        return open_rom()
    if str(rom) == "auto":
        return (None if needs_open else chip_rom()) or open_rom()
    path = Path(rom)
    if not path.exists():
        raise UsageError(
            who, f"expected open, auto or the path of a ROM file, got {str(rom)!r}: no such file", next_step=_near(path)
        )
    return path


def _near(path: Path) -> str:
    """Return what a path without a file was meant to be: a word, or a file beside it; else where the words lead."""
    words = ["open", "auto"] if path.parent == Path() else []
    beside = {file.name: file for file in path.parent.iterdir()} if path.parent.is_dir() else {}
    close = difflib.get_close_matches(path.name, [*words, *beside], 1)
    if not close:
        return "open is the ROM that comes with twincore; auto looks for the chip's own in an ESP-IDF installation"
    return f"did you mean {close[0] if close[0] in words else beside[close[0]]}?"


def _folders() -> Iterator[Path]:
    """Give the folders in which the file may lie, the best first."""
    active = os.environ.get("ESP_ROM_ELF_DIR")
    if active:
        yield Path(active)
    for tools in _roots("IDF_TOOLS_PATH", ".espressif"):
        for folder in (tools / "tools" / "esp-rom-elfs", tools / "esp-rom-elfs"):
            yield from sorted(folder.glob("*/"), key=_version, reverse=True)
    for platformio in _roots("PLATFORMIO_CORE_DIR", ".platformio"):
        yield platformio / "packages" / "tool-esp-rom-elfs"


def _roots(variable: str, default: str) -> Iterator[Path]:
    """Give the folder that an environment variable names, else the one in the user's home, if the user has one."""
    chosen = os.environ.get(variable)
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    if chosen:
        yield Path(chosen)
    elif home != "~":
        yield Path(home) / default


def _version(folder: Path) -> list[int]:
    """Return the numbers of a version, by which the newest is found."""
    return [int(number) for number in re.findall(r"\d+", folder.name)]
