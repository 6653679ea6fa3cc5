"""What a corpus has and what is known of it: manifest.json, a file of limits, and the jobs that follow from both.

manifest.json in the corpus's folder is a list of images: {"name": ..., "flash": FILE or "elf": FILE, "flash_size":
"4MB", "sha256": ..., "expect": [regular expressions]}; the files are in a folder with the image's name. A file of
limits (TOML) has a table for each image about which there is more to say. docs/corpus.md explains every key.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from twincore.errors import UsageError
from twincore.images.files import is_file
from twincore.keywords.values import Duration
from twincore.schema import convert, convert_tables, did_you_mean

MANIFEST = "manifest.json"
DEFAULT_TIME_NS = 3_000_000_000
DEFAULT_HOST_TIMEOUT_NS = 120_000_000_000

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
_File = Annotated[str, msgspec.Meta(min_length=1)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a manifest; other keys are remarks."""

    name: _Name
    flash: _File | None = None
    elf: _File | None = None
    flash_size: str | None = None
    sha256: str | None = None
    """Of the flash image."""
    expect: list[str] = []


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text` is typed once `after` (a regular expression) has come, on the port that it came on."""

    after: str
    text: str
    port: str | None = None
    """The only port that counts; None: that on which it came first, for firmware that listens where it prints."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one image beside the manifest."""

    expect: list[str] = []
    """More lines that must come."""
    without: list[str] = []
    """Lines of the manifest that do not come; `limit` says why."""
    limit: str | None = None
    """What stands in the way of more."""
    keys: list[Keys] = []
    for_: str | None = msgspec.field(default=None, name="for")
    """Simulated time, with a unit."""
    board: str | None = None
    """A board's name, or the path of a platform file beside the file of limits."""
    of_open_rom: bool = False
    """Whether `without` and `limit` are the open ROM's: with another one all lines must come."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One image to boot and what to expect of it; times in nanoseconds."""

    name: str
    image: str
    sha256: str | None = None
    expect: list[str] = []
    without: list[str] = []
    limit: str | None = None
    keys: list[Keys] = []
    board: str = "generic"
    flash_size: str | None = None
    psram: str | None = None
    rom: str = "open"
    of_open_rom: bool = False
    """`without` and `limit` hold with the open ROM only."""
    for_ns: int = DEFAULT_TIME_NS
    host_timeout_ns: int = DEFAULT_HOST_TIMEOUT_NS
    is_whole: bool = False
    """Go on to the end of the time though all lines have come."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says of all images; None is for what manifest and limits say."""

    rom: str = "open"
    board: str | None = None
    flash_size: str | None = None
    psram: str | None = None
    for_ns: int | None = None
    host_timeout_ns: int = DEFAULT_HOST_TIMEOUT_NS
    is_whole: bool = False


def read_manifest(corpus: Path) -> dict[str, Entry]:
    """Return the images of a corpus by name, in their order. Raises UsageError."""
    path = corpus / MANIFEST
    if not is_file(path):
        raise UsageError(str(corpus), f"expected a folder with a {MANIFEST}, found none there")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(str(path), f"expected JSON, got: {error}") from error
    entries: dict[str, Entry] = {}
    for index, entry in enumerate(convert(raw, list[Entry], who=str(path), error=UsageError)):
        where = f"[{index}] ({entry.name})"
        if entry.name in entries:
            raise UsageError(str(path), f"{where}.name: expected a name of its own, got {entry.name!r} a second time")
        if entry.flash is None and entry.elf is None:
            raise UsageError(str(path), f"{where}: expected flash or elf, the name of a file; got neither")
        _check_patterns(str(path), f"{where}.expect", entry.expect)
        entries[entry.name] = entry
    return entries


def read_limits(path: Path) -> dict[str, Limits]:
    """Return a file of limits by the names of the images. Raises UsageError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(str(path), f"expected a file of limits (TOML), got: {reason}") from error
    limits = convert_tables(raw, Limits, who=str(path), error=UsageError)
    for name, known in limits.items():
        _check_patterns(str(path), f"{name}.expect", known.expect)
        _check_patterns(str(path), f"{name}.keys", [keys.after for keys in known.keys])
        if known.without and known.limit is None:
            raise UsageError(str(path), f"{name}.limit: expected the reason why lines do not come, got none")
    return limits


def plan(
    corpus: Path,
    names: Sequence[str] = (),
    *,
    limits_file: Path | None = None,
    choices: Choices | None = None,
) -> list[Job]:
    """Return the jobs for `names`, for all images when there are none. Raises UsageError."""
    choices = Choices() if choices is None else choices
    entries = read_manifest(corpus)
    limits = {} if limits_file is None else read_limits(limits_file)
    for name in names:
        _check_known("NAME", name, entries, f"{corpus} has it not")
    for name in limits:
        _check_known(str(limits_file), name, entries, f"{corpus / MANIFEST} has no such image")
    folder = Path() if limits_file is None else limits_file.parent
    return [_job(corpus, entries[name], limits.get(name, Limits()), choices, folder) for name in names or entries]


def _job(corpus: Path, entry: Entry, limits: Limits, choices: Choices, folder: Path) -> Job:
    who = f"limits of {entry.name}"
    for line in limits.without:
        if line not in entry.expect:
            raise UsageError(who, f"without: expected a line of the manifest, got {line!r}")
    board = choices.board or limits.board or "generic"
    if choices.board is None and board.endswith(".toml"):
        board = str(folder / board)
    file = entry.flash or entry.elf
    assert file is not None, "read_manifest refuses an image without a file"
    return Job(
        name=entry.name,
        image=str(corpus / entry.name / file),
        sha256=entry.sha256 if entry.flash else None,
        expect=[*(line for line in entry.expect if line not in limits.without), *limits.expect],
        without=limits.without,
        limit=limits.limit,
        keys=limits.keys,
        board=board,
        flash_size=choices.flash_size or entry.flash_size,
        psram=choices.psram,
        rom=choices.rom,
        of_open_rom=limits.of_open_rom,
        for_ns=choices.for_ns or _time(who, limits.for_) or DEFAULT_TIME_NS,
        host_timeout_ns=choices.host_timeout_ns,
        is_whole=choices.is_whole,
    )


def _time(who: str, text: str | None) -> int | None:
    try:
        return None if text is None else Duration.of(text).ns
    except ValueError as error:
        raise UsageError(who, f"for: expected a time with a unit, got {text!r}: {error}") from None


def _check_patterns(who: str, where: str, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(who, f"{where}: expected a regular expression, got {pattern!r}: {error}") from error


def _check_known(who: str, name: str, entries: Mapping[str, Entry], otherwise: str) -> None:
    if name not in entries:
        raise UsageError(
            who,
            f"expected the name of an image, got {name!r}: {otherwise}",
            next_step=did_you_mean(name, list(entries)),
        )
