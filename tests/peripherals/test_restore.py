"""Every block of the chip, restored from its declared state, behaves as the one it was saved from."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twincore.model import Peripheral, Signal, canonical

PLATFORM = Path(__file__).resolve().parents[2] / "platforms" / "esp32s3.toml"
ENTRIES = {entry["name"]: entry for entry in tomllib.loads(PLATFORM.read_text(encoding="utf-8"))["peripheral"]}

TIMES_US = st.sampled_from([0, 0, 1, 7, 100, 5000])
VALUES = st.one_of(
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 31).map(lambda bit: 1 << bit),
    st.sampled_from([0, 0xFFFF_FFFF, 0x50D83AA1, 0x8F1D312A, 1 << 31 | 1 << 30 | 40 << 13]),
)


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """A list of (what, where, size, value); `where` chooses among the block's declared words."""
    kinds = st.sampled_from(["write", "write", "write", "read", "time", "signal", "serial"])
    step = st.tuples(kinds, st.integers(0, 10_000), st.sampled_from([4, 4, 4, 2, 1]), VALUES)
    return draw(st.lists(step, min_size=1, max_size=25))


def carry_out(bench: Any, todo: list[tuple[str, int, int, int]]) -> list[Any]:
    """Do the steps and return all that can be seen from outside."""
    seen: list[Any] = []
    offsets = sorted(bench.offsets.values())
    for what, where, size, value in todo:
        offset = offsets[where % len(offsets)] + (where % 4 // size * size)
        if what == "write":
            bench.write(offset, value & (1 << size * 8) - 1, size)
        elif what == "read":
            seen.append(bench.read(offset, size))
        elif what == "time":
            bench.run(us=(0, 1, 7, 100, 5000, 200_000)[value % 6])
        elif what == "signal" and bench.block.signals:
            names = sorted(bench.block.signals)
            signal = bench.block.signals[names[where % len(names)]]
            if hasattr(signal, "drive"):
                signal.drive((0, 1, None)[value % 3])
            elif signal.name.endswith("_stall"):
                signal.set(value & 1)
        elif what == "serial" and bench.block.serial_ports:
            bench.block.serial.send(bytes(value & 0xFF for _ in range(where % 40)))
        seen.append((bench.context.resets[-3:], [signal.level for signal in bench.block.signals.values()]))
    seen.append([bench.read(offset) for offset in offsets])
    return seen


def make(bench: Callable[..., Any], name: str) -> Any:
    module, _, kind = ENTRIES[name]["class"].partition(":")
    return bench(getattr(importlib.import_module(module), kind), name=name, **ENTRIES[name].get("options", {}))


@pytest.mark.parametrize("name", sorted(ENTRIES))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=steps(), after=steps())
def test_restored_block_behaves_the_same(
    bench: Callable[..., Any],
    name: str,
    before: list[tuple[str, int, int, int]],
    after: list[tuple[str, int, int, int]],
) -> None:
    original = make(bench, name)
    carry_out(original, before)
    saved = original.save()
    restored = make(bench, name)
    restored.load(saved)
    restored.context.resets[:] = original.context.resets
    assert canonical(restored.block.state()) == canonical(original.block.state())
    for derived in original.block.derived:
        assert getattr(restored.block, derived) == getattr(original.block, derived)
    assert carry_out(restored, after) == carry_out(original, after)
    assert canonical(restored.block.state()) == canonical(original.block.state())
    assert restored.context.events == original.context.events


def undeclared(block: Peripheral) -> dict[str, str]:
    """Return the attributes that are not declared as state, in a form that shows a change."""
    ignored = {*block.declared, *block.derived, "words", "context", "signals", "serial_ports", "previous"}
    return {name: repr(value) for name, value in vars(block).items() if name not in ignored and not _is_wiring(value)}


def _is_wiring(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_wiring(item) for item in value)
    return isinstance(value, Signal) or callable(value) or hasattr(value, "emit")


@pytest.mark.parametrize("name", sorted(ENTRIES))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(todo=steps())
def test_nothing_but_declared_state_changes(
    bench: Callable[..., Any], name: str, todo: list[tuple[str, int, int, int]]
) -> None:
    block = make(bench, name)
    before = undeclared(block.block)
    carry_out(block, todo)
    assert undeclared(block.block) == before


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_power_on_reset_brings_everything_back(bench: Callable[..., Any], name: str) -> None:
    block, fresh = make(bench, name), make(bench, name)
    for offset in block.offsets.values():
        block.write(offset, 0xFFFF_FFFF)
    block.block.reset("power_on", 1)
    assert {n: hex(block.read(n)) for n in block.offsets if n not in ("DATA",)} == {
        n: hex(fresh.read(n)) for n in fresh.offsets if n not in ("DATA",)
    }
