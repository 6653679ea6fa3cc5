"""ROM images: from a raw file, from Espressif's ELF file, from an ELF file of our own."""

import pytest

from twincore.errors import ImageError
from twincore.images.rom import ROM_SIZE, load_rom


def write(folder, data: bytes, name: str = "rom.elf"):
    file = folder / name
    file.write_bytes(data)
    return file


def test_the_mask_rom_elf_gives_the_mask_rom(mask_rom):
    rom = load_rom(mask_rom / "esp32s3_rev0_rom.elf")
    assert rom.data == (mask_rom / "esp32s3_rev0_rom.bin").read_bytes()


def test_the_mask_rom_has_symbols(mask_rom):
    assert load_rom(mask_rom / "esp32s3_rev0_rom.elf").symbols.describe(0x4000_0400) == "_ResetVector"


def test_a_raw_rom_is_taken_as_it_is(tmp_path):
    data = bytes(ROM_SIZE - 4) + b"last"
    rom = load_rom(write(tmp_path, data, "rom.bin"))
    assert (rom.data, rom.elf, len(rom.symbols)) == (data, None, 0)
    assert len(rom.data_view) == 0x2_0000
    assert rom.data_view.endswith(b"last")


def test_an_open_rom_is_placed_by_load_address(make, tmp_path):
    elf = make.elf(
        loads=[
            make.Load(0x4000_0400, 0x4000_0400, b"code"),
            make.Load(0x3FCE_D710, 0x4005_0000, b"data"),
            make.Load(0x3FF0_0010, 0x3FF0_0010, b"const"),
            make.Load(0x3FC8_8000, 0x3FC8_8000, b"elsewhere"),
        ]
    )
    rom = load_rom(write(tmp_path, elf)).data
    assert rom[0x400:0x404] == b"code"
    assert rom[0x5_0000:0x5_0004] == b"data"
    assert rom[0x4_0010:0x4_0015] == b"const"
    assert len(rom) - rom.count(0) == 13


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(100), "a ROM is an ELF file or has 393216 bytes, this file has 100"),
        (b"", "the file is empty"),
    ],
)
def test_another_file_is_refused(tmp_path, data, words):
    with pytest.raises(ImageError, match=words):
        load_rom(write(tmp_path, data))


def test_firmware_is_no_rom(firmware_elf, tmp_path):
    with pytest.raises(ImageError, match="has no bytes for the ROM"):
        load_rom(write(tmp_path, firmware_elf))


def test_bytes_beyond_the_rom_are_refused(make, tmp_path):
    elf = make.elf(loads=[make.Load(0x4005_FFFE, 0x4005_FFFE, b"code")])
    with pytest.raises(ImageError, match="4 bytes at 0x4005fffe do not fit into the ROM"):
        load_rom(write(tmp_path, elf))
