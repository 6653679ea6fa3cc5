"""Keywords for how the cores interleave: a message that is read while it is written, and the phase at which it is.

A tear needs the reader between two stores of the writer: a few cycles of a period of thousands. Chance finds it in
weeks; a sweep of one core's phase against the other's finds it at once, and the offset repeats it.
"""

from __future__ import annotations

from robot.api import logger
from robot.libraries.BuiltIn import BuiltIn

from twincore.engines.protocol import AccessKind, AddressReached, Area, Capability, MemoryAccess
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.session import Session
from twincore.keywords.values import TENTH, Duration, Place, Region

_WORD = 4
_CYCLE = Duration(4)
_MAX_OFFSETS = 10_000


class Phases(Keywords, topic="phases"):
    """Torn messages, sweeps."""

    @keyword("Message Should Never Be Torn")
    def message_should_never_be_torn(
        self, message: Region, used_at: Place, during: Duration, first: Place | None = None
    ) -> int:
        """Runs for a time and checks that whoever uses a message has all its words of one and the same message.

        ``message`` are the words that one core stores and the other loads, ``first`` the one that is stored first
        (the lowest, unless told otherwise). ``used_at`` is code that the reader comes to with a message that it
        believes to be whole: what it has thrown away and read again (a sequence lock) does not count. Every load and
        store is seen; nothing need be known of what the words mean. Returns how many messages were used.

        Use quantum=1, so that the cores interleave as on the chip.

        Example:
        | `Message Should Never Be Torn`    position for 8 bytes    used_at=use_position    during=10 ms
        """
        self.session.need(Capability.WATCHPOINTS, Capability.BREAKPOINTS)
        address, size = self.session.names.find_region(message)
        if size < 2 * _WORD:
            raise UsageError(str(message), f"expected at least two words, got {size} bytes")
        begins = address if first is None else self.session.names.find(first).address
        observer = _Observer(begins)
        spot = self.session.names.find(used_at)
        area = Area(address, size, AccessKind.ANY)
        self.engine.watch_memory(area, observer.note)
        uses, end = 0, self.engine.time_ns + during.ns
        try:
            while self.session.wait([AddressReached(spot.address)], max(end - self.engine.time_ns, 0)) is not None:
                torn = observer.torn()
                if torn is not None:
                    self.session.unmet(
                        f"message {message}",
                        f"{spot} to come with words of one message",
                        observer.text(self.session, torn),
                        "let the writer count in a sequence word, and the reader read again when it has changed",
                    )
                uses += bool(observer.loads)
                observer.loads.clear()
        finally:
            self.engine.unwatch_memory(area, observer.note)
        if not uses:
            self.session.unmet(
                f"message {message}", f"used at {spot} at least once during {during}", "never", "is the code reached?"
            )
        logger.info(f"{uses} messages of {message} were used during {during}, all of them whole.")
        return uses

    @keyword("Time Between")
    def time_between(self, earlier: Place, later: Place, within: Duration = TENTH) -> Duration:
        """Runs until a core comes to one place, then until one comes to another; returns the time in between.

        A core 1 that is stalled for so long comes to ``earlier`` when core 0 comes to ``later``: the middle of a sweep.

        Example:
        | ${apart} =    `Time Between`    publish_position    take_position    within=5 ms
        """
        self.session.need(Capability.BREAKPOINTS)
        moments = []
        for place in (earlier, later):
            spot = self.session.names.find(place)
            if self.session.wait([AddressReached(spot.address)], within.ns) is None:
                self.session.unmet(str(spot), f"reached within {within}", "not reached", "is the code called at all?")
            moments.append(self.engine.time_ns)
        return Duration(moments[1] - moments[0])

    @keyword("Sweep Core 1 Phase")
    def sweep_core_1_phase(
        self,
        middle: Duration,
        reach: Duration,
        name: str,
        *arguments: object,
        step: Duration = _CYCLE,
        **named: object,
    ) -> None:
        """Runs a keyword once for each phase of core 1 against core 0, and fails at the first phase that fails.

        Each time the firmware is booted on a new machine, so that nothing differs but the phase. Core 1 starts at its
        boot address and is stalled there for ``middle`` less ``reach``, then one ``step`` longer each time (a CPU cycle
        at 240 MHz, unless told otherwise), up to ``middle`` plus ``reach``. The failure says by how much core 1 was
        late, which repeats it: `Boot Firmware`, `Core 1 Should Start At Its Boot Address`, `Inject Stall Of Core 1`.
        Import the library with quantum=1.

        Example:
        | ${apart} =    `Time Between`    publish_position    take_position
        | `Sweep Core 1 Phase`    ${apart}    200 ns    `Message Should Never Be Torn`    position for 8 bytes
        | ...    used_at=use_position    during=2 ms
        """
        if not step.ns or 2 * reach.ns // step.ns >= _MAX_OFFSETS:
            raise UsageError(
                "sweep", f"expected at most {_MAX_OFFSETS:,} phases, got {middle} by {reach} in steps of {step}"
            )
        begin = max(middle.ns - reach.ns, 0)
        offsets = range(begin, middle.ns + reach.ns + 1, step.ns)
        words = [*arguments, *(f"{key}={value}" for key, value in named.items())]
        robot = BuiltIn()
        for count, offset in enumerate(offsets, 1):
            late = Duration(offset)
            self.session.reboot()
            robot.run_keyword("Core 1 Should Start At Its Boot Address", "within=2 s")
            robot.run_keyword("Inject Stall Of Core 1", f"lasting={late}")
            status, message = robot.run_keyword_and_ignore_error(name, *words)
            if status != "PASS":
                self.session.unmet(
                    name,
                    f"to pass with core 1 late by {Duration(begin)} to {Duration(offsets[-1])}",
                    f"a failure with core 1 late by {late}, the {count}. of {len(offsets)} phases:\n{message}",
                    "to repeat it: Boot Firmware, Core 1 Should Start At Its Boot Address, "
                    f"Inject Stall Of Core 1    lasting={late}",
                )
        logger.info(f"{name} passes at all {len(offsets)} phases, core 1 late by {Duration(begin)} to {late}.")


class _Observer:
    """Knows of each word of a message which message it is of: as it was stored, and as it was loaded."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._writer: int | None = None
        self._number = 0
        self._stores: dict[int, tuple[int, MemoryAccess | None]] = {}
        self.loads: dict[int, tuple[int, MemoryAccess]] = {}
        """Since the last use, by address: the number of the message that the word was of, and the load."""

    def note(self, access: MemoryAccess) -> None:
        """Take an access."""
        if access.is_write:
            self._writer = access.core
            self._number += access.address == self._first
            self._stores[access.address] = self._number, access
        elif self._writer is not None and access.core != self._writer:
            self.loads[access.address] = self._stores.get(access.address, (0, None))[0], access

    def torn(self) -> tuple[int, int] | None:
        """Return the addresses of two words of different messages, or None where all are of one."""
        numbers = {number for number, _ in self.loads.values()}
        if len(numbers) < 2:
            return None
        newest = max(self.loads, key=lambda address: self.loads[address][0])
        oldest = min(self.loads, key=lambda address: self.loads[address][0])
        return oldest, newest

    def text(self, session: Session, torn: tuple[int, int]) -> str:
        """Say what was loaded, and what was stored in between."""
        loads = sorted((self.loads[address] for address in torn), key=lambda load: load[1].time_ns)
        behind = self.loads[torn[1]][0] - self.loads[torn[0]][0]
        texts = [session.names.access_text(access) for _, access in loads]
        which = "is of the message before" if behind == 1 else f"is {behind} messages older"
        first = self._stores[torn[1]][1]
        between = f"; {session.names.access_text(first)}" if first is not None else ""
        return f"a torn one: {texts[0]}, {texts[1]}, and the word at {torn[0]:#010x} {which}{between}"
