"""Platform files: what comes with twincore is good; every mistake is named with file, key, expected and got."""

from __future__ import annotations

from pathlib import Path

import pytest

from twincore.errors import PlatformError
from twincore.machine.platform_file import Efuse, load_platform, platform_folder, platform_names

CHIP = """
[chip]
name = "toy"
title = "Toy"
io_base = 0x60000000
io_size = 0x100000
[[core]]
name = "cpu0"
prid = 1
reset_vector = 0x40378000
[clocks]
xtal = { frequency_hz = 40_000_000 }
cpu = { runs_from = "xtal" }
[[memory]]
name = "sram"
size = 0x4000
power_on = "pattern"
windows = [{ base = 0x40378000, bus = "instruction" }, { base = 0x3FC88000, bus = "data" }]
[mmu]
table = "MMU"
entries = 512
page_size = 0x10000
invalid = 0x4000
psram = 0x8000
page = 0x3FFF
windows = [{ base = 0x42000000, bus = "instruction" }]
[[peripheral]]
name = "MMU"
class = "esp32s3.mmu:MMU"
base = 0x600C5000
[board]
name = "board"
title = "Board"
[flash]
size = 0x100000
jedec_id = 1
"""

KEYS = {
    "top": "extends, chip, core, clocks, memory, mmu, peripheral, device, board, flash, psram, efuse, straps, pin, "
    "wire",
    "memory": "name, size, power_on, deep_sleep, windows",
}

MISTAKES: list[tuple[str, str, str, str]] = [
    (
        "unknown table",
        "[board]",
        "[bord]",
        f"bord: expected one of the keys {KEYS['top']}; got 'bord'; did you mean 'board'?",
    ),
    (
        "unknown key",
        'power_on = "pattern"',
        'power_onn = "pattern"',
        f"memory[0].power_onn: expected one of the keys {KEYS['memory']}; got 'power_onn'; did you mean 'power_on'?",
    ),
    (
        "unknown key far from any",
        "entries = 512",
        "entries = 512\nxyz = 1",
        "mmu.xyz: expected one of the keys table, cache, decryption, line_fill_ns, entries, page_size, invalid, psram, "
        "page, windows; got 'xyz'",
    ),
    ("missing key", "size = 0x4000\n", "", "memory[0].size: expected this key, got none"),
    ("missing key in a window", ', bus = "data"', "", "memory[0].windows[1].bus: expected this key, got none"),
    ("missing table", '[board]\nname = "board"\ntitle = "Board"\n', "",
     'board: expected a table [board], got none in toy.toml; add extends = "esp32s3"'),
    ("bus that ends before its registers", "io_size = 0x100000", "io_size = 0x100000\nio_reach = 0x80000",
     "chip.io_reach: expected at least io_size (0x100000) and an end below 2**32, got 0x60000000 + 0x80000"),
    ("bus beyond the last address", "io_size = 0x100000", "io_size = 0x100000\nio_reach = 0xB0000000",
     "chip.io_reach: expected at least io_size (0x100000) and an end below 2**32, got 0x60000000 + 0xb0000000"),
    ("bus that ends in a page", "io_size = 0x100000", "io_size = 0x100000\nio_reach = 0x100800",
     "chip.io_reach: expected a multiple of 0x1000, got 0x100800"),
    ("reset vector nowhere", "reset_vector = 0x40378000", "reset_vector = 0x3FC88000",
     "core[0].reset_vector: expected an address of a memory's instruction bus (0x40378000 to 0x4037bfff), "
     "got 0x3fc88000"),
    ("text for a number", "prid = 1", 'prid = "1"', "core[0].prid: expected int, got str"),
    ("number for text", 'title = "Board"', "title = 5", "board.title: expected str, got int"),
    ("value for a table", "[chip]", "straps = 5\n[chip]", "straps: expected table, got int"),
    ("bad bus", 'bus = "data"', 'bus = "dta"',
     "memory[0].windows[1].bus: expected one of data, instruction, both; got 'dta'"),
    ("negative size", "size = 0x4000", "size = -1", "memory[0].size: expected int >= 1, got -1"),
    ("address too large", "base = 0x3FC88000", "base = 0x1_0000_0000",
     "memory[0].windows[1].base: expected int <= 4294967295, got 4294967296"),
    ("bad name", 'name = "sram"', 'name = "s ram"',
     "memory[0].name: expected str matching regex '^[A-Za-z][A-Za-z0-9_.-]*$', got 's ram'"),
    ("no windows", 'windows = [{ base = 0x40378000, bus = "instruction" }, { base = 0x3FC88000, bus = "data" }]',
     "windows = []", "memory[0].windows: expected array of length >= 1, got []"),
    ("misaligned size", "size = 0x4000", "size = 0x4001",
     "memory[0].size: expected a multiple of 0x1000 for memory sram, got 0x4001"),
    ("misaligned base", "0x3FC88000", "0x3FC88004",
     "memory[0].windows[1].base: expected a multiple of 0x1000 for memory sram, got 0x3fc88004"),
    ("window too large", "0x3FC88000,", "0x3FC88000, offset = 0x3000, size = 0x2000,",
     "memory[0].windows[1]: expected a part of memory sram (0x4000 bytes), got offset 0x3000 and size 0x2000"),
    ("overlapping windows", "0x3FC88000", "0x4037B000",
     "memory[0].windows[1].base: expected an address of its own for memory sram, got 0x4037b000, "
     "which memory sram has (0x40378000 to 0x4037bfff)"),
    ("window over the MMU's", "0x3FC88000", "0x43000000",
     "memory[0].windows[1].base: expected an address of its own for memory sram, got 0x43000000, "
     "which MMU window 0 has (0x42000000 to 0x43ffffff)"),
    ("window behind the end", "0x3FC88000", "0xFFFFE000",
     "memory[0].windows[1].base: expected memory sram to end below 2**32, got 0xffffe000 + 0x4000"),
    ("memory over a block", "0x3FC88000", "0x600C3000",
     "peripheral[0].base: expected an address of its own for MMU, got 0x600c5000, which memory sram has "
     "(0x600c3000 to 0x600c6fff)"),
    ("misaligned MMU window", "0x42000000", "0x42001000",
     "mmu.windows[0].base: expected a multiple of 0x10000, got 0x42001000"),
    ("flash of odd size", "[flash]\nsize = 0x100000", "[flash]\nsize = 0x100001",
     "flash.size: expected a multiple of the MMU's page, 0x10000, got 0x100001"),
    ("PSRAM that nobody makes", "[flash]", '[psram]\nsize = 0x200000\nlines = "any"\n[flash]',
     'psram.size: expected 0x400000 or 0x800000 with lines = "any", got 0x200000'),
    ("PSRAM of another maker", "[flash]", '[psram]\nsize = 0x800000\nlines = 4\nvendor = "unilc"\n[flash]',
     "psram.vendor: expected one of ap, issi with these lines, got 'unilc'"),
    ("clock of nothing", "{ frequency_hz = 40_000_000 }", "{}",
     "clocks.xtal: expected either frequency_hz or runs_from, got neither"),
    ("clock of both", 'cpu = { runs_from = "xtal" }', 'cpu = { runs_from = "xtal", frequency_hz = 1 }',
     "clocks.cpu: expected either frequency_hz or runs_from, got both"),
    ("clock that does not divide", "40_000_000", "40_000_001",
     "clocks.xtal.frequency_hz: expected a divisor of the base clock, 913920000000 Hz, got 40000001"),
    ("clock from nowhere", 'runs_from = "xtal"', 'runs_from = "xtl"',
     "clocks.cpu.runs_from: expected one of xtal, cpu; got 'xtl'"),
    ("clock in a circle", 'runs_from = "xtal"', 'runs_from = "cpu"',
     "clocks.cpu.runs_from: expected no circle, got cpu -> cpu"),
    ("no cpu clock", 'cpu = { runs_from', 'kpu = { runs_from', "clocks.cpu: expected this key, got only xtal, kpu"),
    ("no core", '[[core]]\nname = "cpu0"\nprid = 1\nreset_vector = 0x40378000\n', "",
     "core: expected at least one [[core]], got none"),
    ("two of a name", "[board]", '[[memory]]\nname = "sram"\nsize = 0x1000\npower_on = "zero"\n'
     'windows = [{ base = 0, bus = "data" }]\n[board]',
     "memory[1].name: expected a name of its own, got 'sram' a second time"),
    ("misaligned I/O window", "io_base = 0x60000000", "io_base = 0x60000010",
     "chip.io_base: expected a multiple of 0x1000, got 0x60000010"),
    ("missing register list", "io_size = 0x100000", 'io_size = 0x100000\nregisters = "r.txt"',
     "chip.registers: expected a file beside this one, got 'r.txt', which is none"),
    ("block outside", "base = 0x600C5000", "base = 0x70000000",
     "peripheral[0].base: expected MMU (0x800 bytes) within the I/O window 0x60000000 to 0x600fffff, got 0x70000000"),
    ("misaligned block", "base = 0x600C5000", "base = 0x600C5002",
     "peripheral[0].base: expected a multiple of 4 for MMU, got 0x600c5002"),
    ("overlapping blocks", "[board]",
     '[[peripheral]]\nname = "M2"\nclass = "esp32s3.mmu:MMU"\nbase = 0x600C5400\n[board]',
     "peripheral[1].base: expected an address of its own for M2, got 0x600c5400, which MMU has "
     "(0x600c5000 to 0x600c57ff)"),
    ("class without a module", '"esp32s3.mmu:MMU"', '"MMU"',
     "peripheral[0].class: expected file.py:Class, module:Class or an entry point of the group "
     "twincore.peripherals (none is installed) for MMU, got 'MMU'"),
    ("unknown module", '"esp32s3.mmu:MMU"', '"esp32s3.mmmu:MMU"',
     "peripheral[0].class: expected a module that can be imported for MMU, got 'esp32s3.mmmu': "
     "ModuleNotFoundError: No module named 'esp32s3.mmmu'"),
    ("unknown class", '"esp32s3.mmu:MMU"', '"esp32s3.mmu:MMUU"',
     "peripheral[0].class: expected a class of module esp32s3.mmu for MMU, got 'MMUU', which it lacks; "
     "did you mean 'MMU'?"),
    ("class of another kind", '"esp32s3.mmu:MMU"', '"pathlib:Path"',
     "peripheral[0].class: expected a subclass of twincore.model.Peripheral for MMU, got Path"),
    ("missing Python file", '"esp32s3.mmu:MMU"', '"mine.py:MMU"',
     "peripheral[0].class: expected a module that can be imported for MMU, got 'mine.py': "
     "FileNotFoundError: [Errno 2] No such file or directory: '{folder}/mine.py'"),
    ("wire to itself", "[board]", "[[wire]]\nsource = 4\nto = 4\n[board]",
     "wire[0].to: expected another pin than source, got 4"),
    ("two drivers", "[board]", "[[wire]]\nsource = 4\nto = 6\n[[wire]]\nsource = 5\nto = 6\n[board]",
     "wire[1].to: expected one driver a pin, got GPIO6, which wire[0] drives already"),
    ("two pins of a name", "[board]", '[[pin]]\ngpio = 4\nname = "led"\n[[pin]]\ngpio = 5\nname = "led"\n[board]',
     "pin[1].name: expected a name of its own, got 'led' a second time"),
    ("bad level", "[board]", '[[pin]]\ngpio = 4\nname = "led"\nlevel = 2\n[board]',
     "pin[0].level: expected one of 0, 1; got 2"),
    ("bad MAC address", "[board]", '[efuse]\nmac = "7c:df"\n[board]',
     "efuse.mac: expected str matching regex '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$', got '7c:df'"),
    ("bad revision", "[board]", '[efuse]\nrevision = "0.16"\n[board]',
     "efuse.revision: expected str matching regex '^[0-3]\\\\.([0-9]|1[0-5])$', got '0.16'"),
    ("fuses that are no numbers", "[board]", "[efuse]\nfields = { FLASH_TYPE = true }\n[board]",
     "efuse.fields: expected int, got bool"),
    ("broken TOML", "[board]", "[board", "expected TOML, got: Expected ']' at the end of a table declaration "
     "(at line 31, column 7)"),
    ("unknown parent", "[chip]", 'extends = "esp32s4"\n[chip]',
     "extends: expected one of {names}, or the path of a .toml file; got 'esp32s4'; did you mean 'esp32s3'?"),
    ("missing parent", "[chip]", 'extends = "parent.toml"\n[chip]',
     "extends: expected a platform file, got 'parent.toml', which is no file"),
    ("circle of files", "[chip]", 'extends = "toy.toml"\n[chip]', "extends: expected no circle, got toy.toml again"),
]  # fmt: skip


BOARDS = sorted(path.stem for path in platform_folder().glob("*.toml") if path.stem != "esp32s3")
MB = 1 << 20


@pytest.mark.parametrize("name", BOARDS)
def test_boards_that_come_with_twincore(name: str) -> None:
    platform = load_platform(name)
    assert platform.board.name == name
    assert platform.chip.name == "esp32s3"
    assert [core.prid for core in platform.cores] == [0xCDCD, 0xABAB]


@pytest.mark.parametrize(
    ("name", "flash", "psram"),
    [
        ("generic", 16, (8, "any")),
        ("esp32s3-devkitc-1", 8, (8, 8)),
        ("devkitc-1", 8, (8, 8)),
        ("devkitc-1-n8r8", 8, (8, 8)),
        ("devkitc-1-n8", 8, None),
        ("devkitc-1-n8r2", 8, (2, 4)),
        ("devkitc-1-n16r8", 16, (8, 8)),
        ("devkitc-1-n32r16v", 32, (16, 8)),
    ],
)
def test_flash_and_psram(name: str, flash: int, psram: tuple[int, int | str] | None) -> None:
    platform = load_platform(name)
    assert platform.flash is not None
    assert platform.flash.size == flash * MB
    assert (platform.psram and (platform.psram.size // MB, platform.psram.lines)) == psram


def test_an_alias_is_the_same_board() -> None:
    assert load_platform("devkitc-1") == load_platform("esp32s3-devkitc-1")


def test_every_alias_is_given_once() -> None:
    files = [load_platform(name) for name in BOARDS]
    names = [name for platform in files for name in (platform.board.name, *platform.board.aliases)]
    assert sorted(names) == [name for name in platform_names() if name != "esp32s3"]


def test_good_file(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(CHIP)
    assert load_platform(path).memories[0].windows[1].base == 0x3FC88000


@pytest.mark.parametrize(("old", "new", "message"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "toy.toml"
    assert old in CHIP
    path.write_text(CHIP.replace(old, new))
    with pytest.raises(PlatformError) as error:
        load_platform(path)
    message = message.replace("{folder}", str(tmp_path)).replace("{names}", ", ".join(platform_names()))
    assert str(error.value) == f"{path}: {message}"


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(PlatformError) as error:
        load_platform(path)
    assert str(error.value) == f"board: expected a platform file, got '{path}', which is no file"


def test_unknown_board() -> None:
    with pytest.raises(PlatformError) as error:
        load_platform("generik", who="--board")
    assert str(error.value) == (
        f"--board: expected one of {', '.join(platform_names())}, or the path of a .toml file; "
        "got 'generik'; did you mean 'generic'?"
    )


def test_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(PlatformError) as error:
        load_platform(path)
    assert str(error.value) == f"{path}: expected a readable text file, got: bytes that are no UTF-8 at 8"


def test_chip_alone_is_no_board() -> None:
    with pytest.raises(PlatformError, match=r"board: expected a table \[board\], got none in esp32s3.toml"):
        load_platform("esp32s3")


def test_board_adds_to_its_chip(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "generic"\n[board]\nname = "mine"\ntitle = "Mine"\n[straps]\nvalue = 0\n'
        '[[pin]]\ngpio = 4\nname = "led"\n[[wire]]\nsource = 4\nto = 5\n'
    )
    platform = load_platform(path)
    assert (platform.board.name, platform.straps.value) == ("mine", 0)
    assert platform.flash == load_platform("generic").flash
    assert [(wire.source, wire.to) for wire in platform.wires] == [(4, 5)]
    assert len(platform.files) == 3


def test_mistake_of_a_parent_names_the_parent(tmp_path: Path) -> None:
    (tmp_path / "chip.toml").write_text(CHIP.replace("prid = 1", "prid = -1"))
    path = tmp_path / "mine.toml"
    path.write_text('extends = "chip.toml"\n')
    with pytest.raises(PlatformError) as error:
        load_platform(path)
    assert str(error.value) == f"{tmp_path / 'chip.toml'}: core[0].prid: expected int >= 0, got -1"


def test_user_peripheral_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from twincore.model import Peripheral\n\nclass MINE(Peripheral):\n    size = 0x20\n"
    )
    path = tmp_path / "mine.toml"
    path.write_text('extends = "generic"\n[[peripheral]]\nname = "MINE"\nclass = "mine.py:MINE"\nbase = 0x600F_0000\n')
    assert load_platform(path).classes["MINE"].__name__ == "MINE"


def test_fuses_of_a_board(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "generic"\n[efuse]\nmac = "7c:df:a1:00:00:01"\nfile = "fuses.bin"\nfields = { FLASH_TYPE = 1 }\n'
    )
    assert load_platform(path).efuse == Efuse(
        mac="7c:df:a1:00:00:01", file=str(tmp_path / "fuses.bin"), fields={"FLASH_TYPE": 1}
    )
    assert load_platform("generic").efuse == Efuse()
