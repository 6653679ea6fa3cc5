"""Firmware files: flash images, application images, ELF files, build directories and ROMs, as bytes plus symbols.

The names are imported when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twincore.images.app import AppImage, Segment
    from twincore.images.elf import ElfFile
    from twincore.images.fill import Assignment, fill_partitions
    from twincore.images.flash import FlashImage
    from twincore.images.info import Block, describe, text_of
    from twincore.images.load import Image, Kind, open_elf, open_image
    from twincore.images.memory import Memory, classify
    from twincore.images.rom import RomImage, load_rom
    from twincore.images.symbols import Place, Symbol, Symbols

__all__ = [
    "AppImage",
    "Assignment",
    "Block",
    "ElfFile",
    "FlashImage",
    "Image",
    "Kind",
    "Memory",
    "Place",
    "RomImage",
    "Segment",
    "Symbol",
    "Symbols",
    "classify",
    "describe",
    "fill_partitions",
    "load_rom",
    "open_elf",
    "open_image",
    "text_of",
]

_HOMES = {
    "app": ("AppImage", "Segment"),
    "elf": ("ElfFile",),
    "fill": ("Assignment", "fill_partitions"),
    "flash": ("FlashImage",),
    "info": ("Block", "describe", "text_of"),
    "load": ("Image", "Kind", "open_elf", "open_image"),
    "memory": ("Memory", "classify"),
    "rom": ("RomImage", "load_rom"),
    "symbols": ("Place", "Symbol", "Symbols"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imports a public name from its module."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
