"""Files that go into the flash and the fuses before a run, and those that are written at its end."""

import re
import struct
from pathlib import Path

import pytest

from twincore.images import open_image
from twincore.images.efuses import WORDS, efuse_file, read_efuses
from twincore.isa.asm import assemble

PROGRAMS_FLASH_AND_FUSES = """
        movi    a2, 0x600
        slli    a2, a2, 20
        addmi   a3, a2, 0x2000      # SPI1
        movi    a4, 1
        slli    a5, a4, 30          # FLASH_WREN
        s32i    a5, a3, 0
waits:
        l32i    a6, a3, 0
        bnez    a6, waits
        movi    a5, 0x4
        slli    a5, a5, 24
        movi    a6, 0x9
        slli    a6, a6, 12
        or      a5, a5, a6          # 4 bytes to 0x9000
        s32i    a5, a3, 4
        movi    a5, 0x55
        s32i    a5, a3, 0x58
        slli    a5, a4, 25          # FLASH_PP
        s32i    a5, a3, 0
        addmi   a3, a2, 0x7000      # EFUSE
        movi    a5, 0x77
        s32i    a5, a3, 0           # PGM_DATA0
        movi    a5, 0x5A
        slli    a6, a5, 8
        or      a5, a5, a6
        s32i    a5, a3, 0x1CC       # CONF
        movi    a5, 14              # block 3
        s32i    a5, a3, 0x1D4       # CMD
forever:
        j       forever
"""


@pytest.fixture
def writing_image(ram_image) -> Path:
    """Firmware that changes the flash and burns fuses."""
    return ram_image(assemble(PROGRAMS_FLASH_AND_FUSES, 0x40378000))


def test_flash_and_fuses_are_saved_at_the_end(twincore, writing_image, tmp_path):
    before = writing_image.read_bytes()
    flash, fuses = tmp_path / "flash.out", tmp_path / "fuses.out"
    result = twincore("run", writing_image, "--for", "100ms", "--save-flash", flash, "--save-efuse", fuses)
    assert result.status == 0
    after = flash.read_bytes()
    assert len(after) == 16 << 20
    assert after.startswith(before)
    assert after[0x9000:0x9008] == b"\x55\0\0\0\xff\xff\xff\xff"
    assert writing_image.read_bytes() == before
    assert read_efuses(fuses)[20] == 0x77


def test_a_run_goes_on_where_the_last_one_ended(twincore, writing_image, tmp_path):
    flash, fuses = tmp_path / "flash.out", tmp_path / "fuses.out"
    saving = ("--save-flash", flash, "--save-efuse", fuses)
    twincore("run", writing_image, "--for", "100ms", *saving)
    words = read_efuses(fuses)
    words[20] = 0x100
    fuses.write_bytes(efuse_file(words))
    assert twincore("run", flash, "--for", "100ms", "--efuse", fuses, *saving).status == 0
    assert read_efuses(fuses)[20] == 0x177


def test_files_are_written_when_the_run_fails_too(twincore, amp, tmp_path):
    flash = tmp_path / "flash.out"
    assert twincore("run", amp, "--until", "never", "--timeout", "20ms", "--save-flash", flash).status == 1
    assert flash.read_bytes().startswith(amp.read_bytes())


def test_a_partition_is_filled_and_saved(twincore, amp_elf, tmp_path):
    wanted, saved, flash = tmp_path / "nvs.bin", tmp_path / "nvs.out", tmp_path / "flash.out"
    wanted.write_bytes(b"settings")
    filling = ("--partition", f"nvs={wanted}", "--save-partition", f"0x9000={saved}", "--save-flash", flash)
    assert twincore("run", amp_elf, "--until", "core 0 up", *filling).status == 0
    assert saved.read_bytes() == b"settings".ljust(0x6000, b"\xff")
    assert flash.read_bytes()[0x9000:0xF000] == saved.read_bytes()
    assert flash.read_bytes()[0x8000:0x9000] == open_image(amp_elf).flash.data[0x8000:0x9000]


def test_mac_address_and_file_of_fuses(twincore, amp, tmp_path):
    given, saved = tmp_path / "fuses.bin", tmp_path / "fuses.out"
    words = [0] * WORDS
    words[6], words[7], words[83] = 0xA1000005, 0x7CDF, 0xCAFE
    given.write_bytes(efuse_file(words))
    options = ("--efuse", given, "--save-efuse", saved, "--for", "1ms")
    assert twincore("run", amp, *options).status == 0
    assert read_efuses(saved)[6:8] + read_efuses(saved)[83:] == [0xA1000005, 0x7CDF, 0xCAFE]
    assert twincore("run", amp, "--mac", "7c:df:a1:00:00:09", *options).status == 0
    assert read_efuses(saved)[6] == 0xA1000009


def test_straps_for_download(twincore, amp, mask_rom):
    result = twincore("run", amp, "--straps", "download", "--rom", mask_rom, "--for", "50ms")
    assert re.search(r"boot:0x0 \(DOWNLOAD\(USB/UART0\)\)\r?\nwaiting for download\n", result.text), result.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--partition", "nvs"], "--partition: expected NAME=FILE, got 'nvs'; write nvs=nvs.bin or 0x9000=nvs.bin"),
        (["--partition", "nsv={file}"], "--partition: expected one of the partitions nvs (0x9000), "),
        (["--partition", "nvs={folder}/none"], "none: the file cannot be read"),
        (["--partition", "nvs={large}"], "expected at most 24576 bytes, which partition 'nvs' has, got 24577"),
        (["--save-partition", "nsv=x"], "got 'nsv'; did you mean 'nvs'?"),
        (["--save-partition", "nvs={folder}/none/x"], "--save-partition: expected a folder "),
        (["--save-flash", "{folder}"], "--save-flash: expected a file's name, got the folder "),
        (["--save-efuse", "{folder}/none/x"], "--save-efuse: expected a folder "),
        (
            ["--save-flash", "{folder}/x", "--save-efuse", "{folder}/x"],
            "--save-efuse: expected a file of its own, got {folder}/x, which --save-flash takes",
        ),
        (["--efuse", "{file}"], "file: expected eFuses in 512 bytes (espefuse.py --virt) or 336 bytes "),
        (["--efuse", "{folder}/none"], "none: the file cannot be read"),
        (["--mac", "nonsense"], "--mac: expected a MAC address such as 7c:df:a1:00:00:01, got 'nonsense'"),
        (["--straps", "usb"], "--straps: expected flash, download or GPIO_STRAP (0 to 0xffff), got 'usb'"),
    ],
)
def test_bad_use_is_told_before_anything_runs(twincore, amp_elf, tmp_path, options, message):
    folder = tmp_path / "folder"
    folder.mkdir()
    names = {"folder": folder, "file": tmp_path / "file", "large": tmp_path / "large"}
    names["file"].write_bytes(struct.pack("<I", 0))
    names["large"].write_bytes(bytes(0x6001))
    result = twincore("run", amp_elf, "--for", "1ms", *(option.format(**names) for option in options))
    assert result.status == 2
    assert result.out == b""
    assert message.format(**names) in result.err
    assert result.err.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_an_image_without_a_table_has_no_partitions(twincore, amp):
    result = twincore("run", amp, "--save-partition", "nvs=nvs.out")
    assert result.status == 2
    assert (
        "--save-partition: expected an image with a partition table to find 'nvs' in, this one has none" in result.err
    )
