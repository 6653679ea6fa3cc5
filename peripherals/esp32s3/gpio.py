"""GPIO: 49 pins with outputs, inputs, interrupts, and the matrix between pins and peripheral signals.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix". A pin's level is a `Pin` signal: what the chip
drives, else what the board or a test drives, else its pull.

Leaves out: IO_MUX (every pin belongs to GPIO, its input is on, nothing pulls), the synchroniser's two cycles, glitch
filters, sigma-delta, sleep and hold, output enables that come from peripherals (taken as on), the CPUs' dedicated
GPIO instructions, wake-up, the second pair of interrupt sources (18 and 19; firmware uses 16 and 17 for both cores).
"""

from __future__ import annotations

import functools

from twincore.model import RO, WT, Context, Field, Peripheral, Pin, Register, Registers, Signal, state

PINS = 49
GPIO_OUT_SIGNAL = 256
"""OUT_SEL that routes the OUT register's bit to the pin."""
CONSTANT_ONE, CONSTANT_ZERO = 0x38, 0x3C
"""IN_SEL values that feed a constant to a peripheral."""

RISING, FALLING, ANY_EDGE, LOW, HIGH = 1, 2, 3, 4, 5
"""INT_TYPE."""


class GPIO(Peripheral):
    """Interrupts: interrupt, nmi. Pins: pin0 to pin48.

    `straps` is what STRAP reads until the machine sets the board's. A peripheral drives an output
    signal of the matrix by `set_output`, and listens to an input signal that `input_signal` gives.
    """

    size = 0x700

    class OUT(Register, offset=0x004):
        DATA_ORIG = Field(31, 0)

    class OUT_W1TS(Register, offset=0x008):
        OUT_W1TS = Field(31, 0, access=WT)

    class OUT_W1TC(Register, offset=0x00C):
        OUT_W1TC = Field(31, 0, access=WT)

    class OUT1(Register, offset=0x010):
        DATA_ORIG = Field(21, 0)

    class OUT1_W1TS(Register, offset=0x014):
        OUT1_W1TS = Field(21, 0, access=WT)

    class OUT1_W1TC(Register, offset=0x018):
        OUT1_W1TC = Field(21, 0, access=WT)

    class ENABLE(Register, offset=0x020):
        DATA = Field(31, 0)

    class ENABLE_W1TS(Register, offset=0x024):
        ENABLE_W1TS = Field(31, 0, access=WT)

    class ENABLE_W1TC(Register, offset=0x028):
        ENABLE_W1TC = Field(31, 0, access=WT)

    class ENABLE1(Register, offset=0x02C):
        DATA = Field(21, 0)

    class ENABLE1_W1TS(Register, offset=0x030):
        ENABLE1_W1TS = Field(21, 0, access=WT)

    class ENABLE1_W1TC(Register, offset=0x034):
        ENABLE1_W1TC = Field(21, 0, access=WT)

    class STRAP(Register, offset=0x038):
        STRAPPING = Field(15, 0, access=RO)

    class IN(Register, offset=0x03C):
        DATA_NEXT = Field(31, 0, access=RO)

    class IN1(Register, offset=0x040):
        DATA_NEXT = Field(21, 0, access=RO)

    class STATUS(Register, offset=0x044):
        INTERRUPT = Field(31, 0)

    class STATUS_W1TS(Register, offset=0x048):
        STATUS_W1TS = Field(31, 0, access=WT)

    class STATUS_W1TC(Register, offset=0x04C):
        STATUS_W1TC = Field(31, 0, access=WT)

    class STATUS1(Register, offset=0x050):
        INTERRUPT = Field(21, 0)

    class STATUS1_W1TS(Register, offset=0x054):
        STATUS1_W1TS = Field(21, 0, access=WT)

    class STATUS1_W1TC(Register, offset=0x058):
        STATUS1_W1TC = Field(21, 0, access=WT)

    class PCPU_INT(Register, offset=0x05C):
        PROCPU_INT = Field(31, 0, access=RO)

    class PCPU_NMI_INT(Register, offset=0x060):
        PROCPU_NMI_INT = Field(31, 0, access=RO)

    class PCPU_INT1(Register, offset=0x068):
        PROCPU_INT1 = Field(21, 0, access=RO)

    class PCPU_NMI_INT1(Register, offset=0x06C):
        PROCPU_NMI_INT1 = Field(21, 0, access=RO)

    class PIN(Register, offset=0x074, count=54):
        SYNC2_BYPASS = Field(1, 0)
        PAD_DRIVER = Field(2, doc="1: open drain")
        SYNC1_BYPASS = Field(4, 3)
        INT_TYPE = Field(9, 7)
        WAKEUP_ENABLE = Field(10)
        CONFIG = Field(12, 11)
        INT_ENA = Field(17, 13, doc="bit 0: interrupt, bit 1: non-maskable interrupt")

    class FUNC_IN_SEL_CFG(Register, offset=0x154, count=256, names="FUNC{}_IN_SEL_CFG"):
        IN_SEL = Field(5, 0)
        IN_INV_SEL = Field(6)
        SEL = Field(7, doc="1: through the matrix")

    class FUNC_OUT_SEL_CFG(Register, offset=0x554, count=54, names="FUNC{}_OUT_SEL_CFG", reset=0x100):
        OUT_SEL = Field(8, 0)
        INV_SEL = Field(9)
        OEN_SEL = Field(10, doc="1: ENABLE decides even when a peripheral drives the pin")
        OEN_INV_SEL = Field(11)

    others = Registers("""
        0x000 BT_SELECT 0x0 BT_SEL[31:0]
        0x01c SDIO_SELECT 0x0 SDIO_SEL[7:0]
        0x064 CPUSDIO_INT 0x0 SDIO_INT[31:0]:RO
        0x070 CPUSDIO_INT1 0x0 SDIO_INT1[21:0]:RO
        0x14c STATUS_NEXT 0x0 STATUS_INTERRUPT_NEXT[31:0]:RO
        0x150 STATUS_NEXT1 0x0 STATUS_INTERRUPT_NEXT1[21:0]:RO
        0x62c CLOCK_GATE 0x1 CLK_EN[0]
        0x6fc REG_DATE 0x1907040 REG_DATE[27:0]
    """)

    outputs: int = state(0)
    """Levels that peripherals give to the matrix, a bit a signal number."""

    def __init__(self, context: Context, *, straps: int = 0x08) -> None:
        super().__init__(context)
        self.straps = straps
        self.interrupt, self.nmi = self.signal("interrupt"), self.signal("nmi")
        self.pins = [Pin(f"GPIO{n}") for n in range(PINS)]
        self.inputs: dict[int, Signal] = {}
        for n, pin in enumerate(self.pins):
            self.signals[f"pin{n}"] = pin
            pin.listen(functools.partial(self._pin_changed, n))

    def set_output(self, number: int, level: int) -> None:
        """Give output signal `number` of the matrix (0 to 255) its level."""
        self.outputs = self.outputs & ~(1 << number) | level << number
        for n in range(PINS):
            if self.get(self.FUNC_OUT_SEL_CFG.OUT_SEL, n) == number:
                self._drive(n)

    def input_signal(self, number: int) -> Signal:
        """Return input signal `number` of the matrix (0 to 255), for a peripheral to listen to."""
        if number not in self.inputs:
            self.inputs[number] = self.signal(f"input{number}")
            self._update_input(number)
        return self.inputs[number]

    def after_reset(self) -> None:
        self.put(self.STRAP, self.straps)
        for n, pin in enumerate(self.pins):
            self._set_bit(self.IN, n, pin.level)
            self._drive(n)
        for number in self.inputs:
            self._update_input(number)
        self._update_interrupts()

    # Pins

    def _set_bit(self, register: type[Register], n: int, level: int) -> None:
        """Store bit `n` of IN and IN1, or of STATUS and STATUS1 (three words apart)."""
        index = register.index + (n >= 32) * (1 if register is self.IN else 3)
        bit = 1 << n % 32
        self.words[index] = self.words[index] | bit if level else self.words[index] & ~bit

    def _drive(self, n: int) -> None:
        """Drive pin `n` as OUT, ENABLE, the matrix and the pad's driver say."""
        fields, config = self.FUNC_OUT_SEL_CFG, self.get(self.FUNC_OUT_SEL_CFG, n)
        word, bit = (3, n - 32) if n >= 32 else (0, n)
        source = fields.OUT_SEL.of(config)
        by_register = source >= GPIO_OUT_SIGNAL
        level = self.words[self.OUT.index + word] >> bit & 1 if by_register else self.outputs >> source & 1
        enabled = 1
        if by_register or fields.OEN_SEL.of(config):
            enabled = self.words[self.ENABLE.index + word] >> bit & 1
        level ^= fields.INV_SEL.of(config)
        enabled ^= fields.OEN_INV_SEL.of(config)
        if level and self.get(self.PIN.PAD_DRIVER, n):
            enabled = 0
        self.pins[n].drive_from_chip(level if enabled else None)

    def _drive_changed(self, word: int, changed: int) -> None:
        while changed:
            bit = changed.bit_length() - 1
            changed ^= 1 << bit
            if word * 32 + bit < PINS:
                self._drive(word * 32 + bit)

    def _change(self, register: type[Register], word: int, value: int) -> None:
        """Give OUT, ENABLE or their second words a value, and drive the pins that change."""
        value &= 0x3FFFFF if word else 0xFFFF_FFFF
        changed = self.get(register) ^ value
        self.put(register, value)
        self._drive_changed(word, changed)

    def write_OUT(self, value: int) -> None:
        self._drive_changed(0, self.previous ^ value)

    def write_OUT1(self, value: int) -> None:
        self._drive_changed(1, self.previous ^ self.get(self.OUT1))

    def write_ENABLE(self, value: int) -> None:
        self._drive_changed(0, self.previous ^ value)

    def write_ENABLE1(self, value: int) -> None:
        self._drive_changed(1, self.previous ^ self.get(self.ENABLE1))

    def write_OUT_W1TS(self, value: int) -> None:
        self._change(self.OUT, 0, self.get(self.OUT) | value)

    def write_OUT_W1TC(self, value: int) -> None:
        self._change(self.OUT, 0, self.get(self.OUT) & ~value)

    def write_OUT1_W1TS(self, value: int) -> None:
        self._change(self.OUT1, 1, self.get(self.OUT1) | value)

    def write_OUT1_W1TC(self, value: int) -> None:
        self._change(self.OUT1, 1, self.get(self.OUT1) & ~value)

    def write_ENABLE_W1TS(self, value: int) -> None:
        self._change(self.ENABLE, 0, self.get(self.ENABLE) | value)

    def write_ENABLE_W1TC(self, value: int) -> None:
        self._change(self.ENABLE, 0, self.get(self.ENABLE) & ~value)

    def write_ENABLE1_W1TS(self, value: int) -> None:
        self._change(self.ENABLE1, 1, self.get(self.ENABLE1) | value)

    def write_ENABLE1_W1TC(self, value: int) -> None:
        self._change(self.ENABLE1, 1, self.get(self.ENABLE1) & ~value)

    def write_FUNC_OUT_SEL_CFG(self, n: int, value: int) -> None:
        if n < PINS:
            self._drive(n)

    # Inputs

    def _pin_changed(self, n: int, level: int) -> None:
        self._set_bit(self.IN, n, level)
        for number in self.inputs:
            if self.get(self.FUNC_IN_SEL_CFG.IN_SEL, number) == n:
                self._update_input(number)
        kind = self.get(self.PIN.INT_TYPE, n)
        if kind == ANY_EDGE or kind == (RISING if level else FALLING):
            self._set_bit(self.STATUS, n, 1)
        if kind:
            self._update_interrupts()

    def _update_input(self, number: int) -> None:
        cfg = self.FUNC_IN_SEL_CFG
        source = self.get(cfg.IN_SEL, number)
        level = int(source == CONSTANT_ONE)
        if source < PINS and self.get(cfg.SEL, number):
            level = self.pins[source].level
        self.inputs[number].set(level ^ self.get(cfg.IN_INV_SEL, number))

    def write_FUNC_IN_SEL_CFG(self, n: int, value: int) -> None:
        if n in self.inputs:
            self._update_input(n)

    # Interrupts

    def write_PIN(self, n: int, value: int) -> None:
        if n < PINS:
            self._drive(n)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        """Set the status of pins at their level, and bring the CPU's status registers and signals in line."""
        maskable = non_maskable = 0
        for n, pin in enumerate(self.pins):
            config = self.words[self.PIN.index + n]
            if not config:
                continue
            if self.PIN.INT_TYPE.of(config) == (HIGH if pin.level else LOW):
                self._set_bit(self.STATUS, n, 1)
            enabled = self.PIN.INT_ENA.of(config)
            maskable |= (enabled & 1) << n
            non_maskable |= (enabled >> 1 & 1) << n
        status = self.get(self.STATUS) | self.get(self.STATUS1) << 32
        for wanted, low, high, signal in (
            (maskable, self.PCPU_INT, self.PCPU_INT1, self.interrupt),
            (non_maskable, self.PCPU_NMI_INT, self.PCPU_NMI_INT1, self.nmi),
        ):
            active = status & wanted
            self.put(low, active)
            self.put(high, active >> 32)
            signal.set(int(active != 0))

    def write_STATUS(self, value: int) -> None:
        self._update_interrupts()

    def write_STATUS1(self, value: int) -> None:
        self._update_interrupts()

    def write_STATUS_W1TS(self, value: int) -> None:
        self.put(self.STATUS, self.get(self.STATUS) | value)
        self._update_interrupts()

    def write_STATUS_W1TC(self, value: int) -> None:
        self.put(self.STATUS, self.get(self.STATUS) & ~value)
        self._update_interrupts()

    def write_STATUS1_W1TS(self, value: int) -> None:
        self.put(self.STATUS1.INTERRUPT, self.get(self.STATUS1) | value)
        self._update_interrupts()

    def write_STATUS1_W1TC(self, value: int) -> None:
        self.put(self.STATUS1, self.get(self.STATUS1) & ~value)
        self._update_interrupts()
