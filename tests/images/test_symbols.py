"""Symbols: by name, by address, from several files, for one core."""

import pytest

from twincore.errors import UsageError
from twincore.images.elf import ElfFile
from twincore.images.symbols import Symbol, Symbols


@pytest.fixture
def symbols(firmware_elf):
    return ElfFile(firmware_elf, who="app.elf").symbols


def named(name: str, address: int, core: int | None = None) -> Symbols:
    return Symbols([Symbol(name, address, 4, "variable", False, "", f"{name}.elf", core)])


def test_a_function_has_address_and_size(symbols):
    symbol = symbols.find("app_main")
    assert (symbol.address, symbol.size, symbol.kind) == (0x4200_0020, 0x20, "function")


def test_rust_names_match_exactly(symbols):
    assert symbols.find("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE").address == 0x4200_0048


def test_an_unknown_name_gives_close_ones(symbols):
    with pytest.raises(UsageError) as caught:
        symbols.find("app_mian")
    assert str(caught.value) == "symbols: no symbol has the name 'app_mian'; close names: app_main"


def test_undefined_symbols_do_not_count(symbols):
    assert symbols.get("missing") is None


def test_an_ambiguous_name_lists_its_meanings(symbols):
    with pytest.raises(UsageError) as caught:
        symbols.find("state")
    assert str(caught.value) == (
        "symbols: 'state' means 2 things: state at 0x3fc88300 (main.c); state at 0x3fc88304 (other.c); "
        "write FILE:NAME, or say which core"
    )


@pytest.mark.parametrize(("name", "address"), [("main.c:state", 0x3FC8_8300), ("other.c:state", 0x3FC8_8304)])
def test_the_file_chooses_between_local_names(symbols, name, address):
    assert symbols.find(name).address == address


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (0x4200_0020, "app_main"),
        (0x4200_003F, "app_main+0x1f"),
        (0x4200_0040, "helper"),
        (0x4037_4003, "_vectors+0x3"),
        (0x4037_4004, "call_start"),
        (0x4037_4010, "0x40374010"),
        (0x4000_05D4, "ets_printf+0x4"),
        (0x3FC8_8302, "state+0x2"),
        (0x3FCF_0000, "0x3fcf0000"),
        (0x1234, "0x00001234"),
        (0x4200_0000, "0x42000000"),
    ],
)
def test_an_address_is_described_by_the_nearest_name(symbols, address, text):
    assert symbols.describe(address) == text


def test_variables_have_sizes(symbols):
    assert [(s.name, s.size) for s in symbols.variables()] == [("state", 4), ("state", 1)]


def test_symbols_are_sorted_by_address(symbols):
    addresses = [s.address for s in symbols]
    assert addresses == sorted(addresses)


def test_a_core_chooses_its_own_program():
    both = named("counter", 0x3FC8_8000, 0).merged(named("counter", 0x3FCA_0000, 1))
    assert both.find("counter", core=1).address == 0x3FCA_0000
    with pytest.raises(UsageError, match=r"of core 0.*of core 1"):
        both.find("counter")


def test_a_core_also_sees_what_belongs_to_no_core():
    assert named("shared", 0x3FC8_8000).merged(named("own", 0x3FC9_0000, 1)).find("shared", core=1).core is None


def test_a_core_does_not_see_the_other_ones():
    assert named("own", 0x3FC9_0000, 1).get("own", core=0) is None


def test_a_fallback_counts_only_where_nothing_else_is_known():
    symbols = named("start", 0x3FC8_8000).with_fallback(named("start", 0x3FCE_0000).merged(named("boot", 0x3FCE_0010)))
    assert symbols.find("start").address == 0x3FC8_8000
    assert symbols.find("boot").address == 0x3FCE_0010
    assert symbols.describe(0x3FCE_0002) == "start+0x2"
    assert len(symbols) == 3


def test_no_symbols_at_all_point_to_the_option():
    with pytest.raises(UsageError, match="give an ELF file with symbols"):
        Symbols().find("main")


def test_a_far_label_gives_way_to_the_fallbacks_function():
    label = Symbols([Symbol("rom_rx_gain_force", 0x4000_6040, 0, "label", False, "", "app.elf", None)])
    rom = Symbols([Symbol("Cache_Set", 0x4000_CA94, 0x40, "function", False, "", "rom.elf", None)])
    symbols = label.with_fallback(rom)
    assert symbols.describe(0x4000_CAB8) == "Cache_Set+0x24"
    assert symbols.describe(0x4000_6042) == "rom_rx_gain_force+0x2"
    assert symbols.describe(0x4000_6040) == "rom_rx_gain_force"
