"""Observed ranges: what the host hears is the same on both executors, and complete; the run is as without them."""

from __future__ import annotations

import random

import pytest
from pair import CODE, DATA, FLASH_DATA, IO, IO_PYTHON, SIZE, VECTORS, Pair
from test_protection import AREA, SKIP, near, program, ranges

from twincore.isa import config
from twincore.isa.asm import assemble_program
from twincore.machine.executor import Access, Observed

LOADS, STORES, BOTH = frozenset({Access.LOAD}), frozenset({Access.STORE}), frozenset({Access.LOAD, Access.STORE})


@pytest.fixture(scope="module")
def pair() -> Pair:
    made = Pair(quantum=16)
    for vector in (config.VECTOR_KERNEL, config.VECTOR_USER):
        made.write(VECTORS + vector, assemble_program(SKIP, VECTORS).content)
    made.both(lambda side: side.executor.set_running(0, True))
    return made


def observe(pair: Pair, *entries: Observed) -> None:
    pair.both(lambda side: side.executor.observe(0, entries))


def heard(pair: Pair, text: str, **registers: int) -> list[tuple[object, ...]]:
    """Run a program on core 0 of both; return what the host heard, without pc and time."""
    pair.write(CODE, assemble_program(text + "\nhere: j here", CODE).content)
    values = {"ps": 0, "vecbase": VECTORS, "cpenable": 0xFF, "a15": 0} | registers
    pair.registers(0, [*values.items(), ("pc", CODE)])
    before = len(pair.native.host.log)
    pair.run(200)
    return [entry[2:6] for entry in pair.native.host.log[before:] if entry[0] == "observed"]


@pytest.mark.parametrize("count", [1, 5, 30, 60])
@pytest.mark.parametrize("seed", range(6))
def test_random_programs_are_heard_alike_and_run_as_unheard(pair: Pair, seed: int, count: int) -> None:
    rng = random.Random(1000 * seed + count)
    content = rng.randbytes(0x4000 - AREA)
    protected = ranges(rng, max(count // 2, 1))
    text = "ee.zero.q q1\n" + program(rng, AREA // 3 - 9)
    registers = {f"a{k}": near(rng, protected) for k in (2, 3, 4, 5, 6)}
    starts = [*registers.values(), *(rng.choice((DATA, CODE)) + rng.randrange(AREA, 0x3000) for _ in range(count))]
    observed = [
        Observed(first, first + rng.randrange(1, 300), rng.choice((LOADS, STORES, BOTH))) for first in starts[:count]
    ]
    registers |= {"a7": rng.getrandbits(32), "a11": 0, "scompare1": 0}
    if seed % 2:
        pair.both(lambda side: side.executor.protect(0, protected))
    outcomes = []
    for entries in ([], observed):
        observe(pair, *entries)
        pair.write(DATA + AREA, content)
        start = len(pair.native.host.log)
        heard(pair, text, **registers)
        pair.run(3000)
        core = pair.native.executor.cores[0]
        named = [core.read(f"a{k}") for k in range(16)]
        refused = [entry for entry in pair.native.host.log[start:] if entry[0] == "refused"]
        outcomes.append((named, bytes(pair.native.ram.data), refused))
    assert outcomes[0] == outcomes[1]
    assert any(entry[0] == "observed" for entry in pair.native.host.log[start:])
    observe(pair)
    pair.both(lambda side: side.executor.protect(0, []))


ACCESSES = (
    ("l32i a3, a2, 0", LOADS, 4, 0x33221100),
    ("l16si a3, a2, 2", LOADS, 2, 0x3322),
    ("l8ui a3, a2, 1", LOADS, 1, 0x11),
    ("s32i a7, a2, 0", STORES, 4, 0xAABBCCDD),
    ("s16i a7, a2, 2", STORES, 2, 0xCCDD),
    ("s8i a7, a2, 3", STORES, 1, 0xDD),
)


@pytest.mark.parametrize(("text", "kind", "size", "value"), ACCESSES)
def test_each_access_is_heard_with_its_value(
    pair: Pair, text: str, kind: frozenset[Access], size: int, value: int
) -> None:
    address = DATA + 0x5800
    pair.write(address, bytes.fromhex("00112233"))
    observe(pair, Observed(address, address + 4, kind))
    at = address + int(text.rpartition(", ")[2])
    assert heard(pair, text, a2=address, a7=0xAABBCCDD) == [(at, size, next(iter(kind)), value)]
    observe(pair, Observed(address, address + 4, BOTH - kind))
    assert heard(pair, text, a2=address, a7=0xAABBCCDD) == []


@pytest.mark.parametrize(("first", "size"), [(0x5000, 0x1000), (0x4FFC, 8), (0x5FFF, 1), (0x5001, 0x2002)])
def test_every_byte_of_a_range_counts_and_no_other(pair: Pair, first: int, size: int) -> None:
    observe(pair, Observed(DATA + first, DATA + first + size, STORES))
    for offset in (first - 1, first, first + size - 1, first + size):
        is_inside = first <= offset < first + size
        assert bool(heard(pair, "s8i a7, a2, 0", a2=DATA + offset)) == is_inside, hex(offset)
        assert bool(heard(pair, "s32i a7, a2, 0", a2=DATA + offset - 3)) == (
            first <= offset and offset - 3 < first + size
        )


def test_compare_and_exchange_is_a_load_and_where_it_succeeds_a_store(pair: Pair) -> None:
    address = DATA + 0x5800
    observe(pair, Observed(address, address + 4, BOTH))
    pair.write(address, (7).to_bytes(4, "little"))
    load = (address, 4, Access.LOAD, 7)
    assert heard(pair, "s32c1i a7, a2, 0", a2=address, a7=9, scompare1=8) == [load]
    assert heard(pair, "s32c1i a7, a2, 0", a2=address, a7=9, scompare1=7) == [load, (address, 4, Access.STORE, 9)]


@pytest.mark.parametrize("offset", [0x44, IO_PYTHON + 0x44])
@pytest.mark.parametrize("size", [4, 0x1000])
def test_registers_are_heard_whoever_serves_them(pair: Pair, offset: int, size: int) -> None:
    address = IO + offset
    first = address if size == 4 else address & ~0xFFF
    observe(pair, Observed(first, first + size, BOTH))
    found = heard(pair, "s32i a7, a2, 0\nl32i a8, a2, 0", a2=address, a7=0x5A5A5A5A)
    read = pair.native.executor.cores[0].read("a8")
    assert found == [(address, 4, Access.STORE, 0x5A5A5A5A), (address, 4, Access.LOAD, read)]
    if size == 4:
        assert heard(pair, "s32i a7, a2, 4\nl32i a8, a2, 4", a2=address) == []


def test_what_does_not_happen_is_not_heard(pair: Pair) -> None:
    observe(pair, Observed(CODE + 0x5000, CODE + 0x6000, BOTH), Observed(0x20000000, 0x20001000, BOTH))
    assert heard(pair, "l8ui a3, a2, 0\ns8i a3, a2, 0\nl32i a3, a4, 0", a2=CODE + 0x5001, a4=0x20000000) == []
    assert pair.native.executor.cores[0].read("a15") == 3


def test_behind_a_gate_that_shuts(pair: Pair) -> None:
    address = FLASH_DATA + SIZE - 4
    observe(pair, Observed(address, address + 4, BOTH))
    text = "s32i a7, a2, 0\nl32i a8, a2, 0"
    assert len(heard(pair, text, a2=address, a7=5)) == 2
    pair.both(lambda side: side.executor.set_shut(0, 2))
    found = heard(pair, text, a2=address, a7=6)
    pair.both(lambda side: side.executor.set_shut(0, 0))
    assert [entry[2] for entry in found] == [Access.LOAD]
    assert len(heard(pair, text, a2=address, a7=5)) == 2


def test_accesses_beside_an_observed_range_need_no_python(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    space = pair.native.executor._space  # type: ignore[attr-defined]
    store = space.store
    monkeypatch.setattr(
        space, "store", lambda core, address, *rest: (asked.append(address), store(core, address, *rest))[1]
    )
    observe(pair, Observed(DATA + 0x5800, DATA + 0x5801, STORES))
    text = "again:\ns8i a11, a2, 0\naddi a2, a2, 1\nbne a2, a3, again"
    heard(pair, text, a2=DATA + 0x57F0, a3=DATA + 0x5810)
    assert asked == [DATA + 0x5800]
