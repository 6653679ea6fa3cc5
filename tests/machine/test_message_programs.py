"""A mailbox with one flag and a ring with two indexes, between programs on both cores; right, and wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from twincore.engines.embedded import EXECUTORS, EmbeddedEngine
from twincore.isa.asm import assemble
from twincore.messages import FaultKind, Mailbox, MemoryArea, MessageProtocol, Ring
from twincore.messages.follower import Follower

DATA = 0x3FC9_0000
NAMES = {"DATA": DATA, "CORE_1_CONTROL_0": 0x600C_0000}
MESSAGE, FLAG = MemoryArea("message", DATA, 8), MemoryArea("flag", DATA + 8, 4)
RING = MemoryArea("ring", DATA, 8 + 4 * 4)

Follow = Callable[..., Follower]


@pytest.fixture(params=list(EXECUTORS))
def follow(request: pytest.FixtureRequest) -> Iterator[Follow]:
    """Run two programs from the reset vector for 200 us, core 1 released by core 0, and follow their messages."""
    engines: list[EmbeddedEngine] = []

    def run(kind: type[MessageProtocol], areas: list[MemoryArea], core0: str, core1: str, **options: Any) -> Follower:
        engine = EmbeddedEngine(executor=request.param, sram="zero", quantum_cycles=1)
        engines.append(engine)
        text = f"""
        j       start
        .literal prid1, 0xABAB
        .literal data, DATA
        .literal control, CORE_1_CONTROL_0
start:
        l32r    a2, data
        l32r    a3, control
        rsr.prid a8
        l32r    a9, prid1
        beq     a8, a9, core1
        movi    a10, 6
        s32i    a10, a3, 0
        movi    a10, 2
        s32i    a10, a3, 0
        movi    a4, 0
core0:
        {core0}
        j       core0
core1:
        movi    a4, 0
core1_loop:
        {core1}
        j       core1_loop
        """
        engine.machine.memories["rom"].write(0x400, assemble(text, 0x4000_0400, NAMES))
        engine.power_on()
        follower = Follower(engine, kind, areas, options, name="channel", path="test", describe=str)
        engine.run_for(200_000)
        return follower

    yield run
    for engine in engines:
        engine.close()


POST = """
        l32i    a5, a2, 8
        bnez    a5, core0
        addi    a4, a4, 1
        s32i    a4, a2, 0
        s32i    a4, a2, 4
        movi    a5, 1
        s32i    a5, a2, 8
"""
POST_WITHOUT_WAITING = POST.replace("bnez    a5, core0", "nop")
POST_FLAG_FIRST = """
        l32i    a5, a2, 8
        bnez    a5, core0
        addi    a4, a4, 1
        movi    a5, 1
        s32i    a4, a2, 0
        s32i    a5, a2, 8
        nop
        nop
        nop
        nop
        nop
        nop
        s32i    a4, a2, 4
"""
FETCH = """
        l32i    a5, a2, 8
        beqz    a5, core1_loop
        nop
        nop
        nop
        l32i    a6, a2, 0
        nop
        nop
        nop
        l32i    a7, a2, 4
        movi    a5, 0
        s32i    a5, a2, 8
"""


def test_a_mailbox_passes_every_message(follow: Follow) -> None:
    record = follow(Mailbox, [MESSAGE, FLAG], POST, FETCH, sequence=0).record
    assert record.sent_count > 50
    assert record.sent_count - record.received_count == len(record.waiting) <= 1
    assert (record.faults, set(record.sent_by), set(record.received_by)) == ([], {0}, {1})
    assert min(record.latencies_ns) > 0


def test_a_writer_that_does_not_wait_loses_messages(follow: Follow) -> None:
    record = follow(Mailbox, [MESSAGE, FLAG], POST_WITHOUT_WAITING, FETCH).record
    assert any(
        fault.kind is FaultKind.LOST and fault.core == 0 and "overwrote message" in fault.words
        for fault in record.faults
    )


def test_a_writer_that_sets_the_flag_too_early_tears_messages(follow: Follow) -> None:
    record = follow(Mailbox, [MESSAGE, FLAG], POST_FLAG_FIRST, FETCH).record
    assert record.faults[0].kind is FaultKind.TORN
    assert record.faults[0].words == "message 1 is torn: byte 4 was 0x0 when sent, 0x1 read"


SEND = """
        l32i    a5, a2, 4
        sub     a6, a4, a5
        addi    a6, a6, -4
        beqz    a6, core0
        extui   a6, a4, 0, 2
        addx4   a6, a6, a2
        addi    a4, a4, 1
        s32i    a4, a6, 8
        s32i    a4, a2, 0
"""
TAKE = """
        l32i    a5, a2, 0
        beq     a4, a5, core1_loop
        extui   a6, a4, 0, 2
        addx4   a6, a6, a2
        l32i    a7, a6, 8
        addi    a4, a4, 1
        s32i    a4, a2, 4
"""


def test_a_ring_passes_every_message(follow: Follow) -> None:
    record = follow(Ring, [RING], SEND, TAKE, slots=4, size=4, sequence=0).record
    assert record.sent_count > 50
    assert record.sent_count - record.received_count == len(record.waiting) <= 4
    assert record.faults == []


def test_a_writer_without_room_overwrites_messages_of_a_ring(follow: Follow) -> None:
    record = follow(Ring, [RING], SEND.replace("beqz    a6, core0", "nop"), TAKE + "nop\n" * 30, slots=4, size=4).record
    first = record.faults[0]
    assert (first.kind, first.core) == (FaultKind.LOST, 0)
    assert first.words.endswith("overwrote one that was not taken: more than 4 wait")
