"""Keywords that do something to the chip at an exact simulated moment: stimuli, and faults."""

from __future__ import annotations

from robot.api import logger

from twincore.engines.protocol import (
    Capability,
    DelayInterrupt,
    DelayRelease,
    DrivePin,
    FlipBits,
    Injection,
    RaiseInterrupt,
    SendBytes,
    StallCore,
    StoreMemory,
)
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import AT_ONCE, Core, Duration, Gpio, Level, Place, format_moment

_PULSE = Duration(1_000)


class Injections(Keywords, topic="injection"):
    """At an exact moment, between two instructions; the run stays as repeatable as any other."""

    @keyword("Inject Bytes")
    def inject_bytes(self, content: str | bytes, after: Duration = AT_ONCE, port: str | None = None) -> None:
        r"""Has bytes begin to arrive at a serial port ``after`` a time from now. No time passes in this keyword.

        ``content`` is text (``ping\\n``) or Python bytes; the bytes come back to back at the rate that the firmware has
        set. Without ``port`` it is the console.

        Example:
        | `Inject Bytes`    ping\\n    after=2.5 ms
        | `Run For`    10 ms
        """
        raw = content.encode() if isinstance(content, str) else content
        self._inject(after, SendBytes(port or self.session.options.console, raw), f"{len(raw)} bytes arrive")

    @keyword("Inject Level")
    def inject_level(self, pin: Gpio, level: Level, after: Duration = AT_ONCE, lasting: Duration | None = None) -> None:
        """Has a pin driven from outside ``after`` a time from now; ``lasting`` a time, then it is let go of.

        Example:
        | `Inject Level`    GPIO0    low    after=1 ms    lasting=50 us
        """
        self._inject(after, DrivePin(pin.number, int(level)), f"{pin} is driven {level.name}")
        if lasting is not None:
            end = Duration(after.ns + lasting.ns)
            self._inject(end, DrivePin(pin.number, None), f"{pin} is let go of")

    @keyword("Inject Interrupt")
    def inject_interrupt(self, source: str, after: Duration = AT_ONCE, lasting: Duration = _PULSE) -> None:
        """Has an interrupt source be active ``after`` a time from now, whatever its block says.

        ``source`` is a peripheral's interrupt by its names in the platform file: ``SYSTIMER.target0``, or ``UART0``
        where the peripheral has only one. The interrupt matrices pass it on as firmware has mapped it. The cores' own
        timers (CCOMPARE) do not go through the matrices and cannot be named here.

        Example:
        | `Inject Interrupt`    UART0    after=100 us    lasting=2 us
        """
        self._inject(after, RaiseInterrupt(source, lasting.ns), f"{source} is active for {lasting}")

    @keyword("Delay Next Interrupt")
    def delay_next_interrupt(self, source: str, by: Duration, after: Duration = AT_ONCE) -> None:
        """Has the cores see the next rise of an interrupt source late, from ``after`` a time on.

        An interrupt that its block takes back before that time is not seen at all. ``source`` as in `Inject Interrupt`.

        Example:
        | `Delay Next Interrupt`    SYSTIMER.target0    by=30 us
        """
        self._inject(after, DelayInterrupt(source, by.ns), f"the next interrupt of {source} is {by} late")

    @keyword("Inject Stall Of Core ${core}")
    def stall_core(self, core: Core, lasting: Duration, after: Duration = AT_ONCE) -> None:
        """Has a core stand still for a time, ``after`` a time from now; all else goes on, its timers too.

        Example:
        | `Inject Stall Of Core 1`    lasting=2 ms    after=500 us
        | `Run For`    5 ms
        """
        self._inject(after, StallCore(core, lasting.ns), f"core {core} stands still for {lasting}")

    @keyword("Delay Release Of Core ${core}")
    def delay_release_of_core(self, core: Core, by: Duration) -> None:
        """Has a core begin late the next time that the chip releases it.

        Example:
        | `Delay Release Of Core 1`    by=5 ms
        | `Core 1 Should Start At`    amp_core1_start    within=200 ms
        """
        self._inject(AT_ONCE, DelayRelease(core, by.ns), f"core {core} begins {by} late when it is released")

    @keyword("Flip Bit")
    def flip_bit(self, place: Place, bit: int = 0, after: Duration = AT_ONCE) -> None:
        """Inverts a bit of memory ``after`` a time from now; bit 0 is the lowest of the byte at ``place``, 31 is legal.

        ``place`` may also be a register or a field of one (``GPIO.PIN4.PAD_DRIVER``); flipping has no side effect. Of a
        field, bit 0 is its own lowest.

        Example:
        | `Flip Bit`    amp_heartbeat    bit=31    after=10 ms
        """
        register = self.session.names.register(place.name)
        first, bits = (register.bit, register.bits) if register else (0, 32)
        if not 0 <= bit < bits:
            raise UsageError(str(place), f"expected a bit from 0 to {bits - 1}, got {bit}")
        address = self.session.names.find(place).address + (first + bit) // 8
        self._inject(after, FlipBits(address, 1 << (first + bit) % 8), f"bit {bit} of {place} is inverted")

    @keyword("Inject Word")
    def inject_word(self, place: Place, value: int, after: Duration = AT_ONCE) -> None:
        """Changes a 32-bit word of memory ``after`` a time from now, without any core doing it.

        Example:
        | `Inject Word`    amp_mailbox_to_core1    0xFFFFFFFF    after=1 ms
        """
        if not -(1 << 31) <= value < 1 << 32:
            raise UsageError(str(place), f"expected a word of 32 bits, got {value:#x}")
        content = (value & 0xFFFF_FFFF).to_bytes(4, "little")
        self._inject(after, StoreMemory(self.session.names.word(place).address, content), f"{place} becomes {value:#x}")

    def _inject(self, after: Duration, what: Injection, words: str) -> None:
        self.session.need(Capability.INJECTION)
        at_ns = self.engine.time_ns + after.ns
        self.engine.inject(at_ns, what)
        logger.info(f"At {format_moment(at_ns)}: {words}.")
