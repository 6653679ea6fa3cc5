"""The native decoder: switches over the bits that tell instructions apart, then the operands into the record."""

from __future__ import annotations

from twincore.isa import ir
from twincore.isa.spec import Cause, Instruction, RegisterFile
from twincore.machine.executor import LINE_SIZE
from twincore.native import layout
from twincore.native.emit import Handlers, slots
from twincore.native.structured import Code

_CORE, _MACHINE, _PAGE = layout.CORE, layout.MACHINE, layout.PAGE_TABLE


def emit_decoder(instructions: list[Instruction], handlers: list[Handlers]) -> str:
    """Return the LLVM text of decode_at and of the handler tables, in the order of `instructions`."""
    names = [(h.fast, h.tail, _checked(i, h)) for i, h in zip(instructions, handlers, strict=True)]
    tables = "".join(
        f"@{table} = private constant [{len(names)} x ptr] [{', '.join(f'ptr @{row[k]}' for row in names)}]\n"
        for k, table in enumerate(("fast_handlers", "tail_handlers", "checked_handlers"))
    )
    return tables + str(_fetch()) + str(_decode_at(instructions))


def _checked(instruction: Instruction, handlers: Handlers) -> str:
    """Return the handler for the plane with window checks: one that moves the window must leave that plane."""
    moves = any(op.name == "rotate" for op in instruction.block.ops)
    return handlers.slow if moves else handlers.tail


def _fetch() -> Code:
    """Print fetch(st, pc, count): bytes at pc, or more than 32 bits for the address that cannot be fetched."""
    fn = Code("define hidden i64 @fetch(ptr %st, i32 %pc, i32 %count) nounwind")
    pages = fn.load("ptr", "%st", _CORE["pages"])
    table = fn.at(pages, _PAGE["fetch"])
    total, offset = fn.var("i64", 0), fn.var("i32", 0)
    with fn.loop() as loop:
        k = offset.get()
        with fn.if_(fn.is_("uge", "i32", k, "%count")):
            loop.leave()
        address = fn.wide(fn.op("add", "i32", "%pc", k))
        page = fn.op("lshr", "i64", address, 12)
        entry = fn.load("ptr", fn.value(f"getelementptr ptr, ptr {table}, i64 {page}"))
        with fn.if_(fn.is_("eq", "ptr", entry, "null")):
            fn.ret("i64", fn.op("or", "i64", address, 1 << 32))
        byte = fn.load("i8", fn.value(f"getelementptr i8, ptr {entry}, i64 {address}"))
        shift = fn.wide(fn.op("shl", "i32", k, 3))
        total.set(fn.op("or", "i64", total.get(), fn.op("shl", "i64", fn.value(f"zext i8 {byte} to i64"), shift)))
        offset.set(fn.op("add", "i32", k, 1))
    fn.line(f"ret i64 {total.get()}")
    return fn


def _decode_at(instructions: list[Instruction]) -> Code:
    """Print decode_at(st, rec, pc, recb): fill the record.

    The result is DECODED, FAILED when the instruction cannot be fetched or is none, FILLING when a line has to come
    first.
    """
    fn = Code("define hidden i32 @decode_at(ptr %st, ptr %rec, i32 %pc, ptr %recb) nounwind noinline")
    machine = fn.load("ptr", "%st", _CORE["machine"])
    index = fn.load("i32", "%st", _CORE["index"])

    def fetch(count: str | int) -> str:
        word = fn.value(f"call i64 @fetch(ptr %st, i32 %pc, i32 {count})")
        with fn.if_(fn.is_("ugt", "i64", word, 0xFFFFFFFF)):
            address = fn.low(word)
            fn.line(f"call void @shorten(ptr {machine})")
            call = fn.load("ptr", machine, _MACHINE["call_fetch_fault"])
            fn.value(f"call i32 {call}(i32 {index}, i32 {address})")
            fn.ret("i32", layout.FAILED)
        return fn.low(word)

    first = fetch(1)
    _fill_line(fn, machine, "%pc")
    op0 = fn.op("and", "i32", first, 15)
    narrow = fn.op("and", "i1", fn.is_("uge", "i32", op0, 8), fn.is_("ule", "i32", op0, 13))
    wide = fn.is_("uge", "i32", op0, 14)
    length = fn.select(narrow, "i32", 2, fn.select(wide, "i32", 4, 3))
    word = fetch(length)
    _fill_line(fn, machine, fn.op("add", "i32", "%pc", fn.op("sub", "i32", length, 1)))
    # each page that code is decoded from is told to the executor once, so that stores there forget the code
    for end in (0, 1):
        at = "%pc" if end == 0 else fn.op("add", "i32", "%pc", fn.op("sub", "i32", length, 1))
        pages = fn.load("ptr", "%st", _CORE["pages"])
        alias = fn.at(pages, _PAGE["code_alias"])
        page = fn.wide(fn.op("lshr", "i32", at, 12))
        known = fn.load("i64", fn.value(f"getelementptr i64, ptr {alias}, i64 {page}"))
        with fn.if_(fn.is_("eq", "i64", known, 0)):
            call = fn.load("ptr", machine, _MACHINE["call_code_page"])
            fn.line(f"call void {call}(i32 {at})")
    opcode, bytes_, immediate, quarter = (fn.var("i32", 0) for _ in range(4))
    tree = _Tree(fn, instructions, word, (opcode, bytes_, immediate, quarter))
    tree.emit()
    fn.label("illegal")
    fn.store("i32", int(Cause.ILLEGAL_INSTRUCTION), "%st", _CORE["fault_cause"])
    fn.store("i32", fn.load("i32", "%st", _CORE["excvaddr"]), "%st", _CORE["fault_vaddr"])
    fn.ret("i32", layout.FAILED)
    fn.line("br label %filled")
    fn.label("filled")
    number = fn.wide(opcode.get())
    q = quarter.get()
    fn.store("i32", bytes_.get(), "%rec", layout.RECORD_BYTES)
    fn.store("i32", immediate.get(), "%rec", layout.RECORD_IMMEDIATE)
    fn.store("i16", 1, "%rec", layout.RECORD_COST)
    tagged = fn.op("or", "i32", opcode.get(), fn.op("shl", "i32", q, 12))
    fn.store("i16", fn.value(f"trunc i32 {tagged} to i16"), "%rec", layout.RECORD_OPCODE)

    def entry(table: str) -> str:
        return fn.load("ptr", fn.value(f"getelementptr ptr, ptr @{table}, i64 {number}"))

    ends = _bit(fn, "loop_ends", fn.op("add", "i32", "%pc", length))
    hooked = _bit(fn, "hooks", "%pc")
    plane1 = fn.is_("eq", "ptr", "%recb", fn.load("ptr", "%st", _CORE["plane1"]))
    plain = fn.select(ends, "ptr", entry("tail_handlers"), entry("fast_handlers"))
    guarded = fn.select(fn.is_("eq", "i32", q, 0), "ptr", entry("checked_handlers"), "@check_window")
    chosen = fn.select(plane1, "ptr", guarded, plain)
    # behind a hook the window is checked too, where that matters
    behind = fn.select(hooked, "ptr", fn.select(plane1, "ptr", "@hook_checked", "@hook"), chosen)
    at = fn.value(f"ptrtoint ptr {behind} to i64")
    offset = fn.op("sub", "i64", at, fn.value("ptrtoint ptr @decode to i64"))
    fn.store("i32", fn.low(offset), "%rec", layout.RECORD_HANDLER)
    fn.line(f"ret i32 {layout.DECODED}")
    return fn


def _fill_line(fn: Code, machine: str, address: str) -> None:
    """Print a return with FILLING where the line of an address has not been fetched yet (machine.executor, rule 9)."""
    offset = fn.op("sub", "i32", address, fn.load("i32", machine, _MACHINE["lines_base"]))
    with fn.if_(fn.is_("ult", "i32", offset, fn.load("i32", machine, _MACHINE["lines_size"]))):
        number = fn.op("lshr", "i32", offset, LINE_SIZE.bit_length() - 1)
        bits = fn.load("ptr", machine, _MACHINE["lines"])
        at = fn.value(f"getelementptr i8, ptr {bits}, i64 {fn.wide(fn.op('lshr', 'i32', number, 3))}")
        byte = fn.load("i8", at)
        bit = fn.op("shl", "i8", 1, fn.value(f"trunc i32 {fn.op('and', 'i32', number, 7)} to i8"))
        with fn.if_(fn.is_("eq", "i8", fn.op("and", "i8", byte, bit), 0)):
            fn.store("i8", fn.op("or", "i8", byte, bit), at)
            tick = fn.load("i64", machine, _MACHINE["ticks_per_cycle"])
            rounded = fn.op("add", "i64", fn.load("i64", machine, _MACHINE["fill_ticks"]), fn.op("sub", "i64", tick, 1))
            fn.store("i64", fn.op("udiv", "i64", rounded, tick), "%st", _CORE["filling"])
            fn.ret("i32", layout.FILLING)


def _bit(fn: Code, bitmap: str, address: str) -> str:
    """Return whether the bit of an executable address is set in one of the core's bitmaps."""
    offset = fn.op("sub", "i32", address, layout.EXEC_BASE)
    base = fn.load("ptr", "%st", _CORE[bitmap])
    byte = fn.load("i8", fn.value(f"getelementptr i8, ptr {base}, i64 {fn.wide(fn.op('lshr', 'i32', offset, 3))}"))
    shifted = fn.op("lshr", "i32", fn.value(f"zext i8 {byte} to i32"), fn.op("and", "i32", offset, 7))
    return fn.value(f"trunc i32 {shifted} to i1")


class _Tree:
    """Prints the switches and, at each leaf, what one instruction puts into its record."""

    def __init__(self, fn: Code, instructions: list[Instruction], word: str, results: tuple) -> None:  # type: ignore[type-arg]
        self.fn, self.instructions, self.word = fn, instructions, word
        self.opcode, self.bytes, self.immediate, self.quarter = results

    def emit(self) -> None:
        """Print the whole tree; every path ends at %filled or %illegal."""
        self._node(list(range(len(self.instructions))), 0)

    def _node(self, numbers: list[int], used: int) -> None:
        fn = self.fn
        common = ~used & 0xFFFFFFFF
        for n in numbers:
            common &= self.instructions[n].mask
        if common == 0:
            if len(numbers) != 1:
                raise ValueError(f"ambiguous encodings: {[self.instructions[n].name for n in numbers]}")
            self._leaf(numbers[0])
            return
        groups: dict[int, list[int]] = {}
        for n in numbers:
            groups.setdefault(self.instructions[n].match & common, []).append(n)
        labels = {value: fn.new_label("t") for value in groups}
        masked = fn.op("and", "i32", self.word, _signed(common))
        cases = " ".join(f"i32 {_signed(value)}, label %{label}" for value, label in labels.items())
        fn.line(f"switch i32 {masked}, label %illegal [ {cases} ]")
        for value, members in groups.items():
            fn.label(labels[value])
            self._node(members, used | common)

    def _leaf(self, number: int) -> None:
        fn, instruction = self.fn, self.instructions[number]
        places = slots(instruction)
        packed: list[str | int] = [0, 0]
        quarter: str | int = instruction.uses_quarter
        for letter, operand in instruction.operands.items():
            raw = self._raw(operand.positions)
            if operand.file is RegisterFile.AR:
                reached = fn.op("lshr", "i32", raw, 2)
                quarter = fn.select(fn.is_("ugt", "i32", reached, quarter), "i32", reached, quarter)
            if letter in places.byte:
                word, byte = divmod(places.byte[letter], 4)
                packed[word] = fn.op("or", "i32", packed[word], fn.op("shl", "i32", raw, 8 * byte))
                if operand.immediate is not None and operand.immediate.relative:
                    self._mark_loop(instruction, self._decoded(operand.immediate, raw))
                continue
            assert operand.immediate is not None
            value = self._decoded(operand.immediate, raw)
            if operand.immediate.relative:
                self._mark_loop(instruction, value)
                value = fn.op("shl", "i32", value, 4)
            self.immediate.set(value)
        if places.word is None and packed[1] != 0:
            self.immediate.set(packed[1])
        self.opcode.set(number)
        self.bytes.set(packed[0])
        self.quarter.set(quarter)
        fn.line("br label %filled")

    def _mark_loop(self, instruction: Instruction, distance: str) -> None:
        """A LOOP instruction tells where its loop ends before it runs for the first time."""
        if any(op.name == "host" and op.args[0] == "loop_end" for op in _all(instruction.block)):
            end = self.fn.op("add", "i32", "%pc", distance)
            self.fn.line(f"call void @mark_loop_end(ptr %st, i32 {end})")

    def _raw(self, positions: tuple[int, ...]) -> str:
        """Gather a field's bits, run by run."""
        fn = self.fn
        result: str | int = 0
        k = 0
        while k < len(positions):
            end = k
            while end + 1 < len(positions) and positions[end + 1] == positions[end] - 1:
                end += 1
            width, low = end - k + 1, positions[end]
            shifted = fn.op("lshr", "i32", self.word, low)
            part = fn.op("and", "i32", shifted, (1 << width) - 1)
            result = part if result == 0 else fn.op("or", "i32", fn.op("shl", "i32", result, width), part)
            k = end + 1
        return str(result)

    def _decoded(self, immediate: object, raw: str) -> str:
        """Print an immediate's decode function."""
        fn = self.fn
        trace = ir.Trace()
        field, pc = trace.emit("raw", (), 32), trace.emit("raw", (), 32)
        result = trace.value(immediate.decode(field, pc))  # type: ignore[attr-defined]
        values = {id(field.op): raw, id(pc.op): "%pc"}

        def operand(value: object) -> str:
            assert isinstance(value, ir.Value)
            if value.op.name == "const":
                return str(_signed(value.op.args[0])) if value.bits == 32 else str(value.op.args[0])  # type: ignore[arg-type]
            return values[id(value.op)]

        for op in trace.root.ops[2:]:
            args = [operand(a) for a in op.args]
            if op.name == "select":
                values[id(op)] = fn.select(args[0], f"i{op.bits}", args[1], args[2])
            elif op.name in ir.COMPARE:
                values[id(op)] = fn.is_(op.name, f"i{op.args[0].bits}", args[0], args[1])  # type: ignore[attr-defined]
            else:
                values[id(op)] = fn.op(op.name, f"i{op.bits}", args[0], args[1])
        return operand(result)


def _all(block: ir.Block) -> list[ir.Op]:
    ops: list[ir.Op] = []
    for op in block.ops:
        ops.append(op)
        if op.body is not None:
            ops += _all(op.body)
    return ops


def _signed(number: int) -> int:
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >> 31 else number
