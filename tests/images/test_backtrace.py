"""Addresses in a firmware's last words."""

from __future__ import annotations

import pytest

from twincore.images.backtrace import Backtraces
from twincore.images.symbols import Symbol, Symbols


def _symbols() -> Symbols:
    places = {"app_main": 0x4200_9664, "abort": 0x4037_EFA8, "rom_memcpy": 0x4000_11F0}
    return Symbols(
        Symbol(name, at, 0 if name.startswith("rom") else 0x100, "function", False, "", "", None)
        for name, at in places.items()
    )


def frames(*lines: str) -> list[tuple[str, str]]:
    reader = Backtraces(_symbols(), None)
    return [(frame.name, frame.function) for line in lines for frame in reader.read(line)]


BOTH = [("#0", "abort+0x8a"), ("#1", "app_main+0x27")]
PC_AND_A0 = [("PC", "app_main+0x27"), ("A0", "abort+0x8a")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["Backtrace: 0x4037f032:0x3fc97020 0x4200968b:0x3fc97140"],
            BOTH,
        ),
        (["Backtrace:0x4037f032:0x3fc97020 |<-CORRUPTED"], [("#0", "abort+0x8a")]),
        (["\x1b[31mBacktrace: 0x4037f032:0x3fc97020 0x4200968b:0x3fc97140\x1b[0m"], BOTH),
        (["Backtrace:", "", "0x4037f032", "0x4200968b:0x3fc97140", "done", "0x4200968b"], BOTH),
        (["Backtrace:", "", "\x1b[31m0x4037f032", "\x1b[31m0x4200968b"], BOTH),  # esp-backtrace in colour
        (
            ["", "Exception occured 'IllegalInstruction'", "Context", "SAR: 0x00000000", "0x4037f032", "0x4200968b"],
            BOTH,
        ),
        (
            ["Exception occurred on ProCpu 'LoadProhibited'", "Context { PC: 0x4200968b, PS: 0x60b30 }", "0x4037f032"],
            [("PC", "app_main+0x27"), ("#0", "abort+0x8a")],
        ),
        (["Exception occurred 'X'", *["register"] * 41, "0x4037f032"], []),
        (["[CPU0] backtrace| 3: 0x4037f032 0x4200968b"], BOTH),
        (["abort() was called at PC 0x4200968b on core 0"], [("PC", "app_main+0x27")]),
        (["PC      : 0x4200968b  PS      : 0x00060c30  A0      : 0x8037f035  A1      : 0x3fc97020"], PC_AND_A0),
        (["EPC1    : 0x4200968b  EPC2    : 0x00000000"], [("EPC1", "app_main+0x27")]),
        (["Saved PC:0x4200968b"], [("PC", "app_main+0x27")]),
        (["amp: panic on core 0: exception (29) at pc 0x4200968b, a0 0x8037f035, sp 0x3fc97020"], PC_AND_A0),
        (["PC: 0x00000000"], []),
        (
            ["Backtrace: 0x400011f4:0x3fc97020 0x4000c2a1:0x3fc97020"],
            [("#0", "rom_memcpy+0x4"), ("#1", "a function of the ROM")],
        ),
        (["the PC is on, 0x4200968b bytes"], []),
    ],
)
def test_frames_of_last_words(lines: list[str], expected: list[tuple[str, str]]) -> None:
    assert frames(*lines) == expected


def test_a_frame_is_written_as_a_line() -> None:
    [frame] = Backtraces(_symbols(), None).read("Saved PC:0x4200968b")
    assert str(frame) == "  PC 0x4200968b app_main+0x27"


def test_an_address_that_no_symbol_is_near_has_no_function() -> None:
    [frame] = Backtraces(Symbols(), None).read("Backtrace: 0x4200968b:0x3fc97140")
    assert (frame.function, frame.line) == ("", None)
