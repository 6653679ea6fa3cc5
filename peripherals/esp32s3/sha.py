"""SHA: the hash accelerator.

Source: ESP32-S3 Technical Reference Manual, "SHA Accelerator"; FIPS 180-4.

Firmware writes a block to M_MEM, starts or continues, and reads the state from H_MEM. The state is worked out when
it is looked at: a message that ended with its padding by the host's hash functions, anything else block by block.

Leaves out: the time of a block (never busy), blocks by DMA, SHA-512/t with a t of the firmware's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, Value, state


class _Kind(NamedTuple):
    """One hash function: bytes of a block, bytes of a word of the state, its initial value, the host's function."""

    block: int
    word: int
    initial: tuple[int, ...]
    whole: Callable[[bytes], bytes] | None


def _sha1(message: bytes) -> bytes:
    return hashlib.sha1(message, usedforsecurity=False).digest()


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _sha512(message: bytes) -> bytes:
    return hashlib.sha512(message).digest()


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root(number: int, degree: int, bits: int) -> int:
    """Return the first `bits` bits of the fraction of the square or cube root."""
    target, low, high = number << degree * bits, 0, 1 << bits + 8
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= target else (low, middle - 1)
    return low & (1 << bits) - 1


_K512 = [_root(prime, 3, 64) for prime in _primes(80)]
_K256 = [constant >> 32 for constant in _K512[:64]]
_H512 = tuple(_root(prime, 2, 64) for prime in _primes(8))
_H384 = tuple(_root(prime, 2, 64) for prime in _primes(16)[8:])
_H256 = tuple(word >> 32 for word in _H512)
_H224 = tuple(word & 0xFFFF_FFFF for word in _H384)
_H1 = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)


def _compress1(state: list[int], block: bytes) -> list[int]:
    """Carry out the compression function of SHA-1."""
    mask = 0xFFFF_FFFF
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for i in range(16, 80):
        x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]
        w.append((x << 1 | x >> 31) & mask)
    a, b, c, d, e = state
    for i in range(80):
        if i < 20:
            f, k = b & c | ~b & d, 0x5A827999
        elif i < 40:
            f, k = b ^ c ^ d, 0x6ED9EBA1
        elif i < 60:
            f, k = b & c | b & d | c & d, 0x8F1BBCDC
        else:
            f, k = b ^ c ^ d, 0xCA62C1D6
        a, b, c, d, e = (((a << 5 | a >> 27) + f + e + k + w[i]) & mask, a, (b << 30 | b >> 2) & mask, c, d)
    return [(x + y) & mask for x, y in zip(state, (a, b, c, d, e), strict=True)]


_TURNS = {
    4: ((6, 11, 25), (2, 13, 22), (7, 18, 3), (17, 19, 10)),
    8: ((14, 18, 41), (28, 34, 39), (1, 8, 7), (19, 61, 6)),
}
"""Distances of the rotations (the last of the message's two: of a shift), by bytes of a word."""


def _compress2(state: list[int], block: bytes, size: int) -> list[int]:
    """Carry out the compression function of SHA-256 (words of `size` 4) or SHA-512 (8)."""
    bits = size * 8
    mask = (1 << bits) - 1
    constants = _K256 if size == 4 else _K512
    big1, big0, small0, small1 = _TURNS[size]

    def turn(x: int, n: int) -> int:
        return (x >> n | x << bits - n) & mask

    w = [int.from_bytes(block[i : i + size], "big") for i in range(0, 16 * size, size)]
    for i in range(16, len(constants)):
        x, y = w[i - 15], w[i - 2]
        s0 = turn(x, small0[0]) ^ turn(x, small0[1]) ^ x >> small0[2]
        s1 = turn(y, small1[0]) ^ turn(y, small1[1]) ^ y >> small1[2]
        w.append((w[i - 16] + s0 + w[i - 7] + s1) & mask)
    a, b, c, d, e, f, g, h = state
    for k, word in zip(constants, w, strict=True):
        t1 = h + (turn(e, big1[0]) ^ turn(e, big1[1]) ^ turn(e, big1[2])) + (e & f ^ ~e & g) + k + word
        t2 = (turn(a, big0[0]) ^ turn(a, big0[1]) ^ turn(a, big0[2])) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) & mask, a, b, c, (d + t1) & mask, e, f, g
    return [(x + y) & mask for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _variant(name: str) -> tuple[int, ...]:
    """Return the initial value of SHA-512/t by the name of the function."""
    state = [word ^ 0xA5A5_A5A5_A5A5_A5A5 for word in _H512]
    text = name.encode()
    block = text + b"\x80" + bytes(111 - len(text)) + (len(text) * 8).to_bytes(16, "big")
    return tuple(_compress2(state, block, 8))


_KINDS = (
    _Kind(64, 4, _H1, _sha1),
    _Kind(64, 4, _H224, None),
    _Kind(64, 4, _H256, _sha256),
    _Kind(128, 8, _H384, None),
    _Kind(128, 8, _H512, _sha512),
    _Kind(128, 8, _variant("SHA-512/224"), None),
    _Kind(128, 8, _variant("SHA-512/256"), None),
)
"""By MODE."""


def unpadded(message: bytes, block: int) -> bytes | None:
    """Return the message without its padding, None when it does not end with one."""
    length_bytes = block // 8
    bits = int.from_bytes(message[-length_bytes:], "big")
    size = bits // 8
    room = len(message) - size
    if bits % 8 or not length_bytes < room <= block + length_bytes or message[size] != 0x80:
        return None
    return None if any(message[size + 1 : -length_bytes]) else message[:size]


class SHA(Peripheral):
    """The engine; `blocks` is what was fed and not worked out yet."""

    size = 0x100

    class START(Register, offset=0x010, access=WT):
        START = Field(31, 1, doc="any write: hash M_MEM from the initial value")

    class CONTINUE(Register, offset=0x014, access=WT):
        CONTINUE = Field(31, 1, doc="any write: hash M_MEM from H_MEM")

    class DMA_START(Register, offset=0x01C, access=WT):
        DMA_START = Field(0)

    class DMA_CONTINUE(Register, offset=0x020, access=WT):
        DMA_CONTINUE = Field(0)

    class BUSY(Register, offset=0x018, access=RO):
        STATE = Field(0)

    class H_MEM(Register, offset=0x040, count=16, names="H_MEM[{}]"):
        pass

    class M_MEM(Register, offset=0x080, count=32, names="M_MEM[{}]"):
        pass

    others = Registers("""
        0x000 MODE 0x0 MODE[2:0]
        0x004 T_STRING 0x0 T_STRING[31:0]
        0x008 T_LENGTH 0x0 T_LENGTH[5:0]
        0x00c DMA_BLOCK_NUM 0x0 DMA_BLOCK_NUM[5:0]
        0x024 CLEAR_IRQ 0x0 CLEAR_INTERRUPT[0]:WT
        0x028 IRQ_ENA 0x0 INTERRUPT_ENA[0]
        0x02c DATE 0x20190402 DATE[29:0]
    """)

    fed: bytes = state(b"")
    """What was fed and not worked out yet, as far as `_blocks` does not hold it: a message is joined once."""
    mode: int = state(0)
    """MODE of what was fed."""
    is_new: int = state(0)
    """Whether what was fed starts from the initial value."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._blocks: list[bytes] = []

    def after_reset(self) -> None:
        self._blocks.clear()

    def _join(self) -> None:
        if self._blocks:
            self.fed = b"".join((self.fed, *self._blocks))
            self._blocks.clear()

    def state(self) -> dict[str, Value]:
        self._join()
        return super().state()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._blocks.clear()

    def write_START(self, value: int) -> None:
        self.fed = b""
        self._blocks.clear()
        self._feed(is_new=1)

    def write_CONTINUE(self, value: int) -> None:
        if self._is_fed and self.get(self.registers["MODE"]) != self.mode:
            self._settle()
        self._feed(is_new=self.is_new if self._is_fed else 0)

    @property
    def _is_fed(self) -> bool:
        return bool(self._blocks or self.fed)

    def write_DMA_START(self, value: int) -> None:
        self.context.unmodelled(f"{self.context.name}.DMA_START")

    def write_DMA_CONTINUE(self, value: int) -> None:
        self.context.unmodelled(f"{self.context.name}.DMA_CONTINUE")

    def _feed(self, *, is_new: int) -> None:
        self.mode = self.get(self.registers["MODE"])
        if self.mode >= len(_KINDS):
            self.context.unmodelled(f"{self.context.name}.MODE {self.mode}")
            return
        self.is_new = is_new
        first = self.M_MEM.index
        self._blocks.append(self.words[first : first + _KINDS[self.mode].block // 4].tobytes())

    def read_H_MEM(self, n: int) -> int:
        if self._is_fed:
            self._settle()
        return self.words[self.H_MEM.index + n]

    def write_H_MEM(self, n: int, value: int) -> None:
        if self._is_fed:
            self._settle()
            self.words[self.H_MEM.index + n] = value

    def _settle(self) -> None:
        """Work out the state after all blocks that were fed, into H_MEM."""
        kind = _KINDS[self.mode]
        self._join()
        message, self.fed = self.fed, b""
        first = self.H_MEM.index
        if self.is_new and kind.whole is not None and (content := unpadded(message, kind.block)) is not None:
            result = kind.whole(content)
        else:
            words = list(kind.initial)
            if not self.is_new:
                old = self.words[first : first + 16].tobytes()
                words = [int.from_bytes(old[i * kind.word :][: kind.word], "big") for i in range(len(kind.initial))]
            for at in range(0, len(message), kind.block):
                block = message[at : at + kind.block]
                words = _compress1(words, block) if len(words) == 5 else _compress2(words, block, kind.word)
            result = b"".join(word.to_bytes(kind.word, "big") for word in words)
        self.words[first : first + len(result) // 4] = memoryview(result).cast("I")
