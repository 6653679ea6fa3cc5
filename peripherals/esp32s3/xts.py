"""XTS-AES as the chip encrypts flash and PSRAM, and where it has its key.

Source: ESP32-S3 Technical Reference Manual, "External Memory Encryption and Decryption"; IEEE 1619.

Memory is encrypted in units of 128 bytes, each read backwards: its last 16 bytes are XTS's first block. The tweak is
the unit's address, the key's bytes are those of EFUSE backwards.
"""

from __future__ import annotations

from esp32s3.aes_cipher import BLOCK, Aes
from esp32s3.efuse import EFUSE

XTS_AES_256_KEY_1, XTS_AES_256_KEY_2, XTS_AES_128_KEY = 2, 3, 4
"""Purposes of a key."""

UNIT = 128
NO_KEY = bytes(32)


def key_of(efuse: EFUSE) -> bytes:
    """Return the key for external memory: 32 bytes, or 64 for AES-256; zeros in place of a missing one."""
    found = {efuse.key_purpose(n): efuse.key(n)[::-1] for n in reversed(range(6))}
    if XTS_AES_256_KEY_1 in found or XTS_AES_256_KEY_2 in found:
        return found.get(XTS_AES_256_KEY_1, NO_KEY) + found.get(XTS_AES_256_KEY_2, NO_KEY)
    return found.get(XTS_AES_128_KEY, NO_KEY)


class Xts:
    """Encryption with one key; addresses and lengths are multiples of 16."""

    def __init__(self, key: bytes) -> None:
        half = len(key) // 2
        self._cipher, self._tweak_cipher = Aes(key[:half]), Aes(key[half:])

    def encrypt(self, address: int, content: bytes) -> bytes:
        """Return what lies at `address` for `content`."""
        return self._carry_out(address, content, decrypts=False)

    def decrypt(self, address: int, content: bytes) -> bytes:
        """Return what `content`, which lies at `address`, means."""
        return self._carry_out(address, content, decrypts=True)

    def _carry_out(self, address: int, content: bytes, *, decrypts: bool) -> bytes:
        transform = self._cipher.decrypt if decrypts else self._cipher.encrypt
        result = bytearray()
        unit, masks = -1, [0]
        for at in range(0, len(content), BLOCK):
            place = address + at
            if place // UNIT != unit:
                unit = place // UNIT
                masks = self._masks(unit * UNIT)
            mask = masks[UNIT // BLOCK - 1 - place % UNIT // BLOCK]
            block = int.from_bytes(content[at : at + BLOCK], "big") ^ mask
            done = int.from_bytes(transform(block.to_bytes(BLOCK, "little")), "little") ^ mask
            result += done.to_bytes(BLOCK, "big")
        return bytes(result)

    def _masks(self, address: int) -> list[int]:
        """Return what XTS adds to each block of a unit, the first number's lowest byte first."""
        mask = int.from_bytes(self._tweak_cipher.encrypt(address.to_bytes(BLOCK, "little")), "little")
        masks = []
        for _ in range(UNIT // BLOCK):
            masks.append(mask)
            mask = mask << 1 ^ (0x87 | 1 << 128 if mask >> 127 else 0)
        return masks
