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


@pytest.mark.parametrize(("bits", "got"), [(1, 0x80), (4, 0xC0), (7, 0xC8), (8, 0xC9), (9, 0x80C9), (15, 0xACC9)])
def test_behind_the_last_bit_there_are_zeros(board: Chip, bits: int, got: int) -> None:
    exchanged(board, "SPI2", 0)
    for name, value in {"MS_DLEN": bits - 1, "W0": 0xADC9, "CMD": USR}.items():
        board.write(f"SPI2.{name}", value)
    board.run(us=100)
    kept = 0xADC9 & ~((1 << 8 * ((bits + 7) // 8)) - 1)
    assert board.read("SPI2.W0") == kept | got


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


# One controller as a slave of the other

CLK_PIN, D_PIN, Q_PIN, CS_PIN = 4, 5, 6, 7
SLAVE_MODE, TRANS_DONE, COMMAND_DONE = 1 << 26, 1 << 12, 1 << 11
COMMAND, ADDRESS, DUMMY = 1 << 31, 1 << 30, 1 << 29
SIGNALS = {"SPI2": (101, 103, 102, 110), "SPI3": (66, 68, 67, 71)}
"""CLK, D, Q and CS0 in the GPIO matrix."""


def wire_up(
    board: Chip, master: str, slave: str, *, without: str = "", d_inverted: int = 0, q_inverted: int = 0
) -> None:
    """Connect two controllers at four pins, but for one wire."""
    for pin in (CLK_PIN, D_PIN, Q_PIN, CS_PIN):
        board.write(f"IO_MUX.GPIO{pin}", 1 << 12 | 1 << 9)
    ways = zip(("CLK", "D", "Q", "CS"), (CLK_PIN, D_PIN, Q_PIN, CS_PIN), SIGNALS[master], SIGNALS[slave], strict=True)
    for name, pin, of_master, of_slave in ways:
        source, to = (of_slave, of_master) if name == "Q" else (of_master, of_slave)
        board.write(f"GPIO.FUNC{pin}_OUT_SEL_CFG", source)
        if name != without:
            inverted = {"D": d_inverted, "Q": q_inverted}.get(name, 0) * INVERTED_IN
            board.write(f"GPIO.FUNC{to}_IN_SEL_CFG", THROUGH_MATRIX | inverted | pin)
        elif name == "CS":
            board.write(f"GPIO.FUNC{to}_IN_SEL_CFG", THROUGH_MATRIX | 0x38)  # always high
    board.write(f"{master}.CLK_GATE", 7)
    board.write(f"{slave}.SLAVE", SLAVE_MODE)
    board.write(f"{slave}.CMD", USR)


def talk(board: Chip, master: str, slave: str, bits: int = 32) -> tuple[int, int]:
    """Exchange words both ways; return what came to the master and to the slave."""
    board.write(f"{slave}.USER", DUPLEX)
    board.write(f"{slave}.W0", 0x0403_0201)
    for name, value in {"USER": DUPLEX | MISO | MOSI, "MS_DLEN": bits - 1, "W0": 0xD4C3_B2A1, "CMD": USR}.items():
        board.write(f"{master}.{name}", value)
    board.run(us=100)
    return board.read(f"{master}.W0"), board.read(f"{slave}.W0")


@pytest.mark.parametrize(("master", "slave"), [("SPI2", "SPI3"), ("SPI3", "SPI2")])
def test_a_controller_talks_to_the_other(board: Chip, master: str, slave: str) -> None:
    wire_up(board, master, slave)
    assert talk(board, master, slave) == (0x0403_0201, 0xD4C3_B2A1)
    assert board.read(f"{slave}.SLAVE1") & 0x3FFFF == 32
    assert board.read(f"{slave}.DMA_INT_RAW") == TRANS_DONE
    assert board.read(f"{slave}.CMD") == 0


def test_only_the_bits_that_are_sent_are_exchanged(board: Chip) -> None:
    wire_up(board, "SPI2", "SPI3")
    assert talk(board, "SPI2", "SPI3", 8) == (0xD4C3_B201, 0x0403_02A1)
    assert board.read("SPI3.SLAVE1") & 0x3FFFF == 8


@pytest.mark.parametrize(
    ("without", "at_master", "at_slave"),
    [
        ("CLK", 0xFFFF_FFFF, 0x0403_0201),
        ("CS", 0xFFFF_FFFF, 0x0403_0201),
        ("D", 0x0403_0201, 0xFFFF_FFFF),
        ("Q", 0xFFFF_FFFF, 0xD4C3_B2A1),
    ],
)
def test_a_missing_wire(board: Chip, without: str, at_master: int, at_slave: int) -> None:
    wire_up(board, "SPI2", "SPI3", without=without)
    assert talk(board, "SPI2", "SPI3") == (at_master, at_slave)


@pytest.mark.parametrize(("d_inverted", "q_inverted"), [(1, 0), (0, 1)])
def test_inverted_wires(board: Chip, d_inverted: int, q_inverted: int) -> None:
    wire_up(board, "SPI2", "SPI3", d_inverted=d_inverted, q_inverted=q_inverted)
    expected = 0x0403_0201 ^ q_inverted * 0xFFFF_FFFF, 0xD4C3_B2A1 ^ d_inverted * 0xFFFF_FFFF
    assert talk(board, "SPI2", "SPI3") == expected


def test_a_controller_that_is_no_slave_does_not_listen(board: Chip) -> None:
    wire_up(board, "SPI2", "SPI3")
    board.write("SPI3.SLAVE", 0)
    assert talk(board, "SPI2", "SPI3") == (0xFFFF_FFFF, 0x0403_0201)


def test_a_command_with_address_and_dummy_cycles(board: Chip) -> None:
    wire_up(board, "SPI2", "SPI3")
    board.write("SPI3.USER", 0)
    board.write("SPI3.W1", 0)
    write_buffer = {"USER": COMMAND | ADDRESS | DUMMY | MOSI, "USER1": 7 << 27 | 7, "USER2": 7 << 28 | 1}
    for name, value in {**write_buffer, "ADDR": 4 << 24, "MS_DLEN": 31, "W0": 0x4433_2211, "CMD": USR}.items():
        board.write(f"SPI2.{name}", value)
    board.run(us=200)
    assert board.read("SPI3.W1") == 0x4433_2211
    assert board.read("SPI3.DMA_INT_RAW") == TRANS_DONE | COMMAND_DONE
    read_buffer = {"USER": COMMAND | ADDRESS | DUMMY | MISO, "USER2": 7 << 28 | 2, "W0": 0, "CMD": USR}
    for name, value in read_buffer.items():
        board.write(f"SPI2.{name}", value)
    board.run(us=200)
    assert board.read("SPI2.W0") == 0x4433_2211
