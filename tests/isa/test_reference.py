"""The reference itself: the Python it makes of a definition, and what it refuses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from twincore.isa.definitions import INSTRUCTIONS, ROUTINES
from twincore.isa.ir import Value, select
from twincore.isa.reference import compile_definition, signed, source
from twincore.isa.spec import Cpu, Flow, Routine


def evaluate(function: object, *arguments: int) -> int:
    """Return what a routine leaves in epc1."""

    def routine(cpu: Cpu, *values: Value) -> None:
        cpu.epc[1] = function(*values)  # type: ignore[operator]

    definition = Routine("trial", len(arguments), lambda cpu, *values: routine(cpu, *values))
    core = SimpleNamespace(epc=[0] * 8)
    compile_definition(definition)(core, *arguments)
    return core.epc[1]


def test_source_of_an_instruction_is_readable() -> None:
    assert source(INSTRUCTIONS["addi"]) == (
        "def op_addi(core, i, s, t):\n"
        "    v0 = i\n"
        "    v1 = core.ar[(core.windowbase * 4 + s) % 64]\n"
        "    v2 = (v1 + v0) & 0xffffffff\n"
        "    core.ar[(core.windowbase * 4 + t) % 64] = v2\n"
        "    return None\n"
    )


def test_every_definition_compiles() -> None:
    for definition in (*INSTRUCTIONS.values(), *ROUTINES.values()):
        compile_definition(definition)


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (lambda a, b: a - b, (1, 2), 0xFFFFFFFF),
        (lambda a, b: a * b, (0x10001, 0x10001), 0x20001),
        (lambda a: ~a, (0x0F,), 0xFFFFFFF0),
        (lambda a: -a, (1,), 0xFFFFFFFF),
        (lambda a: a.sra(4), (0x80000000,), 0xF8000000),
        (lambda a: a.trunc(8).sext(32), (0x180,), 0xFFFFFF80),
        (lambda a: a.trunc(8).zext(32), (0x180,), 0x80),
        (lambda a: a.clz(), (0,), 32),
        (lambda a, b: a.slt(b).zext(32), (0xFFFFFFFF, 0), 1),
        (lambda a, b: a.ult(b).zext(32), (0xFFFFFFFF, 0), 0),
        (lambda a, b: a.sdiv(b), (-7 & 0xFFFFFFFF, 2), -3 & 0xFFFFFFFF),
        (lambda a, b: a.srem(b), (-7 & 0xFFFFFFFF, 2), 0xFFFFFFFF),
        (lambda a, b: select(a == b, 5, 6), (3, 3), 5),
        (lambda a: a.bit(31).zext(32), (0x80000000,), 1),
        (lambda a: a.field(11, 8), (0xABCD,), 0xB),
    ],
)
def test_operations(function: object, arguments: tuple[int, ...], result: int) -> None:
    assert evaluate(function, *arguments) == result


@pytest.mark.parametrize("function", [lambda a, b: a << b, lambda a, b: a >> b, lambda a, b: a.sra(b)])
def test_shift_that_is_not_guarded_is_an_error(function: object) -> None:
    with pytest.raises(ValueError, match="a definition shifts 32 bits by 32"):
        evaluate(function, 1, 32)


def test_signed() -> None:
    assert (signed(0x80, 8), signed(0x7F, 8), signed(1, 1)) == (-128, 127, -1)


def test_guest_values_have_no_truth_in_python() -> None:
    with pytest.raises(TypeError, match=r"use select\(\) or cpu.when\(\)"):
        evaluate(lambda a: 1 if a else 2, 3)


@pytest.mark.parametrize(
    ("name", "flow"),
    [
        ("add", Flow.NEXT),
        ("beq", Flow.BRANCH),
        ("loopnez", Flow.BRANCH),
        ("loop", Flow.NEXT),
        ("j", Flow.JUMP),
        ("ret", Flow.JUMP),
        ("retw", Flow.JUMP),
        ("rfe", Flow.JUMP),
        ("ill", Flow.JUMP),
    ],
)
def test_flow(name: str, flow: Flow) -> None:
    assert INSTRUCTIONS[name].flow is flow


def test_every_instruction_says_what_it_does() -> None:
    for instruction in INSTRUCTIONS.values():
        assert instruction.doc, instruction.name
