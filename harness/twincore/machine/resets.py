"""Why the ESP32-S3 was reset: the reasons that firmware reads in RTC_CNTL_RESET_STATE, and a log of resets.

What a reset reaches is `twincore.model.RESET_DOMAINS`. Memories keep their content over every reset but power-on.
Source: ESP32-S3 Technical Reference Manual, "Reset and Clock". Left out: eFuse CRC, clock and power glitch (analogue).
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class ResetReason(enum.IntEnum):
    """RTC_CNTL_RESET_STATE's cause of the last reset, per core."""

    POWERON = 0x01
    RTC_SW_SYS_RST = 0x03
    DEEPSLEEP = 0x05
    TG0WDT_SYS = 0x07
    TG1WDT_SYS = 0x08
    RTCWDT_SYS = 0x09
    TG0WDT_CPU = 0x0B
    RTC_SW_CPU = 0x0C
    RTCWDT_CPU = 0x0D
    BROWN_OUT = 0x0F
    RTCWDT_RTC = 0x10
    TG1WDT_CPU = 0x11
    SUPER_WDT = 0x12
    USB_UART = 0x15
    USB_JTAG = 0x16


class Reset(NamedTuple):
    """One reset that happened: when, how far it reached (a key of `RESET_DOMAINS`) and why."""

    time_ticks: int
    domain: str
    reason: int


def reason_name(reason: int) -> str:
    """Return the name of a reset reason as the manual spells it, or its number."""
    try:
        return ResetReason(reason).name
    except ValueError:
        return f"{reason:#04x}"
