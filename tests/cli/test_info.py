"""`twincore info`: plain in a pipe, tables on a terminal, JSON."""

import json
import sys

from twincore.images import describe, open_image, text_of


def test_plain_text_in_a_pipe(twincore, amp):
    result = twincore("info", amp)
    assert result.status == 0
    assert result.text.startswith(text_of(describe(open_image(amp))).strip())


def test_the_rom_of_each_choice(twincore, amp, amp_elf, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("ESP_ROM_ELF_DIR", "IDF_TOOLS_PATH", "PLATFORMIO_CORE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    none = twincore("info", amp).text
    assert "--rom auto  the open ROM: no ESP-IDF installation with the chip's own was found\n" in none
    monkeypatch.setenv("ESP_ROM_ELF_DIR", str(tmp_path))
    (tmp_path / "esp32s3_rev0_rom.elf").touch()
    assert f"--rom auto  the chip's own, {tmp_path}/esp32s3_rev0_rom.elf\n" in twincore("info", amp).text
    assert "only that can start an image without a bootloader" in twincore("info", amp_elf).text


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
