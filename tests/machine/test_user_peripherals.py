"""Peripherals of users' own: how they come onto a board, and what their mistakes look like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.errors import PeripheralError, PlatformError
from twincore.machine.board_options import load_board
from twincore.machine.peripheral_line import read_line
from twincore.machine.platform_file import Platform, load_platform

SENSOR = """
from twincore.model import Context, Field, Peripheral, Register, W1C

class Sensor(Peripheral):
    size = 0x100

    class LIMIT(Register, offset=0x00):
        VALUE = Field(15, 0)

    class STATUS(Register, offset=0x04, access=W1C):
        ABOVE = Field(0)

    def __init__(self, context: Context, start: int = 0) -> None:
        super().__init__(context)
        self.start = start
        self.interrupt = self.signal("interrupt")

    def after_reset(self) -> None:
        self.put(self.LIMIT, self.start)

    def write_LIMIT(self, value: int) -> None:
        self.context.schedule(self.context.now_ticks() + 10, "limit", 1 // (0x1234 - value))

    def on_limit(self, number: int) -> None:
        raise RuntimeError("no limit")

class Taker(Peripheral):
    size = 0x100

    def __init__(self, context: Context, values: list[int]) -> None:
        super().__init__(context)
        self.taken = values.pop()

class Other:
    pass
"""
BASE = 0x600D_0000


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the sensor's file."""
    (tmp_path / "sensor.py").write_text(SENSOR)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def board(tmp_path: Path) -> Callable[[str], Platform]:
    """Write a board file that extends the generic board, and read it."""

    def make(text: str) -> Platform:
        path = tmp_path / "board.toml"
        path.write_text(f'extends = "generic"\n{text}\n')
        return load_platform(path)

    return make


@pytest.mark.parametrize(
    ("line", "table"),
    [
        ("a.py:B@0x600D0000", {"name": "B", "class": "a.py:B", "base": BASE}),
        ("a.b:C@16", {"name": "C", "class": "a.b:C", "base": 16}),
        ("sensor@16", {"name": "sensor", "class": "sensor", "base": 16}),
        ("/x@y/a:b.py:B@0x10", {"name": "B", "class": "/x@y/a:b.py:B", "base": 16}),
        (
            "a.py:B@0x600D_0000, irq=98, irq.done=4, name=UNIT, size=0x20",
            {"name": "UNIT", "class": "a.py:B", "base": BASE, "size": 32, "interrupts": {"interrupt": 98, "done": 4}},
        ),
        (
            "a.py:B@0,rate=1e3,n=0x10,is_on=true,text=a=b",
            {
                **{"name": "B", "class": "a.py:B", "base": 0},
                "options": {"rate": 1000.0, "n": 16, "is_on": True, "text": "a=b"},
            },
        ),
    ],
)
def test_a_line_is_a_table(line: str, table: dict[str, object]) -> None:
    assert read_line(line, who="x") == table


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "sensor.py:Sensor",
            "x: peripheral: expected CLASS@ADDRESS[,irq=SOURCE][,name=NAME][,KEY=VALUE]..., got 'sensor.py:Sensor'; "
            "write for example ./sensor.py:Sensor@0x600D0000,irq=98",
        ),
        ("a.py:B@there", "x: peripheral: expected an address, got 'there'"),
        ("a.py:B@0,irq=x", "x: peripheral: expected a whole number for irq, got 'x'"),
        ("a.py:B@0,irq", "x: peripheral: expected KEY=VALUE after a comma, got 'irq'"),
    ],
)
def test_mistakes_in_a_line(line: str, message: str) -> None:
    with pytest.raises(PlatformError) as error:
        read_line(line, who="x")
    assert str(error.value) == message


def test_a_line_of_a_board_file(board: Callable[[str], Platform]) -> None:
    platform = board('peripheral = ["sensor.py:Sensor@0x600D0000,irq=98,start=7"]')
    engine = EmbeddedEngine(platform, executor="reference")
    engine.power_on()
    assert engine.machine.memory_map.peek_word(BASE) == 7
    assert engine.machine.register_name(BASE + 4) == "Sensor.STATUS"
    assert engine.machine.register_name(BASE + 8) == "Sensor+0x8"


def test_options_that_one_machines_block_changes_are_as_written_for_the_next(board: Callable[[str], Platform]) -> None:
    platform = board(
        """
        [[peripheral]]
        name = "Sensor"
        class = "sensor.py:Taker"
        base = 0x600D0000
        options = { values = [3, 2, 1] }
        """
    )
    engines = [EmbeddedEngine(platform, executor="reference") for _ in range(2)]
    blocks: list[Any] = [engine.peripheral("Sensor") for engine in engines]
    assert [block.taken for block in blocks] == [1, 1]


def test_a_line_beside_a_board(tmp_path: Path) -> None:
    platform = load_board(
        "generic", peripherals=["./sensor.py:Sensor@0x600D0000", f"{tmp_path}/sensor.py:Sensor@0x600D1000,name=B"]
    )
    assert [platform.classes[name].__name__ for name in ("Sensor", "B")] == ["Sensor", "Sensor"]


def test_an_entry_point(tmp_path: Path, board: Callable[[str], Platform], monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    package = site / "acme-1.0.dist-info"
    package.mkdir(parents=True)
    (site / "acme.py").write_text(SENSOR)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[twincore.peripherals]\nacme-sensor = acme:Sensor\n")
    monkeypatch.syspath_prepend(site)
    platform = board('peripheral = ["acme-sensor@0x600D0000,irq=98"]')
    assert platform.classes["acme-sensor"].__module__ == "acme"
    engine = EmbeddedEngine(platform, executor="reference")
    assert engine.machine.register_name(BASE) == "acme-sensor.LIMIT"
    with pytest.raises(PlatformError) as error:
        board('peripheral = ["acme_sensor@0x600D0000"]')
    assert str(error.value).endswith(
        "peripheral[0].class: expected file.py:Class, module:Class or an entry point of the group twincore.peripherals "
        "(one of acme-sensor) for acme_sensor, got 'acme_sensor'; did you mean 'acme-sensor'?"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "sensor.py:Sensor@0x60000010",
            "peripheral.base: expected an address of its own for Sensor, got 0x60000010, "
            "which UART0 has (0x60000000 to 0x60000fff)",
        ),
        (
            "sensor.py:Sensor@0x600D0000,irq=27",
            "peripheral.interrupts.interrupt: expected an interrupt source of its own for Sensor.interrupt, got 27, "
            "which UART0.interrupt drives",
        ),
        (
            "sensor.py:Sensor@0x600D0000,name=UART0",
            "peripheral.name: expected a name of its own, got 'UART0' a second time",
        ),
        (
            "sensor.py:Sensor@0x700D0000",
            "peripheral.base: expected Sensor (0x100 bytes) within the I/O window 0x60000000 to 0x600fffff, "
            "got 0x700d0000",
        ),
        (
            "sensor.py:Senor@0x600D0000",
            "peripheral.class: expected a class of module {folder}/sensor.py for Senor, got 'Senor', which it lacks; "
            "did you mean 'Sensor'?",
        ),
        (
            "sensor.py:Other@0x600D0000",
            "peripheral.class: expected a subclass of twincore.model.Peripheral for Other, got Other",
        ),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(PlatformError) as error:
        load_platform("generic", peripherals=[line], lines_from="--peripheral")
    assert str(error.value) == f"--peripheral {line}: {message.replace('{folder}', str(tmp_path))}"


def test_an_option_that_the_class_does_not_take() -> None:
    with pytest.raises(PlatformError, match=r"peripheral Sensor.options: expected arguments of .*sensor.py:Sensor"):
        EmbeddedEngine(load_platform("generic", peripherals=["sensor.py:Sensor@0x600D0000,strat=7"]))


def _engine(tmp_path: Path, old: str, new: str) -> EmbeddedEngine:
    assert old in SENSOR
    (tmp_path / "mine.py").write_text(SENSOR.replace(old, new))
    return EmbeddedEngine(
        load_platform("generic", peripherals=["mine.py:Sensor@0x600D0000,irq=98"]), executor="reference"
    )


def test_registers_over_each_other(tmp_path: Path) -> None:
    with pytest.raises(PeripheralError) as error:
        _engine(tmp_path, "STATUS(Register, offset=0x04", "STATUS(Register, offset=0x00")
    assert "Sensor.STATUS: expected an offset of its own, got 0x0, which LIMIT has" in str(error.value)


def test_a_register_outside_of_the_block(tmp_path: Path) -> None:
    with pytest.raises(PeripheralError) as error:
        _engine(tmp_path, "offset=0x04", "offset=0x100")
    assert "Sensor.STATUS: expected an offset within the 0x100 bytes of the block, got 0x100" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "doing"),
    [
        ("self.start = start", "self.start = [][start]", "making peripheral Sensor ("),
        ("def after_reset(self)", "def connect(self):\n        [][0]\n    def never(self)", "connecting Sensor: "),
        ("self.put(self.LIMIT, self.start)", "[][0]", "reset of Sensor: "),
    ],
)
def test_code_that_raises_outside_of_an_access(tmp_path: Path, old: str, new: str, doing: str) -> None:
    with pytest.raises(PeripheralError) as error:
        _engine(tmp_path, old, new).power_on()
    assert str(error.value).startswith(doing)
    assert "IndexError: list index out of range" in str(error.value)
    first, frame, *_, last = error.value.trace.splitlines()
    assert first == "Traceback (most recent call last):"
    assert frame.startswith(f'  File "{tmp_path}/mine.py", line ')
    assert last == "IndexError: list index out of range"


def test_the_next_step_is_a_line_of_the_user(tmp_path: Path) -> None:
    # twincore finds the name without a register, in a call that the class makes
    with pytest.raises(PeripheralError, match=r"got ValueError: .*none called LIMITS") as error:
        _engine(tmp_path, "def write_LIMIT(", "def write_LIMITS(")
    assert error.value.next_step.startswith(f"see {tmp_path}/mine.py, line ")
    assert error.value.next_step.endswith(", in __init__")


def test_a_store_that_raises(tmp_path: Path) -> None:
    engine = _engine(tmp_path, "start: int = 0", "start: int = 1")
    engine.power_on()
    engine.machine.io_write(0, BASE, 4, 0x1234)
    with pytest.raises(PeripheralError) as error:
        engine.run_for(1000)
    assert str(error.value).startswith(
        "store of 0x1234 to Sensor.LIMIT: expected Python code that carries it out, got "
    )
    assert ", core 0, pc 0x400" in error.value.when
    assert "in write_LIMIT\n" in error.value.trace
    assert "machine.py" not in error.value.trace


def test_an_event_that_raises(tmp_path: Path) -> None:
    engine = _engine(tmp_path, "start: int = 0", "start: int = 2")
    engine.power_on()
    engine.machine.io_write(0, BASE, 4, 1)
    with pytest.raises(PeripheralError, match=r"^event limit of Sensor: .*got RuntimeError: no limit"):
        engine.run_for(1000)


@pytest.mark.parametrize(
    ("body", "got"),
    [
        ("return None", "TypeError: 'NoneType' object cannot be interpreted as an integer"),
        ("open('nowhere')", "FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'"),
        ("self.context.schedule(1.5, 'limit')", "TypeError: 'float' object cannot be interpreted as an integer"),
    ],
)
def test_a_load_that_answers_nothing(tmp_path: Path, body: str, got: str) -> None:
    engine = _engine(tmp_path, "def write_LIMIT", f"def read_LIMIT(self):\n        {body}\n\n    def write_LIMIT")
    engine.power_on()
    engine.machine.io_read(0, BASE, 4)
    with pytest.raises(PeripheralError) as error:
        engine.run_for(1000)
    assert str(error.value).startswith(f"load of Sensor.LIMIT: expected Python code that carries it out, got {got}")


def test_its_words_are_not_taken_for_those_of_the_chips_list(tmp_path: Path) -> None:
    engine = _engine(tmp_path, "start: int = 0", "start: int = 3")
    engine.power_on()
    engine.machine.io_read(0, BASE + 0x40, 4)
    assert [use.name for use in engine.unmodelled()] == ["Sensor+0x40"]
    assert engine.machine.unmodelled.parts() == {}


def test_events_without_time_end_the_run(tmp_path: Path) -> None:
    engine = _engine(tmp_path, 'raise RuntimeError("no limit")', "self.context.schedule(0, 'limit', number)")
    engine.power_on()
    engine.machine.io_write(0, BASE, 4, 1)
    with pytest.raises(PeripheralError, match=r"^event limit of Sensor: expected time to pass"):
        engine.run_for(1000)


def test_a_device_that_raises_when_power_comes(tmp_path: Path, board: Callable[[str], Platform]) -> None:
    (tmp_path / "lamp.py").write_text(
        "from twincore.devices import Device\n"
        "class Lamp(Device):\n"
        "    def after_power_on(self):\n"
        "        raise RuntimeError('no lamp')\n"
    )
    engine = EmbeddedEngine(board('[[device]]\nname = "L"\nclass = "lamp.py:Lamp"'), executor="reference")
    with pytest.raises(PeripheralError) as error:
        engine.power_on()
    assert str(error.value).startswith(
        "power for L: expected Python code that carries it out, got RuntimeError: no lamp"
    )
    assert "lamp.py" in error.value.trace
