"""Which serial ports `twincore run` shows and searches: the one the user names, else every console that has its say.

Firmware may print on UART0, on the USB serial console, or the same on both, as ESP-IDF does by default. So UART0 is
shown as it comes; what comes over USB is held back until UART0 has been quiet for a moment. Then what USB sent after
the last line that both have is compared. If UART0 has nothing in its place, USB has a say of its own, and is shown and
searched from then on (Zephyr's first lines are on both, those of its console on one). If UART0 has other lines there,
USB is an echo: cores that print at the same time mix theirs. Ports that are no consoles (UART1, UART2) often talk to
devices: they are searched, not shown.

Where two ports are shown, a line that one has begun is not broken by the other, unless nothing more of it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from twincore.cli.panics import is_boot_line
from twincore.engines.protocol import Engine
from twincore.errors import UsageError

MAIN = "UART0"
SECOND = "USB_DEVICE"
QUIET_NS = 50_000_000
"""How long UART0 must be quiet before it is compared with USB, which is faster."""
_LONGEST_ECHO_NS = 1_000_000_000
_MAX_HELD = 1 << 18
_MAX_COMPARED = 1 << 16
"""So many bytes are held back at most; so many of a port's last ones are compared."""


class Console:
    """Passes on what the ports send to `write`; `searched` are the ports in which patterns count.

    name: the port that the user wants, in any case, or None. Raises UsageError when there is no such port.
    """

    def __init__(self, engine: Engine, name: str | None, write: Callable[[bytes], None]) -> None:
        self._engine = engine
        self._write = write
        ports = engine.serial_ports()
        main = (MAIN if MAIN in ports else ports[0]) if name is None else _find(ports, name)
        self.searched = [main] if name is not None else [port for port in ports if port != SECOND]
        """The ports whose output is searched."""
        self.main = main
        """The port that is shown from the start."""
        self.input = main
        """The port that takes what the user types."""
        self._shown = {main}
        self._second = SECOND if name is None and SECOND in ports else None
        self._is_echo = False
        """Whether USB has sent lines of UART0's, those of ROM and bootloader aside."""
        self._held = bytearray()
        self._has_more = False
        """Whether some of these have not been compared yet."""
        self._held_ns = 0
        """When the first byte of these came."""
        self._spoke_ns = 0
        """When UART0 last sent something."""
        self._open: str | None = None
        """Whose line has begun on the screen and has not ended."""
        self._waiting = bytearray()
        """What another port has sent since then."""
        self._wrote_ns = 0
        """When something was last shown."""
        engine.listen_serial(self._sent)

    def shows(self, port: str) -> bool:
        """Tell whether what a port sends is shown."""
        return port in self._shown

    def settle(self, *, is_last: bool = False) -> bool:
        """Have everything that was sent until now passed on, and decide on what is held back.

        is_last: decide even if UART0 is not quiet, unless its echo may still be under way. Returns whether there is one
        port more to search.
        """
        self._engine.serial_output(self.main)
        now = self._engine.time_ns
        if self._waiting and (is_last or now - self._wrote_ns >= QUIET_NS):
            self._break_line()
        is_late = is_last and now - self._held_ns >= _LONGEST_ECHO_NS
        if not self._has_more or (now - self._spoke_ns < QUIET_NS and not is_late):
            return False
        assert self._second is not None
        own = [line for line in bytes(self._held).splitlines(keepends=True) if not is_boot_line(line)]
        main, second = self._lines(self.main), self._lines(self._second)
        known = set(main)
        common = [line.strip() in known or _begins_one(line, known) for line in own]
        self._is_echo |= any(common)
        while True in common:  # what follows the last line that both have decides
            del common[0], own[0]
        is_answered = self._spoke_ns > self._held_ns and bool(main) and main[-1] not in second
        whole = self._held.rfind(b"\n") + 1
        is_half = not own and whole < len(self._held)
        del self._held[: whole if is_half else len(self._held)]
        self._has_more = False
        if not own or (self._is_echo and is_answered):
            return False
        self._shown.add(self._second)
        self.searched.append(self._second)
        self.input = self._second
        self._show(self._second, b"".join(own))
        if self._waiting:  # UART0 is quiet, or the run is over
            self._break_line()
        self._second = None
        return True

    def _show(self, port: str, content: bytes) -> None:
        """Show what a port sent, or keep it while another one's line is open."""
        if self._open not in (None, port):
            self._waiting += content
            return
        end = content.rfind(b"\n") + 1 if self._waiting else len(content)
        self._put(port, content[:end])
        if self._waiting and self._open is None:
            self._let_in(port)
        if content[end:]:
            self._show(port, content[end:])

    def _put(self, port: str, content: bytes) -> None:
        if content:
            self._write(content)
            self._wrote_ns = self._engine.time_ns
            self._open = None if content.endswith(b"\n") else port

    def _let_in(self, port: str) -> None:
        """Show what has waited for a line of `port`."""
        (other,) = self._shown - {port}
        waited, self._waiting = bytes(self._waiting), bytearray()
        self._put(other, waited)

    def _break_line(self) -> None:
        """End a line of which nothing more comes, for what another port has to say."""
        assert self._open is not None
        self._write(b"\n")
        self._let_in(self._open)

    def _lines(self, port: str) -> list[bytes]:
        """Return the last lines that a port sent, without what ends them, empty ones left out."""
        data = bytes(self._engine.serial_output(port).data[-_MAX_COMPARED:])
        return [line.strip() for line in data.splitlines() if line.strip()]

    def _sent(self, port: str, content: bytes) -> None:
        if port == self.main:
            self._spoke_ns = self._engine.time_ns
        if port in self._shown:
            self._show(port, content)
        elif port == self._second and len(self._held) < _MAX_HELD:
            if not self._held:
                self._held_ns = self._engine.time_ns
            self._held += content
            self._has_more = True


def _begins_one(line: bytes, known: Collection[bytes]) -> bool:
    """Tell whether a line that has not ended yet is the beginning of one in `known`."""
    return not line.endswith(b"\n") and any(whole.startswith(line.strip()) for whole in known)


def _find(ports: Sequence[str], name: str) -> str:
    """Return the engine's name of a port given in any case."""
    for port in ports:
        if port.lower() == name.lower():
            return port
    raise UsageError("--uart", f"expected one of {', '.join(ports).lower()}; got {name!r}")
