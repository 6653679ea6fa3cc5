"""Ctrl-C during a native run: it comes back soon and cleanly, and the machine can go on."""

from __future__ import annotations

import _thread
import threading
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.images import open_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"


def test_keyboard_interrupt_ends_the_run() -> None:
    engine = EmbeddedEngine()
    engine.load(open_image(PREBUILT / "amp.bin"))
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        engine.run_until([], None)
    timer.join()
    before = engine.time_ns
    engine.run_for(1_000_000)
    assert engine.time_ns >= before + 1_000_000
