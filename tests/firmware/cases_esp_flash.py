"""Calls of the ROM's copy of ESP-IDF's flash component, with a chip driver and a host made of the ROM's functions."""

from __future__ import annotations

import hashlib
from typing import Any

from rom_machine import Buffer, Call, Guest, call, published_addresses, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}
FRESH: set[str] = set()

SLOTS = published_addresses()
SPI1, SPI1_REGISTERS = 0x60002000, [(0x60002008, 4), (0x60002010, 0x1C), (0x60002034, 4)]
DEFAULT_CHIP, NOBODY_WAITS = 0x3FCEFFDC, 0x107
SLOWRD, FASTRD, DOUT, DIO, QOUT, QIO = MODES = range(6)
AT, SECTOR, BLOCK = 0x100000, 0x1000, 0x10000
DATA = hashlib.shake_128(b"flash").digest(700)
NONE, ONE = Guest("none"), Guest("one")


def rom(name: str) -> int:
    return SLOTS[name]


HAL = """device_config common_command - erase_chip erase_sector erase_block - set_write_protect program_page one - read
    one - host_idle configure_host_io_mode poll_cmd_done -"""
MEMSPI = """- - read_id_hs erase_chip erase_sector erase_block read_status_hs set_write_protect program_page -
    write_data_slicer read - read_data_slicer - - - flush_cache"""
CHIP = """probe reset detect_size erase_chip erase_sector erase_block =0x1000 =0x10000 get_write_protect
    set_write_protect =0 =0 =0 =0 read write page_program =256 =0 wait_idle set_io_mode get_io_mode =0 read_reg yield
    =0 =0 =0 config_host_io_mode"""


def table(names: str, prefix: str) -> list[Any]:
    special = {"-": None, "one": ONE}
    return [
        int(name[1:], 0) if name[0] == "=" else special[name] if name in special else rom(prefix + name)
        for name in names.split()
    ]


BY_HAL, BY_COMMANDS = table(HAL, "spi_flash_hal_"), table(MEMSPI, "memspi_host_")
DRIVERS = {
    "hal": [a if a is not None else b for a, b in zip(BY_HAL, BY_COMMANDS, strict=True)],
    "commands": [b if b is not None else a for a, b in zip(BY_HAL, BY_COMMANDS, strict=True)],
}
TIMEOUTS = (200_000, 4_000_000, 4_100_000, 600_000, 500_000)


class Chip:
    """The structures of a chip in memory: `chip` is what esp_flash_ functions take."""

    def __init__(self, kind: str = "hal", mode: int = FASTRD, size: int = 0x1000000) -> None:
        self.host_driver = words(*DRIVERS[kind], 0, 0, 0, 0)
        hold_and_setup = 1 << 24
        self.host = words(self.host_driver, SPI1, 0, hold_and_setup, 1 << 31, 0, 0, 0, 0, 0, 80, 0)
        name = Buffer(b"chip\0")
        self.driver = words(name, words(*TIMEOUTS), *table(CHIP, "spi_flash_chip_generic_"))
        self.system = words(NONE, NONE, NONE, NONE, NONE, NONE, Guest("log"), NONE, NONE, NONE)
        self.chip = words(self.host, self.driver, self.system, 0, mode, size, 0xC84018, 0, 0)


def case(name: str, *calls: Call, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = {"log_result": NOBODY_WAITS, "log_arguments": 2, **extra}


def erase(chip: Chip, at: int = AT, size: int = SECTOR) -> Call:
    return call("rom_esp_flash_erase_region", chip.chip, at, size)


def write(chip: Chip, data: bytes, at: int = AT) -> Call:
    return call("rom_esp_flash_write", chip.chip, Buffer(data), at, len(data))


def read(chip: Chip, size: int, at: int = AT) -> Call:
    return call("esp_flash_read", chip.chip, Buffer(bytes(size)), at, size)


for kind in DRIVERS:
    chip = Chip(kind)
    case(f"read_id-{kind}", call("esp_flash_read_id", chip.chip, words(0)), look=SPI1_REGISTERS)
    chip = Chip(kind, size=0)
    case(f"get_size-{kind}", *[call("esp_flash_get_size", chip.chip, words(0))] * 2)
    for mode in MODES:
        chip = Chip(kind, mode)
        set_mode = call("spi_flash_chip_generic_set_io_mode", chip.chip)
        case(f"read-{kind}-{mode}", set_mode, read(chip, 300, 0), look=SPI1_REGISTERS)
    for size in (1, 3, 63, 64, 65, 256, 700):
        for at in (AT, AT + 1, AT + 0xC5):
            chip = Chip(kind)
            case(f"write-{kind}-{size}-{at & 0xFF}", erase(chip), write(chip, DATA[:size], at), read(chip, 1000))
    for at, size in ((AT, SECTOR), (AT, BLOCK), (AT - SECTOR, BLOCK + 2 * SECTOR), (AT + SECTOR, 3 * SECTOR)):
        chip = Chip(kind)
        marks = range(AT - SECTOR, AT + BLOCK + SECTOR, SECTOR)
        written = [write(chip, b"mark", mark) for mark in marks]
        looks = [read(chip, 4, mark) for mark in marks]
        case(f"erase-{kind}-{at:#x}-{size:#x}", erase(chip, AT - SECTOR, BLOCK + 2 * SECTOR), *written)
        CASES[f"erase-{kind}-{at:#x}-{size:#x}"] += [erase(chip, at, size), *looks]
    chip, flag = Chip(kind), Buffer(b"\xee")
    case(
        f"write_protect-{kind}",
        call("esp_flash_set_chip_write_protect", chip.chip, 1),
        call("esp_flash_get_chip_write_protect", chip.chip, flag),
        call("esp_flash_set_chip_write_protect", chip.chip, 0),
        call("esp_flash_get_chip_write_protect", chip.chip, Buffer(b"\xee")),
        look=SPI1_REGISTERS,
    )
    case(f"reset-{kind}", call("spi_flash_chip_generic_reset", Chip(kind).chip))

for at, size in ((AT + 1, SECTOR), (AT, 100), (0x1000000, SECTOR), (0xFFF000, 2 * SECTOR)):
    chip = Chip()
    case(f"erase-wrong-{at:#x}-{size:#x}", erase(chip, at, size))
for at, size in ((0x1000000, 1), (0xFFFFFF, 2), (AT, 0), (0x1000000, 0)):
    chip = Chip()
    case(f"read-wrong-{at:#x}-{size}", read(chip, size, at))
    case(f"write-wrong-{at:#x}-{size}", write(chip, DATA[:size], at))
case("no-buffer", call("esp_flash_read", Chip().chip, 0, AT, 4), call("rom_esp_flash_write", Chip().chip, 0, AT, 4))
nobody = words(Chip().host, 0, 0, 0, 0, 0, 0, 0, 0)
case("no-driver", call("esp_flash_chip_driver_initialized", nobody, result=8), read(Chip(), 4, 0))
case("no-chip", call("esp_flash_read", 0, Buffer(bytes(4)), 0, 4), call("esp_flash_get_size", 0, words(0)))
chip = Chip()
case("default-chip", call("esp_flash_read", 0, Buffer(bytes(64)), 0, 64), poke={DEFAULT_CHIP: chip.chip})
for chip_id in (0xC84018, 0xC80000, 0xC8FFFF, 0xEF4014, 0xEF6019):
    chip = words(Chip().host, Chip().driver, Chip().system, 0, FASTRD, 0, chip_id, 0, 0)
    case(f"detect_size-{chip_id:#x}", call("spi_flash_chip_generic_detect_size", chip, words(0)))
    case(f"gd_probe-{chip_id:#x}", call("spi_flash_chip_gd_probe", chip, chip_id))
for manufacturer in ("generic", "gd"):
    for mode in (DIO, QIO, QOUT):
        chip = Chip(mode=mode)
        case(
            f"io_mode-{manufacturer}-{mode}",
            call(f"spi_flash_chip_{manufacturer}_set_io_mode", chip.chip),
            call(f"spi_flash_chip_{manufacturer}_get_io_mode", chip.chip, words(0)),
            call("spi_flash_common_read_status_16b_rdsr_rdsr2", chip.chip, words(0)),
            call("esp_flash_get_io_mode", chip.chip, Buffer(b"\xee")),
        )
        FRESH.add(f"io_mode-{manufacturer}-{mode}")
for name in ("8b_rdsr", "8b_rdsr2", "16b_rdsr_rdsr2"):
    case(f"read_status_{name}", call(f"spi_flash_common_read_status_{name}", Chip().chip, words(0)))
for quad in (0, 1):
    case(f"set_io_mode-{quad}", call("esp_flash_set_io_mode", Chip(mode=DIO).chip, quad))
for at, size in ((0, 300), (1, 300), (1, 32), (0xE1, 30), (0xF0, 16), (0xF1, 16), (0xF0, 15), (3, 1), (0x1FF, 2)):
    chip = Chip()
    case(
        f"slices-{at}-{size}",
        call("memspi_host_read_data_slicer", chip.host, at, size, words(0), 256),
        call("memspi_host_write_data_slicer", chip.host, at, size, words(0), 256),
    )
    case(f"sliced-{at}-{size}", erase(chip), write(chip, DATA[:size], AT + at), read(chip, 700))

PAGE, MMU = 0x10000, (0x600C5000, 0x800)
DROM, IROM, DATA_MEMORY, INSTRUCTION_MEMORY = 0x3C000000, 0x42000000, 0, 1
MAPS = [call("Cache_Set_IDROM_MMU_Size", 0x80, 0x380, result=0)]
MAPS += [call("spi_flash_mmap_os_func_set", Guest("malloc"), Guest("free"), result=0)]
MAPS += [call("spi_flash_mmap_page_num_init", 256)]
for memory in (DATA_MEMORY, INSTRUCTION_MEMORY):
    for at, size in ((0, PAGE), (3 * PAGE, 1), (PAGE, 2 * PAGE + 1), (1, PAGE), (0x1000000, PAGE), (0, 0)):
        address, handle = words(0xDEAD), words(0xBEEF)
        mmap = call("rom_spi_flash_mmap", at, size, memory, address, handle)
        free_pages = call("spi_flash_mmap_get_free_pages", memory)
        unmap = call("rom_spi_flash_munmap", 1, result=0)
        case(f"mmap-{memory}-{at:#x}-{size:#x}", *MAPS, free_pages, mmap, free_pages, look=[MMU])
        FRESH.add(f"mmap-{memory}-{at:#x}-{size:#x}")
        if at % PAGE == 0 and at < 0x1000000 and size:
            case(f"munmap-{memory}-{at:#x}-{size:#x}", *MAPS, mmap, unmap, free_pages, look=[MMU])
            FRESH.add(f"munmap-{memory}-{at:#x}-{size:#x}")
    pages = words(5, 9, 2)
    mmap_pages = call("rom_spi_flash_mmap_pages", pages, 3, memory, words(0), words(0))
    again = call("rom_spi_flash_mmap_pages", words(9, 2), 2, memory, words(0), words(0))
    looks = [
        call("spi_flash_cache2phys", base + at) for base in (DROM, IROM) for at in (0, 0x12345, 9 * PAGE, 0x212345)
    ]
    looks += [call("spi_flash_phys2cache", at, memory) for at in (9 * PAGE + 5, 2 * PAGE, 7 * PAGE)]
    case(f"mmap_pages-{memory}", *MAPS, mmap_pages, again, *looks, look=[MMU])
    FRESH.add(f"mmap_pages-{memory}")
case("cache_enabled", call("spi_flash_cache_enabled", result=8))
for core in (0, 1):
    saved = words(0)
    disable = call("rom_spi_flash_disable_cache", core, saved, result=0)
    case(f"disable_cache-{core}", disable, call("spi_flash_cache_enabled", result=8), look=[(0x600C4000, 0x70)])
    FRESH.add(f"disable_cache-{core}")
    enable = [call("Cache_Enable_ICache", 0, result=0), call("Cache_Enable_DCache", 0, result=0)]
    restore = call("rom_spi_flash_restore_cache", core, 0, result=0)
    case(f"restore_cache-{core}", *enable, disable, restore, look=[(0x600C4000, 0x70)])
    FRESH.add(f"restore_cache-{core}")
