"""Prints the traced definition of an instruction as an LLVM function: its handler in the interpreter.

An instruction has up to three handlers. The fast one (`f_`) does everything inline; where that is impossible (a page
that is not plain memory, a register window at the seam) it starts over in the slow one (`s_`), before any effect. The
tail one (`t_`) is the fast one for an instruction that may end a zero-overhead loop; a rare instruction has no other
fast one. The slow one covers both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twincore.isa import ir
from twincore.isa.spec import HOST_CALLS, Instruction, Routine
from twincore.native import layout
from twincore.native.text import UNLIKELY, Function, handler

_SIZES = {8: 1, 16: 2, 32: 4}


@dataclass(frozen=True, slots=True)
class Slots:
    """Where each operand sits in the instruction record: a byte 0..7, or the word in place of bytes 4..7."""

    byte: dict[str, int]
    word: str | None


def slots(instruction: Instruction) -> Slots:
    """Return where the operands of `instruction` sit in its record.

    Registers take a byte each. One immediate is decoded into the word; a second one stays raw in a byte and is decoded
    by the handler: of two, that is a short jump distance, or else the one that comes later in the encoding. With more
    than four operands besides the word, all are bytes and stay raw.
    """
    registers = [o.letter for o in instruction.operands.values() if o.immediate is None]
    immediates = [o for o in instruction.operands.values() if o.immediate is not None]
    word: str | None = None
    if immediates:
        far = [o for o in immediates if o.immediate.relative] if len(immediates) > 1 else []  # type: ignore[union-attr]
        first = next(o for o in immediates if o not in far or len(o.positions) > 8)
        word = first.letter
    raw = [o.letter for o in immediates if o.letter != word]
    if len(registers) + len(raw) > 4:
        word, raw = None, [o.letter for o in immediates]
    if len(registers) + len(raw) > 8 or any(len(instruction.operands[letter].positions) > 8 for letter in raw):
        raise ValueError(f"{instruction.name}: {len(registers) + len(raw)} operands do not fit a record's bytes")
    return Slots({letter: k for k, letter in enumerate([*registers, *raw])}, word)


def sum_of(value: ir.Value) -> tuple[ir.Value, int]:
    """Return what a traced sum with a small constant adds to, and the constant; where it is none, itself and 0."""
    if value.op.name == "add":
        first, second = value.op.args
        if isinstance(first, ir.Value) and isinstance(second, ir.Value) and second.op.name == "const":
            constant = int(str(second.op.args[0]))
            return (first, constant) if constant < 1 << 16 else (value, 0)
    return value, 0


class UnfitError(Exception):
    """A definition that the emitter cannot print; the message names it and says why."""


class Emitter:
    """Prints one handler or routine."""

    def __init__(
        self, function: Function, *, name: str, instruction: Instruction | None, slow: bool, tail: bool
    ) -> None:
        self.fn = function
        self.name = name
        self.instruction = instruction
        self.slow = slow
        self.tail = tail
        self.slots = slots(instruction) if instruction else Slots({}, None)
        self.values: dict[int, str] = {}
        self.pending: dict[tuple[str, int], str] = {}
        self.arp = "%arp"
        self.touched = False  # an effect was printed: punting is no longer possible
        self.saved = False  # what a call-back may want to know is in the state
        self.hosts: dict[tuple[str, int], str] = {}  # host addresses by page table and traced base, see `place`
        self.elements: dict[tuple[str, int], str] = {}  # likewise by array and traced index, see `element`
        self.exits: dict[tuple[str, str], str] = {}  # labels of blocks that leave, by why and %arp
        self.recheck = False
        self.arguments: list[str] = []
        # a call-back may forget the very record that is being executed, so the slow handler reads it first
        self.known_cost = self._read_cost() if slow and instruction else ""
        self.known_bytes = {letter: self._read_byte(letter) for letter in self.slots.byte} if slow else {}

    # --- small helpers ---------------------------------------------------------------------------------------------

    def v(self, value: object) -> str:
        """Return the LLVM operand of a traced value."""
        assert isinstance(value, ir.Value)
        op = value.op
        if op.name == "const":
            number = op.args[0]
            assert isinstance(number, int)
            if op.bits == 1:
                return "true" if number else "false"
            return str(number - (1 << op.bits) if number >> (op.bits - 1) else number)
        return self.values[id(op)]

    def byte(self, letter: str) -> str:
        """Return the record's byte of an operand, as i32."""
        return self.known_bytes.get(letter) or self._read_byte(letter)

    def _read_byte(self, letter: str) -> str:
        raw = self.fn.load("i8", "%rec", layout.RECORD_BYTES + self.slots.byte[letter])
        return self.fn.value(f"zext i8 {raw} to i32")

    def pc(self) -> str:
        """Return the address of this instruction, as i32."""
        distance = self.fn.value(
            f"sub i64 {self.fn.value('ptrtoint ptr %rec to i64')}, {self.fn.value('ptrtoint ptr %recb to i64')}"
        )
        return self.fn.value(f"trunc i64 {self.fn.value(f'lshr exact i64 {distance}, 4')} to i32")

    def element(self, name: str, index: object) -> str:
        """Return the host address of a state register (never of a pending one)."""
        fn = self.fn
        base = self.arp if name == "ar" else fn.at("%st", layout.CORE[name])
        if isinstance(index, int):
            return fn.at(base, 4 * index)
        offset = 0
        if isinstance(index, ir.Value) and name != "ar":
            index, offset = sum_of(index)
            known = self.elements.get((name, id(index.op)))
            if known:
                return fn.at(known, 4 * offset)
        number = self.byte(index) if isinstance(index, str) else self.v(index)
        wide = fn.value(f"zext i32 {number} to i64")
        first = fn.value(f"getelementptr i32, ptr {base}, i64 {wide}")
        if isinstance(index, ir.Value):
            self.elements[name, id(index.op)] = first
        return fn.at(first, 4 * offset)

    def flush(self, *, keep: bool = False) -> None:
        """Print the register writes held back so far."""
        for (name, index), value in self.pending.items():
            self.fn.store("i32", value, "%st", layout.CORE[name] + 4 * index)
            self.touched = True
        if not keep:
            self.pending.clear()

    def punt_if(self, condition: str) -> None:
        """Start over in the slow handler where `condition` holds."""
        if self.touched:
            raise UnfitError(f"{self.name}: something that may need the slow path comes after an effect")
        assert self.instruction
        target = f"@s_{mangle(self.instruction.name)}"
        self.exit_if(condition, "punt", lambda: self.jump_function(target))

    def exit_if(self, condition: str, why: str, leave: Callable[[], None]) -> None:
        """Leave where `condition` holds; the same exit is printed once."""
        fn, known = self.fn, self.exits.get((why, self.arp))
        if known:
            on = fn.new_label("go")
            fn.line(f"br i1 {condition}, label %{known}, label %{on}{UNLIKELY}")
            fn.label(on)
            return
        yes, no = fn.branch_unlikely(condition, why)
        self.exits[why, self.arp] = yes
        fn.label(yes)
        leave()
        fn.label(no)

    def jump_function(self, target: str, *, rec: str = "%rec", bud: str = "%bud") -> None:
        """Continue in another handler."""
        self.fn.line(
            f"musttail call preserve_nonecc void {target}"
            f"(ptr %st, ptr {rec}, ptr {self.arp}, i64 {bud}, ptr %pt, ptr %recb)"
        )
        self.fn.line("ret void")

    # --- leaving -----------------------------------------------------------------------------------------------------

    def cost(self) -> str:
        """Return the cycles that this instruction takes."""
        return self.known_cost or self._read_cost()

    def _read_cost(self) -> str:
        return self.fn.value(f"zext i16 {self.fn.load('i16', '%rec', layout.RECORD_COST)} to i64")

    def spent(self) -> str:
        """Return the budget after this instruction."""
        if self.instruction is None:
            return "%bud"
        return self.fn.value(f"sub i64 %bud, {self.cost()}")

    def dispatch(self, rec: str) -> None:
        """Go on with the instruction whose record is `rec`."""
        fn = self.fn
        cost = self.cost()
        left = fn.value(f"sub i64 %bud, {cost}")
        if self.recheck:
            self.jump_function("@leave_at", rec=rec, bud=left)
            return
        if self.slow:
            attention = fn.load("i32", "%st", layout.CORE["attention"])
            yes, no = fn.branch_unlikely(fn.value(f"icmp ne i32 {attention}, 0"), "attend")
            fn.label(yes)
            self.jump_function("@leave_at", rec=rec, bud=left)
            fn.label(no)
        yes, no = fn.branch_unlikely(fn.value(f"icmp sle i64 %bud, {cost}"), "spent")
        fn.label(yes)
        self.jump_function("@leave_at", rec=rec, bud=left)
        fn.label(no)
        offset = fn.value(f"load i32, ptr {rec}")
        wide = fn.value(f"sext i32 {offset} to i64")
        self.jump_function(fn.value(f"getelementptr i8, ptr @decode, i64 {wide}"), rec=rec, bud=left)

    def leave(self, pc: str) -> None:
        """Return to the core's loop, which looks at everything again before it goes on at `pc`."""
        self.flush()
        self.fn.store("i32", pc, "%st", layout.CORE["pc"])
        self.jump_function("@leave", bud=self.spent())

    def go_to(self, pc: str) -> None:
        """Go on at the address `pc`, which may be anything."""
        fn = self.fn
        offset = fn.value(f"sub i32 {pc}, {layout.EXEC_BASE}")
        outside, inside = fn.branch_unlikely(fn.value(f"icmp uge i32 {offset}, {layout.EXEC_SPAN}"), "wild")
        fn.label(outside)
        fn.store("i32", pc, "%st", layout.CORE["pc"])
        self.jump_function("@leave", bud=self.spent())
        fn.label(inside)
        wide = fn.value(f"zext i32 {pc} to i64")
        self.dispatch(fn.value(f"getelementptr [16 x i8], ptr %recb, i64 {wide}"))

    def fall_through(self) -> None:
        """Go on with the next instruction in memory, or back to the start of a loop that ends here."""
        fn = self.fn
        if self.instruction is None:  # a routine that found nothing to do
            self.flush()
            fn.line("ret i32 0")
            return
        if self.instruction.rare:
            self.flush()
            self.jump_function(f"@{go_on_name(self.instruction.length, slow=self.slow)}", bud=self.spent())
            return
        self.go_on(self.instruction.length)

    def go_on(self, length: int) -> None:
        """Go on after an instruction of `length` bytes."""
        fn = self.fn
        if self.tail or self.slow:
            next_pc = fn.value(f"add i32 {self.pc()}, {length}")
            count = self.get("lcount", 0)
            at_end = fn.value(f"icmp eq i32 {self.get('lend', 0)}, {next_pc}")
            more = fn.value(f"icmp ne i32 {count}, 0")
            normal = fn.value(f"icmp eq i32 {self.get('ps_excm', 0)}, 0")
            back = fn.value(f"and i1 {at_end}, {fn.value(f'and i1 {more}, {normal}')}")
            begin = self.get("lbeg", 0)
            self.flush()
            again, on = fn.new_label("again"), fn.new_label("on")
            fn.line(f"br i1 {back}, label %{again}, label %{on}")
            fn.label(again)
            fn.store("i32", fn.value(f"sub i32 {count}, 1"), "%st", layout.CORE["lcount"])
            self.go_to(begin)
            fn.label(on)
        self.flush()
        self.dispatch(fn.at("%rec", 16 * length))

    # --- operations --------------------------------------------------------------------------------------------------

    def get(self, name: str, index: object) -> str:
        """Read a state register."""
        fn = self.fn
        if name == "ar":
            return fn.value(f"load i32, ptr {self.element(name, index)}")
        if name == "windowbase":
            base = fn.value(f"ptrtoint ptr {self.arp} to i64")
            distance = fn.value(f"sub i64 {base}, {fn.value('ptrtoint ptr %st to i64')}")
            return fn.value(f"trunc i64 {fn.value(f'lshr i64 {distance}, 4')} to i32")
        if name == "pc":
            return self.pc() if self.instruction else fn.load("i32", "%st", layout.CORE["pc"])
        if name == "ccount":
            end = fn.load("i64", "%st", layout.CORE["ccount_end"])
            return fn.value(f"trunc i64 {fn.value(f'sub i64 {end}, %bud')} to i32")
        if isinstance(index, int) and (name, index) in self.pending:
            return self.pending[name, index]
        if not isinstance(index, int) and any(key[0] == name for key in self.pending):
            raise UnfitError(f"{self.name}: reads {name} by an index after writing it")
        return fn.value(f"load i32, ptr {self.element(name, index)}")

    def set(self, name: str, index: object, value: str) -> None:
        """Write a state register: at once where it is indexed by an operand, at the end where it is not."""
        if name in ("windowbase", "pc"):
            raise UnfitError(f"{self.name}: {name} is changed by rotate() or by jumping only")
        if name == "ccount":
            wide = self.fn.value(f"zext i32 {value} to i64")
            self.fn.store("i64", self.fn.value(f"add i64 {wide}, %bud"), "%st", layout.CORE["ccount_end"])
            self.touched = True
        elif name != "ar" and isinstance(index, int):
            self.pending[name, index] = value
        else:
            self.fn.store("i32", value, self.element(name, index))
            self.touched = True

    def save(self) -> None:
        """Write to the state what a call-back may want to know."""
        fn = self.fn
        if self.saved:
            return
        self.saved = True
        if self.instruction is not None:
            fn.store("i32", self.pc(), "%st", layout.CORE["pc"])
        fn.store("i64", "%bud", "%st", layout.CORE["budget_left"])
        fn.store("ptr", self.arp, "%st", layout.CORE["window"])

    def page(self, table: str, address: str, size: int) -> str:
        """Return the host address of a guest address, by a page table; punts where that has none or it is unaligned."""
        fn = self.fn
        wide = fn.value(f"zext i32 {address} to i64")
        number = fn.value(f"lshr i64 {wide}, 12")
        base = fn.at("%pt", layout.PAGE_TABLE[table])
        entry = fn.value(f"load ptr, ptr {fn.value(f'getelementptr ptr, ptr {base}, i64 {number}')}")
        bad = fn.value(f"icmp eq ptr {entry}, null")
        if size > 1:
            low = fn.value(f"and i32 {address}, {size - 1}")
            bad = fn.value(f"or i1 {bad}, {fn.value(f'icmp ne i32 {low}, 0')}")
        self.punt_if(bad)
        return fn.value(f"getelementptr i8, ptr {entry}, i64 {wide}")

    def place(self, table: str, address: ir.Value, size: int) -> str:
        """Return the host address of a guest address as `page` does, which it asks once for one aligned block.

        A block is what lies at a base that the definition has aligned (x & -16) and at base + 4, base + 8...
        """
        base, offset = sum_of(address)
        mask = base.op.args[1] if base.op.name == "and" else None
        if not isinstance(mask, ir.Value) or mask.op.name != "const":
            return self.page(table, self.v(address), size)
        block = int(str(mask.op.args[0]))
        if offset + size > block & -block:
            return self.page(table, self.v(address), size)
        key = table, id(base.op)
        if key not in self.hosts:
            self.hosts[key] = self.page(table, self.v(base), size)
        return self.fn.at(self.hosts[key], offset)

    def fault_if(self, condition: str) -> None:
        """Take the exception that a memory access left in fault_cause, where `condition` holds."""
        self.exit_if(condition, "fault", lambda: self.jump_function("@raise_fault", bud=self.spent()))

    def load(self, address: ir.Value, bits: int, aligned: bool) -> str:
        fn, size = self.fn, _SIZES[bits]
        if self.slow:
            self.save()
            result = fn.value(f"call i64 @mem_load(ptr %st, i32 {self.v(address)}, i32 {size | aligned << 8})")
            self.fault_if(fn.value(f"icmp ugt i64 {result}, 4294967295"))
            return fn.value(f"trunc i64 {result} to i32")
        host = self.place("read_word" if size == 4 else "read_any", address, size)
        value = fn.value(f"load i{bits}, ptr {host}, align {size}")
        return value if bits == 32 else fn.value(f"zext i{bits} {value} to i32")

    def store(self, address: ir.Value, bits: int, value: str, aligned: bool) -> None:
        fn, size = self.fn, _SIZES[bits]
        if self.slow:
            self.save()
            arguments = f"ptr %st, i32 {self.v(address)}, i32 {value}, i32 {size | aligned << 8}"
            fault = fn.value(f"call i32 @mem_store({arguments})")
            self.fault_if(fn.value(f"icmp ne i32 {fault}, 0"))
        else:
            host = self.place("write_word" if size == 4 else "write_any", address, size)
            narrow = value if bits == 32 else fn.value(f"trunc i32 {value} to i{bits}")
            fn.line(f"store i{bits} {narrow}, ptr {host}, align {size}")
        self.touched = True

    def exchange(self, address: str, expected: str, new: str) -> str:
        fn = self.fn
        if self.slow:
            self.save()
            result = fn.value(f"call i64 @mem_exchange(ptr %st, i32 {address}, i32 {expected}, i32 {new})")
            self.fault_if(fn.value(f"icmp ugt i64 {result}, 4294967295"))
            value = fn.value(f"trunc i64 {result} to i32")
        else:
            host = self.page("write_word", address, 4)
            value = fn.value(f"load i32, ptr {host}, align 4")
            same = fn.value(f"icmp eq i32 {value}, {expected}")
            fn.line(f"store i32 {fn.value(f'select i1 {same}, i32 {new}, i32 {value}')}, ptr {host}, align 4")
        self.touched = True
        return value

    def rotate(self, quarters: str) -> None:
        """Move the window; the fast path stays clear of the mirrored registers and of windows that need checks."""
        fn = self.fn
        old = self.get("windowbase", 0)
        new = fn.value(f"and i32 {fn.value(f'add i32 {old}, {quarters}')}, 15")
        if self.slow:
            self.arp = fn.value(f"call ptr @rotate(ptr %st, i32 {old}, i32 {new})")
            self.saved = False
            self.touched = True
            self.recheck = True
            return
        seam = fn.value(f"icmp uge i32 {new}, {layout.MIRROR_WINDOW}")
        seam = fn.value(f"or i1 {seam}, {fn.value(f'icmp uge i32 {old}, {layout.MIRROR_WINDOW}')}")
        starts = fn.value(f"lshr i32 {self.get('windowstart', 0)}, {new}")
        ahead = fn.value(f"icmp ne i32 {fn.value(f'and i32 {starts}, 14')}, 0")
        self.punt_if(fn.value(f"or i1 {seam}, {ahead}"))
        wide = fn.value(f"zext i32 {new} to i64")
        self.arp = fn.value(f"getelementptr [16 x i8], ptr %st, i64 {wide}")

    def block(self, block: ir.Block) -> bool:
        """Print the operations of a block; return True if control never falls off its end."""
        return any(self.operation(op) for op in block.ops)

    def operation(self, op: ir.Op) -> bool:
        """Print one operation; return True if it leaves."""
        fn, args = self.fn, op.args
        kind = f"i{op.bits}"
        if op.name in ir.BINARY:
            result = fn.value(f"{op.name} {kind} {self.v(args[0])}, {self.v(args[1])}")
        elif op.name in ir.COMPARE:
            assert isinstance(args[0], ir.Value)
            result = fn.value(f"icmp {op.name} i{args[0].bits} {self.v(args[0])}, {self.v(args[1])}")
        elif op.name == "select":
            result = fn.value(f"select i1 {self.v(args[0])}, {kind} {self.v(args[1])}, {kind} {self.v(args[2])}")
        elif op.name in ("zext", "sext", "trunc"):
            assert isinstance(args[0], ir.Value)
            result = fn.value(f"{op.name} i{args[0].bits} {self.v(args[0])} to {kind}")
        elif op.name == "ctlz":
            result = fn.value(f"call {kind} @llvm.ctlz.{kind}({kind} {self.v(args[0])}, i1 false)")
        elif op.name == "argument":
            assert isinstance(args[0], int)
            result = self.arguments[args[0]]
        elif op.name == "operand":
            result = self.operand(str(args[0]))
        elif op.name == "address":
            result = self.address(str(args[0]))
        elif op.name == "get":
            result = self.get(str(args[0]), args[1])
        elif op.name == "set":
            self.set(str(args[0]), args[1], self.v(args[2]))
            return False
        elif op.name == "load":
            result = self.load(args[0], int(args[1]), bool(args[2]))  # type: ignore[call-overload, arg-type]
        elif op.name == "store":
            self.store(args[0], int(args[1]), self.v(args[2]), bool(args[3]))  # type: ignore[call-overload, arg-type]
            return False
        elif op.name == "exchange":
            result = self.exchange(self.v(args[0]), self.v(args[1]), self.v(args[2]))
        elif op.name == "rotate":
            self.rotate(self.v(args[0]))
            return False
        elif op.name == "recheck":
            self.recheck = True
            return False
        elif op.name == "host":
            result = self.host(str(args[0]), [self.v(a) for a in args[1:]])
        elif op.name == "call":
            self.call(str(args[0]), [self.v(a) for a in args[1:]])
            return False
        elif op.name == "when":
            assert op.body is not None
            self.when(self.v(args[0]), op.body)
            return False
        else:
            self.leaf(op)
            return True
        self.values[id(op)] = result
        return False

    def leaf(self, op: ir.Op) -> None:
        """Print an operation that ends the instruction."""
        fn, args = self.fn, op.args
        if op.name == "jump_to":
            self.flush()
            self.dispatch(self.target(str(args[0])))
        elif op.name == "jump":
            self.flush()
            self.go_to(self.v(args[0]))
        elif op.name == "raise":
            vaddr = self.v(args[1]) if args[1] is not None else self.get("excvaddr", 0)
            self.flush()
            fn.store("i32", self.v(args[0]), "%st", layout.CORE["fault_cause"])
            fn.store("i32", vaddr, "%st", layout.CORE["fault_vaddr"])
            if self.instruction is None:
                raise UnfitError(f"{self.name}: a routine cannot raise")
            self.save()
            self.jump_function("@raise_fault", bud=self.spent())
        elif op.name == "resume":
            if self.instruction is None:
                self.flush()
                fn.store("i32", self.v(args[0]), "%st", layout.CORE["pc"])
                fn.store("ptr", self.arp, "%st", layout.CORE["window"])
                fn.line("ret i32 1")
            else:
                self.leave(self.v(args[0]))
        else:
            raise UnfitError(f"{self.name}: no such operation: {op.name}")

    def when(self, condition: str, body: ir.Block) -> None:
        """Print a conditional block. One that goes on afterwards writes registers at once, on both paths."""
        fn = self.fn
        goes_on = not _leaves(body)
        if (
            not self.slow
            and not self.touched
            and self.instruction
            and _unlikely(body)
            and needs_slow(self.instruction.block)
        ):
            self.punt_if(condition)  # keeps what hardly ever happens out of the fast handler
            return
        if goes_on:
            self.flush()
        yes, no = fn.new_label("when"), fn.new_label("else")
        fn.line(f"br i1 {condition}, label %{yes}, label %{no}")
        fn.label(yes)
        pending, touched, arp, recheck = dict(self.pending), self.touched, self.arp, self.recheck
        hosts, elements, saved = dict(self.hosts), dict(self.elements), self.saved
        if self.block(body):
            self.touched = touched
        else:
            if self.arp != arp:
                raise UnfitError(f"{self.name}: a window moved in a conditional block")
            self.flush()
            fn.line(f"br label %{no}")
        self.recheck = self.recheck if goes_on else recheck
        self.pending, self.arp = pending, arp
        self.hosts, self.elements, self.saved = hosts, elements, saved
        fn.label(no)

    def operand(self, letter: str) -> str:
        """Return an operand's number: an immediate's value, or a register's index."""
        if self.slots.word == letter:
            return self.fn.load("i32", "%rec", layout.RECORD_IMMEDIATE)
        assert self.instruction
        immediate = self.instruction.operands[letter].immediate
        raw = self.byte(letter)
        return raw if immediate is None else self.decoded(letter, raw)

    def decoded(self, letter: str, raw: str) -> str:
        """Print an immediate's decode function on a raw field."""
        assert self.instruction
        immediate = self.instruction.operands[letter].immediate
        assert immediate is not None
        trace = ir.Trace()
        field = trace.emit("raw", (), 32)
        result = trace.value(immediate.decode(field, None))
        self.values[id(field.op)] = raw
        for op in trace.root.ops[1:]:
            self.operation(op)
        return self.v(result)

    def target(self, letter: str) -> str:
        """Return the record of a pc-relative operand."""
        fn = self.fn
        if self.slots.word == letter:
            distance = fn.load("i32", "%rec", layout.RECORD_IMMEDIATE)
        else:
            distance = fn.value(f"shl i32 {self.decoded(letter, self.byte(letter))}, 4")
        return fn.value(f"getelementptr i8, ptr %rec, i64 {fn.value(f'sext i32 {distance} to i64')}")

    def address(self, letter: str) -> str:
        """Return the address of a pc-relative operand."""
        fn = self.fn
        if self.slots.word == letter:
            distance = fn.value(f"ashr i32 {fn.load('i32', '%rec', layout.RECORD_IMMEDIATE)}, 4")
        else:
            distance = self.decoded(letter, self.byte(letter))
        return fn.value(f"add i32 {self.pc()}, {distance}")

    def call(self, routine: str, arguments: list[str]) -> None:
        """Carry out a routine that several definitions share."""
        self.flush()
        words = ", ".join(["ptr %st", f"ptr {self.arp}", "i64 %bud", *(f"i32 {a}" for a in arguments)])
        self.fn.value(f"call i32 @routine_{routine}({words})")
        self.touched = True

    def host(self, what: str, arguments: list[str]) -> str:
        """Ask the executor for something that native code does not do itself."""
        fn = self.fn
        if what == "loop_end":
            # the decoder marks the end of a LOOP instruction; only WSR.LEND gets here at run time
            if self.instruction and any(
                o.immediate and o.immediate.relative for o in self.instruction.operands.values()
            ):
                return "0"
            self.flush(keep=True)
            fn.line(f"call void @mark_loop_end(ptr %st, i32 {self.get('lend', 0)})")
            self.pending.clear()
            return "0"
        self.flush()
        self.save()
        words = [*arguments, "0", "0"][:2]
        number = HOST_CALLS.index(what)
        machine = fn.load("ptr", "%st", layout.CORE["machine"])
        fn.line(f"call void @shorten(ptr {machine})")
        call = fn.load("ptr", machine, layout.MACHINE["call_host"])
        index = fn.load("i32", "%st", layout.CORE["index"])
        self.touched = True
        return fn.value(f"call i32 {call}(i32 {index}, i32 {number}, i32 {words[0]}, i32 {words[1]})")


def _unlikely(block: ir.Block) -> bool:
    return any(op.name in ("raise", "rotate") for op in block.ops)


def _leaves(block: ir.Block) -> bool:
    return bool(block.ops) and block.ops[-1].name in ("jump", "jump_to", "raise", "resume")


def mangle(name: str) -> str:
    """Return a mnemonic as part of a symbol."""
    return name.replace(".", "_")


def needs_slow(block: ir.Block) -> bool:
    """Return whether the fast handler of a block may have to start over."""
    return any(
        op.name in ("load", "store", "exchange", "rotate") or (op.body is not None and needs_slow(op.body))
        for op in block.ops
    )


def only_slow(block: ir.Block, *, nested: bool = False) -> bool:
    """Return whether a block changes what the core's loop decides by, so that a fast handler would gain nothing."""
    return any(
        op.name == "recheck"
        or (op.name == "resume" and op is block.ops[-1] and not nested)
        or (op.name == "host" and op.args[0] != "loop_end")
        or (op.body is not None and only_slow(op.body, nested=True))
        for op in block.ops
    )


@dataclass(frozen=True, slots=True)
class Handlers:
    """The functions of one instruction."""

    text: str
    fast: str
    tail: str
    slow: str


def emit_instruction(instruction: Instruction) -> Handlers:
    """Return the LLVM text of an instruction's handlers and their names."""
    name, block = mangle(instruction.name), instruction.block

    def emit(prefix: str, *, slow: bool = False, tail: bool = False) -> str:
        function = handler(prefix + name, "noinline cold" if slow else "")
        emitter = Emitter(function, name=instruction.name, instruction=instruction, slow=slow, tail=tail)
        if not emitter.block(block):
            emitter.fall_through()
        return str(function)

    slow = f"s_{name}"
    if only_slow(block):
        return Handlers(emit("s_", slow=True), slow, slow, slow)
    if instruction.rare and not _leaves(block):
        text, fast, tail = emit("t_", tail=True), f"t_{name}", f"t_{name}"
    else:
        text, fast, tail = emit("f_"), f"f_{name}", f"f_{name}"
        if not _leaves(block):
            text, tail = text + emit("t_", tail=True), f"t_{name}"
    if needs_slow(block):
        return Handlers(text + emit("s_", slow=True), fast, tail, slow)
    return Handlers(text, fast, tail, tail)


def go_on_name(length: int, *, slow: bool) -> str:
    """Return the name of what rare instructions of a length leave their handlers by."""
    return f"go_on_{'slow_' if slow else ''}{length}"


def emit_go_on() -> str:
    """Return the LLVM text of what goes on after rare instructions: their cost is paid, a loop may end with them."""
    text = ""
    for slow in (False, True):
        for length in (3, 4):
            name = go_on_name(length, slow=slow)
            function = handler(name, "noinline")
            emitter = Emitter(function, name=name, instruction=None, slow=slow, tail=True)
            emitter.known_cost = "0"
            emitter.go_on(length)
            text += str(function)
    return text


def emit_routine(routine: Routine) -> str:
    """Return the LLVM text of a routine: i32 @routine_NAME(ptr st, ptr arp, i64 bud, arguments...).

    It returns 1 if it went to a vector, 0 if there was nothing to do.
    """
    arguments = [f"%a{k}" for k in range(routine.arguments)]
    parameters = ", ".join(["ptr %st", "ptr %arp", "i64 %bud", *(f"i32 {a}" for a in arguments)])
    function = Function(f"define hidden i32 @routine_{routine.name}({parameters}) nounwind noinline cold")
    emitter = Emitter(function, name=routine.name, instruction=None, slow=True, tail=False)
    emitter.arguments = arguments
    if not emitter.block(routine.block):
        emitter.fall_through()
    return str(function)
