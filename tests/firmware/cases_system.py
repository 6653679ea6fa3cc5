"""Calls of the ROM's functions for the console, clocks, resets, pins and interrupts."""

from __future__ import annotations

from typing import Any

from rom_machine import Buffer, Call, Guest, call, text, words

CASES: dict[str, list[Call]] = {}
EXTRA: dict[str, dict[str, Any]] = {}

OWB = 0xF00  # PS.OWB, left over from the last window exception
UART0, GPIO, IO_MUX = (0x60000014, 0x10), (0x60004000, 0x6A0), (0x60009000, 0xE0)
RTC_CNTL, RTC_IO, SYSTEM = (0x60008000, 0x140), (0x60008400, 0x130), (0x600C0000, 0x90)
MATRIX0, MATRIX1 = (0x600C2000, 0x190), (0x600C2800, 0x190)


def case(name: str, *calls: Call, **extra: Any) -> None:
    assert name not in CASES
    CASES[name] = list(calls)
    EXTRA[name] = extra


FORMATS: list[tuple[Any, ...]] = [
    ("plain\n",),
    ("",),
    ("%%",),
    ("%d %d %u", 5, -5, 0xFFFFFFFF),
    ("0x%08x|%4x|%-4x|%X|%x", 0xBEEF, 0xA, 0xA, 0xAB, 0),
    ("%05d|%5d|%-5d|", -42, -42, -42),
    ("%03d|%3d|%-3d|", 12345, 12345, 12345),
    ("%s|%5s|%-5s|%.2s|", "abc", "abc", "abc", "abc"),
    ("%c%c", 65, 66),
    ("%p %p", 0x3FC90000, 0),
    ("%s", 0),
    ("%ld %lu %lx", -7, 7, 0xABC),
    ("%lld|%20lld|", 0, 0xFFFFFFFF, 5, -16, -1),
    ("%llu|%llx|", 0, -1, 5, 0xAB, 1),
    ("%i", -9),
    ("%o", 64),
    ("%.3d|%8.3d", 7, 7),
    ("%hd|%hhx", 0x12345, 0x1FF),
    ("%y|%d", 5, 6),
    ("%+d|% d", 5, 5),
    ("%#x|%#X", 255, 255),
    ("%*d", 5, 42),
    ("%.*s", 2, "abcd"),
    ("%-08x|", 0xAB),
    ("%08X", 0xABCDEF),
    ("%10.4s|", "abcdef"),
    ("%zu|%zx", 5, 255),
    ("%u", 0),
    ("%5c|%-5c|", 65, 66),
    ("%010u", 123),
    ("%1s", "abc"),
    ("%02x:%02x", 5, 0xFF),
    ("%\n",),
    ("%5%|",),
    ("% 5d|", 3),
    ("%0s|", "x"),
    ("%d%%", 50),
    ("%jd|", 1, 0),
    ("%td|", 3),
    ("%d%%|%d%%|%%|", 1, 2),
    ("%%%%|%y|%5y|%05y|", 1),
    ("%-20p|%5p|", 12, 13),
    ("%S|%D|", "abc", 5),
    ("%8.2s|%-8.2s|%.8s|", "abcd", "abcd", "abcd"),
    ("%-08d|%0-8d|%08.3d|", 7, 7, 7),
    ("%012d|%5d|", -123, -123),
    ("%d", 0x80000000),
    ("%c|%c", 0, 1),
    ("%s|%5s|", "", ""),
    ("%lp %lc %ls|", 1, 65, "x"),
]
for number, (format_, *items) in enumerate(FORMATS):
    given = [text(item) if isinstance(item, str) else item for item in items]
    case(
        f"ets_printf-{number}",
        call("ets_install_putc1", Guest("putc"), result=0),
        call("ets_printf", text(format_), *given),
    )
case(
    "ets_printf-two",
    call("ets_install_putc1", Guest("putc"), result=0),
    call("ets_install_putc2", Guest("putc"), result=0),
    call("ets_printf", text("a%sc"), text("b")),
    call("ets_install_putc2", 0, result=0),
)
case(
    "ets_printf-none",
    call("ets_install_putc1", 0, result=0),
    call("ets_install_putc2", 0, result=0),
    call("ets_printf", text("abc")),
)
case("ets_get_printf_channel", call("ets_get_printf_channel", result=8))
case("ets_is_print_boot", call("ets_is_print_boot", result=8))

case(
    "clocks",
    *(call(name) for name in ("ets_get_cpu_frequency", "ets_get_apb_freq", "ets_get_xtal_freq", "ets_get_xtal_div")),
)
case(
    "ets_update_cpu_frequency",
    call("ets_update_cpu_frequency", 160, result=0),
    call("ets_get_cpu_frequency"),
    call("ets_get_apb_freq"),
    call("ets_update_cpu_frequency", 40, result=0),
)
for divider in (1, 2, 4):
    case(
        f"ets_set_xtal_div-{divider}",
        call("ets_set_xtal_div", divider, result=0),
        call("ets_get_xtal_div"),
        call("ets_get_apb_freq"),
        call("ets_get_cpu_frequency"),
        watch=[SYSTEM],
    )
case(
    "resets",
    *(call(name, n) for n in (0, 1) for name in ("rtc_get_reset_reason",)),
    call("rtc_get_wakeup_cause"),
    call("analog_super_wdt_reset_happened"),
    call("jtag_cpu_reset_happened"),
)
case("clear_super_wdt_reset_flag", call("clear_super_wdt_reset_flag", result=0), watch=[RTC_CNTL])
case("disable_default_watchdog", call("disable_default_watchdog", result=0), watch=[RTC_CNTL, (0x6001F000, 0x100)])
case(
    "rtc_select_apb_bridge",
    call("rtc_select_apb_bridge", 0),
    call("rtc_select_apb_bridge", 1),
    watch=[SYSTEM, RTC_CNTL],
)
case("rtc_unhold_all_pads", call("rtc_unhold_all_pads", result=0), watch=[RTC_CNTL, RTC_IO])
case("multofup", *(call("multofup", a, b) for a, b in ((0, 4), (1, 4), (4, 4), (5, 4), (100, 64), (7, 3))))
case(
    "wake",
    call("esp_rom_set_rtc_wake_addr", 0x600FE010, 0x20, result=0),
    call("esp_rom_get_rtc_wake_addr"),
    watch=[RTC_CNTL],
)
case("ets_set_user_start", call("ets_set_user_start", 0x40378000, result=0))
case("ets_set_appcpu_boot_addr", call("ets_set_appcpu_boot_addr", 0x40378123, result=0), watch=[SYSTEM])
for core in (0, 1):
    case(
        f"assist_debug_{core}",
        call("assist_debug_clock_enable", 0, result=0),
        call("assist_debug_record_enable", core, 1, result=0),
        watch=[SYSTEM, (0x600CE000, 0x80)],
    )
case("ets_get_stack_info", call("ets_get_stack_info", Buffer(bytes(32))))

case("uart_rx_one_char", call("uart_rx_one_char", Buffer(b"\0")))
case("UartRxString-none", call("uart_rx_readbuff", words(rx := Buffer(bytes(16)), rx, rx, 0, 0), out := Buffer(b"\0")))
case(
    "uart_rx_readbuff",
    *(
        call("uart_rx_readbuff", ring, out)
        for rx in (Buffer(b"abcdefgh"),)
        for ring in (words(rx, 0, rx, 0, 1),)
        for out in (Buffer(b"\0"),)
    ),
)
case("uart_div_modify", call("uart_div_modify", 0, 0x2B67, result=0), watch=[UART0])
case("uart_tx_flush", call("uart_tx_flush", 0, result=0), call("uart_tx_wait_idle", 0, result=0))
case(
    "uart_tx_switch",
    *(call("uart_tx_switch", n, result=0) for n in (0, 1, 2, 3, 4)),
    call("ets_get_printf_channel", result=8),
    call("uart_tx_switch", 0, result=0),
)
case("uart_tx_one_char", call("uart_tx_one_char", 65), call("uart_tx_one_char2", 66))
case("Uart_Init", call("Uart_Init", 0, 40_000_000, result=0), watch=[UART0])

for pin in (0, 5, 18, 19, 21, 26, 33, 38, 45, 48):
    for function in ("pullup", "pulldown", "input_enable", "input_disable", "hold", "unhold", "select_gpio"):
        case(
            f"rom_gpio_pad_{function}-{pin}",
            call(f"rom_gpio_pad_{function}", pin, result=0),
            watch=[IO_MUX, GPIO, RTC_CNTL, RTC_IO],
        )
    case(
        f"rom_gpio_pad_set_drv-{pin}",
        call("rom_gpio_pad_set_drv", pin, 3, result=0),
        call("rom_gpio_pad_set_drv", pin, 1, result=0),
        watch=[IO_MUX, RTC_IO],
    )
    case(
        f"rom_gpio_matrix-{pin}",
        call("rom_gpio_matrix_in", pin, 17, 0, result=0),
        call("rom_gpio_matrix_in", pin, 18, 1, result=0),
        call("rom_gpio_matrix_out", pin, 77, 0, 0, result=0),
        watch=[GPIO],
    )
    case(f"rom_gpio_matrix_out-{pin}", call("rom_gpio_matrix_out", pin, 256, 1, 1, result=0), watch=[GPIO])
    case(f"rom_gpio_output-{pin}", call("rom_gpio_output_enable", pin, result=0), watch=[GPIO])
    case(f"rom_gpio_output_disable-{pin}", call("rom_gpio_output_disable", pin, result=0), watch=[GPIO])
    for level in (0, 4, 5):
        case(
            f"rom_gpio_pin_wakeup_enable-{pin}-{level}",
            call("rom_gpio_pin_wakeup_enable", pin, level, result=0),
            watch=[GPIO, RTC_CNTL],
        )
case(
    "rom_gpio_matrix_in-constant",
    *(call("rom_gpio_matrix_in", pin, 20 + n, 0, result=0) for n, pin in enumerate((0x38, 0x3C, 0x30))),
    watch=[GPIO],
)
case("rom_gpio_output_set", call("rom_gpio_output_set", 0x11, 0x22, 0x33, 0x44, result=0), watch=[GPIO])
case("rom_gpio_input_get", call("rom_gpio_input_get"))
case("rom_gpio_pin_wakeup_disable", call("rom_gpio_pin_wakeup_disable", result=0), watch=[GPIO])
case("rom_gpio_bypass_matrix_in", call("rom_gpio_bypass_matrix_in", 17, result=0), watch=[GPIO])

case(
    "intr_matrix_set",
    *(
        call("intr_matrix_set", core, source, line, result=0)
        for core in (0, 1)
        for source, line in ((0, 3), (79, 23), (98, 31))
    ),
    watch=[MATRIX0, MATRIX1],
)
case(
    "_xtos_ints",
    call("_xtos_ints_on", 0x40),
    call("_xtos_ints_on", 0x80),
    call("_xtos_ints_off", 0x40),
    call("_xtos_ints_off", 0xC0),
)
case(
    "ets_isr_mask",
    call("ets_isr_unmask", 0x100, result=0),
    call("ets_isr_unmask", 0x200, result=0),
    call("_xtos_ints_on", 0),
    call("ets_isr_mask", 0x300, result=0),
    call("_xtos_ints_on", 0),
)
case(
    "_xtos_set_intlevel",
    call("_xtos_set_intlevel", 3, ignored=OWB),
    call("_xtos_set_intlevel", 1, ignored=OWB),
    call("_xtos_set_intlevel", 0, ignored=OWB),
    call("_xtos_restore_intlevel", 0x60025, result=0),
    call("_xtos_set_intlevel", 0, ignored=OWB),
)
case("_xtos_set_vpri", call("_xtos_set_vpri", 0xFFFFFFFF), call("_xtos_set_vpri", 0))
case(
    "xthal_ccompare",
    *(call("xthal_set_ccompare", n, 0x7000_0000 + n, result=0) for n in (0, 1, 2)),
    *(call("xthal_get_ccompare", n) for n in (0, 1, 2)),
)
case("xthal_set_intclear", call("xthal_set_intclear", 0xFFFFFFFF, result=0), call("xthal_get_interrupt"))
case(
    "ets_install_lock",
    call("ets_install_lock", Guest("log"), Guest("log"), result=0),
    call("ets_printf", text("a")),
    call("ets_install_lock", 0, 0, result=0),
    log_arguments=0,
)
case(
    "ets_intr_lock",
    call("ets_intr_lock", result=0),
    call("_xtos_set_intlevel", 3, ignored=OWB),
    call("ets_intr_unlock", result=0),
    call("_xtos_set_intlevel", 0, ignored=OWB),
)
case(
    "_xtos_set_exception_handler",
    *(
        call("_xtos_set_exception_handler", n, handler, result="pointer")
        for n, handler in ((9, Guest("none")), (9, Guest("log")), (9, 0), (64, Guest("none")), (0, 0))
    ),
)
case(
    "_xtos_set_interrupt_handler",
    *(
        call("_xtos_set_interrupt_handler", n, handler)
        for n, handler in ((7, Guest("none")), (7, Guest("log")), (7, 0), (32, Guest("none")), (40, 0))
    ),
)
case(
    "_xtos_set_interrupt_handler_arg",
    *(call("_xtos_set_interrupt_handler_arg", 8, Guest("none"), 5) for _ in range(2)),
    call("_xtos_set_interrupt_handler_arg", 8, 0, 0),
)
case("ets_isr_attach", call("ets_isr_attach", 7, Guest("log"), 0x1234, result=0))
