"""A build directory of Zephyr's: the files that its runners.yaml has west write, merged into one flash image.

A build with sysbuild has one such directory for each program (MCUboot, the application, that of the other core).
Source: Zephyr documentation, "Building, Flashing and Debugging" and "Sysbuild"; runner `esp32`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from twincore.errors import ImageError
from twincore.images.files import is_file, is_folder, read_file

RUNNERS = Path("zephyr/runners.yaml")
_CONFIG = Path("zephyr/.config")
_FOR_CORE_1 = re.compile(rb"^CONFIG_SOC_ESP32S3_APPCPU=y$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """What one program's directory has west write: files by offset, its ELF file, whether core 1 runs it."""

    files: tuple[tuple[int, Path], ...]
    elf: Path | None
    on_core1: bool


def is_zephyr_build(path: Path) -> bool:
    """Tells whether this is a build directory of Zephyr's."""
    return bool(_folders(path))


def read_programs(path: Path) -> tuple[Program, ...]:
    """Reads what west would write, in the order of offsets. Raises ImageError when a file is missing."""
    programs = [_program(folder, path) for folder in _folders(path)]
    return tuple(sorted(programs, key=lambda program: min(offset for offset, _ in program.files)))


def _folders(path: Path) -> list[Path]:
    if is_file(path / RUNNERS):
        return [path]
    if not is_folder(path):
        return []
    try:
        return sorted(folder for folder in path.iterdir() if is_file(folder / RUNNERS))
    except OSError:  # a folder that may not be listed is told by whoever needs its files
        return []


def _program(folder: Path, build: Path) -> Program:
    runners = folder / RUNNERS
    text = read_file(runners).decode("utf-8", "replace")
    app = _named(text, r"^\s*bin_file:\s*(\S+)", folder, build)
    at = _address(text, "app", 0)
    files = [(at, app)]
    if re.search(r"--esp-flash-bootloader=", text):
        files = [(_address(text, "boot", 0), _named(text, r"--esp-flash-bootloader=(.+)", folder, build))]
        if re.search(r"--esp-flash-partition_table=", text):
            table = _named(text, r"--esp-flash-partition_table=(.+)", folder, build)
            files += [(_address(text, "partition-table", 0x8000), table), (at, app)]
    elf = folder / "zephyr" / (_found(text, r"^\s*elf_file:\s*(\S+)") or "zephyr.elf")
    config = folder / _CONFIG
    on_core1 = is_file(config) and _FOR_CORE_1.search(read_file(config)) is not None
    return Program(tuple(files), elf if is_file(elf) else None, on_core1)


def _found(text: str, pattern: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip().strip("'\"").replace("\0", "") if match else ""


def _address(text: str, what: str, default: int) -> int:
    value = _found(text, rf"--esp-{what}-address=(0[xX][0-9a-fA-F]{{1,8}}|\d{{1,10}})\s*$")
    return int(value, 0) if value else default


def _named(text: str, pattern: str, folder: Path, build: Path) -> Path:
    """Finds a file that runners.yaml names: there, or by the end of its name in this directory if it was moved."""
    who = str(folder / RUNNERS)
    name = _found(text, pattern)
    if not name:
        raise ImageError(who, "no file to write to flash is named", next_step="build the project again (west build)")
    parts = Path(name).parts
    moved = [place.joinpath(*parts[start:]) for place in (folder, build) for start in range(1, len(parts))]
    for file in (folder / "zephyr" / name, *moved):
        if is_file(file):
            return file
    raise ImageError(who, f"the file {name!r} is missing", next_step="build the project again (west build)")
