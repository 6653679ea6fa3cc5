"""SPI2 and SPI3: general-purpose SPI controllers or slaves, by their own buffer or by DMA.

Source: ESP32-S3 Technical Reference Manual, "SPI Controller". On the bus are `twincore.devices.SpiDevice`s, and
`SpiController`s that talk to the chip as a slave (`spi_slave.py`).

A transfer asserts its chip selects, runs through command, address, dummy and data phase at the programmed clock, and
at the end of that time all bits are exchanged at once, memory is read and written by DMA, the chip selects go, and
interrupts come. The chip selects are outputs of the GPIO matrix; the other signals reach no pin, but a pin that both D
drives and Q takes is a loop, and where CLK, D, Q and a chip select meet the other controller's at pins, that one is a
slave on the bus. Where several answer a bit is 0 if one of them says so; where none does it is 1.

A transfer that finds too little data by DMA reports it and goes on with zeros: ESP-IDF's driver leaves DMA enabled for
the data phase of a transfer that only receives, and starts no OUT channel for it.

Leaves out: the signals of clock and data (devices get the bits), loops on several lines, UPDATE (a configuration acts
when it is written), clock gates, clock polarity and phase, the delays of DIN_MODE, DIN_NUM and DOUT_MODE,
QUAD_DIN_PIN_SWAP, the errors of the module's own FIFOs (MST_TX_AFIFO_REMPTY_ERR, MST_RX_AFIFO_WFULL_ERR).
"""

from __future__ import annotations

from typing import NamedTuple

from esp32s3 import gdma
from esp32s3.spi_registers import SEG_MAGIC_ERR, SEG_TRANS_DONE, TRANS_DONE, SpiRegisters
from esp32s3.spi_slave import ChipSlave
from twincore.devices import SpiController, SpiDevice
from twincore.errors import UsageError
from twincore.model import Context, state

IDLE, CONFIGURING, TRANSFERRING = range(3)


class _Bits(NamedTuple):
    """Bits on the wire, the first one first; those of the last byte are its highest."""

    content: bytes
    length: int


def _joined(parts: list[_Bits]) -> _Bits:
    """Return bits one after the other."""
    if all(part.length % 8 == 0 for part in parts[:-1]):
        return _Bits(b"".join(part.content for part in parts), sum(part.length for part in parts))
    number = length = 0
    for part in parts:
        number = number << part.length | int.from_bytes(part.content, "big") >> -part.length % 8
        length += part.length
    return _Bits((number << -length % 8).to_bytes((length + 7) // 8, "big"), length)


def _last(bits: _Bits, length: int) -> bytes:
    """Return the last `length` bits, from the highest bit of the first byte on, with zeros behind."""
    if (bits.length - length) % 8 == 0:
        content = bits.content[(bits.length - length) // 8 :]
        return content[:-1] + bytes([content[-1] & 0xFF << -length % 8 & 0xFF]) if content else content
    number = int.from_bytes(bits.content, "big") >> -bits.length % 8 & (1 << length) - 1
    return (number << -length % 8).to_bytes((length + 7) // 8, "big")


def _carried(content: bytes, is_inverted: int | None) -> bytes:
    """Return what comes of bits over a pin: ones where there is no way (None)."""
    if is_inverted is None:
        return b"\xff" * len(content)
    return bytes(byte ^ 0xFF for byte in content) if is_inverted else content


CONFIGURED = (
    "ADDR",
    "CTRL",
    "CLOCK",
    "USER",
    "USER1",
    "USER2",
    "MS_DLEN",
    "MISC",
    "DIN_MODE",
    "DIN_NUM",
    "DOUT_MODE",
    "DMA_CONF",
    "DMA_INT_ENA",
    "DMA_INT_CLR",
)
"""Registers that a segment's configuration may bring, by their bit in its first word."""


class SPI(SpiRegisters):
    """What SPI2 and SPI3 have in common."""

    device_classes = (SpiDevice, SpiController)
    phase: int = state(IDLE)
    keeps_selected: int = state(0)
    """Whether the last transfer left its chip selects asserted."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.chip_selects = [self.line(f"cs{n}") for n in range(len(self.select_signals))]
        self.devices: list[SpiDevice] = []
        self._slave = ChipSlave(self)
        self._others: list[SPI] = []

    def connect(self) -> None:
        super().connect()
        blocks = [self.context.block(name) for name in ("SPI2", "SPI3")]
        self._others = [block for block in blocks if isinstance(block, SPI) and block is not self]
        if self.gpio is not None:
            for number, line in zip(self.select_signals, self.chip_selects, strict=True):
                self.gpio.attach_output(number, line)

    def add_device(self, device: SpiDevice | SpiController) -> None:
        """Put a device, or another controller, on the bus."""
        if isinstance(device, SpiController):
            device.slave = self._slave
        else:
            self.devices.append(device)

    def after_reset(self) -> None:
        self._abort()
        self.update_interrupt()

    # Chip selects

    def _select(self, *, active: bool) -> None:
        """Give the chip selects that MISC enables their active level, or all of them the other one."""
        misc = self.get(self.MISC)
        for n, line in enumerate(self.chip_selects):
            is_asserted = active and not misc >> n & 1
            polarity = self.MISC.MASTER_CS_POL.of(misc) >> n & 1
            line.set(int(is_asserted) ^ polarity ^ 1)

    def write_MISC(self, value: int) -> None:
        if self.phase == IDLE:
            self.keeps_selected &= self.MISC.CS_KEEP_ACTIVE.of(value)
            self._select(active=bool(self.keeps_selected))

    # Transfers

    def write_CMD(self, value: int) -> None:
        if not self.CMD.USR.of(value):
            if self.phase != IDLE:
                self._abort()
        elif self.phase == IDLE:
            if self.get(self.SLAVE.MODE):
                return  # a controller begins, and USR stays until it has ended
            if self.get(self.SLAVE.USR_CONF):
                self._configure()
            else:
                self._begin()

    def write_SLAVE(self, value: int) -> None:
        if self.SLAVE.SOFT_RESET.of(value) or (self.SLAVE.MODE.of(value) and self.phase != IDLE):
            self._abort()

    def _abort(self) -> None:
        self.context.cancel("configured")
        self.context.cancel("transferred")
        self._end()
        self.keeps_selected = 0
        self._select(active=False)

    def _end(self) -> None:
        self.phase = IDLE
        self.put(self.CMD.USR, 0)

    def _begin(self) -> None:
        """Begin a transfer as the registers describe it."""
        self.phase = TRANSFERRING
        self._select(active=True)
        self.context.schedule(self.context.now_ticks() + self._cycles() * self._clock_ticks(), "transferred")

    def _clock_ticks(self) -> int:
        """Return the period of the SPI clock."""
        clock = self.CLOCK
        source = self.context.clock("apb" if self.get(self.CLK_GATE.MST_CLK_SEL) else "xtal").period_ticks
        if self.get(clock.CLK_EQU_SYSCLK):
            return source
        return source * (self.get(clock.CLKDIV_PRE) + 1) * (self.get(clock.CLKCNT_N) + 1)

    def _lines(self, phase: str) -> int:
        """Return on how many lines FCMD, FADDR, FWRITE or FREAD runs."""
        user, ctrl = self.USER, self.CTRL
        register = user if phase == "FWRITE" else ctrl
        for lines, mode, all_phases in ((8, "OCT", user.OPI_MODE), (4, "QUAD", user.QPI_MODE), (2, "DUAL", None)):
            field = getattr(register, f"{phase}_{mode}")
            if self.get(field) or (all_phases is not None and self.get(all_phases)):
                return lines
        return 1

    def _cycles(self) -> int:
        """Return how many cycles of the SPI clock the transfer takes, at least one."""
        user, user1, misc = self.USER, self.USER1, self.MISC
        cycles = (self.get(user1.CS_SETUP_TIME) + 1) * self.get(user.CS_SETUP)
        cycles += self.get(user1.CS_HOLD_TIME) * self.get(user.CS_HOLD)
        cycles += (self.get(user1.USR_DUMMY_CYCLELEN) + 1) * self.get(user.USR_DUMMY)
        data = self._data_bits()
        has_input = self.get(user.USR_MISO) and not (self.get(user.DOUTDIN) and self.get(user.USR_MOSI))
        for is_used, bits, phase, double in (
            (self.get(user.USR_COMMAND), self._command_bits(), "FCMD", misc.CMD_DTR_EN),
            (self.get(user.USR_ADDR), self._address_bits(), "FADDR", misc.ADDR_DTR_EN),
            (self.get(user.USR_MOSI), data, "FWRITE", misc.DATA_DTR_EN),
            (has_input, data, "FREAD", misc.DATA_DTR_EN),
        ):
            if is_used:
                cycles += -(-bits // (self._lines(phase) << self.get(double)))
        return max(cycles, 1)

    def _command_bits(self) -> int:
        return self.get(self.USER2.USR_COMMAND_BITLEN) + 1

    def _address_bits(self) -> int:
        return self.get(self.USER1.USR_ADDR_BITLEN) + 1

    def _data_bits(self) -> int:
        return self.get(self.MS_DLEN.MS_DATA_BITLEN) + 1

    def on_transferred(self) -> None:
        """All bits are over: exchange them."""
        user, bits = self.USER, self._data_bits()
        idle = bytes([0xFF * self.get(self.CTRL.D_POL)])
        parts = self._command_and_address()
        before: list[_Bits] = []
        if self.get(user.USR_DUMMY):
            self._exchange(_joined(parts))
            cycles = self.get(self.USER1.USR_DUMMY_CYCLELEN) + 1
            for device in self._selected():
                device.dummy(cycles)
            before, parts = [*parts, _Bits(b"\xff" * ((cycles + 7) // 8), cycles)], []
        if self.get(user.USR_MOSI):
            parts.append(_Bits(self.ordered(self.fetch((bits + 7) // 8), self.CTRL.WR_BIT_ORDER), bits))
        if self.get(user.USR_MISO) and not (self.get(user.USR_MOSI) and self.get(user.DOUTDIN)):
            parts.append(_Bits(idle * ((bits + 7) // 8), bits))
        answer = self._exchange(_joined(parts))
        for slave in self._slaves():
            said = _last(self._talk_to(slave, _joined([*before, *parts])), answer.length)
            answer = _Bits(bytes(a & b for a, b in zip(answer.content, said, strict=True)), answer.length)
        is_segmented = bool(self.get(self.SLAVE.USR_CONF))
        is_last = not (is_segmented and self.get(user.USR_CONF_NXT))
        if self.get(user.USR_MISO):
            content = self.ordered(_last(answer, bits), self.CTRL.RD_BIT_ORDER)
            self.store(content, eof=is_last or bool(self.get(self.DMA_CONF.RX_EOF_EN)))
        elif is_segmented and is_last:
            self.store(b"", eof=True)
        self.keeps_selected = self.get(self.MISC.CS_KEEP_ACTIVE)
        self._select(active=bool(self.keeps_selected))
        if is_last:
            self._end()
            self.raise_flags(TRANS_DONE | (SEG_TRANS_DONE if is_segmented else 0))
        else:
            self._configure()

    def _command_and_address(self) -> list[_Bits]:
        user, order, parts = self.USER, self.CTRL.WR_BIT_ORDER, []
        if self.get(user.USR_COMMAND):
            command = self.get(self.USER2.USR_COMMAND_VALUE).to_bytes(2, "little")
            parts.append(self._first(self.ordered(command, order), self._command_bits()))
        if self.get(user.USR_ADDR):
            address = self.get(self.ADDR).to_bytes(4, "big")
            parts.append(self._first(self.ordered(address, order), self._address_bits()))
        return parts

    @staticmethod
    def _first(content: bytes, length: int) -> _Bits:
        return _Bits(content[: (length + 7) // 8], length)

    # Devices

    def _selected(self) -> list[SpiDevice]:
        return [device for device in self.devices if device.is_selected]

    def _exchange(self, bits: _Bits) -> _Bits:
        """Exchange bits with the devices that are selected, whole bytes first."""
        whole, rest = divmod(bits.length, 8)
        result: bytes | None = None
        for device in self._selected():
            answer = device.exchange_bytes(bits.content[:whole]) if whole else b""
            if len(answer) != whole:
                raise UsageError(
                    f"device {device.context.name}", f"expected {whole} bytes from exchange_bytes, got {len(answer)}"
                )
            if rest:
                value = device.exchange(bits.content[whole] >> 8 - rest, rest) & (1 << rest) - 1
                answer += bytes([value << 8 - rest])
            result = answer if result is None else bytes(a & b for a, b in zip(result, answer, strict=True))
        if result is None:
            result = self._looped(bits.content)
        return _Bits(b"\xff" * len(bits.content) if result is None else result, bits.length)

    def _looped(self, content: bytes) -> bytes | None:
        """Return what comes back from D to Q over one pin, None where nothing does."""
        is_inverted = self._loop(*self.data_signals)
        return None if is_inverted is None else _carried(content, is_inverted)

    # The other controller, as a slave at the same pins

    def _slaves(self) -> list[SPI]:
        return [other for other in self._others if self._loop(self.clock_signal, other.clock_signal) is not None]

    def _loop(self, output: int, number: int) -> int | None:
        return None if self.gpio is None else self.gpio.loop(output, number)

    def _talk_to(self, slave: SPI, bits: _Bits) -> _Bits:
        """Exchange a whole transfer with a slave; where D or Q does not meet its own, there are ones."""
        size = len(bits.content)
        sent = _carried(bits.content, self._loop(self.data_signals[0], slave.data_signals[0]))
        answer = slave._slave.follow(sent, bits.length)[:size].ljust(size, b"\xff")
        return _Bits(_carried(answer, self._loop(slave.data_signals[1], self.data_signals[1])), bits.length)

    # Transfers of several segments, each with its configuration in front

    def _configure(self) -> None:
        """Begin a CONF phase, at whose end the registers that it brings are written."""
        self.phase = CONFIGURING
        apb = self.context.clock("apb").period_ticks
        self.context.schedule(self.context.now_ticks() + max(self.get(self.CMD.CONF_BITLEN), 1) * apb, "configured")

    def on_configured(self) -> None:
        bitmap = int.from_bytes(self.take(4), "little")
        wanted = [n for n in range(len(CONFIGURED)) if bitmap >> n & 1]
        content = self.take(4 * len(wanted))
        if bitmap >> 28 != self.get(self.SLAVE.DMA_SEG_MAGIC_VALUE) or len(content) < 4 * len(wanted):
            self._abort()
            self.raise_flags(SEG_MAGIC_ERR | SEG_TRANS_DONE)
            return
        for at, n in enumerate(wanted):
            register = self.registers[CONFIGURED[n]]
            self.write(register.offset, 4, int.from_bytes(content[4 * at : 4 * at + 4], "little"))
        self._begin()


class SPI2(SPI):
    """Interrupt: interrupt. Lines: cs0 to cs5."""

    select_signals = (110, 111, 112, 113, 114, 115)
    clock_signal = 101
    data_signals = (103, 102)
    dma_number = gdma.SPI2


class SPI3(SPI):
    """Interrupt: interrupt. Lines: cs0 to cs2."""

    select_signals = (71, 72, 127)
    clock_signal = 66
    data_signals = (68, 67)
    dma_number = gdma.SPI3
