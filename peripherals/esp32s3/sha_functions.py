"""The hash functions of the accelerator: SHA-1 and SHA-2, block by block, and whole messages by the host.

A compression function stands once, in Python; native code is made from it (`twincore.native.blocks`), and it is what
that is compared with.

Source: FIPS 180-4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import NamedTuple, TypeVar

from twincore.native.blocks import NativeBlocks, Word

W = TypeVar("W", int, Word)
"""A word: a number, or a symbol of native code."""


class Kind(NamedTuple):
    """One hash function: bytes of a block, its rounds, bytes of a word of the state, its initial value.

    whole: the host's function, None where it may lack it.
    """

    block: int
    rounds: int
    word: int
    initial: bytes
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


def compress1(state: Sequence[W], block: Sequence[W]) -> list[W]:
    """Carry out the compression function of SHA-1."""
    mask = 0xFFFF_FFFF
    w = list(block)
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


def compress2(state: Sequence[W], block: Sequence[W], size: int) -> list[W]:
    """Carry out the compression function of SHA-256 (words of `size` 4) or SHA-512 (8)."""
    bits = size * 8
    mask = (1 << bits) - 1
    constants = _K256 if size == 4 else _K512
    big1, big0, small0, small1 = _TURNS[size]

    def turn(x: W, n: int) -> W:
        return (x >> n | x << bits - n) & mask

    w = list(block)
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


def variant(text: bytes, bits: int) -> bytes:
    """Return the initial value of SHA-512/t by the name of the function, `bits` long and followed by a set bit."""
    words = [word ^ 0xA5A5_A5A5_A5A5_A5A5 for word in _H512]
    block = text.ljust(112, b"\0") + bits.to_bytes(16, "big")
    return _packed(compress2(words, unpacked(block, 8), 8), 8)


def unpacked(content: bytes, size: int) -> list[int]:
    """Return words of `size` bytes."""
    return [int.from_bytes(content[at : at + size], "big") for at in range(0, len(content), size)]


def _packed(words: Iterable[int], size: int) -> bytes:
    return b"".join(word.to_bytes(size, "big") for word in words)


KINDS = (
    Kind(64, 80, 4, _packed(_H1, 4), _sha1),
    Kind(64, 64, 4, _packed(_H224, 4), None),
    Kind(64, 64, 4, _packed(_H256, 4), _sha256),
    Kind(128, 80, 8, _packed(_H384, 8), None),
    Kind(128, 80, 8, _packed(_H512, 8), _sha512),
    Kind(128, 80, 8, variant(b"SHA-512/224\x80", 88), None),
    Kind(128, 80, 8, variant(b"SHA-512/256\x80", 88), None),
    Kind(128, 80, 8, _packed(_H512, 8), None),
)
"""By MODE; the last one, SHA-512/t, starts from what START with T_STRING has left."""
SHA_512_T = len(KINDS) - 1


def unpadded(message: bytes, block: int) -> bytes | None:
    """Return the message without its padding, None when it does not end with one."""
    length_bytes = block // 8
    bits = int.from_bytes(message[-length_bytes:], "big")
    size = bits // 8
    room = len(message) - size
    if bits % 8 or not length_bytes < room <= block + length_bytes or message[size] != 0x80:
        return None
    return None if any(message[size + 1 : -length_bytes]) else message[:size]


@cache
def native(is_first: bool, size: int) -> NativeBlocks:
    """Return SHA-1 or else SHA-2 with words of `size` bytes as native code."""
    if is_first:
        return NativeBlocks("sha1", compress1, bits=32, state_words=5, block_words=16)
    step = partial(compress2, size=size)
    return NativeBlocks(f"sha2_{size * 8}", step, bits=size * 8, state_words=8, block_words=16)


def advanced(kind: Kind, state: bytes, content: bytes) -> bytes:
    """Return the state after whole blocks of `content`; state: begins with the one before them."""
    before = state[: len(kind.initial)]
    return native(len(before) == 5 * 4, kind.word)(before, content)


def begun(kind: Kind, content: bytes) -> bytes:
    """Return the state after the blocks that a message begins with."""
    if kind.whole is not None and (message := unpadded(content, kind.block)) is not None:
        return kind.whole(message)
    return advanced(kind, kind.initial, content)
