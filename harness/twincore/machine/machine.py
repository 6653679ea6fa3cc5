"""The machine: a platform's memories and peripherals around an executor, with events, runs and resets."""

from __future__ import annotations

import enum
import hashlib
import operator
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from twincore.devices import Device
from twincore.errors import PeripheralError, UsageError
from twincore.images.efuses import WORDS, read_efuses
from twincore.isa.config import EXCM_LEVEL, LEVEL_MASKS, TIMER_INTERRUPTS
from twincore.machine.bus import SLOT_BITS, IoBus, Slot
from twincore.machine.clocks import Clocks, to_ns
from twincore.machine.context import PeripheralContext
from twincore.machine.diagnostics import Diagnostics, Place
from twincore.machine.digest import digest
from twincore.machine.encrypted_flash import Cipher
from twincore.machine.events import EventQueue
from twincore.machine.executor import (
    Access,
    CoreOptions,
    ExecutorFactory,
    ExecutorOptions,
    OnRefused,
    Protection,
    Served,
)
from twincore.machine.flash_chip import NorFlash
from twincore.machine.injection import OWNER, Injector
from twincore.machine.interrupts import InterruptGuard
from twincore.machine.memory_map import MemoryMap
from twincore.machine.mmu import MmuMapper, gates
from twincore.machine.observers import Observers, Touch
from twincore.machine.octal_flash_chip import OctalFlash
from twincore.machine.platform_file import Platform
from twincore.machine.psram_chip import psram_chip
from twincore.machine.resets import Reset, ResetReason, reason_name
from twincore.machine.semihosting import Semihosting
from twincore.machine.spi_chip import Chip, ChipBus
from twincore.machine.unmodelled import Unmodelled
from twincore.machine.user_code import construct, in_words, is_foreign
from twincore.machine.wiring import Fuses, Wiring, playing
from twincore.model import (
    NEVER,
    RESET_DOMAINS,
    TICKS_PER_SECOND,
    Peripheral,
    Stateful,
    splitmix64,
)

CHUNK_TICKS = TICKS_PER_SECOND // 100
"""A run comes back to Python at every multiple of this simulated time (10 ms): to see Ctrl-C and a dead chip."""

DEFAULT_QUANTUM_CYCLES = 64
MAX_QUANTUM_CYCLES = 1_000_000
"""A longer turn would end at the next event anyway; its ticks must fit 64 bits at the slowest clock."""

_EVENTS_AT_ONCE = 100_000
"""More events at one time than this are a block's that schedules for ever."""

_TIMERS = sum(1 << number for number in TIMER_INTERRUPTS)
"""The cores' own timer interrupts, as bits of INTENABLE."""

DEBUG_STATUS = 0x10_200C
"""External register with the status of the cores' debug module (DSR): firmware asks it for a debugger."""

RESCUE_TICKS = 20 * TICKS_PER_SECOND
"""How long cores without enabled interrupts may wait for a watchdog before the chip counts as dead."""


class StopReason(enum.Enum):
    """Why a run came back."""

    TIME = "time"
    """The time asked for is over."""
    REQUESTED = "requested"
    """`request_stop` was called, for example by a breakpoint or a match on a serial port."""
    EXIT = "exit"
    """The guest ended the run through semihosting; `Machine.exit_status` has its status."""
    DEAD = "dead"
    """All cores wait or are held, and nothing is left that could wake one."""


class Machine:
    """One chip on one board with the cores that an executor runs; implements `executor.Host`.

    platform: what to build. executor: builds what runs the cores. seed: of the power-on pattern and of random numbers.
    sram: "pattern" or "zero", what memories hold at power-on. quantum_cycles: the cores' turn in CPU cycles.
    semihosting: whether `simcall` reaches the user. unmodelled: "report" counts accesses to what twincore lacks,
    "error" ends the run.

    Same platform, image, seed, sram and quantum give the same run, however it is divided into calls.
    """

    def __init__(
        self,
        platform: Platform,
        executor: ExecutorFactory,
        *,
        seed: int = 0,
        sram: Literal["pattern", "zero"] = "pattern",
        quantum_cycles: int = DEFAULT_QUANTUM_CYCLES,
        semihosting: bool = False,
        unmodelled: Literal["report", "error"] = "report",
    ) -> None:
        if not 1 <= quantum_cycles <= MAX_QUANTUM_CYCLES:
            raise UsageError("quantum", f"expected 1 to {MAX_QUANTUM_CYCLES} cycles, got {quantum_cycles}")
        if sram not in ("pattern", "zero"):
            raise UsageError("sram", f"expected pattern or zero, got {sram!r}")
        self.platform = platform
        self.seed = seed
        self.sram = sram
        self.quantum_cycles = quantum_cycles
        self.diagnostics = Diagnostics(self._place)
        self.moment = self.diagnostics.moment
        self.resets: list[Reset] = []
        self.exit_status: int | None = None
        self.breakpoint_listeners: dict[int, list[Callable[[int, int], None]]] = {}
        self.reset_listeners: list[Callable[[Reset], None]] = []
        self.core_listeners: list[Callable[[int, bool], None]] = []
        """Called with a core when what holds it may have changed, and (with True) when it is reset."""

        self._register_names = platform.register_names
        self.events = EventQueue()
        self.clocks = Clocks(platform.clocks)
        self._core: int | None = None
        self._event_ticks: int | None = None
        self._armed_ticks = NEVER
        self._stop: StopReason | None = None
        self._failure: BaseException | None = None
        self._recent: list[deque[tuple[int, int, int, str, int, int, Access, int]]] | None = None
        self._postponed: list[Callable[[], None]] = []
        self._is_inside = False
        self._hopeless_since: int | None = None

        self._io_base = platform.chip.io_base
        self._io_reach = platform.chip.io_reach or platform.chip.io_size
        self.executor = executor(
            self,
            ExecutorOptions(
                cores=tuple(CoreOptions(core.prid, core.reset_vector) for core in platform.cores),
                io_base=self._io_base,
                io_size=platform.chip.io_size,
                quantum_cycles=quantum_cycles,
                semihosting=semihosting,
                gates=gates(platform.mmu),
            ),
        )
        self.now_ticks = self.executor.now_ticks
        self.interrupts = InterruptGuard(self.executor.request_stop)
        """Takes Ctrl-C during runs; a caller of many short runs holds it active around all of them."""
        self.unmodelled = Unmodelled(
            self.executor.io, self._register_names, self.diagnostics, is_error=unmodelled == "error"
        )
        self.memory_map = MemoryMap(platform, self.executor, seed, sram, self.moment, self._look)
        self.memories = self.memory_map.memories
        self.peripherals: dict[str, Peripheral] = {}
        self._slots = self._make_peripherals()
        self._deliver_fuses()
        self._protections: list[dict[str, tuple[tuple[Protection, ...], OnRefused]]] = [{} for _ in platform.cores]
        self.devices: dict[str, Device] = {}
        """What the board has on the chip's pins and buses, by name."""
        self.flash_chip: NorFlash | None = None
        self._attach_chips()
        self.observers = Observers(len(platform.cores), self.executor.observe, self.memory_map.views)
        """Who listens to accesses of memory and registers."""
        self._mmu = self.memory_map.mmu = self._make_mmu()
        self.semihosting = Semihosting(self)
        cpu = self.clocks.get("cpu", "machine")
        cpu.listen(lambda: self.executor.set_ticks_per_cycle(cpu.period_ticks))
        self.executor.set_ticks_per_cycle(cpu.period_ticks)
        self.injector = Injector(self)
        """What tests do to the machine at exact moments."""
        self.wiring = Wiring(self)
        for name, peripheral in self.peripherals.items():
            try:
                peripheral.connect()
            except Exception as error:
                if not is_foreign(error):
                    raise
                raise in_words(error, f"connecting {name}") from error
        self.wiring.attach_devices()
        self.output = {name: hashlib.sha256() for name in self.wiring.serial_ports}
        """The hash over all that each serial port has sent since power-on."""
        for name, port in self.wiring.serial_ports.items():
            port.listen(partial(self._note_output, name))

    # Building.

    def _note_output(self, port: str, _: int, data: bytes) -> None:
        self.output[port].update(data)

    def _make_peripherals(self) -> list[Slot]:
        io = self.executor.io
        io.python_read[:] = bytes([Served.BY_PYTHON]) * len(io.python_read)
        io.python_write[:] = bytes([Served.BY_PYTHON]) * len(io.python_write)
        bus = IoBus(self._io_base, self.platform.chip.io_size, self.unmodelled)
        for entry in self.platform.peripherals:
            kind = self.platform.classes[entry.name]
            size = entry.bytes_of(kind)
            first = (entry.base - self._io_base) // 4
            context = PeripheralContext(self, entry.name, entry.base, size, io.words[first : first + size // 4])
            file, where = self.platform.origins["peripheral", entry.name], f"peripheral {entry.name}"
            peripheral = construct(kind, context, entry.options, who=file, where=where, path=entry.class_)
            self.peripherals[entry.name] = peripheral
            last = first + size // 4
            io.python_read[first:last], io.python_write[first:last], masks = peripheral.native_access()
            io.write_mask[first:last] = memoryview(masks)
            bus.add(entry.base, size, peripheral)
        return bus.slots

    def _deliver_fuses(self) -> None:
        """Have the chip's fuses hold what the platform says."""
        efuse = self.platform.efuse
        words = [0] * WORDS if efuse.file is None else read_efuses(Path(efuse.file))
        for block in playing(Fuses, self.peripherals):
            block.deliver(words, mac=efuse.mac, revision=efuse.revision, fields=efuse.fields)

    def as_delivered(self) -> None:
        """Undo what firmware did to the chips for good: burnt fuses, lasting status bits of the flash."""
        if self.flash_chip is not None:
            self.flash_chip.as_delivered()
        for block in playing(Fuses, self.peripherals):
            block.as_delivered()

    def flash_cipher(self) -> Cipher | None:
        """Return how the chip's fuses have encrypted its flash, None where they have not."""
        return None if self._mmu is None else self._mmu.flash_cipher()

    def load_flash(self, content: bytes) -> None:
        """Have the flash hold `content`, and be erased behind it."""
        memory = self.memories["flash"]
        memory.fill(b"\xff")
        memory.write(0, content)
        self._flash_wrote(0, memory.size)

    def _flash_wrote(self, offset: int, size: int) -> None:
        """Tell of bytes of the flash that have changed."""
        self.executor.host_wrote(self.memories["flash"], offset, size)
        if self._mmu is not None:
            self._mmu.flash_wrote(offset, size)

    def fuses(self) -> list[int]:
        """Return all fuses as words, burnt ones as well; UsageError when the chip has none."""
        for block in playing(Fuses, self.peripherals):
            return block.fuses()
        raise UsageError(self.platform.chip.name, "expected a chip with eFuses, this one has none")

    def _attach_chips(self) -> None:
        """Put the board's flash and PSRAM behind the controllers that software reaches them by."""
        chips: list[tuple[int, Chip]] = []
        flash, psram = self.platform.flash, self.platform.psram
        if flash is not None:
            memory = self.memories["flash"]
            make = OctalFlash if flash.lines == 8 else NorFlash
            self.flash_chip = make(memory.data, flash.jedec_id, self.context_now, self._flash_wrote)
            chips.append((0, self.flash_chip))
        if psram is not None:
            memory = self.memories["psram"]
            wrote = partial(self.executor.host_wrote, memory)
            chips.append((1, psram_chip(psram.lines, psram.vendor, memory.data, wrote)))
        for controller in playing(ChipBus, self.peripherals):
            for chip_select, chip in chips:
                controller.attach(chip_select, chip)

    def _make_mmu(self) -> MmuMapper | None:
        mmu = self.platform.mmu
        if mmu is None:
            return None
        return MmuMapper(
            mmu,
            self.executor,
            self.peripherals,
            self.memories.get("flash"),
            self.memories.get("psram"),
            lambda text: self.diagnostics.tell("mmu", text),
            self.observers.refresh,
            str(self.platform.files[-1]),
        )

    # Time and runs.

    @property
    def time_ticks(self) -> int:
        """The machine's time in ticks of the base clock: that of the core that is behind."""
        return self.executor.now_ticks()

    @property
    def time_ns(self) -> int:
        """The machine's time in whole nanoseconds."""
        return to_ns(self.executor.now_ticks())

    def power_on(self) -> None:
        """Give the chip power: memories hold their power-on content, every block and core its reset state.

        Flash, burnt fuses and ROM keep what they hold. Time begins at 0, and so does all that the digest counts: what
        comes is as on a machine that was just built.
        """
        self.wiring.settle()
        self.executor.power_on()
        self._armed_ticks = NEVER
        self.semihosting.power_on()
        self.memory_map.power_on()
        self.clocks.power_on()
        self.events = EventQueue()
        self.exit_status = None
        self.injector.power_on()
        self.wiring.power_on()
        self._reset_parts("power_on", ResetReason.POWERON)
        for name, device in self.devices.items():
            try:
                device.power_on()
            except Exception as error:
                if not is_foreign(error):
                    raise
                raise in_words(error, f"power for {name}", self.moment()) from error
        for name in self.output:
            self.output[name] = hashlib.sha256()

    def reset(self, domain: str = "system", reason: int = ResetReason.RTC_SW_SYS_RST) -> None:
        """Reset a part of the chip from outside (a key of `RESET_DOMAINS`); memories keep their content."""
        if domain not in RESET_DOMAINS:
            raise UsageError("reset", f"expected one of {', '.join(RESET_DOMAINS)}; got {domain!r}")
        self._carry_out_reset(domain, reason)

    def run_for(self, ticks: int) -> StopReason:
        """Run for `ticks` of simulated time, up to a quantum longer; return why the run came back."""
        return self.run_until(self.executor.now_ticks() + ticks)

    def run_until(self, until_ticks: int) -> StopReason:
        """Run until every core's time is at least `until_ticks` or something stops the run; return what it was.

        Raises what a peripheral or listener raised, KeyboardInterrupt after the instruction that Ctrl-C met, and
        UnmodelledError where the user asked for that.
        """
        executor = self.executor
        self._stop = None
        with self.interrupts.active():
            while (now := executor.now_ticks()) < until_ticks:
                target = min(until_ticks, (now // CHUNK_TICKS + 1) * CHUNK_TICKS)
                self._enter(executor.run, target)
                if self._stop is not None:
                    return self._stop
                if executor.now_ticks() >= target and self.is_dead():
                    return StopReason.DEAD
        return StopReason.TIME

    def step(self, core: int) -> None:
        """Execute one instruction of `core`; the rest of the machine follows its time."""
        self._stop = None
        self._enter(self.executor.step, core)

    def _enter(self, what: Callable[[int], None], argument: int) -> None:
        self._is_inside = True
        try:
            what(argument)
        finally:
            self._is_inside = False
            self._core = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        self._catch_up()
        self.interrupts.deliver()

    def request_stop(self, reason: StopReason = StopReason.REQUESTED) -> None:
        """Make the run come back after the instruction or event that is being carried out."""
        if self._stop is None:
            self._stop = reason
        self.executor.request_stop()

    def load(self, address: int, size: int = 4, core: int = 0) -> int:
        """Return what a load in the I/O window reads, with its side effects, as if `core` made it between two runs."""
        io = self.executor.io
        index = address - io.base >> 2
        if not io.python_read[index]:
            return io.words[index] >> (address & 3) * 8 & (1 << size * 8) - 1
        value = self.io_read(core, address, size)
        self._enter(lambda _: None, 0)  # raises what the block raised, and does what it left for later
        return value

    def store(self, address: int, value: int, size: int = 4, core: int = 0) -> None:
        """Carry out a store in the I/O window, with its side effects, as if `core` made it between two runs."""
        io = self.executor.io
        index = address - io.base >> 2
        if io.python_write[index]:
            self.io_write(core, address, size, value)
            self._enter(lambda _: None, 0)
            return
        shift = (address & 3) * 8
        mask = ((1 << size * 8) - 1 << shift) & io.write_mask[index]
        io.words[index] = io.words[index] & ~mask | value << shift & mask

    def is_dead(self) -> bool:
        """Tell whether no core executes or will ever again without help from outside.

        That is so when all cores are held or in waiti, and no event is left and no timer of a core enabled, or no
        core has any interrupt enabled and no watchdog has come to the rescue for `RESCUE_TICKS`.
        """
        timers = wakeable = False
        for index, core in enumerate(self.executor.cores):
            if not self.wiring.is_running(index):
                continue
            if not core.waiting:
                self._hopeless_since = None
                return False
            enabled, ps = core.read("intenable"), core.read("ps")
            level = max(ps & 15, EXCM_LEVEL if ps & 16 else 0)
            for rank, mask in LEVEL_MASKS.items():
                if rank > level and enabled & mask:
                    wakeable = True
                    timers = timers or enabled & mask & _TIMERS != 0
        if not len(self.events):
            return not timers
        now = self.executor.now_ticks()
        if wakeable:
            self._hopeless_since = None
        elif self._hopeless_since is None:
            self._hopeless_since = now
        return not wakeable and self._hopeless_since is not None and now - self._hopeless_since >= RESCUE_TICKS

    # What an executor asks (executor.Host).

    def io_read(self, core: int, address: int, size: int) -> int:
        """Return what a load in the I/O window reads."""
        self._core = core
        try:
            slot = self._slots[address - self._io_base >> SLOT_BITS]
            value = slot.read(address - slot.base, size)
            if self._recent is not None:
                self._note_access(core, address, size, value, Access.LOAD)
            return value
        except BaseException as error:
            self._fail(error, f"load of {self.register_name(address)}")
            return 0

    def io_write(self, core: int, address: int, size: int, value: int) -> None:
        """Carry out a store in the I/O window."""
        self._core = core
        try:
            slot = self._slots[address - self._io_base >> SLOT_BITS]
            slot.write(address - slot.base, size, value)
            if self._recent is not None:
                self._note_access(core, address, size, value, Access.STORE)
        except BaseException as error:
            self._fail(error, f"store of {value:#x} to {self.register_name(address)}")

    def keep_recent_accesses(self, count: int) -> None:
        """Keep each core's last `count` accesses of registers from now on; those that native code serves are none."""
        self._recent = [deque(maxlen=count) for _ in self.executor.cores]

    def recent_accesses(self, core: int) -> Sequence[Touch]:
        """Return a core's last accesses of registers, the oldest first."""
        return [] if self._recent is None else [Touch(*fields) for fields in self._recent[core]]

    def _note_access(self, core: int, address: int, size: int, value: int, access: Access) -> None:
        assert self._recent is not None
        pc = self.executor.cores[core].pc
        self._recent[core].append((self.now_ticks(), core, pc, "", address, size, access, value))

    def unmapped(self, core: int, address: int, size: int, access: Access) -> bool:
        """Log an access to an address where nothing is; return whether the bus answers there all the same."""
        self._core = core
        try:
            what = {Access.LOAD: "load", Access.STORE: "store", Access.FETCH: "fetch"}[Access(access)]
            answers = access != Access.FETCH and 0 <= address - self._io_base < self._io_reach
            if self.unmodelled.count(f"{what} {address:#010x}") == 1:
                text = f"{what} of {size} bytes at {address:#010x}, where no memory is mapped"
                if answers:
                    text += "; the bus answers 0" if access == Access.LOAD else "; the bus drops it"
                self.diagnostics.tell("unmapped", text)
            return answers
        except BaseException as error:
            self._fail(error)
            return False

    def refused(self, core: int, address: int, size: int, access: Access) -> None:
        """Tell the block that protects the address of an access that it refuses."""
        self._core = core
        try:
            for ranges, on_refused in self._protections[core].values():
                if any(entry.first <= address + size - 1 and address < entry.end for entry in ranges):
                    on_refused(core, address, size, Access(access))
        except BaseException as error:
            self._fail(error, f"refused access to {address:#010x}")

    def observed(self, core: int, address: int, size: int, access: Access, value: int) -> None:
        """Tell those who listen of an access that a core has made."""
        self._core = core
        try:
            pc = self.executor.cores[core].pc
            self.observers.tell(Touch(self.now_ticks(), core, pc, "", address, size, Access(access), value))
        except BaseException as error:
            self._fail(error, f"observed access to {address:#010x}")

    def unanswered(self, core: int, address: int, size: int, access: Access) -> bool:
        """Pass an access of external memory that nothing answers on to the control of the caches."""
        self._core = core
        try:
            assert self._mmu is not None
            return self._mmu.unanswered(core, address, Access(access))
        except BaseException as error:
            self._fail(error, f"unanswered access to {address:#010x}")
            return False

    def event(self) -> None:
        """Carry out what is due."""
        self._core = None
        event = None
        try:
            due, left = self._armed_ticks, _EVENTS_AT_ONCE
            while (event := self.events.pop_due(due)) is not None:
                self._event_ticks = event.time_ticks
                left -= 1
                if not left:
                    raise PeripheralError(
                        f"event {event.name} of {event.owner}",
                        f"expected time to pass, got {_EVENTS_AT_ONCE} events at one time",
                        when=self.moment(),
                        next_step="schedule the next event later than now",
                    )
                owner = self._owner(event.owner)
                getattr(owner, f"on_{event.name}")(*event.args)
        except BaseException as error:
            self._fail(error, f"event {event.name} of {event.owner}" if event else "event")
        finally:
            self._event_ticks = None
            self._armed_ticks = self.events.next_ticks()
            self.executor.set_next_event(self._armed_ticks)

    def _owner(self, name: str) -> Stateful:
        return self.injector if name == OWNER else self.peripherals.get(name) or self.devices[name]

    def simcall(self, core: int) -> None:
        """Carry out a semihosting call."""
        self._core = core
        try:
            self.semihosting.call(core)
        except BaseException as error:
            self._fail(error)

    def breakpoint(self, core: int, address: int) -> None:
        """Tell the listeners of a breakpoint that `core` is about to execute it."""
        self._core = core
        try:
            for listener in list(self.breakpoint_listeners.get(address, ())):
                listener(core, address)
        except BaseException as error:
            self._fail(error)

    def rer(self, core: int, address: int) -> int:
        """Return 0 for an external register: none is modelled, and the debug module says that nobody is attached."""
        if address == DEBUG_STATUS:
            return 0
        self._core = core
        try:
            self.unmodelled.note(f"RER {address:#x}")
        except BaseException as error:
            self._fail(error)
        return 0

    def wer(self, core: int, address: int, value: int) -> None:
        """Drop a write to an external register: none is modelled."""
        self._core = core
        try:
            self.unmodelled.note(f"WER {address:#x}")
        except BaseException as error:
            self._fail(error)

    def gpio_out(self, core: int, levels: int) -> None:
        """Give the core's own eight outputs their levels; nothing when the platform has no GPIO matrix for them."""
        self._core = core
        try:
            if self.wiring.core_pins is not None:
                self.wiring.core_pins.set_core_outputs(core, levels)
        except BaseException as error:
            self._fail(error, f"GPIO_OUT of core {core}")

    def gpio_in(self, core: int) -> int:
        """Return the levels of the core's own eight inputs."""
        self._core = core
        try:
            return 0 if self.wiring.core_pins is None else self.wiring.core_pins.core_inputs(core)
        except BaseException as error:
            self._fail(error, f"GPIO_IN of core {core}")
            return 0

    def _fail(self, error: BaseException, doing: str = "") -> None:
        """Keep an exception until the executor has come back; nothing may be raised through native code."""
        if self._failure is None:
            is_ours = not doing or not is_foreign(error)
            self._failure = error if is_ours else in_words(error, doing, self.moment())
        self.executor.request_stop()

    def register_name(self, address: int) -> str:
        """Return what a register is called: BLOCK.REGISTER, BLOCK+0x<offset> or its address."""
        for entry in self.platform.peripherals:
            block = self.peripherals[entry.name]
            if entry.base <= address < entry.base + 4 * len(block.words):
                return block.name_of(address - entry.base)
        return self._register_names.name_of(address)

    def _look(self, address: int) -> int:
        """Return the word at an address of the I/O window as a load reads it, without the load's effects."""
        slot = self._slots[address - self._io_base >> SLOT_BITS]
        try:
            return slot.look(address - slot.base)
        except Exception as error:
            if not is_foreign(error):
                raise
            raise in_words(error, f"a look at {self.register_name(address)}", self.moment()) from error

    # What contexts of peripherals ask.

    def context_now(self) -> int:
        """Return the time that a peripheral sees: the due time in an event, else that of the accessing core."""
        event_ticks = self._event_ticks
        return self.now_ticks() if event_ticks is None else event_ticks

    def _place(self) -> Place:
        """Return the moment and the instruction that is being carried out."""
        core = self._core
        return Place(self.context_now(), core, None if core is None else self.executor.cores[core].pc)

    def schedule(self, at_ticks: int, owner: str, name: str, args: tuple[int, ...]) -> None:
        """Queue an event for the peripheral or device `owner`."""
        at_ticks = operator.index(at_ticks)  # a time of another type shall fail here, where its author sees it
        self.events.schedule(at_ticks, owner, name, args)
        if at_ticks < self._armed_ticks and self._event_ticks is None:
            self._armed_ticks = at_ticks
            self.executor.set_next_event(at_ticks)

    def cancel(self, owner: str, name: str, args: tuple[int, ...]) -> None:
        """Take an event out of the queue."""
        self.events.cancel(owner, name, args)
        if self._event_ticks is None:
            self._arm()

    def _arm(self) -> None:
        ticks = self.events.next_ticks()
        if ticks != self._armed_ticks:
            self._armed_ticks = ticks
            self.executor.set_next_event(ticks)

    def end_slice(self) -> None:
        """End the accessing core's slice after this instruction; nothing to do outside of an access."""
        if self._is_inside and self._event_ticks is None:
            self.executor.end_slice()

    def _later(self, what: Callable[[], None]) -> None:
        """Do `what` when no core is in the middle of an instruction."""
        self._postponed.append(what)
        if self._is_inside:
            self.executor.request_stop()
        else:
            self._catch_up()

    def _catch_up(self) -> None:
        while self._postponed:
            self._postponed.pop(0)()

    def request_reset(self, domain: str, reason: int) -> None:
        """Reset `domain`: one core at its own moment, more than that after the access or event under way."""
        if domain not in RESET_DOMAINS:
            raise UsageError("reset", f"expected one of {', '.join(RESET_DOMAINS)}; got {domain!r}")
        if domain in ("core0", "core1"):
            self._carry_out_reset(domain, reason)
        else:
            self._later(lambda: self._carry_out_reset(domain, reason))

    def dma_read(self, address: int, length: int, *, master: str = "DMA") -> bytes:
        """Return what DMA reads at guest addresses; NoMemoryError where no memory is. master: the block whose DMA."""
        content = self.memory_map.dma_read(address, length)
        self._tell_dma(master, address, content, Access.LOAD)
        return content

    def dma_write(self, address: int, content: bytes, *, master: str = "DMA") -> None:
        """Store bytes by DMA; NoMemoryError, and nothing stored, where no memory is or only one that is kept."""
        self.memory_map.dma_write(address, content)
        self._tell_dma(master, address, content, Access.STORE)

    def _tell_dma(self, master: str, address: int, content: bytes, access: Access) -> None:
        if self.observers:
            value = int.from_bytes(content, "little")
            self.observers.tell(Touch(self.context_now(), None, None, master, address, len(content), access, value))

    def protect(self, owner: str, core: int, ranges: Sequence[Protection], on_refused: OnRefused) -> None:
        """Have `core` use ranges of addresses only as the block `owner` allows; those of two blocks do not overlap."""
        protections = self._protections[core]
        protections[owner] = tuple(ranges), on_refused
        self.executor.protect(core, [entry for ranges, _ in protections.values() for entry in ranges])

    def power_down(self) -> None:
        """Take power from the digital system, as deep sleep does, after the access or event under way.

        Its blocks stand at their reset state without anything to come, and its memories hold noise.
        """
        self._later(self._power_down)

    def _power_down(self) -> None:
        self.wiring.settle()
        blocks = [name for name, block in self.peripherals.items() if block.reset_domain in RESET_DOMAINS["system"]]
        for name in blocks:
            self.peripherals[name].reset("system")
        self.events.drop(blocks)
        self.memory_map.deep_sleep()
        self.wiring.after_reset()
        self._arm()

    def reset_block(self, name: str) -> None:
        """Reset one peripheral alone, as its reset bit does."""
        if name in self.peripherals:
            self.peripherals[name].reset("block")

    # Resets.

    def _carry_out_reset(self, domain: str, reason: int) -> None:
        self.wiring.settle()
        self._reset_parts(domain, reason)

    def _reset_parts(self, domain: str, reason: int) -> None:
        parts = RESET_DOMAINS[domain]
        reset = Reset(self.context_now(), domain, reason)
        self.resets.append(reset)
        self._hopeless_since = None
        for name, peripheral in self.peripherals.items():
            try:
                peripheral.reset(domain, reason)
            except Exception as error:
                if not is_foreign(error):
                    raise
                raise in_words(error, f"reset of {name}", self.moment()) from error
        for index in range(len(self.executor.cores)):
            if f"core{index}" in parts:
                self.executor.reset_core(index)
                self.tell_of_core(index, was_reset=True)
        if domain not in ("core0", "core1"):
            self.wiring.after_reset()
        if self._event_ticks is None:
            self._arm()
        if domain != "power_on":
            self.diagnostics.tell("reset", f"{domain}, {reason_name(reason)}")
        for listener in self.reset_listeners:
            listener(reset)

    def tell_of_core(self, core: int, *, was_reset: bool) -> None:
        """Tell those who follow a core's life."""
        for listener in self.core_listeners:
            listener(core, was_reset)

    @property
    def acting_core(self) -> int | None:
        """The core whose instruction is being carried out; None where an event or the host acts."""
        return self._core if self._is_inside and self._event_ticks is None else None

    # Names of registers.

    def registers(self) -> dict[str, int]:
        """Return the addresses of all registers that have a name, by "BLOCK.REGISTER" as the chip's manual calls it."""
        names = self._register_names.names()
        for entry in self.platform.peripherals:
            block = self.peripherals[entry.name]
            for name, offset in block.register_offsets().items():
                names[f"{entry.name}.{name}"] = entry.base + offset
        return names

    # Identity.

    def block_seed(self, name: str) -> int:
        """Return 64 bits from the run's seed and a name."""
        hashed = hashlib.sha256(name.encode()).digest()
        return splitmix64(self.seed & (1 << 64) - 1 ^ int.from_bytes(hashed[:8], "little"))

    def digest(self) -> str:
        """Return "sha256:<hex>" over what the run depends on, all output, all memory and all state."""
        return digest(self)

    def close(self) -> None:
        """Give back what the executor holds."""
        self.executor.close()
