"""The cores' own GPIO lines: instructions that drive and see pins past the bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.isa.asm import assemble

CODE = 0x4037_8000
ENABLE = 0x6000_4020
PRO_OUT0, CORE1_OUT = 221, (129, 130, 131, 252, 253, 254, 255, 54)
MATRIX_INPUT = 1 << 12 | 1 << 9


@pytest.fixture(params=["native", "reference"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., EmbeddedEngine]]:
    """Have core 0 execute a program for a number of instructions."""
    engine = EmbeddedEngine(executor=request.param, quantum_cycles=1)
    engine.power_on()
    engine.write_register(0, "intenable", 0)

    def go(text: str, count: int) -> EmbeddedEngine:
        engine.write_memory(CODE, assemble(text, CODE))
        engine.write_register(0, "pc", CODE)
        for _ in range(count):
            engine.step(0)
        return engine

    go.engine = engine  # type: ignore[attr-defined]
    yield go
    engine.close()


def write(engine: EmbeddedEngine, address: int, value: int) -> None:
    engine.machine.io_write(0, address, 4, value)


def route_out(engine: EmbeddedEngine, gpio: int, signal: int) -> None:
    write(engine, 0x6000_4554 + 4 * gpio, signal)


def route_in(engine: EmbeddedEngine, gpio: int, signal: int) -> None:
    write(engine, 0x6000_9004 + 4 * gpio, MATRIX_INPUT)
    write(engine, 0x6000_4154 + 4 * signal, 1 << 7 | gpio)


def test_instructions_drive_pins_to_the_instruction(run: Callable[..., EmbeddedEngine]) -> None:
    engine = run.engine  # type: ignore[attr-defined]
    for bit, gpio in ((0, 4), (1, 5), (7, 6)):
        route_out(engine, gpio, PRO_OUT0 + bit)
    text = """
        ee.set_bit_gpio_out 0x83
        ee.clr_bit_gpio_out 0x01
        movi.n  a2, 1
        movi.n  a3, 3
        ee.wr_mask_gpio_out a2, a3
        wur.gpio_out a3
    """
    run(text, 6)
    edges = {gpio: [(edge.time_ns, edge.level) for edge in engine.pin_edges(gpio)] for gpio in (4, 5, 6)}
    assert {gpio: [level for _, level in of_pin] for gpio, of_pin in edges.items()} == {
        4: [1, 0, 1],
        5: [1, 0, 1],
        6: [1, 0],
    }
    cycle = 50
    begin = edges[4][0][0]
    assert [at - begin for at, _ in edges[4]] == [0, cycle, 4 * cycle]
    assert [at - begin for at, _ in edges[5]] == [0, 4 * cycle, 5 * cycle]


def test_an_instruction_sees_pins(run: Callable[..., EmbeddedEngine]) -> None:
    engine = run.engine  # type: ignore[attr-defined]
    for bit, gpio in ((0, 4), (3, 5), (7, 6)):
        route_in(engine, gpio, PRO_OUT0 + bit)
    engine.drive_pin(4, 1)
    engine.drive_pin(6, 1)
    assert run("ee.get_gpio_in a5", 1).read_register(0, "a5") == 0x81


def test_core_1_has_lines_of_its_own(run: Callable[..., EmbeddedEngine]) -> None:
    engine = run.engine  # type: ignore[attr-defined]
    route_out(engine, 4, PRO_OUT0)
    for bit, signal in enumerate(CORE1_OUT):
        route_out(engine, 5 + bit, signal)
    engine.machine.gpio_out(1, 0x81)
    assert [engine.pin_level(gpio) for gpio in range(4, 13)] == [0, 1, 0, 0, 0, 0, 0, 0, 1]
    route_in(engine, 13, CORE1_OUT[7])
    engine.drive_pin(13, 1)
    assert (engine.machine.gpio_in(0), engine.machine.gpio_in(1)) == (0, 0x80)


def test_a_reset_of_the_core_lowers_its_lines(run: Callable[..., EmbeddedEngine]) -> None:
    engine = run.engine  # type: ignore[attr-defined]
    route_out(engine, 4, PRO_OUT0)
    route_out(engine, 5, CORE1_OUT[0])
    run("ee.set_bit_gpio_out 1", 1)
    engine.machine.gpio_out(1, 1)
    engine.reset("core0")
    assert (engine.pin_level(4), engine.pin_level(5), engine.read_register(0, "gpio_out")) == (0, 1, 0)
