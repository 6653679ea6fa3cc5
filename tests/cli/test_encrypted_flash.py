"""Images on a chip that encrypts its flash, given in the clear and encrypted."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esp32s3.xts import Xts
from twincore import TwinCore
from twincore.images import Kind, open_image
from twincore.images.efuses import WORDS, efuse_file
from twincore.keywords.repeat import run_command

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
KEY = random.Random(3).randbytes(32)
"""As espsecure's key files have it; the fuses hold it backwards."""
BLOCK_0_WORD_2, KEY_0 = 2, 28
"""Words of the fuses: RD_REPEAT_DATA1, RD_KEY0_DATA0."""


@pytest.fixture
def fuses(tmp_path: Path) -> Path:
    """A file of fuses with SPI_BOOT_CRYPT_CNT 1 and a key for XTS_AES_128 that software cannot read."""
    words = [0] * WORDS
    words[1], words[BLOCK_0_WORD_2] = 1, 1 << 18 | 4 << 24
    backwards = KEY[::-1]
    words[KEY_0 : KEY_0 + 8] = [int.from_bytes(backwards[at : at + 4], "little") for at in range(0, 32, 4)]
    path = tmp_path / "fuses.bin"
    path.write_bytes(efuse_file(words))
    return path


def decrypted(content: bytes, address: int) -> bytes:
    """Decrypt as espsecure does: units of 128 bytes, backwards, with their address for tweak."""
    ciphers = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    result = b""
    for at in range(0, len(content), 128):
        tweak = (address + at).to_bytes(16, "little")
        cipher = ciphers.Cipher(ciphers.algorithms.AES(KEY), ciphers.modes.XTS(tweak))
        result += cipher.decryptor().update(content[at : at + 128][::-1])[::-1]
    return result


@pytest.mark.parametrize("rom", ["open", "mask"])
def test_esp_idf_boots(
    twincore: Any, shared_image: Any, request: pytest.FixtureRequest, tmp_path: Path, fuses: Path, rom: str
) -> None:
    image, saved = shared_image("hopejar-blink"), tmp_path / "flash.bin"
    chosen = "open" if rom == "open" else request.getfixturevalue("mask_rom")
    options = ("--efuse", fuses, "--save-flash", saved, "--rom", chosen)
    result = twincore("run", image, *options, "--until", "Calling app_main", "--timeout", "1s")
    assert result.status == 0, result.err
    content, plain = saved.read_bytes(), open_image(image).flash
    assert plain.first is not None
    assert plain.boot is not None
    assert plain.boot.image is not None
    for at, size in ((0, plain.first.size), (0x8000, 0xC00), (plain.boot.partition.offset, plain.boot.image.size)):
        size &= -128
        assert content[at : at + size] != plain.data[at : at + size]
        assert decrypted(content[at : at + size], at) == plain.data[at : at + size]


@pytest.fixture(scope="session")
def espsecure(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, int], bytes]:
    """Encrypts as espsecure.py does, in a process of its own: another's code in the place of ours."""
    pytest.importorskip("espsecure")
    folder = tmp_path_factory.mktemp("espsecure")
    (folder / "key").write_bytes(KEY)

    def encrypt(content: bytes, address: int) -> bytes:
        (folder / "plain").write_bytes(content)
        options = ("--aes-xts", "--keyfile", "key", "--output", "encrypted", "--address", hex(address), "plain")
        command = [sys.executable, "-m", "espsecure", "encrypt-flash-data", *options]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        return (folder / "encrypted").read_bytes()

    return encrypt


def read_out(image: Path, encrypt: Callable[[bytes, int], bytes]) -> bytes:
    """Make of a published image what a flash holds whose parts were written encrypted, each file whole."""
    plain = open_image(image).flash
    content = bytearray(plain.data)
    assert plain.first is not None
    assert plain.boot is not None
    assert plain.boot.image is not None
    app = plain.boot.partition.offset
    for first, end in ((0, plain.first.size), (0x8000, 0x9000), (app, app + plain.boot.image.size)):
        content[first:end] = encrypt(bytes(content[first:end]), first)
    return bytes(content)


def test_a_flash_that_is_encrypted_already_boots(
    twincore: Any, shared_image: Any, tmp_path: Path, fuses: Path, espsecure: Callable[[bytes, int], bytes]
) -> None:
    image, given, saved = shared_image("hopejar-blink"), tmp_path / "given.bin", tmp_path / "saved.bin"
    content = read_out(image, espsecure)
    given.write_bytes(content)
    options = ("--efuse", fuses, "--flash-encrypted", "--save-flash", saved)
    result = twincore("run", given, *options, "--until", "Calling app_main", "--timeout", "1s")
    assert result.status == 0, result.err
    assert saved.read_bytes()[: len(content)] == content


@pytest.mark.parametrize(
    ("image", "options", "problem"),
    [
        ("empty", ("--efuse", "fuses.bin"), "the file is empty"),
        ("clear", ("--efuse", "fuses.bin"), "when the fuses' key decrypts it, got an image in the clear"),
        ("encrypted", (), "expected fuses that encrypt flash"),
        ("noise", ("--efuse", "fuses.bin"), "expected an image that begins with 0xe9 when the fuses' key decrypts it"),
    ],
)
def test_what_cannot_be_an_encrypted_flash_is_refused(
    twincore: Any, tmp_path: Path, fuses: Path, image: str, options: tuple[str, ...], problem: str
) -> None:
    clear = (PREBUILT / "amp.bin").read_bytes()
    content = {
        "clear": clear,
        "encrypted": Xts(KEY).encrypt(0, clear),
        "noise": random.Random(1).randbytes(0x9000),
        "empty": b"",
    }
    (tmp_path / "image.bin").write_bytes(content[image])
    given = [str(fuses) if word == "fuses.bin" else word for word in options]
    result = twincore("run", tmp_path / "image.bin", "--flash-encrypted", *given, "--for", "1ms")
    assert result.status == 2
    assert problem in result.err


def test_a_suite_boots_an_encrypted_image(tmp_path: Path, fuses: Path) -> None:
    image = open_image(PREBUILT / "amp.bin").flash
    assert image.first is not None
    size = image.first.size
    (tmp_path / "flash.bin").write_bytes(Xts(KEY).encrypt(0, image.data[:size]) + image.data[size:])
    library = TwinCore(efuse=str(fuses))
    library.run_keyword("Boot Firmware", [str(tmp_path / "flash.bin")], {"kind": Kind.ENCRYPTED})
    library.run_keyword("Serial Should Print", ["amp: core 0 up"], {})
    run = library.session.run
    assert run is not None
    assert "--flash-encrypted --for" in run_command(run, library.session.options, 1)
    library.close()
