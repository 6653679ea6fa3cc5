"""What a user changes about a board without a platform file of one's own: flash, PSRAM, fuses, straps, peripherals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from twincore.errors import UsageError
from twincore.machine.platform_file import Efuse, Flash, Platform, Psram, Straps, load_platform
from twincore.machine.psram_chip import MEGABYTES

FLASH_MEGABYTES = (1, 2, 4, 8, 16, 32)
STRAPS = {"flash": 0x08, "download": 0x00}
"""GPIO_STRAP by what the chip does with it: GPIO0 (bit 3) high boots from flash, GPIO0 and GPIO46 low wait for code."""
_LINES: Mapping[str, Literal[4, 8]] = {"quad": 4, "octal": 8}
_GIGADEVICE = 0xC8_40_00


def load_board(
    board: str | Path,
    *,
    flash_size: str | None = None,
    psram: str | None = None,
    efuse: str | Path | None = None,
    mac: str | None = None,
    straps: str | None = None,
    peripherals: Sequence[str] = (),
    called: Callable[[str], str] = str,
) -> Platform:
    """Read a board's platform file and change what the options say.

    flash_size: "4MB". psram: "none", "2MB", "8MB-octal"; without -quad and -octal the chip is what there is of that
    size, where there are both kinds what firmware takes it for. efuse: a file of espefuse.py, see
    `twincore.images.efuses`; what the board's file says of fuses no longer counts. mac: the chip's base MAC address,
    "7c:df:a1:00:00:01". straps: what the pins say at reset, "flash", "download" or GPIO_STRAP as a number. peripherals:
    a line for each one that is added (see `peripheral_line`). None leaves the board as it is. called: how an error
    shall name an option.

    Raises PlatformError for a bad platform file, UsageError for a bad option.
    """
    platform = load_platform(board, who=called("board"), peripherals=peripherals, lines_from=called("peripheral"))
    if flash_size is not None:
        platform = msgspec.structs.replace(platform, flash=_flash(flash_size, platform.flash, called("flash_size")))
    if psram is not None:
        platform = msgspec.structs.replace(platform, psram=_psram(psram, called("psram")))
    if efuse is not None:
        platform = msgspec.structs.replace(platform, efuse=Efuse(file=str(efuse)))
    if mac is not None:
        fuses = msgspec.structs.replace(platform.efuse, mac=_mac(mac, called("mac")))
        platform = msgspec.structs.replace(platform, efuse=fuses)
    if straps is not None:
        platform = msgspec.structs.replace(platform, straps=_straps(straps, called("straps")))
    return platform


def _mac(text: str, who: str) -> str:
    """Return a MAC address of a single device, with colons."""
    match = re.fullmatch(r"([0-9A-Fa-f]{2})[:-]?" * 5 + r"([0-9A-Fa-f]{2})", text)
    if match is None:
        raise UsageError(who, f"expected a MAC address such as 7c:df:a1:00:00:01, got {text!r}")
    if int(match[1], 16) & 1:
        raise UsageError(who, f"expected the MAC address of one device, got {text!r}, which is a group's")
    return ":".join(match.groups()).lower()


def _straps(text: str, who: str) -> Straps:
    if text.lower() in STRAPS:
        return Straps(value=STRAPS[text.lower()])
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 16:
        raise UsageError(who, f"expected {', '.join(STRAPS)} or GPIO_STRAP (0 to 0xffff), got {text!r}")
    return Straps(value=value)


def _flash(text: str, present: Flash | None, who: str) -> Flash:
    """Return flash of another size: the board's maker and type, the capacity as its identification says it."""
    match = re.fullmatch(r"(\d+)\s*MB", text, re.IGNORECASE)
    if match is None or int(match[1]) not in FLASH_MEGABYTES:
        sizes = ", ".join(f"{size}MB" for size in FLASH_MEGABYTES)
        raise UsageError(who, f"expected one of {sizes}; got {text!r}")
    size = int(match[1]) << 20
    if present is not None and present.size == size:
        return present
    if present is None:
        return Flash(size=size, jedec_id=_GIGADEVICE | size.bit_length() - 1)
    capacity = size.bit_length() - 1 + (0x20 if present.lines == 8 else 0)
    return msgspec.structs.replace(present, size=size, jedec_id=present.jedec_id & 0xFF_FF00 | capacity)


def _psram(text: str, who: str) -> Psram | None:
    if text.lower() == "none":
        return None
    match = re.fullmatch(r"(\d+)\s*MB(?:-(quad|octal))?", text, re.IGNORECASE)
    size = int(match[1]) if match else 0
    kinds: tuple[Literal[4, 8, "any"], ...] = (_LINES[match[2].lower()],) if match and match[2] else ("any", 4, 8)
    for lines in kinds:
        if size in MEGABYTES[lines]:
            return Psram(size=size << 20, lines=lines)
    names = (f"{size}MB-{name}" for name, lines in _LINES.items() for size in MEGABYTES[lines])
    raise UsageError(who, f"expected one of none, {', '.join(names)}; got {text!r}")
