"""Files of eFuses, with espefuse.py as an independent reader and writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twincore.errors import ImageError
from twincore.images.efuses import WORDS, efuse_file, read_efuses


def espefuse(file: Path, *arguments: str | Path) -> str:
    """Carry out a command of espefuse.py on a file, without a chip."""
    pytest.importorskip("espefuse", reason="esptool is not installed")
    options = ["--chip", "esp32s3", "--virt", "--path-efuse-file", str(file), "--do-not-confirm"]
    command = [sys.executable, "-m", "espefuse", *options, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=file.parent).stdout


def test_what_espefuse_burns_is_read(tmp_path: Path) -> None:
    file = tmp_path / "fuses.bin"
    (tmp_path / "key.bin").write_bytes(bytes(range(32)))
    espefuse(
        file,
        *("burn-efuse", "SPI_BOOT_CRYPT_CNT", "1", "SECURE_VERSION", "5"),
        *("burn-key", "BLOCK_KEY1", tmp_path / "key.bin", "USER", "--no-read-protect", "--no-write-protect"),
    )
    espefuse(file, "burn-custom-mac", "7c:df:a1:01:02:03")
    words = read_efuses(file)
    assert words[2] >> 18 & 7 == 1
    assert words[4] >> 14 & 0xFFFF == 5
    assert b"".join(word.to_bytes(4, "little") for word in words[20:28])[25:31] == bytes.fromhex("7cdfa1010203")
    assert b"".join(word.to_bytes(4, "little") for word in words[36:44]) == bytes(range(32))


def test_espefuse_reads_what_is_written(tmp_path: Path) -> None:
    file = tmp_path / "fuses.bin"
    words = [0] * WORDS
    words[2] = 0b111 << 18
    words[7] = 0x7CDF
    words[6] = 0xA1040506
    file.write_bytes(efuse_file(words))
    shown = espefuse(file, "summary")
    assert "7c:df:a1:04:05:06" in shown
    assert "(0b111)" in next(line for line in shown.splitlines() if line.startswith("SPI_BOOT_CRYPT_CNT"))


def test_a_joint_dump_of_espefuse_is_read(tmp_path: Path) -> None:
    file = tmp_path / "fuses.bin"
    file.write_bytes(efuse_file(range(1, WORDS + 1)))
    espefuse(file, "dump", "--format", "joint", "--file-name", tmp_path / "dump.bin")
    assert read_efuses(tmp_path / "dump.bin") == list(range(1, WORDS + 1))


@given(st.lists(st.integers(0, 0xFFFF_FFFF), min_size=WORDS, max_size=WORDS))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, words: list[int]) -> None:
    file = tmp_path_factory.mktemp("fuses") / "fuses.bin"
    file.write_bytes(efuse_file(words))
    assert read_efuses(file) == words


@pytest.mark.parametrize("size", [1, 335, 511, 513, 4096])
def test_a_file_of_another_size(tmp_path: Path, size: int) -> None:
    file = tmp_path / "fuses.bin"
    file.write_bytes(bytes(size))
    with pytest.raises(ImageError, match=rf"fuses.bin: expected eFuses in 512 bytes .* got {size} bytes"):
        read_efuses(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"fuses\.bin"):
        read_efuses(tmp_path / "fuses.bin")
