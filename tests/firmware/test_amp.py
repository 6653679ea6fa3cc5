"""The amp firmware on the embedded engine: what it promises to the suites in robot/."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import AddressReached, MemoryMeets, SerialText, StopKind
from twincore.images import open_image

MS = 1_000_000
LOOP_PIN = 4
CHECK = 0xA5C35A3C
PERIOD, LIMIT = MS, 2_000
"""Of the control loop, and how far a period may be off, in ns."""


class Amp:
    """The firmware on an engine, and the questions of these tests."""

    def __init__(self, prebuilt: Path, name: str = "amp") -> None:
        self.engine = EmbeddedEngine()
        self.engine.load(open_image(prebuilt / f"{name}.bin", elfs=[str(prebuilt / f"{name}.elf")]))

    def address(self, symbol: str) -> int:
        return self.engine.symbols.find(symbol).address

    def words(self, symbol: str, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.engine.read_memory(self.address(symbol), 4 * count))

    def word(self, symbol: str) -> int:
        return self.words(symbol, 1)[0]

    def until(self, pattern: str, timeout: int = 500 * MS) -> re.Match[bytes]:
        """Run until new output matches."""
        start = len(self.engine.serial_output("UART0").data)
        stop = self.engine.run_until([SerialText("UART0", re.compile(pattern.encode()), start)], timeout)
        assert stop.kind is StopKind.CONDITION, self.engine.serial_output("UART0").text
        return stop.match

    def command(self, text: str) -> None:
        self.engine.serial_send("UART0", text.encode() + b"\n")

    def periods(self) -> list[int]:
        times = [edge.time_ns for edge in self.engine.pin_edges(LOOP_PIN)]
        return [later - earlier for earlier, later in pairwise(times)]


@pytest.fixture
def amp(firmware) -> Iterator[Amp]:
    amp = Amp(firmware / "prebuilt")
    yield amp
    amp.engine.close()


def test_lines_come_in_order(amp):
    amp.engine.run_for(400 * MS)
    lines = amp.engine.serial_output("UART0").text.splitlines()
    lines = [re.sub(r"heartbeat \d+", "heartbeat", line) for line in lines if line.startswith("amp:")]
    assert lines[:9] == [
        "amp: core 0 up at 240 MHz",
        "amp: core 1 released",
        "amp: core 1 alive",
        "amp: heartbeat",
        "amp: sent ping 1",
        "amp: got pong 1",
        "amp: heartbeat",
        "amp: sent ping 2",
        "amp: got pong 2",
    ]
    assert len(lines) > 12


def test_core_1_is_released_into_the_trampoline(amp):
    stop = amp.engine.run_until([AddressReached(amp.address("amp_core1_start"))], 200 * MS)
    assert (stop.kind, stop.core) == (StopKind.CONDITION, 1)
    stop = amp.engine.run_until([AddressReached(amp.address("amp_core1_main"))], MS)
    assert (stop.kind, stop.core) == (StopKind.CONDITION, 1)
    stack = amp.engine.read_register(1, "a1")
    assert amp.address("amp_core1_stack_bottom") < stack <= amp.address("amp_core1_stack_top")


def test_core_1_is_held_until_then(amp):
    amp.engine.run_until([AddressReached(amp.address("core1_release"))], 200 * MS)
    assert amp.engine.core_state(1) == "held"
    assert amp.engine.instructions(1) == 0


def test_heartbeat_is_the_period_s(amp):
    amp.until("core 1 alive")
    amp.engine.run_for(50 * MS)
    before = amp.word("amp_heartbeat")
    amp.engine.run_for(100 * MS)
    assert amp.word("amp_heartbeat") - before == 100


def test_loop_keeps_its_period_under_load(amp):
    amp.engine.run_for(300 * MS)
    assert len(amp.periods()) > 200
    assert all(abs(period - PERIOD) < LIMIT for period in amp.periods())
    assert amp.word("amp_load_rounds") > 290
    assert amp.word("amp_doorbells_to_core1") > 290
    assert 239_500 < amp.word("amp_loop_min_cycles") <= 240_000 <= amp.word("amp_loop_max_cycles") < 240_500
    assert amp.word("amp_loop_overruns") == 0


def test_planted_delay_breaks_the_limit(firmware):
    late = Amp(firmware / "prebuilt", "amp_late")
    late.engine.run_for(300 * MS)
    off = [period - PERIOD for period in late.periods() if abs(period - PERIOD) >= LIMIT]
    assert len(off) > 100
    assert all(2_900 < abs(deviation) < 3_300 for deviation in off)
    late.engine.close()


def test_messages_are_whole(amp):
    ring = amp.address("amp_mailbox_to_core1")
    amp.until("core 1 alive")
    for _ in range(5):
        taken = amp.words("amp_mailbox_to_core1", 2)[0]
        sent = lambda content, taken=taken: struct.unpack("<I", content)[0] == taken + 1  # noqa: E731
        assert amp.engine.run_until([MemoryMeets(ring, 4, sent)], 200 * MS).kind is StopKind.CONDITION
        count, taken = amp.words("amp_mailbox_to_core1", 2)
        assert count - taken in (0, 1)
        sequence, kind, value, check = amp.words("amp_mailbox_to_core1", 34)[2:][4 * (count % 8) :][:4]
        assert (sequence, kind, value) == (count, 2, count)
        assert check == sequence ^ kind ^ value ^ CHECK


def test_torn_message_is_refused(amp):
    amp.until("got pong 1")
    count = amp.words("amp_mailbox_to_core0", 2)[0]
    ring = amp.address("amp_mailbox_to_core0")
    slot = ring + 8 + 16 * ((count + 1) % 8)
    amp.engine.write_memory(slot, struct.pack("<4I", count + 1, 3, 77, 0))
    amp.engine.write_memory(ring, struct.pack("<I", count + 1))
    assert amp.until(rf"amp: torn message {count + 1}\r\n", 10 * MS)
    assert b"pong 77" not in amp.engine.serial_output("UART0").data


def test_console(amp):
    amp.until("core 1 alive")
    amp.command("ping")
    amp.until("pong\r\n", 20 * MS)
    amp.command("stats")
    assert amp.until(r"amp: loop last (\d+) min \d+ max \d+ cycles, overruns 0\r\n", 20 * MS)
    amp.command("nonsense")
    amp.until("amp: unknown command nonsense\r\n", 20 * MS)


def test_restart_of_core_1(amp):
    amp.until("got pong 1")
    amp.command("restart1")
    amp.until("amp: core 1 released\r\namp: core 1 alive\r\n", 20 * MS)
    assert amp.word("amp_heartbeat") < 20
    amp.until("got pong 2")


def test_core_1_survives_a_reset_of_core_0(amp):
    amp.until("got pong 1")
    amp.command("reset0")
    amp.until("rst:0xc ")
    edges = len(amp.engine.pin_edges(LOOP_PIN))
    amp.engine.run_for(5 * MS)
    # the ROM loads the image anew over the counter that says which level is next: one edge may be missing
    assert len(amp.engine.pin_edges(LOOP_PIN)) - edges in (4, 5)
    amp.until("core 1 alive")
    amp.until("got pong 1")


def test_system_reset(amp):
    amp.until("got pong 1")
    amp.command("reset")
    amp.until("rst:0x3 ")
    assert amp.engine.core_state(1) == "held"
    amp.until("got pong 1")


@pytest.mark.parametrize(
    ("command", "line", "core"),
    [
        ("crash0", r"amp: panic on core 0: StoreProhibited \(29\) at pc 0x4037\w+, address 0x00000000", 0),
        ("crash1", r"amp: panic on core 1: Rust panic at amp/core1/lib.rs:\d+", 1),
    ],
)
def test_panic_stops_both_cores(amp, command, line, core):
    amp.until("core 1 alive")
    amp.command(command)
    amp.until(line + ".*\r\n")
    amp.engine.run_for(MS)
    assert amp.engine.core_state(core) == "waiting"
    assert amp.engine.core_state(1 - core) == "held"


def test_core_1_stays_in_its_stack(amp):
    amp.engine.run_for(300 * MS)
    bottom, top = amp.address("amp_core1_stack_bottom"), amp.address("amp_core1_stack_top")
    unused = amp.engine.read_memory(bottom, top - bottom)
    depth = len(unused) - len(unused) + len(unused.lstrip(b"\xa5"))
    assert 0 < depth < 1024
