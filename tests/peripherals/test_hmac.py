"""HMAC: messages of all lengths against the host's own; purposes of keys; the key for DS."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

KEY = bytes(range(0x40, 0x60))
UP, DOWN_ALL, DOWN_JTAG, DOWN_DS = 8, 5, 6, 7


class Engine:
    """The engine, driven as ESP-IDF does."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip

    def wait(self) -> None:
        self.chip.run(us=20)
        assert self.chip.read("HMAC.QUERY_BUSY") == 0

    def configure(self, purpose: int, key: int) -> int:
        self.chip.write("HMAC.SET_START", 1)
        self.chip.write("HMAC.SET_PARA_PURPOSE", purpose)
        self.chip.write("HMAC.SET_PARA_KEY", key)
        self.chip.write("HMAC.SET_PARA_FINISH", 1)
        self.wait()
        return int(self.chip.read("HMAC.QUERY_ERROR"))

    def block(self, content: bytes) -> None:
        for n in range(16):
            word = int.from_bytes(content[4 * n : 4 * n + 4], "little")
            self.chip.write(f"HMAC.WR_MESSAGE_MEM[{n}]", word)
        self.chip.write("HMAC.SET_MESSAGE_ONE", 1)
        assert self.chip.read("HMAC.QUERY_BUSY") == 1
        self.wait()

    def result(self) -> bytes:
        words = [self.chip.read(f"HMAC.RD_RESULT_MEM[{n}]") for n in range(8)]
        self.chip.write("HMAC.SET_RESULT_FINISH", 2)
        return b"".join(word.to_bytes(4, "little") for word in words)

    def message(self, content: bytes) -> bytes:
        """Hash a message that is padded by software."""
        padded = content + b"\x80" + bytes(-(len(content) + 9) % 64) + (512 + 8 * len(content)).to_bytes(8, "big")
        blocks = [padded[at : at + 64] for at in range(0, len(padded), 64)]
        if len(blocks) == 1:
            self.block(blocks[0])
            self.chip.write("HMAC.ONE_BLOCK", 1)
        for n, block in enumerate(blocks if len(blocks) > 1 else ()):
            if n + 1 == len(blocks):
                self.chip.write("HMAC.SET_MESSAGE_PAD", 1)
            elif n:
                self.chip.write("HMAC.SET_MESSAGE_ING", 1)
            self.block(block)
        self.wait()
        return self.result()


@pytest.fixture
def engine(chip: Callable[..., Any]) -> Engine:
    machine = chip()
    machine.burn_key(2, UP, KEY)
    machine.burn_key(3, DOWN_DS, KEY[::-1])
    machine.burn_key(5, DOWN_ALL, bytes(32))
    return Engine(machine)


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 119, 120, 128, 1000])
def test_messages(engine: Engine, length: int) -> None:
    content = bytes(n * 7 & 0xFF for n in range(length))
    for _ in range(2):
        assert engine.configure(UP, 2) == 0
        assert engine.message(content) == hmac.digest(KEY, content, hashlib.sha256)


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_hardware_pads_whole_blocks(engine: Engine, blocks: int) -> None:
    assert engine.configure(UP, 2) == 0
    for n in range(blocks):
        engine.block(bytes([n]) * 64)
    engine.chip.write("HMAC.SET_MESSAGE_END", 1)
    engine.wait()
    content = b"".join(bytes([n]) * 64 for n in range(blocks))
    assert engine.result() == hmac.digest(KEY, content, hashlib.sha256)


@pytest.mark.parametrize(
    ("purpose", "key", "error"),
    [
        (UP, 2, 0),
        (UP, 3, 1),
        (UP, 0, 1),
        (UP, 5, 1),
        (UP, 7, 1),
        (DOWN_DS, 3, 0),
        (DOWN_DS, 2, 1),
        (DOWN_DS, 5, 0),
        (DOWN_JTAG, 5, 0),
        (DOWN_JTAG, 3, 1),
        (DOWN_ALL, 5, 0),
        (DOWN_ALL, 3, 1),
        (0, 0, 1),
    ],
)
def test_a_key_serves_its_purpose_only(engine: Engine, purpose: int, key: int, error: int) -> None:
    assert engine.configure(purpose, key) == error
    assert engine.configure(UP, 2) == 0


def test_a_wrong_key_gives_no_result(engine: Engine) -> None:
    assert engine.configure(UP, 3) == 1
    engine.chip.write("HMAC.SET_MESSAGE_ONE", 1)
    engine.chip.write("HMAC.ONE_BLOCK", 1)
    engine.chip.run(us=20)
    assert engine.result() == bytes(32)


@pytest.mark.parametrize(
    ("purpose", "key", "secret"),
    [(DOWN_DS, 3, KEY[::-1]), (DOWN_ALL, 5, bytes(32)), (DOWN_DS, 5, bytes(32)), (DOWN_JTAG, 5, None), (UP, 2, None)],
)
def test_the_key_for_ds(engine: Engine, purpose: int, key: int, secret: bytes | None) -> None:
    assert engine.configure(purpose, key) == 0
    expected = b"" if secret is None else hmac.digest(secret, b"\xff" * 32, hashlib.sha256)
    assert engine.chip.block("HMAC").ds_key == expected
    engine.chip.write("HMAC.SET_INVALIDATE_DS", 1)
    assert engine.chip.block("HMAC").ds_key == b""


def test_jtag_is_reported(engine: Engine) -> None:
    engine.chip.write("HMAC.SOFT_JTAG_CTRL", 1)
    assert list(engine.chip.machine.unmodelled.counts()) == ["HMAC.SOFT_JTAG_CTRL"]
