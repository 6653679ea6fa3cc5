"""SPI over one pin that carries D out and takes Q in, as drivers test themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twincore.testing import Chip

DUPLEX, MISO, MOSI, USR = 1 << 0, 1 << 28, 1 << 27, 1 << 24
THROUGH_MATRIX, INVERTED_IN, INVERTED_OUT = 1 << 7, 1 << 6, 1 << 9


@pytest.fixture
def board(chip: Callable[..., Chip]) -> Chip:
    board = chip()
    board.write("SYSTEM.PERIP_CLK_EN0", 0xFFFFFFFF)
    board.write("SYSTEM.PERIP_RST_EN0", 0)
    board.write("IO_MUX.GPIO37", 1 << 12 | 1 << 9)  # the pin's function GPIO, its input on
    return board


def exchanged(board: Chip, spi: str, out: int, config: int = 0, source: int = THROUGH_MATRIX | 37) -> int:
    """Route D to pin 37 and Q from `source`, send two bytes and return what came."""
    signal = {"SPI2": (103, 102), "SPI3": (68, 67)}[spi]
    board.write("GPIO.FUNC37_OUT_SEL_CFG", signal[0] | config)
    board.write(f"GPIO.FUNC{signal[1]}_IN_SEL_CFG", source)
    for name, value in {"CLK_GATE": 7, "USER": DUPLEX | MISO | MOSI, "MS_DLEN": 15, "W0": out, "CMD": USR}.items():
        board.write(f"{spi}.{name}", value)
    board.run(us=100)
    assert board.read(f"{spi}.CMD") == 0
    return board.read(f"{spi}.W0") & 0xFFFF


@pytest.mark.parametrize("spi", ["SPI2", "SPI3"])
def test_what_goes_out_comes_back(board: Chip, spi: str) -> None:
    assert exchanged(board, spi, 0xA55A) == 0xA55A


@pytest.mark.parametrize(
    ("config", "source", "got"),
    [
        (INVERTED_OUT, THROUGH_MATRIX | 37, 0x5AF0),
        (0, THROUGH_MATRIX | INVERTED_IN | 37, 0x5AF0),
        (INVERTED_OUT, THROUGH_MATRIX | INVERTED_IN | 37, 0xA50F),
        (0, THROUGH_MATRIX | 36, 0xFFFF),
        (1, THROUGH_MATRIX | 37, 0xFFFF),  # another signal's pin
    ],
)
def test_inversions_and_other_pins(board: Chip, config: int, source: int, got: int) -> None:
    assert exchanged(board, "SPI3", 0xA50F, config, source) == got


def test_a_pin_whose_input_is_off_gives_nothing_back(board: Chip) -> None:
    board.write("IO_MUX.GPIO37", 1 << 12)
    assert exchanged(board, "SPI3", 0xA50F) == 0xFFFF
