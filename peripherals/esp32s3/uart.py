"""UART: a serial port with two 128-byte FIFOs.

Source: ESP32-S3 Technical Reference Manual, "UART Controller". Bytes take their time: start, data, parity and stop
bits at the rate that CLK_CONF and CLKDIV give. Each byte that ends is an event, so that STATUS is always right without
asking Python: firmware polls it millions of times.

Where TXD and an RXD meet at a pin, bytes and breaks are received as they end; all bytes go to and come from the serial
port, too. RTS and CTS are wires: RTS goes out to the GPIO matrix, a high CTS stops the transmitter between two bytes.
The serial port's other end keeps to RTS while RX_FLOW_EN is set.

Leaves out: the wires otherwise (neither the edges of TXD and RXD nor the pins' owners matter to the serial port; two
ends that meet are taken to have one rate), breaks from and to the serial port, parity and framing errors, DSR and DTR,
flow control by XON and XOFF, RS485, IrDA, autobaud counts, wake-up, FIFO sizes other than 128, the FIFO pointers of
MEM_TX_STATUS and MEM_RX_STATUS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from esp32s3.gpio import GPIO
from esp32s3.uart_registers import (
    AT_CMD_CHAR_DET,
    BRK_DET,
    CTS_CHG,
    FRM_ERR,
    RXFIFO_FULL,
    RXFIFO_OVF,
    RXFIFO_TOUT,
    TX_BRK_DONE,
    TX_BRK_IDLE_DONE,
    TX_DONE,
    TXFIFO_EMPTY,
    UartRegisters,
)
from twincore.lines import Line
from twincore.model import Context, SerialPort, Value, state

FIFO_SIZE = 128
RX_PIECE = 4096
"""Bytes that arrive before those still to come are copied."""

SCLKS = ("apb", "apb", "rc_fast", "xtal")
"""Clocks by SCLK_SEL; 0 is no clock on the chip."""

STEADY_STATUS = UartRegisters.STATUS.reset & ~(1 << 14 | 1 << 30)
"""STATUS without FIFO counts, CTSN and RTSN."""

TRANSMITTING = 2
"""What ST_UTX_OUT reads while a byte is being sent (the chip steps through several states)."""

SIGNALS = {"UART0": 12, "UART1": 15, "UART2": 18}
"""TXD and RXD of each controller in the GPIO matrix; RTS and CTS are the next one."""


class UART(UartRegisters):
    """Interrupt: interrupt. Serial port: serial."""

    byte_ticks: int = state(0)
    """Time of a whole byte on the wire."""
    bit_ticks: int = state(0)
    tx_fifo: bytes = state(b"")
    tx_byte: int = state(-1)
    """The byte that is being sent, -1 while the transmitter is idle."""
    tx_end: int = state(0)
    """When that byte's stop bit is over."""
    tx_held: int = state(0)
    """Whether CTS keeps the transmitter from beginning a byte."""
    is_breaking: int = state(0)
    """Whether a break is being sent."""
    rx_fifo: bytes = state(b"")
    rx_wire: bytes = state(b"")
    """What the world sent; from `rx_next` on it has not arrived yet, and the first byte there is on its way."""
    rx_next: int = state(0)
    rx_held: int = state(0)
    """Whether RTS keeps the world from sending."""
    modem_status: int = state(0)
    """Bits of STATUS that tell of wires."""
    rx_end: int = state(0)
    """When the last byte had arrived, in ticks."""
    at_seen: int = state(0)
    """How many of an AT command's characters have come in a row."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.on_sent: Callable[[], None] | None = None
        """Called when the transmitter has room again; UHCI's, as the next one."""
        self.on_received: Callable[[], None] | None = None
        """Called when a byte has arrived."""
        self.serial = self.serial_ports["serial"] = SerialPort(context.name, self._receive)
        self.rts = self.line("rts")
        self._gpio: GPIO | None = None
        self._cts: Line | None = None
        self._signal = SIGNALS.get(context.name)
        self._receivers: dict[int, UART] = {}
        for clock in ("apb", "rc_fast", "xtal"):
            context.clock(clock).listen(self._set_rate)

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if isinstance(gpio, GPIO) and self._signal is not None:
            self._gpio = gpio
            gpio.input(self._signal)
            gpio.attach_output(self._signal + 1, self.rts)
            self._cts = gpio.input(self._signal + 1)
            self._cts.listen(self._cts_changed)
            blocks = {number: self.context.block(name) for name, number in SIGNALS.items()}
            self._receivers = {number: block for number, block in blocks.items() if isinstance(block, UART)}

    def after_reset(self) -> None:
        for event in ("tx", "rx", "rx_timeout", "at_cmd", "tx_break", "tx_idle"):
            self.context.cancel(event)
        self._set_rate()
        self._update_flow()
        self._show()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self.serial.byte_ticks = self.byte_ticks

    # Rate

    def _set_rate(self) -> None:
        """Work out the time of a bit and of a byte; a byte under way keeps its old end."""
        self._settle()
        clk, conf = self.CLK_CONF, self.CONF0
        period = self.context.clock(SCLKS[self.get(clk.SCLK_SEL)]).period_ticks
        whole, numerator, denominator = (
            self.get(clk.SCLK_DIV_NUM) + 1,
            self.get(clk.SCLK_DIV_A),
            self.get(clk.SCLK_DIV_B),
        )
        if denominator == 0:
            numerator, denominator = 0, 1
        sixteenths = max(self.get(self.CLKDIV.CLKDIV) * 16 + self.get(self.CLKDIV.FRAG), 16)
        scaled_bit = period * (whole * denominator + numerator) * sixteenths
        half_bits = (
            2 * (6 + self.get(conf.BIT_NUM) + self.get(conf.PARITY_EN)) + max(self.get(conf.STOP_BIT_NUM), 1) + 1
        )
        self.bit_ticks = max(scaled_bit // (16 * denominator), 1)
        self.byte_ticks = self.serial.byte_ticks = max(scaled_bit * half_bits // (32 * denominator), 1)
        self._schedule_tx()

    def write_CLKDIV(self, value: int) -> None:
        self._set_rate()

    def write_CLK_CONF(self, value: int) -> None:
        clk = self.CLK_CONF
        if clk.RST_CORE.of(value) or clk.TX_RST_CORE.of(value):
            self._drop_tx()
        if clk.RST_CORE.of(value) or clk.RX_RST_CORE.of(value):
            self.rx_fifo = b""
        self._set_rate()
        self._show()

    def write_ID(self, value: int) -> None:
        self.put(self.ID.REG_UPDATE, 0)

    # Transmitter

    def write_FIFO(self, value: int) -> None:
        self._settle()
        if self.tx_byte < 0 and not self.tx_held and not self.is_breaking:
            self.tx_byte, self.tx_end = value & 0xFF, self.context.now_ticks() + self.byte_ticks
            self._schedule_tx()
        elif len(self.tx_fifo) < FIFO_SIZE:
            self.tx_fifo += bytes((value & 0xFF,))
        self._show_counts()

    def _settle(self) -> None:
        """Bring the transmitter up to now: pass on every byte whose stop bit is over."""
        if self.tx_byte < 0:
            return
        late = self.context.now_ticks() - self.tx_end
        if late < 0:
            return
        waiting = len(self.tx_fifo)
        more = 0 if self.tx_held else min(late // self.byte_ticks, waiting)
        sent = bytes((self.tx_byte,)) + self.tx_fifo[:more]
        last_end = self.tx_end + more * self.byte_ticks
        self.tx_byte, self.tx_fifo = -1, self.tx_fifo[more:]
        if more < waiting:
            if not self.tx_held:
                self._begin_byte(last_end)
        else:
            self.put(self.INT_RAW, self.get(self.INT_RAW) | TX_DONE)
            if self.get(self.CONF0.TXD_BRK):
                self._begin_break(last_end)
        self.serial.emit(last_end, sent)
        for receiver in self._heard_by():
            receiver._hear(sent)

    def _begin_byte(self, ticks: int) -> None:
        """Take the next byte out of the FIFO; its start bit begins at `ticks`."""
        self.tx_byte, self.tx_fifo = self.tx_fifo[0], self.tx_fifo[1:]
        self.tx_end = ticks + self.byte_ticks

    def _go_on(self) -> None:
        """Send what has waited, if nothing is in the way."""
        if self.tx_byte < 0 and self.tx_fifo and not self.tx_held and not self.is_breaking:
            self._begin_byte(self.context.now_ticks())
            self._schedule_tx()

    def _heard_by(self) -> list[UART]:
        """Return who receives what this one sends."""
        if self.get(self.CONF0.LOOPBACK):
            return [self]
        if self._gpio is None or self._signal is None:
            return []
        heard = self._gpio.heard_by(self._signal)
        return [self._receivers[number] for number in heard if number in self._receivers]

    def _hear(self, content: bytes) -> None:
        """Receive bytes that end now."""
        for byte in content:
            self._arrived(byte)
        self._show()

    # Breaks

    def _begin_break(self, ticks: int) -> None:
        self.is_breaking = 1
        self.context.cancel("tx_idle")
        self.context.schedule(ticks + self.get(self.TXBRK_CONF.TX_BRK_NUM) * self.bit_ticks, "tx_break")

    def on_tx_break(self) -> None:
        self.is_breaking = 0
        self.put(self.INT_RAW, self.get(self.INT_RAW) | TX_BRK_DONE)
        for receiver in self._heard_by():
            receiver._hear_break(self.get(self.TXBRK_CONF.TX_BRK_NUM) * self.bit_ticks)
        idle_ticks = self.get(self.IDLE_CONF.TX_IDLE_NUM) * self.bit_ticks
        self.context.schedule(self.context.now_ticks() + idle_ticks, "tx_idle")
        self._go_on()
        self._show()

    def on_tx_idle(self) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | TX_BRK_IDLE_DONE)
        self._update_interrupts()

    def _hear_break(self, low_ticks: int) -> None:
        """Receive a line that was low until now: a byte of zeros without its stop bit, if it was low for that long."""
        if low_ticks >= self.byte_ticks:
            self.put(self.INT_RAW, self.get(self.INT_RAW) | BRK_DET | FRM_ERR)
            self._hear(b"\0")

    # Flow control

    def _cts_changed(self, level: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | CTS_CHG)
        self._update_flow()
        self._show()

    def _update_flow(self) -> None:
        """Bring RTS in line with the receiver's FIFO, and the transmitter with CTS."""
        conf = self.CONF0
        if self.get(self.CONF1.RX_FLOW_EN):
            is_full = int(len(self.rx_fifo) >= self.get(self.MEM_CONF.RX_FLOW_THRHD))
            rts, holds_world = is_full, is_full
        else:
            rts, holds_world = 1 - self.get(conf.SW_RTS), 0
        self.rts.set(rts ^ self.get(conf.RTS_INV))
        heard = self.rts if self.get(conf.LOOPBACK) else self._cts
        cts = 0 if heard is None else heard.level ^ self.get(conf.CTS_INV)
        self.modem_status = STEADY_STATUS | rts << self.STATUS.RTSN.lo | cts << self.STATUS.CTSN.lo
        if self.rx_held and not holds_world and self.rx_wire:
            self.context.schedule(self.context.now_ticks() + self.byte_ticks, "rx")
        self.rx_held = holds_world
        is_held = cts & self.get(conf.TX_FLOW_EN)
        if is_held != self.tx_held:
            self._settle()
            self.tx_held = is_held
            self._go_on()

    # What UHCI uses, which takes the CPU's place at the FIFOs.

    def room(self) -> int:
        """Return how many bytes the transmitter has room for."""
        self._settle()
        return FIFO_SIZE - len(self.tx_fifo)

    def transmit(self, content: bytes) -> None:
        """Send bytes, as many as there is room for."""
        for byte in content:
            self.write_FIFO(byte)
        self._show()

    def take_received(self) -> bytes:
        """Return what is in the receiver's FIFO, and empty it."""
        content, self.rx_fifo = self.rx_fifo, b""
        self._show()
        return content

    def settle(self) -> None:
        """Pass on what has been sent up to now; firmware sees no difference. The machine calls it before it looks."""
        self._settle()

    def _schedule_tx(self) -> None:
        """Schedule the end of the byte that is being sent."""
        if self.tx_byte >= 0:
            self.context.schedule(self.tx_end, "tx")

    def on_tx(self) -> None:
        self._settle()
        self._schedule_tx()
        self._show()
        if self.on_sent is not None:
            self.on_sent()

    def _drop_tx(self) -> None:
        self._settle()
        self.tx_fifo = b""

    # Receiver

    def _receive(self, data: bytes) -> None:
        if data and not self.rx_wire and not self.rx_held:
            self.context.schedule(self.context.now_ticks() + self.byte_ticks, "rx")
        self.rx_wire += data

    def on_rx(self) -> None:
        byte = self.rx_wire[self.rx_next]
        self.rx_next += 1
        if self.rx_next in (len(self.rx_wire), RX_PIECE):  # seldom: it copies all that is left
            self.rx_wire, self.rx_next = self.rx_wire[self.rx_next :], 0
        self._arrived(byte)
        self._show()
        if self.rx_wire and not self.rx_held:
            self.context.schedule(self.context.now_ticks() + self.byte_ticks, "rx")

    def _arrived(self, byte: int) -> None:
        if len(self.rx_fifo) < FIFO_SIZE:
            self.rx_fifo += bytes((byte,))
        else:
            self.put(self.INT_RAW, self.get(self.INT_RAW) | RXFIFO_OVF)
        self._look_for_at_cmd(byte)
        if self.get(self.CONF1.RX_TOUT_EN):
            timeout = self.get(self.MEM_CONF.RX_TOUT_THRHD) * self.bit_ticks
            self.context.schedule(self.context.now_ticks() + timeout, "rx_timeout")
        if self.on_received is not None:
            self.on_received()

    def _look_for_at_cmd(self, byte: int) -> None:
        """Count the characters of an AT command, each by the silence before it."""
        now = self.context.now_ticks()
        silence_bits = (now - self.byte_ticks - self.rx_end) // self.bit_ticks
        self.rx_end = now
        self.context.cancel("at_cmd")
        if byte != self.get(self.AT_CMD_CHAR.AT_CMD_CHAR):
            self.at_seen = 0
        elif self.at_seen and silence_bits <= self.get(self.AT_CMD_GAPTOUT.RX_GAP_TOUT):
            self.at_seen += 1
        else:
            self.at_seen = int(silence_bits >= self.get(self.AT_CMD_PRECNT.PRE_IDLE_NUM))
        if self.at_seen and self.at_seen == self.get(self.AT_CMD_CHAR.CHAR_NUM):
            self.at_seen = 0
            silence = self.get(self.AT_CMD_POSTCNT.POST_IDLE_NUM) * self.bit_ticks
            if silence:
                self.context.schedule(now + silence, "at_cmd")
            else:
                self.put(self.INT_RAW, self.get(self.INT_RAW) | AT_CMD_CHAR_DET)

    def on_at_cmd(self) -> None:
        if not self.rx_wire:  # else the next byte has begun, and there was no silence
            self.put(self.INT_RAW, self.get(self.INT_RAW) | AT_CMD_CHAR_DET)
            self._update_interrupts()

    def on_rx_timeout(self) -> None:
        if self.rx_fifo and self.get(self.CONF1.RX_TOUT_EN):
            self.put(self.INT_RAW, self.get(self.INT_RAW) | RXFIFO_TOUT)
            self._update_interrupts()

    def read_FIFO(self) -> int:
        self._settle()
        if not self.rx_fifo:
            return 0
        byte, self.rx_fifo = self.rx_fifo[0], self.rx_fifo[1:]
        self._show_counts()
        return byte

    # Status and configuration

    def _show_counts(self) -> None:
        """Bring RTS, STATUS and FSM_STATUS in line with FIFOs and transmitter."""
        if self.get(self.CONF1.RX_FLOW_EN):
            self._update_flow()
        self.put(self.STATUS, self.modem_status | len(self.tx_fifo) << 16 | len(self.rx_fifo))
        self.put(self.FSM_STATUS.ST_UTX_OUT, TRANSMITTING if self.tx_byte >= 0 else 0)

    def _show(self) -> None:
        """Bring everything that firmware sees in line."""
        self._show_counts()
        self._update_interrupts()

    def write_CONF0(self, value: int) -> None:
        self._settle()
        if self.CONF0.TXFIFO_RST.of(value):
            self._drop_tx()
        if self.CONF0.RXFIFO_RST.of(value):
            self.rx_fifo = b""
        self._set_rate()
        self._update_flow()
        if self.CONF0.TXD_BRK.of(value & ~self.previous) and self.tx_byte < 0 and not self.tx_fifo:
            self._begin_break(self.context.now_ticks())
        self._show()

    def write_CONF1(self, value: int) -> None:
        self._settle()
        self._schedule_tx()
        self._update_flow()
        self._show()

    def write_MEM_CONF(self, value: int) -> None:
        self._settle()
        self._show()

    # Interrupts

    def _update_interrupts(self) -> None:
        """Set the raw bits that follow the FIFOs' counts, and bring status and signal in line."""
        raw = self.get(self.INT_RAW)
        # Not "less than", as the manual has it: the ROM leaves UART0's threshold at 0, and so does ESP-IDF's driver,
        # which sends what is in its buffer when this interrupt comes.
        if len(self.tx_fifo) <= self.get(self.CONF1.TXFIFO_EMPTY_THRHD):
            raw |= TXFIFO_EMPTY
        if len(self.rx_fifo) >= max(self.get(self.CONF1.RXFIFO_FULL_THRHD), 1):
            raw |= RXFIFO_FULL
        self.put(self.INT_RAW, raw)
        active = raw & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._settle()
        self._schedule_tx()
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self._settle()
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._schedule_tx()
        self._update_interrupts()
