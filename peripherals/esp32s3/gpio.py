"""GPIO: 49 pins with outputs, inputs, interrupts, and the matrix between pins and peripheral signals.

Source: ESP32-S3 Technical Reference Manual, "IO MUX and GPIO Matrix". A pin's level is a `Pin` line: what the chip
drives, else the world, else the board, else its pull. IO_MUX and RTC_IO say to whom a pin belongs; what drives and
pulls a pin that RTC_CNTL holds stays as it is, a waveform at its level.

A pin that carries a waveform costs nothing until something depends on its edges: only while its interrupt is set up, or
a device or another block listens to it, is each of its edges an event. IN shows its level at the time of the load.

Leaves out: the synchroniser's two cycles, glitch filters, wake-up (RTC_CNTL looks at the pins itself), the second pair
of interrupt sources (18 and 19; firmware uses 16 and 17 for both cores). An output signal that no block drives lets go
of the pin.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Mapping

from esp32s3.io_mux import DIRECT_INPUTS, IO_MUX, direct_pin
from esp32s3.rtc_io import RTC_IO
from twincore.model import (
    RESET_DOMAINS,
    RO,
    WT,
    Context,
    Field,
    Line,
    Peripheral,
    Pin,
    Register,
    Registers,
    Signal,
    Value,
    state,
)
from twincore.waveform import Course, inverted, level_of, next_edge_of

PINS = 49
SIGNALS = 256
GPIO_OUT_SIGNAL = 256
"""OUT_SEL that routes the OUT register's bit to the pin."""
CONSTANT_ONE, CONSTANT_ZERO = 0x38, 0x3C
"""IN_SEL values that feed a constant to a peripheral."""

CORE_SIGNALS = (tuple(range(221, 229)), (129, 130, 131, 252, 253, 254, 255, 54))
"""Signals of each core's own eight lines, outputs and inputs alike (PRO_ALONEGPIO, CORE1_GPIO)."""

THROUGH_SIGNALS = range(208, 213)
"""Signals that join pins: what output signal N does is what input signal N gets (SIG_IN_FUNC208 to 212)."""

RISING, FALLING, ANY_EDGE, LOW, HIGH = 1, 2, 3, 4, 5
"""INT_TYPE."""


class _Pad:
    """A pin with what IO_MUX, RTC_IO and the matrix make of it, worked out whenever one of them changes."""

    def __init__(self, pin: Pin, bit: int, *, out: int, enable: int, seen: int, status: int) -> None:
        self.pin = pin
        self.bit = bit
        self.out, self.enable, self.seen, self.status = out, enable, seen, status
        """In which words the pin's bit is: OUT, ENABLE, IN and STATUS, or the second ones of these."""
        self.interrupt_type = 0
        self.signal: int | None = None
        """The output signal that drives the pin, None for OUT's bit (of RTC_IO when it `is_rtc`)."""
        self.is_rtc = False
        self.is_inverted = False
        self.is_open_drain = False
        self.follows_enable = True
        """Whether ENABLE's bit decides if the pin is driven, and not the peripheral."""
        self.enable_inverted = 0
        self.output_enabled: int | None = None
        """What decides instead of ENABLE and peripheral, None for nothing."""
        self.input_enabled = True
        self.has_waveform = False
        """Whether the pin carried one when the chip last looked."""
        self.has_events = False
        """Whether each edge of the pin's waveform is an event."""
        self.inputs: list[int] = []
        """The input signals that the pin feeds, of those that somebody uses."""


class GPIO(Peripheral):
    """Interrupts: interrupt, nmi. Pins: pin0 to pin48. Lines: core0_out0 to core1_out7, the cores' own.

    `straps` is what STRAP reads until the machine sets the board's. A block that drives an output signal of the matrix
    gives its line to `attach_output`; one that takes an input signal gets the line from `input`.
    """

    size = 0xF00  # up to GPIO_SD

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

    class IN(Register, offset=0x03C, read_on_demand=True):
        DATA_NEXT = Field(31, 0, access=RO)

    class IN1(Register, offset=0x040, read_on_demand=True):
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

    derived = frozenset(
        {"_driven", "_worked_out", "_interruptible", "_interrupting_levels", "_input_events", "_turning"}
    )

    held: int = state(0, domain="power_on")
    """The pins that RTC_CNTL holds, a bit each; like RTC_CNTL's sleep, which it tells of, no reset of GPIO ends it."""
    is_asleep: int = state(0, domain="power_on")

    def __init__(self, context: Context, *, straps: int = 0x08) -> None:
        super().__init__(context)
        self._straps = straps
        self.interrupt, self.nmi = self.signal("interrupt"), self.signal("nmi")
        self.pins = [Pin(f"GPIO{n}", context.now_ticks) for n in range(PINS)]
        self._pads = [self._pad(n, pin) for n, pin in enumerate(self.pins)]
        self._inputs: dict[int, Line] = {}
        self._sources: dict[int, int] = {}
        """The pin or constant that feeds an input signal."""
        self._outputs: dict[int, Line] = {}
        self._enables: dict[int, Signal] = {}
        self._driven: dict[int, list[int]] = {}
        """The pins that each output signal drives, in ascending order."""
        self._core_lines: list[list[Line]] = []
        for core, numbers in enumerate(CORE_SIGNALS):
            self._core_lines.append([self.line(f"core{core}_out{bit}") for bit in range(len(numbers))])
            for number, line in zip(numbers, self._core_lines[core], strict=True):
                self.attach_output(number, line)
        self._io_mux: IO_MUX | None = None
        self._rtc_io: RTC_IO | None = None
        self._turning: set[int] = set()
        """The signals through which a change is on its way."""
        self._worked_out = [0, 0]
        """Bits of IN and IN1 that a waveform gives."""
        self._interruptible = [0, 0]
        """The pins with an interrupt of either kind enabled, maskable and not, a bit each."""
        self._interrupting_levels = [0, 0]
        """The pins that interrupt while they are low, and high."""
        self._input_events: set[int] = set()
        """The input signals with an event at their next edge."""
        for n, pin in enumerate(self.pins):
            self.signals[f"pin{n}"] = pin
            pin.follow(functools.partial(self._pad_changed, n))
            pin.on_heard = functools.partial(self._attend, n)
        for number in THROUGH_SIGNALS:
            self.attach_output(number, self.input(number))

    def _pad(self, n: int, pin: Pin) -> _Pad:
        is_second = n >= 32
        out, enable = (self.OUT1, self.ENABLE1) if is_second else (self.OUT, self.ENABLE)
        seen, status = (self.IN1, self.STATUS1) if is_second else (self.IN, self.STATUS)
        return _Pad(pin, 1 << n % 32, out=out.index, enable=enable.index, seen=seen.index, status=status.index)

    def connect(self) -> None:
        io_mux, rtc_io = self.context.block("IO_MUX"), self.context.block("RTC_IO")
        if isinstance(io_mux, IO_MUX):
            self._io_mux, io_mux.on_change = io_mux, self._registers_changed
        if isinstance(rtc_io, RTC_IO):
            self._rtc_io = rtc_io
            rtc_io.attach(self.pins, self._registers_changed)
        rtc_cntl = self.context.block("RTC_CNTL")
        if rtc_cntl is not None:
            rtc_cntl.signals["held_pads"].listen(self._held_changed)
            rtc_cntl.signals["asleep"].listen(self._sleep_changed)

    # What other blocks use.

    def attach_output(self, number: int, line: Line, enable: Signal | None = None) -> None:
        """Have output signal `number` of the matrix (0 to 255) do what `line` does; `enable` 0 lets go of the pin."""
        self._outputs[number] = line
        line.follow(functools.partial(self._output_changed, number))
        if enable is not None:
            self._enables[number] = enable
            enable.listen(functools.partial(self._output_changed, number))

    def input(self, number: int) -> Line:
        """Return input signal `number` of the matrix (0 to 255), to follow or to listen to."""
        if number not in self._inputs:
            line = self._inputs[number] = self.line(f"input{number}")
            line.on_heard = functools.partial(self._attend_input, number)
            self._route(number)
        return self._inputs[number]

    def set_core_outputs(self, core: int, levels: int) -> None:
        """Give the eight lines that a core drives by its own instructions their levels, a bit each."""
        for bit, line in enumerate(self._core_lines[core]):
            level = levels >> bit & 1
            if line.course != level:
                line.set(level)

    def core_inputs(self, core: int) -> int:
        """Return the levels of the eight lines that a core sees by its own instruction, a bit each."""
        levels = 0
        for bit, number in enumerate(CORE_SIGNALS[core]):
            levels |= self.input_level(number) << bit
        return levels

    def input_level(self, number: int) -> int:
        """Return the level of input signal `number` of the matrix (0 to 255) now."""
        source, fields = self._source(number), self.FUNC_IN_SEL_CFG
        course = self._input_course(source) if source < PINS else int(source == CONSTANT_ONE)
        is_inverted = self.get(fields.SEL, number) & self.get(fields.IN_INV_SEL, number)
        return level_of(course, self.context.now_ticks()) ^ is_inverted

    def loop(self, output: int, number: int) -> int | None:
        """Tell whether output signal `output` comes back as input signal `number`, over a pin that both of them use.

        Returns None where it does not, else whether it comes back inverted (0, 1).
        """
        source, fields = self._source(number), self.FUNC_IN_SEL_CFG
        if source >= PINS or self._pads[source].signal != output or not self._pads[source].input_enabled:
            return None
        is_inverted = self.get(fields.SEL, number) & self.get(fields.IN_INV_SEL, number)
        return int(self._pads[source].is_inverted) ^ is_inverted

    def heard_by(self, output: int) -> list[int]:
        """Return the input signals in use that get what output signal `output` does, over pins that both of them use.

        Those that get it inverted are left out.
        """
        found: list[int] = []
        for n in self._driven.get(output, ()):
            found += [number for number in self._pads[n].inputs if self.loop(output, number) == 0]
        return found

    def set_straps(self, levels: int) -> None:
        """Take the strapping pins' levels, a bit each; STRAP shows them from the next reset on."""
        self._straps = levels

    def reset(self, domain: str, reason: int = 0) -> None:
        """Follow a reset; that of a core alone takes its own lines along."""
        for core in range(len(CORE_SIGNALS)):
            if f"core{core}" in RESET_DOMAINS.get(domain, ()):
                self.set_core_outputs(core, 0)
        super().reset(domain, reason)

    def after_reset(self) -> None:
        self.put(self.STRAP, self._straps)
        if self._io_mux is not None:
            self._io_mux.set_defaults()
        self._line_up()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._line_up()

    def _line_up(self) -> None:
        """Bring pins, inputs and interrupts in line with all registers."""
        for n in range(PINS):
            self._configure_interrupt(n)
            self._configure(n)
        for number in self._inputs:
            self._route(number)
        self._update_interrupts()

    # Outputs

    def _registers_changed(self, n: int) -> None:
        """Follow a change of pin `n` in IO_MUX or RTC_IO."""
        self._configure(n)
        for number in DIRECT_INPUTS[n] & self._inputs.keys():
            self._route(number)

    def _held_changed(self, held: int) -> None:
        """Freeze pins as they are, and let others follow their registers again."""
        changed = self.held ^ held
        self.held = held
        for n, pin in enumerate(self.pins):
            if not changed >> n & 1:
                continue
            if not held >> n & 1:
                self._configure(n)
            elif pin.output is not None:
                level = level_of(pin.output, self.context.now_ticks())
                pin.drive_from_chip(level, is_open_drain=pin.is_open_drain)

    def _sleep_changed(self, is_asleep: int) -> None:
        """Set up pins for sleep and back."""
        self.is_asleep = is_asleep
        for n in range(PINS):
            if (self._io_mux is not None and self._io_mux.sleeps(n)) or (
                self._rtc_io is not None and self._rtc_io.sleeps(n)
            ):
                self._registers_changed(n)

    def _configure(self, n: int) -> None:
        """Work out to whom pin `n` belongs, and drive it."""
        pad, fields, config = self._pads[n], self.FUNC_OUT_SEL_CFG, self.get(self.FUNC_OUT_SEL_CFG, n)
        is_asleep = self.is_asleep == 1
        rtc = None if self._rtc_io is None else self._rtc_io.pad(n, is_asleep=is_asleep)
        mux = None if self._io_mux is None else self._io_mux.pad(n, is_asleep=is_asleep)
        direct = None if self._io_mux is None else self._io_mux.direct_output(n)
        before = pad.signal
        pad.is_rtc, pad.is_inverted, pad.follows_enable, pad.enable_inverted = rtc is not None, False, False, 0
        pad.is_open_drain = bool(self.get(self.PIN.PAD_DRIVER, n) if rtc is None else rtc.is_open_drain)
        pad.input_enabled = mux is None or (rtc is None and mux.input_enabled)
        pad.output_enabled = mux.output_enabled if mux is not None and rtc is None else None
        if rtc is not None:
            pad.signal, pad.output_enabled = None, rtc.output_enabled
        elif direct is not None:
            pad.signal = direct
        else:
            source = fields.OUT_SEL.of(config)
            pad.signal = None if source >= GPIO_OUT_SIGNAL else source
            pad.is_inverted = bool(fields.INV_SEL.of(config))
            pad.follows_enable = pad.signal is None or bool(fields.OEN_SEL.of(config))
            pad.enable_inverted = fields.OEN_INV_SEL.of(config)
        self._reassign(n, before, pad.signal)
        if mux is not None and not self.held >> n & 1:
            pad.pin.pull = mux.pull if rtc is None else rtc.pull
        self._drive(n)
        self._pad_changed(n, pad.pin.course)

    def _drive(self, n: int) -> None:
        """Drive pin `n` as its owner says."""
        if self.held >> n & 1:
            return
        pad = self._pads[n]
        course: Course | None
        enabled = 1
        if pad.signal is not None:
            line = self._outputs.get(pad.signal)
            course = None if line is None else line.course
            if pad.signal in self._enables:
                enabled = self._enables[pad.signal].level
        elif pad.is_rtc:
            assert self._rtc_io is not None
            course = self._rtc_io.output(n)
        else:
            course = 1 if self.words[pad.out] & pad.bit else 0
        if pad.follows_enable:
            enabled = 1 if self.words[pad.enable] & pad.bit else 0
        if course is not None and pad.is_inverted:
            course = inverted(course)
        enabled ^= pad.enable_inverted
        if pad.output_enabled is not None:
            enabled = pad.output_enabled
        pad.pin.drive_from_chip(course if enabled else None, is_open_drain=pad.is_open_drain)

    def _reassign(self, n: int, before: int | None, after: int | None) -> None:
        """Note which output signal drives pin `n` from now on, None for none."""
        if before == after:
            return
        if before is not None:
            self._driven[before].remove(n)
            if not self._driven[before]:
                del self._driven[before]
        if after is not None:
            bisect.insort(self._driven.setdefault(after, []), n)

    def _output_changed(self, number: int, _: Course) -> None:
        if number in self._turning:
            return  # a pin that is joined with itself, inverted: it keeps what it has come to
        self._turning.add(number)
        for n in self._driven.get(number, ()):
            self._drive(n)
        self._turning.remove(number)

    def _drive_changed(self, word: int, changed: int) -> None:
        while changed:
            bit = changed.bit_length() - 1
            changed ^= 1 << bit
            if word * 32 + bit < PINS:
                self._drive(word * 32 + bit)

    def _change(self, register: type[Register], word: int, value: int) -> None:
        """Give OUT, ENABLE or their second words a value, and drive the pins that change."""
        value &= 0x3FFFFF if word else 0xFFFF_FFFF
        changed = self.words[register.index] ^ value
        self.words[register.index] = value
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
        self._change(self.OUT, 0, self.words[self.OUT.index] | value)

    def write_OUT_W1TC(self, value: int) -> None:
        self._change(self.OUT, 0, self.words[self.OUT.index] & ~value)

    def write_OUT1_W1TS(self, value: int) -> None:
        self._change(self.OUT1, 1, self.words[self.OUT1.index] | value)

    def write_OUT1_W1TC(self, value: int) -> None:
        self._change(self.OUT1, 1, self.words[self.OUT1.index] & ~value)

    def write_ENABLE_W1TS(self, value: int) -> None:
        self._change(self.ENABLE, 0, self.words[self.ENABLE.index] | value)

    def write_ENABLE_W1TC(self, value: int) -> None:
        self._change(self.ENABLE, 0, self.words[self.ENABLE.index] & ~value)

    def write_ENABLE1_W1TS(self, value: int) -> None:
        self._change(self.ENABLE1, 1, self.words[self.ENABLE1.index] | value)

    def write_ENABLE1_W1TC(self, value: int) -> None:
        self._change(self.ENABLE1, 1, self.words[self.ENABLE1.index] & ~value)

    def write_FUNC_OUT_SEL_CFG(self, n: int, value: int) -> None:
        if n < PINS:
            self._configure(n)

    # Inputs

    def _pad_changed(self, n: int, course: Course) -> None:
        pad = self._pads[n]
        if isinstance(course, int) and not pad.has_waveform:
            self._see(n, course if pad.input_enabled else 0)
        else:
            self._take_in(n)
        for number in pad.inputs:
            self._feed(number)

    def _input_course(self, n: int) -> Course:
        """Return what the chip sees of pin `n`."""
        pad = self._pads[n]
        return pad.pin.course if pad.input_enabled else 0

    def _take_in(self, n: int) -> None:
        """Bring IN and the interrupt of pin `n` in line with what the chip sees of it."""
        self._attend(n)
        pad, course = self._pads[n], self._input_course(n)
        pad.has_waveform = not isinstance(pad.pin.course, int)
        is_worked_out = not isinstance(course, int) and not pad.has_events
        word, bit = int(n >= 32), pad.bit
        if is_worked_out != bool(self._worked_out[word] & bit):
            self._worked_out[word] ^= bit
            self.answer_reads(self.IN1 if word else self.IN, self._worked_out[word] != 0)
        if is_worked_out:
            self.words[pad.seen] &= ~bit
        else:
            self._see(n, level_of(course, self.context.now_ticks()))

    def _see(self, n: int, level: int) -> None:
        """Take note of the level of pin `n`, and of its edge."""
        pad = self._pads[n]
        levels = self.words[pad.seen]
        if (1 if levels & pad.bit else 0) == level:
            return
        self.words[pad.seen] = levels ^ pad.bit
        kind = pad.interrupt_type
        if kind == ANY_EDGE or kind == (RISING if level else FALLING):
            self.words[pad.status] |= pad.bit
        if kind:
            self._update_interrupts()

    def _attend(self, n: int) -> None:
        """Make the edges of pin `n` events while something depends on them."""
        pad = self._pads[n]
        course = pad.pin.course
        watched = pad.input_enabled and pad.interrupt_type != 0
        is_needed = not isinstance(course, int) and (pad.pin.is_heard or watched)
        if is_needed:
            self.context.schedule(next_edge_of(course, self.context.now_ticks()), "edge", n)
        elif pad.has_events:
            self.context.cancel("edge", n)
        pad.has_events = is_needed

    def on_edge(self, n: int) -> None:
        """Carry out an edge of the waveform on pin `n`."""
        now = self.context.now_ticks()
        self.context.schedule(next_edge_of(self.pins[n].course, now), "edge", n)
        self._see(n, level_of(self._input_course(n), now))
        self.pins[n].tell()

    def read_IN(self) -> int:
        return self._levels(0)

    def read_IN1(self) -> int:
        return self._levels(1)

    def _levels(self, word: int) -> int:
        value, left = self.words[self.IN.index + word], self._worked_out[word]
        while left:
            bit = left.bit_length() - 1
            left ^= 1 << bit
            value |= self.pins[word * 32 + bit].level << bit
        return value

    def write_FUNC_IN_SEL_CFG(self, n: int, value: int) -> None:
        if n in self._inputs:
            self._route(n)

    def _route(self, number: int) -> None:
        """Find the pin that feeds input signal `number`."""
        source, before = self._source(number), self._sources.get(number, PINS)
        if before < PINS:
            self._pads[before].inputs.remove(number)
        if source < PINS:
            self._pads[source].inputs.append(number)
        self._sources[number] = source
        self._feed(number)

    def _source(self, number: int) -> int:
        """Return the pin of input signal `number`; PINS and above are constants."""
        fields = self.FUNC_IN_SEL_CFG
        if self.get(fields.SEL, number):
            return self.get(fields.IN_SEL, number)
        direct = None if self._io_mux is None else direct_pin(number, self._io_mux.function)
        return CONSTANT_ZERO if direct is None else direct

    def _feed(self, number: int) -> None:
        """Give input signal `number` what its pin does."""
        source = self._sources[number]
        course = self._input_course(source) if source < PINS else int(source == CONSTANT_ONE)
        fields = self.FUNC_IN_SEL_CFG
        if self.get(fields.SEL, number) and self.get(fields.IN_INV_SEL, number):
            course = inverted(course)
        self._inputs[number].set(course)
        self._attend_input(number)

    def _attend_input(self, number: int) -> None:
        """Make the edges of an input signal events while somebody listens to it."""
        line = self._inputs[number]
        if line.is_heard and not isinstance(line.course, int):
            self._input_events.add(number)
            self.context.schedule(next_edge_of(line.course, self.context.now_ticks()), "input_edge", number)
        elif number in self._input_events:
            self._input_events.remove(number)
            self.context.cancel("input_edge", number)

    def on_input_edge(self, number: int) -> None:
        """Carry out an edge of the waveform that an input signal gets."""
        line = self._inputs[number]
        line.tell()
        self._attend_input(number)

    # Interrupts

    def write_PIN(self, n: int, value: int) -> None:
        if n < PINS:
            self._configure_interrupt(n)
            self._configure(n)
        self._update_interrupts()

    def _configure_interrupt(self, n: int) -> None:
        """Take in when pin `n` interrupts, and how."""
        kind, enabled, bit = self.get(self.PIN.INT_TYPE, n), self.get(self.PIN.INT_ENA, n), 1 << n
        self._pads[n].interrupt_type = kind
        for masks, choices in (
            (self._interruptible, (enabled & 1, enabled & 2)),
            (self._interrupting_levels, (kind == LOW, kind == HIGH)),
        ):
            for place, is_chosen in enumerate(choices):
                masks[place] = masks[place] | bit if is_chosen else masks[place] & ~bit

    def _update_interrupts(self) -> None:
        """Set the status of pins at their level, and bring the CPU's status registers and signals in line."""
        words = self.words
        at_low, at_high = self._interrupting_levels
        if at_low or at_high:
            levels = words[self.IN.index] | words[self.IN1.index] << 32
            interrupting = at_high & levels | at_low & ~levels
            words[self.STATUS.index] |= interrupting & 0xFFFF_FFFF
            words[self.STATUS1.index] |= interrupting >> 32
        status = words[self.STATUS.index] | words[self.STATUS1.index] << 32
        maskable, non_maskable = (status & mask for mask in self._interruptible)
        words[self.PCPU_INT.index], words[self.PCPU_INT1.index] = maskable & 0xFFFF_FFFF, maskable >> 32
        words[self.PCPU_NMI_INT.index], words[self.PCPU_NMI_INT1.index] = non_maskable & 0xFFFF_FFFF, non_maskable >> 32
        self.interrupt.set(1 if maskable else 0)
        self.nmi.set(1 if non_maskable else 0)

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
