"""Data breaks, native against the reference: hits, near misses, accesses across words and pages, breaks that move.

Native code does what a data break certainly does not mean; the page that one lies in must not show in what happens.
"""

from __future__ import annotations

import random

import pytest
from pair import CODE, DATA, IO, VECTORS, Pair

from twincore.isa import config
from twincore.isa.asm import assemble_program

AREA = 0x400
"""Bytes from DATA and CODE on that the programs lie in; no data is stored there."""
PAGE = DATA + 0x4000
"""A page with breaks; its neighbours are touched too."""
CODE_PAGE = CODE + AREA + 0x100
"""The same for a page that holds decoded code, by its instruction bus address."""
LOG = DATA + 0xF000
LOG_END = DATA + 0x10000

#: notes what happened and switches both breaks off, or the instruction would be hit again
LEVEL6 = """
    rsr.debugcause a14
    s32i a14, a15, 0
    rsr.epc6 a14
    s32i a14, a15, 4
    addi a15, a15, 8
    movi a14, 0
    wsr.dbreakc0 a14
    wsr.dbreakc1 a14
    rfi 6
"""
#: skips what does not complete, such as a byte on the instruction bus
KERNEL = """
    rsr.epc1 a14
    addi a14, a14, 3
    wsr.epc1 a14
    rfe
"""
ACCESSES = (
    *("l8ui a11, a{a}, {n}", "l16ui a11, a{a}, {n2}", "l16si a11, a{a}, {n2}", "l32i a11, a{a}, {n4}"),
    *("s8i a{v}, a{a}, {n}", "s16i a{v}, a{a}, {n2}", "s32i a{v}, a{a}, {n4}", "l32ai a11, a{a}, {n4}"),
    *("s32c1i a{v}, a{a}, {n4}", "s32ri a{v}, a{a}, {n4}", "lsi f1, a{a}, {n4}", "ssi f1, a{a}, {n4}"),
    *("ee.vld.128.ip q1, a{a}, 16", "ee.vst.128.ip q1, a{a}, 16", "ee.vld.l.64.ip q1, a{a}, 8"),
)
BREAKS = ("wsr.dbreaka{k} a{a}", "wsr.dbreaka{k} a12", "wsr.dbreakc{k} a{c}", "xsr.dbreaka{k} a13")
OTHERS = ("addi a{a}, a{a}, {s}", "addi a12, a12, {s}", "rsil a11, {level}", "rsil a11, 0", "or a{a}, a{b}, a{b}")
MASKS = (0x3F, 0x3C, 0x38, 0x30, 0x20, 0x00, 0x3E, 0x15, 0x2A)


def program(rng: random.Random, count: int) -> str:
    """Return instructions on addresses in a2..a6, values in a7 and a8, and DBREAKC in a9 and a10."""
    lines = []
    for _ in range(count):
        kind = rng.choices((ACCESSES, BREAKS, OTHERS), (8, 3, 1))[0]
        n = rng.randrange(16)
        numbers = {"a": rng.randrange(2, 7), "b": rng.randrange(2, 7), "c": rng.choice((9, 9, 10))}
        numbers |= {"v": rng.choice((7, 8)), "n": n, "n2": n & ~1, "n4": n & ~3, "k": rng.randrange(2)}
        numbers |= {"s": rng.randrange(-20, 21), "level": rng.choice((5, 6, 7))}
        lines.append(rng.choice(kind).format(**numbers))
    return "\n".join(lines)


def near(rng: random.Random) -> int:
    """Return an address in a page with breaks, mostly close to one of few places; its end and beginning among them."""
    page = rng.choice((PAGE, PAGE, PAGE, CODE_PAGE, IO, IO + 0x1000))
    if page != PAGE:
        return page + rng.randrange(0x40)
    return page + rng.choice((0, 0x40, 0xFF0, 0x1000)) + rng.randrange(-8, 24)


@pytest.fixture(scope="module")
def pair() -> Pair:
    made = Pair(quantum=16)
    made.write(VECTORS + config.LEVEL_VECTORS[6], assemble_program(LEVEL6, VECTORS).content)
    for vector in (config.VECTOR_KERNEL, config.VECTOR_USER):
        made.write(VECTORS + vector, assemble_program(KERNEL, VECTORS).content)
    made.both(lambda side: side.executor.set_running(0, True))
    return made


def start(pair: Pair, text: str, registers: dict[str, int]) -> None:
    """Have core 0 run `text` from CODE, with no break set."""
    pair.write(CODE, assemble_program(text + "\nhere: j here", CODE).content)
    values = {"ps": 0, "vecbase": VECTORS, "cpenable": 0xFF, "dbreakc0": 0, "dbreakc1": 0, "intenable": 0, "lcount": 0}
    pair.registers(0, [*values.items(), *registers.items(), ("a15", LOG), ("pc", CODE)])


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_agree(pair: Pair, seed: int) -> None:
    rng = random.Random(seed)
    pair.write(DATA + AREA, rng.randbytes(0x10000 - AREA))
    registers = {f"a{k}": near(rng) for k in (2, 3, 4, 5, 6, 12, 13)}
    registers |= {"a7": rng.getrandbits(32), "a8": 0, "scompare1": 0}
    registers |= {"a9": 3 << 30 | rng.choice(MASKS), "a10": rng.randrange(4) << 30 | rng.choice(MASKS)}
    start(pair, program(rng, AREA // 3 - 8), registers)
    for _ in range(8):
        pair.run(rng.choice((1, 30, 200)))
    pair.run(3000)
    log = pair.native.executor.cores[0].read("a15")
    assert LOG < log < LOG_END, "no break was hit"
    assert pair.native.executor.cores[0].read("pc") < CODE + AREA


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        *(("l8ui a11, a2, 0", 1), ("l16si a11, a2, 0", 2), ("l32i a11, a2, 0", 4)),
        *(("s8i a7, a2, 0", 1), ("s16i a7, a2, 0", 2), ("s32i a7, a2, 0", 4)),
    ],
)
@pytest.mark.parametrize("place", [0x100, 0xFFC, 0x1000])
def test_every_byte_around_a_word(pair: Pair, text: str, bytes_: int, place: int, which: int) -> None:
    """An access at every address around a watched word is hit where it touches it, across words and pages too."""
    word = PAGE + place
    start(pair, "", {})
    arm = f"wsr.dbreaka{which} a3\nwsr.dbreakc{which} a4\n"
    for address in range(word - 6, word + 8):
        start(pair, arm + text, {"a2": address, "a3": word, "a4": 3 << 30 | 0x3C})
        pair.run(40)
        is_hit = pair.native.executor.cores[0].read("a15") > LOG
        assert is_hit == (address < word + 4 and address + bytes_ > word), hex(address)


@pytest.mark.parametrize("base", [PAGE, CODE])
def test_the_rest_of_a_watched_page_needs_no_python(pair: Pair, base: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    space = pair.native.executor._space  # type: ignore[attr-defined]
    for name in ("load", "store"):
        original = getattr(space, name)
        monkeypatch.setattr(
            space, name, lambda core, address, *rest, of=original: (asked.append(address), of(core, address, *rest))[1]
        )
    watched = base + 0x800
    text = "wsr.dbreaka1 a3\nwsr.dbreakc1 a4\nagain:\n" + "l32i a11, a2, 0\ns32i a11, a2, 4\n" * 2
    text += "addi a2, a2, 4\nbne a2, a3, again\nl32i a11, a2, 0"
    start(pair, text, {"a2": base + AREA, "a3": watched, "a4": 3 << 30 | 0x3C})
    pair.run(3000)
    # the last round's store, and the same instruction again with the breaks off, by then without Python
    assert asked == [watched]
