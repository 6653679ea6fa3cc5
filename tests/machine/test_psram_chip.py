"""PSRAM chips by themselves."""

from __future__ import annotations

import pytest

from twincore.machine.psram_chip import OctalPsram, QuadPsram


def chip(kind, megabytes=8):
    wrote = []
    made = kind(memoryview(bytearray(megabytes << 20)), lambda at, size: wrote.append((at, size)))
    made.wrote = wrote
    return made


@pytest.mark.parametrize(("megabytes", "density"), [(4, 1), (8, 3), (16, 5), (32, 7)])
def test_octal_identification(megabytes, density):
    psram = chip(OctalPsram, megabytes)
    _, vendor = psram.transfer(0x40, 0, b"", 2)
    identity, _ = psram.transfer(0x40, 2, b"", 2)
    assert (vendor & 0x1F, identity & 7, identity >> 7) == (0x0D, density, 1)


def test_octal_mode_registers_that_can_be_written():
    psram = chip(OctalPsram)
    psram.transfer(0xC0, 0, b"\x28\x00", 0)
    psram.transfer(0xC0, 2, b"\x00\x00", 0)
    assert psram.transfer(0x40, 0, b"", 1) == b"\x28"
    assert psram.transfer(0x40, 2, b"", 1)[0] & 7 == 3
    saved = psram.state()
    psram.power_on()
    assert psram.transfer(0x40, 0, b"", 1) != b"\x28"
    psram.restore(saved)
    assert psram.transfer(0x40, 0, b"", 1) == b"\x28"


@pytest.mark.parametrize(("kind", "write", "read"), [(OctalPsram, 0x80, 0x00), (QuadPsram, 0x38, 0xEB)])
def test_reads_see_writes(kind, write, read):
    psram = chip(kind)
    psram.transfer(write, 0x1234, b"abcd", 0)
    assert (psram.transfer(read, 0x1234, b"", 4), psram.wrote) == (b"abcd", [(0x1234, 4)])


@pytest.mark.parametrize(("megabytes", "code"), [(2, 0), (4, 1), (8, 2)])
def test_quad_identification(megabytes, code):
    identity = chip(QuadPsram, megabytes).transfer(0x9F, 0, b"", 3)
    assert (identity[:2], identity[2] >> 5) == (b"\x0d\x5d", code)
