"""Random programs of user-level instructions, made so that every one ends and touches only its own memory.

What must not be random is not: addresses come from literals right before a load or store, divisors are mostly not 0,
branches go forward, loops count, calls nest up to four windows of four registers (QEMU's core has eight) unless all
that they can see of others' registers is overwritten.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from batch import FIELDS, FINISH, SCRATCH_SIZE, STACK, Batch, Case

from twincore.isa.definitions import INSTRUCTIONS
from twincore.isa.disasm import disassemble
from twincore.isa.ir import Block
from twincore.isa.spec import MASK32, Instruction, RegisterFile

MODULES = {
    f"twincore.isa.{name}"
    for name in ("core", "density", "loops", "mac16", "miscops", "multiply", "booleans", "fpu", "sync", "windowed")
}

LEFT_OUT = {
    "muluh": "not in de233_fpu",
    "mulsh": "not in de233_fpu",
    "salt": "not in de233_fpu",
    "saltu": "not in de233_fpu",
    "s32nb": "not in de233_fpu",
    "ill": "ends the program",
    "ill.n": "ends the program",
    "syscall": "ends the program",
    "simcall": "the driver's",
    "rotw": "privileged",
    "l32e": "privileged; the driver's window handlers use it",
    "s32e": "privileged; the driver's window handlers use it",
    "rfwo": "privileged; the driver's window handlers use it",
    "rfwu": "privileged; the driver's window handlers use it",
    "maddn.s": "does nothing on QEMU: compared in whole sequences",
    "wur.fcr": "QEMU drops the reserved bits, which the chip keeps; a program's FCR comes with its record",
    "wur.fsr": "the same",
    "utrunc.s": "QEMU loses flags that were set before (differences.py): compared per instruction",
}
"""Instructions of MODULES that random programs do not have, and why."""

STRAIGHT_SPECIAL = ("br", "acclo", "acchi", "m0", "m1", "m2", "m3", "scompare1", "threadptr", "fcr", "fsr", "sar")
_SCALED = {"round.s", "trunc.s", "floor.s", "ceil.s"}
_UNALIGNED_TRAP = {"l32ai", "s32ri", "s32c1i"}
_SIZES = {"l8ui": 1, "s8i": 1, "l16ui": 2, "l16si": 2, "s16i": 2}
_UPDATING_LAST = {"lsip", "ssip", "lsxp", "ssxp"}


def _names(block: Block) -> set[str]:
    result = set()
    for op in block.ops:
        result.add(op.name)
        if op.body is not None:
            result |= _names(op.body)
    return result


def _written(block: Block) -> set[str]:
    """Return the operand letters of the address registers that a definition writes."""
    result: set[str] = set()
    for op in block.ops:
        if op.name == "set" and op.args[0] == "ar" and isinstance(op.args[1], str):
            result.add(op.args[1])
        if op.body is not None:
            result |= _written(op.body)
    return result


@cache
def written(name: str) -> frozenset[str]:
    """Return which operands of an instruction are address registers that it writes."""
    return frozenset(_written(INSTRUCTIONS[name].block))


def _sets(block: Block) -> set[str]:
    return {
        name
        for op in block.ops
        for name in ([str(op.args[0])] if op.name == "set" else _sets(op.body) if op.body is not None else [])
    }


@cache
def ends_block(name: str) -> bool:
    """Tell whether QEMU's block has to end after an instruction (see Builder)."""
    return bool(_sets(INSTRUCTIONS[name].block) & {"br", "m"}) or name in ("ssl", "ssa8b")


@cache
def kinds() -> dict[str, list[str]]:
    """Return the names of the instructions to choose from, by kind."""
    result: dict[str, list[str]] = {
        k: [] for k in ("plain", "float", "memory", "branch", "divide", "loop", "mac", "special")
    }
    for name in sorted(INSTRUCTIONS):
        instruction = INSTRUCTIONS[name]
        if name.startswith(("rsr.", "wsr.", "xsr.", "rur.", "wur.")):
            if name[4:] in STRAIGHT_SPECIAL and name not in LEFT_OUT:
                result["special"].append(name)
            continue
        if instruction.module not in MODULES or name in LEFT_OUT or instruction.privileged:
            continue
        does = _names(instruction.block)
        if name in ("entry", "retw", "retw.n", "movsp", "loop", "loopnez", "loopgtz", "call0", "ret", "ret.n"):
            kind = "loop" if name.startswith("loop") else None
        elif does & {"load", "store", "exchange"}:
            kind = None if name == "l32r" else "memory"
        elif does & {"jump", "jump_to"}:
            kind = "branch" if name not in ("j", "jx") and not name.startswith("call") else None
        elif name in ("quou", "quos", "remu", "rems"):
            kind = "divide"
        elif instruction.coprocessor == 0:
            kind = "float"
        else:
            kind = "mac" if instruction.module.endswith("mac16") else "plain"
        if kind:
            result[kind].append(name)
    return result


FLOATS = (
    *(0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x80800000, 0x00800001),
    *(0x3F800000, 0xBF800000, 0x3F7FFFFF, 0x3F800001, 0x40000000, 0x3F000000, 0x4B000000, 0x4B000001, 0xCB7FFFFF),
    *(0x4EFFFFFF, 0x4F000000, 0xCF000000, 0xCF000001, 0x4F7FFFFF, 0x4F800000, 0x7F7FFFFF, 0xFF7FFFFF),
    *(0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7FC12345, 0xFFD54321, 0x7F812345, 0xFFA54321),
)
INTEGERS = (0, 1, 2, 3, 31, 32, 33, 127, 128, 0xFFFF, 0x8000, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)


def random_float(rng: random.Random) -> int:
    """Return a bit pattern: one of the boundaries, any at all, or one near 1 (so that sums cancel and round)."""
    way = rng.random()
    if way < 0.25:
        return rng.choice(FLOATS)
    if way < 0.5:
        return rng.getrandbits(32)
    if way < 0.6:
        return rng.getrandbits(1) << 31 | rng.getrandbits(24) >> rng.randrange(24)  # about the least normal number
    return (
        rng.getrandbits(1) << 31
        | (127 + rng.randrange(-26, 34)) << 23
        | rng.getrandbits(23) & -(1 << rng.randrange(24))
    )


def random_integer(rng: random.Random) -> int:
    """Return 32 bits: a boundary, any at all, or of any magnitude."""
    way = rng.random()
    if way < 0.25:
        return rng.choice(INTEGERS)
    if way < 0.6:
        return rng.getrandbits(32)
    value = rng.getrandbits(32) >> rng.randrange(32)
    return -value & MASK32 if rng.getrandbits(1) else value


def random_registers(rng: random.Random) -> dict[str, int]:
    """Return values for all registers of a record; a1 is a stack pointer."""
    values = {name: 0 for name in FIELDS}
    for k in range(16):
        values[f"a{k}"] = random_integer(rng)
        values[f"f{k}"] = random_float(rng)
    for name in ("acclo", "m0", "m1", "m2", "m3", "scompare1", "threadptr"):
        values[name] = random_integer(rng)
    values["a1"] = STACK
    values["sar"] = rng.randrange(33)
    values["br"] = rng.getrandbits(16)
    values["acchi"] = rng.getrandbits(8)
    values["fcr"] = rng.getrandbits(7)
    values["fsr"] = rng.choice((0, 0, rng.getrandbits(5) << 7))
    return values


@dataclass
class _Item:
    instruction: Instruction | None = None
    raws: dict[str, int] = field(default_factory=dict)
    target: str | None = None
    literal: int | None = None
    label: str | None = None
    align: int = 1
    #: only ends a block of QEMU's
    ends_block: bool = False


class Builder:
    """Puts a program together: literals, then code, with labels.

    Two mistakes of QEMU (7.2 to 10.0) are confined to a translated block, so a jump to the next instruction, which ends
    the block, follows whatever writes BR or MR, and ssl and ssa8b:

    * It names each boolean, each group of booleans, BR as a whole, and MR both as factors and as special registers, by
      variables of their own, and does not see that they share memory: an instruction after `all4 b0, b4` may take b1
      from what BR was before.
    * After ssl and ssa8b with a distance of 0, which leave 32 in SAR, srl and sra shift by 0 (the manual: by 32).
    """

    def __init__(self, rng: random.Random, batch: Batch) -> None:
        self.rng, self.scratch, self.address = rng, batch.scratch, batch.at
        self.items: list[_Item] = []
        self.literals: list[int | str] = [FINISH]
        self.labels = 0
        #: registers that random instructions leave alone
        self.kept: set[int] = {1}
        #: registers of the window that may be used at all
        self.registers = range(16)

    # --- writing -----------------------------------------------------------------------------------------------------

    def emit(self, name: str, **raws: int) -> None:
        """Append an instruction with its operands as raw fields."""
        self.put(name, raws)

    def put(self, name: str, raws: dict[str, int], target: str | None = None, literal: int | None = None) -> None:
        """Append an instruction whose pc-relative operand is a label, or for l32r the number of a literal."""
        self.items.append(_Item(INSTRUCTIONS[name], raws, target, literal))
        if ends_block(name):
            following = self.label()
            self.items.append(_Item(INSTRUCTIONS["j"], target=following))
            self.items.append(_Item(label=following, ends_block=True))

    def label(self) -> str:
        """Return a new label."""
        self.labels += 1
        return f"L{self.labels}"

    def place(self, label: str, align: int = 1) -> None:
        """Put a label here."""
        self.items.append(_Item(label=label, align=align))

    def constant(self, register: int, value: int | str) -> None:
        """Load a register from a literal, a number or a label's address."""
        self.literals.append(value)
        self.put("l32r", {"t": register}, literal=len(self.literals) - 1)

    def finish(self) -> None:
        """End the program."""
        self.emit("wsr.misc1", t=0)
        self.put("l32r", {"t": 0}, literal=0)
        self.emit("jx", s=0)

    # --- random pieces -----------------------------------------------------------------------------------------------

    def pick(self, *, free: bool = False) -> int:
        """Return a register, with `free` one that may be written."""
        return self.rng.choice([r for r in self.registers if not free or r not in self.kept])

    def operands(self, name: str) -> dict[str, int]:
        """Return random raw operands that write no register that is kept."""
        raws = {}
        for letter, operand in INSTRUCTIONS[name].operands.items():
            width = len(operand.positions)
            if operand.file is RegisterFile.AR:
                raws[letter] = self.pick(free=letter in written(name))
            else:
                raws[letter] = self.rng.getrandbits(width)
        if name in ("any4", "all4"):
            raws["s"] &= 12
        elif name in ("any8", "all8"):
            raws["s"] &= 8
        elif name == "slli":
            raws["i"] = self.rng.randrange(1, 32)
        elif name in _SCALED:
            raws["t"] = 0  # QEMU scales first, and raises O where that overflows
        return raws

    def instruction(self, kind: str) -> None:
        """Append a random instruction of a kind, with what it needs before it."""
        rng = self.rng
        name = rng.choice(kinds()[kind])
        raws = self.operands(name)
        if kind == "divide" and rng.random() < 0.97:
            self.constant(register := self.pick(free=True), random_integer(rng) or 1)
            raws["t"] = register
        elif kind == "special" and name in ("wsr.sar", "xsr.sar"):
            # more than 32 is undefined for the shifts
            raws["t"] = self.pick(free=True)
            self.constant(raws["t"], rng.randrange(33))
        elif kind == "memory":
            self.memory(name, raws)
            return
        self.emit(name, **raws)

    def memory(self, name: str, raws: dict[str, int]) -> None:
        """Append a load or store whose address lies in the scratch buffer, and is aligned for it."""
        rng, instruction = self.rng, INSTRUCTIONS[name]
        size = _SIZES.get(name, 4)
        base = raws["s"] = self.pick(free=True)
        address = self.scratch + rng.randrange(0, SCRATCH_SIZE, size)
        offset = 0
        if "i" in instruction.operands and name not in _UPDATING_LAST:
            immediate = instruction.operands["i"].immediate
            assert immediate is not None
            offset = immediate.decode(raws["i"], 0)
        elif name.endswith("inc"):
            offset = 4
        elif name.endswith("dec"):
            offset = -4
        if name in _UNALIGNED_TRAP and rng.random() < 0.02:
            address += rng.randrange(1, 4)
        if name in ("lsx", "ssx", "lsxp", "ssxp"):
            index = raws["t"] = rng.choice([r for r in self.registers if r != base and r not in self.kept])
            value = random_integer(rng)
            self.constant(index, value)
            offset = value if name in ("lsx", "ssx") else 0
        if name == "s32c1i" and rng.random() < 0.5:
            other = rng.choice([r for r in self.registers if r != base and r not in self.kept])
            self.constant(base, address & ~3)
            self.emit("l32i", t=other, s=base, i=0)
            self.emit("wsr.scompare1", t=other)
        self.constant(base, (address - offset) & MASK32)
        self.emit(name, **raws)

    def block(self, count: int, depth: int, mix: Callable[[random.Random], str]) -> None:
        """Append about `count` random instructions with branches, loops and counted repetitions among them."""
        rng = self.rng
        while count > 0:
            kind = mix(rng)
            inner = rng.randrange(1, 6)
            if kind == "branch":
                target = self.label()
                name = rng.choice(kinds()["branch"])
                self.put(name, self.operands(name), target)
                self.block(1 if name.endswith(".n") else inner, depth, mix)
                self.place(target)
            elif kind == "jump":
                target = self.label()
                if rng.getrandbits(1):
                    self.constant(register := self.pick(free=True), target)
                    self.emit("jx", s=register)
                else:
                    self.put("j", {}, target)
                self.items.append(_Item(INSTRUCTIONS["ill"]))
                self.place(target)
            elif kind == "loop" and depth == 0:
                self.loop(inner, mix)
            elif kind == "repeat" and depth < 2:
                self.repeat(self.pick(free=True), inner, depth, mix)
            else:
                self.instruction("plain" if kind in ("loop", "repeat") else kind)
                inner = 1
            count -= inner

    def loop(self, size: int, mix: Callable[[random.Random], str]) -> None:
        """Append a zero-overhead loop; none stands in another."""
        rng, end = self.rng, self.label()
        name = rng.choice(kinds()["loop"])
        least = {"loop": 1, "loopnez": 0, "loopgtz": -2}[name]
        self.constant(counter := self.pick(free=True), rng.randrange(least, 5) & MASK32)
        self.put(name, {"s": counter}, end)
        self.block(size, 1, mix)
        last = len(self.items)
        while self.items[last - 1].label:
            last -= 1
        if any(item.ends_block for item in self.items[last:]) or (last < len(self.items) and rng.getrandbits(1)):
            self.emit("nop")  # a jump to LEND ends a loop
        self.place(end)

    def repeat(self, counter: int, size: int, depth: int, mix: Callable[[random.Random], str]) -> None:
        """Append code that a branch backward repeats."""
        start = self.label()
        self.constant(counter, self.rng.randrange(1, 4))
        self.kept.add(counter)
        self.place(start)
        self.block(size, depth + 1, mix)
        self.emit("addi", t=counter, s=counter, i=0xFF)
        self.put("bnez", {"s": counter}, start)
        self.kept.discard(counter)

    # --- the result --------------------------------------------------------------------------------------------------

    def assemble(self) -> tuple[bytes, int]:
        """Return literals and code as bytes, and the address of the code."""
        entry = self.address + 4 * len(self.literals)
        at, labels, places = entry, {}, []
        for item in self.items:
            at += -at % item.align
            places.append(at)
            if item.label:
                labels[item.label] = at
            elif item.instruction:
                at += item.instruction.length
        content = bytearray()
        for value in self.literals:
            content += (labels[value] if isinstance(value, str) else value).to_bytes(4, "little")
        for item, place in zip(self.items, places, strict=True):
            content += bytes(place - self.address - len(content))
            if item.instruction is None:
                continue
            word = item.instruction.match
            for letter, operand in item.instruction.operands.items():
                if operand.immediate is not None and operand.immediate.relative:
                    goal = labels[item.target] if item.target else self.address + 4 * (item.literal or 0)
                    word |= operand.place(operand.immediate.encode((goal - place) & MASK32, place))
                else:
                    word |= operand.place(item.raws.get(letter, 0))
            content += word.to_bytes(item.instruction.length, "little")
        return bytes(content), entry


# --- kinds of programs -----------------------------------------------------------------------------------------------


def integer_mix(rng: random.Random) -> str:
    """Choose among all but floating point."""
    return rng.choices(
        ("plain", "memory", "branch", "divide", "loop", "mac", "special", "jump", "repeat"),
        (40, 18, 12, 4, 5, 8, 5, 2, 4),
    )[0]


def float_mix(rng: random.Random) -> str:
    """Choose mostly floating point."""
    return rng.choices(("float", "plain", "memory", "branch", "special", "loop", "repeat"), (60, 10, 10, 6, 6, 4, 4))[0]


def straight(rng: random.Random, build: Builder) -> None:
    """Write one instruction of any kind that goes on, with what it needs."""
    group = rng.choice(("plain", "memory", "divide", "mac", "special", "float"))
    build.instruction(group)


def integers(rng: random.Random, build: Builder) -> None:
    """Write a program of integers, booleans, MAC16, branches and loops."""
    build.block(rng.randrange(4, 40), 0, integer_mix)


def floats(rng: random.Random, build: Builder) -> None:
    """Write a program of floating point."""
    build.block(rng.randrange(4, 40), 0, float_mix)


def calls(rng: random.Random, build: Builder) -> None:
    """Write functions that call each other, by call0 and by windows, no deeper than QEMU's core keeps registers."""
    left = 4
    functions: list[int] = []
    build.block(rng.randrange(1, 8), 0, integer_mix)
    while True:
        quarters = rng.randrange(0, left + 1)
        function = build.label()
        kind = 0 if quarters == 0 else min(quarters, 3)
        left -= kind
        if kind == 0:
            build.emit("wsr.excsave2", t=0)
        _call(rng, build, function, kind)
        if kind == 0:
            build.emit("rsr.excsave2", t=0)
        build.block(rng.randrange(1, 6), 0, integer_mix)
        if functions:
            _return(rng, build, functions[-1])
        else:
            build.finish()
        functions.append(kind)
        build.place(function, 4)
        build.kept = {0, 1}
        if kind:
            build.emit("entry", s=1, i=rng.randrange(4, 12))
            if rng.random() < 0.3:
                build.emit("movsp", t=build.pick(free=True), s=build.pick())
        build.block(rng.randrange(1, 8), 0, integer_mix)
        if kind == 0 or left == 0 or rng.random() < 0.3:
            break
    _return(rng, build, functions[-1])


def _call(rng: random.Random, build: Builder, function: str, quarters: int) -> None:
    name = ("call0", "call4", "call8", "call12")[quarters]
    if rng.getrandbits(1):
        register = rng.choice([r for r in build.registers if r not in build.kept])
        build.constant(register, function)
        build.emit(name.replace("call", "callx"), s=register)
    else:
        build.put(name, {}, function)


def _return(rng: random.Random, build: Builder, kind: int) -> None:
    build.emit(rng.choice(("retw", "retw.n") if kind else ("ret", "ret.n")))


def recursion(rng: random.Random, build: Builder) -> None:
    """Write functions that call each other so deep that frames are spilled and filled again.

    QEMU's core spills earlier, so registers that a call brings into view are set after entry, and those above the
    caller's own after each call.
    """
    depth = rng.randrange(5, 24)
    sizes = [rng.randrange(1, 4) for _ in range(depth)]
    build.kept = {1}
    build.constant(2, STACK - 12)
    build.constant(3, STACK + 64)  # where the caller's stack pointer would be: registers are spilled below it
    build.emit("s32i", t=3, s=2, i=0)
    labels = [build.label() for _ in range(depth)]
    for level in range(depth + 1):
        if level:
            build.place(labels[level - 1], 4)
            build.emit("entry", s=1, i=rng.randrange(8, 12))
            for register in range(16 - 4 * sizes[level - 1], 16):
                build.emit("movi.n", s=register, i=register)
        build.kept = {0, 1} if level else {1}
        build.block(rng.randrange(1, 5), 2, integer_mix)
        if level < depth:
            quarters = sizes[level]
            _call(rng, build, labels[level], quarters)
            for register in range(4 * quarters, 16):
                build.emit("movi.n", s=register, i=register)
            build.block(rng.randrange(1, 5), 2, integer_mix)
        if level:
            _return(rng, build, 1)
        else:
            build.finish()


WRITERS: dict[str, Callable[[random.Random, Builder], None]] = {
    "straight": straight,
    "integers": integers,
    "floats": floats,
    "calls": calls,
    "recursion": recursion,
}
#: these end themselves, behind the code of their functions
_ENDED = {"calls", "recursion"}


def add_program(batch: Batch, kind: str, seed: int) -> None:
    """Add the program of a kind with the number `seed`; the same seed at the same place gives the same bytes."""
    for attempt in range(100):
        rng = random.Random(f"{kind} {seed} {attempt}")
        build = Builder(rng, batch)
        registers, scratch = random_registers(rng), rng.randbytes(SCRATCH_SIZE)
        WRITERS[kind](rng, build)
        if kind not in _ENDED:
            build.finish()
        try:
            content, entry = build.assemble()
        except ValueError:  # a branch too far for its field
            continue
        batch.add(Case(content, registers, scratch), entry, len(content))
        return
    raise AssertionError(f"{kind} {seed}: branches too far")


def listing(content: bytes, address: int, entry: int) -> list[str]:
    """Return the text of a program's code, for people."""
    lines, at = [], entry
    while at < address + len(content):
        word = int.from_bytes(content[at - address : at - address + 4], "little")
        size = 2 if 8 <= word & 15 < 14 else 3
        lines.append(f"{at:8x}  {disassemble(word, at)}")
        at += size
    return lines
