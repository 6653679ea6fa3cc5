"""Flash with encryption, on a cipher that can be seen through: every byte is turned by its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from esp32s3.xts import Xts
from twincore.engines.embedded import EmbeddedEngine
from twincore.images import open_image
from twincore.images.app import parse_app
from twincore.images.flash import parse_flash
from twincore.images.partitions import OTA_FIRST, TYPE_APP, TYPE_DATA, Partition, build_table
from twincore.images.synth import write_app
from twincore.machine.board_options import load_board
from twincore.machine.encrypted_flash import UNIT, DecryptedFlash, encrypted
from twincore.machine.memory import Memory

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
PAGE = 0x1_0000
KEY = bytes(range(32))
BOARD = """
extends = "generic"

[board]
name = "encrypted"
title = "A chip that encrypts its flash"

[efuse.fields]
SPI_BOOT_CRYPT_CNT = 1
KEY_PURPOSE_0 = 4
"""


class Turned:
    """Adds address, place and a key to each byte."""

    def __init__(self, key: int = 1) -> None:
        self.key = key
        self.calls: list[tuple[int, int]] = []

    def encrypt(self, address: int, content: bytes) -> bytes:
        self.calls.append((address, len(content)))
        assert address % UNIT == len(content) % UNIT == 0
        return bytes(byte + address // UNIT + at + self.key & 0xFF for at, byte in enumerate(content))

    def decrypt(self, address: int, content: bytes) -> bytes:
        self.calls.append((address, len(content)))
        assert address % UNIT == len(content) % UNIT == 0
        return bytes(byte - address // UNIT - at - self.key & 0xFF for at, byte in enumerate(content))


class Source:
    def __init__(self, cipher: Turned | None) -> None:
        self.cipher = cipher

    def flash_cipher(self) -> Turned | None:
        return self.cipher


def make(cipher: Turned | None) -> tuple[Memory, Source, DecryptedFlash, list[tuple[int, int]]]:
    flash, source, changes = Memory("flash", 4 * PAGE), Source(cipher), list[tuple[int, int]]()
    return flash, source, DecryptedFlash(flash, PAGE, source, lambda _, at, size: changes.append((at, size))), changes


def test_without_encryption_it_is_the_flash() -> None:
    flash, _, mirror, changes = make(None)
    assert mirror.page(PAGE) is flash
    mirror.wrote(0, 4 * PAGE)
    assert changes == []


def test_pages_are_decrypted_once_when_they_are_asked_for() -> None:
    cipher = Turned()
    flash, _, mirror, changes = make(cipher)
    page = mirror.page(2 * PAGE)
    assert page is mirror.page(2 * PAGE)
    assert page.read(2 * PAGE, PAGE) == Turned().decrypt(2 * PAGE, flash.read(2 * PAGE, PAGE))
    assert (cipher.calls, changes) == ([(2 * PAGE, PAGE)], [(2 * PAGE, PAGE)])


@pytest.mark.parametrize(
    ("written", "decrypted"),
    [
        ((PAGE + 0x100, 0x20), [(PAGE + 0x100, 0x20)]),
        ((PAGE + 0x101, 1), [(PAGE + 0x100, 0x10)]),
        ((PAGE - 5, 9), [(PAGE, 0x10)]),
        ((0, 4 * PAGE), [(PAGE, PAGE), (3 * PAGE, PAGE)]),
        ((2 * PAGE, PAGE), []),
    ],
)
def test_what_is_written_is_decrypted_again(written: tuple[int, int], decrypted: list[tuple[int, int]]) -> None:
    cipher = Turned()
    flash, _, mirror, changes = make(cipher)
    page = mirror.page(PAGE)
    mirror.page(3 * PAGE)
    changes.clear()
    flash.fill(b"\x5a")
    mirror.wrote(*written)
    assert changes == decrypted
    for at, size in decrypted:
        assert page.read(at, size) == Turned().decrypt(at, b"\x5a" * size)


def test_another_key_makes_all_pages_new() -> None:
    flash, source, mirror, _ = make(Turned(1))
    mirror.page(0)
    source.cipher = Turned(7)
    assert mirror.page(0).read(0, 32) == Turned(7).decrypt(0, flash.read(0, 32))


def test_what_of_an_image_is_encrypted() -> None:
    bootloader, app = (write_app([(0x4037_8000, bytes(64))], 0x4037_8000) for _ in range(2))
    table = build_table(
        (
            Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x1000),
            Partition("otadata", TYPE_DATA, 0x00, 0xA000, 0x2000),
            Partition("keys", TYPE_DATA, 0x04, 0xC000, 0x1000),
            Partition("marked", TYPE_DATA, 0x81, 0xD000, 0x1000, flags=1),
            Partition("app0", TYPE_APP, OTA_FIRST, 0x1_0000, 0x1_0000),
            Partition("app1", TYPE_APP, OTA_FIRST + 1, 0x2_0000, 0x1_0000),
        )
    )
    data = (bootloader.ljust(0x8000, b"\xff") + table).ljust(0x1_0000, b"\xff") + app + bytes(3)
    cipher = Turned()
    content = encrypted(parse_flash(data, who="image"), cipher)
    size = parse_app(app, who="app").size
    assert size % UNIT == 0
    assert cipher.calls == [
        (0, size),
        (0x8000, 0x1000),
        (0xA000, 0x2000),
        (0xC000, 0x1000),
        (0xD000, 0x1000),
        (0x1_0000, size),
    ]
    clear = bytearray(data)
    for at, length in list(cipher.calls):
        assert Turned().decrypt(at, content[at : at + length]) == data[at : at + length]
        clear[at : at + length] = content[at : at + length]
    assert content == clear


@pytest.fixture
def engine(tmp_path: Path) -> EmbeddedEngine:
    """A chip that encrypts its flash."""
    words = [int.from_bytes(KEY[::-1][at : at + 4], "little") for at in range(0, 32, 4)]
    path = tmp_path / "encrypted.toml"
    path.write_text(BOARD + "".join(f"KEY0_DATA{n} = {word}\n" for n, word in enumerate(words)))
    return EmbeddedEngine(load_board(path))


def test_firmware_boots_from_encrypted_flash(engine: EmbeddedEngine) -> None:
    image = open_image(PREBUILT / "amp.bin")
    engine.load(image)
    engine.run_for(20_000_000)
    assert b"amp: core 0 up" in engine.serial_output("UART0").data
    assert image.flash.first is not None
    size = image.flash.first.size
    assert engine.flash_content()[:size] == Xts(KEY).encrypt(0, image.flash.data[:size])
    engine.close()
