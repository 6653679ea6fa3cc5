"""Cores that are held, native against the reference: time passes for them without a way to stand still."""

from __future__ import annotations

import pytest
from pair import CODE, IO, IO_PYTHON, Pair

from twincore.isa.asm import assemble

REGISTER = IO + IO_PYTHON


@pytest.mark.parametrize("runs", [False, True], ids=["core 1 held", "core 1 running"])
@pytest.mark.parametrize("cycles", [0, 1, 7, 62, 63, 64, 65, 130])
def test_a_store_that_holds_both_cores(cycles: int, runs: bool) -> None:
    pair = Pair()
    nops = "nop.n\n" * cycles
    pair.write(CODE, assemble(f"{nops} s32i a3, a2, 0\n loop: j loop", CODE))
    pair.write(CODE + 0x1000, assemble("loop: j loop", CODE + 0x1000))
    pair.registers(0, [("pc", CODE), ("ar2", REGISTER)])
    pair.registers(1, [("pc", CODE + 0x1000)])
    pair.both(lambda side: side.executor.set_running(0, True))
    pair.both(lambda side: side.executor.set_running(1, runs))
    for side in pair.sides:
        side.host.holds_both_at = REGISTER
    pair.run(300)
    executed = pair.native.executor.instructions(0)
    pair.run(300)
    assert pair.native.executor.instructions(0) == executed == cycles + 1
    assert {side.executor.now_ticks() >= pair.until for side in pair.sides} == {True}
