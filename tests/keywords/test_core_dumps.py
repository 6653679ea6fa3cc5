"""Core dumps of published images, saved and given to esp-coredump, where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.images import Image
from twincore.keywords.values import Duration

SHARED = Path(__file__).parents[3] / "shared" / "corpus"
MS = 1_000_000
NOWHERE = 0x3FC9_0000
"""Data memory, where no code can be."""


def crash(name: str, image: str = "flash.bin", *, at_ms: int = 0) -> tuple[TwinCore, Image]:
    """Boot a published image and have it crash on core 1, or of itself."""
    if not (SHARED / name).is_dir():
        pytest.skip("needs ../shared/corpus")
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(SHARED / name / image)], {})
    if at_ms:
        library.run_keyword("Run For", [Duration(at_ms * MS)], {})
        library.session.engine.write_register(1, "pc", NOWHERE)
    assert library.session.image is not None
    return library, library.session.image


def save(library: TwinCore, file: Path, within_ms: int) -> Any:
    return library.run_keyword("Save Core Dump", [str(file)], {"within": Duration(within_ms * MS)})


def loaded(file: Path) -> Any:
    """Have esp-coredump read a file and verify its checksum."""
    loader = pytest.importorskip("esp_coredump.corefile.loader", reason="esp-coredump is not installed")
    core = loader.ESPCoreDumpFileLoader(str(file), False)
    core._validate_dump_file()
    return core


def notes_of(file: Path) -> tuple[int, dict[bytes, bytes]]:
    """Have esp-coredump take an ELF core file apart; return how many segments it has, and what its notes say."""
    elf = pytest.importorskip("esp_coredump.corefile.elf", reason="esp-coredump is not installed")
    dump = elf.ESPCoreDumpElfFile(str(file))
    notes = {section.name: bytes(section.desc) for segment in dump.note_segments for section in segment.note_secs}
    return len(dump.load_segments), notes


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Image, str]:
    """A dump in a partition, saved while it is being written, its image, and where it was found."""
    library, image = crash("lilygo-lvgl", at_ms=400)
    file = tmp_path_factory.mktemp("stored") / "core.bin"
    where = save(library, file, 2000)
    library.close()
    return file, image, where


def test_a_dump_in_a_partition_is_saved_once_it_is_whole(stored: tuple[Path, Image, str]) -> None:
    file, _, where = stored
    assert where == "partition coredump"
    assert int.from_bytes(file.read_bytes()[:4], "little") == file.stat().st_size


def test_a_rust_firmwares_core_file_is_saved(tmp_path: Path) -> None:
    library, _ = crash("probers-s3-elf", "app.elf")
    file = tmp_path / "core.elf"
    assert save(library, file, 1000) == "USB_DEVICE"  # it prints on both; USB is faster
    assert file.read_bytes().startswith(b"\x7fELF")
    library.close()


def test_esp_coredump_reads_the_dump_of_a_partition(stored: tuple[Path, Image, str], tmp_path: Path) -> None:
    file, image, _ = stored
    (tmp_path / "core.elf").write_bytes(loaded(file).core_src.data)
    segments, notes = notes_of(tmp_path / "core.elf")
    assert segments > 10
    assert image.app.descriptor is not None
    named = notes[b"ESP_CORE_DUMP_INFO"][4:68].rstrip(b"\0").decode()
    assert len(named) >= 16
    assert image.app.descriptor.elf_sha256.hex().startswith(named)


def test_esp_coredump_makes_a_core_file_of_a_printed_dump(tmp_path: Path) -> None:
    pytest.importorskip("esp_coredump", reason="esp-coredump is not installed")
    library, _ = crash("coredump-s3-elf")
    file = tmp_path / "core.bin"
    assert save(library, file, 3000) == "UART0"
    core = loaded(file)
    core.create_corefile(exe_name=str(SHARED / "coredump-s3-elf" / "app.elf"))
    segments, notes = notes_of(Path(core.core_elf_file))
    assert segments == 16  # a control block and a stack for each of eight tasks
    assert notes[b"TASK_INFO"]
    for name in core.temp_files:
        Path(name).unlink()
    library.close()
