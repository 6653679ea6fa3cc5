"""UHCI0: DMA for a UART, with or without packets between separators.

Source: ESP32-S3 Technical Reference Manual, "UART Controller", "UHCI Controller".

What DMA brings goes to the transmitter of the UART that CONF0 names, as its FIFO has room; what arrives goes to memory,
as long as DMA takes it. With SEPER_EN a frame is sent between two separators and a separator ends one that arrives.
Else it ends when the line has been idle (RX_IDLE_THRHD of the UART), or at PKT_THRES bytes. ESCAPE_CONF says which
characters are sent as pairs; its fields named TX are for what arrives.

Leaves out: the packet's header with its checksums and numbers, CRC, short packets by registers, ends by a break,
timeouts, errors of packets (IN_ERR_EOF).
"""

from __future__ import annotations

from collections.abc import Mapping

from esp32s3 import gdma
from esp32s3.uart import UART
from twincore.model import Context, Field, Peripheral, Register, Registers, Value, state

SEPARATOR_SENT, SEPARATOR_SEEN = 1 << 0, 1 << 1
"""RX_START and TX_START of the interrupt registers."""
APPLICATION = 7
"""Where the interrupts begin that software raises by itself."""

NO_ESCAPE = -1


class UHCI(Peripheral):
    """Interrupt: interrupt."""

    size = 0x1000

    class CONF0(Register, offset=0x000, reset=0x6E0):
        TX_RST = Field(0)
        RX_RST = Field(1)
        UART0_CE = Field(2)
        UART1_CE = Field(3)
        UART2_CE = Field(4)
        SEPER_EN = Field(5)
        HEAD_EN = Field(6)
        CRC_REC_EN = Field(7)
        UART_IDLE_EOF_EN = Field(8)
        LEN_EOF_EN = Field(9)
        ENCODE_CRC_EN = Field(10)
        CLK_EN = Field(11)
        UART_RX_BRK_EOF_EN = Field(12)

    class ESCAPE_CONF(Register, offset=0x024, reset=0x33):
        TX_C0_ESC_EN = Field(0)
        TX_DB_ESC_EN = Field(1)
        TX_11_ESC_EN = Field(2)
        TX_13_ESC_EN = Field(3)
        RX_C0_ESC_EN = Field(4)
        RX_DB_ESC_EN = Field(5)
        RX_11_ESC_EN = Field(6)
        RX_13_ESC_EN = Field(7)

    class QUICK_SENT(Register, offset=0x034):
        SINGLE_SEND_NUM = Field(2, 0)
        SINGLE_SEND_EN = Field(3)
        ALWAYS_SEND_NUM = Field(6, 4)
        ALWAYS_SEND_EN = Field(7)

    class PKT_THRES(Register, offset=0x080, reset=0x80):
        PKT_THRS = Field(12, 0)

    others = Registers("""
        0x004 INT_RAW 0x0 RX_START_INT_RAW[0]:W1C TX_START_INT_RAW[1]:W1C RX_HUNG_INT_RAW[2]:W1C TX_HUNG_INT_RAW[3]:W1C
          + SEND_S_REG_Q_INT_RAW[4]:W1C SEND_A_REG_Q_INT_RAW[5]:W1C OUT_EOF_INT_RAW[6]:W1C APP_CTRL0_INT_RAW[7]:W1C
          + APP_CTRL1_INT_RAW[8]:W1C
        0x008 INT_ST 0x0 RX_START_INT_ST[0]:RO TX_START_INT_ST[1]:RO RX_HUNG_INT_ST[2]:RO TX_HUNG_INT_ST[3]:RO
          + SEND_S_REG_Q_INT_ST[4]:RO SEND_A_REG_Q_INT_ST[5]:RO OUTLINK_EOF_ERR_INT_ST[6]:RO APP_CTRL0_INT_ST[7]:RO
          + APP_CTRL1_INT_ST[8]:RO
        0x00c INT_ENA 0x0 RX_START_INT_ENA[0] TX_START_INT_ENA[1] RX_HUNG_INT_ENA[2] TX_HUNG_INT_ENA[3]
          + SEND_S_REG_Q_INT_ENA[4] SEND_A_REG_Q_INT_ENA[5] OUTLINK_EOF_ERR_INT_ENA[6] APP_CTRL0_INT_ENA[7]
          + APP_CTRL1_INT_ENA[8]
        0x010 INT_CLR 0x0 RX_START_INT_CLR[0]:WT TX_START_INT_CLR[1]:WT RX_HUNG_INT_CLR[2]:WT TX_HUNG_INT_CLR[3]:WT
          + SEND_S_REG_Q_INT_CLR[4]:WT SEND_A_REG_Q_INT_CLR[5]:WT OUTLINK_EOF_ERR_INT_CLR[6]:WT APP_CTRL0_INT_CLR[7]:WT
          + APP_CTRL1_INT_CLR[8]:WT
        0x014 APP_INT_SET 0x0 APP_CTRL0_INT_SET[0]:WT APP_CTRL1_INT_SET[1]:WT
        0x018 CONF1 0x33 CHECK_SUM_EN[0] CHECK_SEQ_EN[1] CRC_DISABLE[2] SAVE_HEAD[3] TX_CHECK_SUM_RE[4]
          + TX_ACK_NUM_RE[5] WAIT_SW_START[7] SW_START[8]
        0x01c STATE0 0x0 RX_ERR_CAUSE[2:0]:RO DECODE_STATE[5:3]:RO
        0x020 STATE1 0x0 ENCODE_STATE[2:0]:RO
        0x028 HUNG_CONF 0x810810 TXFIFO_TIMEOUT[7:0] TXFIFO_TIMEOUT_SHIFT[10:8] TXFIFO_TIMEOUT_ENA[11]
          + RXFIFO_TIMEOUT[19:12] RXFIFO_TIMEOUT_SHIFT[22:20] RXFIFO_TIMEOUT_ENA[23]
        0x02c ACK_NUM 0x8 ACK_NUM[2:0] LOAD[3]:WT
        0x030 RX_HEAD 0x0 RX_HEAD[31:0]:RO
        0x038 REG_Q0_WORD0 0x0 SEND_Q0_WORD0[31:0]
        0x03c REG_Q0_WORD1 0x0 SEND_Q0_WORD1[31:0]
        0x040 REG_Q1_WORD0 0x0 SEND_Q1_WORD0[31:0]
        0x044 REG_Q1_WORD1 0x0 SEND_Q1_WORD1[31:0]
        0x048 REG_Q2_WORD0 0x0 SEND_Q2_WORD0[31:0]
        0x04c REG_Q2_WORD1 0x0 SEND_Q2_WORD1[31:0]
        0x050 REG_Q3_WORD0 0x0 SEND_Q3_WORD0[31:0]
        0x054 REG_Q3_WORD1 0x0 SEND_Q3_WORD1[31:0]
        0x058 REG_Q4_WORD0 0x0 SEND_Q4_WORD0[31:0]
        0x05c REG_Q4_WORD1 0x0 SEND_Q4_WORD1[31:0]
        0x060 REG_Q5_WORD0 0x0 SEND_Q5_WORD0[31:0]
        0x064 REG_Q5_WORD1 0x0 SEND_Q5_WORD1[31:0]
        0x068 REG_Q6_WORD0 0x0 SEND_Q6_WORD0[31:0]
        0x06c REG_Q6_WORD1 0x0 SEND_Q6_WORD1[31:0]
        0x070 ESC_CONF0 0xdcdbc0 SEPER_CHAR[7:0] SEPER_ESC_CHAR0[15:8] SEPER_ESC_CHAR1[23:16]
        0x074 ESC_CONF1 0xdddbdb ESC_SEQ0[7:0] ESC_SEQ0_CHAR0[15:8] ESC_SEQ0_CHAR1[23:16]
        0x078 ESC_CONF2 0xdedb11 ESC_SEQ1[7:0] ESC_SEQ1_CHAR0[15:8] ESC_SEQ1_CHAR1[23:16]
        0x07c ESC_CONF3 0xdfdb13 ESC_SEQ2[7:0] ESC_SEQ2_CHAR0[15:8] ESC_SEQ2_CHAR1[23:16]
        0x084 DATE 0x2010090 DATE[31:0]
    """)
    INT_RAW = others.registers["INT_RAW"]
    INT_ST = others.registers["INT_ST"]
    INT_ENA = others.registers["INT_ENA"]

    encoded: bytes = state(b"")
    """What is to be sent and has no room yet."""
    is_in_frame: int = state(0)
    """Whether a frame that is sent has begun."""
    received: int = state(0)
    """Bytes of the frame that arrives."""
    escape: int = state(NO_ESCAPE)
    """The first character of a pair whose second one has not arrived."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self._uarts: list[UART] = []
        self._dma: gdma.DMA | None = None

    def connect(self) -> None:
        blocks = [self.context.block(f"UART{n}") for n in range(3)]
        self._uarts = [block for block in blocks if isinstance(block, UART)]
        dma = self.context.block("DMA")
        if isinstance(dma, gdma.DMA):
            self._dma = dma
            dma.listen(gdma.UHCI0, self._dma_started)

    def after_reset(self) -> None:
        self.context.cancel("idle")
        self._link()
        self._update_interrupt()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._link()

    def write_CONF0(self, value: int) -> None:
        conf = self.CONF0
        if conf.TX_RST.of(value) or conf.RX_RST.of(value):
            self.encoded, self.is_in_frame, self.received, self.escape = b"", 0, 0, NO_ESCAPE
        self._link()
        if self._uart() is not None:
            for field in (conf.HEAD_EN, conf.CRC_REC_EN, conf.ENCODE_CRC_EN, conf.UART_RX_BRK_EOF_EN):
                if field.of(value):
                    self.context.unmodelled(f"{self.context.name}.CONF0.{field.name}")
        self._send()
        self._receive()

    def _uart(self) -> UART | None:
        """Return the UART that CONF0 names."""
        conf = self.CONF0
        for uart, field in zip(self._uarts, (conf.UART0_CE, conf.UART1_CE, conf.UART2_CE), strict=False):
            if self.get(field):
                return uart
        return None

    def _link(self) -> None:
        """Have the UART that CONF0 names call, and the others not."""
        linked = self._uart()
        for uart in self._uarts:
            uart.on_sent = self._send if uart is linked else None
            uart.on_received = self._receive if uart is linked else None

    def write_QUICK_SENT(self, value: int) -> None:
        for field in (self.QUICK_SENT.SINGLE_SEND_EN, self.QUICK_SENT.ALWAYS_SEND_EN):
            if field.of(value):
                self.context.unmodelled(f"{self.context.name}.QUICK_SENT.{field.name}")

    def _dma_started(self, is_out: bool) -> None:
        if is_out:
            self._send()
        else:
            self._receive()

    # Characters

    def _pairs(self, direction: str) -> dict[int, bytes]:
        """Return the pair that stands for each character, of those that ESCAPE_CONF enables: "RX" sends, "TX" takes."""
        found = {}
        for name, n in (("C0", 0), ("DB", 1), ("11", 2), ("13", 3)):
            if self.get(getattr(self.ESCAPE_CONF, f"{direction}_{name}_ESC_EN")):
                word = self.get(self.registers[f"ESC_CONF{n}"])
                found[word & 0xFF] = bytes((word >> 8 & 0xFF, word >> 16 & 0xFF))
        return found

    @property
    def _separator(self) -> int:
        return self.get(self.registers["ESC_CONF0"]) & 0xFF

    # From memory to the UART

    def _send(self) -> None:
        """Fill the transmitter."""
        uart, dma = self._uart(), self._dma
        if uart is None or dma is None:
            return
        while (room := uart.room()) > 0:
            if not self.encoded:
                content, is_end = dma.take_frame(gdma.UHCI0, room)
                if not content and not is_end:
                    return
                self.encoded = self._encode(content, is_end=is_end)
            uart.transmit(self.encoded[:room])
            self.encoded = self.encoded[room:]

    def _encode(self, content: bytes, *, is_end: bool) -> bytes:
        pairs = self._pairs("RX")
        result = b"".join(pairs.get(byte, bytes((byte,))) for byte in content)
        if self.get(self.CONF0.SEPER_EN):
            separator = bytes((self._separator,))
            result = (b"" if self.is_in_frame else separator) + result + (separator if is_end else b"")
            self._raise(SEPARATOR_SENT)
        self.is_in_frame = int(not is_end)
        return result

    # From the UART to memory

    def _receive(self) -> None:
        """Empty the receiver, as long as DMA takes what it has."""
        uart, dma = self._uart(), self._dma
        if uart is None or dma is None or not dma.left(gdma.UHCI0, is_out=False):
            return
        content = uart.take_received()
        for byte in content:
            self._decode(byte)
        if content and self.get(self.CONF0.UART_IDLE_EOF_EN):
            idle = uart.get(uart.registers["IDLE_CONF"]) & 0x3FF  # RX_IDLE_THRHD
            self.context.schedule(self.context.now_ticks() + idle * uart.bit_ticks, "idle")

    def _decode(self, byte: int) -> None:
        """Follow a character that has arrived."""
        pairs = self._pairs("TX")
        if self.escape != NO_ESCAPE:
            pair, self.escape = bytes((self.escape, byte)), NO_ESCAPE
            meant = [char for char, stands in pairs.items() if stands == pair]
            for one in meant or pair:
                self._take_in(one)
        elif self.get(self.CONF0.SEPER_EN) and byte == self._separator:
            self._raise(SEPARATOR_SEEN)
            self._end_frame()
        elif any(stands[0] == byte for stands in pairs.values()):
            self.escape = byte
        else:
            self._take_in(byte)

    def _take_in(self, byte: int) -> None:
        assert self._dma is not None
        self.received += 1
        is_full = bool(self.get(self.CONF0.LEN_EOF_EN)) and self.received >= self.get(self.PKT_THRES)
        self._dma.give(gdma.UHCI0, bytes((byte,)), eof=is_full)
        if is_full:
            self.received = 0

    def _end_frame(self) -> None:
        """End the frame that has arrived, if there is one."""
        if self.received and self._dma is not None:
            self._dma.give(gdma.UHCI0, b"", eof=True)
        self.received = 0

    def on_idle(self) -> None:
        """The line has been idle long enough."""
        if self.get(self.CONF0.UART_IDLE_EOF_EN):
            self._end_frame()

    # Interrupt

    def _raise(self, flags: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | flags)
        self._update_interrupt()

    def _update_interrupt(self) -> None:
        active = self.get(self.INT_RAW) & self.get(self.INT_ENA)
        self.put(self.INT_ST, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupt()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupt()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupt()

    def write_APP_INT_SET(self, value: int) -> None:
        self._raise((value & 3) << APPLICATION)
