"""Manifests and limits: what jobs follow from them; every mistake is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twincore.corpus.manifest import Choices, Keys, plan, read_limits, read_manifest
from twincore.errors import UsageError

GOOD = {"name": "one", "flash": "flash.bin", "flash_size": "4MB", "expect": ["hello", "a|b"], "project": "me/mine"}


def write(folder: Path, *entries: Any) -> Path:
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def limits(folder: Path, text: str) -> Path:
    path = folder / "limits.toml"
    path.write_text(text)
    return path


def test_a_job_of_the_manifest_alone(tmp_path: Path) -> None:
    (job,) = plan(write(tmp_path, GOOD | {"sha256": "ab", "elf": "app.elf"}))
    assert (job.name, job.image) == ("one", str(tmp_path / "one" / "flash.bin"))
    assert (job.expect, job.flash_size, job.sha256) == (["hello", "a|b"], "4MB", "ab")
    assert (job.board, job.rom, job.for_ns) == ("generic", "open", 3 * 10**9)


def test_an_elf_file_is_booted_where_there_is_no_flash_image(tmp_path: Path) -> None:
    (job,) = plan(write(tmp_path, {"name": "one", "elf": "app.elf", "flash": None, "sha256": "of no flash image"}))
    assert (job.image, job.sha256) == (str(tmp_path / "one" / "app.elf"), None)


def test_limits_add_to_the_manifest(tmp_path: Path) -> None:
    file = limits(
        tmp_path,
        '[one]\nfor = "40 ms"\nexpect = ["more"]\nwithout = ["hello"]\nlimit = "no radio"\nboard = "mine.toml"\n'
        'keys = [{ after = "> $", text = "x\\r" }]\nof_open_rom = true\n',
    )
    (job,) = plan(write(tmp_path, GOOD), limits_file=file)
    assert (job.expect, job.without, job.limit) == (["a|b", "more"], ["hello"], "no radio")
    assert (job.for_ns, job.board) == (40_000_000, str(tmp_path / "mine.toml"))
    assert (job.keys, job.of_open_rom) == ([Keys(after="> $", text="x\r")], True)


def test_the_users_choices_come_before_both(tmp_path: Path) -> None:
    file = limits(tmp_path, '[one]\nfor = "40 ms"\nboard = "mine.toml"\n')
    choices = Choices(rom="auto", board="theirs.toml", flash_size="8MB", psram="none", for_ns=5, host_timeout_ns=7)
    (job,) = plan(write(tmp_path, GOOD), limits_file=file, choices=choices)
    assert (job.rom, job.board, job.flash_size, job.psram) == ("auto", "theirs.toml", "8MB", "none")
    assert (job.for_ns, job.host_timeout_ns) == (5, 7)


def test_images_by_name_in_the_order_asked_for(tmp_path: Path) -> None:
    write(tmp_path, *(GOOD | {"name": name} for name in ("one", "two", "three")))
    assert [job.name for job in plan(tmp_path)] == ["one", "two", "three"]
    assert [job.name for job in plan(tmp_path, ["three", "one"])] == ["three", "one"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"name": "one"}], "[0] (one): expected flash or elf, the name of a file; got neither"),
        ([{"flash": "x"}], "[0].name: expected this key, got none"),
        ([GOOD, GOOD], "[1] (one).name: expected a name of its own, got 'one' a second time"),
        ([GOOD | {"name": "../one"}], "[0].name: expected str matching regex '^[A-Za-z0-9][A-Za-z0-9._+-]*$', "
         "got '../one'"),
        ([GOOD | {"expect": "hello"}], "[0].expect: expected array, got str"),
        ([GOOD | {"expect": ["("]}], "[0] (one).expect: expected a regular expression, got '(': missing ), "
         "unterminated subpattern at position 0"),
        ([GOOD | {"expct": []}], "[0].expct: expected one of the keys name, flash, elf, flash_size, sha256, expect; "
         "got 'expct'; did you mean 'expect'?"),
        ([5], "[0]: expected table, got int"),
    ],
)  # fmt: skip
def test_mistakes_in_a_manifest(tmp_path: Path, entries: list[Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_manifest(write(tmp_path, *entries))
    assert str(error.value) == f"{tmp_path}/manifest.json: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "expected array, got table"),
        ("[", "expected JSON, got: Expecting value: line 1 column 2 (char 1)"),
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(UsageError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == f"{tmp_path}/manifest.json: {message}"


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == f"{tmp_path}: expected a folder with a manifest.json, found none there"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[one]\nexpct = []", "one.expct: expected one of the keys expect, without, limit, keys, for, board, "
         "of_open_rom; got 'expct'; did you mean 'expect'?"),
        ("[one]\nfor = 5", "one.for: expected str, got int"),
        ('[one]\nexpect = ["["]', "one.expect: expected a regular expression, got '[': unterminated character set at "
         "position 0"),
        ('[one]\nkeys = [{ after = "(", text = "" }]', "one.keys: expected a regular expression, got '(': missing ), "
         "unterminated subpattern at position 0"),
        ('[one]\nkeys = [{ text = "" }]', "one.keys[0].after: expected this key, got none"),
        ('[one]\nwithout = ["hello"]', "one.limit: expected the reason why lines do not come, got none"),
        ("[one", "expected a file of limits (TOML), got: Expected ']' at the end of a table declaration (at end of "
         "document)"),
    ],
)  # fmt: skip
def test_mistakes_in_limits(tmp_path: Path, text: str, message: str) -> None:
    path = limits(tmp_path, text)
    with pytest.raises(UsageError) as error:
        read_limits(path)
    assert str(error.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tow]", "{limits}: expected the name of an image, got 'tow': {manifest} has no such image; "
         "did you mean 'two'?"),
        ('[two]\nfor = "5"', "limits of two: for: expected a time with a unit, got '5': "),
        ('[two]\nwithout = ["x"]\nlimit = "y"', "limits of two: without: expected a line of the manifest, got 'x'"),
    ],
)  # fmt: skip
def test_limits_that_do_not_fit_the_manifest(tmp_path: Path, text: str, message: str) -> None:
    path = limits(tmp_path, text)
    with pytest.raises(UsageError) as error:
        plan(write(tmp_path, GOOD | {"name": "two"}), limits_file=path)
    assert str(error.value).startswith(message.format(limits=path, manifest=tmp_path / "manifest.json"))


def test_a_name_that_the_corpus_has_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"NAME: expected the name of an image, got 'oen'.*; did you mean 'one'\?"):
        plan(write(tmp_path, GOOD), ["oen"])
