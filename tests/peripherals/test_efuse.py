"""EFUSE: what the chip came with, burning, and what protects words from it and from software."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esp32s3.efuse import DEFAULT_MAC, EFUSE, WORDS, WRITE_DISABLE
from twincore.errors import UsageError

Bench = Callable[..., Any]


def burn(efuse: Any, block: int, *words: int) -> None:
    for n in range(8):
        efuse.write(f"PGM_DATA{n}", words[n] if n < len(words) else 0)
    efuse.write("CONF", 0x5A5A)
    efuse.write("CMD", block << 2 | 2)


def show(efuse: Any) -> None:
    efuse.write("CONF", 0x5AA5)
    efuse.write("CMD", 1)


def delivered(bench: Bench, words: dict[int, int] | None = None, **more: Any) -> Any:
    efuse = bench(EFUSE)
    content = [(words or {}).get(n, 0) for n in range(WORDS)]
    efuse.block.deliver(content, **({"mac": None, "revision": "0.0", "fields": {}} | more))
    return efuse


def mac(efuse: Any) -> str:
    value = (efuse.read("RD_MAC_SPI_SYS_1") & 0xFFFF) << 32 | efuse.read("RD_MAC_SPI_SYS_0")
    return value.to_bytes(6).hex(":")


def revision(efuse: Any) -> str:
    low, high = efuse.read("RD_MAC_SPI_SYS_3") >> 18 & 7, efuse.read("RD_MAC_SPI_SYS_5") >> 23 & 1
    return f"{efuse.read('RD_MAC_SPI_SYS_5') >> 24 & 3}.{high << 3 | low}"


def test_mac_address_and_revision(bench: Bench) -> None:
    efuse = delivered(bench, mac="7c:df:a1:01:02:03", revision="1.10")
    assert (mac(efuse), revision(efuse)) == ("7c:df:a1:01:02:03", "1.10")


def test_a_chip_of_which_nothing_is_said(bench: Bench) -> None:
    efuse = delivered(bench, revision=None)
    assert (mac(efuse), revision(efuse)) == (DEFAULT_MAC, "0.2")


def test_what_the_words_say_counts_unless_said_otherwise(bench: Bench) -> None:
    words = {6: 0xA1040506, 7: 0x5555_7CDF, 9: 1 << 18, 11: 1 << 24}
    efuse = delivered(bench, words, revision=None)
    assert (mac(efuse), revision(efuse)) == ("7c:df:a1:04:05:06", "1.1")
    efuse = delivered(bench, words, mac="02:00:00:00:00:07", revision="0.1")
    assert (mac(efuse), revision(efuse)) == ("02:00:00:00:00:07", "0.1")
    assert efuse.read("RD_MAC_SPI_SYS_1") >> 16 == 0x5555


def test_a_chip_is_calibrated_unless_the_words_say_something_of_that(bench: Bench) -> None:
    efuse = delivered(bench)
    assert (efuse.read("RD_MAC_SPI_SYS_3") >> 24 & 7, efuse.read("RD_SYS_PART1_DATA4") & 3) == (3, 1)
    efuse = delivered(bench, {16: 2, 12: 0xCAFE})
    assert [efuse.read(f"RD_SYS_PART1_DATA{n}") for n in range(8)] == [0xCAFE, 0, 0, 0, 2, 0, 0, 0]
    assert efuse.read("RD_MAC_SPI_SYS_3") >> 24 & 7 == 0
    efuse = delivered(bench, fields={"SYS_DATA_PART1_4": 0})
    assert efuse.read("RD_SYS_PART1_DATA4") == 0


def test_fields_by_their_names(bench: Bench) -> None:
    efuse = delivered(bench, fields={"FLASH_TYPE": 1, "KEY_PURPOSE_1": 4})
    assert efuse.read("RD_REPEAT_DATA3") == 1 << 9
    assert efuse.read("RD_REPEAT_DATA1") == 4 << 28


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"FLASH_TYP": 1}, "expected a field of EFUSE, got 'FLASH_TYP'"),
        ({"FLASH_TYPE": 2}, "expected 0 to 0x1 for FLASH_TYPE, got 0x2"),
        ({"FLASH_TYPE": -1}, "expected 0 to 0x1 for FLASH_TYPE, got -0x1"),
        ({"PGM_CMD": 1}, "expected a field of EFUSE, got 'PGM_CMD'"),
    ],
)
def test_wrong_fields(bench: Bench, fields: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        delivered(bench, fields=fields)


def test_commands_are_over_at_once(bench: Bench) -> None:
    efuse = bench(EFUSE)
    efuse.write("CMD", 1)
    assert efuse.read("CMD") == 0


@pytest.mark.parametrize(
    ("block", "word", "register"),
    [
        (0, 0, "RD_WR_DIS"),
        (0, 2, "RD_REPEAT_DATA1"),
        (1, 5, "RD_MAC_SPI_SYS_5"),
        (2, 0, "RD_SYS_PART1_DATA0"),
        (3, 7, "RD_USR_DATA7"),
        (4, 0, "RD_KEY0_DATA0"),
        (10, 7, "RD_SYS_PART2_DATA7"),
    ],
)
def test_bits_join_those_that_are_burnt(bench: Bench, block: int, word: int, register: str) -> None:
    efuse = delivered(bench)
    before = efuse.read(register)
    for bits in (0x10, 0x01):
        burn(efuse, block, *[0] * word, bits)
    assert efuse.read(register) == before
    show(efuse)
    assert (efuse.read(register), efuse.read("INT_RAW")) == (before | 0x11, 3)


def test_fuses_outlast_every_reset_until_a_new_chip_comes(bench: Bench) -> None:
    efuse = delivered(bench, fields={"SECURE_VERSION": 1})
    burn(efuse, 3, 0xCAFE)
    efuse.block.reset("system", 3)
    assert efuse.read("RD_USR_DATA0") == 0xCAFE
    efuse.block.reset("power_on", 1)
    assert efuse.read("RD_USR_DATA0") == efuse.block.fuses()[20] == 0xCAFE
    efuse.block.as_delivered()
    assert (efuse.read("RD_USR_DATA0"), efuse.read("RD_REPEAT_DATA3")) == (0, 1 << 14)


@pytest.mark.parametrize(("code", "block"), [(0x5AA5, 0), (0, 0), (0x5A5A, 11), (0x5A5A, 15)])
def test_nothing_is_burnt_with_a_wrong_code_or_block(bench: Bench, code: int, block: int) -> None:
    efuse = delivered(bench)
    before = efuse.block.fuses()
    efuse.write("PGM_DATA0", 1)
    efuse.write("CONF", code)
    efuse.write("CMD", block << 2 | 2)
    assert efuse.block.fuses() == before


def test_what_wr_dis_protects_is_as_espefuse_says() -> None:
    """Its table names the bit of WR_DIS of every field."""
    tables = pytest.importorskip("espefuse.efuse.esp32s3.fields", reason="esptool is not installed")
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    path = Path(tables.__file__).parents[2] / "efuse_defs" / "esp32s3.yaml"
    theirs: dict[int, dict[int, int]] = {}
    for field in yaml.safe_load(path.read_text())["EFUSES"].values():
        if field["blk"] == 0 and field["wr_dis"] is not None:
            masks = theirs.setdefault(field["wr_dis"], {})
            mask = ((1 << field["len"]) - 1) << field["pos"]
            masks[field["word"]] = masks.get(field["word"], 0) | mask
    assert {bit: {word: hex(mask) for word, mask in masks.items()} for bit, masks in theirs.items()} == {
        bit: {word: hex(mask) for word, mask in masks.items()} for bit, masks in WRITE_DISABLE.items()
    }


@pytest.mark.parametrize("bit", sorted(WRITE_DISABLE))
def test_protected_fields_stay(bench: Bench, bit: int) -> None:
    efuse = delivered(bench, {0: 1 << bit})
    burn(efuse, 0, 0, *[0xFFFF_FFFF] * 5)
    for word in range(1, 6):
        assert efuse.block.fuses()[word] == 0xFFFF_FFFF & ~WRITE_DISABLE[bit].get(word, 0)


@pytest.mark.parametrize("block", range(2, 11))
def test_a_protected_block_stays(bench: Bench, block: int) -> None:
    efuse = delivered(bench, {0: 1 << 19 + block})
    before = efuse.block.fuses()
    for n in range(2, 11):
        burn(efuse, n, *[1] * 8)
        changed = efuse.block.fuses() != before
        assert changed == (n != block)
        before = efuse.block.fuses()


@pytest.mark.parametrize("key", range(6))
def test_a_hidden_key_is_zero_to_software_alone(bench: Bench, key: int) -> None:
    efuse = delivered(bench)
    for n in range(6):
        burn(efuse, 4 + n, *[0x0101_0101 * (n + 1)] * 8)
    burn(efuse, 0, 0, 1 << key)
    show(efuse)
    seen = [efuse.read(f"RD_KEY{n}_DATA7") for n in range(6)]
    assert seen == [0 if n == key else 0x0101_0101 * (n + 1) for n in range(6)]
    assert efuse.block.key(key) == bytes([key + 1] * 32)


def test_the_interrupt(bench: Bench) -> None:
    efuse = delivered(bench)
    line = efuse.block.signals["interrupt"]
    burn(efuse, 3, 1)
    assert (efuse.read("INT_ST"), line.level) == (0, 0)
    efuse.write("INT_ENA", 3)
    assert (efuse.read("INT_ST"), line.level) == (2, 1)
    show(efuse)
    assert efuse.read("INT_ST") == 3
    efuse.write("INT_CLR", 2)
    assert (efuse.read("INT_ST"), line.level) == (1, 1)
    efuse.write("INT_CLR", 1)
    assert (efuse.read("INT_RAW"), efuse.read("INT_ST"), line.level) == (0, 0, 0)


@pytest.mark.parametrize("count", range(8))
def test_an_odd_number_of_bits_encrypts_flash_once_they_are_read(bench: Bench, count: int) -> None:
    efuse = delivered(bench)
    burn(efuse, 0, 0, 0, count << 18)
    assert not efuse.block.flash_is_encrypted()
    show(efuse)
    assert efuse.block.flash_is_encrypted() == (count.bit_count() % 2 == 1)
