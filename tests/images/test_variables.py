"""Variables by path and type: the project's own file with every kind in C and Rust, and published images."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.errors import ImageError, UsageError
from twincore.images.elf import ElfFile
from twincore.images.load import open_elf
from twincore.images.types import Integer, Type, Value
from twincore.images.variables import PLAIN, Variable, find_variable

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.fixture(scope="module")
def elf() -> ElfFile:
    return open_elf(str(PREBUILT / "typed.elf"))


def read(elf: ElfFile, address: int, size: int) -> bytes:
    """Return bytes as they are when the program begins."""
    for piece in elf.pieces:
        if piece.address <= address and address + size <= piece.address + len(piece.data):
            return piece.data[address - piece.address :][:size]
    return bytes(size)


def find(elf: ElfFile, path: str) -> Variable:
    return find_variable(path, elf.symbols, [elf], lambda address, size: read(elf, address, size))


def value(elf: ElfFile, path: str) -> Value:
    found = find(elf, path)
    return found.type.decode(read(elf, found.address, found.type.size))


VALUES: tuple[tuple[str, str, Value], ...] = (
    ("typed_signed", "signed char", -5),
    ("typed_long", "long long unsigned int", 0x0123_4567_89AB_CDEF),
    ("typed_flag", "_Bool", True),
    ("typed_float", "float", 1.5),
    ("typed_double", "double", -0.25),
    ("typed_phase", "phase", "PHASE_RUN"),
    ("typed_small", "small", "SMALL_B"),
    ("typed_text", "char[12]", "core 1"),
    ("typed_text[5]", "char", ord("1")),
    ("typed_grid", "short int[2][3]", [[1, 2, 3], [4, -5, 6]]),
    ("typed_grid[1]", "short int[3]", [4, -5, 6]),
    ("typed_grid[1][1]", "short int", -5),
    ("typed_points", "point[2]", [{"x": 1, "y": -2}, {"x": 3, "y": 4}]),
    ("typed_points[1].y", "short int", 4),
    ("typed_mailbox.sent", "long unsigned int", 7),
    ("typed_mailbox.slots[2].sequence", "long unsigned int", 0xCAFE),
    ("typed_mailbox.slots[0x2].kind", "phase", "PHASE_STOP"),
    ("typed_mailbox.slots[2].bytes[1]", "unsigned char", 0),
    ("typed_mailbox.slots[2].bits", "struct", {"low": 5, "middle": -3, "mode": "SMALL_B"}),
    ("typed_mailbox.slots[2].bits.middle", "long int:12", -3),
    ("typed_list->value", "long int", 20),
    ("typed_list->next->value", "long int", 30),
    ("typed_array[1].x", "short int", 3),
    ("typed_array->y", "short int", -2),
    ("typed_name[1]", "char", ord("e")),
    ("typed_rust_counter", "u32", 0x1234_5678),
    ("typed_rust_flag", "u8", 1),
    ("typed_rust_signed", "i16", -300),
    ("typed_rust_mode", "Mode", "Stop"),
    ("typed_rust_slots[1]", "Slot", {"sequence": 4, "mode": "Run", "pair": {"__0": 5, "__1": 6}}),
    ("typed_rust_slots[2].pair.1", "u16", 9),
    ("typed_rust_slots[0].mode", "Mode", "Idle"),
    ("typed_rust::HIDDEN", "u32", 99),
)


@pytest.mark.parametrize(("path", "kind", "expected"), VALUES)
def test_what_the_sources_say(elf: ElfFile, path: str, kind: str, expected: Value) -> None:
    assert value(elf, path) == expected
    assert (find(elf, path).type.name, find(elf, path).path) == (kind, path)


def test_addresses_are_those_of_the_parts(elf: ElfFile) -> None:
    base = elf.symbols.find("typed_mailbox").address
    assert find(elf, "typed_mailbox.slots[3].kind").address == base + 8 + 3 * 16 + 4
    assert find(elf, "typed_array[1].y").address == elf.symbols.find("typed_points").address + 6


ERRORS = (
    ("typed_rust::HIDEN", "no symbol has the name 'typed_rust::HIDEN'", "close names: typed_rust::HIDDEN"),
    ("typed_mialbox.sent", "no symbol has the name 'typed_mialbox'", "close names: typed_mailbox"),
    ("typed_mailbox.snet", "struct has no member 'snet'", "close names: sent"),
    (
        "typed_mailbox.slots[2].zzz",
        "struct message has no member 'zzz'",
        "its members: sequence, kind, word, bytes, bits",
    ),
    ("typed_mailbox.slots[4]", "expected an index from 0 to 3 of 'typed_mailbox.slots', got 4", ""),
    ("typed_mailbox[0]", "expected an array before '[', 'typed_mailbox' is struct", ""),
    ("typed_signed.x", "expected a struct before '.x', 'typed_signed' is signed char", ""),
    ("typed_signed->x", "expected a pointer before '->', 'typed_signed' is signed char", ""),
    ("typed_null->value", "expected a pointer to something, 'typed_null' is null", ""),
    ("typed_void->value", "expected a pointer to something, 'typed_void' points to void", ""),
    ("typed_grid[x]", "expected .member, [index] or ->member behind 'typed_grid', got '[x]'", ""),
    ("typed_list.value", "expected a struct before '.value', 'typed_list' is a pointer", ""),
)


@pytest.mark.parametrize(("path", "problem", "next_step"), ERRORS)
def test_a_path_that_leads_nowhere(elf: ElfFile, path: str, problem: str, next_step: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(elf, path)
    assert caught.value.problem == problem
    assert caught.value.next_step.startswith(next_step)


@pytest.mark.parametrize(("path", "_", "expected"), VALUES)
def test_a_value_written_reads_back(elf: ElfFile, path: str, _: str, expected: Value) -> None:
    kind = find(elf, path).type
    if isinstance(expected, list | dict) or ":" in kind.name:
        return
    content = kind.encode(expected)
    assert len(content) == kind.size
    assert kind.decode(content) == expected
    assert kind.same(kind.decode(content), str(expected))


@pytest.mark.parametrize(
    ("kind", "written", "problem"),
    [
        (PLAIN["u8"], 256, "expected a number of 8 bits, got 256"),
        (PLAIN["i16"], "-32769", "expected a number of 16 bits, got -32769"),
        (PLAIN["u32"], "many", "expected a whole number, got 'many'"),
        (PLAIN["f32"], "many", "expected a number, got 'many'"),
        (Type("20 bytes", 20), 1, "expected a number, a member or an element to write, got all of 20 bytes"),
    ],
)
def test_a_value_that_cannot_be_written(kind: Type, written: object, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind.encode(written)
    assert caught.value.problem == problem


def test_an_enum_names_what_it_has(elf: ElfFile) -> None:
    with pytest.raises(UsageError, match="expected one of PHASE_IDLE, PHASE_RUN, PHASE_STOP; got 'PHASE_WALK'"):
        find(elf, "typed_phase").type.encode("PHASE_WALK")
    assert find(elf, "typed_phase").type.decode(b"\x09\0\0\0") == 9


def test_bits_are_written_between_the_others(elf: ElfFile) -> None:
    found = find(elf, "typed_mailbox.slots[2].bits.middle").type
    before = read(elf, find(elf, "typed_mailbox.slots[2].bits").address, 4)
    after = found.within(before, -2000)  # type: ignore[attr-defined]
    assert found.decode(after) == -2000
    assert (int.from_bytes(before, "little") ^ int.from_bytes(after, "little")) & ~(0xFFF << 4) == 0
    with pytest.raises(UsageError, match="expected a number of 12 bits, got 5000"):
        found.within(before, 5000)  # type: ignore[attr-defined]


def test_without_debug_information_a_variable_is_a_number() -> None:
    amp = open_elf(str(PREBUILT / "openrom.elf"))
    symbol = next(s for s in amp.symbols.variables() if s.size == 4)
    assert find_variable(symbol.name, amp.symbols, [amp], lambda *_: b"").type == Integer("u32", 4)
    with pytest.raises(UsageError, match="expected debug information that describes"):
        find_variable(f"{symbol.name}.part", amp.symbols, [amp], lambda *_: b"")


def test_damaged_information_is_an_image_error(elf: ElfFile) -> None:
    """Each byte of the entries in turn is another one: no traceback, no endless loop."""
    info = next(section for section in elf.sections if section.name == ".debug_info")
    names = ["typed_mailbox.slots[2].bits.low", "typed_list->next->value", "typed_rust_slots[1].pair.0"]
    outcomes = set()
    for at in range(info.offset, info.offset + info.size, 3):
        data = bytearray(elf.data)
        data[at] ^= 0x55
        damaged = ElfFile(bytes(data), who=elf.who)
        try:
            outcomes.add(type(find(damaged, names[at // 3 % 3])).__name__)
        except (ImageError, UsageError) as error:
            outcomes.add(type(error).__name__)
    assert outcomes == {"Variable", "ImageError", "UsageError"}


# Published images: sizes by DWARF and by the symbol table are two accounts of one fact.


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        ("hopejar-blink", "esp_app_desc.version", "char[32]"),
        ("hopejar-blink", "esp_app_desc.magic_word", "long unsigned int"),
        ("microlight", "pxCurrentTCB[1]->pcTaskName", "char[16]"),
        ("labwired-blinky", "esp_hal::gpio::GPIO_LOCK", None),
        ("labwired-blinky", "gpio::GPIO_LOCK", None),
    ],
)
def test_published_images(name: str, path: str, kind: str | None) -> None:
    file = CORPUS / name / "app.elf"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    image = open_elf(str(file))
    known = [(s, image.types.variable(s.address)) for s in image.symbols.variables()]
    wrong = [s.name for s, t in known if t is not None and t.size not in (0, s.size)]
    assert wrong == []
    assert len([t for _, t in known if t is not None]) > 60
    described = find_variable(path, image.symbols, [image], lambda address, size: (0x3FC9_0000).to_bytes(4, "little"))
    assert kind is None or described.type.name == kind
