"""What firmware prints when it crashes: words of the systems that run on the chip, each with its source.

Only words that nothing prints while all is well. MicroPython's and Lua's own errors are none: their prompt comes back.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class CrashWords(NamedTuple):
    """A pattern that matches within a line, who prints it, and where that stands."""

    pattern: bytes
    system: str
    source: str


CRASH_WORDS = tuple(
    CrashWords(*row)
    for row in (
        (rb"Guru Meditation Error", "ESP-IDF", "components/esp_system/panic.c"),
        (rb"abort\(\) was called at", "ESP-IDF", "components/newlib/abort.c"),
        (rb"assert failed: ", "ESP-IDF", "components/newlib/assert.c"),
        (rb"ESP_ERROR_CHECK failed: ", "ESP-IDF", "components/esp_system/esp_err.c"),
        (rb"Stack smashing protect failure", "ESP-IDF", "components/esp_system/stack_check.c"),
        (rb"\*\*\*ERROR\*\*\* A stack overflow in task", "ESP-IDF's FreeRTOS", "vApplicationStackOverflowHook"),
        (rb"CORRUPT HEAP: ", "ESP-IDF", "components/heap/multi_heap_poisoning.c"),
        (rb"Interrupt wdt timeout", "ESP-IDF", "components/esp_system/panic.c"),
        (rb"Brownout detector was triggered", "ESP-IDF", "components/esp_system/port/brownout.c"),
        (rb"assertion \"[^\"]*\" failed: file ", "newlib", "newlib/libc/stdlib/assert.c"),
        (rb"terminate called (?:after|recursively|without)", "libstdc++", "libsupc++/vterminate.cc"),
        (rb"={22} PANIC ={22}", "esp-backtrace", "esp-backtrace/src/lib.rs, from 0.13 on"),
        (rb"!! A panic occured (?:in|at) ", "esp-backtrace", "esp-backtrace/src/lib.rs, up to 0.12"),
        (rb"Exception occurr?ed (?:on \w+ )?'", "esp-backtrace, esp-hal", "esp-hal/src/exception_handler/mod.rs"),
        (rb"panicked at ", "Rust", "library/core/src/panic/panic_info.rs"),
        (rb">>> ZEPHYR FATAL ERROR", "Zephyr", "kernel/fatal.c"),
        (rb" \*\* FATAL EXCEPTION", "Zephyr", "arch/xtensa/core/vector_handlers.c"),
        (rb"ASSERTION FAIL \[", "Zephyr", "include/zephyr/sys/__assert.h"),
        (rb"Assertion failed [^\r\n]{0,200}?at file: ?", "NuttX", "sched/misc/assert.c, arch/xtensa"),
        (rb"NLR jump failed, val=", "MicroPython", "ports/esp32/main.c"),
        (rb"PANIC: unprotected error in call to Lua API", "Lua", "lauxlib.c"),
        (rb"Kernel panic - not syncing", "Linux", "kernel/panic.c"),
        (rb"openrom: \w+ (?:is not written yet|drives the radio)", "twincore's open ROM", "firmware/openrom"),
    )
)

CRASH_LINE = re.compile(b"|".join(words.pattern for words in CRASH_WORDS))

CRASH_FUNCTIONS = (
    *("esp_panic_handler", "panic_abort"),
    *("z_fatal_error", "rust_begin_unwind", "__rustc::rust_begin_unwind"),
)
"""Where ESP-IDF, Zephyr and Rust come on their way to those words; firmware may print nothing."""
