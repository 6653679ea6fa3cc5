"""Recognises firmware that is at its end though time goes on: panic loops, and cores that nothing can wake.

A panic loop: N boots in a row (5 by default) sent the same on all serial ports, numbers (time stamps, addresses) and
the ROM's word for the reset aside, and each of them failed: it was ended by a watchdog, by a software reset after words
of a panic, or by a software reset before the application said anything at all. An application that restarts on purpose
says something of its own but no words of a panic, one that makes progress says something else in the end, one that
wakes from deep sleep was not reset; none of these counts.

Deaf cores: each is held, or in WAITI or lost with every interrupt masked. The engine ends a run for that only after a
time in which no watchdog came to the rescue; when the time asked for is over first, `is_deaf` tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from twincore.engines.crash_words import CRASH_LINE
from twincore.engines.protocol import Engine, ResetRecord
from twincore.isa.config import EXCM_LEVEL, LEVEL_MASKS, NMI_LEVEL

PANIC_WORDS = re.compile(
    rb"guru meditation|panic|abort\(\)|assert|fatal exception|unhandled exception|stack smashing|stack overflow|"
    + CRASH_LINE.pattern,
    re.I,
)
"""What a boot must have said to count as failed when software resets it: more than `engines.crash_words`, since it
counts only where the same boot comes again and again."""
ROM_WORDS = (b"ESP-ROM:", b"Build:", b"rst:0x", b"Saved PC:", b"SPIWP:", b"mode:", b"load:0x", b"entry 0x", b"csum ")
"""How the ROM's lines begin."""
BOOTLOADER_WORDS = re.compile(
    rb"(\x1b\[[\d;]*m)*([EWIDV] \(\d+\) (boot|esp_image|qio_mode|flash_encrypt|secure_boot|bootloader_|soc_init"
    rb"|flash_init)|[EWIDV] \((boot|soc_init|flash_init)\): |SHA-256 comparison failed:"
    rb"|(Calculated|Expected): [0-9a-f]{64}|Attempting to boot anyway\.\.\.|\s*$)"
)
"""How lines of a second stage begin, be it ESP-IDF's bootloader or the program itself (Zephyr), and those with which
the ROM complains of it."""
_AWAKE = "DEEPSLEEP"
_VARIES = re.compile(rb"rst:\S+ \(\w+\)|0x[0-9a-f]+|\d+", re.I)
_PS_EXCM = 0x10
_MAX_OUTPUT = 1 << 16
"""At most so many bytes of what a port sends in a boot are compared."""


class PanicLoop:
    """Watches output and resets; `found` says in words what repeats."""

    def __init__(self, limit: int) -> None:
        self.found: str | None = None
        self._limit = limit
        self._output: dict[str, bytearray] = {}  # by port: what two ports send at once is not mixed
        self._last: bytes | None = None
        self._reasons: list[str] = []
        self._seen = 0

    def sent(self, port: str, content: bytes) -> None:
        """Take note of output."""
        output = self._output.setdefault(port, bytearray())
        if len(output) < _MAX_OUTPUT:
            output += content

    def look(self, resets: Sequence[ResetRecord]) -> None:
        """Take note of the resets so far."""
        for reset in resets[self._seen :]:
            if reset.domain not in ("power_on", "core1"):
                self._ended(reset)
        self._seen = len(resets)

    def _ended(self, reset: ResetRecord) -> None:
        """Compare the boot that a reset ended with the one before."""
        texts = [bytes(text) for _, text in sorted(self._output.items())]
        self._output.clear()
        is_silent = all(is_boot_line(line) for text in texts for line in text.splitlines(keepends=True))
        output = b"\n".join(texts)
        has_failed = "WDT" in reset.reason_name or PANIC_WORDS.search(output) is not None or is_silent
        if reset.reason_name == _AWAKE or not has_failed:
            self._last = None
            return
        # what the reset left of the boot messages depends on when the UART's FIFO was cleared
        output = b"" if is_silent else _VARIES.sub(b"#", output)
        if output != self._last:
            self._last, self._reasons = output, []
        self._reasons.append(reset.reason_name)
        if self._limit and len(self._reasons) >= self._limit:
            reasons = ", ".join(dict.fromkeys(self._reasons))
            what = "a reset loop" if is_silent else "a panic loop"
            same = "nothing but the boot messages" if is_silent else "the same"
            self.found = f"{what}: {len(self._reasons)} boots in a row sent {same} and ended by {reasons}"


def is_boot_line(line: bytes) -> bool:
    """Tell whether the ROM or the bootloader sends such a line; one without its end may be cut off by a reset."""
    if BOOTLOADER_WORDS.match(line) or line.startswith(ROM_WORDS):
        return True
    return not line.endswith((b"\n", b"\r")) and any(word.startswith(line) for word in ROM_WORDS)


def is_deaf(engine: Engine) -> bool:
    """Tell whether no core runs and none lets an interrupt through that could wake it."""
    for core in range(engine.core_count):
        state = engine.core_state(core)
        if state == "running":
            return False
        if state in ("waiting", "lost"):
            enabled, ps = engine.read_register(core, "intenable"), engine.read_register(core, "ps")
            level = max(ps & 15, EXCM_LEVEL if ps & _PS_EXCM else 0)
            if any(enabled & mask for rank, mask in LEVEL_MASKS.items() if level < rank < NMI_LEVEL):
                return False
    return True
