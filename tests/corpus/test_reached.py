"""Real firmware of many projects boots from the reset vector, with the open ROM and with the chip's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from twincore.corpus.boot import Outcome, boot
from twincore.corpus.manifest import MANIFEST, Choices, plan, read_limits, read_manifest

HERE = Path(__file__).parent
LIMITS = HERE / "reached.toml"
SHARED = Path(os.environ.get("TWINCORE_SHARED", HERE.parents[2] / "shared"))
ALWAYS = {
    "labwired-arduino",
    "labwired-hello",
    "labwired-tier1",
    "probers-s3-elf",
    "hopejar-blink",
    "microlight",
    "molnar-bts7960",
    "coredump-s3-elf",
    "micropython-tdongle",
}
"""The others take longer: they run where TWINCORE_CORPUS is "all"."""


def names() -> list[Any]:
    """Return the images of the corpus; none where it is not."""
    if not (SHARED / "corpus" / MANIFEST).is_file():
        return [pytest.param("", marks=pytest.mark.skip(reason=f"no corpus at {SHARED}; set TWINCORE_SHARED"))]
    is_long = pytest.mark.skipif(
        os.environ.get("TWINCORE_CORPUS") != "all", reason="takes longer; set TWINCORE_CORPUS=all"
    )
    return [pytest.param(name, marks=() if name in ALWAYS else is_long) for name in read_manifest(SHARED / "corpus")]


def run(corpus: Path, name: str, rom: str) -> Outcome:
    """Boot an image; skip where it does not run with the ROM."""
    (job,) = plan(corpus, [name], limits_file=LIMITS, choices=Choices(rom=rom))
    outcome = boot(job)
    if outcome.result == "skipped":
        pytest.skip(outcome.why)
    return outcome


def test_what_is_known_is_of_images_that_are_there(shared_corpus: Path) -> None:
    assert read_limits(LIMITS).keys() | ALWAYS <= read_manifest(shared_corpus).keys()


@pytest.mark.parametrize("name", names())
def test_image_reaches_its_lines(shared_corpus: Path, name: str) -> None:
    outcome = run(shared_corpus, name, "open")
    assert (outcome.missing, outcome.unexpected, outcome.why) == ([], [], outcome.why), outcome.output


@pytest.mark.parametrize("name", names())
def test_image_reaches_its_lines_with_the_mask_rom(shared_corpus: Path, mask_rom: Path, name: str) -> None:
    outcome = run(shared_corpus, name, str(mask_rom))
    assert (outcome.missing, outcome.unexpected, outcome.why) == ([], [], outcome.why), outcome.output
    assert "ESP-ROM:esp32s3-20210327" in outcome.output["UART0"]


@pytest.mark.parametrize("name", ["molnar-bts7960", "labwired-tier1"])
def test_two_runs_have_equal_digests(shared_corpus: Path, name: str) -> None:
    first, second = run(shared_corpus, name, "open"), run(shared_corpus, name, "open")
    assert (first.digest, first.instructions) == (second.digest, second.instructions)
