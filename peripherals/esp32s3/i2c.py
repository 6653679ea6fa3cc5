"""I2C: a bus controller that carries out a list of commands, or a target, with FIFOs of 32 bytes.

Source: ESP32-S3 Technical Reference Manual, "I2C Controller"; NXP UM10204, "I2C-bus specification". On the bus are
`twincore.devices.I2cDevice`s, and `I2cController`s that talk to the chip as a target. Nobody at an address gives a
NACK, nobody to read from gives 0xFF, as with pull-ups and nothing else on the wires. Each START, byte and STOP is an
event at the end of its time on the wire.

Where the manual is silent or wrong: SR.RESP_REC is 1 after a byte that was acknowledged (esp-hal relies on it; the
manual says 0), and a byte that is not leads to a STOP by itself (ESP-IDF's driver waits for it). What goes out when the
transmit FIFO runs empty is not documented; here it is the next byte of the FIFO's RAM.

Leaves out: arbitration (who begins while another one has the bus waits for its STOP), the wires (SCL and SDA reach no
pin), CONF_UPGATE (a configuration acts when it is written), filters, sample and hold times, SCL_PD_EN and SDA_PD_EN,
RX_FULL_ACK_LEVEL of a controller, the states in SR, SCLK_ACTIVE.
"""

from __future__ import annotations

from collections.abc import Sequence

from esp32s3.i2c_registers import (
    BYTE_TRANS_DONE,
    COMMANDS,
    DET_START,
    END_DETECT,
    MST_TXFIFO_UDF,
    NACK,
    SCL_MAIN_ST_TO,
    SCL_ST_TO,
    TIME_OUT,
    TRANS_COMPLETE,
    TRANS_START,
    I2cRegisters,
)
from esp32s3.i2c_target import ChipTarget
from twincore.devices import I2cController, I2cDevice
from twincore.devices.i2c_addressing import FREE, Addressing, I2cTarget
from twincore.model import Context, state

WRITE, STOP, READ, END, RSTART = 1, 2, 3, 4, 6
"""OP_CODE of a command."""

NO_COMMAND, FINAL_STOP = -1, -2
"""In place of a command's number: none is being carried out; the STOP after a NACK is."""


class I2C(I2cRegisters, Addressing):
    """Interrupt: interrupt. A bus of `I2cDevice`s."""

    device_classes = (I2cDevice,)

    command: int = state(NO_COMMAND)
    """The number of the command that is being carried out."""
    bytes_done: int = state(0)
    """How many of that command's bytes are over."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.devices: list[I2cDevice] = []
        self.controllers: list[I2cController] = []
        self.target = ChipTarget(self)

    def after_reset(self) -> None:
        self.context.cancel("bus_clear")
        self._let_go()
        self.update_interrupts()

    # The bus

    def add_device(self, device: I2cDevice) -> None:
        """Put a device on the bus."""
        self.devices.append(device)
        if isinstance(device, I2cController):
            self.controllers.append(device)
            device.bus = self

    def reachable(self) -> Sequence[I2cTarget]:
        """Return whom this controller may address."""
        return self.devices

    def targets(self) -> Sequence[I2cTarget]:
        """Return whom another controller may address."""
        return [*self.devices, self.target]

    def is_free(self) -> bool:
        """Tell whether a controller may begin."""
        return self.command == NO_COMMAND and self.phase == FREE and not self._is_taken()

    def follow_start(self) -> None:
        """See a START of another controller."""
        self.put(self.SR.BUS_BUSY, 1)
        self.target.follow_start()

    def follow_stop(self) -> None:
        """See a STOP of another controller; the chip's own goes first of those who wait."""
        self.put(self.SR.BUS_BUSY, 0)
        self.target.follow_stop()
        if self.command >= 0:
            self._begin()
        else:
            self._wake()

    def _is_taken(self) -> bool:
        return any(controller.is_active() for controller in self.controllers)

    def _wake(self) -> None:
        """Let the other controllers see that the bus is free, or that the chip lets SCL go."""
        for controller in self.controllers:
            controller.go_on()

    # Target

    def write_SCL_STRETCH_CONF(self, value: int) -> None:
        self.target.configure(value)
        self._wake()

    # Commands

    def write_CTR(self, value: int) -> None:
        if self.CTR.FSM_RST.of(value):
            self._let_go()
        if self.CTR.CONF_UPGATE.of(value):
            self._clear_bus()
        if self.CTR.TRANS_START.of(value) and self.command == NO_COMMAND:
            if not self.CTR.MS_MODE.of(value):
                return  # a target starts by itself
            self.command = self.bytes_done = 0
            self.put(self.SR.BUS_BUSY, self.phase != FREE)
            self._begin()

    def _begin(self) -> None:
        """Begin the next START, byte or STOP of the command list, or come to the list's end."""
        comd = self.COMD
        while self.command < COMMANDS:
            word = self.get(comd, self.command)
            kind = comd.OP_CODE.of(word)
            if kind == END:
                self.put(comd.COMMAND_DONE, 1, self.command)
                self.command = NO_COMMAND
                self.put(self.SR.BUS_BUSY, 0)  # ESP-IDF's driver waits for that in the interrupt of END
                self.raise_flags(END_DETECT)
                return
            if kind in (WRITE, READ) and self.bytes_done == comd.BYTE_NUM.of(word):
                self.put(comd.COMMAND_DONE, 1, self.command)
                self.command, self.bytes_done = self.command + 1, 0
                continue
            if kind == RSTART and self.phase == FREE and self._is_taken():
                return  # until `follow_stop`
            if kind in (WRITE, READ, RSTART, STOP):
                self._wait(kind)
                return
            break
        self.command = NO_COMMAND

    def _cycles_of(self, kind: int) -> int:
        """Return how many cycles a START, a byte or a STOP takes on the wire."""
        low = self.time_of("SCL_LOW_PERIOD")
        if kind == RSTART:
            repeated = low if self.phase != FREE else 0
            return repeated + self.time_of("SCL_RSTART_SETUP") + self.time_of("SCL_START_HOLD")
        if kind == STOP:
            return low + self.time_of("SCL_STOP_SETUP") + self.time_of("SCL_STOP_HOLD")
        return 9 * self.bit_cycles()

    def _wait(self, kind: int) -> None:
        """Schedule the end of a START, a byte or a STOP; a device that holds SCL low before a byte delays it."""
        now = self.context.now_ticks()
        hold = self.clock_hold() if kind in (WRITE, READ) else 0
        self.context.schedule(now + hold + self.ticks(self._cycles_of(kind)), "step")
        for power, flag in (
            (self.get(self.TO.TIME_OUT_VALUE) if self.get(self.TO.TIME_OUT_EN) else None, TIME_OUT),
            (self.get(self.SCL_ST_TIME_OUT), SCL_ST_TO),
            (self.get(self.SCL_MAIN_ST_TIME_OUT), SCL_MAIN_ST_TO),
        ):
            if power is not None and (limit := self.ticks(1 << power)) < hold:
                self.context.schedule(now + limit, "time_out", flag)

    def on_time_out(self, flag: int) -> None:
        self.raise_flags(flag)

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
            self.send_start()
            self.put(self.SR.BUS_BUSY, 1)
            self.put(comd.COMMAND_DONE, 1, self.command)
            self.command += 1
            flags = TRANS_START | DET_START
        elif kind == WRITE:
            self.bytes_done += 1
            is_acknowledged = self._write()
            self.put(self.SR.RESP_REC, is_acknowledged)
            if comd.ACK_CHECK_EN.of(word) and is_acknowledged == comd.ACK_EXP.of(word):  # ACK is level 0
                self.command = FINAL_STOP
                self.raise_flags(flags | NACK)
                self._wait(STOP)
                return
        else:
            self.bytes_done += 1
            self.give_rx(self.receive_byte(is_last=bool(comd.ACK_VALUE.of(word))))
        self.raise_flags(flags)
        self._begin()

    def _write(self) -> bool:
        """Send the next byte; return whether anybody acknowledges."""
        if self.has_fifos() and not self.get(self.SR.TXFIFO_CNT):
            self.raise_fifo(MST_TXFIFO_UDF)
        return self.send_byte(self.take_tx())

    def _stop(self) -> None:
        if self.command >= 0:
            self.put(self.COMD.COMMAND_DONE, 1, self.command)
        self.command = NO_COMMAND
        self.raise_flags(TRANS_COMPLETE)
        self._free()

    def _let_go(self) -> None:
        """Drop what is being carried out; the devices see no STOP."""
        self.context.cancel("step")
        for flag in (TIME_OUT, SCL_ST_TO, SCL_MAIN_ST_TO):
            self.context.cancel("time_out", flag)
        self.command, self.phase, self.selected = NO_COMMAND, FREE, []
        self.put(self.SR.BUS_BUSY, 0)
        self._wake()

    def _free(self) -> None:
        """Send a STOP; others may have the bus."""
        self.send_stop()
        self.put(self.SR.BUS_BUSY, 0)
        self._wake()

    def _clear_bus(self) -> None:
        """Begin the pulses on SCL that free a bus on which a device holds SDA, when they are asked for."""
        conf = self.SCL_SP_CONF
        if not self.get(conf.SCL_RST_SLV_EN):
            self.context.cancel("bus_clear")
        elif self.command == NO_COMMAND:
            pulses = self.ticks(self.get(conf.SCL_RST_SLV_NUM) * self.bit_cycles())
            self.context.schedule(self.context.now_ticks() + pulses, "bus_clear")

    def on_bus_clear(self) -> None:
        self.put(self.SCL_SP_CONF.SCL_RST_SLV_EN, 0)
        self._free()
