"""Keywords for the two cores: held, released, started, where they are."""

from __future__ import annotations

from html import escape

from robot.api import logger

from twincore.engines.protocol import (
    AddressReached,
    Capability,
    CoreChange,
    CoreChanges,
    CoreEvent,
    MemoryMeets,
)
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.names import Spot
from twincore.keywords.values import AT_ONCE, TENTH, Core, Duration, Hold, Place, format_moment

# What holds core 1. Source: ESP32-S3 Technical Reference Manual, "System Registers", "Low-Power Management".
CORE_1_CONTROL_0 = 0x600C_0000
CORE_1_CONTROL_1 = 0x600C_0004  # the mask ROM keeps core 1's boot address here
RTC_OPTIONS0 = 0x6000_8000
RTC_SW_CPU_STALL = 0x6000_80BC
_RUNSTALL, _CLKGATE_EN, _RESETING = 1, 2, 4
_STALL_FIELDS = {0: (2, 26), 1: (0, 20)}  # by core: shifts of SW_STALL_*CPU_C0 (2 bits) and _C1 (6 bits)
_STALL = 0x86

_LOOK_NS = 1_000
_POLLED_STEPS = 20_000
RESET_VECTOR = 0x4000_0400  # of both cores, in the mask ROM


class Cores(Keywords, topic="cores"):
    """Release and whereabouts."""

    @keyword("Core ${core} Should Be Held")
    def core_should_be_held(self, core: Core, by: Hold | None = None) -> None:
        """Checks that a core cannot execute: it is in reset, stalled, or without a clock; ``by`` says which of them.

        Example:
        | `Core 1 Should Be Held`
        | `Core 1 Should Be Held`    by=reset
        """
        if self.engine.core_state(core) != "held":
            self.session.unmet(f"core {core}", "held", self.session.core_text(core))
        if by is not None and by.value not in self.engine.held_by(core):
            held_by = ", ".join(self.engine.held_by(core))
            self.session.unmet(f"core {core}", f"held by {by.value}", f"held by {held_by}: {self._why_held(core)}")
        logger.info(f"Core {core} is held: {self._why_held(core)}.")

    @keyword("Core ${core} Should Stay Held")
    def core_should_stay_held(self, core: Core, during: Duration) -> None:
        """Runs for a time and fails when the core is released or executes even one instruction.

        Example:
        | `Core 1 Should Stay Held`    during=1 ms
        """
        self.core_should_be_held(core)
        before, end = self.engine.instructions(core), self.engine.time_ns + during.ns
        if self._await_state(core, held=False, within=during) is not None:
            self.session.unmet(f"core {core}", f"held during {during}", self.session.core_text(core))
        if self.engine.time_ns < end:  # the chip is dead: nothing could release it
            self.session.run_for(end - self.engine.time_ns)
        count = self.engine.instructions(core) - before
        if count:
            self.session.unmet(f"core {core}", f"no instruction executed during {during}", f"{count:,}")

    @keyword("Core ${core} Should Be Released")
    def core_should_be_released(self, core: Core, within: Duration = AT_ONCE) -> Duration:
        """Runs until the core is no longer held; returns the simulated time of the release.

        It need not do anything yet: its first instructions are the ROM's. The run stops right after the instruction
        that releases it.

        Example:
        | `Core 1 Should Be Released`    within=100 ms
        """
        moment = self._await_state(core, held=False, within=within)
        if moment is None:
            self.session.unmet(
                f"core {core}",
                f"released within {within}" if within.ns else "released",
                f"held: {self._why_held(core)}",
                "see in the log how far core 0 came",
            )
        return Duration(moment)

    @keyword("Core ${core} Should Become Held")
    def core_should_become_held(self, core: Core, within: Duration, by: Hold | None = None) -> Duration:
        """Runs until the core is held, ``by`` what is given; returns the simulated time of that.

        Example:
        | `Send Serial Line`    restart1
        | `Core 1 Should Become Held`    within=20 ms    by=reset
        """
        moment = self._await_state(core, held=True, within=within, by=by)
        if moment is None:
            how = "" if by is None else f" by {by.value}"
            self.session.unmet(f"core {core}", f"held{how} within {within}", self.session.core_text(core))
        logger.info(f"Core {core} is held: {self._why_held(core)}.")
        return Duration(moment)

    @keyword("Core ${core} Resets")
    def core_resets(self, core: Core) -> list[Duration]:
        """Returns when a core was reset since the last power-on, by its own reset bit or with the chip.

        Example:
        | ${resets} =    `Core 1 Resets`
        | `Length Should Be`    ${resets}    1
        """
        self.session.need(Capability.CORE_LIFE)
        return [
            Duration(change.time_ns) for change in self.engine.core_changes(core) if change.event is CoreEvent.RESET
        ]

    @keyword("Core ${core} Should Be Reset")
    def core_should_be_reset(self, core: Core, within: Duration, times: int = 1) -> Duration:
        """Runs until a core is reset for the ``times``-th time from now on; returns when that was.

        Example:
        | `Send Serial Line`    restart1
        | `Core 1 Should Be Reset`    within=20 ms
        """
        self.session.need(Capability.CORE_LIFE)
        deadline, count = self.engine.time_ns + within.ns, 0
        while True:
            left = max(deadline - self.engine.time_ns, 0)
            stop = self.session.wait([CoreChanges(core, CoreEvent.RESET)], left)
            if stop is None:
                wanted = "reset" if times == 1 else f"{times} resets"
                self.session.unmet(f"core {core}", f"{wanted} within {within}", str(count) if count else "none")
            count += 1
            if count >= times:
                logger.info(f"Core {core} was reset at {format_moment(stop.time_ns)}.")
                return Duration(stop.time_ns)

    @keyword("Core ${core} Should Not Be Reset")
    def core_should_not_be_reset(self, core: Core, during: Duration) -> None:
        """Runs for a time and fails when a core is reset, alone or with the chip.

        Example:
        | `Core 1 Should Not Be Reset`    during=500 ms
        """
        self.session.need(Capability.CORE_LIFE)
        if self.session.watch([CoreChanges(core, CoreEvent.RESET)], during.ns) is not None:
            change = self.engine.core_changes(core)[-1]
            self.session.unmet(f"core {core}", f"no reset during {during}", f"reset{self._by(change)}")

    @keyword("Core ${core} Life")
    def core_life(self, core: Core) -> list[CoreChange]:
        """Returns, and logs as a table, when a core was held, released and reset since power-on, and by whom.

        Each has ``time_ns``, ``event`` (``HELD``, ``RELEASED``, ``RESET``), ``held_by`` (of ``reset``, ``clock``,
        ``stall``), ``actor`` (the core that did it) and ``pc``.

        Example:
        | ${life} =    `Core 1 Life`
        | `Log`    ${life}[-1].event
        """
        self.session.need(Capability.CORE_LIFE)
        changes = list(self.engine.core_changes(core))
        rows = [["time", f"core {core} is", "held by", "through"]]
        for change in changes:
            through = self._by(change).removeprefix(" by ")
            rows.append([format_moment(change.time_ns), change.event.value, ", ".join(change.held_by), escape(through)])
        logger.info(report.table(rows, numbers=[0]), html=True)
        return changes

    def _by(self, change: CoreChange) -> str:
        """Say whose instruction brought a change about, and when."""
        at = f" at {format_moment(change.time_ns)}"
        if change.actor is None or change.pc is None:
            return f" by the chip{at}"
        return f" by core {change.actor} in {self.session.names.where(change.pc, change.actor)}{at}"

    @keyword("Core ${core} Should Start At")
    def core_should_start_at(self, core: Core, place: Place, within: Duration = TENTH) -> None:
        """Runs until the core arrives at a place. For core 1 the place must be its boot address.

        The boot address is what the firmware gave the ROM (``ets_set_appcpu_boot_addr``), which keeps it in
        SYSTEM_CORE_1_CONTROL_1. The run stops before the instruction there.

        Example:
        | `Core 1 Should Start At`    amp_core1_start    within=100 ms
        """
        spot = self.session.names.find(place, core)
        self._reach(core, spot, f"start at {spot} within {within}", within)
        if core == 1:
            given = self._word(CORE_1_CONTROL_1)
            if given != spot.address:
                self.session.unmet(
                    "core 1",
                    f"the boot address {spot}",
                    f"{Spot(given, self.session.names.label(given, 1))} in SYSTEM_CORE_1_CONTROL_1",
                    "the core came here, but not by its boot address",
                )
        logger.info(f"Core {core} starts at {spot}, {format_moment(self.engine.time_ns)}.")

    @keyword("Core 1 Should Start At Its Boot Address")
    def core_should_start_at_its_boot_address(self, within: Duration = TENTH) -> int:
        """Runs until core 1 leaves reset and arrives where the firmware told the ROM to send it; returns that address.

        Needs no names: the boot address is read where the ROM keeps it, in SYSTEM_CORE_1_CONTROL_1. It may be set
        before the release or after it. A core 1 that runs already must start again.

        Example:
        | ${entry} =    `Core 1 Should Start At Its Boot Address`    within=200 ms
        """
        self.session.need(Capability.BREAKPOINTS, Capability.MEMORY, Capability.STEP)
        deadline = self.engine.time_ns + within.ns
        reset = Spot(RESET_VECTOR, "the reset vector")
        self._reach(1, reset, f"released within {within}, to start in the ROM", within)
        began = self.engine.time_ns
        address = self._await_boot_address(deadline)
        if not address:
            self.session.unmet(
                "core 1",
                f"a boot address in SYSTEM_CORE_1_CONTROL_1 within {within}",
                f"0, although it left reset at {format_moment(began)}",
                "does the firmware call ets_set_appcpu_boot_addr?",
            )
        spot = Spot(address, self.session.names.label(address, 1))
        left = Duration(max(deadline - self.engine.time_ns, 0))
        self._reach(1, spot, f"to start at its boot address {spot}", left)
        waited = Duration(self.engine.time_ns - began)
        logger.info(f"Core 1 left reset at {format_moment(began)} and starts at {spot} {waited} later.")
        return address

    def _await_boot_address(self, deadline: int) -> int:
        """Go on until core 1's boot address is set, which it polls for; 0 when it is not in time.

        By single instructions at first, since a moment later the core would be beyond its entry.
        """
        for _ in range(_POLLED_STEPS):
            address = self._word(CORE_1_CONTROL_1)
            if address or self.engine.time_ns >= deadline:
                return address
            self.engine.step(1)
        condition = MemoryMeets(CORE_1_CONTROL_1, 4, any, _LOOK_NS)
        self.session.wait([condition], max(deadline - self.engine.time_ns, 0))
        return self._word(CORE_1_CONTROL_1)

    @keyword("Core ${core} Should Reach")
    def core_should_reach(self, core: Core, place: Place, within: Duration = TENTH) -> None:
        """Runs until a core is about to execute the instruction at a place.

        Example:
        | `Core 1 Should Reach`    amp_core1_main    within=10 ms
        """
        spot = self.session.names.find(place, core)
        self._reach(core, spot, f"reach {spot} within {within}", within)

    @keyword("Core ${core} Should Not Reach")
    def core_should_not_reach(self, core: Core, place: Place, during: Duration) -> None:
        """Runs for a time and fails when a core is about to execute the instruction at a place.

        Example:
        | `Core 1 Should Not Reach`    amp_panic    during=100 ms
        """
        self.session.need(Capability.BREAKPOINTS)
        spot = self.session.names.find(place, core)
        if self.session.watch([AddressReached(spot.address, core)], during.ns) is not None:
            self.session.unmet(f"core {core}", f"not to reach {spot} during {during}", "it did")

    @keyword("Core ${core} Should Execute")
    def core_should_execute(self, core: Core, during: Duration, at_least: int = 1) -> int:
        """Runs for a time and checks that a core has executed instructions; returns how many.

        Example:
        | `Core 1 Should Execute`    during=10 ms    at_least=1000
        """
        before = self.engine.instructions(core)
        self.session.run_for(during.ns)
        count = self.engine.instructions(core) - before
        if count < at_least:
            self.session.unmet(
                f"core {core}", f"at least {at_least:,} instructions during {during}", f"{count:,}", _held_hint(count)
            )
        logger.info(f"Core {core} executed {count:,} instructions during {during}.")
        return count

    @keyword("Core ${core} State")
    def core_state(self, core: Core) -> str:
        """Returns what a core does: ``running``, ``waiting`` (for an interrupt, in waiti), ``held`` or ``lost``.

        A core is lost when its double exception vector raises an exception itself, for example because its vectors
        were overwritten: nothing but a reset or an interrupt of a high level gets it out of there.

        Example:
        | ${state} =    `Core 1 State`
        """
        return self.engine.core_state(core)

    @keyword("Core ${core} Stack Should Lie Within")
    def core_stack_should_lie_within(self, core: Core, bottom: Place, top: Place) -> None:
        """Checks that a core's stack pointer (a1) is in its region: not below ``bottom``, not above ``top``.

        Example:
        | `Core 1 Stack Should Lie Within`    amp_core1_stack_bottom    amp_core1_stack_top
        """
        self.session.need(Capability.REGISTERS)
        low, high = self.session.names.find(bottom), self.session.names.find(top)
        pointer = self.engine.read_register(core, "a1")
        if not low.address <= pointer <= high.address:
            self.session.unmet(
                f"stack pointer of core {core}",
                f"between {low} and {high}",
                str(Spot(pointer, self.session.names.label(pointer))),
            )
        logger.info(f"Core {core} has {high.address - pointer} bytes on its stack, {pointer - low.address} are left.")

    def _reach(self, core: int, spot: Spot, what: str, within: Duration) -> None:
        self.session.need(Capability.BREAKPOINTS)
        if self.session.wait([AddressReached(spot.address, core)], within.ns) is None:
            held = self.engine.core_state(core) == "held"
            got = f"held: {self._why_held(core)}" if held else self.session.core_text(core)
            self.session.unmet(f"core {core}", what, got, "see both cores' state in the log")

    def _await_state(self, core: int, *, held: bool, within: Duration, by: Hold | None = None) -> int | None:
        """Run until a core is held or released; return when that was, None where it was not in time."""
        self.session.need(Capability.CORE_LIFE)
        moment, deadline = self.engine.time_ns, self.engine.time_ns + within.ns
        while True:
            is_held = self.engine.core_state(core) == "held"
            if is_held == held and (by is None or by.value in self.engine.held_by(core)):
                return moment
            stop = self.session.wait([CoreChanges(core)], max(deadline - self.engine.time_ns, 0))
            if stop is None:
                return None
            moment = stop.time_ns

    def _word(self, address: int) -> int:
        return int.from_bytes(self.engine.read_memory(address, 4), "little")

    def _why_held(self, core: int) -> str:
        """Say in the registers' words what holds a core."""
        if Capability.MEMORY not in self.engine.capabilities:
            return "the engine does not say why"
        reasons = []
        if core == 1:
            control = self._word(CORE_1_CONTROL_0)
            if not control & _CLKGATE_EN:
                reasons.append("its clock is off (SYSTEM_CONTROL_CORE_1_CLKGATE_EN is 0)")
            if control & _RESETING:
                reasons.append("it is in reset (SYSTEM_CONTROL_CORE_1_RESETING is 1)")
            if control & _RUNSTALL:
                reasons.append("it is stalled (SYSTEM_CONTROL_CORE_1_RUNSTALL is 1)")
        if core in _STALL_FIELDS:
            low, high = _STALL_FIELDS[core]
            stall = (self._word(RTC_SW_CPU_STALL) >> high & 0x3F) << 2 | self._word(RTC_OPTIONS0) >> low & 3
            if stall == _STALL:
                reasons.append("it is stalled by RTC_CNTL (SW_STALL fields are 0x86)")
        return ", ".join(reasons) or "the registers do not say why"


def _held_hint(count: int) -> str:
    return "" if count else "is the core held, or does it wait for an interrupt that never comes?"
