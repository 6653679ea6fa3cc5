"""DMA: five channels in each direction between peripherals and memory, and from memory to memory.

Source: ESP32-S3 Technical Reference Manual, "GDMA Controller".

For a peripheral's author. A block asks the controller in `connect` and keeps it:

    dma = self.context.block("DMA")
    self.dma = dma if isinstance(dma, DMA) else None
    if self.dma is not None:
        self.dma.listen(I2S0, self.dma_started)

* `take(I2S0, length)` returns the next bytes for the peripheral: `length` of them, fewer where the list of the OUT
  channel ends, has an error, or none was started. They are read from memory at that moment; descriptors that are used
  up by it are written back and interrupt.
* `take_frame(UHCI0, length)` returns bytes that belong to one frame, and whether its last one is among them.
* `give(I2S0, content, eof=True)` stores bytes for it through its IN channel and returns how many found room. eof: the
  last one ends a frame, its descriptor is closed.
* `left(I2S0, is_out=True)` tells how far the descriptor goes, for a peripheral whose interrupts have to be in time.
* A listener is called as listener(is_out) when software starts or restarts a channel that is selected for the
  peripheral. One that found no data, or no room, waits for that.

The peripheral keeps the time: it takes and gives when its own pace says so. Of several channels with the same
PERI_SEL the first that was started serves. From memory to memory a word takes `WORD_CYCLES` cycles of the APB clock, a
pair of descriptors `DESCRIPTOR_CYCLES`; each descriptor's part is over as a whole.

A channel halts at a descriptor that it cannot use, and RESTART has it read that one again, although the manual asks for
a reset: ESP-IDF 4.4 starts copies that way, and adds to them. Where the manual is silent: OUT_TOTAL_EOF comes with an
EOF after which the list ends, memory behind the MMU that is not mapped and an IN descriptor without room are descriptor
errors, and an IN descriptor is closed when it is full, although EOF may come later.

Leaves out: FIFOs (their state is that of empty ones, nothing is read ahead, so that OUT_EOF_MODE makes no difference;
POP and PUSH, watermarks and overflows), priorities and weights, bursts, the alignment that external memory asks for,
access permissions (EXTMEM_REJECT), INLINK_AUTO_RET.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twincore.model import RO, W1C, WT, Context, Field, NoMemoryError, Peripheral, Register, Registers, state

SPI2, SPI3, UHCI0, I2S0, I2S1, LCD_CAM, AES, SHA, ADC_DAC, RMT = range(10)
"""PERI_SEL of each peripheral."""

CHANNELS = 5
STRIDE = 0xC0
IN, OUT = 0, CHANNELS
"""Where each direction's channels begin in lists of all ten."""

STOPPED, RUNNING, ENDED, HALTED = range(4)
"""What a channel does: nothing; it is at a descriptor; it came to the end of the list; it cannot use a descriptor."""

INTERNAL = range(0x3FC8_8000, 0x3FD0_0000)
EXTERNAL = range(0x3C00_0000, 0x3E00_0000)
"""Addresses that DMA reaches; descriptors are internal."""
LINK_BASE = 0x3FC0_0000
"""What the 20 bits of a link's address are added to."""

WORD_CYCLES, DESCRIPTOR_CYCLES = 2, 12
"""Of the APB clock, from memory to memory: a read and a write; two descriptors of three words read and written back."""
MOST_DESCRIPTORS = len(INTERNAL) // 12

SIZE, LENGTH = Field(11, 0), Field(23, 12)
EOF, OWNER = 1 << 30, 1 << 31
"""Fields of a descriptor's first word."""

IN_DONE, IN_SUC_EOF, IN_DSCR_ERR, IN_DSCR_EMPTY = 1 << 0, 1 << 1, 1 << 3, 1 << 4
OUT_DONE, OUT_EOF, OUT_DSCR_ERR, OUT_TOTAL_EOF = 1 << 0, 1 << 1, 1 << 2, 1 << 3
"""Bits of the interrupt registers."""


class _Side(NamedTuple):
    """What the channels of one direction have alike."""

    raw: type[Register]
    enabled: type[Register]
    shown: type[Register]
    address: type[Register]
    before: type[Register]
    earlier: type[Register]
    address_bits: Field
    park: Field
    checks_owner: Field
    error: int


class DMA(Peripheral):
    """Interrupts: in_ch0 to in_ch4, out_ch0 to out_ch4."""

    size = 0x1000

    class IN_CONF0(Register, offset=0x000, count=CHANNELS, stride=STRIDE, names="IN_CONF0_CH{}"):
        IN_RST = Field(0)
        IN_LOOP_TEST = Field(1, doc="1: leave the owner as it is when a descriptor is written back")
        INDSCR_BURST_EN = Field(2)
        IN_DATA_BURST_EN = Field(3)
        MEM_TRANS_EN = Field(4, doc="1: what the OUT channel of the same number reads")

    class IN_CONF1(Register, offset=0x004, reset=0xC, count=CHANNELS, stride=STRIDE, names="IN_CONF1_CH{}"):
        DMA_INFIFO_FULL_THRS = Field(11, 0)
        IN_CHECK_OWNER = Field(12)
        IN_EXT_MEM_BK_SIZE = Field(14, 13)

    class IN_INT_RAW(Register, offset=0x008, access=W1C, count=CHANNELS, stride=STRIDE, names="IN_INT_RAW_CH{}"):
        BITS = Field(9, 0)

    class IN_INT_ST(Register, offset=0x00C, access=RO, count=CHANNELS, stride=STRIDE, names="IN_INT_ST_CH{}"):
        BITS = Field(9, 0)

    class IN_INT_ENA(Register, offset=0x010, count=CHANNELS, stride=STRIDE, names="IN_INT_ENA_CH{}"):
        BITS = Field(9, 0)

    class IN_INT_CLR(Register, offset=0x014, access=WT, count=CHANNELS, stride=STRIDE, names="IN_INT_CLR_CH{}"):
        BITS = Field(9, 0)

    class INFIFO_STATUS(
        Register,
        offset=0x018,
        reset=0xF00003A,
        access=RO,
        count=CHANNELS,
        stride=STRIDE,
        names="INFIFO_STATUS_CH{}",
    ):
        BITS = Field(28, 0)

    class IN_POP(Register, offset=0x01C, reset=0x800, count=CHANNELS, stride=STRIDE, names="IN_POP_CH{}"):
        INFIFO_RDATA = Field(11, 0, access=RO)
        INFIFO_POP = Field(12, access=WT)

    class IN_LINK(Register, offset=0x020, reset=0x1100000, count=CHANNELS, stride=STRIDE, names="IN_LINK_CH{}"):
        INLINK_ADDR = Field(19, 0)
        INLINK_AUTO_RET = Field(20)
        INLINK_STOP = Field(21, access=WT)
        INLINK_START = Field(22, access=WT)
        INLINK_RESTART = Field(23, access=WT, doc="write 1: read the last descriptor's next address again")
        INLINK_PARK = Field(24, access=RO, doc="1: no descriptor is being worked on")

    class IN_STATE(Register, offset=0x024, access=RO, count=CHANNELS, stride=STRIDE, names="IN_STATE_CH{}"):
        INLINK_DSCR_ADDR = Field(17, 0)
        IN_DSCR_STATE = Field(19, 18)
        IN_STATE = Field(22, 20)

    class IN_SUC_EOF_DES_ADDR(
        Register, offset=0x028, access=RO, count=CHANNELS, stride=STRIDE, names="IN_SUC_EOF_DES_ADDR_CH{}"
    ):
        pass

    class IN_ERR_EOF_DES_ADDR(
        Register, offset=0x02C, access=RO, count=CHANNELS, stride=STRIDE, names="IN_ERR_EOF_DES_ADDR_CH{}"
    ):
        pass

    class IN_DSCR(Register, offset=0x030, access=RO, count=CHANNELS, stride=STRIDE, names="IN_DSCR_CH{}"):
        pass

    class IN_DSCR_BF0(Register, offset=0x034, access=RO, count=CHANNELS, stride=STRIDE, names="IN_DSCR_BF0_CH{}"):
        pass

    class IN_DSCR_BF1(Register, offset=0x038, access=RO, count=CHANNELS, stride=STRIDE, names="IN_DSCR_BF1_CH{}"):
        pass

    class IN_WIGHT(Register, offset=0x03C, reset=0xF00, count=CHANNELS, stride=STRIDE, names="IN_WIGHT_CH{}"):
        RX_WEIGHT = Field(11, 8)

    class IN_PRI(Register, offset=0x044, count=CHANNELS, stride=STRIDE, names="IN_PRI_CH{}"):
        RX_PRI = Field(3, 0)

    class IN_PERI_SEL(Register, offset=0x048, reset=0x3F, count=CHANNELS, stride=STRIDE, names="IN_PERI_SEL_CH{}"):
        PERI_IN_SEL = Field(5, 0)

    class OUT_CONF0(Register, offset=0x060, reset=0x8, count=CHANNELS, stride=STRIDE, names="OUT_CONF0_CH{}"):
        OUT_RST = Field(0)
        OUT_LOOP_TEST = Field(1, doc="1: leave the owner as it is when a descriptor is written back")
        OUT_AUTO_WRBACK = Field(2, doc="1: a descriptor that was read is given back to the CPU")
        OUT_EOF_MODE = Field(3)
        OUTDSCR_BURST_EN = Field(4)
        OUT_DATA_BURST_EN = Field(5)

    class OUT_CONF1(Register, offset=0x064, count=CHANNELS, stride=STRIDE, names="OUT_CONF1_CH{}"):
        OUT_CHECK_OWNER = Field(12)
        OUT_EXT_MEM_BK_SIZE = Field(14, 13)

    class OUT_INT_RAW(Register, offset=0x068, access=W1C, count=CHANNELS, stride=STRIDE, names="OUT_INT_RAW_CH{}"):
        BITS = Field(7, 0)

    class OUT_INT_ST(Register, offset=0x06C, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_INT_ST_CH{}"):
        BITS = Field(7, 0)

    class OUT_INT_ENA(Register, offset=0x070, count=CHANNELS, stride=STRIDE, names="OUT_INT_ENA_CH{}"):
        BITS = Field(7, 0)

    class OUT_INT_CLR(Register, offset=0x074, access=WT, count=CHANNELS, stride=STRIDE, names="OUT_INT_CLR_CH{}"):
        BITS = Field(7, 0)

    class OUTFIFO_STATUS(
        Register,
        offset=0x078,
        reset=0x780002A,
        access=RO,
        count=CHANNELS,
        stride=STRIDE,
        names="OUTFIFO_STATUS_CH{}",
    ):
        BITS = Field(26, 0)

    class OUT_PUSH(Register, offset=0x07C, count=CHANNELS, stride=STRIDE, names="OUT_PUSH_CH{}"):
        OUTFIFO_WDATA = Field(8, 0)
        OUTFIFO_PUSH = Field(9, access=WT)

    class OUT_LINK(Register, offset=0x080, reset=0x800000, count=CHANNELS, stride=STRIDE, names="OUT_LINK_CH{}"):
        OUTLINK_ADDR = Field(19, 0)
        OUTLINK_STOP = Field(20, access=WT)
        OUTLINK_START = Field(21, access=WT)
        OUTLINK_RESTART = Field(22, access=WT)
        OUTLINK_PARK = Field(23, access=RO)

    class OUT_STATE(Register, offset=0x084, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_STATE_CH{}"):
        OUTLINK_DSCR_ADDR = Field(17, 0)
        OUT_DSCR_STATE = Field(19, 18)
        OUT_STATE = Field(22, 20)

    class OUT_EOF_DES_ADDR(
        Register, offset=0x088, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_EOF_DES_ADDR_CH{}"
    ):
        pass

    class OUT_EOF_BFR_DES_ADDR(
        Register, offset=0x08C, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_EOF_BFR_DES_ADDR_CH{}"
    ):
        pass

    class OUT_DSCR(Register, offset=0x090, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_DSCR_CH{}"):
        pass

    class OUT_DSCR_BF0(Register, offset=0x094, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_DSCR_BF0_CH{}"):
        pass

    class OUT_DSCR_BF1(Register, offset=0x098, access=RO, count=CHANNELS, stride=STRIDE, names="OUT_DSCR_BF1_CH{}"):
        pass

    class OUT_WIGHT(Register, offset=0x09C, reset=0xF00, count=CHANNELS, stride=STRIDE, names="OUT_WIGHT_CH{}"):
        TX_WEIGHT = Field(11, 8)

    class OUT_PRI(Register, offset=0x0A4, count=CHANNELS, stride=STRIDE, names="OUT_PRI_CH{}"):
        TX_PRI = Field(3, 0)

    class OUT_PERI_SEL(Register, offset=0x0A8, reset=0x3F, count=CHANNELS, stride=STRIDE, names="OUT_PERI_SEL_CH{}"):
        PERI_OUT_SEL = Field(5, 0)

    class IN_SRAM_SIZE(Register, offset=0x3CC, reset=0xE, count=CHANNELS, stride=8, names="IN_SRAM_SIZE_CH{}"):
        IN_SIZE = Field(6, 0)

    class OUT_SRAM_SIZE(Register, offset=0x3D0, reset=0xE, count=CHANNELS, stride=8, names="OUT_SRAM_SIZE_CH{}"):
        OUT_SIZE = Field(6, 0)

    others = Registers("""
        0x3c0 AHB_TEST 0x0 AHB_TESTMODE[2:0] AHB_TESTADDR[5:4]
        0x3c4 PD_CONF 0x20 DMA_RAM_FORCE_PD[4] DMA_RAM_FORCE_PU[5] DMA_RAM_CLK_FO[6]
        0x3c8 MISC_CONF 0x0 AHBM_RST_INTER[0] AHBM_RST_EXTER[1] ARB_PRI_DIS[2] CLK_EN[4]
        0x3f4 EXTMEM_REJECT_ADDR 0x0 EXTMEM_REJECT_ADDR[31:0]:RO
        0x3f8 EXTMEM_REJECT_ST 0x0 EXTMEM_REJECT_ATRR[1:0]:RO EXTMEM_REJECT_CHANNEL_NUM[5:2]:RO
          + EXTMEM_REJECT_PERI_NUM[11:6]:RO
        0x3fc EXTMEM_REJECT_INT_RAW 0x0 EXTMEM_REJECT_INT_RAW[0]:W1C
        0x400 EXTMEM_REJECT_INT_ST 0x0 EXTMEM_REJECT_INT_ST[0]:RO
        0x404 EXTMEM_REJECT_INT_ENA 0x0 EXTMEM_REJECT_INT_ENA[0]
        0x408 EXTMEM_REJECT_INT_CLR 0x0 EXTMEM_REJECT_INT_CLR[0]:WT
        0x40c DATE 0x2101180 DATE[31:0]
    """)

    # Of each channel, IN and OUT: what it does, and the descriptor that it is at, as it was read.
    status: list[int] = state([STOPPED] * 2 * CHANNELS)
    flags: list[int] = state([0] * 2 * CHANNELS)
    """The descriptor's first word."""
    buffer: list[int] = state([0] * 2 * CHANNELS)
    following: list[int] = state([0] * 2 * CHANNELS)
    """The descriptor's next address."""
    done: list[int] = state([0] * 2 * CHANNELS)
    """How many bytes of the buffer are read or filled."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        names = [f"in_ch{n}" for n in range(CHANNELS)] + [f"out_ch{n}" for n in range(CHANNELS)]
        self.interrupts = [self.signal(name) for name in names]
        self._sides = (
            _Side(
                raw=self.IN_INT_RAW,
                enabled=self.IN_INT_ENA,
                shown=self.IN_INT_ST,
                address=self.IN_DSCR,
                before=self.IN_DSCR_BF0,
                earlier=self.IN_DSCR_BF1,
                address_bits=self.IN_STATE.INLINK_DSCR_ADDR,
                park=self.IN_LINK.INLINK_PARK,
                checks_owner=self.IN_CONF1.IN_CHECK_OWNER,
                error=IN_DSCR_ERR,
            ),
            _Side(
                raw=self.OUT_INT_RAW,
                enabled=self.OUT_INT_ENA,
                shown=self.OUT_INT_ST,
                address=self.OUT_DSCR,
                before=self.OUT_DSCR_BF0,
                earlier=self.OUT_DSCR_BF1,
                address_bits=self.OUT_STATE.OUTLINK_DSCR_ADDR,
                park=self.OUT_LINK.OUTLINK_PARK,
                checks_owner=self.OUT_CONF1.OUT_CHECK_OWNER,
                error=OUT_DSCR_ERR,
            ),
        )
        self._listeners: dict[int, list[Callable[[bool], None]]] = {}

    def after_reset(self) -> None:
        for n in range(CHANNELS):
            self.context.cancel("copied", n)
        for signal in self.interrupts:
            signal.set(0)

    # What peripherals use.

    def listen(self, peripheral: int, listener: Callable[[bool], None]) -> None:
        """Have `listener(is_out)` called when a channel selected for `peripheral` is started or restarted."""
        self._listeners.setdefault(peripheral, []).append(listener)

    def take(self, peripheral: int, length: int) -> bytes:
        """Return up to `length` bytes that the OUT channel of `peripheral` reads from memory."""
        channel = self._serving(self.OUT_PERI_SEL.PERI_OUT_SEL, OUT, peripheral)
        return b"" if channel is None else self._take(channel, length)[0]

    def take_frame(self, peripheral: int, length: int) -> tuple[bytes, bool]:
        """Return up to `length` bytes of one frame for `peripheral`, and whether it ends with them."""
        channel = self._serving(self.OUT_PERI_SEL.PERI_OUT_SEL, OUT, peripheral)
        return (b"", False) if channel is None else self._take(channel, length, stops_at_eof=True)

    def give(self, peripheral: int, content: bytes, *, eof: bool = False) -> int:
        """Store bytes by the IN channel of `peripheral`; return how many had room. eof: the last one ends a frame."""
        channel = self._serving(self.IN_PERI_SEL.PERI_IN_SEL, IN, peripheral)
        return 0 if channel is None else self._give(channel, content, eof=eof)

    def left(self, peripheral: int, *, is_out: bool) -> int:
        """Return up to how many bytes `take` or `give` stay in the descriptor that is worked on; 0 where none is."""
        selection, direction = (self.OUT_PERI_SEL.PERI_OUT_SEL, OUT) if is_out else (self.IN_PERI_SEL.PERI_IN_SEL, IN)
        channel = self._serving(selection, direction, peripheral)
        if channel is None or self.status[direction + channel] != RUNNING:
            return 0
        link = direction + channel
        return max((LENGTH if is_out else SIZE).of(self.flags[link]) - self.done[link], 1)

    def _serving(self, selection: Field, direction: int, peripheral: int) -> int | None:
        for n in range(CHANNELS):
            is_free = not self.get(self.IN_CONF0.MEM_TRANS_EN, n)
            if is_free and self.get(selection, n) == peripheral and self.status[direction + n] != STOPPED:
                return n
        return None

    # Control

    def write_IN_CONF0(self, n: int, value: int) -> None:
        if self.IN_CONF0.IN_RST.of(value):
            self._stop(IN + n)

    def write_OUT_CONF0(self, n: int, value: int) -> None:
        if self.OUT_CONF0.OUT_RST.of(value):
            self._stop(OUT + n)

    def write_IN_LINK(self, n: int, value: int) -> None:
        link = self.IN_LINK
        if link.INLINK_STOP.of(value):
            self._stop(IN + n)
        if link.INLINK_START.of(value) and not self.get(self.IN_CONF0.IN_RST, n):
            self._load(IN + n, LINK_BASE | link.INLINK_ADDR.of(value))
            self._tell(n, is_out=False)
        elif link.INLINK_RESTART.of(value):
            self._restart(IN + n)
            self._tell(n, is_out=False)

    def write_OUT_LINK(self, n: int, value: int) -> None:
        link = self.OUT_LINK
        if link.OUTLINK_STOP.of(value):
            self._stop(OUT + n)
        if link.OUTLINK_START.of(value) and not self.get(self.OUT_CONF0.OUT_RST, n):
            self._load(OUT + n, LINK_BASE | link.OUTLINK_ADDR.of(value))
            self._tell(n, is_out=True)
        elif link.OUTLINK_RESTART.of(value):
            self._restart(OUT + n)
            self._tell(n, is_out=True)

    def _tell(self, n: int, *, is_out: bool) -> None:
        """Set off what waits for a channel that was started."""
        if self.get(self.IN_CONF0.MEM_TRANS_EN, n):
            self._copy(n)
            return
        peripheral = self.get(self.OUT_PERI_SEL if is_out else self.IN_PERI_SEL, n)
        for listener in self._listeners.get(peripheral, ()):
            listener(is_out)

    def write_IN_POP(self, n: int, value: int) -> None:
        if self.IN_POP.INFIFO_POP.of(value):
            self.context.unmodelled(f"{self.context.name}.IN_POP_CH{n}.INFIFO_POP")

    def write_OUT_PUSH(self, n: int, value: int) -> None:
        if self.OUT_PUSH.OUTFIFO_PUSH.of(value):
            self.context.unmodelled(f"{self.context.name}.OUT_PUSH_CH{n}.OUTFIFO_PUSH")

    # Descriptors

    def _side(self, link: int) -> tuple[_Side, int]:
        """Return what a channel has in common with those of its direction, and its number."""
        return (self._sides[0], link) if link < OUT else (self._sides[1], link - OUT)

    def _address(self, link: int) -> int:
        """Return where the descriptor that a channel is at lies."""
        side, n = self._side(link)
        return self.get(side.address, n)

    def _set_status(self, link: int, status: int) -> None:
        side, n = self._side(link)
        self.status[link] = status
        self.put(side.park, int(status != RUNNING), n)

    def _stop(self, link: int) -> None:
        self._set_status(link, STOPPED)
        self.context.cancel("copied", link % CHANNELS)

    def _restart(self, link: int) -> None:
        """Read what a channel waits for again: the descriptor, or the next address of the one that it is at."""
        if self.status[link] == STOPPED:
            return
        if self.status[link] == HALTED:
            self._load_here(link)
            return
        content = self._read(link, self._address(link) + 8, 4)
        if content:
            self.following[link] = int.from_bytes(content, "little")
            if self.status[link] == ENDED:
                self._advance(link)

    def _load(self, link: int, address: int) -> None:
        """Come to the descriptor at `address`, or to an error."""
        side, n = self._side(link)
        self.put(side.earlier, self.get(side.before, n), n)
        self.put(side.before, self.get(side.address, n), n)
        self.put(side.address, address, n)
        self.put(side.address_bits, address, n)
        self._load_here(link)

    def _load_here(self, link: int) -> None:
        """Read the descriptor that a channel is at; an error where it cannot be used."""
        side, n = self._side(link)
        address = self.get(side.address, n)
        if address not in INTERNAL or address % 4:
            self._fail(link)
            return
        content = self._read(link, address, 12)
        if not content:
            return
        flags, buffer, following = (int.from_bytes(content[at : at + 4], "little") for at in (0, 4, 8))
        is_ours = bool(flags & OWNER) or not self.get(side.checks_owner, n)
        has_room = link >= OUT or SIZE.of(flags) > 0
        if is_ours and has_room and (buffer in INTERNAL or buffer in EXTERNAL):
            self.flags[link], self.buffer[link], self.following[link], self.done[link] = flags, buffer, following, 0
            self._set_status(link, RUNNING)
        else:
            self._fail(link)

    def _advance(self, link: int) -> None:
        """Go on to the next descriptor, or to the end of the list."""
        if self.following[link]:
            self._load(link, self.following[link])
        else:
            self._set_status(link, ENDED)

    def _fail(self, link: int) -> None:
        """Halt at a descriptor that cannot be used; RESTART tries again."""
        self._set_status(link, HALTED)
        self.context.cancel("copied", link % CHANNELS)
        self._raise(link, self._side(link)[0].error)

    def _read(self, link: int, address: int, length: int) -> bytes | None:
        """Return what is in memory; None, and the channel halts, where there is none."""
        try:
            return self.context.read_memory(address, length)
        except NoMemoryError:
            self._fail(link)
            return None

    def _write(self, link: int, address: int, content: bytes) -> bool:
        """Store bytes in memory; False, and the channel halts, where it takes none."""
        try:
            self.context.write_memory(address, content)
        except NoMemoryError:
            self._fail(link)
            return False
        return True

    # Data

    def _take(self, n: int, length: int, *, stops_at_eof: bool = False) -> tuple[bytes, bool]:
        """Return up to `length` bytes that OUT channel `n` reads, and whether the last of them ends a frame."""
        link, pieces = OUT + n, []
        is_end = False
        patience = MOST_DESCRIPTORS  # for a ring of descriptors without a byte
        while self.status[link] == RUNNING and length > 0 and patience > 0:
            left = LENGTH.of(self.flags[link]) - self.done[link]
            piece = self._read(link, self.buffer[link] + self.done[link], min(left, length))
            if piece is None:
                break
            pieces.append(piece)
            self.done[link] += len(piece)
            length -= len(piece)
            patience -= not piece
            is_end = len(piece) == left and bool(self.flags[link] & EOF)
            if len(piece) == left:
                self._finish_out(n)
            if is_end and stops_at_eof:
                break
        return b"".join(pieces), is_end

    def _finish_out(self, n: int) -> None:
        """Leave an OUT descriptor whose bytes were all read."""
        link = OUT + n
        flags, address = self.flags[link], self._address(link)
        is_given_back = self.get(self.OUT_CONF0.OUT_AUTO_WRBACK, n) and not self.get(self.OUT_CONF0.OUT_LOOP_TEST, n)
        if is_given_back and not self._write(link, address, (flags & ~OWNER).to_bytes(4, "little")):
            return
        raised = OUT_DONE
        if flags & EOF:
            raised |= OUT_EOF
            if not self.following[link]:
                raised |= OUT_TOTAL_EOF
            self.put(self.OUT_EOF_DES_ADDR, address, n)
            self.put(self.OUT_EOF_BFR_DES_ADDR, self.get(self.OUT_DSCR_BF0, n), n)
        self._raise(link, raised)
        self._advance(link)

    def _give(self, n: int, content: bytes, *, eof: bool) -> int:
        """Store bytes by IN channel `n`, and close its descriptor if `eof`; return how many had room."""
        stored = 0
        while self.status[n] == RUNNING:
            done, room = self.done[n], SIZE.of(self.flags[n])
            piece = content[stored : stored + room - done]
            if piece and not self._write(n, self.buffer[n] + done, piece):
                return stored
            stored += len(piece)
            self.done[n] += len(piece)
            is_last = stored == len(content)
            ends_frame = is_last and eof
            if ends_frame or self.done[n] == room:
                self._finish_in(n, eof=ends_frame)
            if is_last:
                return stored
        if stored < len(content) and self.status[n] == ENDED:
            self._raise(n, IN_DSCR_EMPTY)
        return stored

    def _finish_in(self, n: int, *, eof: bool) -> None:
        """Leave an IN descriptor that is full, or whose frame ended."""
        flags = LENGTH.into(self.flags[n] & (OWNER | SIZE.bits), self.done[n])
        if not self.get(self.IN_CONF0.IN_LOOP_TEST, n):
            flags &= ~OWNER
        flags |= EOF if eof else 0
        if self._write(n, self._address(n), flags.to_bytes(4, "little")):
            if eof:
                self.put(self.IN_SUC_EOF_DES_ADDR, self._address(n), n)
            self._raise(n, IN_DONE | (IN_SUC_EOF if eof else 0))
            self._advance(n)

    # Memory to memory

    def _copy(self, n: int) -> None:
        """Begin to copy what the OUT descriptor still has and the IN descriptor has room for."""
        if self.status[OUT + n] != RUNNING:
            return
        if self.status[n] == ENDED:
            self._raise(n, IN_DSCR_EMPTY)
        if self.status[n] == RUNNING:
            cycles = DESCRIPTOR_CYCLES + -(-self._copy_size(n) // 4) * WORD_CYCLES
            now = self.context.now_ticks()
            self.context.schedule(now + cycles * self.context.clock("apb").period_ticks, "copied", n)

    def _copy_size(self, n: int) -> int:
        left = LENGTH.of(self.flags[OUT + n]) - self.done[OUT + n]
        return min(left, SIZE.of(self.flags[n]) - self.done[n])

    def on_copied(self, n: int) -> None:
        size, link = self._copy_size(n), OUT + n
        is_end = bool(self.flags[link] & EOF) and self.done[link] + size == LENGTH.of(self.flags[link])
        if size:
            content, _ = self._take(n, size)
            if len(content) < size:
                return
            self._give(n, content, eof=is_end)
        elif self.done[link] == LENGTH.of(self.flags[link]):
            self._finish_out(n)
            if is_end:
                self._give(n, b"", eof=True)
        else:
            self._finish_in(n, eof=False)
        self._copy(n)

    # Interrupts

    def _raise(self, link: int, flags: int) -> None:
        side, n = self._side(link)
        self.put(side.raw, self.get(side.raw, n) | flags, n)
        self._update_interrupt(link)

    def _update_interrupt(self, link: int) -> None:
        side, n = self._side(link)
        active = self.get(side.raw, n) & self.get(side.enabled, n)
        self.put(side.shown, active, n)
        self.interrupts[link].set(int(active != 0))

    def write_IN_INT_RAW(self, n: int, value: int) -> None:
        self._update_interrupt(IN + n)

    def write_IN_INT_ENA(self, n: int, value: int) -> None:
        self._update_interrupt(IN + n)

    def write_IN_INT_CLR(self, n: int, value: int) -> None:
        self.put(self.IN_INT_RAW, self.get(self.IN_INT_RAW, n) & ~value, n)
        self._update_interrupt(IN + n)

    def write_OUT_INT_RAW(self, n: int, value: int) -> None:
        self._update_interrupt(OUT + n)

    def write_OUT_INT_ENA(self, n: int, value: int) -> None:
        self._update_interrupt(OUT + n)

    def write_OUT_INT_CLR(self, n: int, value: int) -> None:
        self.put(self.OUT_INT_RAW, self.get(self.OUT_INT_RAW, n) & ~value, n)
        self._update_interrupt(OUT + n)
