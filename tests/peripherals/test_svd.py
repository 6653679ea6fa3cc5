"""Names, offsets, bits and reset values of the blocks against the vendor's SVD, where there is one."""

from __future__ import annotations

import importlib
import os
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from twincore.model import RO, WO, WT, Peripheral, Register

ROOT = Path(__file__).resolve().parents[2]
SVD = Path(os.environ.get("TWINCORE_SVD", ROOT.parent / "shared" / "svd" / "esp32s3.svd"))
UNLIKE = {"MMU", "I2C_ANA_MST", "FE2", "FE", "NRX", "BLE", "WIFI_MAC"}
"""Blocks that the SVD lacks."""
PARTLY = {"USB0", "SDHOST"}
"""Blocks of parts that are not modelled: declared is only what firmware waits for."""
I2C_FIFOS = {*range(0x104, 0x180), *range(0x184, 0x200)}
LACKS = {
    "SHA": range(0xC0, 0x100),
    "SPI0": range(0x24, 0x2C),
    "I2C0": I2C_FIFOS,
    "I2C1": I2C_FIFOS,
    "RMT": range(0x800, 0xE00),
    "I2S1": {0x40},
    "EFUSE": {0x18C},
}
"""Offsets of registers that the SVD lacks: SHA-512's half of the message, lengths that the mask ROM sets, all bytes of
I2C's FIFOs but the first, RMT's memory, what ESP-IDF writes of I2S1's missing converter, a reserved word of
eFuse's that it reads."""
LACKS_BITS = {"RMT": {"TX_CONF0": 1 << 25, "RX_CONF0": 1 << 23}}
"""Fields that the SVD lacks: DMA_ACCESS_EN."""
ENTRIES = {
    entry["name"]: entry
    for entry in tomllib.loads((ROOT / "platforms" / "esp32s3.toml").read_text(encoding="utf-8"))["peripheral"]
}
SAME_AS = {"INTERRUPT_CORE1": 0x800}
"""Blocks whose offsets in the SVD start elsewhere."""


@pytest.fixture(scope="module")
def svd() -> dict[str, ET.Element]:
    if not SVD.is_file():
        pytest.skip(f"no SVD at {SVD}; set TWINCORE_SVD")
    return {p.findtext("name", ""): p for p in ET.parse(SVD).getroot().iter("peripheral")}


def vendor_registers(svd: dict[str, ET.Element], name: str) -> Iterator[tuple[str, int, ET.Element]]:
    """Yield (name, offset, element) of every register, items of arrays one by one."""
    peripheral = svd[name]
    source = svd[peripheral.get("derivedFrom", name)]
    for register in source.iterfind("registers/register"):
        offset = int(register.findtext("addressOffset", "0"), 0) - SAME_AS.get(name, 0)
        label, first = register.findtext("name", ""), first_index(register)
        for n in range(int(register.findtext("dim", "1"))):
            if name in PARTLY and offset not in ours(name):
                continue
            step = int(register.findtext("dimIncrement", "0"), 0)
            yield label.replace("%s", str(first + n)), offset + n * step, register


def first_index(array: ET.Element) -> int:
    """Return the number of the first item of an array of registers or fields."""
    return int(array.findtext("dimIndex", "0").partition("-")[0])


def vendor_fields(register: ET.Element) -> Iterator[tuple[str, int, int, str | None]]:
    """Yield (name, lowest bit, width, access) of every field, items of arrays one by one."""
    for field in register.iter("field"):
        lo, width = int(field.findtext("bitOffset", "0")), int(field.findtext("bitWidth", "0"))
        step, first = int(field.findtext("dimIncrement", "0"), 0), first_index(field)
        for n in range(int(field.findtext("dim", "1"))):
            yield (
                field.findtext("name", "").replace("%s", str(first + n)),
                lo + n * step,
                width,
                field.findtext("access"),
            )


def block(name: str) -> type[Peripheral]:
    module, _, kind = ENTRIES[name]["class"].partition(":")
    found = getattr(importlib.import_module(module), kind)
    assert issubclass(found, Peripheral)
    return found


def ours(name: str) -> dict[int, tuple[str, type[Register]]]:
    return {index * 4: (label, register) for label, register, _, index in block(name)._items()}


def bits_of(register: ET.Element, access: str | None = None) -> int:
    bits = 0
    for _, lo, width, field_access in vendor_fields(register):
        if access is None or field_access == access:
            bits |= ((1 << width) - 1) << lo
    return bits


BLOCKS = sorted(name for name in ENTRIES if name not in UNLIKE)


@pytest.mark.parametrize("name", BLOCKS)
def test_base_address(svd: dict[str, ET.Element], name: str) -> None:
    assert ENTRIES[name]["base"] == int(svd[name].findtext("baseAddress", "0"), 0) + SAME_AS.get(name, 0)


@pytest.mark.parametrize("name", BLOCKS)
def test_names_and_offsets(svd: dict[str, ET.Element], name: str) -> None:
    vendor = {offset: label for label, offset, _ in vendor_registers(svd, name)}
    lacking = LACKS.get(name, ())
    assert {offset: label for offset, (label, _) in ours(name).items() if offset not in lacking} == vendor


@pytest.mark.parametrize("name", BLOCKS)
def test_reset_values(svd: dict[str, ET.Element], name: str) -> None:
    mine = ours(name)
    different = {
        label: (hex(mine[offset][1].reset), register.findtext("resetValue"))
        for label, offset, register in vendor_registers(svd, name)
        if mine[offset][1].reset != int(register.findtext("resetValue", "0"), 0)
    }
    assert different == {}


@pytest.mark.parametrize("name", BLOCKS)
def test_bits(svd: dict[str, ET.Element], name: str) -> None:
    """Fields are the vendor's; arrays and SENSITIVE, which joins fields, are compared by their bits."""
    mine = ours(name)
    for label, offset, register in vendor_registers(svd, name):
        declared = mine[offset][1]
        vendor = bits_of(register) or 0xFFFF_FFFF
        own = sum(field.bits for field in declared.fields) or 0xFFFF_FFFF
        own &= ~LACKS_BITS.get(name, {}).get(declared.__name__, 0)
        assert (label, hex(own)) == (label, hex(vendor))
        if declared.count == 1 and declared.fields and name != "SENSITIVE":
            names = {(field, lo) for field, lo, _, _ in vendor_fields(register)}
            assert (label, {(f.name, f.lo) for f in declared.fields}) == (label, names)


@pytest.mark.parametrize("name", BLOCKS)
def test_read_only_bits(svd: dict[str, ET.Element], name: str) -> None:
    """What the vendor calls read-only is not writable here, what it calls write-only does not read back."""
    mine = ours(name)
    for label, offset, register in vendor_registers(svd, name):
        declared = mine[offset][1]
        assert (label, hex(declared.rw & bits_of(register, "read-only"))) == (label, "0x0")
        hidden = declared.bits(WO) | declared.bits(WT) | declared.bits(RO)
        assert (label, hex(~hidden & bits_of(register, "write-only"))) == (label, "0x0")


@pytest.mark.parametrize("name", [name for name in BLOCKS if "interrupts" in ENTRIES[name]])
def test_interrupt_sources(svd: dict[str, ET.Element], name: str) -> None:
    """Source numbers are among those the SVD gives to the block (those between cores stand with the matrix)."""
    is_elsewhere = name in ("SYSTEM", "SENSITIVE", "EXTMEM", "SDHOST")
    owners = ("INTERRUPT_CORE0", "INTERRUPT_CORE1") if is_elsewhere else (name,)
    numbers = {int(i.findtext("value", "-1")) for owner in owners for i in svd[owner].iterfind("interrupt")}
    if name in ("AES", "SHA"):  # the SVD gives AES's number to SHA; the matrix has a register a source
        registers = vendor_registers(svd, "INTERRUPT_CORE0")
        numbers = {offset // 4 for label, offset, _ in registers if label == f"{name}_INT_MAP"}
    assert set(ENTRIES[name]["interrupts"].values()) <= numbers
