"""Real firmware of many projects boots from the reset vector, with the open ROM and with the chip's own."""

from __future__ import annotations

import importlib.util
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("TWINCORE_SHARED", HERE.parents[2] / "shared"))
CORPUS = SHARED / "corpus"
MASK_ROM = SHARED / "rom" / "esp32s3_rev0_rom.elf"
ALL = os.environ.get("TWINCORE_CORPUS") == "all"
REACHED: dict[str, dict[str, Any]] = tomllib.loads((HERE / "reached.toml").read_text(encoding="utf-8"))
HOST_SECONDS = 120

_spec = importlib.util.spec_from_file_location("corpus_boot", HERE / "boot.py")
assert _spec is not None
assert _spec.loader is not None
tool = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = tool
_spec.loader.exec_module(tool)

pytestmark = pytest.mark.skipif(
    not (CORPUS / "manifest.json").is_file(), reason=f"no corpus at {CORPUS}; set TWINCORE_SHARED"
)


def entry_of(name: str) -> dict[str, Any]:
    """Return the manifest's entry with the lines that must come."""
    entry = dict(tool.load_manifest(CORPUS)[name])
    without = REACHED[name].get("without", [])
    entry["expect"] = [line for line in entry["expect"] if line not in without] + REACHED[name].get("expect", [])
    return entry


def boot(name: str, **options: Any) -> Any:
    known = REACHED[name]
    options["board"] = HERE / known["board"] if "board" in known else "generic"
    return tool.boot(CORPUS, entry_of(name), seconds=known.get("seconds", 2), host_seconds=HOST_SECONDS, **options)


def chosen(*, mask_rom: bool = False) -> list[Any]:
    """Return the names to run; those that are not always run are skipped with the reason."""
    result = []
    for name, known in REACHED.items():
        if mask_rom and not known.get("mask_rom", True):
            continue
        skip = pytest.mark.skipif(not (ALL or known.get("always")), reason="takes longer; set TWINCORE_CORPUS=all")
        result.append(pytest.param(name, marks=skip))
    return result


def test_every_image_is_on_the_list() -> None:
    assert set(REACHED) == set(tool.load_manifest(CORPUS))


@pytest.mark.parametrize("name", chosen())
def test_image_reaches_its_lines(name: str) -> None:
    outcome = boot(name)
    assert (outcome.missing, outcome.why) == ([], outcome.why), outcome.text


@pytest.mark.skipif(not MASK_ROM.is_file(), reason=f"no mask ROM at {MASK_ROM}")
@pytest.mark.parametrize("name", chosen(mask_rom=True))
def test_image_reaches_its_lines_with_the_mask_rom(name: str) -> None:
    outcome = boot(name, rom=str(MASK_ROM))
    assert (outcome.missing, outcome.why) == ([], outcome.why), outcome.text
    assert "ESP-ROM:esp32s3-20210327" in outcome.text["UART0"]


@pytest.mark.parametrize("name", ["molnar-bts7960", "labwired-tier1"])
def test_two_runs_have_equal_digests(name: str) -> None:
    first, second = boot(name), boot(name)
    assert first.digest == second.digest
    assert first.instructions == second.instructions


def test_micropython_answers() -> None:
    entry = entry_of("micropython-tdongle") | {"expect": [r"print\(6\*7\)\r?\n42\r?\n>>> "]}
    outcome = tool.boot(CORPUS, entry, seconds=4, host_seconds=HOST_SECONDS, keys=(r">>> $", "print(6*7)\r\n"))
    assert outcome.missing == [], outcome.text


def test_a_crash_prints_its_panic_and_reboots() -> None:
    entry = entry_of("coredump-s3-elf")
    entry["expect"] += [
        r"abort\(\) was called at PC 0x4\w+ on core 0",
        r"Backtrace: ?0x4",
        r"rst:0x3 \(RTC_SW_SYS_RST\)",
    ]
    outcome = tool.boot(CORPUS, entry, seconds=4, host_seconds=HOST_SECONDS, board=HERE / "quad_psram.toml")
    assert outcome.missing == [], outcome.text
    assert outcome.resets
