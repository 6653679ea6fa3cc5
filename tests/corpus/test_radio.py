"""Firmware starts Wi-Fi and Bluetooth, with the chip's own ROM that holds half of their code, and hears nobody."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("TWINCORE_SHARED", HERE.parents[2] / "shared"))
CORPUS = SHARED / "corpus"
MASK_ROM = SHARED / "rom" / "esp32s3_rev0_rom.elf"

_spec = importlib.util.spec_from_file_location("corpus_boot", HERE / "boot.py")
assert _spec is not None
assert _spec.loader is not None
tool = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = tool
_spec.loader.exec_module(tool)

pytestmark = pytest.mark.skipif(
    not (CORPUS / "manifest.json").is_file() or not MASK_ROM.is_file(),
    reason=f"no corpus or no mask ROM in {SHARED}; set TWINCORE_SHARED",
)

RADIO = "unmodelled: the radio (Wi-Fi, Bluetooth) is not modelled: registers only keep what is written"


def boot(name: str, expect: list[str], **options: Any) -> Any:
    entry = tool.load_manifest(CORPUS)[name] | {"expect": expect}
    outcome = tool.boot(CORPUS, entry, rom=str(MASK_ROM), seconds=4, host_seconds=120, **options)
    assert outcome.missing == [], outcome.text
    assert len([line for line in outcome.diagnostics if RADIO in line]) == 1
    assert not outcome.resets
    return outcome


def test_an_application_that_starts_wifi_first_comes_to_its_prompt() -> None:
    boot("beanio-s3", [r"boot interpreter", r"Espruino is Open Source", r"\n>$"])


def test_a_scan_finds_no_access_point() -> None:
    line = "import network; w = network.WLAN(network.STA_IF); w.active(True); print('found', w.scan())"
    boot("micropython-tdongle", [r"\nfound \[\]\r?\n>>> $"], keys=(r">>> $", line + "\r\n"))


def test_bluetooth_starts_and_advertises() -> None:
    line = (
        "import bluetooth; b = bluetooth.BLE(); b.active(True); b.gap_advertise(100000, b'x'); print('on', b.active())"
    )
    boot("micropython-tdongle", [r"\non True\r?\n>>> $"], keys=(r">>> $", line + "\r\n"))
