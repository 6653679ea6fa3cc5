"""Which ROM is taken: the one that is named, the chip's own in an installation, the open one."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.errors import UsageError
from twincore.images.find_rom import CHIP_ROM, chip_rom, choose_rom, open_rom

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without ESP-IDF and PlatformIO; returned."""
    for variable in ("ESP_ROM_ELF_DIR", "IDF_TOOLS_PATH", "PLATFORMIO_CORE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    return home


def install(folder: Path) -> Path:
    """Put a ROM into a folder and return its path."""
    folder.mkdir(parents=True)
    (folder / CHIP_ROM).write_bytes(b"rom")
    return folder / CHIP_ROM


def test_the_open_rom_comes_with_twincore() -> None:
    assert open_rom() == choose_rom("open") == PREBUILT / "openrom.elf"


def test_auto_without_an_installation_is_the_open_rom() -> None:
    assert chip_rom() is None
    assert choose_rom("auto") == open_rom()


def test_auto_takes_the_chips_own_rom_of_esp_idf(nothing_installed: Path) -> None:
    rom = install(nothing_installed / ".espressif" / "tools" / "esp-rom-elfs" / "20241011")
    assert choose_rom("auto") == rom
    assert choose_rom("open") == open_rom()


def test_auto_takes_the_open_rom_where_only_that_can_start_the_image(nothing_installed: Path) -> None:
    install(nothing_installed / ".espressif" / "tools" / "esp-rom-elfs" / "20241011")
    assert choose_rom("auto", needs_open=True) == open_rom()


def test_the_newest_version_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDF_TOOLS_PATH", str(tmp_path))
    folder = tmp_path / "tools" / "esp-rom-elfs"
    newest = [install(folder / version) for version in ("20230320", "v20241011", "9", "20240305")][1]
    (folder / "20990101").mkdir()  # cut short: without the file
    assert chip_rom() == newest


def test_tools_of_the_installation_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDF_TOOLS_PATH", str(tmp_path))
    rom = install(tmp_path / "esp-rom-elfs" / "20241011")
    assert chip_rom() == rom


def test_idf_tools_path_replaces_the_home(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(nothing_installed / ".espressif" / "tools" / "esp-rom-elfs" / "20241011")
    monkeypatch.setenv("IDF_TOOLS_PATH", str(tmp_path / "elsewhere"))
    assert chip_rom() is None


def test_an_active_environment_comes_first(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(nothing_installed / ".espressif" / "tools" / "esp-rom-elfs" / "20241011")
    active = install(tmp_path / "active")
    monkeypatch.setenv("ESP_ROM_ELF_DIR", f"{active.parent}/")
    assert chip_rom() == active


def test_platformio_comes_last(nothing_installed: Path) -> None:
    platformio = install(nothing_installed / ".platformio" / "packages" / "tool-esp-rom-elfs")
    assert chip_rom() == platformio
    idf = install(nothing_installed / ".espressif" / "tools" / "esp-rom-elfs" / "1")
    assert chip_rom() == idf


def test_a_path_is_taken_as_it_is(tmp_path):
    rom = tmp_path / "rom.bin"
    rom.touch()
    assert choose_rom(rom) == rom
    assert choose_rom(str(rom)) == rom


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        choose_rom("", who="--rom")
    assert str(error.value) == "--rom: expected open, auto or the path of a ROM file, got an empty text"


@pytest.mark.parametrize(
    ("rom", "hint"),
    [
        ("opne", "did you mean open?"),
        ("{folder}/romm.elf", "did you mean {folder}/rom.elf?"),
        ("{folder}/x", "auto looks"),
    ],
)
def test_a_wrong_word_or_path_is_told_with_what_was_meant(tmp_path, monkeypatch, rom, hint):
    (tmp_path / "rom.elf").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        choose_rom(rom.format(folder=tmp_path))
    assert "no such file" in str(caught.value)
    assert hint.format(folder=tmp_path) in str(caught.value)
