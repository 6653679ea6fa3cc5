"""Calls of the ROM's functions that set up the flash controllers and their pads."""

from __future__ import annotations

from typing import Any

from rom_machine import Buffer, Call, call

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}
FRESH: set[str] = set()

SPI0, IO_MUX = (0x60003000, 0x100), (0x60009000, 0xC4)
SPI1_CTRL, SPI1_CLOCK, SPI1_USER1, SPI1_CACHE_FCTRL = ((0x60002000 + at, 4) for at in (0x08, 0x14, 0x1C, 0x3C))
PAD_HD, PAD_WP, CTRL0, CTRL2, USER0, CTRL1 = 0x60009070, 0x60009074, 0x60003008, 0x60003010, 0x60003018, 0x60002008
AS_GPIO = {PAD_HD: 0x1B00, PAD_WP: 0x1B00}
MODES = range(6)
READS = {
    "fast": bytes([24, 8, 0x0B, 0, 8, 0]),
    "octal": bytes([32, 20, 0xEC, 0x13, 16, 0]),
    "no dummy": bytes([24, 1, 3, 0, 8, 0]),
}


def case(name: str, *calls: Call, look: tuple[tuple[int, int], ...], poke: dict[int, Any] | None = None) -> None:
    CASES[name] = list(calls)
    EXTRA[name] = {"look": list(look), "poke": poke or {}}
    FRESH.add(name)


for mode in MODES:
    readmode = call("esp_rom_spiflash_config_readmode", mode)
    case(f"config_readmode-{mode}", readmode, look=(SPI0, SPI1_CTRL))
    none: dict[int, Any] = {CTRL0: 0x200000, CTRL1: 0x208000}
    case(f"dummy_output-{mode}", call("spi_common_set_dummy_output", mode, result=0), look=(SPI0, SPI1_CTRL), poke=none)
    for name, read in READS.items():
        config = call("esp_rom_spiflash_cache_mode_config", mode, Buffer(read), result=0)
        case(f"cache_mode_config-{mode}-{name}", config, look=(SPI0,))
for mode in range(12):
    for fill in (0, 0xFFFFFFFF):
        filled: dict[int, Any] = {CTRL1: fill, 0x60002018: fill, 0x600020E0: fill}
        look = (SPI1_CTRL, (0x60002018, 4), (0x600020E0, 4))
        case(
            f"set_op_mode-{mode}-{fill & 1}", call("esp_rom_spi_set_op_mode", 1, mode, result=0), look=look, poke=filled
        )
for divider in (1, 2, 3, 4, 8):
    clocks = [call("esp_rom_spiflash_config_clk", divider, spi) for spi in (0, 1)]
    case(f"config_clk-{divider}", *clocks, look=(SPI0, SPI1_CLOCK))
for bits in (24, 32):
    lengths = [call("esp_rom_spi_set_address_bit_len", spi, bits, result=0) for spi in (0, 1)]
    case(f"address_bit_len-{bits}", *lengths, look=(SPI0, SPI1_USER1, SPI1_CACHE_FCTRL))
case("cs_timing", call("spi_common_set_flash_cs_timing", result=0), look=(SPI0,), poke={CTRL2: 0x2C21, USER0: 0})
case("qio_pins", call("esp_rom_spiflash_select_qio_pins", 28, 0, result=0), look=(IO_MUX,), poke=AS_GPIO)
case("opi_pins", call("esp_rom_opiflash_pin_config", result=0), look=(IO_MUX,), poke=AS_GPIO)
case("attach", call("spi_flash_attach", 0, 0, result=0), look=(SPI0, SPI1_CTRL, SPI1_CLOCK, IO_MUX))
