"""Applications for MCUboot in a flash image: where they are, which version, what MCUboot copies to RAM.

An application lies in a slot, behind a header of MCUboot's and one that Espressif's port of MCUboot reads. MCUboot
copies its parts for RAM; the application has the rest mapped itself. Signatures and trailers are MCUboot's to check.
Sources: MCUboot documentation, "Bootloader", image format; MCUboot's port for Espressif's chips, esp_mcuboot_image.h.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from twincore.images.memory import Memory, classify
from twincore.images.partitions import SECTOR

MAGIC = b"\x3d\xb8\xf3\x96"
_HEADER = struct.Struct("<4sIHHIIBBHI")
_LOAD_MAGIC = 0xACE6_37D3
_LOAD_HEADER = struct.Struct("<8I")


@dataclass(frozen=True, slots=True)
class McubootPart:
    """A part that MCUboot copies to RAM: `size` bytes from `offset` in flash to `address`."""

    address: int
    size: int
    offset: int

    @property
    def memory(self) -> Memory:
        """Names the memory that the part is for."""
        return classify(self.address, self.size)


@dataclass(frozen=True, slots=True)
class McubootApp:
    """An application in a slot: `size` in bytes, without headers; `entry` is None without Espressif's header."""

    offset: int
    size: int
    version: str
    entry: int | None
    parts: tuple[McubootPart, ...]


def find_apps(data: bytes, sector: int = SECTOR) -> tuple[McubootApp, ...]:
    """Finds the applications that begin at a sector behind the first one, as far as their headers are whole."""
    found = (_app(data, at) for at in _sectors(data, sector))
    return tuple(app for app in found if app is not None)


def _sectors(data: bytes, sector: int) -> Sequence[int]:
    return [at for at in range(sector, len(data) - _HEADER.size, sector) if data.startswith(MAGIC, at)]


def _app(data: bytes, at: int) -> McubootApp | None:
    _, _, header_size, _, size, _, major, minor, revision, build = _HEADER.unpack_from(data, at)
    start = at + header_size
    if header_size < _HEADER.size or start + size > len(data):
        return None
    version = f"{major}.{minor}.{revision}" + (f"+{build}" if build else "")
    if size < _LOAD_HEADER.size:
        return McubootApp(at, size, version, None, ())
    magic, entry, *places = _LOAD_HEADER.unpack_from(data, start)
    if magic != _LOAD_MAGIC:
        return McubootApp(at, size, version, None, ())
    parts = (McubootPart(places[i], places[i + 2], at + places[i + 1]) for i in (0, 3))
    return McubootApp(at, size, version, entry, tuple(part for part in parts if part.size))
