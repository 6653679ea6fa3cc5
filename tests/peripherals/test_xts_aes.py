"""XTS_AES: against another implementation of XTS as the vendor's tool uses it; keys, sizes, states."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.xts import Xts, key_of

KEY_1, KEY_2 = bytes(range(32)), bytes(range(50, 82))
MANUAL_ENCRYPT = 1
ENCRYPTS = (1 << 64 + 18).to_bytes(24, "little")
"""Block 0 with one bit of SPI_BOOT_CRYPT_CNT."""


def by_another(key: bytes, address: int, content: bytes) -> bytes:
    """Encrypt as espsecure does: units of 128 bytes, backwards, with their address for tweak."""
    ciphers = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    before = address % 128
    padded = bytes(before) + content + bytes(-(before + len(content)) % 128)
    result = b""
    for at in range(0, len(padded), 128):
        tweak = (address - before + at).to_bytes(16, "little")
        cipher = ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.XTS(tweak))
        result += cipher.encryptor().update(padded[at : at + 128][::-1])[::-1]
    return result[before : before + len(content)]


@pytest.mark.parametrize("key", [KEY_1, KEY_1 + KEY_2], ids=["128", "256"])
@pytest.mark.parametrize(("address", "length"), [(0, 128), (0x1000, 512), (0x12370, 16), (0xFFF0, 48), (0x8060, 256)])
def test_encryption_and_back(key: bytes, address: int, length: int) -> None:
    content = random.Random(address).randbytes(length)
    encrypted = Xts(key).encrypt(address, content)
    assert encrypted == by_another(key, address, content)
    assert Xts(key).decrypt(address, encrypted) == content


PURPOSES = [
    ({}, bytes(32)),
    ({0: (4, KEY_1[::-1])}, KEY_1),
    ({1: (2, KEY_1[::-1]), 3: (3, KEY_2[::-1])}, KEY_1 + KEY_2),
    ({4: (3, KEY_2[::-1])}, bytes(32) + KEY_2),
    ({2: (2, KEY_1[::-1]), 0: (4, KEY_2[::-1])}, KEY_1 + bytes(32)),
    ({2: (4, KEY_1[::-1]), 5: (4, KEY_2[::-1])}, KEY_1),
]


@pytest.mark.parametrize(("burnt", "expected"), PURPOSES)
def test_the_key_that_the_fuses_give(
    chip: Callable[..., Any], burnt: dict[int, tuple[int, bytes]], expected: bytes
) -> None:
    machine = chip()
    for n, (purpose, content) in burnt.items():
        machine.burn_key(n, purpose, content)
    assert key_of(machine.block("EFUSE")) == expected


@pytest.fixture
def engine(chip: Callable[..., Any]) -> Any:
    machine = chip()
    machine.burn_key(0, 4, KEY_1[::-1])
    machine.write("SYSTEM.EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL", MANUAL_ENCRYPT)
    return machine


@pytest.mark.parametrize(("size", "linesize"), [(16, 0), (32, 1), (64, 2)])
def test_manual_encryption(engine: Any, size: int, linesize: int) -> None:
    for address in (0x1_0000, 0x1_0000 + size):
        content = random.Random(address).randbytes(size)
        engine.write("XTS_AES.LINESIZE", linesize)
        engine.write("XTS_AES.PHYSICAL_ADDRESS", address)
        for n in range(0, size, 4):
            word = int.from_bytes(content[n : n + 4], "little")
            engine.write(f"XTS_AES.PLAIN_{(address % 64 + n) // 4}", word)
        engine.write("XTS_AES.TRIGGER", 1)
        assert engine.read("XTS_AES.STATE") == 1
        engine.run(us=10)
        assert engine.read("XTS_AES.STATE") == 2
        assert engine.block("XTS_AES").released() is None
        engine.write("XTS_AES.RELEASE", 1)
        assert engine.read("XTS_AES.STATE") == 3
        assert engine.block("XTS_AES").released() == (address, by_another(KEY_1, address, content))
        engine.write("XTS_AES.DESTROY", 1)
        assert engine.read("XTS_AES.STATE") == 0
        assert engine.block("XTS_AES").released() is None


def test_nothing_happens_unless_it_is_enabled(engine: Any) -> None:
    engine.write("SYSTEM.EXTERNAL_DEVICE_ENCRYPT_DECRYPT_CONTROL", 0)
    engine.write("XTS_AES.TRIGGER", 1)
    engine.run(us=10)
    assert engine.read("XTS_AES.STATE") == 0


def test_release_waits_for_the_result(engine: Any) -> None:
    engine.write("XTS_AES.RELEASE", 1)
    assert engine.read("XTS_AES.STATE") == 0


def test_psram_is_reported(engine: Any) -> None:
    engine.write("XTS_AES.DESTINATION", 1)
    assert list(engine.machine.unmodelled.counts()) == ["XTS_AES.DESTINATION 1"]


@pytest.mark.parametrize("command", ["FLASH_PP", "USR"])
def test_spi1_programs_what_is_released(engine: Any, command: str) -> None:
    content, address = random.Random(1).randbytes(32), 0x1_0020
    flash = engine.machine.memories["flash"]
    engine.write("XTS_AES.LINESIZE", 1)
    engine.write("XTS_AES.PHYSICAL_ADDRESS", address)
    for n in range(8):
        engine.write(f"XTS_AES.PLAIN_{8 + n}", int.from_bytes(content[4 * n : 4 * n + 4], "little"))
    engine.write("XTS_AES.TRIGGER", 1)
    engine.run(us=10)
    for release, expected in ((1, by_another(KEY_1, address, content)), (0, b"\x55" * 32)):
        engine.write("XTS_AES.RELEASE" if release else "XTS_AES.DESTROY", 1)
        flash.write(address, b"\xff" * 32)
        for n in range(8):
            engine.write(f"SPI1.W{n}", 0x5555_5555)
        engine.write("SPI1.CMD", 1 << 30)  # FLASH_WREN
        engine.run(us=50)
        if command == "FLASH_PP":
            engine.write("SPI1.ADDR", 0 if release else 32 << 24 | address)
            engine.write("SPI1.CMD", 1 << 25)
        else:
            engine.write("SPI1.USER", 1 << 31 | 1 << 30 | 1 << 27)  # USR_COMMAND, USR_ADDR, USR_MOSI
            engine.write("SPI1.USER1", 23 << 26)
            engine.write("SPI1.USER2", 7 << 28 | 0x02)
            engine.write("SPI1.MOSI_DLEN", 32 * 8 - 1)
            engine.write("SPI1.ADDR", address)
            engine.write("SPI1.CMD", 1 << 18)
        engine.run(us=5000)
        assert flash.read(address, 32) == expected


def test_the_caches_read_what_the_fuses_have_encrypted(engine: Any) -> None:
    """From the moment on at which the fuses are read, through pages that are mapped after it."""
    content, address = random.Random(2).randbytes(64), 0x3_0040
    flash = engine.machine.memories["flash"]
    flash.write(address, by_another(KEY_1, address, content))
    window = 0x3C00_0000 + 0x2_0000 + address % 0x1_0000
    engine.write("MMU.ENTRY2", address >> 16)
    assert engine.engine.read_memory(window, 64) == flash.read(address, 64)
    engine.burn(0, ENCRYPTS)
    engine.write("MMU.ENTRY2", 1 << 14)
    engine.write("MMU.ENTRY2", address >> 16)
    assert engine.engine.read_memory(window, 64) == content
    assert flash.read(address, 64) == by_another(KEY_1, address, content)


def test_the_caches_see_what_spi1_erases_and_programs(engine: Any) -> None:
    address = 0x3_0000
    window = 0x3C00_0000 + address
    engine.burn(0, ENCRYPTS)
    engine.write("MMU.ENTRY3", 3)
    for command, content in ((24, b"\xff" * 4), (25, b"\x55" * 4 + b"\xff" * 28)):  # FLASH_SE, FLASH_PP
        engine.write("SPI1.CMD", 1 << 30)
        engine.run(us=50)
        engine.write("SPI1.W0", 0x5555_5555)
        engine.write("SPI1.ADDR", 4 << 24 | address)
        engine.write("SPI1.CMD", 1 << command)
        engine.run(us=100_000)
        raw = engine.machine.memories["flash"].read(address, len(content))
        assert raw == content
        seen = engine.engine.read_memory(window, 16)
        assert by_another(KEY_1, address, seen) == raw[:16].ljust(16, b"\xff")
