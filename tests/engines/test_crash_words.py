"""Words of crashes: a line of each system, as its source prints it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twincore.cli.panics import PANIC_WORDS
from twincore.engines.crash_words import CRASH_LINE, CRASH_WORDS, CrashWords
from twincore.engines.embedded import EmbeddedEngine
from twincore.engines.protocol import SerialText, StopKind
from twincore.images import open_image

SHARED = Path(__file__).parents[3] / "shared" / "corpus"

LINES = (
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
    "abort() was called at PC 0x42008960 on core 0",
    "assert failed: xQueueSemaphoreTake queue.c:1545 (pxQueue)",
    "ESP_ERROR_CHECK failed: esp_err_t 0x103 (ESP_ERR_INVALID_STATE) at 0x42008b3c",
    "Stack smashing protect failure!",
    "***ERROR*** A stack overflow in task main has been detected.",
    "CORRUPT HEAP: Bad tail at 0x3fc95a1c. Expected 0xbaad5678 got 0xbaad5600",
    "E (310) wdt: Interrupt wdt timeout on CPU0",
    "Brownout detector was triggered",
    'assertion "x > 0" failed: file "main.c", line 12, function: app_main',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "====================== PANIC ======================",
    "!! A panic occured in 'src/main.rs', at line 21, column 5:",
    "Exception occurred on ProCpu 'LoadProhibited'",
    "panicked at src/main.rs:41:9:",
    "E: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0",
    "[00:00:01.506,000] <err> os:  ** FATAL EXCEPTION",
    "ASSERTION FAIL [len < sizeof(buf)] @ WEST_TOPDIR/app/src/main.c:42",
    "[    1.200000] Assertion failed panic: at file: armv7-m/arm_hardfault.c:128 task: idle process: Kernel 0x42000c4",
    "NLR jump failed, val=0x3fcad3a0",
    "PANIC: unprotected error in call to Lua API (not enough memory)",
    "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
    "openrom: esp_rom_delay_us is not written yet (slot 12)",
)

QUIET = (
    "I (310) app: panic button is up, 3 assertions passed",
    "Traceback (most recent call last):",
    "ESP_ERROR_CHECK_WITHOUT_ABORT failed: esp_err_t 0x103",
    "E (5474) task_wdt: Task watchdog got triggered.",
    "no exception occurred",
    "backtrace of the heap is on",
)


@pytest.mark.parametrize(("words", "line"), list(zip(CRASH_WORDS, LINES, strict=True)))
def test_each_system_is_understood(words: CrashWords, line: str) -> None:
    assert re.search(words.pattern, line.encode()), words.source
    assert CRASH_LINE.search(line.encode())


@pytest.mark.parametrize("line", LINES[:-1])
def test_a_loop_of_boots_that_crash_is_one_of_panics(line: str) -> None:
    assert PANIC_WORDS.search(line.encode())


@pytest.mark.parametrize("line", QUIET)
def test_what_is_no_crash(line: str) -> None:
    assert CRASH_LINE.search(line.encode()) is None


def test_a_published_rust_image_panics_in_these_words() -> None:
    image = SHARED / "probers-s3-elf" / "app.elf"
    if not image.is_file():
        pytest.skip("needs ../shared/corpus")
    engine = EmbeddedEngine()
    engine.load(open_image(image))
    stop = engine.run_until([SerialText(port, CRASH_LINE) for port in engine.serial_ports()], 1_000_000_000)
    assert stop.kind is StopKind.CONDITION
    assert stop.match is not None
    assert stop.match[0] == b"====================== PANIC ======================"
    engine.close()
