"""What keywords, pytest, the command line and GDB need of anything that runs firmware: the `Engine` protocol.

All times are simulated. They are integers in nanoseconds, counted from the moment the engine was made; a power-on does
not set them back. An engine that cannot do something leaves the `Capability` out and raises UsageError when asked.
"""

from __future__ import annotations

import bisect
import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from twincore.devices import Device
from twincore.images import Image, Symbols
from twincore.model import Peripheral

DEFAULT_POLL_NS = 10_000
"""How often a condition on memory is looked at, unless told otherwise (10 us)."""


class Capability(enum.Enum):
    """Something an engine may or may not be able to do; a test that needs one skips where it lacks."""

    MEMORY = "read and write memory"
    REGISTERS = "read and write registers of the cores"
    WATCHPOINTS = "tell who reads and writes an address"
    CORE_LIFE = "tell when a core is held, released and reset, and by whom"
    INJECTION = "do something to the chip at an exact moment"
    BREAKPOINTS = "stop at an address, and count how often a core passes one"
    STEP = "execute one instruction of one core"
    PINS = "see levels and edges of pins and drive them"
    DEVICES = "call devices of the board and peripherals of the chip"
    SERIAL_OUTPUT = "see what a serial port sends, with the time of each byte"
    SERIAL_INPUT = "send bytes to a serial port"
    EXACT_TIME = "know every moment to the CPU cycle"
    DETERMINISTIC = "give the same run each time"
    DIGEST = "prove a run by a digest over all state and output"
    RESET = "reset the chip or one core"
    RESET_REASONS = "say when and why the chip was reset"
    DIAGNOSTICS = "report accesses to what is not modelled"
    SEMIHOSTING = "let the firmware end the run and write text by simcall"


# Conditions to run until. Each is data; an engine says what it waits for.


@dataclass(frozen=True)
class SerialText:
    """A serial port has sent bytes that match `pattern`, counted from byte `start` of its output.

    The run stops when the stop bit of the byte that completes the match is over. A match has at most
    `MATCH_WINDOW` bytes.
    """

    port: str
    pattern: re.Pattern[bytes]
    start: int = 0


MATCH_WINDOW = 4096
"""The longest match of `SerialText`, in bytes."""


@dataclass(frozen=True)
class AddressReached:
    """A core (any when None) is about to execute the instruction at `address`; the run stops before it."""

    address: int
    core: int | None = None


@dataclass(frozen=True)
class MemoryMeets:
    """`accept(content)` is true of `size` bytes at `address`, looked at every `poll_ns` of simulated time.

    The run stops at most `poll_ns` late; a value that comes and goes in between is not seen. With None memory is looked
    at after every store to it, so that the run stops right after the one that makes it true; registers, which change
    without one, are looked at every `DEFAULT_POLL_NS` besides.
    """

    address: int
    size: int
    accept: Callable[[bytes], bool]
    poll_ns: int | None = DEFAULT_POLL_NS


@dataclass(frozen=True)
class PinEdge:
    """The pin `gpio` changes to `level` (to either when None)."""

    gpio: int
    level: int | None = None


@dataclass(frozen=True)
class ResetHappens:
    """The chip or a core is reset for the `count`-th time from now on."""

    count: int = 1


class AccessKind(enum.Enum):
    """Which accesses of memory count."""

    READ = "read"
    WRITE = "write"
    ANY = "access"


@dataclass(frozen=True)
class Area:
    """`size` bytes from `address` on, and which accesses of them count: by `core` only, or (None) by both and by DMA.

    Aliases count: a byte of SRAM is the same on the data bus and on the instruction bus. Registers count as memory.
    """

    address: int
    size: int
    kind: AccessKind = AccessKind.WRITE
    core: int | None = None


@dataclass(frozen=True)
class MemoryAccess:
    """A load or store that happened: `size` bytes at `address`, `value` is what it moved.

    A core did it with its instruction at `pc`; DMA has no core and no pc but a block's name as `master`. `address` may
    lie before the area that was asked for, where the access reaches into it.
    """

    time_ns: int
    core: int | None
    pc: int | None
    address: int
    size: int
    value: int
    is_write: bool
    master: str = ""


@dataclass(frozen=True)
class MemoryAccessed:
    """The area is accessed (and `accept(access)` is true, where it is given); the run stops after that instruction."""

    area: Area
    accept: Callable[[MemoryAccess], bool] | None = None


class CoreEvent(enum.Enum):
    """What happens to a core."""

    HELD = "held"
    RELEASED = "released"
    RESET = "reset"


@dataclass(frozen=True)
class CoreChange:
    """A core was held, released or reset, or is held by something else from now on.

    `held_by` is what holds it then: "reset", "clock" (it has none), "stall". `actor` is the core whose instruction at
    `pc` did it, None where the chip did.
    """

    time_ns: int
    core: int
    event: CoreEvent
    held_by: tuple[str, ...]
    actor: int | None
    pc: int | None


@dataclass(frozen=True)
class CoreChanges:
    """What is told of a core changes: `event` (any when None) happens to it. The run stops after that instruction."""

    core: int
    event: CoreEvent | None = None


Condition = SerialText | AddressReached | MemoryMeets | PinEdge | ResetHappens | MemoryAccessed | CoreChanges


# What can be done to a run at an exact moment. Each is data.


@dataclass(frozen=True)
class SendBytes:
    """Bytes begin to arrive at a serial port, back to back at the rate that the firmware has set."""

    port: str
    content: bytes


@dataclass(frozen=True)
class DrivePin:
    """A pin is driven from outside to 0 or 1, or (None) let go of."""

    gpio: int
    level: int | None


@dataclass(frozen=True)
class StoreMemory:
    """Bytes of memory change, without any core doing it."""

    address: int
    content: bytes


@dataclass(frozen=True)
class FlipBits:
    """The bits of `mask` in the byte at `address` are inverted, as a particle does it."""

    address: int
    mask: int


@dataclass(frozen=True)
class StallCore:
    """A core stops between two instructions and goes on after `duration_ns`; its timers count on."""

    core: int
    duration_ns: int


@dataclass(frozen=True)
class DelayRelease:
    """The next time that the chip releases a core, it begins `delay_ns` late."""

    core: int
    delay_ns: int


@dataclass(frozen=True)
class RaiseInterrupt:
    """An interrupt source (`interrupt_sources`) is active for `duration_ns`, whatever its block says."""

    source: str
    duration_ns: int


@dataclass(frozen=True)
class DelayInterrupt:
    """The next time that an interrupt source becomes active, the cores see it `delay_ns` late."""

    source: str
    delay_ns: int


Injection = SendBytes | DrivePin | StoreMemory | FlipBits | StallCore | DelayRelease | RaiseInterrupt | DelayInterrupt


class StopKind(enum.Enum):
    """Why a run came back."""

    TIME = "the time is over"
    CONDITION = "a condition is met"
    EXIT = "the firmware ended the run"
    DEAD = "all cores wait or are held, and nothing is left that could wake one"


@dataclass(frozen=True)
class Stop:
    """How a run ended: `condition` is the index of the one that was met, `match` what a `SerialText` found.

    `time_ns` is the moment it happened. `core` and `address` say where for `AddressReached`, `access` what happened for
    `MemoryAccessed`; `exit_status` is the firmware's for EXIT.
    """

    kind: StopKind
    time_ns: int
    condition: int | None = None
    core: int | None = None
    address: int | None = None
    match: re.Match[bytes] | None = None
    exit_status: int | None = None
    access: MemoryAccess | None = None


@dataclass(frozen=True)
class Hit:
    """A core was about to execute the instruction at `address`."""

    core: int
    address: int
    time_ns: int


@dataclass(frozen=True)
class Edge:
    """A pin changed to `level`."""

    time_ns: int
    level: int


@dataclass(frozen=True)
class ResetRecord:
    """A reset: how far it reached (power_on, rtc, system, core0, core1), its reason's number and name."""

    time_ns: int
    domain: str
    reason: int
    reason_name: str


@dataclass(frozen=True)
class UnmodelledUse:
    """Accesses to something that is not modelled: its name ("RMT.SYS_CONF"), how many, and where the first one was.

    part: what it belongs to where that is not there at all: "the radio (Wi-Fi, Bluetooth)". An access to an unmapped
    address has no time, one that no core made has no core and pc.
    """

    name: str
    count: int
    part: str = ""
    time_ns: int | None = None
    core: int | None = None
    pc: int | None = None

    @property
    def block(self) -> str:
        """The part or block that the register belongs to; "unmapped" for an address where nothing is."""
        if self.part:
            return self.part
        if re.match(r"(load|store|fetch) 0x", self.name):
            return "unmapped"
        block = re.match(r"[A-Z][A-Z0-9_]*|0x[0-9a-f]+", self.name)
        return block[0] if block else self.name


@dataclass
class SerialLog:
    """All bytes a serial port has sent, with their times."""

    data: bytearray = field(default_factory=bytearray)
    bursts: list[tuple[int, int, int]] = field(default_factory=list)
    """(index behind the last byte, time of its end in ticks, ticks a byte) of bytes that were sent back to back."""

    @property
    def text(self) -> str:
        """The bytes as UTF-8, damaged ones replaced."""
        return self.data.decode("utf-8", "replace")

    def end_ticks(self, index: int) -> int:
        """Return when the stop bit of byte `index` was over, in ticks."""
        end, ticks, byte_ticks = self.bursts[bisect.bisect_right(self.bursts, index, key=lambda burst: burst[0])]
        return ticks - (end - 1 - index) * byte_ticks


class ChipRegister(NamedTuple):
    """A register of the chip or a field of one: `bits` bits from `bit` on of the word at `address`."""

    name: str
    address: int
    bit: int = 0
    bits: int = 32


class ChipRegisters(Protocol):
    """The chip's registers by the names of its manual: "GPIO.OUT_W1TS", a field as "GPIO.PIN4.PAD_DRIVER"."""

    def get(self, name: str) -> ChipRegister | None:
        """Return a register or a field; None where none is called so."""

    def find(self, name: str) -> ChipRegister:
        """Return a register or a field, however its letters are written; UsageError that names close ones."""

    def describe(self, address: int) -> str:
        """Return the name of the register at an address; the address where it has none."""


class Engine(Protocol):
    """Runs one firmware on one chip in simulated time."""

    @property
    def name(self) -> str:
        """The engine's name for people."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""

    @property
    def time_ns(self) -> int:
        """The simulated time: of the core that is behind."""

    @property
    def symbols(self) -> Symbols:
        """Names of the loaded firmware, its ROM's as a fallback."""

    @property
    def core_count(self) -> int:
        """How many cores there are."""

    def load(self, image: Image, *, rom: str = "open") -> None:
        """Put firmware and ROM in place (rom: open, auto, or the path of a file) and give the chip power."""

    def use_names(self, symbols: Symbols) -> None:
        """Take these names for the firmware's from now on; the ROM's stay the fallback."""

    def power_on(self) -> None:
        """Take power away and give it again: memories hold their power-on content, output begins anew."""

    def reset(self, domain: str = "system") -> None:
        """Reset a part of the chip: rtc (all but memories), system (digital system), core0, core1."""

    def run_for(self, duration_ns: int) -> Stop:
        """Run for a simulated time, also when the chip is dead; EXIT comes back early."""

    def run_until(self, conditions: Sequence[Condition], timeout_ns: int | None) -> Stop:
        """Run until one of `conditions` is met, `timeout_ns` of simulated time is over (None: without end).

        A condition that is met already stops the run at once. EXIT and DEAD come back early.
        """

    def step(self, core: int) -> None:
        """Execute one instruction of `core`; the rest of the chip follows its time."""

    def read_memory(self, address: int, size: int) -> bytes:
        """Return bytes at a guest address without side effects; UsageError where nothing is mapped."""

    def write_memory(self, address: int, content: bytes) -> None:
        """Set bytes at a guest address, read-only memory included, without side effects of registers."""

    def flash_content(self) -> bytes:
        """Return what the whole flash chip holds now; UsageError where the board has none."""

    def partition_content(self, name: str) -> bytes:
        """Return what a partition of the loaded image's table holds now; UsageError without one of that name."""

    def read_register(self, core: int, name: str) -> int:
        """Return a core's register by its name: pc, a0 to a15, ps, ..."""

    def write_register(self, core: int, name: str, value: int) -> None:
        """Set a core's register."""

    def register_names(self, core: int) -> Sequence[str]:
        """Return the names of all registers of a core."""

    @property
    def chip_registers(self) -> ChipRegisters:
        """Return the chip's registers by their names."""

    def core_state(self, core: int) -> str:
        """Return what a core does: "running", "waiting" (in waiti), "held" (stalled, in reset or without a clock) or
        "lost" (its double exception vector raises an exception itself).
        """

    def held_by(self, core: int) -> Sequence[str]:
        """Return what holds a core now, of "reset", "clock" (it has none), "stall"; empty where nothing does."""

    def core_changes(self, core: int) -> Sequence[CoreChange]:
        """Return when a core was held, released and reset since the last power-on, in their order."""

    def instructions(self, core: int) -> int:
        """Return how many instructions a core has executed."""

    def record_hits(self, address: int) -> None:
        """Record from now on each time a core is about to execute `address`, without stopping."""

    def hits(self, address: int) -> Sequence[Hit]:
        """Return what was recorded for `address`, in the order of execution."""

    def forget_hits(self, address: int) -> None:
        """Stop recording `address` and drop what was recorded."""

    def watch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Have `listener` called after each access of an area, in the order of execution; the run is not changed."""

    def unwatch_memory(self, area: Area, listener: Callable[[MemoryAccess], None]) -> None:
        """Take back one `watch_memory`."""

    def keep_register_accesses(self, count: int) -> None:
        """Keep each core's last `count` accesses of the chip's registers from now on, for `register_accesses`."""

    def register_accesses(self, core: int) -> Sequence[MemoryAccess]:
        """Return a core's last accesses of registers, the oldest first: those with an effect on what they reach."""

    def inject(self, at_ns: int, what: Injection) -> None:
        """Have something done to the chip when the simulated time is `at_ns`; power-on forgets what is to come.

        It happens between two instructions, before the first one that begins at that time or later. Raises UsageError
        for a moment that is over.
        """

    def interrupt_sources(self) -> Sequence[str]:
        """Return the names of the chip's interrupt sources: SYSTIMER.target0, UART0.interrupt, ..."""

    def pin_level(self, gpio: int) -> int:
        """Return a pin's level, 0 or 1."""

    def drive_pin(self, gpio: int, level: int | None) -> None:
        """Drive a pin from outside; None lets go of it."""

    def apply_voltage(self, gpio: int, voltage_mv: int) -> None:
        """Apply a voltage to a pin from outside; `drive_pin` takes it away."""

    def pin_edges(self, gpio: int, since_ns: int = 0) -> Sequence[Edge]:
        """Return all changes of a pin since power-on, or from `since_ns` on if that is later."""

    def peripheral(self, name: str) -> Peripheral:
        """Return a block of the chip by its name, to play the world around it; UsageError without one."""

    def device(self, name: str) -> Device:
        """Return a device of the board by its name, to ask it or to do something with it; UsageError without one."""

    def serial_ports(self) -> Sequence[str]:
        """Return the names of the serial ports: UART0, UART1, ..."""

    def serial_output(self, port: str) -> SerialLog:
        """Return what a port has sent since power-on, up to now."""

    def serial_time_ns(self, port: str, index: int) -> int:
        """Return when the stop bit of byte `index` of a port's output was over."""

    def serial_send(self, port: str, content: bytes) -> None:
        """Send bytes to a port, back to back from now on at the rate that the firmware has set."""

    def listen_serial(self, listener: Callable[[str, bytes], None]) -> None:
        """Have `listener(port, content)` called for all output, for example to show it as it comes."""

    def resets(self) -> Sequence[ResetRecord]:
        """Return all resets since the last power-on, that one included."""

    def diagnostics(self, *, with_unmodelled: bool = True) -> Sequence[str]:
        """Return what the user should know: first accesses to what is not modelled, resets, and so on.

        with_unmodelled: also those that `unmodelled` lists; a part that is not there at all (the radio) is always told.
        """

    def unmodelled(self) -> Sequence[UnmodelledUse]:
        """Return what was accessed and is not modelled, in the order of the first accesses."""

    def digest(self) -> str:
        """Return "sha256:<hex>" over the run's options, all output, all memory, all core and peripheral state."""

    def close(self) -> None:
        """Give everything back; the engine is unusable afterwards."""
