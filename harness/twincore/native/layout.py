"""Where native code keeps things: one core's state, the machine's, instruction records and page tables.

Everything here is data that the emitter prints into native code and the executor reads back through ctypes.
"""

from __future__ import annotations

from twincore.isa import config, state

#: a0..a15 of the window are contiguous in memory: the registers after the 64th repeat the first twelve
MIRROR = 12
#: windows that start below this see no mirrored register
MIRROR_WINDOW = config.WINDOWS - MIRROR // 4


def _core_layout() -> tuple[dict[str, int], int]:
    offsets = {"ar": 0}
    at = (config.AR_COUNT + MIRROR) * 4
    for register in state.REGISTERS:
        if register.name not in ("ar", "windowbase"):
            offsets[register.name] = at
            at += 4 * register.count
    for name in WORDS:
        offsets[name] = at
        at += 4
    for name in REFUSED:
        offsets[name] = at
        at += 8 * (REFUSED_COUNT + 1)
    at = (at + 15) & ~15
    for name in LONGS:
        offsets[name] = at
        at += 8
    return offsets, (at + 63) & ~63


#: 32-bit words beside the architectural state
WORDS = (
    "index",  # which core this is
    "running",  # 0: held
    "attention",  # leave the handlers after this instruction
    "fault_cause",  # of a failed load, store or fetch, for raise_exception
    "fault_vaddr",
    "io_open",  # 1: the I/O window's region may be loaded and stored
    "closed_regions",  # regions that may not be loaded from and stored to, a bit each
    "counting",  # 1: ICOUNT was incremented for an instruction that has not begun yet
    "single",  # 1: stop the machine after the next instruction
    "stalled",  # 1: an access waits for a gate to open
    "lost",  # LOST: its double exception leaves all registers as they are (machine.executor, rule 10)
    "reset_asked",  # 1: the core asked for its own reset, carried out when the instruction is over
)
#: ranges that refuse loads or stores in pages of which a part allows them: pairs of words, the first address and the
#: one behind the last; a pair of zeros behind them
REFUSED = ("refused_loads", "refused_stores")
REFUSED_COUNT = 32
#: 64-bit words and pointers
LONGS = (
    "budget_left",  # cycles, written when handlers are left
    "window",  # host pointer to a0
    "plane0",
    "plane1",
    "plane2",  # the planes not in use: those for shut gates while they are open, and the other way round
    "plane3",
    "pages",
    "loop_ends",  # bitmap over the executable addresses
    "hooks",  # likewise: breakpoints
    "time",  # ticks at the start of the slice
    "limit",  # ticks, of the slice
    "slice_cycles",  # the same in cycles from the slice's start
    "consumed",  # cycles of the slice before the budget in hand
    "budget",  # cycles given to the handlers
    "ccount_end",  # CCOUNT when the budget is used up
    "instructions",
    "filling",  # cycles that are left of the filling of a line of code
    "deferred",  # ticks at which something another core did takes effect
    "machine",
)
CORE, CORE_SIZE = _core_layout()
PLANES = ("plane0", "plane1", "plane2", "plane3")

MACHINE_LONGS = (
    "next_event",
    "quantum",  # cycles
    "ticks_per_cycle",  # of the slice that runs
    "next_ticks_per_cycle",  # from the next slice on
    "until",
    "core0",
    "core1",
    "io_words",
    "io_mask",
    "io_python_read",
    "io_python_write",
    "io_counts",
    "io_snapshots",
    "lines",  # which lines of code are filled, a bit each
    "fill_ticks",
    "call_load",  # pointers to call-backs, see executor.py
    "call_store",
    "call_io_load",
    "call_io_store",
    "call_fetch_fault",
    "call_code_page",
    "call_hook",
    "call_host",
    "call_event",
    "open_core",  # index of the core whose slice a stop left open, else -1
)
MACHINE_WORDS = ("stop", "slice_end", "extended", "io_base", "io_size", "current", "lines_base", "lines_size")
#: "extended", 1: core 0's slice stands for several, between which core 1 does nothing but wait
MACHINE = {name: 8 * k for k, name in enumerate(MACHINE_LONGS)}
MACHINE.update({name: 8 * len(MACHINE_LONGS) + 4 * k for k, name in enumerate(MACHINE_WORDS)})
MACHINE_SIZE = (8 * len(MACHINE_LONGS) + 4 * len(MACHINE_WORDS) + 63) & ~63

# --- instruction records: 16 bytes for each byte of executable address space --------------------------------------
RECORD_HANDLER = 0  # int32: handler's address relative to @decode; 0 = not decoded yet
RECORD_BYTES = 4  # four uint8: register numbers and short immediates; eight where there is no decoded immediate
RECORD_IMMEDIATE = 8  # int32; of a jump target: distance in bytes of records
RECORD_COST = 12  # uint16: cycles
RECORD_OPCODE = 14  # uint16: number of the instruction | quarter of the window it reaches << 12

EXEC_BASE, EXEC_SPAN = 0x40000000, 0x21000000
#: records before and after, so that a jump from the edge cannot leave the array (the longest reach is 512 KiB)
EXEC_MARGIN = 1 << 20
PLANE_SIZE = (EXEC_SPAN + 2 * EXEC_MARGIN) * 16

#: fault_cause from here on is a debug exception: the bits of DEBUGCAUSE above
DEBUG_FAULT = 0x10000
#: fault_cause of an instruction that does not begin: the core goes back to its loop, and comes again
AGAIN_FAULT = 0x20000

#: values of `lost`; HOOKED while a breakpoint is passed: the host hears of each time, so that no cycles can be one
NOT_LOST, LOST, HOOKED = 0, 1, 2

#: results of decode_at
DECODED, FAILED, FILLING = 0, 1, 2

#: answers of the call-back at a breakpoint: go on, leave before the instruction, take the exception in fault_cause
HOOK_PASS, HOOK_STOP, HOOK_RAISE = 0, 1, 2

#: from here on, `python_write` of a word is the number of its snapshot
FIRST_SNAPSHOT = 16
SNAPSHOT_FIELDS = ("low", "high", "trigger", "done", "mask", "value", "since", "period_ticks")
"""What is kept of a machine.executor.CounterSnapshot, 64 bits each."""

# --- page tables: for each 4 KiB page of the guest a host address minus the guest address, 0 = not directly -------
PAGE_COUNT = 1 << 20
PAGE_TABLE_SIZE = PAGE_COUNT * 8
TABLES = (
    "read_word",
    "write_word",
    "read_any",  # sizes and alignments other than an aligned word
    "write_any",
    "fetch",
    "page",  # for whoever looks closer: with the PAGE_ flags of what is allowed there
    "code_alias",  # executable guest address of the page (not a host address)
)
#: flags in the low bits of a `page` entry: what is allowed there. The handlers' tables have no entry for a page that
#: holds decoded code, which stores must forget, or a data break, which every access must be held against, and for one
#: of which only a part is allowed (PAGE_PARTS)
PAGE_READ_WORD, PAGE_READ_ANY, PAGE_WRITE_WORD, PAGE_WRITE_ANY, PAGE_CODE, PAGE_PARTS = 1, 2, 4, 8, 16, 32
PAGE_TABLE = {name: k * PAGE_TABLE_SIZE for k, name in enumerate(TABLES)}
PAGE_TABLES_SIZE = len(TABLES) * PAGE_TABLE_SIZE
