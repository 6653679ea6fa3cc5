"""The chip as a slave on an SPI bus: what controllers on the board (`twincore.devices.SpiController`) talk to.

Source: ESP32-S3 Technical Reference Manual, "SPI Controller", its slave mode; the commands of half-duplex transfers by
ESP-IDF's "ESP SPI Slave HD Mode Protocol". Bits are exchanged at the end of a transfer's time, all at once.

Where the manual is silent: a slave takes part whether or not CMD.USR is set, and clears it; with DMA_SLV_SEG_TRANS_EN
the commands End_SEG_TRANS and CMD7 end what Wr_DMA has stored (ESP-IDF's driver ends with CMD7).

Leaves out: commands on several lines ("not modelled" at the first one), clock polarity and phase, RX_EOF_EN of a slave,
SLV_RX_SEG_TRANS_CLR_EN and SLV_TX_SEG_TRANS_CLR_EN.
"""

from __future__ import annotations

from esp32s3.spi_registers import SEG_TRANS_DONE, TRANS_DONE, SpiRegisters
from twincore.model import Field

WR_BUF, RD_BUF, WR_DMA, RD_DMA, END_SEG_TRANS, EN_QPI, CMD7, CMD8, CMD9, CMDA, EX_QPI = (*range(1, 11), 0xDD)
"""Commands of a half-duplex transfer."""

SEVERAL_LINES = (0x10, 0x20, 0x50, 0xA0)
"""Added to a command whose phases run on two or four lines."""

HEAD = 3
"""Command, address and dummy cycles, in bytes."""

BUF_ADDR_ERR, CMD_ERR = 1 << 15, 1 << 16
"""Bits of the interrupt registers."""

DONE = {
    EX_QPI: 1 << 2,
    EN_QPI: 1 << 3,
    CMD7: 1 << 4,
    CMD8: 1 << 5,
    CMD9: 1 << 6,
    CMDA: 1 << 7,
    RD_DMA: 1 << 8,
    WR_DMA: 1 << 9,
    RD_BUF: 1 << 10,
    WR_BUF: 1 << 11,
    END_SEG_TRANS: SEG_TRANS_DONE,
}
"""The bit that the end of each command sets."""


class ChipSlave:
    """A `twincore.devices.spi.SpiSlave` that is the chip; its state is in the registers and in `block`."""

    def __init__(self, block: SpiRegisters) -> None:
        self.block = block

    def follow(self, content: bytes, bits: int) -> bytes:
        """Exchange bits while CS is asserted; all ones come from a chip that does not take part."""
        block = self.block
        if not block.get(block.SLAVE.MODE) or not block.is_selected():
            return b"\xff" * len(content)
        received = block.ordered(content, block.CTRL.RD_BIT_ORDER)
        if block.get(block.USER.DOUTDIN):
            answer = block.fetch(len(content))
            block.store(received, eof=True)
            self._put(block.SLAVE1.SLV_DATA_BITLEN, bits)
            flags = TRANS_DONE
        else:
            answer, flags = self._half_duplex(received, bits)
        block.put(block.CMD.USR, 0)
        block.raise_flags(flags)
        return block.ordered(answer, block.CTRL.WR_BIT_ORDER)

    def _put(self, field: Field, value: int) -> None:
        self.block.put(field, value & field.mask)

    def _half_duplex(self, received: bytes, bits: int) -> tuple[bytes, int]:
        """Carry out a command; return what goes out all the time, and the interrupts."""
        block, silence = self.block, b"\xff" * len(received)
        command, address = received[0], received[1] if len(received) > 1 else 0
        if command & 0xF0 in SEVERAL_LINES and WR_BUF <= command & 0xF <= RD_DMA:
            block.context.unmodelled(f"{block.context.name}: a slave's command on several lines")
            return silence, 0
        self._put(block.SLAVE1.SLV_LAST_COMMAND, command)
        self._put(block.SLAVE1.SLV_LAST_ADDR, address)
        is_segmented = block.get(block.DMA_CONF.DMA_SLV_SEG_TRANS_EN)
        flags = DONE.get(command, CMD_ERR) | (0 if is_segmented else TRANS_DONE)
        data, answer = received[HEAD:], b""
        if command in (WR_BUF, RD_BUF) and address + len(data) > block.buffer_size:
            flags |= BUF_ADDR_ERR
            data = data[: max(block.buffer_size - address, 0)]
        if command == WR_BUF:
            block.put_buffer(address, data)
        elif command == RD_BUF:
            answer = block.buffer(address, len(data))
        elif command == WR_DMA:
            block.give(data, eof=not is_segmented)
            block.is_segment_open = int(is_segmented)
        elif command == RD_DMA:
            answer = block.take_all(len(data))
        elif command in (END_SEG_TRANS, CMD7) and block.is_segment_open:
            block.give(b"", eof=True)
            block.is_segment_open = 0
        slave = block.SLAVE
        counted = {
            WR_BUF: slave.SLV_WRBUF_BITLEN_EN,
            RD_BUF: slave.SLV_RDBUF_BITLEN_EN,
            WR_DMA: slave.SLV_WRDMA_BITLEN_EN,
            RD_DMA: slave.SLV_RDDMA_BITLEN_EN,
        }
        if command in counted and block.get(counted[command]):
            self._put(block.SLAVE1.SLV_DATA_BITLEN, max(bits - 8 * HEAD, 0))
        return silence[:HEAD] + answer + silence[HEAD + len(answer) :], flags
