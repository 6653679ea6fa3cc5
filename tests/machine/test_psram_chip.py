"""PSRAM chips by themselves."""

from __future__ import annotations

import pytest

from twincore.machine.psram_chip import OCTAL_VENDORS, QUAD_VENDORS, EitherPsram, OctalPsram, QuadPsram, psram_chip
from twincore.machine.spi_chip import Transaction


def chip(kind, megabytes=8, vendor="ap"):
    wrote = []
    vendors = OCTAL_VENDORS if kind is OctalPsram else QUAD_VENDORS
    content = memoryview(bytearray(megabytes << 20))
    made = kind(content, lambda at, size: wrote.append((at, size)), vendors[vendor])
    made.wrote = wrote
    return made


def octal(psram, command, address, data=b"", length=0, **more):
    fields = {"command_bits": 16, "command_lines": 8, "address_bits": 32, "address_lines": 8, "data_lines": 8}
    fields |= {"is_ddr": True} | more
    return psram.transfer(
        Transaction(command * 0x101, address=address, data=data, read_length=length, dummy_clocks=9, **fields)
    )


def quad(psram, command, address=0, data=b"", length=0, *, bits=24, lines=(1, 1, 1)):
    command_lines, address_lines, data_lines = lines
    return psram.transfer(
        Transaction(
            command,
            command_lines=command_lines,
            address=address,
            address_bits=bits,
            address_lines=address_lines,
            data=data,
            read_length=length,
            data_lines=data_lines,
        )
    )


@pytest.mark.parametrize(("megabytes", "density"), [(4, 1), (8, 3), (16, 5), (32, 7)])
@pytest.mark.parametrize(("vendor", "code"), [("ap", 0x0D), ("unilc", 0x1A)])
def test_octal_identification(megabytes, density, vendor, code):
    psram = chip(OctalPsram, megabytes, vendor)
    _, maker = octal(psram, 0x40, 0, length=2)
    identity, _ = octal(psram, 0x40, 2, length=2)
    assert (maker & 0x1F, identity & 7, identity >> 3 & 3, identity >> 7) == (code, density, 2, 1)


def test_octal_mode_registers_that_can_be_written():
    psram = chip(OctalPsram)
    octal(psram, 0xC0, 0, b"\x28\x00")
    octal(psram, 0xC0, 2, b"\x00\x00")
    assert octal(psram, 0x40, 0, length=1) == b"\x28"
    assert octal(psram, 0x40, 2, length=1)[0] & 7 == 3
    saved = psram.state()
    octal(psram, 0xFF, 0)
    assert octal(psram, 0x40, 0, length=1) != b"\x28"
    psram.restore(saved)
    assert octal(psram, 0x40, 0, length=1) == b"\x28"


def test_octal_reads_see_writes():
    psram = chip(OctalPsram, 32)
    octal(psram, 0x80, 0x1FF_FFFE, b"ab")
    assert octal(psram, 0x00, 0x1FF_FFFE, length=3) == b"ab\0"
    assert psram.wrote == [(0x1FF_FFFE, 2)]


@pytest.mark.parametrize("more", [{"command_lines": 1}, {"is_ddr": False}, {"address_bits": 24}, {"command_bits": 8}])
def test_octal_ram_listens_on_eight_wires_and_both_edges_only(more):
    assert octal(chip(OctalPsram), 0x40, 0, length=2, **more) == b"\xff\xff"


@pytest.mark.parametrize(("megabytes", "code"), [(2, 0), (4, 1), (8, 2)])
@pytest.mark.parametrize(("vendor", "maker"), [("ap", 0x0D), ("issi", 0x9D)])
def test_quad_identification(megabytes, code, vendor, maker):
    identity = quad(chip(QuadPsram, megabytes, vendor), 0x9F, length=8)
    assert (identity[0], identity[1], identity[2] >> 5) == (maker, 0x5D, code)


def test_quad_ram_on_one_wire_and_on_four():
    psram = chip(QuadPsram)
    quad(psram, 0x02, 0x1234, b"ab")
    assert quad(psram, 0x03, 0x1234, length=2) == quad(psram, 0x0B, 0x1234, length=2) == b"ab"
    assert quad(psram, 0xEB, 0x1234, length=2, lines=(1, 4, 4)) == b"ab"
    assert quad(psram, 0x03, 0x1234, length=2, lines=(1, 1, 4)) == b"\xff\xff"
    quad(psram, 0x35, bits=0)
    assert quad(psram, 0x9F, length=2) == b"\xff\xff"
    quad(psram, 0x38, 0x1234, b"cd", lines=(4, 4, 4))
    assert quad(psram, 0xEB, 0x1234, length=2, lines=(4, 4, 4)) == b"cd"
    assert psram.wrote == [(0x1234, 2), (0x1234, 2)]


@pytest.mark.parametrize("how", ["exit", "reset", "power"])
def test_quad_ram_back_to_one_wire(how):
    psram = chip(QuadPsram)
    quad(psram, 0x35, bits=0)
    if how == "exit":
        quad(psram, 0xF5, bits=0, lines=(4, 4, 4))
    elif how == "reset":
        quad(psram, 0x66, bits=0, lines=(4, 4, 4))
        quad(psram, 0x99, bits=0, lines=(4, 4, 4))
    else:
        psram.power_on()
    assert quad(psram, 0x9F, length=2) == b"\x0d\x5d"


def test_quad_state_goes_round():
    psram, other = chip(QuadPsram), chip(QuadPsram)
    quad(psram, 0x35, bits=0)
    other.restore(psram.state())
    assert other.is_quad


def either(megabytes=8):
    return psram_chip("any", "ap", memoryview(bytearray(megabytes << 20)), lambda at, size: None)


def test_either_kind_is_what_firmware_looks_for():
    psram = either()
    assert quad(psram, 0x9F, length=8) == quad(chip(QuadPsram), 0x9F, length=8)
    assert octal(psram, 0x40, 2, length=2) == octal(chip(OctalPsram), 0x40, 2, length=2)
    octal(psram, 0x80, 0x10, b"ab")
    assert quad(psram, 0x03, 0x10, length=2) == b"ab"


def test_either_kind_keeps_both_modes():
    psram, other = either(), either()
    octal(psram, 0xC0, 0, b"\x28\x00")
    quad(psram, 0x35, bits=0)
    assert isinstance(other, EitherPsram)
    other.restore(psram.state())
    assert octal(other, 0x40, 0, length=1) == b"\x28"
    assert quad(other, 0x9F, length=2) == b"\xff\xff"
    assert quad(other, 0xEB, 0, length=1, lines=(4, 4, 4)) == b"\0"
    other.power_on()
    assert other.state() == either().state()
