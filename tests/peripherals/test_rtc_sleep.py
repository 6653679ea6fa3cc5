"""Sleep on a whole machine: what stands, what is lost, what wakes the chip, and what firmware then reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.isa.asm import assemble

RTC, RTC_IO, SYSTIMER, TIMG1, GPIO = 0x6000_8000, 0x6000_8400, 0x6002_3000, 0x6002_0000, 0x6000_4000
SLP_TIMER0, SLP_TIMER1, STATE0, WAKEUP_STATE, INT_RAW = 0x04, 0x08, 0x18, 0x3C, 0x44
EXT_WAKEUP_CONF, REJECT_CONF, STORE0, DIG_PWC, EXT_WAKEUP1 = 0x64, 0x68, 0x50, 0x90, 0xE0
EXT_WAKEUP1_STATUS, REJECT_CAUSE, WAKEUP_CAUSE, RESET_STATE = 0xE4, 0x128, 0x130, 0x38
EXT0, EXT1, BY_GPIO, TIMER = 1, 2, 4, 8
SLEEP_EN, DG_WRAP_PD_EN, ALARM_EN = 1 << 31, 1 << 31, 1 << 16
CODE, DATA, RTC_FAST = 0x4037_8000, 0x3FC9_0000, 0x600F_E100
MS = 136
"""Cycles of the slow clock in a millisecond."""


class Chip:
    """A chip whose cores run a loop that counts in a3."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.engine = engine
        engine.power_on()
        engine.write_memory(CODE, assemble(f"addi a3, a3, 1\nj {CODE:#x}", CODE))
        for core in (0, 1):
            engine.write_register(core, "pc", CODE)
        self.write(RTC + 0x98, 0)
        self.write(RTC + 0xB4, 1 << 31)
        self.write(0x6001_F048, 0)

    def write(self, address: int, value: int) -> None:
        self.engine.machine.io_write(0, address, 4, value)

    def read(self, address: int) -> int:
        return self.engine.machine.io_read(0, address, 4)

    def alarm(self, after_ms: int) -> None:
        self.write(RTC + 0x0C, SLEEP_EN)
        at = self.read(RTC + 0x10) + after_ms * MS
        self.write(RTC + SLP_TIMER0, at)
        self.write(RTC + SLP_TIMER1, ALARM_EN)

    def sleep(self, sources: int, *, deep: bool = False) -> None:
        self.write(RTC + WAKEUP_STATE, sources << 15)
        self.write(RTC + DIG_PWC, DG_WRAP_PD_EN if deep else 0)
        self.write(RTC + STATE0, SLEEP_EN)

    def count(self) -> int:
        return self.engine.read_register(0, "a3")

    def run(self, us: int) -> None:
        self.engine.run_for(us * 1000)

    def states(self) -> list[str]:
        return [self.engine.core_state(core) for core in (0, 1)]


@pytest.fixture
def chip() -> Iterator[Chip]:
    with closing(EmbeddedEngine("generic", executor="reference")) as engine:
        yield Chip(engine)


def test_light_sleep_ends_at_the_alarm_and_the_cores_go_on(chip: Chip) -> None:
    chip.run(10)
    before = chip.count()
    chip.alarm(20)
    chip.sleep(TIMER)
    chip.run(19_900)
    assert chip.states() == ["held", "held"]
    assert chip.count() == before
    chip.run(300)
    assert chip.states()[0] == "running"
    assert chip.count() > before
    assert chip.read(RTC + WAKEUP_CAUSE) == TIMER
    assert chip.read(RTC + INT_RAW) & 3 == 1
    assert chip.read(RTC + STATE0) & SLEEP_EN == 0
    assert not [reset for reset in chip.engine.resets() if reset.domain != "power_on"]


def test_timers_of_the_digital_system_stand_during_light_sleep(chip: Chip) -> None:
    def systimer() -> int:
        chip.write(SYSTIMER + 0x04, 1 << 30)
        return chip.read(SYSTIMER + 0x44)

    chip.write(TIMG1, 1 << 31 | 1 << 30 | 2 << 13)
    chip.alarm(50)
    before = systimer()
    chip.sleep(TIMER)
    chip.run(40_000)
    assert systimer() - before <= 16
    chip.write(TIMG1 + 0x0C, 1 << 31)
    assert chip.read(TIMG1 + 0x04) <= 20
    chip.run(20_000)
    assert systimer() - before == pytest.approx(10_000 * 16, rel=0.1)


def test_deep_sleep_loses_the_digital_system_and_resets_it(chip: Chip) -> None:
    chip.engine.write_memory(DATA, b"gone after sleep")
    chip.engine.write_memory(RTC_FAST, b"kept over sleep!")
    chip.write(RTC + STORE0, 0x1234)
    chip.write(SYSTIMER + 0x38, 5)
    chip.alarm(20)
    chip.sleep(TIMER, deep=True)
    chip.run(10_000)
    assert chip.states() == ["held", "held"]
    assert chip.engine.read_memory(DATA, 16) != b"gone after sleep"
    chip.run(10_200)
    reset = chip.engine.resets()[-1]
    assert (reset.domain, reset.reason_name) == ("system", "DEEPSLEEP")
    assert reset.time_ns == pytest.approx(20_000_000, rel=0.01)
    assert chip.read(RTC + RESET_STATE) & 0xFFF == 5 << 6 | 5
    assert chip.read(RTC + WAKEUP_CAUSE) == TIMER
    assert chip.read(RTC + STORE0) == 0x1234
    assert chip.read(SYSTIMER + 0x38) == 0
    assert chip.engine.read_memory(RTC_FAST, 16) == b"kept over sleep!"
    assert chip.states()[0] != "held"


def test_an_output_lets_go_of_its_pin_in_deep_sleep(chip: Chip) -> None:
    chip.write(GPIO + 0x04, 1 << 5)
    chip.write(GPIO + 0x20, 1 << 5)
    assert chip.engine.pin_level(5) == 1
    chip.alarm(5)
    chip.sleep(TIMER, deep=True)
    chip.run(10)
    assert chip.engine.pin_level(5) == 0


@pytest.mark.parametrize("deep", [False, True])
def test_ext0_wakes_at_its_level(chip: Chip, *, deep: bool) -> None:
    chip.write(RTC_IO + 0xDC, 7 << 27)
    chip.write(RTC + EXT_WAKEUP_CONF, 1 << 30)
    chip.sleep(EXT0, deep=deep)
    chip.run(5000)
    assert chip.states() == ["held", "held"]
    chip.engine.drive_pin(7, 1)
    chip.run(10)
    assert chip.states()[0] != "held"
    assert chip.read(RTC + WAKEUP_CAUSE) == EXT0


def test_ext1_wakes_by_any_selected_pin_and_tells_which(chip: Chip) -> None:
    chip.write(RTC + EXT_WAKEUP1, 1 << 3 | 1 << 9)
    chip.write(RTC + EXT_WAKEUP_CONF, 1 << 31)
    chip.sleep(EXT1)
    chip.engine.drive_pin(4, 1)
    chip.run(5000)
    assert chip.states() == ["held", "held"]
    chip.engine.drive_pin(9, 1)
    chip.run(10)
    assert (chip.read(RTC + WAKEUP_CAUSE), chip.read(RTC + EXT_WAKEUP1_STATUS)) == (EXT1, 1 << 9)
    chip.write(RTC + EXT_WAKEUP1, 1 << 22)
    assert chip.read(RTC + EXT_WAKEUP1_STATUS) == 0


def test_a_gpio_wakes_by_the_level_of_its_interrupt(chip: Chip) -> None:
    chip.engine.drive_pin(12, 1)
    chip.write(GPIO + 0x74 + 4 * 12, 1 << 10 | 4 << 7)
    chip.sleep(BY_GPIO)
    chip.run(5000)
    assert chip.states() == ["held", "held"]
    chip.engine.drive_pin(12, 0)
    chip.run(10)
    assert chip.read(RTC + WAKEUP_CAUSE) == BY_GPIO


def test_sleep_lasts_at_least_its_shortest_time(chip: Chip) -> None:
    chip.write(RTC + 0x2C, 136 << 8)
    chip.engine.drive_pin(7, 1)
    chip.write(RTC_IO + 0xDC, 7 << 27)
    chip.write(RTC + EXT_WAKEUP_CONF, 1 << 30)
    chip.sleep(EXT0)
    chip.run(990)
    assert chip.states() == ["held", "held"]
    chip.run(20)
    assert chip.states()[0] == "running"


@pytest.mark.parametrize(("enable", "rejected"), [(1 << 30, True), (0, False)])
def test_sleep_is_refused_when_a_source_asks_for_waking_already(chip: Chip, enable: int, *, rejected: bool) -> None:
    chip.engine.drive_pin(7, 1)
    chip.write(RTC_IO + 0xDC, 7 << 27)
    chip.write(RTC + EXT_WAKEUP_CONF, 1 << 30)
    chip.write(RTC + REJECT_CONF, enable | EXT0 << 12)
    chip.sleep(EXT0)
    assert (chip.states()[0] == "running") == rejected
    assert chip.read(RTC + INT_RAW) & 2 == 2 * rejected
    assert chip.read(RTC + REJECT_CAUSE) == EXT0 * rejected


def test_a_source_that_is_not_modelled_is_named(chip: Chip) -> None:
    chip.alarm(1)
    chip.sleep(TIMER | 1 << 6)
    assert any("UART0 as a wake-up source" in use.name for use in chip.engine.unmodelled())


@pytest.mark.parametrize("reset", ["system", "rtc"])
def test_a_reset_from_outside_ends_sleep(chip: Chip, reset: str) -> None:
    chip.sleep(EXT0, deep=True)
    chip.run(100)
    assert chip.states() == ["held", "held"]
    chip.engine.reset(reset)
    assert chip.states()[0] == "running"


def test_the_rtc_watchdog_pauses_if_it_is_told_so(chip: Chip) -> None:
    def reasons(config: int) -> list[str]:
        chip.write(RTC + 0x9C, 136)
        chip.write(RTC + 0x98, config)
        chip.alarm(50)
        chip.sleep(TIMER)
        chip.run(49_000)
        return [reset.reason_name for reset in chip.engine.resets()][1:]

    assert reasons(1 << 31 | 4 << 28 | 1 << 9) == []
    chip.engine.power_on()
    assert reasons(1 << 31 | 4 << 28)[:1] == ["RTCWDT_RTC"]


@pytest.fixture
def sleeper() -> Callable[[str], str]:
    """Return the digest of a chip that wakes up, on one of the executors."""

    def run(executor: str) -> str:
        with closing(EmbeddedEngine("generic", executor=executor)) as engine:  # type: ignore[arg-type]
            chip = Chip(engine)
            chip.alarm(3)
            chip.sleep(TIMER)
            chip.run(3010)
            return engine.digest()

    return run


def test_native_sleeps_as_the_reference_does(sleeper: Callable[[str], str]) -> None:
    assert sleeper("native") == sleeper("reference")
