"""I2C: a bus controller that carries out a list of commands, with FIFOs of 32 bytes.

Source: ESP32-S3 Technical Reference Manual, "I2C Controller"; NXP UM10204, "I2C-bus specification". On the bus are
`twincore.devices.I2cDevice`s. Nobody at an address gives a NACK, nobody to read from gives 0xFF, as with pull-ups and
nothing else on the wires. Each START, byte and STOP is an event at the end of its time on the wire.

Where the manual is silent or wrong: SR.RESP_REC is 1 after a byte that was acknowledged (esp-hal relies on it; the
manual says 0), and a byte that is not leads to a STOP by itself (ESP-IDF's driver waits for it). What goes out when the
transmit FIFO runs empty is not documented; here it is the next byte of the FIFO's RAM.

Leaves out: target mode, a second controller on the bus (arbitration is never lost), the wires (SCL and SDA reach no
pin), CONF_UPGATE (a configuration acts when it is written), filters, sample and hold times, SCL_PD_EN and SDA_PD_EN,
RX_FULL_ACK_LEVEL, the states in SR, SCLK_ACTIVE.
"""

from __future__ import annotations

from twincore.devices import I2cDevice
from twincore.model import RO, WO, WT, Context, Field, Peripheral, Register, Registers, state

FIFO_SIZE, COMMANDS = 32, 8

RXFIFO_WM, TXFIFO_WM, RXFIFO_OVF, END_DETECT, BYTE_TRANS_DONE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4
MST_TXFIFO_UDF, TRANS_COMPLETE, TIME_OUT, TRANS_START, NACK = 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10
TXFIFO_OVF, RXFIFO_UDF, SCL_ST_TO, SCL_MAIN_ST_TO, DET_START = 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15
"""Bits of the interrupt registers."""

WRITE, STOP, READ, END, RSTART = 1, 2, 3, 4, 6
"""OP_CODE of a command."""

NO_COMMAND, FINAL_STOP = -1, -2
"""In place of a command's number: none is being carried out; the STOP after a NACK is."""

FREE, ADDRESS, ADDRESS_LOW, WRITING, READING = range(5)
"""What the bus expects: nothing, an address, the second byte of a ten-bit one, bytes for or from the targets."""


def _reversed(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)


class I2C(Peripheral):
    """Interrupt: interrupt. A bus of `I2cDevice`s."""

    size = 0x1000
    device_class = I2cDevice

    class CTR(Register, offset=0x004, reset=0x20B):
        SDA_FORCE_OUT = Field(0)
        SCL_FORCE_OUT = Field(1)
        SAMPLE_SCL_LEVEL = Field(2)
        RX_FULL_ACK_LEVEL = Field(3)
        MS_MODE = Field(4, doc="1: controller, 0: target")
        TRANS_START = Field(5, access=WT, doc="write 1: carry out the commands from the first one on")
        TX_LSB_FIRST = Field(6)
        RX_LSB_FIRST = Field(7)
        CLK_EN = Field(8)
        ARBITRATION_EN = Field(9)
        FSM_RST = Field(10, access=WT, doc="write 1: let go of the bus")
        CONF_UPGATE = Field(11, access=WT)
        SLV_TX_AUTO_START_EN = Field(12)
        ADDR_10BIT_RW_CHECK_EN = Field(13)
        ADDR_BROADCASTING_EN = Field(14)

    class SR(Register, offset=0x008, reset=0xC000, access=RO):
        RESP_REC = Field(0, doc="1: the last byte written was acknowledged")
        SLAVE_RW = Field(1)
        ARB_LOST = Field(3)
        BUS_BUSY = Field(4, doc="from START to STOP")
        SLAVE_ADDRESSED = Field(5)
        RXFIFO_CNT = Field(13, 8)
        STRETCH_CAUSE = Field(15, 14)
        TXFIFO_CNT = Field(23, 18)
        SCL_MAIN_STATE_LAST = Field(26, 24)
        SCL_STATE_LAST = Field(30, 28)

    class TO(Register, offset=0x00C, reset=0x10):
        TIME_OUT_VALUE = Field(4, 0, doc="2 to the power of this: cycles that SCL may stay low")
        TIME_OUT_EN = Field(5)

    class FIFO_ST(Register, offset=0x014, access=RO):
        RXFIFO_RADDR = Field(4, 0)
        RXFIFO_WADDR = Field(9, 5)
        TXFIFO_RADDR = Field(14, 10)
        TXFIFO_WADDR = Field(19, 15)
        SLAVE_RW_POINT = Field(29, 22)

    class FIFO_CONF(Register, offset=0x018, reset=0x408B):
        RXFIFO_WM_THRHD = Field(4, 0)
        TXFIFO_WM_THRHD = Field(9, 5)
        NONFIFO_EN = Field(10, doc="software reads and writes the FIFOs' RAM, not DATA")
        FIFO_ADDR_CFG_EN = Field(11)
        RX_FIFO_RST = Field(12)
        TX_FIFO_RST = Field(13)
        FIFO_PRT_EN = Field(14, doc="the interrupts of the FIFOs are on")

    class DATA(Register, offset=0x01C):
        FIFO_RDATA = Field(
            7, 0, access=WO, doc="a read takes from the receive FIFO, a write gives to the transmit FIFO"
        )

    class SCL_HIGH_PERIOD(Register, offset=0x038):
        SCL_HIGH_PERIOD = Field(8, 0)
        SCL_WAIT_HIGH_PERIOD = Field(15, 9)

    class CLK_CONF(Register, offset=0x054, reset=0x200000):
        SCLK_DIV_NUM = Field(7, 0, doc="the clock is divided by this + 1 + A / B")
        SCLK_DIV_A = Field(13, 8)
        SCLK_DIV_B = Field(19, 14)
        SCLK_SEL = Field(20, doc="0 is XTAL, 1 is RC_FAST")
        SCLK_ACTIVE = Field(21)

    class COMD(Register, offset=0x058, count=COMMANDS):
        BYTE_NUM = Field(7, 0)
        ACK_CHECK_EN = Field(8)
        ACK_EXP = Field(9, doc="level that ACK_CHECK_EN expects")
        ACK_VALUE = Field(10, doc="level that answers a byte that is read")
        OP_CODE = Field(13, 11)
        COMMAND_DONE = Field(31)

    class SCL_ST_TIME_OUT(Register, offset=0x078, reset=0x10):
        SCL_ST_TO_I2C = Field(4, 0)

    class SCL_MAIN_ST_TIME_OUT(Register, offset=0x07C, reset=0x10):
        SCL_MAIN_ST_TO_I2C = Field(4, 0)

    class SCL_SP_CONF(Register, offset=0x080):
        SCL_RST_SLV_EN = Field(0, doc="with CONF_UPGATE: send pulses on SCL; 0 when that is done")
        SCL_RST_SLV_NUM = Field(5, 1)
        SCL_PD_EN = Field(6)
        SDA_PD_EN = Field(7)

    class TXFIFO(
        Register,
        offset=0x100,
        access=RO,
        count=FIFO_SIZE,
        names=["TXFIFO_START_ADDR", *(f"TXFIFO_MEM{n}" for n in range(1, FIFO_SIZE))],
    ):
        pass

    class RXFIFO(
        Register,
        offset=0x180,
        access=RO,
        count=FIFO_SIZE,
        names=["RXFIFO_START_ADDR", *(f"RXFIFO_MEM{n}" for n in range(1, FIFO_SIZE))],
    ):
        pass

    others = Registers("""
        0x000 SCL_LOW_PERIOD 0x0 SCL_LOW_PERIOD[8:0]
        0x010 SLAVE_ADDR 0x0 SLAVE_ADDR[14:0] ADDR_10BIT_EN[31]
        0x020 INT_RAW 0x2 RXFIFO_WM_INT_RAW[0]:W1C TXFIFO_WM_INT_RAW[1]:W1C RXFIFO_OVF_INT_RAW[2]:W1C
          + END_DETECT_INT_RAW[3]:W1C BYTE_TRANS_DONE_INT_RAW[4]:W1C ARBITRATION_LOST_INT_RAW[5]:W1C
          + MST_TXFIFO_UDF_INT_RAW[6]:W1C TRANS_COMPLETE_INT_RAW[7]:W1C TIME_OUT_INT_RAW[8]:W1C
          + TRANS_START_INT_RAW[9]:W1C NACK_INT_RAW[10]:W1C TXFIFO_OVF_INT_RAW[11]:W1C RXFIFO_UDF_INT_RAW[12]:W1C
          + SCL_ST_TO_INT_RAW[13]:W1C SCL_MAIN_ST_TO_INT_RAW[14]:W1C DET_START_INT_RAW[15]:W1C
          + SLAVE_STRETCH_INT_RAW[16]:W1C GENERAL_CALL_INT_RAW[17]:W1C
        0x024 INT_CLR 0x0 RXFIFO_WM_INT_CLR[0]:WT TXFIFO_WM_INT_CLR[1]:WT RXFIFO_OVF_INT_CLR[2]:WT
          + END_DETECT_INT_CLR[3]:WT BYTE_TRANS_DONE_INT_CLR[4]:WT ARBITRATION_LOST_INT_CLR[5]:WT
          + MST_TXFIFO_UDF_INT_CLR[6]:WT TRANS_COMPLETE_INT_CLR[7]:WT TIME_OUT_INT_CLR[8]:WT
          + TRANS_START_INT_CLR[9]:WT NACK_INT_CLR[10]:WT TXFIFO_OVF_INT_CLR[11]:WT RXFIFO_UDF_INT_CLR[12]:WT
          + SCL_ST_TO_INT_CLR[13]:WT SCL_MAIN_ST_TO_INT_CLR[14]:WT DET_START_INT_CLR[15]:WT
          + SLAVE_STRETCH_INT_CLR[16]:WT GENERAL_CALL_INT_CLR[17]:WT
        0x028 INT_ENA 0x0 RXFIFO_WM_INT_ENA[0] TXFIFO_WM_INT_ENA[1] RXFIFO_OVF_INT_ENA[2] END_DETECT_INT_ENA[3]
          + BYTE_TRANS_DONE_INT_ENA[4] ARBITRATION_LOST_INT_ENA[5] MST_TXFIFO_UDF_INT_ENA[6] TRANS_COMPLETE_INT_ENA[7]
          + TIME_OUT_INT_ENA[8] TRANS_START_INT_ENA[9] NACK_INT_ENA[10] TXFIFO_OVF_INT_ENA[11] RXFIFO_UDF_INT_ENA[12]
          + SCL_ST_TO_INT_ENA[13] SCL_MAIN_ST_TO_INT_ENA[14] DET_START_INT_ENA[15] SLAVE_STRETCH_INT_ENA[16]
          + GENERAL_CALL_INT_ENA[17]
        0x02c INT_STATUS 0x0 RXFIFO_WM_INT_ST[0]:RO TXFIFO_WM_INT_ST[1]:RO RXFIFO_OVF_INT_ST[2]:RO
          + END_DETECT_INT_ST[3]:RO BYTE_TRANS_DONE_INT_ST[4]:RO ARBITRATION_LOST_INT_ST[5]:RO
          + MST_TXFIFO_UDF_INT_ST[6]:RO TRANS_COMPLETE_INT_ST[7]:RO TIME_OUT_INT_ST[8]:RO TRANS_START_INT_ST[9]:RO
          + NACK_INT_ST[10]:RO TXFIFO_OVF_INT_ST[11]:RO RXFIFO_UDF_INT_ST[12]:RO SCL_ST_TO_INT_ST[13]:RO
          + SCL_MAIN_ST_TO_INT_ST[14]:RO DET_START_INT_ST[15]:RO SLAVE_STRETCH_INT_ST[16]:RO GENERAL_CALL_INT_ST[17]:RO
        0x030 SDA_HOLD 0x0 TIME[8:0]
        0x034 SDA_SAMPLE 0x0 TIME[8:0]
        0x040 SCL_START_HOLD 0x8 TIME[8:0]
        0x044 SCL_RSTART_SETUP 0x8 TIME[8:0]
        0x048 SCL_STOP_HOLD 0x8 TIME[8:0]
        0x04c SCL_STOP_SETUP 0x8 TIME[8:0]
        0x050 FILTER_CFG 0x300 SCL_FILTER_THRES[3:0] SDA_FILTER_THRES[7:4] SCL_FILTER_EN[8] SDA_FILTER_EN[9]
        0x084 SCL_STRETCH_CONF 0x0 STRETCH_PROTECT_NUM[9:0] SLAVE_SCL_STRETCH_EN[10] SLAVE_SCL_STRETCH_CLR[11]:WT
          + SLAVE_BYTE_ACK_CTL_EN[12] SLAVE_BYTE_ACK_LVL[13]
        0x0f8 DATE 0x20070201 DATE[31:0]
    """)
    INT_RAW = others.registers["INT_RAW"]
    INT_ENA = others.registers["INT_ENA"]
    INT_STATUS = others.registers["INT_STATUS"]

    command: int = state(NO_COMMAND)
    """The number of the command that is being carried out."""
    bytes_done: int = state(0)
    """How many of that command's bytes are over."""
    phase: int = state(FREE)
    high_bits: int = state(0)
    """The first two bits of a ten-bit address."""
    targets: list[int] = state([])
    """The devices, by their place in `devices`, that acknowledged their address."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.interrupt = self.signal("interrupt")
        self.devices: list[I2cDevice] = []

    def add_device(self, device: I2cDevice) -> None:
        """Put a device on the bus."""
        self.devices.append(device)

    def after_reset(self) -> None:
        self._let_go()
        self.context.cancel("bus_clear")
        self._update_interrupts()

    # Time

    def _ticks(self, cycles: int) -> int:
        """Return how long cycles of the module's clock take."""
        clk = self.CLK_CONF
        period = self.context.clock("rc_fast" if self.get(clk.SCLK_SEL) else "xtal").period_ticks
        numerator, denominator = self.get(clk.SCLK_DIV_A), self.get(clk.SCLK_DIV_B)
        if denominator == 0:
            numerator, denominator = 0, 1
        return cycles * period * ((self.get(clk.SCLK_DIV_NUM) + 1) * denominator + numerator) // denominator

    def _time_of(self, register: str) -> int:
        return self.get(self.registers[register]) + 1

    def _bit_cycles(self) -> int:
        high = self.SCL_HIGH_PERIOD
        return self._time_of("SCL_LOW_PERIOD") + self.get(high.SCL_HIGH_PERIOD) + self.get(high.SCL_WAIT_HIGH_PERIOD)

    def _cycles_of(self, kind: int) -> int:
        """Return how many cycles a START, a byte or a STOP takes on the wire."""
        low = self._time_of("SCL_LOW_PERIOD")
        if kind == RSTART:
            repeated = low if self.phase != FREE else 0
            return repeated + self._time_of("SCL_RSTART_SETUP") + self._time_of("SCL_START_HOLD")
        if kind == STOP:
            return low + self._time_of("SCL_STOP_SETUP") + self._time_of("SCL_STOP_HOLD")
        return 9 * self._bit_cycles()

    # Commands

    def write_CTR(self, value: int) -> None:
        if self.CTR.FSM_RST.of(value):
            self._let_go()
        if self.CTR.CONF_UPGATE.of(value):
            self._clear_bus()
        if self.CTR.TRANS_START.of(value) and self.command == NO_COMMAND:
            if not self.CTR.MS_MODE.of(value):
                self.context.unmodelled(f"{self.context.name}.CTR.TRANS_START of a target")
                return
            self.command = self.bytes_done = 0
            self._begin()

    def write_SLAVE_ADDR(self, value: int) -> None:
        if value:
            self.context.unmodelled(f"{self.context.name}.SLAVE_ADDR: target mode")

    def _begin(self) -> None:
        """Begin the next START, byte or STOP of the command list, or come to the list's end."""
        comd = self.COMD
        while self.command < COMMANDS:
            word = self.get(comd, self.command)
            kind = comd.OP_CODE.of(word)
            if kind == END:
                self.put(comd.COMMAND_DONE, 1, self.command)
                self.command = NO_COMMAND
                self._raise(END_DETECT)
                return
            if kind in (WRITE, READ) and self.bytes_done == comd.BYTE_NUM.of(word):
                self.put(comd.COMMAND_DONE, 1, self.command)
                self.command, self.bytes_done = self.command + 1, 0
                continue
            if kind in (WRITE, READ, RSTART, STOP):
                self._wait(kind)
                return
            break
        self.command = NO_COMMAND

    def _wait(self, kind: int) -> None:
        """Schedule the end of a START, a byte or a STOP; a device that holds SCL low before a byte delays it."""
        now = self.context.now_ticks()
        hold = max((self.devices[n].hold_ticks() for n in self.targets), default=0) if kind in (WRITE, READ) else 0
        self.context.schedule(now + hold + self._ticks(self._cycles_of(kind)), "step")
        for power, flag in (
            (self.get(self.TO.TIME_OUT_VALUE) if self.get(self.TO.TIME_OUT_EN) else None, TIME_OUT),
            (self.get(self.SCL_ST_TIME_OUT), SCL_ST_TO),
            (self.get(self.SCL_MAIN_ST_TIME_OUT), SCL_MAIN_ST_TO),
        ):
            if power is not None and (limit := self._ticks(1 << power)) < hold:
                self.context.schedule(now + limit, "time_out", flag)

    def on_time_out(self, flag: int) -> None:
        self._raise(flag)

    def on_step(self) -> None:
        """A START, a byte or a STOP is over."""
        comd = self.COMD
        word = self.get(comd, self.command) if self.command >= 0 else comd.OP_CODE.into(0, STOP)
        kind = comd.OP_CODE.of(word)
        if kind == STOP:
            self._stop()
            return
        flags = BYTE_TRANS_DONE
        if kind == RSTART:
            self.phase = ADDRESS
            self.put(self.SR.BUS_BUSY, 1)
            self.put(comd.COMMAND_DONE, 1, self.command)
            self.command += 1
            flags = TRANS_START | DET_START
        elif kind == WRITE:
            self.bytes_done += 1
            is_acknowledged = self._write_byte()
            self.put(self.SR.RESP_REC, is_acknowledged)
            if comd.ACK_CHECK_EN.of(word) and is_acknowledged == comd.ACK_EXP.of(word):  # ACK is level 0
                self.command = FINAL_STOP
                self._raise(flags | NACK)
                self._wait(STOP)
                return
        else:
            self.bytes_done += 1
            self._read_byte(is_last=bool(comd.ACK_VALUE.of(word)))
        self._raise(flags)
        self._begin()

    def _stop(self) -> None:
        if self.command >= 0:
            self.put(self.COMD.COMMAND_DONE, 1, self.command)
        self.command = NO_COMMAND
        self._free_bus()
        self._raise(TRANS_COMPLETE)

    def _let_go(self) -> None:
        """Drop what is being carried out; the devices see no STOP."""
        self.context.cancel("step")
        for flag in (TIME_OUT, SCL_ST_TO, SCL_MAIN_ST_TO):
            self.context.cancel("time_out", flag)
        self.command, self.phase, self.targets = NO_COMMAND, FREE, []
        self.put(self.SR.BUS_BUSY, 0)

    def _clear_bus(self) -> None:
        """Begin the pulses on SCL that free a bus on which a device holds SDA, when they are asked for."""
        conf = self.SCL_SP_CONF
        if not self.get(conf.SCL_RST_SLV_EN):
            self.context.cancel("bus_clear")
        elif self.command == NO_COMMAND:
            pulses = self._ticks(self.get(conf.SCL_RST_SLV_NUM) * self._bit_cycles())
            self.context.schedule(self.context.now_ticks() + pulses, "bus_clear")

    def on_bus_clear(self) -> None:
        self.put(self.SCL_SP_CONF.SCL_RST_SLV_EN, 0)
        self._free_bus()

    # The devices

    def _free_bus(self) -> None:
        for n in self.targets:
            self.devices[n].stop()
        self.targets, self.phase = [], FREE
        self.put(self.SR.BUS_BUSY, 0)

    def _write_byte(self) -> bool:
        """Give the next byte to whom it is for; return whether anybody acknowledges."""
        byte = self._take_tx()
        if self.phase == ADDRESS:
            return self._address(byte)
        if self.phase == ADDRESS_LOW:
            address = self.high_bits << 8 | byte
            return self._select(
                [n for n, device in enumerate(self.devices) if device.ten_bit and device.answers(address)], WRITING
            )
        answers = [self.devices[n].write(byte) for n in self.targets] if self.phase == WRITING else []
        return any(answers)

    def _address(self, byte: int) -> bool:
        phase = READING if byte & 1 else WRITING
        if byte >> 3 != 0b11110:
            answering = [n for n, device in enumerate(self.devices) if not device.ten_bit and device.answers(byte >> 1)]
            return self._select(answering, phase)
        high_bits = byte >> 1 & 3
        alike = [n for n, device in enumerate(self.devices) if device.ten_bit and device.address >> 8 == high_bits]
        if phase == READING:  # after a repeated START: those that the whole address has selected before
            return self._select([n for n in self.targets if n in alike], READING)
        self.high_bits, self.phase = high_bits, ADDRESS_LOW
        return bool(alike)

    def _select(self, answering: list[int], phase: int) -> bool:
        """Begin a transfer with the devices whose address came; for the others the one before is over."""
        for n in self.targets:
            if n not in answering:
                self.devices[n].stop()
        self.targets = [n for n in answering if self.devices[n].start(is_read=phase == READING)]
        self.phase = phase
        return bool(self.targets)

    def _read_byte(self, *, is_last: bool) -> None:
        byte = 0xFF
        if self.phase == READING:
            for n in self.targets:
                byte &= self.devices[n].read(is_last=is_last)
        self._give_rx(byte)

    # FIFOs

    def _has_fifos(self) -> bool:
        return not self.get(self.FIFO_CONF.NONFIFO_EN)

    def _take_tx(self) -> int:
        pointer, count = self.FIFO_ST.TXFIFO_RADDR, self.SR.TXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        self.put(pointer, at + 1)
        if waiting:
            self.put(count, waiting - 1)
        elif self._has_fifos():
            self._raise_fifo(MST_TXFIFO_UDF)
        byte = self.get(self.TXFIFO, at)
        return _reversed(byte) if self.get(self.CTR.TX_LSB_FIRST) else byte

    def _give_rx(self, byte: int) -> None:
        pointer, count = self.FIFO_ST.RXFIFO_WADDR, self.SR.RXFIFO_CNT
        if self._has_fifos():
            waiting = self.get(count)
            if waiting == FIFO_SIZE:
                self._raise_fifo(RXFIFO_OVF)
                return
            self.put(count, waiting + 1)
        at = self.get(pointer)
        self.put(pointer, at + 1)
        self.put(self.RXFIFO, _reversed(byte) if self.get(self.CTR.RX_LSB_FIRST) else byte, at)

    def read_DATA(self) -> int:
        pointer, count = self.FIFO_ST.RXFIFO_RADDR, self.SR.RXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        if waiting:
            self.put(pointer, at + 1)
            self.put(count, waiting - 1)
            self._update_interrupts()
        else:
            self._raise_fifo(RXFIFO_UDF)
        return self.get(self.RXFIFO, at)

    def write_DATA(self, value: int) -> None:
        pointer, count = self.FIFO_ST.TXFIFO_WADDR, self.SR.TXFIFO_CNT
        at, waiting = self.get(pointer), self.get(count)
        if waiting == FIFO_SIZE:
            self._raise_fifo(TXFIFO_OVF)
            return
        self.put(self.TXFIFO, value & 0xFF, at)
        self.put(pointer, at + 1)
        self.put(count, waiting + 1)
        self._update_interrupts()

    def write_TXFIFO(self, n: int, value: int) -> None:
        if not self._has_fifos():
            self.put(self.TXFIFO, value & 0xFF, n)

    def write_FIFO_CONF(self, value: int) -> None:
        status, counts = self.FIFO_ST, self.SR
        if self.FIFO_CONF.RX_FIFO_RST.of(value):
            for field in (status.RXFIFO_RADDR, status.RXFIFO_WADDR, counts.RXFIFO_CNT):
                self.put(field, 0)
        if self.FIFO_CONF.TX_FIFO_RST.of(value):
            for field in (status.TXFIFO_RADDR, status.TXFIFO_WADDR, counts.TXFIFO_CNT):
                self.put(field, 0)
        self._update_interrupts()

    # Interrupts

    def _raise(self, flags: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) | flags)
        self._update_interrupts()

    def _raise_fifo(self, flag: int) -> None:
        if self.get(self.FIFO_CONF.FIFO_PRT_EN):
            self._raise(flag)

    def _update_interrupts(self) -> None:
        """Set the raw bits that follow the FIFOs' counts, and bring status and signal in line."""
        conf, raw = self.FIFO_CONF, self.get(self.INT_RAW)
        if self.get(conf.FIFO_PRT_EN):
            if self.get(self.SR.TXFIFO_CNT) < self.get(conf.TXFIFO_WM_THRHD):
                raw |= TXFIFO_WM
            if self.get(self.SR.RXFIFO_CNT) > self.get(conf.RXFIFO_WM_THRHD):
                raw |= RXFIFO_WM
        self.put(self.INT_RAW, raw)
        active = raw & self.get(self.INT_ENA)
        self.put(self.INT_STATUS, active)
        self.interrupt.set(int(active != 0))

    def write_INT_RAW(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_ENA(self, value: int) -> None:
        self._update_interrupts()

    def write_INT_CLR(self, value: int) -> None:
        self.put(self.INT_RAW, self.get(self.INT_RAW) & ~value)
        self._update_interrupts()
