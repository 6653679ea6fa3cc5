"""`twincore run` explains a firmware's last words and saves its core dump."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

CRASHING = Path(__file__).parents[3] / "shared" / "corpus" / "coredump-s3-elf"


@pytest.fixture
def crash0(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("crash0\n")
    return ["--input", str(keys), "--input-after", "got pong 1", "--for", "150ms"]


def test_a_panic_is_told_by_function_below_its_line(twincore, amp, amp_elf, crash0):
    result = twincore("run", amp, "--elf", amp_elf, *crash0)
    assert "amp: panic on core 0" in result.text
    assert "twincore:     PC 0x4037" in result.err
    assert "amp_core0_main" in result.err


def test_output_stays_the_firmwares_own(twincore, amp, amp_elf, crash0):
    assert twincore("run", amp, *crash0).out == twincore("run", amp, "--elf", amp_elf, *crash0).out


def test_a_core_dump_is_saved(twincore, tmp_path):
    if not CRASHING.is_dir():
        pytest.skip("needs ../shared/corpus")
    file = tmp_path / "core.bin"
    image, elf = str(CRASHING / "flash.bin"), str(CRASHING / "app.elf")
    result = twincore("run", image, "--elf", elf, "--until", "CORE DUMP END", "--save-core-dump", str(file))
    assert "fail_once+0x15  /" in result.err
    assert "test_core_dump.c:36" in result.err
    assert struct.unpack_from("<I", file.read_bytes()) == (file.stat().st_size,)


def test_no_core_dump_is_an_error(twincore, amp, tmp_path):
    result = twincore("run", amp, "--for", "1ms", "--save-core-dump", str(tmp_path / "core.bin"))
    assert result.status == 2
    assert "--save-core-dump: expected a core dump, none was printed whole" in result.err
