"""The partition table of ESP-IDF: what lies where in flash, and which application boots.

An entry has 32 bytes; an entry that begins with 0xEBEB carries the MD5 of the entries before it; erased bytes end the
table. Source: ESP-IDF Programming Guide, "Partition Tables" and "Over The Air Updates".
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from twincore.errors import ImageError

ENTRY_MAGIC = b"\xaa\x50"
MD5_MAGIC = b"\xeb\xeb"
ENTRY_SIZE = 32
TABLE_SIZE = 0xC00
"""Bytes that a table may fill; its sector has 0x1000."""
SECTOR = 0x1000
DEFAULT_OFFSET = 0x8000
APP_ALIGNMENT = 0x1_0000

TYPE_APP, TYPE_DATA, TYPE_BOOTLOADER, TYPE_TABLE = 0, 1, 2, 3
_TYPES = {TYPE_APP: "app", TYPE_DATA: "data", TYPE_BOOTLOADER: "bootloader", TYPE_TABLE: "partition_table"}
_SUBTYPES = {
    TYPE_APP: {0x00: "factory", 0x20: "test", 0x30: "tee_0", 0x31: "tee_1"}
    | {0x10 + number: f"ota_{number}" for number in range(16)},
    TYPE_DATA: {
        0x00: "ota",
        0x01: "phy",
        0x02: "nvs",
        0x03: "coredump",
        0x04: "nvs_keys",
        0x05: "efuse",
        0x06: "undefined",
        0x80: "esphttpd",
        0x81: "fat",
        0x82: "spiffs",
        0x83: "littlefs",
        0x90: "tee_ota",
    },
    TYPE_BOOTLOADER: {0x00: "primary", 0x01: "ota", 0x02: "recovery"},
    TYPE_TABLE: {0x00: "primary", 0x01: "ota"},
}
FACTORY, OTA_FIRST, OTA_LAST = 0x00, 0x10, 0x1F
OTA_INVALID, OTA_ABORTED = 3, 4

_ENTRY = struct.Struct("<2sBBII16sI")
_OTA_SELECT = struct.Struct("<I20sII")


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry: `size` bytes of flash from `offset`."""

    name: str
    type: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        """Gives the offset behind the last byte."""
        return self.offset + self.size

    @property
    def is_app(self) -> bool:
        """Tells whether an application lives here."""
        return self.type == TYPE_APP

    @property
    def type_name(self) -> str:
        """Names the type; those from 0x40 on are the project's own."""
        return _TYPES.get(self.type, f"custom {self.type:#04x}" if self.type >= 0x40 else f"reserved {self.type:#04x}")

    @property
    def subtype_name(self) -> str:
        """Names the subtype, as a number when ESP-IDF gives it no name."""
        return _SUBTYPES.get(self.type, {}).get(self.subtype, f"{self.subtype:#04x}")


@dataclass(frozen=True, slots=True)
class PartitionTable:
    """A verified table at flash offset `offset`; `md5` tells whether it carries a checksum."""

    offset: int
    partitions: tuple[Partition, ...]
    md5: bool

    def find(self, name: str) -> Partition | None:
        """Finds a partition by name."""
        return next((partition for partition in self.partitions if partition.name == name), None)


def find_table(data: bytes, offsets: Sequence[int]) -> int | None:
    """Finds the first of `offsets` that holds what looks like a partition table."""
    for offset in offsets:
        if data[offset : offset + 2] == ENTRY_MAGIC and offset + ENTRY_SIZE <= len(data):
            _, kind, _, start, size, _, _ = _ENTRY.unpack_from(data, offset)
            if size and start % SECTOR == 0 and (kind in _TYPES or 0x40 <= kind < 0xFF):
                return offset
    return None


def parse_table(data: bytes, offset: int, *, who: str, flash_size: int | None = None) -> PartitionTable:
    """Reads and verifies the table at `offset`; `flash_size` in bytes, None when unknown.

    Raises ImageError that names the entries which overlap, are unaligned, lie beyond the flash or share a name.
    """
    raw = data[offset : offset + TABLE_SIZE]
    partitions: list[Partition] = []
    md5 = False
    for at in range(0, len(raw) - ENTRY_SIZE + 1, ENTRY_SIZE):
        entry = raw[at : at + ENTRY_SIZE]
        if entry == b"\xff" * ENTRY_SIZE:
            break
        if entry[:2] == MD5_MAGIC:
            computed = hashlib.md5(raw[:at], usedforsecurity=False).digest()
            if entry[16:] != computed:
                raise ImageError(
                    who,
                    f"the partition table at {offset:#x} should have the MD5 {computed.hex()}, "
                    f"it says {entry[16:].hex()}",
                    next_step="the table is damaged: write it again",
                )
            md5 = True
            break
        if entry[:2] != ENTRY_MAGIC:
            raise ImageError(
                who,
                f"entry {at // ENTRY_SIZE} of the partition table at {offset:#x} should begin with aa50, "
                f"it begins with {entry[:2].hex()}",
                next_step="the table is damaged: write it again",
            )
        _, kind, subtype, start, size, name, flags = _ENTRY.unpack(entry)
        partitions.append(Partition(_name(name), kind, subtype, start, size, flags))
    _check(partitions, offset, who, flash_size)
    return PartitionTable(offset, tuple(partitions), md5)


def build_table(partitions: Sequence[Partition]) -> bytes:
    """Writes a table with its MD5 entry, erased bytes up to TABLE_SIZE."""
    entries = b"".join(
        _ENTRY.pack(ENTRY_MAGIC, p.type, p.subtype, p.offset, p.size, p.name.encode()[:16], p.flags) for p in partitions
    )
    md5 = MD5_MAGIC + b"\xff" * 14 + hashlib.md5(entries, usedforsecurity=False).digest()
    return (entries + md5).ljust(TABLE_SIZE, b"\xff")


def _name(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)


def _check(partitions: list[Partition], offset: int, who: str, flash_size: int | None) -> None:
    if not partitions:
        raise ImageError(who, f"the partition table at {offset:#x} has no entries")
    seen: set[str] = set()
    for p in partitions:
        alignment = APP_ALIGNMENT if p.is_app else SECTOR
        if p.offset % alignment:
            raise ImageError(
                who,
                f"partition '{p.name}' ({p.type_name}) begins at {p.offset:#x}, expected a multiple of {alignment:#x}",
            )
        if p.size == 0:
            raise ImageError(who, f"partition '{p.name}' has no size")
        if flash_size is not None and p.end > flash_size:
            raise ImageError(
                who,
                f"partition '{p.name}' ends at {p.end:#x}, the flash that the image declares ends at {flash_size:#x}",
                next_step="declare the flash size of the board (esptool merge-bin --flash-size ...)",
            )
        if p.name in seen:
            raise ImageError(who, f"two partitions have the name '{p.name}'")
        seen.add(p.name)
    ordered = sorted(partitions, key=lambda p: p.offset)
    for before, after in pairwise(ordered):
        if after.offset < before.end:
            raise ImageError(
                who,
                f"partitions '{before.name}' ({before.offset:#x}-{before.end:#x}) and '{after.name}' "
                f"({after.offset:#x}-{after.end:#x}) overlap",
            )
    for p in ordered:
        if p.type not in (TYPE_BOOTLOADER, TYPE_TABLE) and p.offset < offset + SECTOR and offset < p.end:
            raise ImageError(
                who, f"partition '{p.name}' ({p.offset:#x}-{p.end:#x}) overlaps the partition table at {offset:#x}"
            )


def boot_order(table: PartitionTable, data: bytes) -> list[Partition]:
    """Lists the applications in the order in which ESP-IDF's bootloader tries them.

    The slot that otadata selects comes first (factory without one), then the slots below it down to factory, then those
    above. Bytes behind the end of `data` count as erased.
    """
    factory = [p for p in table.partitions if p.is_app and p.subtype == FACTORY][:1]
    slots = sorted(
        (p for p in table.partitions if p.is_app and OTA_FIRST <= p.subtype <= OTA_LAST), key=lambda p: p.subtype
    )
    apps = factory + slots
    others = [p for p in table.partitions if p.is_app and p not in apps and p.subtype not in (0x30, 0x31)]
    selected = _selected_slot(table, data, len(slots))
    start = 0 if selected is None else selected + len(factory)
    return apps[start::-1] + apps[start + 1 :] + others


def _selected_slot(table: PartitionTable, data: bytes, slots: int) -> int | None:
    """Computes the number of the OTA slot that otadata selects, None when it selects none."""
    otadata = next((p for p in table.partitions if p.type == TYPE_DATA and p.subtype == 0), None)
    if otadata is None or not slots:
        return None
    best = 0
    for at in (otadata.offset, otadata.offset + SECTOR):
        if at + _OTA_SELECT.size > min(len(data), otadata.end):
            continue
        sequence, _, state, crc = _OTA_SELECT.unpack_from(data, at)
        valid = sequence != 0xFFFF_FFFF and crc == zlib.crc32(sequence.to_bytes(4, "little"), 0xFFFF_FFFF)
        if valid and state not in (OTA_INVALID, OTA_ABORTED):
            best = max(best, sequence)
    return (best - 1) % slots if best else None
