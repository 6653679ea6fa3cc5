"""The explanation of an image."""

import subprocess
import sys

from twincore.images import describe, open_image, text_of


def told(tmp_path, data: bytes) -> str:
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    return text_of(describe(open_image(path))).replace(str(path), "IMAGE")


def test_a_flash_image_is_explained(make, tmp_path):
    text = told(tmp_path, make.flash())
    for words in (
        "boots           from reset: the ROM loads the image at flash offset 0",
        "Bootloader at 0x0",
        "entry          0x403c9700",
        "0   0x3c010020  320    0x10020      DROM (flash)",
        "2   -           65160",
        "Partition table at 0x8000, with MD5",
        "factory  app   factory  0x10000  128 KiB  application, boots",
        "slot0    app   ota_0    0x30000  128 KiB  empty",
        "project        demo",
    ):
        assert words in text
    assert "Warnings" not in text


def test_an_elf_file_is_explained(firmware_elf, tmp_path):
    text = told(tmp_path, firmware_elf)
    assert "entry           0x40374000 (_vectors)" in text
    assert "IMAGE  both  0x40374000  9        4          2" in text


def test_warnings_are_shown(make, tmp_path):
    assert "Warnings\n  warning  no partition table was found" in told(tmp_path, make.bootloader() + b"more")


def test_rows_are_as_wide_as_their_columns(make, tmp_path):
    path = tmp_path / "image.bin"
    path.write_bytes(make.flash())
    for block in describe(open_image(path)):
        width = len(block.columns) or 2
        assert {len(row) for row in block.rows} == {width}


def test_the_package_is_imported_without_its_heavy_parts():
    code = "import sys, twincore.images; print([m for m in ('elftools', 'hashlib', 'json') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_flash_image_needs_no_pyelftools(make, tmp_path):
    path = tmp_path / "image.bin"
    path.write_bytes(make.flash())
    code = (
        "import sys; from twincore.images import open_image; open_image(sys.argv[1]); print('elftools' in sys.modules)"
    )
    command = [sys.executable, "-c", code, path]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
