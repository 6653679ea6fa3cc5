"""The machine around a fake executor: memory map, I/O, events, interrupts, core control, resets, digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore.errors import PeripheralError, PlatformError, UnmodelledError, UsageError
from twincore.machine.clocks import to_ns, to_ticks
from twincore.machine.executor import Access, BusKind
from twincore.machine.machine import CHUNK_TICKS, RESCUE_TICKS, Machine, StopReason

CYCLE = 22848  # ticks at 40 MHz
CONTROL, TIMER, TABLE = 0x60000000, 0x60001F80, 0x600C5000
RUN, SOURCE, RESTART, SPEED = CONTROL, CONTROL + 4, CONTROL + 8, CONTROL + 12
AT, COUNT, NOW = TIMER, TIMER + 4, TIMER + 8
STALL, CLOCK, HOLD = 1, 2, 4
SRAM = 0x3FC88000


def forever(core: Any) -> Iterator[None]:
    """Count in the first word of SRAM's second page, for ever."""
    while True:
        core.store(SRAM + 0x1000, core.load(SRAM + 0x1000) + 1)
        yield


def writes(*stores: tuple[int, int]) -> Callable[[Any], Iterator[None]]:
    """A program that stores words, one a cycle, then waits."""

    def program(core: Any) -> Iterator[None]:
        for address, value in stores:
            core.store(address, value)
            yield

    return program


# Memory


def test_alias_is_the_same_memory(machine: Machine) -> None:
    machine.memory_map.poke(0x40378010, b"\x01\x02\x03\x04")
    assert machine.memory_map.peek(0x3FC88010, 4) == b"\x01\x02\x03\x04"


def test_last_part_of_the_rom_is_seen_as_data(machine: Machine) -> None:
    machine.memory_map.poke(0x40001000, b"rom!")
    assert machine.memory_map.peek(0x3FF00000, 4) == b"rom!"


def test_rtc_memory_lies_inside_the_io_window(machine: Machine, fake: Any) -> None:
    machine.memory_map.poke(0x600FE004, b"abcd")
    assert fake.maps[0x600FE000 >> 12][2] is BusKind.BOTH
    assert machine.memories["rtc_fast"].read(4, 4) == b"abcd"


def test_poke_tells_the_executor(machine: Machine, fake: Any) -> None:
    fake.wrote.clear()
    machine.memory_map.poke(SRAM + 0xFFE, b"1234")
    assert fake.wrote == [("sram", 0xFFE, 4)]


def test_rom_is_read_only_for_the_guest(fake: Any) -> None:
    assert fake.maps[0x40000000 >> 12][3] is False
    assert fake.maps[0x40378000 >> 12][3] is True


def test_peek_of_nothing_says_what_to_do(machine: Machine) -> None:
    with pytest.raises(UsageError) as error:
        machine.memory_map.peek(0x10, 4)
    assert str(error.value) == (
        "memory at 0x00000010: expected an address with memory or a register, got one where nothing is mapped; "
        "at 0.000000000 s; check the address; external memory is there after firmware has mapped it"
    )


def test_power_on_content_depends_on_the_seed(make_machine: Callable[..., Machine]) -> None:
    contents = [make_machine(seed=seed).memory_map.peek(SRAM, 64) for seed in (1, 1, 2)]
    assert contents[0] == contents[1] != contents[2]


def test_sram_zero(make_machine: Callable[..., Machine]) -> None:
    assert make_machine(sram="zero").memory_map.peek(SRAM, 64) == bytes(64)


@pytest.mark.parametrize("domain", ["core0", "core1", "system", "rtc"])
def test_memory_outlives_resets(machine: Machine, domain: str) -> None:
    machine.memory_map.poke(SRAM, b"kept")
    machine.reset(domain)
    assert machine.memory_map.peek(SRAM, 4) == b"kept"


def test_power_on_keeps_flash_and_rom_only(machine: Machine) -> None:
    for name in ("flash", "rom", "sram"):
        machine.memories[name].write(0, b"data")
    machine.power_on()
    assert [machine.memories[name].read(0, 4) == b"data" for name in ("flash", "rom", "sram")] == [True, True, False]


# MMU


def test_invalid_page_is_unmapped(machine: Machine) -> None:
    with pytest.raises(UsageError):
        machine.memory_map.peek(0x42000000, 4)


def test_flash_page_is_seen_in_both_windows_read_only(machine: Machine, fake: Any) -> None:
    machine.memories["flash"].write(0x30000, b"code")
    fake.cores[0].store(TABLE + 4, 3)
    assert machine.memory_map.peek(0x42010000, 4) == machine.memory_map.peek(0x3C010000, 4) == b"code"
    assert [fake.maps[base >> 12][2:] for base in (0x42010000, 0x3C010000)] == [
        (BusKind.INSTRUCTION, False),
        (BusKind.DATA, False),
    ]


def test_psram_page_is_writable_as_data(machine: Machine, fake: Any) -> None:
    fake.cores[0].store(TABLE, 0x8001)
    assert fake.maps[0x3C000000 >> 12] == (machine.memories["psram"], 0x10000, BusKind.DATA, True)
    assert fake.maps[0x42000000 >> 12][3] is False


def test_page_goes_away_when_its_entry_becomes_invalid(machine: Machine, fake: Any) -> None:
    fake.cores[0].store(TABLE, 1)
    fake.cores[0].store(TABLE, 0x4000)
    assert 0x42000000 >> 12 not in fake.maps


def test_page_behind_the_flash_is_one_of_its_own_and_a_diagnostic(machine: Machine, fake: Any) -> None:
    """The chip has no address lines above its size."""
    fake.cores[0].store(TABLE + 8, 0x3FF)
    assert machine.diagnostics.kept[-1].text == "MMU entry 2: page at 0x3ff0000 of flash, the board has 0x100000 bytes"
    assert fake.maps[0x42020000 >> 12][:2] == (machine.memories["flash"], 0xF_0000)


# Peripherals


def test_plain_register_needs_no_python(machine: Machine, fake: Any) -> None:
    index = TIMER + 4 - 0x60000000 >> 2
    assert fake.io.python_read[index] == 0
    assert fake.io.python_write[index] == 1


def test_byte_accesses_reach_the_right_byte(machine: Machine) -> None:
    machine.io_write(0, SPEED + 1, 1, 0xAB)
    assert machine.clocks["cpu"].period_ticks == 0xAB00
    assert machine.io_read(0, SPEED + 1, 1) == 0xAB
    assert machine.io_read(0, SPEED, 2) == 0xAB00


def test_two_blocks_may_share_a_slot(make_machine: Callable[..., Machine], toy: Any) -> None:
    text = toy.read_text().replace("base = 0x60001F80", "base = 0x60000100")
    toy.write_text(text + '[[peripheral]]\nname = "T2"\nclass = "blocks.py:Timer"\nbase = 0x60000180\n')
    machine = make_machine()
    assert machine.io_read(0, 0x60000188, 4) == machine.io_read(0, 0x60000108, 4) == 0
    assert not machine.unmodelled.counts()


def test_unmodelled_access_is_counted_and_logged_once(machine: Machine, fake: Any) -> None:
    fake.cores[0].load(0x60050004)
    fake.cores[0].store(0x60050004, 5)
    fake.cores[0].load(CONTROL + 0x40)
    fake.cores[0].store(CONTROL + 0x40, 7)
    assert (fake.cores[0].load(0x60050004), fake.cores[0].load(CONTROL + 0x40)) == (5, 7)
    assert machine.unmodelled.counts() == {"0x60050004": 3, "CONTROL+0x40": 3}
    assert [str(item) for item in machine.diagnostics.kept] == [
        "[0.000000000 s core 0 pc 0x40000400] unmodelled: 0x60050004",
        "[0.000000000 s core 0 pc 0x40000400] unmodelled: CONTROL+0x40",
    ]


def test_unmodelled_word_keeps_what_is_written(fake: Any) -> None:
    fake.cores[0].store(0x60050004, 0x12345678)
    assert fake.cores[0].load(0x60050006, 1) == 0x34


def test_unmodelled_access_can_be_an_error(make_machine: Callable[..., Machine]) -> None:
    machine = make_machine(unmodelled="error")
    core: Any = machine.executor.cores[0]
    core.start(writes((SRAM, 1), (0x60050000, 1), (SRAM, 2)))
    with pytest.raises(UnmodelledError) as error:
        machine.run_for(100 * CYCLE)
    assert str(error.value) == (
        "0x60050000: expected something that twincore models, got an access to this; "
        "at 0.000000025 s, core 0, pc 0x40000400; "
        "run without the option that makes this an error, or add a model of the register"
    )
    assert machine.memory_map.peek_word(SRAM) == 1


def test_unmapped_access_is_a_diagnostic(machine: Machine, fake: Any) -> None:
    fake.cores[1].load(0x10, 2)
    assert machine.diagnostics.kept[0].text == "load of 2 bytes at 0x00000010, where no memory is mapped"


@pytest.mark.parametrize(
    ("address", "answers"), [(0x60FFE01C, True), (0x60FFFFFC, True), (0x61000000, False), (0x5FFFFFFC, False)]
)
def test_bus_answers_within_its_reach(machine: Machine, fake: Any, address: int, answers: bool) -> None:
    assert fake.host.unmapped(0, address, 4, Access.LOAD) is answers
    assert fake.host.unmapped(0, address, 1, Access.STORE) is answers
    assert not fake.host.unmapped(0, address, 4, Access.FETCH)
    where = f"at {address:#010x}, where no memory is mapped"
    assert [diagnostic.text for diagnostic in machine.diagnostics.kept] == [
        f"load of 4 bytes {where}{'; the bus answers 0' if answers else ''}",
        f"store of 1 bytes {where}{'; the bus drops it' if answers else ''}",
        f"fetch of 4 bytes {where}",
    ]


def test_exception_of_a_peripheral_ends_the_run(machine: Machine, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(value: int) -> None:
        raise ZeroDivisionError("broken model")

    monkeypatch.setattr(machine.peripherals["TIMER"], "_writers", [broken] * 32)
    fake.cores[0].start(writes((AT, 1), (SRAM, 77)))
    with pytest.raises(PeripheralError) as error:
        machine.run_for(10 * CYCLE)
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert "expected Python code that carries it out, got ZeroDivisionError: broken model" in str(error.value)
    assert "test_machine.py, line" in error.value.next_step
    machine.run_for(10 * CYCLE)
    assert machine.memory_map.peek_word(SRAM) == 77


# Events and time


def test_event_comes_at_its_time(machine: Machine, fake: Any) -> None:
    timer: Any = machine.peripherals["TIMER"]
    fake.cores[0].start(writes((AT, 1000 * CYCLE + 5)))
    machine.run_for(999 * CYCLE)
    assert timer.fired == 0
    machine.run_for(10 * CYCLE)
    assert (timer.fired, timer.at) == (1, 1000 * CYCLE + 5)


def test_scheduling_again_moves_the_event(machine: Machine, fake: Any) -> None:
    timer: Any = machine.peripherals["TIMER"]
    fake.cores[0].start(writes((AT, 10 * CYCLE), (AT, 20 * CYCLE)))
    machine.run_for(15 * CYCLE)
    assert timer.fired == 0
    machine.run_for(15 * CYCLE)
    assert timer.at == 21 * CYCLE


def test_run_goes_on_after_a_pause_as_without_it(make_machine: Callable[..., Machine]) -> None:
    digests = []
    for stops in ([], range(1000), [7, 507]):
        machine = make_machine(quantum_cycles=64)
        cores: Any = machine.executor.cores
        cores[0].start(writes((RUN, CLOCK), (AT, 333 * CYCLE), *[(SRAM, n) for n in range(900)]))
        cores[1].program = forever
        cores[1].start(forever)
        for stop in stops:
            machine.run_until(stop * CYCLE)
        machine.run_until(1100 * CYCLE)
        digests.append(machine.digest())
    assert len(set(digests)) == 1


def test_ns_and_ticks() -> None:
    assert to_ticks(1) == 914
    assert to_ns(914) == 1
    assert to_ns(913) == 0
    assert to_ns(to_ticks(10**18)) == 10**18


def test_cpu_clock_reaches_the_executor(machine: Machine, fake: Any) -> None:
    assert fake.period == CYCLE
    fake.cores[0].store(SPEED, 3808)
    assert fake.period == 3808
    machine.power_on()
    assert fake.period == CYCLE


def test_stop_request_of_a_listener(machine: Machine, fake: Any) -> None:
    fake.cores[0].start(writes((AT, 100 * CYCLE)))
    machine.wiring.serial_ports["TIMER"].listen(lambda time, data: machine.request_stop())
    assert machine.run_for(1000 * CYCLE) is StopReason.REQUESTED
    assert machine.time_ticks == 100 * CYCLE
    assert machine.run_until(200 * CYCLE) in (StopReason.TIME, StopReason.DEAD)


def test_dead_machine(machine: Machine, fake: Any) -> None:
    fake.cores[0].start(writes((SRAM, 1)))
    assert machine.run_for(100 * CYCLE) is StopReason.DEAD


def test_core_with_a_timer_interrupt_is_not_dead(machine: Machine, fake: Any) -> None:
    fake.cores[0].registers.update(ps=0, intenable=1 << 6)
    fake.cores[0].start(writes((SRAM, 1)))
    assert machine.run_for(100 * CYCLE) is StopReason.TIME


@pytest.mark.parametrize(
    ("ps", "intenable", "dead"),
    [
        (0x00, 0, True),
        (0x00, 1 << 0, False),
        (0x01, 1 << 0, True),
        (0x10, 1 << 0, True),
        (0x0F, 0xFFFFFFFF, True),
        (0x02, 1 << 22, False),
    ],
)
def test_core_that_no_interrupt_can_wake_is_dead_when_no_watchdog_comes(
    make_machine: Callable[..., Machine], ps: int, intenable: int, dead: bool
) -> None:
    machine = make_machine(quantum_cycles=1_000_000)
    core: Any = machine.executor.cores[0]
    core.registers.update(ps=ps, intenable=intenable)
    core.start(writes((AT, 1 << 30), (0x600C2000, 1)))
    machine.schedule(1 << 60, "TIMER", "alarm", (1,))
    assert machine.run_for(RESCUE_TICKS - CHUNK_TICKS) is StopReason.TIME
    assert machine.run_for(3 * CHUNK_TICKS) is (StopReason.DEAD if dead else StopReason.TIME)


def test_waiting_core_with_an_event_to_come_is_not_dead(machine: Machine, fake: Any) -> None:
    fake.cores[0].start(writes((AT, 1000 * CYCLE)))
    assert machine.run_for(100 * CYCLE) is StopReason.TIME


# Interrupts and core control


def test_source_reaches_both_cores_lines(machine: Machine, fake: Any) -> None:
    fake.cores[0].store(SOURCE, 1)
    assert [core.lines for core in fake.cores] == [1 << 5, 1 << 5]
    fake.cores[0].store(SOURCE, 0)
    assert [core.lines for core in fake.cores] == [0, 0]


@pytest.mark.parametrize(
    ("value", "running"),
    [
        (HOLD, False),
        (CLOCK, True),
        (CLOCK | HOLD, False),
        (CLOCK | STALL, False),
        (0, False),
        (CLOCK | STALL | HOLD, False),
    ],
)
def test_core_1_runs_when_nothing_holds_it(machine: Machine, fake: Any, value: int, running: bool) -> None:
    fake.cores[0].store(RUN, value)
    assert fake.cores[1].running is running
    assert fake.cores[0].running


def test_core_1_is_held_at_power_on(fake: Any) -> None:
    assert [core.running for core in fake.cores] == [True, False]


def test_core_1_can_be_released_again(machine: Machine, fake: Any) -> None:
    fake.cores[1].program = forever
    fake.cores[0].start(writes((RUN, CLOCK | HOLD), (RUN, CLOCK), (SRAM, 0), (RUN, CLOCK | HOLD), (RUN, CLOCK)))
    machine.memory_map.poke(SRAM + 0x1000, bytes(4))
    machine.run_for(3 * CYCLE)
    resets = fake.cores[1].resets
    machine.run_for(20 * CYCLE)
    assert fake.cores[1].resets == resets + 1
    assert fake.cores[1].running
    assert machine.memory_map.peek_word(SRAM + 0x1000) > 10


def test_stalled_core_goes_on_where_it_was(machine: Machine, fake: Any) -> None:
    fake.cores[1].program = forever
    fake.cores[0].start(
        writes((RUN, CLOCK | HOLD), (RUN, CLOCK), (SRAM, 0), (RUN, CLOCK | STALL), (SRAM, 0), (RUN, CLOCK))
    )
    machine.run_for(3 * CYCLE)
    resets = fake.cores[1].resets
    machine.run_for(20 * CYCLE)
    assert fake.cores[1].resets == resets


def test_core_1_runs_on_when_core_0_alone_is_reset(machine: Machine, fake: Any) -> None:
    fake.cores[1].start(forever)
    fake.cores[0].start(writes((RUN, CLOCK), (RESTART, 3)))
    fake.cores[0].program = None
    machine.run_for(50 * CYCLE)
    before = machine.memory_map.peek_word(SRAM + 0x1000)
    resets = [core.resets for core in fake.cores]
    machine.run_for(50 * CYCLE)
    assert machine.memory_map.peek_word(SRAM + 0x1000) >= before + 49
    assert machine.resets[-1][1:] == ("core0", 3)
    assert resets[0] > resets[1] - 1
    assert fake.cores[1].running


def test_system_reset_holds_core_1_again(machine: Machine, fake: Any) -> None:
    fake.cores[1].program = forever
    fake.cores[0].start(writes((RUN, CLOCK), (RESTART, 2)))
    machine.run_for(2 * CYCLE)
    assert not fake.cores[1].running
    assert machine.diagnostics.kept[-1].text == "system, RTC_SW_SYS_RST"


def test_reset_comes_after_the_instruction_that_asks_for_it(machine: Machine, fake: Any) -> None:
    def program(core: Any) -> Iterator[None]:
        core.store(RESTART, 2)
        core.store(SRAM, core.resets)  # the same instruction: the core is not reset yet
        yield
        while True:
            yield

    before = fake.cores[0].resets
    fake.cores[0].start(program)
    fake.cores[0].program = None
    machine.run_for(5 * CYCLE)
    assert machine.memory_map.peek_word(SRAM) == before
    assert fake.cores[0].resets == before + 1


def test_lines_follow_their_signals_after_a_reset(machine: Machine, fake: Any) -> None:
    fake.cores[0].store(SOURCE, 1)
    machine.reset("system")
    assert fake.cores[0].lines == 0


# Pins


def test_board_drives_its_pins_at_power_on(machine: Machine) -> None:
    assert machine.wiring.pins[5].level == 1
    machine.wiring.pins[5].drive(0)
    machine.power_on()
    assert machine.wiring.pins[5].level == 1


def test_wire_joins_two_pins(make_machine: Callable[..., Machine], toy: Any) -> None:
    toy.write_text(toy.read_text() + "[[wire]]\nsource = 4\nto = 5\n")
    machine = make_machine()
    core: Any = machine.executor.cores[0]
    core.store(COUNT, 0)
    core.store(COUNT, 1)
    core.store(COUNT, 0)
    assert machine.wiring.pins[5].level == 0


# Semihosting and breakpoints


def test_semihosting_writes_and_exits(machine: Machine, fake: Any) -> None:
    heard: list[bytes] = []
    machine.semihosting.listeners.append(heard.append)
    machine.memory_map.poke(SRAM, b"hello")

    def program(core: Any) -> Iterator[None]:
        core.registers.update(a2=4, a3=1, a4=SRAM, a5=5)
        machine.simcall(0)
        yield
        core.registers.update(a2=1, a3=3)
        machine.simcall(0)
        yield

    fake.cores[0].start(program)
    assert machine.run_for(100 * CYCLE) is StopReason.EXIT
    assert (heard, machine.exit_status) == ([b"hello"], 3)


@pytest.mark.parametrize(
    ("arguments", "result"),
    [((4, 7, SRAM, 5), 9), ((4, 1, 0x10, 5), 14), ((99, 0, 0, 0), 88)],
    ids=["bad descriptor", "bad address", "unknown call"],
)
def test_semihosting_refuses(machine: Machine, fake: Any, arguments: tuple[int, ...], result: int) -> None:
    fake.cores[0].registers.update({f"a{n + 2}": value for n, value in enumerate(arguments)})
    machine.simcall(0)
    assert (fake.cores[0].read("a2"), fake.cores[0].read("a3")) == (0xFFFFFFFF, result)


# Digest


def test_digest_is_equal_for_equal_runs(make_machine: Callable[..., Machine]) -> None:
    digests = set()
    for _ in range(2):
        machine = make_machine(seed=5)
        core: Any = machine.executor.cores[0]
        core.start(forever)
        machine.run_for(1000 * CYCLE)
        digests.add(machine.digest())
    assert len(digests) == 1
    assert digests.pop().startswith("sha256:")


@pytest.mark.parametrize("change", ["memory", "output", "register", "core", "event", "clock", "pin"])
def test_digest_depends_on_all_state(machine: Machine, fake: Any, change: str) -> None:
    before = machine.digest()
    match change:
        case "memory":
            machine.memory_map.poke(SRAM, bytes([machine.memory_map.peek(SRAM, 1)[0] ^ 1]))
        case "output":
            machine.wiring.serial_ports["TIMER"].emit(0, b"x")
        case "register":
            machine.peripherals["MATRIX0"].words[0] = 1
        case "core":
            fake.cores[1].registers["a5"] = 1
        case "event":
            machine.schedule(10**12, "TIMER", "alarm", (0,))
        case "clock":
            machine.clocks["apb"].set_period(5)
        case "pin":
            machine.wiring.pins[4].drive(1)
    assert machine.digest() != before


@pytest.mark.parametrize("options", [{"seed": 2}, {"quantum_cycles": 2}, {"sram": "zero"}])
def test_digest_has_the_fingerprint(make_machine: Callable[..., Machine], options: dict[str, object]) -> None:
    assert make_machine().digest() != make_machine(**options).digest()


# Bad use


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantum_cycles": 0}, "quantum: expected 1 to 1000000 cycles, got 0"),
        ({"quantum_cycles": 1 << 62}, "quantum: expected 1 to 1000000 cycles, got 4611686018427387904"),
        ({"sram": "ones"}, "sram: expected pattern or zero, got 'ones'"),
    ],
)
def test_bad_options(make_machine: Callable[..., Machine], options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        make_machine(**options)
    assert str(error.value) == message


def test_unknown_reset(machine: Machine) -> None:
    with pytest.raises(UsageError) as error:
        machine.reset("cpu")
    assert str(error.value) == "reset: expected one of power_on, rtc, system, core0, core1; got 'cpu'"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('stall = ["CONTROL.stall"]', 'stall = ["CTRL.stall"]',
         "core[1].stall: expected a signal of one of CONTROL, TIMER, MATRIX0, MATRIX1, TABLE; got 'CTRL.stall'"),
        ('stall = ["CONTROL.stall"]', 'stall = ["CONTROL.stal"]',
         "core[1].stall: expected a signal of CONTROL (stall, clock, hold, source), got 'stal'"),
        ('matrix = "MATRIX1"', 'matrix = "TIMER"',
         "core[1].matrix: expected the name of an interrupt matrix, got 'TIMER'"),
        ("interrupts = { source = 3 }", "interrupts = { sourc = 3 }",
         "peripheral CONTROL.interrupts: expected a signal of CONTROL (stall, clock, hold, source), got 'sourc'"),
        ("interrupts = { source = 3 }", "interrupts = { source = 8 }",
         "peripheral CONTROL.interrupts: expected a source from 0 to 7, got 8"),
        ("options = { port = true }", "options = { prt = true }",
         "peripheral TIMER.options: expected arguments of blocks.py:Timer, got {'prt': True}: "
         "Timer.__init__() got an unexpected keyword argument 'prt'"),
        ('table = "TABLE"', 'table = "TIMER"',
         "mmu.table: expected the MMU's table among the peripherals (CONTROL, TIMER, MATRIX0, MATRIX1, TABLE), "
         "got 'TIMER'"),
        ('table = "TABLE"', 'table = "TABLE"\ndecryption = "TIMER"',
         "mmu.decryption: expected what decrypts flash among the peripherals (CONTROL, TIMER, MATRIX0, MATRIX1, "
         "TABLE), got 'TIMER'"),
        ("gpio = 5", "gpio = 50", "pin button: expected a GPIO of the chip (0 to 5), got 50"),
    ],
)  # fmt: skip
def test_bad_wiring(make_machine: Callable[..., Machine], toy: Any, old: str, new: str, message: str) -> None:
    toy.write_text(toy.read_text().replace(old, new))
    with pytest.raises(PlatformError) as error:
        make_machine()
    # newer Pythons guess which argument was meant
    assert str(error.value).removesuffix(". Did you mean 'port'?") == f"{toy}: {message}"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('[[pin]]\ngpio = 50\nname = "led"', "pin led: expected a GPIO of the chip (0 to 5), got 50"),
        ("[[wire]]\nsource = 1\nto = 50", "wire.to: expected a GPIO of the chip (0 to 5), got 50"),
        (
            '[[peripheral]]\nname = "X"\nclass = "blocks.py:Timer"\nbase = 0x60030000\ninterrupts = { x = 1 }',
            "peripheral X.interrupts: expected a signal of X (GPIO4, GPIO5), got 'x'",
        ),
    ],
)
def test_bad_wiring_names_the_file_it_stands_in(
    make_machine: Callable[..., Machine], toy: Path, entry: str, message: str
) -> None:
    toy.rename(toy.with_name("chip.toml"))
    toy.write_text(f'extends = "./chip.toml"\n{entry}\n')
    with pytest.raises(PlatformError) as error:
        make_machine()
    assert str(error.value) == f"{toy}: {message}"
