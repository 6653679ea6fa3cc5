"""The suite for a user's ESP-IDF image, on images of others: good ones pass, one that panics on purpose does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "robot" / "10_esp_idf_image.robot"
SHARED = Path(os.environ.get("TWINCORE_SHARED", ROOT.parent / "shared"))
CASES = {
    "The Scheduler Starts On Core 0",
    "The Scheduler Starts On Core 1",
    "The Application Is Called",
    "The Task Watchdog Stays Quiet",
    "Nothing Panics And Nothing Is Reset",
}


def run(robot: Any, name: str, *options: str, elf: bool = False) -> Any:
    """Run the suite on an image of the corpus, with its names or without; skip where it is not."""
    image = SHARED / "corpus" / name / "flash.bin"
    if not image.is_file():
        pytest.skip(f"no image at {image}; set TWINCORE_SHARED")
    names = ("--variable", f"ELF:{image.with_name('app.elf')}") if elf else ()
    return robot("--variable", f"IMAGE:{image}", *names, *options, suites=(SUITE,))


@pytest.mark.parametrize(
    ("name", "elf"), [("hopejar-blink", True), ("hopejar-blink", False), ("molnar-bts7960", False)]
)
def test_a_good_image_passes(robot: Any, name: str, elf: bool) -> None:
    outcome = run(robot, name, elf=elf)
    assert outcome.names("PASS") == CASES, outcome.console


def test_an_image_that_prints_nothing_of_its_start(robot: Any) -> None:
    outcome = run(robot, "labwired-arduino", "--variable", "WATCH:1 s")
    assert outcome.names("SKIP") == {"The Application Is Called"}, outcome.console
    assert outcome.names("FAIL") == set()
    assert outcome.tests["The Application Is Called"].message == (
        "No names are given and no line tells that app_main is called: give the ELF file of the image."
    )


def test_an_image_that_panics_on_purpose(robot: Any) -> None:
    outcome = run(robot, "coredump-s3-elf", "--variable", "PSRAM:2MB", elf=True)
    failed = {"The Task Watchdog Stays Quiet", "Nothing Panics And Nothing Is Reset"}
    assert (outcome.names("FAIL"), outcome.names("PASS")) == (failed, CASES - failed), outcome.console
    assert "got:       panic_abort on core 0; " in outcome.tests["Nothing Panics And Nothing Is Reset"].message
    assert "got:       a reset, RTC_SW_SYS_RST (system), at " in outcome.tests["The Task Watchdog Stays Quiet"].message


def test_an_image_without_esp_idf_is_skipped(robot: Any) -> None:
    outcome = robot("--variable", f"IMAGE:{ROOT / 'firmware' / 'prebuilt' / 'amp.bin'}", suites=(SUITE,))
    assert outcome.names("SKIP") == CASES
    assert "The image was not made with ESP-IDF" in outcome.tests["The Application Is Called"].message


def test_without_an_image_the_reason_says_how_to_give_one(robot: Any) -> None:
    outcome = robot(suites=(SUITE,))
    assert (outcome.names("SKIP"), outcome.status) == (CASES, 0)
    assert "robot --variable IMAGE:build robot/10_esp_idf_image.robot" in (
        outcome.tests["The Application Is Called"].message
    )
