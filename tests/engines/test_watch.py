"""Watching memory: who touched what, when and by which instruction, without the run being any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AccessKind, Area, MemoryAccess, MemoryAccessed, StopKind
from twincore.errors import UsageError
from twincore.images import Image, open_image

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
MS = 1_000_000
IRAM_ALIAS = 0x4037_8000 - 0x3FC8_8000
TICK_NS = 25  # the ROM runs at 40 MHz


@pytest.fixture(scope="module")
def image() -> Image:
    return open_image(PREBUILT / "amp.bin", elfs=[str(PREBUILT / "amp.elf")])


@pytest.fixture
def engine(image: Image) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine()
    made.load(image)
    yield made
    made.close()


@pytest.fixture(params=["native", "reference"])
def bench(request: pytest.FixtureRequest, image: Image) -> Iterator[Callable[..., EmbeddedEngine]]:
    """Calls a function of the amp firmware on core 0, straight in memory: quick enough for the reference, too."""
    engine = EmbeddedEngine(executor=request.param)
    engine.power_on()
    for piece in image.elfs[0].pieces:
        engine.write_memory(piece.address, piece.data)
    symbols = image.symbols
    here = symbols.find("amp_core0_stack_bottom").address + IRAM_ALIAS
    engine.write_memory(here, bytes.fromhex("06ffff"))  # here: j here

    def call(name: str, *arguments: int) -> EmbeddedEngine:
        values = {"ps": 0x60020, "windowbase": 0, "windowstart": 1}
        values |= {"a1": symbols.find("amp_core0_stack_top").address - 64, "a8": here & 0x3FFF_FFFF | 2 << 30}
        values |= {f"a{10 + k}": value for k, value in enumerate(arguments)}
        for register, value in values.items():
            engine.write_register(0, register, value)
        engine.write_register(0, "pc", symbols.find(name).address)
        return engine

    yield call
    engine.close()


def test_a_real_function_is_seen_store_by_store(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core1")
    engine = bench("amp_mailbox_send", mailbox.address, 3, 0x1234)
    engine.write_memory(mailbox.address, bytes(mailbox.size))
    seen: list[MemoryAccess] = []
    engine.watch_memory(Area(mailbox.address, mailbox.size), seen.append)
    begin = engine.time_ns
    engine.run_for(10_000)
    check = 1 ^ 3 ^ 0x1234 ^ 0xA5C3_5A3C
    slot = mailbox.address + 8 + 16
    stores = [(slot, 1), (slot + 4, 3), (slot + 8, 0x1234), (slot + 12, check), (mailbox.address, 1)]
    assert sorted((a.address, a.value) for a in seen) == sorted(stores)
    assert (seen[-1].address, seen[-1].value) == (mailbox.address, 1), "the counter comes last"
    assert {(a.core, a.size, a.is_write, a.master) for a in seen} == {(0, 4, True, "")}
    assert {image.symbols.describe(a.pc or 0).partition("+")[0] for a in seen} == {"amp_mailbox_send"}
    times = [a.time_ns for a in seen]
    assert times == sorted(times)
    assert begin < times[0] < times[-1] < begin + 2000
    assert {(time - times[0]) % TICK_NS for time in times} == {0}


def test_loads_are_seen_with_what_they_read(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core0")
    engine = bench("amp_mailbox_take", mailbox.address, image.symbols.find("amp_core0_stack_bottom").address + 64)
    engine.write_memory(mailbox.address, bytes.fromhex("0500000005000000"))
    seen: list[MemoryAccess] = []
    engine.watch_memory(Area(mailbox.address, mailbox.size, AccessKind.ANY), seen.append)
    engine.run_for(10_000)
    found = [(a.address - mailbox.address, a.value, a.is_write) for a in seen]
    assert sorted(found) == [(0, 5, False), (4, 5, False)]


def test_a_run_stops_after_the_instruction(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core1")
    engine = bench("amp_mailbox_send", mailbox.address, 3, 7)
    engine.write_memory(mailbox.address, bytes(mailbox.size))
    stop = engine.run_until([MemoryAccessed(Area(mailbox.address, 4))], MS)
    assert stop.kind is StopKind.CONDITION
    assert stop.access is not None
    assert (stop.core, stop.address, stop.access.value) == (0, mailbox.address, 1)
    assert engine.read_register(0, "pc") - (stop.access.pc or 0) in (2, 3)
    assert engine.read_memory(mailbox.address, 4) == b"\x01\0\0\0"


def test_an_alias_is_the_same_memory(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core1")
    engine = bench("amp_mailbox_send", mailbox.address + IRAM_ALIAS, 3, 7)
    engine.write_memory(mailbox.address, bytes(mailbox.size))
    stop = engine.run_until([MemoryAccessed(Area(mailbox.address, 4))], MS)
    assert stop.access is not None
    assert stop.access.address == mailbox.address


def test_a_core_and_a_kind_are_chosen(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core1")
    engine = bench("amp_mailbox_send", mailbox.address, 3, 7)
    engine.write_memory(mailbox.address, bytes(mailbox.size))
    whole: list[MemoryAccess] = []
    by_core_1: list[MemoryAccess] = []
    reads: list[MemoryAccess] = []
    engine.watch_memory(Area(mailbox.address, mailbox.size, AccessKind.ANY), whole.append)
    engine.watch_memory(Area(mailbox.address, mailbox.size, AccessKind.ANY, core=1), by_core_1.append)
    engine.watch_memory(Area(mailbox.address, mailbox.size, AccessKind.READ, core=0), reads.append)
    engine.run_for(10_000)
    assert by_core_1 == []
    assert reads == [a for a in whole if not a.is_write]
    assert len(whole) == 5 + len(reads) > 5


def test_a_watch_is_taken_back(bench: Callable[..., EmbeddedEngine], image: Image) -> None:
    mailbox = image.symbols.find("amp_mailbox_to_core1")
    engine = bench("amp_mailbox_send", mailbox.address, 3, 7)
    seen: list[MemoryAccess] = []
    area = Area(mailbox.address, mailbox.size)
    engine.watch_memory(area, seen.append)
    engine.watch_memory(area, seen.append)
    engine.unwatch_memory(area, seen.append)
    engine.unwatch_memory(area, seen.append)
    engine.run_for(10_000)
    assert seen == []


def test_watching_does_not_change_the_run(image: Image) -> None:
    digests = []
    for watched in (False, True):
        engine = EmbeddedEngine()
        engine.load(image)
        seen: list[MemoryAccess] = []
        if watched:
            for name in ("amp_mailbox_to_core1", "amp_mailbox_to_core0", "amp_heartbeat", "amp_loop_max_cycles"):
                symbol = engine.symbols.find(name)
                engine.watch_memory(Area(symbol.address, symbol.size, AccessKind.ANY), seen.append)
            engine.watch_memory(Area(0x600C_0000, 0x1000, AccessKind.ANY), seen.append)
            engine.watch_memory(Area(0x3FCD_4000, 0x3E00, AccessKind.WRITE, core=0), seen.append)
        engine.run_for(40 * MS)
        digests.append(engine.digest())
        assert (len(seen) > 100) == watched
        engine.close()
    assert digests[0] == digests[1]


def test_who_releases_core_1(engine: EmbeddedEngine) -> None:
    """SYSTEM_CORE_1_CONTROL_1 is a register that native code serves; CORE_1_CONTROL_0 acts on the other core."""
    stop = engine.run_until([MemoryAccessed(Area(0x600C_0004, 4), lambda access: access.value != 0)], 100 * MS)
    assert stop.access is not None
    assert stop.access.value == engine.symbols.find("amp_core1_start").address
    stop = engine.run_until([MemoryAccessed(Area(0x600C_0000, 4), lambda access: access.value == 2)], 100 * MS)
    assert stop.access is not None
    assert stop.core == 0
    assert engine.symbols.describe(stop.access.pc or 0).startswith("core1_")


def test_dma_has_a_name(engine: EmbeddedEngine) -> None:
    seen: list[MemoryAccess] = []
    area = Area(0x3FCA_0000, 4, AccessKind.ANY)
    engine.watch_memory(area, seen.append)
    machine = engine.machine
    machine.dma_write(0x3FC9_FFFE, b"abcdefgh", master="GDMA")
    assert machine.dma_read(0x3FCA_0003, 2, master="SPI2") == b"fg"
    machine.dma_write(0x3FCA_0004, b"nobody looks here", master="GDMA")
    found = [(a.core, a.pc, a.master, a.address, a.size, a.value.to_bytes(a.size, "little"), a.is_write) for a in seen]
    assert found == [
        (None, None, "GDMA", 0x3FC9_FFFE, 8, b"abcdefgh", True),
        (None, None, "SPI2", 0x3FCA_0003, 2, b"fg", False),
    ]


def test_external_memory_is_followed_through_the_mmu(engine: EmbeddedEngine) -> None:
    """A page of PSRAM that two addresses show, and one that firmware maps elsewhere later."""
    machine = engine.machine
    psram = 1 << 15
    table = 0x600C_5000
    for entry in (3, 9):
        machine.io_write(0, table + 4 * entry, 4, psram | 2)
    engine.watch_memory(Area(0x3C03_0010, 4), print)

    def views() -> set[tuple[int, int]]:
        return {(view.first, view.end) for area in machine.observers._seen.values() for view in area}

    assert {(0x3C03_0010, 0x3C03_0014), (0x3C09_0010, 0x3C09_0014)} <= views()
    machine.io_write(0, table + 4 * 9, 4, psram | 5)
    assert (0x3C09_0010, 0x3C09_0014) not in views()


@pytest.mark.parametrize(("address", "size"), [(0x3FC9_0000, 0), (0xFFFF_FFFF, 2), (-1, 4)])
def test_a_region_that_cannot_be(engine: EmbeddedEngine, address: int, size: int) -> None:
    with pytest.raises(UsageError, match="expected at least one byte below 2\\^32"):
        engine.watch_memory(Area(address, size), print)


def test_a_core_that_is_not_there(engine: EmbeddedEngine) -> None:
    with pytest.raises(UsageError, match="expected 0 to 1, got 2"):
        engine.watch_memory(Area(0x3FC9_0000, 4, core=2), print)
