"""The benches of `twincore.testing`, as their users see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twincore.errors import UsageError
from twincore.model import RC, RO, TICKS_PER_SECOND, W1C, Context, Field, NoMemoryError, Peripheral, Register
from twincore.testing import Bench, Chip


class Block(Peripheral):
    """Copies a byte by DMA; counts what it is asked for."""

    size = 0x20

    class SOURCE(Register, offset=0x00):
        pass

    class CONTROL(Register, offset=0x04, reset=0x100):
        SPEED = Field(15, 8)
        READY = Field(1, access=RO)
        DONE = Field(0, access=W1C)

    class COUNT(Register, offset=0x08, count=2, access=RC):
        N = Field(7, 0)

    def __init__(self, context: Context, first: int = 0) -> None:
        super().__init__(context)
        self.first = first
        self.signal("interrupt")

    def write_SOURCE(self, value: int) -> None:
        self.context.write_memory(value + 1, self.context.read_memory(value, 1))
        self.context.schedule(self.context.now_ticks() + self.context.clock("apb").period_ticks, "done", value)

    def on_done(self, value: int) -> None:
        self.put(self.CONTROL.DONE, 1)
        self.put(self.COUNT.N, self.get(self.COUNT.N, 1) + 1, 1)
        self.signals["interrupt"].set(1)


@pytest.fixture
def block() -> Bench:
    bench = Bench(Block, name="B0")
    bench.context.memory[0x3FC8_8000] = bytearray(b"abc")
    return bench


def test_registers_fields_and_bytes(block: Bench) -> None:
    assert block.read("CONTROL") == 0x100
    block.write("CONTROL.SPEED", 0x7F)
    assert (block.read("CONTROL"), block.read("CONTROL.SPEED"), block.read(0x05, 1)) == (0x7F00, 0x7F, 0x7F)
    block.write(0x05, 3, 1)
    assert block.read("CONTROL.SPEED") == 3


def test_writing_a_field_acts_on_no_other(block: Bench) -> None:
    block.write("SOURCE", 0x3FC8_8000)
    block.run(us=1)
    block.write("CONTROL.SPEED", 2)
    assert block.read("CONTROL.DONE") == 1
    block.write("CONTROL.DONE", 1)
    assert block.read("CONTROL") == 0x200


def test_time_clocks_memory_and_lines(block: Bench) -> None:
    block.context.clocks["apb"].set_period(TICKS_PER_SECOND // 1_000_000)
    block.write("SOURCE", 0x3FC8_8000)
    assert block.context.memory[0x3FC8_8000] == b"aac"
    block.run(ticks=TICKS_PER_SECOND // 1_000_000 - 1)
    assert (block.level("interrupt"), block.time_ns) == (0, 999)
    block.run(ticks=1)
    assert (block.level("interrupt"), block.time_ns) == (1, 1000)
    assert [block.read("COUNT1"), block.read("COUNT1")] == [1, 0]


def test_what_a_block_raises_comes_out_of_the_access(block: Bench) -> None:
    with pytest.raises(NoMemoryError):
        block.write("SOURCE", 0x3FC8_8002)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "CONTROLL",
            "B0: expected a register (SOURCE, CONTROL, COUNT0, COUNT1), got 'CONTROLL'; did you mean 'CONTROL'?",
        ),
        ("CONTROL.X", "B0: expected a field of CONTROL (SPEED, READY, DONE), got 'X'"),
    ],
)  # fmt: skip
def test_names_that_there_are_not(block: Bench, what: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        block.read(what)
    assert str(error.value) == message
    with pytest.raises(UsageError, match="expected a signal"):
        block.level("irq")


def test_a_saved_block_goes_on_the_same(block: Bench) -> None:
    block.write("SOURCE", 0x3FC8_8000)
    saved = block.save()
    block.run(us=1)
    other = Bench(Block)
    other.load(saved)
    other.run(us=1)
    assert other.block.state() == block.block.state()


@pytest.fixture(scope="module")
def chip() -> Iterator[Chip]:
    made = Chip()
    yield made
    made.close()


def test_a_chip_has_blocks_pins_and_lines(chip: Chip) -> None:
    chip.write("GPIO.ENABLE_W1TS", 1 << 4)
    chip.write("GPIO.FUNC4_OUT_SEL_CFG", 256)
    chip.write("GPIO.OUT_W1TS", 1 << 4)
    assert chip.pin(4).level == 1
    chip.run(us=10)
    chip.write("SYSTEM.CPU_INTR_FROM_CPU_1", 1)
    chip.write("INTERRUPT_CORE1.CPU_INTR_FROM_CPU_1_MAP", 20)
    assert (chip.level("SYSTEM.from_cpu_1"), chip.lines(core=0), chip.lines(core=1)) == (1, 0, 1 << 20)
    assert chip.read("GPIO.OUT") == 1 << 4


def test_a_chip_names_what_it_lacks(chip: Chip) -> None:
    with pytest.raises(UsageError, match=r"expected BLOCK.REGISTER, got 'GPIO.OUTT'; did you mean 'GPIO.OUT'"):
        chip.read("GPIO.OUTT")
    with pytest.raises(UsageError, match=r"expected one of the chip's peripherals, got 'GPIOO'; did you mean 'GPIO'"):
        chip.block("GPIOO")
