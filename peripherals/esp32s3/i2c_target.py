"""The chip as a target on an I2C bus: what controllers on the board (`twincore.devices.I2cController`) talk to.

Where the manual is silent: each cause holds SCL low once a byte, and when software lets it go the byte is taken or sent
with the FIFO as it is; an address 0 in SLAVE_ADDR is none; without SLV_TX_AUTO_START_EN and TRANS_START a target takes
part all the same.

Leaves out: SLAVE_BYTE_ACK_CTL_EN ("not modelled" when it is set), STRETCH_PROTECT_NUM, ADDR_10BIT_RW_CHECK_EN, the
timeouts of a target.
"""

from __future__ import annotations

from esp32s3.i2c_registers import (
    BYTE_TRANS_DONE,
    DET_START,
    FIFO_SIZE,
    GENERAL_CALL,
    NACK,
    NOTHING,
    SLAVE_STRETCH,
    TRANS_COMPLETE,
    I2cRegisters,
)
from twincore.model import NEVER

ADDRESSED, TX_EMPTY, RX_FULL = 0, 1, 2
"""STRETCH_CAUSE."""


class ChipTarget:
    """An `I2cTarget` that is the chip; its state is in the registers and in the declared state of `block`."""

    def __init__(self, block: I2cRegisters) -> None:
        self.block = block

    @property
    def ten_bit(self) -> bool:
        """Tell whether the address has ten bits."""
        return bool(self.block.get(self.block.SLAVE_ADDR.ADDR_10BIT_EN))

    @property
    def address(self) -> int:
        """The address; of ten bits the register holds the first byte without its R/W bit, and the second one above."""
        value = self.block.get(self.block.SLAVE_ADDR.SLAVE_ADDR)
        return (value & 3) << 8 | value >> 7 if self.ten_bit else value & 0x7F

    def answers(self, address: int) -> bool:
        """Return whether `address` is the chip's, or a general call that it follows."""
        block = self.block
        if block.get(block.CTR.MS_MODE):
            return False
        if address == 0 and not self.ten_bit:
            is_called = bool(block.get(block.CTR.ADDR_BROADCASTING_EN))
            if is_called:
                block.raise_flags(GENERAL_CALL)
            return is_called
        return address == self.address

    def start(self, *, is_read: bool) -> bool:
        """Take part in a transfer."""
        block = self.block
        block.put(block.SR.SLAVE_ADDRESSED, 1)
        block.put(block.SR.SLAVE_RW, is_read)
        block.let_go, block.bytes_seen = NOTHING, 0
        return True

    def write(self, byte: int) -> bool:
        """Put down a byte; return whether it is acknowledged."""
        block = self.block
        if not block.get(block.SR.SLAVE_ADDRESSED):
            return False  # the chip was reset meanwhile
        is_lost = self._is_full()
        if block.get(block.FIFO_CONF.FIFO_ADDR_CFG_EN) and not block.has_fifos() and not block.bytes_seen:
            block.put(block.FIFO_ST.RXFIFO_WADDR, byte)
            block.put(block.FIFO_ST.TXFIFO_RADDR, byte)
        else:
            block.give_rx(byte)
        self._byte_done(BYTE_TRANS_DONE)
        return not (is_lost and block.get(block.CTR.RX_FULL_ACK_LEVEL))

    def read(self, *, is_last: bool) -> int:
        """Return the byte to send."""
        block = self.block
        if not block.get(block.SR.SLAVE_ADDRESSED):
            return 0xFF
        byte = block.take_tx()
        self._byte_done(BYTE_TRANS_DONE | (NACK if is_last else 0))
        return byte

    def hold_ticks(self) -> int:
        """Hold SCL low before a byte, where that is asked for, until software lets it go."""
        block = self.block
        if not block.get(block.SR.SLAVE_ADDRESSED) or not block.get(block.SCL_STRETCH_CONF.SLAVE_SCL_STRETCH_EN):
            return 0
        if block.stretch == NOTHING:
            cause = self._cause()
            if cause <= block.let_go:
                return 0
            block.stretch = cause
            block.put(block.SR.STRETCH_CAUSE, cause)
            block.raise_flags(SLAVE_STRETCH)
        return NEVER

    def stop(self) -> None:
        """Follow the end of a transfer that the chip took part in."""
        self.block.put(self.block.SR.SLAVE_ADDRESSED, 0)

    def follow_start(self) -> None:
        """See a START."""
        if not self.block.get(self.block.CTR.MS_MODE):
            self.block.raise_flags(DET_START)

    def follow_stop(self) -> None:
        """See a STOP."""
        if not self.block.get(self.block.CTR.MS_MODE):
            self.block.raise_flags(TRANS_COMPLETE)

    def configure(self, value: int) -> None:
        """Follow a store to SCL_STRETCH_CONF."""
        block = self.block
        conf = block.SCL_STRETCH_CONF
        if conf.SLAVE_BYTE_ACK_CTL_EN.of(value):
            block.context.unmodelled(f"{block.context.name}.SCL_STRETCH_CONF.SLAVE_BYTE_ACK_CTL_EN")
        is_over = conf.SLAVE_SCL_STRETCH_CLR.of(value) or not conf.SLAVE_SCL_STRETCH_EN.of(value)
        if block.stretch != NOTHING and is_over:
            block.let_go, block.stretch = block.stretch, NOTHING

    def _is_full(self) -> bool:
        return self.block.has_fifos() and self.block.get(self.block.SR.RXFIFO_CNT) == FIFO_SIZE

    def _cause(self) -> int:
        """Return why SCL is to be held low before the next byte, NOTHING if it is not."""
        block = self.block
        if not block.get(block.SR.SLAVE_RW):
            return RX_FULL if self._is_full() else NOTHING
        if block.bytes_seen == 0 and block.let_go == NOTHING:
            return ADDRESSED
        return TX_EMPTY if block.has_fifos() and not block.get(block.SR.TXFIFO_CNT) else NOTHING

    def _byte_done(self, flags: int) -> None:
        self.block.bytes_seen += 1
        self.block.let_go = NOTHING
        self.block.raise_flags(flags)
