"""Keywords for variables by their names and types: numbers, enums, structs, arrays, atomics, pointers."""

from __future__ import annotations

import operator
from collections.abc import Callable

from robot.api import logger

from twincore.engines.protocol import Capability
from twincore.errors import UsageError
from twincore.images.types import Bits, Enumeration, Type, Value
from twincore.images.variables import PLAIN, Variable
from twincore.keywords.base import Keywords, keyword
from twincore.keywords.values import Duration, Expected, Place, ValueType

MAX_BYTES = 1 << 20
"""A larger variable is not read at once."""

_RELATIONS: dict[str, Callable[[float, float], object]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Variables(Keywords, topic="variables"):
    """What the firmware's variables hold, as its source would say it."""

    @keyword("Read Value")
    def read_value(self, variable: Place, type: ValueType | None = None) -> Value:
        """Returns what a variable holds: a number, an enum's name, text; a list of an array, a dictionary of a struct.

        The type comes from the ELF file's debug information; without it a variable is an unsigned number of its
        size. ``type`` says otherwise. What Rust wraps (``AtomicU32``, a newtype) is what is inside. A path such as
        ``list->next->value`` follows pointers as they are now.

        Example:
        | ${sequence} =    `Read Value`    mailbox.slots[2].sequence
        | ${point} =    `Read Value`    position
        | `Log`    ${point}[x]
        | ${offset} =    `Read Value`    0x3FC90004    type=i16
        | ${stalled} =    `Read Value`    SYSTEM.CORE_1_CONTROL_0.CONTROL_CORE_1_RUNSTALL
        """
        found = self._find(variable, type)
        value = found.type.decode(self._content(found))
        logger.info(f"{found.path} ({found.type.name}, {found.address:#010x}) is {_shown(value)}.")
        return value

    @keyword("Write Value")
    def write_value(self, variable: Place, value: object, type: ValueType | None = None) -> None:
        """Sets a variable, or a member or an element of one: a number, an enum's name, text of a char array.

        Example:
        | `Write Value`    test_mode    1
        | `Write Value`    mailbox.slots[2].kind    PHASE_STOP
        """
        found = self._find(variable, type)
        if isinstance(found.type, Bits):
            content = found.type.within(self._content(found), value)
        else:
            content = found.type.encode(value)
        self.engine.write_memory(found.address, content)

    @keyword("Value Should Be")
    def value_should_be(self, variable: Place, expected: Expected, type: ValueType | None = None) -> None:
        """Checks what a variable holds: a number, an enum's name or text, or how it compares (``<= 4``, ``!= 0``).

        Example:
        | `Value Should Be`    mailbox.sent    4
        | `Value Should Be`    mailbox.slots[2].kind    PHASE_RUN
        | `Value Should Be`    amp_loop_max_cycles    <= 240480
        | `Value Should Be`    LEDC.CH0_CONF0.SIG_OUT_EN    1
        """
        found = self._find(variable, type)
        value = found.type.decode(self._content(found))
        if not _meets(found.type, value, expected):
            self.session.unmet(_called(found), str(expected), _shown(value))

    @keyword("Value Should Become")
    def value_should_become(
        self, variable: Place, expected: Expected, within: Duration, type: ValueType | None = None
    ) -> Value:
        """Runs until a variable holds a value, compared as by `Value Should Be`; returns it.

        The run stops right after the store that brings the value, however short it lasts. A pointer in the path is
        followed once, at the beginning.

        Example:
        | `Value Should Become`    amp_heartbeat    >= 10    within=20 ms
        | `Value Should Become`    mailbox.slots[0].kind    PHASE_STOP    within=100 ms
        | `Value Should Become`    SYSTEM.CORE_1_CONTROL_0.CONTROL_CORE_1_RESETING    0    within=1 s
        """
        found = self._find(variable, type)
        begin = self.engine.time_ns

        def accept(content: bytes) -> bool:
            return _meets(found.type, found.type.decode(content), expected)

        condition = self.session.meets(found.address, found.type.size, accept)
        stop = self.session.wait([condition], within.ns)
        value = found.type.decode(self._content(found))
        if stop is None:
            self.session.unmet(_called(found), f"{expected} within {within}", f"{_shown(value)} at the end")
        by = f": {self.session.names.access_text(stop.access)}" if stop.access else ""
        logger.info(f"{found.path} became {_shown(value)} after {Duration(stop.time_ns - begin)}{by}.")
        return value

    @keyword("Value Should Stay")
    def value_should_stay(
        self, variable: Place, during: Duration, expected: Expected | None = None, type: ValueType | None = None
    ) -> None:
        """Runs for a time and fails at the store that changes a variable, or makes it other than ``expected``.

        Example:
        | `Value Should Stay`    amp_torn_messages    during=500 ms
        | `Value Should Stay`    mailbox.waiting    during=500 ms    expected=<= 8
        """
        found = self._find(variable, type)
        before = found.type.decode(self._content(found))

        def accept(content: bytes) -> bool:
            value = found.type.decode(content)
            return value != before if expected is None else not _meets(found.type, value, expected)

        condition = self.session.meets(found.address, found.type.size, accept)
        stop = self.session.watch([condition], during.ns)
        if stop is not None:
            value = _shown(found.type.decode(self._content(found)))
            by = f": {self.session.names.access_text(stop.access)}" if stop.access else ""
            wanted = f"no change from {_shown(before)}" if expected is None else str(expected)
            self.session.unmet(_called(found), f"{wanted} during {during}", f"{value}{by}")

    def _find(self, variable: Place, type: ValueType | None) -> Variable:
        self.session.need(Capability.MEMORY)
        if type is not None:
            return Variable(str(variable), self.session.names.find(variable).address, PLAIN[type])
        return self.session.names.variable(variable)

    def _content(self, found: Variable) -> bytes:
        if found.type.size > MAX_BYTES:
            raise UsageError(
                found.path,
                f"expected a variable of at most {MAX_BYTES:,} bytes, it has {found.type.size:,}",
                next_step="read a part of it",
            )
        return self.engine.read_memory(found.address, found.type.size)


def _meets(kind: Type, value: Value, expected: Expected) -> bool:
    if expected.relation in ("==", "!="):
        return kind.same(value, expected.text) == (expected.relation == "==")
    base = kind.base if isinstance(kind, Bits) else kind
    left, right = (_number(base, side) for side in (value, expected.text))
    return bool(_RELATIONS[expected.relation](left, right))


def _number(kind: Type, value: object) -> int | float:
    """Gives what is compared by size: an enumerator's number."""
    content = kind.encode(value)
    if isinstance(kind, Enumeration):
        return int.from_bytes(content, "little", signed=kind.is_signed)
    number = kind.decode(content)
    if not isinstance(number, int | float):
        raise UsageError(kind.name, f"expected numbers to compare, got {value!r}")
    return number


def _called(found: Variable) -> str:
    return f"{found.path} ({found.type.name} at {found.address:#010x})"


def _shown(value: Value) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 10:
        return f"{value} ({value:#x})"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
