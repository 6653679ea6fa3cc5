"""What no file of the project may hold, and what prebuilt firmware and links have to be."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

# spelled in pieces, so that this file passes its own test
_MACHINE_PATHS = re.compile(r"(?<![\w.$}~-])/(?:work|tmp|root|home/\w+)" + r"/\w")
_REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("deb", "debian", "org"),
            ("registry", "npmjs"),
            ("crates", "io"),
            ("docker", "io"),
        )
    )
)
_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")

PATTERNS = {"a path of one machine": _MACHINE_PATHS, "a registry's host": _REGISTRIES, "unfinished work": _UNFINISHED}


def _text(path: Path) -> str | None:
    """Return a file's text, None for a binary one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("what", PATTERNS)
def test_files_hold_nothing_of_the_machine_they_were_made_on(what: str, tracked: list[Path], root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in tracked
        if (text := _text(path)) is not None
        for number, line in enumerate(text.splitlines(), 1)
        if PATTERNS[what].search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("what", "line", "is_found"),
    [
        ("a path of one machine", "see /ho" + "me/joe/x", True),
        ("a path of one machine", 'open("/tm' + 'p/x")', True),
        ("a path of one machine", "a/wor" + "k/x and $HOME/wor" + "k/x", False),
        ("a registry's host", "https://pypi" + ".org/simple", True),
        ("a registry's host", "the package index", False),
        ("unfinished work", "# TO" + "DO: later", True),
    ],
)
def test_patterns_find_what_they_should(what: str, line: str, is_found: bool) -> None:
    assert bool(PATTERNS[what].search(line)) == is_found


def test_prebuilt_firmware_is_what_its_sums_say(root: Path) -> None:
    folder = root / "firmware" / "prebuilt"
    sums = dict(reversed(line.split(maxsplit=1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert sums == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums}


def test_links_between_pages_lead_somewhere(tracked: list[Path], root: Path) -> None:
    dead = [
        f"{page.relative_to(root)}: {target}"
        for page in tracked
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not dead


def test_robot_folder_is_no_package(root: Path) -> None:
    assert not list((root / "robot").rglob("__init__.py")), "it would shadow Robot Framework itself"
