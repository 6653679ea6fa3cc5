"""Native functions around the handlers: entering and leaving them, window checks, timers, the scheduler."""

from __future__ import annotations

import functools

from twincore.isa import config
from twincore.isa.spec import HOST_CALLS
from twincore.native import layout
from twincore.native.layout import HOOK_RAISE, HOOK_STOP
from twincore.native.structured import Code
from twincore.native.text import HANDLER_CC, UNLIKELY, handler

_CORE, _MACHINE = layout.CORE, layout.MACHINE
_PC_OF_RECORD = """  %rec_at = ptrtoint ptr %rec to i64
  %base_at = ptrtoint ptr %recb to i64
  %distance = sub i64 %rec_at, %base_at
  %pc_wide = lshr exact i64 %distance, 4
  %pc = trunc i64 %pc_wide to i32"""


def emit_interpreter() -> str:
    """Return the LLVM text of everything that runs handlers; `run` and `step` are the entries."""
    parts = (
        _leave(),
        _leave_at(),
        _raise_fault(),
        _decode(),
        _check_window(),
        _hook("hook", ""),
        _hook("hook_checked", "@check_window"),
        _rotate(),
        _mark_loop_end(),
    )
    return "".join(
        map(
            str,
            (*parts, _timer_distance(), _fire_timers(), _run_core(), _idle_until(), _extended(), _shorten(), _run()),
        )
    )


def _field(fn: Code, kind: str, name: str, base: str = "%st") -> str:
    return fn.load(kind, base, _CORE[name])


def _put(fn: Code, kind: str, name: str, value: str | int, base: str = "%st") -> None:
    fn.store(kind, value, base, _CORE[name])


def _handler(name: str) -> Code:
    return Code(handler(name, "noinline cold").header)


def _tail(fn: Code, target: str, *, bud: str = "%bud") -> None:
    fn.line(f"musttail call {HANDLER_CC} void {target}(ptr %st, ptr %rec, ptr %arp, i64 {bud}, ptr %pt, ptr %recb)")
    fn.line("ret void")


def _not_counted(fn: Code) -> None:
    """Take back that ICOUNT counted an instruction: it never began."""
    left = fn.op("sub", "i32", _field(fn, "i32", "icount"), _field(fn, "i32", "counting"))
    _put(fn, "i32", "icount", left)
    _put(fn, "i32", "counting", 0)


def _leave() -> Code:
    """Print leave: return to run_core; pc is stored already."""
    fn = _handler("leave")
    _put(fn, "i64", "budget_left", "%bud")
    _put(fn, "ptr", "window", "%arp")
    fn.line("ret void")
    return fn


def _leave_at() -> Code:
    """Print leave_at: return to run_core, to go on at the record's address."""
    fn = _handler("leave_at")
    fn.lines.append(_PC_OF_RECORD)
    _put(fn, "i32", "pc", "%pc")
    _tail(fn, "@leave")
    return fn


def _raise_fault() -> Code:
    """Print raise_fault: take the exception that fault_cause and fault_vaddr tell; pc and budget are current."""
    fn = _handler("raise_fault")
    cause, vaddr = _field(fn, "i32", "fault_cause"), _field(fn, "i32", "fault_vaddr")
    _put(fn, "ptr", "window", "%arp")
    with fn.if_(fn.is_("eq", "i32", cause, layout.AGAIN_FAULT)):
        _not_counted(fn)  # budget_left is still what it was before the call-back
        fn.ret()
    with fn.if_(fn.is_("uge", "i32", cause, layout.DEBUG_FAULT)):
        why = fn.op("sub", "i32", cause, layout.DEBUG_FAULT)
        fn.value(f"call i32 @routine_debug_exception(ptr %st, ptr %arp, i64 %bud, i32 {why})")
        _put(fn, "i64", "budget_left", "%bud")
        fn.ret()
    _raise_exception(fn, "%arp", "%bud", cause, vaddr)
    _put(fn, "i64", "budget_left", "%bud")
    fn.line("ret void")
    return fn


def _raise_exception(fn: Code, arp: str, budget: str, cause: str, vaddr: str) -> None:
    """Print the taking of a general exception; the core is lost when that changes nothing and no breakpoint is here."""
    names = ("pc", "exccause", "excvaddr", "depc", "ps_excm")
    before = [_field(fn, "i32", name) for name in names]
    lost = fn.is_("eq", "i32", _field(fn, "i32", "lost"), layout.NOT_LOST)
    fn.value(f"call i32 @routine_raise_exception(ptr %st, ptr {arp}, i64 {budget}, i32 {cause}, i32 {vaddr})")
    same = [fn.is_("eq", "i32", old, _field(fn, "i32", name)) for old, name in zip(before, names, strict=True)]
    lost = functools.reduce(functools.partial(fn.op, "and", "i1"), same, lost)
    _put(fn, "i32", "lost", fn.select(lost, "i32", layout.LOST, layout.NOT_LOST))


def _decode() -> Code:
    """Print decode, the handler of a record that is still zero: fill it and start again, or wait for its line."""
    fn = _handler("decode")
    fn.lines.append(_PC_OF_RECORD)
    _put(fn, "i32", "pc", "%pc")
    _put(fn, "i64", "budget_left", "%bud")
    _put(fn, "ptr", "window", "%arp")
    result = fn.value("call i32 @decode_at(ptr %st, ptr %rec, i32 %pc, ptr %recb)")
    with fn.if_(fn.is_("eq", "i32", result, layout.FILLING)):
        _not_counted(fn)
        fn.ret()
    yes, no = fn.branch_unlikely(fn.is_("eq", "i32", result, layout.FAILED), "fault")
    fn.label(yes)
    _not_counted(fn)
    _tail(fn, "@raise_fault", bud=fn.op("sub", "i64", "%bud", 1))
    fn.label(no)
    offset = fn.value(f"sext i32 {fn.load('i32', '%rec')} to i64")
    _tail(fn, fn.value(f"getelementptr i8, ptr @decode, i64 {offset}"))
    return fn


def _table_entry(fn: Code, table: str) -> str:
    """Return the handler that a table gives for the record's instruction."""
    opcode = fn.value(f"zext i16 {fn.load('i16', '%rec', layout.RECORD_OPCODE)} to i64")
    number = fn.op("and", "i64", opcode, 0xFFF)
    return fn.load("ptr", fn.value(f"getelementptr ptr, ptr @{table}, i64 {number}"))


def _check_window() -> Code:
    """Print check_window, for records of the second plane: spill a frame before its registers are touched."""
    fn = _handler("check_window")
    opcode = fn.value(f"zext i16 {fn.load('i16', '%rec', layout.RECORD_OPCODE)} to i32")
    quarter = fn.op("lshr", "i32", opcode, 12)
    base = fn.op("sub", "i64", fn.value("ptrtoint ptr %arp to i64"), fn.value("ptrtoint ptr %st to i64"))
    window = fn.low(fn.op("lshr", "i64", base, 4))
    starts = fn.op("lshr", "i32", _field(fn, "i32", "windowstart"), window)
    mask = fn.op("sub", "i32", fn.op("shl", "i32", 2, quarter), 2)
    live = fn.op("and", "i32", starts, mask)
    yes, no = fn.branch_unlikely(fn.is_("ne", "i32", live, 0), "overflow")
    fn.label(yes)
    _not_counted(fn)
    first = fn.value(f"call i32 @llvm.cttz.i32(i32 {live}, i1 true)")
    fn.lines.append(_PC_OF_RECORD)
    _put(fn, "i32", "pc", "%pc")
    fn.value(f"call i32 @routine_window_overflow(ptr %st, ptr %arp, i64 %bud, i32 {first})")
    _put(fn, "i64", "budget_left", fn.op("sub", "i64", "%bud", 1))
    fn.line("ret void")
    fn.label(no)
    _tail(fn, _table_entry(fn, "checked_handlers"))
    return fn


def _hook(name: str, behind: str) -> Code:
    """Print a handler of records with a breakpoint: ask the executor, which may stop the core before it."""
    fn = _handler(name)
    fn.lines.append(_PC_OF_RECORD)
    _put(fn, "i32", "pc", "%pc")
    _put(fn, "i64", "budget_left", "%bud")
    _put(fn, "ptr", "window", "%arp")
    _put(fn, "i32", "lost", layout.HOOKED)
    machine = _field(fn, "ptr", "machine")
    with fn.if_(fn.is_("ne", "i32", fn.load("i32", machine, _MACHINE["extended"]), 0)):
        fn.line(f"call void @shorten(ptr {machine})")
        _not_counted(fn)  # and come here again: a fast handler would not see that the slice ends earlier
        fn.ret()
    call = fn.load("ptr", machine, _MACHINE["call_hook"])
    index = _field(fn, "i32", "index")
    answer = fn.value(f"call i32 {call}(i32 {index}, i32 %pc)")
    with fn.if_(fn.is_("eq", "i32", answer, HOOK_STOP)):
        _not_counted(fn)
        fn.ret()
    yes, no = fn.branch_unlikely(fn.is_("eq", "i32", answer, HOOK_RAISE), "raise")
    fn.label(yes)
    _not_counted(fn)
    _tail(fn, "@raise_fault", bud=fn.op("sub", "i64", "%bud", 1))
    fn.label(no)
    _tail(fn, behind or _table_entry(fn, "checked_handlers"))
    return fn


def _rotate() -> Code:
    """Print rotate(st, old, new): move the window, keeping the mirrored registers equal to what they mirror."""
    fn = Code("define hidden ptr @rotate(ptr %st, i32 %old, i32 %new) nounwind noinline cold")
    mirror = fn.at("%st", 4 * config.AR_COUNT)
    size = 4 * layout.MIRROR
    with fn.if_(fn.is_("uge", "i32", "%old", layout.MIRROR_WINDOW)):
        fn.line(f"call void @llvm.memcpy.p0.p0.i64(ptr %st, ptr {mirror}, i64 {size}, i1 false)")
    with fn.if_(fn.is_("uge", "i32", "%new", layout.MIRROR_WINDOW)):
        fn.line(f"call void @llvm.memcpy.p0.p0.i64(ptr {mirror}, ptr %st, i64 {size}, i1 false)")
    quarter = fn.wide("%new")
    fn.line(f"ret ptr {fn.value(f'getelementptr [16 x i8], ptr %st, i64 {quarter}')}")
    return fn


def _mark_loop_end() -> Code:
    """Print mark_loop_end(st, address): have instructions that end there look for the end of a loop."""
    fn = Code("define hidden void @mark_loop_end(ptr %st, i32 %address) nounwind noinline cold")
    offset = fn.op("sub", "i32", "%address", layout.EXEC_BASE)
    with fn.if_(fn.is_("uge", "i32", offset, layout.EXEC_SPAN)):
        fn.ret()
    bits = _field(fn, "ptr", "loop_ends")
    byte_at = fn.value(f"getelementptr i8, ptr {bits}, i64 {fn.wide(fn.op('lshr', 'i32', offset, 3))}")
    byte = fn.load("i8", byte_at)
    low = fn.value(f"trunc i32 {fn.op('and', 'i32', offset, 7)} to i8")
    bit = fn.op("shl", "i8", 1, low)
    with fn.if_(fn.is_("ne", "i8", fn.op("and", "i8", byte, bit), 0)):
        fn.ret()
    fn.store("i8", fn.op("or", "i8", byte, bit), byte_at)
    for plane in layout.PLANES:
        base = _field(fn, "ptr", plane)
        record = fn.value(f"getelementptr [16 x i8], ptr {base}, i64 {fn.wide('%address')}")
        for length in (2, 3, 4):
            fn.store("i32", 0, record, -16 * length)
    fn.line("ret void")
    return fn


def _timer_distance() -> Code:
    """Print timer_distance(st): cycles until CCOUNT next equals a CCOMPARE, 1..2^32."""
    fn = Code("define hidden i64 @timer_distance(ptr %st) nounwind")
    count = _field(fn, "i32", "ccount")
    nearest: str | int = 1 << 32
    for k in range(3):
        distance = fn.op("sub", "i32", fn.load("i32", "%st", _CORE["ccompare"] + 4 * k), count)
        # 0 means a whole turn: 0 - 1 wraps to the largest
        cycles = fn.op("add", "i64", fn.wide(fn.op("sub", "i32", distance, 1)), 1)
        nearest = fn.smaller("i64", cycles, nearest)
    fn.line(f"ret i64 {nearest}")
    return fn


def _fire_timers() -> Code:
    """Print fire_timers(st): request the interrupt of each timer whose CCOMPARE equals CCOUNT, just incremented."""
    fn = Code("define hidden void @fire_timers(ptr %st) nounwind")
    count = _field(fn, "i32", "ccount")
    pending = _field(fn, "i32", "interrupt")
    for k, number in enumerate(config.TIMER_INTERRUPTS):
        match = fn.is_("eq", "i32", fn.load("i32", "%st", _CORE["ccompare"] + 4 * k), count)
        pending = fn.op("or", "i32", pending, fn.select(match, "i32", 1 << number, 0))
    _put(fn, "i32", "interrupt", pending)
    fn.line("ret void")
    return fn


def _run_core() -> Code:
    """Print run_core(st, cycles): execute up to that many cycles of one core; return how many it took.

    `shorten` may make them fewer meanwhile.
    """
    fn = Code("define i64 @run_core(ptr %st, i64 %cycles) nounwind noinline")
    machine = _field(fn, "ptr", "machine")
    _put(fn, "i64", "consumed", 0)
    _put(fn, "i64", "slice_cycles", "%cycles")
    with fn.loop() as loop:
        with fn.if_(fn.is_("ne", "i32", _field(fn, "i32", "reset_asked"), 0)):
            fn.line(f"call void @shorten(ptr {machine})")
            index = _field(fn, "i32", "index")
            call = fn.load("ptr", machine, _MACHINE["call_host"])
            fn.value(f"call i32 {call}(i32 {index}, i32 {HOST_CALLS.index('reset')}, i32 0, i32 0)")
        consumed = _field(fn, "i64", "consumed")
        left = fn.op("sub", "i64", _field(fn, "i64", "slice_cycles"), consumed)
        flags = fn.op(
            "or", "i32", fn.load("i32", machine, _MACHINE["stop"]), fn.load("i32", machine, _MACHINE["slice_end"])
        )
        over = fn.op("or", "i1", fn.is_("sle", "i64", left, 0), fn.is_("ne", "i32", flags, 0))
        held = fn.is_("eq", "i32", _field(fn, "i32", "running"), 0)
        with fn.if_(fn.op("or", "i1", over, held)):
            loop.leave()
        _put(fn, "i32", "attention", 0)
        _put(fn, "i64", "budget", 0)
        _put(fn, "i64", "budget_left", 0)
        filling = _field(fn, "i64", "filling")
        fills = fn.is_("ne", "i64", filling, 0)
        stalled = fn.op("or", "i1", fills, fn.is_("ne", "i32", _field(fn, "i32", "stalled"), 0))
        with fn.if_(fn.op("xor", "i1", stalled, "true")):
            fn.value(f"call i32 @routine_interrupts(ptr %st, ptr {_field(fn, 'ptr', 'window')}, i64 0)")
        before = _field(fn, "i32", "ccount")
        budget = fn.smaller("i64", left, fn.value("call i64 @timer_distance(ptr %st)"))
        budget = fn.select(fills, "i64", fn.smaller("i64", budget, filling), budget)
        with fn.if_(fn.op("or", "i1", stalled, fn.is_("ne", "i32", _field(fn, "i32", "waiting"), 0))):
            with fn.if_(fn.is_("ne", "i32", fn.load("i32", machine, _MACHINE["extended"]), 0)):
                fn.line(f"call void @shorten(ptr {machine})")
                loop.again()
            _put(fn, "i64", "filling", fn.select(fills, "i64", fn.op("sub", "i64", filling, budget), 0))
            _put(fn, "i32", "ccount", fn.op("add", "i32", before, fn.low(budget)))
            _put(fn, "i64", "consumed", fn.op("add", "i64", consumed, budget))
            fn.line("call void @fire_timers(ptr %st)")
            loop.again()
        counted = _counting_instructions(fn)
        with fn.if_(_is_lost(fn, counted)):
            _put(fn, "i32", "ccount", fn.op("add", "i32", before, fn.low(budget)))
            _put(fn, "i64", "consumed", fn.op("add", "i64", consumed, budget))
            _put(fn, "i64", "instructions", fn.op("add", "i64", _field(fn, "i64", "instructions"), budget))
            fn.line("call void @fire_timers(ptr %st)")
            loop.again()
        _put(fn, "i32", "lost", layout.NOT_LOST)
        single = fn.is_("ne", "i32", _field(fn, "i32", "single"), 0)
        budget = fn.select(fn.op("or", "i1", counted, single), "i64", 1, budget)
        with fn.if_(counted):
            count = _field(fn, "i32", "icount")
            with fn.if_(fn.is_("eq", "i32", count, -1)):
                arp = _field(fn, "ptr", "window")
                fn.value(f"call i32 @routine_debug_exception(ptr %st, ptr {arp}, i64 0, i32 1)")
                _put(fn, "i32", "ccount", fn.op("add", "i32", before, 1))
                _put(fn, "i64", "consumed", fn.op("add", "i64", consumed, 1))
                _put(fn, "i64", "instructions", fn.op("add", "i64", _field(fn, "i64", "instructions"), 1))
                fn.line("call void @fire_timers(ptr %st)")
                loop.again()
            _put(fn, "i32", "icount", fn.op("add", "i32", count, 1))
        _put(fn, "i32", "counting", fn.value(f"zext i1 {counted} to i32"))
        _put(fn, "i64", "budget", budget)
        _put(fn, "i64", "ccount_end", fn.op("add", "i64", fn.wide(before), budget))
        _enter(fn, budget)
        rest = _field(fn, "i64", "budget_left")
        used = fn.op("sub", "i64", budget, rest)
        _put(fn, "i32", "ccount", fn.low(fn.op("sub", "i64", _field(fn, "i64", "ccount_end"), rest)))
        _put(fn, "i64", "consumed", fn.op("add", "i64", consumed, used))
        _put(fn, "i64", "instructions", fn.op("add", "i64", _field(fn, "i64", "instructions"), used))
        _put(fn, "i64", "budget", 0)
        _put(fn, "i64", "budget_left", 0)
        with fn.if_(fn.is_("sgt", "i64", used, 0)):
            fn.line("call void @fire_timers(ptr %st)")
            with fn.if_(single):
                fn.store("i32", 1, machine, _MACHINE["stop"])
    result = _field(fn, "i64", "consumed")
    fn.line(f"ret i64 {result}")
    return fn


def _level(fn: Code) -> str:
    """Return CINTLEVEL."""
    level = _field(fn, "i32", "ps_intlevel")
    raised = fn.select(fn.is_("ult", "i32", level, config.EXCM_LEVEL), "i32", config.EXCM_LEVEL, level)
    return fn.select(fn.is_("ne", "i32", _field(fn, "i32", "ps_excm"), 0), "i32", raised, level)


def _is_lost(fn: Code, counted: str) -> str:
    """Return whether the core repeats the same exception (machine.executor, rule 10), so that its cycles can be one."""
    again = fn.is_("eq", "i32", _field(fn, "i32", "lost"), layout.LOST)
    pc = _field(fn, "i32", "pc")
    vector = fn.op("add", "i32", _field(fn, "i32", "vecbase"), config.VECTOR_DOUBLE)
    for stays in (
        fn.is_("eq", "i32", pc, vector),
        fn.is_("eq", "i32", pc, _field(fn, "i32", "depc")),
        fn.is_("ne", "i32", _field(fn, "i32", "ps_excm"), 0),
        fn.is_("eq", "i32", _field(fn, "i32", "exccause"), _field(fn, "i32", "fault_cause")),
        fn.is_("eq", "i32", _field(fn, "i32", "excvaddr"), _field(fn, "i32", "fault_vaddr")),
        fn.is_("eq", "i32", _field(fn, "i32", "single"), 0),
        fn.op("xor", "i1", counted, "true"),
    ):
        again = fn.op("and", "i1", again, stays)
    return again


def _counting_instructions(fn: Code) -> str:
    """Return whether ICOUNT counts at the current level."""
    return fn.is_("ult", "i32", _level(fn), _field(fn, "i32", "icountlevel"))


def _enter(fn: Code, budget: str) -> None:
    """Run handlers from pc on, in the plane that the windows ask for; a wild pc takes its exception at once."""
    pages = _field(fn, "ptr", "pages")
    arp = _field(fn, "ptr", "window")
    base = fn.op("sub", "i64", fn.value(f"ptrtoint ptr {arp} to i64"), fn.value("ptrtoint ptr %st to i64"))
    window = fn.low(fn.op("lshr", "i64", base, 4))
    ahead = fn.op("and", "i32", fn.op("lshr", "i32", _field(fn, "i32", "windowstart"), window), 14)
    enabled = fn.op("and", "i32", _field(fn, "i32", "ps_woe"), fn.op("xor", "i32", _field(fn, "i32", "ps_excm"), 1))
    checked = fn.op("and", "i1", fn.is_("ne", "i32", ahead, 0), fn.is_("ne", "i32", enabled, 0))
    plane = fn.select(checked, "ptr", _field(fn, "ptr", "plane1"), _field(fn, "ptr", "plane0"))
    pc = _field(fn, "i32", "pc")
    outside = fn.is_("uge", "i32", fn.op("sub", "i32", pc, layout.EXEC_BASE), layout.EXEC_SPAN)
    wild, inside, after = fn.new_label("wild"), fn.new_label("inside"), fn.new_label("after")
    fn.line(f"br i1 {outside}, label %{wild}, label %{inside}{UNLIKELY}")
    fn.label(wild)
    _not_counted(fn)
    _put(fn, "i64", "budget_left", budget)
    machine = _field(fn, "ptr", "machine")
    fn.line(f"call void @shorten(ptr {machine})")
    call = fn.load("ptr", machine, _MACHINE["call_fetch_fault"])
    cause = fn.value(f"call i32 {call}(i32 {_field(fn, 'i32', 'index')}, i32 {pc})")
    _raise_exception(fn, arp, budget, cause, pc)
    _put(fn, "i64", "budget_left", fn.op("sub", "i64", budget, 1))
    fn.line(f"br label %{after}")
    fn.label(inside)
    record = fn.value(f"getelementptr [16 x i8], ptr {plane}, i64 {fn.wide(pc)}")
    offset = fn.value(f"sext i32 {fn.load('i32', record)} to i64")
    target = fn.value(f"getelementptr i8, ptr @decode, i64 {offset}")
    fn.line(
        f"call {HANDLER_CC} void {target}(ptr %st, ptr {record}, ptr {arp}, i64 {budget}, ptr {pages}, ptr {plane})"
    )
    fn.line(f"br label %{after}")
    fn.label(after)


def _is_idle(fn: Code, core: str) -> str:
    """Return whether a core is held, or waits with no interrupt that it would take."""
    held = fn.is_("eq", "i32", _field(fn, "i32", "running", core), 0)
    held = fn.op("or", "i1", held, fn.is_("ne", "i32", _field(fn, "i32", "stalled", core), 0))
    asked = fn.op("or", "i32", _field(fn, "i32", "interrupt", core), _field(fn, "i32", "lines", core))
    wanted = fn.op(
        "and", "i32", asked, fn.op("or", "i32", _field(fn, "i32", "intenable", core), 1 << config.NMI_INTERRUPT)
    )
    still = fn.op(
        "and", "i1", fn.is_("ne", "i32", _field(fn, "i32", "waiting", core), 0), fn.is_("eq", "i32", wanted, 0)
    )
    return fn.op("or", "i1", held, still)


def _idle_until() -> Code:
    """Print idle_until(m, time): until when both cores certainly do nothing, or `time` when one of them may."""
    fn = Code("define hidden i64 @idle_until(ptr %m, i64 %limit, i64 %slice) nounwind")
    cores = [fn.load("ptr", "%m", _MACHINE[name]) for name in ("core0", "core1")]
    idle = fn.op("and", "i1", _is_idle(fn, cores[0]), _is_idle(fn, cores[1]))
    with fn.if_(fn.op("xor", "i1", idle, "true")):
        fn.ret("i64", "%slice")
    limit = "%limit"
    tick = fn.load("i64", "%m", _MACHINE["ticks_per_cycle"])
    for core in cores:
        cycles = fn.value(f"call i64 @timer_distance(ptr {core})")
        match = fn.op("add", "i64", _field(fn, "i64", "time", core), fn.op("mul", "i64", cycles, tick))
        waits = fn.is_("ne", "i32", _field(fn, "i32", "running", core), 0)
        limit = fn.smaller("i64", limit, _field(fn, "i64", "deferred", core))
        limit = fn.smaller("i64", limit, fn.select(waits, "i64", match, limit))
    # core 1 may have come to its deferred call already, which it makes when it is the one behind
    ahead = fn.is_("sgt", "i64", limit, _field(fn, "i64", "time", cores[0]))
    fn.line(f"ret i64 {fn.select(ahead, 'i64', limit, '%slice')}")
    return fn


def _extended() -> Code:
    """Print extended(m, limit, slice): until when core 0 may run on at a stretch, at least until `slice`.

    A slice of core 0 ends so that core 1 can follow. While core 1 is held, or waits and nothing wakes it, following
    changes its time and its CCOUNT only: any number of slices can be one, unless core 0 is idle too (`idle_until`).
    It ends where one of them would, before core 1 does something by itself. `shorten` takes it back.
    """
    fn = Code("define hidden i64 @extended(ptr %m, i64 %limit, i64 %slice) nounwind")
    core0, core1 = (fn.load("ptr", "%m", _MACHINE[name]) for name in ("core0", "core1"))
    single = fn.is_("ne", "i32", _field(fn, "i32", "single", core0), 0)
    asked = fn.is_("ne", "i32", _field(fn, "i32", "reset_asked", core1), 0)
    fills = fn.is_("ne", "i64", _field(fn, "i64", "filling", core1), 0)
    idle = fn.op("xor", "i1", _is_idle(fn, core0), "true")
    busy = fn.op("xor", "i1", fn.op("and", "i1", idle, _is_idle(fn, core1)), "true")
    with fn.if_(fn.op("or", "i1", fn.op("or", "i1", single, asked), fn.op("or", "i1", fills, busy))):
        fn.ret("i64", "%slice")
    tick = fn.load("i64", "%m", _MACHINE["ticks_per_cycle"])
    cycles = fn.op("sub", "i64", fn.value(f"call i64 @timer_distance(ptr {core1})"), 1)
    match = fn.op("add", "i64", _field(fn, "i64", "time", core1), fn.op("mul", "i64", cycles, tick))
    deferred = _field(fn, "i64", "deferred", core1)
    waits = fn.is_("ne", "i32", _field(fn, "i32", "running", core1), 0)
    own = fn.select(waits, "i64", fn.smaller("i64", match, deferred), deferred)
    quantum = fn.op("mul", "i64", fn.load("i64", "%m", _MACHINE["quantum"]), tick)
    whole = fn.op("mul", "i64", fn.op("sdiv", "i64", own, quantum), quantum)
    far = fn.smaller("i64", "%limit", whole)
    fn.line(f"ret i64 {fn.select(fn.is_('sgt', 'i64', far, '%slice'), 'i64', far, '%slice')}")
    return fn


def _shorten() -> Code:
    """Print shorten(m): take an extended slice back to the one that would run now, with core 1 at its beginning.

    Called before each call-back and when core 0 begins to wait, with the cycles that it has used in its state.
    """
    fn = Code("define hidden void @shorten(ptr %m) nounwind noinline cold")
    with fn.if_(fn.is_("eq", "i32", fn.load("i32", "%m", _MACHINE["extended"]), 0)):
        fn.ret()
    fn.store("i32", 0, "%m", _MACHINE["extended"])
    core0, core1 = (fn.load("ptr", "%m", _MACHINE[name]) for name in ("core0", "core1"))
    tick = fn.load("i64", "%m", _MACHINE["ticks_per_cycle"])
    quantum = fn.op("mul", "i64", fn.load("i64", "%m", _MACHINE["quantum"]), tick)
    spent = fn.op("sub", "i64", _field(fn, "i64", "budget", core0), _field(fn, "i64", "budget_left", core0))
    used = fn.op("add", "i64", _field(fn, "i64", "consumed", core0), spent)
    begin = _field(fn, "i64", "time", core0)
    now = fn.op("add", "i64", begin, fn.op("mul", "i64", used, tick))
    # the slice has begun with the first cycle that reached the last multiple of the quantum
    since = fn.op("sdiv", "i64", fn.op("srem", "i64", now, quantum), tick)
    start = fn.op("sub", "i64", now, fn.op("mul", "i64", since, tick))
    time1 = _field(fn, "i64", "time", core1)
    behind = fn.op("sub", "i64", start, time1)
    with fn.if_(fn.is_("sgt", "i64", behind, 0)):
        cycles = fn.op("sdiv", "i64", fn.op("add", "i64", behind, fn.op("sub", "i64", tick, 1)), tick)
        _put(fn, "i64", "time", fn.op("add", "i64", time1, fn.op("mul", "i64", cycles, tick)), core1)
        held = fn.is_("eq", "i32", _field(fn, "i32", "running", core1), 0)
        counted = fn.op("add", "i32", _field(fn, "i32", "ccount", core1), fn.low(cycles))
        _put(fn, "i32", "ccount", fn.select(held, "i32", _field(fn, "i32", "ccount", core1), counted), core1)
    limit = fn.smaller("i64", _above(fn, start, quantum), _field(fn, "i64", "limit", core0))
    _put(fn, "i64", "limit", limit, core0)
    span = fn.op("add", "i64", fn.op("sub", "i64", limit, begin), fn.op("sub", "i64", tick, 1))
    _put(fn, "i64", "slice_cycles", fn.op("sdiv", "i64", span, tick), core0)
    _put(fn, "i32", "attention", 1, core0)
    fn.line("ret void")
    return fn


def _run() -> Code:
    """Print run(m): the scheduler, by the rules in machine/executor.py, until m.until."""
    fn = Code("define void @run(ptr %m) nounwind")
    core0, core1 = (fn.load("ptr", "%m", _MACHINE[name]) for name in ("core0", "core1"))
    core, limit, extends = fn.var("ptr", core0), fn.var("i64", 0), fn.var("i32", 0)
    with fn.loop() as loop:
        with fn.if_(fn.is_("ne", "i32", fn.load("i32", "%m", _MACHINE["stop"]), 0)):
            loop.leave()
        opened = fn.load("i64", "%m", _MACHINE["open_core"])
        fresh = fn.is_("slt", "i64", opened, 0)
        with fn.if_(fresh):
            following = fn.load("i64", "%m", _MACHINE["next_ticks_per_cycle"])
            fn.store("i64", following, "%m", _MACHINE["ticks_per_cycle"])
        tick = fn.load("i64", "%m", _MACHINE["ticks_per_cycle"])
        reopened = fn.select(fn.is_("eq", "i64", opened, 0), "ptr", core0, core1)
        core.set(reopened)
        limit.set(_field(fn, "i64", "limit", reopened))
        extends.set(0)
        with fn.if_(fresh):
            time0, time1 = _field(fn, "i64", "time", core0), _field(fn, "i64", "time", core1)
            now = fn.smaller("i64", time0, time1)
            event = fn.load("i64", "%m", _MACHINE["next_event"])
            with fn.if_(fn.is_("sge", "i64", now, event)):
                call = fn.load("ptr", "%m", _MACHINE["call_event"])
                fn.line(f"call void {call}()")
                loop.again()
            until = fn.load("i64", "%m", _MACHINE["until"])
            with fn.if_(fn.is_("sge", "i64", now, until)):
                loop.leave()
            ahead = fn.is_("sle", "i64", time0, time1)
            core.set(fn.select(ahead, "ptr", core0, core1))
            chosen = core.get()
            due = fn.is_("sge", "i64", _field(fn, "i64", "time", chosen), _field(fn, "i64", "deferred", chosen))
            with fn.if_(due):
                call = fn.load("ptr", "%m", _MACHINE["call_host"])
                index = _field(fn, "i32", "index", chosen)
                fn.value(f"call i32 {call}(i32 {index}, i32 {HOST_CALLS.index('deferred')}, i32 0, i32 0)")
                loop.again()
            limit.set(fn.smaller("i64", time0, event))
            with fn.if_(ahead):
                quantum = fn.op("mul", "i64", fn.load("i64", "%m", _MACHINE["quantum"]), tick)
                slice_end = fn.smaller("i64", _above(fn, time0, quantum), event)
                goal = _above(fn, fn.op("sub", "i64", until, 1), quantum)
                far = fn.smaller("i64", event, goal)
                idle = fn.value(f"call i64 @idle_until(ptr %m, i64 {far}, i64 {slice_end})")
                limit.set(fn.value(f"call i64 @extended(ptr %m, i64 {far}, i64 {idle})"))
                extends.set(fn.value(f"zext i1 {fn.is_('sgt', 'i64', limit.get(), idle)} to i32"))
            limit.set(fn.smaller("i64", limit.get(), _field(fn, "i64", "deferred", chosen)))
        running_core, end = core.get(), limit.get()
        _put(fn, "i64", "limit", end, running_core)
        fn.store("i32", 0, "%m", _MACHINE["slice_end"])
        fn.store("i32", extends.get(), "%m", _MACHINE["extended"])
        fn.store("i32", _field(fn, "i32", "index", running_core), "%m", _MACHINE["current"])
        fn.store("i64", -1, "%m", _MACHINE["open_core"])
        time = _field(fn, "i64", "time", running_core)
        span = fn.op("add", "i64", fn.op("sub", "i64", end, time), fn.op("sub", "i64", tick, 1))
        asked = fn.op("sdiv", "i64", span, tick)
        ran = fn.value(f"call i64 @run_core(ptr {running_core}, i64 {asked})")
        cycles = _field(fn, "i64", "slice_cycles", running_core)
        held = fn.is_("eq", "i32", _field(fn, "i32", "running", running_core), 0)
        stopped = fn.is_("ne", "i32", fn.load("i32", "%m", _MACHINE["stop"]), 0)
        ended = fn.is_("ne", "i32", fn.load("i32", "%m", _MACHINE["slice_end"]), 0)
        cut = fn.op("or", "i1", stopped, ended)
        # a held core passes the slice; one that was stopped or ended its slice keeps what it ran
        passed = fn.op("and", "i1", held, fn.op("xor", "i1", cut, "true"))
        total = fn.select(passed, "i64", cycles, ran)
        _put(fn, "i64", "consumed", 0, running_core)
        _put(fn, "i64", "time", fn.op("add", "i64", time, fn.op("mul", "i64", total, tick)), running_core)
        unfinished = fn.op("and", "i1", fn.is_("slt", "i64", total, cycles), fn.op("xor", "i1", ended, "true"))
        # another thread may have stopped a slice that is extended still
        with fn.if_(unfinished):
            fn.line("call void @shorten(ptr %m)")
        fn.store("i32", 0, "%m", _MACHINE["extended"])
        index = fn.wide(_field(fn, "i32", "index", running_core))
        fn.store("i64", fn.select(unfinished, "i64", index, -1), "%m", _MACHINE["open_core"])
    fn.line("ret void")
    return fn


def _above(fn: Code, time: str, step: str) -> str:
    """Return the next multiple of `step` after `time`."""
    whole = fn.op("sdiv", "i64", time, step)
    return fn.op("mul", "i64", fn.op("add", "i64", whole, 1), step)
