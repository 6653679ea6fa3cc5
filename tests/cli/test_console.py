"""Which ports are shown and searched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twincore.cli.console import QUIET_NS, Console
from twincore.engines.protocol import SerialLog
from twincore.errors import UsageError

BOOT = (
    b"ESP-ROM:esp32s3\r\nrst:0x1 (POWERON)\r\nSHA-256 comparison failed:\r\nCalculated: "
    + b"0123456789abcdef" * 4
    + b"\r\nAttempting to boot anyway...\r\nentry 0x403c98d0\r\nI (44) soc_init: ESP Simple boot\r\n"
)


class Ports:
    """An engine's serial ports, which say what a test has them say."""

    def __init__(self, *names: str) -> None:
        self.logs = {name: SerialLog() for name in names}
        self.time_ns = 0
        self.listeners: list[Callable[[str, bytes], None]] = []

    def serial_ports(self) -> list[str]:
        return list(self.logs)

    def serial_output(self, port: str) -> SerialLog:
        return self.logs[port]

    def listen_serial(self, listener: Callable[[str, bytes], None]) -> None:
        self.listeners.append(listener)

    def say(self, port: str, content: bytes) -> None:
        self.logs[port].data += content
        for listener in self.listeners:
            listener(port, content)


@pytest.fixture
def ports() -> Ports:
    return Ports("UART0", "UART1", "USB_DEVICE")


def console(ports: Ports, name: str | None = None) -> tuple[Console, bytearray]:
    shown = bytearray()
    return Console(ports, name, shown.extend), shown  # type: ignore[arg-type]


def pause(ports: Ports, made: Console) -> None:
    ports.time_ns += QUIET_NS
    made.settle()


def test_uart0_is_shown_byte_for_byte(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART0", b"par")
    ports.say("UART0", b"tial \xff")
    assert (bytes(shown), made.main, made.input) == (b"partial \xff", "UART0", "UART0")


def test_an_echo_over_usb_is_not_shown(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"one\ntwo\n")
    ports.say("UART0", b"one\r\n")
    made.settle()
    ports.say("UART0", b"two\r\n")
    pause(ports, made)
    assert bytes(shown) == b"one\r\ntwo\r\n"
    assert made.searched == ["UART0", "UART1"]
    assert made.input == "UART0"


def test_what_only_usb_says_is_shown_from_then_on(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART0", BOOT)
    ports.say("USB_DEVICE", BOOT + b"hello\n")
    made.settle()
    assert bytes(shown) == BOOT
    pause(ports, made)
    assert bytes(shown) == BOOT + b"hello\n"
    assert made.searched == ["UART0", "UART1", "USB_DEVICE"]
    assert made.input == "USB_DEVICE"
    ports.say("USB_DEVICE", b">>> ")
    assert bytes(shown).endswith(b"hello\n>>> ")


@pytest.fixture
def both(ports: Ports) -> tuple[Console, bytearray]:
    """A console on which both ports have their say."""
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"usb\n")
    pause(ports, made)
    shown.clear()
    return made, shown


def test_a_line_that_has_begun_is_not_broken(ports: Ports, both: tuple[Console, bytearray]) -> None:
    ports.say("UART0", b"on")
    ports.say("USB_DEVICE", b"two\nth")
    ports.say("UART0", b"e\nfo")
    ports.say("USB_DEVICE", b"ree\n")
    ports.say("UART0", b"ur\n")
    ports.say("USB_DEVICE", b"five\n")
    assert bytes(both[1]) == b"one\ntwo\nthree\nfour\nfive\n"


def test_lines_that_come_at_once(ports: Ports, both: tuple[Console, bytearray]) -> None:
    ports.say("UART0", b"a")
    ports.say("USB_DEVICE", b"x")
    ports.say("UART0", b"b\nc\nd")
    ports.say("USB_DEVICE", b"y\n")
    ports.say("UART0", b"e\n")
    assert bytes(both[1]) == b"ab\nc\nxy\nde\n"


def test_a_line_of_which_nothing_more_comes_is_ended(ports: Ports, both: tuple[Console, bytearray]) -> None:
    made, shown = both
    ports.say("UART0", b"> ")
    ports.say("USB_DEVICE", b"news\n")
    made.settle()
    assert bytes(shown) == b"> "
    pause(ports, made)
    assert bytes(shown) == b"> \nnews\n"
    ports.say("UART0", b"help\n")
    assert bytes(shown) == b"> \nnews\nhelp\n"


def test_what_waits_is_shown_at_the_end(ports: Ports, both: tuple[Console, bytearray]) -> None:
    made, shown = both
    ports.say("USB_DEVICE", b">>> ")
    ports.say("UART0", b"last")
    made.settle(is_last=True)
    assert bytes(shown) == b">>> \nlast"


def test_usb_has_its_say_on_a_line_of_its_own(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART0", b"half")
    ports.say("USB_DEVICE", b"hello\n")
    pause(ports, made)
    assert bytes(shown) == b"half\nhello\n"


def test_the_boot_messages_decide_nothing(ports: Ports) -> None:
    made, shown = console(ports)
    for port in ("UART0", "USB_DEVICE"):
        ports.say(port, BOOT)
    pause(ports, made)
    assert made.searched == ["UART0", "UART1"]
    ports.say("USB_DEVICE", b"hello\n")
    pause(ports, made)
    assert bytes(shown) == BOOT + b"hello\n"


def test_an_echo_may_be_mixed_with_the_other_cores_lines(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"one\ntwo\nthree\n")
    ports.time_ns += 1
    ports.say("UART0", b"one\r\nttwhor\r\neeo\r\n")
    pause(ports, made)
    ports.say("USB_DEVICE", b"four\nfive\n")
    ports.time_ns += 1
    ports.say("UART0", b"ffoiuvre\r\n")
    pause(ports, made)
    assert bytes(shown) == b"one\r\nttwhor\r\neeo\r\nffoiuvre\r\n"
    assert made.searched == ["UART0", "UART1"]


def test_what_usb_goes_on_with_alone_is_shown(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"I (44) spi_flash: detected chip: gd\r\n*** Booting Zephyr\r\n")
    ports.time_ns += 1
    ports.say("UART0", b"I (44) spi_flash: detected chip: gd\r\n")
    pause(ports, made)
    assert bytes(shown) == b"I (44) spi_flash: detected chip: gd\r\n*** Booting Zephyr\r\n"
    assert made.input == "USB_DEVICE"


def test_what_usb_goes_on_with_after_a_pause_is_shown(ports: Ports) -> None:
    made, shown = console(ports)
    for port in ("USB_DEVICE", "UART0"):
        ports.say(port, b"detected chip: gd\r\n")
    pause(ports, made)
    ports.say("USB_DEVICE", b"uart:~$ ")
    pause(ports, made)
    assert bytes(shown) == b"detected chip: gd\r\nuart:~$ "


def test_a_line_is_compared_as_a_whole(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART0", b"the chip\n")
    ports.say("USB_DEVICE", b"hi\n")
    pause(ports, made)
    assert bytes(shown) == b"the chip\nhi\n"


def test_half_an_echo_is_one(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART0", b"one two\r\n")
    ports.say("USB_DEVICE", b"one ")
    pause(ports, made)
    ports.say("USB_DEVICE", b"two\n")
    pause(ports, made)
    assert bytes(shown) == b"one two\r\n"


def test_a_prompt_without_an_end_of_line_counts(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"login: ")
    pause(ports, made)
    assert bytes(shown) == b"login: "


def test_nothing_is_decided_while_uart0_speaks(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("USB_DEVICE", b"late\n")
    for _ in range(4):
        ports.time_ns += QUIET_NS
        ports.say("UART0", b".")
        made.settle()
    assert bytes(shown) == b"...."
    assert not made.settle(is_last=True)  # the echo may be under way
    ports.time_ns += 1_000_000_000
    ports.say("UART0", b".")
    assert made.settle(is_last=True)
    assert not made.settle(is_last=True)
    assert bytes(shown) == b".....\nlate\n"


def test_other_ports_are_searched_but_not_shown(ports: Ports) -> None:
    made, shown = console(ports)
    ports.say("UART1", b"\x00binary\n")
    pause(ports, made)
    assert (bytes(shown), made.searched) == (b"", ["UART0", "UART1"])


@pytest.mark.parametrize("name", ["usb_device", "USB_DEVICE"])
def test_the_port_that_the_user_names_is_the_only_one(ports: Ports, name: str) -> None:
    made, shown = console(ports, name)
    ports.say("UART0", b"zero\n")
    ports.say("USB_DEVICE", b"usb\n")
    pause(ports, made)
    assert (bytes(shown), made.searched, made.input) == (b"usb\n", ["USB_DEVICE"], "USB_DEVICE")


def test_a_board_without_uart0() -> None:
    made, shown = console(ports := Ports("UART1"))
    ports.say("UART1", b"x")
    assert (bytes(shown), made.main) == (b"x", "UART1")


def test_a_port_that_is_not_there(ports: Ports) -> None:
    with pytest.raises(UsageError, match="--uart: expected one of uart0, uart1, usb_device; got 'uart9'"):
        console(ports, "uart9")
