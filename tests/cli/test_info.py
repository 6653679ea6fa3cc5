"""`twincore info`: plain in a pipe, tables on a terminal, JSON."""

import json
import sys

from twincore.images import describe_text, open_image


def test_plain_text_in_a_pipe(twincore, amp):
    result = twincore("info", amp)
    assert result.status == 0
    assert result.text == describe_text(open_image(amp))


def test_json(twincore, amp, amp_elf):
    result = twincore("info", amp, "--elf", amp_elf, "--json")
    blocks = {block["title"]: block for block in json.loads(result.out)}
    assert {"name": "kind", "value": "flash image"} in blocks["Image"]["values"]
    assert blocks["ELF files"]["rows"][0]["core"] == "both"


def test_tables_on_a_terminal(twincore, amp_elf, monkeypatch):
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    monkeypatch.setenv("COLUMNS", "120")
    result = twincore("info", amp_elf)
    assert result.status == 0
    for word in ("amp_core0_start", "factory", "DRAM", "checksum"):
        assert word in result.text


def test_bad_input_is_status_2(twincore, tmp_path):
    result = twincore("info", tmp_path / "none.bin")
    assert result.status == 2
    assert result.err.startswith("twincore: ")
