"""Applications for MCUboot in a flash image."""

import struct

from twincore.images import Memory, describe, open_image, text_of
from twincore.images.mcuboot import find_apps


def slot(version: tuple[int, int, int, int] = (1, 2, 3, 0), size: int = 0x200, load: bytes | None = None) -> bytes:
    """Writes an application as imgtool and Espressif's linker scripts make it, without the trailer."""
    header = struct.pack("<4sIHHIIBBHI", b"\x3d\xb8\xf3\x96", 0, 0x20, 0, size, 0, *version).ljust(0x20, b"\0")
    iram, dram = (0x4037_4000, 0x100, 0x60), (0x3FC8_A000, 0x160, 0x20)
    load = struct.pack("<8I", 0xACE637D3, 0x4037_4010, *iram, *dram) if load is None else load
    return header + load.ljust(size, b"\0")


def test_an_application_says_where_its_parts_go(make):
    (app,) = find_apps(make.lay((0, make.bootloader()), (0x1_0000, slot())))
    assert (app.offset, app.version, app.entry) == (0x1_0000, "1.2.3", 0x4037_4010)
    assert [(p.memory, p.address, p.size, p.offset) for p in app.parts] == [
        (Memory.IRAM, 0x4037_4000, 0x60, 0x1_0100),
        (Memory.DRAM, 0x3FC8_A000, 0x20, 0x1_0160),
    ]


def test_two_slots_are_found(make):
    data = make.lay((0, make.bootloader()), (0x1_0000, slot()), (0x11_0000, slot((2, 0, 0, 7))))
    assert [(app.offset, app.version) for app in find_apps(data)] == [(0x1_0000, "1.2.3"), (0x11_0000, "2.0.0+7")]


def test_a_cut_one_is_none(make):
    assert find_apps(make.lay((0, make.bootloader()), (0x1_0000, slot()))[:-1]) == ()


def test_another_chips_application_has_no_parts(make):
    (app,) = find_apps(make.lay((0x1_0000, slot(load=b"\1\2"))))
    assert (app.entry, app.parts) == (None, ())
    (tiny,) = find_apps(make.lay((0x1_0000, slot(size=4, load=b""))) + bytes(8))
    assert tiny.entry is None


def test_a_flash_image_with_mcuboot_is_explained(make, tmp_path):
    path = tmp_path / "flash.bin"
    path.write_bytes(make.lay((0, make.bootloader()), (0x1_0000, slot())))
    image = open_image(path)
    assert image.warnings == ()
    text = text_of(describe(image))
    assert "Application for MCUboot at 0x10000\n  version  1.2.3\n  size     512 bytes\n" in text
    assert "IRAM     0x40374000, 96 bytes, in flash at 0x10100" in text
