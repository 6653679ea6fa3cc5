"""Keywords that do something at an exact moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.engines.protocol import (
    Capability,
    DelayInterrupt,
    DelayRelease,
    DrivePin,
    FlipBits,
    Injection,
    RaiseInterrupt,
    SendBytes,
    StallCore,
    StoreMemory,
)
from twincore.keywords.library import KeywordError
from twincore.keywords.turns import Limits, Occasion
from twincore.keywords.values import Duration, Gpio, Level, Place

MS, US = 1_000_000, 1_000
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
LATER = {"after": Duration(3 * MS)}


@pytest.mark.parametrize(
    ("name", "arguments", "named", "what"),
    [
        ("Inject Bytes", ["ping\n"], {}, SendBytes("UART0", b"ping\n")),
        ("Inject Bytes", [b"\x00\xff"], {"port": "UART1"}, SendBytes("UART1", b"\x00\xff")),
        ("Inject Level", [Gpio(4), Level.low], {}, DrivePin(4, 0)),
        ("Inject Interrupt", ["UART0"], {"lasting": Duration(70)}, RaiseInterrupt("UART0", 70)),
        ("Delay Next Interrupt", ["UART0", Duration(90)], {}, DelayInterrupt("UART0", 90)),
        ("Inject Stall Of Core ${core}", [1, Duration(MS)], {}, StallCore(1, MS)),
        ("Flip Bit", [Place.of("counter"), 11], {}, FlipBits(0x3FC9_0001, 8)),
        ("Flip Bit", [Place.of("GPIO.OUT_W1TS"), 0], {}, FlipBits(0x6000_4008, 1)),
        ("Inject Word", [Place.of("counter"), -2], {}, StoreMemory(0x3FC9_0000, b"\xfe\xff\xff\xff")),
    ],
)
def test_a_keyword_injects(
    engine: Any, call: Any, name: str, arguments: list[Any], named: dict[str, Any], what: Injection
) -> None:
    call("Run For", Duration(2 * MS))
    call(name, *arguments, **named, **LATER)
    assert engine.injected == [(5 * MS, what)]


def test_a_level_that_lasts_is_let_go_of(engine: Any, call: Any) -> None:
    call("Inject Level", Gpio(0), Level.high, lasting=Duration(50 * US), **LATER)
    assert engine.injected == [(3 * MS, DrivePin(0, 1)), (3 * MS + 50 * US, DrivePin(0, None))]


def test_a_release_is_delayed(engine: Any, call: Any) -> None:
    call("Delay Release Of Core ${core}", 1, by=Duration(5 * MS))
    assert engine.injected == [(0, DelayRelease(1, 5 * MS))]


def test_bits_and_words_that_are_none_are_refused(failure: Any) -> None:
    assert failure("Flip Bit", Place.of("counter"), 32) == "counter: expected a bit from 0 to 31, got 32"
    assert "expected a word of 32 bits" in failure("Inject Word", Place.of("counter"), 1 << 32)


def test_an_engine_that_cannot_skips_the_test(engine: Any, call: Any) -> None:
    engine.capabilities = frozenset(Capability) - {Capability.INJECTION}
    with pytest.raises(Exception, match="cannot do something to the chip at an exact moment"):
        call("Flip Bit", Place.of("counter"), 0)


@pytest.fixture
def firmware() -> Iterator[TwinCore]:
    library = TwinCore()
    library.run_keyword("Boot Firmware", [str(FIRMWARE / "amp.bin")], {})
    library.run_keyword("Run For", [Duration(30 * MS)], {})
    yield library
    library.close()


def test_a_stalled_core_is_caught_by_the_loop_keyword(firmware: TwinCore) -> None:
    firmware.run_keyword("Inject Stall Of Core ${core}", [1, Duration(3 * MS)], {"after": Duration(2 * MS)})
    arguments = [Occasion.of("amp_control_loop"), Limits.of("1 ms +- 2 us")]
    with pytest.raises(KeywordError, match=r"[23] missed deadlines"):
        firmware.run_keyword("Loop Should Keep", arguments, {"turns": 10})


def test_bytes_that_are_injected_are_answered(firmware: TwinCore) -> None:
    firmware.run_keyword("Inject Bytes", ["ping\n"], LATER)
    firmware.run_keyword("Serial Should Print", ["pong"], {"within": Duration(10 * MS)})
