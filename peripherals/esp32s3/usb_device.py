"""USB_DEVICE: the USB serial port and JTAG adapter, as a console.

Source: ESP32-S3 Technical Reference Manual, "USB Serial/JTAG Controller". A packet that firmware hands over is taken by
the host a little later; what the world sends comes in packets of at most 64 bytes, each after the one before was read.
The host is always there: a frame starts every millisecond.

Leaves out: JTAG, the bus itself (reset, suspend, errors, pads), DTR and RTS, the FIFO pointers of the ...EP..._ST.
"""

from __future__ import annotations

from twincore.model import (
    RO,
    TICKS_PER_SECOND,
    W1C,
    WT,
    Context,
    Field,
    Peripheral,
    Register,
    Registers,
    SerialPort,
    state,
)

PACKET_SIZE = 64
WIRE_PIECE = 64 * PACKET_SIZE
"""Bytes that arrive before those still to come are copied."""
PACKET_TICKS = TICKS_PER_SECOND // 20_000
"""From the hand-over of a packet to its arrival: 50 us, about 64 bytes and their overhead at 12 Mbit/s."""
FRAME_TICKS = TICKS_PER_SECOND // 1000
SOF, RECEIVED, IN_EMPTY = 1 << 1, 1 << 2, 1 << 3
"""Bits of the interrupt registers."""


class USB_DEVICE(Peripheral):
    """Serial port: the port of this name. Signal: interrupt."""

    consuming = frozenset({"EP1"})

    size = 0x1000

    class EP1(Register, offset=0x000):
        RDWR_BYTE = Field(7, 0, doc="write: a byte to the host; read: one from it")

    class EP1_CONF(Register, offset=0x004, reset=0x2):
        WR_DONE = Field(0, access=WT, doc="hand the packet over")
        SERIAL_IN_EP_DATA_FREE = Field(1, access=RO, doc="there is room for bytes to the host")
        SERIAL_OUT_EP_DATA_AVAIL = Field(2, access=RO, doc="there are bytes from the host")

    class INT_RAW(Register, offset=0x008, reset=0x8, access=W1C):
        JTAG_IN_FLUSH_INT_RAW = Field(0)
        SOF_INT_RAW = Field(1)
        SERIAL_OUT_RECV_PKT_INT_RAW = Field(2)
        SERIAL_IN_EMPTY_INT_RAW = Field(3)
        PID_ERR_INT_RAW = Field(4)
        CRC5_ERR_INT_RAW = Field(5)
        CRC16_ERR_INT_RAW = Field(6)
        STUFF_ERR_INT_RAW = Field(7)
        IN_TOKEN_REC_IN_EP1_INT_RAW = Field(8)
        USB_BUS_RESET_INT_RAW = Field(9)
        OUT_EP1_ZERO_PAYLOAD_INT_RAW = Field(10)
        OUT_EP2_ZERO_PAYLOAD_INT_RAW = Field(11)

    class FRAM_NUM(Register, offset=0x024):
        SOF_FRAME_INDEX = Field(10, 0, access=RO)

    others = Registers("""
        0x00c INT_ST 0x0 JTAG_IN_FLUSH_INT_ST[0]:RO SOF_INT_ST[1]:RO SERIAL_OUT_RECV_PKT_INT_ST[2]:RO
          + SERIAL_IN_EMPTY_INT_ST[3]:RO PID_ERR_INT_ST[4]:RO CRC5_ERR_INT_ST[5]:RO CRC16_ERR_INT_ST[6]:RO
          + STUFF_ERR_INT_ST[7]:RO IN_TOKEN_REC_IN_EP1_INT_ST[8]:RO USB_BUS_RESET_INT_ST[9]:RO
          + OUT_EP1_ZERO_PAYLOAD_INT_ST[10]:RO OUT_EP2_ZERO_PAYLOAD_INT_ST[11]:RO
        0x010 INT_ENA 0x0 JTAG_IN_FLUSH_INT_ENA[0] SOF_INT_ENA[1] SERIAL_OUT_RECV_PKT_INT_ENA[2]
          + SERIAL_IN_EMPTY_INT_ENA[3] PID_ERR_INT_ENA[4] CRC5_ERR_INT_ENA[5] CRC16_ERR_INT_ENA[6]
          + STUFF_ERR_INT_ENA[7] IN_TOKEN_REC_IN_EP1_INT_ENA[8] USB_BUS_RESET_INT_ENA[9]
          + OUT_EP1_ZERO_PAYLOAD_INT_ENA[10] OUT_EP2_ZERO_PAYLOAD_INT_ENA[11]
        0x014 INT_CLR 0x0 JTAG_IN_FLUSH_INT_CLR[0]:WT SOF_INT_CLR[1]:WT SERIAL_OUT_RECV_PKT_INT_CLR[2]:WT
          + SERIAL_IN_EMPTY_INT_CLR[3]:WT PID_ERR_INT_CLR[4]:WT CRC5_ERR_INT_CLR[5]:WT CRC16_ERR_INT_CLR[6]:WT
          + STUFF_ERR_INT_CLR[7]:WT IN_TOKEN_REC_IN_EP1_INT_CLR[8]:WT USB_BUS_RESET_INT_CLR[9]:WT
          + OUT_EP1_ZERO_PAYLOAD_INT_CLR[10]:WT OUT_EP2_ZERO_PAYLOAD_INT_CLR[11]:WT
        0x018 CONF0 0x4200 PHY_SEL[0] EXCHG_PINS_OVERRIDE[1] EXCHG_PINS[2] VREFH[4:3] VREFL[6:5] VREF_OVERRIDE[7]
          + PAD_PULL_OVERRIDE[8] DP_PULLUP[9] DP_PULLDOWN[10] DM_PULLUP[11] DM_PULLDOWN[12] PULLUP_VALUE[13]
          + USB_PAD_ENABLE[14] PHY_TX_EDGE_SEL[15] USB_JTAG_BRIDGE_EN[16]
        0x01c TEST 0x0 ENABLE[0] USB_OE[1] TX_DP[2] TX_DM[3] RX_RCV[4]:RO RX_DP[5]:RO RX_DM[6]:RO
        0x020 JFIFO_ST 0x44 IN_FIFO_CNT[1:0]:RO IN_FIFO_EMPTY[2]:RO IN_FIFO_FULL[3]:RO OUT_FIFO_CNT[5:4]:RO
          + OUT_FIFO_EMPTY[6]:RO OUT_FIFO_FULL[7]:RO IN_FIFO_RESET[8] OUT_FIFO_RESET[9]
        0x028 IN_EP0_ST 0x1 IN_EP0_STATE[1:0]:RO IN_EP0_WR_ADDR[8:2]:RO IN_EP0_RD_ADDR[15:9]:RO
        0x02c IN_EP1_ST 0x1 IN_EP1_STATE[1:0]:RO IN_EP1_WR_ADDR[8:2]:RO IN_EP1_RD_ADDR[15:9]:RO
        0x030 IN_EP2_ST 0x1 IN_EP2_STATE[1:0]:RO IN_EP2_WR_ADDR[8:2]:RO IN_EP2_RD_ADDR[15:9]:RO
        0x034 IN_EP3_ST 0x1 IN_EP3_STATE[1:0]:RO IN_EP3_WR_ADDR[8:2]:RO IN_EP3_RD_ADDR[15:9]:RO
        0x038 OUT_EP0_ST 0x0 OUT_EP0_STATE[1:0]:RO OUT_EP0_WR_ADDR[8:2]:RO OUT_EP0_RD_ADDR[15:9]:RO
        0x03c OUT_EP1_ST 0x0 OUT_EP1_STATE[1:0]:RO OUT_EP1_WR_ADDR[8:2]:RO OUT_EP1_RD_ADDR[15:9]:RO
          + OUT_EP1_REC_DATA_CNT[22:16]:RO
        0x040 OUT_EP2_ST 0x0 OUT_EP2_STATE[1:0]:RO OUT_EP2_WR_ADDR[8:2]:RO OUT_EP2_RD_ADDR[15:9]:RO
        0x044 MISC_CONF 0x0 CLK_EN[0]
        0x048 MEM_CONF 0x2 USB_MEM_PD[0] USB_MEM_CLK_EN[1]
        0x080 DATE 0x2101200 DATE[31:0]
    """)

    to_host: bytes = state(b"")
    """Written and not handed over yet."""
    packet: bytes = state(b"")
    """On its way to the host."""
    from_host: bytes = state(b"")
    """Arrived and not read yet."""
    on_wire: bytes = state(b"")
    """What the world sent; from `wire_next` on it has not arrived yet."""
    wire_next: int = state(0)
    frame_seen: int = state(0)
    """The frame in which SOF was last cleared."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.serial = self.serial_ports["serial"] = SerialPort(context.name, self._receive)
        self.serial.byte_ticks = PACKET_TICKS // PACKET_SIZE

    def after_reset(self) -> None:
        for event in ("taken", "arrived", "frame"):
            self.context.cancel(event)
        self.frame_seen = self._frame()
        self._update_interrupts()

    # To the host

    def write_EP1(self, value: int) -> None:
        if not self.packet:
            self.to_host += bytes((value & 0xFF,))
            if len(self.to_host) == PACKET_SIZE:
                self._hand_over()

    def write_EP1_CONF(self, value: int) -> None:
        if value & 1 and self.to_host and not self.packet:
            self._hand_over()

    def _hand_over(self) -> None:
        self.packet, self.to_host = self.to_host, b""
        self.put(self.EP1_CONF.SERIAL_IN_EP_DATA_FREE, 0)
        self.context.schedule(self.context.now_ticks() + PACKET_TICKS, "taken")

    def on_taken(self) -> None:
        packet, self.packet = self.packet, b""
        self.put(self.EP1_CONF.SERIAL_IN_EP_DATA_FREE, 1)
        self.serial.emit(self.context.now_ticks(), packet)
        self._raise(IN_EMPTY)

    # From the host

    def _receive(self, data: bytes) -> None:
        self.on_wire += data
        self._send_next()

    def _send_next(self) -> None:
        if self.on_wire and not self.from_host:
            self.context.schedule(self.context.now_ticks() + PACKET_TICKS, "arrived")

    def on_arrived(self) -> None:
        end = self.wire_next + PACKET_SIZE
        self.from_host = self.on_wire[self.wire_next : end]
        self.wire_next = end
        if end >= min(len(self.on_wire), WIRE_PIECE):  # seldom: it copies all that is left
            self.on_wire, self.wire_next = self.on_wire[end:], 0
        self.put(self.EP1_CONF.SERIAL_OUT_EP_DATA_AVAIL, 1)
        self._raise(RECEIVED)

    def read_EP1(self) -> int:
        if not self.from_host:
            return 0
        byte, self.from_host = self.from_host[0], self.from_host[1:]
        if not self.from_host:
            self.put(self.EP1_CONF.SERIAL_OUT_EP_DATA_AVAIL, 0)
            self._send_next()
        return byte

    # Frames and interrupts

    def _frame(self) -> int:
        return self.context.now_ticks() // FRAME_TICKS

    def read_FRAM_NUM(self) -> int:
        return self._frame() & 0x7FF

    def read_INT_RAW(self) -> int:
        return self.get(self.INT_RAW) | (SOF if self._frame() > self.frame_seen else 0)

    def _raise(self, bit: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | bit)
        self._update_interrupts()

    def _clear(self, bits: int) -> None:
        if bits & SOF:
            self.frame_seen = self._frame()
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~bits)
        self._update_interrupts()

    def write_INT_RAW(self, value: int) -> None:
        self._clear(value)

    def write_INT_CLR(self, value: int) -> None:
        self._clear(value)

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def on_frame(self) -> None:
        self._raise(SOF)

    def _update_interrupts(self) -> None:
        enabled = self.get(self.registers["INT_ENA"])
        if enabled & SOF and not self.get(self.INT_RAW) & SOF:
            self.context.schedule((self.frame_seen + 1) * FRAME_TICKS, "frame")
        active = self.get(self.INT_RAW) & enabled
        self.put(self.registers["INT_ST"], active)
        self.interrupt.set(int(active != 0))
