"""Native functions for memory accesses that a handler cannot do inline.

Those are unaligned ones, registers, pages with decoded code, pages that a data break lies in and pages of which a part
is protected or observed. What cannot be done here either goes to the executor in Python, which knows protection, break
registers and side effects: so does every access to a word that a data break may mean. Loads return the value, or more
than 32 bits for a fault, whose cause and address are then in the core's state.
"""

from __future__ import annotations

from twincore.isa.spec import Cause
from twincore.isa.tlb import REGION_BITS
from twincore.machine.executor import Served
from twincore.native import layout
from twincore.native.structured import Code

_CORE, _MACHINE, _PAGE = layout.CORE, layout.MACHINE, layout.PAGE_TABLE
_SIZES = ((1, "i8"), (2, "i16"), (4, "i32"))
#: bits of DBREAKC
_BREAKS_LOADS, _BREAKS_STORES = 30, 31


def emit_memory() -> str:
    """Return the LLVM text of mem_load, mem_store, mem_exchange and what they call."""
    return "".join(map(str, (_near_break(), _refused(), _load(), _store(), _exchange(), _forget())))


def _near_break() -> Code:
    """Print near_break(st, address, size, bit): whether an access touches a word that a data break may mean.

    `bit` of DBREAKC is that of loads or stores; Python then looks at the bytes and at CINTLEVEL.
    """
    fn = Code("define hidden i1 @near_break(ptr %st, i32 %address, i32 %size, i32 %bit) nounwind")
    last = fn.op("add", "i32", "%address", fn.op("sub", "i32", "%size", 1))
    near: str = "false"
    for k in (0, 4):
        control = fn.load("i32", "%st", _CORE["dbreakc"] + k)
        armed = fn.value(f"trunc i32 {fn.op('lshr', 'i32', control, '%bit')} to i1")
        mask = fn.op("and", "i32", fn.op("or", "i32", control, ~0x3F), ~3)
        start = fn.load("i32", "%st", _CORE["dbreaka"] + k)
        for end in ("%address", last):
            differs = fn.op("and", "i32", fn.op("xor", "i32", end, start), mask)
            near = fn.op("or", "i1", near, fn.op("and", "i1", armed, fn.is_("eq", "i32", differs, 0)))
    fn.line(f"ret i1 {near}")
    return fn


def _refused() -> Code:
    """Print refused(st, address, last, list): whether a range of a list (layout.REFUSED) has a byte of an access."""
    fn = Code("define hidden i1 @refused(ptr %st, i32 %address, i32 %last, i64 %list) nounwind")
    at = fn.var("ptr", fn.value("getelementptr i8, ptr %st, i64 %list"))
    with fn.loop() as loop:
        entry = at.get()
        first, end = fn.load("i32", entry), fn.load("i32", entry, 4)
        with fn.if_(fn.is_("eq", "i32", end, 0)):
            loop.leave()
        with fn.if_(fn.op("and", "i1", fn.is_("ule", "i32", first, "%last"), fn.is_("ult", "i32", "%address", end))):
            fn.ret("i1", "true")
        at.set(fn.at(entry, 8))
    fn.line("ret i1 false")
    return fn


def _page(fn: Code, address: str) -> str:
    """Return the page table's entry of the page of `address`, with flags; 0 where nothing is mapped."""
    number = fn.op("lshr", "i64", fn.wide(address), 12)
    base = fn.at("%pages", _PAGE["page"])
    return fn.load("i64", fn.value(f"getelementptr i64, ptr {base}, i64 {number}"))


def _allows(fn: Code, entry: str, flags: str | int) -> str:
    return fn.is_("ne", "i64", fn.op("and", "i64", entry, flags), 0)


def _host(fn: Code, entry: str, address: str) -> str:
    base = fn.value(f"inttoptr i64 {fn.op('and', 'i64', entry, -4096)} to ptr")
    return fn.value(f"getelementptr i8, ptr {base}, i64 {fn.wide(address)}")


def _callback(fn: Code, name: str) -> tuple[str, str]:
    """Return (pointer to the call-back, number of the core, its first argument)."""
    machine = fn.load("ptr", "%st", _CORE["machine"])
    fn.line(f"call void @shorten(ptr {machine})")
    return fn.load("ptr", machine, _MACHINE[name]), fn.load("i32", "%st", _CORE["index"])


def _call(fn: Code, name: str, result: str, arguments: str) -> str:
    target, index = _callback(fn, name)
    return fn.value(f"call {result} {target}(i32 {index}, {arguments})")


def _io_index(fn: Code, machine: str) -> tuple[str, str]:
    """Return (whether %address lies in the I/O window and that is open, index of its word as i64)."""
    offset = fn.op("sub", "i32", "%address", fn.load("i32", machine, _MACHINE["io_base"]))
    inside = fn.is_("ult", "i32", offset, fn.load("i32", machine, _MACHINE["io_size"]))
    is_open = fn.is_("ne", "i32", fn.load("i32", "%st", _CORE["io_open"]), 0)
    return fn.op("and", "i1", inside, is_open), fn.wide(fn.op("lshr", "i32", offset, 2))


def _how(fn: Code, machine: str, who: str, index: str) -> str:
    """Return how a register's word is served, having counted the access where that is wanted."""
    how = fn.load("i8", fn.load("ptr", machine, _MACHINE[who]), index)
    with fn.if_(fn.is_("eq", "i8", how, int(Served.COUNTED))):
        counts = fn.load("ptr", machine, _MACHINE["io_counts"])
        count = fn.value(f"getelementptr i64, ptr {counts}, i64 {index}")
        fn.store("i64", fn.op("add", "i64", fn.load("i64", count), 1), count)
    return how


def _is_plain(fn: Code, how: str) -> str:
    plainly = fn.is_("eq", "i8", how, int(Served.PLAINLY))
    return fn.op("or", "i1", plainly, fn.is_("eq", "i8", how, int(Served.COUNTED)))


def _take_snapshot(fn: Code, machine: str, how: str, words: str, slot: str) -> None:
    """Print what a store of %value to `slot` does that may copy a count (machine.executor.CounterSnapshot)."""
    number = fn.op("sub", "i64", fn.value(f"zext i8 {how} to i64"), layout.FIRST_SNAPSHOT)
    fields = len(layout.SNAPSHOT_FIELDS)
    rows = fn.load("ptr", machine, _MACHINE["io_snapshots"])
    row = fn.value(f"getelementptr [{fields} x i64], ptr {rows}, i64 {number}")
    field = {name: fn.load("i64", row, 8 * k) for k, name in enumerate(layout.SNAPSHOT_FIELDS)}
    with fn.if_(fn.is_("eq", "i64", fn.op("and", "i64", fn.wide("%value"), field["trigger"]), 0)):
        fn.ret("i32", 0)
    count = fn.var("i64", field["value"])
    with fn.if_(fn.is_("ne", "i64", field["period_ticks"], 0)):
        budget = fn.op(
            "sub", "i64", fn.load("i64", "%st", _CORE["budget"]), fn.load("i64", "%st", _CORE["budget_left"])
        )
        cycles = fn.op("add", "i64", fn.load("i64", "%st", _CORE["consumed"]), budget)
        spent = fn.op("mul", "i64", cycles, fn.load("i64", machine, _MACHINE["ticks_per_cycle"]))
        now = fn.op("add", "i64", fn.load("i64", "%st", _CORE["time"]), spent)
        elapsed = fn.op("sub", "i64", fn.op("sdiv", "i64", now, field["period_ticks"]), field["since"])
        with fn.if_(fn.is_("sgt", "i64", elapsed, 0)):
            count.set(fn.op("and", "i64", fn.op("add", "i64", field["value"], elapsed), field["mask"]))
    taken = count.get()
    for name, part in (("low", fn.low(taken)), ("high", fn.low(fn.op("lshr", "i64", taken, 32)))):
        fn.store("i32", part, fn.value(f"getelementptr i32, ptr {words}, i64 {field[name]}"))
    fn.store("i32", fn.op("or", "i32", fn.load("i32", slot), fn.low(field["done"])), slot)


def _lane(fn: Code) -> tuple[str, str]:
    """Return (shift, mask at bit 0) of %size bytes at %address within their word."""
    shift = fn.op("shl", "i32", fn.op("and", "i32", "%address", 3), 3)
    bits = fn.wide(fn.op("shl", "i32", "%size", 3))
    return shift, fn.low(fn.op("sub", "i64", fn.op("shl", "i64", 1, bits), 1))


class _Access:
    """What mem_load and mem_store begin with: %pages, %size, and what is known of the access."""

    def __init__(self, header: str) -> None:
        fn = self.fn = Code(header)
        fn.line("%pages = load ptr, ptr " + fn.at("%st", _CORE["pages"]))
        fn.line("%size = and i32 %flags, 255")
        self.last = fn.op("add", "i32", "%address", fn.op("sub", "i32", "%size", 1))
        self.aligned = fn.is_("eq", "i32", fn.op("and", "i32", "%address", fn.op("sub", "i32", "%size", 1)), 0)
        self.is_word = fn.op("and", "i1", self.aligned, fn.is_("eq", "i32", "%size", 4))
        crossing = fn.is_("ne", "i32", fn.op("lshr", "i32", fn.op("xor", "i32", "%address", self.last), 12), 0)
        self.inside = fn.op("xor", "i1", crossing, "true")
        #: whether the access may be tried at its address
        self.may_be = fn.op("or", "i1", self.aligned, fn.is_("ult", "i32", "%flags", 256))
        self.entry = _page(fn, "%address")

    def near_break(self, bit: int) -> str:
        """Return whether a data break may mean the access."""
        return self.fn.value(f"call i1 @near_break(ptr %st, i32 %address, i32 %size, i32 {bit})")

    def is_refused(self, ranges: str) -> str:
        """Return whether the access lies in a page of which a part is protected, and touches that."""
        fn, result = self.fn, self.fn.var("i1", "false")
        with fn.if_(_allows(fn, self.entry, layout.PAGE_PARTS)):
            offset = _CORE[ranges]
            result.set(fn.value(f"call i1 @refused(ptr %st, i32 %address, i32 {self.last}, i64 {offset})"))
        return result.get()

    def needs_a_word(self, word_flag: int, any_flag: int) -> str:
        """Return whether one page holds the whole access but takes nothing than aligned words (instruction bus)."""
        fn = self.fn
        only_words = fn.is_("eq", "i64", fn.op("and", "i64", self.entry, word_flag | any_flag), word_flag)
        return fn.op("and", "i1", only_words, fn.op("and", "i1", self.inside, self.may_be))

    def is_closed(self) -> str:
        """Return whether the attributes of the region allow no access."""
        fn = self.fn
        region = fn.op("lshr", "i32", "%address", REGION_BITS)
        closed = fn.op("lshr", "i32", fn.load("i32", "%st", _CORE["closed_regions"]), region)
        return fn.is_("ne", "i32", fn.op("and", "i32", closed, 1), 0)

    def raise_error(self, cause: Cause = Cause.LOAD_STORE_ERROR) -> None:
        """Leave an exception in the core's state."""
        self.fn.store("i32", int(cause), "%st", _CORE["fault_cause"])
        self.fn.store("i32", "%address", "%st", _CORE["fault_vaddr"])

    def in_page(self, word_flag: int, any_flag: int) -> str:
        """Return whether one page holds the whole access and allows it."""
        fn = self.fn
        allowed = _allows(fn, self.entry, fn.select(self.is_word, "i64", word_flag, any_flag))
        return fn.op("and", "i1", allowed, fn.op("and", "i1", self.inside, self.may_be))

    def in_two_pages(self, flags: int, *, without: int) -> str:
        """Return whether an access that crosses pages may be done byte by byte."""
        fn, second = self.fn, _page(self.fn, self.last)
        allowed = _allows(fn, fn.op("and", "i64", self.entry, second), flags)
        closer = _allows(fn, fn.op("or", "i64", self.entry, second), without)
        allowed = fn.op("and", "i1", allowed, fn.op("xor", "i1", closer, "true"))
        crossing = fn.op("xor", "i1", self.inside, "true")
        return fn.op("and", "i1", allowed, fn.op("and", "i1", crossing, self.may_be))


def _load() -> Code:
    access = _Access("define hidden i64 @mem_load(ptr %st, i32 %address, i32 %flags) nounwind noinline cold")
    fn = access.fn
    with fn.if_(fn.op("or", "i1", access.near_break(_BREAKS_LOADS), access.is_refused("refused_loads"))):
        fn.ret("i64", _call(fn, "call_load", "i64", "i32 %address, i32 %flags"))
    with fn.if_(access.is_closed()):
        access.raise_error(Cause.LOAD_PROHIBITED)
        fn.ret("i64", 1 << 32)
    with fn.if_(access.in_page(layout.PAGE_READ_WORD, layout.PAGE_READ_ANY)):
        host = _host(fn, access.entry, "%address")
        for size, kind in _SIZES:
            with fn.if_(fn.is_("eq", "i32", "%size", size)):
                value = fn.value(f"load {kind}, ptr {host}, align 1")
                fn.ret("i64", fn.value(f"zext {kind} {value} to i64"))
    with fn.if_(access.needs_a_word(layout.PAGE_READ_WORD, layout.PAGE_READ_ANY)):
        access.raise_error()
        fn.ret("i64", 1 << 32)
    with fn.if_(access.aligned):
        machine = fn.load("ptr", "%st", _CORE["machine"])
        inside, index = _io_index(fn, machine)
        with fn.if_(inside):
            with fn.if_(_is_plain(fn, _how(fn, machine, "io_python_read", index))):
                words = fn.load("ptr", machine, _MACHINE["io_words"])
                word = fn.load("i32", fn.value(f"getelementptr i32, ptr {words}, i64 {index}"))
                shift, mask = _lane(fn)
                fn.ret("i64", fn.wide(fn.op("and", "i32", fn.op("lshr", "i32", word, shift), mask)))
            fn.ret("i64", fn.wide(_call(fn, "call_io_load", "i32", "i32 %address, i32 %size")))
    with fn.if_(access.in_two_pages(layout.PAGE_READ_ANY, without=layout.PAGE_PARTS)):
        total, offset = fn.var("i32", 0), fn.var("i32", 0)
        with fn.loop() as loop:
            k = offset.get()
            with fn.if_(fn.is_("uge", "i32", k, "%size")):
                loop.leave()
            at = fn.op("add", "i32", "%address", k)
            byte = fn.load("i8", _host(fn, _page(fn, at), at))
            part = fn.op("shl", "i32", fn.value(f"zext i8 {byte} to i32"), fn.op("shl", "i32", k, 3))
            total.set(fn.op("or", "i32", total.get(), part))
            offset.set(fn.op("add", "i32", k, 1))
        fn.ret("i64", fn.wide(total.get()))
    fn.line(f"ret i64 {_call(fn, 'call_load', 'i64', 'i32 %address, i32 %flags')}")
    return fn


def _store() -> Code:
    access = _Access(
        "define hidden i32 @mem_store(ptr %st, i32 %address, i32 %value, i32 %flags) nounwind noinline cold"
    )
    fn = access.fn
    with fn.if_(fn.op("or", "i1", access.near_break(_BREAKS_STORES), access.is_refused("refused_stores"))):
        fn.ret("i32", _call(fn, "call_store", "i32", "i32 %address, i32 %value, i32 %flags"))
    with fn.if_(access.is_closed()):
        access.raise_error(Cause.STORE_PROHIBITED)
        fn.ret("i32", 1)
    with fn.if_(access.in_page(layout.PAGE_WRITE_WORD, layout.PAGE_WRITE_ANY)):
        host = _host(fn, access.entry, "%address")
        for size, kind in _SIZES:
            with fn.if_(fn.is_("eq", "i32", "%size", size)):
                narrow = "%value" if size == 4 else fn.value(f"trunc i32 %value to {kind}")
                fn.line(f"store {kind} {narrow}, ptr {host}, align 1")
        with fn.if_(_allows(fn, access.entry, layout.PAGE_CODE)):
            fn.line("call void @forget(ptr %st, i32 %address, i32 %size)")
        fn.ret("i32", 0)
    with fn.if_(access.needs_a_word(layout.PAGE_WRITE_WORD, layout.PAGE_WRITE_ANY)):
        access.raise_error()
        fn.ret("i32", 1)
    with fn.if_(access.aligned):
        machine = fn.load("ptr", "%st", _CORE["machine"])
        inside, index = _io_index(fn, machine)
        with fn.if_(inside):
            how = _how(fn, machine, "io_python_write", index)
            is_snapshot = fn.is_("uge", "i8", how, layout.FIRST_SNAPSHOT)
            native_snapshot = fn.op("and", "i1", is_snapshot, access.is_word)
            with fn.if_(fn.op("or", "i1", _is_plain(fn, how), native_snapshot)):
                words = fn.load("ptr", machine, _MACHINE["io_words"])
                masks = fn.load("ptr", machine, _MACHINE["io_mask"])
                slot = fn.value(f"getelementptr i32, ptr {words}, i64 {index}")
                shift, lane = _lane(fn)
                writable = fn.load("i32", fn.value(f"getelementptr i32, ptr {masks}, i64 {index}"))
                mask = fn.op("and", "i32", writable, fn.op("shl", "i32", lane, shift))
                kept = fn.op("and", "i32", fn.load("i32", slot), fn.op("xor", "i32", mask, -1))
                new = fn.op("and", "i32", fn.op("shl", "i32", "%value", shift), mask)
                fn.store("i32", fn.op("or", "i32", kept, new), slot)
                with fn.if_(native_snapshot):
                    _take_snapshot(fn, machine, how, words, slot)
                fn.ret("i32", 0)
            kept = fn.op("and", "i32", "%value", _lane(fn)[1])
            target, index = _callback(fn, "call_io_store")
            fn.line(f"call void {target}(i32 {index}, i32 %address, i32 %size, i32 {kept})")
            fn.ret("i32", 0)
    with fn.if_(access.in_two_pages(layout.PAGE_WRITE_ANY, without=layout.PAGE_CODE | layout.PAGE_PARTS)):
        offset = fn.var("i32", 0)
        with fn.loop() as loop:
            k = offset.get()
            with fn.if_(fn.is_("uge", "i32", k, "%size")):
                loop.leave()
            at = fn.op("add", "i32", "%address", k)
            part = fn.value(f"trunc i32 {fn.op('lshr', 'i32', '%value', fn.op('shl', 'i32', k, 3))} to i8")
            fn.store("i8", part, _host(fn, _page(fn, at), at))
            offset.set(fn.op("add", "i32", k, 1))
        fn.ret("i32", 0)
    fn.line(f"ret i32 {_call(fn, 'call_store', 'i32', 'i32 %address, i32 %value, i32 %flags')}")
    return fn


def _exchange() -> Code:
    fn = Code("define hidden i64 @mem_exchange(ptr %st, i32 %address, i32 %expected, i32 %new) nounwind noinline cold")
    old = fn.value(f"call i64 @mem_load(ptr %st, i32 %address, i32 {4 | 1 << 8})")
    with fn.if_(fn.is_("ugt", "i64", old, 0xFFFFFFFF)):
        fn.ret("i64", old)
    with fn.if_(fn.is_("eq", "i64", old, fn.wide("%expected"))):
        fault = fn.value(f"call i32 @mem_store(ptr %st, i32 %address, i32 %new, i32 {4 | 1 << 8})")
        with fn.if_(fn.is_("ne", "i32", fault, 0)):
            fn.ret("i64", 1 << 32)
    fn.line(f"ret i64 {old}")
    return fn


def _forget() -> Code:
    """Print forget(st, address, size): drop decoded instructions that overlap bytes just stored, on both cores."""
    fn = Code("define hidden void @forget(ptr %st, i32 %address, i32 %size) nounwind noinline cold")
    fn.line("%pages = load ptr, ptr " + fn.at("%st", _CORE["pages"]))
    number = fn.op("lshr", "i64", fn.wide("%address"), 12)
    page = fn.load("i64", fn.value(f"getelementptr i64, ptr {fn.at('%pages', _PAGE['code_alias'])}, i64 {number}"))
    start = fn.op("or", "i64", page, fn.wide(fn.op("and", "i32", "%address", 4095)))
    machine = fn.load("ptr", "%st", _CORE["machine"])
    for core in ("core0", "core1"):
        other = fn.load("ptr", machine, _MACHINE[core])
        fn.store("i32", layout.NOT_LOST, other, _CORE["lost"])
        for plane in layout.PLANES:
            base = fn.load("ptr", other, _CORE[plane])
            at, end = fn.var("i64", fn.op("sub", "i64", start, 3)), fn.op("add", "i64", start, fn.wide("%size"))
            with fn.loop() as loop:
                k = at.get()
                with fn.if_(fn.is_("uge", "i64", k, end)):
                    loop.leave()
                fn.store("i32", 0, fn.value(f"getelementptr [16 x i8], ptr {base}, i64 {k}"))
                at.set(fn.op("add", "i64", k, 1))
    fn.line("ret void")
    return fn
