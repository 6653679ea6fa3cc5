"""The chip's own ROM drives the crypto blocks: its functions for AES, big numbers, HMAC, DS and SHA are right.

The ROM was written for the chip; that it gets right results from the blocks says that they behave as the chip's do.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from esp32s3.sha_functions import KINDS, advanced
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, StopKind
from twincore.images import open_image
from twincore.images.rom import load_rom
from twincore.isa.asm import assemble_program

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TWINCORE_SHARED", ROOT.parent / "shared"))
MASK_ROM = SHARED / "rom" / "esp32s3_rev0_rom.elf"
CODE, TABLE, STACK, MEMORY = 0x4037_8000, 0x3FC9_0000, 0x3FC9_8000, 0x3FCA_0000
GUEST = f"""
        .literal table, {TABLE:#x}
done:   j done
again:  l32r a2, table
        l32i a8, a2, 0
        l32i a10, a2, 4
        l32i a11, a2, 8
        l32i a12, a2, 12
        l32i a13, a2, 16
        l32i a14, a2, 20
        l32i a15, a2, 24
        l32i a3, a2, 28
        s32i a3, a1, 0
        callx8 a8
        j done
"""
SECOND = 1_000_000_000
KEY0, PURPOSE_DS, PURPOSE_UP = 4, 7, 8
SECRET, DS_SECRET = bytes(range(7, 39)), bytes(range(40, 72))


class Rom:
    """A chip that stands at its application's entry; the ROM's functions can be called by name."""

    def __init__(self) -> None:
        self.engine = EmbeddedEngine("generic")
        image = open_image(ROOT / "firmware/prebuilt/amp.bin")
        self.engine.load(image, rom=str(MASK_ROM))
        self.symbols = load_rom(MASK_ROM).symbols
        guest = assemble_program(GUEST, CODE)
        self.labels = guest.symbols
        stop = self.engine.run_until([AddressReached(image.entry, 0)], SECOND)
        assert stop.kind is StopKind.CONDITION, self.engine.serial_output("UART0").text
        self.engine.write_memory(CODE, guest.content + bytes(-len(guest.content) % 4))
        self.next = MEMORY
        for protect, config in ((0x6001_F064, 0x6001_F048), (0x6000_80B0, 0x6000_8098)):
            self.store(protect, 0x50D8_3AA1)
            self.store(config, 0)
        self.store(0x6000_80B8, 0x8F1D_312A)
        self.store(0x6000_80B4, 1 << 31)
        self.burn(KEY0 + 1, SECRET)
        self.burn(KEY0 + 2, DS_SECRET)
        self.burn(0, (PURPOSE_UP << 64 + 28 | PURPOSE_DS << 64 + 32).to_bytes(32, "little"))

    def store(self, address: int, word: int) -> None:
        """Store to a register as a core does."""
        self.engine.machine.io_write(0, address, 4, word)

    def burn(self, block: int, content: bytes) -> None:
        for n in range(8):
            self.store(0x6000_7000 + 4 * n, int.from_bytes(content[4 * n : 4 * n + 4], "little"))
        for code, command in ((0x5A5A, 2 | block << 2), (0x5AA5, 1)):
            self.store(0x6000_71CC, code)
            self.store(0x6000_71D4, command)

    def put(self, content: bytes) -> int:
        """Store bytes in memory and return where."""
        address, self.next = self.next, self.next + (len(content) + 15 & -16)
        self.engine.write_memory(address, content)
        return address

    def words(self, number: int, count: int) -> int:
        return self.put(number.to_bytes(4 * count, "little"))

    def number(self, address: int, count: int) -> int:
        return int.from_bytes(self.engine.read_memory(address, 4 * count), "little")

    def call(self, name: str, *arguments: int) -> int:
        """Call a function of the ROM; up to seven arguments."""
        words = [self.symbols.find(name).address, *arguments, *[0] * (7 - len(arguments))]
        self.engine.write_memory(TABLE, struct.pack("<8I", *words))
        for register, value in (("pc", self.labels["again"]), ("a1", STACK)):
            self.engine.write_register(0, register, value)
        stop = self.engine.run_until([AddressReached(self.labels["done"], 0)], 10 * SECOND)
        assert stop.kind is StopKind.CONDITION, f"{name}: pc {self.engine.read_register(0, 'pc'):#x}"
        return int(self.engine.read_register(0, "a10"))


@pytest.fixture(scope="module")
def shared_rom() -> Iterator[Rom]:
    if not MASK_ROM.is_file():
        pytest.skip(f"no mask ROM at {MASK_ROM}; set TWINCORE_SHARED")
    rom = Rom()
    yield rom
    rom.engine.close()


@pytest.fixture
def rom(shared_rom: Rom) -> Rom:
    shared_rom.next = MEMORY
    return shared_rom


@pytest.mark.parametrize(
    ("bits", "size", "expected"),
    [(0, 16, "69c4e0d86a7b0430d8cdb78070b4c55a"), (2, 32, "8ea2b7ca516745bfeafc49904b496089")],
)
def test_aes(rom: Rom, bits: int, size: int, expected: str) -> None:
    """FIPS 197, appendix C."""
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    key, source, target = rom.put(bytes(range(size))), rom.put(plain), rom.put(bytes(16))
    rom.call("ets_aes_enable")
    assert rom.call("ets_aes_setkey_enc", key, bits) == 0
    rom.call("ets_aes_block", source, target)
    assert rom.engine.read_memory(target, 16).hex() == expected
    assert rom.call("ets_aes_setkey_dec", key, bits) == 0
    rom.call("ets_aes_block", target, source)
    assert rom.engine.read_memory(source, 16) == plain
    rom.call("ets_aes_disable")


@pytest.mark.parametrize("words", [1, 8, 64, 128])
def test_big_numbers(rom: Rom, words: int) -> None:
    rng = random.Random(words)
    x, y, modulus = rng.getrandbits(32 * words), rng.getrandbits(32 * words), rng.getrandbits(32 * words) | 1
    operands = [rom.words(number, words) for number in (x, y, modulus)]
    helper = -pow(modulus, -1, 1 << 32) & 0xFFFF_FFFF
    squared, result = rom.words((1 << 64 * words) % modulus, words), rom.put(bytes(8 * words))
    rom.call("ets_bigint_enable")
    assert rom.call("ets_bigint_modmult", *operands, helper, squared, words) == 0
    rom.call("ets_bigint_wait_finish")
    assert rom.call("ets_bigint_getz", result, words) == 0
    assert rom.number(result, words) == x * y % modulus
    assert rom.call("ets_bigint_modexp", *operands, helper, squared, 0, words) == 0
    rom.call("ets_bigint_wait_finish")
    assert rom.call("ets_bigint_getz", result, words) == 0
    assert rom.number(result, words) == pow(x, y, modulus)
    if words <= 64:
        assert rom.call("ets_bigint_multiply", *operands[:2], words) == 0
        rom.call("ets_bigint_wait_finish")
        assert rom.call("ets_bigint_getz", result, 2 * words) == 0
        assert rom.number(result, 2 * words) == x * y
    rom.call("ets_bigint_disable")


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 300])
def test_hmac(rom: Rom, length: int) -> None:
    message = bytes(n * 5 & 0xFF for n in range(length))
    source, result = rom.put(message + b"\0"), rom.put(bytes(32))
    rom.call("ets_hmac_enable")
    assert rom.call("ets_hmac_calculate_message", KEY0 + 1, source, length, result) == 0
    assert rom.engine.read_memory(result, 32) == hmac.digest(SECRET, message, hashlib.sha256)
    assert rom.call("ets_hmac_calculate_message", KEY0 + 2, source, length, result) != 0
    rom.call("ets_hmac_disable")


def test_ds(rom: Rom) -> None:
    """The ROM encrypts the parameters of a key, and has DS sign with them."""
    words = 32
    rng = random.Random(5)
    modulus, exponent, message = (rng.getrandbits(32 * words) for _ in range(3))
    modulus |= 1 | 1 << 32 * words - 1
    plain = b"".join(n.to_bytes(512, "little") for n in (exponent, modulus, (1 << 64 * words) % modulus))
    plain += struct.pack("<II", -pow(modulus, -1, 1 << 32) & 0xFFFF_FFFF, words - 1)
    data, vector, numbers, secret = (
        rom.put(bytes(4 + 16 + 1584)),
        rom.put(b"v" * 16),
        rom.put(plain),
        rom.put(DS_SECRET),
    )
    content, signature = rom.words(message % modulus, words), rom.put(bytes(4 * words))
    rom.call("ets_aes_enable")
    rom.call("ets_sha_enable")
    assert rom.call("ets_ds_encrypt_params", data, vector, numbers, secret, 0) == 0
    rom.call("ets_hmac_enable")
    rom.call("ets_ds_enable")
    assert rom.call("ets_hmac_calculate_downstream", KEY0 + 2, PURPOSE_DS) == 0
    assert rom.call("ets_ds_start_sign", content, data) == 0
    assert rom.call("ets_ds_is_busy") == 1
    assert rom.call("ets_ds_finish_sign", signature, data) == 0
    assert rom.number(signature, words) == pow(message, exponent, modulus)
    assert rom.call("ets_hmac_invalidate_downstream", PURPOSE_DS) == 0
    rom.call("ets_ds_disable")
    rom.call("ets_hmac_disable")


@pytest.mark.parametrize(("kind", "name"), [(0, "sha1"), (1, "sha224"), (2, "sha256"), (3, "sha384"), (4, "sha512")])
def test_sha(rom: Rom, kind: int, name: str) -> None:
    message = bytes(range(256)) * 3
    context, source, result = rom.put(bytes(256)), rom.put(message), rom.put(bytes(64))
    rom.call("ets_sha_enable")
    assert rom.call("ets_sha_init", context, kind) == 0
    rom.call("ets_sha_update", context, source, 500, 1)
    rom.call("ets_sha_update", context, source + 500, len(message) - 500, 0)
    assert rom.call("ets_sha_finish", context, result) == 0
    expected = hashlib.new(name, message).digest()
    assert rom.engine.read_memory(result, len(expected)) == expected
    rom.call("ets_sha_disable")


@pytest.mark.parametrize("t", [8, 100, 256])
def test_sha_512_t(rom: Rom, t: int) -> None:
    """The ROM makes the name of the function from t."""
    message = b"twincore" * 40
    context, source, result = rom.put(bytes(256)), rom.put(message), rom.put(bytes(64))
    rom.call("ets_sha_enable")
    assert rom.call("ets_sha_init", context, 7) == 0
    assert rom.call("ets_sha_starts", context, t) == 0
    rom.call("ets_sha_get_state", context)  # without it, the ROM begins with the zeros that its context holds
    rom.call("ets_sha_update", context, source, len(message), 0)
    assert rom.call("ets_sha_finish", context, result) == 0
    got = rom.engine.read_memory(result, 32)
    if t == 256:
        assert got == hashlib.new("sha512_256", message).digest()
    else:
        assert got[: t // 8] == sha_512_t(t, message)[: t // 8]
    rom.call("ets_sha_disable")


def sha_512_t(t: int, message: bytes) -> bytes:
    """Work SHA-512/t out by the compression function alone (FIPS 180-4, 5.3.6)."""

    def padded(content: bytes) -> bytes:
        return content + b"\x80" + bytes(-(len(content) + 17) % 128) + (8 * len(content)).to_bytes(16, "big")

    kind = KINDS[4]
    changed = bytes(byte ^ 0xA5 for byte in kind.initial)
    return advanced(kind, advanced(kind, changed, padded(f"SHA-512/{t}".encode())), padded(message))
