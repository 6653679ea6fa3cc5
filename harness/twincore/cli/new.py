"""`twincore new`: write a project of tests that runs at once, to be changed into one's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from twincore.cli.status import OK
from twincore.errors import UsageError
from twincore.images.find_rom import open_rom

TEMPLATE = Path(__file__).resolve().parents[1] / "new-project"
NAMED = ("README.md", "Dockerfile")
"""Files in which NAME is what the project is called."""
FIRMWARE = {"amp.bin": "example.bin", "amp.elf": "example.elf"}
"""The firmware that a new project tests: files beside the open ROM, and what they are called in the project."""


def write_project(folder: Path) -> list[Path]:
    """Write a new project and return its files; UsageError where there is something already, or nothing can be."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(str(folder), "expected a folder that is empty or does not exist yet, got one with files")
        folder.mkdir(parents=True, exist_ok=True)
        return list(_copy(folder))
    except (OSError, ValueError) as error:
        raise UsageError(str(folder), f"expected a folder that can be written, got: {error}") from error


def _copy(folder: Path) -> Iterator[Path]:
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        target = folder / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        if source.name in NAMED:
            name = folder.absolute().name
            target.write_text(source.read_text(encoding="utf-8").replace("NAME", name), encoding="utf-8")
        yield target
    (folder / "firmware").mkdir()
    for name, called in FIRMWARE.items():
        yield Path(shutil.copyfile(open_rom().with_name(name), folder / "firmware" / called))


def show_new_project(folder: Path) -> int:
    """Write a new project and say what to do with it."""
    files = write_project(folder)
    print(f"{len(files)} files in {folder}. Next:")
    print(f"  cd {folder}")
    print("  robot --outputdir results suites")
    print("  pytest peripherals")
    return OK
