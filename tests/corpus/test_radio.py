"""Firmware starts Wi-Fi and Bluetooth, with the chip's own ROM that holds half of their code, and hears nobody."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from twincore.corpus.boot import Outcome, boot
from twincore.corpus.manifest import Keys, plan

RADIO = "unmodelled: the radio (Wi-Fi, Bluetooth) is not modelled: registers only keep what is written"


def run(corpus: Path, rom: Path, name: str, expect: list[str], keys: tuple[Keys, ...] = ()) -> Outcome:
    (job,) = plan(corpus, [name])
    outcome = boot(msgspec.structs.replace(job, rom=str(rom), expect=expect, keys=list(keys), for_ns=4_000_000_000))
    assert outcome.missing == [], outcome.output
    assert len([line for line in outcome.diagnostics if RADIO in line]) == 1
    assert "the radio (Wi-Fi, Bluetooth)" in {use.block for use in outcome.unmodelled}
    assert not outcome.resets
    return outcome


def test_an_application_that_starts_wifi_first_comes_to_its_prompt(shared_corpus: Path, mask_rom: Path) -> None:
    run(shared_corpus, mask_rom, "beanio-s3", [r"boot interpreter", r"Espruino is Open Source", r"\n>$"])


def test_a_scan_finds_no_access_point(shared_corpus: Path, mask_rom: Path) -> None:
    line = "import network; w = network.WLAN(network.STA_IF); w.active(True); print('found', w.scan())"
    keys = (Keys(after=r">>> $", text=line + "\r\n"),)
    run(shared_corpus, mask_rom, "micropython-tdongle", [r"\nfound \[\]\r?\n>>> $"], keys)


def test_bluetooth_starts_and_advertises(shared_corpus: Path, mask_rom: Path) -> None:
    line = (
        "import bluetooth; b = bluetooth.BLE(); b.active(True); b.gap_advertise(100000, b'x'); print('on', b.active())"
    )
    keys = (Keys(after=r">>> $", text=line + "\r\n"),)
    run(shared_corpus, mask_rom, "micropython-tdongle", [r"\non True\r?\n>>> $"], keys)


def test_a_keyboard_advertises_and_waits_for_usb(shared_corpus: Path, mask_rom: Path) -> None:
    lines = ["BLE_HID: Advertising started", "USB_HOST: USB Host installed", "Waiting for HID Device to be connected"]
    run(shared_corpus, mask_rom, "usbkbd2ble", lines)


@pytest.mark.skipif(os.environ.get("TWINCORE_CORPUS") != "all", reason="takes longer; set TWINCORE_CORPUS=all")
def test_a_hotspot_is_up_beside_an_empty_card_slot(shared_corpus: Path, mask_rom: Path) -> None:
    run(shared_corpus, mask_rom, "dsp32", ["dsp32: ready", "Returned from app_main"])
