"""RSA: operations of all lengths against Python's own arithmetic; shortcuts of the exponent, time, interrupt."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esp32s3.rsa import RSA
from twincore.model import TICKS_PER_SECOND

CYCLE = TICKS_PER_SECOND // 40_000_000


class Engine:
    """The engine, driven as ESP-IDF's bignum port does."""

    def __init__(self, bench: Callable[..., Any]) -> None:
        self.rsa = bench(RSA)

    def put(self, memory: str, number: int, words: int, first: int = 0) -> None:
        for n in range(words):
            self.rsa.write(f"{memory}[{first + n}]", number >> 32 * n & 0xFFFF_FFFF)

    def result(self, words: int) -> int:
        return sum(int(self.rsa.read(f"Z_MEM[{n}]")) << 32 * n for n in range(words))

    def set_modulus(self, modulus: int, words: int) -> None:
        self.put("M_MEM", modulus, words)
        self.put("Z_MEM", (1 << 64 * words) % modulus, words)
        self.rsa.write("M_PRIME", -pow(modulus, -1, 1 << 32) & 0xFFFF_FFFF)
        self.rsa.write("MODE", words - 1)

    def run(self, start: str) -> int:
        """Carry an operation out and return how many cycles it took."""
        assert self.rsa.read("IDLE") == 1
        self.rsa.write(start, 1)
        assert self.rsa.read("IDLE") == 0
        ((_, at),) = self.rsa.context.events.items()
        ticks = at - self.rsa.context.now
        self.rsa.run(ticks=ticks - 1)
        assert self.rsa.read("IDLE") == 0
        self.rsa.run(ticks=1)
        assert self.rsa.read("IDLE") == 1
        return int(ticks // CYCLE)


@pytest.fixture
def engine(bench: Callable[..., Any]) -> Engine:
    return Engine(bench)


@st.composite
def operands(draw: st.DrawFn) -> tuple[int, int, int, int]:
    words = draw(st.sampled_from([1, 2, 3, 8, 16, 33, 64, 96, 128]))
    numbers = [draw(st.integers(0, (1 << 32 * words) - 1)) for _ in range(2)]
    return words, draw(st.integers(3, (1 << 32 * words) - 1)) | 1, numbers[0], numbers[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=operands())
def test_modular_operations(engine: Engine, values: tuple[int, int, int, int]) -> None:
    words, modulus, x, y = values
    for start, expected in (("MODMULT_START", x * y % modulus), ("MODEXP_START", pow(x, y, modulus))):
        engine.set_modulus(modulus, words)
        engine.put("X_MEM", x, words)
        engine.put("Y_MEM", y, words)
        engine.run(start)
        assert engine.result(words) == expected
    assert engine.rsa.context.unknown == []


@pytest.mark.parametrize("words", [1, 2, 16, 64])
def test_multiplication(engine: Engine, words: int) -> None:
    rng = random.Random(words)
    x, y = rng.getrandbits(32 * words), rng.getrandbits(32 * words)
    engine.rsa.write("MODE", 2 * words - 1)
    engine.put("X_MEM", x, words)
    engine.put("Z_MEM", y, words, first=words)
    engine.run("MULT_START")
    assert engine.result(2 * words) == x * y


def test_a_multiplication_by_the_modular_one(engine: Engine) -> None:
    """ESP-IDF multiplies numbers that are too long otherwise modulo 2^n - 1, with both helping numbers 1."""
    words = 128
    x, y = random.Random(1).getrandbits(2500), random.Random(2).getrandbits(1500)
    engine.set_modulus((1 << 32 * words) - 1, words)
    assert (engine.result(words), engine.rsa.read("M_PRIME")) == (1, 1)
    engine.put("X_MEM", x, words)
    engine.put("Y_MEM", y, words)
    engine.run("MODMULT_START")
    assert engine.result(words) == x * y


def test_words_behind_the_result_stay(engine: Engine) -> None:
    engine.put("Z_MEM", 0x1234 << 64, 3)
    engine.set_modulus(101, 2)
    engine.run("MODEXP_START")
    assert engine.rsa.read("Z_MEM[2]") == 0x1234


def test_the_measured_time_of_a_modular_multiplication(engine: Engine) -> None:
    engine.set_modulus((1 << 2048) - 1, 64)
    assert engine.run("MODMULT_START") == 108 * 160


EXPONENTS = [
    ("all bits, always multiplying", {}, 1024 + 1024),
    ("all bits", {"CONSTANT_TIME": 0}, 1024 + 2),
    ("from a position, always multiplying", {"SEARCH_ENABLE": 1, "SEARCH_POS": 16}, 17 + 17),
    ("from a position", {"SEARCH_ENABLE": 1, "SEARCH_POS": 16, "CONSTANT_TIME": 0}, 17 + 2),
    ("from beyond the end", {"SEARCH_ENABLE": 1, "SEARCH_POS": 4095, "CONSTANT_TIME": 0}, 1024 + 2),
]


@pytest.mark.parametrize(("what", "registers", "steps"), EXPONENTS, ids=[row[0] for row in EXPONENTS])
def test_time_of_an_exponentiation(engine: Engine, what: str, registers: dict[str, int], steps: int) -> None:
    engine.set_modulus((1 << 1024) - 105, 32)
    engine.put("X_MEM", 3, 32)
    engine.put("Y_MEM", 65537, 32)
    for name, value in registers.items():
        engine.rsa.write(name, value)
    assert engine.run("MODEXP_START") == (steps + 2) * (2 * 32**2 + 7 * 32)
    assert engine.result(32) == pow(3, 65537, (1 << 1024) - 105)


def test_bits_above_the_position_are_not_looked_at(engine: Engine) -> None:
    engine.set_modulus(1_000_003, 1)
    engine.put("X_MEM", 7, 1)
    engine.put("Y_MEM", 0x8000_0005, 1)
    engine.rsa.write("SEARCH_ENABLE", 1)
    engine.rsa.write("SEARCH_POS", 2)
    engine.run("MODEXP_START")
    assert engine.result(1) == 7**5


def test_the_interrupt(engine: Engine) -> None:
    rsa = engine.rsa
    engine.set_modulus(101, 1)
    engine.run("MODMULT_START")
    assert rsa.level("interrupt") == 0
    rsa.write("INTERRUPT_ENA", 1)
    assert rsa.level("interrupt") == 1
    rsa.write("CLEAR_INTERRUPT", 1)
    assert rsa.level("interrupt") == 0


WRONG = [
    ({"M_PRIME": 5}, 101, "RSA.M_PRIME that is not -1 / M"),
    ({"M_MEM[0]": 100}, 100, "RSA.M_PRIME that is not -1 / M"),
    ({"M_MEM[0]": 0}, 0, "RSA.M_PRIME that is not -1 / M"),
    ({"Z_MEM[0]": 5}, 101, "RSA.Z_MEM that is not 2^64 mod M"),
]


@pytest.mark.parametrize(("registers", "modulus", "what"), WRONG)
def test_numbers_that_do_not_belong_to_the_modulus(
    engine: Engine, registers: dict[str, int], modulus: int, what: str
) -> None:
    for start in ("MODMULT_START", "MODEXP_START"):
        engine.rsa.context.unknown.clear()
        engine.set_modulus(101, 1)
        engine.put("X_MEM", 70, 1)
        engine.put("Y_MEM", 3, 1)
        for name, value in registers.items():
            engine.rsa.write(name, value)
        engine.run(start)
        assert engine.rsa.context.unknown == [what]
        assert engine.result(1) == ((70 * 3 if start == "MODMULT_START" else 70**3) % modulus if modulus else 0)


def test_reset_ends_an_operation_and_memory_is_clean(engine: Engine) -> None:
    rsa = engine.rsa
    engine.set_modulus(101, 1)
    rsa.write("MODMULT_START", 1)
    rsa.block.reset("block")
    rsa.run(us=1000)
    assert (rsa.read("IDLE"), rsa.read("CLEAN"), rsa.read("M_MEM[0]")) == (1, 1, 0)
