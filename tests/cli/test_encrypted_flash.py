"""A published ESP-IDF image on a chip that encrypts its flash, with both ROMs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from twincore.images import open_image
from twincore.images.efuses import WORDS, efuse_file

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
