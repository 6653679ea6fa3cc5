"""Flash that the chip's fuses have encrypted: what the caches make of it, and what an image looks like in it.

The flash holds what a chip on a board would. The caches read another memory that mirrors it, decrypted as pages of the
MMU are mapped. Sources: ESP32-S3 Technical Reference Manual, "External Memory Encryption and Decryption"; ESP-IDF,
"Flash Encryption", for what is encrypted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from twincore.images.flash import FlashImage
from twincore.images.partitions import SECTOR, TYPE_APP, TYPE_DATA, Partition
from twincore.machine.memory import Memory

UNIT = 16
"""Addresses and lengths of what is encrypted are multiples of this."""
OTADATA, NVS_KEYS = 0x00, 0x04
"""Subtypes of data partitions that are always encrypted."""
FLAG_ENCRYPTED = 1
"""Bit of a partition's flags."""


class Cipher(Protocol):
    """Encryption by one key; addresses and lengths are multiples of `UNIT`."""

    def encrypt(self, address: int, content: bytes) -> bytes:
        """Return what lies at `address` for `content`."""

    def decrypt(self, address: int, content: bytes) -> bytes:
        """Return what `content`, which lies at `address`, means."""


@runtime_checkable
class Decryption(Protocol):
    """The peripheral that decrypts flash for the caches."""

    def flash_cipher(self) -> Cipher | None:
        """Return how flash is encrypted, the same object while the key is the same; None while it is not."""


class DecryptedFlash:
    """A mirror of the flash as the caches read it; pages of `page_size` bytes are decrypted when `page` is asked.

    changed(memory, offset, size) is called when bytes of the mirror have changed.
    """

    def __init__(
        self, flash: Memory, page_size: int, decryption: Decryption, changed: Callable[[Memory, int, int], None]
    ) -> None:
        self._flash = flash
        self._page_size = page_size
        self._decryption = decryption
        self._changed = changed
        self._mirror: Memory | None = None
        self._cipher: Cipher | None = None
        self._known: set[int] = set()

    def page(self, offset: int) -> Memory:
        """Return the memory that has the page at `offset` in the clear: the flash itself where it is not encrypted."""
        cipher = self._decryption.flash_cipher()
        if cipher is None:
            return self._flash
        if self._mirror is None:
            self._mirror = Memory(self._flash.name, self._flash.size)
        if cipher is not self._cipher:
            self._cipher = cipher
            self._known.clear()
        if offset not in self._known:
            self._known.add(offset)
            self._decrypt(offset, self._page_size)
        return self._mirror

    def wrote(self, offset: int, size: int) -> None:
        """Follow bytes of the flash that have changed."""
        for page in sorted(self._known):
            first = max(offset & -UNIT, page)
            end = min(offset + size + UNIT - 1 & -UNIT, page + self._page_size)
            if first < end:
                self._decrypt(first, end - first)

    def _decrypt(self, offset: int, size: int) -> None:
        assert self._mirror is not None
        assert self._cipher is not None
        self._mirror.write(offset, self._cipher.decrypt(offset, self._flash.read(offset, size)))
        self._changed(self._mirror, offset, size)


def encrypted(image: FlashImage, cipher: Cipher) -> bytes:
    """Return the bytes of an image as they lie in the flash of a chip with encryption.

    Encrypted are what esptool writes so: the image at offset 0, the partition table, applications, partitions that are
    marked, records of updates and keys of NVS.
    """
    data = bytearray(image.data)
    for first, end in encrypted_ranges(image):
        end = min(end, len(data) + UNIT - 1 & -UNIT)
        content = bytes(data[first:end]).ljust(max(end - first, 0), b"\xff")
        data[first:end] = cipher.encrypt(first, content)
    return bytes(data)


def encrypted_ranges(image: FlashImage) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of what is encrypted of an image in the clear."""
    if image.first is not None:
        yield 0, image.first.size + UNIT - 1 & -UNIT
    if image.table is None:
        return
    yield image.table.offset, image.table.offset + SECTOR
    sizes = {slot.partition: slot.image.size for slot in image.slots if slot.image is not None}
    for partition in image.table.partitions:
        if partition.type == TYPE_APP:
            if partition in sizes:
                yield partition.offset, partition.offset + sizes[partition] + UNIT - 1 & -UNIT
        elif is_encrypted(partition):
            yield partition.offset, partition.end


def is_encrypted(partition: Partition) -> bool:
    """Tell whether what a partition holds is encrypted, of an application its image."""
    if partition.type == TYPE_APP:
        return True
    is_secret = partition.type == TYPE_DATA and partition.subtype in (OTADATA, NVS_KEYS)
    return is_secret or bool(partition.flags & FLAG_ENCRYPTED)
