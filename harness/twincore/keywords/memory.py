"""Keywords for memory, counters and the registers of the cores."""

from __future__ import annotations

from robot.api import logger

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.names import Spot
from twincore.keywords.values import Core, Duration, Place

_WORD = 0xFFFF_FFFF


class Memory(Keywords, topic="memory"):
    """Words, bytes, counters, registers."""

    @keyword("Address Of")
    def address_of(self, place: Place) -> int:
        """Returns the address of a symbol, with an offset where one is given.

        Example:
        | ${address} =    `Address Of`    amp_heartbeat
        """
        return self.session.names.find(place).address

    @keyword("Read Word")
    def read_word(self, place: Place) -> int:
        """Returns the 32-bit word at a place. Registers are read without their side effects.

        Example:
        | ${beats} =    `Read Word`    amp_heartbeat
        """
        spot = self.session.names.word(place)
        value = self._word(spot)
        logger.info(f"{spot} holds {number(value)}.")
        return value

    @keyword("Write Word")
    def write_word(self, place: Place, value: int) -> None:
        """Sets the 32-bit word at a place, without side effects of registers.

        Example:
        | `Write Word`    test_mode    1
        """
        if not -(1 << 31) <= value <= _WORD:
            raise UsageError("value", f"expected 32 bits, got {value}")
        self._memory()
        self.engine.write_memory(self.session.names.word(place).address, (value & _WORD).to_bytes(4, "little"))

    @keyword("Read Memory")
    def read_memory(self, place: Place, size: int) -> bytes:
        """Returns ``size`` bytes from a place on.

        Example:
        | ${bytes} =    `Read Memory`    amp_mailbox_to_core1    136
        """
        self._memory()
        return self.engine.read_memory(self.session.names.find(place).address, size)

    @keyword("Write Memory")
    def write_memory(self, place: Place, content: bytes) -> None:
        r"""Sets bytes from a place on, without side effects of registers; text counts as one byte a character.

        Example:
        | `Write Memory`    greeting    hello\\x00
        """
        self._memory()
        self.engine.write_memory(self.session.names.find(place).address, content)

    @keyword("Memory Word Should Be")
    def memory_word_should_be(self, place: Place, value: int, mask: int = _WORD) -> None:
        """Checks the 32-bit word at a place, or those of its bits that are set in ``mask``.

        Example:
        | `Memory Word Should Be`    amp_loop_overruns    0
        | `Memory Word Should Be`    0x600C0000    0x2    mask=0x7
        """
        spot = self.session.names.word(place)
        got = self._word(spot)
        if (got ^ value) & mask:
            self.session.unmet(str(spot), f"{number(value)}{_masked(mask)}", number(got))

    @keyword("Memory Word Should Become")
    def memory_word_should_become(self, place: Place, value: int, within: Duration, mask: int = _WORD) -> None:
        """Runs until the 32-bit word at a place is ``value``; stops right after the store that brings it.

        Example:
        | `Memory Word Should Become`    amp_heartbeat    10    within=20 ms
        """
        self._memory()
        spot = self.session.names.word(place)

        def accept(content: bytes) -> bool:
            return not (int.from_bytes(content, "little") ^ value) & mask

        if self.session.wait([self.session.meets(spot.address, 4, accept)], within.ns) is None:
            self.session.unmet(
                str(spot), f"{number(value)}{_masked(mask)} within {within}", f"{number(self._word(spot))} at the end"
            )

    @keyword("Memory Word Should Stay")
    def memory_word_should_stay(self, place: Place, during: Duration) -> None:
        """Runs for a time and fails at the store that changes the 32-bit word at a place.

        Example:
        | `Memory Word Should Stay`    amp_heartbeat    during=5 ms
        """
        spot = self.session.names.word(place)
        before = self._word(spot)
        condition = self.session.meets(spot.address, 4, lambda content: int.from_bytes(content, "little") != before)
        if self.session.watch([condition], during.ns) is not None:
            self.session.unmet(str(spot), f"no change from {number(before)} during {during}", number(self._word(spot)))

    @keyword("Counter Should Grow")
    def counter_should_grow(
        self,
        counter: Place,
        during: Duration,
        at_least: int = 1,
        at_most: int | None = None,
        period: Duration | None = None,
    ) -> int:
        """Runs for a time and checks by how much the 32-bit counter at a place has grown; returns it.

        With ``period`` it must grow by one each period, so by ``during / period``, one more or one less. A counter
        that passes 2^32 counts right.

        Example:
        | `Counter Should Grow`    amp_doorbells_to_core1    during=100 ms    at_least=10
        | `Counter Should Grow`    amp_heartbeat    during=100 ms    period=1 ms
        """
        spot = self.session.names.word(counter)
        if period is not None:
            if not period.ns:
                raise UsageError("period", "expected a time above 0")
            at_least, at_most = max(during.ns // period.ns - 1, 1), -(-during.ns // period.ns) + 1
        before = self._word(spot)
        self.session.run_for(during.ns)
        grown = self._word(spot) - before & _WORD
        if grown < at_least or (at_most is not None and grown > at_most):
            wanted = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
            self.session.unmet(
                str(spot),
                f"growth by {wanted} during {during}",
                f"{grown} (from {before} to {before + grown & _WORD})",
                "see in the log what the core that counts is doing",
            )
        logger.info(f"{spot} grew by {grown}, from {before}, during {during}.")
        return grown

    @keyword("Read Register")
    def read_register(self, core: Core, name: str) -> int:
        """Returns a register of a core: ``pc``, ``a0`` to ``a15``, ``ps``, ``ccount``, ...

        Example:
        | ${stack} =    `Read Register`    1    a1
        """
        self.session.need(Capability.REGISTERS)
        return self.engine.read_register(core, name)

    @keyword("Write Register")
    def write_register(self, core: Core, name: str, value: int) -> None:
        """Sets a register of a core.

        Example:
        | `Write Register`    0    a2    0x1
        """
        self.session.need(Capability.REGISTERS)
        self.engine.write_register(core, name, value & _WORD)

    @keyword("Register Should Be")
    def register_should_be(self, core: Core, name: str, value: int, mask: int = _WORD) -> None:
        """Checks a register of a core, or those of its bits that are set in ``mask``.

        Example:
        | `Register Should Be`    1    ps    0    mask=0xF
        """
        self.session.need(Capability.REGISTERS)
        got = self.engine.read_register(core, name)
        if (got ^ value) & mask:
            self.session.unmet(f"register {name} of core {core}", f"{number(value)}{_masked(mask)}", number(got))

    def _memory(self) -> None:
        self.session.need(Capability.MEMORY)

    def _word(self, spot: Spot) -> int:
        self._memory()
        return int.from_bytes(self.engine.read_memory(spot.address, 4), "little")


def number(value: int) -> str:
    """Write a word in both bases; small numbers once."""
    value &= _WORD
    return str(value) if value < 10 else f"{value} ({value:#x})"


def _masked(mask: int) -> str:
    return "" if mask & _WORD == _WORD else f" in the bits {mask:#x}"
