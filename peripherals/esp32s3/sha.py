"""SHA: the hash accelerator.

Source: ESP32-S3 Technical Reference Manual, "SHA Accelerator"; FIPS 180-4.

Firmware writes a block to M_MEM, or has DMA bring blocks, starts or continues, and reads the state from H_MEM. The
state is worked out when it is looked at: a message that ended with its padding by the host's hash functions, anything
else block by block.

A block takes a cycle of the crypto clock a round, and one a word that DMA brings (the manual gives no figures). Blocks
that DMA does not bring are waited for until software starts or restarts the channel. START with MODE 7 makes the
initial value of SHA-512/t from T_STRING and T_LENGTH.

Leaves out: what software sees of M_MEM and H_MEM while the engine is busy.
"""

from __future__ import annotations

from collections.abc import Mapping

from esp32s3 import gdma
from esp32s3.sha_functions import KINDS, SHA_512_T, advanced, begun, variant
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, Value, state


class SHA(Peripheral):
    """Interrupt: interrupt."""

    size = 0x100

    class START(Register, offset=0x010, access=WT):
        START = Field(31, 1, doc="any write: hash M_MEM from the initial value")

    class CONTINUE(Register, offset=0x014, access=WT):
        CONTINUE = Field(31, 1, doc="any write: hash M_MEM from H_MEM")

    class DMA_START(Register, offset=0x01C, access=WT):
        DMA_START = Field(0)

    class DMA_CONTINUE(Register, offset=0x020, access=WT):
        DMA_CONTINUE = Field(0)

    class BUSY(Register, offset=0x018, access=RO):
        STATE = Field(0)

    class H_MEM(Register, offset=0x040, count=16, names="H_MEM[{}]"):
        pass

    class M_MEM(Register, offset=0x080, count=32, names="M_MEM[{}]"):
        pass

    others = Registers("""
        0x000 MODE 0x0 MODE[2:0]
        0x004 T_STRING 0x0 T_STRING[31:0]
        0x008 T_LENGTH 0x0 T_LENGTH[5:0]
        0x00c DMA_BLOCK_NUM 0x0 DMA_BLOCK_NUM[5:0]
        0x024 CLEAR_IRQ 0x0 CLEAR_INTERRUPT[0]:WT
        0x028 IRQ_ENA 0x0 INTERRUPT_ENA[0]
        0x02c DATE 0x20190402 DATE[29:0]
    """)

    MODE = others.registers["MODE"]
    T_STRING = others.registers["T_STRING"]
    T_LENGTH = others.registers["T_LENGTH"]
    DMA_BLOCK_NUM = others.registers["DMA_BLOCK_NUM"]
    IRQ_ENA = others.registers["IRQ_ENA"]

    fed: bytes = state(b"")
    """What was fed and not worked out yet, as far as `_blocks` does not hold it: a message is joined once."""
    mode: int = state(0)
    """MODE of what was fed."""
    is_new: int = state(0)
    """Whether what was fed starts from the initial value."""

    by_dma: int = state(0)
    """Whether DMA brings the blocks that are being hashed."""
    starts: int = state(0)
    """Whether they are a message's first ones."""
    taken: bytes = state(b"")
    """What DMA has brought of them."""
    is_starved: int = state(0)
    """Whether it has to bring more."""
    is_done: int = state(0)
    """The interrupt before IRQ_ENA."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self._blocks: list[bytes] = []
        self._dma: gdma.DMA | None = None

    def connect(self) -> None:
        dma = self.context.block("DMA")
        if isinstance(dma, gdma.DMA):
            self._dma = dma
            dma.listen(gdma.SHA, self._dma_started)

    def after_reset(self) -> None:
        self._blocks.clear()
        self.context.cancel("done")
        self._update_interrupt()

    def _join(self) -> None:
        if self._blocks:
            self.fed = b"".join((self.fed, *self._blocks))
            self._blocks.clear()

    def state(self) -> dict[str, Value]:
        self._join()
        return super().state()

    def restore(self, saved: Mapping[str, Value]) -> None:
        super().restore(saved)
        self._blocks.clear()

    @property
    def _is_fed(self) -> bool:
        return bool(self._blocks or self.fed)

    # Blocks by M_MEM

    def write_START(self, value: int) -> None:
        if self.get(self.MODE) == SHA_512_T:
            self._make_initial_value()
        else:
            self._feed(self._message_block(), starts=True)
        self._be_busy(KINDS[self.get(self.MODE)].rounds)

    def write_CONTINUE(self, value: int) -> None:
        self._feed(self._message_block(), starts=False)
        self._be_busy(KINDS[self.get(self.MODE)].rounds)

    def _message_block(self) -> bytes:
        first = self.M_MEM.index
        return self.words[first : first + KINDS[self.get(self.MODE)].block // 4].tobytes()

    def _make_initial_value(self) -> None:
        """Set H_MEM to the initial value of SHA-512/t."""
        self._forget()
        text = b"SHA-512/" + self.get(self.T_STRING).to_bytes(4, "big")
        self._set_state(variant(text, 64 + self.get(self.T_LENGTH)))

    def _be_busy(self, cycles: int, *, by_dma: int = 0) -> None:
        self.put(self.BUSY, 1)
        self.by_dma = by_dma
        ticks = cycles * self.context.clock("crypto").period_ticks
        self.context.schedule(self.context.now_ticks() + ticks, "done")

    def on_done(self) -> None:
        """The time is over."""
        if self.by_dma and not self._fetch():
            return
        self.put(self.BUSY, 0)
        if self.by_dma:
            self.is_done = 1
            self._update_interrupt()

    # Blocks by DMA

    def write_DMA_START(self, value: int) -> None:
        self._begin_dma(value, starts=1)

    def write_DMA_CONTINUE(self, value: int) -> None:
        self._begin_dma(value, starts=0)

    def _begin_dma(self, value: int, *, starts: int) -> None:
        if value & 1:
            kind = KINDS[self.get(self.MODE)]
            self.starts, self.taken, self.is_starved = starts, b"", 0
            self._be_busy(self.get(self.DMA_BLOCK_NUM) * (kind.rounds + kind.block // 4), by_dma=1)

    def _fetch(self) -> bool:
        """Feed the blocks that DMA has brought; return whether they are all there."""
        length = self.get(self.DMA_BLOCK_NUM) * KINDS[self.get(self.MODE)].block
        if self._dma is not None:
            self.taken += self._dma.take(gdma.SHA, length - len(self.taken))
        self.is_starved = int(len(self.taken) < length)
        if self.is_starved:
            return False
        if self.taken:
            self._feed(self.taken, starts=bool(self.starts))
        self.taken = b""
        return True

    def _dma_started(self, is_out: bool) -> None:
        if is_out and self.is_starved:
            self.on_done()

    # The state

    def _forget(self) -> None:
        self.fed = b""
        self._blocks.clear()

    def _feed(self, content: bytes, *, starts: bool) -> None:
        """Take on blocks that begin a message, or that go on from what was fed, or from H_MEM."""
        mode = self.get(self.MODE)
        if starts:
            self._forget()
        elif self._is_fed and mode != self.mode:
            self._settle()
        if not self._is_fed:
            self.is_new = int(starts)
        self.mode = mode
        self._blocks.append(content)

    def read_H_MEM(self, n: int) -> int:
        if self._is_fed:
            self._settle()
        return self.words[self.H_MEM.index + n]

    def write_H_MEM(self, n: int, value: int) -> None:
        if self._is_fed:
            self._settle()
            self.words[self.H_MEM.index + n] = value

    def _settle(self) -> None:
        """Work out the state after all blocks that were fed, into H_MEM."""
        kind = KINDS[self.mode]
        self._join()
        content, self.fed = self.fed, b""
        old = self.words[self.H_MEM.index : self.H_MEM.index + 16].tobytes()
        self._set_state(begun(kind, content) if self.is_new else advanced(kind, old, content))

    def _set_state(self, content: bytes) -> None:
        first = self.H_MEM.index
        self.words[first : first + len(content) // 4] = memoryview(content).cast("I")

    # Interrupt

    def _update_interrupt(self) -> None:
        self.interrupt.set(self.is_done & self.get(self.IRQ_ENA))

    def write_CLEAR_IRQ(self, value: int) -> None:
        if value & 1:
            self.is_done = 0
        self._update_interrupt()

    def write_IRQ_ENA(self, value: int) -> None:
        self._update_interrupt()
