"""Zephyr's build directories."""

import pytest

from twincore.errors import ImageError
from twincore.images import Kind, open_image
from twincore.images.partitions import build_table

ELSEWHERE = "/elsewhere/project/build"


def write_program(
    folder, name: str, data: bytes, *arguments: str, elf: bytes = b"", config: str = "CONFIG_SOC_SERIES_ESP32S3=y\n"
) -> None:
    """Writes what a build of one program leaves for west."""
    zephyr = folder / "zephyr"
    zephyr.mkdir(parents=True)
    (zephyr / name).write_bytes(data)
    lines = ["config:", "  elf_file: zephyr.elf", f"  bin_file: {name}", "args:", "  esp32:"]
    (zephyr / "runners.yaml").write_text("\n".join([*lines, *(f"    - {a}" for a in arguments)]) + "\n")
    (zephyr / ".config").write_text(config)
    if elf:
        (zephyr / "zephyr.elf").write_bytes(elf)


@pytest.fixture
def elf_of(make):
    return lambda name: make.elf([make.Sec(".text", 0x4037_8000, bytes(16))], [make.Sym(name, 0x4037_8000, 8)])


def test_simple_boot_lies_at_the_beginning(make, tmp_path, elf_of):
    write_program(tmp_path, "zephyr.bin", make.bootloader(), "--esp-app-address=0x0", elf=elf_of("main"))
    image = open_image(tmp_path)
    assert image.kind is Kind.BUILD
    assert image.flash.data == make.bootloader()
    assert image.symbols.find("main").core is None


def test_sysbuild_has_mcuboot_before_the_application(make, tmp_path, elf_of):
    mine = b"\x3d\xb8\xf3\x96" + bytes(60)
    write_program(
        tmp_path / "mcuboot",
        "zephyr.bin",
        make.bootloader(),
        f"--esp-flash-bootloader={ELSEWHERE}/mcuboot/zephyr/zephyr.bin",
        "--esp-boot-address=0x0",
        "--esp-app-address=0x10000",
        elf=elf_of("boot_go"),
    )
    write_program(tmp_path / "app", "zephyr.signed.bin", mine, "--esp-app-address=0x10000", elf=elf_of("main"))
    runners = tmp_path / "app/zephyr/runners.yaml"
    runners.write_text(runners.read_text().replace("zephyr.signed.bin", f"{ELSEWHERE}/hello/zephyr/zephyr.signed.bin"))
    config = "CONFIG_SOC_ESP32S3_APPCPU=y\n"
    other = elf_of("remote_main")
    write_program(tmp_path / "remote", "zephyr.signed.bin", mine, "--esp-app-address=0x20000", elf=other, config=config)
    image = open_image(tmp_path)
    assert image.flash.data == make.lay((0, make.bootloader()), (0x1_0000, mine), (0x2_0000, mine))
    assert [(elf.core, next(iter(elf.symbols)).name) for elf in image.elfs] == [
        (0, "main"),
        (1, "remote_main"),
        (None, "boot_go"),
    ]
    assert image.fallback_from == 2


def test_behind_esp_idfs_bootloader(make, tmp_path):
    write_program(
        tmp_path,
        "zephyr.bin",
        make.app(),
        f"--esp-flash-bootloader={ELSEWHERE}/esp-idf/build/bootloader/bootloader.bin",
        f"--esp-flash-partition_table={ELSEWHERE}/esp-idf/build/table.bin",
        "--esp-partition-table-address=0x8000",
        "--esp-boot-address=0x0",
        "--esp-app-address=0x10000",
    )
    (tmp_path / "esp-idf/build/bootloader").mkdir(parents=True)
    (tmp_path / "esp-idf/build/bootloader/bootloader.bin").write_bytes(make.bootloader())
    (tmp_path / "esp-idf/build/table.bin").write_bytes(build_table(make.partitions))
    assert open_image(tmp_path).flash.data == make.flash()


def test_a_missing_file_is_named(make, tmp_path):
    write_program(tmp_path, "zephyr.bin", make.bootloader())
    (tmp_path / "zephyr/zephyr.bin").unlink()
    with pytest.raises(ImageError, match=r"runners.yaml: the file 'zephyr.bin' is missing; .*west build"):
        open_image(tmp_path)


def test_an_application_for_mcuboot_alone_does_not_boot(tmp_path):
    write_program(tmp_path, "zephyr.signed.bin", b"\x3d\xb8\xf3\x96" + bytes(60), "--esp-app-address=0x10000")
    with pytest.raises(ImageError, match=r"the first file lies at 0x10000: the bootloader is missing; .*--sysbuild"):
        open_image(tmp_path)


def test_a_list_without_files_is_an_error(tmp_path):
    (tmp_path / "zephyr").mkdir()
    (tmp_path / "zephyr/runners.yaml").write_text("runners:\n- openocd\n")
    with pytest.raises(ImageError, match="no file to write to flash is named"):
        open_image(tmp_path)
