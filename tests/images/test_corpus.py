"""Real firmware of many projects: all of it is read."""

from twincore.images import Kind, describe_text, open_image
from twincore.images.load import read_image


def test_a_real_flash_image_boots_from_reset(corpus_flash):
    image = open_image(corpus_flash)
    assert (image.kind, image.needs_second_stage, image.warnings) == (Kind.FLASH, False, ())
    assert image.app.descriptor is not None
    assert "Partition table at 0x8000" in describe_text(image)


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
        return
    theirs, ours = open_image(flash).app, open_image(corpus_elf).app
    assert ours.entry == theirs.entry
