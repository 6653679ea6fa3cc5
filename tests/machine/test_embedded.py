"""The embedded engine with the prebuilt dual-core firmware on native cores: runs, waits, serial ports, pins, resets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from twincore.engines.embedded import MAX_WATCHED, EmbeddedEngine
from twincore.engines.protocol import (
    AccessKind,
    AddressReached,
    Area,
    Capability,
    Engine,
    MemoryMeets,
    PinEdge,
    ResetHappens,
    SerialText,
    Stop,
    StopKind,
)
from twincore.errors import UnmodelledError, UsageError
from twincore.images import Assignment, Image, fill_partitions, open_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
MS = 1_000_000
S = 1_000_000_000


@pytest.fixture(scope="module")
def image() -> Image:
    return open_image(PREBUILT / "amp.bin", elfs=[str(PREBUILT / "amp.elf")])


@pytest.fixture
def engine(image: Image) -> Iterator[Engine]:
    result: Engine = EmbeddedEngine()
    result.load(image)
    yield result
    result.close()


def text(pattern: str, start: int = 0) -> SerialText:
    return SerialText("UART0", re.compile(pattern.encode()), start)


def until(engine: Engine, pattern: str, timeout_ns: int = S) -> Stop:
    stop = engine.run_until([text(pattern)], timeout_ns)
    assert stop.kind is StopKind.CONDITION, engine.serial_output("UART0").text
    return stop


def word(engine: Engine, symbol: str) -> int:
    return int.from_bytes(engine.read_memory(engine.symbols.find(symbol).address, 4), "little")


# Boot and time


def test_boots_and_releases_core_1(engine: Engine) -> None:
    assert engine.core_state(1) == "held"
    until(engine, "amp: core 1 released")
    assert engine.core_state(1) != "held"
    until(engine, "amp: core 1 alive")
    assert engine.serial_output("UART0").text.startswith("ESP-ROM:esp32s3")


def test_run_for_a_time(engine: Engine) -> None:
    stop = engine.run_for(2 * MS)
    assert stop.kind is StopKind.TIME
    assert 2 * MS <= engine.time_ns < 2 * MS + 2000


def test_application_boots_through_the_second_stage(image: Image) -> None:
    engine = EmbeddedEngine()
    engine.load(open_image(PREBUILT / "amp.elf"))
    until(engine, "amp: core 1 alive")


# Serial text


def test_stops_when_the_completing_byte_has_left(engine: Engine) -> None:
    stop = until(engine, "ESP-ROM")
    log = engine.serial_output("UART0")
    assert bytes(log.data) == b"ESP-ROM"
    assert stop.time_ns == engine.serial_time_ns("UART0", 6)
    assert abs(engine.time_ns - stop.time_ns) < 2000  # a quantum


def test_match_has_its_place_in_the_whole_output(engine: Engine) -> None:
    stop = until(engine, r"rst:0x(\d+) \((\w+)\)")
    assert stop.match is not None
    assert stop.match.group(2) == b"POWERON"
    assert engine.serial_output("UART0").data[stop.match.start() : stop.match.end()] == stop.match.group()


def test_text_that_is_there_already_stops_at_once(engine: Engine) -> None:
    until(engine, "ROM:esp32s3")
    before = engine.time_ns
    stop = until(engine, "ESP-ROM:e")
    assert engine.time_ns == before
    assert stop.time_ns == engine.serial_time_ns("UART0", 8)


def test_text_is_searched_from_its_start(engine: Engine) -> None:
    until(engine, "amp: heartbeat")
    size = len(engine.serial_output("UART0").data)
    stop = engine.run_until([text("amp: heartbeat", size)], S)
    assert stop.match is not None
    assert stop.match.start() >= size


def test_first_of_several_conditions(engine: Engine) -> None:
    stop = engine.run_until([text("never"), text("amp: core 0 up")], S)
    assert stop.condition == 1


def test_time_over(engine: Engine) -> None:
    stop = engine.run_until([text("never")], 5 * MS)
    assert (stop.kind, stop.condition) == (StopKind.TIME, None)
    assert 5 * MS <= engine.time_ns < 5 * MS + 2000


def test_times_of_bytes_are_a_byte_apart(engine: Engine) -> None:
    engine.run_for(30 * MS)
    times = [engine.serial_time_ns("UART0", index) for index in range(60)]
    assert len({round((b - a) / 1000) for a, b in pairwise(times[:20])}) == 1
    assert times == sorted(times)


def test_sends_to_a_port(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    engine.serial_send("UART0", b"ping\n")
    until(engine, "pong", 2 * S)


def test_listener_hears_all_output(engine: Engine) -> None:
    heard: dict[str, bytes] = defaultdict(bytes)

    def hear(port: str, content: bytes) -> None:
        heard[port] += content

    engine.listen_serial(hear)
    engine.run_for(10 * MS)
    assert sorted(heard) == ["UART0", "USB_DEVICE"], "the ROM prints to both"
    for port, content in heard.items():
        assert content == engine.serial_output(port).data


# Addresses


def test_stops_before_an_address(engine: Engine) -> None:
    main = engine.symbols.find("amp_core1_main").address
    stop = engine.run_until([AddressReached(main)], S)
    assert (stop.kind, stop.core, stop.address) == (StopKind.CONDITION, 1, main)
    assert engine.read_register(1, "pc") == main


def test_address_of_the_other_core_is_passed(engine: Engine) -> None:
    main = engine.symbols.find("amp_core1_main").address
    assert engine.run_until([AddressReached(main, core=0)], 100 * MS).kind is StopKind.TIME


def test_run_goes_on_from_where_it_stopped(engine: Engine) -> None:
    loop = engine.symbols.find("amp_control_loop").address
    times = [engine.run_until([AddressReached(loop)], S).time_ns for _ in range(4)]
    assert [round((b - a) / MS) for a, b in pairwise(times)] == [1, 1, 1]


def test_hits_are_recorded_without_stopping(engine: Engine) -> None:
    loop = engine.symbols.find("amp_control_loop").address
    engine.record_hits(loop)
    until(engine, "amp: core 1 alive")
    begin = len(engine.hits(loop))
    engine.run_for(20 * MS)
    hits = engine.hits(loop)[begin:]
    assert {(hit.core, hit.address) for hit in hits} == {(1, loop)}
    assert 19 <= len(hits) <= 21
    engine.forget_hits(loop)
    engine.run_for(5 * MS)
    assert list(engine.hits(loop)) == []


# Memory, registers, pins


def test_waits_for_memory(engine: Engine) -> None:
    address = engine.symbols.find("amp_heartbeat").address
    until(engine, "amp: core 1 alive")
    stop = engine.run_until([MemoryMeets(address, 4, lambda b: int.from_bytes(b, "little") >= 50)], S)
    assert stop.kind is StopKind.CONDITION
    assert word(engine, "amp_heartbeat") == 50


def test_writes_memory(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    address = engine.symbols.find("amp_heartbeat").address
    engine.write_memory(address, (1_000_000).to_bytes(4, "little"))
    engine.run_for(5 * MS)
    assert 1_000_003 <= word(engine, "amp_heartbeat") <= 1_000_006


def test_registers(engine: Engine) -> None:
    assert engine.read_register(0, "pc") == 0x40000400
    engine.write_register(1, "a5", 0x12345678)
    assert engine.read_register(1, "a5") == 0x12345678
    assert {"pc", "ps", "a0", "ar63", "sar"} <= set(engine.register_names(0))


def test_step(engine: Engine) -> None:
    before = engine.instructions(0)
    engine.step(0)
    assert engine.instructions(0) == before + 1


def test_pin_toggles_with_the_loop(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    engine.run_for(20 * MS)
    edges = engine.pin_edges(4)[-10:]
    assert {round((b.time_ns - a.time_ns) / MS) for a, b in pairwise(edges)} == {1}
    assert [edge.level for edge in edges[:4]] in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert engine.pin_level(4) == edges[-1].level


def test_waits_for_an_edge(engine: Engine) -> None:
    stop = engine.run_until([PinEdge(4, 1)], S)
    assert stop.kind is StopKind.CONDITION
    assert engine.pin_edges(4)[-1].time_ns == stop.time_ns
    assert engine.pin_level(4) == 1


def test_drives_a_pin(engine: Engine) -> None:
    engine.drive_pin(9, 1)
    assert engine.pin_level(9) == 1
    engine.drive_pin(9, None)
    assert engine.pin_level(9) == 0


# Resets


def test_power_on_is_the_first_reset(engine: Engine) -> None:
    assert [(reset.domain, reset.reason_name) for reset in engine.resets()] == [("power_on", "POWERON")]


def test_firmware_resets_the_system(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    engine.serial_send("UART0", b"reset\n")
    stop = engine.run_until([ResetHappens()], S)
    assert stop.kind is StopKind.CONDITION
    assert [reset.reason_name for reset in engine.resets()] == ["POWERON", "RTC_SW_SYS_RST"]
    size = len(engine.serial_output("UART0").data)
    again = engine.run_until([text(r"rst:0x3 \(RTC_SW_SYS_RST\)", size)], S)
    assert again.kind is StopKind.CONDITION
    assert engine.core_state(1) == "held"
    assert engine.run_until([text("amp: core 1 alive", size)], S).kind is StopKind.CONDITION


def test_firmware_releases_core_1_again(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    main = engine.symbols.find("amp_core1_main").address
    engine.serial_send("UART0", b"restart1\n")
    assert engine.run_until([AddressReached(main, core=1)], S).kind is StopKind.CONDITION


def test_core_1_goes_on_when_core_0_alone_is_reset(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    loop = engine.symbols.find("amp_control_loop").address
    engine.record_hits(loop)
    engine.reset("core0")
    engine.run_for(8 * MS)  # the ROM sets the clock of both cores back to the crystal's: six times slower
    assert {hit.core for hit in engine.hits(loop)} == {1}
    assert engine.read_register(0, "pc") < 0x40060000


def test_power_on_begins_anew(engine: Engine) -> None:
    until(engine, "amp: core 1 alive")
    engine.power_on()
    assert engine.serial_output("UART0").data == b""
    assert list(engine.pin_edges(4)) == []
    until(engine, "amp: core 1 alive")


def course_of(engine: Engine, duration_ns: int) -> tuple[object, ...]:
    """Run, and return all that tells a run from another."""
    engine.run_for(duration_ns)
    log = engine.serial_output("UART0")
    return engine.time_ns, bytes(log.data), list(engine.pin_edges(4)), list(engine.resets()), engine.digest()


@pytest.mark.parametrize("ended_ns", [0, 1, 7_654_321, 60_000_003])
def test_power_on_repeats_the_first_run(image: Image, ended_ns: int) -> None:
    engine = EmbeddedEngine()
    engine.load(image)
    delivered = engine.digest()
    first = course_of(engine, 60 * MS)
    engine.power_on()
    course_of(engine, ended_ns)  # ends in the midst of a slice
    engine.reset("core0")
    engine.power_on()
    assert engine.time_ns == 0
    assert engine.digest() == delivered
    assert course_of(engine, 60 * MS) == first
    engine.close()


@pytest.mark.parametrize("executor", ["native", "reference"])
def test_power_on_repeats_every_register_and_count(image: Image, executor: Literal["native", "reference"]) -> None:
    engine = EmbeddedEngine(executor=executor)
    engine.load(image)
    first = course_of(engine, 40_000)
    engine.run_for(12_345)
    engine.power_on()
    assert course_of(engine, 40_000) == first
    engine.close()


def test_power_on_leaves_what_firmware_did_to_flash(image: Image) -> None:
    engine = EmbeddedEngine()
    engine.load(image)
    engine.machine.load_flash(b"kept" + engine.flash_content()[4:])
    engine.power_on()
    assert engine.flash_content()[:4] == b"kept"
    engine.close()


def test_watchdog_resets(engine: Engine) -> None:
    engine.write_memory(0x40000400, b"\x06\xff\xff")  # the reset vector jumps to itself: nobody feeds
    stop = engine.run_until([ResetHappens()], 60 * S)
    assert stop.kind is StopKind.CONDITION
    assert engine.resets()[-1].reason_name in ("RTCWDT_RTC", "TG0WDT_SYS", "SUPER_WDT")


# The same run every time


def test_watching_does_not_change_the_run(image: Image) -> None:
    digests = []
    for watched in (False, True):
        engine = EmbeddedEngine(seed=3)
        engine.load(image)
        if watched:
            engine.record_hits(engine.symbols.find("amp_control_loop").address)
            heartbeat = engine.symbols.find("amp_heartbeat").address
            engine.run_until([text("amp: core 1 released"), MemoryMeets(heartbeat, 4, lambda _: False)], S)
            engine.run_until([text("never"), PinEdge(5)], 7 * MS)
            engine.run_until([AddressReached(engine.symbols.find("amp_control_loop").address)], S)
        engine.machine.run_until(913_920_000_000 // 10)
        digests.append(engine.digest())
        engine.close()
    assert digests[0] == digests[1]


@pytest.mark.parametrize("options", [{"seed": 4}, {"quantum_cycles": 16}, {"sram": "zero"}])
def test_options_are_in_the_digest(image: Image, options: dict[str, int]) -> None:
    digests = []
    for chosen in ({}, options):
        engine = EmbeddedEngine(**chosen)  # type: ignore[arg-type]
        engine.load(image)
        engine.run_for(2 * MS)
        digests.append(engine.digest())
    assert digests[0] != digests[1]


def test_reference_and_native_code_agree(image: Image) -> None:
    digests = []
    for executor in ("native", "reference"):
        engine = EmbeddedEngine(executor=executor)
        engine.load(image)
        engine.run_for(MS // 2)
        digests.append(engine.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("quantum", [1, 16, 64, 240])
def test_firmware_runs_at_every_quantum(image: Image, quantum: int) -> None:
    engine = EmbeddedEngine(quantum_cycles=quantum)
    engine.load(image)
    until(engine, "amp: core 1 alive")


# Bad use


def test_capabilities(engine: Engine) -> None:
    assert Capability.DIGEST in engine.capabilities
    assert Capability.SEMIHOSTING not in engine.capabilities
    assert Capability.SEMIHOSTING in EmbeddedEngine(semihosting=True).capabilities


def test_unknown_port(engine: Engine) -> None:
    with pytest.raises(UsageError) as error:
        engine.serial_output("uart0")
    known = "UART0, UART1, UART2, USB_DEVICE"
    assert str(error.value) == f"serial port: expected one of {known}; got 'uart0'; did you mean 'UART0'?"


def test_unknown_pin(engine: Engine) -> None:
    with pytest.raises(UsageError) as error:
        engine.pin_level(60)
    assert str(error.value) == "pin: expected a GPIO of the chip (0 to 48), got 60"


def test_unknown_core(engine: Engine) -> None:
    with pytest.raises(UsageError, match=re.escape("core: expected 0 to 1, got 2")):
        engine.read_register(2, "pc")


def test_negative_time(engine: Engine) -> None:
    with pytest.raises(UsageError, match="run: expected a time of 0 or more, got -1 ns"):
        engine.run_for(-1)


def test_unknown_executor() -> None:
    with pytest.raises(UsageError, match="executor: expected one of native, reference; got 'qemu'"):
        EmbeddedEngine(executor="qemu")  # type: ignore[arg-type]


def test_missing_rom(image: Image) -> None:
    with pytest.raises(UsageError, match="no such file"):
        EmbeddedEngine().load(image, rom="/nowhere/rom.elf")


def test_application_needs_the_open_rom(tmp_path: Path) -> None:
    rom = tmp_path / "rom.bin"
    rom.write_bytes(bytes(0x60000))
    with pytest.raises(UsageError) as error:
        EmbeddedEngine().load(open_image(PREBUILT / "amp.elf"), rom=str(rom))
    assert str(error.value) == (
        f"{rom}: expected the open ROM for {PREBUILT / 'amp.elf'}, which has no bootloader at offset 0, got another "
        "ROM; choose the open ROM, or give a flash image with a bootloader"
    )


def test_unmodelled_access_as_an_error(image: Image) -> None:
    engine = EmbeddedEngine(unmodelled="error")
    engine.load(image)
    with pytest.raises(UnmodelledError, match=re.escape("SPI9.CMD: expected something that twincore models")):
        engine.machine.unmodelled.note("SPI9.CMD")


# Content of chips


def test_partitions_can_be_looked_at(tmp_path: Path) -> None:
    nvs = tmp_path / "nvs.bin"
    nvs.write_bytes(b"settings")
    image = open_image(PREBUILT / "amp.elf")
    engine = EmbeddedEngine()
    engine.load(fill_partitions(image, [Assignment("nvs", nvs)], who="test"))
    until(engine, "core 0 up")
    assert engine.partition_content("nvs") == b"settings".ljust(0x6000, b"\xff")
    assert engine.partition_content("0x9000") == engine.flash_content()[0x9000:0xF000]
    with pytest.raises(UsageError, match=r"partition: expected one of the partitions nvs .*got 'nsv'; did you mean"):
        engine.partition_content("nsv")


def test_without_a_table_there_are_no_partitions(engine: EmbeddedEngine) -> None:
    with pytest.raises(UsageError, match="expected an image with a partition table to find 'nvs' in"):
        engine.partition_content("nvs")


def test_a_chip_as_delivered_comes_with_the_next_firmware(engine: EmbeddedEngine, image: Image) -> None:
    before = engine.efuse_content()
    for offset, value in ((0, 0x77), (0x1CC, 0x5A5A), (0x1D4, 3 << 2 | 2)):  # PGM_DATA0, CONF, CMD: program block 3
        engine.machine.io_write(0, 0x6000_7000 + offset, 4, value)
    burnt = engine.efuse_content()
    assert burnt != before
    engine.power_on()
    assert engine.efuse_content() == burnt
    engine.load(image)
    assert engine.efuse_content() == before


@pytest.mark.parametrize(
    ("size", "problem"), [(0, "expected at least one byte"), (MAX_WATCHED + 1, "expected at most 32 MiB")]
)
def test_a_region_that_cannot_be_watched(engine: Engine, size: int, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        engine.watch_memory(Area(0x3C00_0000, size, AccessKind.ANY), lambda access: None)


def test_a_look_that_leaves_the_registers_is_refused_before_it_begins(engine: Engine) -> None:
    with pytest.raises(UsageError, match="memory at 0x60100000: expected an address with memory or a register"):
        engine.read_memory(0x6002_A553, 6_722_563_736)


def test_what_does_not_fit_is_not_written_at_all(engine: Engine) -> None:
    before = engine.read_memory(0x3FCF_FFFC, 4)
    with pytest.raises(UsageError, match="memory at 0x3fd00000"):
        engine.write_memory(0x3FCF_FFFC, b"\x5a" * 8)
    assert engine.read_memory(0x3FCF_FFFC, 4) == before
