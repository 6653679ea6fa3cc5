"""DS: signatures against Python's own arithmetic; wrong keys, digests and padding."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.aes import CBC, carry_out
from esp32s3.aes_cipher import Aes

SECRET = bytes(range(32))
VECTOR = bytes(range(100, 116))
DOWN_DS, UP = 7, 8
MD_ERROR, PADDING_BAD = 1, 2


def parameters(
    exponent: int, modulus: int, words: int, *, padding: bytes = b"\x08" * 8, digest: bytes | None = None
) -> bytes:
    """Return what C_MEM takes for a private key, as the vendor's tool makes it."""
    numbers = b"".join(n.to_bytes(512, "little") for n in (exponent, modulus, (1 << 64 * words) % modulus))
    helpers = (-pow(modulus, -1, 1 << 32) & 0xFFFF_FFFF).to_bytes(4, "little") + (words - 1).to_bytes(4, "little")
    digest = digest or hashlib.sha256(numbers + helpers + VECTOR).digest()
    key = Aes(hmac.digest(SECRET, b"\xff" * 32, hashlib.sha256))
    return carry_out(key, CBC, numbers + digest + helpers + padding, VECTOR, decrypts=False)[0]


class Signer:
    """The signer, driven as ESP-IDF does."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        for block in ("RTC_CNTL", "TIMG0"):  # a signature takes longer than the watchdogs wait
            chip.write(f"{block}.WDTWPROTECT", 0x50D8_3AA1)
            chip.write(f"{block}.WDTCONFIG0", 0)
        chip.write("RTC_CNTL.SWD_WPROTECT", 0x8F1D_312A)
        chip.write("RTC_CNTL.SWD_CONF", 1 << 31)

    def configure(self, purpose: int = DOWN_DS, key: int = 1) -> int:
        for register, value in (("SET_START", 1), ("SET_PARA_PURPOSE", purpose), ("SET_PARA_KEY", key)):
            self.chip.write(f"HMAC.{register}", value)
        self.chip.write("HMAC.SET_PARA_FINISH", 1)
        self.chip.run(us=20)
        return int(self.chip.read("HMAC.QUERY_ERROR"))

    def put(self, memory: str, content: bytes) -> None:
        for n in range(0, len(content), 4):
            self.chip.write(f"DS.{memory.format(n // 4)}", int.from_bytes(content[n : n + 4], "little"))

    def start(self) -> int:
        self.chip.write("DS.SET_START", 1)
        assert self.chip.read("DS.QUERY_BUSY") == 1
        self.chip.run(us=100)
        return int(self.chip.read("DS.QUERY_BUSY"))

    def sign(self, message: int, encrypted: bytes, words: int) -> tuple[int, int]:
        """Return the result of the checks and the signature."""
        self.put("C_MEM[{}]", encrypted)
        self.put("IV_{}", VECTOR)
        self.put("X_MEM[{}]", message.to_bytes(4 * words, "little"))
        self.chip.write("DS.SET_ME", 1)
        assert self.chip.read("DS.QUERY_BUSY") == 1
        self.chip.run(us=10_000_000)
        assert self.chip.read("DS.QUERY_BUSY") == 0
        signature = sum(int(self.chip.read(f"DS.Z_MEM[{n}]")) << 32 * n for n in range(words))
        return int(self.chip.read("DS.QUERY_CHECK")), signature


@pytest.fixture
def signer(chip: Callable[..., Any]) -> Signer:
    machine = chip()
    machine.burn_key(1, DOWN_DS, SECRET)
    machine.burn_key(2, UP, SECRET)
    return Signer(machine)


@pytest.mark.parametrize("words", [32, 64, 128])
def test_signatures(signer: Signer, words: int) -> None:
    rng = random.Random(words)
    modulus, exponent = rng.getrandbits(32 * words) | 1 | 1 << 32 * words - 1, rng.getrandbits(32 * words)
    message = rng.getrandbits(32 * words) % modulus
    assert signer.configure() == 0
    assert signer.start() == 0
    assert signer.sign(message, parameters(exponent, modulus, words), words) == (0, pow(message, exponent, modulus))


@pytest.mark.parametrize(
    ("changes", "check", "signs"),
    [
        ({"padding": b"\x07" * 8}, PADDING_BAD, True),
        ({"digest": b"x" * 32}, MD_ERROR, False),
        ({"digest": b"x" * 32, "padding": bytes(8)}, MD_ERROR | PADDING_BAD, False),
    ],
)
def test_parameters_that_are_not_genuine(signer: Signer, changes: Any, check: int, signs: bool) -> None:
    modulus = (1 << 1024) - 105
    signer.configure()
    signer.start()
    result = signer.sign(5, parameters(3, modulus, 32, **changes), 32)
    assert result == (check, 125 if signs else 0)


def test_another_key_decrypts_to_nonsense(chip: Callable[..., Any]) -> None:
    machine = chip()
    machine.burn_key(1, DOWN_DS, SECRET[::-1])
    signer = Signer(machine)
    signer.configure()
    signer.start()
    check, signature = signer.sign(5, parameters(3, (1 << 1024) - 105, 32), 32)
    assert (check & MD_ERROR, signature) == (MD_ERROR, 0)


@pytest.mark.parametrize(("purpose", "key", "wrong"), [(UP, 2, 1), (DOWN_DS, 2, 0)])
def test_without_a_key_it_waits_until_it_is_finished(signer: Signer, purpose: int, key: int, wrong: int) -> None:
    signer.configure(purpose, key)
    assert signer.start() == 1
    assert signer.chip.read("DS.QUERY_KEY_WRONG") == wrong
    signer.chip.write("DS.SET_ME", 1)
    signer.chip.run(us=10_000_000)
    assert signer.chip.read("DS.QUERY_BUSY") == 1
    signer.chip.write("DS.SET_FINISH", 1)
    assert signer.chip.read("DS.QUERY_BUSY") == 0


def test_finish_forgets_the_key(signer: Signer) -> None:
    signer.configure()
    signer.start()
    signer.chip.write("DS.SET_ME", 1)
    signer.chip.write("DS.SET_FINISH", 1)
    signer.chip.run(us=10_000_000)
    assert signer.chip.block("DS").key == b""
    assert signer.chip.read("DS.QUERY_CHECK") == 0
