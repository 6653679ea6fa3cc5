"""SDHOST: the SD/MMC host with nothing in its slots: no command gets a response.

Source: ESP32-S3 Technical Reference Manual, "SD/MMC Host Controller". Resets and new clocks are taken over at once.
Every other register only keeps what is written, and is reported as the SD/MMC host's.

Leaves out: cards, and with them data, DMA and SDIO; the clock's rate (a response is waited for as long as at 400 kHz).
"""

from __future__ import annotations

from twincore.model import RO, TICKS_PER_SECOND, W1C, WT, Context, Field, Peripheral, Register, Registers

COMMAND_DONE, RESPONSE_TIMEOUT = 1 << 2, 1 << 8
"""Bits of the interrupt registers."""

COMMAND_BITS, RESPONSE_BITS, CLOCK_HZ = 48, 64, 400_000
"""A command on the wire, how long its response may take to begin, the rate at which cards are identified."""


class SDHOST(Peripheral):
    """Interrupt: interrupt."""

    size = 0x1000

    class CTRL(Register, offset=0x000):
        CONTROLLER_RESET = Field(0, access=WT)
        FIFO_RESET = Field(1, access=WT)
        DMA_RESET = Field(2, access=WT)
        INT_ENABLE = Field(4)
        READ_WAIT = Field(6)
        SEND_IRQ_RESPONSE = Field(7)
        ABORT_READ_DATA = Field(8)
        SEND_CCSD = Field(9)
        SEND_AUTO_STOP_CCSD = Field(10)
        CEATA_DEVICE_INTERRUPT_STATUS = Field(11)

    class CMD(Register, offset=0x02C, reset=0x2000_0000):
        INDEX = Field(5, 0)
        RESPONSE_EXPECT = Field(6)
        RESPONSE_LENGTH = Field(7)
        CHECK_RESPONSE_CRC = Field(8)
        DATA_EXPECTED = Field(9)
        READ_WRITE = Field(10)
        TRANSFER_MODE = Field(11)
        SEND_AUTO_STOP = Field(12)
        WAIT_PRVDATA_COMPLETE = Field(13)
        STOP_ABORT_CMD = Field(14)
        SEND_INITIALIZATION = Field(15)
        CARD_NUMBER = Field(20, 16)
        UPDATE_CLOCK_REGISTERS_ONLY = Field(21)
        READ_CEATA_DEVICE = Field(22)
        CCS_EXPECTED = Field(23)
        USE_HOLE = Field(29)
        START_CMD = Field(31, access=WT)

    class INTMASK(Register, offset=0x024):
        INT_MASK = Field(15, 0)
        SDIO_INT_MASK = Field(17, 16)

    class MINTSTS(Register, offset=0x040, access=RO):
        INT_STATUS_MSK = Field(15, 0)
        SDIO_INTERRUPT_MSK = Field(17, 16)

    class RINTSTS(Register, offset=0x044, access=W1C):
        INT_STATUS_RAW = Field(15, 0)
        SDIO_INTERRUPT_RAW = Field(17, 16)

    class STATUS(Register, offset=0x048, reset=0x716, access=RO):
        FIFO_RX_WATERMARK = Field(0)
        FIFO_TX_WATERMARK = Field(1)
        FIFO_EMPTY = Field(2)
        FIFO_FULL = Field(3)
        COMMAND_FSM_STATES = Field(7, 4)
        DATA_3_STATUS = Field(8)
        DATA_BUSY = Field(9)
        DATA_STATE_MC_BUSY = Field(10)
        RESPONSE_INDEX = Field(16, 11)
        FIFO_COUNT = Field(29, 17)

    others = Registers("""
        0x06c VERID 0x5432270a VERSIONID[31:0]:RO
        0x070 HCON 0x3444cc3 CARD_TYPE[0]:RO CARD_NUM[5:1]:RO BUS_TYPE[6]:RO DATA_WIDTH[9:7]:RO ADDR_WIDTH[15:10]:RO
          + DMA_WIDTH[20:18]:RO RAM_INDISE[21]:RO HOLD[22]:RO NUM_CLK_DIV[25:24]:RO
    """)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")

    def after_reset(self) -> None:
        self.context.cancel("no_response")
        for field in (self.STATUS.DATA_BUSY, self.STATUS.DATA_STATE_MC_BUSY, self.STATUS.COMMAND_FSM_STATES):
            self.put(field, 0)
        self._update_interrupt()

    def write_CMD(self, value: int) -> None:
        if not self.CMD.START_CMD.of(value) or self.CMD.UPDATE_CLOCK_REGISTERS_ONLY.of(value):
            return
        is_answered = self.CMD.RESPONSE_EXPECT.of(value)
        bits = COMMAND_BITS + (RESPONSE_BITS if is_answered else 0)
        flags = COMMAND_DONE | (RESPONSE_TIMEOUT if is_answered else 0)
        self.context.schedule(self.context.now_ticks() + bits * TICKS_PER_SECOND // CLOCK_HZ, "no_response", flags)

    def on_no_response(self, flags: int) -> None:
        self.put(self.RINTSTS, self.get(self.RINTSTS) | flags)
        self._update_interrupt()

    def _update_interrupt(self) -> None:
        active = self.get(self.RINTSTS) & self.get(self.INTMASK)
        self.put(self.MINTSTS, active)
        self.interrupt.set(int(active != 0 and self.get(self.CTRL.INT_ENABLE) == 1))

    def write_CTRL(self, value: int) -> None:
        self._update_interrupt()

    def write_INTMASK(self, value: int) -> None:
        self._update_interrupt()

    def write_RINTSTS(self, value: int) -> None:
        self._update_interrupt()
