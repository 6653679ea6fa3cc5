"""Core 1's program in a partition of its own: mapped, checked, started, replaced while core 0 runs."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, MemoryMeets, SerialText, StopKind
from twincore.images import Assignment, fill_partitions, open_image

MS = 1_000_000
PARTITION, SECTOR = 0x10000, 0x1000


class Partitioned:
    """Core 0's image with a program for core 1 on an engine."""

    def __init__(self, prebuilt: Path, program: Path | None = None) -> None:
        self.prebuilt = prebuilt
        self.engine = EmbeddedEngine()
        image = open_image(
            prebuilt / "amp_partition.bin",
            elfs=[str(prebuilt / "amp_partition.elf"), f"{prebuilt / 'amp_core1.elf'}@core1"],
        )
        if program is not None:
            image = fill_partitions(image, [Assignment("core1", program)], who="test")
        self.engine.load(image)

    def word(self, symbol: str) -> int:
        content = self.engine.read_memory(self.engine.symbols.find(symbol, 1).address, 4)
        return struct.unpack("<I", content)[0]

    def until(self, pattern: str, timeout: int = 500 * MS) -> None:
        start = len(self.engine.serial_output("UART0").data)
        stop = self.engine.run_until([SerialText("UART0", re.compile(pattern.encode()), start)], timeout)
        assert stop.kind is StopKind.CONDITION, self.engine.serial_output("UART0").text

    def until_core_1_is_at(self, symbol: str) -> None:
        address = self.engine.symbols.find(symbol, 1).address
        assert self.engine.run_until([AddressReached(address, 1)], 500 * MS).kind is StopKind.CONDITION

    def send(self, program: bytes, announced: int | None = None) -> None:
        self.engine.serial_send("UART0", f"load {announced or len(program)}\n".encode())
        self.until("amp: send")
        self.engine.serial_send("UART0", program)


@pytest.fixture
def firmware_in_partition(firmware) -> Iterator[Partitioned]:
    running = Partitioned(firmware / "prebuilt")
    yield running
    running.engine.close()


def test_the_program_prepares_its_own_memory(firmware_in_partition):
    amp = firmware_in_partition
    amp.until_core_1_is_at("amp_core1_start")
    assert amp.word("amp_loop_period_cycles") != 240_000
    amp.until_core_1_is_at("amp_core1_main")
    bounds = {
        name: amp.engine.symbols.find(f"amp_core1_{name}", 1).address
        for name in ("code_in_flash", "code_start", "code_end", "bss_start", "bss_end", "stack_bottom", "stack_top")
    }
    size = bounds["code_end"] - bounds["code_start"]
    program = (amp.prebuilt / "amp_core1.bin").read_bytes()
    offset = bounds["code_in_flash"] & 0xFFFF
    assert amp.engine.read_memory(bounds["code_start"], size) == program[offset : offset + size]
    assert amp.word("amp_loop_period_cycles") == 240_000
    assert not any(amp.engine.read_memory(bounds["bss_start"], bounds["bss_end"] - bounds["bss_start"]))
    stack = amp.engine.read_memory(bounds["stack_bottom"], bounds["stack_top"] - bounds["stack_bottom"])
    assert stack == b"\xa5" * len(stack)


def test_only_the_sectors_of_the_program_are_written(firmware_in_partition):
    amp = firmware_in_partition
    amp.until("got pong 1")
    before = amp.engine.flash_content()
    program = (amp.prebuilt / "amp_core1_v2.bin").read_bytes()
    amp.send(program)
    amp.until("amp: program written\r\namp: core 1 program version 2, .*\r\namp: core 1 released", 2000 * MS)
    after = amp.engine.flash_content()
    sectors = -(-len(program) // SECTOR) * SECTOR
    assert after[PARTITION : PARTITION + sectors] == program.ljust(sectors, b"\xff")
    assert after[:PARTITION] == before[:PARTITION]
    assert after[PARTITION + sectors :] == before[PARTITION + sectors :]
    assert [reset.reason_name for reset in amp.engine.resets()] == ["POWERON"]


def test_core_1_runs_on_until_the_new_program_has_come(firmware_in_partition):
    amp = firmware_in_partition
    amp.until("got pong 1")
    program = (amp.prebuilt / "amp_core1_v2.bin").read_bytes()
    amp.send(program[:-4], len(program))
    amp.engine.run_for(500 * MS)
    assert amp.engine.core_state(1) != "held"
    beats = amp.word("amp_heartbeat")
    amp.engine.run_for(10 * MS)
    assert amp.word("amp_heartbeat") - beats == 10
    amp.engine.serial_send("UART0", program[-4:])
    amp.until("core 1 alive")
    amp.engine.run_for(50 * MS)
    edges = [edge.time_ns for edge in amp.engine.pin_edges(4, amp.engine.time_ns - 20 * MS)]
    assert all(abs(later - earlier - MS // 2) < 2_000 for earlier, later in pairwise(edges))


@pytest.mark.parametrize(("at", "what"), [(0, "magic"), (8, "size"), (16, "crc"), (100, "code")])
def test_a_damaged_program_is_refused(firmware_in_partition, at, what):
    amp = firmware_in_partition
    amp.until("core 1 alive")
    program = bytearray((amp.prebuilt / "amp_core1_v2.bin").read_bytes())
    program[at] ^= 1
    amp.send(bytes(program))
    amp.until("amp: program refused\r\n")
    assert amp.engine.core_state(1) != "held", what


@pytest.mark.parametrize("size", ["20000", "3"])
def test_a_program_of_a_wrong_size_is_not_asked_for(firmware_in_partition, size):
    amp = firmware_in_partition
    amp.until("core 1 alive")
    amp.engine.serial_send("UART0", f"load {size}\n".encode())
    amp.until("amp: a program has at most 16384 bytes, and whole words\r\n")
    amp.until("got pong")


@pytest.mark.parametrize("content", [b"\xff" * 4096, b"\x00" * 64])
def test_without_a_program_core_1_stays_held(firmware, tmp_path, content):
    empty = tmp_path / "empty.bin"
    empty.write_bytes(content)
    amp = Partitioned(firmware / "prebuilt", empty)
    amp.until("amp: no program in partition core1\r\n")
    amp.engine.run_for(100 * MS)
    assert amp.engine.core_state(1) == "held"
    assert amp.engine.instructions(1) == 0
    amp.engine.close()


def test_the_loop_does_not_wait_for_flash(firmware_in_partition):
    amp = firmware_in_partition
    amp.until("core 1 alive")
    amp.engine.serial_send("UART0", b"store\n")
    amp.until("amp: storage written")
    assert amp.engine.flash_content()[0x20000:0x2000F] == b"core 0 was here"
    edges = [edge.time_ns for edge in amp.engine.pin_edges(4)]
    assert len(edges) > 50
    assert all(abs(later - earlier - MS) < 2_000 for earlier, later in pairwise(edges))


def test_the_new_names_count(firmware_in_partition):
    amp = firmware_in_partition
    amp.until("got pong 1")
    amp.send((amp.prebuilt / "amp_core1_v2.bin").read_bytes())
    amp.until("core 1 alive", 2000 * MS)
    image = open_image(
        amp.prebuilt / "amp_partition.bin",
        elfs=[str(amp.prebuilt / "amp_partition.elf"), f"{amp.prebuilt / 'amp_core1_v2.elf'}@core1"],
    )
    amp.engine.use_names(image.symbols)
    mean = amp.engine.symbols.find("amp_loop_mean_cycles", 1).address
    about = MemoryMeets(mean, 4, lambda content: abs(struct.unpack("<I", content)[0] - 120_000) < 50)
    assert amp.engine.run_until([about], 20 * MS).kind is StopKind.CONDITION
    assert amp.engine.symbols.find("ets_printf")
