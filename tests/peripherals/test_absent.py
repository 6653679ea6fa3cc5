"""Parts that are not modelled: what firmware waits for is over, nobody is connected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.sdhost import SDHOST
from esp32s3.usb_otg import USB0

START, UPDATE_CLOCK, RESPONSE = 1 << 31, 1 << 21, 1 << 6
COMMAND_DONE, TIMEOUT = 1 << 2, 1 << 8


@pytest.fixture
def host(bench: Callable[..., Any]) -> Any:
    return bench(SDHOST)


@pytest.mark.parametrize(
    ("command", "us", "flags"), [(RESPONSE | 8, 280, COMMAND_DONE | TIMEOUT), (0, 120, COMMAND_DONE)]
)
def test_no_card_responds(host: Any, command: int, us: int, flags: int) -> None:
    host.write("INTMASK", COMMAND_DONE)
    host.write("CTRL", 1 << 4)
    host.write("CMD", START | command)
    assert host.read("CMD") == command
    host.run(us=us - 1)
    assert host.read("RINTSTS") == 0
    host.run(us=1)
    assert (host.read("RINTSTS"), host.read("MINTSTS"), host.level("interrupt")) == (flags, COMMAND_DONE, 1)
    host.write("RINTSTS", flags)
    assert (host.read("MINTSTS"), host.level("interrupt")) == (0, 0)


def test_a_new_clock_is_taken_over_in_silence(host: Any) -> None:
    host.write("CMD", START | UPDATE_CLOCK)
    host.run(us=1000)
    assert (host.read("CMD") >> 31, host.read("RINTSTS")) == (0, 0)


def test_the_interrupt_has_a_switch(host: Any) -> None:
    host.write("INTMASK", COMMAND_DONE)
    host.write("CMD", START)
    host.run(us=1000)
    assert host.level("interrupt") == 0
    host.write("CTRL", 1 << 4 | 7)
    assert (host.level("interrupt"), host.read("CTRL")) == (1, 1 << 4)


def test_the_host_is_idle(host: Any) -> None:
    assert host.read("STATUS") & (1 << 9 | 1 << 10) == 0


def test_usb_tells_what_it_is_and_that_nobody_is_there(bench: Callable[..., Any]) -> None:
    usb = bench(USB0)
    assert usb.read("GSNPSID") == 0x4F54_400A
    usb.write("GRSTCTL", 0x33 | 5 << 6)
    assert usb.read("GRSTCTL") == 1 << 31 | 5 << 6
    for register in ("GINTSTS", "HPRT"):
        usb.write(register, 0xFFFF_FFFF)
        assert usb.read(register) & 0xF == 0


def test_the_rest_is_reported(bench: Callable[..., Any], host: Any) -> None:
    usb = bench(USB0)
    usb.write(0x008, 1)
    host.read(0x200)
    assert (usb.context.unknown, host.context.unknown) == (["USB0+0x8"], ["SDHOST+0x200"])
