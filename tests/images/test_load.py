"""Opening files: what they are, and what to do with those that are no image."""

import os

import pytest

from twincore.errors import ImageError, UsageError
from twincore.images import Kind, open_image
from twincore.images.files import MAX_FILE_SIZE
from twincore.images.partitions import build_table
from twincore.images.synth import write_app


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "image.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def error_of(path, **options) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(path, **options)
    assert caught.value.who.startswith(str(path))
    return str(caught.value)


def test_a_flash_image_boots_from_reset(make, file):
    image = open_image(file(make.flash()))
    assert (image.kind, image.needs_second_stage, image.app_offset) == (Kind.FLASH, False, 0x1_0000)
    assert image.app.descriptor.project == "demo"


def test_a_ram_only_image_is_a_flash_image(make, file):
    image = open_image(file(make.bootloader()))
    assert (image.kind, image.needs_second_stage, image.app_offset) == (Kind.FLASH, False, 0)
    assert [s.address for s in image.ram_segments] == [0x3FCE_3818, 0x403C_9700]


def test_an_application_image_is_placed_behind_a_table(make, file):
    image = open_image(file(make.app()))
    assert (image.kind, image.needs_second_stage, image.app_offset) == (Kind.APP, True, 0x1_0000)
    assert image.flash.data[0x1_0000:] == make.app()
    assert image.flash.table.find("factory").offset == 0x1_0000
    assert [(s.address, offset) for s, offset in image.flash_segments] == [
        (0x3C01_0020, 0x1_0020),
        (0x4200_0020, 0x2_0020),
    ]


def test_an_elf_file_is_placed_like_an_application(firmware_elf, file):
    image = open_image(file(firmware_elf))
    assert (image.kind, image.needs_second_stage, image.app_offset) == (Kind.ELF, True, 0x1_0000)
    assert image.symbols.find("app_main").address == 0x4200_0020
    assert image.entry == 0x4037_4000


def test_a_flash_image_without_bootloader_needs_the_second_stage(make, file):
    image = open_image(file(make.lay((0x8000, build_table(make.partitions)), (0x1_0000, make.app()))))
    assert (image.kind, image.needs_second_stage) == (Kind.FLASH, True)


def test_an_application_with_a_table_by_chance_inside_is_one(make, file):
    data = bytearray(make.app())
    image = open_image(file(bytes(data)))
    filler = b"\0" * (0x8000 - 0x20) + build_table(make.partitions)
    chance = write_app([(0x3C00_0020, filler), (0x4037_8000, bytes(4))], 0x4037_8000)
    assert chance[0x8000:0x8002] == b"\xaa\x50"
    assert image.kind is open_image(file(chance)).kind is Kind.APP


@pytest.mark.parametrize(("kind", "second_stage"), [("flash", False), ("app", True)])
def test_the_kind_can_be_said(make, file, kind, second_stage):
    assert open_image(file(make.bootloader()), kind=kind).needs_second_stage is second_stage


@pytest.mark.parametrize("kind", ["elf", "app", "build"])
def test_a_wrong_kind_is_an_error(make, file, kind):
    error_of(file(b"\0" + make.flash()), kind=kind)


def test_an_unknown_kind_lists_the_kinds(make, file):
    with pytest.raises(UsageError, match="there is no kind 'hex'; choose flash, app, elf, build"):
        open_image(file(make.flash()), kind="hex")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b":10010000214601360121470136007EFE09D2190140\n", "an Intel HEX file is no flash image; convert it: esptool"),
        (b"UF2\nWQ]\x9e" + bytes(504), "a UF2 file is no image; merge the project's .bin files instead: esptool"),
        (b"\x1f\x8b\x08\0", "a gzip file is no image; unpack it first"),
        (b"PK\x03\x04", "a zip file is no image; unpack it first"),
        (b"\xaa\x50\x01\x02", "a partition table alone is no image"),
        (b"!<arch>\n", "a static library is no image; link it first"),
        (b"hello", "the format is unknown: the file begins with 68656c6c"),
        (b"\0", "the format is unknown: the file begins with 00"),
        (b"\xff" * 4096, "has a partition table; neither is here"),
        (b"", "the file is empty"),
    ],
)
def test_what_is_no_image_is_named(file, data, words):
    assert words in error_of(file(data))


def test_the_hex_command_names_the_file(file):
    words = error_of(file(b":020000040000FA\n", "my.hex"))
    assert words.endswith("esptool --chip esp32s3 merge-bin --output flash.bin 0x0 my.hex")


def test_a_missing_file_is_an_error(tmp_path):
    assert "the file cannot be read: No such file or directory" in error_of(tmp_path / "none.bin")


def test_an_unreadable_file_is_an_error(make, file, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    path = file(make.flash())
    monkeypatch.setattr(os, "open", refuse)
    assert "the file cannot be read: Permission denied; check the path and its permissions" in error_of(path)


def test_a_path_with_a_nul_is_an_error():
    with pytest.raises(ImageError, match="cannot be read"):
        open_image("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "expected a file" in error_of(tmp_path / "pipe")


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.bin"
    with path.open("wb") as sparse:
        sparse.truncate(MAX_FILE_SIZE + 1)
    assert "expected at most 33554432" in error_of(path)


def test_opening_leaves_the_file_alone(make, file):
    path = file(make.flash())
    path.chmod(0o444)
    before = (path.stat().st_mtime_ns, path.read_bytes())
    open_image(path)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_symbols_of_a_core_are_added(make, firmware_elf, file):
    extra = file(firmware_elf, "rust.elf")
    image = open_image(file(make.flash()), elfs=[f"{extra}@core1"])
    assert image.symbols.find("app_main", core=1).core == 1
    assert image.symbols.get("app_main", core=0) is None


def test_there_is_no_third_core(make, file):
    with pytest.raises(UsageError, match="has core0 and core1, not core2"):
        open_image(file(make.flash()), elfs=["rust.elf@core2"])


def test_a_shared_mmu_entry_is_pointed_out(make, file):
    elf = make.elf(
        [make.Sec(".rodata", 0x3C00_0020, bytes(64)), make.Sec(".text", 0x4200_0020, bytes(64))], entry=0x4200_0020
    )
    assert open_image(file(elf)).warnings == (
        "DROM (flash) and IROM (flash) need different flash pages in MMU entry 0",
    )


def test_a_first_image_over_the_roms_stack_is_pointed_out(file):
    app = write_app([(0x3FCE_A000, bytes(4)), (0x4037_8000, bytes(4))], 0x4037_8000)
    assert open_image(file(app)).warnings == (
        "the image at offset 0 loads 4 bytes at 0x3fcea000 over the stack on which the ROM loads it",
    )


def test_an_address_has_a_source_line(corpus_elf):
    image = open_image(corpus_elf)
    main = image.symbols.get("app_main") or image.symbols.find("main")
    assert image.source_line(main.address) == image.elfs[0].lines.at(main.address)
    assert image.source_line(0x3FC8_8000) is None
