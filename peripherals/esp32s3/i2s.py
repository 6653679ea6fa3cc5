"""I2S: sound in and out by DMA, in the standard and TDM formats, at the exact rate of the clock dividers.

Source: ESP32-S3 Technical Reference Manual, "I2S Controller"; ESP-IDF's hal/i2s_ll.h and driver for RXEOF_NUM, which
counts bytes, and for the rates of PDM. Outside are `twincore.devices.I2sDevice`s: all of them hear what is sent; what
is received comes from the first one that has something.

Frames go in pieces, up to the end of a DMA descriptor or to RXEOF_NUM. At the end of a piece's time its samples are
read from memory, or stored, and the interrupts come. So each interrupt comes with its frame, but the chip's FIFO would
read up to a descriptor earlier.

Leaves out: the wires and MCLK, the FIFO's 64 words, alignment, shift and order of bits in a slot (devices are taken to
be set up alike), delays, companding, the modulators and filters of PDM (devices get samples, not bits), PDM that
firmware modulates itself, the external clock.
"""

from __future__ import annotations

from typing import ClassVar

from esp32s3 import gdma
from esp32s3.gdma import DMA
from twincore.devices.i2s import I2sDevice, I2sFormat
from twincore.model import TICKS_PER_SECOND, Context, Field, Peripheral, Registers, state

RX, TX = 0, 1
"""Directions: their bits in the interrupt registers, their places in lists."""
NAMES = "RX", "TX"
DONE, HUNG = 0, 2
"""Bits of the interrupt registers, for RX; TX has the ones above."""

XTAL, PLL_240M, PLL_160M, EXTERNAL = range(4)
"""CLK_SEL."""

HUNG_CYCLES = 88_000
"""Cycles of APB in one count of FIFO_TIMEOUT, before they are divided by 2 to the power of FIFO_TIMEOUT_SHIFT."""

PDM_BITS = 64
"""Bits of PDM that make a sample, times the oversampling."""


class I2S(Peripheral):
    """Interrupt: interrupt. A bus of `I2sDevice`s; samples come and go by the block DMA.

    RX_* and TX_* are alike: what both directions have in common is looked up by its name behind the prefix.
    """

    size = 0x1000
    device_classes = (I2sDevice,)
    selection: ClassVar[int]
    """How DMA knows the controller."""

    table = Registers("""
        0x00c INT_RAW 0x0 RX_DONE_INT_RAW[0]:W1C TX_DONE_INT_RAW[1]:W1C RX_HUNG_INT_RAW[2]:W1C
          + TX_HUNG_INT_RAW[3]:W1C
        0x010 INT_ST 0x0 RX_DONE_INT_ST[0]:RO TX_DONE_INT_ST[1]:RO RX_HUNG_INT_ST[2]:RO TX_HUNG_INT_ST[3]:RO
        0x014 INT_ENA 0x0 RX_DONE_INT_ENA[0] TX_DONE_INT_ENA[1] RX_HUNG_INT_ENA[2] TX_HUNG_INT_ENA[3]
        0x018 INT_CLR 0x0 RX_DONE_INT_CLR[0]:WT TX_DONE_INT_CLR[1]:WT RX_HUNG_INT_CLR[2]:WT TX_HUNG_INT_CLR[3]:WT
        0x020 RX_CONF 0x9600 RX_RESET[0]:WT RX_FIFO_RESET[1]:WT RX_START[2] RX_SLAVE_MOD[3] RX_MONO[5]
          + RX_BIG_ENDIAN[7] RX_UPDATE[8] RX_MONO_FST_VLD[9] RX_PCM_CONF[11:10] RX_PCM_BYPASS[12]
          + RX_STOP_MODE[14:13] RX_LEFT_ALIGN[15] RX_24_FILL_EN[16] RX_WS_IDLE_POL[17] RX_BIT_ORDER[18]
          + RX_TDM_EN[19] RX_PDM_EN[20]
        0x024 TX_CONF 0xb200 TX_RESET[0]:WT TX_FIFO_RESET[1]:WT TX_START[2] TX_SLAVE_MOD[3] TX_MONO[5]
          + TX_CHAN_EQUAL[6] TX_BIG_ENDIAN[7] TX_UPDATE[8] TX_MONO_FST_VLD[9] TX_PCM_CONF[11:10] TX_PCM_BYPASS[12]
          + TX_STOP_EN[13] TX_LEFT_ALIGN[15] TX_24_FILL_EN[16] TX_WS_IDLE_POL[17] TX_BIT_ORDER[18] TX_TDM_EN[19]
          + TX_PDM_EN[20] TX_CHAN_MOD[26:24] SIG_LOOPBACK[27]
        0x028 RX_CONF1 0x2f3de300 RX_TDM_WS_WIDTH[6:0] RX_BCK_DIV_NUM[12:7] RX_BITS_MOD[17:13]
          + RX_HALF_SAMPLE_BITS[23:18] RX_TDM_CHAN_BITS[28:24] RX_MSB_SHIFT[29]
        0x02c TX_CONF1 0x6f3de300 TX_TDM_WS_WIDTH[6:0] TX_BCK_DIV_NUM[12:7] TX_BITS_MOD[17:13]
          + TX_HALF_SAMPLE_BITS[23:18] TX_TDM_CHAN_BITS[28:24] TX_MSB_SHIFT[29] TX_BCK_NO_DLY[30]
        0x030 RX_CLKM_CONF 0x2 RX_CLKM_DIV_NUM[7:0] RX_CLK_ACTIVE[26] RX_CLK_SEL[28:27] MCLK_SEL[29]
        0x034 TX_CLKM_CONF 0x2 TX_CLKM_DIV_NUM[7:0] TX_CLK_ACTIVE[26] TX_CLK_SEL[28:27] CLK_EN[29]
        0x038 RX_CLKM_DIV_CONF 0x200 RX_CLKM_DIV_Z[8:0] RX_CLKM_DIV_Y[17:9] RX_CLKM_DIV_X[26:18] RX_CLKM_DIV_YN1[27]
        0x03c TX_CLKM_DIV_CONF 0x200 TX_CLKM_DIV_Z[8:0] TX_CLKM_DIV_Y[17:9] TX_CLKM_DIV_X[26:18] TX_CLKM_DIV_YN1[27]
        0x050 RX_TDM_CTRL 0xffff RX_TDM_PDM_CHAN0_EN[0] RX_TDM_PDM_CHAN1_EN[1] RX_TDM_PDM_CHAN2_EN[2]
          + RX_TDM_PDM_CHAN3_EN[3] RX_TDM_PDM_CHAN4_EN[4] RX_TDM_PDM_CHAN5_EN[5] RX_TDM_PDM_CHAN6_EN[6]
          + RX_TDM_PDM_CHAN7_EN[7] RX_TDM_CHAN8_EN[8] RX_TDM_CHAN9_EN[9] RX_TDM_CHAN10_EN[10] RX_TDM_CHAN11_EN[11]
          + RX_TDM_CHAN12_EN[12] RX_TDM_CHAN13_EN[13] RX_TDM_CHAN14_EN[14] RX_TDM_CHAN15_EN[15]
          + RX_TDM_TOT_CHAN_NUM[19:16]
        0x054 TX_TDM_CTRL 0xffff TX_TDM_CHAN0_EN[0] TX_TDM_CHAN1_EN[1] TX_TDM_CHAN2_EN[2] TX_TDM_CHAN3_EN[3]
          + TX_TDM_CHAN4_EN[4] TX_TDM_CHAN5_EN[5] TX_TDM_CHAN6_EN[6] TX_TDM_CHAN7_EN[7] TX_TDM_CHAN8_EN[8]
          + TX_TDM_CHAN9_EN[9] TX_TDM_CHAN10_EN[10] TX_TDM_CHAN11_EN[11] TX_TDM_CHAN12_EN[12] TX_TDM_CHAN13_EN[13]
          + TX_TDM_CHAN14_EN[14] TX_TDM_CHAN15_EN[15] TX_TDM_TOT_CHAN_NUM[19:16] TX_TDM_SKIP_MSK_EN[20]
        0x058 RX_TIMING 0x0 RX_SD_IN_DM[1:0] RX_WS_OUT_DM[17:16] RX_BCK_OUT_DM[21:20] RX_WS_IN_DM[25:24]
          + RX_BCK_IN_DM[29:28]
        0x05c TX_TIMING 0x0 TX_SD_OUT_DM[1:0] TX_SD1_OUT_DM[5:4] TX_WS_OUT_DM[17:16] TX_BCK_OUT_DM[21:20]
          + TX_WS_IN_DM[25:24] TX_BCK_IN_DM[29:28]
        0x060 LC_HUNG_CONF 0x810 LC_FIFO_TIMEOUT[7:0] LC_FIFO_TIMEOUT_SHIFT[10:8] LC_FIFO_TIMEOUT_ENA[11]
        0x064 RXEOF_NUM 0x40 RX_EOF_NUM[11:0]
        0x068 CONF_SIGLE_DATA 0x0 SINGLE_DATA[31:0]
        0x06c STATE 0x1 TX_IDLE[0]:RO
        0x080 DATE 0x2009070 DATE[27:0]
    """)
    INT_RAW = table.registers["INT_RAW"]
    INT_ENA = table.registers["INT_ENA"]
    INT_ST = table.registers["INT_ST"]

    # Of each direction:
    is_started: list[int] = state([0, 0])
    origin: list[int] = state([0, 0])
    """When the first of the frames that are counted began."""
    frames: list[int] = state([0, 0])
    """Frames since then, up to the last piece."""
    frame_ticks: list[int] = state([0, 0])
    frame_parts: list[int] = state([1, 1])
    """A frame takes frame_ticks / frame_parts ticks; 0: no clock runs."""
    piece: list[int] = state([0, 0])
    """Frames that are on their way; 0 while DMA has nothing, or no room."""

    received: int = state(0)
    """Bytes since RXEOF_NUM was reached."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.devices: list[I2sDevice] = []
        self.dma: DMA | None = None
        for clock in ("xtal", "pll"):
            context.clock(clock).listen(self._clocks_changed)

    def connect(self) -> None:
        dma = self.context.block("DMA")
        if isinstance(dma, DMA):
            self.dma = dma
            dma.listen(self.selection, self._dma_started)

    def add_device(self, device: I2sDevice) -> None:
        """Put a device on the bus."""
        self.devices.append(device)

    def after_reset(self) -> None:
        for direction in (RX, TX):
            self.context.cancel("piece", direction)
            self.context.cancel("hung", direction)
        self._update_interrupts()

    def _field(self, register: str, name: str) -> Field:
        field: Field = getattr(self.registers[register], name)
        return field

    def _of(self, direction: int, register: str, name: str) -> int:
        """Return the value of a field by its names without the direction's prefix."""
        prefix = NAMES[direction]
        return self.get(self._field(f"{prefix}_{register}", f"{prefix}_{name}"))

    # Format

    def _is_pdm(self, direction: int) -> bool:
        return bool(self._of(direction, "CONF", "PDM_EN"))

    def _sample_bytes(self, direction: int) -> int:
        return -(-(self._of(direction, "CONF1", "BITS_MOD") + 1) // 8)

    def _channels(self, direction: int) -> list[int]:
        """Return the slots whose samples are in memory, in their order."""
        enabled = self.get(self.registers[f"{NAMES[direction]}_TDM_CTRL"])
        if self._is_pdm(direction):
            return [0] if direction == TX else [n for n in range(8) if enabled >> n & 1]
        slots = range(self._of(direction, "TDM_CTRL", "TDM_TOT_CHAN_NUM") + 1)
        if direction == TX and self._of(TX, "TDM_CTRL", "TDM_SKIP_MSK_EN"):
            return list(slots)
        channels = [n for n in slots if enabled >> n & 1]
        if self._of(direction, "CONF", "MONO") and len(channels) > 1:
            return channels[:1] if self._of(direction, "CONF", "MONO_FST_VLD") else channels[1:2]
        return channels

    def _memory_bytes(self, direction: int) -> int:
        """Return how many bytes of memory a frame takes."""
        return len(self._channels(direction)) * self._sample_bytes(direction)

    def _form(self, direction: int) -> I2sFormat:
        numerator, denominator = self.frame_ticks[direction], self.frame_parts[direction]
        rate_hz = (TICKS_PER_SECOND * denominator + numerator // 2) // numerator
        sample_bytes = self._sample_bytes(direction)
        if not self._is_pdm(direction):
            return I2sFormat(self._of(direction, "TDM_CTRL", "TDM_TOT_CHAN_NUM") + 1, sample_bytes, rate_hz)
        if direction == TX and sample_bytes == 4:  # both channels in one word
            return I2sFormat(2, 2, rate_hz)
        return I2sFormat(len(self._channels(direction)), sample_bytes, rate_hz)

    def _has_converter(self, direction: int) -> bool:
        """Tell whether samples are turned into PDM, or PDM into samples, on their way."""
        return False

    def _report_unmodelled(self, direction: int) -> None:
        name, prefix = self.context.name, NAMES[direction]
        if self._is_pdm(direction) and not self._has_converter(direction):
            self.context.unmodelled(f"{name}.{prefix}_CONF.{prefix}_PDM_EN without a converter")
        if not self._of(direction, "CONF", "PCM_BYPASS"):
            self.context.unmodelled(f"{name}.{prefix}_CONF.{prefix}_PCM_CONF")
        if not self._of(direction, "CONF", "SLAVE_MOD") and self._of(direction, "CLKM_CONF", "CLK_SEL") == EXTERNAL:
            self.context.unmodelled(f"{name}.{prefix}_CLKM_CONF.{prefix}_CLK_SEL {EXTERNAL}: an external clock")

    # Time

    def _set_rate(self, direction: int) -> None:
        """Work out the time of a frame, a fraction of ticks; 0 when no clock runs."""
        clocked = direction
        if direction == RX and self._of(RX, "CONF", "SLAVE_MOD") and self._shares_clocks():
            clocked = TX
        if self._of(clocked, "CONF", "SLAVE_MOD"):
            rate_hz = next((device.rate_hz for device in self.devices if device.rate_hz), 0)
            self.frame_ticks[direction] = TICKS_PER_SECOND if rate_hz else 0
            self.frame_parts[direction] = rate_hz or 1
            return
        source = self._of(clocked, "CLKM_CONF", "CLK_SEL")
        pll = self.context.clock("pll").period_ticks
        period = (self.context.clock("xtal").period_ticks, 2 * pll, 3 * pll, 0)[source]
        x, y, z = (self._of(clocked, "CLKM_DIV_CONF", f"CLKM_DIV_{name}") for name in "XYZ")
        whole = self._of(clocked, "CLKM_CONF", "CLKM_DIV_NUM") or 256
        a = (x + 1) * z + y or 1
        b = a - z if self._of(clocked, "CLKM_DIV_CONF", "CLKM_DIV_YN1") else z
        bits = self._frame_bits(clocked) * (self._of(clocked, "CONF1", "BCK_DIV_NUM") + 1)
        self.frame_ticks[direction], self.frame_parts[direction] = period * (whole * a + b) * bits, a

    def _shares_clocks(self) -> int:
        return self.get(self._field("TX_CONF", "SIG_LOOPBACK"))

    def _frame_bits(self, direction: int) -> int:
        """Return how many periods of BCK a frame takes."""
        if not self._is_pdm(direction):
            slots = self._of(direction, "TDM_CTRL", "TDM_TOT_CHAN_NUM") + 1
            return slots * (self._of(direction, "CONF1", "TDM_CHAN_BITS") + 1)
        return PDM_BITS * self._oversampling(direction)

    def _oversampling(self, direction: int) -> int:
        """Return how many times 64 bits of PDM a sample takes."""
        return 1

    def _frames_until_now(self, direction: int, *, begun: bool = False) -> int:
        """Return how many frames since the origin are over, or have begun."""
        passed = (self.context.now_ticks() - self.origin[direction]) * self.frame_parts[direction]
        ticks = self.frame_ticks[direction]
        return -(-passed // ticks) if begun else passed // ticks

    def _clocks_changed(self) -> None:
        for direction in (RX, TX):
            self._reconfigure(direction)

    def _reconfigure(self, direction: int) -> None:
        """Go on with another rate or format from now on."""
        if self.is_started[direction]:
            self._interrupt_piece(direction)
            self._start(direction)

    # Pieces

    def _start(self, direction: int) -> None:
        self.is_started[direction] = 1
        self.origin[direction], self.frames[direction] = self.context.now_ticks(), 0
        self._set_rate(direction)
        self._begin_piece(direction)

    def _stop(self, direction: int) -> None:
        self._interrupt_piece(direction)
        self.is_started[direction] = 0
        self.context.cancel("hung", direction)
        if direction == TX:
            self._show_idle(1)

    def _interrupt_piece(self, direction: int) -> None:
        """Move the frames of a piece that are over."""
        self.context.cancel("piece", direction)
        if self.piece[direction]:
            frames = self._frames_until_now(direction) - self.frames[direction]
            self._move(direction, max(min(frames, self.piece[direction]), 0))

    def _begin_piece(self, direction: int) -> None:
        """Schedule the end of the next frames: as far as the DMA descriptor goes."""
        memory_bytes = self._memory_bytes(direction)
        if not self.frame_ticks[direction] or not memory_bytes or self.dma is None:
            return
        left = self.dma.left(self.selection, is_out=direction == TX)
        if not left:
            self._starve(direction)
            return
        if direction == RX and (eof := self._eof_bytes()):
            left = min(left, max(eof - self.received, 1))
        self.piece[direction] = -(-left // memory_bytes)
        frames = self.frames[direction] + self.piece[direction]
        end = self.origin[direction] + frames * self.frame_ticks[direction] // self.frame_parts[direction]
        self.context.schedule(end, "piece", direction)
        if direction == TX:
            self._show_idle(0)

    def on_piece(self, direction: int) -> None:
        self._move(direction, self.piece[direction])
        self._begin_piece(direction)

    def _starve(self, direction: int) -> None:
        """DMA has nothing, or no room: wait until it is started again."""
        timeout, shift, enable = (
            self.get(self._field("LC_HUNG_CONF", f"LC_FIFO_TIMEOUT{name}")) for name in ("", "_SHIFT", "_ENA")
        )
        if enable:
            cycles = timeout * (HUNG_CYCLES >> shift)
            at = self.context.now_ticks() + cycles * self.context.clock("apb").period_ticks
            self.context.schedule(at, "hung", direction)
        if direction == TX:
            self._show_idle(1)
            if self.frames[TX]:
                self._raise(DONE + TX)

    def on_hung(self, direction: int) -> None:
        self._raise(HUNG + direction)

    def _dma_started(self, is_out: bool) -> None:
        direction = TX if is_out else RX
        if self.is_started[direction] and not self.piece[direction] and self.frame_ticks[direction]:
            self.context.cancel("hung", direction)
            self.frames[direction] = self._frames_until_now(direction, begun=True)
            self._begin_piece(direction)

    def _move(self, direction: int, frames: int) -> None:
        """Pass frames that are over from memory to the devices, or from a device to memory."""
        self.piece[direction] = 0
        self.frames[direction] += frames
        if not frames or self.dma is None:
            return
        memory_bytes = self._memory_bytes(direction)
        if direction == TX:
            content = self.dma.take(self.selection, frames * memory_bytes)
            self._send(content[: len(content) // memory_bytes * memory_bytes])
            return
        content = self._hear(frames)
        self.received += len(content)
        is_end = 0 < self._eof_bytes() <= self.received
        if is_end:
            self.received = 0
        self.dma.give(self.selection, content, eof=is_end)
        if is_end:
            self._raise(DONE + RX)

    def _eof_bytes(self) -> int:
        return self.get(self.registers["RXEOF_NUM"])

    # Samples

    def _samples(self, direction: int, content: bytes) -> list[bytes]:
        """Return the samples in `content`, turned round where firmware has set the other byte order."""
        size = self._sample_bytes(direction)
        step = -1 if self._of(direction, "CONF", "BIG_ENDIAN") else 1
        return [content[at : at + size][::step] for at in range(0, len(content), size)]

    def _send(self, content: bytes) -> None:
        """Put samples into their slots and give the frames to the devices."""
        form = self._form(TX)
        channels = self._channels(TX)
        if not self._is_pdm(TX):
            enabled = self.get(self.registers["TX_TDM_CTRL"])
            sources = [
                channels.index(slot) if enabled >> slot & 1 and slot in channels else -1 for slot in range(form.slots)
            ]
            samples = self._samples(TX, content)
            single = self.get(self.registers["CONF_SIGLE_DATA"]).to_bytes(4, "little")[: form.sample_bytes]
            repeats = self._of(TX, "CONF", "CHAN_EQUAL")
            frames = []
            for at in range(0, len(samples), len(channels)):
                frame = samples[at : at + len(channels)]
                rest = frame[0] if repeats else single
                frames += [frame[source] if source >= 0 else rest for source in sources]
            content = b"".join(frames)
        for device in self.devices:
            device.play(content, form)

    def _hear(self, frames: int) -> bytes:
        """Return the samples of the enabled slots, as a device gives them; silence where none does."""
        form = self._form(RX)
        heard = next((content for device in self.devices if (content := device.record(frames, form))), b"")
        size = frames * form.frame_bytes
        samples = self._samples(RX, heard[:size].ljust(size, b"\0"))
        if self._is_pdm(RX):
            return b"".join(samples)
        channels = self._channels(RX)
        return b"".join(samples[at + channel] for at in range(0, len(samples), form.slots) for channel in channels)

    # Control and interrupts

    def _write_conf(self, direction: int) -> None:
        prefix = NAMES[direction]
        self.put(self._field(f"{prefix}_CONF", f"{prefix}_UPDATE"), 0)
        wanted = self._of(direction, "CONF", "START")
        if wanted and not self.is_started[direction]:
            self._report_unmodelled(direction)
            if direction == RX:
                self.received = 0
            self._start(direction)
        elif not wanted and self.is_started[direction]:
            self._stop(direction)

    def write_RX_CONF(self, value: int) -> None:
        self._write_conf(RX)

    def write_TX_CONF(self, value: int) -> None:
        self._write_conf(TX)

    def write_RX_CONF1(self, value: int) -> None:
        self._reconfigure(RX)

    def write_TX_CONF1(self, value: int) -> None:
        self._reconfigure(TX)

    def write_RX_CLKM_CONF(self, value: int) -> None:
        self._reconfigure(RX)

    def write_TX_CLKM_CONF(self, value: int) -> None:
        self._reconfigure(TX)

    def write_RX_CLKM_DIV_CONF(self, value: int) -> None:
        self._reconfigure(RX)

    def write_TX_CLKM_DIV_CONF(self, value: int) -> None:
        self._reconfigure(TX)

    def write_RX_TDM_CTRL(self, value: int) -> None:
        self._reconfigure(RX)

    def write_TX_TDM_CTRL(self, value: int) -> None:
        self._reconfigure(TX)

    def _show_idle(self, idle: int) -> None:
        self.put(self.registers["STATE"], idle)

    def _raise(self, number: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | 1 << number)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()


class I2S0(I2S):
    """The controller that can turn samples into PDM, and PDM into samples."""

    selection = gdma.I2S0

    own = Registers("""
        0x020 RX_CONF 0x9600 RX_RESET[0]:WT RX_FIFO_RESET[1]:WT RX_START[2] RX_SLAVE_MOD[3] RX_MONO[5]
          + RX_BIG_ENDIAN[7] RX_UPDATE[8] RX_MONO_FST_VLD[9] RX_PCM_CONF[11:10] RX_PCM_BYPASS[12]
          + RX_STOP_MODE[14:13] RX_LEFT_ALIGN[15] RX_24_FILL_EN[16] RX_WS_IDLE_POL[17] RX_BIT_ORDER[18]
          + RX_TDM_EN[19] RX_PDM_EN[20] RX_PDM2PCM_EN[21] RX_PDM_SINC_DSR_16_EN[22]
        0x040 TX_PCM2PDM_CONF 0x4aa004 TX_PDM_HP_BYPASS[0] TX_PDM_SINC_OSR2[4:1] TX_PDM_PRESCALE[12:5]
          + TX_PDM_HP_IN_SHIFT[14:13] TX_PDM_LP_IN_SHIFT[16:15] TX_PDM_SINC_IN_SHIFT[18:17]
          + TX_PDM_SIGMADELTA_IN_SHIFT[20:19] TX_PDM_SIGMADELTA_DITHER2[21] TX_PDM_SIGMADELTA_DITHER[22]
          + TX_PDM_DAC_2OUT_EN[23] TX_PDM_DAC_MODE_EN[24] PCM2PDM_CONV_EN[25]
        0x044 TX_PCM2PDM_CONF1 0x3f783c0 TX_PDM_FP[9:0] TX_PDM_FS[19:10] TX_IIR_HP_MULT12_5[22:20]
          + TX_IIR_HP_MULT12_0[25:23]
        0x058 RX_TIMING 0x0 RX_SD_IN_DM[1:0] RX_SD1_IN_DM[5:4] RX_SD2_IN_DM[9:8] RX_SD3_IN_DM[13:12]
          + RX_WS_OUT_DM[17:16] RX_BCK_OUT_DM[21:20] RX_WS_IN_DM[25:24] RX_BCK_IN_DM[29:28]
    """)

    def _has_converter(self, direction: int) -> bool:
        converter = ("RX_CONF", "RX_PDM2PCM_EN") if direction == RX else ("TX_PCM2PDM_CONF", "PCM2PDM_CONV_EN")
        return bool(self.get(self._field(*converter)))

    def _oversampling(self, direction: int) -> int:
        if direction == RX:
            return 1 + self._of(RX, "CONF", "PDM_SINC_DSR_16_EN")
        return max(self._of(TX, "PCM2PDM_CONF", "PDM_SINC_OSR2"), 1)


class I2S1(I2S):
    """The controller without converters; ESP-IDF's driver turns them off all the same."""

    selection = gdma.I2S1

    own = Registers("0x040 TX_PCM2PDM_CONF 0x0 PCM2PDM_CONV_EN[25]")
