"""Source lines and inlined functions: what GNU addr2line -f -i says of the project's own firmware."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.images.backtrace import Backtraces
from twincore.images.load import Image, open_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
LIB, MAIN, ATOMIC = "firmware/amp/core1/lib.rs", "firmware/amp/core0/main.c", "rust/core/src/sync/atomic.rs"


@pytest.fixture(scope="module")
def amp() -> Image:
    return open_image(str(PREBUILT / "amp.bin"), elfs=[str(PREBUILT / "amp.elf")])


# Rows of addr2line -f -i -C from binutils 2.44; it cuts the name of a generic function and leaves out a crate's name.
ADDR2LINE = [
    ("amp_control_loop", 0x0, [("amp_core1::write", f"{LIB}:216"), ("amp_control_loop", f"{LIB}:219")]),
    ("amp_control_loop", 0x6, [("amp_core1::ccount", f"{LIB}:41"), ("amp_control_loop", f"{LIB}:217")]),
    (
        "amp_control_loop",
        0x12,
        [
            ("atomic_store<u32>", f"{ATOMIC}:3890"),
            ("store", f"{ATOMIC}:2898"),
            ("amp_core1::increment", f"{LIB}:208"),
            ("amp_control_loop", f"{LIB}:218"),
        ],
    ),
    ("amp_control_loop", 0x1E, [("amp_control_loop", f"{LIB}:219")]),
    ("amp_core0_main", 0x0, [("amp_core0_main", f"{MAIN}:149")]),
    ("amp_core1_start", 0x0, [("", "firmware/amp/start.S:279")]),
]


@pytest.mark.parametrize(("function", "offset", "expected"), ADDR2LINE)
def test_functions_are_those_of_addr2line(
    amp: Image, function: str, offset: int, expected: list[tuple[str, str]]
) -> None:
    frames = amp.source_frames(amp.symbols.find(function).address + offset)
    assert [(frame.function, str(frame.line)) for frame in frames] == expected


def test_the_line_is_that_of_the_innermost_function(amp: Image) -> None:
    assert str(amp.source_line(amp.symbols.find("amp_control_loop").address + 6)) == f"{LIB}:41"


def test_an_address_without_code_has_no_functions(amp: Image) -> None:
    assert amp.source_frames(0x4200_0000) == []


def test_a_backtrace_names_what_was_inlined(amp: Image) -> None:
    address = amp.symbols.find("amp_control_loop").address + 6
    frames = Backtraces(amp.symbols, amp).read(f"Backtrace: {address:#010x}:0x3fcd7d00")
    assert [str(frame) for frame in frames] == [
        f"  #0 {address:#010x} amp_core1::ccount  {LIB}:41",
        f"                inlined into amp_control_loop+0x6  {LIB}:217",
    ]


@pytest.mark.parametrize("name", ["amp", "amp_late", "amp_faults", "amp_partition", "amp_core1", "amp_core1_v2"])
def test_every_function_of_amp_has_a_line_that_exists(name: str) -> None:
    image = open_image(str(PREBUILT / f"{name}.elf"))
    lines = [image.source_line(symbol.address) for symbol in image.symbols.functions() if "amp_" in symbol.name]
    assert len(lines) > 5
    for line in lines:
        if line is not None:  # the ROM's functions have none
            assert line.file.startswith("firmware/amp/")
            assert 0 < line.line <= len((PREBUILT.parents[1] / line.file).read_text().splitlines())
    assert sum(line is not None for line in lines) > 5
