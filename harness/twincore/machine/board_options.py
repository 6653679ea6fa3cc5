"""What a user changes about a board without a platform file of one's own: the sizes of its flash and PSRAM."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from twincore.errors import UsageError
from twincore.machine.platform_file import Flash, Platform, Psram, load_platform

FLASH_MEGABYTES = (1, 2, 4, 8, 16, 32)
PSRAM_MEGABYTES = {4: (2, 4, 8), 8: (4, 8, 16, 32)}
"""Sizes of PSRAM chips by their data lines, the smallest first."""
_LINES = {"quad": 4, "octal": 8}
_GIGADEVICE = 0xC8_40_00


def load_board(
    board: str | Path,
    *,
    flash_size: str | None = None,
    psram: str | None = None,
    called: Callable[[str], str] = str,
) -> Platform:
    """Read a board's platform file and change what the options say.

    flash_size: "4MB". psram: "none", "2MB", "8MB-octal"; without -quad and -octal, 2 MB have four data lines, more have
    eight. None leaves the board as it is. called: how an error shall name an option.

    Raises PlatformError for a bad platform file, UsageError for a bad option.
    """
    platform = load_platform(board, who=called("board"))
    if flash_size is not None:
        platform = msgspec.structs.replace(platform, flash=_flash(flash_size, platform.flash, called("flash_size")))
    if psram is not None:
        platform = msgspec.structs.replace(platform, psram=_psram(psram, called("psram")))
    return platform


def _flash(text: str, present: Flash | None, who: str) -> Flash:
    """Return flash of another size: the board's maker and type, the capacity as its identification says it."""
    match = re.fullmatch(r"(\d+)\s*MB", text, re.IGNORECASE)
    if match is None or int(match[1]) not in FLASH_MEGABYTES:
        sizes = ", ".join(f"{size}MB" for size in FLASH_MEGABYTES)
        raise UsageError(who, f"expected one of {sizes}; got {text!r}")
    size = int(match[1]) << 20
    if present is not None and present.size == size:
        return present
    maker = _GIGADEVICE if present is None else present.jedec_id & 0xFF_FF00
    return Flash(size=size, jedec_id=maker | size.bit_length() - 1)


def _psram(text: str, who: str) -> Psram | None:
    if text.lower() == "none":
        return None
    match = re.fullmatch(r"(\d+)\s*MB(?:-(quad|octal))?", text, re.IGNORECASE)
    size = int(match[1]) if match else 0
    lines = _LINES[match[2].lower()] if match and match[2] else 4 if size == 2 else 8
    if size not in PSRAM_MEGABYTES[lines]:
        kinds = (f"{size}MB-{name}" for name, lines in _LINES.items() for size in PSRAM_MEGABYTES[lines])
        raise UsageError(who, f"expected one of none, {', '.join(kinds)}; got {text!r}")
    return Psram(size=size << 20, lines=4 if lines == 4 else 8)
