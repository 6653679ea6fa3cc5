"""Special and user registers: one table, from which RSR, WSR, XSR, RUR and WUR of each register are made.

Source: ISA Reference Manual, Special Registers, and the chapters of the options; which registers there are and how many
bits they have is the ESP32-S3's configuration. Registers that are not in the table raise IllegalInstruction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twincore.isa import config
from twincore.isa.exceptions import PS_MASK, pending, read_ps, write_ps
from twincore.isa.ir import Value
from twincore.isa.spec import MASK32, Cpu, Symbol, insn
from twincore.isa.windowed import double

Read = Callable[[Cpu], Value]
Write = Callable[[Cpu, Value], None]


@dataclass(frozen=True)
class SpecialRegister:
    """A register that RSR reads and WSR writes; XSR exchanges where both are given."""

    number: int
    name: str
    doc: str
    read: Read | None
    write: Write | None
    #: the instructions by their names where they are not all of "rsr", "wsr", "xsr"
    access: str = "rwx"


def state(
    name: str, index: int | None = None, mask: int = MASK32, then: Callable[[Cpu], object] | None = None
) -> Write:
    """Return what writes the masked value to a state register and then tells the executor."""

    def write(cpu: Cpu, value: Value) -> None:
        kept = value if mask == MASK32 else value & mask
        if index is None:
            setattr(cpu, name, kept)
        else:
            getattr(cpu, name)[index] = kept
        if then is not None:
            then(cpu)

    return write


def reader(name: str, index: int | None = None) -> Read:
    """Return what reads a state register."""

    def read(cpu: Cpu) -> Value:
        value: Value = getattr(cpu, name) if index is None else getattr(cpu, name)[index]
        return value

    return read


def _plain(
    number: int,
    name: str,
    doc: str,
    *,
    index: int | None = None,
    mask: int = MASK32,
    then: Callable[[Cpu], object] | None = None,
) -> SpecialRegister:
    field = name if index is None else name.rstrip("0123456789")
    return SpecialRegister(number, name, doc, reader(field, index), state(field, index, mask, then))


def recheck(cpu: Cpu) -> None:
    """Have interrupts, windows, timers and debugging looked at again."""
    cpu.recheck()


def tell(what: str) -> Callable[[Cpu], object]:
    """Return what asks the executor to read changed registers again."""
    return lambda cpu: cpu.host(what)


def ignore(cpu: Cpu, value: Value) -> None:
    """Drop a value: there is nothing behind the register."""


def read_acchi(cpu: Cpu) -> Value:
    """Return the accumulator's high eight bits, sign-extended."""
    value: Value = cpu.acchi.trunc(8).sext(32)
    return value


def write_windowbase(cpu: Cpu, value: Value) -> None:
    """Rotate to the window `value`."""
    cpu.rotate((value & (config.WINDOWS - 1)) - cpu.windowbase)
    cpu.recheck()


def write_windowstart(cpu: Cpu, value: Value) -> None:
    """Set WINDOWSTART, doubled."""
    cpu.windowstart = double(value)
    cpu.recheck()


def write_and_recheck_ps(cpu: Cpu, value: Value) -> None:
    """Set PS."""
    write_ps(cpu, value)
    cpu.recheck()


def write_intset(cpu: Cpu, value: Value) -> None:
    """Request the software interrupts among `value`."""
    cpu.interrupt = cpu.interrupt | (value & config.SOFTWARE_INTERRUPTS)
    cpu.recheck()


def write_intclear(cpu: Cpu, value: Value) -> None:
    """Clear the requests of software and edge-triggered interrupts among `value`."""
    cpu.interrupt = cpu.interrupt & ~(value & (config.SOFTWARE_INTERRUPTS | config.EDGE_INTERRUPTS))
    cpu.recheck()


def compare(timer: int) -> Write:
    """Return what sets CCOMPARE of a timer, which takes the timer's request back."""

    def write(cpu: Cpu, value: Value) -> None:
        cpu.ccompare[timer] = value
        cpu.interrupt = cpu.interrupt & (MASK32 & ~(1 << config.TIMER_INTERRUPTS[timer]))
        cpu.recheck()

    return write


def fixed(value: int) -> Read:
    """Return what reads a constant."""
    return lambda cpu: cpu.const(value)


REGISTERS: tuple[SpecialRegister, ...] = (
    _plain(0, "lbeg", "where a loop starts"),
    _plain(1, "lend", "what ends a loop: the address after its last instruction", then=tell("loop_end")),
    _plain(2, "lcount", "how often a loop goes back yet"),
    _plain(3, "sar", "shift amount", mask=0x3F),
    _plain(4, "br", "the booleans", mask=0xFFFF),
    SpecialRegister(5, "litbase", "decodes, but the core has no absolute literals", fixed(0), ignore),
    _plain(12, "scompare1", "what S32C1I compares with"),
    _plain(16, "acclo", "accumulator, bits 31..0"),
    SpecialRegister(17, "acchi", "accumulator, bits 39..32", read_acchi, state("acchi", mask=0xFF)),
    *(_plain(32 + k, f"m{k}", "MAC16 factor", index=k) for k in range(4)),
    SpecialRegister(72, "windowbase", "first visible register / 4", reader("windowbase"), write_windowbase),
    SpecialRegister(73, "windowstart", "a bit for each frame", lambda cpu: cpu.windowstart & 0xFFFF, write_windowstart),
    SpecialRegister(89, "mmid", "marks the trace, which is not modelled", None, ignore, "w"),
    _plain(95, "eraccess", "external registers open outside ring 0", mask=0xFFFF),
    _plain(96, "ibreakenable", "which IBREAKA are on", mask=3, then=tell("ibreak")),
    _plain(97, "memctl", "bit 0: loop buffer on", mask=1),
    _plain(99, "atomctl", "how S32C1I is carried out by memory type", mask=0x3F),
    _plain(104, "ddr", "the debugger's data register"),
    *(_plain(128 + k, f"ibreaka{k}", "instruction break address", index=k, then=tell("ibreak")) for k in range(2)),
    *(_plain(144 + k, f"dbreaka{k}", "data break address", index=k, then=tell("dbreak")) for k in range(2)),
    *(
        _plain(160 + k, f"dbreakc{k}", "data break: store, load, mask", index=k, mask=0xC000003F, then=tell("dbreak"))
        for k in range(2)
    ),
    SpecialRegister(176, "configid0", "hardware configuration", fixed(config.CONFIGID0), ignore, "rw"),
    *(_plain(176 + k, f"epc{k}", "exception or interrupt pc", index=k) for k in range(1, 8)),
    _plain(192, "depc", "pc of a double exception"),
    *(_plain(192 + k, f"eps{k}", "PS before an interrupt", index=k, mask=PS_MASK) for k in range(2, 8)),
    SpecialRegister(208, "configid1", "hardware configuration", fixed(config.CONFIGID1), None, "r"),
    *(_plain(208 + k, f"excsave{k}", "a handler's own", index=k) for k in range(1, 8)),
    _plain(224, "cpenable", "which coprocessors are on", mask=0xFF),
    SpecialRegister(226, "interrupt", "what is requested", pending, None, "r"),
    SpecialRegister(226, "intset", "request software interrupts", None, write_intset, "w"),
    SpecialRegister(227, "intclear", "clear requests", None, write_intclear, "w"),
    _plain(228, "intenable", "which interrupts are enabled", then=recheck),
    SpecialRegister(230, "ps", "processor state", read_ps, write_and_recheck_ps),
    _plain(231, "vecbase", "where the vectors are", mask=0xFFFFFC00),
    _plain(232, "exccause", "why an exception was taken", mask=0x3F),
    _plain(233, "debugcause", "why a debug exception was taken", mask=0xF3F),
    _plain(234, "ccount", "cycles", then=recheck),
    SpecialRegister(235, "prid", "which core this is", reader("prid"), None, "r"),
    _plain(236, "icount", "instructions counted for the debugger", then=recheck),
    _plain(237, "icountlevel", "below which level ICOUNT counts", mask=15, then=recheck),
    _plain(238, "excvaddr", "the address an exception is about"),
    *(
        SpecialRegister(240 + k, f"ccompare{k}", "when a timer interrupts", reader("ccompare", k), compare(k))
        for k in range(3)
    ),
    *(_plain(244 + k, f"misc{k}", "software's own", index=k) for k in range(4)),
)


@dataclass(frozen=True)
class UserRegister:
    """A register that RUR reads and WUR writes."""

    number: int
    name: str
    mask: int = MASK32
    coprocessor: int | None = None


USER_REGISTERS: tuple[UserRegister, ...] = (
    UserRegister(231, "threadptr"),
    #: the FPU's: rounding mode and exception enables; exception flags. Reserved bits keep what is written.
    UserRegister(232, "fcr", coprocessor=0),
    UserRegister(233, "fsr", coprocessor=0),
)


def _define(register: SpecialRegister) -> None:
    bits = f"{register.number:08b} tttt 0000"
    read, write = register.read, register.write

    def rsr(cpu: Cpu, t: Symbol) -> None:
        assert read is not None
        cpu.ar[t] = read(cpu)

    def wsr(cpu: Cpu, t: Symbol) -> None:
        assert write is not None
        write(cpu, cpu.ar[t])

    def xsr(cpu: Cpu, t: Symbol) -> None:
        assert read is not None
        assert write is not None
        new, old = cpu.ar[t], read(cpu)
        cpu.ar[t] = old
        write(cpu, new)

    rsr.__doc__ = f"AR[t] <- {register.name.upper()} ({register.doc})."
    wsr.__doc__ = f"{register.name.upper()} <- AR[t] ({register.doc})."
    xsr.__doc__ = f"Exchange AR[t] and {register.name.upper()} ({register.doc})."
    privileged = register.number >= 64
    if "r" in register.access:
        insn(f"0000 0011 {bits}", f"rsr.{register.name} a{{t}}", privileged=privileged)(rsr)
    if "w" in register.access:
        insn(f"0001 0011 {bits}", f"wsr.{register.name} a{{t}}", privileged=privileged)(wsr)
    if "x" in register.access:
        insn(f"0110 0001 {bits}", f"xsr.{register.name} a{{t}}", privileged=privileged)(xsr)


def _define_user(register: UserRegister) -> None:
    number, name = f"{register.number:08b}", register.name
    write = state(name, mask=register.mask)

    def rur(cpu: Cpu, r: Symbol) -> None:
        cpu.ar[r] = getattr(cpu, name)

    def wur(cpu: Cpu, t: Symbol) -> None:
        write(cpu, cpu.ar[t])

    rur.__doc__ = f"AR[r] <- {name.upper()}."
    wur.__doc__ = f"{name.upper()} <- AR[t]."
    insn(f"1110 0011 rrrr {number} 0000", f"rur.{name} a{{r}}", coprocessor=register.coprocessor)(rur)
    insn(f"1111 0011 {number} tttt 0000", f"wur.{name} a{{t}}", coprocessor=register.coprocessor)(wur)


for _register in REGISTERS:
    _define(_register)
for _user_register in USER_REGISTERS:
    _define_user(_user_register)
