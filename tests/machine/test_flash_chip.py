"""The NOR flash chip by itself: one transaction after another, with a clock of the test's own."""

from __future__ import annotations

import pytest

from twincore.machine.flash_chip import NorFlash
from twincore.machine.flash_parts import PARTS, part_of
from twincore.machine.spi_chip import Transaction
from twincore.model import TICKS_PER_SECOND

MS, US = TICKS_PER_SECOND // 1000, TICKS_PER_SECOND // 1_000_000
MEGABYTE = 1 << 20
GIGADEVICE, WINBOND, MACRONIX, ISSI, XMC = 0xC8_4014, 0xEF_4014, 0xC2_2014, 0x9D_6014, 0x20_4014
LINES = {
    **{code: (1, 2) for code in (0x3B, 0x3C)},
    **{code: (2, 2) for code in (0xBB, 0xBC)},
    **{code: (1, 4) for code in (0x6B, 0x6C, 0x32, 0x34)},
    **{code: (4, 4) for code in (0xEB, 0xEC)},
}
ADDRESSED = {0x03, 0x0B, 0x3B, 0xBB, 0x6B, 0xEB, 0x02, 0x32, 0x20, 0x52, 0xD8, 0x5A, 0x90}
LONG = {0x13, 0x0C, 0x3C, 0xBC, 0x6C, 0xEC, 0x12, 0x34, 0x21, 0x5C, 0xDC}


class Bench:
    """A chip with a settable time and a record of what it said it wrote."""

    def __init__(self, size: int = MEGABYTE, jedec_id: int = GIGADEVICE) -> None:
        self.now = 0
        self.wrote: list[tuple[int, int]] = []
        self.content = memoryview(bytearray(b"\xff" * size))
        note = lambda at, size: self.wrote.append((at, size))  # noqa: E731
        self.chip = NorFlash(self.content, jedec_id, lambda: self.now, note)

    def __call__(
        self,
        command: int,
        address: int = 0,
        data: bytes = b"",
        length: int = 0,
        *,
        bits: int | None = None,
        **more: int,
    ) -> bytes:
        if bits is None:
            bits = 32 if command in LONG else 24 if command in ADDRESSED else 0
        address_lines, data_lines = LINES.get(command, (1, 1))
        return self.chip.transfer(
            Transaction(
                command=command,
                address=address,
                address_bits=bits,
                data=data,
                read_length=length,
                **({"address_lines": address_lines, "data_lines": data_lines} | more),
            )
        )

    def write(self, command: int, address: int = 0, data: bytes = b"", **more: int) -> None:
        self(0x06)
        self(command, address, data, **more)

    def set_status(self, command: int, *data: int) -> None:
        self.write(command, data=bytes(data))
        self.wait()

    @property
    def status(self) -> int:
        return self(0x05, length=1)[0]

    def wait(self) -> None:
        while self.status & 1:
            self.now += MS


@pytest.fixture
def flash() -> Bench:
    return Bench()


# Identification


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("family", [0xC8_4000, 0xEF_4000, 0xC2_2000, 0x9D_6000, 0x20_4000])
def test_identification(size, family):
    jedec_id = family | (size * MEGABYTE).bit_length() - 1
    flash = Bench(size * MEGABYTE, jedec_id)
    assert flash(0x9F, length=3) == jedec_id.to_bytes(3, "big")
    assert flash(0x9F, length=6) == jedec_id.to_bytes(3, "big") * 2
    assert flash(0xAB, length=1) == flash(0x90, length=2)[1:] == bytes((jedec_id - 1 & 0xFF,))
    assert flash(0x90, 1, length=2) == flash(0x90, length=2)[::-1]


def test_makers():
    assert [part_of(number << 16).maker for number in PARTS] == ["GigaDevice", "Winbond", "XMC", "ISSI", "Macronix"]
    assert part_of(0x68_4017).maker == "GigaDevice"


def test_unique_id(flash):
    assert flash(0x4B, length=16) == b"twincore NOR\0\0\0\0"


def table(flash: Bench) -> list[int]:
    """Read the basic parameters as software does: by the pointer in the header."""
    header = flash(0x5A, 0, length=16)
    assert header[:4] == b"SFDP"
    words, pointer = header[11], int.from_bytes(header[12:15], "little")
    raw = flash(0x5A, pointer, length=4 * words)
    return [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)]


@pytest.mark.parametrize("size", [1, 16, 32])
def test_parameter_table(size):
    words = table(Bench(size * MEGABYTE))
    assert len(words) == 16
    assert words[1] + 1 == size * MEGABYTE * 8
    assert words[0] & 0xFF03 == 0x2001  # erases 4 KiB, by 20h
    assert words[0] >> 17 & 3 == (1 if size > 16 else 0)  # three bytes of address, or three or four
    assert [words[7] >> shift & 0xFF for shift in (0, 8, 16, 24)] == [12, 0x20, 15, 0x52]
    assert [words[8] & 0xFF, words[8] >> 8 & 0xFF] == [16, 0xD8]
    assert words[10] >> 4 & 15 == 8  # pages of 256 bytes


@pytest.mark.parametrize(("jedec_id", "requirement"), [(GIGADEVICE, 4), (WINBOND, 4), (MACRONIX, 2), (ISSI, 2)])
def test_parameter_table_says_how_to_enable_four_lines(jedec_id, requirement):
    assert table(Bench(jedec_id=jedec_id))[14] >> 20 & 7 == requirement


def test_parameter_table_tells_typical_times(flash):
    erase, program = table(flash)[9], table(flash)[10]
    units = (1, 16, 128, 1000)
    times = [((erase >> at & 31) + 1) * units[erase >> at + 5 & 3] for at in (4, 11, 18)]
    assert times == [64, 160, 208]  # of 50, 150, 200 ms: the next that a count of units can say
    assert ((program >> 8 & 31) + 1) * (64 if program >> 13 & 1 else 8) == 512  # of 500 us


def test_beyond_the_parameter_table_is_nothing(flash):
    assert flash(0x5A, 0x8000, length=3) == b"\xff\xff\xff"


# Reading


@pytest.mark.parametrize("command", [0x03, 0x0B, 0x3B, 0xBB, 0x13, 0x0C, 0x3C, 0xBC])
def test_reads(flash, command):
    flash.content[0x1234:0x1238] = b"abcd"
    assert flash(command, 0x1234, length=4) == b"abcd"


@pytest.mark.parametrize("command", [0x6B, 0xEB, 0x6C, 0xEC])
@pytest.mark.parametrize(
    ("jedec_id", "write"),
    [(GIGADEVICE, (0x31, 0x02)), (WINBOND, (0x01, 0, 0x02)), (MACRONIX, (0x01, 0x40)), (ISSI, (1, 0x40))],
)
def test_quad_reads_need_the_quad_enable_bit(command, jedec_id, write):
    flash = Bench(jedec_id=jedec_id)
    flash.content[0:4] = b"abcd"
    assert flash(command, 0, length=4) == b"\xff\xff\xff\xff"
    flash.set_status(*write)
    assert flash(command, 0, length=4) == b"abcd"


@pytest.mark.parametrize("command", [0x3B, 0xBB, 0x6B, 0xEB])
def test_reads_on_other_wires_than_the_command_uses_get_nothing(flash, command):
    flash.set_status(0x31, 2)
    flash.content[0:4] = bytes(4)
    address, _ = LINES[command]
    assert flash(command, 0, length=4, data_lines=1) == b"\xff\xff\xff\xff"
    assert flash(command, 0, length=4, address_lines=3 - address if address < 3 else 1) == b"\xff\xff\xff\xff"
    assert flash(command, 0, length=4) == bytes(4)


def test_mode_bits_behind_the_address(flash):
    flash.content[0x1234] = 7
    assert flash(0xBB, 0x1234FF, length=1, bits=32) == b"\x07"
    assert flash(0xBB, 0x1234F, length=1, bits=28) == b"\x07"


def test_an_address_may_end_in_the_data(flash):
    """ESP-IDF 6 erases so: 16 bits of address, the other 8 are the data phase."""
    flash.content[0x2000] = 0
    flash.write(0x20, 0x0020, b"\x00", bits=16)
    assert flash.content[0x2000] == 0xFF
    flash.wait()
    flash.write(0x02, 0x0020, b"\x01\x5a", bits=16)
    assert bytes(flash.content[0x2000:0x2002]) == b"\xff\x5a"


def test_too_short_an_address_gets_nothing(flash):
    flash.content[0] = 0
    assert flash(0x03, 0, length=1, bits=16) == b"\xff"
    assert flash(0x13, 0, length=1, bits=24) == b"\xff"


def test_reading_goes_on_at_the_start(flash):
    flash.content[0], flash.content[-1] = 1, 2
    assert flash(0x03, MEGABYTE - 1, length=2) == b"\x02\x01"


def test_a_command_of_other_length_or_lines_is_none(flash):
    assert flash(0x9F, length=3, command_bits=16) == b"\xff\xff\xff"
    assert flash(0x9F, length=3, command_lines=4) == b"\xff\xff\xff"


# Programming and erasing


def test_programming_clears_bits_within_one_page(flash):
    flash.write(0x02, 0x1FE, b"\x0f\x01\x02\x03")
    assert bytes(flash.content[0x1FE:0x200]) == b"\x0f\x01"
    assert bytes(flash.content[0x100:0x102]) == b"\x02\x03"
    flash.wait()
    flash.write(0x02, 0x1FE, b"\xf5")
    assert flash.content[0x1FE] == 0x05
    assert flash.wrote == [(0x100, 0x100), (0x100, 0x100)]


def test_of_more_bytes_than_a_page_the_last_ones_are_programmed(flash):
    flash.write(0x02, 0, bytes(range(256)) + b"\x77\x78")
    assert bytes(flash.content[:3]) == b"\x77\x78\x02"


def test_quad_programming_needs_the_quad_enable_bit(flash):
    flash.write(0x32, 0, b"\0")
    assert flash.content[0] == 0xFF
    flash(0x04)
    flash.set_status(0x31, 2)
    flash.write(0x32, 0, b"\0")
    assert flash.content[0] == 0


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
    ("command", "size", "ms"),
    [(0x20, 0x1000, 50), (0x52, 0x8000, 150), (0xD8, 0x10000, 200), (0xC7, MEGABYTE, 3000), (0x21, 0x1000, 50)],
)
def test_erasing_takes_its_time(flash, command, size, ms):
    flash.content[:] = bytes(len(flash.content))
    flash.write(command, 0x1_0000 if size < MEGABYTE else 0)
    erased = [at for at in range(0, MEGABYTE, 0x1000) if flash.content[at] == 0xFF]
    assert (len(erased) * 0x1000, erased[0]) == (size, 0x1_0000 if size < MEGABYTE else 0)
    flash.now += ms * MS - 1
    assert flash.status == 1
    flash.now += 1
    assert flash.status == 0


def test_programming_and_status_take_their_time(flash):
    for command, data, ticks in ((0x02, b"\0", 500 * US), (0x01, b"\0", 5 * MS)):
        flash.write(command, 0, data)
        flash.now += ticks - 1
        assert flash.status == 1
        flash.now += 1
        assert flash.status == 0


def test_makers_differ_in_time():
    flash = Bench(jedec_id=ISSI)
    flash.write(0x20)
    assert flash.chip.busy_until == 70 * MS


def test_a_busy_chip_does_not_listen(flash):
    flash.content[0:2] = b"\0\0"
    flash.write(0x20, 0x1000)
    assert flash(0x03, 0, length=2) == flash(0x9F, length=2) == b"\xff\xff"
    flash(0x06)
    assert flash.status == 1
    flash.wait()
    assert flash(0x03, 0, length=2) == b"\0\0"


def test_suspended_erase_lets_read_and_goes_on(flash):
    flash.content[0:2] = b"ab"
    flash.write(0x20, 0x1000)
    flash.now += 10 * MS
    flash(0x75)
    assert flash.status == 1
    flash.now += 20 * US
    assert (flash.status, flash(0x35, length=1), flash(0x03, 0, length=2)) == (0, b"\x80", b"ab")
    flash.now += 100 * MS
    flash(0x7A)
    flash.now += 39 * MS
    assert (flash.status, flash(0x35, length=1)) == (1, b"\x00")
    flash.now += MS
    assert flash.status == 0


def test_a_suspended_erase_lets_program_but_not_erase(flash):
    flash.write(0x20, 0x1000)
    flash(0x75)
    flash.now += MS
    flash.write(0x20, 0x2000)
    assert flash.status == 2
    flash(0x02, 0, b"\x12")
    assert (flash.content[0], flash.status) == (0x12, 1)


def test_suspending_at_the_very_end_is_too_late(flash):
    flash.write(0x20, 0x1000)
    flash.now += 50 * MS - 10 * US
    flash(0x75)
    flash.now += 10 * US
    assert (flash.status, flash(0x35, length=1)) == (0, b"\0")


# Status and protection


def test_two_status_bytes_at_once_or_one_each(flash):
    flash.set_status(0x01, 0x1C, 0x02)
    assert [flash(command, length=1) for command in (0x05, 0x35)] == [b"\x1c", b"\x02"]
    flash.set_status(0x11, 0x40)
    assert flash(0x15, length=1) == b"\x40"
    flash.set_status(0x01, 0)
    assert [flash(command, length=1) for command in (0x05, 0x35)] == [b"\0", b"\x02"]


def test_some_bits_only_tell(flash):
    flash.set_status(0x01, 0xFF, 0xFF)
    assert [flash(command, length=1) for command in (0x05, 0x35)] == [b"\xfc", b"\x7f"]


def test_volatile_status_is_there_at_once_until_power_goes(flash):
    flash(0x50)
    flash(0x31, data=b"\x02")
    assert (flash(0x35, length=1), flash.status) == (b"\x02", 0)
    flash.chip.power_on()
    assert flash(0x35, length=1) == b"\0"


def test_lasting_status_outlives_power(flash):
    flash.set_status(0x31, 2)
    flash.chip.power_on()
    assert flash(0x35, length=1) == b"\x02"
    flash.chip.as_delivered()
    assert flash(0x35, length=1) == b"\x00"


@pytest.mark.parametrize(
    ("jedec_id", "megabytes", "status", "first", "end"),
    [
        (0xC8_4017, 8, (0x00, 0), 0, 0),
        (0xC8_4017, 8, (0x04, 0), 0x7E_0000, 0x80_0000),  # BP0: the upper 1/64
        (0xC8_4017, 8, (0x18, 0), 0x40_0000, 0x80_0000),  # the upper half
        (0xC8_4017, 8, (0x1C, 0), 0, 0x80_0000),  # all
        (0xC8_4017, 8, (0x24, 0), 0, 0x2_0000),  # BP3: from below
        (0xC8_4017, 8, (0x44, 0), 0x7F_F000, 0x80_0000),  # BP4: sectors
        (0xC8_4017, 8, (0x70, 0), 0, 0x8000),  # 32 KiB from below
        (0xC8_4017, 8, (0x04, 0x40), 0, 0x7E_0000),  # CMP: the other way round
        (0xEF_4015, 2, (0x04, 0), 0x1F_0000, 0x20_0000),  # never less than 64 KiB
        (0xC2_2018, 16, (0x04, 0), 0xFF_0000, 0x100_0000),
        (0xC2_2018, 16, (0x20, 0), 0x80_0000, 0x100_0000),
        (0xC2_2018, 16, (0x3C, 0), 0, 0x100_0000),
        (0xC2_2018, 16, (0x08, 0x08), 0, 0x2_0000),
        (0x9D_6018, 16, (0x08, 0), 0xFE_0000, 0x100_0000),
    ],
)
def test_block_protection(jedec_id, megabytes, status, first, end):
    flash = Bench(megabytes * MEGABYTE, jedec_id)
    flash.set_status(0x01, *status)
    low, high = flash.chip.protected()
    assert (low, high) == (first, end) or low == high == end - first + low
    for at in {0, first, end - 1, megabytes * MEGABYTE - 1}:
        inside = first <= at < end
        if at < 0:
            continue
        flash.write(0x02, at & ~0xFF, b"\0")
        assert (flash.content[at & ~0xFF] == 0) is not inside, hex(at)
        flash.wait()
        flash.write(0x20, at)
        assert (flash.chip.is_busy, flash.content[at & ~0xFF]) == (not inside, 0xFF)
        flash.wait()


def test_a_protected_chip_is_not_erased_as_a_whole(flash):
    flash.content[0] = 0
    flash.set_status(0x01, 0x04)
    flash.write(0xC7)
    assert (flash.content[0], flash.status) == (0, 4)


# Modes


def test_deep_power_down(flash):
    flash(0xB9)
    assert flash(0x9F, length=3) == b"\xff\xff\xff"
    assert flash(0xAB, length=1) == b"\x13"
    assert flash(0x9F, length=3) == b"\xff\xff\xff"
    flash.now += 30 * US
    assert flash(0x9F, length=3) == bytes.fromhex("c84014")


def test_four_byte_mode():
    flash = Bench(32 * MEGABYTE, 0xC8_4019)
    flash.content[0x123_4567] = 0x5A
    assert flash(0x03, 0x123_4567, length=1, bits=32) == b"\xff"
    flash(0xB7)
    assert flash(0x03, 0x123_4567, length=1, bits=32) == b"\x5a"
    flash(0xE9)
    assert flash(0x13, 0x123_4567, length=1) == b"\x5a"
    flash.write(0x21, 0x123_4000)
    assert flash.content[0x123_4567] == 0xFF


def test_extended_address():
    flash = Bench(32 * MEGABYTE, 0xEF_4019)
    flash.content[0x123_4567] = 0x5A
    flash.write(0xC5, data=b"\x01")
    assert (flash(0xC8, length=1), flash(0x03, 0x23_4567, length=1)) == (b"\x01", b"\x5a")


def test_a_small_chip_knows_no_four_byte_mode(flash):
    flash.content[0x1234] = 7
    flash(0xB7)
    assert flash(0x03, 0x1234, length=1) == b"\x07"


def test_reset_takes_two_commands_and_leaves_lasting_bits():
    flash = Bench(32 * MEGABYTE, 0xC8_4019)
    flash.set_status(0x31, 2)
    flash(0xB7)
    flash(0x99)
    assert flash.chip.has_long_addresses
    flash(0x66)
    flash(0x06)
    flash(0x99)
    assert flash.chip.has_long_addresses
    flash(0x66)
    flash(0x99)
    assert flash(0x9F, length=1) == b"\xff"
    flash.now += 30 * US
    assert not flash.chip.has_long_addresses
    assert (flash.status, flash(0x35, length=1)) == (0, b"\x02")


def test_state_goes_round(flash):
    flash.write(0x31, data=b"\x02")
    flash(0xB9)
    saved = flash.chip.state()
    other = Bench()
    other.chip.restore(saved)
    assert other.chip.state() == saved
    assert other.chip.is_asleep is flash.chip.is_asleep
