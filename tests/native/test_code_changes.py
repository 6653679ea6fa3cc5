"""Code that a core changes by its own stores: what stands there is executed, at every alignment and across pages."""

from __future__ import annotations

import pytest
from pair import CODE, DATA, Pair

from twincore.isa.asm import assemble_program

ROUTINE = 0x1000 - 16
"""Offset of a routine whose sixth instruction lies in two pages."""
COUNT = 8
OLD, NEW = 1, 101


def routine(step: int) -> bytes:
    """Return instructions that add `step`, `step` + 1, ... to a2; the number is the last of each one's three bytes."""
    lines = [f"addi a2, a2, {step + k}" for k in range(COUNT)]
    return assemble_program("\n".join([*lines, "ret"]), CODE + ROUTINE).content


@pytest.mark.parametrize(("store", "size"), [("s8i", 1), ("s16i", 2), ("s32i", 4)])
@pytest.mark.parametrize("at", range(3 * COUNT - 3))
def test_a_store_anywhere_in_code_takes_effect(at: int, store: str, size: int) -> None:
    pair = Pair()
    text = f"call0 {CODE + ROUTINE}\n{store} a4, a3, 0\ncall0 {CODE + ROUTINE}"
    pair.write(CODE, assemble_program(text, CODE).content)
    pair.write(CODE + ROUTINE, routine(OLD))
    value = int.from_bytes(routine(NEW)[at : at + size], "little")
    pair.registers(0, [("pc", CODE), ("ps", 0), ("a2", 0), ("a3", DATA + ROUTINE + at), ("a4", value)])
    pair.both(lambda side: side.executor.set_running(0, True))
    pair.run(2 * (COUNT + 2) + 1)
    changed = sum(byte % 3 == 2 for byte in range(at, at + size))
    assert pair.native.executor.cores[0].read("a2") == 2 * sum(range(OLD, OLD + COUNT)) + (NEW - OLD) * changed
