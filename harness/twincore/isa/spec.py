"""How an instruction is written down: encoding, assembly text and meaning together, once.

    @insn("1001 0000 rrrr ssss tttt 0000", "addx2 a{r}, a{s}, a{t}")
    def addx2(cpu, r, s, t):
        '''AR[r] <- (AR[s] << 1) + AR[t].'''
        cpu.ar[r] = (cpu.ar[s] << 1) + cpu.ar[t]

The bit string has the most significant bit first, as the manual prints it; equal letters form an operand, first letter
first. Capital letters are the more significant part of an operand that the encoding has after its lower part (movi),
and a dot is a bit that nothing decodes (the assembler writes 0). In the text, a{r} is an address register, f{r} a float
register, b{t} a boolean, m{w} a MAC16 register, q{u} a vector register, and a plain {i} an immediate whose kind the
decorator gets by keyword (`i=Signed(8)`). The function runs once, on symbols.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from twincore.isa import state
from twincore.isa.ir import Block, Number, Op, Trace, Value, select

MASK32 = 0xFFFFFFFF


class Cause(enum.IntEnum):
    """EXCCAUSE values (Xtensa ISA Reference Manual, Exception Option, table of causes)."""

    ILLEGAL_INSTRUCTION = 0
    SYSCALL = 1
    INSTRUCTION_FETCH_ERROR = 2
    LOAD_STORE_ERROR = 3
    LEVEL1_INTERRUPT = 4
    ALLOCA = 5
    INTEGER_DIVIDE_BY_ZERO = 6
    PC_VALUE_ERROR = 7
    PRIVILEGED = 8
    LOAD_STORE_ALIGNMENT = 9
    INSTR_PIF_DATA_ERROR = 12
    LOAD_STORE_PIF_DATA_ERROR = 13
    INSTR_PIF_ADDR_ERROR = 14
    LOAD_STORE_PIF_ADDR_ERROR = 15
    INST_FETCH_PROHIBITED = 20
    LOAD_PROHIBITED = 28
    STORE_PROHIBITED = 29
    COPROCESSOR0_DISABLED = 32
    COPROCESSOR3_DISABLED = 35


class DebugCause(enum.IntFlag):
    """Bits of DEBUGCAUSE (ISA Reference Manual, Debug Option); the number of a DBREAK comes in bits 11..8."""

    ICOUNT = 1
    IBREAK = 2
    DBREAK = 4
    BREAK = 8
    BREAK_N = 16
    DEBUG_INTERRUPT = 32


class Flow(enum.Enum):
    """What an instruction may do besides going on to the next one."""

    NEXT = "next"  # always goes on
    BRANCH = "branch"  # goes on, or jumps
    JUMP = "jump"  # never goes on


# --- immediates ---------------------------------------------------------------------------------------------------


class Immediate:
    """An operand that is a number: `decode` makes it from the raw field, `encode` does the reverse.

    decode works on Python integers and on traced values alike; it may use the address `pc` of the instruction.
    """

    #: True: the operand is an address relative to pc; decode gives the distance from pc
    relative = False

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def decode(self, raw: Any, pc: Any) -> Any:
        """Return the operand's value from its raw field."""
        return raw

    def encode(self, value: int, pc: int) -> int:
        """Return the raw field for `value`; ValueError says what can be encoded."""
        for raw in range(1 << self.bits):
            if self.decode(raw, pc) & MASK32 == value & MASK32:
                return raw
        raise ValueError(f"{value} is not among the {1 << self.bits} values of this operand")

    #: what the text of the operand starts with ("m" for MAC16 registers that are numbered as an immediate)
    prefix = ""

    def text(self, value: int) -> str:
        """Return `value` (32 bits, unsigned) as assembly text: numbers from 256 on in hexadecimal, as objdump does."""
        signed = value - (1 << 32) if value >> 31 else value
        return self.prefix + (str(signed) if -256 < signed < 256 else hex(value))


def sign_extend(value: Any, bits: int) -> Any:
    """Return the low `bits` bits of a 32-bit number or traced value, sign-extended to 32 bits."""
    if isinstance(value, Value):
        return (value << (32 - bits)).sra(32 - bits) if bits < 32 else value
    value &= (1 << bits) - 1
    return (value - (1 << bits) if value >> (bits - 1) else value) & MASK32


class Unsigned(Immediate):
    """(raw << shift) + add."""

    def __init__(self, bits: int, *, shift: int = 0, add: int = 0) -> None:
        super().__init__(bits)
        self.shift, self.add = shift, add

    def decode(self, raw: Any, pc: Any) -> Any:
        value = raw << self.shift if self.shift else raw
        return value + self.add if self.add else value

    def encode(self, value: int, pc: int) -> int:
        raw, rest = divmod(value - self.add, 1 << self.shift)
        if rest or not 0 <= raw < 1 << self.bits:
            top = (((1 << self.bits) - 1) << self.shift) + self.add
            raise ValueError(f"{value} is not in {self.add}..{top} in steps of {1 << self.shift}")
        return raw


class Signed(Immediate):
    """The raw field as a signed number, << shift."""

    def __init__(self, bits: int, *, shift: int = 0) -> None:
        super().__init__(bits)
        self.shift = shift

    def decode(self, raw: Any, pc: Any) -> Any:
        value = sign_extend(raw, self.bits)
        return (value << self.shift) & MASK32 if self.shift else value

    def encode(self, value: int, pc: int) -> int:
        signed = value - (1 << 32) if value >> 31 == 1 else value
        raw, rest = divmod(signed, 1 << self.shift)
        half = 1 << (self.bits - 1)
        if rest or not -half <= raw < half:
            low, high = -half << self.shift, (half - 1) << self.shift
            raise ValueError(f"{signed} is not in {low}..{high} in steps of {1 << self.shift}")
        return raw & ((1 << self.bits) - 1)


class Relative(Signed):
    """A jump target: pc + 4 + the signed field (<< shift, from the aligned pc where shift is not 0)."""

    relative = True

    def decode(self, raw: Any, pc: Any) -> Any:
        distance = super().decode(raw, pc) + 4
        if self.shift:
            distance = distance - (pc & ((1 << self.shift) - 1))
        return distance & MASK32

    def encode(self, value: int, pc: int) -> int:
        """Encode the distance `value` from pc."""
        signed = value - (1 << 32) if value >> 31 == 1 else value
        return super().encode(signed - 4 + (pc & ((1 << self.shift) - 1)), pc)


class Forward(Unsigned):
    """A target after the instruction: pc + 4 + the unsigned field (beqz.n, loop)."""

    relative = True

    def __init__(self, bits: int) -> None:
        super().__init__(bits, add=4)


class Table(Immediate):
    """A number looked up in a short table (the constants of beqi and bltui)."""

    def __init__(self, values: tuple[int, ...]) -> None:
        super().__init__((len(values) - 1).bit_length())
        self.values = tuple(value & MASK32 for value in values)

    def decode(self, raw: Any, pc: Any) -> Any:
        if not isinstance(raw, Value):
            return self.values[raw]
        result: Number = self.values[-1]
        for index in range(len(self.values) - 2, -1, -1):
            result = select(raw == index, self.values[index], result)
        return result


# --- operands -----------------------------------------------------------------------------------------------------


class RegisterFile(enum.Enum):
    """Which registers an operand numbers; the value is the letter in the assembly text."""

    AR = "a"
    FR = "f"
    BR = "b"
    MR = "m"
    QR = "q"


@dataclass(frozen=True, slots=True)
class Operand:
    """A field of the encoding: its letter, its bits (most significant first), and what it means."""

    letter: str
    positions: tuple[int, ...]
    file: RegisterFile | None
    immediate: Immediate | None

    def raw(self, word: int) -> int:
        """Return the field's raw bits out of an instruction word."""
        value = 0
        for position in self.positions:
            value = value << 1 | (word >> position & 1)
        return value

    def place(self, raw: int) -> int:
        """Return the instruction bits for the raw field."""
        return sum((raw >> (len(self.positions) - 1 - k) & 1) << p for k, p in enumerate(self.positions))


@dataclass(slots=True, eq=False)
class Instruction:
    """One instruction of the LX7, with its traced meaning."""

    name: str
    text: str
    length: int
    mask: int
    match: int
    operands: dict[str, Operand]
    function: Callable[..., None]
    module: str
    #: highest quarter (0..3) of the window that AR operands may reach is found per word by `window_quarter`
    uses_quarter: int
    coprocessor: int | None
    privileged: bool
    #: hardly any program's time goes there: its native code is made small instead of as fast as it can be
    rare: bool = False
    _trace: Block | None = field(default=None, repr=False)

    @property
    def doc(self) -> str:
        """Return what the definition says it does."""
        return inspect.getdoc(self.function) or ""

    @property
    def block(self) -> Block:
        """Return the traced operations."""
        if self._trace is None:
            cpu = Cpu(self.length)
            if self.coprocessor is not None:
                enabled = (cpu.cpenable >> self.coprocessor) & 1
                with cpu.when(enabled == 0):
                    cpu.raise_(Cause.COPROCESSOR0_DISABLED + self.coprocessor)
            self.function(cpu, **{letter: cpu.operand(op) for letter, op in self.operands.items()})
            self._trace = cpu.trace.root
        return self._trace

    @property
    def flow(self) -> Flow:
        """Return whether the instruction goes on, may jump, or always jumps."""
        return _flow(self.block)

    def window_quarter(self, word: int) -> int:
        """Return which quarter of the window (0: a0-a3 .. 3: a12-a15) the word's AR operands reach at most."""
        quarters = [op.raw(word) >> 2 for op in self.operands.values() if op.file is RegisterFile.AR]
        return max([self.uses_quarter, *quarters])


LEAVES = ("jump", "jump_to", "raise", "resume", "vector")


def _flow(block: Block) -> Flow:
    if block.ops and block.ops[-1].name in LEAVES:
        return Flow.JUMP
    if any(op.name == "when" and op.body and _jumps(op.body) for op in block.ops):
        return Flow.BRANCH
    return Flow.NEXT


def _jumps(block: Block) -> bool:
    return any(op.name in ("jump", "jump_to") or (op.body is not None and _jumps(op.body)) for op in block.ops)


# --- the CPU as a definition sees it ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Symbol:
    """An operand inside a definition: an index into a register file, or an immediate (see `Cpu.value`)."""

    operand: Operand


class RegisterArray:
    """cpu.ar, cpu.f, cpu.epc...: indexed by an operand, a number, or (state arrays other than ar) a guest value."""

    def __init__(self, cpu: Cpu, name: str) -> None:
        self._cpu, self._name = cpu, name

    def __getitem__(self, index: Symbol | int | Value) -> Value:
        return self._cpu.trace.emit("get", (self._name, self._index(index)), 32)

    def __setitem__(self, index: Symbol | int | Value, value: Number) -> None:
        trace = self._cpu.trace
        trace.emit("set", (self._name, self._index(index), trace.value(value)))

    @staticmethod
    def _index(index: Symbol | int | Value) -> object:
        return index.operand.letter if isinstance(index, Symbol) else index


_ARRAYS = frozenset(r.name for r in state.REGISTERS if r.count > 1)
_SCALARS = frozenset(r.name for r in state.REGISTERS if r.count == 1)


class Cpu:
    """What a definition reads, writes and does. Attributes named in isa/state.py are registers.

    cpu.ar[k] is a register of the current window. Loads and stores may take an exception; nothing that the definition
    did before is undone, so it does them before it writes registers.
    """

    def __init__(self, length: int) -> None:
        object.__setattr__(self, "trace", Trace())
        object.__setattr__(self, "length", length)

    trace: Trace
    length: int

    def operand(self, operand: Operand) -> Any:
        """Return the symbol of an operand: a value for immediates, an index for registers."""
        if operand.immediate is None:
            return Symbol(operand)
        if operand.immediate.relative:
            return Symbol(operand)  # only usable as a target: jump(), address()
        return self.trace.emit("operand", (operand.letter,), 32)

    def __getattr__(self, name: str) -> Any:
        if name in _ARRAYS:
            return RegisterArray(self, name)
        if name in _SCALARS:
            return self.trace.emit("get", (name, 0), 32)
        raise AttributeError(f"no state register {name!r} (isa/state.py)")

    def __setattr__(self, name: str, value: Number) -> None:
        if name not in _SCALARS:
            raise AttributeError(f"no state register {name!r} (isa/state.py)")
        self.trace.emit("set", (name, 0, self.trace.value(value)))

    def const(self, number: int, bits: int = 32) -> Value:
        """Return a constant as a value."""
        return self.trace.value(number, bits)

    def index(self, register: Symbol) -> Value:
        """Return the number of the register that an operand names (0..15)."""
        return self.trace.emit("operand", (register.operand.letter,), 32)

    def address(self, target: Symbol) -> Value:
        """Return the absolute address of a pc-relative operand."""
        return self.trace.emit("address", (target.operand.letter,), 32)

    @property
    def next_pc(self) -> Value:
        """Return the address of the next instruction in memory."""
        value: Value = self.pc + self.length
        return value

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Do what is traced inside only if the one-bit condition is set."""
        with self.trace.when(condition):
            yield

    def load(self, address: Value, bits: int, *, aligned: bool = False) -> Value:
        """Load 8, 16 or 32 bits, zero-extended to 32; `aligned` ones raise LoadStoreAlignment instead of splitting."""
        return self.trace.emit("load", (address, bits, aligned), 32)

    def store(self, address: Value, bits: int, value: Number, *, aligned: bool = False) -> None:
        """Store the low 8, 16 or 32 bits of `value`."""
        self.trace.emit("store", (address, bits, self.trace.value(value), aligned))

    def exchange(self, address: Value, expected: Value, new: Value) -> Value:
        """Load the aligned word and store `new` there if it equals `expected`; return what was loaded (S32C1I)."""
        return self.trace.emit("exchange", (address, expected, new), 32)

    def jump(self, target: Symbol | Value) -> None:
        """Leave to a pc-relative operand or to an address."""
        if isinstance(target, Symbol):
            self.trace.emit("jump_to", (target.operand.letter,))
        else:
            self.trace.emit("jump", (target,))

    def raise_(self, cause: Number, vaddr: Value | None = None) -> None:
        """Take the exception `cause` instead of completing (and set EXCVADDR where `vaddr` is given)."""
        self.trace.emit("raise", (self.trace.value(cause), vaddr))

    def vector(self, target: Value) -> None:
        """Leave to a vector after the state that decides about windows, interrupts and debugging has changed."""
        self.trace.emit("resume", (target,))

    def recheck(self) -> None:
        """Look at interrupts, windows, timers and debugging again after this instruction: it changed what decides."""
        self.trace.emit("recheck")

    def rotate(self, quarters: Number) -> None:
        """Add to WINDOWBASE (modulo 16): cpu.ar then means the new window."""
        self.trace.emit("rotate", (self.trace.value(quarters),))

    def call(self, function: Callable[..., None], *args: Number) -> None:
        """Carry out a routine that always comes back: what several instructions have in common, compiled once."""
        self.trace.emit("call", (function.__name__, *(self.trace.value(a) for a in args)))

    def host(self, what: str, *args: Value, result: bool = False) -> Value:
        """Ask the executor for one of HOST_CALLS."""
        return self.trace.emit("host", (what, *args), 32 if result else 0)


#: what Cpu.host can ask: simcall, RER, WER; GPIO_OUT changed, the levels of GPIO_IN; region attributes, break registers
#: or LEND changed; "reset" and "deferred" are the native executor's own
HOST_CALLS = (
    *("simcall", "rer", "wer", "gpio_out", "gpio_in", "tlb", "ibreak", "dbreak", "loop_end"),
    *("reset", "deferred"),
)


# --- the decorator ------------------------------------------------------------------------------------------------

INSTRUCTIONS: dict[str, Instruction] = {}
_TOKEN = re.compile(r"([afbmq]?)\{(\w)\}")


def insn(
    bits: str,
    text: str,
    *,
    uses: int = 0,
    coprocessor: int | None = None,
    privileged: bool = False,
    rare: bool = False,
    **kinds: Immediate,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function as an instruction.

    bits: 16, 24 or 32 characters of 0, 1, dots and operand letters, most significant first, blanks ignored. text:
    mnemonic and operands. uses: quarter of the window reached besides the operands' (call8 writes a8: 2). coprocessor:
    bit of CPENABLE that must be set. rare: see Instruction. Raises ValueError where bits, text and the function's
    parameters contradict.
    """
    pattern = bits.replace(" ", "")
    width = len(pattern)
    if width not in (16, 24, 32):
        raise ValueError(f"{text}: {width} bits, not 16, 24 or 32")
    mask = int("".join("1" if c in "01" else "0" for c in pattern), 2)
    match = int("".join("1" if c == "1" else "0" for c in pattern), 2)
    places: dict[str, list[int]] = {}
    for upper in (True, False):
        for k, c in enumerate(pattern):
            if c.isalpha() and c.isupper() is upper:
                places.setdefault(c.lower(), []).append(width - 1 - k)
    files = {letter: RegisterFile(prefix) if prefix else None for prefix, letter in _TOKEN.findall(text)}

    def register(function: Callable[..., None]) -> Callable[..., None]:
        name = text.split()[0]
        operands = {}
        for letter, positions in places.items():
            file = files.get(letter)
            immediate = None if file else kinds.get(letter) or Unsigned(len(positions))
            if letter in kinds and kinds[letter].bits != len(positions):
                raise ValueError(f"{name}: {letter} has {len(positions)} bits, its kind {kinds[letter].bits}")
            operands[letter] = Operand(letter, tuple(positions), file, immediate)
        wanted = list(inspect.signature(function).parameters)[1:]
        if sorted(wanted) != sorted(operands) or set(files) - set(operands):
            found = f"encoding has {sorted(operands)}, text {sorted(files)}, function {sorted(wanted)}"
            raise ValueError(f"{name}: {found}")
        if name in INSTRUCTIONS:
            raise ValueError(f"{name} is defined twice")
        INSTRUCTIONS[name] = Instruction(
            *(name, text, width // 8, mask, match, operands, function, function.__module__),
            *(uses, coprocessor, privileged, rare),
        )
        return function

    return register


@dataclass(slots=True, eq=False)
class Routine:
    """What a core does besides instructions: taking an exception or an interrupt, or a part of several instructions.

    Traced like an instruction.
    """

    name: str
    arguments: int
    function: Callable[..., None]
    _trace: Block | None = field(default=None, repr=False)

    @property
    def block(self) -> Block:
        """Return the traced operations; falling off the end means: nothing happened, go on at pc."""
        if self._trace is None:
            cpu = Cpu(0)
            self.function(cpu, *[cpu.trace.emit("argument", (k,), 32) for k in range(self.arguments)])
            self._trace = cpu.trace.root
        return self._trace


ROUTINES: dict[str, Routine] = {}


def routine(function: Callable[..., None]) -> Callable[..., None]:
    """Register the decorated function (cpu, argument values...) as a routine of its own name."""
    arguments = len(inspect.signature(function).parameters) - 1
    ROUTINES[function.__name__] = Routine(function.__name__, arguments, function)
    return function


__all__ = [
    "INSTRUCTIONS",
    "ROUTINES",
    "Cause",
    "Cpu",
    "DebugCause",
    "Flow",
    "Instruction",
    "Op",
    "insn",
    "routine",
    "select",
    "sign_extend",
]
