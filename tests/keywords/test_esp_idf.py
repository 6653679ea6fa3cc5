"""Keywords for ESP-IDF images: by names, by lines, by what the cores do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from robot.api import SkipExecution

from twincore import TwinCore
from twincore.images.symbols import Symbol, Symbols
from twincore.keywords.values import Duration

MS = 1_000_000
STATES = 0x3FC9_50AC
SCHEDULER = "Scheduler Should Start On Core ${core}"
APP_MAIN, WATCHDOG, PANIC = 0x4200_8960, 0x4200_D744, 0x4037_57EC


@pytest.fixture
def image(library: TwinCore) -> Any:
    """The image under test: without names, until a test gives it some."""
    image = SimpleNamespace(
        symbols=Symbols(),
        app=SimpleNamespace(descriptor=SimpleNamespace(idf_version="v5.1.1", project="blink")),
        source_frames=lambda address, core=None: [],
    )
    library.session.names.image = image  # type: ignore[assignment]
    return image


def names(image: Any, cores: int = 2) -> None:
    """Give the image the names of ESP-IDF."""
    image.symbols = Symbols(
        Symbol(name, address, size, kind, False, "", "app.elf", None)
        for name, address, size, kind in (
            ("port_xSchedulerRunning", STATES, 4 * cores, "variable"),
            ("app_main", APP_MAIN, 83, "function"),
            ("task_wdt_isr", WATCHDOG, 376, "function"),
            ("panic_abort", PANIC, 26, "function"),
        )
    )


def idle(engine: Any, core: int, *, intenable: int = 1, ps: int = 0x60020) -> None:
    engine.states[core] = "waiting"
    engine.registers[core, "intenable"], engine.registers[core, "ps"] = intenable, ps


# Skip Unless Made With ESP-IDF


@pytest.mark.parametrize(
    "version", ["v5.1.1", "v4.4-dev-3235-g3e370c4296-dirty", "v6.1", "3e370c4296", "HEAD-HASH-NOTFOUND"]
)
def test_an_image_of_esp_idf(engine: Any, call: Any, image: Any, version: str) -> None:
    image.app.descriptor.idf_version = version
    call("Skip Unless Made With ESP-IDF")


@pytest.mark.parametrize("descriptor", [None, SimpleNamespace(idf_version="0.0.0", project="hal")])
def test_another_image_is_skipped(engine: Any, call: Any, image: Any, descriptor: Any) -> None:
    image.app.descriptor = descriptor
    with pytest.raises(SkipExecution, match="The image was not made with ESP-IDF"):
        call("Skip Unless Made With ESP-IDF")


# Schedulers


@pytest.mark.parametrize("core", [0, 1])
def test_a_scheduler_is_seen_in_its_variable(engine: Any, call: Any, image: Any, failure: Any, core: int) -> None:
    names(image)
    engine.words[STATES], engine.words[STATES + 4] = 0x1234_5678, 0x9ABC_DEF0  # what memory holds at power-on
    engine.prints(1 * MS, b"app_start: Starting scheduler on CPU1\nStarting scheduler on CPU0\n")
    engine.word(5 * MS, STATES + 4 * core, 1)
    assert call(SCHEDULER, core, Duration(10 * MS)).ns == 5 * MS
    other = failure(SCHEDULER, 1 - core, Duration(10 * MS))
    assert other.startswith(
        f"core {1 - core} did not do what was expected.\n  expected:  FreeRTOS's scheduler within 10 ms\n"
    )


@pytest.mark.parametrize(
    ("core", "line"),
    [
        (0, "I (474) app_start: Starting scheduler on CPU0"),
        (0, "I (204) cpu_start: Starting scheduler on PRO CPU."),
        (1, "I (474) app_start: Starting scheduler on CPU1"),
        (1, "I (0) cpu_start: Starting scheduler on APP CPU."),
    ],
)
def test_a_scheduler_is_seen_by_its_line(
    engine: Any, call: Any, image: Any, failure: Any, core: int, line: str
) -> None:
    engine.prints(3 * MS, f"{line}\n")
    assert call(SCHEDULER, core, Duration(5 * MS)).ns <= 3 * MS
    assert "next step: give the ELF file, whose names tell more" in failure(SCHEDULER, 1 - core, Duration(5 * MS))


def test_a_silent_scheduler_is_seen_by_its_idle_task(engine: Any, call: Any, image: Any) -> None:
    engine.at(4 * MS, lambda: idle(engine, 1))
    assert 4 * MS <= call(SCHEDULER, 1, Duration(10 * MS)).ns <= 5 * MS


@pytest.mark.parametrize("registers", [{"intenable": 0}, {"ps": 0x60023}, {"ps": 0x60030}])
def test_a_core_that_waits_with_its_interrupts_masked_does_not_idle(
    engine: Any, image: Any, failure: Any, registers: dict[str, int]
) -> None:
    idle(engine, 0, **registers)
    assert "expected:  FreeRTOS's scheduler within 5 ms" in failure(SCHEDULER, 0, Duration(5 * MS))


def test_an_image_for_one_core_has_no_scheduler_on_the_other(engine: Any, call: Any, image: Any) -> None:
    engine.prints(1 * MS, "I (143) cpu_start: Unicore app\n")
    with pytest.raises(SkipExecution, match="The image was built for one core"):
        call(SCHEDULER, 1, Duration(5 * MS))
    names(image, cores=1)
    with pytest.raises(SkipExecution, match="The image was built for one core"):
        call(SCHEDULER, 1, Duration(5 * MS))


# The application


def test_the_application_by_its_name(engine: Any, call: Any, image: Any, failure: Any) -> None:
    names(image)
    engine.hit(2 * MS, 1, APP_MAIN)
    assert call("App Main Should Be Called", Duration(5 * MS)).ns == 2 * MS
    assert "expected:  a call within 5 ms\n  got:       none; nothing was printed\n" in failure(
        "App Main Should Be Called", Duration(5 * MS)
    )


def test_the_application_by_its_line(engine: Any, call: Any, image: Any, failure: Any) -> None:
    with pytest.raises(SkipExecution, match="no line tells that app_main is called: give the ELF file"):
        call("App Main Should Be Called", Duration(1 * MS))
    engine.resets_at(engine.time_ns + 1000, "system", 7, "TG0WDT_SYS")
    assert "got:       none, and 1 resets; nothing was printed\n" in failure(
        "App Main Should Be Called", Duration(1 * MS)
    )
    engine.prints(4 * MS, "I (484) main_task: Calling app_main()\n")
    assert call("App Main Should Be Called", Duration(5 * MS)).ns <= 4 * MS


# Watchdog and panics


def test_quiet(engine: Any, call: Any, image: Any) -> None:
    names(image)
    call("Task Watchdog Should Stay Quiet", Duration(5 * MS))
    call("Nothing Should Crash", Duration(5 * MS))
    assert engine.time_ns == 10 * MS


def test_the_task_watchdog_by_its_line(engine: Any, image: Any, failure: Any) -> None:
    engine.prints(2 * MS, "E (5474) task_wdt: Task watchdog got triggered. The following tasks\n")
    assert (
        "expected:  quiet during 5 ms\n"
        "  got:       'E (5474) task_wdt: Task watchdog got triggered. The following tasks' at 0.0017"
    ) in failure("Task Watchdog Should Stay Quiet", Duration(5 * MS))


def test_the_task_watchdog_by_its_name(engine: Any, image: Any, failure: Any) -> None:
    names(image)
    engine.hit(2 * MS, 0, WATCHDOG)
    assert f"got:       {WATCHDOG:#010x} on core 0; nothing was printed\n" in failure(
        "Task Watchdog Should Stay Quiet", Duration(5 * MS)
    )


@pytest.mark.parametrize(
    "line",
    [
        "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
        "abort() was called at PC 0x42008960 on core 0",
        "assert failed: xQueueSemaphoreTake queue.c:1545 (pxQueue)",
        "***ERROR*** A stack overflow in task main has been detected.",
        "Brownout detector was triggered",
    ],
)
def test_a_crash_by_its_line(engine: Any, image: Any, failure: Any, line: str) -> None:
    engine.prints(2 * MS, f"\n\x1b[31m{line}\x1b[0m\n")
    assert f"expected:  neither panic nor reset during 5 ms\n  got:       '{line}' at 0.00" in failure(
        "Nothing Should Crash", Duration(5 * MS)
    )


def test_a_silent_panic_by_its_name(engine: Any, image: Any, failure: Any) -> None:
    names(image)
    engine.hit(2 * MS, 1, PANIC)
    assert f"got:       {PANIC:#010x} on core 1; nothing was printed\n" in failure(
        "Nothing Should Crash", Duration(5 * MS)
    )


@pytest.mark.parametrize("name", ["Task Watchdog Should Stay Quiet", "Nothing Should Crash"])
def test_a_reset(engine: Any, image: Any, failure: Any, name: str) -> None:
    engine.resets_at(2 * MS, "system", 7, "TG0WDT_SYS")
    assert "got:       a reset, TG0WDT_SYS (system), at 0.002000000 s\n" in failure(name, Duration(5 * MS))


def test_a_core_that_there_is_not(failure: Any) -> None:
    assert failure("Scheduler Should Start On Core ${core}", 2) == "core: expected 0 to 1, got 0x2"
