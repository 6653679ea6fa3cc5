"""AES: the accelerator for the block cipher, a block at a time by registers, or many in a mode by DMA.

Source: ESP32-S3 Technical Reference Manual, "AES Accelerator"; FIPS 197; NIST SP 800-38A (modes).

A block by registers takes a cycle of the crypto clock a round and one more. By DMA it takes `DMA_BLOCK_CYCLES`, the
rate that ESP-IDF's driver counts on (30 000 bytes in half a millisecond). Everything happens at the end of that time;
data that DMA does not bring, and room that it lacks, are waited for until software starts or restarts the channel.

Leaves out: keys of 192 bits and GCM (this chip's manual names neither; the registers only keep what is written).
"""

from __future__ import annotations

from collections.abc import Callable

from esp32s3 import gdma
from esp32s3.aes_cipher import BLOCK, Aes
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

DMA_BLOCK_CYCLES = 42

IDLE, WORK, DONE = range(3)
"""STATE."""

ECB, CBC, OFB, CTR, CFB8, CFB128, GCM = range(7)
"""BLOCK_MODE."""

STARVED, FULL = 1, 2
"""What is missing: data from DMA, room for it."""

KEY_SIZES = {0: 16, 2: 32}
"""Bytes of a key by the lower two bits of MODE; the third one is set to decrypt."""
DECRYPT = 4


def carry_out(
    cipher: Aes, mode: int, content: bytes, vector: bytes, *, decrypts: bool, counter_bits: int = 32
) -> tuple[bytes, bytes]:
    """Return whole blocks in one of the modes ECB to CFB128, and the vector that goes on behind them."""
    result = bytearray()
    chained = int.from_bytes(vector, "big")

    def keyed(transform: Callable[[bytes], bytes], number: int) -> int:
        return int.from_bytes(transform(number.to_bytes(BLOCK, "big")), "big")

    for at in range(0, len(content), BLOCK):
        taken = int.from_bytes(content[at : at + BLOCK], "big")
        if mode == ECB:
            given = keyed(cipher.decrypt if decrypts else cipher.encrypt, taken)
        elif mode == CBC and decrypts:
            given, chained = keyed(cipher.decrypt, taken) ^ chained, taken
        elif mode == CBC:
            given = chained = keyed(cipher.encrypt, taken ^ chained)
        elif mode == OFB:
            chained = keyed(cipher.encrypt, chained)
            given = taken ^ chained
        elif mode == CTR:
            given = taken ^ keyed(cipher.encrypt, chained)
            mask = (1 << counter_bits) - 1
            chained = chained & ~mask | (chained + 1) & mask
        elif mode == CFB128:
            given = taken ^ keyed(cipher.encrypt, chained)
            chained = taken if decrypts else given
        else:
            given = 0
            for shift in range(8 * BLOCK - 8, -8, -8):
                one = taken >> shift & 0xFF
                out = one ^ keyed(cipher.encrypt, chained) >> 8 * BLOCK - 8
                given = given << 8 | out
                chained = (chained << 8 | (one if decrypts else out)) & (1 << 8 * BLOCK) - 1
        result += given.to_bytes(BLOCK, "big")
    return bytes(result), chained.to_bytes(BLOCK, "big")


class AES(Peripheral):
    """Interrupt: interrupt."""

    size = 0x1000

    class KEY(Register, offset=0x000, count=8, names="KEY[{}]"):
        KEY = Field(31, 0)

    class TEXT_IN(Register, offset=0x020, count=4, names="TEXT_IN[{}]"):
        TEXT_IN = Field(31, 0)

    class TEXT_OUT(Register, offset=0x030, count=4, names="TEXT_OUT[{}]"):
        TEXT_OUT = Field(31, 0)

    class MODE(Register, offset=0x040):
        MODE = Field(2, 0, doc="0 AES-128, 2 AES-256; 4 more to decrypt")

    class TRIGGER(Register, offset=0x048, access=WT):
        TRIGGER = Field(0)

    class STATE(Register, offset=0x04C, access=RO):
        STATE = Field(1, 0, doc="0 idle, 1 at work, 2 done by DMA until DMA_EXIT")

    class IV_MEM(Register, offset=0x050, count=4, names="IV_MEM[{}]"):
        pass

    class H_MEM(Register, offset=0x060, count=4, names="H_MEM[{}]"):
        pass

    class J0_MEM(Register, offset=0x070, count=4, names="J0_MEM[{}]"):
        pass

    class T0_MEM(Register, offset=0x080, count=4, names="T0_MEM[{}]"):
        pass

    class BLOCK_NUM(Register, offset=0x098):
        BLOCK_NUM = Field(31, 0)

    class CONTINUE(Register, offset=0x0A8, access=WT):
        CONTINUE = Field(0)

    class INT_CLR(Register, offset=0x0AC, access=WT):
        INT_CLEAR = Field(0)

    class INT_ENA(Register, offset=0x0B0):
        INT_ENA = Field(0)

    class DMA_EXIT(Register, offset=0x0B8, access=WT):
        DMA_EXIT = Field(0, doc="any write: leave the state done")

    others = Registers("""
        0x090 DMA_ENABLE 0x0 DMA_ENABLE[0]
        0x094 BLOCK_MODE 0x0 BLOCK_MODE[2:0]
        0x09c INC_SEL 0x0 INC_SEL[0]
        0x0a0 AAD_BLOCK_NUM 0x0 AAD_BLOCK_NUM[31:0]
        0x0a4 REMAINDER_BIT_NUM 0x0 REMAINDER_BIT_NUM[6:0]
        0x0b4 DATE 0x20191210 DATE[29:0]
    """)
    DMA_ENABLE = others.registers["DMA_ENABLE"]
    BLOCK_MODE = others.registers["BLOCK_MODE"]
    INC_SEL = others.registers["INC_SEL"]

    taken: bytes = state(b"")
    """What DMA has brought while it brings not all."""
    waiting: bytes = state(b"")
    """What DMA has not taken yet."""
    stalled: int = state(0)
    is_done: int = state(0)
    """The interrupt before INT_ENA."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self._dma: gdma.DMA | None = None

    def connect(self) -> None:
        dma = self.context.block("DMA")
        if isinstance(dma, gdma.DMA):
            self._dma = dma
            dma.listen(gdma.AES, self._dma_started)

    def after_reset(self) -> None:
        for name in ("block", "blocks"):
            self.context.cancel(name)
        self._update_interrupt()

    def _bytes(self, first: type[Register], words: int) -> bytes:
        return self.words[first.index : first.index + words].tobytes()

    def _cipher(self) -> Aes | None:
        """Return the cipher that KEY and MODE set up."""
        mode = self.get(self.MODE)
        size = KEY_SIZES.get(mode & 3)
        if size is None:
            self.context.unmodelled(f"{self.context.name}.MODE {mode}")
            return None
        return Aes(self._bytes(self.KEY, size // 4))

    def write_TRIGGER(self, value: int) -> None:
        if not self.TRIGGER.TRIGGER.of(value) or self.get(self.STATE) == WORK:
            return
        is_dma = self.get(self.DMA_ENABLE)
        if is_dma and self.get(self.BLOCK_MODE) >= GCM:
            self.context.unmodelled(f"{self.context.name}.BLOCK_MODE {self.get(self.BLOCK_MODE)}")
            return
        cipher = self._cipher()
        if cipher is None:
            return
        self.put(self.STATE, WORK)
        cycles = self.get(self.BLOCK_NUM) * DMA_BLOCK_CYCLES if is_dma else cipher.rounds + 1
        ticks = cycles * self.context.clock("crypto").period_ticks
        self.context.schedule(self.context.now_ticks() + ticks, "blocks" if is_dma else "block")

    def write_CONTINUE(self, value: int) -> None:
        if self.CONTINUE.CONTINUE.of(value):
            self.context.unmodelled(f"{self.context.name}.CONTINUE")

    def on_block(self) -> None:
        """A block by registers is over."""
        cipher = self._cipher()
        if cipher is not None:
            content = self._bytes(self.TEXT_IN, 4)
            result = cipher.decrypt(content) if self.get(self.MODE) & DECRYPT else cipher.encrypt(content)
            self.words[self.TEXT_OUT.index : self.TEXT_OUT.index + 4] = memoryview(result).cast("I")
        self.put(self.STATE, IDLE)

    # By DMA

    def on_blocks(self) -> None:
        """The time of all blocks is over: work them out, if they are there."""
        length = self.get(self.BLOCK_NUM) * BLOCK
        if self._dma is not None:
            self.taken += self._dma.take(gdma.AES, length - len(self.taken))
        cipher = self._cipher()
        self.stalled = STARVED if len(self.taken) < length else 0
        if self.stalled or cipher is None:
            return
        self.waiting, vector = carry_out(
            cipher,
            self.get(self.BLOCK_MODE),
            self.taken,
            self._bytes(self.IV_MEM, 4),
            decrypts=bool(self.get(self.MODE) & DECRYPT),
            counter_bits=128 if self.get(self.INC_SEL) else 32,
        )
        self.taken = b""
        self.words[self.IV_MEM.index : self.IV_MEM.index + 4] = memoryview(vector).cast("I")
        self._deliver()

    def _deliver(self) -> None:
        """Have DMA take the result; done when it has taken all."""
        if self._dma is not None:
            self.waiting = self.waiting[self._dma.give(gdma.AES, self.waiting, eof=True) :]
        self.stalled = FULL if self.waiting else 0
        if not self.stalled:
            self.put(self.STATE, DONE)
            self.is_done = 1
            self._update_interrupt()

    def _dma_started(self, is_out: bool) -> None:
        if self.stalled == STARVED and is_out:
            self.on_blocks()
        elif self.stalled == FULL and not is_out:
            self._deliver()

    def write_DMA_EXIT(self, value: int) -> None:
        self.put(self.STATE, IDLE)

    # Interrupt

    def _update_interrupt(self) -> None:
        self.interrupt.set(self.is_done & self.get(self.INT_ENA))

    def write_INT_CLR(self, value: int) -> None:
        if self.INT_CLR.INT_CLEAR.of(value):
            self.is_done = 0
        self._update_interrupt()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupt()
