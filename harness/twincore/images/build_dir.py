"""A build directory: the files that ESP-IDF's flasher_args.json or Zephyr's runners.yaml name, as one flash image.

Source: ESP-IDF Programming Guide, "Build System", files that a build writes for flashing tools.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twincore.errors import ImageError
from twincore.images.files import MAX_FILE_SIZE, is_file, read_file
from twincore.images.zephyr_build import is_zephyr_build, read_programs

ARGUMENTS = "flasher_args.json"
DESCRIPTION = "project_description.json"
BOOTLOADER_ELF = Path("bootloader/bootloader.elf")


@dataclass(frozen=True, slots=True)
class Build:
    """What a build directory holds: the flash from offset 0, its files by offset, the ELF files that exist.

    `elfs` are those of applications, each with the core that runs it, None for both.
    """

    flash: bytes
    files: tuple[tuple[int, Path], ...]
    elfs: tuple[tuple[Path, int | None], ...]
    bootloader_elf: Path | None


def read_build(path: Path) -> Build:
    """Reads a build directory. Raises ImageError when a file is missing, overlaps another or is for another chip."""
    if not is_file(path / ARGUMENTS) and is_zephyr_build(path):
        return _read_zephyr(path)
    who = str(path)
    arguments = _json(path / ARGUMENTS, who, missing="is no build directory of ESP-IDF or Zephyr")
    chip = _get(arguments, "extra_esptool_args", "chip")
    if chip is not None and chip != "esp32s3":
        raise ImageError(
            str(path / ARGUMENTS),
            f"the build is for {str(chip)[:40]!r}, expected 'esp32s3'",
            next_step="idf.py set-target esp32s3, then build again",
        )
    files = _files(arguments, path)
    flash = _merged(files, who)
    app_elf = _app_elf(path, who)
    bootloader = path / BOOTLOADER_ELF
    elfs = ((app_elf, None),) if app_elf else ()
    return Build(flash, tuple(files), elfs, bootloader if is_file(bootloader) else None)


def _read_zephyr(path: Path) -> Build:
    first, *later = read_programs(path)
    apps = later or [first]
    has_two = any(app.on_core1 for app in apps)
    files = sorted(file for program in (first, *later) for file in program.files)
    if files[0][0]:
        raise ImageError(
            str(path),
            f"nothing is written at flash offset 0, the first file lies at {files[0][0]:#x}: the bootloader is missing",
            next_step="build with west build --sysbuild, and give the directory that holds mcuboot/ too",
        )
    elfs = tuple((app.elf, int(app.on_core1) if has_two else None) for app in apps if app.elf)
    return Build(_merged(files, str(path)), tuple(files), elfs, first.elf if later else None)


def _merged(files: list[tuple[int, Path]], who: str) -> bytes:
    flash = bytearray()
    for offset, file in files:
        data = read_file(file)
        if offset + len(data) > MAX_FILE_SIZE:
            raise ImageError(who, f"{file.name} at {offset:#x} ends behind {MAX_FILE_SIZE:#x}, the largest flash read")
        if offset < len(flash):
            raise ImageError(
                who,
                f"{file.name} at {offset:#x} overlaps the file before it, which ends at {len(flash):#x}",
                next_step="correct the partition table, then build again",
            )
        flash.extend(b"\xff" * (offset - len(flash)))
        flash.extend(data)
    return bytes(flash)


def _files(arguments: Any, path: Path) -> list[tuple[int, Path]]:
    who = str(path / ARGUMENTS)
    entries = _get(arguments, "flash_files")
    if not isinstance(entries, dict) or not entries:
        raise ImageError(who, "'flash_files' names no files", next_step="build the project (idf.py build)")
    files = []
    for key, name in entries.items():
        try:
            offset = int(key, 0)
        except ValueError:
            offset = -1
        if not 0 <= offset < MAX_FILE_SIZE or not isinstance(name, str):
            raise ImageError(who, f"'flash_files' should map offsets to file names, it has {str(key)[:40]!r}")
        file = path / name
        if "\0" in name or not is_file(file):
            raise ImageError(
                who,
                f"the file {name!r} for offset {offset:#x} is missing",
                next_step="build the project (idf.py build)",
            )
        files.append((offset, file))
    return sorted(files)


def _app_elf(path: Path, who: str) -> Path | None:
    """Finds the application's ELF file, None when the project does not describe it."""
    description = path / DESCRIPTION
    if not is_file(description):
        return None
    name = _get(_json(description, who), "app_elf")
    if not isinstance(name, str) or not name or "\0" in name:
        return None
    if not is_file(path / name):
        raise ImageError(
            str(description),
            f"the application's ELF file {name!r} is missing",
            next_step="build the project (idf.py build)",
        )
    return path / name


def _json(file: Path, who: str, missing: str = "") -> Any:
    if not is_file(file):
        raise ImageError(
            who,
            f"the directory {missing}: {file.name} is missing",
            next_step="give build/ of ESP-IDF or Zephyr, a flash image, an application image or an ELF file",
        )
    try:
        return json.loads(read_file(file))
    except (ValueError, RecursionError) as error:
        raise ImageError(str(file), f"the file is no JSON: {error}", next_step="build the project again") from error


def _get(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
