"""What counts as a panic loop, and what does not."""

import pytest

from twincore.cli.panics import PanicLoop
from twincore.engines.protocol import ResetRecord

PANIC = b"I (%d) boot\nGuru Meditation Error: Core 0 panic'ed (LoadProhibited)\nPC: 0x42001234\n"

BOOT = (
    b"ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
    b"Saved PC:0x40375c98\r\nSPIWP:0xee\r\nmode:DIO, clock div:1\r\nload:0x3fce3810,len:0x178c\r\n"
    b"entry 0x403c98ac\r\n\x1b[0;32mI (%d) boot: ESP-IDF v5.1.1 2nd stage bootloader\x1b[0m\r\n\r\n"
    b"\x1b[0;32mI (90) esp_image: segment 0: paddr=00010020\x1b[0m\r\n"
)


def loop(boots, limit=3):
    """Play (output, reason) of each boot and return how many it took to find a loop, None when there is none."""
    panics, resets = PanicLoop(limit), [ResetRecord(0, "power_on", 1, "POWERON")]
    for number, (output, reason, *domain) in enumerate(boots, start=1):
        panics.sent("UART0", output)
        resets.append(ResetRecord(number, domain[0] if domain else "system", 3, reason))
        panics.look(resets)
        if panics.found is not None:
            return number
    return None


@pytest.mark.parametrize(
    ("boots", "found"),
    [
        pytest.param([(PANIC % n, "RTC_SW_SYS_RST") for n in range(5)], 3, id="same panic, other time stamps"),
        pytest.param([(PANIC % n, "RTC_SW_SYS_RST") for n in range(2)], None, id="too few"),
        pytest.param([(b"hello\n", "RTC_SW_SYS_RST")] * 9, None, id="restarts on purpose"),
        pytest.param([(b"hello\n", "TG0WDT_SYS")] * 9, 3, id="watchdog without a word"),
        pytest.param([(b"", "RTCWDT_RTC")] * 9, 3, id="silent watchdog"),
        pytest.param(
            [(BOOT.replace(b"%d", b"9")[:length], "RTC_SW_SYS_RST") for length in (3, 40, 60, 110)],
            3,
            id="boot messages cut off by the reset",
        ),
        pytest.param([(b"ESP-ROM:1\r\n" + b"bye", "RTC_SW_SYS_RST")] * 9, None, id="restarts after a word without end"),
        pytest.param(
            [(b"rst:0x%d (%s),boot\n" % (n, w), w.decode()) for n, w in enumerate([b"TG0WDT_SYS", b"SUPER_WDT"] * 2)],
            3,
            id="watchdogs take turns",
        ),
        pytest.param([(BOOT % n, "RTC_SW_CPU", "core0") for n in range(9)], 3, id="silent software resets"),
        pytest.param([(b"", "RTC_SW_SYS_RST")] * 9, 3, id="nothing at all"),
        pytest.param([(BOOT % n + b"hello\n", "RTC_SW_CPU") for n in range(9)], None, id="says something of its own"),
        pytest.param([(BOOT % n, "DEEPSLEEP") for n in range(9)], None, id="sleeps and wakes without a word"),
        pytest.param([(BOOT % n, w) for n in range(3) for w in ("RTC_SW_CPU", "DEEPSLEEP")], None, id="by turns"),
        pytest.param([(PANIC % 1 + b"more" * n, "RTC_SW_SYS_RST") for n in range(9)], None, id="progress"),
        pytest.param([(PANIC % 1, "RTC_SW_SYS_RST"), (b"ok\n", "RTC_SW_SYS_RST")] * 5, None, id="recovers in between"),
        pytest.param([(PANIC % 1, "RTC_SW_CPU", "core1")] * 9, None, id="core 1 alone is reset"),
        pytest.param([(PANIC % 1, "RTC_SW_CPU", "core0")] * 9, 3, id="core 0 alone is reset"),
    ],
)
def test_panic_loops(boots, found):
    assert loop(boots) == found


def test_zero_means_never():
    assert loop([(b"", "RTCWDT_RTC")] * 50, limit=0) is None


def test_words():
    panics = PanicLoop(1)
    panics.look([ResetRecord(0, "power_on", 1, "POWERON"), ResetRecord(5, "rtc", 9, "RTCWDT_RTC")])
    assert panics.found == "a reset loop: 1 boots in a row sent nothing but the boot messages and ended by RTCWDT_RTC"


def test_words_of_a_panic_that_speaks():
    panics = PanicLoop(1)
    panics.sent("UART0", PANIC % 1)
    panics.look([ResetRecord(0, "power_on", 1, "POWERON"), ResetRecord(5, "core0", 12, "RTC_SW_CPU")])
    assert panics.found == "a panic loop: 1 boots in a row sent the same and ended by RTC_SW_CPU"


def test_what_two_ports_send_at_once_is_not_mixed():
    panics, resets = PanicLoop(2), [ResetRecord(0, "power_on", 1, "POWERON")]
    boot = BOOT.replace(b"%d", b"7")
    for number in range(2):
        for position in range(0, len(boot), 7):
            panics.sent("UART0", boot[position : position + 7])
            panics.sent("USB", boot[: 60 + number][position : position + 7])
        resets.append(ResetRecord(number + 1, "system", 3, "RTC_SW_SYS_RST"))
        panics.look(resets)
    assert panics.found is not None
    assert panics.found.startswith("a reset loop: 2 boots in a row sent nothing but the boot messages")
