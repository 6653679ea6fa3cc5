"""I2S: sound in and out by DMA, in the standard and TDM formats, at the exact rate of the clock dividers.

Source: ESP32-S3 Technical Reference Manual, "I2S Controller"; ESP-IDF's hal/i2s_ll.h and driver for RXEOF_NUM, which
counts bytes, and for the rates of PDM. Outside are `twincore.devices.I2sDevice`s: all of them hear what is sent; what
is received comes from the first one that has something.

Frames go in pieces, up to the end of a DMA descriptor or to RXEOF_NUM. At the end of a piece's time its samples are
read from memory, or stored, and the interrupts come. So each interrupt comes with its frame, but the chip's FIFO would
read up to a descriptor earlier.

BCK, WS and MCLK go out to the GPIO matrix as waveforms. A slave takes its frames from the WS that comes in; where none
does, a device makes the clock. Where DATA_OUT and a DATA_IN meet at a pin, what is sent is received, frame for frame,
and devices are not asked.

Leaves out: levels on DATA_OUT and DATA_IN, BCK as an input (a slave knows how many bits its frames have), the FIFO's
64 words, alignment, shift and order of bits in a slot (both ends are taken to be set up alike), delays, companding, the
modulators and filters of PDM (devices get samples, not bits; over a pin there is no PDM), PDM that firmware modulates
itself, the external clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from esp32s3 import gdma
from esp32s3.gdma import DMA
from esp32s3.gpio import GPIO
from esp32s3.i2s_registers import DONE, HUNG, NAMES, RX, TX, I2sRegisters
from esp32s3.i2s_wires import SIGNALS, Frames, frames_of, relay, square, word_select
from twincore.devices.i2s import I2sDevice, I2sFormat
from twincore.lines import Line
from twincore.model import TICKS_PER_SECOND, Context, Registers, Value, state
from twincore.waveform import Course

HUNG_CYCLES = 88_000
"""Cycles of APB in one count of FIFO_TIMEOUT, before they are divided by 2 to the power of FIFO_TIMEOUT_SHIFT."""


class I2S(I2sRegisters):
    """Interrupt: interrupt. A bus of `I2sDevice`s; samples come and go by the block DMA."""

    device_classes = (I2sDevice,)
    selection: ClassVar[int]
    """How DMA knows the controller."""

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

    has_sent: int = state(0)
    """Whether a frame has gone out since the last start."""
    received: int = state(0)
    """Bytes since RXEOF_NUM was reached."""
    wire: bytes = state(b"")
    """Frames that came in over a pin since this piece began."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.devices: list[I2sDevice] = []
        self.dma: DMA | None = None
        self.bck = [self.line(f"{name.lower()}_bck") for name in NAMES]
        self.ws = [self.line(f"{name.lower()}_ws") for name in NAMES]
        self.mclk = self.line("mclk")
        self._gpio: GPIO | None = None
        self._ws_in: list[Line] = []
        self._controllers: list[I2S] = []
        """All controllers whose DATA_OUT may meet this one's DATA_IN."""
        for clock in ("xtal", "pll"):
            context.clock(clock).listen(self._clocks_changed)

    def connect(self) -> None:
        dma = self.context.block("DMA")
        if isinstance(dma, DMA):
            self.dma = dma
            dma.listen(self.selection, self._dma_started)
        gpio, signals = self.context.block("GPIO"), SIGNALS.get(self.context.name)
        if not isinstance(gpio, GPIO) or signals is None:
            return
        self._gpio = gpio
        self._controllers = [block for name in SIGNALS if isinstance(block := self.context.block(name), I2S)]
        gpio.attach_output(signals.mclk, self.mclk)
        for direction, numbers in enumerate((signals.rx, signals.tx)):
            gpio.attach_output(numbers.bck, self.bck[direction])
            gpio.attach_output(numbers.ws, self.ws[direction])
            line = gpio.input(numbers.ws)
            line.follow(partial(self._ws_changed, direction))
            self._ws_in.append(line)
        gpio.input(signals.rx.sd)

    def add_device(self, device: I2sDevice) -> None:
        """Put a device on the bus."""
        self.devices.append(device)

    def after_reset(self) -> None:
        for direction in (RX, TX):
            self.context.cancel("piece", direction)
            self.context.cancel("hung", direction)
            self._show_clocks(direction)
        self._show_mclk()
        self._update_interrupts()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        for direction in (RX, TX):
            self._show_clocks(direction)
        self._show_mclk()

    # Time

    def _clocked(self, direction: int) -> int:
        """Return the direction whose clocks count: the receiver may share the transmitter's."""
        return TX if direction == RX and self._of(RX, "CONF", "SLAVE_MOD") and self._shares_clocks() else direction

    def _set_rate(self, direction: int) -> None:
        """Work out the time of a frame, a fraction of ticks, 0 when no clock runs; and which frame is the next."""
        now = self.context.now_ticks()
        clocked = self._clocked(direction)
        frames = Frames(now, 0, 1)
        if not self._of(clocked, "CONF", "SLAVE_MOD"):
            if clocked != direction and self.is_started[clocked]:
                frames = Frames(self.origin[clocked], self.frame_ticks[clocked], self.frame_parts[clocked])
            else:
                period, parts = self._master_clock(clocked)
                bits = self._frame_bits(clocked) * (self._of(clocked, "CONF1", "BCK_DIV_NUM") + 1)
                frames = Frames(now, period * bits, parts)
        elif (heard := self._frames_heard(clocked)) is not None:
            frames = heard
        elif rate_hz := next((device.rate_hz for device in self.devices if device.rate_hz), 0):
            frames = Frames(now, TICKS_PER_SECOND, rate_hz)
        self.origin[direction], self.frame_ticks[direction], self.frame_parts[direction] = frames
        self.frames[direction] = self._frames_until_now(direction, begun=True) if frames.period else 0

    def _frames_heard(self, direction: int) -> Frames | None:
        """Return the frames that the WS which a slave gets tells of; None where it stands still."""
        if not self._ws_in:
            return None
        frames = frames_of(self._ws_in[direction].course, self._of(direction, "CONF", "WS_IDLE_POL"))
        if frames is not None and self._is_pdm(direction):  # WS is the clock of its bits
            return frames._replace(period=frames.period * self._frame_bits(direction))
        return frames

    def _frames_until_now(self, direction: int, *, begun: bool = False) -> int:
        """Return how many frames since the origin are over, or have begun."""
        passed = (self.context.now_ticks() - self.origin[direction]) * self.frame_parts[direction]
        ticks = self.frame_ticks[direction]
        return -(-passed // ticks) if begun else passed // ticks

    def _clocks_changed(self) -> None:
        for direction in (TX, RX):  # in this order: the receiver may share the transmitter's clocks
            self._reconfigure(direction)
        self._show_mclk()

    def _reconfigure(self, direction: int) -> None:
        """Go on with another rate or format from now on."""
        if self.is_started[direction]:
            self._interrupt_piece(direction)
            self._start(direction)

    # Clocks at pins

    def _ws_changed(self, direction: int, course: Course) -> None:
        """Follow another WS, where it makes the frames."""
        if self._of(direction, "CONF", "SLAVE_MOD"):
            for clocked in (TX, RX):
                if self._clocked(clocked) == direction:
                    self._reconfigure(clocked)

    def _show_clocks(self, direction: int) -> None:
        """Have BCK and WS do what a master does while it is started; a slave leaves them alone."""
        bck: Course = 0
        ws: Course = 0
        period = self.frame_ticks[direction]
        if self.is_started[direction] and period and not self._of(direction, "CONF", "SLAVE_MOD"):
            frames = Frames(self.origin[direction], period, self.frame_parts[direction])
            bits = self._frame_bits(direction)
            bck = square(frames.start, period, frames.parts * bits)
            width = self._of(direction, "CONF1", "TDM_WS_WIDTH") + 1
            level = self._of(direction, "CONF", "WS_IDLE_POL")
            ws = bck if self._is_pdm(direction) else word_select(frames, bits, width, level)
        self.bck[direction].set(bck)
        self.ws[direction].set(ws)

    def _show_mclk(self) -> None:
        """Have MCLK do what the direction that MCLK_SEL chooses gives it; its phase is counted from power-on."""
        direction = RX if self.get(self._field("RX_CLKM_CONF", "MCLK_SEL")) else TX
        period, parts = self._master_clock(direction)
        runs = self.get(self._field("TX_CLKM_CONF", "CLK_EN")) and self._of(direction, "CLKM_CONF", "CLK_ACTIVE")
        self.mclk.set(square(0, period, parts) if runs and period else 0)

    # Pieces

    def _start(self, direction: int) -> None:
        self.is_started[direction] = 1
        self._set_rate(direction)
        if direction == RX:
            self.wire = b""
        else:
            self.has_sent = 0
        self._show_clocks(direction)
        self._begin_piece(direction)
        if direction == TX and self._clocked(RX) == TX:
            self._reconfigure(RX)

    def _stop(self, direction: int) -> None:
        self._interrupt_piece(direction)
        self.is_started[direction] = 0
        self.context.cancel("hung", direction)
        self._show_clocks(direction)
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
        self.context.schedule(self._ticks_of(direction, frames), "piece", direction)
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
            if self.has_sent:
                self._raise(DONE + TX)

    def on_hung(self, direction: int) -> None:
        self._raise(HUNG + direction)

    def _dma_started(self, is_out: bool) -> None:
        direction = TX if is_out else RX
        if self.is_started[direction] and not self.piece[direction] and self.frame_ticks[direction]:
            self.context.cancel("hung", direction)
            self.frames[direction] = self._frames_until_now(direction, begun=True)
            if direction == RX:
                self.wire = b""
            self._begin_piece(direction)

    def _move(self, direction: int, frames: int) -> None:
        """Pass frames that are over from memory to the devices, or from a device to memory."""
        if not frames or self.dma is None:
            self.piece[direction] = 0
            return
        memory_bytes = self._memory_bytes(direction)
        if direction == TX:
            self.piece[TX], self.has_sent = 0, 1
            self.frames[TX] += frames
            content = self.dma.take(self.selection, frames * memory_bytes)
            self._send(content[: len(content) // memory_bytes * memory_bytes])
            return
        content = self._hear(frames)
        self.piece[RX] = 0
        self.frames[RX] += frames
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

    def _form(self, direction: int) -> I2sFormat:
        """Return how devices get samples, or give them."""
        numerator, denominator = self.frame_ticks[direction], self.frame_parts[direction]
        rate_hz = (TICKS_PER_SECOND * denominator + numerator // 2) // numerator
        sample_bytes = self._sample_bytes(direction)
        if not self._is_pdm(direction):
            return I2sFormat(self._frame_layout(direction).slots, sample_bytes, rate_hz)
        if direction == TX and sample_bytes == 4:  # both channels in one word
            return I2sFormat(2, 2, rate_hz)
        return I2sFormat(len(self._channels(direction)), sample_bytes, rate_hz)

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
            for controller in self._controllers:
                controller._note_sent(self, content)
        for device in self.devices:
            device.play(content, form)

    def _hear(self, frames: int) -> bytes:
        """Return the next frames' samples of the enabled slots, as wire or device give them; else silence."""
        form = self._form(RX)
        size = frames * form.frame_bytes
        heard = self._take_wire(frames)
        if heard is None:
            heard = next((content for device in self.devices if (content := device.record(frames, form))), b"")
        samples = self._samples(RX, heard[:size].ljust(size, b"\0"))
        if self._is_pdm(RX):
            return b"".join(samples)
        channels = self._channels(RX)
        return b"".join(samples[at + channel] for at in range(0, len(samples), form.slots) for channel in channels)

    # Samples over a pin

    def _hears(self, sender: I2S) -> bool:
        """Tell whether `sender`'s DATA_OUT is this one's DATA_IN."""
        if self._gpio is None:
            return False
        return self._gpio.loop(SIGNALS[sender.context.name].tx.sd, SIGNALS[self.context.name].rx.sd) == 0

    def _note_sent(self, sender: I2S, content: bytes) -> None:
        """Keep frames that `sender` has sent until now and that come in here, at their place among the receiver's."""
        if not self.piece[RX] or self._is_pdm(RX) or not self._hears(sender):
            return
        layout = self._frame_layout(RX)
        size = layout.frame_bytes
        content = relay(content, sender._frame_layout(TX), layout)
        passed = sender._ticks_of(TX, sender.frames[TX]) - self.origin[RX]
        end = (passed * self.frame_parts[RX] + self.frame_ticks[RX] // 2) // self.frame_ticks[RX]  # the nearest one
        begin = end - len(content) // size
        known = self.frames[RX] + len(self.wire) // size
        if begin < known:  # from before this piece, or two senders at a time
            content = content[(known - begin) * size :]
        self.wire += bytes(max(begin - known, 0) * size) + content

    def _take_wire(self, frames: int) -> bytes | None:
        """Return the next `frames` frames as a pin brings them; None where no controller's DATA_OUT is there."""
        senders = [] if self._is_pdm(RX) else [sender for sender in self._controllers if self._hears(sender)]
        if not senders:
            return None
        for sender in senders:
            sender._bring_up_to_date()
        size = frames * self._frame_layout(RX).frame_bytes
        heard, self.wire = self.wire[:size], self.wire[size:]
        return heard

    def _bring_up_to_date(self) -> None:
        """Send the frames that are over, of a piece that is not."""
        if self.piece[TX]:
            self._interrupt_piece(TX)
            self._begin_piece(TX)

    def _ticks_of(self, direction: int, frame: int) -> int:
        """Return when a frame begins."""
        return self.origin[direction] + frame * self.frame_ticks[direction] // self.frame_parts[direction]

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
        self._clocks_changed()

    def write_TX_CLKM_CONF(self, value: int) -> None:
        self._clocks_changed()

    def write_RX_CLKM_DIV_CONF(self, value: int) -> None:
        self._clocks_changed()

    def write_TX_CLKM_DIV_CONF(self, value: int) -> None:
        self._clocks_changed()

    def write_RX_TDM_CTRL(self, value: int) -> None:
        self._reconfigure(RX)

    def write_TX_TDM_CTRL(self, value: int) -> None:
        self._reconfigure(TX)

    def _show_idle(self, idle: int) -> None:
        self.put(self.registers["STATE"], idle)


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
