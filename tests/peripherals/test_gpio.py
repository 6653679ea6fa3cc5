"""GPIO: pins, matrix, interrupts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.gpio import GPIO
from twincore.model import Line

RISING, FALLING, ANY, LOW, HIGH = (kind << 7 for kind in (1, 2, 3, 4, 5))
INT, NMI = 1 << 13, 1 << 14
OPEN_DRAIN = 1 << 2


@pytest.fixture
def gpio(bench: Callable[..., Any]) -> Any:
    return bench(GPIO)


def pin(gpio: Any, n: int) -> Any:
    return gpio.block.pins[n]


def bank(name: str, n: int) -> tuple[str, int]:
    """The register of pin n and its bit: OUT_W1TS or OUT1_W1TS."""
    first, _, rest = name.partition("_")
    return (first + "1" if n >= 32 else first) + (f"_{rest}" if rest else ""), 1 << n % 32


@pytest.mark.parametrize("n", [0, 21, 31, 32, 48])
def test_set_and_clear_an_output(gpio: Any, n: int) -> None:
    levels = []
    pin(gpio, n).listen(levels.append)
    for name in ("ENABLE_W1TS", "OUT_W1TS", "OUT_W1TC", "OUT_W1TS", "ENABLE_W1TC"):
        gpio.write(*bank(name, n))
    assert levels == [1, 0, 1, 0]


@pytest.mark.parametrize("n", [5, 40])
def test_writing_the_whole_register(gpio: Any, n: int) -> None:
    gpio.write(*bank("ENABLE", n))
    gpio.write(*bank("OUT", n))
    assert pin(gpio, n).level == 1
    gpio.write(bank("OUT", n)[0], 0)
    assert pin(gpio, n).level == 0


@pytest.mark.parametrize("n", [3, 33])
def test_set_registers_read_zero_and_show_in_the_plain_one(gpio: Any, n: int) -> None:
    gpio.write(*bank("OUT_W1TS", n))
    assert (gpio.read(bank("OUT_W1TS", n)[0]), gpio.read(bank("OUT", n)[0])) == (0, 1 << n % 32)


@pytest.mark.parametrize("n", [3, 33])
def test_input_shows_what_the_world_drives(gpio: Any, n: int) -> None:
    pin(gpio, n).drive(1)
    assert gpio.read(*bank("IN", n)[:1]) == 1 << n % 32
    pin(gpio, n).drive(None)
    assert gpio.read(*bank("IN", n)[:1]) == 0


def test_input_is_read_natively(gpio: Any) -> None:
    assert not gpio.block.word_access()[gpio.offsets["IN"] // 4].python_read


def test_input_shows_what_the_chip_drives(gpio: Any) -> None:
    gpio.write("ENABLE", 1 << 7)
    gpio.write("OUT", 1 << 7)
    assert gpio.read("IN") == 1 << 7


def test_open_drain_lets_go_of_a_one(gpio: Any) -> None:
    pin(gpio, 4).set_pull(1)
    gpio.write("PIN4", OPEN_DRAIN)
    gpio.write("ENABLE", 1 << 4)
    assert pin(gpio, 4).level == 0
    gpio.write("OUT", 1 << 4)
    assert pin(gpio, 4).level == 1


def test_inverted_output(gpio: Any) -> None:
    gpio.write("ENABLE", 1)
    gpio.write("FUNC0_OUT_SEL_CFG", 256 | 1 << 9)
    assert pin(gpio, 0).level == 1


def test_peripheral_signal_through_the_matrix(gpio: Any) -> None:
    line = Line("out", gpio.context.now_ticks)
    gpio.block.attach_output(73, line)
    gpio.write("FUNC9_OUT_SEL_CFG", 73)
    line.set(1)
    assert pin(gpio, 9).level == 1
    gpio.write("FUNC9_OUT_SEL_CFG", 256)
    assert pin(gpio, 9).level == 0


def test_input_signal_through_the_matrix(gpio: Any) -> None:
    signal = gpio.block.input(12)
    gpio.write("FUNC12_IN_SEL_CFG", 5 | 1 << 7)
    pin(gpio, 5).drive(1)
    assert signal.level == 1
    gpio.write("FUNC12_IN_SEL_CFG", 5 | 1 << 7 | 1 << 6)
    assert signal.level == 0


@pytest.mark.parametrize(("source", "level"), [(0x38, 1), (0x3C, 0)])
def test_constant_input_signals(gpio: Any, source: int, level: int) -> None:
    signal = gpio.block.input(12)
    gpio.write("FUNC12_IN_SEL_CFG", source | 1 << 7)
    assert signal.level == level


@pytest.mark.parametrize(
    ("kind", "on_rise", "on_fall"),
    [(0, 0, 0), (RISING, 1, 0), (FALLING, 0, 1), (ANY, 1, 1)],
    ids=["off", "rising", "falling", "any"],
)
@pytest.mark.parametrize("n", [2, 34])
def test_edges(gpio: Any, n: int, kind: int, on_rise: int, on_fall: int) -> None:
    gpio.write(f"PIN{n}", kind | INT)
    seen = []
    for level in (1, 0):
        pin(gpio, n).drive(level)
        seen.append(gpio.level("interrupt"))
        gpio.write(*bank("STATUS_W1TC", n))
    assert seen == [on_rise, on_fall]


@pytest.mark.parametrize(("kind", "level"), [(LOW, 0), (HIGH, 1)], ids=["low", "high"])
def test_levels_come_back_while_they_last(gpio: Any, kind: int, level: int) -> None:
    pin(gpio, 2).drive(1 - level)
    gpio.write("PIN2", kind | INT)
    assert gpio.level("interrupt") == 0
    pin(gpio, 2).drive(level)
    gpio.write("STATUS_W1TC", 1 << 2)
    assert gpio.level("interrupt") == 1
    pin(gpio, 2).drive(1 - level)
    gpio.write("STATUS_W1TC", 1 << 2)
    assert gpio.level("interrupt") == 0


@pytest.mark.parametrize("n", [2, 34])
def test_status_registers_of_the_cpu(gpio: Any, n: int) -> None:
    gpio.write(f"PIN{n}", RISING | INT)
    pin(gpio, n).drive(1)
    second = "1" if n >= 32 else ""
    bit = 1 << n % 32
    names = (f"STATUS{second}", f"PCPU_INT{second}", f"PCPU_NMI_INT{second}")
    assert [gpio.read(name) for name in names] == [bit, bit, 0]


def test_non_maskable_interrupt(gpio: Any) -> None:
    gpio.write("PIN2", RISING | NMI)
    pin(gpio, 2).drive(1)
    assert (gpio.level("interrupt"), gpio.level("nmi"), gpio.read("PCPU_NMI_INT")) == (0, 1, 4)


def test_status_without_enable_raises_nothing(gpio: Any) -> None:
    gpio.write("PIN2", RISING)
    pin(gpio, 2).drive(1)
    assert (gpio.read("STATUS"), gpio.level("interrupt")) == (4, 0)


def test_software_can_set_the_status(gpio: Any) -> None:
    gpio.write("PIN2", INT)
    gpio.write("STATUS_W1TS", 4)
    assert gpio.level("interrupt") == 1


def test_straps(bench: Callable[..., Any]) -> None:
    gpio = bench(GPIO, straps=0x0B)
    assert gpio.read("STRAP") == 0x0B
    gpio.block.set_straps(0x08)
    gpio.block.reset("system", 3)
    assert gpio.read("STRAP") == 0x08


def test_core_reset_lets_go_of_the_pins(gpio: Any) -> None:
    gpio.write("ENABLE", 1)
    gpio.write("OUT", 1)
    gpio.block.reset("system", 3)
    assert (pin(gpio, 0).output, gpio.read("IN")) == (None, 0)


THROUGH = 208
"""Input and output signals 208 to 212 join pins."""


@pytest.mark.parametrize("number", [THROUGH, THROUGH + 4])
def test_a_signal_goes_in_at_one_pin_and_out_at_another(gpio: Any, number: int) -> None:
    gpio.write(f"FUNC{number}_IN_SEL_CFG", 1 << 7 | 17)
    gpio.write("FUNC21_OUT_SEL_CFG", number)
    gpio.write("ENABLE_W1TS", 1 << 21)
    levels = []
    for level in (1, 0, 1):
        pin(gpio, 17).drive(level)
        levels.append(pin(gpio, 21).level)
    gpio.write(f"FUNC{number}_IN_SEL_CFG", 1 << 7 | 0x3C)  # the constant 0
    assert (levels, pin(gpio, 21).level) == ([1, 0, 1], 0)


def test_a_pin_that_is_joined_with_itself_inverted_comes_to_rest(gpio: Any) -> None:
    gpio.write(f"FUNC{THROUGH}_IN_SEL_CFG", 1 << 7 | 1 << 6 | 5)
    gpio.write("ENABLE_W1TS", 1 << 5)
    gpio.write("FUNC5_OUT_SEL_CFG", THROUGH)
    assert pin(gpio, 5).level in (0, 1)
