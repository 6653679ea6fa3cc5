"""TWAI: a CAN 2.0 controller, made like NXP's SJA1000, on a bus with other nodes.

Source: ESP32-S3 Technical Reference Manual, "Two-wire Automotive Interface"; NXP, "SJA1000 Stand-alone CAN controller";
ISO 11898-1. The other nodes are `twincore.devices.TwaiNode`s. A frame is simulated as a whole, with its exact time on
the wire: where arbitration is lost, where the acknowledge slot is, where an error begins are events. A transceiver is
taken to be there: what the chip sends comes back to it.

Leaves out: the bus while the controller is in reset mode or off the bus (it stands still: frames of other nodes wait),
overload frames, errors of single bits (a disturbed frame is destroyed behind its length), two nodes that send the same
identifier at the same moment (one goes first), resynchronisation, triple sampling, CLKOUT, bus-off forced by writing
TX_ERR_CNT, the RTC's wake-up.
"""

from __future__ import annotations

from typing import NamedTuple

from esp32s3.twai_frame import TAIL, accepts, data_start, frame_bits, wire_length
from twincore.devices import TwaiFrame, TwaiNode
from twincore.devices.twai import BUFFER_SIZE, OFF
from twincore.model import RO, TICKS_PER_SECOND, WT, Context, Field, Peripheral, Register, Registers, state

RX_INT, TX_INT, ERR_WARN_INT, OVERRUN_INT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
ERR_PASSIVE_INT, ARB_LOST_INT, BUS_ERR_INT = 1 << 5, 1 << 6, 1 << 7
"""Bits of the interrupt registers."""

FIFO_SIZE, FIFO_MESSAGES = 64, 64
PASSIVE = 128
"""Errors from which on a node is error passive."""

NOBODY, CHIP = -2, -1
"""Who sends, in place of a node's number."""

BIT_ERROR, STUFF_ERROR, OTHER_ERROR = 0 << 6, 2 << 6, 3 << 6
RECEIVING = 1 << 5
DATA_SEGMENT, CRC_SEGMENT, ACK_SLOT = 10, 8, 25
"""Parts of ERR_CODE_CAP."""

FLAG, DELIMITER, INTERMISSION, SUSPEND, BUS_FREE = 6, 8, 3, 8, 11
"""Bits of an error frame, between frames, after an error passive node's own frame, and that make a free bus."""


class _Contender(NamedTuple):
    """Somebody with a frame to send; the lowest one has the first dominant bit."""

    bits: list[int]
    who: int
    frame: TwaiFrame


class TWAI(Peripheral):
    """Interrupt: interrupt. A bus of `TwaiNode`s."""

    consuming = frozenset({"ARB_LOST_CAP", "ERR_CODE_CAP", "INT_RAW"})

    size = 0x1000
    device_classes = (TwaiNode,)

    class MODE(Register, offset=0x000, reset=0x1):
        RESET_MODE = Field(0)
        LISTEN_ONLY_MODE = Field(1)
        SELF_TEST_MODE = Field(2, doc="frames need no acknowledgement")
        RX_FILTER_MODE = Field(3, doc="1: one filter, 0: two")

    class CMD(Register, offset=0x004, access=WT):
        TX_REQ = Field(0)
        ABORT_TX = Field(1, doc="with a request: try only once")
        RELEASE_BUF = Field(2)
        CLR_OVERRUN = Field(3)
        SELF_RX_REQ = Field(4, doc="send, and receive it too")

    class STATUS(Register, offset=0x008, access=RO):
        RX_BUF_ST = Field(0, doc="messages wait")
        OVERRUN_ST = Field(1)
        TX_BUF_ST = Field(2, doc="the transmit buffer is free")
        TX_COMPLETE = Field(3, doc="the last request succeeded")
        RX_ST = Field(4)
        TX_ST = Field(5)
        ERR_ST = Field(6, doc="a counter is at the warning limit")
        BUS_OFF_ST = Field(7)
        MISS_ST = Field(8, doc="the message in the receive buffer was lost in an overrun")

    class ERR_WARNING_LIMIT(Register, offset=0x034, reset=0x60):
        ERR_WARNING_LIMIT = Field(7, 0)

    class RX_ERR_CNT(Register, offset=0x038):
        RX_ERR_CNT = Field(7, 0)

    class TX_ERR_CNT(Register, offset=0x03C):
        TX_ERR_CNT = Field(7, 0)

    class DATA(Register, offset=0x040, count=BUFFER_SIZE, names="DATA_{}"):
        TX_BYTE = Field(7, 0, doc="reads the receive buffer, writes the transmit buffer; in reset mode: the filter")

    class BUS_TIMING_0(Register, offset=0x018):
        BAUD_PRESC = Field(13, 0, doc="a quantum is twice this + 1 periods of APB")
        SYNC_JUMP_WIDTH = Field(15, 14)

    class BUS_TIMING_1(Register, offset=0x01C):
        TIME_SEG1 = Field(3, 0)
        TIME_SEG2 = Field(6, 4)
        TIME_SAMP = Field(7)

    others = Registers("""
        0x00c INT_RAW 0x0 RX_INT_ST[0]:RO TX_INT_ST[1]:RO ERR_WARN_INT_ST[2]:RO OVERRUN_INT_ST[3]:RO
          + ERR_PASSIVE_INT_ST[5]:RO ARB_LOST_INT_ST[6]:RO BUS_ERR_INT_ST[7]:RO
        0x010 INT_ENA 0x0 RX_INT_ENA[0] TX_INT_ENA[1] ERR_WARN_INT_ENA[2] OVERRUN_INT_ENA[3] ERR_PASSIVE_INT_ENA[5]
          + ARB_LOST_INT_ENA[6] BUS_ERR_INT_ENA[7]
        0x02c ARB_LOST_CAP 0x0 ARB_LOST_CAP[4:0]:RO
        0x030 ERR_CODE_CAP 0x0 ECC_SEGMENT[4:0]:RO ECC_DIRECTION[5]:RO ECC_TYPE[7:6]:RO
        0x074 RX_MESSAGE_CNT 0x0 RX_MESSAGE_COUNTER[6:0]:RO
        0x07c CLOCK_DIVIDER 0x0 CD[7:0] CLOCK_OFF[8]
    """)
    INT_RAW = others.registers["INT_RAW"]
    INT_ENA = others.registers["INT_ENA"]
    ARB_LOST_CAP = others.registers["ARB_LOST_CAP"]
    ERR_CODE_CAP = others.registers["ERR_CODE_CAP"]
    RX_MESSAGE_CNT = others.registers["RX_MESSAGE_CNT"]

    acceptance: bytes = state(bytes(8))
    """The filter: four bytes of code, four of mask."""
    tx_buffer: bytes = state(bytes(BUFFER_SIZE))
    rx_fifo: bytes = state(b"")
    """Messages, each behind its length; length 0 is one that was lost in an overrun."""
    wants_to_send: int = state(0)
    is_single_shot: int = state(0)
    is_self_received: int = state(0)
    is_busy: int = state(0)
    """Whether the bus is not free: a frame, an error, or the bits between frames."""
    sender: int = state(NOBODY)
    frame: bytes = state(b"")
    """What is being sent."""
    is_passive: int = state(0)
    captured: int = state(0)
    """Interrupts whose capture registers have not been read yet."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.nodes: list[TwaiNode] = []

    def add_device(self, device: TwaiNode) -> None:
        """Put a node on the bus."""
        self.nodes.append(device)
        device.bus = self

    def after_reset(self) -> None:
        self._halt()
        self.put(self.STATUS.TX_COMPLETE, 1)
        self._update_interrupts()

    # Time

    def _bit_ticks(self) -> int:
        quanta = 3 + self.get(self.BUS_TIMING_1.TIME_SEG1) + self.get(self.BUS_TIMING_1.TIME_SEG2)
        return 2 * (self.get(self.BUS_TIMING_0.BAUD_PRESC) + 1) * quanta * self.context.clock("apb").period_ticks

    def _after(self, bits: int, event: str, *args: int) -> None:
        self.context.schedule(self.context.now_ticks() + bits * self._bit_ticks(), event, *args)

    # Configuration

    def write_MODE(self, value: int) -> None:
        mode = self.MODE
        if not mode.RESET_MODE.of(self.previous):
            self.put(mode, mode.RESET_MODE.into(self.previous, mode.RESET_MODE.of(value)))
            if mode.RESET_MODE.of(value):
                self._enter_reset_mode()
        elif not mode.RESET_MODE.of(value):
            self._leave_reset_mode()

    def _is_in_reset_mode(self) -> int:
        return self.get(self.MODE.RESET_MODE)

    def _enter_reset_mode(self) -> None:
        self._halt()
        self.rx_fifo = b""
        self._show_buffer()
        self._update_interrupts()

    def _halt(self) -> None:
        """Leave the bus at once; what other nodes have to send waits."""
        for event in ("start", "acknowledge", "error", "end", "free", "recover"):
            self.context.cancel(event)
        for position in range(32):
            self.context.cancel("arbitration_lost", position)
        self.is_busy, self.sender, self.wants_to_send = 0, NOBODY, 0
        self.put(self.STATUS.TX_BUF_ST, 1)
        self.put(self.STATUS.TX_ST, 0)
        self.put(self.STATUS.RX_ST, 0)

    def _leave_reset_mode(self) -> None:
        self._show_buffer()
        self._update_errors()
        if self.get(self.STATUS.BUS_OFF_ST):
            self._after(BUS_FREE, "recover")
        else:
            self._pause(BUS_FREE)

    def _keep_unless_in_reset_mode(self, register: type[Register]) -> None:
        if not self._is_in_reset_mode():
            self.put(register, self.previous)

    def write_BUS_TIMING_0(self, value: int) -> None:
        self._keep_unless_in_reset_mode(self.BUS_TIMING_0)

    def write_BUS_TIMING_1(self, value: int) -> None:
        self._keep_unless_in_reset_mode(self.BUS_TIMING_1)

    def write_ERR_WARNING_LIMIT(self, value: int) -> None:
        self._keep_unless_in_reset_mode(self.ERR_WARNING_LIMIT)

    def write_RX_ERR_CNT(self, value: int) -> None:
        self._keep_unless_in_reset_mode(self.RX_ERR_CNT)

    def write_TX_ERR_CNT(self, value: int) -> None:
        self._keep_unless_in_reset_mode(self.TX_ERR_CNT)

    def write_DATA(self, n: int, value: int) -> None:
        if not self._is_in_reset_mode():
            self.tx_buffer = self.tx_buffer[:n] + bytes((value & 0xFF,)) + self.tx_buffer[n + 1 :]
            self.put(self.DATA, self.previous, n)
        elif n < len(self.acceptance):
            self.acceptance = self.acceptance[:n] + bytes((value & 0xFF,)) + self.acceptance[n + 1 :]

    # Requests

    def write_CMD(self, value: int) -> None:
        cmd, status = self.CMD, self.STATUS
        if cmd.CLR_OVERRUN.of(value):
            self.put(status.OVERRUN_ST, 0)
        if cmd.RELEASE_BUF.of(value) and self.rx_fifo:
            self.rx_fifo = self.rx_fifo[1 + self.rx_fifo[0] :]
            self._show_buffer()
        is_request = cmd.TX_REQ.of(value) or cmd.SELF_RX_REQ.of(value)
        if is_request and not self._is_in_reset_mode() and not self.get(self.MODE.LISTEN_ONLY_MODE):
            self.wants_to_send = 1
            self.is_single_shot = cmd.ABORT_TX.of(value)
            self.is_self_received = int(not cmd.TX_REQ.of(value))
            self.put(status.TX_BUF_ST, 0)
            self.put(status.TX_COMPLETE, 0)
            self.request()
        elif cmd.ABORT_TX.of(value) and self.wants_to_send:
            if self.sender == CHIP:
                self.is_single_shot = 1
            else:
                self._end_request(TX_INT)
        self._update_interrupts()

    def request(self) -> None:
        """Have the bus look for frames to send: the chip's own, or those of a node that calls this."""
        if not self.is_busy and not self._is_in_reset_mode() and not self.get(self.STATUS.BUS_OFF_ST):
            self.is_busy = 1
            self._after(0, "start")

    def _end_request(self, flags: int) -> None:
        """The transmit buffer is free again."""
        self.wants_to_send = 0
        self.put(self.STATUS.TX_BUF_ST, 1)
        self._raise(flags)

    # A frame

    def on_start(self) -> None:
        """Who has something to send sends it; the frame with the first dominant bit goes on."""
        contenders = []
        if self.wants_to_send:
            own = TwaiFrame.unpacked(self.tx_buffer)
            contenders.append(_Contender(frame_bits(own), CHIP, own))
        for n, node in enumerate(self.nodes):
            if node.queue and node.errors < OFF:
                frame = TwaiFrame.unpacked(node.queue[:BUFFER_SIZE])
                contenders.append(_Contender(frame_bits(frame), n, frame))
        if not contenders:
            self.is_busy = 0
            return
        self.is_busy = 1
        winner = min(contenders, key=lambda contender: (contender.bits, contender.who))
        self.sender, self.frame = winner.who, winner.frame.packed()
        self.put(self.STATUS.TX_ST, int(self.wants_to_send))
        self.put(self.STATUS.RX_ST, int(not self.wants_to_send))
        if self.wants_to_send and winner.who != CHIP:
            pairs = zip(contenders[0].bits, winner.bits, strict=False)
            position = next((n for n, (mine, other) in enumerate(pairs) if mine != other), 1)
            self._after(wire_length(winner.bits[: position + 1]), "arbitration_lost", min(position - 1, 31))
        if self._is_disturbed(winner):
            self._after(wire_length(winner.bits[: data_start(winner.frame) + 1]), "error")
        else:
            self._after(wire_length(winner.bits) + 2, "acknowledge")

    def _is_disturbed(self, winner: _Contender) -> bool:
        """Tell whether anybody destroys the frame: on purpose, or because its bits are not as long as the sender's."""

        def is_strange(node: TwaiNode) -> bool:
            return abs(node.bit_rate * self._bit_ticks() - TICKS_PER_SECOND) * 100 > TICKS_PER_SECOND

        others = [node for n, node in enumerate(self.nodes) if n != winner.who and node.errors < OFF]
        senders = [self.nodes[winner.who]] if winner.who >= 0 else []
        if any(node.bit_rate and is_strange(node) for node in others + senders):
            return True
        return any([node.disturbs(winner.frame) for node in others])

    def on_arbitration_lost(self, position: int) -> None:
        self.put(self.STATUS.TX_ST, 0)
        self.put(self.STATUS.RX_ST, 1)
        if not self.captured & ARB_LOST_INT:
            self.captured |= ARB_LOST_INT
            self.put(self.ARB_LOST_CAP, position)
            self._raise(ARB_LOST_INT)
        if self.is_single_shot:
            self._end_request(TX_INT)

    def on_acknowledge(self) -> None:
        """The acknowledge slot is over."""
        frame = TwaiFrame.unpacked(self.frame)
        others = [node for n, node in enumerate(self.nodes) if n != self.sender and node.errors < OFF]
        answers = [node.acknowledges(frame) for node in others]
        if self.sender == CHIP:
            answers.append(bool(self.get(self.MODE.SELF_TEST_MODE)))
        else:
            answers.append(not self.get(self.MODE.LISTEN_ONLY_MODE))
        if any(answers):
            self._after(TAIL - 2, "end")
        else:
            self._fail(OTHER_ERROR | ACK_SLOT)

    def on_error(self) -> None:
        """Somebody has destroyed the frame."""
        segment = DATA_SEGMENT if TwaiFrame.unpacked(self.frame).data else CRC_SEGMENT
        self._fail((BIT_ERROR if self.sender == CHIP else STUFF_ERROR) | segment)

    def _fail(self, kind: int) -> None:
        """An error frame begins; the sender tries again after it."""
        is_acknowledge = kind & 0x1F == ACK_SLOT
        is_suspended = 0
        if self.sender == CHIP:
            errors = self.get(self.TX_ERR_CNT)
            is_suspended = errors >= PASSIVE
            if not (is_suspended and is_acknowledge):
                errors += 8
            if self.is_single_shot:
                self._end_request(TX_INT)
        else:
            kind |= RECEIVING
            node = self.nodes[self.sender]
            is_suspended = node.errors >= PASSIVE
            if not (is_suspended and is_acknowledge):
                node.errors += 8
            errors = self.get(self.TX_ERR_CNT)
        if not self.captured & BUS_ERR_INT:
            self.captured |= BUS_ERR_INT
            self.put(self.ERR_CODE_CAP, kind)
            self._raise(BUS_ERR_INT)
        if errors >= OFF:
            self._go_off()
            return
        if not self.get(self.MODE.LISTEN_ONLY_MODE):
            self.put(self.TX_ERR_CNT, errors)
            if self.sender != CHIP:
                self.put(self.RX_ERR_CNT, min(self.get(self.RX_ERR_CNT) + 1, 0xFF))
            self._update_errors()
        echo = FLAG if self.sender != CHIP or self.nodes else 0  # the flags of those who receive
        self._pause(FLAG + echo + DELIMITER + INTERMISSION + is_suspended * SUSPEND)

    def on_end(self) -> None:
        """The frame has arrived."""
        frame = TwaiFrame.unpacked(self.frame)
        if self.sender == CHIP:
            self._count_down(self.TX_ERR_CNT)
            self.put(self.STATUS.TX_COMPLETE, 1)
            self._end_request(TX_INT)
            if self.is_self_received:
                self._receive(frame)
        else:
            self._count_down(self.RX_ERR_CNT)
            self._receive(frame)
        self._update_errors()
        sender = self.sender
        self._pause(INTERMISSION)
        if sender >= 0:
            node = self.nodes[sender]
            node.queue, node.errors = node.queue[BUFFER_SIZE:], max(node.errors - 1, 0)
            node.on_sent(frame)
        for n, node in enumerate(self.nodes):
            if n != sender and node.errors < OFF:
                node.on_frame(frame)

    def _pause(self, bits: int) -> None:
        """Nobody sends for so many bits."""
        self.sender, self.is_busy = NOBODY, 1
        self.put(self.STATUS.TX_ST, 0)
        self.put(self.STATUS.RX_ST, 0)
        self._after(bits, "free")

    def on_free(self) -> None:
        self.on_start()

    # Errors

    def _count_down(self, register: type[Register]) -> None:
        """A frame went well; a receiver that was error passive comes back to just below."""
        errors = self.get(register)
        if not self.get(self.MODE.LISTEN_ONLY_MODE):
            self.put(register, max(min(errors, PASSIVE) - 1, 0) if register is self.RX_ERR_CNT else max(errors - 1, 0))

    def _update_errors(self) -> None:
        """Bring the error status in line with the counters, with its interrupts."""
        errors = max(self.get(self.TX_ERR_CNT), self.get(self.RX_ERR_CNT))
        is_warning = int(errors >= self.get(self.ERR_WARNING_LIMIT))
        if is_warning != self.get(self.STATUS.ERR_ST):
            self.put(self.STATUS.ERR_ST, is_warning)
            self._raise(ERR_WARN_INT)
        if int(errors >= PASSIVE) != self.is_passive:
            self.is_passive ^= 1
            self._raise(ERR_PASSIVE_INT)

    def _go_off(self) -> None:
        """Leave the bus after too many errors; software begins the recovery by leaving reset mode."""
        self.put(self.MODE.RESET_MODE, 1)
        self.put(self.TX_ERR_CNT, PASSIVE - 1)
        self.put(self.RX_ERR_CNT, 0)
        self.put(self.STATUS.BUS_OFF_ST, 1)
        self.put(self.STATUS.ERR_ST, 1)
        self.is_passive = 0
        self._raise(ERR_WARN_INT)
        self._enter_reset_mode()

    def on_recover(self) -> None:
        """The bus was free for eleven bits; after as many times as TX_ERR_CNT says the controller is back."""
        errors = self.get(self.TX_ERR_CNT)
        if errors:
            self.put(self.TX_ERR_CNT, errors - 1)
            self._update_errors()
            self._after(BUS_FREE, "recover")
            return
        self.put(self.STATUS.BUS_OFF_ST, 0)
        self._raise(ERR_WARN_INT)
        self.on_start()

    # Receiving

    def _receive(self, frame: TwaiFrame) -> None:
        is_single = bool(self.get(self.MODE.RX_FILTER_MODE))
        if not accepts(frame, self.acceptance[:4], self.acceptance[4:], is_single=is_single):
            return
        messages = self._messages()
        content = frame.packed()
        if sum(messages) + len(content) > FIFO_SIZE:
            content = b""
            if not self.get(self.STATUS.OVERRUN_ST):
                self.put(self.STATUS.OVERRUN_ST, 1)
                self._raise(OVERRUN_INT)
        if len(messages) < FIFO_MESSAGES:
            self.rx_fifo += bytes((len(content),)) + content
        self._show_buffer()
        self._update_interrupts()

    def _messages(self) -> list[int]:
        """Return the lengths of all messages in the FIFO."""
        lengths, at = [], 0
        while at < len(self.rx_fifo):
            lengths.append(self.rx_fifo[at])
            at += 1 + self.rx_fifo[at]
        return lengths

    def _show_buffer(self) -> None:
        """Bring what DATA reads in line: the first message, or the filter; and the counts of messages."""
        messages = self._messages()
        shown = self.rx_fifo[1 : 1 + messages[0]] if messages else b""
        if self._is_in_reset_mode():
            shown = self.acceptance
        for n, byte in enumerate(shown.ljust(BUFFER_SIZE, b"\0")):
            self.put(self.DATA, byte, n)
        self.put(self.RX_MESSAGE_CNT, len(messages))
        self.put(self.STATUS.RX_BUF_ST, int(bool(messages)))
        self.put(self.STATUS.MISS_ST, int(messages[:1] == [0]))

    # Interrupts

    def _raise(self, flags: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | flags)
        self._update_interrupts()

    def _update_interrupts(self) -> None:
        """The receive interrupt stays as long as messages wait; the others until INT_RAW is read."""
        raw = self.get(self.INT_RAW) & ~RX_INT | (RX_INT if self.rx_fifo else 0)
        self.put(self.INT_RAW, raw)
        self.interrupt.set(int(raw & self.get(self.INT_ENA) != 0))

    def read_INT_RAW(self) -> int:
        raw = self.get(self.INT_RAW)
        self.put(self.INT_RAW, 0)
        self._update_interrupts()
        return raw

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def read_ARB_LOST_CAP(self) -> int:
        self.captured &= ~ARB_LOST_INT
        return self.get(self.ARB_LOST_CAP)

    def read_ERR_CODE_CAP(self) -> int:
        self.captured &= ~BUS_ERR_INT
        return self.get(self.ERR_CODE_CAP)
