"""Real firmware of many projects: all of it is read."""

from pathlib import Path

import pytest

from twincore.images import Kind, Memory, describe, load_rom, open_image, text_of
from twincore.images.load import read_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"


def test_a_real_flash_image_boots_from_reset(corpus_flash):
    image = open_image(corpus_flash)
    assert (image.kind, image.needs_second_stage, image.warnings) == (Kind.FLASH, False, ())
    assert image.app.descriptor is not None
    assert "Partition table at 0x8000" in text_of(describe(image))


def test_the_application_of_a_real_flash_image_is_one_alone(corpus_flash):
    whole = open_image(corpus_flash)
    app = whole.flash.data[whole.app_offset :][: whole.app.size]
    alone = read_image(app, path=corpus_flash)
    assert (alone.kind, alone.app.segments) == (Kind.APP, whole.app.segments)


def test_the_bootloader_of_a_real_flash_image_is_a_flash_image(corpus_flash):
    flash = open_image(corpus_flash).flash
    assert read_image(flash.data[: flash.first.size], path=corpus_flash).kind is Kind.FLASH


def test_a_real_elf_file_becomes_an_application(corpus_elf):
    image = open_image(corpus_elf)
    assert (image.kind, image.needs_second_stage, image.warnings) == (Kind.ELF, True, ())
    assert len(image.symbols) > 1000
    assert image.symbols.at(image.entry) is not None


def test_a_real_elf_file_gives_the_memory_of_its_flash_image(corpus_elf):
    flash = corpus_elf.with_name("flash.bin")
    if not flash.is_file():
        pytest.skip("no flash image of this ELF file is here")
    theirs, ours = open_image(flash).app, open_image(corpus_elf).app
    assert ours.entry == theirs.entry
    a, b = memory_of(ours), memory_of(theirs)
    # Older tools leave the ELF file's own hash out of the descriptor.
    start = min(a)
    hash_at = range(start + 144, start + 176)
    assert {k: v for k, v in a.items() if k not in hash_at} == {k: v for k, v in b.items() if k not in hash_at}


def memory_of(app) -> dict[int, int]:
    """Maps each address to its byte, padding left out."""
    parts = [s for s in app.segments if s.memory is not Memory.PADDING]
    return {s.address + i: byte for s in parts for i, byte in enumerate(s.data)}


@pytest.mark.parametrize("name", ["amp.bin", "amp.elf"])
def test_our_own_firmware_opens(name):
    file = PREBUILT / name
    if not file.is_file():
        pytest.skip(f"{name} has not been built")
    image = open_image(file)
    assert image.warnings == ()
    assert image.needs_second_stage is name.endswith(".elf")


def test_our_own_rom_opens():
    file = PREBUILT / "openrom.elf"
    if not file.is_file():
        pytest.skip("openrom.elf has not been built")
    rom = load_rom(file)
    assert len(rom.data) == 0x6_0000
    assert len(rom.symbols) > 0
