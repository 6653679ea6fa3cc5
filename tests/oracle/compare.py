"""Compares whole batches of QEMU and of our executors, and says what differs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import batch as batches
import rows
from batch import Batch
from differences import comparable, qemu_instead
from programs import add_program, listing
from rows import Operands, Result

from twincore.machine.executor import Executor
from twincore.native.executor import NativeExecutor

SKIP_REASON = f"{batches.QEMU} is not on the PATH (Debian: qemu-system-misc)"


def programs(
    kind: str, seeds: Iterable[int], factory: Callable[..., Executor] = NativeExecutor
) -> tuple[int, list[str]]:
    """Run programs of a kind on both sides; return how many, and a text for each that differs."""
    batch, numbers = Batch(), []
    for seed in seeds:
        assert not batch.full, "too many programs for a batch"
        add_program(batch, kind, seed)
        numbers.append(seed)
    ours, qemu = batches.on_executor(batch, factory), batches.on_qemu(batch)
    wrong = []
    for k, (mine, other) in enumerate(zip(batches.records(ours), batches.records(qemu), strict=True)):
        found = batches.differences(comparable(mine, kind), comparable(other, kind))
        if found:
            entry, case = batch.cases[k]
            text = [f"{kind} {numbers[k]}:"]
            text += [f"  {name}: ours {a:#x}, QEMU {b:#x}" for name, (a, b) in found.items()]
            text += listing(case.code, batch.code_places[k], entry)
            wrong.append("\n".join(text))
    return len(numbers), wrong


def float_rows(count: int, seed: int, factory: Callable[..., Executor] = NativeExecutor) -> tuple[int, int, list[str]]:
    """Run every floating-point operation on `count` rows of operands on both sides.

    Return how many rows there were, how many differ as differences.py explains, and a text for each other difference.
    """
    batch = Batch(whole=True)
    tables: list[tuple[str, list[Operands], int]] = []
    for operation in rows.OPERATIONS:
        rng = random.Random(f"{operation} {seed}")
        table = [rows.random_operands(rng) for _ in range(count)]
        tables.append((operation, table, rows.add_rows(batch, operation, table)))
        assert batch.at < batches.CODE_END, "too many rows for a batch"
    ours, qemu = batches.on_executor(batch, factory), batches.on_qemu(batch)
    explained, wrong = 0, []
    for operation, table, place in tables:
        mine, other = (rows.results(memory, place, count) for memory in (ours, qemu))
        for operands, a, b in zip(table, mine, other, strict=True):
            if b != qemu_instead(operation, operands, a):
                shown = ", ".join(f"{value:08x}" for value in operands)
                wrong.append(f"{operation} of f1, f2, f3, a4, fcr, fsr = {shown}:\n  ours {a}\n  QEMU {b}")
            elif a != b:
                explained += 1
    return count * len(tables), explained, wrong


def ours_only(text: str, table: list[Operands], factory: Callable[..., Executor] = NativeExecutor) -> list[Result]:
    """Return what a sequence gives on one of our executors."""
    batch = Batch(whole=True)
    place = rows.add_rows(batch, "", table, text)
    return rows.results(batches.on_executor(batch, factory), place, len(table))
