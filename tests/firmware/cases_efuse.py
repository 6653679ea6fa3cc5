"""Calls of the ROM's eFuse functions: look-ups over all bits that matter, keys, check bytes."""

from __future__ import annotations

from typing import Any

from rom_machine import Buffer, Call, call

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}
FRESH: set[str] = set()
"""Cases that burn eFuses: each needs a new chip."""

EFUSE = (0x60007000, 0x200)
PGM_DATA = 0x60007000

FLAGS = """secure_boot_enabled secure_boot_aggressive_revoke_enabled cache_encryption_enabled
    download_modes_disabled flash_opi_5pads_power_sel_vddspi force_send_resume usb_print_is_disabled
    legacy_spi_boot_mode_disabled security_download_modes_enabled jtag_disabled usb_download_mode_disabled
    usb_module_disabled usb_device_disabled flash_octal_mode ecc_en ecc_16to17_mode"""
NUMBERS = """get_flash_delay_us get_spiconfig get_wp_pad usb_serial_jtag_print_is_disabled get_uart_print_control
    ecc_flash_page_size count_unused_key_blocks find_unused_key_block"""
LOOK_UPS = [call(f"ets_efuse_{name}", result=8) for name in FLAGS.split()] + [
    call(f"ets_efuse_{name}") for name in NUMBERS.split()
]
LOOK_UPS += [
    call(f"ets_efuse_{name}", block) for block in range(12) for name in ("get_key_purpose", "get_read_register_address")
]
LOOK_UPS += [call("ets_efuse_key_block_unused", block, result=8) for block in range(12)]


def case(name: str, *calls: Call, fresh: bool = True, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = extra
    if fresh:
        FRESH.add(name)


def burnt(block: int, *bits: int) -> dict[int, int]:
    """Return what PGM_DATA has to hold for bits of a block to be burnt."""
    words: dict[int, int] = {}
    for bit in bits:
        address = PGM_DATA + 4 * (bit // 32)
        words[address] = words.get(address, 0) | 1 << bit % 32
    return words


case("nothing", *LOOK_UPS, call("ets_efuse_get_mac", Buffer(bytes(6)), result=0))
for bit in range(192):
    case(f"block0-{bit}", call("ets_efuse_program", 0), *LOOK_UPS, poke=burnt(0, bit))
for bit in (48, 61, 64, 77, 78, 83, 90):
    case(f"block1-{bit}", call("ets_efuse_program", 1), *LOOK_UPS, poke=burnt(1, bit))
for bits in ((48, 49), (49, 50), (48, 49, 50), (82, 83), (82, 83, 84), (134, 135), (138, 139), (126, 127)):
    case(f"block0-{'-'.join(map(str, bits))}", call("ets_efuse_program", 0), *LOOK_UPS, poke=burnt(0, *bits))

for block in (3, 4, 5, 9, 10):
    for purpose in (0, 4, 9, 11, 12):
        for length in (32, 16):
            key = Buffer(bytes(range(5, 5 + length)))
            found = Buffer(bytes(4))
            case(
                f"write_key-{block}-{purpose}-{length}",
                call("ets_efuse_write_key", block, purpose, key, length),
                call("ets_efuse_write_key", block, purpose, key, length),
                call("ets_efuse_find_purpose", purpose, found, result=8),
                call("ets_efuse_find_purpose", 9, 0, result=8),
                *LOOK_UPS,
                watch=[EFUSE],
            )
case(
    "find_purpose",
    *(call("ets_efuse_find_purpose", n, found, result=8) for n in range(13) for found in (Buffer(bytes(4)),)),
)
for name in ("ets_efuse_read", "ets_efuse_clear_program_registers"):
    case(name, call(name, result=0), watch=[EFUSE], poke={PGM_DATA: 5, PGM_DATA + 0x24: 7})
case(
    "ets_efuse_program",
    call("ets_efuse_program", 3),
    watch=[EFUSE],
    poke={PGM_DATA: 0x12345678, PGM_DATA + 28: 0x9ABCDEF0},
)
case(
    "ets_efuse_set_timing",
    *(call("ets_efuse_set_timing", hz) for hz in (20_000_000, 40_000_000, 80_000_000)),
    watch=[EFUSE],
)
for number, data in enumerate(
    (bytes(32), bytes(range(32)), bytes([255] * 32), bytes(i * 73 + 19 & 255 for i in range(32)))
):
    case(
        f"rs_calculate-{number}", call("ets_efuse_rs_calculate", Buffer(data), Buffer(bytes(12)), result=0), fresh=False
    )
