"""HMAC: HMAC-SHA256 with a key that only the hardware knows, for software or for the digital signature.

Source: ESP32-S3 Technical Reference Manual, "HMAC Accelerator"; RFC 2104.

A key of EFUSE serves one purpose, one for 5 serves 6 and 7 too. Upstream (8): software feeds a message in blocks of
64 bytes, the last one padded by itself (SET_MESSAGE_PAD, ONE_BLOCK) or by the hardware (SET_MESSAGE_END), and reads the
result. Downstream (5 to 7): the result over 32 bytes of ones goes to DS (7), to JTAG (6), or to both (5).

A block takes as long as in SHA; results are there at once.

Leaves out: JTAG (the result for it is not compared with WR_JTAG), what software sees while the engine is busy.
"""

from __future__ import annotations

import hashlib

from esp32s3.efuse import EFUSE
from esp32s3.sha_functions import KINDS, begun
from twincore.model import RO, WT, Context, Field, Peripheral, Register, Registers, state

DOWN_ALL, DOWN_JTAG, DOWN_DS, UP = 5, 6, 7, 8
"""Purposes of a key."""

BLOCK = 64
SHA256 = KINDS[2]
BLOCK_CYCLES = SHA256.rounds + BLOCK // 4

OFF, STARTED, CONFIGURED = range(3)
"""What the engine is."""


def _with_key(key: bytes, pad: int) -> bytes:
    return bytes(byte ^ pad for byte in key.ljust(BLOCK, b"\0"))


class HMAC(Peripheral):
    """For DS: `ds_key` is the result of downstream mode, empty when there is none."""

    size = 0x1000

    class SET_START(Register, offset=0x040, access=WT):
        SET_START = Field(0)

    class SET_PARA_PURPOSE(Register, offset=0x044, access=WT):
        PURPOSE_SET = Field(3, 0)

    class SET_PARA_KEY(Register, offset=0x048, access=WT):
        KEY_SET = Field(2, 0)

    class SET_PARA_FINISH(Register, offset=0x04C, access=WT):
        SET_PARA_END = Field(0)

    class SET_MESSAGE_ONE(Register, offset=0x050, access=WT):
        SET_TEXT_ONE = Field(0, doc="write 1: take a block")

    class SET_MESSAGE_ING(Register, offset=0x054, access=WT):
        SET_TEXT_ING = Field(0, doc="write 1: another block follows")

    class SET_MESSAGE_END(Register, offset=0x058, access=WT):
        SET_TEXT_END = Field(0, doc="write 1: the message is over, and not padded")

    class SET_RESULT_FINISH(Register, offset=0x05C, access=WT):
        SET_RESULT_END = Field(0)

    class SET_INVALIDATE_JTAG(Register, offset=0x060, access=WT):
        SET_INVALIDATE_JTAG = Field(0)

    class SET_INVALIDATE_DS(Register, offset=0x064, access=WT):
        SET_INVALIDATE_DS = Field(0)

    class QUERY_ERROR(Register, offset=0x068, access=RO):
        QUERY_CHECK = Field(0, doc="1: the key is for something else")

    class QUERY_BUSY(Register, offset=0x06C, access=RO):
        BUSY_STATE = Field(0)

    class WR_MESSAGE_MEM(Register, offset=0x080, count=16, names="WR_MESSAGE_MEM[{}]"):
        pass

    class RD_RESULT_MEM(Register, offset=0x0C0, access=RO, count=8, names="RD_RESULT_MEM[{}]"):
        pass

    class SET_MESSAGE_PAD(Register, offset=0x0F0, access=WT):
        SET_TEXT_PAD = Field(0, doc="write 1: the next block is the last, and padded")

    class ONE_BLOCK(Register, offset=0x0F4, access=WT):
        SET_ONE_BLOCK = Field(0, doc="write 1: the block was the only one, and padded")

    class SOFT_JTAG_CTRL(Register, offset=0x0F8, access=WT):
        SOFT_JTAG_CTRL = Field(0)

    class WR_JTAG(Register, offset=0x0FC, access=WT):
        WR_JTAG = Field(31, 0)

    others = Registers("0x1fc DATE 0x2101070 DATE[27:0]")

    phase: int = state(OFF)
    purpose: int = state(0)
    key_number: int = state(0)
    message: bytes = state(b"")
    pads_next: int = state(0)
    """Whether the next block is the last."""
    ds_key: bytes = state(b"")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._efuse: EFUSE | None = None

    def connect(self) -> None:
        efuse = self.context.block("EFUSE")
        self._efuse = efuse if isinstance(efuse, EFUSE) else None

    def after_reset(self) -> None:
        self.context.cancel("idle")

    def _be_busy(self, blocks: int) -> None:
        self.put(self.QUERY_BUSY, 1)
        ticks = blocks * BLOCK_CYCLES * self.context.clock("crypto").period_ticks
        self.context.schedule(self.context.now_ticks() + ticks, "idle")

    def on_idle(self) -> None:
        self.put(self.QUERY_BUSY, 0)

    # Key and purpose

    def write_SET_START(self, value: int) -> None:
        if value & 1:
            self.phase, self.message, self.pads_next = STARTED, b"", 0
            self.put(self.QUERY_ERROR, 0)

    def write_SET_PARA_PURPOSE(self, value: int) -> None:
        self.purpose = value & 15

    def write_SET_PARA_KEY(self, value: int) -> None:
        self.key_number = value & 7

    def write_SET_PARA_FINISH(self, value: int) -> None:
        if not value & 1 or self.phase != STARTED:
            return
        is_right = False
        if DOWN_ALL <= self.purpose <= UP and self.key_number < 6 and self._efuse is not None:
            of_key = self._efuse.key_purpose(self.key_number)
            is_right = of_key == self.purpose or (of_key == DOWN_ALL and self.purpose != UP)
        self.put(self.QUERY_ERROR, int(not is_right))
        if not is_right:
            return
        self.phase = CONFIGURED
        if self.purpose in (DOWN_DS, DOWN_ALL):
            self.ds_key = self._result(hashlib.sha256(_with_key(self._key(), 0x36) + b"\xff" * 32).digest())
        self._be_busy(1 if self.purpose == UP else 4)

    def _key(self) -> bytes:
        return b"" if self._efuse is None else self._efuse.key(self.key_number)

    def _result(self, inner: bytes) -> bytes:
        """Return the outer hash over the inner one."""
        return hashlib.sha256(_with_key(self._key(), 0x5C) + inner).digest()

    # A message

    def write_SET_MESSAGE_ONE(self, value: int) -> None:
        if value & 1 and self.phase == CONFIGURED and self.purpose == UP:
            first = self.WR_MESSAGE_MEM.index
            self.message += self.words[first : first + 16].tobytes()
            self._be_busy(1)
            if self.pads_next:
                self._finish_padded()

    def write_SET_MESSAGE_PAD(self, value: int) -> None:
        self.pads_next = value & 1

    def write_ONE_BLOCK(self, value: int) -> None:
        if value & 1 and self.message:
            self._finish_padded()

    def _finish_padded(self) -> None:
        """Show the result of a message that software has padded, the key's block counted."""
        self._show(begun(SHA256, _with_key(self._key(), 0x36) + self.message))

    def write_SET_MESSAGE_END(self, value: int) -> None:
        if value & 1 and self.message:
            self._show(hashlib.sha256(_with_key(self._key(), 0x36) + self.message).digest())

    def _show(self, inner: bytes) -> None:
        first = self.RD_RESULT_MEM.index
        self.words[first : first + 8] = memoryview(self._result(inner)).cast("I")
        self._be_busy(3)

    def write_SET_RESULT_FINISH(self, value: int) -> None:
        """Any write: ESP-IDF writes 2."""
        self.phase, self.message, self.pads_next = OFF, b"", 0

    # Downstream

    def write_SET_INVALIDATE_DS(self, value: int) -> None:
        if value & 1:
            self.ds_key = b""

    def write_SOFT_JTAG_CTRL(self, value: int) -> None:
        if value & 1:
            self.context.unmodelled(f"{self.context.name}.SOFT_JTAG_CTRL")
