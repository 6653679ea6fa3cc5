"""What the author of a peripheral needs: registers, fields, declared state, signals, serial ports, clocks, a context.

A hardware block is one class: declarations first, behaviour in `read_<REGISTER>` and `write_<REGISTER>` after them.

    class SYSTIMER(Peripheral):
        class UNIT_OP(Register, offset=0x04, count=2, names="UNIT{}_OP"):
            TIMER_UNIT_VALUE_VALID = Field(29, access=RO, doc="the snapshot is ready to read")
            TIMER_UNIT_UPDATE = Field(30, access=WT, doc="write 1: take a snapshot")

        def write_UNIT_OP(self, n: int, value: int) -> None:
            if self.UNIT_OP.TIMER_UNIT_UPDATE.of(value):
                ...

A register lives in `words`, the very memory that native code serves loads and stores from. Python is called only for
words that have a `read_`/`write_` method, a field with a side effect, a lock, or no declaration at all (counted as
unmodelled, from the second access on without Python). So a register whose value changes by events is kept up to date in
`words`; only a value derived from time is a Python read.

Time is an integer count of `TICKS_PER_SECOND`. The cores take turns, a quantum each, so that two accesses may come
with times up to a quantum apart in the wrong order: a model never assumes that time did not step back.
"""

from __future__ import annotations

import copy
import enum
import functools
import json
import operator
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

from twincore.lines import Line as Line
from twincore.lines import Pin as Pin
from twincore.lines import Signal as Signal
from twincore.waveform import NEVER as NEVER

if TYPE_CHECKING:
    from twincore.machine.executor import OnRefused, Protection

from twincore.machine.executor import CounterSnapshot as CounterSnapshot

TICKS_PER_SECOND = 913_920_000_000
"""Ticks of the base clock in a second: every clock of the chip has a whole number of ticks a period."""

Value = int | bytes | list[int]
"""What declared state is made of."""

T = TypeVar("T")


class Access(enum.Enum):
    """How software may use a field, in the manual's terms (TRM, "Access Types for Registers")."""

    RW = "R/W"
    RO = "RO"
    WO = "WO"
    """Reads 0; a write reaches `write_<REGISTER>` only."""
    WT = "WT"
    """Writing 1 triggers an action of `write_<REGISTER>`; reads 0."""
    W1C = "W1C"
    """Hardware sets it, writing 1 clears it (the manual's R/WTC/SS)."""
    W1S = "W1S"
    """Writing 1 sets it."""
    RC = "RC"
    """Reading clears it."""


RW, RO, WO, WT, W1C, W1S, RC = Access.RW, Access.RO, Access.WO, Access.WT, Access.W1C, Access.W1S, Access.RC
_NO_BITS = dict.fromkeys(Access, 0)


class Field:
    """Bits `hi` to `lo` of a register, both counted from 0; one bit when `lo` is not given.

    `access` None means the register's own access. After the class of the register is made, the field knows its
    register's place, so that `peripheral.get(field)` needs no more.
    """

    __slots__ = ("access", "doc", "hi", "index", "lo", "mask", "name", "stride")

    def __init__(self, hi: int, lo: int | None = None, *, access: Access | None = None, doc: str = "") -> None:
        self.hi = hi
        self.lo = hi if lo is None else lo
        if not 31 >= self.hi >= self.lo >= 0:
            raise ValueError(f"field: expected 31 >= hi >= lo >= 0, got hi {self.hi}, lo {self.lo}")
        self.mask = (1 << (self.hi - self.lo + 1)) - 1
        self.access = access
        self.doc = doc
        self.name = ""
        self.index = 0
        self.stride = 1

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{self.name}[{self.hi}:{self.lo}]" if self.hi != self.lo else f"{self.name}[{self.hi}]"

    @property
    def bits(self) -> int:
        """The field's bits in place."""
        return self.mask << self.lo

    def of(self, word: int) -> int:
        """Return the field's value in the register value `word`."""
        return word >> self.lo & self.mask

    def into(self, word: int, value: int) -> int:
        """Return the register value `word` with the field set to `value` (cut to its width)."""
        return word & ~self.bits | (value & self.mask) << self.lo


class Register:
    """A 32-bit register, or an array of `count` of them `stride` bytes apart, declared inside a peripheral.

    offset: bytes from the peripheral's base. reset: value after the peripheral's reset. access: of fields that state
    none, and of the whole word when no field is declared. names: what each item of an array is called, as a format
    string ("T{}CONFIG") or a list; without it the class name and the number. locked_by: name of a key register of the
    same block; writes are dropped unless that one holds its own reset value, which is the key. domain: the reset
    domain when it is not the peripheral's. read_on_demand: `read_<REGISTER>` answers only while the peripheral asks for
    it by `answer_reads`. written_on_demand: `write_<REGISTER>` is called only while the peripheral asks for it by
    `follow_stores`. Bits without a field are reserved: they keep their reset value.
    """

    offset: ClassVar[int] = -1
    reset: ClassVar[int] = 0
    access: ClassVar[Access] = RW
    count: ClassVar[int] = 1
    stride: ClassVar[int] = 4
    names: ClassVar[tuple[str, ...]] = ()
    locked_by: ClassVar[str] = ""
    domain: ClassVar[str] = ""
    read_on_demand: ClassVar[bool] = False
    written_on_demand: ClassVar[bool] = False
    index: ClassVar[int] = 0
    fields: ClassVar[tuple[Field, ...]] = ()
    rw: ClassVar[int] = 0xFFFF_FFFF
    w1c: ClassVar[int] = 0
    w1s: ClassVar[int] = 0
    rc: ClassVar[int] = 0
    _bits: ClassVar[dict[Access, int]] = {}

    def __init_subclass__(
        cls,
        *,
        offset: int,
        reset: int = 0,
        access: Access = RW,
        count: int = 1,
        stride: int = 4,
        names: str | Sequence[str] = "",
        locked_by: str = "",
        domain: str = "",
        read_on_demand: bool = False,
        written_on_demand: bool = False,
    ) -> None:
        super().__init_subclass__()
        cls.offset, cls.reset, cls.access, cls.count, cls.stride = offset, reset, access, count, stride
        cls.locked_by, cls.domain, cls.index = locked_by, domain, offset // 4
        cls.read_on_demand, cls.written_on_demand = read_on_demand, written_on_demand
        if isinstance(names, str):
            form = names or (cls.__name__ + "{}" if count > 1 else cls.__name__)
            names = [form.format(n) for n in range(count)] if count > 1 or names else [form]
        cls.names = tuple(names)
        if offset % 4 or stride % 4:
            raise ValueError(f"{cls.__name__}: expected multiples of 4, got offset {offset:#x}, stride {stride:#x}")
        if len(cls.names) != count:
            raise ValueError(f"{cls.__name__}: expected {count} names, got {len(cls.names)}: {', '.join(cls.names)}")
        if not 0 <= reset <= 0xFFFF_FFFF:
            raise ValueError(f"{cls.__name__}: expected a reset value of 32 bits, got {reset:#x}")
        cls.fields = tuple([value for value in vars(cls).values() if isinstance(value, Field)])
        kinds = _NO_BITS.copy()
        taken, usual = 0, 0 if cls.fields else 0xFFFF_FFFF
        for field in cls.fields:
            bits = field.mask << field.lo
            if taken & bits:
                raise ValueError(f"{cls.__name__}: expected bits of its own for each field, got {field!r} over another")
            taken |= bits
            if field.access is None:
                field.access = access
                usual |= bits
            else:
                kinds[field.access] |= bits
            field.index, field.stride = cls.index, stride // 4
        kinds[access] |= usual
        cls._bits = kinds
        cls.rw, cls.w1c, cls.w1s, cls.rc = kinds[RW], kinds[W1C], kinds[W1S], kinds[RC]

    @classmethod
    def bits(cls, kind: Access) -> int:
        """Return the mask of all bits of one access kind."""
        return cls._bits[kind]


class _Undeclared(Register, offset=0):
    """Stands for the words of a block that no register is declared for: they keep what is written."""


class Registers:
    """Registers without behaviour, as a table of text: a line each, continued by lines that start with "+".

    A line is: offset (hexadecimal), name, reset value, then the fields as NAME[hi:lo] or NAME[bit], an access after a
    colon when it is not R/W. A register without fields is 32 plain bits.

        0x18 RX_FILT 0x8 GLITCH_FILT[7:0] GLITCH_FILT_EN[8]
    """

    def __init__(self, text: str, *, access: Access = RW) -> None:
        self.registers: dict[str, type[Register]] = {}
        for line in re.sub(r"\n\s*\+", " ", text).splitlines():
            if not line.strip():
                continue
            try:
                offset, name, reset, *fields = line.split()
                body = dict(self._field(field) for field in fields)
                place = {"offset": int(offset, 16), "reset": int(reset, 16)}
            except (ValueError, KeyError) as error:
                raise ValueError(
                    f"table of registers: expected offset, name, reset value and fields like A[7:0] B[8]:RO, "
                    f"got {line.strip()!r} ({error})"
                ) from error
            self.registers[name] = type(name, (Register,), body, access=access, **place)

    @staticmethod
    def _field(text: str) -> tuple[str, Field]:
        name, _, rest = text.partition("[")
        bits, _, access = rest.partition("]")
        hi, _, lo = bits.partition(":")
        return name, Field(int(hi), int(lo or hi), access=Access[access[1:]] if access else None)


class SerialPort:
    """Bytes out of the chip with their time, bytes into it.

    `listen(listener)`: the listener is called as listener(time_ticks, data); the bytes of one call were sent back to
    back, `byte_ticks` each, and the last one ended at time_ticks.
    """

    __slots__ = ("_listeners", "_receiver", "byte_ticks", "name")

    def __init__(self, name: str, receiver: Callable[[bytes], None]) -> None:
        self.name = name
        self.byte_ticks = 0
        self._receiver = receiver
        self._listeners: list[Callable[[int, bytes], None]] = []

    def send(self, data: bytes) -> None:
        """Send `data` to the chip: it starts now, or after what is still arriving, and comes at the chip's own rate."""
        self._receiver(data)

    def listen(self, listener: Callable[[int, bytes], None]) -> None:
        """Have `listener(time_ticks, data)` called for everything the chip sends."""
        self._listeners.append(listener)

    def emit(self, time_ticks: int, data: bytes) -> None:
        """Pass on what the chip sent (called by the peripheral)."""
        for listener in self._listeners:
            listener(time_ticks, data)


class Clock:
    """A clock of the chip by its period in ticks; 0 is a stopped clock. The machine saves and restores the period."""

    __slots__ = ("_listeners", "name", "period_ticks")

    def __init__(self, name: str, period_ticks: int) -> None:
        self.name = name
        self.period_ticks = period_ticks
        self._listeners: list[Callable[[], None]] = []

    def set_period(self, ticks: int) -> None:
        """Change the period from now on.

        Listeners are called after the change: one that counts keeps the period it used so far in its own state.
        """
        if ticks != self.period_ticks:
            self.period_ticks = ticks
            for listener in self._listeners:
                listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener()` called at every change of the period."""
        self._listeners.append(listener)


class Context(Protocol):
    """What the machine gives to one peripheral: its place, its words, time, events, clocks and resets."""

    name: str
    """The instance's name as in the manual, e.g. UART1."""
    words: memoryview
    """Format "I": the block's registers (`size // 4` of them), shared with native code."""
    seed: int
    """64 bits derived from the run's seed and the instance's name."""

    def now_ticks(self) -> int:
        """Return the accessing core's time inside an access, the due time inside an event, else the machine's."""

    def schedule(self, at_ticks: int, name: str, *args: int) -> None:
        """Have `on_<name>(*args)` of this peripheral called at `at_ticks` (at once, in turn, when that is past).

        At most one event is pending for one name and arguments: scheduling again moves it. NEVER cancels it.
        """

    def cancel(self, name: str, *args: int) -> None:
        """Forget the pending event of that name and arguments, if there is one."""

    def serve_snapshot(self, snapshot: CounterSnapshot) -> None:
        """Allow stores to a word of the block to be carried out without `write_<REGISTER>`, which would do the same.

        It holds until the next call for that word: call again whenever the count is set or starts to run or to stand.
        """

    def clock(self, name: str) -> Clock:
        """Return the chip's clock `name`: xtal, rc_fast, rc_slow, xtal32k, apb, cpu, crypto, rtc_fast, rtc_slow."""

    def end_slice(self) -> None:
        """Note that this access has an effect on the other core: the accessing core's slice ends after it."""

    def tell_again(self) -> None:
        """Hear again of a refused or unanswered access that a core repeats for ever: the record of it was cleared."""

    def request_reset(self, domain: str, reason: int) -> None:
        """Have `domain` (see `RESET_DOMAINS`) reset right after this access or event; `reason` is the chip's code."""

    def reset_block(self, name: str) -> None:
        """Have the peripheral `name` reset by itself: `reset("block")`; nothing happens when there is none."""

    def protect(self, core: int, ranges: Sequence[Protection], on_refused: OnRefused) -> None:
        """Have `core` use ranges of addresses only as they allow; `on_refused(core, address, size, access)` hears.

        What this block asked before for that core is forgotten.
        """

    def power_down(self) -> None:
        """Take power from the digital system right after this access or event, as deep sleep does."""

    def core_pc(self, core: int) -> int:
        """Return the program counter of a core."""

    def read_by_python(self, index: int, wanted: bool) -> None:
        """Have loads of the block's word `index` ask the peripheral from now on, or be served from `words`."""

    def written_by_python(self, index: int, wanted: bytes) -> None:
        """Have stores to the block's words from `index` on ask the peripheral (1) or only change `words` (0)."""

    def block(self, name: str) -> Peripheral | None:
        """Return the peripheral `name`, None when the platform has none; ask in `Peripheral.connect`."""

    def read_memory(self, address: int, length: int) -> bytes:
        """Return what DMA reads from memory at guest addresses; NoMemoryError where none answers."""

    def write_memory(self, address: int, content: bytes) -> None:
        """Store bytes in memory by DMA; NoMemoryError, and nothing stored, where none takes them."""

    def unmodelled(self, what: str, offset: int | None = None) -> None:
        """Count and log an access to something that is not modelled; `what` names it.

        offset: of a word that only keeps what is written; its later accesses are counted without Python.
        """


class NoMemoryError(Exception):
    """DMA met an address where no memory is, or one that it may not write."""

    def __init__(self, address: int) -> None:
        super().__init__(f"no memory for DMA at {address:#010x}")
        self.address = address


RESET_DOMAINS: dict[str, frozenset[str]] = {
    "power_on": frozenset({"power_on", "rtc", "system", "core0", "core1"}),
    "rtc": frozenset({"rtc", "system", "core0", "core1"}),
    "system": frozenset({"system", "core0", "core1"}),
    "core0": frozenset({"core0"}),
    "core1": frozenset({"core1"}),
}
"""Which parts each reset takes along; a peripheral's `reset_domain` is the part it belongs to.

In the manual's words (Reset and Clock): power_on is the chip reset, rtc the system reset (digital system and RTC),
system the core reset (the digital system without RTC), core0 and core1 the CPU resets. What belongs to power_on keeps
its state over the other resets.
"""


class WordAccess(NamedTuple):
    """How native code treats one word: ask Python or not, and which bits a native store replaces."""

    python_read: bool
    python_write: bool
    write_mask: int


class _Declared:
    """Stands in a class body for an attribute that is part of the state."""

    def __init__(self, default: Value, domain: str) -> None:
        self.default = default
        self.domain = domain


def state(default: T, *, domain: str = "") -> T:
    """Declare an attribute that is part of the peripheral's state: `fifo: bytes = state(b"")`.

    The value is an int, bytes or a list of ints, and goes back to `default` when the peripheral is reset, or only
    when `domain` is, if given.
    """
    if not isinstance(default, int | bytes | list):
        raise TypeError(f"state: expected an int, bytes or a list of ints, got {default!r}")
    declared: Any = _Declared(default, domain)
    result: T = declared
    return result


def _inherited(kind: type, table: str) -> dict[str, Any]:
    """Return what all bases of a class have in a table of the class."""
    merged: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        merged.update(vars(base).get(table, {}))
    return merged


class Stateful:
    """What has declared state and signals: a block of the chip, or a device outside of it."""

    declared: ClassVar[dict[str, _Declared]] = {}
    """Every attribute that is state."""
    derived: ClassVar[frozenset[str]] = frozenset()
    """Attributes that follow from the state: kept for speed, and worked out again by `restore`."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.declared = _inherited(cls, "declared")
        for name, value in list(vars(cls).items()):
            if isinstance(value, _Declared):
                cls.declared[name] = value
                delattr(cls, name)

    def __init__(self) -> None:
        self.signals: dict[str, Signal] = {}

    def state(self) -> dict[str, Value]:
        """Return the whole state: declared attributes and signal levels; pending events are the machine's."""
        result: dict[str, Value] = {name: copy.copy(getattr(self, name)) for name in self.declared}
        for name, signal in self.signals.items():
            result[f"signal {name}"] = signal.saved()
        return result

    def restore(self, saved: Mapping[str, Value]) -> None:
        """Take on a state that `state` returned; no listener is called, the machine restores what they drive."""
        for name in self.declared:
            setattr(self, name, copy.copy(saved[name]))
        for name, signal in self.signals.items():
            level = saved[f"signal {name}"]
            assert not isinstance(level, bytes)
            signal.restore(level)

    def _set_declared(self, parts: frozenset[str], own: str) -> None:
        """Give attributes of the reset domains `parts` their defaults; `own` is the domain of those that name none."""
        for name, declared in self.declared.items():
            if (declared.domain or own) in parts:
                setattr(self, name, copy.copy(declared.default))


_Method = tuple[int, str, int | None]
"""A word's index, the method that answers it, and the number in its array, None for a single register."""


@dataclass(frozen=True)
class _Layout:
    """What all blocks of a class and size have in common, most of it for each word."""

    names: tuple[str, ...]
    registers: tuple[type[Register], ...]
    readers: tuple[_Method, ...]
    writers: tuple[_Method, ...]
    defaults: array[int]
    elsewhere: tuple[tuple[int, str], ...]
    """Words of registers that name a reset domain of their own, with that."""
    access: tuple[WordAccess, ...]
    python_read: bytes
    python_write: bytes
    write_mask: array[int]


class Peripheral(Stateful):
    """One hardware block on the bus; subclasses declare registers and state, and give them behaviour.

    Behaviour of a register NAME: `read_NAME() -> int` answers a load in place of the stored word; `write_NAME(value)`
    is called after a store was applied by the fields' access kinds, with the whole value written. For an array both
    take the item's number first. Byte and halfword stores arrive merged with the word's R/W bits.
    """

    size: ClassVar[int] = 0x1000
    """Bytes of the bus that the block takes."""
    reset_domain: ClassVar[str] = "system"
    registers: ClassVar[dict[str, type[Register]]] = {}
    """Every register by the name of its class."""
    consuming: ClassVar[frozenset[str]] = frozenset()
    """Registers that a load changes something by (it takes a byte of a FIFO): who only looks gets the stored word."""
    _words_with_names: ClassVar[tuple[tuple[str, type[Register], int, int], ...]] = ()
    _layouts: ClassVar[dict[int, _Layout]] = {}
    """What blocks of the class have in common, by their size in words."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.registers = _inherited(cls, "registers")
        cls._layouts = {}
        for name, value in vars(cls).items():
            if isinstance(value, type) and issubclass(value, Register):
                cls.registers[name] = value
            elif isinstance(value, Registers):
                cls.registers.update(value.registers)
        cls._words_with_names = tuple(
            (name, register, n, register.index + n * register.stride // 4)
            for register in cls.registers.values()
            for n, name in enumerate(register.names)
        )

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.words = context.words
        self.previous = 0
        """Inside `write_<REGISTER>`: the register's value before the store."""
        self.serial_ports: dict[str, SerialPort] = {}
        words = len(self.words)
        layout = self._layouts.get(words) or self._lay_out(context.name, words)
        self._layout = layout
        self._names, self._registers = layout.names, layout.registers
        self._readers: list[Callable[[], int] | None] = [None] * words
        self._writers: list[Callable[[int], None] | None] = [None] * words
        for index, method, n in layout.readers:
            reader = getattr(self, method)
            self._readers[index] = reader if n is None else functools.partial(reader, n)
        for index, method, n in layout.writers:
            writer = getattr(self, method)
            self._writers[index] = writer if n is None else functools.partial(writer, n)
        self._set_defaults(RESET_DOMAINS["power_on"])

    @classmethod
    def _lay_out(cls, who: str, words: int) -> _Layout:
        """Work out what all blocks of this class and size have in common; ValueError for what cannot be."""
        names = [""] * words
        registers: list[type[Register]] = [_Undeclared] * words
        readers: list[_Method] = []
        writers: list[_Method] = []
        access = [WordAccess(python_read=True, python_write=True, write_mask=_Undeclared.rw)] * words
        for name, register, n, index in cls._items():
            if not 0 <= index < words:
                raise ValueError(
                    f"{who}.{name}: expected an offset within the {4 * words:#x} bytes of the block, got {index * 4:#x}"
                )
            if registers[index] is not _Undeclared:
                raise ValueError(
                    f"{who}.{name}: expected an offset of its own, got {index * 4:#x}, which {names[index]} has"
                )
            names[index], registers[index] = name, register
            item = n if register.count > 1 else None
            reader, writer = f"read_{register.__name__}", f"write_{register.__name__}"
            is_read, is_written = hasattr(cls, reader), hasattr(cls, writer)
            if is_read:
                readers.append((index, reader, item))
            if is_written:
                writers.append((index, writer, item))
            python_read = register.rc != 0 or (is_read and not register.read_on_demand)
            is_followed = is_written and not register.written_on_demand
            python_write = is_followed or register.w1c | register.w1s != 0 or register.locked_by != ""
            access[index] = WordAccess(python_read, python_write, register.rw)
        cls._check(who)
        layout = cls._layouts[words] = _Layout(
            names=tuple(names),
            registers=tuple(registers),
            readers=tuple(readers),
            writers=tuple(writers),
            defaults=array("I", [register.reset for register in registers]),
            elsewhere=tuple((index, register.domain) for _, register, _, index in cls._items() if register.domain),
            access=tuple(access),
            python_read=bytes([word.python_read for word in access]),
            python_write=bytes([word.python_write for word in access]),
            write_mask=array("I", [word.write_mask for word in access]),
        )
        return layout

    @classmethod
    def _check(cls, name: str) -> None:
        """Refuse methods and keys that name no register: misspelt ones would silently do nothing."""
        who = f"{name} ({cls.__name__})"
        for method in dir(cls):
            verb, _, register_name = method.partition("_")
            if verb in ("read", "write") and register_name[:1].isupper() and register_name not in cls.registers:
                raise ValueError(f"{who}: expected a register for the method {method}, got none called {register_name}")
        for register in cls.registers.values():
            if register.locked_by and register.locked_by not in cls.registers:
                raise ValueError(
                    f"{who}: expected a register of the block as key of {register.__name__}, got {register.locked_by!r}"
                )
        if unknown := sorted(cls.consuming - cls.registers.keys()):
            raise ValueError(f"{who}: expected registers of the block in consuming, got {', '.join(unknown)}")
        if cls.reset_domain not in RESET_DOMAINS:
            raise ValueError(f"{who}: expected a reset domain of {', '.join(RESET_DOMAINS)}; got {cls.reset_domain!r}")

    @classmethod
    def _items(cls) -> Sequence[tuple[str, type[Register], int, int]]:
        """Return (name, register, number in its array, index of its word) of every word that has a name."""
        return cls._words_with_names

    # What a peripheral's own code uses.

    def signal(self, name: str) -> Signal:
        """Make the signal `name` of this peripheral; its level is state."""
        return self.signals.setdefault(name, Signal(f"{self.context.name}.{name}"))

    def line(self, name: str) -> Line:
        """Make the line `name` of this peripheral; its level is state, a waveform is given again by `restore`."""
        line = self.signals[name] = Line(f"{self.context.name}.{name}", self.context.now_ticks)
        return line

    def get(self, what: Field | type[Register], n: int = 0) -> int:
        """Return the stored value of a field or a register (item `n` of an array)."""
        if isinstance(what, Field):
            return self.words[what.index + n * what.stride] >> what.lo & what.mask
        return self.words[what.index + n * what.stride // 4]

    def put(self, what: Field | type[Register], value: int, n: int = 0) -> None:
        """Store the value of a field or a register (item `n` of an array) as hardware does, without side effects."""
        if isinstance(what, Field):
            index = what.index + n * what.stride
            self.words[index] = what.into(self.words[index], value)
        else:
            self.words[what.index + n * what.stride // 4] = value & 0xFFFF_FFFF

    def answer_reads(self, register: type[Register], wanted: bool, n: int = 0) -> None:
        """Have loads of a register that is read on demand answered by `read_<REGISTER>`, or by the stored word."""
        self.context.read_by_python(register.index + n * register.stride // 4, wanted)

    def follow_stores(self, register: type[Register], wanted: bytes) -> None:
        """Have `write_<REGISTER>` of an array that is written on demand called for the items whose byte is 1.

        The items are words beside each other. Stores to the others cost no Python.
        """
        self.context.written_by_python(register.index, wanted)

    # What the bus uses.

    def connect(self) -> None:
        """Find the other blocks that this one works with (`context.block`): all are made, none has been reset."""

    def name_of(self, offset: int) -> str:
        """Return the vendor's name of the register at `offset`, or BLOCK+0x<offset>."""
        name = self._names[offset // 4]
        return f"{self.context.name}.{name}" if name else f"{self.context.name}+{offset & ~3:#x}"

    @classmethod
    def register_offsets(cls) -> dict[str, int]:
        """Return the offsets of all registers in bytes, every item of an array by its own name."""
        return {name: 4 * index for name, _, _, index in cls._items()}

    @classmethod
    def fields_at(cls, offset: int) -> tuple[Field, ...]:
        """Return the fields of the register at `offset`, none where there is no register or it has none."""
        return next((register.fields for _, register, _, index in cls._items() if 4 * index == offset), ())

    def word_access(self) -> Sequence[WordAccess]:
        """Return for every word of the block how native code treats it."""
        return self._layout.access

    def native_access(self) -> tuple[bytes, bytes, array[int]]:
        """Return the same as three arrays: which words Python reads, which it writes, and the masks of stores."""
        layout = self._layout
        return layout.python_read, layout.python_write, layout.write_mask

    def read(self, offset: int, size: int) -> int:
        """Return what a load of `size` bytes (1, 2, 4; aligned) at `offset` reads, with its side effects."""
        index = offset >> 2
        reader = self._readers[index]
        # index(): what is no whole number shall fail here and not in native code, where nobody hears of it
        word: int = self.words[index] if reader is None else operator.index(reader()) & 0xFFFF_FFFF
        register = self._registers[index]
        if register is _Undeclared:
            self.context.unmodelled(self.name_of(offset), offset)
        elif register.rc:
            self.words[index] &= ~register.rc
        return word if size == 4 else word >> (offset & 3) * 8 & (1 << size * 8) - 1

    def look(self, offset: int) -> int:
        """Return the word at `offset` as a load would read it, without the load's side effects."""
        index = offset >> 2
        reader = self._readers[index]
        if reader is None or self._registers[index].__name__ in self.consuming:
            return self.words[index]
        # Readers work out what has happened since they were last asked. That must not depend on who looks, and when.
        saved = self.state()
        try:
            return operator.index(reader()) & 0xFFFF_FFFF
        finally:
            self._take_words(saved)
            for name in self.declared:
                setattr(self, name, saved[name])

    def write(self, offset: int, size: int, value: int) -> None:
        """Carry out a store of `size` bytes (1, 2, 4; aligned) at `offset`, with its side effects."""
        index = offset >> 2
        register = self._registers[index]
        old = self.previous = self.words[index]
        if size != 4:
            shift = (offset & 3) * 8
            mask = (1 << size * 8) - 1 << shift
            value = old & register.rw & ~mask | value << shift & mask
        if register is _Undeclared:
            self.context.unmodelled(self.name_of(offset), offset)
        elif register.locked_by:
            key = self.registers[register.locked_by]
            if self.words[key.index] != key.reset:
                return
        self.words[index] = (old & ~register.rw | value & register.rw) & ~(value & register.w1c) | value & register.w1s
        writer = self._writers[index]
        if writer is not None:
            writer(value)

    # What the machine uses.

    def reset(self, domain: str, reason: int = 0) -> None:
        """Follow a reset of `domain` (a key of `RESET_DOMAINS`, or "block": this peripheral alone, by its reset bit).

        The machine calls it on every peripheral at every reset, first with "power_on" after everything is wired;
        `reason` is the chip's reset reason.
        """
        parts = frozenset({self.reset_domain}) if domain == "block" else RESET_DOMAINS[domain]
        self._set_defaults(parts)
        if self.reset_domain in parts:
            self.after_reset()

    def after_reset(self) -> None:
        """Bring signals and events in line after registers and state went back to their defaults."""

    def _set_defaults(self, parts: frozenset[str]) -> None:
        words = self.words
        if self.reset_domain in parts:
            kept = [(index, words[index]) for index, domain in self._layout.elsewhere if domain not in parts]
            words[:] = memoryview(self._layout.defaults)
            for index, word in kept:
                words[index] = word
        else:
            for index, domain in self._layout.elsewhere:
                if domain in parts:
                    words[index] = self._layout.defaults[index]
        self._set_declared(parts, self.reset_domain)

    def state(self) -> dict[str, Value]:
        """Return the whole state: words, declared attributes, signal levels; pending events are the machine's."""
        return {"words": self.words.tobytes()} | super().state()

    def restore(self, saved: Mapping[str, Value]) -> None:
        """Take on a state that `state` returned; no listener is called, the machine restores what they drive."""
        self._take_words(saved)
        super().restore(saved)

    def _take_words(self, saved: Mapping[str, Value]) -> None:
        words = saved["words"]
        assert isinstance(words, bytes)
        self.words[:] = memoryview(words).cast("I")


def canonical(saved: Mapping[str, Value]) -> bytes:
    """Return a state in a form that is equal for equal states, for digests and snapshots."""
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in saved.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def splitmix64(number: int) -> int:
    """Return 64 well-mixed bits that depend on `number` only (Steele, Lea and Flood, OOPSLA 2014)."""
    number = (number + 0x9E37_79B9_7F4A_7C15) & 0xFFFF_FFFF_FFFF_FFFF
    number = (number ^ number >> 30) * 0xBF58_476D_1CE4_E5B9 & 0xFFFF_FFFF_FFFF_FFFF
    number = (number ^ number >> 27) * 0x94D0_49BB_1331_11EB & 0xFFFF_FFFF_FFFF_FFFF
    return number ^ number >> 31
