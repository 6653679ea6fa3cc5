"""IO_MUX: each pin's function, pulls, drive strength and input enable.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix"; functions by ESP-IDF's soc/io_mux_reg.h, signal
numbers by soc/gpio_sig_map.h, the pins' state after reset by the ESP32-S3 datasheet, "Pin Overview".

Leaves out: drive strength (the register keeps it), the filter, clock outputs and JTAG on pins (counted as unmodelled),
the differential flash clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twincore.lines import pull_of
from twincore.model import Context, Field, Peripheral, Register, Registers

DIRECT: dict[tuple[int, int], tuple[int | None, int | None]] = {
    (8, 3): (125, None),  # SUBSPICS1
    (9, 3): (122, 122),  # SUBSPIHD
    (9, 4): (104, 104),  # FSPIHD
    (10, 2): (106, 106),  # FSPIIO4
    (10, 3): (124, None),  # SUBSPICS0
    (10, 4): (110, 110),  # FSPICS0
    (11, 2): (107, 107),  # FSPIIO5
    (11, 3): (121, 121),  # SUBSPID
    (11, 4): (103, 103),  # FSPID
    (12, 2): (108, 108),  # FSPIIO6
    (12, 3): (119, None),  # SUBSPICLK
    (12, 4): (101, 101),  # FSPICLK
    (13, 2): (109, 109),  # FSPIIO7
    (13, 3): (120, 120),  # SUBSPIQ
    (13, 4): (102, 102),  # FSPIQ
    (14, 2): (126, None),  # FSPIDQS
    (14, 3): (123, 123),  # SUBSPIWP
    (14, 4): (105, 105),  # FSPIWP
    (15, 2): (13, None),  # U0RTS
    (16, 2): (None, 13),  # U0CTS
    (17, 2): (15, None),  # U1TXD
    (18, 2): (None, 15),  # U1RXD
    (19, 2): (16, None),  # U1RTS
    (20, 2): (None, 16),  # U1CTS
    (26, 0): (6, None),  # SPICS1
    (27, 0): (2, 2),  # SPIHD
    (28, 0): (3, 3),  # SPIWP
    (29, 0): (5, None),  # SPICS0
    (30, 0): (4, None),  # SPICLK
    (31, 0): (0, 0),  # SPIQ
    (32, 0): (1, 1),  # SPID
    (33, 2): (104, 104),  # FSPIHD
    (33, 3): (122, 122),  # SUBSPIHD
    (33, 4): (7, 7),  # SPIIO4
    (34, 2): (110, 110),  # FSPICS0
    (34, 3): (124, None),  # SUBSPICS0
    (34, 4): (8, 8),  # SPIIO5
    (35, 2): (103, 103),  # FSPID
    (35, 3): (121, 121),  # SUBSPID
    (35, 4): (9, 9),  # SPIIO6
    (36, 2): (101, 101),  # FSPICLK
    (36, 3): (119, None),  # SUBSPICLK
    (36, 4): (10, 10),  # SPIIO7
    (37, 2): (102, 102),  # FSPIQ
    (37, 3): (120, 120),  # SUBSPIQ
    (37, 4): (11, 11),  # SPIDQS
    (38, 2): (105, 105),  # FSPIWP
    (38, 3): (123, 123),  # SUBSPIWP
    (39, 0): (None, None),  # MTCK
    (39, 3): (125, None),  # SUBSPICS1
    (40, 0): (None, None),  # MTDO
    (41, 0): (None, None),  # MTDI
    (42, 0): (None, None),  # MTMS
    (43, 0): (12, None),  # U0TXD
    (44, 0): (None, 12),  # U0RXD
    (47, 0): (None, None),  # SPICLK_P
    (48, 0): (None, None),  # SPICLK_N
}
"""(GPIO, MCU_SEL) of the functions that bypass the matrix: numbers of the output and the input signal."""

_PINS_OF_INPUT: dict[int, list[tuple[int, int]]] = {}
"""(GPIO, MCU_SEL) of the functions that feed an input signal, by the signal's number."""

DIRECT_INPUTS: list[set[int]] = [set() for _ in range(49)]
"""Numbers of the input signals that a pin may feed past the matrix, by GPIO."""

for (_gpio, _function), (_, _signal) in DIRECT.items():
    if _signal is not None:
        _PINS_OF_INPUT.setdefault(_signal, []).append((_gpio, _function))
        DIRECT_INPUTS[_gpio].add(_signal)

UNMODELLED = {
    **{(gpio, 2): "CLK_OUT" for gpio in (39, 40, 41, 43, 44)},
    **{(gpio, 3): "CLK_OUT" for gpio in (18, 19, 20)},
    **{(gpio, 2): "SUBSPICLK_DIFF" for gpio in (47, 48)},
}
"""Functions that a pin has and twincore lacks."""

NO_OUTPUT = -1
"""In place of an output signal: the function has none."""

INPUT_AFTER_RESET = frozenset([*range(4), *range(9, 15), 17, 18, *range(26, 49)])
PULLED_UP_AFTER_RESET = frozenset([0, *range(26, 33), 43, 44])
PULLED_DOWN_AFTER_RESET = frozenset([45, 46])


def direct_pin(number: int, function: Callable[[int], int]) -> int | None:
    """Return the pin whose `function` feeds input signal `number` past the matrix, None when there is none."""
    for n, selected in _PINS_OF_INPUT.get(number, ()):
        if function(n) == selected:
            return n
    return None


class MuxPad(NamedTuple):
    """How IO_MUX sets up a pad: its pull, whether the chip sees it, whether it may be driven (None: always)."""

    pull: int | None
    input_enabled: bool
    output_enabled: int | None


class IO_MUX(Peripheral):
    """One register a pin."""

    size = 0x100

    class PIN_CTRL(Register, offset=0x000, reset=0x7FF):
        CLK_OUT1 = Field(3, 0)
        CLK_OUT2 = Field(7, 4)
        CLK_OUT3 = Field(11, 8)

    class GPIO(Register, offset=0x004, count=49, reset=0xB00):
        MCU_OE = Field(0, doc="output enable, in sleep, as the next three, if SLP_SEL is 1")
        SLP_SEL = Field(1)
        MCU_WPD = Field(2)
        MCU_WPU = Field(3)
        MCU_IE = Field(4)
        FUN_WPD = Field(7, doc="pull-down")
        FUN_WPU = Field(8, doc="pull-up")
        FUN_IE = Field(9, doc="input enable: without it the chip sees 0")
        FUN_DRV = Field(11, 10)
        MCU_SEL = Field(14, 12, doc="function: 1 is the GPIO matrix, the others stand in DIRECT")
        FILTER_EN = Field(15)

    others = Registers("0x0fc DATE 0x1907160 REG_DATE[27:0]")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.on_change: Callable[[int], None] | None = None
        """Called with the number of a pin whose register has changed; GPIO's."""

    def after_reset(self) -> None:
        self.set_defaults()
        for n in range(self.GPIO.count):
            self._changed(n)

    def set_defaults(self) -> None:
        """Give every pin what it has after a reset; GPIO may be reset first, and drives no pin by what was before."""
        for n in range(self.GPIO.count):
            self.put(self.GPIO, self.GPIO.reset, n)
            self.put(self.GPIO.FUN_IE, n in INPUT_AFTER_RESET, n)
            self.put(self.GPIO.FUN_WPU, n in PULLED_UP_AFTER_RESET, n)
            self.put(self.GPIO.FUN_WPD, n in PULLED_DOWN_AFTER_RESET, n)

    def write_GPIO(self, n: int, value: int) -> None:
        function = (n, self.function(n))
        if function in UNMODELLED:
            self.context.unmodelled(f"{self.context.name}.GPIO{n} MCU_SEL {function[1]} ({UNMODELLED[function]})")
        self._changed(n)

    def _changed(self, n: int) -> None:
        if self.on_change is not None:
            self.on_change(n)

    # What GPIO asks.

    def function(self, n: int) -> int:
        """Return the function that pin `n` has."""
        return self.get(self.GPIO.MCU_SEL, n)

    def direct_output(self, n: int) -> int | None:
        """Return the output signal that drives pin `n` past the matrix, NO_OUTPUT, or None if it is the matrix's."""
        direct = DIRECT.get((n, self.function(n)))
        if direct is None:
            return NO_OUTPUT if (n, self.function(n)) in UNMODELLED else None
        return NO_OUTPUT if direct[0] is None else direct[0]

    def sleeps(self, n: int) -> bool:
        """Return whether pin `n` is set up otherwise during sleep."""
        return self.get(self.GPIO.SLP_SEL, n) == 1

    def pad(self, n: int, *, is_asleep: bool = False) -> MuxPad:
        """Return how pin `n` is set up."""
        fields = self.GPIO
        up, down, enable = fields.FUN_WPU, fields.FUN_WPD, fields.FUN_IE
        output_enabled = None
        if is_asleep and self.sleeps(n):
            up, down, enable = fields.MCU_WPU, fields.MCU_WPD, fields.MCU_IE
            output_enabled = self.get(fields.MCU_OE, n)
        return MuxPad(pull_of(self.get(up, n), self.get(down, n)), self.get(enable, n) == 1, output_enabled)
