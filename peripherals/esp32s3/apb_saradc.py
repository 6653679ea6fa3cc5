"""APB_SARADC: the digital controller of the two analog-to-digital converters, which samples on and on into memory.

Source: ESP32-S3 Technical Reference Manual, "On-Chip Sensors and Analog Signal Processing"; ESP-IDF, hal/adc_ll.h and
adc_hal.c (the trigger's interval counts half of the controller's clock), the output format in hal/adc_types.h.

The timer triggers a conversion of the next entry of the pattern table; its result (`adc`) goes to memory by DMA as a
word with data, channel and converter, and every APB_ADC_EOF_NUM conversions end a frame.

Leaves out: conversions of both converters at once (they take turns), conversions by START, filters, the
arbiter of ADC2. Bootloaders set the block up as a source of noise for random numbers, which are always good here (RNG).
"""

from __future__ import annotations

from esp32s3.adc import measure
from esp32s3.gdma import ADC_DAC, DMA
from twincore.model import NEVER, RO, WT, Context, Field, Peripheral, Register, Registers, state

DONE = (1 << 31, 1 << 30)
"""Bits of the interrupt registers: a conversion of ADC1 and of ADC2 is done."""
THRESHOLDS = ((1 << 29, 1 << 27), (1 << 28, 1 << 26))
"""Bits of the interrupt registers, by threshold: a result is above it, below it."""
NOTICED = sum(DONE) | sum(bit for bits in THRESHOLDS for bit in bits)
SINGLE = 0
"""WORK_MODE in which one converter works; in the others they take turns."""
SHORTEST_TARGET = 40
"""The least TIMER_TARGET that leaves a converter its time (ESP-IDF, hal/adc_ll.h); less is taken for this."""
PATTERN_BITS, PATTERNS_A_WORD = 6, 4


class APB_SARADC(Peripheral):
    """Interrupt: interrupt."""

    size = 0x400

    class CTRL(Register, offset=0x000, reset=0x407F8240):
        SARADC_START_FORCE = Field(0)
        SARADC_START = Field(1)
        SARADC_WORK_MODE = Field(4, 3)
        SARADC_SAR_SEL = Field(5, doc="the converter that works in single mode")
        SARADC_SAR_CLK_GATED = Field(6)
        SARADC_SAR_CLK_DIV = Field(14, 7)
        SARADC_SAR1_PATT_LEN = Field(18, 15, doc="entries less 1")
        SARADC_SAR2_PATT_LEN = Field(22, 19)
        SARADC_SAR1_PATT_P_CLEAR = Field(23, doc="1: begin with the first entry")
        SARADC_SAR2_PATT_P_CLEAR = Field(24)
        SARADC_DATA_SAR_SEL = Field(25)
        SARADC_DATA_TO_I2S = Field(26)
        SARADC_XPD_SAR_FORCE = Field(28, 27)
        SARADC_WAIT_ARB_CYCLE = Field(31, 30)

    class CTRL2(Register, offset=0x004, reset=0xA1FE):
        SARADC_MEAS_NUM_LIMIT = Field(0)
        SARADC_MAX_MEAS_NUM = Field(8, 1)
        SARADC_SAR1_INV = Field(9)
        SARADC_SAR2_INV = Field(10)
        SARADC_TIMER_SEL = Field(11)
        SARADC_TIMER_TARGET = Field(23, 12, doc="the interval, in twice the controller's clock")
        SARADC_TIMER_EN = Field(24)

    class SAR1_PATT_TAB(Register, offset=0x018, count=4, names=[f"SAR1_PATT_TAB{n}" for n in range(1, 5)]):
        PATT_TAB = Field(23, 0, doc="four entries, the first one highest: channel[5:2], attenuation[1:0]")

    class SAR2_PATT_TAB(Register, offset=0x028, count=4, names=[f"SAR2_PATT_TAB{n}" for n in range(1, 5)]):
        PATT_TAB = Field(23, 0)

    class DATA(Register, offset=0x040, names=["APB_SARADC1_DATA_STATUS"]):
        APB_SARADC1_DATA = Field(16, 0, access=RO)

    class DATA2(Register, offset=0x078, names=["APB_SARADC2_DATA_STATUS"]):
        APB_SARADC2_DATA = Field(16, 0, access=RO)

    class INT_ENA(Register, offset=0x05C):
        THRES1_LOW_INT_ENA = Field(26)
        THRES0_LOW_INT_ENA = Field(27)
        THRES1_HIGH_INT_ENA = Field(28)
        THRES0_HIGH_INT_ENA = Field(29)
        APB_SARADC2_DONE_INT_ENA = Field(30)
        APB_SARADC1_DONE_INT_ENA = Field(31)

    class INT_RAW(Register, offset=0x060, access=RO):
        THRES1_LOW_INT_RAW = Field(26)
        THRES0_LOW_INT_RAW = Field(27)
        THRES1_HIGH_INT_RAW = Field(28)
        THRES0_HIGH_INT_RAW = Field(29)
        APB_SARADC2_DONE_INT_RAW = Field(30)
        APB_SARADC1_DONE_INT_RAW = Field(31)

    class INT_ST(Register, offset=0x064, access=RO):
        THRES1_LOW_INT_ST = Field(26)
        THRES0_LOW_INT_ST = Field(27)
        THRES1_HIGH_INT_ST = Field(28)
        THRES0_HIGH_INT_ST = Field(29)
        APB_SARADC2_DONE_INT_ST = Field(30)
        APB_SARADC1_DONE_INT_ST = Field(31)

    class INT_CLR(Register, offset=0x068, access=WT):
        THRES1_LOW_INT_CLR = Field(26)
        THRES0_LOW_INT_CLR = Field(27)
        THRES1_HIGH_INT_CLR = Field(28)
        THRES0_HIGH_INT_CLR = Field(29)
        APB_SARADC2_DONE_INT_CLR = Field(30)
        APB_SARADC1_DONE_INT_CLR = Field(31)

    class DMA_CONF(Register, offset=0x06C, reset=0xFF):
        APB_ADC_EOF_NUM = Field(15, 0)
        APB_ADC_RESET_FSM = Field(30)
        APB_ADC_TRANS = Field(31)

    class CLKM_CONF(Register, offset=0x070, reset=0x4):
        CLKM_DIV_NUM = Field(7, 0, doc="the clock is divided by this + 1 + B / A")
        CLKM_DIV_B = Field(13, 8)
        CLKM_DIV_A = Field(19, 14)
        CLK_EN = Field(20)
        CLK_SEL = Field(22, 21, doc="2 is APB")

    others = Registers("""
        0x008 FILTER_CTRL1 0x0 FILTER_FACTOR1[28:26] FILTER_FACTOR0[31:29]
        0x00c FSM_WAIT 0xff0808 SARADC_XPD_WAIT[7:0] SARADC_RSTB_WAIT[15:8] SARADC_STANDBY_WAIT[23:16]
        0x010 SAR1_STATUS 0x0 SARADC_SAR1_STATUS[31:0]:RO
        0x014 SAR2_STATUS 0x0 SARADC_SAR2_STATUS[31:0]:RO
        0x038 ARB_CTRL 0x900 ADC_ARB_APB_FORCE[2] ADC_ARB_RTC_FORCE[3] ADC_ARB_WIFI_FORCE[4] ADC_ARB_GRANT_FORCE[5]
          + ADC_ARB_APB_PRIORITY[7:6] ADC_ARB_RTC_PRIORITY[9:8] ADC_ARB_WIFI_PRIORITY[11:10] ADC_ARB_FIX_PRIORITY[12]
        0x03c FILTER_CTRL0 0x6b4000 FILTER_CHANNEL1[18:14] FILTER_CHANNEL0[23:19] FILTER_RESET[31]
        0x044 THRES0_CTRL 0x3ffed THRES0_CHANNEL[4:0] THRES0_HIGH[17:5] THRES0_LOW[30:18]
        0x048 THRES1_CTRL 0x3ffed THRES1_CHANNEL[4:0] THRES1_HIGH[17:5] THRES1_LOW[30:18]
        0x058 THRES_CTRL 0x0 THRES_ALL_EN[27] THRES3_EN[28] THRES2_EN[29] THRES1_EN[30] THRES0_EN[31]
        0x3fc APB_CTRL_DATE 0x2101180 APB_CTRL_DATE[31:0]
    """)

    entry: list[int] = state([0, 0])
    """Next entry of each converter's pattern table."""
    turn: int = state(0)
    """Whose turn it is where both work."""
    in_frame: int = state(0)
    """Conversions since the last end of a frame."""
    converted: int = state(0)
    """Conversions since the timer was turned on."""
    due: int = state(NEVER)
    """When the next trigger comes."""
    interval: int = state(1)
    """Ticks between triggers."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self._gpio: Peripheral | None = None
        self._dma: DMA | None = None

    def connect(self) -> None:
        self._gpio = self.context.block("GPIO")
        dma = self.context.block("DMA")
        self._dma = dma if isinstance(dma, DMA) else None

    def after_reset(self) -> None:
        self.context.cancel("trigger")
        self._update_interrupts()

    # Conversions

    def _interval_ticks(self) -> int:
        """Return the ticks from one trigger to the next."""
        clock = self.CLKM_CONF
        whole, numerator, denominator = (
            self.get(clock.CLKM_DIV_NUM) + 1,
            self.get(clock.CLKM_DIV_B),
            max(self.get(clock.CLKM_DIV_A), 1),
        )
        period = self.context.clock("apb").period_ticks * (whole * denominator + numerator)
        target = max(self.get(self.CTRL2.SARADC_TIMER_TARGET), SHORTEST_TARGET)
        return 2 * target * period // denominator

    def _is_on(self) -> bool:
        fields = self.CTRL2
        return bool(self.get(fields.SARADC_TIMER_EN) and self.get(fields.SARADC_TIMER_SEL))

    def _is_noticed(self) -> bool:
        """Return whether a conversion has an effect at its time; one that has none needs no event."""
        has_dma = self._dma is not None and self.get(self.DMA_CONF.APB_ADC_TRANS)
        return bool(has_dma or self.get(self.INT_ENA) & NOTICED)

    def _plan(self) -> None:
        """Have the next conversion carried out at its time, if somebody notices it then."""
        if self.due < NEVER and self._is_noticed():
            self.context.schedule(self.due, "trigger")
        else:
            self.context.cancel("trigger")

    def _settle(self) -> None:
        """Carry out what was triggered up to now without being noticed: of many rounds the last one."""
        late = self.context.now_ticks() - self.due
        if late < 0:
            return
        count = late // self.interval + 1
        if self.get(self.CTRL2.SARADC_MEAS_NUM_LIMIT):
            count = min(count, max(self.get(self.CTRL2.SARADC_MAX_MEAS_NUM) - self.converted, 0))
        control = self.CTRL
        lengths = (self.get(control.SARADC_SAR1_PATT_LEN) + 1, self.get(control.SARADC_SAR2_PATT_LEN) + 1)
        for _ in range(count % (2 * lengths[0] * lengths[1]) or min(count, 2 * lengths[0] * lengths[1])):
            self._convert(self._next_converter())
        self.converted += count
        self._go_on(count)

    def _next_converter(self) -> int:
        if self.get(self.CTRL.SARADC_WORK_MODE) == SINGLE:
            return self.get(self.CTRL.SARADC_SAR_SEL)
        self.turn ^= 1
        return self.turn ^ 1

    def _go_on(self, count: int) -> None:
        """Set when the next conversion comes after `count` more, if one does."""
        limit = self.get(self.CTRL2.SARADC_MAX_MEAS_NUM)
        is_over = self.get(self.CTRL2.SARADC_MEAS_NUM_LIMIT) and self.converted >= limit
        self.due = NEVER if is_over else self.due + count * self.interval

    def on_trigger(self) -> None:
        converter = self._next_converter()
        result = self._convert(converter)
        if self._dma is not None and self.get(self.DMA_CONF.APB_ADC_TRANS):
            self.in_frame += 1
            ends = self.in_frame >= self.get(self.DMA_CONF.APB_ADC_EOF_NUM)
            self.in_frame = 0 if ends else self.in_frame
            self._dma.give(ADC_DAC, (converter << 17 | result).to_bytes(4, "little"), eof=ends)
        self.converted += 1
        self._go_on(1)
        self._plan()

    def _convert(self, converter: int) -> int:
        """Measure the next entry of a converter's table; return the channel and the result as the DATA registers do."""
        lengths = (self.CTRL.SARADC_SAR1_PATT_LEN, self.CTRL.SARADC_SAR2_PATT_LEN)
        tables = (self.SAR1_PATT_TAB, self.SAR2_PATT_TAB)
        number = self.entry[converter]
        self.entry[converter] = (number + 1) % (self.get(lengths[converter]) + 1)
        word, place = divmod(number, PATTERNS_A_WORD)
        shift = PATTERN_BITS * (PATTERNS_A_WORD - 1 - place)
        pattern = self.get(tables[converter], word) >> shift & (1 << PATTERN_BITS) - 1
        channel = pattern >> 2
        value = measure(self._gpio, converter, channel, pattern & 3)
        result = channel << 13 | value
        self.put((self.DATA, self.DATA2)[converter], result)
        self.put(self.INT_RAW, self.get(self.INT_RAW) | DONE[converter] | self._passed(converter << 3 | channel, value))
        self._update_interrupts()
        return result

    def _passed(self, source: int, value: int) -> int:
        """Return the interrupts of the thresholds that a result of a source (converter, channel) has passed."""
        enable, flags = self.get(self.registers["THRES_CTRL"]), 0
        for n, (above, below) in enumerate(THRESHOLDS):
            word = self.get(self.registers[f"THRES{n}_CTRL"])
            if enable & (1 << 31 - n | 1 << 27) and word & 0x1F == source:
                flags |= above * (value > word >> 5 & 0x1FFF) | below * (value < word >> 18 & 0x1FFF)
        return flags

    def _look(self, register: type[Register]) -> int:
        if not self._is_noticed():
            self._settle()
        return self.get(register)

    def read_DATA(self) -> int:
        return self._look(self.DATA)

    def read_DATA2(self) -> int:
        return self._look(self.DATA2)

    def read_INT_RAW(self) -> int:
        return self._look(self.INT_RAW)

    # Configuration: what was triggered before goes by the old one as far as its time is concerned

    def write_CTRL(self, value: int) -> None:
        for n, field in enumerate((self.CTRL.SARADC_SAR1_PATT_P_CLEAR, self.CTRL.SARADC_SAR2_PATT_P_CLEAR)):
            if field.of(value):
                self.entry[n] = 0

    def write_CTRL2(self, value: int) -> None:
        fields = self.CTRL2
        was_on = fields.SARADC_TIMER_EN.of(self.previous) and fields.SARADC_TIMER_SEL.of(self.previous)
        if not self._is_noticed():
            self._settle()
        if not self._is_on():
            self.due = NEVER
        elif not was_on:
            self.converted, self.interval = 0, self._interval_ticks()
            self.due = self.context.now_ticks() + self.interval
        else:
            self.interval = self._interval_ticks()
        self._plan()

    def write_DMA_CONF(self, value: int) -> None:
        self._settle()
        if self.DMA_CONF.APB_ADC_RESET_FSM.of(value):
            self.in_frame = 0
        self._plan()

    # Interrupts

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_ENA(self, value: int) -> None:
        self._settle()
        self._update_interrupts()
        self._plan()

    def write_INT_CLR(self, value: int) -> None:
        self._look(self.INT_RAW)
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()
