"""The ESP application image: the format of bootloaders and applications in flash.

A header of 24 bytes is followed by segments (load address, size, data), padding, one checksum byte that ends a block of
16 bytes, and, when the header says so, the SHA-256 of all that comes before it.
Source: Espressif's esptool documentation, "Firmware Image Format".
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise

from twincore.errors import ImageError
from twincore.images.memory import PAGE, Memory, canonical_ranges, classify

MAGIC = 0xE9
HEADER_SIZE = 24
MAX_SEGMENTS = 16
CHECKSUM_SEED = 0xEF
ESP32S3_CHIP_ID = 9
DESCRIPTOR_MAGIC = 0xABCD_5432
DESCRIPTOR_SIZE = 256

CHIP_NAMES = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
    18: "ESP32-P4",
    20: "ESP32-C61",
    23: "ESP32-C5",
    25: "ESP32-H21",
    28: "ESP32-H4",
    31: "ESP32-E22",
    32: "ESP32-S31",
}
SPI_MODES = {0: "QIO", 1: "QOUT", 2: "DIO", 3: "DOUT", 4: "fast read", 5: "slow read"}
SPI_FREQUENCIES = {0x0: "40 MHz", 0x1: "26 MHz", 0x2: "20 MHz", 0xF: "80 MHz"}
FLASH_SIZES = {code: 1 << (20 + code) for code in range(8)}
"""Bytes of flash by the upper four bits of the fourth header byte."""

_HEADER = struct.Struct("<BBBBIB3sHBHH4sB")
_SEGMENT = struct.Struct("<II")
_DESCRIPTOR = struct.Struct("<II8s32s32s16s16s32s32sHHB")


@dataclass(frozen=True, slots=True)
class AppHeader:
    """The 24 bytes that begin an image."""

    segment_count: int
    spi_mode: int
    spi_frequency: int
    flash_size_code: int
    entry: int
    chip_id: int
    min_revision: int
    max_revision: int
    hash_appended: bool

    @property
    def chip(self) -> str:
        """Names the chip that the image is for."""
        return CHIP_NAMES.get(self.chip_id, f"unknown chip {self.chip_id}")

    @property
    def flash_size(self) -> int | None:
        """Gives the bytes of flash that the image declares, or None for a code without meaning."""
        return FLASH_SIZES.get(self.flash_size_code)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of an image: `data` belongs at `address`; `offset` is that of the data from the image's first byte."""

    address: int
    data: bytes
    offset: int

    @property
    def size(self) -> int:
        """Counts the bytes."""
        return len(self.data)

    @property
    def memory(self) -> Memory:
        """Names the memory that the segment is meant for."""
        return classify(self.address, len(self.data))


@dataclass(frozen=True, slots=True)
class AppDescriptor:
    """What ESP-IDF and esp-hal write about an application at the start of its first segment (esp_app_desc_t)."""

    project: str
    version: str
    date: str
    time: str
    idf_version: str
    secure_version: int
    elf_sha256: bytes


@dataclass(frozen=True, slots=True)
class AppImage:
    """A verified image: `size` counts its bytes with checksum and hash; `notes` are remarks for the user."""

    header: AppHeader
    segments: tuple[Segment, ...]
    checksum: int
    sha256: bytes | None
    size: int
    descriptor: AppDescriptor | None
    notes: tuple[str, ...] = ()

    @property
    def entry(self) -> int:
        """Gives the address where execution begins."""
        return self.header.entry

    @property
    def ram_only(self) -> bool:
        """Tells whether no segment is mapped from flash."""
        return not any(segment.memory.is_flash for segment in self.segments)


def parse_app(data: bytes, *, who: str, offset: int = 0, end: int | None = None, patched: bool = False) -> AppImage:
    """Reads and verifies the image that begins at `offset` of `data` and ends at `end` at the latest.

    `patched` accepts a hash that is only wrong because a flashing tool rewrote the flash parameters of the header,
    which the chip's ROM does not mind. Raises ImageError for anything that the chip or its bootloader would refuse.
    """
    end = len(data) if end is None else min(end, len(data))
    header = _parse_header(data, offset, end, who)
    segments, position = _parse_segments(data, offset, end, header, who)
    checksum_at = position | 15
    if offset + checksum_at >= end:
        raise ImageError(who, f"the image ends before its checksum at offset {checksum_at:#x}", next_step=_CUT)
    checksum = data[offset + checksum_at]
    computed = _xor(segments)
    if checksum != computed:
        raise ImageError(
            who,
            f"the image's checksum should be {computed:#04x}, the file holds {checksum:#04x}",
            next_step="the file is damaged: build or copy it again",
        )
    size = checksum_at + 1
    digest: bytes | None = None
    notes: tuple[str, ...] = ()
    if header.hash_appended:
        if offset + size + 32 > end:
            raise ImageError(who, f"the image ends before its SHA-256 at offset {size:#x}", next_step=_CUT)
        digest = data[offset + size : offset + size + 32]
        notes = _check_hash(data[offset : offset + size], digest, who, patched)
        size += 32
    _check_addresses(header, segments, offset, who)
    return AppImage(header, segments, checksum, digest, size, _descriptor(segments), notes)


_CUT = "the file is cut short: build or copy it again"


def _parse_header(data: bytes, offset: int, end: int, who: str) -> AppHeader:
    if end - offset < HEADER_SIZE:
        raise ImageError(
            who, f"an image header has {HEADER_SIZE} bytes, {max(end - offset, 0)} are here", next_step=_CUT
        )
    magic, count, mode, size_freq, entry, _, _, chip, _, min_rev, max_rev, _, hashed = _HEADER.unpack_from(data, offset)
    if magic != MAGIC:
        raise ImageError(who, f"an image begins with {MAGIC:#04x}, offset {offset:#x} holds {magic:#04x}")
    header = AppHeader(count, mode, size_freq & 15, size_freq >> 4, entry, chip, min_rev, max_rev, hashed != 0)
    if chip != ESP32S3_CHIP_ID:
        raise ImageError(
            who,
            f"the image is for {header.chip}, expected ESP32-S3 (chip id {ESP32S3_CHIP_ID}, got {chip})",
            next_step="build the firmware for esp32s3 (idf.py set-target esp32s3)",
        )
    if not 1 <= count <= MAX_SEGMENTS:
        raise ImageError(who, f"an image has 1 to {MAX_SEGMENTS} segments, the header says {count}")
    return header


def _parse_segments(data: bytes, offset: int, end: int, header: AppHeader, who: str) -> tuple[tuple[Segment, ...], int]:
    segments = []
    position = HEADER_SIZE
    for index in range(header.segment_count):
        start = position + _SEGMENT.size
        if offset + start > end:
            raise ImageError(who, f"the image ends before the header of segment {index}", next_step=_CUT)
        address, size = _SEGMENT.unpack_from(data, offset + position)
        if offset + start + size > end:
            raise ImageError(
                who,
                f"segment {index} ({address:#010x}) has {size} bytes, the file has {end - offset - start} left",
                next_step=_CUT,
            )
        position = start + size
        segments.append(Segment(address, data[offset + start : offset + position], start))
    return tuple(segments), position


def _check_addresses(header: AppHeader, segments: tuple[Segment, ...], offset: int, who: str) -> None:
    for index, segment in enumerate(segments):
        if segment.memory in (Memory.NONE, Memory.MASK_ROM):
            raise ImageError(
                who,
                f"segment {index} loads {segment.size} bytes at {segment.address:#010x}, "
                "where the ESP32-S3 has no memory to load",
            )
        if segment.size % 4:
            raise ImageError(who, f"segment {index} ({segment.address:#010x}) has {segment.size} bytes, no whole words")
        at = offset + segment.offset
        if segment.memory.is_flash and at % PAGE != segment.address % PAGE:
            raise ImageError(
                who,
                f"segment {index} should lie at flash offset ...{segment.address % PAGE:04x} to be mapped at "
                f"{segment.address:#010x}, it lies at {at:#x}",
                next_step=f"write the image at a multiple of {PAGE:#x}",
            )
    _check_overlaps(segments, who)
    if not classify(header.entry).is_executable:
        raise ImageError(who, f"the entry address {header.entry:#010x} is no executable memory of the ESP32-S3")


def _check_overlaps(segments: tuple[Segment, ...], who: str) -> None:
    """Refuses two segments for the same bytes, also where they name them by the two addresses of SRAM1."""
    ranges = sorted(
        (start, end, index)
        for index, segment in enumerate(segments)
        if segment.memory is not Memory.PADDING
        for start, end in canonical_ranges(segment.address, segment.size)
    )
    for (_, end, before), (start, last, after) in pairwise(ranges):
        if start < end:
            raise ImageError(
                who,
                f"segments {before} (from {segments[before].address:#010x}) and {after} "
                f"(from {segments[after].address:#010x}) overlap by {min(end, last) - start} bytes",
                next_step="the file is damaged, or its linker script is wrong",
            )


def _xor(segments: tuple[Segment, ...]) -> int:
    total = 0
    for segment in segments:
        total ^= xor_bytes(segment.data)
    return total ^ CHECKSUM_SEED


def xor_bytes(data: bytes) -> int:
    """Computes the exclusive or of all bytes, halving a big integer instead of looping."""
    size = 1 << max(len(data) - 1, 0).bit_length()
    value = int.from_bytes(data, "little")
    while size > 1:
        size //= 2
        value = (value >> (8 * size)) ^ (value & ((1 << (8 * size)) - 1))
    return value


def _check_hash(content: bytes, digest: bytes, who: str, patched: bool) -> tuple[str, ...]:
    computed = hashlib.sha256(content).digest()
    if computed == digest:
        return ()
    if patched and _patched_parameters(content, digest):
        return ("the appended SHA-256 fits other flash parameters: a tool rewrote the header when it wrote the flash",)
    raise ImageError(
        who,
        f"the image's SHA-256 should be {computed.hex()}, the file holds {digest.hex()}",
        next_step="the file is damaged: build or copy it again",
    )


def _patched_parameters(content: bytes, digest: bytes) -> bool:
    """Tells whether the flash parameters (header bytes 2 and 3) are legal and other legal ones give the stored hash."""
    mode, size, frequency = content[2], content[3] >> 4, content[3] & 15
    if mode not in SPI_MODES or size not in FLASH_SIZES or frequency not in SPI_FREQUENCIES:
        return False
    rest = content[4:]
    for mode in SPI_MODES:
        for size in FLASH_SIZES:
            for frequency in SPI_FREQUENCIES:
                if hashlib.sha256(content[:2] + bytes((mode, size << 4 | frequency)) + rest).digest() == digest:
                    return True
    return False


def _descriptor(segments: tuple[Segment, ...]) -> AppDescriptor | None:
    for segment in segments:
        if segment.size >= DESCRIPTOR_SIZE and segment.memory in (Memory.DROM, Memory.DRAM):
            magic, secure, _, version, project, time, date, idf, sha, _, _, _ = _DESCRIPTOR.unpack_from(segment.data)
            if magic == DESCRIPTOR_MAGIC:
                return AppDescriptor(_text(project), _text(version), _text(date), _text(time), _text(idf), secure, sha)
    return None


def _text(raw: bytes) -> str:
    """Reads a C string for display; what a terminal would obey becomes a question mark."""
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)
