"""RER and WER reach the host, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Bench


def test_rer(bench: Bench) -> None:
    assert bench.run("rer a2, a3", a3=0x103000) == "end"
    assert bench["a2"] == 0xFFEFCFFF
    assert bench.host.calls == [("rer", 0, 0x103000)]


def test_wer(bench: Bench) -> None:
    assert bench.run("wer a2, a3", a2=0x55, a3=0x10200C) == "end"
    assert bench.host.calls == [("wer", 0, 0x10200C, 0x55)]
