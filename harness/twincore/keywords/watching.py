"""Keywords that see every load and store: who, what, when, by which instruction; and regions that nobody may touch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from html import escape

from robot.api import logger

from twincore.engines.protocol import AccessKind, Area, Capability, MemoryAccess, MemoryAccessed
from twincore.errors import UsageError
from twincore.keywords import report
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.guards import Guard
from twincore.keywords.values import TENTH, Access, Core, Duration, Region, format_moment

MAX_ACCESSES = 100_000
"""At most so many accesses of a watched region are kept."""
_SHOWN = 200

_RAM = ((0x3FC8_8000, 0x3FD0_0000), (0x4037_0000, 0x4037_8000), (0x5000_0000, 0x5000_2000), (0x600F_E000, 0x6010_0000))
"""All memory inside the chip that a core can write, each byte once. Source: ESP32-S3 TRM, System and Memory."""
_MASK_ROM = range(0x4000_0000, 0x4006_0000)


@dataclass(frozen=True)
class SeenAccess:
    """One access as `Memory Accesses` returns it; ``core`` and ``function`` are empty for DMA, ``who`` is its block."""

    who: str
    core: int | None
    kind: str
    address: int
    size: int
    value: int
    function: str
    line: str
    time: Duration


class Watching(Keywords, topic="watching"):
    """Exact to the instruction, whoever it is, by whichever alias; watching changes nothing of the run."""

    @property
    def _recorded(self) -> dict[Area, list[MemoryAccess]]:
        return self.session.watched

    @keyword("Watch Memory")
    def watch_memory(self, region: Region, access: Access = Access.write, core: Core | None = None) -> None:
        """Records from now on who writes (or reads) a region: every store of a core and of DMA.

        With ``core``, of that core alone. `Memory Accesses` gives what was recorded. Watching an address again
        begins anew.

        Example:
        | `Watch Memory`    amp_mailbox_to_core1
        | `Watch Memory`    0x60004008 for 8 bytes    core=1
        """
        area = self.session.area(region, _KINDS[access], core)
        self._forget(area)
        record: list[MemoryAccess] = []
        self._recorded[area] = record

        def note(found: MemoryAccess) -> None:
            if len(record) < MAX_ACCESSES:
                record.append(found)

        self.session.watchers[area] = note
        self.engine.watch_memory(area, note)

    @keyword("Memory Accesses")
    def memory_accesses(
        self, region: Region, access: Access | None = None, core: Core | None = None
    ) -> list[SeenAccess]:
        """Returns the accesses of a region that `Watch Memory` has recorded, in their order, and logs them.

        Each has ``who`` (``core 1``, or the block whose DMA it was), ``core``, ``kind`` (``read`` or ``write``),
        ``address``, ``size``, ``value``, ``function``, ``line`` and ``time``. ``access`` and ``core`` choose some.

        Example:
        | `Watch Memory`    amp_heartbeat
        | `Run For`    5 ms
        | ${writes} =    `Memory Accesses`    amp_heartbeat    core=1
        | `Should Be Equal`    ${writes}[-1].function    amp_control_loop
        """
        address, size = self.session.names.find_region(region)
        records = [record for area, record in self._recorded.items() if (area.address, area.size) == (address, size)]
        if not records:
            raise UsageError(
                str(region),
                "expected a region that is watched, this one is not",
                next_step=f"use 'Watch Memory    {region}' before the firmware runs",
            )
        found = sorted((entry for record in records for entry in record), key=lambda entry: entry.time_ns)
        wanted = [a for a in found if core in (None, a.core) and (access is None or _KINDS[access] in _kinds(a))]
        seen = [self._seen(a) for a in wanted]
        logger.info(f"{len(seen)} accesses of {region}.{self._table(seen)}", html=True)
        return seen

    @keyword("Stop Watching")
    def stop_watching(self, region: Region) -> None:
        """Stops recording accesses of a region and drops what was recorded.

        Example:
        | `Stop Watching`    amp_mailbox_to_core1
        """
        address, size = self.session.names.find_region(region)
        for area in [area for area in self._recorded if (area.address, area.size) == (address, size)]:
            self._forget(area)

    @keyword("Wait For Access")
    def wait_for_access(
        self,
        region: Region,
        access: Access = Access.write,
        core: Core | None = None,
        value: int | None = None,
        within: Duration = TENTH,
    ) -> SeenAccess:
        """Runs until a region is written (or read), by ``core`` and with ``value`` where they are given; returns it.

        The run stops right after that instruction.

        Example:
        | ${write} =    `Wait For Access`    amp_mailbox_to_core1    core=0    within=200 ms
        | `Log`    ${write.function} wrote ${write.value} at ${write.time}
        """
        area = self.session.area(region, _KINDS[access], core)

        def accept(found: MemoryAccess) -> bool:
            return value is None or found.value == value & (1 << 8 * found.size) - 1

        stop = self.session.wait([MemoryAccessed(area, accept)], within.ns)
        if stop is None or stop.access is None:
            by = "" if core is None else f" by core {core}"
            of = "" if value is None else f" of {value:#x}"
            self.session.unmet(str(region), f"a {_NAMES[access]}{of}{by} within {within}", "none")
        logger.info(f"{self.session.names.access_text(stop.access)}.")
        return self._seen(stop.access)

    @keyword("Only Core ${core} Should Write")
    def only_core_should_write(self, core: Core, region: Region, during: Duration) -> int:
        """Runs for a time and fails at the first store to a region by the other core or DMA; returns how many it had.

        Example:
        | `Only Core 1 Should Write`    amp_heartbeat    during=100 ms
        """
        area = self.session.area(region, AccessKind.WRITE)
        count = 0

        def is_foreign(access: MemoryAccess) -> bool:
            nonlocal count
            count += 1
            return access.core != core

        stop = self.session.watch([MemoryAccessed(area, is_foreign)], during.ns)
        if stop is not None and stop.access is not None:
            self.session.unmet(
                str(region), f"to be written by core {core} alone", self.session.names.access_text(stop.access)
            )
        logger.info(f"Core {core} wrote {region} {count} times during {during}, nobody else did.")
        return count

    @keyword("Guard Region")
    def guard_region(
        self, region: Region, against: int | None = None, access: Access = Access.write, allow: str = ""
    ) -> None:
        """Fails the test at once when a region is written (or read), in whichever keyword the firmware then runs.

        ``against`` is the core that must not; without it nobody may, DMA included. ``allow`` names functions that
        may, separated by commas. The message says which core wrote which value, in which function and line, and
        when. A guard holds until `Remove Guards` or the next `Boot Firmware`.

        Example:
        | `Guard Region`    amp_core1_region_start..amp_core1_region_end    against=0
        | `Guard Region`    amp_mailbox_to_core1    allow=amp_mailbox_send,amp_mailbox_take
        """
        area = self.session.area(region, _KINDS[access], against)
        allowed = [name.strip() for name in allow.split(",") if name.strip()]
        for name in allowed:
            self.engine.symbols.find(name)
        who = "nobody" if against is None else f"core {against} not"
        but = f" except {', '.join(allowed)}" if allowed else ""
        self.session.guard(
            Guard(
                f"guarded region {region}",
                f"{who} to {_VERBS[access]} it{but}",
                [area],
                lambda found: self._function(found) in allowed,
            )
        )
        logger.info(f"{region} is guarded: {area.size} bytes from {area.address:#010x}.")

    @keyword("Keep Core ${core} Within")
    def keep_core_within(self, core: Core, *regions: Region) -> None:
        """Fails the test at once when a core writes memory inside the chip anywhere but in these regions.

        So its stack and its data stay where they were reserved, for as long as the firmware runs. Give every region
        that the core may write: its own, and what it shares. Registers and PSRAM do not count, nor what the mask ROM
        does on its own stack before it comes to the core's entry. It holds until `Remove Guards` or the next
        `Boot Firmware`.

        Example:
        | `Keep Core 1 Within`    amp_core1_region_start..amp_core1_region_end    amp_mailbox_to_core0    amp_heartbeat
        """
        self.session.need(Capability.WATCHPOINTS)
        if not regions:
            raise UsageError("Keep Core Within", "expected at least one region that the core may write, got none")
        spans = [self.session.names.find_region(region) for region in regions]
        areas = [
            Area(first, end - first, AccessKind.WRITE, core)
            for low, high in _RAM
            for first, end in _gaps(low, high, spans)
        ]

        def is_allowed(access: MemoryAccess) -> bool:
            if access.pc not in _MASK_ROM:
                return False
            stack = self.engine.read_register(core, "a1")
            return not any(first <= stack <= first + size for first, size in spans)

        names = ", ".join(str(region) for region in regions)
        self.session.guard(Guard(f"core {core}", f"writes only within {names}", areas, is_allowed))

    @keyword("Remove Guards")
    def remove_guards(self) -> None:
        """Takes away what `Guard Region` and `Keep Core 1 Within` guard.

        Example:
        | [Teardown]    `Remove Guards`
        """
        for guard in list(self.session.guards):
            self.session.unguard(guard)

    def _forget(self, area: Area) -> None:
        if area in self._recorded:
            self.engine.unwatch_memory(area, self.session.watchers.pop(area))
            del self._recorded[area]

    def _function(self, access: MemoryAccess) -> str:
        if access.pc is None:
            return ""
        place = self.engine.symbols.at(access.pc, access.core)
        return place.symbol.name if place else ""

    def _seen(self, access: MemoryAccess) -> SeenAccess:
        line = None if access.pc is None else self.session.names.source_line(access.pc, access.core)
        return SeenAccess(
            access.master or f"core {access.core}",
            access.core,
            "write" if access.is_write else "read",
            access.address,
            access.size,
            access.value,
            self._function(access),
            str(line or ""),
            Duration(access.time_ns),
        )

    def _table(self, seen: Collection[SeenAccess]) -> str:
        rows = [["time", "who", "", "address", "value", "function", "source"]]
        for entry in list(seen)[:_SHOWN]:
            place = escape(self.session.names.label(entry.address))
            cells = [format_moment(entry.time.ns), escape(entry.who), entry.kind, place, f"{entry.value:#x}"]
            rows.append([*cells, escape(entry.function), escape(entry.line)])
        more = f"<br>and {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
        return report.table(rows, numbers=[0, 4]) + more


_KINDS = {Access.read: AccessKind.READ, Access.write: AccessKind.WRITE, Access.any: AccessKind.ANY}
_NAMES = {Access.read: "load", Access.write: "store", Access.any: "load or store"}
_VERBS = {Access.read: "read", Access.write: "write", Access.any: "read or write"}


def _kinds(access: MemoryAccess) -> tuple[AccessKind, ...]:
    return AccessKind.ANY, AccessKind.WRITE if access.is_write else AccessKind.READ


def _gaps(low: int, high: int, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what of [low, high) is in none of the spans (first, size)."""
    gaps = []
    for first, size in sorted(spans):
        if first > low:
            gaps.append((low, min(first, high)))
        low = max(low, first + size)
        if low >= high:
            return gaps
    return [*gaps, (low, high)]
