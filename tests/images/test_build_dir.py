"""ESP-IDF build directories."""

import json

import pytest

from twincore.errors import ImageError
from twincore.images import Kind, open_image
from twincore.images.partitions import build_table


@pytest.fixture
def build(make, firmware_elf, tmp_path):
    (tmp_path / "bootloader").mkdir()
    (tmp_path / "partition_table").mkdir()
    (tmp_path / "bootloader/bootloader.bin").write_bytes(make.bootloader())
    boot = make.elf(
        [make.Sec(".text", 0x403C_9700, bytes(16))],
        [make.Sym("app_main", 0x403C_9700, 8), make.Sym("boot", 0x403C_9708, 8)],
    )
    (tmp_path / "bootloader/bootloader.elf").write_bytes(boot)
    (tmp_path / "partition_table/table.bin").write_bytes(build_table(make.partitions))
    (tmp_path / "demo.bin").write_bytes(make.app())
    (tmp_path / "demo.elf").write_bytes(firmware_elf)
    (tmp_path / "project_description.json").write_text(json.dumps({"app_elf": "demo.elf"}))
    write_arguments(tmp_path)
    return tmp_path


def write_arguments(folder, **changes):
    arguments = {
        "flash_files": {
            "0x10000": "demo.bin",
            "0x0": "bootloader/bootloader.bin",
            "0x8000": "partition_table/table.bin",
        },
        "extra_esptool_args": {"chip": "esp32s3"},
    }
    (folder / "flasher_args.json").write_text(json.dumps(arguments | changes))


def test_a_build_becomes_the_flash_image(make, build):
    image = open_image(build)
    assert image.kind is Kind.BUILD
    assert image.flash.data == make.flash()
    assert not image.needs_second_stage


def test_the_elf_files_come_along(build):
    symbols = open_image(build).symbols
    assert symbols.find("app_main").address == 0x4200_0020
    assert symbols.find("boot").address == 0x403C_9708


def test_an_elf_option_ranks_with_the_application(build, make, tmp_path_factory):
    extra = tmp_path_factory.mktemp("elf") / "rust.elf"
    extra.write_bytes(make.elf([make.Sec(".text", 0x4037_8000, bytes(16))], [make.Sym("boot", 0x4037_8000, 8)]))
    assert open_image(build, elfs=[f"{extra}@core1"]).symbols.find("boot").core == 1


def test_a_build_without_elf_files_is_good(build):
    (build / "project_description.json").unlink()
    (build / "bootloader/bootloader.elf").unlink()
    assert open_image(build).elfs == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flasher_args.json", "the directory is no build directory of ESP-IDF or Zephyr: flasher_args.json is missing"),
        ("demo.bin", "the file 'demo.bin' for offset 0x10000 is missing"),
        ("demo.elf", "the application's ELF file 'demo.elf' is missing"),
    ],
)
def test_a_missing_file_is_named(build, name, words):
    (build / name).unlink()
    with pytest.raises(ImageError, match=words):
        open_image(build)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extra_esptool_args": {"chip": "esp32c3"}}, "the build is for 'esp32c3', expected 'esp32s3'"),
        ({"flash_files": {}}, "'flash_files' names no files"),
        ({"flash_files": []}, "'flash_files' names no files"),
        ({"flash_files": {"here": "demo.bin"}}, "should map offsets to file names, it has 'here'"),
        ({"flash_files": {"0x0": 5}}, "should map offsets to file names"),
        ({"flash_files": {"0x0": "a\0b"}}, "is missing"),
        ({"flash_files": {"0x100000000": "demo.bin"}}, "should map offsets to file names"),
        ({"flash_files": {"0x0": "demo.bin", "0x100": "demo.elf"}}, "overlaps the file before it"),
    ],
)
def test_wrong_arguments_are_named(build, changes, words):
    write_arguments(build, **changes)
    with pytest.raises(ImageError, match=words):
        open_image(build)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\xff"])
def test_a_broken_json_is_named(build, text):
    (build / "flasher_args.json").write_text(text, encoding="latin-1")
    with pytest.raises(ImageError, match=r"flasher_args\.json"):
        open_image(build)
