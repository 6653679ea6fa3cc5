"""AES: the vectors of FIPS 197 and SP 800-38A by registers and by DMA; going on with a vector, time, interrupt."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.aes import AES, CBC, CFB8, CFB128, CTR, ECB, OFB, carry_out
from esp32s3.aes_cipher import Aes
from twincore.model import TICKS_PER_SECOND

PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
KEYS = {
    0: bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
    2: bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
}
VECTOR, COUNTER = bytes(range(16)), bytes(range(0xF0, 0x100))
SP_800_38A = [
    (
        0,
        ECB,
        "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
    ),
    (
        0,
        CBC,
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
        "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
    ),
    (
        0,
        OFB,
        "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825"
        "9740051e9c5fecf64344f7a82260edcc304c6528f659c77866a510d9c1d6ae5e",
    ),
    (
        0,
        CTR,
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
    ),
    (
        0,
        CFB8,
        "3b79424c9c0dd436bace9e0ed4586a4f32b9ded50ae3ba69d472e88267fb5052"
        "70cbad1e257691f7c47c5038297edda32ff26d0ed19174096161ecc14086dd62",
    ),
    (
        0,
        CFB128,
        "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
        "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6",
    ),
    (
        2,
        ECB,
        "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
        "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
    ),
    (
        2,
        CBC,
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
    ),
    (
        2,
        OFB,
        "dc7e84bfda79164b7ecd8486985d38604febdc6740d20b3ac88f6ad82a4fb08d"
        "71ab47a086e86eedf39d1c5bba97c4080126141d67f37be8538f5a8be740e484",
    ),
    (
        2,
        CTR,
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
    ),
    (
        2,
        CFB8,
        "dc1f1a8520a64db55fcc8ac554844e889700adc6e10c63cf2d8cd2d8ce668f3e"
        "b9191719c47444fb43bff9b9883c2cd051120402009f974998c89d195722a75b",
    ),
    (
        2,
        CFB128,
        "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"
        "df10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471",
    ),
]
FIPS_197 = [
    (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
    (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
    (32, "8ea2b7ca516745bfeafc49904b496089"),
]


def put(write: Callable[[str, int], None], name: str, content: bytes) -> None:
    for n in range(0, len(content), 4):
        write(f"{name}[{n // 4}]", int.from_bytes(content[n : n + 4], "little"))


def got(read: Callable[[str], int], name: str) -> bytes:
    return b"".join(read(f"{name}[{n}]").to_bytes(4, "little") for n in range(4))


# The cipher


@pytest.mark.parametrize(("size", "expected"), FIPS_197)
def test_the_standards_examples(size: int, expected: str) -> None:
    cipher = Aes(bytes(range(size)))
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert cipher.encrypt(plain).hex() == expected
    assert cipher.decrypt(bytes.fromhex(expected)) == plain
    assert cipher.rounds == size // 4 + 6


def test_against_another_implementation() -> None:
    ciphers = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    rng = random.Random(1)
    for size in (16, 24, 32):
        key, block = rng.randbytes(size), rng.randbytes(16)
        other = ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.ECB())
        assert Aes(key).encrypt(block) == other.encryptor().update(block)
        assert Aes(key).decrypt(block) == other.decryptor().update(block)


def test_a_counter_of_32_or_128_bits() -> None:
    cipher, start = Aes(KEYS[0]), bytes(12) + b"\xff" * 4
    for bits, following in ((32, bytes(15) + b"\0"), (128, bytes(11) + b"\x01" + bytes(4))):
        result, vector = carry_out(cipher, CTR, bytes(32), start, decrypts=False, counter_bits=bits)
        assert result == cipher.encrypt(start) + cipher.encrypt(following)
        assert int.from_bytes(vector, "big") == int.from_bytes(following, "big") + 1


# A block by registers


@pytest.mark.parametrize(("mode", "cycles"), [(0, 11), (2, 15), (4, 11), (6, 15)])
def test_a_block(bench: Callable[..., Any], mode: int, cycles: int) -> None:
    aes = bench(AES)
    expected = {0: SP_800_38A[0], 2: SP_800_38A[6]}[mode & 3][2]
    encrypted = bytes.fromhex(expected)[:16]
    put(aes.write, "KEY", KEYS[mode & 3])
    put(aes.write, "TEXT_IN", encrypted if mode & 4 else PLAIN[:16])
    aes.write("MODE", mode)
    aes.write("TRIGGER", 1)
    assert aes.read("STATE") == 1
    aes.run(ticks=cycles * TICKS_PER_SECOND // 40_000_000 - 1)
    assert aes.read("STATE") == 1
    aes.run(ticks=1)
    assert aes.read("STATE") == 0
    assert got(aes.read, "TEXT_OUT") == (PLAIN[:16] if mode & 4 else encrypted)


@pytest.mark.parametrize(
    ("registers", "what"),
    [
        ({"MODE": 1}, "AES.MODE 1"),
        ({"MODE": 5}, "AES.MODE 5"),
        ({"DMA_ENABLE": 1, "BLOCK_MODE": 6}, "AES.BLOCK_MODE 6"),
    ],
)
def test_what_the_chip_lacks_is_reported(bench: Callable[..., Any], registers: dict[str, int], what: str) -> None:
    aes = bench(AES)
    for name, value in registers.items():
        aes.write(name, value)
    aes.write("TRIGGER", 1)
    assert aes.context.unknown == [what]
    assert aes.read("STATE") == 0


# By DMA

LISTS, SOURCE, TARGET = 0x3FC9_0000, 0x3FCA_0000, 0x3FCB_0000
OWNER, EOF = 1 << 31, 1 << 30
AES_PERIPHERAL = 6


class Engine:
    """The chip's AES with channel 1 to bring blocks and channel 2 to take them."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        chip.write("DMA.OUT_PERI_SEL_CH1", AES_PERIPHERAL)
        chip.write("DMA.IN_PERI_SEL_CH2", AES_PERIPHERAL)

    def descriptor(self, address: int, *words: int) -> None:
        self.chip.machine.dma_write(address, b"".join(word.to_bytes(4, "little") for word in words))

    def bring(self, content: bytes) -> None:
        self.chip.machine.dma_write(SOURCE, content)
        self.descriptor(LISTS, OWNER | EOF | len(content) << 12 | len(content), SOURCE, 0)
        self.chip.write("DMA.OUT_LINK_CH1", LISTS & 0xF_FFFF | 1 << 21)

    def take(self, size: int) -> None:
        self.descriptor(LISTS + 16, OWNER | size, TARGET, 0)
        self.chip.write("DMA.IN_LINK_CH2", LISTS + 16 & 0xF_FFFF | 1 << 22)

    def set_up(self, mode: int, block_mode: int, blocks: int) -> None:
        put(self.chip.write, "AES.KEY", KEYS[mode & 3])
        self.chip.write("AES.MODE", mode)
        self.chip.write("AES.BLOCK_MODE", block_mode)
        self.chip.write("AES.BLOCK_NUM", blocks)
        self.chip.write("AES.DMA_ENABLE", 1)
        self.chip.write("AES.INT_ENA", 1)

    def run(self, mode: int, block_mode: int, content: bytes) -> bytes:
        self.set_up(mode, block_mode, len(content) // 16)
        self.bring(content)
        self.take(len(content))
        self.chip.write("AES.TRIGGER", 1)
        self.chip.run(us=100)
        return self.finish()

    def finish(self) -> bytes:
        assert self.chip.read("AES.STATE") == 2
        assert self.chip.level("AES.interrupt") == 1
        self.chip.write("AES.INT_CLR", 1)
        assert self.chip.level("AES.interrupt") == 0
        self.chip.write("AES.DMA_EXIT", 0)
        assert self.chip.read("AES.STATE") == 0
        word = int.from_bytes(self.chip.machine.dma_read(LISTS + 16, 4), "little")
        assert word >> 30 == 1
        return bytes(self.chip.machine.dma_read(TARGET, word >> 12 & 0xFFF))


@pytest.fixture
def engine(chip: Callable[..., Any]) -> Engine:
    return Engine(chip())


@pytest.mark.parametrize(("mode", "block_mode", "expected"), SP_800_38A)
def test_modes(engine: Engine, mode: int, block_mode: int, expected: str) -> None:
    encrypted, vector = bytes.fromhex(expected), COUNTER if block_mode == CTR else VECTOR
    for direction, content, wanted in ((0, PLAIN, encrypted), (4, encrypted, PLAIN)):
        put(engine.chip.write, "AES.IV_MEM", vector)
        parts = engine.run(mode | direction, block_mode, content[:32])
        parts += engine.run(mode | direction, block_mode, content[32:48])
        parts += engine.run(mode | direction, block_mode, content[48:])
        assert parts == wanted


def test_blocks_by_dma_take_their_time(engine: Engine) -> None:
    engine.set_up(0, ECB, 40)
    engine.bring(bytes(640))
    engine.take(640)
    engine.chip.write("AES.TRIGGER", 1)
    engine.chip.run(us=41)  # 40 blocks of 42 cycles take 42 us at 40 MHz
    assert engine.chip.read("AES.STATE") == 1
    engine.chip.run(us=2)
    assert engine.chip.read("AES.STATE") == 2


def test_data_and_room_are_waited_for(engine: Engine) -> None:
    engine.set_up(0, ECB, 4)
    engine.chip.write("AES.TRIGGER", 1)
    engine.chip.run(us=100)
    engine.bring(PLAIN[:40])
    engine.bring(PLAIN[40:])
    assert engine.chip.read("AES.STATE") == 1
    engine.take(48)
    assert engine.chip.read("AES.STATE") == 1
    assert bytes(engine.chip.machine.dma_read(TARGET, 48)).hex() == SP_800_38A[0][2][:96]
    engine.take(16)
    assert engine.finish().hex() == SP_800_38A[0][2][96:]


def test_the_reset_bit_ends_all(engine: Engine) -> None:
    engine.set_up(0, ECB, 4)
    engine.bring(PLAIN)
    engine.chip.write("AES.TRIGGER", 1)
    engine.chip.write("SYSTEM.PERIP_RST_EN1", 1 << 1)
    engine.chip.run(us=100)
    assert engine.chip.read("AES.STATE") == 0
    assert engine.chip.read("DMA.OUT_INT_RAW_CH1") == 0
