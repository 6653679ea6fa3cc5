"""UART: a serial port with two 128-byte FIFOs.

Source: ESP32-S3 Technical Reference Manual, "UART Controller". Bytes take their time: start, data, parity and stop
bits at the rate that CLK_CONF and CLKDIV give. Each byte that ends is an event, so that STATUS is always right without
asking Python: firmware polls it millions of times.

Where TXD and an RXD meet at a pin, bytes are received as they end; all bytes go to and come from the serial port, too.

Leaves out: the wires otherwise (neither a pin's edges nor its owner matter to the serial port; two ends that meet are
taken to have one rate), parity and framing errors, break, flow control of both kinds, RS485, IrDA, autobaud counts,
wake-up, FIFO sizes other than 128, the FIFO pointers of MEM_TX_STATUS and MEM_RX_STATUS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from esp32s3.gpio import GPIO
from twincore.model import (
    RO,
    W1C,
    WO,
    WT,
    Context,
    Field,
    Peripheral,
    Register,
    Registers,
    SerialPort,
    Value,
    state,
)

FIFO_SIZE = 128
RX_PIECE = 4096
"""Bytes that arrive before those still to come are copied."""
RXFIFO_FULL, TXFIFO_EMPTY, RXFIFO_OVF, RXFIFO_TOUT, TX_DONE = 1 << 0, 1 << 1, 1 << 4, 1 << 8, 1 << 14
AT_CMD_CHAR_DET = 1 << 18
"""Bits of the interrupt registers."""

SCLKS = ("apb", "apb", "rc_fast", "xtal")
"""Clocks by SCLK_SEL; 0 is no clock on the chip."""

TRANSMITTING = 2
"""What ST_UTX_OUT reads while a byte is being sent (the chip steps through several states)."""


SIGNALS = {"UART0": 12, "UART1": 15, "UART2": 18}
"""TXD and RXD of each controller in the GPIO matrix."""


class UART(Peripheral):
    """Interrupt: interrupt. Serial port: serial."""

    consuming = frozenset({"FIFO"})

    size = 0x1000

    class FIFO(Register, offset=0x000):
        RXFIFO_RD_BYTE = Field(7, 0, access=WO, doc="a read takes from the receiver, a write gives to the transmitter")

    class INT_RAW(Register, offset=0x004, reset=0x2, access=W1C):
        RXFIFO_FULL_INT_RAW = Field(0)
        TXFIFO_EMPTY_INT_RAW = Field(1)
        PARITY_ERR_INT_RAW = Field(2)
        FRM_ERR_INT_RAW = Field(3)
        RXFIFO_OVF_INT_RAW = Field(4)
        DSR_CHG_INT_RAW = Field(5)
        CTS_CHG_INT_RAW = Field(6)
        BRK_DET_INT_RAW = Field(7)
        RXFIFO_TOUT_INT_RAW = Field(8)
        SW_XON_INT_RAW = Field(9)
        SW_XOFF_INT_RAW = Field(10)
        GLITCH_DET_INT_RAW = Field(11)
        TX_BRK_DONE_INT_RAW = Field(12)
        TX_BRK_IDLE_DONE_INT_RAW = Field(13)
        TX_DONE_INT_RAW = Field(14)
        RS485_PARITY_ERR_INT_RAW = Field(15)
        RS485_FRM_ERR_INT_RAW = Field(16)
        RS485_CLASH_INT_RAW = Field(17)
        AT_CMD_CHAR_DET_INT_RAW = Field(18)
        WAKEUP_INT_RAW = Field(19)

    class INT_ST(Register, offset=0x008, access=RO):
        RXFIFO_FULL_INT_ST = Field(0)
        TXFIFO_EMPTY_INT_ST = Field(1)
        PARITY_ERR_INT_ST = Field(2)
        FRM_ERR_INT_ST = Field(3)
        RXFIFO_OVF_INT_ST = Field(4)
        DSR_CHG_INT_ST = Field(5)
        CTS_CHG_INT_ST = Field(6)
        BRK_DET_INT_ST = Field(7)
        RXFIFO_TOUT_INT_ST = Field(8)
        SW_XON_INT_ST = Field(9)
        SW_XOFF_INT_ST = Field(10)
        GLITCH_DET_INT_ST = Field(11)
        TX_BRK_DONE_INT_ST = Field(12)
        TX_BRK_IDLE_DONE_INT_ST = Field(13)
        TX_DONE_INT_ST = Field(14)
        RS485_PARITY_ERR_INT_ST = Field(15)
        RS485_FRM_ERR_INT_ST = Field(16)
        RS485_CLASH_INT_ST = Field(17)
        AT_CMD_CHAR_DET_INT_ST = Field(18)
        WAKEUP_INT_ST = Field(19)

    class INT_ENA(Register, offset=0x00C):
        RXFIFO_FULL_INT_ENA = Field(0)
        TXFIFO_EMPTY_INT_ENA = Field(1)
        PARITY_ERR_INT_ENA = Field(2)
        FRM_ERR_INT_ENA = Field(3)
        RXFIFO_OVF_INT_ENA = Field(4)
        DSR_CHG_INT_ENA = Field(5)
        CTS_CHG_INT_ENA = Field(6)
        BRK_DET_INT_ENA = Field(7)
        RXFIFO_TOUT_INT_ENA = Field(8)
        SW_XON_INT_ENA = Field(9)
        SW_XOFF_INT_ENA = Field(10)
        GLITCH_DET_INT_ENA = Field(11)
        TX_BRK_DONE_INT_ENA = Field(12)
        TX_BRK_IDLE_DONE_INT_ENA = Field(13)
        TX_DONE_INT_ENA = Field(14)
        RS485_PARITY_ERR_INT_ENA = Field(15)
        RS485_FRM_ERR_INT_ENA = Field(16)
        RS485_CLASH_INT_ENA = Field(17)
        AT_CMD_CHAR_DET_INT_ENA = Field(18)
        WAKEUP_INT_ENA = Field(19)

    class INT_CLR(Register, offset=0x010, access=WT):
        RXFIFO_FULL_INT_CLR = Field(0)
        TXFIFO_EMPTY_INT_CLR = Field(1)
        PARITY_ERR_INT_CLR = Field(2)
        FRM_ERR_INT_CLR = Field(3)
        RXFIFO_OVF_INT_CLR = Field(4)
        DSR_CHG_INT_CLR = Field(5)
        CTS_CHG_INT_CLR = Field(6)
        BRK_DET_INT_CLR = Field(7)
        RXFIFO_TOUT_INT_CLR = Field(8)
        SW_XON_INT_CLR = Field(9)
        SW_XOFF_INT_CLR = Field(10)
        GLITCH_DET_INT_CLR = Field(11)
        TX_BRK_DONE_INT_CLR = Field(12)
        TX_BRK_IDLE_DONE_INT_CLR = Field(13)
        TX_DONE_INT_CLR = Field(14)
        RS485_PARITY_ERR_INT_CLR = Field(15)
        RS485_FRM_ERR_INT_CLR = Field(16)
        RS485_CLASH_INT_CLR = Field(17)
        AT_CMD_CHAR_DET_INT_CLR = Field(18)
        WAKEUP_INT_CLR = Field(19)

    class CLKDIV(Register, offset=0x014, reset=0x2B6):
        CLKDIV = Field(11, 0)
        FRAG = Field(23, 20, doc="sixteenths")

    class STATUS(Register, offset=0x01C, reset=0xE000C000, access=RO):
        RXFIFO_CNT = Field(9, 0)
        DSRN = Field(13)
        CTSN = Field(14)
        RXD = Field(15)
        TXFIFO_CNT = Field(25, 16)
        DTRN = Field(29)
        RTSN = Field(30)
        TXD = Field(31)

    class CONF0(Register, offset=0x020, reset=0x1000001C):
        PARITY = Field(0)
        PARITY_EN = Field(1)
        BIT_NUM = Field(3, 2, doc="data bits less 5")
        STOP_BIT_NUM = Field(5, 4, doc="1 is 1 bit, 2 is 1.5 bits, 3 is 2 bits")
        SW_RTS = Field(6)
        SW_DTR = Field(7)
        TXD_BRK = Field(8)
        IRDA_DPLX = Field(9)
        IRDA_TX_EN = Field(10)
        IRDA_WCTL = Field(11)
        IRDA_TX_INV = Field(12)
        IRDA_RX_INV = Field(13)
        LOOPBACK = Field(14)
        TX_FLOW_EN = Field(15)
        IRDA_EN = Field(16)
        RXFIFO_RST = Field(17)
        TXFIFO_RST = Field(18)
        RXD_INV = Field(19)
        CTS_INV = Field(20)
        DSR_INV = Field(21)
        TXD_INV = Field(22)
        RTS_INV = Field(23)
        DTR_INV = Field(24)
        CLK_EN = Field(25)
        ERR_WR_MASK = Field(26)
        AUTOBAUD_EN = Field(27)
        MEM_CLK_EN = Field(28)

    class CONF1(Register, offset=0x024, reset=0x18060):
        RXFIFO_FULL_THRHD = Field(9, 0)
        TXFIFO_EMPTY_THRHD = Field(19, 10)
        DIS_RX_DAT_OVF = Field(20)
        RX_TOUT_FLOW_DIS = Field(21)
        RX_FLOW_EN = Field(22)
        RX_TOUT_EN = Field(23)

    class AT_CMD_PRECNT(Register, offset=0x050, reset=0x901):
        PRE_IDLE_NUM = Field(15, 0, doc="bits of silence before the first of the characters")

    class AT_CMD_POSTCNT(Register, offset=0x054, reset=0x901):
        POST_IDLE_NUM = Field(15, 0, doc="bits of silence after the last of them")

    class AT_CMD_GAPTOUT(Register, offset=0x058, reset=0xB):
        RX_GAP_TOUT = Field(15, 0, doc="bits of silence between two of them, at most")

    class AT_CMD_CHAR(Register, offset=0x05C, reset=0x32B):
        AT_CMD_CHAR = Field(7, 0)
        CHAR_NUM = Field(15, 8)

    class MEM_CONF(Register, offset=0x060, reset=0x140012):
        RX_SIZE = Field(3, 1)
        TX_SIZE = Field(6, 4)
        RX_FLOW_THRHD = Field(16, 7)
        RX_TOUT_THRHD = Field(26, 17, doc="in bit times")
        MEM_FORCE_PD = Field(27)
        MEM_FORCE_PU = Field(28)

    class FSM_STATUS(Register, offset=0x06C, access=RO):
        ST_URX_OUT = Field(3, 0)
        ST_UTX_OUT = Field(7, 4)

    class CLK_CONF(Register, offset=0x078, reset=0x3701000):
        SCLK_DIV_B = Field(5, 0)
        SCLK_DIV_A = Field(11, 6)
        SCLK_DIV_NUM = Field(19, 12, doc="the clock is divided by this + 1 + A / B")
        SCLK_SEL = Field(21, 20, doc="1 is APB, 2 is RC_FAST, 3 is XTAL")
        SCLK_EN = Field(22)
        RST_CORE = Field(23)
        TX_SCLK_EN = Field(24)
        RX_SCLK_EN = Field(25)
        TX_RST_CORE = Field(26)
        RX_RST_CORE = Field(27)

    class ID(Register, offset=0x080, reset=0x40000500):
        ID = Field(29, 0)
        HIGH_SPEED = Field(30)
        REG_UPDATE = Field(31, doc="write 1: take over the configuration; 0 when that is done")

    others = Registers("""
        0x018 RX_FILT 0x8 GLITCH_FILT[7:0] GLITCH_FILT_EN[8]
        0x028 LOWPULSE 0xfff MIN_CNT[11:0]:RO
        0x02c HIGHPULSE 0xfff MIN_CNT[11:0]:RO
        0x030 RXD_CNT 0x0 RXD_EDGE_CNT[9:0]:RO
        0x034 FLOW_CONF 0x0 SW_FLOW_CON_EN[0] XONOFF_DEL[1] FORCE_XON[2] FORCE_XOFF[3] SEND_XON[4] SEND_XOFF[5]
        0x038 SLEEP_CONF 0xf0 ACTIVE_THRESHOLD[9:0]
        0x03c SWFC_CONF0 0x4ce0 XOFF_THRESHOLD[9:0] XOFF_CHAR[17:10]
        0x040 SWFC_CONF1 0x4400 XON_THRESHOLD[9:0] XON_CHAR[17:10]
        0x044 TXBRK_CONF 0xa TX_BRK_NUM[7:0]
        0x048 IDLE_CONF 0x40100 RX_IDLE_THRHD[9:0] TX_IDLE_NUM[19:10]
        0x04c RS485_CONF 0x0 RS485_EN[0] DL0_EN[1] DL1_EN[2] RS485TX_RX_EN[3] RS485RXBY_TX_EN[4] RS485_RX_DLY_NUM[5]
          + RS485_TX_DLY_NUM[9:6]
        0x064 MEM_TX_STATUS 0x0 APB_TX_WADDR[9:0]:RO TX_RADDR[20:11]:RO
        0x068 MEM_RX_STATUS 0x100200 APB_RX_RADDR[9:0]:RO RX_WADDR[20:11]:RO
        0x070 POSPULSE 0xfff POSEDGE_MIN_CNT[11:0]:RO
        0x074 NEGPULSE 0xfff NEGEDGE_MIN_CNT[11:0]:RO
        0x07c DATE 0x2008270 DATE[31:0]
    """)

    byte_ticks: int = state(0)
    """Time of a whole byte on the wire."""
    bit_ticks: int = state(0)
    tx_fifo: bytes = state(b"")
    tx_byte: int = state(-1)
    """The byte that is being sent, -1 while the transmitter is idle."""
    tx_end: int = state(0)
    """When that byte's stop bit is over."""
    rx_fifo: bytes = state(b"")
    rx_wire: bytes = state(b"")
    """What the world sent; from `rx_next` on it has not arrived yet, and the first byte there is on its way."""
    rx_next: int = state(0)
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
        self._gpio: GPIO | None = None
        self._signal = SIGNALS.get(context.name)
        self._receivers: dict[int, UART] = {}
        for clock in ("apb", "rc_fast", "xtal"):
            context.clock(clock).listen(self._set_rate)

    def connect(self) -> None:
        gpio = self.context.block("GPIO")
        if isinstance(gpio, GPIO) and self._signal is not None:
            self._gpio = gpio
            gpio.input(self._signal)
            blocks = {number: self.context.block(name) for name, number in SIGNALS.items()}
            self._receivers = {number: block for number, block in blocks.items() if isinstance(block, UART)}

    def after_reset(self) -> None:
        for event in ("tx", "rx", "rx_timeout", "at_cmd"):
            self.context.cancel(event)
        self._set_rate()
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
        if self.tx_byte < 0:
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
        more = min(late // self.byte_ticks, waiting)
        sent = bytes((self.tx_byte,)) + self.tx_fifo[:more]
        last_end = self.tx_end + more * self.byte_ticks
        if more < waiting:
            self.tx_byte, self.tx_end = self.tx_fifo[more], last_end + self.byte_ticks
        else:
            self.tx_byte = -1
            self.put(self.INT_RAW, self.get(self.INT_RAW) | TX_DONE)
        self.tx_fifo = self.tx_fifo[more + 1 :]
        self.serial.emit(last_end, sent)
        if self.get(self.CONF0.LOOPBACK):
            self._hear(sent)
        elif self._gpio is not None and self._signal is not None:
            for number in self._gpio.heard_by(self._signal):
                if number in self._receivers:
                    self._receivers[number]._hear(sent)

    def _hear(self, content: bytes) -> None:
        """Receive bytes that end now."""
        for byte in content:
            self._arrived(byte)
        self._show()

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
        if data and not self.rx_wire:
            self.context.schedule(self.context.now_ticks() + self.byte_ticks, "rx")
        self.rx_wire += data

    def on_rx(self) -> None:
        byte = self.rx_wire[self.rx_next]
        self.rx_next += 1
        if self.rx_next in (len(self.rx_wire), RX_PIECE):  # seldom: it copies all that is left
            self.rx_wire, self.rx_next = self.rx_wire[self.rx_next :], 0
        if self.rx_wire:
            self.context.schedule(self.context.now_ticks() + self.byte_ticks, "rx")
        self._arrived(byte)
        self._show()

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
        """Bring STATUS and FSM_STATUS in line with FIFOs and transmitter."""
        self.put(self.STATUS, self.STATUS.reset | len(self.tx_fifo) << 16 | len(self.rx_fifo))
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
        self._show()

    def write_CONF1(self, value: int) -> None:
        self._settle()
        self._schedule_tx()
        self._update_interrupts()

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
