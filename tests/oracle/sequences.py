"""The compilers' floating-point sequences as assembly text, written out from tests/isa/test_fpu_sequences.py.

That module has each sequence once, as a function of steps; here the steps are instructions on registers.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

_CONSTANTS = {0: 0, 0x3F800000: 1, 0x3F000000: 3}
"""The operand of const.s for a bit pattern."""


def beside(folder: str, name: str) -> ModuleType:
    """Import a module of another folder of tests."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / folder / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Value:
    """A value that a step made, or an operand."""

    def __init__(self, writer: _Writer) -> None:
        self.writer = writer

    def __xor__(self, sign: object) -> _Value:
        return self.writer.write("neg.s", None, self)


class _Writer:
    """Takes steps down: (name, the value that the result starts from, operands, result)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, _Value | None, tuple[_Value, ...], _Value]] = []

    def write(self, name: str, start: _Value | None, *operands: _Value) -> _Value:
        result = _Value(self)
        self.lines.append((name, start, operands, result))
        return result

    def value(self, given: Any) -> _Value:
        return given if isinstance(given, _Value) else self.write(f"const.s {_CONSTANTS[int(given)]}", None)

    def __call__(self, name: str, *given: Any) -> _Value:
        """Do what a step does: (fs) or (fr, fs) or (fr, fs, ft)."""
        operands = [self.value(g) for g in given]
        if len(operands) == 1:
            return self.write(name, None, *operands)
        return self.write(name, operands[0], *operands[1:])


def sequence_text(sequence: Any, operands: tuple[str, ...], result: str) -> str:
    """Return a sequence as assembly text from and to named registers; f4 to f15 are used."""
    writer = _Writer()
    inputs = [_Value(writer) for _ in operands]
    last = sequence(writer, *inputs)
    places: dict[_Value, str] = dict(zip(inputs, operands, strict=True))
    free = [f"f{k}" for k in range(15, 3, -1)]
    text = []
    for at, (name, start, sources, made) in enumerate(writer.lines):
        names = [places[source] for source in sources]
        register = places[made] = free.pop()
        if start is not None:
            text.append(f"mov.s {register}, {places[start]}")
        mnemonic, _, constant = name.partition(" ")
        text.append(f"{mnemonic} {', '.join([register, *names, *([constant] if constant else [])])}")
        later = {v for _, s, o, _ in writer.lines[at + 1 :] for v in (s, *o) if v is not None} | {last}
        for value in [v for v in places if v not in later]:
            place = places.pop(value)
            if place not in operands:
                free.append(place)
    return "\n".join([*text, f"mov.s {result}, {places[last]}"])


STEPS = beside("isa", "test_fpu_sequences")
EXACT = STEPS.oracle
"""Exact results in fractions (tests/isa/fpu_oracle.py)."""
DIVIDE = sequence_text(STEPS.divide, ("f2", "f3"), "f1")
ROOT = sequence_text(STEPS.root, ("f2",), "f1")
RECIPROCAL = sequence_text(STEPS.reciprocal, ("f2",), "f1")
INVERSE_ROOT = sequence_text(STEPS.inverse_root, ("f2",), "f1")
