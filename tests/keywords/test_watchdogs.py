"""Keywords for the chip's watchdogs, on the real engine: amp, and a program that feeds or forgets to."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.isa.asm import assemble
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Duration
from twincore.keywords.watchdogs import Watchdog

AMP = Path(__file__).parents[2] / "firmware" / "prebuilt" / "amp.bin"
MS, SECOND = Duration(1_000_000), Duration(1_000_000_000)
CODE = 0x4037_8000

# Feeds the watchdog of timer group 0 (0x6001_F060) ten times, every 20 ms: the ROM leaves 20 MHz. Then it locks it, and
# stores in vain.
FEEDS_TEN_TIMES = """
        movi    a2, 0x600
        slli    a2, a2, 20
        movi    a3, 0x1F0
        slli    a3, a3, 8
        add     a2, a2, a3
        movi    a4, 10
        movi    a7, 0x61A
        slli    a7, a7, 8
feed:   s32i    a4, a2, 0x60
        rsr.ccount a6
wait:   rsr.ccount a8
        sub     a8, a8, a6
        bltu    a8, a7, wait
        addi    a4, a4, -1
        bnez    a4, feed
        s32i    a4, a2, 0x64
        j       feed
"""


@pytest.fixture
def library() -> Iterator[TwinCore]:
    library = TwinCore()
    yield library
    library.session.close()


@pytest.fixture
def call(library: TwinCore) -> Callable[..., Any]:
    """Calls a keyword."""
    return lambda name, *arguments, **named: library.run_keyword(name, list(arguments), named)


@pytest.fixture
def feeder(call: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Calls a keyword with the program that feeds, after its first meal."""
    path = AMP.parents[1] / "toolchain" / "pack_image.py"
    spec = importlib.util.spec_from_file_location("pack_image", path)
    assert spec is not None
    assert spec.loader is not None
    pack_image = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack_image)
    image = tmp_path / "feeds.bin"
    image.write_bytes(pack_image.pack(CODE, [(CODE, assemble(FEEDS_TEN_TIMES, CODE).ljust(64, b"\0"))]))
    call("Boot Firmware", str(image))
    call("Run Until", Duration(20_000_000))
    return call


def test_on_and_off_as_the_ROM_leaves_them_and_as_firmware_does(call: Callable[..., Any]) -> None:
    call("Boot Firmware", str(AMP))
    for watchdog in (Watchdog.TIMG0, Watchdog.RTC, Watchdog.SUPER):
        call("Watchdog Should Be On", watchdog)
    call("Watchdog Should Be Off", Watchdog.TIMG1)
    with pytest.raises(KeywordError, match=r"(?s)watchdog of TIMG1.*expected:  it is on\n  got:       it is off"):
        call("Watchdog Should Be On", Watchdog.TIMG1)
    call("Run Until", Duration(100_000_000))
    for watchdog in Watchdog:
        call("Watchdog Should Be Off", watchdog)
    with pytest.raises(KeywordError, match="expected:  it is on"):
        call("Watchdog Should Be Fed", Watchdog.TIMG0, every=MS, during=SECOND)


def test_a_hang_is_ended_by_the_first_watchdog(call: Callable[..., Any]) -> None:
    call("Boot Firmware", str(AMP))
    call("Inject Stall Of Core ${core}", 0, Duration(20_000_000_000))
    assert call("Watchdog Should Bite", Watchdog.SUPER, Duration(2_000_000_000)) == "SUPER_WDT"


def test_another_reset_is_no_bite(call: Callable[..., Any]) -> None:
    call("Boot Firmware", str(AMP))
    call("Inject Stall Of Core ${core}", 0, Duration(20_000_000_000))
    with pytest.raises(KeywordError, match=r"(?s)the watchdog of RTC.*got:       a reset by SUPER_WDT at 1\.000"):
        call("Watchdog Should Bite", Watchdog.RTC, Duration(2_000_000_000))


def test_no_reset_is_no_bite(call: Callable[..., Any]) -> None:
    call("Boot Firmware", str(AMP))
    with pytest.raises(KeywordError, match=r"(?s)expected:  it resets the chip within 1 ms\n  got:       no reset"):
        call("Watchdog Should Bite", Watchdog.SUPER, MS)


def test_meals_are_counted(feeder: Callable[..., Any]) -> None:
    assert (
        feeder("Watchdog Should Be Fed", Watchdog.TIMG0, every=Duration(20_100_000), during=Duration(60_000_000)) == 3
    )


def test_a_meal_that_does_not_come_or_is_locked_out_is_missed(feeder: Callable[..., Any]) -> None:
    with pytest.raises(
        KeywordError, match=r"(?s)it is fed every 21 ms during 400 ms\n  got: +\d feeds, none for 2\d\d"
    ):
        feeder("Watchdog Should Be Fed", Watchdog.TIMG0, every=Duration(21_000_000), during=Duration(400_000_000))


def test_a_time_that_makes_no_sense_is_refused(feeder: Callable[..., Any]) -> None:
    with pytest.raises(KeywordError, match="expected a time up to 1 ms to be fed in, got 1 s"):
        feeder("Watchdog Should Be Fed", Watchdog.TIMG0, every=SECOND, during=MS)
    with pytest.raises(KeywordError, match="expected a time that is to come, got 1 ms; it is 20"):
        feeder("Run Until", MS)
