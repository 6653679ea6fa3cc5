"""Flash and PSRAM of other sizes than the board's, other fuses and straps."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.errors import ImageError, PlatformError, UsageError
from twincore.images.efuses import WORDS, efuse_file
from twincore.machine.board_options import load_board
from twincore.machine.platform_file import Efuse, Flash, Psram, Straps, load_platform

MB = 1 << 20


def test_without_options_it_is_the_board() -> None:
    assert load_board("generic") == load_platform("generic")


@pytest.mark.parametrize(
    ("text", "size", "capacity"),
    [("1MB", 1, 0x14), ("2MB", 2, 0x15), ("4MB", 4, 0x16), ("8 MB", 8, 0x17), ("16mb", 16, 0x18), ("32MB", 32, 0x19)],
)
def test_flash_size(text: str, size: int, capacity: int) -> None:
    assert load_board("generic", flash_size=text).flash == Flash(size=size * MB, jedec_id=0xC8_4000 | capacity)


def test_the_boards_own_size_keeps_its_chip() -> None:
    assert load_board("devkitc-1-n32r16v", flash_size="32MB") == load_platform("devkitc-1-n32r16v")


@pytest.mark.parametrize(
    ("text", "size", "lines"),
    [
        ("2MB", 2, 4),
        ("4MB", 4, "any"),
        ("8MB", 8, "any"),
        ("16MB", 16, 8),
        ("32MB", 32, 8),
        ("2MB-quad", 2, 4),
        ("4MB-quad", 4, 4),
        ("8MB-QUAD", 8, 4),
        ("8MB-octal", 8, 8),
    ],
)
def test_psram(text: str, size: int, lines: Literal[4, 8, "any"]) -> None:
    assert load_board("generic", psram=text).psram == Psram(size=size * MB, lines=lines)


def test_no_psram() -> None:
    platform = load_board("generic", psram="none")
    assert platform.psram is None
    assert "psram" not in EmbeddedEngine(platform).machine.memories


@pytest.mark.parametrize("text", ["3MB", "64MB", "4", "4GB", "none", "MB", "-4MB"])
def test_wrong_flash_size(text: str) -> None:
    with pytest.raises(UsageError) as error:
        load_board("generic", flash_size=text, called=lambda name: f"--{name}")
    assert str(error.value) == f"--flash_size: expected one of 1MB, 2MB, 4MB, 8MB, 16MB, 32MB; got {text!r}"


@pytest.mark.parametrize("text", ["1MB", "2MB-octal", "16MB-quad", "8MB-dual", "8", "no"])
def test_wrong_psram(text: str) -> None:
    with pytest.raises(UsageError) as error:
        load_board("generic", psram=text)
    assert str(error.value) == (
        "psram: expected one of none, 2MB-quad, 4MB-quad, 8MB-quad, 4MB-octal, 8MB-octal, 16MB-octal, 32MB-octal; "
        f"got {text!r}"
    )


def test_an_unknown_board_is_named_as_the_user_wrote_it() -> None:
    with pytest.raises(PlatformError, match=r"^--board: expected one of devkitc-1, "):
        load_board("nano", called=lambda name: f"--{name}")


@pytest.mark.parametrize("text", ["7c:df:a1:00:00:0f", "7C-DF-A1-00-00-0F", "7cdfa100000f"])
def test_mac(text: str) -> None:
    assert load_board("generic", mac=text).efuse == Efuse(mac="7c:df:a1:00:00:0f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7c:df:a1", "expected a MAC address such as 7c:df:a1:00:00:01, got '7c:df:a1'"),
        ("7c:df:a1:00:00:0g", "expected a MAC address such as "),
        ("", "expected a MAC address such as "),
        ("01:00:5e:00:00:01", "expected the MAC address of one device, got '01:00:5e:00:00:01', which is a group's"),
    ],
)
def test_wrong_mac(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^mac: {message}"):
        load_board("generic", mac=text)


def test_fuses_of_a_file(tmp_path: Path) -> None:
    words = [0] * WORDS
    words[6], words[7], words[20] = 0xA1000005, 0x7CDF, 0xCAFE
    file = tmp_path / "fuses.bin"
    file.write_bytes(efuse_file(words))
    engine = EmbeddedEngine(load_board("generic", efuse=file, mac="7c:df:a1:00:00:07"))
    assert engine.machine.fuses()[6:8] == [0xA1000007, 0x7CDF]
    assert engine.machine.fuses()[20] == 0xCAFE
    assert EmbeddedEngine(load_board("generic", efuse=file)).machine.fuses()[6] == 0xA1000005


def test_a_wrong_file_of_fuses(tmp_path: Path) -> None:
    file = tmp_path / "fuses.bin"
    file.write_bytes(b"x")
    with pytest.raises(ImageError, match="expected eFuses in 512 bytes"):
        EmbeddedEngine(load_board("generic", efuse=file))


@pytest.mark.parametrize(("text", "value"), [("flash", 8), ("DOWNLOAD", 0), ("0x08", 8), ("12", 12)])
def test_straps(text: str, value: int) -> None:
    assert load_board("generic", straps=text).straps == Straps(value=value)


@pytest.mark.parametrize("text", ["boot", "-1", "0x10000", ""])
def test_wrong_straps(text: str) -> None:
    with pytest.raises(UsageError, match=r"^straps: expected flash, download or GPIO_STRAP \(0 to 0xffff\), got "):
        load_board("generic", straps=text)


def test_octal_flash_of_another_size_says_so_in_its_id() -> None:
    flash = load_board("devkitc-1-n32r16v", flash_size="16MB").flash
    assert flash is not None
    assert (flash.size, flash.lines) == (16 * MB, load_platform("devkitc-1-n32r16v").flash.lines)
