"""Random programs and floating-point rows against qemu-system-xtensa, whose instructions nobody here wrote.

batch.py says how both sides run the same bytes, programs.py what is in the programs, differences.py where QEMU differs
and why. long_run.py goes on with other seeds for as long as one likes.
"""

from __future__ import annotations

import random

import batch as batches
import compare
import pytest
import rows
from differences import qemu_instead
from programs import LEFT_OUT, MODULES, WRITERS, kinds
from rows import Operands, Result
from sequences import DIVIDE, EXACT, INVERSE_ROOT, RECIPROCAL, ROOT

from twincore.isa.definitions import INSTRUCTIONS
from twincore.isa.reference_executor import ReferenceExecutor

needs_qemu = pytest.mark.skipif(batches.qemu_path() is None, reason=compare.SKIP_REASON)
PROGRAMS = {"straight": 4000, "integers": 2500, "floats": 2500, "calls": 2500, "recursion": 800}
MODES = range(4)


@needs_qemu
@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs(kind: str) -> None:
    """All registers and the scratch buffer are the same after each program."""
    _, wrong = compare.programs(kind, range(PROGRAMS[kind]))
    assert not wrong, f"{len(wrong)} programs differ, the first:\n{wrong[0]}"


@needs_qemu
@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs_on_the_reference(kind: str) -> None:
    """So it is on the executor in pure Python, for a few."""
    _, wrong = compare.programs(kind, range(-25, 0), ReferenceExecutor)
    assert not wrong, f"{len(wrong)} programs differ, the first:\n{wrong[0]}"


@needs_qemu
def test_floating_point() -> None:
    """Every operation, scale and rounding mode; what differs is what differences.py explains, to the bit."""
    count, explained, wrong = compare.float_rows(200, 0)
    assert not wrong, f"{len(wrong)} of {count} rows differ, the first:\n{wrong[0]}"
    assert 0 < explained < count / 20


@needs_qemu
def test_floating_point_on_the_reference() -> None:
    """So it is on the executor in pure Python, for a few."""
    _, _, wrong = compare.float_rows(2, -1, ReferenceExecutor)
    assert not wrong, wrong[0]


@needs_qemu
def test_a_wrong_result_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that one side leaves different is named, with the program."""
    original = batches.on_executor

    def one_bit_off(*arguments: object, **named: object) -> bytes:
        output = bytearray(original(*arguments, **named))  # type: ignore[arg-type]
        output[batches.RECORD_SIZE + batches.WORD["f3"]] ^= 1
        return bytes(output)

    monkeypatch.setattr(batches, "on_executor", one_bit_off)
    count, wrong = compare.programs("straight", range(3))
    assert count == 3
    assert len(wrong) == 1
    assert wrong[0].startswith("straight 1:\n  f3: ours 0x")


def test_every_instruction_is_somewhere() -> None:
    """Each user-level instruction is in programs, rows or sequences, or left out for a stated reason."""
    everywhere = {name for names in kinds().values() for name in names}
    everywhere |= {"entry", "movsp", "retw", "retw.n", "call0", "ret", "ret.n", "j", "jx", "l32r"}
    everywhere |= {f"call{x}{n}" for x in ("", "x") for n in (0, 4, 8, 12)}
    left = {
        name
        for name, instruction in INSTRUCTIONS.items()
        if instruction.module in MODULES and name not in everywhere and name not in LEFT_OUT
    }
    assert not left
    assert not [name for name in LEFT_OUT if name not in INSTRUCTIONS]


@pytest.mark.parametrize(
    ("operation", "f2", "f3", "ours", "theirs"),
    [
        ("trunc.s 15", 0x7F7FFFFF, 0, Result(0, 0x7FFFFFFF, 0, 0x800), Result(0, 0x7FFFFFFF, 0, 0xA80)),
        ("utrunc.s 0", 0xBF800000, 0, Result(0, 0xFFFFFFFF, 0, 0xC80), Result(0, 0xFFFFFFFF, 0, 0x800)),
        ("divide", 0x3F800000, 0x7FC22222, Result(0xFFC22222, 0, 0, 0), Result(0x7FC22222, 0, 0, 0)),
        ("root", 0x7FC22222, 0, Result(0xFFC22222, 0, 0, 0), Result(0x7FC22222, 0, 0, 0)),
        ("divide", 0xFFC11111, 0x7F822222, Result(0xFFC11111, 0, 0, 0x800), Result(0x7FC22222, 0, 0, 0x800)),
        ("divide", 0xFFC11111, 0x7F822222, Result(0x7FC11111, 0, 0, 0x800), Result(0x7FC11111, 0, 0, 0x800)),
        ("add.s", 0x7FC22222, 0x7FC11111, Result(0x7FC11111, 0, 0, 0), Result(0x7FC11111, 0, 0, 0)),
    ],
)
def test_explanations(operation: str, f2: int, f3: int, ours: Result, theirs: Result) -> None:
    """The points about floating point, one by one."""
    assert qemu_instead(operation, (0, f2, f3, 0, 0, 0), ours) == theirs


# --- the sequences against exact results, on the native executor ----------------------------------------------------


def _operands(mode: int, count: int) -> list[Operands]:
    rng = random.Random(f"sequences {mode}")
    table = [rows.random_operands(rng) for _ in range(count)]
    return [(f1, f2, f3, a4, mode, 0) for f1, f2, f3, a4, _, _ in table]


@pytest.mark.parametrize("mode", MODES)
def test_quotients_are_exact(mode: int) -> None:
    """Correctly rounded, with IEEE's flags, NaNs apart."""
    table = [row for row in _operands(mode, 1500) if not EXACT.is_nan(row[1]) and not EXACT.is_nan(row[2])]
    got = [(result.f1, result.fsr) for result in compare.ours_only(DIVIDE, table)]
    assert got == [EXACT.divide(row[1], row[2], mode) for row in table]


@pytest.mark.parametrize("mode", MODES)
def test_roots_are_exact(mode: int) -> None:
    """Correctly rounded, with IEEE's flags, NaNs apart."""
    table = [row for row in _operands(mode, 1500) if not EXACT.is_nan(row[1])]
    got = [(result.f1, result.fsr) for result in compare.ours_only(ROOT, table)]
    assert got == [EXACT.root(row[1], mode) for row in table]


@pytest.mark.parametrize(("text", "power"), [(RECIPROCAL, 1), (INVERSE_ROOT, 2)])
def test_inverses_are_within_a_unit(text: str, power: int) -> None:
    """1/x and 1/sqrt(x), to nearest, of numbers whose inverses are ordinary ones."""
    table = [row for row in _operands(0, 3000) if 4 <= row[1] >> 23 <= 220]
    assert len(table) > 500
    for row, result in zip(table, compare.ours_only(text, table), strict=True):
        x, y, unit = EXACT.exact(row[1]), EXACT.exact(result.f1), EXACT.exact((result.f1 & 0x7F800000) - (23 << 23))
        assert (y - unit) ** power < 1 / x < (y + unit) ** power, f"{row[1]:08x} gave {result.f1:08x}"


def test_all_writers_are_tested() -> None:
    """Each kind of program has its number above."""
    assert set(PROGRAMS) == set(WRITERS)
