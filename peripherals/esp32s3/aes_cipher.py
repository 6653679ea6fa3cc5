"""The block cipher AES: one key, blocks of 16 bytes.

Source: FIPS 197; Daemen and Rijmen, "AES Proposal: Rijndael", 5.2.1 (rounds by tables) and 5.3 (the inverse cipher in
the order of the cipher).
"""

from __future__ import annotations

BLOCK = 16

Table = list[int]


def _times(a: int, b: int) -> int:
    """Multiply in GF(2^8)."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _substitution() -> list[int]:
    inverse = [0] * 256
    for a in range(1, 256):
        b = a
        for _ in range(6):  # a^254 = a^-1: 254 = 0b1111_1110
            b = _times(_times(b, b), a)
        inverse[a] = _times(b, b)
    rotated = [[(x << n | x >> 8 - n) & 0xFF for n in range(5)] for x in inverse]
    return [a ^ b ^ c ^ d ^ e ^ 0x63 for a, b, c, d, e in rotated]


def _tables(box: list[int], column: tuple[int, int, int, int]) -> list[Table]:
    """Return substitution and mixing of one byte as a table for each row of the state."""
    first = [int.from_bytes([_times(box[x], factor) for factor in column], "big") for x in range(256)]
    return [[word >> 8 * row | word << 32 - 8 * row & 0xFFFF_FFFF for word in first] for row in range(4)]


_BOX = _substitution()
_INVERSE_BOX = [_BOX.index(x) for x in range(256)]
_MIX = _tables(_BOX, (2, 1, 1, 3))
_INVERSE_MIX = _tables(_INVERSE_BOX, (14, 9, 13, 11))


def _substituted(word: int) -> int:
    return int.from_bytes([_BOX[byte] for byte in word.to_bytes(4, "big")], "big")


def _mixed_back(word: int) -> int:
    """Undo the mixing of a column."""
    result = 0
    for row, byte in enumerate(word.to_bytes(4, "big")):
        result ^= _INVERSE_MIX[row][_BOX[byte]]
    return result


class Aes:
    """AES with a key of 16, 24 or 32 bytes."""

    def __init__(self, key: bytes) -> None:
        size = len(key) // 4
        words = [int.from_bytes(key[at : at + 4], "big") for at in range(0, len(key), 4)]
        constant = 1
        for n in range(size, 4 * (size + 7)):
            word = words[-1]
            if n % size == 0:
                word = _substituted(word << 8 & 0xFFFF_FFFF | word >> 24) ^ constant << 24
                constant = _times(constant, 2)
            elif size > 6 and n % size == 4:
                word = _substituted(word)
            words.append(words[-size] ^ word)
        self._keys = [words[at : at + 4] for at in range(0, len(words), 4)]
        inner = [[_mixed_back(word) for word in key] for key in self._keys[-2:0:-1]]
        self._inverse_keys = [self._keys[-1], *inner, self._keys[0]]

    @property
    def rounds(self) -> int:
        """How many rounds a block takes."""
        return len(self._keys) - 1

    def encrypt(self, block: bytes) -> bytes:
        """Return a block encrypted."""
        return _cipher(block, self._keys, _MIX, _BOX, 1)

    def decrypt(self, block: bytes) -> bytes:
        """Return a block decrypted."""
        return _cipher(block, self._inverse_keys, _INVERSE_MIX, _INVERSE_BOX, 3)


def _cipher(block: bytes, keys: list[list[int]], tables: list[Table], box: list[int], step: int) -> bytes:
    """Run all rounds. A column takes row r from the column r * step further on (ShiftRows, or its inverse)."""
    t0, t1, t2, t3 = tables
    s = [int.from_bytes(block[4 * c : 4 * c + 4], "big") ^ keys[0][c] for c in range(4)]
    places = [(c, (c + step) & 3, (c + 2 * step) & 3, (c + 3 * step) & 3) for c in range(4)]
    for key in keys[1:-1]:
        s = [
            t0[s[i] >> 24] ^ t1[s[j] >> 16 & 0xFF] ^ t2[s[k] >> 8 & 0xFF] ^ t3[s[m] & 0xFF] ^ word
            for (i, j, k, m), word in zip(places, key, strict=True)
        ]
    last = [
        box[s[i] >> 24] << 24 ^ box[s[j] >> 16 & 0xFF] << 16 ^ box[s[k] >> 8 & 0xFF] << 8 ^ box[s[m] & 0xFF] ^ word
        for (i, j, k, m), word in zip(places, keys[-1], strict=True)
    ]
    return b"".join(word.to_bytes(4, "big") for word in last)
