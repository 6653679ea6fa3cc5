"""Images that map their own code: written here, and by esptool."""

import struct
import subprocess
import sys

import pytest

from twincore.errors import ImageError
from twincore.images import Kind, Memory, describe, open_image, text_of
from twincore.images.elf import ElfFile
from twincore.images.simple_boot import flash_from_elf, is_simple_boot
from twincore.images.synth import write_app

RAM = [(0x3FC8_9000, bytes(range(32))), (0x4037_4000, b"\x06\0\0\0" * 16)]
BANNER = b"*** Booting Zephyr OS build v4.3.0-1962-gfb8a1ec9f395 ***\n\0\0"


def simple_boot(*more: tuple[int, int, bytes]) -> bytes:
    """Writes an image with `more` parts behind it: offset of the data in flash, address, data."""
    content = bytearray(write_app(RAM, 0x4037_4000, hashed=False))
    for offset, address, data in more:
        gap = offset - 8 - len(content)
        content += struct.pack("<II", 0, gap - 8) + bytes(gap - 8)
        content += struct.pack("<II", address, len(data)) + data
    return bytes(content)


CODE = (0x1_0000, 0x4200_0000, b"\x36\x41\0\x1d\xf0\0" * 4)
DATA = (0x2_0000, 0x3C01_0000, BANNER)


@pytest.fixture
def zephyr_elf(make) -> bytes:
    return make.elf(
        sections=[
            make.Sec(".mcuboot_header", 0, bytes(32)),
            make.Sec(".dram0.data", *RAM[0]),
            make.Sec(".iram0.text", *RAM[1]),
            make.Sec(".flash.text", *CODE[1:]),
            make.Sec(".flash.rodata", *DATA[1:]),
        ],
        symbols=[make.Sym("__start", 0x4037_4000, 16), make.Sym("main", 0x4200_0000, 24)],
        loads=[make.Load(a, p, d) for a, p, d in ((*RAM[0][:1], 0x40, RAM[0][1]), (RAM[1][0], 0, RAM[1][1]))]
        + [make.Load(address, offset, data) for offset, address, data in (CODE, DATA)],
    )


def opened(tmp_path, data: bytes, name: str = "zephyr.bin"):
    path = tmp_path / name
    path.write_bytes(data)
    return open_image(path)


def test_the_parts_behind_the_image_are_the_programs_own(tmp_path):
    image = opened(tmp_path, simple_boot(CODE, DATA))
    assert image.kind is Kind.FLASH
    assert not image.needs_second_stage
    assert [(s.memory, s.address, at) for s, at in image.flash_segments] == [
        (Memory.IROM, 0x4200_0000, 0x1_0000),
        (Memory.DROM, 0x3C01_0000, 0x2_0000),
    ]
    assert image.flash_segments[0][0].data == CODE[2]
    assert image.warnings == ()


def test_such_an_image_is_explained(tmp_path):
    text = text_of(describe(opened(tmp_path, simple_boot(CODE, DATA))))
    assert "which maps its own code (simple boot)" in text
    assert "Zephyr          v4.3.0-1962-gfb8a1ec9f395\n" in text
    assert "0   0x42000000  24     0x10000      IROM (flash)" in text


@pytest.mark.parametrize(
    "more",
    [
        (0x1_0004, 0x4200_0000, CODE[2]),  # a page cannot map that
        (0x1_0000, 0x4037_8000, CODE[2]),  # RAM
        (0x1_0000, 0x4200_0000, b""),
    ],
)
def test_what_no_page_can_map_is_data(tmp_path, more):
    image = opened(tmp_path, simple_boot(more))
    assert image.flash_segments == ()


def test_a_cut_part_is_data(tmp_path):
    image = opened(tmp_path, simple_boot(CODE)[:-1])
    assert image.flash_segments == ()
    assert image.warnings[0].startswith("no partition table was found")


def test_an_elf_gives_the_image_that_the_linker_meant(tmp_path, zephyr_elf):
    assert flash_from_elf(ElfFile(zephyr_elf, who="zephyr.elf")) == simple_boot(CODE, DATA)
    image = opened(tmp_path, zephyr_elf, "zephyr.elf")
    assert (image.kind, image.needs_second_stage) == (Kind.ELF, False)
    assert image.symbols.find("main").address == 0x4200_0000


def test_esptool_makes_the_same_of_the_elf(tmp_path, zephyr_elf):
    pytest.importorskip("esptool", reason="esptool is not installed")
    (tmp_path / "zephyr.elf").write_bytes(zephyr_elf)
    command = [sys.executable, "-m", "esptool", "--chip", "esp32s3", "elf2image", "--ram-only-header"]
    command += ["--flash-mode", "dio", "--flash-freq", "80m", "--flash-size", "4MB", "-o", "zephyr.bin", "zephyr.elf"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    theirs = open_image(tmp_path / "zephyr.bin")
    ours = open_image(tmp_path / "zephyr.elf")
    assert theirs.ram_segments == ours.ram_segments
    assert theirs.flash_segments == ours.flash_segments


def test_other_linkers_give_addresses(firmware_elf, make):
    assert not is_simple_boot(ElfFile(firmware_elf, who="app.elf"))
    mapped = make.elf(loads=[make.Load(0x4200_0020, 0x4200_0020, bytes(16)), make.Load(0x4037_4000, 0, bytes(16))])
    assert not is_simple_boot(ElfFile(mapped, who="app.elf"))
    own = make.elf(loads=[make.Load(0x3C00_0040, 0x40, bytes(16)), make.Load(0x4201_0000, 0x1_0000, bytes(16))])
    assert not is_simple_boot(ElfFile(own, who="app.elf"))


def test_parts_over_each_other_are_an_error(make):
    loads = [make.Load(0x4037_4000, 0, bytes(0x1_0000)), make.Load(0x4200_0000, 0x1_0000, bytes(16))]
    with pytest.raises(ImageError, match=r"IROM \(flash\) at 0x42000000 belongs at flash offset 0x10000"):
        flash_from_elf(ElfFile(make.elf(loads=loads), who="zephyr.elf"))


def test_an_application_for_mcuboot_says_what_is_missing(tmp_path):
    with pytest.raises(ImageError, match=r"an application for MCUboot alone is no image; merge it with MCUboot"):
        opened(tmp_path, bytes.fromhex("3db8f396") + bytes(64))
