"""The model: fields, registers, tables, access kinds, locks, signals, pins, clocks, resets, state."""

from __future__ import annotations

import re
import types
from typing import Any

import pytest

from twincore.model import (
    RC,
    RO,
    TICKS_PER_SECOND,
    W1C,
    W1S,
    WO,
    WT,
    Clock,
    Field,
    Peripheral,
    Register,
    Registers,
    Signal,
    WordAccess,
    canonical,
    splitmix64,
    state,
)


class DEMO(Peripheral):
    """One register of every sort."""

    size = 0x40

    class KINDS(Register, offset=0x00, reset=0x0F00_0008):
        RW_BITS = Field(3, 0)
        RO_BITS = Field(7, 4, access=RO)
        W1C_BITS = Field(11, 8, access=W1C)
        W1S_BITS = Field(15, 12, access=W1S)
        WT_BITS = Field(19, 16, access=WT)
        WO_BITS = Field(23, 20, access=WO)

    class ON_READ(Register, offset=0x04, access=RC):
        pass

    class LOCKED(Register, offset=0x08, locked_by="KEY"):
        pass

    class KEY(Register, offset=0x0C, reset=0x1234):
        pass

    class ITEM(Register, offset=0x10, count=3, stride=8, names="I{}TEM"):
        LOW = Field(15, 0)

    class KEPT(Register, offset=0x30, domain="power_on"):
        pass

    others = Registers("""
        0x14 PLAIN 0x5
        0x1c TABLE 0x80 A[3:0] B[7]:RO
          + C[8]
    """)

    number: int = state(3)
    data: bytes = state(b"ab")
    items: list[int] = state([1, 2])
    lasting: int = state(0, domain="power_on")

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.out = self.signal("out")
        self.calls: list[Any] = []

    def write_KINDS(self, value: int) -> None:
        self.calls.append((value, self.previous))

    def read_ITEM(self, n: int) -> int:
        return 0x1122_3340 + n

    def write_ITEM(self, n: int, value: int) -> None:
        self.calls.append((n, value))


@pytest.fixture
def demo() -> DEMO:
    unknown: list[str] = []
    words = memoryview(bytearray(DEMO.size)).cast("I")
    context = types.SimpleNamespace(name="DEMO", words=words, seed=1, unknown=unknown)
    context.unmodelled = lambda what, offset=None: unknown.append(what)
    return DEMO(context)


@pytest.mark.parametrize("hz", [480e6, 320e6, 240e6, 160e6, 80e6, 40e6, 17.5e6, 136e3, 32768])
def test_every_clock_has_whole_ticks(hz: float) -> None:
    assert TICKS_PER_SECOND % hz == 0


# Fields and registers


def test_field_takes_and_puts_its_bits() -> None:
    field = Field(11, 4)
    assert (field.of(0xABCDE), hex(field.into(0xABCDE, 0x112)), hex(field.bits)) == (0xCD, "0xab12e", "0xff0")


def test_field_refuses_bits_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="field: expected 31 >= hi >= lo >= 0, got hi 3, lo 4"):
        Field(3, 4)


@pytest.mark.parametrize(
    ("body", "keywords", "message"),
    [
        ({}, {"offset": 2}, "R: expected multiples of 4, got offset 0x2, stride 0x4"),
        ({}, {"offset": 0, "count": 2, "names": ["A"]}, "R: expected 2 names, got 1: A"),
        ({}, {"offset": 0, "reset": 1 << 32}, "R: expected a reset value of 32 bits, got 0x100000000"),
        (
            {"A": Field(3, 0), "B": Field(5, 2)},
            {"offset": 0},
            "R: expected bits of its own for each field, got B[5:2] over another",
        ),
    ],
)
def test_register_refuses_what_cannot_be(body: dict[str, Any], keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        type("R", (Register,), dict(body), **keywords)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0x4 NAME", "not enough values to unpack (expected at least 3, got 2)"),
        ("0x4 NAME 0x0 A[7:0]:XX", "'XX'"),
        ("0x4 NAME 0x0 A[x]", "invalid literal for int() with base 10: 'x'"),
    ],
)
def test_table_refuses_a_line_it_cannot_read(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^table of registers") as error:
        Registers(line)
    assert str(error.value) == (
        "table of registers: expected offset, name, reset value and fields like A[7:0] B[8]:RO, "
        f"got {line!r} ({reason})"
    )


def test_state_refuses_what_cannot_be_saved() -> None:
    with pytest.raises(TypeError, match=r"^state: expected an int, bytes or a list of ints, got \{\}$"):
        state({})


def test_a_misspelt_method_is_refused(demo: DEMO) -> None:
    class TYPO(DEMO):
        def write_KIND(self, value: int) -> None: ...

    with pytest.raises(
        ValueError, match=r"^DEMO \(TYPO\): expected a register for the method write_KIND, got none call"
    ):
        TYPO(demo.context)


def test_a_key_that_is_no_register_is_refused(demo: DEMO) -> None:
    class KEYLESS(Peripheral):
        class A(Register, offset=0, locked_by="NOWHERE"):
            pass

    with pytest.raises(ValueError, match=r"expected a register of the block as key of A, got 'NOWHERE'$"):
        KEYLESS(demo.context)


def test_two_registers_cannot_share_a_word(demo: DEMO) -> None:
    class TWICE(Peripheral):
        class A(Register, offset=0):
            pass

        class B(Register, offset=0):
            pass

    with pytest.raises(ValueError, match=r"DEMO\.B: expected an offset of its own, got 0x0, which A has"):
        TWICE(demo.context)


def test_reset_values_are_there_from_the_start(demo: DEMO) -> None:
    assert [demo.read(offset, 4) for offset in (0x00, 0x0C, 0x14, 0x1C)] == [0x0F00_0008, 0x1234, 5, 0x80]


def test_table_of_registers() -> None:
    table = DEMO.registers["TABLE"]
    assert [(f.name, f.hi, f.lo, f.access) for f in table.fields] == [
        ("A", 3, 0, table.access),
        ("B", 7, 7, RO),
        ("C", 8, 8, table.access),
    ]


def test_names_of_offsets(demo: DEMO) -> None:
    assert [demo.name_of(o) for o in (0x00, 0x12, 0x20, 0x3C)] == [
        "DEMO.KINDS",
        "DEMO.I0TEM",
        "DEMO.I2TEM",
        "DEMO+0x3c",
    ]


def test_get_and_put_of_fields_registers_and_items(demo: DEMO) -> None:
    demo.put(demo.KINDS.RO_BITS, 0xA)
    demo.put(demo.ITEM.LOW, 0x12345, 2)
    demo.put(demo.KEPT, 7)
    assert demo.get(demo.KINDS.RO_BITS) == 0xA
    assert (demo.get(demo.ITEM, 2), demo.get(demo.ITEM.LOW, 2), demo.get(demo.KEPT)) == (0x2345, 0x2345, 7)


# Access kinds


@pytest.mark.parametrize(
    ("before", "written", "after"),
    [
        (0x0000, 0x0005, 0x0005),
        (0x0005, 0x0000, 0x0000),
        (0x00F0, 0x0000, 0x00F0),
        (0x0000, 0x00F0, 0x0000),
        (0x0F00, 0x0300, 0x0C00),
        (0x1000, 0x2000, 0x3000),
        (0x0000, 0x00FF_0000, 0x0000),
        (0x0F00_0000, 0xFF00_0000, 0x0F00_0000),
    ],
    ids=["R/W sets", "R/W clears", "RO stays 1", "RO stays 0", "W1C", "W1S", "WT and WO read 0", "reserved stays"],
)
def test_stores_follow_the_access_kinds(demo: DEMO, before: int, written: int, after: int) -> None:
    demo.words[0] = before
    demo.write(0, 4, written)
    assert hex(demo.read(0, 4)) == hex(after)


def test_write_method_gets_the_whole_value_and_the_old_word(demo: DEMO) -> None:
    demo.write(0, 4, 0x00FF_0001)
    assert demo.calls == [(0x00FF_0001, 0x0F00_0008)]


def test_methods_of_an_array_get_the_number(demo: DEMO) -> None:
    demo.write(0x18, 4, 9)
    assert (demo.calls, hex(demo.read(0x20, 4))) == ([(1, 9)], "0x11223342")


def test_reading_clears(demo: DEMO) -> None:
    demo.words[1] = 0x55
    assert [demo.read(4, 4), demo.read(4, 4)] == [0x55, 0]


@pytest.mark.parametrize(("offset", "size", "value"), [(0x10, 1, 0x40), (0x11, 1, 0x33), (0x12, 2, 0x1122)])
def test_part_of_a_word_is_read(demo: DEMO, offset: int, size: int, value: int) -> None:
    assert demo.read(offset, size) == value


def test_part_of_a_word_is_merged(demo: DEMO) -> None:
    demo.write(0x14, 4, 0x1122_3344)
    demo.write(0x15, 1, 0xAA)
    demo.write(0x16, 2, 0xBBCC)
    assert hex(demo.read(0x14, 4)) == "0xbbccaa44"


def test_part_of_a_word_does_not_clear_the_rest(demo: DEMO) -> None:
    demo.words[0] = 0x0F00
    demo.write(0, 1, 1)
    assert hex(demo.words[0]) == "0xf01"


def test_lock(demo: DEMO) -> None:
    demo.write(8, 4, 1)
    demo.write(0x0C, 4, 0)
    demo.write(8, 4, 2)
    assert demo.read(8, 4) == 1
    demo.write(0x0C, 4, 0x1234)
    demo.write(8, 4, 3)
    assert demo.read(8, 4) == 3


def test_undeclared_words_keep_what_is_written_and_are_counted(demo: DEMO) -> None:
    demo.write(0x3C, 4, 7)
    assert (demo.read(0x3C, 4), demo.context.unknown) == (7, ["DEMO+0x3c", "DEMO+0x3c"])  # type: ignore[attr-defined]


def test_what_native_code_may_do_alone(demo: DEMO) -> None:
    access = demo.word_access()
    assert [access[n] for n in (0, 1, 2, 3, 4, 5, 7, 15)] == [
        WordAccess(False, True, 0xF),
        WordAccess(True, False, 0),
        WordAccess(False, True, 0xFFFF_FFFF),
        WordAccess(False, False, 0xFFFF_FFFF),
        WordAccess(True, True, 0xFFFF),
        WordAccess(False, False, 0xFFFF_FFFF),
        WordAccess(False, False, 0x10F),
        WordAccess(True, True, 0xFFFF_FFFF),
    ]


# State and resets


def change(demo: DEMO) -> None:
    demo.number, demo.data, demo.items, demo.lasting = 9, b"xyz", [5], 8
    demo.out.set(1)
    demo.write(0x14, 4, 77)
    demo.write(0x30, 4, 66)
    demo.write(0x3C, 4, 55)


@pytest.mark.parametrize(
    ("domain", "kept"),
    [("power_on", "none"), ("rtc", "lasting"), ("system", "lasting"), ("block", "lasting"), ("core0", "all")],
)
def test_resets(demo: DEMO, domain: str, kept: str) -> None:
    change(demo)
    demo.reset(domain, 1)
    own = [9, b"xyz", [5], 77, 55] if kept == "all" else [3, b"ab", [1, 2], 5, 0]
    lasting = [0, 0] if kept == "none" else [8, 66]
    assert [demo.number, demo.data, demo.items, demo.words[5], demo.words[15]] == own
    assert [demo.lasting, demo.words[12]] == lasting


def test_defaults_are_not_shared(demo: DEMO) -> None:
    demo.items.append(3)
    demo.reset("system")
    assert demo.items == [1, 2]


def test_saved_state_is_restored_and_stays_apart(demo: DEMO) -> None:
    change(demo)
    saved = demo.state()
    demo.items.append(6)
    demo.reset("power_on")
    demo.out.set(0)
    demo.restore(saved)
    assert demo.state() == saved
    assert (demo.number, demo.items, demo.out.level) == (9, [5], 1)


def test_restoring_calls_no_listener(demo: DEMO) -> None:
    demo.out.set(1)
    saved = demo.state()
    demo.out.set(0)
    heard: list[int] = []
    demo.out.listen(heard.append)
    demo.restore(saved)
    assert heard == []


def test_canonical_form_tells_states_apart(demo: DEMO) -> None:
    before = canonical(demo.state())
    assert canonical(demo.state()) == before
    demo.lasting = 1
    assert canonical(demo.state()) != before


# Signals, pins, clocks


def test_signal_tells_of_changes_only() -> None:
    signal, heard = Signal("line"), []
    signal.listen(heard.append)
    for level in (0, 1, 1, 0):
        signal.set(level)
    signal.pulse()
    assert heard == [1, 0, 1, 0]


def test_clock_tells_of_changes_after_them() -> None:
    clock, heard = Clock("apb", 100), []
    clock.listen(lambda: heard.append(clock.period_ticks))
    for period in (100, 50, 50, 200):
        clock.set_period(period)
    assert heard == [50, 200]


def test_splitmix64_is_the_published_one() -> None:
    assert [hex(splitmix64(n)) for n in (0, 0x9E37_79B9_7F4A_7C15)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4"]
