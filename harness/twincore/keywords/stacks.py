"""Keywords for stacks: how deep one ever was, and whether it stays where it was reserved."""

from __future__ import annotations

from robot.api import logger

from twincore.engines.protocol import AccessKind, Area, Capability, MemoryAccess
from twincore.errors import UsageError
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.guards import Depth, Guard
from twincore.keywords.names import Spot
from twincore.keywords.values import Core, Place

_REACH = 0x1000
"""Bytes below a stack that count as its overrun."""


class Stacks(Keywords, topic="stacks"):
    """Depth to the byte, overrun at once."""

    @keyword("Watch Stack")
    def watch_stack(self, bottom: Place, top: Place, core: Core | None = None) -> None:
        """Follows from now on how deep a stack is, store by store; `Stack Should Keep Free` then is exact.

        ``bottom`` is the lowest address, ``top`` the first one above the stack. With ``core`` only that core's stores
        count. Watching it again begins anew.

        Example:
        | `Watch Stack`    amp_core1_stack_bottom    amp_core1_stack_top    core=1
        | `Run For`    500 ms
        | `Stack Should Keep Free`    amp_core1_stack_bottom    amp_core1_stack_top    at_least=256
        """
        self.session.need(Capability.WATCHPOINTS)
        low, high = self._ends(bottom, top)
        known = self.session.stacks.pop((low.address, high.address), None)
        if known is not None:
            known.forget()
        self.session.stacks[low.address, high.address] = Depth(self.engine, low.address, high.address, core)

    @keyword("Stack Should Keep Free")
    def stack_should_keep_free(self, bottom: Place, top: Place, at_least: int, pattern: int = 0xA5) -> int:
        """Checks how deep a stack ever was: at least so many bytes at its bottom were never used; returns how many.

        ``bottom`` is the lowest address, ``top`` the first one above the stack. Of a stack that `Watch Stack` follows
        this is exact, and the failure names the function that was deepest. Of another one it is what still holds
        ``pattern``, the byte that firmware has filled it with (FreeRTOS: 0xA5).

        Example:
        | `Stack Should Keep Free`    amp_core1_stack_bottom    amp_core1_stack_top    at_least=256
        """
        low, high = self._ends(bottom, top)
        size = high.address - low.address
        depth = self.session.stacks.get((low.address, high.address))
        if depth is not None:
            free = depth.free
            next_step = "" if depth.deepest is None else f"deepest: {self.session.names.access_text(depth.deepest)}"
        else:
            self.session.need(Capability.MEMORY)
            content = self.engine.read_memory(low.address, size)
            free = next((at for at, byte in enumerate(content) if byte != pattern), size)
            next_step = "enlarge the stack, or see what uses it" if free else "it was overrun, or never filled"
        if free < at_least:
            self.session.unmet(
                f"stack from {low}",
                f"at least {at_least} of {size} bytes never used",
                f"{free}: it was {size - free} bytes deep",
                next_step,
            )
        logger.info(f"The stack from {low} was {size - free} of {size} bytes deep.")
        return free

    @keyword("Guard Stack")
    def guard_stack(self, bottom: Place, top: Place, core: Core) -> None:
        """Fails the test at once when a core's stack grows below its bottom, in whichever keyword the firmware runs.

        That is a store below ``bottom``, up to 4 KiB, while the core's stack pointer is there: the core's data in
        that memory may be written as ever. The message names function and line. It holds until `Remove Guards` or
        the next `Boot Firmware`.

        Example:
        | `Guard Stack`    amp_core1_stack_bottom    amp_core1_stack_top    core=1
        """
        self.session.need(Capability.WATCHPOINTS, Capability.REGISTERS)
        low, high = self._ends(bottom, top)
        first = max(low.address - _REACH, 0)

        def is_allowed(_: MemoryAccess) -> bool:
            return not first <= self.engine.read_register(core, "a1") < low.address

        area = Area(first, low.address - first, AccessKind.WRITE, core)
        size = high.address - low.address
        self.session.guard(Guard(f"stack of core {core}", f"at most {size} bytes, down to {low}", [area], is_allowed))

    def _ends(self, bottom: Place, top: Place) -> tuple[Spot, Spot]:
        low, high = self.session.names.find(bottom), self.session.names.find(top)
        if high.address <= low.address:
            raise UsageError("stack", f"expected its bottom below its top, got {low} and {high}")
        return low, high
