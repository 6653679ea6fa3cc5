"""The NOR flash chip by itself: one transaction after another, with a clock of the test's own."""

from __future__ import annotations

import pytest

from twincore.machine.flash_chip import NorFlash
from twincore.model import TICKS_PER_SECOND

MS = TICKS_PER_SECOND // 1000


class Bench:
    """A chip of 1 MiB with a settable time and a record of what it said it wrote."""

    def __init__(self) -> None:
        self.now = 0
        self.wrote: list[tuple[int, int]] = []
        self.content = memoryview(bytearray(b"\xff" * 0x10_0000))
        note = lambda at, size: self.wrote.append((at, size))  # noqa: E731
        self.chip = NorFlash(self.content, 0xC84014, lambda: self.now, note)

    def __call__(self, command: int, address: int = 0, data: bytes = b"", length: int = 0) -> bytes:
        return self.chip.transfer(command, address, data, length)

    def write(self, command: int, address: int = 0, data: bytes = b"") -> None:
        self(0x06)
        self(command, address, data)

    @property
    def status(self) -> int:
        return self(0x05, length=1)[0]

    def wait(self) -> None:
        while self.status & 1:
            self.now += MS


@pytest.fixture
def flash() -> Bench:
    return Bench()


def test_identification(flash):
    assert flash(0x9F, length=3) == bytes.fromhex("c84014")
    assert flash(0xAB, length=1) == bytes.fromhex("13")


def test_parameter_table_tells_the_size(flash):
    assert flash(0x5A, 0, length=4) == b"SFDP"
    table = int.from_bytes(flash(0x5A, 12, length=3), "little")
    assert int.from_bytes(flash(0x5A, table + 4, length=4), "little") + 1 == 0x10_0000 * 8


@pytest.mark.parametrize("command", [0x03, 0x0B, 0x3B, 0xBB, 0x13, 0x0C, 0x3C, 0xBC])
def test_reads(flash, command):
    flash.content[0x1234:0x1238] = b"abcd"
    assert flash(command, 0x1234, length=4) == b"abcd"


@pytest.mark.parametrize("command", [0x6B, 0xEB, 0x6C, 0xEC])
def test_quad_reads_need_the_quad_enable_bit(flash, command):
    flash.content[0:4] = b"abcd"
    assert flash(command, 0, length=4) == b"\xff\xff\xff\xff"
    flash.write(0x31, data=b"\x02")
    flash.wait()
    assert flash(command, 0, length=4) == b"abcd"


def test_programming_clears_bits_within_one_page(flash):
    flash.write(0x02, 0x1FE, b"\x0f\x01\x02\x03")
    assert bytes(flash.content[0x1FE:0x200]) == b"\x0f\x01"
    assert bytes(flash.content[0x100:0x102]) == b"\x02\x03"
    flash.wait()
    flash.write(0x02, 0x1FE, b"\xf5")
    assert flash.content[0x1FE] == 0x05
    assert flash.wrote == [(0x100, 0x100), (0x100, 0x100)]


def test_nothing_is_written_without_write_enable(flash):
    flash(0x02, 0, b"\0")
    flash(0x20, 0)
    flash(0x01, 0, b"\x1c")
    assert (flash.content[0], flash.status, flash.wrote) == (0xFF, 0, [])


def test_write_enable_lasts_for_one_write(flash):
    flash(0x06)
    assert flash.status == 2
    flash(0x02, 0, b"\0")
    flash.wait()
    assert flash.status == 0
    flash(0x06)
    flash(0x04)
    assert flash.status == 0


@pytest.mark.parametrize(
    ("command", "size", "ms"), [(0x20, 0x1000, 50), (0x52, 0x8000, 150), (0xD8, 0x10000, 200), (0xC7, 0x100000, 3000)]
)
def test_erasing_takes_its_time(flash, command, size, ms):
    flash.content[:] = bytes(len(flash.content))
    flash.write(command, 0x1_0000 if size < 0x10_0000 else 0)
    erased = [at for at in range(0, 0x10_0000, 0x1000) if flash.content[at] == 0xFF]
    assert (len(erased) * 0x1000, erased[0]) == (size, 0x1_0000 if size < 0x10_0000 else 0)
    flash.now += ms * MS - 1
    assert flash.status == 1
    flash.now += 1
    assert flash.status == 0


def test_a_busy_chip_does_not_listen(flash):
    flash.content[0:2] = b"\0\0"
    flash.write(0x20, 0x1000)
    assert flash(0x03, 0, length=2) == b"\xff\xff"
    flash.wait()
    assert flash(0x03, 0, length=2) == b"\0\0"


def test_suspended_erase_lets_read_and_goes_on(flash):
    flash.content[0:2] = b"ab"
    flash.write(0x20, 0x1000)
    flash.now += 10 * MS
    flash(0x75)
    assert (flash.status, flash(0x35, length=1), flash(0x03, 0, length=2)) == (0, b"\x80", b"ab")
    flash.now += 100 * MS
    flash(0x7A)
    flash.now += 39 * MS
    assert flash.status == 1
    flash.now += MS
    assert flash.status == 0


def test_two_status_bytes_at_once_or_one_each(flash):
    flash.write(0x01, data=b"\x1c\x02")
    flash.wait()
    assert [flash(command, length=1) for command in (0x05, 0x35)] == [b"\x1c", b"\x02"]
    flash.write(0x11, data=b"\x40")
    flash.wait()
    assert flash(0x15, length=1) == b"\x40"


def test_volatile_status_is_there_at_once(flash):
    flash(0x50)
    flash(0x31, data=b"\x02")
    assert (flash(0x35, length=1), flash.status) == (b"\x02", 0)


def test_deep_power_down(flash):
    flash(0xB9)
    assert flash(0x9F, length=3) == b"\xff\xff\xff"
    flash(0xAB)
    assert flash(0x9F, length=3) == bytes.fromhex("c84014")


def test_four_byte_mode(flash):
    assert (flash.chip.address_bytes(0x03), flash.chip.address_bytes(0x13)) == (3, 4)
    flash(0xB7)
    assert flash.chip.address_bytes(0x03) == 4
    flash(0x66)
    flash(0x99)
    assert flash.chip.address_bytes(0x03) == 3


def test_state_goes_round(flash):
    flash.write(0x31, data=b"\x02")
    flash(0xB7)
    saved = flash.chip.state()
    other = Bench()
    other.chip.restore(saved)
    assert other.chip.state() == saved
