"""Protected ranges, native against the reference: parts of pages, ranges that change, more than native code knows.

Native code does what no range refuses; what is refused, and in which order, must be the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from pair import CODE, DATA, VECTORS, Pair, Side

from twincore.isa import config
from twincore.isa.asm import assemble_program
from twincore.machine.executor import Access, Protection

AREA = 0x400
"""Bytes from DATA and CODE on that the programs lie in; no data is stored there."""
SKIP = "rsr.epc1 a14\naddi a14, a14, 3\nwsr.epc1 a14\naddi a15, a15, 1\nrfe"
"""Skips what does not complete, such as a byte on the instruction bus, and counts."""
ACCESSES = (
    *("l8ui a11, a{a}, {n}", "l16ui a11, a{a}, {n2}", "l16si a11, a{a}, {n2}", "l32i a11, a{a}, {n4}"),
    *("s8i a7, a{a}, {n}", "s16i a7, a{a}, {n2}", "s32i a7, a{a}, {n4}", "l32ai a11, a{a}, {n4}"),
    *("s32c1i a7, a{a}, {n4}", "s32ri a7, a{a}, {n4}", "ee.vld.128.ip q1, a{a}, 16", "ee.vst.128.ip q1, a{a}, 16"),
    *("addi a{a}, a{a}, {s}", "or a11, a11, a11"),
)


def program(rng: random.Random, count: int) -> str:
    """Return accesses to addresses in a2..a6."""
    lines = []
    for _ in range(count):
        n = rng.randrange(32)
        numbers = {"a": rng.randrange(2, 7), "n": n, "n2": n & ~1, "n4": n & ~3, "s": rng.randrange(-20, 21)}
        lines.append(rng.choice(ACCESSES).format(**numbers))
    return "\n".join(lines)


def ranges(rng: random.Random, count: int) -> list[Protection]:
    """Return ranges in a few pages of one bus, some from or to the end of a page, that do not overlap."""
    ends = sorted({0x1000, *rng.sample(range(AREA, 0x3000, 16), 2 * count - 1)})
    kinds = [frozenset(kind) for kind in ((), (Access.LOAD,), (Access.STORE,), (Access.LOAD, Access.STORE))]
    base = rng.choice((DATA, CODE))
    return [
        Protection(base + first, base + end, rng.choice(kinds) | {Access.FETCH})
        for first, end in zip(ends[::2], ends[1::2], strict=False)
    ]


def near(rng: random.Random, protected: Sequence[Protection]) -> int:
    """Return an address about the end of a range, or somewhere in the pages."""
    if rng.random() < 0.8:
        entry = rng.choice(protected)
        return rng.choice((entry.first, entry.end)) + rng.randrange(-12, 8)
    return rng.choice((DATA, CODE)) + rng.randrange(AREA, 0x3000)


@pytest.fixture(scope="module")
def pair() -> Pair:
    made = Pair(quantum=16)
    for vector in (config.VECTOR_KERNEL, config.VECTOR_USER):
        made.write(VECTORS + vector, assemble_program(SKIP, VECTORS).content)
    made.both(lambda side: side.executor.set_running(0, True))
    return made


@pytest.mark.parametrize("count", [1, 5, 30, 60])
@pytest.mark.parametrize("seed", range(8))
def test_random_programs_agree(pair: Pair, seed: int, count: int) -> None:
    rng = random.Random(100 * seed + count)
    pair.write(DATA + AREA, rng.randbytes(0x4000 - AREA))
    for _ in range(3):
        protected = ranges(rng, count)
        pair.both(lambda side, entries=protected: side.executor.protect(0, entries))  # type: ignore[misc]
        pair.write(CODE, assemble_program(program(rng, AREA // 3 - 8) + "\nhere: j here", CODE).content)
        registers = {f"a{k}": near(rng, protected) for k in (2, 3, 4, 5, 6)}
        values = {"ps": 0, "vecbase": VECTORS, "cpenable": 0xFF, "a7": rng.getrandbits(32), "a15": 0, "scompare1": 0}
        pair.registers(0, [*registers.items(), *values.items(), ("pc", CODE)])
        for _ in range(4):
            pair.run(rng.choice((1, 30, 200)))
        pair.run(3000)
        assert CODE <= pair.native.executor.cores[0].read("pc") < CODE + AREA
    assert any(entry[0] == "refused" for entry in pair.native.host.log)


def test_the_allowed_part_of_a_page_needs_no_python(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    space = pair.native.executor._space  # type: ignore[attr-defined]
    for name in ("load", "store"):
        original = getattr(space, name)
        monkeypatch.setattr(
            space, name, lambda core, address, *rest, of=original: (asked.append(address), of(core, address, *rest))[1]
        )
    first = DATA + 0x5800
    entries = [Protection(first, first + 0x100, frozenset())]

    def protect(side: Side) -> None:
        side.executor.protect(0, entries)

    pair.both(protect)
    text = "again:\nl32i a11, a2, 0\ns32i a11, a2, 0\naddi a2, a2, 4\nbne a2, a3, again\nl8ui a11, a2, 0\nhere: j here"
    pair.write(CODE, assemble_program(text, CODE).content)
    pair.registers(0, [("a2", DATA + 0x5000), ("a3", first), ("ps", 0), ("pc", CODE)])
    pair.run(4000)
    assert asked == [first]


def test_a_byte_on_the_instruction_bus_needs_no_python(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux keeps constants in flash on the instruction bus and emulates such loads in its exception handler."""
    space = pair.native.executor._space  # type: ignore[attr-defined]
    for name in ("load", "store"):
        monkeypatch.setattr(space, name, None)
    pair.both(lambda side: side.executor.protect(0, []))
    text = "l8ui a11, a2, 1\nl16si a11, a2, 2\nl32i a11, a3, 0\ns8i a11, a2, 0\ns16i a11, a2, 2\nhere: j here"
    pair.write(CODE, assemble_program(text, CODE).content)
    pair.registers(
        0, [("a2", CODE + 0x5000), ("a3", CODE + 0x5002), ("a15", 0), ("ps", 0), ("vecbase", VECTORS), ("pc", CODE)]
    )
    pair.run(100)
    core = pair.native.executor.cores[0]
    assert (core.read("a15"), core.read("exccause"), core.read("excvaddr")) == (5, 3, CODE + 0x5002)


@pytest.mark.parametrize("text", ["l16ui a11, a2, 0", "l32i a11, a2, 0", "s16i a7, a2, 0", "s32i a7, a2, 0"])
@pytest.mark.parametrize(("first", "end"), [(0x4F00, 0x5000), (0x5000, 0x5010), (0x5004, 0x6000), (0x4FFC, 0x5004)])
def test_accesses_across_pages(pair: Pair, text: str, first: int, end: int) -> None:
    size = 2 if "16" in text else 4
    access = Access.STORE if text[0] == "s" else Access.LOAD
    entries = [Protection(DATA + first, DATA + end, frozenset(Access) - {access})]
    pair.both(lambda side: side.executor.protect(0, entries))
    pair.write(CODE, assemble_program(text + "\nhere: j here", CODE).content)
    for address in range(DATA + 0x4FF8, DATA + 0x5008):
        before = len(pair.native.host.log)
        pair.registers(0, [("a2", address), ("a7", 0x12345678), ("ps", 0), ("pc", CODE)])
        pair.run(40)
        refused = pair.native.host.log[before:]
        is_touched = DATA + first < address + size and address < DATA + end
        assert refused == ([("refused", 0, address, size, access)] if is_touched else [])
