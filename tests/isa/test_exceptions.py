"""Exceptions and interrupts: vectors, saved state, priorities, timers, waiting, on every executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twincore.isa import config

if TYPE_CHECKING:
    from conftest import Bench

CODE, IRAM, DRAM = 0x40371000, 0x40370000, 0x3FC90000
SOFTWARE = (7, 29)
NMI = 1 << config.NMI_INTERRUPT

# --- general exceptions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("um", "vector"), [(0, "kernel"), (1, "user")])
def test_vector_by_mode(bench: Bench, um: int, vector: str) -> None:
    ps = 0x40003 | um << 5
    assert bench.run("nop\nsyscall", ps=ps, excvaddr=0x55) == vector
    assert (bench["epc1"], bench["exccause"], bench["ps"]) == (CODE + 3, 1, ps | 0x10)
    assert (bench["excvaddr"], bench["depc"]) == (0x55, 0)


def test_double_exception_saves_in_depc(bench: Bench) -> None:
    assert bench.run("syscall", ps=0x10, epc1=0x1234) == "double"
    assert (bench["depc"], bench["epc1"], bench["exccause"], bench["ps"]) == (CODE, 0x1234, 1, 0x10)


def test_vectors_move_with_vecbase(bench: Bench) -> None:
    bench.load("nop", IRAM + 0x4300)
    bench.stop_at(IRAM + 0x4300)
    bench.load("syscall")
    bench["vecbase"], bench["pc"] = IRAM + 0x4000, CODE
    bench.go()
    assert bench["pc"] == IRAM + 0x4300


def test_rfe_clears_excm_and_goes_on(bench: Bench) -> None:
    handler = "rsr.epc1 a2\naddi a2, a2, 3\nwsr.epc1 a2\nrfe"
    assert bench.run("syscall\nrsr.ps a3", handlers={"user": handler}, ps=0x20) == "end"
    assert bench["a3"] == 0x20


def test_rfde_goes_on_at_depc_with_excm_set(bench: Bench) -> None:
    double = "rsr.depc a2\naddi a2, a2, 3\nwsr.depc a2\nrfde"
    assert bench.run("syscall\nrsr.ps a3", handlers={"double": double}, ps=0x10) == "end"
    assert bench["a3"] == 0x10


@pytest.mark.parametrize("level", range(2, 8))
def test_rfi_restores_what_the_level_saved(bench: Bench, level: int) -> None:
    registers = {f"epc{level}": CODE + 6, f"eps{level}": 0x60F23}
    assert bench.run(f"rfi {level}\nnop\nrsr.ps a2", ps=0x1F, **registers) == "end"
    assert bench["a2"] == 0x60F23


@pytest.mark.parametrize("level", [0, 1, 8, 15])
def test_rfi_of_a_level_that_is_not_there(bench: Bench, level: int) -> None:
    assert bench.run(f"rfi {level}") == "kernel"
    assert bench["exccause"] == 0


# --- access faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "a3", "cause"),
    [
        ("l32i a2, a3, 0", 0, 28),
        ("l8ui a2, a3, 0", 0x1FFFFFFF, 28),
        ("s32i a2, a3, 0", 0, 29),
        ("s8i a2, a3, 1", 0, 29),
        ("l32ai a2, a3, 0", 0, 28),
        ("s32c1i a2, a3, 0", 0, 28),
        ("s32ri a2, a3, 0", 0, 29),
        ("s32e a2, a3, -64", 0x40, 29),
    ],
)
def test_region_without_rights(bench: Bench, text: str, a3: int, cause: int) -> None:
    """The first region is closed as ESP-IDF closes it, so that a null pointer is caught."""
    bench.executor.cores[0].set("dtlb", 15, 0)
    program = "movi a4, 15\nmovi a5, 0\nwdtlb a4, a5\n" + text
    assert bench.run(program, a2=0x55, a3=a3) == "kernel"
    address = a3 + (1 if text.endswith(" 1") else -64 if text.endswith("-64") else 0)
    assert (bench["exccause"], bench["excvaddr"], bench["epc1"]) == (cause, address, CODE + 8 + 1)
    assert bench["a2"] == 0x55


@pytest.mark.parametrize("text", ["callx0 a3", "jx a3", "ret"])
def test_fetch_from_a_region_without_rights(bench: Bench, text: str) -> None:
    program = f"movi a4, 15\nmovi a5, 0\nwitlb a4, a5\n{text}"
    assert bench.run(program, a0=4, a3=4) == "kernel"
    assert (bench["exccause"], bench["excvaddr"], bench["epc1"]) == (20, 4, 4)


@pytest.mark.parametrize(
    ("text", "cause"),
    [("l32i a2, a3, 0", 15), ("s32i a2, a3, 0", 15), ("l16ui a2, a3, 2", 15), ("s32c1i a2, a3, 0", 15)],
)
def test_nothing_at_an_address(bench: Bench, text: str, cause: int) -> None:
    assert bench.run(text, a3=0x3FF00000) == "kernel"
    address = 0x3FF00002 if text[-1] == "2" else 0x3FF00000
    assert (bench["exccause"], bench["excvaddr"]) == (cause, address)
    assert [call[:3] for call in bench.host.calls] == [("unmapped", 0, address)]


@pytest.mark.parametrize(("text", "loaded"), [("l32i a2, a3, 0", 0), ("l8ui a2, a3, 1", 0), ("s32i a2, a3, 0", 0x55)])
def test_nothing_where_the_bus_answers(bench: Bench, text: str, loaded: int) -> None:
    bench.host.answers = lambda address: address >> 12 == 0x3FF00
    bench.run(f"{text}\nl32i a4, a3, 0", a2=0x55, a3=0x3FF00000, a4=1)
    assert (bench["a2"], bench["a4"]) == (loaded, 0)


@pytest.mark.parametrize("address", [0x3FF00000, 0x40100000, 0x70000000])
def test_fetch_where_nothing_is(bench: Bench, address: int) -> None:
    assert bench.run("jx a3", a3=address) == "kernel"
    assert (bench["exccause"], bench["excvaddr"], bench["epc1"]) == (14, address, address)


def test_fetch_that_crosses_into_nothing(bench: Bench) -> None:
    last = IRAM + 0xFFFE
    bench.load(".byte 0x20, 0x20", last)
    assert bench.run("jx a3", a3=last) == "kernel"
    assert (bench["exccause"], bench["excvaddr"], bench["epc1"]) == (14, IRAM + 0x10000, last)


@pytest.mark.parametrize(
    "text",
    ["l8ui a2, a3, 0", "l16ui a2, a3, 0", "l16si a2, a3, 0", "l32i a2, a4, 0", "s8i a2, a3, 0", "s16i a2, a3, 0"],
)
def test_instruction_bus_takes_whole_words_only(bench: Bench, text: str) -> None:
    assert bench.run(text, a2=0x55, a3=IRAM + 0x8000, a4=IRAM + 0x8002) == "kernel"
    assert (bench["exccause"], bench["excvaddr"]) == (3, bench["a4" if "a4" in text else "a3"])
    assert (bench["a2"], bench.word(IRAM + 0x8000)) == (0x55, 0)


def test_instruction_bus_takes_words(bench: Bench) -> None:
    assert bench.run("s32i a2, a3, 0\nl32i a4, a3, 0", a2=0x12345678, a3=IRAM + 0x8000) == "end"
    assert bench["a4"] == bench.word(0x3FC88000) == 0x12345678


@pytest.mark.parametrize("text", ["s8i a2, a3, 0", "s32i a2, a3, 0", "s32c1i a2, a3, 0"])
def test_store_to_read_only_memory(bench: Bench, text: str) -> None:
    assert bench.run(text, a2=1, a3=0x3C000000, scompare1=0) == "kernel"
    assert (bench["exccause"], bench["excvaddr"], bench.word(0x3C000000)) == (3, 0x3C000000, 0)


def test_compare_and_store_that_stores_nothing_may_read_only_memory(bench: Bench) -> None:
    assert bench.run("s32c1i a2, a3, 0", a2=1, a3=0x3C000000, scompare1=5) == "end"
    assert bench["a2"] == 0


def test_rtc_memory_takes_everything(bench: Bench) -> None:
    bench.load("movi a4, 9\nret", 0x600FE100)
    program = "s16i a2, a3, 0\nl16ui a5, a3, 0\nl32i a6, a8, 0\ncallx0 a7"
    assert bench.run(program, a2=0xABCD, a3=0x600FE001, a7=0x600FE100, a8=0x600FE000) == "end"
    assert (bench["a4"], bench["a5"], bench["a6"]) == (9, 0xABCD, 0xABCD00)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("l32i a2, a3, 8", ("io_read", 0, 0x60000008, 4)),
        ("l16ui a2, a3, 2", ("io_read", 0, 0x60000002, 2)),
        ("l8ui a2, a3, 3", ("io_read", 0, 0x60000003, 1)),
        ("s32i a4, a3, 8", ("io_write", 0, 0x60000008, 4, 0xAABBCCDD)),
        ("s16i a4, a3, 2", ("io_write", 0, 0x60000002, 2, 0xCCDD)),
        ("s8i a4, a3, 3", ("io_write", 0, 0x60000003, 1, 0xDD)),
    ],
)
def test_register_of_a_peripheral(bench: Bench, text: str, call: tuple[object, ...]) -> None:
    bench.host.io = {0x60000008: 0x11, 0x60000002: 0x22, 0x60000003: 0x33}
    assert bench.run(text, a3=0x60000000, a4=0xAABBCCDD) == "end"
    assert bench.host.calls == [call]
    if call[0] == "io_read":
        assert bench["a2"] == bench.host.io[call[2]]


def test_plain_register_of_a_peripheral_asks_nobody(bench: Bench) -> None:
    io = bench.executor.io
    io.python_read[64] = io.python_write[64] = 0
    io.words[64], io.write_mask[64] = 0x11223344, 0x00FFFF00
    try:
        program = "l32i a4, a3, 0\nl8ui a5, a3, 2\ns8i a2, a3, 1\ns16i a2, a3, 2\nl32i a6, a3, 0"
        assert bench.run(program, a2=0xAABBCCDD, a3=0x60000100) == "end"
        assert (bench["a4"], bench["a5"], bench["a6"]) == (0x11223344, 0x22, 0x11DDDD44)
        assert bench.host.calls == []
    finally:
        io.python_read[64] = io.python_write[64] = 1


@pytest.mark.parametrize("text", ["l32i a2, a3, 0", "l16ui a2, a4, 0", "s32i a2, a3, 0", "s16i a2, a4, 0"])
def test_unaligned_register_of_a_peripheral(bench: Bench, text: str) -> None:
    assert bench.run(text, a3=0x60000002, a4=0x60000001) == "kernel"
    assert (bench["exccause"], bench["excvaddr"]) == (9, bench["a4" if "a4" in text else "a3"])


# --- interrupts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(32))
def test_level_of_each_interrupt(bench: Bench, number: int) -> None:
    """Each request, alone and enabled, goes to the vector of its level."""
    level = next(level for level, numbers in config.LEVEL_INTERRUPTS.items() if number in numbers)
    core = bench.executor.cores[0]
    if 1 << number & config.EXTERNAL_INTERRUPTS:
        bench.executor.set_lines(0, 1 << number)
    else:
        core.set("interrupt", 1 << number)
    result = bench.run("nop\nnop", ps=0x40020, intenable=0xFFFFFFFF)
    assert result == ("user" if level == 1 else f"level{level}")
    if level == 1:
        assert (bench["epc1"], bench["exccause"], bench["ps"]) == (CODE, 4, 0x40030)
    else:
        assert (bench[f"epc{level}"], bench[f"eps{level}"], bench["ps"]) == (CODE, 0x40020, 0x40030 | level)


@pytest.mark.parametrize("number", range(32))
def test_interrupt_that_is_not_enabled(bench: Bench, number: int) -> None:
    bench.executor.cores[0].set("interrupt", 1 << number)
    expected = "level7" if number == config.NMI_INTERRUPT else "end"
    assert bench.run("nop\nnop", intenable=0xFFFFFFFF & ~(1 << number)) == expected


@pytest.mark.parametrize("excm", [0, 1])
@pytest.mark.parametrize("intlevel", range(16))
@pytest.mark.parametrize(("number", "level"), [(7, 1), (19, 2), (29, 3), (24, 4), (31, 5), (14, 7)])
def test_masking_by_level(bench: Bench, number: int, level: int, intlevel: int, excm: int) -> None:
    """An interrupt is taken above CINTLEVEL: PS.INTLEVEL, and at least 3 while PS.EXCM is set; NMI always."""
    bench.executor.cores[0].set("interrupt", 1 << number)
    current = max(intlevel, 3) if excm else intlevel
    taken = level == 7 or level > current
    vector = "kernel" if level == 1 else f"level{level}"
    assert bench.run("nop", ps=intlevel | excm << 4, intenable=0xFFFFFFFF) == (vector if taken else "end")


def test_highest_level_goes_first(bench: Bench) -> None:
    bench.executor.cores[0].set("interrupt", 1 << 7 | 1 << 19 | 1 << 29 | 1 << 24 | 1 << 31)
    assert bench.run("nop", intenable=0xFFFFFFFF) == "level5"


def test_nested_interrupts_return_in_order(bench: Bench) -> None:
    """A level 1 handler clears EXCM and requests level 3, which comes at once and returns into it."""
    program = """
        .literal int29, 0x20000000
    level1:
        addi    a4, a4, 1
        rsr.epc1 a8
        movi    a3, 128
        wsr.intclear a3
        movi    a3, 1
        wsr.ps  a3
        l32r    a3, int29
        wsr.intset a3
        addi    a4, a4, 4
        movi    a3, 0x11
        wsr.ps  a3
        wsr.epc1 a8
        rfe
    level3:
        l32r    a3, int29
        wsr.intclear a3
        addi    a5, a4, 0
        rsr.eps3 a6
        rsr.epc3 a7
        addi    a4, a4, 2
        rfi     3
    start:
        movi    a3, 128
        wsr.intset a3
        movi    a9, 9
    """
    handlers = {"kernel": "j level1", "level3": "j level3"}
    behind = bench.load(program)
    for name, handler in handlers.items():
        bench.vector(name, handler)
    bench.stop_at(behind)
    bench["intenable"], bench["pc"] = 1 << 7 | 1 << 29, bench.symbols["start"]
    bench.go()
    assert (bench["a4"], bench["a5"], bench["a6"]) == (7, 1, 1)
    assert bench["a7"] == bench.symbols["level1"] + 24
    assert (bench["a9"], bench["ps"]) == (9, 1)


def test_level_request_follows_its_line(bench: Bench) -> None:
    bench.executor.set_lines(0, 1 << 3)
    assert bench["interrupt"] == 1 << 3
    assert bench.run("wsr.intclear a2\nrsr.interrupt a3", a2=0xFFFFFFFF) == "end"
    assert bench["a3"] == 1 << 3
    bench.executor.set_lines(0, 0)
    assert bench["interrupt"] == 0


@pytest.mark.parametrize("number", [10, 22, 28, 30])
def test_edge_request_stays_until_it_is_cleared(bench: Bench, number: int) -> None:
    bench.executor.set_lines(0, 1 << number)
    bench.executor.set_lines(0, 0)
    assert bench["interrupt"] == 1 << number
    bench.executor.set_lines(0, 1 << number)
    assert bench.run("wsr.intclear a2\nrsr.interrupt a3", a2=1 << number) == "end"
    assert bench["a3"] == 0


def test_nmi_is_taken_once_for_each_edge(bench: Bench) -> None:
    bench.executor.set_lines(0, NMI)
    handler = "addi a2, a2, 1\nrfi 7"
    assert bench.run("nop\nnop\nnop", handlers={"level7": handler}, ps=15) == "end"
    assert (bench["a2"], bench["interrupt"]) == (1, 0)


@pytest.mark.parametrize("number", SOFTWARE)
def test_software_requests_itself(bench: Bench, number: int) -> None:
    assert bench.run("wsr.intset a2\nrsr.interrupt a3\nwsr.intclear a2\nrsr.interrupt a4", a2=1 << number) == "end"
    assert (bench["a3"], bench["a4"]) == (1 << number, 0)


def test_only_software_interrupts_can_be_set(bench: Bench) -> None:
    assert bench.run("wsr.intset a2\nrsr.interrupt a3", a2=0xFFFFFFFF) == "end"
    assert bench["a3"] == 1 << 7 | 1 << 29


def test_request_is_taken_right_after_the_instruction_that_makes_it(bench: Bench) -> None:
    assert bench.run("wsr.intset a2\nnop", a2=1 << 7, intenable=1 << 7) == "kernel"
    assert bench["epc1"] == CODE + 3


def test_request_is_taken_right_after_the_level_drops(bench: Bench) -> None:
    assert bench.run("wsr.intset a2\nrsil a4, 0\nnop", a2=1 << 7, intenable=1 << 7, ps=1) == "kernel"
    assert bench["epc1"] == CODE + 6


def test_request_is_taken_right_after_it_is_enabled(bench: Bench) -> None:
    assert bench.run("wsr.intset a2\nwsr.intenable a2\nnop", a2=1 << 29) == "level3"
    assert bench["epc3"] == CODE + 6


def test_interrupt_costs_no_cycle(bench: Bench) -> None:
    assert bench.run("wsr.intset a2\nnop", a2=1 << 7, intenable=1 << 7, ccount=50) == "kernel"
    assert bench["ccount"] == 51


# --- timers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("timer", "vector"), [(0, "kernel"), (1, "level3"), (2, "level5")])
def test_timer_interrupts_exactly(bench: Bench, timer: int, vector: str) -> None:
    """CCOUNT, incremented after the fifth instruction, equals CCOMPARE: the sixth one is not executed."""
    core = bench.executor.cores[0]
    core.write("ccount", 1000)
    core.write(f"ccompare{timer}", 1005)
    assert bench.run("\n".join(["addi a2, a2, 1"] * 20), intenable=0xFFFFFFFF) == vector
    assert (bench["a2"], bench["ccount"]) == (5, 1005)


def test_writing_ccompare_takes_the_request_back(bench: Bench) -> None:
    bench["ccount"], bench["ccompare0"] = 10, 12
    assert bench.run("nop\nnop\nnop\nrsr.interrupt a2\nwsr.ccompare0 a4\nrsr.interrupt a3", a4=0x80000000) == "end"
    assert (bench["a2"], bench["a3"]) == (1 << 6, 0)


def test_timer_matches_across_the_wrap(bench: Bench) -> None:
    bench["ccount"], bench["ccompare0"] = 0xFFFFFFFE, 1
    assert bench.run("\n".join(["addi a2, a2, 1"] * 9), intenable=1 << 6) == "kernel"
    assert (bench["a2"], bench["ccount"]) == (3, 1)


def test_ccompare_that_is_hit_by_the_writing_instruction(bench: Bench) -> None:
    assert bench.run("wsr.ccompare0 a2\nnop", a2=101, ccount=100, intenable=1 << 6) == "kernel"
    assert (bench["epc1"], bench["ccount"]) == (CODE + 3, 101)


# --- waiting ------------------------------------------------------------------------------------------------------


def test_waiti_waits_for_a_timer(bench: Bench) -> None:
    bench["ccount"], bench["ccompare0"] = 100, 2000
    assert bench.run("waiti 0\nmovi a2, 1", ps=15, intenable=1 << 6) == "kernel"
    assert (bench["epc1"], bench["ccount"], bench["ps"]) == (CODE + 3, 2000, 0x10)
    assert (bench["a2"], bench.executor.cores[0].waiting) == (0, False)


def test_waiti_goes_on_after_the_handler(bench: Bench) -> None:
    handler = "movi a3, 0\nwsr.intenable a3\nrfe"
    bench["ccompare0"] = 500
    assert bench.run("waiti 0\nmovi a2, 1", handlers={"kernel": handler}, intenable=1 << 6) == "end"
    assert bench["a2"] == 1


def test_waiti_with_a_request_pending_does_not_wait(bench: Bench) -> None:
    bench.executor.cores[0].set("interrupt", 1 << 7)
    assert bench.run("waiti 0", ps=1, intenable=1 << 7) == "kernel"
    assert bench["ccount"] == 1


def test_waiti_ends_by_a_line_that_an_event_raises(bench: Bench) -> None:
    start = bench.executor.now_ticks()
    bench.executor.set_next_event(start + 4 * 777)
    bench.host.on_event = lambda: bench.executor.set_lines(0, 1 << 5)
    assert bench.run("waiti 0", intenable=1 << 5) == "kernel"
    assert bench["ccount"] == 777


def test_waiti_ignores_masked_requests(bench: Bench) -> None:
    bench["ccompare0"], bench["ccompare2"] = 100, 300
    assert bench.run("waiti 4", intenable=0xFFFFFFFF) == "level5"
    assert bench["ccount"] == 300
